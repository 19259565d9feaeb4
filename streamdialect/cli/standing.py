"""How every view of a file stands, and how it came there: read from the system views, for board, page and metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from streamdialect import Connection, connect

__all__ = ["SLOT", "Slot", "Standing", "histories", "look", "standings"]

SLOT = 10  # seconds of a row of streamdialect_lag_history


class Standing(Struct, frozen=True):
    """Be a materialized view as it stands; None is unknown, or does not apply to a view that reads no stream.

    ``freshness`` is the age in seconds of what the view has of its stream: 0 while a consumer follows the head.
    ``partitions`` are rows of streamdialect_lag, ``bad_records`` counts by outcome.
    """

    name: str
    streaming: bool
    auto_refresh: bool
    state: str
    process: int | None
    alive: bool | None
    records_behind: int | None
    milliseconds_behind: int | None
    records_per_second: float | None
    bytes_per_second: float | None
    seconds_to_catch_up: float | None
    freshness: float | None
    committed_at: datetime | None
    bad_records: Mapping[str, int] = field(default_factory=dict)
    partitions: Sequence[Mapping[str, Any]] = ()

    @property
    def problem(self) -> str | None:
        """Say what somebody should see to, None if all is well. Bad records that were set aside are not such."""
        if self.state != "ok":
            return self.state
        if self.auto_refresh and self.alive is False:
            return "nobody consumes it: streamdialect run FILE"
        return None

    def as_json(self) -> dict[str, Any]:
        """Give what can be written as JSON; times are ISO 8601 in UTC."""
        return {
            "name": self.name,
            "streaming": self.streaming,
            "auto_refresh": self.auto_refresh,
            "state": self.state,
            "problem": self.problem,
            "consumer": {"process_id": self.process, "is_alive": self.alive},
            "records_behind": self.records_behind,
            "milliseconds_behind": self.milliseconds_behind,
            "records_per_second": _rounded(self.records_per_second),
            "bytes_per_second": _rounded(self.bytes_per_second),
            "seconds_to_catch_up": _rounded(self.seconds_to_catch_up),
            "freshness_seconds": _rounded(self.freshness),
            "committed_at": _iso(self.committed_at),
            "bad_records": dict(self.bad_records),
            "partitions": [
                {name: _iso(value) if isinstance(value, datetime) else value for name, value in each.items()}
                for each in self.partitions
            ],
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat() + "Z"


def look(database: Path) -> Connection:
    """Open a file for reading its system views; each statement sees what is committed then."""
    return connect(database, mode="ro", ingest="off", autocommit=True)


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def standings(connection: Connection) -> list[Standing]:
    """Read how all materialized views stand, by name."""
    cursor = connection.execute("SELECT * FROM streamdialect_lag ORDER BY mv_name, partition_id")
    names = [column[0] for column in cursor.description or ()]
    partitions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in cursor:
        each = dict(zip(names, row, strict=True))
        partitions[each.pop("mv_name")].append(each)
    consumers = {
        name: (process, alive)
        for name, process, alive in connection.execute(
            "SELECT mv_name, process_id, is_alive FROM streamdialect_consumers"
        )
    }
    bad: dict[str, dict[str, int]] = defaultdict(dict)
    for name, outcome, count in connection.execute(
        "SELECT mv_name, outcome, COUNT(*) FROM streamdialect_bad_records GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        bad[name][outcome] = count
    views = connection.execute("SELECT name, autorefresh, streamdialect_state FROM svv_mv_info ORDER BY name")
    return [
        _standing(name, auto == "t", state, consumers.get(name), partitions[name], bad[name])
        for name, auto, state in views
    ]


def _standing(
    name: str,
    auto_refresh: bool,
    state: str,
    consumer: tuple[int | None, bool | None] | None,
    partitions: list[dict[str, Any]],
    bad_records: Mapping[str, int],
) -> Standing:
    process, alive = consumer or (None, None)
    catching = _known(partitions, "seconds_to_catch_up")
    behind = _known(partitions, "records_behind")
    late = _known(partitions, "milliseconds_behind")
    return Standing(
        name=name,
        streaming=consumer is not None,
        auto_refresh=auto_refresh,
        state=state,
        process=process,
        alive=alive,
        records_behind=None if behind is None else sum(behind),
        milliseconds_behind=None if late is None else max(late),
        records_per_second=_sum(partitions, "records_per_second"),
        bytes_per_second=_sum(partitions, "bytes_per_second"),
        seconds_to_catch_up=None if catching is None else max(catching),
        freshness=_freshness(partitions, following=bool(alive) and state == "ok"),
        committed_at=max((each["updated_at"] for each in partitions), default=None),
        bad_records=bad_records,
        partitions=partitions,
    )


def _known(partitions: list[dict[str, Any]], name: str) -> list[Any] | None:
    """Give a value of every partition, None if it is unknown of one: a sum or maximum would say too little."""
    values = [each[name] for each in partitions]
    return values if values and None not in values else None


def _sum(partitions: list[dict[str, Any]], name: str) -> float | None:
    return sum(each[name] or 0.0 for each in partitions) if partitions else None


def _freshness(partitions: list[dict[str, Any]], *, following: bool) -> float | None:
    """Give the age of what a view has, by the partition that is farthest behind.

    A partition that is followed at its head is as new as can be. Of any other the newest record tells, at the
    worst: how late it was when it was read, and how long ago that is.
    """
    now, ages = _now(), []
    for each in partitions:
        lags = (each["records_behind"], each["milliseconds_behind"])
        if following and 0 in lags:
            ages.append(0.0)
        elif lags[1] is not None:
            ages.append(lags[1] / 1000 + max(0.0, (now - each["updated_at"]).total_seconds()))
        elif lags[0] == 0:
            ages.append(max(0.0, (now - each["updated_at"]).total_seconds()))
        elif each["record_time"] is not None:
            ages.append(max(0.0, (now - each["record_time"]).total_seconds()))
        else:
            return None
    return max(ages, default=None)


# --- over time ------------------------------------------------------------------------------------


class Slot(Struct, frozen=True):
    """Be ten seconds of a view, all partitions together; ``start`` is in seconds since 1970."""

    start: int
    records_per_second: float
    bytes_per_second: float
    records_behind: int | None
    milliseconds_behind: int | None


def histories(connection: Connection, slots: int) -> dict[str, list[Slot]]:
    """Give the last ``slots`` slots of every view that reads a stream, without gaps, the newest last.

    A slot in which nothing was read has no rows: its rates are 0. The lag of a partition stays what it was last.
    """
    last = int(_now().replace(tzinfo=timezone.utc).timestamp()) // SLOT
    first = last - slots + 1
    since = datetime.fromtimestamp(first * SLOT, timezone.utc).replace(tzinfo=None)
    found: dict[str, dict[int, list[tuple[Any, ...]]]] = {
        row[0]: defaultdict(list) for row in connection.execute("SELECT mv_name FROM streamdialect_consumers")
    }
    for name, start, *rest in connection.execute(
        "SELECT mv_name, start_time, partition_id, records_per_second, bytes_per_second, records_behind,"
        " milliseconds_behind FROM streamdialect_lag_history WHERE start_time >= ? ORDER BY start_time",
        (since,),
    ):
        number = int(start.replace(tzinfo=timezone.utc).timestamp()) // SLOT
        found.setdefault(name, defaultdict(list))[number].append(tuple(rest))
    return {name: _filled(rows, first, last) for name, rows in found.items()}


def _filled(rows: Mapping[int, list[tuple[Any, ...]]], first: int, last: int) -> list[Slot]:
    lags: dict[str, tuple[int | None, int | None]] = {}
    filled = []
    # The slot that is not over is nothing yet, rather than 0, until something is read in it.
    for number in range(first, last + (last in rows)):
        here = rows.get(number, [])
        for partition, _, _, behind, late in here:
            lags[partition] = (behind, late)
        behinds = [lag[0] for lag in lags.values()]
        lates = [lag[1] for lag in lags.values()]
        filled.append(
            Slot(
                number * SLOT,
                sum(row[1] for row in here),
                sum(row[2] for row in here),
                sum(each for each in behinds if each is not None)
                if behinds and None not in behinds
                else None,
                max(each for each in lates if each is not None) if lates and None not in lates else None,
            )
        )
    return filled
