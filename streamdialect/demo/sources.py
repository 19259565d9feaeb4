"""The demo's embedded streams (moto's Kinesis over HTTP, librdkafka's mock cluster) and its generator."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from streamdialect import OperationalError

__all__ = ["generator", "kafka_cluster", "kinesis_endpoint"]

_START = 30.0  # seconds a server may take to answer


@contextmanager
def _process(module: str, *arguments: str, log: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "streamdialect.demo.child", module, *arguments],
        stdin=subprocess.PIPE,  # its end is the demo's
        stdout=subprocess.DEVNULL,
        stderr=log or subprocess.PIPE,
        # Ctrl-C is for the demo, which then stops its servers in order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                process.wait()
                log.seek(0)
                text = log.read().decode(errors="replace").strip().splitlines()
                raise OperationalError(
                    f"the embedded Kinesis endpoint did not start: {text[-1] if text else 'no answer'}"
                ) from None
            time.sleep(0.05)


@contextmanager
def kinesis_endpoint(stream: str) -> Iterator[str]:
    """Run moto's server with a stream of two shards; boto3 in this process uses it meanwhile. Yield its URL.

    Raise OperationalError if moto is not installed or does not start.
    """
    if importlib.util.find_spec("moto") is None:
        raise OperationalError("the demo needs moto's server", hint="pip install 'streamdialect[demo]'")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("moto.server", "-H", "127.0.0.1", "-p", str(port))
    # moto logs every request: a pipe that nobody reads would be full within minutes, and stop it.
    with tempfile.TemporaryFile() as log, _process(*arguments, log=log) as process, _environment(url):
        _await_port(port, process, log)
        import boto3

        client = boto3.client("kinesis")
        client.create_stream(StreamName=stream, ShardCount=2)
        client.get_waiter("stream_exists").wait(StreamName=stream)
        yield url


@contextmanager
def _environment(url: str) -> Iterator[None]:
    """Point boto3 at the embedded endpoint, with credentials that belong to nobody."""
    ours = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    # A profile or session token of the user's would win over, or spoil, these.
    hidden = (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_KINESIS",
        "AWS_ENDPOINT_URL_STS",
    )
    before = {name: os.environ.get(name) for name in (*ours, *hidden)}
    for name in hidden:
        os.environ.pop(name, None)
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def kafka_cluster(topic: str, bootstrap: str | None) -> Iterator[str]:
    """Yield the bootstrap list of a cluster that has the topic: librdkafka's mock cluster, or the one given.

    Raise OperationalError if the cluster given cannot be reached.
    """
    from confluent_kafka import KafkaException, Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    if bootstrap is None:
        # The cluster lives in this client's threads, in C, for as long as the client does.
        host = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": ""})
        found = host.list_topics(topic, timeout=10)  # creates the topic, with four partitions
        yield ",".join(f"{broker.host}:{broker.port}" for broker in found.brokers.values())
        host.flush(1)
        return
    admin = AdminClient({"bootstrap.servers": bootstrap})
    try:
        if topic not in admin.list_topics(timeout=10).topics:
            admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(30)
    except KafkaException as error:
        raise OperationalError(f"Kafka at {bootstrap} cannot be used: {error.args[0].str()}") from error
    yield bootstrap


@contextmanager
def generator(kind: str, stream: str, rate: int, where: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the generator in a process of its own, as a real producer would; yield the process."""
    with _process("streamdialect.demo.generator", kind, stream, str(rate), where) as process:
        yield process
