"""The outer join operator ``(+)`` of WHERE, as the LEFT JOIN that it stands for.

Source: ``r_WHERE_oracle_outer``.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.nodes import Node

__all__ = ["has_operator", "with_joins"]


def has_operator(node: exp.Select) -> bool:
    """Tell whether a SELECT's WHERE clause has the operator."""
    where = node.args.get("where")
    return where is not None and any(column.args.get("join_mark") for column in where.find_all(exp.Column))


def with_joins(compiler: Compiler, node: exp.Select) -> exp.Select:
    """Move the conditions with the operator into LEFT JOINs, which come after the other relations."""
    relations = _relations(compiler, node)
    owners = _owners(compiler, relations)
    kept: list[Node] = []
    conditions: dict[str, list[Node]] = {}
    partners: dict[str, set[str]] = {}
    for test in _conjuncts(node.args["where"].this):
        columns = list(test.find_all(exp.Column))
        marked = {_owner(compiler, column, owners) for column in columns if column.args.get("join_mark")}
        if not marked:
            kept.append(test)
            continue
        if test.find(exp.Or, exp.In) is not None:
            raise compiler.wrong("Outer join operator (+) not allowed in operand of OR or IN", test)
        if test.find(exp.Query) is not None or len(marked) > 1:
            raise compiler.unsupported("this use of the outer join operator (+)", test)
        (name,) = marked
        if name not in relations:
            raise compiler.undefined(f'relation "{name}" does not exist in the FROM clause', test)
        others = {_owner(compiler, column, owners) for column in columns} - marked
        partners.setdefault(name, set()).update(others)
        if len(partners[name]) > 1:
            raise compiler.wrong("A table may be outer joined to at most one other table", test)
        conditions.setdefault(name, []).append(_plain(test))
    order = _order(compiler, list(relations), partners, node)
    if order != list(relations) and any(item.find(exp.Star) is item for item in node.expressions):
        raise compiler.unsupported("SELECT * with the operator (+) on a relation that is not the last", node)
    joins = [
        exp.Join(this=relations[name].copy(), side="LEFT", on=exp.and_(*conditions[name], copy=False))
        if name in conditions
        else exp.Join(this=relations[name].copy(), kind="CROSS")
        for name in order[1:]
    ]
    found = node.copy()
    found.set("from_", exp.From(this=relations[order[0]].copy()))
    found.set("joins", joins)
    found.set("where", exp.Where(this=exp.and_(*(test.copy() for test in kept))) if kept else None)
    return found


def _relations(compiler: Compiler, node: exp.Select) -> dict[str, Node]:
    """Give the relations of FROM by name; "you can't use (+) ... with FROM clause join syntax"."""
    clause = node.args.get("from_") or node.args.get("from")
    joins = node.args.get("joins") or []
    listed = [*([clause.this] if clause is not None else []), *(join.this for join in joins)]
    if any(not join.meta.get("comma") for join in joins) or any(item.args.get("joins") for item in listed):
        raise compiler.wrong("the operator (+) cannot stand beside the join syntax of FROM", node)
    if not listed:
        raise compiler.wrong("the operator (+) needs a FROM clause", node)
    found: dict[str, Node] = {}
    for item in listed:
        if not isinstance(item, (exp.Table, exp.Subquery)) or not item.alias_or_name:
            raise compiler.unsupported("the operator (+) over anything but tables and named subqueries", node)
        if item.alias_or_name.lower() in found:
            raise compiler.wrong(f'table name "{item.alias_or_name}" specified more than once', item)
        found[item.alias_or_name.lower()] = item
    return found


def _owners(compiler: Compiler, relations: dict[str, Node]) -> dict[str, list[str]]:
    """Give the relations that have a column, by the column's name."""
    from streamdialect.sql.query import subquery

    found: dict[str, list[str]] = {}
    for name, relation in relations.items():
        star = exp.Select(expressions=[exp.Star()], from_=exp.From(this=relation.copy()))
        for column in subquery(compiler, star)[1]:
            found.setdefault(column.name.lower(), []).append(name)
    return found


def _owner(compiler: Compiler, column: exp.Column, owners: dict[str, list[str]]) -> str:
    table = column.args.get("table")
    if table is not None:
        return str(table.name).lower()
    named = owners.get(column.name.lower(), [])
    if len(named) != 1:
        raise compiler.undefined(f'column "{column.name.lower()}" is not that of one relation', column)
    return named[0]


def _conjuncts(node: Node) -> list[Node]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And):
        return [*_conjuncts(node.this), *_conjuncts(node.expression)]
    return [node]


def _plain(test: Node) -> Node:
    """Take the marks off."""
    found = test.copy()
    for column in list(found.find_all(exp.Column)):
        column.set("join_mark", None)
    return exp.Paren(this=found)


def _order(
    compiler: Compiler, names: list[str], partners: dict[str, set[str]], node: exp.Select
) -> list[str]:
    """Put each relation with the operator after the one it is joined to."""
    order = [name for name in names if name not in partners]
    waiting = [name for name in names if name in partners]
    while waiting:
        ready = [name for name in waiting if partners[name] and partners[name] <= set(order)]
        if not ready:
            raise compiler.unsupported("this use of the outer join operator (+)", node)
        order.append(ready[0])
        waiting.remove(ready[0])
    return order
