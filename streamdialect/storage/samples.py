"""The history of lag: what was read of each partition in each ten seconds, and what was left to read then.

Samples are written in the transaction that moves the partition. So they cost one small write a transaction, an
idle view writes none, and what they say of its rows is true whatever was killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import apsw

from streamdialect import clock

__all__ = ["KEPT_SLOTS", "SLOT_SECONDS", "Sample", "record"]

SLOT_SECONDS = 10
KEPT_SLOTS = 1000  # of each view and partition: 2 h 46 min


class Sample(NamedTuple):
    """Be what one transaction read of a partition; ``bytes`` are of payloads, ``behind`` as in sources.Batch."""

    partition: str
    records: int
    skipped: int
    bytes: int
    behind: int | None
    behind_ms: int | None


def record(connection: apsw.Connection, view_id: int, samples: Iterable[Sample]) -> None:
    """Add to the samples of the slot that it is now, in the caller's transaction; older ones than kept are removed."""
    milliseconds = int(clock.seconds() * 1000)
    slot = milliseconds // (SLOT_SECONDS * 1000)
    for sample in samples:
        connection.execute(
            "INSERT INTO main.streamdialect_samples VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?9)"
            " ON CONFLICT DO UPDATE SET updated_ms = excluded.updated_ms, records = records + excluded.records,"
            " skipped = skipped + excluded.skipped, bytes = bytes + excluded.bytes,"
            " behind = excluded.behind, behind_ms = excluded.behind_ms",
            (view_id, slot, sample.partition, milliseconds, *sample[1:]),
        )
    connection.execute(
        "DELETE FROM main.streamdialect_samples WHERE view_id = ? AND slot <= ?", (view_id, slot - KEPT_SLOTS)
    )
