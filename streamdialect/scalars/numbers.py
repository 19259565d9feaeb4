"""Numbers: casts, and decimal arithmetic on exact digits."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, invalid, shown
from streamdialect.types import INTEGER_BOUNDS, to_sqlite

__all__ = ["SCALARS", "to_boolean", "to_decimal", "to_double", "to_integer"]

# Wide enough for products and quotients of two DECIMAL(38) values.
_EXACT = Context(prec=100)


# --- casts ----------------------------------------------------------------------------------------

_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z", re.A)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z", re.A)


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
            raise _overflow(value) from None
    return Decimal(value)


def _overflow(value: Any, kind: str = "") -> DataError:
    return DataError(f"Numeric data overflow (result precision): {shown(str(value))}{kind}")


def _store(value: Decimal) -> int | float:
    """Give the stored form of a DECIMAL; raise DataError where it would not be exact."""
    stored: int | float = to_sqlite(value)  # the one rule, by which types.converter reads it back
    return stored


def _fit(value: Decimal, precision: int, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    try:
        rounded = value.quantize(Decimal(1).scaleb(-scale), rounding, _EXACT)
    except InvalidOperation:
        rounded = None
    if rounded is None or abs(rounded) >= Decimal(10) ** (precision - scale):
        raise _overflow(value, f" as DECIMAL({precision},{scale})")
    return rounded


def to_decimal(value: Any, precision: int, scale: int) -> int | float | None:
    """Cast to DECIMAL(precision, scale), rounding half away from zero on the exact digits."""
    if value is None:
        return None
    return _store(_fit(_as_decimal(value, "numeric"), precision, scale))


def to_double(value: Any) -> float | None:
    """Cast to DOUBLE PRECISION."""
    if value is None:
        return None
    if isinstance(value, str):
        folded = value.strip().lower()
        if not _NUMBER.match(value) and folded not in ("nan", "infinity", "-infinity", "inf", "-inf"):
            raise invalid("double precision", value)
        if folded == "nan":
            raise DataError("NaN cannot be stored: SQLite has no such value")
    number = float(value)
    if number in (float("inf"), float("-inf")) and isinstance(value, str) and _NUMBER.match(value):
        raise DataError(f'"{shown(value)}" is out of range for type double precision')
    return number


_TRUE = frozenset({"t", "true", "y", "yes", "1", "on"})
_FALSE = frozenset({"f", "false", "n", "no", "0", "off"})


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


# --- decimal arithmetic ---------------------------------------------------------------------------


def decimal_operate(operator: str, left: Any, right: Any, precision: int, scale: int) -> int | float | None:
    """Add, subtract, multiply or divide exactly; a quotient is cut at its scale, not rounded."""
    if left is None or right is None:
        return None
    result = _operate(operator, _as_decimal(left, "numeric"), _as_decimal(right, "numeric"))
    return _store(_fit(result, precision, scale, ROUND_DOWN))


def _operate(operator: str, left: Decimal, right: Decimal) -> Decimal:
    if operator in "/%" and not right:
        raise DataError("division by zero")
    try:
        return _compute(operator, left, right)
    except ArithmeticError:  # more digits than any DECIMAL has
        raise _overflow(f"{left} {operator} {right}") from None


def _compute(operator: str, left: Decimal, right: Decimal) -> Decimal:
    if operator == "+":
        return _EXACT.add(left, right)
    if operator == "-":
        return _EXACT.subtract(left, right)
    if operator == "*":
        return _EXACT.multiply(left, right)
    return _EXACT.divide(left, right) if operator == "/" else _EXACT.remainder(left, right)


def decimal_exact(
    operator: str, left: Any, right: Any, precision: int, scale: int
) -> int | float | str | None:
    """Compute like ``decimal_operate``, but give text where REAL would not hold all digits."""
    if left is None or right is None:
        return None
    result = _operate(operator, _as_decimal(left, "numeric"), _as_decimal(right, "numeric"))
    fitted = _fit(result, precision, scale, ROUND_DOWN)
    try:
        return _store(fitted)
    except DataError:
        return str(fitted)


def decimal_text(value: Any, scale: int) -> str | None:
    """Write a DECIMAL with all digits of its scale."""
    return None if value is None else f"{_as_decimal(value, 'numeric'):.{scale}f}"


def decimal_round(value: Any, digits: int) -> int | float | None:
    """Round half away from zero on the exact digits; negative digits round before the point."""
    if value is None or digits is None:
        return None
    return _at_digits(value, digits, ROUND_HALF_UP)


def decimal_truncate(value: Any, digits: int) -> int | float | None:
    """Cut after a number of decimal digits."""
    if value is None or digits is None:
        return None
    return _at_digits(value, digits, ROUND_DOWN)


def _at_digits(value: Any, digits: int, rounding: str) -> int | float:
    exact = _as_decimal(value, "numeric")
    # Any number of digits may be asked for; only those that the value has are worth computing.
    present = -int(exact.as_tuple().exponent)
    if digits >= present:
        return float(exact) if isinstance(value, float) else _store(exact)
    if digits < -exact.adjusted() - 1:
        return 0
    try:
        return _store(exact.quantize(Decimal(1).scaleb(-digits), rounding, _EXACT))
    except InvalidOperation:
        raise _overflow(exact) from None


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_double_text", 1, double_text),
    Scalar("streamdialect_decimal_operate", 5, decimal_operate, deterministic=False),
    Scalar("streamdialect_decimal_exact", 5, decimal_exact, deterministic=False),
    Scalar("streamdialect_decimal_text", 2, decimal_text),
    Scalar("streamdialect_decimal_round", 2, decimal_round, deterministic=False),
    Scalar("streamdialect_decimal_truncate", 2, decimal_truncate, deterministic=False),
)
