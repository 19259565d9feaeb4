"""Aggregates and window functions.

Source: "Aggregate functions", "Window functions" and ``r_Window_function_synopsis``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.arithmetic import scaled
from streamdialect.sql.casts import as_text, cast, numeric_digits
from streamdialect.sql.compiler import Compiler, check_parts, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.ordering import ordered_terms
from streamdialect.sql.values import Value, checked
from streamdialect.types import RedshiftType

__all__ = ["aggregate", "argument_of", "contains_aggregate", "is_aggregate", "sum_type"]

# Integers of this size are exact as REAL.
_EXACT_REAL = 2**53


@dataclass(frozen=True, slots=True)
class _Call:
    """Be one aggregate call: its argument and what follows it in SQL (FILTER, OVER)."""

    compiler: Compiler
    node: Node
    argument: Value
    distinct: str
    suffix: str
    extra: tuple[Value, ...] = ()
    order: str = ""

    def sql(self, name: str, argument: str | None = None) -> str:
        return f"{name}({self.distinct}{self.argument.sql if argument is None else argument}){self.suffix}"


def sum_type(kind: RedshiftType) -> RedshiftType:
    """Give the type of SUM (``r_SUM``)."""
    if kind.is_integer:
        return types.BIGINT
    return types.decimal(38, kind.scale or 0) if kind.name == "DECIMAL" else types.DOUBLE


def _count(call: _Call) -> Value:
    return Value(call.sql("count"), types.BIGINT)


def _sum(call: _Call) -> Value:
    kind = call.argument.type
    result = sum_type(kind)
    if kind.name != "DECIMAL":
        return Value(call.sql("sum"), result if kind.name != "UNKNOWN" else types.UNKNOWN)
    sql, scale = scaled(call.argument)
    total = call.sql("sum", sql)
    return Value(exact_real(total, scale, "streamdialect_fail({0}, 'numeric field overflow in SUM')"), result)


def exact_real(total: str, scale: int, otherwise: str) -> str:
    """Turn a scaled integer into a DECIMAL's stored form, or raise where REAL would not be exact."""
    if scale == 0:
        return total
    return (
        f"CASE WHEN {total} BETWEEN -{_EXACT_REAL} AND {_EXACT_REAL} THEN {total} / {10**scale}.0 "
        f"ELSE {otherwise.format(total)} END"
    )


def _avg(call: _Call) -> Value:
    kind = call.argument.type
    if kind.is_integer:
        return Value(f"({call.sql('sum')} / {call.sql('count')})", types.BIGINT)
    if kind.name == "DECIMAL":
        sql, scale = scaled(call.argument)
        mean = f"({call.sql('sum', sql)} / {call.sql('count')})"
        return Value(
            exact_real(mean, scale, "streamdialect_fail({0}, 'numeric field overflow in AVG')"),
            sum_type(kind),
        )
    return Value(call.sql("avg"), types.DOUBLE)


def _least(call: _Call) -> Value:
    return Value(call.sql("min"), call.argument.type)


def _most(call: _Call) -> Value:
    return Value(call.sql("max"), call.argument.type)


def _bool_and(call: _Call) -> Value:
    return Value(call.sql("min"), types.BOOLEAN)


def _bool_or(call: _Call) -> Value:
    return Value(call.sql("max"), types.BOOLEAN)


def _listagg(call: _Call) -> Value:
    text = f"nullif({as_text(call.argument)}, '')"
    delimiter = as_text(call.extra[0]) if call.extra else "''"
    if call.distinct and call.extra and call.extra[0].literal != ",":
        raise call.compiler.unsupported("LISTAGG(DISTINCT ...) with a delimiter other than ','", call.node)
    if call.distinct:
        inner = f"group_concat({call.distinct}{text}{call.order}){call.suffix}"
    else:
        inner = f"group_concat({text}, {delimiter}{call.order}){call.suffix}"
    return Value(inner, types.TEXT)


def _group_concat(call: _Call) -> Value:
    extra = f", {as_text(call.extra[0])}" if call.extra else ""
    return Value(f"group_concat({call.distinct}{as_text(call.argument)}{extra}){call.suffix}", types.TEXT)


@dataclass(frozen=True, slots=True)
class _Aggregate:
    build: Callable[[_Call], Value]
    arguments: tuple[int, int]
    accepts: str  # "any", "number", "boolean", "text", "ordered"
    incremental: bool


_AGGREGATES: dict[str, _Aggregate] = {
    "COUNT": _Aggregate(_count, (1, 1), "any", True),
    "SUM": _Aggregate(_sum, (1, 1), "number", True),
    "AVG": _Aggregate(_avg, (1, 1), "number", True),
    "MIN": _Aggregate(_least, (1, 1), "ordered", True),
    "MAX": _Aggregate(_most, (1, 1), "ordered", True),
    "ANY_VALUE": _Aggregate(_least, (1, 1), "any", False),
    "BOOL_AND": _Aggregate(_bool_and, (1, 1), "boolean", False),
    "BOOL_OR": _Aggregate(_bool_or, (1, 1), "boolean", False),
    "LISTAGG": _Aggregate(_listagg, (1, 2), "text", False),
    "GROUP_CONCAT": _Aggregate(_group_concat, (1, 2), "text", False),
}
INCREMENTAL = frozenset(name for name, entry in _AGGREGATES.items() if entry.incremental)


def is_aggregate(node: Node) -> bool:
    """Tell whether a call is an aggregate; MIN and MAX with several arguments are not."""
    if not isinstance(node, exp.Anonymous):
        return False
    return str(node.this).upper() in _AGGREGATES


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
                call = call.this
            inside = [*call.iter_expressions()] if isinstance(call, exp.Anonymous) else []
            stack += [
                *inside,
                *current.args.get("partition_by", []),
                *filter(None, [current.args.get("order")]),
            ]
            continue
        if is_aggregate(current):
            return True
        stack += [*current.iter_expressions()]
    return False


def argument_of(compiler: Compiler, node: exp.Anonymous) -> tuple[Value, str, tuple[Value, ...]]:
    """Compile an aggregate's arguments; give the first, ``DISTINCT`` or nothing, and the others."""
    name = str(node.this).upper()
    entry = _AGGREGATES[name]
    arguments = list(node.expressions)
    distinct = ""
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        if arguments[0].args.get("on") is not None:
            raise compiler.unsupported("DISTINCT ON in an aggregate", node)
        distinct, arguments = "DISTINCT ", [*arguments[0].expressions]
    elif arguments and isinstance(arguments[0], exp.Distinct):
        distinct, arguments = "DISTINCT ", [*arguments[0].expressions, *arguments[1:]]
    if name == "COUNT" and len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        if distinct:
            raise compiler.wrong("COUNT(DISTINCT *) is not allowed", node)
        check_parts(compiler, arguments[0], frozenset())
        return Value("*", types.BIGINT), "", ()
    least, most = entry.arguments
    if not least <= len(arguments) <= most:
        raise compiler.wrong(f"function {name.lower()} takes {least} arguments, not {len(arguments)}", node)
    frame = compiler.frame
    saved, frame.aggregating = frame.aggregating, True
    try:
        values = [checked(compiler.value(argument)) for argument in arguments]
    finally:
        frame.aggregating = saved
    first = values[0]
    if entry.accepts == "number":
        first = _numeric(compiler, first, name, node)
    elif entry.accepts == "ordered" and first.type.name == "SUPER":
        raise compiler.unsupported(f"{name} of SUPER", node, hint="Cast the value to a type first.")
    elif entry.accepts == "boolean" and first.type.name not in ("BOOLEAN", "UNKNOWN"):
        raise compiler.wrong(f"function {name.lower()}({str(first.type).lower()}) does not exist", node)
    return first, distinct, tuple(values[1:])


def _numeric(compiler: Compiler, value: Value, name: str, node: Node) -> Value:
    if value.type.is_numeric or value.type.name == "UNKNOWN":
        return value
    if value.type.name == "SUPER":
        return cast(value, types.DOUBLE)
    if value.type.name == "BOOLEAN" and not compiler.settings.compat:
        # Generated SQL counts by summing comparisons.
        return cast(value, types.INTEGER)
    raise compiler.wrong(
        f"function {name.lower()}({str(value.type).lower()}) does not exist{''}",
        node,
        hint="Write an explicit cast to a number.",
    )


def aggregate(
    compiler: Compiler, node: exp.Anonymous, *, suffix: str = "", order: str = "", windowed: bool = False
) -> Value:
    """Compile an aggregate call; ``suffix`` holds FILTER and OVER."""
    name = str(node.this).upper()
    frame = compiler.frame
    if not windowed and frame.aggregating:
        raise compiler.wrong("aggregate function calls may not be nested", node)
    if not windowed and frame.aggregates_allowed is not None:
        raise compiler.wrong(f"aggregates not allowed in {frame.aggregates_allowed} clause", node)
    if windowed:
        argument, distinct, extra = _windowed_argument(compiler, node)
    elif suffix:
        with compiler.maybe():  # FILTER decides whether the argument is looked at
            argument, distinct, extra = argument_of(compiler, node)
    else:
        argument, distinct, extra = argument_of(compiler, node)
    if compiler.keep is not None:
        if distinct or name not in INCREMENTAL:
            what = f"{name}(DISTINCT ...)" if distinct else name
            raise compiler.unsupported(
                f"{what} in a materialized view over a stream", node, hint="It cannot be kept incrementally."
            )
        return compiler.keep(name, argument, suffix)
    return _AGGREGATES[name].build(_Call(compiler, node, argument, distinct, suffix, extra, order))


def _windowed_argument(compiler: Compiler, node: exp.Anonymous) -> tuple[Value, str, tuple[Value, ...]]:
    # The argument of a window function is an ordinary expression, which may itself be an aggregate.
    frame = compiler.frame
    if not contains_aggregate_inside(node):
        saved, frame.aggregating = frame.aggregating, False
        groups = frame.groups
        try:
            if groups is None:
                return argument_of(compiler, node)
        finally:
            frame.aggregating = saved
    values = [checked(compiler.value(item)) for item in node.expressions if not isinstance(item, exp.Star)]
    name = str(node.this).upper()
    if not values:
        return Value("*", types.BIGINT), "", ()
    first = _numeric(compiler, values[0], name, node) if _AGGREGATES[name].accepts == "number" else values[0]
    return first, "", tuple(values[1:])


def contains_aggregate_inside(node: exp.Anonymous) -> bool:
    return any(contains_aggregate(item) for item in node.expressions)


@handles(exp.Filter, "this", "expression")
def _filter(compiler: Compiler, node: exp.Filter) -> Value:
    """Compile SQLite's FILTER clause, which generated SQL may hold."""
    if not is_aggregate(node.this):
        raise compiler.unsupported("FILTER on a function that is no aggregate", node)
    return aggregate(compiler, node.this, suffix=_filter_sql(compiler, node))


def _filter_sql(compiler: Compiler, node: exp.Filter) -> str:
    frame = compiler.frame
    saved, frame.aggregating = frame.aggregating, True
    try:
        return f" FILTER (WHERE {condition(compiler, node.expression.this, 'FILTER')})"
    finally:
        frame.aggregating = saved


@handles(exp.WithinGroup, "this", "expression")
def _within_group(compiler: Compiler, node: exp.WithinGroup) -> Value:
    call = node.this
    if not (is_aggregate(call) and str(call.this).upper() == "LISTAGG"):
        raise compiler.unsupported(f"WITHIN GROUP on {call.name.lower() if call.name else 'this'}", node)
    frame = compiler.frame
    saved, frame.aggregating = frame.aggregating, True
    try:
        order = " ORDER BY " + ", ".join(ordered_terms(compiler, node.expression.expressions))
    finally:
        frame.aggregating = saved
    return aggregate(compiler, call, order=order)


# --- windows --------------------------------------------------------------------------------------

_RANKING = {
    "ROW_NUMBER": types.BIGINT,
    "RANK": types.BIGINT,
    "DENSE_RANK": types.BIGINT,
    "PERCENT_RANK": types.DOUBLE,
    "CUME_DIST": types.DOUBLE,
    "NTILE": types.BIGINT,
}
_OFFSET = {"LAG": (1, 3), "LEAD": (1, 3)}
_FRAMED = {"FIRST_VALUE": 1, "LAST_VALUE": 1, "NTH_VALUE": 2}


@handles(exp.Window, "this", "partition_by", "order", "spec", "alias", "over")
def _window(compiler: Compiler, node: exp.Window) -> Value:
    frame = compiler.frame
    if not frame.windows_allowed:
        raise compiler.wrong("window functions are not allowed here", node)
    call, filter_sql = node.this, ""
    if isinstance(call, exp.RespectNulls):
        call = call.this
    if isinstance(call, exp.IgnoreNulls):
        raise compiler.unsupported("IGNORE NULLS", node)
    if isinstance(call, exp.Filter):
        filter_sql, call = _filter_sql(compiler, call), call.this
    if not isinstance(call, exp.Anonymous):
        raise compiler.unsupported(f"OVER on {type(call).__name__}", node)
    name = str(call.this).upper()
    over = _over(compiler, node, name)
    if is_aggregate(call):
        if call.expressions and isinstance(call.expressions[0], exp.Distinct):
            raise compiler.unsupported(f"{name}(DISTINCT ...) OVER", node)
        return aggregate(compiler, call, suffix=f"{filter_sql} OVER {over}", windowed=True)
    arguments = [checked(compiler.value(argument)) for argument in call.expressions]
    if name in _RANKING:
        if len(arguments) != (1 if name == "NTILE" else 0):
            raise compiler.wrong(f"function {name.lower()} has the wrong number of arguments", node)
        inner = arguments[0].sql if arguments else ""
        return Value(f"{name.lower()}({inner}) OVER {over}", _RANKING[name])
    if name in _OFFSET or name in _FRAMED:
        least, most = _OFFSET.get(name, (_FRAMED.get(name, 1), _FRAMED.get(name, 1)))
        if not least <= len(arguments) <= most:
            raise compiler.wrong(f"function {name.lower()} has the wrong number of arguments", node)
        inner = ", ".join(argument.sql for argument in arguments)
        return Value(f"{name.lower()}({inner}) OVER {over}", arguments[0].type)
    if name == "RATIO_TO_REPORT" and len(arguments) == 1:
        value = cast(arguments[0], types.DOUBLE).sql
        return Value(f"({value} / sum({value}) OVER {over})", types.DOUBLE)
    raise compiler.unsupported(f"the window function {name.lower()}", node)


def _over(compiler: Compiler, node: exp.Window, name: str) -> str:
    named = node.args.get("alias")
    base = ""
    if named is not None and node.args.get("over") is not None:
        window = compiler.frame.windows.get(named.name.lower())
        if window is None:
            raise compiler.undefined(f'window "{named.name.lower()}" does not exist', node)
        if not (node.args.get("partition_by") or node.args.get("order") or node.args.get("spec")):
            return _over(compiler, exp.Window(**{k: v for k, v in window.args.items() if k != "this"}), name)
        raise compiler.unsupported("a window that extends a named one", node)
    parts = [base] if base else []
    partition = node.args.get("partition_by")
    if partition:
        parts.append("PARTITION BY " + ", ".join(checked(compiler.value(item)).sql for item in partition))
    order = node.args.get("order")
    if order is not None:
        check_parts(compiler, order, frozenset({"expressions"}))
        parts.append("ORDER BY " + ", ".join(ordered_terms(compiler, order.expressions)))
    spec = node.args.get("spec")
    if spec is not None:
        parts.append(_spec(compiler, spec, node))
    elif order is not None and compiler.settings.compat and (name in _AGGREGATES or name in _FRAMED):
        raise compiler.wrong(
            "Aggregate window functions with an ORDER BY clause require a frame clause", node
        )
    return f"({' '.join(parts)})"


def _spec(compiler: Compiler, spec: Node, node: exp.Window) -> str:
    check_parts(compiler, spec, frozenset({"kind", "start", "start_side", "end", "end_side"}))
    if str(spec.args.get("kind") or "").upper() != "ROWS":
        raise compiler.unsupported(
            f"the window frame {spec.args.get('kind')}", node, hint="Redshift has ROWS only."
        )
    start = _bound(compiler, spec.args.get("start"), spec.args.get("start_side"), node)
    end = _bound(compiler, spec.args.get("end"), spec.args.get("end_side"), node)
    return f"ROWS BETWEEN {start} AND {end}" if end else f"ROWS {start}"


def _bound(compiler: Compiler, bound: Node | str | None, side: str | None, node: exp.Window) -> str:
    if bound is None:
        return ""
    if isinstance(bound, str):
        return f"{bound} {side}".strip().upper() if side else bound.upper()
    value = compiler.value(bound)
    if not isinstance(value.literal, int) or value.literal < 0:
        raise compiler.unsupported("a window frame whose offset is not a constant", node)
    return f"{value.literal} {side}".upper()


def decimal_scale(value: Value) -> int:
    """Give an exact value's scale."""
    return numeric_digits(value.type)[1]
