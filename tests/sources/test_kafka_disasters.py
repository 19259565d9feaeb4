"""Kafka that misbehaves, seen through a view: two brokers of Apache Kafka, which are killed and whose logs are cut."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Producer

import streamdialect
from streamdialect.sources import kafka_reader
from tests.servers import ApacheKafka, apache_kafka
from tests.sources.reading import fresh
from tests.sources.test_kafka_trouble import View as AnyView
from tests.sources.test_kafka_trouble import wait_for

pytestmark = pytest.mark.apache_kafka

PROPERTIES = {
    "min.insync.replicas": "1",
    "log.cleaner.backoff.ms": "200",
    "log.cleaner.min.compaction.lag.ms": "0",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "message.max.bytes": "40000000",
    "replica.fetch.max.bytes": "40000000",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApacheKafka]:
    with apache_kafka(PROPERTIES, brokers=2, passwords={"reader": "right"}) as server:
        yield server


class View(AnyView):
    """Be a file with a view ``v`` of any topic, which is ``t`` in SQL no more than here."""

    def __init__(
        self, database: Path, bootstrap: str, topic: str, options: str = "", **connect: object
    ) -> None:
        self.connection = streamdialect.connect(database, autocommit=True, **connect)
        self.connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{bootstrap}' AUTHENTICATION none")
        self.connection.execute(
            f"CREATE MATERIALIZED VIEW v {options} AS SELECT kafka_partition, kafka_offset,"
            f" FROM_VARBYTE(kafka_value, 'utf-8')::VARCHAR(100) AS value FROM s.\"{topic}\""
        )

    def resume(self) -> None:
        self.connection.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")


def numbered(start: int, end: int) -> list[bytes]:
    return [b"%d" % number for number in range(start, end)]


def test_a_wrong_password(cluster: ApacheKafka, database: Path) -> None:
    assert cluster.sasl_bootstrap is not None
    topic = fresh()
    cluster.topic(topic)
    cluster.produce(topic, numbered(0, 3))
    login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "reader"}
    wrong = {**login, "sasl.password": "sesame"}
    with closing(View(database, cluster.sasl_bootstrap, topic, "AUTO REFRESH YES", kafka=wrong)) as view:
        began = time.monotonic()
        with pytest.raises(streamdialect.SourceError, match="refused the credentials") as caught:
            view.refresh()
        assert time.monotonic() - began < 30
        assert isinstance(caught.value, streamdialect.OperationalError)
        assert caught.value.sqlstate == "28000"
        wait_for(lambda: "refused the credentials" in view.state(), "the state")
        assert "sesame" not in view.state() + str(caught.value) + str(view.history())
    right = {**login, "sasl.password": "right"}
    with closing(streamdialect.connect(database, autocommit=True, kafka=right)) as connection:
        connection.execute("REFRESH MATERIALIZED VIEW v")
        assert connection.execute("SELECT COUNT(*) FROM v").fetchone() == (3,)
        assert connection.execute("SELECT streamdialect_state FROM svv_mv_info").fetchone() == ("ok",)


@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
def test_a_topic_is_deleted_and_created_again(cluster: ApacheKafka, database: Path, running: bool) -> None:
    topic = fresh()
    cluster.topic(topic, 2, replicas=2)
    for partition in range(2):
        cluster.produce(topic, [b"old"] * 10, partition)
    with closing(View(database, cluster.bootstrap, topic, "AUTO REFRESH YES" if running else "")) as view:
        if running:
            wait_for(lambda: len(view.values()) == 20, "the old topic")
        else:
            view.refresh()
        cluster.delete(topic)
        cluster.topic(topic, 2, replicas=2)
        for partition in range(2):
            cluster.produce(topic, [b"new"] * 30, partition)
        if running:
            wait_for(lambda: "is not the one that was read" in view.state(), "the state")
        with pytest.raises(streamdialect.ViewStoppedError, match="is not the one that was read"):
            view.refresh()
        assert view.values() == ["old"] * 20
        assert [error[:3] for error in view.errors()] == [("0", "9", 5), ("1", "9", 5)]
        view.resume()
        view.refresh()
        assert sorted(view.values()) == ["new"] * 60 + ["old"] * 20


def test_retention_passes_a_stopped_view(cluster: ApacheKafka, database: Path) -> None:
    topic = fresh()
    cluster.topic(topic)
    cluster.produce(topic, numbered(0, 5))
    with closing(View(database, cluster.bootstrap, topic)) as view:
        view.refresh()
        cluster.produce(topic, numbered(5, 12))
        cluster.trim(topic, 8)
        with pytest.raises(streamdialect.ViewStoppedError, match="offset 5 of partition 0"):
            view.refresh()
        assert view.errors() == [("0", "4", 4, "records after 4 and before 8 may be missing")]
        assert "offset 5 of partition 0" in view.state()
        view.resume()
        view.refresh()
        assert view.values() == [str(number) for number in (0, 1, 2, 3, 4, 8, 9, 10, 11)]
        assert view.state() == "ok"


def test_retention_passes_a_view_that_is_blocked(cluster: ApacheKafka, database: Path) -> None:
    """A user's transaction holds the file while the records after the view's are deleted."""
    topic = fresh()
    cluster.topic(topic)
    small = {
        "queued.max.messages.kbytes": "1",
        "fetch.max.bytes": "1100000",
        "fetch.message.max.bytes": "1000000",
    }
    with closing(View(database, cluster.bootstrap, topic, "AUTO REFRESH YES", kafka=small)) as view:
        view.resume()
        cluster.produce(topic, numbered(0, 1))
        wait_for(lambda: view.values() == ["0"], "the first record")
        with closing(streamdialect.connect(database, ingest="off")) as other:
            other.execute("CREATE TABLE mine (n INT)")
            cluster.produce(topic, [b"x" * 900_000] * 40)
            time.sleep(3)
            cluster.trim(topic, 40)
            other.commit()
        cluster.produce(topic, [b"last"])
        wait_for(lambda: "last" in view.values(), "the last record")
        offsets = [offset for (offset,) in view.rows("SELECT kafka_offset FROM v ORDER BY 1")]
        ((_, after, code, reason),) = view.errors()
        gap = int(after)
        assert offsets == [*range(gap + 1), 40, 41]
        assert gap < 39
        assert (code, reason) == (4, f"records after {gap} and before 40 may be missing")
        assert any("Refresh goes on after a loss" in status for status in view.history())


def test_partitions_are_added(cluster: ApacheKafka, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_reader, "METADATA_INTERVAL", 1.0)
    topic = fresh()
    cluster.topic(topic)
    cluster.produce(topic, numbered(0, 10))
    with closing(View(database, cluster.bootstrap, topic, "AUTO REFRESH YES")) as view:
        wait_for(lambda: len(view.values()) == 10, "the first partition")
        cluster.grow(topic, 3)
        for partition in (1, 2):
            cluster.produce(topic, numbered(0, 10), partition)
        wait_for(lambda: len(view.values()) == 30, "the new partitions, from their beginning")
        assert view.rows(
            "SELECT kafka_partition, COUNT(*), MIN(kafka_offset) FROM v GROUP BY 1 ORDER BY 1"
        ) == [
            (0, 10, 0),
            (1, 10, 0),
            (2, 10, 0),
        ]
        view.refresh()
        assert len(view.values()) == 30


def test_a_transaction_is_open(cluster: ApacheKafka, database: Path) -> None:
    topic = fresh()
    cluster.topic(topic)
    cluster.produce(topic, [b"before"])
    producer = cluster.producer(transactional_id=topic)
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic, b"aborted")
    producer.flush()
    cluster.produce(topic, [b"behind it"])
    with closing(View(database, cluster.bootstrap, topic)) as view:
        began = time.monotonic()
        view.refresh()
        assert time.monotonic() - began < 10
        assert view.values() == ["before"]  # what follows an open transaction is not readable yet
        producer.abort_transaction()
        producer.begin_transaction()
        producer.produce(topic, b"committed")
        producer.commit_transaction()

        def all_there() -> bool:
            view.refresh()
            return view.values() == ["before", "behind it", "committed"]

        wait_for(all_there, "the coordinator's markers")
        producer.begin_transaction()
        producer.produce(topic, b"aborted")
        producer.flush()
        producer.abort_transaction()
        for _ in range(3):
            view.refresh()  # the log ends with records and markers that nobody may see
        assert view.values() == ["before", "behind it", "committed"]
        assert view.rows("SELECT position FROM streamdialect_lag") == [("8",)]
        assert view.rows("SELECT lag_records FROM svv_mv_info") == [(0,)]


def test_a_compacted_topic(cluster: ApacheKafka, database: Path) -> None:
    topic = fresh()
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "300",
        "min.cleanable.dirty.ratio": "0.01",
        "delete.retention.ms": "0",
        "min.compaction.lag.ms": "0",
    }
    cluster.topic(topic, 1, config)
    producer = cluster.producer(enable_idempotence=True)

    def put(key: bytes, value: bytes | None) -> None:
        producer.produce(topic, value, key=key)
        producer.flush()

    for number in range(20):
        put(b"a", b"%d" % number)
    put(b"b", b"kept")
    put(b"c", None)
    time.sleep(0.5)
    put(b"d", b"rolls the segment")
    with closing(View(database, cluster.bootstrap, topic)) as view:

        def compacted() -> bool:
            found = view.rows(f'SELECT kafka_offset FROM s."{topic}" ORDER BY 1')
            return len(found) <= 4

        wait_for(compacted, "the log cleaner", 60)
        began = time.monotonic()
        view.refresh()
        assert time.monotonic() - began < 10
        offsets = [offset for (offset,) in view.rows("SELECT kafka_offset FROM v ORDER BY 1")]
        assert set(offsets) <= {19, 20, 21, 22}
        assert {19, 20, 22} <= set(offsets)
        assert view.rows("SELECT position FROM streamdialect_lag") == [("23",)]
        view.refresh()
        assert view.state() == "ok"


def test_a_damaged_batch(cluster: ApacheKafka, database: Path) -> None:
    """Brokers send what lies on their disks: one byte of it is changed."""
    topic = fresh()
    cluster.topic(topic, 2)
    for value in (b"first", b"DAMAGED", b"last"):
        cluster.produce(topic, [value])
    cluster.produce(topic, [b"other partition"], 1)
    segment = cluster.folder(cluster.leader(topic)) / "data" / f"{topic}-0" / f"{0:020}.log"
    at = segment.read_bytes().index(b"DAMAGED")
    with segment.open("r+b") as log:
        log.seek(at)
        log.write(b"d")
    with closing(View(database, cluster.bootstrap, topic)) as view:
        with pytest.raises(streamdialect.SourceError, match=r"partition 0, offset 1: .*CRC"):
            view.refresh()
        assert "partition 0, offset 1" in view.history()[0]
        assert set(view.values()) <= {"first", "other partition"}
        with segment.open("r+b") as log:
            log.seek(at)
            log.write(b"D")
        view.refresh()
        assert view.values() == ["first", "DAMAGED", "last", "other partition"]


def test_a_record_beyond_redshifts_limit(cluster: ApacheKafka, database: Path) -> None:
    topic = fresh()
    cluster.topic(topic)
    values = [b"first", b"x" * 17_000_000, b"last"]
    cluster.produce(topic, values, message_max_bytes=40_000_000)
    with closing(View(database, cluster.bootstrap, topic)) as view:
        view.refresh()
        assert view.values() == ["first", "last"]
        assert view.errors() == [("0", "1", 3, "record of 17000000 bytes exceeds 16777216")]


# ---- brokers that die: after all others, for they leave the cluster as it comes up again


def produce_until(stop: threading.Event, producer: Producer, topic: str, sent: list[int]) -> None:
    number = 0
    while not stop.is_set():
        producer.produce(topic, b"%d" % number, partition=number % 4)
        producer.poll(0)
        number += 1
        stop.wait(0.001)
    assert producer.flush(60) == 0
    sent.append(number)


def test_brokers_are_killed_during_ingest(cluster: ApacheKafka, database: Path) -> None:
    """Leaders move when broker 2 dies; with broker 1, the controller, they cannot until it is back."""
    topic = fresh()
    cluster.topic(topic, 4, replicas=2)
    stop, sent = threading.Event(), list[int]()
    producer = cluster.producer(enable_idempotence=True, message_timeout_ms=120_000)
    producing = threading.Thread(target=produce_until, args=(stop, producer, topic, sent))
    with closing(View(database, cluster.bootstrap, topic, "AUTO REFRESH YES")) as view:
        producing.start()
        try:
            for node in (2, 1):
                wait_for(lambda: len(view.values()) > 0, "records")
                cluster.kill(node)
                time.sleep(2)
                cluster.start(node)
                began, before = time.monotonic(), len(view.values())
                wait_for(lambda: len(view.values()) > before, "records after the restart", 60)  # noqa: B023
                print(f"broker {node}: records {time.monotonic() - began:.1f} s after it was back")
        finally:
            stop.set()
            producing.join()
        wait_for(lambda: len(view.values()) >= sent[0], "all records", 60)
        view.refresh()
        assert sorted(map(int, view.values())) == list(range(sent[0]))
        wait_for(lambda: view.state() == "ok", "the state to clear")


def test_a_log_that_lost_its_end(cluster: ApacheKafka, database: Path) -> None:
    """The only replica's disk lost the last records, and with them what the view has read."""
    topic = fresh()
    cluster.topic(topic)
    for number in range(10):
        cluster.produce(topic, [b"%d" % number])
    node = cluster.leader(topic)
    with closing(View(database, cluster.bootstrap, topic)) as view:
        view.refresh()
        cluster.kill(node)
        segment = cluster.folder(node) / "data" / f"{topic}-0" / f"{0:020}.log"
        batch = segment.stat().st_size // 10
        with segment.open("r+b") as log:
            log.truncate(batch * 6)
        cluster.start(node)
        wait_for(lambda: cluster.leader(topic) == node, "the leader")
        with pytest.raises(streamdialect.ViewStoppedError, match="ends before position 10 of partition 0"):
            view.refresh()
        assert [error[:3] for error in view.errors()] == [("0", "9", 4)]
        assert "ends before position 10" in view.state()
        view.resume()
        view.refresh()
        cluster.produce(topic, [b"after"])
        view.refresh()
        assert view.rows("SELECT kafka_offset, value FROM v WHERE value = 'after'") == [(6, "after")]
        assert len(view.values()) == 11
