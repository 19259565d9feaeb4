"""What may happen to the file while its views are consumed: no space, no permission, gone, another clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect
from streamdialect.storage.lease import LeaseFile
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.test_consumers import consumers, count, process, wait_for


def mounted(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of its own, of 4 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)):
        pytest.skip("needs the right to mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_and_loses_nothing(small_disk: Path, events: Events) -> None:
    """The real error of a real disk; when there is space again the view goes on by itself."""
    database = small_disk / "events.db"
    log = small_disk.parent / "log"
    program = f"""
import logging, sys, streamdialect
logging.basicConfig(filename={str(log)!r})
connection = streamdialect.connect({str(database)!r}, autocommit=True)
connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{events.server.bootstrap}' AUTHENTICATION none")
connection.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_offset, kafka_value FROM s.events")
connection.execute("REFRESH MATERIALIZED VIEW v")
connection.execute("CREATE TABLE ballast (a VARBYTE)")
connection.execute("INSERT INTO ballast VALUES (?)", (bytes(100_000),))
print("ready", flush=True)
sys.stdin.readline()
print(connection.execute("SELECT COUNT(*), COUNT(DISTINCT kafka_offset) FROM v").fetchone(), flush=True)
try:
    connection.execute("REFRESH MATERIALIZED VIEW v")
except streamdialect.OperationalError as error:
    print(str(error).splitlines()[0], flush=True)
sys.stdin.readline()
while connection.execute("SELECT COUNT(*) FROM v").fetchone() != (40,):
    pass
print(connection.execute("SELECT COUNT(*), COUNT(DISTINCT kafka_offset) FROM v").fetchone(), flush=True)
print(connection.execute("PRAGMA integrity_check").fetchall(), flush=True)
connection.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None

        def answer(text: str = "") -> str:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write("\n")
            running.stdin.flush()
            return running.stdout.readline().strip()

        try:
            assert running.stdout.readline() == "ready\n"
            (small_disk / "other").write_bytes(bytes(1_000_000))  # somebody else's
            events.put(*[b"x" * 99_000] * 40)
            wait_for(lambda: log.exists() and "full" in log.read_text(), "the disk to be full", 40)
            rows = answer()
            done, distinct = map(int, rows.strip("()").split(","))
            assert done == distinct
            assert 0 <= done < 40
            assert "full" in running.stdout.readline()
            (small_disk / "other").unlink()
            assert mounted("-o", "remount,size=64m", str(small_disk))
            assert answer() == "(40, 40)"
            assert running.stdout.readline().strip() == "[('ok',)]"
        finally:
            running.kill()


def test_a_folder_that_cannot_be_written(tmp_path: Path, events: Events) -> None:
    """The kernel refuses root too on a file system that is mounted to be read."""
    folder, view = tmp_path / "folder", tmp_path / "view"
    folder.mkdir()
    view.mkdir()
    with closing(streamdialect.connect(folder / "events.db", autocommit=True, ingest="off")) as writer:
        writer.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{events.server.bootstrap}' AUTHENTICATION none"
        )
        writer.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    if not mounted("--bind", str(folder), str(view)):
        pytest.skip("needs the right to mount a file system")
    try:
        assert mounted("-o", "remount,bind,ro", str(view))
        with pytest.raises(streamdialect.OperationalError, match=r"unable to open database file|readonly"):
            streamdialect.connect(view / "events.db").execute("REFRESH MATERIALIZED VIEW v")
        assert "streamdialect-v" not in consumers()
        # And where somebody else writes to it, the same file can be read.
        with closing(streamdialect.connect(folder / "events.db", autocommit=True)) as writer:
            writer.execute("REFRESH MATERIALIZED VIEW v")
            assert count(writer) == 1
    finally:
        subprocess.run(["umount", str(view)], check=True)


@pytest.mark.parametrize("how", ["deleted", "replaced", "moved"])
def test_a_file_that_goes_away_is_missed(
    database: Path, events: Events, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """Whoever goes on would write to a file that nobody finds: consumers stop, and connections say so."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    other = database.with_name("other.db")
    with closing(streamdialect.connect(other, autocommit=True, ingest="off")) as connection:
        connection.execute("CREATE TABLE t (a INT)")
    if how == "deleted":
        database.unlink()
    elif how == "replaced":
        for end in ("-wal", "-shm"):  # as SQLite's manual says: they belong to the old file
            Path(f"{database}{end}").unlink()
        other.replace(database)
    else:
        database.rename(database.with_name("moved.db"))
    word = "replaced by another file" if how == "replaced" else "removed or renamed"
    for statement in ("SELECT 1", "REFRESH MATERIALIZED VIEW v", "CREATE TABLE t (a INT)"):
        with pytest.raises(streamdialect.OperationalError, match=word):
            events.execute(statement)
    wait_for(lambda: "streamdialect-v" not in consumers(), "the consumer to stop")
    assert word in caplog.text
    if how == "moved":  # and back: the connection and the consumer go on
        database.with_name("moved.db").rename(database)
        events.put({"name": "b"})
        wait_for(lambda: count(events.connection) == 2, "the consumer to go on")
    else:
        with closing(streamdialect.connect(database, autocommit=True)) as fresh:
            assert fresh.execute("SELECT COUNT(*) FROM svv_mv_info").fetchall() == [(0,)]


def test_a_transaction_on_a_file_that_goes_away_is_not_committed(database: Path) -> None:
    with closing(streamdialect.connect(database)) as connection:
        connection.execute("CREATE TABLE t (a INT)")
        database.unlink()
        with pytest.raises(streamdialect.OperationalError, match="removed or renamed"):
            connection.commit()
        connection.rollback()


def test_a_log_that_is_removed_stops_consumers_and_statements(
    database: Path, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    """What is committed goes into a log that nobody else reads: it is said, and read again from the stream."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    # As another copy of SQLite in this process does, which may end it by SIGBUS as well.
    database.with_name(f"{database.name}-wal").unlink()
    with pytest.raises(streamdialect.OperationalError, match="-wal was removed while it was open"):
        events.refresh("v")
    wait_for(lambda: "its views are not consumed any more" in caplog.text, "the consumer's error")
    events.put({"name": "b"})
    events.connection.close()
    with closing(streamdialect.connect(database, autocommit=True)) as fresh:
        fresh.execute("REFRESH MATERIALIZED VIEW v")
        assert fresh.execute("SELECT name FROM v ORDER BY 1").fetchall() == [("a",), ("b",)]
        assert fresh.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_lease_file_that_is_removed_is_made_anew(database: Path, events: Events) -> None:
    """Locks on a file that nobody finds keep nobody out: the holder locks the new one, within a second."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    lease = Path(f"{database}-lease")
    before = lease.stat().st_ino
    lease.rename(lease.with_name("gone"))
    wait_for(lambda: lease.exists() and lease.stat().st_ino != before, "the lease file")
    with process(database, "from streamdialect.ingest import registry"):
        events.put({"name": "b"})
        wait_for(lambda: count(events.connection) == 2, "the consumer to go on")
        assert "streamdialect-v" in consumers()


def test_who_loses_a_lease_with_its_file_is_told(tmp_path: Path) -> None:
    path = str(tmp_path / "events.db")
    first, second = LeaseFile(path), LeaseFile(path)
    assert first.try_acquire(1) is not None
    os.rename(f"{path}-lease", f"{path}-gone")
    program = (
        "import sys; from streamdialect.storage.lease import LeaseFile;"
        f"lease = LeaseFile({path!r}).try_acquire(1); print(bool(lease), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert first.lost() == {1}
        assert first.lost() == set()
        other.kill()
    first.close()
    second.close()


def test_a_copy_is_a_file_of_its_own(database: Path, events: Events) -> None:
    """A copy goes on from its own positions; neither takes the other's lease."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    events.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = database.with_name("copy.db")
    shutil.copy(database, copy)
    with closing(streamdialect.connect(copy, autocommit=True)) as connection:
        events.put({"name": "b"})
        wait_for(lambda: count(connection) == 2, "the copy's consumer")
        wait_for(lambda: count(events.connection) == 2, "the consumer")


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    leases = LeaseFile(str(tmp_path / "events.db"))
    with pytest.raises(streamdialect.OperationalError, match="cannot lock the lease file"):
        leases.try_acquire(1)
    leases.close()


CLOCK = """
import sys, time, datetime as module
import apsw

back = [0.0]
true_time = time.time
time.time = lambda: true_time() - back[0]
class Late(module.datetime):
    @classmethod
    def now(cls, zone=None):
        return super().now(zone) - module.timedelta(seconds=back[0])
module.datetime = Late
class Clock(apsw.VFS):
    def __init__(self):
        super().__init__("clock", "", makedefault=True)
    def xCurrentTimeInt64(self):
        return int((true_time() - back[0]) * 1000) + 210866760000000
clock = Clock()
import streamdialect

path, bootstrap = sys.argv[1:]
connection = streamdialect.connect(path, autocommit=True)
def wait(count):
    until = time.monotonic() + 30
    while connection.execute("SELECT COUNT(*) FROM v").fetchone() != (count,):
        assert time.monotonic() < until
        time.sleep(0.01)
wait(1)
back[0] = 86400.0
print("back", flush=True)
wait(2)
connection.execute("REFRESH MATERIALIZED VIEW v")
print(connection.execute("SELECT COUNT(*), COUNT(DISTINCT kafka_offset) FROM v").fetchone())
print(connection.execute("SELECT streamdialect_state FROM svv_mv_info").fetchone())
print(connection.execute("SELECT MIN(duration) >= 0 FROM sys_mv_refresh_history").fetchone())
connection.close()
"""


def test_the_clock_jumps_back_a_day(database: Path, events: Events) -> None:
    """Python's clock and SQLite's, in the consuming process: no lease and no position depends on them."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    events.put({"name": "a"})
    command = [sys.executable, "-c", CLOCK, str(database), events.server.bootstrap]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "back\n"
        time.sleep(0.2)
        events.put({"name": "b"})
        assert running.stdout.read().splitlines() == ["(2, 2)", "('ok',)", "(True,)"]
        assert running.wait(30) == 0
