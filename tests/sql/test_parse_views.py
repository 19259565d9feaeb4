"""The grammar of materialized views, and the classification of every other statement."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from streamdialect.errors import NotSupportedError, ProgrammingError, SQLSyntaxError
from streamdialect.sql import parse
from streamdialect.sql import statements as s

SEED = """CREATE MATERIALIZED VIEW sensor_data AUTO REFRESH YES AS
SELECT approximate_arrival_timestamp, JSON_PARSE(kinesis_data) AS payload
FROM sensors."my-input-stream";"""


def created(text: str) -> s.CreateMaterializedView:
    statement = parse(text)
    assert isinstance(statement, s.CreateMaterializedView)
    return statement


def test_the_seed_statement() -> None:
    statement = created(SEED)
    assert statement.name == "sensor_data"
    assert statement.auto_refresh
    assert statement.text == SEED
    assert statement.query.startswith("SELECT approximate")
    assert statement.query.endswith('"my-input-stream"')
    assert SEED[statement.query_offset :].startswith(statement.query)


def test_every_clause() -> None:
    text = (
        "create materialized view public.V backup no diststyle key distkey(6) compound sortkey(1, Name) "
        "auto refresh no with (start = 'latest', on_error = stop) as ((select 1 as a));"
    )
    statement = created(text)
    assert statement.name == "v"
    assert (statement.backup, statement.dist_style, statement.dist_key) == (False, "key", 6)
    assert statement.sort_key == (1, "name")
    assert dict(statement.options) == {"start": "latest", "on_error": "stop"}
    assert statement.query == "select 1 as a"
    assert text[statement.query_offset :].startswith("select 1 as a))")


def test_parentheses_of_a_set_operation_stay() -> None:
    assert (
        created("CREATE MATERIALIZED VIEW v AS (SELECT 1) UNION (SELECT 2)").query
        == "(SELECT 1) UNION (SELECT 2)"
    )


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("CREATE MATERIALIZED VIEW v AUTO REFRESH YES SORTKEY(a) AS SELECT 1", "SORTKEY"),
        ("CREATE MATERIALIZED VIEW v SORTKEY(a) BACKUP YES AS SELECT 1", "BACKUP"),
        ("CREATE MATERIALIZED VIEW v SORTKEY(a) SORTKEY(b) AS SELECT 1", "SORTKEY"),
        ("CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1", "IF"),
        ("CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT 1", "OR"),
        ("CREATE MATERIALIZED VIEW v AS DELETE FROM t", "DELETE"),
        ("CREATE MATERIALIZED VIEW v BACKUP MAYBE AS SELECT 1", "MAYBE"),
        ("CREATE MATERIALIZED VIEW v WITH (a = 1, a = 2) AS SELECT 1", "a"),
        ("ALTER MATERIALIZED VIEW v RENAME TO w", "RENAME"),
        ("REFRESH MATERIALIZED VIEW v NOW", "NOW"),
    ],
)
def test_syntax_errors(text: str, token: str) -> None:
    with pytest.raises(SQLSyntaxError, match=f'at or near "{token}"'):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE MATERIALIZED VIEW v (a, b) AS SELECT 1, 2",
        "CREATE MATERIALIZED VIEW other.v AS SELECT 1",
        "CREATE MATERIALIZED VIEW v USING ICEBERG AS SELECT 1",
        "ALTER MATERIALIZED VIEW v ROW LEVEL SECURITY ON",
    ],
)
def test_what_is_not_carried_out(text: str) -> None:
    with pytest.raises(NotSupportedError):
        parse(text)


@pytest.mark.parametrize(
    ("tail", "changes"),
    [
        ("AUTO REFRESH YES", {"auto_refresh": True}),
        ("AUTO REFRESH NO", {"auto_refresh": False}),
        ("ALTER DISTKEY a", {"dist_style": "key", "dist_key": "a"}),
        ("ALTER DISTSTYLE ALL", {"dist_style": "all"}),
        ("ALTER DISTSTYLE AUTO", {"dist_style": "auto"}),
        ("ALTER DISTSTYLE KEY DISTKEY b", {"dist_style": "key", "dist_key": "b"}),
        ("ALTER SORTKEY (a, b)", {"sort_key": ("a", "b")}),
        ("ALTER COMPOUND SORTKEY (a)", {"sort_key": ("a",)}),
        ("ALTER SORTKEY AUTO", {"sort_key_auto": True}),
        ("ALTER SORTKEY NONE", {"sort_key": ()}),
    ],
)
def test_alter(tail: str, changes: dict[str, Any]) -> None:
    statement = parse(f"ALTER MATERIALIZED VIEW v {tail}")
    assert statement == s.AlterMaterializedView(name="v", **changes)


def test_refresh_and_drop() -> None:
    assert parse("REFRESH MATERIALIZED VIEW v CASCADE") == s.RefreshMaterializedView(name="v", cascade=True)
    assert parse("refresh materialized view public.v restrict") == s.RefreshMaterializedView(name="v")
    assert parse("DROP MATERIALIZED VIEW IF EXISTS a, main.b CASCADE") == s.DropMaterializedView(
        names=("a", "b"), if_exists=True, cascade=True
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", s.Query),
        ("  -- comment\n /* a /* nested */ one */ (SELECT 1) UNION (SELECT 2)", s.Query),
        ("VALUES (1)", s.Query),
        ("WITH a AS (SELECT 1) SELECT * FROM a", s.Query),
        ("with recursive a(x) as (values (1)) select * from a", s.Query),
        ("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", s.Change),
        ("WITH a AS (SELECT 1) DELETE FROM t", s.Change),
        ("BEGIN IMMEDIATE", s.PassThrough),
        ("COMMIT;", s.PassThrough),
        ("SAVEPOINT a", s.PassThrough),
        ("PRAGMA user_version", s.PassThrough),
        ("INSERT INTO t VALUES (';')", s.Change),
        ("CREATE TABLE t (a)", s.CreateTable),
        ("CREATE VIEW v AS SELECT 1", s.CreateView),
        ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END", s.PassThrough),
        ("", s.PassThrough),
        (" ; ", s.PassThrough),
        ("TRUNCATE TABLE v", s.Truncate),
        ("TRUNCATE public.v", s.Truncate),
        ("DELETE FROM v WHERE a = 1", s.DeleteFrom),
        ("DELETE FROM main.v", s.DeleteFrom),
        ("DELETE FROM temp.v", s.Change),
        ("DELETE FROM [v]", s.Change),
        ("INSERT INTO t VALUES ('\\', ';')", s.Change),
        ("CREATE OR REPLACE VIEW v AS SELECT 1 WITH NO SCHEMA BINDING", s.CreateView),
        ("SET enable_case_sensitive_identifier TO true", s.SetOption),
        ("SHOW search_path", s.ShowOption),
        ("RESET ALL", s.ResetOption),
    ],
)
def test_classification(text: str, expected: type) -> None:
    assert type(parse(text)) is expected


def test_pass_through_tells_whether_it_may_write() -> None:
    def writes(text: str) -> bool:
        statement = parse(text)
        assert isinstance(statement, s.PassThrough)
        return statement.may_write

    assert writes("CREATE INDEX i ON t (a)")
    assert writes("PRAGMA user_version = 3")
    assert not writes("PRAGMA user_version")
    assert not writes("BEGIN")


@pytest.mark.parametrize("text", ["DROP TABLE a; DROP TABLE b", "REFRESH MATERIALIZED VIEW v; SELECT 1"])
def test_several_statements(text: str) -> None:
    with pytest.raises(ProgrammingError, match="several statements"):
        parse(text)


def test_late_binding_view() -> None:
    text = 'CREATE VIEW Live AS SELECT * FROM s."T" WITH NO SCHEMA BINDING;'
    statement = parse(text)
    assert isinstance(statement, s.CreateView)
    assert (statement.name, statement.query) == ("live", 'SELECT * FROM s."T"')
    assert text[statement.query_offset :].startswith(statement.query)


def test_set() -> None:
    assert parse("SET SESSION timezone = 'UTC'") == s.SetOption(name="timezone", value="UTC")
    assert parse("set a.b to default") == s.SetOption(name="a.b", value=None)
    assert parse("SET search_path TO a, b") == s.SetOption(name="search_path", value="a, b")


def test_nul_is_refused() -> None:
    with pytest.raises(ProgrammingError, match="NUL"):
        parse("SELECT '\0'")


def test_importing_and_classifying_does_not_load_sqlglot() -> None:
    code = (
        "import sys, streamdialect.sql as q; q.parse('SELECT 1'); q.parse('BEGIN');"
        "q.parse('REFRESH MATERIALIZED VIEW v'); assert 'sqlglot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
