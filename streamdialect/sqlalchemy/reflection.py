"""What the inspector shows: local schemas as SQLite has them, external schemas with their streams.

``public``, ``main`` and no schema are the file that was opened; ``temp`` is the connection's own; an attached
file is a schema of its own. Only an external schema asks its source, and only when it is named.

No return annotations here: SQLAlchemy 1.4's ``reflection.cache`` writes source code from a method's signature,
and cannot write annotations that are text.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import exc
from sqlalchemy import types as sa_types
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import reflection

import streamdialect
from streamdialect.sqlalchemy import compat
from streamdialect.sqlalchemy.types import from_redshift

__all__ = ["StreamReflection"]

# Schema names of the file that was opened; None looks at temporary relations too, as a query does.
_MAIN = (None, "main", "public")

# A DEFAULT that the driver translated begins with what was written.
_WRITTEN_DEFAULT = re.compile(r"/\* (.*?) \*/ ", re.DOTALL)


class StreamReflection(SQLiteDialect):
    """Answer the inspector's questions."""

    def _get_default_schema_name(self, connection: Any):
        return "public"

    # --- schemas and the names in them --------------------------------------------------------

    @reflection.cache
    def _external_schemas(self, connection: Any, **kw: Any):
        rows = connection.exec_driver_sql("SELECT schemaname FROM svv_external_schemas ORDER BY 1")
        return [name for (name,) in rows]

    @reflection.cache
    def _attached_schemas(self, connection: Any, **kw: Any):
        rows = connection.exec_driver_sql("PRAGMA database_list").fetchall()
        return [row[1] for row in rows if row[1] not in ("main", "temp")]

    @reflection.cache
    def get_schema_names(self, connection: Any, **kw: Any):
        """List ``public`` (SQLite's ``main``), the attached files and the external schemas."""
        return [
            "public",
            *self._attached_schemas(connection, **kw),
            *self._external_schemas(connection, **kw),
        ]

    @reflection.cache
    def _relations(self, connection: Any, database: str, **kw: Any):
        """Map the names in one SQLite database to their kinds: ``table`` or ``view``."""
        source = "sqlite_temp_master" if database == "temp" else f"{self._quoted(database)}.sqlite_master"
        rows = connection.exec_driver_sql(
            f"SELECT name, type FROM {source} WHERE type IN ('table', 'view') ORDER BY name"
        )
        return {name: kind for name, kind in rows.fetchall()}

    def _quoted(self, name: Any) -> str:
        return str(self.identifier_preparer.quote_identifier(name))

    def _databases(self, connection: Any, schema: str | None, **kw: Any) -> list[str]:
        """List the SQLite databases that a schema's names are looked up in; none for an external schema."""
        if schema is None:
            return ["temp", "main"]
        if schema in _MAIN:
            return ["main"]
        if schema == "temp" or schema in self._attached_schemas(connection, **kw):
            return [schema]
        return []

    def _find(self, connection: Any, name: str, schema: str | None, **kw: Any) -> tuple[str, str, str] | None:
        """Give database, kind and stored name of a local relation, or None; as in SQL, case is no matter."""
        folded = name.lower()
        for database in self._databases(connection, schema, **kw):
            for stored, kind in self._relations(connection, database, **kw).items():
                if stored.lower() == folded:
                    return database, kind, stored
        return None

    def _names(self, connection: Any, database: str, kind: str, **kw: Any) -> list[str]:
        found = self._relations(connection, database, **kw).items()
        return [name for name, its_kind in found if its_kind == kind and not _is_internal(name)]

    @reflection.cache
    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any):  # type: ignore[override]
        """List tables; of an external schema, the streams its credentials can see (asks the source)."""
        databases = self._databases(connection, schema, **kw)
        if databases:
            return self._names(connection, databases[-1], "table", **kw)
        query = "SELECT tablename FROM svv_external_tables WHERE schemaname = ? ORDER BY 1"
        return [name for (name,) in connection.exec_driver_sql(query, (schema,))]

    @reflection.cache
    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any):  # type: ignore[override]
        """List views; under SQLAlchemy 1.4 the materialized ones too, which 2.x asks for separately."""
        databases = self._databases(connection, schema, **kw)
        if not databases:
            return []
        names = self._names(connection, databases[-1], "view", **kw)
        if not compat.LISTS_MATERIALIZED_VIEWS:
            return names
        materialized = set(self.get_materialized_view_names(connection, schema, **kw))
        return [name for name in names if name not in materialized]

    @reflection.cache
    def get_materialized_view_names(self, connection: Any, schema: str | None = None, **kw: Any):
        """List materialized views (SQLAlchemy 2.x)."""
        if schema not in _MAIN:
            return []
        rows = connection.exec_driver_sql("SELECT name FROM svv_mv_info ORDER BY 1")
        return [name for (name,) in rows]

    @reflection.cache
    def get_temp_table_names(self, connection: Any, **kw: Any):  # type: ignore[override]
        """List the connection's temporary tables."""
        return self._names(connection, "temp", "table", **kw)

    @reflection.cache
    def get_temp_view_names(self, connection: Any, **kw: Any):  # type: ignore[override]
        """List the connection's temporary views."""
        return self._names(connection, "temp", "view", **kw)

    @reflection.cache
    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Tell whether a table, view or stream exists."""
        self._ensure_has_table_connection(connection)
        if self._databases(connection, schema, **kw):
            return self._find(connection, table_name, schema, **kw) is not None
        return schema in self._external_schemas(connection, **kw) and table_name in self.get_table_names(
            connection, schema, **kw
        )

    # --- views and columns --------------------------------------------------------------------

    @reflection.cache
    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any):
        """Give the statement that created a view, as it was written."""
        found = self._find(connection, view_name, schema, **kw)
        if found is None or found[1] != "view":
            raise _absent(view_name, schema)
        database, _, stored = found
        if database == "main":
            query = "SELECT definition FROM pg_views WHERE viewname = ?"
        elif database == "temp":
            query = "SELECT sql FROM sqlite_temp_master WHERE name = ?"
        else:
            master = f"{self._quoted(database)}.sqlite_master"
            query = f"SELECT sql FROM {master} WHERE name = ?"
            late = "streamdialect_late_views"
            if late in self._relations(connection, database, **kw):
                query = (
                    f"SELECT coalesce(l.definition, v.sql) FROM {master} v"
                    f" LEFT JOIN {self._quoted(database)}.{late} l ON l.name = v.name AND l.sql = v.sql"
                    " WHERE v.name = ?"
                )
        return str(connection.exec_driver_sql(query, (stored,)).scalar())

    @reflection.cache
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the columns; of streams and views with the types that the driver reports."""
        found = self._find(connection, table_name, schema, **kw)
        if found is not None and found[1] == "table":
            columns = list(super().get_columns(connection, table_name, found[0], **kw))
            for column in columns:
                written = _WRITTEN_DEFAULT.match(column["default"] or "")
                if written:
                    column["default"] = written[1]
                elif isinstance(column["type"], sa_types.Boolean) and column["default"] in ("0", "1"):
                    column["default"] = "TRUE" if column["default"] == "1" else "FALSE"
            return columns
        if found is None and self._databases(connection, schema, **kw):
            raise _absent(table_name, schema)
        name = self._quoted(table_name)
        if found is None or found[0] not in ("main", "temp"):
            name = f"{self._quoted(schema)}.{name}"
        try:
            result = connection.exec_driver_sql(f"SELECT * FROM {name} WHERE 1 = 0")
        except exc.ProgrammingError as error:
            if isinstance(error.orig, streamdialect.UndefinedObjectError):
                raise _absent(table_name, schema) from error
            raise
        return [
            {
                "name": column[0],
                "type": from_redshift(streamdialect.types.type_of(column)),
                "nullable": True,
                "default": None,
                "primary_key": 0,
            }
            for column in result.cursor.description
        ]

    # --- constraints and indexes: those of local tables are SQLite's; streams and views have none ---

    def _table(self, connection: Any, name: str, schema: str | None, **kw: Any) -> str | None:
        """Give the database of a table, None for a view or stream; raise NoSuchTableError for what is not there."""
        found = self._find(connection, name, schema, **kw)
        if found is not None:
            return found[0] if found[1] == "table" else None
        if not self.has_table(connection, name, schema, **kw):
            raise _absent(name, schema)
        return None

    @reflection.cache
    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the primary key."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None:
            return {"constrained_columns": [], "name": None}
        return super().get_pk_constraint(connection, table_name, database, **kw)

    @reflection.cache
    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the foreign keys."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None:
            return []
        found = super().get_foreign_keys(connection, table_name, database, **kw)
        # A key refers to a table of its own schema, under the name that the caller has for that.
        return [{**key, "referred_schema": schema} for key in found]

    @reflection.cache
    def get_unique_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the UNIQUE constraints."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None:
            return []
        return super().get_unique_constraints(connection, table_name, database, **kw)

    @reflection.cache
    def get_check_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the CHECK constraints."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None:
            return []
        return super().get_check_constraints(connection, table_name, database, **kw)

    @reflection.cache
    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the indexes."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None:
            return []
        return super().get_indexes(connection, table_name, database, **kw)

    @reflection.cache
    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Give WITHOUT ROWID and STRICT of a table."""
        database = self._table(connection, table_name, schema, **kw)
        if database is None or not compat.READS_TABLE_OPTIONS:
            return {}
        return super().get_table_options(connection, table_name, database, **kw)

    @reflection.cache
    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Give no comment: SQLite has none."""
        self._table(connection, table_name, schema, **kw)
        return {"text": None}

    @reflection.cache
    def _get_table_sql(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        # The base class looks into "schema.sqlite_temp_master", which there is not.
        master = (
            "sqlite_temp_master" if schema == "temp" else f"{self._quoted(schema or 'main')}.sqlite_master"
        )
        query = f"SELECT sql FROM {master} WHERE lower(name) = lower(?) AND type IN ('table', 'view')"
        return connection.exec_driver_sql(query, (table_name,)).scalar()


def _is_internal(name: str) -> bool:
    return name.startswith(("streamdialect_", "mv_tbl__", "sqlite_"))


def _absent(name: str, schema: str | None) -> exc.NoSuchTableError:
    return exc.NoSuchTableError(f"{schema}.{name}" if schema else name)
