"""Host a mock Kafka cluster until standard input closes, and print its bootstrap address.

``python -m tests.servers TOPIC=PARTITIONS...``: for measurements, where the broker wants its own process.
"""

from __future__ import annotations

import sys

from tests.servers import mock_kafka

if __name__ == "__main__":
    topics = {name: int(count) for name, _, count in (topic.partition("=") for topic in sys.argv[1:])}
    with mock_kafka(topics) as cluster:
        print(cluster.bootstrap, flush=True)
        sys.stdin.read()
