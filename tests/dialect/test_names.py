"""Names of all kinds through the dialect: quoted, reflected, in its constructs."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from streamdialect.sqlalchemy import CreateMaterializedView, DropMaterializedView
from tests.dbapi.test_guard import NAMES


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_names(database: Path, name: str) -> None:
    engine = sa.create_engine(f"streamdialect:///{database}?ingest=off")
    table = sa.Table(name, sa.MetaData(), sa.Column(name, sa.String(200)), sa.Column("n", sa.Integer))
    with engine.begin() as link:
        link.execute(sa.text("CREATE TABLE canary (sings INT)"))
        table.create(link)
        link.execute(table.insert(), [{name: name, "n": 1}])
        found = link.execute(sa.select(table.c[name].label(name)).where(table.c[name] == name)).fetchall()
        assert [tuple(row) for row in found] == [(name,)]
        link.execute(CreateMaterializedView("mv", sa.select(table.c[name]).where(table.c[name] == name)))
        assert link.execute(sa.text("SELECT COUNT(*) FROM mv")).scalar() == 1
        inspector = sa.inspect(link)
        assert name in inspector.get_table_names()
        assert [column["name"] for column in inspector.get_columns(name)] == [name, "n"]
        link.execute(DropMaterializedView("mv"))
        table.drop(link)
        assert sa.inspect(link).get_table_names() == ["canary"]
    engine.dispose()


def test_a_construct_needs_a_name() -> None:
    for name in (None, 5, sa.text("x")):
        with pytest.raises(sa.exc.ArgumentError, match="named by a str or a Table"):
            CreateMaterializedView(name, "SELECT 1")  # type: ignore[arg-type]
