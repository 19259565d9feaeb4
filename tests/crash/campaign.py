"""Kill a process that ingests, again and again, and count what that does to its file."""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.crash import driver, steps, verify
from tests.crash.driver import Life
from tests.crash.outsiders import outsiders
from tests.crash.streams import Producing, Stream, open_stream

__all__ = ["Report", "finish", "prepare", "run"]

# How long a driver may take to come to a step; long, because the machine has other things to do.
_PATIENCE = 45.0
_LONGEST = 0.6  # seconds that a driver killed at random lives, after it has opened the file
_FRESH = 20  # one driver in so many is a new interpreter
_COMPARE = 50  # all records are compared after so many kills, their numbers after each


@dataclass
class Report:
    """Be the figures of a campaign."""

    source: str
    seed: int
    kills: int = 0
    random_kills: int = 0
    fresh_interpreters: int = 0
    steps: dict[str, int] = field(default_factory=dict)
    disturbances: dict[str, int] = field(default_factory=dict)
    records: int = 0
    comparisons: int = 0
    outside: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def show(self) -> None:
        """Print the figures as a line of JSON."""
        print(json.dumps(asdict(self)), flush=True)


def prepare(database: Path, stream: Stream) -> None:
    """Make the file with its views; nobody consumes yet."""
    statements = (
        stream.schema,
        *verify.view_statements(stream.provider),
        "CREATE TABLE notes (text VARCHAR)",
    )
    process, done = driver.start(
        Life(str(database), stream.environment, {"ingest": "off"}, script=statements)
    )
    done()
    process.join()


def finish(database: Path, stream: Stream, options: dict[str, Any] | None = None) -> int:
    """Read the rest of a stream that has ended, and compare everything; return the number of records."""
    script = tuple(f"REFRESH MATERIALIZED VIEW {view}" for view in verify.VIEWS)
    process, done = driver.start(Life(str(database), stream.environment, options or {}, script=script))
    done()
    process.join()
    stream.find()
    with verify.opened(database) as connection:
        return verify.compare(connection, stream)


def _kill(life: Life, step: str | None, seconds: float, fresh: bool) -> bool:
    """Let a driver live until it dies at a step, or for some seconds; tell whether it died as it should."""
    process, opened = driver.start(life, fresh=fresh, ready=step is None)
    try:
        if step is None:
            opened()
            process.join(seconds)
            process.kill()
        process.join(_PATIENCE)
        return process.exitcode == -9
    finally:
        process.kill()
        process.join()


def _plan(kills: int, chance: random.Random) -> list[str | None]:
    """Choose where the kills are: each step as often as any other, and as many at random instants (None)."""
    later = [step for step in steps.STEPS if step not in steps.FIRST_STEPS]
    rounds = max(1, round(kills / 2 / len(later)))
    plan: list[str | None] = [*later * rounds]
    plan += [None] * max(0, kills - len(plan) - len(steps.FIRST_STEPS))
    chance.shuffle(plan)
    return [*steps.FIRST_STEPS, *plan]


def run(source: str, kills: int, seed: int, *, only: Sequence[str] = (), keep: str | None = None) -> Report:
    """Run a campaign; raise AssertionError for a record lost or doubled, or a step that was never reached.

    There are at least as many kills as there are steps. ``only``: at these steps alone. ``keep``: the folder of the
    file, which is removed otherwise.
    """
    chance = random.Random(seed)
    report = Report(source, seed)
    began = time.monotonic()
    plan: list[str | None] = list(only) or _plan(kills, chance)
    with ExitStack() as stack:
        folder = Path(keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
        database = folder / "events.db"
        stream = stack.enter_context(open_stream(source))
        prepare(database, stream)
        hit: Counter[str] = Counter()
        with Producing(stream, 3.0) as producing, outsiders(database) as outside:
            for number, step in enumerate(plan):
                fresh = number % _FRESH == _FRESH - 1
                life = Life(
                    str(database),
                    stream.environment,
                    log=str(folder / "drivers.log"),
                    step=step,
                    number=1 if step in steps.RARE_STEPS else chance.choice((1, 1, 2, 5)),
                )
                died = _kill(life, step, chance.uniform(0.0, _LONGEST), fresh)
                assert died, (
                    f"kill {number}: the driver never came to the step {step!r} ({life.number} times)"
                )
                report.kills += 1
                report.random_kills += step is None
                report.fresh_interpreters += fresh
                hit.update([step] if step else [])
                _check(database, stream, f"after kill {number}, at {step or 'a random instant'}")
                if number % _COMPARE == _COMPARE - 1:
                    print(
                        f"{report.kills} kills, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True
                    )
            producing.stop()
        report.outside = dict(outside)
        report.records = finish(database, stream)
        report.comparisons += 1
        report.disturbances = dict(Counter(producing.disturbances))
        assert only or hit.keys() == set(steps.STEPS), f"never reached: {set(steps.STEPS) - hit.keys()}"
        report.steps = dict(hit)
        assert "is no longer" not in (folder / "drivers.log").read_text(), "two consumers have met"
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _check(database: Path, stream: Stream, when: str) -> None:
    with verify.opened(database) as connection:
        stream.find()
        try:
            verify.count(connection, stream)
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        except (AssertionError, sqlite3.DatabaseError) as error:
            raise AssertionError(f"{when}: {error}") from error
