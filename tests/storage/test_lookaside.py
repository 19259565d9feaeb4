"""SQLite's fast memory is there for statements, however many functions a connection has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from streamdialect.scalars import AGGREGATES, SCALARS
from streamdialect.scalars.base import Scalar
from streamdialect.storage import trapping as traps_module
from streamdialect.storage.connection import open_connection
from streamdialect.storage.trapping import trapping

RECORDS = 1_000
QUERY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
SELECT sum(length('{"a":"' || n || '"}' ->> '$.a')), max(n || '.') FROM numbers
"""


@pytest.mark.parametrize("traps", [False, True], ids=["functions", "functions and traps"])
def test_statements_have_the_slots(tmp_path: Path, traps: bool) -> None:
    with closing(open_connection(str(tmp_path / "events.db"))) as connection:
        if traps:
            with trapping(connection):
                pass
        used, slots = connection.status(apsw.SQLITE_DBSTATUS_LOOKASIDE_USED)
        assert len(SCALARS) + len(AGGREGATES) > slots, "the functions alone would take them all"
        assert used < slots / 4
        connection.execute(QUERY, (1,)).fetchall()
        before = connection.status(apsw.SQLITE_DBSTATUS_LOOKASIDE_MISS_FULL)[1]
        connection.execute(QUERY, (RECORDS,)).fetchall()
        missed = connection.status(apsw.SQLITE_DBSTATUS_LOOKASIDE_MISS_FULL)[1] - before
        assert missed < RECORDS / 100, "pieces of memory that a row took from malloc"


def test_traps_that_were_not_all_registered_are_registered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function cannot be replaced while statements are executed, and those that hold the slots are."""
    original, left = traps_module._trap, [5]

    def failing(scalar: Scalar) -> Callable[..., Any]:
        left[0] -= 1
        if left[0] == 0:
            raise MemoryError
        return original(scalar)

    monkeypatch.setattr(traps_module, "_trap", failing)
    with closing(open_connection(str(tmp_path / "events.db"))) as connection:
        with pytest.raises(MemoryError), trapping(connection):
            pass
        with trapping(connection) as caught:
            connection.execute("SELECT streamdialect_trap_fail(1, 'refused')").fetchall()
        assert [str(each.error) for each in caught] == ["refused"]
