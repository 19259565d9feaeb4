"""Expressions that are not functions: literals, predicates, CASE, casts, subqueries."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast, decimal_literal
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.dialect import read_type
from streamdialect.sql.equality import super_key
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import comparable, compare, condition, convert, unified
from streamdialect.sql.subqueries import compared
from streamdialect.sql.values import JsonPath, Value, boolean, checked, null, text_literal

__all__ = ["case"]

_INTEGER_MAX = 2**31 - 1
_BIGINT_MAX = 2**63 - 1
_DECIMAL_DIGITS = 38
_DIGITS_OF_64_BITS = 19


@handles(exp.Literal, "this", "is_string")
def _literal(compiler: Compiler, node: exp.Literal) -> Value:
    if node.is_string:
        text = str(node.this)
        return Value(text_literal(text), types.varchar(max(1, len(text.encode()))), literal=text)
    return number(compiler, str(node.this), node)


def number(compiler: Compiler, text: str, node: Node) -> Value:
    """Compile a number as it is written: 1 is INTEGER, 1.5 DECIMAL(2,1), 1e5 DOUBLE PRECISION."""
    if not text.isascii():
        raise compiler.wrong(f'syntax error at or near "{text}"', node)
    if "e" in text.lower():
        try:
            real = float(text)
        except ValueError:  # "1e" without digits
            raise compiler.wrong(f'syntax error at or near "{text}"', node) from None
        if real in (float("inf"), float("-inf")):
            raise compiler.wrong(f"{text} is out of range for type double precision", node)
        return Value(repr(real), types.DOUBLE, literal=real)
    exact = Decimal(text)
    digits = exact.as_tuple().digits
    scale = max(0, -int(exact.as_tuple().exponent))
    if not scale and exact <= _BIGINT_MAX and "." not in text:
        kind = types.INTEGER if exact <= _INTEGER_MAX else types.BIGINT
        return Value(str(int(exact)), kind, literal=int(exact))
    precision = max(len(digits), scale + 1)
    if precision == _DIGITS_OF_64_BITS and exact.scaleb(scale) > _BIGINT_MAX:
        precision += 1
    if precision > _DECIMAL_DIGITS:
        raise compiler.wrong(f"numeric literal {text} has more than {_DECIMAL_DIGITS} digits", node)
    return decimal_literal(exact, types.decimal(precision, scale))


@handles(exp.Null)
def _null(compiler: Compiler, node: exp.Null) -> Value:
    return null()


@handles(exp.RawString, "this")
def _raw_string(compiler: Compiler, node: exp.RawString) -> Value:
    text = str(node.this)
    return Value(text_literal(text), types.varchar(max(1, len(text.encode()))), literal=text)


# --- casts ----------------------------------------------------------------------------------------


@handles(exp.Cast, "this", "to", "_type")
def _cast(compiler: Compiler, node: exp.Cast) -> Value:
    return _cast_to(compiler, node, attempt=False)


@handles(exp.TryCast, "this", "to", "_type", "safe", "requires_string")
def _try_cast(compiler: Compiler, node: exp.TryCast) -> Value:
    return _cast_to(compiler, node, attempt=True)


def _cast_to(compiler: Compiler, node: exp.Cast, *, attempt: bool) -> Value:
    kind, sized = read_type(node.args["to"])
    value = checked(compiler.value(node.this))
    if kind.is_temporal and isinstance(value.literal, str):
        from streamdialect.sql.date_parts import special_time

        special = special_time(compiler, value.literal, kind.name)
        if special is not None:
            return special
    if value.type.name == "SUPER":
        path = value.json or JsonPath(value.sql, "'$'")
        strict = not compiler.settings.cast_super_null_on_error
        value = replace(value, json=replace(path, strict=strict))
    if value.type.name == "UNKNOWN" and not value.is_null:
        # A bound value may have any type: text rules for text, SQLite's conversion otherwise.
        value = replace(value, json=None)
    return cast(replace(value, share=compiler.shared_path), kind, attempt=attempt, sized=sized)


# --- comparisons ----------------------------------------------------------------------------------


@handles(exp.EQ, "this", "expression")
def _eq(compiler: Compiler, node: exp.EQ) -> Value:
    return compared(compiler, node, "=")


@handles(exp.NEQ, "this", "expression")
def _neq(compiler: Compiler, node: exp.NEQ) -> Value:
    return compared(compiler, node, "<>")


@handles(exp.GT, "this", "expression")
def _gt(compiler: Compiler, node: exp.GT) -> Value:
    return compared(compiler, node, ">")


@handles(exp.GTE, "this", "expression")
def _gte(compiler: Compiler, node: exp.GTE) -> Value:
    return compared(compiler, node, ">=")


@handles(exp.LT, "this", "expression")
def _lt(compiler: Compiler, node: exp.LT) -> Value:
    return compared(compiler, node, "<")


@handles(exp.LTE, "this", "expression")
def _lte(compiler: Compiler, node: exp.LTE) -> Value:
    return compared(compiler, node, "<=")


def _null_safe(compiler: Compiler, node: exp.Binary, operator: str) -> tuple[str, str]:
    left, right = checked(compiler.value(node.this)), checked(compiler.value(node.expression))
    if "SUPER" in (left.type.name, right.type.name):
        return super_key(convert(left, types.SUPER)), super_key(convert(right, types.SUPER))
    return comparable(compiler, left, right, node, operator)


@handles(exp.NullSafeEQ, "this", "expression")
def _null_safe_eq(compiler: Compiler, node: exp.NullSafeEQ) -> Value:
    _refuse_distinct_from(compiler, node)
    a, b = _null_safe(compiler, node, "IS")
    return boolean(f"({a} IS {b})")


@handles(exp.NullSafeNEQ, "this", "expression")
def _null_safe_neq(compiler: Compiler, node: exp.NullSafeNEQ) -> Value:
    _refuse_distinct_from(compiler, node)
    a, b = _null_safe(compiler, node, "IS NOT")
    return boolean(f"({a} IS NOT {b})")


def _refuse_distinct_from(compiler: Compiler, node: Node) -> None:
    if compiler.settings.compat:  # generated SQL for SQLite compares with it
        raise compiler.unsupported("IS DISTINCT FROM", node, hint="Redshift's guide does not have it.")


@handles(exp.Is, "this", "expression")
def _is(compiler: Compiler, node: exp.Is) -> Value:
    left = checked(compiler.value(node.this))
    if isinstance(node.expression, exp.Null):
        return boolean(f"({left.sql} IS NULL)")
    if left.type.name == "SUPER" and isinstance(node.expression, exp.Boolean):
        left = cast(left, types.BOOLEAN)
    if left.type.is_numeric and isinstance(node.expression, exp.Boolean):
        left = boolean(f"({left.sql} <> 0)")  # "Non-zero values equate to TRUE" (r_comparison_condition)
    a, b = comparable(compiler, left, compiler.value(node.expression), node, "IS")
    return boolean(f"({a} IS {b})")


@handles(exp.Between, "this", "low", "high")
def _between(compiler: Compiler, node: exp.Between) -> Value:
    value = compiler.value(node.this)
    low = compare(compiler, ">=", value, compiler.value(node.args["low"]), node)
    high = compare(compiler, "<=", value, compiler.value(node.args["high"]), node)
    return boolean(f"({low.sql} AND {high.sql})")


# --- logic ----------------------------------------------------------------------------------------


@handles(exp.And, "this", "expression")
def _and(compiler: Compiler, node: exp.And) -> Value:
    return _logic(compiler, node, "AND")


@handles(exp.Or, "this", "expression")
def _or(compiler: Compiler, node: exp.Or) -> Value:
    return _logic(compiler, node, "OR")


def _logic(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    # A long chain is a deep tree on its left side: walked in a loop, so that its length has no limit.
    terms: list[Node] = []
    current: Node = node
    while type(current) is type(node):
        terms.append(current.expression)
        current = current.this
    terms.append(current)
    parts = []
    with compiler.maybe():
        for term in reversed(terms):
            parts.append(condition(compiler, term, operator))
    return boolean("(" + f" {operator} ".join(parts) + ")")


@handles(exp.Not, "this")
def _not(compiler: Compiler, node: exp.Not) -> Value:
    return boolean(f"(NOT {condition(compiler, node.this, 'NOT')})")


@handles(exp.Case, "this", "ifs", "default")
def _case(compiler: Compiler, node: exp.Case) -> Value:
    operand = node.args.get("this")
    tests: list[str] = []
    results: list[Value] = []
    with compiler.maybe():
        subject = compiler.value(operand) if operand is not None else None
        for branch in node.args["ifs"]:
            if subject is None:
                tests.append(condition(compiler, branch.this, "CASE/WHEN"))
            else:
                tests.append(compare(compiler, "=", subject, compiler.value(branch.this), node).sql)
            results.append(compiler.value(branch.args["true"]))
        default = node.args.get("default")
        results.append(compiler.value(default) if default is not None else null())
    return case(compiler, tests, results, node, "CASE")


def case(compiler: Compiler, tests: list[str], results: list[Value], node: Node, what: str) -> Value:
    """Build a CASE from conditions and one result more than there are conditions."""

    def build(sqls: list[str]) -> str:
        branches = " ".join(f"WHEN {test} THEN {sql}" for test, sql in zip(tests, sqls, strict=False))
        default = "" if results[-1].is_null else f" ELSE {sqls[-1]}"
        return f"CASE {branches}{default} END"

    return unified(compiler, results, node, what, build)
