"""The SQL functions that translated statements call and SQLite lacks; each connection registers them.

They are the slow, exact path: translations call them only where SQLite's own functions cannot decide.
Every function gives NULL for a NULL argument and raises DataError for a value that does not fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import wraps
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars import texts, times
from streamdialect.scalars.texts import invalid, shown
from streamdialect.types import INTEGER_BOUNDS, to_sqlite

__all__ = ["SCALARS", "Scalar"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """Describe a function to register.

    ``arguments`` is their number, -1 for any. A function that is not ``deterministic`` must not be
    registered as such: SQLite would compute it once, before it knows whether a CASE needs it.
    ``innocuous`` functions may stand in a stored view.
    """

    name: str
    arguments: int
    function: Callable[..., Any]
    deterministic: bool = True
    innocuous: bool = True


# Wide enough for products and quotients of two DECIMAL(38) values.
_EXACT = Context(prec=100)


# --- errors raised from SQL -----------------------------------------------------------------------


def fail(value: Any, message: str) -> None:
    """Raise DataError, unless the value is NULL; ``%`` in the message stands for the value."""
    if value is not None:
        raise DataError(message.replace("%", shown(value)))


def json_error(text: Any, function: str) -> None:
    """Raise Redshift's error for text that is no JSON, unless it is NULL."""
    if text is None:
        return
    document = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    try:
        json.loads(document, parse_constant=_no_constant)
        reason = "not strict JSON"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise DataError(
        f"JSON parsing error\nDETAIL:  code: 8001; context: invalid json object {shown(document)}; "
        f"query: {function}; {reason}",
        hint="Guard the expression with CAN_JSON_PARSE.",
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


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


def cut(value: Any, length: int) -> str | None:
    """Cut text to a number of bytes, never inside a character."""
    if value is None:
        return None
    return str(value).encode("utf-8", "surrogatepass")[:length].decode("utf-8", "ignore")


def utf8(value: Any) -> str | None:
    """Decode a VARBYTE value as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"invalid byte sequence for encoding UTF8 at byte {error.start}") from None


def double_text(value: Any) -> str | None:
    """Write a DOUBLE PRECISION number with its 15 significant digits."""
    return None if value is None else format(float(value), ".15g")


def from_json(text: Any) -> Any:
    """Give the scalar in a JSON text; numbers keep their digits as text, JSON null is NULL."""
    if text is None:
        return None
    value = json.loads(text, parse_int=str, parse_float=str) if text[:1] == '"' else text
    return None if text == "null" else value


def _strict_json(cast: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """Make the cast of a JSON text as JSON_EXTRACT_PATH_TEXT(...) would give it to the same cast."""

    def function(text: Any, *arguments: Any) -> Any:
        return cast(from_json(text), *arguments)

    function.__doc__ = f"Cast the text that lies in a JSON text to {kind}."
    return function


def _attempt(cast: Callable[..., Any]) -> Callable[..., Any]:
    """Make TRY_CAST's form of a cast: NULL instead of DataError."""

    def function(*arguments: Any) -> Any:
        try:
            return cast(*arguments)
        except DataError:
            return None

    function.__doc__ = f"{cast.__doc__} Give NULL where that fails."
    return function


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


# --- JSON -----------------------------------------------------------------------------------------


def _split_to_array(text: str, delimiter: str = ",") -> str:
    return json.dumps(text.split(delimiter), separators=(",", ":"), ensure_ascii=False)


def json_compare(left: Any, right: Any) -> int | None:
    """Compare two SUPER values: -1, 0 or 1; NULL if only equality could be asked of them.

    Objects and arrays are compared deeply, numbers by value; 2 means different types.
    """
    if left is None or right is None:
        return None
    try:
        a, b = (json.loads(value, parse_float=Decimal) for value in (left, right))
    except (ArithmeticError, RecursionError, ValueError):  # no JSON, or beyond what numbers hold
        return 2
    if isinstance(a, str) and isinstance(b, str):
        a, b = a.rstrip(" "), b.rstrip(" ")
    numbers = all(isinstance(value, (int, Decimal)) and not isinstance(value, bool) for value in (a, b))
    if not numbers and type(a) is not type(b):
        return 2
    if a == b:
        return 0
    if isinstance(a, (dict, list)):
        return 2
    return -1 if a < b else 1


_CASTS: tuple[tuple[str, Callable[..., Any], int], ...] = (
    ("integer", to_integer, 2),
    ("decimal", to_decimal, 3),
    ("double", to_double, 1),
    ("boolean", to_boolean, 1),
    ("timestamp", times.to_timestamp, 1),
    ("timestamptz", times.to_timestamptz, 1),
    ("date", times.to_date, 1),
    ("time", times.to_time, 1),
)


def _cast_scalars() -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    for name, cast, arguments in _CASTS:
        from_text = _strict_json(cast, name)
        found.append(Scalar(f"streamdialect_{name}", arguments, cast, deterministic=False))
        found.append(Scalar(f"streamdialect_try_{name}", arguments, _attempt(cast)))
        found.append(Scalar(f"streamdialect_json_{name}", arguments, from_text, deterministic=False))
        found.append(Scalar(f"streamdialect_try_json_{name}", arguments, _attempt(from_text)))
    return tuple(found)


def _text(name: str, arguments: int, function: Callable[..., Any], raises: bool = False) -> Scalar:
    return Scalar(f"streamdialect_{name}", arguments, texts.strict_text(function), deterministic=not raises)


def _total(scalar: Scalar) -> Scalar:
    """Raise DataError for whatever a function raises: its arguments are all that it depends on."""
    function = scalar.function

    @wraps(function)
    def checked(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (DataError, MemoryError):
            raise
        except Exception as error:
            name = scalar.name.removeprefix("streamdialect_")
            raise DataError(f"invalid argument of {name}: {type(error).__name__}: {error}") from error

    return replace(scalar, function=checked)


_ALL: tuple[Scalar, ...] = (
    Scalar("streamdialect_fail", 2, fail, deterministic=False),
    Scalar("streamdialect_json_error", 2, json_error, deterministic=False),
    *_cast_scalars(),
    Scalar("streamdialect_cut", 2, cut),
    Scalar("streamdialect_utf8", 1, utf8, deterministic=False),
    Scalar("streamdialect_try_utf8", 1, _attempt(utf8)),
    Scalar("streamdialect_double_text", 1, double_text),
    Scalar("streamdialect_decimal_operate", 5, decimal_operate, deterministic=False),
    Scalar("streamdialect_decimal_exact", 5, decimal_exact, deterministic=False),
    Scalar("streamdialect_decimal_text", 2, decimal_text),
    Scalar("streamdialect_decimal_round", 2, decimal_round, deterministic=False),
    Scalar("streamdialect_decimal_truncate", 2, decimal_truncate, deterministic=False),
    Scalar("streamdialect_time_range", 2, times.time_range, deterministic=False),
    Scalar("streamdialect_add_months", 2, times.add_months, deterministic=False),
    Scalar("streamdialect_add_years", 2, times.add_years, deterministic=False),
    Scalar("streamdialect_add_micros", 2, times.add_micros, deterministic=False),
    Scalar("streamdialect_matches", -1, texts.matches, deterministic=False),
    Scalar("streamdialect_similar", -1, texts.similar, deterministic=False),
    Scalar("streamdialect_json_compare", 2, json_compare),
    Scalar("streamdialect_lower", 1, texts.unequal_text(str.lower)),
    Scalar("streamdialect_upper", 1, texts.unequal_text(str.upper)),
    Scalar("streamdialect_initcap", 1, texts.unequal_text(texts.initcap)),
    Scalar("streamdialect_reverse", 1, texts.unequal_text(lambda text: text[::-1])),
    Scalar("streamdialect_chr", 1, texts.character, deterministic=False),
    _text("split_part", 3, texts.split_part, raises=True),
    _text("lpad", 3, lambda text, length, fill: texts.pad(text, length, fill, left=True)),
    _text("rpad", 3, lambda text, length, fill: texts.pad(text, length, fill, left=False)),
    _text("translate", 3, texts.translate),
    _text("repeat", 2, texts.repeat, raises=True),
    _text("regexp_replace", -1, texts.regexp_replace, raises=True),
    _text("regexp_substr", -1, texts.regexp_substr, raises=True),
    _text("regexp_count", -1, texts.regexp_count, raises=True),
    _text("regexp_instr", -1, texts.regexp_instr, raises=True),
    _text("md5", 1, texts.hash("md5")),
    _text("sha1", 1, texts.hash("sha1")),
    _text("sha2", 2, texts.hash("sha2"), raises=True),
    _text("from_hex", 1, texts.from_hex, raises=True),
    _text("strtol", 2, texts.strtol, raises=True),
    _text("split_to_array", -1, _split_to_array),
)

SCALARS: tuple[Scalar, ...] = tuple(_total(scalar) for scalar in _ALL)
