"""The backend for one SQLite file: translation, transactions, and the way to this process's consumers."""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from streamdialect.conversions import to_sqlite, type_of_value
from streamdialect.dbapi.backend import Parameters, Result
from streamdialect.dbapi.options import ConnectOptions
from streamdialect.dbapi.traced import traced
from streamdialect.errors import Error, InterfaceError, NotSupportedError, ProgrammingError
from streamdialect.ingest import registry
from streamdialect.model import Resolver
from streamdialect.sql import compile_change, compile_query, parse
from streamdialect.sql.positions import as_syntax_error
from streamdialect.sql.scan import words
from streamdialect.sql.settings import Settings
from streamdialect.sql.statements import Change, DeleteFrom, PassThrough, Query, Statement
from streamdialect.storage import catalogue, lease
from streamdialect.storage.apsw_errors import translating
from streamdialect.storage.connection import SQLITE_VERSION
from streamdialect.storage.session import Session
from streamdialect.storage.system_views import DEAD_LETTER_VIEWS
from streamdialect.types import UNKNOWN, RedshiftType

if TYPE_CHECKING:
    from streamdialect.sql.dml import CompiledChange
    from streamdialect.sql.literals import Literals
    from streamdialect.sql.query import CompiledQuery

__all__ = ["LocalBackend"]

sqlite_version = SQLITE_VERSION
sqlite_version_info = tuple(int(part) for part in SQLITE_VERSION.split("."))

Bindings = tuple[Any, ...] | dict[str, Any]
_Compiled = TypeVar("_Compiled", "CompiledQuery", "CompiledChange")
_Made = TypeVar("_Made", bound="CompiledQuery | CompiledChange", covariant=True)

_CACHED_QUERIES = 1000

# What may follow BEGIN and START (``r_BEGIN``); every transaction is serializable here, as on Redshift.
_LEVEL = "SERIALIZABLE|READ COMMITTED|READ UNCOMMITTED|REPEATABLE READ|SNAPSHOT"
_BEGIN_MODES = re.compile(
    rf"(DEFERRED)?\s*(TRANSACTION|WORK)?\s*(ISOLATION LEVEL ({_LEVEL}))?\s*(READ (WRITE|ONLY))?"
)

# Translated queries of this process, shared by its connections, as pools make many. The key holds a digest
# of all that the names in a query can mean, so neither a change of the schema nor another file at the same
# path can be met with a stale translation.
_translations: OrderedDict[tuple[object, ...], CompiledQuery | CompiledChange] = OrderedDict()

_TRANSACTION_WORDS = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "RELEASE"})
# Statements that SQLite refuses inside a transaction, or that have no effect on the file's content.
_OUTSIDE = frozenset({"PRAGMA", "EXPLAIN", "VACUUM", "ANALYZE", "ATTACH", "DETACH", ""})


class _Compile(Protocol[_Made]):
    """Be ``compile_query`` or ``compile_change``."""

    def __call__(
        self,
        text: str,
        resolver: Resolver,
        settings: Settings,
        literals: Literals | None = None,
        *,
        parameters: Mapping[str, RedshiftType] | None = None,
    ) -> _Made: ...


class LocalBackend:
    """Implement ``backend.Backend`` over one file, or over a private temporary one."""

    def __init__(self, path: str | None, options: ConnectOptions) -> None:
        self.options = options
        self.autocommit = options.autocommit
        self.notices: deque[str] = deque(maxlen=100)
        self.settings = Settings(compat=options.compat == "redshift")
        self._folder = _private_folder() if path is None else None
        self.path = os.path.join(self._folder, "private.db") if self._folder else str(path)
        self._lasting: Settings | None = None  # what the settings are after SET LOCAL's transaction
        self._parameters: tuple[tuple[str, RedshiftType], ...] = ()  # types of the running statement's
        self._changed = False
        self._uncommitted: OrderedDict[tuple[object, ...], CompiledQuery | CompiledChange] = OrderedDict()
        self.ingest: registry.Ingest | None = None
        try:
            self.session = Session(self.path, options.mode, options.timeout, options.attach)
            self.session.relations.compat = self.settings.compat
            self.ingest = registry.acquire(
                self.path, consume=options.consumes, options=options.source_options()
            )
            self.session.read_streams_with(self.ingest.scan, self.ingest.streams)
            self.session.run(partial(lease.register, leases=self.ingest.leases))
            self.session.run(partial(catalogue.register, relations=self.session.relations))
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
        self._uncommitted.clear()
        if self.session.in_transaction:
            self.session.commit()
        self._end_local_settings()
        self._follow()

    def rollback(self) -> None:
        """Undo the open transaction, if any."""
        self._changed = False
        self._end_local_settings()
        self._uncommitted.clear()
        if self.session.in_transaction:
            self.session.rollback()

    def change_setting(self, name: str, value: str | None, *, local: bool = False) -> None:
        """Change one setting for the session, or with ``local`` until the transaction ends; None is DEFAULT."""
        changed = self.settings.with_value(name, value)
        if not local:
            if self._lasting is not None:
                self._lasting = self._lasting.with_value(name, value)
        elif self.autocommit and not self.session.in_transaction:
            return  # as on Redshift: there is no transaction for it to last
        elif self._lasting is None:
            self._lasting = self.settings
        self.settings = changed

    def reset_settings(self) -> None:
        """Give every setting its default."""
        self.settings = Settings(compat=self.settings.compat)
        self._lasting = None

    def _end_local_settings(self) -> None:
        if self._lasting is not None:
            self.settings, self._lasting = self._lasting, None

    def write(self, change: Callable[[], None]) -> None:
        """Run a change of the catalog in the open transaction, or in one of its own with autocommit."""
        if self.session.in_transaction:
            with self.session.savepoint():
                change()
        else:
            with self._undoing():
                self.session.begin()
                change()
                if self.autocommit:
                    self.session.commit()
        self._changed = True
        if not self.session.in_transaction:
            self._follow()

    @contextmanager
    def _undoing(self) -> Iterator[None]:
        """Undo the transaction that began in the block if the block raises, with the block's error.

        A statement that failed must not leave the file's only write lock with somebody who does not know.
        """
        began = not self.session.in_transaction
        try:
            yield
        except BaseException:
            # SQLite has rolled back by itself after some errors (full disk, I/O).
            if began and self.session.in_transaction:
                with contextlib.suppress(Error):
                    self.rollback()
            raise

    def _follow(self) -> None:
        if self._changed and self.ingest is not None:
            self._changed = False
            self.ingest.notice()

    # --- statements ---------------------------------------------------------------------------

    def execute(self, text: str, parameters: Parameters) -> Result:
        """Execute one statement of any kind."""
        return self._begun(lambda: self._execute(text, parameters), text)

    def _begun(self, statement: Callable[[], Result], text: str, batch: int | None = None) -> Result:
        def begin() -> Result:
            try:
                with translating():
                    self.session.begin_statement()
                    return statement()
            except BaseException:
                # The error may have undone a change that these are of.
                self._uncommitted.clear()
                raise

        return traced(self.path, begin, text, batch)

    def _execute(self, text: str, parameters: Parameters) -> Result:
        statement = parse(text, self.session.attached)
        self._parameters = _types_of(parameters)
        if isinstance(statement, Query):
            return self._query(statement.text, parameters)
        if isinstance(statement, Change):
            return self.change(statement, _bindings(parameters))
        if isinstance(statement, PassThrough):
            return self.pass_through(statement, _bindings(parameters))
        from streamdialect.dbapi.commands import execute_command

        return execute_command(self, statement, _bindings(parameters))

    def execute_many(self, text: str, rows: Sequence[Parameters]) -> Result:
        """Execute one statement that yields no rows for each set of parameters."""
        return self._begun(lambda: self._execute_many(text, rows), text, len(rows))

    def _execute_many(self, text: str, rows: Sequence[Parameters]) -> Result:
        statement: Statement = parse(text, self.session.attached)
        self._parameters = ()  # one translation serves all rows
        if isinstance(statement, Query):
            raise InterfaceError("executemany is for statements that yield no rows")
        if (
            isinstance(statement, DeleteFrom)
            and statement.name not in DEAD_LETTER_VIEWS
            and not self.session.catalog.has_view(statement.name)
        ):
            statement = Change(text=statement.text, verb="DELETE")
        if isinstance(statement, Change):
            return self._change_many(statement, [_bindings(row) for row in rows])
        counts = [self._execute(text, row).rowcount for row in rows]
        return Result(rowcount=-1 if -1 in counts else sum(counts))

    def compile(self, text: str) -> CompiledQuery:
        """Translate a query, or take the translation from the cache."""
        return self._translated(text, compile_query)

    def _translated(self, text: str, compile_: _Compile[_Compiled]) -> _Compiled:
        before = self.session.schema_versions()
        digest = self.session.schema_digest(before)
        # Within a transaction that changed the schema, its versions tell as much, up to a rollback.
        cache = self._uncommitted if digest is None else _translations
        key = (before if digest is None else digest, text, self.settings, self._parameters)
        compiled = cache.get(key)
        if compiled is None:
            compiled = compile_(
                text, self.session.relations, self.settings, parameters=dict(self._parameters)
            )
            # What another process changed meanwhile may be in the translation, but not in the digest.
            if self.session.schema_versions() == before:
                cache[key] = compiled
            while len(cache) > _CACHED_QUERIES:
                cache.popitem(last=False)
        # A text is a query or a change, never both.
        return cast("_Compiled", compiled)

    def _bound(
        self, text: str, bindings: Bindings, compile_: _Compile[_Compiled]
    ) -> tuple[_Compiled, Bindings]:
        """Translate a statement for the parameters that it comes with; give those that it reads."""
        try:
            compiled = self._translated(text, compile_)
        except (NotSupportedError, ProgrammingError):
            if not bindings:
                raise
            # The text may need literals where it has parameters. Not cached: the values are part of it.
            compiled = compile_(
                text, self.session.relations, self.settings, bindings, parameters=dict(self._parameters)
            )
        _check_count(compiled, bindings)
        return compiled, bindings[: compiled.bound] if isinstance(bindings, tuple) else bindings

    def compile_for(self, text: str, bindings: Bindings) -> CompiledQuery:
        """Translate a query whose rows go into a table, for the parameters that it comes with."""
        relations, parameters = self.session.relations, dict(self._parameters)
        try:
            return compile_query(text, relations, self.settings, parameters=parameters, final=False)
        except (NotSupportedError, ProgrammingError):
            if not bindings:
                raise
            return compile_query(text, relations, self.settings, bindings, parameters=parameters, final=False)

    def compile_change_for(self, text: str, bindings: Bindings) -> CompiledChange:
        """Translate a change of a table, for the parameters that it comes with."""
        return self._bound(text, bindings, compile_change)[0]

    def _query(self, text: str, parameters: Parameters) -> Result:
        compiled, bindings = self._bound(text, _bindings(parameters), compile_query)
        return Result(columns=compiled.columns, rows=self.session.query(compiled.sql, bindings))

    def change(self, statement: Change, bindings: Bindings) -> Result:
        """Translate and execute an INSERT, UPDATE or DELETE of a local table."""
        with self._undoing():
            self._begin_to_write()  # first: whoever has the lock may be changing the schema
            compiled, bindings = self._bound(statement.text, bindings, compile_change)
            _, rows, changed, rowid = self.session.execute(compiled.sql, bindings)
        return Result(
            columns=compiled.columns,
            rows=iter(rows),
            rowcount=changed,
            lastrowid=rowid if statement.verb in ("INSERT", "REPLACE") else None,
        )

    def _change_many(self, statement: Change, rows: list[Bindings]) -> Result:
        if not rows:
            return Result(rowcount=0)
        with self._undoing():
            self._begin_to_write()
            try:
                compiled = self._translated(statement.text, compile_change)
            except (NotSupportedError, ProgrammingError):
                return Result(
                    rowcount=sum(self.change(statement, row).rowcount for row in rows)
                )  # see _bound
            for row in rows:
                _check_count(compiled, row)
            return Result(rowcount=self.session.execute_many(compiled.sql, rows))

    def _begin_to_write(self) -> None:
        """Open PEP 249's implicit transaction before a statement that writes."""
        if not self.autocommit and not self.session.in_transaction:
            # Read before it begins, the digest of the schema serves the translations of all that is in it.
            self.session.schema_digest(self.session.schema_versions())
            self.session.begin()

    def pass_through(self, statement: PassThrough, bindings: Bindings) -> Result:
        """Execute a statement of SQLite's as it is."""
        if statement.keyword in _TRANSACTION_WORDS:
            return self._transaction_word(statement)
        with self._undoing():
            self._begin_for(statement)
            if statement.keyword == "VACUUM":
                return self._vacuum(statement)
            try:
                names, rows, _, _ = self.session.execute(statement.text, bindings)
            except ProgrammingError as error:
                raise as_syntax_error(statement.text, error) or error from error
        return Result(columns=names, rows=iter(rows))

    def _begin_for(self, statement: PassThrough) -> None:
        if statement.keyword not in _OUTSIDE and (statement.may_write or statement.keyword == "SAVEPOINT"):
            self._begin_to_write()

    def _vacuum(self, statement: PassThrough) -> Result:
        if "INTO" in (word.upper for word in words(statement.text, backslashes=False)):
            raise NotSupportedError(
                "VACUUM INTO is not supported: a connection keeps the files it was opened with"
            )
        with self.session.trusted():  # SQLite attaches a temporary file to do it
            self.session.execute(statement.text, ())
        return Result()

    def _transaction_word(self, statement: PassThrough) -> Result:
        self._uncommitted.clear()
        self.session.execute(_transaction_text(statement, self.options.mode == "ro"), ())
        if not self.session.in_transaction:
            self._end_local_settings()
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
        try:
            if session is not None:
                session.close()
        finally:
            # Whatever SQLite says, the process's consumers must not wait for this connection.
            try:
                if ingest is not None:
                    registry.release(ingest, consume=self.options.consumes)
            finally:
                if self._folder is not None:
                    _remove_folder(self._folder, os.getpid())


def _check_count(compiled: CompiledQuery | CompiledChange, bindings: Bindings) -> None:
    if isinstance(bindings, tuple) and len(bindings) != compiled.positional:
        raise InterfaceError(
            f"the statement has {compiled.positional} parameters, {len(bindings)} were given"
        )


def _transaction_text(statement: PassThrough, read_only: bool) -> str:
    """Spell Redshift's transaction statements as SQLite's.

    A transaction that may write takes the write lock at once: one that read first and finds the file changed
    when it writes can only fail, whatever the time-out.
    """
    found = [word.upper for word in words(statement.text, backslashes=False) if word.kind != "end"]
    rest = found[1:]
    if found[0] in ("BEGIN", "START"):
        if found[0] == "START" and rest[:1] != ["TRANSACTION"]:
            return statement.text
        if "IMMEDIATE" in rest or "EXCLUSIVE" in rest:
            return statement.text
        modes = " ".join(word for word in rest if word)
        if not _BEGIN_MODES.fullmatch(modes):
            return statement.text
        return "BEGIN" if read_only or modes.endswith("READ ONLY") else "BEGIN IMMEDIATE"
    if rest in ([], ["WORK"], ["TRANSACTION"]) and found[0] in ("COMMIT", "END", "ROLLBACK", "ABORT"):
        return "COMMIT" if found[0] in ("COMMIT", "END") else "ROLLBACK"
    return statement.text


def _before_fork() -> None:
    """Load what is loaded with its first use: a child that forks while another thread loads it never could."""
    from streamdialect.dbapi import commands  # noqa: F401
    from streamdialect.sql import dml, merge, query, tables, views  # noqa: F401


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)


def _private_folder() -> str:
    """Make a folder that is removed with its process, if nothing removed it before."""
    folder = tempfile.mkdtemp(prefix="streamdialect-")
    atexit.register(_remove_folder, folder, os.getpid())
    return folder


def _remove_folder(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child, which only inherited it
        shutil.rmtree(folder, ignore_errors=True)


def _bindings(parameters: Parameters) -> Bindings:
    if type(parameters) is tuple and not parameters:
        return ()
    if not isinstance(parameters, Mapping | str | bytes) and isinstance(parameters, Sequence):
        return tuple([to_sqlite(value) for value in parameters])
    if isinstance(parameters, Mapping):
        return {name: to_sqlite(value) for name, value in parameters.items()}
    # Text is a sequence too, but never what was meant.
    raise InterfaceError(f"parameters must be a sequence or a mapping, not {type(parameters).__name__}")


def _types_of(parameters: Parameters) -> tuple[tuple[str, RedshiftType], ...]:
    """Give the types that the values tell, under the names that a translation has for the parameters."""
    if type(parameters) is tuple and not parameters:
        return ()
    if isinstance(parameters, str | bytes) or not isinstance(parameters, Mapping | Sequence):
        return ()  # refused when it is bound
    if isinstance(parameters, Mapping):
        named = [(f":{name}", type_of_value(value)) for name, value in parameters.items()]
    else:
        named = [(f"?{place}", type_of_value(value)) for place, value in enumerate(parameters, 1)]
    return tuple([(name, kind) for name, kind in named if kind is not UNKNOWN])
