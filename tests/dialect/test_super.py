"""Paths into SUPER and Redshift's functions by ``func``, on whichever SQLAlchemy is installed, with real results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session, aliased, declarative_base

from streamdialect.sqlalchemy import SUPER, StreamDialect_apsw

Engine = Any  # of SQLAlchemy 1.4 and 2.x alike
Base: Any = declarative_base()
AT = datetime(2026, 1, 2, 3, 4, 5)


class Event(Base):  # type: ignore[misc]
    __tablename__ = "events"
    id = sa.Column(sa.Integer, primary_key=True)
    payload = sa.Column(SUPER)
    document = sa.Column(SUPER(as_json=True))
    at = sa.Column(sa.DateTime)


events = Event.__table__
payload = events.c.payload
FULL = {
    "status": "OK",
    "Mixed Case": 7,
    "a": [10, {"b": 1.5, "c": [True, None]}],
    'say "hi"': 1,
    "it's": 2,
    "back\\slash": 3,
    "100%": 4,
    "": 5,
    "a.b": 6,
    "number": "12.345",
    "null": None,
    "long": "x" * 1000,
    "big": 2**40,
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("super") / "super.db"
    engine = sa.create_engine(f"streamdialect:///{path}", future=True)
    Base.metadata.create_all(engine)
    with Session(engine, future=True) as session:
        session.add(Event(id=1, payload=FULL, document="a 'string' \\", at=AT))
        session.add(Event(id=2, payload='{"status": "ERROR", "a": {"b": 3}}', document=[1, {"x": None}]))
        session.add(Event(id=3))
        session.commit()
    yield engine
    engine.dispose()


def column(engine: Engine, expression: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(expression).order_by(events.c.id)).scalars())


@pytest.mark.parametrize(
    ("path", "sql", "values"),
    [
        (payload["status"], "events.payload.status", ['"OK"', '"ERROR"', None]),
        (payload["Mixed Case"], 'events.payload."Mixed Case"', ["7", None, None]),
        (payload["a"][0], "events.payload.a[0]", ["10", None, None]),
        (payload["a"][1]["b"], "events.payload.a[1].b", ["1.5", None, None]),
        (payload["a", 1, "b"], "events.payload.a[1].b", ["1.5", None, None]),
        (payload["a"]["b"], "events.payload.a.b", [None, "3", None]),
        (payload["a"][99], "events.payload.a[99]", [None, None, None]),
        (payload['say "hi"'], 'events.payload."say ""hi"""', ["1", None, None]),
        (payload["it's"], 'events.payload."it\'s"', ["2", None, None]),
        (payload["back\\slash"], 'events.payload."back\\slash"', ["3", None, None]),
        (payload["100%"], 'events.payload."100%"', ["4", None, None]),
        (payload[""], 'events.payload.""', ["5", None, None]),
        (payload["a.b"], 'events.payload."a.b"', ["6", None, None]),
        (payload["status"].as_string(), "CAST(events.payload.status AS VARCHAR(65535))", ["OK", "ERROR", None]),
        (payload["long"].as_string(), "CAST(events.payload.long AS VARCHAR(65535))", ["x" * 1000, None, None]),
        (payload["status"].as_string(2), "CAST(events.payload.status AS VARCHAR(2))", ["OK", "ER", None]),
        (payload["big"].as_integer(), "CAST(events.payload.big AS BIGINT)", [2**40, None, None]),
        (payload["a"][1]["b"].as_float(), "CAST(events.payload.a[1].b AS FLOAT)", [1.5, None, None]),
        (
            payload["number"].as_numeric(6, 2),
            "CAST(events.payload.number AS NUMERIC(6, 2))",
            [Decimal("12.35"), None, None],
        ),
        (payload["a"][1]["c"][0].as_boolean(), "CAST(events.payload.a[1].c[0] AS BOOLEAN)", [True, None, None]),
        (payload["a"].as_json(), "events.payload.a", [[10, {"b": 1.5, "c": [True, None]}], {"b": 3}, None]),
        (payload.as_json()["a"][0], "events.payload.a[0]", [10, None, None]),
        (events.c.document, "events.document", ["a 'string' \\", [1, {"x": None}], None]),
        (events.c.document[1]["x"], "events.document[1].x", [None, None, None]),
        (payload["big"] + 1, "events.payload.big + ?", [str(2**40 + 1), None, None]),
        (
            sa.func.coalesce(payload["zz"], payload["status"])["x"],
            "coalesce(events.payload.zz, events.payload.status).x",
            [None, None, None],
        ),
        (sa.case((events.c.id < 2, payload), else_=payload["a"])["b"].as_integer()
         if sa.__version__ >= "2" else payload["a"]["b"].as_integer(), None, [None, 3, None]),
    ],
)  # fmt: skip
def test_paths(engine: Engine, path: Any, sql: str | None, values: list[Any]) -> None:
    if sql is not None:
        assert str(path.compile(engine)) == sql
    assert column(engine, path) == values


def test_conditions(engine: Engine) -> None:
    for condition, expected in [
        (payload["status"] == "OK", [1]),
        (payload["status"] != "OK", [2]),
        (payload["status"].in_(["OK", "ERROR"]), [1, 2]),
        (payload["status"].in_([]), []),
        (payload["status"].not_in([]), [1, 2, 3]),
        (payload["a"].in_([{"b": 3}, [1]]), [2]),
        (payload["Mixed Case"] == 7, [1]),
        (payload["Mixed Case"] > Decimal("6.5"), [1]),
        (payload["Mixed Case"].between(1, 7), [1]),
        (payload["a"][1]["c"][0] == sa.true(), [1]),
        (payload["a"][1]["c"][0] == True, [1]),  # noqa: E712
        (payload["a"][1]["c"][0] != sa.false(), [1]),
        (payload["a"][1]["c"][0].in_([True]), [1]),
        (payload["a"][1]["c"][0] == 1, []),
        (payload["a"][1]["c"][0].as_boolean(), [1]),
        (payload["a"][1]["c"][0].as_boolean().is_(True), [1]),
        (payload["zz"].is_(None), [1, 2, 3]),
        (payload["null"].is_(None), [1, 2, 3]),
        (payload["status"].is_not(None), [1, 2]),
        (payload["a"] == {"b": 3}, [2]),
        (payload["a"] == FULL["a"], [1]),
        (events.c.document == [1, {"x": None}], [2]),
        (events.c.document == "a 'string' \\", [1]),
        (payload == sa.func.json_parse('{"status": "ERROR", "a": {"b": 3}}'), [2]),
        (payload["status"] == payload["status"], [1, 2]),
        (payload["status"].as_string().like("E%"), [2]),
    ]:
        with engine.connect() as connection:
            query = sa.select(events.c.id).where(condition).order_by(events.c.id)
            assert list(connection.execute(query).scalars()) == expected, str(condition)
    with engine.connect() as connection:
        grouped = sa.select(payload["status"].as_string(9).label("s"), sa.func.count()).group_by(
            payload["status"]
        )
        rows = connection.execute(grouped.order_by(payload["status"].desc().nulls_last())).all()
        assert [tuple(row) for row in rows] == [("OK", 1), ("ERROR", 1), (None, 1)]


def test_a_parameter_without_a_type_stands_for_itself(engine: Engine) -> None:
    compared = payload["status"] == sa.bindparam("value")
    listed = payload["Mixed Case"].in_(sa.bindparam("values", expanding=True))
    with engine.connect() as connection:
        for value, expected in (("OK", [1]), ('"OK"', []), ("7", []), (None, [])):
            found = connection.execute(sa.select(events.c.id).where(compared), {"value": value})
            assert list(found.scalars()) == expected, value
        for values, expected in (([7, 8], [1]), (["7"], []), ([], [])):
            found = connection.execute(sa.select(events.c.id).where(listed), {"values": values})
            assert list(found.scalars()) == expected, values


def test_the_statement_cache_keeps_paths_apart(engine: Engine) -> None:
    # Twice: the second round finds what the first has left in the cache.
    for _ in range(2):
        for key, value in (("status", "OK"), ("Mixed Case", 7), ("a.b", 6), ("", 5), ("it's", 2)):
            assert column(engine, payload[key].as_json())[0] == value
        assert column(engine, payload["a"][0])[0] == "10"
        assert column(engine, payload["a"]["0"])[0] is None
        assert column(engine, payload["a"][0].as_json())[0] == 10
    paths: list[Any] = [payload[key] for key in ("x", "y", 1, "1", 0, ("x", "x"))]
    x = payload["x"]
    paths += [x.as_json(), x.as_string(), x.as_string(5), x.as_integer(), events.c.document["x"]]
    keys: list[Any] = [sa.select(path)._generate_cache_key() for path in paths]
    assert len({key.key for key in keys}) == len(keys)
    again: Any = sa.select(payload["x"])._generate_cache_key()
    assert again.key == keys[0].key


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8))
def test_any_key_is_found(engine: Engine, key: str) -> None:
    document = sa.literal({key: 1, key + "x": 2}, SUPER())
    with engine.connect() as connection:
        assert connection.execute(sa.select(document[key].as_integer())).scalar() == 1


RESERVED = re.findall(
    r"\w+",
    """
    all and any array as asc between both case cast check column create cross current_date current_time
    current_timestamp default deferrable desc distinct do else end except explicit false for foreign freeze
    from full grant group having identity ignore ilike in index inner intersect interval into is isnull join
    key leading left like limit localtime minus name natural new not notnull null offset on open or order
    outer overlaps partition percent pivot primary qualify raw references right select session_user similar
    snapshot some sysdate table tag then time timestamp date to top trailing true truncate type union unique
    unpivot user using value values verbose when where with without
    """,
)


def test_reserved_words_are_keys_too(engine: Engine) -> None:
    document = sa.literal({word: number for number, word in enumerate(RESERVED)}, SUPER())
    with engine.connect() as connection:
        row = connection.execute(sa.select(*[document[word].as_integer() for word in RESERVED])).one()
    assert tuple(row) == tuple(range(len(RESERVED)))


@pytest.mark.parametrize("key", [1.5, None, True, -1, slice(1, 2), ("a", 2.5)])
def test_what_is_no_key(key: Any) -> None:
    with pytest.raises(sa.exc.ArgumentError, match=r"str and int|counts from 0"):
        payload[key]


def test_another_dialect_has_no_paths() -> None:
    with pytest.raises(sa.exc.CompileError, match="SuperPath is Redshift's SQL"):
        sa.select(payload["x"]).compile(dialect=sqlite.dialect())


def orm_session(engine: Engine) -> Any:
    return Session(engine, future=True)


def test_in_the_orm(engine: Engine) -> None:
    with orm_session(engine) as session:
        other: Any = aliased(Event)
        path: Any = Event.payload
        query = sa.select(other.id, path["status"].as_string()).where(
            other.payload["Mixed Case"].as_integer() == path["Mixed Case"].as_integer()
        )
        rows: Any = session.execute(query).all()
        assert list(map(tuple, rows)) == [(1, "OK")]
        event: Any = session.get(Event, 2)
        assert json.loads(event.payload) == {"status": "ERROR", "a": {"b": 3}}
        event.document = {"changed": Decimal(1) == 1}
        event.payload = None
        session.flush()
        found = session.execute(sa.select(events.c.document, payload).where(events.c.id == 2)).one()
        assert tuple(found) == ({"changed": True}, None)
        session.rollback()


def test_a_json_serializer_of_the_engine(tmp_path: Path) -> None:
    engine = sa.create_engine(
        f"streamdialect:///{tmp_path / 'other.db'}",
        json_serializer=lambda value: json.dumps(value, default=str),
        json_deserializer=lambda text: json.loads(text, parse_float=Decimal),
    )
    with engine.connect() as connection:
        value = sa.literal({"at": AT.date(), "n": 1.10}, SUPER(as_json=True))
        assert connection.execute(sa.select(value)).scalar() == {"at": "2026-01-02", "n": Decimal("1.1")}
    engine.dispose()


def test_literals(engine: Engine) -> None:
    query = sa.select(sa.literal({"it's": 'back\\slash "quoted" 100%'}, SUPER(as_json=True)))
    sql = str(query.compile(dialect=StreamDialect_apsw(), compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        assert json.loads(connection.exec_driver_sql(sql).scalar()) == {"it's": 'back\\slash "quoted" 100%'}


f, at = sa.func, events.c.at
HIDDEN = '{"a": {"b": [1, 2]}}'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f.json_parse(HIDDEN)["a"]["b"][1].as_integer(), 2),
        (f.can_json_parse("{"), False),
        (f.is_valid_json(HIDDEN), True),
        (f.is_valid_json_array("[1]"), True),
        (f.json_extract_path_text(HIDDEN, "a", "b"), "[1,2]"),
        (f.json_extract_array_element_text("[5, 6]", 1), "6"),
        (f.json_array_length("[5, 6]"), 2),
        (f.json_serialize(payload["a"][1]["c"]), "[true,null]"),
        (f.json_typeof(payload["a"]), "array"),
        (f.json_size(payload["status"]) > 0, True),
        (f.get_array_length(payload["a"]), 2),
        (f.is_array(payload["a"]), True),
        (f.is_object(payload), True),
        (f.is_scalar(payload["status"]), True),
        (f.array_concat(payload["a"], payload["a"])[2].as_integer(), 10),
        (f.subarray(payload["a"], 0, 1)[0].as_integer(), 10),
        (f.array_flatten(f.json_parse("[[1], [2]]"))[1].as_integer(), 2),
        (f.from_varbyte(f.to_varbyte("ab", "utf-8"), "utf-8"), "ab"),
        (f.from_hex("6162"), b"ab"),
        (f.getdate() > AT, True),
        (f.sysdate() > AT, True),
        (f.current_timestamp() > AT, True),
        (f.date_trunc("hour", at), AT.replace(minute=0, second=0)),
        (f.dateadd("minute", 5, at), AT + timedelta(minutes=5)),
        (f.dateadd(sa.text("minute"), 5, at), AT + timedelta(minutes=5)),
        (f.dateadd(sa.literal_column("month"), 1, at), datetime(2026, 2, 2, 3, 4, 5)),
        (f.datediff("day", at, sa.cast("2026-01-10", sa.DateTime)), 8),
        (f.date_part("hour", at), 3),
        (sa.extract("year", at), 2026),
        (f.nvl(payload["zz"].as_integer(), 9), 9),
        (f.to_char(at, "YYYY"), "2026"),
        (f.convert_timezone("UTC", "Europe/Berlin", at), AT + timedelta(hours=1)),
        (f.len("abc"), 3),
        (f.decode(1, 1, "x", "y"), "x"),
    ],
)
def test_functions(engine: Engine, expression: Any, expected: Any) -> None:
    with engine.connect() as connection:
        found = connection.execute(sa.select(expression).select_from(events).where(events.c.id == 1)).scalar()
    assert found == expected
    assert type(found) is type(expected) or not isinstance(expected, (bool, str, bytes))


def test_aggregates(engine: Engine) -> None:
    n = events.c.id
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(
                f.listagg(payload["status"].as_string(), ", ").within_group(n.desc()),
                f.percentile_cont(0.25).within_group(n.desc()),
            )
        ).one()
        assert tuple(row) == ("ERROR, OK", 2.5)
        assert connection.execute(sa.select(f.median(n), f.count(n.distinct()))).one() == (2, 3)
        hour = f.date_trunc("hour", at)
        counted = connection.execute(
            sa.select(hour, f.count()).group_by(hour).order_by(hour.nulls_last())
        ).all()
        assert [tuple(each) for each in counted] == [(datetime(2026, 1, 2, 3), 1), (None, 2)]


def test_types_of_functions() -> None:
    assert isinstance(f.json_parse("1").type, SUPER)
    assert isinstance(f.date_trunc("day", sa.column("x", sa.TIMESTAMP(timezone=True))).type, sa.TIMESTAMP)
    assert isinstance(f.dateadd("day", 1, sa.column("x", sa.Date)).type, sa.DateTime)
    assert isinstance(f.nvl(sa.column("x", sa.Date), None).type, sa.Date)
    assert isinstance(f.datediff("day", at, at).type, sa.BigInteger)
    assert str(f.sysdate().compile(dialect=StreamDialect_apsw())).lower() == "sysdate"
    for part in ("day); DROP TABLE x; --", "", "a b"):
        with pytest.raises(sa.exc.ArgumentError, match="is no date part"):
            f.dateadd(part, 1, at)
