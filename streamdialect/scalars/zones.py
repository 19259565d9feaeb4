"""Time zones: names that follow daylight saving time, abbreviations that do not, POSIX offsets.

Source: ``CONVERT_TIMEZONE``, "Time zone usage notes".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars.base import Scalar, shown

__all__ = ["SCALARS", "fixed_offset", "to_local", "to_utc", "zone"]

# Abbreviations that mean one offset wherever they are used, in minutes east of Greenwich.
_ABBREVIATIONS = {
    abbreviation: minutes
    for minutes, words in {
        -600: "HST",
        -540: "AKST",
        -480: "PST AKDT",
        -420: "MST PDT",
        -360: "CST MDT",
        -300: "EST CDT",
        -240: "AST EDT",
        -210: "NST",
        -180: "ADT BRT ART",
        -150: "NDT",
        -120: "BRST",
        0: "UTC GMT UT UCT Z ZULU WET",
        60: "CET MET MEZ BST WETDST",
        120: "CEST CETDST EET MEST MESZ METDST",
        180: "EEST EETDST EAT",
        270: "AFT",
        300: "PKT",
        345: "NPT",
        420: "ICT",
        480: "AWST HKT SGT",
        540: "JST KST",
        600: "AEST",
        630: "ACSST",
        660: "AESST AEDT",
        720: "NZST NZT",
        780: "NZDT",
    }.items()
    for abbreviation in words.split()
}
# Abbreviations whose meaning depends on the place or on PostgreSQL's release.
_AMBIGUOUS = frozenset(
    {
        *("ACST", "ACT", "AMST", "AMT", "CAT", "CCT", "EAST", "GST", "IST", "IRT", "MSK", "MSD", "NFT"),
        *("SAST", "SST", "WAT", "WAST", "WST", "YST"),
    }
)
_POSIX = re.compile(r"[A-Za-z_/]{3,} ?([+-]?)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?([A-Za-z]{3,})?", re.A)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """Find a time zone by its name, abbreviation or POSIX specification.

    An abbreviation and a POSIX offset (hours *west*) are fixed, a name follows its place's clock. Raise
    DataError for a zone that there is not, NotSupportedError for one that cannot be told.
    """
    text = name.strip()
    minutes = _ABBREVIATIONS.get(text.upper())
    if minutes is not None:
        return timezone(timedelta(minutes=minutes))
    named = _named(text)
    if named is not None:
        return named
    if text.upper() in _AMBIGUOUS:
        raise NotSupportedError(
            f'the time zone abbreviation "{text}" has several meanings: name the place instead'
        )
    posix = _POSIX.fullmatch(text)
    if posix is None:
        raise DataError(f'time zone "{shown(name)}" not recognized')
    if posix[5]:
        raise NotSupportedError(f'the time zone "{text}" is not supported: name the place instead')
    west = timedelta(hours=int(posix[2]), minutes=int(posix[3] or 0), seconds=int(posix[4] or 0))
    if west >= timedelta(hours=24):
        raise DataError(f'time zone "{shown(name)}" not recognized')
    return timezone(west if posix[1] == "-" else -west)


def _named(text: str) -> tzinfo | None:
    if not re.fullmatch(r"[A-Za-z][\w+-]*(/[\w+-]+)*", text, re.A):
        return None
    try:
        return ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        pass
    known = _folded_names().get(text.lower())
    return None if known is None else ZoneInfo(known)


@lru_cache(maxsize=1)
def _folded_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def fixed_offset(found: tzinfo) -> timedelta | None:
    """Give a zone's offset from UTC if it never changes."""
    return found.utcoffset(None) if isinstance(found, timezone) else None


def to_utc(moment: datetime, found: tzinfo) -> datetime:
    """Convert a zone's wall clock to UTC; an hour that is skipped or comes twice is standard time."""
    first = moment.replace(tzinfo=found, fold=0).utcoffset()
    second = moment.replace(tzinfo=found, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return moment - min(first, second)


def to_local(moment: datetime, found: tzinfo) -> datetime:
    """Convert UTC to a zone's wall clock."""
    return moment.replace(tzinfo=timezone.utc).astimezone(found).replace(tzinfo=None, fold=0)


def convert_timezone(moment: Any, source: Any, target: Any) -> str | None:
    """Convert a TIMESTAMP from one zone's wall clock to another's."""
    if moment is None or source is None or target is None:
        return None
    try:
        start = datetime.fromisoformat(moment)
        shift = _shift(moment[:10], str(source), str(target))
        moved = _converted(start, str(source), str(target)) if shift is None else start + shift
        return moved.isoformat(" ", "microseconds")
    except (OverflowError, ValueError):
        raise DataError(f"timestamp out of range: {shown(moment)}") from None


def _converted(moment: datetime, source: str, target: str) -> datetime:
    return to_local(to_utc(moment, zone(source)), zone(target))


@lru_cache(maxsize=4096)
def _shift(day: str, source: str, target: str) -> timedelta | None:
    """Give the difference between two zones' clocks, if it is the same all through a day."""
    first = datetime.fromisoformat(day)
    last = first.replace(hour=23, minute=59, second=59, microsecond=999_999)
    try:
        shift = _converted(first, source, target) - first
        return shift if _converted(last, source, target) - last == shift else None
    except OverflowError:  # a day at the calendar's ends
        return None


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_convert_timezone", 3, convert_timezone, deterministic=False),
)
