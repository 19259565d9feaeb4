"""The test double of Redshift's streaming ingestion: Kinesis, Kafka, a database and a clock for each test.

``pytest_plugins = ["streamdialect.testing.plugin"]`` gives them as fixtures; without pytest they are context
managers' worth of objects: ``Kinesis``, ``Kafka``, ``Clock``, ``StreamTest``. Needs the extra ``testing``.
"""

from __future__ import annotations

from streamdialect.testing.clock import Clock
from streamdialect.testing.database import StreamTest
from streamdialect.testing.kafka import Kafka
from streamdialect.testing.kinesis import Kinesis

__all__ = ["Clock", "Kafka", "Kinesis", "StreamTest"]
