"""Results as tables, CSV or JSON, written as they are fetched: memory does not grow with the result."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from streamdialect import Cursor

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["FORMATS", "console_for", "plain", "write"]

FORMATS = ("table", "csv", "json")

_BATCH = 500  # rows; the first ones decide how wide the columns of a table are
_GAP = "   "
_UNBOUNDED = 100_000  # columns of what is no terminal: nothing is wrapped there
_NUMERIC = ("SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE")


def plain(value: Any) -> str:
    """Write a value as text: NULL is empty, bytes are hexadecimal as Redshift shows VARBYTE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _json(value: Any, kind: str) -> str:
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"  # exactly, which a float would not be
    if isinstance(value, float) and value - value == 0:
        return repr(value)
    if kind == "SUPER" and isinstance(value, str):
        return value  # it is JSON
    if isinstance(value, datetime):
        return json.dumps(value.isoformat())
    if isinstance(value, timedelta):
        return json.dumps(str(value))
    return json.dumps(plain(value), ensure_ascii=False)


def _headings(cursor: Cursor) -> list[tuple[str, str]]:
    return [(column[0], str(column[1] or "")) for column in cursor.description or ()]


def _batches(cursor: Cursor) -> Iterator[list[tuple[Any, ...]]]:
    while rows := cursor.fetchmany(_BATCH):
        yield rows


def write(cursor: Cursor, style: str, *, expanded: bool = False, out: IO[str] | None = None) -> int:
    """Write all rows of a cursor in one of FORMATS; give their number.

    Rows are written as they are fetched. With ``expanded`` a table has a line for each value.
    """
    out = out or sys.stdout
    if style == "csv":
        return _write_csv(cursor, out)
    if style == "json":
        return _write_json(cursor, out)
    return _write_expanded(cursor, out) if expanded else _write_table(cursor, out)


def _write_csv(cursor: Cursor, out: IO[str]) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([name for name, _ in _headings(cursor)])
    count = 0
    for rows in _batches(cursor):
        writer.writerows([plain(value) for value in row] for row in rows)
        count += len(rows)
    return count


def _write_json(cursor: Cursor, out: IO[str]) -> int:
    """Write an array of objects, one a line; a column name that comes again has its number behind it."""
    seen: Counter[str] = Counter()
    keys = []
    for name, kind in _headings(cursor):
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name}_{seen[name]}"
        keys.append((json.dumps(unique, ensure_ascii=False), kind))
    count = 0
    out.write("[")
    for rows in _batches(cursor):
        for row in rows:
            pairs = ", ".join(
                f"{key}: {_json(value, kind)}" for (key, kind), value in zip(keys, row, strict=True)
            )
            out.write(f"{',' if count else ''}\n{{{pairs}}}")
            count += 1
    out.write("\n]\n" if count else "]\n")
    return count


def console_for(out: IO[str]) -> Console:
    """Make a console that wraps nothing where it writes to no terminal."""
    from rich.console import Console

    return Console(file=out, width=None if out.isatty() else _UNBOUNDED, highlight=False, soft_wrap=False)


def _write_table(cursor: Cursor, out: IO[str]) -> int:
    """Write rows under headings. The first ones decide the widths; what does not fit a column is wrapped in it."""
    console = console_for(out)
    headings = _headings(cursor)
    widths: list[int] = []
    count = 0
    for rows in _batches(cursor):
        texts = [[_cell(value) for value in row] for row in rows]
        if not widths:
            widths = [
                max(_width(name), *[max(map(_width, text.split("\n"))) for text in column])
                for (name, _), column in zip(headings, zip(*texts, strict=True), strict=True)
            ]
            widths = _fit(widths, console.width)
            _write_headings(console, headings, widths)
        right = [kind.startswith(_NUMERIC) for _, kind in headings]
        out.writelines(line for row in texts for line in _lines(row, widths, right))
        count += len(rows)
    if not widths:
        _write_headings(console, headings, [max(1, _width(name)) for name, _ in headings])
    out.write(_counted(count))
    return count


def _counted(count: int) -> str:
    return f"({count:,} row{'' if count == 1 else 's'})\n"


def _width(text: str) -> int:
    from rich.cells import cell_len

    return len(text) if text.isascii() else cell_len(text)


def _write_headings(console: Console, headings: Sequence[tuple[str, str]], widths: list[int]) -> None:
    from rich.text import Text

    right = [kind.startswith(_NUMERIC) for _, kind in headings]
    for line in _lines([name for name, _ in headings], widths, right):
        console.print(Text(line, style="bold"), end="", soft_wrap=True)
    console.print(Text("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)), style="dim"), soft_wrap=True)


def _lines(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """Lay the values of a row out in columns, in as many lines as the longest needs."""
    cells = [
        [text] if len(text) <= width and text.isascii() and "\n" not in text else _wrapped(text, width)
        for text, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, cells))):
        parts = []
        for cell, width, is_right in zip(cells, widths, right, strict=True):
            text = cell[number] if number < len(cell) else ""
            blank = " " * (width - _width(text))
            parts.append(blank + text if is_right else text + blank)
        yield _GAP.join(parts).rstrip() + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines, and each of these where the column ends."""
    lines = []
    for whole in text.split("\n"):
        line, used = "", 0
        for char in whole:
            size = _width(char)
            if line and used + size > width:
                lines.append(line)
                line, used = "", 0
            line, used = line + char, used + size
        lines.append(line)
    return lines


def _cell(value: Any) -> str:
    # Control characters of a stream's records must not reach the terminal.
    text = "NULL" if value is None else plain(value)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def _fit(widths: list[int], room: int) -> list[int]:
    """Take from the widest columns what the terminal has no room for; their values are wrapped."""
    widths = [max(1, width) for width in widths]
    spare = room - len(_GAP) * (len(widths) - 1)
    while sum(widths) > spare:
        widest = max(widths)
        if widest <= max(8, spare // (2 * len(widths))):
            break  # too many columns for any width; they are cut by the terminal
        next_widest = max([width for width in widths if width < widest], default=0)
        of_widest = [place for place, width in enumerate(widths) if width == widest]
        excess = sum(widths) - spare
        cut = min(widest - next_widest, -(-excess // len(of_widest)))
        for place in of_widest:
            widths[place] -= max(1, cut)
    return widths


def _write_expanded(cursor: Cursor, out: IO[str]) -> int:
    headings = _headings(cursor)
    width = max((len(name) for name, _ in headings), default=0)
    count = 0
    for rows in _batches(cursor):
        for row in rows:
            count += 1
            out.write(f"-- row {count:,} {'-' * 24}\n")
            for (name, _), value in zip(headings, row, strict=True):
                lines = _cell(value).split("\n")
                out.write(f"{name.ljust(width)} | {lines[0]}\n")
                out.writelines(f"{' ' * width} | {line}\n" for line in lines[1:])
    out.write(_counted(count))
    return count
