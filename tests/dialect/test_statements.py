"""What SQLAlchemy's compiler and ORM emit, on whichever version is installed, with real results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, aliased, declarative_base, relationship

from streamdialect.sqlalchemy import SUPER

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike
Base: Any = declarative_base()
VERSION = tuple(int(part) for part in sa.__version__.split(".")[:2])


class Place(Base):  # type: ignore[misc]
    __tablename__ = "places"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(30), unique=True)
    note = sa.Column(sa.Text, server_default="a\\b 'c'")
    made = sa.Column(sa.DateTime, server_default=sa.func.now())
    visits = relationship("Visit", back_populates="place", cascade="all, delete-orphan")


class Visit(Base):  # type: ignore[misc]
    __tablename__ = "visits"
    id = sa.Column(sa.Integer, primary_key=True)
    place_id: Any = sa.Column(sa.ForeignKey("places.id"))
    day = sa.Column(sa.Date)
    at = sa.Column(sa.DateTime)
    cost = sa.Column(sa.Numeric(10, 2))
    ratio = sa.Column(sa.Float)
    free = sa.Column(sa.Boolean, default=False)
    raw = sa.Column(sa.LargeBinary)
    extra = sa.Column(sa.JSON)
    place = relationship("Place", back_populates="visits")


places, visits = Place.__table__, Visit.__table__


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = sa.create_engine(f"streamdialect:///{tmp_path / 'orm.db'}", future=True)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Any]:
    with Session(engine, future=True) as session:
        first = Place(id=1, name="Ålesund")
        first.visits = [
            Visit(
                day=date(2026, 2, 28),
                at=datetime(2026, 2, 28, 1, 2, 3, 4),
                cost=Decimal("12.50"),
                ratio=0.25,
                free=True,
                raw=b"\0\xff",
                extra={"a": [1, "x"], "b": None},
            ),
            Visit(day=date(2026, 3, 1), at=datetime(2026, 3, 1), cost=Decimal("7.25"), ratio=1.5),
        ]
        session.add_all([first, Place(id=2, name="back\\slash"), Place(id=3, name="per%cent_")])
        session.commit()
        yield session


def test_values_there_and_back(session: Any) -> None:
    session.expunge_all()
    one, two = session.execute(sa.select(Visit).order_by(Visit.id)).scalars()
    assert (one.day, one.at, one.cost, one.ratio, one.free, one.raw, one.extra) == (
        date(2026, 2, 28),
        datetime(2026, 2, 28, 1, 2, 3, 4),
        Decimal("12.50"),
        0.25,
        True,
        b"\0\xff",
        {"a": [1, "x"], "b": None},
    )
    assert (two.free, two.raw, two.extra) == (False, None, None)
    place = session.get(Place, 1)
    assert place.name == "Ålesund"
    assert place.note == "a\\b 'c'"
    assert isinstance(place.made, datetime)
    assert [visit.id for visit in place.visits] == [one.id, two.id]


def test_changes_through_the_orm(session: Any) -> None:
    place = session.get(Place, 1)
    place.note = None
    place.visits[0].cost = Decimal("1.00")
    del place.visits[1]
    session.commit()
    rows = session.execute(sa.select(visits.c.cost)).all()
    assert [tuple(row) for row in rows] == [(Decimal("1.00"),)]
    session.delete(place)
    session.commit()
    assert session.execute(sa.select(sa.func.count()).select_from(visits)).scalar_one() == 0


def test_many_rows(session: Any) -> None:
    session.add_all([Visit(place_id=2, cost=Decimal(number), free=None) for number in range(2500)])
    session.flush()
    total = sa.select(sa.func.count(), sa.func.sum(visits.c.cost)).where(visits.c.place_id == 2)
    assert tuple(session.execute(total).one()) == (2500, Decimal(2499 * 1250))
    result = session.execute(sa.insert(visits), [{"place_id": 3, "ratio": n / 2} for n in range(100)])
    assert result.rowcount in (100, -1)
    assert (
        session.execute(sa.select(sa.func.max(visits.c.ratio)).where(visits.c.place_id == 3)).scalar() == 49.5
    )


def test_insert_forms(session: Any) -> None:
    session.execute(sa.insert(places).values([{"id": 10, "name": "x"}, {"id": 11, "name": "y"}]))
    session.execute(
        sa.insert(places).from_select(
            ["id", "name"], sa.select(places.c.id + 100, places.c.name + "!").where(places.c.id >= 10)
        )
    )
    found = session.execute(
        sa.select(places.c.id, places.c.name).where(places.c.id > 9).order_by(places.c.id)
    )
    assert [tuple(row) for row in found] == [(10, "x"), (11, "y"), (110, "x!"), (111, "y!")]
    recent = sa.select(places.c.id).where(places.c.id == 10).cte("recent")
    session.execute(sa.insert(visits).from_select(["place_id"], sa.select(recent.c.id)))
    assert session.execute(sa.select(visits.c.place_id).where(visits.c.place_id == 10)).scalar() == 10
    result = session.execute(sa.insert(places).values(name="keyed"))
    assert result.inserted_primary_key[0] == 112


def test_upsert(session: Any) -> None:
    statement = sqlite_insert(places).values(id=1, name="new", note="n")
    session.execute(statement.on_conflict_do_nothing())
    assert session.execute(sa.select(places.c.name).where(places.c.id == 1)).scalar() == "Ålesund"
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[places.c.id],
            set_={"name": statement.excluded.name + "!", "note": places.c.note},
            where=places.c.id < 5,
        )
    )
    row = session.execute(sa.select(places.c.name, places.c.note).where(places.c.id == 1)).one()
    assert tuple(row) == ("new!", "a\\b 'c'")


@pytest.mark.skipif(VERSION < (2, 0), reason="SQLAlchemy 1.4 has no RETURNING for SQLite")
def test_returning(session: Any) -> None:
    made = session.execute(
        sa.insert(visits).values(cost=Decimal("1.5"), day=date(2026, 1, 1)).returning(visits)
    )
    row = made.one()
    assert (row.cost, row.day, row.free) == (Decimal("1.50"), date(2026, 1, 1), False)
    changed = session.execute(
        sa.update(visits)
        .where(visits.c.cost > 5)
        .values(cost=visits.c.cost * 2)
        .returning(visits.c.id, visits.c.cost)
    )
    assert sorted(tuple(row) for row in changed) == [(1, Decimal("25.00")), (2, Decimal("14.50"))]
    gone = session.execute(sa.delete(visits).where(visits.c.id == 1).returning(visits.c.at))
    assert gone.scalar_one() == datetime(2026, 2, 28, 1, 2, 3, 4)


@pytest.mark.skipif(VERSION < (2, 0), reason="SQLAlchemy 1.4 has no UPDATE FROM for SQLite")
def test_update_from(session: Any) -> None:
    session.execute(
        sa.update(visits).where(visits.c.place_id == places.c.id, places.c.id == 1).values(ratio=9)
    )
    assert session.execute(sa.select(visits.c.ratio).distinct()).scalars().all() == [9.0]


def test_update_and_delete_forms(session: Any) -> None:
    most = sa.select(sa.func.max(places.c.id)).scalar_subquery()
    session.execute(sa.update(visits).values(place_id=most, free=sa.true()))
    assert session.execute(sa.select(visits.c.place_id).distinct()).scalars().all() == [3]
    result = session.execute(sa.delete(visits).where(visits.c.place_id.in_([3, 4])))
    assert result.rowcount == 2
    session.execute(
        sa.update(places).where(places.c.id == 2).values(name=sa.case((places.c.id > 1, "two"), else_="one"))
    )
    assert session.get(Place, 2).name == "two"
    assert session.execute(sa.delete(Place).where(Place.name == "two")).rowcount == 1


def test_patterns_and_literals(session: Any) -> None:
    name = places.c.name
    for condition in (
        name.contains("k\\s", autoescape=True),
        name.startswith("back\\", autoescape=True),
        name == "back\\slash",
        name.in_(["back\\slash", "none"]),
        name.like("back\\\\%"),
        name.like("back!\\%", escape="!"),
        name.ilike("BACK%SLASH"),
        name.op("~")("^back.*h$"),
    ):
        for bound in (sa.select(places.c.id).where(condition),):
            assert session.execute(bound).scalars().all() == [2], str(condition)
            text = str(bound.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
            assert session.connection().exec_driver_sql(text).scalars().all() == [2], text
    assert session.execute(sa.select(places.c.id).where(name.endswith("t_", autoescape=True))).scalar() == 3
    assert session.execute(sa.select(places.c.id).where(name.notlike("%s%"))).scalars().all() == [3]
    assert session.execute(sa.select(sa.literal("a\\n'b"))).scalar() == "a\\n'b"


def test_expressions(session: Any) -> None:
    one = sa.select(visits).where(visits.c.id == 1).subquery()

    def gives(expression: Any) -> Any:
        return session.execute(sa.select(expression).select_from(one)).scalar_one()

    c = one.c
    assert gives(sa.extract("year", c.at)) == 2026
    assert gives(sa.extract("month", c.day)) == 2
    assert gives(sa.extract("minute", c.at)) == 2
    assert gives(sa.cast(c.cost, sa.Numeric(10, 1))) == Decimal("12.5")
    assert gives(sa.cast(c.ratio, sa.String(10))) == "0.25"
    assert gives(sa.cast("7", sa.Integer)) == 7
    assert gives(sa.cast(c.at, sa.Date)) == date(2026, 2, 28)
    assert gives(sa.func.coalesce(c.raw, sa.null())) == b"\0\xff"
    assert gives(c.free.is_(True)) is True
    assert gives(c.cost.is_(None)) is False
    assert gives(c.cost.isnot(None)) is True
    assert gives(c.cost.is_distinct_from(5)) is True
    assert gives(sa.literal("a") + "b") == "ab"
    assert gives(c.place_id % 2) == 1
    assert gives(sa.func.lower("ABC")) == "abc"
    assert gives(sa.and_(c.free, sa.not_(c.ratio > 1))) is True
    assert gives(sa.between(c.ratio, 0, 1)) is True
    assert gives(c.extra["a"][0].as_integer()) == 1
    assert gives(c.extra["a"][1].as_string()) == "x"
    assert gives(c.extra["a"]) == [1, "x"]
    assert gives(sa.func.strftime("%Y", c.at)) == "2026"
    assert isinstance(gives(sa.func.now()), datetime)
    assert isinstance(gives(sa.func.current_timestamp()), datetime)
    assert isinstance(gives(sa.func.current_date()), date)


def test_query_forms(session: Any) -> None:
    visit: Any = Visit
    place: Any = Place
    other: Any = aliased(Visit)
    joined: Any = sa.select(place.name, sa.func.count(visit.id).label("n"), sa.func.sum(visit.cost))
    joined = joined.outerjoin(visit, visit.place_id == place.id).group_by(place.name)
    joined = joined.having(sa.func.count(visit.id) >= 0)
    joined = joined.order_by(sa.desc("n"), sa.collate(place.name, "NOCASE")).limit(2).offset(0)
    rows: Any = session.execute(joined)
    assert [tuple(row) for row in rows] == [
        ("Ålesund", 2, Decimal("19.75")),
        ("back\\slash", 0, None),
    ]
    ranked: Any = sa.select(visit.id, sa.func.row_number().over(order_by=sa.desc(visit.cost))).order_by(
        visit.id
    )
    rows = session.execute(ranked)
    assert [tuple(row) for row in rows] == [(1, 1), (2, 2)]
    ordered = sa.select(visit.id).order_by(sa.nulls_last(sa.desc(visit.raw)))
    assert session.execute(ordered).scalars().all() == [1, 2]
    both = sa.union_all(sa.select(place.id), sa.select(visit.id)).subquery()
    assert session.execute(sa.select(sa.func.count()).select_from(both)).scalar() == 5
    there = sa.select(place.id).where(sa.exists().where(visit.place_id == place.id))
    assert session.execute(there).scalars().all() == [1]
    nested = sa.select(place.id).join(sa.join(visit, other, visit.id == other.id), visit.place_id == place.id)
    assert session.execute(nested).scalars().all() == [1, 1]
    counter = sa.select(sa.literal(1).label("n")).cte("counter", recursive=True)
    counter = counter.union_all(sa.select(counter.c.n + 1).where(counter.c.n < 4))
    assert session.execute(sa.select(sa.func.sum(counter.c.n))).scalar() == 10
    assert session.execute(sa.select(sa.text("1")).where(sa.text("1 = :x")), {"x": 1}).scalar() == 1
    assert session.execute(sa.select(visit.id).where(visit.free.is_(sa.true()))).scalars().all() == [1]
    assert session.execute(sa.select(visit.id).where(~visit.free)).scalars().all() == [2]


def test_tables_of_other_shapes(tmp_path: Path) -> None:
    engine = sa.create_engine(f"streamdialect:///{tmp_path / 'shapes.db'}", future=True)
    metadata = sa.MetaData()
    table = sa.Table(
        "shapes",
        metadata,
        sa.Column("Key Column", sa.String(10), primary_key=True),
        sa.Column("order", sa.Integer, sa.CheckConstraint('"order" > 0'), nullable=False, index=True),
        sa.Column("long", sa.Text),
        sa.Column("bare", sa.String),
        sa.Column("exact", sa.Numeric),
        sa.Column("big", sa.BigInteger, server_default=sa.text("5")),
        sa.Column("twice", sa.Integer, sa.Computed('"order" * 2')),
        sa.Column("doc", SUPER),
        sa.Column("kind", sa.Enum("a", "b", name="kinds")),
        sa.Column("flag", sa.Boolean, server_default=sa.true()),
        sa.Column("seen", sa.DateTime, server_default=sa.text("CURRENT_TIMESTAMP")),
        sa.UniqueConstraint("order", "long", name="pair"),
    )
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            table.insert(),
            {"Key Column": "k", "order": 2, "long": "x" * 100_000, "bare": "y" * 1000, "exact": Decimal("1.2345"),
             "doc": '{"a":5.0}', "kind": "b"},
        )  # fmt: skip
        row = connection.execute(sa.select(table)).mappings().one()
        assert len(row["long"]) == 100_000
        assert (len(row["bare"]), row["exact"], row["big"], row["twice"]) == (1000, Decimal("1.2345"), 5, 4)
        assert (row["doc"], row["kind"], row["flag"]) == ('{"a":5.0}', "b", True)
        assert isinstance(row["seen"], datetime)
    reflected = sa.Table("shapes", sa.MetaData(), autoload_with=engine)
    assert [column.name for column in reflected.primary_key] == ["Key Column"]
    assert [repr(reflected.c[name].type) for name in ("Key Column", "order", "big")] == [
        "VARCHAR(length=10)",
        "INTEGER()",
        "BIGINT()",
    ]
    assert [index.name for index in reflected.indexes] == ["ix_shapes_order"]
    metadata.drop_all(engine)
    engine.dispose()


def test_literals_of_times_have_a_type(engine: Engine) -> None:
    moment = datetime(2026, 11, 22, 14, 3, 5, 123456)
    with engine.connect() as connection:
        for value in (moment, moment.date(), moment.time()):
            query = sa.select(sa.literal(value))
            written = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
            assert connection.execute(query).scalar() == value
            assert connection.exec_driver_sql(written).scalar() == value


def test_rows_of_parameters_and_values(session: Any) -> None:
    key = sa.tuple_(places.c.id, places.c.name)
    found = session.execute(sa.select(places.c.id).where(key.in_([(2, "back\\slash"), (3, "x")])))
    assert found.scalars().all() == [2]
    assert session.execute(sa.select(places.c.id).order_by(places.c.id).offset(1)).scalars().all() == [2, 3]


def test_parameters_have_the_types_of_their_values(session: Any) -> None:
    query = sa.select(visits.c.cost * Decimal("1.10"), visits.c.id + 1, sa.literal(Decimal("1.50")))
    cost, number, bound = session.execute(query.order_by(visits.c.id)).first()
    assert (cost, number, bound) == (Decimal("13.7500"), 2, Decimal("1.50"))


def test_an_enum_has_room_for_its_bytes(engine: Engine) -> None:
    table = sa.Table("moods", sa.MetaData(), sa.Column("mood", sa.Enum("réveillé", "las", name="mood")))
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), {"mood": "réveillé"})
        assert connection.execute(sa.select(table.c.mood)).scalar() == "réveillé"
