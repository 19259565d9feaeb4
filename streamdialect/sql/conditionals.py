"""Conditional functions. Source: "Conditional expressions" of the Database Developer Guide."""

from __future__ import annotations

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import MANY, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import compare, condition, unify
from streamdialect.sql.values import Value, checked, null

__all__: list[str] = []


@function(
    "COALESCE", 1, MANY, "Give the first argument that is not NULL (r_NVL_function).", heading="coalesce"
)
@function("NVL", 1, MANY, "Another name of COALESCE.", heading="coalesce")
@function("IFNULL", 2, 2, "SQLite's name of COALESCE.", heading="coalesce", native=True)
def _coalesce(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    with compiler.maybe():
        values = [compiler.value(argument) for argument in arguments]
    kind, sqls = unify(compiler, values, node, "COALESCE")
    return Value(sqls[0] if len(sqls) == 1 else f"coalesce({', '.join(sqls)})", kind)


@function("NVL2", 3, 3, "Choose by whether the first argument is NULL (r_NVL2).")
def _nvl2(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    test = checked(compiler.value(arguments[0]))
    with compiler.maybe():
        values = [compiler.value(argument) for argument in arguments[1:]]
    kind, sqls = unify(compiler, values, node, "NVL2")
    return Value(f"CASE WHEN {test.sql} IS NOT NULL THEN {sqls[0]} ELSE {sqls[1]} END", kind)


@function("NULLIF", 2, 2, "Give NULL if both arguments are equal (r_NULLIF_function).", heading="nullif")
def _nullif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    left, right = checked(compiler.value(arguments[0])), checked(compiler.value(arguments[1]))
    equal = compare(compiler, "=", left, right, node).sql
    nonzero = right.literal == 0 and not isinstance(right.literal, bool)
    return Value(f"CASE WHEN {equal} THEN NULL ELSE {left.sql} END", left.type, nonzero=nonzero)


@function(
    "DECODE", 3, MANY, "Compare with search values; NULL matches NULL (r_DECODE_expression).", heading="case"
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
    if len(sqls) == 1:
        return Value(sqls[0], kind)
    # SQLite's min and max give NULL for any NULL; Redshift leaves NULLs out.
    chosen = "min" if name == "LEAST" else "max"
    filled = [f"coalesce({', '.join([sql, *sqls[:i], *sqls[i + 1 :]])})" for i, sql in enumerate(sqls)]
    return Value(f"{chosen}({', '.join(filled)})", kind)


@function("GREATEST", 1, 100, "Give the largest argument, leaving NULLs out (r_GREATEST_LEAST).")
def _greatest(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "GREATEST")


@function("LEAST", 1, 100, "Give the smallest argument, leaving NULLs out (r_GREATEST_LEAST).")
def _least(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "LEAST")


@function("IIF", 3, 3, "SQLite's short CASE.", native=True, heading="case")
def _iif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.expressions import case

    with compiler.maybe():
        test = condition(compiler, arguments[0], "IIF")
        return case(compiler, [test], [compiler.value(item) for item in arguments[1:]], node, "IIF")
