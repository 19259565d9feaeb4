"""Reading of dates and times, and arithmetic on them: the slow, exact path of ``scalars``."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, invalid, shown

__all__ = [
    "SCALARS",
    "add_micros",
    "add_months",
    "add_years",
    "time_range",
    "to_date",
    "to_time",
    "to_timestamp",
    "to_timestamptz",
]

_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})",
    re.A,
)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?|(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?",
    re.A | re.I,
)
_ZONE = re.compile(r"\s*(z|utc|gmt|([+-])(\d{1,2}):?(\d{2})?)\Z", re.A | re.I)


def _moment(text: str, kind: str) -> tuple[datetime, timedelta | None]:
    """Read a date with an optional time and an optional offset from UTC."""
    stripped = text.strip()
    found = _DATE.match(stripped)
    if found is None:
        raise invalid(kind, text)
    if found[1] or found[4] or found[7]:
        year, month, day = (int(part) for part in found.groups()[0:9] if part is not None)
    else:  # MM/DD/YYYY: DateStyle MDY
        month, day, year = int(found[10]), int(found[11]), int(found[12])
    rest = stripped[found.end() :]
    hour = minute = second = micro = 0
    zone: timedelta | None = None
    if rest:
        if rest[0] in "tT " and (clock := _CLOCK.match(rest[1:].lstrip())) is not None:
            hour, minute, second, micro = _clock(clock)
            rest = rest[1:].lstrip()[clock.end() :]
        if rest.strip():
            zone_match = _ZONE.match(rest)
            if zone_match is None:
                raise invalid(kind, text)
            zone = timedelta()
            if zone_match[2]:
                zone = timedelta(hours=int(zone_match[3]), minutes=int(zone_match[4] or 0))
                zone = -zone if zone_match[2] == "-" else zone
    try:
        # A leap second or 24:00:00 rolls over into the next minute or day.
        moment = datetime(year, month, day) + timedelta(
            hours=hour, minutes=minute, seconds=second, microseconds=micro
        )
    except (ValueError, OverflowError):
        raise DataError(f'date/time field value out of range: "{shown(text)}"') from None
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or micro)):
        raise DataError(f'date/time field value out of range: "{shown(text)}"')
    return moment, zone


def _clock(found: re.Match[str]) -> tuple[int, int, int, int]:
    if found[6]:
        hour, minute, second, digits, half = int(found[6]), int(found[7]), int(found[8]), found[9], None
    else:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        digits, half = found[4], (found[5] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    micro = int(Decimal(f"0.{digits}").scaleb(6).quantize(Decimal(1), ROUND_HALF_UP)) if digits else 0
    return hour, minute, second, micro


def _write(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def to_timestamp(value: Any) -> str | None:
    """Cast text to TIMESTAMP; an offset from UTC is read and dropped, as on Redshift."""
    if value is None:
        return None
    text = str(value)
    if text.strip().lower() == "epoch":
        return "1970-01-01 00:00:00.000000"
    if text.strip().lower() in ("now", "today", "tomorrow", "yesterday", "infinity", "-infinity"):
        raise invalid("type timestamp", value)
    return _write(_moment(text, "type timestamp")[0])


def to_timestamptz(value: Any) -> str | None:
    """Cast text to TIMESTAMPTZ, kept in UTC; text without an offset is UTC."""
    if value is None:
        return None
    moment, zone = _moment(str(value), "type timestamptz")
    try:
        return _write(moment - (zone or timedelta()))
    except OverflowError:
        raise DataError(f'date/time field value out of range: "{shown(value)}"') from None


def to_date(value: Any) -> str | None:
    """Cast text to DATE; a time of day is dropped."""
    if value is None:
        return None
    if str(value).strip().lower() == "epoch":
        return "1970-01-01"
    return _moment(str(value), "type date")[0].date().isoformat()


def to_time(value: Any) -> str | None:
    """Cast text to TIME."""
    if value is None:
        return None
    text = str(value).strip()
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _write(_moment(text, "type time")[0])[11:]
    hour, minute, second, micro = _clock(found)
    if hour > 23 or minute > 59 or second > 59:
        raise DataError(f'date/time field value out of range: "{shown(value)}"')
    return f"{hour:02}:{minute:02}:{second:02}.{micro:06}"


# --- dates ----------------------------------------------------------------------------------------


def _out_of_range(*values: Any) -> DataError:
    return DataError(f"timestamp out of range: {', '.join(map(shown, values))}")


def time_range(moment: Any, amount: Any) -> None:
    """Raise for a time that left the calendar; called where SQLite gave NULL for it."""
    if moment is not None and amount is not None:
        raise _out_of_range(moment, amount)


def add_months(moment: Any, months: Any) -> str | None:
    """Add months; a day that the month lacks becomes its last day."""
    if moment is None or months is None:
        return None
    try:
        start = datetime.fromisoformat(moment)
        year, month = divmod(start.year * 12 + start.month - 1 + int(months), 12)
        last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(1)).day if year < 9999 else 31
        return _write(start.replace(year=year, month=month + 1, day=min(start.day, last)))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, months) from None


def add_years(moment: Any, years: Any) -> str | None:
    """Add years as DATEADD does: 29 February becomes 1 March in a common year."""
    if moment is None or years is None:
        return None
    try:
        start = datetime.fromisoformat(moment)
        year = start.year + int(years)
        if (start.month, start.day) == (2, 29) and (year % 4 or (not year % 100 and year % 400)):
            return _write(start.replace(year=year, month=3, day=1))
        return _write(start.replace(year=year))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, years) from None


def add_micros(moment: Any, micros: Any) -> str | None:
    """Add microseconds."""
    if moment is None or micros is None:
        return None
    try:
        return _write(datetime.fromisoformat(moment) + timedelta(microseconds=int(micros)))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, micros) from None


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_time_range", 2, time_range, deterministic=False),
    Scalar("streamdialect_add_months", 2, add_months, deterministic=False),
    Scalar("streamdialect_add_years", 2, add_years, deterministic=False),
    Scalar("streamdialect_add_micros", 2, add_micros, deterministic=False),
)
