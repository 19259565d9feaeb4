"""Two Superset processes answer while the stream is being ingested, and when it ends, all of it is there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.superset.client import Client
from tests.superset.conftest import World, add_dataset, axis, chart, metric, register, sqllab
from tests.superset.stream import eventually, holders

pytestmark = [pytest.mark.superset, pytest.mark.timeout(900)]

COUNT = metric("COUNT(*)", "n")


def rows(api: Client, dataset: int) -> int:
    return int(chart(api, dataset, columns=[], metrics=[COUNT])[0]["n"])


def test_charts_grow(clients: Sequence[Client], super_id: int, extract_id: int) -> None:
    for dataset in (super_id, extract_id):
        for client in clients:
            before = rows(client, dataset)
            eventually(lambda: rows(client, dataset) > before, "the count rises")  # noqa: B023


def test_both_processes_at_once(world: World, super_id: int, readings_id: int) -> None:
    """Charts through both processes from four threads, counts that never fall, and not one error."""
    began = time.monotonic()

    def watch(number: int) -> list[int]:
        client = world.site.client(number % 2)
        counts = []
        for turn in range(5):
            counts.append(rows(client, super_id))
            chart(
                client,
                readings_id,
                columns=[axis("event_ts", "PT1M"), "status"],
                metrics=[COUNT, metric("AVG(current_temperature)", "mean")],
                extras={"time_grain_sqla": "PT1M"},
                row_limit=500 + turn,
            )
        return counts

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(watch, range(4)))
    for counts in found:
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]
    print(f"40 charts in {time.monotonic() - began:.1f} s")


def test_in_the_end_everything_is_there(
    world: World, clients: Sequence[Client], database_id: int, super_id: int, extract_id: int, paths_id: int
) -> None:
    with world.stream.paused():
        readings = world.stream.readings()
        assert len(readings) == world.stream.sent
        for client in clients:
            for dataset in (super_id, extract_id):
                eventually(lambda: rows(client, dataset) == len(readings), "all is ingested")  # noqa: B023
            by_status = chart(
                client,
                extract_id,
                columns=["status"],
                metrics=[COUNT, metric("SUM(current_temperature)", "t")],
            )
            assert {row["status"]: row["n"] for row in by_status} == Counter(each.status for each in readings)
            assert sum(row["t"] for row in by_status) == pytest.approx(
                float(sum(each.current_temperature for each in readings))
            )
            by_sensor = chart(client, paths_id, columns=["sensor_id"], metrics=[COUNT])
            assert {row["sensor_id"]: row["n"] for row in by_sensor} == Counter(
                int(each.sensor_id) for each in readings
            )
        errors = sqllab(clients[0], database_id, "SELECT COUNT(*) AS n FROM sys_stream_scan_errors")
        assert errors.body["data"] == [{"n": 0}]


def test_charts_go_on_when_the_consumer_is_killed(
    world: World, clients: Sequence[Client], super_id: int
) -> None:
    """Stale data are still data; nothing in Superset takes the consumer's place, and a new one catches up."""
    world.consumer.kill()
    try:
        eventually(lambda: holders(world.database) == set(), "the leases are free")
        before = rows(clients[0], super_id)
        sent = world.stream.sent
        eventually(lambda: world.stream.sent > sent + 20, "more is sent")
        assert [rows(client, super_id) for client in clients] == [before, before]
        assert holders(world.database) == set()
    finally:
        world.consumer.start()
    eventually(lambda: rows(clients[1], super_id) >= sent, "the new consumer has caught up")


LOCK = (
    "import sqlite3, sys\n"
    "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "connection.execute('BEGIN IMMEDIATE')\n"
    "print('locked', flush=True)\n"
    "sys.stdin.read()\n"
)


def test_a_writer_that_holds_the_file(
    world: World, clients: Sequence[Client], super_id: int, writable_id: int
) -> None:
    """Charts read on beside it; a statement that writes says that the database is locked, after its timeout."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(world.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"locked\n"
        assert rows(clients[0], super_id) >= len(world.history)
        answer = sqllab(clients[1], writable_id, "CREATE TABLE never_made (a INTEGER)")
        assert answer.status != 200
        assert "Another transaction holds the database" in answer.messages
        writer.communicate()
    count = rows(clients[0], super_id)
    eventually(lambda: rows(clients[0], super_id) > count, "ingestion goes on")


def test_a_file_that_is_removed(world: World, clients: Sequence[Client], tmp_path: Path) -> None:
    """A chart whose file is gone is an answer with a reason, and no new file is made."""
    copy = tmp_path / "copy.db"
    make = [sys.executable, "-c", COPY, str(world.database), str(copy)]
    subprocess.run(make, check=True)
    database = register(clients[0], "a copy", f"streamdialect:///{copy}")
    # Virtual: a metadata database in SQLite takes the name of a table once only, whatever its database.
    dataset = add_dataset(clients[0], database, "of the copy", "SELECT * FROM sensor_data_extract")
    assert rows(clients[1], dataset) >= len(world.history)
    for each in tmp_path.glob("copy.db*"):
        each.unlink()
    for client in clients:
        text = chart(client, dataset, expected=400, columns=[], metrics=[COUNT])
        assert f"unable to open database file: {copy}" in text
        answer = sqllab(client, database, "SELECT COUNT(*) FROM sensor_data_extract")
        assert answer.status != 200
        assert str(copy) in answer.messages
    assert not copy.exists()
    subprocess.run(make, check=True)  # it comes back, as after a restore
    assert rows(clients[0], dataset) > 0


COPY = "import sqlite3, sys\nsqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))\n"
