"""What a case is told to do, and how it measures itself.

Of the standard library alone: some cases run in environments that have nothing of this project's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FOUR_COLUMNS", "Meter", "Reading", "Task", "peak_mb", "totals"]

# What those store that do not keep where a record came from.
FOUR_COLUMNS = "CREATE TABLE t (sensor_id INTEGER, current_temperature REAL, status TEXT, event_time TEXT)"
Reading = tuple[int, float, str, str]


@dataclass(frozen=True)
class Task:
    """Be what a case is told, as JSON in its only argument.

    ``shape`` is what becomes of a record: ``extract`` four columns, or keep it whole as ``super``.
    """

    bootstrap: str = ""  # of Kafka, or the URL of Kinesis
    topic: str = ""
    records: int = 0
    database: str = ""
    shape: str = "extract"
    views: int = 1
    rate: int = 0  # records a second
    seconds: float = 0.0

    @classmethod
    def read(cls) -> Task:
        """Read this process's task."""
        return cls(**json.loads(sys.argv[1]))


def peak_mb() -> float:
    """Give the most memory that this process has had, in MB. Not ru_maxrss, which may be its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("this system has no VmHWM")


class Meter:
    """Measure wall time and the CPU time of all threads, from when it is made until ``report``."""

    def __init__(self) -> None:
        self._clock = time.perf_counter()
        self._cpu = time.process_time()
        self._taken: tuple[float, float] | None = None

    def stop(self) -> None:
        """End the measurement, before the result is checked."""
        self._taken = (time.perf_counter() - self._clock, time.process_time() - self._cpu)

    def report(self, **figures: Any) -> None:
        """Print what was measured and these figures, as the last line, and end the process at once.

        At once: a client may want seconds to leave its group, and a thread of a library's may never end.
        """
        if self._taken is None:
            self.stop()
        assert self._taken is not None
        seconds, cpu = self._taken
        print(json.dumps({"seconds": seconds, "cpu": cpu, "rss_mb": peak_mb(), **figures}), flush=True)
        os._exit(0)


def totals(connection: Any, sensor: str = "sensor_id") -> dict[str, int]:
    """Count the rows of a table ``t``, and add up what was extracted from them: they must be the right ones."""
    rows, total = connection.execute(f"SELECT COUNT(*), SUM({sensor}) FROM t").fetchone()
    return {"rows": rows, "sum": int(total)}
