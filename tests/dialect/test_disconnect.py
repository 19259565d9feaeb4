"""Engines by their entry points; connections that were closed, forked or interrupted are of no harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import streamdialect

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike

CLASSES = {
    "streamdialect": "StreamDialect_apsw",
    "streamdialect.apsw": "StreamDialect_apsw",
    "streamdialect.aioapsw": "StreamDialect_aioapsw",
}


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{database}")
    yield engine
    engine.dispose()


def _driver(connection: Any) -> Any:
    """Give the driver's connection."""
    raw = connection.connection
    return getattr(raw, "dbapi_connection", raw)


@pytest.mark.parametrize("name", CLASSES)
def test_an_entry_point_is_found(name: str, database: Path) -> None:
    if name.endswith("aioapsw"):
        pytest.importorskip("greenlet")
    (entry,) = (entry for entry in entry_points(group="sqlalchemy.dialects") if entry.name == name)
    assert entry.load().__name__ == CLASSES[name]
    url = f"{name.replace('.', '+')}:///{database}"
    if name.endswith("aioapsw"):
        from sqlalchemy.ext.asyncio import create_async_engine

        engine: Any = create_async_engine(url).sync_engine
    else:
        engine = sa.create_engine(url)
    assert type(engine.dialect) is entry.load()
    engine.dispose()


def test_a_closed_connection_is_replaced(engine: Engine) -> None:
    with engine.connect() as connection:
        closed = _driver(connection)
        closed.close()
        with pytest.raises(sa.exc.InterfaceError, match="connection is closed") as caught:
            connection.execute(sa.text("SELECT 1"))
        assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert _driver(connection) is not closed
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_only_a_lost_connection_is_invalidated(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(sa.exc.ProgrammingError) as caught:
            connection.execute(sa.text("SELECT * FROM absent"))
        assert not caught.value.connection_invalidated
    with streamdialect.connect() as driver:
        cursor = driver.cursor()
        cursor.close()
        with pytest.raises(streamdialect.InterfaceError, match="cursor is closed") as closed:
            cursor.execute("SELECT 1")
    driver.close()
    assert not engine.dialect.is_disconnect(closed.value, None, None)


def test_pool_pre_ping_finds_a_closed_connection(database: Path) -> None:
    for ping in (True, False):
        engine = sa.create_engine(f"streamdialect:///{database}", pool_pre_ping=ping)
        with engine.connect() as connection:
            closed = _driver(connection)
        closed.close()
        if ping:
            with engine.connect() as connection:
                assert connection.execute(sa.text("SELECT 1")).scalar() == 1
        else:
            with pytest.raises(sa.exc.InterfaceError), engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        engine.dispose()


def test_a_ping_is_a_statement(engine: Engine) -> None:
    with engine.connect() as connection:
        driver = _driver(connection)
        assert engine.dialect.do_ping(driver)
        driver.close()
        assert not engine.dialect.do_ping(driver)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("ping", [False, True])
def test_a_forked_child_gets_a_connection_of_its_own(database: Path, ping: bool) -> None:
    program = f"""
import os, sqlalchemy as sa
engine = sa.create_engine("streamdialect:///{database}", pool_pre_ping={ping})
with engine.begin() as connection:
    connection.execute(sa.text("CREATE TABLE t (a INT)"))
child = os.fork()
if not child:
    status = 1
    try:
        failed = 0
        for number in (1, 2):
            try:
                with engine.begin() as connection:
                    connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            except sa.exc.InterfaceError as error:
                assert error.connection_invalidated and "another process" in str(error), error
                failed += 1
        assert failed == {0 if ping else 1}, failed
        status = 0
    finally:
        os._exit(status)
_, status = os.waitpid(child, 0)
assert status == 0, status
with engine.begin() as connection:
    print(connection.execute(sa.text("SELECT COUNT(*) FROM t")).scalar())
engine.dispose()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ("2" if ping else "1")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_control_c_ends_a_long_statement(database: Path) -> None:
    program = f"""
import signal
import sqlalchemy as sa
# Whoever runs the tests in the background may have SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
engine = sa.create_engine("streamdialect:///{database}", future=True)
numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000000)"
with engine.connect() as connection:
    connection.execute(sa.text("SELECT 1")).scalar()
    print("running", flush=True)
    try:
        connection.execute(sa.text(numbers + " SELECT COUNT(*) FROM c")).scalar()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    connection.rollback()
    print(connection.execute(sa.text("SELECT 2")).scalar())
with engine.connect() as connection:
    print(connection.execute(sa.text("SELECT 3")).scalar())
engine.dispose()
"""
    arguments = [sys.executable, "-c", program]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().strip() == "running"
            time.sleep(1)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline().strip() == "interrupted"
            assert time.monotonic() - began < 5
            # Not communicate: it knows nothing of what readline has read ahead.
            output, errors = process.stdout.read(), process.stderr.read()
            process.wait(60)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    assert output.split() == ["2", "3"]
