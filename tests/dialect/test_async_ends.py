"""How asyncio's connections end: dropped, at interpreter exit, and in a forked child."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests.dialect.test_async import await_no_threads


def test_a_connection_that_is_dropped_ends_its_thread(database: Path) -> None:
    async def work() -> None:
        engine = create_async_engine(f"streamdialect+aioapsw:///{database}")
        connection = await engine.connect()
        await connection.execute(sa.text("SELECT 1"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy 2.x complains of it
            del connection
            gc.collect()
        await engine.dispose()

    asyncio.run(work())
    gc.collect()
    await_no_threads()


SCRIPT = """
import asyncio, sys
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("streamdialect+aioapsw:///" + sys.argv[1])

async def main():
    connection = await engine.connect()
    await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS t (i INTEGER)"))
    await connection.commit()
    if sys.argv[2] == "running":
        query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
        asyncio.ensure_future(connection.execute(sa.text(query)))
        await asyncio.sleep(0.2)
        sys.stdout.flush()
        import os, signal
        if sys.argv[3:] == ["exit"]:
            raise SystemExit(7)

asyncio.run(main())
print("done")
"""


@pytest.mark.parametrize(("state", "status"), [(["idle"], 0), (["running"], 0), (["running", "exit"], 7)])
def test_an_interpreter_ends_without_dispose(database: Path, state: list[str], status: int) -> None:
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(database), *state],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, "Fatal" in ended.stderr) == (status, False), ended.stderr
    assert time.monotonic() - began < 30
    # Closed, not killed: SQLite removes the journal with the last connection.
    assert not Path(f"{database}-wal").exists()


FORK = """
import asyncio, os, sys
import sqlalchemy as sa
import streamdialect
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("streamdialect+aioapsw:///" + sys.argv[1])

async def insert(number):
    async with engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS t (i INTEGER)"))
        await connection.execute(sa.text("INSERT INTO t VALUES (:i)"), {"i": number})

asyncio.run(insert(1))
child = os.fork()
if child == 0:
    try:
        asyncio.run(insert(2))
    except sa.exc.InterfaceError as error:
        assert "another process" in str(error), error
        asyncio.run(insert(3))  # the pool has replaced its connections
        engine.sync_engine.dispose(close=False)
        asyncio.run(insert(4))
        os._exit(0)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
asyncio.run(insert(5))
print(streamdialect.connect(sys.argv[1], ingest="off").execute("SELECT i FROM t ORDER BY 1").fetchall())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_opens_its_own(database: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(database)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "[(1,), (3,), (4,), (5,)]\n"), ended.stderr
