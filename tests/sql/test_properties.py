"""Whatever the text, only our own errors come out; and casts agree with Python's decimals."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streamdialect.errors import DataError, Error
from streamdialect.identifiers import quote_identifier
from streamdialect.scalars import SCALARS
from streamdialect.sql import Settings, compile_query, parse, plan_view
from streamdialect.sql.statements import CreateMaterializedView, CreateView, Query

VOCABULARY = (
    "select from where group by order having limit with as and or not in is null case when then end join on using "
    "union all distinct cast a b c d e f g j k t u count sum over partition ( ) ( ) , , . * + - / % || = < > :: "
    "'x' '1' 1 2.5 1e3 ? :n \" ' ; -- /* */ [ ] { } interval date timestamp varchar decimal create materialized view "
    'external schema refresh drop alter auto yes kinesis kafka iam_role default uri sensors "my-input-stream" '
    "json_parse kinesis_data exists values between like escape qualify top exclude"
)
WORDS = tuple(VOCABULARY.split())
RELAXED = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def swallow(text: str, resolver: Any) -> None:
    try:
        statement = parse(text)
        if isinstance(statement, Query):
            compile_query(text, resolver)
        elif isinstance(statement, CreateMaterializedView):
            plan_view(statement, resolver)
        elif isinstance(statement, CreateView):
            compile_query(statement.query, resolver)
    except Error:
        pass


@RELAXED
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
@example("select ፩ order by ²")
@example("select")
@example("with")
@example("select a from t where a in (")
@example("create materialized view v as (")
def test_word_salad(resolver: Any, text: str) -> None:
    swallow(text, resolver)


@RELAXED
@given(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join))
def test_word_salad_in_a_query(resolver: Any, text: str) -> None:
    swallow(f"select {text} from t", resolver)
    swallow(f"select a from t where {text}", resolver)
    swallow(f'create materialized view v as select {text} from sensors."my-input-stream"', resolver)


@RELAXED
@given(st.text(max_size=60))
@example("0E")
def test_any_text(resolver: Any, text: str) -> None:
    swallow(text, resolver)
    swallow("select " + text, resolver)


@RELAXED
@given(st.text(min_size=1, max_size=20))
def test_quoted_names(connection: Any, name: str) -> None:
    if "\0" in name:
        with pytest.raises(Error):
            quote_identifier(name)
        return
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    cursor = connection.execute(f"SELECT 1 AS {quote_identifier(name)}")
    assert cursor.get_description()[0][0] == name


@RELAXED
@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_literals_come_back(run: Callable[..., Any], text: str) -> None:
    written = text.replace("\\", "\\\\").replace("'", "''")
    assert run(f"SELECT '{written}'") == [(text,)]


@RELAXED
@given(
    st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9).map(str),
        st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
        st.integers(-(10**9), 10**9).map(str),
        st.from_regex(r"-?(0|[1-9][0-9]{0,9})\.[0-9]{1,6}", fullmatch=True),
    ),
    st.booleans(),
    st.sampled_from([(10, 2), (5, 0), (8, 4), (18, 10)]),
)
@example("0.285", False, (10, 2))
@example("0.29", False, (10, 2))
@example("1.005", False, (10, 2))
@example("1", False, (10, 2))
@example("-0.5", False, (5, 0))
@example("29.4000000000000001", False, (10, 2))
def test_decimal_casts_of_json(
    run: Callable[..., Any], number: str, quoted: bool, size: tuple[int, int]
) -> None:
    precision, scale = size
    try:
        json.loads(number)
    except ValueError:
        quoted = True
    document = json.dumps({"v": number}) if quoted else f'{{"v":{number}}}'
    expected = Decimal(number).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=100))
    query = f"SELECT json_extract_path_text(?, 'v')::decimal({precision},{scale})"
    if abs(expected) >= Decimal(10) ** (precision - scale):
        with pytest.raises(DataError, match="Numeric data overflow"):
            run(query, document)
        return
    if Decimal(repr(float(expected))) != expected and expected != expected.to_integral_value():
        with pytest.raises(DataError, match="more digits"):
            run(query, document)
        return
    value = run(query, document)[0][0]
    assert Decimal(repr(value)) == expected


@RELAXED
@given(
    st.decimals(-9999, 9999, places=2), st.decimals(-9999, 9999, places=2), st.sampled_from(["+", "-", "*"])
)
def test_decimal_arithmetic_is_exact(run: Callable[..., Any], a: Decimal, b: Decimal, operator: str) -> None:
    expected = {"+": a + b, "-": a - b, "*": a * b}[operator]
    value = run(f"SELECT ?::decimal(8,2) {operator} ?::decimal(8,2)", str(a), str(b))[0][0]
    assert value == float(expected)


def test_settings() -> None:
    changed = Settings().with_value("enable_case_sensitive_identifier", "on")
    assert changed.enable_case_sensitive_identifier
    assert changed.show("ENABLE_CASE_SENSITIVE_IDENTIFIER") == "on"
    assert changed.with_value("enable_case_sensitive_identifier", None) == Settings()
    assert len({Settings(), Settings(), changed}) == 2
    for name, value in (("nosuch", "1"), ("enable_case_sensitive_identifier", "maybe"), ("compat", "on")):
        with pytest.raises(Error):
            Settings().with_value(name, value)
    with pytest.raises(Error):
        Settings().show("nosuch")
    assert Settings().with_value("cast_super_null_on_error", "on") == Settings()
    with pytest.raises(Error):
        Settings().with_value("parse_super_null_on_error", "on")


def test_scalars_are_named_and_described() -> None:
    names = [scalar.name for scalar in SCALARS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("streamdialect_") for name in names)
