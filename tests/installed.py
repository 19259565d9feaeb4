"""Use the installed package as a program of a user's does, in an environment that holds only it and what it needs.

``tox -e wheel,sdistmin`` runs it outside the source tree, and has mypy check it against the installed types.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import distribution
from pathlib import Path

import sqlalchemy
from typing_extensions import assert_type

import streamdialect
from streamdialect.sqlalchemy import CreateExternalSchema

STATEMENTS = """
CREATE TABLE sensor (id INT, label VARCHAR(20));
INSERT INTO sensor VALUES (1, 'kitchen'), (2, 'attic');
CREATE MATERIALIZED VIEW labels AS SELECT UPPER(label) AS label, COUNT(*) AS n FROM sensor GROUP BY 1;
"""


def main() -> None:
    """Raise AssertionError for whatever an installation lacks."""
    assert "site-packages" in Path(streamdialect.__file__).parts, streamdialect.__file__
    with tempfile.TemporaryDirectory() as folder:
        use(Path(folder, "events.db"))
    program = Path(sysconfig.get_path("scripts"), "streamdialect")
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    assert "streamdialect" in said
    print(f"streamdialect {distribution('streamdialect').version} on Python {sys.version.split()[0]}")


def use(database: Path) -> None:
    """Go through the driver, the dialect and the constructs."""
    connection = streamdialect.connect(database, autocommit=True)
    for statement in filter(str.strip, STATEMENTS.split(";")):
        connection.execute(statement)
    row = connection.execute("SELECT label, n FROM labels ORDER BY 1").fetchone()
    assert_type(connection, streamdialect.Connection)
    assert row == ("ATTIC", 1), row
    message = ""
    try:
        connection.execute("SELECT nothing FROM labels")
    except streamdialect.ProgrammingError as error:
        message = str(error)
    assert "nothing" in message
    connection.close()
    engine = sqlalchemy.create_engine(f"streamdialect:///{database}")
    with engine.connect() as session:
        assert sqlalchemy.inspect(session).get_table_names() == ["sensor"]
        assert session.execute(sqlalchemy.text("SELECT COUNT(*) FROM sensor")).scalar_one() == 2
    engine.dispose()
    statement = CreateExternalSchema("s", "KINESIS", iam_role="default")
    assert "FROM KINESIS" in str(statement.compile(dialect=engine.dialect))


if __name__ == "__main__":
    main()
