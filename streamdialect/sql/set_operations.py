"""UNION, INTERSECT and EXCEPT. Source: ``r_UNION``.

SQLite joins the parts of a compound query from left to right; in Redshift INTERSECT comes first.
"""

from __future__ import annotations

from msgspec import Struct
from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column
from streamdialect.sql.compiler import Compiler, Frame, check_parts
from streamdialect.sql.equality import distinguished
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import convert, unified_type
from streamdialect.sql.ordering import distinct_rows
from streamdialect.sql.relations import renamed_columns, stored_names
from streamdialect.sql.selects import TAIL_PARTS, tail
from streamdialect.sql.values import Value

__all__ = ["set_operation"]

_PARTS = frozenset({"this", "expression", "distinct", *TAIL_PARTS})
_NAMES = {"Union": "UNION", "Except": "EXCEPT", "Intersect": "INTERSECT"}


class _Side(Struct):
    """Be a compiled query of the operation; ``soft`` are its columns that are text literals."""

    sql: str
    columns: tuple[Column, ...]
    soft: frozenset[int]


def set_operation(
    compiler: Compiler, node: Node, *, recursive: bool = False
) -> tuple[str, tuple[Column, ...]]:
    """Compile a set operation; a ``recursive`` one may not have its parts wrapped."""
    first, rest = _flat(compiler, node)
    sides = [_side(compiler, item) for item in (first, *(item for _, item in rest))]
    width = len(sides[0].columns)
    if any(len(side.columns) != width for side in sides):
        raise compiler.wrong("each query of a set operation must have the same number of columns", node)
    kinds = [_kind(compiler, [side.columns[i] for side in sides], i, sides, node) for i in range(width)]
    names = [column.name for column in sides[0].columns]
    # SQLite tells texts apart by the collation of the first side.
    collated = not recursive and any(operator != "UNION ALL" for operator, _ in rest)
    converted = [_converted(side, kinds, names, collated=collated) for side in sides]
    if recursive and any(sql is not side.sql for sql, side in zip(converted, sides, strict=True)):
        raise compiler.unsupported("a recursive query whose parts have columns of different types", node)
    found = tuple(Column(name=name, type=kind) for name, kind in zip(names, kinds, strict=True))
    operators = [name for name, _ in rest]
    if any(kind.name == "SUPER" for kind in kinds) and set(operators) != {"UNION ALL"}:
        if set(operators) != {"UNION"}:
            raise compiler.unsupported(f"{' with '.join(dict.fromkeys(operators))} of SUPER values", node)
        rows = distinct_rows(_joined(converted, ["UNION ALL"] * len(operators)), found)
        return rows + tail(compiler, node, found), found
    return _joined(converted, operators) + tail(compiler, node, found), found


def _flat(compiler: Compiler, node: Node) -> tuple[Node, list[tuple[str, Node]]]:
    """Give the first query of a chain, and the others with their operators, as they are written."""
    rest: list[tuple[str, Node]] = []
    current = node
    while isinstance(current, exp.SetOperation):
        if current is not node and any(current.args.get(part) for part in TAIL_PARTS):
            break
        check_parts(compiler, current, _PARTS)
        name = _NAMES.get(type(current).__name__)
        if name is None:
            raise compiler.unsupported(type(current).__name__, current)
        if not current.args.get("distinct"):
            if name != "UNION":
                raise compiler.unsupported(f"{name} ALL", current)
            name = "UNION ALL"
        limit = current.args.get("limit")
        if limit is not None and limit.meta.get("top"):
            raise _no_limit(compiler, current)
        rest.append((name, current.expression))
        current = current.this
    return current, rest[::-1]


def _no_limit(compiler: Compiler, node: Node) -> Exception:
    return compiler.wrong("LIMIT may not be used within input to set operations", node)


def _side(compiler: Compiler, node: Node) -> _Side:
    from streamdialect.sql.query import body

    inner = node
    while isinstance(inner, exp.Subquery):
        inner = inner.this
    limit = next(
        (part for part in (node.args.get("limit"), inner.args.get("limit")) if part is not None), None
    )
    top = isinstance(node, exp.Select) and limit is not None and limit.meta.get("top")
    if limit is not None and (compiler.settings.compat or top):
        raise _no_limit(compiler, limit)
    frame = compiler.frame
    compiler.frame = Frame(parent=frame.parent)
    try:
        sql, found = body(compiler, node)
    finally:
        compiler.frame = frame
    # SQLite takes neither parentheses nor a tail in a compound.
    plain = isinstance(node, exp.Select) and not any(node.args.get(part) for part in (*TAIL_PARTS, "connect"))
    soft: frozenset[int] = frozenset()
    if isinstance(inner, exp.Select) and len(inner.expressions) == len(found):
        soft = frozenset(index for index, item in enumerate(inner.expressions) if item.unalias().is_string)
    return _Side(sql if plain else f"SELECT * FROM ({sql})", found, soft)


def _kind(
    compiler: Compiler, columns: list[Column], index: int, sides: list[_Side], node: Node
) -> types.RedshiftType:
    """Find the type of a column; a text literal takes the others' type."""
    firm = [column.type for column, side in zip(columns, sides, strict=True) if index not in side.soft]
    firm = [kind for kind in firm if kind.name != "UNKNOWN"]
    every = [column.type for column in columns]
    if firm and not all(kind.is_text for kind in firm):
        every = firm
    return unified_type(compiler, every, node, _NAMES.get(type(node).__name__, "UNION"))


def _converted(side: _Side, kinds: list[types.RedshiftType], names: list[str], *, collated: bool) -> str:
    """Convert a side's columns where the common type is stored in another form."""
    stored = stored_names(side.columns)
    outputs = []
    changed = False
    for name, column, kind, output in zip(stored, side.columns, kinds, names, strict=True):
        sql = quote_identifier(name)
        converted = convert(Value(sql, column.type), kind)
        if collated:
            converted = distinguished(Value(converted, kind))
        changed = changed or converted != sql
        outputs.append(f"{converted} AS {quote_identifier(output)}")
    if not changed:
        return side.sql
    return f"SELECT * FROM ({renamed_columns(side.sql, stored, outputs=', '.join(outputs))})"


def _joined(sides: list[str], operators: list[str]) -> str:
    """Write the compound, with INTERSECT before the others."""
    terms = [sides[0]]
    joins: list[str] = []
    counts = [1]
    for operator, side in zip(operators, sides[1:], strict=True):
        if operator == "INTERSECT":
            terms[-1] += f" INTERSECT {side}"
            counts[-1] += 1
        else:
            joins.append(operator)
            terms.append(side)
            counts.append(1)
    sql = terms[0]
    for operator, term, count in zip(joins, terms[1:], counts[1:], strict=True):
        sql += f" {operator} {term if count == 1 else f'SELECT * FROM ({term})'}"
    return sql
