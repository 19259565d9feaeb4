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


@pytest.fixture
def letters() -> Iterator[Connection]:
    """Give a connection with a materialized view of texts that differ by blanks at their ends alone."""
    opened = streamdialect.connect(autocommit=True)
    opened.execute("CREATE TABLE letters (a VARCHAR(5), b VARCHAR(5), n INT)")
    opened.execute(
        "INSERT INTO letters VALUES ('x', 'u', 1), ('x ', 'u', 2), ('y', 'v ', 3), ('x  ', 'v', 4), (NULL, 'v', 5),"
        " (' x', 'v', 6), ('', 'v', 7), (' ', 'v', 8), (NULL, 'u', 9)"
    )
    opened.execute("CREATE MATERIALIZED VIEW v SORTKEY (a) AS SELECT * FROM letters")
    yield opened
    opened.close()


@pytest.mark.parametrize("relation", ["v", "letters", "v AS w (a, b, n)", "(SELECT * FROM v) AS d"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "SELECT a, SUM(n) FROM {} GROUP BY a ORDER BY a",
            [("", 15), (" x", 6), ("x", 7), ("y", 3), (None, 14)],
        ),
        ("SELECT SUM(n) FROM {} GROUP BY b, a HAVING a = 'x  ' ORDER BY 1", [(3,), (4,)]),
        (
            "SELECT UPPER(a) || '!', COUNT(*) FROM {} WHERE a > 'w' GROUP BY a ORDER BY a",
            [("X!", 3), ("Y!", 1)],
        ),
        (
            "SELECT b, a, MAX(n) FROM {} WHERE n < 5 GROUP BY b, a ORDER BY b, 3",
            [("u", "x", 2), ("v", "y", 3), ("v", "x", 4)],
        ),
        ("SELECT COUNT(*) FROM (SELECT a FROM {} GROUP BY a) AS q", [(5,)]),
        (
            "SELECT a, GROUPING(a), COUNT(*) FROM {} GROUP BY ROLLUP (a) ORDER BY 3 DESC LIMIT 1",
            [(None, 1, 9)],
        ),
        (
            "SELECT a, SUM(SUM(n)) OVER (ORDER BY a) FROM {} WHERE a > 'w' GROUP BY a ORDER BY a",
            [("x", 7), ("y", 10)],
        ),
    ],
)
def test_blanks_at_the_end_make_no_group(
    letters: Connection, relation: str, query: str, expected: list[tuple[object, ...]]
) -> None:
    rows = letters.execute(query.format(relation)).fetchall()
    # Which of a group's texts is shown is nobody's to say.
    shown = [tuple(value.rstrip() if isinstance(value, str) else value for value in row) for row in rows]
    assert shown == expected


def test_a_view_is_grouped_without_a_collation(letters: Connection) -> None:
    """SQLite's sorter is half as slow again with one; the plan has no index either, which is slower still."""
    plan = letters.execute("EXPLAIN QUERY PLAN SELECT a, MAX(n) FROM v GROUP BY a").fetchall()
    assert "INDEX" not in str(plan)
    assert "TEMP B-TREE FOR GROUP BY" in str(plan)


def test_the_first_groups_come_from_an_index(letters: Connection) -> None:
    for tail, uses in (("LIMIT 2", True), ("ORDER BY a LIMIT 2", True), ("ORDER BY MAX(n) LIMIT 2", False)):
        plan = letters.execute(f"EXPLAIN QUERY PLAN SELECT a, MAX(n) FROM v GROUP BY a {tail}").fetchall()
        assert ("INDEX" in str(plan)) == uses, tail
