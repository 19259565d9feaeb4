"""Read the shards of one Kinesis stream, parents before children, within the service's quotas.

Sources: Kinesis Data Streams API Reference (GetRecords, GetShardIterator, ListShards) and Developer
Guide ("Resharding a stream", "Quotas and limits").
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from streamdialect import clock as time_of_day
from streamdialect.errors import OffsetOutOfRangeError, SourceError, UndefinedObjectError
from streamdialect.sources.aws import error_code, translated, translation
from streamdialect.sources.base import (
    BEGINNING_OF_PARTITION,
    END_OF_PARTITION,
    NEVER,
    UNBOUNDED,
    Batch,
    ReadBounds,
)
from streamdialect.sources.kinesis_calls import list_shards, oldest_record, retention
from streamdialect.sources.kinesis_parser import DamagedAnswerError, Record, records_of
from streamdialect.sources.kinesis_quota import PROCESS_QUOTA, GetRecordsQuota

__all__ = ["KinesisReader"]

LIMIT = 10_000  # records a GetRecords call; the service's maximum (with 10 MB)
TIP_INTERVAL = 0.22  # seconds between two calls to a shard whose records have all been read
RELIST_INTERVAL = 30.0  # seconds; resharding shows by closed shards, so this is for the unforeseen
RELIST_SOON = 1.0  # seconds, while a closed shard's children are not listed yet
MAX_TRIES = 8  # calls to a shard that fail in a row before poll() raises
BACKOFF_FIRST, BACKOFF_MOST = 0.25, 10.0  # seconds
# Seconds for which the service keeps records at least, and by how much clocks may be apart.
SHORTEST_RETENTION, CLOCKS = 86_400.0, 600.0

_BACKOFF_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
    }
)
_EXPIRED_CODES = frozenset({"ExpiredIteratorException"})
# An idle connection that the other side has closed just now looks like these: worth one more try.
_BROKEN_CONNECTION = (ConnectionClosedError, DamagedAnswerError, ReadTimeoutError)


class _Shard:
    """Be a shard that is being read."""

    __slots__ = (
        "answered",
        "complete",
        "due",
        "ending",
        "expected",
        "failures",
        "from_oldest",
        "id",
        "iterator",
        "newest",
        "position",
        "slot",
        "starting",
    )

    def __init__(self, shard_id: str, position: str | None, due: float, complete: float | None) -> None:
        self.id = shard_id
        self.position = position  # sequence number of the last record read
        self.complete = complete  # time at which nothing came after the position
        self.newest: float | None = None  # arrival time of the last record read, while more come after it
        self.iterator: str | None = None
        self.expected: str | None = None  # the record at the position, which the next answer must begin with
        self.from_oldest = False  # what is expected has expired, and nothing came after it
        self.answered = False  # by this reader
        self.due = due
        self.slot: float | None = None  # the moment reserved from the quota
        self.failures = 0
        self.starting = "0"
        self.ending: str | None = None  # sequence number at which a closed shard ends

    @property
    def number(self) -> str | None:
        """Give the sequence number of the last record read, None if none was."""
        return None if self.position == BEGINNING_OF_PARTITION else self.position


class KinesisReader:
    """Implement StreamReader over GetRecords.

    One call of poll() sends at most a few requests, to the shard that is due first. close() may be called
    from another thread to end a wait. ``clock``, ``time_now`` and ``wait`` stand for time.monotonic, for
    the time of day and for a wait that close() ends (it returns True then). Times between calls are ``pace``
    times those that the service's quota asks for.

    Records that expire before they are read would go unnoticed: the service gives an iterator for a number
    that it no longer holds, or refuses, as it pleases. Therefore a reader asks for the last record read once
    more, and continues if it comes. If it does not, records after it may have gone too, unless the shard was
    known to be read to its end within the stream's retention.
    """

    def __init__(
        self,
        client: Any,
        stream: str,
        checkpoints: Mapping[str, str],
        columns: Collection[str] = (),
        bounds: ReadBounds = UNBOUNDED,
        complete: Mapping[str, float] = NEVER,
        *,
        quota: GetRecordsQuota = PROCESS_QUOTA,
        clock: Callable[[], float] = time.monotonic,
        time_now: Callable[[], float] = time_of_day.seconds,
        pace: float = 1.0,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._client = client
        self._stream = stream
        self._endpoint = str(client.meta.endpoint_url)
        self._columns = frozenset(columns)
        self._bounds = bounds
        self._quota = quota
        self._pace = pace
        self._clock = clock
        self._closed = threading.Event()
        self._wait = wait or self._closed.wait
        self._time_now = time_now
        self._complete = complete
        self._progress: dict[str, str] = dict(checkpoints)
        self._begun: list[Batch] = []
        self._shards: dict[str, _Shard] = {}
        self._relist_at = clock()

    def __repr__(self) -> str:
        return f"<KinesisReader {self._stream!r} at {self._endpoint}, {len(self._shards)} shards>"

    def poll(self, timeout: float) -> list[Batch]:
        """Return the answer of the shard that is due next, or [] after ``timeout`` seconds.

        See StreamReader.poll; [] also once the reader is closed.
        """
        deadline = self._clock() + timeout
        while not self._closed.is_set():
            now = self._clock()
            if now >= self._relist_at:
                self._relist(now)
            shard = min(self._shards.values(), key=lambda shard: shard.due, default=None)
            due = min(shard.due, self._relist_at) if shard else self._relist_at
            if due > now:
                if due > deadline:
                    self._wait(max(deadline - now, 0))
                    break
                self._wait(due - now)
                continue
            assert shard is not None
            moment = self._reserved(shard, now)
            if moment > now:
                shard.due = moment
                continue
            batch = self._fetch(shard, now)
            if batch is not None:
                begun, self._begun = self._begun, []
                return [*begun, batch]
            if self._clock() >= deadline:
                break
        return []

    def close(self) -> None:
        """End a running poll() soon, and make later ones return []."""
        self._closed.set()

    # ---- shards

    def _relist(self, now: float) -> None:
        with _retryable(), translated(f'listing the shards of stream "{self._stream}"', self._stream):
            listed = list_shards(self._client, self._stream)
        self._relist_at = now + RELIST_INTERVAL
        only = self._bounds.partitions
        if only is not None:
            listed = {shard_id: shard for shard_id, shard in listed.items() if shard_id in only}
        for shard_id, position in self._progress.items():
            wanted = position != END_OF_PARTITION and (only is None or shard_id in only)
            if wanted and shard_id not in listed:
                self._shards.pop(shard_id, None)
                self._relist_at = now  # say it again at the next poll
                why = "the shard does not exist any more"
                raise self._gone(shard_id, position, why, END_OF_PARTITION)
        for shard_id in [shard_id for shard_id in self._shards if shard_id not in listed]:
            del self._shards[shard_id]  # nothing of it was ever read, and it holds nothing now
        for shard_id, description in listed.items():
            if self._progress.get(shard_id) == END_OF_PARTITION:
                continue
            parents = (description.get("ParentShardId"), description.get("AdjacentParentShardId"))
            if shard_id not in self._progress and only is None:
                self._check_ancestors([parent for parent in parents if parent and parent not in listed], now)
            if any(
                parent in listed and self._progress.get(parent) != END_OF_PARTITION
                for parent in parents
                if parent
            ):
                continue
            shard = self._shards.get(shard_id)
            if shard is None:
                shard = self._shards[shard_id] = self._begin(shard_id, now)
            numbers = description.get("SequenceNumberRange", {})
            shard.starting = numbers.get("StartingSequenceNumber") or "0"
            shard.ending = numbers.get("EndingSequenceNumber")
            if shard.position is not None and _before(shard.position, shard.starting):
                # Emulators accept such a number and then give nothing, for ever.
                del self._shards[shard_id]
                self._relist_at = now
                raise self._gone(shard_id, shard.position, f"the shard begins at {shard.starting}")

    def _check_ancestors(self, unlisted: Sequence[str], now: float) -> None:
        """Raise if a shard that no longer exists was never read, though the view has read the stream before."""
        for parent in unlisted:
            if self._complete and parent not in self._progress:
                self._relist_at = now
                raise self._gone(
                    parent, BEGINNING_OF_PARTITION, "the shard was made and has expired", END_OF_PARTITION
                )

    def _begin(self, shard_id: str, now: float) -> _Shard:
        position = self._progress.get(shard_id)
        if position is None and self._bounds == UNBOUNDED:
            # Said, so that the checkpoints name each shard from which nothing has been read yet.
            position = self._progress[shard_id] = BEGINNING_OF_PARTITION
            columns: dict[str, Sequence[Any]] = {name: () for name in self._columns}
            columns |= {"kinesis_data": (), "sequence_number": ()}
            self._begun.append(Batch(shard_id, None, position, columns, count=0, size=0))
            return _Shard(shard_id, position, now, self._time_now())
        return _Shard(shard_id, position, now, self._complete.get(shard_id))

    def _finish(self, shard: _Shard) -> None:
        self._progress[shard.id] = END_OF_PARTITION
        self._shards.pop(shard.id, None)
        self._relist_at = self._clock()

    def _reserved(self, shard: _Shard, now: float) -> float:
        # A moment that has passed unused is no permission: another reader may have had the next one.
        if shard.slot is None or now - shard.slot > 0.05:
            shard.slot = self._slot(shard, now)
        return shard.slot

    def _slot(self, shard: _Shard, not_before: float) -> float:
        return self._quota.reserve(self._endpoint, self._stream, shard.id, not_before, self._pace)

    # ---- records

    def _fetch(self, shard: _Shard, now: float) -> Batch | None:
        """Send one GetRecords. Return None if it has to be repeated later."""
        shard.slot = None
        shard.due = now
        if shard.newest is not None and self._time_now() - shard.newest > SHORTEST_RETENTION - CLOCKS:
            shard.iterator = None  # what it points at may have expired: make sure
        try:
            if shard.iterator is None:
                shard.iterator = self._iterator(shard)
            answer = self._client.get_records(ShardIterator=shard.iterator, Limit=LIMIT)
        except (BotoCoreError, ClientError) as error:
            self._failed(shard, error)
            return None
        shard.failures = 0
        following = answer.get("NextShardIterator")
        records = records_of(answer)
        full = len(records) >= LIMIT
        if shard.expected is not None:
            records = self._continued(shard, records, answer.get("MillisBehindLatest"))
            if shard.from_oldest:
                shard.iterator = None
                return None
        shard.answered = True
        batch = self._batch(shard, records, answer.get("MillisBehindLatest"), now, full)
        shard.iterator = following
        if shard.iterator is None or (batch.caught_up_at is not None and self._at_end(shard)):
            batch.end = END_OF_PARTITION
            self._finish(shard)
        else:
            not_before = now if batch.caught_up_at is None else now + TIP_INTERVAL * self._pace
            shard.slot = shard.due = self._slot(shard, not_before)
        return batch

    def _at_end(self, shard: _Shard) -> bool:
        # The service ends a closed shard with a null iterator; moto never does, but lists where it ends.
        return shard.ending is not None and not _before(shard.number or shard.starting, shard.ending)

    def _batch(
        self, shard: _Shard, records: Sequence[Record], behind_ms: int | None, asked_at: float, full: bool
    ) -> Batch:
        start = shard.position
        payloads = [record.data for record in records]
        columns: dict[str, Sequence[Any]] = {
            "kinesis_data": payloads,
            "sequence_number": [record.sequence_number for record in records],
        }
        if "partition_key" in self._columns:
            columns["partition_key"] = [record.partition_key for record in records]
        if "approximate_arrival_timestamp" in self._columns:
            columns["approximate_arrival_timestamp"] = _milliseconds(records)
        if records:
            shard.position = records[-1].sequence_number
            self._progress[shard.id] = shard.position
        caught_up = behind_ms == 0 if behind_ms is not None else not records
        # moto says 0 when the limit cut the answer between records of one moment; so do not sleep on it.
        caught_up = caught_up and not full
        first_ms, last_ms = _milliseconds([records[0], records[-1]]) if records else (None, None)
        if caught_up:
            shard.complete, shard.newest = self._time_now() - (self._clock() - asked_at), None
        elif last_ms is not None:
            shard.newest = last_ms / 1000
        return Batch(
            partition=shard.id,
            start=start,
            end=shard.position,
            columns=columns,
            count=len(records),
            size=sum(map(len, payloads)),
            first_ms=first_ms,
            last_ms=last_ms,
            caught_up_at=asked_at if caught_up else None,
            behind=0 if caught_up else None,
            behind_ms=behind_ms,
        )

    def _iterator(self, shard: _Shard) -> str:
        request: dict[str, Any] = {"StreamName": self._stream, "ShardId": shard.id}
        oldest = {"ShardIteratorType": "TRIM_HORIZON"}
        start: dict[str, Any] = oldest
        number = shard.number
        if shard.from_oldest:
            shard.from_oldest = False
        elif number is not None:
            shard.expected = number
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": number}
        elif shard.position is not None:
            self._check_beginning(shard)
        elif self._bounds.first is not None:
            start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": self._bounds.first}
        elif self._bounds.since_ms is not None:
            # Whole seconds, for that is what the request carries, and never in the future, which is refused.
            since = min(self._bounds.since_ms // 1000, int(time.time()) - 1)
            start = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": max(since, 0)}
        try:
            answer = self._client.get_shard_iterator(**request, **start)
        except ClientError as error:
            # "Not found" is the stream, the shard, or (kinesis-local) the record.
            code = error_code(error)
            if code not in ("InvalidArgumentException", "ValidationException", "ResourceNotFoundException"):
                raise
            if number is not None:
                if code == "ResourceNotFoundException":
                    self._relist(self._clock())  # raises if it is the stream
                detail = str(error.response.get("Error", {}).get("Message", ""))
                if shard.answered:
                    # As after the stream was made anew, so whoever reads has to look whether it is the same.
                    raise SourceError(
                        f'shard {shard.id} of stream "{self._stream}" has to be read anew: {detail}'
                    ) from error
                self._expired(shard, detail)
                shard.expected = None
            # A bound that this shard does not know: more than was asked for is allowed, less is not.
            answer = self._client.get_shard_iterator(**request, **oldest)
        return str(answer["ShardIterator"])

    # ---- records that may have expired

    def _continued(self, shard: _Shard, records: Sequence[Record], behind: int | None) -> Sequence[Record]:
        """Take the record away that was read before, or judge what it means that it is not there.

        ``from_oldest`` is set if the shard has to be asked for its oldest record.
        """
        number = shard.expected
        assert number is not None
        if records:
            if all(record.sequence_number != number for record in records):
                first = records[0].sequence_number
                self._expired(shard, f"the oldest record is {first}", first)
            shard.expected = None
            return [record for record in records if _before(number, record.sequence_number)]
        if behind and behind / 1000 < self._retention() - CLOCKS:
            return []  # on the way to it
        self._expired(shard, "the shard holds no record" if not behind else "it is older than the retention")
        shard.expected = None
        # The service can leave an iterator before the oldest record for ever.
        shard.from_oldest = bool(behind)
        return []

    def _check_beginning(self, shard: _Shard) -> None:
        """Raise if records of a shard that was empty when last seen may have come and expired since."""
        if shard.complete is not None and self._time_now() - shard.complete > SHORTEST_RETENTION - CLOCKS:
            self._expired(shard, "it was empty when it was last read, longer ago than the retention")

    def _expired(self, shard: _Shard, why: str, earliest: str | None = None) -> None:
        """Raise OffsetOutOfRangeError unless the shard was read to its end within the retention."""
        if shard.complete is not None:
            ago = self._time_now() - shard.complete
            if -CLOCKS < ago < self._retention() - CLOCKS:
                return
        position = shard.position or BEGINNING_OF_PARTITION
        shard.iterator = None  # judged again when it is asked again
        raise self._gone(shard.id, position, why, earliest or self._oldest(shard))

    def _retention(self) -> float:
        with _retryable(), translated(f'describing stream "{self._stream}"', self._stream):
            return retention(self._client, self._stream)

    def _oldest(self, shard: _Shard) -> str | None:
        with suppress(BotoCoreError, ClientError):  # it only says what is missing
            return oldest_record(self._client, self._stream, shard.id, self._wait)
        return None

    # ---- errors

    def _failed(self, shard: _Shard, error: Exception) -> None:
        """Decide on an error: repeat silently (return), or raise ours."""
        code = error_code(error)
        shard.failures += 1
        if code in _EXPIRED_CODES and shard.failures < MAX_TRIES:
            shard.iterator = None  # made anew from the last position
            return
        status = 0
        if isinstance(error, ClientError):
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _BACKOFF_CODES or status >= 500:
            tries = MAX_TRIES
        elif isinstance(error, _BROKEN_CONNECTION):
            tries = 2
        else:
            tries = 0
        if shard.failures < tries:
            pause = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** (shard.failures - 1))
            shard.due = self._clock() + pause * random.uniform(0.5, 1.0)
            return
        shard.failures = 0
        shard.iterator = None
        if code == "ResourceNotFoundException":
            self._relist_at = self._clock()  # tells whether the stream is gone or only the shard
        doing = f'reading shard {shard.id} of stream "{self._stream}"'
        raise translation(error, doing) from error

    def _gone(
        self, shard_id: str, position: str, why: str, earliest: str | None = None
    ) -> OffsetOutOfRangeError:
        what = f"sequence number {position} of shard {shard_id}"
        if position == BEGINNING_OF_PARTITION:
            what = f"the beginning of shard {shard_id}"
        return OffsetOutOfRangeError(
            f'stream "{self._stream}" does not hold {what} (any more): {why}',
            partition=shard_id,
            position=position,
            earliest=earliest,
            hint="Records may have passed the stream's retention, or the stream was deleted and made again.",
        )


class _retryable:
    """Let a reader raise SourceError for a stream that is gone: it may be created again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UndefinedObjectError):
            raise SourceError(str(error)) from error


def _before(number: str, other: str) -> bool:
    """Compare sequence numbers, which are integers of any length."""
    return number.isdigit() and other.isdigit() and int(number) < int(other)


def _milliseconds(records: Sequence[Record]) -> list[int | None]:
    times = [record.approximate_arrival_timestamp for record in records]
    return [None if time is None else round(time * 1000) for time in times]
