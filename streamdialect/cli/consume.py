"""``run``: consume in a process of its own, and tell the log what happens."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from streamdialect import Connection, Error, connect
from streamdialect.cli.standing import Standing, look, standings

__all__ = ["consume"]

_LOOK = 1.0  # seconds between two looks at the views
_PLAIN = re.compile(r"[\w$.-]+")  # names that need no quotes in a line of fields


def consume(
    database: Path, options: Mapping[str, Any], *, every: float, metrics: tuple[str, int] | None
) -> None:
    """Consume the AUTO REFRESH views of a file until SIGTERM or Ctrl-C; write a log to stdout.

    ``every`` is the least number of seconds between two lines of progress, ``metrics`` the address and port for
    Prometheus. Blocks. Raise OperationalError if the port cannot be listened on.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        consuming = connect(database, **options)
        stack.callback(consuming.close)
        views = consuming.execute("SELECT COUNT(*) FROM svv_mv_info WHERE autorefresh = 't'").fetchone()
        print(f"consuming {views[0] if views else 0} views of {database}; Ctrl-C or SIGTERM ends", flush=True)
        if metrics is not None:
            from streamdialect.cli.metrics import serve

            url = stack.enter_context(serve(database, *metrics))
            print(f"metrics at {url}", flush=True)
        looking = look(database)
        stack.callback(looking.close)
        _tell(looking, stop, every)
    print("stopped", flush=True)


def _tell(connection: Connection, stop: threading.Event, every: float) -> None:
    """Log what changes until it is told to stop."""
    journal = _Journal(every)
    trouble = ""
    while True:
        try:
            lines = list(journal.changes(standings(connection)))
            trouble = ""
        except (
            Error
        ) as error:  # a file that was removed, a disk that fails: the consumers say so too, and go on
            text = str(error).splitlines()[0]
            lines, trouble = ([text] if text != trouble else []), text
        for line in lines:
            now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            print(f"{now} {line}", flush=True)
        if stop.wait(_LOOK):
            return


class _Journal:
    """Remember what was logged of each view, and find what is new."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._states: dict[str, str] = {}
        self._told: dict[str, tuple[float, tuple[Any, ...], int]] = {}

    def changes(self, views: list[Standing]) -> Iterator[str]:
        """Give a line for each change of a state, and for progress that has not been told for long enough."""
        for name in self._states.keys() - {view.name for view in views}:
            del self._states[name]
            self._told.pop(name, None)
            yield f"view={_name(name)} dropped"
        for view in views:
            if not view.streaming:
                continue
            state = _state(view)
            before = self._states.get(view.name)
            if state != before:
                self._states[view.name] = state
                yield f"view={_name(view.name)} state={state}" + (f" before={before}" if before else "")
            yield from self._progress(view)

    def _progress(self, view: Standing) -> Iterator[str]:
        positions = tuple(each["position"] for each in view.partitions)
        bad = sum(view.bad_records.values())
        now = time.monotonic()
        told = self._told.get(view.name)
        if not positions or (
            told is not None and (now - told[0] < self._every or told[1:] == (positions, bad))
        ):
            return
        self._told[view.name] = (now, positions, bad)
        yield (
            f"view={_name(view.name)} progress records_per_second={view.records_per_second or 0:.1f}"
            f" records_behind={_shown(view.records_behind)} milliseconds_behind={_shown(view.milliseconds_behind)}"
            f" bad_records={bad}"
        )


def _state(view: Standing) -> str:
    """Name a state in one word, or quote what keeps a view from being consumed."""
    if view.state != "ok":
        # Where it stopped at a record the reason quotes that, and what is in records is never logged.
        place, _, _ = view.state.partition(": ")
        return _quoted(f"{place}: see svv_mv_info" if place.startswith("stopped at ") else view.state)
    if not view.auto_refresh:
        return "manual"
    if view.alive is False:
        return "unconsumed"
    if not view.partitions:
        return "starting"
    behind = view.records_behind or view.milliseconds_behind
    unknown = view.records_behind is None and view.milliseconds_behind is None
    return "behind" if behind or unknown else "caught_up"


def _name(view: str) -> str:
    return view if _PLAIN.fullmatch(view) else _quoted(view)


def _quoted(text: str) -> str:
    """Write a text as one field of one line."""
    return '"' + " ".join(text.replace("\\", "\\\\").replace('"', '\\"').splitlines()) + '"'


def _shown(value: int | None) -> str:
    return "unknown" if value is None else str(value)
