"""The Kafka reader against errors that no broker gives on demand: a consumer that plays a script."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, Message, TopicPartition

from streamdialect.errors import OffsetOutOfRangeError, SourceAuthError, SourceError, UndefinedObjectError
from streamdialect.sources import kafka_reader
from streamdialect.sources.kafka_reader import KafkaReader, headers_json
from tests.sources.reading import Reading


class Script:
    """Stand for confluent_kafka.Consumer: topic "t" with partitions 0 and 1, and messages as told."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.report = properties["error_cb"]
        self.queue: list[Message] = []
        self.assigned: list[tuple[int, int]] = []

    def list_topics(self, topic: str, timeout: float) -> None:
        return None

    def incremental_assign(self, places: list[TopicPartition]) -> None:
        self.assigned += [(place.partition, place.offset) for place in places]

    def incremental_unassign(self, places: list[TopicPartition]) -> None:
        for place in places:
            self.queue = [message for message in self.queue if message.partition() != place.partition]

    def consume(self, count: int, timeout: float) -> list[Message]:
        taken, self.queue = self.queue[:count], self.queue[count:]
        return taken

    def poll(self, timeout: float) -> None:
        return None

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        return -1001, -1001

    def close(self) -> None:
        self.queue = []


class Brokers:
    """Answer a reader's questions: two partitions, with leaders."""

    def __init__(self) -> None:
        self.leaders = {0: True, 1: True}
        self.topic_id: str | Exception | None = "first"

    def partitions(self) -> dict[int, bool]:
        return self.leaders

    def identity(self) -> str | None:
        return self.confirm()

    def confirm(self) -> str | None:
        if isinstance(self.topic_id, Exception):
            raise self.topic_id
        return self.topic_id

    def extent(self, partition: int) -> tuple[int, int]:
        return 17, 20

    def starts(self, partitions: Collection[int]) -> dict[int, int]:
        return {}


def message(*arguments: Any, **options: Any) -> Message:
    try:
        return Message(*arguments, **options)
    except TypeError:
        pytest.skip("this confluent-kafka does not let Python make messages")


def record(partition: int, offset: int) -> Message:
    return message("t", partition, offset, None, b"%d" % offset, timestamp=(1, 5))


def event(code: int, partition: int = 0, offset: int = -1001) -> Message:
    return message("t", partition, offset, error=KafkaError(code, "as told"))


def brokers(reading: Reading) -> Brokers:
    """Give what answers a reader's questions."""
    reader: Any = reading.reader
    found: Brokers = reader._questions
    return found


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Reading, Script]]:
    def play(*messages: Message, **checkpoints: str) -> tuple[Reading, Script]:
        monkeypatch.setattr(kafka_reader, "Consumer", Script)
        reader = KafkaReader({}, "broker:1", "t", checkpoints, Brokers())
        script: Any = reader._consumer
        script.queue += messages
        return Reading(reader, checkpoints), script

    return play


def test_records_before_an_error_are_given_first(play: Callable[..., tuple[Reading, Script]]) -> None:
    refused = event(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    reading, _ = play(record(0, 0), record(1, 0), record(0, 1), refused, record(1, 1), record(0, 2))
    reading.poll()
    assert reading.checkpoints == {"0": "3", "1": "2"}
    with pytest.raises(SourceAuthError, match=r"Kafka at broker:1 refused the credentials.*as told"):
        reading.poll()
    assert reading.poll() == []


def test_after_a_broken_batch_nothing_is_left_out(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, script = play(record(0, 0), event(KafkaError._BAD_MSG, 0, 1), record(0, 5), **{"1": "7"})
    reading.poll()
    script.queue.append(record(1, 7))
    with pytest.raises(SourceError, match="partition 0, offset 1: as told"):
        reading.poll()
    assert script.assigned == [(0, OFFSET_BEGINNING), (1, 7), (0, 1)]
    reading.poll()
    assert reading.checkpoints == {"0": "1", "1": "8"}


def test_a_beginning_that_moves_on_is_no_error(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, script = play(event(KafkaError._AUTO_OFFSET_RESET))
    assert reading.poll() == []
    assert script.assigned[2:] == [(0, OFFSET_BEGINNING)]


def test_a_position_that_is_lost_while_reading(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, _ = play(record(0, 4), event(KafkaError._AUTO_OFFSET_RESET))
    reading.poll()
    with pytest.raises(OffsetOutOfRangeError) as caught:
        reading.poll()
    assert (caught.value.partition, caught.value.position, caught.value.earliest) == ("0", "5", "17")


@pytest.mark.parametrize(
    "code", [KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError.GROUP_AUTHORIZATION_FAILED]
)
def test_what_librdkafka_mends_is_not_told(play: Callable[..., tuple[Reading, Script]], code: int) -> None:
    reading, _ = play(record(0, 0), event(code), event(code, 5), event(KafkaError._BAD_MSG, 5))
    reading.poll()
    assert reading.poll() == []
    assert reading.checkpoints == {"0": "1"}


def test_a_topic_deleted_while_reading(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, _ = play(event(KafkaError.UNKNOWN_TOPIC_OR_PART))
    with pytest.raises(SourceError, match='stream "t" does not exist'):
        reading.poll()


def test_a_refused_password_is_told_once(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, script = play()
    script.report(KafkaError(KafkaError._AUTHENTICATION, "wrong password"))
    with pytest.raises(SourceAuthError, match="wrong password"):
        reading.poll()
    assert reading.poll() == []


def test_an_end_after_records_that_are_no_records_moves_the_checkpoint(
    play: Callable[..., tuple[Reading, Script]],
) -> None:
    reading, script = play(record(0, 3), event(KafkaError._PARTITION_EOF, 0, 9))
    (batch,) = reading.poll()
    assert (batch.start, batch.end, batch.count, batch.behind, batch.behind_ms) == (None, "9", 1, 0, 0)
    assert batch.caught_up_at is not None
    script.queue.append(event(KafkaError._PARTITION_EOF, 0, 9))
    assert reading.poll() == []
    script.queue.append(event(KafkaError._PARTITION_EOF, 0, 11))
    (batch,) = reading.poll()
    assert (batch.start, batch.end, batch.count) == ("9", "11", 0)


def test_headers_are_an_object() -> None:
    assert headers_json(None) is headers_json([]) is None
    assert headers_json([("a", b"\xc3\x28"), ("b", "text")]) == '{"a":"c328","b":"text"}'


def test_records_are_given_once_the_topic_is_known_to_be_the_one(
    play: Callable[..., tuple[Reading, Script]],
) -> None:
    reading, script = play(record(0, 0))
    reading.poll()
    brokers(reading).topic_id = SourceError("nobody answers")
    script.queue.append(record(0, 1))
    reading.poll()  # so soon after that it is still known
    assert reading.checkpoints == {"0": "2"}
    time.sleep(kafka_reader.CONFIRMED)
    script.queue.append(record(0, 2))
    for _ in range(2):
        with pytest.raises(SourceError, match="nobody answers"):
            reading.poll()
    brokers(reading).topic_id = "first"
    reading.poll()
    assert reading.checkpoints == {"0": "3"}


def test_records_of_a_topic_that_was_created_again_are_not_given(
    play: Callable[..., tuple[Reading, Script]],
) -> None:
    reading, script = play(record(0, 0))
    reading.poll()
    time.sleep(kafka_reader.CONFIRMED)
    brokers(reading).topic_id = "second"
    script.queue.append(record(0, 1))
    for _ in range(2):
        with pytest.raises(OffsetOutOfRangeError, match="deleted and created again") as caught:
            reading.poll()
        assert caught.value.partition is None
    assert reading.checkpoints == {"0": "1"}


def test_a_topic_that_is_gone_gives_nothing(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, _ = play(record(0, 0))
    brokers(reading).topic_id = UndefinedObjectError('stream "t" does not exist')
    with pytest.raises(SourceError, match='stream "t" does not exist'):
        reading.poll()
    assert reading.checkpoints == {}


def test_brokers_without_topic_ids_are_not_asked_again(play: Callable[..., tuple[Reading, Script]]) -> None:
    reading, script = play()
    brokers(reading).topic_id = None
    reading.poll()
    brokers(reading).topic_id = AssertionError("asked")
    script.queue.append(record(0, 0))
    reading.poll()
    assert reading.checkpoints == {"0": "1"}


def test_a_position_that_is_in_range_after_all_is_read_on(
    play: Callable[..., tuple[Reading, Script]],
) -> None:
    """A new leader that is behind says that the offset is beyond its end; then it has caught up."""
    reading, script = play(event(KafkaError.OFFSET_OUT_OF_RANGE), **{"0": "18"})
    with pytest.raises(SourceError) as caught:
        reading.poll()
    assert not isinstance(caught.value, OffsetOutOfRangeError)
    assert script.assigned[2:] == [(0, 18)]
    script.queue.append(record(0, 18))
    reading.poll()
    assert reading.checkpoints == {"0": "19"}


@pytest.mark.parametrize(
    ("code", "goes_on"), [(KafkaError.OFFSET_OUT_OF_RANGE, "17"), (KafkaError._LOG_TRUNCATION, "9")]
)
def test_where_a_lost_position_can_go_on(
    play: Callable[..., tuple[Reading, Script]], code: int, goes_on: str
) -> None:
    reading, _ = play(event(code, 0, 9), **{"0": "12"})
    with pytest.raises(OffsetOutOfRangeError) as caught:
        reading.poll()
    assert (caught.value.position, caught.value.earliest) == ("12", goes_on)
