"""Unnesting of SUPER arrays and objects in FROM.

Source: ``query-super`` ("Unnesting queries", "Object unpivoting"), ``r_FROM_clause30`` (UNNEST).
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.compiler import Compiler, Frame, Source, SourceColumn, check_parts
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value

__all__ = ["array_relation"]

_OFFSET = "offset_col"


def array_relation(compiler: Compiler, node: Node) -> str | None:
    """Compile an item of FROM that ranges over an array or object; give None for any other item."""
    if isinstance(node, exp.Pivot) and node.args.get("unpivot") and not node.expressions:
        check_parts(compiler, node, frozenset({"this", "unpivot"}))
        return _variable(compiler, node.this, "object", node)
    if isinstance(node, (exp.AtIndex, exp.Alias)):
        return _variable(compiler, node, "array", node)
    if isinstance(node, exp.Unnest):
        return _unnest(compiler, node)
    path = _path(compiler, node) if isinstance(node, exp.Table) else None
    if path is None:
        return None
    alias = node.args.get("alias")
    check_parts(compiler, node, frozenset({"this", "db", "catalog", "alias"}))
    if alias is not None:
        check_parts(compiler, alias, frozenset({"this"}))
    name = alias.this if alias is not None else node.this
    return _variable(compiler, exp.Alias(this=path, alias=name), "array", node)


def _path(compiler: Compiler, node: exp.Table) -> Node | None:
    """Read a relation's name as a path, if its first part is a relation or an element in scope."""
    parts = [part for key in ("catalog", "db", "this") if (part := node.args.get(key)) is not None]
    if not all(isinstance(part, exp.Identifier) for part in parts):
        return None
    frame: Frame | None = compiler.frame
    first = parts[0].name.lower()
    while frame is not None:
        for source in frame.sources:
            if source.name.lower() == first and (source.variable or len(parts) > 1):
                return exp.Column(**dict(zip(("this", "table", "db"), reversed(parts), strict=False)))
        frame = frame.parent
    return None


def _variable(compiler: Compiler, node: Node, kind: str, place: Node) -> str:
    """Compile ``path AS variable [AT position]``."""
    position: str | None = None
    if isinstance(node, exp.AtIndex):
        position, node = node.expression.name, node.this
    if not isinstance(node, exp.Alias):
        raise compiler.unsupported(f"{type(node).__name__.upper()} in FROM", place)
    name = node.alias.lower()
    each, columns = _each(compiler, node.this, kind, name, name, position and position.lower(), place)
    compiler.add(Source(name, columns, variable=True), place)
    return each


def _unnest(compiler: Compiler, node: exp.Unnest) -> str:
    """Compile ``UNNEST(array) [WITH OFFSET] AS alias(element [, offset])``."""
    check_parts(compiler, node, frozenset({"expressions", "alias", "offset"}))
    if len(node.expressions) != 1:
        raise compiler.unsupported("UNNEST of several arrays", node)
    alias = node.args.get("alias")
    names = [column.name.lower() for column in (alias.args.get("columns") or [])] if alias is not None else []
    offset = bool(node.args.get("offset"))
    if alias is None or alias.args.get("this") is None or not 1 <= len(names) <= 1 + offset:
        wanted = "alias(element, offset)" if offset else "alias(element)"
        raise compiler.wrong(f"UNNEST needs an alias with a name for its column: {wanted}", node)
    name = alias.this.name.lower()
    position = (names[1] if len(names) > 1 else _OFFSET) if offset else None
    each, columns = _each(compiler, node.expressions[0], "array", name, names[0], position, node)
    compiler.add(Source(name, columns), node)
    return each


def _each(
    compiler: Compiler, path: Node, kind: str, name: str, element: str, position: str | None, node: Node
) -> tuple[str, tuple[SourceColumn, ...]]:
    """Write the rows of an array or object, and the columns they have."""
    value: Value = compiler.value(path)
    if value.type.name not in ("SUPER", "UNKNOWN"):
        raise compiler.wrong(f"cannot unnest a value of type {value.type}", node)
    alias = quote_identifier(name)
    exact = f'({alias}."json" -> {alias}."fullkey")'
    sql = (
        f"CASE {alias}.\"type\" WHEN 'text' THEN json_quote({alias}.\"value\") WHEN 'true' THEN 'true' "
        f"WHEN 'false' THEN 'false' WHEN 'null' THEN NULL WHEN 'real' THEN {exact} "
        f"WHEN 'integer' THEN CASE typeof({alias}.\"value\") WHEN 'integer' THEN CAST({alias}.\"value\" AS TEXT) "
        f'ELSE {exact} END ELSE CAST({alias}."value" AS TEXT) END'
    )
    inside = f"CASE WHEN {alias}.\"type\" IN ('object', 'array') THEN {alias}.\"value\" END"
    columns = [SourceColumn(element, sql, types.SUPER, document=inside)]
    if position is not None:
        columns.append(
            SourceColumn(position, f'{alias}."key"', types.BIGINT if kind == "array" else types.TEXT)
        )
    # Whatever is no array has no elements, and whatever is no object no attributes.
    nothing = "[]" if kind == "array" else "{}"
    rows = f"CASE WHEN json_type({value.sql}) = '{kind}' THEN {value.sql} ELSE '{nothing}' END"
    return f"json_each({rows}) AS {alias}", tuple(columns)
