"""Reflection of local schemas, and the engine's isolation levels, pools and interrupts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.interrupting import interrupting

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike

TYPES = {
    "INT2": "SMALLINT",
    "INT8": "BIGINT",
    "FLOAT8": "FLOAT",
    "BOOL": "BOOLEAN",
    "CHARACTER VARYING(20)": "VARCHAR(length=20)",
    "CHAR(3)": "CHAR(length=3)",
    "DECIMAL(10,2)": "(precision=10, scale=2)",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIMETZ": "TIMETZ",
    "DATE": "DATE",
    "SUPER": "SUPER",
    "VARBYTE(20)": "VARBYTE(length=20)",
    "INTERVAL DAY TO SECOND": "INTERVAL",
}


@pytest.fixture
def engine(database: Path, tmp_path: Path) -> Iterator[Engine]:
    attached = {"archive": str(tmp_path / "archive.db")}
    engine = sa.create_engine(f"streamdialect:///{database}", connect_args={"attach": attached})
    yield engine
    engine.dispose()


def _run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_types_of_tables_and_plain_views(engine: Engine) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(TYPES))
    _run(engine, f"CREATE TABLE t ({columns})", "CREATE VIEW v AS SELECT * FROM t")
    for relation in ("t", "v"):
        found = sa.inspect(engine).get_columns(relation)
        for column, expected in zip(found, TYPES.values(), strict=True):
            assert expected in repr(column["type"]), (relation, column)


def test_an_attached_file_is_a_schema(engine: Engine) -> None:
    _run(
        engine,
        "CREATE TABLE archive.a (id INTEGER PRIMARY KEY)",
        "CREATE VIEW archive.w AS SELECT id FROM a",
        "CREATE TABLE t (id INTEGER)",
    )
    inspector = sa.inspect(engine)
    assert inspector.get_schema_names() == ["public", "archive"]
    assert inspector.get_table_names(schema="archive") == ["a"]
    assert inspector.get_view_names(schema="archive") == ["w"]
    assert inspector.get_view_definition("w", schema="archive") == "CREATE VIEW archive.w AS SELECT id FROM a"
    assert inspector.get_pk_constraint("a", schema="archive")["constrained_columns"] == ["id"]
    assert [column["name"] for column in inspector.get_columns("w", schema="archive")] == ["id"]
    assert inspector.get_table_names() == ["t"]
    assert not inspector.has_table("a")
    assert not inspector.has_table("t", schema="archive")


def test_temporary_relations_are_listed_apart(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TEMP TABLE tt (a INTEGER)"))
        connection.execute(sa.text("CREATE TEMP VIEW tv AS SELECT a FROM tt"))
        inspector = sa.inspect(connection)
        assert inspector.get_temp_table_names() == ["tt"]
        assert inspector.get_temp_view_names() == ["tv"]
        assert inspector.get_table_names() == []
        assert inspector.get_view_names() == []
        assert inspector.has_table("tt")
        assert not inspector.has_table("tt", schema="public")


def test_a_default_is_what_was_written(engine: Engine) -> None:
    _run(engine, "CREATE TABLE t (n INTEGER DEFAULT 10, at TIMESTAMP DEFAULT GETDATE())")
    assert [column["default"] for column in sa.inspect(engine).get_columns("t")] == ["10", "GETDATE()"]


@pytest.mark.parametrize(
    "method",
    ["columns", "pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints"],
)
def test_what_is_not_there_is_named(engine: Engine, method: str) -> None:
    for schema in (None, "public", "archive", "absent"):
        with pytest.raises(sa.exc.NoSuchTableError, match="nothing"):
            getattr(sa.inspect(engine), f"get_{method}")("nothing", schema=schema)


def test_isolation_levels_survive_the_pool(database: Path) -> None:
    for level in ("AUTOCOMMIT", "READ UNCOMMITTED", "SERIALIZABLE"):
        engine = sa.create_engine(f"streamdialect:///{database}", isolation_level=level)
        with engine.connect() as connection:
            assert connection.get_isolation_level() == level
        other = "SERIALIZABLE" if level != "SERIALIZABLE" else "AUTOCOMMIT"
        with engine.connect().execution_options(isolation_level=other) as connection:
            assert connection.get_isolation_level() == other
        with engine.connect() as connection:
            assert connection.get_isolation_level() == level
        engine.dispose()


def test_null_pool_and_threads(database: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?timeout=20", poolclass=NullPool)
    _run(engine, "CREATE TABLE t (n INTEGER)")

    def insert(number: int) -> None:
        _run(engine, f"INSERT INTO t VALUES ({number})")

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT SUM(n) FROM t")).scalar() == sum(range(8))


def test_an_interrupt_reaches_a_running_statement(engine: Engine) -> None:
    numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)"
    query = f"{numbers} SELECT COUNT(*) FROM c"
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        with interrupting(raw.interrupt), pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text(query)).scalar()


def test_values_are_converted_once(engine: Engine) -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("ratio", sa.Float(asdecimal=True)),
        sa.Column("data", sa.LargeBinary),
        sa.Column("span", sa.Interval),
        sa.Column("kind", sa.Enum("a", "b", name="kinds")),
    )
    table.create(engine)
    row = {
        "price": Decimal("2.50"),
        "ratio": Decimal("0.5"),
        "data": b"\x00\xff",
        "span": timedelta(hours=1, microseconds=5),
        "kind": "b",
    }
    with engine.begin() as connection:
        connection.execute(table.insert(), [row])
        assert tuple(connection.execute(sa.select(table)).one())[1:] == tuple(row.values())


def test_an_array_is_refused(engine: Engine) -> None:
    with pytest.raises(sa.exc.CompileError, match="ARRAY"):
        sa.Table("t", sa.MetaData(), sa.Column("a", sa.ARRAY(sa.Integer))).create(engine)


def test_local_schemas_ask_no_source(engine: Engine) -> None:
    _run(
        engine,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE)",
        "CREATE VIEW v AS SELECT n FROM t",
        "CREATE TABLE archive.a (id INTEGER)",
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        _run(engine, f"CREATE EXTERNAL SCHEMA far FROM KAFKA URI '{address}' AUTHENTICATION none")
        began = time.monotonic()
        inspector = sa.inspect(engine)
        assert inspector.get_schema_names() == ["public", "archive", "far"]
        for schema in (None, "public", "archive"):
            inspector.get_table_names(schema=schema)
            inspector.get_view_names(schema=schema)
            assert not inspector.has_table("absent", schema=schema)
            sa.MetaData().reflect(engine, schema=schema, views=True)
        assert inspector.get_view_definition("v").startswith("CREATE VIEW v")
        assert time.monotonic() - began < 10
        server.settimeout(1)
        with pytest.raises(TimeoutError):
            server.accept()

        # Only what names the schema asks: that connection arrives, so the silence before says something.
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                sa.inspect(engine).get_table_names(schema="far")
            except sa.exc.DBAPIError as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        server.settimeout(30)
        server.accept()[0].close()
    asking.join(60)
    assert not asking.is_alive()
    assert len(failed) == 1


def test_names_are_found_in_any_case(engine: Engine) -> None:
    _run(
        engine,
        'CREATE TABLE "Mixed" (id INTEGER PRIMARY KEY, CHECK (id > 0))',
        'CREATE VIEW "Seen" AS SELECT 1 AS n',
    )
    inspector = sa.inspect(engine)
    for name in ("Mixed", "mixed", "MIXED"):
        assert inspector.has_table(name)
        assert inspector.get_pk_constraint(name)["constrained_columns"] == ["id"]
        assert len(inspector.get_check_constraints(name)) == 1
    assert inspector.get_view_definition("seen") == inspector.get_view_definition("Seen")
