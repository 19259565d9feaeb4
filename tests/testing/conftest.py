"""The plugin's fixtures for these tests alone; its users name it in pytest_plugins."""

from __future__ import annotations

from streamdialect.testing.plugin import (
    _streamdialect_aws,
    _streamdialect_test,
    assert_view,
    clock,
    kafka,
    kinesis,
    put,
    run_script,
    stream_db,
    stream_db_options,
    wait_until_caught_up,
)

__all__ = [
    "_streamdialect_aws",
    "_streamdialect_test",
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
