"""Every case of the corpus runs through the driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import streamdialect
from streamdialect.sql import query  # noqa: F401 - fills the tables
from streamdialect.sql.functions import MANUAL, Manual
from tests.sql.cases import Case, cases, statements, written

CASES = list(cases())


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[tuple[str, bool], streamdialect.Connection]]:
    opened: dict[tuple[str, bool], streamdialect.Connection] = {}
    yield opened
    for connection in opened.values():
        connection.close()


def prepared(
    databases: dict[tuple[str, bool], streamdialect.Connection], setup: str, compat: bool
) -> streamdialect.Connection:
    key = (setup, compat)
    if key not in databases:
        databases[key] = streamdialect.connect(compat="redshift" if compat else None)
        for statement in statements(setup):
            databases[key].execute(statement)
        databases[key].commit()
    return databases[key]


def answer(connection: streamdialect.Connection, sql: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Run statements; give the last one's columns and rows as the corpus writes them."""
    cursor = connection.cursor()
    for statement in statements(sql):
        cursor.execute(statement)
    columns = [(str(column[0]), str(column[1])) for column in cursor.description or ()]
    rows = [" | ".join(written(value) for value in row) for row in cursor.fetchall()] if columns else []
    return columns, rows


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(databases: dict[tuple[str, bool], streamdialect.Connection], case: Case) -> None:
    alone: dict[tuple[str, bool], streamdialect.Connection] = {}
    shared = alone if "alone" in case.flags else databases
    connection = prepared(shared, case.setup, "default" not in case.flags)
    try:
        if case.refused is not None:
            with pytest.raises(streamdialect.NotSupportedError) as caught:
                answer(connection, case.sql)
            assert case.refused in str(caught.value)
        elif case.error is not None:
            name, _, part = case.error.partition(": ")
            with pytest.raises(getattr(streamdialect, name)) as failed:
                answer(connection, case.sql)
            assert part in str(failed.value)
        else:
            columns, rows = answer(connection, case.sql)
            assert columns == list(case.columns)
            wanted = list(case.rows)
            if "unordered" in case.flags:
                rows, wanted = sorted(rows), sorted(wanted)
            assert rows == wanted
    finally:
        connection.rollback()
        connection.execute("RESET ALL")
        for opened in alone.values():
            opened.close()


@pytest.mark.parametrize("entry", MANUAL.values(), ids=lambda entry: entry.name)
def test_example_of_the_manual(
    databases: dict[tuple[str, bool], streamdialect.Connection], entry: Manual
) -> None:
    expression, expected = entry.example
    _, rows = answer(prepared(databases, "", True), f"SELECT {expression}")
    assert rows == [expected]
