"""What a view does about bad records and lost ones, and whether they have stopped it: columns of our table of views.

Read and written inside the transaction that stores the records, so that a change by ALTER holds from the next
one on, in whichever process it happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import apsw
from msgspec import Struct
from msgspec.structs import replace

from streamdialect.model import ErrorPolicy
from streamdialect.storage import dead_letters, events

__all__ = ["PolicyState", "adopt", "change", "count", "read", "restart", "resume", "stop"]


class PolicyState(Struct, frozen=True):
    """Hold a view's policy, what its error budget has counted, and why it is stopped, or None.

    ``identity`` is that of the stream which the checkpoints are of, None if nobody knows it; ``epoch`` moves
    whenever they change otherwise than by reading.
    """

    policy: ErrorPolicy
    records: int
    errors: int
    stopped: str | None
    identity: str | None
    epoch: int


def read(connection: apsw.Connection, view_id: int) -> PolicyState | None:
    """Read the state of a view's policy; None if the view was dropped."""
    row = connection.execute(
        "SELECT on_error, max_error_ratio, error_window, on_data_loss, window_records, window_errors, stopped,"
        " identity, epoch FROM main.streamdialect_views WHERE id = ?",
        (view_id,),
    ).fetchone()
    if row is None:
        return None
    policy = ErrorPolicy(on_error=row[0], max_error_ratio=row[1], error_window=row[2], on_data_loss=row[3])
    return PolicyState(policy, *row[4:])


def change(connection: apsw.Connection, view_id: int, changes: Mapping[str, Any]) -> None:
    """Change fields of a view's policy."""
    state = read(connection, view_id)
    policy = replace(ErrorPolicy() if state is None else state.policy, **changes)
    connection.execute(
        "UPDATE main.streamdialect_views SET on_error = ?, max_error_ratio = ?, error_window = ?,"
        " on_data_loss = ? WHERE id = ?",
        (policy.on_error, policy.max_error_ratio, policy.error_window, policy.on_data_loss, view_id),
    )


def count(
    connection: apsw.Connection, view_id: int, state: PolicyState, records: int, bad: Sequence[int]
) -> tuple[int, int] | None:
    """Charge a transaction's records to the error budget; ``bad`` are the places of bad ones among them, from 0.

    Return the bad records and the records of the window that exceeds it, or None.
    """
    ratio, window = state.policy.max_error_ratio, state.policy.error_window
    if ratio is None:
        return None
    errors = Counter((state.records + place) // window for place in bad)
    errors[0] += state.errors
    total = state.records + records
    connection.execute(
        "UPDATE main.streamdialect_views SET window_records = ?, window_errors = ? WHERE id = ?",
        (total % window, errors[total // window], view_id),
    )
    worst = max(errors, key=lambda number: errors[number])
    if errors[worst] <= ratio * window:
        return None
    return errors[worst], min(window, total - worst * window)


def stop(connection: apsw.Connection, view_id: int, reason: str) -> None:
    """Stop a view until somebody resumes it."""
    connection.execute(
        "UPDATE main.streamdialect_views SET stopped = ?2, state = ?2 WHERE id = ?1", (view_id, reason)
    )
    events.stopped(connection, view_id, reason)


def adopt(connection: apsw.Connection, view_id: int, identity: str) -> None:
    """Say of which stream the view's checkpoints are."""
    connection.execute("UPDATE main.streamdialect_views SET identity = ? WHERE id = ?", (identity, view_id))


def restart(connection: apsw.Connection, view_id: int) -> None:
    """Begin the window of the error budget anew."""
    connection.execute(
        "UPDATE main.streamdialect_views SET window_records = 0, window_errors = 0"
        " WHERE id = ? AND window_records > 0",
        (view_id,),
    )


def resume(connection: apsw.Connection, view_id: int) -> None:
    """Let a view go on from where it stopped; the record that stopped it is read again."""
    connection.execute(
        "UPDATE main.streamdialect_views SET stopped = NULL, state = 'ok' WHERE id = ?", (view_id,)
    )
    restart(connection, view_id)
    dead_letters.forget_stop(connection, view_id)
