"""DECIMAL on exact digits: reading what is stored, arithmetic, rounding, storing.

A DECIMAL comes as it is stored (an INTEGER, or the REAL nearest to it) or, between two functions that know of
it, as text where no REAL is exact. The functions ``_wide`` give such text, the others raise DataError instead.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from streamdialect.conversions import to_sqlite
from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, Unstorable, attempt, shown
from streamdialect.types import INTEGER_BOUNDS

__all__ = ["SCALARS", "at_digits", "combine", "fit", "overflow", "store", "units_of", "wide"]

# Wide enough for products and quotients of two DECIMAL(38) values.
_EXACT = Context(prec=100)
_DIGITS_OF_64_BITS, _MOST_DIGITS = 19, 38
# Powers of ten, for more digits than the product of two DECIMALs with a quotient's scale has.
_TENS: tuple[int, ...] = tuple(10**n for n in range(200))
# Below it every integer is the digits of a decimal that the nearest REAL tells apart.
_SAFE = 10**15
_LOW, _HIGH = INTEGER_BOUNDS["BIGINT"]
_ROUNDINGS = {"round": ROUND_HALF_UP, "trunc": ROUND_DOWN, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


def overflow(value: Any, kind: str = "") -> DataError:
    """Make the error for a number that its type does not hold."""
    return DataError(f"Numeric data overflow (result precision): {shown(str(value))}{kind}")


def store(value: Decimal) -> int | float:
    """Give the stored form of a DECIMAL; raise Unstorable where it would not be exact."""
    try:
        stored: int | float = to_sqlite(value)  # the one rule, by which conversions.converter reads it back
    except DataError as error:
        raise Unstorable(error.args[0], hint=error.hint) from None
    return stored


def wide(value: Decimal) -> int | float | str:
    """Give the stored form of a DECIMAL, or its text where that would not be exact."""
    try:
        return store(value)
    except Unstorable:
        return format(value, "f")


def units_of(value: Any, scale: int) -> int:
    """Read a DECIMAL of a scale as it is stored; give it as an integer at that scale."""
    if type(value) is int:
        return value * _TENS[scale]
    if type(value) is float:
        units = value * _TENS[scale]
        if -_SAFE < units < _SAFE:
            return round(units)
        # repr has the fewest digits that tell the float from its neighbours: those of the decimal.
        value = repr(value)
    return int(Decimal(value).scaleb(scale, _EXACT).to_integral_value(ROUND_HALF_UP))


def _stored(units: int, scale: int) -> int | float:
    if -_SAFE < units < _SAFE:
        whole, rest = divmod(units, _TENS[scale])
        return units / _TENS[scale] if rest else whole
    return store(Decimal(units).scaleb(-scale, _EXACT))


def _wide(units: int, scale: int) -> int | float | str:
    if -_SAFE < units < _SAFE:
        return _stored(units, scale)
    return wide(Decimal(units).scaleb(-scale, _EXACT))


def fit(value: Decimal, precision: int, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round to DECIMAL(precision, scale); raise DataError where it does not fit."""
    try:
        rounded = value.quantize(Decimal(1).scaleb(-scale), rounding, _EXACT)
    except InvalidOperation:
        rounded = None
    # 19 digits are kept in 64 bits, whatever the place of the point (r_Numeric_types201).
    wide = (
        precision == _DIGITS_OF_64_BITS and rounded is not None and abs(rounded.scaleb(scale, _EXACT)) > _HIGH
    )
    if rounded is None or wide or abs(rounded) >= Decimal(10) ** (precision - scale):
        raise overflow(value, f" as DECIMAL({precision},{scale})")
    return rounded


# --- arithmetic -----------------------------------------------------------------------------------


def combine(operator: str, left: Decimal, right: Decimal, precision: int, scale: int) -> Decimal:
    """Add, subtract, multiply or divide exactly; a quotient is cut at its scale, not rounded."""
    units = _combine(operator, *_own_digits(left), *_own_digits(right), precision, scale)
    return Decimal(units).scaleb(-scale, _EXACT)


def _combine(operator: str, a: int, a_scale: int, b: int, b_scale: int, precision: int, scale: int) -> int:
    """Combine integers at their scales to one at the last argument."""
    if operator == "*":
        result, own = a * b, a_scale + b_scale
    elif operator == "/":
        if not b:
            raise DataError("division by zero")
        # More digits than wanted on either side, so that both are integers.
        result, own = _cut(a * _TENS[b_scale + scale], b * _TENS[a_scale]), scale
    else:
        own = max(a_scale, b_scale)
        a, b = a * _TENS[own - a_scale], b * _TENS[own - b_scale]
        if operator == "%":
            if not b:
                raise DataError("division by zero")
            result = a - b * _cut(a, b)
        else:
            result = a + b if operator == "+" else a - b
    if own > scale:
        result = _cut(result, _TENS[own - scale])
    elif own < scale:
        result *= _TENS[scale - own]
    return _checked(result, precision, scale)


def _cut(dividend: int, divisor: int) -> int:
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _nearest(units: int, step: int) -> int:
    """Divide, rounding half away from zero."""
    steps = (abs(units) + step // 2) // step
    return steps if units >= 0 else -steps


def _checked(units: int, precision: int, scale: int) -> int:
    # 19 digits are kept in 64 bits, whatever the place of the point (r_Numeric_types201).
    if abs(units) >= _TENS[precision] or (precision == _DIGITS_OF_64_BITS and abs(units) > _HIGH):
        value = Decimal(units).scaleb(-scale, _EXACT)
        raise overflow(f"{value:f}", f" as DECIMAL({precision},{scale})")
    return units


def _operate(operator: str, *arguments: Any) -> int | None:
    *sides, precision, scale = arguments
    if len(sides) == 2:  # with as many digits as they have
        left, right = sides
        if left is None or right is None:
            return None
        return _combine(operator, *_own_digits(left), *_own_digits(right), precision, scale)
    left, left_scale, right, right_scale = sides
    if left is None or right is None:
        return None
    a, b = units_of(left, left_scale), units_of(right, right_scale)
    return _combine(operator, a, left_scale, b, right_scale, precision, scale)


def _own_digits(value: Any) -> tuple[int, int]:
    number = Decimal(repr(value) if isinstance(value, float) else value)
    scale = max(0, -int(number.as_tuple().exponent))
    return int(number.scaleb(scale, _EXACT)), scale


def operate(*arguments: Any) -> int | float | None:
    """Compute ``operator, left [, its scale], right [, its scale]`` as DECIMAL of the last two arguments."""
    units = _operate(*arguments)
    return None if units is None else _stored(units, arguments[-1])


def operate_wide(*arguments: Any) -> int | float | str | None:
    """Compute like ``operate``, but give text where REAL would not hold all digits."""
    units = _operate(*arguments)
    return None if units is None else _wide(units, arguments[-1])


# --- casts ----------------------------------------------------------------------------------------


def _rescale(value: Any, own: int, precision: int, scale: int) -> int:
    units = units_of(value, own)
    units = _nearest(units, _TENS[own - scale]) if own > scale else units * _TENS[scale - own]
    return _checked(units, precision, scale)


def rescale(value: Any, own: int, precision: int, scale: int) -> int | float | None:
    """Cast a DECIMAL of scale ``own`` to another, rounding half away from zero."""
    return None if value is None else _stored(_rescale(value, own, precision, scale), scale)


def rescale_wide(value: Any, own: int, precision: int, scale: int) -> int | float | str | None:
    """Cast like ``rescale``, but give text where REAL would not hold all digits."""
    return None if value is None else _wide(_rescale(value, own, precision, scale), scale)


def to_whole(value: Any, scale: int, name: str) -> int | None:
    """Cast a DECIMAL to an integer type, rounding half away from zero."""
    if value is None:
        return None
    number = _nearest(units_of(value, scale), _TENS[scale])
    low, high = INTEGER_BOUNDS[name]
    if not low <= number <= high:
        raise DataError(f"{name.lower()} out of range: {shown(str(number))}")
    return number


def to_text(value: Any, scale: int) -> str | None:
    """Write a DECIMAL with all digits of its scale."""
    return None if value is None else f"{Decimal(units_of(value, scale)).scaleb(-scale, _EXACT):f}"


def to_units(value: Any, scale: int) -> int | None:
    """Give a DECIMAL as an integer at its scale; raise DataError beyond 64 bits."""
    if value is None:
        return None
    number = units_of(value, scale)
    if not _LOW <= number <= _HIGH:
        raise Unstorable(f"DECIMAL value {value} has more digits than can be added up exactly")
    return number


def sort_key(value: Any, own: int, scale: int) -> str | None:
    """Write a DECIMAL of scale ``own``, read at ``scale``, so that texts sort as the numbers do."""
    if value is None:
        return None
    units = units_of(value, own) * _TENS[scale - own]
    # Two DECIMAL(38) of different scale have up to 75 digits in common.
    return f"1{units:076d}" if units >= 0 else f"0{_TENS[76] + units:076d}"


# --- rounding -------------------------------------------------------------------------------------


def at_digits(value: Decimal, digits: int, operation: str) -> Decimal:
    """Round (``round``, ``trunc``, ``ceil``, ``floor``) at a number of digits after the point."""
    # Any number of digits may be asked for; only those that the value has are worth computing.
    if digits >= -int(value.as_tuple().exponent):
        return value
    if digits < -value.adjusted() - 1 and operation in ("round", "trunc"):
        return Decimal(0)
    return value.quantize(Decimal(1).scaleb(-digits), _ROUNDINGS[operation], Context(prec=400))


def _rounded(value: Any, own: int, digits: Any, operation: str) -> int | None:
    if value is None or digits is None:
        return None
    units, places = units_of(value, own), int(digits)
    if places >= own:
        return units
    step = _TENS[min(own - places, len(_TENS) - 1)]  # of more digits than any DECIMAL has, nothing is left
    if operation == "round":
        steps = _nearest(units, step)
    elif operation == "trunc":
        steps = _cut(units, step)
    else:
        steps = units // step if operation == "floor" else -(-units // step)
    return _checked(steps * step, _MOST_DIGITS, own)


def rounded(value: Any, own: int, digits: Any, operation: str) -> int | float | None:
    """Round a DECIMAL of scale ``own`` at ``digits`` after the point."""
    units = _rounded(value, own, digits, operation)
    return None if units is None else _stored(units, own)


def rounded_wide(value: Any, own: int, digits: Any, operation: str) -> int | float | str | None:
    """Round like ``rounded``, but give text where REAL would not hold all digits."""
    units = _rounded(value, own, digits, operation)
    return None if units is None else _wide(units, own)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_decimal_operate", -1, operate, deterministic=False),
    Scalar("streamdialect_decimal_exact", -1, operate_wide, deterministic=False),
    Scalar("streamdialect_rescale", 4, rescale, deterministic=False),
    Scalar("streamdialect_rescale_wide", 4, rescale_wide, deterministic=False),
    Scalar("streamdialect_try_rescale", 4, attempt(rescale), deterministic=False),
    Scalar("streamdialect_try_rescale_wide", 4, attempt(rescale_wide), deterministic=False),
    Scalar("streamdialect_whole", 3, to_whole, deterministic=False),
    Scalar("streamdialect_try_whole", 3, attempt(to_whole), deterministic=False),
    Scalar("streamdialect_decimal_text", 2, to_text),
    Scalar("streamdialect_units", 2, to_units, deterministic=False),
    Scalar("streamdialect_sort_key", 3, sort_key),
    Scalar("streamdialect_decimal_round", 4, rounded, deterministic=False),
    Scalar("streamdialect_decimal_round_wide", 4, rounded_wide, deterministic=False),
)
