"""REFRESH of a streaming view, whoever consumes it: this process, another one, or nobody yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from streamdialect.errors import Error, OperationalError, RefreshTimeoutError, SourceError
from streamdialect.ingest.consumer import Consumer
from streamdialect.ingest.materializer import Refresh
from streamdialect.model import ExternalSchema, MaterializedView, StreamName
from streamdialect.sources.base import Head, StreamSource
from streamdialect.storage import checkpoints
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection

if TYPE_CHECKING:
    from streamdialect.ingest.registry import Ingest

__all__ = ["refresh_stream"]

_LOOK = 0.1  # seconds between two looks at another process's progress


def refresh_stream(
    ingest: Ingest, view: MaterializedView, schema: ExternalSchema, *, consume: bool, patience: float
) -> str:
    """Wait until everything that was in the stream at the call is committed; return the status text.

    If nobody consumes the view, read it here and now, unless ``consume`` is false. ``patience`` is how
    many seconds may pass without progress before RefreshTimeoutError. Raise SourceError when the stream
    cannot be reached, and whatever stopped the view's consumer.
    """
    stream = view.plan.stream
    if stream is None:
        raise OperationalError(f'materialized view "{view.name}" reads no stream')
    manual = Refresh("Manual")
    try:
        _reach_head(ingest, view, stream, schema, manual, consume=consume, patience=patience)
    except Error as error:
        text = f"Refresh failed. {str(error).splitlines()[0]}"
        ingest.writer().call(lambda connection: _save(connection, manual, view, text))
        raise
    ingest.writer().call(lambda connection: _save(connection, manual, view))
    return manual.status


def _reach_head(
    ingest: Ingest,
    view: MaterializedView,
    stream: StreamName,
    schema: ExternalSchema,
    manual: Refresh,
    *,
    consume: bool,
    patience: float,
) -> None:
    source = ingest.source(schema)
    source.check(stream.stream)
    head = source.head(stream.stream)
    clock = _Patience(view, ingest, patience)
    began: tuple[Consumer, int, int] | None = None
    while True:
        consumer = ingest.consumer(view.id)
        if consumer is not None and consumer.holding:
            if began is None or began[0] is not consumer:
                began = (consumer, consumer.records, consumer.skipped)
            if consumer.reached(head):
                manual.records = consumer.records - began[1]
                manual.skipped = consumer.skipped - began[2]
                return
            clock.saw(consumer.progress())
            consumer.wait(_LOOK)
            if consumer.error is not None and isinstance(consumer.error, Error):
                clock.remember(consumer.error)
            continue
        lease = ingest.leases.try_acquire(view.id)
        if lease is not None:
            with lease:
                if not consume:
                    raise OperationalError(
                        f'nobody consumes materialized view "{view.name}", and this connection must not',
                        hint="Start a consumer with: streamdialect run FILE, or connect without ingest=off.",
                    )
                temporary = Consumer(view, stream, schema, source, ingest.writer(), ingest.leases, manual)
                temporary.run_until(head)
                return
        positions = ingest.writer().call(lambda connection: checkpoints.positions(connection, view.id))
        if _caught_up(source, stream, head, positions):
            return
        clock.saw(positions)
        time.sleep(_LOOK)


class _Patience:
    """Measure the time without progress."""

    def __init__(self, view: MaterializedView, ingest: Ingest, seconds: float) -> None:
        self._view, self._ingest, self._seconds = view, ingest, seconds
        self._last: object = None
        self._since = time.monotonic()
        self._error: Error | None = None

    def remember(self, error: Error) -> None:
        self._error = error

    def saw(self, progress: object) -> None:
        """Take note of the progress; raise when there has been none for too long."""
        now = time.monotonic()
        if progress != self._last:
            self._last, self._since, self._error = progress, now, None
        elif now - self._since > self._seconds:
            if self._error is not None:
                raise self._error
            holder = self._ingest.leases.holder(self._view.id)
            raise RefreshTimeoutError(
                f'materialized view "{self._view.name}" made no progress for {self._seconds:g} s;'
                f" its consumer is process {holder}",
                hint="See svv_mv_info and sys_mv_refresh_history, or stop that process.",
            )


def _caught_up(source: StreamSource, stream: StreamName, head: Head, positions: dict[str, str]) -> bool:
    """Tell from another process's checkpoints whether the head is reached."""
    if head.positions is not None:
        return all(head.reached(partition, positions.get(partition), None) for partition in head.partitions)
    # The source cannot name its head (Kinesis): there is nothing left if nothing follows the checkpoints.
    reader = source.open(stream.stream, positions, frozenset())
    try:
        pending = {
            partition
            for partition in head.partitions
            if not head.reached(partition, positions.get(partition), None)
        }
        deadline = time.monotonic() + 5.0
        while pending and time.monotonic() < deadline:
            for batch in reader.poll(0.25):
                if batch.count:
                    return False
                if head.reached(batch.partition, batch.end, batch.caught_up_at):
                    pending.discard(batch.partition)
        return not pending
    except SourceError:
        return False
    finally:
        reader.close()


def _save(
    connection: Connection, refresh: Refresh, view: MaterializedView, failure: str | None = None
) -> None:
    if Catalog(connection).view_by_id(view.id) is None:
        return
    refresh.save(connection, view, failure)
    if failure is not None:
        return
    connection.execute(
        "UPDATE main.streamdialect_views SET refreshed_at = ?, state = 'ok' WHERE id = ?",
        (refresh.started, view.id),
    )
