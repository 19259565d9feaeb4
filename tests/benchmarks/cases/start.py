"""Import, connect to a file of ten views, run a first query; then connect again."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.benchmarks.meter import Meter, Task

VIEWS = 10


def main() -> None:
    task = Task.read()
    # Elsewhere, so that here nothing has been imported.
    made = f"make(pathlib.Path({task.database!r}), {VIEWS})"
    code = f"import pathlib; from tests.benchmarks.start import make; {made}"
    subprocess.run([sys.executable, "-c", code], check=True)
    meter = Meter()
    clock = time.perf_counter()
    import streamdialect

    connection = streamdialect.connect(task.database, ingest="off")
    connection.execute("SELECT sensor, COUNT(*) FROM t0 GROUP BY sensor").fetchall()
    first = time.perf_counter() - clock
    clock = time.perf_counter()
    streamdialect.connect(task.database, ingest="off").close()
    again = time.perf_counter() - clock
    connection.close()
    meter.report(first_ms=first * 1000, again_ms=again * 1000)


if __name__ == "__main__":
    main()
