"""Read the partitions of one Kafka topic from offsets of our own, in columns.

The consumer joins no group and commits nothing: partitions are assigned with explicit offsets, new ones are
found by asking for the topic's metadata now and then. librdkafka fetches in threads of its own; what this
module costs is making Message objects and lists, so that is what its shape is for (see performance.md).
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Protocol

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streamdialect import clock
from streamdialect.errors import (
    Error,
    OffsetOutOfRangeError,
    SourceAuthError,
    SourceError,
    UndefinedObjectError,
)
from streamdialect.sources.base import Batch
from streamdialect.sources.kafka_errors import ErrorLog, is_auth, is_missing_topic, translated, translation

__all__ = ["KafkaReader"]

logger = logging.getLogger("streamdialect.sources.kafka")

CHUNK = 500  # messages a consume(): more fall out of the CPU's caches before they are read
MAX_RECORDS = 5_000  # a poll, so that a transaction stays short ...
MAX_BYTES = 4 << 20  # ... with large records too; both are looked at between chunks
METADATA_INTERVAL = 5.0  # seconds between two looks for new partitions
METADATA_TIMEOUT = 4.0  # seconds
# When a topic is deleted and created again, librdkafka goes on in the new one at the old one's offset, and says
# nothing, a second (fetch.error.backoff.ms) after the old one is gone at the earliest. So for less than that after a
# broker has told the topic's id, what is fetched is of that topic; the rest is for brokers that hear late of it.
CONFIRMED = 0.25  # seconds

_LOST = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._LOG_TRUNCATION})
# librdkafka goes on by itself after these, and says so only for information.
_PASSING = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._RESOLVE,
        KafkaError.GROUP_AUTHORIZATION_FAILED,  # we use no group
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
    }
)
_TIMESTAMP_TYPES = "UCL"  # not available, create time, log append time: librdkafka's 0, 1, 2

_error, _partition, _offset = Message.error, Message.partition, Message.offset
_value, _key, _headers, _timestamp = Message.value, Message.key, Message.headers, Message.timestamp


class _Run:
    """Collect what one poll read of one partition."""

    __slots__ = ("eof", "first", "headers", "keys", "last", "offsets", "size", "times", "types", "values")

    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.offsets: list[int] = []
        self.times: list[int | None] = []
        self.types: list[str] = []
        self.keys: list[bytes | None] = []
        self.headers: list[str | None] = []
        self.size = 0
        self.first: Message | None = None
        self.last: Message | None = None
        self.eof: int | None = None  # the offset after all that the partition holds, if that was reached


class Questions(Protocol):
    """Ask the brokers about the topic, on another connection than the fetches, which keep theirs waiting.

    All of it blocks on the network, and raises UndefinedObjectError or SourceError.
    """

    def partitions(self) -> Mapping[int, bool]:
        """Find the partitions, and whether each has a leader."""
        ...

    def identity(self) -> str | None:
        """Give the topic's id, None if it has none."""
        ...

    def confirm(self) -> str | None:
        """Give the id of a topic that has one, with one request."""
        ...

    def extent(self, partition: int) -> tuple[int, int]:
        """Give the first offset that a partition holds, and the one after the last that can be read."""
        ...

    def starts(self, partitions: Collection[int]) -> Mapping[int, int]:
        """Find where to begin in partitions without a checkpoint; those not in it begin with their oldest record."""
        ...


class KafkaReader:
    """Implement StreamReader over librdkafka's consumer.

    ``properties`` are librdkafka's. One poll() returns at most one batch a partition, some thousand records in
    all, and only records of the topic whose id is ``identity`` (None: the one that is there at the first poll).
    One that was created under its name later is told by OffsetOutOfRangeError without a partition.
    """

    def __init__(
        self,
        properties: Mapping[str, Any],
        brokers: str,
        topic: str,
        checkpoints: Mapping[str, str],
        questions: Questions,
        columns: Collection[str] = (),
        only: Collection[str] | None = None,
        identity: str | None = None,
    ) -> None:
        self._brokers = brokers
        self._topic = topic
        self._only = None if only is None else {int(partition) for partition in only}
        self._questions = questions
        # Offsets to read next; a partition that has given nothing yet is not in it.
        self._positions = {int(partition): int(position) for partition, position in checkpoints.items()}
        self._assigned: dict[int, TopicPartition] = {}
        self._said: dict[int, int] = {}  # where each partition was last said to be at its head
        self._runs: dict[int, _Run] = {}  # read, but not given: it is not known to be of the topic
        self._identity = identity
        self._confirmed = -CONFIRMED  # when the brokers were last asked for it
        self._leaderless: frozenset[int] = frozenset()
        self._arrived = False  # records, since the last look
        self._hindered = False  # connections failed before the last look, and no records came
        self._looked_at = -math.inf
        self._with_time = "kafka_timestamp" in columns
        self._with_type = "kafka_timestamp_type" in columns
        self._with_key = "kafka_key" in columns
        self._with_headers = "kafka_headers" in columns
        self._errors = ErrorLog()
        self._failure: Exception | None = None  # found while records were in hand: told at the next poll
        self._look_at = time.monotonic()
        self._consumer: Consumer | None = Consumer({**properties, "error_cb": self._errors})

    def __repr__(self) -> str:
        return f"<KafkaReader {self._topic!r} at {self._brokers}, {len(self._assigned)} partitions>"

    def poll(self, timeout: float) -> list[Batch]:
        """Return what has been fetched, or wait for the first record. See StreamReader.poll."""
        consumer = self._consumer
        if consumer is None:
            return []
        if self._failure is not None:
            failure = self._failure
            # A lost position stays lost until the reader is opened anew.
            if not isinstance(failure, OffsetOutOfRangeError):
                self._failure = None
            raise failure
        now = time.monotonic()
        if now >= self._look_at:
            self._look(consumer, now)
        runs = self._runs
        try:
            with translated(f'reading topic "{self._topic}"', self._brokers, log=self._errors):
                self._drain(consumer, runs, max(0.0, min(timeout, self._look_at - now)))
        except SourceError as error:
            self._failure = error  # after what is in hand, which would not come again
        if self._errors.all_down:
            self._errors.all_down = False
            self._look_at = min(self._look_at, time.monotonic() + 1)  # asks, and raises if nobody answers
        if runs:
            self._confirm()
            self._runs = {}
        batches = [
            self._batch(consumer, partition, run)
            for partition, run in runs.items()
            # While a partition cannot be read, the others' being at their ends does not mean that all is well.
            if run.offsets or (self._said.get(partition) != run.eof and not self._leaderless)
        ]
        if batches:
            return batches
        if self._errors.refused is not None:
            refused, self._errors.refused = self._errors.refused, None
            raise SourceAuthError(f"Kafka at {self._brokers} refused the credentials: {refused.str()}")
        if self._failure is not None:
            return self.poll(0)
        return []

    def close(self) -> None:
        """Close the connections; the fetched rest is dropped."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaException, RuntimeError):  # nothing is committed by it, so nothing can be lost
                consumer.close()

    # ---- partitions

    def _look(self, consumer: Consumer, now: float) -> None:
        """Assign the partitions that are not read yet; also the proof that the brokers are there."""
        try:
            partitions = self._questions.partitions()
            if not self._assigned and self._identity is None:
                self._identity = self._questions.identity()
        except UndefinedObjectError as error:
            # As it may exist again, and existed when the reader was opened.
            raise SourceError(str(error)) from error
        finally:
            # If it fails, the polls of the next second give what is fetched, and hear why it failed.
            self._look_at = time.monotonic() + 1
        found = sorted(partitions if self._only is None else self._only & partitions.keys())
        for partition, position in self._positions.items():
            if partition not in partitions and (self._only is None or partition in self._only):
                self._failure = self._lost(partition, position, "the partition does not exist any more", None)
                raise self._failure
        new = [partition for partition in found if partition not in self._assigned]
        unread = [partition for partition in new if partition not in self._positions]
        starts = self._questions.starts(unread) if unread else {}
        if new:
            places = {
                partition: TopicPartition(
                    self._topic,
                    partition,
                    self._positions.get(partition, starts.get(partition, OFFSET_BEGINNING)),
                )
                for partition in new
            }
            with translated(f'reading topic "{self._topic}"', self._brokers, log=self._errors):
                # Tells the client where they are; it would find out by itself, but half a second later.
                consumer.list_topics(self._topic, timeout=METADATA_TIMEOUT)
                consumer.incremental_assign(list(places.values()))
            self._assigned.update(places)
            self._confirmed = -CONFIRMED  # librdkafka asks for the topic again, and takes whichever it finds
        self._look_at = now + METADATA_INTERVAL
        self._check_progress(frozenset(partition for partition in found if not partitions[partition]))

    def _check_progress(self, leaderless: frozenset[int]) -> None:
        """Raise what keeps records away while other brokers answer, if none came since the last look either."""
        if leaderless - self._leaderless:
            told = {"stream": self._topic, "partitions": sorted(leaderless)}
            logger.warning("stream %r: partitions %s have no leader", *told.values(), extra=told)
        lasting, hindered = leaderless & self._leaderless, self._hindered and not self._arrived
        cause = self._errors.cause(self._looked_at)
        self._leaderless, self._arrived = leaderless, False
        self._hindered = cause is not None or bool(leaderless)
        self._looked_at = time.monotonic()
        if not hindered:
            return
        if lasting:
            raise SourceError(f'partitions {sorted(lasting)} of stream "{self._topic}" have no leader')
        if cause is not None:
            raise translation(cause, f'reading topic "{self._topic}"', self._brokers)
        for partition in self._assigned:
            self._questions.extent(partition)  # asks its leader: a connection that fails is told of once

    def _confirm(self) -> None:
        """See that what was fetched until now is of the topic that is read."""
        now = time.monotonic()
        if self._identity is None or now - self._confirmed < CONFIRMED:
            return
        try:
            found = self._questions.confirm()
        except UndefinedObjectError as error:
            raise SourceError(str(error)) from error
        if found != self._identity:
            self._runs = {}
            self._failure = OffsetOutOfRangeError(
                f'stream "{self._topic}" was deleted and created again while it was read',
                hint="None of the new stream's records were taken.",
            )
            raise self._failure
        self._confirmed = now

    def _again(self, partition: int, offset: int) -> None:
        """Fetch a partition from an offset once more, dropping what is fetched of it."""
        assert self._consumer is not None
        place = TopicPartition(self._topic, partition, offset)
        self._consumer.incremental_unassign([place])
        self._consumer.incremental_assign([place])

    # ---- records

    def _drain(self, consumer: Consumer, runs: dict[int, _Run], timeout: float) -> None:
        messages = consumer.consume(CHUNK, 0)
        if not messages:
            # Not consume(), which would wait for all of its 500.
            first = consumer.poll(timeout)
            messages = [first] if first is not None else []
        records = size = 0
        while messages:
            size += self._collect(runs, messages)
            records += len(messages)
            if records >= MAX_RECORDS or size >= MAX_BYTES or self._failure is not None:
                break
            messages = consumer.consume(CHUNK, 0)

    def _collect(self, runs: dict[int, _Run], messages: list[Message]) -> int:
        """Sort messages into runs; give the payload bytes added."""
        if any(map(_error, messages)):
            good: list[Message] = []
            broken: set[int | None] = set()
            size = 0
            for message in messages:
                error = message.error()
                if error is None:
                    if message.partition() not in broken:
                        good.append(message)
                    continue
                if good:
                    size += self._collect(runs, good)
                    good = []
                if not self._event(runs, message, error):
                    broken.add(message.partition())  # what follows in hand would leave a gap
            if good:
                size += self._collect(runs, good)
            return size
        partitions = list(map(_partition, messages))
        if partitions.count(partitions[0]) == len(partitions):
            return self._append(runs, partitions[0], messages)
        at = size = 0
        for partition, group in groupby(partitions):
            end = at + sum(1 for _ in group)
            size += self._append(runs, partition, messages[at:end])
            at = end
        return size

    def _append(self, runs: dict[int, _Run], partition: int | None, messages: list[Message]) -> int:
        assert partition is not None
        self._arrived = True
        run = runs.get(partition)
        if run is None:
            run = runs[partition] = _Run()
        if run.first is None:
            run.first = messages[0]
        run.last = messages[-1]
        run.eof = None
        values = list(map(_value, messages))
        run.values += values
        run.offsets += map(_offset, messages)  # type: ignore[arg-type]  # never None without an error
        if self._with_time:
            # At once: keeping the pairs until the end of the poll would occupy the garbage collector.
            times = [pair[1] for pair in map(_timestamp, messages)]
            run.times += times if min(times) >= 0 else [time if time >= 0 else None for time in times]
        if self._with_type:
            run.types += [_TIMESTAMP_TYPES[pair[0]] for pair in map(_timestamp, messages)]
        if self._with_key:
            run.keys += map(_key, messages)
        if self._with_headers:
            run.headers += map(headers_json, map(_headers, messages))
        try:
            size = sum(map(len, values))  # type: ignore[arg-type]  # TypeError for tombstones, which are rare
        except TypeError:
            size = sum(map(len, filter(None, values)))
        run.size += size
        return size

    def _batch(self, consumer: Consumer, partition: int, run: _Run) -> Batch:
        position = self._positions.get(partition)
        end = max(run.offsets[-1] + 1 if run.offsets else 0, run.eof or 0)
        self._positions[partition] = end
        columns: dict[str, Sequence[Any]] = {"kafka_value": run.values, "kafka_offset": run.offsets}
        if self._with_time:
            columns["kafka_timestamp"] = run.times
        if self._with_type:
            columns["kafka_timestamp_type"] = run.types
        if self._with_key:
            columns["kafka_key"] = run.keys
        if self._with_headers:
            columns["kafka_headers"] = run.headers
        last_ms = _time_ms(run.last)
        # The fetch that brought the last record also brought the head of that moment. Where a transaction is
        # open the head is further than committed records go; then only the end that librdkafka reports counts.
        high = -1
        with suppress(KafkaException):
            high = consumer.get_watermark_offsets(self._assigned[partition], cached=True)[1]
        behind = max(high - end, 0) if high >= 0 else None
        if run.eof is not None:
            behind = 0
        behind_ms = 0 if behind == 0 else None
        if behind and last_ms is not None:
            behind_ms = max(int(clock.seconds() * 1000) - last_ms, 0)
        if behind == 0:
            self._said[partition] = end
        return Batch(
            partition=str(partition),
            start=None if position is None else str(position),
            end=str(end),
            columns=columns,
            count=len(run.values),
            size=run.size,
            first_ms=_time_ms(run.first),
            last_ms=last_ms,
            caught_up_at=time.monotonic() if behind == 0 else None,
            behind=behind,
            behind_ms=behind_ms,
        )

    # ---- errors

    def _event(self, runs: dict[int, _Run], message: Message, error: KafkaError) -> bool:
        """Take a message that is no record: the end of a partition, or an error.

        Return whether the partition's next messages continue its last ones.
        """
        code, partition = error.code(), message.partition()
        mine = partition is not None and partition in self._assigned
        if code == KafkaError._PARTITION_EOF:
            if mine:
                assert partition is not None
                runs.setdefault(partition, _Run()).eof = message.offset()
            return True
        position = self._positions.get(partition) if partition is not None else None
        run = runs.get(partition) if partition is not None else None
        if run is not None and run.offsets:
            position = run.offsets[-1] + 1
        if code in _LOST and mine:
            assert partition is not None
            if position is None:
                # Retention removed the oldest record between finding and reading it; nothing was promised.
                told = {"partition": str(partition), "stream": self._topic}
                logger.info("partition %s of %r: %s; begins again", *told.values(), error.str(), extra=told)
                self._again(partition, OFFSET_BEGINNING)
            elif code == KafkaError._LOG_TRUNCATION:
                self._failure = self._lost(partition, position, error.str(), message.offset())
            else:
                self._failure = self._out_of_range(partition, position, error)
            return False
        if is_missing_topic(error):
            self._failure = SourceError(f'stream "{self._topic}" does not exist')
            self._look_at = time.monotonic()
        elif is_auth(error) and code != KafkaError.GROUP_AUTHORIZATION_FAILED:
            self._failure = translation(error, f'reading topic "{self._topic}"', self._brokers)
        elif code in _PASSING or not mine or error.retriable() or message.offset() is None:
            # Without an offset it is not about records, but for example about the group, which nobody joins.
            logger.info("reading topic %r: %s", self._topic, error.str(), extra={"stream": self._topic})
        else:
            # Such as a broken batch. librdkafka would go on behind it; go back, for nothing may be left out.
            assert partition is not None
            self._again(partition, OFFSET_BEGINNING if position is None else position)
            where = f"partition {partition}, offset {message.offset()}"
            self._failure = SourceError(f'topic "{self._topic}" cannot be read at {where}: {error.str()}')
            return False
        return True

    def _out_of_range(self, partition: int, position: int, error: KafkaError) -> SourceError:
        earliest: int | None = None
        with suppress(Error):
            earliest, end = self._questions.extent(partition)
            if earliest <= position <= end:
                # A leader that was behind said so, and is not any more. Nothing is lost, and nothing may be read again.
                self._again(partition, position)
                return SourceError(f'stream "{self._topic}", partition {partition}: {error.str()}')
        return self._lost(partition, position, error.str(), earliest)

    def _lost(self, partition: int, position: int, why: str, goes_on: int | None) -> OffsetOutOfRangeError:
        what = f"offset {position} of partition {partition}"
        return OffsetOutOfRangeError(
            f'stream "{self._topic}" does not hold {what} (any more): {why}',
            partition=str(partition),
            position=str(position),
            earliest=None if goes_on is None else str(goes_on),
            hint="Records may have passed the topic's retention, or the topic was deleted and created again.",
        )


def _time_ms(message: Message | None) -> int | None:
    if message is None:
        return None
    milliseconds = message.timestamp()[1]
    return milliseconds if milliseconds >= 0 else None  # -1: not available


def headers_json(headers: Any) -> str | None:
    """Write a record's headers as the JSON object that ``kafka_headers`` (SUPER) holds; None for no headers.

    A value that is not UTF-8 becomes the hex text of its bytes, as VARBYTE prints. Repeated names are not
    supported by Redshift; here the last one stays.
    """
    if not headers:
        return None
    return json.dumps(
        {name: _header_text(value) for name, value in headers}, ensure_ascii=False, separators=(",", ":")
    )


def _header_text(value: str | bytes | None) -> str | None:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
