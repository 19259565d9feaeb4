"""Whatever call fails once, REFRESH succeeds when repeated, AUTO REFRESH recovers, and each record is there once.

``python -m tests.faults`` makes every call fail with every error; here each call fails with one or a few of them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.injection import Fault, Faults, Site
from tests.faults.stage import Mode, Stage, faults_of, kafka_stage, kinesis_stage
from tests.servers import AwsServer

SYSTEM = ("Thread.", "os.", "fcntl.", "memory")


def sample(
    stage: Stage, mode: Mode, each: int, share: float = 1.0, only: str | tuple[str, ...] = ""
) -> list[Fault]:
    """Choose ``each`` faults of a share of the calls that a clean run makes; the same ones each time."""
    by_site: defaultdict[Site, list[Fault]] = defaultdict(list)
    for fault in faults_of(stage.sites(mode)):
        if fault.site[0].startswith(only):
            by_site[fault.site].append(fault)
    assert by_site
    choice = random.Random(7)
    sites = sorted(by_site)
    chosen = choice.sample(sites, max(1, round(share * len(sites))))
    return [fault for site in chosen for fault in choice.sample(by_site[site], min(each, len(by_site[site])))]


def run(stage: Stage, mode: Mode, chosen: Sequence[Fault]) -> None:
    missed = []
    for fault in chosen:
        for _ in range(4):
            if stage.run(fault, mode, patience=40).hits:
                break
            assert stage.faults.calls[fault.site] < fault.number, f"{fault} was passed by"
        else:
            missed.append(fault)
    # How records fall into batches depends on the clock, so that a few calls are made in hardly any run.
    assert len(missed) <= 1 + len(chosen) // 30, missed


def test_a_fault_that_loses_records_is_seen(tmp_path: Path) -> None:
    faults = Faults()
    with kafka_stage(faults, tmp_path) as stage:
        stage.want.rows[(0, 10_000, 1, "more")] += 1
        with pytest.raises(AssertionError, match="lost"):
            stage.run(None, "manual")


def test_some_calls_of_kafka_and_sqlite_fail(tmp_path: Path) -> None:
    with kafka_stage(Faults(), tmp_path) as stage:
        run(stage, "manual", sample(stage, "manual", 1, 0.2))


def test_calls_of_the_system_fail(tmp_path: Path) -> None:
    with kafka_stage(Faults(), tmp_path) as stage:
        run(stage, "auto", sample(stage, "auto", 1, only=SYSTEM))


def test_trouble_that_lasts_is_seen(tmp_path: Path) -> None:
    """In the log or in svv_mv_info; and where it is over, the view says so."""
    with kafka_stage(Faults(), tmp_path) as stage:
        chosen = sample(stage, "auto", 1, 0.6, ("confluent_kafka.Consumer", "fcntl.lockf", "apsw.carray"))
        for fault in chosen:
            outcome = stage.run(replace(fault, number=1, after=False, lasting=True), "auto", patience=40)
            assert outcome.hits
            assert outcome.logged, f"silent: {fault}"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_calls_of_kafka_and_sqlite_fail(tmp_path: Path, mode: Mode) -> None:
    with kafka_stage(Faults(), tmp_path) as stage:
        run(stage, mode, sample(stage, mode, 2 if mode == "manual" else 1))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_calls_of_the_file_system_fail(tmp_path: Path) -> None:
    with kafka_stage(Faults(), tmp_path, files=True) as stage:
        run(stage, "auto", sample(stage, "auto", 1, only="file."))


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_calls_of_boto3_fail(tmp_path: Path, mode: Mode, kinesis_server: AwsServer) -> None:
    with kinesis_stage(Faults(), tmp_path, kinesis_server) as stage:
        run(stage, mode, sample(stage, mode, 4, only="boto3."))
