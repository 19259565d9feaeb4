"""Run SQLAlchemy's compliance suite on this dialect: ``python -m tests.compliance.run``.

The suite brings a pytest plugin that cannot live beside the project's own fixtures, so it runs in a folder of its
own. It fails if a test fails, or if fewer pass than docs/reference/sqlalchemy.md publishes for this SQLAlchemy.
``--aio`` runs it on the driver for asyncio.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = ("conftest.py", "pytest.ini", "requirements.py", "setup.cfg", "test_suite.py")


def published(sqlalchemy_version: str, *, aio: bool) -> int:
    """Give the number of passes that the manual states for a version such as 2.1.9."""
    page = (ROOT / "docs/reference/sqlalchemy.md").read_text()
    minor = re.escape(".".join(sqlalchemy_version.split(".")[:2]))
    name = rf"{minor}\.\d+{', asyncio' if aio else ''}"
    row = re.search(rf"^\| {name} \| ([\d,]+) \|", page, re.MULTILINE)
    if row is None:
        raise SystemExit(f"docs/reference/sqlalchemy.md has no row for SQLAlchemy {sqlalchemy_version}")
    return int(row[1].replace(",", ""))


def passes(report: Path) -> int:
    """Count the tests that passed in a JUnit report."""
    totals = [
        int(suite.get("tests", 0))
        - sum(int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
        for suite in ElementTree.parse(report).iter("testsuite")
    ]
    return sum(totals)


def main(arguments: list[str]) -> int:
    """Run the suite; arguments go to pytest. With arguments the number of passes is not compared."""
    aio = "--aio" in arguments
    arguments = [argument for argument in arguments if argument != "--aio"]
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            shutil.copy(HERE / name, folder)
        report = Path(folder, "report.xml")
        url = f"streamdialect{'+aioapsw' if aio else ''}:///{folder}/suite.db"
        command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "--dburi", url, f"--junitxml={report}"]
        path = os.pathsep.join([folder, str(ROOT)])
        environment = {**os.environ, "PYTHONPATH": path}
        status = subprocess.run([*command, *arguments], cwd=folder, env=environment, check=False).returncode
        if status or arguments:
            return status
        found, stated = passes(report), published(version("sqlalchemy"), aio=aio)
        print(f"{found} passed; docs/reference/sqlalchemy.md says {stated}")
        return 0 if found >= stated else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
