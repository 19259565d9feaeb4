"""Kafka that misbehaves, seen through a view: librdkafka's mock cluster with what it can be told to do."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import libversion

import streamdialect
from streamdialect.sources import kafka as kafka_module
from streamdialect.sources import kafka_reader
from tests.servers import MockKafka, mock_kafka
from tests.servers.process import free_ports

VIEW = (
    "CREATE MATERIALIZED VIEW v {options} AS SELECT kafka_partition, kafka_offset,"
    " FROM_VARBYTE(kafka_value, 'utf-8')::VARCHAR(100) AS value FROM s.t"
)


class View:
    """Be a file with a view ``v`` of topic ``t``."""

    def __init__(self, database: Path, bootstrap: str, options: str = "", **connect: Any) -> None:
        self.connection = streamdialect.connect(database, autocommit=True, **connect)
        self.connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{bootstrap}' AUTHENTICATION none")
        self.connection.execute(VIEW.format(options=options))

    def close(self) -> None:
        self.connection.close()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement).fetchall()

    def refresh(self) -> None:
        self.connection.execute("REFRESH MATERIALIZED VIEW v")

    def values(self) -> list[str]:
        return [value for (value,) in self.rows("SELECT value FROM v ORDER BY kafka_partition, kafka_offset")]

    def state(self) -> str:
        ((state,),) = self.rows("SELECT streamdialect_state FROM svv_mv_info")
        return str(state)

    def history(self) -> list[str]:
        return [status for (status,) in self.rows("SELECT status FROM sys_mv_refresh_history")]

    def errors(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT partition_id, position, error_code, error_reason FROM sys_stream_scan_errors"
        )


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


@pytest.fixture
def view(database: Path, kafka_server: MockKafka) -> Iterator[Callable[..., View]]:
    made: list[View] = []

    def make(options: str = "", **connect: Any) -> View:
        made.append(View(database, kafka_server.bootstrap, options, **connect))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_module, "TIMEOUT", 1.0)
    monkeypatch.setattr(kafka_reader, "METADATA_INTERVAL", 0.5)


# ---- brokers that cannot be reached


@contextmanager
def refused() -> Iterator[str]:
    yield f"127.0.0.1:{free_ports(1)[0]}"


@contextmanager
def silent() -> Iterator[str]:
    """Accept connections, and never answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def unknown() -> Iterator[str]:
    yield "no-such-host.invalid:9092"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("place", "why"),
    [
        (refused, "Connection refused"),
        (silent, "no answer in time"),
        (unknown, "(Failed to resolve|no answer in time)"),
    ],
)
def test_brokers_that_cannot_be_reached(
    database: Path, place: Callable[[], Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Also with no limit of ours lowered it takes seconds: the real limit is 5, here it is 1."""
    with place() as bootstrap, closing(View(database, bootstrap, "AUTO REFRESH YES")) as view:
        (notice,) = view.connection.notices
        assert notice.startswith("WARNING:  Materialized view v waits for its stream: Kafka at")
        assert re.search(why, notice)
        began = time.monotonic()
        with pytest.raises(streamdialect.SourceError, match=f"Kafka at {bootstrap} cannot be reached.*{why}"):
            view.refresh()
        with pytest.raises(streamdialect.SourceError, match="cannot be reached"):
            view.rows("SELECT * FROM s.t")
        assert time.monotonic() - began < 20
        wait_for(lambda: "cannot be reached" in view.state(), "the state")
        # One for REFRESH, one for the consumer: the next attempts fail for the same reason.
        wait_for(lambda: len(view.history()) >= 2, "the history")
        time.sleep(2)
        assert [status for status in view.history() if "cannot be reached" not in status] == []
        assert len(view.history()) <= 3  # a name that no server answers for fails in two ways
        told = [record for record in caplog.records if "cannot be refreshed" in record.getMessage()]
        assert len(told) == 1
        # librdkafka reports each attempt to connect, some twenty a second.
        assert len([record for record in caplog.records if "FAIL" in record.getMessage()]) <= 2


@pytest.mark.usefixtures("impatient")
def test_the_state_clears_when_the_brokers_come_back(
    kafka_server: MockKafka, view: Callable[..., View]
) -> None:
    kafka_server.topic("t")
    kafka_server.produce("t", [b"1"])
    seen = view("AUTO REFRESH YES")
    wait_for(lambda: seen.values() == ["1"], "the first record")
    kafka_server.down()
    wait_for(lambda: "cannot be reached" in seen.state(), "the state")
    kafka_server.up()
    wait_for(lambda: seen.state() == "ok", "the state to clear")  # with no record to bring it about
    kafka_server.produce("t", [b"2"])
    wait_for(lambda: seen.values() == ["1", "2"], "the second record")


# ---- leaders


@pytest.mark.usefixtures("impatient")
def test_leaders_change(database: Path) -> None:
    with mock_kafka(brokers=3) as server:
        server.topic("t", 3, replicas=3)
        with closing(View(database, server.bootstrap, "AUTO REFRESH YES")) as view:
            for turn in range(6):
                for partition in range(3):
                    server.lead("t", 1 + (turn + partition) % 3, partition)
                    server.produce("t", [b"%d" % turn] * 50, partition)
            view.refresh()
            found = view.rows(
                "SELECT kafka_partition, COUNT(*), MAX(kafka_offset) FROM v GROUP BY 1 ORDER BY 1"
            )
            assert found == [(0, 300, 299), (1, 300, 299), (2, 300, 299)]
            assert view.state() == "ok"


@pytest.mark.skipif(libversion()[1] < 0x02100000, reason="older mock clusters go on naming a dead leader")
@pytest.mark.usefixtures("impatient")
def test_a_partition_without_a_leader(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    with mock_kafka(brokers=3) as server:
        server.topic("t", 2, replicas=3)
        for partition, value in enumerate((b"a", b"b")):
            server.lead("t", 1 + partition, partition)
            server.produce("t", [value], partition)
        with closing(View(database, server.bootstrap, "AUTO REFRESH YES")) as view:
            wait_for(lambda: view.values() == ["a", "b"], "both partitions")
            server.down(2)
            wait_for(lambda: view.state() == 'partitions [1] of stream "t" have no leader', "the state")
            assert "partitions [1] have no leader" in caplog.text
            server.produce("t", [b"c"], 0)
            wait_for(lambda: view.values() == ["a", "c", "b"], "the other partition to be read all the same")
            with pytest.raises(streamdialect.SourceError, match='offsets of topic "t"'):
                view.refresh()
            server.lead("t", 3, 1)
            server.produce("t", [b"d"], 1)
            wait_for(lambda: view.values() == ["a", "c", "b", "d"], "the partition to be read again")
            wait_for(lambda: view.state() == "ok", "the state to clear")


# ---- topics that go, and come again


@pytest.mark.usefixtures("impatient")
def test_a_topic_is_deleted(kafka_server: MockKafka, view: Callable[..., View]) -> None:
    kafka_server.topic("t")
    kafka_server.produce("t", [b"1"])
    seen = view("AUTO REFRESH YES")
    wait_for(lambda: seen.values() == ["1"], "the record")
    kafka_server.delete("t")
    wait_for(lambda: seen.state() == 'stream "t" does not exist', "the state")
    with pytest.raises(streamdialect.UndefinedObjectError, match='stream "t" does not exist'):
        seen.refresh()
    assert 'Refresh failed. stream "t" does not exist' in seen.history()
    assert seen.values() == ["1"]
    assert "t" not in kafka_server.admin().list_topics(timeout=5).topics  # looking for it did not make it


NEW = {"fewer": 2, "equal": 5, "more": 9}


@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
@pytest.mark.parametrize("count", NEW.values(), ids=list(NEW))
def test_a_topic_is_deleted_and_created_again(
    kafka_server: MockKafka, view: Callable[..., View], count: int, running: bool
) -> None:
    """With as many records or more, only the topic's id tells; none of them may be taken for the old topic's."""
    kafka_server.topic("t")
    kafka_server.produce("t", [b"old %d" % number for number in range(5)])
    seen = view("AUTO REFRESH YES" if running else "")
    old = [f"old {number}" for number in range(5)]
    if running:
        wait_for(lambda: seen.values() == old, "the old records")
    else:
        seen.refresh()
    kafka_server.delete("t")
    kafka_server.topic("t")
    kafka_server.produce("t", [b"new %d" % number for number in range(count)])
    if running:
        wait_for(lambda: seen.state() != "ok", "the state")
    with pytest.raises(streamdialect.ViewStoppedError, match='stream "t" is not the one that was read'):
        seen.refresh()
    assert 'stream "t" is not the one that was read' in seen.state()
    assert seen.values() == old
    assert seen.errors() == [("0", "4", 5, "the stream was created anew; what came after this is lost")]
    assert any("is not the one that was read" in status for status in seen.history())
    seen.connection.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    seen.refresh()
    assert sorted(seen.values()) == sorted([*(f"new {number}" for number in range(count)), *old])
    assert seen.state() == "ok"


def test_a_topic_is_created_again_under_a_busy_consumer(
    kafka_server: MockKafka, view: Callable[..., View]
) -> None:
    """librdkafka goes on in the new topic at the old one's offset; rows say which topic they are of."""
    kafka_server.topic("t")
    seen = view("AUTO REFRESH YES")
    seen.connection.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    kafka_server.produce("t", [b"0:%d" % number for number in range(50)])
    wait_for(lambda: len(seen.values()) == 50, "the first topic")
    for life in range(1, 3):
        kafka_server.delete("t")
        kafka_server.topic("t")
        kafka_server.produce("t", [b"%d:%d" % (life, number) for number in range(200)])
        wait_for(lambda: len(seen.values()) >= 50 + life * 200, f"topic {life}")  # noqa: B023
    assert len(seen.values()) == len(set(seen.values())) == 450
    assert sum("Refresh goes on after a loss" in status for status in seen.history()) == 2


@pytest.mark.slow
def test_a_producer_and_recreations_leave_nothing_in_another_topics_place(
    kafka_server: MockKafka, view: Callable[..., View]
) -> None:
    """Each row's value is its own offset in its topic: a mixed-up row shows at once."""
    kafka_server.topic("t")
    seen = view("AUTO REFRESH YES")
    seen.connection.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    stop = threading.Event()

    def produce() -> None:
        while not stop.is_set():
            producer = kafka_server.producer(message_timeout_ms=300)
            for _ in range(100):
                producer.produce("t", b"x", partition=0)
            producer.flush(1)
            stop.wait(0.02)

    producing = threading.Thread(target=produce)
    producing.start()
    try:
        for _ in range(3):
            time.sleep(0.7)
            kafka_server.delete("t")
            kafka_server.topic("t")
        time.sleep(1.5)
    finally:
        stop.set()
        producing.join()
    seen.refresh()
    offsets = [offset for (offset,) in seen.rows("SELECT kafka_offset FROM v")]
    lives = offsets.count(0)
    assert 1 <= lives <= 4
    # Read from its beginning, each life is 0, 1, 2, ...: an offset cannot be there more often than the one before.
    counts = [offsets.count(offset) for offset in range(max(offsets) + 1)]
    assert counts == sorted(counts, reverse=True)


# ---- records and limits


@pytest.mark.slow
def test_a_record_larger_than_the_client_may_receive(
    kafka_server: MockKafka, view: Callable[..., View]
) -> None:
    kafka_server.topic("t")
    kafka_server.produce("t", [b"1"])
    kafka_server.produce("t", [b"x" * 900_000])
    limits = {"receive.message.max.bytes": 500_000, "fetch.max.bytes": 400_000, "message.max.bytes": 300_000}
    seen = view(kafka={name: str(value) for name, value in limits.items()})
    began = time.monotonic()
    with pytest.raises(streamdialect.SourceError, match=r"increase receive\.message\.max\.bytes"):
        seen.refresh()
    assert time.monotonic() - began < 50  # two looks, of which a busy machine may need a third
    assert seen.values() in ([], ["1"])


def test_a_record_larger_than_a_fetch_asks_for(kafka_server: MockKafka, view: Callable[..., View]) -> None:
    """A broker sends the first batch whatever its size."""
    kafka_server.topic("t")
    for value in (b"1", b"x" * 900_000, b"2"):
        kafka_server.produce("t", [value])
    limits = {"fetch.message.max.bytes": "1000", "fetch.max.bytes": "1500", "message.max.bytes": "1400"}
    seen = view(kafka=limits)
    seen.refresh()
    assert seen.rows("SELECT kafka_offset FROM v ORDER BY 1") == [(0,), (1,), (2,)]


def test_equal_lines_of_the_log_pass_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    lines = logging.getLogger("streamdialect.sources.kafka")
    for number in range(5):
        for broker in ("a", "b"):
            lines.error(
                "FAIL [streamdialect#consumer-%d] %s: failed (after %dms in state X)", number, broker, number
            )
    assert len(caplog.records) == 2
