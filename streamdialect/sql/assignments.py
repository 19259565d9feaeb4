"""What becomes of a value that goes into a column: Redshift's implicit conversions, with its checks.

Source: ``r_Examples_with_numeric_types201``, ``r_Examples_with_character_types``, ``c_Supported_data_types``.
A bound parameter is of no type, so its conversion is decided when it runs: by SQLite's own functions for a value
that is stored as it is, else by a function of ours.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.model import StoredColumn
from streamdialect.scalars.assignments import store_text
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.nodes import Node
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import Value, checked, text_literal
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = ["assigned", "column_type"]

_DIGIT = "[0-9]"
_DAY = f"{_DIGIT * 4}-{_DIGIT * 2}-{_DIGIT * 2}"
_CLOCK = f"{_DIGIT * 2}:{_DIGIT * 2}:{_DIGIT * 2}.{_DIGIT * 6}"
_LONG_NAMES = {"CHAR": "character", "VARCHAR": "character varying"}


def column_type(column: StoredColumn, settings: Settings) -> RedshiftType | None:
    """Give the type that values of a column must have, or None for one that takes them as they are.

    Those are the types that Redshift does not have (JSON), and columns without a type. TEXT and VARCHAR
    without a length hold any text but in compat=redshift, where they are VARCHAR(256).
    """
    try:
        kind = types.parse_type(column.declared)
    except (NotSupportedError, DataError):
        return None
    bare = "(" not in column.declared
    if bare and not settings.compat:
        if kind.name == "VARCHAR":
            return RedshiftType("VARCHAR")
        if kind.name == "DECIMAL":
            return types.UNSCALED
    return kind


def assigned(
    compiler: Compiler, value: Value, column: StoredColumn, node: Node, *, literal: bool = False
) -> str:
    """Give the SQL of a value as it goes into a column.

    ``literal`` says that it is a text literal which a query hands on: those convert to any type. Raise
    ProgrammingError for a value whose type does not convert by itself.
    """
    value = checked(value)
    kind = column_type(column, compiler.settings)
    if value.is_null:
        return "NULL"
    if value.type.name == "UNKNOWN" or value.is_parameter:
        return value.sql if kind is None else _bound(value.sql, kind)
    if kind is None:
        return value.sql
    written = isinstance(value.literal, str) or literal
    if not _converts(value.type, kind, written):
        raise compiler.wrong(
            f'column "{column.name}" is of type {_named(kind)} but expression is of type {_named(value.type)}',
            node,
            hint="Write an explicit cast: CAST(expression AS type).",
        )
    try:
        return _converted(value, kind)
    except NotSupportedError as error:
        raise compiler.wrong(str(error), node) from None


def _named(kind: RedshiftType) -> str:
    return _LONG_NAMES.get(kind.name, kind.name.lower())


def _converts(source: RedshiftType, kind: RedshiftType, literal: bool) -> bool:
    """Tell whether values of a type go into a column of another without an explicit cast."""
    if source.name == kind.name or "SUPER" in (source.name, kind.name) or literal:
        return True
    if source.is_text:
        return kind.is_text
    if kind.is_text:
        return source.name != "VARBYTE"
    if source.is_numeric and kind.is_numeric:
        return True
    if source.is_interval and kind.is_interval:
        return True
    if source.is_temporal and kind.is_temporal:
        if kind.name in ("TIME", "TIMETZ"):
            return source.name != "DATE"
        return source.name not in ("TIME", "TIMETZ")
    # SQLAlchemy's SQLite compiler writes truth values as 1 and 0.
    return source.is_integer and kind.name == "BOOLEAN"


def _converted(value: Value, kind: RedshiftType) -> str:
    if kind.is_text:
        return _text(value, kind)
    if kind.name == "DECIMAL" and value.type.name not in ("SUPER", "BOOLEAN"):
        return _decimal(value, kind)
    if kind.name == "VARBYTE":
        return _bytes(cast(value, kind).sql, kind)
    sql = cast(value, kind).sql
    if kind.name == "SUPER" and value.type.name != "SUPER":
        return f"CASE WHEN {value.sql} IS NOT NULL THEN {sql} END"  # NULL is no JSON null
    return sql


def _text(value: Value, kind: RedshiftType) -> str:
    sql = value.sql if value.type.is_text else cast(value, types.TEXT).sql
    length = kind.length
    if length is None:
        return sql
    name = _LONG_NAMES[kind.name]
    if isinstance(value.literal, str):
        try:
            return text_literal(store_text(value.literal, length, name) or "")
        except DataError:
            pass  # raised when the row is computed, as on Redshift
    known = value.type.length
    if value.type.is_text and known is not None and known <= length and not isinstance(value.literal, str):
        return sql
    slow = f"streamdialect_store_text({sql}, {length}, '{name}')"
    return f"CASE WHEN octet_length({sql}) <= {length} THEN {sql} ELSE {slow} END"


def _decimal(value: Value, kind: RedshiftType) -> str:
    precision, scale = numeric_digits(kind)
    sql = value.exact or value.sql
    if value.type.is_exact and value.exact is None:
        own_precision, own_scale = numeric_digits(value.type)
        if own_scale <= scale and own_precision - own_scale <= precision - scale:
            return sql
    if isinstance(value.literal, str) or value.exact is not None:
        return f"streamdialect_store_decimal({sql}, {precision}, {scale})"
    return _bound(sql, kind)


def _bytes(sql: str, kind: RedshiftType) -> str:
    length = kind.length or types.VARBYTE_MAX
    return (
        f"CASE WHEN length({sql}) <= {length} THEN {sql} ELSE streamdialect_store_bytes({sql}, {length}) END"
    )


# --- values whose type is known when they are bound -----------------------------------------------


def _bound(sql: str, kind: RedshiftType) -> str:
    if kind.name == "SUPER":
        return f"CASE WHEN {sql} IS NOT NULL THEN json_quote({sql}) END"
    if kind.is_interval:
        return cast(Value(sql, types.UNKNOWN), kind).sql
    if kind.is_text and kind.length is None:
        return sql
    fast, slow = _ways(sql, kind)
    kept = f"CAST({sql} AS REAL)" if kind.is_float else sql
    return f"CASE WHEN {fast} THEN {kept} WHEN {sql} IS NOT NULL THEN {slow} END"


def _ways(sql: str, kind: RedshiftType) -> tuple[str, str]:
    """Give the condition under which a value is stored as it is, and the SQL of all others."""
    name = kind.name
    if kind.is_integer:
        low, high = INTEGER_BOUNDS[name]
        within = "" if name == "BIGINT" else f" AND {sql} BETWEEN {low} AND {high}"
        return f"typeof({sql}) = 'integer'{within}", f"streamdialect_integer({sql}, '{name}')"
    if name == "DECIMAL":
        precision, scale = numeric_digits(kind)
        limit = 10 ** min(precision - scale, 18)
        within = f"{sql} < {limit} AND {sql} > -{limit}"
        return (
            f"typeof({sql}) IN ('integer', 'real') AND {within}"
            f" AND (typeof({sql}) = 'integer' OR round({sql}, {scale}) = {sql})",
            f"streamdialect_store_decimal({sql}, {precision}, {scale})",
        )
    if kind.is_float:
        return f"typeof({sql}) IN ('real', 'integer')", f"streamdialect_double({sql})"
    if name == "BOOLEAN":
        return f"typeof({sql}) = 'integer' AND {sql} IN (0, 1)", f"streamdialect_boolean({sql})"
    if kind.is_text:
        slow = f"streamdialect_store_text({sql}, {kind.length}, '{_LONG_NAMES[name]}')"
        return f"octet_length({sql}) <= {kind.length} AND typeof({sql}) <> 'blob'", slow
    if name == "VARBYTE":
        length = kind.length or types.VARBYTE_MAX
        fast = f"typeof({sql}) = 'blob' AND length({sql}) <= {length}"
        return fast, f"streamdialect_store_bytes({sql}, {length})"
    return _time(sql, name), f"streamdialect_{name.lower()}({sql})"


def _time(sql: str, name: str) -> str:
    """Tell a time in stored form, by its shape and by what SQLite's calendar gives back unchanged."""
    if name == "DATE":
        return f"{sql} GLOB '{_DAY}' AND date({sql}, '+0 days') = {sql}"
    if name in ("TIME", "TIMETZ"):
        return f"{sql} GLOB '{_CLOCK}' AND time({sql}) = substr({sql}, 1, 8)"
    return f"{sql} GLOB '{_DAY} {_CLOCK}' AND datetime({sql}, '+0 days') = substr({sql}, 1, 19)"
