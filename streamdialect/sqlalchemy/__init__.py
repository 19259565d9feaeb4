"""The SQLAlchemy dialect ``streamdialect`` (1.4, 2.0 and 2.1): ``create_engine("streamdialect:///events.db")``."""

from __future__ import annotations

import streamdialect.sqlalchemy.functions  # noqa: F401  registers names of func
from streamdialect.sqlalchemy.constructs import (
    AlterMaterializedView,
    CreateExternalSchema,
    CreateMaterializedView,
    DropExternalSchema,
    DropMaterializedView,
    RefreshMaterializedView,
)
from streamdialect.sqlalchemy.dialect import StreamDialect, StreamDialect_apsw
from streamdialect.sqlalchemy.super_type import SUPER
from streamdialect.sqlalchemy.types import INTERVAL, TIMESTAMPTZ, TIMETZ, VARBYTE
from streamdialect.sqlalchemy.views import materialized_view

__all__ = [
    "INTERVAL",
    "SUPER",
    "TIMESTAMPTZ",
    "TIMETZ",
    "VARBYTE",
    "AlterMaterializedView",
    "CreateExternalSchema",
    "CreateMaterializedView",
    "DropExternalSchema",
    "DropMaterializedView",
    "RefreshMaterializedView",
    "StreamDialect",
    "StreamDialect_apsw",
    "materialized_view",
]
