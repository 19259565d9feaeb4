"""Cancelling what another connection runs, in whatever process; signals in a long statement."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import streamdialect

LONG = """
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000000) SELECT COUNT(*) FROM c
"""
# The same, with a function in Python for each row.
CALLING = LONG.replace("COUNT(*)", "MAX(STRTOL('1', 10) + n)")
# Cancels what a connection runs, and prints when it asked for it.
CANCELLING = """
import sys, time, streamdialect
connection = streamdialect.connect(sys.argv[1], mode=sys.argv[3], ingest="off")
connection.execute("SELECT pg_cancel_backend(0)").fetchall()
time.sleep(1)
asked = time.time()
print(asked, connection.execute(sys.argv[2]).description is None, flush=True)
connection.close()
"""


@pytest.fixture
def connection(database: Path) -> Iterator[streamdialect.Connection]:
    opened = streamdialect.connect(database)
    opened.execute("CREATE TABLE t (a INT)")
    opened.commit()
    yield opened
    opened.close()


def session(connection: streamdialect.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def files(database: Path) -> list[str]:
    return sorted(path.name for path in database.parent.iterdir() if "-cancel-" in path.name)


@pytest.mark.parametrize("statement", ["SELECT pg_cancel_backend({})", "CANCEL {}", "CANCEL {} 'enough'"])
def test_another_process_cancels_the_running_statement(
    connection: streamdialect.Connection, database: Path, statement: str
) -> None:
    number = session(connection)
    arguments = [sys.executable, "-c", CANCELLING, str(database), statement.format(number), "rw"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as other:
        with pytest.raises(streamdialect.QueryCanceledError) as caught:
            connection.execute(LONG).fetchall()
        stopped = time.time()
        output, _ = other.communicate()
    assert str(caught.value) == f"Query ({number}) cancelled on user's request"
    assert caught.value.sqlstate == "57014"
    assert stopped - float(output.split()[0]) < 1.5  # 0.1 s where nothing else runs
    assert connection.execute("SELECT COUNT(*) FROM t").fetchall() == [(0,)]


def test_a_change_that_is_cancelled_is_undone(connection: streamdialect.Connection, database: Path) -> None:
    number = session(connection)
    arguments = [sys.executable, "-c", CANCELLING, str(database), f"CANCEL {number}", "rw"]
    with (
        subprocess.Popen(arguments, stdout=subprocess.DEVNULL),
        pytest.raises(streamdialect.QueryCanceledError),
    ):
        connection.execute(f"INSERT INTO t {LONG}")
    assert not connection.in_transaction
    assert connection.execute("SELECT COUNT(*) FROM t").fetchall() == [(0,)]


def test_a_request_for_an_idle_connection_is_forgotten(
    connection: streamdialect.Connection, database: Path
) -> None:
    number = session(connection)
    with streamdialect.connect(database) as other:
        assert other.execute(f"SELECT pg_cancel_backend({number})").fetchall() == [(1,)]
        assert other.execute("SELECT pg_cancel_backend(NULL)").fetchall() == [(None,)]
    other.close()
    rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000) SELECT COUNT(*) FROM c"
    assert connection.execute(rows).fetchall() == [(300_000,)]


def test_ids_that_nobody_has(connection: streamdialect.Connection) -> None:
    assert connection.execute("SELECT pg_cancel_backend(17)").fetchall() == [(0,)]
    with pytest.raises(streamdialect.UndefinedObjectError, match=r"Session 17 does not exist\."):
        connection.execute("CANCEL 17")
    for wrong in ("CANCEL", "CANCEL 1 2", "CANCEL x"):
        with pytest.raises(streamdialect.SQLSyntaxError):
            connection.execute(wrong)


def test_the_message_of_cancel_is_a_notice(connection: streamdialect.Connection) -> None:
    connection.execute(f"CANCEL {session(connection)} 'no longer needed'")
    assert connection.notices[-1] == "INFO:  no longer needed"


def test_each_connection_has_its_own_id_and_its_file_goes_with_it(
    connection: streamdialect.Connection, database: Path
) -> None:
    assert files(database) == []
    numbers = {session(connection), session(connection)}
    other = streamdialect.connect(database)
    numbers.add(session(other))
    assert len(numbers) == 2
    assert files(database) == sorted(f"events.db-cancel-{number}" for number in numbers)
    for name in files(database):
        mode = stat.S_IMODE((database.parent / name).stat().st_mode)
        assert mode == stat.S_IMODE(database.stat().st_mode) & 0o666
    other.close()
    assert files(database) == [f"events.db-cancel-{session(connection)}"]


def test_the_file_of_a_process_that_died_is_removed(
    connection: streamdialect.Connection, database: Path
) -> None:
    program = (
        "import sys, os, streamdialect;"
        "connection = streamdialect.connect(sys.argv[1]);"
        "print(connection.execute('SELECT pg_backend_pid()').fetchone()[0], flush=True);"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(database)], stdout=subprocess.PIPE, text=True, check=False
    )
    assert files(database) == [f"events.db-cancel-{int(done.stdout)}"]
    assert connection.execute(f"SELECT pg_cancel_backend({int(done.stdout)})").fetchall() == [(0,)]
    assert files(database) == []
    (database.parent / "events.db-cancel-5").touch()
    number = session(connection)
    assert files(database) == [f"events.db-cancel-{number}"]


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(connection: streamdialect.Connection, database: Path) -> None:
    database.parent.chmod(0o555)
    try:
        reader = streamdialect.connect(database, mode="ro")
        assert session(reader) > 0
        assert files(database) == []
        reader.close()
    finally:
        database.parent.chmod(0o755)


def test_the_folder_for_temporary_files_serves_where_the_other_cannot(
    connection: streamdialect.Connection, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    create = os.open

    def refusing(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and "-cancel-" in str(path) and not str(path).startswith(str(temporary)):
            raise PermissionError(13, "Permission denied", path)
        return create(path, flags, mode)

    monkeypatch.setattr("streamdialect.storage.cancellation.os.open", refusing)
    number = session(connection)
    assert files(database) == []
    (file,) = temporary.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(database.stat().st_mode) & 0o666
    with streamdialect.connect(database) as other:
        assert other.execute(f"SELECT pg_cancel_backend({number})").fetchall() == [(1,)]
    other.close()
    connection.close()
    assert list(temporary.iterdir()) == []


# In a process of its own: pytest-timeout has the one alarm of this one, and a signal that were lost would end nothing.
RINGING = """
import faulthandler, signal, sys, time, streamdialect

faulthandler.dump_traceback_later(50, exit=True)

class Timeout(Exception):
    pass

def ring(*_):
    raise Timeout

connection = streamdialect.connect(sys.argv[1])
connection.execute(sys.argv[2].replace("2000000000", "2")).fetchall()
signal.signal(signal.SIGALRM, ring)
began = time.monotonic()
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    connection.execute(sys.argv[2]).fetchall()
except Timeout:
    print("rung", time.monotonic() - began < 2)
print(connection.execute("SELECT 1").fetchall())
connection.close()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no SIGALRM on this system")
@pytest.mark.parametrize("rows", [LONG, CALLING])
def test_a_signal_interrupts_a_long_statement(database: Path, rows: str) -> None:
    arguments = [sys.executable, "-c", RINGING, str(database), rows]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["rung True", "[(1,)]"], done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH '/tmp/other.db' AS other",
        "DETACH main",
        "PRAGMA writable_schema = 1",
        "PRAGMA trusted_schema = ON",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA temp_store_directory = '/tmp'",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "VACUUM INTO '/tmp/copy.db'",
        "CREATE VIEW w AS SELECT streamdialect_cancel_backend(5)",
    ],
)
def test_what_could_harm_others_is_refused(connection: streamdialect.Connection, statement: str) -> None:
    with pytest.raises(streamdialect.NotSupportedError):
        connection.execute(statement)


def test_a_stored_view_cannot_cancel(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE VIEW w AS SELECT pg_cancel_backend(5) AS done")
    with pytest.raises(streamdialect.ProgrammingError, match="unsafe use"):
        connection.execute("SELECT * FROM w").fetchall()


def test_a_process_that_changes_its_folder_is_still_found(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)
    connection = streamdialect.connect(database.name)
    other = streamdialect.connect(database)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    number = session(connection)
    assert files(database) == [f"{database.name}-cancel-{number}"]
    assert other.execute(f"SELECT pg_cancel_backend({number})").fetchall() == [(1,)]
    connection.close()
    other.close()
    assert files(database) == []


def test_functions_do_not_put_off_a_cancellation(connection: streamdialect.Connection) -> None:
    """Each is a step of SQLite's, which looks once in so many; here the time between two looks, without load."""
    looks: list[float] = []
    number = session(connection)
    take = os.fstat

    def seen(descriptor: int) -> os.stat_result:
        looks.append(time.thread_time())
        return take(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fstat", seen)
        connection.execute(CALLING.replace("2000000000", "100000")).fetchall()
    assert number
    assert len(looks) > 10
    assert max(after - before for before, after in pairwise(looks)) < 0.4
