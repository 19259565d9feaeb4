"""PEP 249 cursors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from streamdialect.dbapi.backend import Parameters, Result
from streamdialect.dbapi.rows import Row, Rows
from streamdialect.errors import InterfaceError, ProgrammingError
from streamdialect.model import Column
from streamdialect.types import TypeCode

if TYPE_CHECKING:
    import pyarrow

    from streamdialect.dbapi.connection import Connection

__all__ = ["Cursor"]

_Fetched = TypeVar("_Fetched")

Description = tuple[str, TypeCode | None, None, int | None, int | None, int | None, None]


_NO_ROWS = Rows(iter(()), ())


@lru_cache(maxsize=1000)
def _described(columns: tuple[Column, ...]) -> tuple[Description, ...]:
    return tuple(
        [
            (
                column.name,
                None if column.type.name == "UNKNOWN" else TypeCode(str(column.type)),
                None,
                column.type.length,
                column.type.precision,
                column.type.scale,
                None,
            )
            for column in columns
        ]
    )


class Cursor:
    """Execute statements and fetch rows (PEP 249, "Cursor Objects").

    Any number of cursors of one connection may be open, and write; they share its transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self._result: Result | None = None
        self._description: tuple[Description, ...] | None = None
        self._rows = _NO_ROWS
        self._failure: BaseException | None = None
        self.arraysize = 1

    # --- state --------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """Give the connection this cursor was made by."""
        if self._connection is None:
            raise InterfaceError("the cursor is closed")
        self._connection._check()
        return self._connection

    @property
    def description(self) -> tuple[Description, ...] | None:
        """Describe the result's columns: name, declared type, None, size, precision, scale, None."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Give the number of rows a statement changed, or -1 for queries and other statements."""
        return -1 if self._result is None else self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Give the rowid of the row that the last INSERT of this cursor added, or None."""
        return None if self._result is None else self._result.lastrowid

    def close(self) -> None:
        """Close the cursor; every further use of it raises InterfaceError.

        ``rowcount`` and ``lastrowid`` stay readable.
        """
        done = self._result
        self._reset()
        if done is not None:
            self._result = Result(rowcount=done.rowcount, lastrowid=done.lastrowid)
        self._connection = None

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- execution ----------------------------------------------------------------------------

    def execute(self, operation: str, parameters: Parameters = ()) -> Cursor:
        """Execute one statement; return the cursor.

        Parameters are ``?`` with a sequence or ``:name`` with a mapping. Blocks as long as it runs.
        """
        backend = self.connection._backend
        self._reset()
        _check_operation(operation)
        self._take(backend.execute(operation, parameters))
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameters]) -> Cursor:
        """Execute a statement that yields no rows for each set of parameters; ``rowcount`` is their sum."""
        backend = self.connection._backend
        self._reset()
        _check_operation(operation)
        if not isinstance(seq_of_parameters, Iterable):
            raise InterfaceError(
                f"executemany takes an iterable of parameters, not {type(seq_of_parameters).__name__}"
            )
        self._take(backend.execute_many(operation, list(seq_of_parameters)))
        return self

    def _reset(self) -> None:
        rows = None if self._result is None else self._result.rows
        self._result, self._description, self._rows, self._failure = None, None, _NO_ROWS, None
        _close(rows)

    def _take(self, result: Result) -> None:
        self._result = result
        if result.columns is None:
            return
        self._description = _described(tuple(result.columns))
        self._rows = Rows(result.rows, result.columns)

    # --- fetching -----------------------------------------------------------------------------

    def _fetch(self, fetch: Callable[[Rows], _Fetched]) -> _Fetched:
        _ = self.connection
        if self._failure is not None:
            raise copy.copy(self._failure)
        if self._description is None:
            raise ProgrammingError("no result set: execute a query first")
        try:
            return fetch(self._rows)
        except StopIteration:
            raise
        except BaseException as error:
            # A generator that raised looks like one at its end; the rows that are missing must not be forgotten.
            # The copy has no traceback, whose frames would keep the statement alive.
            self._failure = copy.copy(error)
            _close(self._rows.raw)
            raise

    def fetchone(self) -> Row | None:
        """Fetch the next row, or None at the end."""
        return next(self, None)

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """Fetch at most ``size`` rows (``arraysize`` by default); an empty list at the end."""
        count = self.arraysize if size is None else size
        if not hasattr(count, "__index__") or count < 0:
            raise InterfaceError(f"the number of rows to fetch cannot be {count!r}")
        return self._fetch(lambda rows: rows.take(count))

    def fetchall(self) -> list[Row]:
        """Fetch all remaining rows."""
        return self._fetch(lambda rows: rows.take())

    def __iter__(self) -> Iterator[Row]:
        self._fetch(lambda rows: None)
        return self

    def __next__(self) -> Row:
        return self._fetch(next)

    def fetch_arrow_table(self) -> pyarrow.Table:
        """Fetch all remaining rows as an Arrow table, as ADBC's cursors do.

        Types are those of docs/reference/pep249.md. Raise InterfaceError if pyarrow is not installed, DataError
        for a value that does not fit its column's type.
        """
        return self.fetch_record_batch().read_all()

    def fetch_record_batch(self) -> pyarrow.RecordBatchReader:
        """Fetch all remaining rows as a reader of Arrow record batches, as ADBC's cursors do.

        Batches have at most 64,000 rows and are read as they are asked for; the first now. The reader ends with
        ProgrammingError once the cursor executes something else. Raises as ``fetch_arrow_table``, the reader too.
        """
        from streamdialect.dbapi.arrow import Batches

        result = self._result
        columns = () if result is None or result.columns is None else result.columns
        batches = self._fetch(lambda rows: Batches(columns, rows.stored))
        following = iter(batches)

        def read() -> Iterator[pyarrow.RecordBatch]:
            while True:
                if self._result is not result:
                    raise ProgrammingError("the cursor was closed, or has executed another statement")
                try:
                    batch = self._fetch(lambda rows: next(following))
                except StopIteration:
                    return
                yield batch

        import pyarrow

        return pyarrow.RecordBatchReader.from_batches(batches.schema, read())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the remaining rows to any library that takes Arrow streams (the Arrow PyCapsule interface)."""
        return self.fetch_record_batch().__arrow_c_stream__(requested_schema)

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Do nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Do nothing, as PEP 249 allows."""


def _close(rows: Iterable[Row] | None) -> None:
    close = getattr(rows, "close", None)
    if close is not None:
        close()


def _check_operation(operation: str) -> None:
    if not isinstance(operation, str):
        raise InterfaceError(f"a statement must be text, not {type(operation).__name__}")
    try:
        operation.isascii() or operation.encode()
    except UnicodeEncodeError:
        raise ProgrammingError("a statement must not contain a lone surrogate") from None
    if "\0" in operation:
        raise ProgrammingError("a statement must not contain NUL characters")
