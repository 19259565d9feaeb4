"""What types become in DDL and in reflection, and that all of them can be cached."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

import streamdialect.sqlalchemy
from streamdialect.sqlalchemy import INTERVAL, SUPER, TIMESTAMPTZ, TIMETZ, VARBYTE
from streamdialect.sqlalchemy.functions import TYPED

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike

EAST = timezone(timedelta(hours=2))

WRITTEN = [
    (sa.DateTime(timezone=True), "TIMESTAMPTZ"),
    (sa.DateTime(), "DATETIME"),
    (sa.TIMESTAMP(timezone=True), "TIMESTAMPTZ"),
    (sa.TIMESTAMP(), "TIMESTAMP"),
    (sa.Time(timezone=True), "TIMETZ"),
    (sa.Time(), "TIME"),
    (TIMESTAMPTZ(), "TIMESTAMPTZ"),
    (TIMETZ(), "TIMETZ"),
    (VARBYTE(20), "VARBYTE(20)"),
    (VARBYTE(), "VARBYTE"),
    (INTERVAL(), "INTERVAL DAY TO SECOND"),
    (INTERVAL("YEAR TO MONTH"), "INTERVAL YEAR TO MONTH"),
    (sa.Interval(), "INTERVAL DAY TO SECOND"),
]


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{database}", future=True)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("kind", "written"), WRITTEN)
def test_a_type_is_written_as_itself(engine: Engine, kind: Any, written: str) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", kind))
    assert " ".join(str(CreateTable(table).compile(engine)).split()) == f"CREATE TABLE t ( a {written} )"
    table.create(engine)


def test_zones_are_kept(engine: Engine) -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("clock", sa.Time(timezone=True)),
        sa.Column("local", sa.DateTime),
        sa.Column("data", VARBYTE(20)),
    )
    table.create(engine)
    at, clock = datetime(2026, 1, 2, 3, 4, 5, 6, EAST), time(3, 4, 5, 6, EAST)
    row = {"at": at, "clock": clock, "local": datetime(2026, 1, 2), "data": b"\x00x"}
    with engine.begin() as connection:
        connection.execute(table.insert(), [row])
        found = connection.execute(sa.select(table)).one()
        assert (found.at, found.at.utcoffset()) == (at, timedelta())
        assert found.clock == time(1, 4, 5, 6, timezone.utc)
        assert (found.local, found.data) == (row["local"], row["data"])
        same = sa.select(table.c.local).where(table.c.at == at, table.c.clock == clock)
        assert connection.execute(same).scalar() == row["local"]
    kinds = [repr(column["type"]) for column in sa.inspect(engine).get_columns("t")]
    assert kinds == ["TIMESTAMPTZ()", "TIMETZ()", "DATETIME()", "VARBYTE(length=20)"]
    copied = sa.Table("t", sa.MetaData(), autoload_with=engine)
    table.drop(engine)
    copied.create(engine)
    assert [repr(column["type"]) for column in sa.inspect(engine).get_columns("t")] == kinds


def test_literals_keep_their_zones(engine: Engine) -> None:
    values = (
        datetime(2026, 1, 2, 3, tzinfo=EAST),
        datetime(2026, 1, 2),
        time(3, 4, tzinfo=timezone.utc),
        time(3, 4),
        timedelta(days=-3, seconds=5, microseconds=7),
    )
    with engine.connect() as connection:
        for value in values:
            literals: list[Any] = [sa.literal(value), sa.bindparam(None, value, literal_execute=True)]
            for literal in literals:
                if isinstance(value, time) and value.tzinfo:
                    literal.type = sa.Time(timezone=True)
                assert connection.execute(sa.select(literal)).scalar() == value


def test_a_frame_with_a_zone_is_stored_with_it(engine: Engine) -> None:
    pandas = pytest.importorskip("pandas")
    if sa.__version__.startswith("1.4"):
        pytest.skip("pandas 2.2 and later knows no SQLAlchemy 1.4")
    stamps = pandas.to_datetime(["2026-01-02T03:04:05+02:00", "2026-01-02T03:04:06+02:00"])
    pandas.DataFrame({"at": stamps}).to_sql("frame", engine, index=False)
    (column,) = sa.inspect(engine).get_columns("frame")
    assert repr(column["type"]) == "TIMESTAMPTZ()"
    again = pandas.read_sql("SELECT at FROM frame ORDER BY at", engine)
    assert list(again["at"]) == list(stamps)


def test_an_interval_is_redshifts(engine: Engine) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("at", sa.DateTime), sa.Column("span", sa.Interval))
    table.create(engine)
    at, span = datetime(2026, 1, 2), timedelta(days=1, seconds=5, microseconds=7)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"at": at, "span": span}, {"at": at, "span": -span}])
        query = sa.select(table.c.at - table.c.span, table.c.span + span).where(table.c.span > timedelta())
        assert tuple(connection.execute(query).one()) == (at - span, span + span)
    assert repr(sa.inspect(engine).get_columns("t")[1]["type"]) == "INTERVAL()"


def test_a_uuid_is_stored(engine: Engine) -> None:
    if not hasattr(sa, "Uuid"):
        pytest.skip("SQLAlchemy 1.4 has no Uuid")
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Uuid, primary_key=True))
    table.create(engine)
    value = uuid.uuid4()
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": value}, {"id": uuid.uuid4()}])
        assert connection.execute(sa.select(table).where(table.c.id == value)).all() == [(value,)]


def _identity(**options: Any) -> Any:
    identity = sa.Identity(**options)
    return sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, identity, primary_key=True),
        sa.Column("n", sa.Integer),
    )


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [1, 2]),
        ({"always": True, "start": 42}, [42, 43]),
        ({"always": True, "start": 42, "increment": 2}, [42, 44]),
    ],
)
def test_an_identity_counts_as_declared(engine: Engine, options: Any, found: list[int]) -> None:
    table = _identity(**options)
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"n": 1}, {"n": 2}])
        assert list(connection.execute(sa.select(table.c.id)).scalars()) == found
    if options:
        with pytest.raises(sa.exc.ProgrammingError, match="identity column"), engine.begin() as connection:
            connection.execute(table.insert(), [{"id": 7, "n": 3}])


@pytest.mark.parametrize("options", [{"start": 42}, {"always": True, "start": 0, "increment": -5}])
def test_an_identity_that_cannot_be_kept_is_refused(engine: Engine, options: Any) -> None:
    with pytest.raises(sa.exc.NotSupportedError, match="IDENTITY"):
        _identity(**options).create(engine)


def test_other_tables_of_a_delete(engine: Engine) -> None:
    metadata = sa.MetaData()
    first = sa.Table("a", metadata, sa.Column("n", sa.Integer))
    second = sa.Table("b", metadata, sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(first.insert(), [{"n": n} for n in range(4)])
        connection.execute(second.insert(), [{"n": 1}, {"n": 3}])
        assert connection.execute(first.delete().where(first.c.n == second.c.n)).rowcount == 2
        assert list(connection.execute(sa.select(first.c.n).order_by(first.c.n)).scalars()) == [0, 2]


def test_a_pattern_is_replaced(engine: Engine) -> None:
    text = sa.literal("Abc abc")
    with engine.connect() as connection:
        query = sa.select(text.regexp_replace("a.c", "X"), text.regexp_replace("a.c", "X", flags="i"))
        assert tuple(connection.execute(query).one()) == ("Abc X", "X X")


def _public_types() -> list[Any]:
    public = (getattr(streamdialect.sqlalchemy, name) for name in streamdialect.sqlalchemy.__all__)
    return [found for found in public if inspect.isclass(found) and issubclass(found, TypeEngine)]


def test_every_public_type_is_cached() -> None:
    kinds = _public_types()
    assert {SUPER, VARBYTE, TIMESTAMPTZ, TIMETZ, INTERVAL} == set(kinds)
    for kind in (*(kind() for kind in kinds), SUPER(as_json=True), VARBYTE(10), INTERVAL("YEAR TO MONTH")):
        column = sa.column("a", kind)
        key: Any = sa.select(column).where(column.is_(None))._generate_cache_key()
        assert key is not None, kind
    for one, other in (
        (VARBYTE(10), VARBYTE(20)),
        (INTERVAL(), INTERVAL("YEAR TO MONTH")),
        (SUPER(), SUPER(as_json=True)),
    ):
        keys = [sa.select(sa.column("a", kind))._generate_cache_key() for kind in (one, other)]
        assert keys[0] != keys[1], one


@pytest.mark.parametrize("name", sorted(TYPED))
def test_every_function_is_cached(name: str) -> None:
    parted = name in ("date_trunc", "dateadd", "datediff")
    statement: Any = sa.select(getattr(sa.func, name)("day" if parted else sa.column("a"), sa.column("b")))
    assert statement._generate_cache_key() is not None
