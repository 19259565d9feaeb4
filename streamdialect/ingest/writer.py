"""The one writer of a database file within a process: a thread, a connection, a bounded queue."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from streamdialect.errors import InterfaceError
from streamdialect.sources.base import Batch
from streamdialect.storage.connection import Connection, open_connection

__all__ = ["Sink", "Writer"]

log = logging.getLogger("streamdialect.ingest")

T = TypeVar("T")

# Batches waiting to be written: when they reach this many payload bytes, fetching waits.
QUEUE_BYTES = 32_000_000
# A transaction ends at whichever comes first: long ones make a user's writes wait.
TRANSACTION_RECORDS = 10_000
TRANSACTION_BYTES = 8_000_000

_TICK = 1.0


class Sink(Protocol):
    """Take batches in the writer's thread."""

    def write(self, connection: Connection, batches: Sequence[Batch]) -> None:
        """Store batches in one transaction; called in the order of submission. Must not raise."""
        ...


class Writer:
    """Write batches of any number of views one after another.

    ``tick`` is called in the writer's thread with its connection about once a second.
    """

    def __init__(self, path: str, tick: Callable[[Connection], None]) -> None:
        self._path = path
        self._tick = tick
        self._condition = threading.Condition()
        self._batches: deque[tuple[Sink, Batch]] = deque()
        self._calls: deque[tuple[Callable[[Connection], Any], Future[Any]]] = deque()
        self._bytes = 0
        self._busy: Sink | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="streamdialect-writer", daemon=True)
        self._thread.start()

    def submit(self, sink: Sink, batches: Sequence[Batch]) -> None:
        """Queue batches; wait while the queue is full. After close they are dropped."""
        with self._condition:
            while self._bytes > QUEUE_BYTES and not self._closed:
                self._condition.wait()
            if self._closed:
                return
            for batch in batches:
                self._batches.append((sink, batch))
                self._bytes += batch.size
            self._condition.notify_all()

    def drain(self, sink: Sink) -> None:
        """Wait until all batches of a sink are written or dropped."""
        with self._condition:
            while not self._closed and (
                self._busy is sink or any(owner is sink for owner, _ in self._batches)
            ):
                self._condition.wait()

    def discard(self, sink: Sink) -> None:
        """Drop the queued batches of a sink: they follow one that could not be stored."""
        with self._condition:
            kept = [(owner, batch) for owner, batch in self._batches if owner is not sink]
            self._batches = deque(kept)
            self._bytes = sum(batch.size for _, batch in kept)
            self._condition.notify_all()

    def call(self, function: Callable[[Connection], T]) -> T:
        """Run a function in the writer's thread, on its connection, between transactions; return its result.

        What the function raises is raised here. Raise InterfaceError after close.
        """
        future: Future[T] = Future()
        with self._condition:
            if self._closed:
                raise InterfaceError("the database is closed")
            self._calls.append((function, future))
            self._condition.notify_all()
        return future.result()

    def close(self) -> None:
        """Stop the thread after the transaction in hand; queued batches are dropped, to be read again."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        connection: Connection | None = None
        try:
            connection = open_connection(self._path, mode="rw")
            connection.pragma("cache_size", -64_000)
            while self._turn(connection):
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
                self._condition.notify_all()
            if connection is not None:
                connection.close()

    def _turn(self, connection: Connection) -> bool:
        with self._condition:
            if not (self._batches or self._calls or self._closed):
                self._condition.wait(_TICK)
            if self._closed:
                return False
            calls = list(self._calls)
            self._calls.clear()
            sink, batches = self._take()
            self._busy = sink
        for function, future in calls:
            try:
                future.set_result(function(connection))
            except BaseException as error:
                future.set_exception(error)
        if sink is not None:
            sink.write(connection, batches)
            with self._condition:
                self._busy = None
                self._condition.notify_all()
        self._tick(connection)
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
