"""How far a REFRESH is, shown on the terminal while it runs; a second connection looks at the file."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamdialect import Connection, Error, connect

if TYPE_CHECKING:
    from streamdialect.cli.script import Statement

__all__ = ["refreshing", "view_of"]

_SHOWN_AFTER = 0.5  # seconds
_LOOK = 0.2

_DONE = "SELECT COALESCE(SUM(scanned_rows), 0) FROM sys_stream_scan_states WHERE mv_name = ?"
_BEHIND = (
    "SELECT SUM(records_behind), MAX(milliseconds_behind), COUNT(*) FROM streamdialect_lag WHERE mv_name = ?"
)


def view_of(statement: Statement) -> str | None:
    """Name the view that a REFRESH is of, None for any other statement."""
    found = [word for word in statement.words if word.kind in ("word", "quoted", "other")]
    if [word.upper for word in found[:3]] != ["REFRESH", "MATERIALIZED", "VIEW"] or len(found) < 4:
        return None
    last = found[5] if len(found) > 5 and found[4].text == "." else found[3]
    return last.text[1:-1].replace('""', '"').lower() if last.kind == "quoted" else last.text.lower()


@contextlib.contextmanager
def refreshing(connection: Connection, statement: Statement) -> Iterator[None]:
    """Show on stderr how far a REFRESH is, if that is a terminal and it takes longer than half a second."""
    view = view_of(statement) if sys.stderr.isatty() else None
    path = database_path(connection) if view else None
    if view is None or path is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(path, view, ended), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def database_path(connection: Connection) -> Path | None:
    """Give the file of a connection, also that of a private one."""
    for _, name, file in connection.execute("PRAGMA database_list").fetchall():
        if name == "main" and file:
            return Path(file)
    return None


def _show(path: Path, view: str, ended: threading.Event) -> None:
    # Nothing here may disturb the statement: what cannot be read is not shown.
    with contextlib.suppress(Error):
        looking = connect(path, mode="ro", ingest="off", autocommit=True)
        try:
            _draw(looking, view, ended)
        finally:
            looking.close()


def _draw(connection: Connection, view: str, ended: threading.Event) -> None:
    first = _one(connection, _DONE, view)[0]
    began = time.monotonic()
    if ended.wait(_SHOWN_AFTER):
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),  # a name may have brackets
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"REFRESH {view}", total=None, told="looking at the stream")
        while not ended.is_set():
            done = max(0, _one(connection, _DONE, view)[0] - first)
            behind, milliseconds, partitions = _one(connection, _BEHIND, view)
            rate = done / (time.monotonic() - began)
            if behind is not None:
                told = f"{done:,} of {done + behind:,} records, {rate:,.0f}/s"
                progress.update(task, completed=done, total=max(1, done + behind), told=told)
            elif partitions:
                late = f", {milliseconds / 1000:,.0f} s behind" if milliseconds else ""
                progress.update(task, told=f"{done:,} records, {rate:,.0f}/s{late}")
            ended.wait(_LOOK)


def _one(connection: Connection, sql: str, view: str) -> tuple[Any, ...]:
    row = connection.execute(sql, (view,)).fetchone()
    assert row is not None  # they aggregate
    return tuple(row)
