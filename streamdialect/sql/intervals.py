"""Intervals, and arithmetic of dates and times with them.

An interval is stored as one integer: INTERVAL YEAR TO MONTH as months, INTERVAL DAY TO SECOND as
microseconds. ``Value.interval`` keeps (months, seconds, microseconds) apart, so that adding whole seconds
to a time needs no microseconds. A literal with months and days can only be added to a time.

Source: ``r_interval_data_types``, ``r_interval_literals``, ``r_DATE-CONCATENATE_function``.
"""

from __future__ import annotations

import re
from datetime import time

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars import durations
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import NO_INTERVAL, Value, checked, text_literal
from streamdialect.types import RedshiftType

__all__ = [
    "add_interval",
    "add_months",
    "add_seconds",
    "as_text",
    "cast_interval",
    "epoch_micros",
    "interval_value",
    "length",
    "negated",
    "parts",
    "with_times",
]

Triple = tuple[str, str, str]
_SECOND = 1_000_000


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"({value})"


def _triple(months: int, micros: int) -> Triple:
    seconds, rest = divmod(micros, _SECOND)
    return _number(months), _number(seconds), _number(rest)


def _micros(seconds: str, micros: str) -> str:
    if seconds == "0":
        return micros
    scaled = _times(seconds, _SECOND)
    known, rest = _constant(scaled), _constant(micros)
    if known is not None and rest is not None:
        return _number(known + rest)
    return scaled if micros == "0" else f"({scaled} + {micros})"


def _constant(sql: str) -> int | None:
    """Give the number that SQL is, if it is one."""
    plain = sql[1:-1] if sql.startswith("(") else sql
    return int(plain) if plain.removeprefix("-").isdigit() else None


def _times(sql: str, factor: int) -> str:
    """Multiply SQL by a number; a literal at once."""
    number = _constant(sql)
    if number is not None:
        return _number(number * factor)
    return sql if factor == 1 else f"({sql} * {factor})"


def _minus(sql: str) -> str:
    number = _constant(sql)
    return f"(-{sql})" if number is None else _number(-number)


def interval_value(triple: Triple) -> Value:
    """Make the value of an interval from its months, seconds and microseconds."""
    months, seconds, micros = triple
    if months == "0":
        sql = _micros(seconds, micros)
        return Value(sql, types.DAY_TO_SECOND, interval=triple, unchecked=_constant(sql) is None)
    if (seconds, micros) == ("0", "0"):
        return Value(months, types.YEAR_TO_MONTH, interval=triple, unchecked=_constant(months) is None)
    return Value(NO_INTERVAL, types.INTERVAL, interval=triple)


def parts(value: Value) -> Triple:
    """Give the months, seconds and microseconds of an interval."""
    if value.interval is not None:
        return value.interval
    if value.type == types.YEAR_TO_MONTH:
        return value.sql, "0", "0"
    return "0", "0", value.sql


def negated(value: Value) -> Value:
    """Negate an interval."""
    months, seconds, micros = map(_minus, parts(value))
    return interval_value((months, seconds, micros))


def as_text(value: Value) -> Value:
    """Write an interval as Redshift prints it."""
    value = checked(value)
    letter = "M" if value.type == types.YEAR_TO_MONTH else "S"
    return Value(f"streamdialect_interval_text({value.sql}, '{letter}')", types.varchar(64))


def length(value: Value) -> str:
    """Give the SQL of an interval's length in microseconds for INTERVAL_CMP, where a month has 30 days."""
    if isinstance(value.literal, str):
        months_known, micros_known = durations.read_interval(value.literal)
        return _number(months_known * 30 * durations.DAY + micros_known)
    if not value.type.is_interval:
        return f"streamdialect_interval_length({cast(value, types.TEXT).sql})"
    value = checked(value)
    if value.type == types.DAY_TO_SECOND:
        return value.sql
    months, seconds, micros = parts(value)
    return f"({_times(months, 30 * durations.DAY)} + {_micros(seconds, micros)})"


def cast_interval(value: Value, kind: RedshiftType, *, attempt: bool) -> Value:
    """Cast text or an interval to an interval type.

    Raise NotSupportedError for another type, or a bare INTERVAL of what is no literal.
    """
    if isinstance(value.literal, str):
        unit = "month" if kind == types.YEAR_TO_MONTH else "second"
        try:
            months, micros = durations.read_interval(value.literal, unit)
        except DataError:
            if kind == types.INTERVAL:
                raise
            return _called(value, kind, attempt)
        made = interval_value(_triple(months, micros))
        return made if kind in (types.INTERVAL, made.type) else _called(value, kind, attempt)
    if value.type == kind:
        return value
    if not (value.type.is_text or value.type.name == "UNKNOWN") or kind == types.INTERVAL:
        raise NotSupportedError(f"cannot cast type {str(value.type).lower()} to {str(kind).lower()}")
    return _called(value, kind, attempt)


def _called(value: Value, kind: RedshiftType, attempt: bool) -> Value:
    name = kind.name.removeprefix("INTERVAL ").lower().replace(" ", "_")
    prefix = "streamdialect_try_" if attempt else "streamdialect_"
    called = f"{prefix}{name}({value.sql})"
    if value.type.name == "UNKNOWN":  # a bound timedelta is microseconds already
        called = f"CASE typeof({value.sql}) WHEN 'integer' THEN {value.sql} ELSE {called} END"
    return Value(called, kind)


# --- arithmetic -----------------------------------------------------------------------------------


def with_times(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile ``+ - * /`` where a side is a date, a time or an interval."""
    a, b = left.type, right.type
    if left.is_null or right.is_null:
        return Value("NULL", a if right.is_null else b, literal=None)
    if operator == "+" and (b.name == "DATE" or (b.is_temporal and not a.is_temporal)):
        left, right, a, b = right, left, b, a  # the side that the result's type comes from goes first
    if a.is_interval and b.is_interval and operator in "+-":
        return _sum(operator, left, right)
    if operator == "*" and b.is_interval and not a.is_temporal:
        left, right, a, b = right, left, b, a
    if operator in "*/" and a.is_interval and (b.is_numeric or b.name == "UNKNOWN"):
        return _scaled(compiler, operator, left, right, node)
    if operator in "+-" and a.is_temporal and b.is_interval:
        return add_interval(compiler, left, parts(right), node, negative=operator == "-")
    if a.name == "DATE" and (b.is_integer or b.name == "UNKNOWN") and operator in "+-":
        sign = "" if operator == "+" else "-"
        days = f"({sign}{checked(right).sql})"
        return Value(_in_range(f"date({left.sql}, {days} || ' days')", left.sql, days), types.DATE)
    if a.name == "DATE" and b.is_clock and operator == "+":
        return _joined(left, right)
    if operator == "-" and a.is_temporal and b.is_temporal:
        return _difference(compiler, left, right, node)
    raise compiler.unsupported(f"{str(left.type).lower()} {operator} {str(right.type).lower()}", node)


def _sum(operator: str, left: Value, right: Value) -> Value:
    def joined(x: str, y: str) -> str:
        if y == "0":
            return x
        if x == "0" and operator == "+":
            return y
        return f"({x} {operator} {y})"

    months, seconds, micros = (joined(x, y) for x, y in zip(parts(left), parts(right), strict=True))
    return interval_value((months, seconds, micros))


def _scaled(compiler: Compiler, operator: str, interval: Value, number: Value, node: Node) -> Value:
    number = checked(number)
    months, seconds, micros = parts(interval)
    if operator == "*" and (number.type.is_integer or number.type.name == "UNKNOWN"):
        months, seconds, micros = (
            "0" if part == "0" else number.sql if part == "1" else f"({number.sql} * {part})"
            for part in (months, seconds, micros)
        )
        return interval_value((months, seconds, micros))
    if months != "0" or not number.type.is_numeric:
        what = "divided by a number" if operator == "/" else "times a number that is not an integer"
        raise compiler.unsupported(f"an interval of months {what}", node)
    divisor = number.sql
    if operator == "/" and (not number.is_literal or number.literal == 0):
        fail = f"streamdialect_fail({number.sql}, 'division by zero')"
        divisor = f"CASE WHEN {number.sql} = 0 THEN {fail} ELSE {number.sql} END"
    total = f"CAST(round(1.0 * {_micros(seconds, micros)} {operator} {divisor}) AS INTEGER)"
    return Value(total, types.DAY_TO_SECOND, interval=("0", "0", total))


def _joined(day: Value, clock: Value) -> Value:
    """Compile DATE + TIME and DATE + TIMETZ; a literal's time zone counts."""
    joined = f"({day.sql} || ' ' || {clock.sql})"
    if clock.type.name == "TIME":
        return Value(joined, types.TIMESTAMP)
    own = clock.literal
    offset = own.utcoffset() if isinstance(own, time) else None
    if isinstance(own, time) and offset:
        local = text_literal(own.replace(tzinfo=None).isoformat("microseconds"))
        joined = add_seconds(f"({day.sql} || ' ' || {local})", _number(-int(offset.total_seconds())))
    return Value(joined, types.TIMESTAMPTZ)


def _difference(compiler: Compiler, left: Value, right: Value, node: Node) -> Value:
    a, b = left.type, right.type
    if a.name == "DATE" and b.name == "DATE":
        return Value(f"((unixepoch({left.sql}) - unixepoch({right.sql})) / 86400)", types.INTEGER)
    if a.is_clock != b.is_clock or (a.is_clock and a.name != b.name):
        raise compiler.unsupported(f"{str(a).lower()} - {str(b).lower()}", node)
    micros = f"({epoch_micros(left)} - {epoch_micros(right)})"
    return Value(micros, types.DAY_TO_SECOND, interval=("0", "0", micros))


def epoch_micros(value: Value) -> str:
    """Give the SQL of a time's microseconds since 1970, or of a time of day's since 2000."""
    if value.type.name == "DATE":
        return f"(unixepoch({value.sql}) * {_SECOND})"
    whole, fraction = (8, 10) if value.type.is_clock else (19, 21)
    seconds = f"unixepoch(substr({value.sql}, 1, {whole}))"
    return f"({seconds} * {_SECOND} + CAST(substr({value.sql}, {fraction}) AS INTEGER))"


# --- adding to times ------------------------------------------------------------------------------


def _in_range(moved: str, start: str, amount: str) -> str:
    """Raise where SQLite gives NULL or a year before 1: Redshift's own range is wider, Python's is not."""
    return f"coalesce(nullif(max({moved}, '0001'), '0001'), streamdialect_time_range({start}, {amount}))"


def add_months(sql: str, months: str, unit: str = "months", *, clamp: bool = True) -> str:
    """Write a TIMESTAMP plus months; with ``clamp`` a day that the month lacks becomes its last day."""
    floor = ", 'floor'" if clamp else ""
    moved = f"datetime(substr({sql}, 1, 19), {_modifier(months, unit)}{floor})"
    return _in_range(f"{moved} || substr({sql}, 20)", sql, months)


def _modifier(amount: str, unit: str) -> str:
    number = _constant(amount)
    if number is not None:
        return f"'{number} {unit}'"
    return f"{amount} || ' {unit}'"


def add_seconds(sql: str, seconds: str) -> str:
    """Write a TIMESTAMP plus whole seconds; the fraction, which SQLite would round, is left alone."""
    moved = f"datetime(substr({sql}, 1, 19), {_modifier(seconds, 'seconds')}) || substr({sql}, 20)"
    return _in_range(moved, sql, seconds)


def _add_micros(sql: str, seconds: str, micros: str) -> str:
    total = _constant(_micros(seconds, micros))
    if total is None:
        return f"streamdialect_add_micros({sql}, {_micros(seconds, micros)})"
    whole, rest = divmod(total, _SECOND)
    fraction = f"(CAST(substr({sql}, 21) AS INTEGER) + {rest})"
    moved = f"datetime(substr({sql}, 1, 19), ({fraction} / {_SECOND} + {whole}) || ' seconds')"
    return _in_range(f"{moved} || printf('.%06d', {fraction} % {_SECOND})", sql, _number(total))


def add_interval(
    compiler: Compiler, moment: Value, interval: Triple, node: Node, *, negative: bool = False
) -> Value:
    """Add an interval to a date or time.

    A DATE becomes a TIMESTAMP; a time of day wraps at midnight and cannot have months added.
    """
    months, seconds, micros = map(_minus, interval) if negative else interval
    kind = moment.type
    if kind.is_clock:
        if months != "0":
            raise compiler.wrong(f"an interval of months cannot be added to {kind.name.lower()}", node)
        sql = moment.sql
        if micros == "0":
            sql = f"(time(substr({sql}, 1, 8), {_modifier(seconds, 'seconds')}) || substr({sql}, 9))"
        else:
            sql = f"streamdialect_add_micros({sql}, {_micros(seconds, micros)})"
        return Value(sql, kind)
    kind = kind if kind.name == "TIMESTAMPTZ" else types.TIMESTAMP
    sql = cast(moment, kind).sql
    if months != "0":
        sql = add_months(sql, months)
    if micros != "0":
        sql = _add_micros(sql, seconds, micros)
    elif seconds != "0":
        sql = add_seconds(sql, seconds)
    return Value(sql, kind)


# --- literals -------------------------------------------------------------------------------------

_YEAR_MONTH = ("YEAR", "MONTH")
_DAY_TIME = ("DAY", "HOUR", "MINUTE", "SECOND")


@handles(exp.Interval, "this", "unit", "digits")
def _interval(compiler: Compiler, node: exp.Interval) -> Value:
    text = node.this.name if isinstance(node.this, exp.Literal) and node.this.is_string else None
    if text is None:
        raise compiler.unsupported("an interval that is not a quoted literal", node)
    digits = node.args.get("digits")
    if digits is not None and any(len(part) > int(digits.name) for part in re.findall(r"\.(\d+)", text)):
        raise compiler.unsupported(f"the interval {text!r} with {digits.name} digits of a second", node)
    unit = node.args.get("unit")
    if unit is None:
        months, micros = _parsed(compiler, text, "second", node)
        return interval_value(_triple(months, micros))
    first, _, last = unit.name.partition(" TO ")
    if first == "MINUTE" and re.search(r"(?<![:\d])\d+:\d+(?![:\d])", text):
        raise compiler.unsupported(f"the interval {text!r} from minutes (write hours too)", node)
    last = last or first
    for group, other in ((_YEAR_MONTH, "day-second"), (_DAY_TIME, "year-month")):
        if first in group and last in group and group.index(first) <= group.index(last):
            return _qualified(compiler, text, last, group, other, node)
    raise compiler.wrong(f"syntax error: an interval cannot be {unit.name}", node)


def _parsed(compiler: Compiler, text: str, unit: str, node: Node) -> tuple[int, int]:
    try:
        return durations.read_interval(text, unit)
    except DataError as error:
        raise compiler.wrong(str(error), node) from None


def _qualified(
    compiler: Compiler, text: str, last: str, group: tuple[str, ...], other: str, node: Node
) -> Value:
    """Read a literal with a qualifier: what is smaller than its last field is cut off."""
    months, micros = _parsed(compiler, text, last.lower(), node)
    kept, lost = (months, micros) if group is _YEAR_MONTH else (micros, months)
    if lost:
        name = "Year To Month" if group is _YEAR_MONTH else "Day To Second"
        raise compiler.wrong(f"Interval {name} literal cannot contain {other} parts", node)
    months_per, micros_per = durations.UNITS[last.lower()]
    size = months_per or micros_per
    if last != "SECOND":
        kept = abs(kept) // size * size * (1 if kept >= 0 else -1)
    if group is _YEAR_MONTH:
        return (
            interval_value((_number(kept), "0", "0")) if kept else replace(_zero(), type=types.YEAR_TO_MONTH)
        )
    return interval_value(_triple(0, kept))


def _zero() -> Value:
    return Value("0", types.DAY_TO_SECOND, interval=("0", "0", "0"))
