"""The select list: ``*``, EXCLUDE, aliases. Source: ``r_SELECT_list``, ``r_EXCLUDE_list``."""

from __future__ import annotations

from msgspec import Struct
from sqlglot import exp

from streamdialect.sql.compiler import Compiler, check_parts
from streamdialect.sql.headings import heading
from streamdialect.sql.nodes import Node
from streamdialect.sql.token_passes import EXCLUDE
from streamdialect.sql.values import Value, checked

__all__ = ["Output", "aliases", "expanded", "outputs"]


class Output(Struct):
    """Be one column of a select list."""

    name: str
    value: Value
    node: Node


def expanded(compiler: Compiler, node: exp.Select) -> list[Node]:
    """Replace ``*`` and ``t.*`` by columns, and leave out those that EXCLUDE names."""
    items: list[Node] = []
    named = list(node.expressions)
    excluded: list[Node] = []
    if named and isinstance(named[-1], exp.Anonymous) and named[-1].this == EXCLUDE:
        excluded = named.pop().expressions
    starred: set[int] = set()
    for item in named:
        star = item if isinstance(item, exp.Star) else item.this if isinstance(item, exp.Column) else None
        if not isinstance(star, exp.Star):
            items.append(item)
            continue
        check_parts(compiler, star, frozenset())
        table = item.args.get("table") if isinstance(item, exp.Column) else None
        columns = _star(compiler, table.name.lower() if table is not None else None, item)
        starred.update(map(id, columns))
        items += columns
    for name in excluded:
        if not isinstance(name, exp.Column) or name.args.get("table") is not None:
            raise compiler.wrong("EXCLUDE takes names of columns only", name)
        kept = [
            item for item in items if not (id(item) in starred and item.name.lower() == name.name.lower())
        ]
        if len(kept) == len(items):
            raise compiler.undefined(f'column "{name.name.lower()}" in EXCLUDE does not exist', name)
        items = kept
    if not items:
        raise compiler.wrong("SELECT needs at least one column", node)
    return items


def _star(compiler: Compiler, table: str | None, node: Node) -> list[Node]:
    frame = compiler.frame
    if not any(table in (None, source.name.lower()) for source in frame.sources):
        raise compiler.undefined(
            f'relation "{table}" does not exist' if table else "SELECT * needs a FROM clause", node
        )
    found: list[Node] = []
    first = frame.using if table is None else []
    for merged_name in first:
        found.append(exp.column(exp.to_identifier(merged_name, quoted=True)))
    for index, source in enumerate(frame.sources):
        for place, column in enumerate(source.columns):
            merged = table is None and column.name.lower() in first
            if column.hidden or merged or (table is not None and source.name.lower() != table):
                continue
            name = exp.to_identifier(column.name, quoted=True)
            item = exp.column(name, table=exp.to_identifier(source.name, quoted=True))
            item.meta["place"] = (index, place)
            found.append(item)
    return found


def aliases(items: list[Node]) -> tuple[dict[str, Node], set[str]]:
    """Give what each alias of a select list stands for, and the aliases that stand for several things."""
    found: dict[str, Node] = {}
    ambiguous: set[str] = set()
    for item in items:
        if isinstance(item, exp.Alias):
            name = item.alias.lower()
            if found.setdefault(name, item.this) != item.this:
                ambiguous.add(name)
    return found, ambiguous


def outputs(compiler: Compiler, items: list[Node], only: int | None = None) -> list[Output]:
    """Compile the select list, or the one of its items that is named; an alias may be used by the items after it."""
    frame = compiler.frame
    found: list[Output] = []
    every = frame.aliases
    frame.aliases = {}
    for index, item in enumerate(items):
        if isinstance(item, exp.Alias) and not isinstance(item.args["alias"], exp.Identifier):
            raise compiler.wrong(f'syntax error at or near "{item.args["alias"].sql("redshift")}"', item)
        if only is None or index == only:
            inner = item.this if isinstance(item, exp.Alias) else item
            found.append(Output(heading(compiler, item), checked(compiler.value(inner)), inner))
        if isinstance(item, exp.Alias):
            frame.aliases.setdefault(item.alias.lower(), item.this)
    frame.aliases = every
    return found
