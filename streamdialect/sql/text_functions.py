"""Functions of text. Source: "String functions" of the Database Developer Guide."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast, text_width
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import Example, function, manual
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked
from streamdialect.sql.varbyte_functions import concatenated
from streamdialect.types import RedshiftType

__all__: list[str] = []

_T, _I = types.TEXT, types.INTEGER
_BLANK = ("' '",)


def _argument(compiler: Compiler, letter: str, node: Node, ours: bool) -> Value:
    """Compile an argument that is text (``t``) or an integer (``i``)."""
    value = checked(compiler.value(node))
    if letter == "i":
        known = value.type.is_integer or value.type.name == "UNKNOWN"
        return value if known else cast(value, types.BIGINT)
    _check_text(compiler, value, node)
    if value.type.name == "UNKNOWN":
        # SQLite's own functions convert a bound number to text; ours must be given text.
        return Value(f"CAST({value.sql} AS TEXT)" if ours else value.sql, _T)
    return Value(as_text(value), types.varchar(text_width(value)), literal=value.literal)


def _check_text(compiler: Compiler, value: Value, node: Node) -> None:
    """Refuse what has no implicit conversion to text (``c_Supported_data_types``)."""
    if value.type.name in ("BOOLEAN", "VARBYTE"):
        raise compiler.wrong(f"no implicit conversion of {value.type.name} to text", node)


def _text(
    name: str,
    template: str,
    kind: RedshiftType | None,
    parameters: str,
    doc: str,
    optional: Sequence[str] = (),
    *,
    signature: str,
    page: str,
    example: Example,
    heading: str | None = None,
) -> None:
    """Add a function that is a template over its arguments; a ``kind`` of None is the first one's width."""
    ours = "streamdialect_" in template

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        values = [
            _argument(compiler, letter, item, ours)
            for letter, item in zip(parameters, arguments, strict=False)
        ]
        missing = len(parameters) - len(values)
        given = [value.sql for value in values] + list(optional[len(optional) - missing :] if missing else ())
        return Value(template.format(*given), kind or values[0].type)

    returns = "VARCHAR" if kind is None else str(kind).partition("(")[0]
    least = len(parameters) - len(optional)
    function(name, least, len(parameters), doc, heading=heading)(build)
    manual(name, __name__, signature, returns, doc, page, example)


_text(
    "LEFT",
    "substr({0}, 1, max({1}, 0))",
    None,
    "ti",
    "Give the first characters of a text.",
    signature="LEFT(string, integer)",
    page="r_LEFT",
    example=("LEFT('Chicago', 5)", "Chica"),
)
_text(
    "RIGHT",
    "CASE WHEN {1} > 0 THEN substr({0}, -{1}) WHEN {1} IS NOT NULL AND {0} IS NOT NULL THEN '' END",
    None,
    "ti",
    "Give the last characters of a text.",
    signature="RIGHT(string, integer)",
    page="r_LEFT",
    example=("RIGHT('Chicago', 5)", "icago"),
)
_text(
    "REPLACE",
    "replace({0}, {1}, {2})",
    _T,
    "ttt",
    "Replace every occurrence of a text by another.",
    signature="REPLACE(string, old, new)",
    page="r_REPLACE",
    example=("REPLACE('Shows', 'Shows', 'Theatre')", "Theatre"),
)
_text(
    "STRPOS",
    "instr({0}, {1})",
    _I,
    "tt",
    "Find a text in another; give its place, from 1, or 0.",
    signature="STRPOS(string, substring)",
    page="r_STRPOS",
    example=("STRPOS('dogfish', 'fish')", "4"),
)
_text(
    "CHARINDEX",
    "instr({1}, {0})",
    _I,
    "tt",
    "Find a text in another; give its place, from 1, or 0.",
    signature="CHARINDEX(substring, string)",
    page="r_CHARINDEX",
    example=("CHARINDEX('fish', 'dogfish')", "4"),
)
_text(
    "OCTETINDEX",
    "instr(CAST({1} AS BLOB), CAST({0} AS BLOB))",
    _I,
    "tt",
    "Find a text in another; give its place in bytes, from 1, or 0.",
    signature="OCTETINDEX(substring, string)",
    page="OCTETINDEX",
    example=("OCTETINDEX('AWS', 'Άμαζον AWS')", "14"),
)
_text(
    "ASCII",
    "CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END",
    _I,
    "t",
    "Give the code point of the first character, 0 for empty text.",
    signature="ASCII(string)",
    page="r_ASCII",
    example=("ASCII('amazon')", "97"),
)
# A table of ASCII: the page says NULL for any other number.
_text(
    "CHR",
    "CASE WHEN {0} BETWEEN 1 AND 127 THEN char({0})"
    " WHEN {0} = 0 THEN streamdialect_fail({0}, 'null character not permitted') END",
    types.varchar(1),
    "i",
    "Give the ASCII character of a number, NULL for a number that has none.",
    signature="CHR(number)",
    page="r_CHR",
    example=("CHR(65)", "A"),
)
_text(
    "INITCAP",
    "streamdialect_initcap({0})",
    None,
    "t",
    "Write each word with a capital; anything but letters and digits parts words.",
    signature="INITCAP(string)",
    page="r_INITCAP",
    example=("INITCAP('nibh.enim@egestas.ca')", "Nibh.Enim@Egestas.Ca"),
)
_text(
    "REVERSE",
    "streamdialect_reverse({0})",
    None,
    "t",
    "Write a text backwards.",
    signature="REVERSE(expression)",
    page="r_REVERSE",
    example=("REVERSE('abcde')", "edcba"),
)
_text(
    "SPLIT_PART",
    "streamdialect_split_part({0}, {1}, {2})",
    None,
    "tti",
    "Give one part of a text, from 1, or empty text if it has fewer.",
    signature="SPLIT_PART(string, delimiter, position)",
    page="SPLIT_PART",
    example=("SPLIT_PART('abc$def$ghi', '$', 2)", "def"),
)
for _name, _side, _shown in (("LPAD", "left", "00042"), ("RPAD", "right", "42000")):
    _text(
        _name,
        f"streamdialect_{_name.lower()}({{0}}, {{1}}, {{2}})",
        _T,
        "tit",
        f"Fill a text up on the {_side} to a number of characters, or cut its end off.",
        _BLANK,
        signature=f"{_name}(string, length [, filling])",
        page="r_LPAD",
        example=(f"{_name}('42', 5, '0')", _shown),
    )
for _name in ("REPEAT", "REPLICATE"):
    _text(
        _name,
        "streamdialect_repeat({0}, {1})",
        _T,
        "ti",
        "Repeat a text.",
        signature=f"{_name}(string, integer)",
        page=f"r_{_name}",
        example=(f"{_name}('ab', 3)", "ababab"),
    )
_text(
    "TRANSLATE",
    "streamdialect_translate({0}, {1}, {2})",
    _T,
    "ttt",
    "Replace characters one by one; those without a partner go.",
    signature="TRANSLATE(expression, characters, substitutes)",
    page="r_TRANSLATE",
    example=("TRANSLATE('mint tea', 'inea', 'osin')", "most tin"),
)
for _name, _native, _side, _page, _shown in (
    ("LTRIM", "ltrim", "the left", "r_LTRIM", "axyz"),
    ("RTRIM", "rtrim", "the right", "r_RTRIM", "xyza"),
    ("BTRIM", "trim", "both ends", "r_BTRIM", "a"),
):
    _text(
        _name,
        f"{_native}({{0}}, {{1}})",
        None,
        "tt",
        f"Cut characters, or blanks, off {_side} of a text.",
        _BLANK,
        signature=f"{_name}(string [, characters])",
        page=_page,
        example=(f"{_name}('xyzaxyz', 'xyz')", _shown),
    )
_text(
    "QUOTE_LITERAL",
    "('''' || replace(replace({0}, '\\', '\\\\'), '''', '''''') || '''')",
    _T,
    "t",
    "Write a text as a literal.",
    signature="QUOTE_LITERAL(string)",
    page="r_QUOTE_LITERAL",
    example=("QUOTE_LITERAL('it''s')", "'it''s'"),
)
_text(
    "QUOTE_IDENT",
    "CASE WHEN {0} GLOB '[a-z_]*' AND {0} NOT GLOB '*[^a-z0-9_$]*' THEN {0}"
    " ELSE '\"' || replace({0}, '\"', '\"\"') || '\"' END",
    _T,
    "t",
    "Write a name, in double quotes where it needs them.",
    signature="QUOTE_IDENT(string)",
    page="r_QUOTE_IDENT",
    example=("QUOTE_IDENT('MLB')", '"MLB"'),
)
_text(
    "STRTOL",
    "streamdialect_strtol({0}, {1})",
    types.BIGINT,
    "ti",
    "Read a number of any base from 2 to 36.",
    signature="STRTOL(string, base)",
    page="r_STRTOL",
    example=("STRTOL('abcd1234', 16)", "2882343476"),
)
_text(
    "SOUNDEX",
    "streamdialect_soundex({0})",
    types.varchar(4),
    "t",
    "Give the American Soundex code of the English letters of a text.",
    signature="SOUNDEX(string)",
    page="SOUNDEX",
    example=("SOUNDEX('AWS Amazon')", "A252"),
)
_text(
    "DIFFERENCE",
    "streamdialect_difference({0}, {1})",
    _I,
    "tt",
    "Count the places in which the Soundex codes of two texts agree.",
    signature="DIFFERENCE(string, string)",
    page="DIFFERENCE",
    example=("DIFFERENCE('AC/DC', 'Ay See Dee See')", "4"),
)
for _name in ("BPCHARCMP", "BTTEXT_PATTERN_CMP"):
    _text(
        _name,
        "CASE WHEN {0} COLLATE RTRIM = {1} THEN 0 WHEN {0} COLLATE RTRIM < {1} THEN -1"
        " WHEN {0} COLLATE RTRIM > {1} THEN 1 END",
        _I,
        "tt",
        "Compare two texts by their bytes: -1, 0 or 1.",
        signature=f"{_name}(string, string)",
        page=f"r_{_name}",
        example=(f"{_name}('Rafael', 'Taylor')", "-1"),
    )


def _recased(name: str, native: str, exact: str, doc: str, example: Example) -> None:
    @function(
        name,
        1,
        1,
        doc,
        signature=f"{name}(string)",
        returns="CHAR or VARCHAR",
        page=f"r_{name}",
        example=example,
    )
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        value = checked(compiler.value(arguments[0]))
        sql = as_text(value)
        kind = value.type if value.type.name == "CHAR" else types.varchar(text_width(value))
        # SQLite's function knows ASCII only.
        return Value(
            f"CASE WHEN octet_length({sql}) = length({sql}) THEN {native}({sql}) ELSE {exact}({sql}) END",
            kind,
        )


_recased("LOWER", "lower", "streamdialect_lower", "Write a text in lower case.", ("LOWER('MLB')", "mlb"))
_recased("UPPER", "upper", "streamdialect_upper", "Write a text in upper case.", ("UPPER('Pop')", "POP"))


# --- lengths --------------------------------------------------------------------------------------


def _length_function(name: str, page: str, heading: str) -> None:
    doc = "Count the characters of a text, or the bytes of VARBYTE; blanks at the end of CHAR do not count."

    @function(
        name,
        1,
        1,
        doc,
        heading=heading,
        signature=f"{name}(expression)",
        returns="INTEGER",
        page=page,
        example=(f"{name}('cat   ')", "6"),
    )
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        value = checked(compiler.value(arguments[0]))
        sql = value.sql if value.type.name == "VARBYTE" else as_text(value)
        return Value(f"length({sql})", types.INTEGER)


for _name, _heading in (
    ("LEN", "len"),
    *((n, "length") for n in ("LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH", "TEXTLEN")),
):
    _length_function(_name, f"r_{_name}", _heading)


@function(
    "OCTET_LENGTH",
    1,
    1,
    "Count the bytes of a text or of VARBYTE; blanks at the end of CHAR do not count.",
    signature="OCTET_LENGTH(expression)",
    returns="INTEGER",
    page="r_OCTET_LENGTH",
    example=("OCTET_LENGTH('français')", "9"),
)
def _octet_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    sql = value.sql if value.type.name == "VARBYTE" else as_text(value)
    return Value(f"octet_length({sql})", types.INTEGER)


# --- concatenation --------------------------------------------------------------------------------


@function(
    "CONCAT",
    2,
    2,
    "Join two texts or two VARBYTE values; NULL if either is.",
    signature="CONCAT(expression, expression)",
    returns="VARCHAR or VARBYTE",
    page="r_CONCAT",
    example=("CONCAT('December 25, ', '2008')", "December 25, 2008"),
)
def _concat(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    left, right = (compiler.value(argument) for argument in arguments)
    return joined(compiler, left, right, node)


@handles(exp.DPipe, "this", "expression", "safe")
def _concatenation(compiler: Compiler, node: exp.DPipe) -> Value:
    return joined(compiler, compiler.value(node.this), compiler.value(node.expression), node)


def joined(compiler: Compiler, left: Value, right: Value, node: Node) -> Value:
    """Join two values: as bytes if both are VARBYTE, else as text."""
    left, right = checked(left), checked(right)
    if "VARBYTE" in (left.type.name, right.type.name):
        return concatenated(compiler, left, right, node)
    for value in (left, right):
        _check_text(compiler, value, node)
    width = min(text_width(left) + text_width(right), types.VARCHAR_MAX)
    return Value(f"({as_text(left)} || {as_text(right)})", types.varchar(max(width, 1)))
