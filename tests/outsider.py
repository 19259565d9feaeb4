"""Another program at the file: Python's sqlite3 in a process of its own, for one process has one copy of SQLite."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["run_elsewhere"]

_PROGRAM = """
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
with connection:
    for statement, rows in json.load(sys.stdin):
        connection.executemany(statement, rows) if rows is not None else connection.execute(statement)
connection.close()
"""


def run_elsewhere(
    database: Path, *statements: str, rows: Iterable[Sequence[str | int | None]] | None = None
) -> None:
    """Execute statements in one transaction, the last of them once for each of ``rows`` if there are any."""
    work = [(statement, None) for statement in statements[:-1]]
    last = (statements[-1], None if rows is None else list(rows))
    subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(database)],
        input=json.dumps([*work, last]),
        text=True,
        check=True,
    )
