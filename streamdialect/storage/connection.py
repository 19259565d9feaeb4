"""Open SQLite connections the way this package needs them: a list of small, named opinions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal
from weakref import WeakKeyDictionary

import apsw

from streamdialect.errors import NotSupportedError, OperationalError
from streamdialect.identifiers import quote_identifier
from streamdialect.scalars import AGGREGATES, SCALARS
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.batch_relation import watch
from streamdialect.storage.lookaside import sparing_lookaside
from streamdialect.storage.place import file_at
from streamdialect.storage.time_functions import follow_replaced_clock

__all__ = [
    "BUSY_TIMEOUT",
    "SQLITE_VERSION",
    "Connection",
    "Mode",
    "attach",
    "checkpoint",
    "defer_checkpoints",
    "immediate",
    "open_connection",
]

Mode = Literal["rwc", "rw", "ro"]

# What the layers above call an open file; they use execute, changes and pragma of it.
Connection = apsw.Connection

SQLITE_VERSION = apsw.sqlite_lib_version()

BUSY_TIMEOUT = 5.0
_PAGE_SIZE = 16_384
_WAL_PAGES = 1_000  # after which the WAL is copied into the file, as SQLite's own default is

_FLAGS: dict[str, int] = {
    "rwc": apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE,
    "rw": apsw.SQLITE_OPEN_READWRITE,
    "ro": apsw.SQLITE_OPEN_READONLY,
}


def _page_size(connection: apsw.Connection, database: str = "main") -> None:
    # Takes effect on a new file only. 16 KiB measured 12 % faster to ingest into than SQLite's 4 KiB.
    connection.pragma("page_size", _PAGE_SIZE, schema=database)


def _wal(connection: apsw.Connection, database: str = "main") -> None:
    # Readers and the one writer do not block each other only in WAL mode. Asking costs nothing if
    # the file is in it already; a file held by somebody else is left as it is until the next time.
    if connection.readonly(database):
        return
    try:
        if connection.pragma("journal_mode", schema=database) != "wal":
            connection.pragma("journal_mode", "wal", schema=database)
    except apsw.BusyError:
        pass


def _durability(connection: apsw.Connection, database: str = "main") -> None:
    # In WAL mode NORMAL never tears a transaction; a power cut may lose the last ones, rows and
    # positions together, and the stream is then read again from the older position.
    connection.pragma("synchronous", "NORMAL", schema=database)


def _standard_quoting(connection: apsw.Connection) -> None:
    # "x" is a name, never a string: a misspelt column must be an error.
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)


def register_functions(connection: apsw.Connection) -> None:
    """Give a connection the functions that translations call."""
    with sparing_lookaside(connection):
        for scalar in SCALARS:
            connection.create_scalar_function(
                scalar.name, scalar.function, scalar.arguments, deterministic=scalar.deterministic
            )
        for aggregate in AGGREGATES:
            factory: Any = aggregate.factory
            if aggregate.windowed:
                connection.create_window_function(aggregate.name, factory, aggregate.arguments)
            else:
                connection.create_aggregate_function(aggregate.name, factory, aggregate.arguments)


# What each file of a connection needs, and what the connection does.
_FILE_SETUP = (_page_size, _wal, _durability)
_SETUP: tuple[Callable[[apsw.Connection], None], ...] = (
    *_FILE_SETUP,
    _standard_quoting,
    register_functions,
    follow_replaced_clock,
    watch,
)


# What is open in this process, with the files. SQLite remembers for each file, not each connection, which locks the
# process has; a forked child inherits that memory, but no lock. Unless all of a file is closed there, its own
# connections go unlocked: the parent's last close would remove the log that the child writes.
_open: WeakKeyDictionary[apsw.Connection, set[tuple[int, int]]] = WeakKeyDictionary()
_unlockable: set[tuple[int, int]] = set()  # files of which the child could not close all
_inherited: list[apsw.Connection] = []  # and what it could not close


def _refuse_unlockable(path: str) -> None:
    if _unlockable and file_at(path) in _unlockable:
        raise OperationalError(
            f"{path} cannot be opened: when this process was forked, its parent was writing the file or executed a"
            " statement in another thread",
            hint="Fork between transactions, or start processes anew (multiprocessing's spawn).",
        )


def _after_fork_in_child() -> None:
    """Close what the parent opened, without a word to the file, so that the child's own connections take locks."""
    for connection, files in list(_open.items()):
        try:
            if connection.txn_state() == apsw.SQLITE_TXN_WRITE:
                raise apsw.BusyError  # to undo it would change what the parent reads
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.close(True)
        except apsw.ConnectionClosedError:
            continue
        except Exception:
            _inherited.append(connection)
            _unlockable.update(files)
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def open_connection(path: str, *, mode: Mode = "rwc", timeout: float = BUSY_TIMEOUT) -> apsw.Connection:
    """Open a database file.

    ``timeout`` is in seconds: how long a statement waits for another transaction. ``mode`` is SQLite's:
    rwc creates the file if needed, rw does not, ro only reads. Raise OperationalError if the file cannot
    be opened, DatabaseError if it is not a database. A child that forks closes what its parent has opened.
    """
    _refuse_unlockable(path)
    with translating():
        try:
            connection = apsw.Connection(path, flags=_FLAGS[mode])
        except apsw.CantOpenError:
            raise OperationalError(f"unable to open database file: {path}") from None
        _open[connection] = {file for file in [file_at(path)] if file is not None}
        try:
            connection.set_busy_timeout(int(timeout * 1000))
            for step in _SETUP:
                step(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def attach(connection: apsw.Connection, name: str, path: str) -> None:
    """Open a further file of a connection under a name, with the connection's mode.

    Raise OperationalError if it cannot be opened, DatabaseError if it is not a database.
    """
    _refuse_unlockable(path)
    with translating():
        try:
            connection.execute(f"ATTACH ? AS {quote_identifier(name)}", (path,))
            _open[connection] |= {file for file in [file_at(path)] if file is not None}
            for step in _FILE_SETUP:
                step(connection, name)
        except apsw.CantOpenError:
            raise OperationalError(f'cannot open the file of attached schema "{name}": {path}') from None
        except apsw.CorruptError as error:
            if "cannot reference objects in database" not in str(error):
                raise
            raise NotSupportedError(
                f'the file of "{name}" has a view whose text names the file it was made in: {error}',
                hint="Open the file by itself, and create the view anew.",
            ) from None


def defer_checkpoints(connection: apsw.Connection) -> Callable[[], bool]:
    """Take the copying of the WAL into the file out of COMMIT; give a function that tells whether it is due.

    ``checkpoint`` then has to be called between transactions, when it makes nobody wait.
    """
    due = False

    def grown(_: apsw.Connection, __: str, pages: int) -> int:
        nonlocal due
        due = due or pages >= _WAL_PAGES
        return apsw.SQLITE_OK

    def take() -> bool:
        nonlocal due
        found, due = due, False
        return found

    connection.set_wal_hook(grown)
    return take


def checkpoint(connection: apsw.Connection) -> None:
    """Copy what can be of the WAL into the file; neither waits for others nor makes them wait."""
    # As in SQLite's own: what fails now is tried again after the next transaction, which says what is wrong.
    with suppress(apsw.Error):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


@contextmanager
def immediate(connection: apsw.Connection) -> Iterator[None]:
    """Run a block in one write transaction: all of it is committed, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            # What made the block fail is the news; the writer undoes later what cannot be undone now.
            with suppress(Exception):
                connection.execute("ROLLBACK")
        raise
