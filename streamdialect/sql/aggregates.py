"""Calls of aggregates: their table, arguments, DISTINCT, FILTER and WITHIN GROUP.

Source: "Aggregate functions" (``c_Aggregate_Functions``). What each of them computes is in ``totals``,
``statistics`` and ``sorted_aggregates``; ``windows`` calls them with OVER.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.errors import ProgrammingError
from streamdialect.sql.compiler import Compiler, check_parts, handles
from streamdialect.sql.functions import Example, manual
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.ordering import ordered_terms
from streamdialect.sql.values import Value, checked

__all__ = [
    "AGGREGATES",
    "Call",
    "Over",
    "Parts",
    "aggregate",
    "aggregate_function",
    "contains_aggregate",
    "inside",
    "is_aggregate",
    "parts_of",
    "refuse_type",
    "same_order",
]

_STAR = Value("*", types.BIGINT)
_WHOLE_PARTITION = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"


class Over(Struct, frozen=True):
    """Be a compiled OVER clause."""

    partition: tuple[str, ...]
    order: tuple[str, ...]
    frame: str

    @property
    def sql(self) -> str:
        """Write the clause."""
        parts = [f"PARTITION BY {', '.join(self.partition)}"] if self.partition else []
        if self.order:
            parts.append(f"ORDER BY {', '.join(self.order)}")
        if self.frame:
            parts.append(self.frame)
        return f" OVER ({' '.join(parts)})"


class Call(Struct, frozen=True):
    """Be one aggregate call with compiled arguments.

    ``order`` holds the terms of WITHIN GROUP, ``sorted`` the value that they sort by if it is one, and
    ``descending`` its direction. ``condition`` is FILTER's; ``over`` follows the call in SQL.
    """

    compiler: Compiler
    node: Node
    name: str
    arguments: tuple[Value, ...]
    distinct: bool = False
    condition: str = ""
    over: Over | None = None
    order: tuple[str, ...] = ()
    sorted: Value | None = None
    descending: bool = False

    @property
    def argument(self) -> Value:
        """Give the first argument."""
        return self.arguments[0]

    def sql(self, function: str, *arguments: str, order: tuple[str, ...] = ()) -> str:
        """Write a call of one of SQLite's functions over the same rows, in an order if it matters.

        An order needs a window: inside a call, SQLite before 3.44 cannot even parse ORDER BY, and reads nothing
        of a file that has it in a view.
        """
        inner = ("DISTINCT " if self.distinct else "") + ", ".join(arguments)
        over = self.over
        if order and over is not None:
            over = replace(over, order=order, frame=_WHOLE_PARTITION)
        return f"{function}({inner}){filter_clause(self.condition)}{over.sql if over is not None else ''}"


def filter_clause(condition: str) -> str:
    """Write what follows an aggregate that takes only the rows for which a condition holds; nothing if it is empty."""
    return f" FILTER (WHERE {condition})" if condition else ""


Build = Callable[[Call], Value]


class AggregateFunction(Struct, frozen=True):
    """Describe an aggregate.

    ``over`` tells what its OVER clause may hold: a frame, the partition only, or None if there is none.
    ``distinct`` tells whether DISTINCT changes the result, does not, or is not allowed (None). Where a
    materialized view over a stream can keep the aggregate, ``kept`` checks and gives its argument.
    """

    build: Build
    least: int
    most: int
    over: str | None
    distinct: bool | None
    kept: Callable[[Call], Value] | None
    within_group: bool | None  # None: it may be left out


AGGREGATES: dict[str, AggregateFunction] = {}


def aggregate_function(
    name: str,
    least: int,
    most: int,
    doc: str,
    *,
    over: str | None = "frame",
    distinct: bool | None = True,
    kept: Callable[[Call], Value] | None = None,
    within_group: bool | None = False,
    signature: str,
    returns: str,
    page: str | None,
    example: Example,
    window_page: str | None = None,
    window_example: Example | None = None,
) -> Callable[[Build], Build]:
    """Add an aggregate to the table and to the manual."""

    def register(build: Build) -> Build:
        AGGREGATES[name] = AggregateFunction(build, least, most, over, distinct, kept, within_group)
        manual(name, build.__module__, signature, returns, doc, page, example)
        if window_example is not None:
            clause = "[PARTITION BY ...] [ORDER BY ... ROWS ...]" if over == "frame" else "[PARTITION BY ...]"
            called = f"{signature.replace('[DISTINCT] ', '')} OVER ({clause})"
            manual(f"{name} OVER", "windows", called, returns, doc, window_page, window_example)
        return build

    return register


def is_aggregate(node: Node) -> bool:
    """Tell whether a call is an aggregate."""
    return isinstance(node, exp.Anonymous) and str(node.this).upper() in AGGREGATES


def contains_aggregate(node: Node) -> bool:
    """Tell whether an expression calls an aggregate, not counting windows and subqueries."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, exp.Query):
            continue
        if isinstance(current, exp.Window):
            call = current.this
            while isinstance(call, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)):
                stack += [call.expression] if call.args.get("expression") is not None else []
                call = call.this
            stack += [*call.iter_expressions()] if isinstance(call, exp.Anonymous) else []
            stack += current.args.get("partition_by") or []
            stack += [current.args["order"]] if current.args.get("order") is not None else []
            continue
        if is_aggregate(current):
            return True
        stack += [*current.iter_expressions()]
    return False


class Parts(Struct, frozen=True):
    """Be what may surround a call: ``f(...) WITHIN GROUP (...) FILTER (...) IGNORE NULLS``."""

    call: exp.Anonymous
    order: Node | None = None
    filter: Node | None = None
    nulls: Node | None = None


def parts_of(compiler: Compiler, node: Node) -> Parts:
    """Take apart what stands before OVER."""
    found: dict[str, Node] = {}
    while not isinstance(node, exp.Anonymous):
        if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
            check_parts(compiler, node, frozenset({"this"}))
            found["nulls"] = node
        elif isinstance(node, exp.Filter):
            check_parts(compiler, node, frozenset({"this", "expression"}))
            found["filter"] = node.expression.this
        elif isinstance(node, exp.WithinGroup):
            check_parts(compiler, node, frozenset({"this", "expression"}))
            if node.expression is None:
                raise compiler.wrong("WITHIN GROUP needs ORDER BY", node)
            check_parts(compiler, node.expression, frozenset({"expressions"}))
            found["order"] = node.expression
        else:
            raise compiler.unsupported(f"OVER, FILTER or WITHIN GROUP on {type(node).__name__}", node)
        node = node.this
    return Parts(call=node, **found)


@handles(exp.Filter, "this", "expression")
def _filter(compiler: Compiler, node: exp.Filter) -> Value:
    """Compile SQLite's FILTER clause, which generated SQL may hold."""
    return aggregate(compiler, node)


@handles(exp.WithinGroup, "this", "expression")
def _within_group(compiler: Compiler, node: exp.WithinGroup) -> Value:
    return aggregate(compiler, node)


def aggregate(compiler: Compiler, node: Node, over: Over | None = None) -> Value:
    """Compile an aggregate call with what belongs to it; ``over`` makes it a window function."""
    parts = parts_of(compiler, node)
    name = str(parts.call.this).upper()
    entry = AGGREGATES.get(name)
    if entry is None:
        clause = "FILTER" if parts.filter is not None else "WITHIN GROUP"
        raise compiler.unsupported(f"{clause} on {name.lower()}, which is no aggregate,", node)
    if parts.nulls is not None:
        raise compiler.wrong(f"IGNORE NULLS and RESPECT NULLS are not allowed with {name.lower()}", node)
    frame = compiler.frame
    if over is None and frame.aggregating:
        raise compiler.wrong(
            "aggregate function calls may not have nested aggregate or window function", node
        )
    if over is None and frame.aggregates_allowed is not None:
        raise compiler.wrong(f"aggregates not allowed in {frame.aggregates_allowed} clause", node)
    call = inside(compiler, lambda: _compiled(compiler, node, name, entry, parts, over), over is None)
    if compiler.keep is not None:
        if call.distinct or entry.kept is None:
            what = f"{name}(DISTINCT ...)" if call.distinct else name
            raise compiler.unsupported(
                f"{what} in a materialized view over a stream", node, hint="It cannot be kept incrementally."
            )
        return compiler.keep(name, entry.kept(call), call.condition)
    return entry.build(call)


def inside(compiler: Compiler, compile: Callable[[], Call], aggregating: bool) -> Call:
    """Compile what stands inside a call; an aggregate takes columns that GROUP BY does not have."""
    frame = compiler.frame
    saved = frame.aggregating, frame.windows_allowed
    frame.aggregating, frame.windows_allowed = frame.aggregating or aggregating, False
    try:
        return compile()
    finally:
        frame.aggregating, frame.windows_allowed = saved


def _compiled(
    compiler: Compiler, node: Node, name: str, entry: AggregateFunction, parts: Parts, over: Over | None
) -> Call:
    arguments, distinct = _arguments(compiler, parts.call, name)
    if distinct and entry.distinct is None:
        raise compiler.unsupported(f"{name}(DISTINCT ...)", node)
    if distinct and over is not None and name != "LISTAGG":
        raise compiler.unsupported(f"{name}(DISTINCT ...) OVER", node)
    if not entry.least <= len(arguments) <= entry.most:
        wanted = str(entry.least) if entry.least == entry.most else f"{entry.least} to {entry.most}"
        raise compiler.wrong(f"function {name.lower()} takes {wanted} arguments, not {len(arguments)}", node)
    if parts.order is None and entry.within_group:
        raise compiler.wrong(f"{name.lower()} needs WITHIN GROUP (ORDER BY expression)", node)
    if parts.order is not None and entry.within_group is False:
        raise compiler.unsupported(f"WITHIN GROUP on {name.lower()}", node)
    where = ""
    if parts.filter is not None:
        where = condition(compiler, parts.filter, "FILTER")
        with compiler.maybe():  # FILTER decides whether the argument is looked at
            values = _values(compiler, name, arguments)
    else:
        values = _values(compiler, name, arguments)
    call = Call(compiler, node, name, values, bool(distinct and entry.distinct), where, over)
    return call if parts.order is None else _ordered(call, parts.order)


def _arguments(compiler: Compiler, node: exp.Anonymous, name: str) -> tuple[list[Node], bool]:
    """Give the arguments without DISTINCT, and whether it was there."""
    arguments = list(node.expressions)
    if not arguments or not isinstance(arguments[0], exp.Distinct):
        return arguments, False
    if arguments[0].args.get("on") is not None:
        raise compiler.unsupported("DISTINCT ON in an aggregate", node)
    arguments = [*arguments[0].expressions, *arguments[1:]]
    if any(isinstance(argument, exp.Star) for argument in arguments):
        raise compiler.wrong(f"{name}(DISTINCT *) is not allowed", node)
    return arguments, True


def _values(compiler: Compiler, name: str, arguments: list[Node]) -> tuple[Value, ...]:
    found = []
    for argument in arguments:
        if isinstance(argument, exp.Star):
            check_parts(compiler, argument, frozenset())
            if name != "COUNT":
                raise compiler.wrong(f"{name.lower()}(*) is not allowed", argument)
            found.append(_STAR)
        else:
            found.append(checked(compiler.value(argument)))
    return tuple(found)


def _ordered(call: Call, order: Node) -> Call:
    terms = order.expressions
    sorted_by = None
    descending = False
    if len(terms) == 1:
        term = terms[0]
        sorted_by = checked(call.compiler.value(term.this if isinstance(term, exp.Ordered) else term))
        descending = bool(term.args.get("desc"))
    return replace(
        call,
        order=tuple(ordered_terms(call.compiler, terms)),
        sorted=sorted_by,
        descending=descending,
    )


def same_order(call: Call) -> None:
    """Refuse sort-based aggregates of one SELECT that sort differently (``r_MEDIAN``)."""
    frame = call.compiler.frame
    if call.over is not None:
        return
    if frame.within_group is not None and frame.within_group != call.order:
        raise call.compiler.wrong(
            "within group ORDER BY clauses for aggregate functions must be the same", call.node
        )
    frame.within_group = call.order


def refuse_type(call: Call, value: Value, hint: str | None = None) -> ProgrammingError:
    """Make the error for an argument of a type that an aggregate does not take."""
    kind = str(value.type).lower()
    return call.compiler.wrong(f"function {call.name.lower()}({kind}) does not exist", call.node, hint)
