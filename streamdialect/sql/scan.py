"""A light scan of a statement's words, for telling what kind of statement it is without a SQL parser.

It knows comments, quotes and parentheses and nothing else, so it is cheap enough for every statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

__all__ = ["Word", "first_words", "main_verb", "statement_ends", "words"]

# A word begins with a letter, _ or anything beyond ASCII: written as what it is not, the set compiles ten times as
# fast. A literal ends at the first quote that is neither doubled nor, as Redshift reads it, after a backslash.
_SYNTAX = r"""(?P<blank>\s+|--[^\n]*)
      | (?P<comment>/\*)
      | (?P<word>[^\x00-@\[-^`{-\x7f][\w$]*)
      | (?P<quoted>"(?:[^"]|"")*"?)
      | (?P<string>'(?:[^'\\]|''|\\.)*'?)
      | (?P<number>\d+)
      | (?P<open>\()
      | (?P<close>\))
      | (?P<end>;)
      | (?P<other>.)"""
_STRING = r"(?:[^'\\]|''|\\.)*"


@cache
def _token(backslashes: bool) -> re.Pattern[str]:
    syntax = _SYNTAX if backslashes else _SYNTAX.replace(_STRING, "(?:[^']|'')*")
    return re.compile(syntax, re.X | re.S)


class Word(NamedTuple):
    """Be one token: its text, offset, depth of parentheses, and kind.

    ``kind`` is word, quoted, string, number, open, close, end or other.
    """

    text: str
    offset: int
    depth: int
    kind: str

    @property
    def upper(self) -> str:
        """Give a word in upper case, or nothing for any other token."""
        return self.text.upper() if self.kind == "word" else ""


def _comment_end(text: str, start: int) -> int:
    """Find where a comment ends; Redshift's comments nest as PostgreSQL's do."""
    depth, position = 1, start + 2
    while depth and position < len(text):
        if text.startswith("*/", position):
            depth, position = depth - 1, position + 2
        elif text.startswith("/*", position):
            depth, position = depth + 1, position + 2
        else:
            position += 1
    return position


def words(text: str, *, backslashes: bool = True, start: int = 0) -> Iterator[Word]:
    """Yield the tokens of a text from a position on, without blanks and comments.

    In SQLite's literals, unlike Redshift's, a backslash is a character like any other.
    """
    position, depth = start, 0
    pattern = _token(backslashes)
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:  # pragma: no cover - the last alternative takes any character
            return
        kind = match.lastgroup or "other"
        if kind == "comment":
            position = _comment_end(text, position)
            continue
        if kind != "blank":
            if kind == "close":
                depth = max(0, depth - 1)
            yield Word(match[0], position, depth, kind)
            if kind == "open":
                depth += 1
        position = match.end()


def first_words(text: str, count: int) -> list[str]:
    """Give the first words in upper case, after comments and opening parentheses.

    A token that is not a word ends the list.
    """
    found: list[str] = []
    for word in words(text):
        if word.kind == "open" and not found:
            continue
        if word.kind != "word" or len(found) == count:
            break
        found.append(word.upper)
    return found


def main_verb(text: str) -> str:
    """Give the verb that a WITH clause leads to: SELECT, VALUES, INSERT, UPDATE, DELETE, ... or ""."""
    for word in words(text):
        if word.depth == 0 and word.upper in _VERBS:
            return word.upper
    return ""


_VERBS = frozenset({"SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE"})


def statement_ends(script: str, start: int = 0) -> Iterator[tuple[int, int, bool]]:
    """Yield where statements begin and end, from a position on, and whether a semicolon ends them."""
    begin: int | None = None
    trigger, opening, last = False, False, ["", ""]
    for word in words(script, start=start):
        if begin is None:
            if word.kind == "end":
                continue
            begin, trigger, opening = word.offset, False, word.upper == "CREATE"
        elif opening:
            trigger, opening = word.upper == "TRIGGER", word.upper in ("TEMP", "TEMPORARY")
        # The body of a trigger holds statements of its own, and ends with: ; END ;
        if word.kind == "end" and (not trigger or last == [";", "END"]):
            yield begin, word.offset, True
            begin = None
        last = [last[1], word.upper or word.text]
    if begin is not None:
        yield begin, len(script), False
