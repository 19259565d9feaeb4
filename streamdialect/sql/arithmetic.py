"""Arithmetic: integers that truncate and do not overflow silently, exact decimals.

Source: ``r_numeric_computations201``.
"""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.intervals import negated, with_times
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked
from streamdialect.types import RedshiftType

__all__ = ["arithmetic", "decimal_type", "scaled"]

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
    if value.type.is_interval:
        return negated(value)
    if isinstance(value.literal, (int, float, Decimal)) and not isinstance(value.literal, bool):
        literal = -value.literal
        if literal == -(2**63):
            return Value("(-9223372036854775807 - 1)", types.BIGINT, literal=literal)
        kind = types.BIGINT if value.type.is_integer and not -(2**31) <= literal < 2**31 else value.type
        return Value(f"(-{value.sql})", kind, literal=literal)
    return Value(f"(-{value.sql})", value.type, unchecked=value.type.name == "BIGINT")


def _number(compiler: Compiler, value: Value, node: Node, operator: str) -> Value:
    if (
        value.type.is_numeric
        or value.type.name == "UNKNOWN"
        or value.type.is_temporal
        or value.type.is_interval
    ):
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
    if a.is_temporal or b.is_temporal or a.is_interval or b.is_interval:
        return with_times(compiler, operator, left, right, node)
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
    if other.is_interval:
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


# --- bits --------------------------------------------------------------------------------------------


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
