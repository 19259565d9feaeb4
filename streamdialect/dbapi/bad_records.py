"""Our own statements about bad records: SET (...), REDRIVE and SKIP RECORD of a view, DELETE of what was set aside."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from streamdialect.dbapi.backend import Result
from streamdialect.dbapi.options import checked
from streamdialect.errors import NotSupportedError, ProgrammingError
from streamdialect.ingest.redrive import Redriven, redrive, skip_record
from streamdialect.model import ErrorPolicy, MaterializedView, Provider
from streamdialect.sql import VIEW_OPTIONS, compile_query
from streamdialect.sql import statements as st
from streamdialect.sql.scan import words
from streamdialect.storage import error_policy

if TYPE_CHECKING:
    from streamdialect.dbapi.local import LocalBackend

__all__ = ["delete_letters", "policy_of", "redrive_view", "set_options", "skip_stopped"]

Bindings = tuple[Any, ...] | dict[str, Any]


def _refuse_in_compat(backend: LocalBackend, what: str) -> None:
    if backend.settings.compat:
        raise NotSupportedError(
            f"{what} is an extension of streamdialect, which compat=redshift refuses",
            hint="Use a connection without compat=redshift.",
        )


def _streaming(backend: LocalBackend, name: str) -> tuple[MaterializedView, Provider]:
    catalog = backend.session.catalog
    view = catalog.existing_view(name)
    if view.plan.stream is None:
        raise NotSupportedError(f'materialized view "{name}" reads no stream, so it has no bad records')
    return view, catalog.stream_schema(view.plan.stream).provider


def _changes(options: Mapping[str, str], clause: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, value in options.items():
        if name not in VIEW_OPTIONS:
            raise NotSupportedError(
                f'the option "{name}" of {clause} is not supported',
                hint=f"Options are: {', '.join(sorted(VIEW_OPTIONS))}.",
            )
        text = value.lower()
        try:
            changes[name] = checked(
                ErrorPolicy, name, "null" if (name, text) == ("max_error_ratio", "none") else text
            )
        except ValueError as error:
            raise ProgrammingError(f'option "{name}" of {clause}: {error}') from None
    return changes


def _check_null(changes: Mapping[str, object], view: MaterializedView) -> None:
    if changes.get("on_error") != "null":
        return
    if view.plan.kind == "stream aggregate":
        raise NotSupportedError(
            "on_error = 'null' is not supported for a materialized view that aggregates",
            hint="Use skip or stop; a record that is set aside can be redriven.",
        )
    if not view.plan.alone:
        raise NotSupportedError(
            f"on_error = 'null' is not supported for {view.name}, which an older version created",
            hint="DROP the view and CREATE it anew.",
        )


def policy_of(
    backend: LocalBackend, statement: st.CreateMaterializedView, view: MaterializedView
) -> ErrorPolicy | None:
    """Give the policy of a new view: the connection's, changed by WITH (...); None if it reads no stream."""
    if statement.options:
        _refuse_in_compat(backend, "WITH (...) of CREATE MATERIALIZED VIEW")
    if view.plan.stream is None:
        return None
    default = backend.options.on_error or ("stop" if backend.settings.compat else "skip")
    changes = {"on_error": default, **_changes(statement.options, "WITH (...)")}
    _check_null(changes, view)
    return ErrorPolicy(**changes)


def set_options(backend: LocalBackend, statement: st.SetViewOptions) -> None:
    """Change what a view does about bad records, and resume it."""
    _refuse_in_compat(backend, "ALTER MATERIALIZED VIEW ... SET (...)")
    view, _ = _streaming(backend, statement.name)
    changes = _changes(statement.options, "SET (...)")
    _check_null(changes, view)

    def change() -> None:
        def apply(connection: Any) -> None:
            error_policy.change(connection, view.id, changes)
            error_policy.resume(connection, view.id)

        backend.session.run(apply)

    backend.write(change)


def skip_stopped(backend: LocalBackend, statement: st.SkipRecord) -> None:
    """Set the record aside that a view is stopped at, and resume the view."""
    _refuse_in_compat(backend, "ALTER MATERIALIZED VIEW ... SKIP RECORD")
    view, provider = _streaming(backend, statement.name)

    def skip() -> None:
        place = backend.session.run(lambda connection: skip_record(connection, view, provider))
        backend.notices.append(f"INFO:  Materialized view {view.name} goes on behind {place}.")

    backend.write(skip)


def redrive_view(backend: LocalBackend, statement: st.RedriveMaterializedView, bindings: Bindings) -> Result:
    """Run records that were set aside through their view again; rowcount is those that left."""
    _refuse_in_compat(backend, "ALTER MATERIALIZED VIEW ... REDRIVE")
    view, provider = _streaming(backend, statement.name)
    name = view.name.replace("\\", "\\\\").replace("'", "''")
    condition = "" if statement.where is None else f" AND ({statement.where}\n)"
    query = (
        "SELECT id, LENGTH(record_value) AS bytes FROM streamdialect_dead_letters"
        f" WHERE mv_name = '{name}'{condition}"
    )
    compiled = backend.compile_for(query, bindings)
    counts = Redriven()

    def run() -> None:
        nonlocal counts
        rows = backend.session.query(compiled.sql, bindings)
        found = sorted((int(number), int(size or 0)) for number, size in rows)
        counts = backend.session.run(lambda connection: redrive(connection, view, provider, found))

    backend.write(run)
    stay = f", {counts.stay} stay set aside" if counts.stay else ""
    backend.notices.append(
        f"INFO:  Materialized view {view.name}: {counts.done} records were redriven{stay}."
    )
    return Result(rowcount=counts.done)


def delete_letters(backend: LocalBackend, statement: st.DeleteFrom, bindings: Bindings) -> Result:
    """Delete records that were set aside, or are known as bad; a view waits before a stopped one."""
    heading = list(islice(words(statement.text, backslashes=False), 2))
    last = heading[1] if heading[1].upper == "FROM" else heading[0]
    query = f"SELECT id FROM {statement.text[last.offset + len(last.text) :]}"
    compiled = compile_query(query, backend.session.relations, backend.settings)
    sql = f"DELETE FROM main.streamdialect_errors WHERE outcome <> 'stopped' AND id IN ({compiled.sql})"
    changed = 0

    def delete() -> None:
        nonlocal changed
        changed = backend.session.execute(sql, bindings)[2]

    with backend.session.trusted():
        backend.write(delete)
    return Result(rowcount=changed)
