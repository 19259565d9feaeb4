"""STDDEV and VARIANCE in their forms. Source: ``r_STDDEV_functions``, ``r_VARIANCE_functions``."""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.aggregates import Call, aggregate_function
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.totals import in_units, numeric
from streamdialect.sql.values import Value

__all__: list[str] = []

_UNIT_DIGITS = 18


def _spread(name: str, what: str, squared: bool, examples: tuple[str, str]) -> None:
    sample = "" if name.endswith("_POP") else ", NULL of a single value"
    function = "streamdialect_" + {"STDDEV": "stddev_samp", "VARIANCE": "var_samp"}.get(name, name.lower())

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
        f"Give the {what}{sample}.",
        signature=f"{name}([DISTINCT] x)",
        returns="DOUBLE PRECISION",
        page="r_VARIANCE_functions" if squared else "r_STDDEV_functions",
        example=(f"{name}(x) FROM (SELECT 1 AS x UNION ALL SELECT 3 UNION ALL SELECT 5)", examples[0]),
        window_page="r_WF_VARIANCE" if squared else "r_WF_STDDEV",
        window_example=(f"{name}(x) OVER () FROM (SELECT 1 AS x UNION ALL SELECT 3) LIMIT 1", examples[1]),
    )(build)


_spread("STDDEV_SAMP", "sample standard deviation", False, ("2", "1.4142135623731"))
_spread("STDDEV", "sample standard deviation", False, ("2", "1.4142135623731"))
_spread("STDDEV_POP", "population standard deviation", False, ("1.63299316185545", "1"))
_spread("VAR_SAMP", "sample variance", True, ("4", "2"))
_spread("VARIANCE", "sample variance", True, ("4", "2"))
_spread("VAR_POP", "population variance", True, ("2.66666666666667", "1"))
