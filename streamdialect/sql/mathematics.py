"""Mathematical functions. Source: "Math functions" of the Database Developer Guide."""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast, numeric_digits
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function, number, text_function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value

__all__: list[str] = []


@function("ABS", 1, 1, "Give the absolute value.")
def _abs(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = number(compiler, arguments[0], "ABS")
    return Value(f"abs({value.sql})", value.type)


@function("SIGN", 1, 1, "Give -1, 0 or 1.")
def _sign(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = number(compiler, arguments[0], "SIGN")
    kind = types.DOUBLE if value.type.is_float else types.INTEGER
    return Value(f"sign({value.sql})", kind)


def _rounding(compiler: Compiler, arguments: list[Node], name: str) -> Value:
    value = number(compiler, arguments[0], name)
    if len(arguments) == 1:
        digits = Value("0", types.INTEGER, literal=0)
    else:
        digits = cast(number(compiler, arguments[1], name), types.INTEGER)
    operation = "round" if name == "ROUND" else "truncate"
    slow = f"streamdialect_decimal_{operation}({value.exact or value.sql}, {digits.sql})"
    kind = value.type
    if kind.is_integer and digits.literal == 0:
        return value
    if kind.is_float or kind.name == "UNKNOWN":
        return Value(
            f"CAST({slow} AS REAL)" if kind.is_float else slow, kind if kind.is_float else types.DOUBLE
        )
    if kind.name == "DECIMAL" and isinstance(digits.literal, int):
        precision, scale = numeric_digits(kind)
        kept = max(0, min(scale, digits.literal))
        if digits.literal >= scale:
            return value
        return Value(slow, types.decimal(min(38, precision - scale + kept + 1), kept))
    return Value(slow, kind)


@function("ROUND", 1, 2, "Round half away from zero on the exact digits (r_ROUND).")
def _round(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _rounding(compiler, arguments, "ROUND")


@function("TRUNC", 1, 2, "Cut decimal digits off, or the time off a timestamp (r_TRUNC, r_TRUNC_date).")
def _trunc(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = compiler.value(arguments[0])
    if value.type.is_temporal:
        return cast(value, types.DATE)
    return _rounding(compiler, arguments, "TRUNC")


def _whole(compiler: Compiler, arguments: list[Node], name: str) -> Value:
    value = number(compiler, arguments[0], name)
    if value.type.is_integer:
        return value
    kind = types.DOUBLE if value.type.is_float else types.decimal(numeric_digits(value.type)[0], 0)
    return Value(f"{name}({value.sql})", kind)


@function("FLOOR", 1, 1, "Round down.")
def _floor(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _whole(compiler, arguments, "floor")


@function("CEIL", 1, 1, "Round up.")
@function("CEILING", 1, 1, "Round up.", heading="ceil")
def _ceil(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _whole(compiler, arguments, "ceil")


def _domain(name: str, test: str, template: str, message: str, doc: str) -> None:
    """Add a function of one number that raises outside its domain, where SQLite gives NULL."""

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        sql = number(compiler, arguments[0], name).sql
        fail = f"streamdialect_fail({sql}, '{message}')"
        return Value(
            f"CASE WHEN {test.format(sql)} THEN {template.format(sql)} ELSE {fail} END", types.DOUBLE
        )

    function(name, 1, 1, doc)(build)


_domain(
    "SQRT", "{0} >= 0", "sqrt({0})", "cannot take square root of a negative number", "Give the square root."
)
_domain(
    "LN", "{0} > 0", "ln({0})", "cannot take logarithm of zero or a negative number", "Natural logarithm."
)
_domain(
    "LOG",
    "{0} > 0",
    "log10({0})",
    "cannot take logarithm of zero or a negative number",
    "Logarithm to base 10.",
)
_domain("ASIN", "abs({0}) <= 1", "asin({0})", "input is out of range", "Arc sine.")
_domain("ACOS", "abs({0}) <= 1", "acos({0})", "input is out of range", "Arc cosine.")
for _name in ("EXP", "SIN", "COS", "TAN", "ATAN", "DEGREES", "RADIANS"):
    text_function(_name, _name.lower() + "({0})", types.DOUBLE, "n", f"{_name.title()} of a number.")
text_function("ATAN2", "atan2({0}, {1})", types.DOUBLE, "nn", "Arc tangent of a quotient.")
text_function("POWER", "pow({0}, {1})", types.DOUBLE, "nn", "Raise to a power.")
text_function("POW", "pow({0}, {1})", types.DOUBLE, "nn", "Raise to a power.")
text_function("PI", "pi()", types.DOUBLE, "", "The number pi.")


@function("MOD", 2, 2, "Give the remainder (r_MOD).")
def _mod(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.arithmetic import arithmetic

    return arithmetic(compiler, "%", compiler.value(arguments[0]), compiler.value(arguments[1]), node)


@handles(exp.Pow, "this", "expression")
def _caret(compiler: Compiler, node: exp.Pow) -> Value:
    left, right = number(compiler, node.this, "^"), number(compiler, node.expression, "^")
    return Value(f"pow({left.sql}, {right.sql})", types.DOUBLE)


@function("RANDOM", 0, 0, "Give a random number from 0 to 1 (r_RANDOM).", volatile=True)
def _random(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("((random() & 9007199254740991) / 9007199254740992.0)", types.DOUBLE)
