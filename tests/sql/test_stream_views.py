"""Materialized views over a stream, row by row: refusals, plans, and what a batch becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apsw
import pytest

from streamdialect.errors import (
    DataError,
    DuplicateObjectError,
    NotSupportedError,
    ProgrammingError,
    UndefinedObjectError,
)
from streamdialect.model import BATCH_RELATION, ViewPlan
from streamdialect.sql import Settings, dist_key_column, parse, plan_view, sort_key_columns
from streamdialect.sql.statements import CreateMaterializedView
from tests.sql.conftest import connect

K = 'sensors."my-input-stream"'
DEMO = f"""
SELECT approximate_arrival_timestamp, sequence_number,
    JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'sensor_id')::VARCHAR(8) AS sensor_id,
    JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'current_temperature')::DECIMAL(10,2)
        AS current_temperature,
    JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'status')::VARCHAR(4) AS status,
    JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kinesis_data, 'utf-8'), 'event_time')::CHARACTER(26) AS event_time
FROM {K}"""
Plan = Callable[..., ViewPlan]
Ingest = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def database() -> Iterator[apsw.Connection]:
    opened = connect()
    yield opened
    opened.close()


@pytest.fixture
def ingest(database: apsw.Connection) -> Ingest:
    """Run a plan's SELECT over a batch whose payloads are given."""

    def runs(plan: ViewPlan, payloads: Sequence[bytes | None]) -> list[tuple[Any, ...]]:
        fixed = {
            "approximate_arrival_timestamp": "'2026-11-22 14:00:00.000000'",
            "partition_key": "'pk'",
            "shard_id": "'shardId-000000000000'",
            "sequence_number": "CAST(column1 AS TEXT)",
            "refresh_time": "'2026-11-22 14:00:01.000000'",
            "kinesis_data": "column2",
        }
        rows = ", ".join(f"({number}, ?)" for number in range(len(payloads)))
        listed = ", ".join(f"{fixed[name]} AS {name}" for name in plan.stream_columns)
        batch = f"WITH {BATCH_RELATION} AS (SELECT {listed} FROM (VALUES {rows})) "
        return [tuple(row) for row in database.execute(batch + plan.select, payloads)]

    return runs


def test_the_demo_view(plan: Plan, ingest: Ingest) -> None:
    demo = plan(DEMO)
    assert demo.kind == "stream"
    assert demo.stream_columns == ("approximate_arrival_timestamp", "sequence_number", "kinesis_data")
    assert [f"{column.name} {column.type}" for column in demo.storage] == [
        "approximate_arrival_timestamp TIMESTAMP",
        "sequence_number VARCHAR(128)",
        "sensor_id VARCHAR(8)",
        "current_temperature DECIMAL(10,2)",
        "status VARCHAR(4)",
        "event_time CHAR(26)",
    ]
    rows = ingest(
        demo,
        [
            b'{"sensor_id": "51", "current_temperature": 29.4, "status": "OKAY!", "event_time": "2026-11-22T14:02:16"}',
            b'{"sensor_id": 12345678901, "current_temperature": "7.005", "status": null}',
            b'{"sensor_id": "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "current_temperature": 0.285, "status": true}',
            b'{"current_temperature": 1, "status": {"a": 1}, "event_time": [1, 2]}',
            None,
        ],
    )
    assert [row[2:] for row in rows] == [
        ("51", 29.4, "OKAY", "2026-11-22T14:02:16"),
        ("12345678", 7.01, None, None),
        ("éééé", 0.29, "true", None),
        (None, 1, '{"a"', "[1,2]"),
        (None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"not json", "JSON parsing error"),
        (b"{a: 1}", "JSON parsing error"),
        (b"", "JSON parsing error"),
        (b'{"current_temperature": "hot"}', "invalid input syntax for numeric"),
        (b'{"current_temperature": true}', "invalid input syntax for numeric"),
        (b'{"current_temperature": 123456789.1}', "Numeric data overflow"),
        (b'{"current_temperature": ""}', "invalid input syntax for numeric"),
    ],
)
def test_strict_expressions_raise(plan: Plan, ingest: Ingest, payload: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ingest(plan(DEMO), [b'{"current_temperature": 1}', payload])


@pytest.mark.parametrize("guard", ["CAN_JSON_PARSE(kinesis_data)", "can_json_parse(kinesis_data) and 1 = 1"])
def test_where_protects(plan: Plan, ingest: Ingest, guard: str) -> None:
    guarded = plan(f"SELECT JSON_PARSE(kinesis_data) AS p, p.a::int AS a FROM {K} WHERE {guard}")
    assert ingest(guarded, [b"{", b'{"a": 1}', b"\xff", None]) == [('{"a":1}', 1)]


def test_case_protects(plan: Plan, ingest: Ingest) -> None:
    quarantine = plan(
        f"""SELECT CASE WHEN CAN_JSON_PARSE(kinesis_data) THEN JSON_PARSE(kinesis_data) ELSE NULL END AS payload,
        CASE WHEN NOT CAN_JSON_PARSE(kinesis_data) THEN kinesis_data ELSE NULL END AS failed_payload FROM {K}"""
    )
    assert ingest(quarantine, [b"[1, 2]", b"{"]) == [("[1,2]", None), (None, b"{")]
    assert [str(column.type) for column in quarantine.storage] == ["SUPER", "VARBYTE(16777216)"]


def test_other_columns_do_not_disturb_a_guard(plan: Plan, ingest: Ingest) -> None:
    mixed = plan(
        f"""SELECT CASE WHEN is_valid_json(from_varbyte(kinesis_data, 'utf-8'))
            THEN json_extract_path_text(from_varbyte(kinesis_data, 'utf-8'), 'a')::int END AS a,
        json_extract_path_text(from_varbyte(kinesis_data, 'utf-8'), 'a', true) AS b FROM {K}"""
    )
    assert ingest(mixed, [b'{"a": 5}', b"x"]) == [(5, "5"), (None, None)]


def test_forgiving_paths(plan: Plan, ingest: Ingest) -> None:
    forgiving = plan(
        f"""SELECT json_parse(kinesis_data) AS p, p.t::decimal(5,1) AS t, p.n::smallint AS n, p.s::varchar(2) AS s,
        p.d::timestamp AS d, p.b::bool AS b, p.f::float AS f, p.o.x[0] AS x FROM {K}"""
    )
    rows = ingest(
        forgiving,
        [
            b'{"t":1.25,"n":7,"s":"abc","d":"2026-01-02T03:04:05","b":true,"f":1e3,"o":{"x":["y"]}}',
            b'{"t":"hot","n":70000,"s":{"a":1},"d":"soon","b":"maybe","f":"x","o":1}',
            b'{"t":99999,"n":1.5,"s":12,"d":"2026-02-30","b":false,"f":false,"o":{"x":[null]}}',
        ],
    )
    assert [row[1:] for row in rows] == [
        (1.3, 7, "ab", "2026-01-02 03:04:05.000000", 1, 1000.0, '"y"'),
        (None,) * 7,
        (None, 2, "12", None, 0, None, None),
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T14:02:16.123456", "2026-11-22 14:02:16.123456"),
        ("2026-11-22 14:02:16", "2026-11-22 14:02:16.000000"),
        ("2026-11-22T14:02:16Z", "2026-11-22 14:02:16.000000"),
        ("2026-11-22", "2026-11-22 00:00:00.000000"),
        ("2026-11-22T14:02:16.12", "2026-11-22 14:02:16.120000"),
    ],
)
def test_times(plan: Plan, ingest: Ingest, value: str, expected: str) -> None:
    times = plan(
        f"SELECT json_extract_path_text(from_varbyte(kinesis_data,'utf-8'),'t')::timestamp AS t FROM {K}"
    )
    assert ingest(times, [b'{"t":"%s"}' % value.encode()]) == [(expected,)]


@pytest.mark.parametrize(
    "value", ["2026-02-30T00:00:00", "2026-11-22T25:00:00", "2026-11-22T14:02:16.12x456", "12"]
)
def test_bad_times(plan: Plan, ingest: Ingest, value: str) -> None:
    times = plan(
        f"SELECT json_extract_path_text(from_varbyte(kinesis_data,'utf-8'),'t')::timestamp AS t FROM {K}"
    )
    with pytest.raises(DataError):
        ingest(times, [b'{"t":"%s"}' % value.encode()])


def test_nested_documents(plan: Plan, ingest: Ingest) -> None:
    nested = plan(
        f"""SELECT json_extract_path_text(json_extract_path_text(from_varbyte(kinesis_data,'utf-8'),'a'),'b') AS b,
        json_extract_path_text(from_varbyte(kinesis_data,'utf-8'),'a') AS a FROM {K}"""
    )
    assert ingest(nested, [b'{"a": {"b": 1.50}}', b'{"a": "{\\"b\\": \\"x\\"}"}']) == [
        ("1.50", '{"b":1.50}'),
        ("x", '{"b": "x"}'),
    ]


def test_select_star_and_kafka(plan: Plan) -> None:
    assert [column.name for column in plan(f"SELECT * FROM {K} AS k").storage] == [
        "approximate_arrival_timestamp",
        "partition_key",
        "shard_id",
        "sequence_number",
        "refresh_time",
        "kinesis_data",
    ]
    kafka = plan(
        "SELECT kafka_offset, json_parse(kafka_value) AS v, kafka_headers.h::varchar AS h FROM kaf.topic"
    )
    assert kafka.stream is not None
    assert kafka.stream.stream == "topic"
    assert kafka.stream_columns == ("kafka_offset", "kafka_value", "kafka_headers")


def test_stream_names_keep_their_case(plan: Plan) -> None:
    mixed = plan('SELECT shard_id FROM sensors."Mixed"')
    assert mixed.stream is not None
    assert mixed.stream.stream == "Mixed"
    with pytest.raises(UndefinedObjectError):
        plan("SELECT shard_id FROM sensors.Mixed")
    with pytest.raises(UndefinedObjectError):
        plan('SELECT shard_id FROM sensors."Mixed"', settings=Settings(compat=True))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"SELECT a FROM {K} JOIN t ON true", "joins are not supported"),
        (f"SELECT t.a FROM t, {K} k", "joins are not supported"),
        (f"SELECT 1 AS a FROM {K} a, kaf.topic b", "joins are not supported"),
        (f"SELECT x FROM (SELECT shard_id AS x FROM {K}) s", "Column aliases are not supported"),
        (f"WITH s AS (SELECT shard_id FROM {K}) SELECT * FROM s", "Column aliases are not supported"),
        (f"SELECT shard_id FROM {K} WHERE shard_id IN (SELECT b FROM t)", "Column aliases are not supported"),
        (f"SELECT DISTINCT shard_id FROM {K}", "DISTINCT"),
        (f"SELECT shard_id FROM {K} ORDER BY 1", "ORDER BY"),
        (f"SELECT shard_id FROM {K} LIMIT 1", "LIMIT"),
        (f"SELECT shard_id FROM {K} OFFSET 1", "OFFSET"),
        (f"SELECT row_number() OVER () AS n FROM {K}", "window function"),
        (f"SELECT shard_id FROM {K} UNION SELECT 'x'", "set operation"),
        (f"SELECT getdate() AS n FROM {K}", "mutable function getdate"),
        (f"SELECT shard_id FROM {K} WHERE random() < 0.5", "mutable function random"),
        (f"SELECT unixepoch('now') AS n FROM {K}", "mutable function unixepoch"),
        (f"SELECT count(DISTINCT shard_id) AS n FROM {K}", "COUNT"),
        (f"SELECT listagg(shard_id) AS n FROM {K}", "LISTAGG"),
        (f"SELECT median(1) AS n FROM {K}", "MEDIAN"),
        (f"SELECT kinesis_data, count(*) AS n FROM {K} GROUP BY 1", "VARBYTE"),
        (f"SELECT nosuch(shard_id) AS n FROM {K}", "nosuch"),
    ],
)
def test_refusals(plan: Plan, query: str, message: str) -> None:
    with pytest.raises(NotSupportedError, match=message):
        plan(query)


def test_wrong_definitions(plan: Plan) -> None:
    with pytest.raises(DuplicateObjectError, match='column "shard_id" duplicated'):
        plan(f"SELECT shard_id, shard_id FROM {K}")
    with pytest.raises(UndefinedObjectError, match=r'column "nosuch" does not exist.*line 1, column 43'):
        plan(f"SELECT nosuch FROM {K}", head="CREATE MATERIALIZED VIEW longer AS ")
    with pytest.raises(ProgrammingError, match="parameters"):
        plan(f"SELECT shard_id FROM {K} WHERE shard_id = ?")
    with pytest.raises(NotSupportedError, match='option "foo"'):
        plan(f"SELECT shard_id FROM {K}", head="CREATE MATERIALIZED VIEW v WITH (foo = 1) AS ")


def test_keys(resolver: Any) -> None:
    text = f"CREATE MATERIALIZED VIEW v DISTKEY(2) SORTKEY(1, shard_id) AS SELECT sequence_number, shard_id FROM {K}"
    statement = parse(text)
    assert isinstance(statement, CreateMaterializedView)
    planned = plan_view(statement, resolver)
    assert sort_key_columns(statement, planned) == ("sequence_number", "shard_id")
    assert dist_key_column(statement, planned) == "shard_id"
    for tail in ("SORTKEY(kinesis_data)", "DISTKEY(1)"):
        other = parse(f"CREATE MATERIALIZED VIEW v {tail} AS SELECT kinesis_data FROM {K}")
        assert isinstance(other, CreateMaterializedView)
        with pytest.raises(NotSupportedError, match="VARBYTE"):
            (
                sort_key_columns(other, planned_for(other, resolver)),
                dist_key_column(other, planned_for(other, resolver)),
            )


def planned_for(statement: CreateMaterializedView, resolver: Any) -> ViewPlan:
    return plan_view(statement, resolver)


# --- over local relations -------------------------------------------------------------------------


def test_recompute(plan: Plan, connection: apsw.Connection) -> None:
    local = plan("SELECT t.a, x, count(*) AS n FROM t LEFT JOIN u USING (a) GROUP BY 1, 2")
    assert local.kind == "recompute"
    assert local.depends_on == ("t", "u")
    assert connection.execute(f"SELECT max(a), count(x) FROM ({local.select})").get == (4, 2)
    over_view = plan("SELECT a, n FROM mv")
    assert over_view.depends_on == ("mv",)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT a FROM t", "not yet supported"),
        ("SELECT a FROM mv", "Auto-refresh is not supported for materialized views defined on other"),
        ("SELECT t.a FROM t JOIN mv USING (a)", "Auto-refresh is not supported for materialized views"),
    ],
)
def test_auto_refresh_over_local_relations(plan: Plan, query: str, message: str) -> None:
    with pytest.raises(NotSupportedError, match=message):
        plan(query, head="CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS ")


def test_bare_null_is_text(plan: Plan) -> None:
    assert str(plan(f"SELECT NULL AS x FROM {K}").storage[0].type) == "VARCHAR(65535)"
