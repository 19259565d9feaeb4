"""The guard around our tables, and stored entries that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

import streamdialect
from streamdialect import Connection


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database, autocommit=True)
    opened.execute("CREATE TABLE base (a INT)")
    opened.execute("INSERT INTO base VALUES (1), (2)")
    opened.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM base")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM mv_tbl__v__0",
        'delete from MAIN."MV_TBL__V__0"',
        "UPDATE streamdialect_views SET state = 'x'",
        'DROP TABLE main."Streamdialect_Views"',
        "CREATE TRIGGER g BEFORE INSERT ON mv_tbl__v__0 BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TEMP TRIGGER g AFTER INSERT ON main.mv_tbl__v__0 BEGIN SELECT 1; END",
        "CREATE UNIQUE INDEX g ON mv_tbl__v__0 (a)",
        "ALTER TABLE streamdialect_views RENAME TO free",
        "ALTER TABLE mv_tbl__v__0 ADD COLUMN q",
        "CREATE TABLE mv_tbl__w__0 (a)",
        "CREATE VIEW streamdialect_x AS SELECT 1",
        "CREATE TEMP TABLE streamdialect_schemas (name, entry, created_at)",
        "CREATE TEMP VIEW streamdialect_schemas AS SELECT 1",
    ],
)
def test_our_tables_are_refused_by_name(connection: Connection, text: str) -> None:
    with pytest.raises(
        streamdialect.NotSupportedError, match=r"(?i)(streamdialect_|mv_tbl__)\w+. belongs to"
    ):
        connection.execute(text)
    assert connection.execute("SELECT COUNT(*) FROM v").fetchone() == (2,)


def test_a_statement_of_ours_is_not_lent_to_the_user(connection: Connection) -> None:
    connection.execute("TRUNCATE v")
    with pytest.raises(streamdialect.NotSupportedError, match="belongs to"):
        connection.execute('DELETE FROM main."mv_tbl__v__0"')


def test_materialized_views_are_not_dropped_as_views(connection: Connection) -> None:
    for text in ("DROP VIEW v", "/* */ drop view IF EXISTS main.V"):
        with pytest.raises(streamdialect.ProgrammingError, match="DROP MATERIALIZED VIEW"):
            connection.execute(text)
    connection.execute("CREATE TEMP VIEW v AS SELECT 1 AS one")
    connection.execute("DROP VIEW temp.v")
    connection.execute("CREATE VIEW w AS SELECT 1 AS one")
    connection.execute("DROP VIEW w")
    connection.execute("DROP MATERIALIZED VIEW v")


@pytest.mark.parametrize(
    "text",
    [
        "PRAGMA writable_schema = 1",
        "PRAGMA journal_mode = delete",
        "PRAGMA main.journal_mode(OFF)",
        "PRAGMA synchronous = OFF",
        "PRAGMA synchronous = 0",
        "PRAGMA locking_mode = exclusive",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'other.db'",
    ],
)
def test_settings_that_break_promises_are_refused(connection: Connection, text: str) -> None:
    with pytest.raises(streamdialect.NotSupportedError, match=text.split()[0]):
        connection.execute(text)


def test_harmless_maintenance(connection: Connection) -> None:
    for text in (
        "PRAGMA journal_mode",
        "PRAGMA journal_mode = wal",
        "PRAGMA synchronous = FULL",
        "ANALYZE",
        "VACUUM",
    ):
        connection.execute(text)
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert connection.execute("SELECT COUNT(*) FROM v").fetchone() == (2,)


def test_an_entry_that_cannot_be_read_is_in_nobodys_way(database: Path, connection: Connection) -> None:
    connection.execute("CREATE MATERIALIZED VIEW later AS SELECT a FROM base")
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default")
    plain = apsw.Connection(
        str(database)
    )  # not sqlite3: two copies of SQLite in one process break each other's locks
    plain.execute("UPDATE streamdialect_views SET entry = '{}' WHERE name = 'later'")
    plain.execute("UPDATE streamdialect_schemas SET entry = 'no JSON'")
    plain.close()
    with pytest.raises(streamdialect.NotSupportedError, match='materialized view "later"'):
        connection.execute("SELECT * FROM later")
    with pytest.raises(streamdialect.NotSupportedError, match='external schema "s"'):
        connection.execute("SELECT * FROM s.t")
    assert connection.execute("SELECT COUNT(*) FROM v").fetchone() == (2,)
    connection.execute("DROP MATERIALIZED VIEW v")
    connection.execute("DROP MATERIALIZED VIEW later")
    connection.execute("DROP SCHEMA s")
    assert connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'mv_tbl%'").fetchall() == []
