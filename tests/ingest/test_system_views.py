"""Redshift's system views: their columns and types are the reference's, and what is in them is true."""

from __future__ import annotations

import contextlib
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

import streamdialect
from streamdialect import types
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.sources.base import Batch
from streamdialect.storage import events as event_log
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import immediate, open_connection
from streamdialect.storage.system_views import INFORMATION_SCHEMA, SYSTEM_VIEWS
from tests.ingest.bad_records import BAD, GOOD, SELECT
from tests.ingest.conftest import EXTRACT, Events
from tests.servers import MockKafka

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "system-views.md"

# Columns as Redshift's manual lists them, at the pages that the reference (section 4) names, and the four views of the
# catalogue beside these at their own pages. Ours follow a bar.
COLUMNS = {
    "sys_stream_scan_states": """
        external_schema_name char(128), stream_name char(255), mv_name char(128), transaction_id bigint,
        query_id bigint, record_time timestamp, partition_id char(128), latest_position char(128),
        scanned_rows bigint, skipped_rows bigint, scanned_bytes bigint, stream_record_time_min timestamp,
        stream_record_time_max timestamp | lag_from_latest bigint, max_latency_s float8
    """,
    "sys_stream_scan_errors": """
        external_schema_name char(128), stream_name char(255), mv_name char(128), transaction_id bigint,
        query_id bigint, stream_timestamp_type char(1), stream_timestamp timestamp, record_time timestamp,
        partition_id char(128), position char(128), error_code integer, error_reason char(128)
    """,
    "svv_mv_info": """
        database_name char(128), schema_name char(128), user_name char(128), name char(128), is_stale char(1),
        state integer, autorewrite char(1), autorefresh char(1) | streamdialect_state text, lag_records bigint,
        lag_milliseconds bigint, on_error char(8), max_error_ratio float8, error_window bigint,
        on_data_loss char(8)
    """,
    "stv_mv_info": """
        db_name char(128), schema char(128), name char(128), updated_upto_xid bigint, is_stale char(1),
        owner_user_name char(128), state integer, autorewrite char(1), autorefresh char(1)
    """,
    "sys_mv_state": """
        user_id bigint, transaction_id bigint, database_name char(128), event_desc char(500),
        start_time timestamp, base_table_database_name char(128), base_table_schema char(128),
        base_table_name char(128), mv_schema char(128), mv_name char(128), state char(32)
    """,
    "stl_mv_state": """
        userid bigint, starttime timestamp, xid bigint, event_desc char(500), db_name char(128),
        base_table_schema char(128), base_table_name char(128), mv_schema char(128), mv_name char(128),
        state char(32)
    """,
    "sys_mv_refresh_history": """
        user_id integer, session_id integer, transaction_id bigint, database_name char(128),
        schema_name char(128), mv_id bigint, mv_name char(128), refresh_type char(32), status text,
        start_time timestamp, end_time timestamp, duration bigint, consumer_account char(12),
        consumer_region char(32), consumer_namespace char(36)
    """,
    "svl_mv_refresh_status": """
        db_name char(128), userid bigint, schema_name char(128), mv_name char(128), xid bigint,
        starttime timestamp, endtime timestamp, status text, refresh_type char(32), consumer_account char(12),
        consumer_region char(32), consumer_namespace char(36)
    """,
    "stv_mv_deps": """
        db_name char(128), schema char(128), name char(128), ref_schema char(128), ref_name char(128),
        ref_database_name char(128)
    """,
    "svv_mv_dependency": """
        database_name char(128), schema_name char(128), name char(128), dependent_database_name char(128),
        dependent_schema_name char(128), dependent_name char(128)
    """,
    "svv_external_schemas": """
        esoid oid, eskind smallint, schemaname name, esowner integer, databasename text, esoptions text
    """,
    "svv_external_tables": """
        redshift_database_name text, schemaname text, tablename text, tabletype text, location text,
        input_format text, output_format text, serialization_lib text, serde_parameters text,
        compressed integer, parameters text
    """,
    "svv_external_columns": """
        redshift_database_name text, schemaname text, tablename text, columnname text, external_type text,
        columnnum integer, part_key integer, is_nullable text
    """,
    "svv_all_tables": """
        database_name varchar(128), schema_name varchar(128), table_name varchar(128), table_acl varchar(128),
        table_type varchar(128), remarks varchar(256)
    """,
    "svv_table_info": """
        database text, schema text, table_id oid, table text, encoded text, diststyle text, sortkey1 text,
        max_varchar integer, sortkey1_enc char(32), sortkey_num integer, size bigint, pct_used numeric(10,4),
        empty bigint, unsorted numeric(5,2), stats_off numeric(5,2), tbl_rows numeric(38,0),
        skew_sortkey1 numeric(19,2), skew_rows numeric(19,2), estimated_visible_rows numeric(38,0),
        risk_event text, vacuum_sort_benefit numeric(12,2), create_time timestamp
    """,
    "svv_all_columns": """
        database_name varchar(128), schema_name varchar(128), table_name varchar(128), column_name varchar(128),
        ordinal_position integer, column_default varchar(4000), is_nullable varchar(3), data_type varchar(128),
        character_maximum_length integer, numeric_precision integer, numeric_scale integer, remarks varchar(256)
    """,
    "svv_tables": """
        table_catalog text, table_schema text, table_name text, table_type text, remarks text
    """,
    "svv_columns": """
        table_catalog text, table_schema text, table_name text, column_name text, ordinal_position integer,
        column_default text, is_nullable text, data_type text, character_maximum_length integer,
        numeric_precision integer, numeric_precision_radix integer, numeric_scale integer,
        datetime_precision integer, interval_type text, interval_precision text, character_set_catalog text,
        character_set_schema text, character_set_name text, collation_catalog text, collation_schema text,
        collation_name text, domain_name text, remarks text
    """,
    "pg_table_def": """
        schemaname name, tablename name, column name, type text, encoding char(32), distkey boolean,
        sortkey integer, notnull boolean
    """,
    "pg_tables": """
        schemaname name, tablename name, tableowner name, tablespace name, hasindexes boolean,
        hasrules boolean, hastriggers boolean
    """,
    "pg_views": "schemaname name, viewname name, viewowner name, definition text",
}
# Types that SQL here has no name for.
SPELLED = {"oid": "bigint", "name": "varchar(128)", "text": "varchar(65535)"}


def test_columns_are_as_in_the_manual(database: Path) -> None:
    """Names, order and types, as the driver describes them; in a file without our tables, and with them."""
    expected = {
        name: [
            (column, types.parse_type(SPELLED.get(kind.strip(), kind.strip())))
            for column, kind in (part.split(maxsplit=1) for part in re.split(r"[,|](?!\d)", listed))
        ]
        for name, listed in COLUMNS.items()
    }
    with contextlib.closing(streamdialect.connect(database, autocommit=True)) as connection:
        for _ in range(2):
            for name, columns in expected.items():
                for prefix in ("", "pg_catalog."):
                    description = connection.execute(f"SELECT * FROM {prefix}{name}").description or ()
                    assert [(column[0], types.type_of(column)) for column in description] == columns, name
            connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
            connection.execute("DROP SCHEMA s")


def test_every_view_is_in_the_manual_and_here() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in SYSTEM_VIEWS:
        assert f"`{name}`" in page, name
        assert name in COLUMNS or name.startswith("streamdialect_"), name
    for name in INFORMATION_SCHEMA:
        assert f"`information_schema.{name}`" in page, name


def rows(events: Events, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in events.execute(statement)]


def test_the_names_are_those_that_functions_give(events: Events) -> None:
    """A tool compares them: WHERE database_name = CURRENT_DATABASE()."""
    events.execute("CREATE TABLE t (a INTEGER)")
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
    for statement in (
        "SELECT COUNT(*) FROM svv_mv_info WHERE database_name = CURRENT_DATABASE()"
        " AND user_name = CURRENT_USER AND schema_name = CURRENT_SCHEMA()",
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_catalog = CURRENT_DATABASE()"
        " AND table_schema = CURRENT_SCHEMA() AND table_name = 't'",
    ):
        assert rows(events, statement) == [(1,)]


def test_scans_and_refreshes(events: Events) -> None:
    events.put({"name": "a", "amount": "1.5"}, {"name": "b", "amount": "2"}, partition=1)
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.refresh("v")
    events.refresh("v")
    scanned = rows(
        events,
        "SELECT external_schema_name, stream_name, mv_name, partition_id, latest_position, scanned_rows,"
        " skipped_rows, lag_from_latest, max_latency_s FROM sys_stream_scan_states",
    )
    assert scanned == [("s", "events", "v", "1", "2", 2, 0, 0, 0.0)]
    old, new = (
        rows(events, f"SELECT {columns} ORDER BY 1")
        for columns in (
            "xid, mv_name, status, refresh_type, starttime, endtime, userid, db_name FROM svl_mv_refresh_status",
            "transaction_id, mv_name, status, refresh_type, start_time, end_time, user_id, database_name"
            " FROM sys_mv_refresh_history",
        )
    )
    assert old == new
    assert [row[2] for row in new] == [
        "Refresh successfully updated MV incrementally",
        "Refresh successfully updated MV incrementally. Stream returned no new data.",
    ]
    assert rows(events, "SELECT updated_upto_xid, state, autorefresh FROM stv_mv_info") == [
        (new[1][0], 1, "f")
    ]
    assert rows(events, "SELECT DISTINCT session_id FROM sys_mv_refresh_history") == [(os.getpid(),)]


def test_a_refresh_says_that_there_is_more(events: Events) -> None:
    """As long as its last batch of some partition ended before the head."""
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT kafka_offset FROM s.events")
    view = Catalog(connection := open_connection(str(events.database))).existing_view("v")
    materializer, refresh = Materializer(view, "kafka"), Refresh("Auto")
    for offset, behind in ((0, 1), (1, 0)):
        columns: dict[str, list[Any]] = {"kafka_offset": [offset], "kafka_value": [b"x"]}
        start = None if not offset else str(offset)
        batch = Batch("0", start, str(offset + 1), columns, count=1, size=1, behind=behind)
        materializer.commit(connection, [batch], refresh)
        more = ". The stream may contain more data." if behind else ""
        assert rows(events, "SELECT status, refresh_type FROM sys_mv_refresh_history") == [
            (f"Refresh successfully updated MV incrementally{more}", "Auto")
        ]
    connection.close()


def test_dependencies_are_between_materialized_views(events: Events) -> None:
    events.execute("CREATE TABLE t (a INTEGER)")
    events.execute("CREATE MATERIALIZED VIEW low AS SELECT a FROM t")
    events.execute("CREATE MATERIALIZED VIEW high AS SELECT low.a FROM low JOIN t ON low.a = t.a")
    assert rows(events, "SELECT * FROM svv_mv_dependency") == [
        ("main", "public", "high", "main", "public", "low")
    ]
    assert rows(events, "SELECT * FROM stv_mv_deps") == [("main", "public", "high", "public", "low", "main")]


STATE = "SELECT state FROM svv_mv_info WHERE name = 'v'"


@pytest.mark.parametrize(
    ("change", "undo", "event", "number", "status"),
    [
        (
            "RENAME COLUMN a TO z",
            "RENAME COLUMN z TO a",
            "Column was renamed",
            104,
            "A base table column was renamed.",
        ),
        ("DROP COLUMN a", "ADD COLUMN a INTEGER", "Column was dropped", 101, "A column was dropped."),
        ("RENAME TO u", None, "Table was renamed", 103, "A base table was renamed."),
    ],
)
def test_a_change_of_the_base_table_is_told(
    events: Events, change: str, undo: str | None, event: str, number: int, status: str
) -> None:
    """By its state and an event, as soon as it is made; undone, the view is as it was."""
    events.execute("CREATE TABLE t (a INTEGER, b INTEGER)")
    events.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
    events.execute("ALTER TABLE t RENAME COLUMN b TO c")  # not read by the view
    assert rows(events, "SELECT COUNT(*) FROM sys_mv_state") == [(0,)]
    events.execute(f"ALTER TABLE t {change}")
    told = "SELECT event_desc, base_table_schema, base_table_name, mv_schema, mv_name, state"
    expected = [(event, "public", "t", "public", "v", "Unrefreshable")]
    for name in ("sys_mv_state", "stl_mv_state"):
        assert rows(events, f"{told} FROM {name}") == expected
    assert rows(events, STATE) == [(number,)]
    with pytest.raises(streamdialect.ProgrammingError, match="no such"):
        events.refresh("v")
    assert rows(events, "SELECT status FROM svl_mv_refresh_status") == [(f"Refresh failed. {status}",)]
    events.execute("ALTER TABLE u RENAME TO t" if undo is None else f"ALTER TABLE t {undo}")
    events.refresh("v")
    assert rows(events, STATE) == [(0,)]


def test_a_view_that_stops_is_told(events: Events) -> None:
    events.put(GOOD, BAD)
    events.execute(f"CREATE MATERIALIZED VIEW v WITH (on_error = 'stop') AS {SELECT}")
    with pytest.raises(streamdialect.ViewStoppedError):
        events.refresh("v")
    ((event, schema, stream, name, state),) = rows(
        events, "SELECT event_desc, base_table_schema, base_table_name, mv_name, state FROM sys_mv_state"
    )
    assert event.startswith("stopped at partition 0, position 1")
    assert (schema, stream, name, state) == ("s", "events", "v", "Unrefreshable")


def test_the_histories_are_bounded(database: Path) -> None:
    """A view's last 1,000 refreshes with their scans, and its last 100 events."""
    with contextlib.closing(streamdialect.connect(database, autocommit=True, ingest="off")) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
        connection.execute("CREATE MATERIALIZED VIEW v AS SELECT a FROM t")
        connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
        connection.execute("CREATE MATERIALIZED VIEW streaming AS SELECT kafka_offset FROM s.events")
        other = open_connection(str(database))
        with immediate(other):
            for number in range(1, 1200):
                other.execute(
                    "INSERT INTO streamdialect_refreshes (view_id, view_name, refresh_type, status, session_id,"
                    " start_time, end_time, duration) VALUES (1, 'v', 'Auto', 'x', 1, 'x', 'x', 1)"
                )
                other.execute(
                    "INSERT INTO streamdialect_scans VALUES (?, 1, '0', '0', 1, 0, 1, NULL, NULL, 'x')",
                    (number,),
                )
            for _ in range(150):
                event_log.stopped(other, 2, "once more")
        connection.execute("REFRESH MATERIALIZED VIEW v")
        refreshes = connection.execute("SELECT COUNT(*), MAX(transaction_id) FROM sys_mv_refresh_history")
        assert refreshes.fetchall() == [(1000, 1200)]
        assert connection.execute("SELECT COUNT(*) FROM sys_mv_state").fetchall() == [
            (event_log.KEPT_EVENTS,)
        ]
        assert other.execute("SELECT count(*) FROM streamdialect_scans").get == 999
        other.close()


# --- the catalogue ------------------------------------------------------------------------------------


def test_streams_are_external_tables(events: Events, kafka_server: MockKafka) -> None:
    assert ("main", "s", "events") in rows(
        events, "SELECT redshift_database_name, schemaname, tablename FROM svv_external_tables"
    )
    columns = rows(
        events,
        "SELECT columnname, external_type, columnnum, part_key FROM svv_external_columns"
        " WHERE schemaname = 's' AND tablename = 'events' ORDER BY columnnum",
    )
    described = events.connection.execute("SELECT * FROM s.events WHERE 1 = 0").description or ()
    assert columns == [
        (column[0], str(types.type_of(column)).lower(), place, 0) for place, column in enumerate(described, 1)
    ]
    found = rows(events, "SELECT table_name, table_type FROM svv_all_tables WHERE schema_name = 's'")
    assert ("events", "EXTERNAL TABLE") in found
    found = rows(
        events, "SELECT data_type FROM svv_columns WHERE table_schema = 's' AND column_name = 'kafka_offset'"
    )
    assert found[0] == ("bigint",)


def test_a_source_is_asked_only_for_its_schema(database: Path) -> None:
    """A broker that is away does not keep a tool from listing the tables of other schemas."""
    connection = streamdialect.connect(
        database, autocommit=True, kafka={"socket.connection.setup.timeout.ms": "1000"}
    )
    connection.execute("CREATE EXTERNAL SCHEMA away FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
    connection.execute("CREATE TABLE t (a INTEGER)")
    for name, schema in (
        ("svv_all_tables", "schema_name"),
        ("svv_tables", "table_schema"),
        ("svv_all_columns", "schema_name"),
        ("svv_columns", "table_schema"),
    ):
        found = connection.execute(f"SELECT table_name FROM {name} WHERE {schema} = 'public'").fetchall()
        assert found == [("t",)], name
    assert connection.execute("SELECT table_name FROM information_schema.tables").fetchall() == [("t",)]
    connection.close()


def test_tables_views_and_columns(database: Path, tmp_path: Path) -> None:
    """As tools ask for them; in a file that has none of our tables, with SQLite's own names for nothing."""
    plain = apsw.Connection(str(database))
    plain.execute(
        "CREATE TABLE t (a INTEGER NOT NULL DEFAULT 3, b VARCHAR(10), c DECIMAL(10,2), d TIMESTAMP)"
    )
    plain.execute(
        "CREATE INDEX i ON t (a); CREATE VIEW p AS SELECT b FROM t; CREATE VIEW broken AS SELECT x FROM gone"
    )
    plain.close()
    connection = streamdialect.connect(database, autocommit=True, attach={"more": str(tmp_path / "more.db")})
    connection.execute("CREATE TABLE more.t2 (a SUPER)")

    def read(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(statement).fetchall()]

    assert read("SELECT * FROM pg_tables ORDER BY tablename") == [
        ("public", "t", "local", None, True, False, False),
        ("more", "t2", "local", None, False, False, False),
    ]
    assert read("SELECT viewname, definition FROM pg_catalog.pg_views ORDER BY 1") == [
        ("broken", "CREATE VIEW broken AS SELECT x FROM gone"),
        ("p", "CREATE VIEW p AS SELECT b FROM t"),
    ]
    columns = (
        "column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length,"
        " numeric_precision, numeric_scale"
    )
    expected = [
        ("a", 1, "3", "NO", "integer", None, 32, 0),
        ("b", 2, None, "YES", "character varying", 10, None, None),
        ("c", 3, None, "YES", "numeric", None, 10, 2),
        ("d", 4, None, "YES", "timestamp without time zone", None, None, None),
    ]
    for name, schema in (
        ("information_schema.columns", "table_schema"),
        ("svv_columns", "table_schema"),
        ("svv_all_columns", "schema_name"),
    ):
        assert (
            read(f"SELECT {columns} FROM {name} WHERE {schema} = 'public' AND table_name = 't' ORDER BY 2")
            == expected
        )
    assert read('SELECT "column", type, "notnull" FROM pg_table_def WHERE tablename = \'t\'') == [
        ("a", "integer", True),
        ("b", "character varying(10)", False),
        ("c", "numeric(10,2)", False),
        ("d", "timestamp without time zone", False),
    ]
    assert read("SELECT schema_name FROM information_schema.schemata ORDER BY 1") == [
        ("information_schema",),
        ("more",),
        ("pg_catalog",),
        ("public",),
    ]
    assert read("SELECT table_name, table_type FROM information_schema.tables ORDER BY 1") == [
        ("broken", "VIEW"),
        ("p", "VIEW"),
        ("t", "BASE TABLE"),
        ("t2", "BASE TABLE"),
    ]
    assert read(
        "SELECT table_schema, view_definition FROM information_schema.views WHERE table_name = 'p'"
    ) == [("public", "CREATE VIEW p AS SELECT b FROM t")]
    connection.close()


def test_table_info_counts_what_is_there(database: Path) -> None:
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE TABLE t (a INTEGER, b VARCHAR(20), c VARCHAR(3))")
    connection.execute("CREATE TABLE bare (a INTEGER)")
    connection.execute("INSERT INTO t VALUES (1, 'x', 'y'), (2, 'x', 'y'), (3, 'x', 'y')")
    connection.execute(
        "CREATE MATERIALIZED VIEW v DISTSTYLE KEY DISTKEY (a) SORTKEY (b, a) AS SELECT a, b FROM t"
    )
    connection.execute("REFRESH MATERIALIZED VIEW v")
    found = connection.execute(
        'SELECT "table", diststyle, sortkey1, sortkey_num, max_varchar, size, tbl_rows, estimated_visible_rows,'
        " create_time IS NOT NULL FROM svv_table_info ORDER BY 1"
    ).fetchall()
    three = Decimal(3)
    assert [tuple(row) for row in found] == [
        ("mv_tbl__v__0", "KEY(a)", "b", 2, 20, 1, three, three, True),
        ("t", None, None, 0, 20, 1, three, three, False),
    ]
    connection.close()


def test_a_system_view_is_called_one(database: Path) -> None:
    """Whatever somebody wants to do to it."""
    with contextlib.closing(streamdialect.connect(database, autocommit=True)) as connection:
        for statement in ("DROP VIEW pg_tables", "DROP TABLE svv_mv_info", "DELETE FROM sys_mv_state"):
            with pytest.raises(streamdialect.Error, match=r'system view "|is a system view') as raised:
                connection.execute(statement)
            assert "System views are only read." in str(raised.value)
