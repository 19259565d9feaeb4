"""Whatever a producer sends, each record is in the view or among those set aside, and the rest is not harmed."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import open_connection
from tests.ingest.bad_records import BAD, GOOD, SELECT, TEXT, bad, create
from tests.ingest.conftest import Events
from tests.ingest.test_bad_records import batch

VALUE = f"JSON_EXTRACT_PATH_TEXT({TEXT}, 'a')"
DOCUMENT = "JSON_PARSE(kafka_value)"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# What a view makes of a record: its column's value, or the error code with which it is set aside.
HOSTILE: list[tuple[str, str, bytes | None, Any]] = [
    ("invalid UTF-8", VALUE, b'{"a":"\xc3\x28"}', 2),
    ("an overlong encoding", VALUE, b'{"a":"\xc0\x80"}', 2),
    ("half a surrogate in UTF-8", VALUE, b'{"a":"\xed\xa0\x80"}', 2),
    ("half a surrogate escaped", VALUE, b'{"a":"\\ud800"}', 2),
    ("invalid UTF-8 that is not read as text", "kafka_value", b"\xff\xfe\x00", b"\xff\xfe\x00"),
    ("invalid JSON", VALUE, b"nonsense", 1),
    ("invalid JSON that is parsed", DOCUMENT, b"{a:1}", 1),
    ("truncated JSON", VALUE, b'{"a": "x', 1),
    ("truncated JSON that is parsed", DOCUMENT, b'{"a": [1, 2', 1),
    ("two documents", DOCUMENT, b'{"a":1}{"a":2}', 1),
    ("duplicate keys", DOCUMENT, b'{"a":1,"a":2}', 1),
    ("duplicate keys below", DOCUMENT, b'{"b":[{"a":1,"a":2}]}', 1),
    ("duplicate keys as text", VALUE, b'{"a":1,"a":2}', "1"),
    ("depth 1,000", DOCUMENT, nested(1000), nested(1000).decode()),
    ("depth 1,001", DOCUMENT, nested(1001), 1),
    ("depth 1,001 beside a value", VALUE, b'{"a":1,"b":' + nested(1001) + b"}", 1),
    ("depth 200,000", DOCUMENT, nested(200_000), 1),
    ("a NUL escaped in a string", f"{VALUE} = 'x'", b'{"a":"x\\u0000y"}', False),
    ("a NUL in the middle of JSON", VALUE, b'{"a":\x001}', 1),
    ("a NUL after JSON", VALUE, b'{"a":"1"}\x00,"a":2}', 2),
    ("a NUL after JSON that is parsed", DOCUMENT, b'{"a":1}\x00', 2),
    ("a NUL after JSON that is counted", f"IS_VALID_JSON({TEXT})", b"1\x00 2", 2),
    ("a NUL after JSON that is text", TEXT, b"42\x00", "42\0"),
    ("a NUL in text", TEXT, b"a\x00b", "a\0b"),
    ("a NUL in bytes", "kafka_value", b"a\x00b", b"a\x00b"),
    ("a number beyond BIGINT", f"{VALUE}::BIGINT", b'{"a":9223372036854775808}', 1),
    ("a number at the end of BIGINT", f"{VALUE}::BIGINT", b'{"a":9223372036854775807}', 2**63 - 1),
    ("a number beyond DOUBLE PRECISION", f"{VALUE}::DOUBLE PRECISION", b'{"a":1e400}', 1),
    ("a number beyond DECIMAL", f"{VALUE}::DECIMAL(10,2)", b'{"a":123456789}', 1),
    ("a number of 100,000 digits", f"{VALUE}::BIGINT", b'{"a":' + b"9" * 100_000 + b"}", 1),
    ("not a number", f"{VALUE}::DOUBLE PRECISION", b'{"a":NaN}', 1),
    ("a tombstone", VALUE, None, None),
    ("a tombstone as bytes", "kafka_value", None, None),
    ("a tombstone that is parsed", DOCUMENT, None, None),
    ("an empty value", VALUE, b"", 1),
    ("an empty value as bytes", "kafka_value", b"", b""),
    ("an empty value that is parsed", DOCUMENT, b"", 1),
    ("blanks", DOCUMENT, b"  ", 1),
    ("a byte order mark", VALUE, b'\xef\xbb\xbf{"a":1}', 1),
]


@pytest.mark.parametrize(
    ("expression", "payload", "expected"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_hostile_values(events: Events, expression: str, payload: bytes | None, expected: Any) -> None:
    create(events, "v", select=f"SELECT kafka_offset AS o, {expression} AS x FROM s.events")
    good = b'{"a":"1"}'
    events.put(good, payload, good)
    events.refresh("v")
    rows = events.execute("SELECT o, x FROM v ORDER BY o")
    aside = events.execute(
        "SELECT position, record_value, error_code, error_column FROM streamdialect_dead_letters"
    )
    if type(expected) is int and expected in (1, 2, 3):
        assert aside == [("1", payload, expected, "x")]
        assert [offset for offset, _ in rows] == [0, 2]
    else:
        assert aside == []
        assert rows[1] == (1, expected)
        assert len(rows) == 3


def test_values_of_sixteen_megabytes(events: Events) -> None:
    # Not through the mock cluster, which keeps 5 MB of a partition.
    limit = 16_777_216
    fits = b'{"a":"1","b":"' + b"x" * (limit - len(b'{"a":"1","b":""}')) + b'"}'
    assert len(fits) == limit
    create(events, "v", select=f"SELECT kafka_offset AS o, {VALUE} AS a FROM s.events")
    connection = open_connection(str(events.database))
    materializer = Materializer(Catalog(connection).existing_view("v"), "kafka")
    materializer.commit(connection, [batch(None, [fits, fits + b" ", b'{"a":"2"}'])], Refresh("Manual"))
    connection.close()
    assert events.execute("SELECT o, a FROM v ORDER BY o") == [(0, "1"), (2, "2")]
    assert bad(events, "v") == [("1", 3, None, "set aside")]
    assert events.execute("SELECT LENGTH(record_value) FROM streamdialect_dead_letters") == [(limit + 1,)]
    assert events.connection.execute("ALTER MATERIALIZED VIEW v REDRIVE").rowcount == 0


def test_values_longer_than_their_columns(events: Events) -> None:
    """An explicit cast cuts, as on Redshift; text beyond VARCHAR's limit is set aside."""
    select = f"SELECT kafka_offset AS o, {VALUE}::VARCHAR(3) AS a FROM s.events"
    create(events, "v", select=select)
    events.put(b'{"a":"abcdef"}', json.dumps({"a": "x" * 70_000}).encode())
    events.refresh("v")
    rows = dict(events.execute("SELECT o, a FROM v"))
    assert rows[0] == "abc"
    assert len(rows) + len(bad(events, "v")) == 2


def test_a_topic_of_bad_records_only(events: Events) -> None:
    create(events, "v")
    events.put(*[BAD] * 5000)
    events.refresh("v")
    assert events.execute("SELECT COUNT(*) FROM v") == [(0,)]
    assert events.execute("SELECT COUNT(*), COUNT(DISTINCT position) FROM streamdialect_dead_letters") == [
        (5000, 5000)
    ]
    status = events.execute("SELECT status FROM sys_mv_refresh_history")[0][0]
    assert "All records received from the stream were skipped" in status


@pytest.mark.parametrize(("policy", "grouped"), [("skip", False), ("null", False), ("skip", True)])
def test_one_in_a_thousand_and_more(events: Events, policy: str, grouped: bool) -> None:
    """Wherever bad records are in a batch, alone or side by side, the others are in the view in their order."""
    choice = random.Random(5)
    wrong: set[int] = {0, 999, 1000, 1001, 9999}
    wrong |= {choice.randrange(10_000) for _ in range(10)}
    wrong |= set(range(4000, 4100)) | set(range(6000, 6600, 3))
    records = [BAD if number in wrong else GOOD for number in range(10_000)]
    events.put(*records)
    select = f"SELECT MOD(kafka_offset, 7) AS o, SUM({VALUE}::INT) AS n FROM s.events GROUP BY 1"
    create(events, "v", f"on_error = '{policy}'", select if grouped else SELECT)
    events.refresh("v")
    found = {int(position) for position, *_ in bad(events, "v")}
    assert found == wrong
    good = [number for number in range(10_000) if number not in wrong]
    if grouped:
        assert sum(count for _, count in events.execute("SELECT * FROM v")) == len(good)
        assert events.execute("SELECT n FROM v WHERE o = 3") == [(sum(number % 7 == 3 for number in good),)]
    elif policy == "skip":
        assert [row[0] for row in events.execute("SELECT o FROM v ORDER BY o")] == good
        assert {column for _, _, column, _ in bad(events, "v")} == {"a"}
    else:
        rows = events.execute("SELECT o, a, b FROM v ORDER BY o")
        assert rows == [(number, None, 3) if number in wrong else (number, 1, 2) for number in range(10_000)]
