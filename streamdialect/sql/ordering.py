"""ORDER BY terms, and what makes SUPER values equal: NULL is the largest value (``r_ORDER_BY_clause``)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column
from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.equality import COLLATION, distinguished, told_apart
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, checked

__all__ = [
    "direction",
    "distinct_rows",
    "group_sql",
    "not_ordinal",
    "order_sql",
    "ordered_terms",
    "sort_keys",
]

# boolean < number < string < array < object (query-super)
_SUPER_RANK = (
    "CASE json_type({0}) WHEN 'true' THEN 0 WHEN 'false' THEN 0 WHEN 'integer' THEN 1 WHEN 'real' THEN 1 "
    "WHEN 'text' THEN 2 WHEN 'array' THEN 3 WHEN 'object' THEN 4 END"
)
# Scalars that SQLite compares as SUPER does, but for numbers that REAL cannot tell apart.
_SUPER_SCALAR = (
    "CASE json_type({0}) WHEN 'text' THEN rtrim({1}, ' ') "
    "WHEN 'array' THEN NULL WHEN 'object' THEN NULL ELSE {1} END"
)
# A whole number may be written as an integer or not: what it equals must not depend on that.
_SUPER_REST = (
    "CASE WHEN json_type({0}) IN ('array', 'object') OR (json_type({0}) = 'real' AND {1} <> CAST({1} AS INTEGER)) "
    "THEN streamdialect_super_order({0}) END"
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
        plain = path.take("->>")
        return [term.format(value.sql, plain) + how for term in (_SUPER_RANK, _SUPER_SCALAR, _SUPER_REST)]
    return [not_ordinal(distinguished(value)) + how]


def sort_keys(terms: Sequence[str]) -> tuple[list[str], str]:
    """Take terms apart for an aggregate that sorts by itself: values, and how each sorts."""
    keys, ways = [], []
    for term in terms:
        key, *how = term.rsplit(" ", 3)  # x ASC NULLS LAST
        way = " ".join(how)
        if key.endswith(COLLATION):
            key, way = key.removesuffix(COLLATION), COLLATION.strip() + " " + way
        keys.append(key)
        ways.append(way)
    return keys, ", ".join(ways)


def group_sql(value: Value) -> str:
    """Write the GROUP BY term of a value: 1 and 1.0 are one SUPER value (``query-super``, "Dynamic typing")."""
    return told_apart(value) if value.type.name == "SUPER" else not_ordinal(distinguished(value))


def distinct_rows(sql: str, columns: Sequence[Column]) -> str:
    """Keep one of the rows whose SUPER values are equal, however they are written."""
    names = [f"c{number}" for number in range(len(columns))]
    terms = [
        group_sql(Value(f'q."{name}"', column.type)) for name, column in zip(names, columns, strict=True)
    ]
    listed = ", ".join(
        f'"{name}" AS {quote_identifier(column.name)}' for name, column in zip(names, columns, strict=True)
    )
    # The names of the inner query's columns need not be different; a common table's list of names makes them so.
    listing = ", ".join(f'"{name}"' for name in names)
    return f"SELECT {listed} FROM (WITH d({listing}) AS ({sql}) SELECT * FROM d) AS q GROUP BY {', '.join(terms)}"


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
