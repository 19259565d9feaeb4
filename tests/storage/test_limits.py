"""What SQLite cannot carry out is told as a limit, what a value does not fit as a DataError."""

from __future__ import annotations

import pytest

import streamdialect
from streamdialect import DataError, NotSupportedError

TOO_MUCH = {
    "columns": "SELECT " + ", ".join(["1"] * 2001),
    "joins": "SELECT 1 FROM " + ", ".join(f"(SELECT 1 AS a{n}) AS t{n}" for n in range(65)),
    "depth": "SELECT " + "(" * 500 + "1" + ")" * 500,
    "unions": "SELECT 1" + " UNION ALL SELECT 1" * 600,
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_limit_is_named(text: str) -> None:
    connection = streamdialect.connect()
    with pytest.raises(NotSupportedError, match=r"limit of SQLite|too deeply"):
        connection.execute(text)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()


def test_sum_beyond_64_bits() -> None:
    connection = streamdialect.connect()
    with pytest.raises(DataError, match="bigint out of range"):
        connection.execute(
            "SELECT SUM(x) FROM (SELECT 9223372036854775807 AS x UNION ALL SELECT 1)"
        ).fetchall()
    connection.close()
