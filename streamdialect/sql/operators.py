"""Type rules that several values share: comparison, unification (CASE, COALESCE, UNION), truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from streamdialect import types
from streamdialect.errors import DataError
from streamdialect.scalars.numbers import to_boolean, to_double, to_integer
from streamdialect.sql.casts import as_text, bound_as, cast, numeric_digits
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.date_parts import special_time
from streamdialect.sql.equality import COLLATION, super_key
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, checked, is_column, text_literal
from streamdialect.types import RedshiftType

__all__ = [
    "comparable",
    "compare",
    "condition",
    "contained",
    "convert",
    "unified",
    "unified_type",
    "unify",
]

# So many ranges of an index are read for IN; for more, the whole table.
_SHORT_LIST = 16
# Digits of a DECIMAL in 64 bits and in 128.
_NARROW, _WIDE = 19, 38


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
        if a.is_text or b.is_text:
            return _texts(left, right)
        if a.name == b.name:  # two parameters, which may both be text
            return left.sql + COLLATION, right.sql
        return _with_parameter(left, b), _with_parameter(right, a)
    if left.exact is not None or right.exact is not None:
        return _wide_sides(compiler, left, right, node, operator)
    if isinstance(right.literal, str) and not a.is_text and a.name not in ("SUPER", "VARBYTE"):
        return left.sql, _literal(compiler, right, a)
    if isinstance(left.literal, str) and not b.is_text and b.name not in ("SUPER", "VARBYTE"):
        return _literal(compiler, left, b), right.sql
    if a.is_text and b.is_text:
        return _texts(left, right)
    if a.name == b.name == "SUPER":
        return super_key(left.sql), super_key(right.sql)
    if (a.is_numeric and b.is_numeric) or a.name == b.name:
        return left.sql, right.sql
    if {a.is_numeric, a.is_text} == {b.is_numeric, b.is_text} == {True, False}:
        return _number_and_text(left, right)
    if a.is_temporal and b.is_temporal and not (a.is_clock or b.is_clock):
        wide = types.TIMESTAMP
        return (cast(left, wide).sql if a.name == "DATE" else left.sql), (
            cast(right, wide).sql if b.name == "DATE" else right.sql
        )
    if {a.name, b.name} <= {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT"}:
        return left.sql, right.sql  # generated SQL compares truth values with 1 and 0
    if a.name == "SUPER":
        return _dynamic(left, b) + (COLLATION if b.is_text else ""), right.sql
    if b.name == "SUPER":
        return left.sql + (COLLATION if a.is_text else ""), _dynamic(right, a)
    raise compiler.wrong(
        f"operator does not exist: {str(a).lower()} {operator} {str(b).lower()}",
        node,
        hint="Write an explicit cast: CAST(expression AS type).",
    )


def _literal(compiler: Compiler, value: Value, kind: RedshiftType) -> str:
    """Give a text literal as the other side's type; 'today' and its like are what they are now."""
    special = special_time(compiler, value.literal, kind.name) if kind.is_temporal else None
    return (special or cast(value, kind)).sql


def _wide_sides(compiler: Compiler, left: Value, right: Value, node: Node, operator: str) -> tuple[str, str]:
    """Compare decimals of which one may have more digits than a REAL holds."""
    sides = [
        cast(side, other.type) if isinstance(side.literal, str) else side
        for side, other in ((left, right), (right, left))
    ]
    if all(side.type.is_exact for side in sides):
        scales = [numeric_digits(side.type)[1] for side in sides]
        left_key, right_key = (
            f"streamdialect_sort_key({side.exact or side.sql}, {own}, {max(scales)})"
            for side, own in zip(sides, scales, strict=True)
        )
        return left_key, right_key
    left, right = (
        cast(side, types.DOUBLE) if side.exact is not None else replace(side, exact=None) for side in sides
    )
    return comparable(compiler, left, right, node, operator)


def _texts(left: Value, right: Value) -> tuple[str, str]:
    """Give two texts for a comparison: blanks at their ends do not count (``r_Character_types``).

    SQLite takes the collation from the left side.
    """
    sides = [_blank_trimmed(value) for value in (left, right)]
    if left.folded or right.folded:
        sides = [f"lower({sql})" for sql in sides]
    return sides[0] + COLLATION, sides[1]


def _number_and_text(left: Value, right: Value) -> tuple[str, str]:
    """Compare a number with text (``c_Supported_data_types``): DECIMAL as a number, any other as its text."""
    number = left if left.type.is_numeric else right
    kind = types.DOUBLE if number.type.name == "DECIMAL" else types.TEXT
    if kind.is_text:
        return _texts(cast(left, kind), cast(right, kind))
    return cast(left, kind).sql, cast(right, kind).sql


def _blank_trimmed(value: Value) -> str:
    if isinstance(value.literal, str) and value.literal.endswith(" "):
        return text_literal(value.literal.rstrip(" "))
    return value.sql


def _index_range(operator: str, left: Value, right: Value) -> str:
    """Write a range that a comparison of a text column implies, so that an index without collation serves it.

    Text that is equal but for blanks at its end lies from ``'abc'`` up to ``'abc!'``, for a blank comes right
    before ``!``. Only in text with control characters does anything sort before a blank.
    """
    if operator == "=" and all(is_column(v.sql) and v.type.is_text and not v.folded for v in (left, right)):
        return "".join(  # whichever has an index
            f" AND {a.sql} >= rtrim({b.sql}) AND {a.sql} < rtrim({b.sql}) || '!'"
            for a, b in ((left, right), (right, left))
        )
    if is_column(right.sql) and right.type.is_text:
        operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
        left, right = right, left
    if not (is_column(left.sql) and left.type.is_text) or left.folded or right.folded or operator == "<>":
        return ""
    if isinstance(right.literal, str):
        text = right.literal.rstrip(" ")
        low, high = text_literal(text), text_literal(text + "!")
        ordered = text.isprintable()
    elif right.type.name == "UNKNOWN" and right.sql.startswith(("?", ":")):
        low, high, ordered = f"rtrim({right.sql})", f"rtrim({right.sql}) || '!'", False
    else:
        return ""
    parts = [f"{left.sql} >= {low}"] if operator in ("=", ">", ">=") else []
    if operator == "=" or (operator in ("<", "<=") and ordered):
        parts.append(f"{left.sql} < {high}")
    return "".join(f" AND {part}" for part in parts)


def contained(value: Value, left: str, others: Sequence[tuple[Value, str]]) -> str:
    """Write ``left IN (...)`` over values brought to a common type; a short list of texts may use an index."""
    sql = f"{left} IN ({', '.join(other for _, other in others)})"
    ranges = [_index_range("=", value, other) for other, _ in others[: _SHORT_LIST + 1]]
    if len(ranges) > _SHORT_LIST or not all(ranges):
        return sql
    return f"{sql} AND ({' OR '.join(part.removeprefix(' AND ') for part in ranges)})"


def _with_parameter(value: Value, other: RedshiftType) -> str:
    """Give a value that meets one of unknown type: the parameter takes the other's type."""
    if value.type.name == "SUPER":
        path = value.json or JsonPath(value.sql, "'$'")
        raw, plain = path.take("->"), path.take("->>")
        # Not the JSON text of arrays and objects, which no parameter is.
        return f"CASE WHEN {raw} < '#' THEN rtrim({plain}, ' ') WHEN {raw} NOT GLOB '[[{{]*' THEN {plain} END"
    if value.type.name != "UNKNOWN" or not value.sql.startswith(("?", ":")):
        return value.sql
    if other.name in ("TIMESTAMP", "TIMESTAMPTZ"):
        # Most come as datetime objects, which are in stored form already.
        return f"CASE length({value.sql}) WHEN 26 THEN {value.sql} ELSE {cast(value, other).sql} END"
    if other.name == "DATE":
        return f"CASE length({value.sql}) WHEN 10 THEN {value.sql} ELSE {cast(value, other).sql} END"
    if other.is_clock:
        return f"CASE length({value.sql}) WHEN 15 THEN {value.sql} ELSE {cast(value, other).sql} END"
    return bound_as(value, other).sql


def _dynamic(value: Value, other: RedshiftType) -> str:
    """Give a SUPER value as the other side's type, NULL where its own type differs (``query-super``)."""
    path = value.json or JsonPath(value.sql, "'$'")
    raw = path.take("->")
    if other.is_numeric:
        return f"CASE WHEN {raw} < ':' AND {raw} >= '-' THEN {path.take('->>')} END"
    if other.is_text:
        return f"CASE WHEN {raw} < '#' THEN rtrim({path.take('->>')}, ' ') END"
    if other.name == "BOOLEAN":
        return f"CASE {raw} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    return cast(value, other).sql


def compare(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile a comparison; ``operator`` is SQLite's."""
    super_sides = [value for value in (left, right) if value.type.name == "SUPER"]
    if len(super_sides) == 2:
        if operator in ("=", "<>"):
            return boolean(f"({super_key(left.sql)} {operator} {super_key(right.sql)})")
        return boolean(f"(nullif(streamdialect_json_compare({left.sql}, {right.sql}), 2) {operator} 0)")
    a, b = comparable(compiler, left, right, node, operator)
    sql = f"({a} {operator} {b}{_index_range(operator, left, right)})"
    if not super_sides or left.is_null or right.is_null:
        return boolean(sql)
    if operator in ("=", "<>"):
        # Values of different types are unequal, not unknown.
        present = f"{left.sql} IS NOT NULL AND {right.sql} IS NOT NULL"
        return boolean(f"coalesce({sql}, CASE WHEN {present} THEN {int(operator == '<>')} END)")
    if "UNKNOWN" in (left.type.name, right.type.name):
        # SQLite orders numbers before texts; to SUPER they cannot be compared.
        sql = f"CASE WHEN (typeof({a}) = 'text') = (typeof({b}) = 'text') THEN {sql} END"
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
        if a.name == b.name == "CHAR":
            return types.char(max(a.length or 1, b.length or 1))
        return types.varchar(max(a.length or types.VARCHAR_MAX, b.length or types.VARCHAR_MAX))
    if a.is_numeric and b.is_numeric:
        if a.is_float or b.is_float:
            return types.DOUBLE
        if a.is_integer and b.is_integer:
            return a if numeric_digits(a) >= numeric_digits(b) else b
        (p1, s1), (p2, s2) = numeric_digits(a), numeric_digits(b)
        scale = max(s1, s2)
        # The page's rule, for values of 64 bits; those of 128 bits are not made narrower.
        most = _NARROW if max(p1, p2) <= _NARROW else _WIDE
        return types.decimal(min(max(p1 - s1, p2 - s2) + scale, most), scale)
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
    kind = _common(compiler, values, node, what)
    return kind, [convert(value, kind) for value in values]


def unified(
    compiler: Compiler, values: Sequence[Value], node: Node, what: str, build: Callable[[list[str]], str]
) -> Value:
    """Choose between values, as ``build`` makes it from their SQL, keeping all digits of a final DECIMAL."""
    kind = _common(compiler, values, node, what)
    same = [_converted(value, kind) for value in values]
    exact = None
    if any(value.exact is not None for value in same):
        exact = build([value.exact or value.sql for value in same])
    return Value(build([value.sql for value in same]), kind, exact=exact)


def _common(compiler: Compiler, values: Sequence[Value], node: Node, what: str) -> RedshiftType:
    if any(value.folded for value in values):
        raise compiler.unsupported(f"case-insensitive text in {what}", node)
    firm = [value.type for value in values if not isinstance(value.literal, str)]
    soft = [value.type for value in values if isinstance(value.literal, str)]
    firm = [kind for kind in firm if kind.name != "UNKNOWN"]
    kind = unified_type(compiler, firm or soft, node, what)
    if firm and kind.is_text:
        kind = unified_type(compiler, [*firm, *soft], node, what)
    if not kind.is_text:
        for value in values:
            if isinstance(value.literal, str):
                _check_literal(compiler, value.literal, kind, node)
    return kind


def _check_literal(compiler: Compiler, text: str, kind: RedshiftType, node: Node) -> None:
    """Refuse text that the common type does not read, also where no row ever looks at it (``r_NVL_function``)."""
    try:
        if kind.is_integer:
            to_integer(text, kind.name)
        elif kind.is_numeric:
            to_double(text)
        elif kind.name == "BOOLEAN":
            to_boolean(text)
    except DataError as error:
        raise DataError(f"{error.args[0]}{compiler.place(node)}") from None


def convert(value: Value, kind: RedshiftType) -> str:
    """Give a value's SQL in the type that ``unify`` found."""
    return _converted(value, kind).sql


def _converted(value: Value, kind: RedshiftType) -> Value:
    value = checked(value)
    if value.is_null or value.type == kind or "UNKNOWN" in (value.type.name, kind.name):
        return bound_as(value, kind)
    if value.type.is_numeric and kind.is_float and isinstance(value.literal, (int, float, Decimal)):
        return Value(repr(float(value.literal)), kind)
    if value.type.is_text and kind.is_text:
        return value if value.type.name == kind.name else Value(as_text(value), kind, literal=value.literal)
    if value.type.name == "BOOLEAN" and kind.is_integer:
        return value
    return cast(value, kind)
