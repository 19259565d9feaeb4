"""Quoting of identifiers: the one place that turns a name into SQL text."""

from __future__ import annotations

from streamdialect.errors import ProgrammingError

__all__ = ["quote_identifier"]


def quote_identifier(name: str) -> str:
    """Write a name as a quoted SQL identifier.

    Raise ProgrammingError for a name with a NUL character: SQLite would end the statement there.
    """
    if "\0" in name:
        raise ProgrammingError("an identifier must not contain the NUL character")
    return '"' + name.replace('"', '""') + '"'
