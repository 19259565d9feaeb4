"""pandas and polars over the driver and over an engine."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import polars
import pytest
import sqlalchemy

import streamdialect

pytestmark = pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy:UserWarning")

QUERY = "SELECT b, f, n, o, ts, tz, s, j FROM t"
DTYPES = {"b": "int64", "f": "float64", "n": "float64", "o": "bool", "ts": "datetime64", "tz": "UTC"}


@pytest.fixture(params=["engine", "connection"])
def source(request: pytest.FixtureRequest, database: Path) -> Iterator[Any]:
    opened = streamdialect.connect(database)
    opened.execute(
        "CREATE TABLE t (b BIGINT, f DOUBLE PRECISION, n DECIMAL(9,2), o BOOLEAN, ts TIMESTAMP, tz TIMESTAMPTZ,"
        " s VARCHAR(9), j SUPER)"
    )
    opened.execute(
        "INSERT INTO t VALUES (1, 1.5, 2.50, TRUE, '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05+00', 'a',"
        " JSON_PARSE('{\"a\":1}'))"
    )
    opened.commit()
    if request.param == "connection":
        yield opened
    else:
        engine = sqlalchemy.create_engine(f"streamdialect:///{database}")
        if sqlalchemy.__version__.startswith("1.") and not pandas.__version__.startswith("2.1"):
            pytest.skip("pandas from 2.2 does not know engines of SQLAlchemy 1.4")
        yield engine
        engine.dispose()
    opened.close()


def kinds(frame: Any) -> dict[str, str]:
    return {name: str(kind) for name, kind in frame.dtypes.items()}


def read(source: Any, query: str, **options: Any) -> Any:
    return pandas.read_sql(query, source, **options)


def test_pandas_has_the_types(source: Any) -> None:
    found = kinds(read(source, QUERY))
    assert {name: kind for name, kind in found.items() if name in ("b", "f", "n", "o")} == {
        name: kind for name, kind in DTYPES.items() if name in ("b", "f", "n", "o")
    }
    assert found["ts"].startswith("datetime64[")
    assert "UTC" not in found["ts"]
    assert found["tz"].endswith(", UTC]")
    assert read(source, QUERY)["j"].tolist() == ['{"a":1}']
    exact = read(source, QUERY, coerce_float=False)
    assert [str(value) for value in exact["n"]] == ["2.50"]


def test_pandas_has_the_types_beside_nulls(source: Any) -> None:
    nulls = ", ".join(["NULL"] * 8)
    query = f"{QUERY} UNION ALL SELECT {nulls}"
    found = kinds(read(source, query))
    assert (found["b"], found["n"], found["o"]) == ("float64", "float64", "object")
    assert found["ts"].startswith("datetime64[")
    assert found["tz"].endswith(", UTC]")
    nullable = kinds(read(source, query, dtype_backend="numpy_nullable"))
    assert (nullable["b"], nullable["o"]) == ("Int64", "boolean")
    arrow = kinds(read(source, query, dtype_backend="pyarrow"))
    assert (arrow["b"], arrow["o"]) == ("int64[pyarrow]", "bool[pyarrow]")
    assert arrow["tz"].startswith("timestamp[")


def test_pandas_reads_in_chunks(source: Any) -> None:
    query = "SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3"
    assert [len(chunk) for chunk in read(source, query, chunksize=2)] == [2, 1]


@pytest.mark.parametrize("method", [None, "multi"])
@pytest.mark.parametrize("source", ["engine"], indirect=True)
def test_pandas_writes(source: Any, method: Any) -> None:
    frame = pandas.DataFrame(
        {
            "i": [1, 2],
            "f": [0.5, None],
            "s": ["a", None],
            "ts": [pandas.Timestamp("2026-01-02 03:04:05"), pandas.NaT],
            "o": [True, False],
        }
    )
    frame.to_sql("made", source, if_exists="replace", index=False, method=method)
    frame.to_sql("made", source, if_exists="append", index=False, method=method)
    again = pandas.read_sql("SELECT * FROM made", source)
    assert len(again) == 4
    assert kinds(again)["o"] == "bool"
    assert kinds(again)["ts"].startswith("datetime64[")
    assert again["i"].tolist() == [1, 2, 1, 2]
    frame.to_sql("made", source, if_exists="replace", index=False, method=method)
    assert len(pandas.read_sql_table("made", source)) == 2


def test_arrow_keeps_types_of_empty_results_in_pandas(database: Path) -> None:
    with streamdialect.connect(database) as connection:
        table = connection.execute("SELECT 1 AS a, TRUE AS b WHERE 1 = 0").fetch_arrow_table()
    frame = table.to_pandas(types_mapper=pandas.ArrowDtype)
    assert kinds(frame) == {"a": "int32[pyarrow]", "b": "bool[pyarrow]"}
    connection.close()


def test_polars_reads(source: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            frame = polars.read_database(QUERY, source)
        except ImportError:
            if sqlalchemy.__version__.startswith("1."):  # some versions of polars need 2 for engines
                return
            raise
    assert frame.schema["n"] == polars.Decimal(9, 2)
    assert frame.schema["o"] == polars.Boolean
    assert frame.schema["ts"] == polars.Datetime("us")
    # Older versions of polars forget the zone of rows; the time is in UTC either way.
    assert frame.schema["tz"] in (polars.Datetime("us", "UTC"), polars.Datetime("us"))
    assert str(frame["tz"][0]).startswith("2026-01-02 03:04:05")


def test_polars_takes_arrow(database: Path) -> None:
    connection = streamdialect.connect(database)
    cursor = connection.execute("SELECT 1 AS a, TIMESTAMPTZ '2026-01-02 00:00:00+00' AS at WHERE 1 = 0")
    frame = polars.from_arrow(cursor.fetch_arrow_table())
    assert isinstance(frame, polars.DataFrame)
    assert list(frame.schema.values()) == [polars.Int32(), polars.Datetime("us", "UTC")]
    connection.close()
