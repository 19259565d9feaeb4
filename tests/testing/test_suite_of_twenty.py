"""Twenty tests of a Redshift team, in a process of their own, against the clock."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SUITE = '''
import pytest, streamdialect

ORDERS = """
CREATE EXTERNAL SCHEMA sales FROM KINESIS IAM_ROLE 'arn:aws:iam::210987654321:role/r' REGION 'eu-west-1';
CREATE MATERIALIZED VIEW orders_live AUTO REFRESH YES AS
SELECT approximate_arrival_timestamp AS at, JSON_PARSE(kinesis_data) AS body FROM sales."orders";
"""
CLICKS = """
CREATE EXTERNAL SCHEMA web FROM MSK IAM_ROLE 'arn:aws:iam::210987654321:role/r' AUTHENTICATION iam
    URI 'b-1.prod.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098';
CREATE MATERIALIZED VIEW clicks_live AUTO REFRESH YES AS
SELECT kafka_timestamp AS at, JSON_PARSE(kafka_value) AS body FROM web."clicks";
"""
BOTH = pytest.mark.parametrize(("ddl", "stream"), [(ORDERS, "orders"), (CLICKS, "clicks")])

@BOTH
@pytest.mark.parametrize("count", [1, 10, 100, 1000])
def test_rows(run_script, put, wait_until_caught_up, assert_view, ddl, stream, count):
    run_script(ddl)
    put(stream, [{"n": n} for n in range(count)], at="2026-03-01")
    wait_until_caught_up()
    assert_view(stream + "_live", [{"at": "2026-03-01", "body": {"n": n}} for n in range(count)])

@BOTH
@pytest.mark.parametrize("step", [1, 2, 3])
def test_several_waits(run_script, put, wait_until_caught_up, assert_view, clock, ddl, stream, step):
    run_script(ddl)
    for n in range(step):
        put(stream, [{"n": n}])
        clock.advance(minutes=1)
        wait_until_caught_up()
    assert_view(stream + "_live", [{"body": {"n": n}} for n in range(step)])

@BOTH
def test_a_bad_record(run_script, put, wait_until_caught_up, assert_view, kinesis, kafka, ddl, stream):
    run_script(ddl)
    put(stream, [1, b"?", 2])
    with pytest.raises(streamdialect.ViewStoppedError):
        wait_until_caught_up()
    assert_view(stream + "_live", [{"body": 1}])

@BOTH
def test_a_query(run_script, put, wait_until_caught_up, stream_db, ddl, stream):
    run_script(ddl)
    put(stream, [{"n": n} for n in range(10)])
    wait_until_caught_up()
    with stream_db.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT SUM(body.n::INT) FROM {stream}_live").scalar() == 45

def test_throttled(run_script, put, wait_until_caught_up, assert_view, kinesis):
    run_script(ORDERS)
    put("orders", [1])
    kinesis.throttle()
    wait_until_caught_up()
    assert_view("orders_live", [{"body": 1}])

def test_resharded(run_script, put, wait_until_caught_up, assert_view, kinesis):
    run_script(ORDERS)
    put("orders", [1])
    kinesis.split("orders")
    put("orders", [2])
    wait_until_caught_up()
    assert_view("orders_live", [{"body": 1}, {"body": 2}])
'''


@pytest.mark.slow
def test_twenty_tests_take_seconds(tmp_path: Path) -> None:
    """Under 5 seconds where nothing else runs; the margin is for what shares the cores here."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["streamdialect.testing.plugin"]\n')
    (tmp_path / "test_suite.py").write_text(SUITE)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        # The plugins that this package is developed with are none of a user's.
        env={**os.environ, "PYTHONPATH": str(TOP), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert result.returncode == 0, result.stdout + result.stderr
    assert "20 passed" in result.stdout
    print(f"{took:.1f} s, {cpu:.1f} s of CPU")
    assert took < 60
    assert cpu < 12
