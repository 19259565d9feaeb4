"""What differs between SQLAlchemy 1.4, 2.0 and 2.1; the only module that looks at the version."""

from __future__ import annotations

import sqlalchemy

__all__ = ["LISTS_MATERIALIZED_VIEWS", "VERSION"]

VERSION = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])

# 2.0 asks for materialized views by a method of their own; in 1.4 get_view_names must have them.
LISTS_MATERIALIZED_VIEWS = VERSION >= (2, 0)
