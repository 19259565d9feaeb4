"""Streams that are deleted and created again, and records that expire unread: stated, and as the policy says."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.storage.connection import open_connection
from tests.ingest.bad_records import wait_for
from tests.ingest.kinesis_stream import NAME, SHARD, KinesisStream
from tests.servers import AwsServer


def forget_completeness(database: Path) -> None:
    """Let the view have been read long ago."""
    connection = open_connection(str(database))
    connection.execute("UPDATE streamdialect_checkpoints SET complete_ms = complete_ms - 2*86400000")
    connection.close()


# --- deleted and created again -----------------------------------------------------------------------------


def test_a_recreated_stream_stops_the_view(stream: KinesisStream, caplog: pytest.LogCaptureFixture) -> None:
    stream.put(b"old1", b"old2")
    stream.view()
    stream.refresh()
    stream.recreate(b"new1", b"new2", b"new3")
    with pytest.raises(streamdialect.ViewStoppedError, match="is not the one that was read") as caught:
        stream.refresh()
    assert "on_data_loss = 'resume'" in str(caught.value)
    assert caught.value.sqlstate == "55000"
    assert stream.rows() == ["old1", "old2"]
    assert stream.state().startswith('stopped by a loss of data: stream "events" is not the one')
    assert f"{SHARD} after 2" in stream.state()
    assert stream.errors() == [(SHARD, "2", 5)]
    assert "Refresh failed. " in stream.history()
    assert stream.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(0,)]
    assert "is stopped by a loss of data" in caplog.text
    with pytest.raises(streamdialect.ViewStoppedError, match="is not the one that was read"):
        stream.refresh()
    assert stream.errors() == [(SHARD, "2", 5)]  # said once
    assert stream.execute("ALTER MATERIALIZED VIEW v REDRIVE") == []
    with pytest.raises(streamdialect.ProgrammingError, match="not stopped at a record"):
        stream.execute("ALTER MATERIALIZED VIEW v SKIP RECORD")


def test_resume_reads_the_new_stream_from_its_beginning(stream: KinesisStream) -> None:
    stream.put(b"old1", b"old2")
    stream.view()
    stream.refresh()
    stream.recreate(b"new1", b"new2", b"new3")
    with pytest.raises(streamdialect.ViewStoppedError):
        stream.refresh()
    stream.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    stream.refresh()
    assert stream.rows() == ["new1", "new2", "new3", "old1", "old2"]
    assert stream.state() == "ok"
    assert stream.errors() == [(SHARD, "2", 5)]
    assert "Refresh goes on after a loss." in stream.history()
    stream.put(b"new4")
    stream.refresh()
    assert stream.rows() == ["new1", "new2", "new3", "new4", "old1", "old2"]
    assert stream.execute("SELECT outcome FROM streamdialect_bad_records") == [("missed",)]


def test_resume_from_the_start_needs_nobody(stream: KinesisStream, caplog: pytest.LogCaptureFixture) -> None:
    stream.put(b"old1")
    stream.view("WITH (on_data_loss = 'resume')")
    assert stream.execute("SELECT on_data_loss FROM svv_mv_info") == [("resume",)]
    stream.refresh()
    for number in range(2):
        stream.recreate(b"new%d" % number)
        stream.refresh()
    assert stream.rows() == ["new0", "new1", "old1"]
    assert stream.errors() == [(SHARD, "1", 5)] * 2
    assert "goes on after a loss of data" in caplog.text


@pytest.mark.parametrize("policy", ["fail", "resume"])
def test_a_running_consumer_sees_that_the_stream_is_another(
    stream: KinesisStream, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto goes on with the old iterator in the new stream, behind its first records, and says nothing."""
    monkeypatch.setattr("streamdialect.ingest.consumer._SAME_FOR", 0.0)
    stream.put(b"old1", b"old2")
    stream.view(f"WITH (on_data_loss = '{policy}')", automatic=True)
    wait_for(lambda: stream.rows() == ["old1", "old2"])
    stream.recreate(b"new1", b"new2", b"new3")
    if policy == "fail":
        wait_for(lambda: stream.state().startswith("stopped by a loss of data"))
        assert stream.rows() == ["old1", "old2"]
        stream.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    wait_for(lambda: stream.rows() == ["new1", "new2", "new3", "old1", "old2"])
    assert stream.state() == "ok"
    assert stream.errors() == [(SHARD, "2", 5)]


def test_refresh_beside_a_running_consumer_has_it_look(stream: KinesisStream, monkeypatch: Any) -> None:
    monkeypatch.setattr("streamdialect.ingest.consumer._SAME_FOR", 3600.0)
    stream.put(b"old1", b"old2")
    stream.view("WITH (on_data_loss = 'resume')", automatic=True)
    stream.refresh()
    stream.recreate(b"new1")
    stream.refresh()
    assert stream.rows() == ["new1", "old1", "old2"]
    assert stream.errors() == [(SHARD, "2", 5)]


def test_a_consumer_of_the_old_stream_commits_nothing(stream: KinesisStream, monkeypatch: Any) -> None:
    """The old one's batch would fit: its partition has no checkpoint again."""
    from streamdialect.ingest.materializer import Materializer, Refresh
    from streamdialect.storage import checkpoints
    from streamdialect.storage.catalog import Catalog
    from tests.sources.reading import kinesis_source

    stream.put(b"old1")
    stream.view("WITH (on_data_loss = 'resume')")
    reader = kinesis_source().open(NAME, {}, ("kinesis_data",))
    batches = reader.poll(5)
    reader.close()
    stream.refresh()
    stream.recreate()
    stream.refresh()
    connection = open_connection(str(stream.database))
    view = Catalog(connection).existing_view("v")
    connection.execute("DELETE FROM streamdialect_checkpoints")
    late = Materializer(view, "kinesis")
    late.epoch = 0
    with pytest.raises(streamdialect.LeaseLostError, match="set anew"):
        late.commit(connection, batches, Refresh("Auto"))
    assert checkpoints.positions(connection, view.id) == {}
    late.epoch = 1
    assert late.commit(connection, batches, Refresh("Auto")).records == 1  # it is the epoch that fences
    connection.close()


def test_the_identity_is_stored_with_the_first_positions(stream: KinesisStream) -> None:
    stream.view()
    connection = open_connection(str(stream.database))
    found = "SELECT identity FROM streamdialect_views"
    assert connection.execute(found).get is None
    stream.refresh()
    assert str(connection.execute(found).get).startswith(
        "arn:aws:kinesis:us-east-1:123456789012:stream/events "
    )
    connection.execute("UPDATE streamdialect_views SET identity = NULL")  # as in a file of format 2
    stream.put(b"1")
    stream.refresh()
    assert "stream/events created 2" in str(connection.execute(found).get)
    connection.close()
    stream.recreate(b"2")
    with pytest.raises(streamdialect.ViewStoppedError):
        stream.refresh()


# --- expired -----------------------------------------------------------------------------------------------


def test_records_that_expired_unread_stop_the_view(stream: KinesisStream) -> None:
    stream.put(b"1", b"2")
    stream.view()
    stream.refresh()
    stream.put(b"3", b"4", b"5", b"6")
    stream.server.oldest = 5
    forget_completeness(stream.database)
    with pytest.raises(
        streamdialect.ViewStoppedError, match="records after 2 and before 5 may be missing"
    ) as caught:
        stream.refresh()
    assert isinstance(caught.value.__cause__, streamdialect.OffsetOutOfRangeError)
    assert stream.rows() == ["1", "2"]
    assert stream.errors() == [(SHARD, "2", 4)]
    assert stream.reason() == "records after 2 and before 5 may be missing"
    stream.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    stream.refresh()
    assert stream.rows() == ["1", "2", "5", "6"]
    assert stream.errors() == [(SHARD, "2", 4)]
    stream.refresh()
    assert stream.state() == "ok"
    assert len(stream.errors()) == 1


def test_a_view_that_had_read_everything_has_lost_nothing(stream: KinesisStream) -> None:
    stream.put(b"1", b"2")
    stream.view()
    stream.refresh()
    stream.put(b"3")
    stream.server.oldest = 3
    stream.refresh()
    assert stream.rows() == ["1", "2", "3"]
    assert stream.errors() == []


@pytest.mark.parametrize("policy", ["fail", "resume"])
def test_a_consumer_meets_expired_records(stream: KinesisStream, policy: str, caplog: Any) -> None:
    stream.put(b"1", b"2")
    stream.view(f"WITH (on_data_loss = {policy})")
    stream.refresh()
    stream.put(b"3", b"4")
    stream.server.oldest = 4
    forget_completeness(stream.database)
    with caplog.at_level(logging.WARNING):
        stream.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH YES")
        if policy == "fail":
            wait_for(lambda: stream.state().startswith("stopped by a loss of data"))
            wait_for(lambda: "Refresh failed. stopped by" in stream.history())
            stream.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
        wait_for(lambda: stream.rows() == ["1", "2", "4"])
    assert stream.errors() == [(SHARD, "2", 4)]
    assert "records after 2 and before 4 may be missing" in caplog.text
    stream.put(b"5")
    wait_for(lambda: stream.rows() == ["1", "2", "4", "5"])


def test_an_empty_stream_read_long_ago(stream: KinesisStream) -> None:
    stream.view("WITH (on_data_loss = 'resume')")
    stream.refresh()
    assert stream.execute("SELECT position FROM streamdialect_lag") == [("TRIM_HORIZON",)]
    stream.put(b"1", b"2")
    stream.server.oldest = 2
    forget_completeness(stream.database)
    stream.refresh()
    assert stream.rows() == ["2"]
    assert stream.errors() == [(SHARD, "TRIM_HORIZON", 4)]
    assert stream.reason() == "records after TRIM_HORIZON and before 2 may be missing"


def test_a_consumer_writes_down_that_it_had_read_everything(stream: KinesisStream, monkeypatch: Any) -> None:
    monkeypatch.setattr("streamdialect.ingest.progress._COMPLETE", 0.5)
    stream.put(b"1")
    stream.view(automatic=True)
    wait_for(lambda: stream.rows() == ["1"])
    connection = open_connection(str(stream.database))

    def complete() -> int:
        return int(connection.execute("SELECT complete_ms FROM streamdialect_checkpoints").get or 0)

    wait_for(lambda: complete() > 0)
    before = complete()
    wait_for(lambda: complete() > before + 1000)
    assert abs(complete() / 1000 - time.time()) < 60
    connection.close()


def test_many_partitions_have_a_row_each_and_a_short_text(stream: KinesisStream) -> None:
    stream.client.delete_stream(StreamName=NAME)
    stream.create(12)
    stream.view()
    stream.refresh()
    stream.recreate()
    with pytest.raises(streamdialect.ViewStoppedError, match="and 2 more partitions"):
        stream.refresh()
    assert len(stream.errors()) == 12


def test_a_loss_and_where_the_view_goes_on_are_one_transaction(
    stream: KinesisStream, monkeypatch: Any
) -> None:
    from streamdialect.storage import dead_letters

    stream.put(b"1")
    stream.view("WITH (on_data_loss = 'resume')")
    stream.refresh()
    stream.recreate(b"new")

    def failing(*_: object) -> None:
        raise streamdialect.OperationalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(dead_letters, "add", failing)
        with pytest.raises(streamdialect.OperationalError, match="disk is full"):
            stream.refresh()
    assert stream.execute("SELECT partition_id, position FROM streamdialect_lag") == [(SHARD, "1")]
    stream.refresh()
    assert stream.rows() == ["1", "new"]
    assert len(stream.errors()) == 1


@pytest.mark.kinesis_local
def test_a_server_that_refuses_the_old_numbers(database: Path, real_kinesis: AwsServer) -> None:
    """kinesis-local refuses iterators and numbers of the old stream, as the service does."""
    client = real_kinesis.client("kinesis")

    def create() -> None:
        client.create_stream(StreamName=NAME, ShardCount=1)
        client.get_waiter("stream_exists").wait(StreamName=NAME)

    create()
    client.put_record(StreamName=NAME, PartitionKey="k", Data=b"old")
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    connection.execute(
        "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS"
        f" SELECT FROM_VARBYTE(kinesis_data, 'utf-8') AS t FROM k.{NAME}"
    )
    connection.execute("REFRESH MATERIALIZED VIEW v")
    time.sleep(1.1)  # numbers hold the second
    client.delete_stream(StreamName=NAME)
    client.get_waiter("stream_not_exists").wait(StreamName=NAME)
    create()
    client.put_record(StreamName=NAME, PartitionKey="k", Data=b"new")
    state = "SELECT streamdialect_state FROM svv_mv_info"
    wait_for(lambda: "is not the one that was read" in str(connection.execute(state).fetchone()), 40)
    connection.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')")
    rows = "SELECT t FROM v ORDER BY t"
    wait_for(lambda: connection.execute(rows).fetchall() == [("new",), ("old",)])
    # The number of the last record read is refused once the record has expired.
    connection.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH NO")
    file = open_connection(str(database))
    (shard,) = client.list_shards(StreamName=NAME)["Shards"]
    never = str(int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) + 7)
    file.execute("UPDATE streamdialect_checkpoints SET position = ?, complete_ms = NULL", (never,))
    file.close()
    connection.execute("REFRESH MATERIALIZED VIEW v")
    found = connection.execute("SELECT error_code, error_reason FROM sys_stream_scan_errors").fetchall()
    assert [code for code, _ in found] == [5, 4]
    assert "may be missing" in found[1][1]
    connection.close()


def test_the_option_is_ours(stream: KinesisStream) -> None:
    stream.view()
    with pytest.raises(streamdialect.ProgrammingError, match='option "on_data_loss"'):
        stream.execute("ALTER MATERIALIZED VIEW v SET (on_data_loss = 'ignore')")
    strict = streamdialect.connect(stream.database, compat="redshift", ingest="off")
    for statement in (
        "ALTER MATERIALIZED VIEW v SET (on_data_loss = 'resume')",
        f"CREATE MATERIALIZED VIEW w WITH (on_data_loss = 'resume') AS SELECT kinesis_data FROM k.{NAME}",
    ):
        with pytest.raises(streamdialect.NotSupportedError, match="compat=redshift refuses"):
            strict.execute(statement)
    strict.close()


def test_looking_costs_one_call_in_five_seconds(stream: KinesisStream) -> None:
    stream.view(automatic=True)
    stream.refresh()
    before, began = stream.server.calls["DescribeStreamSummary"], time.monotonic()
    while time.monotonic() - began < 1.5:
        stream.put(b"x")
        time.sleep(0.05)
    assert stream.server.calls["DescribeStreamSummary"] - before <= 2
