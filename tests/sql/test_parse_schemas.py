"""The grammar of external schemas (r_CREATE_EXTERNAL_SCHEMA, r_ALTER_EXTERNAL_SCHEMA, r_DROP_SCHEMA)."""

from __future__ import annotations

import itertools

import pytest

from streamdialect.errors import NotSupportedError, ProgrammingError, SQLSyntaxError
from streamdialect.sql import parse
from streamdialect.sql.statements import AlterExternalSchema, CreateExternalSchema, DropSchema

ROLE = "arn:aws:iam::123456789012:role/reader"
ACM = "arn:aws:acm:eu-west-2:1:certificate/x"


def created(text: str) -> CreateExternalSchema:
    statement = parse(text)
    assert isinstance(statement, CreateExternalSchema)
    return statement


def test_kinesis() -> None:
    statement = created(
        f"create external schema if not exists Sensors from kinesis region 'us-west-2' iam_role '{ROLE}';"
    )
    schema = statement.external_schema
    assert statement.if_not_exists
    assert (schema.name, schema.provider, schema.region, schema.iam_role) == (
        "sensors",
        "kinesis",
        "us-west-2",
        ROLE,
    )


def test_kinesis_default_role() -> None:
    assert (
        created("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default").external_schema.iam_role
        == "default"
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_kafka_clauses_in_any_order(order: tuple[int, ...]) -> None:
    clauses = (
        f"IAM_ROLE '{ROLE}'",
        "URI 'b1:9094,b2:9094'",
        "AUTHENTICATION Mtls",
        f"AUTHENTICATION_ARN '{ACM}'",
    )
    schema = created(
        "CREATE EXTERNAL SCHEMA k FROM KAFKA " + "\n".join(clauses[i] for i in order)
    ).external_schema
    assert schema.uri == "b1:9094,b2:9094"
    assert schema.authentication == "mtls"
    assert schema.authentication_arn == ACM


def test_msk_cluster_arn() -> None:
    text = f"CREATE EXTERNAL SCHEMA m FROM MSK IAM_ROLE '{ROLE}' AUTHENTICATION iam "
    text += "CLUSTER_ARN 'arn:aws:kafka:a:1:cluster/c/u'"
    assert created(text).external_schema.cluster_arn == "arn:aws:kafka:a:1:cluster/c/u"


def test_role_chain() -> None:
    chain = ",".join([ROLE] * 10)
    assert (
        created(f"CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE '{chain}'").external_schema.iam_role == chain
    )


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        ("KINESIS", "requires IAM_ROLE"),
        ("KINESIS IAM_ROLE default AUTHENTICATION iam", "does not take AUTHENTICATION"),
        ("KINESIS IAM_ROLE default URI 'a:1'", "does not take URI"),
        ("KAFKA AUTHENTICATION none", "requires URI"),
        ("KAFKA URI 'a:1'", "requires AUTHENTICATION"),
        ("KAFKA URI 'a:1' AUTHENTICATION mtls", "AUTHENTICATION_ARN or SECRET_ARN"),
        ("KAFKA URI 'a:1' AUTHENTICATION mtls AUTHENTICATION_ARN 'x' SECRET_ARN 'y'", "exclude each other"),
        ("KAFKA URI 'a:1' AUTHENTICATION none SECRET_ARN 'y'", "requires AUTHENTICATION mtls"),
        ("KAFKA URI 'a:1' AUTHENTICATION iam", "requires IAM_ROLE"),
        ("KAFKA URI 'a:1' AUTHENTICATION none REGION 'x'", "does not take REGION"),
        ("KAFKA URI 'a:1' AUTHENTICATION none CLUSTER_ARN 'x'", "CLUSTER_ARN"),
        ("KAFKA URI 'kafka://a:1' AUTHENTICATION none", "without a scheme"),
        ("MSK IAM_ROLE default AUTHENTICATION iam", "URI 'host:port,...' or CLUSTER_ARN"),
        (f"KINESIS IAM_ROLE '{ROLE}, {ROLE}'", "without spaces"),
        ("KINESIS IAM_ROLE '" + ",".join([ROLE] * 11) + "'", "at most 10"),
    ],
)
def test_clauses_that_do_not_fit(tail: str, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        parse(f"CREATE EXTERNAL SCHEMA s FROM {tail}")


@pytest.mark.parametrize(
    "tail",
    [
        "DATA CATALOG DATABASE 'd' IAM_ROLE default",
        "HIVE METASTORE URI 'h'",
        "POSTGRES URI 'h' PORT 5432",
        "MYSQL URI 'h'",
        "REDSHIFT DATABASE 'd'",
        "KINESIS IAM_ROLE 'SESSION'",
        "KINESIS IAM_ROLE default CATALOG_ROLE 'x'",
        "KAFKA URI 'a' PORT 9092 AUTHENTICATION none",
        "KINESIS IAM_ROLE default CREATE EXTERNAL DATABASE IF NOT EXISTS",
    ],
)
def test_what_is_not_carried_out(tail: str) -> None:
    with pytest.raises(NotSupportedError):
        parse(f"CREATE EXTERNAL SCHEMA s FROM {tail}")


@pytest.mark.parametrize(
    ("text", "token", "line", "column"),
    [
        ("CREATE EXTERNAL SCHEMA s FROM NOWHERE", "NOWHERE", 1, 31),
        ("CREATE EXTERNAL SCHEMA s\nFROM KINESIS IAM_ROLE nobody", "nobody", 2, 23),
        ("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default IAM_ROLE default", "IAM_ROLE", 1, 56),
        ("CREATE EXTERNAL SCHEMA FROM KINESIS", "KINESIS", 1, 29),
        ("DROP SCHEMA s now", "now", 1, 15),
    ],
)
def test_syntax_errors_point_at_the_token(text: str, token: str, line: int, column: int) -> None:
    with pytest.raises(SQLSyntaxError, match=f'at or near "{token}"') as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "^" in str(caught.value)


def test_end_of_input() -> None:
    with pytest.raises(SQLSyntaxError, match="at end of input"):
        parse("CREATE EXTERNAL SCHEMA s FROM")


def test_alter() -> None:
    statement = parse("ALTER EXTERNAL SCHEMA s URI 'a:1' IAM_ROLE default")
    assert isinstance(statement, AlterExternalSchema)
    assert dict(statement.changes) == {"uri": "a:1", "iam_role": "default"}
    with pytest.raises(SQLSyntaxError):
        parse("ALTER EXTERNAL SCHEMA s")
    with pytest.raises(NotSupportedError):
        parse("ALTER EXTERNAL SCHEMA s RENAME TO t")


def test_drop() -> None:
    statement = parse("DROP SCHEMA IF EXISTS a, B CASCADE;")
    assert isinstance(statement, DropSchema)
    assert (statement.names, statement.if_exists, statement.cascade) == (("a", "b"), True, True)
    restrict = parse("drop schema a restrict")
    assert isinstance(restrict, DropSchema)
    assert not restrict.cascade
    with pytest.raises(NotSupportedError):
        parse("DROP SCHEMA a DROP EXTERNAL DATABASE")


@pytest.mark.parametrize("name", ['""', '"' + "é" * 64 + '"', "x" * 128])
def test_names_have_1_to_127_bytes(name: str) -> None:
    with pytest.raises(ProgrammingError, match="127 bytes"):
        parse(f"DROP SCHEMA {name}")


@pytest.mark.parametrize("name", ["public", "main"])
def test_reserved_schemas(name: str) -> None:
    with pytest.raises(ProgrammingError, match="reserved"):
        parse(f"CREATE EXTERNAL SCHEMA {name} FROM KINESIS IAM_ROLE default")
