"""What the modules of this package share: how a system view is made, and who stands in columns that name somebody."""

from __future__ import annotations

from streamdialect import types
from streamdialect.model import Column, Relation
from streamdialect.types import RedshiftType, char

__all__ = ["BIGINT", "CHAR128", "DATABASE_NAME", "TEXT", "TIMESTAMP", "USER_ID", "USER_NAME", "system_view"]

# A file has no users and one database; these stand in the columns that name them, and are what CURRENT_USER,
# CURRENT_USER_ID and CURRENT_DATABASE() give.
DATABASE_NAME = "dev"
USER_NAME = "streamdialect"
USER_ID = 100

BIGINT, TIMESTAMP, TEXT = types.BIGINT, types.TIMESTAMP, types.TEXT
CHAR128 = char(128)


def system_view(name: str, columns: dict[str, RedshiftType], select: str) -> Relation:
    """Make a system view; ``select`` is SQLite SQL that yields the columns in their order."""
    return Relation(
        name=name,
        kind="system",
        columns=tuple(Column(name=column, type=kind) for column, kind in columns.items()),
        source=f"({' '.join(select.split())})",
    )
