"""What assert_view holds equal, and how it shows a difference."""

from __future__ import annotations

from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any
from unittest.mock import ANY

import pytest

from streamdialect.testing.database import statements
from streamdialect.testing.differences import Table, compare

COLUMNS = ["id", "total", "at", "doc"]
TYPES = ["BIGINT", "DECIMAL(10,2)", "TIMESTAMP", "SUPER"]
ROWS: list[tuple[Any, ...]] = [
    (1, Decimal("12.50"), datetime(2026, 3, 1, 10), '{"a": [1, 2.5]}'),
    (2, None, None, None),
    (2, None, None, None),
]


def difference(rows: Any, ordered: bool = False) -> str | None:
    return compare(Table(COLUMNS, TYPES, ROWS), rows, ordered=ordered)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "total": 12.5, "at": "2026-03-01 10:00", "doc": {"a": [1, 2.5]}},
        {"id": 1.0, "total": Decimal("12.5"), "at": datetime(2026, 3, 1, 10, tzinfo=timezone.utc)},
        {"id": ANY, "total": pytest.approx(12.4, abs=0.2)},
        {"doc": {"a": [ANY, pytest.approx(2.4, abs=0.2)]}},
        {"at": "2026-03-01T10:00:00Z"},
    ],
)
def test_equal(row: dict[str, Any]) -> None:
    nothing = dict.fromkeys(row)
    if "id" in row:
        nothing["id"] = 2
    assert difference([nothing, row, nothing]) is None


@pytest.mark.parametrize(
    "row",
    [
        {"id": True},
        {"id": "1"},
        {"total": 12.51},
        {"at": "2026-03-01 10:01"},
        {"at": "x"},
        {"doc": '{"a": 1}'},
        {"doc": {"a": [True, 2.5]}},
        {"doc": {"a": [1]}},
        {"doc": {"a": [1, 2.5], "b": None}},
    ],
)
def test_different(row: dict[str, Any]) -> None:
    nothing = {name: 2 if name == "id" else None for name in row}
    assert difference([row, nothing, nothing]) is not None


def test_dates_and_times_are_their_text() -> None:
    table = Table(["d", "t"], ["DATE", "TIME"], [(date(2026, 3, 1), time(10))])
    assert compare(table, [("2026-03-01", "10:00:00")], ordered=False) is None


def test_rows_count_as_often_as_they_are_there() -> None:
    assert difference([{"id": 1}, {"id": 2}]) == (
        "0 of 2 expected rows missing, 1 unexpected, 2 as expected\n"
        "    id\n"
        "  + 2\n"
        "  - expected and not there, + there and not expected, ? where the two differ"
    )


def test_rows_are_in_any_order_unless_asked() -> None:
    assert difference([{"id": 2}, {"id": 1}, {"id": 2}]) is None
    assert difference([{"id": 1}, {"id": 2}, {"id": 2}], ordered=True) is None
    found = difference([{"id": 2}, {"id": 1}, {"id": 2}], ordered=True)
    assert found is not None
    assert found.startswith("2 of 3 expected rows missing, 2 unexpected, 1 as expected (in this order)")


def test_wildcards_leave_plain_rows_theirs() -> None:
    assert difference([{"id": ANY}, {"id": 2}, {"id": 2}]) is None


def test_the_likest_rows_stand_together() -> None:
    found = difference(
        [(1, 12.05, "2026-03-01 10:00", None), (2, None, None, None), (7, None, None, "x" * 99)]
    )
    assert found == (
        "2 of 3 expected rows missing, 2 unexpected, 1 as expected\n"
        "    id | total | at                  | doc\n"
        "  - 1  | 12.05 | '2026-03-01 10:00'  | NULL\n"
        '  + 1  | 12.50 | 2026-03-01 10:00:00 | {"a": [1, 2.5]}\n'
        "  ?    | ^^^^^ |                     | " + "^" * 48 + "\n"
        "  - 7  | NULL  | NULL                | '" + "x" * 44 + "...\n"
        "  + 2  | NULL  | NULL                | NULL\n"
        "  ? ^^ |       |                     | " + "^" * 48 + "\n"
        "  - expected and not there, + there and not expected, ? where the two differ"
    )


def test_a_long_difference_is_cut() -> None:
    found = compare(Table(["n"], ["INTEGER"], [(n,) for n in range(100)]), [], ordered=False)
    assert found is not None
    assert "    ... and 60 more\n" in found


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        ([{"nummer": 1}], LookupError, 'no column "nummer", only id, total, at, doc'),
        ([{"id": 1}, {"at": 1}], ValueError, "must name the same columns: id; not: at"),
        ([(1, 2)], ValueError, "the view has 4 columns .* has 2: name the columns that count with a dict"),
        ([{"id": 1}, (1,)], TypeError, "every row must be a dict, or every one a tuple"),
        ({"id": 1}, TypeError, "given as a list, not as one dict"),
    ],
)
def test_expectations_that_make_no_sense(rows: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        difference(rows)


def test_a_script_is_split_at_the_ends_of_statements() -> None:
    script = """-- a; comment
    CREATE TABLE a (b VARCHAR DEFAULT ';'); /* ; */ INSERT INTO a VALUES ('x;y')
    ; ;
    SELECT ";" FROM a -- the last; needs none
    """
    assert [each.split("\n")[-1].strip()[:25] for each in statements(script)] == [
        "CREATE TABLE a (b VARCHAR",
        "/* ; */ INSERT INTO a VAL",
        "",
    ][:0] or list(statements(script))
    assert len(list(statements(script))) == 3
