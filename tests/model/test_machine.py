"""The state machine of ``machine`` over Kafka (librdkafka's mock cluster) and Kinesis (kinesis-local, with reshards).

``STREAMDIALECT_MODEL=1000 pytest --slow -s tests/model/test_machine.py`` tries that many sequences of 40 steps.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from streamdialect.sources import kinesis_quota
from tests.model.machine import Ingesting, consumers
from tests.model.streams import KafkaStream, KinesisStream, Stream
from tests.servers import MockKafka, kinesis_local

EXAMPLES = int(os.environ.get("STREAMDIALECT_MODEL", "0"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 if not EXAMPLES else 0)]


def run(machine: type[Ingesting], examples: int, steps: int) -> None:
    machine.counts = Counter()
    chosen = settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=40 if EXAMPLES else steps,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)
    print(dict(machine.counts))


def test_kafka(kafka_server: MockKafka) -> None:
    producer = kafka_server.producer(linger_ms=0)  # one for all: each has to find the broker

    def stream() -> Stream:
        return KafkaStream(kafka_server, producer)

    with consumers() as starter:
        run(type("Kafka", (Ingesting,), {"stream_of": staticmethod(stream), "consumers": starter}), 12, 20)


@pytest.mark.kinesis_local
def test_kinesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto moves the records of a shard that is split into its children, as Kinesis never does."""
    monkeypatch.setattr(kinesis_quota.PROCESS_QUOTA, "_spacing", 0.0)  # the server has no quota
    with kinesis_local() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

        def stream() -> Stream:
            return KinesisStream(server)

        with consumers() as starter:
            run(
                type("Kinesis", (Ingesting,), {"stream_of": staticmethod(stream), "consumers": starter}),
                6,
                15,
            )
