"""Which process consumes a view: an operating-system lock for each view, on one side file.

The lock dies with its process, however it dies, so there is no expiry and no clock. It is a byte range of
``<file>-lease``, one byte for each view id. POSIX record locks belong to a process, not
to a descriptor: a forked child does not inherit them, and within a process this module's table of held
ids decides. They are dropped when the process closes *any* descriptor of the file, so one descriptor is
opened for each path and shared (fcntl(2), "Advisory record locking").
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any

from streamdialect.errors import OperationalError
from streamdialect.logs import Log
from streamdialect.storage.connection import Connection
from streamdialect.storage.place import same_file
from streamdialect.storage.system_views import HELD_FUNCTION, HOLDER_FUNCTION

__all__ = ["Lease", "LeaseFile", "register"]

# The holder's process id is written in the file, for messages only: 32 bytes for each view. The locked
# bytes lie far behind; a range may be locked where the file has no content.
_SLOT = 32
_LOCKS_AT = 1 << 40

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, offset: int) -> bool:
        os.lseek(descriptor, offset, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int, offset: int) -> None:
        os.lseek(descriptor, offset, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import errno
    import fcntl

    def _lock(descriptor: int, offset: int) -> bool:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            raise
        return True

    def _unlock(descriptor: int, offset: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, offset)


class LeaseFile:
    """Hand out the leases of one database file within this process. Thread-safe."""

    def __init__(self, database: str) -> None:
        self.path = f"{database}-lease"
        self._log = Log("streamdialect.storage", database=database)
        self._mutex = threading.Lock()
        self._held: set[int] = set()
        self._lost: set[int] = set()
        self._descriptor: int | None = None

    def _open(self) -> int:
        """Give the descriptor of the file that lies at the path, with the leases that are held locked in it.

        A file that was removed is no lease any more: other processes would lock another one.
        """
        if self._descriptor is not None and not same_file(self._descriptor, self.path):
            os.close(self._descriptor)
            self._descriptor = None
        if self._descriptor is None:
            try:
                self._descriptor = os.open(
                    self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666
                )
            except OSError as error:
                raise OperationalError(
                    f"cannot open the lease file {self.path}: {error.strerror}",
                    hint="Consuming needs a writable folder; use ingest=off to only read.",
                ) from error
            self._lost |= {held for held in self._held if not self._locked(self._descriptor, held)}
        return self._descriptor

    def _locked(self, descriptor: int, view_id: int) -> bool:
        try:
            return _lock(descriptor, _LOCKS_AT + view_id)
        except OSError as error:
            raise OperationalError(
                f"cannot lock the lease file {self.path}: {error.strerror}",
                hint="Consuming needs a file system with locks; use ingest=off to only read.",
            ) from error

    def lost(self) -> set[int]:
        """Give the views whose leases this process believes to hold, but another one has; each is told once.

        That happens when somebody removes the file. Called now and then, it also makes the file anew.
        """
        with self._mutex:
            if self._descriptor is not None or self._held:
                self._open()
            lost, self._lost = self._lost, set()
            return lost

    def try_acquire(self, view_id: int) -> Lease | None:
        """Take the lease of a view, or return None if some consumer has it. Never waits."""
        with self._mutex:
            descriptor = self._open()
            if view_id in self._held or not self._locked(descriptor, view_id):
                return None
            self._held.add(view_id)
            with suppress(
                OSError, MemoryError
            ):  # on a full disk too the lease is held; the number is for messages
                holder = f"{os.getpid()}".ljust(_SLOT).encode()
                os.lseek(descriptor, view_id * _SLOT, os.SEEK_SET)
                os.write(descriptor, holder)
            return Lease(self, view_id)

    def holder(self, view_id: int) -> int | None:
        """Tell the process id that last took a view's lease, or None; for messages."""
        with self._mutex:
            descriptor = self._open()
            try:
                os.lseek(descriptor, view_id * _SLOT, os.SEEK_SET)
                text = os.read(descriptor, _SLOT).strip()
            except OSError:
                return None
            return int(text) if text.isdigit() else None

    def held(self, view_id: int) -> bool | None:
        """Tell whether some process has a view's lease now; None where this one may not ask. Never waits.

        To ask is to take the lease for a moment: a consumer that tries just then tries again.
        """
        with self._mutex:
            if view_id in self._held:
                return True
            if not os.path.exists(self.path):
                return False
            try:
                descriptor = self._open()
                if not self._locked(descriptor, view_id):
                    return True
                _unlock(descriptor, _LOCKS_AT + view_id)
            except (OperationalError, OSError):
                return None
            return False

    def _release(self, view_id: int) -> None:
        with self._mutex:
            if view_id in self._held and self._descriptor is not None:
                self._held.discard(view_id)
                try:
                    _unlock(self._descriptor, _LOCKS_AT + view_id)
                except OSError as error:
                    self._log.warning(
                        "the lease of view %d in %s is kept: %s", view_id, self.path, error, view_id=view_id
                    )

    def close(self) -> None:
        """Give up all leases of this process."""
        with self._mutex:
            self._held.clear()
            if self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                with suppress(OSError, MemoryError):  # it is closed all the same
                    os.close(descriptor)


def register(connection: Connection, leases: LeaseFile) -> None:
    """Give a connection the functions that ``streamdialect_consumers`` calls."""

    def holder(*view: Any) -> int | None:
        with suppress(OperationalError):  # what may not be asked is not known
            return leases.holder(*view) if os.path.exists(leases.path) else None
        return None

    def held(*view: Any) -> bool | None:
        return leases.held(*view)

    connection.create_scalar_function(HOLDER_FUNCTION, holder, 1)
    connection.create_scalar_function(HELD_FUNCTION, held, 1)


class Lease:
    """Be the right of this process to consume one view, until released or the process ends."""

    def __init__(self, file: LeaseFile, view_id: int) -> None:
        self._file = file
        self.view_id = view_id

    def release(self) -> None:
        """Give the right up; calling it again does nothing."""
        self._file._release(self.view_id)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.release()
