"""Numbers: casts from text and floating point, and what has a name of its own."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars import decimals
from streamdialect.scalars.base import Scalar, invalid, shown
from streamdialect.types import INTEGER_BOUNDS

__all__ = ["SCALARS", "to_boolean", "to_decimal", "to_double", "to_integer"]

# Wide enough for every DECIMAL and for 15 digits of the largest DOUBLE PRECISION.
_EXACT = Context(prec=400)

# --- casts ----------------------------------------------------------------------------------------

_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z", re.A)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z", re.A)
_NO_NUMBER = frozenset({"nan", "infinity", "-infinity", "+infinity", "inf", "-inf", "+inf"})


def to_integer(value: Any, name: str) -> int | None:
    """Cast to SMALLINT, INTEGER or BIGINT; text must be an integer, numbers are rounded half away."""
    if value is None:
        return None
    if isinstance(value, str):
        if not _INTEGER.match(value):
            raise invalid("integer", value)
        # Python refuses to read thousands of digits; any 20 significant ones are out of range.
        sign, digits = ("-" if "-" in value else ""), value.strip().lstrip("+-").lstrip("0") or "0"
        number = int(sign + digits[:20])
    elif isinstance(value, float):
        exact = _as_decimal(value, name)
        number = int(exact.quantize(Decimal(1), ROUND_HALF_UP, _EXACT) if exact.adjusted() < 20 else exact)
    else:
        number = int(value)
    low, high = INTEGER_BOUNDS[name]
    if not low <= number <= high:
        raise DataError(f"{name.lower()} out of range: {shown(value)}")
    return number


def _as_decimal(value: Any, kind: str) -> Decimal:
    """Read a number exactly; a REAL counts as its 15 significant digits, as on Redshift."""
    if isinstance(value, float):
        text = format(value, ".15g")
        if text.lstrip("-") in ("inf", "nan"):
            raise invalid(kind, text)
        return Decimal(text)
    if isinstance(value, str):
        if not _NUMBER.match(value):
            raise invalid(kind, value)
        try:
            return Decimal(value.strip())
        except InvalidOperation:  # an exponent beyond what Decimal holds
            raise decimals.overflow(value) from None
    return Decimal(value)


def shortest(value: Any) -> Any:
    """Write a REAL with the fewest digits that tell it from its neighbours; give anything else as it is."""
    return repr(value) if isinstance(value, float) else value


def to_decimal(value: Any, precision: int, scale: int) -> int | float | None:
    """Cast text or DOUBLE PRECISION to DECIMAL, rounding half away from zero on the exact digits."""
    if value is None:
        return None
    return decimals.store(decimals.fit(_as_decimal(value, "numeric"), precision, scale))


def to_decimal_wide(value: Any, precision: int, scale: int) -> int | float | str | None:
    """Cast like ``to_decimal``, but give text where REAL would not hold all digits."""
    if value is None:
        return None
    return decimals.wide(decimals.fit(_as_decimal(value, "numeric"), precision, scale))


def to_double(value: Any) -> float | None:
    """Cast text to DOUBLE PRECISION; NaN and infinity are refused, for SQL here has no NaN."""
    if value is None:
        return None
    if isinstance(value, str):
        folded = value.strip().lower()
        if folded in _NO_NUMBER:
            raise DataError(f'"{shown(value)}" is not supported as a value of type double precision')
        if not _NUMBER.match(value):
            raise invalid("double precision", value)
    number = float(value)
    if math.isinf(number) and isinstance(value, str):
        raise DataError(f'"{shown(value)}" is out of range for type double precision')
    return number


_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})


def to_boolean(value: Any) -> int | None:
    """Cast text or an integer to BOOLEAN."""
    if value is None:
        return None
    if isinstance(value, str):
        folded = value.strip().lower()
        if folded in _TRUE:
            return 1
        if folded in _FALSE:
            return 0
        raise invalid("type boolean", value)
    return int(value != 0)


def double_text(value: Any) -> str | None:
    """Write a DOUBLE PRECISION number with its 15 significant digits."""
    return None if value is None else format(float(value), ".15g")


def real_text(value: Any) -> str | None:
    """Write a REAL number with its 6 significant digits."""
    return None if value is None else format(float(value), ".6g")


# --- floating point -------------------------------------------------------------------------------


def float_round(value: Any, digits: Any, operation: str) -> float | None:
    """Round or cut a DOUBLE PRECISION number by its 15 significant digits."""
    if value is None or digits is None:
        return None
    number = float(value)
    if math.isinf(number):
        return number
    return float(decimals.at_digits(_as_decimal(number, "double precision"), int(digits), operation))


def cube_root(value: Any) -> float | None:
    """Give the cube root; that of a cube is exact."""
    if value is None:
        return None
    number = float(value)
    if not number or math.isinf(number):
        return number
    root = math.copysign(abs(number) ** (1 / 3), number)
    # One step of Newton's method removes the error of the exponent, which is no third.
    root -= (root * root * root - number) / (3 * root * root)
    return float(round(root)) if round(root) ** 3 == number else root


def undefined(function: str, *arguments: Any) -> None:
    """Raise for a function that has no value, or none that DOUBLE PRECISION holds, unless an argument is NULL."""
    if None in arguments:
        return
    first = float(arguments[0])
    if function == "SQRT":
        message = "cannot take square root of a negative number"
    elif function in ("ACOS", "ASIN"):
        message = "input is out of range"
    elif function in ("LN", "LOG"):
        worst = min(float(argument) for argument in arguments)
        message = "input is out of range"  # the base is 1
        if worst <= 0:
            message = f"cannot take logarithm of {'a negative number' if worst < 0 else 'zero'}"
    elif function == "POWER" and first < 0 and not float(arguments[1]).is_integer():
        message = "invalid argument for power function"
    else:
        message = "value out of range: overflow"
    raise DataError(message)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_shortest", 1, shortest),
    Scalar("streamdialect_decimal_wide", 3, to_decimal_wide, deterministic=False),
    Scalar("streamdialect_double_text", 1, double_text),
    Scalar("streamdialect_real_text", 1, real_text),
    Scalar("streamdialect_float_round", 3, float_round, deterministic=False),
    Scalar("streamdialect_cbrt", 1, cube_root),
    Scalar("streamdialect_undefined", -1, undefined, deterministic=False),
)
