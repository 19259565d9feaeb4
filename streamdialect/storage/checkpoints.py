"""How far each view has read each partition; moved only by compare-and-set in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

import apsw
from msgspec import Struct

from streamdialect.errors import LeaseLostError
from streamdialect.storage.catalog import NOW

__all__ = ["Checkpoint", "advance", "positions", "read", "replace"]


class Checkpoint(Struct, frozen=True):
    """Be a position, and the time.time() at which it was last known to be the partition's end, or None."""

    position: str
    complete: float | None


def positions(connection: apsw.Connection, view_id: int) -> dict[str, str]:
    """Read a view's positions by partition."""
    return {partition: found.position for partition, found in read(connection, view_id).items()}


def read(connection: apsw.Connection, view_id: int) -> dict[str, Checkpoint]:
    """Read a view's checkpoints by partition."""
    rows = connection.execute(
        "SELECT partition, position, complete_ms FROM main.streamdialect_checkpoints WHERE view_id = ?",
        (view_id,),
    )
    return {
        str(partition): Checkpoint(str(position), None if milliseconds is None else milliseconds / 1000)
        for partition, position, milliseconds in rows
    }


def replace(
    connection: apsw.Connection,
    view_id: int,
    epoch: int,
    changes: Mapping[str, str | None],
    identity: str | None,
) -> None:
    """Set positions anew (None: read from the beginning), and begin the next epoch; or raise LeaseLostError.

    ``identity`` is that of the stream which the positions are of from now on.
    """
    connection.execute(
        "UPDATE main.streamdialect_views SET epoch = epoch + 1, identity = ?3 WHERE id = ?1 AND epoch = ?2",
        (view_id, epoch, identity),
    )
    if connection.changes() != 1:
        raise LeaseLostError("another process has set the view's positions anew, or the view was dropped")
    for partition, position in changes.items():
        connection.execute(
            "DELETE FROM main.streamdialect_checkpoints WHERE view_id = ? AND partition = ?",
            (view_id, partition),
        )
        if position is not None:
            advance(connection, view_id, partition, None, position)


def advance(
    connection: apsw.Connection,
    view_id: int,
    partition: str,
    start: str | None,
    end: str,
    *,
    behind: int | None = None,
    behind_ms: int | None = None,
    record_time: str | None = None,
    complete: float | None = None,
) -> None:
    """Move a partition's checkpoint from ``start`` to ``end``, or raise LeaseLostError.

    ``complete`` is the time.time() at which ``end`` was the partition's end; None leaves what was known.

    The comparison is the fence that makes every other safeguard a matter of liveness only: a consumer
    that lost its lease, or whose view was dropped, finds another position and its transaction is undone.
    """
    milliseconds = None if complete is None else int(complete * 1000)
    if start is None:
        connection.execute(
            "INSERT INTO main.streamdialect_checkpoints"
            f" SELECT ?1, ?2, ?3, ?4, ?5, ?6, {NOW}, ?7"
            " WHERE EXISTS (SELECT 1 FROM main.streamdialect_views WHERE id = ?1)"
            " ON CONFLICT DO NOTHING",
            (view_id, partition, end, behind, behind_ms, record_time, milliseconds),
        )
    else:
        connection.execute(
            "UPDATE main.streamdialect_checkpoints"
            " SET position = ?3, behind = ?4, behind_ms = ?5, record_time = coalesce(?6, record_time),"
            f" complete_ms = coalesce(?8, complete_ms), updated_at = {NOW}"
            " WHERE view_id = ?1 AND partition = ?2 AND position = ?7",
            (view_id, partition, end, behind, behind_ms, record_time, start, milliseconds),
        )
    if connection.changes() != 1:
        raise LeaseLostError(
            f"the position of partition {partition} is no longer {start or 'at the beginning'}:"
            " another process has taken the view over, or the view was dropped"
        )
