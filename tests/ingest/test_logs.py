"""Lines of the log: their names, fields and number."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import logs
from tests.ingest.bad_records import BAD, GOOD, SELECT, wait_for
from tests.ingest.conftest import EXTRACT, Events


def test_alike_lines_pass_ten_times_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever numbers are in them; others pass meanwhile, and the next line says what was left out."""
    caplog.set_level(logging.INFO, "streamdialect.ingest")
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    log = logs.Log("streamdialect.ingest", view="v")
    for number in range(1000):
        log.warning("it fails: %d", number, attempt=number)
    log.info("another message")
    logs.Log("streamdialect.ingest", view="w").warning("it fails: %d", 0)
    assert [record.getMessage() for record in caplog.records] == [
        *(f"it fails: {number}" for number in range(10)),
        "another message",
        "it fails: 0",
    ]
    clock[0] += 61
    log.warning("it fails: %d", 1000)
    last: Any = caplog.records[-1]
    assert last.getMessage() == "it fails: 1000 (990 more such lines were left out)"
    assert (last.suppressed, last.view, last.name, last.funcName) == (
        990,
        "v",
        "streamdialect.ingest",
        "test_alike_lines_pass_ten_times_a_minute",
    )
    clock[0] += 61
    log.warning("it fails: %d", 1001)
    assert not hasattr(caplog.records[-1], "suppressed")


def test_a_hundred_lines_pass_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Of one view, however much they differ; and what is remembered of them is as little."""
    caplog.set_level(logging.INFO, "streamdialect.ingest")
    log = logs.Log("streamdialect.ingest", view="v")
    for number in range(26**3):
        word = "".join(chr(ord("g") + number // 26**place % 20) for place in range(3))
        log.warning("it fails: %s", word)
    assert len(caplog.records) == 100
    assert len(log._counts) <= 100


def test_a_long_message_takes_no_time(caplog: pytest.LogCaptureFixture) -> None:
    """What is a number is found in one pass; the square of this length would be a minute."""
    began = time.monotonic()
    logs.Log("streamdialect.ingest").warning("it fails: %s", "-" * 65_536)
    assert time.monotonic() - began < 10
    assert len(caplog.records) == 1


def test_lines_have_fields(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "streamdialect")
    events.put(GOOD, BAD)
    events.execute(f"CREATE MATERIALIZED VIEW v AUTO REFRESH YES WITH (on_error = 'stop') AS {SELECT}")
    wait_for(lambda: any("stopped" in record.message for record in caplog.records))
    line: Any = next(record for record in caplog.records if "stopped" in record.message)
    assert (line.view, line.schema, line.stream, line.database) == ("v", "s", "events", str(events.database))
    assert (line.partition, line.position, line.levelname) == ("0", "1", "ERROR")
    assert all(record.name.startswith("streamdialect.") for record in caplog.records)


def test_a_view_that_recovers_says_so(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    """One line when it cannot be refreshed, one when it can again."""
    caplog.set_level(logging.INFO, "streamdialect")
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.refresh("v")
    events.execute("ALTER EXTERNAL SCHEMA s URI 'localhost:1'")
    events.execute("ALTER MATERIALIZED VIEW v AUTO REFRESH YES")

    def lines(text: str) -> list[Any]:
        return [record for record in caplog.records if text in record.getMessage()]

    wait_for(lambda: bool(lines("cannot be refreshed")))
    assert (lines("cannot be refreshed")[0].error, lines("cannot be refreshed")[0].sqlstate) == (
        "SourceError",
        "08006",
    )
    events.execute(f"ALTER EXTERNAL SCHEMA s URI '{events.server.bootstrap}'")
    events.put({"name": "a", "amount": "1"})
    events.refresh("v")
    wait_for(lambda: bool(lines("is refreshed again")))
    assert len(lines("cannot be refreshed")) <= 10


JSON_LINES = """
import json, logging, sys, streamdialect
known = set(vars(logging.makeLogRecord({})))
class Lines(logging.Formatter):
    def format(self, record):
        return json.dumps({k: v for k, v in vars(record).items() if k not in known} | {"name": record.name})
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(Lines())
logging.getLogger("streamdialect").addHandler(handler)
from streamdialect.logs import Log
Log("streamdialect.ingest", view="v", stream="s").warning("x", position="1")
"""


def test_fields_are_attributes_of_the_record() -> None:
    """So that any formatter for JSON finds them."""
    done = subprocess.run([sys.executable, "-c", JSON_LINES], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert {key: found[key] for key in ("view", "stream", "position", "name")} == {
        "view": "v",
        "stream": "s",
        "position": "1",
        "name": "streamdialect.ingest",
    }


def test_no_module_warns_of_state() -> None:
    """The module warnings is for what Python warns of: unclosed connections."""
    package = Path(streamdialect.__file__).parent
    using = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "warnings.warn(" in path.read_text("utf-8")
    }
    assert using == {"dbapi/connection.py"}
    assert "ResourceWarning" in (package / "dbapi" / "connection.py").read_text("utf-8")
