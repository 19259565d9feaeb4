"""Character literals: what a backslash means in them.

Redshift reads them as PostgreSQL 8.0 did: ``\\b \\f \\n \\r \\t``, one to three octal digits for a byte, and
any other character for itself. Releases of sqlglot differ in this, so the text is read anew from the statement.
"""

from __future__ import annotations

import re

from sqlglot.tokens import Token, TokenType

from streamdialect.errors import ProgrammingError
from streamdialect.sql.positions import where

__all__ = ["with_texts"]

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)|''", re.S)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
# What some releases of sqlglot have tokens of their own for: to us, names like any other.
_NAMES = frozenset({"SESSION_USER", "CURRENT_USER_ID"})


def with_texts(tokens: list[Token], text: str) -> list[Token]:
    """Give character literals the text that they stand for; make ``#`` an operator and some keywords names."""
    found: list[Token] = []
    for token in tokens:
        if token.token_type == TokenType.STRING and "\\" in (written := text[token.start : token.end + 1]):
            token = _replaced(token, TokenType.STRING, _decoded(written, text, token.start))
        elif token.token_type == TokenType.HEREDOC_STRING:
            written = text[token.start : token.end + 1]
            mark = (
                written.index("$", 1) + 1
            )  # between dollar quotes, a backslash is a character like any other
            token = _replaced(token, TokenType.HEREDOC_STRING, written[mark:-mark])
        elif token.token_type == TokenType.VAR and token.text == "#":
            token = _replaced(token, TokenType.HASH, "#")
        elif token.token_type.name in _NAMES:
            token = _replaced(token, TokenType.VAR, token.text)
        found.append(token)
    return found


def _replaced(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, line=token.line, col=token.col, start=token.start, end=token.end)


def _decoded(written: str, text: str, offset: int) -> str:
    raw = _ESCAPE.sub(_character, written[1:-1].encode())
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ProgrammingError(
            f"invalid byte sequence for encoding UTF8 in a literal{where(text, offset)}"
        ) from None


def _character(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    if escaped is None:
        return b"'"
    if escaped.isdigit() and escaped[:1] < b"8":
        return bytes((int(escaped, 8) & 0xFF,))
    return _CONTROLS.get(escaped, escaped)
