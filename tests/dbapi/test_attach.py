"""The connect option ``attach``: further files as schemas."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import (
    DuplicateObjectError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    UndefinedObjectError,
)

KINESIS = "CREATE EXTERNAL SCHEMA {} FROM KINESIS IAM_ROLE default"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return tmp_path / "other.db"


@pytest.fixture
def connection(tmp_path: Path, other: Path) -> Iterator[streamdialect.Connection]:
    connection = streamdialect.connect(
        tmp_path / "main.db", attach={"Other": other}, ingest="off", autocommit=True
    )
    yield connection
    connection.close()


def rows(connection: streamdialect.Connection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, parameters).fetchall()


def test_tables_of_an_attached_file_are_read_and_written(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE TABLE other.t (id INTEGER PRIMARY KEY, b BOOLEAN, n VARCHAR(10) DEFAULT 'x')")
    connection.execute("CREATE TABLE t (id INTEGER, mine VARCHAR(10))")
    connection.execute("INSERT INTO t VALUES (1, 'main')")
    assert connection.execute("INSERT INTO other.t (b) VALUES (true)").lastrowid == 1
    connection.execute("INSERT INTO other.t (id, b) VALUES (7, false)")
    assert rows(connection, "SELECT * FROM other.t ORDER BY id") == [(1, True, "x"), (7, False, "x")]
    assert rows(connection, "SELECT other.t.n, other.t.id FROM other.t WHERE other.t.id = 7") == [("x", 7)]
    joined = "SELECT a.mine, b.b FROM t a JOIN OTHER.t AS b ON a.id = b.id"
    assert rows(connection, joined) == [("main", True)]
    changed = connection.execute("UPDATE other.t SET n = 'y' WHERE other.t.id = ? RETURNING other.t.n", (7,))
    assert changed.fetchall() == [("y",)]
    connection.execute("DELETE FROM other.t WHERE id = 1")
    assert rows(connection, 'SELECT id FROM "other"."t"') == [(7,)]
    connection.execute("TRUNCATE other.t")
    assert rows(connection, "SELECT count(*) FROM other.t") == [(0,)]
    assert rows(connection, "SELECT count(*) FROM t") == [(1,)]


def test_ddl_in_an_attached_file(connection: streamdialect.Connection, other: Path) -> None:
    connection.execute("CREATE TABLE other.a AS SELECT 1 AS x, 'one' AS y")
    connection.execute("SELECT x INTO other.b FROM other.a")
    connection.execute("CREATE INDEX other.ix ON a (x)")
    connection.execute("ALTER TABLE other.a ADD COLUMN z BOOLEAN DEFAULT true")
    connection.execute("ALTER TABLE other.a RENAME COLUMN y TO why")
    connection.execute("ALTER TABLE other.b RENAME TO c")
    connection.execute("CREATE TABLE other.l (LIKE other.a)")
    connection.execute("ANALYZE other.a")
    assert rows(connection, "SELECT x, why, z FROM other.a") == [(1, "one", True)]
    assert rows(connection, "SELECT x FROM other.c") == [(1,)]
    connection.execute("ALTER TABLE other.a DROP COLUMN z")
    connection.execute("DROP INDEX other.ix")
    connection.execute("DROP TABLE other.l")
    connection.execute("DROP TABLE IF EXISTS other.l")
    with sqlite3.connect(other) as plain:
        names = plain.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        assert sorted(name for (name,) in names) == ["a", "c"]
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()
    with pytest.raises(UndefinedObjectError, match='relation "a" does not exist'):
        connection.execute("SELECT * FROM a")
    with pytest.raises(UndefinedObjectError, match='relation "a" does not exist'):
        connection.execute("ALTER TABLE a ADD COLUMN q INTEGER")
    with pytest.raises(UndefinedObjectError):
        connection.execute("DROP TABLE a")


def test_identity_counts_in_its_own_file(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE TABLE other.i (id BIGINT IDENTITY(10, 5), n INTEGER)")
    connection.execute("INSERT INTO other.i (n) VALUES (1), (2)")
    connection.execute("INSERT INTO other.i (n) SELECT n FROM other.i")
    assert rows(connection, "SELECT id FROM other.i ORDER BY id") == [(10,), (15,), (20,), (25,)]


def test_views_of_an_attached_file(connection: streamdialect.Connection, tmp_path: Path, other: Path) -> None:
    connection.execute("CREATE TABLE other.t (x INTEGER)")
    connection.execute("INSERT INTO other.t VALUES (1), (0)")
    connection.execute("CREATE VIEW other.v AS SELECT x = 1 AS yes FROM other.t ORDER BY x")
    connection.execute("CREATE VIEW other.w AS WITH t AS (SELECT yes FROM other.v) SELECT yes AS also FROM t")
    assert rows(connection, "SELECT also FROM other.w") == [(False,), (True,)]
    with pytest.raises(streamdialect.DependentObjectsError, match="view v"):
        connection.execute("DROP TABLE other.t")
    connection.close()
    # The file is whole under any name: as another's main file, and under another schema.
    with streamdialect.connect(other, ingest="off") as direct:
        assert direct.execute("SELECT also FROM w").fetchall() == [(False,), (True,)]
    direct.close()
    with streamdialect.connect(tmp_path / "main.db", attach={"n": other}, ingest="off") as renamed:
        assert renamed.execute("SELECT also FROM n.w").fetchall() == [(False,), (True,)]
        renamed.execute("DROP TABLE n.t CASCADE")
        assert renamed.execute("SELECT name FROM n.sqlite_master WHERE type = 'view'").fetchall() == []
    renamed.close()


def test_a_view_reads_its_own_file_only(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE TABLE other.o (x INTEGER)")
    connection.execute("CREATE TABLE m (x INTEGER)")
    connection.execute("CREATE TEMP TABLE tt (x INTEGER)")
    for sql in (
        "CREATE VIEW v AS SELECT x FROM other.o",
        "CREATE VIEW other.v AS SELECT x FROM m",
        "CREATE VIEW v AS SELECT x FROM tt",
        "CREATE MATERIALIZED VIEW v AS SELECT x FROM other.o",
    ):
        with pytest.raises(NotSupportedError, match="in another file"):
            connection.execute(sql)
    connection.execute("CREATE TEMP VIEW both AS SELECT m.x FROM m JOIN other.o ON m.x = o.x")
    assert rows(connection, "SELECT * FROM both") == []
    connection.execute("CREATE VIEW other.bare AS SELECT x FROM o")
    assert rows(connection, "SELECT * FROM other.bare") == []
    connection.execute("CREATE TABLE o (x INTEGER)")
    with pytest.raises(NotSupportedError, match=r'"o" is a relation of "main" and of "other"'):
        connection.execute("CREATE VIEW other.bare2 AS SELECT x FROM o")


def test_streams_and_materialized_views_stay_in_the_main_file(connection: streamdialect.Connection) -> None:
    with pytest.raises(NotSupportedError, match=r'schema "other" cannot hold materialized views'):
        connection.execute("CREATE MATERIALIZED VIEW other.m AS SELECT 1 AS x")
    with pytest.raises(NotSupportedError, match=r'schema "other" cannot hold materialized views'):
        connection.execute("REFRESH MATERIALIZED VIEW other.m")
    with pytest.raises(DuplicateObjectError, match=r'schema "other" is an attached file'):
        connection.execute(KINESIS.format("other"))
    connection.execute(KINESIS.format("k"))
    with pytest.raises(NotSupportedError, match=r'schema "elsewhere" cannot hold local objects'):
        connection.execute("DROP TABLE elsewhere.t")


def test_materialized_views_of_another_file_are_read_only(
    connection: streamdialect.Connection, other: Path
) -> None:
    with streamdialect.connect(other, ingest="off") as direct:
        direct.execute("CREATE TABLE t (x BOOLEAN)")
        direct.execute("INSERT INTO t VALUES (true)")
        direct.execute("CREATE MATERIALIZED VIEW mv AS SELECT x FROM t")
    direct.close()
    assert rows(connection, "SELECT x FROM other.mv") == [(True,)]
    for sql in (
        "DELETE FROM other.mv",
        "INSERT INTO other.mv VALUES (true)",
        "DELETE FROM other.mv_tbl__mv__0",
    ):
        with pytest.raises(NotSupportedError):
            connection.execute(sql)
    for sql in ("DROP VIEW other.mv", "DROP TABLE other.t", "DROP TABLE other.mv_tbl__mv__0"):
        with pytest.raises(streamdialect.DatabaseError):
            connection.execute(sql)
    assert rows(connection, "SELECT x FROM other.mv") == [(True,)]


def test_another_connection_s_change_of_an_attached_file_is_seen(
    connection: streamdialect.Connection, other: Path
) -> None:
    connection.execute("CREATE TABLE other.t (x INTEGER)")
    connection.execute("INSERT INTO other.t VALUES (1)")
    assert rows(connection, "SELECT x FROM other.t") == [(1,)]
    with sqlite3.connect(other) as plain:
        plain.execute("DROP TABLE t")
        plain.execute("CREATE TABLE t (x BOOLEAN)")
        plain.execute("INSERT INTO t VALUES (1)")
    plain.close()
    assert rows(connection, "SELECT x FROM other.t") == [(True,)]
    assert type(rows(connection, "SELECT x FROM other.t")[0][0]) is bool


def test_translations_are_not_shared_between_other_files(tmp_path: Path) -> None:
    found = []
    for name, kind in (("a", "BOOLEAN"), ("b", "INTEGER")):
        with streamdialect.connect(
            tmp_path / "same.db", attach={"o": tmp_path / f"{name}.db"}, ingest="off"
        ) as connection:
            connection.execute(f"CREATE TABLE o.t (x {kind})")
            connection.execute(
                "INSERT INTO o.t VALUES (1)" if kind == "INTEGER" else "INSERT INTO o.t VALUES (true)"
            )
            connection.commit()
            found.append(connection.execute("SELECT x FROM o.t").fetchone())
        connection.close()
    assert [type(row[0]) for row in found if row] == [bool, int]


def test_a_transaction_covers_all_files(connection: streamdialect.Connection) -> None:
    connection.autocommit = False
    connection.execute("CREATE TABLE other.t (x INTEGER)")
    connection.execute("CREATE TABLE m (x INTEGER)")
    connection.rollback()
    for name in ("other.t", "m"):
        with pytest.raises(UndefinedObjectError):
            connection.execute(f"SELECT * FROM {name}")


def test_sql_cannot_attach(connection: streamdialect.Connection, tmp_path: Path) -> None:
    with pytest.raises(NotSupportedError, match="ATTACH is not supported"):
        connection.execute(f"ATTACH '{tmp_path / 'x.db'}' AS x")
    with pytest.raises(NotSupportedError, match="DETACH is not supported"):
        connection.execute("DETACH other")


def test_mode_holds_for_attached_files(tmp_path: Path, other: Path) -> None:
    main = tmp_path / "main.db"
    with pytest.raises(OperationalError, match=r'attached schema "o"'):
        streamdialect.connect(main, attach={"o": tmp_path / "none" / "x.db"}, ingest="off")
    streamdialect.connect(main, ingest="off").close()
    with pytest.raises(OperationalError, match=r'attached schema "o"'):
        streamdialect.connect(main, attach={"o": other}, mode="rw", ingest="off")
    with streamdialect.connect(main, attach={"o": other}, ingest="off") as connection:
        connection.execute("CREATE TABLE o.t (x INTEGER)")
    connection.close()
    with streamdialect.connect(main, attach={"o": other}, mode="ro") as connection:
        assert connection.execute("SELECT * FROM o.t").fetchall() == []
        with pytest.raises(OperationalError, match="readonly"):
            connection.execute("INSERT INTO o.t VALUES (1)")
    connection.close()


@pytest.mark.parametrize(
    ("attach", "message"),
    [
        ({"public": "x.db"}, '"public" is a name of a schema that every connection has'),
        ({"Main": "x.db"}, '"main" is a name of a schema that every connection has'),
        ({"temp": "x.db"}, "that every connection has"),
        ({"pg_catalog": "x.db"}, "that every connection has"),
        ({"": "x.db"}, "cannot be the name of another schema"),
        ({"a": "x.db", "A": "y.db"}, '"a" cannot be the name of another schema'),
        ({"a": ":memory:"}, 'the file of "a" must be a path'),
        ({"a": 5}, 'the file of "a" must be a path'),
        ("x.db", "a URL cannot have it"),
    ],
)
def test_what_cannot_be_attached(tmp_path: Path, attach: Any, message: str) -> None:
    with pytest.raises(InterfaceError, match=f'option "attach": .*{message}'):
        streamdialect.connect(tmp_path / "main.db", attach=attach, ingest="off")


def test_a_hard_link_is_no_other_file(tmp_path: Path, other: Path) -> None:
    """Each name has a WAL file of its own: the same file under two would be damaged."""
    streamdialect.connect(other, ingest="off").close()
    (tmp_path / "link.db").hardlink_to(other)
    with pytest.raises(InterfaceError, match="is open under another name"):
        streamdialect.connect(other, attach={"a": tmp_path / "link.db"}, ingest="off")


def test_one_file_has_one_name(tmp_path: Path, other: Path) -> None:
    main = tmp_path / "main.db"
    for attach in ({"a": main}, {"a": other, "b": tmp_path / "." / "other.db"}):
        with pytest.raises(InterfaceError, match="is open under another name"):
            streamdialect.connect(main, attach=attach, ingest="off")


def test_the_name_of_an_external_schema_is_taken(tmp_path: Path, other: Path) -> None:
    with streamdialect.connect(tmp_path / "main.db", ingest="off") as connection:
        connection.execute(KINESIS.format("k"))
    connection.close()
    with pytest.raises(InterfaceError, match='"k" is an external schema of the file'):
        streamdialect.connect(tmp_path / "main.db", attach={"k": other}, ingest="off")


def test_views_over_system_views_leave_the_file_attachable(tmp_path: Path, other: Path) -> None:
    with streamdialect.connect(other, ingest="off") as direct:
        direct.execute("CREATE TABLE t (x INTEGER)")
        direct.execute("CREATE MATERIALIZED VIEW mv AS SELECT x FROM t")
        direct.execute("CREATE VIEW named AS SELECT name FROM svv_mv_info")
        assert direct.execute("SELECT name FROM named").fetchall() == [("mv",)]
    direct.close()
    with streamdialect.connect(tmp_path / "main.db", attach={"o": other}, ingest="off") as connection:
        assert connection.execute("SELECT name FROM o.named").fetchall() == [("mv",)]
        with pytest.raises(NotSupportedError, match='"svv_mv_info" of "the system"'):
            connection.execute("CREATE VIEW o.v AS SELECT name FROM svv_mv_info")
    connection.close()


def test_a_file_that_cannot_have_another_name(tmp_path: Path, other: Path) -> None:
    with sqlite3.connect(other) as plain:
        plain.execute("CREATE TABLE t (x)")
        plain.execute("CREATE VIEW v AS SELECT x FROM main.t")
    plain.close()
    with pytest.raises(NotSupportedError, match='the file of "o" has a view whose text names the file'):
        streamdialect.connect(tmp_path / "main.db", attach={"o": other}, ingest="off")


def test_a_file_that_is_no_database(tmp_path: Path, other: Path) -> None:
    other.write_text("no database, but long enough to have the header of one " * 20)
    with pytest.raises(streamdialect.DatabaseError):
        streamdialect.connect(tmp_path / "main.db", attach={"o": other}, ingest="off")


def test_names_are_quoted(tmp_path: Path, other: Path) -> None:
    with streamdialect.connect(tmp_path / "main.db", attach={'a "b".c': other}, ingest="off") as connection:
        name = '"a ""b"".c"'
        connection.execute(f"CREATE TABLE {name}.t (id BIGINT IDENTITY(1,1), x INTEGER)")
        connection.execute(f"INSERT INTO {name}.t (x) VALUES (5)")
        connection.execute(f"CREATE VIEW {name}.v AS SELECT x FROM {name}.t")
        connection.commit()
        assert connection.execute(f"SELECT x FROM {name}.v").fetchall() == [(5,)]
    connection.close()
