"""Servers for tests, demos and measurements: context managers, free ports, nothing left behind.

    with mock_kafka({"t": 4}) as server: ...       librdkafka's mock cluster, in this process
    with apache_kafka() as server: ...             Apache Kafka, from the jars in STREAMDIALECT_KAFKA_JARS
    with moto_kinesis() as server: ...             moto's server, in this process (also STS, secrets, ...)
    with moto_process() as server: ...             the same in a process of its own, for load
    with kinesis_local() as server: ...            npm's kinesis-local from STREAMDIALECT_NPM

``python -m tests.servers.install FOLDER`` installs what the last and the second need and says which
variables to set.
"""

from __future__ import annotations

from tests.servers.kafka import ApacheKafka, KafkaServer, MockKafka, apache_kafka, mock_kafka
from tests.servers.kinesis import AwsServer, kinesis_local, moto_kinesis, moto_process

__all__ = [
    "ApacheKafka",
    "AwsServer",
    "KafkaServer",
    "MockKafka",
    "apache_kafka",
    "kinesis_local",
    "mock_kafka",
    "moto_kinesis",
    "moto_process",
]
