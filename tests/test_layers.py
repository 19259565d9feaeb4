"""The arrows of the architecture, read from the imports of every module, lazy ones included.

A module may import what LAYERS gives its layer; docs/explanation/architecture.md draws the picture.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "streamdialect"
TESTS = Path(__file__).parent
LONGEST = 500  # lines of a module

ROOT = "streamdialect"  # the public names
BOTTOM = frozenset(
    {
        "clock",
        "errors",
        "identifiers",
        "interruptions",
        "types",
        "conversions",
        "scalars",
        "model",
        "logs",
        "tracing",
    }
)

# Layer -> layers it may import besides itself. A new top-level module needs a line here first.
LAYERS: Mapping[str, frozenset[str]] = {
    "clock": frozenset(),
    "errors": frozenset(),
    "identifiers": frozenset({"errors"}),
    "interruptions": frozenset(),
    "types": frozenset({"errors", "identifiers"}),
    "conversions": frozenset({"errors", "types"}),
    "scalars": frozenset({"errors", "identifiers", "interruptions", "types", "conversions"}),
    "model": BOTTOM - {"model", "clock"},
    "logs": frozenset(),
    "tracing": frozenset(),
    "sql": BOTTOM,
    "storage": BOTTOM,
    "sources": BOTTOM,
    "ingest": BOTTOM | {"storage", "sources"},
    "dbapi": BOTTOM | {"sql", "storage", "ingest"},
    ROOT: frozenset({"errors", "types", "dbapi"}),
    # Above the public names everything speaks PEP 249 and SQL only.
    # (Redshift's types are part of that language: SQLAlchemy's types are made of them.)
    "sqlalchemy": frozenset({ROOT, "types"}),
    # (Superset asks for SQL as a tree; the dialect that reads it is registered by the spec.)
    "superset": frozenset({ROOT, "sqlalchemy", "sql"}),
    "demo": frozenset({ROOT}),
    # (A test sets the time, and runs scripts; the package's own pytest plugin, and a server for tests.)
    "testing": frozenset({ROOT, "clock", "identifiers", "sql"}),
    # (The shell reads words as the translator does: where a statement ends, what may be completed.)
    "cli": frozenset({ROOT, "demo", "sql", "identifiers"}),
    "__main__": frozenset({"cli"}),
}

# Library -> layers that may import it. Libraries that are not listed are free.
OWNERS: Mapping[str, frozenset[str]] = {
    "sqlglot": frozenset({"sql"}),
    "apsw": frozenset({"storage"}),
    "boto3": frozenset({"sources", "demo", "testing"}),
    "botocore": frozenset({"sources", "demo"}),
    "confluent_kafka": frozenset({"sources", "demo", "testing"}),
    "aws_msk_iam_sasl_signer": frozenset({"sources"}),
    "moto": frozenset({"demo", "testing"}),
    "pytest": frozenset({"testing"}),
    "werkzeug": frozenset({"testing"}),
    "sqlalchemy": frozenset({"sqlalchemy", "superset", "testing"}),
    "alembic": frozenset({"sqlalchemy"}),
    "superset": frozenset({"superset"}),
    "pandas": frozenset(),
    "polars": frozenset(),
    "pyarrow": frozenset({"dbapi"}),
    "typer": frozenset({"cli"}),
    "rich": frozenset({"cli", "demo"}),
    "prompt_toolkit": frozenset({"cli"}),
    "prometheus_client": frozenset({"cli"}),
}

FORBIDDEN_WORDS = frozenset(
    {"manager", "managers", "handler", "handlers", "helper", "helpers", "util", "utils", "utilities"}
)


@dataclass(frozen=True)
class Import:
    """Be one imported name: ``from module import name``, or ``import module`` with no name."""

    module: str
    name: str | None
    line: int


def imports(tree: ast.Module, module: str, is_package: bool) -> Iterator[Import]:
    """Find all imports of a module, also inside functions, and by importlib with a constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parents = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parents, base] if base else parents)
            for alias in node.names:
                yield Import(base, alias.name, node.lineno)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield Import(node.args[0].value, None, node.lineno)


def public_names(package: Path) -> frozenset[str]:
    """Read ``__all__`` of the package's __init__ without importing it."""
    for node in ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return frozenset(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return frozenset()


def words(name: str) -> set[str]:
    """Split a snake_case or CamelCase name into lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def violations(package: Path) -> list[str]:
    """Check every module of a package and say what is wrong, one line each."""
    found: list[str] = []
    public = public_names(package) | {"__version__"}
    for path in sorted(package.rglob("*.py")):
        parts = (ROOT, *path.relative_to(package).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        layer = ROOT if module == ROOT else parts[1]
        if layer not in LAYERS:
            found.append(f"{module}: has no line in LAYERS")
            continue
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        if (lines := len(source.splitlines())) > LONGEST:
            found.append(f"{module}: {lines} lines, more than {LONGEST}")
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        found += [
            f"{module}: {name} says nothing; name it after what it does"
            for name in (parts[-1], *classes)
            if words(name) & FORBIDDEN_WORDS
        ]
        for each in imports(tree, module, is_package):
            if problem := _problem(package, layer, each, public):
                found.append(f"{module}:{each.line}: {problem}")
    return found


def _problem(package: Path, layer: str, each: Import, public: frozenset[str]) -> str | None:
    top, *below = each.module.split(".")
    if top != ROOT:
        allowed = OWNERS.get(top)
        return None if allowed is None or layer in allowed else f"{layer} imports {top}"
    if not below and each.name and _is_module(package / each.name):
        below = [each.name]  # from streamdialect import model
    target = below[0] if below else ROOT
    if target == layer:
        return None
    if target not in LAYERS[layer]:
        return f"{layer} imports {target}"
    if target == ROOT and each.name and each.name not in public:
        return f"{layer} imports {each.name}, which is not public"
    return None


def _is_module(path: Path) -> bool:
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_every_import_follows_the_arrows() -> None:
    assert violations(PACKAGE) == []


def test_tests_are_short_too() -> None:
    long = {
        path.name: lines
        for path in TESTS.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("sql/parser.py", "from streamdialect.storage import catalog", "sql imports storage"),
        ("sql/parser.py", "from ..storage import catalog", "sql imports storage"),
        ("sql/__init__.py", "from ..sources import base", "sql imports sources"),
        ("storage/catalog.py", "def f():\n    import streamdialect.sql.parser", "storage imports sql"),
        ("dbapi/cursor.py", "from streamdialect.sources.kafka import KafkaSource", "dbapi imports sources"),
        ("types.py", "from streamdialect import model", "types imports model"),
        ("model.py", "import streamdialect", "model imports streamdialect"),
        (
            "ingest/consumer.py",
            "import importlib\nimportlib.import_module('streamdialect.sql')",
            "ingest imports sql",
        ),
        (
            "sqlalchemy/dialect.py",
            "from streamdialect.dbapi.cursor import Cursor",
            "sqlalchemy imports dbapi",
        ),
        (
            "sqlalchemy/dialect.py",
            "from streamdialect import _hidden",
            "sqlalchemy imports _hidden, which is not public",
        ),
        ("cli.py", "from streamdialect import errors", "cli imports errors"),
        ("dbapi/cursor.py", "import apsw", "dbapi imports apsw"),
        ("storage/catalog.py", "from sqlglot import exp", "storage imports sqlglot"),
        ("ingest/consumer.py", "import botocore.session", "ingest imports botocore"),
        ("dbapi/cursor.py", "import sqlalchemy.types", "dbapi imports sqlalchemy"),
        ("sql/parser_utils.py", "", "parser_utils says nothing; name it after what it does"),
        ("sql/parser.py", "class ViewManager: ...", "ViewManager says nothing; name it after what it does"),
        ("sql/parser.py", "x = 1\n" * 501, "501 lines, more than 500"),
        ("other.py", "", "has no line in LAYERS"),
    ],
)
def test_a_wrong_tree_is_noticed(tmp_path: Path, path: str, source: str, expected: str) -> None:
    _write_good_tree(tmp_path)
    (tmp_path / path).write_text(source)
    (problem,) = violations(tmp_path)
    assert problem.endswith(expected)


def test_a_right_tree_is_accepted(tmp_path: Path) -> None:
    _write_good_tree(tmp_path)
    assert violations(tmp_path) == []


GOOD = {
    "__init__.py": "from streamdialect.dbapi import connect\n__all__ = ['connect']",
    "errors.py": "",
    "model.py": "from streamdialect import errors",
    "types.py": "",
    "sql/__init__.py": "import sqlglot\nfrom streamdialect.model import Model\nfrom .parser import parse",
    "sql/parser.py": "",
    "storage/__init__.py": "import apsw\nfrom ..model import Model",
    "storage/catalog.py": "",
    "sources/__init__.py": "def f():\n    import boto3",
    "ingest/__init__.py": "from streamdialect.storage import catalog\nfrom streamdialect import sources",
    "dbapi/__init__.py": "from streamdialect import ingest\nfrom streamdialect.dbapi.cursor import Cursor",
    "sqlalchemy/__init__.py": "import sqlalchemy\nfrom streamdialect import __version__, connect",
    "cli.py": "import typer\nfrom streamdialect.demo import produce",
    "demo/__init__.py": "import boto3",
}


def _write_good_tree(package: Path) -> None:
    for path, source in GOOD.items():
        (package / path).parent.mkdir(exist_ok=True)
        (package / path).write_text(source)


HEAVY = (
    *("alembic", "boto3", "botocore", "confluent_kafka", "moto", "pandas", "pyarrow", "sqlglot"),
    *("prometheus_client", "prompt_toolkit"),
)


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import streamdialect", (*HEAVY, "sqlalchemy", "typer", "rich")),
        ("import streamdialect.sqlalchemy.dialect", (*HEAVY, "typer", "rich")),
        ("import streamdialect.cli", HEAVY),
        ("import streamdialect; streamdialect.connect('a.db').close()", (*HEAVY, "sqlalchemy")),
    ],
)
def test_libraries_are_imported_on_first_use(
    tmp_path: Path, statement: str, unwanted: tuple[str, ...]
) -> None:
    program = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert result.returncode == 0, result.stderr
    assert sorted(set(result.stdout.split()) & set(unwanted)) == []
