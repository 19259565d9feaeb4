"""The table that a statement changes: which ones may be, and their columns."""

from __future__ import annotations

from msgspec import Struct
from sqlglot import exp

from streamdialect.identifiers import quote_identifier
from streamdialect.model import Relation, StoredColumn
from streamdialect.sql import relations
from streamdialect.sql.compiler import Compiler, Frame, Source, SourceColumn
from streamdialect.sql.nodes import Node

__all__ = ["Target", "default_of", "is_default", "resolve_target"]

_HINTS = {
    "materialized view": "Its rows come from its query; DELETE and TRUNCATE of a whole statement are possible.",
    "stream": "A stream is only read.",
    "system": "System views are only read.",
}


class Target(Struct):
    """Be the table of an INSERT, UPDATE or DELETE; ``sql`` names it with its alias."""

    relation: Relation
    sql: str
    source: Source

    def plain(self) -> Source:
        """Give its columns by their bare names, for clauses in which SQLite knows no alias."""
        bare = tuple(
            SourceColumn(column.name, quote_identifier(column.name), column.type)
            for column in self.relation.columns
        )
        return Source(self.source.name, bare, self.relation)

    def under(self, name: str) -> Source:
        """Give its columns under another name."""
        quoted = quote_identifier(name)
        found = tuple(
            SourceColumn(column.name, f"{quoted}.{quote_identifier(column.name)}", column.type)
            for column in self.relation.columns
        )
        return Source(name, found, None)

    def column(self, compiler: Compiler, identifier: Node) -> StoredColumn:
        """Find a column that may be written; raise UndefinedObjectError or ProgrammingError."""
        found = [c for c in self.relation.stored if c.name.lower() == identifier.name.lower()]
        if len(found) > 1:
            found = [c for c in found if c.name == identifier.name] or found
        if not found:
            raise compiler.undefined(
                f'column "{identifier.name.lower()}" of relation "{self.relation.name}" does not exist',
                identifier,
            )
        if found[0].generated:
            raise compiler.wrong(f'column "{found[0].name}" is generated and cannot be written', identifier)
        return found[0]


def resolve_target(compiler: Compiler, node: Node, verb: str) -> Target:
    """Find the table that a statement changes; refuse views, streams and system views by name."""
    if not isinstance(node, exp.Table):
        raise compiler.unsupported(f"{verb} of anything but a table", node)
    if node.args.get("joins"):
        raise compiler.unsupported(f"{verb} of several tables", node)
    common, compiler.common = compiler.common, [{}]  # a WITH query is never changed
    compiler.frame = Frame()
    try:
        sql = relations.table(compiler, node)
    finally:
        compiler.common = common
    source = compiler.frame.sources[0]
    relation = source.relation
    assert relation is not None
    if relation.kind in _HINTS:
        kind = "system view" if relation.kind == "system" else relation.kind
        raise compiler.unsupported(
            f'{verb} of the {kind} "{relation.name}"', node, hint=_HINTS[relation.kind]
        )
    return Target(relation, sql, source)


def is_default(node: Node) -> bool:
    """Tell the word DEFAULT where a value may stand."""
    if isinstance(node, exp.Column):
        return (
            node.name.upper() == "DEFAULT" and not node.args.get("table") and not node.this.args.get("quoted")
        )
    return isinstance(node, exp.Var) and str(node.this).upper() == "DEFAULT"


def default_of(column: StoredColumn) -> str:
    """Give the SQL of a column's default."""
    return "NULL" if column.default is None else f"({column.default})"
