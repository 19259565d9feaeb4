"""The corpus of SQL cases: how they are read, and how values are written in them (corpus/README.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from streamdialect.scalars.durations import day_to_second_text

__all__ = ["CORPUS", "Case", "cases", "columns_of", "statements", "written"]

CORPUS = Path(__file__).parent / "corpus"
FLAGS = frozenset({"own", "adapted", "unordered", "default", "alone"})
_COLUMN = re.compile(r'("(?:[^"]|"")*"|\S+) ([A-Z]+(?: [A-Z]+)*(?:\(\d+(?:,\d+)?\))?)(?:, |$)')


@dataclass(frozen=True)
class Case:
    """Be one case; ``setup`` fills the database it runs on."""

    file: str
    line: int
    page: str
    title: str
    flags: frozenset[str]
    setup: str
    sql: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[str, ...]
    error: str | None = None
    refused: str | None = None

    @property
    def name(self) -> str:
        """Name the case for a test's id."""
        return f"{self.file}:{self.line} {self.page} {self.title}"


def cases() -> Iterator[Case]:
    """Read every case; raise ValueError for one that is malformed."""
    for path in sorted(CORPUS.glob("*.sql")):
        setup = ""
        lines = path.read_text(encoding="utf-8").split("\n")
        starts = [index for index, line in enumerate(lines) if line.startswith("--- ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            heading = [part.strip() for part in lines[start][4:].split(" | ")]
            body = [line for line in lines[start + 1 : end] if not line.startswith("# ")]
            if heading == ["setup"]:
                setup = "\n".join(body)
                continue
            yield _case(path.stem, start + 1, heading, setup, body)


def _case(file: str, line: int, heading: list[str], setup: str, body: list[str]) -> Case:
    where = f"{file}:{line}"
    marks = [index for index, text in enumerate(body) if text.startswith("=> ")]
    if len(marks) != 1 or not 2 <= len(heading) <= 3:
        raise ValueError(f"{where}: a case has a page, a title and one line that begins with =>")
    flags = frozenset(heading[2].split(", ")) if len(heading) == 3 else frozenset()
    if flags - FLAGS:
        raise ValueError(f"{where}: unknown flags {sorted(flags - FLAGS)}")
    sql, expected = "\n".join(body[: marks[0]]).strip(), body[marks[0]][3:]
    rows = tuple(row for row in body[marks[0] + 1 :] if row)
    found: dict[str, Any] = {"columns": (), "rows": rows}
    for kind in ("error", "refused"):
        if expected.startswith((f"{kind} ", f"{kind}:")):
            found = {kind: expected[len(kind) :].strip(": "), "columns": (), "rows": ()}
            break
    else:
        found["columns"] = columns_of(expected, where)
    return Case(file, line, heading[0], heading[1], flags, setup, sql, **found)


def columns_of(text: str, where: str) -> tuple[tuple[str, str], ...]:
    """Read ``name TYPE, name TYPE``."""
    found, position = [], 0
    while position < len(text):
        match = _COLUMN.match(text, position)
        if match is None:
            raise ValueError(f"{where}: cannot read the columns at {text[position:]!r}")
        name = match[1][1:-1].replace('""', '"') if match[1].startswith('"') else match[1]
        found.append((name, match[2]))
        position = match.end()
    return tuple(found)


def statements(script: str) -> list[str]:
    """Split a script at the semicolons that end a line."""
    return [part for part in (piece.strip() for piece in re.split(r";[ \t]*(?:\n|$)", script)) if part]


def written(value: Any) -> str:
    """Write a value as the corpus does."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".15g")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        text = _trimmed(value.replace(tzinfo=None).isoformat(" "))
        return text if value.tzinfo is None else f"{text}+00"
    if isinstance(value, time):
        offset = "" if value.utcoffset() is None else value.strftime("%z")
        return _trimmed(value.replace(tzinfo=None).isoformat()) + re.sub("00$", "", offset)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return day_to_second_text(value // timedelta(microseconds=1))
    if isinstance(value, bytes):
        return value.hex()
    text = str(value).replace("\n", "\\n")
    return f'"{text}"' if text != text.strip() or not text or text == "NULL" or " | " in text else text


def _trimmed(text: str) -> str:
    return text.rstrip("0") if "." in text else text
