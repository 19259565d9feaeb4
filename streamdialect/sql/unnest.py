"""Unnesting of SUPER arrays in FROM. Source: ``query-super``, "Unnesting queries"."""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.compiler import Compiler, Source, SourceColumn, check_parts
from streamdialect.sql.nodes import Node

__all__ = ["unnest", "unnested"]


def unnested(compiler: Compiler, join: exp.Join, target: Node) -> str:
    """Compile an array that a FROM clause unnests; give its SQL."""
    from streamdialect.sql.relations import table

    if join.args.get("side") or join.args.get("on") or join.args.get("using"):
        raise compiler.unsupported("unnesting with an outer join or a condition", join)
    index: str | None = None
    if isinstance(target, exp.AtIndex):
        index, target = target.expression.name, target.this
    if isinstance(target, exp.Alias):
        return unnest(compiler, target.this, target.alias, index, join)
    if isinstance(target, exp.Unnest) and len(target.expressions) == 1:
        check_parts(compiler, target, frozenset({"expressions", "alias"}))
        alias_node = target.args.get("alias")
        columns = (alias_node.args.get("columns") or []) if alias_node is not None else []
        path = target.expressions[0]
        if isinstance(path, exp.Column) and not path.args.get("table"):
            # Older sqlglot takes the second "t" of "FROM t, t AS x" for an array to unnest.
            name = columns[0] if columns else None
            named = exp.TableAlias(this=name) if name is not None else None
            return table(compiler, exp.Table(this=path.this, alias=named))
        if alias_node is not None and alias_node.args.get("this") is None and len(columns) == 1:
            return unnest(compiler, target.expressions[0], columns[0].name, index, join)
    raise compiler.unsupported(f"{type(target).__name__.upper()} in FROM", join)


def unnest(compiler: Compiler, path: Node, name: str, index: str | None, node: Node) -> str:
    """Compile the elements of the array at a path as a relation."""
    value = compiler.value(path)
    if value.type.name not in ("SUPER", "UNKNOWN"):
        raise compiler.wrong(f"cannot unnest a value of type {value.type}", node)
    alias = quote_identifier(name.lower())
    element = (
        f"CASE {alias}.\"type\" WHEN 'text' THEN json_quote({alias}.\"value\") WHEN 'true' THEN 'true' "
        f"WHEN 'false' THEN 'false' WHEN 'null' THEN NULL "
        f'WHEN \'real\' THEN ({alias}."json" -> {alias}."fullkey") ELSE CAST({alias}."value" AS TEXT) END'
    )
    columns = [SourceColumn(name.lower(), element, types.SUPER)]
    if index is not None:
        columns.append(SourceColumn(index.lower(), f'{alias}."key"', types.BIGINT))
    compiler.add(Source(name.lower(), tuple(columns)), node)
    array = f"CASE WHEN json_type({value.sql}) = 'array' THEN {value.sql} ELSE '[]' END"
    return f"json_each({array}) AS {alias}"
