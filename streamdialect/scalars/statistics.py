"""Variance and percentiles, computed exactly and rounded once.

A moving frame takes rows out again: exact sums make that as if they had never been in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Aggregate, digits_of

__all__ = ["AGGREGATES"]


class Variance:
    """Keep count, sum and sum of squares of numbers as integers in units of a power of two."""

    __slots__ = ("_bits", "_count", "_squares", "_sum")
    spared = 0  # degrees of freedom that the divisor lacks

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0  # times 2 ** bits
        self._squares = 0  # times 4 ** bits
        self._bits = 0

    def step(self, value: Any) -> None:
        """Take a number in."""
        if value is not None:
            number = self._scaled(value)
            self._count += 1
            self._sum += number
            self._squares += number * number

    def inverse(self, value: Any) -> None:
        """Take a number out again."""
        if value is not None:
            number = self._scaled(value)
            self._count -= 1
            self._sum -= number
            self._squares -= number * number

    def _scaled(self, value: Any) -> int:
        try:
            number, divisor = value.as_integer_ratio()
        except OverflowError:
            raise DataError("the variance of an infinite value is not a number") from None
        bits = divisor.bit_length() - 1
        if bits > self._bits:
            self._sum <<= bits - self._bits
            self._squares <<= 2 * (bits - self._bits)
            self._bits = bits
        scaled: int = number << (self._bits - bits)
        return scaled

    def _variance(self) -> Fraction | None:
        if self._count <= self.spared:
            return None
        spread = self._count * self._squares - self._sum * self._sum
        return Fraction(spread, self._count * (self._count - self.spared) << (2 * self._bits))

    def value(self) -> float | None:
        """Give the variance, NULL of too few numbers."""
        variance = self._variance()
        return None if variance is None else _finite(variance)

    def final(self) -> float | None:
        """Give the result."""
        return self.value()


def _finite(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        raise DataError("value out of range: overflow") from None


class SampleVariance(Variance):
    """Compute VAR_SAMP."""

    __slots__ = ()
    spared = 1


class Deviation(Variance):
    """Compute STDDEV_POP."""

    __slots__ = ()

    def value(self) -> float | None:
        """Give the standard deviation, NULL of too few numbers."""
        variance = self._variance()
        return None if variance is None else _root(variance)


class SampleDeviation(Deviation):
    """Compute STDDEV_SAMP."""

    __slots__ = ()
    spared = 1


def _root(number: Fraction) -> float:
    """Take a square root of a fraction that may be beyond what a float holds."""
    if not number:
        return 0.0
    # An even power of two brings it near 1, where float() loses nothing.
    half = (number.numerator.bit_length() - number.denominator.bit_length()) // 2
    near = number / Fraction(4) ** half
    return math.ldexp(math.sqrt(near), half)


# --- percentiles ----------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1)


class Percentile:
    """Collect the values of a group and find a percentile: one of them, or between two of them.

    The arguments after the value are the percentile as text, whether the order is descending, and how
    values are interpolated: DISC takes one that is there, DECIMAL, DOUBLE, DATE and TIMESTAMP compute.
    """

    __slots__ = ("_descending", "_how", "_result", "_share", "_sorted", "_values")

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._sorted = True
        self._share = "0"
        self._descending = 0
        self._how = "DISC"

    def step(self, value: Any, share: str, descending: int, how: str) -> None:
        """Take a value in."""
        if value is not None:
            self._values.append(value)
            self._sorted = False
            self._share, self._descending, self._how = share, descending, how

    def inverse(self, value: Any, share: str, descending: int, how: str) -> None:
        """Take the oldest value out again."""
        if value is not None:
            self._values.remove(value)
            self._sorted = False

    def value(self) -> Any:
        """Give the percentile, NULL of nothing."""
        if not self._values:
            return None
        if not self._sorted:
            self._values.sort(reverse=bool(self._descending))
            self._sorted = True
            self._result = self._compute()
        return self._result

    final = value

    def _compute(self) -> Any:
        values, share = self._values, Fraction(self._share)
        if self._how == "DISC":
            return values[max(0, math.ceil(share * len(values)) - 1)]
        position = share * (len(values) - 1)
        low = math.floor(position)
        rest = position - low
        if not rest:
            return values[low] if self._how != "DECIMAL" else _decimal_text(Fraction(digits_of(values[low])))
        return _BETWEEN[self._how](values[low], values[low + 1], rest)


def _decimal_text(number: Fraction) -> str:
    """Write a fraction that ends: all of ours are products of decimals."""
    digits = 0
    scaled = number
    while scaled.denominator != 1:
        scaled *= 10
        digits += 1
    return format(Decimal(scaled.numerator).scaleb(-digits), "f")


def _between_decimals(low: Any, high: Any, rest: Fraction) -> str:
    return _decimal_text((1 - rest) * Fraction(digits_of(low)) + rest * Fraction(digits_of(high)))


def _between_doubles(low: float, high: float, rest: Fraction) -> float:
    if math.isinf(low) or math.isinf(high):
        return float(1 - rest) * low + float(rest) * high
    return float((1 - rest) * Fraction(low) + rest * Fraction(high))


def _between_dates(low: str, high: str, rest: Fraction) -> str:
    first, last = date.fromisoformat(low[:10]), date.fromisoformat(high[:10])
    return date.fromordinal(math.floor((1 - rest) * first.toordinal() + rest * last.toordinal())).isoformat()


def _between_timestamps(low: str, high: str, rest: Fraction) -> str:
    first, last = (
        (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1) for text in (low, high)
    )
    moment = _EPOCH + timedelta(microseconds=math.floor((1 - rest) * first + rest * last))
    return moment.isoformat(" ", "microseconds")


_BETWEEN: dict[str, Callable[[Any, Any, Fraction], Any]] = {
    "DECIMAL": _between_decimals,
    "DOUBLE": _between_doubles,
    "DATE": _between_dates,
    "TIMESTAMP": _between_timestamps,
}

AGGREGATES: tuple[Aggregate, ...] = (
    Aggregate("streamdialect_var_pop", 1, Variance),
    Aggregate("streamdialect_var_samp", 1, SampleVariance),
    Aggregate("streamdialect_stddev_pop", 1, Deviation),
    Aggregate("streamdialect_stddev_samp", 1, SampleDeviation),
    Aggregate("streamdialect_percentile", 4, Percentile),
)
