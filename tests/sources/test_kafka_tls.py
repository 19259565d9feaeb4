"""AUTHENTICATION mtls against Apache Kafka, with the material where Redshift looks for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from confluent_kafka import libversion

from streamdialect.errors import SourceError
from streamdialect.sources import kafka as kafka_module
from streamdialect.sources import kafka_aws
from tests.servers import AwsServer, KafkaServer
from tests.servers.certificates import Authority
from tests.sources.reading import fresh, kafka_source, read_all

pytestmark = [
    pytest.mark.apache_kafka,
    pytest.mark.skipif(libversion()[1] < 0x02080000, reason="librdkafka before 2.8 sends no chain"),
]


def read_one(kafka: KafkaServer, authority: Authority, **clauses: Any) -> None:
    assert kafka.tls_bootstrap is not None
    name = fresh()
    kafka.topic(name)
    kafka.produce(name, [b"1"])
    options = {"ssl.ca.pem": authority.root}
    source = kafka_source(kafka.tls_bootstrap, options, authentication="mtls", **clauses)
    assert name in source.streams()
    assert read_all(source, name).column("kafka_value") == [b"1"]
    source.close()


def secret(server: AwsServer, **members: str) -> str:
    client = server.client("secretsmanager")
    arn: str = client.create_secret(Name=fresh(), SecretString=json.dumps(members))["ARN"]
    return arn


def test_a_secret_with_a_chain(apache: KafkaServer, authority: Authority, kinesis_server: AwsServer) -> None:
    client = authority.certificate("client")
    arn = secret(kinesis_server, certificate=client.chain, privateKey=client.key)
    read_one(apache, authority, secret_arn=arn)


def test_an_exported_certificate_with_an_encrypted_key(
    apache: KafkaServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    class Session:
        def client(self, service: str, region_name: str, config: Any) -> Any:
            client: Any = boto3.client("acm", region_name=region_name)
            stub = Stubber(client)
            answer: dict[str, str] = {}

            def encrypt(params: dict[str, Any], **_: Any) -> None:
                made = authority.certificate("client", params["Passphrase"])
                first, end, chain = made.chain.partition("-----END CERTIFICATE-----\n")
                answer.update(Certificate=first + end, CertificateChain=chain, PrivateKey=made.key)

            client.meta.events.register_first("provide-client-params.acm.ExportCertificate", encrypt)
            expected = {"CertificateArn": ANY, "Passphrase": ANY}
            stub.add_response("export_certificate", answer, expected)
            stub.activate()
            return client

    monkeypatch.setattr(kafka_aws, "session_for", lambda schema, options: Session())
    arn = "arn:aws:acm:us-east-1:111111111111:certificate/00000000-0000-0000-0000-000000000000"
    read_one(apache, authority, authentication_arn=arn)


def test_a_certificate_of_someone_else(
    apache: KafkaServer, authority: Authority, kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_module, "TIMEOUT", 1.0)
    assert apache.tls_bootstrap is not None
    stranger = Authority().certificate("client")
    arn = secret(kinesis_server, certificate=stranger.chain, privateKey=stranger.key)
    options = {"ssl.ca.pem": authority.root}
    source = kafka_source(apache.tls_bootstrap, options, authentication="mtls", secret_arn=arn)
    with pytest.raises(SourceError, match=r"cannot be reached while listing topics.*SSL"):
        source.streams()
    source.close()


def test_brokers_of_someone_else(
    apache: KafkaServer, authority: Authority, kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_module, "TIMEOUT", 1.0)
    assert apache.tls_bootstrap is not None
    client = authority.certificate("client")
    arn = secret(kinesis_server, certificate=client.chain, privateKey=client.key)
    options = {"ssl.ca.pem": Authority().root}
    source = kafka_source(apache.tls_bootstrap, options, authentication="mtls", secret_arn=arn)
    with pytest.raises(SourceError, match="certificate verify failed"):
        source.streams()
    source.close()
