"""Whole queries: WITH, set operations, and what a query inside another is.

Source: ``r_SELECT_synopsis`` and the pages of its clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

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
    hash_functions,
    intervals,
    json_functions,
    mathematics,
    native_functions,
    patterns,
    sorted_aggregates,
    statistics,
    substrings,
    super_functions,
    text_functions,
    time_zones,
    totals,
    windows,
)
from streamdialect.sql.compiler import CommonTable, Compiler, Frame, check_parts
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.hierarchy import LEVEL, hierarchical
from streamdialect.sql.literals import Literals, positional_parameters, with_literals
from streamdialect.sql.nodes import Node
from streamdialect.sql.relations import stored_names
from streamdialect.sql.scan import first_words
from streamdialect.sql.selects import TAIL_PARTS, select, tail
from streamdialect.sql.set_operations import set_operation
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import NO_INTERVAL
from streamdialect.types import RedshiftType

__all__ = [
    "NO_PARAMETERS",
    "CompiledQuery",
    "body",
    "compile_query",
    "refuse_intervals",
    "subquery",
    "with_clause",
]

_VALUES_PREFIX = "SELECT * FROM ("


class CompiledQuery(Model, frozen=True, kw_only=True):
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


NO_PARAMETERS: Mapping[str, RedshiftType] = {}
Build = Callable[[Compiler, Node], tuple[str, tuple[Column, ...]]]


def compile_query(
    text: str,
    resolver: Resolver,
    settings: Settings,
    literals: Literals | None = None,
    *,
    parameters: Mapping[str, RedshiftType] = NO_PARAMETERS,
    final: bool = True,
    source: str | None = None,
    offset: int = 0,
) -> CompiledQuery:
    """Translate one query of Redshift's dialect to SQLite's.

    ``literals`` are parameter values to write into the query where they can be, as Redshift's drivers do on
    the client: some places need a literal (a date part), and two equal parameters are one expression to
    GROUP BY only as literals. ``parameters`` gives the types of the others' values, as far as they tell:
    ``?1`` or ``:name`` -> type. ``final`` says that the rows go to the user: a DECIMAL may then come as text, where
    REAL would not hold its digits; rows that other SQL reads or that are stored must not. ``source`` is the
    statement that the query is a part of, from ``offset`` on: errors show positions in it.

    Raise SQLSyntaxError, UndefinedObjectError, ProgrammingError, or NotSupportedError for whatever is
    valid and not carried out.
    """
    if first_words(text, 1) == ["VALUES"]:
        stripped = text.rstrip().rstrip(";")
        tree = parse_query(f"{_VALUES_PREFIX}{stripped})", text, -len(_VALUES_PREFIX))
        compiler = Compiler(resolver, settings, text, -len(_VALUES_PREFIX))
    else:
        tree = parse_query(text, source, offset)
        compiler = Compiler(resolver, settings, text if source is None else source, offset)
    compiler.parameters = parameters
    positional = 0
    if literals is not None:
        positional = positional_parameters(tree)
        tree = with_literals(tree, literals, parameters)
    compiler.root = tree if final else None
    try:
        sql, found = body(compiler, tree)
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
            return body(compiler, node)
    finally:
        compiler.frame = frame


def body(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
    """Compile a query in the compiler's current frame; give its SQL and its columns."""
    if isinstance(node, exp.Subquery):
        return _parenthesised(compiler, node)
    if isinstance(node, exp.Select):
        return with_clause(compiler, node, select)
    if isinstance(node, exp.SetOperation):
        return with_clause(compiler, node, set_operation)
    if isinstance(node, exp.Values):
        return body(compiler, exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)))
    raise compiler.unsupported(f"{type(node).__name__} as a query", node)


def _parenthesised(compiler: Compiler, node: exp.Subquery) -> tuple[str, tuple[Column, ...]]:
    check_parts(compiler, node, frozenset({"this", "alias", "order", "limit", "offset", "with", "with_"}))
    if not any(node.args.get(part) for part in TAIL_PARTS):
        return body(compiler, node.this)

    def wrapped(inner: Compiler, outer: Node) -> tuple[str, tuple[Column, ...]]:
        sql, found = body(inner, outer.this)
        return f"SELECT * FROM ({sql}){tail(inner, outer, found)}", found

    return with_clause(compiler, node, wrapped)


def with_clause(compiler: Compiler, node: Node, build: Build) -> tuple[str, tuple[Column, ...]]:
    """Compile a WITH clause, then the statement it belongs to by ``build``."""
    clause = node.args.get("with_") or node.args.get("with")
    hierarchy = node if isinstance(node, exp.Select) and node.args.get("connect") is not None else None
    if clause is None and hierarchy is None:
        return build(compiler, node)
    recursive = hierarchy is not None
    compiler.common.append({})
    parts = []
    try:
        if clause is not None:
            check_parts(compiler, clause, frozenset({"expressions", "recursive"}))
            written = bool(clause.args.get("recursive"))
            recursive = recursive or written
            parts = [_common_table(compiler, item, written) for item in clause.expressions]
        if hierarchy is not None:
            node, common = hierarchical(compiler, hierarchy)
            parts.append(_common_table(compiler, common, True, hidden=frozenset({LEVEL})))
        sql, found = build(compiler, node)
    finally:
        compiler.common.pop()
    keyword = "WITH RECURSIVE" if recursive else "WITH"
    return f"{keyword} {', '.join(parts)} {sql}", found


def _common_table(
    compiler: Compiler, node: exp.CTE, recursive: bool, hidden: frozenset[str] = frozenset()
) -> str:
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
    query = node.this
    refers = recursive and any(
        table.name.lower() == name and not table.args.get("db") for table in query.find_all(exp.Table)
    )
    # SQLite would take the name for this query in its own text too, and before it.
    taken = (
        any(name in other for other in compiler.common) or compiler.resolver.relation(None, name) is not None
    )
    stored = compiler.fresh(name) if taken else name
    frame = compiler.frame
    compiler.frame = Frame(parent=frame.parent)

    def known(found: tuple[Column, ...]) -> CommonTable:
        columns_ = _renamed(compiler, found, renamed, node)
        return CommonTable(stored, columns_, stored_names(columns_), hidden)

    try:
        if refers:
            if not isinstance(query, exp.Union) or query.args.get("distinct"):
                raise compiler.unsupported("a recursive query that is not a UNION ALL", node)
            if any(query.args.get(part) for part in TAIL_PARTS):
                raise compiler.wrong("a recursive query takes no ORDER BY, LIMIT or WITH", node)
            _, anchor = body(compiler, query.this)
            scope[name] = known(anchor)
            sql, found = set_operation(compiler, query, recursive=True)
        else:
            sql, found = body(compiler, query)
    finally:
        compiler.frame = frame
    scope[name] = known(found)
    listed = ", ".join(quote_identifier(column) for column in scope[name].stored)
    return f"{quote_identifier(stored)}({listed}) AS ({sql})"


def _renamed(
    compiler: Compiler, found: tuple[Column, ...], names: list[str], node: Node
) -> tuple[Column, ...]:
    """Name the columns of a WITH query; names may be left out at the end (``r_WITH_clause``)."""
    if len(names) > len(found):
        raise compiler.wrong(
            f"WITH query has {len(found)} columns available but {len(names)} specified", node
        )
    kept = (column.name for column in found[len(names) :])
    return tuple(
        Column(name=name, type=column.type) for name, column in zip([*names, *kept], found, strict=True)
    )
