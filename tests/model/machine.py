"""A state machine: whatever happens in whatever order, each view holds each record up to its positions once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import apsw
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import streamdialect
from tests.model.streams import Stream

__all__ = ["Ingesting", "consumers"]

VIEWS = st.sampled_from(["v", "w", "grouped"])
POLICIES = st.sampled_from(["skip", "null", "stop"])
WHICH = st.integers(0, 11)
BAD: tuple[bytes, ...] = (b'{"a":"x"}', b'{"a":', b"\xff", b'{"a":99999999999}')


def _meaning(payload: bytes | None) -> tuple[bool, int | None]:
    """Tell whether the views can take a record, and its value."""
    if payload is None:
        return True, None
    if payload in (*BAD, b""):
        return False, None
    return True, int(json.loads(payload)["a"])


class Consumers:
    """Start consuming processes quickly: forks of one that has imported everything and opened nothing."""

    _PROGRAM = """
import os, signal, sys
import boto3, confluent_kafka, streamdialect, streamdialect.ingest.registry
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    said, say = os.pipe()
    process = os.fork()
    if process == 0:
        connection = streamdialect.connect(line[:-1])
        os.write(say, b"x")
        while True:
            signal.pause()
    os.read(said, 1)
    os.close(said), os.close(say)
    print(process, flush=True)
"""

    def __init__(self) -> None:
        self._zygote = subprocess.Popen(
            [sys.executable, "-c", self._PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, database: Path) -> int:
        """Start a process that consumes what is to be consumed in a file; give its id."""
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(f"{database}\n")
        self._zygote.stdin.flush()
        return int(self._zygote.stdout.readline())

    @staticmethod
    def kill(process: int) -> None:
        """Kill a process and wait until it is gone."""
        os.kill(process, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                time.sleep(0.002)

    def close(self) -> None:
        self._zygote.kill()
        self._zygote.communicate()


@contextmanager
def consumers() -> Iterator[Consumers]:
    """Give a starter of processes; whatever they started must be killed before."""
    made = Consumers()
    try:
        yield made
    finally:
        made.close()


class Ingesting(RuleBasedStateMachine):
    """Do anything to views of one stream. Subclasses say which stream, and give ``consumers``."""

    stream_of: ClassVar[Callable[[], Stream]]
    consumers: ClassVar[Consumers]
    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._database = Path(self._folder.name, "m.db")
        self._stream = type(self).stream_of()
        self._views: dict[str, str] = {}  # name to policy
        self._notes = 0  # rows that users have committed
        self._processes: list[int] = []
        self._seen: dict[tuple[int, str], int] = {}
        self._sent = 0
        self._connection = self._connect()
        self._connection.execute(self._stream.schema)
        self._connection.execute("CREATE TABLE notes (n INT)")

    def _connect(self) -> streamdialect.Connection:
        return streamdialect.connect(self._database, autocommit=True, refresh_timeout=20, timeout=20)

    def _select(self, name: str) -> str:
        a = f"JSON_EXTRACT_PATH_TEXT(FROM_VARBYTE({self._stream.value}, 'utf-8'), 'a')::INT"
        if name == "grouped":
            return (
                self._stream.source.format("0").replace(" AS o, 0", f" AS o, COUNT(*) AS n, SUM({a}) AS s")
                + " GROUP BY 1, 2"
            )
        return self._stream.source.format(f"{a} AS a")

    def _count(self, what: str) -> None:
        self.counts[what] += 1

    # --- the stream ---------------------------------------------------------------------------

    @rule(which=WHICH, count=st.integers(1, 30))
    def produce(self, which: int, count: int) -> None:
        self._count("produce")
        payloads: list[bytes | None] = [json.dumps({"a": self._sent + n}).encode() for n in range(count)]
        self._sent += count
        self._stream.put(which, payloads)

    @rule(which=WHICH, bad=st.lists(st.sampled_from([*BAD, None, b"", b'{"a":7}']), min_size=1, max_size=5))
    def poison(self, which: int, bad: list[bytes | None]) -> None:
        self._count("poison")
        self._stream.put(which, bad)

    @rule(which=WHICH)
    def reshape(self, which: int) -> None:
        self._count("reshape")
        self._stream.reshape(which)

    # --- views --------------------------------------------------------------------------------

    @initialize(auto=st.booleans(), policy=POLICIES)
    def first_view(self, auto: bool, policy: str) -> None:
        self.create("v", auto, policy)

    @rule(name=VIEWS, auto=st.booleans(), policy=POLICIES)
    def create(self, name: str, auto: bool, policy: str) -> None:
        if name in self._views:
            return
        if name == "grouped" and policy == "null":
            policy = "skip"
        self._count("create")
        refresh = "AUTO REFRESH YES" if auto else ""
        self._connection.execute(
            f"CREATE MATERIALIZED VIEW {name} {refresh} WITH (on_error = '{policy}') AS {self._select(name)}"
        )
        self._views[name] = policy

    @precondition(lambda self: self._views)
    @rule(name=VIEWS, undo=st.booleans())
    def drop(self, name: str, undo: bool) -> None:
        if name not in self._views:
            return
        self._count("drop undone" if undo else "drop")
        with streamdialect.connect(self._database, timeout=20) as other:
            other.execute(f"DROP MATERIALIZED VIEW {name}")
            if undo:
                other.rollback()
            else:
                other.commit()
                del self._views[name]
        other.close()

    @precondition(lambda self: self._views)
    @rule(name=VIEWS, which=WHICH, count=st.integers(0, 20))
    def refresh(self, name: str, which: int = 0, count: int = 0) -> None:
        if name not in self._views:
            return
        if count:
            self.produce(which, count)
        self._count("refresh")
        try:
            self._connection.execute(f"REFRESH MATERIALIZED VIEW {name}")
        except streamdialect.ViewStoppedError:
            if self._views[name] != "stop":
                raise
            self._count("stopped")
            return
        ends = self._look()[name]
        for partition, run in self._stream.records.items():
            assert ends.get(partition, 0) == len(run), f"REFRESH left {partition} at {ends.get(partition)}"

    @precondition(lambda self: self._views)
    @rule(name=VIEWS, auto=st.booleans())
    def alter(self, name: str, auto: bool) -> None:
        if name in self._views:
            self._count("alter")
            word = "YES" if auto else "NO"
            self._connection.execute(f"ALTER MATERIALIZED VIEW {name} AUTO REFRESH {word}")

    @precondition(lambda self: self._views)
    @rule(name=VIEWS, policy=POLICIES)
    def change_policy(self, name: str, policy: str) -> None:
        if name in self._views and not (name == "grouped" and policy == "null"):
            self._count("policy")
            self._connection.execute(f"ALTER MATERIALIZED VIEW {name} SET (on_error = '{policy}')")
            self._views[name] = policy

    @precondition(lambda self: self._views)
    @rule(name=VIEWS)
    def skip_record(self, name: str) -> None:
        if name in self._views:
            try:
                self._connection.execute(f"ALTER MATERIALIZED VIEW {name} SKIP RECORD")
                self._count("skip")
            except streamdialect.ProgrammingError as error:
                if "not stopped at a record" not in str(error):
                    raise

    @precondition(lambda self: self._views)
    @rule(name=VIEWS)
    def redrive(self, name: str) -> None:
        if name in self._views:
            self._count("redrive")
            self._connection.execute(f"ALTER MATERIALIZED VIEW {name} REDRIVE")

    # --- users and processes ------------------------------------------------------------------

    @rule(undo=st.booleans(), pause=st.sampled_from([0.0, 0.4]))
    def write(self, undo: bool, pause: float) -> None:
        """Hold a transaction for a while, in which consumers cannot write."""
        self._count("user transaction")
        with streamdialect.connect(self._database, timeout=20) as other:
            other.execute("INSERT INTO notes VALUES (1)")
            time.sleep(pause)
            if undo:
                other.rollback()
        other.close()
        self._notes += not undo

    @rule()
    def reopen(self) -> None:
        self._count("reopen")
        self._connection.close()
        self._connection = self._connect()

    @precondition(lambda self: len(self._processes) < 2)
    @rule()
    def start(self) -> None:
        self._count("start")
        self._processes.append(self.consumers.start(self._database))

    @precondition(lambda self: self._processes)
    @rule(which=WHICH, count=st.integers(0, 30), pause=st.sampled_from([0.0, 0.0, 0.1]))
    def kill(self, which: int, count: int, pause: float) -> None:
        """Kill a process, while it reads if there is something to read."""
        self._count("kill")
        if count:
            self.produce(which, count)
            time.sleep(pause)
        self.consumers.kill(self._processes.pop(which % len(self._processes)))

    @rule(pause=st.sampled_from([0.02, 0.1, 0.3]))
    def wait(self, pause: float) -> None:
        time.sleep(pause)

    # --- what is always true ------------------------------------------------------------------

    @invariant()
    def all_is_there_once(self) -> None:
        self._look()

    def _look(self) -> dict[str, dict[str, int]]:
        """Prove that each view has what is before its positions, once; give how much that is."""
        reader = apsw.Connection(str(self._database))
        reader.set_busy_timeout(20_000)
        try:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM notes").get == self._notes
            found: list[Any] = reader.execute("SELECT id, name FROM streamdialect_views").fetchall()
            assert {name for _, name in found} == set(self._views)
            return {name: self._look_at(reader, number, name) for number, name in found}
        finally:
            reader.close()

    def _look_at(self, reader: apsw.Connection, number: int, name: str) -> dict[str, int]:
        positions: list[Any] = reader.execute(
            "SELECT partition, position FROM streamdialect_checkpoints WHERE view_id = ?", (number,)
        ).fetchall()
        letters: dict[str, Counter[tuple[str, str]]] = {
            outcome: Counter() for outcome in ("set aside", "nulled", "stopped")
        }
        for partition, position, outcome in reader.execute(
            "SELECT partition, position, outcome FROM streamdialect_errors WHERE view_id = ?", (number,)
        ):
            letters[outcome][partition, position] += 1
        columns = "p, o, s, n" if name == "grouped" else "p, o, a, 1"
        rows: list[Any] = reader.execute(f"SELECT {columns} FROM {name}").fetchall()
        values = {(str(p), str(o)): a for p, o, a, _ in rows}
        have: Counter[tuple[str, str]] = Counter()
        for p, o, _, n in rows:
            have[str(p), str(o)] += n

        before = {partition: self._stream.before(partition, position) for partition, position in positions}
        expected: dict[tuple[str, str], bytes | None] = {
            (partition, position): payload
            for partition, count in before.items()
            for position, payload in self._stream.records.get(partition, [])[:count]
        }
        total = have + letters["set aside"]
        want = Counter(expected.keys())
        assert total == want, f"{name}: lost {want - total}, doubled or too early {total - want}"
        for key, payload in expected.items():
            good, value = _meaning(payload)
            assert good or not have[key] or letters["nulled"][key] == 1, f"{name}: {key} is bad, and a row"
            assert not (good and letters["set aside"][key]), f"{name}: {key} is good, and set aside"
            if have[key]:
                assert values[key] == (value if good else None), f"{name}: {key} has {values[key]}"
        assert sum(letters["stopped"].values()) <= 1
        for partition, count in before.items():
            assert count >= self._seen.get((number, partition), 0), f"{name}: {partition} went back"
            self._seen[number, partition] = count
        return before

    def teardown(self) -> None:
        for process in self._processes:
            self.consumers.kill(process)
        try:
            for name, policy in self._views.items():
                if policy != "stop":
                    self.refresh(name)
        finally:
            self._connection.close()
            self._folder.cleanup()
