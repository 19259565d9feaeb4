"""Plans of materialized views: over one stream, row by row or aggregated, or over local relations.

Source: ``materialized-view-create-sql-command``, ``materialized-view-streaming-ingestion``,
``materialized-view-refresh-sql-command``.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.errors import (
    DuplicateObjectError,
    NotSupportedError,
    ProgrammingError,
    UndefinedObjectError,
)
from streamdialect.identifiers import quote_identifier
from streamdialect.model import (
    BATCH_RELATION,
    Column,
    LoneColumn,
    Relation,
    Resolver,
    ViewColumn,
    ViewPlan,
)
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.nodes import Node
from streamdialect.sql.query import refuse_intervals, subquery
from streamdialect.sql.settings import Settings
from streamdialect.sql.statements import VIEW_OPTIONS, CreateMaterializedView
from streamdialect.sql.stream_plan import plan_lone_column, plan_stream

__all__ = ["dist_key_column", "named_columns", "plan_view", "sort_key_columns"]

_STREAM_REFUSAL = "Materialized view over stream could not be created, reason: {}"
_AUTO_ON_VIEW = "Auto-refresh is not supported for materialized views defined on other materialized views."


def plan_view(statement: CreateMaterializedView, resolver: Resolver, settings: Settings) -> ViewPlan:
    """Plan how a materialized view is kept.

    Raise as ``compile_query`` does, and NotSupportedError for queries that Redshift refuses in a
    materialized view.
    """
    for name in statement.options:
        if name not in VIEW_OPTIONS:
            raise NotSupportedError(
                f'the option "{name}" of WITH (...) is not supported',
                hint=f"Options are: {', '.join(sorted(VIEW_OPTIONS))}.",
            )
    tree = parse_query(statement.query, statement.text, statement.query_offset)
    compiler = Compiler(resolver, settings, statement.text, statement.query_offset)
    _refuse_tail(compiler, tree)
    streams = _streams(compiler, tree)
    try:
        plan = (
            _over_stream(compiler, tree, streams) if streams else _over_relations(compiler, tree, statement)
        )
    except RecursionError:
        raise NotSupportedError("the statement is nested too deeply") from None
    if compiler.positional or compiler.named:
        raise ProgrammingError("a materialized view cannot have parameters")
    for text in (plan.select, plan.having or "", *(column.expression for column in plan.columns)):
        refuse_intervals(text)
    return plan


def _refuse_tail(compiler: Compiler, tree: Node) -> None:
    for part, name in (("order", "ORDER BY"), ("limit", "LIMIT"), ("offset", "OFFSET")):
        clause = tree.args.get(part)
        if clause is not None:
            raise compiler.unsupported(f"{name} in a materialized view", clause)


def _streams(compiler: Compiler, tree: Node) -> list[Relation]:
    """Find the streams that any part of the query reads."""
    found: list[Relation] = []
    for table in tree.find_all(exp.Table):
        schema = table.args.get("db")
        if schema is None or not isinstance(table.this, exp.Identifier):
            continue
        relation = compiler.resolver.relation(schema.name.lower(), stream_name(compiler.settings, table.this))
        if relation is not None and relation.kind == "stream":
            found.append(relation)
    return found


def stream_name(settings: Settings, identifier: Node) -> str:
    """Fold the name of a stream: quoted ones keep their case, since streams are case-sensitive."""
    keeps = bool(identifier.args.get("quoted")) and settings.keeps_quoted_case
    return identifier.name if keeps else identifier.name.lower()


# --- over a stream --------------------------------------------------------------------------------


def _over_stream(compiler: Compiler, tree: Node, streams: list[Relation]) -> ViewPlan:
    if not isinstance(tree, exp.Select):
        raise compiler.unsupported("a set operation in a materialized view over a stream", tree)
    nested = (
        tree.args.get("with_")
        or tree.args.get("with")
        or next((node for node in tree.find_all(exp.Query) if node is not tree), None)
    )
    if len(streams) > 1 or tree.args.get("joins") or tree.find(exp.Join) is not None:
        raise NotSupportedError(
            _STREAM_REFUSAL.format("joins are not supported.") + compiler.place(tree),
            hint="Join in a further materialized view that reads this one.",
        )
    if nested is not None:
        raise NotSupportedError(
            _STREAM_REFUSAL.format("Column aliases are not supported."),
            hint="A materialized view over a stream cannot have a subquery or a WITH clause.",
        )
    for part, name in (("distinct", "DISTINCT"), ("qualify", "QUALIFY"), ("windows", "WINDOW")):
        if tree.args.get(part):
            raise compiler.unsupported(f"{name} in a materialized view over a stream", tree)
    window = tree.find(exp.Window)
    if window is not None:
        raise compiler.unsupported("a window function in a materialized view over a stream", window)
    plan = plan_stream(compiler, tree, streams[0])
    if compiler.volatile:
        raise NotSupportedError(
            f"the mutable function {compiler.volatile[0]} is not supported in a view over a stream",
            hint="refresh_time and the arrival time are columns of the stream.",
        )
    if plan.kind != "stream":
        return plan

    def alone(place: int | None) -> LoneColumn | None:
        lone = Compiler(compiler.resolver, compiler.settings, compiler.source, compiler.offset)
        return plan_lone_column(lone, tree, streams[0], place)

    columns = [lone for place in range(len(plan.columns)) if (lone := alone(place)) is not None]
    return replace(plan, alone=tuple(columns), admission=alone(None))


# --- over local relations -------------------------------------------------------------------------


def _over_relations(compiler: Compiler, tree: Node, statement: CreateMaterializedView) -> ViewPlan:
    if statement.options:
        raise NotSupportedError("WITH (...) is only for materialized views over a stream")
    sql, found = subquery(compiler, tree, correlated=False)
    storage = named_columns(found)
    relations = list(compiler.relations.values())
    for relation in relations:
        if relation.name == BATCH_RELATION:
            raise UndefinedObjectError(f'relation "{BATCH_RELATION}" does not exist')
        if relation.kind == "view":
            raise NotSupportedError(f'a materialized view cannot read the view "{relation.name}"')
        if relation.kind == "system":
            raise NotSupportedError(f'a materialized view cannot read the system view "{relation.name}"')
    if statement.auto_refresh:
        if any(relation.kind == "materialized view" for relation in relations):
            raise NotSupportedError(_AUTO_ON_VIEW, hint="REFRESH it, or REFRESH ... CASCADE.")
        raise NotSupportedError("AUTO REFRESH YES on a view over local tables is not yet supported")
    listed = ", ".join(quote_identifier(column.name) for column in storage)
    return ViewPlan(
        kind="recompute",
        storage=storage,
        select=f"SELECT {listed} FROM ({sql})",
        columns=tuple(
            ViewColumn(name=column.name, type=column.type, expression=quote_identifier(column.name))
            for column in storage
        ),
        depends_on=tuple(relation.name for relation in relations),
    )


def named_columns(found: tuple[Column, ...]) -> tuple[Column, ...]:
    """Check that the columns of a view have names of their own; give bare NULLs a type."""
    seen: set[str] = set()
    for column in found:
        if column.name.lower() in seen:
            raise DuplicateObjectError(f'column "{column.name}" duplicated')
        seen.add(column.name.lower())
    return tuple(
        Column(name=column.name, type=types.TEXT) if column.type.name == "UNKNOWN" else column
        for column in found
    )


# --- keys -----------------------------------------------------------------------------------------


def _resolve_key(plan: ViewPlan, key: str | int, clause: str) -> ViewColumn:
    if isinstance(key, int):
        if not 1 <= key <= len(plan.columns):
            raise ProgrammingError(f"{clause} position {key} is not in select list")
        column = plan.columns[key - 1]
    else:
        named = [column for column in plan.columns if column.name.lower() == key.lower()]
        if not named:
            raise UndefinedObjectError(f'column "{key}" named in {clause} does not exist')
        column = named[0]
    if column.type.name in ("SUPER", "VARBYTE"):
        raise NotSupportedError(f'column "{column.name}" of type {column.type.name} cannot be a {clause}')
    return column


def sort_key_columns(statement: CreateMaterializedView, plan: ViewPlan) -> tuple[str, ...]:
    """Resolve SORTKEY to public columns; refuse SUPER and VARBYTE (``limitations-super``)."""
    return tuple(_resolve_key(plan, key, "SORTKEY").name for key in statement.sort_key)


def dist_key_column(statement: CreateMaterializedView, plan: ViewPlan) -> str | None:
    """Resolve DISTKEY to a public column; refuse SUPER and VARBYTE."""
    return None if statement.dist_key is None else _resolve_key(plan, statement.dist_key, "DISTKEY").name
