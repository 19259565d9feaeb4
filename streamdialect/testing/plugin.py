"""The pytest plugin: ``pytest_plugins = ["streamdialect.testing.plugin"]`` in the top conftest.py.

Each test has a database, Kinesis and Kafka of its own, all in this process and empty. docs/how-to/testing.md
describes the fixtures. A suite changes the database's options by a fixture ``stream_db_options`` of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from streamdialect.testing import Clock, Kafka, Kinesis, StreamTest
    from streamdialect.testing.aws_server import AwsServer

__all__ = [
    "assert_view",
    "clock",
    "kafka",
    "kinesis",
    "put",
    "run_script",
    "stream_db",
    "stream_db_options",
    "wait_until_caught_up",
]


@pytest.fixture(scope="session")
def _streamdialect_aws() -> Iterator[AwsServer]:
    from streamdialect.testing.aws_server import AwsServer

    server = AwsServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Give the time of the test, which stands still until the test moves it."""
    from streamdialect import clock as time_of_day
    from streamdialect.testing import Clock

    found = Clock()
    time_of_day.replace(found.now)
    yield found
    time_of_day.replace(None)


@pytest.fixture
def kinesis(_streamdialect_aws: AwsServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Kinesis:
    """Give a Kinesis without streams, to which boto3 goes in this test whatever the machine is configured for."""
    from streamdialect.testing import Kinesis

    found = Kinesis(_streamdialect_aws, clock)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def kafka(clock: Clock) -> Iterator[Kafka]:
    """Give a Kafka without topics."""
    from streamdialect.testing import Kafka

    found = Kafka(clock)
    yield found
    found.close()


@pytest.fixture
def stream_db_options() -> Mapping[str, Any]:
    """Give the options of ``stream_db``'s URL; a suite may have a fixture of this name with others."""
    return {"compat": "redshift", "ingest": "manual"}


@pytest.fixture
def stream_db(
    kinesis: Kinesis, kafka: Kafka, stream_db_options: Mapping[str, Any], tmp_path: Path
) -> Iterator[Engine]:
    """Give a SQLAlchemy engine of an empty database, whose external schemas lead to ``kinesis`` and ``kafka``.

    Statements of production run as they are: roles are assumed and brokers looked up here. Its URL is complete:
    a program under test may make an engine of its own from it.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.engine import URL

    options = {name: str(value) for name, value in stream_db_options.items() if value is not None}
    local = {f"kafka.{name}": value for name, value in kafka.options.items()}
    # moto has no quota that one would wait for, and would give credentials to any role.
    query = {"kinesis_reads": "1000", "credentials": "ambient", **local, **options}
    engine = create_engine(URL.create("streamdialect", database=str(tmp_path / "stream.db"), query=query))
    yield engine
    engine.dispose()


@pytest.fixture
def _streamdialect_test(stream_db: Engine, kinesis: Kinesis, kafka: Kafka) -> StreamTest:
    from streamdialect.testing import StreamTest

    return StreamTest(stream_db, kinesis, kafka)


@pytest.fixture
def run_script(_streamdialect_test: StreamTest) -> Callable[..., None]:
    """Run SQL, a text or a file, in ``stream_db``: ``run_script(Path("ddl/orders.sql"))``."""
    return _streamdialect_test.run_script


@pytest.fixture
def put(_streamdialect_test: StreamTest) -> Callable[..., None]:
    """Append records to a stream: ``put("orders", [{"id": 1}, b"raw"], key="k", at="2026-01-01 10:00")``."""
    return _streamdialect_test.put


@pytest.fixture
def wait_until_caught_up(_streamdialect_test: StreamTest) -> Callable[..., None]:
    """Let the views with AUTO REFRESH YES, or those named, take all that their streams hold now."""
    return _streamdialect_test.wait_until_caught_up


@pytest.fixture
def assert_view(_streamdialect_test: StreamTest) -> Callable[..., None]:
    """Compare the rows of a view: ``assert_view("orders_live", [{"id": 1}])``."""
    return _streamdialect_test.assert_view
