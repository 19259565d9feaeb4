"""JSON text functions, and JSON_PARSE.

Source: ``JSON_PARSE``, ``CAN_JSON_PARSE``, ``JSON_EXTRACT_PATH_TEXT`` and the pages they link. SQLite also reads
JSON5: wherever text is taken as JSON, ``json_valid`` guards it; it shares SQLite's cache of parsed JSON, so it
costs next to nothing.
"""

from __future__ import annotations

import re

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast
from streamdialect.sql.columns import escaped, path_key
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, checked, text_literal
from streamdialect.sql.varbyte_functions import decoded
from streamdialect.types import VARCHAR_MAX

__all__: list[str] = []

_MAX_KEYS = 5
_INDEX = re.compile(r"(0|[1-9]\d{0,17})\Z", re.A)
# Up to this length, and without objects in arrays, comparing with json_patch's result is the cheapest test.
_PATCHED_FLAT, _PATCHED_NESTED = 500, 2_000


def _document(compiler: Compiler, node: Node) -> str:
    """Compile the text of a JSON document, from text or VARBYTE."""
    value = compiler.value(node)
    if value.type.name == "VARBYTE":
        return decoded(compiler, value)
    if value.type.is_text or value.type.name == "UNKNOWN":
        return value.sql
    if value.type.name == "SUPER":
        return value.sql
    raise compiler.wrong(f"JSON text must be VARCHAR or VARBYTE, not {value.type}", node)


def _text_of(compiler: Compiler, node: Node) -> str:
    """Decode without raising, for tests of validity."""
    value = compiler.value(node)
    if value.type.name == "VARBYTE":
        shared = compiler.decode(value.sql) if compiler.decode is not None else None
        return shared or f"streamdialect_try_utf8({value.sql})"
    return as_text(value)


def _fits(document: str) -> str:
    """Write the test that no object has duplicate attributes, and no string is too long (JSON_PARSE).

    A patch drops duplicates (and nulls), so what it gives back unchanged has none; it leaves alone what is in
    arrays, and its time grows with the square of the number of attributes. json_each and json_tree see everything,
    but not through escapes.
    """
    # Where objects are nested a patch is the fastest for longer; a null makes it say nothing.
    nested = f"{document} GLOB '?*{{*' AND {document} NOT GLOB '*null*'"
    length = f"octet_length({document})"
    short = f"({length} < {_PATCHED_FLAT} OR {length} < {_PATCHED_NESTED} AND {nested})"
    patched = f"{short} AND {document} NOT GLOB '*[[]*{{*'"
    plain = f"octet_length({document}) <= {VARCHAR_MAX} AND {document} NOT GLOB '*\\*'"
    flat = f"(SELECT count(*) = count(DISTINCT key) FROM json_each({document}))"
    # By the number of the object that it is in: to write its path would take longer than to parse the document.
    attributes = f"json_tree({document}) WHERE typeof(key) = 'text'"
    deep = f"(SELECT count(*) = count(DISTINCT parent || ' ' || key) FROM {attributes})"
    return (
        f"CASE WHEN {patched} AND jsonb({document}) = jsonb_patch('{{}}', {document}) THEN 1 "
        f"WHEN {plain} AND {document} NOT GLOB '?*{{*' AND {document} GLOB '{{*' THEN {flat} "
        f"WHEN {plain} THEN {deep} ELSE streamdialect_json_fits({document}) END"
    )


def _parseable(document: str) -> str:
    """Write the test that JSON_PARSE succeeds, in one form, so that WHERE CAN_JSON_PARSE spares its own."""
    # A CASE, because AND may compute both of its sides, and json_tree raises for what is no JSON.
    return f"(CASE WHEN json_valid({document}) THEN {_fits(document)} ELSE {_invalid(document)} END)"


def _invalid(document: str) -> str:
    """Write NULL for NULL, which json_valid calls invalid before SQLite 3.45, else false."""
    return f"({document} IS NULL AND NULL)"


@function(
    "JSON_PARSE",
    1,
    1,
    "Read JSON text as SUPER; raise for anything else.",
    signature="JSON_PARSE(json)",
    returns="SUPER",
    page="JSON_PARSE",
    example=("JSON_PARSE('[10001,10002,\"abc\"]')", '[10001,10002,"abc"]'),
)
def _json_parse(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    document = _document(compiler, arguments[0])
    complaint = f"streamdialect_json_error({document}, 'json_parse')"
    dedup, truncate = _parse_settings(compiler)
    if dedup or truncate:
        repaired = f"streamdialect_json_repair({document}, {dedup}, {truncate})"
        plain = f"streamdialect_json_fits({document}) AND NOT {escaped(document)}"
        parsed = f"CASE WHEN {plain} THEN json({document}) ELSE {repaired} END"
        parsed = f"CASE WHEN json_valid({document}) THEN {parsed} ELSE {complaint} END"
        return Value(f"nullif({parsed}, 'null')", types.SUPER, json=JsonPath(parsed, "'$'"))
    parsed = (
        f"CASE WHEN {escaped(document)} THEN streamdialect_json_repair({document}, 0, 0) "
        f"ELSE nullif(json({document}), 'null') END"
    )
    # Navigation reads the text as it came, whose parsed form SQLite has cached.
    path = JsonPath(document, "'$'", unparsed=True)
    guard = _parseable(document)
    if compiler.assure is not None and not compiler.conditional:
        compiler.assure(guard, complaint)
        return Value(compiler.share(parsed), types.SUPER, json=path)
    # A path is written several times, and read as often: the function remembers its last answers.
    quick = f"(json_valid({document}) AND streamdialect_json_fits({document}))"
    parsed = f"CASE WHEN {guard} THEN {parsed} ELSE {complaint} END"
    return Value(parsed, types.SUPER, json=replace(path, guard=quick, complaint=complaint))


@function(
    "CAN_JSON_PARSE",
    1,
    1,
    "Tell whether JSON_PARSE would succeed.",
    signature="CAN_JSON_PARSE(json)",
    returns="BOOLEAN",
    page="CAN_JSON_PARSE",
    example=("CAN_JSON_PARSE('This is a string.')", "false"),
)
def _can_json_parse(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = compiler.value(arguments[0])
    text = _text_of(compiler, arguments[0])
    dedup, truncate = _parse_settings(compiler)
    valid = _parseable(text)
    if dedup or truncate:
        able = f"streamdialect_json_able({text}, {dedup}, {truncate})"
        valid = f"(CASE WHEN json_valid({text}) THEN {able} ELSE {_invalid(text)} END)"
    if value.type.name == "VARBYTE" and "try_utf8" in text:
        # Bytes that are no UTF-8 are no JSON, but they are not NULL either.
        return boolean(f"CASE WHEN {value.sql} IS NOT NULL THEN coalesce({valid}, 0) END")
    return boolean(valid)


def _parse_settings(compiler: Compiler) -> tuple[int, int]:
    settings = compiler.settings
    return int(settings.json_parse_dedup_attributes), int(settings.json_parse_truncate_strings)


def _valid(name: str, kind: str, page: str, example: tuple[str, str]) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        text = _text_of(compiler, arguments[0])
        same = f"json_type({text}) = '{kind}'"
        return boolean(f"CASE WHEN json_valid({text}) THEN {same} ELSE {_invalid(text)} END")

    function(
        name,
        1,
        1,
        f"Tell whether text is a JSON {kind}.",
        signature=f"{name}(json)",
        returns="BOOLEAN",
        page=page,
        example=example,
    )(build)


_valid("IS_VALID_JSON", "object", "IS_VALID_JSON", ("IS_VALID_JSON('[1,2,3]')", "false"))
_valid("IS_VALID_JSON_ARRAY", "array", "IS_VALID_JSON_ARRAY", ("IS_VALID_JSON_ARRAY('[1,2,3]')", "true"))


# --- taking parts out ------------------------------------------------------------------------------


def _complaint(compiler: Compiler, arguments: list[Node], document: str, name: str) -> tuple[list[Node], str]:
    """Split the optional last argument off, a boolean and no path element; say what invalid JSON gives."""
    error = f"streamdialect_json_error({document}, '{name}')"
    last = arguments[-1]
    if len(arguments) < 2:
        return arguments, error
    if isinstance(last, exp.Column) and _is_letter(compiler, last):
        return arguments[:-1], "NULL" if last.name.lower() == "t" else error
    if isinstance(last, exp.Boolean):
        return arguments[:-1], "NULL" if last.this else error
    if last.meta.get("parameter") and not last.is_string and len(arguments) > 2:
        # It could be meant as a truth value, or as a path element.
        raise compiler.unsupported(f"a number as the last parameter of {name}", hint="Write true or false.")
    value = compiler.value(last)
    if value.type.name == "BOOLEAN":
        return arguments[:-1], f"CASE WHEN {value.sql} THEN NULL ELSE {error} END"
    return arguments, error


def _is_letter(compiler: Compiler, node: exp.Column) -> bool:
    """Tell whether a name is the page's ``t`` or ``f``: true or false, unless a column has that name."""
    if node.args.get("table") or node.this.args.get("quoted") or node.name.lower() not in ("t", "f"):
        return False
    return not any(source.find(node.name, False) for source in compiler.frame.sources)


@function(
    "JSON_EXTRACT_PATH_TEXT",
    2,
    _MAX_KEYS + 2,
    "Take the text at a path out of JSON text; NULL where nothing is.",
    signature="JSON_EXTRACT_PATH_TEXT(json, key [, key ...] [, null_if_invalid])",
    returns="VARCHAR",
    page="JSON_EXTRACT_PATH_TEXT",
    example=("""JSON_EXTRACT_PATH_TEXT('{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""", "star"),
)
def _extract_path(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    name = "json_extract_path_text"
    document = _document(compiler, arguments[0])
    arguments, complaint = _complaint(compiler, arguments, document, name)
    keys = arguments[1:]
    if not 1 <= len(keys) <= _MAX_KEYS:
        raise compiler.wrong(f"{name} takes 1 to {_MAX_KEYS} path elements, not {len(keys)}", node)
    values = [_key(compiler, key) for key in keys]
    if any(value.is_null for value in values):
        return Value("NULL", types.TEXT)
    literals = [str(value.literal) for value in values if value.is_literal]
    if len(literals) == len(values) and not any(_INDEX.match(key) for key in literals):
        return _text_at(document, text_literal("$" + "".join(map(path_key, literals))), complaint, compiler)
    texts = [as_text(value) for value in values]
    path = f"streamdialect_json_path({document}, {', '.join(texts)})"
    missing = " OR ".join(f"{text} IS NULL" for text in texts)
    # A NULL path element gives NULL even where the JSON is invalid.
    return _text_at(document, path, f"CASE WHEN {missing} THEN NULL ELSE {complaint} END", compiler)


def _key(compiler: Compiler, node: Node) -> Value:
    value = compiler.value(node)
    if value.type.name == "UNKNOWN" and not value.is_null:
        # Its value tells a path element from the optional boolean; the driver writes it as a literal then.
        raise compiler.unsupported("a parameter as a path element", node)
    if not (value.type.is_text or value.type.is_integer or value.is_null):
        raise compiler.wrong(f"a path element must be VARCHAR, not {value.type}", node)
    return value


def _text_at(document: str, path: str, complaint: str, compiler: Compiler) -> Value:
    place = JsonPath(document, path, f"json_valid({document})", complaint)
    base = Value("", types.TEXT, json=place, share=compiler.shared_path)
    sql = cast(base, types.TEXT, sized=False).sql
    return Value(sql, types.TEXT, json=place, share=compiler.shared_path)


@function(
    "JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
    2,
    3,
    "Take an element's text out of a JSON array, counting from 0; NULL where there is none.",
    signature="JSON_EXTRACT_ARRAY_ELEMENT_TEXT(json, position [, null_if_invalid])",
    returns="VARCHAR",
    page="JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
    example=("JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2)", "113"),
)
def _extract_element(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    document = _document(compiler, arguments[0])
    arguments, complaint = _complaint(compiler, arguments, document, "json_extract_array_element_text")
    if len(arguments) != 2:
        raise compiler.wrong("json_extract_array_element_text takes a document and a position", node)
    index = checked(compiler.value(arguments[1]))
    if index.is_null:
        return Value("NULL", types.TEXT)
    if type(index.literal) is int:
        if index.literal < 0:
            path = f"CASE WHEN NOT json_valid({document}) THEN {complaint} END"
            return Value(path, types.TEXT)
        path = f"'$[{index.literal}]'"
    else:
        if not index.type.is_integer and index.type.name != "UNKNOWN":
            index = cast(index, types.INTEGER)
        path = f"CASE WHEN {index.sql} >= 0 THEN '$[' || CAST({index.sql} AS INTEGER) || ']' END"
        complaint = f"CASE WHEN {index.sql} IS NULL THEN NULL ELSE {complaint} END"
    return _text_at(document, path, complaint, compiler)


@function(
    "JSON_ARRAY_LENGTH",
    1,
    2,
    "Count the elements of a JSON array.",
    signature="JSON_ARRAY_LENGTH(json [, null_if_invalid])",
    returns="INTEGER",
    page="JSON_ARRAY_LENGTH",
    example=("""JSON_ARRAY_LENGTH('[11,12,13,{"f1":21,"f2":[25,26]},14]')""", "5"),
)
def _array_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    document = _document(compiler, arguments[0])
    arguments, complaint = _complaint(compiler, arguments, document, "json_array_length")
    if len(arguments) != 1:
        raise compiler.wrong("the second argument of json_array_length must be a boolean", node)
    return Value(
        f"CASE WHEN json_valid({document}) AND json_type({document}) = 'array' "
        f"THEN json_array_length({document}) ELSE {complaint} END",
        types.INTEGER,
    )
