"""The distributions that would be published, and the lower bounds they promise."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).parent.parent
CONFIGURATION = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = CONFIGURATION["project"]
# Extras that only the development of the package itself needs; their versions are tools', not promises.
TOOLS = {"test"}


def build(kind: str, source: Path, target: Path) -> Path:
    """Build an sdist or a wheel with the backend itself, which needs no network."""
    program = (
        "import sys; from hatchling import build; print(getattr(build, 'build_' + sys.argv[1])(sys.argv[2]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, kind, str(target)],
        cwd=source,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return target / result.stdout.split()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", TOP, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the sdist, as installers do, so that the sdist is proved complete."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:  # Python 3.10 and 3.11 before their security releases
            archive.extractall(folder)
    return build("wheel", folder / sdist.name.removesuffix(".tar.gz"), folder)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    info = next(name for name in names if name.endswith(".dist-info/METADATA")).rpartition("/")[0]
    assert {name.partition("/")[0] for name in names} == {"streamdialect", info}
    modules = {path.relative_to(TOP).as_posix() for path in (TOP / "streamdialect").rglob("*.py")}
    assert modules <= set(names)
    assert "streamdialect/py.typed" in names
    assert f"{info}/licenses/LICENSE" in names
    assert not [name for name in names if "test_" in name or "__pycache__" in name]


def test_the_sdist_holds_what_a_packager_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "tox.ini",
        "streamdialect/py.typed",
        "tests/conftest.py",
    }
    assert wanted - names == set()
    assert not [name for name in names if re.search(r"__pycache__|\.db$|^\.venv|^\.tox", name)]


def test_the_wheel_runs_without_the_source_tree(wheel: Path) -> None:
    program = f"""
import sys, zipfile
sys.path.insert(0, {str(wheel)!r})
import streamdialect
from importlib.metadata import distribution
found = distribution("streamdialect")
assert streamdialect.__file__.startswith({str(wheel)!r}), streamdialect.__file__
assert found.version == streamdialect.__version__
for point in found.entry_points:
    if not point.group.startswith("superset."):  # loaded by Superset, which is not installed here
        point.load()
"""
    result = subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-c", program],
        cwd=wheel.parent,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def lower_bounds() -> dict[str, str]:
    """Read the lower bounds of what users install: dependencies and extras."""
    extras = PROJECT["optional-dependencies"]
    promised = [
        *PROJECT["dependencies"],
        *(line for name in extras if name not in TOOLS for line in extras[name]),
    ]
    bounds: dict[str, str] = {}
    for requirement in map(Requirement, promised):
        name = canonicalize_name(requirement.name)
        bound = next(each.version for each in requirement.specifier if each.operator == ">=")
        assert bounds.setdefault(name, bound) == bound, f"two lower bounds of {name}"
    return bounds


def test_the_lower_bounds_are_those_that_mindeps_tests() -> None:
    text = (TOP / "tests" / "constraints-min.txt").read_text(encoding="utf-8")
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    pins = {}
    for requirement in map(Requirement, filter(None, lines)):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        pins[canonicalize_name(requirement.name)] = pin.version
    assert pins == lower_bounds()


def test_every_dependency_has_a_lower_bound() -> None:
    for line in PROJECT["dependencies"]:
        assert any(each.operator == ">=" for each in Requirement(line).specifier), line


def test_hooks_format_as_the_checks_do() -> None:
    hooks = (TOP / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    asked = re.findall(r'additional_dependencies: \["(.*)"\]', hooks)
    assert asked == CONFIGURATION["dependency-groups"]["lint"] * hooks.count("- id:")
