"""The driver: PEP 249's connections and cursors over a file."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

import streamdialect
from streamdialect import Connection
from streamdialect.ingest import registry
from tests.interrupting import interrupting


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    yield opened
    opened.close()


def test_the_module(connection: Connection) -> None:
    assert (streamdialect.apilevel, streamdialect.threadsafety, streamdialect.paramstyle) == (
        "2.0",
        1,
        "qmark",
    )
    for name in ("Error", "InterfaceError", "DataError", "NotSupportedError", "Warning"):
        assert getattr(connection, name) is getattr(streamdialect, name)


def test_values_there_and_back(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE t (b BOOLEAN, i BIGINT, n DECIMAL(12,3), f DOUBLE PRECISION, s VARCHAR(20), y VARBYTE,"
        " d DATE, t TIME, ts TIMESTAMP, tz TIMESTAMPTZ, j SUPER TEXT)"
    )
    values = (
        True,
        2**62,
        Decimal("123456789.125"),
        0.1,
        "grün",
        b"\0\xff",
        date(2026, 2, 28),
        time(1, 2, 3, 4),
        datetime(2026, 2, 28, 1, 2, 3, 4),
        datetime.fromisoformat("2026-02-28T03:02:03+02:00"),
        '{"a":5.0}',
    )
    marks = ", ".join("?" * (len(values) - 1))
    connection.execute(f"INSERT INTO t VALUES ({marks}, JSON_PARSE(?))", values)
    connection.execute("INSERT INTO t (i) VALUES (NULL)")
    row, nulls = connection.execute("SELECT * FROM t").fetchall()
    assert row == values
    assert [type(value) for value in row] == [type(value) for value in values]
    assert nulls == (None,) * len(values)


def test_a_decimal_is_exact_or_refused(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (n DECIMAL(18,4))")
    with pytest.raises(streamdialect.DataError, match="more digits"):
        connection.execute("INSERT INTO t VALUES (?)", (Decimal("12345678901234.1234"),))


def test_description_without_rows(connection: Connection) -> None:
    cursor = connection.execute(
        "SELECT 1 AS one, 'x'::VARCHAR(3) AS text, 1.5 AS num, TRUE AS flag WHERE 1 = 0"
    )
    assert cursor.fetchall() == []
    description = cursor.description or ()
    assert [(column[0], str(column[1])) for column in description] == [
        ("one", "INTEGER"),
        ("text", "VARCHAR(3)"),
        ("num", "DECIMAL(2,1)"),
        ("flag", "BOOLEAN"),
    ]
    assert description[0][1] == streamdialect.NUMBER
    assert description[1][1] == streamdialect.STRING
    assert description[1][1] != streamdialect.NUMBER


def test_fetching(connection: Connection) -> None:
    cursor = connection.execute("VALUES (1), (2), (3), (4), (5)")
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany() == [(2,)]
    assert cursor.fetchmany(2) == [(3,), (4,)]
    assert list(cursor) == [(5,)]
    assert cursor.fetchone() is None
    assert cursor.fetchmany(3) == []
    with pytest.raises(streamdialect.ProgrammingError, match="no result set"):
        connection.execute("CREATE TABLE t (a INT)").fetchone()


def test_parameters(connection: Connection) -> None:
    assert connection.execute("SELECT ?::INT + 1, ?", (1, "a")).fetchall() == [(2, "a")]
    assert connection.execute("SELECT :n::INT * 2 AS n", {"n": 4}).fetchall() == [(8,)]
    with pytest.raises(streamdialect.Error, match="parameters"):
        connection.execute("SELECT ?", ())
    with pytest.raises(streamdialect.InterfaceError):
        connection.execute("SELECT ?", "text")


def test_rowcount_and_lastrowid(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)")
    cursor = connection.cursor()
    assert cursor.execute("INSERT INTO t (a) VALUES (1)").lastrowid == 1
    assert cursor.executemany("INSERT INTO t (a) VALUES (?)", [(2,), (3,)]).rowcount == 2
    assert cursor.execute("UPDATE t SET a = a + 1").rowcount == 3
    assert cursor.execute("SELECT * FROM t").rowcount == -1
    assert cursor.execute("INSERT INTO t (a) VALUES (9) RETURNING id").fetchall() == [(4,)]


def test_transactions(database: Path, connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    connection.commit()
    connection.execute("INSERT INTO t VALUES (1)")
    assert connection.in_transaction
    other = streamdialect.connect(database)
    assert other.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    connection.rollback()
    connection.execute("INSERT INTO t VALUES (2)")
    connection.commit()
    assert other.execute("SELECT a FROM t").fetchall() == [(2,)]
    other.close()


def test_with_rolls_back_on_an_exception(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    connection.commit()
    with pytest.raises(streamdialect.UndefinedObjectError), connection:  # noqa: PT012
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("SELECT nothing FROM t")
    with connection:
        connection.execute("INSERT INTO t VALUES (2)")
    connection.rollback()
    assert connection.execute("SELECT a FROM t").fetchall() == [(2,)]


def test_autocommit(database: Path, connection: Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TABLE t (a INT)")
    connection.execute("INSERT INTO t VALUES (1)")
    assert not connection.in_transaction
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (2)")
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_two_cursors_that_write(connection: Connection) -> None:
    first, second = connection.cursor(), connection.cursor()
    first.execute("CREATE TABLE t (a INT)")
    second.execute("INSERT INTO t VALUES (1)")
    reading = connection.execute("SELECT a FROM t")
    first.execute("INSERT INTO t VALUES (2)")
    connection.commit()
    assert reading.fetchone() == (1,)


def test_use_after_close(database: Path) -> None:
    connection = streamdialect.connect(database)
    cursor = connection.cursor()
    closed = connection.cursor()
    closed.close()
    with pytest.raises(streamdialect.InterfaceError, match="cursor is closed"):
        closed.execute("SELECT 1")
    connection.close()
    connection.close()
    for use in (
        connection.cursor,
        connection.commit,
        lambda: cursor.execute("SELECT 1"),
        lambda: cursor.fetchall(),
    ):
        with pytest.raises(streamdialect.InterfaceError, match="closed"):
            use()


def test_errors_pickle() -> None:
    error = streamdialect.SQLSyntaxError("no", line=3, column=4, hint="try again")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.line, copy.hint) == (type(error), str(error), 3, "try again")


def test_errors_have_codes(connection: Connection) -> None:
    with pytest.raises(streamdialect.SQLSyntaxError) as syntax:
        connection.execute("SELECT 1 +")
    assert syntax.value.sqlstate == "42601"
    with pytest.raises(streamdialect.UndefinedObjectError) as missing:
        connection.execute("SELECT * FROM nothing")
    assert missing.value.sqlstate == "42P01"
    connection.execute("CREATE TABLE t (a INT UNIQUE)")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(streamdialect.IntegrityError):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(streamdialect.NotSupportedError, match=r"(?i)no_such_function"):
        connection.execute("SELECT no_such_function(1)")


def test_one_statement_at_a_time(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT); -- done")
    for text in ("INSERT INTO t VALUES (1); DELETE FROM t", "SELECT 1; SELECT 2"):
        with pytest.raises(streamdialect.ProgrammingError):
            connection.execute(text)
    assert connection.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_unknown_options_are_named(database: Path) -> None:
    with pytest.raises(streamdialect.InterfaceError, match='unknown option "ingets"'):
        streamdialect.connect(database, ingets="off")
    with pytest.raises(streamdialect.InterfaceError, match='option "timeout"'):
        streamdialect.connect(database, timeout="soon")
    with pytest.raises(streamdialect.OperationalError):
        streamdialect.connect(database / "no" / "such" / "folder.db")
    assert registry.running() == []


@pytest.mark.parametrize("names", [(), ("",), (":memory:",)])
def test_a_private_database_is_removed(names: tuple[str, ...]) -> None:
    connection = streamdialect.connect(*names)
    connection.execute("CREATE TABLE t (a INT)")
    path = Path(connection.execute("PRAGMA database_list").fetchall()[0][2])
    assert path.exists()
    connection.close()
    assert not path.parent.exists()


def test_a_locked_file_is_a_clear_error(database: Path, connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    other = streamdialect.connect(database, timeout=0)
    with pytest.raises(streamdialect.DatabaseLockedError) as locked:
        other.execute("INSERT INTO t VALUES (1)")
    assert locked.value.hint
    other.close()


def test_a_file_of_a_newer_version_is_refused(database: Path, connection: Connection) -> None:
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default")
    connection.commit()
    connection.close()
    with sqlite3.connect(database) as plain:
        plain.execute("INSERT INTO streamdialect_format VALUES (999, 'later')")
    plain.close()
    with pytest.raises(streamdialect.NotSupportedError, match="format 999"):
        streamdialect.connect(database)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("this is not a database, but long enough to be looked at by SQLite" * 20)
    with pytest.raises(streamdialect.DatabaseError):
        streamdialect.connect(path)


def test_interrupt(connection: Connection) -> None:
    with interrupting(connection.interrupt), pytest.raises(streamdialect.OperationalError):
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
        ).fetchall()


def test_settings(connection: Connection) -> None:
    assert connection.execute("SHOW enable_case_sensitive_identifier").fetchall() == [("off",)]
    connection.execute("SET enable_case_sensitive_identifier TO true")
    assert connection.execute("SHOW enable_case_sensitive_identifier").fetchall() == [("on",)]
    connection.execute("RESET enable_case_sensitive_identifier")
    assert connection.execute("SHOW enable_case_sensitive_identifier").fetchall() == [("off",)]
    with pytest.raises(streamdialect.NotSupportedError, match="unrecognized"):
        connection.execute("SET no_such_setting TO 1")


def test_secrets_are_not_shown(database: Path) -> None:
    connection = streamdialect.connect(database, kafka={"sasl.password": "hunter2"})
    backend = connection._backend
    assert "hunter2" not in repr(vars(backend))
    assert "hunter2" not in repr(backend.options)  # type: ignore[attr-defined]
    connection.close()
