"""The span of a statement: what it says of the text, and that it lasts until the last row is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from streamdialect import tracing
from streamdialect.dbapi.backend import Result
from streamdialect.sql.scan import Word, first_words, main_verb, words

__all__ = ["traced"]

_OBJECTS = frozenset({"CREATE", "ALTER", "DROP", "REFRESH", "TRUNCATE"})
# What may stand between CREATE and a name.
_BEFORE_NAME = frozenset(
    {"OR", "REPLACE", "EXTERNAL", "MATERIALIZED", "TEMP", "TEMPORARY", "LOCAL", "TABLE", "VIEW", "SCHEMA"}
    | {"IF", "NOT", "EXISTS", "UNIQUE", "INDEX", "TRIGGER"}
)
_BEFORE_RELATION = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "USING"})
_LONGEST_SUMMARY = 255  # characters, as the conventions say
_LONGEST_TEXT = 10_000
# Where literals may begin or end otherwise than the scan has it: a backslash before a quote, which is Redshift's and
# not SQLite's, and PostgreSQL's $$, which nobody here reads but anybody may send.
_DOUBTFUL = re.compile(r"\\|\$\w*\$")


class _Shown(NamedTuple):
    """Be what a span says of a text."""

    operation: str
    summary: str
    text: str | None


def traced(path: str, statement: Callable[[], Result], text: str, batch: int | None = None) -> Result:
    """Run a statement, in a span if somebody traces. ``batch`` is the number of sets of parameters of executemany."""
    shown: list[_Shown] = []

    def attributes() -> tracing.Attributes:
        found = _shown(text)
        shown.append(found)
        known: dict[str, str | int] = {
            "db.system.name": "sqlite",
            "db.namespace": path,
            "db.operation.name": found.operation,
            "db.query.summary": found.summary,
        }
        if found.text is not None:
            known["db.query.text"] = found.text
        if batch is not None and batch > 1:
            known["db.operation.batch.size"] = batch
        return known

    span = tracing.start("statement", "CLIENT", attributes)
    if span is None:
        return statement()
    span.update_name(shown[0].summary)
    try:
        with tracing.current(span):
            result = statement()
    except BaseException as error:
        tracing.fail(span, error)
        span.end()
        raise
    if result.columns is None:
        span.end()
        return result
    return replace(result, rows=_Rows(result.rows, span))


class _Rows:
    """Be the rows of a result, and end the span with the last one, an error, or when nobody wants more."""

    def __init__(self, rows: Iterable[Any], span: Any) -> None:
        self._rows = rows
        self._each = iter(rows)
        self._span = span
        self._count = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            row = next(self._each)
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            if self._span is not None:
                tracing.fail(self._span, error)
            self._end()
            raise
        self._count += 1
        return row

    def _end(self) -> None:
        span, self._span = self._span, None
        if span is not None:
            span.set_attribute("db.response.returned_rows", self._count)
            span.end()

    def close(self) -> None:
        self._end()
        close = getattr(self._rows, "close", None)
        if close is not None:
            close()

    def __del__(self) -> None:
        self._end()


@lru_cache(maxsize=500)
def _shown(text: str) -> _Shown:
    found = list(words(text))
    operation, names = _summary(text, found)
    summary = " ".join([operation, *dict.fromkeys(names)])[:_LONGEST_SUMMARY]
    shown = None if _DOUBTFUL.search(text) else _without_values(found)[:_LONGEST_TEXT]
    return _Shown(operation, summary, shown)


def _summary(text: str, found: Sequence[Word]) -> tuple[str, list[str]]:
    """Give what a statement does, and the relations that it names."""
    first = first_words(text, 1)
    verb = (main_verb(text) if first == ["WITH"] else "".join(first)) or "STATEMENT"
    names: list[str] = []
    if verb in _OBJECTS:
        for place, word in enumerate(found[1:], 1):
            if word.upper not in _BEFORE_NAME:
                return verb, [_name(found, place)] if word.kind in ("word", "quoted") else []
            verb += "" if word.upper in ("IF", "NOT", "EXISTS") else f" {word.upper}"
    selects = {0: True}  # by depth of parentheses: EXTRACT(day FROM x) names no relation
    for word, (place, following) in zip(found, enumerate(found[1:], 1), strict=False):
        if word.kind == "open":
            selects[word.depth + 1] = following.upper in ("SELECT", "WITH")
        elif word.upper in _BEFORE_RELATION and following.kind in ("word", "quoted") and selects[word.depth]:
            names.append(_name(found, place))
    return verb, names


def _without_values(found: Sequence[Word]) -> str:
    """Write a text again with ? for every literal, and without comments, which may hold anything too."""
    pieces: list[str] = []
    end = 0
    for word in found:
        literal = word.kind in ("string", "number")
        apart = word.offset > end
        if apart and pieces:
            pieces.append(" ")
        end = word.offset + len(word.text)
        rest_of_number = literal or word.kind == "word" or word.text == "."
        if not apart and pieces and pieces[-1] == "?" and rest_of_number:
            continue  # such as 1.5e3
        pieces.append("?" if literal else word.text)
    return "".join(pieces)


def _name(found: Sequence[Word], place: int) -> str:
    """Give a relation's name with its schema."""
    name = str(found[place].text)
    if (
        place + 2 < len(found)
        and found[place + 1].text == "."
        and found[place + 2].kind in ("word", "quoted")
    ):
        name += f".{found[place + 2].text}"
    return name
