"""INSERT, UPDATE, DELETE and DDL through the driver: conversions, transactions, and what stays SQLite's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import Connection
from tests.outsider import run_elsewhere


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    yield opened
    opened.close()


def stored(connection: Connection, declared: str, value: Any) -> Any:
    """Put a bound value into a column; give what the file holds."""
    connection.execute("DROP TABLE IF EXISTS stored")
    connection.execute(f"CREATE TABLE stored (x {declared})")
    connection.execute("INSERT INTO stored VALUES (?)", (value,))
    text = connection.execute("SELECT typeof(x), CAST(x AS VARCHAR) FROM stored").fetchall()
    return text and connection.execute("SELECT x FROM stored").fetchall()[0][0]


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("SMALLINT", "7", 7),
        ("INTEGER", 2.5, 3),
        ("INTEGER", True, 1),
        ("BIGINT", Decimal("12"), 12),
        ("DECIMAL(5,2)", Decimal("1.005"), Decimal("1.01")),
        ("DECIMAL(5,2)", "1.005", Decimal("1.01")),
        ("DECIMAL(5,2)", 2, Decimal("2.00")),
        ("DECIMAL(38,0)", 2**62, Decimal(2**62)),
        ("DOUBLE PRECISION", 1, 1.0),
        ("DOUBLE PRECISION", "1e3", 1000.0),
        ("BOOLEAN", "yes", True),
        ("BOOLEAN", 0, False),
        ("VARCHAR(3)", "abc  ", "abc"),
        ("VARCHAR(3)", 12, "12"),
        ("CHAR(3)", "é ", "é "),
        ("TEXT", "x" * 70_000, "x" * 70_000),
        ("DATE", "2020/1/31", date(2020, 1, 31)),
        ("DATE", datetime(2020, 1, 31, 5), date(2020, 1, 31)),
        ("TIMESTAMP", date(2020, 1, 31), datetime(2020, 1, 31)),
        ("TIMESTAMP", "2020-01-31 5:06 pm", datetime(2020, 1, 31, 17, 6)),
        ("DATETIME", datetime(2020, 1, 31, 1, 2, 3, 4), datetime(2020, 1, 31, 1, 2, 3, 4)),
        ("TIMESTAMPTZ", "2020-01-31 05:00+02", datetime(2020, 1, 31, 3, tzinfo=timezone.utc)),
        ("TIMETZ", "10:00+02", time(8, tzinfo=timezone.utc)),
        ("TIME", time(8, 1), time(8, 1)),
        ("VARBYTE(3)", "abc", b"abc"),
        ("SUPER", "x", '"x"'),
        ("SUPER", 1.5, "1.5"),
        ("JSON", '{"a": 1}', '{"a": 1}'),
        ("NUMERIC", Decimal("1.2345"), Decimal("1.2345")),
    ],
)
def test_a_bound_value_takes_the_type_of_its_column(
    connection: Connection, declared: str, value: Any, expected: Any
) -> None:
    assert stored(connection, declared, value) == expected
    assert stored(connection, declared, None) is None


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("SMALLINT", 40000, "smallint out of range"),
        ("INTEGER", 2**31, "integer out of range"),
        ("INTEGER", "1.5", "invalid input syntax for integer"),
        ("DECIMAL(5,2)", 1000, "numeric field overflow"),
        ("DECIMAL(5,2)", "x", "invalid input syntax"),
        ("DOUBLE PRECISION", "x", "invalid input syntax"),
        ("BOOLEAN", "maybe", "invalid input syntax"),
        ("VARCHAR(3)", "éé", r"value too long for type character varying\(3\)"),
        ("VARCHAR(3)", b"abc", "varbyte"),
        ("CHAR(3)", "abcd", r"value too long for type character\(3\)"),
        ("DATE", "2020-02-30", "out of range"),
        ("TIMESTAMP", "2020-02-30 00:00:00.000000", "out of range"),
        ("TIMESTAMP", "abcdefghijklmnopqrstuvwxyz", "invalid input syntax"),
        ("VARBYTE(3)", b"abcd", "value too long for type varbyte"),
    ],
)
def test_a_bound_value_that_does_not_fit(
    connection: Connection, declared: str, value: Any, message: str
) -> None:
    with pytest.raises(streamdialect.DataError, match=message):
        stored(connection, declared, value)


def test_compat_limits_text_and_numeric_without_a_size(database: Path) -> None:
    with streamdialect.connect(database, compat="redshift") as connection:
        assert stored(connection, "NUMERIC", Decimal("1.5")) == Decimal(2)
        for declared in ("TEXT", "VARCHAR"):
            with pytest.raises(streamdialect.DataError, match=r"character varying\(256\)"):
                stored(connection, declared, "x" * 257)
    connection.close()


def test_many_rows(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT, b VARCHAR(3))")
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO t VALUES (?, UPPER(?))", [(n, f"x{n}") for n in range(50)])
    assert cursor.rowcount == 50
    assert connection.execute("SELECT MAX(b) FROM t").fetchall() == [("X9",)]
    cursor.executemany("UPDATE t SET a = a / :d WHERE a >= :low", [{"d": 2, "low": 40}, {"d": 3, "low": 100}])
    assert cursor.rowcount == 10
    with pytest.raises(streamdialect.DataError, match="value too long"):
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "abcd")])
    with pytest.raises(streamdialect.InterfaceError, match="2 parameters, 1 were given"):
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2,)])
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [])
    assert cursor.rowcount == 0
    cursor.executemany("INSERT INTO t (b) VALUES (DATE_TRUNC(?, NOW())::VARCHAR(3))", [("year",), ("month",)])
    assert cursor.rowcount == 2


def test_rowcount_and_lastrowid(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b INT)")
    cursor = connection.execute("INSERT INTO t (b) VALUES (1), (2), (3)")
    assert (cursor.rowcount, cursor.lastrowid) == (3, 3)
    cursor = connection.execute("WITH x AS (SELECT 9 AS a) INSERT INTO t SELECT a, a FROM x")
    assert (cursor.rowcount, cursor.lastrowid) == (1, 9)
    assert connection.execute("UPDATE t SET b = 0 WHERE a < 3").rowcount == 2
    assert connection.execute("DELETE FROM t WHERE a < 3").rowcount == 2


def test_syntax_of_sqlite(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(9) UNIQUE, n DECIMAL(5,2))")
    connection.execute("INSERT INTO t VALUES (1, 'x', 1)")
    assert connection.execute("INSERT OR IGNORE INTO t VALUES (1, 'x', 1)").rowcount == 0
    connection.execute("REPLACE INTO t VALUES (1, 'y', 3/2)")
    cursor = connection.execute(
        "INSERT INTO t AS old VALUES (1, 'z', 2) ON CONFLICT (a) WHERE a > 0 DO UPDATE"
        " SET n = old.n + excluded.n, b = b || 'w' WHERE excluded.a = 1 RETURNING *, n * 2 AS twice"
    )
    assert cursor.fetchall() == [(1, "yw", Decimal("3.00"), Decimal("6.00"))]
    assert [column[0] for column in cursor.description or ()] == ["a", "b", "n", "twice"]
    connection.execute("INSERT INTO t SELECT 1, 'q', 1 ON CONFLICT DO NOTHING")
    assert connection.execute("UPDATE OR REPLACE t SET b = 'yw' RETURNING a").fetchall() == [(1,)]
    assert connection.execute("DELETE FROM t RETURNING b").fetchall() == [("yw",)]
    connection.execute("CREATE TABLE s (a INT PRIMARY KEY, b ANY, CHECK (a > 0)) STRICT, WITHOUT ROWID")
    connection.execute("INSERT INTO s VALUES (1, 'x'), (2, 1.5)")
    with pytest.raises(streamdialect.IntegrityError, match="CHECK"):
        connection.execute("INSERT INTO s VALUES (-1, NULL)")
    connection.execute("CREATE INDEX s_b ON s (b) WHERE a > 0")
    connection.execute("SAVEPOINT p")
    connection.execute("DELETE FROM s")
    connection.execute("ROLLBACK TO p")
    connection.execute("RELEASE p")
    assert connection.execute("SELECT COUNT(*) FROM s").fetchall() == [(2,)]
    connection.execute("CREATE TRIGGER log AFTER DELETE ON s BEGIN INSERT INTO t (b) VALUES ('gone'); END")
    connection.execute("DELETE FROM s WHERE a = 1")
    assert connection.execute("SELECT b FROM t").fetchall() == [("gone",)]
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(w)")
    connection.execute("INSERT INTO words (w) VALUES ('some text')")
    connection.execute("INSERT INTO words (words) VALUES ('rebuild')")


def test_columns_that_are_not_there(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED)")
    connection.execute("INSERT INTO t VALUES (4)")
    assert connection.execute("SELECT * FROM t").fetchall() == [(4, 8)]
    for text in ("INSERT INTO t (c) VALUES (1)", "UPDATE t SET c = 1", "UPDATE t SET a = c"):
        with pytest.raises(streamdialect.UndefinedObjectError, match='column "c"'):
            connection.execute(text)
    for text in ("INSERT INTO t (b) VALUES (1)", "UPDATE t SET b = 1", "INSERT INTO t (a, a) VALUES (1, 2)"):
        with pytest.raises(streamdialect.ProgrammingError, match=r"generated|more than once"):
            connection.execute(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO v VALUES (1)",
        "UPDATE v SET a = 1",
        "WITH x AS (SELECT 1) DELETE FROM v",
        "MERGE INTO v USING t ON v.a = t.a REMOVE DUPLICATES",
        "INSERT INTO svv_mv_info VALUES (1)",
        "DELETE FROM svv_mv_info",
    ],
)
def test_what_cannot_be_changed(connection: Connection, text: str) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
    with pytest.raises(streamdialect.NotSupportedError, match=r"(INSERT|UPDATE|DELETE|MERGE) of the "):
        connection.execute(text)


def test_merge_undoes_itself_alone(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT, b VARCHAR(3))")
    connection.execute("CREATE TABLE s (a INT, b VARCHAR(9))")
    connection.execute("INSERT INTO t VALUES (1, 'x')")
    connection.execute("INSERT INTO s VALUES (1, 'y'), (2, 'too long')")
    merge = (
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b"
        " WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b)"
    )
    for _ in range(2):
        with pytest.raises(streamdialect.DataError, match="value too long"):
            connection.execute(merge)
        assert connection.execute("SELECT * FROM t").fetchall() == [(1, "x")]
    connection.execute("UPDATE s SET b = ? WHERE a = ?", ("z", 2))
    assert connection.execute(merge).rowcount == 2
    assert connection.execute("SELECT * FROM t ORDER BY a").fetchall() == [(1, "y"), (2, "z")]
    with pytest.raises(streamdialect.InterfaceError, match="parameters"):
        connection.execute(merge, (1,))


def test_a_table_of_a_query_takes_parameters(connection: Connection) -> None:
    connection.execute("CREATE TABLE t AS SELECT ?::INT AS a, DATE_TRUNC(?, SYSDATE) AS b", (5, "year"))
    cursor = connection.execute("SELECT * FROM t")
    assert [str(column[1]) for column in cursor.description or ()] == ["INTEGER", "TIMESTAMP"]
    assert cursor.fetchall()[0][0] == 5
    assert connection.execute("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS z").rowcount == -1
    with pytest.raises(streamdialect.ProgrammingError, match="specified more than once"):
        connection.execute("CREATE TABLE u AS SELECT 1 AS a, 2 AS a")
    with pytest.raises(streamdialect.ProgrammingError, match="takes no parameters"):
        connection.execute("CREATE VIEW w AS SELECT ? AS a", (1,))


def test_translations_follow_the_schema(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    for value in ("1", "2"):
        connection.execute("INSERT INTO t VALUES (?)", (value,))
    connection.execute("SAVEPOINT p")
    connection.execute("DROP TABLE t")
    connection.execute("CREATE TABLE t (a VARCHAR(5))")
    connection.execute("INSERT INTO t VALUES (?)", ("x",))
    connection.execute("ROLLBACK TO p")
    with pytest.raises(streamdialect.DataError, match="integer"):
        connection.execute("INSERT INTO t VALUES (?)", ("x",))
    assert connection.execute("SELECT a FROM t ORDER BY a").fetchall() == [(1,), (2,)]


def test_a_view_that_another_program_replaced(connection: Connection, database: Path) -> None:
    connection.execute("CREATE VIEW v AS SELECT 1.50 AS a")
    connection.commit()
    assert connection.execute("SELECT a FROM v").fetchall() == [(Decimal("1.50"),)]
    run_elsewhere(database, "DROP VIEW v", "CREATE VIEW v AS SELECT 'x' AS a")
    assert connection.execute("SELECT a FROM v").fetchall() == [("x",)]
    connection.execute("CREATE OR REPLACE VIEW v AS SELECT 2 AS a")
    assert connection.execute("SELECT a FROM v").fetchall() == [(2,)]
    assert connection.execute("CREATE VIEW IF NOT EXISTS v AS SELECT 3 AS a").rowcount == -1
    connection.execute("CREATE TEMP VIEW mine AS SELECT a + 1 AS b FROM v")
    assert connection.execute("SELECT b FROM mine").fetchall() == [(3,)]


def test_a_view_with_a_trigger_takes_changes(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT, b VARCHAR(3))")
    connection.execute("CREATE VIEW v AS SELECT a, b FROM t")
    for text in ("INSERT INTO v VALUES (1, 'x')", "UPDATE v SET a = 1", "DELETE FROM v"):
        with pytest.raises(streamdialect.ProgrammingError, match="view"):
            connection.execute(text)
    connection.execute(
        "CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.a + 1, NEW.b); END"
    )
    connection.execute("INSERT INTO v VALUES (1, 'x')")
    assert connection.execute("SELECT a, b FROM v").fetchall() == [(2, "x")]


def test_explain(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    cursor = connection.execute("EXPLAIN SELECT NVL(a, 1) FROM t WHERE a::VARCHAR = '1'")
    assert [column[0] for column in cursor.description or ()] == ["QUERY PLAN"]
    assert cursor.fetchall() == [("SCAN t",)]
    assert len(connection.execute("EXPLAIN QUERY PLAN SELECT 1").description or ()) == 4
    assert connection.execute("EXPLAIN DELETE FROM t WHERE a = 1").fetchall() == [("SCAN t",)]
    with pytest.raises(streamdialect.NotSupportedError, match="EXPLAIN"):
        connection.execute("EXPLAIN DROP TABLE t")


def test_vacuum_and_analyze(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    connection.commit()
    for text in (
        "VACUUM",
        "VACUUM FULL t TO 75 PERCENT",
        "VACUUM DELETE ONLY",
        "ANALYZE",
        "ANALYZE VERBOSE t (a)",
    ):
        connection.execute(text)
        connection.commit()
    with pytest.raises(streamdialect.NotSupportedError, match="VACUUM INTO"):
        connection.execute("VACUUM INTO 'x.db'")
    with pytest.raises(streamdialect.NotSupportedError, match="ANALYZE COMPRESSION"):
        connection.execute("ANALYZE COMPRESSION t")


@pytest.mark.parametrize(
    "text",
    [
        "COPY t FROM 's3://x'",
        "UNLOAD ('SELECT 1') TO 's3://x'",
        "GRANT ALL ON t TO x",
        "CREATE USER x",
        "CREATE OR REPLACE FUNCTION f() RETURNS INT",
        "DROP PROCEDURE p()",
        "CREATE SCHEMA s",
        "CALL p()",
        "LOCK t",
        "COMMENT ON TABLE t IS 'x'",
        "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)",
        "ALTER TABLE t OWNER TO x",
        "CREATE TABLE u (a INT IDENTITY(1, 1), b INT PRIMARY KEY)",
        "CREATE TABLE u (a VARCHAR(5) IDENTITY(1, 1))",
        "CREATE TABLE u (a INTERVAL)",
    ],
)
def test_what_is_refused_by_name(connection: Connection, text: str) -> None:
    with pytest.raises(streamdialect.NotSupportedError, match=r"not supported"):
        connection.execute(text)


def test_public_is_not_a_temporary_table_of_that_name(database: Path) -> None:
    connection = streamdialect.connect(database)
    connection.execute("CREATE TEMP TABLE t (a INT)")
    connection.execute("CREATE TABLE main.t (b) AS SELECT 1 AS x")
    connection.execute("INSERT INTO t VALUES (2)")
    assert connection.execute("SELECT * FROM t").fetchall() == [(2,)]
    assert connection.execute("SELECT b FROM public.t").fetchall() == [(1,)]
    connection.close()
