"""Values between Python and the file: what a stored value is to Python, and what a parameter is stored as.

``types`` says how a value of each type lies in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

from streamdialect.errors import DataError, InterfaceError
from streamdialect.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    INTEGER_BOUNDS,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    YEAR_TO_MONTH,
    RedshiftType,
    decimal,
)

__all__ = ["column_converter", "converter", "to_sqlite", "type_of_value", "year_to_month_text"]

# Wide enough for 38 digits before and after the point; the default context has 28.
_WIDE = Context(prec=80)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("not a text")
    return value


def _timestamp(value: Any) -> Any:
    return datetime.fromisoformat(_text(value))


def _timestamptz(value: Any) -> Any:
    stamp = datetime.fromisoformat(_text(value))
    # Ours are stored in UTC without an offset; text that SQLite took as it was may have one.
    return stamp.replace(tzinfo=timezone.utc) if stamp.tzinfo is None else stamp.astimezone(timezone.utc)


def _date(value: Any) -> Any:
    return date.fromisoformat(_text(value)[:10])


def _time(value: Any) -> Any:
    return time.fromisoformat(_text(value))


def _timetz(value: Any) -> Any:
    return time.fromisoformat(_text(value)).replace(tzinfo=timezone.utc)


def _months(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError("not an integer")
    return year_to_month_text(value)


def _duration(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError("not an integer")
    return timedelta(microseconds=value)


def year_to_month_text(months: int) -> str:
    """Write months as Redshift prints INTERVAL YEAR TO MONTH: ``1 year 2 mons``."""
    sign = "-" if months < 0 else ""
    counts = zip(divmod(abs(months), 12), ("year", "mon"), strict=True)
    parts = [f"{sign}{count} {unit}{'' if count == 1 else 's'}" for count, unit in counts if count]
    return " ".join(parts) or "00:00:00"


def _bool(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError("neither 0 nor 1")
    return value != 0


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "TIMESTAMP": _timestamp,
    "TIMESTAMPTZ": _timestamptz,
    "DATE": _date,
    "TIME": _time,
    "TIMETZ": _timetz,
    YEAR_TO_MONTH.name: _months,
    DAY_TO_SECOND.name: _duration,
    "BOOLEAN": _bool,
}


def _decimal(scale: int) -> Callable[[Any], Any]:
    unit = Decimal(1).scaleb(-scale)

    def convert(value: Any) -> Any:
        if type(value) is float:
            # repr has the fewest digits that tell the float from its neighbours: no digit is invented.
            return Decimal(repr(value)).quantize(unit, ROUND_HALF_UP, _WIDE)
        if type(value) is int:
            return Decimal(value) if scale == 0 else Decimal(f"{value}.{'0' * scale}")
        return Decimal(_text(value))

    return convert


def converter(kind: RedshiftType) -> Callable[[Any], Any] | None:
    """Give the function that turns a stored value into the Python value, or None if they are the same.

    For a value that is not of the type (SQLite does not enforce types) it raises ValueError or ArithmeticError.
    """
    return _decimal(kind.scale or 0) if kind.name == "DECIMAL" else _CONVERTERS.get(kind.name)


def _zoned(values: Iterable[Any]) -> Iterable[Any]:
    # A text that has an offset itself is refused with a second one; after a date alone "+" would be read as "T".
    texts = list(values)
    if min(map(len, texts)) <= 10:
        raise ValueError("a date alone")
    return [datetime.fromisoformat(f"{text}+00:00") for text in texts]


# For columns that hold only values of one type: functions without a Python frame for each value.
_WHOLE: dict[str, tuple[frozenset[type], Callable[[Iterable[Any]], Iterable[Any]]]] = {
    "TIMESTAMP": (frozenset({str}), partial(map, datetime.fromisoformat)),
    "TIMESTAMPTZ": (frozenset({str}), _zoned),
    "DATE": (frozenset({str}), partial(map, date.fromisoformat)),
    "TIME": (frozenset({str}), partial(map, time.fromisoformat)),
    DAY_TO_SECOND.name: (frozenset({int}), partial(map, partial(timedelta, 0, 0))),
    "BOOLEAN": (frozenset({int}), partial(map, bool)),
}


def _decimals(scale: int) -> Callable[[Iterable[Any]], Iterable[Any]]:
    written, limit = f"%.{scale}f".__mod__, Decimal(10) ** (15 - scale)

    def convert(values: Iterable[Any]) -> Iterable[Any]:
        # Two decimals of at most 15 digits that are nearest to the same float are the same decimal, so digits
        # that lead back to the value are those that its repr has.
        numbers = list(values)
        texts = list(map(written, numbers))
        if max(map(abs, numbers)) >= limit or list(map(float, texts)) != numbers:
            raise ValueError("digits beyond the type's scale")
        return map(Decimal, texts)

    return convert


def column_converter(kind: RedshiftType) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """Give the function that converts many stored values at once, NULLs included, or None as ``converter`` does.

    It raises what the function of ``converter`` raises, without telling for which value.
    """
    convert = converter(kind)
    if convert is None:
        return None
    one = convert
    if kind.name == "DECIMAL":
        types, whole = frozenset({int, float}), _decimals(kind.scale or 0)
    else:
        types, whole = _WHOLE.get(kind.name, (frozenset(), iter))

    def column(values: Sequence[Any]) -> Sequence[Any]:
        found = set(map(type, values))
        nulls = type(None) in found
        found.discard(type(None))
        if not found:
            return values
        if found <= types:
            try:
                if not nulls:
                    return list(whole(values))
                converted = iter(list(whole([value for value in values if value is not None])))
                return [None if value is None else next(converted) for value in values]
            except ValueError:
                pass  # one that needs a closer look
        return [None if value is None else one(value) for value in values]

    return column


def to_sqlite(value: Any) -> Any:
    """Turn a Python parameter into what the file stores for it.

    Take None, bool, int, float, str, bytes-like, Decimal, date, time, datetime (aware ones are converted
    to UTC), timedelta, their subclasses, and numpy's scalars; NaT is NULL. Raise DataError for a value that the file
    cannot hold exactly, InterfaceError for one of another type.
    """
    kind = type(value)
    if value is None or kind is float or kind is bytes:
        return value
    if isinstance(value, str):
        if not value.isascii():
            _check_unicode(value)
        return value if kind is str else str.__str__(value)
    if isinstance(value, int):
        if not _INT64[0] <= value <= _INT64[1]:
            raise DataError("an integer beyond 64 bits cannot be stored", hint="Store it as VARCHAR.")
        return value if kind is int else int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime):
        return _datetime_to_sqlite(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _time_to_sqlite(value)
    if isinstance(value, timedelta):
        return _duration_to_sqlite(value)
    if isinstance(value, Decimal):
        return _decimal_to_sqlite(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return _numpy_to_sqlite(value)
    raise _no_parameter(value)


def type_of_value(value: Any) -> RedshiftType:
    """Give the type that a literal of a parameter's value would have.

    UNKNOWN for None, for text, whose type is that of what it meets, and for whatever has no literal.
    """
    if value is None or isinstance(value, str):
        return UNKNOWN
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        low, high = INTEGER_BOUNDS["INTEGER"]
        return INTEGER if low <= value <= high else BIGINT
    if isinstance(value, float):
        return DOUBLE
    if isinstance(value, Decimal):
        digits = value.as_tuple()
        if not isinstance(digits.exponent, int):  # NaN and infinity
            return UNKNOWN
        scale = max(0, -digits.exponent)
        precision = max(len(digits.digits) + max(0, digits.exponent), scale + 1, 1)
        return decimal(precision, scale) if precision <= 38 and scale <= 37 else UNKNOWN
    if isinstance(value, datetime):
        return TIMESTAMP if value.tzinfo is None else TIMESTAMPTZ
    if isinstance(value, date):
        return DATE
    if isinstance(value, time):
        return TIME if value.tzinfo is None else UNKNOWN
    return DAY_TO_SECOND if isinstance(value, timedelta) else UNKNOWN


_INT64 = INTEGER_BOUNDS["BIGINT"]


def _no_parameter(value: Any) -> InterfaceError:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return InterfaceError(f"a value of type {name} cannot be a parameter")


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DataError("text with a lone surrogate (U+D800 to U+DFFF) cannot be stored") from None


def _datetime_to_sqlite(value: datetime) -> str | None:
    if value != value:  # pandas.NaT is a datetime
        return None
    if value.tzinfo is not None:
        try:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        except OverflowError:
            raise DataError(f"{value} is out of range in UTC") from None
    return value.isoformat(" ", "microseconds")


def _time_to_sqlite(value: time) -> str:
    offset = value.utcoffset()
    if offset is not None:
        value = (datetime.combine(date(2000, 1, 2), value.replace(tzinfo=None)) - offset).time()
    return value.replace(tzinfo=None).isoformat("microseconds")


def _duration_to_sqlite(value: timedelta) -> int | None:
    if value != value:  # pandas.NaT
        return None
    micros = value // timedelta(microseconds=1)
    if not _INT64[0] <= micros <= _INT64[1]:
        raise DataError(f"an interval of {value.days} days cannot be stored", hint="Store it as VARCHAR.")
    return micros


def _numpy_to_sqlite(value: Any) -> Any:
    """Store a numpy scalar as the Python value it stands for; numpy itself is never imported."""
    kind = getattr(value.dtype, "kind", "")
    if getattr(value, "ndim", 0) or kind not in "biufSUM":
        raise _no_parameter(value)
    item = value.item()
    if kind == "M" and isinstance(item, int):  # nanoseconds, which datetime does not have
        item = value.astype("datetime64[us]").item()
        if isinstance(item, int):
            raise DataError(f"{value} is out of range for a timestamp")
    if hasattr(item, "dtype"):  # longdouble has no Python value
        raise _no_parameter(value)
    return to_sqlite(item)


def _decimal_to_sqlite(value: Decimal) -> int | float:
    if not value.is_finite():
        raise DataError(f"{value} is not a number that DECIMAL can hold")
    if _INT64[0] <= value <= _INT64[1] and value == value.to_integral_value():
        return int(value)
    number = float(value)
    # The same digits must come back, see _decimal: true of any 15 significant digits, and of some 16 and 17.
    if Decimal(repr(number)) != value:
        raise DataError(
            f"DECIMAL value {value} has more digits than can be stored exactly",
            hint="DECIMAL is exact up to 15 significant digits; ROUND the value or store it as VARCHAR.",
        )
    return number
