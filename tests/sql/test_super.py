"""SUPER against Python's own json: paths, casts, equality, order; what a stream's records go through."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import streamdialect
from streamdialect.scalars.arrays import array_distinct, array_sort
from streamdialect.scalars.documents import json_fits, json_repair, read_json, write_json
from streamdialect.scalars.dynamic import group_key, json_compare, order_key, super_form, super_operate
from tests.sql.test_stream_views import K, database, ingest  # noqa: F401 - fixtures

RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.decimals(-1000, 1000, places=3).map(float),
    st.sampled_from([0, 1, 1.0, 2**63 - 1]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[streamdialect.Connection]:
    with closing(streamdialect.connect()) as opened:
        yield opened


def one(connection: streamdialect.Connection, sql: str, *parameters: Any) -> Any:
    rows = connection.execute(sql, parameters).fetchall()
    assert len(rows) == 1
    return rows[0] if len(rows[0]) > 1 else rows[0][0]


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def paths(value: Any) -> Iterator[tuple[list[Any], Any]]:
    yield [], value
    items: Any = []
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        for path, found in paths(inner):
            yield [key, *path], found


# --- documents ------------------------------------------------------------------------------------


@RELAXED
@given(DOCUMENTS, st.booleans())
def test_a_document_comes_back(connection: streamdialect.Connection, value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=1 if escaped else None)
    back = one(connection, "SELECT JSON_PARSE(?)", text)
    assert back == (None if value is None else write_json(read_json(text)))
    assert one(connection, "SELECT CAN_JSON_PARSE(?)", text) is True
    assert json.loads(one(connection, "SELECT JSON_SERIALIZE(JSON_PARSE(?))", text)) == value


@RELAXED
@given(DOCUMENTS, st.data())
def test_paths_find_what_python_finds(connection: streamdialect.Connection, value: Any, data: Any) -> None:
    path, wanted = data.draw(st.sampled_from(list(paths(value))))
    assume(all(key != "" for key in path))  # "" is no identifier
    steps = "".join(f"[{key}]" if isinstance(key, int) else f".{quoted(key)}" for key in path)
    text = json.dumps(value)
    found = one(connection, f"SELECT s{steps} FROM (SELECT JSON_PARSE(?) AS s) t", text)
    assert (None if found is None else json.loads(found)) == wanted
    direct = one(connection, f"SELECT JSON_PARSE(?){steps}", text)
    assert direct == found


@RELAXED
@given(st.lists(TEXTS, min_size=1, max_size=5), SCALARS, st.booleans())
def test_keys_of_every_kind(
    connection: streamdialect.Connection, keys: list[str], value: Any, computed: bool
) -> None:
    document: Any = value
    for key in reversed(keys):
        document = {key: document}
    elements = ", ".join(literal(key) + (" || ''" if computed else "") for key in keys)
    text = json.dumps(document)
    found = one(connection, f"SELECT JSON_EXTRACT_PATH_TEXT({literal(text)}, {elements})")
    if value is None or isinstance(value, str):
        assert found == value
    else:
        assert found == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"a":1,"a":2}', 0),
        ('{"a":1,"b":{"a":1}}', 1),
        ('[{"a":1},{"a":1}]', 1),
        ('[{"a":1,"a":1}]', 0),
        ('{"a":{"b":1,"b":null}}', 0),
        ('{"a":null,"a":null}', 0),
        ('{"a":1,"\\u0061":1}', 0),
        ('{"a\\"":1,"a\\"":1}', 0),
        ('{"a.b":1,"a":{"b":1}}', 1),
        ('{"a":"a","b":"a"}', 1),
        ('{"k":"v",":x":1,":x":2}', 0),
        ('{"":1,"":1}', 0),
        ('{"a" : 1 , "a" : 2}', 0),
        (json.dumps({f"k{i}": i for i in range(200)}), 1),
        (json.dumps({f"k{i}": i for i in range(200)})[:-1] + ', "k7": 1}', 0),
        ('["' + "x" * 65_535 + '"]', 1),
        ('["' + "x" * 65_536 + '"]', 0),
        ('["' + "é" * 32_768 + '"]', 0),
        ("5", 1),
        ("null", 1),
    ],
)
def test_what_json_parse_refuses(
    connection: streamdialect.Connection,
    plan: Callable[..., Any],
    ingest: Callable[..., Any],  # noqa: F811
    text: str,
    fits: int,
) -> None:
    assert json_fits(text) == fits
    assert one(connection, "SELECT CAN_JSON_PARSE(?)", text) is bool(fits)
    if not fits:
        with pytest.raises(streamdialect.DataError, match="JSON parsing error"):
            one(connection, "SELECT JSON_PARSE(?)", text)
    # The test that a stream's records go through is another one.
    view = plan(f"SELECT JSON_PARSE(kinesis_data) AS p FROM {K} WHERE CAN_JSON_PARSE(kinesis_data)")
    assert len(ingest(view, [text.encode()])) == fits
    if fits:
        bare = plan(f"SELECT JSON_PARSE(kinesis_data) AS p FROM {K}")
        assert ingest(bare, [text.encode()])[0][-1] == (
            None if text == "null" else write_json(read_json(text))
        )


def test_groups_of_a_stream_have_one_form(
    plan: Callable[..., Any],
    ingest: Callable[..., Any],  # noqa: F811
) -> None:
    view = plan(f"SELECT JSON_PARSE(kinesis_data).v AS v, COUNT(*) AS n FROM {K} GROUP BY 1")
    records = [
        b'{"v":1}',
        b'{"v":1.0}',
        b'{"v":1e0}',
        b'{"v":"a "}',
        b'{"v":"a"}',
        b'{"v":{"b":1.50,"a":[]}}',
        b"{}",
    ]
    rows = ingest(view, records)
    assert sorted((str(row[-2]), row[-1]) for row in rows) == [
        ('"a"', 2),
        ("1", 3),
        ("None", 1),
        ('{"a":[],"b":1.5}', 1),
    ]


def test_the_last_of_duplicates() -> None:
    assert json_repair('{"a":1,"b":[{"c":1,"c":2.50}],"a":3}', 1, 0) == '{"a":3,"b":[{"c":2.50}]}'
    with pytest.raises(streamdialect.DataError, match='duplicate attribute "c"'):
        json_repair('[{"c":1,"c":2}]', 0, 1)
    with pytest.raises(streamdialect.DataError, match="a string of 65536 bytes"):
        json_repair(json.dumps("x" * 65_536), 1, 0)
    with pytest.raises(streamdialect.DataError, match="surrogate"):
        json_repair('"\\ud800"', 0, 0)


# --- dynamic types --------------------------------------------------------------------------------


def canonical(value: Any) -> Any:
    """Make equal what SUPER holds for equal."""
    if isinstance(value, str):
        return ("s", value.rstrip(" "))
    if isinstance(value, bool) or value is None:
        return ("b", value)
    if isinstance(value, (int, float)):
        return ("n", Decimal(json.dumps(value)))
    if isinstance(value, list):
        return ("l", tuple(canonical(item) for item in value))
    return ("o", frozenset((key, canonical(item)) for key, item in value.items()))


@RELAXED
@given(DOCUMENTS, DOCUMENTS)
def test_equality_and_keys(connection: streamdialect.Connection, left: Any, right: Any) -> None:
    a, b = json.dumps(left), json.dumps(right)
    for x, y, same in (
        (a, b, canonical(left) == canonical(right)),
        (a, a, True),
        (b, json.dumps(right, indent=2), True),
    ):
        assert (group_key(x) == group_key(y)) is same
        assert (super_form(x) == super_form(y)) is same
    assume(left is not None and right is not None)
    equal, unequal = one(
        connection, "SELECT JSON_PARSE(?) = JSON_PARSE(?), JSON_PARSE(?) <> JSON_PARSE(?)", a, b, a, b
    )
    assert equal is not unequal
    assert equal is (canonical(left) == canonical(right))


@RELAXED
@given(st.lists(SCALARS.filter(lambda value: value is not None), max_size=8))
def test_the_order_of_scalars(connection: streamdialect.Connection, values: list[Any]) -> None:
    def rank(value: Any) -> Any:
        if isinstance(value, bool):
            return (0, value)
        return (2, value.rstrip(" ").encode()) if isinstance(value, str) else (1, Decimal(json.dumps(value)))

    text = json.dumps(values)
    wanted = [rank(value) for value in sorted(values, key=rank)]
    by_key = json.loads(array_sort(text, 1, 0) or "")
    assert [rank(value) for value in by_key] == wanted
    rows = connection.execute("SELECT x FROM (SELECT JSON_PARSE(?) AS l) t, t.l AS x ORDER BY x", [text])
    ranked = [rank(json.loads(x)) for (x,) in rows]
    assert [(r[0], r[1]) for r in ranked] == wanted or any(
        isinstance(v, str) and v != v.rstrip(" ") for v in values
    )


@pytest.mark.parametrize(
    "expression",
    [
        "ARRAY_CONCAT(NULL, ARRAY(1))",
        "ARRAY_FLATTEN(5)",
        "SUBARRAY(ARRAY(1), NULL)",
        "SUBARRAY(OBJECT(), 1, 1)",
        "ARRAY_DISTINCT('x')",
        "ARRAY_UNION(ARRAY(), NULL)",
        "ARRAY_EXCEPT(ARRAY(), 1)",
        "ARRAY_SORT(1)",
        "ARRAY_POSITION(NULL, 1)",
        "ARRAYS_OVERLAP(ARRAY(), NULL)",
        "LOWER_ATTRIBUTE_NAMES(NULL)",
        "GET_ARRAY_LENGTH(OBJECT())",
        "GET_NUMBER_ATTRIBUTES(ARRAY())",
        "DECIMAL_SCALE('x'::SUPER)",
        "OBJECT_TRANSFORM(NULL KEEP '\"a\"')",
        "ROUND(TRUE::SUPER)",
        "-('x'::SUPER)",
        "1::SUPER + NULL",
        "'a'::SUPER + 1",
        "TRUE::SUPER * 2",
        "JSON_PARSE(NULL).a.b[0]",
    ],
)
def test_what_is_null(connection: streamdialect.Connection, expression: str) -> None:
    assert one(connection, f"SELECT {expression}") is None


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("OBJECT('a')", "pairs of keys and values"),
        ("OBJECT(NULL, 1)", "a key of OBJECT is NULL"),
        ("OBJECT(k, 1, 'a', 2) FROM (SELECT 'a' AS k) t", "duplicate attribute"),
        ("OBJECT(k, 1) FROM (SELECT NULL::VARCHAR AS k) t", "a key of OBJECT is NULL"),
        ("SUBARRAY(ARRAY(1), 'x')", "must be an integer"),
        ("ARRAY_SORT(ARRAY(1), 1)", "must be a boolean"),
        ("OBJECT_TRANSFORM(OBJECT('a', 1) KEEP 'a')", "invalid path"),
        ("OBJECT_TRANSFORM(OBJECT('a', 1) KEEP '\"a\"' SET '\"a\"')", "pairs of a path and a value"),
        ("JSON_EXTRACT_PATH_TEXT('{}', 1.5)", "must be VARCHAR"),
        ("JSON_ARRAY_LENGTH('[]', 'x')", "must be a boolean"),
        ("JSON_PARSE(5)", "must be VARCHAR or VARBYTE"),
        ("1e308::SUPER * 1e308", "out of range"),
        ("1 FROM UNNEST(ARRAY(1)) AS a", "UNNEST needs an alias"),
        ("1 FROM UNNEST(5) AS a(b)", "cannot unnest a value of type INTEGER"),
        ("1 FROM (SELECT 1 AS a) t, t.a AS x", "cannot unnest a value of type INTEGER"),
        ("(5).a", "cannot navigate"),
        ("JSON_PARSE('" + "[" * 1001 + "]" * 1001 + "')", "nested deeper than 1,000 levels"),
    ],
)
def test_what_is_wrong(connection: streamdialect.Connection, expression: str, message: str) -> None:
    with pytest.raises(streamdialect.Error, match=message):
        connection.execute(f"SELECT {expression}").fetchall()


def test_keys_of_numbers() -> None:
    numbers = [
        "-1e400",
        "-10",
        "-9.99",
        "-1",
        "-0.001",
        "0",
        "1e-400",
        "0.001",
        "0.0010001",
        "1",
        "9.99",
        "10",
        "1e400",
    ]
    assert sorted(numbers, key=lambda text: order_key(text) or "") == numbers
    for same in (["0", "-0", "0.00", "0e5"], ["100", "1e2", "100.0", "1E+2"], ["-1.5", "-15e-1", "-1.50"]):
        assert len({order_key(text) for text in same}) == len({group_key(text) for text in same}) == 1
    assert json_compare("1", "1.0") == 0
    assert json_compare("[1]", "[1.0]") == 0
    assert json_compare("1", '"1"') == 2
    assert super_form("-0.00") == "0"
    assert super_form("1e3") == "1000"
    assert array_distinct('[1,1.0,"a ","a",{"x":1,"y":2},{"y":2,"x":1.0}]') == '[1,"a ",{"x":1,"y":2}]'


@RELAXED
@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from("+-*/%"))
def test_arithmetic_of_integers(a: int, b: int, operator: str) -> None:
    if operator in "/%" and not b:
        with pytest.raises(streamdialect.DataError, match="division by zero"):
            super_operate(operator, str(a), str(b))
        return
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if b else 0
    wanted = {"+": a + b, "-": a - b, "*": a * b, "/": quotient, "%": a - b * quotient}[operator]
    assert super_operate(operator, str(a), str(b)) == str(wanted)


@RELAXED
@given(SCALARS)
def test_casts(connection: streamdialect.Connection, value: Any) -> None:
    text = json.dumps(value)
    sql = "SELECT s::BIGINT, s::VARCHAR, s::BOOL, s::DATE FROM (SELECT JSON_PARSE(?) AS s) t"
    integer, string, boolean, day = one(connection, sql, text)
    assert day is None
    if isinstance(value, bool):
        assert (integer, string, boolean) == (int(value), str(value).lower(), value)
    elif isinstance(value, int):
        assert (integer, string, boolean) == (value, text, value != 0)
    elif isinstance(value, float):
        assert integer == int(Decimal(text).quantize(Decimal(1), "ROUND_HALF_UP"))
        assert boolean is None
    else:
        assert string == value


def test_parameters(connection: streamdialect.Connection) -> None:
    sql = "SELECT s.v = ?, s.v <> ?, s.v < ? FROM (SELECT JSON_PARSE(?) AS s) t"

    def compared(value: Any, document: str) -> Any:
        return one(connection, sql, value, value, value, document)

    assert compared("a", '{"v":"a "}') == (True, False, False)
    assert compared("b", '{"v":"a"}') == (False, True, True)
    assert compared(5, '{"v":5.0}') == (True, False, False)
    assert compared("5", '{"v":5}') == (False, True, None)
    assert compared('{"x":1}', '{"v":{"x":1}}') == (False, True, None)
    assert compared("x", '{"v":null}') == (None, None, None)


def test_null_if_invalid_may_be_a_parameter(connection: streamdialect.Connection) -> None:
    sql = "SELECT JSON_EXTRACT_PATH_TEXT(?, ?{})"
    assert one(connection, sql.format(""), '{"a":"x"}', "a") == "x"
    assert one(connection, sql.format(", true"), "{", "a") is None
    assert one(connection, sql.format(", ?"), '{"a":{"b":2}}', "a", "b") == "2"
    assert one(connection, sql.format(", ?"), '{"a":"x"}', "a", True) == "x"
    assert one(connection, sql.format(", ?"), "{", "a", True) is None
    with pytest.raises(streamdialect.DataError):
        one(connection, sql.format(", ?"), "{", "a", False)
    with pytest.raises(
        streamdialect.NotSupportedError, match="as the last parameter of json_extract_path_text"
    ):
        one(connection, sql.format(", ?"), '{"a":"x"}', "a", 1)


# --- settings -------------------------------------------------------------------------------------


def test_local_settings_end_with_the_transaction() -> None:
    with closing(streamdialect.connect()) as connection:
        name = "json_parse_dedup_attributes"

        def shown() -> str:
            return str(one(connection, f"SHOW {name}"))

        for end in (connection.commit, connection.rollback, lambda: connection.execute("COMMIT")):
            connection.execute("CREATE TABLE IF NOT EXISTS t (a INT)")
            connection.execute(f"SET LOCAL {name} TO on")
            assert shown() == "on"
            end()
            assert shown() == "off"
        connection.execute(f"SET LOCAL {name} TO on")
        connection.execute(f"SET SESSION {name} = 'true'")
        connection.rollback()
        assert shown() == "on"
        connection.execute(f"SET {name} TO DEFAULT")
        assert shown() == "off"
    with closing(streamdialect.connect(autocommit=True)) as connection:
        connection.execute(f"SET LOCAL {name} TO on")
        assert one(connection, f"SHOW {name}") == "off"


def test_show_all() -> None:
    with closing(streamdialect.connect()) as connection:
        connection.execute("SET statement_timeout TO 5000")
        connection.execute("SET app.user TO DEFAULT")
        cursor = connection.execute("SHOW ALL")
        assert [column[0] for column in cursor.description or ()] == ["name", "setting"]
        found: dict[str, str] = dict(cursor.fetchall())
    assert found["statement_timeout"] == "5000"
    assert found["timezone"] == "UTC"
    assert found["navigate_super_null_on_error"] == "on"
    assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SET timezone TO 'America/New_York'", "SET timezone TO America/New_York is not supported"),
        ("SET search_path TO other, public", "SET search_path TO other, public is not supported"),
        ("SET describe_field_name_in_uppercase TO on", "is not supported"),
        ("SET downcase_delimited_identifier TO false", "is not supported"),
        ("SET SESSION AUTHORIZATION 'x'", "SET SESSION AUTHORIZATION is not supported"),
        ("SET seed TO 0.25", "SET seed is not supported"),
    ],
)
def test_settings_that_would_matter(
    connection: streamdialect.Connection, statement: str, message: str
) -> None:
    with pytest.raises(streamdialect.NotSupportedError, match=message):
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SET search_path TO '$user', public",
        "SET search_path = public",
        "SET timezone TO 'utc'",
        "SET datestyle TO iso",
        "SET extra_float_digits TO 0",
        "SET wlm_query_slot_count TO 3",
        "SET enable_result_cache_for_session TO off",
        "SET query_group TO DEFAULT",
        "SET spectrum_query_maxerror TO -1",
    ],
)
def test_settings_that_cannot_matter(connection: streamdialect.Connection, statement: str) -> None:
    connection.execute(statement)
    connection.execute("RESET ALL")
