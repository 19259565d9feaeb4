"""So many AUTO REFRESH views of one full topic, consumed by one process at once until each has every record."""

from __future__ import annotations

import time

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import EXTRACT


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database, autocommit=True, ingest="off")
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    names = [f"v{number}" for number in range(task.views)]
    for name in names:
        select = EXTRACT.format(topic=task.topic)
        connection.execute(f"CREATE MATERIALIZED VIEW {name} AUTO REFRESH YES AS {select}")
    connection.close()
    meter = Meter()
    connection = streamdialect.connect(task.database, autocommit=True)
    for name in names:
        while connection.execute(f"SELECT COUNT(*) FROM {name}").fetchall() != [(task.records,)]:
            time.sleep(0.05)
    meter.stop()
    sums = {
        total
        for name in names
        for (total,) in connection.execute(f"SELECT SUM(sensor_id::BIGINT) FROM {name}").fetchall()
    }
    connection.close()
    meter.report(rows=task.records, sum=sums.pop() if len(sums) == 1 else None)


if __name__ == "__main__":
    main()
