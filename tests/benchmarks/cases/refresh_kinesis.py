"""REFRESH of a new view over a Kinesis stream."""

from __future__ import annotations

import os
import time

import streamdialect
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.records import EXTRACT_KINESIS
from tests.servers import AwsServer


def main() -> None:
    task = Task.read()
    os.environ.update(AwsServer(task.bootstrap).environment)
    connection = streamdialect.connect(task.database, autocommit=True, refresh_timeout=120)
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default")
    connection.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT_KINESIS.format(topic=task.topic)}")
    # The client library's import and first connection are not ingest; nor is the quota of calls that this used.
    connection.execute(f'SELECT sequence_number FROM s."{task.topic}" LIMIT 1').fetchall()
    time.sleep(0.5)
    meter = Meter()
    connection.execute("REFRESH MATERIALIZED VIEW v")
    meter.stop()
    ((rows, total),) = connection.execute("SELECT COUNT(*), SUM(sensor_id::BIGINT) FROM v").fetchall()
    connection.close()
    meter.report(rows=rows, sum=total)


if __name__ == "__main__":
    main()
