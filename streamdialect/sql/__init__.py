"""Translation of Redshift's SQL: text -> statement, and query -> SQLite SQL with types.

Importing this package is cheap: sqlglot is imported with the first query that is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from streamdialect.model import Resolver, ViewPlan
from streamdialect.sql.parser import parse
from streamdialect.sql.settings import Settings
from streamdialect.sql.statements import VIEW_OPTIONS, CreateMaterializedView

if TYPE_CHECKING:
    from streamdialect.sql.dml import CompiledChange
    from streamdialect.sql.literals import Literals
    from streamdialect.sql.merge import MergePlan
    from streamdialect.sql.query import CompiledQuery
    from streamdialect.sql.tables import TableDefinition
    from streamdialect.types import RedshiftType

__all__ = [
    "VIEW_OPTIONS",
    "Settings",
    "column_definition",
    "compile_change",
    "compile_merge",
    "compile_query",
    "dist_key_column",
    "parse",
    "plan_view",
    "read_added_column",
    "read_table",
    "sort_key_columns",
]


def compile_query(
    text: str,
    resolver: Resolver,
    settings: Settings | None = None,
    literals: Literals | None = None,
    *,
    parameters: Mapping[str, RedshiftType] | None = None,
    final: bool = True,
    source: str | None = None,
    offset: int = 0,
) -> CompiledQuery:
    """Translate a query; see ``query.compile_query``."""
    from streamdialect.sql import query

    return query.compile_query(
        text,
        resolver,
        settings or Settings(),
        literals,
        parameters=parameters or {},
        final=final,
        source=source,
        offset=offset,
    )


def compile_change(
    text: str,
    resolver: Resolver,
    settings: Settings | None = None,
    literals: Literals | None = None,
    *,
    parameters: Mapping[str, RedshiftType] | None = None,
) -> CompiledChange:
    """Translate an INSERT, UPDATE or DELETE; see ``dml.compile_change``."""
    from streamdialect.sql import dml

    return dml.compile_change(text, resolver, settings or Settings(), literals, parameters=parameters or {})


def compile_merge(
    text: str, resolver: Resolver, settings: Settings, literals: Literals | None = None
) -> MergePlan:
    """Translate a MERGE; see ``merge.compile_merge``."""
    from streamdialect.sql import merge

    return merge.compile_merge(text, resolver, settings, literals)


def plan_view(
    statement: CreateMaterializedView, resolver: Resolver, settings: Settings | None = None
) -> ViewPlan:
    """Plan how a materialized view is kept; see ``views.plan_view``."""
    from streamdialect.sql import views

    return views.plan_view(statement, resolver, settings or Settings())


def sort_key_columns(statement: CreateMaterializedView, plan: ViewPlan) -> tuple[str, ...]:
    """Resolve SORTKEY's names and ordinals to public columns; see ``views.sort_key_columns``."""
    from streamdialect.sql import views

    return views.sort_key_columns(statement, plan)


def dist_key_column(statement: CreateMaterializedView, plan: ViewPlan) -> str | None:
    """Resolve DISTKEY's name or ordinal to a public column; see ``views.dist_key_column``."""
    from streamdialect.sql import views

    return views.dist_key_column(statement, plan)


def read_table(
    text: str, resolver: Resolver, settings: Settings, evaluate: Callable[[str], object] | None = None
) -> TableDefinition:
    """Spell a CREATE TABLE for SQLite; see ``tables.read_table``."""
    from streamdialect.sql import tables

    return tables.read_table(text, resolver, settings, evaluate)


def read_added_column(
    text: str, resolver: Resolver, settings: Settings, evaluate: Callable[[str], object] | None = None
) -> str:
    """Spell ALTER TABLE ... ADD COLUMN for SQLite; see ``tables.read_added_column``."""
    from streamdialect.sql import tables

    return tables.read_added_column(text, resolver, settings, evaluate)


def column_definition(name: str, kind: RedshiftType) -> str:
    """Write a column of a type in SQLite's DDL; see ``tables.column_definition``."""
    from streamdialect.sql import tables

    return tables.column_definition(name, kind)
