"""The proofs by SIGKILL in a bounded form; ``python -m tests.crash`` has the long ones.

Each is a process of its own: what is proved is about files and processes, and a campaign must not share its process
with a copy of SQLite that the product uses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
    pytest.mark.timeout(
        600
    ),  # a machine that does other things too takes five times as long as one that does not
]

ROOT = Path(__file__).parents[2]


def crash(*arguments: str) -> Any:
    """Run ``python -m tests.crash``; give its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    print(done.stdout)
    return json.loads(done.stdout.splitlines()[-1])


def test_kills_within_the_transaction() -> None:
    steps = ("rows, within", "dead letter, after", "position, before", "commit, before", "commit, after")
    report = crash("--source", "mock", *(word for step in steps for word in ("--step", step)))
    assert (report["kills"], report["steps"].keys()) == (len(steps), set(steps))
    assert report["records"] > 0


@pytest.mark.slow
def test_kills_at_every_step() -> None:
    report = crash("--source", "mock", "--kills", "60")
    assert report["kills"] >= 60
    assert report["outside"]["reads"] > 0
    assert report["outside"]["writes"] > 0


@pytest.mark.slow
def test_every_statement_is_done_or_not() -> None:
    assert sum(crash("--statements")["kills"].values()) > 100


@pytest.mark.slow
def test_kinesis_is_killed_at_every_step() -> None:
    assert crash("--source", "moto", "--kills", "50")["kills"] >= 50


@pytest.mark.slow
def test_six_processes_of_which_three_are_killed() -> None:
    report = crash("--source", "mock", "--several", "15")
    assert report["kills"] >= 9
    assert report["takeovers"] >= 3
    assert report["takeover_median"] < 3


@pytest.mark.slow
@pytest.mark.parametrize("step", ["take, before", "begin, before", "position, after"])
def test_a_stopped_holder_commits_nothing_of_what_it_lost(step: str) -> None:
    report = crash("--source", "mock", "--stop", step)
    # Within its transaction it holds the file: nothing can be taken from it, and it is the other that has to give way.
    assert report["moved"] > 0 or step == "position, after"


@pytest.mark.apache_kafka
def test_apache_kafka_is_killed_at_every_step() -> None:
    report = crash("--source", "kafka", "--kills", "120")
    assert report["kills"] >= 120


@pytest.mark.apache_kafka
def test_six_processes_read_apache_kafka() -> None:
    assert crash("--source", "kafka", "--several", "20")["takeovers"] > 0


@pytest.mark.kinesis_local
def test_kinesis_is_killed_while_shards_split_and_merge() -> None:
    report = crash("--source", "kinesis", "--kills", "80")
    assert report["kills"] >= 80
    assert report["disturbances"].keys() == {"split", "merge"}
