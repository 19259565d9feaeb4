"""Whole queries: WITH, set operations, and what a query inside another is.

Source: ``r_SELECT_synopsis`` and the pages of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from streamdialect import types
from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, Model, Resolver
from streamdialect.sql import (  # noqa: F401 - the modules of functions fill the tables
    aggregates,
    arithmetic,
    array_functions,
    cast_functions,
    columns,
    conditionals,
    date_formats,
    date_parts,
    dates,
    expressions,
    intervals,
    json_functions,
    mathematics,
    native_functions,
    sorted_aggregates,
    statistics,
    super_functions,
    text_functions,
    time_zones,
    totals,
    windows,
)
from streamdialect.sql.compiler import CommonTable, Compiler, Frame, check_parts
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.literals import Literals, positional_parameters, with_literals
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import convert, unified_type
from streamdialect.sql.ordering import distinct_rows
from streamdialect.sql.scan import first_words
from streamdialect.sql.selects import TAIL_PARTS, select, tail
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import NO_INTERVAL, Value

__all__ = ["CompiledQuery", "compile_query", "refuse_intervals", "subquery"]

_VALUES_PREFIX = "SELECT * FROM ("
_SET_PARTS = frozenset({"this", "expression", "distinct", *TAIL_PARTS})
_SET_NAMES = {"Union": "UNION", "Except": "EXCEPT", "Intersect": "INTERSECT"}


class CompiledQuery(Model):
    """Be a translated query.

    ``sql`` takes ``positional`` numbered parameters (``?1``, ...) and the ``named`` ones (``:name``); of the
    numbered ones it reads those up to ``bound``, which are fewer if some became literals. ``columns`` are the
    result's, ``relations`` the names of what it reads.
    """

    sql: str
    columns: tuple[Column, ...]
    positional: int
    bound: int
    named: tuple[str, ...]
    relations: tuple[str, ...]
    volatile: bool = False


Build = Callable[[Compiler, Node], tuple[str, tuple[Column, ...]]]


def compile_query(
    text: str,
    resolver: Resolver,
    settings: Settings,
    literals: Literals | None = None,
    *,
    final: bool = True,
) -> CompiledQuery:
    """Translate one query of Redshift's dialect to SQLite's.

    ``literals`` are parameter values to write into the query where they can be, as Redshift's drivers do on
    the client: some places need a literal (a date part), and two equal parameters are one expression to
    GROUP BY only as literals. ``final`` says that the rows go to the user: a DECIMAL may then come as text, where
    REAL would not hold its digits; rows that other SQL reads or that are stored must not.

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
    positional = 0
    if literals is not None:
        positional = positional_parameters(tree)
        tree = with_literals(tree, literals)
    compiler.root = tree if final else None
    try:
        sql, found = _body(compiler, tree)
    except RecursionError:
        raise NotSupportedError("the statement is nested too deeply") from None
    refuse_intervals(sql)
    if compiler.positional and f"?{compiler.positional}" not in sql:
        raise NotSupportedError(f"parameter {compiler.positional} has no effect on the result")
    return CompiledQuery(
        sql=sql,
        columns=found,
        positional=max(compiler.positional, positional),
        bound=compiler.positional,
        named=tuple(compiler.named),
        relations=tuple(compiler.relations),
        volatile=bool(compiler.volatile),
    )


def refuse_intervals(sql: str) -> None:
    """Refuse SQL in which an INTERVAL would be a value of its own."""
    if NO_INTERVAL in sql:
        raise NotSupportedError(
            "a value of type INTERVAL with months and days is not supported: add it to a time"
        )


def subquery(compiler: Compiler, node: Node, *, correlated: bool = True) -> tuple[str, tuple[Column, ...]]:
    """Compile a query inside another; give its SQL without parentheses, and its columns."""
    frame = compiler.frame
    compiler.frame = Frame(parent=frame if correlated else None)
    try:
        with compiler.maybe():
            return _body(compiler, node)
    finally:
        compiler.frame = frame


def _body(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
    if isinstance(node, exp.Subquery):
        return _parenthesised(compiler, node)
    if isinstance(node, exp.Select):
        return _scoped(compiler, node, select)
    if isinstance(node, exp.SetOperation):
        return _scoped(compiler, node, _set_operation)
    if isinstance(node, exp.Values):
        return _body(compiler, exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)))
    raise compiler.unsupported(f"{type(node).__name__} as a query", node)


def _parenthesised(compiler: Compiler, node: exp.Subquery) -> tuple[str, tuple[Column, ...]]:
    check_parts(compiler, node, frozenset({"this", "alias", "order", "limit", "offset", "with", "with_"}))
    if not any(node.args.get(part) for part in TAIL_PARTS):
        return _body(compiler, node.this)

    def wrapped(inner: Compiler, outer: Node) -> tuple[str, tuple[Column, ...]]:
        sql, found = _body(inner, outer.this)
        return f"SELECT * FROM ({sql}){tail(inner, outer, found)}", found

    return _scoped(compiler, node, wrapped)


def _scoped(compiler: Compiler, node: Node, build: Build) -> tuple[str, tuple[Column, ...]]:
    """Compile a WITH clause, then the query it belongs to."""
    clause = node.args.get("with_") or node.args.get("with")
    if clause is None:
        return build(compiler, node)
    check_parts(compiler, clause, frozenset({"expressions", "recursive"}))
    compiler.common.append({})
    try:
        parts = [
            _common_table(compiler, item, bool(clause.args.get("recursive"))) for item in clause.expressions
        ]
        sql, found = build(compiler, node)
    finally:
        compiler.common.pop()
    keyword = "WITH RECURSIVE" if clause.args.get("recursive") else "WITH"
    return f"{keyword} {', '.join(parts)} {sql}", found


def _common_table(compiler: Compiler, node: exp.CTE, recursive: bool) -> str:
    check_parts(compiler, node, frozenset({"this", "alias"}))
    alias = node.args["alias"]
    name = alias.this.name.lower()
    renamed = [
        compiler.settings.output_name(c.name, bool(c.args.get("quoted")))
        for c in alias.args.get("columns") or []
    ]
    scope = compiler.common[-1]
    if name in scope:
        raise compiler.wrong(f'WITH query name "{name}" specified more than once', node)
    body = node.this
    refers = recursive and any(
        table.name.lower() == name and not table.args.get("db") for table in body.find_all(exp.Table)
    )
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


def _renamed(
    compiler: Compiler, found: tuple[Column, ...], names: list[str], node: Node
) -> tuple[Column, ...]:
    if names and len(names) != len(found):
        raise compiler.wrong(
            f"WITH query has {len(found)} columns available but {len(names)} specified", node
        )
    return (
        tuple(Column(name=name, type=column.type) for name, column in zip(names, found, strict=True))
        if names
        else found
    )


# --- set operations -------------------------------------------------------------------------------


def _set_operation(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
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
    if name != "UNION ALL" and any(kind.name == "SUPER" for kind in kinds):
        if name != "UNION":
            raise compiler.unsupported(f"{name} of SUPER values", node)
        return (
            f"{distinct_rows(f'{left_sql} UNION ALL {right_sql}', found)}{tail(compiler, node, found)}",
            found,
        )
    return f"{left_sql} {name} {right_sql}{tail(compiler, node, found)}", found


def _by_precedence(node: Node) -> Node:
    """Make INTERSECT bind tighter than UNION and EXCEPT, which older sqlglot does not."""
    left = node.this
    if type(node).__name__ != "Intersect" or type(left).__name__ not in ("Union", "Except"):
        return node
    inner = exp.Intersect(
        this=left.expression, expression=node.expression, distinct=node.args.get("distinct")
    )
    outer: Node = type(left)(**{**left.args, "expression": exp.Subquery(this=inner)})
    for part in ("order", "limit", "offset", "with_", "with"):
        if node.args.get(part):
            outer.args[part] = node.args[part]
    return outer


def _side(compiler: Compiler, node: Node, *, first: bool) -> tuple[str, tuple[Column, ...]]:
    frame = compiler.frame
    compiler.frame = Frame(parent=frame.parent)
    try:
        sql, found = _body(compiler, node)
    finally:
        compiler.frame = frame
    # SQLite takes neither parentheses nor a tail on a side, and joins sides from the left.
    inline = isinstance(node, exp.Select) or (first and isinstance(node, exp.SetOperation))
    tailed = any(node.args.get(part) for part in (*TAIL_PARTS, "qualify"))
    return (sql if inline and not tailed else f"SELECT * FROM ({sql})"), found


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
