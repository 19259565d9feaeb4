"""The backend for one SQLite file: translation, transactions, and the way to this process's consumers."""

from __future__ import annotations

import os
import tempfile
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from streamdialect.dbapi.backend import Parameters, Result
from streamdialect.dbapi.options import ConnectOptions
from streamdialect.errors import InterfaceError
from streamdialect.ingest import registry
from streamdialect.sql import parse
from streamdialect.sql.settings import Settings
from streamdialect.sql.statements import PassThrough, Query, Statement
from streamdialect.storage.connection import SQLITE_VERSION
from streamdialect.storage.session import Session
from streamdialect.types import to_sqlite

if TYPE_CHECKING:
    from streamdialect.sql.query import CompiledQuery

__all__ = ["LocalBackend"]

sqlite_version = SQLITE_VERSION
sqlite_version_info = tuple(int(part) for part in SQLITE_VERSION.split("."))

Bindings = tuple[Any, ...] | dict[str, Any]

_CACHED_QUERIES = 1000

# Translated queries of this process. The key names the file and its schema version, so a translation made
# before a change of the schema is not found after it; connections share it, as pools make many.
_translations: OrderedDict[tuple[object, ...], CompiledQuery] = OrderedDict()

_TRANSACTION_WORDS = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "RELEASE"})
# Statements that SQLite refuses inside a transaction, or that have no effect on the file's content.
_OUTSIDE = frozenset({"PRAGMA", "EXPLAIN", "VACUUM", "ANALYZE", "ATTACH", "DETACH", ""})


class LocalBackend:
    """Implement ``backend.Backend`` over one file, or over a private temporary one."""

    def __init__(self, path: str | None, options: ConnectOptions) -> None:
        self.options = options
        self.autocommit = options.autocommit
        self.notices: deque[str] = deque(maxlen=100)
        self.settings = Settings(compat=options.compat == "redshift")
        self._folder = tempfile.TemporaryDirectory(prefix="streamdialect-") if path is None else None
        self.path = os.path.join(self._folder.name, "private.db") if self._folder else str(path)
        self._changed = False
        self.ingest: registry.Ingest | None = None
        try:
            self.session = Session(self.path, options.mode, options.timeout)
            self.ingest = registry.acquire(
                self.path, consume=options.consumes, options=options.source_options()
            )
            self.session.read_streams_with(self.ingest.scan, self.ingest.streams)
            if options.consumes and self.session.catalog.automatic_views():
                self.ingest.notice()
        except BaseException:
            self.close()
            raise

    # --- transactions -------------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self.session.in_transaction

    def commit(self) -> None:
        """Commit the open transaction, if any, and let consumers follow what it changed."""
        if self.session.in_transaction:
            self.session.commit()
        self._follow()

    def rollback(self) -> None:
        """Undo the open transaction, if any."""
        if self.session.in_transaction:
            self.session.rollback()
        self._changed = False

    def write(self, change: Callable[[], None]) -> None:
        """Run a change of the catalog in the open transaction, or in one of its own with autocommit."""
        if self.session.in_transaction:
            with self.session.savepoint():
                change()
        else:
            self.session.begin()
            try:
                change()
            except BaseException:
                self.session.rollback()
                raise
            if self.autocommit:
                self.session.commit()
        self._changed = True
        if not self.session.in_transaction:
            self._follow()

    def _follow(self) -> None:
        if self._changed and self.ingest is not None:
            self._changed = False
            self.ingest.notice()

    # --- statements ---------------------------------------------------------------------------

    def execute(self, text: str, parameters: Parameters) -> Result:
        """Execute one statement of any kind."""
        statement = parse(text)
        if isinstance(statement, Query):
            return self._query(statement.text, parameters)
        if isinstance(statement, PassThrough):
            return self.pass_through(statement, _bindings(parameters))
        from streamdialect.dbapi.commands import execute_command

        return execute_command(self, statement, _bindings(parameters))

    def execute_many(self, text: str, rows: Sequence[Parameters]) -> Result:
        """Execute one statement that yields no rows for each set of parameters."""
        statement: Statement = parse(text)
        if isinstance(statement, Query):
            raise InterfaceError("executemany is for statements that yield no rows")
        if isinstance(statement, PassThrough):
            self._begin_for(statement)
            changed = self.session.execute_many(statement.text, [_bindings(row) for row in rows])
            return Result(rowcount=changed)
        result = Result()
        for row in rows:
            result = self.execute(text, row)
        return result

    def compile(self, text: str) -> CompiledQuery:
        """Translate a query, or take the translation from the cache."""
        key = (self.path, *self.session.schema_versions(), text, self.settings)
        compiled = _translations.get(key)
        if compiled is None:
            from streamdialect.sql import compile_query

            compiled = _translations[key] = compile_query(text, self.session.relations, self.settings)
            while len(_translations) > _CACHED_QUERIES:
                _translations.popitem(last=False)
        return compiled

    def _query(self, text: str, parameters: Parameters) -> Result:
        compiled = self.compile(text)
        bindings = _bindings(parameters)
        if isinstance(bindings, tuple) and len(bindings) != compiled.positional:
            raise InterfaceError(
                f"the statement has {compiled.positional} parameters, {len(bindings)} were given"
            )
        rows = self.session.query(compiled.sql, bindings)
        return Result(columns=compiled.columns, rows=rows)

    def pass_through(self, statement: PassThrough, bindings: Bindings) -> Result:
        """Execute a statement of SQLite's as it is."""
        if statement.keyword in _TRANSACTION_WORDS:
            return self._transaction_word(statement)
        self._begin_for(statement)
        names, rows, changed, rowid = self.session.execute(statement.text, bindings)
        return Result(
            columns=names,
            rows=iter(rows),
            rowcount=changed
            if statement.keyword in ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "MERGE")
            else -1,
            lastrowid=rowid if statement.keyword in ("INSERT", "REPLACE", "WITH") else None,
        )

    def _begin_for(self, statement: PassThrough) -> None:
        """Open PEP 249's implicit transaction before a statement that writes."""
        if self.autocommit or self.session.in_transaction or statement.keyword in _OUTSIDE:
            return
        if statement.may_write or statement.keyword == "SAVEPOINT":
            self.session.begin()

    def _transaction_word(self, statement: PassThrough) -> Result:
        self.session.execute(statement.text, ())
        if not self.session.in_transaction:
            if statement.keyword in ("ROLLBACK", "ABORT"):
                self._changed = False
            self._follow()
        return Result()

    # --- end ----------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Make a running statement of this connection fail; from any thread."""
        self.session.interrupt()

    def close(self) -> None:
        """Undo the open transaction and release everything."""
        session, ingest = getattr(self, "session", None), self.ingest
        self.ingest = None
        if session is not None:
            session.close()
        if ingest is not None:
            registry.release(ingest, consume=self.options.consumes)
        if self._folder is not None:
            self._folder.cleanup()


def _bindings(parameters: Parameters) -> Bindings:
    if isinstance(parameters, Mapping):
        return {name: to_sqlite(value) for name, value in parameters.items()}
    if isinstance(parameters, str | bytes):
        raise InterfaceError("parameters must be a sequence or a mapping, not text")
    return tuple([to_sqlite(value) for value in parameters])
