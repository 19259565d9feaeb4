"""Apply batches to one view: rows, bad records, history and positions in a single transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct, field

from streamdialect import clock as time_of_day
from streamdialect import tracing
from streamdialect.errors import InternalError, LeaseLostError, ViewStoppedError
from streamdialect.ingest.rows import Failure, RowWriter
from streamdialect.ingest.suspects import storable
from streamdialect.model import MaterializedView, OnError, Provider, position_column, value_column
from streamdialect.sources.base import BEGINNING_OF_PARTITION, Batch
from streamdialect.storage import checkpoints, dead_letters, error_policy, samples
from streamdialect.storage.batch_relation import timestamp_texts
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.dead_letters import BadRecord
from streamdialect.storage.view_rows import log_refresh, now

__all__ = ["LOST", "Materializer", "Outcome", "Refresh", "stopped_error"]

# What is kept of a bad record beside payload and position; other records are read without it.
_RECORD_COLUMNS = {
    "kinesis": frozenset({"partition_key", "approximate_arrival_timestamp"}),
    "kafka": frozenset({"kafka_key", "kafka_headers", "kafka_timestamp", "kafka_timestamp_type"}),
}

LOST = "stopped by a loss of data"  # how the state of a view begins whose stream lost records
_LOST_HINT = (
    "ALTER MATERIALIZED VIEW ... SET (on_data_loss = 'resume') goes on with what the stream holds, and says in"
    " sys_stream_scan_errors what is missing; DROP and CREATE build the view from that alone."
)
_RESUME_HINT = (
    "REFRESH tries again. Without compat=redshift, ALTER MATERIALIZED VIEW ... SKIP RECORD sets the record aside,"
    " SET (on_error = 'skip') all like it."
)


def stopped_error(view: MaterializedView, stopped: str) -> ViewStoppedError:
    """Make the error for a view that its policy has stopped."""
    hint = _LOST_HINT if stopped.startswith(LOST) else _RESUME_HINT
    return ViewStoppedError(f'materialized view "{view.name}" is {stopped}', hint=hint)


class Refresh(Struct):
    """Count what one refresh did; becomes a row of sys_mv_refresh_history.

    ``kind`` is Redshift's refresh_type. A consumer that runs all the time begins a new one every few
    seconds, so that the history stays readable; ``refresh_time`` of its rows is when their transaction began.
    """

    kind: str
    started: str = field(default_factory=now)
    clock: float = field(default_factory=time.monotonic)
    id: int | None = None
    records: int = 0
    skipped: int = 0
    behind: set[str] = field(default_factory=set)  # partitions of which more is known to be in the stream
    context: Any = field(default_factory=tracing.context)  # of the span that it works for

    @property
    def status(self) -> str:
        """Word the outcome as SVL_MV_REFRESH_STATUS does (``r_SVL_MV_REFRESH_STATUS``)."""
        text = "Refresh successfully updated MV incrementally"
        if not self.records:
            return f"{text}. Stream returned no new data."
        if self.skipped == self.records:
            return f"{text}. All records received from the stream were skipped."
        if self.skipped:
            return f"{text}. Some stream records were skipped."
        return f"{text}. The stream may contain more data." if self.behind else text

    def save(self, connection: Connection, view: MaterializedView, status: str | None = None) -> int:
        """Insert or update the history row, in the caller's transaction; return its id."""
        status = status or self.status
        self.id = log_refresh(connection, view, self.kind, status, self.started, self.clock, self.id)
        return self.id


class Outcome(Struct, frozen=True):
    """Tell what a transaction did with its records, for the log: never what was in them.

    ``place`` is where the last bad record was, as ``partition`` and ``position`` are. ``stopped`` says why the view
    stopped, or is None. ``held`` is for how many seconds nobody else could write.
    """

    records: int = 0
    bad: int = 0
    place: str = ""
    stopped: str | None = None
    held: float = 0.0
    partition: str | None = None
    position: str | None = None


class _Transaction(Struct):
    """Be what the parts of one transaction share."""

    connection: Connection
    refresh: Refresh
    refresh_id: int
    time_text: str
    on_error: OnError
    incomplete: bool
    records: int = 0
    bad: list[int] = field(default_factory=list)  # their places among the records
    place: str = ""
    stopped: str | None = None
    partition: str | None = None
    position: str | None = None
    samples: list[samples.Sample] = field(default_factory=list)


class Materializer:
    """Know how the batches of a stream become rows of one view.

    ``epoch`` is that of the checkpoints which the batches continue (None: any); ``identity`` is the stream's.
    """

    def __init__(self, view: MaterializedView, provider: Provider) -> None:
        self.view = view
        self.epoch: int | None = None
        self.identity: str | None = None
        self.rows = RowWriter(view, provider)
        self._provider = provider
        self._value = value_column(provider)
        self._position = position_column(provider)
        stream = view.plan.stream
        assert stream is not None
        self._names = (view.id, view.name, stream.schema_name, stream.stream)

    @property
    def columns(self) -> frozenset[str]:
        """Name the stream columns a reader must fetch."""
        return self.rows.columns

    @property
    def whole_columns(self) -> frozenset[str]:
        """Name the stream columns a reader must fetch where bad records are to be kept whole."""
        return self.rows.columns | _RECORD_COLUMNS["kinesis" if self._provider == "kinesis" else "kafka"]

    def commit(
        self, connection: Connection, batches: Sequence[Batch], refresh: Refresh, *, incomplete: bool = False
    ) -> Outcome:
        """Apply consecutive batches and their positions in one write transaction.

        ``incomplete``: the batches lack some of ``whole_columns``. Blocks while another transaction holds the
        file, at most the connection's busy timeout. Raise LeaseLostError if another consumer has moved a
        position or the epoch, ViewStoppedError for an automatic refresh of a stopped view, IncompleteRecordsError
        for a bad record in incomplete batches, apsw's errors for the file; in all cases nothing of the call
        remains.
        """
        with tracing.span(
            f"process {self._names[3]}",
            "CONSUMER",
            lambda: self._attributes(batches),
            refresh.context if refresh.kind == "Manual" else None,
        ):
            return self._commit(connection, batches, refresh, incomplete)

    def _attributes(self, batches: Sequence[Batch]) -> tracing.Attributes:
        """Describe batches as the conventions for messaging do."""
        found: dict[str, str | int] = {
            "messaging.system": "aws_kinesis" if self._provider == "kinesis" else "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": self._names[3],
            "messaging.batch.message_count": sum(batch.count for batch in batches),
            "streamdialect.view": self.view.name,
        }
        partitions = {batch.partition for batch in batches}
        if len(partitions) == 1:
            found["messaging.destination.partition.id"] = partitions.pop()
        return found

    def _commit(
        self, connection: Connection, batches: Sequence[Batch], refresh: Refresh, incomplete: bool
    ) -> Outcome:
        refresh_time = refresh.started if refresh.kind == "Manual" else now()
        before = (refresh.id, refresh.records, refresh.skipped)
        try:
            with immediate(connection):
                began = time.monotonic()
                state = error_policy.read(connection, self.view.id)
                if state is None:
                    raise LeaseLostError("the view was dropped")
                if state.stopped is not None and refresh.kind == "Auto":
                    raise stopped_error(self.view, state.stopped)
                self._check_stream(connection, state)
                refresh.records += sum(batch.count for batch in batches)
                for batch in batches:
                    more = bool(batch.behind or batch.behind_ms)
                    (refresh.behind.add if more else refresh.behind.discard)(batch.partition)
                # A step over offsets without records is no event for the history.
                refresh_id = refresh.save(connection, self.view) if refresh.records else 0
                work = _Transaction(
                    connection, refresh, refresh_id, refresh_time, state.policy.on_error, incomplete
                )
                for partition in dict.fromkeys(batch.partition for batch in batches):
                    self._apply(work, [batch for batch in batches if batch.partition == partition])
                    if work.stopped is not None:
                        break
                samples.record(connection, self.view.id, work.samples)
                if work.records:
                    self._charge(work, state)
                if work.stopped is not None:
                    error_policy.stop(connection, self.view.id, work.stopped)
                    refresh.records = before[1] + work.records
                if refresh.skipped != before[2] or work.stopped is not None:
                    refresh.save(connection, self.view)
        except BaseException:
            refresh.id, refresh.records, refresh.skipped = before
            raise
        held, bad = time.monotonic() - began, len(work.bad)
        return Outcome(work.records, bad, work.place, work.stopped, held, work.partition, work.position)

    def _check_stream(self, connection: Connection, state: error_policy.PolicyState) -> None:
        """Refuse to continue checkpoints that are of another stream now; say of which they are if nobody has."""
        if self.epoch not in (None, state.epoch) or (
            None not in (self.identity, state.identity) and self.identity != state.identity
        ):
            raise LeaseLostError("the view's positions have been set anew by another process")
        if self.identity is not None and state.identity is None:
            error_policy.adopt(connection, self.view.id, self.identity)

    def _charge(self, work: _Transaction, state: error_policy.PolicyState) -> None:
        """Count records against the error budget."""
        exceeded = error_policy.count(work.connection, self.view.id, state, work.records, work.bad)
        if exceeded is None:
            return
        policy = state.policy
        errors, records = exceeded
        work.stopped = work.stopped or (
            f"stopped by the error budget: {errors} of the last {records} records were bad, which is more than"
            f" max_error_ratio {policy.max_error_ratio:g} of error_window {policy.error_window} records;"
            f" the last one was at {work.place}"
        )

    def _apply(self, work: _Transaction, run: Sequence[Batch]) -> None:
        """Apply the batches of one partition, up to a record that stops the view."""
        for before, after in pairwise(run):
            # Only the first start is compared with the checkpoint, so a gap between two would be lost.
            if before.end != after.start:
                raise InternalError(
                    f"a batch of partition {after.partition} begins at {after.start}, but the one before it"
                    f" ends at {before.end}"
                )
        connection, skipped = work.connection, work.refresh.skipped
        records = size = 0
        failed = False
        last, end, used = run[-1], run[-1].end, run
        behind = last.behind
        for place, batch in enumerate(run):
            if not batch.count:
                continue
            failure = self._insert_batch(work, batch, work.records + records)
            if failure is not None:
                failed = True
                records += failure.number
                last, end, used = batch, self._before(batch, failure.number), run[: place + 1]
                behind = None if batch.behind is None else batch.behind + batch.count - failure.number
                break
            records += batch.count
            size += batch.size
        work.records += records
        times = [ms for batch in used for ms in (batch.first_ms, batch.last_ms) if ms is not None]
        texts = [text for text in timestamp_texts(times) if text is not None]
        oldest, newest = min(texts, default=None), max(texts, default=None)
        if end is not None:
            checkpoints.advance(
                connection,
                self.view.id,
                last.partition,
                run[0].start,
                end,
                behind=behind,
                behind_ms=last.behind_ms,
                record_time=newest,
                complete=None if failed else _complete(used),
            )
        work.samples.append(
            samples.Sample(
                last.partition, records, work.refresh.skipped - skipped, size, behind, last.behind_ms
            )
        )
        if records:
            connection.execute(
                "INSERT INTO main.streamdialect_scans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET position = excluded.position,"
                " scanned_rows = scanned_rows + excluded.scanned_rows,"
                " skipped_rows = skipped_rows + excluded.skipped_rows,"
                " scanned_bytes = scanned_bytes + excluded.scanned_bytes,"
                # min() and max() of two arguments are NULL if one of them is.
                " record_time_min = coalesce(min(record_time_min, excluded.record_time_min),"
                " record_time_min, excluded.record_time_min),"
                " record_time_max = coalesce(max(record_time_max, excluded.record_time_max),"
                " record_time_max, excluded.record_time_max),"
                " updated_at = excluded.updated_at",
                (
                    work.refresh_id,
                    self.view.id,
                    last.partition,
                    end,
                    records,
                    work.refresh.skipped - skipped,
                    size,
                    oldest,
                    newest,
                    now(),
                ),
            )

    def _before(self, batch: Batch, number: int) -> str | None:
        """Give the checkpoint at which a record of a batch is the next one to read."""
        positions = batch.columns[self._position]
        if self._provider != "kinesis":
            return str(positions[number])
        return str(positions[number - 1]) if number else batch.start

    def _insert_batch(self, work: _Transaction, batch: Batch, before: int) -> Failure | None:
        """Insert the rows of a batch; return the failure that stops the view, or None.

        ``before`` is the number of records that the transaction has had before it.
        """
        failures = self.rows.insert(
            work.connection,
            batch.partition,
            batch.columns,
            batch.count,
            batch.size,
            work.time_text,
            work.on_error,
            incomplete=work.incomplete,
        )
        if not failures:
            return None
        if failures[-1].outcome == "stopped":
            dead_letters.forget_stop(work.connection, self.view.id)  # a REFRESH has met it again
        dead_letters.add(
            work.connection,
            self._names,
            work.refresh_id,
            now(),
            [self._bad_record(batch, failure) for failure in failures],
        )
        last = failures[-1]
        work.partition, work.position = batch.partition, str(batch.columns[self._position][last.number])
        work.place = f"partition {work.partition}, position {work.position}"
        stopping = last if last.outcome == "stopped" else None
        work.bad += [before + failure.number for failure in failures if failure is not stopping]
        work.refresh.skipped += sum(failure.outcome == "set aside" for failure in failures)
        if stopping is not None:
            column = "" if last.column is None else f', column "{last.column}"'
            work.stopped = f"stopped at {work.place}{column}: {last.reason}"
        return stopping

    def _bad_record(self, batch: Batch, failure: Failure) -> BadRecord:
        columns, number = batch.columns, failure.number
        if self._provider == "kinesis":
            times, keys = columns.get("approximate_arrival_timestamp"), columns.get("partition_key")
            types = headers = None
        else:
            times, keys = columns.get("kafka_timestamp"), columns.get("kafka_key")
            types, headers = columns.get("kafka_timestamp_type"), columns.get("kafka_headers")
        milliseconds = None if times is None else times[number]
        if milliseconds is None and number in (0, batch.count - 1):
            milliseconds = batch.last_ms if number else batch.first_ms
        key = None if keys is None else keys[number]
        header = None if headers is None else headers[number]
        return BadRecord(
            partition=batch.partition,
            position=str(columns[self._position][number]),
            record_time=timestamp_texts([milliseconds])[0],
            timestamp_type=None if types is None else types[number],
            key=storable(key).encode() if isinstance(key, str) else key,
            value=columns[self._value][number],
            headers=None if header is None else storable(header),
            code=failure.code,
            reason=failure.reason,
            column=failure.column,
            outcome=failure.outcome,
        )


def _complete(run: Sequence[Batch]) -> float | None:
    """Give the time at which batches of a partition ended at its head, or found it empty; None if neither."""
    if run[-1].caught_up_at is not None:
        return time_of_day.seconds() - (time.monotonic() - run[-1].caught_up_at)
    return time_of_day.seconds() if run[-1].end == BEGINNING_OF_PARTITION else None
