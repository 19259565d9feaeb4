"""Streams as SQLite table functions: ``streamdialect_kinesis(schema, stream)`` and ``streamdialect_kafka``.

A direct SELECT on ``schema."stream"`` reads the stream itself, from its oldest record or from where the
WHERE clause allows, up to the head as of the query. One row costs a few Python calls, which is right for
a look into a stream and wrong for anything that is asked twice: that is what views are for.
Source: SQLite manual, "The Virtual Table Mechanism of SQLite", 2.3 (xBestIndex) and 3.1 (eponymous).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import apsw
from msgspec import Struct

from streamdialect import clock
from streamdialect.model import STREAM_COLUMNS, Provider, position_column
from streamdialect.storage import table_functions
from streamdialect.storage.batch_relation import timestamp_texts
from streamdialect.storage.system_views import STREAMS_FUNCTION

__all__ = ["StreamList", "StreamRange", "StreamRows", "StreamScan", "register", "table_function"]


class StreamRange(Struct, frozen=True):
    """Say which part of a stream a query needs; None means all of it."""

    columns: frozenset[str]
    partitions: frozenset[str] | None = None
    first: str | None = None
    since_ms: int | None = None


class StreamRows(Struct):
    """Hold consecutive records of one partition as raw columns (see ``sources.base.Batch``)."""

    partition: str
    columns: Mapping[str, Sequence[Any]]
    count: int


StreamScan = Callable[[str, str, StreamRange], Iterator[StreamRows]]
StreamList = Callable[[str], Sequence[str]]

_FUNCTIONS = {
    "kinesis": "streamdialect_kinesis",
    "kafka": "streamdialect_kafka",
    "msk": "streamdialect_kafka",
}

_TIMES = ("approximate_arrival_timestamp", "kafka_timestamp")
_PARTITIONS = ("shard_id", "kafka_partition")

_EQ = apsw.SQLITE_INDEX_CONSTRAINT_EQ
_FROM = (apsw.SQLITE_INDEX_CONSTRAINT_GE, apsw.SQLITE_INDEX_CONSTRAINT_GT, _EQ)


def table_function(provider: Provider) -> str:
    """Name the table function that reads this provider's streams."""
    return _FUNCTIONS[provider]


def register(connection: apsw.Connection, scan: StreamScan, streams: StreamList) -> None:
    """Make the table functions available: ``scan`` reads a stream, ``streams`` lists those of a schema."""

    def rows(schema: Any) -> Iterator[tuple[str]]:
        return iter([(name,) for name in streams(schema)] if schema is not None else [])

    table_functions.register(connection, STREAMS_FUNCTION, ("stream",), rows)
    for provider in ("kinesis", "kafka"):
        connection.create_module(
            _FUNCTIONS[provider],
            _Module(provider, scan),  # type: ignore[arg-type]
            use_bestindex_object=True,
            eponymous=True,
            eponymous_only=True,
            read_only=True,
        )


class _Module:
    """Be SQLite's module: the table has the stream's columns and two hidden arguments."""

    def __init__(self, provider: Provider, scan: StreamScan) -> None:
        self.provider = provider
        self.scan = scan
        self.names = [column.name for column in STREAM_COLUMNS[provider]]
        partition = next(name for name in _PARTITIONS if name in self.names)
        self.identity = self.names.index(partition), self.names.index(position_column(provider))

    def Connect(
        self, _connection: apsw.Connection, _module: str, _db: str, _table: str, *_: str
    ) -> tuple[str, _Table]:
        columns = ", ".join(
            f"{column.name} {column.type.declared}" for column in STREAM_COLUMNS[self.provider]
        )
        return f"CREATE TABLE stream ({columns}, _schema HIDDEN, _stream HIDDEN)", _Table(self)

    Create = Connect


class _Table:
    def __init__(self, module: _Module) -> None:
        self._module = module

    def BestIndexObject(self, index: Any) -> bool:
        """Ask SQLite for the arguments, and for what narrows the read; idxStr lists what argv holds."""
        names = [*self._module.names, "_schema", "_stream"]
        position = position_column(self._module.provider)
        wanted: list[str] = []
        for number in range(index.nConstraint):
            column, operator = index.get_aConstraint_iColumn(number), index.get_aConstraint_op(number)
            if (
                operator in (apsw.SQLITE_INDEX_CONSTRAINT_LIMIT, apsw.SQLITE_INDEX_CONSTRAINT_OFFSET)
                or column < 0
            ):
                continue
            name = names[column]
            pushed = (
                (name in ("_schema", "_stream", *_PARTITIONS) and operator == _EQ)
                or (name in _TIMES and operator in _FROM)
                # Sequence numbers are compared as text, which is their order only at equal width.
                or (name == position and operator in (_FROM if position == "kafka_offset" else (_EQ,)))
            )
            if not index.get_aConstraint_usable(number):
                if name in ("_schema", "_stream"):
                    return False  # the arguments of a table function must be known
                continue
            if pushed and name not in wanted:
                wanted.append(name)
                index.set_aConstraintUsage_argvIndex(number, len(wanted))
                # All but the arguments are checked again by SQLite: the read may return too much.
                index.set_aConstraintUsage_omit(number, name in ("_schema", "_stream"))
        used = index.colUsed
        columns = [name for bit, name in enumerate(self._module.names) if bit in used]
        index.idxStr = json.dumps([wanted, columns])
        index.estimatedCost = 1e6 / (1 + 9 * (len(wanted) - 2))
        return True

    def Open(self) -> _Cursor:
        return _Cursor(self._module)

    def Disconnect(self) -> None:
        """Have nothing to release."""

    Destroy = Disconnect


_inherited: list[Iterator[tuple[Any, ...]]] = []


class _Cursor:
    def __init__(self, module: _Module) -> None:
        self._module = module
        self._process = os.getpid()
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._row: tuple[Any, ...] | None = None
        # Bound once: SQLite calls these for each row.
        self._arguments: tuple[Any, Any] = (None, None)

    def Filter(self, _number: int, plan: str, arguments: tuple[Any, ...]) -> None:
        wanted, columns = json.loads(plan)
        values = dict(zip(wanted, arguments, strict=True))
        self._arguments = (values.get("_schema"), values.get("_stream"))
        bounds = StreamRange(
            columns=frozenset(columns),
            partitions=next(
                (_partitions(name, values[name]) for name in _PARTITIONS if name in values), None
            ),
            first=_position(self._module.provider, values.get(position_column(self._module.provider))),
            since_ms=next((_milliseconds(values[name]) for name in _TIMES if name in values), None),
        )
        self._rows = self._read(bounds)
        self.Next()

    def _read(self, bounds: StreamRange) -> Iterator[tuple[Any, ...]]:
        now = clock.text()
        schema, stream = self._arguments
        for rows in self._module.scan(schema, stream, bounds):
            yield from zip(*[_column(name, rows, now) for name in self._module.names], strict=True)

    def Next(self) -> None:
        self._row = next(self._rows, None)

    def Eof(self) -> bool:
        return self._row is None

    def Rowid(self) -> int:
        """Identify the record: SQLite reads a table once for each side of an OR, and unites by rowid."""
        assert self._row is not None
        partition, position = self._row[self._module.identity[0]], self._row[self._module.identity[1]]
        if isinstance(position, int):
            return int(partition) << 48 | position
        digest = hashlib.blake2b(f"{partition} {position}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def Column(self, number: int) -> Any:
        if number == -1:
            return self.Rowid()
        assert self._row is not None
        return self._row[number] if number < len(self._row) else self._arguments[number - len(self._row)]

    def Close(self) -> None:
        close = getattr(self._rows, "close", None)
        if self._process != os.getpid():
            _inherited.append(self._rows)  # a reader whose threads are the parent's: it would wait for them
            return
        self._rows = iter(())
        if close is not None:
            close()  # ends the generator, and with it the stream's reader


# What a comparison cannot be narrowed by is left to SQLite, which compares every row anyway: the read
# returns too much then, never too little.


def _whole(value: Any) -> int | None:
    """Give a number that is whole and not negative (clients give negative offsets meanings of their own)."""
    if not isinstance(value, int) and not (isinstance(value, float) and value.is_integer()):
        return None
    return int(value) if 0 <= value < 2**63 else None


def _partitions(name: str, value: Any) -> frozenset[str] | None:
    if name == "kafka_partition":
        number = _whole(value)
        return None if number is None else frozenset({str(number)})
    return frozenset({value}) if isinstance(value, str) else None


def _position(provider: Provider, value: Any) -> str | None:
    if position_column(provider) == "kafka_offset":
        number = _whole(value)
        return None if number is None else str(number)
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _milliseconds(value: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(str(value)).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    # Times before 1970 are negative, which is no time to a client.
    return max(int(moment.timestamp() * 1000), 0)


def _column(name: str, rows: StreamRows, now: str) -> Sequence[Any]:
    if name == "refresh_time":
        return [now] * rows.count
    if name == "shard_id":
        return [rows.partition] * rows.count
    if name == "kafka_partition":
        return [int(rows.partition)] * rows.count
    values = rows.columns.get(name)
    if values is None:  # not asked for
        return [None] * rows.count
    if name in _TIMES:
        return timestamp_texts(values)
    return values
