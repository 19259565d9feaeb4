"""Comparisons of rows and with queries: IN, EXISTS, ANY, ALL, scalar subqueries.

Source: ``r_in_condition``, ``r_exists_condition``, ``r_comparison_condition``, "Subquery examples".
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.model import Column
from streamdialect.sql.aggregates import contains_aggregate
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.equality import super_key
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import comparable, compare, contained, convert
from streamdialect.sql.values import Value, boolean, checked

__all__ = ["compared"]


def compared(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    """Compile a comparison of values, of rows, or with ANY or ALL of a query."""
    left, right = node.this, node.expression
    if isinstance(right, (exp.Any, exp.All)):
        return _quantified(compiler, node, operator, right)
    if isinstance(left, (exp.Any, exp.All)):
        raise compiler.wrong("ANY and ALL stand right of the operator", node)
    if isinstance(left, exp.Tuple) or isinstance(right, exp.Tuple):
        return _rows_compared(compiler, node, operator)
    return compare(compiler, operator, compiler.value(left), compiler.value(right), node)


def _rows_compared(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    left, right = node.this, node.expression
    if not (isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)):
        raise compiler.unsupported("a comparison of a row with something else", node)
    if len(left.expressions) != len(right.expressions):
        raise compiler.wrong("unequal number of entries in row expressions", node)
    sides = [
        (compiler.value(a), compiler.value(b))
        for a, b in zip(left.expressions, right.expressions, strict=True)
    ]
    if any("SUPER" in (a.type.name, b.type.name) for a, b in sides):
        if operator not in ("=", "<>"):
            raise compiler.unsupported("the order of rows with SUPER values", node)
        equal = " AND ".join(compare(compiler, "=", a, b, node).sql for a, b in sides)
        return boolean(f"({equal})" if operator == "=" else f"(NOT ({equal}))")
    pairs = [comparable(compiler, a, b, node, operator) for a, b in sides]
    return boolean(f"(({', '.join(a for a, _ in pairs)}) {operator} ({', '.join(b for _, b in pairs)}))")


# --- queries --------------------------------------------------------------------------------------


@handles(exp.Exists, "this")
def _exists(compiler: Compiler, node: exp.Exists) -> Value:
    from streamdialect.sql.query import subquery

    if not isinstance(node.this, exp.Query):
        raise compiler.wrong("EXISTS needs a subquery", node)
    sql, _ = subquery(compiler, node.this)
    return boolean(f"(EXISTS ({sql}))")


@handles(exp.Subquery, "this", "with_", "with", "order", "limit", "offset")
def _scalar_subquery(compiler: Compiler, node: exp.Subquery) -> Value:
    from streamdialect.sql.query import subquery

    if not isinstance(node.this, exp.Query):
        raise compiler.unsupported(f"{type(node.this).__name__} in parentheses", node)
    sql, columns = subquery(compiler, node)
    if len(columns) != 1:
        raise compiler.wrong("subquery must return only one column", node)
    if not _gives_one_row(node):
        # SQLite takes the first row (r_scalar_subqueries: an error).
        fail = "streamdialect_fail(1, 'Single-row subquery returns more than one row')"
        column = '"_sd_rows"."c"'
        sql = (
            f"SELECT CASE WHEN count(*) > 1 THEN {fail} ELSE max({column}) END"
            f' FROM (WITH "_sd_row"("c") AS ({sql}) SELECT "c" FROM "_sd_row" LIMIT 2) AS "_sd_rows"'
        )
    return Value(f"({sql})", columns[0].type)


def _gives_one_row(node: Node) -> bool:
    """Tell whether a query has one row at most, by its form: an aggregate without GROUP BY, LIMIT 1, no FROM."""
    while isinstance(node, exp.Subquery):
        if _limited(node):
            return True
        node = node.this
    if not isinstance(node, exp.Select):
        return False
    if _limited(node) or not (node.args.get("from_") or node.args.get("from")):
        return True
    return not node.args.get("group") and any(contains_aggregate(item) for item in node.expressions)


def _limited(node: Node) -> bool:
    limit = node.args.get("limit")
    count = limit.expression if isinstance(limit, exp.Limit) else None
    return isinstance(count, exp.Literal) and count.name in ("0", "1")


@handles(exp.In, "this", "expressions", "query")
def _in(compiler: Compiler, node: exp.In) -> Value:
    query = node.args.get("query")
    if query is not None:
        return _in_query(compiler, node, query)
    if not node.expressions:
        raise compiler.wrong("syntax error: IN needs at least one value", node)
    if isinstance(node.this, exp.Tuple):
        parts = [
            _rows_compared(compiler, exp.EQ(this=node.this, expression=row), "=").sql
            for row in node.expressions
        ]
        return boolean("(" + " OR ".join(parts) + ")")
    value = compiler.value(node.this)
    others = [compiler.value(item) for item in node.expressions]
    if value.type.name == "SUPER" or any(other.type.name == "SUPER" for other in others):
        return boolean(
            "(" + " OR ".join(compare(compiler, "=", value, other, node).sql for other in others) + ")"
        )
    pairs = [comparable(compiler, value, other, node, "=") for other in others]
    if len({left for left, _ in pairs}) > 1:
        return boolean("(" + " OR ".join(f"{left} = {right}" for left, right in pairs) + ")")
    items = [(other, sql) for other, (_, sql) in zip(others, pairs, strict=True)]
    return boolean(f"({contained(value, pairs[0][0], items)})")


def _in_query(compiler: Compiler, node: Node, query: Node) -> Value:
    sql, columns, nodes = _against(compiler, node, query)
    names = [f'"_sd_in{index}"' for index in range(len(columns))]
    lefts, rights = [], []
    for item, column, name in zip(nodes, columns, names, strict=True):
        # The query's own rows have no more digits than can be stored.
        value = replace(compiler.value(item), exact=None)
        other = Value(name, column.type)
        if "SUPER" in (value.type.name, column.type.name):
            left, right = (super_key(convert(checked(side), types.SUPER)) for side in (value, other))
        else:
            left, right = comparable(compiler, value, other, node, "=")
        lefts.append(left)
        rights.append(right)
    if rights != names:
        sql = f'WITH "_sd_in"({", ".join(names)}) AS ({sql}) SELECT {", ".join(rights)} FROM "_sd_in"'
    left_sql = lefts[0] if len(lefts) == 1 else f"({', '.join(lefts)})"
    return boolean(f"({left_sql} IN ({sql}))")


def _against(compiler: Compiler, node: Node, query: Node) -> tuple[str, tuple[Column, ...], list[Node]]:
    """Compile the query on the right; give its SQL, its columns and what they are compared with."""
    from streamdialect.sql.query import subquery

    sql, columns = subquery(compiler, query)
    nodes = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    if len(nodes) != len(columns):
        raise compiler.wrong(f"subquery has {len(columns)} columns, {len(nodes)} expected", node)
    return sql, columns, nodes


def _quantified(compiler: Compiler, node: exp.Binary, operator: str, right: Node) -> Value:
    query: Node = right.this
    every = isinstance(right, exp.All)
    word = "ALL" if every else "ANY"
    if not isinstance(query, exp.Query):
        raise compiler.unsupported(f"{word} of anything but a subquery", node)
    if operator == "=" and not every:
        return _in_query(compiler, node, query)
    if operator == "<>" and every:
        return boolean(f"(NOT {_in_query(compiler, node, query).sql})")
    hint = "Redshift has = ANY, = SOME and <> ALL only."
    raise compiler.unsupported(f"{operator} {word} of a subquery", node, hint=hint)
