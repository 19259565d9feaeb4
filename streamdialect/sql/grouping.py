"""GROUP BY, with its aggregation extensions.

Source: ``r_GROUP_BY_clause``, ``r_GROUP_BY_aggregation-extensions``. SQLite has no GROUPING SETS, ROLLUP and
CUBE: the groups of every set are computed by a SELECT of their own, which gives the grouping expressions and
the aggregates; the rest of the query (HAVING, window functions, the select list, ORDER BY) reads from the
union of these.
"""

from __future__ import annotations

from itertools import combinations, product

from msgspec import Struct, field
from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.sql import aggregates
from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.equality import distinguished
from streamdialect.sql.functions import function
from streamdialect.sql.nodes import Node
from streamdialect.sql.ordering import not_ordinal
from streamdialect.sql.values import Value, checked

__all__ = ["Group", "Grouping", "Groups", "compile_groups"]

# "The GROUP BY clause supports up to 64 grouping sets"
_MOST_SETS = 64
_EXTENSIONS = (exp.GroupingSets, exp.Rollup, exp.Cube)
_Set = tuple[Node, ...]


class Group(Struct, frozen=True):
    """Be one grouping expression; ``kind`` is the class of its node."""

    value: Value
    kind: type


class Groups(Struct):
    """Be a compiled GROUP BY; ``sets`` holds indexes into ``members``, or is None without extensions."""

    members: list[Group]
    sets: list[list[int]] | None = None


class Grouping(Struct):
    """Be the query that computes grouping sets; what is outside reads its columns."""

    name: str
    groups: Groups
    aggregates: dict[str, str] = field(default_factory=dict)  # SQL -> name of the column

    def column(self, letter: str, index: int) -> str:
        """Give the SQL that reads a column of the inner query."""
        return f'{quote_identifier(self.name)}."{letter}{index}"'

    def collect(self, compiler: Compiler, node: Node, value: Value) -> Value:
        """Have an aggregate computed inside; any other value stays as it is."""
        if compiler.frame.aggregating or not _is_aggregate_call(node):
            return value
        value = checked(value)
        name = self.aggregates.setdefault(value.sql, self.column("a", len(self.aggregates)))
        return Value(name, value.type)

    def enter(self, compiler: Compiler) -> None:
        """Have what is compiled from here on in this SELECT read the inner query."""
        frame = compiler.frame
        for index, group in enumerate(self.groups.members):
            if group.value.type.name == "SUPER":
                raise compiler.unsupported("an aggregation extension over SUPER")
            frame.group_values[group.value.sql] = Value(self.column("g", index), group.value.type)
            frame.grouping_bits[group.value.sql] = self.column("b", index)
        frame.collect = self.collect

    def sql(self, body: str) -> str:
        """Write the inner query as a FROM clause; ``body`` is the FROM and WHERE of the whole."""
        assert self.groups.sets is not None
        parts = []
        for chosen in self.groups.sets:
            cells = ['count(*) AS "n"']  # makes the empty grouping set a group even without aggregates
            for index, group in enumerate(self.groups.members):
                inside = index in chosen
                cells.append(f'{group.value.sql if inside else "NULL"} AS "g{index}"')
                cells.append(f'{int(not inside)} AS "b{index}"')
            cells += [f'{sql} AS "a{index}"' for index, sql in enumerate(self.aggregates)]
            keys = ", ".join(not_ordinal(distinguished(self.groups.members[index].value)) for index in chosen)
            parts.append(f"SELECT {', '.join(cells)}{body}{f' GROUP BY {keys}' if keys else ''}")
        return f" FROM ({' UNION ALL '.join(parts)}) AS {quote_identifier(self.name)}"


def _is_aggregate_call(node: Node) -> bool:
    while isinstance(node, (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)):
        node = node.this
    return aggregates.is_aggregate(node)


def compile_groups(compiler: Compiler, node: exp.Select, items: list[Node]) -> Groups:
    """Compile GROUP BY: expressions, ordinals, aliases, ALL, and the extensions."""
    group = node.args.get("group")
    if group is None:
        return Groups([])
    check_parts(compiler, group, frozenset({"expressions", "all", "grouping_sets", "rollup", "cube"}))
    nodes = list(group.expressions)
    for part in ("grouping_sets", "rollup", "cube"):  # where older sqlglot keeps the extensions
        nodes += group.args.get(part) or []
    if group.args.get("all") is False:
        raise compiler.unsupported("GROUP BY DISTINCT", group)
    if group.args.get("all"):
        if nodes:
            raise compiler.wrong("GROUP BY ALL takes no expressions", group)
        nodes = [item for item in items if not aggregates.contains_aggregate(item)]
    compiler.frame.aggregates_allowed = "GROUP BY"
    try:
        if any(isinstance(item, _EXTENSIONS) for item in nodes):
            return _extended(compiler, nodes, group)
        flat = [
            part for item in nodes for part in (item.expressions if isinstance(item, exp.Tuple) else [item])
        ]
        return Groups([_member(compiler, item, items) for item in flat])
    finally:
        compiler.frame.aggregates_allowed = None


def _member(compiler: Compiler, item: Node, items: list[Node]) -> Group:
    if isinstance(item, exp.Literal) and not item.is_string and item.name.isdecimal():
        ordinal = int(item.name)
        if not 1 <= ordinal <= len(items):
            raise compiler.wrong(f"GROUP BY position {ordinal} is not in select list", item)
        item = items[ordinal - 1]
    while isinstance(item, (exp.Alias, exp.Paren)):
        item = item.this
    value = checked(compiler.value(item))
    target = compiler.frame.aliases.get(item.name.lower(), item) if isinstance(item, exp.Column) else item
    return Group(value, type(target))


# --- extensions -----------------------------------------------------------------------------------


def _extended(compiler: Compiler, nodes: list[Node], where: Node) -> Groups:
    members: list[Group] = []
    places: dict[str, int] = {}
    sets: list[list[int]] = []
    for combined in product(*(_sets(compiler, item) for item in nodes)):
        chosen: list[int] = []
        for item in (item for part in combined for item in part):
            if isinstance(item, exp.Literal):
                raise compiler.wrong(
                    "a constant cannot be a grouping column of an aggregation extension", item
                )
            member = _member(compiler, item, [])
            place = places.setdefault(member.value.sql, len(members))
            if place == len(members):
                members.append(member)
            if place in chosen:
                raise compiler.wrong("a grouping set cannot hold a column twice", item)
            chosen.append(place)
        sets.append(chosen)
        if len(sets) > _MOST_SETS:
            raise compiler.wrong(f"GROUP BY has more than {_MOST_SETS} grouping sets", where)
    return Groups(members, sets)


def _sets(compiler: Compiler, node: Node) -> list[_Set]:
    """Expand an element of GROUP BY to the grouping sets that it stands for."""
    if isinstance(node, exp.GroupingSets):
        return [one for item in node.expressions for one in _sets(compiler, item)]
    if isinstance(node, (exp.Rollup, exp.Cube)):
        if not node.expressions:
            raise compiler.unsupported(f"WITH {type(node).__name__.upper()}", node)
        units = [_unit(item) for item in node.expressions]
        counts = range(len(units), -1, -1)
        if isinstance(node, exp.Rollup):
            return [_joined(units[:count]) for count in counts]
        if len(units) > 6:
            raise compiler.wrong(f"GROUP BY has more than {_MOST_SETS} grouping sets", node)
        return [_joined(chosen) for count in counts for chosen in combinations(units, count)]
    return [_unit(node)]


def _unit(node: Node) -> _Set:
    if isinstance(node, exp.Tuple):
        return tuple(node.expressions)
    return _unit(node.this) if isinstance(node, exp.Paren) else (node,)


def _joined(units: list[_Set] | tuple[_Set, ...]) -> _Set:
    return tuple(node for unit in units for node in unit)


@function(
    "GROUPING",
    1,
    31,
    "Tell which grouping columns are NULL because a row sums up over them; the last one is the lowest bit.",
    signature="GROUPING(expression [, ...])",
    returns="INTEGER",
    page="r_GROUP_BY_aggregation-extensions",
    example=("(SELECT GROUPING(x) FROM (SELECT 1 AS x) GROUP BY ROLLUP(x) ORDER BY 1 DESC LIMIT 1)", "1"),
)
@function(
    "GROUPING_ID",
    1,
    31,
    "Another name of GROUPING.",
    signature="GROUPING_ID(expression [, ...])",
    returns="INTEGER",
    page="r_GROUP_BY_aggregation-extensions",
    example=("(SELECT GROUPING_ID(x) FROM (SELECT 1 AS x) GROUP BY CUBE(x) ORDER BY 1 DESC LIMIT 1)", "1"),
)
def _grouping(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    frame = compiler.frame
    bits = []
    for argument in arguments:
        groups, frame.groups = frame.groups, None
        try:
            sql = checked(compiler.value(argument)).sql
        finally:
            frame.groups = groups
        if groups is None or sql not in groups:
            raise compiler.wrong("arguments to GROUPING must be grouping expressions", argument)
        bits.append(frame.grouping_bits.get(sql, "0"))
    total = " + ".join(f"({bit} << {len(bits) - 1 - index})" for index, bit in enumerate(bits))
    return Value(f"({total})", types.INTEGER)
