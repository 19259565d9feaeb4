"""Dates and times agree with Python's calendar over all its years, and with DuckDB where it means the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import apsw
import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streamdialect.errors import DataError, NotSupportedError, ProgrammingError
from streamdialect.scalars import times
from streamdialect.sql import compile_query

RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
STAMPS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))
EDGES = (
    datetime(1, 1, 1),
    datetime(9999, 12, 31, 23, 59, 59, 999999),
    datetime(2000, 2, 29, 12),
    datetime(1900, 2, 28, 23, 59, 59, 999999),
    datetime(1969, 12, 31, 23, 59, 59, 999999),
)
UNITS = {
    "microsecond": timedelta(microseconds=1),
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200, "millennium": 12000}
START = datetime(1, 1, 1)  # a Monday

Run = Callable[..., list[tuple[Any, ...]]]


def stored(stamp: datetime) -> str:
    return stamp.isoformat(" ", "microseconds")


def truncated(stamp: datetime, part: str) -> datetime:
    if part in UNITS:
        return START + (stamp - START) // UNITS[part] * UNITS[part]
    if part in ("month", "quarter"):
        months = stamp.month - 1 if part == "month" else (stamp.month - 1) // 3 * 3
        return datetime(stamp.year, months + 1, 1)
    size = MONTHS[part] // 12
    # Decades begin with a year that ends in 0, centuries and millennia with one that ends in 1.
    year = stamp.year // size * size if part == "decade" else (stamp.year - 1) // size * size + 1
    return datetime(max(year, 1), 1, 1)


def examples(test: Any) -> Any:
    for edge in EDGES:
        test = example(edge)(test)
    return RELAXED(given(STAMPS)(test))


@pytest.mark.parametrize("part", [*UNITS, "month", "quarter", "year", "decade", "century", "millennium"])
def test_truncation(run: Run, part: str) -> None:
    @examples
    def check(stamp: datetime) -> None:
        query = f"SELECT date_trunc('{part}', ?::timestamp)"
        assert run(query, stored(stamp)) == [(stored(truncated(stamp, part)),)]

    check()


@examples
def test_extraction(run: Run, stamp: datetime) -> None:
    iso = stamp.isocalendar()
    expected = {
        "year": stamp.year,
        "month": stamp.month,
        "day": stamp.day,
        "hour": stamp.hour,
        "minute": stamp.minute,
        "second": stamp.second,
        "ms": stamp.microsecond // 1000,
        "us": stamp.microsecond,
        "qtr": (stamp.month + 2) // 3,
        "week": iso[1],
        "isoweek": iso[1],
        "isoyear": iso[0],
        "dow": stamp.isoweekday() % 7,
        "doy": stamp.timetuple().tm_yday,
        "epoch": (stamp - datetime(1970, 1, 1)) // timedelta(seconds=1),
        "decade": stamp.year // 10 + 1,
        "century": (stamp.year + 99) // 100,
        "mil": (stamp.year + 999) // 1000,
    }
    columns = ", ".join(f"extract({part} from d)" for part in expected)
    assert run(f"SELECT {columns} FROM (SELECT ?::timestamp AS d) x", stored(stamp)) == [
        tuple(expected.values())
    ]


@examples
def test_parts_with_a_fraction(run: Run, stamp: datetime) -> None:
    micros = stamp.second * 1_000_000 + stamp.microsecond
    query = "SELECT date_part(s, d), date_part(ms, d), date_part(us, d), date_part('dow', d)"
    assert run(f"{query} FROM (SELECT ?::timestamp AS d) x", stored(stamp)) == [
        (micros / 1e6, micros / 1000, micros, stamp.isoweekday() % 7)
    ]


@pytest.mark.parametrize("part", [*UNITS, *MONTHS])
def test_difference_counts_boundaries(run: Run, part: str) -> None:
    def boundary(stamp: datetime) -> int:
        if part in UNITS:
            return (stamp - START) // UNITS[part]
        if part in ("month", "quarter"):
            return (stamp.year * 12 + stamp.month - 1) // MONTHS[part]
        size = MONTHS[part] // 12
        return stamp.year // size if part in ("year", "decade") else (stamp.year - 1) // size

    @RELAXED
    @given(STAMPS, STAMPS)
    @example(EDGES[4], datetime(1970, 1, 1))
    @example(EDGES[0], EDGES[1])
    def check(start: datetime, end: datetime) -> None:
        query = f"SELECT datediff({part}, ?::timestamp, ?::timestamp)"
        assert run(query, stored(start), stored(end)) == [(boundary(end) - boundary(start),)]

    check()


def shifted(stamp: datetime, months: int, *, sticky: bool = False, years: bool = False) -> datetime | None:
    year, month = divmod(stamp.year * 12 + stamp.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    last = 31 if month == 11 else (date(year, month + 2, 1) - timedelta(1)).day
    if years and stamp.day > last:
        return stamp.replace(year=year, month=3, day=1)
    at_end = sticky and (stamp.day == 31 or (stamp + timedelta(1)).day == 1)
    return stamp.replace(year=year, month=month + 1, day=last if at_end else min(stamp.day, last))


@pytest.mark.parametrize("literal", [True, False])
@pytest.mark.parametrize("part", [*UNITS, *MONTHS])
def test_addition(run: Run, part: str, literal: bool) -> None:
    @RELAXED
    @given(STAMPS, st.integers(-100_000, 100_000))
    @example(datetime(2016, 2, 29), 1)
    @example(datetime(2016, 2, 29), 12)
    @example(datetime(1, 1, 1), -1)
    @example(datetime(9999, 12, 31), 1)
    def check(stamp: datetime, count: int) -> None:
        if part in UNITS:
            try:
                expected: datetime | None = stamp + count * UNITS[part]
            except OverflowError:
                expected = None
        else:
            expected = shifted(stamp, count * MONTHS[part], years=MONTHS[part] >= 12)
        number = f"({count})" if literal else "?"
        parameters = (stored(stamp),) if literal else (count, stored(stamp))
        query = f"SELECT dateadd({part}, {number}, ?::timestamp)"
        if expected is None:
            with pytest.raises(DataError, match="out of range"):
                run(query, *parameters)
        else:
            assert run(query, *parameters) == [(stored(expected),)]

    check()


@RELAXED
@given(STAMPS, st.integers(-2000, 2000))
@example(datetime(9999, 11, 30), 1)
@example(datetime(9999, 12, 31), -1)
@example(datetime(2008, 4, 30), 1)
def test_months_that_keep_the_last_day(run: Run, stamp: datetime, months: int) -> None:
    expected = shifted(stamp, months, sticky=True)
    query = f"SELECT add_months(?::timestamp, {months})"
    if expected is None:
        with pytest.raises(DataError, match="out of range"):
            run(query, stored(stamp))
    else:
        assert run(query, stored(stamp)) == [(stored(expected),)]


@examples
def test_last_day(run: Run, stamp: datetime) -> None:
    last = stamp
    while last.month == stamp.month and last < datetime(9999, 12, 31):
        last += timedelta(1)
    expected = date(9999, 12, 31) if last.month == stamp.month else last.date() - timedelta(1)
    assert run("SELECT last_day(?::timestamp), last_day(?::date)", stored(stamp), stored(stamp)[:10]) == [
        (expected.isoformat(), expected.isoformat())
    ]


@RELAXED
@given(st.dates(date(1, 1, 1), date(9999, 12, 20)), st.integers(0, 6))
def test_next_day(run: Run, day: date, weekday: int) -> None:
    name = ("Sunday", "mo", "Tues", "W", "thu", "F", "SATURDAY")[weekday]
    expected = day + timedelta(days=1)
    while expected.isoweekday() % 7 != weekday:
        expected += timedelta(days=1)
    query = f"SELECT next_day(?::date, '{name}'), next_day(?::date, lower('{name}'))"
    assert run(query, day.isoformat(), day.isoformat()) == [(expected.isoformat(), expected.isoformat())]


@RELAXED
@given(STAMPS, STAMPS)
@example(EDGES[0], EDGES[1])
def test_differences_are_intervals(run: Run, a: datetime, b: datetime) -> None:
    difference = (a - b) // timedelta(microseconds=1)
    query = "SELECT a - b, b + (a - b), a - (a - b), a::date - b::date FROM (SELECT ?::timestamp a, ?::timestamp b) x"
    days = (a.date() - b.date()).days
    assert run(query, stored(a), stored(b)) == [(difference, stored(a), stored(b), days)]


@RELAXED
@given(st.times(), st.integers(-200_000, 200_000))
def test_times_of_day_wrap(run: Run, clock: time, seconds: int) -> None:
    moved = (datetime.combine(date(2000, 1, 1), clock) + timedelta(seconds=seconds)).time()
    text = clock.isoformat("microseconds")
    query = f"SELECT dateadd(s, {seconds}, ?::time), ?::time + {seconds} * interval '1000 ms'"
    assert run(query, text, text) == [(moved.isoformat("microseconds"),) * 2]


# --- SQL ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        *(
            f"date_trunc('{part}', d)"
            for part in ("hour", "day", "week", "month", "quarter", "year", "decade")
        ),
        *(f"extract({part} from d)" for part in ("year", "hour", "week", "dow", "epoch", "isoyear")),
        *(f"date_part({part}, d)" for part in ("s", "ms", "epoch")),
        *(f"datediff({part}, d, '2020-01-01')" for part in ("us", "hour", "day", "week", "month", "year")),
        "to_char(d, 'YYYY-MM-DD HH24:MI:SS')",
        "last_day(d)",
        "d - timestamp '2020-01-01'",
    ],
)
def test_hot_paths_stay_in_sqlite(resolver: Any, expression: str) -> None:
    sql = compile_query(f"SELECT {expression} FROM t", resolver).sql
    assert "streamdialect_" not in sql


@pytest.mark.parametrize(
    "expression",
    [
        *(f"dateadd({part}, 5, d)" for part in ("us", "ms", "s", "hour", "day", "month", "year")),
        "dateadd(month, a, d)",
        "d + interval '1 day'",
        "d - interval '1 month 1.5 seconds'",
        "d + a * interval '1 second'",
        "add_months(d, 3)",
        "convert_timezone('PST', d)",
        "d at time zone 'EST'",
    ],
)
def test_sums_leave_sqlite_only_to_raise(resolver: Any, expression: str) -> None:
    sql = compile_query(f"SELECT {expression} FROM t", resolver).sql
    assert sql.replace("streamdialect_time_range", "").count("streamdialect_") == 0


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("date_trunc('day', time '10:00')", "date_trunc"),
        ("date_trunc('dow', getdate())", "DATE_TRUNC to dayofweek"),
        ("datediff(day, time '10:00', time '11:00')", "has no day"),
        ("datediff(hour, time '10:00', getdate())", "DATEDIFF of time and timestamp"),
        ("datediff(epoch, getdate(), getdate())", "DATEDIFF in epoch"),
        ("dateadd(epoch, 1, getdate())", "DATEADD of epoch"),
        ("extract(year from time '10:00')", "has no year"),
        ("extract(timezone from timestamp '2020-01-01')", "has no timezone"),
        ("extract(hour from interval '1 month')", "has no hour"),
        ("last_day(time '10:00')", "a date is needed"),
        ("date_trunc('day', 5)", "a timestamp is needed"),
        ("date_trunc(a, getdate())", 'the date part "a"'),
        ("time '10:00' + interval '1 month'", "months cannot be added"),
        ("time '10:00' - timetz '10:00'", "time - timetz"),
        ("timestamp '2020-01-01' + timestamp '2020-01-01'", "timestamp + timestamp"),
        ("interval '1 month' * 1.5", "not an integer"),
        ("interval '1 month' / 2", "divided"),
        ("interval '1 day' > interval '1 month'", "operator does not exist"),
        ("interval 'a day'", "invalid input syntax"),
        ("interval '1 2' day to hour", "invalid input syntax"),
        ("interval '1:30' minute to second", "from minutes"),
        ("interval '1-13' year to month", "out of range"),
        ("interval '1' month to year", "syntax error"),
        ("interval '1' day to", "syntax error"),
        ("interval '1 day'::integer", "cannot cast type interval day to second to integer"),
        ("5::interval day to second", "cannot cast type integer"),
        ("interval_cmp(1, 2)", "compares intervals"),
        ("date_cmp(1, 2)", "compares times"),
        ("to_char(interval '1 day', 'HH24')", "TO_CHAR of interval"),
        ("to_char(time '10:00', 'HH24')", "TO_CHAR of time"),
        ("to_char(5, '9.9.9')", "multiple decimal points"),
        ("to_char(5, '9EEEE')", "EEEE"),
        ("to_char(5, 'S9MI')", "cannot be used with other signs"),
        ("to_char(getdate(), 'FXYYYY')", "FX"),
        ("to_char(getdate(), 5)", "a format must be text"),
        ("to_date('2020', lower('YYYY'))", "not a literal"),
        ("to_date('2020 1', 'YYYY WW')", 'the format "WW"'),
        ("to_number('1', 'RN')", "TO_NUMBER"),
        ("time '10:00' at time zone 'UTC'", "a time zone for time"),
    ],
)
def test_what_is_refused(run: Run, expression: str, message: str) -> None:
    with pytest.raises((NotSupportedError, ProgrammingError)) as caught:
        run(f"SELECT {expression}")
    assert message in str(caught.value)


def test_null(run: Run) -> None:
    expressions = (
        "dateadd(us, 1, d)", "add_months(d, 1)", "last_day(d)", "next_day(d, 'Mon')", "d - d", "d + interval '1 day'",
        "months_between(d, d)", "to_char(d, 'DY')", "convert_timezone('Europe/Paris', d)", "date_cmp(d, d)",
        "to_date(b, 'YYYY')", "to_number(b, '99')", "to_char(c, '99')", "extract(epoch from d)",
    )  # fmt: skip
    assert run(f"SELECT {', '.join(expressions)} FROM t WHERE a = 3") == [(None,) * len(expressions)]


def test_special_literals_are_volatile(resolver: Any) -> None:
    for expression in ("'now'::timestamp", "dateadd(day, 1, 'today')", "timeofday()", "date 'yesterday'"):
        assert compile_query(f"SELECT {expression}", resolver).volatile
    assert not compile_query("SELECT 'epoch'::timestamp", resolver).volatile


# --- DuckDB ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:

    connection = duckdb.connect()
    yield connection
    connection.close()


# Where both mean the same: DuckDB's century and decade begin elsewhere, and its sums of years clamp.
SHARED = (
    "date_trunc('week', {d})",
    "date_trunc('quarter', {d})",
    "date_part('week', {d})",
    "date_part('dow', {d})",
    "date_part('doy', {d})",
    "date_part('quarter', {d})",
    "date_part('isoyear', {d})",
    "last_day({d})",
    "{d} + interval '1 month'",
    "{d} - interval '13 months'",
    "{d} + interval '36 hours'",
    "date_diff('month', {d}, timestamp '2000-02-29 12:00:00')",
    "date_diff('hour', {d}, timestamp '2000-02-29 12:00:00')",
)


@RELAXED
@given(st.datetimes(datetime(3, 1, 1), datetime(9990, 1, 1)))
@example(datetime(2024, 2, 29, 23, 59, 59, 999999))
def test_duckdb_agrees(run: Run, duck: Any, stamp: datetime) -> None:
    literal = f"timestamp '{stored(stamp)}'"
    for template in SHARED:
        expression = template.format(d=literal)
        theirs = duck.execute(f"SELECT {expression}").fetchone()[0]
        if isinstance(theirs, datetime):
            theirs = stored(theirs)
        elif isinstance(theirs, date):
            theirs = theirs.isoformat()
        ours = run(f"SELECT {expression}")[0][0]
        assert ours == theirs or ours == f"{theirs} 00:00:00.000000", expression


def test_scalars_of_a_stale_clock() -> None:
    assert times.time_of_day("2013-09-19 22:53:50.333525") == "Thu Sep 19 22:53:50.333525 2013 UTC"
    assert apsw.sqlite_lib_version() >= "3.46"  # 'floor', %G and %V
