"""What Superset's own parser makes of our SQL; see ``superset.md`` of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.sql.cases import Case, statements
from tests.sql.test_corpus import CASES, answer, prepared
from tests.superset.application import ENGINE, make_file, script, superset_application

pytestmark = [pytest.mark.superset, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with superset_application(tmp_path_factory.mktemp("superset")) as app:
        yield app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make_file(tmp_path / "events.db")


def test_every_statement_of_the_corpus_goes_as_it_is(application: Any) -> None:
    from superset.exceptions import SupersetParseError

    unread = 0
    for case in CASES:
        for statement in statements(case.sql):
            try:
                assert script(statement).format() == statement.strip()
            except SupersetParseError:
                unread += 1
                assert case.error or case.refused, statement
    assert unread <= 5


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[tuple[str, bool], streamdialect.Connection]]:
    opened: dict[tuple[str, bool], streamdialect.Connection] = {}
    yield opened
    for connection in opened.values():
        connection.close()


def as_in_sql_lab(text: str) -> str:
    """Do what SQL Lab does before it runs a script: a limit for each statement that changes nothing."""
    parsed = script(text)
    for statement in parsed.statements:
        if not statement.is_mutating():
            limit = statement.get_limit_value()
            statement.set_limit_value(limit if limit is not None else 100_000)
    return ";\n".join(statement.format() for statement in parsed.statements)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sql_lab_gives_the_answer_of_the_corpus(
    application: Any, databases: dict[tuple[str, bool], streamdialect.Connection], case: Case
) -> None:
    if case.refused is not None or case.error is not None:
        return
    alone: dict[tuple[str, bool], streamdialect.Connection] = {}
    connection = prepared(
        alone if "alone" in case.flags else databases, case.setup, "default" not in case.flags
    )
    try:
        sql = ";\n".join(as_in_sql_lab(statement) for statement in statements(case.sql))
        columns, rows = answer(connection, sql)
        assert columns == list(case.columns)
        in_order = "unordered" not in case.flags
        assert (rows if in_order else sorted(rows)) == (list(case.rows) if in_order else sorted(case.rows))
    finally:
        connection.rollback()
        connection.execute("RESET ALL")
        for opened in alone.values():
            opened.close()


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT * FROM t", {"t"}),
        ('SELECT * FROM web."my-stream" s', {"web.my-stream"}),
        ("SELECT i FROM web.clicks c, c.items i", {"web.clicks"}),
        ("WITH t AS (SELECT * FROM hidden) SELECT * FROM t", {"hidden"}),
        ("SELECT a FROM t WHERE a IN (SELECT b FROM u) UNION SELECT c FROM public.w", {"t", "u", "public.w"}),
        ("EXPLAIN SELECT * FROM t", {"t"}),
        ("SELECT a INTO n FROM t", {"t"}),
        ("INSERT INTO t SELECT * FROM u", {"u"}),
        ("CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT * FROM web.clicks", {"web.clicks"}),
        ("CREATE TABLE n AS SELECT * FROM t", {"t"}),
        ("CREATE VIEW n AS SELECT * FROM t", {"t"}),
        ("REFRESH MATERIALIZED VIEW v", set()),
        ("SHOW datestyle", set()),
        # An alias must not make a path into a value of what the driver reads as a table.
        ("SELECT * FROM (SELECT * FROM public.hidden) x, t public", {"public.hidden", "t"}),
        (
            "SELECT * FROM t x JOIN (SELECT * FROM main.hidden) y ON true JOIN t main ON true",
            {"public.hidden", "t"},
        ),
        ("WITH c AS (SELECT * FROM public.hidden) SELECT * FROM c, t public", {"public.hidden", "t"}),
        ("SELECT a FROM t o WHERE EXISTS (SELECT 1 FROM o.s)", {"t"}),
        # One table has one name: permissions and row-level security go by it.
        ("SELECT main.t.a FROM main.t", {"public.t"}),
        ("SELECT x FROM t main, main.s x", {"t"}),
    ],
)
def test_the_tables_that_a_statement_reads(application: Any, text: str, tables: set[str]) -> None:
    (statement,) = script(text).statements
    assert {str(table) for table in statement.tables} == tables


@pytest.mark.parametrize(
    ("text", "mutating"),
    [
        ("SELECT 1", False),
        ("EXPLAIN SELECT 1", False),
        ("SHOW datestyle", False),
        ("SET datestyle TO 'ISO'", False),
        ("PRAGMA user_version", False),
        ("REFRESH MATERIALIZED VIEW v", True),
        ("CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default", True),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", True),
        ("ALTER MATERIALIZED VIEW v AUTO REFRESH YES", True),
        ("DROP MATERIALIZED VIEW v", True),
        ("TRUNCATE v", True),
        ("SELECT 1 AS a INTO n", True),
        ("REPLACE INTO t VALUES (1)", True),
        ("WITH c AS (SELECT 1 AS a) INSERT INTO t SELECT a FROM c", True),
        ("CREATE INDEX i ON t(a)", True),
        ("PRAGMA user_version = 1", True),
        ("ATTACH 'x' AS y", True),
        ("MERGE INTO t USING u ON t.a = u.a REMOVE DUPLICATES", True),
    ],
)
def test_what_changes_something_needs_the_right_to(application: Any, text: str, mutating: bool) -> None:
    assert script(text).has_mutation() is mutating
    assert script(f"SELECT 1; {text}").has_mutation() is mutating


@pytest.mark.parametrize(
    ("text", "nested"),
    [
        ("a = (SELECT MAX(a) FROM t)", True),
        ("release IN (SELECT a FROM t)", True),
        ("SELECT comment, (SELECT 1)", True),
        ("SELECT a + 1", False),
        ("a = 1", False),
    ],
)
def test_subqueries_of_expressions_are_seen(application: Any, text: str, nested: bool) -> None:
    (statement,) = script(text).statements
    assert statement.has_subquery() is nested


def test_functions_are_seen(application: Any) -> None:
    parsed = script("SELECT Date_Trunc('day', ts), pg_cancel_backend(5) FROM t")
    assert parsed.check_functions_present({"pg_cancel_backend"})
    assert parsed.check_functions_present({"DATE_TRUNC"})
    assert not parsed.check_functions_present({"version"})


def test_filters_of_users_are_closed(application: Any) -> None:
    from superset.exceptions import QueryClauseValidationException
    from superset.sql.parse import sanitize_clause

    assert sanitize_clause("a = 1 -- x", ENGINE) == "a = 1 /* x */"
    assert sanitize_clause("COUNT(*) > 5", ENGINE) == "COUNT(*) > 5"
    for wrong in ("1 = 1) OR (1 = 1", "a = 1; DROP TABLE t", "a = 'x", "a = 1 /* x", "a, b", "a = 1 FROM t"):
        with pytest.raises(QueryClauseValidationException):
            sanitize_clause(wrong, ENGINE)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT a FROM u ORDER BY a", [(2,), (3,)]),
        ("SELECT x.a FROM u x, u y WHERE x.a = y.a ORDER BY 1 -- end", [(2,), (3,)]),
        ("SELECT COUNT(*) FROM (SELECT a FROM public.u) q", [(3,)]),
        ("WITH c(n) AS (SELECT a FROM u WHERE a::VARCHAR ~ '[23]') SELECT TOP 1 n FROM c ORDER BY n", [(2,)]),
    ],
)
def test_row_level_security_filters(application: Any, file: Path, text: str, rows: list[Any]) -> None:
    from superset.sql.parse import RLSMethod, Table

    (statement,) = script(text).statements
    rules = {Table("u"): [statement.parse_predicate("a > 1 AND a <> 7")]}
    statement.apply_rls(None, None, rules, RLSMethod.AS_SUBQUERY)
    statement.set_limit_value(1000) if "TOP" not in text else None
    connection = streamdialect.connect(file, ingest="off")
    assert connection.execute(statement.format()).fetchall() == rows
    connection.close()


def test_a_filter_that_begins_like_a_statement_filters(application: Any) -> None:
    from superset.sql.parse import RLSMethod, Table

    (statement,) = script("SELECT * FROM prices").statements
    rules = {Table("prices"): [statement.parse_predicate("close > 5 OR comment = 'x'")]}
    statement.apply_rls(None, None, rules, RLSMethod.AS_SUBQUERY)
    assert "WHERE\n    close > 5 OR comment = 'x'" in statement.format()


@pytest.mark.parametrize("method", ["TABLE", "VIEW"])
def test_create_table_as_and_create_view_as(application: Any, file: Path, method: str) -> None:
    from superset.sql.parse import CTASMethod, Table

    (statement,) = script("SELECT a AS \"A b\", '\n  x' AS c\nFROM u -- all\n").statements
    created = statement.as_create_table(Table("made", "public"), CTASMethod[method])
    assert created.is_mutating()
    connection = streamdialect.connect(file, ingest="off")
    connection.execute(created.format())
    cursor = connection.execute("SELECT * FROM made ORDER BY 1")
    assert cursor.fetchall() == [(1, "\n  x"), (2, "\n  x"), (3, "\n  x")]
    connection.close()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT a FROM u ORDER BY a LIMIT (2)", 2),
        ("SELECT TOP (2) a FROM u ORDER BY a", 2),
        ("SELECT a FROM u LIMIT ALL", 3),
        ("SELECT a FROM u LIMIT NULL", 3),
        ("SELECT a FROM (SELECT a FROM u LIMIT 1 + 1)", 2),
    ],
)
def test_a_limit_of_the_query_stays(application: Any, file: Path, text: str, rows: int) -> None:
    with closing(streamdialect.connect(file)) as connection:
        assert len(connection.execute(text).fetchall()) == rows
        assert len(connection.execute(as_in_sql_lab(text)).fetchall()) == rows


@pytest.mark.parametrize(
    "limit", ["LIMIT 1 + 1", "LIMIT CAST(2 AS INT)", "FETCH FIRST 2 ROWS ONLY", "LIMIT (SELECT 2)"]
)
def test_a_limit_that_is_no_number_is_not_replaced(application: Any, limit: str) -> None:
    """Superset would put its own row limit there, and the query would give other rows."""
    from sqlglot.errors import UnsupportedError

    with pytest.raises(UnsupportedError, match="must be a number: write LIMIT 10"):
        as_in_sql_lab(f"SELECT a FROM u {limit}")


def test_a_table_is_protected_under_its_other_name(application: Any, file: Path) -> None:
    """SQLite's name of the schema reads the same table, so the predicates of ``public`` hold."""
    from superset.sql.parse import RLSMethod, Table

    (statement,) = script("SELECT i FROM t AS main, main.s AS i").statements
    statement.apply_rls(
        None, "public", {Table("t", "public"): [statement.parse_predicate("a > 2")]}, RLSMethod.AS_PREDICATE
    )
    assert " ".join(statement.format().split()) == "SELECT i FROM t AS main, main.s AS i WHERE main.a > 2"
    (statement,) = script("SELECT main.u.a FROM main.u").statements
    predicate = statement.parse_predicate("a > 2")
    statement.apply_rls(None, "public", {Table("u", "public"): [predicate]}, RLSMethod.AS_PREDICATE)
    with closing(streamdialect.connect(file)) as connection:
        assert connection.execute(statement.format()).fetchall() == [(3,)]


def test_explain_stays_explain_with_row_level_security(application: Any, file: Path) -> None:
    from superset.sql.parse import RLSMethod, Table

    (statement,) = script("EXPLAIN SELECT a FROM u").statements
    predicates = {Table("u", "public"): [statement.parse_predicate("a > 2")]}
    statement.apply_rls(None, "public", predicates, RLSMethod.AS_PREDICATE)
    with closing(streamdialect.connect(file)) as connection:
        assert connection.execute(statement.format()).fetchall() == [("SCAN u",)]
