"""Reading of dates and times, and arithmetic on them: the slow, exact path of ``scalars``.

Source: ``r_Datetime_types``, ``r_Date_and_time_literals``.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, invalid, shown
from streamdialect.scalars.zones import to_utc, zone

__all__ = [
    "MONTHS",
    "SCALARS",
    "SPECIAL",
    "add_micros",
    "clock_and_zone",
    "time_range",
    "to_date",
    "to_time",
    "to_timestamp",
    "to_timestamptz",
    "to_timetz",
]

# Literals that mean a time which is known only when the statement runs.
SPECIAL = frozenset({"now", "today", "tomorrow", "yesterday"})
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_WORDS = {name: number for number, full in enumerate(MONTHS, 1) for name in (full, full[:3])} | {
    "sept": 9
}
_WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            ("su", "sun", "sunday"),
            ("m", "mo", "mon", "monday"),
            ("tu", "tue", "tues", "tuesday"),
            ("w", "we", "wed", "wednesday"),
            ("th", "thu", "thurs", "thursday"),
            ("f", "fr", "fri", "friday"),
            ("sa", "sat", "saturday"),
        )
    )
    for word in words
}
_IGNORED = frozenset({"t", "at", "on", "ad", *(word for word in _WEEKDAYS if len(word) > 2)})
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[tT ] *(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:Z|\+00(?::?00)?)?",
    re.A,
)
_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
    r"|(?P<ordinal>\d{4}\.\d{3})(?![\d.])"
    r"|(?P<date>(?P<a>[A-Za-z]+|\d{1,4})(?P<separator>[-/.])(?P<b>[A-Za-z]+|\d{1,2})(?P=separator)(?P<c>\d{1,4}))(?!\d)"
    r"|(?P<offset>[+-]\d{1,2}(?::?\d{2})?)(?!\d)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z_]*(?:/[A-Za-z_+-]+\d*)*)"
    r"|(?P<space>[\s,]+)",
    re.A,
)


class _Fields(Struct):
    """Be what was found in a text so far."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    clock: tuple[int, int, int, int] | None = None
    half: str = ""
    zone: tzinfo | None = None
    ordinal: int | None = None  # day of the year


def _out_of_range_text(text: str) -> DataError:
    return DataError(f'date/time field value out of range: "{shown(text)}"')


def _fields(text: str, kind: str) -> _Fields:
    """Take a text apart, whatever its order."""
    found = _Fields()
    position, stripped = 0, text.strip()
    while position < len(stripped):
        token = _TOKEN.match(stripped, position)
        if token is None:
            raise invalid(kind, text)
        position = token.end()
        what = token.lastgroup
        if what == "space":
            continue
        if token["clock"] and found.clock is None:
            found.clock = _clock(token["clock"])
        elif token["date"] and found.year is None and found.day is None:
            _date_token(found, token["a"], token["b"], token["c"], token["separator"], text, kind)
        elif token["ordinal"] and found.year is None:
            found.year, found.ordinal = int(token["ordinal"][:4]), int(token["ordinal"][5:])
        elif token["offset"] and found.zone is None and found.clock is not None:
            found.zone = _offset(token["offset"], text)
        elif token["number"]:
            _number_token(found, token["number"], text, kind)
        elif token["word"]:
            _word_token(found, token["word"], text, kind)
        else:
            raise invalid(kind, text)
    return found


def _date_token(found: _Fields, a: str, b: str, c: str, separator: str, text: str, kind: str) -> None:
    words = [part for part in (a, b) if part.isalpha()]
    if len(words) > 1:
        raise invalid(kind, text)
    if words:
        found.month = _MONTH_WORDS.get(words[0].lower())
        if found.month is None:
            raise invalid(kind, text)
        first = b if a.isalpha() else a
        year, day = (first, c) if len(first) > 2 else (c, first)
    elif len(a) > 2:
        year, found.month, day = a, int(b), c
    elif separator == "." and int(a) > 12:  # 17.12.1997
        day, found.month, year = a, int(b), c
    else:  # DateStyle MDY
        found.month, day, year = int(a), b, c
    found.year, found.day = _year(year), int(day)


def _year(digits: str) -> int:
    if len(digits) > 2:
        return int(digits)
    return int(digits) + (2000 if int(digits) < 70 else 1900)


def _offset(digits: str, text: str) -> tzinfo:
    plain = digits[1:].replace(":", "")
    hours, minutes = (plain, "0") if len(plain) < 3 else (plain[:-2], plain[-2:])
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or shift > timedelta(hours=15):
        raise DataError(f'time zone displacement out of range: "{shown(text)}"')
    return timezone(-shift if digits[0] == "-" else shift)


def _number_token(found: _Fields, number: str, text: str, kind: str) -> None:
    whole, _, fraction = number.partition(".")
    dated = found.year is not None or found.day is not None
    if len(whole) == 8 and not fraction and not dated:
        found.year, found.month, found.day = int(whole[:4]), int(whole[4:6]), int(whole[6:])
    elif (
        len(whole) == 6
        and (found.year is not None or kind in ("type time", "type timetz"))
        and found.clock is None
    ):
        found.clock = (int(whole[:2]), int(whole[2:4]), int(whole[4:]), _micros(fraction))
    elif len(whole) == 6 and not fraction and not dated:
        found.year, found.month, found.day = _year(whole[:2]), int(whole[2:4]), int(whole[4:])
    elif fraction:
        raise invalid(kind, text)
    elif len(whole) <= 2 and found.day is None:
        found.day = int(whole)
    elif len(whole) in (2, 4) and found.year is None:
        found.year = _year(whole)
    else:
        raise invalid(kind, text)


def _word_token(found: _Fields, word: str, text: str, kind: str) -> None:
    folded = word.lower()
    if folded in _MONTH_WORDS and found.month is None:
        found.month = _MONTH_WORDS[folded]
    elif folded in ("am", "pm") and found.clock is not None and not found.half:
        found.half = folded
    elif folded in _IGNORED:
        return
    elif found.zone is None and found.clock is not None:
        try:
            found.zone = zone(word)
        except DataError:
            raise invalid(kind, text) from None
    else:
        raise invalid(kind, text)


def _clock(clock: str) -> tuple[int, int, int, int]:
    hour, minute, *rest = clock.replace(",", ".").split(":")
    second, _, fraction = rest[0].partition(".") if rest else ("0", "", "")
    return int(hour), int(minute), int(second), _micros(fraction)


def _micros(digits: str) -> int:
    """Round a fraction to microseconds; the result may be a whole second."""
    return int(Decimal(f"0.{digits or 0}").scaleb(6).quantize(Decimal(1), ROUND_HALF_UP))


def _time_of(found: _Fields, text: str) -> timedelta:
    hour, minute, second, micro = found.clock or (0, 0, 0, 0)
    if found.half:
        if not 0 < hour < 13:
            raise _out_of_range_text(text)
        hour = hour % 12 + (12 if found.half == "pm" else 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or micro)):
        raise _out_of_range_text(text)
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)


def _moment(text: str, kind: str) -> tuple[datetime, tzinfo | None]:
    """Read a date with an optional time and an optional zone."""
    iso = _ISO.fullmatch(text.strip())
    if iso is not None:
        clock = (int(iso[4] or 0), int(iso[5] or 0), int(iso[6] or 0), _micros(iso[7] or ""))
        found = _Fields(int(iso[1]), int(iso[2]), int(iso[3]), clock)
    else:
        found = _fields(text, kind)
    if found.year is None or (found.ordinal is None and (found.month is None or found.day is None)):
        raise invalid(kind, text)
    try:
        if found.ordinal is not None:
            if not 1 <= found.ordinal <= 366:
                raise _out_of_range_text(text)
            day = datetime(found.year, 1, 1) + timedelta(days=found.ordinal - 1)
        else:
            day = datetime(found.year, found.month or 0, found.day or 0)
        # A leap second or 24:00:00 rolls over into the next minute or day.
        return day + _time_of(found, text), found.zone
    except (ValueError, OverflowError):
        raise _out_of_range_text(text) from None


def _write(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def to_timestamp(value: Any) -> str | None:
    """Cast text to TIMESTAMP; a time zone is read and dropped, as on Redshift."""
    if value is None:
        return None
    if str(value).strip().lower() == "epoch":
        return "1970-01-01 00:00:00.000000"
    return _write(_moment(str(value), "type timestamp")[0])


def to_timestamptz(value: Any) -> str | None:
    """Cast text to TIMESTAMPTZ, kept in UTC; text without a zone is UTC."""
    if value is None:
        return None
    if str(value).strip().lower() == "epoch":
        return "1970-01-01 00:00:00.000000"
    moment, found = _moment(str(value), "type timestamptz")
    try:
        return _write(moment if found is None else to_utc(moment, found))
    except OverflowError:
        raise _out_of_range_text(str(value)) from None


def to_date(value: Any) -> str | None:
    """Cast text to DATE; a time of day is dropped."""
    if value is None:
        return None
    if str(value).strip().lower() == "epoch":
        return "1970-01-01"
    return _moment(str(value), "type date")[0].date().isoformat()


def clock_and_zone(text: str, kind: str = "type timetz") -> tuple[time, timedelta | None]:
    """Read a time of day with an optional date, and its zone's offset from UTC."""
    found = _fields(text, kind)
    if found.clock is None and found.year is None:
        raise invalid(kind, text)
    clock = _time_of(found, text)
    if clock >= timedelta(days=1):
        raise _out_of_range_text(text)
    moment = datetime(2000, 1, 1) + clock
    if found.zone is None:
        return moment.time(), None
    offset = found.zone.utcoffset(None)
    if offset is None:  # a place's clock depends on the date
        dated, place = _moment(text, kind)
        assert place is not None
        offset = dated - to_utc(dated, place)
    return moment.time(), offset


def to_time(value: Any) -> str | None:
    """Cast text to TIME; a date and a zone are dropped."""
    if value is None:
        return None
    return clock_and_zone(str(value), "type time")[0].isoformat("microseconds")


def to_timetz(value: Any) -> str | None:
    """Cast text to TIMETZ, kept in UTC; text without a zone is UTC."""
    if value is None:
        return None
    clock, offset = clock_and_zone(str(value))
    moment = datetime.combine(date(2000, 1, 2), clock) - (offset or timedelta())
    return moment.time().isoformat("microseconds")


# --- dates ----------------------------------------------------------------------------------------


def _out_of_range(*values: Any) -> DataError:
    return DataError(f"timestamp out of range: {', '.join(map(shown, values))}")


def time_range(moment: Any, amount: Any) -> None:
    """Raise for a time that left the calendar; called where SQLite gave NULL for it."""
    if moment is not None and amount is not None:
        raise _out_of_range(moment, amount)


def add_micros(moment: Any, micros: Any) -> str | None:
    """Add microseconds to a TIMESTAMP, or to a time of day, which wraps at midnight."""
    if moment is None or micros is None:
        return None
    try:
        if len(moment) < 16:
            moved = datetime.fromisoformat(f"2000-01-01 {moment}") + timedelta(
                microseconds=int(micros) % 86_400_000_000
            )
            return moved.time().isoformat("microseconds")
        return _write(datetime.fromisoformat(moment) + timedelta(microseconds=int(micros)))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, micros) from None


def months_between(first: Any, second: Any) -> float | None:
    """Count the months from the second time to the first; parts of a month are 31sts (r_MONTHS_BETWEEN)."""
    if first is None or second is None:
        return None
    a, b = datetime.fromisoformat(first), datetime.fromisoformat(second)
    months = (a.year - b.year) * 12 + a.month - b.month
    if a.day == b.day or (_is_last(a) and _is_last(b)):
        return float(months)
    clocks = a.replace(2000, 1, 1) - b.replace(2000, 1, 1)
    return months + (a.day - b.day + clocks / timedelta(days=1)) / 31


def _is_last(moment: datetime) -> bool:
    # 9999-12-31 has no morrow.
    return moment.day == 31 or (moment + timedelta(days=1)).day == 1


def weekday_number(name: str) -> int:
    """Give a weekday's number, Sunday 0, by one of the names of r_NEXT_DAY."""
    number = _WEEKDAYS.get(name.strip().lower())
    if number is None:
        raise DataError(f'"{shown(name)}" is not a day of the week')
    return number


def next_day(moment: Any, name: Any) -> str | None:
    """Give the first date after a DATE that is the weekday of that name."""
    if moment is None or name is None:
        return None
    try:
        day = date.fromisoformat(moment[:10])
        ahead = (weekday_number(str(name)) - day.isoweekday() - 1) % 7 + 1
        return (day + timedelta(days=ahead)).isoformat()
    except OverflowError:
        raise _out_of_range(moment, name) from None


def time_of_day(moment: Any) -> str | None:
    """Write a TIMESTAMP as TIMEOFDAY does."""
    if moment is None:
        return None
    stamp = datetime.fromisoformat(moment)
    return f"{stamp:%a %b %d %H:%M:%S}.{stamp.microsecond:06} {stamp.year} UTC"


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_time_range", 2, time_range, deterministic=False),
    Scalar("streamdialect_add_micros", 2, add_micros, deterministic=False),
    Scalar("streamdialect_months_between", 2, months_between),
    Scalar("streamdialect_next_day", 2, next_day, deterministic=False),
    Scalar("streamdialect_time_of_day", 1, time_of_day),
)
