"""Parts of texts, in the syntax that SQL gives them: SUBSTRING, TRIM, POSITION.

Source: ``r_SUBSTRING``, ``r_TRIM``, ``r_POSITION``.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast, text_width
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function, manual
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked, text_literal

__all__: list[str] = []


def _substring(compiler: Compiler, text: Node, start: Node | None, length: Node | None) -> Value:
    value = checked(compiler.value(text))
    kind = value.type if value.type.name == "VARBYTE" else types.varchar(text_width(value))
    sql = value.sql if kind.name == "VARBYTE" else as_text(value)
    first = compiler.value(start) if start is not None else Value("1", types.INTEGER, literal=1)
    if not first.type.is_integer and first.type.name != "UNKNOWN":
        if not first.type.is_numeric:
            raise compiler.unsupported("SUBSTRING by a pattern", text, hint="REGEXP_SUBSTR takes a pattern.")
        first = cast(first, types.BIGINT)
    begin = first.sql
    count = _count(compiler, length) if length is not None else None
    if isinstance(first.literal, int) and first.literal >= 1:
        return Value(f"substr({sql}, {begin})" if count is None else f"substr({sql}, {begin}, {count})", kind)
    # Positions before the first character count towards the length; SQLite would count from the end.
    if count is None:
        return Value(f"substr({sql}, max({begin}, 1))", kind)
    return Value(f"substr({sql}, max({begin}, 1), max({count} + min({begin}, 1) - 1, 0))", kind)


def _count(compiler: Compiler, node: Node) -> str:
    """Compile a number of characters, which must not be negative."""
    value = compiler.value(node)
    if not value.type.is_integer and value.type.name != "UNKNOWN":
        value = cast(value, types.BIGINT)
    if isinstance(value.literal, int):
        if value.literal < 0:
            raise compiler.wrong("negative substring length not allowed", node)
        return value.sql
    fail = f"streamdialect_fail({value.sql}, 'negative substring length not allowed')"
    return f"CASE WHEN {value.sql} < 0 THEN {fail} ELSE {value.sql} END"


@handles(exp.Substring, "this", "start", "length")
def _substring_node(compiler: Compiler, node: exp.Substring) -> Value:
    return _substring(compiler, node.this, node.args.get("start"), node.args.get("length"))


_SUBSTRING = "Give a part of a text or of VARBYTE; positions before 1 count towards the length."
manual(
    "SUBSTRING",
    __name__,
    "SUBSTRING(string, start [, length]) or SUBSTRING(string FROM start [FOR length])",
    "VARCHAR or VARBYTE",
    _SUBSTRING,
    "r_SUBSTRING",
    ("SUBSTRING('caterpillar', 6, 4)", "pill"),
)


@function(
    "SUBSTR",
    2,
    3,
    _SUBSTRING,
    heading="substring",
    signature="SUBSTR(string, start [, length])",
    returns="VARCHAR or VARBYTE",
    page="r_SUBSTR",
    example=("SUBSTR('caterpillar', -2, 6)", "cat"),
)
def _substr(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _substring(compiler, arguments[0], arguments[1], arguments[2] if len(arguments) > 2 else None)


manual(
    "TRIM",
    __name__,
    "TRIM([BOTH | LEADING | TRAILING] [characters FROM] string) or TRIM(string [, characters])",
    "VARCHAR",
    "Cut characters, or blanks, off one end or both ends of a text.",
    "r_TRIM",
    ("TRIM('\"' FROM '\"dog\"')", "dog"),
)


@handles(exp.Trim, "this", "expression", "position")
def _trim(compiler: Compiler, node: exp.Trim) -> Value:
    side = str(node.args.get("position") or "BOTH").upper()
    name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[side]
    characters = node.args.get("expression")
    value = checked(compiler.value(node.this))
    mask = text_literal(" ") if characters is None else as_text(compiler.value(characters))
    return Value(f"{name}({as_text(value)}, {mask})", types.varchar(text_width(value)))


manual(
    "POSITION",
    __name__,
    "POSITION(substring IN string)",
    "INTEGER",
    "Find a text in another; give its place, from 1, or 0.",
    "r_POSITION",
    ("POSITION('fish' IN 'dogfish')", "4"),
)


@handles(exp.StrPosition, "this", "substr")
def _position(compiler: Compiler, node: exp.StrPosition) -> Value:
    text, part = compiler.value(node.this), compiler.value(node.args["substr"])
    return Value(f"instr({as_text(text)}, {as_text(part)})", types.INTEGER)
