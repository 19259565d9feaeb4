"""SQL scripts: where a statement ends, and where in its file an error is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from streamdialect import Error
from streamdialect.sql.scan import Word, statement_ends, words

__all__ = ["Statement", "is_complete", "line_of", "message", "name_of", "relations_in", "split"]

_PLACE = re.compile(r"\(line (\d+), column (\d+)\)")
_SNIPPET = re.compile(r"^(LINE )(\d+)(: .*\n)( *\^)", re.M)
_CONTEXT = 60  # characters shown on either side of the caret


class Statement(Struct, frozen=True):
    """Be one statement of a script, without its semicolon; ``line`` and ``column`` count from 1."""

    text: str
    line: int = 1
    column: int = 1

    @property
    def is_command(self) -> bool:
        """Tell whether it is a command of the shell."""
        return self.text.startswith("\\")

    @property
    def words(self) -> list[Word]:
        """Give its first few words."""
        found = []
        for word in words(self.text):
            found.append(word)
            if len(found) == 8:
                break
        return found

    @property
    def verb(self) -> str:
        """Give its first word in upper case."""
        found = self.words
        return found[0].upper if found else ""

    @property
    def tag(self) -> str:
        """Name what it does, as ``CREATE MATERIALIZED VIEW``."""
        if self.verb not in ("CREATE", "ALTER", "DROP", "REFRESH"):
            return self.verb
        upper = [word.upper for word in self.words]
        last = next((place for place, word in enumerate(upper) if word in _OBJECTS), 0)
        return " ".join(upper[: last + 1])


_OBJECTS = frozenset({"INDEX", "SCHEMA", "TABLE", "TRIGGER", "VIEW"})


def split(script: str) -> Iterator[Statement]:
    """Give the statements of a script; the last one may lack its semicolon.

    What begins with a backslash where a statement could is a command of the shell, and ends with its line.
    """
    line, seen = 1, 0
    for begin, end, _ in _spans(script):
        line, seen = line + script.count("\n", seen, begin), begin
        column = begin - (script.rfind("\n", 0, begin) + 1) + 1
        yield Statement(script[begin:end].rstrip(), line, column)


def _spans(script: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where statements and commands begin and end, and whether they are whole."""
    end = 0
    while True:
        begin = next((word.offset for word in words(script, start=end) if word.kind != "end"), None)
        if begin is None:
            return
        if script[begin] == "\\":
            end = script.find("\n", begin)
            end = len(script) if end < 0 else end
            yield begin, end, True
        else:
            begin, end, ended = next(statement_ends(script, begin))
            yield begin, end, ended


def is_complete(text: str) -> bool:
    """Tell whether a text holds whole statements only, or none."""
    return all(ended for _, _, ended in _spans(text))


def message(error: Error, statement: Statement) -> str:
    """Write an error as one text in which positions are those of the script, with the line that it is about."""
    text = str(error)
    place = _PLACE.search(text)
    if place and not _SNIPPET.search(text):
        first, *rest = text.split("\n")
        text = "\n".join([first, *_caret(statement.text, int(place[1]), int(place[2])), *rest])

    def move(found: re.Match[str]) -> str:
        line, column = int(found[1]), int(found[2])
        column += statement.column - 1 if line == 1 else 0
        return f"(line {line + statement.line - 1}, column {column})"

    def move_snippet(found: re.Match[str]) -> str:
        number = str(int(found[2]) + statement.line - 1)
        return f"{found[1]}{number}{found[3]}{' ' * (len(number) - len(found[2]))}{found[4]}"

    return f"{type(error).__name__}: {_SNIPPET.sub(move_snippet, _PLACE.sub(move, text))}"


def _caret(text: str, line: int, column: int) -> list[str]:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return []
    start = max(0, column - 1 - _CONTEXT)
    prefix = f"LINE {line}: "
    shown = lines[line - 1][start : column - 1 + _CONTEXT].replace("\t", " ")
    return [f"{prefix}{shown}", f"{' ' * (len(prefix) + column - 1 - start)}^"]


def line_of(error: Error, statement: Statement) -> int:
    """Give the line of the script that an error is about: its own, or the statement's first."""
    place = _PLACE.search(str(error))
    return statement.line + (int(place[1]) - 1 if place else 0)


def name_of(word: Word) -> str:
    """Give the name that a word is, folded to lower case unless it is quoted."""
    return word.text[1:-1].replace('""', '"') if word.kind == "quoted" else word.text.lower()


_AFTER_TEXT = """
    CROSS FULL GROUP HAVING INNER JOIN LEFT LIMIT NATURAL ON ORDER PIVOT QUALIFY RIGHT SET UNION UNPIVOT USING
    VALUES WHERE WITH EXCEPT INTERSECT SELECT DEFAULT START CONNECT
"""
_AFTER = frozenset(_AFTER_TEXT.split())


def relations_in(text: str) -> Iterator[tuple[str, str]]:
    """Give the relations that FROM and JOIN name, as they are written, each under its alias or its own name."""
    found = list(words(text))
    for place, word in enumerate(found):
        if word.upper not in ("FROM", "JOIN", "UPDATE", "INTO"):
            continue
        place += 1
        parts: list[Word] = []
        while place < len(found) and (found[place].kind in ("word", "quoted") or found[place].text == "."):
            if parts and parts[-1].text != "." and found[place].text != ".":
                break
            parts.append(found[place])
            place += 1
        if not parts or parts[-1].text == ".":
            continue
        if place < len(found) and found[place].upper == "AS":
            place += 1
        written = "".join(part.text for part in parts)
        yield name_of(parts[-1]), written
        if (
            place < len(found)
            and found[place].kind in ("word", "quoted")
            and found[place].upper not in _AFTER
        ):
            yield name_of(found[place]), written
