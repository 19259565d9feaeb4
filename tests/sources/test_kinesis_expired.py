"""What the Kinesis reader makes of records that expired unread, against answers written here."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from streamdialect.errors import OffsetOutOfRangeError, SourceError
from streamdialect.sources import BEGINNING_OF_PARTITION, END_OF_PARTITION
from tests.sources.kinesis_script import ARRIVED, HOUR, Script, values


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
            "Records": [
                {
                    "SequenceNumber": "9",
                    "Data": b"9",
                    "PartitionKey": "k",
                    "ApproximateArrivalTimestamp": datetime.fromtimestamp(ARRIVED, timezone.utc),
                }
            ],
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
