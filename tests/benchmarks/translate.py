"""How long a translation takes, and what a cached one costs: ``python -m tests.benchmarks.translate``.

A query of ten clauses, the first time and again, beside the same SQLite statement run by apsw alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import streamdialect
from streamdialect.dbapi.local import LocalBackend
from streamdialect.sql import Settings, compile_query
from streamdialect.storage.relations import FileRelations

QUERY = """
WITH recent AS (SELECT dev, at, n, payload FROM events WHERE at >= DATEADD(day, -7, TIMESTAMP '2026-11-22'))
SELECT DATE_TRUNC('hour', r.at) AS hour, d.name, COUNT(*) AS readings, AVG(r.n::DECIMAL(10,2)) AS mean,
       SUM(CASE WHEN r.payload.state = 'on' THEN 1 ELSE 0 END) AS switched
FROM recent r
JOIN devices d ON d.dev = r.dev
WHERE r.n BETWEEN 0 AND 100 AND d.name LIKE 'a%'
GROUP BY 1, d.name
HAVING COUNT(*) > 1
QUALIFY ROW_NUMBER() OVER (PARTITION BY d.name ORDER BY readings DESC) <= 3
ORDER BY hour DESC, d.name
LIMIT 10 OFFSET 0
"""


def seconds(call: Callable[[], object], repeat: int) -> float:
    """Give the median time of a call."""
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def figures() -> tuple[float, float, float]:
    """Give the seconds of a translation, of an execute that has it cached, and of apsw alone."""
    connection = streamdialect.connect()
    connection.execute("CREATE TABLE events (dev INTEGER, at TIMESTAMP, n DOUBLE PRECISION, payload SUPER)")
    connection.execute("CREATE TABLE devices (dev INTEGER, name VARCHAR(40))")
    connection.commit()
    backend = connection._backend
    assert isinstance(backend, LocalBackend)
    relations, settings = FileRelations(backend.session._connection), Settings()
    first = seconds(lambda: compile_query(QUERY, relations, settings), 50)
    sql = compile_query(QUERY, relations, settings).sql
    again = seconds(lambda: connection.execute(QUERY).fetchall(), 500)
    backend.session._connection.authorizer = None
    plain = seconds(lambda: backend.session._connection.execute(sql).fetchall(), 500)
    connection.close()
    return first, again, plain


def main() -> None:
    """Measure and print."""
    first, again, plain = figures()
    print(f"translation of a ten-clause query:        {first * 1e6:8.0f} us")
    print(f"the whole execute with it cached:         {again * 1e6:8.0f} us")
    print(f"the same SQLite statement by apsw alone:  {plain * 1e6:8.0f} us")
    print(f"so a cached translation adds:             {(again - plain) * 1e6:8.0f} us")


if __name__ == "__main__":
    main()
