"""All tests of ``sqlalchemy.testing.suite``."""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import suite
from sqlalchemy.testing.suite import *  # noqa: F403


class ServerSideCursorsTest(suite.ServerSideCursorsTest):  # type: ignore[no-redef]
    """Ask the cursor; the suite asks by the names of the drivers that it knows."""

    def _is_server_side(self, cursor: Any) -> bool:
        return bool(getattr(cursor, "server_side", False))
