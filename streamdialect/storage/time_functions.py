"""SQLite's functions of the time, with a replaced clock's time as their now.

They stand in the place of SQLite's own on a connection that is opened while ``clock.replaced()``: what
translations, defaults of columns and SQLite's own statements call. A private connection computes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw

from streamdialect import clock

__all__ = ["follow_replaced_clock"]

# Function -> how many arguments stand before the time; timediff has two times.
_FIRST = {"date": 0, "time": 0, "datetime": 0, "julianday": 0, "unixepoch": 0, "strftime": 1}
_CURRENT = {
    "current_timestamp": "%Y-%m-%d %H:%M:%S",
    "current_date": "%Y-%m-%d",
    "current_time": "%H:%M:%S",
}


def follow_replaced_clock(connection: apsw.Connection) -> None:
    """Have the connection's functions take their now from the clock, if a test has replaced it."""
    if not clock.replaced():
        return
    plain = apsw.Connection(":memory:")

    def compute(name: str, first: int, count: int) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            given = list(arguments)
            if len(given) == first:
                given.append("now")
            for place in range(first, first + count):
                if isinstance(given[place], str) and given[place].lower() == "now":
                    given[place] = clock.text()
            marks = ", ".join("?" * len(given))
            return plain.execute(f"SELECT {name}({marks})", given).get

        return function

    def current(form: str) -> Callable[..., Any]:
        return lambda: clock.now().strftime(form)

    # Deterministic as SQLite's own: the same all through one statement, and allowed wherever these are.
    for name, first in _FIRST.items():
        connection.create_scalar_function(name, compute(name, first, 1), -1, deterministic=True)
    connection.create_scalar_function("timediff", compute("timediff", 0, 2), 2, deterministic=True)
    for name, form in _CURRENT.items():
        connection.create_scalar_function(name, current(form), 0, deterministic=True)
