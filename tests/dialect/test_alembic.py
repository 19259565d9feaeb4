"""The real Alembic on a database with streams and views: its command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import streamdialect

MODELS = """
import os
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
from streamdialect.sqlalchemy import SUPER, materialized_view

Base = declarative_base()

class Place(Base):
    __tablename__ = "places"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(30 if "LATER" not in os.environ else 50), nullable=False)
    notes = sa.Column(SUPER(as_json=True))
    price = sa.Column(sa.Numeric(10, 2), server_default="1.5")
    made = sa.Column(sa.DateTime, server_default=sa.text("SYSDATE"))
    open = sa.Column(sa.Boolean, server_default=sa.true())
    if "LATER" in os.environ:
        floor = sa.Column(sa.Integer, index=True)

class Reading(Base):  # a view that is mapped as a table
    __tablename__ = "readings"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(30), index=True)

sa.Table("sources", Base.metadata, sa.Column("id", sa.Integer, nullable=False), sa.Column("name", sa.String(30)))
sa.Table("clicks", Base.metadata, sa.Column("kinesis_data", sa.LargeBinary), schema="web")  # a stream
named = materialized_view("named", Base.metadata, sa.select(Place.id, Place.name))
"""

SETUP = """
CREATE EXTERNAL SCHEMA web FROM KINESIS IAM_ROLE default;
CREATE TABLE sources (id INTEGER NOT NULL, name VARCHAR(30));
INSERT INTO sources VALUES (1, 'one');
CREATE MATERIALIZED VIEW readings AS SELECT id, name FROM sources;
CREATE MATERIALIZED VIEW other AS SELECT id FROM readings;
CREATE VIEW plain AS SELECT id FROM sources
"""

CONFIGURE = (
    "target_metadata=target_metadata, render_as_batch=True, include_schemas=True, compare_server_default=True"
)


class Project:
    """A folder with ``alembic init``, models, and a database with views that Alembic did not make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", "migrations")
        ini = folder / "alembic.ini"
        lines = ini.read_text().splitlines()
        url = "sqlalchemy.url = streamdialect:///app.db"
        ini.write_text("\n".join(url if line.startswith("sqlalchemy.url") else line for line in lines))
        env = folder / "migrations" / "env.py"
        text = env.read_text().replace(
            "target_metadata = None", "import models\ntarget_metadata = models.Base.metadata"
        )
        env.write_text(text.replace("target_metadata=target_metadata", CONFIGURE))
        (folder / "models.py").write_text(MODELS)
        self.database = folder / "app.db"
        for statement in SETUP.split(";"):
            self.query(statement)

    def run(self, *arguments: str, fails: bool = False, **environment: str) -> str:
        """Run ``alembic``; give what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path]), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def revision(self, name: str, **environment: Any) -> str:
        """Let Alembic write a revision; give its text."""
        self.run("revision", "--autogenerate", "-m", name, **environment)
        (path,) = (self.folder / "migrations" / "versions").glob(f"*_{name}.py")
        return path.read_text()

    def query(self, sql: str) -> list[Any]:
        connection = streamdialect.connect(self.database, autocommit=True, ingest="off")
        try:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def columns(self) -> list[str]:
        return [row[1] for row in self.query("PRAGMA table_info(places)")]


@pytest.fixture
def project(database: Path) -> Project:
    return Project(database.parent)


@pytest.mark.timeout(300)  # a dozen processes
def test_migrations_beside_views(project: Project) -> None:
    first = project.revision("first")
    assert first.count("op.create_table(") == first.count("op.drop_table(") == 1
    assert "import streamdialect.sqlalchemy\n" in first
    assert "streamdialect.sqlalchemy.SUPER(as_json=True)" in first
    for name in ("readings", "other", "plain", "named", "clicks", "web", "mv_tbl__", "streamdialect_"):
        assert f"'{name}" not in first, first
    project.run("upgrade", "head")
    assert "No new upgrade operations detected" in project.run("check")
    project.query("INSERT INTO places (id, name) VALUES (1, 'roof')")

    later = project.revision("later", LATER="1")
    assert "batch_alter_table('places'" in later
    assert "'readings" not in later
    project.run("upgrade", "head", LATER="1")
    assert "No new upgrade operations detected" in project.run("check", LATER="1")
    assert "floor" in project.columns()
    project.query("INSERT INTO places (id, name) VALUES (2, 'hall')")
    rows = project.query("SELECT price, open, made IS NOT NULL FROM places ORDER BY id")
    assert [tuple(map(str, row)) for row in rows] == [("1.50", "True", "True")] * 2
    project.run("downgrade", "-1")
    assert "floor" not in project.columns()
    assert project.query("SELECT name FROM places ORDER BY id") == [("roof",), ("hall",)]
    project.run("downgrade", "base")
    assert project.columns() == []
    assert project.query("SELECT * FROM readings") == [(1, "one")]
    assert {name for (name,) in project.query("SELECT name FROM svv_mv_info")} == {"readings", "other"}


def test_views_in_migrations(project: Project) -> None:
    project.run("revision", "-m", "views")
    (path,) = (project.folder / "migrations" / "versions").glob("*_views.py")
    text = path.read_text()
    head = text[: text.index("def upgrade")]
    path.write_text(
        head + "from streamdialect.sqlalchemy import *\n\n"
        "def upgrade():\n"
        "    op.create_table('t', sa.Column('a', sa.Integer))\n"
        "    op.execute(CreateMaterializedView('v', sa.select(sa.column('a')).select_from(sa.table('t'))))\n"
        "    op.execute(RefreshMaterializedView('v'))\n\n"
        "def downgrade():\n"
        "    op.execute(DropMaterializedView('v'))\n"
        "    op.drop_table('t')\n"
    )
    project.run("upgrade", "head")
    assert project.query("SELECT * FROM v") == []
    assert "CREATE MATERIALIZED VIEW v AS SELECT a" in " ".join(
        project.run("upgrade", "base:head", "--sql").split()
    )
    project.run("downgrade", "base")
    assert "v" not in {name for (name,) in project.query("SELECT name FROM svv_mv_info")}


def test_a_failed_migration_leaves_nothing(project: Project) -> None:
    project.run("revision", "-m", "broken")
    (path,) = (project.folder / "migrations" / "versions").glob("*_broken.py")
    path.write_text(
        path.read_text().replace(
            "def upgrade() -> None:",
            "def upgrade() -> None:\n"
            "    op.create_table('half', sa.Column('a', sa.Integer))\n"
            "    op.execute('CREATE MATERIALIZED VIEW halfview AS SELECT a FROM half')\n"
            "    op.execute('SELECT no_such_column FROM half')\n",
        )
    )
    assert "no_such_column" in project.run("upgrade", "head", fails=True)
    assert project.query("SELECT name FROM sqlite_master WHERE name LIKE '%half%'") == []
    assert len(project.query("SELECT name FROM svv_mv_info")) == 2


def test_renames(project: Project) -> None:
    project.query("CREATE TABLE t (a INTEGER, b INTEGER)")
    project.run("revision", "-m", "renames")
    (path,) = (project.folder / "migrations" / "versions").glob("*_renames.py")
    path.write_text(
        path.read_text().replace(
            "def upgrade() -> None:",
            "def upgrade() -> None:\n"
            "    op.alter_column('t', 'a', new_column_name='The A', schema='main')\n"
            "    op.rename_table('t', 'renamed', schema='public')\n",
        )
    )
    project.run("upgrade", "head")
    assert [row[1] for row in project.query("PRAGMA table_info(renamed)")] == ["The A", "b"]


def test_alembic_that_is_imported_late(tmp_path: Path) -> None:
    program = (
        "import sys, sqlalchemy as sa\n"
        "engine = sa.create_engine('streamdialect:///late.db')\n"
        "assert not any(name.split('.')[0] == 'alembic' for name in sys.modules)\n"
        "from alembic.migration import MigrationContext\n"
        "with engine.connect() as connection:\n"
        "    print(type(MigrationContext.configure(connection).impl).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("StreamImpl", 0), done.stderr


def test_a_batch_does_not_take_a_table_from_under_its_views(tmp_path: Path) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    engine = sa.create_engine(f"streamdialect:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        connection.exec_driver_sql("CREATE MATERIALIZED VIEW counted AS SELECT COUNT(*) AS n FROM t")

    def recreate() -> None:
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("t", recreate="always") as batch:
                batch.add_column(sa.Column("b", sa.Integer))

    with pytest.raises(sa.exc.ProgrammingError, match="materialized view counted"):
        recreate()
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == ["t"]
        assert connection.exec_driver_sql("SELECT * FROM t").fetchall() == [(1,)]
        connection.exec_driver_sql("DROP MATERIALIZED VIEW counted")
    recreate()
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT * FROM t").fetchall() == [(1, None)]
    engine.dispose()
