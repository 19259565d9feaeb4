"""Apply batches to one view: rows, set-aside records, history and positions in a single transaction.

The whole slice of a batch goes through one INSERT ... SELECT. Only when SQLite or a scalar function refuses
a value is the culprit searched, by halving, and set aside with its raw bytes; the others are kept.
A record must never stop a view, and trouble with the file must never cost a record: every failure is one
or the other.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from streamdialect.errors import DataError, InternalError
from streamdialect.model import MaterializedView, Provider, position_column, value_column
from streamdialect.sources.base import Batch
from streamdialect.storage import checkpoints
from streamdialect.storage.apsw_errors import SQLiteError, depends_on_data, is_value_error
from streamdialect.storage.batch_relation import BatchRelation, timestamp_texts
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.view_rows import insert_text, log_refresh, now, over_nothing

__all__ = ["ERROR_CODES", "Materializer", "Refresh"]

# Redshift documents no codes for sys_stream_scan_errors; these are ours, listed in docs/reference/errors.md.
ERROR_CODES = {"value": 1, "encoding": 2, "size": 3}

# Redshift's limit for a record of either source (materialized-view-streaming-ingestion).
MAX_RECORD_BYTES = 16_777_216

# Escapes that may be half of a character (a surrogate without its partner), and escaped backslashes before
# the same, which hide what follows them or make JSON inside JSON. Complete pairs, which every serializer
# that writes ASCII has, are passed over: the exact check costs a parse of the record.
_SUSPECT = re.compile(
    rb"\\(?:\\u[dD]|u005[cC]|u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F]))"
)
# Each match has one of these, and looking for them in a batch takes microseconds.
_SUSPECT_HINTS = (b"\\ud", b"\\uD", b"\\u005")


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
        self._over_nothing = over_nothing(view)

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
        for before, after in pairwise(run):
            # Only the first start is compared with the checkpoint, so a gap between two would be lost.
            if before.end != after.start:
                raise InternalError(
                    f"a batch of partition {after.partition} begins at {after.start}, but the one before it"
                    f" ends at {before.end}"
                )
        skipped = refresh.skipped
        for batch in run:
            if batch.count:
                self._insert_batch(connection, batch, refresh, refresh_id, time_text)
        last = run[-1]
        times = [ms for batch in run for ms in (batch.first_ms, batch.last_ms) if ms is not None]
        texts = [text for text in timestamp_texts(times) if text is not None]
        oldest, newest = min(texts, default=None), max(texts, default=None)
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
                # min() and max() of two arguments are NULL if one of them is.
                " record_time_min = coalesce(min(record_time_min, excluded.record_time_min),"
                " record_time_min, excluded.record_time_min),"
                " record_time_max = coalesce(max(record_time_max, excluded.record_time_max),"
                " record_time_max, excluded.record_time_max),"
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
                if not self._blames_data(connection, error):
                    raise
                if stop - start == 1:
                    set_aside(start, "value", _reason(error))
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

    def _blames_data(self, connection: Connection, error: Exception) -> bool:
        """Tell whether a failed INSERT fails because of its records."""
        if is_value_error(error):
            return True
        if not depends_on_data(error):
            return False
        # SQLite has one code for a wrong value and a wrong statement, and texts that we do not know. A
        # statement that is wrong, or a table that is missing, fails without any record as well.
        try:
            connection.execute("SAVEPOINT streamdialect_trial")
            try:
                connection.execute(self._over_nothing).fetchall()
            finally:
                connection.execute("ROLLBACK TO streamdialect_trial")
                connection.execute("RELEASE streamdialect_trial")
        except SQLiteError:
            return False
        return True

    def _unreadable(self, batch: Batch, columns: dict[str, Sequence[Any]]) -> list[tuple[int, str, str]]:
        """Find records that must not reach SQLite: too large, or text is read from them that is none."""
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
            # A line feed ends any truncated sequence, so this is the check of each value.
            joined = b"\n".join([value for value in values if value is not None])
            try:
                joined.decode()
            except UnicodeDecodeError:
                for number, value in enumerate(values):
                    try:
                        (value or b"").decode()
                    except UnicodeDecodeError as error:
                        reason = f"invalid byte sequence for encoding UTF8 in {name}: byte {error.start}"
                        found.setdefault(number, (number, "encoding", reason))
            if any(hint in joined for hint in _SUSPECT_HINTS) and _SUSPECT.search(joined):
                for number, value in enumerate(values):
                    if value and _SUSPECT.search(value) and _half_character(value.decode("utf-8", "replace")):
                        reason = f"invalid text in {name}: an escaped surrogate is half a character"
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
        if milliseconds is None and number in (0, batch.count - 1):
            milliseconds = batch.last_ms if number else batch.first_ms
        key, headers = of("kafka_key", "partition_key"), of("kafka_headers")
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
                timestamp_texts([milliseconds])[0],
                of("kafka_timestamp_type"),
                _storable(key).encode() if isinstance(key, str) else key,
                of(self._value),
                None if headers is None else _storable(headers),
                code,
                _storable(" ".join(reason.splitlines())),
                now(),
            ),
        )


def _half_character(text: str) -> bool:
    """Tell whether a JSON document has a string that cannot be written as UTF-8.

    SQLite decodes such escapes to invalid UTF-8: the row would be stored, and no client could read it.
    Strings that hold JSON themselves are examined too, because the view may read them.
    """
    if "\\u" not in text:
        return False
    try:
        # Pairs instead of a dict: SQLite reads the first of equal names, a dict keeps the last.
        values = [json.loads(text, strict=False, parse_int=str, object_pairs_hook=list)]
    except ValueError:
        return False  # not JSON: nothing decodes its escapes
    except RecursionError:
        return True
    while values:
        value = values.pop()
        if isinstance(value, list | tuple):
            values.extend(value)
        elif isinstance(value, str) and (_storable(value) != value or _half_character(value)):
            return True
    return False


def _storable(text: str) -> str:
    """Write what UTF-8 does not have as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _reason(error: Exception) -> str:
    text = str(error.args[0] if error.args else "") or type(error).__name__
    return text if isinstance(error, DataError | SQLiteError) else f"{type(error).__name__}: {text}"
