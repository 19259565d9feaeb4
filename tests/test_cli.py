"""The command line, run as a user runs it: in processes of its own."""

from __future__ import annotations

import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

import streamdialect
from tests.servers import MockKafka

COMMAND = (sys.executable, "-c", "from streamdialect.cli import main; main()")


def run(*arguments: str, seconds: float = 90) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=seconds)


@pytest.mark.parametrize("source", [(), ("--kafka",)], ids=["kinesis", "kafka"])
def test_the_demo(tmp_path: Path, source: tuple[str, ...]) -> None:
    """It shows the tutorial live, ends by itself, and leaves a file that any SQLite reads."""
    database = tmp_path / "demo.db"
    done = run("demo", *source, "--seconds", "4", "--rate", "500", "--database", str(database))
    assert done.returncode == 0, done.stderr
    for text in (
        "CREATE EXTERNAL SCHEMA sensors FROM K",
        "sensor_data_extract",
        "status breakdown",
        "WARNING",
    ):
        assert text in done.stdout
    with closing(sqlite3.connect(database)) as plain:
        whole, extracted, sensors = plain.execute(
            "SELECT (SELECT count(*) FROM sensor_data), count(*), count(DISTINCT sensor_id) FROM sensor_data_extract"
        ).fetchone()
        assert min(whole, extracted) > 500
        assert 50 < sensors < 100
        assert plain.execute(
            "SELECT typeof(current_temperature) FROM sensor_data_extract LIMIT 1"
        ).fetchone() in (("real",), ("integer",))  # a DECIMAL; 100.00 is an integer there


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_demos_processes_end_with_it(tmp_path: Path, number: signal.Signals) -> None:
    """A demo in the background is ended by a signal, and leaves no server and no generator behind."""
    token = secrets.token_hex()
    mark = f"STREAMDIALECT_TEST={token}".encode()

    def wait_for(wanted: int) -> None:
        deadline = time.monotonic() + 60
        found = -1
        while found != wanted:
            assert time.monotonic() < deadline, f"{found} processes, not {wanted}"
            time.sleep(0.1)
            found = 0
            for each in Path("/proc").glob("[0-9]*/environ"):
                with suppress(OSError):  # ended meanwhile
                    found += mark in each.read_bytes()

    environment = {**os.environ, "STREAMDIALECT_TEST": token}
    with subprocess.Popen([*COMMAND, "demo"], stdout=subprocess.DEVNULL, env=environment) as demo:
        wait_for(3)  # the demo, its server and its generator
        demo.send_signal(number)
    wait_for(0)


def test_the_demo_over_a_cluster_of_ones_own(tmp_path: Path, kafka_server: MockKafka) -> None:
    kafka_server.topic("my-input-stream", 2)
    done = run("demo", "--kafka", "--bootstrap", kafka_server.bootstrap, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    assert "removed at the end" in done.stdout


def test_the_demo_keeps_a_file_that_exists(tmp_path: Path) -> None:
    database = tmp_path / "mine.db"
    database.write_bytes(b"precious")
    done = run("demo", "--database", str(database))
    assert done.returncode == 1
    assert f"{database} exists already" in done.stderr
    assert database.read_bytes() == b"precious"


def test_a_cluster_that_is_not_there_is_one_message() -> None:
    done = run("demo", "--kafka", "--bootstrap", "127.0.0.1:1")
    assert done.returncode == 1
    assert "OperationalError: Kafka at 127.0.0.1:1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_consumes_until_it_is_told_to_stop(
    database: Path, kafka_server: MockKafka, number: signal.Signals
) -> None:
    kafka_server.topic("t", 1)
    setup = streamdialect.connect(database, autocommit=True, ingest="off")
    setup.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none")
    setup.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_value FROM s.t")
    kafka_server.produce("t", [b"a", b"b"])
    with subprocess.Popen([*COMMAND, "run", str(database)], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert "consuming 1 views" in running.stdout.readline()
        setup.execute("REFRESH MATERIALIZED VIEW v")  # by the other process: this one must not
        assert setup.execute("SELECT COUNT(*) FROM v").fetchone() == (2,)
        running.send_signal(number)
        *log, last, _ = running.stdout.read().split("\n")
        assert last == "stopped"
        assert any("view=v state=" in line for line in log)
        assert running.wait(20) == 0
    setup.close()


@pytest.mark.parametrize("trouble", ["a user's transaction", "an unreachable source"])
def test_run_ends_whatever_keeps_it_waiting(database: Path, kafka_server: MockKafka, trouble: str) -> None:
    kafka_server.topic("t", 1)
    kafka_server.produce("t", [b"a", b"b"])
    brokers = kafka_server.bootstrap if "user" in trouble else "127.0.0.1:1"
    setup = streamdialect.connect(database, autocommit=True, ingest="off")
    setup.execute(f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{brokers}' AUTHENTICATION none")
    setup.execute("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_value FROM s.t")
    setup.execute("CREATE TABLE mine (a INT)")
    if "user" in trouble:
        setup.execute("BEGIN")
        setup.execute("INSERT INTO mine VALUES (1)")
    with subprocess.Popen(
        [*COMMAND, "run", str(database)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        assert "consuming 1 views" in running.stdout.readline()
        time.sleep(1)
        began = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        assert (
            time.monotonic() - began < 12
        )  # 0.6 s where nothing else runs; a question to brokers takes up to 5
        assert running.stdout.read().endswith("stopped\n")
    setup.close()


def test_help_lists_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("sql", "check", "init", "import", "demo", "run", "status"):
        assert re.search(rf"^\W*{command} ", done.stdout, re.M), command
    assert "Exit codes: 0" in done.stdout


@pytest.mark.parametrize("command", ["sql", "check", "init", "import", "run", "status"])
def test_help_of_a_command_has_examples(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert re.search(rf"Examples?:\s+.*streamdialect {command} ", done.stdout, re.S)


def test_the_shells_complete_commands() -> None:
    """Typer's completion, asked as bash does."""
    environment = {
        **os.environ,
        "_STREAMDIALECT_COMPLETE": "complete_bash",
        "COMP_WORDS": "streamdialect st",
        "COMP_CWORD": "1",
    }
    program = "import sys; sys.argv = ['streamdialect']; from streamdialect.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stdout.split() == ["status"], done.stderr
