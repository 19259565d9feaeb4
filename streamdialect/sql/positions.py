"""Positions in a statement's text, and the errors that show them."""

from __future__ import annotations

import re

from streamdialect.errors import ProgrammingError, SQLSyntaxError
from streamdialect.sql.scan import words

__all__ = ["as_syntax_error", "line_and_column", "syntax_error", "where"]

_SQLITE = re.compile(r'near "(.+)": syntax error\Z', re.DOTALL)
_CONTEXT = 60  # characters shown on either side of the caret


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Turn an offset into a line and a column, both from 1."""
    before = text[: max(0, min(offset, len(text)))]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def where(text: str, offset: int | None) -> str:
    """Write ``" (line 1, column 8)"``, or nothing if the offset is unknown."""
    if offset is None:
        return ""
    line, column = line_and_column(text, offset)
    return f" (line {line}, column {column})"


def _snippet(text: str, offset: int) -> str:
    line, column = line_and_column(text, offset)
    source = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    start = max(0, column - 1 - _CONTEXT)
    shown = source[start : column - 1 + _CONTEXT].replace("\t", " ")
    prefix = f"LINE {line}: "
    return f"{prefix}{shown}\n{' ' * (len(prefix) + column - 1 - start)}^"


def syntax_error(
    text: str, offset: int | None, token: str | None, *, detail: str = "", hint: str | None = None
) -> SQLSyntaxError:
    """Make the error for an unexpected token; a token of None stands for the end of the text."""
    message = f'syntax error at or near "{token}"' if token else "syntax error at end of input"
    if detail:
        message = f"{message}: {detail}"
    if offset is None:
        return SQLSyntaxError(message, hint=hint)
    line, column = line_and_column(text, offset)
    full = f"{message} (line {line}, column {column})\n{_snippet(text, offset)}"
    return SQLSyntaxError(full, line=line, column=column, hint=hint)


def as_syntax_error(text: str, error: ProgrammingError) -> SQLSyntaxError | None:
    """Make SQLite's syntax error one with a position; give None for any other error.

    SQLite names the token but not its place: that is the first of the name, quotes and comments left out.
    """
    found = _SQLITE.search(str(error.args[0]))
    if found is None:
        return syntax_error(text, len(text.rstrip()), None) if "incomplete input" in str(error) else None
    offset = next((word.offset for word in words(text, backslashes=False) if word.text == found[1]), None)
    return syntax_error(text, offset, found[1])
