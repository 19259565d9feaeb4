"""Queries of a view beside the same by apsw on a plain table, fetching, and what a translation costs. CPU times."""

from __future__ import annotations

from functools import partial
from typing import Any

import apsw

import streamdialect
from tests.benchmarks.fetch import compared, measured
from tests.benchmarks.meter import Meter, Task
from tests.benchmarks.translate import figures

VIEW = """
    CREATE MATERIALIZED VIEW v AS
    SELECT JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'sensor_id')::INT AS sensor_id,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'current_temperature')::FLOAT8 AS temperature,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'status')::VARCHAR(8) AS status,
           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'event_time')::VARCHAR(26) AS event_time
    FROM s."{topic}"
"""
TABLE = "CREATE TABLE v (sensor_id INTEGER, temperature REAL, status TEXT, event_time TEXT)"
AGGREGATES = {
    "numbers": "SELECT COUNT(*), MIN(temperature), MAX(temperature), SUM(temperature) FROM v",
    "by_number": "SELECT sensor_id, COUNT(*), MAX(temperature) FROM v GROUP BY sensor_id ORDER BY sensor_id",
    "by_text": "SELECT status, COUNT(*), MAX(event_time) FROM v GROUP BY status ORDER BY status",
}


def fetched(connection: Any, query: str) -> Any:
    """Read a result."""
    return connection.execute(query).fetchall()


def aggregates(task: Task) -> dict[str, float]:
    """Give the ratios of these aggregates' times."""
    ours = streamdialect.connect(task.database, autocommit=True, refresh_timeout=120)
    ours.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{task.bootstrap}' AUTHENTICATION none")
    ours.execute(VIEW.format(topic=task.topic))
    ours.execute("REFRESH MATERIALIZED VIEW v")
    plain = apsw.Connection(f"{task.database}-plain")
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute(TABLE)
    plain.execute("ATTACH ? AS views", (task.database,))
    plain.execute("INSERT INTO main.v SELECT * FROM views.v")
    plain.execute("DETACH views")
    ratios = {}
    for name, query in AGGREGATES.items():
        assert fetched(ours, query) == fetched(plain, query)
        seconds = measured({"ours": partial(fetched, ours, query), "plain": partial(fetched, plain, query)})
        ratios[name] = seconds["ours"] / seconds["plain"]
    ours.close()
    plain.close()
    return ratios


def main() -> None:
    task = Task.read()
    meter = Meter()
    found = aggregates(task)
    ways = {"fetchall": "fetchall", "fetch_arrow_table": "arrow"}
    for kind, (_, seconds) in zip(
        ("plain", "timestamp", "decimal"), compared(task.records, ways), strict=True
    ):
        for way, name in ways.items():
            found[f"{name}_{kind}"] = seconds[way] / seconds["apsw fetchall"]
    _, again, plain = figures()
    meter.stop()
    meter.report(
        **found,
        translation_us=(again - plain) * 1e6,
    )


if __name__ == "__main__":
    main()
