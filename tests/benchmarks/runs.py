"""Run cases in processes of their own, in turns, and keep what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.benchmarks.environments import NotInstallableError, python_of, with_bytecode
from tests.benchmarks.meter import Task

__all__ = ["TOP", "Bench", "Case", "Experiment", "FailedError", "Run", "beside", "run"]

TOP = Path(__file__).parent.parent.parent
_SECONDS = 300

Run = dict[str, Any]  # what a case measured
Experiment = dict[str, Any]  # runs of each case, why some have none, and what it was about


class FailedError(Exception):
    """Say why a case gave no figures."""


@dataclass(frozen=True)
class Case:
    """Be a module of tests.benchmarks.cases, its task, and the environment (None: this one) that it runs in."""

    module: str
    task: Task
    environment: str | None = None


def run(module: str, task: Task, python: str = sys.executable) -> Run:
    """Run a case in a process of its own; give what it measured. Raise FailedError."""
    with _started(module, task, python) as process:
        return _result(module, process)


@contextmanager
def beside(module: str, task: Task) -> Iterator[Run]:
    """Run a case beside the block, from its line "ready" on; what it measured is there after the block."""
    figures: Run = {}
    with _started(module, task, sys.executable) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise FailedError(f"{module} is not ready")
        yield figures
        figures.update(_result(module, process))


@contextmanager
def _started(module: str, task: Task, python: str) -> Iterator[subprocess.Popen[str]]:
    command = [python, "-m", f"tests.benchmarks.cases.{module}", json.dumps(asdict(task))]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=TOP, env=with_bytecode()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _result(module: str, process: subprocess.Popen[str]) -> Run:
    try:
        out, complaints = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise FailedError(f"{module} took more than {_SECONDS} s") from None
    lines = out.splitlines()
    if process.returncode or not lines:
        said = complaints.strip().splitlines() or ["no output"]
        raise FailedError(f"{module} ended with status {process.returncode}: {said[-1]}")
    return dict(json.loads(lines[-1]))


class Bench:
    """Run experiments: the cases of one take turns, so that what else the machine does falls on all of them."""

    def __init__(self, work: Path, environments: Path, rounds: int) -> None:
        self._work = work
        self._environments = environments
        self._rounds = rounds

    def experiment(
        self, name: str, cases: Mapping[str, Case], expected: Mapping[str, Any], **about: Any
    ) -> Experiment:
        """Run cases, each with a new database; give their runs, why some have none, and ``about``.

        ``expected`` are figures that each run must have; one that stored something else is no measurement.
        """
        runs: dict[str, list[Run]] = {}
        missing: dict[str, str] = {}
        pythons: dict[str, str] = {}
        for label, case in cases.items():
            try:
                pythons[label] = (
                    python_of(case.environment, self._environments) if case.environment else sys.executable
                )
            except NotInstallableError as error:
                missing[label] = f"not installed: {error}"
        for number in range(self._rounds):
            for label, case in cases.items():
                if label in missing:
                    continue
                try:
                    figures = self._run(case, pythons[label], expected)
                except FailedError as error:
                    missing[label] = str(error)
                    runs.pop(label, None)
                else:
                    runs.setdefault(label, []).append(figures)
                    print(f"{name}, {number + 1}, {label}: {_shown(figures)}", file=sys.stderr, flush=True)
        for label, why in missing.items():
            print(f"{name}: {label}: {why}", file=sys.stderr, flush=True)
        return {**about, "runs": runs, "missing": missing}

    def _run(self, case: Case, python: str, expected: Mapping[str, Any]) -> Run:
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            figures = run(case.module, replace(case.task, database=f"{folder}/db"), python)
        for key, value in expected.items():
            if figures.get(key) != value:
                raise FailedError(f"{key} is {figures.get(key)}, not {value}")
        return figures


def _shown(figures: Run) -> str:
    return ", ".join(
        f"{key} {value:.3f}" for key, value in figures.items() if isinstance(value, float) and key != "sum"
    )
