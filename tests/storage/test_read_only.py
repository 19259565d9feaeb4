"""A file that may only be read, in a process that has no more rights than its user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect

LOOK = """
import sys, streamdialect
try:
    with streamdialect.connect(sys.argv[1], mode="ro", ingest="off") as connection:
        print(connection.execute("SELECT a FROM t").fetchall())
except streamdialect.OperationalError as error:
    print(error)
"""

# Root may write anywhere until it gives that up.
_BOUND = ("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search,-fowner")


def look(path: Path) -> str:
    bound = _BOUND if os.geteuid() == 0 else ()
    command = [*bound, sys.executable, "-c", LOOK, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(
    sys.platform != "linux" or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="needs a process that may not write",
)
def test_a_read_only_folder(tmp_path: Path) -> None:
    """It is readable while a process that may write has it open; else the error says what to do."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "events.db"
    with closing(streamdialect.connect(path, autocommit=True, ingest="off")) as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("INSERT INTO t VALUES (7)")
        folder.chmod(0o555)
        try:
            assert look(path) == "[(7,)]\n"
            folder.chmod(0o755)
            connection.close()
            folder.chmod(0o555)
            assert "Its folder is read-only, and two files must be made beside it" in look(path)
        finally:
            folder.chmod(0o755)
