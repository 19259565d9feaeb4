"""The Kinesis reader against answers written here: errors, resharding, pace. Only waits move the clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from streamdialect.errors import OffsetOutOfRangeError, SourceAuthError, SourceError
from streamdialect.sources import BEGINNING_OF_PARTITION, END_OF_PARTITION, ReadBounds
from streamdialect.sources.kinesis_quota import GetRecordsQuota
from streamdialect.sources.kinesis_reader import (
    LIMIT,
    MAX_TRIES,
    RELIST_INTERVAL,
    TIP_INTERVAL,
    KinesisReader,
)

ARRIVED = 1_700_000_000.5  # when all records here arrived
HOUR = 3600.0


class Time:
    """Be a clock that only waits move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def time_now(self) -> float:
        return ARRIVED + self.now - 1000

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


class Script:
    """Play a Kinesis: queue the answers, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.client = boto3.client("kinesis", region_name="us-east-1")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.time = Time()
        self.quota = GetRecordsQuota()

    def reader(self, checkpoints: Mapping[str, str] | None = None, **options: Any) -> KinesisReader:
        options = {
            "quota": self.quota,
            "clock": self.time.clock,
            "time_now": self.time.time_now,
            "wait": self.time.wait,
            **options,
        }
        return KinesisReader(self.client, "s", checkpoints or {}, **options)

    def shards(self, *descriptions: str | tuple[str, ...], **answer: Any) -> None:
        """List shards; a tuple names a shard and its parents."""
        shards = []
        for description in descriptions:
            name, *parents = (description,) if isinstance(description, str) else description
            shard: dict[str, Any] = {
                "ShardId": name,
                "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
                "SequenceNumberRange": {"StartingSequenceNumber": "1"},
            }
            shard.update(zip(("ParentShardId", "AdjacentParentShardId"), parents, strict=False))
            shards.append(shard)
        self.stub.add_response("list_shards", {"Shards": shards}, answer or {"StreamName": "s"})

    def iterator(self, name: str, shard: str, kind: str = "TRIM_HORIZON", **rest: Any) -> None:
        expected = {"StreamName": "s", "ShardId": shard, "ShardIteratorType": kind, **rest}
        self.stub.add_response("get_shard_iterator", {"ShardIterator": name}, expected)

    def records(self, iterator: str, *values: str, then: str | None, behind: int = 0) -> None:
        records = [
            {
                "SequenceNumber": value,
                "Data": value.encode(),
                "PartitionKey": "k",
                "ApproximateArrivalTimestamp": ARRIVED,
            }
            for value in values
        ]
        answer: dict[str, Any] = {"Records": records, "MillisBehindLatest": behind}
        if then is not None:
            answer["NextShardIterator"] = then
        self.stub.add_response("get_records", answer, {"ShardIterator": iterator, "Limit": LIMIT})

    def error(self, code: str, call: str = "get_records", status: int = 400) -> None:
        self.stub.add_client_error(call, code, "as told", http_status_code=status)

    def done(self) -> None:
        self.stub.assert_no_pending_responses()


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    yield script
    script.client.close()


def values(reader: KinesisReader, timeout: float = 60) -> list[bytes]:
    return [value for batch in reader.poll(timeout) for value in batch.columns["kinesis_data"]]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("KMSThrottlingException", 400),
        ("LimitExceededException", 400),
        ("InternalFailure", 500),
        ("Anything", 503),
    ],
)
def test_throttling_is_waited_out(script: Script, code: str, status: int) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    for _ in range(MAX_TRIES - 1):
        script.error(code, status=status)
    script.records("i1", "1", then="i2")
    reader = script.reader()
    assert values(reader) == [b"1"]
    pauses = [wait for wait in script.time.waits if wait > 0.21]
    assert pauses[-1] > pauses[0]
    script.done()


def test_throttling_without_end_is_told_and_the_reader_goes_on(script: Script) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    for _ in range(MAX_TRIES):
        script.error("ProvisionedThroughputExceededException")
    script.iterator("i2", "a")
    script.records("i2", "1", then="i3")
    reader = script.reader()
    with pytest.raises(SourceError, match="ProvisionedThroughputExceededException: as told"):
        reader.poll(60)
    assert values(reader) == [b"1"]
    script.done()


def test_throttling_of_one_shard_does_not_hold_up_another(script: Script) -> None:
    script.shards("a", "b")
    script.iterator("a1", "a")
    script.error("ProvisionedThroughputExceededException")
    script.iterator("b1", "b")
    script.records("b1", "1", then="b2")
    assert values(script.reader(), 0.1) == [b"1"]
    assert script.time.waits == []
    script.done()


def test_an_expired_iterator_is_renewed_from_the_last_record(script: Script) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "7", then="i2")
    script.error("ExpiredIteratorException")
    script.iterator("i3", "a", "AT_SEQUENCE_NUMBER", StartingSequenceNumber="7")
    script.records("i3", "7", "8", then="i4")
    reader = script.reader()
    assert values(reader) == [b"7"]
    assert values(reader) == [b"8"]
    script.done()


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"]
)
def test_refused_credentials(script: Script, code: str) -> None:
    script.error(code, "list_shards")
    script.shards("a")
    script.error(code, "get_shard_iterator")
    script.iterator("i1", "a")
    script.error(code)
    reader = script.reader()
    for _ in range(3):
        with pytest.raises(SourceAuthError, match=f"AWS refused the credentials while .*{code}: as told"):
            reader.poll(60)
    script.done()


def test_a_position_that_the_service_refuses_is_out_of_range(script: Script) -> None:
    script.shards("a")
    script.error("InvalidArgumentException", "get_shard_iterator")
    with pytest.raises(OffsetOutOfRangeError, match=r"number 7 of shard a .*as told") as caught:
        script.reader({"a": "7"}).poll(60)
    assert (caught.value.partition, caught.value.position) == ("a", "7")


def test_a_position_in_a_shard_that_is_gone_is_out_of_range(script: Script) -> None:
    for _ in range(2):
        script.shards("b")
    reader = script.reader({"a": "7", "c": END_OF_PARTITION})
    for _ in range(2):
        with pytest.raises(OffsetOutOfRangeError) as caught:
            reader.poll(60)
        assert (caught.value.partition, caught.value.position) == ("a", "7")


def test_a_position_before_the_beginning_of_its_shard_is_out_of_range(script: Script) -> None:
    for _ in range(2):
        script.shards("a")  # begins at 1
    reader = script.reader({"a": "0"})
    for _ in range(2):
        with pytest.raises(OffsetOutOfRangeError, match="the shard begins at 1"):
            reader.poll(60)


def test_a_position_not_found_in_a_shard_that_is_there_is_out_of_range(script: Script) -> None:
    script.shards("a")
    script.error("ResourceNotFoundException", "get_shard_iterator")
    script.shards("a")
    with pytest.raises(OffsetOutOfRangeError):
        script.reader({"a": "7"}).poll(60)
    script.done()


# --- records that expired unread ------------------------------------------------------------------------


def continued(script: Script, position: str = "7") -> None:
    script.shards("a")
    script.iterator("i1", "a", "AT_SEQUENCE_NUMBER", StartingSequenceNumber=position)


def retention(script: Script, hours: int = 24) -> None:
    summary = {
        "StreamName": "s",
        "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
        "StreamStatus": "ACTIVE",
        "RetentionPeriodHours": hours,
        "StreamCreationTimestamp": ARRIVED,
        "EnhancedMonitoring": [],
        "OpenShardCount": 1,
    }
    script.stub.add_response(
        "describe_stream_summary", {"StreamDescriptionSummary": summary}, {"StreamName": "s"}
    )


def test_the_last_record_is_asked_for_again_and_left_out(script: Script) -> None:
    continued(script)
    script.records("i1", "7", "8", then="i2")
    script.records("i2", then="i3")
    reader = script.reader({"a": "7"})
    (batch,) = reader.poll(60)
    assert (batch.start, batch.end, batch.count, batch.columns["sequence_number"]) == ("7", "8", 1, ["8"])
    (batch,) = reader.poll(60)
    assert (batch.start, batch.end) == ("8", "8")
    script.done()


@pytest.mark.parametrize("ago", [None, 23.9 * HOUR, -HOUR])
def test_an_answer_that_begins_later_is_a_loss(script: Script, ago: float | None) -> None:
    continued(script)
    script.records("i1", "9", then="i2")
    if ago is not None and ago > 0:  # a time to come says nothing
        retention(script)
    known = {} if ago is None else {"a": ARRIVED - ago}
    with pytest.raises(OffsetOutOfRangeError, match=r"number 7 .*the oldest record is 9") as caught:
        script.reader({"a": "7"}, complete=known).poll(60)
    assert (caught.value.partition, caught.value.position, caught.value.earliest) == ("a", "7", "9")
    script.done()


@pytest.mark.parametrize(("hours", "ago"), [(24, 23.5), (168, 100)])
def test_no_loss_if_the_shard_was_complete_within_the_retention(
    script: Script, hours: int, ago: float
) -> None:
    continued(script)
    script.records("i1", "9", then="i2")
    retention(script, hours)
    reader = script.reader({"a": "7"}, complete={"a": ARRIVED - ago * HOUR})
    assert [(batch.start, batch.end, batch.count) for batch in reader.poll(60)] == [("7", "9", 1)]
    script.done()


@pytest.mark.parametrize("answered", ["empty", "refused", "stuck"])
@pytest.mark.parametrize("complete", [False, True])
def test_however_the_service_answers_for_an_expired_record(
    script: Script, answered: str, complete: bool
) -> None:
    """It may give nothing, refuse the number, or leave the iterator before the oldest record for ever."""
    day = 86_400_000
    if answered == "refused":
        script.shards("a")
        script.error("InvalidArgumentException", "get_shard_iterator")
    else:
        continued(script)
        script.records("i1", then="i2", behind=day if answered == "stuck" else 0)
    if answered == "stuck":
        retention(script)
    if complete:
        retention(script)
    if not complete or answered != "empty":
        script.iterator("oldest", "a")
    known = {"a": ARRIVED - HOUR} if complete else {}
    reader = script.reader({"a": "7"}, complete=known)
    if complete:
        if answered != "empty":
            script.records("oldest", "9", then="i3")
        assert values(reader) == ([] if answered == "empty" else [b"9"])
    else:
        found = {
            "Records": [{"SequenceNumber": "9", "Data": b"9", "PartitionKey": "k"}],
            "MillisBehindLatest": 0,
        }
        script.stub.add_response("get_records", found, {"ShardIterator": "oldest", "Limit": 1})
        with pytest.raises(OffsetOutOfRangeError) as caught:
            reader.poll(60)
        assert (caught.value.position, caught.value.earliest) == ("7", "9")
    script.done()


def test_empty_answers_on_the_way_to_a_record_are_no_loss(script: Script) -> None:
    continued(script)
    script.records("i1", then="i2", behind=5_000_000)
    retention(script)
    script.records("i2", "7", "8", then="i3")
    reader = script.reader({"a": "7"})
    assert values(reader) == []
    assert values(reader) == [b"8"]
    script.done()


def test_a_reader_that_is_a_day_behind_makes_sure_before_each_answer(script: Script) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "7", then="i2", behind=90_000_000)
    script.shards("a")
    script.iterator("i3", "a", "AT_SEQUENCE_NUMBER", StartingSequenceNumber="7")
    script.records("i3", "9", then="i4", behind=90_000_000)
    retention(script)
    reader = script.reader()
    assert values(reader) == [b"7"]
    script.time.now += 24 * HOUR
    with pytest.raises(OffsetOutOfRangeError) as caught:
        reader.poll(60)
    assert (caught.value.position, caught.value.earliest) == ("7", "9")
    script.done()


@pytest.mark.parametrize("ago", [1, 30])
def test_a_shard_that_was_empty_long_ago_may_have_lost_records(script: Script, ago: float) -> None:
    beginning = BEGINNING_OF_PARTITION
    script.shards("a")
    if ago > 24:
        retention(script)
        script.iterator("oldest", "a")
        found = {"Records": [], "MillisBehindLatest": 0}
        script.stub.add_response("get_records", found, {"ShardIterator": "oldest", "Limit": 1})
    else:
        script.iterator("i1", "a")
        script.records("i1", "9", then="i2")
    reader = script.reader({"a": beginning}, complete={"a": ARRIVED - ago * HOUR})
    if ago > 24:
        with pytest.raises(OffsetOutOfRangeError, match="the beginning of shard a") as caught:
            reader.poll(60)
        assert (caught.value.position, caught.value.earliest) == (beginning, None)
    else:
        assert [(batch.start, batch.end) for batch in reader.poll(60)] == [(beginning, "9")]
    script.done()


def test_a_shard_that_came_and_went_unread_is_a_loss(script: Script) -> None:
    script.shards(("d", "b", "c"))
    reader = script.reader({"a": END_OF_PARTITION}, complete={"a": ARRIVED})
    with pytest.raises(OffsetOutOfRangeError, match="the beginning of shard b") as caught:
        reader.poll(60)
    assert (caught.value.partition, caught.value.earliest) == ("b", END_OF_PARTITION)
    script.shards(("d", "b", "c"))
    script.iterator("d1", "d")
    script.records("d1", "9", then="d2")
    # Known to be over, or before anything was read at all.
    ends = dict.fromkeys("abc", END_OF_PARTITION)
    assert values(script.reader(ends, complete={"a": ARRIVED})) == [b"9"]
    script.done()


def test_a_number_that_is_refused_while_reading_is_judged_anew(script: Script) -> None:
    """The stream may have been made anew: whoever reads has to look."""
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "7", then="i2")
    script.error("ExpiredIteratorException")
    script.error("InvalidArgumentException", "get_shard_iterator")
    reader = script.reader()
    assert values(reader) == [b"7"]
    with pytest.raises(SourceError, match="has to be read anew: as told") as caught:
        reader.poll(60)
    assert type(caught.value) is SourceError
    script.done()


def test_a_bound_that_a_shard_does_not_know_reads_all_of_it(script: Script) -> None:
    script.shards("a")
    script.error("InvalidArgumentException", "get_shard_iterator")
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2")
    assert values(script.reader(bounds=ReadBounds(first="5"))) == [b"1"]
    script.done()


def test_children_start_when_all_their_listed_parents_have_ended(script: Script) -> None:
    listing = ("a", "b", ("c", "a", "b"), ("d", "gone"))
    script.shards(*listing)
    script.iterator("a1", "a")
    script.records("a1", "1", then=None)
    script.shards(*listing)
    script.iterator("b1", "b")
    script.records("b1", then="b2", behind=500)
    script.iterator("d1", "d")
    script.records("d1", "2", then="d2")
    script.records("b2", "3", then=None)
    script.shards(*listing)
    script.iterator("c1", "c")
    script.records("c1", "4", then="c2")
    reader = script.reader()
    batches = [batch for _ in range(5) for batch in reader.poll(60) if batch.start is not None]
    assert [(batch.partition, batch.end, batch.behind_ms) for batch in batches] == [
        ("a", END_OF_PARTITION, 0),
        ("b", BEGINNING_OF_PARTITION, 500),
        ("d", "2", 0),
        ("b", END_OF_PARTITION, 0),
        ("c", "4", 0),
    ]
    assert batches[1].caught_up_at is None
    script.done()


def test_an_ended_parent_is_not_read_again(script: Script) -> None:
    script.shards("a", ("b", "a"))
    script.iterator("b1", "b")
    script.records("b1", "1", then="b2")
    assert values(script.reader({"a": END_OF_PARTITION})) == [b"1"]
    script.done()


def test_listings_come_in_pages(script: Script) -> None:
    page = {"Shards": [], "NextToken": "more"}
    script.stub.add_response("list_shards", page, {"StreamName": "s"})
    script.shards("a", NextToken="more")  # never with the name
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2")
    assert values(script.reader()) == [b"1"]
    script.done()


def test_new_shards_are_looked_for_now_and_then(script: Script) -> None:
    script.shards()
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2")
    assert values(script.reader(), RELIST_INTERVAL + 1) == [b"1"]
    assert sum(script.time.waits) == pytest.approx(RELIST_INTERVAL)
    script.done()


def test_a_poll_waits_no_longer_than_it_may(script: Script) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", then="i2")
    reader = script.reader()
    begun, batch = reader.poll(0.1)
    assert (begun.start, begun.end, begun.caught_up_at) == (None, BEGINNING_OF_PARTITION, None)
    assert (batch.start, batch.end) == (BEGINNING_OF_PARTITION, BEGINNING_OF_PARTITION)
    assert batch.caught_up_at == 1000.0
    assert reader.poll(0.1) == []
    assert script.time.now == pytest.approx(1000.1)


def test_at_the_tip_a_shard_is_asked_four_times_a_second_and_behind_it_five_times(script: Script) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2", behind=9)
    script.records("i2", "2", then="i3")
    script.records("i3", then="i4")
    reader = script.reader()
    asked = []
    for _ in range(3):
        reader.poll(60)
        asked.append(script.time.now)
    assert asked[1] - asked[0] == pytest.approx(0.205)
    assert asked[2] - asked[1] == pytest.approx(TIP_INTERVAL)


class Endless:
    """Be a client of a stream with one shard that always has more."""

    def __init__(self, time: Time) -> None:
        self.meta = SimpleNamespace(endpoint_url="e")
        self.time = time
        self.asked: list[float] = []

    def list_shards(self, StreamName: str) -> Any:
        return {"Shards": [{"ShardId": "a"}]}

    def get_shard_iterator(self, **request: Any) -> Any:
        return {"ShardIterator": "i"}

    def get_records(self, **request: Any) -> Any:
        self.asked.append(self.time.now)
        return {"Records": [], "NextShardIterator": "i", "MillisBehindLatest": 9}


def test_two_readers_of_a_stream_share_the_quota_fairly() -> None:
    time, quota = Time(), GetRecordsQuota()
    clients = [Endless(time), Endless(time)]
    readers = [
        KinesisReader(client, "s", {}, quota=quota, clock=time.clock, wait=time.wait) for client in clients
    ]
    for _ in range(2000):  # ten seconds
        for reader in readers:
            reader.poll(0)
        time.now += 0.005
    asked = sorted(clients[0].asked + clients[1].asked)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert min(gaps) > 0.2
    assert max(gaps) < 0.22  # nothing of the quota is left unused
    assert abs(len(clients[0].asked) - len(clients[1].asked)) <= 1


def test_a_moment_that_passed_unused_is_no_permission() -> None:
    time, quota = Time(), GetRecordsQuota()
    client = Endless(time)
    reader = KinesisReader(client, "s", {}, quota=quota, clock=time.clock, wait=time.wait)
    reader.poll(0)
    time.now += 5
    quota.reserve("e", "s", "a", time.now)
    reader.poll(1)
    assert client.asked[1] - client.asked[0] > 5.2


def test_the_quota_is_of_a_shard_of_a_stream_at_an_endpoint() -> None:
    quota = GetRecordsQuota(spacing=0.2)
    assert quota.reserve("e", "s", "a", 5.0) == 5.0
    assert quota.reserve("e", "s", "a", 5.0) == 5.2
    for key in (("f", "s", "a"), ("e", "t", "a"), ("e", "s", "b")):
        assert quota.reserve(*key, 5.0) == 5.0
    assert quota.reserve("e", "s", "a", 9.0) == 9.0


def test_the_quota_forgets_shards_of_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamdialect.sources import kinesis_quota

    monkeypatch.setattr(kinesis_quota, "_MANY", 2)
    quota = GetRecordsQuota(spacing=0.2)
    for number in range(5):
        quota.reserve("e", "s", str(number), float(number))
    assert len(quota._next) <= 2


def test_a_connection_that_breaks_once_is_not_told(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ConnectionClosedError

    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2")
    reader = script.reader()
    get_records, broken = script.client.get_records, iter([True])

    def breaks(**request: Any) -> Any:
        if next(broken, False):
            raise ConnectionClosedError(endpoint_url="x")
        return get_records(**request)

    monkeypatch.setattr(script.client, "get_records", breaks)
    assert values(reader) == [b"1"]
