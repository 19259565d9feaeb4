"""Records that were set aside go through their view again exactly once, whatever happens meanwhile."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.storage.connection import open_connection
from tests.ingest.bad_records import BAD, BROKEN, BYTES, GOOD, SELECT, TEXT, bad, create, wait_for
from tests.ingest.conftest import Events
from tests.servers import AwsServer


def test_redrive(events: Events) -> None:
    create(events, "v")
    events.put(GOOD, BAD, BROKEN, BYTES, partition=0)
    events.put(BAD, partition=1)
    events.refresh("v")
    cursor = events.connection.execute("ALTER MATERIALIZED VIEW v REDRIVE")
    assert cursor.rowcount == 0
    assert "0 records were redriven, 4 stay set aside" in events.connection.notices[-1]
    assert [redrives for (redrives,) in bad(events, "v", "redrives")] == [1, 1, 1, 1]
    events.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'null')")
    cursor = events.connection.execute(
        "ALTER MATERIALIZED VIEW v REDRIVE WHERE partition_id = ? AND (error_code = 1 OR false);", ("0",)
    )
    assert cursor.rowcount == 2
    assert events.execute("SELECT * FROM v ORDER BY o") == [(0, 1, 2), (1, None, 3), (2, None, None)]
    events.execute("ALTER MATERIALIZED VIEW v REDRIVE")
    events.execute("ALTER MATERIALIZED VIEW v REDRIVE")  # twice changes nothing
    assert events.execute("SELECT COUNT(*) FROM v") == [(5,)]
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(0,)]


def mend(events: Events, name: str, row: str) -> None:
    """Have a view's query take what it could not, as a newer version of the package might."""
    connection = open_connection(str(events.database))
    connection.execute(
        "UPDATE streamdialect_views SET entry = json_set(entry, '$.plan.select', ?, '$.plan.text_columns',"
        " json('[]')) WHERE name = ?",
        (row, name),
    )
    connection.close()


MENDED = 'SELECT kafka_offset AS "o", length(kafka_value) AS "a", NULL AS "b" FROM streamdialect_batch'


def test_redrive_uses_the_view_as_it_is_now(events: Events) -> None:
    create(events, "v")
    events.put(BAD, BYTES, GOOD)
    events.refresh("v")
    mend(events, "v", MENDED)
    events.connection.autocommit = False
    assert events.connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount == 2
    events.connection.rollback()
    assert events.execute("SELECT COUNT(*) FROM v") == [(1,)]
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(2,)]
    events.execute("ALTER MATERIALIZED VIEW v REDRIVE")
    events.connection.commit()
    assert events.execute("SELECT o, a FROM v ORDER BY o") == [(0, len(BAD)), (1, 1), (2, 1)]
    assert bad(events, "v") == []


def test_redrive_into_groups(events: Events) -> None:
    select = f"SELECT JSON_EXTRACT_PATH_TEXT({TEXT}, 'a')::INT AS a, COUNT(*) AS n FROM s.events GROUP BY 1"
    create(events, "v", select=select)
    events.put(GOOD, BAD, GOOD)
    events.refresh("v")
    assert events.execute("SELECT * FROM v") == [(1, 2)]
    entry = open_connection(str(events.database))
    plan = entry.execute("SELECT entry ->> '$.plan.select' FROM streamdialect_views").get
    entry.close()
    text = 'CAST("kafka_value" AS TEXT)'
    assert text in str(plan)
    mend(events, "v", str(plan).replace(text, f"json_replace({text}, '$.a', '1')"))
    events.execute("ALTER MATERIALIZED VIEW v REDRIVE")
    assert events.execute("SELECT * FROM v") == [(1, 3)]
    assert bad(events, "v") == []


@pytest.mark.parametrize(
    "statement",
    [
        "REDRIVE WHERE",
        "REDRIVE WHERE 1) OR (1",
        "REDRIVE WHERE (1",
        "REDRIVE now",
        "SKIP RECORD 1",
        "REDRIVE; SELECT 1",
    ],
)
def test_wrong_statements(events: Events, statement: str) -> None:
    create(events, "v")
    with pytest.raises(streamdialect.ProgrammingError):
        events.execute(f"ALTER MATERIALIZED VIEW v {statement}")


def test_redrive_needs_a_stream(events: Events) -> None:
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT 1 AS one")
    for statement in ("REDRIVE", "SKIP RECORD", "SET (on_error = skip)"):
        with pytest.raises(streamdialect.NotSupportedError, match="reads no stream"):
            events.execute(f"ALTER MATERIALIZED VIEW v {statement}")
    with pytest.raises(streamdialect.UndefinedObjectError):
        events.execute("ALTER MATERIALIZED VIEW w REDRIVE")


def test_dead_letters_are_deleted(events: Events) -> None:
    create(events, "v")
    events.put(BAD, BROKEN, BYTES)
    events.refresh("v")
    count = events.connection.execute(
        "DELETE FROM streamdialect_dead_letters WHERE error_code = ?", (2,)
    ).rowcount
    assert count == 1
    assert [position for position, *_ in bad(events, "v")] == ["0", "1"]
    assert events.connection.execute("DELETE FROM streamdialect_dead_letters").rowcount == 2
    for statement in (
        "UPDATE streamdialect_dead_letters SET error_code = 1",
        "DELETE FROM streamdialect_errors",
    ):
        with pytest.raises(streamdialect.Error):
            events.execute(statement)


def _redrive(path: str, start: Any, results: Any) -> None:
    start.wait()
    connection = streamdialect.connect(path, autocommit=True, ingest="off", timeout=30)
    results.put(connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount)
    connection.close()


def test_two_processes_redrive_once(events: Events) -> None:
    create(events, "v")
    events.put(*[BAD] * 2000)
    events.refresh("v")
    mend(events, "v", MENDED)
    context = multiprocessing.get_context("spawn")
    start, results = context.Event(), context.Queue()
    processes = [
        context.Process(target=_redrive, args=(str(events.database), start, results)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    start.set()
    assert sorted(results.get(timeout=60) for _ in processes) == [0, 2000]
    for process in processes:
        process.join()
    assert events.execute("SELECT COUNT(*), COUNT(DISTINCT o) FROM v") == [(2000, 2000)]


_KILLED = """
import os, signal, sys, streamdialect
from streamdialect.ingest import redrive as module
from streamdialect.storage import dead_letters
step, path = sys.argv[1], sys.argv[2]
connection = streamdialect.connect(path, autocommit=step != "commit", ingest="off")
def dying(function):
    calls = 0
    def call(*arguments):
        nonlocal calls
        calls += 1
        result = function(*arguments)
        if calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call
if step == "commit":
    connection.execute("ALTER MATERIALIZED VIEW v REDRIVE")
    os.kill(os.getpid(), signal.SIGKILL)
setattr(dead_letters, step, dying(getattr(dead_letters, step)))
connection.execute("ALTER MATERIALIZED VIEW v REDRIVE")
"""


@pytest.mark.parametrize("step", ["letters", "failed_again", "remove", "commit"])
def test_a_killed_redrive_leaves_each_record_once(events: Events, step: str) -> None:
    create(events, "v")
    events.put(*[BAD] * 1200)
    events.refresh("v")
    mend(events, "v", MENDED)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, step, str(events.database)], timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert events.execute("SELECT COUNT(*) FROM v") == [(0,)]
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(1200,)]
    assert events.connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount == 1200
    assert events.execute("SELECT COUNT(*), COUNT(DISTINCT o) FROM v") == [(1200, 1200)]


def test_redrive_beside_a_running_consumer(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES WITH (on_error = 'skip') AS {SELECT}")
    events.put(*[BAD, GOOD] * 200)
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(200,)])
    events.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'null')")
    redriven = 0
    for _ in range(10):
        events.put(*[BAD, GOOD] * 50)
        redriven += events.connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(1400,)])
    assert redriven == 200
    assert events.execute("SELECT COUNT(*), COUNT(DISTINCT o) FROM v") == [(1400, 1400)]


def test_kinesis(database: Path, kinesis_server: AwsServer) -> None:
    """Keys and arrival times are kept though no column reads them; sequence numbers say where a view goes on."""
    client = kinesis_server.client("kinesis")
    client.create_stream(StreamName="redriven", ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName="redriven")
    numbers = [
        client.put_record(StreamName="redriven", PartitionKey=key, Data=data)["SequenceNumber"]
        for key, data in (("k0", BAD), ("k1", GOOD), ("ключ", BROKEN), ("k3", GOOD))
    ]
    connection = streamdialect.connect(database, autocommit=True, credentials="ambient", on_error="stop")
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    text = "JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'a')"
    connection.execute(
        f"CREATE MATERIALIZED VIEW v AS SELECT sequence_number AS o, {text}::INT AS a FROM k.redriven"
    )
    for number in (numbers[0], numbers[2]):
        with pytest.raises(streamdialect.ViewStoppedError, match=number):
            connection.execute("REFRESH MATERIALIZED VIEW v")
        connection.execute("ALTER MATERIALIZED VIEW v SKIP RECORD")
    connection.execute("REFRESH MATERIALIZED VIEW v")
    assert connection.execute("SELECT o, a FROM v ORDER BY o").fetchall() == [
        (numbers[1], 1),
        (numbers[3], 1),
    ]
    letters = connection.execute(
        "SELECT position, record_key, record_value, record_time IS NOT NULL, error_column"
        " FROM streamdialect_dead_letters ORDER BY id"
    ).fetchall()
    assert letters == [
        (numbers[0], b"k0", BAD, True, "a"),
        (numbers[2], "ключ".encode(), BROKEN, True, "a"),
    ]
    mended = open_connection(str(database))
    mended.execute(
        "UPDATE streamdialect_views SET entry = json_set(entry, '$.plan.select', ?, '$.plan.stream_columns', json(?))",
        (
            'SELECT sequence_number AS "o", length(partition_key || approximate_arrival_timestamp) AS "a"'
            " FROM streamdialect_batch",
            '["sequence_number", "partition_key", "approximate_arrival_timestamp", "kinesis_data"]',
        ),
    )
    mended.close()
    assert connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount == 2
    found = connection.execute("SELECT a FROM v WHERE a > 1 ORDER BY o").fetchall()
    assert found == [(2 + 26,), (4 + 26,)]
    connection.close()
