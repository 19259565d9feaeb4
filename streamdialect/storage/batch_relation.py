"""A batch of records as a relation that SQLite reads in C: the inner loop of ingest.

The payloads are bound as SQLite's carray table-valued function (https://sqlite.org/carray.html), one bound
parameter for thousands of records, read without the GIL. Every other column that the view reads is encoded
as the cheapest form its values allow: one bound value, an arithmetic progression, a blob of fixed-width
fields (``substr`` of a blob costs the same anywhere in it), or a blob with an index of fields. No Python
runs for a record inside SQLite.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import apsw

from streamdialect.identifiers import quote_identifier
from streamdialect.model import BATCH_RELATION, STREAM_COLUMNS, Provider, position_column, value_column

__all__ = ["CARRAY", "WATCH", "BatchRelation", "last_row", "timestamp_texts", "watch"]

# Builds of apsw other than the PyPI wheels may lack it; the same rows are then bound one by one.
CARRAY = "ENABLE_CARRAY" in apsw.compile_options

_ROW = "_row"


class _Watched(threading.local):
    """Hold the number of the record that SQLite has last taken from a watched batch, in this thread; 1 is the first."""

    row = 0


_WATCHED = _Watched()

# The function that notes it; every connection has it.
WATCH = "streamdialect_row"


def watch(connection: apsw.Connection) -> None:
    """Give a connection the function by which ``BatchRelation.execute`` watches how far a statement comes."""

    def note(*row: Any) -> int:
        _WATCHED.row = row[0]
        return 1

    connection.create_scalar_function(WATCH, note, 1)


def last_row() -> int:
    """Give the number of the record at which the last watched statement of this thread was; 1 is the first."""
    return _WATCHED.row


_EPOCH = datetime(1970, 1, 1)


class _Seconds(dict[int, str]):
    """Remember the text of whole seconds: consecutive records mostly share theirs."""

    def __missing__(self, second: int) -> str:
        if len(self) > 4096:
            self.clear()
        # Not fromtimestamp: what it takes depends on the platform, before 1970 above all.
        text = self[second] = (_EPOCH + timedelta(seconds=second)).isoformat(" ")
        return text


_SECONDS = _Seconds()
_FRACTIONS = [f".{millisecond:03d}000" for millisecond in range(1000)]


def timestamp_texts(milliseconds: Sequence[int | None]) -> list[Any]:
    """Write times (milliseconds since 1970 UTC) as ``YYYY-MM-DD HH:MM:SS.ffffff``.

    Give None for None, and for a time outside the years 1 to 9999: producers set what they like, and a
    record is worth keeping without its time.
    """
    seconds, fractions = _SECONDS, _FRACTIONS
    try:
        return [seconds[ms // 1000] + fractions[ms % 1000] for ms in milliseconds]  # type: ignore[operator]
    except (OverflowError, TypeError):
        return [_timestamp_text(ms) for ms in milliseconds]


def _timestamp_text(ms: int | None) -> str | None:
    try:
        return None if ms is None else _SECONDS[ms // 1000] + _FRACTIONS[ms % 1000]
    except OverflowError:
        return None


class _Bindings:
    """Collect bound values and name them ?1, ?2, ..."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, value: Any) -> str:
        self.values.append(value)
        return f"?{len(self.values)}"


def _fixed(bindings: _Bindings, fields: Sequence[bytes], width: int, kind: str) -> str:
    blob = bindings.add(b"".join(fields))
    field = f"substr({blob}, {_ROW} * {width} - {width - 1}, {width})"
    return field if kind == "BLOB" else f"CAST({field} AS {kind})"


def _indexed(bindings: _Bindings, fields: Sequence[bytes | None], kind: str) -> str:
    """Encode fields of any width, some of them NULL, by an index of (start, length)."""
    index, start = [], 1
    for field in fields:
        index.append(b"%010d%010d" % (start, -1 if field is None else len(field)))
        start += len(field or b"")
    # One byte more than the fields need: substr() of a blob without any byte is NULL in SQLite.
    data = bindings.add(b"".join([field for field in fields if field is not None]) + b"\0")
    entries = bindings.add(b"".join(index))
    at = f"CAST(substr({entries}, {_ROW} * 20 - 19, 10) AS INTEGER)"
    length = f"CAST(substr({entries}, {_ROW} * 20 - 9, 10) AS INTEGER)"
    value = f"substr({data}, {at}, {length})"
    if kind != "BLOB":
        value = f"CAST({value} AS {kind})"
    return f"CASE WHEN {length} >= 0 THEN {value} END"


def _encode(bindings: _Bindings, fields: Sequence[bytes | None], kind: str) -> str:
    first = fields[0]
    if fields.count(first) == len(fields):
        return bindings.add(first.decode() if first is not None and kind == "TEXT" else first)
    widths = {-1 if field is None else len(field) for field in fields}
    if len(widths) == 1:
        return _fixed(bindings, fields, widths.pop(), kind)  # type: ignore[arg-type]
    return _indexed(bindings, fields, kind)


def _text(bindings: _Bindings, values: Sequence[str | None]) -> str:
    return _encode(bindings, [None if value is None else value.encode() for value in values], "TEXT")


def _blob(bindings: _Bindings, values: Sequence[bytes | None]) -> str:
    return _encode(bindings, values, "BLOB")


def _integer(bindings: _Bindings, values: Sequence[int]) -> str:
    count = len(values)
    if values[-1] - values[0] == count - 1:  # positions rise strictly, so this means: no gap
        return f"{bindings.add(values[0] - 1)} + {_ROW}"
    return _fixed(bindings, [b"%020d" % value for value in values], 20, "INTEGER")


def _timestamp(bindings: _Bindings, values: Sequence[int | None]) -> str:
    texts = timestamp_texts(values)
    if None in texts:
        return _text(bindings, texts)
    return _fixed(bindings, ["".join(texts).encode()], 26, "TEXT")


_TIMES = frozenset({"approximate_arrival_timestamp", "kafka_timestamp"})

_ENCODERS: dict[str, Callable[[_Bindings, Sequence[Any]], str]] = {
    "approximate_arrival_timestamp": _timestamp,
    "partition_key": _text,
    "sequence_number": _text,
    "kafka_offset": _integer,
    "kafka_timestamp_type": _text,
    "kafka_timestamp": _timestamp,
    "kafka_key": _blob,
    "kafka_headers": _text,
}


class BatchRelation:
    """Put a batch, or a slice of it, in the place of a stream.

    ``columns`` are the stream columns a view's SELECT reads. ``statement`` gives a common table
    expression named ``model.BATCH_RELATION`` followed by the caller's text, and the bindings for it.
    """

    def __init__(self, provider: Provider, columns: Sequence[str]) -> None:
        self._value = value_column(provider)
        self._position = position_column(provider)
        self._texts: dict[str, str] = {}
        self._columns = [column.name for column in STREAM_COLUMNS[provider] if column.name in columns]

    @property
    def names(self) -> list[str]:
        """Name the relation's columns."""
        return self._columns

    @property
    def carried(self) -> frozenset[str]:
        """Name the columns a reader must fetch for this relation."""
        return frozenset(self._columns) - {"kafka_partition", "shard_id", "refresh_time"}

    def execute(
        self,
        connection: apsw.Connection,
        text: str,
        partition: str,
        columns: dict[str, Sequence[Any]],
        start: int,
        stop: int,
        refresh_time: str,
        *,
        watch: str | None = None,
    ) -> None:
        """Run ``text`` once over records ``start`` to ``stop`` (exclusive) of a partition's columns.

        ``text`` is a statement that reads ``model.BATCH_RELATION``. A failure leaves no row of this call.
        ``watch`` is a function that is called with the number of each record, 1 for the first, before the
        statement has it: with ``WATCH``, ``last_row`` tells how far it came.
        """
        if CARRAY:
            self._execute_carray(connection, text, partition, columns, start, stop, refresh_time, watch)
        else:
            self._execute_rows(connection, text, partition, columns, start, stop, refresh_time)

    def _execute_carray(
        self,
        connection: apsw.Connection,
        text: str,
        partition: str,
        columns: dict[str, Sequence[Any]],
        start: int,
        stop: int,
        refresh_time: str,
        watch: str | None,
    ) -> None:
        _WATCHED.row = 0
        bindings = _Bindings()
        payloads = columns[self._value][start:stop]
        payload = "value"
        if None in payloads:  # carray has no NULL
            flags = bindings.add(b"".join([b"1" if value is None else b"0" for value in payloads]))
            payload = f"CASE substr({flags}, {_ROW}, 1) WHEN x'30' THEN value END"
            payloads = [value or b"" for value in payloads]
        expressions = []
        for name in self._columns:
            if name == self._value:
                expression = payload
            elif name == "refresh_time":
                expression = bindings.add(refresh_time)
            elif name == "shard_id":
                expression = bindings.add(partition)
            elif name == "kafka_partition":
                expression = bindings.add(int(partition))
            else:
                expression = _ENCODERS[name](bindings, columns[name][start:stop])
            expressions.append(f"{expression} AS {quote_identifier(name)}")
        array = bindings.add(apsw.carray(tuple(payloads)))
        watching = f" WHERE {watch}(rowid)" if watch else ""
        # LIMIT -1 keeps SQLite from merging the subquery into the view's SELECT, which would evaluate
        # each expression as often as the SELECT names it.
        connection.execute(
            f"WITH {BATCH_RELATION} AS (SELECT {', '.join(expressions) or '1'}"
            f" FROM (SELECT rowid AS {_ROW}, value FROM carray({array}){watching}) LIMIT -1) {text}",
            bindings.values,
        ).fetchall()

    def _execute_rows(
        self,
        connection: apsw.Connection,
        text: str,
        partition: str,
        columns: dict[str, Sequence[Any]],
        start: int,
        stop: int,
        refresh_time: str,
    ) -> None:
        connection.execute("SAVEPOINT streamdialect_rows")
        try:
            failed = self.execute_each(connection, text, partition, columns, start, stop, refresh_time)
            if failed is not None:
                raise failed[1]
        except BaseException:
            connection.execute("ROLLBACK TO streamdialect_rows")
            raise
        finally:
            connection.execute("RELEASE streamdialect_rows")

    def execute_each(
        self,
        connection: apsw.Connection,
        text: str,
        partition: str,
        columns: dict[str, Sequence[Any]],
        start: int,
        stop: int,
        refresh_time: str,
    ) -> tuple[int, Exception] | None:
        """Run ``text`` for one record after the other; return the number of the first that fails, and why.

        What was done for those before it stands.
        """
        number = start - 1

        def rows() -> Iterator[tuple[Any, ...]]:
            nonlocal number
            for fields in self._fields(partition, columns, start, stop, refresh_time):
                number += 1
                yield fields

        try:
            connection.executemany(self._over_bindings(text), rows()).fetchall()
        except Exception as error:
            return max(number, start), error
        return None

    def evaluate(
        self,
        connection: apsw.Connection,
        text: str,
        partition: str,
        columns: dict[str, Sequence[Any]],
        number: int,
        refresh_time: str,
    ) -> list[Any]:
        """Run a SELECT over one record; return its rows."""
        fields = next(self._fields(partition, columns, number, number + 1, refresh_time))
        return connection.execute(self._over_bindings(text), fields).fetchall()

    def _over_bindings(self, text: str) -> str:
        found = self._texts.get(text)
        if found is not None:
            return found
        expressions = [f"? AS {quote_identifier(name)}" for name in self._columns]
        found = self._texts[text] = (
            f"WITH {BATCH_RELATION} AS (SELECT {', '.join(expressions) or '1'}) {text}"
        )
        return found

    def _fields(
        self, partition: str, columns: dict[str, Sequence[Any]], start: int, stop: int, refresh_time: str
    ) -> Iterator[tuple[Any, ...]]:
        constants = {"refresh_time": refresh_time, "shard_id": partition, "kafka_partition": int(partition) if
                     "kafka_partition" in self._columns else None}  # fmt: skip
        for number in range(start, stop):
            yield tuple(
                [
                    constants[name] if name in constants else _readable(name, columns[name][number])
                    for name in self._columns
                ]
            )


def _readable(name: str, value: Any) -> Any:
    """Give a value of a batch's column as SQLite keeps it."""
    return timestamp_texts([value])[0] if name in _TIMES else value
