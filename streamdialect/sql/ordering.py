"""ORDER BY terms: NULL is the largest value (``r_ORDER_BY_clause``)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import COLLATION, distinguished
from streamdialect.sql.values import JsonPath, Value, checked

__all__ = ["direction", "not_ordinal", "order_sql", "ordered_terms"]

# boolean < number < string < array < object (query-super)
_SUPER_RANK = (
    "CASE json_type({0}) WHEN 'true' THEN 0 WHEN 'false' THEN 0 WHEN 'integer' THEN 1 WHEN 'real' THEN 1 "
    "WHEN 'text' THEN 2 WHEN 'array' THEN 3 WHEN 'object' THEN 4 END"
)


def direction(compiler: Compiler, term: Node) -> str:
    """Give `` ASC NULLS LAST`` or what else a term asks for."""
    if not isinstance(term, exp.Ordered):
        return " ASC NULLS LAST"
    check_parts(compiler, term, frozenset({"this", "desc", "nulls_first"}))
    descending = bool(term.args.get("desc"))
    # sqlglot's reader of Redshift fills nulls_first in by Redshift's rule where it is not written.
    first = term.args.get("nulls_first")
    first = descending if first is None else bool(first)
    return f" {'DESC' if descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def order_sql(value: Value, how: str) -> list[str]:
    """Write the terms that sort by a value; a SUPER value sorts by its type first."""
    value = checked(value)
    if value.exact is not None:
        scale = value.type.scale or 0
        return [f"streamdialect_sort_key({value.exact}, {scale}, {scale}){how}"]
    if value.type.name == "SUPER":
        path = value.json or JsonPath(value.sql, "'$'")
        return [_SUPER_RANK.format(value.sql) + how, path.take("->>") + how]
    return [not_ordinal(distinguished(value)) + how]


def not_ordinal(sql: str) -> str:
    """Keep SQLite from reading a constant, folded or written, as the number of a column."""
    return sql if '"' in sql else f"nullif({sql}, NULL){COLLATION if sql.endswith(COLLATION) else ''}"


def ordered_terms(compiler: Compiler, terms: Sequence[Node]) -> list[str]:
    """Compile the terms of a window's or an aggregate's ORDER BY."""
    found: list[str] = []
    for term in terms:
        node = term.this if isinstance(term, exp.Ordered) else term
        found += order_sql(compiler.value(node), direction(compiler, term))
    return found
