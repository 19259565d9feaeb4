"""The engine spec in Superset's own code, without a web server; see ``superset.md`` of the reference."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.superset.application import ENGINE, make_file, script, superset_application

pytestmark = [pytest.mark.superset, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with superset_application(tmp_path_factory.mktemp("superset")) as app:
        yield app


@pytest.fixture
def spec(application: Any) -> Any:
    from superset.db_engine_specs import get_engine_spec

    return get_engine_spec(ENGINE, "apsw")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make_file(tmp_path / "events.db")


@pytest.fixture
def registered(application: Any, file: Path) -> Any:
    from superset.models.core import Database

    return Database(database_name="events", sqlalchemy_uri=f"streamdialect:///{file}")


# --- discovery ------------------------------------------------------------------------------------


def test_superset_finds_the_spec_and_offers_it(application: Any, spec: Any) -> None:
    from superset.db_engine_specs import get_available_engine_specs, get_engine_spec
    from superset.sql.parse import SQLGLOT_DIALECTS

    (entry,) = (entry for entry in entry_points(group="superset.db_engine_specs") if entry.name == ENGINE)
    assert entry.load() is spec
    assert spec.__name__ == "StreamDialectEngineSpec"
    assert get_engine_spec(ENGINE) is spec
    # Whatever is installed of that backend's name, for display; an aioapsw URI is for programs with an event loop.
    assert get_available_engine_specs()[spec] == {"apsw", "aioapsw"}
    assert SQLGLOT_DIALECTS[ENGINE].__name__ == "SupersetDialect"
    assert spec.default_driver in spec.drivers
    assert spec.get_public_information() == {
        "supports_file_upload": True,
        "disable_ssh_tunneling": True,
        "supports_dynamic_catalog": False,
        "supports_oauth2": False,
    }


def test_a_setting_for_the_dialect_comes_first() -> None:
    program = (
        "from superset.sql.parse import SQLGLOT_DIALECTS;"
        "SQLGLOT_DIALECTS['streamdialect'] = 'mine';"
        "import streamdialect.superset.spec;"
        "assert SQLGLOT_DIALECTS['streamdialect'] == 'mine'"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, capture_output=True)


# --- times ----------------------------------------------------------------------------------------

INSTANTS = [
    datetime(2024, 2, 29, 23, 59, 59, 999_999),
    datetime(2026, 1, 1),
    datetime(2026, 11, 22, 13, 47, 38, 500_000),  # a Sunday
    datetime(2023, 12, 30, 6, 0, 30),  # a Saturday
    datetime(1969, 12, 31, 23, 59, 59, 1),
]


def _floor(value: datetime, **step: float) -> datetime:
    day = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + (value - day) // timedelta(**step) * timedelta(**step)


def _week(value: datetime, first: int) -> datetime:
    """Go back to the first day of the week: 0 is Monday."""
    return _floor(value, days=1) - timedelta(days=(value.weekday() - first) % 7)


GRAINS: dict[str, Callable[[datetime], datetime]] = {
    "PT1S": lambda value: _floor(value, seconds=1),
    "PT5S": lambda value: _floor(value, seconds=5),
    "PT30S": lambda value: _floor(value, seconds=30),
    "PT1M": lambda value: _floor(value, minutes=1),
    "PT5M": lambda value: _floor(value, minutes=5),
    "PT10M": lambda value: _floor(value, minutes=10),
    "PT15M": lambda value: _floor(value, minutes=15),
    "PT30M": lambda value: _floor(value, minutes=30),
    "PT0.5H": lambda value: _floor(value, minutes=30),
    "PT1H": lambda value: _floor(value, hours=1),
    "PT6H": lambda value: _floor(value, hours=6),
    "P1D": lambda value: _floor(value, days=1),
    "P1W": lambda value: _week(value, 0),
    "1969-12-28T00:00:00Z/P1W": lambda value: _week(value, 6),
    "1969-12-29T00:00:00Z/P1W": lambda value: _week(value, 0),
    "P1W/1970-01-03T00:00:00Z": lambda value: _week(value, 6) + timedelta(days=6),
    "P1W/1970-01-04T00:00:00Z": lambda value: _week(value, 0) + timedelta(days=6),
    "P1M": lambda value: _floor(value, days=1).replace(day=1),
    "P3M": lambda value: _floor(value, days=1).replace(day=1, month=(value.month - 1) // 3 * 3 + 1),
    "P0.25Y": lambda value: _floor(value, days=1).replace(day=1, month=(value.month - 1) // 3 * 3 + 1),
    "P1Y": lambda value: _floor(value, days=1).replace(day=1, month=1),
}


def test_superset_has_no_other_grain(spec: Any) -> None:
    from superset.constants import TimeGrain

    assert {str(grain.value) for grain in TimeGrain} == set(GRAINS)
    assert {grain.duration for grain in spec.get_time_grains()} <= {None, *GRAINS}
    assert len(spec.get_time_grains()) >= 19


@pytest.mark.parametrize("column", ["ts", "tz", "d"])
def test_the_last_of_all_days_is_in_a_week(spec: Any, file: Path, column: str) -> None:
    """The 31st of December 9999 often stands for "never": such a row must not spoil a chart."""
    connection = streamdialect.connect(file, ingest="off")
    last = "'9999-12-31 23:59:59', '9999-12-31 23:59:59+00', '9999-12-31'"
    connection.execute(f"INSERT INTO t (ts, tz, d) VALUES ({last})")
    for grain, day in (("1969-12-28T00:00:00Z/P1W", 26), ("P1W", 27)):
        expression = spec.get_time_grain_expressions()[grain].replace("{col}", column)
        ((found,),) = connection.execute(f"SELECT {expression} FROM t").fetchall()
        assert found.replace(tzinfo=None) == datetime(9999, 12, day)
    connection.close()


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("column", ["ts", "tz", "d"])
def test_time_grains(spec: Any, file: Path, grain: str, column: str) -> None:
    connection = streamdialect.connect(file, ingest="off")
    for value in INSTANTS:
        connection.execute("DELETE FROM t")
        stored: Any = {"ts": value, "tz": value.replace(tzinfo=timezone.utc), "d": value.date()}[column]
        connection.execute(f"INSERT INTO t ({column}) VALUES (?)", (stored,))
        expression = spec.get_time_grain_expressions()[grain].replace("{col}", column)
        cursor = connection.execute(script(f"SELECT {expression} AS x FROM t GROUP BY {expression}").format())
        ((found,),) = cursor.fetchall()
        start = datetime.combine(value.date(), datetime.min.time()) if column == "d" else value
        assert found.replace(tzinfo=None) == GRAINS[grain](start)
        assert (found.tzinfo is None) == (column != "tz")
        assert cursor.description is not None
        assert str(cursor.description[0][1]) == ("TIMESTAMPTZ" if column == "tz" else "TIMESTAMP")
    connection.rollback()
    connection.close()


def test_times_in_numbers(spec: Any, file: Path) -> None:
    connection = streamdialect.connect(file, ingest="off")
    seconds = spec.epoch_to_dttm().replace("{col}", "1700000000")
    milliseconds = spec.epoch_ms_to_dttm().replace("{col}", "1700000000123")
    ((first, second),) = connection.execute(f"SELECT {seconds}, {milliseconds}").fetchall()
    assert first == datetime(2023, 11, 14, 22, 13, 20)
    assert second == datetime(2023, 11, 14, 22, 13, 20, 123_000)
    grain = spec.get_time_grain_expressions()["PT5M"].replace("{col}", seconds)
    assert connection.execute(f"SELECT {grain}").fetchall() == [(datetime(2023, 11, 14, 22, 10),)]
    connection.close()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DATE", date(2024, 2, 29)),
        ("TIMESTAMP", INSTANTS[0]),
        ("TIMESTAMP WITHOUT TIME ZONE", INSTANTS[0]),
        ("DATETIME", INSTANTS[0]),
        ("TIMESTAMPTZ", INSTANTS[0].replace(tzinfo=timezone.utc)),
        ("VARCHAR(20)", None),
        ("BIGINT", None),
        ("SUPER", None),
    ],
)
def test_literals_of_times(spec: Any, file: Path, kind: str, expected: Any) -> None:
    literal = spec.convert_dttm(kind, INSTANTS[0])
    if expected is None:
        assert literal is None
        return
    connection = streamdialect.connect(file, ingest="off")
    assert connection.execute(f"SELECT {literal}").fetchall() == [(expected,)]
    connection.close()


# --- relations and types --------------------------------------------------------------------------


def test_each_relation_is_in_one_list(registered: Any) -> None:
    for schema in ("public", "main", None):
        names = [
            {table.table if hasattr(table, "table") else table[0] for table in found}
            for found in (
                registered.get_all_table_names_in_schema(None, schema),
                registered.get_all_view_names_in_schema(None, schema),
                registered.get_all_materialized_view_names_in_schema(None, schema),
            )
        ]
        assert names == [{"t", "u"}, {"w"}, {"mv"}]


def test_the_default_schema_is_known_without_a_connection(
    application: Any, tmp_path: Path, file: Path
) -> None:
    from superset.models.core import Database

    assert (
        Database(sqlalchemy_uri=f"streamdialect:///{tmp_path}/missing.db").get_default_schema(None)
        == "public"
    )
    there = Database(sqlalchemy_uri=f"streamdialect:///{file}")
    with there.get_inspector() as inspector:
        assert there.get_default_schema(None) == inspector.default_schema_name


def test_columns_have_types(registered: Any, spec: Any) -> None:
    from superset.sql.parse import Table
    from superset.utils.core import GenericDataType

    with registered.get_sqla_engine() as engine:
        columns = {column["column_name"]: column["type"] for column in registered.get_columns(Table("t"))}
        found = {
            name: spec.get_column_spec(kind.compile(engine.dialect).upper()).generic_type
            for name, kind in columns.items()
        }
    numeric, text, time = GenericDataType.NUMERIC, GenericDataType.STRING, GenericDataType.TEMPORAL
    assert found == {
        **{"a": numeric, "ts": time, "tz": time, "d": time, "s": text, "v": text, "n": numeric, "x": text},
        **{"b": GenericDataType.BOOLEAN, "e": numeric},
    }


def test_types_of_results(registered: Any, spec: Any) -> None:
    query = "SELECT *, DATE_TRUNC('day', ts) AS day, a + 1.5 AS more, x || 'y' AS y, a > 1 AS big FROM t"
    with registered.get_raw_connection() as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.execute(script(f"{query} WHERE 1 = 0").format())
        before = cursor.description
        assert spec.fetch_data(cursor) == []
        assert cursor.description == before
        assert all(isinstance(column[1], str) and column[1] for column in before)
        kinds = {column[0]: spec.get_column_spec(spec.get_datatype(column[1])) for column in before}
    assert {name for name, kind in kinds.items() if kind.is_dttm} == {"ts", "tz", "d", "day"}
    assert {name for name, kind in kinds.items() if kind.generic_type == 0} == {"a", "n", "e", "more"}
    assert {name for name, kind in kinds.items() if kind.generic_type == 3} == {"b", "big"}


def test_a_statement_without_rows_has_none(registered: Any, spec: Any) -> None:
    with registered.get_raw_connection() as connection:
        cursor = connection.cursor()
        for statement in (
            "CREATE TABLE n (a INT)",
            "INSERT INTO n VALUES (1)",
            "REFRESH MATERIALIZED VIEW mv",
        ):
            spec.execute(cursor, statement, registered)
            assert spec.fetch_data(cursor) == []
        connection.commit()
    assert registered.get_df("SELECT a FROM n").to_dict("list") == {"a": [1]}


def test_an_uploaded_file_becomes_a_table(registered: Any, spec: Any) -> None:
    import pandas as pd
    from superset.sql.parse import Table

    frame = pd.DataFrame(
        {
            "a": [1, 2],
            "t": pd.to_datetime(["2024-01-01 00:00:00", "2024-01-02 03:04:05"]),
            "x": ["é'", None],
            **{f"c{number}": [0.5, None] for number in range(50)},
        }
    )
    large = pd.concat([frame] * 500, ignore_index=True)
    options = {"if_exists": "fail", "index": False, "chunksize": 1000}
    for table in (Table("uploaded"), Table("uploaded_too", "public")):
        spec.df_to_sql(registered, table, large, dict(options))
        found = registered.get_df(f"SELECT * FROM {table.table}")
        assert len(found) == 1000
        assert found["t"].tolist() == large["t"].tolist()
        assert found["x"].tolist() == large["x"].tolist()
    with pytest.raises(ValueError, match="already exists"):
        spec.df_to_sql(registered, Table("uploaded"), frame, dict(options))


# --- connections ----------------------------------------------------------------------------------


def test_connections_of_superset_start_nothing_and_make_no_file(spec: Any, tmp_path: Path) -> None:
    from sqlalchemy.engine.url import make_url

    def query(uri: str, **given: Any) -> dict[str, Any]:
        adjusted, arguments = spec.adjust_engine_params(make_url(uri), dict(given))
        assert arguments == given
        assert adjusted.set(query={}) == make_url(uri).set(query={})
        return dict(adjusted.query)

    assert query("streamdialect:////x.db") == {"ingest": "manual", "mode": "rw"}
    assert query("streamdialect:////x.db?ingest=auto&mode=ro") == {"ingest": "auto", "mode": "ro"}
    assert query("streamdialect:////x.db?timeout=9", ingest="auto") == {"mode": "rw", "timeout": "9"}
    assert query("streamdialect://") == {"ingest": "manual"}
    from superset.models.core import Database

    wrong = Database(database_name="wrong", sqlalchemy_uri=f"streamdialect:///{tmp_path}/typo.db")
    with wrong.get_sqla_engine() as engine, pytest.raises(Exception, match=r"typo\.db"):
        engine.connect()
    assert not (tmp_path / "typo.db").exists()


def test_a_query_is_cancelled_by_another_process(registered: Any, spec: Any, file: Path) -> None:
    program = (
        "import sys, time, streamdialect\n"
        "connection = streamdialect.connect(sys.argv[1], ingest='off')\n"
        "cursor = connection.cursor()\n"
        "cursor.execute('SELECT pg_backend_pid()')\n"
        "print(cursor.fetchone()[0], flush=True)\n"
        "try:\n"
        "    cursor.execute('WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000000)"
        " SELECT COUNT(*) FROM c').fetchall()\n"
        "except streamdialect.Error as error:\n"
        "    print(error)\n"
        "connection.close()\n"
    )
    arguments = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        number = other.stdout.readline().strip()
        with registered.get_raw_connection() as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            import time

            time.sleep(1)
            assert spec.cancel_query(cursor, None, number) is True
        assert other.stdout.read().strip() == f"Query ({number}) cancelled on user's request"
    with registered.get_raw_connection() as connection:
        cursor = connection.cursor()
        assert spec.cancel_query(cursor, None, number) is False
        own = spec.get_cancel_query_id(cursor, None)
        assert own.isdigit()
        assert own != number


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "kind", "part"),
    [
        ("SELECT * FROM nope", "TABLE_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("SELECT * FROM nosuch.x", "TABLE_DOES_NOT_EXIST_ERROR", '"nosuch.x"'),
        ("DROP TABLE nope", "TABLE_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("REFRESH MATERIALIZED VIEW nope", "TABLE_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("DROP SCHEMA nope", "SCHEMA_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("SELECT nope FROM t", "COLUMN_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("INSERT INTO t (nope) VALUES (1)", "COLUMN_DOES_NOT_EXIST_ERROR", '"nope"'),
        ("SELECT a FROM t\nWHERE )", "SYNTAX_ERROR", '")" (line 2, column 7)'),
        ("SELECT 'abc", "SYNTAX_ERROR", "(line 1, column 8)"),
        ("SELECT a FROM", "SYNTAX_ERROR", "ends too early"),
        ("SELECT foo(1)", "GENERIC_DB_ENGINE_ERROR", "the function foo is not supported (line 1, column 8)"),
        ("ATTACH 'x' AS y", "GENERIC_DB_ENGINE_ERROR", "ATTACH is not supported"),
        ("SELECT 1/0", "GENERIC_DB_ENGINE_ERROR", "division by zero"),
    ],
)
def test_errors_of_statements(spec: Any, file: Path, statement: str, kind: str, part: str) -> None:
    connection = streamdialect.connect(file, ingest="off")
    with pytest.raises(streamdialect.Error) as caught:
        connection.execute(statement).fetchall()
    connection.close()
    (error,) = spec.extract_errors(caught.value)
    assert error.error_type.value == kind
    assert part in error.message


def test_errors_of_connections(spec: Any, file: Path) -> None:
    def issue(attempt: Callable[[], Any]) -> tuple[str, str]:
        with pytest.raises(streamdialect.Error) as caught:
            attempt()
        (error,) = spec.extract_errors(caught.value)
        return str(error.error_type.value), str(error.message)

    (file.parent / "text.db").write_text("no database " * 500)
    kind, message = issue(lambda: streamdialect.connect(file.parent / "nope.db", mode="rw"))
    assert (kind, "nope.db" in message) == ("CONNECTION_UNKNOWN_DATABASE_ERROR", True)
    kind, message = issue(lambda: streamdialect.connect(file.parent / "text.db"))
    assert kind == "CONNECTION_UNKNOWN_DATABASE_ERROR"
    kind, message = issue(lambda: streamdialect.connect(file, ingets="off"))
    assert 'an option "ingets", which does not exist' in message
    kind, message = issue(lambda: streamdialect.connect(file, ingest="sometimes"))
    assert 'option "ingest" of the URI is wrong' in message
    reader, writer = streamdialect.connect(file, mode="ro"), streamdialect.connect(file, timeout=0.1)
    holder = streamdialect.connect(file, timeout=0.1)
    holder.execute("INSERT INTO u VALUES (9)")
    kind, _ = issue(lambda: reader.execute("INSERT INTO u VALUES (9)"))
    assert kind == "CONNECTION_DATABASE_PERMISSIONS_ERROR"
    kind, _ = issue(lambda: reader.execute("REFRESH MATERIALIZED VIEW mv"))
    assert kind == "CONNECTION_DATABASE_PERMISSIONS_ERROR"
    kind, _ = issue(lambda: writer.execute("INSERT INTO u VALUES (9)"))
    assert kind == "CONNECTION_DATABASE_TIMEOUT"
    for connection in (reader, writer, holder):
        connection.close()


def test_every_error_of_the_driver_is_mapped(spec: Any) -> None:
    from superset.db_engine_specs import exceptions

    mapping = spec.get_dbapi_exception_mapping()
    pending: list[type[Exception]] = [streamdialect.DatabaseError, streamdialect.InterfaceError]
    while pending:
        kind = pending.pop()
        assert issubclass(mapping[kind], exceptions.SupersetDBAPIError)
        pending += kind.__subclasses__()
    assert mapping[streamdialect.SQLSyntaxError] is exceptions.SupersetDBAPIProgrammingError
    assert mapping[streamdialect.DatabaseLockedError] is exceptions.SupersetDBAPIOperationalError
    assert mapping[streamdialect.DataError] is exceptions.SupersetDBAPIDataError
