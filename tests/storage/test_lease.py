"""The lease: one holder for each view among all processes, free the moment its holder is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streamdialect.errors import OperationalError
from streamdialect.storage.lease import LeaseFile

HOLD = """
import sys
from streamdialect.storage.lease import LeaseFile
lease = LeaseFile(sys.argv[1]).try_acquire(int(sys.argv[2]))
print("held" if lease else "refused", flush=True)
sys.stdin.read()
"""


def holder(path: Path, view: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(view)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def leases(tmp_path: Path) -> LeaseFile:
    return LeaseFile(str(tmp_path / "events.db"))


def test_one_holder_within_a_process(leases: LeaseFile) -> None:
    lease = leases.try_acquire(1)
    assert lease is not None
    assert leases.try_acquire(1) is None
    other = leases.try_acquire(2)
    assert other is not None
    lease.release()
    assert leases.try_acquire(1) is not None
    leases.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_holder_frees_its_lease(leases: LeaseFile, tmp_path: Path, number: signal.Signals) -> None:
    with holder(tmp_path / "events.db", 5) as process:
        assert said(process) == "held"
        assert leases.try_acquire(5) is None
        assert leases.holder(5) == process.pid
        assert leases.try_acquire(6) is not None
        process.send_signal(number)
        process.wait()
    assert leases.try_acquire(5) is not None
    assert leases.holder(5) == os.getpid()
    leases.close()


def test_releasing_one_view_keeps_the_others(leases: LeaseFile, tmp_path: Path) -> None:
    first, second = leases.try_acquire(1), leases.try_acquire(2)
    assert first
    assert second
    first.release()
    first.release()
    with holder(tmp_path / "events.db", 2) as process:
        assert said(process) == "refused"
        process.kill()
    with holder(tmp_path / "events.db", 1) as process:
        assert said(process) == "held"
        process.kill()
    leases.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_no_lease(leases: LeaseFile, tmp_path: Path) -> None:
    assert leases.try_acquire(1) is not None
    child = os.fork()
    if child == 0:
        # The child may close what it inherited; the parent's lock is the parent's.
        leases.close()
        os._exit(0)
    os.waitpid(child, 0)
    with holder(tmp_path / "events.db", 1) as process:
        assert said(process) == "refused"
        process.kill()
    leases.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="cannot open the lease file"):
        LeaseFile(str(tmp_path / "absent" / "events.db")).try_acquire(1)
