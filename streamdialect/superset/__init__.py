"""What makes streamdialect a database of Apache Superset's; found by the entry point, needs Superset."""

from __future__ import annotations

from streamdialect.superset.spec import StreamDialectEngineSpec

__all__ = ["StreamDialectEngineSpec"]
