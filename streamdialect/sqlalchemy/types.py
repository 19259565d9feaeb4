"""SQLAlchemy types for what Redshift has and SQLite does not, and plain ones for what our driver converts.

The driver returns ``datetime``, ``Decimal`` and ``bool`` itself, so the types that the SQLite dialect would
parse from text pass values through here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import types as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.types import NullType

from streamdialect.sqlalchemy.super_type import SUPER
from streamdialect.types import RedshiftType

__all__ = ["COLSPECS", "ISCHEMA_NAMES", "SUPER", "TIMESTAMPTZ", "VARBYTE", "from_redshift"]


class VARBYTE(sa.LargeBinary):
    """Be Redshift's VARBYTE; values are bytes (``r_VARBYTE_type``)."""

    __visit_name__ = "BLOB"


class TIMESTAMPTZ(sa.TIMESTAMP):
    """Be Redshift's TIMESTAMPTZ; values are aware datetimes in UTC (``r_Datetime_types``)."""

    def __init__(self) -> None:
        super().__init__(timezone=True)


class _Passed:
    """Bind and return values as the driver has them."""

    def bind_processor(self, dialect: Any) -> None:
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        return None


class _DateTime(_Passed, sa.DateTime):
    def literal_processor(self, dialect: Any) -> Any:
        return lambda value: f"{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'} '{value.isoformat(' ')}'"


class _Date(_Passed, sa.Date):
    def literal_processor(self, dialect: Any) -> Any:
        return lambda value: f"DATE '{value.isoformat()}'"


class _Time(_Passed, sa.Time):
    def literal_processor(self, dialect: Any) -> Any:
        return lambda value: f"TIME '{value.isoformat()}'"


COLSPECS: Any = {**SQLiteDialect.colspecs, sa.DateTime: _DateTime, sa.Date: _Date, sa.Time: _Time}

ISCHEMA_NAMES: dict[str, Any] = {
    **SQLiteDialect.ischema_names,
    "SUPER": SUPER,
    "SUPER TEXT": SUPER,
    "VARBYTE": VARBYTE,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "TIMETZ": sa.Time,
    "DOUBLE PRECISION": sa.Float,
}

_SIMPLE: dict[str, Any] = {
    "SMALLINT": sa.SMALLINT,
    "INTEGER": sa.INTEGER,
    "BIGINT": sa.BIGINT,
    "REAL": sa.REAL,
    "DOUBLE PRECISION": sa.FLOAT,
    "BOOLEAN": sa.BOOLEAN,
    "DATE": sa.DATE,
    "TIME": sa.TIME,
    "TIMETZ": sa.TIME,
    "TIMESTAMP": sa.TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "VARBYTE": VARBYTE,
    "SUPER": SUPER,
}


def from_redshift(kind: RedshiftType) -> Any:
    """Give the SQLAlchemy type for a Redshift type; NullType if it is unknown."""
    if kind.name == "DECIMAL":
        return sa.NUMERIC(kind.precision, kind.scale)
    if kind.name == "VARCHAR":
        return sa.VARCHAR(kind.length)
    if kind.name == "CHAR":
        return sa.CHAR(kind.length)
    simple = _SIMPLE.get(kind.name)
    return NullType() if simple is None else simple()
