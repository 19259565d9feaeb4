"""What an expression compiles to: SQLite SQL with a Redshift type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from streamdialect import types
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = [
    "NOT_LITERAL",
    "NO_INTERVAL",
    "JsonPath",
    "Value",
    "boolean",
    "checked",
    "is_column",
    "null",
    "text_literal",
]

NOT_LITERAL: Final[Any] = object()
# Stands where an INTERVAL would be a value of its own; no translation may keep it.
NO_INTERVAL = "streamdialect_interval_value()"


class JsonPath(Struct, frozen=True):
    """Say where in a JSON document a value lies; ``document`` is SQL, ``path`` a quoted SQLite path.

    ``guard`` is a condition under which the document is strict JSON, ``complaint`` the SQL that raises
    otherwise; both are None where the document is known to be JSON (a SUPER value). ``strict`` makes casts
    raise that give NULL otherwise (``cast_super_null_on_error``). ``unparsed`` says that the document is text as
    it came, with whatever escapes.
    """

    document: str
    path: str
    guard: str | None = None
    complaint: str | None = None
    strict: bool = False
    unparsed: bool = False

    def take(self, operator: str) -> str:
        """Write ``document -> path`` or ``document ->> path``, guarded."""
        taken = f"({self.document} {operator} {self.path})"
        return (
            taken if self.guard is None else f"CASE WHEN {self.guard} THEN {taken} ELSE {self.complaint} END"
        )


class Value(Struct, frozen=True):
    """Be a compiled expression.

    ``sql`` needs no parentheses around it. ``literal`` is the Python value of a constant. ``json`` tells
    where the value was taken from, so that a cast can look at JSON's own types. ``unchecked`` means that
    arithmetic may have left the range of the type: ``checked`` makes it a value again. ``bounds`` is the range
    of an integer where it is known to be other than the type's. ``interval`` holds the SQL of (months, seconds,
    microseconds). ``exact`` is the SQL of a DECIMAL that gives text where REAL would not hold all digits.
    ``nonzero`` says that it cannot be zero. ``share`` may have a part of it computed once per row.
    ``folded`` text is compared without regard to case. ``is_text`` marks SUPER that a function of SQLite's made,
    which is text to SQLite: cast to text it stays as it is.
    """

    sql: str
    type: RedshiftType
    literal: Any = NOT_LITERAL
    json: JsonPath | None = None
    unchecked: bool = False
    bounds: tuple[int, int] | None = None
    interval: tuple[str, str, str] | None = None
    exact: str | None = None
    nonzero: bool = False
    share: Callable[[JsonPath, str], str] | None = None
    folded: bool = False
    is_text: bool = False

    @property
    def is_literal(self) -> bool:
        """Tell whether the value is a constant that is known now."""
        return self.literal is not NOT_LITERAL

    @property
    def is_parameter(self) -> bool:
        """Tell whether the value is a bare parameter."""
        return self.sql[:1] in ("?", ":")

    @property
    def is_null(self) -> bool:
        """Tell whether the value is the bare NULL."""
        return self.literal is None


def text_literal(text: str) -> str:
    """Write a text as an SQLite literal; NUL characters cannot be written in one."""
    if "\0" in text:
        return "CAST(x'" + text.encode().hex() + "' AS TEXT)"
    return "'" + text.replace("'", "''") + "'"


_COLUMN = re.compile(r'(?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*"\Z')


def is_column(sql: str) -> bool:
    """Tell whether SQL is the bare name of a column, which an index may serve."""
    return _COLUMN.match(sql) is not None


def boolean(sql: str) -> Value:
    """Make a BOOLEAN value."""
    return Value(sql, types.BOOLEAN)


def null() -> Value:
    """Make the bare NULL."""
    return Value("NULL", types.UNKNOWN, literal=None)


def checked(value: Value) -> Value:
    """Make sure that arithmetic stayed in the range of its type; raise DataError where it did not."""
    if not value.unchecked:
        return value
    sql, name = value.sql, value.type.name
    if value.type.is_float:
        fail = f"streamdialect_fail({sql}, 'value out of range: overflow')"
        # Evaluated a second time only where it is infinite or NULL.
        rest = f"CASE WHEN {sql} IS NOT NULL THEN {fail} END"
        return Value(f"coalesce(nullif(nullif({sql}, 9e999), -9e999), {rest})", value.type)
    narrow = name in ("SMALLINT", "INTEGER")
    fail = f"streamdialect_fail({sql}, '{name.lower() if narrow else 'bigint'} out of range')"
    if not narrow:  # 64-bit overflow turned it, or the units of an interval, into a REAL
        return Value(f"CASE typeof({sql}) WHEN 'real' THEN {fail} ELSE {sql} END", value.type)
    low, high = INTEGER_BOUNDS[name]
    least, most = value.bounds or (low - 1, high + 1)
    outside = f"{sql} NOT BETWEEN {low} AND {high}"
    if least >= low:
        outside = f"{sql} > {high}"
    elif most <= high:
        outside = f"{sql} < {low}"
    return Value(f"CASE WHEN {outside} THEN {fail} ELSE {sql} END", value.type)
