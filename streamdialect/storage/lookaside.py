"""SQLite's lookaside memory, kept for statements.

A connection has some 48 KB in slots from which SQLite takes small pieces of memory without a lock
(https://sqlite.org/malloc.html#lookaside). Whoever registers functions takes one for each and never gives it
back: with as many as ours nothing is left, and every value of every row goes through malloc and its mutex, which
cost a third of ingest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

__all__ = ["sparing_lookaside"]

_MOST = 1_000  # statements; a slot or more each


@contextmanager
def sparing_lookaside(connection: apsw.Connection) -> Iterator[None]:
    """Have what the block registers take its memory elsewhere: statements hold all slots meanwhile."""
    held: list[apsw.Cursor] = []
    try:
        used = -1
        while len(held) < _MOST:
            before, used = used, connection.status(apsw.SQLITE_DBSTATUS_LOOKASIDE_USED)[0]
            if used <= before:
                break
            # Of two rows, so that it is not at its end, and in no cache after that.
            held.append(connection.execute("SELECT 1 UNION ALL SELECT 2", can_cache=False))
        yield
    finally:
        for cursor in held:
            cursor.close(True)
