"""Results as Arrow: types, values equal to fetchall's, bounded batches, and errors that name the value."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pytest

import streamdialect
from streamdialect import Connection


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    yield opened
    opened.close()


TYPES: list[tuple[str, Any, list[Any]]] = [
    ("SMALLINT", pa.int16(), [-32768, 32767]),
    ("INTEGER", pa.int32(), [-(2**31), 5]),
    ("BIGINT", pa.int64(), [2**63 - 1, -(2**63)]),
    ("REAL", pa.float32(), [1.5, -2.0]),
    ("DOUBLE PRECISION", pa.float64(), [0.1, 1e300]),
    ("DECIMAL(9,2)", pa.decimal128(9, 2), [Decimal("1.10"), Decimal("-1234567.89"), Decimal("5.00")]),
    ("DECIMAL(18,0)", pa.decimal128(18, 0), [Decimal(10**17), Decimal(-3)]),
    ("DECIMAL(38,20)", pa.decimal128(38, 20), [Decimal("0.00000000000000000001"), Decimal("2.5")]),
    ("VARCHAR(20)", pa.string(), ["grün", ""]),
    ("CHAR(3)", pa.string(), ["abc", "d"]),
    ("BOOLEAN", pa.bool_(), [True, False]),
    ("DATE", pa.date32(), [streamdialect.Date(1, 1, 1), streamdialect.Date(9999, 12, 31)]),
    ("TIME", pa.time64("us"), [streamdialect.Time(23, 59, 59, 999_999), streamdialect.Time(0, 0)]),
    (
        "TIMESTAMP",
        pa.timestamp("us"),
        [streamdialect.Timestamp(1, 1, 1), streamdialect.Timestamp(9999, 12, 31, 23, 59, 59, 999_999)],
    ),
    (
        "TIMESTAMPTZ",
        pa.timestamp("us", tz="UTC"),
        [streamdialect.Timestamp.fromisoformat("2026-01-02T03:04:05.000006+00:00")],
    ),
    ("VARBYTE", pa.binary(), [b"", b"\0\xff"]),
    ("INTERVAL DAY TO SECOND", pa.duration("us"), [timedelta(days=-3, microseconds=7)]),
]


@pytest.mark.parametrize(("declared", "expected", "values"), TYPES, ids=[each[0] for each in TYPES])
def test_types_and_values(connection: Connection, declared: str, expected: Any, values: list[Any]) -> None:
    connection.execute(f"CREATE TABLE t (n INTEGER PRIMARY KEY, x {declared})")
    for value in [*values, None]:
        connection.execute("INSERT INTO t (x) VALUES (?)", (value,))
    table = connection.execute("SELECT x FROM t ORDER BY n").fetch_arrow_table()
    assert table.schema == pa.schema([("x", expected)])
    assert table.column("x").to_pylist() == [*values, None]
    fetched = connection.execute("SELECT x FROM t ORDER BY n").fetchall()
    assert [row[0] for row in fetched] == [*values, None]
    table.validate(full=True)
    empty = connection.execute("SELECT x FROM t WHERE n < 0").fetch_arrow_table()
    assert (empty.schema, empty.num_rows) == (table.schema, 0)
    nulls = connection.execute("SELECT x FROM t WHERE x IS NULL").fetch_arrow_table()
    assert (nulls.schema, nulls.column("x").to_pylist()) == (table.schema, [None])


def test_types_without_a_python_type_of_their_own(connection: Connection) -> None:
    table = connection.execute(
        "SELECT JSON_PARSE('{\"a\":[1,2]}') AS super, '10:00:00+02'::TIMETZ AS clock,"
        " INTERVAL '1-2' YEAR TO MONTH AS months"
    ).fetch_arrow_table()
    assert table.schema.types == [pa.string(), pa.time64("us"), pa.string()]
    assert table.to_pylist() == [
        {"super": '{"a":[1,2]}', "clock": streamdialect.Time(8, 0), "months": "1 year 2 mons"}
    ]


def test_a_column_of_unknown_type_has_that_of_its_values(connection: Connection) -> None:
    cursor = connection.execute("SELECT NULL AS a, ? AS b", ("text",))
    assert cursor.fetch_arrow_table().schema.types == [pa.null(), pa.string()]
    assert connection.execute("PRAGMA page_size").fetch_arrow_table().to_pylist() == [{"page_size": 16384}]


def test_batches_are_bounded_and_wait(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INTEGER, n DECIMAL(12,2))")
    connection.cursor().executemany(
        "INSERT INTO t VALUES (?, ?)", ((each, each / 4) for each in range(130_001))
    )
    query = "SELECT a, n FROM t ORDER BY a"
    cursor = connection.execute(query)
    assert cursor.fetchone() == (0, Decimal("0.00"))
    reader = cursor.fetch_record_batch()
    sizes, first = [], 1
    for batch in reader:
        sizes.append(batch.num_rows)
        assert batch.column(0)[0].as_py() == first
        first += batch.num_rows
    assert sizes == [64_000, 64_000, 2_000]
    assert cursor.fetchone() is None
    table = connection.execute(query).fetch_arrow_table()
    assert (
        list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        == connection.execute(query).fetchall()
    )
    reader = cursor.execute(query).fetch_record_batch()
    assert reader.read_next_batch().num_rows == 64_000
    cursor.execute("SELECT 1")
    with pytest.raises(streamdialect.ProgrammingError, match="another statement"):
        reader.read_next_batch()
    assert cursor.fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("declared", "value", "wrong"),
    [
        ("INTEGER", "9999999999", "9999999999"),
        ("SMALLINT", "1.5", "1.5"),
        ("BIGINT", "'x'", "'x'"),
        ("VARCHAR(9)", "x'FF'", r"b'\xff'"),
        ("VARCHAR(9)", "x'6162'", "b'ab'"),
        ("VARBYTE", "'ab'", "'ab'"),
        ("FLOAT4", "1e300", "1e+300"),
        ("TIME", "'10:00:00+02:00'", "offset"),
        ("DATE", "'2026-02-30'", "'2026-02-30'"),
        ("TIMESTAMP", "'2026-02-30 00:00:00.000000'", "'2026-02-30 00:00:00.000000'"),
        ("TIMESTAMP", "'2026-02-20 00:00:00+02:00'", "offset"),
        ("DECIMAL(4,2)", "12345.67", "12345.67, which is not of its type: it is beyond DECIMAL(4,2)"),
        ("DECIMAL(4,2)", "'abc'", "'abc'"),
        ("BOOLEAN", "'maybe'", "'maybe'"),
        ("BOOLEAN", "0.5", "0.5"),
    ],
)
def test_a_value_that_does_not_fit(
    connection: Connection, database: Path, declared: str, value: str, wrong: str
) -> None:
    with sqlite3.connect(database) as plain:  # the driver itself would refuse the value
        plain.execute(f"CREATE TABLE t (n INTEGER, x {declared})")
        plain.execute(f"INSERT INTO t VALUES (1, NULL), (2, {value})")
    plain.close()
    cursor = connection.execute("SELECT n, x FROM t")
    for _ in range(2):  # what is missing is not forgotten
        with pytest.raises(streamdialect.DataError, match="column 2 holds") as caught:
            cursor.fetch_arrow_table()
        assert wrong in str(caught.value)
    connection.execute("DROP TABLE t")  # the statement is closed


def test_text_and_bytes_of_unknown_type(connection: Connection, database: Path) -> None:
    with sqlite3.connect(database) as plain:
        plain.execute("CREATE TABLE t (x)")
        plain.execute("INSERT INTO t VALUES ('a'), (x'62')")
    plain.close()
    for order in ("ASC", "DESC"):
        cursor = connection.execute(f"SELECT x FROM t ORDER BY x {order}")
        with pytest.raises(streamdialect.DataError, match="column 1 holds values of several types"):
            cursor.fetch_arrow_table()


def test_infinity_is_one(connection: Connection, database: Path) -> None:
    with sqlite3.connect(database) as plain:
        plain.execute("CREATE TABLE t (x FLOAT4)")
        plain.execute("INSERT INTO t VALUES (9e999), (-9e999), (NULL), (1.5)")
    plain.close()
    table = connection.execute("SELECT x FROM t").fetch_arrow_table()
    assert table.column(0).to_pylist() == [float("inf"), float("-inf"), None, 1.5]


def test_batches_of_long_texts_are_shorter(connection: Connection, database: Path) -> None:
    with sqlite3.connect(database) as plain:  # what 64,000 of these have, an array cannot hold
        plain.execute("CREATE TABLE t (n INTEGER, x SUPER TEXT)")
        plain.executemany(
            "INSERT INTO t VALUES (?, ?)", ((n, '"' + 150_000 * "a" + '"') for n in range(1100))
        )
    plain.close()
    reader = connection.execute("SELECT n, x FROM t").fetch_record_batch()
    batches = [(batch.num_rows, batch.column(0)[0].as_py()) for batch in reader]
    assert batches == [(500, 0), (500, 500), (100, 1000)]


def test_forms_that_other_programs_write(connection: Connection, database: Path) -> None:
    with sqlite3.connect(database) as plain:
        plain.execute("CREATE TABLE t (ts TIMESTAMP, tz TIMESTAMPTZ, n DECIMAL(9,2), d DATE)")
        plain.execute(
            "INSERT INTO t VALUES ('2026-01-02', '2026-01-02 10:00:00+02:00', 1, '2026-01-02 10:00:00')"
        )
        plain.execute(
            "INSERT INTO t VALUES ('2026-01-02 03:04:05', '2026-01-02T10:00:00', 0.125, '2026-01-02')"
        )
        plain.execute("INSERT INTO t VALUES ('2026-01-02 03:04:05.000006', NULL, 1234567.89, NULL)")
    plain.close()
    table = connection.execute("SELECT * FROM t").fetch_arrow_table()
    fetched = connection.execute("SELECT * FROM t").fetchall()
    assert [tuple(row.values()) for row in table.to_pylist()] == fetched
    assert fetched[1][2] == Decimal("0.13")


def test_decimals_of_38_digits(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (n DECIMAL(18,2))")
    connection.execute("INSERT INTO t VALUES (1), (100)")
    query = "SELECT n * 12345678901.23456789 AS product FROM t"
    table = connection.execute(query).fetch_arrow_table()
    assert [(value,) for value in table.column(0).to_pylist()] == connection.execute(query).fetchall()


def test_libraries_take_a_cursor_as_a_stream(connection: Connection) -> None:
    query = "SELECT 1.50 AS n, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at, 'a' AS s"
    assert pa.table(connection.execute(query)).num_rows == 1
    frame = polars.from_arrow(connection.execute(query).fetch_arrow_table())
    assert isinstance(frame, polars.DataFrame)
    assert frame.schema["n"] == polars.Decimal(3, 2)
    assert frame.schema["at"] == polars.Datetime("us", "UTC")
    assert frame.rows()[0][0] == Decimal("1.50")


def test_without_pyarrow(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    cursor = connection.execute("SELECT 1")
    with pytest.raises(streamdialect.InterfaceError, match=r"streamdialect\[arrow\]"):
        cursor.fetch_arrow_table()
    assert connection.execute("SELECT 1").fetchall() == [(1,)]
