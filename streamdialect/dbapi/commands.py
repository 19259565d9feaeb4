"""Streaming DDL and session settings: each statement as changes of the catalog and calls to the consumers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from streamdialect import types
from streamdialect.dbapi import bad_records, changes
from streamdialect.dbapi.backend import Result
from streamdialect.errors import (
    DuplicateObjectError,
    Error,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    UndefinedObjectError,
)
from streamdialect.model import Column, MaterializedView
from streamdialect.sql import dist_key_column, plan_view, sort_key_columns
from streamdialect.sql import statements as st
from streamdialect.storage import events, view_rows
from streamdialect.storage.apsw_errors import as_error
from streamdialect.storage.connection import Connection, immediate

if TYPE_CHECKING:
    from streamdialect.dbapi.local import LocalBackend

__all__ = ["execute_command"]

Bindings = tuple[Any, ...] | dict[str, Any]


def execute_command(backend: LocalBackend, statement: st.Statement, bindings: Bindings) -> Result:
    """Carry out a statement that is ours rather than SQLite's."""
    change = _WITH_PARAMETERS.get(type(statement))
    if change is not None:
        return change(backend, statement, bindings)
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
    if schema.name in backend.session.attached:
        raise DuplicateObjectError(f'schema "{schema.name}" is an attached file of this connection')
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
                for view in catalog.schema_readers(name) if statement.cascade else ():
                    changes.drop_materialized_view(backend, view, cascade=True)
                catalog.drop_schema(name, cascade=statement.cascade)

    with backend.session.trusted():
        backend.write(drop)


# --- materialized views ---------------------------------------------------------------------------


def _create_view(backend: LocalBackend, statement: st.CreateMaterializedView) -> None:
    session = backend.session
    plan = plan_view(statement, session.view_relations("main", bare=False), backend.settings)
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

    policy = bad_records.policy_of(backend, statement, view)
    _reach(backend, view)

    def create() -> None:
        stored = session.catalog.create_view(view, policy)
        session.fill(stored)

    with session.trusted():
        backend.write(create)
    if view.dist_style or view.dist_key:
        backend.notices.append(
            f"INFO:  the distribution of {view.name} is kept in its definition; on one machine it has no effect."
        )


def _reach(backend: LocalBackend, view: MaterializedView) -> None:
    """Say in a notice why a view cannot be consumed yet. It is no error: its consumer goes on trying."""
    stream = view.plan.stream
    if stream is None or backend.ingest is None or not (view.auto_refresh and backend.options.consumes):
        return
    try:
        backend.ingest.source(backend.session.catalog.stream_schema(stream)).check(stream.stream)
    except Error as error:
        backend.notices.append(f"WARNING:  Materialized view {view.name} waits for its stream: {error}")


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
                changes.drop_materialized_view(backend, name, cascade=statement.cascade)
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
            started, clock = view_rows.now(), time.monotonic()
            try:
                for member in recomputed:
                    session.recompute(member)
                session.commit()
            except BaseException as error:
                if session.in_transaction:
                    session.rollback()
                if isinstance(error, Exception):
                    _log_failure(backend, member, as_error(error), started, clock)
                raise
        backend.notices.append(f"INFO:  Materialized view {view.name} was recomputed successfully.")
        if bases and not statement.cascade:
            backend.notices.append(
                f"INFO:  Materialized view {view.name} depends on other materialized views,"
                " which were used as they are. Use REFRESH ... CASCADE to refresh them first."
            )


def _log_failure(
    backend: LocalBackend, view: MaterializedView, error: Error, started: str, clock: float
) -> None:
    """Write to the history that a view could not be recomputed; the error is the news if that fails too."""

    def log(connection: Connection) -> None:
        with immediate(connection):
            status = events.failure(connection, view.id, str(error).split("\n", 1)[0])
            view_rows.log_refresh(connection, view, "Manual", status, started, clock)

    with contextlib.suppress(Error):
        backend.session.run(log)


def _refresh_streaming(backend: LocalBackend, view: MaterializedView) -> None:
    assert view.plan.stream is not None
    assert backend.ingest is not None
    schema = backend.session.catalog.stream_schema(view.plan.stream)
    backend.ingest.refresh(
        view,
        schema,
        consume=backend.options.ingest != "off",
        patience=backend.options.refresh_timeout,
        lock_timeout=backend.options.timeout,
        look=backend.session.look,
    )
    backend.notices.append(f"INFO:  Materialized view {view.name} was incrementally updated successfully.")


def _cancel(backend: LocalBackend, statement: st.Cancel) -> None:
    if not backend.session.cancel(statement.number):
        raise UndefinedObjectError(
            f"Session {statement.number} does not exist.",
            hint="SELECT pg_backend_pid() gives a session's id.",
        )
    if statement.message:
        backend.notices.append(f"INFO:  {statement.message}")


# --- settings -------------------------------------------------------------------------------------


def _set_option(backend: LocalBackend, statement: st.SetOption) -> None:
    backend.change_setting(statement.name, statement.value, local=statement.local)


def _reset_option(backend: LocalBackend, statement: st.ResetOption) -> None:
    if statement.name == "all":
        backend.reset_settings()
    else:
        backend.change_setting(statement.name, None)


def _show_option(backend: LocalBackend, statement: st.ShowOption) -> Result:
    if statement.name == "all":
        columns = tuple(Column(name=name, type=types.TEXT) for name in ("name", "setting"))
        return Result(columns=columns, rows=iter(backend.settings.show_all()))
    rows: Iterator[tuple[Any, ...]] = iter([(backend.settings.show(statement.name),)])
    return Result(columns=(Column(name=statement.name, type=types.TEXT),), rows=rows)


_WITH_PARAMETERS: Mapping[type, Callable[[LocalBackend, Any, Bindings], Result]] = {
    **changes.WITH_PARAMETERS,
    st.RedriveMaterializedView: bad_records.redrive_view,
}
_COMMANDS: Mapping[type, Any] = {
    st.CreateExternalSchema: _create_schema,
    st.AlterExternalSchema: _alter_schema,
    st.DropSchema: _drop_schema,
    st.CreateMaterializedView: _create_view,
    st.AlterMaterializedView: _alter_view,
    st.SetViewOptions: bad_records.set_options,
    st.SkipRecord: bad_records.skip_stopped,
    st.DropMaterializedView: _drop_view,
    st.RefreshMaterializedView: _refresh_view,
    **changes.COMMANDS,
    st.Cancel: _cancel,
    st.SetOption: _set_option,
    st.ResetOption: _reset_option,
    st.ShowOption: _show_option,
}
