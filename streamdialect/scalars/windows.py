"""Window functions with IGNORE NULLS, which SQLite lacks: the values of a moving frame that are not NULL."""

from __future__ import annotations

from collections import deque
from typing import Any

from streamdialect.scalars.base import Aggregate

__all__ = ["AGGREGATES"]


class KeptValues:
    """Keep the values of a frame without its NULLs, in the window's order."""

    __slots__ = ("_offset", "_values")

    def __init__(self) -> None:
        self._values: deque[Any] = deque()
        self._offset = 1

    def step(self, value: Any, offset: int) -> None:
        """Take the frame's next row in."""
        self._offset = offset
        if value is not None:
            self._values.append(value)

    def inverse(self, value: Any, offset: int) -> None:
        """Take the frame's first row out again."""
        if value is not None:
            self._values.popleft()

    def value(self) -> Any:
        """Give the value at the offset from the start, NULL if there are not so many."""
        return self._values[self._offset - 1] if self._offset <= len(self._values) else None

    final = value


class KeptFromEnd(KeptValues):
    """Keep the values of a frame without its NULLs and count from the end."""

    __slots__ = ()

    def value(self) -> Any:
        """Give the value at the offset from the end, NULL if there are not so many."""
        return self._values[-self._offset] if self._offset <= len(self._values) else None

    final = value


AGGREGATES: tuple[Aggregate, ...] = (
    Aggregate("streamdialect_nth_kept", 2, KeptValues),
    Aggregate("streamdialect_nth_kept_from_end", 2, KeptFromEnd),
)
