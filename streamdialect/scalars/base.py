"""What every module of ``scalars`` is made of: the descriptions of functions, and errors about values."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from streamdialect.errors import DataError
from streamdialect.interruptions import interruption

__all__ = [
    "Accumulator",
    "Aggregate",
    "Scalar",
    "Total",
    "Unstorable",
    "attempt",
    "digits_of",
    "invalid",
    "shown",
    "total",
    "total_aggregate",
]


class Unstorable(DataError):
    """Be the refusal of a value that Redshift has and this engine cannot hold: TRY_CAST does not hide it."""


class Scalar(Struct, frozen=True):
    """Describe a function to register.

    ``arguments`` is their number, -1 for any. A function that is not ``deterministic`` must not be
    registered as such: SQLite would compute it once, before it knows whether a CASE needs it.
    ``innocuous`` functions may stand in a stored view.
    """

    name: str
    arguments: int
    function: Callable[..., Any]
    deterministic: bool = True
    innocuous: bool = True


class Total(Protocol):
    """Be the running state of one aggregate."""

    @property
    def step(self) -> Callable[..., None]:
        """Take a row in."""

    @property
    def final(self) -> Callable[[], Any]:
        """Give the result."""


class Accumulator(Total, Protocol):
    """Be the running state of one aggregate, also over a window's moving frame."""

    @property
    def inverse(self) -> Callable[..., None]:
        """Take the oldest row out again."""

    @property
    def value(self) -> Callable[[], Any]:
        """Give the result so far."""


class Aggregate(Struct, frozen=True):
    """Describe an aggregate to register; ``factory`` makes the state of one group.

    One that is not ``windowed`` cannot take rows out again.
    """

    name: str
    arguments: int
    factory: Callable[[], Total]
    windowed: bool = True


def shown(value: Any) -> str:
    """Write a value for a message, shortened."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def digits_of(value: Any) -> Decimal:
    """Read a stored DECIMAL exactly, as ``conversions.converter`` does."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def invalid(kind: str, value: Any) -> DataError:
    """Make the error for text that a type does not read."""
    return DataError(f'invalid input syntax for {kind}: "{shown(value)}"')


def attempt(cast: Callable[..., Any]) -> Callable[..., Any]:
    """Make TRY_CAST's form of a cast: NULL instead of DataError."""

    def function(*arguments: Any) -> Any:
        try:
            return cast(*arguments)
        except Unstorable:
            raise
        except DataError:
            return None

    function.__doc__ = f"{cast.__doc__} Give NULL where that fails."
    return function


def _total(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Raise DataError for whatever a function raises: its arguments are all that it depends on."""

    @wraps(function)
    def checked(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except (DataError, MemoryError):
            raise
        except Exception as error:
            if interruption(error, error.__context__):
                raise
            what = name.removeprefix("streamdialect_")
            raise DataError(f"invalid argument of {what}: {type(error).__name__}: {error}") from error

    return checked


def total(scalar: Scalar) -> Scalar:
    """Let a function raise nothing but DataError."""
    return replace(scalar, function=_total(scalar.function, scalar.name))


def total_aggregate(aggregate: Aggregate) -> Aggregate:
    """Let an aggregate raise nothing but DataError."""
    state: Any = aggregate.factory
    methods = {
        name: _total(getattr(state, name), aggregate.name)
        for name in ("step", "inverse", "value", "final")
        if hasattr(state, name)
    }
    return replace(aggregate, factory=type(state.__name__, (state,), {"__slots__": (), **methods}))
