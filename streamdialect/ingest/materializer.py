"""Apply batches to one view: rows, set-aside records, history and positions in a single transaction.

The whole slice of a batch goes through one INSERT ... SELECT. Only when SQLite or a scalar function refuses
a value is the culprit searched, by halving, and set aside with its raw bytes; the others are kept.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from streamdialect.errors import DataError
from streamdialect.model import MaterializedView, Provider, position_column, value_column
from streamdialect.sources.base import Batch
from streamdialect.storage import checkpoints
from streamdialect.storage.apsw_errors import is_value_error
from streamdialect.storage.batch_relation import BatchRelation, timestamp_texts
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.view_rows import insert_text, log_refresh, now

__all__ = ["ERROR_CODES", "Materializer", "Refresh"]

# Redshift documents no codes for sys_stream_scan_errors; these are ours, listed in docs/reference/errors.md.
ERROR_CODES = {"value": 1, "encoding": 2, "size": 3}

# Redshift's limit for a record of either source (materialized-view-streaming-ingestion).
MAX_RECORD_BYTES = 16_777_216


@dataclass(slots=True)
class Refresh:
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

    @property
    def status(self) -> str:
        """Word the outcome as SVL_MV_REFRESH_STATUS does (``r_SVL_MV_REFRESH_STATUS``)."""
        text = "Refresh successfully updated MV incrementally"
        if not self.records:
            return f"{text}. Stream returned no new data."
        if self.skipped == self.records:
            return f"{text}. All records received from the stream were skipped."
        return f"{text}. Some stream records were skipped." if self.skipped else text

    def save(self, connection: Connection, view: MaterializedView, status: str | None = None) -> int:
        """Insert or update the history row, in the caller's transaction; return its id."""
        status = status or self.status
        self.id = log_refresh(connection, view, self.kind, status, self.started, self.clock, self.id)
        return self.id


class Materializer:
    """Know how the batches of a stream become rows of one view."""

    def __init__(self, view: MaterializedView, provider: Provider) -> None:
        plan = view.plan
        self.view = view
        self._relation = BatchRelation(provider, plan.stream_columns)
        self._text_columns = plan.text_columns
        self._value = value_column(provider)
        self._position = position_column(provider)
        self._insert = insert_text(view)

    @property
    def columns(self) -> frozenset[str]:
        """Name the stream columns a reader must fetch."""
        return self._relation.carried

    def commit(self, connection: Connection, batches: Sequence[Batch], refresh: Refresh) -> None:
        """Apply consecutive batches and their positions in one write transaction.

        Blocks while another transaction holds the file, at most the connection's busy timeout. Raise
        LeaseLostError if another consumer has moved a position, apsw's errors for the file; in both cases
        nothing of the call remains.
        """
        refresh_time = refresh.started if refresh.kind == "Manual" else now()
        before = (refresh.id, refresh.records, refresh.skipped)
        try:
            with immediate(connection):
                for batch in batches:
                    refresh.records += batch.count
                # A step over offsets without records is no event for the history.
                refresh_id = refresh.save(connection, self.view) if refresh.records else 0
                for partition in dict.fromkeys(batch.partition for batch in batches):
                    run = [batch for batch in batches if batch.partition == partition]
                    self._apply(connection, run, refresh, refresh_id, refresh_time)
                if refresh.skipped != before[2]:
                    refresh.save(connection, self.view)
        except BaseException:
            refresh.id, refresh.records, refresh.skipped = before
            raise

    def _apply(
        self,
        connection: Connection,
        run: Sequence[Batch],
        refresh: Refresh,
        refresh_id: int,
        time_text: str,
    ) -> None:
        """Apply the batches of one partition."""
        skipped = refresh.skipped
        for batch in run:
            if batch.count:
                self._insert_batch(connection, batch, refresh, refresh_id, time_text)
        last = run[-1]
        times = [ms for batch in run for ms in (batch.first_ms, batch.last_ms) if ms is not None]
        oldest, newest = timestamp_texts([min(times), max(times)]) if times else (None, None)
        if last.end is not None:
            checkpoints.advance(
                connection,
                self.view.id,
                last.partition,
                run[0].start,
                last.end,
                behind=last.behind,
                behind_ms=last.behind_ms,
                record_time=newest,
            )
        records = sum(batch.count for batch in run)
        if records:
            connection.execute(
                "INSERT INTO main.streamdialect_scans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET position = excluded.position,"
                " scanned_rows = scanned_rows + excluded.scanned_rows,"
                " skipped_rows = skipped_rows + excluded.skipped_rows,"
                " scanned_bytes = scanned_bytes + excluded.scanned_bytes,"
                " record_time_min = min(record_time_min, excluded.record_time_min),"
                " record_time_max = max(record_time_max, excluded.record_time_max),"
                " updated_at = excluded.updated_at",
                (
                    refresh_id,
                    self.view.id,
                    last.partition,
                    last.end,
                    records,
                    refresh.skipped - skipped,
                    sum(batch.size for batch in run),
                    oldest,
                    newest,
                    now(),
                ),
            )

    def _insert_batch(
        self, connection: Connection, batch: Batch, refresh: Refresh, refresh_id: int, time_text: str
    ) -> None:
        columns = dict(batch.columns)

        def insert(start: int, stop: int) -> None:
            if start == stop:
                return
            try:
                self._relation.execute(
                    connection, self._insert, batch.partition, columns, start, stop, time_text
                )
            except Exception as error:
                if not is_value_error(error):
                    raise
                if stop - start == 1:
                    set_aside(start, "value", str(error.args[0] if error.args else error))
                    return
            else:
                return
            middle = (start + stop) // 2
            insert(start, middle)
            insert(middle, stop)

        def set_aside(number: int, code: str, reason: str) -> None:
            refresh.skipped += 1
            self._set_aside(connection, batch, columns, number, refresh_id, ERROR_CODES[code], reason)

        begin = 0
        for number, code, reason in self._unreadable(batch, columns):
            insert(begin, number)
            set_aside(number, code, reason)
            begin = number + 1
        insert(begin, batch.count)

    def _unreadable(self, batch: Batch, columns: dict[str, Sequence[Any]]) -> list[tuple[int, str, str]]:
        """Find records that must not reach SQLite: too large, or not UTF-8 where text is read."""
        found: dict[int, tuple[int, str, str]] = {}
        if batch.size > MAX_RECORD_BYTES:
            for number, value in enumerate(columns[self._value]):
                if value is not None and len(value) > MAX_RECORD_BYTES:
                    found[number] = (
                        number,
                        "size",
                        f"record of {len(value)} bytes exceeds {MAX_RECORD_BYTES}",
                    )
        for name in self._text_columns:
            values = columns[name]
            try:
                # A line feed ends any truncated sequence, so this is the check of each value.
                b"\n".join([value for value in values if value is not None]).decode()
            except UnicodeDecodeError:
                for number, value in enumerate(values):
                    try:
                        (value or b"").decode()
                    except UnicodeDecodeError as error:
                        reason = f"invalid byte sequence for encoding UTF8 in {name}: byte {error.start}"
                        found.setdefault(number, (number, "encoding", reason))
        return [found[number] for number in sorted(found)]

    def _set_aside(
        self,
        connection: Connection,
        batch: Batch,
        columns: dict[str, Sequence[Any]],
        number: int,
        refresh_id: int,
        code: int,
        reason: str,
    ) -> None:
        def of(*names: str) -> Any:
            return next((columns[name][number] for name in names if name in columns), None)

        stream = self.view.plan.stream
        if stream is None:
            raise DataError(reason)
        milliseconds = of("approximate_arrival_timestamp", "kafka_timestamp")
        key = of("kafka_key", "partition_key")
        connection.execute(
            "INSERT INTO main.streamdialect_errors (view_id, view_name, schema_name, stream, refresh_id,"
            " partition, position, record_time, timestamp_type, record_key, record_value, record_headers, error_code,"
            " error_reason, logged_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.view.id,
                self.view.name,
                stream.schema_name,
                stream.stream,
                refresh_id,
                batch.partition,
                str(of(self._position)),
                None if milliseconds is None else timestamp_texts([milliseconds])[0],
                of("kafka_timestamp_type"),
                key.encode() if isinstance(key, str) else key,
                of(self._value),
                of("kafka_headers"),
                code,
                reason,
                now(),
            ),
        )
