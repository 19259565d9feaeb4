"""Data type formatting functions: TO_CHAR, TO_DATE, TO_NUMBER, TO_TIMESTAMP.

Source: ``r_FORMAT_strings``, ``r_Numeric_formating`` and the page of each function.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars import formats, numerals
from streamdialect.sql.casts import as_text
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.date_parts import full, moment
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.values import Value, checked, text_literal

__all__: list[str] = []

# Elements whose text stands in the stored form of a TIMESTAMP: where it begins, and its length.
_STORED = {
    "YYYY": (1, 4),
    "MM": (6, 2),
    "DD": (9, 2),
    "HH24": (12, 2),
    "MI": (15, 2),
    "SS": (18, 2),
    "MS": (21, 3),
    "US": (21, 6),
}


@function(
    "TO_CHAR",
    2,
    2,
    "Write a time or a number by a format.",
    signature="TO_CHAR(timestamp | number, 'format')",
    returns="VARCHAR",
    page="r_TO_CHAR",
    example=("TO_CHAR(TIMESTAMP '2009-12-31 23:15:59', 'MON-DD-YYYY HH12:MIPM')", "DEC-31-2009 11:15PM"),
)
def _to_char(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = checked(compiler.value(arguments[0]))
    pattern = compiler.value(arguments[1])
    if not (pattern.type.is_text or pattern.type.name == "UNKNOWN"):
        raise compiler.wrong(f"a format must be text, not {str(pattern.type).lower()}", arguments[1])
    if value.type.is_numeric:
        with _format_errors(compiler, node):
            if isinstance(pattern.literal, str):
                numerals.number_format(pattern.literal)
        sql = f"streamdialect_to_char_number({value.exact or value.sql}, {as_text(pattern)})"
        return Value(sql, types.TEXT)
    if value.type.is_interval or value.type.name == "UNKNOWN":
        raise compiler.unsupported(f"TO_CHAR of {str(value.type).lower()}", node)
    value = moment(compiler, arguments[0])
    if value.type.is_clock:
        raise compiler.unsupported(f"TO_CHAR of {value.type.name.lower()}", node)
    sql = full(value)
    if isinstance(pattern.literal, str):
        with _format_errors(compiler, node):
            pieces = formats.datetime_pieces(pattern.literal)
        if pieces and all(not piece.name or _is_stored(piece) for piece in pieces):
            return Value(_copied(sql, pieces), types.TEXT)
    return Value(f"streamdialect_to_char_time({sql}, {as_text(pattern)})", types.TEXT)


def _is_stored(piece: formats.Piece) -> bool:
    return piece.name in _STORED and not piece.fill and not piece.suffix


def _copied(sql: str, pieces: tuple[formats.Piece, ...]) -> str:
    """Write a format of plain numbers as pieces of the stored text, without leaving SQLite."""
    parts: list[str] = []
    text = ""
    named = False
    for piece in pieces:
        if not piece.name:
            text += piece.text
            continue
        if text:
            parts.append(text_literal(text))
            text = ""
        start, length = _STORED[piece.name]
        parts.append(f"substr({sql}, {start}, {length})")
        named = True
    if text:
        parts.append(text_literal(text))
    joined = f"({' || '.join(parts)})"
    return joined if named else f"CASE WHEN {sql} IS NOT NULL THEN {joined} END"


@contextmanager
def _format_errors(compiler: Compiler, node: Node) -> Iterator[None]:
    """Give an error about a literal format the place where it stands."""
    try:
        yield
    except DataError as error:
        raise compiler.wrong(str(error), node) from None
    except NotSupportedError as error:
        raise NotSupportedError(f"{error}{compiler.place(node)}") from None


def _reading(compiler: Compiler, arguments: list[Node], node: Node, scalar: str) -> str:
    value = compiler.value(arguments[0])
    pattern = compiler.value(arguments[1])
    if not isinstance(pattern.literal, str):
        raise compiler.unsupported("a format that is not a literal", arguments[1])
    with _format_errors(compiler, node):
        formats.input_pieces(pattern.literal)
    strict = condition(compiler, arguments[2], "is_strict") if len(arguments) == 3 else "0"
    text = f"CAST({value.sql} AS TEXT)" if value.type.name == "UNKNOWN" else as_text(value)
    return f"{scalar}({text}, {pattern.sql}, {strict})"


@function(
    "TO_DATE",
    2,
    3,
    "Read a date by a format; a day that the month lacks is one of the next month, unless is_strict.",
    signature="TO_DATE(string, 'format' [, is_strict])",
    returns="DATE",
    page="r_TO_DATE_function",
    example=("TO_DATE('20010631', 'YYYYMMDD', FALSE)", "2001-07-01"),
)
def _to_date(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(_reading(compiler, arguments, node, "streamdialect_to_date"), types.DATE)


@function(
    "TO_TIMESTAMP",
    2,
    3,
    "Read a time by a format, in UTC; what is beyond its range rolls over, unless is_strict.",
    signature="TO_TIMESTAMP(string, 'format' [, is_strict])",
    returns="TIMESTAMPTZ",
    page="r_TO_TIMESTAMP",
    example=("TO_TIMESTAMP('2011-12-18 24:38:15', 'YYYY-MM-DD HH24:MI:SS')", "2011-12-19 00:38:15+00"),
)
def _to_timestamp(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(_reading(compiler, arguments, node, "streamdialect_to_timestamp"), types.TIMESTAMPTZ)


@function(
    "TO_NUMBER",
    2,
    2,
    "Read a number by a format.",
    signature="TO_NUMBER(string, 'format')",
    returns="DECIMAL of the format's digits",
    page="r_TO_NUMBER",
    example=("TO_NUMBER('12,454.8-', '99G999D9S')", "-12454.8"),
)
def _to_number(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value, pattern = compiler.value(arguments[0]), compiler.value(arguments[1])
    if not isinstance(pattern.literal, str):
        raise compiler.unsupported("a format that is not a literal", arguments[1])
    with _format_errors(compiler, node):
        found = numerals.number_format(pattern.literal)
    marks = {token.upper() for token in found.tokens}
    if {"RN", "TH"} & marks or found.shift or not found.whole + found.scale:
        raise compiler.unsupported(f"TO_NUMBER with the format '{pattern.literal}'", node)
    precision = found.whole + found.scale
    if precision > 38:
        raise compiler.wrong("a format cannot have more than 38 digits", node)
    return Value(
        f"streamdialect_to_number({as_text(value)}, {pattern.sql})", types.decimal(precision, found.scale)
    )
