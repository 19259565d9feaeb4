"""Whether a file that is open still lies at its path: files may be removed or replaced while they are open."""

from __future__ import annotations

import os
from contextlib import suppress

import apsw

__all__ = ["Place", "file_at", "same_file"]


def same_file(descriptor: int, path: str) -> bool:
    """Tell whether an open file is the one at a path."""
    try:
        there = os.stat(path)
    except OSError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def file_at(path: str) -> tuple[int, int] | None:
    """Give what tells the file at a path from every other one, or None if there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


class Place:
    """Remember which file lies at a path, and which log beside it the connection writes; made where it was opened.

    A connection keeps the log from its first read in WAL mode on; until then others may remove it.
    """

    def __init__(self, path: str, connection: apsw.Connection) -> None:
        self.path = path
        self._connection = connection
        self._log_path = f"{path}-wal"
        self._file = file_at(path)
        self._log: tuple[int, int] | None = None
        self.follow()

    def follow(self) -> None:
        """Remember the log as soon as there is one; only between the connection's statements, in its thread."""
        if self._log is None and os.path.exists(self._log_path):
            with suppress(apsw.Error):  # of the file; the next statement raises it
                self._connection.pragma("schema_version")  # reads the file: from here on the log is kept
                if self._connection.pragma("journal_mode") == "wal":
                    self._log = file_at(self._log_path)

    def trouble(self) -> str | None:
        """Say what happened to the file since, or None. Takes some microseconds."""
        found = file_at(self.path)
        if found != self._file:
            what = "removed or renamed" if found is None else "replaced by another file"
            return f"the database file {self.path} was {what} while it was open"
        if self._log is not None and file_at(self._log_path) != self._log:
            # Nobody may do so while a connection is open: what it commits goes into a log that nobody else reads.
            return (
                f"the log {self._log_path} was removed while it was open, by hand or by another copy of SQLite in this"
                " process (Python's sqlite3)"
            )
        return None
