"""Experiments on librdkafka's mock cluster: ingest beside the peers, larger records, several views, freshness."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.meter import Task
from tests.benchmarks.records import PARTITIONS, expected, fill, record
from tests.benchmarks.runs import Bench, Case, Experiment, run
from tests.servers import KafkaServer, apache_kafka, mock_kafka
from tests.servers.kafka import find_kafka_jars

__all__ = ["apache", "freshness", "ingest", "sizes", "views"]


def ingest(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure small records into four columns, beside what others would use."""
    with mock_kafka() as server:
        peers = {
            "Bytewax": ("bytewax_sqlite", "bytewax"),
            "Pathway": ("pathway_csv", "pathway"),
            "Quix Streams": ("quix_sqlite", "quix"),
        }
        return {"ingest": _ingest(bench, server, "ingest", records, peers)}


def apache(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure the same from Apache Kafka, where it is installed, without the peers."""
    if not find_kafka_jars():
        return {}
    with apache_kafka() as server:
        name = "ingest from Apache Kafka"
        return {name: _ingest(bench, server, name, records, {})}


def _ingest(
    bench: Bench, server: KafkaServer, name: str, records: int, peers: Mapping[str, tuple[str, str]]
) -> Experiment:
    size = fill(server, "small", records, 0)
    task = Task(server.bootstrap, "small", records)
    cases = {
        "streamdialect": Case("refresh", task),
        "yardstick": Case("yardstick", task),
        "skilled loop": Case("skilled", task, "hand"),
        "naive script": Case("naive", task),
        **{peer: Case(module, task, environment) for peer, (module, environment) in peers.items()},
    }
    return bench.experiment(name, cases, expected(records), records=records, size=size, partitions=PARTITIONS)


def sizes(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure records of 1 and 10 kB, four columns of them and the whole of them, beside a copy of a file."""
    found: dict[str, Experiment] = {}
    with mock_kafka() as server:
        for title, padding, count in (("1 kB", 900, records // 4), ("10 kB", 10_000, records // 20)):
            size = fill(server, title.replace(" ", ""), count, padding)
            for shape in ("extract", "super"):
                task = Task(server.bootstrap, title.replace(" ", ""), count, shape=shape)
                cases = {"streamdialect": Case("refresh", task), "yardstick": Case("yardstick", task)}
                name = f"{title}, {shape}"
                found[name] = bench.experiment(
                    name,
                    cases,
                    expected(count),
                    records=count,
                    size=size,
                    copy_mb_s=_copied(count, padding),
                )
    return found


def _copied(records: int, padding: int) -> float:
    """Give the MB/s at which a file of these records is copied, and is on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        with source.open("wb") as out:
            out.writelines(record(number, padding) for number in range(records))
        began = time.perf_counter()
        shutil.copyfile(source, target)
        with target.open("rb+") as copy:
            os.fsync(copy.fileno())
        return source.stat().st_size / 1e6 / (time.perf_counter() - began)


def views(bench: Bench, records: int) -> dict[str, Experiment]:
    """Measure one, two and eight AUTO REFRESH views of one stream, in one process."""
    with mock_kafka() as server:
        size = fill(server, "shared", records, 0)
        task = Task(server.bootstrap, "shared", records)
        cases = {
            name: Case("views", replace(task, views=count))
            for name, count in (("one view", 1), ("two views", 2), ("eight views", 8))
        }
        about = {"records": records, "size": size, "partitions": PARTITIONS}
        return {"views": bench.experiment("views", cases, expected(records), **about)}


def freshness(bench: Bench, rate: int, seconds: float) -> dict[str, Experiment]:
    """Measure from produce() to readable in another process than the one that consumes.

    With Apache Kafka where it is installed: the mock cluster answers a fetch that finds nothing only when its wait
    ends, so that half of the wait is what would be measured.
    """
    with apache_kafka() if find_kafka_jars() else mock_kafka() as server:
        task = Task(server.bootstrap, "fresh", rate=rate, seconds=seconds)
        for topic in ("early", "fresh"):
            server.topic(topic, 1)
        with tempfile.TemporaryDirectory() as folder:
            # A broker in Java is slow at first, by a hundred times: this round does not count.
            run("freshness", replace(task, topic="early", database=f"{folder}/db"))
        cases = {"streamdialect": Case("freshness", task)}
        about = {"rate": rate, "broker": "Apache Kafka" if find_kafka_jars() else "the mock cluster"}
        return {"freshness": bench.experiment("freshness", cases, {}, **about)}
