"""From the clauses of an external schema to librdkafka's properties."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from streamdialect.errors import InterfaceError, NotSupportedError, SourceAuthError, SourceError
from streamdialect.model import ExternalSchema, Secret, SourceOptions
from streamdialect.sources import kafka_aws, kafka_config, open_source
from streamdialect.sources.kafka import KafkaSource
from streamdialect.sources.kafka_config import connection_properties
from tests.servers import AwsServer

CERT = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"
CLUSTER = "arn:aws:kafka:eu-west-1:111111111111:cluster/c/00000000-0000-0000-0000-000000000000-1"
CERTIFICATE = "arn:aws:acm:eu-west-1:111111111111:certificate/00000000-0000-0000-0000-000000000000"


def schema(**clauses: Any) -> ExternalSchema:
    clauses = {"name": "k", "provider": "kafka", "uri": "b:9092", **clauses}
    return ExternalSchema(**clauses)


def properties(options: dict[str, Any] | None = None, **clauses: Any) -> dict[str, Any]:
    given = {name: Secret(value) for name, value in (options or {}).items()}
    return connection_properties(schema(**clauses), SourceOptions(kafka=given))


@pytest.mark.parametrize(
    ("uri", "protocol"),
    [
        ("b:9092", "PLAINTEXT"),
        ("a:9094,b:9094", "SSL"),
        ("a:9094,b:9092", "PLAINTEXT"),
        ("localhost", "PLAINTEXT"),
    ],
)
@pytest.mark.parametrize("authentication", [None, "none"])
def test_without_authentication_the_port_decides(uri: str, protocol: str, authentication: Any) -> None:
    found = properties(uri=uri, authentication=authentication)
    assert found == {"bootstrap.servers": uri, "security.protocol": protocol}


def test_options_win(kinesis_server: AwsServer) -> None:
    options = {"bootstrap.servers": "other:1", "security.protocol": "SASL_SSL", "sasl.password": "p"}
    assert properties(options) == options


@pytest.mark.parametrize("name", list(kafka_config.FIXED))
def test_what_exactly_once_rests_on_cannot_be_changed(name: str) -> None:
    with pytest.raises(InterfaceError, match=name):
        properties({name: "x"})


def test_no_brokers() -> None:
    with pytest.raises(InterfaceError, match='schema "k" names no brokers'):
        properties(uri=None)


@pytest.fixture
def broker_strings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give what MSK will answer to GetBootstrapBrokers."""
    answer: dict[str, str] = {}

    class Session:
        region_name = "us-east-1"

        def client(self, service: str, region_name: str, config: Any) -> Any:
            import boto3

            client: Any = boto3.client("kafka", region_name=region_name)
            assert client.meta.region_name == "eu-west-1"
            stub = Stubber(client)
            stub.add_response("get_bootstrap_brokers", answer, {"ClusterArn": CLUSTER})
            stub.activate()
            return client

        def get_credentials(self) -> None:
            return None

    monkeypatch.setattr(kafka_aws, "session_for", lambda schema, options: Session())
    return answer


@pytest.mark.parametrize(
    ("authentication", "offered", "taken", "protocol"),
    [
        (
            "none",
            {"BootstrapBrokerString": "p:9092", "BootstrapBrokerStringTls": "t:9094"},
            "p:9092",
            "PLAINTEXT",
        ),
        (None, {"BootstrapBrokerStringTls": "t:9094"}, "t:9094", "SSL"),
        ("iam", {"BootstrapBrokerStringSaslIam": "i:9098"}, "i:9098", "SASL_SSL"),
        ("iam", {"BootstrapBrokerStringPublicSaslIam": "i:9198"}, "i:9198", "SASL_SSL"),
    ],
)
def test_msk_names_the_brokers_of_a_cluster(
    broker_strings: dict[str, str], authentication: Any, offered: dict[str, str], taken: str, protocol: str
) -> None:
    broker_strings.update(offered)
    found = properties(provider="msk", uri=None, cluster_arn=CLUSTER, authentication=authentication)
    assert (found["bootstrap.servers"], found["security.protocol"]) == (taken, protocol)


def test_msk_without_brokers_of_that_kind(broker_strings: dict[str, str]) -> None:
    broker_strings["BootstrapBrokerString"] = "p:9092"
    with pytest.raises(InterfaceError, match="no brokers for AUTHENTICATION iam") as caught:
        properties(provider="msk", uri=None, cluster_arn=CLUSTER, authentication="iam")
    assert caught.value.hint == "It offers: BootstrapBrokerString"


# ---- iam


def test_iam_signs_tokens_with_the_schemas_credentials(kinesis_server: AwsServer) -> None:
    role = "arn:aws:iam::111111111111:role/first"
    uri = "b-1.c.x.c1.kafka.eu-central-1.amazonaws.com:9098"
    found = properties(uri=uri, authentication="iam", iam_role=role)
    assert found["security.protocol"] == "SASL_SSL"
    assert found["sasl.mechanism"] == "OAUTHBEARER"
    token, expires = found["oauth_cb"]("")
    signed = base64.urlsafe_b64decode(token + "==").decode()
    assert signed.startswith("https://kafka.eu-central-1.amazonaws.com/")
    assert "X-Amz-Security-Token" in signed  # of the assumed role, not of the environment
    assert 1_600_000_000 < expires < 10_000_000_000  # seconds, as librdkafka's binding wants them


@pytest.mark.parametrize(
    ("region", "uri", "found"),
    [
        ("ap-south-1", "b.kafka.eu-west-1.amazonaws.com:9098", "ap-south-1"),
        (None, "boot-x.c1.kafka-serverless.us-east-2.amazonaws.com:9098", "us-east-2"),
        (None, "b:9098", "us-east-1"),
    ],
)
def test_the_region_of_iam(kinesis_server: AwsServer, region: str | None, uri: str, found: str) -> None:
    token, _ = properties(uri=uri, authentication="iam", region=region)["oauth_cb"]("")
    assert base64.urlsafe_b64decode(token + "==").decode().startswith(f"https://kafka.{found}.")


def test_iam_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(InterfaceError, match="needs an AWS region"):
        properties(authentication="iam")


def test_iam_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    token = properties(authentication="iam")["oauth_cb"]
    with pytest.raises(SourceAuthError, match="no usable AWS credentials"):
        token("")


def test_iam_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aws_msk_iam_sasl_signer", None)
    with pytest.raises(NotSupportedError, match="aws-msk-iam-sasl-signer-python") as caught:
        open_source(schema(authentication="iam"))
    assert caught.value.hint == "pip install 'streamdialect[msk]'"


# ---- mtls


def secret(server: AwsServer, text: str) -> str:
    client = server.client("secretsmanager")
    arn: str = client.create_secret(Name="material", SecretString=text)["ARN"]
    return arn


def test_mtls_reads_a_secret(kinesis_server: AwsServer) -> None:
    text = f"Bag Attributes: whatever\n{CERT}\n\nsubject=/CN=x\n{CERT} \n"
    arn = secret(kinesis_server, json.dumps({"certificate": text, "privateKey": "KEY"}))
    found = properties(authentication="mtls", secret_arn=arn)
    assert found == {
        "bootstrap.servers": "b:9092",
        "security.protocol": "SSL",
        "ssl.certificate.pem": f"{CERT}\n{CERT}\n",
        "ssl.key.pem": "KEY",
    }


@pytest.mark.parametrize("text", ['{"certificate": "sesame"}', "sesame", '"sesame"', "[]"])
def test_a_secret_of_another_form_is_not_shown(kinesis_server: AwsServer, text: str) -> None:
    arn = secret(kinesis_server, text)
    with pytest.raises(InterfaceError, match="is not as AUTHENTICATION mtls needs it") as caught:
        properties(authentication="mtls", secret_arn=arn)
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_secret(kinesis_server: AwsServer) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing"
    with pytest.raises(SourceError, match=f"reading the secret {arn}: ResourceNotFoundException"):
        properties(authentication="mtls", secret_arn=arn)


def test_mtls_exports_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    passphrases = []

    class Session:
        def client(self, service: str, region_name: str, config: Any) -> Any:
            client: Any = boto3.client("acm", region_name=region_name)
            stub = Stubber(client)
            answer = {"Certificate": CERT, "CertificateChain": f"{CERT}\n", "PrivateKey": "ENCRYPTED"}
            expected = {"CertificateArn": CERTIFICATE, "Passphrase": ANY}
            stub.add_response("export_certificate", answer, expected)
            stub.activate()
            client.meta.events.register(
                "provide-client-params.acm.ExportCertificate",
                lambda params, **_: passphrases.append(params["Passphrase"].decode()),
            )
            return client

    monkeypatch.setattr(kafka_aws, "session_for", lambda schema, options: Session())
    found = properties(authentication="mtls", authentication_arn=CERTIFICATE)
    assert found["ssl.certificate.pem"] == f"{CERT}\n{CERT}\n"
    assert found["ssl.key.pem"] == "ENCRYPTED"
    assert [found["ssl.key.password"]] == passphrases
    again = properties(authentication="mtls", authentication_arn=CERTIFICATE)
    assert again["ssl.key.password"] != found["ssl.key.password"]


def test_mtls_without_a_certificate() -> None:
    with pytest.raises(InterfaceError, match="names no certificate"):
        properties(authentication="mtls")


def test_making_a_source_asks_no_one_and_shows_nothing() -> None:
    source = open_source(schema(authentication="mtls", secret_arn="arn:aws:secretsmanager:x:1:secret:s"))
    assert isinstance(source, KafkaSource)
    assert repr(source) == "<KafkaSource 'k' at b:9092, authentication mtls, options []>"
    source.close()


def test_the_material_of_a_source_is_not_in_its_repr(kinesis_server: AwsServer) -> None:
    arn = secret(kinesis_server, json.dumps({"certificate": "sesame", "privateKey": "sesame"}))
    source = open_source(schema(authentication="mtls", secret_arn=arn))
    with pytest.raises(InterfaceError, match="Kafka options are not accepted") as caught:
        source.open("t", {}, ())  # it is no PEM
    assert "sesame" not in repr(source) + str(caught.value) + repr(caught.value.__cause__)
    source.close()
