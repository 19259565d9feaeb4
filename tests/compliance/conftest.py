"""The plugin of SQLAlchemy's compliance suite, which ``python -m tests.compliance.run`` starts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import registry

from streamdialect.sqlalchemy.dialect import StreamDialect

registry.register("streamdialect", "streamdialect.sqlalchemy.dialect", "StreamDialect_apsw")
registry.register("streamdialect.apsw", "streamdialect.sqlalchemy.dialect", "StreamDialect_apsw")
registry.register("streamdialect.aioapsw", "streamdialect.sqlalchemy.aioapsw", "StreamDialect_aioapsw")
pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403


@event.listens_for(StreamDialect, "do_connect")
def _attach_test_schema(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> None:
    """Give every engine of the suite, which makes engines of its own, the schema that it looks for: a file."""
    options.setdefault("attach", {"test_schema": f"{arguments[0]}-test_schema"})
