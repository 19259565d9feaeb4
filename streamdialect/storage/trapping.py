"""Find the records that fail without stopping at the first: functions that note a failure instead of raising it.

A statement over thousands of records ends at the first value that a function refuses, and what was done
before is undone. Under another name each function of ours gives NULL there, and notes what it would have
raised: the statement comes to its end, and who ran it then removes what such records gave. These forms are
never deterministic: SQLite would call one for the first record, and use its NULL for the others.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import apsw
from msgspec import Struct, field

from streamdialect.errors import DataError
from streamdialect.scalars import SCALARS
from streamdialect.scalars.base import Scalar
from streamdialect.storage.lookaside import sparing_lookaside

__all__ = ["ROW", "Caught", "trapped", "trapping"]

_PREFIX, _TRAP_PREFIX = "streamdialect_", "streamdialect_trap_"
_FAILED = -1  # no row of ours has that number
# The function by which a statement says at which record it is; 1 is the first.
ROW = "streamdialect_trap_row"

_KNOWN, _SHORT = 2_000, 2_000

_NAMES = frozenset(scalar.name for scalar in SCALARS)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[A-Za-z_]\w*|\s+|.", re.DOTALL)
_SUBQUERY = re.compile(r"\(\s*SELECT\b", re.IGNORECASE)


class Caught(Struct):
    """Be the first failure of a record.

    ``row`` is where the statement said that it was, 0 if it says nothing. ``before`` is the number of the row
    that was inserted last when it failed, ``after`` the same at the next record, or at the end. ``left_out``
    says that the statement gives no row for it.
    """

    row: int
    before: int
    error: DataError
    left_out: bool
    after: int = 0


class _Run(Struct):
    connection: apsw.Connection
    caught: list[Caught] = field(default_factory=list)
    marking: bool = False
    row: int = 0
    open: Caught | None = None

    def catch(self, error: DataError, left_out: bool) -> None:
        before = self.connection.last_insert_rowid()
        same = self.open is not None and self.open.row == self.row
        if same and not self.marking:
            same = self.open.before == before  # type: ignore[union-attr]
        if same and not (self.open.left_out and not self.row):  # type: ignore[union-attr]
            return  # a record fails as its first failure says
        self.close()
        self.open = Caught(self.row, before, error, left_out)
        self.caught.append(self.open)
        if self.marking:
            self.connection.set_last_insert_rowid(_FAILED)

    def close(self) -> None:
        if self.open is not None:
            self.open.after = self.connection.last_insert_rowid()
            self.open = None
            if self.marking:
                self.connection.set_last_insert_rowid(0)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.run: _Run | None = None
        # Finding the column at fault asks again for what is wrong with a document.
        self.known: dict[tuple[Any, ...], DataError] = {}

    def remember(self, arguments: tuple[Any, ...], error: DataError) -> None:
        if len(self.known) >= _KNOWN:
            self.known.clear()
        if len(arguments[0]) <= _SHORT:
            self.known[arguments] = error.with_traceback(None)


_THREAD = _Thread()
_BEGUN: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
_READY: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()


def _row(*arguments: Any) -> int:
    run = _THREAD.run
    if run is not None:
        if run.open is not None:
            run.close()
        run.row = arguments[0]
    return 1


def _trap(scalar: Scalar) -> Callable[..., Any]:
    function = scalar.function
    # What a plan asks of records before all else fails by this one, and is false by 0: the rest is not computed,
    # which may need what was asked for.
    left_out = scalar.name == "streamdialect_json_error"
    refusal = 0 if left_out else None

    def trapping(*arguments: Any) -> Any:
        run = _THREAD.run
        try:
            if left_out and (known := _THREAD.known.get(arguments)) is not None:
                raise known
            return function(*arguments)
        except DataError as error:
            if run is None:
                raise
            run.catch(error, left_out)
            if left_out:
                _THREAD.remember(arguments, error)
            return refusal

    return trapping


@contextmanager
def trapping(connection: apsw.Connection, *, marking: bool = False) -> Iterator[list[Caught]]:
    """Note failures of the statements of the block, run by this thread on the connection; give them in their order.

    With ``marking`` model.KEPT is false in what comes of a record after it has failed; ``before`` and ``after`` say
    nothing then.
    """
    if connection not in _READY:
        # What was registered before a failure is so again, which SQLite refuses while statements are executed.
        again = connection in _BEGUN
        _BEGUN.add(connection)
        with nullcontext() if again else sparing_lookaside(connection):
            connection.create_scalar_function(ROW, _row, 1)
            for scalar in SCALARS:
                name = scalar.name.replace(_PREFIX, _TRAP_PREFIX, 1)
                connection.create_scalar_function(name, _trap(scalar), scalar.arguments)
        _READY.add(connection)
    run = _THREAD.run = _Run(connection, marking=marking)
    if marking:
        connection.set_last_insert_rowid(0)
    try:
        yield run.caught
    finally:
        _THREAD.run = None
        run.close()


def trapped(sql: str) -> str:
    """Write translated SQL with the functions that note failures.

    Those in a subquery of an expression stay as they are, and raise: SQLite may compute it once for all records.
    """
    parts: list[str] = []
    subqueries: list[bool] = []
    before = ""
    for match in _TOKEN.finditer(sql):
        token = match.group()
        if token == "(":
            subqueries.append(before.upper() != "FROM" and _SUBQUERY.match(sql, match.start()) is not None)
        elif token == ")":
            subqueries.pop()
        elif token in _NAMES and sql[match.end() : match.end() + 1] == "(" and not any(subqueries):
            token = token.replace(_PREFIX, _TRAP_PREFIX, 1)
        parts.append(token)
        if not token.isspace():
            before = token
    return "".join(parts)
