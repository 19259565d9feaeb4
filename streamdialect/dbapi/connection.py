"""PEP 249 connections."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections import deque
from typing import Any

from streamdialect import errors
from streamdialect.dbapi.backend import Backend, Parameters
from streamdialect.dbapi.cursor import Cursor
from streamdialect.dbapi.options import read_options
from streamdialect.errors import InterfaceError

__all__ = ["Connection", "connect"]

# Connections that a forked child got from its parent: they are kept, because even freeing one closes
# SQLite's descriptors, and with them the locks of this process on the same file.
_inherited: list[Backend] = []
_forgotten: list[Backend] = []


def connect(database: str | os.PathLike[str] | None = None, **options: Any) -> Connection:
    """Open a database file and return a connection.

    Without ``database``, or with ":memory:", the file is a private temporary one, removed when the connection is
    closed: a consumer has a connection of its own, which cannot see another one's memory.
    Options are those of the URL (docs/reference/url.md): ``mode``, ``ingest``, ``compat``, ``autocommit``,
    ``timeout``, ``refresh_timeout``, ``credentials``, ``kafka`` (a mapping of librdkafka properties),
    ``kafka_config``, ``kinesis_reads``; and ``attach``, a mapping of names of schemas to further SQLite files,
    which a URL cannot have. AUTO REFRESH views in the file start being consumed if no other process does.
    Raise InterfaceError for an unknown option, OperationalError if the file cannot be opened.
    """
    from streamdialect.dbapi.local import LocalBackend

    _end_forgotten()
    parsed = read_options(options)
    return Connection(LocalBackend(_path(database), parsed))


def _path(database: object) -> str | None:
    if database is None:
        return None
    if not isinstance(database, str | os.PathLike):
        raise InterfaceError(f"the database must be a str or a path, not {type(database).__name__}")
    path = os.fsdecode(database)
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise InterfaceError(f"a path must be UTF-8 without NUL characters, which {path!r} is not")
    return None if path in ("", ":memory:") else path


class Connection:
    """Hold one transaction at a time, and any number of cursors (PEP 249, "Connection Objects").

    A transaction begins with the first statement that writes; with ``autocommit`` each statement is its
    own. As a context manager it commits at the end of the block, or rolls back if the block raised; it
    stays open. It may be used by one thread at a time, and not after ``fork``.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, backend: Backend) -> None:
        self._open_backend: Backend | None = backend
        self._process = os.getpid()

    @property
    def _backend(self) -> Backend:
        self._check()
        assert self._open_backend is not None
        return self._open_backend

    def _check(self) -> None:
        if self._open_backend is None:
            raise InterfaceError("the connection is closed")
        if self._process != os.getpid():
            raise InterfaceError(
                "the connection was opened by another process",
                hint="Open connections after fork; with SQLAlchemy call engine.dispose(close=False) there.",
            )

    @property
    def closed(self) -> bool:
        """Tell whether the connection is closed."""
        return self._open_backend is None

    @property
    def notices(self) -> deque[str]:
        """Give the server's messages (INFO, NOTICE), the newest last; at most 100 are kept."""
        return self._backend.notices

    @property
    def autocommit(self) -> bool:
        """Tell whether each statement is its own transaction; setting it commits an open one."""
        return self._backend.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        backend = self._backend
        if value:
            backend.commit()
        backend.autocommit = bool(value)

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self._backend.in_transaction

    def cursor(self) -> Cursor:
        """Make a cursor."""
        self._check()
        return Cursor(self)

    def execute(self, operation: str, parameters: Parameters = ()) -> Cursor:
        """Execute one statement on a new cursor and return it; an extension of PEP 249."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Commit the open transaction, if any; consumers of AUTO REFRESH views created in it start now."""
        self._backend.commit()

    def rollback(self) -> None:
        """Undo the open transaction, if any."""
        self._backend.rollback()

    def interrupt(self) -> None:
        """Make a running statement fail with OperationalError; may be called from any thread."""
        self._backend.interrupt()

    def close(self) -> None:
        """Undo the open transaction and close; with the last connection of a file its consumers stop.

        Blocks until their threads have ended, normally well under a second. Calling it again does nothing.
        """
        _end_forgotten()
        backend, self._open_backend = self._open_backend, None
        if backend is None:
            return
        if self._process == os.getpid():
            backend.close()
        else:
            _inherited.append(backend)

    def __enter__(self) -> Connection:
        self._check()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def __del__(self) -> None:
        # The garbage collector may run anywhere, in the middle of a lock's holder too: nothing is stopped or
        # waited for here. At interpreter exit everything is stopped anyway.
        backend = getattr(self, "_open_backend", None)
        if backend is None or sys.is_finalizing():
            return
        if self._process == os.getpid():
            _forgotten.append(backend)
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=1, source=self)
        else:
            _inherited.append(backend)


def _after_fork_in_child() -> None:
    _inherited.extend(_forgotten)
    _forgotten.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _end_forgotten() -> None:
    """Close the backends of connections that were dropped without being closed."""
    while _forgotten:
        with contextlib.suppress(errors.Error, IndexError):
            _forgotten.pop().close()
