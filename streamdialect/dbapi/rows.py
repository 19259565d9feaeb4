"""Rows as Python sees them, from rows as they lie in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from streamdialect.conversions import column_converter, converter
from streamdialect.errors import DataError
from streamdialect.model import Column

__all__ = ["Row", "Rows", "not_of_its_type"]

Row = tuple[Any, ...]

# Rows that are converted together. CPython keeps small tuples for reuse, and a block should fit in the processor's
# cache: 250 to 500 rows of five columns took about a third less CPU time than 1000 or more, or 100.
_BLOCK = 500
_FEW = 8


class Rows:
    """Convert a result's rows as they are fetched, by the types of their columns; one at a time or many.

    ``raw`` is where they come from; ``stored`` takes at most so many of it, or all, unconverted. A value that is
    not of its column's type raises DataError.
    """

    def __init__(self, raw: Iterable[Row], columns: Sequence[Column]) -> None:
        self.raw = raw
        rows = iter(raw)
        self.stored: Callable[[int | None], list[Row]] = getattr(raw, "take", None) or (
            lambda count: list(islice(rows, count))
        )
        self._single, self._whole = _converters(tuple(columns))
        self._each = _converted(rows, self._single) if self._single else rows

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        return next(self._each)

    def take(self, count: int | None = None) -> list[Row]:
        """Take at most ``count`` rows, or all."""
        if not self._whole:
            return self.stored(count)
        taken: list[Row] = []
        while count is None or len(taken) < count:
            size = _BLOCK if count is None else min(_BLOCK, count - len(taken))
            block = self.stored(size)
            taken += self._convert(block)
            if len(block) < size:
                break
        return taken

    def _convert(self, block: list[Row]) -> Iterator[Row]:
        if len(block) < _FEW:
            return _converted(iter(block), self._single)
        columns: list[Sequence[Any]] = list(zip(*block, strict=True))
        try:
            for number, convert in self._whole:
                columns[number] = convert(columns[number])
        except (ValueError, ArithmeticError):
            return _converted(iter(block), self._single)  # which names the value
        return zip(*columns, strict=True)


@lru_cache(maxsize=1000)
def _converters(
    columns: tuple[Column, ...],
) -> tuple[list[tuple[int, Callable[[Any], Any]]], list[tuple[int, Callable[[Any], Any]]]]:
    """Give the converters of single values and those of whole columns, with the columns' places."""
    single = [(place, converter(column.type)) for place, column in enumerate(columns)]
    whole = [(place, column_converter(column.type)) for place, column in enumerate(columns)]
    return (
        [(place, convert) for place, convert in single if convert is not None],
        [(place, convert) for place, convert in whole if convert is not None],
    )


def _converted(rows: Iterator[Row], converters: list[tuple[int, Callable[[Any], Any]]]) -> Iterator[Row]:
    for row in rows:
        values = list(row)
        for number, convert in converters:
            value = values[number]
            if value is not None:
                try:
                    values[number] = convert(value)
                except (ValueError, ArithmeticError) as error:
                    raise not_of_its_type(number, value, error) from error
        yield tuple(values)


def not_of_its_type(number: int, value: Any, error: Exception) -> DataError:
    """Make the error for a value of the column with a number, from 0, that its type cannot hold."""
    reason = f": {error}" if isinstance(error, ValueError) else ""
    return DataError(f"column {number + 1} holds {value!r}, which is not of its type{reason}")
