"""Aggregates that count, add, compare or combine: COUNT, SUM, AVG, MIN, MAX, ANY_VALUE, BIT_*, BOOL_*.

Source: the pages of ``c_Aggregate_Functions`` and ``c_bitwise_aggregate_functions``.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.aggregates import Call, aggregate_function, refuse_type
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.equality import told_apart
from streamdialect.sql.functions import manual
from streamdialect.sql.values import Value, checked
from streamdialect.types import RedshiftType

__all__ = ["exact_real", "in_units", "numeric", "sum_type"]

# Within this many digits any decimal is exact as REAL.
_REAL_DIGITS = 15
# Decimals of so many digits fit 64 bits in units of their last digit.
_INTEGER_DIGITS = 18
_HALF = 2**32
_NUMERIC = "BIGINT of integers, DECIMAL(38,s) of decimals, DOUBLE PRECISION of floating-point numbers"


def sum_type(kind: RedshiftType) -> RedshiftType:
    """Give the type of SUM and AVG (``r_SUM``, ``r_AVG``)."""
    if kind.is_integer:
        return types.BIGINT
    return types.decimal(38, kind.scale or 0) if kind.name == "DECIMAL" else types.DOUBLE


def numeric(call: Call) -> Value:
    """Give the argument as a number, raise where it is of another type."""
    value = call.argument
    if value.type.is_numeric or value.type.name == "UNKNOWN":
        return value
    if value.type.name == "BOOLEAN" and not call.compiler.settings.compat:
        # Generated SQL counts by summing comparisons.
        return cast(value, types.INTEGER)
    if value.type.name == "SUPER":
        raise call.compiler.unsupported(
            f"{call.name} of SUPER", call.node, hint="Cast the value to a number first."
        )
    raise refuse_type(call, value, "Write an explicit cast to a number.")


def in_units(value: Value) -> tuple[str, int]:
    """Give an exact number of at most 18 digits as an integer at its scale, as ``(sql, scale)``."""
    sql = value.sql
    if value.type.is_integer:
        return sql, 0
    _, scale = numeric_digits(value.type)
    slow = f"streamdialect_scaled({value.exact or sql}, {scale})"
    if value.exact is not None or scale >= _REAL_DIGITS:
        return slow, scale
    quick = f"CAST(round({sql} * {10**scale}.0) AS INTEGER)" if scale else f"CAST({sql} AS INTEGER)"
    return f"CASE WHEN abs({sql}) >= {10 ** (_REAL_DIGITS - scale)} THEN {slow} ELSE {quick} END", scale


def exact_real(total: str, scale: int, otherwise: str) -> str:
    """Turn a scaled integer into a DECIMAL's stored form; ``otherwise`` where REAL may not be exact."""
    if scale == 0:
        return total
    bound = 10**_REAL_DIGITS
    return (
        f"CASE WHEN {total} BETWEEN -{bound} AND {bound} THEN {total} / {10**scale}.0 "
        f"ELSE {otherwise.format(total)} END"
    )


def _from_units(total: str, scale: int, kind: RedshiftType) -> Value:
    """Give a scaled integer as a DECIMAL, with all its digits where it is the final result."""
    if scale == 0:
        return Value(total, kind)
    operands = f"'/', {{0}}, 1{'0' * scale}, 38, {scale}"
    return Value(
        exact_real(total, scale, f"streamdialect_decimal_operate({operands})"),
        kind,
        exact=exact_real(total, scale, f"streamdialect_decimal_exact({operands})"),
    )


def _halves(call: Call, units: str) -> str:
    """Write the sums of the upper and lower halves of integers, which together never overflow."""
    return f"{call.sql('sum', f'({units}) / {_HALF}')}, {call.sql('sum', f'({units}) % {_HALF}')}"


def _wide(operator: str, left: str, right: str, kind: RedshiftType) -> Value:
    """Compute with decimals that 64 bits may not hold."""
    operands = f"'{operator}', {left}, {right}, 38, {kind.scale or 0}"
    return Value(
        f"streamdialect_decimal_operate({operands})",
        kind,
        exact=f"streamdialect_decimal_exact({operands})",
    )


# --- COUNT, SUM, AVG ------------------------------------------------------------------------------


@aggregate_function(
    "COUNT",
    1,
    1,
    "Count the rows, or those whose value is not NULL, or the different values.",
    kept=lambda call: call.argument,
    signature="COUNT(* | [DISTINCT] x)",
    returns="BIGINT",
    page="r_COUNT",
    example=("COUNT(DISTINCT x) FROM (SELECT 1 AS x UNION ALL SELECT 1 UNION ALL SELECT NULL)", "1"),
    window_page="r_WF_COUNT",
    window_example=("COUNT(*) OVER ()", "1"),
)
def _count(call: Call) -> Value:
    value = call.argument
    # Blanks at the end do not tell texts apart (r_Character_types).
    sql = told_apart(value) if call.distinct else value.sql
    return Value(call.sql("count", sql), types.BIGINT)


manual(
    "APPROXIMATE COUNT",
    __name__,
    "APPROXIMATE COUNT(DISTINCT x)",
    "BIGINT",
    "Count the different values; the count is exact.",
    "r_COUNT",
    ("APPROXIMATE COUNT(DISTINCT x) FROM (SELECT 1 AS x UNION ALL SELECT 1 UNION ALL SELECT 2)", "2"),
)


@aggregate_function(
    "SUM",
    1,
    1,
    "Add the values that are not NULL.",
    kept=numeric,
    signature="SUM([DISTINCT] x)",
    returns=f"{_NUMERIC}, SUPER of SUPER; over a window DECIMAL(38,0) of BIGINT",
    page="r_SUM",
    example=("SUM(x) FROM (SELECT 1.25 AS x UNION ALL SELECT 2.50)", "3.75"),
    window_page="r_WF_SUM",
    window_example=("SUM(x) OVER () FROM (SELECT 40000 AS x)", "40000"),
)
def _sum(call: Call) -> Value:
    if call.argument.type.name == "SUPER":
        if call.distinct:
            raise call.compiler.unsupported("SUM(DISTINCT ...) of SUPER", call.node)
        return Value(call.sql("streamdialect_super_sum", call.argument.sql), types.SUPER)
    if call.argument.type in (types.YEAR_TO_MONTH, types.DAY_TO_SECOND):  # r_interval_data_types
        return Value(call.sql("sum", checked(call.argument).sql), call.argument.type)
    value = numeric(call)
    kind = value.type
    result = sum_type(kind)
    if kind.name == "UNKNOWN":
        return Value(call.sql("sum", value.sql), types.UNKNOWN)
    if kind == types.BIGINT and call.over is not None:
        return _wide("+", f"streamdialect_joined({_halves(call, value.sql)})", "0", _OVER_BIGINT)
    if kind.name != "DECIMAL":
        return Value(call.sql("sum", value.sql), result)
    precision, scale = numeric_digits(kind)
    if precision > _INTEGER_DIGITS:
        return _wide("+", _wide_sum(call, value), "0", result)
    units = in_units(value)[0]
    if precision > _REAL_DIGITS and not call.distinct:
        return _wide("/", f"streamdialect_joined({_halves(call, units)})", f"1{'0' * scale}", result)
    return _from_units(call.sql("sum", units), scale, result)


# r_WF_SUM and r_WF_AVG: NUMERIC for BIGINT arguments.
_OVER_BIGINT = types.decimal(38, 0)


def _wide_sum(call: Call, value: Value) -> str:
    return call.sql("streamdialect_decimal_sum", value.exact or value.sql)


@aggregate_function(
    "AVG",
    1,
    1,
    "Give the arithmetic mean of the values that are not NULL; that of exact numbers is cut, not rounded.",
    kept=numeric,
    signature="AVG([DISTINCT] x)",
    returns=f"{_NUMERIC}, SUPER of SUPER; over a window DECIMAL(38,0) of BIGINT",
    page="r_AVG",
    example=("AVG(x) FROM (SELECT 2 AS x UNION ALL SELECT 3)", "2"),
    window_page="r_WF_AVG",
    window_example=("AVG(x) OVER () FROM (SELECT 2.50 AS x)", "2.50"),
)
def _avg(call: Call) -> Value:
    value = call.argument
    if value.type.name == "SUPER":
        # By dynamic types; the page super-examples prints means with the scale of the numbers, cut.
        if call.distinct:
            raise call.compiler.unsupported("AVG(DISTINCT ...) of SUPER", call.node)
        total, count = call.sql("streamdialect_super_sum", value.sql), call.sql("count", value.sql)
        return Value(f"streamdialect_super_mean({total}, {count})", types.SUPER)
    value = numeric(call)
    kind = value.type
    result = sum_type(kind)
    count = call.sql("count", value.sql)
    if kind == types.BIGINT and not call.distinct:
        mean = f"streamdialect_mean({_halves(call, value.sql)}, {count})"
        return Value(mean, _OVER_BIGINT if call.over is not None else result)
    if kind.is_integer:
        return Value(f"({call.sql('sum', value.sql)} / {count})", result)
    if kind.name != "DECIMAL":
        return Value(call.sql("avg", value.sql), types.DOUBLE)
    precision, scale = numeric_digits(kind)
    if precision > _INTEGER_DIGITS:
        return _wide("/", _wide_sum(call, value), count, result)
    units = in_units(value)[0]
    if precision > _REAL_DIGITS and not call.distinct:
        return _from_units(f"streamdialect_mean({_halves(call, units)}, {count})", scale, result)
    return _from_units(f"({call.sql('sum', units)} / {count})", scale, result)


# --- MIN, MAX, ANY_VALUE --------------------------------------------------------------------------


def _comparable(call: Call) -> Value:
    value = call.argument
    if value.type.name in ("SUPER", "INTERVAL"):
        hint = "Cast the value to a type first." if value.type.name == "SUPER" else None
        raise call.compiler.unsupported(f"{call.name} of {value.type.name}", call.node, hint)
    if value.type.name == "BOOLEAN" and call.over is None:
        instead = "BOOL_AND" if call.name == "MIN" else "BOOL_OR"
        raise refuse_type(call, value, f"Redshift's {call.name} of BOOLEAN is {instead}.")
    return value


def _extreme(call: Call, function: str) -> Value:
    if call.argument.type.name == "SUPER":
        return Value(call.sql(f"streamdialect_super_{function}", call.argument.sql), types.SUPER)
    value = _comparable(call)
    return Value(call.sql(function, value.sql), value.type)


@aggregate_function(
    "MIN",
    1,
    1,
    "Give the least value.",
    distinct=False,
    kept=_comparable,
    signature="MIN([DISTINCT] x)",
    returns="the type of x; BOOLEAN over a window only",
    page="r_MIN",
    example=("MIN(x) FROM (SELECT DATE '2008-01-02' AS x UNION ALL SELECT DATE '2008-01-01')", "2008-01-01"),
    window_page="r_WF_MIN",
    window_example=("MIN(x) OVER () FROM (SELECT 'a' AS x)", "a"),
)
def _least(call: Call) -> Value:
    return _extreme(call, "min")


@aggregate_function(
    "MAX",
    1,
    1,
    "Give the greatest value.",
    distinct=False,
    kept=_comparable,
    signature="MAX([DISTINCT] x)",
    returns="the type of x; BOOLEAN over a window only",
    page="r_MAX",
    example=("MAX(x) FROM (SELECT 1.5 AS x UNION ALL SELECT 2.5)", "2.5"),
    window_page="r_WF_MAX",
    window_example=("MAX(x) OVER () FROM (SELECT true AS x)", "true"),
)
def _most(call: Call) -> Value:
    return _extreme(call, "max")


@aggregate_function(
    "ANY_VALUE",
    1,
    1,
    "Give one of the values: always the least.",
    over=None,
    distinct=False,
    signature="ANY_VALUE([DISTINCT] x)",
    returns="the type of x",
    page="r_ANY_VALUE",
    example=("ANY_VALUE(x) FROM (SELECT 7 AS x UNION ALL SELECT 7)", "7"),
)
def _any_value(call: Call) -> Value:
    value = call.argument
    if value.type.name in ("SUPER", "VARBYTE"):
        raise call.compiler.unsupported(f"ANY_VALUE of {value.type.name}", call.node)
    return Value(call.sql("min", value.sql), value.type)


# --- bits and truth -------------------------------------------------------------------------------


def _bits(call: Call, function: str) -> Value:
    value = call.argument
    if not value.type.is_integer:
        raise refuse_type(call, value)
    return Value(call.sql(function, value.sql), value.type)


@aggregate_function(
    "BIT_AND",
    1,
    1,
    "Give the bits that are set in all values.",
    over=None,
    distinct=False,
    signature="BIT_AND([DISTINCT] x)",
    returns="the integer type of x",
    page="r_BIT_AND",
    example=("BIT_AND(x) FROM (SELECT 3 AS x UNION ALL SELECT 10)", "2"),
)
def _bit_and(call: Call) -> Value:
    return _bits(call, "streamdialect_bit_and")


@aggregate_function(
    "BIT_OR",
    1,
    1,
    "Give the bits that are set in any value.",
    over=None,
    distinct=False,
    signature="BIT_OR([DISTINCT] x)",
    returns="the integer type of x",
    page="r_BIT_OR",
    example=("BIT_OR(x) FROM (SELECT 3 AS x UNION ALL SELECT 10)", "11"),
)
def _bit_or(call: Call) -> Value:
    return _bits(call, "streamdialect_bit_or")


def _truth(call: Call, function: str) -> Value:
    value = call.argument
    if value.type.is_integer:
        value = cast(value, types.BOOLEAN)
    if value.type.name not in ("BOOLEAN", "UNKNOWN"):
        raise refuse_type(call, value)
    return Value(call.sql(function, value.sql), types.BOOLEAN)


@aggregate_function(
    "BOOL_AND",
    1,
    1,
    "Tell whether all values are true.",
    over=None,
    distinct=False,
    signature="BOOL_AND([DISTINCT] x)",
    returns="BOOLEAN",
    page="r_BOOL_AND",
    example=("BOOL_AND(x) FROM (SELECT true AS x UNION ALL SELECT false)", "false"),
)
def _bool_and(call: Call) -> Value:
    return _truth(call, "min")


@aggregate_function(
    "BOOL_OR",
    1,
    1,
    "Tell whether any value is true.",
    over=None,
    distinct=False,
    signature="BOOL_OR([DISTINCT] x)",
    returns="BOOLEAN",
    page="r_BOOL_OR",
    example=("BOOL_OR(x) FROM (SELECT true AS x UNION ALL SELECT false)", "true"),
)
def _bool_or(call: Call) -> Value:
    return _truth(call, "max")
