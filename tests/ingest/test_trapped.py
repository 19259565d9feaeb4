"""Bad records that one statement catches are those that are found record by record, and the rows are the same."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.ingest import rows
from streamdialect.ingest.materializer import Materializer, Refresh
from streamdialect.sources.base import Batch
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import open_connection
from streamdialect.storage.trapping import trapped
from tests.ingest.bad_records import TEXT

A, B = (f"JSON_EXTRACT_PATH_TEXT({TEXT}, '{name}')" for name in "ab")
VIEWS = {
    "rows": f"SELECT kafka_offset AS o, {A}::INT AS a, {B}::DECIMAL(4,1) AS b FROM s.events",
    "no position": f"SELECT {A}::INT AS a, kafka_value AS raw FROM s.events",
    "a condition": f"SELECT kafka_offset AS o, {B}::INT AS b FROM s.events WHERE {A}::INT > 2",
    "two documents": f"SELECT kafka_offset AS o, {A} AS a, JSON_PARSE(kafka_value).b::INT AS b FROM s.events",
    "a CASE": f"SELECT kafka_offset AS o, CASE WHEN kafka_offset % 2 = 0 THEN {A}::INT END AS a FROM s.events",
    "a constant": "SELECT kafka_offset AS o, CASE WHEN kafka_offset % 9 = 0 THEN 'x'::INT END AS a FROM s.events",
    "names of the row's number": f'SELECT {A}::INT AS "rowid", 1 AS "oid", 2 AS _rowid_ FROM s.events',
    "groups": f"SELECT {A}::INT AS a, COUNT(*) AS n, SUM({B}::DECIMAL(4,1)) AS b FROM s.events GROUP BY 1",
    "two groups": f"SELECT {A} AS a, {B} AS b, MAX({B}::INT) AS m FROM s.events WHERE kafka_offset > 5 GROUP BY 1, 2",
    "groups of some": f"SELECT {A} AS a, SUM({B}::INT) FILTER (WHERE {A}::INT > 1) AS b,"
    f" COUNT(*) FILTER (WHERE {B}::INT > 1) AS n, AVG(kafka_offset) AS o FROM s.events GROUP BY 1",
    "groups of two conditions": f"SELECT {A} AS a, COUNT(*) FILTER (WHERE {A} = '1' AND {B}::INT > 1) AS n"
    " FROM s.events GROUP BY 1",
    "no group": f"SELECT COUNT(*) AS n, SUM({A}::INT) AS a FROM s.events",
}
HOSTILE = [
    b'{"a":"x","b":1}',
    b'{"a":1,"b":"x"}',
    b'{"a":"x","b":"x"}',
    b'{"a":1,"b":123456}',
    b'{"a":1',
    b"nonsense",
    b"",
    b"\xff",
    b'{"a":"\\ud800"}',
    b'{"a":1,"a":2,"b":3}',
    None,
]


NO_DOCUMENT = [b'{"a":1', b"nonsense", b"", b"{", None]


def payloads(ratio: float, hostile: list[Any] = HOSTILE) -> list[Any]:
    choice = random.Random(ratio)
    return [
        choice.choice(hostile)
        if choice.random() < ratio
        else json.dumps({"a": choice.randrange(6), "b": choice.randrange(6)}).encode()
        for _ in range(400)
    ]


def kept(
    folder: Path, select: str, policy: str, sent: list[Any], by_traps: bool
) -> tuple[list[Any], list[Any], int]:
    """Give the rows of a view in their order, what is kept of bad records, and how many blocks went without traps."""
    file = folder / f"{by_traps}.db"
    user = streamdialect.connect(file, autocommit=True, ingest="off")
    user.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
    user.execute(f"CREATE MATERIALIZED VIEW v WITH (on_error = '{policy}') AS {select}")
    connection = open_connection(str(file))
    materializer = Materializer(Catalog(connection).existing_view("v"), "kafka")
    if not by_traps:
        materializer.rows._traps.usable = False
    blocks = 0
    original = rows._Work._in_blocks

    def counted(work: Any, start: int, stop: int) -> bool:
        nonlocal blocks
        blocks += 1
        return original(work, start, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows._Work, "_in_blocks", counted)
        for first in range(0, len(sent), 100):
            part = Batch(
                "0",
                str(first) if first else None,
                str(first + 100),
                {"kafka_value": sent[first : first + 100], "kafka_offset": list(range(first, first + 100))},
                100,
                sum(len(value or b"") for value in sent[first : first + 100]),
            )
            materializer.commit(connection, [part], Refresh("Manual"))
    connection.close()
    found = user.execute("SELECT * FROM v").fetchall()
    aside = user.execute(
        "SELECT position, record_value, error_code, error_column, error_reason, outcome"
        " FROM streamdialect_bad_records ORDER BY id"
    ).fetchall()
    user.close()
    return found, aside, blocks


@pytest.mark.parametrize("policy", ["skip", "null"])
@pytest.mark.parametrize("name", VIEWS)
def test_traps_change_nothing(tmp_path: Path, name: str, policy: str) -> None:
    grouped = "group" in name
    if grouped and policy == "null":
        return
    for ratio, hostile in ((0.02, HOSTILE), (0.6, HOSTILE), (0.03, NO_DOCUMENT), (0.5, NO_DOCUMENT)):
        folder = tmp_path / str(ratio)
        folder.mkdir()
        sent = payloads(ratio, hostile)
        one, other = (kept(folder, VIEWS[name], policy, sent, by_traps) for by_traps in (False, True))
        assert one[1] == other[1], ratio
        assert len(one[1]) > 0
        assert sorted(one[0], key=repr) == sorted(other[0], key=repr), ratio
        if policy == "skip" and not grouped:
            assert one[0] == other[0], ratio
        assert one[2] > 0
        if policy == "skip" and name not in ("a constant", "names of the row's number"):
            assert other[2] == 0, "the traps were of no use"


def test_only_calls_are_trapped() -> None:
    assert trapped(
        "SELECT streamdialect_integer(\"streamdialect_fail(\", 'streamdialect_fail(''', streamdialect_batch)"
        " FROM (SELECT streamdialect_fail(1, 2)) WHERE (SELECT streamdialect_fail(1, (SELECT 2)))"
        " < streamdialect_fail(3, 4)"
    ) == (
        "SELECT streamdialect_trap_integer(\"streamdialect_fail(\", 'streamdialect_fail(''', streamdialect_batch)"
        " FROM (SELECT streamdialect_trap_fail(1, 2)) WHERE (SELECT streamdialect_fail(1, (SELECT 2)))"
        " < streamdialect_trap_fail(3, 4)"
    )
