"""FROM clauses: relations, joins, subqueries and VALUES.

Source: ``r_FROM_clause30``.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, Relation
from streamdialect.sql.compiler import CommonTable, Compiler, Frame, Source, SourceColumn, check_parts
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import compare, condition, convert, unified_type
from streamdialect.sql.unnest import array_relation
from streamdialect.sql.values import Value

__all__ = ["LOCAL_SCHEMAS", "from_clause", "table"]

LOCAL_SCHEMAS = ("public", "main")
_TABLE_PARTS = frozenset({"this", "alias", "db", "catalog", "joins"})
_JOIN_PARTS = frozenset({"this", "side", "kind", "method", "on", "using"})
_SIDES = {"": "JOIN", "LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN"}


def from_clause(compiler: Compiler, node: exp.Select) -> str:
    """Compile FROM and the joins; add the relations to the frame. Give `` FROM ...`` or nothing."""
    clause = node.args.get("from_") or node.args.get("from")
    if clause is None:
        if node.args.get("joins"):
            raise compiler.wrong("a JOIN needs a FROM clause", node)
        return ""
    sql = _relation(compiler, clause.this)
    for join in node.args.get("joins") or []:
        sql += _join(compiler, join)
    return f" FROM {sql}"


def _relation(compiler: Compiler, node: Node) -> str:
    elements = array_relation(compiler, node)
    if elements is not None:
        return elements
    if isinstance(node, exp.Table):
        sql = table(compiler, node)
        for join in node.args.get("joins") or []:
            sql += _join(compiler, join)
        return f"({sql})" if node.args.get("joins") else sql
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, (exp.Table, exp.Subquery)) and not node.args.get("alias"):
            sql = _relation(compiler, node.this)
            for join in node.args.get("joins") or []:
                sql += _join(compiler, join)
            return f"({sql})"
        if isinstance(node.this, exp.Values):
            return _values(compiler, node.this, node.args.get("alias"), node)
        return _derived(compiler, node)
    if isinstance(node, exp.Values):
        return _values(compiler, node, node.args.get("alias"), node)
    raise compiler.unsupported(f"{type(node).__name__} in FROM", node)


def table(compiler: Compiler, node: exp.Table) -> str:
    """Compile a named relation: a common table, a table, a view or a stream."""
    check_parts(compiler, node, _TABLE_PARTS)
    identifier = node.this
    if not isinstance(identifier, exp.Identifier):
        name = (
            str(identifier.this)
            if isinstance(identifier, exp.Anonymous)
            else identifier.sql(dialect="redshift")
        )
        raise compiler.unsupported(f"the relation {name.lower()}", node)
    if node.args.get("catalog") is not None:
        raise compiler.unsupported("a relation of another database", node)
    schema_node = node.args.get("db")
    schema = schema_node.name.lower() if schema_node is not None else None
    quoted = bool(identifier.args.get("quoted"))
    name = identifier.name
    alias_node = node.args.get("alias")
    if schema is None:
        common = _common_table(compiler, name)
        if common is not None:
            return _aliased(
                compiler, quote_identifier(common.name), name.lower(), common.columns, alias_node, node
            )
    if schema in LOCAL_SCHEMAS:
        schema = None
    folded = name.lower() if schema is None or not quoted or not compiler.settings.keeps_quoted_case else name
    relation = compiler.resolver.relation(schema, folded)
    if relation is None:
        shown = folded if schema is None else f"{schema}.{folded}"
        raise compiler.undefined(f'relation "{shown}" does not exist', node)
    compiler.relations[relation.name] = relation
    return _aliased(compiler, relation.source, folded, relation.columns, alias_node, node, relation=relation)


def _common_table(compiler: Compiler, name: str) -> CommonTable | None:
    for scope in reversed(compiler.common):
        if name.lower() in scope:
            return scope[name.lower()]
    return None


def _alias_parts(compiler: Compiler, node: Node | None) -> tuple[str | None, list[str]]:
    if node is None:
        return None, []
    check_parts(compiler, node, frozenset({"this", "columns"}))
    identifier = node.args.get("this")
    names = [
        compiler.settings.output_name(column.name, bool(column.args.get("quoted")))
        for column in node.args.get("columns") or []
    ]
    return (identifier.name if identifier is not None else None), names


def _aliased(
    compiler: Compiler,
    sql: str,
    name: str,
    columns: tuple[Column, ...],
    alias_node: Node | None,
    node: Node,
    relation: Relation | None = None,
) -> str:
    """Put a relation into the frame under its alias; give its SQL with the alias."""
    alias, renamed = _alias_parts(compiler, alias_node)
    name = alias if alias is not None else name
    if len(renamed) > len(columns):
        raise compiler.wrong(
            f'table "{name}" has {len(columns)} columns available but {len(renamed)} specified', node
        )
    quoted = quote_identifier(name)
    found = tuple(
        SourceColumn(
            name=renamed[index] if index < len(renamed) else column.name,
            sql=f"{quoted}.{quote_identifier(column.name)}",
            type=column.type,
        )
        for index, column in enumerate(columns)
    )
    compiler.add(Source(name, found, relation), node)
    return f"{sql} AS {quoted}"


def _derived(compiler: Compiler, node: exp.Subquery) -> str:
    from streamdialect.sql.query import subquery

    alias_node = node.args.get("alias")
    frame = compiler.frame
    # A derived table does not see its neighbours, only the queries around this one.
    compiler.frame = Frame(parent=frame.parent) if frame.parent else Frame()
    try:
        sql, columns = subquery(compiler, node, correlated=frame.parent is not None)
    finally:
        compiler.frame = frame
    alias, _ = _alias_parts(compiler, alias_node)
    return _aliased(compiler, f"({sql})", alias or compiler.fresh("q"), columns, alias_node, node)


def _values(compiler: Compiler, node: exp.Values, alias_node: Node | None, where: Node) -> str:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise compiler.wrong("VALUES lists must all be the same length", where)
    cells = [[compiler.value(cell) for cell in row] for row in rows]
    kinds = []
    for index in range(width):
        column = [row[index] for row in cells]
        firm = [cell.type for cell in column if not cell.is_null]
        kinds.append(unified_type(compiler, firm or [types.UNKNOWN], where, "VALUES"))
    body = ", ".join(
        "(" + ", ".join(convert(cell, kind) for cell, kind in zip(row, kinds, strict=True)) + ")"
        for row in cells
    )
    columns = tuple(Column(name=f"column{index + 1}", type=kind) for index, kind in enumerate(kinds))
    alias, _ = _alias_parts(compiler, alias_node)
    return _aliased(compiler, f"(VALUES {body})", alias or compiler.fresh("v"), columns, alias_node, where)


# --- joins ----------------------------------------------------------------------------------------


def _join(compiler: Compiler, node: exp.Join) -> str:
    check_parts(compiler, node, _JOIN_PARTS)
    target = node.this
    before = list(compiler.frame.sources)
    sql = _relation(compiler, target)
    added = compiler.frame.sources[len(before) :]
    side = str(node.args.get("side") or "").upper()
    kind = str(node.args.get("kind") or "").upper()
    method = str(node.args.get("method") or "").upper()
    if side not in _SIDES or kind not in ("", "INNER", "OUTER", "CROSS") or method not in ("", "NATURAL"):
        raise compiler.unsupported(f"{method} {side} {kind} JOIN".strip(), node)
    if side in ("RIGHT", "FULL") and any(source.variable for source in compiler.frame.sources):
        raise compiler.unsupported(f"{side} JOIN with the elements of SUPER values", node)
    joined = f" {_SIDES[side]} {sql}"
    using = [identifier.name for identifier in node.args.get("using") or []]
    if method == "NATURAL":
        names = {column.name.lower() for source in before for column in source.columns}
        using = [column.name for source in added for column in source.columns if column.name.lower() in names]
    if using:
        return f"{joined} ON {_using(compiler, using, before, added, side, node)}"
    on = node.args.get("on")
    if on is None:
        if side:
            raise compiler.wrong(f"{side} JOIN needs an ON or a USING clause", node)
        return joined
    saved, compiler.frame.aggregates_allowed = compiler.frame.aggregates_allowed, "JOIN/ON"
    try:
        return f"{joined} ON {condition(compiler, on, 'JOIN/ON')}"
    finally:
        compiler.frame.aggregates_allowed = saved


def _using(
    compiler: Compiler, names: list[str], before: list[Source], added: list[Source], side: str, node: exp.Join
) -> str:
    if side == "FULL":
        raise compiler.unsupported(
            "FULL JOIN with USING", node, hint="Write ON, and COALESCE of both columns."
        )
    tests = []
    for name in names:
        lefts = [
            (s, c)
            for s in before
            if (c := s.find(name, False)) is not None and c.name.lower() not in s.merged
        ]
        rights = [(s, c) for s in added if (c := s.find(name, False)) is not None]
        if len(lefts) != 1 or len(rights) != 1:
            problem = "does not exist" if not lefts or not rights else "is ambiguous"
            raise compiler.undefined(f'column "{name.lower()}" in USING {problem}', node)
        (left_source, left), (right_source, right) = lefts[0], rights[0]
        tests.append(
            compare(compiler, "=", Value(left.sql, left.type), Value(right.sql, right.type), node).sql
        )
        # The outer side of the join keeps the value where the other has none.
        (left_source if side == "RIGHT" else right_source).merged.add(name.lower())
        if name.lower() not in compiler.frame.using:
            compiler.frame.using.append(name.lower())
    return " AND ".join(tests)
