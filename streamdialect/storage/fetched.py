"""The rows of a running statement."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice
from typing import Any

import apsw

from streamdialect.errors import InterfaceError
from streamdialect.storage.apsw_errors import translating

__all__ = ["Fetched"]

Row = tuple[Any, ...]


class Fetched:
    """Give the rows of a cursor, one by one or many at once; the cursor is closed after the last.

    Errors of the statement are raised where its rows are taken.
    """

    __slots__ = ("_cursor", "_each")

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor
        self._each = _one_by_one(cursor)

    def __iter__(self) -> Iterator[Row]:
        return self._each

    def take(self, count: int | None) -> list[Row]:
        """Take at most ``count`` rows, or all, past the generator, which costs a tenth of fetching."""
        # Behind its last row, or an error, apsw has ended the statement by itself.
        try:
            with translating():
                return list(islice(self._cursor, count))
        except InterfaceError as error:
            if isinstance(error.__cause__, apsw.CursorClosedError):
                return []  # one by one, its end was met before
            raise

    def close(self) -> None:
        """Take no more rows."""
        self._each.close()
        self._cursor.close(True)


def _one_by_one(cursor: apsw.Cursor) -> Generator[Row, None, None]:
    # No method: it would keep the object, and so the connection, in a cycle.
    try:
        with translating():
            yield from cursor
    finally:
        # A statement that is left in the middle would keep its locks on tables.
        cursor.close(True)
