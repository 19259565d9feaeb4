"""Arithmetic: integers that truncate and do not overflow silently, exact decimals.

Source: ``r_numeric_computations201``.
"""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.errors import DataError
from streamdialect.scalars.decimals import combine
from streamdialect.sql.casts import bound_as, cast, decimal_literal, numeric_digits, single
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.intervals import negated, with_times
from streamdialect.sql.nodes import Node
from streamdialect.sql.super_functions import super_operand
from streamdialect.sql.values import Value, checked
from streamdialect.sql.varbyte_functions import bits, concatenated, inverted
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = ["SAFE_DIGITS", "arithmetic", "bounds_of", "decimal_type", "ranged", "scaled"]

_MAX_PRECISION = 38
_PLAIN = re.compile(r"[+-]?(?=\.?\d)(\d*)(?:\.(\d*))?", re.A)
_MAX_SCALE = 100  # of a quotient, before its precision is cut
# Within this many digits, a REAL that was computed from two others rounds to the exact decimal.
SAFE_DIGITS = 15


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
    value = compiler.value(node.this)
    if value.type.name == "SUPER":
        return Value(f"streamdialect_super_negate({value.sql})", types.SUPER)
    value = bound_as(_number(compiler, value, node, "-"), types.UNKNOWN)
    if isinstance(value.literal, str):
        value = cast(value, types.DOUBLE)
    if value.type.is_interval:
        return negated(value)
    if isinstance(value.literal, Decimal):
        if (
            value.literal == 2**63 and not value.type.scale
        ):  # of the smallest BIGINT, whose digits alone are none
            return Value("(-9223372036854775807 - 1)", types.BIGINT, literal=-(2**63))
        return decimal_literal(-value.literal, value.type)
    if isinstance(value.literal, float):
        return Value(f"(-{value.sql})", value.type, literal=-value.literal)
    if value.type.is_integer:
        low, high = bounds_of(value)
        least, most = INTEGER_BOUNDS[value.type.name]
        if isinstance(value.literal, int) and least <= -high <= most:
            return Value(f"(-{value.sql})", value.type, literal=-high)
        return ranged(f"(-{value.sql})", value.type, (-high, -low), value)
    exact = value.exact and f"streamdialect_decimal_exact('-', 0, {value.exact}, 38, {value.type.scale or 0})"
    return replace(value, sql=f"(-{value.sql})", exact=exact)


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
    if "VARBYTE" in (left.type.name, right.type.name) and operator == "+":
        return concatenated(compiler, left, right, node)
    if _is_dynamic(left, right):
        sides = ", ".join(super_operand(checked(side)).sql for side in (left, right))
        return Value(f"streamdialect_super_operate('{operator}', {sides})", types.SUPER)
    if operator == "+" and left.type.is_text and right.type.is_text:
        return _joined(compiler, left, right, node)
    left, right = _number(compiler, left, node, operator), _number(compiler, right, node, operator)
    if isinstance(left.literal, str):
        left = _read_literal(left, right.type)
    if isinstance(right.literal, str):
        right = _read_literal(right, left.type)
    a, b = left.type, right.type
    if a.is_temporal or b.is_temporal or a.is_interval or b.is_interval:
        return with_times(compiler, operator, left, right, node)
    if (left.is_null and a.name == "UNKNOWN") or (right.is_null and b.name == "UNKNOWN"):
        return Value(f"({left.sql} {operator} {right.sql})", b if left.is_null else a)
    if (operator == "%" and not (a.is_exact or a.name == "UNKNOWN")) or (operator == "%" and b.is_float):
        raise compiler.unsupported("the remainder of a floating-point number", node)
    if "UNKNOWN" in (a.name, b.name):
        return _untyped(operator, left, right)
    if a.is_float or b.is_float:
        return _floats(operator, left, right)
    if a.is_integer and b.is_integer:
        return _integers(operator, left, right)
    return _decimals(operator, left, right)


def _joined(compiler: Compiler, left: Value, right: Value, node: Node) -> Value:
    """Join texts, which the example of r_NVL2 does with ``+``; two literals could be numbers as well."""
    if isinstance(left.literal, str) and isinstance(right.literal, str):
        raise compiler.unsupported(
            "+ between two literals of text", node, hint="Write || or cast to a number."
        )
    length = min(sum(side.type.length or types.VARCHAR_MAX for side in (left, right)), types.VARCHAR_MAX)
    return Value(f"({left.sql} || {right.sql})", types.varchar(length))


def _floats(operator: str, left: Value, right: Value) -> Value:
    # An overflow shows as infinity to the end of the chain, where ``checked`` looks for it.
    a = left.sql if left.type.is_float else (checked(left).exact or checked(left).sql)
    b = right.sql if right.type.is_float else (checked(right).exact or checked(right).sql)
    if right.exact is not None:
        b = f"CAST({b} AS REAL)"
    divisor = _divisor(right, b) if operator == "/" else b
    sql = f"(CAST({a} AS REAL) {operator} {divisor})"
    if left.type.name == right.type.name == "REAL":
        return Value(single(sql), types.REAL)
    return Value(sql, types.DOUBLE, unchecked=True)


def _is_dynamic(left: Value, right: Value) -> bool:
    """Tell whether SUPER values are computed with by their dynamic types (``operators-functions``)."""
    kinds = (left.type, right.type)
    return any(kind.name == "SUPER" for kind in kinds) and not any(
        kind.is_temporal or kind.is_interval for kind in kinds
    )


def _read_literal(value: Value, other: RedshiftType) -> Value:
    """Read a text literal beside an operator: it takes the other side's type."""
    if other.is_interval:
        return cast(value, types.TIMESTAMP)
    if other.name == "DECIMAL":
        # Read with the digits that it has, not with those of the other side.
        number = _PLAIN.fullmatch(str(value.literal).strip())
        whole, fraction = (number[1].lstrip("0"), number[2] or "") if number else ("", "")
        if number and len(whole) + len(fraction) <= _MAX_PRECISION - 1:
            exact = Decimal(str(value.literal).strip())
            precision = max(1, len(whole)) + len(fraction)
            return decimal_literal(exact, types.decimal(precision, len(fraction)))
    return cast(value, other if other.is_numeric or other.is_temporal else types.DOUBLE)


def _divisor(value: Value, sql: str | None = None) -> str:
    """Give a divisor that raises where it is zero; ``sql`` where it is read in another way."""
    value = checked(value)
    sql = sql or value.sql
    if (isinstance(value.literal, (int, float, Decimal)) and value.literal != 0) or value.nonzero:
        return sql
    return f"CASE WHEN {sql} = 0 THEN streamdialect_fail({sql}, 'division by zero') ELSE {sql} END"


def _untyped(operator: str, left: Value, right: Value) -> Value:
    """Compile arithmetic with a parameter, whose type shows only when it is bound."""
    known = left.type if right.type.name == "UNKNOWN" else right.type
    left, right = bound_as(left, known), bound_as(right, known)
    divisor = _divisor(right) if operator in "/%" else checked(right).sql
    kind = known if known.is_integer or known.name == "UNKNOWN" else types.DOUBLE
    first = checked(left).sql
    if kind is types.DOUBLE:  # a DECIMAL may be stored as an integer, which SQLite would divide as one
        first = f"CAST({first} AS REAL)"
    return Value(f"({first} {operator} {divisor})", kind)


# --- integers ---------------------------------------------------------------------------------------


def bounds_of(value: Value) -> tuple[int, int]:
    """Give the range of an integer as far as it is known."""
    if isinstance(value.literal, int):
        return value.literal, value.literal
    return value.bounds or INTEGER_BOUNDS[value.type.name]


def ranged(sql: str, kind: RedshiftType, bounds: tuple[int, int], *operands: Value) -> Value:
    """Make an integer that ``checked`` looks at if its range exceeds its type's."""
    low, high = INTEGER_BOUNDS[kind.name]
    # Overflow of 64 bits shows as REAL and stays REAL: the check can wait until the end of the chain.
    tainted = kind.name == "BIGINT" and any(operand.unchecked for operand in operands)
    return Value(sql, kind, bounds=bounds, unchecked=tainted or not (low <= bounds[0] and bounds[1] <= high))


def _integers(operator: str, left: Value, right: Value) -> Value:
    kind = left.type if numeric_digits(left.type) >= numeric_digits(right.type) else right.type
    left = left if left.type == kind else checked(left)
    right = right if right.type == kind else checked(right)
    if operator in "/%":
        return _quotient(operator, checked(left), right, kind)
    bounds = _spread(operator, bounds_of(left), bounds_of(right))
    low, high = INTEGER_BOUNDS["BIGINT"]
    if kind.name != "BIGINT" and not (low <= bounds[0] and bounds[1] <= high):
        left, right = checked(left), checked(right)
        bounds = _spread(operator, bounds_of(left), bounds_of(right))
    sql = f"({left.sql} {operator} {right.sql})"
    literal = _folded(bounds, left, right, kind)
    if literal is not None:
        return Value(sql, kind, literal=literal)
    return ranged(sql, kind, bounds, left, right)


def _spread(operator: str, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    if operator == "+":
        return a[0] + b[0], a[1] + b[1]
    if operator == "-":
        return a[0] - b[1], a[1] - b[0]
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _folded(bounds: tuple[int, int], left: Value, right: Value, kind: RedshiftType) -> int | None:
    low, high = INTEGER_BOUNDS[kind.name]
    constant = type(left.literal) is int and type(right.literal) is int
    return bounds[0] if constant and low <= bounds[0] <= high else None


def _quotient(operator: str, left: Value, right: Value, kind: RedshiftType) -> Value:
    sql = f"({left.sql} {operator} {_divisor(right)})"
    low, high = bounds_of(left)
    if operator == "%":
        return Value(sql, kind, bounds=(min(low, 0), max(high, 0)))
    most = max(abs(low), abs(high))
    if isinstance(right.literal, int) and right.literal not in (0, -1):
        most //= abs(right.literal)
    # Only the smallest number divided by -1 is out of range.
    return ranged(sql, kind, (min(low, -most if right.literal != -1 else -high), most))


# --- decimals ---------------------------------------------------------------------------------------


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
        if scale > _MAX_SCALE:
            precision, scale = precision - (scale - _MAX_SCALE), _MAX_SCALE
        if precision > _MAX_PRECISION:
            scale = max(_MAX_PRECISION + scale - precision, min(4, _MAX_SCALE))
    return types.decimal(max(1, min(precision, _MAX_PRECISION)), min(scale, 37))


def _decimals(operator: str, left: Value, right: Value) -> Value:
    left, right = checked(left), checked(right)
    kind = decimal_type(operator, left.type, right.type)
    constant = _constant(operator, left, right, kind)
    if constant is not None:
        return constant
    precision, scale = numeric_digits(kind)
    sides = ", ".join(f"{side.exact or side.sql}, {numeric_digits(side.type)[1]}" for side in (left, right))
    strict = f"streamdialect_decimal_operate('{operator}', {sides}, {precision}, {scale})"
    exact = f"streamdialect_decimal_exact('{operator}', {sides}, {precision}, {scale})"
    whole = SAFE_DIGITS - scale
    if operator in "/%" or left.exact or right.exact or (precision > SAFE_DIGITS and whole <= 0):
        return Value(strict, kind, exact=exact if precision > SAFE_DIGITS else None)
    plain = f"({left.sql} {operator} {right.sql})"
    rounded = f"round({plain}, {scale})" if scale else plain
    if precision <= SAFE_DIGITS:
        return Value(rounded, kind)
    beyond = f"{plain} NOT BETWEEN -{10**whole} AND {10**whole}"
    return Value(
        f"CASE WHEN {beyond} THEN {strict} ELSE {rounded} END",
        kind,
        exact=f"CASE WHEN {beyond} THEN {exact} ELSE {rounded} END",
    )


def _constant(operator: str, left: Value, right: Value, kind: RedshiftType) -> Value | None:
    a, b = left.literal, right.literal
    if isinstance(a, (int, Decimal)) and isinstance(b, (int, Decimal)):
        try:
            return decimal_literal(combine(operator, Decimal(a), Decimal(b), *numeric_digits(kind)), kind)
        except DataError:
            return None  # raised when the row is computed, as on Redshift
    return None


def _units(sql: str, scale: int) -> str:
    # An INTEGER in any case: a quotient of it would be none if it were a REAL.
    return f"CAST(round({sql} * {10**scale}.0) AS INTEGER)" if scale else f"CAST({sql} AS INTEGER)"


def scaled(value: Value) -> tuple[str, int]:
    """Give an exact number as an integer at its scale, as ``(sql, scale)``; more than 64 bits raise."""
    precision, scale = numeric_digits(value.type)
    if value.type.is_integer:
        return value.sql, 0
    if value.exact is None and precision <= SAFE_DIGITS:
        return _units(value.sql, scale), scale
    slow = f"streamdialect_units({value.exact or value.sql}, {scale})"
    whole = SAFE_DIGITS - scale
    if value.exact is not None or whole <= 0:
        return slow, scale
    beyond = f"{value.sql} NOT BETWEEN -{10**whole} AND {10**whole}"
    return f"CASE WHEN {beyond} THEN {slow} ELSE {_units(value.sql, scale)} END", scale


# --- bits --------------------------------------------------------------------------------------------


@handles(exp.BitwiseAnd, "this", "expression")
def _bit_and(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "&")


@handles(exp.BitwiseOr, "this", "expression")
def _bit_or(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "|")


@handles(exp.BitwiseXor, "this", "expression")
def _bit_xor(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "#")


@handles(exp.BitwiseLeftShift, "this", "expression")
def _shift_left(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, "<<")


@handles(exp.BitwiseRightShift, "this", "expression")
def _shift_right(compiler: Compiler, node: exp.Binary) -> Value:
    return _bits(compiler, node, ">>")


def _bits(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    left, right = (checked(compiler.value(side)) for side in (node.this, node.expression))
    if "VARBYTE" in (left.type.name, right.type.name) and operator in "&|#":
        return bits(compiler, operator, left, right, node)
    for side in (left, right):
        if not side.type.is_integer and side.type.name != "UNKNOWN":
            raise compiler.wrong(f"operator does not exist: {str(side.type).lower()} {operator}", node)
    if operator in ("<<", ">>"):
        return _shifted(left, right, operator)
    kind = left.type if numeric_digits(left.type) >= numeric_digits(right.type) else right.type
    if operator == "#":  # SQLite has no exclusive or
        return Value(f"(({left.sql} | {right.sql}) - ({left.sql} & {right.sql}))", kind)
    return Value(f"({left.sql} {operator} {right.sql})", kind)


def _shifted(left: Value, right: Value, operator: str) -> Value:
    """Shift; what leaves the type, or the sign's place, is an error and not cut off."""
    if not left.type.is_integer:
        return Value(f"({left.sql} {operator} {right.sql})", left.type)
    low, high = INTEGER_BOUNDS[left.type.name]
    bits = high.bit_length()
    sql = f"({left.sql} {operator} {right.sql})"
    wrong = f"{right.sql} NOT BETWEEN 0 AND {bits}"
    if operator == "<<":
        wrong += f" OR ({sql} >> {right.sql}) <> {left.sql} OR {sql} NOT BETWEEN {low} AND {high}"
    fail = f"streamdialect_fail({left.sql}, '{left.type.name.lower()} out of range')"
    return Value(f"CASE WHEN {wrong} THEN {fail} ELSE {sql} END", left.type)


# --- prefix operators --------------------------------------------------------------------------------

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Pow)


def _operand(compiler: Compiler, node: Node, operator: str) -> Node:
    """Give the operand of a prefix operator.

    Redshift inherits PostgreSQL's rule that such an operator binds less than + - * / ^, against every
    reader's guess (and sqlglot's): where that matters, parentheses are asked for.
    """
    if isinstance(node.parent, _ARITHMETIC) and node.arg_key == "this":
        raise compiler.unsupported(
            f"the operator {operator} before an operand of arithmetic",
            node,
            hint=f"Write ({operator} x) + y or {operator} (x + y).",
        )
    operand: Node = node.this
    return operand


def _call(compiler: Compiler, node: Node, operator: str, name: str) -> Value:
    from streamdialect.sql.functions import call

    return call(compiler, name, [_operand(compiler, node, operator)], node)


@handles(exp.Abs, "this")
def _abs(compiler: Compiler, node: exp.Abs) -> Value:
    return _call(compiler, node, "@", "ABS")


@handles(exp.Sqrt, "this")
def _sqrt(compiler: Compiler, node: exp.Sqrt) -> Value:
    return _call(compiler, node, "|/", "SQRT")


@handles(exp.Cbrt, "this")
def _cbrt(compiler: Compiler, node: exp.Cbrt) -> Value:
    return _call(compiler, node, "||/", "CBRT")


@handles(exp.BitwiseNot, "this")
def _bit_not(compiler: Compiler, node: exp.BitwiseNot) -> Value:
    value = checked(compiler.value(_operand(compiler, node, "~")))
    if value.type.name == "VARBYTE":
        return inverted(value)
    if not value.type.is_integer:
        raise compiler.wrong(f"operator does not exist: ~ {str(value.type).lower()}", node)
    return Value(f"(~{value.sql})", value.type)
