"""Texts: blanks at their ends, patterns, and what indexes serve."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import streamdialect
from streamdialect.scalars.digests import murmur3
from streamdialect.scalars.fingerprints import fingerprint64
from streamdialect.scalars.patterns import compiled, glob
from streamdialect.sql import Settings, compile_query
from streamdialect.sql.dialect import parse_query
from streamdialect.storage.connection import register_functions
from streamdialect.storage.relations import FileRelations

Query = Callable[..., Any]


@pytest.fixture(scope="module")
def connection() -> Iterator[streamdialect.Connection]:
    with closing(streamdialect.connect(compat="redshift")) as opened:
        yield opened


@pytest.fixture(scope="module")
def one(connection: streamdialect.Connection) -> Query:
    def value(sql: str, *parameters: Any) -> Any:
        return next(iter(connection.execute(f"SELECT {sql}", parameters)))[0]

    return value


# --- what indexes serve ---------------------------------------------------------------------------


def plan(condition: str, declared: str, *parameters: Any) -> str:
    """Give SQLite's plan of a query over a table whose text column has an index."""
    database = apsw.Connection(":memory:")
    register_functions(database)
    database.execute(f"CREATE TABLE t (a {declared}, b INT); CREATE INDEX i ON t (a)")
    compiled_query = compile_query(
        f"SELECT b FROM t WHERE {condition}", FileRelations(database), Settings(compat=True)
    )
    rows = database.execute(f"EXPLAIN QUERY PLAN {compiled_query.sql}", parameters).fetchall()
    database.close()
    return " / ".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("declared", ["VARCHAR(20)", "VARCHAR(20) COLLATE RTRIM"])
@pytest.mark.parametrize(
    ("condition", "parameters"),
    [
        ("a = 'abc'", ()),
        ("'abc' = a", ()),
        ("a = ?", ("abc",)),
        ("a IN ('abc', 'abd')", ()),
        ("a >= 'abc'", ()),
        ("a < 'abc'", ()),
        ("a BETWEEN 'a' AND 'b'", ()),
        ("a LIKE 'abc%'", ()),
        ("EXISTS (SELECT 1 FROM t x WHERE x.a = t.a)", ()),
    ],
)
def test_a_comparison_uses_the_index(declared: str, condition: str, parameters: tuple[Any, ...]) -> None:
    assert "INDEX i" in plan(condition, declared, *parameters)


def test_a_materialized_view_has_the_collation(connection: streamdialect.Connection) -> None:
    connection.execute("CREATE TABLE base (a VARCHAR(10))")
    connection.execute("INSERT INTO base VALUES ('x'), ('x  '), ('y')")
    connection.execute("CREATE MATERIALIZED VIEW seen AS SELECT a FROM base")
    assert connection.execute("SELECT COUNT(*) FROM seen WHERE a = 'x'").fetchone() == (2,)
    assert connection.execute("SELECT COUNT(DISTINCT a) FROM seen").fetchone() == (2,)
    connection.rollback()


# --- blanks at the end ----------------------------------------------------------------------------

TEXT = st.text(st.sampled_from("ab !\x1fé"), max_size=4)
_ORDER = {"=": "__eq__", "<>": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}


@pytest.fixture(scope="module")
def pairs(connection: streamdialect.Connection) -> Query:
    connection.execute("CREATE TEMP TABLE pair (a VARCHAR(20), b VARCHAR(20))")
    connection.execute("CREATE INDEX temp.pair_a ON pair (a)")

    def rows(condition: str, left: str, right: str, *parameters: Any) -> bool:
        connection.execute("DELETE FROM pair")
        connection.execute("INSERT INTO pair VALUES (?, ?)", (left, right))
        return bool(connection.execute(f"SELECT 1 FROM pair WHERE {condition}", parameters).fetchall())

    return rows


@settings(max_examples=150, deadline=None)
@given(left=TEXT, right=TEXT, operator=st.sampled_from(sorted(_ORDER)))
def test_blanks_at_the_end_do_not_count(pairs: Query, left: str, right: str, operator: str) -> None:
    expected = getattr(left.rstrip(" ").encode(), _ORDER[operator])(right.rstrip(" ").encode())
    literal = "'" + right + "'"
    assert pairs(f"a {operator} b", left, right) is expected
    assert pairs(f"a {operator} {literal}", left, right) is expected
    assert pairs(f"a {operator} ?", left, right, right) is expected
    if operator == "=":
        assert pairs(f"a IN ({literal}, 'zz')", left, right) is expected
        assert pairs("a IN (SELECT b FROM pair)", left, right) is expected
        assert pairs("NULLIF(a, b) IS NULL", left, right) is expected
        assert pairs("DECODE(a, b, 1) = 1", left, right) is expected
        assert pairs("CASE a WHEN b THEN 1 END = 1", left, right) is expected
        assert (
            pairs("(SELECT COUNT(*) FROM (SELECT a FROM pair UNION SELECT b FROM pair) u) = 1", left, right)
            is expected
        )


# --- functions ------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.sampled_from("abcAB €é-.'\\"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(text=ANY_TEXT, start=st.integers(-6, 10), length=st.integers(0, 12))
def test_substring(one: Query, text: str, start: int, length: int) -> None:
    expected = "".join(c for place, c in enumerate(text, 1) if start <= place < start + length)
    assert one("SUBSTRING(?, ?, ?)", text, start, length) == expected
    assert one(f"SUBSTRING(?, {start}, {length})", text) == expected
    assert one("SUBSTRING(?, ?)", text, start) == text[max(start - 1, 0) :]


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.text("ab", max_size=2), min_size=1, max_size=4), place=st.integers(1, 6))
def test_split_part(one: Query, parts: list[str], place: int) -> None:
    expected = parts[place - 1] if place <= len(parts) else ""
    assert one("SPLIT_PART(?, '--', ?)", "--".join(parts), place) == expected


@settings(max_examples=100, deadline=None)
@given(text=ANY_TEXT, length=st.integers(-2, 12), filling=st.text("xy€", min_size=1, max_size=3))
def test_pad(one: Query, text: str, length: int, filling: str) -> None:
    wanted = max(length, 0)
    missing = max(wanted - len(text), 0)
    padding = (filling * 12)[:missing]
    assert one("LPAD(?, ?, ?)", text, length, filling) == padding + text[:wanted]
    assert one("RPAD(?, ?, ?)", text, length, filling) == text[:wanted] + padding


@settings(max_examples=100, deadline=None)
@given(text=ANY_TEXT, source=st.text("abcAB", max_size=4), target=st.text("xyz", max_size=4))
def test_translate(one: Query, text: str, source: str, target: str) -> None:
    expected = ""
    for character in text:
        place = source.find(character)
        if place < 0:
            expected += character
        elif place < len(target):
            expected += target[place]
    assert one("TRANSLATE(?, ?, ?)", text, source, target) == expected


@settings(max_examples=100, deadline=None)
@given(text=ANY_TEXT)
def test_quote_literal_is_read_back(one: Query, text: str) -> None:
    assert one(one("QUOTE_LITERAL(?)", text)) == text


def matched(text: str, pattern: str) -> bool:
    """Match by the definition of LIKE, with a backslash as the escape character."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(matched(text[start:], pattern[1:]) for start in range(len(text) + 1))
    if not text:
        return False
    if pattern[0] == "\\":
        return text[0] == pattern[1] and matched(text[1:], pattern[2:])
    return pattern[0] in ("_", text[0]) and matched(text[1:], pattern[1:])


PATTERN = st.lists(st.sampled_from(["%", "_", "a", "B", " ", "\\%", "\\_", "\\\\"]), max_size=5).map("".join)


@settings(max_examples=200, deadline=None)
@given(text=st.text("aB %_\\", max_size=5), pattern=PATTERN)
def test_like(one: Query, text: str, pattern: str) -> None:
    expected = matched(text, pattern)
    assert one("? LIKE ?", text, pattern) is expected
    written = "'" + pattern.replace("\\", "\\\\") + "'"
    assert one(f"? LIKE {written}", text) is expected
    assert one(f"? NOT LIKE {written}", text) is not expected
    assert one("? ILIKE ?", text, pattern) is matched(text.lower(), pattern.lower())
    assert one("? SIMILAR TO ?", text, pattern) is expected


LETTERS = st.text("aB%_\\*?[]^-!é😀\0 ", max_size=6)


@settings(max_examples=500, deadline=None)
@given(text=LETTERS, pattern=LETTERS, escape=st.sampled_from("\\!%_*[aé"))
@example("a*b", "%*_", "\\")
@example("a", "a\\", "\\")
def test_glob_is_case_sensitive_like(text: str, pattern: str, escape: str) -> None:
    database = apsw.Connection(":memory:")
    database.pragma("case_sensitive_like", True)
    row = next(
        database.execute(
            "SELECT ?1 LIKE ?2 ESCAPE ?3, ?1 GLOB ?4", (text, pattern, escape, glob(pattern, escape))
        )
    )
    database.close()
    assert row[0] == row[1]


@pytest.mark.parametrize("sensitive", [False, True])
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a LIKE 'Ab%'", ["Ab", "Ab[c]"]),
        ("a NOT LIKE '%b%'", ["AB", "xY"]),
        ("a LIKE '%[c]'", ["Ab[c]"]),
        ("a NOT LIKE '%[c]'", ["AB", "Ab", "ab", "xY"]),
        ("a LIKE '!A_' ESCAPE '!'", ["AB", "Ab"]),
        ("a LIKE substring(a, 1, 1) || 'b'", ["Ab", "ab"]),
        ("a ILIKE 'AB%'", ["AB", "Ab", "Ab[c]", "ab"]),
    ],
)
def test_like_needs_no_setting(condition: str, expected: list[str], sensitive: bool) -> None:
    database = apsw.Connection(":memory:")
    register_functions(database)
    database.pragma("case_sensitive_like", sensitive)
    database.execute("CREATE TABLE t (a VARCHAR(20))")
    database.execute("INSERT INTO t VALUES ('AB'), ('Ab'), ('Ab[c]'), ('ab'), ('xY'), (NULL)")
    query = f"SELECT a FROM t WHERE {condition} ORDER BY a"
    compiled_query = compile_query(query, FileRelations(database), Settings(compat=True))
    found = [row[0] for row in database.execute(compiled_query.sql)]
    database.close()
    assert found == expected


# --- hashes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "expected"),
    [  # computed with FarmHash itself, of the bytes 3, 10, 17, ...
        (0, -7286425919675154353),
        (3, 4662423180930907492),
        (7, 5759834791111993764),
        (16, 9140634717936656744),
        (32, -6539366919091055384),
        (33, -4445161147390955287),
        (64, 389040666157116578),
        (65, 8638051931306504420),
        (128, 7379187116787024497),
        (299, -1776110594117241123),
    ],
)
def test_fingerprints_of_every_kind_of_length(length: int, expected: int) -> None:
    assert fingerprint64(bytes((number * 7 + 3) % 256 for number in range(length))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(34, 2017239379), ("iceberg", 1210000089), (b"\0\1\2\3", -188683207)],
)
def test_murmur_is_that_of_iceberg(value: Any, expected: int) -> None:
    assert murmur3(value, 0) == expected


# --- regular expressions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        r"a*?",
        r"a**",
        r"(?:a)",
        r"(?i)a",
        r"\Bx",
        r"\1",
        "a{,2}",
        "a{x}",
        "[[.a.]]",
        "[[=a=]]",
        "[[:nosuch:]]",
        r"\y",
        "*a",
        r"\Z",
    ],
)
def test_patterns_that_python_reads_otherwise_are_refused(one: Query, pattern: str) -> None:
    written = pattern.replace("\\", "\\\\")
    with pytest.raises(streamdialect.NotSupportedError, match="not supported"):
        one(f"'a' ~ '{written}'")
    with pytest.raises(streamdialect.DataError):
        one("'a' ~ ?", pattern)


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "[b-a]", "a\\\\"])
def test_patterns_that_are_wrong(one: Query, pattern: str) -> None:
    with pytest.raises(streamdialect.DataError, match="invalid regular expression"):
        one(f"'a' ~ '{pattern}'")


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("a.b", r"a\.b", True),
        ("axb", r"a\.b", False),
        ("x\ny", "x.y", True),
        ("x\ny", "^y$", True),
        ("]", "[]]", True),
        ("-", "[a-]", True),
        ("b", "[^]a]", True),
        ("&", "[a&&b]", True),
        ("é", "[[:alpha:]]", False),
        ("é", r"\w", False),
        ("ab", "[[:alpha:]][[:alnum:]]", True),
        ("a#b", "a#b", True),
    ],
)
def test_posix_patterns(text: str, pattern: str, expected: bool) -> None:
    assert (compiled(pattern).regex.search(text) is not None) is expected


def test_a_match_whose_length_depends_on_the_engine_is_refused(one: Query) -> None:
    assert one("REGEXP_SUBSTR('xab', 'b|ab')") == "ab"
    with pytest.raises(streamdialect.DataError, match="several lengths"):
        one("REGEXP_SUBSTR('xab', 'a|ab')")
    assert one("REGEXP_SUBSTR('xab', 'a|ab', 1, 1, 'p')") == "a"
    assert one("'xab' ~ 'a|ab'") is True


# --- literals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'a\nb\tc'", "a\nb\tc"),
        (r"'\d'", "d"),
        (r"'\\d'", r"\d"),
        (r"'it\'s'", "it's"),
        ("'it''s'", "it's"),
        (r"'\101\0'", "A\0"),
        (r"'\303\251'", "é"),
        (r"'\x\a\v'", "xav"),
        ("$$a\\b$$", "a\\b"),
    ],
)
def test_literals(one: Query, literal: str, text: str) -> None:
    assert one(literal) == text


@pytest.mark.parametrize("literal", ["E'a'", "N'a'", "X'41'", "B'01'", "U&'a'"])
def test_literals_that_are_refused(one: Query, literal: str) -> None:
    with pytest.raises((streamdialect.ProgrammingError, streamdialect.NotSupportedError)):
        one(literal)


def test_literals_keep_their_places() -> None:
    tree = parse_query(r"SELECT 'a\'b', 'c'")
    assert [literal.name for literal in tree.expressions] == ["a'b", "c"]
    assert re.match("Select", type(tree).__name__)
