"""Variance and percentiles, computed exactly and rounded once.

A moving frame takes rows out again: exact sums make that as if they had never been in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from streamdialect.conversions import to_sqlite
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

    def _ratio(self) -> tuple[int, int] | None:
        """Give the variance as numerator and denominator, NULL of too few numbers."""
        if self._count <= self.spared:
            return None
        spread = self._count * self._squares - self._sum * self._sum
        return spread, self._count * (self._count - self.spared) << (2 * self._bits)

    def value(self) -> float | None:
        """Give the variance, NULL of too few numbers."""
        ratio = self._ratio()
        return None if ratio is None else _quotient(*ratio)

    def final(self) -> float | None:
        """Give the result."""
        return self.value()


def _quotient(number: int, divisor: int) -> float:
    try:
        return number / divisor  # of integers, Python rounds it correctly
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
        ratio = self._ratio()
        return None if ratio is None else _root(*ratio)


class SampleDeviation(Deviation):
    """Compute STDDEV_SAMP."""

    __slots__ = ()
    spared = 1


def _root(number: int, divisor: int) -> float:
    """Take the square root of a ratio that may be beyond what a float holds."""
    if not number:
        return 0.0
    # An even power of two brings it near 1.
    half = (number.bit_length() - divisor.bit_length()) // 2
    near = number / (divisor << 2 * half) if half >= 0 else (number << -2 * half) / divisor
    return math.ldexp(math.sqrt(near), half)


# --- percentiles ----------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1)


class Percentile:
    """Collect the values of a group and find a percentile: one of them, or between two of them.

    The arguments after the value are the percentile as text, whether the order is descending, how values are
    interpolated (DISC takes one that is there; DECIMAL, DOUBLE, DATE and TIMESTAMP compute), and the scale of
    a DECIMAL result, which is text where its stored form would not be exact.
    """

    __slots__ = ("_descending", "_how", "_result", "_scale", "_share", "_sorted", "_values")

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._sorted = True
        self._share = "0"
        self._descending = 0
        self._how = "DISC"
        self._scale = 0

    def step(self, value: Any, share: str, descending: int, how: str, scale: int) -> None:
        """Take a value in."""
        if value is not None:
            self._values.append(value)
            self._sorted = False
            self._share, self._descending, self._how, self._scale = share, descending, how, scale

    def inverse(self, value: Any, *how: Any) -> None:
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
        high = low + 1 if rest else low
        if self._how == "DECIMAL":
            return _between_decimals(values[low], values[high], rest, self._scale)
        return values[low] if not rest else _BETWEEN[self._how](values[low], values[high], rest)


def _between_decimals(low: Any, high: Any, rest: Fraction, scale: int) -> Any:
    number = (1 - rest) * Fraction(digits_of(low)) + rest * Fraction(digits_of(high))
    found = Decimal(math.trunc(number * 10**scale)).scaleb(-scale, Context(prec=80))
    try:
        return to_sqlite(found)
    except DataError:
        return format(found, "f")


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
    "DOUBLE": _between_doubles,
    "DATE": _between_dates,
    "TIMESTAMP": _between_timestamps,
}

AGGREGATES: tuple[Aggregate, ...] = (
    Aggregate("streamdialect_var_pop", 1, Variance),
    Aggregate("streamdialect_var_samp", 1, SampleVariance),
    Aggregate("streamdialect_stddev_pop", 1, Deviation),
    Aggregate("streamdialect_stddev_samp", 1, SampleDeviation),
    Aggregate("streamdialect_percentile", 5, Percentile),
)
