"""Type rules that several values share: comparison, unification (CASE, COALESCE, UNION), truth."""

from __future__ import annotations

from collections.abc import Sequence

from streamdialect import types
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.date_parts import special_time
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, checked, text_literal
from streamdialect.types import RedshiftType

__all__ = ["comparable", "compare", "condition", "convert", "unified_type", "unify"]


def condition(compiler: Compiler, node: Node, clause: str) -> str:
    """Compile a condition; give its SQL."""
    value = compiler.value(node)
    if value.type.name == "SUPER":
        value = cast(value, types.BOOLEAN)
    if value.type.name in ("BOOLEAN", "UNKNOWN"):
        return value.sql
    if value.type.is_integer and value.literal in (0, 1):  # "WHERE 1": how generated SQL spells TRUE
        return value.sql
    if isinstance(value.literal, str):
        return cast(value, types.BOOLEAN).sql
    raise compiler.wrong(
        f"argument of {clause} must be type boolean, not type {str(value.type).lower()}", node
    )


# --- comparison -----------------------------------------------------------------------------------


def comparable(compiler: Compiler, left: Value, right: Value, node: Node, operator: str) -> tuple[str, str]:
    """Bring two values to a common type for a comparison; give their SQL."""
    left, right = checked(left), checked(right)
    a, b = left.type, right.type
    if left.is_null or right.is_null:
        return left.sql, right.sql
    if "UNKNOWN" in (a.name, b.name):
        return _with_parameter(left, b), _with_parameter(right, a)
    if isinstance(right.literal, str) and not a.is_text and a.name not in ("SUPER", "VARBYTE"):
        return left.sql, _literal(compiler, right, a)
    if isinstance(left.literal, str) and not b.is_text and b.name not in ("SUPER", "VARBYTE"):
        return _literal(compiler, left, b), right.sql
    if a.is_text and b.is_text:
        return _blank_trimmed(left), _blank_trimmed(right)
    if (a.is_numeric and b.is_numeric) or a.name == b.name:
        return left.sql, right.sql
    if a.is_temporal and b.is_temporal and not (a.is_clock or b.is_clock):
        wide = types.TIMESTAMP
        return (cast(left, wide).sql if a.name == "DATE" else left.sql), (
            cast(right, wide).sql if b.name == "DATE" else right.sql
        )
    if {a.name, b.name} <= {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT"}:
        return left.sql, right.sql  # generated SQL compares truth values with 1 and 0
    if a.name == "SUPER":
        return _dynamic(left, b), right.sql
    if b.name == "SUPER":
        return left.sql, _dynamic(right, a)
    raise compiler.wrong(
        f"operator does not exist: {str(a).lower()} {operator} {str(b).lower()}",
        node,
        hint="Write an explicit cast: CAST(expression AS type).",
    )


def _literal(compiler: Compiler, value: Value, kind: RedshiftType) -> str:
    """Give a text literal as the other side's type; 'today' and its like are what they are now."""
    special = special_time(compiler, value.literal, kind.name) if kind.is_temporal else None
    return (special or cast(value, kind)).sql


def _blank_trimmed(value: Value) -> str:
    """Give text for a comparison; blanks at the end of a literal do not count (``r_Character_types``)."""
    if isinstance(value.literal, str) and value.literal.endswith(" "):
        return text_literal(value.literal.rstrip(" "))
    return value.sql


def _with_parameter(value: Value, other: RedshiftType) -> str:
    """Give a value that meets one of unknown type: the parameter takes the other's type."""
    if value.type.name == "SUPER":
        return (value.json or JsonPath(value.sql, "'$'")).take("->>")
    if value.type.name != "UNKNOWN" or not value.sql.startswith(("?", ":")):
        return value.sql
    if other.name in ("TIMESTAMP", "TIMESTAMPTZ"):
        # Most come as datetime objects, which are in stored form already.
        return f"CASE length({value.sql}) WHEN 26 THEN {value.sql} ELSE {cast(value, other).sql} END"
    if other.name == "DATE":
        return f"CASE length({value.sql}) WHEN 10 THEN {value.sql} ELSE {cast(value, other).sql} END"
    return value.sql


def _dynamic(value: Value, other: RedshiftType) -> str:
    """Give a SUPER value as the other side's type, NULL where its own type differs (``query-super``)."""
    path = value.json or JsonPath(value.sql, "'$'")
    raw = path.take("->")
    if other.is_numeric:
        return f"CASE WHEN {raw} < ':' AND {raw} >= '-' THEN {path.take('->>')} END"
    if other.is_text:
        return f"CASE WHEN {raw} < '#' THEN {path.take('->>')} END"
    return cast(value, other).sql


def compare(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile a comparison; ``operator`` is SQLite's."""
    super_sides = [value for value in (left, right) if value.type.name == "SUPER"]
    if len(super_sides) == 2:
        order = f"streamdialect_json_compare({left.sql}, {right.sql})"
        if operator in ("=", "<>"):
            return boolean(f"({order} {operator} 0)")
        return boolean(f"(nullif({order}, 2) {operator} 0)")
    a, b = comparable(compiler, left, right, node, operator)
    sql = f"({a} {operator} {b})"
    if super_sides and operator in ("=", "<>") and "UNKNOWN" not in (left.type.name, right.type.name):
        # Values of different types are unequal, not unknown.
        present = f"{left.sql} IS NOT NULL AND {right.sql} IS NOT NULL"
        sql = f"coalesce({sql}, CASE WHEN {present} THEN {int(operator == '<>')} END)"
    return boolean(sql)


# --- unification ----------------------------------------------------------------------------------


def unified_type(compiler: Compiler, kinds: Sequence[RedshiftType], node: Node, what: str) -> RedshiftType:
    """Find the type that several values share (``r_numeric_computations201``, "UNION/COALESCE/DECODE")."""
    known = [kind for kind in kinds if kind.name != "UNKNOWN"]
    if not known:
        return types.UNKNOWN
    result = known[0]
    for kind in known[1:]:
        joined = _join(result, kind)
        if joined is None:
            raise compiler.wrong(
                f"{what} types {str(result).lower()} and {str(kind).lower()} cannot be matched", node
            )
        result = joined
    return result


def _join(a: RedshiftType, b: RedshiftType) -> RedshiftType | None:
    if a == b:
        return a
    if a.is_text and b.is_text:
        return types.varchar(max(a.length or types.VARCHAR_MAX, b.length or types.VARCHAR_MAX))
    if a.is_numeric and b.is_numeric:
        if a.is_float or b.is_float:
            return types.DOUBLE
        if a.is_integer and b.is_integer:
            return a if numeric_digits(a) >= numeric_digits(b) else b
        (p1, s1), (p2, s2) = numeric_digits(a), numeric_digits(b)
        scale = max(s1, s2)
        return types.decimal(min(max(p1 - s1, p2 - s2) + scale, 38), scale)
    if a.is_temporal and b.is_temporal and not (a.is_clock or b.is_clock):
        return types.TIMESTAMPTZ if "TIMESTAMPTZ" in (a.name, b.name) else types.TIMESTAMP
    if "SUPER" in (a.name, b.name):
        return types.SUPER
    if {a.name, b.name} <= {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT"}:
        return a if a.is_integer else b
    return a if a.name == b.name else None


def unify(
    compiler: Compiler, values: Sequence[Value], node: Node, what: str
) -> tuple[RedshiftType, list[str]]:
    """Bring values to their common type; give it and their SQL. Literals take the others' type."""
    firm = [value.type for value in values if not isinstance(value.literal, str) and not value.is_null]
    soft = [value.type for value in values if isinstance(value.literal, str)]
    firm = [kind for kind in firm if kind.name != "UNKNOWN"]
    kind = unified_type(compiler, firm or soft, node, what)
    if firm and kind.is_text:
        kind = unified_type(compiler, [*firm, *soft], node, what)
    return kind, [convert(value, kind) for value in values]


def convert(value: Value, kind: RedshiftType) -> str:
    """Give a value's SQL in the type that ``unify`` found."""
    value = checked(value)
    if value.is_null or value.type == kind or value.type.name == "UNKNOWN" or kind.name == "UNKNOWN":
        return value.sql
    if value.type.is_numeric and kind.is_numeric:
        return value.sql
    if value.type.is_text and kind.is_text:
        return value.sql
    if value.type.name == "BOOLEAN" and kind.is_integer:
        return value.sql
    return cast(value, kind).sql
