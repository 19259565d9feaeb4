"""A thread that makes the blocking calls of one connection for coroutines; the event loop never waits.

SQLite has no socket to wait for, so a connection that must not block an event loop needs a thread. This one knows
nothing of SQLAlchemy: calls go in by a queue, one after another, and results come back to the loop of the caller.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import streamdialect

__all__ = ["ConnectionThread"]

_Result = TypeVar("_Result")

log = logging.getLogger("streamdialect.sqlalchemy")

_AGAIN = 0.02  # seconds between two interrupts of a call that was cancelled
_EXIT_WAIT = 5.0  # seconds that interpreter exit waits for calls that were interrupted


class _Call:
    """Be one call: what to run, and the future of the coroutine that waits for it, if one does."""

    __slots__ = ("ended", "function", "future", "given_up", "interruptible", "started")

    def __init__(
        self, function: Callable[[], Any], future: asyncio.Future[Any] | None, interruptible: bool
    ) -> None:
        self.function = function
        self.future = future
        self.interruptible = interruptible
        self.started = self.ended = self.given_up = False


class _Shared:
    """Be what the thread and its owner share; the owner may be collected while the thread still runs."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        # Held while a call begins or ends, never while it runs. A finalizer may come while its own thread has it.
        self.turn = threading.RLock()
        self.waiting = 0  # calls that have not ended
        self.running: _Call | None = None
        self.interrupted = False
        self.connection: streamdialect.Connection | None = None


# Those that run; of those, a forked child has only the names.
_running: dict[threading.Thread, _Shared] = {}


class ConnectionThread:
    """Own a connection and the thread that uses it. Methods are for any thread; coroutines for any event loop.

    The thread ends with ``close`` or ``abandon``, with its owner if that is dropped, and with the interpreter.
    """

    def __init__(self) -> None:
        self._shared = shared = _Shared()
        self._ended = False
        thread = threading.Thread(target=_run, args=(shared,), name="streamdialect-connection", daemon=True)
        _running[thread] = shared
        thread.start()
        weakref.finalize(self, _end, shared).atexit = False

    @property
    def connection(self) -> streamdialect.Connection:
        """Give the connection; raise InterfaceError before ``open`` and after ``close``."""
        connection = self._shared.connection
        if connection is None:
            raise streamdialect.InterfaceError("the connection is closed")
        return connection

    @property
    def idle(self) -> bool:
        """Tell whether no call runs or waits, so that the caller may use the connection where it does not block."""
        return self._shared.waiting == 0

    async def open(self, connect: Callable[[], streamdialect.Connection]) -> None:
        """Open the connection. Raise what ``connect`` raises; the thread has ended then, as when cancelled."""
        shared = self._shared

        def opening() -> None:
            shared.connection = connect()

        try:
            await self._call(opening)
        except BaseException:
            self.abandon()
            raise

    async def call(self, function: Callable[..., _Result], *args: Any) -> _Result:
        """Run a function in the thread and give its result, or raise its exception.

        A coroutine that is cancelled returns at once; what runs for it is interrupted, again and again until it has
        ended, and what has not begun never does.
        """
        result: _Result = await self._call(lambda: function(*args))
        return result

    def post(self, function: Callable[[], Any]) -> None:
        """Run a function in the thread after the calls that wait; nobody learns how it ends."""
        if self._shared.process == os.getpid():
            self._put(_Call(function, None, False))

    async def close(self) -> None:
        """Close the connection after the calls that wait, and end the thread. Closing again does nothing."""
        if self._shared.process != os.getpid():
            self.abandon()
        elif not self._ended:
            self._ended = True
            try:
                await self._call(lambda: _close(self._shared), interruptible=False)
            finally:
                self._shared.calls.put(None)

    def abandon(self) -> None:
        """Interrupt what runs, close and end without waiting; from any thread, also from a finalizer."""
        if self._shared.process != os.getpid():
            # A child of fork has the connection, but no thread; closing keeps it from touching the parent's locks.
            _close(self._shared)
        elif not self._ended:
            self._ended = True
            self.interrupt()
            self._shared.calls.put(None)

    def interrupt(self) -> None:
        """Make the running call fail, if it is one of SQLite's; never blocks."""
        _interrupt_running(self._shared)

    def _put(self, call: _Call) -> None:
        with self._shared.turn:
            self._shared.waiting += 1
        self._shared.calls.put(call)

    async def _call(self, function: Callable[[], Any], interruptible: bool = True) -> Any:
        if self._shared.process != os.getpid():
            raise streamdialect.InterfaceError("the connection was opened by another process")
        if self._ended and interruptible:
            raise streamdialect.InterfaceError("the connection is closed")
        loop = asyncio.get_running_loop()
        call = _Call(function, loop.create_future(), interruptible)
        self._put(call)
        try:
            return await call.future  # type: ignore[misc]
        except asyncio.CancelledError:
            if interruptible:
                _give_up(self._shared, call, loop)
            raise


def _give_up(shared: _Shared, call: _Call, loop: asyncio.AbstractEventLoop) -> None:
    """Interrupt a call that nobody waits for, until it has ended: an interrupt before SQLite has begun is lost."""
    with shared.turn:
        call.given_up = True
        if call.ended:
            return
        if call.started:
            _interrupt(shared)
    loop.call_later(_AGAIN, _give_up, shared, call, loop)


def _interrupt_running(shared: _Shared) -> None:
    with shared.turn:
        if shared.running is not None and shared.running.interruptible:
            _interrupt(shared)


def _interrupt(shared: _Shared) -> None:
    connection = shared.connection
    if connection is not None:
        shared.interrupted = True
        with contextlib.suppress(streamdialect.Error):
            connection.interrupt()


def _close(shared: _Shared) -> None:
    connection, shared.connection = shared.connection, None
    if connection is None:
        return
    if shared.interrupted and shared.process == os.getpid():
        # SQLite remembers an interrupt until the next statement; closing would not empty the journal.
        with contextlib.suppress(streamdialect.Error):
            connection.execute("SELECT 1").fetchall()
    connection.close()


def _end(shared: _Shared) -> None:
    if shared.process == os.getpid():
        shared.calls.put(None)


def _run(shared: _Shared) -> None:
    """Be the thread: make the calls, until there is None to make."""
    while (call := shared.calls.get()) is not None:
        with shared.turn:
            if not call.given_up:
                call.started = True
                shared.running = call
        result, error = None, None
        if call.started:
            try:
                result = call.function()
            except BaseException as raised:
                error = raised
        with shared.turn:
            shared.running = None
            call.ended = True
            shared.waiting -= 1
        if call.future is not None:
            # No loop to tell: it was closed, and its coroutines with it.
            with contextlib.suppress(RuntimeError):
                call.future.get_loop().call_soon_threadsafe(_tell, call.future, result, error)
        elif error is not None:
            log.warning("a connection of another thread: %s", error)
        # While the thread waits it must not keep rows, or a cursor, alive.
        del call, result, error
    try:
        _close(shared)
    except streamdialect.Error as error:
        log.warning("a connection could not be closed: %s", error)
    finally:
        _running.pop(threading.current_thread(), None)


def _tell(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return  # cancelled
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _end_all() -> None:
    """Interrupt and close what is still open, so that interpreter exit neither hangs nor leaves a journal."""
    running = [each for each in list(_running.items()) if each[1].process == os.getpid()]
    deadline = time.monotonic() + _EXIT_WAIT
    for _, shared in running:
        shared.calls.put(None)
    for thread, shared in running:
        while thread.is_alive() and time.monotonic() < deadline:
            _interrupt_running(shared)
            thread.join(_AGAIN)


atexit.register(_end_all)
