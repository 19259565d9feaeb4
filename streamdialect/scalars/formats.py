"""Format models of TO_CHAR, TO_DATE and TO_TIMESTAMP for dates and times (``r_FORMAT_strings``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars.base import Scalar, shown
from streamdialect.scalars.numerals import NUMERALS, ordinal, roman
from streamdialect.scalars.times import MONTHS

__all__ = ["SCALARS", "Piece", "datetime_pieces", "input_pieces"]

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# Elements by the number of characters, so that the longest is found first.
_UPPER = frozenset(
    {
        *("SSSS", "A.M.", "P.M.", "B.C.", "A.D.", "AM", "PM", "BC", "AD", "TZ", "OF"),
        *("Y,YYY", "YYYY", "YYY", "YY", "Y", "IYYY", "IYY", "IY", "I", "CC", "Q"),
        *("MONTH", "MON", "MM", "RM", "WW", "IW", "W", "DAY", "DY", "IDDD", "DDD", "DD", "D", "ID", "J"),
        *("HH24", "HH12", "HH", "MI", "SS", "MS", "US"),
    }
)
_MIXED = ("Month", "Day", "Mon", "Dy")
_ELEMENTS = sorted({*_UPPER, *(word.lower() for word in _UPPER), *_MIXED}, key=len, reverse=True)
_PIECE = re.compile(
    rf"(?P<fill>[Ff][Mm])?(?P<name>{'|'.join(map(re.escape, _ELEMENTS))})(?P<suffix>TH|th)?"
    r'|(?P<mode>[Ff][XxMm])|"(?P<quoted>[^"]*)"?|(?P<other>.)',
    re.S,
)


class Piece(Struct, frozen=True):
    """Be one part of a format: an element, or text where ``name`` is empty."""

    text: str
    name: str = ""
    fill: bool = False
    suffix: str = ""


@lru_cache(maxsize=256)
def datetime_pieces(pattern: str) -> tuple[Piece, ...]:
    """Take a format of TO_CHAR apart."""
    pieces: list[Piece] = []
    for found in _PIECE.finditer(pattern):
        if found["name"]:
            pieces.append(
                Piece(found["name"], found["name"].upper(), bool(found["fill"]), found["suffix"] or "")
            )
        elif found["quoted"] is not None:
            pieces.append(Piece(found["quoted"]))
        elif found["other"]:
            pieces.append(Piece(found["other"]))
        else:
            raise NotSupportedError(f'the format modifier "{found["mode"]}" here is not supported')
    return tuple(pieces)


# --- writing --------------------------------------------------------------------------------------


def _cased(text: str, pattern: str) -> str:
    """Write a name in upper, mixed or lower case, as its element is written."""
    if pattern.isupper():
        return text.upper()
    return text.capitalize() if pattern[0].isupper() else text.lower()


# Elements that are numbers: how each is computed, and its width.
_NUMBERS: dict[str, tuple[Callable[[datetime], int], int]] = {
    "CC": (lambda stamp: (stamp.year + 99) // 100, 2),
    "YYYY": (lambda stamp: stamp.year, 4),
    "YYY": (lambda stamp: stamp.year % 1000, 3),
    "YY": (lambda stamp: stamp.year % 100, 2),
    "Y": (lambda stamp: stamp.year % 10, 1),
    "IYYY": (lambda stamp: stamp.isocalendar()[0], 4),
    "IYY": (lambda stamp: stamp.isocalendar()[0] % 1000, 3),
    "IY": (lambda stamp: stamp.isocalendar()[0] % 100, 2),
    "I": (lambda stamp: stamp.isocalendar()[0] % 10, 1),
    "Q": (lambda stamp: (stamp.month + 2) // 3, 1),
    "MM": (lambda stamp: stamp.month, 2),
    "W": (lambda stamp: (stamp.day - 1) // 7 + 1, 1),
    "WW": (lambda stamp: (stamp.timetuple().tm_yday - 1) // 7 + 1, 2),
    "IW": (lambda stamp: stamp.isocalendar()[1], 2),
    "DDD": (lambda stamp: stamp.timetuple().tm_yday, 3),
    "IDDD": (lambda stamp: (stamp.isocalendar()[1] - 1) * 7 + stamp.isoweekday(), 3),
    "DD": (lambda stamp: stamp.day, 2),
    "D": (lambda stamp: stamp.isoweekday() % 7 + 1, 1),
    "ID": (lambda stamp: stamp.isoweekday(), 1),
    "J": (lambda stamp: stamp.toordinal() + 1_721_425, 1),
    "HH24": (lambda stamp: stamp.hour, 2),
    "HH12": (lambda stamp: (stamp.hour + 11) % 12 + 1, 2),
    "HH": (lambda stamp: (stamp.hour + 11) % 12 + 1, 2),
    "MI": (lambda stamp: stamp.minute, 2),
    "SS": (lambda stamp: stamp.second, 2),
    "MS": (lambda stamp: stamp.microsecond // 1000, 3),
    "US": (lambda stamp: stamp.microsecond, 6),
    "SSSS": (lambda stamp: stamp.hour * 3600 + stamp.minute * 60 + stamp.second, 1),
}


def _written(piece: Piece, stamp: datetime) -> str:
    name, pattern = piece.name, piece.text
    if name in _NUMBERS:
        compute, width = _NUMBERS[name]
        number = compute(stamp)
        text = f"{number:0{1 if piece.fill else width}}"
        return text + (ordinal(number, piece.suffix) if piece.suffix else "")
    if name == "Y,YYY":
        return f"{stamp.year // 1000},{stamp.year % 1000:03}"
    if name in ("MONTH", "DAY"):
        names = MONTHS[stamp.month - 1] if name == "MONTH" else WEEKDAYS[stamp.isoweekday() % 7]
        text = _cased(names, pattern)
        return text if piece.fill else f"{text:9}"
    if name in ("MON", "DY"):
        return _cased(
            (MONTHS[stamp.month - 1] if name == "MON" else WEEKDAYS[stamp.isoweekday() % 7])[:3], pattern
        )
    if name == "RM":
        text = _cased(roman(stamp.month), pattern)
        return text if piece.fill else f"{text:4}"
    half = (_AFTERNOON if stamp.hour >= 12 else _MORNING).get(name)
    mark = half or _FIXED[name]
    return mark if pattern.isupper() else mark.lower()


_MORNING = {"AM": "AM", "PM": "AM", "A.M.": "A.M.", "P.M.": "A.M."}
_AFTERNOON = {"AM": "PM", "PM": "PM", "A.M.": "P.M.", "P.M.": "P.M."}
_FIXED = {"AD": "AD", "BC": "AD", "A.D.": "A.D.", "B.C.": "A.D.", "TZ": "UTC", "OF": "+00"}


def write_time(moment: Any, pattern: Any) -> str | None:
    """Write a TIMESTAMP as TO_CHAR does."""
    if moment is None or pattern is None:
        return None
    stamp = datetime.fromisoformat(moment)
    return "".join(
        _written(piece, stamp) if piece.name else piece.text for piece in datetime_pieces(str(pattern))
    )


# --- reading --------------------------------------------------------------------------------------

_WIDTHS = {"YYYY": 4, "DDD": 3, "MS": 3, "US": 6} | dict.fromkeys(
    ("YY", "MM", "DD", "HH24", "HH12", "HH", "MI", "SS"), 2
)
_READ = frozenset(
    {*_WIDTHS, "MONTH", "MON", "DAY", "DY", "RM", "AM", "PM", "A.M.", "P.M.", "AD", "A.D.", "J", "SSSS"}
)


@lru_cache(maxsize=256)
def input_pieces(pattern: str) -> tuple[Piece, ...]:
    """Take a format of TO_DATE or TO_TIMESTAMP apart.

    Raise NotSupportedError for an element that is not read, and for a format that does not tell the day.
    """
    pieces = datetime_pieces(pattern)
    names = {piece.name for piece in pieces if piece.name}
    for piece in pieces:
        if piece.name and piece.name not in _READ:
            raise NotSupportedError(f'the format "{piece.text}" is not supported for reading')
    if "J" not in names and not ({"YYYY", "YY"} & names):
        raise NotSupportedError(f'the format "{shown(pattern)}" has no year; reading it is not supported')
    return pieces


class _Reader:
    """Read a text by a format, element by element."""

    def __init__(self, text: str, pattern: str) -> None:
        self.text, self.position = text, 0
        self.values: dict[str, int] = {}
        self.half = ""
        pieces = input_pieces(pattern)
        for index, piece in enumerate(pieces):
            following = pieces[index + 1] if index + 1 < len(pieces) else None
            if self.position >= len(text):
                break
            if not piece.name:
                self._literal(piece)
                continue
            while self.text[self.position : self.position + 1].isspace():
                self.position += 1
            self._element(piece, following)

    def _literal(self, piece: Piece) -> None:
        # Whatever stands in the text at the place of a separator is passed over.
        for mark in piece.text:
            if mark.isspace() and self.text[self.position : self.position + 1].isalnum():
                continue
            self.position += 1

    def _element(self, piece: Piece, following: Piece | None) -> None:
        name = piece.name
        if name in ("MONTH", "MON"):
            self.values["MM"] = self._word(piece, MONTHS) + 1
        elif name in ("DAY", "DY"):
            self._word(piece, WEEKDAYS)
        elif name == "RM":
            found = re.compile(r"[IVX]+", re.I).match(self.text, self.position)
            if found is None or found[0].upper() not in NUMERALS:
                raise self._mismatch(piece)
            self.values["MM"] = NUMERALS.index(found[0].upper())
            self.position = found.end()
        elif name in ("AM", "PM", "A.M.", "P.M.", "AD", "A.D."):
            marks = r"([AP])\.?M\.?" if "M" in name else r"(A)\.?D\.?"
            found = re.compile(marks, re.I).match(self.text, self.position)
            if found is None:
                raise self._mismatch(piece)
            self.position = found.end()
            self.half = found[1].upper() if "M" in name else self.half
        else:
            self._number(piece, following)

    def _word(self, piece: Piece, names: tuple[str, ...]) -> int:
        rest = self.text[self.position :].lower()
        for number, name in enumerate(names):
            for word in (name, name[:3]) if piece.name in ("MONTH", "DAY") else (name[:3],):
                if rest.startswith(word):
                    self.position += len(word)
                    return number
        raise self._mismatch(piece)

    def _number(self, piece: Piece, following: Piece | None) -> None:
        # Before another number an element has its own width, before anything else it takes all digits.
        fixed = following is not None and following.name in _WIDTHS
        width = _WIDTHS.get(piece.name, 7) if fixed or piece.name in ("MS", "US") else 9
        found = re.compile(rf"[+-]?\d{{1,{width}}}", re.A).match(self.text, self.position)
        if found is None:
            raise self._mismatch(piece)
        self.position = found.end()
        number = int(found[0])
        if piece.suffix:
            self.position += 2
        if piece.name in ("MS", "US"):
            number = int(found[0].ljust(6, "0"))
        elif piece.name == "YY" and len(found[0]) <= 2:
            number += 2000 if number < 70 else 1900
        self.values["YYYY" if piece.name == "YY" else piece.name] = number

    def _mismatch(self, piece: Piece) -> DataError:
        return DataError(f'invalid value for {piece.text} in "{shown(self.text)}"')

    def moment(self, strict: bool) -> datetime:
        """Make the time of what was read; what is beyond its range rolls over, or is refused."""
        values = self.values
        hour, minute, second = self._clock(), values.get("MI", 0), values.get("SS", 0)
        micro = values.get("US", values.get("MS", 0))
        year, month, day = values.get("YYYY", 1), values.get("MM", 1), values.get("DD", 1)
        if strict and not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
            raise DataError(
                f"date/time field time value out of range: {hour}:{minute:02}:{second:02}.{micro}"
            )
        try:
            if "J" in values:
                start = datetime.fromordinal(values["J"] - 1_721_425)
            elif "DDD" in values:
                start = datetime(year, 1, 1) + timedelta(days=values["DDD"] - 1)
                if strict and start.year != year:
                    raise DataError(f"date/time field date value out of range: {year}-{values['DDD']}")
            else:
                if strict:
                    date(year, month, day)
                start = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) + timedelta(days=day - 1)
            return start + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro)
        except (ValueError, OverflowError):
            raise DataError(f"date/time field date value out of range: {year}-{month}-{day}") from None

    def _clock(self) -> int:
        values = self.values
        if "SSSS" in values:
            values.setdefault("SS", values["SSSS"])
        hour = values.get("HH24", values.get("HH12", values.get("HH", 0)))
        if self.half == "P" and hour < 12:
            return hour + 12
        return 0 if self.half == "A" and hour == 12 else hour


def _read(value: Any, pattern: Any, strict: Any) -> datetime | None:
    if value is None or pattern is None or strict is None:
        return None
    if not str(value).strip():
        return datetime(1, 1, 1)
    return _Reader(str(value), str(pattern)).moment(bool(strict))


def read_timestamp(value: Any, pattern: Any, strict: Any) -> str | None:
    """Read a TIMESTAMPTZ as TO_TIMESTAMP does; empty text is the first day of year 1."""
    moment = _read(value, pattern, strict)
    return None if moment is None else moment.isoformat(" ", "microseconds")


def read_date(value: Any, pattern: Any, strict: Any) -> str | None:
    """Read a DATE as TO_DATE does."""
    moment = _read(value, pattern, strict)
    return None if moment is None else moment.date().isoformat()


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_to_char_time", 2, write_time, deterministic=False),
    Scalar("streamdialect_to_timestamp", 3, read_timestamp, deterministic=False),
    Scalar("streamdialect_to_date", 3, read_date, deterministic=False),
)
