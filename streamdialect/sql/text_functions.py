"""Functions of text and bytes. Source: "String functions" of the Database Developer Guide."""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function, text_function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked, text_literal

__all__: list[str] = []

_T, _I = types.TEXT, types.INTEGER

text_function("LEFT", "substr({0}, 1, max({1}, 0))", _T, "ti", "Give the first characters.")
text_function(
    "RIGHT",
    "CASE WHEN {1} > 0 THEN substr({0}, -{1}) WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN '' END",
    _T,
    "ti",
    "Give the last characters.",
)
text_function("REPLACE", "replace({0}, {1}, {2})", _T, "ttt", "Replace text.")
text_function("STRPOS", "instr({0}, {1})", _I, "tt", "Find a text, from 1; 0 if absent.")
text_function("POSITION", "instr({1}, {0})", _I, "tt", "Find a text, from 1; 0 if absent.")
text_function("ASCII", "unicode({0})", _I, "t", "Give the first character's code point.")
text_function("CHR", "streamdialect_chr({0})", types.varchar(4), "i", "Give the character of a code point.")
text_function("INITCAP", "streamdialect_initcap({0})", _T, "t", "Write words with capitals.")
text_function("REVERSE", "streamdialect_reverse({0})", _T, "t", "Write text backwards.")
text_function("SPLIT_PART", "streamdialect_split_part({0}, {1}, {2})", _T, "tti", "Give one part of a list.")
text_function("LPAD", "streamdialect_lpad({0}, {1}, {2})", _T, "tit", "Fill up on the left.", ("' '",))
text_function("RPAD", "streamdialect_rpad({0}, {1}, {2})", _T, "tit", "Fill up on the right.", ("' '",))
text_function("REPEAT", "streamdialect_repeat({0}, {1})", _T, "ti", "Repeat text.")
text_function("REPLICATE", "streamdialect_repeat({0}, {1})", _T, "ti", "Repeat text.")
text_function(
    "TRANSLATE", "streamdialect_translate({0}, {1}, {2})", _T, "ttt", "Replace characters one by one."
)
text_function("LTRIM", "ltrim({0}, {1})", _T, "tt", "Cut characters off the left.", ("' '",))
text_function("RTRIM", "rtrim({0}, {1})", _T, "tt", "Cut characters off the right.", ("' '",))
text_function("BTRIM", "trim({0}, {1})", _T, "tt", "Cut characters off both sides.", ("' '",))
text_function(
    "REGEXP_REPLACE",
    "streamdialect_regexp_replace({0}, {1}, {2}, {3})",
    _T,
    "ttti",
    "Replace matches.",
    ("''", "1"),
)
text_function(
    "REGEXP_SUBSTR",
    "streamdialect_regexp_substr({0}, {1}, {2}, {3})",
    _T,
    "ttii",
    "Give a match.",
    ("1", "1"),
)
text_function(
    "REGEXP_COUNT", "streamdialect_regexp_count({0}, {1}, {2})", _I, "tti", "Count matches.", ("1",)
)
text_function(
    "REGEXP_INSTR", "streamdialect_regexp_instr({0}, {1}, {2}, {3})", _I, "ttii", "Find a match.", ("1", "1")
)
text_function("QUOTE_LITERAL", "quote({0})", _T, "t", "Write text as a literal.")
text_function("STRTOL", "streamdialect_strtol({0}, {1})", types.BIGINT, "ti", "Read a number of any base.")
text_function("FROM_HEX", "streamdialect_from_hex({0})", types.VARBYTE, "t", "Read hexadecimal digits.")


def _ascii_or(native: str, exact: str) -> str:
    """Use SQLite's function where all characters are ASCII, for it knows no others."""
    return f"CASE WHEN octet_length({{0}}) = length({{0}}) THEN {native}({{0}}) ELSE {exact}({{0}}) END"


text_function("LOWER", _ascii_or("lower", "streamdialect_lower"), _T, "t", "Write in lower case.")
text_function("UPPER", _ascii_or("upper", "streamdialect_upper"), _T, "t", "Write in upper case.")


@function("LEN", 1, 1, "Count characters, or bytes of VARBYTE (r_LEN).")
@function("LENGTH", 1, 1, "Another name of LEN.", heading="length")
@function("CHAR_LENGTH", 1, 1, "Another name of LEN.", heading="length")
@function("CHARACTER_LENGTH", 1, 1, "Another name of LEN.", heading="length")
@function("TEXTLEN", 1, 1, "Another name of LEN.", heading="length")
def _length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    if value.type.name == "VARBYTE":
        return Value(f"length({value.sql})", types.INTEGER)
    text = as_text(value)
    return Value(f"length(rtrim({text}))" if value.type.name == "CHAR" else f"length({text})", types.INTEGER)


@function("OCTET_LENGTH", 1, 1, "Count bytes (r_OCTET_LENGTH).")
def _octet_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    sql = value.sql if value.type.name == "VARBYTE" else as_text(value)
    return Value(f"octet_length({sql})", types.INTEGER)


@function("CONCAT", 2, 2, "Join two texts; NULL if either is (r_CONCAT).")
def _concat(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    left, right = (checked(compiler.value(argument)) for argument in arguments)
    if left.type.name == right.type.name == "VARBYTE":
        return Value(f"CAST({left.sql} || {right.sql} AS BLOB)", types.VARBYTE)
    return Value(f"({as_text(left)} || {as_text(right)})", types.TEXT)


def _substring(compiler: Compiler, text: Node, start: Node | None, length: Node | None) -> Value:
    value = checked(compiler.value(text))
    kind = value.type if value.type.name == "VARBYTE" else types.TEXT
    sql = value.sql if kind.name == "VARBYTE" else as_text(value)
    first = compiler.value(start) if start is not None else Value("1", types.INTEGER, literal=1)
    if not first.type.is_integer and first.type.name != "UNKNOWN":
        raise compiler.unsupported("SUBSTRING by a pattern", text, hint="REGEXP_SUBSTR takes a pattern.")
    begin = first.sql
    if isinstance(first.literal, int) and first.literal >= 1:
        if length is None:
            return Value(f"substr({sql}, {begin})", kind)
        return Value(f"substr({sql}, {begin}, max({compiler.value(length).sql}, 0))", kind)
    # Positions before the first character count towards the length; SQLite would count from the end.
    if length is None:
        return Value(f"substr({sql}, max({begin}, 1))", kind)
    count = compiler.value(length).sql
    return Value(f"substr({sql}, max({begin}, 1), max({count} + min({begin}, 1) - 1, 0))", kind)


@handles(exp.Substring, "this", "start", "length")
def _substring_node(compiler: Compiler, node: exp.Substring) -> Value:
    return _substring(compiler, node.this, node.args.get("start"), node.args.get("length"))


@function(
    "SUBSTR",
    2,
    3,
    "Give a part of a text; positions before 1 count towards the length (r_SUBSTRING).",
    heading="substring",
)
def _substr(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _substring(compiler, arguments[0], arguments[1], arguments[2] if len(arguments) > 2 else None)


@handles(exp.Trim, "this", "expression", "position")
def _trim(compiler: Compiler, node: exp.Trim) -> Value:
    side = str(node.args.get("position") or "BOTH").upper()
    name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[side]
    characters = node.args.get("expression")
    sql = as_text(checked(compiler.value(node.this)))
    mask = text_literal(" ") if characters is None else as_text(compiler.value(characters))
    return Value(f"{name}({sql}, {mask})", types.TEXT)


@handles(exp.StrPosition, "this", "substr")
def _position(compiler: Compiler, node: exp.StrPosition) -> Value:
    text, part = compiler.value(node.this), compiler.value(node.args["substr"])
    return Value(f"instr({as_text(text)}, {as_text(part)})", types.INTEGER)


# --- bytes ----------------------------------------------------------------------------------------


@function("TO_HEX", 1, 1, "Write bytes or an integer as hexadecimal digits (r_TO_HEX).")
def _to_hex(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    if value.type.is_integer:
        return Value(f"printf('%x', {value.sql})", types.varchar(16))
    return Value(f"lower(hex({value.sql}))", types.TEXT)


def _hash(name: str, scalar: str, length: int) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        value = checked(compiler.value(arguments[0]))
        sql = value.sql if value.type.name == "VARBYTE" else as_text(value)
        return Value(f"{scalar}({sql})", types.varchar(length))

    function(name, 1, 1, f"Give the {scalar[14:].upper()} digest in hexadecimal.")(build)


_hash("MD5", "streamdialect_md5", 32)
_hash("SHA", "streamdialect_sha1", 40)
_hash("SHA1", "streamdialect_sha1", 40)
_hash("FUNC_SHA1", "streamdialect_sha1", 40)


@function("SHA2", 2, 2, "Give a SHA-2 digest in hexadecimal (SHA2).")
def _sha2(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value, bits = checked(compiler.value(arguments[0])), cast(compiler.value(arguments[1]), types.INTEGER)
    sql = value.sql if value.type.name == "VARBYTE" else as_text(value)
    return Value(f"streamdialect_sha2({sql}, {bits.sql})", types.varchar(128))
