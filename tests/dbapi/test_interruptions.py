"""What the handler of a signal raises leaves a statement as it is, wherever it comes: no library mistakes it."""

from __future__ import annotations

import inspect
import sys
from types import FrameType
from typing import Any

import pytest

import streamdialect

STATEMENTS = {
    "query": "WITH q(n) AS (SELECT a + 1 FROM t) SELECT MAX(STRTOL('1', 10) + n) AS m, '{}' AS z,"
    " EXTRACT(year FROM '2024-01-01'::DATE) FROM q, t WHERE t.b LIKE 'x%' GROUP BY 2 ORDER BY 1",
    "change": "UPDATE t SET b = '{}' WHERE a BETWEEN 1 AND LEN('abc')",
}


class Alarm(Exception):
    """Be what no library raises."""


def calls(connection: streamdialect.Connection, text: str, alarm: int | None) -> int:
    """Execute a statement and give the calls that it made; raise Alarm in one of them."""
    made = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal made
        # Not where a generator goes on: what comes while one is dropped is lost, whatever we do.
        if event == "call" and not frame.f_code.co_flags & inspect.CO_GENERATOR:
            made += 1
            if made == alarm:
                sys.setprofile(None)
                raise Alarm

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        connection.execute(text).fetchall()
    except streamdialect.ProgrammingError as error:
        if "no result set" not in str(error):
            raise
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize("kind", STATEMENTS)
def test_what_a_handler_raises_is_raised(kind: str) -> None:
    with streamdialect.connect(ingest="off", autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a INT, b VARCHAR(5))")
        connection.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
        text = STATEMENTS[kind]
        calls(connection, text.format("1"), None)  # imports what it needs
        whole = calls(connection, text.format("2"), None)
        assert whole > 500
        for number, alarm in enumerate(range(5, whole - 10, 23), 3):
            with pytest.raises(Alarm):
                calls(connection, text.format(number), alarm)
        try:
            raise Alarm
        except Alarm:
            with pytest.raises(streamdialect.SQLSyntaxError):  # what the caller is about is no reason
                connection.execute("SELECT 'a")
            with pytest.raises(streamdialect.SQLSyntaxError):
                connection.execute("SELECT a FROM (")
            with pytest.raises(streamdialect.DataError):
                connection.execute("SELECT STRTOL('x', 10) FROM t").fetchall()
    connection.close()
