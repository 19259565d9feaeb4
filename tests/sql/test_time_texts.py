"""Reading and writing of times and intervals, and time zones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from streamdialect import conversions, types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars import durations, times, zones

RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
STAMPS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))

Run = Callable[..., list[tuple[Any, ...]]]


def stored(stamp: datetime) -> str:
    return stamp.isoformat(" ", "microseconds")


# --- text -----------------------------------------------------------------------------------------


@RELAXED
@given(STAMPS)
def test_written_times_are_read_again(run: Run, stamp: datetime) -> None:
    pattern = "YYYY-MM-DD HH24:MI:SS.US"
    others = ("FMDay, DD FMMonth YYYY", "YYYYMMDD", "FMDDth Mon YYYY", "YYYY-DDD", "J", "DD RM YYYY")
    query = f"SELECT to_timestamp(to_char(d, '{pattern}'), '{pattern}')"
    query += "".join(f", to_date(to_char(d, '{other}'), '{other}')" for other in others)
    row = run(f"{query} FROM (SELECT ?::timestamp AS d) x", stored(stamp))[0]
    assert row == (stored(stamp), *[stamp.date().isoformat()] * len(others))


@RELAXED
@given(st.text(alphabet="0123456789:-/. ,+JanFebPMTZ", max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (times.to_date, times.to_timestamp, times.to_timestamptz, times.to_time, times.to_timetz):
        with suppress(DataError, NotSupportedError):
            read(text)


@pytest.mark.parametrize(
    "text",
    ["", "12", "2020-13-01", "2020-02-30", "0000-01-01", "2020-01-01 25:00", "2020-01-01 10:61", "13/1/2020",
     "2020-01-01 2021-01-01", "infinity", "Foo 1, 2020", "2020-01-01 13:00 PM", "2020-01-01 10:00+99"],
)  # fmt: skip
def test_no_times(text: str) -> None:
    with pytest.raises(DataError):
        times.to_timestamptz(text)


@RELAXED
@given(st.integers(-(10**15), 10**15), st.integers(-20_000, 20_000))
def test_written_intervals_are_read_again(micros: int, months: int) -> None:
    assert durations.to_micros(durations.day_to_second_text(micros)) == micros
    assert durations.to_months(conversions.year_to_month_text(months) if months else "0") == months


def test_python_values_of_intervals() -> None:
    year_to_month = conversions.converter(types.parse_type("interval year to month"))
    day_to_second = conversions.converter(types.parse_type("INTERVAL DAY TO SECOND(6)"))
    clock = conversions.converter(types.TIMETZ)
    assert year_to_month is not None
    assert day_to_second is not None
    assert clock is not None
    assert [year_to_month(value) for value in (14, -1, 24, 0)] == [
        "1 year 2 mons",
        "-1 mon",
        "2 years",
        "00:00:00",
    ]
    assert day_to_second(86_400_000_001) == timedelta(days=1, microseconds=1)
    assert clock("10:00:00.000000") == time(10, tzinfo=timezone.utc)
    for wrong in ("x", 1.5):
        with pytest.raises(ValueError, match="integer"):
            year_to_month(wrong)
        with pytest.raises(ValueError, match="integer"):
            day_to_second(wrong)
    assert conversions.to_sqlite(timedelta(days=-1, microseconds=5)) == -86_399_999_995
    assert conversions.to_sqlite(time(1, 30, tzinfo=timezone(timedelta(hours=2)))) == "23:30:00.000000"
    for name in ("interval day to hour", "interval day to second(3)"):
        with pytest.raises(NotSupportedError, match="is not supported"):
            types.parse_type(name)


@pytest.mark.parametrize("divisor", ["0", "a", "0.0"])
def test_division_by_zero(run: Run, divisor: str) -> None:
    with pytest.raises(DataError, match="division by zero"):
        run(f"SELECT interval '1 day' / {divisor} FROM (SELECT a - 1 AS a FROM t WHERE a = 1) x")


def test_bound_intervals(run: Run) -> None:
    micros = conversions.to_sqlite(timedelta(hours=30))
    assert run("SELECT ?::interval day to second, ?::interval day to second", micros, "30:00") == [
        (micros, micros)
    ]
    assert run("SELECT interval '1 day' > ?::interval day to second", micros) == [(0,)]


# --- time zones -----------------------------------------------------------------------------------


@RELAXED
@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(
        ["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "EST"]
    ),
)
def test_zones_are_pythons(run: Run, stamp: datetime, name: str) -> None:
    place = timezone(timedelta(hours=-5)) if name == "EST" else ZoneInfo(name)
    local = stamp.replace(tzinfo=timezone.utc).astimezone(place).replace(tzinfo=None)
    query = f"SELECT convert_timezone('{name}', ?::timestamp), ?::timestamptz AT TIME ZONE '{name}'"
    assert run(query, stored(stamp), stored(stamp)) == [(stored(local), stored(local))]
    aware = local.replace(tzinfo=place)
    assume(aware.utcoffset() == aware.replace(fold=1).utcoffset())
    query = f"SELECT ?::timestamp AT TIME ZONE '{name}', convert_timezone('{name}', 'UTC', ?)"
    assert run(query, stored(local), stored(local)) == [(stored(stamp), stored(stamp))]


def test_zones_of_a_column(run: Run) -> None:
    zoned = "(SELECT 'PST' AS z UNION ALL SELECT 'us/pacific') x"
    query = f"SELECT convert_timezone(z, timestamp '2020-07-01 12:00:00') FROM {zoned}"
    assert run(query) == [("2020-07-01 04:00:00.000000",), ("2020-07-01 05:00:00.000000",)]


@pytest.mark.parametrize("name", ["", "No/Where", "+02:00", "GMT+25", "../etc/passwd", "/etc/passwd"])
def test_no_zones(name: str) -> None:
    with pytest.raises(DataError, match="not recognized"):
        zones.zone(name)


def test_zones_that_cannot_be_told() -> None:
    for name in ("IST", "ABC5DEF"):
        with pytest.raises(NotSupportedError):
            zones.zone(name)


@pytest.mark.parametrize("name", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
def test_the_minutes_about_a_change_of_clocks(name: str) -> None:
    place = ZoneInfo(name)
    hours = [datetime(1911, 3, 10, 23, 50), datetime(2020, 3, 8, 6, 50), datetime(2020, 4, 4, 14, 50)]
    hours.append(datetime(2020, 3, 29, 0, 50))
    for start in hours:
        for minute in range(0, 30):
            stamp = start + timedelta(minutes=minute, seconds=39)
            local = stamp.replace(tzinfo=timezone.utc).astimezone(place).replace(tzinfo=None)
            assert zones.convert_timezone(stored(stamp), "UTC", name) == stored(local)


def test_zones_at_the_calendars_ends() -> None:
    with pytest.raises(DataError, match="out of range"):
        zones.convert_timezone("9999-12-31 23:59:59.000000", "UTC", "Europe/Paris")
    assert zones.convert_timezone("9999-12-31 00:00:00.000000", "UTC", "Europe/Paris") == (
        "9999-12-31 01:00:00.000000"
    )
