"""Kinesis that misbehaves over real HTTP: each fault has its outcome, shows while it lasts, and loses nothing."""

from __future__ import annotations

import logging
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.sources import kinesis_reader
from tests.ingest.bad_records import wait_for
from tests.ingest.kinesis_stream import KinesisStream
from tests.servers import AwsServer
from tests.servers.kinesis_faults import Fault, half_json, hung_up, no_json, refusal, truncated

# Older botocore calls an answer that ends too soon a closed connection.
DAMAGED = "is cut off, or not the service's|Connection was closed before"
# What shows while it lasts.
LASTING: dict[str, tuple[Fault, str]] = {
    "truncated": (truncated, DAMAGED),
    "half an answer": (half_json, DAMAGED),
    "a proxy's page": (no_json, DAMAGED),
    "hung up": (hung_up, "AWS cannot be reached while reading shard"),
    "500": (refusal("InternalFailure", 500), "InternalFailure: as told"),
    "503": (refusal("ServiceUnavailable", 503), "ServiceUnavailable: as told"),
    "throttled": (
        refusal("ProvisionedThroughputExceededException"),
        "ProvisionedThroughputExceededException: as told",
    ),
    "keys throttled": (refusal("KMSThrottlingException"), "KMSThrottlingException: as told"),
    "key disabled": (refusal("KMSDisabledException"), "KMSDisabledException: as told"),
    "key missing": (refusal("KMSNotFoundException"), "KMSNotFoundException: as told"),
    "key not usable": (refusal("KMSInvalidStateException"), "KMSInvalidStateException: as told"),
    "key refused": (refusal("KMSAccessDeniedException"), "refused the credentials while .*KMSAccessDenied"),
    "credentials expired": (refusal("ExpiredTokenException"), "refused the credentials while .*ExpiredToken"),
}
# What is tried again without a word.
PASSING = (
    "truncated",
    "half an answer",
    "a proxy's page",
    "hung up",
    "500",
    "503",
    "throttled",
    "keys throttled",
)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between the tries of one call."""
    monkeypatch.setattr(kinesis_reader, "BACKOFF_FIRST", 0.01)
    monkeypatch.setattr(kinesis_reader, "BACKOFF_MOST", 0.05)


def test_a_fault_shows_while_it_lasts_and_loses_nothing(
    stream: KinesisStream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "streamdialect")
    stream.view(automatic=True)
    expected = []
    for number, (name, (fault, shown)) in enumerate(LASTING.items()):
        stream.server.fault("GetRecords", fault)
        expected.append(f"{number:02} {name}")
        stream.put(expected[-1].encode())
        wait_for(lambda shown=shown: re.search(shown, stream.state()) is not None)  # type: ignore[misc]
        assert re.search(f"cannot be refreshed, will try again: .*{shown}", caplog.text)
        assert re.search(f"Refresh failed. .*{shown}", stream.history())
        stream.server.mend()
        wait_for(lambda: stream.rows() == expected and stream.state() == "ok")
    assert stream.errors() == []


@pytest.mark.parametrize(
    "operation", ["GetRecords", pytest.param("GetShardIterator", marks=pytest.mark.slow)]
)
def test_what_passes_is_not_told(stream: KinesisStream, operation: str) -> None:
    stream.view()
    stream.refresh()
    expected = []
    for number, name in enumerate(PASSING):
        stream.server.fault(operation, LASTING[name][0], 1)
        expected.append(f"{number} {name}")
        stream.put(expected[-1].encode())
        stream.refresh()
        assert stream.rows() == expected
    stream.server.fault("GetRecords", refusal("ExpiredIteratorException"), 1)
    stream.put(b"9")
    stream.refresh()
    assert stream.rows() == [*expected, "9"]
    assert "failed" not in stream.history()


@pytest.mark.parametrize(
    "operation", ["DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"]
)
def test_refresh_tells_of_a_damaged_answer_of_each_call(stream: KinesisStream, operation: str) -> None:
    stream.put(b"1")
    stream.view()
    for fault in (truncated, no_json):
        stream.server.fault(operation, fault)
        with pytest.raises(streamdialect.SourceError, match=DAMAGED):
            stream.refresh()
    stream.server.mend()
    stream.refresh()
    assert stream.rows() == ["1"]


def test_refused_credentials_fail_a_refresh_at_once(stream: KinesisStream) -> None:
    stream.view()
    stream.server.fault("*", refusal("ExpiredTokenException"))
    before = time.monotonic()
    with pytest.raises(streamdialect.SourceAuthError, match="ExpiredTokenException"):
        stream.refresh()
    assert time.monotonic() - before < 10
    stream.server.mend()
    stream.refresh()


def test_a_deleted_stream_shows_and_its_successor_is_another(stream: KinesisStream) -> None:
    stream.put(b"old")
    stream.view(automatic=True)
    stream.refresh()
    stream.client.delete_stream(StreamName="events")
    wait_for(lambda: stream.state() == 'stream "events" does not exist')
    with pytest.raises(streamdialect.UndefinedObjectError, match="events"):
        stream.refresh()
    stream.create()
    stream.put(b"new")
    wait_for(lambda: stream.state().startswith("stopped by a loss of data"), 40)
    assert stream.rows() == ["old"]


def test_an_endpoint_that_cannot_be_reached_is_told_in_seconds(
    database: Path, kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    before = time.monotonic()
    connection.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kinesis_data FROM k.t")
    with pytest.raises(streamdialect.SourceError, match="AWS cannot be reached"):
        connection.execute("REFRESH MATERIALIZED VIEW v")
    state = "SELECT streamdialect_state FROM svv_mv_info"
    wait_for(lambda: "AWS cannot be reached" in str(connection.execute(state).fetchone()))
    assert time.monotonic() - before < 15
    connection.close()


@pytest.mark.kinesis_local
def test_splits_and_merges_while_records_come(database: Path, real_kinesis: AwsServer) -> None:
    """Parents are read before children: each key's records are in the view in the order they were sent in."""
    client: Any = real_kinesis.client("kinesis")
    client.create_stream(StreamName="resharded", ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName="resharded")
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    connection.execute(
        "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT partition_key AS k,"
        " FROM_VARBYTE(kinesis_data, 'utf-8')::INT AS n FROM k.resharded"
    )
    stop, sent = threading.Event(), 0

    def produce() -> None:
        nonlocal sent
        while not stop.is_set():
            for key in range(8):
                client.put_record(StreamName="resharded", PartitionKey=f"k{key}", Data=b"%d" % sent)
            sent += 1

    def open_shards() -> list[dict[str, Any]]:
        shards = client.list_shards(StreamName="resharded")["Shards"]
        ranges = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(ranges, key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))

    def split(shard: dict[str, Any]) -> None:
        low, high = (int(shard["HashKeyRange"][f"{end}HashKey"]) for end in ("Starting", "Ending"))
        middle = str((low + high) // 2 + 1)
        client.split_shard(StreamName="resharded", ShardToSplit=shard["ShardId"], NewStartingHashKey=middle)

    def merge(left: dict[str, Any], right: dict[str, Any]) -> None:
        client.merge_shards(
            StreamName="resharded", ShardToMerge=left["ShardId"], AdjacentShardToMerge=right["ShardId"]
        )

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        for step in range(6):
            time.sleep(0.7)
            shards = open_shards()
            if step in (2, 5):
                merge(shards[0], shards[1])
            else:
                split(shards[step % len(shards)])
            client.get_waiter("stream_exists").wait(StreamName="resharded")
        time.sleep(0.7)
    finally:
        stop.set()
        producer.join()
    connection.execute("REFRESH MATERIALIZED VIEW v")
    rows = connection.execute("SELECT k, n FROM v").fetchall()
    assert len(rows) == 8 * sent
    for key in range(8):
        assert [number for name, number in rows if name == f"k{key}"] == list(range(sent))
    ends = connection.execute("SELECT position FROM streamdialect_lag").fetchall()
    assert len(ends) > 10
    assert ends.count(("SHARD_END",)) == len(ends) - len(open_shards())
    assert connection.execute("SELECT COUNT(*) FROM sys_stream_scan_errors").fetchone() == (0,)
    connection.close()
