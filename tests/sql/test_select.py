"""Every SELECT that is accepted runs on SQLite, and gives what DuckDB gives where both mean the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streamdialect

TABLES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "t": (
        "a INT, b INT, s VARCHAR(5)",
        [(1, 10, "x"), (2, 20, "y"), (2, None, "x"), (None, 5, None), (3, 10, "z")],
    ),
    "u": ("a INT, c INT", [(2, 7), (3, None), (4, 10), (None, 1), (2, 20)]),
    "v": ("c INT, d VARCHAR(5)", [(7, "x"), (10, "y"), (None, "z")]),
}
COLUMNS = {"t": ("a", "b"), "u": ("a", "c"), "v": ("c",)}


class Maker:
    """Write random queries; what it writes is both Redshift's and DuckDB's SQL."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def maybe(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def relations(self) -> tuple[str, list[str]]:
        """Give a FROM clause and the numbers that it offers."""
        found: list[str] = []
        parts: list[str] = []
        for _ in range(self.pick(1, 1, 2, 2, 3)):
            self.names += 1
            name, table = f"r{self.names}", self.pick("t", "u", "v")
            source = table
            if self.maybe(0.2):
                source = (
                    f"(SELECT * FROM {table} WHERE {self.condition([f'{c}' for c in COLUMNS[table]], 1)})"
                )
            here = [f"{name}.{column}" for column in COLUMNS[table]]
            if not parts:
                parts.append(f"{source} {name}")
            elif self.maybe(0.2):
                parts.append(f"CROSS JOIN {source} {name}")
            else:
                kind = self.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
                parts.append(f"{kind} {source} {name} ON {self.pick(*found)} = {self.pick(*here)}")
            found += here
        return " ".join(parts), found

    def number(self, columns: list[str], depth: int = 2) -> str:
        kinds = ["column", "column", "literal"] + (["sum", "case", "coalesce", "nullif"] if depth else [])
        kind = self.pick(*kinds)
        if kind == "column":
            return str(self.pick(*columns))
        if kind == "literal":
            return str(self.random.randint(0, 12))
        one, two = (self.number(columns, depth - 1) for _ in range(2))
        if kind == "case":
            return f"CASE WHEN {self.condition(columns, depth - 1)} THEN {one} ELSE {two} END"
        if kind == "sum":
            return f"({one} {self.pick('+', '-', '*')} {two})"
        return f"{kind.upper()}({one}, {two})"

    def condition(self, columns: list[str], depth: int = 2) -> str:
        kinds = ["compare", "null", "between", "in", "query", "exists"]
        kind = self.pick(*kinds, *(["and", "or", "not"] if depth else []))
        if kind in ("and", "or"):
            return (
                f"({self.condition(columns, depth - 1)} {kind.upper()} {self.condition(columns, depth - 1)})"
            )
        if kind == "not":
            return f"NOT ({self.condition(columns, depth - 1)})"
        one = self.number(columns, min(depth, 1))
        if kind == "null":
            return f"{one} IS {self.pick('', 'NOT ')}NULL"
        if kind == "between":
            return f"{one} BETWEEN {self.number(columns, 0)} AND {self.number(columns, 0)}"
        if kind == "in":
            return (
                f"{one} {self.pick('', 'NOT ')}IN ({self.number(columns, 0)}, {self.pick('NULL', '2', '10')})"
            )
        table = self.pick("t", "u", "v")
        column = self.pick(*COLUMNS[table])
        self.names += 1
        inner = f"FROM {table} q{self.names} WHERE q{self.names}.{column} > {self.random.randint(0, 15)}"
        if kind == "query":
            test = self.pick("IN", "NOT IN", "= ANY", "<> ALL")
            return f"{one} {test} (SELECT q{self.names}.{column} {inner})"
        if kind == "exists":
            return f"EXISTS (SELECT 1 {inner} AND q{self.names}.{column} = {self.pick(*columns)})"
        return f"{one} {self.pick('=', '<>', '<', '<=', '>', '>=')} {self.number(columns, 1)}"

    def select(self, width: int) -> str:
        source, columns = self.relations()
        where = f" WHERE {self.condition(columns)}" if self.maybe() else ""
        if self.maybe(0.6):
            items = [self.number(columns) for _ in range(width)]
            distinct = self.pick("", "", "DISTINCT ")
            if self.maybe(0.2):
                order = ", ".join(columns)
                where = where or " WHERE 1 = 1"
                where += f" QUALIFY row_number() OVER (PARTITION BY {columns[0]} ORDER BY {order}) <= 1"
            return f"SELECT {distinct}{', '.join(items)} FROM {source}{where}"
        groups = list(dict.fromkeys(self.pick(*columns) for _ in range(self.pick(1, 2, 2))))
        by = ", ".join(groups)
        by = self.pick(by, by, f"ROLLUP ({by})", f"CUBE ({by})", f"GROUPING SETS (({by}), ({groups[0]}), ())")
        calls = ["COUNT(*)", *(f"{f}({self.number(columns)})" for f in ("SUM", "MIN", "MAX", "COUNT"))]
        calls += [
            f"COUNT(DISTINCT {self.pick(*columns)})",
            f"GROUPING({groups[0]})" if "(" in by else "COUNT(*)",
        ]
        items = [self.pick(*groups, *calls, f"{groups[0]} + {self.pick(*calls)}") for _ in range(width)]
        having = f" HAVING {self.pick(*calls)} > {self.random.randint(0, 5)}" if self.maybe(0.3) else ""
        return f"SELECT {', '.join(items)} FROM {source}{where} GROUP BY {by}{having}"

    def query(self) -> str:
        width = self.pick(1, 2, 3)
        parts = [self.select(width)]
        for _ in range(self.pick(0, 0, 0, 1, 2, 3)):
            parts.append(self.pick("UNION", "UNION ALL", "INTERSECT", "EXCEPT"))
            parts.append(self.select(width) if self.maybe(0.8) else f"({self.select(width)})")
        text = " ".join(parts)
        if self.maybe(0.2):
            text = f"WITH w AS ({text}) SELECT * FROM w"
        return text


@pytest.fixture(scope="module")
def connection() -> Iterator[streamdialect.Connection]:
    opened = streamdialect.connect(compat="redshift", autocommit=True)
    for name, (columns, rows) in TABLES.items():
        opened.execute(f"CREATE TABLE {name} ({columns})")
        cursor = opened.cursor()
        cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:

    opened = duckdb.connect()
    for name, (columns, rows) in TABLES.items():
        opened.execute(f"CREATE TABLE {name} ({columns})")
        opened.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    yield opened
    opened.close()


RELAXED = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rows_of(found: list[Any]) -> list[str]:
    return sorted(str(tuple(None if cell is None else int(cell) for cell in row)) for row in found)


@RELAXED
@given(st.integers(0, 2**32))
def test_runs(connection: streamdialect.Connection, seed: int) -> None:
    connection.execute(Maker(seed).query()).fetchall()


@RELAXED
@given(st.integers(0, 2**32))
def test_agrees_with_duckdb(connection: streamdialect.Connection, duck: Any, seed: int) -> None:
    text = Maker(seed).query()
    found = connection.execute(text).fetchall()
    assert rows_of(found) == rows_of(duck.execute(text).fetchall()), text


# --- what the corpus does not show -----------------------------------------------------------------


def test_no_part_of_a_tree_is_dropped() -> None:
    """Give a SELECT each part that sqlglot's class knows: it is either read or refused."""
    from sqlglot import exp

    from streamdialect.sql.selects import _SELECT_PARTS

    read = {
        "expressions",
        "distinct",
        "from",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "qualify",
        "windows",
    }
    read |= {"into", "order", "limit", "offset", "with", "with_"}
    assert read == _SELECT_PARTS
    assert set(exp.Select.arg_types) - read >= {
        "kind",
        "hint",
        "laterals",
        "pivots",
        "connect",
        "locks",
        "sample",
    }


@pytest.mark.parametrize(
    "text",
    [
        "SELECT AS STRUCT 1",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t SORT BY a",
        "SELECT a FROM t CLUSTER BY a",
        "SELECT a FROM t DISTRIBUTE BY a",
        "SELECT a FROM t LATERAL VIEW explode(a) AS b",
        "SELECT a FROM t TABLESAMPLE (10)",
        "SELECT a FROM ONLY t",
        "SELECT a FROM t WITH (NOLOCK)",
        "SELECT a FROM t LEFT SEMI JOIN u ON 1 = 1",
        "SELECT a FROM t ASOF JOIN u ON 1 = 1",
        "SELECT a FROM t CROSS APPLY u",
        "SELECT a FROM t LIMIT 5 BY a",
        "SELECT a FROM t LIMIT 10 PERCENT",
        "SELECT TOP 10 PERCENT a FROM t",
        "SELECT TOP (3) WITH TIES a FROM t",
        "SELECT a FROM t ORDER BY a WITH FILL",
        "SELECT a FROM t GROUP BY a WITH ROLLUP",
        "SELECT a FROM t GROUP BY a WITH TOTALS",
        "SELECT a FROM t GROUP BY DISTINCT a",
        "SELECT a FROM t GROUP BY ALL a",
        "SELECT a FROM t WHERE a BETWEEN SYMMETRIC 1 AND 2",
        "SELECT a FROM t WHERE a IN u",
        "SELECT a FROM t WHERE a IN UNNEST(u)",
        "SELECT 1 UNION ALL BY NAME SELECT 2",
        "WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x",
        "SELECT * EXCEPT (a) FROM t",
        "SELECT * REPLACE (a AS b) FROM t",
        "SELECT * RENAME (a AS b) FROM t",
        "SELECT a := 1 FROM t",
        "SELECT a -> 1 FROM t",
        "SELECT a[1:2] FROM t",
        "SELECT {'a': 1}",
        "SELECT a LIKE ANY ('x', 'y') FROM t",
        "SELECT a IS DISTINCT FROM b FROM t",
        "SELECT CAST(a AS INT FORMAT 'x') FROM t",
        "SELECT a FROM t, LATERAL (SELECT 1) x",
        "SELECT a FROM generate_series(1, 3)",
    ],
)
def test_other_dialects_are_refused(connection: streamdialect.Connection, text: str) -> None:
    with pytest.raises(streamdialect.Error):
        connection.execute(text)


def test_aliases_in_where_without_compat() -> None:
    """Other databases' SQL may use an alias where Redshift's guide forbids it."""
    with closing(streamdialect.connect()) as opened:
        assert opened.execute("SELECT 1 + 1 AS n WHERE n = 2").fetchall() == [(2,)]


def test_a_long_union(connection: streamdialect.Connection) -> None:
    text = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(300))
    assert connection.execute(f"SELECT sum(n) FROM ({text})").fetchall() == [(44850,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT at FROM (SELECT 1 AS at) WHERE at = 1",
        "SELECT at FROM (SELECT 1 AS at) AS q ORDER BY at",
        "SELECT q.at FROM (SELECT 1 AS at) AS q JOIN (SELECT 1 AS b) AS r ON at = b",
        "SELECT at FROM (SELECT 1 AS at) GROUP BY at",
    ],
)
def test_at_is_a_name_like_any_other(query: str) -> None:
    connection = streamdialect.connect()
    assert connection.execute(query).fetchall() == [(1,)]
    connection.close()
