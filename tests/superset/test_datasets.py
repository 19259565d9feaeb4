"""Registering the database and making datasets, as a user does by pages or by API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.superset.client import Client
from tests.superset.conftest import World, columns, register, sqllab
from tests.superset.stream import holders

pytestmark = [pytest.mark.superset, pytest.mark.timeout(900)]

STRING, NUMBER, TIME, BOOLEAN = 1, 0, 2, 3  # of superset.utils.core.GenericDataType


def test_it_is_offered_by_name(api: Client) -> None:
    available = {each["engine"]: each for each in api.get("/api/v1/database/available/")["databases"]}
    ours = available["streamdialect"]
    assert ours["name"] == "streamdialect"
    assert "apsw" in ours["available_drivers"]
    assert ours["default_driver"] == "apsw"
    assert ours["sqlalchemy_uri_placeholder"].startswith("streamdialect:///")


def test_a_connection_is_tested(world: World, api: Client) -> None:
    uri = f"streamdialect:///{world.database}"
    assert api.post("/api/v1/database/test_connection/", {"sqlalchemy_uri": uri, "database_name": "x"}) == {
        "message": "OK"
    }


def test_the_unsafe_ones_are_still_refused(world: World, api: Client) -> None:
    """The site runs with Superset's own security settings."""
    answer = api.send(
        "POST",
        "/api/v1/database/test_connection/",
        {"sqlalchemy_uri": f"sqlite:///{world.database}", "database_name": "x"},
    )
    assert answer.status in (400, 422)
    assert "security reasons" in answer.messages


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("streamdialect:///{folder}/missing/events.db", "cannot be opened"),
        ("streamdialect:///{folder}/missing.db", "cannot be opened"),
        ("streamdialect:///{folder}", "cannot be opened"),
        ("streamdialect:///{folder}/events.db?ingets=off", "ingets"),
        ("streamdialect://host/events.db", "streamdialect:///relative/file.db"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/database/test_connection/", "/api/v1/database/"])
def test_a_wrong_uri_is_the_users_error(world: World, api: Client, uri: str, said: str, path: str) -> None:
    uri = uri.format(folder=world.database.parent)
    answer = api.send("POST", path, {"sqlalchemy_uri": uri, "database_name": f"wrong {uri}"})
    assert answer.status in (400, 422), answer.messages
    assert said in answer.messages
    assert not Path(f"{world.database.parent}/missing.db").exists()


def test_a_file_that_is_no_database(world: World, api: Client, tmp_path: Path) -> None:
    other = tmp_path / "letter.db"
    other.write_text("Dear reader, " * 500)
    answer = api.send(
        "POST",
        "/api/v1/database/test_connection/",
        {"sqlalchemy_uri": f"streamdialect:///{other}", "database_name": "x"},
    )
    assert answer.status in (400, 422), answer.messages
    assert other.read_text() == "Dear reader, " * 500


def test_relations_are_in_one_list_each(api: Client, database_id: int) -> None:
    found = api.get(f"/api/v1/database/{database_id}/tables/?q=(schema_name:public)")["result"]
    kinds = [(each["value"], each["type"]) for each in found]
    assert ("sensor_data", "materialized_view") in kinds
    assert ("sensor_data_extract", "materialized_view") in kinds
    names = [name for name, _ in kinds]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.startswith(("mv_tbl__", "streamdialect_"))]


def test_schemas(api: Client, database_id: int) -> None:
    # Superset makes a set of them, whose order changes from process to process.
    assert sorted(api.get(f"/api/v1/database/{database_id}/schemas/")["result"]) == ["public", "sensors"]


def test_streams_are_the_tables_of_an_external_schema(api: Client, database_id: int) -> None:
    found = api.get(f"/api/v1/database/{database_id}/tables/?q=(schema_name:sensors)")["result"]
    assert [each["value"] for each in found] == ["my-input-stream"]


def types(api: Client, dataset: int) -> dict[str, tuple[str, int, bool]]:
    return {
        name: (column["type"], column["type_generic"], column["is_dttm"])
        for name, column in columns(api, dataset).items()
    }


def test_types_of_the_super_view(api: Client, super_id: int) -> None:
    found = types(api, super_id)
    assert found["approximate_arrival_timestamp"] == ("TIMESTAMP", TIME, True)
    assert found["refresh_time"] == ("TIMESTAMP", TIME, True)
    assert found["payload"][1:] == (STRING, False)
    assert found["payload"][0].startswith("SUPER")
    assert found["partition_key"] == ("VARCHAR(256)", STRING, False)


def test_types_of_the_extracting_view(api: Client, extract_id: int) -> None:
    assert types(api, extract_id) == {
        "sensor_id": ("VARCHAR(8)", STRING, False),
        "current_temperature": ("NUMERIC(10, 2)", NUMBER, False),
        "status": ("VARCHAR(8)", STRING, False),
        "event_time": ("CHAR(26)", STRING, False),
    }


def test_types_of_virtual_datasets(api: Client, readings_id: int, paths_id: int) -> None:
    found = {name: kind[1:] for name, kind in types(api, readings_id).items()}
    assert found == {
        "sensor_id": (NUMBER, False),
        "current_temperature": (NUMBER, False),
        "status": (STRING, False),
        "alert": (STRING, False),
        "event_ts": (TIME, True),
    }
    found = {name: kind[1:] for name, kind in types(api, paths_id).items()}
    assert found == {
        "arrival": (TIME, True),
        "status": (STRING, False),
        "temperature": (NUMBER, False),
        "sensor_id": (NUMBER, False),
        "event_ts": (TIME, True),
        "hot": (BOOLEAN, False),
        "day": (TIME, True),
    }


def test_columns_are_synchronized(api: Client, readings_id: int) -> None:
    before = types(api, readings_id)
    api.put(f"/api/v1/dataset/{readings_id}/refresh", {})
    assert types(api, readings_id) == before


def test_a_preview_of_a_table(api: Client, database_id: int) -> None:
    found: Any = api.get(f"/api/v1/database/{database_id}/table_metadata/?name=sensor_data&schema=public")
    assert [column["name"] for column in found["columns"]][-1] == "payload"
    rows = sqllab(api, database_id, found["selectStar"]).body["data"]
    assert rows
    assert rows[0]["payload"].startswith("{")


def test_superset_never_consumes(world: World, api: Client, database_id: int) -> None:
    """Only the process of ``streamdialect run`` holds the leases, with the database in use by both processes."""
    (holder,) = holders(world.database)
    assert "streamdialect run" in Path(f"/proc/{holder}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    assert holder != os.getpid()
    rows = sqllab(api, database_id, "SELECT DISTINCT autorefresh, streamdialect_state FROM svv_mv_info").body
    assert rows["data"] == [{"autorefresh": "t", "streamdialect_state": "ok"}]


def test_a_registered_database_can_be_removed(world: World, api: Client) -> None:
    found = register(api, "short-lived", f"streamdialect:///{world.database}?mode=ro")
    answer = sqllab(api, found, "SELECT COUNT(*) AS n FROM sensor_data")
    assert answer.body["data"][0]["n"] > 0
    assert api.send("DELETE", f"/api/v1/database/{found}").status == 200
