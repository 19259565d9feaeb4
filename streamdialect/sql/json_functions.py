"""JSON text and SUPER functions.

Source: ``JSON_PARSE``, ``CAN_JSON_PARSE``, ``JSON_EXTRACT_PATH_TEXT``, ``query-super`` and the
pages they link. SQLite also reads JSON5: wherever text is taken as JSON, ``json_valid`` guards it; it
shares SQLite's cache of parsed JSON, so it costs next to nothing.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import as_text, cast
from streamdialect.sql.columns import path_key, super_value
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, text_literal
from streamdialect.sql.varbyte_functions import decoded

__all__: list[str] = []

_MAX_KEYS = 5


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


@function("JSON_PARSE", 1, 1, "Read JSON text as SUPER; raise for anything else (JSON_PARSE).")
def _json_parse(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    document = _document(compiler, arguments[0])
    complaint = f"streamdialect_json_error({document}, 'json_parse')"
    guard = f"json_valid({document})"
    if compiler.assure is not None and not compiler.conditional:
        compiler.assure(guard, complaint)
        parsed = compiler.share(f"json({document})")
    else:
        parsed = f"CASE WHEN {guard} THEN json({document}) ELSE {complaint} END"
    # Navigation reads the text as it came, whose parsed form SQLite has cached.
    return Value(parsed, types.SUPER, json=JsonPath(document, "'$'", guard, complaint))


@function("CAN_JSON_PARSE", 1, 1, "Tell whether JSON_PARSE would succeed (CAN_JSON_PARSE).")
def _can_json_parse(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = compiler.value(arguments[0])
    text = _text_of(compiler, arguments[0])
    if value.type.name == "VARBYTE" and "try_utf8" in text:
        # Bytes that are no UTF-8 are no JSON, but they are not NULL either.
        return boolean(f"CASE WHEN {value.sql} IS NOT NULL THEN coalesce(json_valid({text}), 0) END")
    return boolean(f"json_valid({text})")


@function("IS_VALID_JSON", 1, 1, "Tell whether text is a JSON object (IS_VALID_JSON).")
def _is_valid_json(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    text = _text_of(compiler, arguments[0])
    return boolean(
        f"CASE WHEN json_valid({text}) THEN json_type({text}) = 'object' ELSE json_valid({text}) END"
    )


@function("IS_VALID_JSON_ARRAY", 1, 1, "Tell whether text is a JSON array (IS_VALID_JSON_ARRAY).")
def _is_valid_json_array(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    text = _text_of(compiler, arguments[0])
    return boolean(
        f"CASE WHEN json_valid({text}) THEN json_type({text}) = 'array' ELSE json_valid({text}) END"
    )


def _null_if_invalid(compiler: Compiler, arguments: list[Node]) -> tuple[list[Node], bool]:
    """Split the optional last argument off: a boolean, not a path element."""
    last = arguments[-1]
    if isinstance(last, exp.Boolean):
        return arguments[:-1], bool(last.this)
    return arguments, False


@function(
    "JSON_EXTRACT_PATH_TEXT",
    2,
    _MAX_KEYS + 2,
    "Take the text at a path out of JSON text (JSON_EXTRACT_PATH_TEXT).",
)
def _extract_path(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    arguments, lenient = _null_if_invalid(compiler, arguments)
    keys = arguments[1:]
    if not 1 <= len(keys) <= _MAX_KEYS:
        raise compiler.wrong(
            f"json_extract_path_text takes 1 to {_MAX_KEYS} path elements, not {len(keys)}", node
        )
    document = _document(compiler, arguments[0])
    steps = ""
    for key in keys:
        value = compiler.value(key)
        if value.is_null:
            return Value("NULL", types.TEXT)
        if isinstance(value.literal, bool) or not isinstance(value.literal, (str, int)):
            raise compiler.unsupported("a path element that is not a literal", key)
        steps += path_key(compiler, str(value.literal), key)
    return _text_at(compiler, document, text_literal("$" + steps), lenient, "json_extract_path_text")


def _text_at(compiler: Compiler, document: str, path: str, lenient: bool, name: str) -> Value:
    guard = f"json_valid({document})"
    complaint = "NULL" if lenient else f"streamdialect_json_error({document}, '{name}')"
    place = JsonPath(document, path, guard, complaint)
    base = Value("", types.TEXT, json=place, share=compiler.shared_path)
    sql = cast(base, types.TEXT, sized=False).sql
    return Value(sql, types.TEXT, json=place, share=compiler.shared_path)


@function(
    "JSON_EXTRACT_ARRAY_ELEMENT_TEXT",
    2,
    3,
    "Take an element's text out of a JSON array (JSON_EXTRACT_ARRAY_ELEMENT_TEXT).",
)
def _extract_element(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    arguments, lenient = _null_if_invalid(compiler, arguments)
    document = _document(compiler, arguments[0])
    index = compiler.value(arguments[1])
    if isinstance(index.literal, int):
        path = f"'$[{index.literal}]'" if index.literal >= 0 else None
        if path is None:
            return Value("NULL", types.TEXT)
    else:
        path = f"CASE WHEN {index.sql} >= 0 THEN '$[' || CAST({index.sql} AS INTEGER) || ']' END"
    return _text_at(compiler, document, path, lenient, "json_extract_array_element_text")


@function("JSON_ARRAY_LENGTH", 1, 2, "Count the elements of a JSON array (JSON_ARRAY_LENGTH).")
def _array_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    arguments, lenient = _null_if_invalid(compiler, arguments)
    document = _document(compiler, arguments[0])
    complaint = "NULL" if lenient else f"streamdialect_json_error({document}, 'json_array_length')"
    return Value(
        f"CASE WHEN json_valid({document}) AND json_type({document}) = 'array' "
        f"THEN json_array_length({document}) ELSE {complaint} END",
        types.INTEGER,
    )


# --- SUPER ----------------------------------------------------------------------------------------


def _super(compiler: Compiler, node: Node) -> Value:
    value = compiler.value(node)
    if value.type.name == "SUPER":
        return value
    if value.type.name == "UNKNOWN":
        return value
    return cast(value, types.SUPER)


@function("JSON_SERIALIZE", 1, 1, "Write SUPER as compact JSON text (JSON_SERIALIZE).")
def _json_serialize(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(f"coalesce({_super(compiler, arguments[0]).sql}, 'null')", types.TEXT)


@function("JSON_SERIALIZE_TO_VARBYTE", 1, 1, "Write SUPER as compact JSON in bytes.")
def _serialize_bytes(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(f"CAST(coalesce({_super(compiler, arguments[0]).sql}, 'null') AS BLOB)", types.VARBYTE)


@function("JSON_SIZE", 1, 1, "Count the bytes of SUPER's JSON text (r_json_size).")
def _json_size(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(f"octet_length({_super(compiler, arguments[0]).sql})", types.BIGINT)


def json_type(value: Value) -> str:
    """Give SQLite's name of a SUPER value's type."""
    path = value.json
    return (
        f"json_type({value.sql})"
        if path is None or path.guard is not None
        else f"json_type({path.document}, {path.path})"
    )


@function("JSON_TYPEOF", 1, 1, "Name a SUPER value's type (r_json_typeof).")
def _json_typeof(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    kind = json_type(_super(compiler, arguments[0]))
    return Value(
        f"CASE {kind} WHEN 'text' THEN 'string' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' "
        f"WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE {kind} END",
        types.varchar(16),
    )


def _type_test(name: str, accepted: str, doc: str) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        kind = json_type(_super(compiler, arguments[0]))
        return boolean(f"coalesce({kind} IN ({accepted}), 0)")

    function(name, 1, 1, doc)(build)


_type_test("IS_ARRAY", "'array'", "Tell whether SUPER is an array.")
_type_test("IS_OBJECT", "'object'", "Tell whether SUPER is an object.")
_type_test("IS_SCALAR", "'text', 'integer', 'real', 'true', 'false'", "Tell whether SUPER is a scalar.")
_type_test("IS_BOOLEAN", "'true', 'false'", "Tell whether SUPER is a boolean.")
_type_test("IS_VARCHAR", "'text'", "Tell whether SUPER is a string.")
_type_test("IS_CHAR", "'text'", "Tell whether SUPER is a string.")


@function(
    "GET_ARRAY_LENGTH",
    1,
    1,
    "Count the elements of a SUPER array; NULL for anything else (get_array_length).",
)
def _get_array_length(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _super(compiler, arguments[0])
    return Value(
        f"CASE WHEN {json_type(value)} = 'array' THEN json_array_length({value.sql}) END", types.BIGINT
    )


@function("ARRAY", 0, 100, "Make a SUPER array (r_array).")
def _array(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    parts = [f"json(coalesce({_super(compiler, argument).sql}, 'null'))" for argument in arguments]
    return Value(f"json_array({', '.join(parts)})", types.SUPER)


@handles(exp.Array, "expressions", "bracket_notation", "value_constructor")
def _array_node(compiler: Compiler, node: exp.Array) -> Value:
    return _array(compiler, node.expressions, node)


@function("OBJECT", 0, 100, "Make a SUPER object of keys and values (r_object_function).")
def _object(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    if len(arguments) % 2:
        raise compiler.wrong("OBJECT takes pairs of keys and values", node)
    parts: list[str] = []
    for key, value in zip(arguments[::2], arguments[1::2], strict=True):
        parts += [as_text(compiler.value(key)), f"json(coalesce({_super(compiler, value).sql}, 'null'))"]
    return Value(f"json_object({', '.join(parts)})", types.SUPER)


def element(compiler: Compiler, document: str, path: str) -> Value:
    """Give the SUPER value at a path that is computed in SQL."""
    return super_value(JsonPath(document, path))
