"""Casts: strict as Redshift's, forgiving from SUPER, done by SQLite's own functions where they can decide.

Source: ``r_CAST_function``, ``r_Numeric_types201``, ``r_Character_types``, ``query-super``.
"""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal

from msgspec.structs import replace

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars.base import Unstorable
from streamdialect.scalars.decimals import fit, store
from streamdialect.sql.values import NOT_LITERAL, JsonPath, Value, checked, text_literal
from streamdialect.types import INTEGER_BOUNDS, RedshiftType

__all__ = [
    "as_text",
    "bound_as",
    "cast",
    "cut_sql",
    "decimal_literal",
    "midnight",
    "numeric_digits",
    "padded",
    "single",
    "text_width",
]

_INTEGER_DIGITS = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
# Within this many digits a REAL rounds to the exact decimal.
_SAFE_DIGITS = 15
_DIGITS_OF_64_BITS = 19
# Text of SQL that may be repeated to save a call of Python.
_SHORT = 200
# The bounds of single precision, which REAL is on Redshift.
_REAL_MOST, _REAL_LEAST = "3.4028234663852886e38", "1.401298464324817e-45"
_INTEGER_BYTES = {"SMALLINT": 2, "INTEGER": 4, "BIGINT": 8}
# The longest text that a value of a type is written as.
_TEXT_WIDTHS = {
    "SMALLINT": 6,
    "INTEGER": 11,
    "BIGINT": 20,
    "BOOLEAN": 5,
    "DATE": 10,
    "TIME": 15,
    "TIMESTAMP": 26,
}
_LONGEST_SCALAR = 64


def numeric_digits(kind: RedshiftType) -> tuple[int, int]:
    """Give precision and scale of an exact type (``r_numeric_computations201``)."""
    if kind.is_integer:
        return _INTEGER_DIGITS[kind.name], 0
    return kind.precision or 18, kind.scale or 0


def as_text(value: Value) -> str:
    """Give the SQL of a value as text, with its implicit cast; CHAR loses the blanks at its end."""
    if value.type.name == "CHAR":
        return f"rtrim({value.sql})"
    return value.sql if value.type.is_text or value.type.name == "UNKNOWN" else cast(value, types.TEXT).sql


def padded(value: Value) -> str:
    """Give the SQL of a value as text, CHAR with the blanks that fill it up."""
    length = value.type.length
    if value.type.name != "CHAR" or length is None:
        return as_text(value)
    blanks = text_literal(" " * length) if length <= _LONGEST_SCALAR else f"printf('%{length}s', '')"
    return f"substr({value.sql} || {blanks}, 1, {length})"


def text_width(value: Value) -> int:
    """Give the largest number of bytes that a value has as text."""
    kind = value.type
    if kind.is_text:
        return kind.length or types.VARCHAR_MAX
    if kind.name in ("UNKNOWN", "SUPER", "VARBYTE"):
        return types.VARCHAR_MAX
    return _TEXT_WIDTHS.get(kind.name, _LONGEST_SCALAR)


def bound_as(value: Value, kind: RedshiftType) -> Value:
    """Give a parameter of unknown type as a number or interval: text is read, bytes are refused, others stay."""
    if value.type.name != "UNKNOWN" or not value.is_parameter:
        return value
    # SQLite takes bytes for the number that their text begins with.
    complaint = "streamdialect_fail('bytes', 'invalid input for arithmetic: a parameter is %')"
    cases = f"WHEN 'blob' THEN {complaint}"
    if kind.is_numeric or kind.is_interval:
        read = cast(value, types.DOUBLE if kind.name == "DECIMAL" else kind).sql
        cases = f"WHEN 'text' THEN {read} {cases}"
    elif kind.name != "UNKNOWN":
        return value
    return replace(value, sql=f"CASE typeof({value.sql}) {cases} ELSE {value.sql} END")


def midnight(value: Value) -> str:
    """Give the SQL of a DATE or TIMESTAMP as TIMESTAMP."""
    return cast(value, types.TIMESTAMP).sql if value.type.name != "TIMESTAMPTZ" else value.sql


def cast(value: Value, kind: RedshiftType, *, attempt: bool = False, sized: bool = True) -> Value:
    """Cast a value; ``attempt`` gives NULL on failure, ``sized`` says that a text length was written.

    Raise NotSupportedError for a pair of types that has no conversion.
    """
    value = checked(value)
    source = value.type
    if value.is_null:
        return Value("NULL", kind, literal=None)
    if source.name == "UNKNOWN":
        # A parameter: its type is known when it is bound, and the functions take any.
        source = types.TEXT
    if value.is_text and kind.is_text:
        value, source = Value(value.sql, types.TEXT), types.TEXT
    if source.is_interval or kind.is_interval:
        return _interval(value, kind, attempt, sized)
    if source.name == "SUPER" and value.json is None:
        value = replace(value, json=JsonPath(value.sql, "'$'"))
    if kind.name == "CHAR":
        return _to_char(value, kind, attempt, sized)
    if value.json is not None and kind.name not in ("SUPER", "VARBYTE"):
        lax = source.name == "SUPER" and not value.json.strict
        return _from_json(value, kind, attempt or lax, sized)
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
    names = ("numeric" if each.name == "DECIMAL" else each.name.lower() for each in (source, kind))
    return NotSupportedError("cannot cast type {} to {}".format(*names))


# --- text -----------------------------------------------------------------------------------------


def _cut(sql: str, kind: RedshiftType, sized: bool) -> str:
    if not sized or kind.length is None or kind.length >= types.VARCHAR_MAX:
        return sql
    return cut_sql(sql, kind.length)


def cut_sql(sql: str, length: int) -> str:
    """Write text cut to a number of bytes."""
    return f"CASE WHEN octet_length({sql}) <= {length} THEN {sql} ELSE streamdialect_cut({sql}, {length}) END"


def _to_char(value: Value, kind: RedshiftType, attempt: bool, sized: bool) -> Value:
    """Cast to CHAR, which has single-byte characters only (``r_Character_types``)."""
    if not sized:
        raise NotSupportedError("a cast to CHAR without a length is not supported", hint="Write CHAR(n).")
    text = cast(value, types.varchar(kind.length or 1), attempt=attempt)
    if isinstance(text.literal, str) and text.literal.isascii():
        return replace(text, type=kind)
    sql = text.sql
    other = (
        "NULL" if attempt else f"streamdialect_fail({sql}, 'multibyte character not supported for CHAR: %')"
    )
    sql = f"CASE WHEN octet_length({sql}) = length({sql}) THEN {sql} ELSE {other} END"
    if value.json is not None and value.type.name != "SUPER":
        # What most columns of streaming views are: a string that fits is taken as it lies in the document.
        plain = (value.share or JsonPath.take)(value.json, "->>")
        fits = f"octet_length({plain}) <= {kind.length} AND octet_length({plain}) = length({plain})"
        sql = f"CASE WHEN {plain} >= '' AND {fits} THEN {plain} ELSE {sql} END"
    return Value(sql, kind)


def _to_text(value: Value, source: RedshiftType, kind: RedshiftType, attempt: bool, sized: bool) -> Value:
    if not sized and source.is_text:
        kind = RedshiftType(kind.name, length=source.length)
    if isinstance(value.literal, str):
        text = value.literal.rstrip(" ") if source.name == "CHAR" else value.literal
        if sized and kind.length is not None:
            text = text.encode()[: kind.length].decode("utf-8", "ignore")
        return Value(text_literal(text), kind, literal=text)
    sql = value.sql
    if source.is_text:
        # What SQLite has no type for may be a number.
        found = value.type.name == "UNKNOWN" and not value.is_parameter
        sql = f"CAST({sql} AS TEXT)" if found else as_text(value)
        known = value.type.length
        if known is not None and kind.length is not None and known <= kind.length and value.type.is_text:
            sized = False
    elif source.is_integer:
        sql = f"CAST({sql} AS TEXT)"
    elif value.exact is not None or (source.precision or 0) > _SAFE_DIGITS:
        sql = f"streamdialect_decimal_text({value.exact or sql}, {source.scale or 0})"
    elif source.name == "DECIMAL":
        # printf writes NULL as 0
        sql = f"CASE WHEN {sql} IS NOT NULL THEN printf('%.{source.scale or 0}f', {sql}) END"
    elif source.is_float:
        sql = f"streamdialect_{'real' if source.name == 'REAL' else 'double'}_text({sql})"
    elif source.name == "BOOLEAN":
        sql = f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
    elif source.name in ("TIMESTAMP", "TIME"):
        sql = f"rtrim(rtrim({sql}, '0'), '.')"
    elif source.name in ("TIMESTAMPTZ", "TIMETZ"):
        sql = f"(rtrim(rtrim({sql}, '0'), '.') || '+00')"
    elif source.name == "VARBYTE":
        sql = f"{'streamdialect_try_utf8' if attempt else 'streamdialect_utf8'}({sql})"
    elif source.name == "DATE":
        sql = f"CAST({sql} AS TEXT)"  # a bare column would bring its NUMERIC affinity into comparisons
    else:
        raise _no_cast(source, kind)
    if source.is_numeric and source.name != "UNKNOWN" and sized and (kind.length or 0) < 20:
        # Redshift refuses to cut a number's digits off.
        fail = f"streamdialect_fail({sql}, 'value too long for type {kind.name.lower()}({kind.length})')"
        return Value(f"CASE WHEN length({sql}) <= {kind.length} THEN {sql} ELSE {fail} END", kind)
    return Value(_cut(sql, kind, sized), kind)


# --- numbers --------------------------------------------------------------------------------------


def _to_integer(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    low, high = INTEGER_BOUNDS[kind.name]
    sql = value.sql
    if source.is_integer:
        if _INTEGER_DIGITS[source.name] <= _INTEGER_DIGITS[kind.name]:
            return replace(value, type=kind, bounds=value.bounds or INTEGER_BOUNDS[source.name])
        if isinstance(value.literal, int) and low <= value.literal <= high:
            return replace(value, type=kind)
        fail = f"{prefix}integer({sql}, '{kind.name}')"
        return Value(f"CASE WHEN {sql} NOT BETWEEN {low} AND {high} THEN {fail} ELSE {sql} END", kind)
    if source.name == "BOOLEAN":
        return Value(sql, kind, bounds=(0, 1))
    if source.name == "DECIMAL":
        return _decimal_to_integer(value, source, kind, prefix)
    if source.is_numeric:
        return Value(f"{prefix}integer({sql}, '{kind.name}')", kind)
    if source.is_text:
        slow = f"{prefix}integer({sql}, '{kind.name}')"
        if len(sql) > _SHORT or value.type.name == "UNKNOWN" or value.literal is not NOT_LITERAL:
            return Value(slow, kind)
        number = f"CAST({sql} AS INTEGER)"
        plain = f"CAST({number} AS TEXT) = {sql} AND {number} BETWEEN {low} AND {high}"
        return Value(f"CASE WHEN {plain} THEN {number} WHEN {sql} IS NOT NULL THEN {slow} END", kind)
    if source.name == "VARBYTE":
        return Value(f"{prefix}bytes_integer({value.sql}, {_INTEGER_BYTES[kind.name]})", kind)
    raise _no_cast(source, kind)


def _decimal_to_integer(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    low, high = INTEGER_BOUNDS[kind.name]
    precision, scale = numeric_digits(source)
    if isinstance(value.literal, Decimal) and low < value.literal < high:
        number = int(fit(value.literal, precision + 1, 0))
        return Value(f"({number})" if number < 0 else str(number), kind, literal=number)
    slow = f"{prefix}whole({value.exact or value.sql}, {scale}, '{kind.name}')"
    if precision > _SAFE_DIGITS:
        return Value(slow, kind)
    # Also without a scale: FLOOR and CEIL of a REAL are REAL.
    rounded = f"CAST({f'round({value.sql})' if scale else value.sql} AS INTEGER)"
    if precision - scale < _INTEGER_DIGITS[kind.name] - (kind.name == "BIGINT"):
        return Value(rounded, kind)
    return Value(f"CASE WHEN {rounded} NOT BETWEEN {low} AND {high} THEN {slow} ELSE {rounded} END", kind)


def decimal_literal(number: Decimal, kind: RedshiftType) -> Value:
    """Write a DECIMAL constant; more digits than can be stored serve only as part of a final result."""
    try:
        stored = store(number)
    except Unstorable as refusal:
        refused = f"streamdialect_fail(1, {text_literal(refusal.args[0])})"
        return Value(refused, kind, literal=number, exact=f"'{number:f}'")
    # SQLite would read "- -1" as a comment's beginning if it were "--1".
    return Value(f"({stored!r})" if stored < 0 else repr(stored), kind, literal=number)


def _to_decimal(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    precision, scale = numeric_digits(kind)
    sql = value.sql
    if isinstance(value.literal, (int, Decimal)) and not isinstance(value.literal, bool):
        try:
            return decimal_literal(fit(Decimal(value.literal), precision, scale), kind)
        except DataError:
            pass  # raised when the row is computed, as on Redshift
    if source.is_exact:
        own_precision, own_scale = numeric_digits(source)
        arguments = f"{own_scale}, {precision}, {scale}"
        slow = f"{prefix}rescale({sql}, {arguments})"
        exact = None if value.exact is None else f"{prefix}rescale_wide({value.exact}, {arguments})"
        whole = precision - scale - (precision == _DIGITS_OF_64_BITS)  # of which not all fit
        if source == kind or (own_scale <= scale and own_precision - own_scale <= whole):
            return Value(sql, kind, exact=value.exact)
        limit = min(10 ** (precision - scale), (2**63 - 1) // 10**scale)
        outside = f"{sql} >= {limit} OR {sql} <= -{limit}"
        if own_scale > scale:
            outside += f" OR round({sql}, {scale}) <> {sql}"
        return Value(f"CASE WHEN {outside} THEN {slow} ELSE {sql} END", kind, exact=exact)
    if source.is_float or source.is_text:
        if value.type.name == "UNKNOWN" and not value.is_parameter:
            sql = f"streamdialect_shortest({sql})"
        arguments = f"{sql}, {precision}, {scale}"
        wide = precision > _SAFE_DIGITS and source.is_text and prefix == "streamdialect_"
        exact = f"streamdialect_decimal_wide({arguments})" if wide else None
        return Value(f"{prefix}decimal({arguments})", kind, exact=exact)
    raise _no_cast(source, kind)


def _to_float(value: Value, source: RedshiftType, kind: RedshiftType, prefix: str) -> Value:
    sql = value.sql
    if source.is_text:
        sql = f"{prefix}double({sql})"
    elif source.is_exact:
        sql = f"CAST({value.exact or sql} AS REAL)"
    elif not source.is_float:
        raise _no_cast(source, kind)
    if kind.name != "REAL" or source.name == "REAL":
        return replace(value, type=kind) if sql == value.sql else Value(sql, kind)
    return Value(single(sql, "NULL" if prefix == "streamdialect_try_" else None), kind)


def single(sql: str, otherwise: str | None = None) -> str:
    """Keep the 6 digits that REAL has of a DOUBLE PRECISION number; raise beyond its range."""
    fail = otherwise or f"streamdialect_fail({sql}, 'value out of range for type real')"
    beyond = f"abs({sql}) > {_REAL_MOST} OR abs({sql}) < {_REAL_LEAST} AND {sql} <> 0"
    # printf writes NULL as 0
    return (
        f"CASE WHEN {beyond} THEN {fail} WHEN {sql} IS NOT NULL THEN CAST(printf('%.6g', {sql}) AS REAL) END"
    )


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
        return Value(f"json_quote({as_text(value)})", types.SUPER)
    if source.is_integer:
        return Value(f"CAST({value.sql} AS TEXT)", types.SUPER)
    if source.is_float:
        return Value(f"streamdialect_super_float({value.sql})", types.SUPER)
    if source.is_numeric:
        return Value(cast(value, types.TEXT).sql, types.SUPER)
    if source.name == "BOOLEAN":
        return Value(cast(value, types.TEXT).sql, types.SUPER)
    raise _no_cast(source, types.SUPER)


def _to_varbyte(value: Value, source: RedshiftType, kind: RedshiftType) -> Value:
    if source.name == "VARBYTE":
        return _within(value.sql, kind, source.length)
    if source.is_text:
        return _within(f"CAST({padded(value)} AS BLOB)", kind, source.length)
    if source.is_integer:  # as many bytes as the type has, the largest first
        width = _INTEGER_BYTES[source.name]
        return _within(f"streamdialect_integer_bytes({value.sql}, {width})", kind, width)
    raise _no_cast(source, kind)


def _within(sql: str, kind: RedshiftType, known: int | None) -> Value:
    """Refuse bytes that are too many for VARBYTE(n): the manual does not say that they are cut."""
    length = kind.length or types.VARBYTE_MAX
    if length >= types.VARBYTE_MAX or (known is not None and known <= length):
        return Value(sql, kind)
    fail = f"streamdialect_fail({sql}, 'value too long for type varbyte({length})')"
    return Value(f"CASE WHEN length({sql}) > {length} THEN {fail} ELSE {sql} END", kind)


def _from_json(value: Value, kind: RedshiftType, forgiving: bool, sized: bool) -> Value:
    """Cast what lies in a JSON document, deciding by JSON's own types without leaving SQLite."""
    from streamdialect.sql import json_casts

    assert value.json is not None
    if kind.name == "REAL":
        number = json_casts.cast_from_json(value, types.DOUBLE, forgiving=forgiving, sized=sized)
        return Value(single(number.sql, "NULL" if forgiving else None), kind)
    return json_casts.cast_from_json(value, kind, forgiving=forgiving, sized=sized)
