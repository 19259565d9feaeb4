"""What a process loads before its first rows: counted, for the clock of a shared machine tells little.

``python -m tests.benchmarks.start`` measures the time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.start import make

# The libraries that must not be loaded before something needs them, by the step that may need them first.
LIBRARIES = frozenset(
    {
        "apsw",
        "boto3",
        "botocore",
        "confluent_kafka",
        "pydantic",
        "pydantic_core",
        "sqlalchemy",
        "sqlglot",
        "rich",
    }
    | {"typer", "pyarrow", "pandas", "opentelemetry"}
)
STEPS = {
    "imported": frozenset[str](),
    "connected": frozenset({"apsw"}),
    "queried": frozenset({"apsw", "sqlglot"}),
    "again": frozenset({"apsw", "sqlglot"}),
}
# Modules of any package, 59, 167 and 313 on Python 3.11; who needs more than these says why here.
MOST = {"imported": 70, "connected": 190, "queried": 350, "again": 350}

CHILD = """
import json, sys
before = set(sys.modules)
def modules():
    return sorted(set(sys.modules) - before)
import streamdialect
seen = {"imported": modules()}
connection = streamdialect.connect(sys.argv[1], ingest="off")
seen["connected"] = modules()
connection.execute("SELECT sensor, COUNT(*) FROM t0 GROUP BY sensor").fetchall()
seen["queried"] = modules()
again = streamdialect.connect(sys.argv[1], ingest="off")
again.execute("SELECT value FROM t0").fetchall()
seen["again"] = modules()
again.close()
connection.close()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Give what a fresh process has loaded after each step, on a file with ten views."""
    path = tmp_path_factory.mktemp("start") / "events.db"
    make(Path(path), 10)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return {step: set(names) for step, names in found.items()}


@pytest.mark.parametrize("step", STEPS)
def test_libraries_are_loaded_when_they_are_needed(seen: dict[str, set[str]], step: str) -> None:
    assert LIBRARIES & seen[step] == STEPS[step]


@pytest.mark.parametrize("step", STEPS)
def test_few_modules_are_loaded(seen: dict[str, set[str]], step: str) -> None:
    assert len(seen[step]) <= MOST[step], sorted(seen[step])


def test_a_reader_loads_no_consumer(seen: dict[str, set[str]]) -> None:
    consuming = {"consumer", "materializer", "rows", "writer", "refresh", "redrive", "scan"}
    assert not {f"streamdialect.ingest.{name}" for name in consuming} & seen["again"]


def test_another_connection_loads_nothing(seen: dict[str, set[str]]) -> None:
    assert seen["again"] == seen["queried"]
