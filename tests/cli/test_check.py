"""``check``: what is wrong with a script is found, all of it, and nothing is made."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from tests.cli.conftest import CommandLine
from tests.servers import AwsServer, MockKafka

GOOD = """-- The production DDL.
CREATE EXTERNAL SCHEMA web FROM KINESIS REGION 'us-east-1' IAM_ROLE default;

CREATE MATERIALIZED VIEW clicks AUTO REFRESH YES AS
    SELECT approximate_arrival_timestamp, JSON_PARSE(kinesis_data) AS click
    FROM web."Clicks-1" WHERE CAN_JSON_PARSE(kinesis_data);
CREATE TABLE names (id INT, name VARCHAR(10));
INSERT INTO names VALUES (1, 'one');
CREATE VIEW live AS SELECT partition_key FROM web.quiet WITH NO SCHEMA BINDING;
REFRESH MATERIALIZED VIEW clicks;
SELECT click.page FROM clicks;
"""

BAD = """CREATE EXTERNAL SCHEMA web FROM KINESIS REGION 'us-east-1' IAM_ROLE default;
CREATE MATERIALIZED VIEW a AS SELECT kinesis_data FROM web.clicks;
CREATE MATERIALIZED VIEW b AS
    SELECT frob(kinesis_data)
    FROM web."Clicks-1";
CREATE EXTERNAL SCHEMA away FROM KAFKA URI '127.0.0.1:1' AUTHENTICATION none;
CREATE MATERIALIZED VIEW c AS SELECT kafka_value FROM away.t;
SELECT 1; SELEC 2;
REFRESH MATERIALIZED VIEW missing;
"""


@pytest.fixture
def streams(kinesis_server: AwsServer) -> None:
    client = boto3.client("kinesis")
    for name in ("Clicks-1", "quiet"):
        client.create_stream(StreamName=name, ShardCount=1)
    client.put_record(StreamName="Clicks-1", PartitionKey="a", Data=json.dumps({"page": "/"}))


def test_a_good_script(
    streamdialect_: CommandLine, streams: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "good.sql"
    script.write_text(GOOD)
    done = streamdialect_("check", "good.sql")
    assert (done.code, done.err) == (0, "")
    for line in (
        "good.sql:2: CREATE EXTERNAL SCHEMA: understood",
        "good.sql:2: schema web can be reached: 2 streams",
        "good.sql:4: CREATE MATERIALIZED VIEW: understood",
        'good.sql:4: stream web."Clicks-1" can be read',
        "good.sql:9: stream web.quiet can be read",
        "good.sql:10: REFRESH MATERIALIZED VIEW: understood",
        "no problems",
    ):
        assert line in done.out.splitlines()
    assert list(tmp_path.iterdir()) == [script]
    assert streamdialect_("check", "-q", "-", given=GOOD).out == ""


def test_every_problem_has_its_line(
    streamdialect_: CommandLine, streams: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.sql").write_text(BAD)
    done = streamdialect_("check", "bad.sql")
    assert done.code == 1
    problems = [line for line in done.err.splitlines() if line.startswith("bad.sql:")]
    expected = [
        ("bad.sql:2: UndefinedObjectError: ", '"clicks"'),
        ("bad.sql:4: NotSupportedError: the function frob is not supported", "(line 4, column 12)"),
        ("bad.sql:6: SourceError: Kafka at 127.0.0.1:1 cannot be reached", ""),
        ("bad.sql:8: ProgrammingError: ", ""),
        ('bad.sql:9: UndefinedObjectError: materialized view "missing" does not exist', ""),
    ]
    assert len(problems) == len(expected), done.err
    for line, (begin, part) in zip(problems, expected, strict=True):
        assert line.startswith(begin) or "SELEC" in line, (line, begin)
        assert part in line
    assert 'Did you mean "Clicks-1"?' in done.err
    assert done.err.rstrip().endswith("5 problems")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.sql"]


def test_a_quoted_schema_is_asked_too(streamdialect_: CommandLine, streams: None) -> None:
    """Schemas are found whatever their case; names of streams have one."""
    script = """CREATE EXTERNAL SCHEMA web FROM KINESIS REGION 'us-east-1' IAM_ROLE default;
    CREATE MATERIALIZED VIEW a AS SELECT kinesis_data FROM "Web"."Clicks-1";
    CREATE MATERIALIZED VIEW b AS SELECT kinesis_data FROM "Web"."Clicks-2";"""
    done = streamdialect_("check", "-", given=script)
    assert 'stream "Web"."Clicks-1" can be read' in done.out
    assert '-:3: UndefinedObjectError: stream "Clicks-2" does not exist' in done.err
    assert done.code == 1


def test_credentials_that_are_refused(
    streamdialect_: CommandLine, kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = streamdialect_("check", "-", given=GOOD)
    assert done.code == 1
    assert "-:2: Source" in done.err
    assert "redential" in done.err


def test_a_profile_is_kept_to(streamdialect_: CommandLine, kafka_server: MockKafka) -> None:
    script = "CREATE TABLE t (a DATETIME2);"
    assert streamdialect_("check", "-q", "-", given=script).code == 0
    done = streamdialect_("check", "-q", "-", "-o", "compat=redshift", given=script)
    assert done.code == 1
    assert done.err.startswith("-:1: ")
