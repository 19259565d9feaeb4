"""SELECT with all its clauses.

Source: ``r_SELECT_synopsis`` and the pages of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column
from streamdialect.sql import aggregates
from streamdialect.sql.compiler import Compiler, Frame, check_parts
from streamdialect.sql.headings import heading
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.ordering import direction, distinct_rows, group_sql, order_sql
from streamdialect.sql.relations import from_clause
from streamdialect.sql.values import Value, checked

__all__ = ["TAIL_PARTS", "Output", "Selection", "select", "select_parts", "tail"]

# Older releases of sqlglot call two parts "from" and "with", newer ones "from_" and "with_".
TAIL_PARTS = ("order", "limit", "offset", "with", "with_")
_SELECT_PARTS = frozenset(
    {"expressions", "distinct", "from", "from_", "joins", "where", "group", "having", "qualify", "windows"}
    | {"kind", "operation_modifiers", *TAIL_PARTS}
)


@dataclass(slots=True)
class Output:
    """Be one column of a select list."""

    name: str
    value: Value
    node: Node


@dataclass(slots=True)
class Selection:
    """Be the compiled parts of one SELECT."""

    node: exp.Select
    outputs: list[Output]
    source: str
    where: str | None
    groups: list[Value]
    having: str | None
    grouped: bool


# --- the tail: ORDER BY, LIMIT, OFFSET ------------------------------------------------------------


def tail(compiler: Compiler, node: Node, found: tuple[Column, ...]) -> str:
    """Compile the tail of a set operation, whose ORDER BY can only name result columns."""
    order = node.args.get("order")
    sql = ""
    if order is not None:
        check_parts(compiler, order, frozenset({"expressions"}))
        terms = []
        for term in order.expressions:
            inner = term.this if isinstance(term, exp.Ordered) else term
            position = _position(compiler, inner, [c.name for c in found])
            if found[position - 1].type.name == "SUPER":
                raise compiler.unsupported(
                    "ORDER BY of SUPER values in a set operation", inner, hint="Order a query around it."
                )
            terms.append(f"{position}{direction(compiler, term)}")
        sql = f" ORDER BY {', '.join(terms)}"
    return sql + _limit(compiler, node)


def _position(compiler: Compiler, node: Node, names: list[str]) -> int:
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal():
        ordinal = int(node.name)
        if not 1 <= ordinal <= len(names):
            raise compiler.wrong(f"ORDER BY position {ordinal} is not in select list", node)
        return ordinal
    if isinstance(node, exp.Column) and not node.args.get("table"):
        for index, name in enumerate(names):
            if name.lower() == node.name.lower():
                return index + 1
    raise compiler.unsupported("ORDER BY of a set operation by anything but a result column", node)


def _limit(compiler: Compiler, node: Node) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    sql = ""
    if limit is not None:
        if not isinstance(limit, exp.Limit):
            raise compiler.unsupported("FETCH", node, hint="Write LIMIT.")
        check_parts(compiler, limit, frozenset({"expression"}))
        count = limit.expression
        if not (count.name.upper() == "ALL" and isinstance(count, (exp.Var, exp.Column))) and not isinstance(
            count, exp.Null
        ):
            sql = f" LIMIT {_count(compiler, count, 'LIMIT')}"
    if offset is not None:
        check_parts(compiler, offset, frozenset({"expression"}))
        sql = f"{sql or ' LIMIT -1'} OFFSET {_count(compiler, offset.expression, 'OFFSET')}"
    return sql


def _count(compiler: Compiler, node: Node, clause: str) -> str:
    frame, compiler.frame = compiler.frame, Frame()
    try:
        value = compiler.value(node)
    finally:
        compiler.frame = frame
    if not value.type.is_integer and value.type.name != "UNKNOWN":
        raise compiler.wrong(f"argument of {clause} must be an integer", node)
    return value.sql


# --- SELECT ---------------------------------------------------------------------------------------


def select_parts(
    compiler: Compiler,
    node: exp.Select,
    source: str | None = None,
    on_groups: Callable[[list[Value]], None] | None = None,
) -> Selection:
    """Compile everything of a SELECT but its tail, in the compiler's current frame.

    A planner that has put the relation into the frame itself gives ``source``; ``on_groups`` is told the
    GROUP BY expressions before anything is compiled that may use them.
    """
    check_parts(compiler, node, _SELECT_PARTS)
    frame = compiler.frame
    source = from_clause(compiler, node) if source is None else source
    items = _expanded(compiler, node)
    frame.aliases = _aliases(items)
    frame.windows = {window.name.lower(): window for window in node.args.get("windows") or []}
    where = _clause(compiler, node, "where", "WHERE")
    groups = _groups(compiler, node, items)
    having_node = node.args.get("having")
    order = node.args.get("order")
    looked = [*items, *([having_node.this] if having_node else []), *(order.expressions if order else [])]
    group_node = node.args.get("group")
    grouped = (
        group_node is not None
        or having_node is not None
        or any(aggregates.contains_aggregate(item) for item in looked)
    )
    if grouped:
        if on_groups is not None:
            on_groups([value for value, _ in groups])
        frame.groups = {value.sql for value, _ in groups}
        frame.group_classes = {kind for _, kind in groups} | {exp.Column, exp.Dot, exp.Bracket}
    frame.aggregates_allowed = None
    frame.windows_allowed = True
    found = _outputs(compiler, items)
    frame.windows_allowed = False
    having = condition(compiler, having_node.this, "HAVING") if having_node is not None else None
    return Selection(node, found, source, where, [value for value, _ in groups], having, grouped)


def _outputs(compiler: Compiler, items: list[Node]) -> list[Output]:
    """Compile the select list."""
    found: list[Output] = []
    later = dict(compiler.frame.aliases)
    for item in items:
        name = heading(compiler, item)
        inner = item.this if isinstance(item, exp.Alias) else item
        alias = item.alias.lower() if isinstance(item, exp.Alias) else None
        # An alias may be used by later items only; by itself it means the column of that name.
        if alias is not None:
            compiler.frame.open_aliases.add(alias)
        try:
            value = checked(compiler.value(inner))
        finally:
            if alias is not None:
                compiler.frame.open_aliases.discard(alias)
        found.append(Output(name, value, inner))
    compiler.frame.aliases = later
    return found


def _aliases(items: list[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for item in items:
        if isinstance(item, exp.Alias):
            found.setdefault(item.alias.lower(), item.this)
    return found


def _expanded(compiler: Compiler, node: exp.Select) -> list[Node]:
    """Replace ``*`` and ``t.*`` by columns."""
    items: list[Node] = []
    for item in node.expressions:
        star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
        if not isinstance(star, exp.Star):
            items.append(item)
            continue
        check_parts(compiler, star, frozenset({"except_", "except"}))
        table = item.args.get("table") if isinstance(item, exp.Column) else None
        excluded = {c.name.lower() for c in star.args.get("except_") or star.args.get("except") or []}
        expanded = _star(compiler, table.name.lower() if table is not None else None, item)
        missing = excluded - {column.name.lower() for column in expanded}
        if missing:
            raise compiler.undefined(f'column "{min(missing)}" in EXCLUDE does not exist', item)
        items += [column for column in expanded if column.name.lower() not in excluded]
    if not items:
        raise compiler.wrong("SELECT needs at least one column", node)
    return items


def _star(compiler: Compiler, table: str | None, node: Node) -> list[Node]:
    frame = compiler.frame
    sources = [source for source in frame.sources if table in (None, source.name.lower())]
    if not sources:
        raise compiler.undefined(
            f'relation "{table}" does not exist' if table else "SELECT * needs a FROM clause", node
        )
    found: list[Node] = []
    first = frame.using if table is None else []
    for name in first:
        found.append(exp.column(exp.to_identifier(name, quoted=True)))
    for source in sources:
        for column in source.columns:
            if table is None and column.name.lower() in first:
                continue
            found.append(
                exp.column(
                    exp.to_identifier(column.name, quoted=True),
                    table=None if source.variable else exp.to_identifier(source.name, quoted=True),
                )
            )
    return found


def _clause(compiler: Compiler, node: exp.Select, part: str, name: str) -> str | None:
    clause = node.args.get(part)
    if clause is None:
        return None
    frame = compiler.frame
    frame.aggregates_allowed = name
    try:
        # What is computed once per row is computed after WHERE, so it cannot serve WHERE itself.
        with compiler.maybe():
            return condition(compiler, clause.this, name)
    finally:
        frame.aggregates_allowed = None


def _groups(compiler: Compiler, node: exp.Select, items: list[Node]) -> list[tuple[Value, type]]:
    """Compile GROUP BY: expressions, ordinals, aliases, or ALL."""
    group = node.args.get("group")
    if group is None:
        return []
    check_parts(compiler, group, frozenset({"expressions", "all"}))
    nodes = list(group.expressions)
    if group.args.get("all"):
        nodes = [item for item in items if not aggregates.contains_aggregate(item)]
    found = []
    compiler.frame.aggregates_allowed = "GROUP BY"
    try:
        for item in nodes:
            if isinstance(item, exp.Literal) and not item.is_string and item.name.isdecimal():
                ordinal = int(item.name)
                if not 1 <= ordinal <= len(items):
                    raise compiler.wrong(f"GROUP BY position {ordinal} is not in select list", item)
                item = items[ordinal - 1]
            while isinstance(item, (exp.Alias, exp.Paren)):
                item = item.this
            value = checked(compiler.value(item))
            target = (
                compiler.frame.aliases.get(item.name.lower(), item) if isinstance(item, exp.Column) else item
            )
            found.append((value, type(target)))
    finally:
        compiler.frame.aggregates_allowed = None
    return found


def select(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
    """Compile a SELECT; give its SQL and columns."""
    assert isinstance(node, exp.Select)
    parts = select_parts(compiler, node)
    frame = compiler.frame
    distinct = _distinct(compiler, node)
    names = [output.name for output in parts.outputs]
    found = tuple(Column(name=output.name, type=output.value.type) for output in parts.outputs)
    frame.windows_allowed = True
    order = _order(compiler, node, parts, bool(distinct))
    qualify = node.args.get("qualify")
    qualified = condition(compiler, qualify.this, "QUALIFY") if qualify is not None else None
    frame.windows_allowed = False
    # Only as a final result may a DECIMAL be text; anywhere else its digits must fit REAL.
    final = node is compiler.root and not distinct and qualify is None
    listed = [
        f"{(output.value.exact if final else None) or output.value.sql} AS {quote_identifier(output.name)}"
        for output in parts.outputs
    ]
    body = f"{parts.source}{f' WHERE {parts.where}' if parts.where else ''}"
    if parts.groups:
        body += " GROUP BY " + ", ".join(map(group_sql, parts.groups))
    if parts.having:
        # SQLite wants a GROUP BY or an aggregate before HAVING; the standard does not.
        body += (
            "" if parts.groups else " GROUP BY NULL" if not parts.grouped else ""
        ) + f" HAVING {parts.having}"
    tail = (f" ORDER BY {', '.join(order)}" if order else "") + _limit(compiler, node)
    if distinct and any(column.type.name == "SUPER" for column in found):
        if qualified is not None:
            raise compiler.unsupported("SELECT DISTINCT of SUPER values with QUALIFY", node)
        rows = distinct_rows(f"SELECT {', '.join(listed)}{body}", found)
        return f"{rows}{_output_order(compiler, node, parts)}{_limit(compiler, node)}", found
    if qualified is None:
        return f"SELECT {distinct}{', '.join(listed)}{body}{tail}", found
    return _qualified(compiler, node, parts, listed, names, body, qualified, order, distinct), found


def _distinct(compiler: Compiler, node: exp.Select) -> str:
    distinct = node.args.get("distinct")
    if distinct is None:
        return ""
    check_parts(compiler, distinct, frozenset())
    return "DISTINCT "


def _order(compiler: Compiler, node: exp.Select, parts: Selection, distinct: bool) -> list[str]:
    order = node.args.get("order")
    if order is None:
        return []
    check_parts(compiler, order, frozenset({"expressions"}))
    terms: list[str] = []
    for term in order.expressions:
        inner = term.this if isinstance(term, exp.Ordered) else term
        value = _ordered_output(compiler, inner, parts)
        if value is None:
            value = checked(compiler.value(inner))
            if distinct and all(value.sql != output.value.sql for output in parts.outputs):
                raise compiler.wrong(
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list", inner
                )
        terms += order_sql(value, direction(compiler, term))
    return terms


def _output_order(compiler: Compiler, node: exp.Select, parts: Selection) -> str:
    """Write the ORDER BY of a SELECT DISTINCT over its result columns, which are all that it may name."""
    order = node.args.get("order")
    terms: list[str] = []
    for term in order.expressions if order is not None else []:
        inner = term.this if isinstance(term, exp.Ordered) else term
        value = _ordered_output(compiler, inner, parts) or checked(compiler.value(inner))
        position = next(i for i, output in enumerate(parts.outputs) if output.value.sql == value.sql)
        terms += order_sql(Value(f'q."c{position}"', value.type), direction(compiler, term))
    return f" ORDER BY {', '.join(terms)}" if terms else ""


def _ordered_output(compiler: Compiler, node: Node, parts: Selection) -> Value | None:
    """Find the result column that an ORDER BY term names by ordinal or alias."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal):
        if node.is_string:
            raise compiler.wrong("non-integer constant in ORDER BY", node)
        if node.name.isdecimal():
            ordinal = int(node.name)
            if not 1 <= ordinal <= len(parts.outputs):
                raise compiler.wrong(f"ORDER BY position {ordinal} is not in select list", node)
            return parts.outputs[ordinal - 1].value
    if isinstance(node, exp.Column) and not node.args.get("table") and node.name[:1] not in "?:":
        for output in parts.outputs:
            if output.name.lower() == node.name.lower():
                return output.value
    return None


def _qualified(
    compiler: Compiler,
    node: exp.Select,
    parts: Selection,
    listed: list[str],
    names: list[str],
    body: str,
    qualified: str,
    order: list[str],
    distinct: str,
) -> str:
    """Put QUALIFY around the SELECT as a filter; what ORDER BY needs travels as extra columns."""
    if len({name.lower() for name in names}) != len(names):
        raise compiler.unsupported("QUALIFY over result columns of the same name", node)
    if distinct and order:
        raise compiler.unsupported("QUALIFY with both DISTINCT and ORDER BY", node)
    flag = compiler.fresh("qualify")
    hidden = []
    terms = []
    for term in order:
        # A term is "expression ASC NULLS LAST" or the like.
        expression, *how = term.rsplit(" ", 3)
        name = compiler.fresh("order")
        hidden.append(f"{expression} AS {quote_identifier(name)}")
        terms.append(" ".join([quote_identifier(name), *how]))
    inner = ", ".join([*listed, *hidden, f"{qualified} AS {quote_identifier(flag)}"])
    outer = ", ".join(quote_identifier(name) for name in names)
    tail = (f" ORDER BY {', '.join(terms)}" if terms else "") + _limit(compiler, node)
    return f"SELECT {distinct}{outer} FROM (SELECT {inner}{body}) WHERE {quote_identifier(flag)}{tail}"
