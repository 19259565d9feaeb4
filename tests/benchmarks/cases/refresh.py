"""REFRESH of new views over a full topic, one after the other."""

from __future__ import annotations

import os

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import EXTRACT, WHOLE

SHAPES = {"extract": (EXTRACT, "sensor_id"), "super": (WHOLE, "payload.sensor_id")}


def main() -> None:
    task = Task.read()
    connection = streamdialect.connect(task.database, autocommit=True, refresh_timeout=120)
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    select, sensor = SHAPES[task.shape]
    connection.execute(f"CREATE MATERIALIZED VIEW v AS {select.format(topic=task.topic)}")
    # The client library's import and first connection are not ingest.
    connection.execute(f'SELECT kafka_offset FROM s."{task.topic}" LIMIT 1').fetchall()
    meter = Meter()
    connection.execute("REFRESH MATERIALIZED VIEW v")
    meter.stop()
    ((rows, total),) = connection.execute(f"SELECT COUNT(*), SUM({sensor}::BIGINT) FROM v").fetchall()
    ((aside,),) = connection.execute("SELECT COUNT(*) FROM streamdialect_dead_letters").fetchall()
    connection.close()
    meter.report(rows=rows, sum=total, aside=aside, file_mb=os.path.getsize(task.database) / 1e6)


if __name__ == "__main__":
    main()
