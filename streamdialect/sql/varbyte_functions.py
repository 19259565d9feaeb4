"""VARBYTE: functions, operators and text forms.

Source: ``r_VARBYTE_type``, ``r_VARBYTE_OPERATORS`` and "VARBYTE functions" of the Database Developer Guide.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.casts import as_text, cast
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, boolean, checked

__all__ = ["bits", "concatenated", "decoded", "inverted"]

_FORMATS = {"utf-8": "utf8", "utf8": "utf8", "hex": "hex", "binary": "binary"}


def decoded(compiler: Compiler, value: Value) -> str:
    """Decode VARBYTE as UTF-8; while a stream is ingested, its batches have been checked already."""
    if compiler.decode is not None:
        shared = compiler.decode(value.sql)
        if shared is not None:
            return shared
    return f"streamdialect_utf8({value.sql})"


def _format(compiler: Compiler, node: Node, name: str) -> str:
    value = compiler.value(node)
    text = value.literal.lower() if isinstance(value.literal, str) else None
    if text not in _FORMATS:
        raise compiler.unsupported(f"{name} with a format other than 'hex', 'binary', 'utf-8'", node)
    return _FORMATS[text]


def _bytes(compiler: Compiler, node: Node, name: str, *, literal: bool = False) -> Value:
    """Compile an argument that is VARBYTE; some pages pass a text literal."""
    value = checked(compiler.value(node))
    if literal and isinstance(value.literal, str):
        return cast(value, types.VARBYTE)
    if value.type.name not in ("VARBYTE", "UNKNOWN"):
        raise compiler.wrong(
            f"function {name}({str(value.type).lower()}) does not exist",
            node,
            hint="Cast it: value::VARBYTE.",
        )
    return value


def _text_argument(compiler: Compiler, node: Node, name: str) -> str:
    value = checked(compiler.value(node))
    if value.type.name == "UNKNOWN":
        return f"CAST({value.sql} AS TEXT)"
    if not value.type.is_text:
        raise compiler.wrong(f"function {name}({str(value.type).lower()}) does not exist", node)
    return as_text(value)


@function(
    "FROM_VARBYTE",
    2,
    2,
    "Write bytes as text: hex, binary, utf-8 or utf8.",
    signature="FROM_VARBYTE(binary_value, format)",
    returns="VARCHAR",
    page="r_FROM_VARBYTE",
    example=("FROM_VARBYTE(FROM_HEX('4d'), 'binary')", "01001101"),
)
def _from_varbyte(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    form = _format(compiler, arguments[1], "from_varbyte")
    if value.type.is_text:
        value = cast(value, types.VARBYTE)
    elif value.type.name not in ("VARBYTE", "UNKNOWN"):
        raise compiler.wrong(f"function from_varbyte({str(value.type).lower()}) does not exist", node)
    if form == "utf8":
        return Value(decoded(compiler, value), types.TEXT)
    if form == "hex":
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN lower(hex({value.sql})) END", types.TEXT)
    return Value(f"streamdialect_to_binary({value.sql})", types.TEXT)


@function(
    "TO_VARBYTE",
    2,
    2,
    "Read text as bytes: hex, binary, utf-8 or utf8.",
    signature="TO_VARBYTE(string, format)",
    returns="VARBYTE",
    page="r_TO_VARBYTE",
    example=("TO_VARBYTE('01001101', 'binary')", "4d"),
)
def _to_varbyte(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    text = _text_argument(compiler, arguments[0], "to_varbyte")
    form = _format(compiler, arguments[1], "to_varbyte")
    if form == "utf8":
        return Value(f"CAST({text} AS BLOB)", types.VARBYTE)
    return Value(f"streamdialect_from_{form}({text})", types.VARBYTE)


@function(
    "FROM_HEX",
    1,
    1,
    "Read hexadecimal digits as bytes.",
    signature="FROM_HEX(hex_string)",
    returns="VARBYTE",
    page="r_FROM_HEX",
    example=("FROM_HEX('6162')", "6162"),
)
def _from_hex(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(
        f"streamdialect_from_hex({_text_argument(compiler, arguments[0], 'from_hex')})", types.VARBYTE
    )


@function(
    "TO_HEX",
    1,
    1,
    "Write bytes or an integer as hexadecimal digits.",
    signature="TO_HEX(value)",
    returns="VARCHAR",
    page="r_TO_HEX",
    example=("TO_HEX(2147676847)", "8002f2af"),
)
def _to_hex(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    if value.type.is_integer:
        # A negative number has as many digits as its type has bytes.
        masked = value.sql if value.type.name == "BIGINT" else f"{value.sql} & {2**32 - 1}"
        return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN printf('%x', {masked}) END", types.varchar(16))
    value = _bytes(compiler, arguments[0], "to_hex", literal=True)
    return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN lower(hex({value.sql})) END", types.TEXT)


@function(
    "GETBIT",
    2,
    2,
    "Give one bit of a VARBYTE value, counted from its last, from 0.",
    signature="GETBIT(binary_value, index)",
    returns="INTEGER",
    page="r_GETBIT",
    example=("GETBIT(FROM_HEX('4d'), 2)", "1"),
)
def _getbit(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _bytes(compiler, arguments[0], "getbit")
    index = cast(checked(compiler.value(arguments[1])), types.INTEGER)
    return Value(f"streamdialect_getbit({value.sql}, {index.sql})", types.INTEGER)


@function(
    "IS_UTF8",
    1,
    1,
    "Tell whether bytes are UTF-8.",
    signature="IS_UTF8(binary_value)",
    returns="BOOLEAN",
    page="materialized-view-streaming-ingestion",
    example=("IS_UTF8(FROM_HEX('ff'))", "false"),
)
def _is_utf8(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    sql = _bytes(compiler, arguments[0], "is_utf8").sql
    return boolean(f"CASE WHEN {sql} IS NOT NULL THEN streamdialect_try_utf8({sql}) IS NOT NULL END")


# --- operators ------------------------------------------------------------------------------------


def concatenated(compiler: Compiler, left: Value, right: Value, node: Node) -> Value:
    """Join two values of which one is VARBYTE; the other must be, too."""
    for value in (left, right):
        if value.type.name not in ("VARBYTE", "UNKNOWN"):
            a, b = str(left.type).lower(), str(right.type).lower()
            raise compiler.wrong(
                f"operator does not exist: {a} || {b}", node, hint="Cast it: value::VARBYTE."
            )
    return Value(f"CAST({left.sql} || {right.sql} AS BLOB)", types.VARBYTE)


def bits(compiler: Compiler, operator: str, left: Value, right: Value, node: Node) -> Value:
    """Compile ``&``, ``|`` or ``#`` of two VARBYTE values."""
    for value in (left, right):
        if value.type.name not in ("VARBYTE", "UNKNOWN"):
            a, b = str(left.type).lower(), str(right.type).lower()
            raise compiler.wrong(f"operator does not exist: {a} {operator} {b}", node)
    return Value(f"streamdialect_combine('{operator}', {left.sql}, {right.sql})", types.VARBYTE)


def inverted(value: Value) -> Value:
    """Negate every bit of a VARBYTE value."""
    return Value(f"streamdialect_invert({value.sql})", value.type)
