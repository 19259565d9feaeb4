"""Experiments on what a file answers and on a process by itself: queries, fetching, starting, having nothing to do."""

from __future__ import annotations

from tests.benchmarks.meter import Task
from tests.benchmarks.records import fill
from tests.benchmarks.runs import Bench, Case, Experiment
from tests.servers import mock_kafka

__all__ = ["queries", "start"]


def queries(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure queries of a view beside apsw's of a plain table."""
    with mock_kafka() as server:
        fill(server, "rows", records, 0)
        task = Task(server.bootstrap, "rows", records)
        return {
            name: bench.experiment(name, {"streamdialect": Case(name, task)}, {}, records=records)
            for name in ("queries", "reading")
        }


def start(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure a start in a fresh process, and a consumer that has nothing to do."""
    with mock_kafka({"quiet": 8}) as server:
        tasks = {"start": Task(), "quiet": Task(server.bootstrap, "quiet", seconds=5)}
        return {
            name: bench.experiment(name, {"streamdialect": Case(name, task)}, {})
            for name, task in tasks.items()
        }
