"""The stream under the dashboards: readings of sensors, kept as they were sent, and the process that ingests them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from streamdialect.demo.generator import random_reading
from streamdialect.demo.statements import STREAM, kinesis_statements
from tests.servers import AwsServer
from tests.servers.process import running

__all__ = ["HISTORY_END", "HISTORY_START", "Consumer", "Reading", "Stream", "create_views"]

# Two years with a leap day. Live readings come after it, so a chart up to its end does not change.
HISTORY_START = datetime(2024, 1, 1)
HISTORY_END = datetime(2026, 1, 1)

# Where one bucket ends and the next begins, for every size of bucket.
EDGES = (
    "2024-01-01T00:00:00.000000",  # a Monday, the first moment
    "2024-02-29T23:59:59.999999",  # leap day
    "2024-03-01T00:00:00.000000",
    "2024-03-31T23:59:59.999999",  # end of a quarter and of a week that ends on Sunday
    "2024-12-29T00:00:00.000000",  # Sunday
    "2024-12-30T00:00:00.000000",  # Monday of the week that 2025 begins in
    "2024-12-31T23:59:59.999999",
    "2025-01-01T00:00:00.000000",
    "2025-05-31T23:59:59.500000",
    "2025-06-01T05:59:59.000000",
    "2025-06-01T06:00:00.000000",
    "2025-06-01T06:00:04.999000",
    "2025-06-01T06:00:05.000000",
    "2025-06-01T06:00:29.999999",
    "2025-06-01T06:00:30.000000",
    "2025-06-01T06:04:59.999999",
    "2025-06-01T06:05:00.000000",
    "2025-06-01T06:10:00.000000",
    "2025-06-01T06:15:00.000000",
    "2025-06-01T06:30:00.000000",
    "2025-12-31T23:59:59.999999",
)


@dataclass(frozen=True)
class Reading:
    """Be what the stream has of one record, in Python's types."""

    sensor_id: str
    current_temperature: Decimal
    status: str
    event_time: datetime
    arrival: datetime  # UTC, without zone

    @classmethod
    def of(cls, record: dict[str, Any]) -> Reading:
        """Read a record as boto3 gives it."""
        payload = json.loads(record["Data"], parse_float=Decimal)
        return cls(
            str(payload["sensor_id"]),
            Decimal(payload["current_temperature"]),
            payload["status"],
            datetime.fromisoformat(payload["event_time"]),
            record["ApproximateArrivalTimestamp"].astimezone(timezone.utc).replace(tzinfo=None),
        )


@dataclass
class Stream:
    """Be a Kinesis stream and what has been put into it."""

    server: AwsServer
    sent: int = 0
    _producing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.client = self.server.client("kinesis")
        self.client.create_stream(StreamName=STREAM, ShardCount=2)
        self.client.get_waiter("stream_exists").wait(StreamName=STREAM)

    def put(self, payloads: Sequence[dict[str, Any]]) -> None:
        """Send readings."""
        for start in range(0, len(payloads), 500):
            part = payloads[start : start + 500]
            answer = self.client.put_records(
                StreamName=STREAM,
                Records=[
                    {"Data": json.dumps(each).encode(), "PartitionKey": str(each["sensor_id"])}
                    for each in part
                ],
            )
            assert answer["FailedRecordCount"] == 0
            self.sent += len(part)

    def put_history(self, count: int) -> None:
        """Send readings of the two years: at every edge, and anywhere."""
        seconds = (HISTORY_END - HISTORY_START).total_seconds()
        times = [
            (HISTORY_START + timedelta(seconds=random.random() * seconds)).isoformat(timespec="microseconds")
            for _ in range(count - len(EDGES))
        ]
        self.put([{**random_reading(), "event_time": time} for time in (*EDGES, *times)])

    @contextmanager
    def live(self, rate: int = 20) -> Iterator[None]:
        """Go on sending readings of now while the block runs."""
        stop = threading.Event()

        def produce() -> None:
            while not stop.wait(0.25):
                with self._producing:
                    self.put([random_reading() for _ in range(rate // 4)])

        thread = threading.Thread(target=produce)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Send no live readings while the block runs."""
        with self._producing:
            yield

    def readings(self) -> list[Reading]:
        """Read the whole stream with boto3 alone, as an independent consumer."""
        found = []
        for shard in self.client.list_shards(StreamName=STREAM)["Shards"]:
            iterator = self.client.get_shard_iterator(
                StreamName=STREAM, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                answer = self.client.get_records(ShardIterator=iterator, Limit=10_000)
                found += [Reading.of(record) for record in answer["Records"]]
                iterator = answer.get("NextShardIterator")
                if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                    break
        return found


def create_views(database: Path, server: AwsServer) -> None:
    """Make the file with AWS's own statements, in a process that ends."""
    script = (
        "import sys, streamdialect\n"
        "connection = streamdialect.connect(sys.argv[1], ingest='off')\n"
        "for statement in sys.argv[2:]:\n    connection.execute(statement)\n"
        "connection.commit()\nconnection.close()\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(database), *kinesis_statements()],
        env={**os.environ, **server.environment},
        check=True,
    )


class Consumer:
    """Be the ``streamdialect run`` process of a file; it can be killed and started again."""

    def __init__(self, database: Path, server: AwsServer) -> None:
        self.database = database
        self._server = server
        self._stack = ExitStack()

    def start(self) -> None:
        """Start it, and return when it says that it consumes."""
        log = self.database.with_suffix(".run.log")
        self._stack.enter_context(
            running(
                [str(Path(sys.executable).with_name("streamdialect")), "run", str(self.database)],
                log,
                ready=lambda: b"consuming 2 views" in log.read_bytes(),
                env={**self._server.environment, "PYTHONUNBUFFERED": "1"},
            )
        )

    def kill(self) -> None:
        """Kill it, as the operating system would: no time to say goodbye."""
        self._stack.close()


def holders(database: Path) -> set[int]:
    """List the processes that hold the lease of a view of the file now, as the operating system tells."""
    lease = database.with_name(f"{database.name}-lease")
    inode = lease.stat().st_ino
    found = set()
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "POSIX" and fields[3] == "WRITE" and fields[5].endswith(f":{inode}"):
            found.add(int(fields[4]))
    return found


def eventually(condition: Any, what: str, seconds: float = 90) -> None:
    """Wait until something is so, as long as a busy machine of two cores may take."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so after {seconds} s: {what}"
        time.sleep(0.2)
