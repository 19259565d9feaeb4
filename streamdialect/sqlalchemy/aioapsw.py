"""The dialect for asyncio: ``create_async_engine("streamdialect+aioapsw:///events.db")``.

Each connection is our own driver's, with a thread that makes its calls (``connection_thread``); SQLAlchemy's
greenlets turn what looks like blocking calls here into awaiting. SQLite's own async connections would not do: they
have neither translation, types nor streams.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import exc, pool
from sqlalchemy.engine import URL, AdaptedConnection

import streamdialect
from streamdialect.sqlalchemy.compat import await_
from streamdialect.sqlalchemy.connection_thread import ConnectionThread
from streamdialect.sqlalchemy.dialect import StreamDialect_apsw

__all__ = ["AsyncConnection", "AsyncCursor", "AsyncDriver", "AsyncStreamCursor", "StreamDialect_aioapsw"]

_Result = TypeVar("_Result")


class AsyncCursor:
    """Be a cursor for SQLAlchemy that has all its rows, fetched in the connection's thread."""

    server_side = False

    def __init__(self, connection: AsyncConnection) -> None:
        self._adapted = connection
        self._rows: deque[Any] = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    @property
    def connection(self) -> AsyncConnection:
        """Give the connection this cursor was made by."""
        return self._adapted

    def execute(self, operation: str, parameters: Any = ()) -> AsyncCursor:
        """Execute one statement and fetch its rows; return the cursor."""
        return self._execute(
            lambda cursor: cursor.execute(operation, () if parameters is None else parameters)
        )

    def executemany(self, operation: str, seq_of_parameters: Iterable[Any]) -> AsyncCursor:
        """Execute a statement for each set of parameters."""
        return self._execute(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _execute(self, run: Callable[[streamdialect.Cursor], Any]) -> AsyncCursor:
        driver = self._adapted.driver

        def work() -> tuple[Any, int, int | None, deque[Any]]:
            with driver.cursor() as cursor:
                run(cursor)
                rows = deque(cursor.fetchall()) if cursor.description is not None else deque()
                return cursor.description, cursor.rowcount, cursor.lastrowid, rows

        self.description, self.rowcount, self.lastrowid, self._rows = self._adapted.run_in_thread(work)
        return self

    def fetchone(self) -> Any:
        """Give the next row, or None at the end."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Give at most ``size`` rows (``arraysize`` by default)."""
        count = min(self.arraysize if size is None else size, len(self._rows))
        return [self._rows.popleft() for _ in range(count)]

    def fetchall(self) -> Sequence[Any]:
        """Give all remaining rows."""
        rows, self._rows = list(self._rows), deque()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()

    async def _async_soft_close(self) -> None:
        # SQLAlchemy 2.0.44 and later ask before the rows go where nothing can be awaited; nothing is open here.
        return

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    def setinputsizes(self, *sizes: Any) -> None:
        """Do nothing, as PEP 249 allows."""


class AsyncStreamCursor(AsyncCursor):
    """Be a cursor for SQLAlchemy that leaves the rows where they are until they are fetched."""

    server_side = True
    _cursor: streamdialect.Cursor | None = None

    def _execute(self, run: Callable[[streamdialect.Cursor], Any]) -> AsyncCursor:
        self.close()
        adapted = self._adapted
        driver = adapted.driver

        def work() -> streamdialect.Cursor:
            cursor: streamdialect.Cursor = driver.cursor()
            adapted.streams.add(cursor)
            run(cursor)
            return cursor

        self._cursor = cursor = adapted.run_in_thread(work)
        self.description, self.rowcount = cursor.description, cursor.rowcount
        self.lastrowid = cursor.lastrowid
        return self

    def _fetch(self, fetch: Callable[[streamdialect.Cursor], _Result]) -> _Result:
        cursor = self._cursor
        if cursor is None:
            raise streamdialect.InterfaceError("the cursor is closed")
        return self._adapted.run_in_thread(lambda: fetch(cursor))

    def fetchone(self) -> Any:
        """Fetch the next row, or None at the end."""
        return self._fetch(lambda cursor: cursor.fetchone())

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Fetch at most ``size`` rows (``arraysize`` by default)."""
        count = self.arraysize if size is None else size
        return self._fetch(lambda cursor: cursor.fetchmany(count))

    def fetchall(self) -> Sequence[Any]:
        """Fetch all remaining rows."""
        return self._fetch(lambda cursor: cursor.fetchall())

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row

    def close(self) -> None:
        """Close the cursor after the calls that wait; never blocks, and may be called where nothing can be awaited."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            self._adapted.post(lambda: self._adapted.end_stream(cursor))


class AsyncConnection(AdaptedConnection):
    """Be a connection for SQLAlchemy, whose calls are made by a thread of its own while the caller's greenlet awaits.

    ``driver_connection`` is the driver's; use it by ``run_in_thread`` only. A cursor that streams ends with the
    transaction's rollback, and so before the connection goes back to its pool.
    """

    _connection: Any  # what SQLAlchemy gives as driver_connection

    def __init__(self, thread: ConnectionThread) -> None:
        self._thread = thread
        self.driver = self._connection = thread.connection
        self.streams: set[streamdialect.Cursor] = set()  # open; changed in the thread only

    def run_in_thread(self, function: Callable[..., _Result], *args: Any) -> _Result:
        """Call a function in the connection's thread, from a greenlet of SQLAlchemy's (``run_sync``)."""
        result: _Result = await_(self._thread.call(function, *args))
        return result

    def post(self, function: Callable[[], Any]) -> None:
        """Call a function in the connection's thread some time, without waiting."""
        self._thread.post(function)

    def end_stream(self, cursor: streamdialect.Cursor) -> None:
        """Close a streaming cursor; in the connection's thread."""
        self.streams.discard(cursor)
        cursor.close()

    @property
    def closed(self) -> bool:
        """Tell whether the connection is closed."""
        return self.driver.closed

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        return self.driver.in_transaction

    @property
    def notices(self) -> deque[str]:
        """Give the server's messages, the newest last."""
        return self.driver.notices

    @property
    def autocommit(self) -> bool:
        """Tell whether each statement is its own transaction; setting it commits an open one."""
        return self.driver.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self.run_in_thread(setattr, self.driver, "autocommit", value)

    def cursor(self, server_side: bool = False) -> AsyncCursor:
        """Make a cursor; a ``server_side`` one leaves the rows in the file until they are fetched."""
        return AsyncStreamCursor(self) if server_side else AsyncCursor(self)

    def execute(self, operation: str, parameters: Any = ()) -> AsyncCursor:
        """Execute one statement on a new cursor and return it."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Commit the open transaction, if any."""
        if self._nothing_open():
            self.driver.commit()
        else:
            self.run_in_thread(self.driver.commit)

    def rollback(self) -> None:
        """Undo the open transaction, if any, and end the cursors that stream."""
        if self._nothing_open() and not self.streams:
            self.driver.rollback()
        else:
            self.run_in_thread(self._rollback)

    def _rollback(self) -> None:
        for cursor in list(self.streams):
            self.end_stream(cursor)
        self.driver.rollback()

    def _nothing_open(self) -> bool:
        # Then SQLite is not called, and the way through the thread, which costs more than a small query, is saved.
        return self._thread.idle and not self.driver.in_transaction

    def interrupt(self) -> None:
        """Make a running statement fail with OperationalError; never blocks."""
        self._thread.interrupt()

    def close(self) -> None:
        """Undo the open transaction, close, and end the thread."""
        closing = self._thread.close()
        try:
            await_(closing)
        except exc.MissingGreenlet:
            # The garbage collector cleans up after somebody; nothing can be awaited here.
            closing.close()
            self.terminate()

    def terminate(self) -> None:
        """Interrupt what runs and close, without waiting."""
        self._thread.abandon()


class AsyncDriver:
    """Be the driver's module for SQLAlchemy: our own, but for ``connect``."""

    def __getattr__(self, name: str) -> Any:
        return getattr(streamdialect, name)

    def connect(
        self,
        *args: Any,
        async_creator_fn: Callable[..., Awaitable[streamdialect.Connection]] | None = None,
        **options: Any,
    ) -> AsyncConnection:
        """Open a connection in a thread of its own, or take the one that SQLAlchemy's ``async_creator`` gives."""
        if async_creator_fn is not None:
            given = await_(async_creator_fn(*args, **options))
            return self._opened(lambda: given)
        return self._opened(lambda: streamdialect.connect(*args, **options))

    def _opened(self, connect: Callable[[], streamdialect.Connection]) -> AsyncConnection:
        thread = ConnectionThread()
        await_(thread.open(connect))
        return AsyncConnection(thread)


_Context: Any = StreamDialect_apsw.execution_ctx_cls


class _ExecutionContext(_Context):  # type: ignore[misc]
    def create_server_side_cursor(self) -> AsyncCursor:
        cursor: AsyncCursor = self._dbapi_connection.cursor(server_side=True)
        return cursor


class StreamDialect_aioapsw(StreamDialect_apsw):
    """Be the dialect with its driver behind threads, for ``create_async_engine``."""

    driver = "aioapsw"
    is_async = True
    has_terminate = True
    supports_statement_cache = True
    supports_server_side_cursors = True
    execution_ctx_cls = _ExecutionContext

    @classmethod
    def import_dbapi(cls) -> Any:
        """Give the adapted driver; SQLAlchemy 2.x looks for the method in the class itself."""
        return AsyncDriver()

    @classmethod
    def dbapi(cls) -> Any:  # type: ignore[override]
        """Give the adapted driver; SQLAlchemy 1.4."""
        return AsyncDriver()

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        """Keep connections open, in a pool whose waiting does not block the event loop."""
        return pool.AsyncAdaptedQueuePool

    def get_driver_connection(self, connection: Any) -> Any:
        """Give the driver's connection."""
        return connection.driver_connection

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close a connection that was invalidated, or that nobody gave back."""
        dbapi_connection.terminate()
