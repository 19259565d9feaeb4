"""Tables and plain views: CREATE, DROP, ALTER, DELETE, TRUNCATE and EXPLAIN, where SQLite needs more than one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from streamdialect import types
from streamdialect.dbapi.backend import Result
from streamdialect.dbapi.bad_records import delete_letters
from streamdialect.errors import (
    DataError,
    DependentObjectsError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    UndefinedObjectError,
)
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, MaterializedView, Relation
from streamdialect.sql import (
    column_definition,
    compile_merge,
    compile_query,
    parse,
    read_added_column,
    read_table,
)
from streamdialect.sql import statements as st
from streamdialect.sql.scan import words
from streamdialect.storage import events
from streamdialect.storage.system_views import DEAD_LETTER_VIEWS

if TYPE_CHECKING:
    from streamdialect.dbapi.local import LocalBackend
    from streamdialect.sql.merge import MergeStep

__all__ = ["COMMANDS", "WITH_PARAMETERS"]

Bindings = tuple[Any, ...] | dict[str, Any]


# --- tables ---------------------------------------------------------------------------------------


def _create_table(backend: LocalBackend, statement: st.CreateTable, bindings: Bindings) -> Result:
    session = backend.session
    definition = read_table(statement.text, session.relations, backend.settings, session.constant)
    if definition.query is not None:
        schema = "temp" if definition.temporary else definition.schema_name or "main"
        if definition.if_not_exists and session.relations.relation(schema, definition.name.lower()):
            backend.notices.append(f'INFO:  relation "{definition.name}" already exists, skipping')
            return Result()
        return _fill_table(
            backend, definition.sql, schema, definition.name, definition.columns, definition.query, bindings
        )
    if bindings:
        raise ProgrammingError("this statement takes no parameters")
    return backend.pass_through(st.PassThrough(text=definition.sql, keyword="CREATE"), ())


def _select_into(backend: LocalBackend, statement: st.SelectInto, bindings: Bindings) -> Result:
    schema = "temp" if statement.temporary else statement.schema_name or "main"
    head = f"CREATE TABLE {quote_identifier(schema)}.{quote_identifier(statement.name)}"
    return _fill_table(backend, head, schema, statement.name, (), statement.query, bindings)


def _fill_table(
    backend: LocalBackend,
    head: str,
    schema: str,
    name: str,
    names: tuple[str, ...],
    query: str,
    bindings: Bindings,
) -> Result:
    """Create a table with the columns of a query, and fill it, in one step."""
    compiled = backend.compile_for(query, bindings)
    columns = _named(compiled.columns, names)
    defined = ", ".join(column_definition(column.name, column.type) for column in columns)
    listed = ", ".join(quote_identifier(column.name) for column in columns)
    insert = f"INSERT INTO {quote_identifier(schema)}.{quote_identifier(name)} ({listed}) {query}"
    count = 0

    def create() -> None:
        nonlocal count
        backend.session.execute(f"{head} ({defined})", ())
        count = backend.change(st.Change(text=insert, verb="INSERT"), bindings).rowcount

    backend.write(create)
    return Result(rowcount=count)


def _named(columns: tuple[Column, ...], names: tuple[str, ...]) -> list[Column]:
    """Give a query's columns the names that were written for them."""
    if len(names) > len(columns):
        raise ProgrammingError("too many column names were specified")
    found = [
        replace(column, name=names[index]) if index < len(names) else column
        for index, column in enumerate(columns)
    ]
    seen: set[str] = set()
    for column in found:
        if column.name.lower() in seen:
            raise ProgrammingError(f'column "{column.name}" specified more than once')
        seen.add(column.name.lower())
    return found


def _alter_table(backend: LocalBackend, statement: st.AlterTable) -> Result:
    text = statement.text
    if statement.renames is not None:
        _not_ours(statement.renames)
    if statement.adds:
        if backend.session.relations.relation(*statement.table) is None:
            # SQLite would look for it in the attached files too.
            raise UndefinedObjectError(f'relation "{statement.table[1]}" does not exist')
        session = backend.session
        text = read_added_column(text, session.relations, backend.settings, session.constant)
    relation = backend.session.relations.relation(*statement.table)
    read = _materialized_readers(backend, relation, statement)
    if statement.drops is None and not read:
        return backend.pass_through(st.PassThrough(text=text, keyword="ALTER"), ())
    mention = f'."{statement.drops}"'
    readers = (
        []
        if relation is None or statement.drops is None
        else _dependents(backend, relation.database, relation.name, mention)[0]
    )

    def alter() -> None:
        inner = st.DropRelations(kind="view", names=(), if_exists=True, cascade=True)
        for view in readers:
            _drop_one(backend, inner, statement.table[0], view)
        backend.session.execute(text, ())
        change, table = statement.change, statement.table[1]
        if change is not None:
            backend.session.run(lambda connection: events.base_changed(connection, read, change, table))

    backend.write(alter)
    return Result()


def _materialized_readers(
    backend: LocalBackend, relation: Relation | None, statement: st.AlterTable
) -> list[MaterializedView]:
    """Find the materialized views that a change of their table may break, or a new name may mend."""
    if relation is None or relation.database != "main" or statement.change is None:
        return []
    names = {relation.name.lower(), (statement.renames or "").lower()}
    return [view for view in backend.session.catalog.views() if names.intersection(view.plan.depends_on)]


# --- views ----------------------------------------------------------------------------------------


def _create_view(backend: LocalBackend, statement: st.CreateView) -> None:
    session = backend.session
    name = backend.settings.output_name(statement.name, statement.quoted)
    schema = statement.schema_name
    if statement.if_not_exists and session.relations.relation(schema, name.lower()) is not None:
        return
    database = schema if schema in session.attached else "main"
    compiled = compile_query(
        statement.query,
        session.relations if statement.temporary else session.view_relations(database, bare=True),
        backend.settings,
        final=False,
        source=statement.text,
        offset=statement.query_offset,
    )
    if compiled.positional or compiled.named:
        raise ProgrammingError("a view cannot have parameters")
    columns = _named(compiled.columns, statement.columns)

    def create() -> None:
        if statement.temporary:
            listed = ", ".join(quote_identifier(column.name) for column in columns)
            session.execute(f"CREATE TEMP VIEW {quote_identifier(name)} ({listed}) AS {compiled.sql}", ())
            return
        with session.trusted():
            session.catalogs[database].create_late_view(
                name, statement.text, compiled.sql, columns, replace=statement.or_replace
            )

    _not_ours(name)
    backend.write(create)


def _not_ours(name: str) -> None:
    if name.lower().startswith(("streamdialect_", "mv_tbl__")):
        raise NotSupportedError(f'"{name}" belongs to streamdialect: such names are its own')


def _drop(backend: LocalBackend, statement: st.DropRelations) -> None:
    def drop() -> None:
        for schema, name in statement.names:
            _drop_one(backend, statement, schema, name)

    backend.write(drop)


def _drop_one(backend: LocalBackend, statement: st.DropRelations, schema: str | None, name: str) -> None:
    session, kind = backend.session, statement.kind
    relation = session.relations.relation(schema, name)
    if relation is None:
        if not statement.if_exists:
            raise UndefinedObjectError(f'{kind} "{name}" does not exist')
        backend.notices.append(f'INFO:  {kind} "{name}" does not exist, skipping')
        return
    if relation.kind == "materialized view":
        raise ProgrammingError(
            f'"{name}" is a materialized view', hint="Use DROP MATERIALIZED VIEW to remove it."
        )
    if relation.kind == "system":
        raise ProgrammingError(f'"{name}" is a system view', hint="System views are only read.")
    if relation.kind != kind:
        raise ProgrammingError(
            f'"{name}" is not a {kind}', hint=f"Use DROP {relation.kind.upper()} to remove a {relation.kind}."
        )
    _drop_dependents(backend, kind, relation.name, schema, relation.database, statement.cascade)
    session.execute(f"DROP {kind.upper()} {relation.source}", ())


def drop_materialized_view(backend: LocalBackend, name: str, *, cascade: bool) -> None:
    """Drop a materialized view of the file; with ``cascade`` also the views that read it.

    Raise DependentObjectsError if there are some and ``cascade`` is false.
    """
    _drop_dependents(backend, "materialized view", name, None, "main", cascade)
    if backend.session.catalog.has_view(name):
        with backend.session.trusted():
            backend.session.catalog.drop_view(name, cascade=True)


def _drop_dependents(
    backend: LocalBackend, kind: str, name: str, schema: str | None, database: str, cascade: bool
) -> None:
    views, materialized = _dependents(backend, database, name)
    if (views or materialized) and not cascade:
        listed = [f"view {view}" for view in views] + [f"materialized view {view}" for view in materialized]
        raise DependentObjectsError(
            f"cannot drop {kind} {name} because other objects depend on it: {', '.join(listed)}",
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )
    inner = st.DropRelations(kind="view", names=(), if_exists=True, cascade=True)
    for view in views:
        _drop_one(backend, inner, schema, view)
    for view in materialized:
        catalog = backend.session.catalogs[database]
        if catalog.has_view(view):
            _drop_dependents(backend, "materialized view", view, schema, database, True)
            with backend.session.trusted():
                catalog.drop_view(view, cascade=True)


def _dependents(
    backend: LocalBackend, database: str, relation: str, mentioning: str = ""
) -> tuple[list[str], list[str]]:
    """Find the views and materialized views that read a relation and are bound to it.

    Of the views only those whose SQL mentions a text.
    """
    catalog = backend.session.catalogs.get(database)
    if catalog is None:
        return [], []
    views = [
        name
        for name, definition in catalog.readers(relation, mentioning)
        if not _is_late(definition) and name != relation
    ]
    materialized = [view.name for view in catalog.views() if relation.lower() in view.plan.depends_on]
    return views, materialized


def _is_late(definition: str) -> bool:
    tail = [word.upper for word in words(definition) if word.kind != "end"][-4:]
    return tail == ["WITH", "NO", "SCHEMA", "BINDING"]


# --- rows of materialized views and tables --------------------------------------------------------


def _truncate(backend: LocalBackend, statement: st.Truncate) -> Result:
    """Remove all rows of a materialized view or table, and commit (``r_TRUNCATE``)."""
    session = backend.session
    view = session.catalog.view(statement.name) if statement.schema_name is None else None
    if view is not None:
        with session.trusted():
            backend.write(lambda: session.delete_rows(view))
    else:
        relation = session.relations.relation(statement.schema_name, statement.name)
        if relation is None or relation.kind != "table":
            raise UndefinedObjectError(f'relation "{statement.name}" does not exist')
        backend.write(lambda: (session.execute(f"DELETE FROM {relation.source}", ()), None)[1])
    backend.commit()
    return Result()


class _WithRowid:
    """Show one materialized view with its backing table's rowid, for the WHERE of a DELETE."""

    def __init__(self, backend: LocalBackend, view: MaterializedView) -> None:
        self._relations = backend.session.relations
        self._view = view

    def relation(self, schema: str | None, name: str) -> Relation | None:
        found = self._relations.relation(schema, name)
        if found is None or found.kind != "materialized view":
            return found
        if found.database != "main" or found.name != self._view.name:
            return found
        plan = self._view.plan
        public = ", ".join(
            f"{column.expression} AS {quote_identifier(column.name)}" for column in plan.columns
        )
        table = quote_identifier(self._view.backing_table)
        having = f" WHERE {plan.having}" if plan.having else ""
        rowid = Column(name="streamdialect_rowid", type=types.BIGINT)
        return replace(
            found,
            columns=(rowid, *found.columns),
            source=f"(SELECT rowid AS streamdialect_rowid, {public} FROM main.{table}{having})",
        )


def _delete(backend: LocalBackend, statement: st.DeleteFrom, bindings: Bindings) -> Result:
    """Delete rows of a materialized view; of anything else SQLite deletes."""
    session = backend.session
    if statement.name in DEAD_LETTER_VIEWS:
        return delete_letters(backend, statement, bindings)
    view = session.catalog.view(statement.name)
    if view is None:
        return backend.change(st.Change(text=statement.text, verb="DELETE"), bindings)
    # DELETE [FROM] name ... becomes SELECT ... FROM name ...; comments may stand before and between.
    heading = list(islice(words(statement.text, backslashes=False), 2))
    last = heading[1] if heading[1].upper == "FROM" else heading[0]
    query = f"SELECT streamdialect_rowid FROM {statement.text[last.offset + len(last.text) :]}"
    compiled = compile_query(query, _WithRowid(backend, view), backend.settings)
    sql = f"DELETE FROM main.{quote_identifier(view.backing_table)} WHERE rowid IN ({compiled.sql})"
    changed = 0

    def delete() -> None:
        nonlocal changed
        changed = session.execute(sql, bindings)[2]

    with session.trusted():
        backend.write(delete)
    return Result(rowcount=changed)


# --- MERGE ----------------------------------------------------------------------------------------


def _merge(backend: LocalBackend, statement: st.Merge, bindings: Bindings) -> Result:
    """Carry out a MERGE as statements of one savepoint."""
    session = backend.session
    try:
        plan = compile_merge(statement.text, session.relations, backend.settings)
    except (NotSupportedError, ProgrammingError):
        if not bindings:
            raise
        plan = compile_merge(statement.text, session.relations, backend.settings, bindings)
    if isinstance(bindings, tuple) and len(bindings) != plan.positional:
        raise InterfaceError(f"the statement has {plan.positional} parameters, {len(bindings)} were given")
    changed = 0

    def run(steps: Sequence[MergeStep]) -> int:
        count = 0
        for step in steps:
            given = bindings[: step.bound] if isinstance(bindings, tuple) else bindings
            count += session.execute(step.sql, given)[2] * step.counts
        return count

    def merge() -> None:
        nonlocal changed
        run(plan.match)
        if plan.twice is not None and session.execute(plan.twice, ())[1]:
            raise DataError("Found multiple matches to update the same tuple.")
        changed = run(plan.change)
        run(plan.cleanup)

    with session.trusted():  # the tables that hold the matches have names of ours
        backend.write(merge)
    return Result(rowcount=changed)


# --- EXPLAIN --------------------------------------------------------------------------------------

_PLAN = (Column(name="QUERY PLAN", type=types.TEXT),)


def _explain(backend: LocalBackend, statement: st.Explain, bindings: Bindings) -> Result:
    """Show SQLite's plan of the translated statement."""
    inner = parse(statement.text, backend.session.attached)
    if isinstance(inner, st.Query):
        sql: str = backend.compile_for(inner.text, bindings).sql
    elif isinstance(inner, (st.Change, st.DeleteFrom)) and not _deletes_from_view(backend, inner):
        sql = backend.compile_change_for(inner.text, bindings).sql
    else:
        raise NotSupportedError("EXPLAIN of anything but a query or a change of a table is not supported")
    columns, rows, _, _ = backend.session.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)
    if statement.plan:
        return Result(columns=columns, rows=iter(rows))
    depths: dict[int, int] = {0: 0}
    lines = []
    for number, parent, _, detail in rows:
        depths[number] = depths.get(parent, 0) + 1
        lines.append((f"{'  ' * (depths[number] - 1)}{detail}",))
    return Result(columns=_PLAN, rows=iter(lines))


def _deletes_from_view(backend: LocalBackend, statement: st.Statement) -> bool:
    return isinstance(statement, st.DeleteFrom) and backend.session.catalog.has_view(statement.name)


COMMANDS: Mapping[type, Any] = {
    st.AlterTable: _alter_table,
    st.CreateView: _create_view,
    st.DropRelations: _drop,
    st.Truncate: _truncate,
}
WITH_PARAMETERS: Mapping[type, Callable[[LocalBackend, Any, Bindings], Result]] = {
    st.CreateTable: _create_table,
    st.DeleteFrom: _delete,
    st.Explain: _explain,
    st.Merge: _merge,
    st.SelectInto: _select_into,
}
