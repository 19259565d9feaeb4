"""Conditional functions. Source: "Conditional expressions" of the Database Developer Guide."""

from __future__ import annotations

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import MANY, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import compare, condition, unified, unify
from streamdialect.sql.values import Value, checked, null

__all__: list[str] = []

_COMMON = "the common type of the arguments"


@function(
    "COALESCE",
    1,
    MANY,
    "Give the first argument that is not NULL.",
    heading="coalesce",
    signature="COALESCE(expression, ...)",
    returns=_COMMON,
    page="r_NVL_function",
    example=("COALESCE(NULL, 12, NULL)", "12"),
)
@function(
    "NVL",
    1,
    MANY,
    "Another name of COALESCE.",
    heading="coalesce",
    signature="NVL(expression, ...)",
    returns=_COMMON,
    page="r_NVL_function",
    example=("NVL(NULL, 'Amazon Redshift', NULL)", "Amazon Redshift"),
)
@function(
    "IFNULL",
    2,
    2,
    "SQLite's name of COALESCE.",
    heading="coalesce",
    native=True,
    signature="IFNULL(expression, expression)",
    returns=_COMMON,
    example=("IFNULL(NULL, 12)", "12"),
)
def _coalesce(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    with compiler.maybe():
        values = [compiler.value(argument) for argument in arguments]

    def build(sqls: list[str]) -> str:
        return sqls[0] if len(sqls) == 1 else f"coalesce({', '.join(sqls)})"

    return unified(compiler, values, node, "COALESCE", build)


@function(
    "NVL2",
    3,
    3,
    "Give the second argument if the first is not NULL, else the third.",
    signature="NVL2(expression, not_null_value, null_value)",
    returns="the common type of two numbers or times, else the type of the second argument",
    page="r_NVL2",
    example=("NVL2(NULL, '2345', 1234)", "1234"),
)
def _nvl2(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    test = checked(compiler.value(arguments[0]))
    with compiler.maybe():
        first, second = (compiler.value(argument) for argument in arguments[1:])

    def build(sqls: list[str]) -> str:
        return f"CASE WHEN {test.sql} IS NOT NULL THEN {sqls[0]} ELSE {sqls[1]} END"

    mixed = first.type.is_numeric != second.type.is_numeric and "UNKNOWN" not in (
        first.type.name,
        second.type.name,
    )
    if mixed or (first.type.is_text and second.type.is_text):
        from streamdialect.sql.casts import cast

        return Value(build([checked(first).sql, cast(second, first.type).sql]), first.type)
    return unified(compiler, [first, second], node, "NVL2", build)


@function(
    "NULLIF",
    2,
    2,
    "Give NULL if both arguments are equal, else the first.",
    signature="NULLIF(expression1, expression2)",
    returns="the type of the first argument",
    page="r_NULLIF_function",
    example=("NULLIF(5, 5)", "NULL"),
)
def _nullif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    left, right = checked(compiler.value(arguments[0])), checked(compiler.value(arguments[1]))
    equal = compare(compiler, "=", left, right, node).sql
    nonzero = right.literal == 0 and not isinstance(right.literal, bool)
    exact = left.exact and f"CASE WHEN {equal} THEN NULL ELSE {left.exact} END"
    return Value(f"CASE WHEN {equal} THEN NULL ELSE {left.sql} END", left.type, nonzero=nonzero, exact=exact)


@function(
    "DECODE",
    3,
    MANY,
    "Compare with search values, where NULL equals NULL; give the result beside the first equal one.",
    heading="case",
    signature="DECODE(expression, search, result [, search, result ...] [, default])",
    returns="the common type of the results",
    page="r_DECODE_expression",
    example=("DECODE(NULL, NULL, 0, 1)", "0"),
)
def _decode(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.expressions import case
    from streamdialect.sql.operators import comparable

    tests: list[str] = []
    results: list[Value] = []
    rest = arguments[1:]
    with compiler.maybe():
        subject = compiler.value(arguments[0])
        for search, result in zip(rest[::2], rest[1::2], strict=False):
            left, right = comparable(compiler, subject, compiler.value(search), node, "=")
            tests.append(f"{left} IS {right}")
            results.append(compiler.value(result))
        results.append(compiler.value(rest[-1]) if len(rest) % 2 else null())
    return case(compiler, tests, results, node, "DECODE")


def _extreme(compiler: Compiler, arguments: list[Node], node: Node, name: str) -> Value:
    values = [compiler.value(argument) for argument in arguments]
    kind, sqls = unify(compiler, values, node, name)
    if kind.name == "SUPER":
        raise compiler.unsupported(f"{name} of SUPER", node, hint="Cast the values to a type first.")
    sqls = [sql for sql, value in zip(sqls, values, strict=True) if not value.is_null]
    if not sqls:
        return Value("NULL", kind, literal=None)
    if len(sqls) == 1:
        return Value(sqls[0], kind)
    # SQLite's min and max give NULL for any NULL; Redshift leaves NULLs out.
    chosen = "min" if name == "LEAST" else "max"
    filled = [f"coalesce({', '.join([sql, *sqls[:i], *sqls[i + 1 :]])})" for i, sql in enumerate(sqls)]
    return Value(f"{chosen}({', '.join(filled)})", kind)


@function(
    "GREATEST",
    1,
    100,
    "Give the largest argument, leaving NULLs out.",
    signature="GREATEST(value [, ...])",
    returns=_COMMON,
    page="r_GREATEST_LEAST",
    example=("GREATEST('Reagan', NULL, 'Hodge')", "Reagan"),
)
def _greatest(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "GREATEST")


@function(
    "LEAST",
    1,
    100,
    "Give the smallest argument, leaving NULLs out.",
    signature="LEAST(value [, ...])",
    returns=_COMMON,
    page="r_GREATEST_LEAST",
    example=("LEAST(2, NULL, 1.5)", "1.5"),
)
def _least(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "LEAST")


@function(
    "IIF",
    3,
    3,
    "SQLite's short CASE.",
    native=True,
    heading="case",
    signature="IIF(condition, result, otherwise)",
    returns="the common type of the results",
    example=("IIF(1 = 1, 'yes', 'no')", "yes"),
)
def _iif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.expressions import case

    with compiler.maybe():
        test = condition(compiler, arguments[0], "IIF")
        return case(compiler, [test], [compiler.value(item) for item in arguments[1:]], node, "IIF")
