"""Numbers: Redshift's ranges, types and exact decimals, compared with Python's decimal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from streamdialect.conversions import converter
from streamdialect.errors import DataError, Error, NotSupportedError, ProgrammingError
from streamdialect.types import INTEGER_BOUNDS, parse_type

RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EXACT = Context(prec=120)


# --- a model of Redshift's decimals -----------------------------------------------------------------


OVERFLOW = Decimal("Infinity")  # stands for a value where Redshift raises


@dataclass(frozen=True)
class Number:
    """Be an expression: its SQL, its value by the rules of r_numeric_computations201, and its type."""

    sql: str
    value: Decimal | None
    precision: int
    scale: int
    integer: str | None = None

    @property
    def described(self) -> str:
        return self.integer or f"DECIMAL({self.precision},{self.scale})"


def at(value: Decimal | None, scale: int, rounding: str) -> Decimal | None:
    if value is None or value == OVERFLOW:
        return value
    return value.quantize(Decimal(1).scaleb(-scale), rounding, EXACT)


def fitted(value: Decimal | None, precision: int, scale: int, rounding: str) -> Decimal | None:
    result = at(value, scale, rounding)
    if result is None or result == OVERFLOW:
        return result
    beyond = precision == 19 and abs(result) * 10**scale > 2**63 - 1
    return OVERFLOW if beyond or abs(result) >= Decimal(10) ** (precision - scale) else result


def binary(operator: str, a: Number, b: Number) -> Number:
    if a.integer and b.integer:
        a = Number(f"{a.sql}::decimal(10,0)", a.value, 10, 0)
    p1, s1, p2, s2 = a.precision, a.scale, b.precision, b.scale
    if operator in "+-":
        scale = max(s1, s2)
        precision = max(p1 - s1, p2 - s2) + 1 + scale
    elif operator == "*":
        precision, scale = p1 + p2 + 1, s1 + s2
    elif operator == "/":
        scale = max(4, s1 + p2 - s2 + 1)
        precision = p1 - s1 + s2 + scale
        if precision > 38:
            scale = max(38 + scale - precision, 4)
    else:
        scale = max(s1, s2)
        precision = min(p1 - s1, p2 - s2) + scale
    precision, scale = max(1, min(precision, 38)), min(scale, 37)
    value = None
    if OVERFLOW in (a.value, b.value) or (a.value is not None and operator in "/%" and b.value == 0):
        value = OVERFLOW
    elif a.value is not None and b.value is not None:
        value = {
            "+": EXACT.add,
            "-": EXACT.subtract,
            "*": EXACT.multiply,
            "/": Context(prec=120, rounding=ROUND_DOWN).divide,
            "%": EXACT.remainder,
        }[operator](a.value, b.value)
    return Number(
        f"({a.sql} {operator} {b.sql})", fitted(value, precision, scale, ROUND_DOWN), precision, scale
    )


def chosen(a: Number, b: Number, form: str) -> Number:
    scale = max(a.scale, b.scale)
    most = 19 if max(a.precision, b.precision) <= 19 else 38
    precision = min(max(a.precision - a.scale, b.precision - b.scale) + scale, most)
    if (a.precision, a.scale) == (b.precision, b.scale):
        precision = a.precision
    picked = b if form.startswith("CASE WHEN 1 = 2") or a.value is None else a
    if form.startswith("CASE WHEN 1 = 1"):
        picked = a
    value = fitted(picked.value, precision, scale, ROUND_HALF_UP)
    return Number(form.format(a.sql, b.sql), value, precision, scale, a.integer and b.integer)


def rounded(a: Number, digits: int, name: str) -> Number:
    rounding = ROUND_HALF_UP if name == "round" else ROUND_DOWN
    if digits >= a.scale:
        return Number(f"{name}({a.sql}, {digits})", a.value, a.precision, a.scale, a.integer)
    scale = max(0, digits)
    value = at(a.value, digits, rounding)
    precision = max(1, min(38, a.precision - a.scale + scale + (name == "round")))
    if a.integer:
        return Number(f"{name}({a.sql}, {digits})", value, 10, 0, a.integer)
    return Number(f"{name}({a.sql}, {digits})", value, precision, scale)


def whole(a: Number, name: str) -> Number:
    if a.integer:
        return Number(f"{name}({a.sql})", a.value, 10, 0, a.integer)
    rounding = ROUND_CEILING if name == "ceil" else ROUND_FLOOR
    value = at(a.value, 0, rounding)
    return Number(f"{name}({a.sql})", value, min(38, max(1, a.precision - a.scale) + bool(a.scale)), 0)


def cast(a: Number, precision: int, scale: int) -> Number:
    return Number(
        f"{a.sql}::decimal({precision},{scale})",
        fitted(a.value, precision, scale, ROUND_HALF_UP),
        precision,
        scale,
    )


@st.composite
def leaves(draw: Any) -> Number:
    kind = draw(st.sampled_from(["literal", "column", "column", "integer", "text"]))
    if kind == "integer":
        value = draw(st.integers(-1000, 10**6))
        return Number(f"({value})" if value < 0 else str(value), Decimal(value), 10, 0, "INTEGER")
    precision = draw(st.integers(1, 18 if kind != "text" else 38))
    scale = draw(st.integers(0, min(precision, 6)))
    size = draw(st.integers(1, min(precision, 15 if kind == "column" else 38)))
    size = min(size, 18) if precision == 19 else size
    units = draw(st.integers(-(10**size) + 1, 10**size - 1))
    value = Decimal(units).scaleb(-scale, EXACT)
    if kind == "literal":
        text = f"{abs(value):f}"
        digits = abs(value).as_tuple().digits
        if "." not in text:
            text += "."
        written = f"(-{text})" if units < 0 else text
        size = max(len(digits), scale + 1)
        return Number(written, value, size + (size == 19 and abs(units) > 2**63 - 1), scale)
    if kind == "text":
        return Number(f"'{value:f}'::decimal({precision},{scale})", value, precision, scale)
    if draw(st.integers(0, 9)) == 0:
        return Number(f"NULL::decimal({precision},{scale})", None, precision, scale)
    return Number(f"?::decimal({precision},{scale})", value, precision, scale)


def grown(children: Any) -> Any:
    forms = st.sampled_from(
        ["coalesce({}, {})", "CASE WHEN 1 = 1 THEN {} ELSE {} END", "CASE WHEN 1 = 2 THEN {} ELSE {} END"]
    )
    return st.one_of(
        st.tuples(st.just("binary"), st.sampled_from("+-*/%"), children, children),
        st.tuples(st.just("chosen"), children, children, forms),
        st.tuples(st.just("rounded"), children, st.integers(-3, 6), st.sampled_from(["round", "trunc"])),
        st.tuples(st.just("whole"), children, st.sampled_from(["ceil", "floor"])),
        st.tuples(st.just("cast"), children, st.sampled_from([(38, 10), (18, 4), (12, 0), (19, 2), (30, 5)])),
    )


EXPRESSIONS = st.recursive(leaves(), grown, max_leaves=6)


def built(tree: Any) -> Number:
    if isinstance(tree, Number):
        return tree
    if tree[0] == "binary":
        return binary(tree[1], built(tree[2]), built(tree[3]))
    if tree[0] == "chosen":
        return chosen(built(tree[1]), built(tree[2]), tree[3])
    if tree[0] == "rounded":
        return rounded(built(tree[1]), tree[2], tree[3])
    if tree[0] == "whole":
        return whole(built(tree[1]), tree[2])
    return cast(built(tree[1]), *tree[2])


def unknowns(tree: Any) -> list[Decimal]:
    """Give the values of the parameters, in order of their appearance."""
    if isinstance(tree, Number):
        return [tree.value] if tree.sql.startswith("?") and tree.value is not None else []
    return [value for part in tree[1:] if isinstance(part, (Number, tuple)) for value in unknowns_of(part)]


def unknowns_of(part: Any) -> list[Decimal]:
    return unknowns(part) if isinstance(part, Number) or (part and isinstance(part[0], str)) else []


def read(value: Any, scale: int) -> Decimal:
    convert = converter(parse_type(f"decimal(38,{scale})"))
    assert convert is not None
    found = convert(value)
    assert isinstance(found, Decimal)
    return found


@RELAXED
@given(EXPRESSIONS)
def test_decimals_are_exact_or_refused(
    run: Callable[..., Any], columns: Callable[..., Any], tree: Any
) -> None:
    expected = built(tree)
    query = f"SELECT {expected.sql} AS x"
    parameters = [f"{value:f}" for value in unknowns(tree)]
    if expected.value == OVERFLOW:
        with pytest.raises(DataError, match=r"division by zero|overflow"):
            run(query, *parameters)
        return
    found = run(query, *parameters)[0][0]
    if expected.value is None:
        assert found is None
        return
    assert read(found, expected.scale) == expected.value
    assert columns(query) == [f"x {expected.described}"]


@RELAXED
@given(EXPRESSIONS, EXPRESSIONS, st.sampled_from(["<", "=", ">=", "<>"]))
def test_comparisons_are_exact(run: Callable[..., Any], left: Any, right: Any, operator: str) -> None:
    a, b = built(left), built(right)
    assume(OVERFLOW not in (a.value, b.value))
    parameters = [f"{value:f}" for value in (*unknowns(left), *unknowns(right))]
    found = run(f"SELECT {a.sql} {operator} {b.sql}", *parameters)[0][0]
    if a.value is None or b.value is None:
        assert found is None
        return
    assert (
        found
        == {
            "<": a.value < b.value,
            "=": a.value == b.value,
            ">=": a.value >= b.value,
            "<>": a.value != b.value,
        }[operator]
    )


@RELAXED
@given(
    st.lists(
        st.one_of(
            st.none(), st.decimals(-(10**8), 10**8, places=2), st.integers(-(10**16), 10**16).map(Decimal)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_sums_are_exact_or_refused(run: Callable[..., Any], values: list[Decimal | None]) -> None:
    rows = " UNION ALL ".join(
        f"SELECT {'NULL' if value is None else format(value, 'f')}::decimal(38,2) AS x" for value in values
    )
    known = [value for value in values if value is not None]
    total, count = run(f"SELECT sum(x), count(x) FROM ({rows})")[0]
    assert count == len(known)
    assert (total is None) == (not known)
    if known:
        assert read(total, 2) == sum(known)


# --- integers ---------------------------------------------------------------------------------------

NAMES = {"SMALLINT": "int2", "INTEGER": "int4", "BIGINT": "int8"}
WIDTH = {"SMALLINT": 0, "INTEGER": 1, "BIGINT": 2}


@RELAXED
@given(st.data())
def test_integers_stay_in_their_range(
    run: Callable[..., Any], columns: Callable[..., Any], data: Any
) -> None:
    a_kind, b_kind = data.draw(st.sampled_from(list(NAMES))), data.draw(st.sampled_from(list(NAMES)))
    operator = data.draw(st.sampled_from("+-*/%"))
    sides = []
    for kind in (a_kind, b_kind):
        low, high = INTEGER_BOUNDS[kind]
        sides.append(data.draw(st.one_of(st.integers(low, high), st.sampled_from([low, high, 0, 1, -1]))))
    a, b = sides
    wide = max(a_kind, b_kind, key=WIDTH.__getitem__)
    query = f"SELECT x {operator} y AS r FROM (SELECT ?::{NAMES[a_kind]} AS x, ?::{NAMES[b_kind]} AS y)"
    assert columns(query) == [f"r {wide}"]
    if operator in "/%" and not b:
        with pytest.raises(DataError, match="division by zero"):
            run(query, a, b)
        return
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if b else 0
    expected = {"+": a + b, "-": a - b, "*": a * b, "/": quotient, "%": a - b * quotient}[operator]
    low, high = INTEGER_BOUNDS[wide]
    if low <= expected <= high:
        assert run(query, a, b) == [(expected,)]
    else:
        with pytest.raises(DataError, match=f"{wide.lower()} out of range"):
            run(query, a, b)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a + 2147483647", "integer out of range"),
        ("-(a - 2147483648 - 0)", None),
        ("abs(-(2147483647) - a)", "integer out of range"),
        ("-(-(2147483647) - a)", "integer out of range"),
        ("a * 65536 * 65536 * 65536 * 65536 * 65536", "integer out of range"),
        ("(a + 2147483647) * 1::bigint", "integer out of range"),
        ("a::smallint * 32767::smallint + a::smallint", "smallint out of range"),
        ("1 << 31", "integer out of range"),
        ("-(-32768)::smallint", "smallint out of range"),
        ("-(-9223372036854775808)", "bigint out of range"),
        ("9999999999999999999::decimal(19,0)", "Numeric data overflow"),
        ("9.3::decimal(19,18)", "Numeric data overflow"),
        ("(c * 10)::decimal(19,18)", "Numeric data overflow"),
        ("1 << 40", "integer out of range"),
        ("round(2147483647, -1)", "integer out of range"),
        ("(2147483647 + a)::varchar", "integer out of range"),
        ("coalesce(2147483647 + a, 0)", "integer out of range"),
    ],
)
def test_overflow_shows_at_the_end_of_a_chain(
    run: Callable[..., Any], expression: str, message: str | None
) -> None:
    query = f"SELECT {expression} FROM t WHERE a = 1"
    if message is None:
        run(query)
        return
    with pytest.raises(DataError, match=message):
        run(query)


def test_integers_beyond_their_declared_size_compare(run: Callable[..., Any], connection: Any) -> None:
    connection.execute("INSERT INTO t(a) VALUES(5000000000)")
    try:
        assert run("SELECT a FROM t WHERE a > 4000000000") == [(5000000000,)]
        with pytest.raises(DataError, match="integer out of range"):
            run("SELECT a + 1 FROM t WHERE a > 4000000000")
    finally:
        connection.execute("DELETE FROM t WHERE a = 5000000000")


@pytest.mark.parametrize("expression", ["a + 1", "-a", "a * 2", "a - a", "k + 1", "a / k", "e * 2", "c * 2"])
def test_checks_call_no_python_for_values_in_range(resolver: Any, connection: Any, expression: str) -> None:
    from streamdialect.sql import compile_query

    calls: list[Any] = []

    def fail(*arguments: Any) -> None:
        calls.append(arguments)

    compiled = compile_query(f"SELECT {expression} FROM t WHERE a < 3", resolver)
    connection.create_scalar_function("counted_fail", fail, 2)
    sql = compiled.sql.replace("streamdialect_fail", "counted_fail")
    connection.execute(sql).fetchall()
    assert not calls


# --- casts and errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("' '::decimal(4,1)", 'invalid input syntax for numeric: " "'),
        ("''::float", 'invalid input syntax for double precision: ""'),
        ("'Infinity'::float", "not supported"),
        ("'NaN'::float8", "not supported"),
        ("'NaN'::decimal", "invalid input syntax for numeric"),
        ("1e200::real", "out of range for type real"),
        ("1e-60::real", "out of range for type real"),
        ("1e308 * 10", "value out of range: overflow"),
        ("1e308 + 1e308 - 1e308", "value out of range: overflow"),
        ("exp(1000)", "out of range"),
        ("power(10, 400)", "out of range"),
        ("power(-8, 0.5)", "invalid argument for power function"),
        ("power(0, -1)", "out of range"),
        ("acos(2)", "input is out of range"),
        ("ln(-1)", "cannot take logarithm of a negative number"),
        ("log(0)", "cannot take logarithm of zero"),
        ("log(1, 5)", "input is out of range"),
        ("cot(0)", "out of range"),
        ("|/ -1", "square root"),
        ("'on'::bool", "invalid input syntax for type boolean"),
        ("99999.99::decimal(4,2)", "Numeric data overflow"),
        ("40000.5::smallint", "smallint out of range"),
        ("1e19::bigint", "bigint out of range"),
        ("99999999999999999999.5::bigint", "bigint out of range"),
        ("coalesce(null, 'Amazon Redshift', 12)", 'invalid input syntax for integer: "Amazon Redshift"'),
        ("greatest(1, '1234567890.123456789'::decimal(38,10))", "more digits"),
        ("greatest(1, try_cast('1234567890.123456789' as decimal(38,10)))", "more digits"),
        ("checksum(-1.5)", "CHECKSUM"),
    ],
)
def test_data_errors(run: Callable[..., Any], expression: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(f"SELECT {expression}")


@pytest.mark.parametrize(
    "expression",
    [
        "5.0::bool",
        "5e0::bool",
        "true::decimal",
        "true::float",
        "|/ 25 + 11",
        "@ -5 * 2",
        "~a ^ 2",
        "checksum(5)",
    ],
)
def test_refused(run: Callable[..., Any], expression: str) -> None:
    with pytest.raises(NotSupportedError):
        run(f"SELECT {expression} FROM t")


@pytest.mark.parametrize("expression", ["~'a'", "~1.5", "abs(b)", "sqrt(true)", "1.5 & 1", "$1"])
def test_wrong(run: Callable[..., Any], expression: str) -> None:
    with pytest.raises(ProgrammingError):
        run(f"SELECT {expression} FROM t")


@RELAXED
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_floating_point_never_gives_infinity(run: Callable[..., Any], a: float, b: float) -> None:
    for expression in ("x + y", "x * y", "x / y", "power(x, y)", "exp(x)", "cot(x)", "log(x, y)", "-x - y"):
        try:
            found = run(f"SELECT {expression} FROM (SELECT ?::float AS x, ?::float AS y)", a, b)[0][0]
        except Error:
            continue
        assert isinstance(found, float)
        assert abs(found) != float("inf")


def test_order_by_more_digits_than_a_real_has(run: Callable[..., Any]) -> None:
    rows = " UNION ALL ".join(f"SELECT {n} AS n" for n in (3, 1, 2))
    query = f"SELECT n, 1234567890123456789.1::decimal(38,1) * n AS x FROM ({rows}) ORDER BY x DESC"
    assert [row[0] for row in run(query)] == [3, 2, 1]
    query = f"SELECT 12345678901234567890.0 + n * 0.1 - 12345678901234567890.2 AS x FROM ({rows}) ORDER BY x"
    assert [read(row[0], 1) for row in run(query)] == [Decimal("-0.1"), Decimal(0), Decimal("0.1")]


def test_a_quotient_among_the_rows_of_a_query(run: Callable[..., Any]) -> None:
    assert run("SELECT 2.50 / 2 IN (SELECT 1.25), abs(-1.5 * 12345678901234567890.5)") == [
        (1, "18518518351851851835.75")
    ]
