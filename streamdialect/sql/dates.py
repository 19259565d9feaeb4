"""Date and time functions, mostly as text operations on the fixed-width stored form.

Source: ``Date_functions_header`` and the page of each function.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.errors import DataError
from streamdialect.scalars.times import weekday_number
from streamdialect.sql.casts import as_text, cast, midnight
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.date_parts import full, moment, part_of
from streamdialect.sql.functions import function
from streamdialect.sql.intervals import add_interval, add_months, length
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked

__all__: list[str] = []

# --- differences ----------------------------------------------------------------------------------

_SECONDS = {"second": (19, "", 1), "minute": (16, "", 60), "hour": (13, ":00", 3600)}
_CLOCK_SECONDS = {"second": (8, "", 1), "minute": (5, "", 60), "hour": (2, ":00", 3600)}
_FRACTIONS = {"millisecond": (1_000, 3), "microsecond": (1_000_000, 6)}


@function(
    "DATEDIFF",
    3,
    3,
    "Count the boundaries of a part between two times.",
    heading="date_diff",
    signature="DATEDIFF(datepart, start, end)",
    returns="BIGINT",
    page="r_DATEDIFF_function",
    example=("DATEDIFF(hour, TIMESTAMP '2009-01-01 8:30:00', TIMESTAMP '2009-01-01 10:00:00')", "2"),
)
@function(
    "DATE_DIFF",
    3,
    3,
    "Another name of DATEDIFF.",
    heading="date_diff",
    signature="DATE_DIFF(datepart, start, end)",
    returns="BIGINT",
    page="r_DATEDIFF_function",
    example=("DATE_DIFF('year', DATE '2008-12-31', DATE '2009-01-01')", "1"),
)
def _datediff(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = part_of(compiler, arguments[0])
    start, end = moment(compiler, arguments[1]), moment(compiler, arguments[2])
    if start.type.is_clock or end.type.is_clock:
        if start.type != end.type:
            raise compiler.unsupported(
                f"DATEDIFF of {str(start.type).lower()} and {str(end.type).lower()}", node
            )
        a, b = _clock_boundary(compiler, part, start, node), _clock_boundary(compiler, part, end, node)
    else:
        a, b = _boundary(compiler, part, start, node), _boundary(compiler, part, end, node)
    return Value(f"({b} - {a})", types.BIGINT)


def _boundary(compiler: Compiler, part: str, value: Value, node: Node) -> str:
    """Count the boundaries of a part up to a time."""
    sql = full(value) if part in _SECONDS or part in _FRACTIONS else value.sql
    year = f"CAST(substr({sql}, 1, 4) AS INTEGER)"
    month = f"CAST(substr({sql}, 6, 2) AS INTEGER)"
    if part in _SECONDS:
        return _clock_seconds(sql, *_SECONDS[part])
    if part in _FRACTIONS:
        factor, digits = _FRACTIONS[part]
        fraction = f"CAST(substr({sql}, 21, {digits}) AS INTEGER)"
        return f"(unixepoch(substr({sql}, 1, 19)) * {factor} + {fraction})"
    simple = {
        "day": f"(unixepoch(substr({sql}, 1, 10)) / 86400)",
        "dayofyear": f"(unixepoch(substr({sql}, 1, 10)) / 86400)",
        # 1970-01-05 was a Monday.
        "week": f"((unixepoch(substr({sql}, 1, 10), '-6 days', 'weekday 1') - 345600) / 604800)",
        "month": f"({year} * 12 + {month})",
        "quarter": f"({year} * 4 + ({month} + 2) / 3)",
        "year": year,
        "decade": f"({year} / 10)",
        "century": f"(({year} + 99) / 100)",
        "millennium": f"(({year} + 999) / 1000)",
    }
    if part not in simple:
        raise compiler.unsupported(f"DATEDIFF in {part}", node)
    return simple[part]


def _clock_boundary(compiler: Compiler, part: str, value: Value, node: Node) -> str:
    if part in _CLOCK_SECONDS:
        return _clock_seconds(value.sql, *_CLOCK_SECONDS[part])
    if part in _FRACTIONS:
        factor, digits = _FRACTIONS[part]
        fraction = f"CAST(substr({value.sql}, 10, {digits}) AS INTEGER)"
        return f"(unixepoch(substr({value.sql}, 1, 8)) * {factor} + {fraction})"
    raise compiler.wrong(f"{value.type.name.lower()} has no {part}", node)


def _clock_seconds(sql: str, width: int, rest: str, size: int) -> str:
    text = f"substr({sql}, 1, {width})" + (f" || '{rest}'" if rest else "")
    return f"(unixepoch({text}) / {size})" if size > 1 else f"unixepoch({text})"


@function(
    "MONTHS_BETWEEN",
    2,
    2,
    "Count the months from the second date to the first, parts of a month as 31sts.",
    signature="MONTHS_BETWEEN(date1, date2)",
    returns="DOUBLE PRECISION",
    page="r_MONTHS_BETWEEN_function",
    example=("MONTHS_BETWEEN('1969-01-18', '1969-03-18')", "-2"),
)
def _months_between(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    first, second = (full(_dated(compiler, argument)) for argument in arguments)
    return Value(f"streamdialect_months_between({first}, {second})", types.DOUBLE)


def _dated(compiler: Compiler, node: Node) -> Value:
    """Compile an argument that must have a date."""
    value = moment(compiler, node, "date")
    if value.type.is_clock:
        raise compiler.wrong(f"a date is needed here, not {value.type.name.lower()}", node)
    return value


# --- sums -----------------------------------------------------------------------------------------

_YEARS = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
_ADDED_SECONDS = {
    "week": 604_800,
    "day": 86_400,
    "dayofyear": 86_400,
    "dayofweek": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}


@function(
    "DATEADD",
    3,
    3,
    "Add a number of parts to a time; a bare m is minutes, a time of day wraps at midnight.",
    heading="date_add",
    signature="DATEADD(datepart, number, date | time | timestamp)",
    returns="TIMESTAMP; TIME, TIMETZ and TIMESTAMPTZ stay",
    page="r_DATEADD_function",
    example=("DATEADD(year, 1, '2016-02-29')", "2017-03-01 00:00:00"),
)
@function(
    "DATE_ADD",
    3,
    3,
    "Another name of DATEADD.",
    heading="date_add",
    signature="DATE_ADD(datepart, number, date | time | timestamp)",
    returns="TIMESTAMP; TIME, TIMETZ and TIMESTAMPTZ stay",
    page="r_DATEADD_function",
    example=("DATE_ADD('month', 12, '2016-02-29')", "2017-02-28 00:00:00"),
)
def _dateadd(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = part_of(compiler, arguments[0])
    count = checked(compiler.value(arguments[1]))
    value = moment(compiler, arguments[2])
    if not count.type.is_integer and count.type.name != "UNKNOWN":
        count = cast(count, types.BIGINT)
    if value.type.is_clock and (part in _YEARS or part in ("month", "quarter", "week", "day", "dayofyear")):
        raise compiler.wrong(f"{value.type.name.lower()} has no {part}", node)
    if part in _YEARS:
        kind = value.type if value.type.name == "TIMESTAMPTZ" else types.TIMESTAMP
        # 29 February and a year are 1 March: no clamping, as SQLite by itself.
        return Value(add_months(full(value), _times(count, _YEARS[part]), "years", clamp=False), kind)
    if part in ("month", "quarter"):
        months = _times(count, 3 if part == "quarter" else 1)
        return add_interval(compiler, value, (months, "0", "0"), node)
    if part in _ADDED_SECONDS:
        return add_interval(compiler, value, ("0", _times(count, _ADDED_SECONDS[part]), "0"), node)
    if part in ("millisecond", "microsecond"):
        micros = _times(count, 1000 if part == "millisecond" else 1)
        return add_interval(compiler, value, ("0", "0", micros), node)
    raise compiler.unsupported(f"DATEADD of {part}", node)


def _times(count: Value, factor: int) -> str:
    if isinstance(count.literal, int):
        product = count.literal * factor
        return str(product) if product >= 0 else f"({product})"
    return count.sql if factor == 1 else f"({count.sql} * {factor})"


@function(
    "ADD_MONTHS",
    2,
    2,
    "Add months; the last day of a month stays a last day.",
    signature="ADD_MONTHS(date | timestamp, integer)",
    returns="TIMESTAMP",
    page="r_ADD_MONTHS",
    example=("ADD_MONTHS('2008-04-30', 1)", "2008-05-31 00:00:00"),
)
def _add_months(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _dated(compiler, arguments[0])
    count = checked(compiler.value(arguments[1]))
    if not count.type.is_integer and count.type.name != "UNKNOWN":
        count = cast(count, types.BIGINT)
    sql = full(value)
    moved = add_months(sql, _times(count, 1))
    end = f"{_last_of(moved)} || substr({sql}, 11)"
    # The day after 31 December 9999 is beyond the calendar.
    last = f"coalesce(strftime('%d', substr({sql}, 1, 10), '+1 day'), '01') = '01'"
    return Value(f"CASE WHEN {last} THEN {end} ELSE {moved} END", types.TIMESTAMP)


def _last_of(sql: str) -> str:
    """Write the last day of a date's month."""
    day = f"substr({sql}, 1, 10)"
    # December 9999 has no month after it.
    return f"coalesce(date({day}, 'start of month', '+1 month', '-1 day'), substr({sql}, 1, 8) || '31')"


@function(
    "LAST_DAY",
    1,
    1,
    "Give the last day of the month.",
    signature="LAST_DAY(date | timestamp)",
    returns="DATE",
    page="r_LAST_DAY",
    example=("LAST_DAY('2008-02-15')", "2008-02-29"),
)
def _last_day(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(_last_of(_dated(compiler, arguments[0]).sql), types.DATE)


@function(
    "NEXT_DAY",
    2,
    2,
    "Give the first date after a date that is the named day of the week.",
    signature="NEXT_DAY(date | timestamp, day)",
    returns="DATE",
    page="r_NEXT_DAY",
    example=("NEXT_DAY('2014-08-20', 'Tuesday')", "2014-08-26"),
)
def _next_day(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    value = _dated(compiler, arguments[0])
    name = compiler.value(arguments[1])
    slow = f"streamdialect_next_day({value.sql}, {as_text(name)})"
    if not isinstance(name.literal, str):
        return Value(slow, types.DATE)
    try:
        weekday = weekday_number(name.literal)
    except DataError as error:
        raise compiler.wrong(str(error), arguments[1]) from None
    moved = f"date(substr({value.sql}, 1, 10), '+1 day', 'weekday {weekday}')"
    return Value(f"coalesce({moved}, {slow})", types.DATE)


# --- comparisons ----------------------------------------------------------------------------------


def _compared(a: str, b: str) -> Value:
    return Value(f"(({a} > {b}) - ({a} < {b}))", types.INTEGER)


_COMPARISONS = (
    ("DATE_CMP", "DATE", "DATE", "('2008-01-05', '2008-01-04')", "1"),
    ("DATE_CMP_TIMESTAMP", "DATE", "TIMESTAMP", "('2008-06-18', '2008-06-18 00:00:01')", "-1"),
    ("DATE_CMP_TIMESTAMPTZ", "DATE", "TIMESTAMPTZ", "('2008-06-18', '2008-06-17 09:44:54+00')", "1"),
    ("TIMESTAMP_CMP", "TIMESTAMP", "TIMESTAMP", "('2008-01-24 06:43:29', '2008-02-18 02:36:48')", "-1"),
    ("TIMESTAMP_CMP_DATE", "TIMESTAMP", "DATE", "('2008-11-01 07:35:33', '2008-06-18')", "1"),
    (
        "TIMESTAMP_CMP_TIMESTAMPTZ",
        "TIMESTAMP",
        "TIMESTAMPTZ",
        "('2008-01-24 06:43:29', '2008-01-24 06:43:29+00')",
        "0",
    ),
    (
        "TIMESTAMPTZ_CMP",
        "TIMESTAMPTZ",
        "TIMESTAMPTZ",
        "('2008-01-24 06:43:29-01', '2008-01-24 06:43:29')",
        "1",
    ),
    ("TIMESTAMPTZ_CMP_DATE", "TIMESTAMPTZ", "DATE", "('2008-06-17 09:44:54+00', '2008-06-18')", "-1"),
    (
        "TIMESTAMPTZ_CMP_TIMESTAMP",
        "TIMESTAMPTZ",
        "TIMESTAMP",
        "('2008-01-24 06:43:29+01', '2008-01-24 06:43:29')",
        "-1",
    ),
)


def _comparison(name: str, first: str, second: str, arguments: str, result: str) -> None:
    kinds = (types.RedshiftType(first), types.RedshiftType(second))

    @function(
        name,
        2,
        2,
        "Compare two times: 1 if the first is later, -1 if the second is, 0 if they are the same.",
        signature=f"{name}({first.lower()}, {second.lower()})",
        returns="INTEGER",
        page=f"r_{name}",
        example=(f"{name}{arguments}", result),
    )
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        values = [compiler.value(argument) for argument in arguments]
        for value, argument in zip(values, arguments, strict=True):
            if not (value.type.is_text or value.type.is_temporal or value.type.name in ("UNKNOWN", "SUPER")):
                raise compiler.wrong(f"function {name.lower()} compares times, not {value.type}", argument)
        cut = [cast(value, kind) for value, kind in zip(values, kinds, strict=True)]
        if kinds[0] == kinds[1]:
            return _compared(cut[0].sql, cut[1].sql)
        return _compared(midnight(cut[0]), midnight(cut[1]))


for _entry in _COMPARISONS:
    _comparison(*_entry)


@function(
    "INTERVAL_CMP",
    2,
    2,
    "Compare two intervals: 1 if the first is longer, -1 if the second is; a month counts 30 days.",
    signature="INTERVAL_CMP(interval1, interval2)",
    returns="INTEGER",
    page="r_INTERVAL_CMP",
    example=("INTERVAL_CMP('3 days', '1 year')", "-1"),
)
def _interval_cmp(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    values = [compiler.value(argument) for argument in arguments]
    for value, argument in zip(values, arguments, strict=True):
        if not (value.type.is_text or value.type.is_interval or value.type.name == "UNKNOWN"):
            raise compiler.wrong(f"function interval_cmp compares intervals, not {value.type}", argument)
    return _compared(length(values[0]), length(values[1]))


# --- now ------------------------------------------------------------------------------------------

# The same all through one statement; SQLite's clock has milliseconds.
_NOW = "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


@function(
    "GETDATE",
    0,
    0,
    "Give the time when the statement began, in whole seconds.",
    volatile=True,
    heading="timestamp",
    signature="GETDATE()",
    returns="TIMESTAMP",
    page="r_GETDATE",
    example=("DATEDIFF(hour, GETDATE(), SYSDATE)", "0"),
)
def _getdate(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("strftime('%Y-%m-%d %H:%M:%S.000000', 'now')", types.TIMESTAMP)


@function(
    "SYSDATE",
    0,
    0,
    "Give the time when the statement began.",
    volatile=True,
    heading="timestamp",
    signature="SYSDATE",
    returns="TIMESTAMP",
    page="r_SYSDATE",
    example=("SYSDATE = SYSDATE", "true"),
)
@function(
    "LOCALTIMESTAMP",
    0,
    0,
    "Give the time when the statement began.",
    volatile=True,
    heading="timestamp",
    signature="LOCALTIMESTAMP",
    returns="TIMESTAMP",
    page="c_SQL_functions_leader_node_only",
    example=("LOCALTIMESTAMP = SYSDATE", "true"),
)
def _now(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(_NOW, types.TIMESTAMP)


@function(
    "NOW",
    0,
    0,
    "Give the time when the statement began, with its zone, which is UTC.",
    volatile=True,
    heading="now",
    signature="NOW()",
    returns="TIMESTAMPTZ",
    page="c_SQL_functions_leader_node_only",
    example=("NOW() = SYSDATE", "true"),
)
@function(
    "CURRENT_TIMESTAMP",
    0,
    0,
    "Give the time when the statement began, with its zone, which is UTC.",
    volatile=True,
    heading="timestamptz",
    signature="CURRENT_TIMESTAMP",
    returns="TIMESTAMPTZ",
    page="c_SQL_functions_leader_node_only",
    example=("CURRENT_TIMESTAMP = SYSDATE", "true"),
)
def _now_zoned(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(_NOW, types.TIMESTAMPTZ)


@function(
    "CURRENT_DATE",
    0,
    0,
    "Give today's date in UTC.",
    volatile=True,
    heading="date",
    signature="CURRENT_DATE",
    returns="DATE",
    page="r_CURRENT_DATE_function",
    example=("CURRENT_DATE = SYSDATE::date", "true"),
)
def _today(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("date('now')", types.DATE)


@function(
    "TIMEOFDAY",
    0,
    0,
    "Give the time of the statement as text, with its day of the week.",
    volatile=True,
    signature="TIMEOFDAY()",
    returns="VARCHAR",
    page="r_TIMEOFDAY_function",
    example=("RIGHT(TIMEOFDAY(), 3)", "UTC"),
)
def _timeofday(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(f"streamdialect_time_of_day({_NOW})", types.varchar(64))
