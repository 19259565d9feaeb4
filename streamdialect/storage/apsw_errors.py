"""apsw's exceptions as ours: one table, one context manager."""

from __future__ import annotations

import re

import apsw

from streamdialect import errors

__all__ = [
    "SQLiteError",
    "as_error",
    "depends_on_data",
    "is_busy",
    "is_value_error",
    "translated",
    "translating",
]

# What SQLite raises, for the layer above, which does not know the library.
SQLiteError = apsw.Error

# https://sqlite.org/rescode.html, by apsw's class for each primary result code.
_CLASSES: dict[type[BaseException], type[errors.Error]] = {
    apsw.ConstraintError: errors.IntegrityError,
    apsw.BusyError: errors.DatabaseLockedError,
    apsw.LockedError: errors.DatabaseLockedError,
    apsw.MismatchError: errors.DataError,
    apsw.TooBigError: errors.DataError,
    apsw.RangeError: errors.InterfaceError,
    apsw.FormatError: errors.DataError,
    apsw.CantOpenError: errors.OperationalError,
    apsw.FullError: errors.OperationalError,
    apsw.IOError: errors.OperationalError,
    apsw.NoMemError: errors.OperationalError,
    apsw.InterruptError: errors.OperationalError,
    apsw.ReadOnlyError: errors.OperationalError,
    apsw.PermissionsError: errors.OperationalError,
    apsw.AuthError: errors.OperationalError,
    apsw.SchemaChangeError: errors.OperationalError,
    apsw.CorruptError: errors.DatabaseError,
    apsw.NotADBError: errors.DatabaseError,
    apsw.InternalError: errors.InternalError,
    apsw.MisuseError: errors.InterfaceError,
    apsw.ThreadingViolationError: errors.InterfaceError,
    apsw.ConnectionClosedError: errors.InterfaceError,
    apsw.CursorClosedError: errors.InterfaceError,
    apsw.BindingsError: errors.ProgrammingError,
    apsw.IncompleteExecutionError: errors.InterfaceError,
    apsw.SQLError: errors.ProgrammingError,
}

# SQLITE_ERROR covers both wrong statements and wrong values; SQLite tells them apart by text alone
# (src/json.c, src/func.c, src/vdbe.c).
_VALUE_MESSAGES = (
    "malformed JSON",
    "integer overflow",
    "JSON cannot hold BLOB",
    "bad JSON path",
    "JSON path error",
    "LIKE or GLOB pattern too complex",
    "argument of ntile must be",
    "second argument to nth_value must be",
)

# What SQLite cannot carry out though nothing is wrong with it (https://sqlite.org/limits.html).
_LIMITS = re.compile(
    r"too many (columns|terms|FROM clause terms|arguments|SQL variables)|at most \d+ tables in a join"
    r"|Expression tree is too large|parser stack overflow|statement too long",
    re.IGNORECASE,
)

# src/build.c; DuplicateObjectError for what else is taken comes from the layers above.
_TAKEN = re.compile(
    r"(table|view|index|trigger) .* already exists$|there is already (an?|another) (table|index) "
)

# What SQLite, apsw's conversions and the functions of ``scalars`` raise for a value. ArithmeticError is
# OverflowError and decimal's signals too; ValueError is UnicodeError too.
_VALUE_ERRORS = (
    errors.DataError,
    apsw.MismatchError,
    apsw.TooBigError,
    ArithmeticError,
    RecursionError,
    ValueError,
)

_HINTS: dict[type[BaseException], str] = {
    apsw.FullError: "Free space on the file's disk; nothing was lost, the statement can be repeated.",
    apsw.BusyError: "Another transaction holds the file; repeat the statement, or raise the timeout option.",
    apsw.ReadOnlyError: "The file or its folder is read-only; open it with mode=ro to say so.",
}


def is_value_error(error: BaseException) -> bool:
    """Tell whether an exception blames the data of a statement, rather than the statement or the file."""
    if isinstance(error, apsw.SQLError):
        return str(error).startswith(_VALUE_MESSAGES)
    return isinstance(error, _VALUE_ERRORS)


def depends_on_data(error: BaseException) -> bool:
    """Tell whether an exception may blame either the data or the statement: only a trial tells which.

    The codes of a busy, full, broken or interrupted file are others, so they are never taken for bad data.
    """
    return isinstance(error, apsw.SQLError | apsw.ConstraintError | apsw.FormatError)


def is_busy(error: BaseException) -> bool:
    """Tell whether a statement failed only because another transaction held the file."""
    return isinstance(error, apsw.BusyError | apsw.LockedError)


def translated(error: BaseException) -> errors.Error | None:
    """Give our exception for one of apsw's, of the memory or of the system; None for any other."""
    if isinstance(error, apsw.SQLError) and is_value_error(error):
        text = str(error)
        return errors.DataError("bigint out of range" if text.startswith("integer overflow") else text)
    if isinstance(error, apsw.SQLError) and _LIMITS.search(str(error)):
        return errors.NotSupportedError(f"the statement is beyond a limit of SQLite: {error}")
    if isinstance(error, apsw.SQLError) and _TAKEN.match(str(error)):
        return errors.DuplicateObjectError(str(error))
    if isinstance(error, apsw.AbortError):
        return errors.OperationalError(
            "the rows that were left of this result are gone: its transaction was rolled back, with the change of a"
            " relation that it reads",
            hint="Execute the statement again, or fetch its rows before the rollback.",
        )
    if getattr(error, "extendedresult", None) == apsw.SQLITE_READONLY_DIRECTORY:
        return errors.OperationalError(
            str(error),
            hint="Its folder is read-only, and two files must be made beside it to read it. Copy it to another folder,"
            " or let a process that may write there keep it open.",
        )
    for kind in type(error).__mro__:
        if kind in _CLASSES:
            return _CLASSES[kind](str(error), hint=_HINTS.get(kind))
    if isinstance(error, apsw.Error):
        return errors.DatabaseError(str(error))
    if isinstance(error, UnicodeError):
        # Encoding and decoding errors have a reason; other errors of this class have only a text.
        return errors.DataError(f"invalid byte sequence for encoding UTF8: {getattr(error, 'reason', error)}")
    if isinstance(error, MemoryError):
        return errors.OperationalError("out of memory")
    if isinstance(error, OSError):
        return errors.OperationalError(str(error))
    return None


def as_error(error: BaseException) -> errors.Error:
    """Give the error of this package that stands for any exception: itself, or one that has it as its cause."""
    if isinstance(error, errors.Error):
        return error
    ours = translated(error) or errors.InternalError(f"{type(error).__name__}: {error}")
    ours.__cause__ = error
    return ours


class translating:
    """Raise our exceptions instead of apsw's, chained to them."""

    # No generator: several are entered for each statement, and one takes a microsecond.
    __slots__ = ()

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        """Raise what stands for the block's error, if it is one of apsw's."""
        if isinstance(error, Exception) and not isinstance(error, errors.Error):
            ours = translated(error)
            if ours is not None:
                raise ours from error
