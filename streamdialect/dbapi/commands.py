"""Streaming DDL and session settings: each statement as changes of the catalog and calls to the consumers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from streamdialect import types
from streamdialect.dbapi.backend import Result
from streamdialect.errors import NotSupportedError, OperationalError, ProgrammingError, UndefinedObjectError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, MaterializedView, Relation
from streamdialect.sql import compile_query, dist_key_column, plan_view, sort_key_columns
from streamdialect.sql import statements as st
from streamdialect.sql.scan import words

if TYPE_CHECKING:
    from streamdialect.dbapi.local import LocalBackend

__all__ = ["execute_command"]

Bindings = tuple[Any, ...] | dict[str, Any]


def execute_command(backend: LocalBackend, statement: st.Statement, bindings: Bindings) -> Result:
    """Carry out a statement that is ours rather than SQLite's."""
    if isinstance(statement, st.DeleteFrom):
        return _delete(backend, statement, bindings)
    if bindings:
        raise ProgrammingError("this statement takes no parameters")
    command = _COMMANDS[type(statement)]
    return command(backend, statement) or Result()


# --- external schemas -----------------------------------------------------------------------------


def _create_schema(backend: LocalBackend, statement: st.CreateExternalSchema) -> None:
    schema, catalog = statement.external_schema, backend.session.catalog
    if statement.if_not_exists and catalog.has_schema(schema.name):
        backend.notices.append(f'INFO:  schema "{schema.name}" already exists, skipping')
        return
    with backend.session.trusted():
        backend.write(lambda: catalog.create_schema(schema))


def _alter_schema(backend: LocalBackend, statement: st.AlterExternalSchema) -> None:
    schema = backend.session.catalog.schema(statement.name)
    changes = dict(statement.changes)
    if schema is not None and schema.provider == "kinesis":
        wrong = [name for name in changes if name not in ("iam_role", "region")]
        if wrong:
            clause = wrong[0].upper()
            raise ProgrammingError(f"{clause} is not a clause of an external schema FROM KINESIS")
    # The two ways to name a certificate exclude each other: the new one takes the other's place.
    if "secret_arn" in changes:
        changes["authentication_arn"] = None
    elif "authentication_arn" in changes:
        changes["secret_arn"] = None
    with backend.session.trusted():
        backend.write(lambda: backend.session.catalog.alter_schema(statement.name, changes))


def _drop_schema(backend: LocalBackend, statement: st.DropSchema) -> None:
    catalog = backend.session.catalog

    def drop() -> None:
        for name in statement.names:
            if statement.if_exists and not catalog.has_schema(name):
                backend.notices.append(f'INFO:  schema "{name}" does not exist, skipping')
            else:
                catalog.drop_schema(name, cascade=statement.cascade)

    with backend.session.trusted():
        backend.write(drop)


# --- materialized views ---------------------------------------------------------------------------


def _create_view(backend: LocalBackend, statement: st.CreateMaterializedView) -> None:
    session = backend.session
    plan = plan_view(statement, session.relations, backend.settings)
    view = MaterializedView(
        name=statement.name,
        definition=statement.text,
        plan=plan,
        auto_refresh=statement.auto_refresh,
        backup=statement.backup,
        dist_style=statement.dist_style,
        dist_key=dist_key_column(statement, plan),
        sort_key=sort_key_columns(statement, plan),
    )

    def create() -> None:
        stored = session.catalog.create_view(view)
        session.fill(stored)

    with session.trusted():
        backend.write(create)
    if view.dist_style or view.dist_key:
        backend.notices.append(
            f"INFO:  the distribution of {view.name} is kept in its definition; on one machine it has no effect."
        )


def _alter_view(backend: LocalBackend, statement: st.AlterMaterializedView) -> None:
    catalog = backend.session.catalog
    view = catalog.existing_view(statement.name)
    names = {column.name for column in view.plan.columns}
    for name in [*(statement.sort_key or ()), *([statement.dist_key] if statement.dist_key else [])]:
        if name not in names:
            raise UndefinedObjectError(f'column "{name}" does not exist in {view.name}')
    changes: dict[str, object] = {
        name: value
        for name in ("auto_refresh", "dist_style", "dist_key", "sort_key")
        if (value := getattr(statement, name)) is not None
    }
    if statement.auto_refresh and view.plan.kind == "recompute":
        raise NotSupportedError(
            "Auto-refresh is not supported for materialized views defined on other materialized views."
        )
    with backend.session.trusted():
        backend.write(lambda: (catalog.alter_view(statement.name, changes), None)[1])


def _drop_view(backend: LocalBackend, statement: st.DropMaterializedView) -> None:
    session = backend.session

    def drop() -> None:
        for name in statement.names:
            if session.catalog.has_view(name):
                session.catalog.drop_view(name, cascade=statement.cascade)
                continue
            relation = session.relations.relation(None, name)
            if relation is not None:
                word = "view" if relation.kind == "view" else "table"
                raise ProgrammingError(
                    f'"{name}" is not a materialized view',
                    hint=f"Use DROP {word.upper()} to remove a {word}.",
                )
            if not statement.if_exists:
                raise UndefinedObjectError(f'materialized view "{name}" does not exist')
            backend.notices.append(f'INFO:  materialized view "{name}" does not exist, skipping')

    with session.trusted():
        backend.write(drop)


def _refresh_view(backend: LocalBackend, statement: st.RefreshMaterializedView) -> None:
    """Refresh a view; like TRUNCATE it ends the open transaction, so that what it reports is committed."""
    session, catalog = backend.session, backend.session.catalog
    if backend.options.mode == "ro":
        raise OperationalError("REFRESH needs a connection that may write; this one has mode=ro")
    view = catalog.existing_view(statement.name)
    backend.commit()
    bases = catalog.bases(view)
    wanted = [*(bases if statement.cascade else ()), view]
    for member in wanted:
        if member.plan.kind != "recompute":
            _refresh_streaming(backend, member)
    recomputed = [member for member in wanted if member.plan.kind == "recompute"]
    if recomputed:
        with session.trusted():
            session.begin()
            try:
                for member in recomputed:
                    session.recompute(member)
                session.commit()
            except BaseException:
                if session.in_transaction:
                    session.rollback()
                raise
        backend.notices.append(f"INFO:  Materialized view {view.name} was recomputed successfully.")
        if bases and not statement.cascade:
            backend.notices.append(
                f"INFO:  Materialized view {view.name} depends on other materialized views,"
                " which were used as they are. Use REFRESH ... CASCADE to refresh them first."
            )


def _refresh_streaming(backend: LocalBackend, view: MaterializedView) -> None:
    assert view.plan.stream is not None
    assert backend.ingest is not None
    schema = backend.session.catalog.stream_schema(view.plan.stream)
    backend.ingest.refresh(
        view,
        schema,
        consume=backend.options.ingest == "auto",
        patience=backend.options.refresh_timeout,
        lock_timeout=backend.options.timeout,
    )
    backend.notices.append(f"INFO:  Materialized view {view.name} was incrementally updated successfully.")


def _truncate(backend: LocalBackend, statement: st.Truncate) -> Result:
    """Remove all rows of a materialized view or table, and commit (``r_TRUNCATE``)."""
    session = backend.session
    view = session.catalog.view(statement.name)
    if view is not None:
        with session.trusted():
            backend.write(lambda: session.delete_rows(view))
    else:
        relation = session.relations.relation(None, statement.name)
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
        if found is None or found.kind != "materialized view" or found.name != self._view.name:
            return found
        plan = self._view.plan
        public = ", ".join(
            f"{column.expression} AS {quote_identifier(column.name)}" for column in plan.columns
        )
        table = quote_identifier(self._view.backing_table)
        having = f" WHERE {plan.having}" if plan.having else ""
        rowid = Column(name="streamdialect_rowid", type=types.BIGINT)
        return found.model_copy(
            update={
                "columns": (rowid, *found.columns),
                "source": f"(SELECT rowid AS streamdialect_rowid, {public} FROM main.{table}{having})",
            }
        )


def _delete(backend: LocalBackend, statement: st.DeleteFrom, bindings: Bindings) -> Result:
    """Delete rows of a materialized view; of anything else SQLite deletes."""
    session = backend.session
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


# --- late-binding views, settings -----------------------------------------------------------------


def _create_late_view(backend: LocalBackend, statement: st.CreateLateBindingView) -> None:
    compiled = compile_query(statement.query, backend.session.relations, backend.settings, final=False)
    if compiled.positional or compiled.named:
        raise ProgrammingError("a view cannot have parameters")
    with backend.session.trusted():
        backend.write(
            lambda: backend.session.catalog.create_late_view(
                statement.name, statement.text, compiled.sql, compiled.columns, replace=statement.or_replace
            )
        )


def _set_option(backend: LocalBackend, statement: st.SetOption) -> None:
    backend.settings = backend.settings.with_value(statement.name, statement.value)


def _reset_option(backend: LocalBackend, statement: st.ResetOption) -> None:
    if statement.name == "all":
        backend.settings = type(backend.settings)(compat=backend.settings.compat)
    else:
        backend.settings = backend.settings.with_value(statement.name, None)


def _show_option(backend: LocalBackend, statement: st.ShowOption) -> Result:
    value = backend.settings.show(statement.name)
    rows: Iterator[tuple[Any, ...]] = iter([(value,)])
    return Result(columns=(Column(name=statement.name, type=types.TEXT),), rows=rows)


_COMMANDS: Mapping[type, Any] = {
    st.CreateExternalSchema: _create_schema,
    st.AlterExternalSchema: _alter_schema,
    st.DropSchema: _drop_schema,
    st.CreateMaterializedView: _create_view,
    st.AlterMaterializedView: _alter_view,
    st.DropMaterializedView: _drop_view,
    st.RefreshMaterializedView: _refresh_view,
    st.Truncate: _truncate,
    st.CreateLateBindingView: _create_late_view,
    st.SetOption: _set_option,
    st.ResetOption: _reset_option,
    st.ShowOption: _show_option,
}
