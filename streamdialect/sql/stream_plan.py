"""The plan of a view over one stream: the SQL that turns a batch of records into rows or states.

The hot path. Three nested SELECTs keep SQLite from computing anything twice: the innermost one decodes the
payload, the next one filters and takes out what several expressions use, the outer one casts. ``LIMIT -1
OFFSET 0`` keeps SQLite from folding them into one again. Nothing that can raise is computed before WHERE,
nor taken out of a CASE.
"""

from __future__ import annotations

from msgspec import Struct, field
from sqlglot import exp

from streamdialect.errors import InternalError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import (
    BATCH_RELATION,
    Column,
    LoneColumn,
    Relation,
    ViewColumn,
    ViewPlan,
    value_column,
)
from streamdialect.sql.compiler import Compiler, Frame, Source, SourceColumn, check_parts
from streamdialect.sql.relations import LOCAL_SCHEMAS
from streamdialect.sql.selects import Selection, select_parts
from streamdialect.sql.stream_aggregate import States

__all__ = ["plan_lone_column", "plan_stream"]

_SHARED = '"_shared_'
_BARRIER = " LIMIT -1 OFFSET 0"


class _Levels(Struct):
    """Collect what is computed once per record, by level."""

    columns: dict[str, str]  # SQL of a stream column -> its name
    decoded: dict[str, str] = field(default_factory=dict)  # column SQL -> alias
    shared: dict[str, str] = field(default_factory=dict)  # SQL -> alias
    assured: dict[str, str] = field(default_factory=dict)  # condition -> SQL that raises

    def decode(self, sql: str) -> str | None:
        if sql not in self.columns:
            return None
        return self.decoded.setdefault(sql, quote_identifier(f"_text_{self.columns[sql]}"))

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Name the columns of bytes that are read as text."""
        return tuple(self.columns[sql] for sql in self.decoded)

    def share(self, sql: str) -> str:
        if sql in self.columns or sql in self.decoded.values() or _SHARED in sql:
            return sql  # one level of sharing: a shared value cannot be made of another
        return self.shared.setdefault(sql, f'{_SHARED}{len(self.shared) + 1}"')

    def assure(self, guard: str, complaint: str) -> None:
        self.assured[guard] = complaint

    def _condition(self, where: str | None) -> str | None:
        """Join WHERE and what must hold after it; a CASE keeps their order, which AND would not."""
        checks = [
            f"CASE WHEN {guard} THEN 1 ELSE coalesce({complaint}, 1) END"
            for guard, complaint in self.assured.items()
            if guard != where
        ]
        if not checks:
            return where
        check = checks.pop()
        for earlier in reversed(checks):
            check = f"CASE WHEN {earlier} THEN {check} ELSE 0 END"
        return check if where is None else f"CASE WHEN {where} THEN {check} ELSE 0 END"

    def read(self, *texts: str) -> list[str]:
        """Give the stream columns that occur in SQL."""
        return [sql for sql in self.columns if any(sql in text for text in texts)]

    def source(self, where: str | None, used: list[str]) -> tuple[str, tuple[str, ...]]:
        """Write the FROM clause with its WHERE for an outer SELECT that uses the given SQL."""
        where = self._condition(where)
        filtered = [where] if where else []
        # What was shared for one form of an expression may not be needed by the form that was chosen.
        self.shared = {
            sql: alias for sql, alias in self.shared.items() if any(alias in text for text in used)
        }
        decoding = [f"CAST({sql} AS TEXT) AS {alias}" for sql, alias in self.decoded.items()]
        everything = [*used, *filtered, *self.shared]
        names = tuple(self.columns[sql] for sql in self.read(*everything, *self.decoded))
        relation = BATCH_RELATION
        if decoding:
            carried = [*self.read(*everything), *decoding]
            relation = f"(SELECT {', '.join(carried)} FROM {relation}{_BARRIER})"
        condition = f" WHERE {where}" if where else ""
        if not self.shared:
            return f" FROM {relation}{condition}", names
        inner = [alias for alias in self.decoded.values() if any(alias in text for text in used)]
        carried = [*self.read(*used), *inner, *(f"{sql} AS {alias}" for sql, alias in self.shared.items())]
        return f" FROM (SELECT {', '.join(carried)} FROM {relation}{condition}{_BARRIER})", names


def plan_stream(compiler: Compiler, tree: exp.Select, relation: Relation) -> ViewPlan:
    """Plan a view whose FROM is one stream."""
    if relation.stream is None or relation.provider is None:
        raise InternalError(f"the stream {relation.name} has no source")
    levels = _levels(compiler, tree, relation)
    states = States(compiler)
    compiler.keep = states.keep
    parts = select_parts(compiler, tree, source="", on_groups=states.set_groups)
    stream_columns = value_column(relation.provider)
    if parts.grouped:
        return _aggregate_plan(compiler, relation, parts, levels, states, stream_columns)
    return _row_plan(compiler, relation, parts, levels, stream_columns)


def plan_lone_column(
    compiler: Compiler, tree: exp.Select, relation: Relation, place: int | None
) -> LoneColumn | None:
    """Plan a column of the select list by itself, or for a place of None the WHERE clause, if there is one."""
    if place is None and tree.args.get("where") is None:
        return None
    levels = _levels(compiler, tree, relation)
    parts = select_parts(compiler, tree, source="", only=-1 if place is None else place)
    used = [output.value.sql for output in parts.outputs]
    source, _ = levels.source(parts.where, used)
    return LoneColumn(
        select=f"SELECT {', '.join(used) or '1'}{source}",
        text_columns=levels.text_columns,
        plain=any(sql in levels.columns for sql in used),
    )


def _levels(compiler: Compiler, tree: exp.Select, relation: Relation) -> _Levels:
    """Prepare a compiler for the expressions of a SELECT over a stream."""
    frame = Frame()
    compiler.frame = frame
    levels = _Levels({quote_identifier(column.name): column.name for column in relation.columns})
    frame.sources.append(_source(compiler, tree, relation))
    compiler.relations[relation.name] = relation
    compiler.decode, compiler.share, compiler.assure = levels.decode, levels.share, levels.assure
    return levels


def _source(compiler: Compiler, tree: exp.Select, relation: Relation) -> Source:
    clause = tree.args.get("from_") or tree.args.get("from")
    table = clause.this if clause is not None else None
    if not isinstance(table, exp.Table):
        raise compiler.unsupported("this FROM clause over a stream", tree)

    check_parts(compiler, table, frozenset({"this", "db", "alias"}))
    alias = table.args.get("alias")
    if alias is not None:
        check_parts(compiler, alias, frozenset({"this"}))
    schema = table.args.get("db")
    if schema is not None and schema.name.lower() in LOCAL_SCHEMAS:
        raise compiler.unsupported("a stream in a local schema", table)
    columns = tuple(
        SourceColumn(column.name, quote_identifier(column.name), column.type) for column in relation.columns
    )
    return Source(alias.this.name if alias is not None else relation.name, columns, relation)


def _row_plan(
    compiler: Compiler, relation: Relation, parts: Selection, levels: _Levels, fallback: str
) -> ViewPlan:
    from streamdialect.sql.views import named_columns

    storage = named_columns(tuple(Column(name=o.name, type=o.value.type) for o in parts.outputs))
    used = [output.value.sql for output in parts.outputs]
    source, names = levels.source(parts.where, used)
    listed = ", ".join(f"{output.value.sql} AS {quote_identifier(output.name)}" for output in parts.outputs)
    return ViewPlan(
        kind="stream",
        stream=relation.stream,
        stream_columns=names or (fallback,),
        text_columns=levels.text_columns,
        storage=storage,
        select=f"SELECT {listed}{source}",
        columns=tuple(
            ViewColumn(name=column.name, type=column.type, expression=quote_identifier(column.name))
            for column in storage
        ),
    )


def _aggregate_plan(
    compiler: Compiler,
    relation: Relation,
    parts: Selection,
    levels: _Levels,
    states: States,
    fallback: str,
) -> ViewPlan:
    from streamdialect.sql.views import named_columns

    public = named_columns(tuple(Column(name=o.name, type=o.value.type) for o in parts.outputs))
    selected = states.selected()
    source, names = levels.source(parts.where, [sql for _, sql in selected])
    return ViewPlan(
        kind="stream aggregate",
        stream=relation.stream,
        stream_columns=names or (fallback,),
        text_columns=levels.text_columns,
        storage=tuple(column for column, _ in selected),
        select=states.select(source),
        select_kept=states.select_kept(source),
        columns=tuple(
            ViewColumn(
                name=column.name, type=column.type, expression=states.public(output.value.sql, output.node)
            )
            for column, output in zip(public, parts.outputs, strict=True)
        ),
        merge=states.merges(),
        group_column=states.identity,
        having=None if parts.having is None else states.public(parts.having, parts.node),
    )
