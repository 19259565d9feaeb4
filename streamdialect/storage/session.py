"""One connection's view of the file: transactions, statements, and the guard around our own tables."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from streamdialect.errors import ProgrammingError, UndefinedObjectError
from streamdialect.model import Column, ExternalSchema, MaterializedView
from streamdialect.storage import view_rows
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Mode, open_connection
from streamdialect.storage.format import OWN_PREFIX
from streamdialect.storage.relations import FileRelations, declared_type
from streamdialect.storage.stream_table import StreamRange, StreamRows, register

__all__ = ["Session"]

_NOTHING = re.compile(r"(?:[\s;]|--[^\n]*|/\*.*?\*/)*", re.DOTALL)

Bindings = Sequence[Any] | Mapping[str, Any]

_WRITES = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
_TABLE_CHANGES = frozenset({apsw.SQLITE_DROP_TABLE, apsw.SQLITE_DROP_VIEW, apsw.SQLITE_DROP_INDEX})
_FORBIDDEN = frozenset({apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH})


class Session:
    """Hold one SQLite connection of a user; every method raises only this package's errors."""

    def __init__(self, path: str, mode: Mode, timeout: float) -> None:
        self._connection = open_connection(path, mode=mode, timeout=timeout)
        self.catalog = Catalog(self._connection)
        self.relations = FileRelations(self._connection)
        self._trusted = False
        self._connection.authorizer = self._authorize

    def read_streams_with(
        self,
        scan: Callable[[ExternalSchema, str, StreamRange], Iterator[StreamRows]],
        streams: Callable[[ExternalSchema], Sequence[str]],
    ) -> None:
        """Make ``schema."stream"`` readable: ``scan`` reads a stream, ``streams`` lists those of a schema."""

        def external(name: str) -> ExternalSchema:
            schema = self.catalog.schema(name)
            if schema is None:
                raise UndefinedObjectError(f'schema "{name}" does not exist')
            return schema

        register(
            self._connection,
            lambda schema, stream, wanted: scan(external(schema), stream, wanted),
            lambda schema: streams(external(schema)),
        )

    def _authorize(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """Keep user statements off our tables and out of other files (sqlite3_set_authorizer)."""
        if self._trusted:
            return apsw.SQLITE_OK
        if action in _FORBIDDEN:
            return apsw.SQLITE_DENY
        if action in _WRITES or action in _TABLE_CHANGES:
            name = (first or "").lower()
            if name.startswith(OWN_PREFIX) or name.startswith("mv_tbl__"):
                return apsw.SQLITE_DENY
        return apsw.SQLITE_OK

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Let this package's own statements through the guard."""
        before, self._trusted = self._trusted, True
        try:
            with translating():
                yield
        finally:
            self._trusted = before

    # --- transactions -------------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self._connection.in_transaction

    def begin(self) -> None:
        """Begin a write transaction; wait for another one at most the connection's time-out."""
        with translating():
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit the open transaction."""
        with translating():
            self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction."""
        with translating():
            self._connection.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block alone if it raises, inside the open transaction."""
        with translating(), self._connection:
            yield

    # --- statements ---------------------------------------------------------------------------

    def schema_versions(self) -> tuple[object, ...]:
        """Give what changes whenever a relation that this connection sees is created, altered or dropped."""
        with translating():
            temporary = self._connection.pragma("temp.schema_version")
            version = self._connection.pragma("schema_version")
        return (version, temporary, id(self) if temporary else 0)

    def query(self, sql: str, bindings: Bindings) -> Iterator[tuple[Any, ...]]:
        """Run a translated query; its errors appear here or while rows are fetched."""
        with translating():
            cursor = self._connection.cursor().execute(sql, bindings)
        return _fetch(cursor)

    def execute(
        self, sql: str, bindings: Bindings
    ) -> tuple[tuple[Column, ...] | None, list[tuple[Any, ...]], int, int]:
        """Run one statement of SQLite's to its end: columns or None, rows, rows changed, last rowid."""
        described: list[tuple[tuple[str, str | None], ...]] = []

        def trace(cursor: apsw.Cursor, statement: str, _: Any) -> bool:
            # Seen before the first statement runs; what follows it may be comments, each a statement to apsw.
            if not _NOTHING.fullmatch(statement if described else sql[len(statement) :]):
                raise ProgrammingError("only one statement can be executed at a time")
            described.append(tuple((name, declared) for name, declared, *_ in cursor.get_description()))
            return True

        before = self._connection.total_changes()
        with translating():
            cursor = self._connection.cursor()
            cursor.exec_trace = trace
            rows = cursor.execute(sql, bindings).fetchall()
        columns = None
        if described and described[0]:
            columns = tuple(Column(name=name, type=declared_type(kind or "")) for name, kind in described[0])
        changed = self._connection.total_changes() - before
        return columns, rows, min(changed, self._connection.changes()), self._connection.last_insert_rowid()

    def execute_many(self, sql: str, rows: Sequence[Bindings]) -> int:
        """Run a statement for each set of bindings; return the rows changed."""
        before = self._connection.total_changes()
        with translating():
            self._connection.executemany(sql, rows).fetchall()
        return self._connection.total_changes() - before

    # --- rows of materialized views, in the open transaction ----------------------------------

    def fill(self, view: MaterializedView) -> None:
        """Give a new view the rows it begins with."""
        if view.plan.kind == "recompute":
            view_rows.recompute(self._connection, view)
        elif view.plan.kind == "stream aggregate":
            view_rows.seed(self._connection, view)

    def recompute(self, view: MaterializedView) -> None:
        """Run the query of a view over local relations anew, and write the history."""
        started, clock = view_rows.now(), time.monotonic()
        view_rows.recompute(self._connection, view)
        status = "Refresh successfully recomputed MV from scratch"
        view_rows.log_refresh(self._connection, view, "Manual", status, started, clock)

    def delete_rows(self, view: MaterializedView) -> None:
        """Remove all rows of a view."""
        view_rows.delete_rows(self._connection, view)

    def interrupt(self) -> None:
        """Make the running statement fail; from any thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Undo the open transaction and close."""
        with translating():
            self._connection.close(force=True)


def _fetch(cursor: apsw.Cursor) -> Iterator[tuple[Any, ...]]:
    with translating():
        yield from cursor
