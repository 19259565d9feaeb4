"""Exceptions that handlers of signals raise, such as a time-out's: they come in the middle of anything."""

from __future__ import annotations

import sys

__all__ = ["interruption"]

_OURS = frozenset({"streamdialect", "sqlglot", "msgspec", "apsw"}) | sys.stdlib_module_names


def interruption(error: BaseException | None) -> BaseException | None:
    """Find the exception that neither this package nor what it calls can have raised: this one or a cause; or None.

    For those who take whatever a library raises for a fault of what it was given.
    """
    while error is not None:
        if type(error).__module__.partition(".")[0] not in _OURS or isinstance(error, OSError):
            return error
        error = error.__cause__  # a context may be what the caller was about when it called
    return None
