"""Keep this process within Kinesis's quota of GetRecords calls.

The service allows five GetRecords a second and shard, whoever sends them ("Quotas and limits", Kinesis
Data Streams Developer Guide). Two views over one stream are two readers in one process, so the quota is
shared by everything in the process that reads the same shard.
"""

from __future__ import annotations

import os
import threading

__all__ = ["PER_SECOND", "GetRecordsQuota"]

PER_SECOND = 5
_SPACING = 1 / PER_SECOND + 0.005  # a little more, for requests that overtake one another on the way
_MANY = 10_000


class GetRecordsQuota:
    """Hand out moments at which a GetRecords may be sent. Thread-safe; it never waits itself."""

    def __init__(self, spacing: float = _SPACING) -> None:
        self._spacing = spacing
        self._next: dict[tuple[str, str, str], float] = {}
        self._lock = threading.Lock()

    def reserve(self, endpoint: str, stream: str, shard: str, not_before: float, pace: float = 1.0) -> float:
        """Reserve one call and give its moment, ``not_before`` or later, on the caller's monotonic clock.

        Moments of a shard lie apart by ``pace`` times what the quota asks for; first come, first served.
        """
        key = (endpoint, stream, shard)
        with self._lock:
            moment = max(not_before, self._next.get(key, not_before))
            self._next[key] = moment + self._spacing * pace
            if len(self._next) > _MANY:  # shards of the past
                self._next = {key: at for key, at in self._next.items() if at > not_before}
        return moment

    def forget(self) -> None:
        """Begin anew, in a forked child."""
        self._lock = threading.Lock()
        self._next = {}


# The one of this process; tests make their own.
PROCESS_QUOTA = GetRecordsQuota()
if hasattr(os, "register_at_fork"):
    # Some thread of the parent may have its lock, and is not there in the child.
    os.register_at_fork(after_in_child=PROCESS_QUOTA.forget)
