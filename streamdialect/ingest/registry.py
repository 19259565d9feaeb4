"""All consumers of this process: one set for each database file, shared by its connections.

The registry survives ``fork`` by forgetting: a child has none of the parent's threads, must not touch the
parent's SQLite handles, and does not inherit its leases. At interpreter exit everything is stopped.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from streamdialect.errors import InterfaceError, OperationalError
from streamdialect.logs import Log
from streamdialect.model import ExternalSchema, MaterializedView, SourceOptions
from streamdialect.sources import open_source
from streamdialect.storage.apsw_errors import as_error
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.lease import LeaseFile
from streamdialect.storage.stream_table import StreamRange, StreamRows

if TYPE_CHECKING:
    # Imported where they are first used: a connection that only reads needs none of them.
    from streamdialect.ingest.consumer import Consumer
    from streamdialect.ingest.writer import Writer
    from streamdialect.sources.base import StreamSource

__all__ = ["Ingest", "acquire", "release"]

_AGAIN = 1.0  # seconds until what could not be started is tried again


class Ingest:
    """Be the consumers, the writer and the sources of one database file in this process. Thread-safe.

    ``users`` counts the connections, ``consuming`` those that want AUTO REFRESH views consumed; both belong
    to the registry's lock. ``_lifecycle`` serialises starting and stopping: nothing starts while a stop is
    under way, and it is never taken by the threads that a stop waits for.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.users = 0
        self.consuming = 0
        self.leases = LeaseFile(path)
        self.log = Log("streamdialect.ingest", database=path)
        self._options = SourceOptions()
        self._generation = 0  # of the options: sources and consumers made with older ones are replaced
        self._lifecycle = threading.RLock()
        self._mutex = threading.RLock()
        self._consumers: dict[int, tuple[Consumer, int]] = {}
        self._retired: list[Consumer] = []
        self._sources: dict[tuple[ExternalSchema, int], StreamSource] = {}
        self._writer: Writer | None = None
        self._stopping = False
        self._seen: object = None
        self._gone: str | None = None  # what happened to the file
        self._troubles: dict[int, str] = {}

    # --- what connections ask for -------------------------------------------------------------

    def use(self, options: SourceOptions) -> None:
        """Take a connection's options of the source; the last that has any decides for this process."""
        with self._mutex:
            if options not in (SourceOptions(), self._options):
                self._options = options
                self._generation += 1

    def notice(self) -> None:
        """Look at the catalog again soon: a connection has committed a change, or wants consuming.

        Does not wait for the writer, and never raises: what cannot be started now is tried again soon, and
        shows in the log.
        """
        try:
            with self._lifecycle:
                if not self.consuming:
                    return
                writer = self.writer()
                self._seen = None
                writer.wake()
        except Exception as error:
            self.log.warning("%s: consumers cannot be started: %s", self.path, as_error(error))
            self._notice_later()

    def _notice_later(self) -> None:
        """Have ``notice`` called in a while: without a writer nothing else would."""
        again = threading.Timer(_AGAIN, self.notice)
        again.daemon = True
        try:
            again.start()
        except Exception as error:
            self.log.warning("%s: consumers start with the next change only: %s", self.path, as_error(error))

    def source(self, schema: ExternalSchema) -> StreamSource:
        """Give the source of an external schema; opened once. Does not block on the network."""
        with self._lifecycle:
            return self._source(schema)

    def _source(self, schema: ExternalSchema) -> StreamSource:
        with self._mutex:
            key = (schema, self._generation)
            if key not in self._sources:
                self._sources[key] = open_source(schema, self._options)
            return self._sources[key]

    def writer(self) -> Writer:
        """Give the file's writer, started with the first use, or anew if it died or another file lies there now.

        Raise what opening raises, InterfaceError if no connection is open any more.
        """
        with self._lifecycle, self._mutex:
            if self._writer is not None and (trouble := self._writer.trouble()) is not None:
                if not os.path.exists(self.path):
                    raise OperationalError(trouble, hint="Put the file back, or connect to another one.")
                self._abandon(trouble)
                self._writer.retire()
            if self._writer is None or self._writer.closed:
                if not self.users:  # a refresh that nobody waits for any more: no one would ever close it
                    raise InterfaceError("the database is closed")
                from streamdialect.ingest.writer import Writer

                self._writer = Writer(self.path, self._tick, self._notice_later)
            return self._writer

    def consumer(self, view_id: int) -> Consumer | None:
        """Find the running consumer of a view in this process, or return None."""
        with self._mutex:
            found = self._consumers.get(view_id)
            return None if found is None else found[0]

    def refresh(
        self,
        view: MaterializedView,
        schema: ExternalSchema,
        *,
        consume: bool,
        patience: float,
        lock_timeout: float = 5.0,
        look: Callable[[], object] = lambda: None,
    ) -> str:
        """Carry out REFRESH of a streaming view; see ``refresh.refresh_stream``."""
        from streamdialect.ingest.refresh import refresh_stream

        status = refresh_stream(
            self, view, schema, consume=consume, patience=patience, lock_timeout=lock_timeout, look=look
        )
        self.notice()  # it may have resumed a view
        return status

    def scan(self, schema: ExternalSchema, stream: str, wanted: StreamRange) -> Iterator[StreamRows]:
        """Read a stream directly; see ``scan.scan``."""
        from streamdialect.ingest.scan import scan

        return scan(self.source(schema), stream, wanted)

    def streams(self, schema: ExternalSchema) -> list[str]:
        """List the streams of an external schema. Blocks on the network; raises SourceError."""
        return self.source(schema).streams()

    # --- keeping the consumers as the catalog says, in the writer's thread ----------------------

    def _tick(self, connection: Connection) -> None:
        if not self.consuming or self._stopping:
            return
        writer = self._writer
        if writer is None:
            return
        trouble = writer.trouble()
        if trouble is not None:
            with self._mutex:
                self._abandon(trouble)
            return
        if self._gone is not None:
            self.log.warning("%s lies at its path again", self.path)
            self._gone = self._seen = None
        try:
            self._stop_consumers_without_lease()
            # data_version moves when any other connection commits, whichever process it is in.
            seen = (connection.pragma("data_version"), connection.pragma("schema_version"), self._generation)
            with self._mutex:
                ended = any(consumer.finished for consumer, _ in self._consumers.values())
            if seen != self._seen or ended or self._troubles:
                self._follow(connection)
                self._seen = seen
        except Exception as error:
            self.log.warning("%s: the catalog could not be read: %s", self.path, as_error(error))

    def _abandon(self, trouble: str) -> None:
        """Stop consuming into a file that nobody will find."""
        if self._gone != trouble:
            self.log.error("%s: its views are not consumed any more", trouble)
        self._gone = trouble
        for consumer, _ in self._consumers.values():
            consumer.stop()
            self._retired.append(consumer)
        self._consumers.clear()

    def _stop_consumers_without_lease(self) -> None:
        with self._mutex:
            for number in self.leases.lost() & self._consumers.keys():
                self.log.warning(
                    "%s: another process has taken view %s: the lease file was removed",
                    self.path,
                    number,
                    view_id=number,
                )
                consumer, _ = self._consumers.pop(number)
                consumer.stop()
                self._retired.append(consumer)
                self._seen = None

    def _follow(self, connection: Connection) -> None:
        catalog = Catalog(connection)
        wanted = set(catalog.automatic_views())
        schemas = {schema.name: schema for schema in catalog.schemas()}
        with self._mutex:
            if self._stopping or self._writer is None:
                return
            for number, (consumer, generation) in list(self._consumers.items()):
                current = (
                    schemas.get(consumer.schema.name) == consumer.schema and generation == self._generation
                )
                if number not in wanted or not current or consumer.finished:
                    consumer.stop()
                    self._retired.append(consumer)
                    del self._consumers[number]
            self._retired = [consumer for consumer in self._retired if not consumer.finished]
            for number in sorted(wanted - self._consumers.keys()):
                try:
                    self._start(catalog, number, self._writer)
                    self._troubles.pop(number, None)
                except Exception as error:  # of this view alone: the others are consumed all the same
                    text = str(as_error(error))
                    if self._troubles.get(number) != text:
                        self.log.warning(
                            "%s: view %s cannot be consumed: %s", self.path, number, text, view_id=number
                        )
                    self._troubles[number] = text
                    with immediate(connection):
                        catalog.set_state(number, text.partition("\n")[0])

    def _start(self, catalog: Catalog, number: int, writer: Writer) -> None:
        view = catalog.view_by_id(number)
        if view is None or view.plan.stream is None:
            return
        from streamdialect.ingest.consumer import Consumer

        schema = catalog.stream_schema(view.plan.stream)
        consumer = Consumer(view, view.plan.stream, schema, self._source(schema), writer, self.leases)
        consumer.start()
        self._consumers[number] = (consumer, self._generation)

    # --- end ----------------------------------------------------------------------------------

    def settle(self) -> None:
        """Stop what nobody needs any more; returns when its threads have ended."""
        with self._lifecycle:
            if self.consuming == 0:
                self._stop_consumers()
            if self.users > 0:
                return  # they may refresh and read streams, which needs the writer and the sources
            self._close()
            with _mutex:
                if self.users == 0 and _ingests.get(self.path) is self:
                    # In one step: the next LeaseFile of this path must not meet this one's descriptor.
                    del _ingests[self.path]
                    self.leases.close()

    def _stop_consumers(self) -> None:
        with self._mutex:
            self._stopping = True
            consumers = [*(consumer for consumer, _ in self._consumers.values()), *self._retired]
            self._consumers.clear()
            self._retired = []
        for consumer in consumers:
            consumer.stop()
        for consumer in consumers:
            consumer.join()
        with self._mutex:
            self._stopping = False
            self._seen = None

    def _close(self) -> None:
        with self._mutex:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        # A connection that came meanwhile may have had consumers started on that writer: they start anew.
        self._stop_consumers()
        with self._mutex:
            sources, self._sources = list(self._sources.values()), {}
        for source in sources:
            try:
                source.close()
            except Exception as error:
                self.log.warning("%s: %r was not closed: %s", self.path, source, as_error(error))

    def turn(self) -> threading.Lock | None:
        """Give the lock that is held while the writer uses its connection, if there is a writer."""
        writer = self._writer
        return None if writer is None else writer.turn


_mutex = threading.Lock()
_ingests: dict[str, Ingest] = {}
# Kept alive on purpose: closing a handle that the parent opened would disturb the parent's locks.
_inherited: list[dict[str, Ingest]] = []


def acquire(path: str, *, consume: bool, options: SourceOptions) -> Ingest:
    """Count a connection in, and give the Ingest of its file."""
    with _mutex:
        key = os.path.realpath(path)
        ingest = _ingests.get(key)
        if ingest is None:
            ingest = _ingests[key] = Ingest(key)
        ingest.users += 1
        ingest.consuming += consume
    ingest.use(options)
    return ingest


def release(ingest: Ingest, *, consume: bool) -> None:
    """Count a connection out; with the last one that wants consuming the consumers stop."""
    with _mutex:
        if _ingests.get(ingest.path) is not ingest:
            return  # of a parent process, or stopped already
        ingest.users -= 1
        ingest.consuming -= consume
        needed = ingest.users > 0 and ingest.consuming > 0
    if not needed:
        ingest.settle()


def running() -> list[str]:
    """List the files that this process has open; for tests and messages."""
    with _mutex:
        return sorted(_ingests)


def _stop_all() -> None:
    with _mutex:
        ingests = list(_ingests.values())
        for ingest in ingests:
            ingest.users = ingest.consuming = 0
    for ingest in ingests:
        try:
            ingest.settle()
        except Exception as error:
            ingest.log.warning("%s: %s", ingest.path, error)


# --- fork ---------------------------------------------------------------------------------------------

# How long a fork waits for a writer to be between transactions: a child that inherits SQLite's memory of one
# could never write to the file.
_FORK_WAIT = 5.0
_paused: list[threading.Lock] = []


def _end_imports() -> None:
    """Wait until no other thread is importing a module of ours on first use: a child could never import it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("streamdialect.") and getattr(module.__spec__, "_initializing", False):
            importlib.import_module(name)


def _before_fork() -> None:
    _mutex.acquire()
    for ingest in _ingests.values():
        turn = ingest.turn()
        if turn is not None and turn.acquire(timeout=_FORK_WAIT):
            _paused.append(turn)
    _end_imports()


def _after_fork_in_parent() -> None:
    while _paused:
        _paused.pop().release()
    _mutex.release()


def _after_fork_in_child() -> None:
    global _mutex
    _mutex = threading.Lock()
    _paused.clear()
    _inherited.append(dict(_ingests))
    _ingests.clear()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
