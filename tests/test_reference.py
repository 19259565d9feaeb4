"""The generated pages are what the tables say, and the constructs of sql.md do what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import streamdialect
from streamdialect.sql.aggregates import AGGREGATES
from streamdialect.sql.functions import FUNCTIONS, MANUAL
from tests.constructs import CONSTRUCTS, SETUP, Construct
from tests.reference import PAGES
from tests.sql.cases import cases, statements, written

LEAST_CASES = 1200
LEAST_PRINTED = 400  # with the result that the page prints


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_page_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path](), "run python -m tests.reference"


def test_every_function_is_in_the_manual() -> None:
    called = {name for name in FUNCTIONS if name.replace("_", "").isalnum()}
    assert called | set(AGGREGATES) <= set(MANUAL)


def test_the_guides_examples_are_many() -> None:
    found = list(cases())
    assert len(found) >= LEAST_CASES
    assert sum(not case.flags & {"own", "adapted"} for case in found) >= LEAST_PRINTED


@pytest.fixture(scope="module")
def connection() -> Iterator[streamdialect.Connection]:
    opened = streamdialect.connect(compat="redshift")
    for statement in statements(SETUP):
        opened.execute(statement)
    yield opened
    opened.close()


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda construct: construct.syntax)
def test_construct(connection: streamdialect.Connection, construct: Construct) -> None:
    if construct.gives is None:
        with pytest.raises(streamdialect.NotSupportedError):
            connection.execute(construct.example)
        return
    rows = connection.execute(construct.example).fetchall()
    assert [" | ".join(written(value) for value in row) for row in rows] == list(construct.gives)
