"""The SQLAlchemy dialect, on whichever version is installed: engine, reflection, ORM, pandas."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, declarative_base

import streamdialect
from streamdialect.ingest import registry
from tests.servers import MockKafka

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{database}")
    yield engine
    engine.dispose()


@pytest.fixture
def sensors(engine: Engine, kafka_server: MockKafka) -> Engine:
    """An engine with a schema ``sensors``, views over its topic, and 100 records in them."""
    kafka_server.topic("input-stream", 2)
    for number in range(100):
        record = {
            "sensor_id": number % 10,
            "temperature": number / 4,
            "status": "OK" if number % 3 else "ERROR",
        }
        kafka_server.produce("input-stream", [json.dumps(record).encode()], partition=number % 2)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                f"CREATE EXTERNAL SCHEMA sensors FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
            )
        )
        connection.execute(
            sa.text("""
                CREATE MATERIALIZED VIEW readings AUTO REFRESH YES AS
                SELECT kafka_partition, kafka_offset, kafka_timestamp, JSON_PARSE(kafka_value) AS payload,
                       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'sensor_id')::INT AS sensor_id,
                       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'temperature')::DECIMAL(10,2)
                           AS temperature,
                       JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'status')::VARCHAR(8) AS status
                FROM sensors."input-stream"
            """)
        )
    with engine.begin() as connection:
        connection.execute(sa.text("REFRESH MATERIALIZED VIEW readings"))
    return engine


def test_reflection(sensors: Engine) -> None:
    with sensors.begin() as connection:
        connection.execute(sa.text("CREATE TABLE places (sensor_id INTEGER PRIMARY KEY, name VARCHAR(20))"))
        connection.execute(sa.text("CREATE VIEW plain AS SELECT name FROM places"))
    inspector = sa.inspect(sensors)
    assert inspector.get_schema_names() == ["public", "sensors"]
    assert inspector.default_schema_name == "public"
    assert inspector.get_table_names() == ["places"]
    assert inspector.get_table_names(schema="sensors") == ["input-stream"]
    if hasattr(inspector, "get_materialized_view_names"):
        assert inspector.get_view_names() == ["plain"]
        assert inspector.get_materialized_view_names() == ["readings"]
    else:
        assert inspector.get_view_names() == ["plain", "readings"]
    assert inspector.has_table("readings")
    assert inspector.has_table("input-stream", schema="sensors")
    assert not inspector.has_table("absent", schema="sensors")
    assert inspector.get_view_definition("readings").strip().startswith("CREATE MATERIALIZED VIEW readings")
    columns = {column["name"]: repr(column["type"]) for column in inspector.get_columns("readings")}
    assert columns == {
        "kafka_partition": "BIGINT()",
        "kafka_offset": "BIGINT()",
        "kafka_timestamp": "TIMESTAMP()",
        "payload": "SUPER()",
        "sensor_id": "INTEGER()",
        "temperature": "NUMERIC(precision=10, scale=2)",
        "status": "VARCHAR(length=8)",
    }
    stream = [column["name"] for column in inspector.get_columns("input-stream", schema="sensors")]
    assert stream[:2] == ["kafka_partition", "kafka_offset"]
    for schema in (None, "main", "public"):
        with pytest.raises(sa.exc.NoSuchTableError):
            inspector.get_columns("absent", schema=schema)


@pytest.mark.parametrize("schema", [None, "main", "public"])
def test_reflection_of_a_local_schema(engine: Engine, schema: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE places (id INTEGER PRIMARY KEY, name VARCHAR(20), UNIQUE (name))")
        )
        connection.execute(
            sa.text(
                # On a line of its own: SQLAlchemy 1.4 reads the SQL of a constraint up to the line's end.
                "CREATE TABLE visits (id INTEGER PRIMARY KEY, place INTEGER REFERENCES places (id), n INTEGER,\n"
                "CHECK (n > 0)\n)"
            )
        )
        connection.execute(sa.text("CREATE INDEX visits_n ON visits (n)"))
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("visits", schema=schema)["constrained_columns"] == ["id"]
    (key,) = inspector.get_foreign_keys("visits", schema=schema)
    assert (key["referred_schema"], key["referred_table"], key["referred_columns"]) == (
        schema,
        "places",
        ["id"],
    )
    assert [index["name"] for index in inspector.get_indexes("visits", schema=schema)] == ["visits_n"]
    assert [found["column_names"] for found in inspector.get_unique_constraints("places", schema=schema)] == [
        ["name"]
    ]
    assert [found["sqltext"] for found in inspector.get_check_constraints("visits", schema=schema)] == [
        "n > 0"
    ]
    assert inspector.get_table_comment("visits", schema=schema) == {"text": None}
    assert inspector.get_table_options("visits", schema=schema) == {}
    table = sa.Table("visits", sa.MetaData(), schema=schema, autoload_with=engine)
    assert [column.name for column in table.primary_key] == ["id"]
    (reference,) = table.foreign_keys
    assert reference.column.table.name == "places"
    if schema is None:
        metadata = sa.MetaData()
        metadata.reflect(engine, views=True)
        assert set(metadata.tables) == {"places", "visits"}


def test_reflection_of_a_stream(sensors: Engine) -> None:
    inspector = sa.inspect(sensors)
    for name, schema in (("input-stream", "sensors"), ("readings", None), ("readings", "public")):
        assert inspector.get_pk_constraint(name, schema=schema)["constrained_columns"] == []
        assert inspector.get_foreign_keys(name, schema=schema) == []
        assert inspector.get_indexes(name, schema=schema) == []
        assert inspector.get_unique_constraints(name, schema=schema) == []
        assert inspector.get_check_constraints(name, schema=schema) == []
        assert inspector.get_table_comment(name, schema=schema) == {"text": None}
        assert inspector.get_table_options(name, schema=schema) == {}
    stream = sa.Table("input-stream", sa.MetaData(), schema="sensors", autoload_with=sensors)
    with sensors.connect() as connection:
        query = sa.select(sa.func.count()).select_from(stream).where(stream.c.kafka_partition == 0)
        assert connection.execute(query).scalar() == 50
    metadata = sa.MetaData()
    metadata.reflect(sensors, schema="sensors")
    assert set(metadata.tables) == {"sensors.input-stream"}


def test_a_reflected_view_in_core(sensors: Engine) -> None:
    readings = sa.Table("readings", sa.MetaData(), autoload_with=sensors)
    query = (
        sa.select(
            readings.c.status, sa.func.count().label("n"), sa.func.sum(readings.c.temperature).label("total")
        )
        .where(readings.c.sensor_id < 5)
        .group_by(readings.c.status)
        .order_by(readings.c.status.desc())
    )
    with sensors.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    chosen = [number for number in range(100) if number % 10 < 5]
    good = [Decimal(number) / 4 for number in chosen if number % 3]
    bad = [Decimal(number) / 4 for number in chosen if not number % 3]
    assert found == [("OK", len(good), sum(good)), ("ERROR", len(bad), sum(bad))]


def test_an_orm_class_on_a_view(sensors: Engine) -> None:
    base: Any = declarative_base()

    class Reading(base):  # type: ignore[misc]
        __tablename__ = "readings"
        kafka_partition = sa.Column(sa.BigInteger, primary_key=True)
        kafka_offset = sa.Column(sa.BigInteger, primary_key=True)
        kafka_timestamp = sa.Column(sa.DateTime)
        sensor_id = sa.Column(sa.Integer)
        temperature = sa.Column(sa.Numeric(10, 2))
        status = sa.Column(sa.String(8))

    with Session(sensors) as session:
        found: list[Any] = session.query(Reading).filter_by(sensor_id=7).order_by(Reading.kafka_offset).all()
        assert [reading.temperature for reading in found][:2] == [Decimal("1.75"), Decimal("4.25")]
        assert type(found[0].kafka_timestamp) is datetime
        assert len(found) == 10
        hot = session.query(sa.func.max(Reading.temperature)).filter(Reading.status == "OK").scalar()
        assert hot == Decimal("24.50")


def test_super_navigation(sensors: Engine) -> None:
    with sensors.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT payload.sensor_id, payload.status::VARCHAR, COUNT(*) FROM readings"
                " WHERE payload.status = 'ERROR' GROUP BY 1, 2 ORDER BY 1 LIMIT 1"
            )
        ).fetchall()
    assert [tuple(row) for row in rows] == [("0", "ERROR", 4)]


def test_pandas(sensors: Engine) -> None:
    pandas = pytest.importorskip("pandas")
    if (
        sa.__version__.startswith("1.4")
        and int(pandas.__version__.split(".")[0]) >= 2
        and pandas.__version__ >= "2.2"
    ):
        connection = streamdialect.connect(sensors.url.database)
        with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):
            frame = pandas.read_sql("SELECT kafka_timestamp, temperature, status FROM readings", connection)
        connection.close()
    else:
        with sensors.connect() as connection:
            frame = pandas.read_sql(
                sa.text("SELECT kafka_timestamp, temperature, status FROM readings"), connection
            )
    assert len(frame) == 100
    assert frame["kafka_timestamp"].dtype.kind == "M"
    assert sum(frame["temperature"]) == Decimal("1237.50")


def test_autocommit(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CREATE TABLE t (a INT)"))
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT a FROM t")).scalar() == 1
        assert connection.get_isolation_level() == "SERIALIZABLE"
    with pytest.raises(sa.exc.ArgumentError):
        engine.connect().execution_options(isolation_level="REPEATABLE READ")


def test_autocommit_from_the_url(database: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?autocommit=true")
    for _ in range(2):  # the second time with what the pool has reset
        with engine.connect() as connection:
            assert connection.get_isolation_level() == "AUTOCOMMIT"
            assert connection.default_isolation_level == "AUTOCOMMIT"
        with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
            assert connection.get_isolation_level() == "SERIALIZABLE"
    engine.dispose()


def test_ordinary_tables(engine: Engine) -> None:
    metadata = sa.MetaData()
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("flag", sa.Boolean),
        sa.Column("data", sa.JSON),
    )
    metadata.create_all(engine)
    row = {"at": datetime(2026, 1, 2, 3, 4, 5, 6), "price": Decimal("2.50"), "flag": True, "data": {"a": [1]}}
    with engine.begin() as connection:
        connection.execute(table.insert(), [row, {**row, "flag": False}])
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 2
    with engine.connect() as connection:
        found = connection.execute(
            sa.select(table).where(table.c.flag).where(table.c.at > datetime(2026, 1, 1))
        ).one()
        assert tuple(found)[1:] == tuple(row.values())
    metadata.drop_all(engine)


def test_a_private_database(tmp_path: Path) -> None:
    engine = sa.create_engine("streamdialect://")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (a INT)"))
    with engine.connect() as first, engine.connect() as second:
        assert second.execute(sa.text("SELECT COUNT(*) FROM t")).scalar() == 0
        assert first.execute(sa.text("SELECT COUNT(*) FROM t")).scalar() == 0
    engine.dispose()
    assert registry.running() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_leaves_the_private_database() -> None:
    program = """
import gc, os, sqlalchemy as sa
engine = sa.create_engine("streamdialect://")
with engine.connect() as connection:
    folder = os.path.dirname(connection.exec_driver_sql("PRAGMA database_list").fetchall()[0][2])
engine.dispose()
child = os.fork()
if not child:
    raise SystemExit(0)  # as a child that ends in good order: with its finalizers
os.waitpid(child, 0)
assert os.path.exists(folder)
del engine, connection
gc.collect()
print(folder)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()


def test_url_options(database: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?ingest=off&timeout=1.5&kafka.client.id=x")
    with engine.connect() as connection:
        raw = connection.connection
        options = getattr(raw, "dbapi_connection", raw)._backend.options
        assert (options.ingest, options.timeout, options.kafka["client.id"].reveal()) == (
            "off",
            1.5,
            "x",
        )
    engine.dispose()
    for url in (
        f"streamdialect:///{database}?timeout=soon",
        "streamdialect://host/x.db",
    ):
        with pytest.raises(sa.exc.ArgumentError):
            sa.create_engine(url).connect()
    for option, reason in (("ingets=off", "Options are: .*ingest"), ("attach=x.db", "a URL cannot have it")):
        with pytest.raises(sa.exc.InterfaceError, match=reason):
            sa.create_engine(f"streamdialect:///{database}?{option}").connect()


OPTIONS: dict[str, tuple[str, Any]] = {
    "mode": ("rw", "rw"),
    "ingest": ("manual", "manual"),
    "compat": ("redshift", "redshift"),
    "on_error": ("null", "null"),
    "autocommit": ("true", True),
    "timeout": ("2.5", 2.5),
    "refresh_timeout": ("7", 7.0),
    "credentials": ("ambient", "ambient"),
    "kafka.NAME": ("x", {"client.id": "x"}),
    "kafka_config": ("kafka.properties", None),
    "kinesis_reads": ("2", 2.0),
}


def test_every_option_of_the_manual_is_had_by_a_url(database: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/url.md").read_text()
    documented = set(re.findall(r"^\| `([\w.]+)` \|", page, re.MULTILINE))
    # Mappings are for connect() and connect_args; `kafka.NAME` is how a URL has the first.
    assert documented - {"kafka", "attach"} == set(OPTIONS)
    streamdialect.connect(str(database)).close()
    properties = tmp_path / "kafka.properties"
    properties.write_text("client.id=y\n")
    for name, (text, expected) in OPTIONS.items():
        value = str(properties) if name == "kafka_config" else text
        query = name.replace("NAME", "client.id")
        engine = sa.create_engine(f"streamdialect:///{database}?{query}={value}")
        with engine.connect() as connection:
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1
            raw = connection.connection
            options = getattr(raw, "dbapi_connection", raw)._backend.options
            if name == "kafka_config":
                assert options.source_options().kafka["client.id"].reveal() == "y"
            elif name == "kafka.NAME":
                assert {key: secret.reveal() for key, secret in options.kafka.items()} == expected
            else:
                assert getattr(options, name) == expected
        engine.dispose()
    engine = sa.create_engine(f"streamdialect:///{tmp_path}/absent.db?mode=rw")
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()


def test_secrets_of_the_url_are_hidden(database: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?kafka.sasl.password=hunter2&kafka.client.id=x")
    assert "hunter2" not in repr(engine)
    with engine.connect() as connection:
        raw = connection.connection
        options = getattr(raw, "dbapi_connection", raw)._backend.options
        assert options.kafka["sasl.password"].reveal() == "hunter2"
    engine.dispose()


def test_dispose_stops_the_consumers(sensors: Engine) -> None:
    assert registry.running() != []
    sensors.dispose()
    assert registry.running() == []
