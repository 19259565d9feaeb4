"""Measure the start of a process: ``python -m tests.benchmarks.start [processes] [views]``.

Each figure is of fresh processes that import, connect and run one query on a file with ten views, five of streams
and five ordinary ones; CPU is of the process, all threads. Time also depends on what else runs here: compare runs
made in one go. No stream is reachable, so consumers, where there are any, try to connect.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import streamdialect
from tests.benchmarks.environments import with_bytecode

CHILD = """
import sys, time
cpu, clock = time.process_time, time.perf_counter
marks = [(cpu(), clock())]
def mark():
    marks.append((cpu(), clock()))
import streamdialect
mark()
connection = streamdialect.connect(sys.argv[1], ingest=sys.argv[2])
mark()
connection.execute("SELECT sensor, COUNT(*) FROM t0 GROUP BY sensor").fetchall()
mark()
modules = len(sys.modules)
again = streamdialect.connect(sys.argv[1], ingest=sys.argv[2])
mark()
again.execute("SELECT sensor, COUNT(*) FROM t0 GROUP BY sensor").fetchall()
mark()
steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(marks, marks[1:])]
first = (marks[3][0] - marks[0][0], marks[3][1] - marks[0][1])
import json, os
print(json.dumps({"steps": [*steps, first], "modules": modules}), flush=True)
os._exit(0)
"""

STEPS = (
    "import",
    "connect",
    "first query",
    "further connection",
    "its first query",
    "import + connect + first query",
)


def make(path: Path, views: int) -> None:
    """Make a file with views, half of them of streams."""
    with streamdialect.connect(path, ingest="off", autocommit=True) as connection:
        connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI '127.0.0.1:9' AUTHENTICATION none")
        connection.execute("CREATE TABLE readings (sensor VARCHAR(8), value DECIMAL(10,2))")
        connection.execute("INSERT INTO readings VALUES ('a', 1.5), ('b', 2.5), ('a', 3.5)")
        for number in range((views + 1) // 2):
            connection.execute(
                f"CREATE MATERIALIZED VIEW s{number} AUTO REFRESH YES AS SELECT kafka_partition, kafka_offset,"
                " JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'sensor_id')::VARCHAR(8) AS sensor,"
                " JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'value')::DECIMAL(10,2) AS value"
                f' FROM s."topic-{number}"'
            )
            connection.execute(
                f"CREATE MATERIALIZED VIEW t{number} AS SELECT sensor, value, ROUND(value) AS rounded FROM readings"
            )
    connection.close()


def measure(path: Path, ingest: str, processes: int) -> tuple[list[list[float]], int]:
    """Give the median CPU and wall milliseconds of each step, and the number of modules after the first query."""
    made = []
    for _ in range(processes + 1):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(path), ingest],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=with_bytecode(),
        )
        made.append(json.loads(done.stdout))
    made = made[1:]  # the first wrote bytecode and read the files
    medians = [
        [1000 * statistics.median(run["steps"][step][kind] for run in made) for kind in (0, 1)]
        for step in range(len(STEPS))
    ]
    return medians, int(made[0]["modules"])


def main(processes: int = 15, views: int = 10) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "start.db")
        make(path, views)
        print(f"{views} views, median of {processes} processes, ms: CPU (wall)")
        for ingest in ("off", "auto"):
            medians, modules = measure(path, ingest, processes)
            print(f"ingest={ingest}, {modules} modules")
            for step, (cpu, wall) in zip(STEPS, medians, strict=True):
                print(f"  {step:32}{cpu:8.1f} ({wall:.1f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
