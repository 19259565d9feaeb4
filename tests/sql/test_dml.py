"""The SQL that INSERT, UPDATE, DELETE and CREATE TABLE become."""

from __future__ import annotations

import pytest

from streamdialect.errors import NotSupportedError, ProgrammingError, SQLSyntaxError, UndefinedObjectError
from streamdialect.model import Column, Relation, StoredColumn
from streamdialect.sql import Settings, compile_change, read_added_column, read_table
from streamdialect.types import parse_type


class Tables:
    """Be a resolver of one table, ``t (a INT, b VARCHAR(5), s SUPER)``."""

    def relation(self, schema: str | None, name: str) -> Relation | None:
        if schema not in (None, "public") or name != "t":
            return None
        declared = (("a", "INT", "7"), ("b", "VARCHAR(5)", None), ("s", "SUPER TEXT", None))
        return Relation(
            name="t",
            kind="table",
            columns=tuple(Column(name=column, type=parse_type(kind)) for column, kind, _ in declared),
            source='main."t"',
            stored=tuple(
                StoredColumn(name=column, declared=kind, default=default)
                for column, kind, default in declared
            ),
            has_rowid=True,
        )


def change(text: str) -> str:
    return compile_change(text, Tables()).sql


def test_values_that_fit_are_written_as_they_are() -> None:
    assert change("INSERT INTO t VALUES (1, 'x', NULL)") == (
        'INSERT INTO main."t" AS "t" ("a", "b", "s") VALUES (1, \'x\', NULL)'
    )
    assert change("INSERT INTO t (a, b) VALUES (DEFAULT, 'x')") == (
        'INSERT INTO main."t" AS "t" ("b") VALUES (\'x\')'
    )
    assert change("INSERT INTO t SELECT a, b, s FROM t") == (
        'INSERT INTO main."t" AS "t" ("a", "b", "s") '
        'SELECT "t"."a" AS "a", "t"."b" AS "b", "t"."s" AS "s" FROM main."t" AS "t"'
    )


def test_common_values_stay_in_sqlite() -> None:
    sql = change("INSERT INTO t (a) VALUES (?)")
    fast, slow = sql.split(" WHEN ?1 IS NOT NULL THEN ")
    assert "streamdialect" not in fast
    assert "streamdialect_integer(?1, 'INTEGER')" in slow


def test_a_row_is_deleted_once_and_a_name_of_the_target_is_the_target() -> None:
    assert change("DELETE FROM t USING t AS u WHERE u.a = 1").startswith(
        'DELETE FROM main."t" AS "t" WHERE EXISTS (SELECT 1 FROM main."t" AS "u" WHERE '
    )
    assert '"t".rowid = "u".rowid' in change("UPDATE t SET a = 1 FROM t AS u WHERE u.b = 'x'")
    assert "rowid" not in change("UPDATE t SET a = 1 FROM t AS u WHERE u.b = 'x' AND t.a = 2")


def test_a_volatile_value_is_computed_once() -> None:
    assert "AS MATERIALIZED" in change("INSERT INTO t (b) SELECT RANDOM()")
    assert "MATERIALIZED" not in change("INSERT INTO t (b) SELECT a FROM t")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("INSERT INTO t", ProgrammingError, "needs VALUES or a query"),
        ("INSERT INTO t VALUES (1), (1, 2)", ProgrammingError, "same length"),
        ("INSERT INTO t (a, b) VALUES (1)", ProgrammingError, "more target columns"),
        ("INSERT INTO t (a) SELECT 1, 2", ProgrammingError, "more expressions"),
        ("INSERT INTO t (a) VALUES (b)", UndefinedObjectError, 'column "b" does not exist'),
        ("INSERT INTO t (a) VALUES (COUNT(*))", ProgrammingError, "(?i)aggregate"),
        (
            "INSERT INTO t (a) VALUES (CURRENT_DATE)",
            ProgrammingError,
            "of type integer but expression is of type date",
        ),
        ("UPDATE t SET a = 1, a = 2", ProgrammingError, "multiple assignments"),
        ("UPDATE t SET s.x = 1", ProgrammingError, "name of a column alone"),
        ("UPDATE t SET (a, b) = (SELECT 1, 'x')", NotSupportedError, "several columns"),
        ("UPDATE t SET a = 1 WHERE COUNT(*) > 1", ProgrammingError, "(?i)aggregate"),
        ("UPDATE t SET a = 1 ORDER BY a LIMIT 1", NotSupportedError, "ORDER"),
        ("DELETE FROM t WHERE CURRENT OF c", SQLSyntaxError, "OF"),
        ("DELETE FROM t RETURNING COUNT(*)", NotSupportedError, "RETURNING with"),
        ("INSERT INTO t VALUES (1); DELETE FROM t", ProgrammingError, "several statements"),
        ("INSERT INTO x VALUES (1)", UndefinedObjectError, 'relation "x" does not exist'),
    ],
)
def test_errors(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        change(text)


def table(text: str, compat: bool = False) -> str:
    return read_table(text, Tables(), Settings(compat=compat)).sql


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b REAL CHECK (b > 0) /* x */, c BLOB) STRICT",
        'CREATE TABLE "T x" ([a b] INT, `c` NUMERIC(5, 2), d, FOREIGN KEY (d) REFERENCES u (e) ON DELETE CASCADE)',
        "CREATE TABLE t (a INT PRIMARY KEY ON CONFLICT REPLACE, b INT AS (a * 2)) WITHOUT ROWID",
        "CREATE TABLE t (a INT, UNIQUE (a), CONSTRAINT c CHECK (a <> 1)) -- end",
    ],
)
def test_what_is_of_sqlite_stays_as_it_is(text: str) -> None:
    assert table(text) == text.removesuffix(" -- end")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE TABLE t (a SUPER)", "CREATE TABLE t (a SUPER TEXT)"),
        ("CREATE TABLE public.t (a INT)", "CREATE TABLE main.t (a INT)"),
        ("CREATE LOCAL TEMP TABLE t (a INT)", "CREATE  TEMP TABLE t (a INT)"),
        ("CREATE TABLE #t (a INT)", 'CREATE TEMP TABLE "#t" (a INT)'),
        ("CREATE TABLE t (a VARCHAR(MAX))", "CREATE TABLE t (a VARCHAR(65535))"),
        ("CREATE TABLE t (a TEXT COLLATE NOCASE)", "CREATE TABLE t (a TEXT COLLATE NOCASE)"),
        (
            "CREATE TABLE t (a INT DEFAULT 1 + 1 NOT NULL)",
            "CREATE TABLE t (a INT DEFAULT (/* 1 + 1 */ (1 + 1)) NOT NULL)",
        ),
        ("CREATE TABLE t (a BOOL DEFAULT FALSE)", "CREATE TABLE t (a BOOL DEFAULT 0)"),
        ("CREATE TABLE t (a DATE DEFAULT '1/2/2020')", "CREATE TABLE t (a DATE DEFAULT '2020-01-02')"),
        ("CREATE TABLE t (a INT CHECK (a <> '\\\\'))", "CREATE TABLE t (a INT CHECK (a <> '\\'))"),
        ("CREATE TABLE t (a INT) DISTSTYLE EVEN SORTKEY (a)", "CREATE TABLE t (a INT)  "),
        ("CREATE TABLE t (a INT ENCODE RAW DISTKEY)", "CREATE TABLE t (a INT  )"),
    ],
)
def test_tables(text: str, expected: str) -> None:
    assert table(text) == expected


def test_an_integer_key_does_not_number_rows_in_compat() -> None:
    text = "CREATE TABLE t (a INTEGER, PRIMARY KEY (a))"
    assert table(text) == text
    assert table(text, compat=True) == "CREATE TABLE t (a INT NOT NULL, PRIMARY KEY (a))"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("CREATE TABLE t", SQLSyntaxError),
        ("CREATE TABLE t (", SQLSyntaxError),
        ("CREATE TABLE t ()", SQLSyntaxError),
        ("CREATE TABLE t (a INT,)", SQLSyntaxError),
        ("CREATE TABLE t AS", SQLSyntaxError),
        ("CREATE TABLE t (a INT DEFAULT)", SQLSyntaxError),
        ("CREATE TABLE t (a INT DEFAULT b)", UndefinedObjectError),
        ("CREATE TABLE t (a INT DEFAULT ?)", ProgrammingError),
        ("CREATE TABLE t (a DECIMAL(40,2))", Exception),
        ("CREATE TABLE t (LIKE x)", NotSupportedError),
    ],
)
def test_errors_of_tables(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        table(text)


def test_an_added_column() -> None:
    added = read_added_column(
        "ALTER TABLE t ADD b VARCHAR(5) DEFAULT 'it\\'s' ENCODE lzo", Tables(), Settings()
    )
    assert added == "ALTER TABLE t ADD b VARCHAR(5) DEFAULT 'it''s' "
