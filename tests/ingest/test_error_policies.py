"""What a view does about bad records: skip, null, stop, the error budget, REDRIVE; and what is kept of them."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from functools import partial
from typing import Any

import pytest

import streamdialect
from streamdialect.sources.kafka import KafkaSource
from streamdialect.storage.connection import open_connection
from tests.ingest.bad_records import BAD, BROKEN, BYTES, GOOD, SELECT, TEXT, bad, create, state, wait_for
from tests.ingest.conftest import Events

# --- skip -----------------------------------------------------------------------------------------


def test_a_bad_record_is_kept_whole(events: Events) -> None:
    producer = events.server.producer()
    producer.produce("events", GOOD, partition=0)
    producer.produce(
        "events", BAD, key=b"\x00key", headers=[("h", b"1")], timestamp=1_700_000_000_123, partition=0
    )
    producer.flush(10)
    create(events, "v")
    events.refresh("v")
    assert events.execute(
        "SELECT partition_id, position, record_key, record_value, record_headers, record_time, error_code,"
        " error_column, error_reason, redrives FROM streamdialect_dead_letters"
    ) == [
        (
            "0",
            "1",
            b"\x00key",
            BAD,
            '{"h":"1"}',
            events.execute("SELECT '2023-11-14 22:13:20.123'::TIMESTAMP")[0][0],
            1,
            "a",
            'invalid input syntax for integer: "x"',
            0,
        )
    ]
    assert events.execute("SELECT stream_timestamp_type, error_code FROM sys_stream_scan_errors") == [
        ("C", 1)
    ]


def test_the_condition_is_named_when_it_fails(events: Events) -> None:
    create(events, "v", select=f"{SELECT} WHERE JSON_EXTRACT_PATH_TEXT({TEXT}, 'a')::INT > 0")
    events.put(GOOD, BAD, b'{"a":1,"b":"x"}')
    events.refresh("v")
    assert bad(events, "v") == [("1", 1, "WHERE clause", "set aside"), ("2", 1, "b", "set aside")]


# --- null -----------------------------------------------------------------------------------------


def test_null_keeps_the_row(events: Events) -> None:
    create(events, "v", "on_error = null")
    events.put(GOOD, BAD, BROKEN, BYTES, GOOD)
    events.refresh("v")
    assert events.execute("SELECT * FROM v ORDER BY o") == [
        (0, 1, 2),
        (1, None, 3),
        (2, None, None),
        (3, None, None),
        (4, 1, 2),
    ]
    assert bad(events, "v") == [
        ("1", 1, "a", "nulled"),
        ("2", 1, "a,b", "nulled"),
        ("3", 2, "a,b", "nulled"),
    ]
    # They are in the view, so there is nothing to redrive; they are errors all the same.
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(0,)]
    assert events.execute("SELECT COUNT(*) FROM sys_stream_scan_errors") == [(3,)]
    assert events.execute("ALTER MATERIALIZED VIEW v REDRIVE") == []
    assert events.execute("SELECT COUNT(*) FROM v") == [(5,)]


def test_null_in_the_condition_sets_aside(events: Events) -> None:
    condition = f"JSON_EXTRACT_PATH_TEXT({TEXT}, 'a')::INT > 0"
    create(events, "v", "on_error = 'null'", select=f"{SELECT} WHERE {condition}")
    events.put(GOOD, BAD, b'{"a":0,"b":"x"}', b'{"a":5,"b":"x"}')
    events.refresh("v")
    assert events.execute("SELECT * FROM v ORDER BY o") == [(0, 1, 2), (3, 5, None)]
    assert bad(events, "v") == [("1", 1, "WHERE clause", "set aside"), ("3", 1, "b", "nulled")]


def test_null_knows_aliases_and_paths(events: Events) -> None:
    select = (
        "SELECT kafka_offset AS o, JSON_PARSE(kafka_value) AS doc, doc.a::VARCHAR AS a, 10 / (o - 1) AS q,"
        " kafka_value FROM s.events"
    )
    create(events, "v", "on_error = null", select)
    events.put(GOOD, GOOD, BROKEN)
    events.refresh("v")
    assert events.execute("SELECT o, doc IS NULL, a, q, kafka_value FROM v ORDER BY o") == [
        (0, False, "1", -10, GOOD),
        (1, False, "1", None, GOOD),
        (2, True, None, 10, BROKEN),
    ]
    assert [column for _, _, column, _ in bad(events, "v")] == ["q", "doc,a"]


def test_null_is_refused_where_records_are_merged(events: Events) -> None:
    with pytest.raises(streamdialect.NotSupportedError, match="aggregates"):
        create(events, "v", "on_error = null", f"SELECT {TEXT} AS t, COUNT(*) FROM s.events GROUP BY 1")
    assert events.execute("SELECT name FROM svv_mv_info") == []


# --- stop -----------------------------------------------------------------------------------------


def test_stop_ends_before_the_record(events: Events) -> None:
    create(events, "v", "on_error = stop")
    events.put(GOOD, GOOD, BAD, GOOD, BROKEN, GOOD)
    for _ in range(2):  # every later REFRESH meets the same record, as on Redshift
        with pytest.raises(
            streamdialect.ViewStoppedError, match=r'view "v" is stopped at partition 0, position 2'
        ):
            events.refresh("v")
        assert events.execute("SELECT o FROM v ORDER BY o") == [(0,), (1,)]
        assert bad(events, "v") == [("2", 1, "a", "stopped")]
    assert state(events, "v").startswith(
        'stopped at partition 0, position 2, column "a": invalid input syntax'
    )
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(0,)]
    assert events.execute("SELECT COUNT(*) FROM sys_stream_scan_errors") == [(0,)]
    assert events.execute(
        "SELECT position, records_behind FROM streamdialect_lag WHERE partition_id = '0'"
    ) == [("2", 4)]
    assert events.execute("SELECT SUM(scanned_rows) FROM sys_stream_scan_states") == [(2,)]
    failed = events.execute("SELECT COUNT(*) FROM sys_mv_refresh_history WHERE status LIKE 'Refresh failed%'")
    assert failed == [(2,)]

    events.execute("ALTER MATERIALIZED VIEW v SKIP RECORD")
    assert state(events, "v") == "ok"
    with pytest.raises(streamdialect.ViewStoppedError, match="position 4"):
        events.refresh("v")
    assert events.execute("SELECT o FROM v ORDER BY o") == [(0,), (1,), (3,)]
    assert bad(events, "v") == [("2", 1, "a", "set aside"), ("4", 1, "a", "stopped")]

    events.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'skip')")
    events.refresh("v")
    assert events.execute("SELECT o FROM v ORDER BY o") == [(0,), (1,), (3,), (5,)]
    assert bad(events, "v") == [("2", 1, "a", "set aside"), ("4", 1, "a", "set aside")]
    with pytest.raises(streamdialect.ProgrammingError, match="not stopped at a record"):
        events.execute("ALTER MATERIALIZED VIEW v SKIP RECORD")


def test_stop_at_the_first_record_ever(events: Events) -> None:
    create(events, "v", "on_error = stop")
    events.put(BYTES, GOOD)
    with pytest.raises(streamdialect.ViewStoppedError, match="position 0"):
        events.refresh("v")
    events.execute("ALTER MATERIALIZED VIEW v SKIP RECORD")
    events.refresh("v")
    assert events.execute("SELECT o FROM v") == [(1,)]


def test_what_is_too_large_is_skipped_under_stop_too(events: Events) -> None:
    # Redshift: "record too large" is skipped and the refresh succeeds.
    from streamdialect.ingest.materializer import Materializer, Refresh
    from streamdialect.storage.catalog import Catalog
    from tests.ingest.test_bad_records import batch

    create(events, "v", "on_error = stop", "SELECT kafka_offset AS o FROM s.events")
    connection = open_connection(str(events.database))
    view = Catalog(connection).existing_view("v")
    outcome = Materializer(view, "kafka").commit(
        connection, [batch(None, [b"x", b"y" * 16_777_217, b"z" * 16_777_216])], Refresh("Manual")
    )
    connection.close()
    assert outcome.stopped is None
    assert events.execute("SELECT o FROM v") == [(0,), (2,)]
    assert bad(events, "v") == [("1", 3, None, "set aside")]


def test_a_consumer_stops_and_is_resumed(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "streamdialect.ingest")
    events.put(GOOD, b'{"a":"SECRET","b":1}', GOOD)
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES WITH (on_error = stop) AS {SELECT}")
    wait_for(lambda: state(events, "v") != "ok")
    events.put(GOOD, partition=1)
    time.sleep(1.5)
    assert events.execute("SELECT COUNT(*) FROM v") == [(1,)]
    assert [record for record in caplog.records if "stopped" in record.message]
    assert "SECRET" not in caplog.text
    assert "position 1" in caplog.text
    reader = streamdialect.connect(events.database, autocommit=True, ingest="off")
    with pytest.raises(streamdialect.ViewStoppedError):  # although this one may not consume
        reader.execute("REFRESH MATERIALIZED VIEW v")
    reader.execute("ALTER MATERIALIZED VIEW v SET (on_error = skip)")
    reader.close()
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(3,)])
    assert state(events, "v") == "ok"


@pytest.mark.parametrize(
    ("options", "kept"), [("on_error = stop", 2), ("max_error_ratio = 0.01, error_window = 10", 3)]
)
def test_a_refresh_that_waits_for_a_consumer_tells_that_it_stops(
    events: Events, options: str, kept: int
) -> None:
    events.put(GOOD)
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES WITH ({options}) AS {SELECT}")
    events.execute("CREATE TABLE mine (a INT)")
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(1,)])
    with closing(streamdialect.connect(events.database, ingest="off")) as other:
        other.execute("INSERT INTO mine VALUES (1)")  # so that all of it is one transaction
        events.put(GOOD, BAD, GOOD)
        release = threading.Timer(1.0, other.rollback)
        release.start()
        with pytest.raises(streamdialect.ViewStoppedError):
            events.refresh("v")
        release.join()
    assert events.execute("SELECT COUNT(*) FROM v") == [(kept,)]
    assert state(events, "v").startswith("stopped")


# --- the error budget -----------------------------------------------------------------------------


def test_the_error_budget(events: Events) -> None:
    create(events, "v", "max_error_ratio = 0.1, error_window = 20")
    events.put(BAD, BAD, *[GOOD] * 8)
    events.refresh("v")  # two of twenty are allowed
    events.put(BAD, *[GOOD] * 4)
    with pytest.raises(streamdialect.ViewStoppedError, match=r"error budget: 3 of the last 1[1-5] records"):
        events.refresh("v")
    # What was read stands, which are the first of them or all; nothing is lost.
    ((rows,),) = events.execute("SELECT COUNT(*) FROM v")
    assert 8 <= rows <= 12
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(3,)]
    assert "max_error_ratio 0.1 of error_window 20 records" in state(events, "v")
    events.put(BAD, GOOD)
    events.refresh("v")  # resumes it, with a new window
    assert state(events, "v") == "ok"
    assert events.execute("SELECT COUNT(*) FROM v") == [(13,)]
    events.put(BAD, *[GOOD] * 30)
    events.refresh("v")
    events.put(BAD, BAD)
    events.refresh("v")  # the window that was full is over
    events.execute("ALTER MATERIALIZED VIEW v SET (max_error_ratio = 0)")
    events.put(BAD)
    with pytest.raises(streamdialect.ViewStoppedError):
        events.refresh("v")
    events.execute("ALTER MATERIALIZED VIEW v SET (max_error_ratio = 1, error_window = 20)")
    events.put(*[BAD] * 50)
    events.refresh("v")  # one transaction of more records than a window has
    events.execute("ALTER MATERIALIZED VIEW v SET (max_error_ratio = 0.5)")
    events.put(*[BAD, GOOD] * 25)
    events.refresh("v")
    events.put(*[GOOD] * 60, *[BAD] * 40, *[GOOD] * 20)
    with pytest.raises(streamdialect.ViewStoppedError, match="error budget: 20 of the last 20 records"):
        events.refresh("v")
    events.execute("ALTER MATERIALIZED VIEW v SET (max_error_ratio = none)")
    events.put(*[BAD] * 50)
    events.refresh("v")
    assert state(events, "v") == "ok"


# --- how it is set --------------------------------------------------------------------------------


def test_where_the_policy_comes_from(events: Events) -> None:
    with closing(
        streamdialect.connect(events.database, autocommit=True, on_error="stop", ingest="off")
    ) as other:
        other.execute(f"CREATE MATERIALIZED VIEW v AS {SELECT}")
        other.execute(f"CREATE MATERIALIZED VIEW w WITH (on_error = 'null', error_window = 5) AS {SELECT}")
        other.execute("CREATE MATERIALIZED VIEW local AS SELECT COUNT(*) AS n FROM v")
    with closing(
        streamdialect.connect(events.database, autocommit=True, compat="redshift", ingest="off")
    ) as strict:
        strict.execute(f"CREATE MATERIALIZED VIEW r AS {SELECT}")
        for statement in (
            "ALTER MATERIALIZED VIEW r SET (on_error = 'skip')",
            "ALTER MATERIALIZED VIEW r REDRIVE",
            "ALTER MATERIALIZED VIEW r SKIP RECORD",
            f"CREATE MATERIALIZED VIEW x WITH (on_error = 'skip') AS {SELECT}",
        ):
            with pytest.raises(streamdialect.NotSupportedError, match="extension of streamdialect"):
                strict.execute(statement)
    assert events.execute(
        "SELECT name, on_error, max_error_ratio, error_window FROM svv_mv_info ORDER BY 1"
    ) == [
        ("local", None, None, None),
        ("r", "stop", None, 10_000),
        ("v", "stop", None, 10_000),
        ("w", "null", None, 5),
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ("on_error = 'ignore'", streamdialect.ProgrammingError, 'option "on_error"'),
        ("max_error_ratio = 1.5", streamdialect.ProgrammingError, 'option "max_error_ratio"'),
        ("error_window = 0", streamdialect.ProgrammingError, 'option "error_window"'),
        ("retries = 3", streamdialect.NotSupportedError, 'option "retries"'),
        ("on_error = skip, on_error = stop", streamdialect.SQLSyntaxError, "twice"),
        ("on_error", streamdialect.SQLSyntaxError, "="),
    ],
)
def test_wrong_options(events: Events, options: str, error: type[Exception], message: str) -> None:
    create(events, "v")
    with pytest.raises(error, match=message):
        events.execute(f"ALTER MATERIALIZED VIEW v SET ({options})")
    with pytest.raises(streamdialect.InterfaceError, match="on_error"):
        streamdialect.connect(events.database, on_error="ignore")


# --- the log --------------------------------------------------------------------------------------


def test_the_log_is_not_flooded(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "streamdialect.ingest")
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {SELECT}")

    def counted(number: int) -> bool:
        return events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(number,)]

    for number in range(5):
        events.put(b'{"a":"SECRET","b":1}')
        wait_for(partial(counted, number + 1))
    lines = [record.message for record in caplog.records if "bad record" in record.message]
    assert len(lines) == 1
    assert 'view v: 1 bad records of stream "events"' in lines[0]
    assert "SECRET" not in caplog.text


def test_alter_holds_for_a_consumer_that_runs(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {SELECT}")
    events.put(BAD, GOOD)
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(1,)])
    events.execute("ALTER MATERIALIZED VIEW v SET (on_error = 'null')")
    events.put(BAD, GOOD)
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(3,)])
    assert [outcome for *_, outcome in bad(events, "v")] == ["set aside", "nulled"]


def test_what_a_consumer_tries_again_does_not_end_it(events: Events) -> None:
    """A state other than ok is no stop: commits of other connections must not end the consumer."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {SELECT}")
    events.put(GOOD)
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(1,)])
    connection = open_connection(str(events.database))
    connection.execute("UPDATE streamdialect_views SET state = 'the broker does not answer'")
    connection.close()
    time.sleep(2.5)
    events.put(GOOD)
    wait_for(lambda: events.execute("SELECT COUNT(*) FROM v") == [(2,)])


def test_what_only_bad_records_need_is_read_after_one(
    events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, headers and times cost time for each record, so a reader fetches them for a while only."""
    opened: list[frozenset[str]] = []
    original = KafkaSource.open

    def spying(self: Any, stream: str, checkpoints: Any, columns: Any, **options: Any) -> Any:
        opened.append(frozenset(columns))
        return original(self, stream, checkpoints, columns, **options)

    monkeypatch.setattr(KafkaSource, "open", spying)
    monkeypatch.setattr("streamdialect.ingest.consumer._WHOLE", 1.0)
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {SELECT}")
    few = {"kafka_value", "kafka_offset"}
    whole = few | {"kafka_key", "kafka_headers", "kafka_timestamp", "kafka_timestamp_type"}
    for number, expected in enumerate(([few, whole, few], [whole, few]), 1):
        producer = events.server.producer()
        for value in (GOOD, BAD, GOOD):
            producer.produce("events", value, key=b"k", partition=0)
        producer.flush(10)
        wait_for(partial(_as_long, opened, expected), 30)
        assert [columns & whole for columns in opened] == expected
        opened.clear()
        assert events.execute("SELECT COUNT(*) FROM v") == [(2 * number,)]
    assert bad(events, "v", "record_key, outcome") == [(b"k", "set aside")] * 2


def _as_long(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other)
