"""The Kinesis reader against answers written here: errors, resharding, pace. Only waits move the clock."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from streamdialect.errors import OffsetOutOfRangeError, SourceAuthError, SourceError
from streamdialect.sources import BEGINNING_OF_PARTITION, END_OF_PARTITION, ReadBounds
from streamdialect.sources.kinesis_quota import GetRecordsQuota
from streamdialect.sources.kinesis_reader import (
    MAX_TRIES,
    RELIST_INTERVAL,
    TIP_INTERVAL,
    KinesisReader,
)
from tests.sources.kinesis_script import Script, Time, values


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


@pytest.mark.parametrize("pace", [1.0, 2.5, 0.01])
def test_at_the_tip_a_shard_is_asked_four_times_a_second_and_behind_it_five_times(
    script: Script, pace: float
) -> None:
    script.shards("a")
    script.iterator("i1", "a")
    script.records("i1", "1", then="i2", behind=9)
    script.records("i2", "2", then="i3")
    script.records("i3", then="i4")
    reader = script.reader(pace=pace)
    asked = []
    for _ in range(3):
        reader.poll(60)
        asked.append(script.time.now)
    assert asked[1] - asked[0] == pytest.approx(0.205 * pace)
    assert asked[2] - asked[1] == pytest.approx(TIP_INTERVAL * pace)


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
