"""What ingest and a query cost, counted: the clock of a machine that does other things as well would say nothing.

The bounds are what was counted when they were written and a tenth to a fifth more. Whoever makes them dearer on
purpose raises them; whoever makes it cheaper lowers them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import apsw
import pytest

import streamdialect
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.sources.base import Batch
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection, open_connection
from tests.benchmarks.records import EXTRACT, WHOLE, record
from tests.servers import MockKafka
from tests.sources.reading import kafka_source

RECORDS = 2_000
FETCHED = 30_000


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the calls of Python functions, and those that Python code makes of C's, in this thread."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        calls[event] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def check(calls: Counter[str], python: int, c: int) -> None:
    assert calls["call"] <= python, f"{calls['call']} calls of Python functions"
    assert calls["c_call"] <= c, f"{calls['c_call']} calls of C functions"


def batch(number: int) -> Batch:
    first = number * RECORDS
    values = [record(each, 0) for each in range(first, first + RECORDS)]
    columns: dict[str, list[Any]] = {
        "kafka_value": values,
        "kafka_offset": list(range(first, first + RECORDS)),
        "kafka_timestamp": [1668969090693 + each * 7 for each in range(first, first + RECORDS)],
    }
    start = str(first) if first else None
    return Batch("0", start, str(first + RECORDS), columns, RECORDS, sum(map(len, values)), behind=0)


@contextmanager
def ingesting(folder: Path, select: str) -> Iterator[tuple[Connection, Callable[[int], None]]]:
    """Give a connection, and what commits a batch through it, of a view that has been at it for a while."""
    file = folder / "events.db"
    user = streamdialect.connect(file, autocommit=True, ingest="off")
    user.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
    user.execute(f"CREATE MATERIALIZED VIEW v AS {select.format(topic='events')}")
    connection = open_connection(str(file))
    materializer, refresh = Materializer(Catalog(connection).existing_view("v"), "kafka"), Refresh("Auto")

    def commit(number: int) -> None:
        given = batch(number)
        assert materializer.commit(connection, [given], refresh).records == RECORDS

    commit(0)
    yield connection, commit
    connection.close()
    assert user.execute("SELECT COUNT(*) FROM v").fetchall() == [(2 * RECORDS,)]
    user.close()


# Statements of a transaction, and steps of SQLite's virtual machine for a record.
COSTS = {"extract": (EXTRACT, 9, 118), "super": (WHOLE, 9, 80)}


@pytest.mark.parametrize("shape", COSTS)
def test_statements_and_steps_of_sqlite(tmp_path: Path, shape: str) -> None:
    select, statements, steps = COSTS[shape]
    events: list[dict[str, Any]] = []
    with ingesting(tmp_path, select) as (connection, commit):
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, events.append)
        commit(1)
        connection.trace_v2(0, None)
    texts = [" ".join(event["sql"].split())[:100] for event in events]
    assert len(events) <= statements, f"{len(events)} statements: {texts}"
    taken = sum(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"] for event in events) / RECORDS
    assert taken <= steps, f"{taken:.1f} steps a record"


def test_python_calls_of_a_transaction(tmp_path: Path) -> None:
    with ingesting(tmp_path, EXTRACT) as (_, commit), counted() as calls:
        commit(1)
    # Of the test's own: what makes the batch.
    with counted() as own:
        batch(1)
    check(calls - own, python=110, c=125)


def test_no_python_call_is_made_for_a_record_that_is_fetched(kafka_server: MockKafka) -> None:
    kafka_server.topic("events", 1)
    kafka_server.produce("events", [record(number, 0) for number in range(FETCHED)])
    reader = kafka_source(kafka_server.bootstrap).open("events", {}, ("kafka_timestamp",))
    records = 0
    with counted() as calls:
        while records < FETCHED:
            records += sum(each.count for each in reader.poll(5))
    reader.close()
    # A full poll has 0.02 and 0.03 for each of its 5,000 records; how full they are is the broker's to say.
    check(calls, python=FETCHED // 5, c=FETCHED // 4)


def test_a_statement_whose_translation_is_kept(tmp_path: Path) -> None:
    with streamdialect.connect(tmp_path / "events.db", ingest="off", autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a INT, b VARCHAR(8), d DECIMAL(10,2), ts TIMESTAMP)")
        connection.execute("INSERT INTO t VALUES (1, 'x', 1.5, '2024-01-01')")
        query = "SELECT a, b, d, ts FROM t WHERE a = 1 ORDER BY b"
        connection.execute(query).fetchall()
        with counted() as calls:
            assert len(connection.execute(query).fetchall()) == 1
    connection.close()
    check(calls, python=75, c=40)
