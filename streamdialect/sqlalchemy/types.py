"""SQLAlchemy types for what Redshift has and SQLite does not, and plain ones for what our driver converts.

The driver returns ``datetime``, ``Decimal`` and ``bool`` itself, so the types that the SQLite dialect would
parse from text pass values through here.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import cast
from sqlalchemy import types as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql.sqltypes import _AbstractInterval
from sqlalchemy.sql.type_api import NativeForEmulated
from sqlalchemy.types import NullType

from streamdialect.sqlalchemy.super_type import SUPER
from streamdialect.types import RedshiftType

__all__ = [
    "COLSPECS",
    "INTERVAL",
    "ISCHEMA_NAMES",
    "SUPER",
    "TIMESTAMPTZ",
    "TIMETZ",
    "VARBYTE",
    "from_redshift",
]


class VARBYTE(sa.LargeBinary):
    """Be Redshift's VARBYTE; values are bytes (``r_VARBYTE_type``)."""

    __visit_name__ = "VARBYTE"


class TIMESTAMPTZ(sa.TIMESTAMP):
    """Be Redshift's TIMESTAMPTZ; values are aware datetimes in UTC (``r_Datetime_types``)."""

    __visit_name__ = "TIMESTAMPTZ"

    def __init__(self) -> None:
        super().__init__(timezone=True)


class TIMETZ(sa.TIME):
    """Be Redshift's TIMETZ; values are aware times in UTC (``r_Datetime_types``)."""

    __visit_name__ = "TIMETZ"

    def __init__(self) -> None:
        super().__init__(timezone=True)


class INTERVAL(NativeForEmulated, _AbstractInterval):
    """Be one of Redshift's INTERVAL types; values are as the driver has them (``r_interval_data_types``).

    It is what ``sqlalchemy.Interval`` is here, with ``timedelta`` for its values.
    """

    __visit_name__ = "INTERVAL"
    native = True

    def __init__(self, fields: str = "DAY TO SECOND") -> None:
        self.fields = fields

    @classmethod
    def adapt_emulated_to_native(cls, interval: Any, **_: Any) -> INTERVAL:  # type: ignore[override]
        """Be used for SQLAlchemy's own type."""
        return cls()

    @property
    def _type_affinity(self) -> Any:
        return sa.Interval

    def literal_processor(self, dialect: Any) -> Any:
        """Write a literal."""

        def process(value: Any) -> str:
            text = str(value).replace("'", "''")
            if isinstance(value, timedelta):
                text = f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
            return f"INTERVAL '{text}' {self.fields}"

        return process


class _YearToMonth(INTERVAL):
    def __init__(self) -> None:
        super().__init__("YEAR TO MONTH")


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
    def bind_expression(self, bindvalue: Any) -> Any:
        # A parameter that is an aware time has no type by itself.
        return cast(bindvalue, TIMETZ()) if self.timezone else bindvalue

    def literal_processor(self, dialect: Any) -> Any:
        return lambda value: f"{'TIMETZ' if value.tzinfo else 'TIME'} '{value.isoformat()}'"


class _Numeric(sa.Numeric):  # type: ignore[type-arg]
    """Pass the driver's Decimal; make one of what SQLite computed as a float, as of a number in JSON."""

    def bind_processor(self, dialect: Any) -> None:
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        if not self.asdecimal:
            return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]
        places = self._effective_decimal_return_scale

        def process(value: Any) -> Any:
            if value is None or isinstance(value, Decimal):
                return value
            return Decimal(f"{value:.{places}f}" if isinstance(value, float) else value)

        return process


COLSPECS: Any = {
    **SQLiteDialect.colspecs,
    sa.DateTime: _DateTime,
    sa.Date: _Date,
    sa.Time: _Time,
    sa.Numeric: _Numeric,
    sa.Float: sa.Float,
    sa.Interval: INTERVAL,
}

ISCHEMA_NAMES: dict[str, Any] = {
    **SQLiteDialect.ischema_names,
    "INT2": sa.SMALLINT,
    "INT4": sa.INTEGER,
    "INT8": sa.BIGINT,
    "FLOAT4": sa.REAL,
    "FLOAT8": sa.FLOAT,
    "DOUBLE PRECISION": sa.FLOAT,
    "BOOL": sa.BOOLEAN,
    "CHARACTER": sa.CHAR,
    "NCHAR": sa.NCHAR,
    "BPCHAR": sa.CHAR,
    "CHARACTER VARYING": sa.VARCHAR,
    "TIMESTAMP WITHOUT TIME ZONE": sa.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": TIMESTAMPTZ,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "TIME WITHOUT TIME ZONE": sa.TIME,
    "TIME WITH TIME ZONE": TIMETZ,
    "TIMETZ": TIMETZ,
    "INTERVALD2S": INTERVAL,
    "INTERVALY2M": _YearToMonth,
    "SUPER": SUPER,
    "SUPER TEXT": SUPER,
    "VARBYTE": VARBYTE,
    "VARBINARY": VARBYTE,
    "BINARY VARYING": VARBYTE,
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
    "TIMETZ": TIMETZ,
    "INTERVAL DAY TO SECOND": INTERVAL,
    "INTERVAL YEAR TO MONTH": _YearToMonth,
    "TIMESTAMP": sa.TIMESTAMP,
    "TIMESTAMPTZ": TIMESTAMPTZ,
    "SUPER": SUPER,
}


def from_redshift(kind: RedshiftType) -> Any:
    """Give the SQLAlchemy type for a Redshift type; NullType if it is unknown."""
    if kind.name == "DECIMAL":
        return sa.NUMERIC(kind.precision, kind.scale)
    if kind.name == "VARCHAR":
        return sa.VARCHAR(kind.length)
    if kind.name == "VARBYTE":
        return VARBYTE(kind.length)
    if kind.name == "CHAR":
        return sa.CHAR(kind.length)
    simple = _SIMPLE.get(kind.name)
    return NullType() if simple is None else simple()
