"""Run translations on a plain apsw connection with the scalar functions registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import apsw
import pytest

from streamdialect import types
from streamdialect.model import (
    STREAM_COLUMNS,
    Column,
    Relation,
    StreamName,
    ViewPlan,
)
from streamdialect.sql import Settings, compile_query, parse, plan_view
from streamdialect.sql.statements import CreateMaterializedView
from streamdialect.storage.connection import register_functions

ROWS = (
    (
        1,
        "one",
        10.25,
        "2026-11-22 14:03:05.123456",
        1.5,
        1,
        '{"dev":"TV","n":1.10,"on":true}',
        "2026-11-22",
        10,
    ),
    (
        2,
        "two",
        -3.5,
        "2026-01-31 00:00:00.000000",
        2.5,
        0,
        '{"dev":"Radio","n":"x","l":[1,"b"]}',
        "2026-01-31",
        20,
    ),
    (3, None, None, None, None, None, None, None, None),
    (4, "Tw_o", 0.01, "2024-02-29 23:59:59.999999", -0.5, 1, '{"dev":5,"Mixed":1}', "2024-02-29", 2**62),
)
T_COLUMNS = (
    ("a", "int"),
    ("b", "varchar(20)"),
    ("c", "decimal(10,2)"),
    ("d", "timestamp"),
    ("e", "double precision"),
    ("f", "boolean"),
    ("j", "super"),
    ("g", "date"),
    ("k", "bigint"),
)


class Relations:
    """Be a resolver over a dictionary."""

    def __init__(self) -> None:
        self.known: dict[tuple[str | None, str], Relation] = {}

    def add(self, name: str, columns: tuple[tuple[str, str], ...], kind: Any = "table") -> None:
        typed = tuple(Column(name=column, type=types.parse_type(kind_)) for column, kind_ in columns)
        self.known[(None, name)] = Relation(name=name, kind=kind, columns=typed, source=f'"{name}"')

    def add_stream(self, schema: str, stream: str, provider: Any) -> None:
        self.known[(schema, stream)] = Relation(
            name=stream,
            kind="stream",
            columns=STREAM_COLUMNS[provider],
            source='"stream"',
            provider=provider,
            stream=StreamName(schema_name=schema, stream=stream),
        )

    def relation(self, schema: str | None, name: str) -> Relation | None:
        return self.known.get((None if schema == "public" else schema, name))


def connect() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    register_functions(connection)
    return connection


@pytest.fixture(scope="session")
def resolver() -> Relations:
    relations = Relations()
    relations.add("t", T_COLUMNS)
    relations.add("u", (("a", "int"), ("x", "varchar(20)")))
    relations.add("mv", (("a", "int"), ("n", "bigint")), "materialized view")
    relations.add_stream("sensors", "my-input-stream", "kinesis")
    relations.add_stream("sensors", "Mixed", "kinesis")
    relations.add_stream("kaf", "topic", "kafka")
    return relations


@pytest.fixture(scope="session")
def connection() -> Iterator[apsw.Connection]:
    opened = connect()
    declared = ", ".join(f"{name} {types.parse_type(kind).declared}" for name, kind in T_COLUMNS)
    opened.execute(f"CREATE TABLE t({declared})")
    opened.execute("CREATE TABLE u(a INTEGER, x VARCHAR(20))")
    opened.executemany(f"INSERT INTO t VALUES({','.join('?' * 9)})", ROWS)
    opened.executemany("INSERT INTO u VALUES(?, ?)", [(1, "x1"), (2, "x2"), (9, "x9")])
    yield opened
    opened.close()


Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def run(resolver: Relations, connection: apsw.Connection) -> Run:
    """Translate a query, run it, give its rows."""

    def runs(text: str, *parameters: Any, settings: Settings | None = None) -> list[tuple[Any, ...]]:
        compiled = compile_query(text, resolver, settings)
        bound = parameters[0] if parameters and isinstance(parameters[0], dict) else parameters
        return [tuple(row) for row in connection.execute(compiled.sql, bound)]

    return runs


@pytest.fixture
def one(run: Run) -> Callable[..., Any]:
    """Give the value of a query of one expression."""

    def gives(expression: str, *parameters: Any) -> Any:
        return run(f"SELECT {expression}", *parameters)[0][0]

    return gives


@pytest.fixture
def columns(resolver: Relations) -> Callable[..., list[str]]:
    """Give ``name TYPE`` of a query's columns."""

    def describes(text: str, settings: Settings | None = None) -> list[str]:
        return [f"{column.name} {column.type}" for column in compile_query(text, resolver, settings).columns]

    return describes


@pytest.fixture
def plan(resolver: Relations) -> Callable[..., ViewPlan]:
    """Plan a materialized view over the given query."""

    def plans(
        query: str, head: str = "CREATE MATERIALIZED VIEW v AS ", settings: Settings | None = None
    ) -> ViewPlan:
        statement = parse(head + query)
        assert isinstance(statement, CreateMaterializedView)
        return plan_view(statement, resolver, settings)

    return plans
