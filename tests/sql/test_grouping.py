"""GROUP BY on expressions, and parameters in places that need literals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import streamdialect
from streamdialect import Connection


@pytest.fixture
def connection() -> Iterator[Connection]:
    opened = streamdialect.connect(autocommit=True)
    opened.execute("CREATE TABLE t (a INT, ts TIMESTAMP)")
    opened.execute(
        "INSERT INTO t VALUES (1, '2026-01-01 10:20:30.000000'), (2, '2026-01-01 10:50:30.000000')"
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("expression", ["a * 2", "a + 1", "a - 1", "-a", "a / 2", "a % 2", "a * 2 + 1"])
def test_arithmetic(connection: Connection, expression: str) -> None:
    grouped = connection.execute(
        f"SELECT {expression} AS x, COUNT(*) FROM t GROUP BY {expression}"
    ).fetchall()
    assert sum(count for _, count in grouped) == 2


def test_parameters_become_literals_where_they_must(connection: Connection) -> None:
    """Two equal parameters are two expressions; Redshift's drivers write them into the text."""
    rows = connection.execute(
        "SELECT DATE_TRUNC(?, ts) AS hour, COUNT(*) FROM t WHERE a > ? GROUP BY DATE_TRUNC(?, ts)",
        ("hour", 0, "hour"),
    ).fetchall()
    assert [count for _, count in rows] == [2]
    assert connection.execute(
        "SELECT COALESCE(a, ?), COUNT(*) FROM t GROUP BY COALESCE(a, ?)", (-5, -5)
    ).fetchall()
    named = "SELECT COALESCE(a, :n), COUNT(*) FROM t GROUP BY COALESCE(a, :n)"
    assert len(connection.execute(named, {"n": 0}).fetchall()) == 2
    with pytest.raises(streamdialect.ProgrammingError, match="must appear in the GROUP BY"):
        connection.execute("SELECT COALESCE(a, ?), COUNT(*) FROM t GROUP BY COALESCE(a, ?)", (1, 2))
    with pytest.raises(streamdialect.InterfaceError, match="parameters"):
        connection.execute("SELECT DATE_TRUNC(?, ts) FROM t", ("hour", 1))
