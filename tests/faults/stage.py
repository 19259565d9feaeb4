"""Streams that are there, a view over one of them, and what must be true of it after any fault."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import apsw
import confluent_kafka

import streamdialect
from streamdialect.ingest import registry
from tests.faults.errors import errors_of
from tests.faults.injection import Fault, Faults, Site, installed
from tests.servers import AwsServer, mock_kafka

__all__ = ["Mode", "Outcome", "Stage", "faults_of", "kafka_stage", "kinesis_stage"]

Mode = Literal["manual", "auto"]

PAYLOADS = [
    *[json.dumps({"a": number, "b": "x" * (number % 5)}).encode() for number in range(8)],
    b'{"a":',
    *[json.dumps({"a": number}).encode() for number in range(8, 11)],
    b"\xff",
    b'{"a":"x"}',
    *[json.dumps({"a": number}).encode() for number in range(11, 20)],
]
_PLAIN_CONNECTION = apsw.Connection


@dataclass
class Outcome:
    """Tell what one fault did: what REFRESH raised, what was logged, how long until all was well."""

    hits: int
    raised: list[BaseException] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Want:
    """Be what a view of the stream holds: rows as (partition, position, a, b), and places of bad records."""

    rows: Counter[Any]
    bad: Counter[Any]


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Stage:
    """Read one stream into new views, with a fault each."""

    def __init__(
        self, faults: Faults, folder: Path, schema: str, select: str, records: list[tuple[Any, Any, bytes]]
    ) -> None:
        self.faults = faults
        self._folder = folder
        self._schema = schema
        self._select = select
        self._runs = 0
        rows, bad = [], []
        for partition, position, payload in records:
            try:
                value = json.loads(payload)
                rows.append((partition, position, int(value["a"]), value.get("b")))
            except ValueError:
                bad.append((str(partition), str(position)))
        self.want = Want(Counter(rows), Counter(bad))
        self.records = len(records)

    def sites(self, mode: Mode) -> Counter[Site]:
        """Run without a fault and count the calls there are."""
        self.run(None, mode)
        return Counter(self.faults.calls)

    def run(self, fault: Fault | None, mode: Mode, patience: float = 20.0) -> Outcome:
        """Read the stream into a new view of a new file while the fault happens; prove that all is there, once."""
        self._runs += 1
        path = self._folder / f"{self._runs}.db"
        auto = "AUTO REFRESH YES" if mode == "auto" else ""
        with streamdialect.connect(path, autocommit=True, ingest="off") as setup:
            setup.execute(self._schema)
            setup.execute(f"CREATE MATERIALIZED VIEW v {auto} AS {self._select}")
        setup.close()
        log = _Log()
        logger = logging.getLogger("streamdialect")
        logger.addHandler(log)
        outcome = Outcome(0)
        began = time.monotonic()
        connection = None
        try:
            self.faults.arm(fault)
            deadline = began + patience
            while connection is None:
                try:
                    connection = streamdialect.connect(path, autocommit=True, refresh_timeout=15)
                    if mode == "manual":
                        self._refresh(connection, fault, outcome)
                    else:
                        self._wait(connection, path, fault, log, deadline)
                except streamdialect.Error as error:
                    if connection is not None:
                        raise
                    outcome.raised.append(error)  # to open the file may be what failed
                    if len(outcome.raised) > 2:
                        raise
            outcome.seconds = time.monotonic() - began
        finally:
            if connection is not None:
                with suppress(streamdialect.Error):
                    connection.close()
                    connection = None
            if fault is None:
                self.calls = Counter(self.faults.calls)
            outcome.hits = self.faults.hits
            self.faults.disarm()
            if connection is not None:
                connection.close()
            logger.removeHandler(log)
            outcome.logged = log.lines
        self._check(path)
        running = registry.running()
        assert running == [], f"still open: {running}"
        return outcome

    def _refresh(self, connection: streamdialect.Connection, fault: Fault | None, outcome: Outcome) -> None:
        for _ in range(3):
            try:
                connection.execute("REFRESH MATERIALIZED VIEW v")
                return
            except streamdialect.Error as error:
                outcome.raised.append(error)
                if fault is None:
                    raise
                if fault.lasting:
                    self.faults.disarm()
        raise AssertionError(f"REFRESH does not recover: {outcome.raised}") from outcome.raised[-1]

    def _wait(
        self,
        connection: streamdialect.Connection,
        path: Path,
        fault: Fault | None,
        log: _Log,
        deadline: float,
    ) -> None:
        """Wait until the consumer has read all and says so."""
        lasting = fault is not None and fault.lasting
        while True:
            reader = _PLAIN_CONNECTION(str(path))
            try:
                done = (
                    reader.execute("SELECT count(*) FROM v").get == sum(self.want.rows.values())
                    and reader.execute("SELECT state FROM streamdialect_views").get == "ok"
                )
                state = reader.execute("SELECT state FROM streamdialect_views").get
            finally:
                reader.close()
            if done and not lasting:
                return
            if lasting and (log.lines or state != "ok" or done):
                self.faults.disarm()
                lasting = False
            assert time.monotonic() < deadline, f"not recovered, state {state!r}, log {log.lines}"
            time.sleep(0.01)

    def _check(self, path: Path) -> None:
        reader = _PLAIN_CONNECTION(str(path))
        try:
            rows = Counter(reader.execute("SELECT * FROM v").fetchall())
            bad = Counter(
                reader.execute(
                    "SELECT partition, position FROM streamdialect_errors WHERE outcome = 'set aside'"
                )
            )
            scanned = reader.execute(
                "SELECT sum(scanned_rows), sum(skipped_rows) FROM streamdialect_scans"
            ).get
            state = reader.execute("SELECT state FROM streamdialect_views").get
            intact = reader.execute("PRAGMA integrity_check").get
        finally:
            reader.close()
        assert intact == "ok"
        assert rows == self.want.rows, f"lost {self.want.rows - rows}, doubled {rows - self.want.rows}"
        assert bad == self.want.bad, f"lost {self.want.bad - bad}, doubled {bad - self.want.bad}"
        assert scanned == (self.records, sum(bad.values())), scanned
        assert state == "ok", state


@contextmanager
def kafka_stage(faults: Faults, folder: Path, *, files: bool = False) -> Iterator[Stage]:
    """Give a stage with a topic of two partitions, which another consumer has read."""
    with mock_kafka({"events": 2}) as server, ExitStack() as stack:
        for partition in (0, 1):
            server.produce("events", PAYLOADS[partition:], partition=partition)
        records: list[tuple[Any, Any, bytes]] = []
        reader = confluent_kafka.Consumer({"bootstrap.servers": server.bootstrap, "group.id": "independent"})
        reader.assign([confluent_kafka.TopicPartition("events", partition, 0) for partition in (0, 1)])
        while len(records) < 2 * len(PAYLOADS) - 1:
            for message in reader.consume(100, 0.2):
                assert message.error() is None
                records.append((message.partition(), message.offset(), message.value() or b""))
        reader.close()
        text = "FROM_VARBYTE(kafka_value, 'utf-8')"
        select = (
            f"SELECT kafka_partition AS p, kafka_offset AS o, JSON_EXTRACT_PATH_TEXT({text}, 'a')::INT AS a,"
            f" NULLIF(JSON_EXTRACT_PATH_TEXT({text}, 'b'), '<none>') AS b FROM s.events"
        )
        schema = f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{server.bootstrap}' AUTHENTICATION none"
        stack.enter_context(installed(faults, files=files))
        yield Stage(faults, folder, schema, select, records)


@contextmanager
def kinesis_stage(faults: Faults, folder: Path, server: AwsServer) -> Iterator[Stage]:
    """Give a stage with a stream of two shards; ``server`` must be the one that boto3 finds."""
    client = server.client("kinesis")
    client.create_stream(StreamName="events", ShardCount=2)
    client.get_waiter("stream_exists").wait(StreamName="events", WaiterConfig={"Delay": 1})
    answer = client.put_records(
        StreamName="events",
        Records=[
            {"Data": payload, "PartitionKey": "k", "ExplicitHashKey": str((number % 2) * 2**127)}
            for number, payload in enumerate(PAYLOADS * 2)
        ],
    )
    assert not answer["FailedRecordCount"]
    records = []
    for shard in client.list_shards(StreamName="events")["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        found = client.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        records += [(shard["ShardId"], record["SequenceNumber"], record["Data"]) for record in found]
    assert len(records) == 2 * len(PAYLOADS)
    client.close()
    text = "FROM_VARBYTE(kinesis_data, 'utf-8')"
    select = (
        f"SELECT shard_id AS p, sequence_number AS o, JSON_EXTRACT_PATH_TEXT({text}, 'a')::INT AS a,"
        f" NULLIF(JSON_EXTRACT_PATH_TEXT({text}, 'b'), '<none>') AS b FROM s.events"
    )
    with installed(faults):
        yield Stage(faults, folder, "CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default", select, records)


def faults_of(sites: Counter[Site], times: int = 2) -> Iterator[Fault]:
    """Make every fault of the calls that a run has made: the first ``times`` of each, with each of its errors."""
    for site, count in sorted(sites.items()):
        # How often the catalog is looked at depends on the clock.
        for number in range(1, min(count, 1 if "for ingest.registry" in site[1] else times) + 1):
            for error in errors_of(site[0]):
                yield Fault(site, number, error)
            if not site[0].startswith("file."):
                yield Fault(site, number, MemoryError(), after=True)
