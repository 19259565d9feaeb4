"""Redshift's types: names, SQLite storage, PEP 249 type objects, and the values Python sees.

Source: Amazon Redshift Database Developer Guide, ``c_Supported_data_types`` and the pages it links.

How a value of each type lies in the file (see docs/explanation/architecture.md for the reasons):

=====================  ======================================================================
SMALLINT INT BIGINT    INTEGER
DECIMAL(p,s)           INTEGER or REAL nearest to the decimal; digits beyond what REAL holds
                       exactly (15 significant) are refused when written
REAL, DOUBLE           REAL
BOOLEAN                INTEGER 0 or 1
CHAR, VARCHAR          TEXT
DATE                   TEXT ``YYYY-MM-DD``
TIME                   TEXT ``HH:MM:SS.ffffff``
TIMESTAMP              TEXT ``YYYY-MM-DD HH:MM:SS.ffffff`` (one fixed width, so text order is time order)
TIMESTAMPTZ            the same text, in UTC
TIMETZ                 TEXT ``HH:MM:SS.ffffff`` in UTC
INTERVAL YEAR TO MONTH INTEGER, months
INTERVAL DAY TO SECOND INTEGER, microseconds
VARBYTE                BLOB
SUPER                  TEXT, compact JSON
=====================  ======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from streamdialect.errors import DataError, NotSupportedError

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "RedshiftType",
    "TypeCode",
    "TypeObject",
    "parse_type",
    "type_of",
]

VARBYTE_MAX = 16_777_216
VARCHAR_MAX = 65_535

# Bounds of the integer types, inclusive.
INTEGER_BOUNDS = {
    "SMALLINT": (-(2**15), 2**15 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
}


class RedshiftType(Struct, frozen=True, forbid_unknown_fields=True):
    """Name a Redshift type with its parameters.

    ``name`` is canonical: SMALLINT INTEGER BIGINT DECIMAL REAL ``DOUBLE PRECISION`` BOOLEAN CHAR VARCHAR
    DATE TIME TIMETZ TIMESTAMP TIMESTAMPTZ ``INTERVAL YEAR TO MONTH`` ``INTERVAL DAY TO SECOND`` VARBYTE
    SUPER, or UNKNOWN (parameters, NULL). INTERVAL alone is one of both months and days, which no value can be.
    ``length`` is in bytes; ``precision`` and ``scale`` count decimal digits.
    """

    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        if self.name == "DECIMAL" and self.precision is not None:
            return f"DECIMAL({self.precision},{self.scale or 0})"
        if self.length is not None:
            return f"{self.name}({self.length})"
        return self.name

    @property
    def declared(self) -> str:
        """Give the type's name in SQLite DDL, spelled so that SQLite's affinity keeps values as they are.

        ``SUPER`` alone would have NUMERIC affinity and turn the JSON text ``5.0`` into the integer 5
        (SQLite manual, "Datatypes In SQLite", 3.1). TO in a type's name is a syntax error to SQLite; the names
        without it are those of Redshift's catalog.
        """
        return _DECLARED_AS.get(self.name) or str(self)

    @property
    def is_integer(self) -> bool:
        """Tell whether it is SMALLINT, INTEGER or BIGINT."""
        return self.name in INTEGER_BOUNDS

    @property
    def is_exact(self) -> bool:
        """Tell whether it is an integer type or DECIMAL."""
        return self.name == "DECIMAL" or self.is_integer

    @property
    def is_float(self) -> bool:
        """Tell whether it is REAL or DOUBLE PRECISION."""
        return self.name in ("REAL", "DOUBLE PRECISION")

    @property
    def is_numeric(self) -> bool:
        """Tell whether it is a number."""
        return self.is_exact or self.is_float

    @property
    def is_text(self) -> bool:
        """Tell whether it is CHAR or VARCHAR."""
        return self.name in ("CHAR", "VARCHAR")

    @property
    def is_temporal(self) -> bool:
        """Tell whether it is a date or time."""
        return self.name in ("DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ")

    @property
    def is_clock(self) -> bool:
        """Tell whether it is a time of day without a date."""
        return self.name in ("TIME", "TIMETZ")

    @property
    def is_interval(self) -> bool:
        """Tell whether it is an INTERVAL."""
        return self.name.startswith("INTERVAL")


UNKNOWN = RedshiftType("UNKNOWN")
SMALLINT = RedshiftType("SMALLINT")
INTEGER = RedshiftType("INTEGER")
BIGINT = RedshiftType("BIGINT")
DOUBLE = RedshiftType("DOUBLE PRECISION")
REAL = RedshiftType("REAL")
BOOLEAN = RedshiftType("BOOLEAN")
DATE = RedshiftType("DATE")
TIME = RedshiftType("TIME")
TIMETZ = RedshiftType("TIMETZ")
TIMESTAMP = RedshiftType("TIMESTAMP")
TIMESTAMPTZ = RedshiftType("TIMESTAMPTZ")
INTERVAL = RedshiftType("INTERVAL")
YEAR_TO_MONTH = RedshiftType("INTERVAL YEAR TO MONTH")
DAY_TO_SECOND = RedshiftType("INTERVAL DAY TO SECOND")
SUPER = RedshiftType("SUPER")
VARBYTE = RedshiftType("VARBYTE", length=VARBYTE_MAX)
TEXT = RedshiftType("VARCHAR", length=VARCHAR_MAX)


# NUMERIC without digits as SQLite's users mean it: Redshift's own rule, DECIMAL(18,0), holds in compat=redshift.
UNSCALED = RedshiftType("DECIMAL", precision=28, scale=10)


def varchar(length: int) -> RedshiftType:
    """Make VARCHAR(length); length in bytes."""
    return RedshiftType("VARCHAR", length=length)


def char(length: int) -> RedshiftType:
    """Make CHAR(length); length in bytes."""
    return RedshiftType("CHAR", length=length)


def decimal(precision: int, scale: int) -> RedshiftType:
    """Make DECIMAL(precision, scale)."""
    return RedshiftType("DECIMAL", precision=precision, scale=scale)


_DECLARED_AS = {"SUPER": "SUPER TEXT", YEAR_TO_MONTH.name: "INTERVALY2M", DAY_TO_SECOND.name: "INTERVALD2S"}
ALIASES = {
    "INTERVALY2M": YEAR_TO_MONTH.name,
    "INTERVALD2S": DAY_TO_SECOND.name,
    "INT2": "SMALLINT",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "INT8": "BIGINT",
    "NUMERIC": "DECIMAL",
    "FLOAT4": "REAL",
    "FLOAT": "DOUBLE PRECISION",
    "FLOAT8": "DOUBLE PRECISION",
    "DOUBLE": "DOUBLE PRECISION",
    "BOOL": "BOOLEAN",
    "CHARACTER": "CHAR",
    "NCHAR": "CHAR",
    "BPCHAR": "CHAR",
    "CHARACTER VARYING": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "CLOB": "VARCHAR",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIME WITHOUT TIME ZONE": "TIME",
    "TIME WITH TIME ZONE": "TIMETZ",
    "VARBINARY": "VARBYTE",
    "BINARY VARYING": "VARBYTE",
    "BLOB": "VARBYTE",
    "BYTEA": "VARBYTE",
    "SUPER TEXT": "SUPER",
}
_NAMES = frozenset(ALIASES.values()) | {"DATE", "INTERVAL", YEAR_TO_MONTH.name, DAY_TO_SECOND.name}
_DECLARED = re.compile(
    r"\s*([A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*)\s*(?:\(\s*(max|\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*(.*)$", re.I | re.S
)


def parse_type(text: str) -> RedshiftType:
    """Read a type's name as Redshift DDL writes it (``numeric(10, 2)``, ``character varying(8)``).

    TEXT is VARCHAR(256), BPCHAR CHAR(256), DECIMAL DECIMAL(18,0) as on Redshift. Raise NotSupportedError
    for a name that is not one of Redshift's (``r_Character_types``, ``r_Numeric_types201``).
    """
    match = _DECLARED.match(text)
    name = " ".join(match[1].upper().split()) if match else ""
    if match and match[4]:  # TIMESTAMP(6) WITH TIME ZONE: the words go on after the parentheses
        name = " ".join(f"{name} {match[4].upper()}".split())
    canonical = ALIASES.get(name, name)
    if name.startswith("INTERVAL ") and (canonical not in _NAMES or (match and match[2] not in (None, "6"))):
        raise NotSupportedError(
            f'type "{text.strip()}" is not supported',
            hint="Use INTERVAL YEAR TO MONTH or INTERVAL DAY TO SECOND.",
        )
    if match is None or canonical not in _NAMES:
        raise NotSupportedError(f'type "{text.strip()}" does not exist')
    first, second = match[2], match[3]
    if canonical == "DECIMAL":
        precision = int(first) if first else 18
        scale = int(second) if second else 0
        if not 1 <= precision <= 38 or not 0 <= scale <= min(precision, 37):
            raise DataError(f"DECIMAL precision {precision}, scale {scale} must be within 38 and 37 digits")
        return decimal(precision, scale)
    if canonical in ("CHAR", "VARCHAR"):
        default = 256 if name in ("TEXT", "BPCHAR", "VARCHAR", "CHARACTER VARYING", "NVARCHAR") else 1
        if name in ("STRING", "CLOB"):
            default = VARCHAR_MAX
        limit = VARCHAR_MAX if canonical == "VARCHAR" else 4096
        length = limit if (first or "").lower() == "max" else int(first) if first else default
        if not 1 <= length <= limit:
            raise DataError(f"length for type {canonical.lower()} must be between 1 and {limit}")
        return RedshiftType(canonical, length=length)
    if canonical == "VARBYTE":
        return RedshiftType("VARBYTE", length=int(first) if first and first.lower() != "max" else VARBYTE_MAX)
    return RedshiftType(canonical)


# --- PEP 249 --------------------------------------------------------------------------------------


class TypeCode(str):
    """Be what ``cursor.description`` holds as type code: the declared type's name, as text.

    It compares equal to PEP 249's type objects (``STRING``, ``NUMBER``, ...) and to its own text.
    """

    __slots__ = ()


class TypeObject:
    """Compare equal to every type code of a group (PEP 249, "Type Objects and Constructors")."""

    def __init__(self, label: str, *names: str) -> None:
        self._label = label
        self._names = frozenset(names)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self._names == other._names
        return isinstance(other, str) and other.partition("(")[0] in self._names

    def __hash__(self) -> int:
        return hash(self._names)

    def __repr__(self) -> str:
        return f"streamdialect.{self._label}"


STRING = TypeObject("STRING", "CHAR", "VARCHAR", "SUPER", "INTERVAL", YEAR_TO_MONTH.name)
BINARY = TypeObject("BINARY", "VARBYTE")
NUMBER = TypeObject(
    "NUMBER", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE PRECISION", "BOOLEAN"
)
DATETIME = TypeObject("DATETIME", "DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", DAY_TO_SECOND.name)
ROWID = TypeObject("ROWID", "ROWID")


def type_of(description: Sequence[Any]) -> RedshiftType:
    """Give the type that one entry of ``cursor.description`` tells; UNKNOWN if it tells none."""
    code = description[1]
    return UNKNOWN if code is None else parse_type(str(code))
