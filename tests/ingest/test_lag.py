"""Lag with its history, and who consumes what: the views whose names begin with ours."""

from __future__ import annotations

import contextlib
import datetime
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import streamdialect
from streamdialect.storage import samples
from streamdialect.storage.connection import immediate, open_connection
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.kinesis_stream import KinesisStream

LAG = "SELECT partition_id, records_behind, records_per_second, bytes_per_second, seconds_to_catch_up"
RECORD = {"name": "a", "amount": "1.5"}


def test_a_refresh_leaves_rates_and_history(events: Events) -> None:
    events.put(*[RECORD] * 30)
    events.put(RECORD, b"no JSON", partition=1)
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.refresh("v")
    first, second = events.execute(f"{LAG} FROM streamdialect_lag WHERE mv_name = 'v' ORDER BY 1")
    assert (first[:2], second[:2]) == (("0", 0), ("1", 0))
    assert first[4] == second[4] == 0
    # What was read within a time that is between the view's age, one second at least, and half a minute.
    assert 30 / 30 <= first[2] <= 30
    assert 2 / 30 <= second[2] <= 2
    size = len(b'{"name": "a", "amount": "1.5"}')
    assert first[3] / first[2] == pytest.approx(size)
    rows = events.execute(
        "SELECT partition_id, SUM(records), SUM(skipped_records), SUM(bytes), MIN(records_behind),"
        " MIN(end_time - start_time) FROM streamdialect_lag_history GROUP BY 1 ORDER BY 1"
    )
    assert [row[:4] for row in rows] == [("0", 30, 0, 30 * size), ("1", 2, 1, size + 7)]
    assert [row[4] for row in rows] == [0, 0]
    rows = events.execute(
        "SELECT records, records_per_second, start_time, end_time FROM streamdialect_lag_history"
    )
    for records, rate, start, end in rows:
        seconds = (end - start).total_seconds()
        assert 0.999 <= seconds <= samples.SLOT_SECONDS
        assert rate == pytest.approx(records / seconds, rel=0.01)
        assert start.second % samples.SLOT_SECONDS == 0
    events.execute("DROP MATERIALIZED VIEW v")
    assert events.execute("SELECT COUNT(*) FROM streamdialect_lag_history") == [(0,)]


def write(database: Path, statement: str, *bindings: object) -> None:
    connection = open_connection(str(database))
    with immediate(connection):
        connection.execute(statement, bindings)
    connection.close()


@pytest.mark.parametrize(
    ("lag", "first", "now", "expected"),
    [
        ("behind", 1000, 600, 15.0),  # 400 fewer in ten seconds
        ("behind", 600, 1000, None),  # it grows
        ("behind", 600, 600, None),
        ("behind", 600, 0, 0.0),
        ("behind_ms", 9000, 4000, 8.0),
    ],
)
def test_the_time_to_catch_up(events: Events, lag: str, first: int, now: int, expected: float | None) -> None:
    """Measured by how the lag shrinks, so that what is added meanwhile counts; by time where records are unknown."""
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    milliseconds = int(time.time() * 1000)
    write(
        events.database,
        f"INSERT INTO streamdialect_samples (view_id, slot, partition, began_ms, updated_ms, records, skipped, bytes,"
        f" first_{lag}, {lag}) VALUES (1, ?1 / 10000, '0', ?1 - 10000, ?1, 600, 0, 6000, ?2, ?3)",
        milliseconds,
        first,
        now,
    )
    write(
        events.database,
        f"INSERT INTO streamdialect_checkpoints (view_id, partition, position, {lag}, updated_at)"
        " VALUES (1, '0', '0', ?, '2026-01-01')",
        now,
    )
    ((found,),) = events.execute("SELECT seconds_to_catch_up FROM streamdialect_lag")
    assert found == expected


def test_without_records_for_a_while_there_is_no_rate(events: Events) -> None:
    events.put(RECORD)
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.refresh("v")
    write(events.database, "UPDATE streamdialect_samples SET slot = slot - 4")
    write(events.database, "UPDATE streamdialect_checkpoints SET behind = 7")
    ((_, behind, records, size, seconds),) = events.execute(
        f"{LAG} FROM streamdialect_lag WHERE partition_id = '0'"
    )
    assert (behind, records, size, seconds) == (7, 0, 0, None)
    rates = "SELECT records, records_per_second, end_time - start_time FROM streamdialect_lag_history"
    assert events.execute(f"{rates} WHERE partition_id = '0'") == [(1, 0.1, datetime.timedelta(seconds=10))]


def test_kinesis_measures_lag_in_time(stream: KinesisStream) -> None:
    stream.put(b"1", b"22")
    stream.view()
    stream.refresh()
    assert stream.execute(
        "SELECT records, bytes, records_behind, milliseconds_behind FROM streamdialect_lag_history"
    )[-1] == (2, 3, 0, 0)


def test_the_history_is_bounded(events: Events) -> None:
    """Of each partition and view the last 1,000 slots; a row is removed by the transaction that adds one."""
    events.put(RECORD)
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    slot = int(time.time()) // samples.SLOT_SECONDS
    write(
        events.database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
        " INSERT INTO streamdialect_samples SELECT 1, ? - i, '0', 0, 0, 1, 0, 1, 1, 1, 1, 1 FROM n",
        slot,
    )
    write(events.database, "INSERT INTO streamdialect_samples VALUES (9, 1, '0', 0, 0, 1, 0, 1, 1, 1, 1, 1)")
    events.refresh("v")
    connection = open_connection(str(events.database))
    found = connection.execute(
        "SELECT count(DISTINCT slot), max(slot) - min(slot) FROM streamdialect_samples WHERE view_id = 1"
    ).fetchone()
    assert found is not None
    assert found[0] <= samples.KEPT_SLOTS
    assert found[1] < samples.KEPT_SLOTS
    assert connection.execute("SELECT count(*) FROM streamdialect_samples WHERE view_id = 9").get == 1
    connection.close()


def test_an_idle_view_writes_no_samples(events: Events) -> None:
    events.put(RECORD)
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.refresh("v")
    count = "SELECT SUM(records), MAX(end_time) FROM streamdialect_lag_history"
    events.execute(count)
    time.sleep(1.0)  # so that lag that was not known yet is written
    connection = open_connection(str(events.database))
    before = connection.execute("SELECT sum(updated_ms), sum(records) FROM streamdialect_samples").fetchall()
    time.sleep(1.0)
    assert (
        connection.execute("SELECT sum(updated_ms), sum(records) FROM streamdialect_samples").fetchall()
        == before
    )
    assert before[0][1] == 1
    connection.close()


CONSUME = """
import sys, time, streamdialect
connection = streamdialect.connect(sys.argv[1], autocommit=True)
deadline = time.monotonic() + 20
while not connection.execute("SELECT is_alive FROM streamdialect_consumers").fetchone()[0]:
    assert time.monotonic() < deadline
print("consuming", flush=True)
sys.stdin.read()
"""


def test_the_holder_of_the_lease(events: Events) -> None:
    """Its process id, and whether it is alive: of another process, of none, and of this one."""
    holder = "SELECT process_id, is_alive, state FROM streamdialect_consumers"
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.execute("CREATE TABLE t (a INTEGER)")
    events.execute("CREATE MATERIALIZED VIEW local AS SELECT a FROM t")
    assert events.execute(holder) == [(None, False, "ok")]
    events.connection.close()
    reader = streamdialect.connect(events.database, ingest="off", autocommit=True)
    reader.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH YES")
    other = subprocess.Popen(
        [sys.executable, "-c", CONSUME, str(events.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "consuming\n"
        assert reader.execute(holder).fetchall() == [(other.pid, True, "ok")]
    finally:
        other.kill()
        other.communicate()
    assert reader.execute(holder).fetchall() == [(other.pid, False, "ok")]
    reader.close()
    with contextlib.closing(streamdialect.connect(events.database, autocommit=True)) as consumer:
        deadline = time.monotonic() + 20
        while consumer.execute(holder).fetchall() != [(os.getpid(), True, "ok")]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
