"""Python functions that yield rows, as SQLite table functions of one optional argument.

Every connection gets all of them, so making one has to be cheap: apsw.ext.make_virtual_module takes a quarter of a
millisecond for each, this a few microseconds.
Source: SQLite manual, "The Virtual Table Mechanism of SQLite", 2.3 (xBestIndex) and 3.1 (eponymous).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apsw

__all__ = ["register"]

Row = Sequence[Any]


def register(
    connection: apsw.Connection, name: str, columns: Sequence[str], rows: Callable[[Any], Iterator[Row]]
) -> None:
    """Make ``name(argument)`` readable; ``rows`` gets the argument, or None, and yields a value for each column."""
    connection.create_module(
        name,
        _Module(columns, rows),  # type: ignore[arg-type]
        eponymous=True,
        eponymous_only=True,
        read_only=True,
    )


class _Module:
    def __init__(self, columns: Sequence[str], rows: Callable[[Any], Iterator[Row]]) -> None:
        self.columns = columns
        self.rows = rows

    def Connect(self, *_: Any) -> tuple[str, _Table]:
        return f"CREATE TABLE rows ({', '.join(self.columns)}, _argument HIDDEN)", _Table(self)

    Create = Connect


class _Table:
    def __init__(self, module: _Module) -> None:
        self._module = module

    def BestIndex(self, constraints: Sequence[tuple[int, int]], _order: Any) -> Any:
        """Ask SQLite for the argument; what apsw gives are the usable constraints: column and operator."""
        used: list[Any] = [None] * len(constraints)
        argument = (len(self._module.columns), apsw.SQLITE_INDEX_CONSTRAINT_EQ)
        if argument in constraints:
            used[list(constraints).index(argument)] = (0, True)
            return used, 1, None, False, 100.0
        return used, 0, None, False, 1000.0

    def Open(self) -> _Cursor:
        return _Cursor(self._module)

    def Disconnect(self) -> None:
        """Have nothing to release."""

    Destroy = Disconnect


class _Cursor:
    def __init__(self, module: _Module) -> None:
        self._module = module
        self._rows: Iterator[Row] = iter(())
        self._row: Row | None = None
        self._number = 0
        self._argument: Any = None

    def Filter(self, _plan: int, _text: str | None, arguments: tuple[Any, ...]) -> None:
        self._argument = arguments[0] if arguments else None
        self._rows = self._module.rows(self._argument)
        self.Next()

    def Next(self) -> None:
        self._row = next(self._rows, None)
        self._number += 1

    def Eof(self) -> bool:
        return self._row is None

    def Rowid(self) -> int:
        return self._number

    def Column(self, number: int) -> Any:
        assert self._row is not None
        if number == -1:
            return self._number
        return self._row[number] if number < len(self._row) else self._argument

    def Close(self) -> None:
        self._rows = iter(())
