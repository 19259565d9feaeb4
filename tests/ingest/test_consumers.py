"""Consumers: who reads, from when to when, and what is left when they are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

import streamdialect
from streamdialect.ingest import registry
from tests.ingest.conftest import EXTRACT, Events
from tests.servers import AwsServer


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.005)


def count(connection: streamdialect.Connection, view: str = "v") -> int:
    row = connection.execute(f"SELECT COUNT(*) FROM {view}").fetchone()
    assert row is not None
    return int(row[0])


def _has(connection: streamdialect.Connection, rows: int) -> bool:
    return count(connection) == rows


def consumers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("streamdialect-")]


@contextmanager
def process(database: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with ``connection`` open on the database; it says ``ready`` and ends with its input."""
    program = f"""
import sys
import streamdialect
connection = streamdialect.connect({str(database)!r})
{code}
print("ready", flush=True)
sys.stdin.read()
connection.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline().strip() == "ready"
        try:
            yield running
        finally:
            if running.poll() is None and not running.stdin.closed:  # type: ignore[union-attr]
                running.kill()


# --- when a view is read ------------------------------------------------------------------------------


def test_auto_refresh_keeps_a_view_fresh(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    for number in range(3):
        events.put({"name": "a", "amount": number}, partition=number % 2)
        wait_for(partial(_has, events.connection, number + 1), "the record to be readable")
    types = events.execute("SELECT DISTINCT refresh_type FROM sys_mv_refresh_history")
    assert types == [("Auto",)]


def test_without_auto_refresh_only_refresh_reads(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put({"name": "a"})
    assert "streamdialect-v" not in consumers()
    assert count(events.connection) == 0
    events.refresh("v")
    assert count(events.connection) == 1
    assert "streamdialect-v" not in consumers()


def test_alter_starts_and_stops_the_consumer(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH YES")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    events.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH NO")
    wait_for(lambda: "streamdialect-v" not in consumers(), "the consumer to stop")
    events.execute("DROP MATERIALIZED VIEW v")


def test_a_consumer_starts_with_the_commit(database: Path, events: Events) -> None:
    with streamdialect.connect(database) as connection:
        connection.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
        assert "streamdialect-v" not in consumers()
        connection.rollback()
        assert events.execute("SELECT COUNT(*) FROM svv_mv_info") == [(0,)]
        connection.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
        connection.commit()
        events.put({"name": "a"})
        wait_for(lambda: count(connection) == 1, "the consumer")
    connection.close()


def test_refresh_waits_for_the_head_of_its_call(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.execute(f"CREATE MATERIALIZED VIEW manual AS {EXTRACT}")
    for round_number in range(1, 4):
        events.put(*[{"name": "a", "amount": 1}] * 2000, partition=0)
        events.put(*[{"name": "a", "amount": 1}] * 1000, partition=1)
        for view in ("v", "manual"):
            events.refresh(view)
            assert count(events.connection, view) == 3000 * round_number


def test_a_refresh_of_nothing_says_so(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.refresh("v")
    assert events.execute("SELECT refresh_type, status FROM sys_mv_refresh_history") == [
        ("Manual", "Refresh successfully updated MV incrementally. Stream returned no new data.")
    ]


def test_a_partition_that_appears_later_is_read(events: Events) -> None:
    """The mock cluster cannot add partitions to a topic, so the second partition just stays empty at first."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "partition 0")
    events.put({"name": "b"}, partition=1)
    wait_for(lambda: count(events.connection) == 2, "partition 1")


# --- errors of the source -----------------------------------------------------------------------------


def test_a_stream_that_does_not_exist(events: Events) -> None:
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT kafka_offset FROM s.absent")
    with pytest.raises(streamdialect.UndefinedObjectError, match="absent"):
        events.refresh("v")


def test_a_broker_that_cannot_be_reached(database: Path) -> None:
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI '127.0.0.1:1' AUTHENTICATION none")
    connection.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_offset FROM s.t")
    with pytest.raises(streamdialect.SourceError, match=r"127\.0\.0\.1:1"):
        connection.execute("REFRESH MATERIALIZED VIEW v")

    def recorded() -> bool:
        rows = connection.execute("SELECT status FROM sys_mv_refresh_history").fetchall()
        return any("Refresh failed" in status for (status,) in rows)

    wait_for(recorded, "the failure in the history", 40)
    assert count(connection) == 0
    connection.close()


# --- several connections and processes ------------------------------------------------------------------


def test_consumers_end_with_the_last_connection(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    second = streamdialect.connect(database)
    events.connection.close()
    events.put({"name": "a"})
    wait_for(lambda: count(second) == 1, "the consumer to go on")
    second.close()
    assert consumers() == []
    assert registry.running() == []


def test_a_connection_with_ingest_off_never_consumes(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    for options in ({"ingest": "off"}, {"mode": "ro"}):
        reader = streamdialect.connect(database, **options)
        events.put({"name": "a"})
        assert consumers() == []
        with pytest.raises(streamdialect.OperationalError):
            reader.execute("REFRESH MATERIALIZED VIEW v")
        assert count(reader) == 0
        reader.close()


def test_a_connection_with_manual_ingest_reads_for_a_refresh_only(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    events.put({"name": "a"})
    connection = streamdialect.connect(database, ingest="manual")
    try:
        connection.execute("CREATE MATERIALIZED VIEW w AUTO REFRESH YES AS SELECT * FROM s.events")
        connection.commit()
        time.sleep(0.5)
        assert consumers() == []
        assert count(connection) == 0
        connection.execute("REFRESH MATERIALIZED VIEW v")
        assert count(connection) == 1
        assert set(consumers()) <= {"streamdialect-writer"}  # it writes for whoever asks
        assert count(connection, "w") == 0
    finally:
        connection.close()


def test_another_process_takes_over_when_the_consumer_is_killed(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    with process(database, "") as first:
        reader = streamdialect.connect(database, ingest="off")
        events.put({"name": "a"})
        wait_for(lambda: count(reader) == 1, "the first process")
        with process(database, ""):
            first.send_signal(signal.SIGKILL)
            first.wait()
            events.put({"name": "b"})
            wait_for(lambda: count(reader) == 2, "the second process")
        reader.close()


def test_refresh_waits_for_the_consumer_of_another_process(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    with process(database, "connection.execute('REFRESH MATERIALIZED VIEW v')") as other:
        reader = streamdialect.connect(database, ingest="off")
        for number in range(1, 4):
            events.put(*[{"name": "a"}] * 1000)
            reader.execute("REFRESH MATERIALIZED VIEW v")
            assert count(reader) == 1000 * number
        assert other.poll() is None
        reader.close()


def test_refresh_ends_on_a_kinesis_stream_that_never_pauses(
    database: Path, kinesis_server: AwsServer
) -> None:
    """Kinesis names no head; something always follows the checkpoints of the process that consumes."""
    client = kinesis_server.client("kinesis")
    client.create_stream(StreamName="busy", ShardCount=2)
    with closing(streamdialect.connect(database, ingest="off", autocommit=True)) as connection:
        connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
        connection.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kinesis_data FROM k.busy")
    stop, sent = threading.Event(), [0]

    def produce() -> None:
        while not stop.wait(0.02):
            client.put_record(StreamName="busy", Data=b"{}", PartitionKey=str(sent[0] % 7))
            sent[0] += 1

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        with process(database, ""), closing(streamdialect.connect(database, ingest="off")) as reader:
            wait_for(lambda: count(reader) > 0, "the other process to consume")
            for _ in range(3):
                before, began = sent[0], time.monotonic()
                reader.execute("REFRESH MATERIALIZED VIEW v")
                assert time.monotonic() - began < 15
                assert count(reader) >= before
    finally:
        stop.set()
        producer.join()


@pytest.mark.parametrize("kills", [8])
def test_kills_lose_and_double_nothing(database: Path, events: Events, kills: int) -> None:
    """SIGKILL at arbitrary moments of ingest; afterwards each record is in each view once."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.execute(
        "CREATE MATERIALIZED VIEW totals AUTO REFRESH YES AS"
        " SELECT kafka_partition, COUNT(*) AS n, SUM(kafka_offset) AS offsets FROM s.events GROUP BY 1"
    )
    events.connection.close()
    produced = 0
    for number in range(kills):
        events.put(*[{"name": "a", "amount": 1}] * 3000, partition=number % 2)
        produced += 3000
        with process(database, "") as running:
            time.sleep(0.02 * number)  # the moment is meant to be arbitrary
            running.kill()
    connection = streamdialect.connect(database, autocommit=True)
    for view in ("v", "totals"):
        connection.execute(f"REFRESH MATERIALIZED VIEW {view}")
    rows = connection.execute("SELECT kafka_partition, kafka_offset FROM v").fetchall()
    assert len(rows) == len(set(rows)) == produced
    half = produced // 2
    totals = connection.execute("SELECT * FROM totals ORDER BY 1").fetchall()
    assert totals == [(partition, half, half * (half - 1) // 2) for partition in (0, 1)]
    connection.close()


def test_interpreter_exit_stops_consumers(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    program = f"import streamdialect; c = streamdialect.connect({str(database)!r})"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_with_open_connections(database: Path, events: Events) -> None:
    """The parent goes on consuming; the child refuses what it inherited and opens its own."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    program = f"""
import os, streamdialect
path = {str(database)!r}
connection = streamdialect.connect(path)
child = os.fork()
if child == 0:
    try:
        connection.execute("SELECT 1")
    except streamdialect.InterfaceError as error:
        assert "another process" in str(error)
    else:
        os._exit(1)
    own = streamdialect.connect(path)
    assert own.execute("SELECT COUNT(*) FROM v").fetchone() == (1,)
    own.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert connection.execute("SELECT COUNT(*) FROM v").fetchone() == (1,)
connection.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
