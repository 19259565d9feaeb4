"""Starting, stopping and waiting: nothing hangs, nothing is left, whatever overlaps."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect.ingest import registry
from streamdialect.ingest.writer import Writer
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.test_consumers import consumers, count, process, wait_for


def test_connecting_beside_an_open_transaction(database: Path, events: Events) -> None:
    """A thread that holds the file with one connection may open another, and read."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.execute("CREATE TABLE t (a INT)")
    writing = streamdialect.connect(database)
    writing.execute("INSERT INTO t VALUES (1)")
    events.put({"name": "a"})
    other = streamdialect.connect(database)
    assert count(other, "t") == 0
    writing.commit()
    wait_for(lambda: count(other) == 1, "the batch that waited for the transaction")
    other.close()
    writing.close()


@pytest.mark.parametrize("auto", ["YES", "NO"])
def test_refresh_beside_an_open_transaction_is_a_clear_error(
    database: Path, events: Events, auto: str
) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH {auto} AS {EXTRACT}")
    events.execute("CREATE TABLE t (a INT)")
    writing = streamdialect.connect(database)
    writing.execute("INSERT INTO t VALUES (1)")
    events.put({"name": "a"})
    other = streamdialect.connect(database, autocommit=True, timeout=0.5)
    with pytest.raises(streamdialect.DatabaseLockedError):
        other.execute("REFRESH MATERIALIZED VIEW v")
    writing.commit()
    other.execute("REFRESH MATERIALIZED VIEW v")
    assert count(other) == 1
    other.close()
    writing.close()


def test_opening_and_closing_at_the_same_time(database: Path, events: Events) -> None:
    """As pools without memory do: the view is consumed by one process, and in the end by none."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    failures: list[BaseException] = []

    def use() -> None:
        try:
            for _ in range(8):
                connection = streamdialect.connect(database)
                count(connection)
                connection.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert registry.running() == []
    assert consumers() == []
    last = streamdialect.connect(database)
    events.put({"name": "a"})
    wait_for(lambda: count(last) == 1, "the consumer of the last connection")
    with process(database, "connection.execute('REFRESH MATERIALIZED VIEW v')"):
        assert count(last) == 1
    last.close()


def test_a_view_that_cannot_be_consumed_leaves_the_others_alone(database: Path, events: Events) -> None:
    events.execute(
        f"CREATE EXTERNAL SCHEMA bad FROM KAFKA URI '{events.server.bootstrap}' AUTHENTICATION iam IAM_ROLE default"
    )
    events.execute("CREATE MATERIALIZED VIEW a AUTO REFRESH YES AS SELECT kafka_offset FROM bad.events")
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the view after the bad one")


def test_a_failure_shows_and_passes(events: Events) -> None:
    """svv_mv_info says why a view is not kept, as long as it is not."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.put({"name": "a"})
    wait_for(lambda: count(events.connection) == 1, "the consumer")
    events.server.down()

    def state() -> str:
        return str(events.execute("SELECT streamdialect_state FROM svv_mv_info")[0][0])

    wait_for(lambda: "cannot be reached" in state(), "the state to say so", 40)
    events.server.up()
    events.put({"name": "b"})
    wait_for(lambda: count(events.connection) == 2, "the consumer to recover", 40)
    wait_for(lambda: state() == "ok", "the state to be right again")


def test_a_writer_that_dies_is_replaced(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put({"name": "a"})
    original = Writer._turn
    failed: list[bool] = []

    def turn(self: Any) -> bool:
        if not failed:
            failed.append(True)
            raise OSError("an injected failure")
        return original(self)

    monkeypatch.setattr(Writer, "_turn", turn)
    ingest = events.connection._backend.ingest  # type: ignore[attr-defined]
    dead = ingest.writer()
    dead.wake()
    wait_for(lambda: dead.closed, "the writer to die")
    events.refresh("v")
    assert count(events.connection) == 1


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_forgotten_connection_is_ended_by_the_next(database: Path, events: Events) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    forgotten = streamdialect.connect(database)
    del forgotten
    gc.collect()
    streamdialect.connect(database).close()
    assert registry.running() == []
    assert consumers() == []
