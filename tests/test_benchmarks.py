"""The benchmarks measure, refuse wrong results, and are what the documentation shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import DOCS
from tests.benchmarks.kinesis import kinesis
from tests.benchmarks.meter import Task
from tests.benchmarks.records import expected, fill
from tests.benchmarks.report import page, plot
from tests.benchmarks.runs import Bench, Case
from tests.servers import mock_kafka

RECORDS = 2_000


@pytest.fixture(scope="module")
def task() -> Iterator[Task]:
    with mock_kafka() as server:
        fill(server, "readings", RECORDS, 0)
        yield Task(server.bootstrap, "readings", RECORDS)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, tmp_path, 1)


def test_cases_store_the_right_rows(bench: Bench, task: Task) -> None:
    cases = {name: Case(name, task) for name in ("refresh", "yardstick", "naive")}
    found = bench.experiment("small", cases, expected(RECORDS))
    assert found["missing"] == {}
    assert {name: len(runs) for name, runs in found["runs"].items()} == dict.fromkeys(cases, 1)
    assert all(run["cpu"] > 0 and run["rss_mb"] > 1 for (run,) in found["runs"].values())


def test_a_run_with_other_rows_is_none(bench: Bench, task: Task) -> None:
    found = bench.experiment("small", {"naive": Case("naive", task)}, expected(RECORDS + 1))
    assert found["runs"] == {}
    assert found["missing"] == {"naive": f"rows is {RECORDS}, not {RECORDS + 1}"}


def test_kinesis_is_read_from_a_canned_server(bench: Bench) -> None:
    found = kinesis(bench, RECORDS)["kinesis"]
    assert (list(found["runs"]), found["missing"]) == (["streamdialect", "plain boto3"], {})


def test_a_peer_that_cannot_be_installed_is_said(
    bench: Bench, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    # What makes the environment takes seconds, and is Python's own.
    monkeypatch.setattr("venv.create", lambda home, **_: _stand_in(home))
    found = bench.experiment("small", {"Bytewax": Case("bytewax_sqlite", task, "bytewax")}, {})
    assert found["runs"] == {}
    assert found["missing"]["Bytewax"].startswith("not installed: bytewax==")


def _stand_in(home: Path) -> None:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(sys.executable)


def test_the_page_has_the_figures_of_its_json() -> None:
    results = json.loads((DOCS / "performance.json").read_text())
    text = (DOCS / "performance.md").read_text()
    assert page(text, results) == text
    assert (DOCS / "performance.svg").read_text() == plot(results)
