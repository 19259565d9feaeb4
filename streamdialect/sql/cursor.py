"""A cursor over a statement's tokens, for the hand-written part of the grammar."""

from __future__ import annotations

from streamdialect.errors import Error, NotSupportedError, ProgrammingError
from streamdialect.sql.positions import syntax_error, where
from streamdialect.sql.scan import Word, words

__all__ = ["TokenCursor", "unescape"]

# Local relations live in Redshift's schema "public", which is SQLite's schema "main".
LOCAL_SCHEMAS = frozenset({"public", "main"})
_NAME_BYTES = 127  # r_names


class TokenCursor:
    """Read a statement token by token; every error names the token and its place.

    ``attached`` are the schemas of further files of the connection.
    """

    def __init__(self, text: str, attached: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.attached = attached
        self._tokens = list(words(text))
        self._next = 0
        for token in self._tokens:
            whole = len(token.text) > 1 and token.text[-1] == token.text[0]
            if token.kind in ("string", "quoted") and not whole:
                raise syntax_error(text, token.offset, token.text[:20], detail="unterminated quote")

    @property
    def token(self) -> Word | None:
        """Give the token ahead, or None at the end."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    @property
    def offset(self) -> int:
        """Give the offset of the token ahead, or the length of the text."""
        token = self.token
        return len(self.text) if token is None else token.offset

    def advance(self) -> Word:
        """Go past a token and give it."""
        token = self.token
        if token is None:
            raise self.error()
        self._next += 1
        return token

    def error(self, detail: str = "", hint: str | None = None) -> Error:
        """Make the syntax error for the token ahead."""
        token = self.token
        return syntax_error(self.text, self.offset, token.text if token else None, detail=detail, hint=hint)

    def unsupported(self, what: str, hint: str | None = None) -> Error:
        """Make the error for valid Redshift that is not carried out."""
        return NotSupportedError(f"{what} is not supported{where(self.text, self.offset)}", hint=hint)

    def at(self, *keywords: str) -> bool:
        """Tell whether the given words are ahead."""
        ahead = self._tokens[self._next : self._next + len(keywords)]
        return [word.upper for word in ahead] == list(keywords)

    def take(self, *keywords: str) -> bool:
        """Go past the given words if they are ahead."""
        if not self.at(*keywords):
            return False
        self._next += len(keywords)
        return True

    def expect(self, *keywords: str) -> None:
        """Go past words that must be ahead."""
        for keyword in keywords:
            if not self.take(keyword):
                raise self.error(f"expected {keyword}")

    def take_symbol(self, symbol: str) -> bool:
        """Go past a symbol if it is ahead."""
        token = self.token
        if token is None or token.text != symbol or token.kind in ("string", "quoted"):
            return False
        self._next += 1
        return True

    def expect_symbol(self, symbol: str) -> None:
        """Go past a symbol that must be ahead."""
        if not self.take_symbol(symbol):
            raise self.error(f'expected "{symbol}"')

    def one_of(self, *keywords: str) -> str:
        """Read one of several words; give it in upper case."""
        token = self.token
        if token is None or token.upper not in keywords:
            raise self.error(f"expected {' or '.join(keywords)}")
        self._next += 1
        return token.upper

    def string(self) -> str:
        """Read a literal; backslashes escape as in Redshift's literals."""
        token = self.token
        if token is None or token.kind != "string":
            raise self.error("expected a quoted string")
        self._next += 1
        return unescape(token.text[1:-1])

    def integer(self) -> int:
        """Read a number."""
        token = self.token
        if token is None or token.kind != "number":
            raise self.error("expected a number")
        self._next += 1
        return int(token.text[:18])

    def identifier(self) -> str:
        """Read a name; it is folded to lower case, quoted or not (``r_names``).

        ``#name`` is that of a temporary table (``r_CREATE_TABLE_NEW``).
        """
        temporary = "#" if self.take_symbol("#") else ""
        token = self.token
        if token is None or token.kind not in ("word", "quoted"):
            raise self.error("expected a name")
        self._next += 1
        name = token.text if token.kind == "word" else token.text[1:-1].replace('""', '"')
        return checked_name(temporary + name).lower()

    @property
    def last(self) -> Word:
        """Give the token before the one ahead."""
        return self._tokens[self._next - 1]

    def table_name(self) -> tuple[str | None, str]:
        """Read the name of a table or a plain view; the schema is None, ``temp`` or an attached one."""
        return self.local_name(self.attached | {"temp"})

    def local_name(self, others: frozenset[str] = frozenset()) -> tuple[str | None, str]:
        """Read ``name`` or ``schema.name``; the schema is None for the local one, or one of ``others``."""
        name = self.identifier()
        if not self.take_symbol("."):
            return None, name
        schema, name = name, self.identifier()
        if schema in others:
            return schema, name
        if schema not in LOCAL_SCHEMAS:
            if schema in self.attached:
                raise NotSupportedError(
                    f'schema "{schema}" cannot hold materialized views{where(self.text, self.offset)}',
                    hint="It is another file; materialized views are in the schema public.",
                )
            raise NotSupportedError(
                f'schema "{schema}" cannot hold local objects{where(self.text, self.offset)}',
                hint="Local tables and views are in the schema public.",
            )
        return None, name

    def end(self) -> None:
        """Demand the end of the statement; a semicolon may stand before it."""
        semicolon = False
        while self.take_symbol(";"):
            semicolon = True
        if self.token is None:
            return
        if semicolon:
            raise ProgrammingError("cannot execute several statements at once: pass them one by one")
        raise self.error()


def checked_name(name: str) -> str:
    """Refuse a name that Redshift cannot have (``r_names``): 1-127 bytes of UTF-8, no NUL."""
    size = len(name.encode("utf-8", "replace"))
    if not 1 <= size <= _NAME_BYTES:
        raise ProgrammingError(f'identifier "{name[:40]}" must have 1 to {_NAME_BYTES} bytes, it has {size}')
    if "\0" in name:
        raise ProgrammingError("an identifier must not contain the NUL character")
    return name


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def unescape(text: str) -> str:
    """Read what stands between the quotes of one of Redshift's literals."""
    text = text.replace("''", "'")
    if "\\" not in text:
        return text
    parts: list[str] = []
    escaped = False
    for character in text:
        if escaped:
            parts.append(_ESCAPES.get(character, character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(character)
    return "".join(parts)
