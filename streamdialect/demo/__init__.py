"""AWS's streaming-ingestion tutorial on one machine: stream, generator, views and a live board."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import streamdialect
from streamdialect.demo.board import show
from streamdialect.demo.sources import generator, kafka_cluster, kinesis_endpoint
from streamdialect.demo.statements import STREAM, kafka_statements, kinesis_statements

__all__ = ["run_demo"]


def run_demo(
    *,
    database: Path | None,
    seconds: float | None,
    rate: int,
    kafka: bool = False,
    bootstrap: str | None = None,
) -> None:
    """Run the demo until ``seconds`` have passed or Ctrl-C; ``rate`` is in records per second.

    Blocks. Everything it started is stopped when it returns; the file stays if ``database`` names one.
    Raise OperationalError when the embedded source cannot be started.
    """
    with ExitStack() as stack:
        if kafka:
            servers = stack.enter_context(kafka_cluster(STREAM, bootstrap))
            statements = kafka_statements(servers)
            producer = stack.enter_context(generator("kafka", STREAM, rate, servers))
        else:
            endpoint = stack.enter_context(kinesis_endpoint(STREAM))
            statements = kinesis_statements()
            producer = stack.enter_context(generator("kinesis", STREAM, rate, endpoint))
        connection = streamdialect.connect(database)
        stack.callback(connection.close)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        show(connection, statements, seconds=seconds, database=database, producer=producer)
