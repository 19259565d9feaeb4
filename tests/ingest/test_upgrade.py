"""Files of older and newer versions: brought up to date in one transaction, or refused with what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

import streamdialect
from streamdialect.storage import format as file_format
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import immediate, open_connection
from tests.ingest.bad_records import BAD, GOOD, SELECT
from tests.ingest.conftest import Events
from tests.ingest.kinesis_stream import KinesisStream


def make_old(path: Path, uri: str = "localhost:1") -> None:
    """Make a file as version 1 wrote it, with a view and a record that it set aside."""
    scratch = path.with_suffix(".scratch")
    connection = streamdialect.connect(scratch, autocommit=True, ingest="off")
    connection.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{uri}' AUTHENTICATION none")
    connection.execute(f"CREATE MATERIALIZED VIEW v AS {SELECT}")
    connection.close()
    new, old = open_connection(str(scratch)), open_connection(str(path))
    with immediate(old):
        old.execute(
            "CREATE TABLE streamdialect_format (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
        )
        old.execute(file_format._MIGRATIONS[0]).fetchall()
        old.execute("INSERT INTO streamdialect_format VALUES (1, '2026-11-01 00:00:00.000000')")
        for row in new.execute("SELECT * FROM streamdialect_schemas"):
            old.execute("INSERT INTO streamdialect_schemas VALUES (?, ?, ?)", row)
        columns = "id, name, schema_name, stream, auto_refresh, entry, state, refreshed_at, created_at"
        for row in new.execute(f"SELECT {columns} FROM streamdialect_views"):
            entry = old.execute("SELECT json_remove(?, '$.plan.alone', '$.plan.admission')", (row[5],)).get
            old.execute(
                "INSERT INTO streamdialect_views VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row[:5], entry, *row[6:]),
            )
        old.execute('CREATE TABLE mv_tbl__v__0 ("o" BIGINT, "a" INTEGER, "b" INTEGER)')
        old.execute('CREATE VIEW v AS SELECT "o", "a", "b" FROM mv_tbl__v__0')
        old.execute("INSERT INTO streamdialect_checkpoints VALUES (1, '0', '1', 0, 0, NULL, '2026-11-01')")
        old.execute(
            "INSERT INTO streamdialect_errors VALUES"
            " (1, 1, 'v', 's', 'events', 1, '0', '0', NULL, NULL, NULL, ?, NULL, 1, 'bad', '2026-11-01')",
            (BAD,),
        )
    new.close()
    old.close()


def test_a_file_of_the_version_before_is_brought_up_to_date(events: Events, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    make_old(path, events.server.bootstrap)
    events.put(BAD, GOOD)
    with pytest.raises(streamdialect.NotSupportedError, match=r"(?s)format 1, this version reads.*may write"):
        streamdialect.connect(path, mode="ro")
    connection = streamdialect.connect(path, autocommit=True)
    rows = connection.execute("SELECT name, on_error, error_window FROM svv_mv_info").fetchall()
    assert rows == [("v", "skip", 10_000)]
    letters = connection.execute("SELECT position, record_value, redrives FROM streamdialect_dead_letters")
    assert letters.fetchall() == [("0", BAD, 0)]
    connection.execute("REFRESH MATERIALIZED VIEW v")
    assert connection.execute("SELECT * FROM v").fetchall() == [(1, 1, 2)]
    assert connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount == 0
    with pytest.raises(streamdialect.NotSupportedError, match="older version created"):
        connection.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'null')")
    connection.close()
    reader = streamdialect.connect(path, mode="ro")
    assert reader.execute("SELECT COUNT(*) FROM v").fetchall() == [(1,)]
    reader.close()


_KILLED = """
import os, signal, sys, streamdialect
from streamdialect.storage import format
real = format.migrate
def migrate(connection):
    real(connection)
    os.kill(os.getpid(), signal.SIGKILL)
format.migrate = migrate
streamdialect.connect(sys.argv[1])
"""


def test_a_killed_upgrade_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    make_old(path)
    assert subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False).returncode == -9
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT max(version) FROM streamdialect_format").get == 1
    columns = connection.execute("SELECT name FROM pragma_table_info('streamdialect_views')").fetchall()
    assert ("on_error",) not in columns
    connection.close()
    streamdialect.connect(path, ingest="off").close()
    connection = open_connection(str(path))
    assert (
        connection.execute("SELECT max(version) FROM streamdialect_format").get == file_format.FORMAT_VERSION
    )
    connection.close()


def test_a_new_file_is_what_an_old_one_becomes(tmp_path: Path) -> None:
    make_old(tmp_path / "old.db")
    streamdialect.connect(tmp_path / "old.db", ingest="off").close()
    schemas = []
    for name in ("old.db", "old.scratch"):
        connection = open_connection(str(tmp_path / name))
        schemas.append(
            connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE name LIKE 'streamdialect%' ORDER BY name"
            ).fetchall()
        )
        connection.close()
    assert schemas[0] == schemas[1]


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    connection = open_connection(str(path))
    with immediate(connection):
        file_format.migrate(connection)
        connection.execute("INSERT INTO streamdialect_format VALUES (99, '2030-01-01')")
    assert isinstance(Catalog(connection), Catalog)
    connection.close()
    refused = r"(?s)format 99, this version knows.*Upgrade"
    with pytest.raises(streamdialect.NotSupportedError, match=refused):
        streamdialect.connect(path)
    reader = streamdialect.connect(path, mode="ro")
    with pytest.raises(streamdialect.NotSupportedError, match=refused):
        reader.execute("SELECT * FROM svv_mv_info")
    reader.close()


# What each format added: columns and tables.
ADDED = {
    3: (("views.on_data_loss", "views.identity", "views.epoch", "checkpoints.complete_ms"), ()),
    4: (("views.broken",), ("samples", "events")),
}


def make_format(path: Path, version: int) -> None:
    """Take from a file what the formats after a version added."""
    connection = open_connection(str(path))
    with immediate(connection):
        for columns, tables in (ADDED[later] for later in range(version + 1, file_format.FORMAT_VERSION + 1)):
            for table, _, column in (name.partition(".") for name in columns):
                connection.execute(f"ALTER TABLE streamdialect_{table} DROP COLUMN {column}")
            for table in tables:
                connection.execute(f"DROP TABLE streamdialect_{table}")
        connection.execute("DELETE FROM streamdialect_format WHERE version > ?", (version,))
    connection.close()


def test_the_first_refresh_after_an_upgrade_adopts_the_stream(stream: KinesisStream) -> None:
    stream.put(b"1", b"2")
    stream.view()
    stream.refresh()
    stream.connection.close()
    make_format(stream.database, 2)
    stream.connection = streamdialect.connect(stream.database, autocommit=True)
    assert stream.execute("SELECT on_data_loss FROM svv_mv_info") == [("fail",)]
    assert (stream.rows(), stream.state()) == (["1", "2"], "ok")
    stream.put(b"3")
    stream.refresh()
    assert stream.rows() == ["1", "2", "3"]
    stream.recreate(b"new")
    with pytest.raises(streamdialect.ViewStoppedError, match="not the one that was read"):
        stream.refresh()
    assert stream.rows() == ["1", "2", "3"]


def test_a_file_of_format_3_gets_a_history_of_lag(stream: KinesisStream) -> None:
    stream.put(b"1", b"2")
    stream.view()
    stream.refresh()
    stream.connection.close()
    make_format(stream.database, 3)
    with pytest.raises(streamdialect.NotSupportedError, match=r"(?s)format 3, this version reads format 4"):
        streamdialect.connect(stream.database, mode="ro")
    stream.connection = streamdialect.connect(stream.database, autocommit=True)
    lag = "SELECT milliseconds_behind, records_per_second FROM streamdialect_lag"
    history = "SELECT SUM(records) FROM streamdialect_lag_history"
    assert (stream.rows(), stream.execute(lag), stream.execute(history)) == (
        ["1", "2"],
        [(0, 0.0)],
        [(None,)],
    )
    assert stream.execute("SELECT is_alive FROM streamdialect_consumers") == [(False,)]
    stream.put(b"3")
    stream.refresh()
    assert (stream.rows(), stream.execute(history)) == (["1", "2", "3"], [(1,)])
