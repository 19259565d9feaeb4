"""What other tools read of a file that a process of its own is filling: Datasette itself, and Grafana's queries."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.servers import AwsServer
from tests.test_docs import TOP, blocks, statements

PAGE = TOP / "docs" / "how-to" / "grafana.md"
QUERIES = [block.text for block in blocks(PAGE) if block.language == "text" and not block.output]
RUN = (sys.executable, "-c", "from streamdialect.cli import main; main()", "run")

# Another process, as another copy of SQLite must be; an old Python's is as good as any.
READ = """
import json, sqlite3, sys
file = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=10)
file.row_factory = sqlite3.Row
found = []
for query in sys.argv[2:]:
    try:
        found.append([dict(row) for row in file.execute(query)])
    except sqlite3.Error as error:
        found.append(str(error))
print(json.dumps(found))
"""

Rows = list[dict[str, Any]]


def read_all(database: Path, *queries: str) -> list[Rows | str]:
    """Give the rows of each query, or its error."""
    command = [sys.executable, "-c", READ, str(database), *queries]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[Rows | str] = json.loads(done.stdout)
    return found


def read(database: Path, query: str) -> Rows:
    (rows,) = read_all(database, query)
    assert isinstance(rows, list), rows
    return rows


class Readings:
    """Be a stream of readings, and the file that another process fills from it."""

    def __init__(self, database: Path, server: AwsServer) -> None:
        self.database = database
        self.sent = 0
        self._client = server.client("kinesis")

    def send(self, count: int) -> None:
        for number in range(count):
            reading = {"sensor": f"s{number % 4}", "temperature": 20 + number / 4}
            self._client.put_record(
                StreamName="readings", Data=json.dumps(reading).encode(), PartitionKey=str(number)
            )
        self.sent += count

    def arrived(self) -> None:
        deadline = time.monotonic() + 60
        for query in ("SELECT count(*) AS n FROM readings", "SELECT sum(records) AS n FROM per_minute"):
            while read(self.database, query) != [{"n": self.sent}]:
                assert time.monotonic() < deadline, "the view does not fill"
                time.sleep(0.1)


@pytest.fixture
def readings(database: Path, kinesis_server: AwsServer) -> Iterator[Readings]:
    found = Readings(database, kinesis_server)
    kinesis_server.client("kinesis").create_stream(StreamName="readings", ShardCount=1)
    connection = streamdialect.connect(database, ingest="off")
    for block in blocks(PAGE):
        for statement in statements(block.text) if block.language == "sql" else ():
            connection.execute(statement)
    connection.commit()
    connection.close()
    with subprocess.Popen([*RUN, str(database)], stdout=subprocess.DEVNULL) as running:
        try:
            found.send(12)
            found.arrived()
            yield found
        finally:
            running.terminate()


# --- Datasette --------------------------------------------------------------------------------------


class Datasette:
    """Be Datasette's server and its JSON."""

    def __init__(self, port: int) -> None:
        self._top = f"http://127.0.0.1:{port}/events"

    def get(self, path: str) -> Any:
        for _ in range(300):
            try:
                with urllib.request.urlopen(self._top + path, timeout=20) as response:
                    return json.load(response)
            except urllib.error.HTTPError:
                raise
            except OSError:  # it does not listen yet
                time.sleep(0.1)
        raise TimeoutError(path)


@pytest.fixture
def datasette(readings: Readings) -> Iterator[Datasette]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "datasette", str(readings.database), "--port", str(port)]
    options = ["--setting", "sql_time_limit_ms", "10000"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            yield Datasette(port)
        finally:
            server.terminate()


def test_datasette_serves_a_view_that_grows(readings: Readings, datasette: Datasette) -> None:
    count = ".json?sql=select+count(*)+from+readings&_shape=arrays"
    assert datasette.get(count)["rows"] == [[12]]
    first = datasette.get("/readings.json?_shape=array&_size=1&sensor=s1")[0]
    assert (first["sensor"], first["temperature"]) == ("s1", 20.25)
    assert json.loads(first["payload"]) == {"sensor": "s1", "temperature": 20.25}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", first["ts"])
    for _ in range(3):
        readings.send(8)
        readings.arrived()
        assert datasette.get(count)["rows"] == [[readings.sent]]
    groups = datasette.get("/readings.json?_shape=objects&_facet=sensor")
    facet = groups["facet_results"]
    found = facet.get("results", facet)["sensor"]["results"]
    assert sorted(each["value"] for each in found) == ["s0", "s1", "s2", "s3"]


def test_datasette_cannot_write(readings: Readings, datasette: Datasette) -> None:
    for statement in ("DELETE FROM mv_tbl__readings__0", "ATTACH ':memory:' AS x"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            datasette.get(f".json?sql={urllib.parse.quote(statement)}")
        raised.value.close()
    assert readings.sent == 12
    readings.arrived()


# --- Grafana ----------------------------------------------------------------------------------------


def expanded(query: str, begin: float, end: float) -> str:
    """Replace variables and the macro, as Grafana and the plugin document it."""

    def group(match: re.Match[str]) -> str:
        column, seconds, *_ = (argument.strip() for argument in match[1].split(","))
        return f"cast(({column} / {seconds}) as int) * {seconds}"

    query = query.replace("$__from", str(int(begin * 1000))).replace("$__to", str(int(end * 1000)))
    query = query.replace("${sensor:singlequote}", "'s0','s1'")
    # Up to the first closing parenthesis, as the plugin reads it.
    return re.sub(r"\$__unixEpochGroupSeconds\(([^)]*)\)", group, query)


def as_time(value: object) -> float:
    """Read a time as the plugin does: seconds, or RFC 3339 text; anything else it shows as nothing."""
    if isinstance(value, int | float):
        return float(value)
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z", str(value))
    assert match, f"{value!r} is not a time to the plugin"
    row = sqlite3.connect(":memory:").execute("SELECT unixepoch(?)", (f"{match[1]} {match[2]}",)).fetchone()
    return float(row[0])


def test_the_queries_of_grafanas_page(readings: Readings) -> None:
    assert len(QUERIES) == 6
    now = time.time()
    asked = [expanded(query, now - 3600, now + 60) for query in QUERIES]
    answers = read_all(readings.database, *asked)
    for query, rows in zip(QUERIES, answers, strict=True):
        assert isinstance(rows, list), f"{rows}: {query}"
        assert rows, query
        if "AS time" not in query:
            assert rows == [{"sensor": f"s{number}"} for number in range(4)]
            continue
        times = [as_time(row["time"]) for row in rows]
        assert times == sorted(times)
        assert all(now - 3600 <= each + 60 and each < now + 60 for each in times)
        if "count(*)" in query or "FROM per_minute" in query:
            assert sum(row["records"] for row in rows) == readings.sent
        elif "metric" in query:
            assert {row["metric"] for row in rows} == {"s0", "s1", "s2", "s3"}
        else:
            assert len(rows) == (6 if "${sensor" in query else 12)
        # The plugin takes a column whose first value is whole for whole numbers.
        assert all(isinstance(row.get("temperature", 0.5), float) for row in rows)
    earlier = [expanded(query, now - 7200, now - 3600) for query in QUERIES if "$__from" in query]
    assert read_all(readings.database, *earlier) == [[]] * 4
    readings.send(4)
    readings.arrived()
    more = read_all(readings.database, asked[0], asked[2])
    assert len(more[0]) == 16
    assert sum(row["records"] for row in more[1] if isinstance(row, dict)) == 16


def test_a_bare_timestamp_is_no_time_to_grafana(readings: Readings) -> None:
    """Why the page converts: remove its advice when this fails."""
    (row,) = read(readings.database, "SELECT ts AS time FROM readings LIMIT 1")
    with pytest.raises(AssertionError, match="is not a time"):
        as_time(row["time"])


# --- any tool: the table of docs/how-to/sqlite-tools.md -----------------------------------------------

TABLE = """
CREATE TABLE t (i INT, d DECIMAL(10,2), f FLOAT8, s VARCHAR(20), ts TIMESTAMP, b BOOLEAN, p SUPER);
INSERT INTO t VALUES
  (1, 2.5, 1.5, 'ab', '2026-01-01 10:20:00', true, JSON_PARSE('{"a": {"b": 1}, "l": [1, "x"]}')),
  (7, -3, -0.5, 'AB', '2026-01-02 00:00:00.5', false, JSON_PARSE('[1]'))
"""
READABLE = """p.a.b; s LIKE 'A%'; s LIKE '_B'; s NOT LIKE '%b'; s LIKE '%!_B' ESCAPE '!'; s ILIKE 'a%'
p.l[0]; d > 2; s = 'ab'; s IN ('ab', 'c'); ts > '2026-01-01 12:00'; CASE WHEN b THEN 1 ELSE 0 END
COALESCE(s, 'x'); NVL(d, 0); ABS(d); GREATEST(i, 2); s || 'x'; LEN(s); LEFT(s, 1); SUBSTRING(s, 1, 1); TRIM(s)
REPLACE(s, 'a', 'b'); DATE_TRUNC('hour', ts); EXTRACT(hour FROM ts); DATEDIFF(minute, ts, '2026-01-03'::TIMESTAMP)
TO_CHAR(ts, 'YYYY-MM-DD'); ts::DATE; i::VARCHAR; COUNT(*); COUNT(DISTINCT s); MIN(s); MAX(ts); SUM(i); AVG(i)
SUM(f); AVG(f); ROW_NUMBER() OVER (ORDER BY i); LAG(d) OVER (ORDER BY i); SUM(i) OVER (ORDER BY i ROWS 1 PRECEDING)"""
OURS = """p.a.b::INT; p.l[1]::VARCHAR; JSON_EXTRACT_PATH_TEXT(s, 'a'); i + 1; f * 2; d * 2; SUM(d); AVG(d)
f::DECIMAL(10,1); ROUND(f, 1); STDDEV_SAMP(f); MEDIAN(f); UPPER(s); LOWER(s); MD5(s); SPLIT_PART(s, 'b', 1)
REGEXP_SUBSTR(s, 'a'); s LIKE s; LISTAGG(s, ','); LISTAGG(s, ',') WITHIN GROUP (ORDER BY i)
DATEADD(minute, 1, ts); ts + INTERVAL '1 hour'"""


def written(expressions: str) -> list[str]:
    return [each.strip() for each in re.split(r"[;\n]", expressions)]


@pytest.fixture
def local(database: Path) -> Iterator[streamdialect.Connection]:
    with contextlib.closing(streamdialect.connect(database, ingest="off")) as connection:
        for statement in statements(TABLE):
            connection.execute(statement)
        connection.commit()
        yield connection


def test_what_a_plain_view_may_use(database: Path, local: streamdialect.Connection) -> None:
    expressions = written(READABLE)
    for number, expression in enumerate(expressions):
        local.execute(f"CREATE VIEW v{number} AS SELECT {expression} AS x FROM t")
    local.commit()
    queries = [f"SELECT x FROM v{number}" for number in range(len(expressions))]
    different = []
    for expression, query, found in zip(expressions, queries, read_all(database, *queries), strict=True):
        ours = [None if value is None else str(value) for (value,) in local.execute(query)]
        theirs = [
            _like(*pair)
            for pair in zip(ours, (row["x"] for row in found if isinstance(row, dict)), strict=True)
        ]
        if ours != theirs:
            different.append((expression, ours, theirs))
    assert different == []


def test_what_only_our_driver_reads(database: Path, local: streamdialect.Connection) -> None:
    expressions = written(OURS)
    for number, expression in enumerate(expressions):
        local.execute(f"CREATE VIEW v{number} AS SELECT {expression} AS x FROM t")
    local.commit()
    queries = [f"SELECT x FROM v{number}" for number in range(len(expressions))]
    for expression, found in zip(expressions, read_all(database, *queries), strict=True):
        assert "no such function" in found, expression
    assert read(database, "SELECT count(*) AS n FROM t") == [{"n": 2}]


def _like(ours: str | None, theirs: Any) -> str | None:
    """Write what SQLite has as our driver's value is written, if it is the same value."""
    if ours is None or theirs is None:
        return None if theirs is None else str(theirs)
    if ours in ("True", "False"):
        return str(bool(theirs))
    if isinstance(theirs, int | float):
        return ours if float(ours) == theirs else str(theirs)
    # A time: SQLite has all six digits of its fraction.
    return ours if str(theirs).removesuffix(".000000") == ours else str(theirs)


def test_a_materialized_view_needs_nothing_of_ours(readings: Readings) -> None:
    definitions = read(
        readings.database, "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY name"
    )
    assert [row["name"] for row in definitions] == ["per_minute", "readings"]
    assert not [row for row in definitions if "streamdialect_" in row["sql"]]
