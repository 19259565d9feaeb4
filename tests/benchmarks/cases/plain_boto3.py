"""Kinesis read by boto3 as it is, and stored by one INSERT for each answer: the positions are in the same commit."""

from __future__ import annotations

import apsw

from tests.benchmarks.meter import Meter, Task, totals
from tests.servers import AwsServer

TABLE = """
CREATE TABLE t (approximate_arrival_timestamp INTEGER, shard_id TEXT, sequence_number TEXT,
                sensor_id TEXT, current_temperature REAL, status TEXT, event_time TEXT)
"""
INSERT = """
INSERT INTO t VALUES (?1, ?2, ?3, ?4 ->> '$.sensor_id', ?4 ->> '$.current_temperature', ?4 ->> '$.status',
                      ?4 ->> '$.event_time')
"""


def main() -> None:
    task = Task.read()
    connection = apsw.Connection(task.database)
    for setting in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "cache_size = -64000"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute(TABLE)
    connection.execute("CREATE TABLE positions (shard TEXT PRIMARY KEY, last TEXT)")
    client = AwsServer(task.bootstrap).client("kinesis")
    meter = Meter()
    for shard in client.list_shards(StreamName=task.topic)["Shards"]:
        name = shard["ShardId"]
        start = {"StreamName": task.topic, "ShardId": name, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.get_shard_iterator(**start)["ShardIterator"]
        records = client.get_records(ShardIterator=iterator, Limit=10_000)["Records"]
        rows = [
            (
                int(record["ApproximateArrivalTimestamp"].timestamp() * 1000),
                name,
                record["SequenceNumber"],
                record["Data"].decode(),
            )
            for record in records
        ]
        with connection:
            connection.executemany(INSERT, rows)
            connection.execute("INSERT INTO positions VALUES (?, ?)", (name, rows[-1][2]))
    meter.stop()
    meter.report(**totals(connection))


if __name__ == "__main__":
    main()
