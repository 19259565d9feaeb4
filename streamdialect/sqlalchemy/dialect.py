"""The SQLAlchemy dialect, on top of SQLAlchemy's own SQLite dialect for SQL and on our driver for all else.

URL: ``streamdialect:///relative.db``, ``streamdialect:////absolute.db`` or ``streamdialect://`` (a private
temporary file, shared by the engine's connections and removed at the end), with the options of
``streamdialect.connect`` as query: ``?ingest=off&kafka.security.protocol=SSL``.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
import tempfile
import weakref
from typing import Any

from sqlalchemy import exc, pool
from sqlalchemy import types as sa_types
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect, SQLiteTypeCompiler
from sqlalchemy.engine import URL, reflection

import streamdialect
from streamdialect.sqlalchemy import compat
from streamdialect.sqlalchemy.types import COLSPECS, ISCHEMA_NAMES, from_redshift

__all__ = ["StreamDialect", "StreamDialect_apsw"]

_SECRET = re.compile(r"password|secret|\.key|token|jaas|credential", re.IGNORECASE)
# The driver translates a DEFAULT, and keeps what was written before the translation.
_DEFAULT = re.compile(r"/\* (.*?) \*/", re.DOTALL)
_LOCAL_SCHEMAS = (None, "main", "public")
_FLOATS = ("timeout", "refresh_timeout")
_TRUE, _FALSE = ("true", "1", "on", "yes"), ("false", "0", "off", "no")


class StreamCompiler(SQLiteCompiler):
    """Write literals as Redshift reads them."""

    def render_literal_value(self, value: Any, type_: Any) -> str:
        """Write a literal; in Redshift's a backslash escapes the next character."""
        return str(super().render_literal_value(value, type_)).replace("\\", "\\\\")

    def visit_true(self, expr: Any, **kw: Any) -> str:
        """Write TRUE: to Redshift 1 is a number, and SUPER tells them apart."""
        return "TRUE"

    def visit_false(self, expr: Any, **kw: Any) -> str:
        """Write FALSE."""
        return "FALSE"


class StreamTypeCompiler(SQLiteTypeCompiler):
    """Write types in DDL as Redshift counts them."""

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        """Write an enumeration as VARCHAR; its length is in bytes."""
        if type_.length is None or not type_.enums:
            return str(super().visit_enum(type_, **kw))
        longest = max(len(str(value).encode()) for value in type_.enums)
        return f"VARCHAR({max(type_.length, longest)})"


class StreamDialect(SQLiteDialect):
    """Speak Redshift's streaming SQL through SQLAlchemy; external schemas list their streams as tables."""

    name = "streamdialect"
    driver = "apsw"
    supports_statement_cache = True
    supports_native_decimal = True
    supports_native_boolean = True
    default_paramstyle = "qmark"
    statement_compiler = StreamCompiler
    type_compiler = StreamTypeCompiler
    type_compiler_cls = StreamTypeCompiler  # SQLAlchemy 2.x
    colspecs = COLSPECS
    ischema_names = ISCHEMA_NAMES

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        _meet_alembic()

    def initialize(self, connection: Any) -> None:
        """Learn what there is to know from the first connection."""
        _meet_alembic()
        super().initialize(connection)

    @classmethod
    def import_dbapi(cls) -> Any:
        """Give the driver (SQLAlchemy 2.x)."""
        return streamdialect

    @classmethod
    def dbapi(cls) -> Any:  # type: ignore[override]
        """Give the driver (SQLAlchemy 1.4)."""
        return streamdialect

    # --- connections --------------------------------------------------------------------------

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """Keep connections open: with the last one of a process its consumers stop."""
        return pool.QueuePool

    @classmethod
    def engine_created(cls, engine: Any) -> None:
        """Hide secrets among the URL's options in ``engine.url`` and ``repr(engine)``.

        The pool has the options already. Pass them by ``connect_args`` or ``kafka_config`` to keep them out of
        the URL altogether.
        """
        query = {name: "***" if _SECRET.search(name) else value for name, value in engine.url.query.items()}
        if query != dict(engine.url.query):
            engine.url = engine.url.set(query=query)

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Read the URL: path and options. Raise ArgumentError for what it cannot have."""
        if url.username or url.host or url.password or url.port:
            raise exc.ArgumentError(
                f"Invalid streamdialect URL: {url}\nValid URLs are streamdialect:///relative/file.db,"
                " streamdialect:////absolute/file.db and streamdialect://"
            )
        path = url.database
        if not path or path == ":memory:":
            folder = tempfile.mkdtemp(prefix="streamdialect-")
            weakref.finalize(self, _remove, folder, os.getpid())
            path = os.path.join(folder, "private.db")
        return [path], {name: _option(name, value) for name, value in url.query.items()}

    def _get_server_version_info(self, connection: Any) -> Any:
        # SQLite's version, which SQLAlchemy's SQLite dialect takes its decisions from.
        return streamdialect.sqlite_version_info

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Tell whether a connection is of no more use: closed, or inherited through fork."""
        return isinstance(e, streamdialect.InterfaceError) and (
            "connection is closed" in str(e) or "another process" in str(e)
        )

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Check that a pooled connection can be used."""
        dbapi_connection.execute("SELECT 1").fetchall()
        return True

    # --- isolation: a transaction of SQLite is serializable, or there is none ------------------

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        """List the levels of ``execution_options(isolation_level=...)``."""
        return ["SERIALIZABLE", "AUTOCOMMIT"]

    def get_default_isolation_level(self, dbapi_conn: Any) -> str:  # type: ignore[override]
        """Give the level of a new connection, which its option ``autocommit`` has set."""
        return self.get_isolation_level(dbapi_conn)

    def get_isolation_level(self, dbapi_connection: Any) -> str:  # type: ignore[override]
        """Give the level of a connection."""
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "SERIALIZABLE"

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set the level of a connection."""
        level = level.replace("_", " ").upper()
        if level not in self.get_isolation_level_values(dbapi_connection):
            raise exc.ArgumentError(
                f"Invalid value {level!r} for isolation_level: SERIALIZABLE or AUTOCOMMIT"
            )
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    # --- reflection ---------------------------------------------------------------------------
    #
    # No return annotations here: SQLAlchemy 1.4's reflection.cache writes source code from a method's
    # signature, and cannot write annotations that are text.

    @reflection.cache
    def get_schema_names(self, connection: Any, **kw: Any):
        """List ``main`` (Redshift's ``public``) and the external schemas."""
        rows = connection.exec_driver_sql("SELECT schemaname FROM svv_external_schemas ORDER BY 1")
        return ["main", *[name for (name,) in rows]]

    @reflection.cache
    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any):  # type: ignore[override]
        """List tables; of an external schema, the streams its credentials can see (asks the source)."""
        if schema in _LOCAL_SCHEMAS:
            names = super().get_table_names(connection, None, **kw)
            return [name for name in names if not _ours(name)]
        if schema == "temp":
            return list(super().get_table_names(connection, schema, **kw))
        query = "SELECT tablename FROM svv_external_tables WHERE schemaname = ? ORDER BY 1"
        return [name for (name,) in connection.exec_driver_sql(query, (schema,))]

    def _materialized(self, connection: Any) -> list[str]:
        return [name for (name,) in connection.exec_driver_sql("SELECT name FROM svv_mv_info ORDER BY 1")]

    @reflection.cache
    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any):  # type: ignore[override]
        """List views; under SQLAlchemy 1.4 the materialized ones too, which 2.x asks for separately."""
        if schema not in _LOCAL_SCHEMAS:
            return list(super().get_view_names(connection, schema, **kw)) if schema == "temp" else []
        names = list(super().get_view_names(connection, None, **kw))
        if not compat.LISTS_MATERIALIZED_VIEWS:
            return names
        materialized = set(self._materialized(connection))
        return [name for name in names if name not in materialized]

    @reflection.cache
    def get_materialized_view_names(self, connection: Any, schema: str | None = None, **kw: Any):
        """List materialized views (SQLAlchemy 2.x)."""
        return self._materialized(connection) if schema in _LOCAL_SCHEMAS else []

    @reflection.cache
    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **kw: Any):
        """Give the statement that created a view, as it was written."""
        query = "SELECT definition FROM pg_views WHERE viewname = ?"
        row = connection.exec_driver_sql(query, (view_name,)).first() if schema in _LOCAL_SCHEMAS else None
        if row is None:
            raise exc.NoSuchTableError(f"{schema}.{view_name}" if schema else view_name)
        return str(row[0])

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether a table, view or stream exists."""
        if schema in _LOCAL_SCHEMAS or schema == "temp":
            return bool(super().has_table(connection, table_name, _local(schema), **kw))
        return schema in self.get_schema_names(connection) and table_name in self.get_table_names(
            connection, schema
        )

    @reflection.cache
    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the columns; of streams and views with the types that the driver reports."""
        if schema == "temp" or (schema in _LOCAL_SCHEMAS and table_name not in self._views(connection)):
            columns = list(super().get_columns(connection, table_name, _local(schema), **kw))
            if not columns:  # SQLAlchemy 1.4 does not say so itself
                raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
            for column in columns:
                if written := _DEFAULT.match(column["default"] or ""):
                    column["default"] = written[1]
                elif isinstance(column["type"], sa_types.Boolean) and column["default"] in ("0", "1"):
                    column["default"] = "TRUE" if column["default"] == "1" else "FALSE"
            return columns
        quote = self.identifier_preparer.quote_identifier
        name = quote(table_name) if schema in _LOCAL_SCHEMAS else f"{quote(str(schema))}.{quote(table_name)}"
        try:
            result = connection.exec_driver_sql(f"SELECT * FROM {name} WHERE 1 = 0")
        except exc.ProgrammingError as error:
            if isinstance(error.orig, streamdialect.UndefinedObjectError):
                raise exc.NoSuchTableError(name) from error
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

    # Constraints and indexes: those of local tables are SQLite's; streams and views have none.

    @reflection.cache
    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the primary key."""
        if not self._is_table(connection, table_name, schema):
            return {"constrained_columns": [], "name": None}
        return super().get_pk_constraint(connection, table_name, _local(schema), **kw)

    @reflection.cache
    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the foreign keys."""
        if not self._is_table(connection, table_name, schema):
            return []
        found = super().get_foreign_keys(connection, table_name, _local(schema), **kw)
        # A key refers to a table of its own schema, under the name that the caller has for that.
        return [{**key, "referred_schema": schema} for key in found]

    @reflection.cache
    def get_unique_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the UNIQUE constraints."""
        if not self._is_table(connection, table_name, schema):
            return []
        return super().get_unique_constraints(connection, table_name, _local(schema), **kw)

    @reflection.cache
    def get_check_constraints(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the CHECK constraints."""
        if not self._is_table(connection, table_name, schema):
            return []
        return super().get_check_constraints(connection, table_name, _local(schema), **kw)

    @reflection.cache
    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Describe the indexes."""
        if not self._is_table(connection, table_name, schema):
            return []
        return super().get_indexes(connection, table_name, _local(schema), **kw)

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Give no comment: SQLite has none."""
        return {"text": None}

    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any):
        """Give no options."""
        return {}

    def _is_table(self, connection: Any, name: str, schema: str | None) -> bool:
        return schema == "temp" or (schema in _LOCAL_SCHEMAS and name not in self._views(connection))

    def _views(self, connection: Any) -> set[str]:
        query = "SELECT name FROM sqlite_master WHERE type = 'view'"
        return {name for (name,) in connection.exec_driver_sql(query)}


class StreamDialect_apsw(StreamDialect):
    """Be the dialect with its driver; what the entry points name."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Give the driver; SQLAlchemy 2.x looks for the method in the class itself."""
        return streamdialect

    @classmethod
    def dbapi(cls) -> Any:  # type: ignore[override]
        """Give the driver; SQLAlchemy 1.4."""
        return streamdialect


def _meet_alembic() -> None:
    """Tell Alembic about this dialect, if the process has it; ``op`` is what it imports last."""
    if hasattr(sys.modules.get("alembic"), "op"):
        importlib.import_module("streamdialect.sqlalchemy.alembic")


def _ours(name: str) -> bool:
    return name.startswith(("streamdialect_", "mv_tbl__", "sqlite_"))


def _remove(folder: str, process: int) -> None:
    # A forked child ends with a copy of the engine; the folder is still its parent's.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _local(schema: str | None) -> str | None:
    return None if schema == "public" else schema


def _option(name: str, value: Any) -> Any:
    """Turn the text of a URL's query into what ``connect`` takes."""
    if isinstance(value, tuple):
        raise exc.ArgumentError(f"option {name} is given more than once")
    if name in _FLOATS:
        try:
            return float(value)
        except ValueError:
            raise exc.ArgumentError(f"option {name} must be a number of seconds, not {value!r}") from None
    if name == "autocommit":
        if value.lower() not in _TRUE + _FALSE:
            raise exc.ArgumentError(f"option {name} must be true or false, not {value!r}")
        return value.lower() in _TRUE
    return value
