"""Casts of what lies in a JSON document: the hot path of every streaming view.

``j -> path`` gives JSON text (``29.4``, ``"OK"``, ``true``), ``j ->> path`` the SQL value. A JSON number begins
with a digit or a minus sign, and nothing else in JSON does; so two comparisons tell that the text is a number,
and its length and the place of its point tell whether SQLite's own conversion is exact. Everything else goes
to a Python function that looks at the digits.
"""

from __future__ import annotations

from collections.abc import Callable

from streamdialect import types
from streamdialect.sql.casts import numeric_digits
from streamdialect.sql.values import JsonPath, Value
from streamdialect.types import RedshiftType

__all__ = ["cast_from_json"]

Share = Callable[[str], str]


def cast_from_json(value: Value, kind: RedshiftType, *, forgiving: bool, sized: bool) -> Value:
    """Cast the value at ``value.json``; ``forgiving`` (SUPER, TRY_CAST) gives NULL where it does not fit."""
    path = value.json
    assert path is not None
    share = value.share or _same
    is_super = value.type.name == "SUPER"
    if kind.is_text:
        return Value(_text(path, kind, share, is_super, sized), _text_type(kind, sized))
    text = share(path.take("->"))
    prefix = "streamdialect_try_json_" if forgiving else "streamdialect_json_"
    if kind.is_integer:
        sql = _integer(text, kind, prefix)
    elif kind.name == "DECIMAL":
        sql = _decimal(text, kind, prefix)
    elif kind.is_float:
        sql = (
            f"CASE WHEN {_is_number(text)} AND abs(CAST({text} AS REAL)) < 1e308 THEN CAST({text} AS REAL) "
            f"ELSE {prefix}double({text}) END"
        )
    elif kind.name == "BOOLEAN":
        sql = f"CASE {text} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {prefix}boolean({text}) END"
    else:
        sql = f"{prefix}{kind.name.lower()}({text})"
    return Value(sql, kind)


def _same(sql: str) -> str:
    return sql


def _is_number(text: str) -> str:
    return f"{text} < ':' AND {text} >= '-'"


def _text_type(kind: RedshiftType, sized: bool) -> RedshiftType:
    return kind if sized else RedshiftType(kind.name, length=types.VARCHAR_MAX)


def _text(path: JsonPath, kind: RedshiftType, share: Share, is_super: bool, sized: bool) -> str:
    plain = share(path.take("->>"))
    limit = kind.length or types.VARCHAR_MAX
    cuts = sized and limit < types.VARCHAR_MAX
    whole = plain
    if cuts:
        whole = f"CASE WHEN octet_length({plain}) <= {limit} THEN {plain} ELSE streamdialect_cut({plain}, {limit}) END"
    if is_super:
        # Objects and arrays give NULL (limitations-super). A JSON string begins with a quote.
        raw = share(path.take("->"))
        other = f"streamdialect_cut({raw}, {limit})" if cuts else raw
        return (
            f"CASE WHEN {raw} < '#' THEN {whole} "
            f"WHEN {raw} < ':' OR {raw} = 'true' OR {raw} = 'false' THEN {other} END"
        )
    # Text sorts after every number: `>= ''` is true for text alone.
    raw = path.take("->")
    other = f"streamdialect_cut({raw}, {limit})" if cuts else raw
    return f"CASE WHEN {plain} >= '' THEN {whole} WHEN {plain} IS NOT NULL THEN {other} END"


def _integer(text: str, kind: RedshiftType, prefix: str) -> str:
    digits = numeric_digits(kind)[0] - 1
    return (
        f"CASE WHEN {_is_number(text)} AND length({text}) <= {digits} AND {text} NOT GLOB '*[^0-9]*' "
        f"THEN CAST({text} AS INTEGER) ELSE {prefix}integer({text}, '{kind.name}') END"
    )


def _decimal(text: str, kind: RedshiftType, prefix: str) -> str:
    precision, scale = numeric_digits(kind)
    whole_digits = min(precision - scale, 15 - min(scale, 14))
    slow = f"{prefix}decimal({text}, {precision}, {scale})"
    branches = ""
    if whole_digits > 0:
        if scale:
            # With the point at most `scale` digits before the end, two digits leave no room for an exponent;
            # JSON demands a digit after the point and after the "e".
            exponent = "" if scale <= 2 else f" AND {text} NOT GLOB '*[eE]*'"
            branches += (
                f" WHEN {_is_number(text)} AND instr({text}, '.') >= length({text}) - {scale} "
                f"AND length({text}) <= {whole_digits + 2}{exponent} THEN CAST({text} AS REAL)"
            )
        branches += (
            f" WHEN length({text}) <= {whole_digits} AND {_is_number(text)} AND {text} NOT GLOB '*[^0-9]*' "
            f"THEN CAST({text} AS INTEGER)"
        )
    return f"CASE{branches} ELSE {slow} END" if branches else slow
