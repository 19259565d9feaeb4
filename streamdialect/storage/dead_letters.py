"""Records that a view's query could not take: kept with all that the stream has of them.

One table holds five kinds, by ``outcome``: ``set aside`` (not in the view, can be redriven), ``nulled`` (its
row is in the view, with NULL for what failed), ``stopped`` (the view waits before it), and two that are no
records but say where records are missing: ``missed`` (the view went on) and ``lost`` (the view waits). Every
function runs inside the caller's write transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import apsw
from msgspec import Struct

__all__ = [
    "BadRecord",
    "Letter",
    "Outcome",
    "add",
    "any_of",
    "failed_again",
    "forget_stop",
    "letters",
    "remove",
    "set_aside",
    "stopped_record",
]

Outcome = Literal["set aside", "nulled", "stopped", "missed", "lost"]


class BadRecord(Struct, frozen=True):
    """Be a record with what went wrong with it; ``record_time`` is in the form of stored timestamps."""

    partition: str
    position: str
    record_time: str | None
    timestamp_type: str | None
    key: bytes | None
    value: bytes | None
    headers: str | None
    code: int
    reason: str
    column: str | None
    outcome: Outcome


class Letter(Struct, frozen=True):
    """Be a record that was set aside, as it is redriven."""

    id: int
    partition: str
    position: str
    record_time: str | None
    timestamp_type: str | None
    key: bytes | None
    value: bytes | None
    headers: str | None


def add(
    connection: apsw.Connection,
    view: tuple[int, str, str, str],
    refresh_id: int,
    logged_at: str,
    records: Iterable[BadRecord],
) -> None:
    """Keep bad records; ``view`` is the view's id and name, and the schema and name of its stream."""
    connection.executemany(
        "INSERT INTO main.streamdialect_errors (view_id, view_name, schema_name, stream, refresh_id, partition,"
        " position, record_time, timestamp_type, record_key, record_value, record_headers, error_code,"
        " error_reason, error_column, outcome, logged_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                *view,
                refresh_id,
                bad.partition,
                bad.position,
                bad.record_time,
                bad.timestamp_type,
                bad.key,
                bad.value,
                bad.headers,
                bad.code,
                bad.reason,
                bad.column,
                bad.outcome,
                logged_at,
            )
            for bad in records
        ),
    )


def any_of(connection: apsw.Connection, view_id: int) -> bool:
    """Tell whether a view has had bad records."""
    return bool(
        connection.execute(
            "SELECT EXISTS (SELECT 1 FROM main.streamdialect_errors WHERE view_id = ?"
            " AND outcome NOT IN ('missed', 'lost'))",
            (view_id,),
        ).get
    )


def letters(connection: apsw.Connection, view_id: int, numbers: Sequence[int]) -> list[Letter]:
    """Read those of the given ids that are records set aside of a view, in the order of their ids."""
    return [
        Letter(*row)
        for row in connection.execute(
            "SELECT id, partition, position, record_time, timestamp_type, record_key, record_value,"
            " record_headers FROM main.streamdialect_errors WHERE view_id = ? AND outcome = 'set aside'"
            f" AND id IN ({', '.join(['?'] * len(numbers))}) ORDER BY id",
            (view_id, *numbers),
        )
    ]


def remove(connection: apsw.Connection, numbers: Iterable[int]) -> None:
    """Remove records by their ids."""
    connection.executemany(
        "DELETE FROM main.streamdialect_errors WHERE id = ?", ((number,) for number in numbers)
    )


def failed_again(
    connection: apsw.Connection, failures: Iterable[tuple[int, int, str, str | None, Outcome]]
) -> None:
    """Write down how records failed that were redriven: id, code, reason, column and outcome of each."""
    connection.executemany(
        "UPDATE main.streamdialect_errors SET error_code = ?2, error_reason = ?3, error_column = ?4,"
        " outcome = ?5, redrives = redrives + 1 WHERE id = ?1",
        failures,
    )


def set_aside(connection: apsw.Connection, number: int) -> None:
    """Make the record that a view is stopped at one that is set aside."""
    connection.execute("UPDATE main.streamdialect_errors SET outcome = 'set aside' WHERE id = ?", (number,))


def stopped_record(connection: apsw.Connection, view_id: int) -> tuple[int, str, str] | None:
    """Find the record that a view is stopped at: id, partition and position; or None."""
    row: Any = connection.execute(
        "SELECT id, partition, position FROM main.streamdialect_errors"
        " WHERE view_id = ? AND outcome = 'stopped'",
        (view_id,),
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]))


def forget_stop(connection: apsw.Connection, view_id: int) -> None:
    """Remove what a view was stopped at: it is met in the stream again."""
    connection.execute(
        "DELETE FROM main.streamdialect_errors WHERE view_id = ? AND outcome IN ('stopped', 'lost')",
        (view_id,),
    )
