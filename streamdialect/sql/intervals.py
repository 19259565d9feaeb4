"""Arithmetic of dates, times and intervals. Source: ``r_interval_data_types``, ``r_interval_literals``."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import NO_INTERVAL, Value, checked

__all__ = ["add_interval", "with_times"]


def with_times(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile ``+ - *`` where a side is a date, a time or an interval."""
    a, b = left.type, right.type
    if (
        a.name == "INTERVAL"
        and b.name == "INTERVAL"
        and operator in "+-"
        and left.interval
        and right.interval
    ):
        parts = tuple(f"({x} {operator} {y})" for x, y in zip(left.interval, right.interval, strict=True))
        return Value(NO_INTERVAL, types.INTERVAL, interval=(parts[0], parts[1], parts[2]))
    if operator == "*" and right.interval is not None:
        return _multiply(compiler, left, right.interval, node)
    if operator == "*" and left.interval is not None:
        return _multiply(compiler, right, left.interval, node)
    if operator == "+" and left.interval is not None and b.is_temporal:
        left, right, a, b = right, left, b, a
    if operator in "+-" and right.interval is not None and a.is_temporal:
        return add_interval(compiler, left, right.interval, node, negative=operator == "-")
    if a.name == "DATE" and (b.is_integer or b.name == "UNKNOWN") and operator in "+-":
        sign = "" if operator == "+" else "-"
        days = f"({sign}{checked(right).sql})"
        return Value(
            f"coalesce(date({left.sql}, {days} || ' days'), streamdialect_time_range({left.sql}, {days}))",
            types.DATE,
        )
    if b.name == "DATE" and a.is_integer and operator == "+":
        return with_times(compiler, operator, right, left, node)
    if a.name == "DATE" and b.name == "DATE" and operator == "-":
        return Value(f"CAST(julianday({left.sql}) - julianday({right.sql}) AS INTEGER)", types.BIGINT)
    raise compiler.unsupported(f"{str(a).lower()} {operator} {str(b).lower()}", node)


def _multiply(compiler: Compiler, number: Value, interval: tuple[str, str, str], node: Node) -> Value:
    number = checked(number)
    if number.type.is_integer or number.type.name == "UNKNOWN":
        months, seconds, micros = (
            "0" if part == "0" else number.sql if part == "1" else f"({number.sql} * {part})"
            for part in interval
        )
        return Value(NO_INTERVAL, types.INTERVAL, interval=(months, seconds, micros))
    months, seconds, micros = interval
    if months != "0" or not number.type.is_numeric:
        raise compiler.unsupported("an interval of months times a number that is not an integer", node)
    total = f"CAST(round({number.sql} * ({seconds} * 1000000 + {micros})) AS INTEGER)"
    return Value(NO_INTERVAL, types.INTERVAL, interval=("0", "0", total))


def add_interval(
    compiler: Compiler, moment: Value, interval: tuple[str, str, str], node: Node, *, negative: bool = False
) -> Value:
    """Add an interval to a DATE or a TIMESTAMP; the result is a TIMESTAMP."""
    if moment.type.name == "TIME":
        raise compiler.unsupported("TIME with an interval", node)
    kind = moment.type if moment.type.name == "TIMESTAMPTZ" else types.TIMESTAMP
    sql = cast(moment, kind).sql
    months, seconds, micros = (part if part == "0" or not negative else f"(-{part})" for part in interval)
    if months != "0":
        sql = f"streamdialect_add_months({sql}, {months})"
    if seconds != "0":
        # Whole seconds leave the fraction alone; SQLite itself would round it to milliseconds.
        moved = f"datetime(substr({sql}, 1, 19), {seconds} || ' seconds') || substr({sql}, 20)"
        sql = f"coalesce({moved}, streamdialect_time_range({sql}, {seconds}))"
    if micros != "0":
        sql = f"streamdialect_add_micros({sql}, {micros})"
    return Value(sql, kind)


_UNITS: dict[str, tuple[int, int, int]] = {
    "YEAR": (12, 0, 0),
    "QUARTER": (3, 0, 0),
    "MONTH": (1, 0, 0),
    "WEEK": (0, 604_800, 0),
    "DAY": (0, 86_400, 0),
    "HOUR": (0, 3_600, 0),
    "MINUTE": (0, 60, 0),
    "SECOND": (0, 1, 0),
    "MILLISECOND": (0, 0, 1_000),
    "MICROSECOND": (0, 0, 1),
}


@handles(exp.Interval, "this", "unit")
def _interval(compiler: Compiler, node: exp.Interval) -> Value:
    from streamdialect.sql.dates import date_part

    text = node.this.name if isinstance(node.this, exp.Literal) else None
    if text is None:
        raise compiler.unsupported("an interval that is not a literal", node)
    unit = node.args.get("unit")
    if unit is not None and not isinstance(unit, exp.Var):
        raise compiler.unsupported(f"the interval unit {unit.sql()}", node)
    words = (text.split() + ([unit.name] if unit is not None else [])) or [""]
    if len(words) % 2:
        raise compiler.wrong(f'invalid input syntax for type interval: "{text}"', node)
    months = micros = Decimal(0)
    for number, word in zip(words[::2], words[1::2], strict=True):
        try:
            count = Decimal(number)
        except ArithmeticError:
            raise compiler.wrong(f'invalid input syntax for type interval: "{text}"', node) from None
        per = _UNITS.get((date_part(word) or "").upper())
        if per is None or not count.is_finite():
            raise compiler.unsupported(f"the interval unit {word}", node)
        months += count * per[0]
        micros += count * (per[1] * 1_000_000 + per[2])
    if months % 1 or micros % 1:
        raise compiler.unsupported(f"the interval {text!r} (a part of a month or of a microsecond)", node)
    seconds, rest = divmod(int(micros), 1_000_000)
    parts = tuple(str(part) if part >= 0 else f"({part})" for part in (int(months), seconds, rest))
    return Value(NO_INTERVAL, types.INTERVAL, interval=(parts[0], parts[1], parts[2]))
