"""How a statement is cancelled from another connection, usually in another process.

A connection that tells its id keeps a file of that name beside the database, empty and locked as long as
the connection lives. Whoever wants to cancel what it runs gives the file a byte; SQLite's progress handler
sees it there. A file that is not locked is of a process that died, and is removed by who finds it. Where
the folder cannot be written, the file lies in the folder for temporary files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator

from streamdialect.errors import OperationalError

__all__ = ["CancelRequests", "request_cancel"]

_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

if sys.platform == "win32":
    # An open file cannot be removed there: it is its own lock.
    def _lock(descriptor: int) -> bool:
        return False

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _prefixes(database: str) -> Iterator[str]:
    """Give the beginnings of the files' paths: beside the database, and in the temporary folder."""
    path = os.path.realpath(database)
    yield f"{path}-cancel-"
    digest = hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()
    yield os.path.join(tempfile.gettempdir(), f"streamdialect-{digest}-cancel-")


class CancelRequests:
    """Receive the requests to cancel what one connection runs; used by its thread."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._descriptor: int | None = None
        self._path = ""
        self.id: int | None = None

    def open(self) -> int:
        """Give the connection's id; from now on requests are received. Raise OperationalError if they cannot be."""
        if self.id is not None:
            return self.id
        problem: OSError | None = None
        for prefix in _prefixes(self._database):
            number = secrets.randbelow(2**31 - 1) + 1
            try:
                descriptor = os.open(f"{prefix}{number}", _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as error:
                problem = error
                continue
            _lock(descriptor)
            # Whoever may write the database may cancel.
            with contextlib.suppress(OSError, AttributeError):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(self._database).st_mode) & 0o666)
            self._descriptor, self._path, self.id = descriptor, f"{prefix}{number}", number
            _remove_stale(prefix)
            return number
        raise OperationalError(f"cannot receive requests to cancel: {problem}")

    def take(self) -> bool:
        """Tell whether there is a request, and forget it."""
        if self._descriptor is None or not os.fstat(self._descriptor).st_size:
            return False
        os.ftruncate(self._descriptor, 0)
        return True

    def close(self) -> None:
        """Receive no more requests."""
        descriptor, self._descriptor, self.id = self._descriptor, None, None
        if descriptor is not None:
            if sys.platform == "win32":
                os.close(descriptor)
            with contextlib.suppress(OSError):
                os.remove(self._path)
            if sys.platform != "win32":
                os.close(descriptor)


def request_cancel(database: str, number: int) -> bool:
    """Ask the connection of an id to cancel what it runs; tell whether there is such a connection."""
    for prefix in _prefixes(database):
        path = f"{prefix}{int(number)}"
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError:
            continue
        try:
            if _lock(descriptor):
                os.remove(path)
                continue
            os.ftruncate(descriptor, 1)  # which a full disk has room for
            return True
        finally:
            os.close(descriptor)
    return False


def _remove_stale(prefix: str) -> None:
    folder, start = os.path.split(prefix)
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if not re.fullmatch(re.escape(start) + r"\d+", name):
                continue
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                if sys.platform == "win32":
                    os.remove(path)
                    continue
                descriptor = os.open(path, _FLAGS)
                try:
                    if _lock(descriptor):
                        os.remove(path)
                finally:
                    os.close(descriptor)
