"""One stream, one consuming process and one Superset of two web processes, shared by all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import moto_process
from tests.superset.client import Answer, Client
from tests.superset.site import Site, superset_site
from tests.superset.stream import Consumer, Reading, Stream, create_views, eventually

HISTORY = 1_500  # records

READINGS = """
SELECT sensor_id::INTEGER AS sensor_id,
       current_temperature,
       status,
       NULLIF(status, 'OK') AS alert,
       event_time::TIMESTAMP AS event_ts
FROM sensor_data_extract
"""

SUPER_READINGS = """
SELECT approximate_arrival_timestamp AS arrival,
       payload.status::VARCHAR AS status,
       payload.current_temperature::DECIMAL(10,2) AS temperature,
       payload.sensor_id::INTEGER AS sensor_id,
       payload.event_time::TIMESTAMP AS event_ts,
       payload.current_temperature::DECIMAL(10,2) > 140 AS hot,
       payload.event_time::TIMESTAMP::DATE AS day
FROM sensor_data
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--superset-screenshots", help="save the tutorial's pictures in this folder")


@dataclass
class World:
    """Be what the tests look at."""

    stream: Stream
    database: Path
    consumer: Consumer
    site: Site
    history: Sequence[Reading]  # what was sent before the live readings began


@pytest.fixture(scope="session")
def world(aws_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run it all; live readings arrive the whole time."""
    folder = tmp_path_factory.mktemp("superset")
    database = folder / "events.db"
    with moto_process() as server:
        stream = Stream(server)
        stream.put_history(HISTORY)
        history = stream.readings()
        assert len(history) == HISTORY
        create_views(database, server)
        consumer = Consumer(database, server)
        consumer.start()
        try:
            with superset_site(folder, server.environment) as site, stream.live():
                yield World(stream, database, consumer, site, history)
        finally:
            consumer.kill()


@pytest.fixture(scope="session")
def clients(world: World) -> Sequence[Client]:
    """Give a client of each process."""
    return [world.site.client(process) for process in range(len(world.site.urls))]


@pytest.fixture(scope="session")
def api(clients: Sequence[Client]) -> Client:
    """Give a client of the first process."""
    return clients[0]


def register(api: Client, name: str, uri: str, **options: Any) -> int:
    """Register a database; give its id."""
    return int(api.post("/api/v1/database/", {"database_name": name, "sqlalchemy_uri": uri, **options})["id"])


@pytest.fixture(scope="session")
def database_id(world: World, api: Client) -> int:
    """Give the database, registered by URI with nothing but defaults, after its history has been ingested."""
    found = register(api, "Sensors", f"streamdialect:///{world.database}", expose_in_sqllab=True)

    def rows(view: str) -> int:
        return int(sqllab(api, found, f"SELECT COUNT(*) AS n FROM {view}").body["data"][0]["n"])

    eventually(
        lambda: min(rows("sensor_data"), rows("sensor_data_extract")) >= HISTORY, "the history is ingested"
    )
    return found


@pytest.fixture(scope="session")
def writable_id(world: World, api: Client) -> int:
    """Give the same database, registered once more with the right to change it."""
    return register(
        api,
        "Sensors, writable",
        f"streamdialect:///{world.database}",
        expose_in_sqllab=True,
        allow_dml=True,
    )


def sqllab(api: Client, database: int, sql: str, **options: Any) -> Answer:
    """Run SQL in SQL Lab as its page does, and wait; give whatever is answered."""
    return api.send(
        "POST",
        "/api/v1/sqllab/execute/",
        {"database_id": database, "sql": sql, "runAsync": False, "schema": "public", **options},
    )


def add_dataset(api: Client, database: int, name: str, sql: str | None = None) -> int:
    """Make a dataset of a relation, or of a query."""
    body: dict[str, Any] = {"database": database, "schema": "public", "table_name": name}
    if sql is not None:
        body["sql"] = sql
    return int(api.post("/api/v1/dataset/", body)["id"])


def columns(api: Client, dataset: int) -> dict[str, dict[str, Any]]:
    """Describe a dataset's columns, as Superset has understood them."""
    return {
        column["column_name"]: column for column in api.get(f"/api/v1/dataset/{dataset}")["result"]["columns"]
    }


@pytest.fixture(scope="session")
def extract_id(api: Client, database_id: int) -> int:
    """Give a dataset of the view that extracts typed columns."""
    return add_dataset(api, database_id, "sensor_data_extract")


@pytest.fixture(scope="session")
def super_id(api: Client, database_id: int) -> int:
    """Give a dataset of the view that keeps records whole."""
    return add_dataset(api, database_id, "sensor_data")


@pytest.fixture(scope="session")
def readings_id(api: Client, database_id: int) -> int:
    """Give a virtual dataset with typed columns."""
    return add_dataset(api, database_id, "readings", READINGS)


@pytest.fixture(scope="session")
def paths_id(api: Client, database_id: int) -> int:
    """Give a virtual dataset whose query navigates into SUPER."""
    return add_dataset(api, database_id, "super_readings", SUPER_READINGS)


def chart(api: Client, dataset: int, *, expected: int = 200, **query: Any) -> Any:
    """Ask for a chart's data, as the page does; give the rows, or the failed answer's text."""
    body = {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"row_limit": 10_000, **query}],
        "result_format": "json",
        "result_type": "full",
        "force": True,
    }
    answer = api.send("POST", "/api/v1/chart/data", body)
    assert answer.status == expected, answer.text[:3000]
    return answer.body["result"][0]["data"] if answer.status == 200 else answer.messages


def axis(column: str, grain: str | None) -> dict[str, Any]:
    """Be a time axis, as the page's controls write it."""
    return {
        "timeGrain": grain,
        "columnType": "BASE_AXIS",
        "sqlExpression": column,
        "label": column,
        "expressionType": "SQL",
    }


def metric(sql: str, label: str) -> dict[str, Any]:
    """Be a metric written as SQL."""
    return {"expressionType": "SQL", "sqlExpression": sql, "label": label, "optionName": f"metric_{label}"}
