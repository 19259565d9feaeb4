"""Streaming views: what a record becomes, in every kind of view."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

import streamdialect
from tests.ingest.conftest import EXTRACT, Events


def test_rows_are_typed(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put({"name": "a", "amount": 1.255}, {"name": "overlong name", "amount": "7"}, {"amount": None})
    events.refresh("v")
    cursor = events.connection.execute("SELECT * FROM v ORDER BY kafka_offset")
    assert cursor.fetchall() == [
        (0, 0, "a", Decimal("1.26")),
        (0, 1, "overlong", Decimal("7.00")),
        (0, 2, None, None),
    ]
    assert [(name, kind) for name, kind, *_ in cursor.description or ()] == [
        ("kafka_partition", "BIGINT"),
        ("kafka_offset", "BIGINT"),
        ("name", "VARCHAR(8)"),
        ("amount", "DECIMAL(10,2)"),
    ]


def test_all_columns_of_a_stream(events: Events) -> None:
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT * FROM s.events")
    producer = events.server.producer()
    producer.produce(
        "events", b"value", key=b"key", headers={"a": b"1", "b": b"\xff"}, partition=1, timestamp=86_400_123
    )
    producer.produce("events", None, key=None, partition=1, timestamp=86_400_124)
    producer.flush(10)
    before = datetime.now()
    events.refresh("v")
    cursor = events.connection.execute("SELECT * FROM v ORDER BY kafka_offset")
    assert [(name, kind) for name, kind, *_ in cursor.description or ()] == [
        ("kafka_partition", "BIGINT"),
        ("kafka_offset", "BIGINT"),
        ("kafka_timestamp_type", "CHAR(1)"),
        ("kafka_timestamp", "TIMESTAMP"),
        ("kafka_key", "VARBYTE(16777216)"),
        ("kafka_value", "VARBYTE(16777216)"),
        ("kafka_headers", "SUPER"),
        ("refresh_time", "TIMESTAMP"),
    ]
    first, second = cursor.fetchall()
    assert first[:7] == (
        1,
        0,
        "C",
        datetime(1970, 1, 2, 0, 0, 0, 123000),
        b"key",
        b"value",
        '{"a":"1","b":"ff"}',
    )
    assert second[:7] == (1, 1, "C", datetime(1970, 1, 2, 0, 0, 0, 124000), None, None, None)
    assert first[7] == second[7], "refresh_time is the start of the refresh"
    assert abs((first[7] - before).total_seconds()) < 86_400


def test_guards_keep_bad_records_out(events: Events) -> None:
    events.execute(
        "CREATE MATERIALIZED VIEW v AS SELECT kafka_offset, JSON_PARSE(kafka_value) AS payload FROM s.events"
        " WHERE CAN_JSON_PARSE(kafka_value)"
    )
    events.put(b"{", {"a": 1}, None, b"", b"{a:1}")
    events.refresh("v")
    assert events.execute("SELECT kafka_offset, payload.a FROM v") == [(1, "1")]
    assert events.execute("SELECT COUNT(*) FROM sys_stream_scan_errors") == [(0,)]


BAD = {
    b"oops": 1,
    b'{"name": "a", "amount": "many"}': 1,
    b'{"name": "a", "amount": 123456789}': 1,
    b'{"name": "\xff", "amount": 1}': 2,
    b"{a: 1}": 1,
    b'{"name": "a", "amount": 1': 1,
}


def test_bad_records_are_set_aside(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    good = {"name": "good", "amount": 1}
    for bad in BAD:
        events.put(good, bad, good)
    events.refresh("v")
    assert events.execute("SELECT COUNT(*) FROM v") == [(2 * len(BAD),)]
    aside = events.execute(
        "SELECT record_value, error_code, position FROM streamdialect_dead_letters ORDER BY id"
    )
    assert [(value, code) for value, code, _ in aside] == list(BAD.items())
    assert [position for *_, position in aside] == [str(3 * number + 1) for number in range(len(BAD))]
    status = events.execute("SELECT status FROM sys_mv_refresh_history")
    assert status == [("Refresh successfully updated MV incrementally. Some stream records were skipped.",)]
    scanned = events.execute("SELECT scanned_rows, skipped_rows FROM sys_stream_scan_states")
    assert scanned == [(3 * len(BAD), len(BAD))]
    events.refresh("v")
    assert events.execute("SELECT COUNT(*) FROM sys_stream_scan_errors") == [(len(BAD),)]


def test_a_topic_of_nothing_but_bad_records(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put(*[b"bad"] * 500)
    events.refresh("v")
    assert events.execute("SELECT COUNT(*) FROM v") == [(0,)]
    assert events.execute("SELECT COUNT(*) FROM streamdialect_dead_letters") == [(500,)]
    assert events.execute("SELECT status FROM sys_mv_refresh_history")[0][0].endswith(
        "All records received from the stream were skipped."
    )


AGGREGATE = """
    SELECT JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'name')::VARCHAR(8) AS name,
           COUNT(*) AS n, COUNT(JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'amount')) AS amounts,
           SUM(JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'amount')::DECIMAL(10,2)) AS total,
           AVG(JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'whole')::INT) AS average,
           MIN(JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'amount')::DECIMAL(10,2)) AS low,
           MAX(kafka_offset) AS last
    FROM s.events
"""


def test_aggregates_are_merged_batch_by_batch(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {AGGREGATE} GROUP BY 1")
    events.put({"name": "a", "amount": 0.1, "whole": 1}, {"name": None, "amount": 5}, {"name": "b"})
    events.refresh("v")
    events.put({"name": "a", "amount": 0.2, "whole": 4}, {"amount": 2.5}, partition=1)
    events.refresh("v")
    assert events.execute("SELECT * FROM v ORDER BY name") == [
        ("a", 2, 2, Decimal("0.30"), 2, Decimal("0.10"), 0),
        ("b", 1, 0, None, None, None, 2),
        (None, 2, 2, Decimal("7.50"), None, Decimal("2.50"), 1),
    ]


def test_groups_without_aggregates(events: Events) -> None:
    events.execute(
        "CREATE MATERIALIZED VIEW v AS SELECT kafka_partition FROM s.events GROUP BY kafka_partition"
    )
    for partition in (0, 1, 0):
        events.put(b"x", partition=partition)
        events.refresh("v")
    assert events.execute("SELECT * FROM v ORDER BY 1") == [(0,), (1,)]


def test_having_is_applied_to_the_whole(events: Events) -> None:
    events.execute(
        "CREATE MATERIALIZED VIEW v AS SELECT kafka_partition, COUNT(*) AS n FROM s.events"
        " GROUP BY 1 HAVING COUNT(*) > 1"
    )
    events.put(b"x")
    events.put(b"x", partition=1)
    events.refresh("v")
    assert events.execute("SELECT * FROM v") == []
    events.put(b"x")
    events.refresh("v")
    assert events.execute("SELECT * FROM v") == [(0, 2)]


def test_an_aggregate_without_groups_has_one_row_from_the_start(events: Events) -> None:
    events.execute(
        "CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS n, MAX(kafka_offset) AS last FROM s.events"
    )
    assert events.execute("SELECT * FROM v") == [(0, None)]
    events.put(b"a", b"b")
    events.refresh("v")
    assert events.execute("SELECT * FROM v") == [(2, 1)]


def test_bad_records_of_an_aggregate_are_set_aside(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {AGGREGATE} GROUP BY 1")
    events.put({"name": "a", "whole": 1}, b"bad", {"name": "a", "whole": 3})
    events.refresh("v")
    assert events.execute("SELECT name, n, average FROM v") == [("a", 2, 2)]
    assert events.execute("SELECT COUNT(*) FROM sys_stream_scan_errors") == [(1,)]


def test_views_over_views_are_recomputed(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW base AS {EXTRACT}")
    events.execute("CREATE TABLE names (name VARCHAR(8), long VARCHAR(20))")
    events.execute("INSERT INTO names VALUES ('a', 'Anna')")
    events.put({"name": "a", "amount": 1})
    events.refresh("base")
    events.execute(
        "CREATE MATERIALIZED VIEW joined AS SELECT n.long, SUM(b.amount) AS total FROM base b"
        " JOIN names n ON n.name = b.name GROUP BY n.long"
    )
    assert events.execute("SELECT * FROM joined") == [("Anna", Decimal("1.00"))]
    events.put({"name": "a", "amount": 2})
    events.refresh("joined")
    assert events.execute("SELECT * FROM joined") == [("Anna", Decimal("1.00"))], (
        "RESTRICT leaves the base alone"
    )
    events.execute("REFRESH MATERIALIZED VIEW joined CASCADE")
    assert events.execute("SELECT * FROM joined") == [("Anna", Decimal("3.00"))]
    with pytest.raises(
        streamdialect.NotSupportedError, match="Auto-refresh is not supported for materialized views"
    ):
        events.execute("CREATE MATERIALIZED VIEW auto AUTO REFRESH YES AS SELECT name FROM base")
    with pytest.raises(streamdialect.DependentObjectsError, match="joined"):
        events.execute("DROP MATERIALIZED VIEW base")
    events.execute("DROP MATERIALIZED VIEW base CASCADE")
    assert events.execute("SELECT COUNT(*) FROM svv_mv_info") == [(0,)]


def test_removed_rows_do_not_come_back(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put({"name": "a"}, {"name": "b"}, {"name": "c"})
    events.refresh("v")
    cursor = events.connection.execute("DELETE FROM v WHERE name = ?", ("b",))
    assert cursor.rowcount == 1
    events.refresh("v")
    assert events.execute("SELECT name FROM v ORDER BY 1") == [("a",), ("c",)]
    events.execute("TRUNCATE v")
    events.put({"name": "d"})
    events.refresh("v")
    assert events.execute("SELECT name FROM v") == [("d",)]


def test_rows_cannot_be_written_around_the_stream(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    for statement in (
        "INSERT INTO v VALUES (1, 2, 'a', 3)",
        "INSERT INTO mv_tbl__v__0 VALUES (1, 2, 'a', 3)",
        "DELETE FROM streamdialect_checkpoints",
        "DROP TABLE mv_tbl__v__0",
        "ATTACH 'other.db' AS other",
    ):
        with pytest.raises(streamdialect.DatabaseError):
            events.execute(statement)
    events.put({"name": "a"})
    events.refresh("v")
    assert events.execute("SELECT COUNT(*) FROM v") == [(1,)]


def test_a_sort_key_becomes_an_index(events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v DISTKEY(3) SORTKEY(name, 2) AS {EXTRACT}")
    assert any("has no effect" in notice for notice in events.connection.notices)

    def plan() -> str:
        return str(events.execute("EXPLAIN QUERY PLAN SELECT * FROM mv_tbl__v__0 WHERE name = 'a'"))

    assert "mv_tbl__v__0_sortkey" in plan()
    events.execute("ALTER MATERIALIZED VIEW v ALTER SORTKEY (amount)")
    assert "mv_tbl__v__0_sortkey" not in plan()


def test_a_wide_view_is_read_rightly(events: Events) -> None:
    """SQLite tells virtual tables about the first 63 columns only (shillelagh #437)."""
    columns = ", ".join(
        f"JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'c{number}')::INT AS c{number}"
        for number in range(80)
    )
    events.execute(f"CREATE MATERIALIZED VIEW v AS SELECT {columns} FROM s.events")
    events.put({f"c{number}": number for number in range(80)})
    events.refresh("v")
    assert events.execute("SELECT * FROM v") == [tuple(range(80))]


def test_names_with_quotes_and_keywords(events: Events) -> None:
    events.server.topic("we.ird-Topic")
    events.server.produce("we.ird-Topic", [b"x"])
    events.execute(
        'CREATE MATERIALIZED VIEW "sel""ect; --" AS'
        ' SELECT kafka_offset AS "from", kafka_value AS "a ""b""" FROM s."we.ird-Topic"'
    )
    events.execute('REFRESH MATERIALIZED VIEW "sel""ect; --"')
    cursor = events.connection.execute('SELECT "from", "a ""b""" FROM "sel""ect; --"')
    assert [column[0] for column in cursor.description or ()] == ["from", 'a "b"']
    assert cursor.fetchall() == [(0, b"x")]
    events.execute('DROP MATERIALIZED VIEW "sel""ect; --"')


def test_large_records(events: Events) -> None:
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT LEN(kafka_value) AS size FROM s.events")
    events.server.produce("events", [b"x" * 900_000, b"", b"y"])
    events.refresh("v")
    assert sorted(events.execute("SELECT size FROM v")) == [(0,), (1,), (900_000,)]
