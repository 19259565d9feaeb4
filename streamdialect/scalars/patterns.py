"""Patterns: POSIX, PCRE and SIMILAR TO, read by Redshift's rules and matched by Python's ``re``.

Source: ``pattern-matching-conditions-posix``, ``pattern-matching-conditions-similar-to``, ``REGEXP_REPLACE`` and
its siblings. A pattern is translated piece by piece; what Python would read in another way is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, shown

__all__ = ["SCALARS", "Pattern", "UnsupportedPatternError", "compiled", "glob", "similar", "similar_pattern"]


class UnsupportedPatternError(DataError):
    """Be raised for a pattern that may well be valid and is not carried out."""


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t\\n\\r\\f\\v",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PERL_CLASSES = frozenset("dDsSwW")
_POSIX_ESCAPES = _PERL_CLASSES | {"b"}  # the boundary of a word
_PCRE_ESCAPES = frozenset("dDsSwWbBnrtfA123456789")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_REPEAT = re.compile(r"\{(\d+)(,(\d*))?\}")
_PARAMETERS = frozenset("ceip")


class _Reader:
    """Read a pattern from left to right; ``problem`` makes the error for what cannot be carried out."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0

    def problem(self, reason: str) -> DataError:
        return DataError(f'invalid regular expression "{shown(self.pattern)}": {reason}')

    def unsupported(self, what: str) -> DataError:
        return UnsupportedPatternError(f'regular expression "{shown(self.pattern)}": {what} is not supported')

    def __iter__(self) -> Iterator[str]:
        while self.position < len(self.pattern):
            character = self.pattern[self.position]
            self.position += 1
            yield character

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.position)

    def escaped(self) -> str:
        if self.position == len(self.pattern):
            raise self.problem("it ends with an escape character")
        self.position += 1
        return self.pattern[self.position - 1]

    def repeat(self) -> str:
        """Read ``{m}``, ``{m,}`` or ``{m,n}``, whose brace is the last character read."""
        found = _REPEAT.match(self.pattern, self.position - 1)
        if found is None:
            raise self.unsupported("a brace that is no repetition and has no escape")
        self.position = found.end()
        return found[0]

    def brackets(self, escapes: bool) -> str:
        """Read a bracket expression, whose bracket is the last character read; write it for Python."""
        negated = self.peek("^")
        self.position += negated
        items: list[str] = []
        first = True
        while True:
            if self.position >= len(self.pattern):
                raise self.problem("brackets [] not balanced")
            if self.peek("]") and not first:
                self.position += 1
                break
            first = False
            low, single = self._member(escapes)
            if (
                single
                and self.peek("-")
                and self.pattern[self.position + 1 : self.position + 2] not in ("]", "")
            ):
                self.position += 1
                high, also = self._member(escapes)
                if not also or high < low:
                    raise self.problem("invalid character range")
                items.append(f"{re.escape(low)}-{re.escape(high)}")
            else:
                items.append(_in_set(low) if single else low)
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _member(self, escapes: bool) -> tuple[str, bool]:
        """Read one member of a bracket expression; the flag says that it is a single character."""
        for opening in ("[.", "[="):
            if self.peek(opening):
                raise self.unsupported(opening)
        if self.peek("[:"):
            end = self.pattern.find(":]", self.position)
            name = self.pattern[self.position + 2 : end] if end > 0 else ""
            if name not in _CLASSES:
                raise self.unsupported(f"the character class {shown(name)}")
            self.position = end + 2
            return _CLASSES[name], False
        character = self.pattern[self.position]
        self.position += 1
        if character != "\\" or not escapes:
            return character, True
        letter = self.escaped()
        if letter in _PERL_CLASSES:
            return "\\" + letter, False
        if letter in _CONTROLS:
            return _CONTROLS[letter], True
        if letter.isalnum():
            raise self.unsupported(f"the escape \\{letter} in brackets")
        return letter, True


def _in_set(character: str) -> str:
    return re.escape(character) if not character.isalnum() else character


def _posix(pattern: str) -> list[str]:
    reader = _Reader(pattern)
    parts: list[str] = []
    repeatable = False
    for character in reader:
        if character in "*+?{":
            if not repeatable:
                raise reader.unsupported("a repetition of nothing, or of a repetition,")
            parts.append(reader.repeat() if character == "{" else character)
            repeatable = False
            continue
        repeatable = character not in "(|^"
        if character == "\\":
            letter = reader.escaped()
            if letter in _POSIX_ESCAPES:
                parts.append("\\" + letter)
                repeatable = letter != "b"
            elif letter in _CONTROLS:
                parts.append(re.escape(_CONTROLS[letter]))
            elif letter.isalnum():
                raise reader.unsupported(f"the escape \\{letter} without the parameter 'p' (PCRE)")
            else:
                parts.append(re.escape(letter))
        elif character == "[":
            parts.append(reader.brackets(escapes=True))
        elif character == "(" and reader.peek("?"):
            raise reader.unsupported("(? without the parameter 'p' (PCRE)")
        elif character in ".^$()|":
            parts.append(character)
        else:
            parts.append(re.escape(character))
    return parts


def _reordered(parts: list[str]) -> str:
    """Write a pattern with the branches of every alternation in reverse order."""
    groups: list[list[str]] = [[""]]
    for part in parts:
        if part == "(":
            groups.append([""])
        elif part == "|":
            groups[-1].append("")
        elif part == ")":
            branches = groups.pop()
            groups[-1][-1] += f"({'|'.join(reversed(branches))})"
        else:
            groups[-1][-1] += part
    return "|".join(reversed(groups[0]))


def _pcre(pattern: str) -> str:
    reader = _Reader(pattern)
    parts: list[str] = []
    for character in reader:
        if character == "\\":
            letter = reader.escaped()
            if letter.isalnum() and letter not in _PCRE_ESCAPES:
                raise reader.unsupported(f"the escape \\{letter}")
            parts.append("\\" + letter)
        elif character == "[":
            parts.append(reader.brackets(escapes=True))
        elif character == "{" and not _REPEAT.match(pattern, reader.position - 1):
            parts.append(r"\{")
        elif character in "*+?}" and reader.peek("+"):
            raise reader.unsupported("possessive repetition")
        elif character == "(" and reader.peek("?") and not _pcre_group(reader):
            raise reader.unsupported(f"the group {pattern[reader.position - 1 : reader.position + 3]}")
        else:
            parts.append(character)
    return "".join(parts)


def _pcre_group(reader: _Reader) -> bool:
    return any(reader.peek("?" + kind) for kind in (":", "=", "!", "<=", "<!"))


def similar_pattern(pattern: str, escape: str) -> str:
    """Write a pattern of SIMILAR TO for Python; raise DataError where that cannot be done."""
    reader = _Reader(pattern)
    parts: list[str] = []
    repeatable = False
    for character in reader:
        if character == escape:
            parts.append(re.escape(reader.escaped()))
            repeatable = True
        elif character in "*+?{":
            if not repeatable:
                raise reader.unsupported("a repetition of nothing, or of a repetition,")
            parts.append(reader.repeat() if character == "{" else character)
            repeatable = False
        elif character == "[":
            parts.append(reader.brackets(escapes=escape == "\\"))
            repeatable = True
        else:
            repeatable = character not in "(|"
            if character == "(" and reader.peek("?"):
                raise reader.unsupported("(?")
            kept = character if character in "()|" else re.escape(character)
            parts.append({"%": "(?:.*)", "_": "."}.get(character, kept))
    return "".join(parts)


class Pattern:
    """Be a compiled pattern; ``parameters`` are those of the REGEXP functions."""

    def __init__(self, pattern: str, parameters: str) -> None:
        unknown = set(parameters) - _PARAMETERS
        if unknown:
            raise DataError(f"invalid parameter of a regular expression function: {shown(min(unknown))}")
        pcre = "p" in parameters
        parts = [_pcre(pattern)] if pcre else _posix(pattern)
        # In POSIX patterns a point matches a line break, and ^ and $ match at the ends of lines.
        flags = re.A | (re.I if "i" in parameters else 0) | (0 if pcre else re.S | re.M)
        self.regex = _compile("".join(parts), flags, pattern)
        self.group = int("e" in parameters and self.regex.groups > 0)
        # POSIX takes the longest of several alternatives, PCRE the first: which of them Redshift takes, its
        # documentation does not say. Where the order of the alternatives decides, the match is refused.
        self._other = _compile(_reordered(parts), flags, pattern) if not pcre and "|" in parts else None

    def matches(self, text: str, position: int) -> Iterator[re.Match[str]]:
        """Find the matches from a position on, counted from 1."""
        for found in self.regex.finditer(text, max(position, 1) - 1):
            if self._other is not None:
                other = self._other.match(text, found.start())
                if other is None or other.end() != found.end():
                    raise DataError(
                        f'regular expression "{shown(self.regex.pattern)}" matches texts of several lengths at one'
                        " place",
                        hint="Write its alternatives so that they exclude each other.",
                    )
            yield found


def _compile(source: str, flags: int, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(source, flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise DataError(f'invalid regular expression "{shown(pattern)}": {error}') from None


@lru_cache(256)
def compiled(pattern: str, parameters: str = "") -> Pattern:
    """Compile a pattern, POSIX or (parameter ``p``) PCRE; raise DataError where it cannot be done."""
    return Pattern(pattern, parameters)


@lru_cache(256)
def _similar(pattern: str, escape: str) -> re.Pattern[str]:
    return _compile(similar_pattern(pattern, escape), re.S | re.A, pattern)


def matches(text: str, pattern: str, parameters: str = "") -> int:
    """Search text for a POSIX pattern (the operator ``~``)."""
    return int(compiled(pattern, parameters).regex.search(text) is not None)


def similar(text: str, pattern: str, escape: str) -> int:
    """Match the whole text against an SQL pattern (SIMILAR TO)."""
    return int(_similar(pattern, escape).fullmatch(text) is not None)


# --- the REGEXP functions ---------------------------------------------------------------------------

_GROUP = re.compile(r"\$(\d)|\\(\d)|\\(.)", re.S)


def regexp_replace(text: str, pattern: str, replacement: str, position: int, parameters: str) -> str:
    """Replace every match from a position on; ``$1`` stands for a group."""
    regex = compiled(pattern, parameters)
    parts: list[str] = []
    end = 0
    for found in regex.matches(text, position):
        parts += [text[end : found.start()], _GROUP.sub(partial(_group, found), replacement)]
        end = found.end()
    return "".join([*parts, text[end:]])


def _group(found: re.Match[str], mark: re.Match[str]) -> str:
    if mark[1] is None:
        raise DataError(f"REGEXP_REPLACE: {mark[0]} is not supported in a replacement; $1 stands for a group")
    if int(mark[1]) > found.re.groups:
        raise DataError(f"REGEXP_REPLACE: the pattern has no group {mark[1]}")
    return found[int(mark[1])] or ""


def _occurrence(
    text: str, pattern: str, position: int, occurrence: int, parameters: str
) -> tuple[re.Match[str] | None, int]:
    regex = compiled(pattern, parameters)
    for number, found in enumerate(regex.matches(text, position), 1):
        if number == occurrence:
            return found, regex.group
    return None, 0


def regexp_substr(text: str, pattern: str, position: int, occurrence: int, parameters: str) -> str | None:
    """Give an occurrence of a pattern, or the empty text; NULL for an occurrence that no text can have."""
    compiled(pattern, parameters)
    if position > len(text):
        return ""
    if occurrence < 1 or occurrence > len(text):
        return None
    found, group = _occurrence(text, pattern, position, occurrence, parameters)
    return "" if found is None else found[group] or ""


def regexp_count(text: str, pattern: str, position: int, parameters: str) -> int:
    """Count the matches of a pattern."""
    regex = compiled(pattern, parameters)
    return 0 if position > len(text) else sum(1 for _ in regex.matches(text, position))


def regexp_instr(
    text: str, pattern: str, position: int, occurrence: int, option: int, parameters: str
) -> int:
    """Give the position of an occurrence of a pattern, or behind it, or 0."""
    if position > len(text):
        return 0
    found, group = _occurrence(text, pattern, position, occurrence, parameters)
    if found is None:
        return 0
    return 1 + (found.end(group) if option else found.start(group))


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    wrapped.__doc__ = function.__doc__
    return wrapped


@lru_cache(maxsize=256)
def glob(pattern: str, escape: str) -> str:
    """Write a pattern of LIKE as the pattern of GLOB that SQLite matches in the same way."""
    found: list[str] = []
    characters = iter(pattern.partition("\0")[0])  # SQLite reads no further
    for character in characters:
        if character == escape:
            character = next(characters, "")
            if not character:
                return "["  # matches nothing, as in SQLite's LIKE
        elif character in "%_":
            found.append("*" if character == "%" else "?")
            continue
        found.append(f"[{character}]" if character in "*?[" else character)
    return "".join(found)


SCALARS: tuple[Scalar, ...] = (
    # It raises nothing: SQLite may compute the pattern once.
    Scalar("streamdialect_glob", 2, _strict(glob)),
    *(
        Scalar(f"streamdialect_{function.__name__}", arguments, _strict(function), deterministic=False)
        for function, arguments in (
            (matches, -1),
            (similar, 3),
            (regexp_replace, 5),
            (regexp_substr, 5),
            (regexp_count, 4),
            (regexp_instr, 6),
        )
    ),
)
