"""The exceptions of streamdialect: PEP 249's tree, with an SQLSTATE on every class.

    Error
      InterfaceError                  08003  closed object, wrong thread, bad argument
      DatabaseError                   XX000
        DataError                     22000  a value does not fit its type
        OperationalError              58000  the file, the network, a limit
          DatabaseLockedError         55P03  another transaction holds the file
          SourceError                 08006  the stream cannot be reached; retried by consumers
            SourceAuthError           28000  the source refused our credentials; not retried
            OffsetOutOfRangeError     08P01  the position is no longer in the stream
          LeaseLostError              40001  another process moved the view's position
          RefreshTimeoutError         57014  a REFRESH did not reach the head in time
          QueryCanceledError          57014  another connection cancelled the statement
          ViewStoppedError            55000  a view waits for somebody to resume it
        IntegrityError                23000
        InternalError                 XX000  an invariant of ours is broken
        ProgrammingError              42000
          SQLSyntaxError              42601  with line, column and a caret snippet
          UndefinedObjectError        42P01
          DuplicateObjectError        42P07
          DependentObjectsError       2BP01
        NotSupportedError             0A000

Source: PEP 249 (exceptions) and the PostgreSQL manual, appendix A (SQLSTATE), which Redshift follows.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "DataError",
    "DatabaseError",
    "DatabaseLockedError",
    "DependentObjectsError",
    "DuplicateObjectError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "LeaseLostError",
    "NotSupportedError",
    "OffsetOutOfRangeError",
    "OperationalError",
    "ProgrammingError",
    "QueryCanceledError",
    "RefreshTimeoutError",
    "SQLSyntaxError",
    "SourceAuthError",
    "SourceError",
    "UndefinedObjectError",
    "ViewStoppedError",
    "Warning",
]


class Warning(Exception):
    """Exist because PEP 249 asks for it; never raised (state is shown in system views and logs)."""


class Error(Exception):
    """Be the base class of every error that leaves this package.

    ``sqlstate`` is the five-character class of the error; ``hint`` says what to do next, or is None.
    """

    sqlstate: str = "XX000"

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else ""
        return f"{message}\nHINT:  {self.hint}" if self.hint else message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only arguments do not pickle by default; process pools need it.
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[Error], args: tuple[Any, ...], state: dict[str, Any]) -> Error:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InterfaceError(Error):
    """Report misuse of the driver itself: a closed object, another thread's object, a bad argument."""

    sqlstate = "08003"


class DatabaseError(Error):
    """Be the base class of errors that concern the database."""


class DataError(DatabaseError):
    """Report a value that its type cannot hold."""

    sqlstate = "22000"


class OperationalError(DatabaseError):
    """Report a failure of the surroundings: file system, network, limits, shutdown."""

    sqlstate = "58000"


class DatabaseLockedError(OperationalError):
    """Report that another transaction held the file for longer than the time-out."""

    sqlstate = "55P03"


class SourceError(OperationalError):
    """Report a stream that cannot be reached or read; consumers retry it with backoff."""

    sqlstate = "08006"


class SourceAuthError(SourceError):
    """Report that the source refused the credentials; a REFRESH fails at once."""

    sqlstate = "28000"


class OffsetOutOfRangeError(SourceError):
    """Report a position that the stream no longer holds.

    ``partition`` names it; ``position`` is where the view wanted to go on; ``earliest`` is the first position
    of the partition that is there, None if that is not known.
    """

    sqlstate = "08P01"

    def __init__(
        self,
        message: str = "",
        *,
        partition: str | None = None,
        position: str | None = None,
        earliest: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.partition = partition
        self.position = position
        self.earliest = earliest


class LeaseLostError(OperationalError):
    """Report that another process has moved a view's position since this one read it."""

    sqlstate = "40001"


class RefreshTimeoutError(OperationalError):
    """Report a REFRESH that did not reach the head of the stream within its time."""

    sqlstate = "57014"


class QueryCanceledError(OperationalError):
    """Report that another connection cancelled the statement: CANCEL, or PG_CANCEL_BACKEND."""

    sqlstate = "57014"


class ViewStoppedError(OperationalError):
    """Report a materialized view that its error policy has stopped; REFRESH and ALTER resume it."""

    sqlstate = "55000"


class IntegrityError(DatabaseError):
    """Report a violated constraint."""

    sqlstate = "23000"


class InternalError(DatabaseError):
    """Report a broken invariant of this package: please file it as a bug."""

    sqlstate = "XX000"


class ProgrammingError(DatabaseError):
    """Report a statement that is wrong in itself."""

    sqlstate = "42000"


class SQLSyntaxError(ProgrammingError):
    """Report text that is not SQL.

    ``line`` and ``column`` count from 1 and are None where the position is unknown.
    """

    sqlstate = "42601"

    def __init__(
        self,
        message: str = "",
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.column = column


class UndefinedObjectError(ProgrammingError):
    """Report a relation, schema, column or stream that does not exist."""

    sqlstate = "42P01"


class DuplicateObjectError(ProgrammingError):
    """Report a name that is already taken."""

    sqlstate = "42P07"


class DependentObjectsError(ProgrammingError):
    """Report an object that others still depend on (DROP ... RESTRICT)."""

    sqlstate = "2BP01"


class NotSupportedError(DatabaseError):
    """Report valid Redshift SQL, or an option, that this package does not carry out.

    The message names the construct; nothing is ever executed with another meaning instead.
    """

    sqlstate = "0A000"
