"""Definitions of views are read by several threads at once, the first time too."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A class of msgspec's that two threads meet at once for the first time crashed the process.
READING = """
import sys, threading
from streamdialect.storage import catalog
sys.setswitchinterval(1e-7)
columns = '[{"name":"a","type":{"name":"INTEGER"},"expression":"a"}]'
plan = '{"kind":"recompute","storage":[],"select":"s","columns":' + columns + '}'
barrier, found = threading.Barrier(6), []
def read():
    barrier.wait()
    found.append(catalog._view(1, "v", '{"name":"v","definition":"x","plan":' + plan + '}'))
threads = [threading.Thread(target=read) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(found) == 6 and found[0].id == 1 and set(found) == {found[0]}
"""


@pytest.mark.parametrize("attempt", range(5))
def test_the_first_definition_is_read_by_threads(attempt: int) -> None:
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
