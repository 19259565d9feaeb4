"""Values on their way into the file and out of it."""

from __future__ import annotations

import enum
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import Connection
from streamdialect.conversions import to_sqlite


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    yield opened
    opened.close()


class _Number(enum.IntEnum):
    THREE = 3


class _Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("DECIMAL(18,6)", "123456789012.100000"),
        ("DECIMAL(20,4)", "123456789012345.6700"),
        ("DECIMAL(38,10)", "12345678.1000000000"),
        ("DECIMAL(38,2)", "-9223372036854775808.00"),
        ("DECIMAL(38,30)", "0.100000000000000000000000000000"),
    ],
)
def test_decimals_come_back_without_invented_digits(
    connection: Connection, declared: str, value: str
) -> None:
    connection.execute(f"CREATE TABLE t (n {declared})")
    connection.execute("INSERT INTO t VALUES (?)", (Decimal(value),))
    ((found,),) = connection.execute("SELECT n FROM t").fetchall()
    assert str(found) == value
    assert connection.execute(f"SELECT '{value}'::{declared}").fetchall() == [(Decimal(value),)]


@pytest.mark.parametrize("value", ["12345678901234.1234", "1e400", "NaN", "Infinity", "9223372036854775809"])
def test_decimals_that_would_not_come_back_are_refused(value: str) -> None:
    with pytest.raises(streamdialect.DataError):
        to_sqlite(Decimal(value))


def test_subclasses_are_stored_as_their_value() -> None:
    for value, stored in ((_Number.THREE, 3), (_Text("x"), "x"), (True, 1), (bytearray(b"x"), b"x")):
        found = to_sqlite(value)
        assert (type(found), found) == (type(stored), stored)


def test_numpy_scalars() -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    cases: list[tuple[Any, Any]] = [
        (numpy.int64(5), 5),
        (numpy.float32(1.5), 1.5),
        (numpy.float64(1.5), 1.5),
        (numpy.bool_(True), 1),
        (numpy.str_("x"), "x"),
        (numpy.bytes_(b"x"), b"x"),
        (numpy.datetime64("2024-01-02"), "2024-01-02"),
        (numpy.datetime64("2024-01-02T03:04:05.000000006", "ns"), "2024-01-02 03:04:05.000000"),
        (numpy.datetime64("NaT", "ns"), None),
        (pandas.NaT, None),
        (pandas.Timestamp("2024-01-02"), "2024-01-02 00:00:00.000000"),
    ]
    for value, stored in cases:
        found = to_sqlite(value)
        assert (type(found), found) == (type(stored), stored)
    for refused in (numpy.timedelta64(1, "ns"), numpy.array([1]), numpy.complex64(1)):
        with pytest.raises(streamdialect.InterfaceError, match="numpy"):
            to_sqlite(refused)


def test_other_types_are_refused_by_name() -> None:
    with pytest.raises(streamdialect.InterfaceError, match=r"uuid\.UUID"):
        to_sqlite(uuid.uuid4())
    assert to_sqlite(timedelta(1)) == 86_400_000_000


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, "a\ud800", datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))],
    ids=["large", "small", "surrogate", "ancient"],
)
def test_values_that_the_file_cannot_hold(connection: Connection, value: Any) -> None:
    with pytest.raises(streamdialect.DataError):
        connection.execute("SELECT ?", (value,))


def test_wrong_parameters_raise_our_errors(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a INT)")
    for text in ("INSERT INTO t VALUES (:a)", "SELECT :a"):
        with pytest.raises(streamdialect.InterfaceError, match=":a"):
            connection.execute(text, {"b": 1})
    with pytest.raises(streamdialect.InterfaceError, match=":a"):
        connection.cursor().executemany("INSERT INTO t VALUES (:a)", [{"a": 1}, {"b": 1}])
    wrong: list[Any] = [None, 5, {1}, "x", b"x"]
    for parameters in wrong:
        with pytest.raises(streamdialect.InterfaceError, match="sequence or a mapping"):
            connection.execute("INSERT INTO t VALUES (?)", parameters)
    with pytest.raises(streamdialect.InterfaceError, match="iterable of parameters, not NoneType"):
        connection.cursor().executemany("INSERT INTO t VALUES (?)", None)  # type: ignore[arg-type]
    with pytest.raises(streamdialect.ProgrammingError, match="surrogate"):
        connection.execute("SELECT '\ud800'")


def test_text_with_an_offset_is_converted_to_utc(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (x TIMESTAMPTZ)")
    connection.execute("INSERT INTO t VALUES ('2024-01-01 10:00:00+02:00')")
    assert connection.execute("SELECT x FROM t").fetchall() == [
        (datetime(2024, 1, 1, 8, tzinfo=timezone.utc),)
    ]


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("DECIMAL(9,2)", "'abc'"),
        ("DECIMAL(9,2)", "9e999"),
        ("DECIMAL(9,2)", "x'00'"),
        ("DATE", "'bad'"),
        ("TIMESTAMP", "x'00'"),
        ("TIMESTAMPTZ", "5.5"),
        ("TIME", "5"),
        ("BOOLEAN", "'maybe'"),
    ],
)
def test_a_value_that_is_not_of_its_type(
    connection: Connection, database: Path, declared: str, value: str
) -> None:
    with sqlite3.connect(database) as plain:  # the driver itself would refuse the value
        plain.execute(f"CREATE TABLE t (x {declared})")
        plain.execute(f"INSERT INTO t VALUES ({value})")
    plain.close()
    with pytest.raises(streamdialect.DataError, match="column 1"):
        connection.execute("SELECT x FROM t").fetchall()


def test_a_cursor_that_failed_does_not_report_the_end(connection: Connection, database: Path) -> None:
    with sqlite3.connect(database) as plain:
        plain.execute("CREATE TABLE t (x DATE)")
        plain.execute("INSERT INTO t VALUES ('2024-01-01'), ('bad'), ('2024-01-03')")
    plain.close()
    cursor = connection.execute("SELECT x FROM t")
    assert cursor.fetchone() == (date(2024, 1, 1),)
    for fetch in (cursor.fetchone, cursor.fetchone, cursor.fetchall, cursor.fetchmany, lambda: list(cursor)):
        with pytest.raises(streamdialect.DataError, match="bad"):
            fetch()
    connection.execute("DROP TABLE t")  # the statement is closed
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_decimals_of_a_view_are_no_text(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (n DECIMAL(18,2))")
    connection.execute("INSERT INTO t VALUES (1), (100)")
    connection.execute(
        "CREATE VIEW v AS SELECT n * 12345678901.23456789 AS q, n * 1234567890.12 AS p FROM t WITH NO SCHEMA BINDING"
    )
    assert connection.execute("SELECT p FROM v WHERE p > 2000000000").fetchall() == [
        (Decimal("123456789012.0000"),)
    ]
    with pytest.raises(streamdialect.DataError, match="more digits"):
        connection.execute("SELECT q FROM v WHERE q > 1").fetchall()
    assert connection.execute("SELECT n * 12345678901.23456789 FROM t WHERE n > 1").fetchall() == [
        (Decimal("1234567890123.4567890000"),)
    ]


@pytest.mark.parametrize("expression", ["? + 0", "? > 0", "? - 1.5"])
def test_an_interval_is_no_number(connection: Connection, expression: str) -> None:
    # Such a query is compiled once more with literals instead of parameters.
    with pytest.raises(streamdialect.Error, match="interval day to second"):
        connection.execute(f"SELECT {expression}", (timedelta(days=1),))


def test_a_truth_value_is_no_number(connection: Connection) -> None:
    with pytest.raises(streamdialect.ProgrammingError, match="boolean"):
        connection.execute("SELECT ? + 0", (True,))
