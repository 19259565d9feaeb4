"""CONNECT BY, as the recursive query that it stands for. Source: ``r_CONNECT_BY_clause``."""

from __future__ import annotations

from sqlglot import exp

from streamdialect import types
from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value

__all__ = ["LEVEL", "hierarchical"]

LEVEL = "level"
# A name that nobody can write: the level of a child, and an error where a loop has no end.
_NEXT_LEVEL = "CONNECT BY LEVEL"
_DEEPEST = 10_000


def hierarchical(compiler: Compiler, node: exp.Select) -> tuple[exp.Select, exp.CTE]:
    """Turn a SELECT with CONNECT BY into one over a recursive common table; give both."""
    from streamdialect.sql.query import subquery

    connect = node.args["connect"]
    check_parts(compiler, connect, frozenset({"start", "connect"}))
    clause = node.args.get("from_") or node.args.get("from")
    relation = clause.this if clause is not None else None
    plain = isinstance(relation, (exp.Table, exp.Subquery)) and not relation.args.get("joins")
    if relation is None or not plain or node.args.get("joins") or relation.args.get("pivots"):
        raise compiler.unsupported("CONNECT BY over anything but one table or subquery", connect)
    start, condition = connect.args.get("start"), connect.args["connect"]
    for test in (start, condition):
        if test is not None and test.find(exp.Query):
            raise compiler.unsupported("CONNECT BY with a subquery", connect)
    if condition.find(exp.Prior) is None:
        raise compiler.wrong("CONNECT BY needs PRIOR in one of its conditions", connect)
    star = exp.Select(expressions=[exp.Star()], from_=exp.From(this=relation.copy()))
    _, columns = subquery(compiler, star, correlated=False)
    names = [column.name for column in columns]
    if LEVEL in {name.lower() for name in names}:
        raise compiler.unsupported("CONNECT BY over a relation with a column named level", connect)

    alias = relation.args.get("alias")
    child = alias.this.name if alias is not None else relation.name or compiler.fresh("child")
    if alias is None:
        relation = relation.copy()
        relation.set("alias", exp.TableAlias(this=exp.to_identifier(child, quoted=True)))
    parent, tree = compiler.fresh("parent"), compiler.fresh("tree")
    anchor = exp.Select(
        expressions=[*_columns(names, child), exp.Literal.number(1)],
        from_=exp.From(this=relation.copy()),
        where=exp.Where(this=start.copy()) if start is not None else None,
    )
    following = exp.Anonymous(this=_NEXT_LEVEL, expressions=_columns([LEVEL], parent))
    step = exp.Select(
        expressions=[*_columns(names, child), following],
        from_=exp.From(this=relation.copy()),
        joins=[
            exp.Join(
                this=exp.Table(
                    this=exp.to_identifier(tree, quoted=True),
                    alias=exp.TableAlias(this=exp.to_identifier(parent, quoted=True)),
                ),
                on=_resolved(compiler, condition, names, child, parent, following),
            )
        ],
    )
    identifiers = [exp.to_identifier(name, quoted=True) for name in [*names, LEVEL]]
    common = exp.CTE(
        this=exp.Union(this=anchor, expression=step, distinct=False),
        alias=exp.TableAlias(this=exp.to_identifier(tree, quoted=True), columns=identifiers),
    )
    outer = node.copy()
    outer.set("connect", None)
    reading = exp.Table(
        this=exp.to_identifier(tree, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(child, quoted=True)),
    )
    outer.set("from_", exp.From(this=reading))
    return outer, common


def _columns(names: list[str], table: str) -> list[Node]:
    return [
        exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))
        for name in names
    ]


def _resolved(
    compiler: Compiler, condition: Node, names: list[str], child: str, parent: str, level: Node
) -> Node:
    """Say of each column whether it is the parent's (under PRIOR) or the child's."""
    known = {name.lower() for name in names}

    def of(node: Node, table: str) -> Node:
        if not isinstance(node, exp.Column):
            return node
        if not node.args.get("table") and node.name.lower() == LEVEL:
            return _columns([LEVEL], parent)[0] if table == parent else level.copy()
        own = node.args.get("table") is None or node.args["table"].name.lower() == child.lower()
        if own and node.name.lower() in known:
            found = node.copy()
            found.set("table", exp.to_identifier(table, quoted=True))
            return found
        return node

    def replaced(node: Node) -> Node:
        if isinstance(node, exp.Prior):
            expression: Node = node.this.transform(lambda inner: of(inner, parent))
            return expression
        return node

    marked = condition.copy().transform(replaced)
    return marked.transform(lambda node: of(node, child))


@function(_NEXT_LEVEL, 1, 1, "Give the level of a child row, up to a limit.")
def _next_level(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    level = compiler.value(arguments[0]).sql
    fail = f"streamdialect_fail({level}, 'CONNECT BY does not end: more than {_DEEPEST} levels')"
    return Value(f"CASE WHEN {level} < {_DEEPEST} THEN {level} + 1 ELSE {fail} END", types.INTEGER)
