"""Transactions, row counts, and the cache of translations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import Connection
from streamdialect.dbapi.local import LocalBackend
from streamdialect.ingest import registry


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    yield opened
    opened.close()


def _view(connection: Connection) -> None:
    connection.execute("CREATE TABLE base (a INT)")
    connection.execute("INSERT INTO base VALUES (1), (2), (3), (4)")
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM base")


# --- row counts -----------------------------------------------------------------------------------


def test_executemany_counts_deleted_rows(connection: Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (id INT)")
    assert cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)]).rowcount == 3
    assert cursor.executemany("DELETE FROM t WHERE id = ?", [(1,), (2,), (3,), (9,)]).rowcount == 3
    _view(connection)
    assert cursor.executemany("DELETE FROM v WHERE a = ?", [(1,), (2,), (9,)]).rowcount == 2


@pytest.mark.parametrize(
    "text", ["/* DELETE */ DELETE FROM v", "-- rows\nDELETE /* all */ v", "DELETE FROM v"]
)
def test_delete_with_comments(connection: Connection, text: str) -> None:
    _view(connection)
    assert connection.execute(text).rowcount == 4


# --- the cache of translations --------------------------------------------------------------------


def _described(connection: Connection, text: str) -> tuple[list[str], list[Any]]:
    cursor = connection.execute(text)
    return [column[0] for column in cursor.description or ()], cursor.fetchall()


def test_a_translation_does_not_outlive_a_rollback(connection: Connection) -> None:
    connection.execute("CREATE TABLE seed (x INT)")
    connection.commit()
    connection.execute("CREATE TABLE t (a INT, b DECIMAL(10,2))")
    connection.execute("INSERT INTO t VALUES (1, 2.5)")
    assert _described(connection, "SELECT * FROM t") == (["a", "b"], [(1, Decimal("2.50"))])
    connection.rollback()
    connection.execute("CREATE TABLE t (b VARCHAR(10), a DATE)")
    connection.execute("INSERT INTO t VALUES ('7', '2024-01-01')")
    for _ in range(2):
        assert _described(connection, "SELECT * FROM t") == (["b", "a"], [("7", date(2024, 1, 1))])
        connection.commit()


def test_a_translation_does_not_outlive_its_file(tmp_path: Path) -> None:
    path = tmp_path / "again.db"
    for ddl, names in (("a INT, b INT", ["a", "b"]), ("b INT, a INT", ["b", "a"])):
        for file in tmp_path.glob("again.db*"):
            file.unlink()
        connection = streamdialect.connect(path, autocommit=True)
        connection.execute(f"CREATE TABLE t ({ddl})")
        assert _described(connection, "SELECT * FROM t")[0] == names
        connection.close()


def test_a_temporary_table_is_seen_by_its_connection_alone(database: Path, connection: Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TABLE t (a INT)")
    other = streamdialect.connect(database, autocommit=True)
    other.execute("CREATE TEMP TABLE t (b INT)")
    for _ in range(2):
        assert _described(connection, "SELECT * FROM t")[0] == ["a"]
        assert _described(other, "SELECT * FROM t")[0] == ["b"]
    other.close()


def test_an_external_schema_of_another_provider(database: Path, connection: Connection) -> None:
    connection.autocommit = True
    other = streamdialect.connect(database, autocommit=True)
    backends = [each._backend for each in (connection, other)]
    for ddl, column in (
        ("KAFKA URI 'x:1' AUTHENTICATION none", "kafka_value"),
        ("KINESIS IAM_ROLE default", "kinesis_data"),
    ):
        connection.execute("DROP SCHEMA IF EXISTS s")
        connection.execute(f"CREATE EXTERNAL SCHEMA s FROM {ddl}")
        for backend in backends:
            assert isinstance(backend, LocalBackend)
            columns = backend.compile('SELECT * FROM s."t"').columns
            assert column in [each.name for each in columns]
    other.close()


def test_a_translation_is_shared_by_connections(database: Path, connection: Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TABLE t (a INT)")
    other = streamdialect.connect(database)
    first, second = connection._backend, other._backend
    assert isinstance(first, LocalBackend)
    assert isinstance(second, LocalBackend)
    assert first.compile("SELECT a FROM t") is second.compile("SELECT a FROM t")
    other.close()


# --- transactions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "SELEC 1",
        "INSERT INTO nothing VALUES (1)",
        "DELETE FROM nothing",
        "CREATE MATERIALIZED VIEW v AS SELECT x FROM y",
    ],
)
def test_a_failed_statement_leaves_no_transaction(connection: Connection, text: str) -> None:
    with pytest.raises(streamdialect.Error):
        connection.execute(text)
    assert not connection.in_transaction
    if text.startswith(("INSERT", "DELETE")):
        with pytest.raises(streamdialect.Error):
            connection.cursor().executemany(text, [()])
        assert not connection.in_transaction


def test_a_failed_statement_keeps_an_open_transaction(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    with pytest.raises(streamdialect.Error):
        connection.execute("INSERT INTO nothing VALUES (1)")
    assert connection.in_transaction
    connection.commit()
    assert connection.execute("SELECT * FROM t").fetchall() == []


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN",
        "begin;",
        "BEGIN DEFERRED",
        "BEGIN TRANSACTION",
        "BEGIN WORK READ WRITE",
        "/* x */ START TRANSACTION -- y",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE READ WRITE",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE TRANSACTION",
    ],
)
def test_begin_takes_the_write_lock(database: Path, connection: Connection, text: str) -> None:
    other = streamdialect.connect(database, timeout=0)
    connection.execute(text)
    with pytest.raises(streamdialect.DatabaseLockedError):
        other.execute("CREATE TABLE t (a INT)")
    connection.execute("ABORT")
    assert not connection.in_transaction
    other.execute("CREATE TABLE t (a INT)")
    other.execute("COMMIT WORK")
    other.close()


def test_begin_read_only_takes_no_lock(database: Path, connection: Connection) -> None:
    other = streamdialect.connect(database, timeout=0, autocommit=True)
    connection.execute("BEGIN READ ONLY")
    other.execute("CREATE TABLE t (a INT)")
    connection.execute("END")
    reader = streamdialect.connect(database, mode="ro")
    reader.execute("BEGIN")
    reader.execute("COMMIT")
    reader.close()
    other.close()
    for text in ("START", "BEGIN SOMETIMES"):
        with pytest.raises(streamdialect.ProgrammingError):
            connection.execute(text)


def test_the_first_error_is_shown(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = connection._backend
    assert isinstance(backend, LocalBackend)

    def change() -> None:
        backend.session.rollback()  # as SQLite does by itself when the disk is full
        raise streamdialect.OperationalError("disk full")

    with pytest.raises(streamdialect.OperationalError, match="disk full"):
        backend.write(change)
    backend.session.begin()
    with pytest.raises(streamdialect.OperationalError, match="disk full"):
        backend.write(change)

    def commit() -> None:
        raise streamdialect.OperationalError("no commit")

    connection.autocommit = True
    monkeypatch.setattr(backend.session, "commit", commit)
    with pytest.raises(streamdialect.OperationalError, match="no commit"):
        backend.write(lambda: None)
    assert not connection.in_transaction


def test_close_counts_the_connection_out_whatever_happens(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = streamdialect.connect(database)
    backend = connection._backend
    assert isinstance(backend, LocalBackend)
    close = backend.session.close

    def failing() -> None:
        close()
        raise streamdialect.InterfaceError("in use")

    monkeypatch.setattr(backend.session, "close", failing)
    with pytest.raises(streamdialect.InterfaceError, match="in use"):
        connection.close()
    assert str(database.resolve()) not in registry.running()
