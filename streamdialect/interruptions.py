"""Exceptions that handlers of signals raise, such as a time-out's: they come in the middle of anything."""

from __future__ import annotations

import sys

__all__ = ["interruption"]

_OURS = frozenset({"streamdialect", "sqlglot", "msgspec", "apsw"}) | sys.stdlib_module_names


def interruption(error: BaseException | None, before: BaseException | None) -> BaseException | None:
    """Find an exception that neither this package nor what it calls can have raised: this one or what led to it.

    For those who take whatever a library raises for a fault of what it was given. ``before`` is what was being handled
    when the library was called: that led to nothing. None if there is no such exception.
    """
    while error is not None and error is not before:
        if type(error).__module__.partition(".")[0] not in _OURS or isinstance(error, OSError):
            return error
        error = error.__cause__ or error.__context__
    return None
