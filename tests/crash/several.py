"""Several processes at one file: killed and started anew all the time, or stopped while others go on."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.crash import driver, verify
from tests.crash.campaign import finish, prepare
from tests.crash.driver import Life
from tests.crash.streams import Producing, Stream, number_of, open_stream

__all__ = ["Fence", "Several", "fence", "run"]

PROCESSES, KILLED = 6, 3
_POLL = 0.005
_PATIENCE = 30.0

Positions = dict[tuple[str, str], int]


class Watcher:
    """Look at all positions every few milliseconds, with Python's sqlite3: none may ever go back."""

    def __init__(self, database: Path) -> None:
        self.looks = 0
        self._database = database
        self._seen: Positions = {}
        self._wrong: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        assert not self._wrong, self._wrong

    def _run(self) -> None:
        with closing(sqlite3.connect(self._database, timeout=30)) as connection:
            while not self._end.wait(_POLL):
                found = read_positions(connection)
                self.looks += 1
                for place, before in self._seen.items():
                    if found.get(place, -1) < before:
                        self._wrong.append(f"{place}: {before}, then {found.get(place)}")
                self._seen = found


def read_positions(connection: sqlite3.Connection) -> Positions:
    """Read all positions, by view and partition."""
    return {
        (view, partition): number_of(position)
        for view, partition, position in connection.execute(
            "SELECT name, partition, position FROM streamdialect_checkpoints"
            " JOIN streamdialect_views ON id = view_id"
        )
    }


def _of(found: Positions, view: str) -> Positions:
    return {place: position for place, position in found.items() if place[0] == view}


def _moves(connection: sqlite3.Connection, view: str, before: Positions) -> Callable[[], bool]:
    return lambda: _of(read_positions(connection), view) != _of(before, view)


def wait_for(condition: Callable[[], bool], what: str) -> float:
    """Wait; return the seconds that it took, or raise AssertionError."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < _PATIENCE, f"waited {_PATIENCE} s for {what}"
        time.sleep(_POLL)
    return time.monotonic() - began


def holders(database: Path, connection: sqlite3.Connection) -> dict[str, int]:
    """Tell which process has last taken each view's lease: the lease file says so, in 32 bytes for each view."""
    content = Path(f"{database}-lease").read_bytes()
    found = {}
    for number, view in connection.execute("SELECT id, name FROM streamdialect_views"):
        text = content[number * 32 : number * 32 + 32].strip(b" \0")
        if text.isdigit():
            found[view] = int(text)
    return found


@dataclass
class Several:
    """Be the figures of a time with several processes."""

    source: str
    seed: int
    seconds: float
    kills: int = 0
    of_holders: int = 0
    takeovers: int = 0
    takeover_median: float = 0.0
    takeover_longest: float = 0.0
    looks: int = 0
    records: int = 0
    disturbances: int = 0

    def show(self) -> None:
        """Print the figures as a line of JSON."""
        print(json.dumps(asdict(self)), flush=True)


@contextmanager
def _file(source: str, seed: int) -> Iterator[tuple[Path, Stream, Producing, sqlite3.Connection]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        database = folder / "events.db"
        stream = stack.enter_context(open_stream(source))
        prepare(database, stream)
        producing = stack.enter_context(Producing(stream, 3.0))
        connection = stack.enter_context(closing(sqlite3.connect(database, timeout=30)))
        try:
            yield database, stream, producing, connection
        except AssertionError:
            for log in folder.glob("*.log"):
                print(f"--- the end of {log.name}", log.read_text()[-20_000:], sep="\n", file=sys.stderr)
            raise


def run(source: str, seconds: float, seed: int) -> Several:
    """Have six processes at a file, and for some seconds kill three of them, and start them anew, again and again.

    Raise AssertionError for a record lost or doubled, a position that goes back, or two consumers of one view. A
    takeover is the time from the death of a view's holder to the next commit of another.
    """
    chance = random.Random(seed)
    report = Several(source, seed, seconds)
    times: list[float] = []
    with ExitStack() as stack:
        database, stream, producing, connection = stack.enter_context(_file(source, seed))
        log = database.parent / "drivers.log"
        life = Life(str(database), stream.environment, log=str(log))
        alive = [driver.start(life, ready=False)[0] for _ in range(PROCESSES)]
        try:
            with Watcher(database) as watcher:
                wait_for(
                    lambda: {view for view, _ in read_positions(connection)} == set(verify.VIEWS), "a start"
                )
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    time.sleep(chance.uniform(0.0, 1.0))
                    chosen = chance.sample(range(PROCESSES), KILLED)
                    pids = {alive[number].pid for number in chosen}
                    orphans = {view for view, pid in holders(database, connection).items() if pid in pids}
                    for number in chosen:
                        alive[number].kill()
                    died = time.monotonic()
                    for number in chosen:
                        alive[number].join()
                    before = read_positions(connection)
                    for number in chosen:
                        alive[number] = driver.start(life, ready=False)[0]
                    report.kills += KILLED
                    report.of_holders += len(orphans)
                    for view in orphans:
                        wait_for(_moves(connection, view, before), f"the takeover of {view}")
                        times.append(time.monotonic() - died)
            report.looks = watcher.looks
            producing.stop()
        finally:
            for process in alive:
                process.kill()
                process.join()
        report.disturbances = len(producing.disturbances)
        assert "is no longer" not in log.read_text(), "two consumers have met"
        report.records = finish(database, stream)
    report.takeovers = len(times)
    if times:
        report.takeover_median = round(statistics.median(times), 3)
        report.takeover_longest = round(max(times), 3)
    return report


@dataclass
class Fence:
    """Be what happened when a holder was stopped at a step, lost its lease, and woke."""

    source: str
    step: str
    moved: int = 0
    commits_of_the_stopped: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    records: int = 0

    def show(self) -> None:
        """Print the figures as a line of JSON."""
        print(json.dumps(asdict(self)), flush=True)


def _stopped(process: BaseProcess) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(process.pid)], capture_output=True, text=True)
    return found.stdout.strip().startswith("T")


def fence(source: str, step: str, number: int = 20) -> Fence:
    """Stop a holder (SIGSTOP) at a step, take its lease away, let another process go on, and wake it.

    A stopped process keeps its lease, which is a lock of the operating system's: it loses it when somebody deletes
    the lease file, a network file system forgets the lock, or the process itself has closed a descriptor of that file
    (fcntl(2)). Here the file is deleted. Raise AssertionError if what the stopped process had in hand gets into the
    file.
    """
    report = Fence(source, step)
    with ExitStack() as stack:
        database, stream, producing, connection = stack.enter_context(_file(source, 1))
        logs = [database.parent / f"{name}.log" for name in ("first", "second")]
        lives = [Life(str(database), stream.environment, log=str(log)) for log in logs]
        stopped = Life(**{**asdict(lives[0]), "step": step, "number": number, "signal": signal.SIGSTOP})
        watcher = stack.enter_context(Watcher(database))
        first, _ = driver.start(stopped, ready=False)
        stack.callback(first.join)
        stack.callback(first.kill)
        wait_for(lambda: _stopped(first), f"the holder to stop at {step}")
        in_transaction = not _writable(connection)
        before = read_positions(connection)
        os.unlink(f"{database}-lease")
        second, opened = driver.start(lives[1])
        stack.callback(second.join)
        stack.callback(second.kill)
        opened()

        def moved() -> bool:
            found = read_positions(connection)
            return all(_of(found, view) != _of(before, view) for view in verify.VIEWS)

        if in_transaction:
            # Its transaction holds the file: nobody can move a position before it wakes.
            time.sleep(1.5)
            assert read_positions(connection) == before
        else:
            wait_for(moved, "the other process to go on")
            report.moved = sum(
                before.get(place) != position for place, position in read_positions(connection).items()
            )
        asleep = _refreshes(connection, first.pid)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGCONT)
        if not in_transaction:
            wait_for(lambda: bool(_losses(logs[0])), "the holder to see what it lost")
        time.sleep(3.0)
        report.commits_of_the_stopped = sum(
            asleep.get(number) != row for number, row in _refreshes(connection, first.pid).items()
        )
        report.lost = {log.stem: _losses(log) for log in logs}
        producing.stop()
        for process in (first, second):
            process.kill()
            process.join()
        assert watcher.looks
        report.records = finish(database, stream)
    assert report.lost["first"] + report.lost["second"] <= 2 * len(verify.VIEWS), (
        f"they go on competing: {report}"
    )
    if not in_transaction:
        assert not report.commits_of_the_stopped, report
    return report


def _losses(log: Path) -> int:
    """Count how often a process has found that it lost a view: by the position, or by the lease."""
    return len(re.findall("is no longer|the lease file was deleted", log.read_text()))


def _writable(connection: sqlite3.Connection) -> bool:
    connection.execute("PRAGMA busy_timeout = 200")
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    else:
        connection.rollback()
        return True
    finally:
        connection.execute("PRAGMA busy_timeout = 30000")


def _refreshes(connection: sqlite3.Connection, pid: int | None) -> dict[int, tuple[object, ...]]:
    """Read what a process has committed: each of its transactions with records changes a row of the history."""
    return {
        row[0]: row
        for row in connection.execute("SELECT * FROM streamdialect_refreshes WHERE session_id = ?", (pid,))
    }
