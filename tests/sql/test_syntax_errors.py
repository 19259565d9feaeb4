"""What is not Redshift's SQL is refused at the token where it goes wrong, and never with an error of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streamdialect
from streamdialect.errors import Error, SQLSyntaxError
from streamdialect.sql import Settings, compile_query
from streamdialect.sql.dialect import parse_query, tokenize
from streamdialect.sql.token_passes import unterminated
from tests.sql.cases import cases, statements


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("select a from t where", "syntax error at end of input", 1, 22),
        ("select a,\nfrom t", 'syntax error at or near "from"', 2, 1),
        ("select a from t,", "syntax error at end of input", 1, 17),
        ("select f(a, ) from t", 'syntax error at or near ")"', 1, 13),
        ("select a from t group by", "syntax error at end of input", 1, 25),
        ("select a from t order by limit 3", 'syntax error at or near "limit"', 1, 26),
        ("select (1 + from t", 'syntax error at or near "from"', 1, 13),
        ("select a from t limit 2, 3", 'syntax error at or near "', 1, None),
        ("select a from t t2 t3", 'syntax error at or near "t3"', 1, 20),
        ("select !a from t", 'syntax error at or near "!"', 1, 8),
        ("select a from t |> where a = 1", 'syntax error at or near "|>"', 1, 17),
        ("select 1 from (from t)", 'syntax error at or near "from"', 1, 16),
        ("select 1 from (table t)", 'syntax error at or near "table"', 1, 16),
        ("select 1 union from t", 'syntax error at or near "from"', 1, 16),
        ("select a as 'x' from t", "syntax error at or near \"'x'\"", 1, 13),
        ("select 1e from t", 'syntax error at or near "1e"', 1, 8),
        ("select convert(x)", "Expecting a type", 1, 16),
        ("select convert(int)", "Expecting ,", 1, 19),
        ("select convert(int, ) from t", 'syntax error at or near ")"', 1, 21),
        ("select a from t connect by prior = b", "Expecting an expression", 1, None),
        ("select count(* from t", "Expecting )", 1, 16),
        ("select a\nfrom (select 1", "syntax error at end of input", 2, 15),
        ("select 'a", "unterminated quoted string", 1, 8),
        ('select\n a from "t', "unterminated quoted identifier", 2, 9),
        ("select a /* x /* y */", "unterminated /* comment", 1, 10),
        ("select $$x", "unterminated dollar-quoted string", 1, 8),
    ],
)
def test_place_and_message(text: str, message: str, line: int, column: int | None) -> None:
    with pytest.raises(SQLSyntaxError) as caught:
        parse_query(text)
    error = caught.value
    assert message in str(error)
    assert error.line == line
    assert column is None or error.column == column
    lines = str(error).split("\n")
    assert lines[1].startswith(f"LINE {line}: ")
    shown = text.split("\n")[line - 1]
    assert lines[2].index("^") == len(f"LINE {line}: ") + (error.column or 0) - 1
    assert lines[1].endswith(shown)


def test_prior_is_known_only_in_connect_by() -> None:
    """sqlglot registers PRIOR on its class, and a syntax error used to leave it there."""
    with pytest.raises(SQLSyntaxError):
        parse_query("select a from t connect by prior a = (")
    assert parse_query("select prior from t").expressions[0].name == "prior"


def test_nothing_open() -> None:
    assert unterminated("select 'a''b' \"c\"\"d\" $$e$$ /* f */ -- 'g") == (0, "this text has no tokens")


# --- statements with a few tokens changed ----------------------------------------------------------

ACCEPTED = [
    (case.setup, statement)
    for case in cases()
    if case.error is None and case.refused is None and "default" not in case.flags
    for statement in statements(case.sql)
    if statement[:6].upper() in ("SELECT", "WITH R", "WITH P", "WITH V", "WITH W")
]


def words(text: str) -> list[str]:
    return [text[token.start : token.end + 1] for token in tokenize(text)]


VOCABULARY = sorted({word for _, statement in ACCEPTED for word in words(statement)})
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "swap", "insert"]), st.integers(0, 999), st.integers(0, 9999)
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def backends() -> Iterator[dict[str, Any]]:
    """Keep a database for each setup of the corpus."""
    opened: dict[str, streamdialect.Connection] = {}

    class Backends(dict[str, Any]):
        def __missing__(self, setup: str) -> Any:
            opened[setup] = connection = streamdialect.connect(compat="redshift")
            for statement in statements(setup):
                connection.execute(statement)
            connection.commit()
            self[setup] = connection._backend
            return self[setup]

    yield Backends()
    for connection in opened.values():
        connection.close()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(ACCEPTED) - 1), EDITS)
def test_changed_statements(backends: dict[str, Any], chosen: int, edits: list[tuple[str, int, int]]) -> None:
    """Whatever a typing error makes of a statement: an error of ours, or SQL that SQLite prepares."""
    setup, statement = ACCEPTED[chosen]
    found = words(statement)
    for kind, place, other in edits:
        place %= len(found)
        if kind == "drop" and len(found) > 1:
            del found[place]
        elif kind == "double":
            found.insert(place, found[place])
        elif kind == "swap":
            other %= len(found)
            found[place], found[other] = found[other], found[place]
        else:
            found.insert(place, VOCABULARY[other % len(VOCABULARY)])
    backend = backends[setup]
    complaint = ""
    try:
        compiled = compile_query(" ".join(found), backend.session.relations, Settings(compat=True))
    except Error as error:
        complaint = str(error)
    if complaint:
        assert "sqlglot" not in complaint
        assert "<class" not in complaint
        return
    try:
        list(backend.session._connection.execute(f"EXPLAIN {compiled.sql}", [None] * compiled.positional))
    except apsw.SQLError as error:
        raise AssertionError(f"{' '.join(found)}\n{compiled.sql}") from error
