"""Pattern matching: LIKE, SIMILAR TO, the POSIX operators, the REGEXP functions, and COLLATE.

Source: ``r_patternmatching_condition_like``, ``pattern-matching-conditions-similar-to``,
``pattern-matching-conditions-posix``, ``REGEXP_COUNT`` and its siblings, ``r_COLLATE``.
"""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars import patterns as scalars
from streamdialect.sql.casts import as_text, cast, padded, text_width
from streamdialect.sql.compiler import Compiler, check_parts, handles
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, boolean, checked, is_column, text_literal
from streamdialect.types import RedshiftType

__all__ = ["like"]


# --- LIKE -----------------------------------------------------------------------------------------


@handles(exp.Like, "this", "expression", "negate")
def _like(compiler: Compiler, node: exp.Like) -> Value:
    return like(compiler, node, "\\", fold=False)


@handles(exp.ILike, "this", "expression", "negate")
def _ilike(compiler: Compiler, node: exp.ILike) -> Value:
    return like(compiler, node, "\\", fold=True)


@handles(exp.Escape, "this", "expression")
def _escape(compiler: Compiler, node: exp.Escape) -> Value:
    inner, mark = node.this, node.expression
    if not (isinstance(mark, exp.Literal) and mark.is_string and len(mark.name) == 1):
        raise compiler.unsupported("ESCAPE with anything but one character", node)
    if isinstance(inner, exp.Not):  # a NOT LIKE b ESCAPE c
        return boolean(f"(NOT {_escape(compiler, exp.Escape(this=inner.this, expression=mark)).sql})")
    if isinstance(inner, (exp.Like, exp.ILike)):
        check_parts(compiler, inner, frozenset({"this", "expression", "negate"}))
        return like(compiler, inner, mark.name, fold=isinstance(inner, exp.ILike))
    if isinstance(inner, exp.SimilarTo):
        return _similar(compiler, inner, mark.name)
    raise compiler.unsupported("ESCAPE here", node)


def like(compiler: Compiler, node: exp.Binary, escape: str, *, fold: bool) -> Value:
    """Compile LIKE and ILIKE; a backslash escapes unless ESCAPE says otherwise.

    Whether SQLite's LIKE tells letters' cases apart is a setting of the connection, and a view is read by
    programs that have another: what is compiled means the same under both. Blanks at the end count, CHAR's own too.
    """
    value, pattern = _sides(compiler, node)
    text, mask = padded(value), as_text(pattern)
    literal = pattern.literal if isinstance(pattern.literal, str) else None
    if literal is not None:
        _check_escapes(compiler, literal, escape, node)
    found = _folded(text, mask, literal, escape.lower()) if fold else None
    if found is None and literal is not None and mask == text_literal(literal):
        found = _told_apart(compiler, text, literal, escape)
    elif found is None:
        found = f"{text} GLOB streamdialect_glob({_bound_text(mask, pattern)}, {text_literal(escape)})"
    # sqlglot 30 keeps NOT LIKE in the node; 28 wraps it in a Not.
    return boolean(f"(NOT ({found}))" if node.args.get("negate") else f"({found})")


def _folded(text: str, mask: str, literal: str | None, escape: str) -> str:
    clause = (
        "" if literal is not None and escape not in literal.lower() else f" ESCAPE {text_literal(escape)}"
    )
    return f"lower({text}) LIKE lower({mask}){clause}"


def _told_apart(compiler: Compiler, text: str, pattern: str, escape: str) -> str:
    """Match a written pattern by GLOB; an index serves a pattern that does not begin with a wildcard."""
    mask = scalars.glob(pattern, escape)
    found = f"{text} GLOB {text_literal(mask)}"
    if "*[" in mask and not compiler.volatile:
        # GLOB tries a bracket after a star at every character: ten times the work, spared where LIKE fails.
        clause = f" ESCAPE {text_literal(escape)}" if escape in pattern else ""
        found = f"{text} LIKE {text_literal(pattern)}{clause} AND {found}"
    return found + (_prefix_range(text, pattern, escape) if is_column(text) else "")


def _sides(compiler: Compiler, node: exp.Binary) -> tuple[Value, Value]:
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    if value.folded or pattern.folded:
        # The manual does not say whether the collation counts here.
        raise compiler.unsupported("pattern matching on case-insensitive text", node, hint="Write ILIKE.")
    return value, pattern


def _check_escapes(compiler: Compiler, pattern: str, escape: str, node: Node) -> None:
    position = 0
    while (position := pattern.find(escape, position)) >= 0:
        if position + 1 == len(pattern):
            raise compiler.wrong("LIKE pattern must not end with escape character", node)
        position += 2


def _prefix_range(text: str, pattern: str, escape: str) -> str:
    """Write what a pattern's beginning says about the order of texts, so that an index can be used.

    SQLite finds that out by itself only where the column has no collation.
    """
    length = min((index for index, mark in enumerate(pattern) if mark in ("%", "_", escape)), default=0)
    prefix = pattern[:length]
    if not prefix or prefix[-1] in " \ud7ff\U0010ffff":
        return ""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return f" AND {text} >= {text_literal(prefix)} AND {text} < {text_literal(end)}"


# --- regular expressions --------------------------------------------------------------------------


@handles(exp.SimilarTo, "this", "expression")
def _similar_to(compiler: Compiler, node: exp.SimilarTo) -> Value:
    return _similar(compiler, node, "\\")


def _similar(compiler: Compiler, node: exp.SimilarTo, escape: str) -> Value:
    value, pattern = _sides(compiler, node)
    if isinstance(pattern.literal, str):
        try:
            scalars.similar_pattern(pattern.literal, escape)
        except scalars.UnsupportedPatternError as error:
            raise NotSupportedError(f"{error}{compiler.place(node)}") from None
        except DataError:
            pass  # raised when a row is computed
    mask = _bound_text(as_text(pattern), pattern)
    return boolean(
        f"streamdialect_similar({_bound_text(padded(value), value)}, {mask}, {text_literal(escape)})"
    )


def _bound_text(sql: str, value: Value) -> str:
    """Make text of a parameter, which may be bound to anything."""
    return f"CAST({sql} AS TEXT)" if value.type.name == "UNKNOWN" and not value.is_null else sql


@handles(exp.RegexpLike, "this", "expression")
def _matches(compiler: Compiler, node: exp.RegexpLike) -> Value:
    return _posix(compiler, node, "")


@handles(exp.RegexpILike, "this", "expression")
def _matches_folded(compiler: Compiler, node: exp.RegexpILike) -> Value:
    return _posix(compiler, node, ", 'i'")


def _posix(compiler: Compiler, node: exp.Binary, parameters: str) -> Value:
    value, _ = _sides(compiler, node)
    pattern = _pattern(compiler, node.expression, "")
    return boolean(f"streamdialect_matches({_bound_text(padded(value), value)}, {pattern}{parameters})")


def _pattern(compiler: Compiler, node: Node, parameters: str) -> str:
    """Compile a regular expression; one that cannot be carried out is refused at once."""
    value = compiler.value(node)
    if isinstance(value.literal, str):
        try:
            scalars.compiled(value.literal, parameters)
        except scalars.UnsupportedPatternError as error:
            raise NotSupportedError(f"{error}{compiler.place(node)}") from None
        except DataError:
            pass  # raised when a row is computed
    return _bound_text(as_text(value), value)


def _regexp(
    name: str,
    kind: RedshiftType,
    defaults: tuple[str, ...],
    doc: str,
    signature: str,
    example: tuple[str, str],
) -> None:
    """Add a function of a text and a pattern; ``defaults`` are those of its other arguments, ``t`` or a number."""
    most = 2 + len(defaults)

    @function(name, 2, most, doc, signature=signature, returns=kind.name, page=name, example=example)
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        text = checked(compiler.value(arguments[0]))
        parameters = "''"
        known = ""
        if len(arguments) == most:
            value = compiler.value(arguments[-1])
            if not isinstance(value.literal, str):
                raise compiler.unsupported(f"{name} whose parameters are not a literal", arguments[-1])
            known, parameters = value.literal, text_literal(value.literal)
            if not known or set(known) - set(
                "cipe" if name not in ("REGEXP_REPLACE", "REGEXP_COUNT") else "cip"
            ):
                raise compiler.wrong(f"{name.lower()}: invalid parameters {parameters}", arguments[-1])
            if "c" in known and "i" in known:
                raise compiler.unsupported(f"{name} with both c and i", arguments[-1])
        if name == "REGEXP_REPLACE" and len(arguments) > 2:
            _check_replacement(compiler, arguments[2])
        parts = [_bound_text(as_text(text), text), _pattern(compiler, arguments[1], known)]
        for default, argument in zip(defaults[:-1], arguments[2 : most - 1], strict=False):
            value = checked(compiler.value(argument))
            integer = default != "''"
            sql = cast(value, types.BIGINT).sql if integer else _bound_text(as_text(value), value)
            parts.append(value.sql if integer and value.type.is_integer else sql)
        parts += [*defaults[len(parts) - 2 : -1], parameters]
        result = kind
        if kind.is_text and name == "REGEXP_SUBSTR":
            result = types.varchar(text_width(text))
        return Value(f"streamdialect_{name.lower()}({', '.join(parts)})", result)


def _check_replacement(compiler: Compiler, node: Node) -> None:
    """Refuse a backslash in a replacement: the manual does not say what it means."""
    text = compiler.value(node).literal
    if isinstance(text, str) and "\\" in text:
        raise compiler.unsupported(
            "a backslash in the replacement of REGEXP_REPLACE", node, hint="$1 stands for a group."
        )


_PARAMETERS = "parameters: c(ase), i(gnore case), p (PCRE)"
_regexp(
    "REGEXP_COUNT",
    types.INTEGER,
    ("1", "''"),
    f"Count the matches of a pattern; {_PARAMETERS}.",
    "REGEXP_COUNT(string, pattern [, position [, parameters]])",
    ("REGEXP_COUNT('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", "8"),
)
_regexp(
    "REGEXP_INSTR",
    types.INTEGER,
    ("1", "1", "0", "''"),
    f"Give the place of a match, or (option 1) of what follows it, or 0; {_PARAMETERS}, e (first group).",
    "REGEXP_INSTR(string, pattern [, position [, occurrence [, option [, parameters]]]])",
    ("REGEXP_INSTR('the fox', 'FOX', 1, 1, 0, 'i')", "5"),
)
_regexp(
    "REGEXP_REPLACE",
    types.TEXT,
    ("''", "1", "''"),
    f"Replace every match of a pattern; $1 stands for a group; {_PARAMETERS}.",
    "REGEXP_REPLACE(string, pattern [, replacement [, position [, parameters]]])",
    ("REGEXP_REPLACE('the fox', 'FOX', 'quick brown fox', 1, 'i')", "the quick brown fox"),
)
_regexp(
    "REGEXP_SUBSTR",
    types.TEXT,
    ("1", "1", "''"),
    f"Give a match of a pattern, or empty text; {_PARAMETERS}, e (first group).",
    "REGEXP_SUBSTR(string, pattern [, position [, occurrence [, parameters]]])",
    ("REGEXP_SUBSTR('the fox', 'FOX', 1, 1, 'i')", "fox"),
)


# --- collations -----------------------------------------------------------------------------------

_COLLATIONS = {"CASE_SENSITIVE": False, "CS": False, "CASE_INSENSITIVE": True, "CI": True}
# SQLite's names, which generated SQL may hold.
_NATIVE_COLLATIONS = {"BINARY": False, "NOCASE": True}


@handles(exp.Collate, "this", "expression")
def _collate(compiler: Compiler, node: exp.Collate) -> Value:
    name = node.expression.name.upper()
    known = {**_COLLATIONS, **_NATIVE_COLLATIONS}
    if name not in known:
        raise compiler.unsupported(f"COLLATE {node.expression.name}", node)
    return _collated(compiler, node.this, known[name])


def _collated(compiler: Compiler, node: Node, folded: bool) -> Value:
    value = checked(compiler.value(node))
    if value.type.name == "SUPER":
        raise compiler.unsupported("COLLATE of SUPER", node)
    if not value.type.is_text:
        value = Value(as_text(value), types.TEXT)
    return replace(value, folded=folded, json=None)


@function(
    "COLLATE",
    2,
    2,
    "Have a text compared with or without regard to case: case_sensitive (cs), case_insensitive (ci).",
    signature="COLLATE(string, 'case_sensitive' | 'cs' | 'case_insensitive' | 'ci')",
    returns="CHAR or VARCHAR",
    page="r_COLLATE",
    example=("COLLATE('JOHN', 'case_insensitive') = 'john'", "true"),
)
def _collate_function(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    name = compiler.value(arguments[1]).literal
    if not isinstance(name, str) or name.upper() not in _COLLATIONS:
        raise compiler.unsupported(
            "COLLATE with a collation other than case_sensitive and case_insensitive", node
        )
    return _collated(compiler, arguments[0], _COLLATIONS[name.upper()])


@handles(exp.Glob, "this", "expression")
def _glob(compiler: Compiler, node: exp.Glob) -> Value:
    """SQLite's own operator; Redshift has none of that name."""
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    return boolean(f"({as_text(value)} GLOB {as_text(pattern)})")
