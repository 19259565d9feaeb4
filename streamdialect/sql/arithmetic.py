"""Arithmetic: integers that truncate and do not overflow silently, exact decimals, intervals.

Source: ``r_numeric_computations201`` for types, ``r_interval_data_types`` for intervals.
"""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import NO_INTERVAL, Value, checked
from streamdialect.types import RedshiftType

__all__ = ["add_interval", "arithmetic", "decimal_type", "scaled"]

_MAX_PRECISION = 38
# Within this many digits, a REAL that was computed from two others rounds to the exact decimal.
_SAFE_DIGITS = 15


@handles(exp.Add, "this", "expression")
def _add(compiler: Compiler, node: exp.Add) -> Value:
    return _binary(compiler, node, "+")


@handles(exp.Sub, "this", "expression")
def _sub(compiler: Compiler, node: exp.Sub) -> Value:
    return _binary(compiler, node, "-")


@handles(exp.Mul, "this", "expression")
def _mul(compiler: Compiler, node: exp.Mul) -> Value:
    return _binary(compiler, node, "*")


@handles(exp.Div, "this", "expression", "typed", "safe")
def _div(compiler: Compiler, node: exp.Div) -> Value:
    return _binary(compiler, node, "/")


@handles(exp.Mod, "this", "expression")
def _mod(compiler: Compiler, node: exp.Mod) -> Value:
    return _binary(compiler, node, "%")


def _binary(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    return arithmetic(compiler, operator, compiler.value(node.this), compiler.value(node.expression), node)


@handles(exp.Neg, "this")
def _neg(compiler: Compiler, node: exp.Neg) -> Value:
    value = _number(compiler, compiler.value(node.this), node, "-")
    if value.interval is not None:
        months, seconds, micros = value.interval
        return Value(NO_INTERVAL, types.INTERVAL, interval=(f"(-{months})", f"(-{seconds})", f"(-{micros})"))
    if isinstance(value.literal, (int, float, Decimal)) and not isinstance(value.literal, bool):
        literal = -value.literal
        if literal == -(2**63):
            return Value("(-9223372036854775807 - 1)", types.BIGINT, literal=literal)
        kind = types.BIGINT if value.type.is_integer and not -(2**31) <= literal < 2**31 else value.type
        return Value(f"(-{value.sql})", kind, literal=literal)
    return Value(f"(-{value.sql})", value.type, unchecked=value.type.name == "BIGINT")


def _number(compiler: Compiler, value: Value, node: Node, operator: str) -> Value:
    if value.type.is_numeric or value.type.name in ("UNKNOWN", "INTERVAL") or value.type.is_temporal:
        return value
    if value.type.name == "SUPER":
        return cast(value, types.DOUBLE)
    if isinstance(value.literal, str):
        return value
    raise compiler.wrong(f"operator does not exist: {operator} {str(value.type).lower()}", node)


def arithmetic(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile one of ``+ - * / %``."""
    if left.type.name == "VARBYTE" and right.type.name == "VARBYTE" and operator == "+":
        return Value(f"CAST({left.sql} || {right.sql} AS BLOB)", types.VARBYTE)
    left, right = _number(compiler, left, node, operator), _number(compiler, right, node, operator)
    if isinstance(left.literal, str):
        left = _read_literal(left, right.type)
    if isinstance(right.literal, str):
        right = _read_literal(right, left.type)
    a, b = left.type, right.type
    if a.is_temporal or b.is_temporal or "INTERVAL" in (a.name, b.name):
        return _with_times(compiler, operator, left, right, node)
    if left.is_null or right.is_null:
        return Value(f"({left.sql} {operator} {right.sql})", b if left.is_null else a)
    if (operator == "%" and not (a.is_exact or a.name == "UNKNOWN")) or (operator == "%" and b.is_float):
        raise compiler.unsupported("the remainder of a floating-point number", node)
    if "UNKNOWN" in (a.name, b.name):
        return _untyped(operator, left, right)
    if a.is_float or b.is_float:
        divisor = _divisor(right) if operator == "/" else right.sql
        return Value(f"(CAST({checked(left).sql} AS REAL) {operator} {divisor})", types.DOUBLE)
    if a.is_integer and b.is_integer:
        return _integers(operator, left, right)
    return _decimals(operator, left, right)


def _read_literal(value: Value, other: RedshiftType) -> Value:
    """Read a text literal beside an operator: it takes the other side's type."""
    if other.name == "INTERVAL" or other.name == "DATE":
        return cast(value, types.TIMESTAMP)
    return cast(value, other if other.is_numeric or other.is_temporal else types.DOUBLE)


def _divisor(value: Value) -> str:
    """Give a divisor that raises where it is zero."""
    value = checked(value)
    if (isinstance(value.literal, (int, float, Decimal)) and value.literal != 0) or value.nonzero:
        return value.sql
    fail = f"streamdialect_fail({value.sql}, 'division by zero')"
    return f"CASE WHEN {value.sql} = 0 THEN {fail} ELSE {value.sql} END"


def _untyped(operator: str, left: Value, right: Value) -> Value:
    """Compile arithmetic with a parameter, whose type shows only when it is bound."""
    known = left.type if right.type.name == "UNKNOWN" else right.type
    divisor = _divisor(right) if operator in "/%" else right.sql
    kind = known if known.is_integer or known.name == "UNKNOWN" else types.DOUBLE
    return Value(f"({checked(left).sql} {operator} {divisor})", kind)


def _integers(operator: str, left: Value, right: Value) -> Value:
    kind = left.type if numeric_digits(left.type) >= numeric_digits(right.type) else right.type
    if operator in "/%":
        return Value(f"({checked(left).sql} {operator} {_divisor(right)})", kind)
    # Overflow shows as REAL and stays REAL through + - *: the check can wait until the end of the chain.
    unchecked = kind.name == "BIGINT" or left.unchecked or right.unchecked
    literal = _folded(operator, left, right)
    if literal is not None:
        return Value(f"({left.sql} {operator} {right.sql})", kind, literal=literal)
    return Value(f"({left.sql} {operator} {right.sql})", kind, unchecked=unchecked)


def _folded(operator: str, left: Value, right: Value) -> int | None:
    a, b = left.literal, right.literal
    if type(a) is not int or type(b) is not int:
        return None
    result = a + b if operator == "+" else a - b if operator == "-" else a * b
    return result if -(2**31) <= result < 2**31 else None


def decimal_type(operator: str, a: RedshiftType, b: RedshiftType) -> RedshiftType:
    """Give the type of decimal arithmetic (``r_numeric_computations201``)."""
    (p1, s1), (p2, s2) = numeric_digits(a), numeric_digits(b)
    if operator in "+-":
        scale = max(s1, s2)
        precision = max(p1 - s1, p2 - s2) + 1 + scale
    elif operator == "*":
        scale, precision = s1 + s2, p1 + p2 + 1
    elif operator == "%":
        scale = max(s1, s2)
        precision = min(p1 - s1, p2 - s2) + scale
    else:
        scale = max(4, s1 + p2 - s2 + 1)
        precision = p1 - s1 + s2 + scale
        if precision > _MAX_PRECISION:
            scale = max(_MAX_PRECISION + scale - precision, 4)
    return types.decimal(max(1, min(precision, _MAX_PRECISION)), min(scale, 37))


def _decimals(operator: str, left: Value, right: Value) -> Value:
    left, right = checked(left), checked(right)
    kind = decimal_type(operator, left.type, right.type)
    precision, scale = numeric_digits(kind)
    operands = f"{left.exact or left.sql}, {right.exact or right.sql}, {precision}, {scale}"
    strict = f"streamdialect_decimal_operate('{operator}', {operands})"
    exact = f"streamdialect_decimal_exact('{operator}', {operands})"
    if operator in "/%" or left.exact or right.exact:
        return Value(strict, kind, exact=exact)
    plain = f"({left.sql} {operator} {right.sql})"
    if scale == 0 and precision <= _SAFE_DIGITS:
        return Value(plain, kind)
    if precision <= _SAFE_DIGITS:
        return Value(f"round({plain}, {scale})", kind)
    whole = _SAFE_DIGITS - scale
    if whole <= 0:
        return Value(strict, kind, exact=exact)
    quick = f"CASE WHEN abs({plain}) < {10**whole} THEN round({plain}, {scale}) ELSE "
    return Value(f"{quick}{strict} END", kind, exact=f"{quick}{exact} END")


# --- dates and intervals --------------------------------------------------------------------------


def _with_times(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
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
        return _with_times(compiler, operator, right, left, node)
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


@handles(exp.BitwiseAnd, "this", "expression")
def _bit_and(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "&")


@handles(exp.BitwiseOr, "this", "expression")
def _bit_or(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "|")


@handles(exp.BitwiseLeftShift, "this", "expression")
def _shift_left(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "<<")


@handles(exp.BitwiseRightShift, "this", "expression")
def _shift_right(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, ">>")


def _bits(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    left, right = (checked(compiler.value(side)) for side in (node.this, node.expression))
    for side in (left, right):
        if not side.type.is_integer and side.type.name != "UNKNOWN":
            raise compiler.wrong(f"operator does not exist: {str(side.type).lower()} {operator}", node)
    kind = left.type if numeric_digits(left.type) >= numeric_digits(right.type) else right.type
    return Value(f"({left.sql} {operator} {right.sql})", kind)


def scaled(value: Value) -> tuple[str, int]:
    """Give an exact number as an integer at its scale, as ``(sql, scale)``."""
    _, scale = numeric_digits(value.type)
    if scale == 0:
        return value.sql, 0
    return f"CAST(round({value.sql} * {10**scale}.0) AS INTEGER)", scale
