"""All consumers of this process: one set for each database file, shared by its connections.

The registry survives ``fork`` by forgetting: a child has none of the parent's threads, must not touch the
parent's SQLite handles, and does not inherit its leases. At interpreter exit everything is stopped.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Iterator

from streamdialect.errors import OperationalError
from streamdialect.ingest.consumer import Consumer
from streamdialect.ingest.refresh import refresh_stream
from streamdialect.ingest.scan import scan
from streamdialect.ingest.writer import Writer
from streamdialect.model import ExternalSchema, MaterializedView, SourceOptions
from streamdialect.sources import open_source
from streamdialect.sources.base import StreamSource
from streamdialect.storage.apsw_errors import translated
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection
from streamdialect.storage.lease import LeaseFile
from streamdialect.storage.stream_table import StreamRange, StreamRows

__all__ = ["Ingest", "acquire", "release"]

log = logging.getLogger("streamdialect.ingest")


class Ingest:
    """Be the consumers, the writer and the sources of one database file in this process. Thread-safe.

    ``users`` counts the connections; those that ask for consuming are counted by ``consuming``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.options = SourceOptions()
        self.users = 0
        self.consuming = 0
        self.leases = LeaseFile(path)
        self._mutex = threading.RLock()
        self._consumers: dict[int, Consumer] = {}
        self._retired: list[Consumer] = []
        self._sources: dict[ExternalSchema, StreamSource] = {}
        self._writer: Writer | None = None
        self._seen: object = None

    # --- what connections ask for -------------------------------------------------------------

    def notice(self) -> None:
        """Look at the catalog again soon: a connection has committed a change, or wants consuming."""
        if self.consuming:
            self._seen = None
            self.writer().call(self._tick)

    def source(self, schema: ExternalSchema) -> StreamSource:
        """Give the source of an external schema; opened once. Does not block on the network."""
        with self._mutex:
            if schema not in self._sources:
                self._sources[schema] = open_source(schema, self.options)
            return self._sources[schema]

    def writer(self) -> Writer:
        """Give the file's writer, started with the first use."""
        with self._mutex:
            if self._writer is None:
                self._writer = Writer(self.path, self._tick)
            return self._writer

    def consumer(self, view_id: int) -> Consumer | None:
        """Find the running consumer of a view in this process, or return None."""
        with self._mutex:
            return self._consumers.get(view_id)

    def refresh(
        self, view: MaterializedView, schema: ExternalSchema, *, consume: bool, patience: float
    ) -> str:
        """Carry out REFRESH of a streaming view; see ``refresh.refresh_stream``."""
        return refresh_stream(self, view, schema, consume=consume, patience=patience)

    def scan(self, schema: ExternalSchema, stream: str, wanted: StreamRange) -> Iterator[StreamRows]:
        """Read a stream directly; see ``scan.scan``."""
        return scan(self.source(schema), stream, wanted)

    def streams(self, schema: ExternalSchema) -> list[str]:
        """List the streams of an external schema. Blocks on the network; raises SourceError."""
        return self.source(schema).streams()

    # --- keeping the consumers as the catalog says --------------------------------------------

    def _tick(self, connection: Connection) -> None:
        """Start and stop consumers, in the writer's thread, when the file has changed."""
        if not self.consuming:
            return
        try:
            # data_version moves when any other connection commits, whichever process it is in.
            seen = (connection.pragma("data_version"), connection.pragma("schema_version"))
            if seen == self._seen:
                return
            self._seen = seen
            self._follow(Catalog(connection))
        except Exception as error:
            log.warning("%s: the catalog could not be read: %s", self.path, translated(error) or error)

    def _follow(self, catalog: Catalog) -> None:
        wanted = set(catalog.automatic_views())
        schemas = {schema.name: schema for schema in catalog.schemas()}
        with self._mutex:
            for number, consumer in list(self._consumers.items()):
                if (
                    number not in wanted
                    or schemas.get(consumer.schema.name) != consumer.schema
                    or consumer.finished
                ):
                    consumer.stop()
                    self._retired.append(self._consumers.pop(number))
            self._retired = [consumer for consumer in self._retired if not consumer.finished]
            for number in sorted(wanted - self._consumers.keys()):
                view = catalog.view_by_id(number)
                if view is None or view.plan.stream is None:
                    continue
                schema = catalog.stream_schema(view.plan.stream)
                consumer = Consumer(
                    view, view.plan.stream, schema, self.source(schema), self.writer(), self.leases
                )
                self._consumers[number] = consumer
                consumer.start()

    # --- end ----------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop all consumers, the writer and the sources; returns when their threads have ended."""
        with self._mutex:
            self.consuming = 0
            consumers = [*self._consumers.values(), *self._retired]
            self._consumers.clear()
            self._retired = []
        for consumer in consumers:
            consumer.stop()
        for consumer in consumers:
            consumer.join()
        with self._mutex:
            writer, self._writer = self._writer, None
            sources, self._sources = list(self._sources.values()), {}
        if writer is not None:
            writer.close()
        for source in sources:
            source.close()
        self.leases.close()


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
        if options != SourceOptions():
            ingest.options = options
        return ingest


def release(ingest: Ingest, *, consume: bool) -> None:
    """Count a connection out; with the last one that wants consuming the consumers stop."""
    with _mutex:
        if _ingests.get(ingest.path) is not ingest:
            return  # of a parent process, or stopped already
        ingest.users -= 1
        ingest.consuming -= consume
        if ingest.users == 0:
            del _ingests[ingest.path]
        last = ingest.users == 0 or ingest.consuming == 0
    if last:
        ingest.stop()


def running() -> list[str]:
    """List the files that this process has open; for tests and messages."""
    with _mutex:
        return sorted(_ingests)


def _stop_all() -> None:
    with _mutex:
        ingests = list(_ingests.values())
        _ingests.clear()
    for ingest in ingests:
        try:
            ingest.stop()
        except OperationalError as error:  # pragma: no cover
            log.warning("%s: %s", ingest.path, error)


def _forget() -> None:
    global _mutex
    _mutex = threading.Lock()
    _inherited.append(dict(_ingests))
    _ingests.clear()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
