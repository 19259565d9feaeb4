"""What the package exports: sorted, importable, documented."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import streamdialect

# Module -> library without which it cannot be imported.
OPTIONAL = {"streamdialect.superset": "superset", "streamdialect.__main__": None}


def modules() -> Iterator[str]:
    yield "streamdialect"
    for found in pkgutil.walk_packages(streamdialect.__path__, "streamdialect."):
        needs = OPTIONAL.get(found.name, "streamdialect")
        if needs is not None and importlib.util.find_spec(needs):
            yield found.name


def order(name: str) -> tuple[int, list[object]]:
    """Sort as isort and ruff's RUF022: constants, classes, the rest; each in natural order."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@pytest.mark.parametrize("name", list(modules()))
def test_exports_exist_in_order_and_are_documented(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert list(exported) == sorted(exported, key=order)
    assert len(set(exported)) == len(exported)
    missing = [each for each in exported if not hasattr(module, each)]
    assert missing == []
    objects = {each: getattr(module, each) for each in exported}
    undocumented = [
        each
        for each, value in objects.items()
        if (inspect.isclass(value) or inspect.isroutine(value))
        and (value.__module__ or "").startswith("streamdialect")  # not another library's class under our name
        and not (value.__doc__ or "").strip()
    ]
    assert undocumented == []
    assert (module.__doc__ or "").strip()


def test_the_public_names_are_pep_249s() -> None:
    wanted = {
        *("apilevel", "connect", "paramstyle", "threadsafety"),
        *("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING"),
        *("Binary", "Date", "DateFromTicks", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks"),
        *("DataError", "DatabaseError", "Error", "IntegrityError", "InterfaceError", "InternalError"),
        *("NotSupportedError", "OperationalError", "ProgrammingError", "Warning"),
    }
    assert wanted - set(streamdialect.__all__) == set()
