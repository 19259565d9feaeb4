"""One connection's view of the file: transactions, statements, and the guard around our own tables."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeVar

import apsw

from streamdialect.errors import (
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    QueryCanceledError,
    UndefinedObjectError,
)
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, ExternalSchema, MaterializedView
from streamdialect.storage import format as file_format
from streamdialect.storage import view_rows
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.cancellation import CancelRequests, request_cancel
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection, Mode, attach, open_connection
from streamdialect.storage.fetched import Fetched
from streamdialect.storage.format import OWN_PREFIX, ROWS_PREFIX
from streamdialect.storage.place import Place
from streamdialect.storage.relations import FileRelations, ViewRelations, declared_type
from streamdialect.storage.schema_digest import OWN_NAMES, SCHEMA, digest_of
from streamdialect.storage.stream_table import StreamRange, StreamRows, register

__all__ = ["Session"]

# How many steps of SQLite's virtual machine are between two looks at requests to cancel: some 10 ms. Python's
# signals (Ctrl-C, SIGALRM) are handled there too.
_STEPS = 1_000_000
# Where functions of ours are called, each a step that may take 10 µs. Python's lock is taken for these anyway;
# for a statement without, every look may have to wait for it.
_CALLING_STEPS = 50_000
_WAIT = 0.001  # seconds between two looks whether the file is free
_DROP = re.compile(r"\bDROP\b", re.IGNORECASE)
# SQLite itself writes sqlite_sequence for these.
_SCHEMA_CHANGE = re.compile(
    r"(?:[\s;]|--[^\n]*\n|/\*.*?\*/)*(?:DROP|ALTER|CREATE)\b", re.DOTALL | re.IGNORECASE
)
_NOTHING = re.compile(r"(?:[\s;]|--[^\n]*|/\*.*?\*/)*", re.DOTALL)

Bindings = Sequence[Any] | Mapping[str, Any]
_T = TypeVar("_T")

# For each guarded action of sqlite3_set_authorizer: which of its two arguments name an object.
_GUARDED = {
    **dict.fromkeys(
        (
            apsw.SQLITE_INSERT,
            apsw.SQLITE_UPDATE,
            apsw.SQLITE_DELETE,
            apsw.SQLITE_CREATE_TABLE,
            apsw.SQLITE_CREATE_VIEW,
            apsw.SQLITE_CREATE_VTABLE,
            apsw.SQLITE_CREATE_TEMP_TABLE,
            apsw.SQLITE_CREATE_TEMP_VIEW,
            apsw.SQLITE_DROP_TABLE,
            apsw.SQLITE_DROP_VIEW,
            apsw.SQLITE_DROP_VTABLE,
            apsw.SQLITE_DROP_TEMP_TABLE,
            apsw.SQLITE_DROP_TEMP_VIEW,
        ),
        (0,),
    ),
    **dict.fromkeys(
        (
            apsw.SQLITE_CREATE_INDEX,
            apsw.SQLITE_CREATE_TRIGGER,
            apsw.SQLITE_CREATE_TEMP_INDEX,
            apsw.SQLITE_CREATE_TEMP_TRIGGER,
            apsw.SQLITE_DROP_INDEX,
        ),
        (0, 1),
    ),
    apsw.SQLITE_ALTER_TABLE: (1,),
}
_WRITES = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
_OTHER_FILES = {apsw.SQLITE_ATTACH: "ATTACH", apsw.SQLITE_DETACH: "DETACH"}

_OFF = frozenset({"0", "off", "no", "false"})

# Every PRAGMA of SQLite that may have a value, with the values it may have, None for any. What is not here is
# refused with one: what an unknown name would be for, SQLite does not say.
_PRAGMAS: dict[str, frozenset[str] | None] = {
    # They ask: the value says about what.
    **dict.fromkeys(
        ("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
    ),
    **dict.fromkeys(("foreign_key_list", "foreign_key_check", "integrity_check", "quick_check")),
    # Upkeep, and what concerns this connection's speed, limits and checks, or a number of the user's.
    **dict.fromkeys(("optimize", "incremental_vacuum", "wal_checkpoint", "analysis_limit", "auto_vacuum")),
    **dict.fromkeys(("cache_size", "cache_spill", "temp_store", "threads", "automatic_index", "page_size")),
    **dict.fromkeys(("busy_timeout", "query_only", "max_page_count", "journal_size_limit", "secure_delete")),
    **dict.fromkeys(("foreign_keys", "defer_foreign_keys", "recursive_triggers", "cell_size_check")),
    **dict.fromkeys(("checkpoint_fullfsync", "fullfsync", "read_uncommitted", "reverse_unordered_selects")),
    **dict.fromkeys(("application_id", "user_version")),
    # This package's promises rest on these.
    "journal_mode": frozenset({"wal"}),
    "locking_mode": frozenset({"normal"}),
    "synchronous": frozenset({"normal", "full", "extra", "1", "2", "3"}),
    "trusted_schema": _OFF,
    "writable_schema": _OFF,
    "ignore_check_constraints": _OFF,
    # It would change what RENAME does to the views that read a table.
    "legacy_alter_table": _OFF,
    # A file that is cut short would end the process.
    "mmap_size": _OFF,
}


class Session:
    """Hold one SQLite connection of a user; every method raises only this package's errors."""

    def __init__(
        self, path: str, mode: Mode, timeout: float, attached: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._connection = open_connection(path, mode=mode, timeout=timeout)
        self._path = self._connection.filename  # absolute: the process may change its folder
        self._place = Place(self._path, self._connection)
        try:
            with translating():
                file_format.upgrade(self._connection)
        except BaseException:
            self._connection.close()
            raise
        self.catalog = Catalog(self._connection)
        self.catalogs = {"main": self.catalog}
        self.attached = frozenset(attached)
        try:
            for name, file in attached.items():
                self._attach(name, file)
        except BaseException:
            self._connection.close()
            raise
        self.relations = FileRelations(self._connection, attached)
        self._trusted = self._changing_schema = False
        self._view_names: Mapping[str, frozenset[str]] = {}
        self._digest: tuple[tuple[object, ...] | None, bytes] = (None, b"")
        # SQLite's own guard against statements that can damage a file (sqlite3_db_config).
        self._connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        self._connection.authorizer = self._authorize
        self._requests = CancelRequests(self._path)
        self._timeout = timeout
        self._waits_since = 0.0
        self._interrupted = False
        self._connection.set_busy_handler(self._wait)
        self._steps = 0
        self._look_every(_STEPS)
        own: tuple[tuple[str, Any, int, int], ...] = (
            ("streamdialect_backend_pid", self._requests.open, 0, 0),
            ("streamdialect_cancel_backend", self._cancel_backend, 1, apsw.SQLITE_DIRECTONLY),
        )
        for name, function, count, flags in own:
            self._connection.create_scalar_function(name, function, count, flags=flags)

    def _look_every(self, steps: int) -> None:
        if steps != self._steps:
            self._connection.set_progress_handler(self._look, steps)
            self._steps = steps

    def _look(self) -> bool:
        number = self._requests.id
        if number is not None and self._requests.take():
            raise QueryCanceledError(f"Query ({number}) cancelled on user's request")
        return False

    def look(self) -> None:
        """Raise if somebody interrupts or cancels what runs; for work that is none of SQLite's."""
        if self._interrupted:
            raise OperationalError("interrupted")
        self._look()

    def _wait(self, tries: int) -> bool:
        """Wait a little for another transaction to end. SQLite's own way cannot be interrupted and looks rarely."""
        now = time.monotonic()
        if not tries:
            self._waits_since = now
        self._look()
        if self._connection.is_interrupted:
            raise apsw.InterruptError("interrupted")
        waited = now - self._waits_since
        if waited >= self._timeout:
            return False
        time.sleep(_WAIT if waited < 1.0 else 5 * _WAIT)
        return True

    def _cancel_backend(self, number: int | None) -> int | None:
        return None if number is None else int(self.cancel(number))

    def cancel(self, number: int) -> bool:
        """Cancel what the connection of an id runs; tell whether there is one."""
        return request_cancel(self._path, number)

    def begin_statement(self) -> None:
        """Forget requests that came when nothing was running. Raise OperationalError if the file is gone."""
        self._check_place()
        self._interrupted = False
        if self._requests.id is not None:
            self._requests.take()

    def _check_place(self) -> None:
        self._place.follow()
        trouble = self._place.trouble()
        if trouble is not None:
            raise OperationalError(
                trouble, hint="Close this connection, and connect to the file that is there."
            )

    def _attach(self, name: str, file: str) -> None:
        if self.catalog.has_schema(name):
            raise InterfaceError(f'option "attach": "{name}" is an external schema of the file')
        # Two names of one file, a hard link too, would have two WAL files, each ignorant of the other.
        taken = [self._connection.db_filename(other) for other in self.catalogs]
        if os.path.exists(file) and any(os.path.samefile(file, other) for other in taken):
            raise InterfaceError(f'option "attach": the file of "{name}" is open under another name: {file}')
        attach(self._connection, name, file)
        self.catalogs[name] = Catalog(self._connection, name)

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

        def rows(schema: str, stream: str, wanted: StreamRange) -> Iterator[StreamRows]:
            for batch in scan(external(schema), stream, wanted):
                self._look()  # SQLite takes few steps for a batch that the network took long for
                yield batch

        register(
            self._connection,
            rows,
            lambda schema: streams(external(schema)),
        )

    def _authorize(
        self, action: int, first: str | None, second: str | None, database: str | None, _: str | None
    ) -> int:
        """Keep user statements off our tables and out of other files (sqlite3_set_authorizer).

        What it raises leaves the statement's execute. It must not use the connection.
        """
        if self._trusted or action == apsw.SQLITE_READ:
            return apsw.SQLITE_OK
        if action in _OTHER_FILES:
            raise NotSupportedError(
                f"{_OTHER_FILES[action]} is not supported: a connection keeps the files it was opened with",
                hint="streamdialect.connect has the option attach.",
            )
        if action == apsw.SQLITE_PRAGMA and second is not None:
            allowed = _PRAGMAS.get((first or "").lower(), frozenset())
            if allowed is not None and second.lower() not in allowed:
                raise NotSupportedError(f"PRAGMA {first} cannot be set to {second} on this connection")
        if action in _WRITES and str(first).lower() == "sqlite_sequence" and not self._changing_schema:
            raise NotSupportedError(
                "sqlite_sequence cannot be written: numbers must never be given out twice"
            )
        for place in _GUARDED.get(action, ()):
            name = (second if place else first) or ""
            if name.lower().startswith((OWN_PREFIX, ROWS_PREFIX)):
                raise NotSupportedError(
                    f'"{name}" belongs to streamdialect: names that begin with {OWN_PREFIX} or {ROWS_PREFIX}'
                    " cannot be created, written, altered or removed"
                )
        if action == apsw.SQLITE_DROP_VIEW and str(first).lower() in self._view_names.get(database or "", ()):
            raise ProgrammingError(
                f'"{first}" is a materialized view', hint="Use DROP MATERIALIZED VIEW to remove it."
            )
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
            if not before:
                # Prepared statements were authorized when they were prepared. Setting the authorizer makes
                # SQLite prepare them anew: a user's statement must not find ours in apsw's cache.
                self._connection.authorizer = self._authorize

    def view_relations(self, database: str, *, bare: bool) -> ViewRelations:
        """Give what a view in one of the files may read; see ``ViewRelations``."""
        return ViewRelations(self.relations, database, bare=bare)

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
        """Commit the open transaction. Raise OperationalError if the file is gone: nobody would find what it has."""
        self._check_place()
        with translating():
            self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction."""
        with translating():
            self._connection.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block alone if it raises, inside the open transaction."""
        with translating():
            self._connection.execute("SAVEPOINT streamdialect")
            try:
                yield
            except BaseException:
                # After some errors (full disk, I/O) SQLite has undone the whole transaction by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK TO streamdialect; RELEASE streamdialect").fetchall()
                raise
            self._connection.execute("RELEASE streamdialect")

    # --- statements ---------------------------------------------------------------------------

    def schema_versions(self) -> tuple[object, ...]:
        """Give what changes whenever a relation that this connection sees is created, altered or dropped."""
        with translating():
            # Not Connection.pragma, which costs as much again as the statement.
            execute = self._connection.execute
            found = [execute("PRAGMA main.schema_version").get, execute("PRAGMA temp.schema_version").get]
            for name in self.attached:
                found.append(execute(f"PRAGMA {quote_identifier(name)}.schema_version").get)
            return tuple(found)

    def schema_digest(self, versions: tuple[object, ...]) -> bytes | None:
        """Give a digest of all that names can mean here; equal digests mean equal translations.

        It is read anew when ``versions``, those of the schema now, have moved. In a transaction that moved
        them there is none: a rollback sets them back, and the next change gives out the same ones again.
        """
        if versions != self._digest[0]:
            if self._connection.in_transaction:
                return None
            with translating():
                content = self._connection.execute(SCHEMA).fetchall()
                if self.catalog.exists():
                    content += self._connection.execute(OWN_NAMES).fetchall()
                for name in sorted(self.attached):
                    content += [(name, *row) for row in self._attached_names(name)]
            self._digest = (versions, digest_of(content))
        return self._digest[1]

    def _attached_names(self, name: str) -> list[tuple[Any, ...]]:
        prefix = f"{quote_identifier(name)}."
        found = self._connection.execute(f"SELECT type, name, sql FROM {prefix}sqlite_schema").fetchall()
        if self.catalogs[name].exists():
            own = OWN_NAMES.replace("main.", prefix)
            found += self._connection.execute(own).fetchall()
        return [("attached",), *found]

    def query(self, sql: str, bindings: Bindings) -> Fetched:
        """Run a translated query; its errors appear here or while rows are fetched."""
        self._look_every(_CALLING_STEPS if OWN_PREFIX in sql else _STEPS)
        with _binding(bindings):
            cursor = self._connection.cursor().execute(sql, bindings)
        return Fetched(cursor)

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
        self._look_every(_CALLING_STEPS if OWN_PREFIX in sql else _STEPS)
        with _binding(bindings):
            if _DROP.search(sql):
                self._view_names = {name: other.view_names() for name, other in self.catalogs.items()}
            cursor = self._connection.cursor()
            cursor.exec_trace = trace
            self._changing_schema = _SCHEMA_CHANGE.match(sql) is not None
            try:
                rows = cursor.execute(sql, bindings).fetchall()
            finally:
                self._changing_schema = False
        columns = None
        if described and described[0]:
            columns = tuple(Column(name=name, type=declared_type(kind or "")) for name, kind in described[0])
        changed = self._connection.total_changes() - before
        return columns, rows, min(changed, self._connection.changes()), self._connection.last_insert_rowid()

    def constant(self, sql: str) -> Any:
        """Compute an expression of translated SQL that reads no relation."""
        with translating():
            return self._connection.execute(f"SELECT {sql}").get

    def execute_many(self, sql: str, rows: Sequence[Bindings]) -> int:
        """Run a statement for each set of bindings; return the rows changed."""
        before = self._connection.total_changes()
        with _binding({}):
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

    def run(self, function: Callable[[Connection], _T]) -> _T:
        """Run a function of this package's on the connection, past the guard; return its result."""
        with self.trusted():
            return function(self._connection)

    def interrupt(self) -> None:
        """Make the running statement fail; from any thread."""
        self._interrupted = True
        self._connection.interrupt()

    def close(self) -> None:
        """Undo the open transaction and close."""
        self._requests.close()
        with translating():
            self._connection.close(force=True)


class _binding(translating):
    """Translate also apsw's way to say that a mapping lacks a named parameter."""

    __slots__ = ("_given",)

    def __init__(self, given: Bindings) -> None:
        self._given = given

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyError) and isinstance(self._given, Mapping):
            name = error.args[0] if error.args else None
            if name not in self._given:
                raise InterfaceError(f"no value was given for parameter :{name}") from None
        super().__exit__(kind, error, trace)
