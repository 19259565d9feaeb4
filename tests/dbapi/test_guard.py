"""What no statement of a user can do to the file, whatever it is given as a name or a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

import streamdialect
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.sources.base import Batch
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import open_connection
from streamdialect.storage.session import _PRAGMAS

NAMES = {
    "quote": "a'b",
    "quotes": "it''s",
    "double quote": 'a"b',
    "double quotes": 'a""b"',
    "statement": "a; drop table canary; --",
    "closing": 'a"); drop table canary; --',
    "closing text": "a'); delete from canary; --",
    "comment": "a--b",
    "open comment": "/* a",
    "close comment": "a */ b",
    "emoji": "crab \U0001f980",
    "combining": "e\u0301",
    "keyword": "select",
    "two keywords": "from where",
    "backslash": "a\\",
    "line feed": "a\nb",
    "carriage return": "a\r\nb",
    "tab": "a\tb",
    "parameters": "a?1:b@c$d",
    "formats": "%s %(x)s {x} %%",
    "brackets": "[a] `b`",
    "dot": "a.b",
    "blank at the end": "a ",
    "127 bytes": "x" * 127,
    "127 bytes of two": "\u00e9" * 63 + "x",
}


@pytest.fixture
def connection(database: Path) -> Iterator[streamdialect.Connection]:
    connection = streamdialect.connect(database, autocommit=True, ingest="off")
    connection.execute("CREATE TABLE canary (sings INT)")
    connection.execute("INSERT INTO canary VALUES (1)")
    yield connection
    connection.close()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


RELATIONS = (
    "SELECT type, name FROM sqlite_schema"
    " WHERE name NOT LIKE 'streamdialect%' AND name NOT LIKE 'sqlite%' ORDER BY 2"
)


def look(database: Path, sql: str, *values: Any) -> list[Any]:
    """Look at the file without this package."""
    plain = apsw.Connection(str(database))
    try:
        return plain.execute(sql, values).fetchall()
    finally:
        plain.close()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_names(database: Path, connection: streamdialect.Connection, name: str) -> None:
    n, run = quoted(name), connection.execute
    before = look(database, RELATIONS)
    run(f"CREATE EXTERNAL SCHEMA {n} FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
    run(f"CREATE MATERIALIZED VIEW {n} AS SELECT kafka_offset AS {n}, kafka_value AS v FROM {n}.{n}")
    assert look(database, "SELECT name, schema_name, stream FROM streamdialect_views") == [(name, name, name)]
    assert look(database, "SELECT name FROM streamdialect_schemas") == [(name,)]
    assert look(database, "SELECT name FROM sqlite_schema WHERE name = ?", f"mv_tbl__{name}__0")
    assert run(f"SELECT {n} FROM {n} AS {n} WHERE {n}.{n} > 0 GROUP BY 1").fetchall() == []
    assert run("SELECT name, state FROM svv_mv_info WHERE name = ?", (name,)).fetchall()[0][0] == name
    assert run(f"SELECT name FROM svv_mv_info WHERE name = {literal(name)}").fetchall() == [(name,)]
    assert run("SELECT schemaname FROM svv_external_schemas").fetchall() == [(name,)]
    run(f"ALTER MATERIALIZED VIEW {n} SET (on_error = 'null')")
    run(f"ALTER MATERIALIZED VIEW {n} REDRIVE WHERE partition_id = {literal(name)} OR position = ?", (name,))
    run(f"ALTER MATERIALIZED VIEW {n} AUTO REFRESH NO")
    run(f"DROP MATERIALIZED VIEW {n}")
    run(f"DROP SCHEMA {n}")
    run(f"CREATE TABLE {n} ({n} VARCHAR(200))")
    with pytest.raises(streamdialect.NotSupportedError, match="COMMENT"):
        run(f"COMMENT ON TABLE {n} IS {literal(name)}")
    run(f"INSERT INTO {n} ({n}) VALUES ({literal(name)}), (?)", (name,))
    run(f"CREATE MATERIALIZED VIEW mv AS SELECT {n}, COUNT(*) AS n FROM {n} GROUP BY {n}")
    run("REFRESH MATERIALIZED VIEW mv")
    run(f"CREATE VIEW {quoted('v' + name[:60])} AS SELECT {n} AS {n} FROM {n}")
    assert run(f"SELECT {n} FROM {quoted('v' + name[:60])}").fetchall() == [(name,), (name,)]
    assert run(f"SELECT {n}, n FROM mv").fetchall() == [(name, 2)]
    assert run(f"UPDATE {n} SET {n} = {n} WHERE {n} = {literal(name)}").rowcount == 2
    run(f"DROP TABLE {n} CASCADE")
    assert look(database, "SELECT * FROM canary") == [(1,)]
    assert before == look(database, RELATIONS)


@pytest.mark.parametrize("name", [*NAMES.values(), "a\0b", "x" * 256])
def test_keys_are_values(database: Path, connection: streamdialect.Connection, name: str) -> None:
    connection.execute("CREATE EXTERNAL SCHEMA s FROM KINESIS REGION 'us-east-1' IAM_ROLE default")
    connection.execute(
        "CREATE MATERIALIZED VIEW v AS SELECT partition_key, shard_id,"
        " FROM_VARBYTE(kinesis_data, 'utf-8')::INT AS n FROM s.events"
    )
    ingest = open_connection(str(database))
    columns: dict[str, Sequence[Any]] = {
        "partition_key": [name] * 2,
        "kinesis_data": [b"1", name.encode()],
        "sequence_number": ["1", "2"],
        "approximate_arrival_timestamp": [0, 0],
    }
    batch = Batch("shardId-0", None, "2", columns, 2, 9)
    Materializer(Catalog(ingest).existing_view("v"), "kinesis").commit(ingest, [batch], Refresh("Manual"))
    ingest.close()
    assert look(database, 'SELECT partition_key FROM "mv_tbl__v__0"') == [(name,)]
    assert look(database, "SELECT record_key, record_value FROM streamdialect_errors") == [
        (name.encode(), name.encode())
    ]
    assert look(database, "SELECT * FROM canary") == [(1,)]


def test_names_that_cannot_be(connection: streamdialect.Connection) -> None:
    for name in ("a\0b", "x" * 128, "\u00e9" * 64, ""):
        n = quoted(name)
        for statement in (
            f"CREATE EXTERNAL SCHEMA {n} FROM KINESIS IAM_ROLE default",
            f"CREATE TABLE {n} (a INT)",
            f"CREATE TABLE t (a INT, {n} INT)",
            f"CREATE MATERIALIZED VIEW {n} AS SELECT 1 AS a",
            f"CREATE VIEW {n} AS SELECT 1 AS a",
        ):
            with pytest.raises(streamdialect.ProgrammingError):
                connection.execute(statement)


OURS = [
    "INSERT INTO streamdialect_views (name) VALUES ('x')",
    "UPDATE streamdialect_checkpoints SET position = '0'",
    "DELETE FROM main.streamdialect_schemas",
    'DELETE FROM "mv_tbl__v__0"',
    "DROP TABLE streamdialect_errors",
    "DROP TABLE mv_tbl__v__0",
    "ALTER TABLE streamdialect_errors ADD COLUMN x INT",
    "ALTER TABLE canary RENAME TO streamdialect_x",
    "ALTER TABLE canary RENAME TO mv_tbl__x__0",
    "CREATE TABLE streamdialect_x (a INT)",
    "CREATE VIEW streamdialect_x AS SELECT 1 AS a",
    "CREATE TRIGGER t AFTER INSERT ON streamdialect_errors BEGIN DELETE FROM canary; END",
    "CREATE INDEX i ON streamdialect_errors (id)",
    "CREATE TEMP TABLE streamdialect_views (a INT)",
    "UPDATE sqlite_sequence SET seq = 0",
    "DELETE FROM sqlite_sequence",
    "INSERT INTO sqlite_sequence VALUES ('streamdialect_views', 0)",
    "DELETE FROM sqlite_schema",
    "UPDATE sqlite_schema SET sql = ''",
]


@pytest.mark.parametrize("statement", OURS)
def test_our_tables_cannot_be_written(
    database: Path, connection: streamdialect.Connection, statement: str
) -> None:
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT sings FROM canary")
    everything = "SELECT type, name, sql FROM sqlite_schema ORDER BY 2", "SELECT * FROM sqlite_sequence"
    before = [look(database, sql) for sql in everything]
    with pytest.raises((streamdialect.NotSupportedError, streamdialect.ProgrammingError)):
        connection.execute(statement)
    assert [look(database, sql) for sql in everything] == before


def test_a_trigger_cannot_write_our_tables(database: Path, connection: streamdialect.Connection) -> None:
    connection.execute("CREATE MATERIALIZED VIEW v AS SELECT sings FROM canary")
    for name, body in (
        ("one", "DELETE FROM streamdialect_views"),
        ("two", "UPDATE sqlite_sequence SET seq = 0"),
    ):
        connection.execute("CREATE TABLE t (a INT)")
        try:
            connection.execute(f"CREATE TRIGGER {name} AFTER INSERT ON t BEGIN {body}; END")
        except streamdialect.NotSupportedError:
            pass
        else:
            with pytest.raises(streamdialect.NotSupportedError):
                connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("DROP TABLE t")
    assert look(database, "SELECT seq > 0 FROM sqlite_sequence WHERE name = 'streamdialect_views'") == [(1,)]
    assert connection.execute("SELECT sings FROM v").fetchall() == [(1,)]


def test_numbers_are_kept_where_sqlite_keeps_them(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE TABLE t (id INT IDENTITY(1,1), a INT)")
    connection.execute("INSERT INTO t (a) VALUES (1)")
    connection.execute("ALTER TABLE t RENAME TO u")
    connection.execute("INSERT INTO u (a) VALUES (2)")
    assert connection.execute("SELECT id, a FROM u ORDER BY id").fetchall() == [(1, 1), (2, 2)]
    connection.execute("/* gone */ DROP TABLE u")


# PRAGMAs that take a value in SQLite, and here none. Those that only give something are in it too.
WITHOUT_VALUE = {
    "case_sensitive_like",
    "collation_list",
    "compile_options",
    "count_changes",
    "data_version",
    "database_list",
    "empty_result_callbacks",
    "encoding",
    "freelist_count",
    "full_column_names",
    "function_list",
    "hard_heap_limit",
    "module_list",
    "page_count",
    "pragma_list",
    "schema_version",
    "short_column_names",
    "shrink_memory",
    "soft_heap_limit",
    "temp_store_directory",
    "wal_autocheckpoint",
}


def test_each_pragma_is_decided(database: Path, connection: streamdialect.Connection) -> None:
    known = {name for (name,) in look(database, "SELECT name FROM pragma_pragma_list")}
    # Builds of SQLite differ: none has one that nobody thought of.
    assert known - set(_PRAGMAS) <= WITHOUT_VALUE
    assert not set(_PRAGMAS) & WITHOUT_VALUE
    for name in sorted(WITHOUT_VALUE | {"no_such_pragma"}):
        with pytest.raises(streamdialect.NotSupportedError, match=name):
            connection.execute(f"PRAGMA {name} = 7")
    for name in sorted(known & WITHOUT_VALUE):
        connection.execute(f"PRAGMA {name}")
    for name, allowed in _PRAGMAS.items():
        if allowed is not None:
            with pytest.raises(streamdialect.NotSupportedError, match=name):
                connection.execute(f"PRAGMA main.{name}('memory')")
            connection.execute(f"PRAGMA {name} = {sorted(allowed)[-1]}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    assert connection.execute("PRAGMA synchronous").fetchall() != [(0,)]


def test_views_go_with_what_they_read_or_keep_it(connection: streamdialect.Connection) -> None:
    run = connection.execute
    run("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
    for drop, base in (
        ("MATERIALIZED VIEW m", "SELECT sings FROM canary"),
        ("SCHEMA s", "SELECT kafka_offset AS sings FROM s.topic"),
    ):
        run(f"CREATE MATERIALIZED VIEW m AS {base}")
        run("CREATE VIEW w AS SELECT sings FROM m")
        run("CREATE VIEW ww AS SELECT sings FROM w")
        run("CREATE VIEW late AS SELECT sings FROM public.m WITH NO SCHEMA BINDING")
        with pytest.raises(streamdialect.DependentObjectsError, match=r"view [wm]"):
            run(f"DROP {drop}")
        assert run("SELECT COUNT(*) FROM ww").fetchone() is not None
        run(f"DROP {drop} CASCADE")
        for name in ("m", "w", "ww"):
            with pytest.raises(streamdialect.UndefinedObjectError):
                run(f"SELECT * FROM {name}")
        run("DROP VIEW late")


@pytest.mark.parametrize(
    "sql", ["SELECT ? + 0", "SELECT -?", "SELECT 2 * ?", "SELECT ? / 2.5", "SELECT ? + ?"]
)
def test_bytes_are_no_number(connection: streamdialect.Connection, sql: str) -> None:
    with pytest.raises(streamdialect.DataError, match="bytes"):
        connection.execute(sql, (b"12",) * sql.count("?")).fetchall()
    assert connection.execute(sql, (12,) * sql.count("?")).fetchall()


def test_rows_that_a_rollback_took(connection: streamdialect.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE many (a INT)")
    connection.cursor().executemany("INSERT INTO many VALUES (?)", [(number,) for number in range(500)])
    cursor = connection.execute("SELECT a FROM many")
    cursor.fetchone()
    connection.rollback()
    with pytest.raises(streamdialect.OperationalError, match="rolled back") as raised:
        cursor.fetchall()
    assert "Execute the statement again" in str(raised.value)
