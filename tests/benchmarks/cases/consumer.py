"""Consume what the views of a file want, until the standard input ends."""

from __future__ import annotations

import sys

import streamdialect
from tests.benchmarks.meter import Meter, Task


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database)
    print("ready", flush=True)
    meter = Meter()
    sys.stdin.read()
    meter.stop()
    connection.close()
    meter.report()


if __name__ == "__main__":
    main()
