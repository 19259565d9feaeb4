"""No record stops a view, and no trouble with the file costs a record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import apsw
import pytest

import streamdialect
from streamdialect import errors
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.ingest.suspects import half_character
from streamdialect.scalars import SCALARS
from streamdialect.sources.base import Batch
from streamdialect.storage.apsw_errors import depends_on_data, is_value_error
from streamdialect.storage.batch_relation import timestamp_texts
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import open_connection
from streamdialect.storage.stream_table import _milliseconds, _partitions, _position
from tests.ingest.conftest import Events

FIELD = "JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'a')"
PARSED = "JSON_PARSE(kafka_value)"
SCALAR = {scalar.name.removeprefix("streamdialect_"): scalar.function for scalar in SCALARS}


def record(value: Any) -> bytes:
    return json.dumps({"a": value}).encode()


BAD: dict[str, list[bytes]] = {
    f"{FIELD}::BIGINT": [record("1" * 5000), record(10**30), record("x"), b'{"a":"\\ud800"}'],
    f"{FIELD}::DECIMAL(18,6)": [
        record("1e999999999999999999999"),
        record("1e-99999999999999999999"),
        b'{"a":1e400}',
    ],
    f"{FIELD}::DOUBLE PRECISION::BIGINT": [b'{"a":1e200}', b'{"a":-1e308}'],
    f"{FIELD} LIKE {FIELD}": [record("%" * 60_000)],
    f"STRTOL({FIELD}, 16)": [record("f" * 17), record("f" * 70_000)],
    f"LPAD({FIELD}, {FIELD}::INT, 'x')": [record(2**31 - 1)],
    f"REGEXP_COUNT({FIELD}, {FIELD})": [record("a{99999999999999999999}"), record("(")],
    FIELD: [b'{"a":"\\ud800"}', b'{"a":"x\\uD83D"}', b'{"a":"\\ude00\\ud83d"}', b'{"a":"\xed\xa0\x80"}'],
    f"{PARSED}.a::VARCHAR": [b'{"a":"\\udc00"}', b'{"a":1,"b":[{"c":1,"c":2}]}', b'{"a":1,"a":1}', b"{a:1}"],
}
GOOD = record("1")


@pytest.mark.parametrize("expression", BAD)
def test_a_record_never_stops_a_view(events: Events, expression: str) -> None:
    bad = BAD[expression]
    events.execute(f"CREATE MATERIALIZED VIEW v AS SELECT kafka_offset, {expression} AS x FROM s.events")
    for payload in bad:
        events.put(GOOD, payload)
    events.put(GOOD)
    events.refresh("v")
    assert [offset for offset, _ in events.execute("SELECT * FROM v ORDER BY 1")] == list(
        range(0, 2 * len(bad) + 1, 2)
    )
    aside = events.execute("SELECT record_value, error_reason FROM streamdialect_dead_letters ORDER BY id")
    assert [payload for payload, _ in aside] == bad
    assert all(reason and len(reason.splitlines()) == 1 for _, reason in aside)


def test_escapes_that_make_characters_are_kept(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS SELECT kafka_offset, {FIELD} AS x FROM s.events")
    events.put(
        b'{"a":"\\ud83d\\ude00"}',
        b'{"a":"\\\\ud800"}',
        b'{"a":"\\uD83D\\uDE00\\u0041"}',
        b'{"a":"\\\\\\\\ud800"}',
    )
    events.refresh("v")
    assert events.execute("SELECT x FROM v ORDER BY kafka_offset") == [
        ("\U0001f600",),
        ("\\ud800",),
        ("\U0001f600A",),
        ("\\\\ud800",),
    ]


@pytest.mark.parametrize(
    ("text", "half"),
    [
        ('{"a":"\\ud800"}', True),
        ('{"\\udfff":1}', True),
        ('{"a":"\\ud800","a":"x"}', True),
        ('["\\ud83d\\ud83d\\ude00"]', True),
        ('["\\\\ud83d\\ude00"]', True),
        (json.dumps({"a": '{"b":"\\ud800"}'}), True),  # JSON in JSON
        ('"{\\"a\\":\\"\\u005cud800\\"}"', True),
        ("[" * 5000 + '"\\ud800"' + "]" * 5000, True),
        ('{"a":"\\ud83d\\ude00"}', False),
        ('{"a":"\\\\ud800"}', False),
        ("C:\\udead", False),
        ('{"a":' + "1" * 5000 + ',"b":"\\u0041"}', False),
    ],
)
def testhalf_characters(text: str, half: bool) -> None:
    assert half_character(text) is half


def batch(start: str | None, payloads: Sequence[bytes], first: int = 0, **more: Any) -> Batch:
    numbers = list(range(first, first + len(payloads)))
    columns = {"kafka_value": list(payloads), "kafka_offset": numbers, **more.pop("columns", {})}
    size = sum(map(len, payloads))
    return Batch("0", start, str(first + len(payloads)), columns, len(payloads), size, **more)


@pytest.fixture
def applied(events: Events) -> Any:
    """Commit batches to a view ``v`` as a consumer does."""
    events.execute(f"CREATE MATERIALIZED VIEW v AS SELECT kafka_offset, {FIELD}::INT AS x FROM s.events")
    connection = open_connection(str(events.database))
    view = Catalog(connection).existing_view("v")
    refresh = Refresh("Manual")

    def commit(*batches: Batch, insert: str | None = None) -> None:
        materializer = Materializer(view, "kafka")
        if insert is not None:
            materializer.rows._insert = insert
            materializer.rows._traps.usable = False  # it has the view's own
            materializer.rows._over_nothing = (
                f"WITH streamdialect_batch AS (SELECT NULL AS kafka_value WHERE 0) {insert}"
            )
        materializer.commit(connection, batches, refresh)

    yield commit
    connection.close()


def test_batches_must_chain(events: Events, applied: Any) -> None:
    applied(batch(None, [GOOD]), batch("1", [GOOD], 1))
    with pytest.raises(errors.InternalError, match="begins at 7"):
        applied(batch("2", [GOOD], 2), batch("7", [GOOD], 7))
    assert events.execute("SELECT COUNT(*) FROM v") == [(2,)]


def test_what_a_batch_knows_of_a_bad_record_is_kept(events: Events, applied: Any) -> None:
    applied(
        batch(
            None,
            [b"bad"],
            first_ms=86_400_000,
            columns={"kafka_key": [b"key"], "kafka_headers": ['{"a":"\ud800"}']},
        )
    )
    assert events.execute(
        "SELECT record_key, record_headers, record_time FROM streamdialect_dead_letters"
    ) == [(b"key", '{"a":"\\ud800"}', events.execute("SELECT '1970-01-02'::TIMESTAMP")[0][0])]


def test_unknown_texts_of_sqlite_are_put_to_the_test(events: Events, applied: Any) -> None:
    # SQLite's text about a long ESCAPE is none of those that we list.
    applied(
        batch(None, [b"1", b"22"]),
        insert='INSERT INTO main."mv_tbl__v__0" (x)'
        " SELECT 'a' LIKE 'b' ESCAPE CAST(value AS TEXT) FROM (SELECT kafka_value AS value FROM streamdialect_batch)",
    )
    assert events.execute("SELECT COUNT(*) FROM v") == [(1,)]
    assert events.execute("SELECT record_value FROM streamdialect_dead_letters") == [(b"22",)]
    with pytest.raises(apsw.SQLError, match="no such table"):
        applied(batch("2", [b"3"], 2), insert="INSERT INTO absent SELECT * FROM streamdialect_batch")


def test_a_failing_file_is_no_bad_record(events: Events, applied: Any, monkeypatch: Any) -> None:
    from streamdialect.storage.batch_relation import BatchRelation

    environmental = [
        *(apsw.BusyError, apsw.LockedError, apsw.FullError, apsw.IOError, apsw.NoMemError, apsw.CorruptError),
        *(apsw.NotADBError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.InterruptError, apsw.MisuseError),
        *(errors.LeaseLostError, errors.InterfaceError, errors.InternalError, MemoryError, OSError),
    ]
    for kind in environmental:
        error = kind("trouble")
        assert not is_value_error(error)
        assert not depends_on_data(error)

        def fail(*_: Any, error: BaseException = error, **__: Any) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(BatchRelation, "execute", fail)
            with pytest.raises(kind):
                applied(batch(None, [GOOD]))
    applied(batch(None, [GOOD]))
    assert events.execute("SELECT COUNT(*) FROM v") == [(1,)]
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(0,)]


def test_times_beyond_the_calendar(events: Events) -> None:
    far = [2**63 - 1, -(2**63), 253_402_300_800_000, -62_135_596_800_001]
    assert timestamp_texts(far) == [None] * 4
    assert timestamp_texts([None, -1, 253_402_300_799_999, -62_135_596_800_000]) == [
        None,
        "1969-12-31 23:59:59.999000",
        "9999-12-31 23:59:59.999000",
        "0001-01-01 00:00:00.000000",
    ]
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT kafka_offset, kafka_timestamp FROM s.events")
    producer = events.server.producer()
    for timestamp in (1000, 1_700_000_000_000_000, 2000):
        producer.produce("events", b"{}", partition=0, timestamp=timestamp)
    producer.flush(10)
    events.refresh("v")
    rows = events.execute("SELECT * FROM v ORDER BY 1")
    assert [time is None for _, time in rows] == [False, True, False]
    assert events.execute("SELECT kafka_offset, kafka_timestamp FROM s.events ORDER BY 1") == rows
    connection = open_connection(str(events.database))
    scanned = connection.execute(
        "SELECT record_time_min, record_time_max FROM streamdialect_scans"
    ).fetchall()
    connection.close()
    assert scanned == [("1970-01-01 00:00:01.000000", "1970-01-01 00:00:02.000000")]


@pytest.mark.parametrize(
    ("value", "position"),
    [(5, "5"), (5.0, "5"), (5.5, None), (-1, None), ("5", None), (None, None), (1e300, None), (b"5", None)],
)
def test_only_whole_numbers_narrow_a_read(value: Any, position: str | None) -> None:
    assert _position("kafka", value) == position
    assert _partitions("kafka_partition", value) == (None if position is None else frozenset({position}))


def test_text_narrows_a_read_of_kinesis() -> None:
    assert _position("kinesis", "123") == "123"
    assert _position("kinesis", 123) is None
    assert _partitions("shard_id", "shardId-1") == frozenset({"shardId-1"})
    assert _partitions("shard_id", 1) is None
    assert _milliseconds("1960-01-01") == 0


def test_reads_are_the_same_however_a_number_is_written(events: Events) -> None:
    events.put(b"a", b"b")
    for condition in (
        "kafka_partition = 0.0",
        "kafka_offset > -1",
        "kafka_offset >= -2",
        "kafka_offset >= -0.5",
    ):
        assert events.execute(f"SELECT COUNT(*) FROM s.events WHERE {condition}") == [(2,)], condition
    assert events.execute("SELECT kafka_offset FROM s.events WHERE kafka_offset >= 0.5") == [(1,)]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("integer", ("9" * 5000, "BIGINT")),
        ("integer", (1e200, "BIGINT")),
        ("decimal", ("1e999999999999999999999", 18, 6)),
        ("decimal_operate", ("*", 1e200, 1e200, 38, 2)),
        ("decimal_round", ("1" * 5000, 0, -1, "round")),
        ("strtol", ("8000000000000000", 16)),
        ("split_to_array", (5,)),
        ("repeat", ("x" * 100, 2**62)),
        ("rpad", ("x", 2**62, "y")),
        ("similar", ("x", "a{99999999999999999999}", "\\")),
    ],
)
def test_functions_raise_nothing_but_data_error(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(streamdialect.DataError):
        SCALAR[name](*arguments)


def test_values_that_only_look_too_large() -> None:
    assert SCALAR["integer"]("-" + "0" * 5000 + "7", "SMALLINT") == -7
    assert SCALAR["try_decimal"]("1e999999999999999999999", 18, 6) is None
    assert SCALAR["decimal_round"](1.5, 1, 2**31, "round") == 1.5
    assert SCALAR["decimal_round"](1.5, 1, -(2**31), "round") == 0
    assert SCALAR["decimal_round"](15, 0, -1, "round") == 20
    assert SCALAR["decimal_round"](1.259, 3, 2, "trunc") == 1.25
    assert SCALAR["decimal_round"](7, 0, 2**31, "round") == 7
    assert SCALAR["decimal_exact"]("+", "1.5", 2, 10, 2) in (3.5, "3.50", Decimal("3.5"))
    assert SCALAR["json_compare"]("1e99999999999999999999", "1") == 1
