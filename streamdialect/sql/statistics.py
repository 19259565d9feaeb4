"""STDDEV and VARIANCE in their forms. Source: ``r_STDDEV_functions``, ``r_VARIANCE_functions``."""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.aggregates import Call, aggregate_function
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.totals import in_units, numeric
from streamdialect.sql.values import Value

__all__: list[str] = []

_UNIT_DIGITS = 18


def _spread(name: str, function: str, squared: bool, doc: str, example: str, page: str, over: str) -> None:
    def build(call: Call) -> Value:
        value = numeric(call)
        if value.type.name == "UNKNOWN":
            value = cast(value, types.DOUBLE)
        precision, scale = numeric_digits(value.type) if value.type.is_exact else (0, 0)
        if not scale or precision > _UNIT_DIGITS:
            return Value(call.sql(function, value.sql), types.DOUBLE)
        # In units of the last digit decimals are exact: equal ones have no variance at all.
        spread = call.sql(function, in_units(value)[0])
        return Value(f"({spread} / 1e{2 * scale if squared else scale})", types.DOUBLE)

    aggregate_function(
        name,
        1,
        1,
        doc,
        signature=f"{name}([DISTINCT] x)",
        returns="DOUBLE PRECISION",
        page=page,
        example=(f"{name}(x) FROM (SELECT 1 AS x UNION ALL SELECT 3 UNION ALL SELECT 5)", example),
        window_page=over,
        window_example=(
            f"{name}(x) OVER () FROM (SELECT 1 AS x UNION ALL SELECT 3) LIMIT 1",
            _pair(function),
        ),
    )(build)


def _pair(function: str) -> str:
    """Give what a function makes of 1 and 3."""
    return {"stddev_samp": "1.4142135623731", "var_samp": "2"}.get(
        function.removeprefix("streamdialect_"), "1"
    )


for _names, _function, _squared, _what, _result in (
    (("STDDEV_SAMP", "STDDEV"), "stddev_samp", False, "sample standard deviation", "2"),
    (("STDDEV_POP",), "stddev_pop", False, "population standard deviation", "1.63299316185545"),
    (("VAR_SAMP", "VARIANCE"), "var_samp", True, "sample variance", "4"),
    (("VAR_POP",), "var_pop", True, "population variance", "2.66666666666667"),
):
    for _name in _names:
        _spread(
            _name,
            f"streamdialect_{_function}",
            _squared,
            f"Give the {_what}{', NULL of a single value' if 'samp' in _function else ''}.",
            _result,
            "r_VARIANCE_functions" if _squared else "r_STDDEV_functions",
            "r_WF_VARIANCE" if _squared else "r_WF_STDDEV",
        )
