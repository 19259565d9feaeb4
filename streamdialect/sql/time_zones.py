"""Conversion between time zones: fixed offsets by SQLite, daylight saving time by Python.

Source: ``CONVERT_TIMEZONE``, ``r_AT_TIME_ZONE``, ``r_TIMEZONE``.
"""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.scalars import zones
from streamdialect.sql.casts import as_text, cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.date_parts import moment
from streamdialect.sql.functions import function
from streamdialect.sql.intervals import add_seconds
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, text_literal

__all__: list[str] = []

_UTC = Value("'UTC'", types.varchar(3), literal="UTC")


@function(
    "CONVERT_TIMEZONE",
    2,
    3,
    "Convert a timestamp between time zones: names follow daylight saving time, abbreviations and offsets "
    "are fixed; the hours of an offset count west.",
    signature="CONVERT_TIMEZONE([source,] target, timestamp)",
    returns="TIMESTAMP",
    page="CONVERT_TIMEZONE",
    example=("CONVERT_TIMEZONE('GMT', 'GMT+2', '2014-05-17 12:00:00')", "2014-05-17 10:00:00"),
)
def _convert_timezone(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    source = compiler.value(arguments[0]) if len(arguments) == 3 else _UTC
    target = compiler.value(arguments[-2])
    value = _stamp(compiler, arguments[-1])
    return Value(_converted(compiler, value.sql, source, target, node), types.TIMESTAMP)


@function(
    "TIMEZONE",
    2,
    2,
    "Read a TIMESTAMP as a time zone's clock, or show a TIMESTAMPTZ on it.",
    signature="TIMEZONE('timezone', timestamp | timestamptz)",
    returns="TIMESTAMPTZ for TIMESTAMP, TIMESTAMP for TIMESTAMPTZ",
    page="r_TIMEZONE",
    example=("TIMEZONE('MST', TIMESTAMP '2001-02-16 20:38:40')", "2001-02-17 03:38:40+00"),
)
def _timezone(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return _at(compiler, compiler.value(arguments[0]), arguments[1], node)


@handles(exp.AtTimeZone, "this", "zone")
def _at_time_zone(compiler: Compiler, node: exp.AtTimeZone) -> Value:
    return _at(compiler, compiler.value(node.args["zone"]), node.this, node)


def _at(compiler: Compiler, place: Value, argument: Node, node: Node) -> Value:
    value = _stamp(compiler, argument)
    if value.type.name == "TIMESTAMPTZ":
        return Value(_converted(compiler, value.sql, _UTC, place, node), types.TIMESTAMP)
    return Value(_converted(compiler, value.sql, place, _UTC, node), types.TIMESTAMPTZ)


def _stamp(compiler: Compiler, node: Node) -> Value:
    value = moment(compiler, node)
    if value.type.is_clock:
        raise compiler.unsupported(f"a time zone for {value.type.name.lower()}", node)
    return cast(value, types.TIMESTAMP) if value.type.name == "DATE" else value


def _converted(compiler: Compiler, sql: str, source: Value, target: Value, node: Node) -> str:
    offsets = [_fixed(compiler, place, node) for place in (source, target)]
    if offsets[0] is not None and offsets[1] is not None:
        seconds = int((offsets[1] - offsets[0]).total_seconds())
        if seconds == 0:
            return sql
        return add_seconds(sql, str(seconds) if seconds > 0 else f"({seconds})")
    names = [
        text_literal(place.literal) if isinstance(place.literal, str) else as_text(place)
        for place in (source, target)
    ]
    return f"streamdialect_convert_timezone({sql}, {names[0]}, {names[1]})"


def _fixed(compiler: Compiler, place: Value, node: Node) -> timedelta | None:
    """Give the offset of a literal zone that has only one; refuse a zone that there is not."""
    if not isinstance(place.literal, str):
        return None
    try:
        return zones.fixed_offset(zones.zone(place.literal))
    except DataError as error:
        raise compiler.wrong(str(error), node) from None
    except NotSupportedError as error:
        raise NotSupportedError(f"{error}{compiler.place(node)}") from None
