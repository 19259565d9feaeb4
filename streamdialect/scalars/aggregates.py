"""Aggregates that SQLite lacks, as running states: exact sums, bits, lists, extremes of SUPER values."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from decimal import Context, Decimal
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars import statistics, windows
from streamdialect.scalars.base import Aggregate, Scalar, digits_of, shown
from streamdialect.scalars.dynamic import float_text

__all__ = ["AGGREGATES", "SCALARS"]

_LISTAGG_BYTES = 65_535
# Sums of numbers with 38 digits; nothing is ever rounded in it.
_WIDE = Context(prec=2_000)


# --- sums -----------------------------------------------------------------------------------------


def to_scaled(value: Any, scale: int) -> int | None:
    """Give a DECIMAL as an integer in units of its last digit."""
    if value is None:
        return None
    number = int(digits_of(value).scaleb(scale).to_integral_value())
    if not -(2**63) <= number < 2**63:
        raise DataError(f"Numeric data overflow: {shown(str(value))}")
    return number


def joined(high: Any, low: Any) -> int | str | None:
    """Join the sums of the upper and the lower halves of integers; as text where 64 bits do not hold it."""
    if high is None:
        return None
    number: int = (high << 32) + low
    return number if -(2**63) <= number < 2**63 else str(number)


def mean(high: Any, low: Any, count: int) -> int | None:
    """Divide such a sum by the number of values; the quotient is cut."""
    if high is None:
        return None
    number: int = (high << 32) + low
    return number // count if number >= 0 else -(-number // count)


class DecimalSum:
    """Add decimals of any size; the sum is an integer, or text with all its digits."""

    __slots__ = ("_count", "_sum")

    def __init__(self) -> None:
        self._sum = Decimal(0)
        self._count = 0

    def step(self, value: Any) -> None:
        """Take a number in."""
        if value is not None:
            self._sum = _WIDE.add(self._sum, digits_of(value))
            self._count += 1

    def inverse(self, value: Any) -> None:
        """Take a number out again."""
        if value is not None:
            self._sum = _WIDE.subtract(self._sum, digits_of(value))
            self._count -= 1

    def value(self) -> str | None:
        """Give the sum, NULL of nothing."""
        return format(self._sum, "f") if self._count else None

    final = value


class SuperSum:
    """Add the numbers among SUPER values; the sum is a SUPER number."""

    __slots__ = ("_count", "_inexact", "_sum")

    def __init__(self) -> None:
        self._sum = Decimal(0)
        self._inexact = 0  # how many of the numbers are floating point
        self._count = 0

    def step(self, value: Any) -> None:
        """Take a value in."""
        self._add(value, 1)

    def inverse(self, value: Any) -> None:
        """Take a value out again."""
        self._add(value, -1)

    def _add(self, value: Any, sign: int) -> None:
        if value is None or value == "null":
            return
        number = json.loads(value, parse_float=Decimal, parse_int=Decimal)
        if not isinstance(number, Decimal):
            raise DataError(f"SUM of a SUPER value that is no number: {shown(value)}")
        self._sum = _WIDE.add(self._sum, number if sign > 0 else -number)
        self._inexact += sign if "e" in value or "E" in value else 0
        self._count += sign

    def value(self) -> str | None:
        """Give the sum as JSON, NULL of nothing."""
        if not self._count:
            return None
        if not self._inexact:
            return format(self._sum, "f")
        number = float(self._sum)
        if number in (float("inf"), float("-inf")):
            raise DataError("value out of range: overflow")
        return float_text(number)

    final = value


# --- bits -----------------------------------------------------------------------------------------


class BitAnd:
    """Combine integers by a bit-wise AND."""

    __slots__ = ("_bits",)

    def __init__(self) -> None:
        self._bits: int | None = None

    def step(self, value: Any) -> None:
        """Take an integer in."""
        if value is not None:
            self._bits = value if self._bits is None else self._bits & value

    def final(self) -> int | None:
        """Give the bits that all have."""
        return self._bits


class BitOr(BitAnd):
    """Combine integers by a bit-wise OR."""

    __slots__ = ()

    def step(self, value: Any) -> None:
        """Take an integer in."""
        if value is not None:
            self._bits = value if self._bits is None else self._bits | value


# --- text -----------------------------------------------------------------------------------------


def listagg(text: Any) -> Any:
    """Check the size of LISTAGG's result."""
    if text is not None and len(text.encode()) > _LISTAGG_BYTES:
        raise DataError("Result size exceeds LISTAGG limit")
    return text


class DistinctList:
    """Join texts in the order in which they come, each once; blanks at the end do not tell texts apart."""

    __slots__ = ("_delimiter", "_size", "_texts")

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._delimiter = ""

    def step(self, text: Any, delimiter: Any) -> None:
        """Take a text in."""
        if text:
            self._texts.setdefault(text.rstrip(" "), text)
            self._delimiter = delimiter or ""

    def inverse(self, text: Any, delimiter: Any) -> None:
        """Refuse: a list is over a whole partition."""
        raise DataError("LISTAGG over a moving frame")

    def value(self) -> str | None:
        """Give the joined texts, NULL of none."""
        return self._delimiter.join(self._texts.values()) if self._texts else None

    final = value


class SortedList:
    """Join texts in the order of keys, as SQLite orders them.

    The arguments after text and delimiter are whether equal texts are joined once, how the keys sort
    (``COLLATE RTRIM DESC NULLS FIRST, ...``), and the keys.
    """

    __slots__ = ("_how", "_rows")

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._how: tuple[str, int, str] = "", 0, ""

    def step(self, text: Any, delimiter: Any, distinct: int, how: str, *keys: Any) -> None:
        """Take a text in."""
        if text:
            self._rows.append((text, *keys))
            self._how = delimiter or "", distinct, how

    def final(self) -> str | None:
        """Give the joined texts, NULL of none."""
        delimiter, distinct, how = self._how
        rows = self._rows
        if not rows:
            return None
        for place, way in reversed([*enumerate(how.split(", "), 1)]):
            keys = _sort_keys([row[place] for row in rows], way)
            # Python's sort keeps the order that a later key has made.
            rows = [
                rows[index] for index in sorted(range(len(rows)), key=keys.__getitem__, reverse="DESC" in way)
            ]
        if not distinct:
            return delimiter.join([row[0] for row in rows])
        first: dict[str, str] = {}
        for row in rows:
            first.setdefault(row[0].rstrip(" "), row[0])
        return delimiter.join(first.values())


def _sort_keys(values: list[Any], how: str) -> list[Any]:
    """Give what Python orders as SQLite orders values: numbers, texts, blobs; NULL where it is wanted."""
    if "RTRIM" in how:
        values = [value.rstrip(" ") if isinstance(value, str) else value for value in values]
    classes = {_CLASSES[each] for each in {*map(type, values)}}
    if len(classes) == 1 and 0 not in classes:
        return values
    null = 4 if ("DESC" in how) is how.endswith("FIRST") else 0
    return [(null,) if value is None else (_CLASSES[type(value)], value) for value in values]


_CLASSES = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}


# --- extremes -------------------------------------------------------------------------------------


def _order_key(value: Any) -> tuple[int, Any]:
    """Order SUPER scalars as ORDER BY does: booleans, then numbers, then strings (``query-super``)."""
    scalar = json.loads(value, parse_float=Decimal)
    if isinstance(scalar, bool):
        return 0, scalar
    if isinstance(scalar, (int, Decimal)):
        return 1, scalar
    if isinstance(scalar, str):
        return 2, scalar.rstrip(" ").encode()
    raise DataError(f"MIN or MAX of a SUPER array or object: {shown(value)}")


class SuperLeast:
    """Keep SUPER values in order and give the least."""

    __slots__ = ("_keys", "_values")
    place = 0

    def __init__(self) -> None:
        self._keys: list[tuple[int, Any]] = []
        self._values: dict[tuple[int, Any], list[str]] = {}

    def step(self, value: Any) -> None:
        """Take a value in."""
        if value is None or value == "null":
            return
        key = _order_key(value)
        same = self._values.setdefault(key, [])
        if not same:
            insort(self._keys, key)
        same.append(value)

    def inverse(self, value: Any) -> None:
        """Take a value out again."""
        if value is None or value == "null":
            return
        key = _order_key(value)
        same = self._values[key]
        same.remove(value)
        if not same:
            del self._values[key]
            del self._keys[bisect_left(self._keys, key)]

    def value(self) -> str | None:
        """Give the extreme value, NULL of nothing."""
        return self._values[self._keys[self.place]][0] if self._keys else None

    final = value


class SuperMost(SuperLeast):
    """Keep SUPER values in order and give the greatest."""

    __slots__ = ()
    place = -1


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_joined", 2, joined),
    Scalar("streamdialect_mean", 3, mean),
    Scalar("streamdialect_scaled", 2, to_scaled, deterministic=False),
    Scalar("streamdialect_listagg", 1, listagg, deterministic=False),
)

AGGREGATES: tuple[Aggregate, ...] = (
    Aggregate("streamdialect_decimal_sum", 1, DecimalSum),
    Aggregate("streamdialect_super_sum", 1, SuperSum),
    Aggregate("streamdialect_super_min", 1, SuperLeast),
    Aggregate("streamdialect_super_max", 1, SuperMost),
    Aggregate("streamdialect_bit_and", 1, BitAnd, windowed=False),
    Aggregate("streamdialect_bit_or", 1, BitOr, windowed=False),
    Aggregate("streamdialect_listagg_distinct", 2, DistinctList),
    Aggregate("streamdialect_listagg_sorted", -1, SortedList, windowed=False),
    *statistics.AGGREGATES,
    *windows.AGGREGATES,
)
