"""Functions that make and search SUPER arrays and objects. Source: "Array functions", "Object functions"."""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.errors import NotSupportedError
from streamdialect.sql.casts import as_text
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import MANY, Build, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.super_functions import super_argument
from streamdialect.sql.values import Value, boolean, checked, text_literal
from streamdialect.types import RedshiftType

__all__: list[str] = []


def _element(compiler: Compiler, node: Node, what: str) -> str:
    value = checked(compiler.value(node))
    try:
        return f"coalesce({super_argument(compiler, node).sql}, 'null')"
    except NotSupportedError:
        raise compiler.wrong(
            f"{what} could not convert type {str(value.type).lower()} to super",
            node,
            hint="Cast it to VARCHAR.",
        ) from None


@function(
    "ARRAY",
    0,
    MANY,
    "Make a SUPER array.",
    signature="ARRAY([value, ...])",
    returns="SUPER",
    page="r_array",
    example=("ARRAY(1,'abc',true,3.14)", '[1,"abc",true,3.14]'),
)
def _array(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    parts = [_element(compiler, argument, "ARRAY") for argument in arguments]
    return Value(f"('[' || {_joined(parts)} || ']')" if parts else "'[]'", types.SUPER)


def _joined(parts: list[str]) -> str:
    return " || ',' || ".join(parts)


@handles(exp.Array, "expressions", "bracket_notation", "value_constructor")
def _array_node(compiler: Compiler, node: exp.Array) -> Value:
    if node.args.get("bracket_notation"):
        raise compiler.unsupported("an array in brackets", node, hint="Write ARRAY(...).")
    return _array(compiler, node.expressions, node)


@function(
    "OBJECT",
    0,
    MANY,
    "Make a SUPER object of keys and values.",
    signature="OBJECT([key, value, ...])",
    returns="SUPER",
    page="r_object_function",
    example=("OBJECT('a', 1, 'b', true, 'c', 3.14)", '{"a":1,"b":true,"c":3.14}'),
)
def _object(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    if len(arguments) % 2:
        raise compiler.wrong("OBJECT takes pairs of keys and values", node)
    keys = [checked(compiler.value(key)) for key in arguments[::2]]
    if any(key.is_null for key in keys):
        raise compiler.wrong("a key of OBJECT is NULL", node)
    parts = []
    for key, value in zip(keys, arguments[1::2], strict=True):
        name = as_text(key)
        if not isinstance(key.literal, str):
            fail = "streamdialect_fail(1, 'a key of OBJECT is NULL')"
            name = f"coalesce({name}, {fail})"
        parts.append(f"json_quote({name}) || ':' || {_element(compiler, value, 'OBJECT')}")
    sql = f"('{{' || {_joined(parts)} || '}}')" if parts else "'{}'"
    literals = {key.literal for key in keys if isinstance(key.literal, str)}
    if len(literals) == len(keys):
        return Value(sql, types.SUPER)
    # An object cannot have an attribute twice.
    return Value(f"streamdialect_json_repair({sql}, 0, 0)", types.SUPER)


@function(
    "SPLIT_TO_ARRAY",
    1,
    2,
    "Split text at a delimiter, a comma unless one is given.",
    signature="SPLIT_TO_ARRAY(text [, delimiter])",
    returns="SUPER",
    page="split_to_array",
    example=("SPLIT_TO_ARRAY('12|345|6789', '|')", '["12","345","6789"]'),
)
def _split_to_array(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    texts = [as_text(checked(compiler.value(argument))) for argument in arguments]
    return Value(f"streamdialect_split_to_array({', '.join(texts)})", types.SUPER)


# --- functions of arrays --------------------------------------------------------------------------


def _built(name: str, kinds: str, defaults: dict[int, str], kind: RedshiftType) -> Build:
    """Make the call of a scalar; ``kinds`` has s for SUPER, i for an integer, b for a boolean."""

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts: list[str] = []
        for position, letter in enumerate(kinds):
            if position >= len(arguments):
                parts.append(
                    defaults[position].format(null_match=_null_match(compiler), last=(parts or [""])[-1])
                )
            elif letter == "s":
                parts.append(super_argument(compiler, arguments[position]).sql)
            else:
                parts.append(_flag(compiler, arguments[position], name, letter))
        sql = f"streamdialect_{name}({', '.join(parts)})"
        return boolean(sql) if kind == types.BOOLEAN else Value(sql, kind)

    return build


def _null_match(compiler: Compiler) -> str:
    return str(int(compiler.settings.default_array_search_null_handling))


def _flag(compiler: Compiler, node: Node, name: str, letter: str) -> str:
    value = checked(compiler.value(node))
    accepted = value.type.is_integer if letter == "i" else value.type.name == "BOOLEAN"
    if not accepted and value.type.name != "UNKNOWN":
        wanted = "an integer" if letter == "i" else "a boolean"
        raise compiler.wrong(f"this argument of {name} must be {wanted}", node)
    return value.sql


def _array_function(
    name: str,
    signature: str,
    kinds: str,
    defaults: dict[int, str],
    kind: RedshiftType,
    page: str,
    doc: str,
    example: tuple[str, str],
) -> None:
    build = _built(name.lower(), kinds, defaults, kind)
    function(
        name,
        len(kinds) - len(defaults),
        len(kinds),
        doc,
        signature=f"{name}({signature})",
        returns=str(kind),
        page=page,
        example=(f"{name}({example[0]})", example[1]),
    )(build)


_SEARCH = {2: "{null_match}"}
_array_function(
    "ARRAY_CONCAT", "array, array", "ss", {}, types.SUPER, "r_array_concat",
    "Join two arrays.", ("ARRAY(10001,10002), ARRAY('ab','cd')", '[10001,10002,"ab","cd"]'),
)  # fmt: skip
_array_function(
    "ARRAY_FLATTEN", "array", "s", {}, types.SUPER, "array_flatten",
    "Put the elements of all inner arrays into one.", ("ARRAY(1, ARRAY(2, ARRAY(3, ARRAY())))", "[1,2,3]"),
)  # fmt: skip
_array_function(
    "SUBARRAY", "array, start [, length]", "sii", {2: "-1"}, types.SUPER, "r_subarray",
    "Take elements from a position on; a negative one counts from the end.",
    ("ARRAY('a', 'b', 'c', 'd', 'e', 'f'), 2, 3", '["c","d","e"]'),
)  # fmt: skip
_array_function(
    "ARRAY_CONTAINS", "array, value [, null_match]", "ssb", _SEARCH, types.BOOLEAN, "array_contains",
    "Tell whether an array has an element.", ("ARRAY('red', 'green'), 'red'", "true"),
)  # fmt: skip
_array_function(
    "ARRAY_POSITION", "array, value [, null_match]", "ssb", _SEARCH, types.INTEGER, "array_position",
    "Give the position of an element, from 0, or -1.", ("ARRAY(1, 2, 3), 4", "-1"),
)  # fmt: skip
_array_function(
    "ARRAY_POSITIONS", "array, value [, null_match]", "ssb", _SEARCH, types.SUPER, "array_positions",
    "Give all positions of an element.", ("ARRAY('red', 'green', 'red'), 'red'", "[0,2]"),
)  # fmt: skip
_array_function(
    "ARRAY_DISTINCT", "array", "s", {}, types.SUPER, "array_distinct",
    "Drop duplicate elements.", ("ARRAY(1, 1, 'a', 'a', NULL, NULL)", '[1,"a",null]'),
)  # fmt: skip
_array_function(
    "ARRAY_UNION", "array, array", "ss", {}, types.SUPER, "array_union",
    "Join two arrays without duplicates.", ("ARRAY('a','b','b'), ARRAY('b','c','c')", '["a","b","c"]'),
)  # fmt: skip
_array_function(
    "ARRAY_INTERSECTION", "array, array [, distinct]", "ssb", {2: "0"}, types.SUPER, "array_intersection",
    "Give the elements that two arrays share.", ("ARRAY('a','b','b'), ARRAY('b','b','b')", '["b","b"]'),
)  # fmt: skip
_array_function(
    "ARRAY_EXCEPT", "array, array [, distinct]", "ssb", {2: "0"}, types.SUPER, "array_except",
    "Give the elements of an array that another does not have.",
    ("ARRAY('b','b','b','b'), ARRAY('b','b')", '["b","b"]'),
)  # fmt: skip
_array_function(
    "ARRAYS_OVERLAP", "array, array", "ss", {}, types.BOOLEAN, "arrays_overlap",
    "Tell whether two arrays share an element.", ("ARRAY('red', NULL), ARRAY('green', NULL)", "true"),
)  # fmt: skip
_array_function(
    "ARRAY_SORT", "array [, ascending [, nulls_first]]", "sbb", {1: "1", 2: "NOT {last}"}, types.SUPER,
    "array_sort", "Sort an array; NULLs are the greatest unless nulls_first says where they go.",
    ("ARRAY('b', 'a', 0, NULL, 1, false)", '[false,0,1,"a","b",null]'),
)  # fmt: skip


# --- objects --------------------------------------------------------------------------------------


def _attribute_names(name: str, upper: int, example: tuple[str, str]) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        return Value(
            f"streamdialect_attribute_names({super_argument(compiler, arguments[0]).sql}, {upper})",
            types.SUPER,
        )

    case = "upper" if upper else "lower"
    function(
        name,
        1,
        1,
        f"Write all attribute names in {case} case; raise where that makes two the same.",
        signature=f"{name}(super)",
        returns="SUPER",
        page=f"r_{name.lower()}",
        example=example,
    )(build)


_EXAMPLE = """JSON_PARSE('[{"Sub": {"C": "C"}, "D": "E"}]')"""
_attribute_names(
    "LOWER_ATTRIBUTE_NAMES",
    0,
    (f"LOWER_ATTRIBUTE_NAMES({_EXAMPLE})", '[{"sub":{"c":"C"},"d":"E"}]'),
)
_attribute_names(
    "UPPER_ATTRIBUTE_NAMES",
    1,
    (f"UPPER_ATTRIBUTE_NAMES({_EXAMPLE})", '[{"SUB":{"C":"C"},"D":"E"}]'),
)


@function(
    "OBJECT_TRANSFORM",
    1,
    3,
    "Make an object of parts of another and of new values.",
    signature="OBJECT_TRANSFORM(object [KEEP path, ...] [SET path, value, ...])",
    returns="SUPER",
    page="r_object_transform_function",
    example=(
        """OBJECT_TRANSFORM(JSON_PARSE('{"a":1,"b":2,"c":3}') KEEP '"a"', '"b"' SET '"b"', 5)""",
        '{"a":1,"b":5}',
    ),
)
def _object_transform(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = super_argument(compiler, arguments[0])
    clauses = [argument for argument in arguments[1:] if isinstance(argument, exp.Tuple)]
    if not clauses:
        return value
    keep, pairs = clauses[0].expressions, clauses[1].expressions
    if not keep:
        raise compiler.unsupported("OBJECT_TRANSFORM with SET and without KEEP", node)
    if len(pairs) % 2:
        raise compiler.wrong("SET of OBJECT_TRANSFORM takes pairs of a path and a value", node)
    parts = [value.sql, str(len(keep)), *(_path(compiler, path) for path in keep)]
    for path, new in zip(pairs[::2], pairs[1::2], strict=True):
        parts += [_path(compiler, path), super_argument(compiler, new).sql]
    return Value(f"streamdialect_object_transform({', '.join(parts)})", types.SUPER)


def _path(compiler: Compiler, node: Node) -> str:
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise compiler.wrong("a path of OBJECT_TRANSFORM must be a string literal", node)
    return text_literal(node.name)
