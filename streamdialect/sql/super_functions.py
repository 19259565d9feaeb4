"""Functions over SUPER values: serialisation, introspection, arithmetic functions.

Source: ``query-super`` ("Types of introspection"), ``operators-functions`` and the pages they link.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import DYNAMIC, Build, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, checked
from streamdialect.types import INTEGER_BOUNDS, VARCHAR_MAX, RedshiftType

__all__ = ["json_type", "super_argument", "super_operand"]


def super_argument(compiler: Compiler, node: Node) -> Value:
    """Compile an argument as SUPER; raise NotSupportedError for a type that cannot be one."""
    return super_operand(checked(compiler.value(node)))


def super_operand(value: Value) -> Value:
    """Cast a value to SUPER."""
    return value if value.type.name == "SUPER" or value.is_null else cast(value, types.SUPER)


def json_type(value: Value) -> str:
    """Give SQLite's name of a SUPER value's type."""
    path = value.json or JsonPath(value.sql, "'$'")
    kind = f"json_type({path.document}, {path.path})"
    return kind if path.guard is None else f"CASE WHEN {path.guard} THEN {kind} ELSE {path.complaint} END"


# --- serialisation --------------------------------------------------------------------------------


@function(
    "JSON_SERIALIZE",
    1,
    1,
    "Write SUPER as compact JSON text; raise where that is longer than VARCHAR may be.",
    signature="JSON_SERIALIZE(super)",
    returns="VARCHAR",
    page="JSON_SERIALIZE",
    example=("""JSON_SERIALIZE(JSON_PARSE('{"a": [1, 2.50]}'))""", '{"a":[1,2.50]}'),
)
def _json_serialize(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    text = f"coalesce({super_argument(compiler, arguments[0]).sql}, 'null')"
    fail = f"streamdialect_fail(octet_length({text}), 'JSON_SERIALIZE: % bytes exceed the limit of VARCHAR')"
    return Value(f"CASE WHEN octet_length({text}) <= {VARCHAR_MAX} THEN {text} ELSE {fail} END", types.TEXT)


@function(
    "JSON_SERIALIZE_TO_VARBYTE",
    1,
    1,
    "Write SUPER as compact JSON in bytes.",
    signature="JSON_SERIALIZE_TO_VARBYTE(super)",
    returns="VARBYTE",
    page="JSON_SERIALIZE_TO_VARBYTE",
    example=("JSON_SERIALIZE_TO_VARBYTE(JSON_PARSE('[1]'))", "5b315d"),
)
def _serialize_bytes(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    text = f"coalesce({super_argument(compiler, arguments[0]).sql}, 'null')"
    return Value(f"CAST({text} AS BLOB)", types.VARBYTE)


@function(
    "JSON_SIZE",
    1,
    1,
    "Count the bytes of SUPER's JSON text.",
    signature="JSON_SIZE(super)",
    returns="INTEGER",
    page="r_json_size",
    example=("JSON_SIZE(JSON_PARSE('[10001,10002,\"\u2b24\"]'))", "19"),
)
def _json_size(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(
        f"octet_length(coalesce({super_argument(compiler, arguments[0]).sql}, 'null'))", types.INTEGER
    )


# --- introspection --------------------------------------------------------------------------------


@function(
    "JSON_TYPEOF",
    1,
    1,
    "Name a SUPER value's type: boolean, number, string, object, array or null.",
    signature="JSON_TYPEOF(super)",
    returns="VARCHAR",
    page="r_json_typeof",
    example=("JSON_TYPEOF(ARRAY(1,2))", "array"),
)
def _json_typeof(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    kind = json_type(super_argument(compiler, arguments[0]))
    return Value(
        f"CASE {kind} WHEN 'text' THEN 'string' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' "
        f"WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE {kind} END",
        types.varchar(16),
    )


def _type_test(name: str, accepted: str, doc: str, example: tuple[str, str]) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        kind = json_type(super_argument(compiler, arguments[0]))
        return boolean(f"coalesce({kind} IN ({accepted}), 0)")

    _introspection(name, doc, example, build)


def _introspection(name: str, doc: str, example: tuple[str, str], build: Build) -> None:
    page = f"r_{name.lower()}"
    signature = f"{name}(super)"
    function(
        name, 1, 1, doc, signature=signature, returns="BOOLEAN", page=page, example=(example[0], example[1])
    )(build)


_NUMBER = "'integer', 'real'"
_type_test("IS_ARRAY", "'array'", "Tell whether SUPER is an array.", ("IS_ARRAY(ARRAY(1,2))", "true"))
_type_test("IS_OBJECT", "'object'", "Tell whether SUPER is an object.", ("IS_OBJECT(ARRAY(1,2))", "false"))
_type_test(
    "IS_SCALAR",
    f"'text', {_NUMBER}, 'true', 'false'",
    "Tell whether SUPER is a scalar; false for null.",
    ('IS_SCALAR(JSON_PARSE(\'{"name": "Joe"}\').name)', "true"),
)
_type_test(
    "IS_BOOLEAN", "'true', 'false'", "Tell whether SUPER is a boolean.", ("IS_BOOLEAN(TRUE::SUPER)", "true")
)
_type_test("IS_VARCHAR", "'text'", "Tell whether SUPER is a string.", ("IS_VARCHAR('abc'::SUPER)", "true"))


def _value_test(name: str, test: str, doc: str, example: tuple[str, str]) -> None:
    """Add a test of a value's JSON text ``{0}`` and of what SQLite reads of it, ``{1}``."""

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        value = super_argument(compiler, arguments[0])
        plain = (value.json or JsonPath(value.sql, "'$'")).take("->>")
        return boolean(f"coalesce({test.format(value.sql, plain, json_type(value))}, 0)")

    _introspection(name, doc, example, build)


_IN_RANGE = "{{2}} = 'integer' AND typeof({{1}}) = 'integer' AND {{1}} BETWEEN {0} AND {1}"
for _name, _written in (("SMALLINT", "5"), ("INTEGER", "5"), ("BIGINT", "5")):
    _value_test(
        f"IS_{_name}",
        _IN_RANGE.format(*INTEGER_BOUNDS[_name]),
        f"Tell whether SUPER is a number without decimals in the range of {_name}.",
        (f"IS_{_name}({_written}::SUPER)", "true"),
    )
_HAS_EXPONENT = "instr(lower({0}), 'e')"
_value_test(
    "IS_DECIMAL",
    f"{{2}} IN ({_NUMBER}) AND NOT {_HAS_EXPONENT}",
    "Tell whether SUPER is a number that is no floating-point number.",
    ("IS_DECIMAL(1.22::SUPER)", "true"),
)
_value_test(
    "IS_FLOAT",
    f"{{2}} IN ({_NUMBER}) AND {_HAS_EXPONENT} > 0",
    "Tell whether SUPER is a floating-point number.",
    ("IS_FLOAT(2.22::FLOAT::SUPER)", "true"),
)
_value_test(
    "IS_CHAR",
    "{2} = 'text' AND length({1}) = octet_length({1})",
    "Tell whether SUPER is a string of ASCII characters only.",
    ("IS_CHAR('t'::SUPER)", "true"),
)


def _decimal_part(name: str, part: str, doc: str, result: str) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        value = super_argument(compiler, arguments[0])
        return Value(f"streamdialect_super_decimal_part('{part}', {value.sql})", types.INTEGER)

    function(
        name,
        1,
        1,
        doc,
        signature=f"{name}(super)",
        returns="INTEGER",
        page=f"r_{name.lower()}",
        example=(f"{name}(3.14159::SUPER)", result),
    )(build)


_decimal_part("DECIMAL_PRECISION", "precision", "Count the digits of a SUPER decimal.", "6")
_decimal_part("DECIMAL_SCALE", "scale", "Count the digits of a SUPER decimal after the point.", "5")


@function(
    "GET_ARRAY_LENGTH",
    1,
    1,
    "Count the elements of a SUPER array; NULL for anything else.",
    signature="GET_ARRAY_LENGTH(super)",
    returns="BIGINT",
    page="get_array_length",
    example=("GET_ARRAY_LENGTH(ARRAY(1,2,3,4,5,6,7,8,9,10))", "10"),
)
def _get_array_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = super_argument(compiler, arguments[0])
    return Value(
        f"CASE WHEN {json_type(value)} = 'array' THEN json_array_length({value.sql}) END", types.BIGINT
    )


@function(
    "GET_NUMBER_ATTRIBUTES",
    1,
    1,
    "Count the attributes of a SUPER object, not those of objects in it; NULL for anything else.",
    signature="GET_NUMBER_ATTRIBUTES(super)",
    returns="INTEGER",
    page="get_number_attributes",
    example=("""GET_NUMBER_ATTRIBUTES(JSON_PARSE('{"a": 1, "b": {"c": 3}}'))""", "2"),
)
def _number_attributes(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = super_argument(compiler, arguments[0])
    count = f"(SELECT count(*) FROM json_each({value.sql}))"
    return Value(f"CASE WHEN {json_type(value)} = 'object' THEN {count} END", types.INTEGER)


# --- arithmetic functions -------------------------------------------------------------------------


def _rounding(name: str) -> Build:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        digits = ""
        if len(arguments) > 1:
            digits = f", {cast(checked(compiler.value(arguments[1])), _DIGITS).sql}"
        sql = f"streamdialect_super_round('{name}', {super_argument(compiler, arguments[0]).sql}{digits})"
        return Value(sql, types.SUPER)

    return build


_DIGITS: RedshiftType = types.INTEGER
for _function, _operation in (
    ("ABS", "abs"),
    ("CEIL", "ceil"),
    ("CEILING", "ceil"),
    ("FLOOR", "floor"),
    ("ROUND", "round"),
    ("TRUNC", "trunc"),
):
    DYNAMIC[_function] = _rounding(_operation)
