"""Experiment on Kinesis: a canned server, so that what is measured is the client."""

from __future__ import annotations

from tests.benchmarks.meter import Task
from tests.benchmarks.records import expected, record
from tests.benchmarks.runs import Bench, Case, Experiment, beside
from tests.servers.process import free_ports

__all__ = ["kinesis"]


def kinesis(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure fetch and ingest beside plain boto3 and the same."""
    (port,) = free_ports(1)
    task = Task(f"http://127.0.0.1:{port}", "readings", records)
    cases = {"streamdialect": Case("refresh_kinesis", task), "plain boto3": Case("plain_boto3", task)}
    with beside("canned_kinesis", task):
        about = {"records": records, "size": len(record(0, 0)), "shards": 20}
        return {"kinesis": bench.experiment("kinesis", cases, expected(records), **about)}
