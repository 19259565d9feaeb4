"""The named steps of ingest, and how a process is ended (or stopped) at exactly one of them.

Nothing of this is in the product: the process that is to die watches itself, by SQLite's trace of its statements
(``apsw.Connection.trace_v2``), by a VFS between SQLite and the operating system, by SQLite's progress handler, and
by wrapping three functions. A step is ``WHERE, WHEN``; ``install`` arms one of them.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import apsw

from streamdialect.ingest.consumer import Consumer
from streamdialect.ingest.writer import Writer
from streamdialect.storage import connection as product_connection
from streamdialect.storage.lease import LeaseFile

__all__ = ["FIRST_STEPS", "RARE_STEPS", "STEPS", "checkpoint_often", "install", "statements"]

# Statements of the writer's thread, in the order of a transaction; a view's rows come in three ways.
_STATEMENTS = {
    "positions": r"SELECT partition, position\b.* FROM main\.streamdialect_checkpoints",
    "begin": r"BEGIN IMMEDIATE",
    "policy": r"SELECT on_error",
    "history": r"(INSERT INTO|UPDATE) main\.streamdialect_refreshes",
    "rows": r'WITH.*INSERT INTO main\."?mv_tbl__rows_',
    "groups": r'WITH.*INSERT INTO main\."?mv_tbl__totals_',
    "rows with NULLs": r'INSERT INTO main\."?mv_tbl__kept_',
    "dead letter": r"INSERT INTO main\.streamdialect_errors",
    "first position": r"INSERT INTO main\.streamdialect_checkpoints",
    "position": r"UPDATE main\.streamdialect_checkpoints",
    "scan": r"INSERT INTO main\.streamdialect_scans",
    "error budget": r"UPDATE main\.streamdialect_views SET window_records",
    "commit": r"COMMIT",
}
_PATTERNS = {name: re.compile(pattern, re.DOTALL) for name, pattern in _STATEMENTS.items()}

# Only a view without positions takes these: they come first in a campaign, and undo themselves.
FIRST_STEPS = ("first position, before", "first position, after")
# Each view comes to these once, when its consumer begins.
RARE_STEPS = (*FIRST_STEPS, "lease, after", "positions, before", "positions, after")

STEPS: tuple[str, ...] = (
    *FIRST_STEPS,
    *(f"{name}, {when}" for name in _STATEMENTS for when in ("before", "after") if name != "first position"),
    # The virtual machine is at work on the rows.
    "rows, within",
    "groups, within",
    # What SQLite asks of the operating system; "torn": half of what it asked for is in the file.
    "log header write, before",
    "log header write, after",
    "log frame write, before",
    "log frame write, torn",
    "log frame write, after",
    "log sync, before",
    "log sync, after",
    "database write, before",
    "database write, torn",
    "database write, after",
    "database sync, before",
    "database sync, after",
    # Between the threads.
    "lease, after",
    "submit, before",
    "submit, after",
    "take, before",
    "acknowledge, after",
)

_VM_STEPS = 200
# Pages of the log after which it is copied to the database: SQLite's default of 1,000 would be seen once a minute.
_CHECKPOINT_PAGES = 24


class Trap:
    """End this process at the ``number``-th time that it comes to a step; ``act`` says how."""

    def __init__(self, step: str, number: int, act: Callable[[], None]) -> None:
        self.step = step
        self.torn = step.endswith(", torn")
        self._number = number
        self._act = act
        self._mutex = threading.Lock()

    def reach(self, step: str) -> None:
        if step == self.step and self.due():
            self._act()

    def due(self) -> bool:
        with self._mutex:
            self._number -= 1
            return self._number == 0

    def act(self) -> None:
        self._act()


def _writing() -> bool:
    return threading.current_thread().name == "streamdialect-writer"


class _File(apsw.VFSFile):
    """Be a file of SQLite's that comes to steps, in the writer's thread."""

    def __init__(self, trap: Trap, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._trap = trap
        self._kind = "log" if flags[0] & apsw.SQLITE_OPEN_WAL else ""
        if flags[0] & apsw.SQLITE_OPEN_MAIN_DB:
            self._kind = "database"
        super().__init__("unix", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        if not self._kind or not _writing():
            super().xWrite(data, offset)
            return
        part = "" if self._kind == "database" else " header" if offset == 0 else " frame"
        step = f"{self._kind}{part} write"
        self._trap.reach(f"{step}, before")
        if self._trap.step == f"{step}, torn" and self._trap.due():
            super().xWrite(bytes(data)[: max(1, len(data) // 2)], offset)
            self._trap.act()
        super().xWrite(data, offset)
        self._trap.reach(f"{step}, after")

    def xSync(self, flags: int) -> None:
        watched = bool(self._kind) and _writing()
        if watched:
            self._trap.reach(f"{self._kind} sync, before")
        super().xSync(flags)
        if watched:
            self._trap.reach(f"{self._kind} sync, after")


class _Disk(apsw.VFS):
    """Stand before the operating system, as SQLite's default."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap
        super().__init__("crash", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self._trap, name, flags)


def _trace(connection: apsw.Connection, trap: Trap) -> None:
    where = trap.step.split(",")[0]
    pattern = _PATTERNS.get(where)
    if pattern is None:
        return
    current: list[bool] = [False]

    def event(found: dict[str, Any]) -> None:
        if not _writing():
            return
        matches = pattern.match(found["sql"].strip()) is not None
        before = found["code"] == apsw.SQLITE_TRACE_STMT
        current[0] = before and matches
        if matches:
            trap.reach(f"{where}, {'before' if before else 'after'}")

    def progress() -> bool:
        if current[0]:
            trap.reach(f"{where}, within")
        return False

    connection.trace_v2(apsw.SQLITE_TRACE_STMT | apsw.SQLITE_TRACE_PROFILE, event)
    if trap.step.endswith(", within"):
        connection.set_progress_handler(progress, _VM_STEPS)


def _wrap(trap: Trap) -> None:
    submit, write, acquire = Writer.submit, Consumer.write, LeaseFile.try_acquire

    def submitting(self: Writer, *arguments: Any) -> None:
        trap.reach("submit, before")
        submit(self, *arguments)
        trap.reach("submit, after")

    def writing(self: Consumer, *arguments: Any) -> Any:
        trap.reach("take, before")
        stored = write(self, *arguments)
        trap.reach("acknowledge, after")
        return stored

    def acquiring(self: LeaseFile, view_id: int) -> Any:
        lease = acquire(self, view_id)
        if lease is not None:
            trap.reach("lease, after")
        return lease

    Writer.submit = submitting  # type: ignore[method-assign, assignment]
    Consumer.write = writing  # type: ignore[method-assign, assignment]
    LeaseFile.try_acquire = acquiring  # type: ignore[method-assign]


_disks: list[_Disk] = []  # SQLite uses it as long as the process lives


def install(step: str, number: int = 1, act: int = signal.SIGKILL) -> None:
    """Arm a step, before any file is opened: this process sends itself ``act`` when it comes there."""
    if step not in STEPS:
        raise ValueError(f"no step {step!r}")

    def end() -> None:
        os.kill(os.getpid(), act)
        # SIGKILL has no afterwards. SIGSTOP stops all threads, but not at once.
        time.sleep(0.2)

    trap = Trap(step, number, end)
    if step.startswith(("log", "database")):
        _disks.append(_Disk(trap))
    _wrap(trap)
    apsw.connection_hooks.append(lambda connection: _trace(connection, trap))


def checkpoint_often() -> None:
    """Have the log copied to the database every few transactions, by SQLite and by the product's writer."""
    vars(product_connection)["_WAL_PAGES"] = _CHECKPOINT_PAGES
    apsw.connection_hooks.append(lambda connection: connection.wal_autocheckpoint(_CHECKPOINT_PAGES))


def statements(number: int) -> list[str]:
    """Die before the ``number``-th statement of this thread from now on that changes something; list those begun.

    Number 0 never dies: the list then tells how many there are.
    """
    begun: list[str] = []
    thread = threading.current_thread()

    def event(found: dict[str, Any]) -> None:
        if threading.current_thread() is thread and not (found["readonly"] and "COMMIT" not in found["sql"]):
            begun.append(found["sql"])
            if len(begun) == number:
                os.kill(os.getpid(), signal.SIGKILL)

    apsw.connection_hooks.append(lambda connection: connection.trace_v2(apsw.SQLITE_TRACE_STMT, event))
    return begun
