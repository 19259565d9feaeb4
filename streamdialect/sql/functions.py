"""The table of scalar functions: what may be called, with how many arguments, and what becomes of it.

A function that is not in the table is refused by name. The other modules of functions add to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast, numeric_digits
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import compare, condition, unify
from streamdialect.sql.values import Value, checked, null, text_literal
from streamdialect.types import RedshiftType

__all__ = ["FUNCTIONS", "Function", "call", "function", "text_function"]

Build = Callable[[Compiler, list[Node], Node], Value]
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Function:
    """Describe a function that queries may call.

    ``volatile`` functions give another value each time (refused in materialized views). ``native`` ones
    are SQLite's own and keep SQLite's meaning; Redshift has none of that name. ``heading`` is the name of
    an unaliased result column.
    """

    name: str
    least: int
    most: int
    doc: str
    build: Build
    heading: str
    volatile: bool = False
    native: bool = False


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str,
    least: int,
    most: int,
    doc: str,
    *,
    heading: str | None = None,
    volatile: bool = False,
    native: bool = False,
) -> Callable[[Build], Build]:
    """Add a function to the table."""

    def register(build: Build) -> Build:
        FUNCTIONS[name] = Function(name, least, most, doc, build, heading or name.lower(), volatile, native)
        return build

    return register


def call(compiler: Compiler, name: str, arguments: list[Node], node: Node) -> Value:
    """Compile a call by name; raise NotSupportedError for a function that is not in the table."""
    entry = FUNCTIONS.get(name.upper())
    if entry is None:
        raise compiler.unsupported(f"the function {name.lower()}", node)
    if not entry.least <= len(arguments) <= entry.most:
        wanted = str(entry.least) if entry.least == entry.most else f"{entry.least} to {entry.most}"
        if entry.most >= _MANY:
            wanted = f"at least {entry.least}"
        raise compiler.wrong(f"function {name.lower()} takes {wanted} arguments, not {len(arguments)}", node)
    for argument in arguments:
        if isinstance(
            argument, (exp.Star, exp.Distinct, exp.Order, exp.Kwarg, exp.IgnoreNulls, exp.RespectNulls)
        ):
            raise compiler.wrong(f"{type(argument).__name__.upper()} is not allowed in {name.lower()}", node)
    if entry.volatile:
        compiler.volatile.append(name.lower())
    return entry.build(compiler, arguments, node)


@handles(exp.Anonymous, "this", "expressions")
def _anonymous(compiler: Compiler, node: exp.Anonymous) -> Value:
    from streamdialect.sql import aggregates

    name = str(node.this)
    if aggregates.is_aggregate(node):
        return aggregates.aggregate(compiler, node)
    return call(compiler, name, node.expressions, node)


# --- builders for the common shapes ---------------------------------------------------------------


def text_function(
    name: str, template: str, kind: RedshiftType, parameters: str, doc: str, optional: Sequence[str] = ()
) -> None:
    """Add a function that is a template over its arguments.

    ``parameters`` has a letter for each: t text, i integer, n number. ``optional`` gives the SQL of the
    last ones where they are left out.
    """

    # SQLite's own functions convert a bound number to text; ours must be given text.
    ours = "streamdialect_" in template

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts = [
            _argument(compiler, letter, item, name, ours)
            for letter, item in zip(parameters, arguments, strict=False)
        ]
        missing = len(parameters) - len(parts)
        parts += optional[len(optional) - missing :] if missing else []
        return Value(template.format(*parts), kind)

    function(name, len(parameters) - len(optional), len(parameters), doc)(build)


def _argument(compiler: Compiler, letter: str, node: Node, name: str, ours: bool) -> str:
    value = checked(compiler.value(node))
    if letter == "t":
        if value.type.name == "UNKNOWN" and ours:
            return f"CAST({value.sql} AS TEXT)"
        return as_text(value)
    if letter == "i" and not value.type.is_integer and value.type.name != "UNKNOWN":
        return cast(value, types.BIGINT).sql
    if letter == "n" and not value.type.is_numeric and value.type.name != "UNKNOWN":
        if value.type.is_text or value.type.name == "SUPER":
            return cast(value, types.DOUBLE).sql
        raise compiler.wrong(f"function {name.lower()}({str(value.type).lower()}) does not exist", node)
    return value.sql


def _number(compiler: Compiler, node: Node, name: str) -> Value:
    value = checked(compiler.value(node))
    if value.type.is_numeric or value.type.name == "UNKNOWN":
        return value
    if value.type.name == "SUPER" or isinstance(value.literal, str):
        return cast(value, types.DOUBLE)
    raise compiler.wrong(f"function {name.lower()}({str(value.type).lower()}) does not exist", node)


# --- conditionals ---------------------------------------------------------------------------------


@function(
    "COALESCE", 1, _MANY, "Give the first argument that is not NULL (r_NVL_function).", heading="coalesce"
)
@function("NVL", 1, _MANY, "Another name of COALESCE.", heading="coalesce")
@function("IFNULL", 2, 2, "SQLite's name of COALESCE.", heading="coalesce", native=True)
def _coalesce(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    with compiler.maybe():
        values = [compiler.value(argument) for argument in arguments]
    kind, sqls = unify(compiler, values, node, "COALESCE")
    return Value(sqls[0] if len(sqls) == 1 else f"coalesce({', '.join(sqls)})", kind)


@function("NVL2", 3, 3, "Choose by whether the first argument is NULL (r_NVL2).")
def _nvl2(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    test = checked(compiler.value(arguments[0]))
    with compiler.maybe():
        values = [compiler.value(argument) for argument in arguments[1:]]
    kind, sqls = unify(compiler, values, node, "NVL2")
    return Value(f"CASE WHEN {test.sql} IS NOT NULL THEN {sqls[0]} ELSE {sqls[1]} END", kind)


@function("NULLIF", 2, 2, "Give NULL if both arguments are equal (r_NULLIF_function).", heading="nullif")
def _nullif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    left, right = checked(compiler.value(arguments[0])), checked(compiler.value(arguments[1]))
    equal = compare(compiler, "=", left, right, node).sql
    nonzero = right.literal == 0 and not isinstance(right.literal, bool)
    return Value(f"CASE WHEN {equal} THEN NULL ELSE {left.sql} END", left.type, nonzero=nonzero)


@function(
    "DECODE", 3, _MANY, "Compare with search values; NULL matches NULL (r_DECODE_expression).", heading="case"
)
def _decode(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.expressions import case
    from streamdialect.sql.operators import comparable

    tests: list[str] = []
    results: list[Value] = []
    rest = arguments[1:]
    with compiler.maybe():
        subject = compiler.value(arguments[0])
        for search, result in zip(rest[::2], rest[1::2], strict=False):
            left, right = comparable(compiler, subject, compiler.value(search), node, "=")
            tests.append(f"{left} IS {right}")
            results.append(compiler.value(result))
        results.append(compiler.value(rest[-1]) if len(rest) % 2 else null())
    return case(compiler, tests, results, node, "DECODE")


def _extreme(compiler: Compiler, arguments: list[Node], node: Node, name: str) -> Value:
    values = [compiler.value(argument) for argument in arguments]
    kind, sqls = unify(compiler, values, node, name)
    if len(sqls) == 1:
        return Value(sqls[0], kind)
    # SQLite's min and max give NULL for any NULL; Redshift leaves NULLs out.
    chosen = "min" if name == "LEAST" else "max"
    filled = [f"coalesce({', '.join([sql, *sqls[:i], *sqls[i + 1 :]])})" for i, sql in enumerate(sqls)]
    return Value(f"{chosen}({', '.join(filled)})", kind)


@function("GREATEST", 1, 100, "Give the largest argument, leaving NULLs out (r_GREATEST_LEAST).")
def _greatest(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "GREATEST")


@function("LEAST", 1, 100, "Give the smallest argument, leaving NULLs out (r_GREATEST_LEAST).")
def _least(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _extreme(compiler, arguments, node, "LEAST")


@function("IIF", 3, 3, "SQLite's short CASE.", native=True, heading="case")
def _iif(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    from streamdialect.sql.expressions import case

    with compiler.maybe():
        test = condition(compiler, arguments[0], "IIF")
        return case(compiler, [test], [compiler.value(item) for item in arguments[1:]], node, "IIF")


# --- mathematics ----------------------------------------------------------------------------------


@function("ABS", 1, 1, "Give the absolute value.")
def _abs(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _number(compiler, arguments[0], "ABS")
    return Value(f"abs({value.sql})", value.type)


@function("SIGN", 1, 1, "Give -1, 0 or 1.")
def _sign(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _number(compiler, arguments[0], "SIGN")
    kind = types.DOUBLE if value.type.is_float else types.INTEGER
    return Value(f"sign({value.sql})", kind)


def _rounding(compiler: Compiler, arguments: list[Node], name: str) -> Value:
    value = _number(compiler, arguments[0], name)
    if len(arguments) == 1:
        digits = Value("0", types.INTEGER, literal=0)
    else:
        digits = cast(_number(compiler, arguments[1], name), types.INTEGER)
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
        return FUNCTIONS["TRUNC_DATE"].build(compiler, arguments[:1], node)
    return _rounding(compiler, arguments, "TRUNC")


def _whole(compiler: Compiler, arguments: list[Node], name: str) -> Value:
    value = _number(compiler, arguments[0], name)
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
        sql = _number(compiler, arguments[0], name).sql
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
    left, right = _number(compiler, node.this, "^"), _number(compiler, node.expression, "^")
    return Value(f"pow({left.sql}, {right.sql})", types.DOUBLE)


@function("RANDOM", 0, 0, "Give a random number from 0 to 1 (r_RANDOM).", volatile=True)
def _random(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("((random() & 9007199254740991) / 9007199254740992.0)", types.DOUBLE)


# --- SQLite's own ---------------------------------------------------------------------------------
# Those that read 'now' or a modifier count as volatile: a view over a stream must not hold them.


def _native(name: str, least: int, most: int, kind: RedshiftType, doc: str, volatile: bool = False) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts = [checked(compiler.value(argument)).sql for argument in arguments]
        return Value(f"{name.lower()}({', '.join(parts)})", kind)

    function(name, least, most, doc, native=True, volatile=volatile)(build)


_native("STRFTIME", 1, _MANY, types.TEXT, "Format a time by SQLite's rules.", volatile=True)
_native("JULIANDAY", 0, _MANY, types.DOUBLE, "Give SQLite's day number.", volatile=True)
_native("UNIXEPOCH", 0, _MANY, types.BIGINT, "Give seconds since 1970.", volatile=True)
_native("DATETIME", 0, _MANY, types.TEXT, "Give SQLite's date and time text.", volatile=True)
_native("TYPEOF", 1, 1, types.TEXT, "Give SQLite's storage class.")
_native("QUOTE", 1, 1, types.TEXT, "Write a value as an SQLite literal.")
_native("INSTR", 2, 2, types.INTEGER, "Find a text in a text.")
_native("HEX", 1, 1, types.TEXT, "Write bytes as hexadecimal digits.")
_native("PRINTF", 1, _MANY, types.TEXT, "Format values.")
_native("SQLITE_VERSION", 0, 0, types.TEXT, "Give SQLite's version.")
_native("LAST_INSERT_ROWID", 0, 0, types.BIGINT, "Give the last rowid.", volatile=True)
_native("CHANGES", 0, 0, types.BIGINT, "Give the number of changed rows.", volatile=True)
_native("JSON_EXTRACT", 2, _MANY, types.UNKNOWN, "Take values out of JSON by SQLite's paths.")
_native("JSON_QUOTE", 1, 1, types.SUPER, "Write a value as JSON.")
_native("JSON", 1, 1, types.SUPER, "Write JSON compactly.")
_native("JSON_TYPE", 1, 2, types.TEXT, "Give SQLite's name of a JSON type.")
_native("JSON_VALID", 1, 2, types.BOOLEAN, "Tell whether text is JSON.")
_native("JSON_ARRAY", 0, _MANY, types.SUPER, "Make a JSON array.")
_native("JSON_OBJECT", 0, _MANY, types.SUPER, "Make a JSON object.")


@function("VERSION", 0, 0, "Name the database.")
def _version(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("('streamdialect on SQLite ' || sqlite_version())", types.TEXT)


def _session_name(name: str, text: str) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        return Value(text_literal(text), types.varchar(128))

    function(name, 0, 0, f"Give {text!r}: there is one database, one schema and one user.")(build)


_session_name("CURRENT_DATABASE", "main")
_session_name("CURRENT_SCHEMA", "public")
_session_name("CURRENT_USER", "local")
_session_name("USER", "local")
_session_name("SESSION_USER", "local")
