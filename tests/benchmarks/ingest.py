"""Measure ingest, freshness and start: ``python -m tests.benchmarks.ingest [mock|apache] [records]``.

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


def record(number: int, padding: int) -> bytes:
    """Make a reading of about 107 bytes, or more with padding."""
    reading: dict[str, Any] = {
        "sensor_id": number % 100,
        "current_temperature": round(10 + (number * 37 % 17000) / 100, 2),
        "status": ("OK", "WARNING", "ERROR")[number % 3],
        "event_time": f"2026-11-22T10:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000000:06d}",
    }
    if padding:
        reading["padding"] = {"text": "x" * (padding // 2), "numbers": list(range(padding // 10))}
    return json.dumps(reading).encode()


def fill(server: KafkaServer, topic: str, records: int, padding: int) -> float:
    """Produce records into a topic; give their mean size in bytes."""
    server.topic(topic, PARTITIONS)
    producer = server.producer(compression_type="lz4", queue_buffering_max_messages=1_000_000)
    size = 0
    for number in range(records):
        value = record(number, padding)
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
    aside = connection.execute("SELECT COUNT(*) FROM sys_stream_scan_errors").fetchone()
    assert row is not None
    assert aside == (0,)
    connection.close()
    _report(rows=row[0], seconds=seconds, cpu=cpu)


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


def main(arguments: list[str]) -> None:
    """Print the figures as a Markdown table."""
    kind = arguments[0] if arguments else "mock"
    records = int(arguments[1]) if len(arguments) > 1 else 500_000
    print(f"{kind}, load {os.getloadavg()[0]:.1f}\n\n| what | figure |\n| --- | --- |", flush=True)
    start = apache_kafka if kind == "apache" else mock_kafka
    with start() as server, tempfile.TemporaryDirectory() as folder:
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
