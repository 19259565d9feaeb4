"""The SQL functions that translated statements call and SQLite lacks; each connection registers them.

They are the slow, exact path: translations call them only where SQLite's own functions cannot decide.
Every scalar gives NULL for a NULL argument and raises DataError for a value that does not fit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars import (
    aggregates,
    arrays,
    assignments,
    decimals,
    digests,
    documents,
    durations,
    dynamic,
    fingerprints,
    formats,
    numbers,
    numerals,
    patterns,
    texts,
    times,
    varbytes,
    zones,
)
from streamdialect.scalars.base import Accumulator, Aggregate, Scalar, attempt, shown, total, total_aggregate
from streamdialect.scalars.documents import from_json

__all__ = ["AGGREGATES", "SCALARS", "Accumulator", "Aggregate", "Scalar"]


def fail(value: Any, message: str) -> None:
    """Raise DataError, unless the value is NULL; ``%`` in the message stands for the value."""
    if value is not None:
        raise DataError(message.replace("%", shown(value)))


def _strict_json(cast: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """Make the cast of a JSON text as JSON_EXTRACT_PATH_TEXT(...) would give it to the same cast."""

    def function(text: Any, *arguments: Any) -> Any:
        return cast(from_json(text), *arguments)

    function.__doc__ = f"Cast the text that lies in a JSON text to {kind}."
    return function


_CASTS: tuple[tuple[str, Callable[..., Any], int], ...] = (
    ("integer", numbers.to_integer, 2),
    ("decimal", numbers.to_decimal, 3),
    ("double", numbers.to_double, 1),
    ("boolean", numbers.to_boolean, 1),
    ("timestamp", times.to_timestamp, 1),
    ("timestamptz", times.to_timestamptz, 1),
    ("date", times.to_date, 1),
    ("time", times.to_time, 1),
    ("timetz", times.to_timetz, 1),
    ("year_to_month", durations.to_months, 1),
    ("day_to_second", durations.to_micros, 1),
)


def _cast_scalars() -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    # TRY_CAST to DECIMAL raises too, for a value that Redshift has and the file cannot hold.
    for name, cast, arguments in _CASTS:
        from_text = _strict_json(cast, name)
        found.append(Scalar(f"streamdialect_{name}", arguments, cast, deterministic=False))
        found.append(Scalar(f"streamdialect_try_{name}", arguments, attempt(cast), name != "decimal"))
        found.append(Scalar(f"streamdialect_json_{name}", arguments, from_text, deterministic=False))
        found.append(
            Scalar(f"streamdialect_try_json_{name}", arguments, attempt(from_text), name != "decimal")
        )
    return tuple(found)


SCALARS: tuple[Scalar, ...] = tuple(
    total(scalar)
    for scalar in (
        Scalar("streamdialect_fail", 2, fail, deterministic=False),
        # Connections of users have their own.
        Scalar("streamdialect_backend_pid", 0, os.getpid, deterministic=False),
        Scalar("streamdialect_cancel_backend", 1, lambda number: 0, deterministic=False),
        *_cast_scalars(),
        *numbers.SCALARS,
        *decimals.SCALARS,
        *texts.SCALARS,
        *patterns.SCALARS,
        *digests.SCALARS,
        *fingerprints.SCALARS,
        *varbytes.SCALARS,
        *times.SCALARS,
        *durations.SCALARS,
        *zones.SCALARS,
        *formats.SCALARS,
        *numerals.SCALARS,
        *documents.SCALARS,
        *aggregates.SCALARS,
        *dynamic.SCALARS,
        *arrays.SCALARS,
        *assignments.SCALARS,
    )
)
AGGREGATES: tuple[Aggregate, ...] = tuple(total_aggregate(each) for each in aggregates.AGGREGATES)
