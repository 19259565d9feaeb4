"""The test's clock: it stands still until the test moves it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

__all__ = ["Clock"]


class Clock:
    """Be the time of queries, of rows and of records that arrive. Thread-safe.

    GETDATE(), SYSDATE, CURRENT_TIMESTAMP and their like, ``refresh_time``, the times of the system views, and the
    arrival of records that are put without a time of their own. What waits (time-outs, backoff) is not stopped.
    Datetimes without a zone are UTC, as on Redshift.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._lock = threading.Lock()
        moment = now or datetime.now(timezone.utc)
        # Streams and SQL's clocks have milliseconds.
        self._now = _aware(moment).replace(microsecond=moment.microsecond // 1000 * 1000)

    def __repr__(self) -> str:
        return f"<Clock at {self.now().isoformat(' ', 'milliseconds')}>"

    def now(self) -> datetime:
        """Give the time, in UTC."""
        with self._lock:
            return self._now

    def set(self, moment: datetime | str) -> None:
        """Set the time to a datetime, or to its ISO text; it may go back."""
        with self._lock:
            self._now = moment_of(moment)

    def advance(self, step: timedelta | None = None, **parts: float) -> datetime:
        """Move the time on by a timedelta, or by its parts (``hours=25``); give the new time."""
        with self._lock:
            self._now += (step or timedelta()) + timedelta(**parts)
            return self._now


def moment_of(moment: datetime | str) -> datetime:
    """Read a time; without a zone it is UTC. Raise ValueError for text that is no ISO time."""
    found = datetime.fromisoformat(moment.replace("Z", "+00:00")) if isinstance(moment, str) else moment
    return _aware(found)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)
