"""The fixtures of streamdialect.testing.plugin: production's statements, records, waiting, the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import Engine

import streamdialect
from streamdialect import clock as time_of_day
from streamdialect.testing import Clock, Kafka, Kinesis

ROLE = "IAM_ROLE 'arn:aws:iam::210987654321:role/streaming'"
KINESIS = f"""
CREATE EXTERNAL SCHEMA sales FROM KINESIS {ROLE} REGION 'eu-west-1';
CREATE MATERIALIZED VIEW orders_live AUTO REFRESH YES AS
SELECT approximate_arrival_timestamp AS arrived, refresh_time, shard_id, JSON_PARSE(kinesis_data) AS body
FROM sales."orders";
"""
KAFKA = """
CREATE EXTERNAL SCHEMA web FROM MSK {};
CREATE MATERIALIZED VIEW clicks_live AUTO REFRESH YES AS
SELECT kafka_partition, kafka_timestamp AS clicked, kafka_key, kafka_headers, kafka_value FROM web."clicks";
"""
URI = "URI 'b-1.prod.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098'"

Call = Callable[..., None]


def test_a_kinesis_script_of_production_runs(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call, kinesis: Kinesis
) -> None:
    run_script(KINESIS)
    put("orders", [{"id": 1}, '{"id": 2}', b'{"id": 3}', [4]])
    wait_until_caught_up()
    assert_view("orders_live", [{"body": body} for body in ({"id": 1}, {"id": 2}, {"id": 3}, [4])])
    assert kinesis.streams() == ["orders"]
    assert kinesis.calls["CreateStream"] == 1


def test_a_script_is_split_as_redshift_reads_it(run_script: Call, assert_view: Call) -> None:
    run_script(
        "/* a; */ CREATE TABLE t (a VARCHAR(20)); -- b;\n"
        "INSERT INTO t VALUES ('it\\'s; 1'), ('a''; 2');\n-- the end;\n"
    )
    assert_view("t", [("it's; 1",), ("a'; 2",)])


@pytest.mark.parametrize(
    "clauses",
    [
        f"{ROLE} AUTHENTICATION none {URI}",
        f"{ROLE} AUTHENTICATION iam {URI}",
        f"{ROLE} AUTHENTICATION iam CLUSTER_ARN 'arn:aws:kafka:eu-west-1:210987654321:cluster/prod/x'",
        f"{ROLE} AUTHENTICATION mtls {URI} SECRET_ARN 'arn:aws:secretsmanager:eu-west-1:210987654321:secret:s'",
    ],
)
def test_a_kafka_script_of_production_runs(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call, kafka: Kafka, clauses: str
) -> None:
    run_script(KAFKA.format(clauses))
    put("clicks", [b"a"], key="k", at="2026-03-01T10:00:00+02:00")
    kafka.put("clicks", [None], headers={"h": b"1"})
    wait_until_caught_up()
    assert_view(
        "clicks_live",
        [
            {"kafka_value": b"a", "kafka_key": b"k", "clicked": "2026-03-01 08:00:00"},
            {"kafka_value": None, "kafka_key": None, "clicked": kafka._clock.now()},
        ],
    )


def test_each_test_begins_with_nothing(kinesis: Kinesis, kafka: Kafka, stream_db: Engine) -> None:
    assert (kinesis.streams(), kafka.streams()) == ([], [])
    assert not kinesis.calls
    kinesis.create("orders")
    kafka.create("clicks")
    kinesis.throttle(1000)
    assert sqlalchemy.inspect(stream_db).get_table_names() == []


test_each_test_begins_with_nothing_again = test_each_test_begins_with_nothing


def test_a_program_under_test_uses_the_url(stream_db: Engine, kinesis: Kinesis) -> None:
    import boto3

    engine = sqlalchemy.create_engine(str(stream_db.url))
    producer: Any = boto3.client("kinesis", region_name="ap-southeast-2")
    kinesis.create("orders", shards=2)
    producer.put_record(StreamName="orders", Data=b"[1]", PartitionKey="a")
    with engine.begin() as connection:
        for statement in KINESIS.split(";")[:2]:
            connection.exec_driver_sql(statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("REFRESH MATERIALIZED VIEW orders_live")
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM orders_live").scalar() == 1
    engine.dispose()


def test_a_stream_that_was_never_made_is_the_products_own_error(
    run_script: Call, wait_until_caught_up: Call
) -> None:
    run_script(KINESIS + KAFKA.format(f"{ROLE} AUTHENTICATION iam {URI}"))
    for view, stream in (("orders_live", "orders"), ("clicks_live", "clicks")):
        with pytest.raises(streamdialect.UndefinedObjectError, match=f'stream "{stream}" does not exist'):
            wait_until_caught_up(view)


def test_a_role_that_is_no_arn_is_refused(run_script: Call, put: Call, wait_until_caught_up: Call) -> None:
    run_script(KINESIS.replace("role/streaming", "rolle/streaming"))
    put("orders", [1])
    with pytest.raises(streamdialect.Error, match="is not a role ARN"):
        wait_until_caught_up()


# --- put -------------------------------------------------------------------------------------------


def test_put_names_what_there_is(run_script: Call, put: Call) -> None:
    with pytest.raises(LookupError, match=r'no stream "orders".*they read: nothing yet.*kinesis.create'):
        put("orders", [1])
    run_script(KINESIS)
    with pytest.raises(LookupError, match=r'no stream "order".*they read: orders.*Did you mean "orders"\?'):
        put("order", [1])
    with pytest.raises(LookupError, match=r'Did you mean "orders"\?'):
        put("Orders", [1])  # Redshift folds names to lower case


def test_put_goes_where_the_stream_is(put: Call, kinesis: Kinesis, kafka: Kafka) -> None:
    kafka.create("clicks", 3)
    put("clicks", [1])
    kinesis.create("clicks")
    with pytest.raises(LookupError, match="Kinesis and Kafka both have"):
        put("clicks", [1])
    kinesis.delete("clicks")
    put("clicks", [1])


def test_what_cannot_be_a_record(kinesis: Kinesis, kafka: Kafka) -> None:
    kinesis.create("s")
    one: Any
    for one in ({"id": 1}, b"1", "1"):
        with pytest.raises(TypeError, match=r"given as a list.*put\(stream, \[\.\.\.\]\)"):
            kinesis.put("s", one)
    with pytest.raises(TypeError, match="tombstone"):
        kinesis.put("s", [None])
    with pytest.raises(TypeError, match="datetime is not JSON serializable, in the record"):
        kinesis.put("s", [{"at": datetime(2026, 1, 1)}])
    with pytest.raises(LookupError, match=r'Kinesis has no stream "t"; there is: s'):
        kinesis.put("t", [1])
    with pytest.raises(LookupError, match=r'Kafka has no topic "t"; there is: none'):
        kafka.put("t", [1])
    assert kafka.streams() == []


def test_more_than_one_request_holds(kinesis: Kinesis) -> None:
    kinesis.create("s")
    assert len(kinesis.put("s", [b"x" * 1_000_000] * 6)) == 6
    assert kinesis.calls["PutRecords"] == 2


def test_keys_choose_shards_and_partitions(kinesis: Kinesis, kafka: Kafka) -> None:
    kinesis.create("s", shards=4)
    kafka.create("t", 4)
    assert len({shard for shard, _ in kinesis.put("s", [1] * 40)}) == 4
    assert len({shard for shard, _ in kinesis.put("s", [1] * 40, key="k")}) == 1
    assert len({partition for partition, _ in kafka.put("t", [1] * 40, key="k")}) == 1
    assert kafka.put("t", [1, 2], partition=3)[1][0] == 3
    many = kinesis.put("s", [{"n": n} for n in range(1200)], key="k")
    assert [int(number) for _, number in many] == sorted(int(number) for _, number in many)


# --- wait_until_caught_up -----------------------------------------------------------------------


def test_only_auto_refresh_is_waited_for(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call
) -> None:
    run_script(KINESIS.replace("AUTO REFRESH YES", ""))
    run_script('CREATE MATERIALIZED VIEW n AUTO REFRESH YES AS SELECT COUNT(*) AS n FROM sales."orders"')
    put("orders", [1, 2])
    wait_until_caught_up()
    assert_view("n", [(2,)])
    with pytest.raises(AssertionError, match="no AUTO REFRESH YES: it is as its last REFRESH left it"):
        assert_view("orders_live", [{"body": 1}, {"body": 2}])
    with pytest.raises(ValueError, match='"orders_live" has no AUTO REFRESH YES'):
        wait_until_caught_up("orders_live")
    with pytest.raises(LookupError, match='no materialized view "m"; there is: orders_live, n'):
        wait_until_caught_up("m")


class TestRoles:
    """Another account's role, assumed by the database and by a producer under test."""

    @pytest.fixture
    def stream_db_options(self) -> dict[str, Any]:
        return {"credentials": "role", "ingest": "manual"}

    def test_streams_are_found_by_name(
        self, run_script: Call, wait_until_caught_up: Call, assert_view: Call, kinesis: Kinesis
    ) -> None:
        import boto3

        kinesis.create("orders")
        role = "arn:aws:iam::999988887777:role/producer"
        given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        producer: Any = boto3.client(
            "kinesis",
            region_name="ap-southeast-2",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        producer.put_record(StreamName="orders", Data=b"[1]", PartitionKey="a")
        run_script(KINESIS)
        wait_until_caught_up()
        assert_view("orders_live", [{"body": [1]}])


class TestConsumers:
    """The same with consumers in the background."""

    @pytest.fixture
    def stream_db_options(self) -> dict[str, Any]:
        return {"compat": None, "ingest": "auto"}

    def test_views_follow_by_themselves(
        self, run_script: Call, put: Call, assert_view: Call, wait_until_caught_up: Call, stream_db: Engine
    ) -> None:
        run_script(KINESIS)
        put("orders", [{"id": 1}])
        deadline = time.monotonic() + 30
        with stream_db.connect() as connection:
            query = sqlalchemy.text("SELECT COUNT(*) FROM orders_live")
            while not connection.execute(query).scalar():
                assert time.monotonic() < deadline
                time.sleep(0.01)
        put("orders", [{"id": 2}, b"\xff", {"id": 3}])
        wait_until_caught_up()
        with pytest.raises(AssertionError, match="records set aside: 1, such as: invalid byte"):
            assert_view("orders_live", [])
        assert_view("orders_live", [{"body": {"id": n}} for n in (1, 2, 3)])


# --- the clock ------------------------------------------------------------------------------------


def test_the_clock_is_that_of_queries_and_rows(
    run_script: Call,
    put: Call,
    wait_until_caught_up: Call,
    assert_view: Call,
    clock: Clock,
    stream_db: Engine,
) -> None:
    clock.set("2026-03-01 10:00:00.123")
    run_script(
        KINESIS + "CREATE TABLE t (a INT, made TIMESTAMP DEFAULT SYSDATE, d DATE DEFAULT CURRENT_DATE);"
    )
    put("orders", [1])
    clock.advance(hours=1)
    wait_until_caught_up()
    moment = "2026-03-01 10:00:00.123"
    assert_view("orders_live", [{"arrived": moment, "refresh_time": "2026-03-01 11:00:00.123"}])
    run_script("INSERT INTO t (a) VALUES (1)")
    assert_view("t", [(1, "2026-03-01 11:00:00.123", "2026-03-01")])
    now = clock.now().replace(tzinfo=None)
    with stream_db.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT GETDATE(), SYSDATE, CURRENT_DATE, NOW(), 'now'::TIMESTAMP, TIMEOFDAY(),"
            " DATEDIFF(minute, arrived, SYSDATE), SYSDATE = SYSDATE FROM orders_live"
        ).fetchone()
        assert found is not None
        assert found[:3] == (now.replace(microsecond=0), now, now.date())
        assert found[3] == clock.now()
        assert found[4] == now
        assert found[5].startswith("Sun Mar 01 11:00:00.123")
        assert found[6:] == (60, True)
        native = "SELECT datetime('now', '+1 day'), unixepoch('now'), strftime('%H', 'now')"
        assert connection.exec_driver_sql(native).fetchone() == (
            "2026-03-02 11:00:00",
            int(clock.now().timestamp()),
            "11",
        )
        clock.advance(days=1)
        assert connection.exec_driver_sql("SELECT CURRENT_DATE").scalar() == clock.now().date()


def test_the_history_of_lag_is_at_the_clocks_time(
    run_script: Call, put: Call, wait_until_caught_up: Call, clock: Clock, stream_db: Engine
) -> None:
    """So that the queries of a dashboard can be tested: rates are of the last half minute of that time."""
    clock.set("2031-03-01 10:00:07")
    run_script(KINESIS)
    put("orders", [1, 2])
    wait_until_caught_up()
    with stream_db.connect() as connection:
        history = "SELECT start_time, records FROM streamdialect_lag_history"
        assert connection.exec_driver_sql(history).fetchall() == [(datetime(2031, 3, 1, 10), 2)]
        rate = "SELECT records_per_second FROM streamdialect_lag"
        assert connection.exec_driver_sql(rate).scalar() == 2.0
        clock.advance(minutes=1)
        assert connection.exec_driver_sql(rate).scalar() == 0.0


def test_the_clock_stands_still(clock: Clock) -> None:
    before = clock.now()
    time.sleep(0.01)
    assert clock.now() == before
    assert abs((datetime.now(timezone.utc) - before).total_seconds()) < 60
    clock.set(datetime(2020, 1, 1))
    assert clock.advance(seconds=1.5) == datetime(2020, 1, 1, 0, 0, 1, 500_000, tzinfo=timezone.utc)
    assert time_of_day.text() == "2020-01-01 00:00:01.500000"
    assert "2020-01-01 00:00:01.500" in repr(clock)


def test_without_the_fixture_it_is_the_systems() -> None:
    assert not time_of_day.replaced()
    assert abs(time_of_day.seconds() - time.time()) < 10


def test_records_may_come_at_any_time(
    run_script: Call, put: Call, wait_until_caught_up: Call, assert_view: Call
) -> None:
    """Arrival is what is told; retention counts from when the test put the record."""
    run_script(KINESIS)
    for at in ("2026-03-02", datetime(1999, 12, 31, 23, 59), "2026-03-01T00:00:00Z"):
        put("orders", [1], at=at)
    wait_until_caught_up()
    assert_view(
        "orders_live",
        [
            {"arrived": datetime(2026, 3, 2)},
            {"arrived": datetime(1999, 12, 31, 23, 59)},
            {"arrived": "2026-03-01"},
        ],
    )
