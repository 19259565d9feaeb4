"""What the modules of this package share: how a system view is made, and who stands in columns that name somebody."""

from __future__ import annotations

from streamdialect import types
from streamdialect.model import Column, Relation
from streamdialect.types import RedshiftType, char, varchar

__all__ = [
    "BIGINT",
    "BOOLEAN",
    "CHAR128",
    "DATABASE_NAME",
    "INTEGER",
    "NAME",
    "TEXT",
    "TIMESTAMP",
    "USER_ID",
    "USER_NAME",
    "numeric",
    "system_view",
]

# A file has no users and one database; these stand in the columns that name them, and are what CURRENT_USER and
# CURRENT_DATABASE() gives.
DATABASE_NAME = "main"
USER_NAME = "local"
USER_ID = 100

BIGINT, INTEGER, BOOLEAN, TIMESTAMP, TEXT = (
    types.BIGINT,
    types.INTEGER,
    types.BOOLEAN,
    types.TIMESTAMP,
    types.TEXT,
)
CHAR128 = char(128)
NAME = varchar(128)  # PostgreSQL's type of that name, as CAST to VARCHAR shows it; its oid is BIGINT


def numeric(precision: int, scale: int) -> RedshiftType:
    """Make NUMERIC(precision, scale)."""
    return RedshiftType("DECIMAL", precision=precision, scale=scale)


def system_view(name: str, columns: dict[str, RedshiftType], select: str) -> Relation:
    """Make a system view; ``select`` is SQLite SQL that yields the columns in their order."""
    # Without validation: what is written here is right, and it would take most of the time of the import.
    return Relation(
        name=name,
        kind="system",
        columns=tuple(Column(name=column, type=kind) for column, kind in columns.items()),
        source=f"({' '.join(select.split())})",
    )
