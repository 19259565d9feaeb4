"""Casts: strict as Redshift's, forgiving from SUPER, done by SQLite's own functions where they can decide.

Source: ``r_CAST_function``, ``r_Numeric_types201``, ``r_Character_types``, ``query-super``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.sql.values import Value, text_literal
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = ["as_text", "cast", "cut_sql", "midnight", "numeric_digits"]

_INTEGER_DIGITS = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}


def numeric_digits(kind: RedshiftType) -> tuple[int, int]:
    """Give precision and scale of an exact type (``r_numeric_computations201``)."""
    if kind.is_integer:
        return _INTEGER_DIGITS[kind.name], 0
    return kind.precision or 18, kind.scale or 0


def as_text(value: Value) -> str:
    """Give the SQL of a value as text, with its implicit cast."""
    return value.sql if value.type.is_text or value.type.name == "UNKNOWN" else cast(value, types.TEXT).sql


def midnight(value: Value) -> str:
    """Give the SQL of a DATE or TIMESTAMP as TIMESTAMP."""
    return cast(value, types.TIMESTAMP).sql if value.type.name != "TIMESTAMPTZ" else value.sql


def cast(value: Value, kind: RedshiftType, *, attempt: bool = False, sized: bool = True) -> Value:
    """Cast a value; ``attempt`` gives NULL on failure, ``sized`` says that a text length was written.

    Raise NotSupportedError for a pair of types that has no conversion.
    """
    source = value.type
    if value.is_null:
        return Value("NULL", kind, literal=None)
    if source.name == "UNKNOWN":
        # A parameter: its type is known when it is bound, and the functions take any.
        source = types.TEXT
    if source.is_interval or kind.is_interval:
        return _interval(value, kind, attempt, sized)
    if value.json is not None and kind.name not in ("SUPER", "VARBYTE"):
        return _from_json(value, kind, attempt or value.type.name == "SUPER", sized)
    if kind.is_text:
        return _to_text(value, source, kind, attempt, sized)
    prefix = "streamdialect_try_" if attempt else "streamdialect_"
    if kind.is_integer:
        return _to_integer(value, source, kind, prefix)
    if kind.name == "DECIMAL":
        return _to_decimal(value, source, kind, prefix)
    if kind.is_float:
        return _to_float(value, source, kind, prefix)
    if kind.name == "BOOLEAN":
        if source.name == "BOOLEAN":
            return replace(value, type=kind)
        if source.is_text:
            return Value(f"{prefix}boolean({value.sql})", kind)
        if source.is_integer:
            return Value(f"({value.sql} <> 0)", kind)
    elif kind.is_temporal:
        return _to_temporal(value, source, kind, prefix)
    elif kind.name == "SUPER":
        return _to_super(value, source)
    elif kind.name == "VARBYTE":
        return _to_varbyte(value, source, kind)
    raise _no_cast(source, kind)


def _no_cast(source: RedshiftType, kind: RedshiftType) -> NotSupportedError:
    return NotSupportedError(f"cannot cast type {source.name.lower()} to {kind.name.lower()}")


# --- text -----------------------------------------------------------------------------------------


def _cut(sql: str, kind: RedshiftType, sized: bool) -> str:
    if not sized or kind.length is None or kind.length >= types.VARCHAR_MAX:
        return sql
    return cut_sql(sql, kind.length)


def cut_sql(sql: str, length: int) -> str:
    """Write text cut to a number of bytes."""
    return f"CASE WHEN octet_length({sql}) <= {length} THEN {sql} ELSE streamdialect_cut({sql}, {length}) END"


def _to_text(value: Value, source: RedshiftType, kind: RedshiftType, attempt: bool, sized: bool) -> Value:
    if not sized and source.is_text:
        kind = RedshiftType(kind.name, length=source.length)
    if isinstance(value.literal, str):
        text = value.literal
        if sized and kind.length is not None:
            text = text.encode()[: kind.length].decode("utf-8", "ignore")
        return Value(text_literal(text), kind, literal=text)
    sql = value.sql
    if source.is_text:
        known = value.type.length
        if known is not None and kind.length is not None and known <= kind.length and value.type.is_text:
            sized = False
    elif source.is_integer:
        sql = f"CAST({sql} AS TEXT)"
    elif value.exact is not None:
        sql = f"streamdialect_decimal_text({value.exact}, {source.scale or 0})"
    elif source.name == "DECIMAL":
        # printf writes NULL as 0
        sql = f"CASE WHEN {sql} IS NOT NULL THEN printf('%.{source.scale or 0}f', {sql}) END"
    elif source.is_float:
        sql = f"streamdialect_double_text({sql})"
    elif source.name == "BOOLEAN":
        sql = f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
    elif source.name in ("TIMESTAMP", "TIME"):
        sql = f"rtrim(rtrim({sql}, '0'), '.')"
    elif source.name in ("TIMESTAMPTZ", "TIMETZ"):
        sql = f"(rtrim(rtrim({sql}, '0'), '.') || '+00')"
    elif source.name == "VARBYTE":
        sql = f"{'streamdialect_try_utf8' if attempt else 'streamdialect_utf8'}({sql})"
    elif source.name != "DATE":
        raise _no_cast(source, kind)
    if source.is_numeric and source.name != "UNKNOWN" and sized and (kind.length or 0) < 20:
        # Redshift refuses to cut a number's digits off.
        fail = f"streamdialect_fail({sql}, 'value too long for type {kind.name.lower()}({kind.length})')"
        return Value(f"CASE WHEN length({sql}) <= {kind.length} THEN {sql} ELSE {fail} END", kind)
    return Value(_cut(sql, kind, sized), kind)


# --- numbers --------------------------------------------------------------------------------------


def _to_integer(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    if source.is_integer:
        if _INTEGER_DIGITS[source.name] <= _INTEGER_DIGITS[kind.name]:
            return replace(value, type=kind)
        low, high = INTEGER_BOUNDS[kind.name]
        if isinstance(value.literal, int) and low <= value.literal <= high:
            return replace(value, type=kind)
        return Value(
            f"CASE WHEN {value.sql} BETWEEN {low} AND {high} THEN {value.sql} "
            f"ELSE {prefix}integer({value.sql}, '{kind.name}') END",
            kind,
        )
    if source.name == "BOOLEAN":
        return Value(value.sql, kind)
    if source.name == "DECIMAL":
        # By way of a DECIMAL without digits after the point: text with them is no integer.
        whole = f"{prefix}decimal({value.exact or value.sql}, 19, 0)"
        return Value(f"{prefix}integer({whole}, '{kind.name}')", kind)
    if source.is_numeric or source.is_text:
        return Value(f"{prefix}integer({value.sql}, '{kind.name}')", kind)
    raise _no_cast(source, kind)


def _to_decimal(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    precision, scale = numeric_digits(kind)
    slow = f"{prefix}decimal({value.sql}, {precision}, {scale})"
    if value.exact is not None:
        return Value(f"{prefix}decimal({value.exact}, {precision}, {scale})", kind)
    if isinstance(value.literal, (int, Decimal)) and not isinstance(value.literal, bool):
        exact = Decimal(value.literal)
        if exact == round(exact, scale) and abs(exact) < Decimal(10) ** (precision - scale):
            return replace(value, type=kind)
        return Value(slow, kind)
    if source.is_exact:
        own_precision, own_scale = numeric_digits(source)
        if own_scale <= scale and own_precision - own_scale <= precision - scale:
            return Value(value.sql, kind)
        limit = 10 ** min(precision - scale, 18)
        if own_scale <= scale:
            return Value(f"CASE WHEN abs({value.sql}) < {limit} THEN {value.sql} ELSE {slow} END", kind)
        return Value(
            f"CASE WHEN round({value.sql}, {scale}) = {value.sql} AND abs({value.sql}) < {limit} "
            f"THEN {value.sql} ELSE {slow} END",
            kind,
        )
    if source.is_float or source.is_text:
        return Value(slow, kind)
    raise _no_cast(source, kind)


def _to_float(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    if source.is_exact:
        return Value(f"CAST({value.exact or value.sql} AS REAL)", kind)
    if source.is_float:
        return replace(value, type=kind)
    if source.is_text:
        return Value(f"{prefix}double({value.sql})", kind)
    raise _no_cast(source, kind)


# --- times ----------------------------------------------------------------------------------------


def _to_temporal(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    name = kind.name
    if source.is_text:
        return _read_time(value, kind, prefix)
    sql = value.sql
    if source.name == name:
        return replace(value, type=kind)
    if source.name == "DATE" and name in ("TIMESTAMP", "TIMESTAMPTZ"):
        return Value(f"({sql} || ' 00:00:00.000000')", kind)
    if source.name in ("TIMESTAMP", "TIMESTAMPTZ"):
        if name == "DATE":
            return Value(f"substr({sql}, 1, 10)", kind)
        if kind.is_clock:
            return Value(f"substr({sql}, 12)", kind)
        return Value(sql, kind)
    if source.is_clock and kind.is_clock:
        return Value(sql, kind)
    raise _no_cast(source, kind)


def _read_time(value: Value, kind: RedshiftType, prefix: str) -> Value:
    """Cast text; a literal while compiling, so that comparisons with it can use an index."""
    from streamdialect.scalars import times

    functions = {
        "TIMESTAMP": times.to_timestamp,
        "TIMESTAMPTZ": times.to_timestamptz,
        "DATE": times.to_date,
        "TIME": times.to_time,
        "TIMETZ": times.to_timetz,
    }
    called = Value(f"{prefix}{kind.name.lower()}({value.sql})", kind)
    if not isinstance(value.literal, str):
        return called
    if value.literal.strip().lower() in times.SPECIAL:
        raise NotSupportedError(
            f"the literal '{value.literal}' is not supported here",
            hint=f"Write a cast, as in '{value.literal}'::{kind.name.lower()}, or use SYSDATE.",
        )
    try:
        written = functions[kind.name](value.literal)
        zoned = times.clock_and_zone(value.literal) if kind.name == "TIMETZ" else None
    except DataError:
        return called  # raised when the row is computed, as on Redshift
    if written is None:
        return called
    if zoned is not None:  # EXTRACT and DATE + TIMETZ see a literal's own zone (r_EXTRACT_function)
        own = zoned[0].replace(tzinfo=timezone(zoned[1] or timedelta()))
        return Value(text_literal(written), kind, literal=own)
    return Value(text_literal(written), kind)


def _interval(value: Value, kind: RedshiftType, attempt: bool, sized: bool) -> Value:
    from streamdialect.sql import intervals

    if not kind.is_interval:
        if not kind.is_text:
            raise _no_cast(value.type, kind)
        return cast(intervals.as_text(value), kind, attempt=attempt, sized=sized)
    if value.json is not None:
        attempt = attempt or value.type.name == "SUPER"
        value = replace(cast(value, types.TEXT, attempt=attempt), json=None)
    return intervals.cast_interval(value, kind, attempt=attempt)


# --- SUPER and VARBYTE ----------------------------------------------------------------------------


def _to_super(value: Value, source: RedshiftType) -> Value:
    if source.name == "SUPER":
        return value
    if value.type.name == "UNKNOWN":
        return Value(f"json_quote({value.sql})", types.SUPER)
    if source.is_text:
        return Value(f"json_quote({value.sql})", types.SUPER)
    if source.is_integer:
        return Value(f"CAST({value.sql} AS TEXT)", types.SUPER)
    if source.is_numeric:
        return Value(cast(value, types.TEXT).sql, types.SUPER)
    if source.name == "BOOLEAN":
        return Value(cast(value, types.TEXT).sql, types.SUPER)
    raise _no_cast(source, types.SUPER)


def _to_varbyte(value: Value, source: RedshiftType, kind: RedshiftType) -> Value:
    if source.name == "VARBYTE":
        return replace(value, type=kind)
    if source.is_text:
        return Value(f"CAST({value.sql} AS BLOB)", kind)
    raise _no_cast(source, kind)


def _from_json(value: Value, kind: RedshiftType, forgiving: bool, sized: bool) -> Value:
    """Cast what lies in a JSON document, deciding by JSON's own types without leaving SQLite."""
    from streamdialect.sql import json_casts

    assert value.json is not None
    return json_casts.cast_from_json(value, kind, forgiving=forgiving, sized=sized)
