"""Aggregates against independent computations: Python's statistics and fractions, and DuckDB."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import and_, or_
from typing import Any

import apsw
import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamdialect
from streamdialect import Connection
from streamdialect.sql.ordering import sort_keys
from streamdialect.storage.connection import register_functions

MODERATE = settings(max_examples=60, deadline=None)
INTEGERS = st.lists(st.none() | st.integers(-(2**40), 2**40), max_size=20)
CENTS = st.lists(st.none() | st.integers(-(10**14), 10**14), max_size=20)
DOUBLES = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=64), max_size=12)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    opened = streamdialect.connect(compat="redshift", autocommit=True)
    opened.execute(
        "CREATE TABLE t (n INT, i BIGINT, d DECIMAL(18,2), w DECIMAL(38,2), f DOUBLE PRECISION, s VARCHAR(50))"
    )
    yield opened
    opened.close()


def one(connection: Connection, column: str, values: Sequence[Any], expression: str) -> Any:
    """Put values into a column and compute one expression over them."""
    connection.execute("DELETE FROM t")
    cursor = connection.cursor()
    cursor.executemany(f"INSERT INTO t (n, {column}) VALUES (?, ?)", list(enumerate(values)))
    row = connection.execute(f"SELECT {expression} FROM t").fetchone()
    assert row is not None
    return row if len(row) > 1 else row[0]


def cut(number: Fraction, digits: int) -> Decimal:
    """Cut a fraction after some decimal digits."""
    return Decimal(math.trunc(number * 10**digits)).scaleb(-digits)


def fold(function: Callable[[int, int], int], values: Sequence[int]) -> int | None:
    return reduce(function, values) if values else None


def continuous(values: Sequence[Any], share: Fraction) -> Fraction:
    """Interpolate as ``r_PERCENTILE_CONT`` says."""
    ordered = sorted(Fraction(value) for value in values)
    row = 1 + share * (len(ordered) - 1)
    low, high = math.floor(row), math.ceil(row)
    if low == high:
        return ordered[low - 1]
    return (high - row) * ordered[low - 1] + (row - low) * ordered[high - 1]


@MODERATE
@given(values=INTEGERS)
def test_integers(connection: Connection, values: list[int | None]) -> None:
    known = [value for value in values if value is not None]
    found = one(
        connection,
        "i",
        values,
        "COUNT(*), COUNT(i), COUNT(DISTINCT i), APPROXIMATE COUNT(DISTINCT i), SUM(i), SUM(DISTINCT i), MIN(i), "
        "MAX(i), BIT_AND(i), BIT_OR(DISTINCT i), BOOL_AND(i > 0), BOOL_OR(i > 0), AVG(i)",
    )
    total = sum(known) if known else None
    assert found == (
        len(values),
        len(known),
        len(set(known)),
        len(set(known)),
        total,
        sum(set(known)) if known else None,
        min(known, default=None),
        max(known, default=None),
        fold(and_, known),
        fold(or_, known),
        all(value > 0 for value in known) if known else None,
        any(value > 0 for value in known) if known else None,
        math.trunc(Fraction(total, len(known))) if total is not None else None,
    )


@MODERATE
@given(values=CENTS, column=st.sampled_from("dw"))
def test_decimals_are_exact(connection: Connection, values: list[int | None], column: str) -> None:
    stored = [None if value is None else Decimal(value).scaleb(-2) for value in values]
    known = [Fraction(value) for value in stored if value is not None]
    total, mean = one(connection, column, stored, f"SUM({column}), AVG({column})")
    if not known:
        assert (total, mean) == (None, None)
        return
    assert total == cut(sum(known, Fraction()), 2)
    assert mean == cut(sum(known, Fraction()) / len(known), 2)
    assert total.as_tuple().exponent == mean.as_tuple().exponent == -2


@MODERATE
@given(values=DOUBLES)
def test_spread_of_doubles_is_rounded_once(connection: Connection, values: list[float | None]) -> None:
    known = [Fraction(value) for value in values if value is not None]
    expected: list[float | None] = []
    for spare in (0, 1):
        if len(known) <= spare:
            expected += [None, None]
            continue
        mean = sum(known, Fraction()) / len(known)
        variance = sum((value - mean) ** 2 for value in known) / Fraction(len(known) - spare)
        try:
            expected.append(float(variance))
        except OverflowError:
            with pytest.raises(streamdialect.DataError, match="out of range"):
                one(connection, "f", values, "VAR_POP(f)")
            return
        expected.append(math.sqrt(variance) if variance > 1e-290 else None)
    found = one(connection, "f", values, "VAR_POP(f), STDDEV_POP(f), VAR_SAMP(f), STDDEV(f)")
    for got, wanted in zip(found, expected, strict=True):
        if wanted is not None:
            assert math.isclose(got, wanted, rel_tol=1e-15, abs_tol=0)


def test_deviation_of_tiny_and_huge_numbers(connection: Connection) -> None:
    assert one(connection, "f", [1e-200, 3e-200], "STDDEV_POP(f)") == 1e-200
    assert one(connection, "f", [1e200, 3e200], "STDDEV_POP(f)") == 1e200
    assert one(connection, "f", [1e16, 1e16 + 2], "VAR_POP(f), STDDEV(f)") == (1.0, math.sqrt(2))


@MODERATE
@given(values=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=15), share=st.integers(0, 100))
def test_percentiles(connection: Connection, values: list[int], share: int) -> None:
    exact = Fraction(share, 100)
    written = f"{share / 100:.2f}"
    found = one(
        connection,
        "i",
        values,
        f"PERCENTILE_CONT({written}) WITHIN GROUP (ORDER BY i), PERCENTILE_DISC({written}) WITHIN GROUP (ORDER BY i), "
        f"PERCENTILE_DISC({written}) WITHIN GROUP (ORDER BY i DESC)",
    )
    assert Fraction(found[0]) == continuous(values, exact)
    place = max(1, math.ceil(exact * len(values)))
    assert found[1:] == (sorted(values)[place - 1], sorted(values, reverse=True)[place - 1])
    assert Fraction(one(connection, "i", values, "MEDIAN(i)")) == Fraction(
        statistics.median(map(Fraction, values))
    )
    descending = one(connection, "i", values, f"PERCENTILE_CONT({written}) WITHIN GROUP (ORDER BY i DESC)")
    assert Fraction(descending) == continuous(values, 1 - exact)


@MODERATE
@given(values=st.lists(st.none() | st.text("ab ", max_size=3), max_size=10))
def test_listagg(connection: Connection, values: list[str | None]) -> None:
    kept = [value for value in values if value]
    distinct = list({value.rstrip(" "): value for value in reversed(kept)}.values())[::-1]
    first: dict[str, str] = {}
    for value in kept:
        first.setdefault(value.rstrip(" "), value)
    found = one(connection, "s", values, "LISTAGG(s, '|') WITHIN GROUP (ORDER BY n)")
    assert found == ("|".join(kept) if kept else None)
    found = one(connection, "s", values, "LISTAGG(DISTINCT s, '|') WITHIN GROUP (ORDER BY n)")
    assert found == ("|".join(first.values()) if kept else None)
    assert len(first) == len(distinct)


KEYS = (
    st.none()
    | st.integers(-3, 3)
    | st.sampled_from([1.0, -2.5, 2.0**53 + 2, 2**53 + 1, "a", "a ", "B", "é", b"a", ""])
)
WAYS = st.sampled_from(
    [
        f"{collate}{way} NULLS {nulls}"
        for collate in ("", " COLLATE RTRIM")
        for way in (" ASC", " DESC")
        for nulls in ("FIRST", "LAST")
    ]
)


@MODERATE
@given(rows=st.lists(st.tuples(KEYS, KEYS), max_size=12), ways=st.tuples(WAYS, WAYS))
def test_listagg_sorts_as_sqlite_does(rows: list[tuple[Any, Any]], ways: tuple[str, str]) -> None:
    database = apsw.Connection(":memory:")
    register_functions(database)
    database.execute("CREATE TABLE t (n, a, b)")
    database.executemany("INSERT INTO t VALUES (?, ?, ?)", [(n, a, b) for n, (a, b) in enumerate(rows)])
    terms = [f'"a"{ways[0]}', f'"b"{ways[1]}', '"n" DESC NULLS LAST']
    keys, how = sort_keys(terms)
    sqlite = f"group_concat(n, '|' ORDER BY {', '.join(terms)})"
    own = f"streamdialect_listagg_sorted(CAST(n AS TEXT), '|', 0, '{how}', {', '.join(keys)})"
    row = next(database.execute(f"SELECT {sqlite}, {own} FROM t"))
    database.close()
    assert row[0] == row[1]


@MODERATE
@given(
    values=st.lists(st.none() | st.booleans() | st.integers(-99, 99) | st.text("aB ", max_size=2), max_size=8)
)
def test_extremes_of_super(connection: Connection, values: list[Any]) -> None:
    def place(value: Any) -> tuple[int, Any]:
        if isinstance(value, bool):
            return 0, value
        return (1, value) if isinstance(value, int) else (2, value.rstrip(" "))

    texts = [None if value is None else json.dumps(value) for value in values]
    known = sorted((value for value in values if value is not None), key=place)
    least, most = one(connection, "s", texts, "MIN(JSON_PARSE(s)), MAX(JSON_PARSE(s))")
    if not known:
        assert (least, most) == (None, None)
    else:
        assert place(json.loads(least)) == place(known[0])
        assert place(json.loads(most)) == place(known[-1])


def test_sums_that_no_double_holds(connection: Connection) -> None:
    """The sum is exact as a result, and refused where it would have to be a REAL."""
    values = [Decimal("9999999999999.99"), Decimal("9999999999999.98")]
    for column in "dw":
        assert one(connection, column, values, f"SUM({column})") == Decimal("19999999999999.97")
    big = [Decimal(9 * 10**17)] * 20
    assert one(connection, "w", big, "SUM(w)") == Decimal("18000000000000000000.00")
    found = one(connection, "d", [Decimal(9 * 10**15)] * 20, "SUM(d), AVG(d)")
    assert found == (Decimal("180000000000000000.00"), Decimal("9000000000000000.00"))
    odd = [Decimal("9007199254740.99")] * 1001
    assert one(connection, "d", odd, "SUM(d)") == sum(odd)
    with pytest.raises(streamdialect.DataError, match="more digits"):
        connection.execute("SELECT x FROM (SELECT SUM(d) AS x FROM t)").fetchall()


def test_means_of_integers_whose_sum_overflows(connection: Connection) -> None:
    big = 9 * 10**18
    assert one(connection, "i", [big, big, -3], "AVG(i)") == 6 * 10**18 - 1
    assert one(connection, "i", [-big, -big, 4], "AVG(i)") == -(6 * 10**18) + 2
    found = one(connection, "i", [big, big], "SUM(i) OVER (), AVG(i) OVER ()")
    assert found == (Decimal(2 * big), Decimal(big))
    with pytest.raises(streamdialect.DataError, match="bigint out of range"):
        one(connection, "i", [big, big], "SUM(i)")


def test_an_order_that_differs_in_another_select_is_fine(connection: Connection) -> None:
    one(
        connection,
        "i",
        [1, 2],
        "LISTAGG(i) WITHIN GROUP (ORDER BY n), (SELECT MEDIAN(i) FROM t), MEDIAN(n)",
    )
    with pytest.raises(streamdialect.ProgrammingError, match="must be the same"):
        one(connection, "i", [1], "MEDIAN(n), PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY n DESC)")


@pytest.mark.parametrize(
    "expression",
    [
        "STDDEV(s)",
        "AVG(s)",
        "SUM(n = 1)",
        "BIT_AND(f)",
        "BOOL_OR(s)",
        "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY s)",
    ],
)
def test_types_that_do_not_fit(connection: Connection, expression: str) -> None:
    with pytest.raises(streamdialect.ProgrammingError, match="does not exist"):
        connection.execute(f"SELECT {expression} FROM t")


def test_parameters(connection: Connection) -> None:
    """SQLAlchemy binds the share of a percentile and the delimiter of a list."""
    one(connection, "i", [1, 2, 4], "1")
    sql = (
        "SELECT PERCENTILE_CONT(?) WITHIN GROUP (ORDER BY i), LISTAGG(i, ?) WITHIN GROUP (ORDER BY i) FROM t"
    )
    assert connection.execute(sql, (0.25, "/")).fetchall() == [(Decimal("1.50"), "1/2/4")]


def test_wrong_values_are_data_errors(connection: Connection) -> None:
    connection.execute("DELETE FROM t")
    backend: Any = connection._backend  # the driver itself would refuse the value
    backend.session.execute("INSERT INTO t (n, i) VALUES (1, 1), (2, 'x')", ())
    for expression in ("STDDEV(i)", "MEDIAN(i)", "BIT_OR(i)", "SUM(JSON_PARSE('[]'))"):
        with pytest.raises(streamdialect.DataError):
            connection.execute(f"SELECT {expression} FROM t").fetchall()


@settings(max_examples=15, deadline=None)
@given(values=st.lists(st.integers(-1000, 1000), min_size=2, max_size=20))
def test_as_duckdb(connection: Connection, values: list[int]) -> None:

    one(connection, "f", [value / 4 for value in values], "1")
    other = duckdb.connect()
    other.execute("CREATE TABLE t (f DOUBLE)")
    other.executemany("INSERT INTO t VALUES (?)", [[value / 4] for value in values])
    names = [
        "SUM",
        "AVG",
        "STDDEV_SAMP",
        "STDDEV_POP",
        "VAR_SAMP",
        "VAR_POP",
        "MEDIAN",
        "MIN",
        "MAX",
        "COUNT",
    ]
    same = ", ".join(f"{name}(f)" for name in names)
    ours = connection.execute(f"SELECT {same} FROM t").fetchone()
    theirs = other.execute(f"SELECT {same} FROM t").fetchone()
    assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)
    for share in (0, 0.1, 0.25, 0.5, 0.9, 1):
        within = "WITHIN GROUP (ORDER BY f)"
        sql = f"SELECT PERCENTILE_CONT({share}) {within}, PERCENTILE_DISC({share}) {within} FROM t"
        assert connection.execute(sql).fetchone() == pytest.approx(other.execute(sql).fetchone())
    other.close()
