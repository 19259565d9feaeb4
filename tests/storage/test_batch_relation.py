"""A batch as a relation: whatever form a column is carried in, SQLite sees the values that the source sent."""

from __future__ import annotations

from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamdialect.model import STREAM_COLUMNS, Provider
from streamdialect.storage import batch_relation
from streamdialect.storage.batch_relation import BatchRelation, timestamp_texts
from streamdialect.storage.stream_table import StreamRange, StreamRows, register

NOW = "2026-11-22 10:00:00.000000"
MILLISECONDS = st.integers(0, 4_102_444_800_000)  # to 2100
COUNT = st.shared(st.integers(1, 40), key="count")


def lists(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return COUNT.flatmap(lambda count: st.lists(elements, min_size=count, max_size=count))


BYTES = st.binary(max_size=20)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)

KAFKA = st.fixed_dictionaries(
    {
        "kafka_offset": st.one_of(
            COUNT.flatmap(lambda count: st.integers(0, 2**60).map(lambda o: list(range(o, o + count)))),
            COUNT.flatmap(
                lambda count: st.lists(
                    st.integers(0, 2**62), min_size=count, max_size=count, unique=True
                ).map(sorted)
            ),
        ),
        "kafka_timestamp_type": lists(st.sampled_from(["C", "L", "U"])),
        "kafka_timestamp": st.one_of(lists(MILLISECONDS), lists(st.none() | MILLISECONDS)),
        "kafka_key": st.one_of(lists(st.none()), lists(st.just(b"same")), lists(st.none() | BYTES)),
        "kafka_value": st.one_of(lists(BYTES), lists(st.none() | BYTES)),
        "kafka_headers": st.one_of(lists(st.none()), lists(st.none() | TEXT)),
    }
)
KINESIS = st.fixed_dictionaries(
    {
        "approximate_arrival_timestamp": lists(MILLISECONDS),
        "partition_key": lists(TEXT),
        "sequence_number": lists(st.integers(0, 10**56).map(str)),
        "kinesis_data": lists(BYTES),
    }
)


def expected(
    provider: Provider, partition: str, columns: dict[str, list[Any]], count: int
) -> list[tuple[Any, ...]]:
    def values(name: str) -> list[Any]:
        if name == "refresh_time":
            return [NOW] * count
        if name == "shard_id":
            return [partition] * count
        if name == "kafka_partition":
            return [int(partition)] * count
        if name in ("kafka_timestamp", "approximate_arrival_timestamp"):
            return [None if ms is None else timestamp_texts([ms])[0] for ms in columns[name]]
        return columns[name]

    return list(zip(*[values(column.name) for column in STREAM_COLUMNS[provider]], strict=True))


def stored(provider: Provider, partition: str, columns: dict[str, Any], start: int, stop: int) -> list[Any]:
    connection = apsw.Connection(":memory:")
    names = [column.name for column in STREAM_COLUMNS[provider]]
    connection.execute(f"CREATE TABLE t ({', '.join(names)})")
    relation = BatchRelation(provider, names)
    text = f"INSERT INTO t SELECT {', '.join(names)} FROM streamdialect_batch"
    relation.execute(connection, text, partition, columns, start, stop, NOW)
    return connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()


@pytest.mark.parametrize("carray", [True, False])
@given(columns=KAFKA, data=st.data())
def test_kafka_columns_arrive_unchanged(
    carray: bool, columns: dict[str, list[Any]], data: st.DataObject
) -> None:
    count = len(columns["kafka_value"])
    start = data.draw(st.integers(0, count - 1))
    stop = data.draw(st.integers(start + 1, count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_relation, "CARRAY", carray)
        assert (
            stored("kafka", "7", columns, start, stop) == expected("kafka", "7", columns, count)[start:stop]
        )


@pytest.mark.parametrize("carray", [True, False])
@given(columns=KINESIS)
def test_kinesis_columns_arrive_unchanged(carray: bool, columns: dict[str, list[Any]]) -> None:
    count = len(columns["kinesis_data"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_relation, "CARRAY", carray)
        assert stored("kinesis", "shardId-1", columns, 0, count) == expected(
            "kinesis", "shardId-1", columns, count
        )


@given(columns=KAFKA)
def test_direct_reads_show_the_same_rows_as_ingest(columns: dict[str, list[Any]]) -> None:
    """One definition of the stream's columns serves both ways; only the time of the read differs."""
    count = len(columns["kafka_value"])
    connection = apsw.Connection(":memory:")

    def scan(schema: str, stream: str, wanted: StreamRange) -> Any:
        assert (schema, stream) == ("s", 'my "stream"')
        yield StreamRows("3", columns, count)

    register(connection, scan, lambda schema: [])
    names = [column.name for column in STREAM_COLUMNS["kafka"] if column.name != "refresh_time"]
    direct = connection.execute(
        f"""SELECT {", ".join(names)} FROM streamdialect_kafka('s', 'my "stream"')"""
    ).fetchall()
    at = [column.name for column in STREAM_COLUMNS["kafka"]].index("refresh_time")
    assert direct == [row[:at] + row[at + 1 :] for row in expected("kafka", "3", columns, count)]


def test_a_view_that_reads_no_column_still_gets_its_rows() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (n)")
    BatchRelation("kafka", []).execute(
        connection,
        "INSERT INTO t SELECT count(*) FROM streamdialect_batch",
        "0",
        {"kafka_value": [b"a", None, b""]},
        0,
        3,
        NOW,
    )
    assert connection.execute("SELECT n FROM t").get == 3


@given(MILLISECONDS)
def test_timestamps_have_one_width(milliseconds: int) -> None:
    (text,) = timestamp_texts([milliseconds])
    assert len(text) == 26
    assert text.endswith("000")


def test_the_wheels_of_apsw_have_carray() -> None:
    assert batch_relation.CARRAY, "ingest is several times slower without SQLite's carray"
