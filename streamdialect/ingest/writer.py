"""The one writer of a database file within a process: a thread, a connection, a bounded queue."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from streamdialect.errors import DatabaseLockedError, InterfaceError
from streamdialect.sources.base import Batch
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.connection import Connection, open_connection

__all__ = ["Sink", "Writer"]

log = logging.getLogger("streamdialect.ingest")

T = TypeVar("T")

# Batches waiting to be written: when they reach this many payload bytes, fetching waits. Small records take
# several times their payload in memory, and more than a few transactions ahead gains nothing.
QUEUE_BYTES = 8_000_000
# A transaction ends at whichever comes first: long ones make a user's writes wait.
TRANSACTION_RECORDS = 10_000
TRANSACTION_BYTES = 8_000_000

_TICK = 1.0
# How long one attempt waits for another's transaction, in seconds. Short, because calls are served between
# attempts; batches are tried again until they are in.
_BUSY = 0.25


class Sink(Protocol):
    """Take batches in the writer's thread."""

    def write(self, connection: Connection, batches: Sequence[Batch]) -> bool:
        """Store batches in one transaction; called in the order of submission. Must not raise.

        Return False if another transaction holds the file: the same batches are offered again.
        """
        ...

    def check(self) -> None:
        """Raise if the one who submits should not wait any longer; called while it waits."""
        ...


class Writer:
    """Write batches of any number of views one after another.

    ``tick`` is called in the writer's thread with its connection about once a second, and after ``wake``.
    Raise what opening the file raises. ``turn`` is held while the connection is in use.
    """

    def __init__(self, path: str, tick: Callable[[Connection], None]) -> None:
        self._path = path
        self._tick = tick
        self._condition = threading.Condition()
        self._batches: deque[tuple[Sink, Batch]] = deque()
        self._calls: deque[tuple[Callable[[Connection], Any], Future[Any]]] = deque()
        self._bytes = 0
        self._busy: Sink | None = None
        self._woken = True
        self._closed = False
        self.turn = threading.Lock()
        # Here and not in the thread, so that a file that cannot be opened is an error of whoever asked.
        self._connection = open_connection(path, mode="rw", timeout=_BUSY)
        self._connection.pragma("cache_size", -64_000)
        self._thread = threading.Thread(target=self._run, name="streamdialect-writer", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Tell whether the writer has been closed, or has died."""
        return self._closed

    def submit(self, sink: Sink, batches: Sequence[Batch]) -> None:
        """Queue batches; wait while the queue is full. After close they are dropped."""
        with self._condition:
            while self._bytes > QUEUE_BYTES and not self._closed:
                sink.check()
                self._condition.wait(_TICK)
            if self._closed:
                return
            for batch in batches:
                self._batches.append((sink, batch))
                self._bytes += batch.size
            self._condition.notify_all()

    def drain(self, sink: Sink) -> bool:
        """Wait until all batches of a sink are written or discarded; return False if the writer closed first."""
        with self._condition:
            while self._busy is sink or any(owner is sink for owner, _ in self._batches):
                if self._closed:
                    return False
                sink.check()
                self._condition.wait(_TICK)
            return not self._closed

    def discard(self, sink: Sink) -> None:
        """Drop the queued batches of a sink: they follow one that could not be stored."""
        with self._condition:
            kept = [(owner, batch) for owner, batch in self._batches if owner is not sink]
            self._batches = deque(kept)
            self._bytes = sum(batch.size for _, batch in kept)
            self._condition.notify_all()

    def settle(self, sink: Sink) -> None:
        """Wait until no transaction of a sink is under way, whatever it thinks of waiting."""
        with self._condition:
            while self._busy is sink and not self._closed:
                self._condition.wait(_TICK)

    def call(self, function: Callable[[Connection], T], timeout: float = 0.0) -> T:
        """Run a function in the writer's thread, on its connection, between transactions; return its result.

        While another transaction holds the file it is tried again, for ``timeout`` seconds. Raise what it
        raises as this package's errors, InterfaceError after close.
        """
        deadline = time.monotonic() + timeout
        while True:
            future: Future[T] = Future()
            with self._condition:
                if self._closed:
                    raise InterfaceError("the database is closed")
                self._calls.append((function, future))
                self._condition.notify_all()
            try:
                with translating():
                    return future.result()
            except DatabaseLockedError:
                if time.monotonic() > deadline:
                    raise

    def wake(self) -> None:
        """Have ``tick`` called soon; does not wait for it."""
        with self._condition:
            self._woken = True
            self._condition.notify_all()

    def close(self) -> None:
        """Stop the thread after the transaction in hand; queued batches are dropped, to be read again."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except Exception:
            log.exception("the writer of %s stopped", self._path)
        finally:
            with self._condition:
                self._closed = True
                for _, future in self._calls:
                    future.set_exception(InterfaceError("the database is closed"))
                self._calls.clear()
                self._batches.clear()
                self._busy = None
                self._condition.notify_all()
            self._connection.close()

    def _turn(self) -> bool:
        with self._condition:
            if not (self._batches or self._calls or self._woken or self._closed):
                self._condition.wait(_TICK)
            if self._closed:
                return False
            calls = list(self._calls)
            self._calls.clear()
            self._woken = False
            sink, batches = self._take()
            self._busy = sink
        with self.turn:
            for function, future in calls:
                try:
                    future.set_result(function(self._connection))
                except BaseException as error:
                    future.set_exception(error)
            stored = sink is None or sink.write(self._connection, batches)
        with self._condition:
            if sink is not None and not stored and not self._closed:
                self._batches.extendleft((sink, batch) for batch in reversed(batches))
                self._bytes += sum(batch.size for batch in batches)
            self._busy = None
            self._condition.notify_all()
        with self.turn:
            self._tick(self._connection)
        return True

    def _take(self) -> tuple[Sink | None, list[Batch]]:
        """Take the oldest sink's next batches, up to the size of a transaction."""
        if not self._batches:
            return None, []
        sink = self._batches[0][0]
        taken: list[Batch] = []
        records = size = 0
        while (
            self._batches
            and self._batches[0][0] is sink
            and records < TRANSACTION_RECORDS
            and size < TRANSACTION_BYTES
        ):
            batch = self._batches.popleft()[1]
            taken.append(batch)
            records += batch.count
            size += batch.size
        self._bytes -= size
        self._condition.notify_all()
        return sink, taken
