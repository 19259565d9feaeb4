"""A view with two columns that records can spoil, and what the tests of bad records ask of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.ingest.conftest import Events

TEXT = "FROM_VARBYTE(kafka_value, 'utf-8')"
SELECT = (
    f"SELECT kafka_offset AS o, JSON_EXTRACT_PATH_TEXT({TEXT}, 'a')::INT AS a,"
    f" JSON_EXTRACT_PATH_TEXT({TEXT}, 'b')::INT AS b FROM s.events"
)
GOOD, BAD, BROKEN, BYTES = b'{"a":1,"b":2}', b'{"a":"x","b":3}', b'{"a":', b"\xff"


def create(events: Events, name: str, options: str = "", select: str = SELECT) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW {name} {f'WITH ({options})' if options else ''} AS {select}")


def bad(events: Events, name: str, columns: str = "position, error_code, error_column, outcome") -> list[Any]:
    return events.execute(
        f"SELECT {columns} FROM streamdialect_bad_records WHERE mv_name = ? ORDER BY id", (name,)
    )


def state(events: Events, name: str) -> str:
    rows = events.execute("SELECT streamdialect_state FROM svv_mv_info WHERE name = ?", (name,))
    return str(rows[0][0])


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)
