"""Where statements end, what is complete, and where an error is in its file."""

from __future__ import annotations

import pytest

import streamdialect
from streamdialect.cli.script import Statement, is_complete, message, relations_in, split

TRIGGER = (
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM t WHERE a = CASE 1 WHEN 1 THEN 2 END; END"
)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        (" -- nothing\n;; /* at /* all */ ; */ ;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT ';' ; SELECT \"a;b\";", ["SELECT ';'", 'SELECT "a;b"']),
        (r"SELECT 'it\'s; one'; SELECT 2", [r"SELECT 'it\'s; one'", "SELECT 2"]),
        ("SELECT 1 -- ; not yet\n;SELECT 2", ["SELECT 1 -- ; not yet", "SELECT 2"]),
        (f"{TRIGGER}; SELECT 3;", [TRIGGER, "SELECT 3"]),
        ("BEGIN; SELECT 1; END;", ["BEGIN", "SELECT 1", "END"]),
        (
            "DROP TRIGGER t; SELECT 1 AS trigger; SELECT 2",
            ["DROP TRIGGER t", "SELECT 1 AS trigger", "SELECT 2"],
        ),
    ],
)
def test_a_script_is_split_at_its_semicolons(script: str, expected: list[str]) -> None:
    assert [statement.text for statement in split(script)] == expected


def test_statements_know_their_place() -> None:
    script = "-- first\nSELECT 1;\n\n  SELECT\n 2; SELECT 3"
    assert [(each.line, each.column) for each in split(script)] == [(2, 1), (4, 3), (5, 5)]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1; SELECT", False),
        ("SELECT ';", False),
        ("SELECT 1 -- ;", False),
        ("SELECT /* ; ", False),
        (f"{TRIGGER[:-5]}", False),
        (f"{TRIGGER};", True),
    ],
)
def test_what_is_whole(text: str, whole: bool) -> None:
    assert is_complete(text) is whole


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("create materialized view v as select 1", "CREATE MATERIALIZED VIEW"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW"),
        ("create temp table t (a int)", "CREATE TEMP TABLE"),
        ("insert into view values (1)", "INSERT"),
        ("drop schema table", "DROP SCHEMA"),
        ("-- nothing", ""),
    ],
)
def test_tags_name_statements_as_a_person_would(text: str, tag: str) -> None:
    assert Statement(text).tag == tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\n\n\n\n\n\n\n\n\n   SELECT 1, nope",
            ["(line 10, column 14)", "LINE 10: SELECT 1, nope", " " * 19 + "^"],
        ),
        (
            "SELECT 1;\n  SELECT 2,\n   a b c",
            ["(line 3, column 8)", "LINE 3:    a b c", " " * 15 + "^"],
        ),
    ],
)
def test_an_error_is_where_the_file_has_it(text: str, expected: list[str]) -> None:
    *_, statement = split(text)
    connection = streamdialect.connect(None, ingest="off")
    with pytest.raises(streamdialect.ProgrammingError) as raised:
        connection.execute(statement.text)
    connection.close()
    first, *rest = message(raised.value, statement).split("\n")
    assert first.endswith(expected[0])
    assert rest == expected[1:]


def test_the_relations_of_a_query_have_their_aliases() -> None:
    text = 'SELECT * FROM a JOIN s."T-x" AS x ON TRUE, b WHERE EXISTS (SELECT 1 FROM Public.C d) -- FROM e'
    assert list(relations_in(text)) == [
        ("a", "a"),
        ("T-x", 's."T-x"'),
        ("x", 's."T-x"'),
        ("c", "Public.C"),
        ("d", "Public.C"),
    ]
