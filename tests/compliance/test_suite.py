"""All tests of ``sqlalchemy.testing.suite``."""

from __future__ import annotations

from sqlalchemy.testing.suite import *  # noqa: F403
