"""Window functions: the OVER clause, and the functions that exist with it only.

Source: "Window functions" (``c_Window_functions``, ``r_Window_function_synopsis``) and the pages it links.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.sql.aggregates import AGGREGATES, Over, aggregate, parts_of
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, check_parts, handles
from streamdialect.sql.equality import told_apart
from streamdialect.sql.functions import MANY, Example, function, manual, number
from streamdialect.sql.nodes import Node
from streamdialect.sql.ordering import direction, ordered_terms
from streamdialect.sql.values import Value, checked

__all__: list[str] = []

_FRAMED = "Aggregate window functions with an ORDER BY clause require a frame clause"


class _Call(Struct, frozen=True):
    """Be one call of a window function with compiled arguments."""

    compiler: Compiler
    node: Node
    name: str
    arguments: tuple[Value, ...]
    nodes: tuple[Node, ...]
    over: Over
    ignore_nulls: bool


_Build = Callable[[_Call], Value]


class _Function(Struct, frozen=True):
    """Describe a window function.

    ``over`` tells what its OVER clause may hold: a frame, an order, the partition only; "ordered" if it must
    be ordered. ``nulls`` tells whether IGNORE NULLS is allowed.
    """

    build: _Build
    least: int
    most: int
    over: str
    nulls: bool


_FUNCTIONS: dict[str, _Function] = {}


def _window_function(
    name: str,
    least: int,
    most: int,
    doc: str,
    *,
    over: str,
    nulls: bool = False,
    signature: str,
    returns: str,
    page: str,
    example: Example,
) -> Callable[[_Build], _Build]:
    """Add a function that exists with OVER only to the table and to the manual."""

    def register(build: _Build) -> _Build:
        _FUNCTIONS[name] = _Function(build, least, most, over, nulls)
        manual(name, __name__, signature, returns, doc, page, example)
        function(name, 0, MANY, doc)(_without_over)
        return build

    return register


def _without_over(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    raise compiler.wrong(f"window function {str(node.this).lower()} requires an OVER clause", node)


# --- OVER -----------------------------------------------------------------------------------------


@handles(exp.Window, "this", "partition_by", "order", "spec", "alias", "over")
def _window(compiler: Compiler, node: exp.Window) -> Value:
    frame = compiler.frame
    if not frame.windows_allowed or frame.aggregating:
        clause = frame.aggregates_allowed
        where = f"in {clause}" if clause is not None else "here"
        raise compiler.wrong(f"window functions are not allowed {where}", node)
    frame.windows_allowed = False  # they cannot be nested
    try:
        return _compiled(compiler, node)
    finally:
        frame.windows_allowed = True


def _compiled(compiler: Compiler, node: exp.Window) -> Value:
    parts = parts_of(compiler, node.this)
    name = str(parts.call.this).upper()
    entry = AGGREGATES.get(name)
    if entry is not None and entry.over is not None:
        return aggregate(compiler, node.this, _over(compiler, _named(compiler, node), name, entry.over))
    known = _FUNCTIONS.get(name)
    if known is None:
        raise compiler.unsupported(f"the window function {name.lower()}", node)
    if parts.filter is not None or parts.order is not None:
        raise compiler.wrong(f"FILTER and WITHIN GROUP are not allowed with {name.lower()}", node)
    nodes, nulls = _without_nulls(compiler, parts.call, parts.nulls)
    if nulls is not None and not known.nulls:
        raise compiler.wrong(f"IGNORE NULLS and RESPECT NULLS are not allowed with {name.lower()}", node)
    if len(nodes) > known.most and name in ("LAG", "LEAD"):
        raise compiler.wrong(
            f"Default parameter not be supported for window function {name.lower()}",
            node,
            hint="These are Redshift's words. COALESCE around the call also replaces NULLs that are found.",
        )
    if not known.least <= len(nodes) <= known.most:
        wanted = " or ".join(str(count) for count in sorted({known.least, known.most}))
        raise compiler.wrong(f"function {name.lower()} takes {wanted} arguments, not {len(nodes)}", node)
    values = tuple(checked(compiler.value(item)) for item in nodes)
    over = _over(compiler, _named(compiler, node), name, known.over)
    ignore = isinstance(nulls, exp.IgnoreNulls)
    return known.build(_Call(compiler, node, name, values, tuple(nodes), over, ignore))


def _without_nulls(
    compiler: Compiler, call: exp.Anonymous, after: Node | None
) -> tuple[list[Node], Node | None]:
    """Take IGNORE NULLS or RESPECT NULLS from inside the parentheses or from behind them."""
    nodes: list[Node] = []
    found = after
    for item in call.expressions:
        if isinstance(item, (exp.IgnoreNulls, exp.RespectNulls)):
            if found is not None:
                raise compiler.wrong("IGNORE NULLS or RESPECT NULLS is written twice", call)
            check_parts(compiler, item, frozenset({"this"}))
            found, item = item, item.this
        nodes.append(item)
    return nodes, found


def _named(compiler: Compiler, node: Node) -> Node:
    """Give the window that ``OVER w`` means."""
    named = node.args.get("alias")
    if named is None:
        return node
    window = compiler.frame.windows.get(named.name.lower())
    if window is None:
        raise compiler.undefined(f'window "{named.name.lower()}" does not exist', node)
    if node.args.get("partition_by") or node.args.get("order") or node.args.get("spec"):
        raise compiler.unsupported("a window that extends a named one", node)
    check_parts(compiler, window, frozenset({"this", "partition_by", "order", "spec"}))
    return window


def _over(compiler: Compiler, node: Node, name: str, allowed: str) -> Over:
    """Compile an OVER clause; ``allowed`` is what the function lets it hold."""
    partition = tuple(
        told_apart(_key(compiler, item, "PARTITION BY")) for item in node.args.get("partition_by") or []
    )
    order, spec = node.args.get("order"), node.args.get("spec")
    if allowed == "partition" and order is not None:
        raise compiler.wrong(f"{name.lower()} allows no ORDER BY in its OVER clause", node)
    if allowed != "frame" and spec is not None:
        raise compiler.wrong(f"{name.lower()} allows no frame clause", node)
    if order is None and (allowed == "ordered" or spec is not None):
        what = "a frame clause" if spec is not None else name.lower()
        raise compiler.wrong(f"{what} needs an ORDER BY in the OVER clause", node)
    if order is None:
        return Over(partition, (), "")
    check_parts(compiler, order, frozenset({"expressions"}))
    for term in order.expressions:
        _key(compiler, term.this if isinstance(term, exp.Ordered) else term, "ORDER BY")
    terms = tuple(ordered_terms(compiler, order.expressions))
    if spec is None:
        # SQLite's frame without one is the standard's; generated SQL (SQLAlchemy's) counts on it.
        if allowed == "frame" and compiler.settings.compat:
            raise compiler.wrong(_FRAMED, node)
        return Over(partition, terms, "")
    text, offset = _frame(compiler, spec, node)
    if offset:
        terms = (_measured(compiler, order.expressions, node),)
    return Over(partition, terms, text)


def _key(compiler: Compiler, node: Node, clause: str) -> Value:
    value = checked(compiler.value(node))
    if value.is_literal and not isinstance(node, exp.Column):
        raise compiler.wrong(
            f"constant expressions are not supported in {clause.lower()} clauses",
            node,
            hint="A constant neither divides nor orders rows: leave it out.",
        )
    return value


# --- frames ---------------------------------------------------------------------------------------


_SAFE_DIGITS = 15


def _frame(compiler: Compiler, spec: Node, node: Node) -> tuple[str, bool]:
    """Give a frame's SQL, and whether it is measured by the values of the rows' order."""
    check_parts(compiler, spec, frozenset({"kind", "start", "start_side", "end", "end_side"}))
    kind = str(spec.args.get("kind") or "").upper()
    if kind != "ROWS" and (kind != "RANGE" or compiler.settings.compat):
        raise compiler.unsupported(
            f"the {kind} clause of window functions", node, hint="Redshift has ROWS only."
        )
    offset = kind == "RANGE" and any(
        isinstance(spec.args.get(part), exp.Expression) for part in ("start", "end")
    )
    start, first = _bound(compiler, spec, "start", node)
    if spec.args.get("end") is None:
        if start == "UNBOUNDED FOLLOWING":
            return f"{kind} BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", False
        if first > 0:
            raise compiler.wrong("a frame that starts after the current row needs BETWEEN", node)
        return f"{kind} {start}", offset
    end, last = _bound(compiler, spec, "end", node)
    if first > last or start == "UNBOUNDED FOLLOWING" or end == "UNBOUNDED PRECEDING":
        raise compiler.wrong(f"the window frame starts at {start}, after its end at {end}", node)
    return f"{kind} BETWEEN {start} AND {end}", offset


def _bound(compiler: Compiler, spec: Node, part: str, node: Node) -> tuple[str, float]:
    """Give a bound's SQL and how many rows it lies after the current one."""
    bound, side = spec.args.get(part), str(spec.args.get(f"{part}_side") or "").upper()
    if isinstance(bound, str) and bound.upper() == "CURRENT ROW":
        return "CURRENT ROW", 0
    if side not in ("PRECEDING", "FOLLOWING"):
        raise compiler.wrong("a window frame's bound is PRECEDING or FOLLOWING", node)
    sign = -1 if side == "PRECEDING" else 1
    if isinstance(bound, str):
        return f"UNBOUNDED {side}", sign * float("inf")
    value = compiler.value(bound) if bound is not None else None
    if spec.args["kind"].upper() == "RANGE":
        return _distance(compiler, value, side, sign, node)
    if value is None or type(value.literal) is not int or value.literal < 1:
        raise compiler.wrong("the offset of a window frame must be a positive constant", node)
    return f"{value.literal} {side}", sign * value.literal


def _distance(compiler: Compiler, value: Value | None, side: str, sign: int, node: Node) -> tuple[str, float]:
    number = None if value is None else value.literal
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal) or number < 0:
        raise compiler.wrong("the offset of a RANGE frame must be a constant number from 0", node)
    key = _range_order(compiler, node)
    if key.type.is_float:
        return f"{float(number)!r} {side}", sign * float(number)
    # The rows' values are whole multiples of the scale's unit, so only whole ones of the offset count.
    units = int(Decimal(str(number)).scaleb(key.type.scale or 0).to_integral_value(ROUND_FLOOR))
    return f"{units} {side}", sign * units


def _range_order(compiler: Compiler, node: Node) -> Value:
    """Give the one number by which a RANGE frame with an offset measures."""
    terms = node.args["order"].expressions
    term = terms[0].this if isinstance(terms[0], exp.Ordered) else terms[0]
    value = checked(compiler.value(term))
    kind = value.type
    exact = kind.name == "DECIMAL" and (kind.precision or 0) <= _SAFE_DIGITS and value.exact is None
    if len(terms) != 1 or not (kind.is_integer or kind.is_float or exact):
        raise compiler.unsupported(
            "a RANGE frame with an offset over anything but one number",
            node,
            hint=f"ORDER BY one INTEGER, FLOAT or DECIMAL of at most {_SAFE_DIGITS} digits.",
        )
    return value


def _measured(compiler: Compiler, terms: list[Node], node: Node) -> str:
    """Write the order of a RANGE frame with an offset: decimals as whole numbers, which SQLite adds exactly."""
    value = _range_order(compiler, node)
    key = value.sql
    if value.type.name == "DECIMAL" and value.type.scale:
        key = f"CAST(round({key} * {10**value.type.scale}) AS INTEGER)"
    return key + direction(compiler, terms[0])


# --- ranking --------------------------------------------------------------------------------------


def _ranking(name: str, kind: types.RedshiftType, doc: str, example: str) -> None:
    def build(call: _Call) -> Value:
        return Value(f"{name.lower()}(){call.over.sql}", kind)

    _window_function(
        name,
        0,
        0,
        doc,
        over="order",
        signature=f"{name}() OVER ([PARTITION BY ...] [ORDER BY ...])",
        returns=str(kind),
        page=f"r_WF_{name}",
        example=(f"{name}() OVER (ORDER BY x) FROM (SELECT 1 AS x)", example),
    )(build)


_ranking("ROW_NUMBER", types.BIGINT, "Number the rows of a partition.", "1")
_ranking("RANK", types.INTEGER, "Rank the rows; equal ones leave a gap behind them.", "1")
_ranking("DENSE_RANK", types.INTEGER, "Rank the rows without gaps.", "1")
_ranking("PERCENT_RANK", types.DOUBLE, "Give the rank as a share, from 0 to 1.", "0")
_ranking("CUME_DIST", types.DOUBLE, "Give the share of rows up to this one and its equals.", "1")


@_window_function(
    "NTILE",
    1,
    1,
    "Divide the rows into a number of groups of as equal size as possible.",
    over="order",
    signature="NTILE(groups) OVER ([PARTITION BY ...] [ORDER BY ...])",
    returns="BIGINT",
    page="r_WF_NTILE",
    example=("NTILE(4) OVER (ORDER BY x) FROM (SELECT 1 AS x)", "1"),
)
def _ntile(call: _Call) -> Value:
    count = _integer(call, call.arguments[0], least=1)
    return Value(f"ntile({count.sql}){call.over.sql}", types.BIGINT)


def _integer(call: _Call, value: Value, least: int) -> Value:
    """Check an argument that must be an integer, as far as it is known now."""
    if not value.type.is_integer and value.type.name != "UNKNOWN":
        raise call.compiler.wrong(
            f"an argument of {call.name.lower()} must be an integer, not {str(value.type).lower()}", call.node
        )
    if value.is_null or (isinstance(value.literal, int) and value.literal < least):
        raise call.compiler.wrong(f"an argument of {call.name.lower()} must be at least {least}", call.node)
    return value


@_window_function(
    "RATIO_TO_REPORT",
    1,
    1,
    "Give a value's share in the sum of its partition.",
    over="partition",
    signature="RATIO_TO_REPORT(x) OVER ([PARTITION BY ...])",
    returns="DOUBLE PRECISION",
    page="r_WF_RATIO_TO_REPORT",
    example=("RATIO_TO_REPORT(x) OVER () FROM (SELECT 1 AS x UNION ALL SELECT 3) ORDER BY x LIMIT 1", "0.25"),
)
def _ratio_to_report(call: _Call) -> Value:
    value = cast(number(call.compiler, call.nodes[0], call.name), types.DOUBLE).sql
    total = f"sum({value}){call.over.sql}"
    fail = f"streamdialect_fail({value}, 'division by zero')"
    return Value(f"CASE WHEN {total} = 0 THEN {fail} ELSE {value} / {total} END", types.DOUBLE)


# --- values of other rows -------------------------------------------------------------------------


def _offset(name: str, doc: str, frame: str, kept: str, example: Example) -> None:
    def build(call: _Call) -> Value:
        value = call.arguments[0]
        offset = _integer(call, call.arguments[1], least=0) if len(call.arguments) == 2 else None
        if not call.ignore_nulls:
            rows = "" if offset is None else f", {_not_negative(offset, name)}"
            return Value(f"{name.lower()}({value.sql}{rows}){call.over.sql}", value.type)
        count = 1 if offset is None else _constant(call, offset)
        if count == 0:
            return Value(value.sql, value.type)  # the current row itself
        over = replace(call.over, frame=frame)
        return Value(f"{kept}({value.sql}, {count}){over.sql}", value.type)

    _window_function(
        name,
        1,
        2,
        doc,
        over="ordered",
        nulls=True,
        signature=f"{name}(x [, offset]) [IGNORE NULLS | RESPECT NULLS] OVER ([PARTITION BY ...] ORDER BY ...)",
        returns="the type of x",
        page=f"r_WF_{name}",
        example=example,
    )(build)


def _not_negative(offset: Value, name: str) -> str:
    if offset.is_literal:
        return offset.sql
    fail = f"streamdialect_fail({offset.sql}, 'the offset of {name.lower()} must not be negative: %')"
    return f"CASE WHEN {offset.sql} < 0 THEN {fail} ELSE {offset.sql} END"


def _constant(call: _Call, offset: Value) -> int:
    if not isinstance(offset.literal, int):
        raise call.compiler.unsupported(
            f"{call.name} with IGNORE NULLS and an offset that is no constant", call.node
        )
    return offset.literal


_offset(
    "LAG",
    "Give the value in the row before this one, or so many rows before it.",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
    "streamdialect_nth_kept_from_end",
    ("LAG(x) OVER (ORDER BY x) FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY x DESC LIMIT 1", "1"),
)
_offset(
    "LEAD",
    "Give the value in the row after this one, or so many rows after it.",
    "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING",
    "streamdialect_nth_kept",
    ("LEAD(x) OVER (ORDER BY x) FROM (SELECT 1 AS x UNION ALL SELECT 2) ORDER BY x LIMIT 1", "2"),
)


def _end_value(name: str, doc: str, kept: str, page: str, example: Example) -> None:
    def build(call: _Call) -> Value:
        value = call.arguments[0]
        called = f"{kept}({value.sql}, 1)" if call.ignore_nulls else f"{name.lower()}({value.sql})"
        return Value(f"{called}{call.over.sql}", value.type)

    _window_function(
        name,
        1,
        1,
        doc,
        over="frame",
        nulls=True,
        signature=f"{name}(x [IGNORE NULLS | RESPECT NULLS]) OVER ([PARTITION BY ...] [ORDER BY ... ROWS ...])",
        returns="the type of x",
        page=page,
        example=example,
    )(build)


_WHOLE = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_end_value(
    "FIRST_VALUE",
    "Give the value in the first row of the frame.",
    "streamdialect_nth_kept",
    "r_WF_first_value",
    (f"FIRST_VALUE(x) OVER (ORDER BY x {_WHOLE}) FROM (SELECT 1 AS x UNION ALL SELECT 2) LIMIT 1", "1"),
)
_end_value(
    "LAST_VALUE",
    "Give the value in the last row of the frame.",
    "streamdialect_nth_kept_from_end",
    "r_WF_last_value",
    (
        f"LAST_VALUE(x) OVER (ORDER BY x {_WHOLE}) FROM (SELECT 1 AS x UNION ALL SELECT 2) LIMIT 1",
        "2",
    ),
)


@_window_function(
    "NTH_VALUE",
    2,
    2,
    "Give the value in the row of that number in the frame.",
    over="frame",
    nulls=True,
    signature="NTH_VALUE(x, n) [IGNORE NULLS | RESPECT NULLS] OVER ([PARTITION BY ...] [ORDER BY ... ROWS ...])",
    returns="the type of x",
    page="r_WF_NTH",
    example=(
        f"NTH_VALUE(x, 2) OVER (ORDER BY x {_WHOLE}) FROM (SELECT 1 AS x UNION ALL SELECT 2) LIMIT 1",
        "2",
    ),
)
def _nth_value(call: _Call) -> Value:
    value, offset = call.arguments[0], _integer(call, call.arguments[1], least=1)
    if call.ignore_nulls:
        called = f"streamdialect_nth_kept({value.sql}, {_constant(call, offset)})"
    else:
        called = f"nth_value({value.sql}, {offset.sql})"
    return Value(f"{called}{call.over.sql}", value.type)
