"""SQL Lab, as its page drives it: statements, errors, limits of rows and time, and stopping a query."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.superset.client import Answer, Client
from tests.superset.conftest import World, sqllab
from tests.superset.stream import eventually, holders

pytestmark = [pytest.mark.superset, pytest.mark.timeout(900)]

# It makes no rows that anyone waits for: half an hour of work within one step of SQLite.
ENDLESS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000)
SELECT COUNT(*) AS n FROM n
"""


def rows(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.messages
    assert answer.body["status"] == "success"
    return list(answer.body["data"])


def error(answer: Answer) -> tuple[str, str]:
    """Give type and text of what the page shows."""
    assert answer.status != 200
    (found,) = answer.body["errors"]
    return found["error_type"], found["message"]


def test_a_query_and_the_types_of_its_columns(world: World, api: Client, database_id: int) -> None:
    answer = sqllab(
        api,
        database_id,
        "SELECT status, COUNT(*) AS n, SUM(current_temperature) AS total, MIN(event_time)::TIMESTAMP AS first,"
        " MIN(event_time)::DATE AS day, COUNT(*) > 3 AS many FROM sensor_data_extract"
        " WHERE event_time < '2026-01-01' GROUP BY status ORDER BY status",
    )
    groups = {
        status: [each for each in world.history if each.status == status]
        for status in sorted({each.status for each in world.history})
    }
    assert [(row["status"], row["n"]) for row in rows(answer)] == [
        (status, len(found)) for status, found in groups.items()
    ]
    assert [round(row["total"], 2) for row in rows(answer)] == [
        float(sum(each.current_temperature for each in found)) for found in groups.values()
    ]
    described = {
        column["column_name"]: (column["type"], column["is_dttm"]) for column in answer.body["columns"]
    }
    assert described == {
        "status": ("VARCHAR(8)", False),
        "n": ("BIGINT", False),
        "total": ("DECIMAL(38,2)", False),
        "first": ("TIMESTAMP", True),
        "day": ("DATE", True),
        "many": ("BOOLEAN", False),
    }


def test_a_query_into_super(world: World, api: Client, database_id: int) -> None:
    answer = sqllab(
        api,
        database_id,
        "SELECT payload.status::VARCHAR AS status, COUNT(*) AS n FROM sensor_data"
        " WHERE payload.event_time::VARCHAR < '2026' AND payload.current_temperature::DECIMAL(10,2) > 100.0"
        " GROUP BY 1 ORDER BY 1",
    )
    hot = [each.status for each in world.history if each.current_temperature > 100]
    assert rows(answer) == [{"status": status, "n": hot.count(status)} for status in sorted(set(hot))]


def test_what_reaches_the_driver_is_what_was_written(api: Client, database_id: int) -> None:
    """Superset writes SQL anew from its tree; these are what its generator for SQLite changes the meaning of."""
    answer = sqllab(
        api,
        database_id,
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3)"
        " SELECT n, DATEADD(day, n, DATE '2024-02-28') AS d, JSON_EXTRACT_PATH_TEXT('{\"a\": \"x\"}', 'a') AS a,"
        " 7 / 2 AS q, 'a' || 'b' AS ab FROM t ORDER BY n",
    )
    found = rows(answer)
    assert [row["n"] for row in found] == [1, 2, 3]
    assert [str(row["d"])[:10] for row in found] == ["2024-02-29", "2024-03-01", "2024-03-02"]
    assert {(row["a"], row["q"], row["ab"]) for row in found} == {("x", 3, "ab")}


@pytest.mark.parametrize(
    ("limit", "dropdown", "expected"), [(None, 7, 7), (3, 7, 3), (300, 1000, 300), (1200, 1000, 1000)]
)
def test_the_row_limit_is_kept(
    api: Client, database_id: int, limit: int | None, dropdown: int, expected: int
) -> None:
    sql = "SELECT * FROM sensor_data" + (f" LIMIT {limit}" if limit else "")
    assert len(rows(sqllab(api, database_id, sql, queryLimit=dropdown))) == expected


def test_several_statements(api: Client, database_id: int) -> None:
    answer = sqllab(api, database_id, "SELECT 1 AS a; -- the second\nSELECT 2 AS b;")
    assert rows(answer) == [{"b": 2}]


@pytest.mark.parametrize(
    ("sql", "kind", "said"),
    [
        ("SELECT nosuch FROM sensor_data", "COLUMN_DOES_NOT_EXIST_ERROR", '"nosuch"'),
        ("SELECT * FROM nosuch", "TABLE_DOES_NOT_EXIST_ERROR", '"nosuch"'),
        ("SELECT * FROM main.nosuch", "TABLE_DOES_NOT_EXIST_ERROR", "nosuch"),
        ("SELECT nosuch(1)", None, "nosuch"),
        ("SELECT FROM WHERE", None, "WHERE"),
        ("SELECT CAST('x' AS INTEGER)", None, "x"),
    ],
)
def test_an_error_says_what_is_wrong(
    api: Client, database_id: int, sql: str, kind: str | None, said: str
) -> None:
    found, text = error(sqllab(api, database_id, sql))
    assert said in text
    assert kind is None or found == kind


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a INTEGER)",
        "DROP MATERIALIZED VIEW sensor_data",
        "REFRESH MATERIALIZED VIEW sensor_data",
        "CREATE MATERIALIZED VIEW w AUTO REFRESH YES AS"
        ' SELECT JSON_PARSE(kinesis_data) AS p FROM sensors."my-input-stream"',
        "CREATE EXTERNAL SCHEMA more FROM KINESIS IAM_ROLE default",
        "DELETE FROM sensor_data",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO '/dev/null'",
        "SELECT 1; DROP SCHEMA sensors CASCADE",
    ],
)
def test_nothing_changes_without_the_right(api: Client, database_id: int, sql: str) -> None:
    kind, text = error(sqllab(api, database_id, sql))
    assert kind == "DML_NOT_ALLOWED_ERROR", text


@pytest.mark.parametrize("allowed", [False, True])
def test_other_files_cannot_be_attached(
    world: World, api: Client, database_id: int, writable_id: int, allowed: bool
) -> None:
    metadata = world.site.folder / "superset.db"
    for sql in (
        f"ATTACH '{metadata}' AS other",
        f"ATTACH '{metadata}' AS other; SELECT * FROM other.ab_user",
    ):
        answer = sqllab(api, writable_id if allowed else database_id, sql)
        assert answer.status != 200
        assert "example.org" not in answer.messages  # the administrator's address


def test_streaming_ddl(world: World, clients: Sequence[Client], writable_id: int) -> None:
    """A view made in SQL Lab is filled by the process that consumes, and goes with its consumer."""
    api, second = clients
    create = (
        "CREATE MATERIALIZED VIEW in_sql_lab AUTO REFRESH YES AS\n"
        "SELECT partition_key, JSON_PARSE(kinesis_data) AS payload -- whole\n"
        'FROM sensors."my-input-stream" WHERE CAN_JSON_PARSE(kinesis_data)'
    )
    assert sqllab(api, writable_id, create).status == 200
    try:
        answer = second.get(f"/api/v1/database/{writable_id}/tables/?q=(schema_name:public,force:!t)")
        assert ("in_sql_lab", "materialized_view") in [
            (each["value"], each["type"]) for each in answer["result"]
        ]
        count = "SELECT COUNT(*) AS n FROM in_sql_lab"
        eventually(
            lambda: rows(sqllab(second, writable_id, count))[0]["n"] >= len(world.history),
            "the view is filled",
        )
        (holder,) = holders(world.database)
        assert b"run" in Path(f"/proc/{holder}/cmdline").read_bytes().split(b"\0")
    finally:
        dropped = sqllab(api, writable_id, "DROP MATERIALIZED VIEW in_sql_lab")
    assert dropped.status == 200, dropped.messages
    kind, _ = error(sqllab(second, writable_id, "SELECT * FROM in_sql_lab"))
    assert kind == "TABLE_DOES_NOT_EXIST_ERROR"


def test_a_refresh_waits_for_what_is_in_the_stream(
    world: World, clients: Sequence[Client], writable_id: int
) -> None:
    sent = world.stream.sent
    for view in ("sensor_data", "sensor_data_extract"):
        answer = sqllab(clients[1], writable_id, f"REFRESH MATERIALIZED VIEW {view}")
        assert answer.status == 200, answer.messages
        assert rows(sqllab(clients[1], writable_id, f"SELECT COUNT(*) AS n FROM {view}"))[0]["n"] >= sent


def test_the_time_limit(api: Client, database_id: int) -> None:
    """SQLLAB_TIMEOUT is 6 s here; it is a signal, so it works in the process whose workers are synchronous."""
    began = time.monotonic()
    answer = sqllab(api, database_id, ENDLESS)
    assert answer.status != 200
    assert "6 seconds timeout" in answer.messages
    assert time.monotonic() - began < 30  # of half an hour; a busy machine may take some
    assert rows(sqllab(api, database_id, "SELECT 1 AS a")) == [{"a": 1}]


def test_a_query_is_stopped_from_the_other_process(world: World, database_id: int) -> None:
    """It runs in the second process, which has no time limit, and is stopped in the first."""
    runner, stopper = world.site.client(1), world.site.client(0)
    client_id = secrets.token_hex(5)
    answers: list[tuple[Answer, float]] = []

    def run() -> None:
        answer = sqllab(runner, database_id, ENDLESS, client_id=client_id)
        answers.append((answer, time.monotonic()))

    thread = threading.Thread(target=run)
    thread.start()

    def running() -> bool:
        found = stopper.get("/api/v1/query/?q=(order_column:start_time,order_direction:desc,page_size:5)")
        return any(ENDLESS.strip() in each["sql"] and each["status"] == "running" for each in found["result"])

    eventually(running, "the query runs")
    time.sleep(1)  # it is inside SQLite by now
    assert thread.is_alive()
    began = time.monotonic()
    stopped = stopper.send("POST", "/api/v1/query/stop", {"client_id": client_id})
    assert stopped.status == 200, stopped.messages
    thread.join(90)
    assert not thread.is_alive()
    ((answer, ended),) = answers
    assert answer.status != 200 or answer.body["status"] == "stopped", answer.messages
    assert ended - began < 10  # of half an hour again
