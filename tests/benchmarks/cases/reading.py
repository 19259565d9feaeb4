"""How long a query of one view takes while another view is filled at full speed, by this process and by another."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import EXTRACT
from tests.benchmarks.runs import beside

QUERY = "SELECT status, COUNT(*), MAX(event_time) FROM full GROUP BY status"
IDLE = 15


def timed(connection: streamdialect.Connection) -> float:
    """Give the seconds of the query."""
    began = time.perf_counter()
    connection.execute(QUERY).fetchall()
    return time.perf_counter() - began


def filling(task: Task, connection: streamdialect.Connection, *, elsewhere: bool) -> float:
    """Give the median of the query's times while a view is filled."""
    select = EXTRACT.format(topic=task.topic)
    connection.execute(f"CREATE MATERIALIZED VIEW filled AUTO REFRESH YES AS {select}")
    times = []
    with ExitStack() as stack:
        if elsewhere:
            stack.enter_context(beside("consumer", task))
        else:
            consumer = streamdialect.connect(task.database)
            stack.callback(consumer.close)
        rows = 0
        while rows < task.records:
            if rows:
                times.append(timed(connection))
            ((rows,),) = connection.execute("SELECT COUNT(*) FROM filled").fetchall()
    connection.execute("DROP MATERIALIZED VIEW filled")
    return statistics.median(times)


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database, autocommit=True, refresh_timeout=120)
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    connection.execute(f"CREATE MATERIALIZED VIEW full AS {EXTRACT.format(topic=task.topic)}")
    connection.execute("REFRESH MATERIALIZED VIEW full")
    connection.close()
    connection = streamdialect.connect(task.database, autocommit=True, ingest="off")
    idle = statistics.median(timed(connection) for _ in range(IDLE))
    meter = Meter()
    same = filling(task, connection, elsewhere=False)
    other = filling(task, connection, elsewhere=True)
    meter.stop()
    meter.report(idle_ms=idle * 1000, same_process=same / idle, other_process=other / idle)


if __name__ == "__main__":
    main()
