"""Date and time functions, mostly as text operations on the fixed-width stored form.

Source: ``r_Dateparts_for_datetime_functions`` and the page of each function.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.functions import function
from streamdialect.sql.intervals import add_interval
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked

__all__ = ["date_part"]

_PARTS: dict[str, str] = {
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
        "microsecond": "microseconds us usec usecs usecond useconds microsec microsecs microsecon",
        "dayofweek": "dow dw weekday",
        "dayofyear": "doy dy yearday",
        "epoch": "",
    }.items()
    for alias in (part, *aliases.split())
}
_MIDNIGHT = " 00:00:00.000000"


def date_part(word: str) -> str | None:
    """Give a date part's full name, or None if there is none of that name."""
    return _PARTS.get(word.lower())


def _part(compiler: Compiler, node: Node, *allowed: str) -> str:
    """Read a date part, written as a word or as a literal."""
    if (isinstance(node, exp.Literal) and node.is_string) or isinstance(node, (exp.Column, exp.Var)):
        part = date_part(node.name)
        if part is not None and (not allowed or part in allowed):
            return part
        raise compiler.unsupported(f'the date part "{node.name}" here', node)
    raise compiler.wrong("a date part must be a word or a literal", node)


def _moment(compiler: Compiler, node: Node) -> Value:
    """Compile an argument that must be a date or time; literals are read as TIMESTAMP."""
    value = compiler.value(node)
    if value.type.is_text or value.type.name in ("SUPER", "UNKNOWN"):
        return cast(value, types.TIMESTAMP)
    if not value.type.is_temporal:
        raise compiler.wrong(f"a date or time is needed here, not {value.type}", node)
    return value


def _full(value: Value) -> str:
    return cast(value, types.TIMESTAMP).sql if value.type.name == "DATE" else value.sql


# --- truncation -----------------------------------------------------------------------------------

_CUTS = {
    "microsecond": (26, ""),
    "millisecond": (23, "000"),
    "second": (19, ".000000"),
    "minute": (16, ":00.000000"),
    "hour": (13, ":00:00.000000"),
    "day": (10, _MIDNIGHT),
    "month": (7, "-01" + _MIDNIGHT),
    "year": (4, "-01-01" + _MIDNIGHT),
}


@function("DATE_TRUNC", 2, 2, "Cut a time to a date part (r_DATE_TRUNC).", heading="date_trunc")
def _date_trunc(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = _part(compiler, arguments[0])
    value = _moment(compiler, arguments[1])
    if value.type.name == "TIME":
        raise compiler.unsupported("DATE_TRUNC of TIME", node)
    kind = value.type if value.type.name == "TIMESTAMPTZ" else types.TIMESTAMP
    sql = (
        value.sql if part not in ("microsecond", "millisecond", "second", "minute", "hour") else _full(value)
    )
    if part in _CUTS:
        length, rest = _CUTS[part]
        return Value(f"(substr({sql}, 1, {length}) || '{rest}')", kind)
    year = f"CAST(substr({sql}, 1, 4) AS INTEGER)"
    if part == "week":
        # 'weekday 0' goes forward to Sunday, from where Monday is six days back.
        return Value(f"(date(substr({sql}, 1, 10), 'weekday 0', '-6 days') || '{_MIDNIGHT}')", kind)
    if part == "quarter":
        month = f"(CAST(substr({sql}, 6, 2) AS INTEGER) - 1) / 3 * 3 + 1"
        return Value(f"(substr({sql}, 1, 5) || printf('%02d', {month}) || '-01{_MIDNIGHT}')", kind)
    if part in ("decade", "century", "millennium"):
        size = {"decade": 10, "century": 100, "millennium": 1000}[part]
        first = f"{year} / 10 * 10" if part == "decade" else f"({year} - 1) / {size} * {size} + 1"
        return Value(
            f"CASE WHEN {sql} IS NOT NULL THEN printf('%04d', {first}) || '-01-01{_MIDNIGHT}' END", kind
        )
    raise compiler.unsupported(f"DATE_TRUNC to {part}", node)


@function("TRUNC_DATE", 1, 1, "Cut a time to its DATE; reached as TRUNC(timestamp).", heading="trunc")
def _trunc_date(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return cast(_moment(compiler, arguments[0]), types.DATE)


# --- parts ----------------------------------------------------------------------------------------


def extract(compiler: Compiler, part: str, value: Value, node: Node) -> Value:
    """Compile EXTRACT: one part, as a whole number."""
    sql = _full(value)
    clock = 1 if value.type.name == "TIME" else 12

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
    if value.type.name == "TIME":
        raise compiler.unsupported(f"{part} of TIME", node)
    day = f"substr({sql}, 1, 10)"
    simple = {
        "year": digits(1, 4),
        "month": digits(6, 2),
        "day": digits(9, 2),
        "quarter": f"(({digits(6, 2)} + 2) / 3)",
        "decade": f"({digits(1, 4)} / 10)",
        "century": f"(({digits(1, 4)} + 99) / 100)",
        "millennium": f"(({digits(1, 4)} + 999) / 1000)",
        "dayofweek": f"CAST(strftime('%w', {day}) AS INTEGER)",
        "dayofyear": f"CAST(strftime('%j', {day}) AS INTEGER)",
        # ISO 8601: the week of the Thursday nearest to the day.
        "week": f"((CAST(strftime('%j', {day}, '-3 days', 'weekday 4') AS INTEGER) - 1) / 7 + 1)",
        "epoch": f"CAST(strftime('%s', substr({sql}, 1, 19)) AS INTEGER)",
    }
    return Value(simple[part], types.BIGINT if part == "epoch" else types.INTEGER)


@handles(exp.Extract, "this", "expression")
def _extract(compiler: Compiler, node: exp.Extract) -> Value:
    part = _part(compiler, node.this)
    return extract(compiler, part, _moment(compiler, node.expression), node)


@function(
    "DATE_PART",
    2,
    2,
    "Give a part of a time as DOUBLE PRECISION (r_DATE_PART_function).",
    heading="pgdate_part",
)
@function("PGDATE_PART", 2, 2, "Another name of DATE_PART.", heading="pgdate_part")
def _date_part(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = _part(compiler, arguments[0])
    value = _moment(compiler, arguments[1])
    whole = extract(compiler, part, value, node).sql
    if part in ("second", "epoch"):
        fraction = 10 if value.type.name == "TIME" else 21
        whole = f"({whole} + CAST('0.' || substr({_full(value)}, {fraction}) AS REAL))"
    elif part == "millisecond":
        start = 10 if value.type.name == "TIME" else 21
        whole = f"(CAST(substr({_full(value)}, {start}, 6) AS INTEGER) / 1000.0)"
    return Value(f"CAST({whole} AS REAL)", types.DOUBLE)


# --- differences and sums -------------------------------------------------------------------------

_SECONDS = {"second": (19, "", 1), "minute": (16, "", 60), "hour": (13, ":00", 3600)}


@function(
    "DATEDIFF",
    3,
    3,
    "Count the boundaries of a part between two times (r_DATEDIFF_function).",
    heading="date_diff",
)
@function("DATE_DIFF", 3, 3, "Another name of DATEDIFF.", heading="date_diff")
def _datediff(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = _part(compiler, arguments[0])
    start, end = _moment(compiler, arguments[1]), _moment(compiler, arguments[2])
    if "TIME" in (start.type.name, end.type.name):
        raise compiler.unsupported("DATEDIFF of TIME", node)

    def at(value: Value) -> str:
        sql = _full(value)
        year = f"CAST(substr({sql}, 1, 4) AS INTEGER)"
        month = f"CAST(substr({sql}, 6, 2) AS INTEGER)"
        if part in _SECONDS:
            length, rest, size = _SECONDS[part]
            text = f"substr({sql}, 1, {length})" + (f" || '{rest}'" if rest else "")
            return f"(CAST(strftime('%s', {text}) AS INTEGER) / {size})"
        if part == "day":
            return f"julianday(substr({sql}, 1, 10))"
        if part == "week":
            return f"(julianday(substr({sql}, 1, 10), 'weekday 0') / 7)"
        if part == "month":
            return f"({year} * 12 + {month})"
        if part == "quarter":
            return f"({year} * 4 + ({month} + 2) / 3)"
        if part == "year":
            return year
        if part == "decade":
            return f"({year} / 10)"
        if part in ("century", "millennium"):
            size = 100 if part == "century" else 1000
            return f"(({year} + {size - 1}) / {size})"
        if part in ("microsecond", "millisecond"):
            seconds = f"CAST(strftime('%s', substr({sql}, 1, 19)) AS INTEGER)"
            micros = f"({seconds} * 1000000 + CAST(substr({sql}, 21) AS INTEGER))"
            return micros if part == "microsecond" else f"({micros} / 1000)"
        raise compiler.unsupported(f"DATEDIFF in {part}", node)

    difference = f"({at(end)} - {at(start)})"
    if part in ("day", "week"):
        difference = (
            f"CAST(round{difference} AS INTEGER)" if part == "week" else f"CAST({difference} AS INTEGER)"
        )
    return Value(difference, types.BIGINT)


@function("DATEADD", 3, 3, "Add a number of parts to a time (r_DATEADD_function).", heading="date_add")
@function("DATE_ADD", 3, 3, "Another name of DATEADD.", heading="date_add")
def _dateadd(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    part = _part(compiler, arguments[0])
    count = checked(compiler.value(arguments[1]))
    moment = _moment(compiler, arguments[2])
    if not count.type.is_integer and count.type.name != "UNKNOWN":
        count = cast(count, types.BIGINT)
    kind = moment.type if moment.type.name == "TIMESTAMPTZ" else types.TIMESTAMP
    years = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
    if part in years:
        if moment.type.name == "TIME":
            raise compiler.unsupported(f"DATEADD of {part} to TIME", node)
        return Value(f"streamdialect_add_years({_full(moment)}, {_times(count.sql, years[part])})", kind)
    if part in ("month", "quarter"):
        months = _times(count.sql, 3 if part == "quarter" else 1)
        return add_interval(compiler, moment, (months, "0", "0"), node)
    seconds = {
        "week": 604_800,
        "day": 86_400,
        "dayofyear": 86_400,
        "dayofweek": 86_400,
        "hour": 3_600,
        "minute": 60,
        "second": 1,
    }
    if part in seconds:
        return add_interval(compiler, moment, ("0", _times(count.sql, seconds[part]), "0"), node)
    if part in ("millisecond", "microsecond"):
        return add_interval(
            compiler, moment, ("0", "0", _times(count.sql, 1000 if part == "millisecond" else 1)), node
        )
    raise compiler.unsupported(f"DATEADD of {part}", node)


def _times(sql: str, factor: int) -> str:
    return sql if factor == 1 else f"({sql} * {factor})"


@function("ADD_MONTHS", 2, 2, "Add months; the last day of a month stays a last day (r_ADD_MONTHS).")
def _add_months(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    moment = _moment(compiler, arguments[0])
    months = checked(compiler.value(arguments[1]))
    full = _full(moment)
    moved = f"streamdialect_add_months({full}, {months.sql})"
    end = f"date(substr({moved}, 1, 10), 'start of month', '+1 month', '-1 day') || substr({full}, 11)"
    last = f"strftime('%d', substr({full}, 1, 10), '+1 day') = '01'"
    return Value(f"CASE WHEN {last} THEN {end} ELSE {moved} END", types.TIMESTAMP)


@function("LAST_DAY", 1, 1, "Give the last day of the month (r_LAST_DAY).")
def _last_day(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    sql = _full(_moment(compiler, arguments[0]))
    return Value(f"date(substr({sql}, 1, 10), 'start of month', '+1 month', '-1 day')", types.DATE)


# --- now ------------------------------------------------------------------------------------------


@function("GETDATE", 0, 0, "Give the time of the statement (r_GETDATE).", volatile=True)
@function("SYSDATE", 0, 0, "Give the current time (r_SYSDATE).", volatile=True, heading="timestamp")
@function("LOCALTIMESTAMP", 0, 0, "Give the current time.", volatile=True, heading="timestamp")
def _now(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    # strftime has milliseconds; they are the same all through one statement.
    return Value("(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')", types.TIMESTAMP)


@function("NOW", 0, 0, "Give the current time with its zone.", volatile=True, heading="now")
@function(
    "CURRENT_TIMESTAMP", 0, 0, "Give the current time with its zone.", volatile=True, heading="timestamptz"
)
def _now_zoned(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')", types.TIMESTAMPTZ)


@function("CURRENT_DATE", 0, 0, "Give today's date (r_CURRENT_DATE_function).", volatile=True, heading="date")
def _today(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("date('now')", types.DATE)
