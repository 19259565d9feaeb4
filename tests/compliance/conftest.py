"""The plugin of SQLAlchemy's compliance suite, which ``python -m tests.compliance.run`` starts."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import registry

registry.register("streamdialect", "streamdialect.sqlalchemy.dialect", "StreamDialect_apsw")
registry.register("streamdialect.apsw", "streamdialect.sqlalchemy.dialect", "StreamDialect_apsw")
registry.register("streamdialect.aioapsw", "streamdialect.sqlalchemy.aioapsw", "StreamDialect_aioapsw")
pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403
