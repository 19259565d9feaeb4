"""Aggregating views over a stream: two batches merged give what one pass over both gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamdialect.errors import DataError, NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import BATCH_RELATION, ViewPlan
from tests.sql.conftest import connect

Plan = Callable[..., ViewPlan]
Record = tuple[Any, ...]
HEAD = "kafka_partition, kafka_offset, kafka_key, kafka_value"


class Kept:
    """Keep a plan's states in a table, as ingest does."""

    def __init__(self, plan: ViewPlan) -> None:
        self.plan = plan
        self.database = connect()
        names = [quote_identifier(column.name) for column in plan.storage]
        assert plan.group_column is not None
        key = quote_identifier(plan.group_column)
        declared = ", ".join(f"{quote_identifier(c.name)} {c.type.declared}" for c in plan.storage)
        self.database.execute(f"CREATE TABLE kept({declared}, UNIQUE({key}))")
        merged = ", ".join(f"{quote_identifier(name)} = {sql}" for name, sql in plan.merge)
        # WHERE true keeps SQLite from reading ON as a join's.
        self.upsert = (
            f"INSERT INTO kept({', '.join(names)}) SELECT * FROM ({plan.select}) WHERE true "
            f"ON CONFLICT({key}) DO UPDATE SET {merged or f'{key} = {key}'}"
        )

    def ingest(self, records: Sequence[Record]) -> None:
        listed = ", ".join(f"{name} AS {name}" for name in self.plan.stream_columns)
        if not records:
            return
        rows = ", ".join("(?, ?, ?, ?)" for _ in records)
        batch = f"WITH raw({HEAD}) AS (VALUES {rows}), {BATCH_RELATION} AS (SELECT {listed} FROM raw) "
        self.database.execute(batch + self.upsert, [value for record in records for value in record])

    @property
    def public(self) -> str:
        listed = ", ".join(f"{c.expression} AS {quote_identifier(c.name)}" for c in self.plan.columns)
        having = f" WHERE {self.plan.having}" if self.plan.having else ""
        return f"SELECT {listed} FROM kept{having}"

    def rows(self) -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in self.database.execute(self.public)), key=repr)


EVERY = (
    "SELECT kafka_partition % 2 AS p, json_parse(kafka_value).g::varchar(3) AS g, count(*) AS n, "
    "count(json_parse(kafka_value).v) AS c, sum(json_parse(kafka_value).v::decimal(10,2)) AS s, "
    "avg(json_parse(kafka_value).v::decimal(10,2)) AS m, min(kafka_offset) AS lo, max(kafka_key) AS hi, "
    "sum(kafka_offset) + 1 AS o, avg(kafka_offset) AS ao, sum(json_parse(kafka_value).v::float) AS f "
    "FROM kaf.topic GROUP BY 1, g HAVING count(*) > 1 OR min(kafka_offset) < 50"
)


def record(number: int, value: str, group: str) -> Record:
    return (
        number % 3,
        number,
        b"k%d" % number if number % 4 else None,
        f'{{"g":{group},"v":{value}}}'.encode(),
    )


def test_merging_equals_one_pass(plan: Plan) -> None:
    records = [
        record(n, v, g) for n, (v, g) in enumerate([("1.10", '"a"'), ("2.25", "null"), ("null", '"a"')] * 9)
    ]
    whole, parts = Kept(plan(EVERY)), Kept(plan(EVERY))
    whole.ingest(records)
    for start in range(0, len(records), 5):
        parts.ingest(records[start : start + 5])
    assert parts.rows() == whole.rows()
    assert len(whole.rows()) == 2


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.one_of(st.none(), st.decimals(-99999, 99999, places=2).map(str)),
            st.sampled_from(['"a"', '"b"', "null", "1", "1.0"]),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_merges_to_the_same(
    plan: Plan, values: list[tuple[int, str | None, str]], cut: int
) -> None:
    records = [record(n * 7 + o, v or "null", g) for n, (o, v, g) in enumerate(values)]
    whole, parts = Kept(plan(EVERY)), Kept(plan(EVERY))
    whole.ingest(records)
    parts.ingest(records[:cut])
    parts.ingest(records[cut:])
    assert [row[:-1] for row in parts.rows()] == [row[:-1] for row in whole.rows()]
    for mine, theirs in zip(parts.rows(), whole.rows(), strict=True):
        assert mine[-1] == pytest.approx(theirs[-1])


def test_types(plan: Plan) -> None:
    assert [f"{column.name} {column.type}" for column in plan(EVERY).columns] == [
        "p BIGINT",
        "g VARCHAR(3)",
        "n BIGINT",
        "c BIGINT",
        "s DECIMAL(38,2)",
        "m DECIMAL(38,2)",
        "lo BIGINT",
        "hi VARBYTE(16777216)",
        "o BIGINT",
        "ao BIGINT",
        "f DOUBLE PRECISION",
    ]


def test_decimals_are_exact(plan: Plan) -> None:
    kept = Kept(plan("SELECT sum(json_parse(kafka_value).v::decimal(10,2)) AS s FROM kaf.topic"))
    for number in range(50):
        kept.ingest([record(number, "0.1", '"x"')] * 20)
    assert kept.rows() == [(100.0,)]


def test_decimal_groups_merge_over_batches(plan: Plan) -> None:
    kept = Kept(
        plan("SELECT json_parse(kafka_value).v::decimal(10,1) AS v, count(*) AS n FROM kaf.topic GROUP BY 1")
    )
    kept.ingest([record(1, "29", '"x"')])
    kept.ingest([record(2, "29.0", '"x"'), record(3, "29.04", '"x"'), record(4, "null", '"x"')])
    kept.ingest([record(5, "null", '"x"')])
    assert kept.rows() == [(29.0, 3), (None, 2)]


def test_without_groups(plan: Plan) -> None:
    kept = Kept(
        plan("SELECT count(*) AS n, max(kafka_offset) AS m, avg(kafka_partition) AS a FROM kaf.topic")
    )
    kept.ingest([record(1, "1", "1")])
    kept.ingest([record(2, "1", "1"), record(9, "1", "1")])
    assert kept.rows() == [(3, 9, 1)]


def test_groups_alone(plan: Plan) -> None:
    kept = Kept(plan("SELECT kafka_partition AS p FROM kaf.topic GROUP BY kafka_partition"))
    kept.ingest([record(1, "1", "1"), record(4, "1", "1")])
    kept.ingest([record(2, "1", "1"), record(1, "1", "1")])
    assert kept.rows() == [(1,), (2,)]


def test_integer_overflow_is_an_error(plan: Plan) -> None:
    kept = Kept(plan("SELECT sum(kafka_offset) AS s FROM kaf.topic"))
    big = (0, 2**62, None, b"{}")
    kept.ingest([big])
    with pytest.raises(DataError, match="bigint out of range"):
        kept.ingest([big])
    with pytest.raises(apsw.SQLError, match="overflow"):
        Kept(plan("SELECT sum(kafka_offset) AS s FROM kaf.topic")).ingest([big, big])


def test_the_public_view_needs_nothing_of_ours(plan: Plan) -> None:
    """Python's own sqlite3, which may be an older SQLite, reads it."""
    planned = plan(EVERY)
    kept = Kept(planned)
    kept.ingest([record(n, "1.5", '"a"') for n in range(9)])
    plain = sqlite3.connect(":memory:")
    try:
        names = ", ".join(quote_identifier(column.name) for column in planned.storage)
        plain.execute(f"CREATE TABLE kept({names})")
        marks = ", ".join("?" for _ in planned.storage)
        stored = [tuple(row) for row in kept.database.execute(f"SELECT {names} FROM kept")]
        plain.executemany(f"INSERT INTO kept VALUES ({marks})", stored)
        assert sorted(plain.execute(kept.public), key=repr) == kept.rows()
    finally:
        plain.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT upper(max(kafka_timestamp_type)) AS u FROM kaf.topic",
        "SELECT sqrt(sum(kafka_offset)) AS u FROM kaf.topic",
        "SELECT count(*) AS n FROM kaf.topic HAVING max(kafka_timestamp_type) LIKE 'C' || '%'",
        "SELECT sum(DISTINCT kafka_offset) AS u FROM kaf.topic",
        "SELECT kafka_value, count(*) AS n FROM kaf.topic GROUP BY kafka_value",
    ],
)
def test_refused(plan: Plan, query: str) -> None:
    with pytest.raises(NotSupportedError):
        plan(query)


def test_blanks_at_the_end_do_not_part_groups(plan: Plan) -> None:
    kept = Kept(
        plan(
            "SELECT json_extract_path_text(from_varbyte(kafka_value, 'utf-8'), 'g') AS g, count(*) AS n "
            "FROM kaf.topic GROUP BY 1"
        )
    )
    kept.ingest([record(1, "1", '"a"'), record(2, "1", '"a  "'), record(3, "1", '"b"')])
    kept.ingest([record(4, "1", '"a "')])
    assert kept.rows() == [("a", 3), ("b", 1)]
