"""The ORM on streaming views: keys, reflection, relationships; views are read-only. On whichever SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.ext.declarative import DeferredReflection
from sqlalchemy.orm import Session, declarative_base, relationship

from streamdialect.sqlalchemy import CreateExternalSchema, RefreshMaterializedView, materialized_view
from tests.servers import AwsServer, MockKafka

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{database}", future=True)
    yield engine
    engine.dispose()


@pytest.fixture
def kafka(engine: Engine, kafka_server: MockKafka) -> Engine:
    """An engine with the view ``readings`` of 300 records on Kafka, the table ``places`` and a view on both."""
    kafka_server.topic("sensors", 2)
    values = [json.dumps({"place": number % 3, "degrees": number / 4}).encode() for number in range(300)]
    for partition in range(2):
        kafka_server.produce("sensors", values[partition::2], partition=partition)
    with engine.begin() as connection:
        connection.execute(
            CreateExternalSchema("k", "KAFKA", uri=kafka_server.bootstrap, authentication="none")
        )
        connection.exec_driver_sql(
            "CREATE MATERIALIZED VIEW readings AS SELECT kafka_partition, kafka_offset, kafka_timestamp,"
            " JSON_PARSE(kafka_value).place::INT AS place_id,"
            " JSON_PARSE(kafka_value).degrees::DECIMAL(8,2) AS degrees, JSON_PARSE(kafka_value) AS payload"
            " FROM k.sensors"
        )
        connection.exec_driver_sql("CREATE TABLE places (id INTEGER PRIMARY KEY, name VARCHAR(20))")
        connection.exec_driver_sql("INSERT INTO places VALUES (0, 'roof'), (1, 'hall'), (2, 'yard')")
        connection.exec_driver_sql(
            "CREATE VIEW warm AS SELECT kafka_partition, kafka_offset, degrees FROM readings WHERE degrees > 70"
        )
    with engine.begin() as connection:
        connection.execute(RefreshMaterializedView("readings"))
    return engine


def orm_session(engine: Engine) -> Any:
    return Session(engine, future=True)


def mapped(engine: Engine) -> tuple[Any, Any]:
    """Map ``readings``, reflected with its key, and ``places`` with a relationship to it."""
    base: Any = declarative_base()

    class Reading(base):  # type: ignore[misc]
        __table__ = sa.Table(
            "readings",
            sa.MetaData(),
            sa.Column("kafka_partition", sa.BigInteger, primary_key=True),
            sa.Column("kafka_offset", sa.BigInteger, primary_key=True),
            autoload_with=engine,
        )

    class Place(base):  # type: ignore[misc]
        __tablename__ = "places"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(20))
        readings = relationship(
            Reading,
            primaryjoin=lambda: Place.id == sa.orm.foreign(Reading.place_id),
            order_by=lambda: (Reading.kafka_partition, Reading.kafka_offset),
            viewonly=True,
        )

    return Reading, Place


def test_a_composite_key_on_kafka(kafka: Engine) -> None:
    reading, _ = mapped(kafka)
    with orm_session(kafka) as session:
        found = session.get(reading, (1, 3))
        assert (found.degrees, found.place_id) == (Decimal("1.75"), 1)
        assert type(found.kafka_timestamp) is datetime
        assert session.get(reading, {"kafka_partition": 1, "kafka_offset": 3}) is found
        assert session.get(reading, (7, 3)) is None
        query = (
            sa.select(reading)
            .where(reading.payload["place"].as_integer() == 2)
            .order_by(reading.degrees.desc())
        )
        assert session.execute(query.limit(1)).scalars().one().degrees == Decimal("74.75")
        sizes = [
            len(part)
            for part in session.execute(sa.select(reading).execution_options(yield_per=100))
            .scalars()
            .partitions()
        ]
        assert sizes == [100, 100, 100]


def test_a_relationship_from_a_table(kafka: Engine) -> None:
    reading, place = mapped(kafka)
    with orm_session(kafka) as session:
        hall = session.get(place, 1)
        assert len(hall.readings) == 100
        assert all(each.place_id == 1 for each in hall.readings)
        for load in (sa.orm.selectinload, sa.orm.joinedload, sa.orm.subqueryload):
            query = sa.select(place).options(load(place.readings)).order_by(place.id)
            session.expunge_all()
            places = session.execute(query).unique().scalars().all()
            assert [len(each.readings) for each in places] == [100, 100, 100]
        joined = (
            sa.select(place.name, sa.func.max(reading.degrees))
            .join(place.readings)
            .group_by(place.name)
            .order_by(place.name)
        )
        assert [tuple(row) for row in session.execute(joined)] == [
            ("hall", Decimal("74.50")),
            ("roof", Decimal("74.25")),
            ("yard", Decimal("74.75")),
        ]


def test_a_flush_says_that_a_view_is_read_only(kafka: Engine) -> None:
    reading, place = mapped(kafka)
    with orm_session(kafka) as session:
        session.add(reading(kafka_partition=9, kafka_offset=9, degrees=1))
        with pytest.raises(sa.exc.NotSupportedError, match='INSERT of the materialized view "readings"'):
            session.flush()
        session.rollback()
        found = session.get(reading, (0, 0))
        found.degrees = Decimal(5)
        with pytest.raises(sa.exc.NotSupportedError, match='UPDATE of the materialized view "readings"'):
            session.flush()
        session.rollback()
        assert session.get(reading, (0, 0)).degrees == 0
        # Redshift can delete rows of a streaming view, and so can the ORM; they do not come back.
        session.delete(session.get(reading, (0, 0)))
        session.add(place(id=5, name="cellar"))
        session.commit()
        assert session.get(reading, (0, 0)) is None
        assert session.get(place, 5).name == "cellar"
    with kafka.begin() as connection:
        connection.execute(RefreshMaterializedView("readings"))
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM readings").scalar() == 299


def test_reflection_of_everything(kafka: Engine) -> None:
    expected = {
        ("readings", None): 6,
        ("readings", "public"): 6,
        ("warm", None): 3,
        ("places", None): 2,
        ("sensors", "k"): 8,
    }
    for (name, schema), count in expected.items():
        table = sa.Table(name, sa.MetaData(), schema=schema, autoload_with=kafka)
        assert len(table.columns) >= count, name
        with kafka.connect() as connection:
            row = connection.execute(sa.select(table).limit(1)).one()
            assert len(row) == len(table.columns)
    warm = sa.Table("warm", sa.MetaData(), autoload_with=kafka)
    assert repr(warm.c.degrees.type) == "NUMERIC(precision=8, scale=2)"


def test_deferred_reflection_and_automap(kafka: Engine) -> None:
    base: Any = declarative_base(cls=DeferredReflection)

    class Reading(base):  # type: ignore[misc]
        __tablename__ = "readings"
        kafka_partition = sa.Column(sa.BigInteger, primary_key=True)
        kafka_offset = sa.Column(sa.BigInteger, primary_key=True)

    base.prepare(kafka, **({} if sa.__version__.startswith("1.4") else {"views": True}))
    automap: Any = automap_base()
    sa.Table(
        "readings",
        automap.metadata,
        sa.Column("kafka_partition", sa.BigInteger, primary_key=True),
        sa.Column("kafka_offset", sa.BigInteger, primary_key=True),
    )
    automap.prepare(autoload_with=kafka, reflection_options={"views": True})
    for reading in (Reading, automap.classes.readings):
        with orm_session(kafka) as session:
            assert session.get(reading, (1, 3)).degrees == Decimal("1.75")
    assert {each.__name__ for each in automap.classes} == {"readings", "places"}


def test_a_declared_view_on_kinesis(engine: Engine, kinesis_server: AwsServer) -> None:
    import boto3

    client = boto3.client("kinesis")
    client.create_stream(StreamName="clicks", ShardCount=2)
    for number in range(20):
        client.put_record(
            StreamName="clicks", PartitionKey=str(number), Data=json.dumps({"page": f"/{number}"})
        )
    with engine.begin() as connection:
        connection.execute(CreateExternalSchema("web", "KINESIS", iam_role="default"))
    stream = sa.Table("clicks", sa.MetaData(), schema="web", autoload_with=engine)
    base: Any = declarative_base()

    class Click(base):  # type: ignore[misc]
        __table__ = materialized_view(
            "clicks",
            base.metadata,
            sa.select(
                stream.c.shard_id,
                stream.c.sequence_number,
                sa.func.json_parse(stream.c.kinesis_data)["page"].as_string(20).label("page"),
            ),
            primary_key=["shard_id", "sequence_number"],
        )

    class Page(base):  # type: ignore[misc]
        __tablename__ = "pages"
        name = sa.Column(sa.String(20), primary_key=True)

    base.metadata.create_all(engine)
    with orm_session(engine) as session:
        session.add(Page(name="/3"))
        session.execute(RefreshMaterializedView(Click.__table__))
        session.commit()
        one = session.execute(sa.select(Click).join(Page, Page.name == Click.page)).scalars().one()
        key = (one.shard_id, one.sequence_number)
        session.expunge_all()
        assert session.get(Click, key).page == "/3"
        assert session.execute(sa.select(sa.func.count()).select_from(Click)).scalar() == 20
    base.metadata.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []
