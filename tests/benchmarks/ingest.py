"""Measure ingest, freshness and start: ``python -m tests.benchmarks.ingest [mock|apache] [records] [--bad ratio]``.

With ``--bad`` only ingest is measured, of records none of which is bad and of records of which that part is,
in turns.

``python -m tests.benchmarks`` compares with others; this is quicker, and knows Apache Kafka. The broker is on
this machine, so the figures say how the parts compare here, not what a machine can do. Needs
``STREAMDIALECT_KAFKA_JARS`` for ``apache`` (see tests/servers/install.py). Each part runs in a process of its
own; CPU is that process's, all threads.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.meter import Task
from tests.benchmarks.records import fill
from tests.benchmarks.runs import Run, run
from tests.servers import KafkaServer, apache_kafka, mock_kafka


def drain(server: KafkaServer, topic: str, records: int, database: Path) -> Run:
    """Refresh a new view over a full topic."""
    return run("refresh", Task(server.bootstrap, topic, records, str(database)))


def compare(server: KafkaServer, folder: str, records: int, bad: float) -> None:
    """Print the rate of ingest with and without bad records."""
    for padding, count in ((0, records), (900, records // 4)):
        names = {ratio: f"bad{ratio}of{padding}" for ratio in (0.0, bad)}
        for ratio, name in names.items():
            fill(server, name, count, padding, ratio)
        runs: dict[float, list[Run]] = {ratio: [] for ratio in names}
        for number in range(5):
            for ratio, name in names.items():
                done = drain(server, name, count, Path(folder, f"{name}{number}.db"))
                assert done["rows"] + done["aside"] == count
                assert (done["aside"] > 0) == (ratio > 0)
                runs[ratio].append(done)
        rates = {
            ratio: count / statistics.median(each["seconds"] for each in of) for ratio, of in runs.items()
        }
        size = {ratio: of[0]["file_mb"] * 1e6 / count for ratio, of in runs.items()}
        print(
            f"| {padding + 110} B: all good | {rates[0.0]:,.0f} records/s, file {size[0.0]:.0f} B a record |\n"
            f"| {padding + 110} B: {bad:.2%} bad | {rates[bad]:,.0f} records/s, {rates[bad] / rates[0.0]:.0%} of"
            f" that, file {size[bad]:.0f} B a record |",
            flush=True,
        )


def main(arguments: list[str]) -> None:
    """Print the figures as a Markdown table."""
    bad = None
    if "--bad" in arguments:
        place = arguments.index("--bad")
        bad = float(arguments[place + 1])
        del arguments[place : place + 2]
    kind = arguments[0] if arguments else "mock"
    records = int(arguments[1]) if len(arguments) > 1 else 500_000
    print(f"{kind}, load {os.getloadavg()[0]:.1f}\n\n| what | figure |\n| --- | --- |", flush=True)
    start = apache_kafka if kind == "apache" else mock_kafka
    with start() as server, tempfile.TemporaryDirectory() as folder:
        if bad is not None:
            compare(server, folder, records, bad)
            return
        for name, count, padding in (("small", records, 0), ("large", records // 4, 900)):
            size = fill(server, name, count, padding)
            runs = [drain(server, name, count, Path(folder, f"{name}{number}.db")) for number in range(3)]
            best = sorted(runs, key=lambda each: each["seconds"])[1]
            rate = best["rows"] / best["seconds"]
            print(
                f"| ingest, {size:.0f} B, median of 3 | {rate:,.0f} records/s, {rate * size / 1e6:.0f} MB/s,"
                f" {best['cpu'] / best['rows'] * 1e6:.2f} us CPU a record, peak RSS {best['rss_mb']:.0f} MB |",
                flush=True,
            )
        for rate in (1_000, 10_000):
            topic = f"fresh{rate}"
            server.topic(topic, 1)
            task = Task(server.bootstrap, topic, database=f"{folder}/{topic}.db", rate=rate, seconds=5)
            fresh = run("freshness", task)
            print(
                f"| freshness at {rate} records/s | p50 {fresh['p50_ms']:.1f} ms, p99 {fresh['p99_ms']:.1f} ms |",
                flush=True,
            )
        starts = [run("start", Task(database=f"{folder}/start{number}.db")) for number in range(5)]
        first, again = (min(each[key] for each in starts) for key in ("first_ms", "again_ms"))
        print(f"| import, connect, first query; ten views | {first:.0f} ms; another connect {again:.1f} ms |")


if __name__ == "__main__":
    main(sys.argv[1:])
