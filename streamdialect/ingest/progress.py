"""What of a poll is progress: for the file, and for whoever waits for a head."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from streamdialect.sources.base import Batch, Head

__all__ = ["is_reached", "worth_writing"]

_COMPLETE = 3600.0  # seconds after which an idle partition is written to be complete again


def worth_writing(batches: Sequence[Batch], lags: dict[str, tuple[object, float]]) -> list[Batch]:
    """Strip what an idle partition repeats at every poll, so that an idle view writes once an hour."""
    kept = []
    now = time.monotonic()
    for batch in batches:
        lag = (batch.behind, batch.behind_ms)
        last, written = lags.get(batch.partition, (None, 0.0))
        if not batch.count and batch.end == batch.start and last == lag and now - written < _COMPLETE:
            batch.behind = batch.behind_ms = None  # progress for whoever waits, nothing for the file
            now_written = written
        else:
            now_written = now
        lags[batch.partition] = (lag, now_written)
        kept.append(batch)
    return kept


def is_reached(head: Head, progress: Mapping[str, tuple[str | None, float | None]]) -> bool:
    """Tell whether positions, each with the time.monotonic() at which it was the last, cover a head."""
    return all(
        head.reached(partition, *progress.get(partition, (None, None))) for partition in head.partitions
    )
