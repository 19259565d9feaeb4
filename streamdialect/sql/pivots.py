"""PIVOT and UNPIVOT, as the queries that they stand for.

Source: ``r_FROM_clause30``, ``r_FROM_clause-pivot-unpivot-examples``. PIVOT is a GROUP BY over the columns that
it does not mention, with one aggregate over a CASE for each value; UNPIVOT is a UNION ALL over its columns.
"""

from __future__ import annotations

from sqlglot import exp

from streamdialect.model import Column
from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.headings import heading
from streamdialect.sql.nodes import Node

__all__ = ["pivoted"]

_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})
# The last ones are what sqlglot knows of other dialects, and says for each of these.
_PIVOT_PARTS = frozenset(
    {"expressions", "fields", "unpivot", "include_nulls", "alias", "columns", "identify_pivot_strings"}
    | {"prefixed_pivot_columns", "pivot_column_naming", "value_columns_first"}
)


def pivoted(compiler: Compiler, node: Node) -> tuple[Node, Node | None]:
    """Give the query that a relation with PIVOT or UNPIVOT stands for, and its alias."""
    from streamdialect.sql.query import subquery

    pivots = node.args["pivots"]
    plain = isinstance(node, exp.Table) or isinstance(node.this, exp.Query)
    if len(pivots) > 1 or node.args.get("joins") or not plain:
        raise compiler.unsupported("PIVOT or UNPIVOT of anything but a table or a subquery", node)
    pivot = pivots[0]
    check_parts(compiler, pivot, _PIVOT_PARTS)
    fields = pivot.args.get("fields") or []
    if len(fields) != 1 or not isinstance(fields[0], exp.In) or not fields[0].expressions:
        raise compiler.unsupported("PIVOT or UNPIVOT without one list of values", pivot)
    relation = node.copy()
    relation.set("pivots", None)
    _, columns = subquery(
        compiler, exp.Select(expressions=[exp.Star()], from_=exp.From(this=relation.copy())), correlated=False
    )
    if pivot.args.get("unpivot"):
        return _unpivot(compiler, pivot, fields[0], relation, columns), pivot.args.get("alias")
    return _pivot(compiler, pivot, fields[0], relation, columns), pivot.args.get("alias")


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _named(compiler: Compiler, identifier: Node) -> str:
    return compiler.settings.output_name(identifier.name, bool(identifier.args.get("quoted")))


def _implicit(columns: tuple[Column, ...], mentioned: set[str]) -> list[Node]:
    """Give the columns that the operator does not mention."""
    return [exp.column(_quoted(column.name)) for column in columns if column.name.lower() not in mentioned]


# --- PIVOT ----------------------------------------------------------------------------------------


def _pivot(
    compiler: Compiler, pivot: Node, field: exp.In, relation: Node, columns: tuple[Column, ...]
) -> exp.Select:
    if len(pivot.expressions) != 1:
        raise compiler.unsupported("PIVOT with several aggregates", pivot)
    item = pivot.expressions[0]
    suffix = f"_{_named(compiler, item.args['alias'])}" if isinstance(item, exp.Alias) else ""
    call = item.this if isinstance(item, exp.Alias) else item
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() not in _AGGREGATES:
        raise compiler.unsupported("PIVOT with anything but COUNT, SUM, MIN, MAX or AVG", pivot)
    if not isinstance(field.this, exp.Column):
        raise compiler.unsupported("PIVOT FOR anything but a column", pivot)
    mentioned = {column.name.lower() for column in [field.this, *call.find_all(exp.Column)]}
    implicit = _implicit(columns, mentioned)
    items: list[Node] = list(implicit)
    for value in field.expressions:
        alias = value.args["alias"] if isinstance(value, exp.PivotAlias) else None
        value = value.this if isinstance(value, exp.PivotAlias) else value
        if value.find(exp.Query) or any(c.name[:1] not in "?:" for c in value.find_all(exp.Column)):
            raise compiler.wrong("PIVOT IN takes no columns and no subqueries", value)
        name = _named(compiler, alias) if alias is not None else _value_name(compiler, value)
        items.append(exp.alias_(_counted(call, field.this, value), _quoted(name + suffix)))
    group = exp.Group(expressions=[column.copy() for column in implicit]) if implicit else None
    return exp.Select(expressions=items, from_=exp.From(this=relation), group=group)


def _value_name(compiler: Compiler, value: Node) -> str:
    """Name the column of a value without alias: "the constant itself", or the usual heading."""
    if isinstance(value, exp.Literal):
        return value.name
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return f"-{value.this.name}"
    return "null" if isinstance(value, exp.Null) else heading(compiler, value)


def _counted(call: exp.Anonymous, column: Node, value: Node) -> exp.Anonymous:
    """Restrict an aggregate to the rows of one value."""
    operator = exp.Is if isinstance(value, exp.Null) else exp.EQ
    test = operator(this=column.copy(), expression=value.copy())

    def chosen(argument: Node) -> Node:
        if isinstance(argument, exp.Distinct):
            return exp.Distinct(expressions=[chosen(inner) for inner in argument.expressions])
        kept = exp.Literal.number(1) if isinstance(argument, exp.Star) else argument.copy()
        return exp.Case(ifs=[exp.If(this=test.copy(), true=kept)])

    arguments = [chosen(argument) for argument in call.expressions]
    return exp.Anonymous(this=call.this, expressions=arguments)


# --- UNPIVOT --------------------------------------------------------------------------------------


def _unpivot(
    compiler: Compiler, pivot: Node, field: exp.In, relation: Node, columns: tuple[Column, ...]
) -> Node:
    if len(pivot.expressions) != 1 or not isinstance(pivot.expressions[0], (exp.Column, exp.Identifier)):
        raise compiler.unsupported("UNPIVOT with several value columns", pivot)
    names = {column.name.lower(): column.name for column in columns}
    listed: list[tuple[Node, str]] = []
    for item in field.expressions:
        column = item.this if isinstance(item, exp.PivotAlias) else item
        if not isinstance(column, exp.Column) or column.name.lower() not in names:
            raise compiler.wrong("UNPIVOT IN takes columns of the relation only", item)
        alias = item.args["alias"] if isinstance(item, exp.PivotAlias) else None
        listed.append((column, names[column.name.lower()] if alias is None else _named(compiler, alias)))
    source, clause = _shared(compiler, relation)
    implicit = _implicit(columns, {column.name.lower() for column, _ in listed})
    name, value = (
        _quoted(_named(compiler, _identifier(node))) for node in (field.this, pivot.expressions[0])
    )
    query: Node | None = None
    for column, text in listed:
        items = [
            *(kept.copy() for kept in implicit),
            exp.alias_(exp.Literal.string(text), name.copy()),
            exp.alias_(column.copy(), value.copy()),
        ]
        branch = exp.Select(expressions=items, from_=exp.From(this=source.copy()))
        if not pivot.args.get("include_nulls"):
            branch.set(
                "where", exp.Where(this=exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null())))
            )
        query = branch if query is None else exp.Union(this=query, expression=branch, distinct=False)
    assert query is not None
    query.set("with_", clause)
    return query


def _identifier(node: Node) -> Node:
    identifier: Node = node.this if isinstance(node, exp.Column) else node
    return identifier


def _shared(compiler: Compiler, relation: Node) -> tuple[Node, exp.With | None]:
    """Have a subquery, which every branch reads, computed as a common table."""
    if isinstance(relation, exp.Table):
        return relation, None
    alias = relation.args.get("alias")
    name = _quoted(compiler.fresh("unpivot"))
    body = relation.this
    common = exp.CTE(
        this=body, alias=exp.TableAlias(this=name, columns=alias.args.get("columns") if alias else None)
    )
    table = exp.Table(this=name.copy())
    if alias is not None:
        table.set("alias", exp.TableAlias(this=alias.this.copy()))
    return table, exp.With(expressions=[common])
