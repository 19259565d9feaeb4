"""Waiting: for another process's consumer, for the file, and how each wait ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect
from tests.benchmarks.meter import peak_mb
from tests.benchmarks.pressure import SLOW, VIEW, fill, prepare, result, start
from tests.conftest import consumer_threads
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.test_consumers import count, process, wait_for
from tests.servers import MockKafka


def test_a_stopped_holder_is_named(database: Path, events: Events) -> None:
    """SIGSTOP keeps the lease: nobody may take over, and REFRESH must not wait for ever."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    with process(database, "connection.execute('REFRESH MATERIALIZED VIEW v')") as holder:
        holder.send_signal(signal.SIGSTOP)
        events.put({"name": "a"})
        with closing(streamdialect.connect(database, refresh_timeout=1)) as waiting:
            with pytest.raises(
                streamdialect.RefreshTimeoutError, match=f"its consumer is process {holder.pid}"
            ):
                waiting.execute("REFRESH MATERIALIZED VIEW v")
            holder.send_signal(signal.SIGCONT)
            waiting.execute("REFRESH MATERIALIZED VIEW v")
            assert count(waiting) == 1


def test_who_must_not_consume_waits_for_somebody_to_take_over(database: Path, events: Events) -> None:
    """Between the death of a consumer and the next one's start the lease is free, which is no reason to give up."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    events.put({"name": "a"})
    with closing(streamdialect.connect(database, ingest="off")) as waiting:
        began = time.monotonic()
        with pytest.raises(streamdialect.OperationalError, match='nobody consumes materialized view "v"'):
            waiting.execute("REFRESH MATERIALIZED VIEW v")
        assert time.monotonic() - began < 20
        others: list[streamdialect.Connection] = []
        next_one = threading.Timer(0.7, lambda: others.append(streamdialect.connect(database)))
        next_one.start()
        waiting.execute("REFRESH MATERIALIZED VIEW v")
        assert count(waiting) == 1
        next_one.join()
        others[0].close()


@pytest.mark.slow
def test_the_holders_own_error_is_told(database: Path, events: Events) -> None:
    """What the other process cannot do stands in the file: here it cannot read the stream's messages."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    broken = """
from streamdialect.sources.kafka_reader import KafkaReader
def poll(self, timeout):
    raise streamdialect.SourceError("the firewall is closed here")
KafkaReader.poll = poll
"""
    events.put({"name": "a"})
    with process(database, "") as _:
        pass
    program = (
        f"import sys, streamdialect\n{broken}\nc = streamdialect.connect({str(database)!r})\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as holder:
        with closing(streamdialect.connect(database, mode="ro")) as reader:
            state = "SELECT streamdialect_state FROM svv_mv_info"
            wait_for(lambda: "firewall" in str(reader.execute(state).fetchall()), "its error in svv_mv_info")
        # Between two tries the lease is free, and this process takes over.
        with closing(streamdialect.connect(database, refresh_timeout=20, ingest="manual")) as waiting:
            waiting.execute("REFRESH MATERIALIZED VIEW v")
            assert count(waiting) == 1
        holder.kill()


@pytest.mark.parametrize("where", ["own consumer", "another's consumer", "nobody consumes"])
def test_a_refresh_ends_with_a_lock_error(database: Path, events: Events, where: str) -> None:
    events.execute(
        f"CREATE MATERIALIZED VIEW v AUTO REFRESH {'NO' if 'nobody' in where else 'YES'} AS {EXTRACT}"
    )
    events.execute("CREATE TABLE mine (a INT)")
    events.connection.close()
    other = (
        process(database, "connection.execute('REFRESH MATERIALIZED VIEW v')") if "another" in where else None
    )
    if other is not None:
        other.__enter__()
    try:
        with (
            closing(
                streamdialect.connect(database, timeout=1, ingest="manual" if other else "auto")
            ) as waiting,
            closing(streamdialect.connect(database, ingest="off")) as user,
        ):
            user.execute("INSERT INTO mine VALUES (1)")
            events.put({"name": "a"})
            began = time.monotonic()
            with pytest.raises(streamdialect.DatabaseLockedError, match=r"(?i)another transaction"):
                waiting.execute("REFRESH MATERIALIZED VIEW v")
            assert time.monotonic() - began < 10
            user.commit()
            waiting.execute("REFRESH MATERIALIZED VIEW v")
            assert count(waiting) == 1
    finally:
        if other is not None:
            other.__exit__(None, None, None)


WAITING = """
import os, sys, time, streamdialect
path, kind = sys.argv[1:]
connection = streamdialect.connect(path, ingest="manual", timeout=60, refresh_timeout=60)
print(os.getpid(), connection.execute("SELECT pg_backend_pid()").fetchone()[0], flush=True)
began = time.monotonic()
try:
    connection.execute({"refresh": "REFRESH MATERIALIZED VIEW v", "lock": "INSERT INTO mine VALUES (2)"}[kind])
except (KeyboardInterrupt, streamdialect.QueryCanceledError) as error:
    print(type(error).__name__, connection.in_transaction, time.time(), flush=True)
sys.stdin.readline()  # until the user's transaction has ended
connection.execute("REFRESH MATERIALIZED VIEW v")
print(connection.execute("SELECT COUNT(*) FROM v").fetchone()[0], flush=True)
connection.close()
"""


@pytest.mark.parametrize(("kind", "how"), [("refresh", "cancel"), ("refresh", "signal"), ("lock", "signal")])
def test_a_wait_can_be_interrupted(database: Path, events: Events, kind: str, how: str) -> None:
    """REFRESH and a statement that wait for somebody's transaction end within about a second."""
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.execute("CREATE TABLE mine (a INT)")
    events.put({"name": "a"}, {"name": "b"})
    with closing(streamdialect.connect(database, ingest="off")) as user:
        user.execute("INSERT INTO mine VALUES (1)")
        command = [sys.executable, "-c", WAITING, str(database), kind]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as waiting:
            assert waiting.stdout is not None
            assert waiting.stdin is not None
            pid, number = map(int, waiting.stdout.readline().split())
            time.sleep(1.5)  # until it waits
            asked = time.time()
            if how == "signal":
                os.kill(pid, signal.SIGINT)
            else:
                events.execute(f"CANCEL {number}")
            name, open_, ended = waiting.stdout.readline().split()
            assert name == ("KeyboardInterrupt" if how == "signal" else "QueryCanceledError")
            assert open_ == "False"
            assert float(ended) - asked < 4
            user.rollback()
            waiting.stdin.write("\n")
            waiting.stdin.flush()
            assert waiting.stdout.readline().strip() == "2"


def test_interrupt_ends_a_refresh(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.execute("CREATE TABLE mine (a INT)")
    events.put({"name": "a"})
    with closing(streamdialect.connect(database, ingest="off")) as user:
        user.execute("INSERT INTO mine VALUES (1)")
        threading.Timer(0.5, events.connection.interrupt).start()
        began = time.monotonic()
        with pytest.raises(streamdialect.OperationalError, match="interrupted"):
            events.refresh("v")
        assert time.monotonic() - began < 4  # the connection's timeout is 5
    events.refresh("v")
    assert count(events.connection) == 1


def test_a_stalled_source_ends_a_refresh(
    database: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brokers may answer questions and send no records; no read of ours may be without end."""
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.connection.close()
    events.put({"name": "a"})
    from streamdialect.sources.kafka_reader import KafkaReader

    def nothing(_: KafkaReader, timeout: float) -> list[object]:
        time.sleep(timeout)
        return []

    with closing(streamdialect.connect(database, refresh_timeout=1)) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(KafkaReader, "poll", nothing)
            with pytest.raises(streamdialect.RefreshTimeoutError, match="no progress for 1 s"):
                connection.execute("REFRESH MATERIALIZED VIEW v")
        connection.execute("REFRESH MATERIALIZED VIEW v")
        assert count(connection) == 1


# --- a user's writes beside ingest ----------------------------------------------------------------


@pytest.mark.parametrize(
    "select", [VIEW, pytest.param(SLOW, marks=pytest.mark.slow)], ids=["plain", "python"]
)
def test_a_users_writes_get_their_turn(tmp_path: Path, kafka_server: MockKafka, select: str) -> None:
    """Beside ingest at full speed; before writers left the file to others, waits were of seconds."""
    fill(kafka_server, 4, 15_000, 100)
    database = tmp_path / "events.db"
    prepare(kafka_server, database, 2, select)
    user = start("user", database)
    assert user.stdout is not None
    assert user.stdout.readline() == "ready\n"
    consumed = result(start("consume", database, 60_000, 4, 0))
    waited = result(user)
    assert consumed["rows"] > 1000
    assert waited["writes"] > 20
    assert waited["p50"] < 100
    assert waited["p99"] < 1000, waited  # under 100 ms where nothing else runs


def test_one_view_may_be_slow_and_transactions_stay_short(
    tmp_path: Path, kafka_server: MockKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamdialect.ingest import consumer

    sizes: list[int] = []
    write = consumer.Consumer.write

    def seen(self: consumer.Consumer, connection: object, batches: list[object]) -> float | None:
        sizes.append(sum(batch.count for batch in batches))  # type: ignore[attr-defined]
        time.sleep(0.0005 * sizes[-1])
        held = write(self, connection, batches)  # type: ignore[arg-type]
        return None if held is None else held + 0.0005 * sizes[-1]

    monkeypatch.setattr(consumer.Consumer, "write", seen)
    fill(kafka_server, 1, 2_000, 100)
    database = tmp_path / "events.db"
    prepare(kafka_server, database, 1)
    with closing(streamdialect.connect(database, ingest="manual")) as connection:
        connection.execute("REFRESH MATERIALIZED VIEW v0")
        assert connection.execute("SELECT COUNT(*), COUNT(DISTINCT kafka_offset) FROM v0").fetchall() == [
            (2000, 2000)
        ]
    assert 0 < sizes[0] <= 250  # as many as the first fetch brought
    assert 0 < sorted(sizes[1:])[len(sizes) // 2] <= 60  # 30 ms, at half a millisecond a record


def test_what_goes_on_after_the_last_connection_starts_nothing(events: Events) -> None:
    """The thread of a REFRESH that was interrupted may; the writer that it made would hold the file for ever."""
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    ingest = events.connection._backend.ingest  # type: ignore[attr-defined]
    assert ingest.writer() is not None
    events.connection.close()
    with pytest.raises(streamdialect.InterfaceError, match="closed"):
        ingest.writer()
    assert consumer_threads() == []


# --- memory -------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("size", "records"), [(10, 20_000), pytest.param(1_000_000, 5, marks=pytest.mark.slow)]
)
def test_memory_of_a_blocked_writer_is_bounded(
    tmp_path: Path, kafka_server: MockKafka, size: int, records: int
) -> None:
    """The bound is stated in docs/explanation/performance.md."""
    views, partitions = 3, 24
    fill(kafka_server, partitions, records, size)
    database = tmp_path / "events.db"
    prepare(kafka_server, database, views)
    assert peak_mb() > 10
    with closing(streamdialect.connect(database, ingest="off")) as user:
        user.execute("INSERT INTO mine VALUES (1, 1)")  # and does not commit
        consumed = result(start("consume", database, records * partitions, 4, 0))
    assert consumed["rows"] == 0
    assert consumed["peak_mb"] < 150 + 60 * views
