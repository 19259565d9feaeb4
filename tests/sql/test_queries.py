"""Queries: clauses, scopes, headings, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamdialect.errors import (
    Error,
    NotSupportedError,
    ProgrammingError,
    SQLSyntaxError,
    UndefinedObjectError,
)
from streamdialect.sql import Settings, compile_query

Run = Callable[..., list[tuple[Any, ...]]]

ROWS: tuple[tuple[str, list[tuple[Any, ...]]], ...] = (
    ("SELECT a FROM t ORDER BY b", [(4,), (1,), (2,), (3,)]),
    ("SELECT a FROM t ORDER BY b DESC", [(3,), (2,), (1,), (4,)]),
    ("SELECT a FROM t ORDER BY b DESC NULLS LAST", [(2,), (1,), (4,), (3,)]),
    ("SELECT a AS z FROM t ORDER BY z DESC LIMIT 1", [(4,)]),
    ("SELECT TOP 2 a FROM t ORDER BY 1", [(1,), (2,)]),
    ("SELECT a FROM t ORDER BY a LIMIT -1 OFFSET 3", [(4,)]),
    ("SELECT a FROM t ORDER BY a OFFSET 3", [(4,)]),
    ("SELECT a FROM t WHERE a > 3 LIMIT ALL", [(4,)]),
    ("SELECT DISTINCT f FROM t ORDER BY f", [(0,), (1,), (None,)]),
    ("SELECT count(*), count(b), sum(a), avg(a), min(a), max(b) FROM t", [(4, 3, 10, 2, 1, "two")]),
    ("SELECT sum(c), avg(c) FROM t", [(6.76, 2.25)]),
    ("SELECT sum(a) FROM t WHERE false", [(None,)]),
    ("SELECT count(DISTINCT f), count(*) FILTER (WHERE a > 1) FROM t", [(2, 3)]),
    ("SELECT f, count(*) FROM t GROUP BY f ORDER BY 1", [(0, 1), (1, 2), (None, 1)]),
    ("SELECT a % 2 AS odd, sum(a) FROM t GROUP BY odd ORDER BY odd", [(0, 6), (1, 4)]),
    ("SELECT a % 2, sum(a) FROM t GROUP BY 1 HAVING sum(a) > 4", [(0, 6)]),
    ("SELECT a % 2 + 1, count(*) FROM t GROUP BY a % 2 ORDER BY 1", [(1, 2), (2, 2)]),
    ("SELECT f, count(*) FROM t GROUP BY ALL ORDER BY f", [(0, 1), (1, 2), (None, 1)]),
    ("SELECT listagg(b, ',') WITHIN GROUP (ORDER BY a DESC) FROM t", [("Tw_o,two,one",)]),
    ("SELECT t.a, u.x FROM t JOIN u ON t.a = u.a ORDER BY 1", [(1, "x1"), (2, "x2")]),
    ("SELECT t.a, x FROM t LEFT JOIN u USING (a) WHERE t.a > 2 ORDER BY a", [(3, None), (4, None)]),
    ("SELECT a FROM t RIGHT JOIN u USING (a) ORDER BY a", [(1,), (2,), (9,)]),
    ("SELECT count(*) FROM t, u", [(12,)]),
    ("SELECT count(*) FROM t, t AS x", [(16,)]),
    ("SELECT 5, count(*) FROM t GROUP BY 1 ORDER BY 1", [(5, 4)]),
    ("SELECT (0 IS NULL) AS x, count(*) FROM t GROUP BY x ORDER BY 0 IS NULL", [(0, 4)]),
    ("SELECT count(*) FROM t CROSS JOIN u", [(12,)]),
    ("SELECT a, x FROM u NATURAL JOIN t ORDER BY a", [(1, "x1"), (2, "x2")]),
    ("SELECT a FROM (SELECT a FROM t WHERE a < 3) ORDER BY a", [(1,), (2,)]),
    ("SELECT s.n FROM (SELECT a AS n FROM t) AS s WHERE n = 4", [(4,)]),
    ("SELECT p FROM (SELECT a, b FROM t) AS s(p, q) WHERE q = 'one'", [(1,)]),
    ("SELECT a FROM t WHERE a IN (SELECT a FROM u) ORDER BY 1", [(1,), (2,)]),
    ("SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a) ORDER BY 1", [(3,), (4,)]),
    ("SELECT a, (SELECT max(x) FROM u WHERE u.a = t.a) FROM t WHERE a = 1", [(1, "x1")]),
    ("WITH q AS (SELECT a FROM t), r(z) AS (SELECT a * 2 FROM q) SELECT max(z) FROM r", [(8,)]),
    (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4) SELECT sum(n) FROM c",
        [(10,)],
    ),
    ("SELECT 1 UNION SELECT 1", [(1,)]),
    ("SELECT 1 UNION ALL SELECT 1", [(1,), (1,)]),
    ("SELECT 1 AS x UNION SELECT 2 INTERSECT SELECT 2 ORDER BY x DESC", [(2,), (1,)]),
    ("SELECT a FROM t EXCEPT SELECT a FROM u ORDER BY 1", [(3,), (4,)]),
    ("(SELECT a FROM t ORDER BY a LIMIT 1) UNION ALL (SELECT 7) ORDER BY 1 DESC", [(7,), (1,)]),
    (
        "SELECT g FROM t WHERE a = 1 UNION ALL SELECT d FROM t WHERE a = 2 ORDER BY 1",
        [("2026-01-31 00:00:00.000000",), ("2026-11-22 00:00:00.000000",)],
    ),
    ("SELECT a + 1 AS z, z * 2 AS y FROM t WHERE y > 8", [(5, 10)]),
    ("SELECT a, row_number() OVER (ORDER BY a DESC) AS r FROM t QUALIFY r = 1", [(4, 1)]),
    (
        "SELECT a FROM t x QUALIFY row_number() OVER (PARTITION BY f ORDER BY a) = 1 ORDER BY a DESC LIMIT 2",
        [(3,), (2,)],
    ),
    ("SELECT sum(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING) FROM t ORDER BY a", [(1,), (3,), (6,), (10,)]),
    ("SELECT avg(a) OVER () FROM t LIMIT 1", [(2,)]),
    (
        "SELECT lag(a) OVER (ORDER BY a), first_value(a) OVER w FROM t WINDOW w AS (ORDER BY a) ORDER BY a LIMIT 2",
        [(None, 1), (1, 1)],
    ),
    ("SELECT f, sum(sum(a)) OVER () FROM t GROUP BY f ORDER BY f", [(0, 10), (1, 10), (None, 10)]),
    ("VALUES (1, 'a'), (2, NULL)", [(1, "a"), (2, None)]),
    ("SELECT * FROM (VALUES (1), (2)) AS v(n) ORDER BY n DESC", [(2,), (1,)]),
    ("SELECT * EXCLUDE (b, c, d, e, f, j, g, k) FROM t WHERE a = 1", [(1,)]),
    ('SELECT T.A, "a" FROM T WHERE A = 1', [(1, 1)]),
    ("SELECT public.t.a FROM public.t WHERE main.t.a = 1", [(1,)]),
    ("SELECT 1 WHERE 1 = 0", []),
    ("SELECT a FROM t WHERE d > '2026-01-31' AND g <> '2026-01-01'", [(1,)]),
    ("SELECT a FROM t WHERE b = 'one  '", [(1,)]),
    ("SELECT a / 3.0 FROM t ORDER BY 1 DESC LIMIT 1", [(1.3333,)]),
    ("SELECT a FROM t WHERE g < d ORDER BY a", [(1,), (4,)]),
    # SUPER (query-super)
    ("SELECT j.dev FROM t ORDER BY a", [('"TV"',), ('"Radio"',), (None,), ("5",)]),
    ("SELECT j.dev::varchar FROM t ORDER BY a", [("TV",), ("Radio",), (None,), ("5",)]),
    ("SELECT t.j.n::decimal(10,2) FROM t ORDER BY a", [(1.1,), (None,), (None,), (None,)]),
    ("SELECT j.l[1], j.l[0]::int, j.l[7] FROM t WHERE a = 2", [('"b"', 1, None)]),
    (
        "SELECT j.on::varchar, j.on::bool, j.l::varchar FROM t WHERE a < 3 ORDER BY a",
        [("true", 1, None), (None, None, None)],
    ),
    ("SELECT a FROM t WHERE j.dev = 'TV'", [(1,)]),
    ("SELECT a FROM t WHERE j.dev = 5", [(4,)]),
    ("SELECT a FROM t WHERE j.dev <> 'TV' ORDER BY a", [(2,), (4,)]),
    ("SELECT a FROM t WHERE j.on", [(1,)]),
    ("SELECT a FROM t WHERE j.Mixed = 1", [(4,)]),
    ("SELECT a FROM t ORDER BY j.dev", [(4,), (2,), (1,), (3,)]),
    ("SELECT t.a, x, i FROM t, t.j.l AS x AT i ORDER BY i", [(2, "1", 0), (2, '"b"', 1)]),
)


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_rows(run: Run, text: str, expected: list[tuple[Any, ...]]) -> None:
    assert run(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('SELECT a, b AS Foo, c AS "Bar" FROM t', ["a INTEGER", "foo VARCHAR(20)", "Bar DECIMAL(10,2)"]),
        (
            "SELECT 1, 'x', 1.5, null",
            ["?column? INTEGER", "?column? VARCHAR(1)", "?column? DECIMAL(2,1)", "?column? UNKNOWN"],
        ),
        (
            "SELECT count(*), sum(a), avg(c), sum(e) FROM t",
            ["count BIGINT", "sum BIGINT", "avg DECIMAL(38,2)", "sum DOUBLE PRECISION"],
        ),
        (
            "SELECT date_trunc('day', d), dateadd(day, 1, d), datediff(day, d, d), extract(day from d), "
            "date_part('day', d) FROM t",
            [
                "date_trunc TIMESTAMP",
                "date_add TIMESTAMP",
                "date_diff BIGINT",
                "date_part INTEGER",
                "pgdate_part DOUBLE PRECISION",
            ],
        ),
        (
            "SELECT nvl(a, 1), decode(a, 1, 2), case when f then 1 end FROM t",
            ["coalesce INTEGER", "case INTEGER", "case INTEGER"],
        ),
        (
            "SELECT j.x.y, j.x.y::varchar(3), j.l[0], a::bigint FROM t",
            ["y SUPER", "y VARCHAR(3)", "l SUPER", "a BIGINT"],
        ),
        (
            "SELECT c + a, c * c, c / c, a + k FROM t",
            [
                "?column? DECIMAL(13,2)",
                "?column? DECIMAL(21,4)",
                "?column? DECIMAL(21,11)",
                "?column? BIGINT",
            ],
        ),
        ("SELECT a FROM t UNION SELECT c FROM t", ["a DECIMAL(12,2)"]),
    ],
)
def test_headings_and_types(columns: Callable[..., list[str]], text: str, expected: list[str]) -> None:
    assert columns(text) == expected


def test_compat_folds_names(columns: Callable[..., list[str]], run: Run) -> None:
    compat = Settings(compat=True)
    assert columns('SELECT a AS "Mixed" FROM t', compat) == ["mixed INTEGER"]
    assert run("SELECT j.Mixed FROM t WHERE a = 4", settings=compat) == [(None,)]
    cased = Settings(compat=True, enable_case_sensitive_super_attribute=True)
    assert run("SELECT j.Mixed FROM t WHERE a = 4", settings=cased) == [("1",)]
    quoted = Settings(compat=True, enable_case_sensitive_identifier=True)
    assert run('SELECT j."Mixed" FROM t WHERE a = 4', settings=quoted) == [("1",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT nosuch FROM t", r'column "nosuch" does not exist in t \(line 1, column 8\)'),
        ("SELECT x.nosuch FROM t x", 'column "nosuch" does not exist in x'),
        ("SELECT a FROM nosuch", r'relation "nosuch" does not exist \(line 1, column 15\)'),
        ("SELECT a\nFROM s.nosuch", r'relation "s.nosuch" does not exist \(line 2, column 8\)'),
        ("SELECT y.a FROM t", 'relation "y" does not exist'),
    ],
)
def test_undefined(run: Run, text: str, message: str) -> None:
    with pytest.raises(UndefinedObjectError, match=message):
        run(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT b, a FROM t GROUP BY b", 'column "t.a" must appear in the GROUP BY'),
        ("SELECT a, count(*) FROM t", 'column "t.a" must appear'),
        ("SELECT b FROM t GROUP BY b ORDER BY a", 'column "t.a" must appear'),
        ("SELECT a FROM t, u", "ambiguous"),
        ("SELECT 1 FROM t, t", "specified more than once"),
        ("SELECT a FROM t WHERE count(*) > 1", "not allowed in WHERE"),
        ("SELECT sum(count(*)) FROM t", "may not have nested"),
        ("SELECT a FROM t WHERE row_number() OVER () = 1", "not allowed"),
        ("SELECT a FROM t WHERE a", "must be type boolean"),
        ("SELECT a FROM t ORDER BY 5", "not in select list"),
        ("SELECT a FROM t GROUP BY 2", "not in select list"),
        ("SELECT DISTINCT b FROM t ORDER BY a", "must appear in select list"),
        ("SELECT a FROM t UNION SELECT b FROM t", "cannot be matched"),
        ("SELECT a FROM t UNION SELECT a, b FROM t", "same number of columns"),
        ("SELECT a FROM t WHERE b = g", "operator does not exist"),
        ("SELECT case when f then a else b end FROM t", "cannot be matched"),
        ("SELECT a FROM t WHERE a IN (SELECT a, x FROM u)", "columns"),
        ("SELECT 1; SELECT 2", "several statements"),
        ("SELECT b.x FROM t", "cannot navigate"),
        ("SELECT t.b.x FROM t", "cannot navigate"),
    ],
)
def test_wrong(run: Run, text: str, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        run(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT ON (a) a FROM t",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t TABLESAMPLE BERNOULLI (10)",
        "SELECT a INTO x FROM t",
        "SELECT a FROM t FETCH FIRST 3 ROWS ONLY",
        "SELECT bit_and(a) OVER () FROM t",
        "SELECT max(a ORDER BY b) FROM t",
        "SELECT a FROM t PIVOT (sum(a) FOR b IN ('x', 'y'))",
        "SELECT * FROM generate_series(1, 3)",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM db.s.t",
        "SELECT a FROM t INTERSECT ALL SELECT a FROM t",
        "SELECT b AT TIME ZONE 'UTC' FROM t",
        "SELECT a BETWEEN SYMMETRIC 1 AND 2 FROM t",
        "SELECT $1",
        "SELECT @x",
        "SELECT %s",
        "SELECT f(x => 1)",
    ],
)
def test_refused(run: Run, text: str) -> None:
    with pytest.raises(Error):
        run(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT a FROM t WHERE", "syntax error at end of input"),
        ("SELECT a FROM t WHERE )", 'syntax error at or near "\\)"'),
        ("SELECT FROM WHERE", "syntax error"),
        ("SELECT 'a", "syntax error"),
        ("SELECT (1", "syntax error"),
        ("SELECT 1 2", "syntax error"),
    ],
)
def test_syntax_errors(run: Run, text: str, message: str) -> None:
    with pytest.raises(SQLSyntaxError, match=message):
        run(text)


def test_a_nested_caret(resolver: Any) -> None:
    with pytest.raises(SQLSyntaxError) as caught:
        compile_query("SELECT a\nFROM t\nWHERE a = = 1", resolver)
    assert caught.value.line == 3
    assert "LINE 3: WHERE a = = 1" in str(caught.value)


def test_what_a_query_reads(resolver: Any) -> None:
    compiled = compile_query("SELECT ?, :n FROM t WHERE a IN (SELECT a FROM u WHERE a = ?)", resolver)
    assert compiled.relations == ("t", "u")
    assert compiled.positional == 2
    assert compiled.named == ("n",)


def test_long_conditions(run: Run) -> None:
    assert run("SELECT count(*) FROM t WHERE " + " OR ".join(f"a = {n}" for n in range(800))) == [(4,)]
    with pytest.raises(NotSupportedError, match="nested too deeply"):
        run("SELECT " + "(" * 3000 + "1" + ")" * 3000)


def test_sqlalchemy_text(run: Run) -> None:
    """Statements as SQLAlchemy's compiler for SQLite writes them."""
    text = "SELECT t.a AS t_a, CAST(t.c AS NUMERIC(10, 2)) AS anon_1 \nFROM t \n"
    text += "WHERE (t.b LIKE ? || '%') AND t.f = 1 ORDER BY t.a\n LIMIT ? OFFSET ?"
    assert run(text, "o", 10, 0) == [(1, 10.25)]
    assert run("SELECT t.a FROM t WHERE t.a IN (SELECT 1 FROM (SELECT 1) WHERE 1!=1)") == []
    assert run("SELECT JSON_QUOTE(JSON_EXTRACT(t.j, ?)) AS anon_1 FROM t WHERE a = 1", "$.dev") == [('"TV"',)]
    assert run(
        "SELECT CAST(STRFTIME('%Y', t.d) AS INTEGER) AS y FROM t WHERE t.b IS NOT NULL ORDER BY y"
    ) == [(2024,), (2026,), (2026,)]
    assert run("SELECT count(*) AS count_1 FROM t WHERE t.b IS NOT ?", None) == [(3,)]
