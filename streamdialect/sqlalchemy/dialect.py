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
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDDLCompiler, SQLiteTypeCompiler
from sqlalchemy.engine import URL

import streamdialect
from streamdialect.sqlalchemy import compat
from streamdialect.sqlalchemy.reflection import StreamReflection
from streamdialect.sqlalchemy.types import COLSPECS, ISCHEMA_NAMES

__all__ = ["StreamDialect", "StreamDialect_apsw"]

_SECRET = re.compile(r"password|secret|\.key|token|jaas|credential", re.IGNORECASE)
_FLOATS = ("timeout", "refresh_timeout", "kinesis_reads")
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

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """Divide; decimals divide exactly, and a float added to them would take their digits."""
        if any(_is_decimal(side.type) for side in (binary.left, binary.right)):
            return f"{self.process(binary.left, **kw)} / {self.process(binary.right, **kw)}"
        return str(super().visit_truediv_binary(binary, operator, **kw))

    def update_from_clause(
        self, update_stmt: Any, from_table: Any, extra_froms: Any, from_hints: Any, **kw: Any
    ) -> str:
        """Write the further tables of an UPDATE; SQLAlchemy 1.4 does not do it for SQLite."""
        tables = (
            table._compiler_dispatch(self, asfrom=True, fromhints=from_hints, **kw) for table in extra_froms
        )
        return f"FROM {', '.join(tables)}"

    def delete_extra_from_clause(
        self, delete_stmt: Any, from_table: Any, extra_froms: Any, from_hints: Any, **kw: Any
    ) -> str:
        """Write the further tables of a DELETE (``r_DELETE``)."""
        kw["asfrom"] = True
        tables = (table._compiler_dispatch(self, fromhints=from_hints, **kw) for table in extra_froms)
        return f"USING {', '.join(tables)}"

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """Write REGEXP_REPLACE; flags stand behind a position (``REGEXP_REPLACE``)."""
        arguments = f"{self.process(binary.left, **kw)}, {self.process(binary.right, **kw)}"
        flags = binary.modifiers["flags"]
        if flags is None:
            return f"REGEXP_REPLACE({arguments})"
        # SQLAlchemy 1.4 has the flags as an expression.
        text = flags if isinstance(flags, str) else flags.value
        return f"REGEXP_REPLACE({arguments}, 1, {self.render_literal_value(text, sa_types.String())})"

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # type: ignore[override]
        """Read a value of a JSON document as what was asked for."""
        return self._typed(binary, super().visit_json_getitem_op_binary, operator, **kw)

    def visit_json_path_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # type: ignore[override]
        """Read a value of a JSON document by its path, as what was asked for."""
        return self._typed(binary, super().visit_json_path_getitem_op_binary, operator, **kw)

    def _typed(self, binary: Any, written: Any, operator: Any, **kw: Any) -> str:
        if not compat.CASTS_JSON:
            value = written(binary, operator, **kw)
            # JSON_EXTRACT gives 1 for true, which the driver cannot know to be a boolean.
            return f"CAST({value} AS BOOLEAN)" if isinstance(binary.type, sa_types.Boolean) else str(value)
        # A cast to NUMERIC would take digits of a number, and one to VARCHAR leaves it a number.
        text = isinstance(binary.type, sa_types.String)
        if not (text or _is_decimal(binary.type)):
            return str(written(binary, operator, **kw))
        kw["_cast_applied"] = True
        value = written(binary, operator, **kw)
        return f"({value} || '')" if text else str(value)


class StreamTypeCompiler(SQLiteTypeCompiler):
    """Write types in DDL as Redshift counts them."""

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        """Write an enumeration as VARCHAR; its length is in bytes."""
        if type_.length is None or not type_.enums:
            return str(super().visit_enum(type_, **kw))
        longest = max(len(str(value).encode()) for value in type_.enums)
        return f"VARCHAR({max(type_.length, longest)})"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        """Write a date with a time; Redshift's name for one with a zone is a type of its own."""
        return "TIMESTAMPTZ" if type_.timezone else "DATETIME"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        """Write a timestamp."""
        return "TIMESTAMPTZ" if type_.timezone else "TIMESTAMP"

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        """Write a time of day."""
        return "TIMETZ" if type_.timezone else "TIME"

    def visit_INTERVAL(self, type_: Any, **kw: Any) -> str:
        """Write an interval with the fields it has."""
        return f"INTERVAL {type_.fields}"

    visit_TIMESTAMPTZ, visit_TIMETZ = visit_TIMESTAMP, visit_TIME

    def visit_VARBYTE(self, type_: Any, **kw: Any) -> str:
        """Write bytes; without a length as many as there may be."""
        return "VARBYTE" if type_.length is None else f"VARBYTE({type_.length})"


class StreamDDLCompiler(SQLiteDDLCompiler):
    """Write columns as Redshift counts them."""

    def get_column_specification(self, column: Any, **kwargs: Any) -> str:
        """Write a column; an identity of its own as Redshift's, which the driver refuses if it cannot be kept."""
        written = str(super().get_column_specification(column, **kwargs))
        identity = column.identity
        if identity is None:
            return written
        start = 1 if identity.start is None else identity.start
        step = 1 if identity.increment is None else identity.increment
        if not identity.always and column.primary_key and (start, step) == (1, 1):
            return written  # as SQLite counts a primary key
        kind = "IDENTITY" if identity.always else "GENERATED BY DEFAULT AS IDENTITY"
        return f"{written} {kind}({start}, {step})"


class StreamDialect(StreamReflection):
    """Speak Redshift's streaming SQL through SQLAlchemy; external schemas list their streams as tables."""

    name = "streamdialect"
    driver = "apsw"
    supports_statement_cache = True
    supports_native_decimal = True
    supports_native_boolean = True
    default_paramstyle = "qmark"
    statement_compiler = StreamCompiler
    ddl_compiler = StreamDDLCompiler
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
        query = {
            # The option of this name says whose, and is none itself.
            name: "***" if _SECRET.search(name) and name != "credentials" else value
            for name, value in engine.url.query.items()
        }
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
        """Tell whether a connection is of no more use: closed, inherited through fork, or its file is gone."""
        if isinstance(e, streamdialect.OperationalError):
            return "while it was open" in str(e)
        return isinstance(e, streamdialect.InterfaceError) and (
            "connection is closed" in str(e) or "another process" in str(e)
        )

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Check that a pooled connection can be used."""
        try:
            dbapi_connection.execute("SELECT 1").fetchall()
        except streamdialect.Error as error:  # SQLAlchemy 1.4 would not look at it
            if not self.is_disconnect(error, dbapi_connection, None):
                raise
            return False
        return True

    # --- isolation: a transaction of SQLite is serializable, or there is none ------------------

    def get_isolation_level_values(self, dbapi_conn: Any) -> Any:
        """List the levels of ``execution_options(isolation_level=...)``."""
        return ["SERIALIZABLE", "READ UNCOMMITTED", "AUTOCOMMIT"]

    def get_default_isolation_level(self, dbapi_conn: Any) -> str:  # type: ignore[override]
        """Give the level of a new connection, which its option ``autocommit`` has set."""
        return self.get_isolation_level(dbapi_conn)

    def get_isolation_level(self, dbapi_connection: Any) -> str:  # type: ignore[override]
        """Give the level of a connection."""
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        return str(super().get_isolation_level(dbapi_connection))

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Set the level of a connection. READ UNCOMMITTED is kept, and reads nothing uncommitted."""
        level = level.replace("_", " ").upper()
        known = self.get_isolation_level_values(dbapi_connection)
        if level not in known:
            raise exc.ArgumentError(f"Invalid value {level!r} for isolation_level: {', '.join(known)}")
        # SQLAlchemy 1.4 may hand over the pool's proxy, which would keep what is set to itself.
        driver_connection = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        driver_connection.autocommit = level == "AUTOCOMMIT"
        if level != "AUTOCOMMIT":
            super().set_isolation_level(dbapi_connection, level)

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        """Tell whether each statement is its own transaction."""
        return bool(dbapi_conn.autocommit)


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


def _is_decimal(type_: Any) -> bool:
    return isinstance(type_, sa_types.Numeric) and not isinstance(type_, sa_types.Float)


def _remove(folder: str, process: int) -> None:
    # A forked child ends with a copy of the engine; the folder is still its parent's.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _option(name: str, value: Any) -> Any:
    """Turn the text of a URL's query into what ``connect`` takes."""
    if isinstance(value, tuple):
        raise exc.ArgumentError(f"option {name} is given more than once")
    if name in _FLOATS:
        try:
            return float(value)
        except ValueError:
            raise exc.ArgumentError(f"option {name} must be a number, not {value!r}") from None
    if name == "autocommit":
        if value.lower() not in _TRUE + _FALSE:
            raise exc.ArgumentError(f"option {name} must be true or false, not {value!r}")
        return value.lower() in _TRUE
    return value
