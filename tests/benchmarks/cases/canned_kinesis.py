"""Answer as Kinesis does, from answers made beforehand: each shard has one full answer, then nothing more.

So it costs next to nothing, and the quota of five answers a second and shard is never reached.
"""

from __future__ import annotations

import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import record

SHARDS = 20
CREATED = 1668969090.0
FIRST = 49590338271490256608559692538361571095921575989136588898


def answers(records: int) -> list[bytes]:
    """Make the answer to GetRecords for each shard."""
    made = []
    for shard in range(SHARDS):
        numbers = range(records * shard // SHARDS, records * (shard + 1) // SHARDS)
        found = [
            {
                "SequenceNumber": str(FIRST + number * 4096),
                "ApproximateArrivalTimestamp": CREATED + number / 1000,
                "Data": base64.b64encode(record(number, 0)).decode(),
                "PartitionKey": f"k{number}",
            }
            for number in numbers
        ]
        made.append(_text({"Records": found, "NextShardIterator": f"{shard} end", "MillisBehindLatest": 0}))
    return made


def _text(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()


def _name(shard: int) -> str:
    return f"shardId-{shard:012d}"


class Handler(BaseHTTPRequestHandler):
    """Answer the requests that a reader makes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    canned: list[bytes]
    topic: str

    def do_POST(self) -> None:
        """Answer one."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        body: bytes = getattr(self, operation)(request)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def DescribeStreamSummary(self, request: Any) -> bytes:
        """Describe the stream."""
        summary = {
            "StreamName": self.topic,
            "StreamARN": f"arn:aws:kinesis:us-east-1:123456789012:stream/{self.topic}",
            "StreamStatus": "ACTIVE",
            "StreamCreationTimestamp": CREATED,
            "RetentionPeriodHours": 24,
            "EnhancedMonitoring": [],
            "OpenShardCount": SHARDS,
        }
        return _text({"StreamDescriptionSummary": summary})

    def ListShards(self, request: Any) -> bytes:
        """List the shards."""
        hashes = {"StartingHashKey": "0", "EndingHashKey": "0"}
        numbers = {"StartingSequenceNumber": str(FIRST)}
        shards = [
            {"ShardId": _name(shard), "HashKeyRange": hashes, "SequenceNumberRange": numbers}
            for shard in range(SHARDS)
        ]
        return _text({"Shards": shards})

    def GetShardIterator(self, request: Any) -> bytes:
        """Point to the one answer, or to what is after it."""
        shard = int(request["ShardId"].rpartition("-")[2])
        begins = request["ShardIteratorType"] == "TRIM_HORIZON"
        return _text({"ShardIterator": f"{shard} {'begin' if begins else 'end'}"})

    def GetRecords(self, request: Any) -> bytes:
        """Give the answer, or an empty one."""
        shard, place = request["ShardIterator"].split()
        if place == "begin":
            return self.canned[int(shard)]
        return _text({"Records": [], "NextShardIterator": f"{shard} end", "MillisBehindLatest": 0})

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def main() -> None:
    task = Task.read()
    Handler.canned, Handler.topic = answers(task.records), task.topic
    host, _, port = task.bootstrap.removeprefix("http://").partition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    meter = Meter()
    sys.stdin.read()
    meter.report()


if __name__ == "__main__":
    main()
