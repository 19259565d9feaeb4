"""The faults of streamdialect.testing, and what a view makes of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import streamdialect
from streamdialect.testing import Clock, Kafka, Kinesis
from tests.testing.test_plugin import KAFKA, KINESIS, ROLE, URI

Call = Callable[..., None]

ORDERS = KINESIS
CLICKS = KAFKA.format(f"{ROLE} AUTHENTICATION iam {URI}").replace(
    "kafka_value FROM", "JSON_PARSE(kafka_value) AS body FROM"
)


def bodies(*values: object) -> list[dict[str, object]]:
    return [{"body": value} for value in values]


def test_poison(
    run_script: Call,
    put: Call,
    wait_until_caught_up: Call,
    assert_view: Call,
    kinesis: Kinesis,
    kafka: Kafka,
) -> None:
    run_script(ORDERS + CLICKS)
    put("orders", [1])
    put("clicks", [1])
    assert kinesis.poison("orders") == ("shardId-000000000000", "2")
    assert kafka.poison("clicks") == (0, 1)
    for view in ("orders_live", "clicks_live"):
        with pytest.raises(streamdialect.ViewStoppedError, match="invalid byte sequence"):
            wait_until_caught_up(view)
        with pytest.raises(AssertionError, match="the view's state: stopped at partition"):
            assert_view(view, [])
        assert_view(view, bodies(1))


def test_throttling_and_old_iterators_are_survived(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call, kinesis: Kinesis
) -> None:
    run_script(ORDERS)
    put("orders", [1])
    kinesis.throttle()
    kinesis.expire_iterators()
    wait_until_caught_up()
    assert_view("orders_live", bodies(1))
    assert kinesis.calls["GetRecords"] == 3
    assert kinesis.calls["GetShardIterator"] == 2


def test_an_error_of_the_service(
    run_script: Call, put: Call, wait_until_caught_up: Call, kinesis: Kinesis
) -> None:
    run_script(ORDERS)
    put("orders", [1])
    kinesis.fail("AccessDeniedException", "no kinesis:GetRecords", times=10)
    with pytest.raises(streamdialect.SourceAuthError, match="no kinesis:GetRecords"):
        wait_until_caught_up()
    kinesis.mend()
    wait_until_caught_up()


def test_shards_are_split_and_merged(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call, kinesis: Kinesis
) -> None:
    """As on AWS, unlike moto: records stay in the parent, and new ones go to the children."""
    run_script(ORDERS)
    put("orders", [1])
    wait_until_caught_up()
    put("orders", [2])
    one, two = kinesis.split("orders")
    assert {shard for shard, _ in kinesis.put("orders", list(range(3, 40)))} == {one, two}
    merged = kinesis.merge("orders")
    assert {shard for shard, _ in kinesis.put("orders", list(range(40, 60)))} == {merged}
    kinesis.split("orders", merged)
    wait_until_caught_up()
    assert_view("orders_live", bodies(*range(1, 60)))
    with pytest.raises(LookupError, match="no open shard shardId-000000000000"):
        kinesis.split("orders", "shardId-000000000000")
    kinesis.create("one")
    with pytest.raises(LookupError, match="no two open shards"):
        kinesis.merge("one")


def test_unread_records_expire(
    run_script: Call,
    put: Call,
    wait_until_caught_up: Call,
    assert_view: Call,
    kinesis: Kinesis,
    clock: Clock,
) -> None:
    kinesis.create("orders", retention_hours=48)
    run_script(ORDERS)
    put("orders", [1])
    wait_until_caught_up()
    clock.advance(hours=30)
    put("orders", [2])
    wait_until_caught_up()
    clock.advance(hours=30)
    wait_until_caught_up()  # 1 has expired and was read; 2 is there
    assert_view("orders_live", bodies(1, 2))
    put("orders", [3])
    kinesis.expire("orders")
    put("orders", [4])
    with pytest.raises(streamdialect.ViewStoppedError, match="loss of data"):
        wait_until_caught_up()
    run_script("DROP MATERIALIZED VIEW orders_live;" + ORDERS.partition(";")[2])
    wait_until_caught_up()
    assert_view("orders_live", bodies(4))


@pytest.mark.parametrize("provider", ["kinesis", "kafka"])
def test_servers_go_down_and_come_back(
    run_script: Call,
    put: Call,
    wait_until_caught_up: Call,
    assert_view: Call,
    kinesis: Kinesis,
    kafka: Kafka,
    provider: str,
) -> None:
    run_script(ORDERS if provider == "kinesis" else CLICKS)
    stream, server = ("orders", kinesis) if provider == "kinesis" else ("clicks", kafka)
    put(stream, [1])
    wait_until_caught_up()
    put(stream, [2])
    server.down()
    began = time.monotonic()
    with pytest.raises(streamdialect.SourceError, match="cannot be reached"):
        wait_until_caught_up()
    assert time.monotonic() - began < 20
    server.up()
    wait_until_caught_up()
    assert_view(f"{stream}_live", bodies(1, 2))


def test_a_topic_that_is_made_anew_is_another(
    run_script: Call, put: Call, wait_until_caught_up: Call, kafka: Kafka
) -> None:
    run_script(CLICKS)
    put("clicks", [1, 2])
    wait_until_caught_up()
    try:
        kafka.delete("clicks")
    except NotImplementedError as error:
        pytest.skip(str(error))
    put("clicks", [3])
    with pytest.raises(streamdialect.ViewStoppedError, match="loss of data"):
        wait_until_caught_up()


def test_slow_and_failing_answers_of_kafka(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call, kafka: Kafka
) -> None:
    run_script(CLICKS)
    put("clicks", [1])
    kafka.throttle(50)
    began = time.monotonic()
    wait_until_caught_up()
    assert time.monotonic() - began > 0.1
    kafka.throttle(0)
    put("clicks", [2])
    kafka.fail(6)  # NOT_LEADER_OR_FOLLOWER
    wait_until_caught_up()
    assert_view("clicks_live", bodies(1, 2))
