"""What Alembic needs: how this dialect migrates, and that views and streams are no tables.

The dialect imports this module when it is used in a process that has Alembic loaded, as one that runs ``env.py``
has; nothing has to be written there. Nothing else imports it, so that nothing depends on Alembic.
"""

from __future__ import annotations

from typing import Any

from alembic import util
from alembic.autogenerate import comparators
from alembic.ddl.base import ColumnName, RenameTable, alter_table, format_column_name, format_table_name
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import inspect
from sqlalchemy.ext.compiler import compiles

__all__ = ["StreamImpl"]

_LOCAL_SCHEMAS = (None, "main", "public")


class StreamImpl(SQLiteImpl):
    """Migrate as on SQLite, with batches; all migrations of a run are one transaction, DDL included."""

    __dialect__ = "streamdialect"
    transactional_ddl = True

    def render_type(self, type_obj: Any, autogen_context: Any) -> Any:
        """Write our types into a migration with the import that they need."""
        if not type(type_obj).__module__.startswith("streamdialect."):
            return super().render_type(type_obj, autogen_context)
        autogen_context.imports.add("import streamdialect.sqlalchemy")
        return f"streamdialect.sqlalchemy.{type_obj!r}"


@compiles(RenameTable, StreamImpl.__dialect__)
def _rename_table(element: Any, compiler: Any, **_: Any) -> str:
    renamed = format_table_name(compiler, element.new_table_name, None)  # it stays in its schema
    return f"{alter_table(compiler, element.table_name, element.schema)} RENAME TO {renamed}"


@compiles(ColumnName, StreamImpl.__dialect__)
def _rename_column(element: Any, compiler: Any, **_: Any) -> str:
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"{alter_table(compiler, element.table_name, element.schema)} RENAME COLUMN {old} TO {new}"


def _leave_out_views(autogen_context: Any, upgrade_ops: Any, schemas: set[str | None]) -> Any:
    """Compare neither external schemas nor tables of the metadata that the database has as views.

    To compare external schemas would ask every source for its streams.
    """
    connection = autogen_context.connection
    rows = connection.exec_driver_sql("SELECT schemaname FROM svv_external_schemas")
    external = {name for (name,) in rows}
    schemas.difference_update(external)
    inspector = inspect(connection)
    views = set(inspector.get_view_names())
    if hasattr(inspector, "get_materialized_view_names"):  # before SQLAlchemy 2.0, the first has them too
        views.update(inspector.get_materialized_view_names())
    autogen_context.sorted_tables[:] = [
        table
        for table in autogen_context.sorted_tables
        if table.schema not in external and not (table.schema in _LOCAL_SCHEMAS and table.name in views)
    ]
    if hasattr(util, "PriorityDispatcher"):
        return util.PriorityDispatchResult.CONTINUE
    return comparators.dispatch("schema")(autogen_context, upgrade_ops, schemas)


if hasattr(
    util, "PriorityDispatcher"
):  # Alembic 1.18: what is registered for a dialect runs besides the rest
    _register = comparators.dispatch_for(
        "schema", qualifier=StreamImpl.__dialect__, priority=util.DispatchPriority.FIRST
    )
else:  # before, instead of the rest
    _register = comparators.dispatch_for("schema", qualifier=StreamImpl.__dialect__)
_register(_leave_out_views)
