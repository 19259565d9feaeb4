"""The SQL functions that translated statements call and SQLite lacks; each connection registers them.

They are the slow, exact path: translations call them only where SQLite's own functions cannot decide.
Every function gives NULL for a NULL argument and raises DataError for a value that does not fit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from streamdialect.errors import DataError
from streamdialect.types import INTEGER_BOUNDS

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


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# --- errors raised from SQL -----------------------------------------------------------------------


def fail(value: Any, message: str) -> None:
    """Raise DataError, unless the value is NULL; ``%`` in the message stands for the value."""
    if value is not None:
        raise DataError(message.replace("%", _shown(value)))


def json_error(text: Any, function: str) -> None:
    """Raise Redshift's error for text that is no JSON, unless it is NULL."""
    if text is None:
        return
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    try:
        json.loads(shown, parse_constant=_no_constant)
        reason = "not strict JSON"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise DataError(
        f"JSON parsing error\nDETAIL:  code: 8001; context: invalid json object {_shown(shown)}; "
        f"query: {function}; {reason}",
        hint=f"Guard the expression with CAN_JSON_PARSE, or set the record aside (on_error). In: {function}",
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# --- casts ----------------------------------------------------------------------------------------

_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z", re.A)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z", re.A)


def _invalid(kind: str, value: Any) -> DataError:
    return DataError(f'invalid input syntax for {kind}: "{_shown(value)}"')


def to_integer(value: Any, name: str) -> int | None:
    """Cast to SMALLINT, INTEGER or BIGINT; text must be an integer, numbers are rounded half away."""
    if value is None:
        return None
    if isinstance(value, str):
        if not _INTEGER.match(value):
            raise _invalid("integer", value)
        number = int(value)
    elif isinstance(value, float):
        number = int(_as_decimal(value, name).quantize(Decimal(1), ROUND_HALF_UP, _EXACT))
    else:
        number = int(value)
    low, high = INTEGER_BOUNDS[name]
    if not low <= number <= high:
        raise DataError(f"{name.lower()} out of range: {_shown(value)}")
    return number


def _as_decimal(value: Any, kind: str) -> Decimal:
    """Read a number exactly; a REAL counts as its 15 significant digits, as on Redshift."""
    if isinstance(value, float):
        text = format(value, ".15g")
        if text.lstrip("-") in ("inf", "nan"):
            raise _invalid(kind, text)
        return Decimal(text)
    if isinstance(value, str):
        if not _NUMBER.match(value):
            raise _invalid(kind, value)
        return Decimal(value.strip())
    return Decimal(value)


def _store(value: Decimal, scale: int) -> int | float:
    """Give the stored form of a DECIMAL; raise DataError where it would not be exact."""
    if value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    number = float(value)
    if Decimal(f"{number:.{scale}f}") != value:
        raise DataError(
            f"DECIMAL value {value} has more digits than can be kept exactly",
            hint="Cast it to a DECIMAL of fewer digits: values are exact up to 15 significant digits.",
        )
    return number


def _fit(value: Decimal, precision: int, scale: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    try:
        rounded = value.quantize(Decimal(1).scaleb(-scale), rounding, _EXACT)
    except InvalidOperation:
        rounded = None
    if rounded is None or abs(rounded) >= Decimal(10) ** (precision - scale):
        raise DataError(f"Numeric data overflow (result precision): {value} as DECIMAL({precision},{scale})")
    return rounded


def to_decimal(value: Any, precision: int, scale: int) -> int | float | None:
    """Cast to DECIMAL(precision, scale), rounding half away from zero on the exact digits."""
    if value is None:
        return None
    return _store(_fit(_as_decimal(value, "numeric"), precision, scale), scale)


def to_double(value: Any) -> float | None:
    """Cast to DOUBLE PRECISION."""
    if value is None:
        return None
    if isinstance(value, str):
        folded = value.strip().lower()
        if not _NUMBER.match(value) and folded not in ("nan", "infinity", "-infinity", "inf", "-inf"):
            raise _invalid("double precision", value)
        if folded == "nan":
            raise DataError("NaN cannot be stored: SQLite has no such value")
    number = float(value)
    if number in (float("inf"), float("-inf")) and isinstance(value, str) and _NUMBER.match(value):
        raise DataError(f'"{_shown(value)}" is out of range for type double precision')
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
        raise _invalid("type boolean", value)
    return int(value != 0)


_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})",
    re.A,
)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?|(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?",
    re.A | re.I,
)
_ZONE = re.compile(r"\s*(z|utc|gmt|([+-])(\d{1,2}):?(\d{2})?)\Z", re.A | re.I)


def _moment(text: str, kind: str) -> tuple[datetime, timedelta | None]:
    """Read a date with an optional time and an optional offset from UTC."""
    stripped = text.strip()
    found = _DATE.match(stripped)
    if found is None:
        raise _invalid(kind, text)
    if found[1] or found[4] or found[7]:
        year, month, day = (int(part) for part in found.groups()[0:9] if part is not None)
    else:  # MM/DD/YYYY: DateStyle MDY
        month, day, year = int(found[10]), int(found[11]), int(found[12])
    rest = stripped[found.end() :]
    hour = minute = second = micro = 0
    zone: timedelta | None = None
    if rest:
        if rest[0] in "tT " and (clock := _CLOCK.match(rest[1:].lstrip())) is not None:
            hour, minute, second, micro = _clock(clock)
            rest = rest[1:].lstrip()[clock.end() :]
        if rest.strip():
            zone_match = _ZONE.match(rest)
            if zone_match is None:
                raise _invalid(kind, text)
            zone = timedelta()
            if zone_match[2]:
                zone = timedelta(hours=int(zone_match[3]), minutes=int(zone_match[4] or 0))
                zone = -zone if zone_match[2] == "-" else zone
    try:
        # A leap second or 24:00:00 rolls over into the next minute or day.
        moment = datetime(year, month, day) + timedelta(
            hours=hour, minutes=minute, seconds=second, microseconds=micro
        )
    except (ValueError, OverflowError):
        raise DataError(f'date/time field value out of range: "{_shown(text)}"') from None
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or micro)):
        raise DataError(f'date/time field value out of range: "{_shown(text)}"')
    return moment, zone


def _clock(found: re.Match[str]) -> tuple[int, int, int, int]:
    if found[6]:
        hour, minute, second, digits, half = int(found[6]), int(found[7]), int(found[8]), found[9], None
    else:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        digits, half = found[4], (found[5] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    micro = int(Decimal(f"0.{digits}").scaleb(6).quantize(Decimal(1), ROUND_HALF_UP)) if digits else 0
    return hour, minute, second, micro


def _write(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def to_timestamp(value: Any) -> str | None:
    """Cast text to TIMESTAMP; an offset from UTC is read and dropped, as on Redshift."""
    if value is None:
        return None
    text = str(value)
    if text.strip().lower() == "epoch":
        return "1970-01-01 00:00:00.000000"
    if text.strip().lower() in ("now", "today", "tomorrow", "yesterday", "infinity", "-infinity"):
        raise _invalid("type timestamp", value)
    return _write(_moment(text, "type timestamp")[0])


def to_timestamptz(value: Any) -> str | None:
    """Cast text to TIMESTAMPTZ, kept in UTC; text without an offset is UTC."""
    if value is None:
        return None
    moment, zone = _moment(str(value), "type timestamptz")
    try:
        return _write(moment - (zone or timedelta()))
    except OverflowError:
        raise DataError(f'date/time field value out of range: "{_shown(value)}"') from None


def to_date(value: Any) -> str | None:
    """Cast text to DATE; a time of day is dropped."""
    if value is None:
        return None
    if str(value).strip().lower() == "epoch":
        return "1970-01-01"
    return _moment(str(value), "type date")[0].date().isoformat()


def to_time(value: Any) -> str | None:
    """Cast text to TIME."""
    if value is None:
        return None
    text = str(value).strip()
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _write(_moment(text, "type time")[0])[11:]
    hour, minute, second, micro = _clock(found)
    if hour > 23 or minute > 59 or second > 59:
        raise DataError(f'date/time field value out of range: "{_shown(value)}"')
    return f"{hour:02}:{minute:02}:{second:02}.{micro:06}"


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
    return _store(_fit(result, precision, scale, ROUND_DOWN), scale)


def _operate(operator: str, left: Decimal, right: Decimal) -> Decimal:
    if operator == "+":
        return _EXACT.add(left, right)
    if operator == "-":
        return _EXACT.subtract(left, right)
    if operator == "*":
        return _EXACT.multiply(left, right)
    if not right:
        raise DataError("division by zero")
    return _EXACT.divide(left, right) if operator == "/" else _EXACT.remainder(left, right)


def decimal_divide_cast(
    left: Any, right: Any, scale: int, precision: int, target_scale: int
) -> int | float | None:
    """Divide, cut at the quotient's scale, and cast: so a long quotient never has to be stored."""
    if left is None or right is None:
        return None
    quotient = _operate("/", _as_decimal(left, "numeric"), _as_decimal(right, "numeric"))
    quotient = quotient.quantize(Decimal(1).scaleb(-scale), ROUND_DOWN, _EXACT)
    return _store(_fit(quotient, precision, target_scale), target_scale)


def decimal_round(value: Any, digits: int) -> int | float | None:
    """Round half away from zero on the exact digits; negative digits round before the point."""
    if value is None or digits is None:
        return None
    exact = _as_decimal(value, "numeric").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    return _store(exact, max(digits, 0))


def decimal_truncate(value: Any, digits: int) -> int | float | None:
    """Cut after a number of decimal digits."""
    if value is None or digits is None:
        return None
    exact = _as_decimal(value, "numeric").quantize(Decimal(1).scaleb(-digits), ROUND_DOWN, _EXACT)
    return _store(exact, max(digits, 0))


# --- dates ----------------------------------------------------------------------------------------


def _out_of_range(*values: Any) -> DataError:
    return DataError(f"timestamp out of range: {', '.join(map(_shown, values))}")


def time_range(moment: Any, amount: Any) -> None:
    """Raise for a time that left the calendar; called where SQLite gave NULL for it."""
    if moment is not None and amount is not None:
        raise _out_of_range(moment, amount)


def add_months(moment: Any, months: Any) -> str | None:
    """Add months; a day that the month lacks becomes its last day."""
    if moment is None or months is None:
        return None
    try:
        start = datetime.fromisoformat(moment)
        year, month = divmod(start.year * 12 + start.month - 1 + int(months), 12)
        last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(1)).day if year < 9999 else 31
        return _write(start.replace(year=year, month=month + 1, day=min(start.day, last)))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, months) from None


def add_years(moment: Any, years: Any) -> str | None:
    """Add years as DATEADD does: 29 February becomes 1 March in a common year."""
    if moment is None or years is None:
        return None
    try:
        start = datetime.fromisoformat(moment)
        year = start.year + int(years)
        if (start.month, start.day) == (2, 29) and (year % 4 or (not year % 100 and year % 400)):
            return _write(start.replace(year=year, month=3, day=1))
        return _write(start.replace(year=year))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, years) from None


def add_micros(moment: Any, micros: Any) -> str | None:
    """Add microseconds."""
    if moment is None or micros is None:
        return None
    try:
        return _write(datetime.fromisoformat(moment) + timedelta(microseconds=int(micros)))
    except (ValueError, OverflowError):
        raise _out_of_range(moment, micros) from None


# --- text -----------------------------------------------------------------------------------------


@lru_cache(256)
def _pattern(pattern: str, flags: str = "") -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.I if "i" in flags else 0)
    except re.error as error:
        raise DataError(f'invalid regular expression "{_shown(pattern)}": {error}') from None


def matches(text: Any, pattern: Any, flags: str = "") -> int | None:
    """Search text for a POSIX pattern (the operator ``~``)."""
    if text is None or pattern is None:
        return None
    return int(_pattern(pattern, flags).search(text) is not None)


@lru_cache(256)
def _similar(pattern: str, escape: str) -> re.Pattern[str]:
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped:
            parts.append(re.escape(character))
            escaped = False
        elif character == escape:
            escaped = True
        else:
            parts.append({"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}.get(character, character))
    return re.compile("(?s:" + "".join(parts) + r")\Z")


def similar(text: Any, pattern: Any, escape: str = "\\") -> int | None:
    """Match the whole text against an SQL pattern (SIMILAR TO)."""
    if text is None or pattern is None:
        return None
    try:
        return int(_similar(pattern, escape).match(text) is not None)
    except re.error as error:
        raise DataError(f'invalid pattern "{_shown(pattern)}": {error}') from None


def strict_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that gives NULL when any argument is NULL."""

    def wrapped(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return wrapped


def _split_part(text: str, delimiter: str, part: int) -> str:
    if part == 0:
        raise DataError("field position must be greater than zero")
    parts = text.split(delimiter) if delimiter else [text]
    index = part - 1 if part > 0 else len(parts) + part
    return parts[index] if 0 <= index < len(parts) else ""


def _pad(text: str, length: int, fill: str, left: bool) -> str:
    if length <= len(text):
        return text[: max(length, 0)]
    if not fill:
        return text
    padding = (fill * (length // len(fill) + 1))[: length - len(text)]
    return padding + text if left else text + padding


def _initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


def _translate(text: str, source: str, target: str) -> str:
    table = {ord(c): target[i] if i < len(target) else None for i, c in reversed(list(enumerate(source)))}
    return text.translate(table)


def _repeat(text: str, count: int) -> str:
    if count > 0 and len(text) * count > 16_000_000:
        raise DataError("REPEAT: the result is too long")
    return text * max(count, 0)


_GROUP = re.compile(r"\\(\d)|\$(\d)")


def _regexp_replace(text: str, pattern: str, replacement: str = "", position: int = 1) -> str:
    template = _GROUP.sub(lambda found: rf"\g<{found[1] or found[2]}>", replacement.replace("\\\\", "\\"))
    try:
        return text[: position - 1] + _pattern(pattern).sub(template, text[position - 1 :])
    except (re.error, IndexError) as error:
        raise DataError(f'invalid replacement "{_shown(replacement)}": {error}') from None


def _regexp_substr(text: str, pattern: str, position: int = 1, occurrence: int = 1) -> str:
    for number, found in enumerate(_pattern(pattern).finditer(text, position - 1), 1):
        if number == occurrence:
            return found[0]
    return ""


def _regexp_count(text: str, pattern: str, position: int = 1) -> int:
    return sum(1 for _ in _pattern(pattern).finditer(text, position - 1))


def _regexp_instr(text: str, pattern: str, position: int = 1, occurrence: int = 1) -> int:
    for number, found in enumerate(_pattern(pattern).finditer(text, position - 1), 1):
        if number == occurrence:
            return found.start() + 1
    return 0


def _hash(name: str) -> Callable[..., str]:
    def function(value: Any, bits: int = 256) -> str:
        import hashlib

        algorithm = f"sha{bits or 256}" if name == "sha2" else name
        if name == "sha2" and algorithm not in ("sha224", "sha256", "sha384", "sha512"):
            raise DataError(f"SHA2: {bits} bits is not one of 224, 256, 384, 512")
        data = value if isinstance(value, bytes) else str(value).encode()
        return hashlib.new(algorithm, data).hexdigest()

    return function


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
    except ValueError:
        raise DataError(f'invalid hexadecimal text "{_shown(text)}"') from None


def _strtol(text: str, base: int) -> int:
    try:
        return int(text.strip(), base)
    except ValueError:
        raise DataError(f"The input {_shown(text)} is not valid to be converted to base {base}") from None


def _unequal_text(function: Callable[[str], str]) -> Callable[[Any], Any]:
    return strict_text(lambda text: function(str(text)))


# --- JSON -----------------------------------------------------------------------------------------


def compact_json(text: Any) -> str | None:
    """Write JSON text again without blanks; numbers keep their digits. Used for the answer of JSON_PARSE."""
    if text is None:
        return None
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


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
    except ValueError:
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
    ("timestamp", to_timestamp, 1),
    ("timestamptz", to_timestamptz, 1),
    ("date", to_date, 1),
    ("time", to_time, 1),
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
    return Scalar(f"streamdialect_{name}", arguments, strict_text(function), deterministic=not raises)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_fail", 2, fail, deterministic=False),
    Scalar("streamdialect_json_error", 2, json_error, deterministic=False),
    *_cast_scalars(),
    Scalar("streamdialect_cut", 2, cut),
    Scalar("streamdialect_utf8", 1, utf8, deterministic=False),
    Scalar("streamdialect_try_utf8", 1, _attempt(utf8)),
    Scalar("streamdialect_double_text", 1, double_text),
    Scalar("streamdialect_decimal_operate", 5, decimal_operate, deterministic=False),
    Scalar("streamdialect_decimal_divide_cast", 5, decimal_divide_cast, deterministic=False),
    Scalar("streamdialect_decimal_round", 2, decimal_round, deterministic=False),
    Scalar("streamdialect_decimal_truncate", 2, decimal_truncate, deterministic=False),
    Scalar("streamdialect_time_range", 2, time_range, deterministic=False),
    Scalar("streamdialect_add_months", 2, add_months, deterministic=False),
    Scalar("streamdialect_add_years", 2, add_years, deterministic=False),
    Scalar("streamdialect_add_micros", 2, add_micros, deterministic=False),
    Scalar("streamdialect_matches", -1, matches, deterministic=False),
    Scalar("streamdialect_similar", -1, similar, deterministic=False),
    Scalar("streamdialect_compact_json", 1, compact_json),
    Scalar("streamdialect_json_compare", 2, json_compare),
    Scalar("streamdialect_lower", 1, _unequal_text(str.lower)),
    Scalar("streamdialect_upper", 1, _unequal_text(str.upper)),
    Scalar("streamdialect_initcap", 1, _unequal_text(_initcap)),
    Scalar("streamdialect_reverse", 1, _unequal_text(lambda text: text[::-1])),
    _text("split_part", 3, _split_part, raises=True),
    _text("lpad", 3, lambda text, length, fill: _pad(text, length, fill, left=True)),
    _text("rpad", 3, lambda text, length, fill: _pad(text, length, fill, left=False)),
    _text("translate", 3, _translate),
    _text("repeat", 2, _repeat, raises=True),
    _text("regexp_replace", -1, _regexp_replace, raises=True),
    _text("regexp_substr", -1, _regexp_substr, raises=True),
    _text("regexp_count", -1, _regexp_count, raises=True),
    _text("regexp_instr", -1, _regexp_instr, raises=True),
    _text("md5", 1, _hash("md5")),
    _text("sha1", 1, _hash("sha1")),
    _text("sha2", 2, _hash("sha2"), raises=True),
    _text("from_hex", 1, _from_hex, raises=True),
    _text("strtol", 2, _strtol, raises=True),
    _text("split_to_array", -1, _split_to_array),
)
