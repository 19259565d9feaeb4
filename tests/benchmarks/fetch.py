"""How long results take to fetch, beside apsw alone: ``python -m tests.benchmarks.fetch [rows]``.

Each way reads the same typed columns of a file once for warming up, and then in turn several times; the best CPU time
of each counts, since other work on the machine only adds to it.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import apsw

import streamdialect

COLUMNS = "id BIGINT, v DOUBLE PRECISION, s VARCHAR(40), at TIMESTAMP, n DECIMAL(12,2), b BOOLEAN"
# Texts that are all different and numbers that are no round ones, from the number of the row alone.
FILL = """
WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n + 1 < ?)
INSERT INTO t SELECT n * 7919, n * 0.7310585786300049, printf('device-%08d', n),
    strftime('%Y-%m-%d %H:%M:%f', 1767225600 + n * 1.234, 'unixepoch') || '457',
    (n * 31 % 99999999) / 100.0, n % 2 FROM i
"""
QUERIES = {
    "bigint, double, varchar": "SELECT id, v, s FROM t",
    "bigint, double, varchar, timestamp, boolean": "SELECT id, v, s, at, b FROM t",
    "bigint, double, varchar, timestamp, decimal": "SELECT id, v, s, at, n FROM t",
}
ROUNDS = 3


def fetch_many(source: Any, query: str) -> None:
    """Read a result in the parts that programs take."""
    cursor = source.execute(query)
    while cursor.fetchmany(1000):
        pass


def to_polars(source: Any, query: str) -> None:
    """Read a result as polars does from a connection."""
    import polars

    polars.read_database(query, source)


def to_polars_by_arrow(source: Any, query: str) -> None:
    """Read a result as polars does from Arrow."""
    import polars

    polars.from_arrow(source.execute(query).fetch_arrow_table())


def to_pandas(source: Any, query: str) -> None:
    """Read a result as pandas does from a connection."""
    import pandas

    pandas.read_sql(query, source)


OURS: dict[str, Callable[[Any, str], Any]] = {
    "fetchall": lambda source, query: source.execute(query).fetchall(),
    "fetchmany(1000)": fetch_many,
    "fetch_arrow_table": lambda source, query: source.execute(query).fetch_arrow_table(),
    "polars.from_arrow": to_polars_by_arrow,
    "polars.read_database": to_polars,
    "pandas.read_sql": to_pandas,
}


def measured(calls: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Give the best CPU seconds of each call, the calls taking turns."""
    best = dict.fromkeys(calls, float("inf"))
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            gc.collect()
            began = time.process_time()
            call()
            if turn:
                best[name] = min(best[name], time.process_time() - began)
    return best


def compared(rows: int, ways: Iterable[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Give the title of each query, and the CPU seconds of apsw's fetchall and of these ways to fetch it."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "rows.db")
        plain = apsw.Connection(path)
        plain.pragma("journal_mode", "wal")
        plain.execute(f"CREATE TABLE t ({COLUMNS})")
        plain.execute(FILL, (rows,))
        ours = streamdialect.connect(path, ingest="off")
        for title, query in QUERIES.items():
            calls = {"apsw fetchall": partial(OURS["fetchall"], plain, query)}
            calls |= {name: partial(OURS[name], ours, query) for name in ways}
            yield title, measured(calls)
        ours.close()
        plain.close()


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings("ignore", "pandas only supports SQLAlchemy", UserWarning)
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for title, seconds in compared(rows, OURS):
        print(f"{rows:,} rows of {title}")
        print(f"{'':24}{'CPU s':>8}{'x apsw':>8}{'x fetchall':>12}")
        for name, taken in seconds.items():
            apsw_ratio, own_ratio = taken / seconds["apsw fetchall"], taken / seconds["fetchall"]
            print(f"{name:24}{taken:8.2f}{apsw_ratio:8.2f}{own_ratio:12.2f}")


if __name__ == "__main__":
    main()
