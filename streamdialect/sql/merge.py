"""MERGE: the statements of SQLite that carry it out, in the order in which one transaction runs them.

Source: ``r_MERGE``. The source's rows and what they match are written down first, so that neither the update nor
the insertion can change what the other one sees.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from streamdialect.identifiers import quote_identifier
from streamdialect.model import Model, Resolver
from streamdialect.sql import relations
from streamdialect.sql.compiler import Compiler, Frame, Source, SourceColumn, check_parts
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.dml import set_columns
from streamdialect.sql.inserted import insert_selected
from streamdialect.sql.literals import Literals, positional_parameters, with_literals
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.query import refuse_intervals
from streamdialect.sql.settings import Settings
from streamdialect.sql.tables import column_definition
from streamdialect.sql.targets import resolve_target
from streamdialect.sql.values import Value

__all__ = ["MergePlan", "MergeStep", "compile_merge", "merge_tree"]

_ROWS: Final = "temp.streamdialect_merge_rows"
_MATCHES: Final = "temp.streamdialect_merge_matches"


class MergeStep(Model, frozen=True, kw_only=True):
    """Be one statement; it reads the first ``bound`` parameters. ``counts`` its rows as changed by MERGE."""

    sql: str
    bound: int = 0
    counts: bool = False


class MergePlan(Model, frozen=True, kw_only=True):
    """Be a translated MERGE: ``match`` writes down what matches, ``twice`` finds a row that matches twice.

    ``change`` are the statements that follow if it finds none; it is None where that does not matter.
    """

    match: tuple[MergeStep, ...]
    twice: str | None
    change: tuple[MergeStep, ...]
    cleanup: tuple[MergeStep, ...] = tuple(
        MergeStep(sql=f"DROP TABLE {table}") for table in (_ROWS, _MATCHES)
    )
    positional: int


class _Spelling(Struct):
    """Tell REMOVE DUPLICATES, which sqlglot does not read."""

    remove_duplicates: bool = False

    def rewrite(self, tokens: list[Token]) -> list[Token]:
        if [token.text.upper() for token in tokens[-2:]] != ["REMOVE", "DUPLICATES"]:
            return tokens
        self.remove_duplicates = True
        kinds = {"WHEN": TokenType.WHEN, "THEN": TokenType.THEN, "DELETE": TokenType.DELETE}
        last = tokens[-1]
        return tokens[:-2] + [
            Token(kinds.get(word, TokenType.VAR), word, last.line, last.col, last.start, last.end)
            for word in ("WHEN", "MATCHED", "THEN", "DELETE")
        ]


def merge_tree(text: str) -> Node:
    """Parse a MERGE without looking into it."""
    spelling = _Spelling()
    tree = parse_query(text, rewrite=spelling.rewrite)
    tree.meta["spelling"] = spelling.remove_duplicates
    return tree


def compile_merge(
    text: str, resolver: Resolver, settings: Settings, literals: Literals | None = None
) -> MergePlan:
    """Translate a MERGE; ``literals`` are as for ``compile_query``."""
    spelling = _Spelling()
    tree = parse_query(text, rewrite=spelling.rewrite)
    compiler = Compiler(resolver, settings, text)
    positional = 0
    if literals is not None:
        positional = positional_parameters(tree)
        tree = with_literals(tree, literals, {})
    if not isinstance(tree, exp.Merge):
        raise compiler.unsupported("MERGE of this form", tree)
    check_parts(compiler, tree, frozenset({"this", "using", "on", "whens"}))
    merge = _Merge(compiler, tree)
    change = merge.simplified() if spelling.remove_duplicates else merge.clauses()
    return MergePlan(
        match=tuple(merge.match),
        twice=None
        if spelling.remove_duplicates
        else f"SELECT 1 FROM {_MATCHES} GROUP BY target HAVING count(*) > 1 LIMIT 1",
        change=tuple(change),
        positional=max(positional, merge.positional),
    )


class _Merge:
    def __init__(self, compiler: Compiler, node: exp.Merge) -> None:
        self.compiler = compiler
        self.node = node
        if compiler.settings.compat and any(True for _ in node.find_all(exp.Bracket)):
            raise compiler.wrong(
                "Partial reference of SUPER column is not supported in MERGE statement.", node
            )
        self.positional = 0
        self.target = resolve_target(compiler, node.this, "MERGE")
        if self.target.relation.kind != "table" or not self.target.relation.has_rowid:
            raise compiler.unsupported("MERGE into a view, a virtual table or one WITHOUT ROWID", node.this)
        self.source = self._source()
        self.match = [*self._rows, *self._matches()]

    def step(self, sql: str, counts: bool = False) -> MergeStep:
        """Make a statement of what was compiled since the last one."""
        refuse_intervals(sql)
        bound, self.compiler.positional = self.compiler.positional, 0
        self.positional = max(self.positional, bound)
        return MergeStep(sql=sql, bound=bound, counts=counts)

    def _source(self) -> Source:
        compiler, using = self.compiler, self.node.args["using"]
        compiler.frame = Frame()
        listed = exp.Select()
        listed.set("from_", exp.From(this=using))
        sql = relations.from_clause(compiler, listed)
        found = compiler.frame.sources
        if len(found) != 1:
            raise compiler.unsupported("MERGE with more than one source", using)
        source = found[0]
        if source.relation is not None and source.relation.source == self.target.relation.source:
            raise compiler.wrong("the source and the target of MERGE cannot be the same table", using)
        if source.name.lower() == self.target.source.name.lower():
            raise compiler.wrong(f'table name "{source.name}" specified more than once', using)
        names = [f"c{index + 1}" for index in range(len(source.columns))]
        defined = ", ".join(
            column_definition(name, column.type) for name, column in zip(names, source.columns, strict=True)
        )
        selected = ", ".join(column.sql for column in source.columns)
        self._rows = [
            MergeStep(sql=f"CREATE TABLE {_ROWS} ({defined})"),
            self.step(f"INSERT INTO {_ROWS} SELECT {selected}{sql}"),
        ]
        quoted = quote_identifier(source.name)
        columns = tuple(
            SourceColumn(column.name, f"{quoted}.{name}", column.type)
            for name, column in zip(names, source.columns, strict=True)
        )
        return Source(source.name, columns, None)

    def _matches(self) -> list[MergeStep]:
        compiler = self.compiler
        compiler.frame = Frame(sources=[self.target.source, self.source], aggregates_allowed="MERGE")
        on = condition(compiler, self.node.args["on"], "MERGE")
        own, other = quote_identifier(self.target.source.name), quote_identifier(self.source.name)
        pairs = f"SELECT {own}.rowid, {other}.rowid FROM {self.target.sql} JOIN {_ROWS} AS {other} ON {on}"
        return [
            MergeStep(sql=f"CREATE TABLE {_MATCHES} (target INTEGER, source INTEGER)"),
            self.step(f"INSERT INTO {_MATCHES} {pairs}"),
        ]

    def _delete(self) -> MergeStep:
        return self.step(
            f"DELETE FROM {self.target.relation.source} WHERE rowid IN (SELECT target FROM {_MATCHES})", True
        )

    def simplified(self) -> list[MergeStep]:
        """Put all rows of the source in the place of those that they match (REMOVE DUPLICATES)."""
        compiler, columns = self.compiler, [c for c in self.target.relation.stored if c.implicit]
        if len(columns) != len(self.source.columns):
            raise compiler.wrong(
                "source table and target table must have the same number of columns", self.node
            )
        deleted = self._delete()
        values = [(Value(column.sql, column.type), self.node) for column in self.source.columns]
        rows = insert_selected(compiler, self.target, columns, values)
        other = quote_identifier(self.source.name)
        return [
            deleted,
            self.step(f"INSERT INTO {self.target.relation.source}{rows} FROM {_ROWS} AS {other}", True),
        ]

    def clauses(self) -> list[MergeStep]:
        """Carry out WHEN MATCHED and WHEN NOT MATCHED; Redshift demands both."""
        found: dict[bool, Node] = {}
        whens = self.node.args["whens"]
        for when in whens.expressions:
            check_parts(self.compiler, when, frozenset({"matched", "then"}))
            matched = bool(when.args.get("matched"))
            if matched in found:
                raise self.compiler.wrong("MERGE has each WHEN clause once", when)
            found[matched] = when.args["then"]
        if len(found) != 2:
            raise self.compiler.wrong(
                "MERGE needs WHEN MATCHED and WHEN NOT MATCHED", self.node, hint="Or REMOVE DUPLICATES."
            )
        return [self._matched(found[True]), self._not_matched(found[False])]

    def _matched(self, then: Node) -> MergeStep:
        if not isinstance(then, exp.Update):
            if str(then.name).upper() != "DELETE":
                raise self.compiler.unsupported("WHEN MATCHED THEN of this form", then)
            return self._delete()
        check_parts(self.compiler, then, frozenset({"expressions"}))
        self.compiler.frame = Frame(sources=[self.target.source, self.source])
        changes = set_columns(self.compiler, self.target, then.expressions)
        own, other = quote_identifier(self.target.source.name), quote_identifier(self.source.name)
        return self.step(
            f"UPDATE {self.target.sql} SET {changes} FROM {_ROWS} AS {other}, {_MATCHES} AS _sd_match"
            f" WHERE _sd_match.target = {own}.rowid AND _sd_match.source = {other}.rowid",
            True,
        )

    def _not_matched(self, then: Node) -> MergeStep:
        compiler = self.compiler
        if not isinstance(then, exp.Insert):
            raise compiler.unsupported("WHEN NOT MATCHED THEN of this form", then)
        names, cells = _inserted(then)
        if cells is None:
            raise compiler.unsupported("WHEN NOT MATCHED THEN INSERT of this form", then)
        columns = [column for column in self.target.relation.stored if column.implicit]
        if names is not None:
            columns = [self.target.column(compiler, name) for name in names]
        if len(cells) > len(columns) or (names is not None and len(cells) < len(columns)):
            raise compiler.wrong("INSERT has another number of expressions than of target columns", then)
        compiler.frame = Frame(sources=[self.source], aggregates_allowed="MERGE")
        rows = insert_selected(compiler, self.target, columns[: len(cells)], [(None, cell) for cell in cells])
        other = quote_identifier(self.source.name)
        return self.step(
            f"INSERT INTO {self.target.relation.source}{rows} FROM {_ROWS} AS {other}"
            f" WHERE {other}.rowid NOT IN (SELECT source FROM {_MATCHES})",
            True,
        )


def _inserted(node: exp.Insert) -> tuple[list[Node] | None, list[Node] | None]:
    """Give the columns and the values of WHEN NOT MATCHED THEN INSERT, as releases of sqlglot read it."""
    this, values = node.this, node.args.get("expression")
    names: list[Node] | None = None
    if isinstance(this, exp.Tuple):
        items = this.expressions
        if len(items) == 1 and isinstance(items[0], exp.Anonymous) and str(items[0].this).upper() == "VALUES":
            return None, list(items[0].expressions)  # VALUES (...) without columns reads as a call
        names = [item.this if isinstance(item, exp.Column) else item for item in items]
    if isinstance(values, exp.Tuple):
        return names, list(values.expressions)
    if isinstance(values, exp.Paren):
        return names, [values.this]
    return names, None
