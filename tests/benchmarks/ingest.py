"""Measure ingest, freshness and start: ``python -m tests.benchmarks.ingest [mock|apache] [records] [--bad ratio]``.

With ``--bad`` only ingest is measured, of records none of which is bad and of records of which that part is,
in turns.

Everything runs on this machine, broker included, so the figures say how the parts compare here, not what a
machine can do. Needs ``STREAMDIALECT_KAFKA_JARS`` for ``apache`` (see tests/servers/install.py). Each part runs
in a process of its own; CPU is that process's, all threads.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.servers import KafkaServer, apache_kafka, mock_kafka

PARTITIONS = 8

EXTRACT = """
    SELECT kafka_timestamp, kafka_partition, kafka_offset,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'sensor_id')::VARCHAR(8) AS sensor_id,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'current_temperature')::DECIMAL(10,2)
               AS current_temperature,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'status')::VARCHAR(8) AS status,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'event_time')::CHARACTER(26) AS event_time
    FROM s."{topic}"
"""


def record(number: int, padding: int, bad: float = 0.0) -> bytes:
    """Make a reading of about 107 bytes, or more with padding; ``bad`` of them have no number where one is read."""
    reading: dict[str, Any] = {
        "sensor_id": number % 100,
        "current_temperature": round(10 + (number * 37 % 17000) / 100, 2),
        "status": ("OK", "WARNING", "ERROR")[number % 3],
        "event_time": f"2026-11-22T10:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000000:06d}",
    }
    if int((number + 1) * bad) > int(number * bad):
        reading["current_temperature"] = "n/a"
    if padding:
        reading["padding"] = {"text": "x" * (padding // 2), "numbers": list(range(padding // 10))}
    return json.dumps(reading).encode()


def fill(server: KafkaServer, topic: str, records: int, padding: int, bad: float = 0.0) -> float:
    """Produce records into a topic; give their mean size in bytes."""
    server.topic(topic, PARTITIONS)
    producer = server.producer(compression_type="lz4", queue_buffering_max_messages=1_000_000)
    size = 0
    for number in range(records):
        value = record(number, padding, bad)
        size += len(value)
        while True:
            try:
                producer.produce(topic, value, partition=number // 500 % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0
    return size / records


def child(part: str, *arguments: object) -> dict[str, float]:
    """Run a part of this module in a process of its own; give what it measured."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest", f"--{part}", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _report(**figures: float) -> None:
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


def part_drain(bootstrap: str, topic: str, database: str) -> None:
    """Refresh a new view over a full topic."""
    import streamdialect

    connection = streamdialect.connect(database, autocommit=True, refresh_timeout=120)
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{bootstrap}' AUTHENTICATION none")
    connection.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT.format(topic=topic)}")
    # The client library's import and first connection are not ingest.
    connection.execute(f'SELECT kafka_offset FROM s."{topic}" LIMIT 1').fetchall()
    clock, cpu = time.perf_counter(), time.process_time()
    connection.execute("REFRESH MATERIALIZED VIEW v")
    seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
    row = connection.execute("SELECT COUNT(*) FROM v").fetchone()
    aside = connection.execute("SELECT COUNT(*) FROM streamdialect_dead_letters").fetchone()
    assert row is not None
    assert aside is not None
    connection.close()
    _report(rows=row[0], aside=aside[0], seconds=seconds, cpu=cpu, file_mb=os.path.getsize(database) / 1e6)


def part_freshness(bootstrap: str, topic: str, database: str, rate: str, seconds: str) -> None:
    """Produce at a rate and see from another connection when each record can be read."""
    from confluent_kafka import Producer

    import streamdialect

    connection = streamdialect.connect(database, autocommit=True)
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{bootstrap}' AUTHENTICATION none")
    connection.execute(
        f'CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_offset, kafka_value FROM s."{topic}"'
    )
    connection.execute("REFRESH MATERIALIZED VIEW v")
    reader = streamdialect.connect(database, ingest="off")
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 0})
    sent: list[float] = []
    waits: list[float] = []
    seen = 0
    start = time.perf_counter()
    while seen < int(rate) * int(seconds):
        due = min(int((time.perf_counter() - start) * int(rate)), int(rate) * int(seconds))
        while len(sent) < due:
            producer.produce(topic, b'{"n": 1}', partition=0)
            sent.append(time.perf_counter())
        producer.poll(0)
        row = reader.execute("SELECT COUNT(*) FROM v").fetchone()
        now = time.perf_counter()
        assert row is not None
        waits += [now - moment for moment in sent[seen : row[0]]]
        seen = row[0]
        time.sleep(0.0005)
    reader.close()
    connection.close()
    waits.sort()
    _report(p50=statistics.median(waits) * 1000, p99=waits[int(len(waits) * 0.99)] * 1000)


def part_start(database: str) -> None:
    """Import, connect to a file with views, run a first query."""
    clock = time.perf_counter()
    import streamdialect

    connection = streamdialect.connect(database, ingest="off")
    connection.execute("SELECT status, COUNT(*) FROM v GROUP BY status LIMIT 1").fetchall()
    first = time.perf_counter() - clock
    clock = time.perf_counter()
    streamdialect.connect(database, ingest="off").close()
    again = time.perf_counter() - clock
    connection.close()
    _report(first_ms=first * 1000, again_ms=again * 1000)


def compare(server: KafkaServer, folder: str, records: int, bad: float) -> None:
    """Print the rate of ingest with and without bad records."""
    for padding, count in ((0, records), (900, records // 4)):
        names = {ratio: f"bad{ratio}of{padding}" for ratio in (0.0, bad)}
        for ratio, name in names.items():
            fill(server, name, count, padding, ratio)
        runs: dict[float, list[dict[str, float]]] = {ratio: [] for ratio in names}
        for number in range(5):
            for ratio, name in names.items():
                run = child("drain", server.bootstrap, name, Path(folder, f"{name}{number}.db"))
                assert run["rows"] + run["aside"] == count
                assert (run["aside"] > 0) == (ratio > 0)
                runs[ratio].append(run)
        rates = {ratio: count / statistics.median(run["seconds"] for run in of) for ratio, of in runs.items()}
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
            runs = [
                child("drain", server.bootstrap, name, Path(folder, f"{name}{number}.db"))
                for number in range(3)
            ]
            best = sorted(runs, key=lambda run: run["seconds"])[1]
            rate = best["rows"] / best["seconds"]
            print(
                f"| ingest, {size:.0f} B, median of 3 | {rate:,.0f} records/s, {rate * size / 1e6:.0f} MB/s,"
                f" {best['cpu'] / best['rows'] * 1e6:.2f} us CPU a record, peak RSS {best['rss_mb']:.0f} MB |",
                flush=True,
            )
        for rate in (1_000, 10_000):
            server.topic(f"fresh{rate}", 1)
            run = child(
                "freshness", server.bootstrap, f"fresh{rate}", Path(folder, f"fresh{rate}.db"), rate, 5
            )
            print(
                f"| freshness at {rate} records/s | p50 {run['p50']:.1f} ms, p99 {run['p99']:.1f} ms |",
                flush=True,
            )
        run = min(
            (child("start", Path(folder, "small0.db")) for _ in range(5)), key=lambda run: run["first_ms"]
        )
        print(
            f"| import, connect, first query | {run['first_ms']:.0f} ms; another connect {run['again_ms']:.1f} ms |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("--"):
        globals()[f"part_{sys.argv[1][2:]}"](*sys.argv[2:])
    else:
        main(sys.argv[1:])
