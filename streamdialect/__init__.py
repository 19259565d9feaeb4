"""SQL over live streams: a DB-API 2.0 driver that speaks Amazon Redshift's streaming-ingestion SQL.

    import streamdialect
    connection = streamdialect.connect("events.db")

The module is PEP 249's; with SQLAlchemy use ``create_engine("streamdialect:///events.db")``.
"""

from __future__ import annotations

import time as _time
from datetime import date as Date
from datetime import datetime as Timestamp
from datetime import time as Time

from streamdialect.dbapi.connection import Connection, connect
from streamdialect.dbapi.cursor import Cursor
from streamdialect.errors import (
    DatabaseError,
    DatabaseLockedError,
    DataError,
    DependentObjectsError,
    DuplicateObjectError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    LeaseLostError,
    NotSupportedError,
    OffsetOutOfRangeError,
    OperationalError,
    ProgrammingError,
    QueryCanceledError,
    RefreshTimeoutError,
    SourceAuthError,
    SourceError,
    SQLSyntaxError,
    UndefinedObjectError,
    ViewStoppedError,
    Warning,
)
from streamdialect.types import BINARY, DATETIME, NUMBER, ROWID, STRING

__version__ = "0.1.0"

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"

Binary = bytes


def __getattr__(name: str) -> object:
    # SQLAlchemy's SQLite dialect reads these two of its driver; nothing else needs to know.
    if name in ("sqlite_version", "sqlite_version_info"):
        from streamdialect.dbapi import local

        return getattr(local, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def DateFromTicks(ticks: float) -> Date:
    """Make a date from seconds since 1970, in local time (PEP 249)."""
    return Date(*_time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> Time:
    """Make a time from seconds since 1970, in local time (PEP 249)."""
    return Time(*_time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> Timestamp:
    """Make a timestamp from seconds since 1970, in local time (PEP 249)."""
    return Timestamp(*_time.localtime(ticks)[:6])


__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "DatabaseLockedError",
    "Date",
    "DateFromTicks",
    "DependentObjectsError",
    "DuplicateObjectError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "LeaseLostError",
    "NotSupportedError",
    "OffsetOutOfRangeError",
    "OperationalError",
    "ProgrammingError",
    "QueryCanceledError",
    "RefreshTimeoutError",
    "SQLSyntaxError",
    "SourceAuthError",
    "SourceError",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "UndefinedObjectError",
    "ViewStoppedError",
    "Warning",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
