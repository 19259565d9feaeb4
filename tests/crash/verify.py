"""Compare a file with its stream: Python's sqlite3, the independent reader, and no code of the product."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tests.crash.outsiders import in_use
from tests.crash.streams import Stream, number_of

__all__ = ["VIEWS", "compare", "count", "opened", "positions", "view_statements"]

VIEWS = ("rows_", "totals_", "kept_")


def view_statements(provider: str) -> list[str]:
    """Write the views: a row each, groups, and a row each with NULL for what fails."""
    kafka = provider == "kafka"
    shard, position = ("kafka_partition", "kafka_offset") if kafka else ("shard_id", "sequence_number")
    text = f"FROM_VARBYTE({'kafka_value' if kafka else 'kinesis_data'}, 'utf-8')"
    fields = (
        f"JSON_EXTRACT_PATH_TEXT({text}, 'id')::BIGINT AS id,"
        f" JSON_EXTRACT_PATH_TEXT({text}, 'name')::VARCHAR(8) AS name,"
        f" JSON_EXTRACT_PATH_TEXT({text}, 'amount')::DECIMAL(10,2) AS amount FROM s.events"
    )
    return [
        "CREATE MATERIALIZED VIEW rows_ AUTO REFRESH YES AS"
        f" SELECT {shard} AS shard, {position} AS position, {fields}",
        "CREATE MATERIALIZED VIEW totals_ AUTO REFRESH YES AS"
        f" SELECT JSON_EXTRACT_PATH_TEXT({text}, 'name')::VARCHAR(8) AS name, COUNT(*) AS n,"
        f" SUM(JSON_EXTRACT_PATH_TEXT({text}, 'id')::BIGINT) AS ids,"
        f" MAX(JSON_EXTRACT_PATH_TEXT({text}, 'amount')::DECIMAL(10,2)) AS largest FROM s.events GROUP BY 1",
        # The error budget is never spent; it is there because it is counted in the same transaction.
        "CREATE MATERIALIZED VIEW kept_ AUTO REFRESH YES"
        " WITH (on_error = 'null', max_error_ratio = 1.0, error_window = 100)"
        f" AS SELECT {shard} AS shard, {position} AS position, {fields}",
    ]


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of the file as it lies, with its log: nothing but the product recovers the file itself.

    If an outsider has the file open, a copy would not be of one moment, and the file is not left to recover: open it.
    """
    with in_use(database).open("ab") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            path = database
        else:
            path = _copy(database)
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("BEGIN")
            yield connection


def _copy(database: Path) -> Path:
    folder = database.parent / "copy"
    folder.mkdir(exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        target = folder / f"{database.name}{suffix}"
        target.unlink(missing_ok=True)
        if suffix != "-shm" and Path(f"{database}{suffix}").exists():
            shutil.copyfile(f"{database}{suffix}", target)
    return folder / database.name


def positions(connection: sqlite3.Connection, view: str) -> dict[str, str]:
    """Read a view's positions."""
    return dict(
        connection.execute(
            "SELECT partition, position FROM streamdialect_checkpoints"
            " WHERE view_id = (SELECT id FROM streamdialect_views WHERE name = ?)",
            (view,),
        )
    )


def _letters(connection: sqlite3.Connection, view: str) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT partition, count(*) FROM streamdialect_errors WHERE view_name = ? AND outcome = 'set aside'"
            " GROUP BY 1",
            (view,),
        )
    )


def count(connection: sqlite3.Connection, stream: Stream) -> int:
    """Check that each record before each position is there once, and none after it; return how many there are.

    In SQL, by number: ``compare`` looks at each.
    """
    total = 0
    for view in VIEWS:
        at, letters = positions(connection, view), _letters(connection, view)
        before = {partition: stream.upto(partition, position) for partition, position in at.items()}
        total += sum(before.values())
        assert letters.keys() <= before.keys(), f"{view}: {letters} but {at}"
        if view == "totals_":
            (found,) = connection.execute("SELECT coalesce(sum(n), 0) FROM totals_").fetchone()
            assert found + sum(letters.values()) == sum(before.values()), (
                f"{view}: {found} {letters} {before}"
            )
            continue
        rows = {
            str(shard): (number, distinct)
            for shard, number, distinct in connection.execute(
                f"SELECT shard, count(*), count(DISTINCT position) FROM {view} GROUP BY 1"
            )
        }
        wrong = {
            partition: (rows.get(partition), letters.get(partition, 0), wanted)
            for partition, wanted in {**dict.fromkeys(rows, 0), **before}.items()
            if rows.get(partition, (0, 0)) != (wanted - letters.get(partition, 0),) * 2
        }
        assert not wrong, f"{view}: (rows, distinct), dead letters, records of the stream: {wrong}; {at}"
    return total


def _taken_apart(value: bytes) -> tuple[int, str, Decimal] | None:
    """Read a record as the views do; None if it is bad."""
    try:
        fields = json.loads(value.decode())
        return int(fields["id"]), str(fields["name"]), Decimal(fields["amount"])
    except (ValueError, TypeError, KeyError, InvalidOperation):
        return None


def _kept(value: bytes) -> tuple[Any, ...]:
    """Read what can be read of a bad record."""
    found: list[Any] = []
    for name, kind in (("id", int), ("name", str), ("amount", Decimal)):
        try:
            found.append(kind(json.loads(value.decode())[name]))
        except (ValueError, TypeError, KeyError, InvalidOperation):
            found.append(None)
    return tuple(found)


def _plain(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Write a row so that a DECIMAL, which lies in the file as REAL or INTEGER, equals itself."""
    number, name, amount = values
    return number, name, None if amount is None else round(float(amount) * 100)


def compare(connection: sqlite3.Connection, stream: Stream) -> int:
    """Check that a file has all of its stream, as multisets of rows; return the number of records."""
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ends = {partition: end for partition, end in stream.ends().items() if end}
    records = {
        (partition, position): value
        for partition, found in stream.records.items()
        for position, value in found.items()
    }
    bad = {place: value for place, value in records.items() if _taken_apart(value) is None}
    good = {place: _taken_apart(value) for place, value in records.items() if place not in bad}
    for view in VIEWS:
        at = {partition: number_of(position) for partition, position in positions(connection, view).items()}
        assert {partition: position for partition, position in at.items() if position} == ends, view
        outcome = "nulled" if view == "kept_" else "set aside"
        letters = Counter(
            ((partition, int(position)), bytes(value or b""))
            for partition, position, value in connection.execute(
                "SELECT partition, position, record_value FROM streamdialect_errors"
                " WHERE view_name = ? AND outcome = ?",
                (view, outcome),
            )
        )
        _equal(view, letters, Counter(bad.items()))
        (others,) = connection.execute(
            "SELECT count(*) FROM streamdialect_errors WHERE view_name = ? AND outcome <> ?", (view, outcome)
        ).fetchone()
        assert not others, f"{view} has {others} other bad records"
        if view != "totals_":
            rows = Counter(
                ((str(shard), int(position)), *_plain(values))
                for shard, position, *values in connection.execute(
                    f"SELECT shard, position, id, name, amount FROM {view}"
                )
            )
            wanted: dict[Any, Any] = dict(good)
            if view == "kept_":
                wanted.update((place, _kept(value)) for place, value in bad.items())
            _equal(view, rows, Counter((place, *_plain(values)) for place, values in wanted.items()))
    groups: dict[str, list[Any]] = {}
    for number, name, amount in filter(None, good.values()):
        group = groups.setdefault(name, [0, 0, Decimal("-1")])
        group[:] = group[0] + 1, group[1] + number, max(group[2], amount)
    totals = Counter(
        connection.execute("SELECT name, n, ids, CAST(round(largest * 100) AS INTEGER) FROM totals_")
    )
    _equal(
        "totals_", totals, Counter((name, *group[:2], int(group[2] * 100)) for name, group in groups.items())
    )
    return len(records)


def _equal(view: str, found: Counter[Any], wanted: Counter[Any]) -> None:
    lost, extra = wanted - found, found - wanted
    assert not lost, f"{view}: {lost.total()} lost: {list(lost.items())[:5]}"
    assert not extra, f"{view}: {extra.total()} too many: {list(extra.items())[:5]}"
