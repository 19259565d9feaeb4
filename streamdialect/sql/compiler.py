"""The typed compiler's core: dispatch of tree nodes, scopes of names, errors with positions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import ErrorLevel

from streamdialect import types
from streamdialect.errors import NotSupportedError, ProgrammingError, UndefinedObjectError
from streamdialect.interruptions import interruption
from streamdialect.model import Column, Relation, Resolver
from streamdialect.sql.dialect import offset_of
from streamdialect.sql.nodes import Node
from streamdialect.sql.positions import where
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import JsonPath, Value, checked

__all__ = ["CommonTable", "Compiler", "Frame", "Source", "SourceColumn", "handles"]


class SourceColumn(Struct, frozen=True):
    """Be a column that a FROM clause offers: ``sql`` reads it.

    ``document`` is the SQL of what paths into a SUPER column read, where that is less work than ``sql``.
    """

    name: str
    sql: str
    type: types.RedshiftType
    hidden: bool = False  # not part of "*"
    document: str | None = None


class Source(Struct):
    """Be one relation of a FROM clause under the name it has there.

    A ``variable`` ranges over the elements of an array: its name is no prefix of columns, but a value.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    relation: Relation | None = None
    variable: bool = False
    # Columns that USING or NATURAL merged into a column of an earlier relation: not part of "*".
    merged: set[str] = field(default_factory=set)

    def find(self, name: str, quoted: bool) -> SourceColumn | None:
        """Look a column up; case decides only between columns that differ in nothing else."""
        found = self._named(name, quoted)
        return found[0] if found else None

    def is_ambiguous(self, name: str, quoted: bool) -> bool:
        """Tell whether a name stands for several columns, as a subquery may have them."""
        return len(self._named(name, quoted)) > 1

    def _named(self, name: str, quoted: bool) -> list[SourceColumn]:
        folded = [column for column in self.columns if column.name.lower() == name.lower()]
        if len({column.name for column in folded}) > 1:
            wanted = name if quoted else name.lower()
            return [column for column in folded if column.name == wanted] or folded[:1]
        return folded


class Frame(Struct):
    """Be the scope of one SELECT."""

    parent: Frame | None = None
    sources: list[Source] = field(default_factory=list)
    # Select-list aliases that may be used elsewhere in the same SELECT (r_SELECT_list).
    aliases: dict[str, Node] = field(default_factory=dict)
    open_aliases: set[str] = field(default_factory=set)
    ambiguous_aliases: set[str] = field(default_factory=set)  # stand for different expressions
    using: list[str] = field(default_factory=list)  # columns merged by USING, in order
    # Columns merged by USING of a FULL JOIN, whose value comes from either side.
    coalesced: dict[str, tuple[Source, SourceColumn]] = field(default_factory=dict)
    windows: dict[str, Node] = field(default_factory=dict)
    # SQL of the GROUP BY expressions; None where the SELECT is not grouped or is not yet known to be.
    groups: set[str] | None = None
    group_classes: set[type] = field(default_factory=set)
    # What stands for a GROUP BY expression outside the aggregates, where that is something else.
    group_values: dict[str, Value] = field(default_factory=dict)
    # With GROUPING SETS: has aggregates computed by an inner query; and the SQL of GROUPING's bits.
    collect: Callable[[Compiler, Node, Value], Value] | None = None
    grouping_bits: dict[str, str] = field(default_factory=dict)
    aggregating: bool = False  # inside the argument of an aggregate
    aggregates_allowed: str | None = None  # None: allowed; else the clause that forbids them
    windows_allowed: bool = False
    within_group: tuple[str, ...] | None = None  # by what the sort-based aggregates sort


class CommonTable(Struct, frozen=True):
    """Be a WITH query that is in scope.

    ``name`` is its name in SQLite, which no other relation has; ``stored`` are its columns' names there, which
    differ from one another.
    """

    name: str
    columns: tuple[Column, ...]
    stored: tuple[str, ...]
    hidden: frozenset[str] = frozenset()  # columns that are not part of "*"


class Compiler:
    """Compile the expressions of one statement.

    ``source`` is the statement as the user sent it and ``offset`` where the compiled text begins in it.
    """

    def __init__(self, resolver: Resolver, settings: Settings, source: str, offset: int = 0) -> None:
        self.resolver = resolver
        self.settings = settings
        self.source = source
        self.offset = offset
        self.positional = 0
        self.named: dict[str, None] = {}
        # The types of parameters' values as far as they tell: "?1" or ":name" -> type.
        self.parameters: Mapping[str, types.RedshiftType] = {}
        self.relations: dict[str, Relation] = {}
        self.common: list[dict[str, CommonTable]] = [{}]
        self.frame = Frame()
        # Depth of positions that are not always evaluated (CASE branches, AND, COALESCE, ...).
        self.conditional = 0
        self.volatile: list[str] = []
        self.unique = 0
        self.root: Node | None = None  # the SELECT whose columns are the final result
        # Set by the planner of streaming views: replaces repeated sub-expressions by columns.
        self.share: Callable[[str], str] = _unshared
        # Set by it too: has a condition checked right after WHERE, raising where it does not hold.
        self.assure: Callable[[str, str], None] | None = None
        self.decode: Callable[[str], str | None] | None = None
        # Set by the planner of streaming aggregates: keeps an aggregate as mergeable state instead.
        self.keep: Callable[[str, Value, str], Value] | None = None

    # -- errors ----------------------------------------------------------------------------------

    def place(self, node: Node | None) -> str:
        """Write where a node stands, as it is appended to messages."""
        start = None if node is None else offset_of(node)
        return "" if start is None else where(self.source, self.offset + start)

    def unsupported(self, what: str, node: Node | None = None, hint: str | None = None) -> NotSupportedError:
        """Make the error for valid SQL that is not carried out."""
        return NotSupportedError(f"{what} is not supported{self.place(node)}", hint=hint)

    def wrong(self, message: str, node: Node | None = None, hint: str | None = None) -> ProgrammingError:
        """Make the error for a statement that is wrong in itself."""
        return ProgrammingError(f"{message}{self.place(node)}", hint=hint)

    def undefined(self, message: str, node: Node | None = None) -> UndefinedObjectError:
        """Make the error for a name that nothing has."""
        return UndefinedObjectError(f"{message}{self.place(node)}")

    def add(self, source: Source, node: Node) -> None:
        """Put a relation into the scope of the current SELECT; refuse a name that is there already."""
        if any(other.name.lower() == source.name.lower() for other in self.frame.sources):
            raise self.wrong(f'table name "{source.name}" specified more than once', node)
        self.frame.sources.append(source)

    # -- dispatch --------------------------------------------------------------------------------

    def value(self, node: Node) -> Value:
        """Compile an expression; refuse a node class that has no handler, or one with an unknown part."""
        entry = HANDLERS.get(type(node))
        if entry is None:
            raise self.unsupported(_describe(node), node)
        handler, allowed = entry
        check_parts(self, node, allowed)
        frame = self.frame
        groups = frame.groups
        if groups is not None and not frame.aggregating and type(node) in frame.group_classes:
            # Compiled without the check first: the whole may be a GROUP BY expression.
            frame.groups = None
            try:
                value: Value = handler(self, node)
            finally:
                frame.groups = groups
            for whole in (value, checked(value)):  # GROUP BY has the checked form of arithmetic
                if whole.sql in groups:
                    return frame.group_values.get(whole.sql, whole)
        value = handler(self, node)
        return value if frame.collect is None else frame.collect(self, node, value)

    def check_grouped(self, column: SourceColumn, source: Source, value: Value, node: Node) -> None:
        """Refuse a column of a grouped SELECT that is neither grouped nor inside an aggregate."""
        groups = self.frame.groups
        if groups is None or self.frame.aggregating or source not in self.frame.sources:
            return
        if value.sql not in groups and column.sql not in groups:
            raise self.wrong(
                f'column "{source.name}.{column.name}" must appear in the GROUP BY clause or be used in an '
                "aggregate function",
                node,
            )

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """Mark what is compiled inside as evaluated only under a condition."""
        self.conditional += 1
        try:
            yield
        finally:
            self.conditional -= 1

    def shared_path(self, path: JsonPath, operator: str) -> str:
        """Take a value out of JSON, once per row where that cannot make an error appear."""
        if self.conditional or self.assure is None:
            return path.take(operator)
        if path.guard is not None and path.complaint != "NULL":
            self.assure(path.guard, path.complaint or "NULL")
            path = replace(path, guard=None, complaint=None)
        return self.share(path.take(operator))

    def fresh(self, stem: str) -> str:
        """Make a name that the user cannot have written."""
        self.unique += 1
        return f"_sd_{stem}{self.unique}"


def _unshared(sql: str) -> str:
    return sql


Handler = Callable[[Any, Any], Value]
HANDLERS: dict[type, tuple[Handler, frozenset[str]]] = {}
_H = TypeVar("_H", bound=Handler)


def handles(node_class: type, *parts: str) -> Callable[[_H], _H]:
    """Register the handler of a node class; ``parts`` are the arguments of the node that it reads."""

    def register(handler: _H) -> _H:
        HANDLERS[node_class] = (handler, frozenset(parts))
        return handler

    return register


def check_parts(compiler: Compiler, node: Node, allowed: frozenset[str]) -> None:
    """Refuse a node with a part that its handler does not read."""
    for name, part in node.args.items():
        if name not in allowed and part is not None and part is not False and part != []:
            what = _CLAUSES.get(name) or f"{_describe(node)} with {name.strip('_').upper()}"
            raise compiler.unsupported(what, node)


# Clauses that Redshift does not have, or that are not carried out, by the names of sqlglot's parts.
_CLAUSES = {
    "join_mark": "the outer join operator (+)",
    "locks": "FOR UPDATE or FOR SHARE",
    "sample": "TABLESAMPLE",
    "only": "FROM ONLY",
    "laterals": "LATERAL VIEW",
    "hints": "a table hint",
    "sort": "SORT BY",
    "cluster": "CLUSTER BY",
    "distribute": "DISTRIBUTE BY",
    "operation_modifiers": "a modifier after SELECT",
    "limit_options": "LIMIT with PERCENT, ROWS or TIES",
    "materialized": "WITH ... AS MATERIALIZED",
    "by_name": "UNION BY NAME",
    "symmetric": "BETWEEN SYMMETRIC",
    "totals": "GROUP BY WITH TOTALS",
    "nocycle": "CONNECT BY NOCYCLE",
    "except_": "SELECT * EXCEPT",
    "except": "SELECT * EXCEPT",
    "replace": "SELECT * REPLACE",
    "rename": "SELECT * RENAME",
}


# What a user would not know by the name of sqlglot's class.
_NAMES = {"ByteString": "E'...'", "National": "N'...'", "HexString": "X'...'", "BitString": "B'...'"}


def _describe(node: Node) -> str:
    """Name a construct for a message: by its SQL where it is short, and by its class."""
    before = sys.exc_info()[1]
    try:
        text = node.sql(dialect="redshift", comments=False, unsupported_level=ErrorLevel.IGNORE)
    except Exception as error:
        if interruption(error, before):
            raise
        text = ""
    name = _NAMES.get(type(node).__name__, type(node).__name__)
    return f"{name} ({text})" if text and len(text) <= 60 else name
