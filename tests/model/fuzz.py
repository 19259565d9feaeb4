"""Commit records to views of many shapes in any batches, and compare what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.ingest import rows, trapped
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.sources.base import Batch
from streamdialect.storage import batch_relation
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import open_connection

__all__ = ["GROUPED", "SHAPES", "Found", "Laboratory"]

TEXT = "FROM_VARBYTE(kafka_value, 'utf-8')"


def _field(name: str, kind: str) -> str:
    return f"JSON_EXTRACT_PATH_TEXT({TEXT}, '{name}')::{kind}"


_ROW = f"{_field('k', 'VARCHAR(9)')} AS k, {_field('a', 'INT')} AS a, {_field('b', 'DECIMAL(10,2)')} AS b"
# Where a name ends with _where, the view leaves records out.
SHAPES: Mapping[str, str] = {
    "bytes": "SELECT kafka_offset AS o, kafka_value AS v, kafka_key AS k, kafka_headers AS h FROM s.events",
    "text": f"SELECT kafka_offset AS o, {TEXT} AS v FROM s.events",
    "row": f"SELECT kafka_offset AS o, {_ROW} FROM s.events",
    "casts": f"SELECT kafka_offset AS o, {_field('a', 'DOUBLE PRECISION')} AS d, {_field('a', 'VARCHAR(3)')} AS c,"
    f" {_field('t', 'TIMESTAMP')} AS t, {_field('b', 'BOOLEAN')} AS b FROM s.events",
    "document": "SELECT kafka_offset AS o, JSON_PARSE(kafka_value) AS j FROM s.events",
    "path": "SELECT kafka_offset AS o, JSON_PARSE(kafka_value).a::INT AS a, JSON_PARSE(kafka_value).b::VARCHAR AS b"
    " FROM s.events",
    "row_where": f"SELECT kafka_offset AS o, {_ROW} FROM s.events WHERE {_field('b', 'INT')} > 0",
    "document_where": "SELECT kafka_offset AS o, JSON_PARSE(kafka_value) AS j FROM s.events"
    " WHERE CAN_JSON_PARSE(kafka_value)",
}
GROUPED = (
    f"SELECT {_field('k', 'VARCHAR(9)')} AS k, COUNT(*) AS n, COUNT({_field('a', 'INT')}) AS c,"
    f" SUM({_field('a', 'INT')}) AS s, AVG({_field('a', 'INT')}) AS m, MIN({_field('a', 'INT')}) AS low,"
    f" MAX({_field('a', 'INT')}) AS high, SUM({_field('b', 'DECIMAL(10,2)')}) AS t FROM s.events GROUP BY 1"
)
_REGROUP = (
    "SELECT k, COUNT(*), COUNT(a), SUM(a), AVG(a), MIN(a), MAX(a), SUM(b) FROM {} GROUP BY 1 ORDER BY k"
)


@dataclass(frozen=True)
class Found:
    """Hold what a view made of records: its rows, and (offset, code, column, outcome) of those it could not take."""

    rows: list[tuple[Any, ...]]
    bad: list[tuple[Any, ...]]

    def set_aside(self) -> list[int]:
        return [int(position) for position, _, _, outcome in self.bad if outcome == "set aside"]

    def nulled(self) -> list[int]:
        return [int(position) for position, _, _, outcome in self.bad if outcome == "nulled"]


class Laboratory:
    """Be a file with a view of each shape and policy, which batches are committed to without a broker."""

    def __init__(self, folder: Path) -> None:
        self._connection = streamdialect.connect(folder / "fuzz.db", autocommit=True, ingest="off")
        self._connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI '127.0.0.1:1' AUTHENTICATION none")
        views = {f"{name}_{policy}": select for name, select in SHAPES.items() for policy in ("skip", "null")}
        for name, select in {**views, "grouped": GROUPED}.items():
            option = f"WITH (on_error = '{name.rpartition('_')[2]}')" if name in views else ""
            self._connection.execute(f"CREATE MATERIALIZED VIEW {name} {option} AS {select}")
        self._writer = open_connection(str(folder / "fuzz.db"))
        self._writer.pragma("synchronous", "OFF")

    def close(self) -> None:
        self._writer.close()
        self._connection.close()

    def commit(
        self, view: str, records: Sequence[bytes | None], cuts: Sequence[int] = (), block: int = 4096
    ) -> Found:
        """Empty a view, commit records to it in batches, each its own transaction, and give what came of it."""
        catalog = Catalog(self._writer)
        found = catalog.existing_view(view)
        self._writer.execute(f'DELETE FROM "{found.backing_table}"')
        for table in ("errors", "checkpoints", "scans", "refreshes"):
            self._writer.execute(f"DELETE FROM streamdialect_{table} WHERE view_id = ?", (found.id,))
        materializer = Materializer(found, "kafka")
        materializer.rows._block = block
        refresh = Refresh("Manual")
        edges = sorted({0, *(cut for cut in cuts if cut < len(records)), len(records)})
        for start, stop in pairwise(edges):
            materializer.commit(self._writer, [_batch(start, records[start:stop])], refresh)
        order = "k" if view == "grouped" else "o"
        kept = self._connection.execute(f"SELECT * FROM {view} ORDER BY {order}").fetchall()
        bad = self._writer.execute(
            "SELECT CAST(position AS INTEGER), error_code, error_column, outcome FROM streamdialect_errors"
            " WHERE view_id = ? ORDER BY 1",
            (found.id,),
        ).fetchall()
        scanned = self._writer.execute(
            "SELECT sum(scanned_rows), sum(skipped_rows) FROM streamdialect_scans WHERE view_id = ?",
            (found.id,),
        ).get
        result = Found(kept, bad)
        if records:
            assert scanned == (len(records), len(result.set_aside()))
        return result

    def regrouped(self, view: str) -> list[tuple[Any, ...]]:
        """Compute what the grouped view has from the rows of another view."""
        return self._connection.execute(_REGROUP.format(view)).fetchall()


def _batch(first: int, values: Sequence[bytes | None]) -> Batch:
    numbers = list(range(first, first + len(values)))
    columns: dict[str, Sequence[Any]] = {
        "kafka_value": list(values),
        "kafka_offset": numbers,
        "kafka_key": [None if number % 3 else b"key" for number in numbers],
        "kafka_headers": [None] * len(numbers),
        "kafka_timestamp": [number * 1000 for number in numbers],
        "kafka_timestamp_type": ["C"] * len(numbers),
    }
    size = sum(len(value or b"") for value in values)
    start = str(first) if first else None
    return Batch("0", start, str(first + len(values)), columns, len(values), size)


@contextmanager
def without_carray() -> Iterator[None]:
    """Have rows bound one by one, as in builds of apsw that lack carray."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (rows, trapped, batch_relation):
            patch.setattr(module, "CARRAY", False)
        yield
