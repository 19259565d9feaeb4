"""Values of expressions, by Redshift's manual; the section numbers are those of its reference pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamdialect.errors import DataError, Error, NotSupportedError, ProgrammingError

VALUES: tuple[tuple[str, Any], ...] = (
    # integers (r_Numeric_types201)
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 3", 1),
    ("2147483647 + 1::bigint", 2147483648),
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("- 5 - -5", 0),
    ("6 & 3", 2),
    ("6 | 3", 7),
    ("1 << 4", 16),
    # decimals (r_numeric_computations201)
    ("0.1 + 0.2", 0.3),
    ("1.10 * 1.10", 1.21),
    ("10.00 / 3", 3.3333333333333),
    ("(10.00 / 3)::decimal(10,4)", 3.3333),
    ("5.5 % 2", 1.5),
    # more digits than REAL holds: exact as a result, or shortened before it is stored
    ("100000.00 / 3", "33333.3333333333333"),
    ("(100000.00 / 3)::decimal(10,2)", 33333.33),
    ("round(100000.00 / 3 * 3, 2)", 100000),
    ("(100000.00 / 3)::varchar", "33333.3333333333333"),
    ("(200000.00 / 3)::int", 66667),
    ("1.5 - 1.5", 0),
    ("1 / 2.0", 0.5),
    # casts (r_CAST_function)
    ("109.652::decimal(4,1)", 109.7),
    ("'0.285'::decimal(10,2)", 0.29),
    ("0.285::decimal(10,2)", 0.29),
    ("(-0.285)::decimal(10,2)", -0.29),
    ("'1e2'::decimal(10,2)", 100),
    ("1.5::int", 2),
    ("-2.5::int", -3),
    ("'12'::smallint", 12),
    ("' 7 '::bigint", 7),
    ("'abcdef'::varchar(3)", "abc"),
    ("'aéb'::varchar(2)", "a"),
    ("'abc'::varchar", "abc"),
    ("5::varchar", "5"),
    ("2.50::varchar", "2.50"),
    ("1.5::float::varchar", "1.5"),
    ("1e20::varchar", "1e+20"),
    ("true::varchar", "true"),
    ("'yes'::bool", 1),
    ("'f'::boolean", 0),
    ("3::bool", 1),
    ("true::int", 1),
    ("null::int", None),
    ("'2026-11-22'::date", "2026-11-22"),
    ("'20261122'::date", "2026-11-22"),
    ("'11/22/2026'::date", "2026-11-22"),
    ("'2026-11-22 10:11'::timestamp", "2026-11-22 10:11:00.000000"),
    ("'2026-11-22T10:11:12.5Z'::timestamp", "2026-11-22 10:11:12.500000"),
    ("'2026-11-22 10:11:12+02'::timestamptz", "2026-11-22 08:11:12.000000"),
    ("'2026-11-22'::date::timestamp", "2026-11-22 00:00:00.000000"),
    ("'2026-11-22 10:11:12'::timestamp::date", "2026-11-22"),
    ("'2026-11-22 10:11:12'::timestamp::varchar", "2026-11-22 10:11:12"),
    ("'10:11'::time", "10:11:00.000000"),
    ("'12:30 am'::time", "00:30:00.000000"),
    ("try_cast('x' as int)", None),
    ("try_cast('5' as int)", 5),
    ("'ab'::varbyte", b"ab"),
    ("'ab'::varbyte::varchar", "ab"),
    # NULL and logic (r_Nulls)
    ("null = 1", None),
    ("null is null", 1),
    ("1 is not distinct from null", 0),
    ("true and null", None),
    ("false and null", 0),
    ("not true", 0),
    ("2 between 1 and 3", 1),
    ("2 in (1, 3)", 0),
    ("'a' || null", None),
    ("1 = '1'", 1),
    ("(1, 2) = (1, 2)", 1),
    # conditionals (r_NVL_function, r_DECODE_expression)
    ("coalesce(null, 2, 3)", 2),
    ("nvl(null, 'x')", "x"),
    ("nvl2(null, 1, 2)", 2),
    ("nullif(1, 1)", None),
    ("decode(null, null, 'n', 'x')", "n"),
    ("decode(2, 1, 'a')", None),
    ("case 1 when 1 then 'a' else 'b' end", "a"),
    ("greatest(1, null, 3)", 3),
    ("least(null, 2)", 2),
    ("greatest(null, null)", None),
    # text (String functions)
    ("upper('aé')", "AÉ"),
    ("lower('AÉ')", "aé"),
    ("len('aé')", 2),
    ("octet_length('aé')", 3),
    ("substring('abcdef', 2, 3)", "bcd"),
    ("substring('abcdef', 0, 3)", "ab"),
    ("substring('abcdef' from 3)", "cdef"),
    ("substr('abc', -1, 3)", "a"),
    ("left('abc', 2)", "ab"),
    ("right('abc', 2)", "bc"),
    ("trim('  a ')", "a"),
    ("trim(both 'x' from 'xax')", "a"),
    ("ltrim('xxa', 'x')", "a"),
    ("btrim(' a ')", "a"),
    ("replace('abc', 'b', '')", "ac"),
    ("strpos('abc', 'c')", 3),
    ("position('b' in 'abc')", 2),
    ("split_part('a,b,c', ',', 2)", "b"),
    ("split_part('a,b', ',', 9)", ""),
    ("lpad('7', 3, '0')", "007"),
    ("rpad('abc', 2)", "ab"),
    ("initcap('hello wORLD')", "Hello World"),
    ("reverse('abc')", "cba"),
    ("repeat('ab', 2)", "abab"),
    ("translate('mint tea', 'inea', 'osin')", "most tin"),
    ("chr(65)", "A"),
    ("ascii('A')", 65),
    ("concat('a', 'b')", "ab"),
    ("regexp_replace('a1b2', '[0-9]', '')", "ab"),
    ("regexp_substr('a1b2', '[0-9]')", "1"),
    ("regexp_count('a1b2', '[0-9]')", 2),
    ("regexp_instr('a1b2', '[0-9]')", 2),
    ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ("to_hex(255)", "ff"),
    ("strtol('ff', 16)", 255),
    # patterns (pattern-matching-conditions)
    ("'Abc' like 'A%'", 1),
    ("'Abc' like 'a%'", 0),
    ("'Abc' ilike 'a%'", 1),
    ("'a_c' like 'a\\\\_c'", 1),
    ("'abc' like 'a\\\\_c'", 0),
    ("'a%c' like 'a/%c' escape '/'", 1),
    ("'abc' not like 'b%'", 1),
    ("'abc' similar to '(abc|d)'", 1),
    ("'abc' similar to 'b'", 0),
    ("'abc' ~ 'b'", 1),
    ("'abc' !~ '^b'", 1),
    ("'it''s'", "it's"),
    ("'a\\nb'", "a\nb"),
    # mathematics
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(0.285, 2)", 0.29),
    ("round(1234.567, -2)", 1200),
    ("trunc(1.99)", 1),
    ("trunc(-1.95, 1)", -1.9),
    ("floor(-1.5)", -2),
    ("ceil(1.2)", 2),
    ("abs(-2)", 2),
    ("sign(-2.5)", -1),
    ("mod(7, 3)", 1),
    ("power(2, 3)", 8.0),
    ("sqrt(9)", 3.0),
    # times (Date and time functions)
    ("date_trunc('hour', '2026-11-22 14:03:05'::timestamp)", "2026-11-22 14:00:00.000000"),
    ("date_trunc('week', '2026-11-22'::date)", "2026-11-16 00:00:00.000000"),
    ("date_trunc('quarter', '2026-11-22'::date)", "2026-10-01 00:00:00.000000"),
    ("date_trunc('millennium', '2020-03-01'::date)", "2001-01-01 00:00:00.000000"),
    ("date_trunc('decade', '2026-03-01'::date)", "2020-01-01 00:00:00.000000"),
    ("dateadd(month, 1, '2026-01-31')", "2026-02-28 00:00:00.000000"),
    ("dateadd(month, 12, '2016-02-29')", "2017-02-28 00:00:00.000000"),
    ("dateadd(year, 1, '2016-02-29')", "2017-03-01 00:00:00.000000"),
    ("dateadd(m, 5, '2026-01-01 00:00:00.25')", "2026-01-01 00:05:00.250000"),
    ("dateadd(day, -1, '2026-01-01'::date)", "2025-12-31 00:00:00.000000"),
    ("dateadd(ms, 1, '2026-01-01'::date)", "2026-01-01 00:00:00.001000"),
    ("add_months('2008-04-30', 1)", "2008-05-31 00:00:00.000000"),
    ("datediff(hour, '2026-01-01 08:30', '2026-01-01 10:00')", 2),
    ("datediff(year, '2008-12-31', '2009-01-01')", 1),
    ("datediff(week, '2009-01-01', '2009-12-31')", 52),
    ("datediff(qtr, '1998-07-01', '2009-01-01')", 42),
    ("datediff(us, '2026-01-01 00:00:00', '2026-01-01 00:00:01.5')", 1_500_000),
    ("extract(epoch from '1970-01-02'::timestamp)", 86400),
    ("extract(sec from '2026-01-01 00:00:03.189717'::timestamp)", 3),
    ("extract(ms from '2026-01-01 00:00:03.189717'::timestamp)", 189),
    ("extract(century from '2000-01-01'::date)", 20),
    ("extract(week from '2027-01-01'::date)", 53),
    ("extract(dow from '2026-11-22'::date)", 0),
    ("date_part('second', '2026-01-01 00:00:03.189717'::timestamp)", 3.189717),
    ("last_day('2024-02-10'::date)", "2024-02-29"),
    ("'2026-01-01'::date + 1", "2026-01-02"),
    ("'2026-01-03'::date - '2026-01-01'::date", 2),
    ("timestamp 'epoch' + 1668969090 * interval '1 second'", "2022-11-20 18:31:30.000000"),
    ("timestamp 'epoch' + 1668969090693/1000.0 * interval '1 second'", "2022-11-20 18:31:30.693000"),
    ("'2026-01-31'::timestamp + interval '1 month 1 day'", "2026-03-01 00:00:00.000000"),
    ("'2026-01-01'::timestamp - interval '1' hour", "2025-12-31 23:00:00.000000"),
    ("trunc('2026-01-01 10:00'::timestamp)", "2026-01-01"),
    # bytes (r_VARBYTE_type)
    ("from_varbyte(to_varbyte('abc', 'utf-8'), 'hex')", "616263"),
    ("from_varbyte(to_varbyte('616', 'hex'), 'HEX')", "0616"),
    ("from_varbyte('ab'::varbyte, 'UTF8')", "ab"),
)


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_value(one: Callable[..., Any], expression: str, expected: Any) -> None:
    value = one(expression)
    assert value == expected
    assert (
        isinstance(value, float) or type(value) is type(expected) or value is expected is None or value == 0
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'abc'::int", 'invalid input syntax for integer: "abc"'),
        ("''::int", "invalid input syntax for integer"),
        ("'1.5'::int", "invalid input syntax for integer"),
        ("''::decimal(4,1)", "invalid input syntax for numeric"),
        ("'abc'::float", "invalid input syntax for double precision"),
        ("'maybe'::bool", "invalid input syntax for type boolean"),
        ("'2026-02-30'::date", "out of range"),
        ("'soon'::timestamp", "invalid input syntax for type timestamp"),
        ("12345678::smallint", "smallint out of range"),
        ("3000000000::int", "integer out of range"),
        ("123.456::decimal(2,1)", "Numeric data overflow"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("1.0 / 0", "division by zero"),
        ("1e0 / 0", "division by zero"),
        ("9223372036854775807 + 1", "bigint out of range"),
        ("9223372036854775807 * 2 - 1", "bigint out of range"),
        ("dateadd(year, 9000, '2026-01-01')", "timestamp out of range"),
        ("dateadd(day, 9000000, '2026-01-01')", "timestamp out of range"),
        ("sqrt(-1)", "square root"),
        ("ln(0)", "logarithm"),
        ("from_varbyte(from_hex('ff'), 'utf-8')", "invalid byte sequence"),
        ("greatest(100000.00 / 3, 1)", "more digits"),
        ("2147483647 + 1", "integer out of range"),
        ("'a' ~ '('", "invalid regular expression"),
    ],
)
def test_data_errors(one: Callable[..., Any], expression: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        one(expression)


def test_guards_hold(one: Callable[..., Any]) -> None:
    assert one("case when 1 = 0 then 1 / 0 else 5 end") == 5
    assert one("case when false then 'abc'::int end") is None
    assert one("coalesce(1, 1 / 0)") == 1


@pytest.mark.parametrize(
    "expression",
    [
        "nosuch(1)",
        "json_each('[]')",
        "hll(1)",
        "interval '1 month 1 day'",
        "'a'::geometry",
        "upper('a')::interval",
        "approximate_count(1)",
        "foo.bar(1)",
        "random() over ()",
        "123456789012345678901234567890123456789",
        "1.23456789012345678901234567890123456789",
        "'a' collate \"de_DE\"",
        "2.5 % 1e0",
        "date_trunc('fortnight', getdate())",
        "load_extension('x')",
        "readfile('x')",
        "zeroblob(9)",
    ],
)
def test_unknown_constructs_are_refused(one: Callable[..., Any], expression: str) -> None:
    with pytest.raises((NotSupportedError, ProgrammingError)):
        one(expression)


@pytest.mark.parametrize(
    "expression",
    ["'a' = 1::int + 1", "date '2026-01-01' = 5", "'a' + 1", "true + 1", "2 and true", "sum('a')"],
)
def test_types_that_do_not_fit(one: Callable[..., Any], expression: str) -> None:
    with pytest.raises(Error):
        one(expression)


def test_parameters(run: Callable[..., Any]) -> None:
    assert run("SELECT ?, ? + 1, ?::int", 1, 2, "3") == [(1, 3, 3)]
    assert run("SELECT a FROM t WHERE a = ? AND b = ?", 1, "one") == [(1,)]
    assert run("SELECT :x, :y, :x", {"x": 1, "y": 2}) == [(1, 2, 1)]
    assert run("SELECT a FROM t WHERE a IN (?, ?) ORDER BY a LIMIT ? OFFSET ?", 1, 2, 1, 1) == [(2,)]
    assert run("SELECT a FROM t WHERE d = ?", "2026-11-22 14:03:05.123456") == [(1,)]
    assert run("SELECT a FROM t WHERE g = ?", "2026-11-22") == [(1,)]
    assert run("SELECT a FROM t WHERE d = ?", "2026-01-31") == [(2,)]
    assert run("SELECT ? * null, initcap(?)", 1, 2) == [(None, "2")]
    with pytest.raises(DataError, match="division by zero"):
        run("SELECT 1 / ?", 0)
