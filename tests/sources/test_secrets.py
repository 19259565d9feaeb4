"""Secrets are planted in every place that takes one, and looked for wherever something is written."""

from __future__ import annotations

import logging
import pickle
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

import streamdialect
from streamdialect.model import ExternalSchema, Secret, SourceOptions
from streamdialect.sources.kafka_config import connection_properties
from streamdialect.sources.kafka_errors import NoRepeats

# None of them is like anything else that is written.
SECRETS = {
    "sasl.username": "planted-user-1a2b",
    "sasl.password": "planted-password-3c4d",
    "ssl.key.password": "planted-passphrase-5e6f",
    "ssl.key.pem": "planted-pem-7a8b",
    "ssl.keystore.password": "planted-keystore-9c0d",
    "sasl.oauthbearer.client.secret": "planted-client-1e2f",
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED3A4B5C6D7",
    "AWS_SECRET_ACCESS_KEY": "planted+aws/secret-8e9f",
    "AWS_SESSION_TOKEN": "planted-token-0a1b",
}
# The name of a user is no secret to those who run the process; it is not in the file.
PLANTED = [*SECRETS.values(), *ENVIRONMENT.values()]


class Seen:
    """Collect all that could be shown to somebody."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def error(self, error: BaseException) -> None:
        self.texts += [
            str(error),
            repr(error),
            repr(pickle.dumps(error)),
            repr(error.args),
            repr(vars(error)),
        ]
        self.texts += traceback.format_exception(type(error), error, error.__traceback__)

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            found = function(*arguments, **options)
        except (streamdialect.Error, sa.exc.SQLAlchemyError) as error:
            self.error(error)
            return None
        self.texts.append(repr(found))
        return found

    def search(self) -> None:
        for secret in PLANTED:
            for text in self.texts:
                assert secret not in text, text


def test_secrets_are_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # Ours at DEBUG, and what librdkafka says of itself through ours; botocore's own logger shows what it signs.
    caplog.set_level(logging.DEBUG, "streamdialect")
    # One that has not met these lines in another test, which it would leave out.
    monkeypatch.setattr(logging.getLogger("streamdialect.sources.kafka"), "filters", [NoRepeats()])
    seen, file = Seen(), tmp_path / "secrets.db"
    kafka = {
        **SECRETS,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanisms": "PLAIN",
        "debug": "all",
        "socket.connection.setup.timeout.ms": "1000",
    }
    del kafka["ssl.key.pem"], kafka["ssl.keystore.password"]
    del kafka["sasl.oauthbearer.client.secret"]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        connection = streamdialect.connect(file, autocommit=True, kafka=kafka, refresh_timeout=1)
        run = connection.execute
        seen.texts.append(repr(connection))
        run("CREATE EXTERNAL SCHEMA k FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
        run(
            "CREATE EXTERNAL SCHEMA a FROM KINESIS REGION 'us-east-1' IAM_ROLE 'arn:aws:iam::123456789012:role/r'"
        )
        run("CREATE MATERIALIZED VIEW v AS SELECT kafka_value FROM k.topic")
        seen.call(run, "REFRESH MATERIALIZED VIEW v")
        for view in (
            "svv_external_schemas",
            "svv_mv_info",
            "sys_mv_refresh_history",
            "sys_stream_scan_errors",
        ):
            seen.texts.append(repr(run(f"SELECT * FROM {view}").fetchall()))
        connection.close()
        # What librdkafka does not take, with secrets in it.
        for options in (
            {"ssl.key.pem": SECRETS["ssl.key.pem"], "security.protocol": "ssl"},
            {"nonsense": PLANTED[1]},
        ):
            other = streamdialect.connect(file, autocommit=True, kafka=options)
            seen.call(lambda other=other: other.execute("SELECT * FROM k.topic LIMIT 1").fetchall())
            other.close()
        seen.call(streamdialect.connect, file, kafka=SECRETS["sasl.password"])
        seen.call(streamdialect.connect, file, kafka=dict(SECRETS), timeout="soon")
        config = tmp_path / "client.properties"
        config.write_text("\n".join(f"{name}={value}" for name, value in SECRETS.items()))
        other = streamdialect.connect(file, autocommit=True, kafka_config=str(config))
        seen.call(lambda: other.execute("SELECT * FROM k.topic LIMIT 1").fetchall())
        other.close()
        config.unlink()
        query = {f"kafka.{name}": value for name, value in SECRETS.items()}
        engine = sa.create_engine(sa.engine.URL.create("streamdialect", database=str(file), query=query))
        seen.texts.append(repr(engine.pool))

        def ask() -> None:
            with engine.connect() as link:
                link.execute(sa.text("SELECT * FROM k.topic LIMIT 1")).fetchall()

        seen.call(ask)
        engine.dispose()
    seen.texts += [str(each.message) for each in warned]
    seen.texts += [record.getMessage() + str(record.exc_text) for record in caplog.records]
    assert any("localhost" in record.getMessage() for record in caplog.records), (
        "librdkafka's log was not seen"
    )
    held = SourceOptions(kafka={name: Secret(value) for name, value in SECRETS.items()})
    seen.texts += [repr(held), str(held), repr(msgspec.structs.asdict(held))]
    seen.search()
    # The file, its WAL, and what lies beside it; also after a crash, which leaves them all.
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file in files
    for path in files:
        content = path.read_bytes()
        for secret in PLANTED:
            assert secret.encode() not in content, f"{secret} is in {path.name}"


@pytest.mark.parametrize(
    ("name", "value", "warns"),
    [
        ("enable.ssl.certificate.verification", "false", True),
        ("ssl.endpoint.identification.algorithm", "none", True),
        ("enable.ssl.certificate.verification", "true", False),
        ("ssl.ca.location", "/ca.pem", False),
    ],
)
def test_an_unverified_broker_is_no_secret(
    caplog: pytest.LogCaptureFixture, name: str, value: str, warns: bool
) -> None:
    schema = ExternalSchema(name="k", provider="kafka", uri="b:9094")
    found = connection_properties(schema, SourceOptions(kafka={name: Secret(value)}))
    assert found["security.protocol"] == "SSL"
    assert (name in caplog.text) == warns
    # Nothing of ours turns it off: librdkafka's defaults are to verify.
    assert not set(connection_properties(schema, SourceOptions())) & {
        "enable.ssl.certificate.verification",
        "ssl.endpoint.identification.algorithm",
    }
