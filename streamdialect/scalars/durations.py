"""INTERVAL as text: reading and writing. Source: ``r_interval_data_types``, ``r_interval_literals``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from streamdialect.conversions import year_to_month_text
from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, invalid, shown

__all__ = ["SCALARS", "UNITS", "day_to_second_text", "read_interval", "to_micros", "to_months"]

SECOND = 1_000_000
DAY = 86_400 * SECOND
# Unit -> (months, microseconds); abbreviations as in r_Dateparts_for_datetime_functions: m is a minute.
UNITS: dict[str, tuple[int, int]] = {
    word: size
    for words, size in (
        ("millennium millennia mil mils", (12_000, 0)),
        ("century centuries c cent cents", (1_200, 0)),
        ("decade decades dec decs", (120, 0)),
        ("year years y yr yrs", (12, 0)),
        ("quarter quarters qtr qtrs", (3, 0)),
        ("month months mon mons", (1, 0)),
        ("week weeks w", (0, 7 * DAY)),
        ("day days d", (0, DAY)),
        ("hour hours h hr hrs", (0, 3_600 * SECOND)),
        ("minute minutes m min mins", (0, 60 * SECOND)),
        ("second seconds s sec secs", (0, SECOND)),
        ("millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon", (0, 1_000)),
        ("microsecond microseconds us usec usecs usecond useconds microsec microsecs", (0, 1)),
    )
    for word in words.split()
}
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_TOKEN = re.compile(
    rf"(?P<clock>[+-]?\d+:\d{{1,2}}(?::\d{{1,2}}(?:\.\d*)?)?)|(?P<years>[+-]?\d+-\d+)"
    rf"|(?P<number>{_NUMBER})\s*(?P<unit>[A-Za-z]+)?|(?P<ago>ago\b)|(?P<blank>[\s,]+)",
    re.A,
)


def read_interval(text: str, unit: str = "second") -> tuple[int, int]:
    """Read an interval into months and microseconds; ``unit`` is that of a number without one.

    Raise DataError for text that is no interval, or has a part of a month or of a microsecond.
    """
    months = micros = Decimal(0)
    position, found, bare_number = 0, False, False
    stripped = text.strip()
    while position < len(stripped):
        token = _TOKEN.match(stripped, position)
        if token is None:
            raise invalid("type interval", text)
        position = token.end()
        if token["blank"]:
            continue
        if token["ago"]:
            months, micros = -months, -micros
            continue
        found = True
        if token["clock"]:
            micros += _clock(token["clock"], text)
        elif token["years"]:
            sign = -1 if token["years"].startswith("-") else 1
            years, rest = token["years"].lstrip("+-").split("-")
            if int(rest) > 11:
                raise DataError(f'interval field value out of range: "{shown(text)}"')
            months += sign * (int(years) * 12 + int(rest))
        else:
            # A number before a clock counts days: 1 02:03:04.
            bare = "day" if re.match(r"\s+[+-]?\d+:", stripped[position:]) else unit
            size = UNITS.get((token["unit"] or bare).lower())
            alone = not token["unit"] and bare == unit
            if size is None or (alone and bare_number):
                raise invalid("type interval", text)
            bare_number = bare_number or alone
            count = Decimal(token["number"])
            months += count * size[0]
            micros += count * size[1]
    if not found:
        raise invalid("type interval", text)
    if months % 1 or micros % 1:
        raise DataError(f'interval "{shown(text)}" has a part of a month or of a microsecond')
    if abs(months) >= 2**31 or abs(micros) >= 2**63:
        raise DataError(f'interval field value out of range: "{shown(text)}"')
    return int(months), int(micros)


def _clock(clock: str, text: str) -> Decimal:
    sign = -1 if clock.startswith("-") else 1
    hours, minutes, seconds = [*clock.lstrip("+-").split(":"), "0"][:3]
    if int(minutes) > 59 or Decimal(seconds or 0) >= 60:
        raise DataError(f'interval field value out of range: "{shown(text)}"')
    return sign * (int(hours) * 3_600 + int(minutes) * 60 + Decimal(seconds or 0)) * SECOND


def to_months(value: Any) -> int | None:
    """Cast text to INTERVAL YEAR TO MONTH."""
    if value is None:
        return None
    months, micros = read_interval(str(value), "month")
    if micros:
        raise DataError(f'Interval Year To Month "{shown(value)}" cannot contain day-second parts')
    return months


def to_micros(value: Any) -> int | None:
    """Cast text to INTERVAL DAY TO SECOND."""
    if value is None:
        return None
    months, micros = read_interval(str(value))
    if months:
        raise DataError(f'Interval Day To Second "{shown(value)}" cannot contain year-month parts')
    return micros


def day_to_second_text(micros: int) -> str:
    """Write microseconds as Redshift prints INTERVAL DAY TO SECOND: ``1 day 02:03:04.5``."""
    sign = "-" if micros < 0 else ""
    days, rest = divmod(abs(micros), DAY)
    seconds, fraction = divmod(rest, SECOND)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        clock += f".{fraction:06}".rstrip("0")
    parts = [f"{sign}{days} day{'' if days == 1 else 's'}"] if days else []
    if rest or not days:
        parts.append(f"{sign}{clock}")
    return " ".join(parts)


def interval_text(value: Any, kind: Any) -> str | None:
    """Cast an interval to text; ``kind`` is M for months, S for microseconds."""
    if value is None:
        return None
    return year_to_month_text(int(value)) if kind == "M" else day_to_second_text(int(value))


def compared_micros(value: Any) -> int | None:
    """Give text's length of time for a comparison, where a month has 30 days."""
    if value is None:
        return None
    months, micros = read_interval(str(value))
    return months * 30 * DAY + micros


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_interval_text", 2, interval_text),
    Scalar("streamdialect_interval_length", 1, compared_micros, deterministic=False),
)
