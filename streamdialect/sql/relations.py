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
from streamdialect.sql.operators import compare, condition, convert, unified, unified_type
from streamdialect.sql.pivots import pivoted
from streamdialect.sql.unnest import array_relation
from streamdialect.sql.values import Value

__all__ = ["LOCAL_SCHEMAS", "from_clause", "renamed_columns", "stored_names", "table"]

LOCAL_SCHEMAS = ("public", "main")
_TABLE_PARTS = frozenset({"this", "alias", "db", "catalog", "joins"})
_JOIN_PARTS = frozenset({"this", "side", "kind", "method", "on", "using"})
_SIDES = {"": "JOIN", "LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN"}


def from_clause(compiler: Compiler, node: Node) -> str:
    """Compile FROM and the joins; add the relations to the frame. Give `` FROM ...`` or nothing."""
    clause = node.args.get("from_") or node.args.get("from")
    if clause is None:
        if node.args.get("joins"):
            raise compiler.wrong("a JOIN needs a FROM clause", node)
        return ""
    # A comma separates items; the joins of an item do not see the items before it.
    items: list[tuple[Node, list[exp.Join]]] = [(clause.this, [])]
    for join in node.args.get("joins") or []:
        if join.meta.get("comma"):
            items.append((join, []))
        else:
            items[-1][1].append(join)
    sql = ""
    for index, (first, joins) in enumerate(items):
        scope = len(compiler.frame.sources)
        part = _item(compiler, first)
        for join in joins:
            part += _join(compiler, join, scope)
        if not index:
            sql = part
        else:
            outer = any(join.args.get("side") in ("RIGHT", "FULL") for join in joins)
            sql += f" JOIN ({part})" if outer else f" JOIN {part}"
    return f" FROM {sql}"


def _item(compiler: Compiler, node: Node) -> str:
    if not isinstance(node, exp.Join):
        return _relation(compiler, node)
    check_parts(compiler, node, frozenset({"this"}))
    return _relation(compiler, node.this)


def _relation(compiler: Compiler, node: Node) -> str:
    scope = len(compiler.frame.sources)
    sql = _single(compiler, node)
    joins = node.args.get("joins") or []
    for join in joins:
        sql += _join(compiler, join, scope)
    return f"({sql})" if joins else sql


def _single(compiler: Compiler, node: Node) -> str:
    """Compile a relation without the joins that hang on it."""
    if node.args.get("pivots"):
        return _pivoted(compiler, node)
    elements = array_relation(compiler, node)
    if elements is not None:
        return elements
    if isinstance(node, exp.Table):
        return table(compiler, node)
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, (exp.Table, exp.Subquery)):
            if not node.args.get("alias"):
                check_parts(compiler, node, frozenset({"this", "joins"}))
                return f"({_relation(compiler, node.this)})"
            if isinstance(node.this, exp.Table):  # the alias of a join hides the names in it
                joined = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node.this))
                return _derived(compiler, exp.Subquery(**{**node.args, "this": joined, "joins": None}))
        if isinstance(node.this, exp.Values):
            return _values(compiler, node.this, node.args.get("alias"), node)
        return _derived(compiler, node)
    if isinstance(node, exp.Values):
        return _values(compiler, node, node.args.get("alias"), node)
    raise compiler.unsupported(f"{type(node).__name__.upper()} in FROM", node)


def _pivoted(compiler: Compiler, node: Node) -> str:
    """Compile PIVOT or UNPIVOT as the query that it stands for."""
    query, alias = pivoted(compiler, node)
    return _derived(compiler, exp.Subquery(this=query, alias=alias))


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
                compiler,
                quote_identifier(common.name),
                name.lower(),
                common.columns,
                alias_node,
                node,
                stored=common.stored,
                hidden=common.hidden,
            )
    local = schema is None or schema in LOCAL_SCHEMAS
    if schema in LOCAL_SCHEMAS:
        schema = "public"  # not a temporary table of that name
    folded = name.lower() if local or not quoted or not compiler.settings.keeps_quoted_case else name
    relation = compiler.resolver.relation(schema, folded)
    if relation is None:
        shown = folded if local else f"{schema}.{folded}"
        raise compiler.undefined(f'relation "{shown}" does not exist', node)
    compiler.relations[relation.name] = relation
    return _aliased(compiler, relation.source, folded, relation.columns, alias_node, node, relation=relation)


def _common_table(compiler: Compiler, name: str) -> CommonTable | None:
    for scope in reversed(compiler.common):
        if name.lower() in scope:
            return scope[name.lower()]
    return None


def stored_names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Give the columns of a query names that differ, as SQLite needs to tell them apart."""
    found: list[str] = []
    taken: set[str] = set()
    for index, column in enumerate(columns):
        found.append(f"_sd_column{index}" if column.name.lower() in taken else column.name)
        taken.add(column.name.lower())
    return tuple(found)


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
    stored: tuple[str, ...] | None = None,
    hidden: frozenset[str] = frozenset(),
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
            sql=f"{quoted}.{quote_identifier(stored[index] if stored else column.name)}",
            type=column.type,
            hidden=column.name in hidden,
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
    stored = stored_names(columns)
    if stored != tuple(column.name for column in columns):
        sql = renamed_columns(sql, stored)
    name = alias or compiler.fresh("q")
    return _aliased(compiler, f"({sql})", name, columns, alias_node, node, stored=stored)


def renamed_columns(sql: str, names: tuple[str, ...], *, outputs: str = "*") -> str:
    """Write a query over another whose columns have new names: SQLite has no such alias but WITH's."""
    listed = ", ".join(quote_identifier(name) for name in names)
    return f'WITH "_sd_named"({listed}) AS ({sql}) SELECT {outputs} FROM "_sd_named"'


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


def _join(compiler: Compiler, node: exp.Join, scope: int) -> str:
    """Compile a join to what stands left of it: the sources of the frame from ``scope`` on."""
    check_parts(compiler, node, _JOIN_PARTS)
    target = node.this
    frame = compiler.frame
    before = frame.sources[scope:]
    count = len(frame.sources)
    sql = _relation(compiler, target)
    added = frame.sources[count:]
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
        if not using:  # "the query defaults to a cross-join" (r_FROM_clause30)
            return f"{joined} ON 1"
    if using:
        return f"{joined} ON {_using(compiler, using, before, added, side, node)}"
    on = node.args.get("on")
    if on is None:
        if side or (compiler.settings.compat and kind != "CROSS" and "start" in node.meta):
            raise compiler.wrong(f"{side or 'INNER'} JOIN needs an ON or a USING clause", node)
        return joined
    saved, frame.aggregates_allowed = frame.aggregates_allowed, "JOIN/ON"
    every, frame.sources = frame.sources, [*before, *added]
    try:
        return f"{joined} ON {condition(compiler, on, 'JOIN/ON')}"
    finally:
        frame.aggregates_allowed = saved
        frame.sources = every


def _using(
    compiler: Compiler, names: list[str], before: list[Source], added: list[Source], side: str, node: exp.Join
) -> str:
    frame = compiler.frame
    tests = []
    for name in (name.lower() for name in names):
        lefts = [
            (source, column)
            for source in before
            for column in source.columns
            if column.name.lower() == name and name not in source.merged
        ]
        if name in frame.coalesced and frame.coalesced[name][0] in before:
            lefts = [frame.coalesced[name]]
        rights = [
            (source, column) for source in added for column in source.columns if column.name.lower() == name
        ]
        if len(lefts) != 1 or len(rights) != 1:
            problem = "does not exist" if not lefts or not rights else "is ambiguous"
            raise compiler.undefined(f'column "{name}" in USING {problem}', node)
        (left_source, left), (right_source, right) = lefts[0], rights[0]
        left_value, right_value = Value(left.sql, left.type), Value(right.sql, right.type)
        tests.append(compare(compiler, "=", left_value, right_value, node).sql)
        # The outer side of the join keeps the value where the other has none.
        if side == "FULL":
            both = [left_value, right_value]
            either = unified(
                compiler, both, node, "JOIN/USING", lambda sides: f"coalesce({', '.join(sides)})"
            )
            column = SourceColumn(name, either.sql, either.type)
            frame.coalesced[name] = (left_source, column)
        elif side == "RIGHT":
            frame.coalesced.pop(name, None)
            left_source.merged.add(name)
        if side != "RIGHT":
            right_source.merged.add(name)
        if name not in frame.using:
            frame.using.append(name)
    return " AND ".join(tests)
