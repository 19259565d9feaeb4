"""The SQLAlchemy dialect ``streamdialect`` (1.4, 2.0 and 2.1): ``create_engine("streamdialect:///events.db")``."""

from __future__ import annotations

from streamdialect.sqlalchemy.dialect import StreamDialect, StreamDialect_apsw
from streamdialect.sqlalchemy.types import SUPER, TIMESTAMPTZ, VARBYTE

__all__ = ["SUPER", "TIMESTAMPTZ", "VARBYTE", "StreamDialect", "StreamDialect_apsw"]
