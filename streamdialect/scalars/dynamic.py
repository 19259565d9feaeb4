"""SUPER values by their dynamic types: comparison, grouping, order, casts, arithmetic.

Source: ``query-super`` ("Dynamic typing", "Order by"), ``operators-functions``, ``limitations-super``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars import numbers, times
from streamdialect.scalars.base import Scalar, attempt, shown
from streamdialect.scalars.documents import REMEMBERED_LENGTH, Number, read_json, write_json

__all__ = ["SCALARS", "float_text", "group_key", "order_key"]

_MAX_PRECISION = 38
_EXACT = Context(prec=2000)
_ROUNDINGS = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "round": ROUND_HALF_UP, "trunc": ROUND_DOWN}

# --- keys -----------------------------------------------------------------------------------------

_PARTS = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?\Z", re.A)
_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_EXPONENT_DIGITS = 18
_HALF = 5 * 10**_EXPONENT_DIGITS
_WHOLE_DIGITS = 1000


def _parts(number: str) -> tuple[str, str, int]:
    """Give sign, significant digits and the exponent of the first digit; zero has no digits."""
    found = _PARTS.match(number)
    if found is None:
        raise DataError(f"not a number: {shown(number)}")
    sign, whole, fraction, exponent = found[1], found[2], found[3] or "", found[4] or "0"
    digits = (whole + fraction).lstrip("0")
    # Exponents beyond any number are all the same to us, and Python refuses to read the longest.
    power = int(exponent) if len(exponent) < _EXPONENT_DIGITS else int(exponent[:1] + "9" * 17)
    return sign, digits.rstrip("0"), len(digits) - len(fraction) + power - 1


def _number_key(number: str) -> str:
    sign, digits, exponent = _parts(number)
    if not digits:
        return "25"
    scale = f"{exponent + _HALF:019d}"
    if sign:
        return "24" + (scale + digits).translate(_COMPLEMENT) + ":"
    return "26" + scale + digits + "!"


def _text_key(text: str) -> str:
    # Ends with what is less than any character, so that a shorter text comes first inside arrays too.
    return text.rstrip(" ").replace("\1", "\1\3").replace("\0", "\1\2") + "\1\1"


def _key(value: Any) -> str:
    """Write a value so that texts compare as the values do: boolean, number, string, array, object, null."""
    if isinstance(value, Number):
        return _number_key(value)
    if isinstance(value, str):
        return "3" + _text_key(value)
    if isinstance(value, bool):
        return f"1{value:d}"
    if isinstance(value, list):
        return "4" + "".join(map(_key, value)) + "\1"
    if isinstance(value, dict):
        return "5" + "".join(_text_key(name) + _key(value[name]) for name in sorted(value)) + "\1"
    return "6"


@lru_cache(1024)
def _remembered_key(text: str) -> str:
    return _key(read_json(text))


def order_key(text: Any) -> str | None:
    """Give a text that sorts as a SUPER value does; equal values have equal keys."""
    if text is None:
        return None
    return _remembered_key(text) if len(text) <= REMEMBERED_LENGTH else _key(read_json(text))


def group_key(text: Any) -> str | None:
    """Give a text that equal SUPER values share.

    ``=`` and the JSON text where ``ordering.super_key`` can tell by its look that the value has no other form.
    """
    if text is None:
        return None
    value = read_json(text)
    if isinstance(value, Number):
        sign, digits, exponent = _parts(value)
        if not digits:
            return "=0"
        if not sign and len(digits) - 1 <= exponent < _WHOLE_DIGITS:
            return "=" + digits.ljust(exponent + 1, "0")
    elif isinstance(value, bool):
        return f"={text.strip()}"
    elif isinstance(value, str):
        return "=" + encode_basestring(value.rstrip(" "))
    return _key(value)


def _form(value: Any) -> Any:
    if isinstance(value, Number):
        sign, digits, exponent = _parts(value)
        if not digits:
            return Number("0")
        number = Decimal((int(bool(sign)), tuple(map(int, digits)), exponent - len(digits) + 1))
        return Number(format(number, "f") if abs(exponent) < _WHOLE_DIGITS else str(number))
    if isinstance(value, str):
        return value.rstrip(" ")
    if isinstance(value, list):
        return [_form(item) for item in value]
    if isinstance(value, dict):
        return {name: _form(value[name]) for name in sorted(value)}
    return value


def super_form(text: Any) -> str | None:
    """Write a SUPER value in the one form that all its equals share."""
    return None if text is None else write_json(_form(read_json(text)))


def json_compare(left: Any, right: Any) -> int | None:
    """Compare two SUPER values: -1, 0 or 1, and 2 where only equality could be asked of them."""
    if left is None or right is None:
        return None
    a, b = order_key(left), order_key(right)
    assert a is not None
    assert b is not None
    if a == b:
        return 0
    if a[0] != b[0] or a[0] in "456":
        return 2
    return -1 if a < b else 1


# --- casts ----------------------------------------------------------------------------------------


def _scalar(text: Any) -> Any:
    value = read_json(text)
    if isinstance(value, (list, dict)):
        kind = "array" if isinstance(value, list) else "object"
        raise DataError(f"cannot cast a SUPER {kind} to another type: {shown(text)}")
    return value


def _mismatch(value: Any, kind: str) -> DataError:
    return DataError(f"cannot cast the SUPER value {shown(str(value))} to {kind}")


def super_integer(text: Any, name: str) -> int | None:
    """Cast to an integer type; decimals are rounded, as on Redshift."""
    value = None if text is None else _scalar(text)
    if isinstance(value, Number):
        if value.is_float:
            return numbers.to_integer(float(value), name)
        exact = Decimal(value)
        return numbers.to_integer(str(exact.quantize(Decimal(1), ROUND_HALF_UP, _EXACT)), name)
    return numbers.to_integer(value, name)


def super_decimal(text: Any, precision: int, scale: int) -> int | float | None:
    """Cast to DECIMAL(precision, scale)."""
    value = None if text is None else _scalar(text)
    if isinstance(value, bool):
        raise _mismatch(value, "numeric")
    return numbers.to_decimal(value, precision, scale)


def super_double(text: Any) -> float | None:
    """Cast to DOUBLE PRECISION."""
    value = None if text is None else _scalar(text)
    if isinstance(value, bool):
        raise _mismatch(value, "double precision")
    return numbers.to_double(value)


def super_boolean(text: Any) -> int | None:
    """Cast to BOOLEAN: integers and strings, but no number with decimals (``limitations-super``)."""
    value = None if text is None else _scalar(text)
    if isinstance(value, Number):
        if not value.lstrip("-").isdigit():
            raise _mismatch(value, "boolean")
        return int(value.strip("-0") != "")
    return numbers.to_boolean(value)


def super_text(text: Any) -> str | None:
    """Cast to VARCHAR, strictly."""
    value = None if text is None else _scalar(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number) and value.is_float:
        return numbers.double_text(numbers.to_double(value))
    return None if value is None else str(value)


def _from_string(cast: Callable[[Any], Any], kind: str) -> Callable[[Any], Any]:
    def function(text: Any) -> Any:
        value = None if text is None else _scalar(text)
        if isinstance(value, (bool, Number)):
            raise _mismatch(value, kind)
        return cast(value)

    function.__doc__ = f"Cast a SUPER string to {kind}; no other SUPER value can be."
    return function


_CASTS: tuple[tuple[str, Callable[..., Any], int], ...] = (
    ("integer", super_integer, 2),
    ("decimal", super_decimal, 3),
    ("double", super_double, 1),
    ("boolean", super_boolean, 1),
    ("text", super_text, 1),
    ("timestamp", _from_string(times.to_timestamp, "timestamp"), 1),
    ("timestamptz", _from_string(times.to_timestamptz, "timestamptz"), 1),
    ("date", _from_string(times.to_date, "date"), 1),
    ("time", _from_string(times.to_time, "time"), 1),
)


def float_text(value: Any) -> str | None:
    """Write a floating-point number as SUPER does, with an exponent: 2.22e+0 (``r_is_float``)."""
    if value is None:
        return None
    if not math.isfinite(value):
        raise DataError(f"{value} cannot be a SUPER value")
    sign, digits, exponent = Decimal(format(float(value), ".15g")).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1 if any(digits) else 0
    fraction = "".join(map(str, digits[1:]))
    return f"{'-' if sign else ''}{digits[0]}{'.' if fraction else ''}{fraction}e{power:+d}"


# --- arithmetic -----------------------------------------------------------------------------------


def super_operate(operator: str, left: Any, right: Any) -> str | None:
    """Compute with two SUPER values; NULL unless both are numbers, or strings to be joined by ``+``."""
    if left is None or right is None:
        return None
    a, b = read_json(left), read_json(right)
    if isinstance(a, Number) and isinstance(b, Number):
        if operator in "/%" and not _parts(b)[1]:
            raise DataError("division by zero")
        return _floats(operator, a, b) if a.is_float or b.is_float else _decimals(operator, a, b)
    texts = all(isinstance(value, str) and not isinstance(value, Number) for value in (a, b))
    return encode_basestring(a + b) if texts and operator == "+" else None


def _floats(operator: str, a: Number, b: Number) -> str | None:
    x, y = float(a), float(b)
    try:
        if operator == "%":
            result = math.fmod(x, y)
        else:
            result = (
                x + y
                if operator == "+"
                else x - y
                if operator == "-"
                else x * y
                if operator == "*"
                else x / y
            )
    except (ArithmeticError, ValueError):
        result = math.inf
    if not math.isfinite(result):
        raise DataError(f"float8 out of range: {a} {operator} {b}")
    return float_text(result)


def _digits(number: Decimal) -> tuple[int, int]:
    scale = max(0, -int(number.as_tuple().exponent))
    return max(len(number.as_tuple().digits), scale, 1), scale


def _decimals(operator: str, left: Number, right: Number) -> str:
    """Compute with exact numbers; the scale comes from the operands (``r_numeric_computations201``)."""
    a, b = Decimal(left), Decimal(right)
    (_, s1), (p2, s2) = _digits(a), _digits(b)
    if operator == "/":
        if s1 == s2 == 0:
            result = _EXACT.divide_int(a, b)
        else:
            scale = max(4, s1 + p2 - s2 + 1)
            result = _EXACT.divide(a, b).quantize(Decimal(1).scaleb(-scale), ROUND_DOWN, _EXACT)
    elif operator == "%":
        result = _EXACT.remainder(a, b)
    elif operator == "*":
        result = _EXACT.multiply(a, b)
    else:
        result = _EXACT.add(a, b) if operator == "+" else _EXACT.subtract(a, b)
    if len(result.as_tuple().digits) > _MAX_PRECISION:
        raise DataError(f"Numeric data overflow (result precision): {shown(f'{a} {operator} {b}')}")
    return format(result, "f") if result else format(abs(result), "f")


def super_round(function: str, text: Any, digits: Any = 0) -> str | None:
    """Round a SUPER number; NULL for anything else. ``function`` is floor, ceil, round, trunc or abs."""
    value = None if text is None or digits is None else read_json(text)
    if not isinstance(value, Number):
        return None
    if value.is_float:
        number = float(value)
        if function == "abs":
            return float_text(abs(number))
        exact = Decimal(format(number, ".15g"))
    else:
        exact = Decimal(value)
    if function == "abs":
        return format(abs(exact), "f")
    places = max(-400, min(int(digits), _digits(exact)[1]))
    rounded = exact.quantize(Decimal(1).scaleb(-places), _ROUNDINGS[function], _EXACT)
    if value.is_float:
        return float_text(float(rounded))
    return format(rounded if rounded else abs(rounded), "f")


def super_mean(total: Any, count: int) -> str | None:
    """Divide a sum of SUPER numbers by their count; the scale is the sum's, the rest is cut (``super-examples``)."""
    if total is None:
        return None
    number = Number(total)
    if number.is_float:
        return float_text(float(number) / count)
    exact = Decimal(number)
    mean = _EXACT.divide(exact, Decimal(count))
    return format(mean.quantize(Decimal(1).scaleb(-_digits(exact)[1]), ROUND_DOWN, _EXACT), "f")


def super_negate(text: Any) -> str | None:
    """Negate a SUPER number; NULL for anything else."""
    return super_operate("*", text, "-1")


def decimal_part(part: str, text: Any) -> int | None:
    """Give precision or scale of a SUPER decimal; NULL for anything else (``r_decimal_precision``)."""
    value = None if text is None else read_json(text)
    if not isinstance(value, Number) or value.is_float:
        return None
    precision, scale = _digits(Decimal(value))
    return precision if part == "precision" else scale


def _cast_scalars() -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    for name, cast, arguments in _CASTS:
        found.append(Scalar(f"streamdialect_super_{name}", arguments, cast, deterministic=False))
        found.append(Scalar(f"streamdialect_try_super_{name}", arguments, attempt(cast)))
    return tuple(found)


SCALARS: tuple[Scalar, ...] = (
    *_cast_scalars(),
    Scalar("streamdialect_json_compare", 2, json_compare),
    Scalar("streamdialect_super_order", 1, order_key),
    Scalar("streamdialect_super_group", 1, group_key),
    Scalar("streamdialect_super_form", 1, super_form),
    Scalar("streamdialect_super_float", 1, float_text, deterministic=False),
    Scalar("streamdialect_super_operate", 3, super_operate, deterministic=False),
    Scalar("streamdialect_super_mean", 2, super_mean, deterministic=False),
    Scalar("streamdialect_super_negate", 1, super_negate, deterministic=False),
    Scalar("streamdialect_super_round", -1, super_round, deterministic=False),
    Scalar("streamdialect_super_decimal_part", 2, decimal_part),
)
