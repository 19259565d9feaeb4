"""The constructs for streaming DDL: what they write, and what comes of it, on whichever SQLAlchemy is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from streamdialect.sqlalchemy import (
    SUPER,
    AlterMaterializedView,
    CreateExternalSchema,
    CreateMaterializedView,
    DropExternalSchema,
    DropMaterializedView,
    RefreshMaterializedView,
    StreamDialect_apsw,
    materialized_view,
)
from tests.servers import AwsServer, MockKafka

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{database}", future=True)
    yield engine
    engine.dispose()


@pytest.fixture
def clicks(engine: Engine, kinesis_server: AwsServer) -> Engine:
    """An engine with an external schema ``web`` and twelve records in its stream ``Clicks``."""
    import boto3

    client = boto3.client("kinesis")
    client.create_stream(StreamName="Clicks", ShardCount=2)
    for number in range(12):
        data = {"page": "/" if number % 3 else "/it's", "ms": number, "tags": ["a", {"Deep Key": number / 2}]}
        client.put_record(StreamName="Clicks", PartitionKey=str(number), Data=json.dumps(data))
    with engine.begin() as connection:
        connection.execute(CreateExternalSchema("web", "KINESIS", iam_role="default"))
    return engine


def redshift() -> Any:
    """Make a dialect of another package for Redshift: on PostgreSQL's, as they are."""
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    dialect.name = "redshift"
    return dialect


def written(construct: Any, dialect: Any = None) -> str:
    return " ".join(str(construct.compile(dialect=dialect or StreamDialect_apsw())).split())


ROLE = "arn:aws:iam::123456789012:role/R"

EXACT = [
    (
        CreateExternalSchema("s", "kinesis", iam_role="Default", if_not_exists=True),
        "CREATE EXTERNAL SCHEMA IF NOT EXISTS s FROM KINESIS IAM_ROLE default",
    ),
    (
        CreateExternalSchema("s", "KINESIS", iam_role=[ROLE, ROLE + "2"], region="eu-west-1"),
        f"CREATE EXTERNAL SCHEMA s FROM KINESIS REGION 'eu-west-1' IAM_ROLE '{ROLE},{ROLE}2'",
    ),
    (
        CreateExternalSchema("s", "KAFKA", uri=["a:1", "b:2"], authentication="NONE"),
        "CREATE EXTERNAL SCHEMA s FROM KAFKA AUTHENTICATION none URI 'a:1,b:2'",
    ),
    (
        CreateExternalSchema(
            "s", "MSK", iam_role=ROLE, authentication="mtls", secret_arn="a'b\\", cluster_arn="arn:c"
        ),
        f"CREATE EXTERNAL SCHEMA s FROM MSK IAM_ROLE '{ROLE}' AUTHENTICATION mtls SECRET_ARN 'a''b\\\\'"
        " CLUSTER_ARN 'arn:c'",
    ),
    (
        CreateExternalSchema(
            "s", "MSK", iam_role=ROLE, authentication="mtls", authentication_arn="x", uri="b:1"
        ),
        f"CREATE EXTERNAL SCHEMA s FROM MSK IAM_ROLE '{ROLE}' AUTHENTICATION mtls AUTHENTICATION_ARN 'x' URI 'b:1'",
    ),
    (
        DropExternalSchema('Odd "s"', if_exists=True, cascade=True),
        'DROP SCHEMA IF EXISTS "Odd ""s""" CASCADE',
    ),
    (DropExternalSchema("s"), "DROP SCHEMA s"),
    (CreateMaterializedView("v", "SELECT 1 AS a;"), "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a"),
    (
        CreateMaterializedView(
            'Odd "v"',
            sa.text("SELECT a FROM t"),
            schema="public",
            auto_refresh=True,
            backup=False,
            diststyle="key",
            distkey="The Key",
            sortkey=[sa.column("at"), 2],
        ),
        'CREATE MATERIALIZED VIEW public."Odd ""v""" BACKUP NO DISTSTYLE KEY DISTKEY ("The Key")'
        " SORTKEY (at, 2) AUTO REFRESH YES AS SELECT a FROM t",
    ),
    (
        RefreshMaterializedView("v", schema="public", cascade=True),
        "REFRESH MATERIALIZED VIEW public.v CASCADE",
    ),
    (RefreshMaterializedView("v"), "REFRESH MATERIALIZED VIEW v"),
    (AlterMaterializedView("v", auto_refresh=False), "ALTER MATERIALIZED VIEW v AUTO REFRESH NO"),
    (AlterMaterializedView("v", distkey="A b"), 'ALTER MATERIALIZED VIEW v ALTER DISTKEY "A b"'),
    (AlterMaterializedView("v", diststyle="all"), "ALTER MATERIALIZED VIEW v ALTER DISTSTYLE ALL"),
    (
        AlterMaterializedView("v", diststyle="key", distkey="a"),
        "ALTER MATERIALIZED VIEW v ALTER DISTSTYLE KEY DISTKEY a",
    ),
    (AlterMaterializedView("v", sortkey=("a", "b")), "ALTER MATERIALIZED VIEW v ALTER SORTKEY (a, b)"),
    (AlterMaterializedView("v", sortkey=()), "ALTER MATERIALIZED VIEW v ALTER SORTKEY NONE"),
    (DropMaterializedView("v", if_exists=True, cascade=True), "DROP MATERIALIZED VIEW IF EXISTS v CASCADE"),
    (DropMaterializedView(sa.Table("v", sa.MetaData(), schema="public")), "DROP MATERIALIZED VIEW public.v"),
]


@pytest.mark.parametrize(("construct", "expected"), EXACT, ids=[expected[:60] for _, expected in EXACT])
def test_what_is_written(construct: Any, expected: str) -> None:
    assert written(construct) == expected
    assert written(construct, redshift()) == expected
    assert " ".join(str(construct).split()) == expected
    with pytest.raises(sa.exc.CompileError, match=f"{type(construct).__name__} is Redshift's SQL.*'sqlite'"):
        written(construct, sqlite.dialect())


def test_values_in_a_select_become_literals() -> None:
    table = sa.table("t", sa.column("a", sa.String), sa.column("at", sa.DateTime), sa.column("p", SUPER))
    query = sa.select(table.c.p["k"].as_string(9).label("k")).where(
        table.c.a.in_(["it's", "back\\slash", "100 %", ":x"]),
        table.c.at >= datetime(2026, 1, 2, 3, 4, 5),
        table.c.p["n"] > Decimal("1.5"),
        table.c.p == {"a": ["'", "\\"]},
    )
    view = CreateMaterializedView("v", query)
    assert written(view) == (
        "CREATE MATERIALIZED VIEW v AS SELECT CAST(t.p.k AS VARCHAR(9)) AS k FROM t"
        r" WHERE t.a IN ('it''s', 'back\\slash', '100 %', ':x')"
        " AND t.at >= TIMESTAMP '2026-01-02 03:04:05' AND t.p.n > 1.5"
        r""" AND t.p = json_parse('{"a": ["''", "\\\\"]}')"""
    )
    # A driver with parameters in the style of Python's % has its per cent signs doubled.
    values = CreateMaterializedView(
        "v", sa.select(table.c.a).where(table.c.a.in_(["it's", "back\\", "100 %"]))
    )
    assert written(values, redshift()).endswith(r"WHERE t.a IN ('it''s', 'back\\', '100 %%')")
    assert written(CreateMaterializedView("v", "SELECT 5 % 2"), redshift()).endswith("SELECT 5 %% 2")
    unfinished: list[Any] = [
        sa.select(table.c.a).where(table.c.a == sa.bindparam("x")),
        sa.text("SELECT :x AS a"),
    ]
    for each in unfinished:
        with pytest.raises(sa.exc.CompileError, match="'x' has no value"):
            written(CreateMaterializedView("v", each))
    assert written(CreateMaterializedView("v", sa.text("SELECT :x AS a").bindparams(x="y"))).endswith(
        "SELECT 'y' AS a"
    )


def test_names_show_and_secrets_do_not() -> None:
    schema = CreateExternalSchema("s", "MSK", secret_arn="hidden", iam_role="hidden", uri="hidden:1")
    assert repr(schema) == "<CreateExternalSchema s>"
    assert repr(CreateMaterializedView("v", "SELECT 'hidden'", schema="public")) == (
        "<CreateMaterializedView public.v>"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CreateExternalSchema("s", "KINESIS FIREHOSE"), "source must be one of KINESIS, KAFKA, MSK"),
        (lambda: CreateExternalSchema("s", "MSK", authentication="plain"), "authentication must be one of"),
        (lambda: CreateMaterializedView("v", 5), "select, text.. or str, not 5"),
        (lambda: CreateMaterializedView("v", "SELECT 1", diststyle="AUTO"), "diststyle must be one of"),
        (lambda: CreateMaterializedView("v", "SELECT 1", sortkey=[1.5]), "its name or its number, not 1.5"),
        (lambda: AlterMaterializedView("v"), "takes one change"),
        (lambda: AlterMaterializedView("v", auto_refresh=True, sortkey="a"), "takes one change"),
        (lambda: AlterMaterializedView("v", diststyle="KEY"), "goes with a distkey"),
        (lambda: AlterMaterializedView("v", diststyle="ALL", distkey="a"), "goes with a distkey"),
    ],
)
def test_wrong_arguments(make: Any, message: str) -> None:
    with pytest.raises(sa.exc.ArgumentError, match=message):
        make()


def test_a_view_on_a_reflected_stream(clicks: Engine) -> None:
    stream = sa.Table("Clicks", sa.MetaData(), schema="web", autoload_with=clicks)
    payload = sa.func.json_parse(stream.c.kinesis_data)
    query = sa.select(
        stream.c.approximate_arrival_timestamp,
        stream.c.shard_id,
        stream.c.sequence_number,
        payload.label("payload"),
        payload["ms"].as_integer().label("ms"),
        payload["tags"][1]["Deep Key"].as_numeric(6, 2).label("deep"),
    ).where(sa.func.can_json_parse(stream.c.kinesis_data), payload["page"].as_string() != "/it's")
    name = 'My "Views"'
    with clicks.begin() as connection:
        connection.execute(
            CreateMaterializedView(
                name, query, sortkey=stream.c.approximate_arrival_timestamp, auto_refresh=True
            )
        )
    with clicks.begin() as connection:
        connection.execute(RefreshMaterializedView(name))
    view = sa.Table(name, sa.MetaData(), autoload_with=clicks)
    with clicks.connect() as connection:
        rows = connection.execute(sa.select(view.c.ms, view.c.deep).order_by(view.c.ms)).all()
        assert [tuple(row) for row in rows] == [
            (number, Decimal(number) / 2) for number in range(12) if number % 3
        ]
        state = sa.text("SELECT autorefresh FROM svv_mv_info")
        before = connection.execute(state).scalar()
    with clicks.begin() as connection:
        connection.execute(AlterMaterializedView(view, auto_refresh=False))
        connection.execute(AlterMaterializedView(view, sortkey=[view.c.ms]))
    with clicks.begin() as connection:
        assert connection.execute(state).scalar() != before
        connection.execute(DropMaterializedView(view))
        connection.execute(DropMaterializedView(view, if_exists=True))
    assert not sa.inspect(clicks).has_table(name)
    with clicks.begin() as connection:
        connection.execute(DropExternalSchema("web"))
        assert connection.execute(sa.text("SELECT COUNT(*) FROM svv_external_schemas")).scalar() == 0


def test_clauses_reach_the_database(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CreateExternalSchema("web", "KINESIS", iam_role="default"))
        connection.execute(CreateExternalSchema("web", "KINESIS", iam_role="default", if_not_exists=True))
        connection.execute(DropExternalSchema("absent", if_exists=True))
        with pytest.raises(sa.exc.ProgrammingError, match="FROM KAFKA requires URI"):
            connection.execute(CreateExternalSchema("k", "KAFKA", authentication="none"))
        with pytest.raises(sa.exc.ProgrammingError, match="names no role"):
            connection.execute(CreateExternalSchema("k", "KINESIS", iam_role=""))


def test_a_metadata_with_streams_and_views(engine: Engine, kafka_server: MockKafka) -> None:
    kafka_server.topic("orders", 1)
    kafka_server.produce("orders", [b'{"id": %d, "total": 2.5}' % number for number in range(4)])
    metadata = sa.MetaData()
    customers = sa.Table(
        "customers", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Text)
    )
    schema = CreateExternalSchema(
        "shop", "KAFKA", uri=kafka_server.bootstrap, authentication="none", if_not_exists=True
    )
    sa.event.listen(metadata, "before_create", schema.execute_if(dialect="streamdialect"))
    stream = sa.table("orders", sa.column("kafka_partition", sa.BigInteger), sa.column("kafka_offset", sa.BigInteger),
                      sa.column("kafka_value", sa.LargeBinary), schema="shop")  # fmt: skip
    order = sa.func.json_parse(stream.c.kafka_value)
    orders = materialized_view(
        "orders",
        metadata,
        sa.select(
            stream.c.kafka_partition,
            stream.c.kafka_offset,
            order["id"].as_integer().label("id"),
            order["total"].as_numeric(8, 2).label("total"),
        ),
        primary_key=["kafka_partition", "kafka_offset"],
        auto_refresh=True,
    )
    known = materialized_view(
        "known",
        metadata,
        sa.select(customers.c.n, orders.c.total.label("total")).join_from(
            orders, customers, orders.c.id == customers.c.id
        ),
    )
    assert list(metadata.tables) == ["customers"]
    assert [column.name for column in orders.primary_key] == ["kafka_partition", "kafka_offset"]
    assert [(column.name, repr(column.type)) for column in known.columns] == [
        ("n", "Text()"),
        ("total", "Numeric(precision=8, scale=2)"),
    ]
    for _ in range(2):  # the second time there is nothing to do
        metadata.create_all(engine)
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == ["customers"]
    assert inspector.has_table("orders")
    assert inspector.has_table("known")
    with engine.begin() as connection:
        connection.execute(customers.insert(), [{"id": 1, "n": "Ann"}, {"id": 3, "n": "Bo"}])
    with engine.begin() as connection:
        connection.execute(RefreshMaterializedView(known, cascade=True))
    with engine.connect() as connection:
        found = connection.execute(sa.select(known).order_by(known.c.n)).all()
        assert [tuple(row) for row in found] == [("Ann", Decimal("2.50")), ("Bo", Decimal("2.50"))]
    for view in (orders, known):
        for change in (view.create, view.drop):
            with pytest.raises(sa.exc.InvalidRequestError, match=f"'{view.name}' is a materialized view"):
                change(engine, checkfirst=False)
    with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
        metadata.create_all(engine, checkfirst=False)
    for _ in range(2):
        metadata.drop_all(engine)
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == []
    assert inspector.get_view_names() == []
    assert not inspector.has_table("orders")


def test_views_are_declared_with_names() -> None:
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("a", sa.Integer), sa.Column("p", SUPER))
    materialized_view("v", metadata, sa.select(table.c.a))
    materialized_view("v", metadata, sa.select(table.c.a), schema="public")
    for name in ("v", "t"):
        with pytest.raises(sa.exc.ArgumentError, match=f"'{name}' is already declared"):
            materialized_view(name, metadata, sa.select(table.c.a))
    for query, message in (
        (sa.select(table.c.p["x"]), "a column of 'w' has no name: label it"),
        (sa.select(table.c.a, sa.literal(1).label("a")), "two columns 'a'"),
        ("SELECT 1", "columns of 'w' are not known"),
        (sa.text("SELECT 1"), "columns of 'w' are not known"),
    ):
        with pytest.raises(sa.exc.ArgumentError, match=message):
            materialized_view("w", metadata, query)
    with pytest.raises(sa.exc.ArgumentError, match="primary_key of 'w': no column b"):
        materialized_view("w", metadata, sa.select(table.c.a), primary_key=["b"])
    with pytest.raises(TypeError, match="no_such_option"):
        materialized_view("w", metadata, sa.select(table.c.a), no_such_option=1)
    typed = materialized_view("w", metadata, sa.text("SELECT 1 AS a").columns(a=sa.Date))
    assert isinstance(typed.c.a.type, sa.Date)


def test_a_text_select_is_created(engine: Engine) -> None:
    metadata = sa.MetaData()
    view = materialized_view("w", metadata, sa.text("SELECT DATE '2026-01-02' AS a").columns(a=sa.Date))
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(view.c.a)).scalar() == date(2026, 1, 2)
    metadata.drop_all(engine)


def test_a_call_for_some_tables_leaves_views_alone(engine: Engine) -> None:
    metadata = sa.MetaData()
    base = sa.Table("base", metadata, sa.Column("a", sa.Integer))
    other = sa.Table("other", metadata, sa.Column("a", sa.Integer))
    materialized_view("over_base", metadata, sa.select(base.c.a))
    metadata.create_all(engine, tables=[other])
    assert sa.inspect(engine).get_table_names() == ["other"]
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(base.insert(), {"a": 1})
        connection.execute(RefreshMaterializedView("over_base"))
    metadata.drop_all(engine, tables=[other])
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT a FROM over_base").all() == [(1,)]
    metadata.create_all(engine)
    metadata.drop_all(engine)
    assert sa.inspect(engine).get_table_names() == []
    assert not sa.inspect(engine).has_table("over_base")


def test_a_flag_is_true_or_false() -> None:
    with pytest.raises(sa.exc.ArgumentError, match="must be True or False, not 'no'"):
        str(CreateMaterializedView("v", "SELECT 1 AS a", auto_refresh="no"))  # type: ignore[arg-type]
