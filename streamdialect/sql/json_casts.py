"""Casts of what lies in a JSON document: the hot path of every streaming view.

``j ->> path`` gives SQLite's value: TEXT for strings (and for objects and arrays), a number for numbers,
1 and 0 for true and false. Text sorts after every number, so one comparison tells them apart. A number's REAL
is the nearest one to the digits in the document, which is enough to decide most casts; where it is not (excess
digits, 0 and 1 that may be truth values, strings) a Python function looks at the JSON text, ``j -> path``.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.casts import cut_sql, numeric_digits
from streamdialect.sql.values import JsonPath, Value
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = ["cast_from_json"]

_SAFE_DIGITS = 15


def cast_from_json(value: Value, kind: RedshiftType, *, forgiving: bool, sized: bool) -> Value:
    """Cast the value at ``value.json``; ``forgiving`` (SUPER, TRY_CAST) gives NULL where it does not fit."""
    path = value.json
    assert path is not None
    share = value.share or JsonPath.take
    is_super = value.type.name == "SUPER"
    plain = share(path, "->>")
    raw = path.take("->")
    prefix = f"streamdialect_{'try_' if forgiving else ''}{'super' if is_super else 'json'}_"
    if kind.is_text:
        sized = sized and (kind.length or types.VARCHAR_MAX) < types.VARCHAR_MAX
        if is_super:
            return Value(_super_text(plain, raw, kind, sized, prefix), _text_type(kind, sized))
        return Value(_text(plain, raw, kind, sized), _text_type(kind, sized))
    if kind.is_integer:
        return Value(_integer(plain, raw, kind, prefix, is_super), kind)
    if kind.name == "DECIMAL":
        return Value(_decimal(plain, raw, kind, prefix), kind)
    if kind.is_float:
        number = f"{plain} < 1e308 AND {plain} > -1e308 AND {plain} <> 1 AND {plain} <> 0"
        return Value(
            _decided(plain, f"WHEN {number} THEN CAST({plain} AS REAL)", f"{prefix}double({raw})"), kind
        )
    if kind.name == "BOOLEAN":
        slow = f"{prefix}boolean({raw})"
        return Value(f"CASE {raw} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE {slow} END", kind)
    return Value(_decided(plain, _stored_time(plain, kind), f"{prefix}{kind.name.lower()}({raw})"), kind)


def _decided(plain: str, branches: str, slow: str) -> str:
    return f"CASE {branches} WHEN {plain} IS NULL THEN NULL ELSE {slow} END"


def _text_type(kind: RedshiftType, sized: bool) -> RedshiftType:
    return kind if sized else RedshiftType(kind.name, length=kind.length or types.VARCHAR_MAX)


def _text(plain: str, raw: str, kind: RedshiftType, sized: bool) -> str:
    whole, other, longest = plain, raw, 18
    if sized:
        longest = min(kind.length or 1, longest)
        whole, other = cut_sql(plain, kind.length or 1), cut_sql(raw, kind.length or 1)
    # An INTEGER of SQLite's is written as the document has it, but for 0 and 1, which may be false and true.
    number = f"typeof({plain}) = 'integer' AND {plain} BETWEEN 2 AND {10**longest - 1}"
    return (
        f"CASE WHEN {plain} >= '' THEN {whole} WHEN {number} THEN CAST({plain} AS TEXT)"
        f" WHEN {plain} IS NOT NULL THEN {other} END"
    )


def _super_text(plain: str, raw: str, kind: RedshiftType, sized: bool, prefix: str) -> str:
    """Cast to text; objects and arrays give NULL (limitations-super), or the function raises."""
    slow = f"{prefix}text({raw})"
    whole, other, rest = (cut_sql(sql, kind.length or 1) if sized else sql for sql in (plain, raw, slow))
    # The JSON text of a string begins with a quote. A floating-point number has an exponent there.
    exact = f"(typeof({plain}) = 'integer' OR instr({raw}, '.') AND NOT instr(lower({raw}), 'e'))"
    return (
        f"CASE WHEN {plain} < '' AND {exact} THEN {other} WHEN {plain} >= '' AND ({plain} < '[' OR {raw} < '#')"
        f" THEN {whole} WHEN {plain} IS NOT NULL THEN {rest} END"
    )


def _integer(plain: str, raw: str, kind: RedshiftType, prefix: str, is_super: bool) -> str:
    low, high = INTEGER_BOUNDS[kind.name]
    number = f"typeof({plain}) = 'integer' AND {plain} BETWEEN {low} AND {high}"
    if not is_super:
        # 0 and 1 may be false and true, whose texts are no integers; as BOOLEAN they can be cast.
        number += f" AND ({plain} NOT BETWEEN 0 AND 1 OR {raw} < 'a')"
    return _decided(plain, f"WHEN {number} THEN {plain}", f"{prefix}integer({raw}, '{kind.name}')")


def _decimal(plain: str, raw: str, kind: RedshiftType, prefix: str) -> str:
    precision, scale = numeric_digits(kind)
    slow = f"{prefix}decimal({raw}, {precision}, {scale})"
    digits = min(precision, _SAFE_DIGITS) - scale
    if digits < 1:
        return _decided(plain, "", slow)
    limit = 10**digits
    # If the REAL times 10**scale is a whole number, that number is the decimal's digits: a document with
    # more digits is within half a unit of the REAL's last place, far from where rounding changes.
    scaled = f"{plain} * {10**scale}" if scale else plain
    number = f"{plain} < {limit} AND {plain} > -{limit} AND {plain} <> 1 AND {plain} <> 0"
    stored = f"CAST({scaled} AS INTEGER)" + (f" / {10**scale}.0" if scale else "")
    branches = f"WHEN {number} AND {scaled} = CAST({scaled} AS INTEGER) THEN {stored}"
    if scale:
        # 0.29 * 100 is 28.999999999999996: the product's own rounding hides some.
        branches += f" WHEN {number} AND round({plain}, {scale}) = {plain} THEN {plain}"
    return _decided(plain, branches, slow)


def _stored_time(plain: str, kind: RedshiftType) -> str:
    """Accept the usual forms of a time without leaving SQLite: by shape, and by what its calendar says."""
    if kind.name not in ("TIMESTAMP", "DATE"):
        return ""
    day = f"substr({plain}, 1, 10)"
    if kind.name == "DATE":
        return f"WHEN length({plain}) = 10 AND date({plain}, '+0 days') = {plain} THEN {plain}"
    clock = f"substr({plain}, 12, 8)"
    # SQLite reads 30 February as 2 March, and only what it gives back unchanged is taken.
    valid = f"datetime(substr({plain}, 1, 19), '+0 days') = {day} || ' ' || {clock}"
    digits = "[0-9]" * 6
    return (
        f"WHEN length({plain}) = 26 AND substr({plain}, 20) GLOB '.{digits}' AND {valid} "
        f"THEN {day} || ' ' || substr({plain}, 12) "
        f"WHEN length({plain}) = 19 AND {valid} THEN {day} || ' ' || {clock} || '.000000'"
    )
