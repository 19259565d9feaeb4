"""Mathematical functions. Source: "Math functions" of the Database Developer Guide."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

from streamdialect import types
from streamdialect.scalars.decimals import at_digits
from streamdialect.sql.arithmetic import SAFE_DIGITS, arithmetic, bounds_of, ranged, scaled
from streamdialect.sql.casts import cast, decimal_literal, numeric_digits
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import FUNCTIONS, function, number
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked

__all__: list[str] = []

_SAME = "the type of the argument"
_DOUBLE = "DOUBLE PRECISION"


@function(
    "ABS",
    1,
    1,
    "Give the absolute value; the operator @ does the same.",
    signature="ABS(number)",
    returns=_SAME,
    page="r_ABS",
    example=("ABS(-38)", "38"),
)
def _abs(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = number(compiler, arguments[0], "ABS")
    if isinstance(value.literal, Decimal):
        return decimal_literal(abs(value.literal), value.type)
    if not value.type.is_integer:
        exact = value.exact
        if exact is not None:
            exact = f"CASE typeof({exact}) WHEN 'text' THEN ltrim({exact}, '-') ELSE abs({exact}) END"
        return Value(f"abs({value.sql})", value.type, exact=exact)
    low, high = bounds_of(value)
    if value.type.name == "BIGINT" and low == -(2**63):
        fail = f"streamdialect_fail({value.sql}, 'bigint out of range')"
        return Value(
            f"CASE WHEN {value.sql} = -9223372036854775808 THEN {fail} ELSE abs({value.sql}) END", value.type
        )
    return ranged(f"abs({value.sql})", value.type, (0, max(abs(low), abs(high))))


@function(
    "SIGN",
    1,
    1,
    "Give -1, 0 or 1.",
    signature="SIGN(number)",
    returns="DECIMAL(1,0), DOUBLE PRECISION for floating point",
    page="r_SIGN",
    example=("SIGN(-28.05)", "-1"),
)
def _sign(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = number(compiler, arguments[0], "SIGN")
    if value.type.is_exact:
        return Value(f"sign({value.sql})", types.decimal(1, 0))
    return Value(f"CAST(sign({value.sql}) AS REAL)", types.DOUBLE)


# --- rounding -------------------------------------------------------------------------------------


def _rounding(compiler: Compiler, arguments: list[Node], operation: str) -> Value:
    value = number(compiler, arguments[0], operation)
    digits = Value("0", types.INTEGER, literal=0)
    if len(arguments) == 2:
        digits = cast(number(compiler, arguments[1], operation), types.INTEGER)
    if not value.type.is_exact:
        return Value(f"streamdialect_float_round({value.sql}, {digits.sql}, '{operation}')", types.DOUBLE)
    precision, scale = numeric_digits(value.type)
    places = digits.literal if isinstance(digits.literal, int) else None
    if places is not None and places >= scale:
        return value
    kind = value.type
    if kind.name == "DECIMAL" and places is not None:
        kept = max(0, places)
        kind = types.decimal(max(1, min(38, precision - scale + kept + (operation == "round"))), kept)
        if isinstance(value.literal, Decimal):
            return decimal_literal(at_digits(value.literal, places, operation), kind)
    if places is not None and precision <= SAFE_DIGITS and value.exact is None and scale - places <= 18:
        return _rounded_units(value, scale, places, operation, kind)
    slow = f"streamdialect_decimal_round{{}}({{}}, {scale}, {digits.sql}, '{operation}')"
    if kind.is_integer:
        return cast(Value(slow.format("", value.sql), types.decimal(20, 0)), kind)
    exact = None if value.exact is None else slow.format("_wide", value.exact)
    return Value(slow.format("", value.exact or value.sql), kind, exact=exact)


def _rounded_units(value: Value, scale: int, places: int, operation: str, kind: types.RedshiftType) -> Value:
    """Round in integers, where half a unit is what it seems."""
    units, _ = scaled(value)
    step = 10 ** (scale - places)
    steps = f"({units} / {step})"
    if operation == "round":
        steps = f"(sign({units}) * ((abs({units}) + {step // 2}) / {step}))"
    if places > 0:
        return Value(f"({steps} / {10**places}.0)", kind)
    sql = f"({steps} * {10**-places})" if places < 0 else steps
    if not kind.is_integer:
        return Value(sql, kind)
    low, high = bounds_of(value)
    return ranged(sql, kind, (low - step, high + step))


@function(
    "ROUND",
    1,
    2,
    "Round half away from zero at a number of digits after the point, 0 if not given.",
    signature="ROUND(number [, integer])",
    returns="the type of the number, with the scale asked for",
    page="r_ROUND",
    example=("ROUND(28.05, 1)", "28.1"),
)
def _round(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _rounding(compiler, arguments, "round")


@function(
    "TRUNC",
    1,
    2,
    "Cut digits off a number, or the time of day off a timestamp (r_TRUNC_date).",
    signature="TRUNC(number [, integer]) or TRUNC(timestamp)",
    returns="the type of the number, with the scale asked for; DATE",
    page="r_TRUNC",
    example=("TRUNC(111.15, -1)", "110"),
)
def _trunc(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = compiler.value(arguments[0])
    if value.type.is_temporal:
        return cast(value, types.DATE)
    return _rounding(compiler, arguments, "trunc")


def _whole(compiler: Compiler, arguments: list[Node], name: str) -> Value:
    value = number(compiler, arguments[0], name)
    if value.type.is_integer:
        return value
    if value.type.name != "DECIMAL":
        return Value(f"{name}({value.sql})", value.type if value.type.is_float else types.DOUBLE)
    precision, scale = numeric_digits(value.type)
    kind = types.decimal(min(38, max(1, precision - scale) + bool(scale)), 0)
    if isinstance(value.literal, Decimal):
        return decimal_literal(at_digits(value.literal, 0, name), kind)
    exact = None
    if value.exact is not None:
        exact = f"streamdialect_decimal_round_wide({value.exact}, {scale}, 0, '{name}')"
        return Value(exact.replace("round_wide", "round", 1), kind, exact=exact)
    return Value(f"{name}({value.sql})", kind)


@function(
    "FLOOR",
    1,
    1,
    "Round down to a whole number.",
    signature="FLOOR(number)",
    returns=f"{_SAME}, a DECIMAL without scale",
    page="r_FLOOR",
    example=("FLOOR(-28.05)", "-29"),
)
def _floor(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _whole(compiler, arguments, "floor")


@function(
    "CEIL",
    1,
    1,
    "Round up to a whole number.",
    signature="CEIL(number)",
    returns=f"{_SAME}, a DECIMAL without scale",
    page="r_CEILING_FLOOR",
    example=("CEIL(28.05)", "29"),
)
@function(
    "CEILING",
    1,
    1,
    "Another name of CEIL.",
    signature="CEILING(number)",
    returns=f"{_SAME}, a DECIMAL without scale",
    page="r_CEILING_FLOOR",
    example=("CEILING(-28.05)", "-28"),
)
def _ceil(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _whole(compiler, arguments, "ceil")


# --- floating point -------------------------------------------------------------------------------


def _real(compiler: Compiler, node: Node, name: str) -> str:
    """Compile an argument of a function of floating-point numbers."""
    value = number(compiler, node, name)
    return f"CAST({value.exact} AS REAL)" if value.exact is not None else value.sql


def _float(
    name: str,
    template: str,
    doc: str,
    *,
    page: str,
    example: tuple[str, str],
    partial: str | None = None,
    parameters: str = "number",
) -> None:
    """Add a function of floating-point numbers; ``partial`` names it where some numbers give NULL for an error."""
    count = len(parameters.split(", ")) if parameters else 0

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts = [_real(compiler, argument, name) for argument in arguments]
        sql = template.format(*parts)
        if partial is not None:
            sql = f"coalesce({sql}, streamdialect_undefined('{partial}', {', '.join(parts)}))"
        return Value(sql, types.DOUBLE)

    signature = f"{name}({parameters})"
    function(name, count, count, doc, signature=signature, returns=_DOUBLE, page=page, example=example)(build)


_float(
    "SQRT",
    "sqrt({0})",
    "Give the square root; the operator |/ does the same.",
    page="r_SQRT",
    example=("SQRT(16)", "4"),
    partial="SQRT",
)
_float(
    "CBRT",
    "streamdialect_cbrt({0})",
    "Give the cube root; the operator ||/ does the same.",
    page="r_CBRT",
    example=("CBRT(28.05)", "3.03839539048843"),
)
for _name, _page in (("LN", "r_LN"), ("DLOG1", "r_DLOG1")):
    _float(
        _name,
        "ln({0})",
        "Give the natural logarithm.",
        page=_page,
        example=(f"{_name}(10)", "2.30258509299405"),
        partial="LN",
    )
_float(
    "DLOG10",
    "log10({0})",
    "Give the logarithm to base 10.",
    page="r_DLOG10",
    example=("DLOG10(100)", "2"),
    partial="LN",
)
for _name, _page in (("EXP", "r_EXP"), ("DEXP", "r_DEXP")):
    _float(
        _name,
        "nullif(exp({0}), 9e999)",
        "Raise e to a power.",
        page=_page,
        example=(f"{_name}(0.7)", "2.01375270747048"),
        partial="EXP",
    )
_float(
    "ACOS",
    "acos({0})",
    "Give the arc cosine.",
    page="r_ACOS",
    example=("ACOS(-1)", "3.14159265358979"),
    partial="ACOS",
)
_float(
    "ASIN",
    "asin({0})",
    "Give the arc sine.",
    page="r_ASIN",
    example=("ASIN(1) * 2", "3.14159265358979"),
    partial="ACOS",
)
_float(
    "ATAN", "atan({0})", "Give the arc tangent.", page="r_ATAN", example=("ATAN(1) * 4", "3.14159265358979")
)
_float("SIN", "sin({0})", "Give the sine.", page="r_SIN", example=("SIN(-PI())", "-1.22464679914735e-16"))
_float("COS", "cos({0})", "Give the cosine.", page="r_COS", example=("COS(PI())", "-1"))
_float("TAN", "tan({0})", "Give the tangent.", page="r_TAN", example=("TAN(0)", "0"))
_float(
    "COT",
    "nullif(nullif(1.0 / nullif(tan({0}), 0), 9e999), -9e999)",
    "Give the cotangent of a number that is not zero.",
    page="r_COT",
    example=("COT(1)", "0.642092615934331"),
    partial="EXP",
)
_float(
    "DEGREES",
    "degrees({0})",
    "Turn radians into degrees.",
    page="r_DEGREES",
    example=("DEGREES(.5)", "28.6478897565412"),
)
_float(
    "RADIANS",
    "radians({0})",
    "Turn degrees into radians.",
    page="r_RADIANS",
    example=("RADIANS(180)", "3.14159265358979"),
)
_float(
    "ATAN2",
    "atan2({0}, {1})",
    "Give the arc tangent of a quotient.",
    page="r_ATAN2",
    example=("ATAN2(2, 2) * 4", "3.14159265358979"),
    parameters="number1, number2",
)
for _name in ("POWER", "POW"):
    _float(
        _name,
        "nullif(nullif(pow({0}, {1}), 9e999), -9e999)",
        "Raise a number to a power; the operator ^ does the same.",
        page="r_POWER",
        example=(f"{_name}(2, 3)", "8"),
        partial="POWER",
        parameters="number, exponent",
    )
_float("PI", "pi()", "Give the number pi.", page="r_PI", example=("PI()", "3.14159265358979"), parameters="")


@function(
    "LOG",
    1,
    2,
    "Give the logarithm to base 10, or to another base.",
    heading="log",
    signature="LOG([base,] number)",
    returns=_DOUBLE,
    page="r_LOG",
    example=("LOG(2, 100)", "6.64385618977473"),
)
def _log(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    if len(arguments) == 1:
        return FUNCTIONS["DLOG10"].build(compiler, arguments, node)
    base, value = (_real(compiler, argument, "LOG") for argument in arguments)
    fail = f"streamdialect_undefined('LOG', {base}, {value})"
    return Value(f"coalesce(ln({value}) / nullif(ln({base}), 0), {fail})", types.DOUBLE)


@handles(exp.Pow, "this", "expression")
def _caret(compiler: Compiler, node: exp.Pow) -> Value:
    return FUNCTIONS["POWER"].build(compiler, [node.this, node.expression], node)


@function(
    "MOD",
    2,
    2,
    "Give the remainder; the operator % does the same.",
    signature="MOD(number1, number2)",
    returns="the wider integer type, or DECIMAL",
    page="r_MOD",
    example=("MOD(10.5, 4)", "2.5"),
)
def _mod(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return arithmetic(compiler, "%", compiler.value(arguments[0]), compiler.value(arguments[1]), node)


@function(
    "RANDOM",
    0,
    0,
    "Give a random number from 0.0 to 1.0.",
    volatile=True,
    signature="RANDOM()",
    returns=_DOUBLE,
    page="r_RANDOM",
    example=("RANDOM() BETWEEN 0 AND 1", "true"),
)
def _random(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("((random() & 9007199254740991) / 9007199254740992.0)", types.DOUBLE)


@function(
    "CHECKSUM",
    1,
    1,
    "Give the digits of a DECIMAL as an integer; how AWS computes the rest is not published.",
    signature="CHECKSUM(decimal)",
    returns="INTEGER",
    page="r_CHECKSUM",
    example=("CHECKSUM(109.20)", "10920"),
)
def _checksum(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    if value.type.name != "DECIMAL":
        raise compiler.unsupported(f"CHECKSUM of {value.type}", node)
    units, _ = scaled(value)
    fail = f"streamdialect_fail({units}, 'CHECKSUM of % is not supported')"
    return Value(
        f"CASE WHEN {units} NOT BETWEEN 0 AND 2147483647 THEN {fail} ELSE {units} END",
        types.INTEGER,
        bounds=(0, 2**31 - 1),
    )
