"""The one writer of a database file within a process: a thread, a connection, a bounded queue."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar
from weakref import WeakKeyDictionary

from streamdialect.errors import DatabaseLockedError, InterfaceError, OperationalError
from streamdialect.ingest.slices import cut, weight
from streamdialect.logs import Log
from streamdialect.sources.base import Batch
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.connection import Connection, checkpoint, defer_checkpoints, open_connection
from streamdialect.storage.place import Place

__all__ = ["Sink", "Writer"]

T = TypeVar("T")

# Batches waiting to be written: when they take this many bytes of memory, fetching waits. More than a few
# transactions ahead gains nothing.
QUEUE_BYTES = 16_000_000
# A transaction ends at whichever comes first.
TRANSACTION_RECORDS = 10_000
TRANSACTION_BYTES = 8_000_000
# Of pages of the file, in KiB: a transaction's changes, and the upper parts of indexes.
CACHE_KIB = 32_000

# How long others shall have to wait for a transaction of ours, in seconds: a view whose records take longer
# gets fewer of them into one.
_HOLD = 0.03
_FIRST_RECORDS = 250  # of a view about which nothing is known yet
# Between transactions the file is left alone for so long. SQLite's lock has no queue: who waits for it looks now
# and then, our connections every millisecond.
_PAUSE = 0.0015
# While somebody else writes too, there is a pause of _LONG_PAUSE after every _WORK seconds: sqlite3_busy_timeout,
# which other tools wait with, looks every 25 ms in its first 128 ms.
_LONG_PAUSE = 0.026
_WORK = 0.05
_POLITE = 2.0  # seconds since the last write of somebody else

_TICK = 1.0
# How long one attempt waits for another's transaction, in seconds. Short, because calls are served between
# attempts; batches are tried again until they are in.
_BUSY = 0.25


class Sink(Protocol):
    """Take batches in the writer's thread."""

    def write(self, connection: Connection, batches: Sequence[Batch]) -> float | None:
        """Store batches in one transaction; called in the order of submission. Must not raise.

        Return for how many seconds that held the file, or None if another transaction holds it: the same
        batches are offered again.
        """
        ...

    def check(self) -> None:
        """Raise if the one who submits should not wait any longer; called while it waits."""
        ...


class _Queued(NamedTuple):
    """Be a batch that waits, and the memory that it takes in bytes."""

    sink: Sink
    batch: Batch
    weight: int


class Writer:
    """Write batches of any number of views one after another.

    ``tick`` is called in the writer's thread with its connection about once a second, and after ``wake``;
    ``died`` is called when the thread ends without being asked to. Raise what opening the file raises, and
    OperationalError if no thread can be started. ``turn`` is held while the connection is in use.
    """

    def __init__(self, path: str, tick: Callable[[Connection], None], died: Callable[[], None]) -> None:
        self.path = path
        self.log = Log("streamdialect.ingest", database=path)
        self._tick = tick
        self._died = died
        self._condition = threading.Condition()
        self._batches: deque[_Queued] = deque()
        self._calls: deque[tuple[Callable[[Connection], Any], Future[Any]]] = deque()
        self._bytes = 0
        self._busy: Sink | None = None
        self._limits: WeakKeyDictionary[Sink, int] = WeakKeyDictionary()  # records of a transaction
        self._worked = 0.0  # seconds for which the file was held since the last long pause
        self._version: object = None  # of what others have committed
        self._others_until = 0.0
        self._woken = True
        self._closed = False
        self.turn = threading.Lock()
        # Here and not in the thread, so that a file that cannot be opened is an error of whoever asked.
        self._connection = open_connection(path, mode="rw", timeout=_BUSY)
        self._thread = threading.Thread(target=self._run, name="streamdialect-writer", daemon=True)
        try:
            with translating():
                self._connection.pragma("cache_size", -CACHE_KIB)
                self._grown = defer_checkpoints(self._connection)
                self._place = Place(path, self._connection)
            self._thread.start()
        except RuntimeError as error:
            self._connection.close()
            raise OperationalError(
                str(error), hint="The system has no thread left for this process."
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def trouble(self) -> str | None:
        """Say what happened to the file at the path since the writer was made, or None."""
        return self._place.trouble()

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
                queued = _Queued(sink, batch, weight(batch))
                self._batches.append(queued)
                self._bytes += queued.weight
            self._condition.notify_all()

    def drain(self, sink: Sink) -> bool:
        """Wait until all batches of a sink are written or discarded; return False if the writer closed first."""
        with self._condition:
            while self._busy is sink or any(queued.sink is sink for queued in self._batches):
                if self._closed:
                    return False
                sink.check()
                self._condition.wait(_TICK)
            return not self._closed

    def discard(self, sink: Sink) -> None:
        """Drop the queued batches of a sink: they follow one that could not be stored."""
        with self._condition:
            self._batches = deque([queued for queued in self._batches if queued.sink is not sink])
            self._bytes = sum(queued.weight for queued in self._batches)
            self._condition.notify_all()

    def settle(self, sink: Sink) -> None:
        """Drop all batches of a sink and wait until no transaction of it is under way."""
        with self._condition:
            while self._busy is sink and not self._closed:
                self._condition.wait(_TICK)
            self.discard(sink)  # a transaction that met a lock has put its batches back

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

    def retire(self) -> None:
        """Have the thread stop after the transaction in hand; queued batches are dropped, to be read again."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def close(self) -> None:
        """Do as ``retire`` does, and wait for the thread's end."""
        self.retire()
        if self._thread is not threading.current_thread():
            self._thread.join()

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except Exception as error:
            self.log.error("the writer of %s stopped: %r", self.path, error, exc_info=error)
            self._died()
        finally:
            with self._condition:
                self._closed = True
                for _, future in self._calls:
                    future.set_exception(InterfaceError("the database is closed"))
                self._calls.clear()
                self._batches.clear()
                self._busy = None
                self._condition.notify_all()
            try:
                self._connection.close()
            except Exception as error:
                self.log.warning("the writer's connection to %s was not closed: %s", self.path, error)

    def _turn(self) -> bool:
        with self._condition:
            if not (self._batches or self._calls or self._woken or self._closed):
                self._condition.wait(_TICK)
            if self._closed:
                return False
            taken = self._take()  # first: if that fails, those who called are told at the end
            self._busy = sink = taken[0].sink if taken else None
            calls = list(self._calls)
            self._calls.clear()
            self._woken = False
        held: float | None = 0.0
        with self.turn:
            for function, future in calls:
                try:
                    future.set_result(function(self._connection))
                except BaseException as error:
                    future.set_exception(error)
            if sink is not None:
                held = sink.write(self._connection, [queued.batch for queued in taken])
        with self._condition:
            if held is None and not self._closed:
                self._batches.extendleft(reversed(taken))
                self._bytes += sum(queued.weight for queued in taken)
            elif sink is not None and held:
                self._learn(sink, sum(queued.batch.count for queued in taken), held)
            self._busy = None
            self._condition.notify_all()
        with self.turn:
            self._tick(self._connection)
            if self._connection.in_transaction:
                # A transaction failed, and so did its ROLLBACK. If it fails again, this thread ends.
                self._connection.execute("ROLLBACK")
            if self._grown():
                checkpoint(self._connection)
        if held:
            self._pause(held)
        return True

    def _take(self) -> list[_Queued]:
        """Take the oldest sink's next batches, up to the size of a transaction."""
        taken: list[_Queued] = []
        if not self._batches:
            return taken
        sink = self._batches[0].sink
        left = self._limits.get(sink, _FIRST_RECORDS)
        size = TRANSACTION_BYTES
        while self._batches and self._batches[0].sink is sink and left > 0 and size > 0:
            queued = self._batches.popleft()
            self._bytes -= queued.weight
            batch = queued.batch
            most = min(left, max(1, size * batch.count // batch.size)) if batch.size else left
            if batch.count > most:
                front, rest = cut(batch, most)
                queued, after = _Queued(sink, front, weight(front)), _Queued(sink, rest, weight(rest))
                self._batches.appendleft(after)
                self._bytes += after.weight
            taken.append(queued)
            left -= queued.batch.count
            size -= queued.batch.size
        self._condition.notify_all()
        return taken

    def _learn(self, sink: Sink, records: int, held: float) -> None:
        """Take note of how long a transaction was, for the size of the sink's next one."""
        limit = self._limits.get(sink, _FIRST_RECORDS)
        if held > _HOLD:
            limit = min(limit, max(1, int(records * _HOLD / held)))
        elif held < _HOLD / 2 and records >= limit // 2:
            limit = min(TRANSACTION_RECORDS, limit * 2)
        self._limits[sink] = limit

    # --- the others -----------------------------------------------------------------------------

    def _others(self) -> bool:
        """Tell whether another connection has committed since the last call."""
        with self.turn:
            version = self._connection.pragma("data_version")
        before, self._version = self._version, version
        if before is None or version == before:
            return False
        self._others_until = time.monotonic() + _POLITE
        return True

    def _pause(self, held: float) -> None:
        """Leave the file to others for a moment; a long one ends when somebody has had it."""
        others = self._others()
        self._worked = 0.0 if others else self._worked + held
        until = time.monotonic() + _PAUSE
        if self._worked > _WORK and until < self._others_until:
            self._worked = 0.0
            until += _LONG_PAUSE
        while not others and not self._closed and time.monotonic() < until:
            time.sleep(_PAUSE)
            others = self._others()
