"""What a table keeps of its DEFAULTs and constraints, for reflection and for other programs that write to it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.outsider import run_elsewhere


def defaults(connection: streamdialect.Connection, table: str) -> list[Any]:
    return [row[4] for row in connection.execute(f"PRAGMA table_xinfo('{table}')").fetchall()]


@pytest.mark.parametrize(
    ("kind", "written", "kept", "value"),
    [
        ("INTEGER", "'10'", "10", 10),
        ("INTEGER", "-1", "-1", -1),
        ("INTEGER", "3 + 5", "/* 3 + 5 */ 8", 8),
        ("INTEGER", "((3) + (5))", "/* (3) + (5) */ 8", 8),
        ("BOOLEAN", "true", "1", True),
        ("FLOAT", "1e3", "1000.0", 1000.0),
        ("DATE", "'2024-01-01'", "'2024-01-01'", "2024-01-01"),
        ("TIME", "'10:00'", "'10:00:00.000000'", "10:00:00"),
        ("VARCHAR(9)", "('it''s')", "'it''s'", "it's"),
        ("VARCHAR(20)", "'a */ b'", "'a */ b'", "a */ b"),
        ("VARCHAR(20)", "upper('a */ b')", "'A */ B'", "A */ B"),
        ("VARCHAR(9)", "upper('x')", "/* upper('x') */ 'X'", "X"),
        ("SUPER", "json_parse('[1]')", "/* json_parse('[1]') */ '[1]'", "[1]"),
        ("VARBYTE", "to_varbyte('aa', 'hex')", "/* to_varbyte('aa', 'hex') */ X'aa'", "b'\\xaa'"),
        ("INTEGER", "NULL", "NULL", None),
    ],
)
def test_a_constant_default_is_one_for_sqlite(
    tmp_path: Path, kind: str, written: str, kept: str, value: object
) -> None:
    file = tmp_path / "d.db"
    with streamdialect.connect(file, ingest="off", autocommit=True) as connection:
        connection.execute(f"CREATE TABLE t (a INTEGER, b {kind} DEFAULT {written})")
        connection.execute("INSERT INTO t (a) VALUES (1)")
        connection.execute("CREATE TABLE added (a INTEGER)")
        connection.execute(f"ALTER TABLE added ADD COLUMN b {kind} DEFAULT {written}")
        connection.execute("CREATE TABLE copied (LIKE t INCLUDING DEFAULTS)")
        assert defaults(connection, "t")[1] == kept
        assert defaults(connection, "added")[1] == kept
        assert defaults(connection, "copied")[1] == kept
        run_elsewhere(file, "INSERT INTO t (a) VALUES (2)")  # without a function of ours
        first, second = connection.execute("SELECT b FROM t ORDER BY a").fetchall()
        assert first == second
        assert (first[0] if value is None or not isinstance(value, str) else str(first[0])) == value
    connection.close()


@pytest.mark.parametrize("written", ["CURRENT_TIMESTAMP", "GETDATE()", "SYSDATE", "(CURRENT_TIMESTAMP)"])
def test_a_default_of_the_clock_says_what_was_written(tmp_path: Path, written: str) -> None:
    file = tmp_path / "d.db"
    with streamdialect.connect(file, ingest="off", autocommit=True) as connection:
        connection.execute(f"CREATE TABLE t (a INTEGER, b TIMESTAMP DEFAULT {written})")
        assert defaults(connection, "t")[1].startswith(
            f"/* {written.strip('()') if written[0] == '(' else written} */ "
        )
        run_elsewhere(file, "INSERT INTO t (a) VALUES (2)")
        connection.execute("INSERT INTO t (a, b) VALUES (1, DEFAULT)")
        assert all(row[0].year > 2000 for row in connection.execute("SELECT b FROM t").fetchall())
    connection.close()


def test_a_default_that_does_not_fit_is_refused_when_it_is_written(tmp_path: Path) -> None:
    with (
        streamdialect.connect(tmp_path / "d.db", ingest="off") as connection,
        pytest.raises(streamdialect.DataError, match='invalid input syntax for integer: "abc"'),
    ):
        connection.execute("CREATE TABLE t (a INTEGER DEFAULT 'abc')")
    connection.close()


def test_constraints_keep_their_names_and_texts(tmp_path: Path) -> None:
    sql = (
        "CREATE TABLE t (id INTEGER NOT NULL, a INTEGER CONSTRAINT ck1 CHECK (a > 0), b INTEGER, "
        "c INTEGER GENERATED ALWAYS AS (a * 2) STORED, d INTEGER GENERATED ALWAYS AS (a + 1) VIRTUAL, "
        'CONSTRAINT "Pk" PRIMARY KEY (id), CONSTRAINT uq UNIQUE (a, b), '
        "CONSTRAINT fk FOREIGN KEY (b) REFERENCES t (id) ON DELETE CASCADE, CONSTRAINT ck2 CHECK (b <> 5))"
    )
    with streamdialect.connect(tmp_path / "d.db", ingest="off") as connection:
        connection.execute(sql)
        assert connection.execute("SELECT sql FROM sqlite_master WHERE name = 't'").fetchone() == (sql,)
        connection.execute("INSERT INTO t (id, a, b) VALUES (1, 2, 1)")
        assert connection.execute("SELECT c, d FROM t").fetchone() == (4, 3)
    connection.close()


def test_json_that_sqlite_made_is_text_to_a_cast(tmp_path: Path) -> None:
    with streamdialect.connect(tmp_path / "d.db", ingest="off") as connection:
        connection.execute("CREATE TABLE t (data VARCHAR(100))")
        connection.execute("""INSERT INTO t VALUES ('{"k": "v", "l": [1]}')""")
        sql = (
            "SELECT CAST(JSON_QUOTE(JSON_EXTRACT(data, ?)) AS VARCHAR),"
            " CAST(JSON_ARRAY(1, 'a') AS VARCHAR(20)) FROM t"
        )
        assert connection.execute(sql, ("$.k",)).fetchone() == ('"v"', '[1,"a"]')
        found = connection.execute(
            "SELECT 1 FROM t WHERE CAST(JSON_QUOTE(JSON_EXTRACT(data, ?)) AS VARCHAR) = ?", ("$.k", '"v"')
        )
        assert found.fetchall() == [(1,)]
        # SUPER itself is cast as on Redshift.
        assert connection.execute("SELECT CAST(JSON_PARSE('\"v\"') AS VARCHAR)").fetchone() == ("v",)
    connection.close()


def test_values_without_a_type_are_cast_as_what_they_are(tmp_path: Path) -> None:
    with streamdialect.connect(tmp_path / "d.db", ingest="off") as connection:
        connection.execute("CREATE TABLE t (data VARCHAR(100))")
        connection.execute("""INSERT INTO t VALUES ('{"i": 15, "d": 99998969694839.98, "t": true}')""")
        sql = "SELECT CAST(JSON_EXTRACT(data, ?) AS VARCHAR), CAST(JSON_EXTRACT(data, ?) AS NUMERIC(18, 2)) FROM t"
        assert connection.execute(sql, ("$.i", "$.d")).fetchone() == ("15", Decimal("99998969694839.98"))
        assert connection.execute(sql, ("$.t", "$.none")).fetchone() == ("1", None)
        found = "SELECT 1 FROM t WHERE CAST(JSON_EXTRACT(data, '$.d') AS NUMERIC(18, 2)) = 99998969694839.98"
        assert connection.execute(found).fetchall() == [(1,)]
        # DOUBLE PRECISION counts 15 digits when it becomes DECIMAL, as on Redshift.
        double = "SELECT CAST(CAST(99998969694839.98 AS FLOAT) AS NUMERIC(18, 2))"
        assert connection.execute(double).fetchone() == (Decimal("99998969694840.00"),)
    connection.close()


def test_a_closed_cursor_keeps_its_counts(tmp_path: Path) -> None:
    with streamdialect.connect(tmp_path / "d.db", ingest="off") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)")
        cursor = connection.execute("INSERT INTO t (a) VALUES (5)")
        cursor.close()
        assert (cursor.lastrowid, cursor.rowcount) == (1, 1)
        with pytest.raises(streamdialect.InterfaceError):
            cursor.fetchall()
    connection.close()
