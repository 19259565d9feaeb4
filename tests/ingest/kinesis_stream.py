"""A Kinesis stream behind an endpoint that may misbehave, and views of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamdialect
from tests.servers import AwsServer
from tests.servers.kinesis_faults import FaultyKinesis

NAME = "events"
SHARD = "shardId-000000000000"


class KinesisStream:
    """Be a Kinesis stream behind an endpoint that may misbehave, and a file whose schema ``k`` reads it."""

    def __init__(self, server: FaultyKinesis, behind: AwsServer, database: Path) -> None:
        self.server = server
        self.client = behind.client("kinesis")
        self.database = database
        self.create()
        self.connection = streamdialect.connect(database, autocommit=True)
        self.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")

    def create(self, shards: int = 1) -> None:
        self.client.create_stream(StreamName=NAME, ShardCount=shards)

    def recreate(self, *records: bytes) -> None:
        self.client.delete_stream(StreamName=NAME)
        self.create()
        self.put(*records)

    def put(self, *records: bytes) -> None:
        for record in records:
            self.client.put_record(StreamName=NAME, PartitionKey="k", Data=record)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement)
        return [] if cursor.description is None else cursor.fetchall()

    def view(self, options: str = "", automatic: bool = False) -> None:
        refresh = "AUTO REFRESH YES" if automatic else ""
        text = "FROM_VARBYTE(kinesis_data, 'utf-8') AS t"
        self.execute(f"CREATE MATERIALIZED VIEW v {refresh} {options} AS SELECT {text} FROM k.{NAME}")

    def refresh(self) -> None:
        self.execute("REFRESH MATERIALIZED VIEW v")

    def rows(self) -> list[str]:
        return sorted(str(text) for (text,) in self.execute("SELECT t FROM v"))

    def state(self) -> str:
        return str(self.execute("SELECT streamdialect_state FROM svv_mv_info WHERE name = 'v'")[0][0])

    def errors(self) -> list[tuple[Any, ...]]:
        return self.execute(
            "SELECT partition_id, position, error_code FROM sys_stream_scan_errors ORDER BY 1, 2"
        )

    def reason(self) -> str:
        return str(self.execute("SELECT error_reason FROM sys_stream_scan_errors")[-1][0])

    def history(self) -> str:
        return "\n".join(str(row[0]) for row in self.execute("SELECT status FROM sys_mv_refresh_history"))
