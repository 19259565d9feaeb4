"""Whole queries: SELECT with all its clauses, set operations, WITH.

Source: ``r_SELECT_synopsis`` and the pages of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from streamdialect import types
from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, Model, Resolver
from streamdialect.sql import (  # noqa: F401 - the modules of functions fill the tables
    aggregates,
    columns,
    dates,
    expressions,
    json_functions,
    text_functions,
)
from streamdialect.sql.compiler import CommonTable, Compiler, Frame, check_parts
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.headings import heading
from streamdialect.sql.operators import checked, condition, convert, unified_type
from streamdialect.sql.ordering import direction, order_sql
from streamdialect.sql.relations import from_clause
from streamdialect.sql.scan import first_words
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import NO_INTERVAL, Value

__all__ = ["CompiledQuery", "Output", "Selection", "compile_query", "outputs", "select_parts", "subquery"]

_VALUES_PREFIX = "SELECT * FROM ("
_SELECT_PARTS = frozenset(
    "kind expressions distinct limit from from_ joins where group having qualify order offset windows with with_ operation_modifiers".split()
)
_SET_PARTS = frozenset("this expression distinct order limit offset with with_".split())
_SET_NAMES = {"Union": "UNION", "Except": "EXCEPT", "Intersect": "INTERSECT"}


class CompiledQuery(Model):
    """Be a translated query.

    ``sql`` takes ``positional`` numbered parameters (``?1``, ...) and the ``named`` ones (``:name``);
    ``columns`` are the result's, ``relations`` the names of what it reads.
    """

    sql: str
    columns: tuple[Column, ...]
    positional: int
    named: tuple[str, ...]
    relations: tuple[str, ...]
    volatile: bool = False


@dataclass(slots=True)
class Output:
    """Be one column of a select list."""

    name: str
    value: Value
    node: exp.Expression


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


def compile_query(text: str, resolver: Resolver, settings: Settings) -> CompiledQuery:
    """Translate one query of Redshift's dialect to SQLite's.

    Raise SQLSyntaxError, UndefinedObjectError, ProgrammingError, or NotSupportedError for whatever is
    valid and not carried out.
    """
    if first_words(text, 1) == ["VALUES"]:
        stripped = text.rstrip().rstrip(";")
        tree = parse_query(f"{_VALUES_PREFIX}{stripped})", text, -len(_VALUES_PREFIX))
        compiler = Compiler(resolver, settings, text, -len(_VALUES_PREFIX))
    else:
        tree = parse_query(text)
        compiler = Compiler(resolver, settings, text)
    try:
        sql, found = _body(compiler, tree)
    except RecursionError:
        raise NotSupportedError("the statement is nested too deeply") from None
    refuse_intervals(sql)
    return CompiledQuery(
        sql=sql,
        columns=found,
        positional=compiler.positional,
        named=tuple(compiler.named),
        relations=tuple(compiler.relations),
        volatile=bool(compiler.volatile),
    )


def refuse_intervals(sql: str) -> None:
    """Refuse SQL in which an INTERVAL would be a value of its own."""
    if NO_INTERVAL in sql:
        raise NotSupportedError("a value of type INTERVAL is not supported: add it to a time")


def subquery(compiler: Compiler, node: exp.Expression, *, correlated: bool = True) -> tuple[str, tuple[Column, ...]]:
    """Compile a query inside another; give its SQL without parentheses, and its columns."""
    frame = compiler.frame
    compiler.frame = Frame(parent=frame if correlated else None)
    try:
        with compiler.maybe():
            return _body(compiler, node)
    finally:
        compiler.frame = frame


def _body(compiler: Compiler, node: exp.Expression) -> tuple[str, tuple[Column, ...]]:
    if isinstance(node, exp.Subquery):
        return _parenthesised(compiler, node)
    if isinstance(node, exp.Select):
        return _scoped(compiler, node, _select)
    if isinstance(node, exp.SetOperation):
        return _scoped(compiler, node, _set_operation)
    if isinstance(node, exp.Values):
        return _body(compiler, exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)))
    raise compiler.unsupported(f"{type(node).__name__} as a query", node)


def _parenthesised(compiler: Compiler, node: exp.Subquery) -> tuple[str, tuple[Column, ...]]:
    check_parts(compiler, node, frozenset({"this", "alias", "order", "limit", "offset", "with", "with_"}))
    if not any(node.args.get(part) for part in ("order", "limit", "offset", "with", "with_")):
        return _body(compiler, node.this)

    def wrapped(inner: Compiler, outer: exp.Expression) -> tuple[str, tuple[Column, ...]]:
        sql, found = _body(inner, outer.this)
        return f"SELECT * FROM ({sql}){_tail(inner, outer, found)}", found

    return _scoped(compiler, node, wrapped)


def _scoped(compiler: Compiler, node: exp.Expression, build: object) -> tuple[str, tuple[Column, ...]]:
    """Compile a WITH clause, then the query it belongs to."""
    clause = node.args.get("with_") or node.args.get("with")
    if clause is None:
        return build(compiler, node)  # type: ignore[operator,no-any-return]
    check_parts(compiler, clause, frozenset({"expressions", "recursive"}))
    compiler.common.append({})
    try:
        parts = [_common_table(compiler, item, bool(clause.args.get("recursive"))) for item in clause.expressions]
        sql, found = build(compiler, node)  # type: ignore[operator]
    finally:
        compiler.common.pop()
    keyword = "WITH RECURSIVE" if clause.args.get("recursive") else "WITH"
    return f"{keyword} {', '.join(parts)} {sql}", found


def _common_table(compiler: Compiler, node: exp.CTE, recursive: bool) -> str:
    check_parts(compiler, node, frozenset({"this", "alias"}))
    alias = node.args["alias"]
    name = alias.this.name.lower()
    renamed = [compiler.settings.output_name(c.name, bool(c.args.get("quoted"))) for c in alias.args.get("columns") or []]
    scope = compiler.common[-1]
    if name in scope:
        raise compiler.wrong(f'WITH query name "{name}" specified more than once', node)
    body = node.this
    refers = recursive and any(table.name.lower() == name and not table.args.get("db") for table in body.find_all(exp.Table))
    frame = compiler.frame
    compiler.frame = Frame(parent=frame.parent)
    try:
        if refers:
            if not isinstance(body, exp.Union):
                raise compiler.unsupported("a recursive query that is not a UNION ALL", node)
            _, anchor = _body(compiler, body.this)
            scope[name] = CommonTable(name, _renamed(compiler, anchor, renamed, node))
        sql, found = _body(compiler, body)
    finally:
        compiler.frame = frame
    columns_ = _renamed(compiler, found, renamed, node)
    scope[name] = CommonTable(name, columns_)
    listed = ", ".join(quote_identifier(column.name) for column in columns_)
    return f"{quote_identifier(name)}({listed}) AS ({sql})"


def _renamed(compiler: Compiler, found: tuple[Column, ...], names: list[str], node: exp.Expression) -> tuple[Column, ...]:
    if names and len(names) != len(found):
        raise compiler.wrong(f"WITH query has {len(found)} columns available but {len(names)} specified", node)
    return tuple(Column(name=name, type=column.type) for name, column in zip(names, found, strict=True)) if names else found


# --- set operations -------------------------------------------------------------------------------


def _set_operation(compiler: Compiler, node: exp.Expression) -> tuple[str, tuple[Column, ...]]:
    check_parts(compiler, node, _SET_PARTS)
    node = _by_precedence(node)
    name = _SET_NAMES.get(type(node).__name__)
    if name is None:
        raise compiler.unsupported(type(node).__name__, node)
    if not node.args.get("distinct"):
        if name != "UNION":
            raise compiler.unsupported(f"{name} ALL", node)
        name = "UNION ALL"
    left_sql, left = _side(compiler, node.this, first=True)
    right_sql, right = _side(compiler, node.expression, first=False)
    if len(left) != len(right):
        raise compiler.wrong("each query of a set operation must have the same number of columns", node)
    kinds = [unified_type(compiler, [a.type, b.type], node, name) for a, b in zip(left, right, strict=True)]
    left_sql = _converted(left_sql, left, kinds)
    right_sql = _converted(right_sql, right, kinds)
    found = tuple(Column(name=column.name, type=kind) for column, kind in zip(left, kinds, strict=True))
    return f"{left_sql} {name} {right_sql}{_tail(compiler, node, found)}", found


def _by_precedence(node: exp.Expression) -> exp.Expression:
    """Make INTERSECT bind tighter than UNION and EXCEPT, which older sqlglot does not."""
    left = node.this
    if type(node).__name__ != "Intersect" or type(left).__name__ not in ("Union", "Except"):
        return node
    inner = exp.Intersect(this=left.expression, expression=node.expression, distinct=node.args.get("distinct"))
    outer = type(left)(**{**left.args, "expression": exp.Subquery(this=inner)})
    for part in ("order", "limit", "offset", "with_", "with"):
        if node.args.get(part):
            outer.args[part] = node.args[part]
    return outer


def _side(compiler: Compiler, node: exp.Expression, *, first: bool) -> tuple[str, tuple[Column, ...]]:
    frame = compiler.frame
    compiler.frame = Frame(parent=frame.parent)
    try:
        sql, found = _body(compiler, node)
    finally:
        compiler.frame = frame
    plain = isinstance(node, exp.Select) and not any(
        node.args.get(part) for part in ("order", "limit", "offset", "with_", "with", "qualify")
    )
    chain = first and isinstance(node, exp.SetOperation) and not any(node.args.get(p) for p in ("order", "limit", "offset", "with_", "with"))
    return (sql if plain or chain else f"SELECT * FROM ({sql})"), found


def _converted(sql: str, found: tuple[Column, ...], kinds: list[types.RedshiftType]) -> str:
    """Convert a side's columns where the common type is stored in another form."""
    parts = []
    changed = False
    for column, kind in zip(found, kinds, strict=True):
        name = quote_identifier(column.name)
        converted = convert(Value(name, column.type), kind)
        changed = changed or converted != name
        parts.append(f"{converted} AS {name}")
    return f"SELECT {', '.join(parts)} FROM ({sql})" if changed else sql


# --- the tail: ORDER BY, LIMIT, OFFSET ------------------------------------------------------------


def _tail(compiler: Compiler, node: exp.Expression, found: tuple[Column, ...]) -> str:
    """Compile the tail of a set operation, whose ORDER BY can only name result columns."""
    order = node.args.get("order")
    sql = ""
    if order is not None:
        check_parts(compiler, order, frozenset({"expressions"}))
        terms = []
        for term in order.expressions:
            inner = term.this if isinstance(term, exp.Ordered) else term
            terms.append(f"{_position(compiler, inner, [c.name for c in found])}{direction(compiler, term)}")
        sql = f" ORDER BY {', '.join(terms)}"
    return sql + _limit(compiler, node)


def _position(compiler: Compiler, node: exp.Expression, names: list[str]) -> int:
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        ordinal = int(node.name)
        if not 1 <= ordinal <= len(names):
            raise compiler.wrong(f"ORDER BY position {ordinal} is not in select list", node)
        return ordinal
    if isinstance(node, exp.Column) and not node.args.get("table"):
        for index, name in enumerate(names):
            if name.lower() == node.name.lower():
                return index + 1
    raise compiler.unsupported("ORDER BY of a set operation by anything but a result column", node)


def _limit(compiler: Compiler, node: exp.Expression) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    sql = ""
    if limit is not None:
        if not isinstance(limit, exp.Limit):
            raise compiler.unsupported("FETCH", node, hint="Write LIMIT.")
        check_parts(compiler, limit, frozenset({"expression"}))
        count = limit.expression
        if not (count.name.upper() == "ALL" and isinstance(count, (exp.Var, exp.Column))) and not isinstance(count, exp.Null):
            sql = f" LIMIT {_count(compiler, count, 'LIMIT')}"
    if offset is not None:
        check_parts(compiler, offset, frozenset({"expression"}))
        sql = f"{sql or ' LIMIT -1'} OFFSET {_count(compiler, offset.expression, 'OFFSET')}"
    return sql


def _count(compiler: Compiler, node: exp.Expression, clause: str) -> str:
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
    grouped = group_node is not None or having_node is not None or any(aggregates.contains_aggregate(item) for item in looked)
    if grouped:
        if on_groups is not None:
            on_groups([value for value, _ in groups])
        frame.groups = {value.sql for value, _ in groups}
        frame.group_classes = {kind for _, kind in groups} | {exp.Column, exp.Dot, exp.Bracket}
    frame.aggregates_allowed = None
    frame.windows_allowed = True
    found = outputs(compiler, items)
    frame.windows_allowed = False
    having = condition(compiler, having_node.this, "HAVING") if having_node is not None else None
    return Selection(node, found, source, where, [value for value, _ in groups], having, grouped)


def outputs(compiler: Compiler, items: list[exp.Expression]) -> list[Output]:
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


def _aliases(items: list[exp.Expression]) -> dict[str, exp.Expression]:
    found: dict[str, exp.Expression] = {}
    for item in items:
        if isinstance(item, exp.Alias):
            found.setdefault(item.alias.lower(), item.this)
    return found


def _expanded(compiler: Compiler, node: exp.Select) -> list[exp.Expression]:
    """Replace ``*`` and ``t.*`` by columns."""
    items: list[exp.Expression] = []
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


def _star(compiler: Compiler, table: str | None, node: exp.Expression) -> list[exp.Expression]:
    frame = compiler.frame
    sources = [source for source in frame.sources if table in (None, source.name.lower())]
    if not sources:
        raise compiler.undefined(f'relation "{table}" does not exist' if table else "SELECT * needs a FROM clause", node)
    found: list[exp.Expression] = []
    first = frame.using if table is None else []
    for name in first:
        found.append(exp.column(exp.to_identifier(name, quoted=True)))
    for source in sources:
        for column in source.columns:
            if table is None and column.name.lower() in first:
                continue
            found.append(exp.column(exp.to_identifier(column.name, quoted=True), table=exp.to_identifier(source.name, quoted=True)))
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


def _groups(compiler: Compiler, node: exp.Select, items: list[exp.Expression]) -> list[tuple[Value, type]]:
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
            if isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit():
                ordinal = int(item.name)
                if not 1 <= ordinal <= len(items):
                    raise compiler.wrong(f"GROUP BY position {ordinal} is not in select list", item)
                item = items[ordinal - 1]
            while isinstance(item, (exp.Alias, exp.Paren)):
                item = item.this
            value = checked(compiler.value(item))
            target = compiler.frame.aliases.get(item.name.lower(), item) if isinstance(item, exp.Column) else item
            found.append((value, type(target)))
    finally:
        compiler.frame.aggregates_allowed = None
    return found


def _select(compiler: Compiler, node: exp.Expression) -> tuple[str, tuple[Column, ...]]:
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
    listed = [f"{output.value.sql} AS {quote_identifier(output.name)}" for output in parts.outputs]
    body = f"{parts.source}{f' WHERE {parts.where}' if parts.where else ''}"
    if parts.groups:
        body += " GROUP BY " + ", ".join(_group_sql(value) for value in parts.groups)
    if parts.having:
        # SQLite wants a GROUP BY or an aggregate before HAVING; the standard does not.
        body += ("" if parts.groups else " GROUP BY NULL" if not parts.grouped else "") + f" HAVING {parts.having}"
    tail = (f" ORDER BY {', '.join(order)}" if order else "") + _limit(compiler, node)
    if qualified is None:
        return f"SELECT {distinct}{', '.join(listed)}{body}{tail}", found
    return _qualified(compiler, node, parts, listed, names, body, qualified, order, distinct), found


def _group_sql(value: Value) -> str:
    return f"(+{value.sql})" if value.sql.isdigit() else value.sql


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
                raise compiler.wrong("for SELECT DISTINCT, ORDER BY expressions must appear in select list", inner)
        terms += order_sql(value, direction(compiler, term))
    return terms


def _ordered_output(compiler: Compiler, node: exp.Expression, parts: Selection) -> Value | None:
    """Find the result column that an ORDER BY term names by ordinal or alias."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal):
        if node.is_string:
            raise compiler.wrong("non-integer constant in ORDER BY", node)
        if node.name.isdigit():
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
        expression, how = term[: term.index(" NULLS ")].rsplit(" ", 1)[0], term[term.index(" NULLS ") - 4 :].strip()
        name = compiler.fresh("order")
        hidden.append(f"{expression} AS {quote_identifier(name)}")
        how = term[len(expression) :]
        terms.append(f"{quote_identifier(name)}{how}")
    inner = ", ".join([*listed, *hidden, f"{qualified} AS {quote_identifier(flag)}"])
    outer = ", ".join(quote_identifier(name) for name in names)
    tail = (f" ORDER BY {', '.join(terms)}" if terms else "") + _limit(compiler, node)
    return f"SELECT {distinct}{outer} FROM (SELECT {inner}{body}) WHERE {quote_identifier(flag)}{tail}"
