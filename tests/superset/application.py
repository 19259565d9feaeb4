"""Superset's application without a web server, and what its tests ask it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from tests.sql.cases import statements

__all__ = ["ENGINE", "make_file", "script", "superset_application"]

ENGINE = "streamdialect"

SETUP = """
CREATE TABLE t (a INT, ts TIMESTAMP, tz TIMESTAMPTZ, d DATE, s SUPER, v VARBYTE, n DECIMAL(12,3), x VARCHAR(10),
                b BOOLEAN, e BIGINT);
CREATE TABLE u (a INT);
INSERT INTO u VALUES (1), (2), (3);
CREATE VIEW w AS SELECT a FROM u;
CREATE MATERIALIZED VIEW mv AS SELECT a, COUNT(*) AS n FROM u GROUP BY a;
"""


@contextmanager
def superset_application(folder: Path) -> Iterator[Any]:
    """Run a block in the context of an application with its home in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPERSET_HOME", str(folder))
        patch.setenv("SUPERSET_SECRET_KEY", "of this test")
        from superset.app import create_app

        app = create_app()
        with app.app_context():
            from superset.db_engine_specs import get_engine_spec

            # As Superset does to learn the engine whose SQL it parses; this registers the dialect.
            get_engine_spec(ENGINE)
            yield app


def make_file(path: Path) -> Path:
    """Make a database of two tables and two views."""
    connection = streamdialect.connect(path)
    for statement in statements(SETUP):
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def script(text: str) -> Any:
    """Parse a script as Superset does."""
    from superset.sql.parse import SQLScript

    return SQLScript(text, ENGINE)
