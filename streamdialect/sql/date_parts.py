"""Date parts: their names, and the functions that take one out of a time or cut a time to one.

Source: ``r_Dateparts_for_datetime_functions``, ``r_EXTRACT_function``, ``r_DATE_PART_function``,
``r_DATE_TRUNC``.
"""

from __future__ import annotations

from datetime import time, timedelta

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked, text_literal

__all__ = ["DATE_PARTS", "MIDNIGHT", "extract", "full", "moment", "part_of", "special_time"]

DATE_PARTS: dict[str, str] = {
    alias: part
    for part, aliases in {
        "millennium": "millennia mil mils",
        "century": "centuries c cent cents",
        "decade": "decades dec decs",
        "year": "years y yr yrs",
        "quarter": "quarters qtr qtrs",
        "month": "months mon mons",
        "week": "weeks w",
        "day": "days d",
        "hour": "hours h hr hrs",
        "minute": "minutes m min mins",
        "second": "seconds s sec secs",
        "millisecond": "milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
        "microsecond": "microseconds us usec usecs usecond useconds microsec microsecs",
        "dayofweek": "dow dw weekday",
        "dayofyear": "doy dy yearday",
        "isoweek": "",
        "isoyear": "",
        "epoch": "",
        "timezone": "",
        "timezone_hour": "",
        "timezone_minute": "",
    }.items()
    for alias in (part, *aliases.split())
}
MIDNIGHT = " 00:00:00.000000"
_NOW = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
_DAYS = {"today": "", "tomorrow": ", '+1 day'", "yesterday": ", '-1 day'"}


def part_of(compiler: Compiler, node: Node) -> str:
    """Read a date part, written as a word or as a literal."""
    if (isinstance(node, exp.Literal) and node.is_string) or isinstance(node, (exp.Column, exp.Var)):
        part = DATE_PARTS.get(node.name.strip().lower())
        if part is not None:
            return part
        raise compiler.unsupported(f'the date part "{node.name}"', node)
    raise compiler.wrong("a date part must be a word or a literal", node)


def special_time(compiler: Compiler, text: str, name: str) -> Value | None:
    """Compile one of the literals now, today, tomorrow, yesterday; None for any other text."""
    word = text.strip().lower()
    if word not in ("now", *_DAYS):
        return None
    compiler.volatile.append(f"'{word}'")
    kind = types.RedshiftType(name)
    if word == "now":
        return cast(Value(_NOW, types.TIMESTAMPTZ), kind)
    return cast(Value(f"date('now'{_DAYS[word]})", types.DATE), kind)


def moment(compiler: Compiler, node: Node, what: str = "timestamp") -> Value:
    """Compile an argument that must be a date or time; text is read as TIMESTAMP."""
    return _as_moment(compiler, compiler.value(node), node, what)


def _as_moment(compiler: Compiler, value: Value, node: Node, what: str = "timestamp") -> Value:
    if isinstance(value.literal, str):
        special = special_time(compiler, value.literal, "TIMESTAMP")
        if special is not None:
            return special
    if value.type.is_text or value.type.name in ("SUPER", "UNKNOWN"):
        return cast(value, types.TIMESTAMP)
    if not value.type.is_temporal:
        raise compiler.wrong(f"a {what} is needed here, not {str(value.type).lower()}", node)
    return value


def full(value: Value) -> str:
    """Give the SQL of a date or time with its time of day."""
    return cast(value, types.TIMESTAMP).sql if value.type.name == "DATE" else value.sql


# --- truncation -----------------------------------------------------------------------------------

_CUTS = {
    "microsecond": (26, ""),
    "millisecond": (23, "000"),
    "second": (19, ".000000"),
    "minute": (16, ":00.000000"),
    "hour": (13, ":00:00.000000"),
    "day": (10, MIDNIGHT),
    "month": (7, "-01" + MIDNIGHT),
    "year": (4, "-01-01" + MIDNIGHT),
}
_CLOCK_PARTS = ("microsecond", "millisecond", "second", "minute", "hour")


@function(
    "DATE_TRUNC",
    2,
    2,
    "Cut a time to a date part; a week begins on Monday.",
    heading="date_trunc",
    signature="DATE_TRUNC('datepart', timestamp)",
    returns="TIMESTAMP; TIMESTAMPTZ stays",
    page="r_DATE_TRUNC",
    example=("DATE_TRUNC('week', TIMESTAMP '20220430 04:05:06.789')", "2022-04-25 00:00:00"),
)
def _date_trunc(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = part_of(compiler, arguments[0])
    value = moment(compiler, arguments[1])
    if value.type.is_clock:
        raise compiler.wrong(f"function date_trunc({value.type.name.lower()}) does not exist", node)
    kind = value.type if value.type.name == "TIMESTAMPTZ" else types.TIMESTAMP
    sql = full(value) if part in _CLOCK_PARTS else value.sql
    if part in _CUTS:
        length, rest = _CUTS[part]
        return Value(f"(substr({sql}, 1, {length}) || '{rest}')", kind)
    year = f"CAST(substr({sql}, 1, 4) AS INTEGER)"
    if part == "week":
        # 'weekday 1' goes forward to Monday, from six days back to the one that the week began with.
        return Value(f"(date(substr({sql}, 1, 10), '-6 days', 'weekday 1') || '{MIDNIGHT}')", kind)
    if part == "quarter":
        month = f"(CAST(substr({sql}, 6, 2) AS INTEGER) - 1) / 3 * 3 + 1"
        return Value(f"(substr({sql}, 1, 5) || printf('%02d', {month}) || '-01{MIDNIGHT}')", kind)
    if part in ("decade", "century", "millennium"):
        size = {"decade": 10, "century": 100, "millennium": 1000}[part]
        first = f"max({year} / 10 * 10, 1)" if part == "decade" else f"({year} - 1) / {size} * {size} + 1"
        return Value(
            f"CASE WHEN {sql} IS NOT NULL THEN printf('%04d', {first}) || '-01-01{MIDNIGHT}' END", kind
        )
    raise compiler.unsupported(f"DATE_TRUNC to {part}", node)


# --- parts ----------------------------------------------------------------------------------------


def extract(compiler: Compiler, part: str, value: Value, node: Node) -> Value:
    """Compile EXTRACT: one part, as a whole number."""
    if part.startswith("timezone"):
        return _time_zone(compiler, part, value, node)
    if isinstance(value.literal, time):  # a TIMETZ literal is not converted to UTC before
        value = Value(text_literal(value.literal.replace(tzinfo=None).isoformat("microseconds")), types.TIME)
    clock = 1 if value.type.is_clock else 12
    sql = full(value) if part in _CLOCK_PARTS else value.sql

    def digits(start: int, length: int) -> str:
        return f"CAST(substr({sql}, {start}, {length}) AS INTEGER)"

    times = {
        "hour": (clock, 2),
        "minute": (clock + 3, 2),
        "second": (clock + 6, 2),
        "millisecond": (clock + 9, 3),
        "microsecond": (clock + 9, 6),
    }
    if part in times:
        return Value(digits(*times[part]), types.INTEGER)
    if part == "epoch":
        length = 8 if value.type.is_clock else 19
        start = " - 946684800" if value.type.is_clock else ""  # SQLite's day of a bare time is 2000-01-01
        return Value(f"(unixepoch(substr({sql}, 1, {length})){start})", types.BIGINT)
    if value.type.is_clock:
        raise compiler.wrong(f"{value.type.name.lower()} has no {part}", node)
    day = f"substr({sql}, 1, 10)"
    # ISO 8601: a week is in the year of its Thursday, which is at most three days away. SQLite before 3.46 has
    # no %V and %G, and gives NULL for them.
    thursday = f"{day}, '-3 days', 'weekday 4'"
    week = f"((strftime('%j', {thursday}) + 6) / 7)"
    simple = {
        "year": digits(1, 4),
        "month": digits(6, 2),
        "day": digits(9, 2),
        "quarter": f"(({digits(6, 2)} + 2) / 3)",
        "decade": f"({digits(1, 4)} / 10 + 1)",  # years 1 to 9 are decade 1
        "century": f"(({digits(1, 4)} + 99) / 100)",
        "millennium": f"(({digits(1, 4)} + 999) / 1000)",
        "dayofweek": f"CAST(strftime('%w', {day}) AS INTEGER)",
        "dayofyear": f"CAST(strftime('%j', {day}) AS INTEGER)",
        "week": week,
        "isoweek": week,
        "isoyear": f"CAST(strftime('%Y', {thursday}) AS INTEGER)",
    }
    return Value(simple[part], types.INTEGER)


def _time_zone(compiler: Compiler, part: str, value: Value, node: Node) -> Value:
    """Compile EXTRACT of a time zone: UTC's, but for a TIMETZ literal."""
    if value.type.name not in ("TIMESTAMPTZ", "TIMETZ"):
        raise compiler.wrong(f"{value.type.name.lower()} has no {part}", node)
    offset = value.literal.utcoffset() if isinstance(value.literal, time) else None
    seconds = int((offset or timedelta()).total_seconds())
    sign = -1 if seconds < 0 else 1
    number = {
        "timezone": seconds,
        "timezone_hour": sign * (abs(seconds) // 3600),
        "timezone_minute": sign * (abs(seconds) // 60 % 60),
    }[part]
    return Value(f"CASE WHEN {value.sql} IS NOT NULL THEN {number} END", types.INTEGER)


def _of_interval(compiler: Compiler, part: str, value: Value, node: Node) -> Value:
    value = checked(value)
    if value.type == types.YEAR_TO_MONTH:
        fields = {"year": f"({value.sql} / 12)", "month": f"({value.sql} % 12)"}
    else:
        sizes = {
            "day": (86_400_000_000, None),
            "hour": (3_600_000_000, 24),
            "minute": (60_000_000, 60),
            "second": (1_000_000, 60),
            "millisecond": (1_000, 1_000),
            "microsecond": (1, 1_000_000),
            "epoch": (1_000_000, None),
        }
        fields = {
            name: f"({value.sql} / {size}{f' % {limit}' if limit else ''})"
            for name, (size, limit) in sizes.items()
        }
    if part not in fields:
        raise compiler.wrong(f"{str(value.type).lower()} has no {part}", node)
    return Value(fields[part], types.BIGINT if part == "epoch" else types.INTEGER)


@handles(exp.Extract, "this", "expression")
def _extract(compiler: Compiler, node: exp.Extract) -> Value:
    part = part_of(compiler, node.this)
    value = compiler.value(node.expression)
    if value.type.is_interval:
        return _of_interval(compiler, part, value, node)
    value = _as_moment(compiler, value, node)
    found = extract(compiler, part, value, node)
    if value.type.name == "TIMESTAMPTZ":
        return Value(f"CAST({found.sql} AS REAL)", types.DOUBLE)
    return found


@function(
    "DATE_PART",
    2,
    2,
    "Give a part of a time; seconds and smaller parts are counted from the minute, with their fraction.",
    heading="pgdate_part",
    signature="DATE_PART(datepart, date | time | timestamp)",
    returns="DOUBLE PRECISION",
    page="r_DATE_PART_function",
    example=("DATE_PART(sec, TIMESTAMP '2009-09-21 11:10:03.189717')", "3.189717"),
)
@function(
    "PGDATE_PART",
    2,
    2,
    "Another name of DATE_PART.",
    heading="pgdate_part",
    signature="PGDATE_PART(datepart, date | time | timestamp)",
    returns="DOUBLE PRECISION",
    page="r_DATE_PART_function",
    example=("PGDATE_PART(dow, DATE '2022-05-02')", "1"),
)
def _date_part(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = part_of(compiler, arguments[0])
    value = compiler.value(arguments[1])
    if value.type.is_interval:
        return Value(f"CAST({_of_interval(compiler, part, value, node).sql} AS REAL)", types.DOUBLE)
    value = _as_moment(compiler, value, node)
    if part not in ("second", "epoch", "millisecond", "microsecond"):
        return Value(f"CAST({extract(compiler, part, value, node).sql} AS REAL)", types.DOUBLE)
    whole = extract(compiler, "epoch" if part == "epoch" else "second", value, node).sql
    fraction = f"CAST(substr({full(value)}, {10 if value.type.is_clock else 21}) AS INTEGER)"
    micros = f"({whole} * 1000000 + {fraction})"
    size = {"millisecond": "1000.0", "microsecond": "1.0"}.get(part, "1000000.0")
    return Value(f"({micros} / {size})", types.DOUBLE)


@function(
    "DATE_PART_YEAR",
    1,
    1,
    "Give the year of a date.",
    signature="DATE_PART_YEAR(date)",
    returns="INTEGER",
    page="r_DATE_PART_YEAR",
    example=("DATE_PART_YEAR('2008-01-05')", "2008"),
)
def _date_part_year(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return extract(compiler, "year", cast(moment(compiler, arguments[0]), types.DATE), node)
