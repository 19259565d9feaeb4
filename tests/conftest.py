"""What all tests share: a clean environment, databases that must be left clean, servers, and markers.

Servers other than the two here are context managers of ``tests.servers``.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import AwsServer, MockKafka, kinesis_local, mock_kafka, moto_kinesis
from tests.servers.kafka import find_kafka_jars
from tests.servers.kinesis import find_kinesis_local

# Two cores are shared with brokers, so no example is failed for its time; pytest-timeout bounds the test.
settings.register_profile("streamdialect", deadline=None, print_blob=True)
settings.load_profile("streamdialect")

SHOWN = ("apsw", "sqlalchemy", "sqlglot", "msgspec", "boto3", "confluent-kafka", "moto", "pandas")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_xdist_auto_num_workers() -> int:
    """Give one process more than cores: many tests wait for servers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_report_header() -> str:
    found = []
    for name in SHOWN:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return f"with: {', '.join(found)}; Python {platform.python_version()}"


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Skip what this machine lacks, and say what would bring it."""
    lacking = {}
    if not config.getoption("--slow") and "slow" not in (config.getoption("-m") or ""):
        lacking["slow"] = "slow: runs with --slow"
    if find_kafka_jars() is None:
        lacking["apache_kafka"] = "needs Apache Kafka: java and STREAMDIALECT_KAFKA_JARS, see tox -e servers"
    if find_kinesis_local() is None:
        lacking["kinesis_local"] = "needs kinesis-local: node and STREAMDIALECT_NPM, see tox -e servers"
    if importlib.util.find_spec("superset") is None:
        lacking["superset"] = "needs Apache Superset in this environment"
    for item in items:
        for name, reason in lacking.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", autouse=True)
def aws_environment() -> Iterator[None]:
    """Hide this machine's AWS configuration: no test may reach, or be changed by, a real account."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield


def consumer_threads() -> list[threading.Thread]:
    """List the threads that consume, write or watch for a database of this process."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("streamdialect-")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """Give a path for a database; the test must close what it opens, so that nothing runs on after it."""
    from streamdialect.ingest import registry

    yield tmp_path / "events.db"
    assert registry.running() == [], "a connection was left open"
    for thread in consumer_threads():
        thread.join(5)
    frames = sys._current_frames()
    left = {
        thread.name: "".join(traceback.format_stack(frames.get(thread.ident or 0)))
        for thread in consumer_threads()
    }
    assert left == {}, "a consumer was left running"


@pytest.fixture(scope="session")
def _moto(aws_environment: None) -> Iterator[AwsServer]:
    with moto_kinesis() as server:
        yield server


@pytest.fixture
def kinesis_server(_moto: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """Give moto's server with no streams, found by boto3 through AWS_ENDPOINT_URL."""
    from moto.moto_api._internal import moto_api_backend

    moto_api_backend.reset()
    for name, value in _moto.environment.items():
        monkeypatch.setenv(name, value)
    return _moto


@pytest.fixture
def kinesis_endpoint(kinesis_server: AwsServer) -> str:
    """Give the URL of ``kinesis_server``."""
    return kinesis_server.url


@pytest.fixture
def kafka_server() -> Iterator[MockKafka]:
    """Give librdkafka's mock cluster with no topics."""
    with mock_kafka() as server:
        yield server


@pytest.fixture
def kafka_bootstrap(kafka_server: MockKafka) -> str:
    """Give the bootstrap address of ``kafka_server``."""
    return kafka_server.bootstrap


@pytest.fixture(scope="session")
def _kinesis_local() -> Iterator[AwsServer]:
    with kinesis_local() as server:
        yield server


@pytest.fixture
def real_kinesis(_kinesis_local: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """Give kinesis-local, for what moto does not do as the service does it."""
    for name, value in _kinesis_local.environment.items():
        monkeypatch.setenv(name, value)
    return _kinesis_local
