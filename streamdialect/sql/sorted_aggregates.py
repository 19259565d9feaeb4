"""Aggregates that sort: LISTAGG, MEDIAN, PERCENTILE_CONT, PERCENTILE_DISC.

Source: ``r_LISTAGG``, ``r_MEDIAN``, ``r_PERCENTILE_CONT``, ``r_APPROXIMATE_PERCENTILE_DISC``.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from streamdialect import types
from streamdialect.sql.aggregates import Call, aggregate_function, refuse_type, same_order
from streamdialect.sql.casts import as_text, numeric_digits
from streamdialect.sql.functions import manual
from streamdialect.sql.ordering import order_sql, sort_keys
from streamdialect.sql.values import Value, text_literal
from streamdialect.types import RedshiftType

__all__: list[str] = []

_MAX_PRECISION = 38
_INTERPOLATED = (
    "DECIMAL of integers and decimals, DOUBLE PRECISION of floating-point numbers, else the type of x"
)


# --- LISTAGG --------------------------------------------------------------------------------------


@aggregate_function(
    "LISTAGG",
    1,
    2,
    "Join the values that are neither NULL nor empty, in the order of WITHIN GROUP.",
    over="partition",
    within_group=None,
    signature="LISTAGG([DISTINCT] x [, 'delimiter']) [WITHIN GROUP (ORDER BY ...)]",
    returns="VARCHAR(65535)",
    page="r_LISTAGG",
    example=(
        "LISTAGG(x, ', ') WITHIN GROUP (ORDER BY x DESC) FROM (SELECT 'a' AS x UNION ALL SELECT 'b')",
        "b, a",
    ),
    window_page="r_WF_LISTAGG",
    window_example=("LISTAGG(x) WITHIN GROUP (ORDER BY x) OVER () FROM (SELECT 'a' AS x)", "a"),
)
def _listagg(call: Call) -> Value:
    if call.order:
        same_order(call)
    delimiter = call.arguments[1] if len(call.arguments) == 2 else None
    if delimiter is not None and not (
        delimiter.is_null or isinstance(delimiter.literal, str) or delimiter.sql.startswith(("?", ":"))
    ):
        raise call.compiler.unsupported("LISTAGG with a delimiter that is no constant", call.node)
    between = "''" if delimiter is None or delimiter.is_null else _text(delimiter)
    text = _text(call.argument)
    distinct, call = call.distinct, replace(call, distinct=False)
    if call.order and call.over is None:
        keys, how = sort_keys(call.order)
        joined = call.sql(
            "streamdialect_listagg_sorted", text, between, str(int(distinct)), text_literal(how), *keys
        )
    elif distinct:
        # SQLite's DISTINCT takes no delimiter, and tells 'a' from 'a '.
        joined = call.sql("streamdialect_listagg_distinct", text, between, order=call.order)
    else:
        joined = call.sql("group_concat", f"nullif({text}, '')", between, order=call.order)
    return Value(f"streamdialect_listagg({joined})", types.TEXT)


def _text(value: Value) -> str:
    return f"CAST({value.sql} AS TEXT)" if value.type.name == "UNKNOWN" else as_text(value)


@aggregate_function(
    "GROUP_CONCAT",
    1,
    2,
    "Join texts by SQLite's rules.",
    signature="GROUP_CONCAT([DISTINCT] x [, delimiter])",
    returns="VARCHAR(65535)",
    page=None,
    example=("GROUP_CONCAT(x) FROM (SELECT 'a' AS x UNION ALL SELECT 'b')", "a,b"),
)
def _group_concat(call: Call) -> Value:
    return Value(call.sql("group_concat", *(as_text(argument) for argument in call.arguments)), types.TEXT)


# --- percentiles ----------------------------------------------------------------------------------


def _percentile_type(kind: RedshiftType, share: Decimal) -> RedshiftType:
    """Give the type of an interpolated percentile.

    The guide says DECIMAL and prints scale 1 for integers and 0.5, scale 2 for DECIMAL(38,2) and 0.6: that of
    the product of value and share, cut where 38 digits end.
    """
    if kind.is_float:
        return types.DOUBLE
    if not kind.is_exact:
        return kind
    precision, scale = numeric_digits(kind)
    more = min(max(1, -int(share.as_tuple().exponent)), _MAX_PRECISION - precision)
    return types.decimal(precision + more, min(scale + more, 37))


def _share(call: Call) -> Decimal:
    value = call.argument
    literal = value.literal
    if isinstance(literal, bool) or not isinstance(literal, (int, float, Decimal)):
        raise call.compiler.unsupported(f"{call.name} of a share that is no constant number", call.node)
    share = Decimal(str(literal))
    if not 0 <= share <= 1:
        raise call.compiler.wrong(f"percentile value {share} is not between 0 and 1", call.node)
    return share


def _collect(call: Call, value: Value, share: Decimal, how: str, scale: int = 0) -> str:
    descending = str(int(call.descending))
    return call.sql(
        "streamdialect_percentile", value.sql, text_literal(str(share)), descending, f"'{how}'", str(scale)
    )


def _interpolated(call: Call, value: Value, share: Decimal) -> Value:
    kind = value.type
    result = _percentile_type(kind, share)
    if kind.is_exact:
        found = _collect(call, value, share, "DECIMAL", result.scale or 0)
        stored = f"streamdialect_decimal({found}, {result.precision}, {result.scale})"
        return Value(f"CASE typeof({found}) WHEN 'text' THEN {stored} ELSE {found} END", result, exact=found)
    how = {"DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP"}.get(kind.name)
    if kind.is_float:
        how = "DOUBLE"
    if how is None:
        raise refuse_type(call, value)
    return Value(_collect(call, value, share, how), result)


def _sorted_by(call: Call) -> Value:
    if call.sorted is None:
        raise call.compiler.wrong(f"{call.name.lower()} sorts by one expression", call.node)
    return call.sorted


@aggregate_function(
    "MEDIAN",
    1,
    1,
    "Give the value in the middle, or the mean of the two in the middle.",
    over="partition",
    distinct=None,
    signature="MEDIAN(x)",
    returns=_INTERPOLATED,
    page="r_MEDIAN",
    example=("MEDIAN(x) FROM (SELECT 1 AS x UNION ALL SELECT 4)", "2.5"),
    window_page="r_WF_MEDIAN",
    window_example=("MEDIAN(x) OVER () FROM (SELECT DATE '2008-01-02' AS x)", "2008-01-02"),
)
def _median(call: Call) -> Value:
    call = replace(call, order=tuple(order_sql(call.argument, " ASC NULLS LAST")))
    same_order(call)
    return _interpolated(call, call.argument, Decimal("0.5"))


@aggregate_function(
    "PERCENTILE_CONT",
    1,
    1,
    "Give the value below which a share of the values lies, computed between two of them where it must be.",
    over="partition",
    distinct=None,
    within_group=True,
    signature="PERCENTILE_CONT(share) WITHIN GROUP (ORDER BY x)",
    returns=_INTERPOLATED,
    page="r_PERCENTILE_CONT",
    example=(
        "PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY x) FROM (SELECT 1 AS x UNION ALL SELECT 3)",
        "1.50",
    ),
    window_page="r_WF_PERCENTILE_CONT",
    window_example=("PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) OVER () FROM (SELECT 20 AS x)", "20.0"),
)
def _percentile_cont(call: Call) -> Value:
    same_order(call)
    return _interpolated(call, _sorted_by(call), _share(call))


@aggregate_function(
    "PERCENTILE_DISC",
    1,
    1,
    "Give the first value below or at which a share of the values lies; APPROXIMATE before it is allowed.",
    over="partition",
    distinct=None,
    within_group=True,
    signature="[APPROXIMATE] PERCENTILE_DISC(share) WITHIN GROUP (ORDER BY x)",
    returns="the type of x",
    page="r_APPROXIMATE_PERCENTILE_DISC",
    example=(
        "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x) FROM (SELECT 1 AS x UNION ALL SELECT 3)",
        "1",
    ),
    window_page="r_WF_PERCENTILE_DISC",
    window_example=("PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x) OVER () FROM (SELECT 20 AS x)", "20"),
)
def _percentile_disc(call: Call) -> Value:
    value = _sorted_by(call)
    if not (value.type.is_numeric or value.type.is_temporal):
        raise refuse_type(call, value)
    return Value(_collect(call, value, _share(call), "DISC"), value.type)


manual(
    "APPROXIMATE PERCENTILE_DISC",
    __name__,
    "APPROXIMATE PERCENTILE_DISC(share) WITHIN GROUP (ORDER BY x)",
    "the type of x",
    "Give what PERCENTILE_DISC gives: the result is exact.",
    "r_APPROXIMATE_PERCENTILE_DISC",
    (
        "APPROXIMATE PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x) FROM "
        "(SELECT 2020.00 AS x UNION ALL SELECT 2178.00)",
        "2020.00",
    ),
)
