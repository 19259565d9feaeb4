"""librdkafka's mock cluster: a Kafka broker or several inside this process."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import confluent_kafka

__all__ = ["MockCluster"]


class MockCluster:
    """Be brokers that can be reached at ``bootstrap`` until ``close``.

    Metadata, Produce, Fetch, ListOffsets and groups, in memory. It has no transactions, no times
    (offsets_for_times says -1), keeps 5 MiB a partition, and answers an empty fetch only when its wait ends.
    See "Mock cluster" in librdkafka's rdkafka_mock.h. Raise RuntimeError where confluent-kafka is built with a
    librdkafka of the system's.
    """

    def __init__(self, brokers: int = 1) -> None:
        library = _librdkafka()
        error = ctypes.create_string_buffer(512)
        options = library.rd_kafka_conf_new()
        # The host needs no brokers of its own, and would warn of it.
        library.rd_kafka_conf_set(options, b"log_level", b"0", error, 512)
        self._lib = library
        self._host = library.rd_kafka_new(0, options, error, 512)  # a producer hosts its threads
        if not self._host:
            raise RuntimeError(error.value.decode())
        self._cluster = library.rd_kafka_mock_cluster_new(self._host, brokers)
        library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        if hasattr(library, "rd_kafka_mock_set_controller_id"):
            library.rd_kafka_mock_set_controller_id(self._cluster, 1)  # else it would not describe topics
        self.bootstrap: str = library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create_topic(self, name: str, partitions: int = 1, replicas: int = 1) -> None:
        """Create a topic. Raise RuntimeError if it exists."""
        self._check(self._lib.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, replicas))

    def delete_topic(self, name: str) -> None:
        """Delete a topic. Raise NotImplementedError where librdkafka's mock cannot, before 2.13."""
        if not hasattr(self._lib, "rd_kafka_mock_topic_delete"):
            raise NotImplementedError("this librdkafka's mock cluster cannot delete topics")
        self._check(self._lib.rd_kafka_mock_topic_delete(self._cluster, name.encode()))

    def lead(self, topic: str, broker: int, partition: int = 0) -> None:
        """Make a broker the leader of a partition; -1 takes the leader away."""
        self._check(
            self._lib.rd_kafka_mock_partition_set_leader(self._cluster, topic.encode(), partition, broker)
        )

    def fail_next(self, api: int, *codes: int) -> None:
        """Answer the next requests of an API (Fetch is 1, ListOffsets 2, Metadata 3) with these errors."""
        self._lib.rd_kafka_mock_push_request_errors_array(
            self._cluster, api, len(codes), (ctypes.c_int * len(codes))(*codes)
        )

    def forget_failures(self, api: int) -> None:
        """Answer the requests of an API rightly again."""
        self._lib.rd_kafka_mock_clear_request_errors(self._cluster, api)

    def delay(self, milliseconds: int, broker: int = 1) -> None:
        """Let a broker's answers take so long."""
        self._check(self._lib.rd_kafka_mock_broker_set_rtt(self._cluster, broker, milliseconds))

    def down(self, broker: int = 1) -> None:
        """Refuse connections to a broker."""
        self._check(self._lib.rd_kafka_mock_broker_set_down(self._cluster, broker))

    def up(self, broker: int = 1) -> None:
        """Accept connections again."""
        self._check(self._lib.rd_kafka_mock_broker_set_up(self._cluster, broker))

    def close(self) -> None:
        """Stop the cluster and its threads."""
        if self._cluster:
            self._lib.rd_kafka_mock_cluster_destroy(self._cluster)
            self._lib.rd_kafka_destroy(self._host)
            self._cluster = None

    @staticmethod
    def _check(error: int) -> None:
        if error:
            raise RuntimeError(f"the mock cluster refused: {confluent_kafka.KafkaError(error).str()}")


@cache
def _librdkafka() -> ctypes.CDLL:
    """Load the librdkafka of the confluent-kafka wheel; only its C API gives all of the mock."""
    package = Path(confluent_kafka.__file__).parent
    places = [  # Linux, macOS, Windows wheels
        *package.parent.glob("confluent_kafka.libs/librdkafka*"),
        *package.glob(".dylibs/librdkafka*"),
        *package.parent.glob("confluent_kafka.libs/rdkafka*"),
    ]
    if not places:
        raise RuntimeError("confluent-kafka brings no librdkafka here")
    library = ctypes.CDLL(str(places[0]))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("rd_kafka_conf_new", pointer, []),
        ("rd_kafka_conf_set", number, [pointer, text, text, text, ctypes.c_size_t]),
        ("rd_kafka_new", pointer, [number, pointer, text, ctypes.c_size_t]),
        ("rd_kafka_destroy", None, [pointer]),
        ("rd_kafka_mock_cluster_new", pointer, [pointer, number]),
        ("rd_kafka_mock_cluster_destroy", None, [pointer]),
        ("rd_kafka_mock_cluster_bootstraps", text, [pointer]),
        ("rd_kafka_mock_topic_create", number, [pointer, text, number, number]),
        ("rd_kafka_mock_topic_delete", number, [pointer, text]),
        ("rd_kafka_mock_set_controller_id", number, [pointer, ctypes.c_int32]),
        (
            "rd_kafka_mock_partition_set_leader",
            number,
            [pointer, text, ctypes.c_int32, ctypes.c_int32],
        ),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, [pointer, ctypes.c_int32]),
        (
            "rd_kafka_mock_push_request_errors_array",
            None,
            [pointer, ctypes.c_int16, ctypes.c_size_t, pointer],
        ),
        ("rd_kafka_mock_clear_request_errors", None, [pointer, ctypes.c_int16]),
        ("rd_kafka_mock_broker_set_rtt", number, [pointer, ctypes.c_int32, number]),
        ("rd_kafka_mock_broker_set_down", number, [pointer, ctypes.c_int32]),
        ("rd_kafka_mock_broker_set_up", number, [pointer, ctypes.c_int32]),
    ):
        function = getattr(library, name, None)
        if function is None:
            continue  # of an old librdkafka
        function.restype, function.argtypes = result, arguments
    return library
