"""REFRESH of a streaming view, whoever consumes it: this process, another one, or nobody yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from streamdialect.errors import (
    DatabaseLockedError,
    Error,
    OffsetOutOfRangeError,
    OperationalError,
    RefreshTimeoutError,
    SourceError,
    UndefinedObjectError,
    ViewStoppedError,
)
from streamdialect.ingest.consumer import Consumer
from streamdialect.ingest.materializer import Refresh, stopped_error
from streamdialect.ingest.waiting import Work
from streamdialect.model import ExternalSchema, MaterializedView, StreamName
from streamdialect.sources.base import BEGINNING_OF_PARTITION, END_OF_PARTITION, Head, StreamSource
from streamdialect.storage import checkpoints, error_policy
from streamdialect.storage.apsw_errors import as_error
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.checkpoints import Checkpoint
from streamdialect.storage.connection import Connection, immediate

if TYPE_CHECKING:
    from streamdialect.ingest.registry import Ingest

__all__ = ["refresh_stream"]

_LOOK = 0.1  # seconds between two looks at another process's progress
_LOCKED = 1.0  # seconds for which nobody can write before a transaction is said to hold the file
_TAKEOVER = 3.0  # seconds within which somebody takes a view over whose consumer has died


def refresh_stream(
    ingest: Ingest,
    view: MaterializedView,
    schema: ExternalSchema,
    *,
    consume: bool,
    patience: float,
    lock_timeout: float,
    look: Callable[[], object],
) -> str:
    """Wait until everything that was in the stream at the call is committed; return the status text.

    If nobody consumes the view, read it, unless ``consume`` is false. ``patience`` is how many seconds may
    pass without progress before RefreshTimeoutError, ``lock_timeout`` how many another transaction may hold
    the file before DatabaseLockedError. ``look`` is called ten times a second; what it raises ends the refresh
    within about a second, and what is committed by then stays. Raise SourceError when the stream cannot be
    reached, ViewStoppedError when a record or a loss of data stops the view (again), and whatever stopped the
    view's consumer.
    """
    stream = view.plan.stream
    if stream is None:
        raise OperationalError(f'materialized view "{view.name}" reads no stream')
    manual = Refresh("Manual")
    clock = _Patience(view, ingest, patience)
    work = Work(
        f"streamdialect-refresh-{view.name}",
        lambda: _reach_head(
            ingest, view, stream, schema, manual, clock, work.stopped, consume=consume, lock=lock_timeout
        ),
    )

    def watch() -> None:
        look()
        clock.check()

    try:
        work.wait(watch, clock.stop)
    except Exception as error:
        ours = as_error(error)
        _log(ingest, manual, view, f"Refresh failed. {str(ours).splitlines()[0]}", 0.0)
        if ours is error:
            raise  # with the cause that it has
        raise ours from error
    _log(ingest, manual, view, None, lock_timeout)
    return manual.status


def _log(
    ingest: Ingest, refresh: Refresh, view: MaterializedView, failure: str | None, timeout: float
) -> None:
    """Write the history; what the refresh did stands even if that cannot be done."""
    try:
        ingest.writer().call(lambda connection: _save(connection, refresh, view, failure), timeout)
    except Exception as error:
        reason = str(as_error(error)).splitlines()[0]
        ingest.log.warning(
            "the refresh of view %s could not be recorded: %s", view.name, reason, view=view.name
        )


def _reach_head(
    ingest: Ingest,
    view: MaterializedView,
    stream: StreamName,
    schema: ExternalSchema,
    manual: Refresh,
    clock: _Patience,
    stopped: threading.Event,
    *,
    consume: bool,
    lock: float,
) -> None:
    asked = time.monotonic()
    source = ingest.source(schema)
    # The head first: that of a stream which is made anew between the two questions would be taken for the old one's.
    head = source.head(stream.stream)
    old_epoch = _epoch_of_another_stream(ingest, view, source, stream)
    if old_epoch is not None:
        head = source.head(stream.stream)
    clock.asking = False
    began: tuple[Consumer, int, int] | None = None
    ends: dict[str, str] | None = None
    vacant_until = time.monotonic() + (_TAKEOVER if view.auto_refresh else 0.0)
    while not stopped.is_set():
        consumer = ingest.consumer(view.id)
        if consumer is not None and consumer.holding:
            if began is None or began[0] is not consumer:
                began = (consumer, consumer.records, consumer.skipped)
            looking = old_epoch is not None and consumer.check_stream(old_epoch)
            if not looking and consumer.reached(head):
                _refuse_stopped(ingest, view)
                manual.records = consumer.records - began[1]
                manual.skipped = consumer.skipped - began[2]
                return
            # What blocked it before this call may be over; it notices with its next attempt.
            if min(consumer.blocked, time.monotonic() - asked) > lock:
                raise DatabaseLockedError(
                    f"another transaction has held the database for {consumer.blocked:.1f} s"
                )
            clock.saw(consumer.progress())
            consumer.wait(_LOOK)
            error = consumer.error
            if isinstance(error, ViewStoppedError):
                _refuse_stopped(ingest, view)  # unless somebody has resumed it since
            elif error is not None:
                clock.remember(error)
            continue
        lease = ingest.leases.try_acquire(view.id)
        if lease is None:
            vacant_until = time.monotonic() + _TAKEOVER
        elif not consume:
            lease.release()
            _refuse_stopped(ingest, view)
            if time.monotonic() > vacant_until:
                raise OperationalError(
                    f'nobody consumes materialized view "{view.name}", and this connection must not',
                    hint="Start a consumer with: streamdialect run FILE, or connect without ingest=off.",
                )
            stopped.wait(_LOOK)
            continue
        else:
            with lease:
                was_stopped = ingest.writer().call(lambda connection: _restart(connection, view), lock)
                temporary = Consumer(view, stream, schema, source, ingest.writer(), ingest.leases, manual)
                clock.follow(temporary)
                if not stopped.is_set():
                    temporary.run_until(head, lock)
                    if was_stopped:  # and got past what stopped it
                        ingest.writer().call(lambda connection: _resume(connection, view), lock)
                return
        # In this order: positions of the old stream must not pass for those of an epoch that has begun since.
        other = old_epoch is not None and _state(ingest, view).epoch == old_epoch
        found = ingest.writer().call(lambda connection: checkpoints.read(connection, view.id))
        positions = {partition: checkpoint.position for partition, checkpoint in found.items()}
        if other:
            pass  # the consumer will see soon that the stream is another
        elif head.positions is not None:
            if all(head.reached(partition, positions.get(partition), None) for partition in head.partitions):
                return _refuse_stopped(ingest, view)
        else:
            if ends is None:
                try:
                    ends = _find_ends(source, stream, head, found, clock, stopped)
                    continue
                except OffsetOutOfRangeError as error:
                    clock.remember(error)  # the consumer meets it too, and stops the view or goes on
            elif all(_passed(positions.get(partition), end) for partition, end in ends.items()):
                return _refuse_stopped(ingest, view)
        clock.saw(positions)
        if clock.idle > lock:
            _refuse_lock(ingest, view, clock.idle)
        stopped.wait(_LOOK)


def _refuse_lock(ingest: Ingest, view: MaterializedView, seconds: float) -> None:
    """Raise DatabaseLockedError if it is a transaction that keeps another process's consumer waiting."""

    def hold(connection: Connection) -> None:
        with immediate(connection):
            pass

    try:
        ingest.writer().call(hold, _LOCKED)
    except DatabaseLockedError as error:
        raise DatabaseLockedError(
            f'another transaction holds the database, and materialized view "{view.name}" made no progress for'
            f" {seconds:.0f} s; its consumer is process {ingest.leases.holder(view.id)}",
            hint="Commit or roll it back; nothing was lost, REFRESH can be repeated.",
        ) from error


def _state(ingest: Ingest, view: MaterializedView) -> error_policy.PolicyState:
    state = ingest.writer().call(lambda connection: error_policy.read(connection, view.id))
    if state is None:
        raise UndefinedObjectError(f'materialized view "{view.name}" was dropped')
    return state


def _epoch_of_another_stream(
    ingest: Ingest, view: MaterializedView, source: StreamSource, stream: StreamName
) -> int | None:
    """Give the epoch of the view's checkpoints if they are of another stream than is there now, else None."""
    identity = source.identity(stream.stream)
    if identity is None:
        source.check(stream.stream)
        return None
    state = _state(ingest, view)
    return None if state.identity in (None, identity) else state.epoch


def _refuse_stopped(ingest: Ingest, view: MaterializedView) -> None:
    state = _state(ingest, view)
    if state.stopped is not None:
        raise stopped_error(view, state.stopped)


class _Patience:
    """Measure the time without progress; shared by the thread that works and the one that waits for it."""

    def __init__(self, view: MaterializedView, ingest: Ingest, seconds: float) -> None:
        self._view, self._ingest, self._seconds = view, ingest, seconds
        self._last: object = None
        self._since = time.monotonic()
        self._error: Error | None = None
        self._consumer: Consumer | None = None
        self.asking = True  # the source for the stream's head

    def follow(self, consumer: Consumer) -> None:
        """Take the progress of a consumer that works for this refresh alone."""
        self._consumer = consumer

    def stop(self) -> None:
        """Stop that consumer."""
        if self._consumer is not None:
            self._consumer.stop()

    def remember(self, error: Error) -> None:
        """Keep what to raise if there is no progress."""
        self._error = error

    @property
    def idle(self) -> float:
        """Give the seconds since the last progress."""
        return time.monotonic() - self._since

    def saw(self, progress: object) -> None:
        """Take note of the progress."""
        if progress != self._last:
            self._last, self._since, self._error = progress, time.monotonic(), None

    def check(self) -> None:
        """Raise when there has been no progress for too long."""
        if self._consumer is not None:
            self.saw(self._consumer.progress())
        if self.idle <= self._seconds:
            return
        if self._error is not None:
            raise self._error
        message = f'materialized view "{self._view.name}" made no progress for {self._seconds:g} s'
        if self.asking:
            raise RefreshTimeoutError(f"{message}: its stream has not answered")
        if self._consumer is None:
            message += f"; its consumer is process {self._ingest.leases.holder(self._view.id)}"
            state = self._state()
            if state != "ok":
                message += f", which says: {state}"
        raise RefreshTimeoutError(
            message, hint="See svv_mv_info and sys_mv_refresh_history, or stop that process."
        )

    def _state(self) -> str:
        text = "SELECT state FROM main.streamdialect_views WHERE id = ?"
        try:
            found = self._ingest.writer().call(
                lambda connection: connection.execute(text, (self._view.id,)).fetchall()
            )
        except Error as error:
            return str(error).splitlines()[0]
        return str(found[0][0]) if found else "the view was dropped"


def _find_ends(
    source: StreamSource,
    stream: StreamName,
    head: Head,
    found: dict[str, Checkpoint],
    clock: _Patience,
    stopped: threading.Event,
) -> dict[str, str]:
    """Find the head of a source that cannot name it (Kinesis): read on to it from another process's checkpoints.

    Once, because a stream that never pauses has always something behind the checkpoints.
    """
    positions = {partition: checkpoint.position for partition, checkpoint in found.items()}
    complete = {key: each.complete for key, each in found.items() if each.complete is not None}
    ends = dict(positions)
    pending = {each for each in head.partitions if not head.reached(each, ends.get(each), None)}
    reader = source.open(stream.stream, positions, frozenset(), complete=complete)
    try:
        while pending and not stopped.is_set():
            try:
                batches = reader.poll(_LOOK)
            except OffsetOutOfRangeError:
                raise
            except SourceError as error:
                clock.remember(error)
                stopped.wait(_LOOK)
                batches = []
            for batch in batches:
                if batch.end is not None:
                    ends[batch.partition] = batch.end
                if head.reached(batch.partition, batch.end, batch.caught_up_at):
                    pending.discard(batch.partition)
            clock.saw(dict(ends))
    finally:
        reader.close()
    return {partition: end for partition, end in ends.items() if partition in head.partitions}


def _passed(position: str | None, end: str) -> bool:
    if position is None or position == END_OF_PARTITION or end == BEGINNING_OF_PARTITION:
        return position is not None
    if position == BEGINNING_OF_PARTITION:
        return False
    return end != END_OF_PARTITION and int(position) >= int(end)


def _save(
    connection: Connection, refresh: Refresh, view: MaterializedView, failure: str | None = None
) -> None:
    with immediate(connection):
        if Catalog(connection).view_by_id(view.id) is None:
            return
        refresh.save(connection, view, failure)
        if failure is None:
            connection.execute(
                "UPDATE main.streamdialect_views SET refreshed_at = ? WHERE id = ?",
                (refresh.started, view.id),
            )
            # Its consumer may have stopped it since, at a record behind the head.
            if (state := error_policy.read(connection, view.id)) is not None and state.stopped is None:
                Catalog(connection).set_state(view.id, "ok")


def _restart(connection: Connection, view: MaterializedView) -> bool:
    """Give a view that its error budget stopped a new one; tell whether the view is stopped."""
    state = error_policy.read(connection, view.id)
    if state is None or state.stopped is None:
        return False
    with immediate(connection):
        error_policy.restart(connection, view.id)
    return True


def _resume(connection: Connection, view: MaterializedView) -> None:
    with immediate(connection):
        error_policy.resume(connection, view.id)
