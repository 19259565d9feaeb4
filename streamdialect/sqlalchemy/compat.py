"""What differs between SQLAlchemy 1.4, 2.0 and 2.1; the only module that looks at the version."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import schema
from sqlalchemy.util import concurrency

__all__ = [
    "CASTS_JSON",
    "DDL_ELEMENT",
    "LISTS_MATERIALIZED_VIEWS",
    "READS_TABLE_OPTIONS",
    "VERSION",
    "await_",
]

VERSION = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])

# 2.0 asks for materialized views by a method of their own; in 1.4 get_view_names must have them.
LISTS_MATERIALIZED_VIEWS = VERSION >= (2, 0)

# How a greenlet of SQLAlchemy's awaits; 2.1 renamed it.
_AWAIT = "await_" if VERSION >= (2, 1) else "await_only"
await_: Any = getattr(concurrency, _AWAIT)

# What a statement of DDL that can be executed derives from; renamed in 2.0.
DDL_ELEMENT: Any = schema.ExecutableDDLElement if VERSION >= (2, 0) else schema.DDLElement

# The SQLite dialect of 1.4 does not read the options of tables.
READS_TABLE_OPTIONS = VERSION >= (2, 0)

# 2.1 writes a CAST around each typed access to a JSON value.
CASTS_JSON = VERSION >= (2, 1)
