"""SELECT with all its clauses.

Source: ``r_SELECT_synopsis`` and the pages of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from msgspec import Struct
from sqlglot import exp

from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column
from streamdialect.sql import aggregates
from streamdialect.sql.compiler import Compiler, Frame, check_parts
from streamdialect.sql.equality import distinguished
from streamdialect.sql.grouping import Grouping, compile_groups
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.ordering import direction, distinct_rows, group_sql, order_sql
from streamdialect.sql.outer_joins import has_operator, with_joins
from streamdialect.sql.relations import from_clause
from streamdialect.sql.select_list import Output, aliases, expanded, outputs
from streamdialect.sql.values import Value, checked

__all__ = ["TAIL_PARTS", "Output", "Selection", "select", "select_parts", "tail"]

# Older releases of sqlglot call two parts "from" and "with", newer ones "from_" and "with_".
TAIL_PARTS = ("order", "limit", "offset", "with", "with_")
_SELECT_PARTS = frozenset(
    {"expressions", "distinct", "from", "from_", "joins", "where", "group", "having", "qualify", "windows"}
    | {"into", *TAIL_PARTS}
)


class Selection(Struct):
    """Be the compiled parts of one SELECT."""

    node: exp.Select
    outputs: list[Output]
    source: str
    where: str | None
    groups: list[Value]
    having: str | None
    grouped: bool
    grouping: Grouping | None = None
    trimmed: frozenset[str] = frozenset()  # groups without blanks at their end, instead of by a collation


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
        every = isinstance(count, exp.Null) or (
            count.name.upper() == "ALL" and isinstance(count, (exp.Var, exp.Column))
        )
        # "LIMIT -1 OFFSET n" is how generated SQL for SQLite says that there is no limit.
        none = offset is not None and isinstance(count, exp.Neg) and count.this.name == "1"
        if not every and not none:
            sql = f" LIMIT {_count(compiler, count, 'LIMIT', -1 if offset is not None else 0)}"
    if offset is not None:
        check_parts(compiler, offset, frozenset({"expression"}))
        sql = f"{sql or ' LIMIT -1'} OFFSET {_count(compiler, offset.expression, 'OFFSET')}"
    return sql


def _count(compiler: Compiler, node: Node, clause: str, least: int = 0) -> str:
    frame, compiler.frame = compiler.frame, Frame()
    try:
        value = compiler.value(node)
    finally:
        compiler.frame = frame
    if not value.type.is_integer and value.type.name != "UNKNOWN":
        raise compiler.wrong(f"argument of {clause} must be an integer", node)
    if isinstance(value.literal, int) and value.literal >= 0:
        return value.sql
    # To SQLite, a negative number means no limit; to Redshift, NULL does.
    none = "-1" if clause == "LIMIT" else "0"
    fail = f"streamdialect_fail({value.sql}, '{clause} must not be negative')"
    test = f"{value.sql} >= {least if value.is_parameter else 0}"
    return f"CASE WHEN {test} THEN {value.sql} WHEN {value.sql} IS NULL THEN {none} ELSE {fail} END"


# --- SELECT ---------------------------------------------------------------------------------------


def select_parts(
    compiler: Compiler,
    node: exp.Select,
    source: str | None = None,
    on_groups: Callable[[list[Value]], None] | None = None,
    only: int | None = None,
) -> Selection:
    """Compile everything of a SELECT but its tail, in the compiler's current frame.

    A planner that has put the relation into the frame itself gives ``source``; ``on_groups`` is told the
    GROUP BY expressions before anything is compiled that may use them. With ``only`` no other item of the
    select list is compiled than that one.
    """
    _check_select(compiler, node)
    frame = compiler.frame
    source = from_clause(compiler, node) if source is None else source
    items = expanded(compiler, node)
    frame.aliases, frame.ambiguous_aliases = aliases(items)
    frame.windows = {window.name.lower(): window for window in node.args.get("windows") or []}
    where = _clause(compiler, node, "where", "WHERE")
    groups = compile_groups(compiler, node, items)
    values = [group.value for group in groups.members]
    having_node = node.args.get("having")
    order = node.args.get("order")
    looked = [*items, *([having_node.this] if having_node else []), *(order.expressions if order else [])]
    grouped = (
        node.args.get("group") is not None
        or having_node is not None
        or any(aggregates.contains_aggregate(item) for item in looked)
    )
    grouping: Grouping | None = None
    if grouped:
        if on_groups is not None:
            if groups.sets is not None:
                raise compiler.unsupported(
                    "an aggregation extension in a materialized view over a stream", node
                )
            on_groups(values)
        if groups.sets is not None:
            grouping = Grouping(compiler.fresh("sets"), groups)
            grouping.enter(compiler)
        frame.groups = {value.sql for value in values}
        frame.group_classes = {group.kind for group in groups.members} | {exp.Column, exp.Dot, exp.Bracket}
    frame.aggregates_allowed = None
    frame.windows_allowed = True
    found = outputs(compiler, items, only)
    frame.windows_allowed = False
    having = _clause(compiler, node, "having", "HAVING")
    if having is not None and not values and not any(map(aggregates.contains_aggregate, items)):
        # SQLite wants a GROUP BY or an aggregate before HAVING; the standard does not.
        first = found[0].value
        found[0].value = Value(f"CASE WHEN count(*) >= 0 THEN {first.sql} END", first.type)
    return Selection(
        node, found, source, where, values, having, grouped, grouping, _trimmed(compiler, values, node)
    )


def _trimmed(compiler: Compiler, groups: list[Value], node: exp.Select) -> frozenset[str]:
    """Give the groups that SQLite sorts faster without blanks at their end than by a collation.

    Its sorter compares text bytewise by itself, and calls a collation for every two values. Columns alone: what
    else there is may be volatile. Of materialized views alone: an index of a table, where it has all that is
    read, is faster than sorting; a view's SORTKEY hardly ever has, and is of use where LIMIT wants the first groups.
    """
    texts = {value.sql for value in groups if value.type.is_text and not value.folded}
    if not texts:
        return frozenset()
    order = node.args.get("order")
    first = node.args.get("limit") and not (order and aggregates.contains_aggregate(order.expressions[0]))
    return frozenset(
        column.sql
        for source in compiler.frame.sources
        if source.relation is not None and source.relation.kind == "materialized view"
        for column, stored in zip(source.columns, source.relation.columns, strict=False)
        if column.sql in texts and not (first and stored.name == source.relation.sorted_by)
    )


def _check_select(compiler: Compiler, node: exp.Select) -> None:
    into = node.args.get("into")
    if into is not None:
        raise compiler.unsupported("SELECT INTO here", into)
    check_parts(compiler, node, _SELECT_PARTS)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        raise compiler.unsupported("DISTINCT ON", node)


def _clause(compiler: Compiler, node: exp.Select, part: str, name: str) -> str | None:
    clause = node.args.get(part)
    if clause is None:
        return None
    frame = compiler.frame
    known = frame.aliases
    if compiler.settings.compat:
        # "You can't use aliases in the WHERE clause to reference select list expressions", nor in HAVING.
        frame.aliases = {}
    frame.aggregates_allowed = name if part == "where" else None
    try:
        # What is computed once per row is computed after WHERE, so it cannot serve WHERE itself.
        with compiler.maybe() if part == "where" else nullcontext():
            return condition(compiler, clause.this, name)
    finally:
        frame.aggregates_allowed = None
        frame.aliases = known


def select(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
    """Compile a SELECT; give its SQL and columns."""
    assert isinstance(node, exp.Select)
    if has_operator(node):
        root, node = node is compiler.root, with_joins(compiler, node)
        compiler.root = node if root else compiler.root
    if node.args.get("qualify") is not None:
        _check_qualify(compiler, node)
    parts = select_parts(compiler, node)
    frame = compiler.frame
    distinct = node.args.get("distinct") is not None
    if distinct and any(output.value.folded for output in parts.outputs):
        raise compiler.unsupported("DISTINCT of case-insensitive text", node)
    found = tuple(Column(name=output.name, type=output.value.type) for output in parts.outputs)
    frame.windows_allowed = True
    order = _order(compiler, node, parts, distinct)
    qualify = node.args.get("qualify")
    qualified = condition(compiler, qualify.this, "QUALIFY") if qualify is not None else None
    frame.windows_allowed = False
    body = _body(parts)
    by_value = distinct and any(column.type.name == "SUPER" for column in found)
    if by_value and qualified is not None:
        raise compiler.unsupported("SELECT DISTINCT of SUPER values with QUALIFY", node)
    if qualified is not None:
        return _qualified(compiler, node, parts, body, qualified, order), found
    # Only as a final result may a DECIMAL be text; anywhere else its digits must fit REAL.
    final = node is compiler.root and not distinct
    listed = [
        f"{_listed(output.value, final, distinct)} AS {quote_identifier(output.name)}"
        for output in parts.outputs
    ]
    if by_value:
        rows = distinct_rows(f"SELECT {', '.join(listed)}{body}", found)
        return f"{rows}{_output_order(order)}{_limit(compiler, node)}", found
    ordered = f" ORDER BY {', '.join(sql + how for term in order for sql, how in term.sql)}" if order else ""
    keyword = "SELECT DISTINCT" if distinct else "SELECT"
    return f"{keyword} {', '.join(listed)}{body}{ordered}{_limit(compiler, node)}", found


def _body(parts: Selection) -> str:
    """Write everything between the select list and ORDER BY."""
    body = f"{parts.source}{f' WHERE {parts.where}' if parts.where else ''}"
    if parts.grouping is not None:
        return parts.grouping.sql(body) + (f" WHERE {parts.having}" if parts.having else "")
    if parts.groups:
        keys = [
            f"rtrim({value.sql})" if value.sql in parts.trimmed else group_sql(value)
            for value in parts.groups
        ]
        body += " GROUP BY " + ", ".join(keys)
    return body + (f" HAVING {parts.having}" if parts.having else "")


def _listed(value: Value, final: bool, distinct: bool) -> str:
    """Write an item of the select list; under DISTINCT, its collation decides what is equal."""
    if final and value.exact is not None:
        return value.exact
    return distinguished(value) if distinct else value.sql


# --- ORDER BY -------------------------------------------------------------------------------------


class _Term(Struct):
    """Be an ORDER BY term: its SQL with the direction, and which output it is, if it is one."""

    sql: list[tuple[str, str]]
    value: Value
    how: str
    output: int | None


def _order(compiler: Compiler, node: exp.Select, parts: Selection, distinct: bool) -> list[_Term]:
    order = node.args.get("order")
    if order is None:
        return []
    check_parts(compiler, order, frozenset({"expressions"}))
    frame = compiler.frame
    known = frame.aliases
    if compiler.settings.compat:
        frame.aliases = {}  # an alias may stand alone in ORDER BY, not inside an expression
    terms: list[_Term] = []
    for term in order.expressions:
        inner = term.this if isinstance(term, exp.Ordered) else term
        place = _ordered_output(compiler, inner, parts)
        value = checked(compiler.value(inner)) if place is None else parts.outputs[place].value
        if place is None:
            same = [i for i, output in enumerate(parts.outputs) if output.value.sql == value.sql]
            place = same[0] if same else None
        if distinct and place is None:
            raise compiler.wrong(
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list", inner
            )
        how = direction(compiler, term)
        sql = [(part.removesuffix(how), how) for part in order_sql(value, how)]
        terms.append(_Term(sql, value, how, place))
    frame.aliases = known
    return terms


def _output_order(order: list[_Term]) -> str:
    """Write the ORDER BY of ``distinct_rows``, whose terms are all result columns."""
    terms = [
        sql for term in order for sql in order_sql(Value(f'q."c{term.output}"', term.value.type), term.how)
    ]
    return f" ORDER BY {', '.join(terms)}" if terms else ""


def _ordered_output(compiler: Compiler, node: Node, parts: Selection) -> int | None:
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
            return ordinal - 1
    if isinstance(node, exp.Column) and not node.args.get("table") and node.name[:1] not in "?:":
        named = [i for i, output in enumerate(parts.outputs) if output.name.lower() == node.name.lower()]
        if len({parts.outputs[place].value.sql for place in named}) > 1:
            raise compiler.wrong(f'ORDER BY "{node.name.lower()}" is ambiguous', node)
        return named[0] if named else None
    return None


# --- QUALIFY --------------------------------------------------------------------------------------


def _check_qualify(compiler: Compiler, node: exp.Select) -> None:
    """Refuse QUALIFY right after a relation without alias, where Redshift does not see the keyword."""
    clause = node.args.get("from_") or node.args.get("from")
    if clause is None or any(node.args.get(part) for part in ("where", "group", "having")):
        return
    last = clause.this
    for join in node.args.get("joins") or []:
        last = None if join.args.get("on") is not None or join.args.get("using") else join.this
    if compiler.settings.compat and isinstance(last, exp.Table) and not last.args.get("alias"):
        raise compiler.wrong(
            "QUALIFY right after the FROM clause needs an alias on the relation before it",
            node.args["qualify"],
        )


def _qualified(
    compiler: Compiler, node: exp.Select, parts: Selection, body: str, qualified: str, order: list[_Term]
) -> str:
    """Put QUALIFY around the SELECT as a filter; what ORDER BY needs travels as extra columns."""
    inner = [f'{output.value.sql} AS "c{index}"' for index, output in enumerate(parts.outputs)]
    outer = [f'"c{index}" AS {quote_identifier(output.name)}' for index, output in enumerate(parts.outputs)]
    terms = []
    for index, term in enumerate(order):
        place = f'"c{term.output}"'
        if term.output is None:
            place = f'"o{index}"'
            inner.append(f"{term.value.sql} AS {place}")
        terms += order_sql(Value(place, term.value.type), term.how)
    inner.append(f'{qualified} AS "qualified"')
    keyword = "SELECT DISTINCT" if node.args.get("distinct") is not None else "SELECT"
    tail = (f" ORDER BY {', '.join(terms)}" if terms else "") + _limit(compiler, node)
    return f'{keyword} {", ".join(outer)} FROM (SELECT {", ".join(inner)}{body}) WHERE "qualified"{tail}'
