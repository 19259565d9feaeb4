"""The interface between the driver and what keeps and executes views.

``LocalBackend`` (one SQLite file, consumers in this process) implements it; a distributed engine will stand
behind the same interface. Nothing here names a database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from streamdialect.model import Column

__all__ = ["Backend", "Parameters", "Result"]

Parameters = Sequence[Any] | Mapping[str, Any]


class Result(Struct):
    """Hold what a statement gave: ``columns`` is None if it has no result set.

    ``rows`` yields raw rows, whose values are converted by the column's type. It may have a method ``take(count)`` that
    gives a list of at most so many of them, or of all for None. ``rowcount`` is -1 where unknown.
    """

    columns: Sequence[Column] | None = None
    rows: Iterable[tuple[Any, ...]] = field(default_factory=lambda: iter(()))
    rowcount: int = -1
    lastrowid: int | None = None


class Backend(Protocol):
    """Execute statements for one connection; used by one thread at a time.

    Every method raises only this package's errors.
    """

    notices: deque[str]
    autocommit: bool

    @property
    def in_transaction(self) -> bool:
        """Tell whether a transaction is open."""
        ...

    def execute(self, text: str, parameters: Parameters) -> Result:
        """Execute one statement of any kind. Blocks as long as it takes; a REFRESH also on the network."""
        ...

    def execute_many(self, text: str, rows: Sequence[Parameters]) -> Result:
        """Execute one statement that yields no rows for each set of parameters."""
        ...

    def commit(self) -> None:
        """Commit the open transaction, if any; consumers of views created in it start now."""
        ...

    def rollback(self) -> None:
        """Undo the open transaction, if any."""
        ...

    def interrupt(self) -> None:
        """Make a running statement of this connection fail with OperationalError; from any thread."""
        ...

    def close(self) -> None:
        """Undo the open transaction, release everything; stops consumers with their last connection."""
        ...
