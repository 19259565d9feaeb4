"""The public compliance suite for PEP 249 by Stuart Bishop (the distribution dbapi-compliance)."""

from __future__ import annotations

from pathlib import Path

import dbapi20
import pytest

import streamdialect


# Two of its tests leave their connection open, which is a ResourceWarning here.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
class TestPublicSuite(dbapi20.DatabaseAPI20Test):  # type: ignore[misc]
    """Run the suite; below is what it asks drivers to override, and one departure."""

    driver = streamdialect

    @pytest.fixture(autouse=True)
    def _file(self, database: Path) -> None:
        self.connect_args = (str(database),)

    def test_nextset(self) -> None:
        # Optional in the PEP: a statement has one result set here, so there is no such method.
        assert not hasattr(streamdialect.Cursor, "nextset")

    def test_setoutputsize(self) -> None:
        connection = self._connect()
        cursor = connection.cursor()
        cursor.setoutputsize(1)
        assert cursor.execute("SELECT 'longer than one'").fetchone() == ("longer than one",)
        connection.close()

    def test_non_idempotent_close(self) -> None:
        # The departure: closing again does nothing, as in sqlite3 and psycopg.
        connection = self._connect()
        connection.close()
        connection.close()
        assert connection.closed
