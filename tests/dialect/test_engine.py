"""The SQLAlchemy dialect, on whichever version is installed: engine, reflection, ORM, pandas."""

from __future__ import annotations

import json
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
    assert inspector.get_schema_names() == ["main", "sensors"]
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
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("absent")


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


def test_url_options(database: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?ingest=off&timeout=1.5&kafka.client.id=x")
    with engine.connect() as connection:
        raw = connection.connection
        options = getattr(raw, "dbapi_connection", raw)._backend.options
        assert (options.ingest, options.timeout, options.kafka["client.id"].get_secret_value()) == (
            "off",
            1.5,
            "x",
        )
    engine.dispose()
    for url in (f"streamdialect:///{database}?timeout=soon", "streamdialect://host/x.db"):
        with pytest.raises(sa.exc.ArgumentError):
            sa.create_engine(url).connect()


def test_dispose_stops_the_consumers(sensors: Engine) -> None:
    assert registry.running() != []
    sensors.dispose()
    assert registry.running() == []
