"""Measure memory and waits under pressure: ``python -m tests.benchmarks.pressure [waits|memory] ...``.

``waits [views] [seconds]``   how long a user's ``INSERT`` and ``COMMIT`` wait beside ingest at full speed, from
                              a connection of the consuming process and from another process
``memory [views] [blocked]``  the peak of a process that consumes a stream faster than it can be written, and of
                              one whose writer is blocked for so many seconds by a user's transaction

Streams are on librdkafka's mock cluster, in this process; what is measured is in processes of their own.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.meter import peak_mb
from tests.servers import KafkaServer, mock_kafka

VIEW = """
    SELECT kafka_timestamp, kafka_partition, kafka_offset,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'a')::VARCHAR(64) AS a, kafka_value
    FROM s.t
"""
# A user's view may cost far more for each record: here five calls of Python.
SLOW = """
    SELECT kafka_offset, SHA2(FROM_VARBYTE(kafka_value, 'utf-8'), 256) AS h,
           REGEXP_REPLACE(FROM_VARBYTE(kafka_value, 'utf-8'), '([a-z]+)', '<$1>') AS r,
           INITCAP(FROM_VARBYTE(kafka_value, 'utf-8')) AS i, SOUNDEX('x' || kafka_offset) AS s,
           TO_CHAR(kafka_timestamp, 'YYYY-MM-DD HH24:MI:SS') AS t
    FROM s.t
"""


def fill(server: KafkaServer, partitions: int, records: int, size: int) -> None:
    """Fill a topic ``t`` with so many records of a size in each partition."""
    server.topic("t", partitions)
    producer = server.producer(queue_buffering_max_messages=1_000_000, message_max_bytes=16_000_000)
    value = (
        b'{"a":' + b"1" * (size - 6) + b"}" if size < 100 else b'{"a":"x","b":"' + b"x" * (size - 16) + b'"}'
    )
    for number in range(partitions * records):
        while True:
            try:
                producer.produce("t", value, partition=number % partitions)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(120) == 0


def prepare(server: KafkaServer, database: Path, views: int, select: str = VIEW) -> None:
    """Create a file with AUTO REFRESH views over the topic ``t``, which nobody consumes yet."""
    import streamdialect

    connection = streamdialect.connect(database, autocommit=True, ingest="off")
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{server.bootstrap}' AUTHENTICATION none")
    for number in range(views):
        connection.execute(f"CREATE MATERIALIZED VIEW v{number} AUTO REFRESH YES AS {select}")
    connection.execute("CREATE TABLE mine (id INT, at FLOAT)")
    connection.close()


def start(part: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a part of this module in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.pressure", f"--{part}", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a part and give what it measured."""
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return dict(json.loads(out.splitlines()[-1]))


def _write(connection: Any, waits: list[float], stop: threading.Event) -> None:
    connection.execute("INSERT INTO mine VALUES (?, ?)", (-1, 0.0))  # the first one loads what is needed
    connection.commit()
    number = 0
    while not stop.is_set():
        began = time.perf_counter()
        connection.execute("INSERT INTO mine VALUES (?, ?)", (number, began))
        connection.commit()
        waits.append((time.perf_counter() - began) * 1000)
        number += 1
        stop.wait(0.005)


def _summary(waits: Sequence[float]) -> dict[str, float]:
    ordered = sorted(waits)
    if not ordered:
        return {"writes": 0}
    return {
        "writes": len(ordered),
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[int(len(ordered) * 0.99)], 1),
        "max": round(ordered[-1], 1),
    }


def part_user(database: str) -> None:
    """Write in small transactions until the input ends; consume nothing."""
    import streamdialect

    _user(streamdialect.connect(database, ingest="off", timeout=30))


def part_tool(database: str) -> None:
    """Do the same as another tool, which knows nothing of this package and waits as SQLite does by itself."""
    _user(sqlite3.connect(database, timeout=30))


def _user(connection: Any) -> None:
    stop, waits = threading.Event(), list[float]()
    print("ready", flush=True)

    def until_told() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=until_told).start()
    _write(connection, waits, stop)
    connection.close()
    print(json.dumps(_summary(waits)))


def part_consume(database: str, wanted: str, seconds: str, writing: str) -> None:
    """Consume until each view has so many rows, at most so many seconds; write beside it if told to."""
    import streamdialect

    connection = streamdialect.connect(database, timeout=30)
    reader = streamdialect.connect(database, mode="ro")
    names = [name for (name,) in reader.execute("SELECT name FROM svv_mv_info ORDER BY 1").fetchall()]
    stop, waits = threading.Event(), list[float]()
    began = time.perf_counter()
    user: threading.Thread | None = None
    if int(writing):
        # The connection belongs to the thread that uses it.
        def work() -> None:
            own = streamdialect.connect(database, timeout=30, ingest="off")
            _write(own, waits, stop)
            own.close()

        user = threading.Thread(target=work)
        user.start()
    rows = 0
    while time.perf_counter() - began < float(seconds):
        rows = sum(reader.execute(f"SELECT COUNT(*) FROM {name}").fetchall()[0][0] for name in names)
        if rows >= int(wanted) * len(names):
            break
        time.sleep(0.25)
    elapsed = time.perf_counter() - began
    stop.set()
    if user is not None:
        user.join()
    reader.close()
    connection.close()
    print(
        json.dumps(
            {"rows": rows, "seconds": round(elapsed, 2), "peak_mb": round(peak_mb()), **_summary(waits)}
        )
    )


_WHO = {"": "a user in the same process", "user": "a user in another process", "tool": "another tool"}


def waits(views: int = 4, seconds: float = 15) -> None:
    """Print how long a user's writes wait."""
    with mock_kafka() as server, tempfile.TemporaryDirectory() as folder:
        fill(server, 16, 25_000, 100)
        for name, select in (("plain", VIEW), ("slow", SLOW)):
            for number, part in enumerate(("user", "tool", "")):
                database = Path(folder, f"{name}{number}.db")
                prepare(server, database, views, select)
                other = start(part, database) if part else None
                if other is not None and other.stdout is not None:
                    assert other.stdout.readline() == "ready\n"
                consumed = result(start("consume", database, 400_000, seconds, int(not part)))
                found = consumed if other is None else result(other)
                rate = consumed["rows"] / consumed["seconds"]
                shown = ", ".join(f"{key} {found.get(key)}" for key in ("writes", "p50", "p99", "max"))
                print(f"{name} views, {_WHO[part]}: {shown} ms; ingest {rate:,.0f} rows/s", flush=True)


def memory(views: int = 8, blocked: float = 20) -> None:
    """Print the peak memory of consumers that are faster than the writer, and of a blocked one."""
    import streamdialect

    for size, records, partitions in ((10, 60_000, 32), (1_000_000, 5, 48)):
        with mock_kafka() as server, tempfile.TemporaryDirectory() as folder:
            fill(server, partitions, records, size)
            for kind in ("faster", "blocked"):
                database = Path(folder, f"{kind}.db")
                prepare(server, database, views)
                user = streamdialect.connect(database, ingest="off")
                if kind == "blocked":
                    user.execute("INSERT INTO mine VALUES (1, 1)")  # and does not commit
                consumed = result(start("consume", database, records * partitions, blocked, 0))
                user.close()
                print(
                    f"{views} views, {partitions} x {records} records of {size} B, {kind}:"
                    f" peak {consumed['peak_mb']} MB, {consumed['rows']} rows in {consumed['seconds']} s",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1].startswith("--"):
        globals()[f"part_{sys.argv[1][2:]}"](*sys.argv[2:])
    else:
        {"waits": waits, "memory": memory}[sys.argv[1]](*map(int, sys.argv[2:]))
