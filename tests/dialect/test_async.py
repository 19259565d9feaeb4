"""The dialect for asyncio, on whichever SQLAlchemy is installed: nothing blocks, everything ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

import streamdialect
from streamdialect.sqlalchemy import compat
from tests.servers import MockKafka

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike

ENDLESS = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
NEVER_DONE = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n")
LOCK_WAIT = 1.5  # seconds; far beyond what a loop that is not blocked may be late
LATE = 0.75


def connection_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "streamdialect-connection"]


def await_no_threads() -> None:
    gc.collect()  # a connect of SQLAlchemy 1.4's that was cancelled leaves its connection to the traceback's cycle
    for thread in connection_threads():
        thread.join(10)
    assert connection_threads() == []


def run(database: Path, work: Callable[[Engine], Awaitable[None]], query: str = "") -> None:
    """Run a coroutine with an engine on a loop of its own; nothing may be left of either."""

    async def with_engine() -> None:
        engine = create_async_engine(f"streamdialect+aioapsw:///{database}{query}")
        try:
            await work(engine)
        finally:
            await engine.dispose()

    asyncio.run(asyncio.wait_for(with_engine(), 60))
    await_no_threads()


@contextlib.asynccontextmanager
async def responsive() -> AsyncIterator[None]:
    """Check that the event loop goes round all the while."""
    latest = longest = time.monotonic()
    longest = 0.0

    async def watch() -> None:
        nonlocal latest, longest
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, latest = max(longest, now - latest), now

    watching = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        longest = max(longest, time.monotonic() - latest)
        watching.cancel()
    assert longest < LATE


async def numbers(engine: Engine, *values: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS numbers (i INTEGER PRIMARY KEY)"))
        for value in values:
            await connection.execute(sa.text("INSERT INTO numbers VALUES (:i)"), {"i": value})


async def found(engine: Engine) -> list[int]:
    async with engine.connect() as connection:
        result = await connection.execute(sa.text("SELECT i FROM numbers ORDER BY 1"))
        return list(result.scalars())


# --- what an engine is for --------------------------------------------------------------------------


def test_a_session_reads_a_view_and_writes_a_table(database: Path, kafka_server: MockKafka) -> None:
    kafka_server.topic("input-stream", 2)
    for number in range(50):
        kafka_server.produce("input-stream", [json.dumps({"n": number}).encode()], partition=number % 2)
    base: Any = declarative_base()

    class Reading(base):  # type: ignore[misc]
        __tablename__ = "readings"
        kafka_partition = sa.Column(sa.BigInteger, primary_key=True)
        kafka_offset = sa.Column(sa.BigInteger, primary_key=True)
        n = sa.Column(sa.Integer)

    class Note(base):  # type: ignore[misc]
        __tablename__ = "notes"
        id = sa.Column(sa.Integer, primary_key=True)
        text = sa.Column(sa.String(40))

    async def work(engine: Engine) -> None:
        async with engine.begin() as connection:
            await connection.execute(
                sa.text(
                    f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
                )
            )
            await connection.execute(
                sa.text("""
                    CREATE MATERIALIZED VIEW readings AUTO REFRESH YES AS
                    SELECT kafka_partition, kafka_offset,
                           JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE(kafka_value, 'utf-8'), 'n')::INT AS n
                    FROM s."input-stream"
                """)
            )
            await connection.run_sync(base.metadata.create_all, tables=[Note.__table__])
        async with engine.begin() as connection, responsive():
            await connection.execute(sa.text("REFRESH MATERIALIZED VIEW readings"))
        async with engine.connect() as connection:
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
            assert names == ["notes"]
        make: Any = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        async with make() as session:
            rows = (await session.execute(sa.select(Reading).order_by(Reading.n))).scalars().all()
            assert [row.n for row in rows] == list(range(50))
            session.add(Note(text=f"read {len(rows)}"))
            await session.commit()
            streamed = (
                await session.stream_scalars(sa.select(Note.text)) if compat.VERSION >= (2, 0) else None
            )
            if streamed is not None:
                assert await streamed.all() == ["read 50"]

    run(database, work)


def test_a_private_database_is_shared_by_the_engines_connections() -> None:
    async def work() -> None:
        engine = create_async_engine("streamdialect+aioapsw://")
        await numbers(engine, 1)
        async with engine.connect() as first, engine.connect() as second:
            for connection in (first, second):
                assert (await connection.execute(sa.text("SELECT i FROM numbers"))).all() == [(1,)]
        await engine.dispose()

    asyncio.run(work())
    await_no_threads()


def test_isolation_levels(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, 1)
        async with engine.connect() as connection:
            assert (
                await connection.get_isolation_level() == "SERIALIZABLE" if compat.VERSION >= (2, 0) else True
            )
            await connection.execute(sa.text("INSERT INTO numbers VALUES (2)"))
        assert await found(engine) == [1]
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sa.text("INSERT INTO numbers VALUES (3)"))
        assert await found(engine) == [1, 3]
        async with engine.connect() as connection:  # the same one, given back as it was
            await connection.execute(sa.text("INSERT INTO numbers VALUES (4)"))
        assert await found(engine) == [1, 3]

    run(database, work)


def test_a_rollback_undoes_and_a_commit_keeps(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine)
        async with engine.connect() as connection:
            await connection.execute(sa.text("INSERT INTO numbers VALUES (:i)"), [{"i": 1}, {"i": 2}])
            await connection.rollback()
            inserted = await connection.execute(
                sa.text("INSERT INTO numbers VALUES (:i)"), [{"i": 3}, {"i": 4}]
            )
            assert inserted.rowcount == 2
            await connection.commit()
        assert await found(engine) == [3, 4]

    run(database, work)


def test_errors_are_the_drivers(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, 1)
        async with engine.connect() as connection:
            for text, error, orig in (
                ("SELECT absent FROM numbers", sa.exc.ProgrammingError, streamdialect.ProgrammingError),
                ("SELECT * FROM absent", sa.exc.ProgrammingError, streamdialect.UndefinedObjectError),
                ("SELEC 1", sa.exc.ProgrammingError, streamdialect.SQLSyntaxError),
                ("INSERT INTO numbers VALUES (1)", sa.exc.IntegrityError, streamdialect.IntegrityError),
            ):
                with pytest.raises(error) as raised:
                    await connection.execute(sa.text(text))
                assert isinstance(raised.value.orig, orig)
            assert (await connection.execute(sa.text("SELECT 1"))).all() == [(1,)]

    run(database, work)


def test_what_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    async def work() -> None:
        engine = create_async_engine(f"streamdialect+aioapsw:///{tmp_path}/absent/events.db")
        with pytest.raises(sa.exc.OperationalError):
            await engine.connect()
        await engine.dispose()

    asyncio.run(work())
    await_no_threads()


def test_the_drivers_connection(database: Path) -> None:
    async def work(engine: Engine) -> None:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert isinstance(raw.driver_connection, streamdialect.Connection)
            threads = await connection.run_sync(
                lambda sync: sync.connection.dbapi_connection.run_in_thread(threading.current_thread)
            )
            assert threads in connection_threads()

    run(database, work)


@pytest.mark.skipif(compat.VERSION < (2, 0), reason="async_creator is new in SQLAlchemy 2.0")
def test_a_creator_gives_the_connection(database: Path) -> None:
    made: list[streamdialect.Connection] = []

    async def creator() -> streamdialect.Connection:
        made.append(await asyncio.to_thread(streamdialect.connect, database, timeout=0.5))
        return made[0]

    async def work() -> None:
        engine = create_async_engine("streamdialect+aioapsw://", async_creator=creator)
        await numbers(engine, 1)
        assert await found(engine) == [1]
        await engine.dispose()

    asyncio.run(work())
    assert [connection.closed for connection in made] == [True]
    await_no_threads()


def test_without_a_pool_the_thread_ends_with_each_use(database: Path) -> None:
    async def work() -> None:
        engine = create_async_engine(f"streamdialect+aioapsw:///{database}", poolclass=sa.pool.NullPool)
        for number in range(5):
            await numbers(engine, number)
            await asyncio.to_thread(await_no_threads)
        assert await found(engine) == list(range(5))

    asyncio.run(work())
    await_no_threads()


# --- streams ----------------------------------------------------------------------------------------


def test_a_stream_gives_rows_before_the_query_has_ended(database: Path) -> None:
    async def work(engine: Engine) -> None:
        async with engine.connect() as connection, responsive():
            result = await connection.stream(ENDLESS)  # would never come back if it were fetched first
            first = [await result.fetchone() for _ in range(3)]
            assert [row[0] for row in first] == [1, 2, 3]
            more = await result.fetchmany(5000)
            assert [row[0] for row in more] == list(range(4, 5004))
            await result.close()
            seen = 0
            async for row in await connection.stream(ENDLESS):
                seen = row[0]
                if seen == 2500:
                    break
            assert seen == 2500
            if compat.VERSION >= (2, 0):
                async for value in await connection.stream_scalars(ENDLESS):
                    if value == 10:
                        break

    run(database, work)


def test_a_stream_that_is_left_ends_with_its_connections_return(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, *range(100))
        kept = []
        async with engine.connect() as connection:
            kept.append(await connection.stream(ENDLESS))
            adapted = (await connection.get_raw_connection()).dbapi_connection
            assert len(adapted.streams) == 1
        assert adapted.streams == set()
        # A statement that is still open would keep its snapshot, and the journal could not be emptied.
        await numbers(engine, 1000)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            busy, _, _ = (await connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
            assert busy == 0

    run(database, work)


# --- the loop is never blocked ----------------------------------------------------------------------


def test_statements_connects_and_waits_for_locks_do_not_block(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, 1)
        async with responsive():
            async with engine.connect() as connection:
                began = time.monotonic()
                count = await connection.execute(
                    sa.text(
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
                        " SELECT COUNT(*) FROM n"
                    )
                )
                assert count.scalar() == 3_000_000
                assert time.monotonic() - began > 0.1
            writer = await asyncio.to_thread(streamdialect.connect, database)
            await asyncio.to_thread(writer.execute, "INSERT INTO numbers VALUES (2)")
            began = time.monotonic()
            async with engine.connect() as connection:
                with pytest.raises(sa.exc.OperationalError) as raised:
                    await connection.execute(sa.text("INSERT INTO numbers VALUES (3)"))
            assert isinstance(raised.value.orig, streamdialect.DatabaseLockedError)
            assert time.monotonic() - began >= LOCK_WAIT * 0.9
            await asyncio.to_thread(writer.close)

    run(database, work, f"?timeout={LOCK_WAIT}")


def test_many_tasks_and_engines_write_one_file(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine)
        second = create_async_engine(f"streamdialect+aioapsw:///{database}?timeout=30")

        async def insert(number: int) -> None:
            async with (engine, second)[number % 2].begin() as connection:
                await connection.execute(sa.text("INSERT INTO numbers VALUES (:i)"), {"i": number})
                await asyncio.sleep(0.01)  # with the file's only write lock

        async with responsive():
            await asyncio.gather(*(insert(number) for number in range(40)))
        await second.dispose()
        assert await found(engine) == list(range(40))

    run(database, work, "?timeout=30")


# --- cancellation -----------------------------------------------------------------------------------


def test_a_timeout_ends_the_statement_and_its_transaction(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, 1)
        async with engine.connect() as connection:
            await connection.execute(sa.text("INSERT INTO numbers VALUES (2)"))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connection.execute(NEVER_DONE), 0.2)
            assert connection.invalidated  # as SQLAlchemy does with every connection that was cancelled
        assert await found(engine) == [1]
        await numbers(engine, 3)  # nothing holds the file
        assert await found(engine) == [1, 3]

    run(database, work)  # which waits for the thread: the endless statement has ended


def test_a_cancelled_task_returns_at_once_and_does_not_write(database: Path) -> None:
    async def work(engine: Engine) -> None:
        await numbers(engine, 1)
        blocker = streamdialect.connect(database)
        blocker.execute("INSERT INTO numbers VALUES (2)")

        async def insert() -> None:
            async with engine.begin() as connection:
                await connection.execute(sa.text("INSERT INTO numbers VALUES (3)"))

        task = asyncio.ensure_future(insert())
        await asyncio.sleep(0.2)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < LATE  # SQLite itself waits for the lock until its time is up
        blocker.rollback()
        blocker.close()
        await asyncio.to_thread(await_no_threads)
        assert await found(engine) == [1]

    run(database, work, "?timeout=5")


def test_a_stream_can_be_cancelled(database: Path) -> None:
    slow = sa.text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i FROM n WHERE i < 10 OR i > 1000000000"
    )

    async def work(engine: Engine) -> None:
        async with engine.connect() as connection:
            result = await connection.stream(slow, execution_options={"max_row_buffer": 5})
            assert (await result.fetchone())[0] == 1
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(result.all(), 0.2)
        async with engine.connect() as connection:
            assert (await connection.execute(sa.text("SELECT 1"))).scalar() == 1

    run(database, work)


def test_a_connect_that_is_cancelled_leaves_nothing(database: Path) -> None:
    async def work(engine: Engine) -> None:
        for delay in (0, 0.0005, 0.002, 0.01):
            task = asyncio.ensure_future(engine.connect())
            await asyncio.sleep(delay)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await (await task).close()
        async with engine.connect() as connection:
            assert (await connection.execute(sa.text("SELECT 1"))).scalar() == 1

    run(database, work)


def test_an_interrupt_meets_only_the_statement_it_was_meant_for(database: Path) -> None:
    async def work(engine: Engine) -> None:
        async with engine.connect() as connection:
            adapted = (await connection.get_raw_connection()).dbapi_connection
            driver = adapted.driver_connection
            thread = adapted._thread
            for _ in range(20):
                # Below SQLAlchemy, which would replace the connection: the next call must not be hit.
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(
                        thread.call(lambda: driver.execute(str(NEVER_DONE)).fetchall()), 0.01
                    )
                assert await thread.call(lambda: driver.execute("SELECT 1").fetchall()) == [(1,)]

    run(database, work)
