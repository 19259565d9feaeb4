"""Format models of TO_CHAR and TO_NUMBER for numbers (``r_Numeric_formating``)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from streamdialect.conversions import to_sqlite
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars.base import Scalar, invalid, shown

__all__ = ["NUMERALS", "SCALARS", "NumberFormat", "number_format", "ordinal", "roman"]

_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_ROMAN_WIDTH = 15
_CURRENCY = "$"
_TOKEN = re.compile(r'FM|MI|PL|SG|PR|RN|TH|EEEE|[90.,DGLSV]|"[^"]*"?|.', re.I | re.S)
_WIDE = Context(prec=80)


def roman(number: int) -> str:
    """Write a number in Roman numerals."""
    text = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        text += letters * count
    return text


NUMERALS = ["", *(roman(month) for month in range(1, 13))]


def ordinal(number: int, suffix: str) -> str:
    """Give a number's ending, st nd rd th, in the case of ``suffix``."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return ending.upper() if suffix.isupper() else ending


class NumberFormat(Struct, frozen=True):
    """Be a format of numbers, taken apart: ``whole`` and ``scale`` count its digits."""

    tokens: tuple[str, ...]
    fill: bool
    whole: int
    scale: int
    shift: int  # digits after V
    zero_from: int | None  # the first whole digit that is written as zero
    last_zero: int  # the last decimal that is written even if zero


@lru_cache(maxsize=256)
def number_format(pattern: str) -> NumberFormat:
    """Take a format apart; raise DataError or NotSupportedError for one that is none."""
    tokens: list[str] = []
    fill = pointed = shifted = False
    whole = scale = shift = last_zero = 0
    zero_from: int | None = None
    for token in _TOKEN.findall(pattern):
        upper = token.upper()
        if upper == "FM":
            fill = True
            continue
        if upper == "EEEE":
            raise NotSupportedError('the format "EEEE" is not supported')
        if upper in ("9", "0"):
            if pointed:
                scale += 1
                last_zero = scale if upper == "0" else last_zero
            else:
                shift += shifted
                if upper == "0" and zero_from is None:
                    zero_from = whole
                whole += 1
        elif upper in (".", "D"):
            if pointed or shifted:
                raise DataError(f'multiple decimal points in the format "{shown(pattern)}"')
            pointed = True
        elif upper == "V":
            if pointed:
                raise DataError(f'cannot use "V" and a decimal point together in "{shown(pattern)}"')
            shifted = True
            continue
        known = upper in ("MI", "PL", "SG", "PR", "RN", "TH", "S", "L", "G", "D", ".", ",", "9", "0")
        tokens.append(token if upper in ("RN", "TH") or not known else upper)
    marks = [token.upper() for token in tokens]
    if marks.count("S") > 1 or ("S" in marks and {"MI", "PL", "SG", "PR"} & set(marks)):
        raise DataError(f'"S" cannot be used with other signs in the format "{shown(pattern)}"')
    if "RN" in marks and set(marks) & {"9", "0", ".", "D"}:
        raise NotSupportedError('the format "RN" with digits is not supported')
    return NumberFormat(tuple(tokens), fill, whole, scale, shift, zero_from, last_zero)


def _exact(value: Any) -> Decimal:
    """Read a number exactly; a REAL counts as its 15 significant digits."""
    try:
        number = Decimal(format(value, ".15g") if isinstance(value, float) else str(value).strip())
    except ArithmeticError:
        raise invalid("type numeric", value) from None
    if not number.is_finite():
        raise invalid("type numeric", value)
    return number


def write_number(value: Any, pattern: Any) -> str | None:
    """Write a number as TO_CHAR does."""
    if value is None or pattern is None:
        return None
    found = number_format(str(pattern))
    number = _exact(value)
    for token in found.tokens:
        if token.upper() == "RN":
            return _roman(number, found, token)
    scaled = number.scaleb(found.shift, _WIDE)
    rounded = scaled.quantize(Decimal(1).scaleb(-found.scale), ROUND_HALF_UP, _WIDE)
    digits, _, decimals = f"{abs(rounded):f}".partition(".")
    return _Writer(found, "" if digits == "0" and found.whole == 0 else digits, decimals, rounded).text()


def _roman(number: Decimal, found: NumberFormat, token: str) -> str:
    whole = int(number.to_integral_value(ROUND_HALF_UP))
    text = roman(whole) if 0 < whole < 4000 else "#" * _ROMAN_WIDTH
    text = text.lower() if token.islower() else text
    return text if found.fill else text.rjust(_ROMAN_WIDTH)


class _Writer:
    """Write one number by one format."""

    def __init__(self, found: NumberFormat, digits: str, decimals: str, rounded: Decimal) -> None:
        self.format, self.negative, self.rounded = found, rounded < 0, rounded
        overflow = len(digits) > found.whole
        self.digits = "#" * found.whole if overflow else digits
        self.decimals = "#" * found.scale if overflow else decimals
        # Whole digits before this position are blanks.
        self.start = found.whole - len(self.digits)
        if found.zero_from is not None:
            self.start = min(self.start, found.zero_from)
        self.digits = self.digits.rjust(found.whole, "0")
        shown_decimals = self.decimals
        if found.fill:
            shown_decimals = self.decimals.rstrip("0").ljust(found.last_zero, "0")
        self.shown = len(shown_decimals)
        # A lone zero before the point is not written, unless nothing is written after it.
        empty = not overflow and not self.digits.strip("0")
        self.bare = empty and found.zero_from is None and found.scale > 0 and found.whole > 0
        if self.bare and found.fill and not self.shown:
            self.bare = False
        self.upper = [token.upper() for token in found.tokens]
        self.anchored = "S" in self.upper and self.upper.index("S") < self._first_digit()
        self.own_sign = bool({"S", "MI", "PL", "SG", "PR"} & set(self.upper))
        self.signed = False
        self.out: list[str] = []

    def _first_digit(self) -> int:
        return next((i for i, token in enumerate(self.upper) if token in ("9", "0")), len(self.upper))

    def text(self) -> str:
        """Give the text."""
        position = decimal = 0
        pointed = False
        for token, upper in zip(self.format.tokens, self.upper, strict=True):
            if upper in ("9", "0"):
                if pointed:
                    if decimal < self.shown:
                        self.out.append(self.decimals[decimal])
                    decimal += 1
                else:
                    self._digit(position)
                    position += 1
            elif upper in (".", "D"):
                pointed = True
                self._sign()
                self.out.append(".")
            elif upper in (",", "G"):
                self._separator(position)
            else:
                self._mark(token, upper)
        return "".join(self.out)

    def _digit(self, position: int) -> None:
        blank = position < self.start or (self.bare and position == self.format.whole - 1)
        if blank:
            if not self.format.fill:
                self.out.append(" ")
            return
        self._sign()
        self.out.append(self.digits[position])

    def _separator(self, position: int) -> None:
        if position > self.start and not (self.bare and position >= self.format.whole):
            self.out.append(",")
        elif not self.format.fill:
            self.out.append(" ")

    def _sign(self) -> None:
        """Write the sign that stands right before the first digit."""
        if self.signed:
            return
        self.signed = True
        if self.anchored:
            self.out.append("-" if self.negative else "+")
        elif "PR" in self.upper:
            if self.negative or not self.format.fill:
                self.out.append("<" if self.negative else " ")
        elif not self.own_sign and (self.negative or not self.format.fill):
            self.out.append("-" if self.negative else " ")

    def _mark(self, token: str, upper: str) -> None:
        blank = "" if self.format.fill else " "
        if upper == "S":
            if not self.anchored:
                self.out.append("-" if self.negative else "+")
        elif upper == "MI":
            self.out.append("-" if self.negative else blank)
        elif upper == "PL":
            self.out.append(blank if self.negative else "+")
        elif upper == "SG":
            self.out.append("-" if self.negative else "+")
        elif upper == "PR":
            if self.negative or not self.format.fill:
                self.out.append(">" if self.negative else " ")
        elif upper == "L":
            self.out.append(_CURRENCY)
        elif upper == "TH":
            if not self.negative and self.format.scale == 0:
                self.out.append(ordinal(int(self.rounded), token))
        else:
            self.out.append(token.strip('"') if token.startswith('"') else token)


def read_number(value: Any, pattern: Any) -> int | float | None:
    """Read a number as TO_NUMBER does."""
    if value is None or pattern is None:
        return None
    found = number_format(str(pattern))
    text = re.sub(r"[\s,$]", "", str(value))
    match = re.fullmatch(r"([-+<]?)(\d*)(?:\.(\d*))?([-+>]?)", text, re.A)
    if match is None or not (match[2] or match[3]):
        raise DataError(f'invalid input syntax for type numeric: "{shown(value)}"')
    if len(match[2].lstrip("0")) > found.whole or len(match[3] or "") > found.scale:
        raise DataError(f'"{shown(value)}" does not fit the format "{shown(pattern)}"')
    number = Decimal(f"{match[2] or 0}.{match[3] or 0}")
    if "-" in (match[1], match[4]) or match[1] == "<":
        number = -number
    stored: int | float = to_sqlite(number)
    return stored


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_to_char_number", 2, write_number, deterministic=False),
    Scalar("streamdialect_to_number", 2, read_number, deterministic=False),
)
