"""Import, connect to a file of ten views, run a first query; then connect again."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.benchmarks.meter import Meter, Task

VIEWS = 10


def prepare(database: str) -> None:
    """Make the file."""
    import streamdialect
    from tests.benchmarks.records import EXTRACT

    connection = streamdialect.connect(database, autocommit=True, ingest="off")
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI '127.0.0.1:9' AUTHENTICATION none")
    for number in range(VIEWS):
        select = EXTRACT.format(topic="readings")
        connection.execute(f"CREATE MATERIALIZED VIEW v{number} AUTO REFRESH YES AS {select}")
    connection.close()


def main() -> None:
    task = Task.read()
    # Elsewhere, so that here nothing has been imported.
    code = f"from tests.benchmarks.cases.start import prepare; prepare({task.database!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
    meter = Meter()
    clock = time.perf_counter()
    import streamdialect

    connection = streamdialect.connect(task.database, ingest="off")
    connection.execute("SELECT status, COUNT(*) FROM v0 GROUP BY status LIMIT 1").fetchall()
    first = time.perf_counter() - clock
    clock = time.perf_counter()
    streamdialect.connect(task.database, ingest="off").close()
    again = time.perf_counter() - clock
    connection.close()
    meter.report(first_ms=first * 1000, again_ms=again * 1000)


if __name__ == "__main__":
    main()
