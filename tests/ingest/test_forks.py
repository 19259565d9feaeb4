"""Processes that fork: with consumers running, in threads, and as the servers of applications do it."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.test_consumers import count, wait_for
from tests.servers.process import free_ports

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORKING = """
import os, sys, threading, time
import streamdialect
path, forks = sys.argv[1], int(sys.argv[2])
connection = streamdialect.connect(path, autocommit=True)
connection.execute("REFRESH MATERIALIZED VIEW v")  # the source's clients are open too

def fork(number):
    child = os.fork()
    if child == 0:
        own = streamdialect.connect(path, autocommit=True, ingest="auto" if number % 2 else "off")
        own.execute("SELECT COUNT(*) FROM v").fetchall()
        if number % 5 == 0:
            own.execute("INSERT INTO mine VALUES (?)", (number,))
        if number % 3 == 0:
            own.close()
        if number % 2:
            os._exit(0)  # as multiprocessing and Celery do
        sys.exit(0)  # as gunicorn does, through all that is run at exit
    until = time.monotonic() + 30
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0, status
            return
        if time.monotonic() > until:
            os.kill(child, 6)
            raise SystemExit(f"fork {number} hangs")
        time.sleep(0.002)

problems = []
def work():
    try:
        for number in range(forks):
            fork(number)
    except BaseException as error:
        problems.append(error)

thread = threading.Thread(target=work)
thread.start()
thread.join()  # while the consumer's threads work; a statement of its own would be in SQLite, see the docs
connection.close()
print(problems or "fine")
"""


def forking(database: Path, events: Events, forks: int) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.execute("CREATE TABLE mine (a INT)")
    events.connection.close()
    events.put({"name": "a"})
    with subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "ignore", "-c", FORKING, str(database), str(forks)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        produced = 1
        while running.poll() is None:
            events.put(*[{"name": "a", "amount": 1}] * 200, partition=produced % 2)
            produced += 200
            time.sleep(0.02)
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read().strip() == "fine", running.stderr.read()
    with closing(streamdialect.connect(database)) as connection:
        connection.execute("REFRESH MATERIALIZED VIEW v")
        found = connection.execute("SELECT kafka_partition, kafka_offset FROM v").fetchall()
        assert len(found) == len(set(found)) == produced
        assert connection.execute("SELECT COUNT(*) FROM mine").fetchall() == [((forks + 4) // 5,)]


def test_forks_in_a_thread_under_ingest(database: Path, events: Events) -> None:
    forking(database, events, 20)


@pytest.mark.slow
def test_many_forks_in_a_thread_under_ingest(database: Path, events: Events) -> None:
    forking(database, events, 200)


INHERITED = """
import os, sys
import streamdialect
path, case = sys.argv[1:]
parent = streamdialect.connect(path, ingest="off")
rows = parent.execute("SELECT a FROM mine").fetchall()
if case == "half read":
    cursor = parent.execute("SELECT kafka_offset FROM s.events")
    cursor.fetchone()
if case == "writing":
    parent.execute("INSERT INTO mine VALUES (0)")
(told, tell), (heard, say) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    try:
        own = streamdialect.connect(path, autocommit=True, ingest="off")
    except streamdialect.OperationalError as error:
        print(str(error).splitlines()[0].partition(" ")[2])
        sys.exit(0)
    own.execute("INSERT INTO mine VALUES (1)")
    os.write(tell, b".")
    os.read(heard, 1)
    own.execute("INSERT INTO mine VALUES (2)")
    sys.exit(0)
if case == "closing":
    os.read(told, 1)
    parent.close()  # the last connection that the parent knows of
os.write(say, b".")
assert os.waitpid(child, 0)[1] == 0
if case == "half read":
    print(len(cursor.fetchall()), "more")
parent.close()
"""


@pytest.mark.parametrize(
    ("case", "said", "kept"),
    [
        ("closing", "", [1, 2]),
        ("half read", "2 more", [1, 2]),
        (
            "writing",
            "cannot be opened: when this process was forked, its parent was writing the file or executed"
            " a statement in another thread",
            [],
        ),
    ],
)
def test_what_a_child_inherits_takes_no_locks_for_it(
    database: Path, events: Events, case: str, said: str, kept: list[int]
) -> None:
    events.execute("CREATE TABLE mine (a INT)")
    events.put({"name": "a"}, {"name": "b"}, {"name": "c"})
    events.connection.close()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", INHERITED, str(database), case],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, said), done.stderr
    with closing(streamdialect.connect(database)) as connection:
        assert connection.execute("SELECT a FROM mine ORDER BY a").fetchall() == [(n,) for n in kept]


MULTIPROCESSING = """
import multiprocessing, sys
import streamdialect

def work(path):
    connection = streamdialect.connect(path, autocommit=True)
    connection.execute("REFRESH MATERIALIZED VIEW v")
    found = connection.execute("SELECT COUNT(*), COUNT(DISTINCT kafka_offset) FROM v").fetchone()
    connection.close()
    return found

if __name__ == "__main__":
    path, method = sys.argv[1:]
    connection = streamdialect.connect(path, autocommit=True)
    connection.execute("REFRESH MATERIALIZED VIEW v")
    with multiprocessing.get_context(method).Pool(3) as pool:
        print(set(pool.map(work, [path] * 9, chunksize=1)))
    print(connection.execute("SELECT COUNT(*) FROM v").fetchone())
    connection.close()
"""


@pytest.mark.parametrize(
    "method",
    [
        "fork",
        pytest.param("forkserver", marks=pytest.mark.slow),
        pytest.param("spawn", marks=pytest.mark.slow),
    ],
)
def test_multiprocessing(database: Path, events: Events, tmp_path: Path, method: str) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    events.put(*[{"name": "a"}] * 100)
    program = tmp_path / "program.py"
    program.write_text(MULTIPROCESSING)
    command = [sys.executable, "-W", "ignore", str(program), str(database), method]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, env=environment)
    assert done.stdout.splitlines() == ["{(100, 100)}", "(100,)"], done.stderr


APPLICATION = """
import os
from sqlalchemy import create_engine, event, text

engine = create_engine(f"streamdialect:///{os.environ['DATABASE']}")
with engine.connect() as connection:  # in the master, with preload_app
    connection.execute(text("SELECT COUNT(*) FROM v")).scalar()
os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))

def application(environ, start_response):
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT COUNT(*) FROM v")).scalar()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {rows}".encode()]
"""


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"needs {name}")


def served(command: Sequence[str], folder: Path, database: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        "DATABASE": str(database),
    }
    return subprocess.Popen([sys.executable, "-W", "ignore", "-m", *command], cwd=folder, env=environment)


@pytest.mark.slow
@needs("gunicorn")
def test_gunicorn_with_an_engine_opened_in_its_master(database: Path, events: Events, tmp_path: Path) -> None:
    """Master and workers consume one after the other at most; a worker that is killed is replaced."""
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.connection.close()
    (tmp_path / "served.py").write_text(APPLICATION)
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = ["gunicorn", "--preload", "--workers", "3", "--bind", address, "served:application"]

    def ask() -> tuple[int, int]:
        with urllib.request.urlopen(f"http://{address}", timeout=10) as response:
            pid, rows = response.read().split()
        return int(pid), int(rows)

    def answers() -> bool:
        try:
            return ask()[1] >= 0
        except OSError:
            return False

    with served(command, tmp_path, database) as server:
        try:
            wait_for(answers, "gunicorn", 60)
            produced = 0
            for round_number in range(4):
                events.put(*[{"name": "a"}] * 500, partition=round_number % 2)
                produced += 500
                wait_for(lambda: ask()[1] == produced, "the rows", 30)  # noqa: B023
                os.kill(ask()[0], signal.SIGKILL)
                wait_for(answers, "another worker", 30)
            server.terminate()
            assert server.wait(30) == 0
        finally:
            server.kill()
    with closing(streamdialect.connect(database, ingest="off")) as connection:
        found = connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT kafka_partition || '/' || kafka_offset) FROM v"
        )
        assert found.fetchall() == [(produced, produced)]


TASKS = """
import os
from celery import Celery
import streamdialect

folder = os.environ["FOLDER"]
app = Celery("tasks", broker="filesystem://")
app.conf.update(
    broker_transport_options={"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder},
    worker_hijack_root_logger=False,
)
master = streamdialect.connect(os.environ["DATABASE"], autocommit=True)  # before the pool forks

@app.task
def note(number):
    with streamdialect.connect(os.environ["DATABASE"]) as connection:
        connection.execute("REFRESH MATERIALIZED VIEW v")
        connection.execute("INSERT INTO mine VALUES (?)", (number,))
    connection.close()
"""


@pytest.mark.slow
@needs("celery")
def test_celery_prefork(database: Path, events: Events, tmp_path: Path) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS {EXTRACT}")
    events.execute("CREATE TABLE mine (a INT)")
    events.connection.close()
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "queue").mkdir()
    os.environ["FOLDER"] = str(tmp_path / "queue")
    events.put(*[{"name": "a"}] * 100)
    command = ["celery", "-A", "tasks", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    with served(command, tmp_path, database) as worker:
        try:
            send = "import tasks\nfor n in range(10): tasks.note.delay(n)\ntasks.master.close()"
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DATABASE": str(database)}
            subprocess.run(
                [sys.executable, "-c", send], cwd=tmp_path, env=environment, check=True, timeout=60
            )
            with closing(streamdialect.connect(database, ingest="off")) as connection:
                wait_for(lambda: count(connection, "mine") == 10, "the tasks", 60)
                assert count(connection) == 100
            worker.terminate()
            assert worker.wait(30) == 0
        finally:
            worker.kill()
            del os.environ["FOLDER"]
