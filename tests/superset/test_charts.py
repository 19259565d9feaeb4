"""Charts: every time grain and kind of filter, against what Python computes from the records themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.superset.client import Client
from tests.superset.conftest import World, axis, chart, metric
from tests.superset.stream import HISTORY_END, HISTORY_START, Reading

pytestmark = [pytest.mark.superset, pytest.mark.timeout(900)]

EPOCH = datetime(1970, 1, 1)
MONDAY = datetime(1969, 12, 29)
SUNDAY = datetime(1969, 12, 28)

COUNT = metric("COUNT(*)", "n")
TOTAL = metric("SUM(current_temperature)", "total")
HISTORY = {"col": "event_ts", "op": "TEMPORAL_RANGE", "val": "2024-01-01T00:00:00 : 2026-01-01T00:00:00"}


def every(step: timedelta, origin: datetime = EPOCH) -> Callable[[datetime], datetime]:
    return lambda moment: moment - (moment - origin) % step


def day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


# Grain -> the beginning of a moment's bucket, by arithmetic on times and nothing else.
GRAINS: Mapping[str, Callable[[datetime], datetime]] = {
    "PT1S": every(timedelta(seconds=1)),
    "PT5S": every(timedelta(seconds=5)),
    "PT30S": every(timedelta(seconds=30)),
    "PT1M": every(timedelta(minutes=1)),
    "PT5M": every(timedelta(minutes=5)),
    "PT10M": every(timedelta(minutes=10)),
    "PT15M": every(timedelta(minutes=15)),
    "PT30M": every(timedelta(minutes=30)),
    "PT1H": every(timedelta(hours=1)),
    "PT6H": every(timedelta(hours=6)),
    "P1D": every(timedelta(days=1)),
    "P1W": every(timedelta(weeks=1), MONDAY),  # as Redshift's DATE_TRUNC
    "1969-12-28T00:00:00Z/P1W": every(timedelta(weeks=1), SUNDAY),
    "1969-12-29T00:00:00Z/P1W": every(timedelta(weeks=1), MONDAY),
    "P1W/1970-01-03T00:00:00Z": lambda moment: every(timedelta(weeks=1), SUNDAY)(moment) + timedelta(days=6),
    "P1W/1970-01-04T00:00:00Z": lambda moment: every(timedelta(weeks=1), MONDAY)(moment) + timedelta(days=6),
    "P1M": lambda moment: day(moment).replace(day=1),
    "P3M": lambda moment: day(moment).replace(month=(moment.month - 1) // 3 * 3 + 1, day=1),
    "P1Y": lambda moment: day(moment).replace(month=1, day=1),
}


def milliseconds(moment: datetime) -> int:
    return int((moment - EPOCH) / timedelta(milliseconds=1))


def count(readings: Iterable[Reading], key: Callable[[Reading], Any]) -> dict[Any, int]:
    return dict(Counter(map(key, readings)))


def test_every_grain_that_is_offered_is_tested(api: Client, readings_id: int) -> None:
    offered = {name for name, _ in api.get(f"/api/v1/dataset/{readings_id}")["result"]["time_grain_sqla"]}
    assert offered == set(GRAINS)


@pytest.mark.parametrize("grain", GRAINS)
def test_a_grain_has_the_right_buckets(world: World, api: Client, readings_id: int, grain: str) -> None:
    rows = chart(
        api,
        readings_id,
        columns=[axis("event_ts", grain)],
        metrics=[COUNT, TOTAL],
        filters=[HISTORY],
        extras={"time_grain_sqla": grain},
    )
    expected: dict[int, tuple[int, Decimal]] = {}
    for reading in world.history:
        bucket = milliseconds(GRAINS[grain](reading.event_time))
        number, total = expected.get(bucket, (0, Decimal(0)))
        expected[bucket] = (number + 1, total + reading.current_temperature)
    found = {row["event_ts"]: (row["n"], round(Decimal(str(row["total"])), 2)) for row in rows}
    assert len(found) == len(rows)
    assert found == expected


@pytest.mark.parametrize("grain", GRAINS)
def test_a_grain_over_the_streams_own_time(world: World, api: Client, super_id: int, grain: str) -> None:
    """The physical dataset, with the range in the column that the service has set."""
    last = max(reading.arrival for reading in world.history)
    until = (last + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    rows = chart(
        api,
        super_id,
        columns=[axis("approximate_arrival_timestamp", grain)],
        metrics=[COUNT],
        filters=[
            {"col": "approximate_arrival_timestamp", "op": "TEMPORAL_RANGE", "val": f"2020-01-01 : {until}"}
        ],
        extras={"time_grain_sqla": grain},
    )
    assert {row["approximate_arrival_timestamp"]: row["n"] for row in rows} == count(
        world.history, lambda reading: milliseconds(GRAINS[grain](reading.arrival))
    )


def test_a_time_series_by_the_older_controls(world: World, api: Client, readings_id: int) -> None:
    """Granularity beside the columns, as charts made by earlier versions ask; with a limit of series."""
    rows = chart(
        api,
        readings_id,
        columns=["status"],
        metrics=[COUNT],
        granularity="event_ts",
        time_range="2024-01-01T00:00:00 : 2026-01-01T00:00:00",
        is_timeseries=True,
        extras={"time_grain_sqla": "P1M"},
        series_limit=2,
        series_limit_metric=COUNT,
        order_desc=True,
    )
    largest = {name for name, _ in Counter(reading.status for reading in world.history).most_common(2)}
    assert {(row["__timestamp"], row["status"]): row["n"] for row in rows} == count(
        (reading for reading in world.history if reading.status in largest),
        lambda reading: (milliseconds(GRAINS["P1M"](reading.event_time)), reading.status),
    )


Test = Callable[[Reading], bool]

FILTERS: Mapping[str, tuple[list[dict[str, Any]], Test]] = {
    "in": ([{"col": "status", "op": "IN", "val": ["ERROR", "WARNING"]}], lambda r: r.status != "OK"),
    "not in": ([{"col": "status", "op": "NOT IN", "val": ["ERROR"]}], lambda r: r.status != "ERROR"),
    "equal": ([{"col": "status", "op": "==", "val": "OK"}], lambda r: r.status == "OK"),
    "not equal": ([{"col": "status", "op": "!=", "val": "OK"}], lambda r: r.status != "OK"),
    "like": ([{"col": "status", "op": "LIKE", "val": "%R_OR"}], lambda r: r.status == "ERROR"),
    "ilike": ([{"col": "status", "op": "ILIKE", "val": "warn%"}], lambda r: r.status == "WARNING"),
    "is null": ([{"col": "alert", "op": "IS NULL"}], lambda r: r.status == "OK"),
    "is not null": ([{"col": "alert", "op": "IS NOT NULL"}], lambda r: r.status != "OK"),
    "greater": (
        [{"col": "current_temperature", "op": ">", "val": 100.5}],
        lambda r: r.current_temperature > Decimal("100.5"),
    ),
    "between": (
        [
            {"col": "current_temperature", "op": ">=", "val": 20},
            {"col": "current_temperature", "op": "<=", "val": 50},
        ],
        lambda r: 20 <= r.current_temperature <= 50,
    ),
    "integer": ([{"col": "sensor_id", "op": "<", "val": 10}], lambda r: int(r.sensor_id) < 10),
    "integers": (
        [{"col": "sensor_id", "op": "IN", "val": [3, 5, 7]}],
        lambda r: int(r.sensor_id) in (3, 5, 7),
    ),
    "month": (
        [{"col": "event_ts", "op": "TEMPORAL_RANGE", "val": "2024-12-01 : 2025-01-01"}],
        lambda r: datetime(2024, 12, 1) <= r.event_time < datetime(2025, 1, 1),
    ),
    "minutes": (
        [{"col": "event_ts", "op": "TEMPORAL_RANGE", "val": "2025-06-01T06:00:05 : 2025-06-01T06:15:00"}],
        lambda r: datetime(2025, 6, 1, 6, 0, 5) <= r.event_time < datetime(2025, 6, 1, 6, 15),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter(world: World, api: Client, readings_id: int, name: str) -> None:
    filters, test = FILTERS[name]
    wanted = [reading for reading in world.history if test(reading)]
    rows = chart(api, readings_id, columns=["status"], metrics=[COUNT], filters=[HISTORY, *filters])
    assert wanted
    assert {row["status"]: row["n"] for row in rows} == count(wanted, lambda reading: reading.status)


def test_metrics_having_and_percentages(world: World, api: Client, readings_id: int) -> None:
    """What a table chart asks for: several metrics, HAVING, an SQL filter, shares of the whole."""
    rows = chart(
        api,
        readings_id,
        columns=["sensor_id"],
        metrics=[
            {
                "expressionType": "SIMPLE",
                "column": {"column_name": "current_temperature"},
                "aggregate": "AVG",
                "label": "mean",
            },
            {
                "expressionType": "SIMPLE",
                "column": {"column_name": "status"},
                "aggregate": "COUNT_DISTINCT",
                "label": "kinds",
            },
            metric("SUM(CASE WHEN status = 'ERROR' THEN 1 ELSE 0 END)", "errors"),
            COUNT,
        ],
        filters=[HISTORY],
        extras={"where": "status <> 'WARNING'", "having": "COUNT(*) >= 12"},
        orderby=[[COUNT, False]],
        post_processing=[
            {"operation": "contribution", "options": {"columns": ["n"], "rename_columns": ["%n"]}}
        ],
    )
    groups: dict[int, list[Reading]] = defaultdict(list)
    for reading in world.history:
        if reading.status != "WARNING":
            groups[int(reading.sensor_id)].append(reading)
    kept = {sensor: found for sensor, found in groups.items() if len(found) >= 12}
    assert {row["sensor_id"]: (row["kinds"], row["errors"], row["n"]) for row in rows} == {
        sensor: (
            len({each.status for each in found}),
            sum(each.status == "ERROR" for each in found),
            len(found),
        )
        for sensor, found in kept.items()
    }
    whole = sum(map(len, kept.values()))
    for row in rows:
        mean = sum(each.current_temperature for each in kept[row["sensor_id"]]) / row["n"]
        assert abs(Decimal(str(row["mean"])) - mean) < Decimal("0.011")  # AVG of DECIMAL keeps its scale
        assert row["%n"] == pytest.approx(row["n"] / whole)
    assert [row["n"] for row in rows] == sorted((row["n"] for row in rows), reverse=True)


def test_paths_into_super(world: World, api: Client, paths_id: int) -> None:
    rows = chart(
        api,
        paths_id,
        columns=["hot"],
        metrics=[COUNT, metric("MAX(temperature)", "highest")],
        filters=[HISTORY],
    )
    expected: dict[bool, tuple[int, Decimal]] = {}
    for reading in world.history:
        hot = reading.current_temperature > 140
        number, highest = expected.get(hot, (0, Decimal(0)))
        expected[hot] = (number + 1, max(highest, reading.current_temperature))
    assert {row["hot"]: (row["n"], Decimal(str(row["highest"]))) for row in rows} == expected


def test_a_date_column_as_axis_and_range(world: World, api: Client, paths_id: int) -> None:
    """The first day of a range is in it, the last is not."""
    rows = chart(
        api,
        paths_id,
        columns=[axis("day", "P1D")],
        metrics=[COUNT],
        filters=[{"col": "day", "op": "TEMPORAL_RANGE", "val": "2024-02-29 : 2024-12-31"}],
        extras={"time_grain_sqla": "P1D"},
    )
    assert {row["day"]: row["n"] for row in rows} == count(
        (r for r in world.history if datetime(2024, 2, 29) <= r.event_time < datetime(2024, 12, 31)),
        lambda reading: milliseconds(day(reading.event_time)),
    )


def test_raw_records(world: World, api: Client, readings_id: int) -> None:
    rows = chart(
        api,
        readings_id,
        columns=["event_ts", "sensor_id", "current_temperature", "status"],
        filters=[HISTORY],
        orderby=[["event_ts", True]],
        row_limit=50,
    )
    first = sorted(world.history, key=lambda reading: reading.event_time)[:50]
    assert [(row["sensor_id"], Decimal(str(row["current_temperature"])), row["status"]) for row in rows] == [
        (int(reading.sensor_id), reading.current_temperature, reading.status) for reading in first
    ]
    assert [int(row["event_ts"]) for row in rows] == [milliseconds(reading.event_time) for reading in first]
    assert HISTORY_START <= first[0].event_time < HISTORY_END


def test_a_wrong_metric_is_an_answer_not_a_crash(api: Client, readings_id: int) -> None:
    text = chart(api, readings_id, expected=400, columns=["status"], metrics=[metric("SUM(nosuch)", "x")])
    assert "nosuch" in text
