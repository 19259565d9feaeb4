"""Kill a process before each single statement that SQLite executes for one of ours: all of it is done, or nothing.

CREATE, ALTER and DROP MATERIALIZED VIEW, REDRIVE, and the migration of a file of an older version.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from streamdialect.storage.format import FORMAT_VERSION
from tests.crash import driver, verify
from tests.crash.campaign import finish, prepare
from tests.crash.driver import Life
from tests.crash.streams import Stream, open_stream
from tests.ingest.test_upgrade import make_old

__all__ = ["Killed", "run"]

_RECORDS = 30  # handfuls of ten
_GO_ON = 8  # after one kill in so many the file is used further, and compared with the stream


@dataclass
class Killed:
    """Be the kills for each statement, and the records that were in the file each time."""

    kills: dict[str, int] = field(default_factory=dict)
    records: int = 0

    def show(self) -> None:
        """Print the figures as a line of JSON."""
        print(json.dumps(asdict(self)), flush=True)


def run() -> Killed:
    """Kill every statement at every step; raise AssertionError for one that is left half done."""
    report = Killed()
    with tempfile.TemporaryDirectory(prefix="crash-") as name, open_stream("mock") as stream:
        full, empty = Path(name, "full.db"), Path(name, "empty.db")
        for number in range(_RECORDS):
            stream.produce(number)
        prepare(full, stream)
        report.records = finish(full, stream)
        views = verify.view_statements(stream.provider)
        _execute(empty, stream, stream.schema)
        drop = tuple(f"DROP MATERIALIZED VIEW {view}" for view in verify.VIEWS)
        null, redrive = (
            "ALTER MATERIALIZED VIEW rows_ SET (on_error = 'null')",
            "ALTER MATERIALIZED VIEW rows_ REDRIVE",
        )
        for what, base, script, look in (
            ("CREATE", empty, tuple(views), _whole_views),
            ("ALTER", full, ("ALTER MATERIALIZED VIEW rows_ AUTO REFRESH NO", null), _whole_views),
            ("DROP", full, drop, _whole_views),
            ("REDRIVE", full, (null, redrive), _each_record_once),
            ("REFRESH", full, ("REFRESH MATERIALIZED VIEW totals_",), _whole_views),
        ):
            report.kills[what] = _kill_each(base, stream, script, look)
        old = Path(name, "old.db")
        make_old(old)
        report.kills["migration"] = _kill_each(old, stream, ("SELECT 1",), _one_format)
    return report


def _execute(database: Path, stream: Stream, *script: str, statement: int = 0) -> int | None:
    """Execute a script; give the number of SQLite's statements, or None if it was killed."""
    life = Life(str(database), stream.environment, {"ingest": "manual"}, script=script, statement=statement)
    process, done = driver.start(life)
    try:
        return int(done())
    except EOFError:
        return None
    finally:
        process.join()
        assert process.exitcode in (0, -9), f"{script}: {process.exitcode}"


def _kill_each(
    base: Path, stream: Stream, script: tuple[str, ...], look: Callable[[sqlite3.Connection, Stream], None]
) -> int:
    number = 0
    while True:
        number += 1
        database = base.with_name("tried.db")
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(base, database)
        ended = _execute(database, stream, *script, statement=number)
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            look(connection, stream)
            views = {name for (name,) in connection.execute("SELECT name FROM streamdialect_views")}
        if ended is not None:
            assert number > len(script), "nothing was traced"
            return number - 1
        if number % _GO_ON or look is _one_format:
            continue
        # Life goes on: what is not there can be made, and then everything is.
        missing = [text for text in verify.view_statements(stream.provider) if text.split()[3] not in views]
        _execute(database, stream, *missing, "ALTER MATERIALIZED VIEW rows_ SET (on_error = 'skip')")
        if look is not _each_record_once:
            finish(database, stream, {"ingest": "manual"})


def _whole_views(connection: sqlite3.Connection, stream: Stream) -> None:
    """Check that a view has all that belongs to it, and that nothing is left of one that is not there."""
    views = dict(connection.execute("SELECT id, name FROM streamdialect_views").fetchall())
    wanted = {("table", f"mv_tbl__{name}__0") for name in views.values()} | {
        ("view", name) for name in views.values()
    }
    there = connection.execute(
        "SELECT type, name FROM sqlite_schema WHERE type = 'view' OR type = 'table' AND substr(name, 1, 3) = 'mv_'"
    ).fetchall()
    assert set(there) == wanted
    for table in ("checkpoints", "errors", "scans"):
        found = {
            view for (view,) in connection.execute(f"SELECT DISTINCT view_id FROM streamdialect_{table}")
        }
        assert found <= views.keys(), f"{table} of views that are not there: {found} {views}"


def _one_format(connection: sqlite3.Connection, stream: Stream) -> None:
    """Check that a file is of the old format or of the new one, with what it held."""
    (version,) = connection.execute("SELECT max(version) FROM streamdialect_format").fetchone()
    assert version in (1, FORMAT_VERSION)
    columns = {
        name for (name,) in connection.execute("SELECT name FROM pragma_table_info('streamdialect_views')")
    }
    assert ("on_error" in columns) == (version > 1)
    assert connection.execute("SELECT partition, position FROM streamdialect_checkpoints").fetchall() == [
        ("0", "1")
    ]
    assert connection.execute("SELECT count(*) FROM streamdialect_errors").fetchall() == [(1,)]


def _each_record_once(connection: sqlite3.Connection, stream: Stream) -> None:
    """Check that each record is in the view or set aside."""
    verify.count(connection, stream)
    _whole_views(connection, stream)
