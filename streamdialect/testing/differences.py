"""Compare a view's rows with those that a test expects, and show the difference so that it can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

__all__ = ["Table", "compare"]

_MOST_ROWS, _WIDEST = 40, 48  # of a difference that is shown; characters of a value


class Table:
    """Hold rows with the names of their columns; ``documents`` names those of type SUPER, as Python's values."""

    def __init__(self, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.columns = list(columns)
        documents = {number for number, kind in enumerate(types) if kind == "SUPER"}
        self.rows = [
            tuple(
                json.loads(value) if number in documents and isinstance(value, str) else value
                for number, value in enumerate(row)
            )
            for row in rows
        ]

    def only(self, names: Sequence[str]) -> Table:
        """Give some of the columns. Raise LookupError for one that is not there."""
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            raise LookupError(f'there is no column "{unknown[0]}", only {", ".join(self.columns)}')
        places = [self.columns.index(name) for name in names]
        chosen = Table(names, (), ())
        chosen.rows = [tuple(row[place] for place in places) for row in self.rows]
        return chosen


def expected_rows(table: Table, rows: Sequence[Any]) -> tuple[Table, list[tuple[Any, ...]]]:
    """Give the columns that are compared, and the expected rows in their order.

    Raise ValueError for mappings with different keys, and for sequences of another length than the columns.
    """
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Sequence):
        raise TypeError(f"rows are given as a list, not as one {type(rows).__name__}")
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(rows[0])
        for row in rows:
            if set(row) != set(names):
                raise ValueError(
                    f"all expected rows must name the same columns: {', '.join(names)}; not: {', '.join(row)}"
                )
        return table.only(names), [tuple(row[name] for name in names) for row in rows]
    expected = []
    for row in rows:
        if isinstance(row, str | bytes | Mapping) or not isinstance(row, Sequence):
            raise TypeError(f"every row must be a dict, or every one a tuple; not {row!r}")
        if len(row) != len(table.columns):
            raise ValueError(
                f"the view has {len(table.columns)} columns ({', '.join(table.columns)}), the row {row!r} has"
                f" {len(row)}: name the columns that count with a dict"
            )
        expected.append(tuple(row))
    return table, expected


def compare(table: Table, rows: Sequence[Any], *, ordered: bool) -> str | None:
    """Give the difference as text, None if there is none.

    Rows are in any order unless ``ordered``; each counts as often as it is there. Numbers are equal whatever type
    they have, and times are equal to their ISO text.
    """
    table, expected = expected_rows(table, rows)
    if ordered:
        pairs = [
            (expected[n] if n < len(expected) else None, table.rows[n] if n < len(table.rows) else None)
            for n in range(max(len(expected), len(table.rows)))
        ]
        wrong = [
            (want, have) for want, have in pairs if want is None or have is None or not _same_rows(want, have)
        ]
        missing = [want for want, _ in wrong if want is not None]
        unexpected = [have for _, have in wrong if have is not None]
    else:
        missing, unexpected = _unmatched(expected, table.rows)
        wrong = _paired(missing, unexpected)
    if not wrong:
        return None
    right = len(expected) - len(missing)
    told = [
        f"{len(missing)} of {len(expected)} expected rows missing",
        f"{len(unexpected)} unexpected",
        f"{right} as expected",
    ]
    order = " (in this order)" if ordered else ""
    return f"{', '.join(told)}{order}\n{_shown(table.columns, wrong)}"


def _unmatched(expected: list[Any], actual: list[Any]) -> tuple[list[Any], list[Any]]:
    left = list(actual)
    missing = []
    # Rows of plain values first, so that one with ANY or approx does not take what another must have.
    order = sorted(range(len(expected)), key=lambda n: not all(map(_is_plain, expected[n])))
    for number in order:
        for place, row in enumerate(left):
            if _same_rows(expected[number], row):
                del left[place]
                break
        else:
            missing.append((number, expected[number]))
    return [row for _, row in sorted(missing, key=lambda each: each[0])], left


def _paired(missing: list[Any], unexpected: list[Any]) -> list[tuple[Any, Any]]:
    """Put each missing row beside the unexpected one that is most like it, if any is like it at all."""
    left = list(unexpected)
    pairs: list[tuple[Any, Any]] = []
    for want in missing:
        alike = [sum(map(_same, want, have)) for have in left] if len(left) <= _MOST_ROWS else []
        if alike and max(alike) > 0:
            pairs.append((want, left.pop(alike.index(max(alike)))))
        else:
            pairs.append((want, None))
    return pairs + [(None, have) for have in left]


def _same_rows(expected: Sequence[Any], actual: Sequence[Any]) -> bool:
    return all(map(_same, expected, actual))


def _is_plain(value: Any) -> bool:
    plain = (str, bytes, int, float, Decimal, date, time, list, dict, tuple)
    return value is None or isinstance(value, plain)


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, float) and isinstance(actual, Decimal):
        return Decimal(repr(expected)) == actual
    if isinstance(expected, str) and isinstance(actual, date | time):
        try:
            expected = type(actual).fromisoformat(expected.replace("Z", "+00:00"))
        except ValueError:
            return False
    if isinstance(expected, datetime) and isinstance(actual, datetime):
        expected, actual = _zoned(expected), _zoned(actual)
    if isinstance(expected, bool) != isinstance(actual, bool) and _is_plain(expected):
        return False  # True is not 1
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            _same(expected[name], actual[name]) for name in actual
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    if isinstance(actual, Decimal) and not _is_plain(expected):
        actual = float(actual)  # pytest.approx takes no Decimal where it was given a float
    return bool(expected == actual)


def _zoned(moment: datetime) -> datetime:
    # TIMESTAMP has no zone, and means UTC in a stream's times.
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _shown(columns: Sequence[str], wrong: Sequence[tuple[Any, Any]]) -> str:
    lines: list[tuple[str, list[str]]] = [(" ", list(columns))]
    for want, have in wrong[:_MOST_ROWS]:
        if want is not None:
            lines.append(("-", [_cell(value) for value in want]))
        if have is not None:
            lines.append(("+", [_cell(value) for value in have]))
        if want is not None and have is not None:
            marks = ["" if _same(*pair) else "^" for pair in zip(want, have, strict=True)]
            lines.append(("?", marks))
    widths = [max(len(cells[n]) for _, cells in lines) for n in range(len(columns))]
    text = []
    for sign, cells in lines:
        if sign == "?":
            cells = [mark * width if mark else "" for mark, width in zip(cells, widths, strict=True)]
        text.append(
            f"  {sign} "
            + " | ".join(cell.ljust(w) for cell, w in zip(cells, widths, strict=True)).rstrip(" |")
        )
    if len(wrong) > _MOST_ROWS:
        text.append(f"    ... and {len(wrong) - _MOST_ROWS} more")
    text.append("  - expected and not there, + there and not expected, ? where the two differ")
    return "\n".join(text)


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        text = value.isoformat(" ")
    elif isinstance(value, date | time):
        text = value.isoformat()
    elif isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, list | dict):
        text = json.dumps(value, default=repr)
    else:
        text = repr(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
