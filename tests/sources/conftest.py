"""The servers on which the contract of sources is tested: the real ones where they are installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import AwsServer, KafkaServer, apache_kafka, mock_kafka
from tests.servers.certificates import Authority
from tests.sources.kinesis_script import Script


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Give the authority whose certificates Apache Kafka takes and has."""
    return Authority()


@pytest.fixture(scope="session")
def _apache(authority: Authority) -> Iterator[KafkaServer]:
    with apache_kafka(tls=authority) as server:
        yield server


@pytest.fixture(params=["moto", pytest.param("kinesis-local", marks=pytest.mark.kinesis_local)])
def kinesis(request: pytest.FixtureRequest) -> AwsServer:
    """Give a Kinesis server that boto3 finds through the environment."""
    if request.param == "moto":
        return request.getfixturevalue("kinesis_server")  # type: ignore[no-any-return]
    return request.getfixturevalue("real_kinesis")  # type: ignore[no-any-return]


@pytest.fixture(params=["mock", pytest.param("apache", marks=pytest.mark.apache_kafka)])
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaServer]:
    """Give a Kafka broker."""
    if request.param == "mock":
        with mock_kafka() as cluster:
            yield cluster
    else:
        yield request.getfixturevalue("_apache")


@pytest.fixture
def apache(_apache: KafkaServer) -> KafkaServer:
    """Give Apache Kafka, for what the mock does not do."""
    return _apache


@pytest.fixture
def script() -> Iterator[Script]:
    """Give a Kinesis whose answers the test writes."""
    script = Script()
    yield script
    script.client.close()
