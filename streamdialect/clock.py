"""The time that queries, rows and judgements of age see: the system's, unless a test replaces it.

It is one for the process, as consumers write what connections read. What waits or measures does not use it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

__all__ = ["now", "replace", "replaced", "seconds", "text"]

_replacement: Callable[[], datetime] | None = None


def replace(source: Callable[[], datetime] | None) -> None:
    """Take the time from ``source``, which gives a datetime with a zone; None takes the system's again.

    Connections that are open keep what they were opened with for the functions of their queries.
    """
    global _replacement
    _replacement = source


def replaced() -> bool:
    """Tell whether the time is a test's."""
    return _replacement is not None


def now() -> datetime:
    """Give the time now, in UTC."""
    return datetime.now(timezone.utc) if _replacement is None else _replacement().astimezone(timezone.utc)


def seconds() -> float:
    """Give the seconds since 1970, as time.time() does."""
    return now().timestamp()


def text() -> str:
    """Give the time now in the form of every stored timestamp."""
    return now().replace(tzinfo=None).isoformat(" ", "microseconds")
