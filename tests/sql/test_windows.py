"""Window functions against independent computations: Python over each row's frame, and DuckDB."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streamdialect
from streamdialect import Connection

MODERATE = settings(max_examples=60, deadline=None)
# Rows of a partition and a value; their order is their number.
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.none() | st.integers(-(10**6), 10**6)), min_size=1, max_size=14
)
BOUND = st.none() | st.integers(-3, 3)
Row = tuple[int, int | None]


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    opened = streamdialect.connect(compat="redshift", autocommit=True)
    opened.execute("CREATE TABLE t (n INT, p INT, v INT)")
    yield opened
    opened.close()


def fill(connection: Any, rows: Sequence[Row]) -> None:
    connection.execute("DELETE FROM t")
    connection.cursor().executemany(
        "INSERT INTO t VALUES (?, ?, ?)", [(number, *row) for number, row in enumerate(rows)]
    )


def bound(offset: int | None, end: bool) -> str:
    if offset is None:
        return "UNBOUNDED FOLLOWING" if end else "UNBOUNDED PRECEDING"
    if offset == 0:
        return "CURRENT ROW"
    return f"{abs(offset)} {'FOLLOWING' if offset > 0 else 'PRECEDING'}"


def frames(rows: Sequence[Row], start: int | None, end: int | None) -> list[list[int | None]]:
    """Give the values in each row's frame, in order."""
    found = []
    for number, (partition, _) in enumerate(rows):
        inside = [place for place, row in enumerate(rows) if row[0] == partition]
        here = inside.index(number)
        first = 0 if start is None else max(0, here + start)
        last = len(inside) - 1 if end is None else here + end
        found.append([rows[place][1] for place in inside[first : last + 1]] if last >= 0 else [])
    return found


def nth(values: Sequence[Any], place: int) -> Any:
    return values[place] if -len(values) <= place < len(values) else None


def kept(values: Sequence[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def spread(
    values: Sequence[int | None], function: Callable[[list[Fraction]], Any], least: int
) -> float | None:
    known = [Fraction(value) for value in kept(values)]
    return float(function(known)) if len(known) >= least else None


EXPECTED: dict[str, Callable[[list[int | None]], Any]] = {
    "COUNT(*)": len,
    "COUNT(v)": lambda values: len(kept(values)),
    "SUM(v)": lambda values: sum(kept(values)) if kept(values) else None,
    "AVG(v)": lambda values: (
        math.trunc(Fraction(sum(kept(values)), len(kept(values)))) if kept(values) else None
    ),
    "MIN(v)": lambda values: min(kept(values), default=None),
    "MAX(v)": lambda values: max(kept(values), default=None),
    "VAR_POP(v)": lambda values: spread(values, statistics.pvariance, 1),
    "VAR_SAMP(v)": lambda values: spread(values, statistics.variance, 2),
    "FIRST_VALUE(v)": lambda values: nth(values, 0),
    "LAST_VALUE(v)": lambda values: nth(values, -1),
    "NTH_VALUE(v, 2)": lambda values: nth(values, 1),
    "FIRST_VALUE(v IGNORE NULLS)": lambda values: nth(kept(values), 0),
    "LAST_VALUE(v IGNORE NULLS)": lambda values: nth(kept(values), -1),
    "NTH_VALUE(v, 2) IGNORE NULLS": lambda values: nth(kept(values), 1),
    "NTH_VALUE(v, 3) RESPECT NULLS": lambda values: nth(values, 2),
}


@MODERATE
@given(rows=ROWS, start=BOUND, end=BOUND)
def test_frames(connection: Connection, rows: list[Row], start: int | None, end: int | None) -> None:
    fill(connection, rows)
    clause = f"ROWS BETWEEN {bound(start, False)} AND {bound(end, True)}"
    called = ", ".join(f"{name} OVER (PARTITION BY p ORDER BY n {clause})" for name in EXPECTED)
    sql = f"SELECT {called} FROM t ORDER BY n"
    if start is not None and end is not None and start > end:
        with pytest.raises(streamdialect.ProgrammingError, match="after its end"):
            connection.execute(sql)
        return
    found = connection.execute(sql).fetchall()
    for row, values in zip(found, frames(rows, start, end), strict=True):
        for got, (name, expected) in zip(row, EXPECTED.items(), strict=True):
            wanted = expected(values)
            close = isinstance(wanted, float) and math.isclose(got, wanted, rel_tol=1e-14)
            assert close or got == wanted, name


@MODERATE
@given(rows=ROWS, offset=st.integers(0, 4))
def test_lag_and_lead(connection: Connection, rows: list[Row], offset: int) -> None:
    fill(connection, rows)
    over = "OVER (PARTITION BY p ORDER BY n)"
    found = connection.execute(
        f"SELECT LAG(v, {offset}) {over}, LEAD(v, {offset}) {over}, LAG(v, {offset}) IGNORE NULLS {over}, "
        f"LEAD(v, {offset}) IGNORE NULLS {over}, LAG(v) {over}, LEAD(v) {over} FROM t ORDER BY n"
    ).fetchall()
    before, after = frames(rows, None, -1), frames(rows, 1, None)
    for row, first, last, (_, own) in zip(found, before, after, rows, strict=True):
        expected = [own, own, own, own]
        if offset:
            expected = [
                nth(first, -offset),
                nth(last, offset - 1),
                nth(kept(first), -offset),
                nth(kept(last), offset - 1),
            ]
        assert row == (*expected, nth(first, -1), nth(last, 0))


@MODERATE
@given(rows=ROWS, groups=st.integers(1, 5))
def test_ranking(connection: Connection, rows: list[Row], groups: int) -> None:
    fill(connection, rows)
    over = "OVER (PARTITION BY p ORDER BY v DESC)"
    found = connection.execute(
        f"SELECT RANK() {over}, DENSE_RANK() {over}, PERCENT_RANK() {over}, CUME_DIST() {over}, "
        f"NTILE({groups}) OVER (PARTITION BY p ORDER BY v, n), ROW_NUMBER() OVER (PARTITION BY p ORDER BY v, n) "
        "FROM t ORDER BY n"
    ).fetchall()
    for number, (partition, value) in enumerate(rows):
        # NULL is the greatest value.
        place = [math.inf if v is None else v for p, v in rows if p == partition]
        own = math.inf if value is None else value
        greater = sum(other > own for other in place)
        dense = len({other for other in place if other > own}) + 1
        upto = sum(other >= own for other in place)
        order = sorted((math.inf if v is None else v, n) for n, (p, v) in enumerate(rows) if p == partition)
        row_number = order.index((own, number)) + 1
        size, larger = divmod(len(place), groups)
        big = larger * (size + 1)
        tile = (
            (row_number - 1) // (size + 1) + 1
            if row_number <= big
            else larger + (row_number - big - 1) // max(1, size) + 1
        )
        assert found[number] == (
            greater + 1,
            dense,
            pytest.approx(greater / (len(place) - 1) if len(place) > 1 else 0),
            pytest.approx(upto / len(place)),
            tile,
            row_number,
        )


@MODERATE
@given(rows=ROWS)
def test_whole_partitions(connection: Connection, rows: list[Row]) -> None:
    fill(connection, rows)
    over = "OVER (PARTITION BY p)"
    found = connection.execute(
        f"SELECT MEDIAN(v) {over}, PERCENTILE_DISC(0.3) WITHIN GROUP (ORDER BY v DESC) {over}, "
        f"LISTAGG(v, ',') WITHIN GROUP (ORDER BY n DESC) {over}, "
        f"LISTAGG(DISTINCT v, ',') WITHIN GROUP (ORDER BY n) {over} FROM t ORDER BY n"
    ).fetchall()
    for row, values in zip(found, frames(rows, None, None), strict=True):
        known = kept(values)
        if not known:
            assert row == (None, None, None, None)
            continue
        assert Fraction(row[0]) == statistics.median(map(Fraction, known))
        assert row[1] == sorted(known, reverse=True)[math.ceil(Fraction(3, 10) * len(known)) - 1]
        assert row[2] == ",".join(map(str, reversed(known)))
        assert row[3] == ",".join(map(str, dict.fromkeys(known)))


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, start=st.integers(-3, 0), end=st.integers(0, 3))
def test_as_duckdb(connection: Connection, rows: list[Row], start: int, end: int) -> None:

    other = duckdb.connect()
    other.execute("CREATE TABLE t (n INT, p INT, v INT)")
    fill(connection, rows)
    fill(other, rows)
    partition = "PARTITION BY p ORDER BY n"
    frame = f"{partition} ROWS BETWEEN {bound(start, False)} AND {bound(end, True)}"
    called = [
        f"{name}(v) OVER ({frame})" for name in ("SUM", "MIN", "MAX", "COUNT", "STDDEV_SAMP", "VAR_POP")
    ]
    called += [f"{name}(v IGNORE NULLS) OVER ({frame})" for name in ("FIRST_VALUE", "LAST_VALUE")]
    called += [f"{name} OVER ({partition})" for name in ("LAG(v, 2)", "LEAD(v)", "RANK()", "NTILE(3)")]
    sql = f"SELECT {', '.join(called)} FROM t ORDER BY n"
    for ours, theirs in zip(connection.execute(sql).fetchall(), other.execute(sql).fetchall(), strict=True):
        for mine, other_one in zip(ours, theirs, strict=True):
            assert mine == (None if other_one is None else pytest.approx(other_one, rel=1e-9, abs=1e-9))
    other.close()


def _frames(connection: Connection, sql: str) -> list[Any]:
    return [row[0] for row in connection.execute(sql).fetchall()]


def test_range_frames_are_sqlite_s(tmp_path: Path) -> None:
    """Redshift has ROWS only; the default profile has SQLite's RANGE, exact for DECIMAL too."""
    with streamdialect.connect(tmp_path / "range.db", ingest="off") as connection:
        connection.execute("CREATE TABLE r (i INTEGER, f FLOAT, d DECIMAL(9,1), t VARCHAR(5), n NUMERIC)")
        for number in range(1, 11):
            row = (number, number + 0.5, f"{number / 10}", "x", number)
            connection.execute("INSERT INTO r VALUES (?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO r (i) VALUES (NULL)")
        count = "SELECT COUNT(*) OVER (ORDER BY {} RANGE {}) FROM r WHERE i IS NOT NULL ORDER BY i"
        frame = "BETWEEN CURRENT ROW AND 1 FOLLOWING"
        assert _frames(connection, count.format("i", frame)) == [2] * 9 + [1]
        assert _frames(connection, count.format("i DESC", frame)) == [1] + [2] * 9
        assert (
            _frames(connection, count.format("i", "BETWEEN 1.9 PRECEDING AND 0 FOLLOWING")) == [1] + [2] * 9
        )
        assert _frames(connection, count.format("f", "BETWEEN 1.25 PRECEDING AND 1.25 FOLLOWING")) == [
            2,
            *[3] * 8,
            2,
        ]
        # 0.8 - 0.1 is more than 0.7 in binary numbers.
        assert _frames(connection, count.format("d", "0.1 PRECEDING")) == [1] + [2] * 9
        assert _frames(connection, count.format("t", "UNBOUNDED PRECEDING")) == [10] * 10
        assert (
            _frames(connection, count.format("t", "BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")) == [10] * 10
        )
        asked = connection.execute(count.format("i", "BETWEEN ? PRECEDING AND CURRENT ROW"), (2,)).fetchall()
        assert [row[0] for row in asked] == [1, 2] + [3] * 8
        nulls = (
            "SELECT i, COUNT(*) OVER (ORDER BY i RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM r ORDER BY i"
        )
        assert connection.execute(nulls).fetchall()[-1] == (None, 1)
        for key in ("t", "n", "i, f", "d + 1.00000000001"):
            with pytest.raises(
                streamdialect.NotSupportedError, match="a RANGE frame with an offset over anything"
            ):
                connection.execute(count.format(key, "1 PRECEDING"))
        for offset in ("-1", "'1'", "i"):
            with pytest.raises(streamdialect.ProgrammingError, match="must be a constant number"):
                connection.execute(count.format("i", f"{offset} PRECEDING"))
        with pytest.raises(streamdialect.ProgrammingError, match="starts at 1 FOLLOWING"):
            connection.execute(count.format("i", "BETWEEN 1 FOLLOWING AND 1 PRECEDING"))
    connection.close()
    with (
        streamdialect.connect(tmp_path / "range.db", ingest="off", compat="redshift") as strict,
        pytest.raises(streamdialect.NotSupportedError, match="the RANGE clause of window functions"),
    ):
        strict.execute(count.format("i", "UNBOUNDED PRECEDING"))
    strict.close()


def test_no_groups_and_no_exclusion(connection: Connection) -> None:
    for frame in ("GROUPS UNBOUNDED PRECEDING", "ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW"):
        # Before release 30, sqlglot does not read them at all.
        with pytest.raises((streamdialect.NotSupportedError, streamdialect.SQLSyntaxError)):
            connection.execute(f"SELECT SUM(v) OVER (ORDER BY n {frame}) FROM t")


def test_windows_pass_on_what_they_are_given(connection: Connection) -> None:
    """A value of any type comes out of a window as it went in, SUPER with its attributes."""
    over = "OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    cursor = connection.cursor()
    cursor.execute(
        f"SELECT FIRST_VALUE(JSON_PARSE('{{\"a\":1}}') IGNORE NULLS) {over} AS s, LAST_VALUE(v::CHAR(5)) {over} AS c, "
        f"NTH_VALUE(v::DECIMAL(9,3), 1) {over} AS d, FIRST_VALUE('abc'::VARBYTE IGNORE NULLS) {over} AS b "
        "FROM (SELECT 1 AS n, 2 AS v)"
    )
    assert [str(column[1]) for column in cursor.description or ()] == [
        "SUPER",
        "CHAR(5)",
        "DECIMAL(9,3)",
        "VARBYTE(16777216)",
    ]
    row = cursor.fetchone()
    assert row is not None
    assert (row[0], row[3]) == ('{"a":1}', b"abc")
