"""The engine spec of Apache Superset: what it asks a database about itself (docs/reference/superset.md).

Superset loads this module again and again, through the entry point ``superset.db_engine_specs``; everything it
imports is Superset's own or needed by any connection.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import types
from sqlalchemy.engine import Engine
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.engine.url import URL
from superset.constants import TimeGrain
from superset.db_engine_specs.base import BaseEngineSpec, DatabaseCategory
from superset.db_engine_specs.exceptions import (
    SupersetDBAPIConnectionError,
    SupersetDBAPIDatabaseError,
    SupersetDBAPIDataError,
    SupersetDBAPIOperationalError,
    SupersetDBAPIProgrammingError,
)
from superset.sql.parse import SQLGLOT_DIALECTS
from superset.utils.core import GenericDataType

import streamdialect
from streamdialect.sql.superset_dialect import SupersetDialect
from streamdialect.superset.messages import CUSTOM_ERRORS

if TYPE_CHECKING:
    from superset.models.core import Database
    from superset.models.sql_lab import Query
    from superset.sql.parse import Table

__all__ = ["StreamDialectEngineSpec"]

# The official way, the setting SQLGLOT_DIALECTS_EXTENSIONS, comes first where somebody uses it.
SQLGLOT_DIALECTS.setdefault("streamdialect", SupersetDialect)


def _steps(unit: str, count: int) -> str:
    """Write the beginning of the step that a time is in: 5 seconds, 6 hours."""
    whole = f"DATE_TRUNC('{unit}', {{col}})"
    return f"DATEADD({unit}, -MOD(CAST(EXTRACT({unit} FROM {whole}) AS INTEGER), {count}), {whole})"


def _truncated(unit: str) -> str:
    return f"DATE_TRUNC('{unit}', {{col}})"


# Not by way of the next day, which the last day that a time can have, the year 9999's, has not.
_SUNDAY = "DATEADD(day, -CAST(EXTRACT(dow FROM {col}) AS INTEGER), DATE_TRUNC('day', {col}))"


class StreamDialectEngineSpec(BaseEngineSpec):
    """Describe streamdialect to Superset."""

    engine = "streamdialect"
    engine_name = "streamdialect"
    drivers = {"apsw": "streamdialect's own driver, over SQLite"}  # noqa: RUF012
    default_driver = "apsw"
    sqlalchemy_uri_placeholder = "streamdialect:////absolute/path/events.db"
    disable_ssh_tunneling = True

    metadata = {  # noqa: RUF012
        "description": "Amazon Redshift's streaming-ingestion SQL over a SQLite file: materialized views on"
        " Kinesis and Kafka streams.",
        "categories": [DatabaseCategory.ANALYTICAL_DATABASES, DatabaseCategory.OPEN_SOURCE],
        "pypi_packages": ["streamdialect"],
        "connection_string": "streamdialect:////absolute/path/events.db",
        "connection_examples": [
            {
                "description": "Only read the file",
                "connection_string": "streamdialect:////absolute/path/events.db?mode=ro",
            }
        ],
        "notes": "Superset's connections start no consumers: let `streamdialect run FILE` keep the views fresh.",
    }

    _time_grain_expressions = {  # noqa: RUF012
        None: "{col}",
        TimeGrain.SECOND: _truncated("second"),
        TimeGrain.FIVE_SECONDS: _steps("second", 5),
        TimeGrain.THIRTY_SECONDS: _steps("second", 30),
        TimeGrain.MINUTE: _truncated("minute"),
        TimeGrain.FIVE_MINUTES: _steps("minute", 5),
        TimeGrain.TEN_MINUTES: _steps("minute", 10),
        TimeGrain.FIFTEEN_MINUTES: _steps("minute", 15),
        TimeGrain.THIRTY_MINUTES: _steps("minute", 30),
        TimeGrain.HALF_HOUR: _steps("minute", 30),
        TimeGrain.HOUR: _truncated("hour"),
        TimeGrain.SIX_HOURS: _steps("hour", 6),
        TimeGrain.DAY: _truncated("day"),
        TimeGrain.WEEK: _truncated("week"),
        TimeGrain.WEEK_STARTING_SUNDAY: _SUNDAY,
        TimeGrain.WEEK_STARTING_MONDAY: _truncated("week"),
        TimeGrain.WEEK_ENDING_SATURDAY: f"DATEADD(day, 6, {_SUNDAY})",
        TimeGrain.WEEK_ENDING_SUNDAY: f"DATEADD(day, 6, {_truncated('week')})",
        TimeGrain.MONTH: _truncated("month"),
        TimeGrain.QUARTER: _truncated("quarter"),
        TimeGrain.QUARTER_YEAR: _truncated("quarter"),
        TimeGrain.YEAR: _truncated("year"),
    }

    column_type_mappings = (
        (re.compile(r"^super", re.IGNORECASE), types.String(), GenericDataType.STRING),
        (re.compile(r"^(varbyte|blob)", re.IGNORECASE), types.LargeBinary(), GenericDataType.STRING),
    )

    custom_errors = CUSTOM_ERRORS

    # --- times --------------------------------------------------------------------------------

    @classmethod
    def epoch_to_dttm(cls) -> str:
        """Give the SQL for a time in seconds since 1970."""
        return "(TIMESTAMP 'epoch' + {col} * INTERVAL '1 second')"

    @classmethod
    def epoch_ms_to_dttm(cls) -> str:
        """Give the SQL for a time in milliseconds since 1970."""
        return "(TIMESTAMP 'epoch' + {col} * INTERVAL '0.001 second')"

    @classmethod
    def convert_dttm(
        cls, target_type: str, dttm: datetime, db_extra: dict[str, Any] | None = None
    ) -> str | None:
        """Write a time as a literal of a column's type; None for a column that is no time."""
        kind = cls.get_sqla_column_type(target_type)
        if isinstance(kind, types.Date):
            return f"DATE '{dttm.date().isoformat()}'"
        if isinstance(kind, types.DateTime):
            zoned = target_type.upper().startswith(("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"))
            text = dttm.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
            return f"TIMESTAMPTZ '{text}+00'" if zoned else f"TIMESTAMP '{text}'"
        return None

    # --- relations: each in one list ------------------------------------------------------------

    @classmethod
    def get_view_names(cls, database: Database, inspector: Inspector, schema: str | None) -> set[str]:
        """List the plain views."""
        views: set[str] = super().get_view_names(database, inspector, schema)
        return views - cls.get_materialized_view_names(database, inspector, schema)

    @classmethod
    def get_materialized_view_names(
        cls, database: Database, inspector: Inspector, schema: str | None
    ) -> set[str]:
        """List the materialized views; SQLAlchemy 1.4's inspector cannot ask for them."""
        bind = inspector.bind
        dialect = inspector.dialect
        try:
            if isinstance(bind, Engine):
                with bind.connect() as connection:
                    return set(dialect.get_materialized_view_names(connection, schema))
            return set(dialect.get_materialized_view_names(bind, schema))
        except Exception as error:
            raise cls.get_dbapi_mapped_exception(error) from error

    # --- connections --------------------------------------------------------------------------

    @classmethod
    def adjust_engine_params(
        cls,
        uri: URL,
        connect_args: dict[str, Any],
        catalog: str | None = None,
        schema: str | None = None,
    ) -> tuple[URL, dict[str, Any]]:
        """Start no consumers and create no files, unless the URI or the engine's parameters say so."""
        uri, connect_args = super().adjust_engine_params(uri, connect_args, catalog, schema)
        # A path with a typing error must not become a new, empty database.
        wanted = {"ingest": "manual", "mode": "rw"} if uri.database else {"ingest": "manual"}
        missing = {
            name: value
            for name, value in wanted.items()
            if name not in uri.query and name not in connect_args
        }
        # Superset 6.1 does not use the arguments that this gives it, only the URI.
        return uri.update_query_dict(missing), connect_args

    @classmethod
    def get_default_schema(cls, database: Database, catalog: str | None) -> str | None:
        """Give the schema of names without one; it is always the same, so nothing is opened to ask for it.

        Superset asks before each chart on a virtual dataset, where it does not expect a connection to fail.
        """
        return "public"

    @classmethod
    def fetch_data(cls, cursor: Any, limit: int | None = None) -> list[tuple[Any, ...]]:
        """Fetch the rows; none of a statement that has no result."""
        if not cursor.description:
            return []
        rows: list[tuple[Any, ...]] = super().fetch_data(cursor, limit)
        return rows

    @classmethod
    def get_cancel_query_id(cls, cursor: Any, query: Query) -> str | None:
        """Give the id under which another connection cancels what this one runs."""
        cursor.execute("SELECT pg_backend_pid()")
        return str(cursor.fetchone()[0])

    @classmethod
    def cancel_query(cls, cursor: Any, query: Query, cancel_query_id: str) -> bool:
        """Cancel what the connection of that id runs, in whatever process; tell whether there is one."""
        cursor.execute(f"SELECT pg_cancel_backend({int(cancel_query_id)})")
        return bool(cursor.fetchone()[0])

    @classmethod
    def df_to_sql(cls, database: Database, table: Table, df: Any, to_sql_kwargs: dict[str, Any]) -> None:
        """Write an uploaded file to a table, row by row in one transaction.

        Superset's own way, statements of a thousand rows each, takes thirty times as long to translate, and
        has more parameters than SQLite takes with 33 columns.
        """
        options = {**to_sql_kwargs, "name": table.table, "schema": table.schema or None}
        with cls.get_engine(database, catalog=table.catalog, schema=table.schema) as engine:
            df.to_sql(con=engine, **options)

    # --- errors -------------------------------------------------------------------------------

    @classmethod
    def get_dbapi_exception_mapping(cls) -> dict[type[Exception], type[Exception]]:
        """Give Superset's exception for each of the driver's; it looks the exact class up."""
        found: dict[type[Exception], type[Exception]] = {}
        for base, mapped in _MAPPED:
            pending = [base]
            while pending:
                kind = pending.pop()
                found[kind] = mapped
                pending += kind.__subclasses__()
        return found


# Base classes before the classes below them.
_MAPPED: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (streamdialect.DatabaseError, SupersetDBAPIDatabaseError),
    (streamdialect.InterfaceError, SupersetDBAPIConnectionError),
    (streamdialect.DataError, SupersetDBAPIDataError),
    (streamdialect.OperationalError, SupersetDBAPIOperationalError),
    (streamdialect.ProgrammingError, SupersetDBAPIProgrammingError),
    (streamdialect.NotSupportedError, SupersetDBAPIProgrammingError),
)
