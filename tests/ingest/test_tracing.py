"""OpenTelemetry spans: of statements up to their last row, and of the transactions of consumers."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import tracing
from streamdialect.dbapi.traced import _shown
from tests.ingest.bad_records import wait_for
from tests.ingest.conftest import EXTRACT, Events
from tests.ingest.kinesis_stream import SHARD, KinesisStream

# Not installed where types are checked.
trace: Any = importlib.import_module("opentelemetry.trace")
sdk: Any = importlib.import_module("opentelemetry.sdk.trace")
export: Any = importlib.import_module("opentelemetry.sdk.trace.export")
memory: Any = importlib.import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")


class Spans:
    """Be the spans that have ended."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def take(self) -> list[Any]:
        found = list(self._exporter.get_finished_spans())
        self._exporter.clear()
        return found


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    exporter = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield Spans(exporter)
    provider.shutdown()


def test_a_query_lasts_until_its_last_row(database: Path, spans: Spans) -> None:
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE TABLE t (a INTEGER, b VARCHAR(10))")
    connection.cursor().executemany("INSERT INTO t VALUES (?, 'SECRET')", [(1,), (2,)])
    create, insert = spans.take()
    assert (create.name, insert.name) == ("CREATE TABLE t", "INSERT t")
    assert insert.attributes["db.operation.batch.size"] == 2
    cursor = connection.execute("SELECT a FROM t /* SECRET */ WHERE b = 'SECRET' AND a < 10 ORDER BY 1")
    assert cursor.fetchone() == (1,)
    assert spans.take() == []
    assert cursor.fetchall() == [(2,)]
    (span,) = spans.take()
    assert dict(span.attributes) == {
        "db.system.name": "sqlite",
        "db.namespace": str(database),
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT t",
        "db.query.text": "SELECT a FROM t WHERE b = ? AND a < ? ORDER BY ?",
        "db.response.returned_rows": 2,
    }
    assert (span.name, span.kind, span.status.is_ok) == ("SELECT t", trace.SpanKind.CLIENT, True)
    cursor = connection.execute("SELECT a FROM t")
    cursor.close()
    (span,) = spans.take()
    assert span.attributes["db.response.returned_rows"] == 0
    connection.close()


def test_a_failure_has_its_class_and_no_message(database: Path, spans: Spans) -> None:
    """Also one that comes while rows are fetched."""
    connection = streamdialect.connect(database, autocommit=True)
    connection.execute("CREATE TABLE t (a VARCHAR(10))")
    connection.execute("INSERT INTO t VALUES ('SECRET')")
    spans.take()
    with pytest.raises(streamdialect.ProgrammingError):
        connection.execute("SELECT nothing_of_it FROM t")
    with pytest.raises(streamdialect.DataError, match="SECRET"):
        connection.execute("SELECT a::INTEGER FROM t").fetchall()
    undefined, invalid = spans.take()
    assert undefined.attributes["error.type"].startswith("streamdialect.errors.")
    assert (undefined.status.is_ok, invalid.status.is_ok) == (False, False)
    assert invalid.attributes["error.type"] == "streamdialect.errors.DataError"
    assert invalid.attributes["db.response.status_code"] == "22000"
    for span in (undefined, invalid):
        assert span.events == ()
        assert "SECRET" not in span.to_json()
    connection.close()


def test_a_refresh_has_its_transactions_under_it(events: Events, spans: Spans) -> None:
    events.execute(f"CREATE MATERIALIZED VIEW v AS {EXTRACT}")
    events.put({"name": "SECRET", "amount": "1"}, {"name": "b", "amount": "2"}, partition=1)
    spans.take()
    with trace.get_tracer("test").start_as_current_span("outer"):
        events.refresh("v")
    found = spans.take()
    (outer,) = [span for span in found if span.name == "outer"]
    (refresh,) = [span for span in found if span.name == "REFRESH MATERIALIZED VIEW v"]
    steps = [span for span in found if span.name == "process events"]
    assert refresh.parent.span_id == outer.context.span_id
    assert {span.parent.span_id for span in steps} == {refresh.context.span_id}
    assert sum(span.attributes["messaging.batch.message_count"] for span in steps) == 2
    (step,) = [span for span in steps if span.attributes["messaging.batch.message_count"]]
    assert step.kind == trace.SpanKind.CONSUMER
    assert {key: value for key, value in step.attributes.items() if "partition" not in key} == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "events",
        "messaging.batch.message_count": 2,
        "streamdialect.view": "v",
    }
    assert all("SECRET" not in span.to_json() for span in found)


def test_a_consumer_makes_spans_of_its_own(stream: KinesisStream, spans: Spans) -> None:
    stream.put(b"1")
    stream.view(automatic=True)
    wait_for(lambda: stream.rows() == ["1"])
    (span,) = [
        span
        for span in spans.take()
        if span.name == "process events" and span.attributes["messaging.batch.message_count"]
    ]
    assert span.parent is None
    assert span.attributes["messaging.system"] == "aws_kinesis"
    assert span.attributes["messaging.destination.partition.id"] == SHARD


@pytest.mark.parametrize(
    ("text", "summary", "shown"),
    [
        ("select 1.5e3, -2, 'a''b', x.y from s.\"T\" x", 'SELECT s."T"', 'select ?, -?, ?, x.y from s."T" x'),
        (
            "SELECT EXTRACT(day FROM d) FROM t JOIN u ON true",
            "SELECT t u",
            "SELECT EXTRACT(day FROM d) FROM t JOIN u ON true",
        ),
        (
            "WITH q AS (SELECT 1 FROM t) SELECT * FROM q",
            "SELECT t q",
            "WITH q AS (SELECT ? FROM t) SELECT * FROM q",
        ),
        ("SELECT $$arn$$ FROM t", "SELECT t", None),
        ("SELECT $x$ arn $x$ FROM t", "SELECT t", None),
        ("(SELECT a FROM t)", "SELECT t", "(SELECT a FROM t)"),
        (
            "CREATE EXTERNAL SCHEMA IF NOT EXISTS s FROM KINESIS IAM_ROLE 'arn'",
            "CREATE EXTERNAL SCHEMA s",
            None,
        ),
        ("DROP TABLE IF EXISTS a.b", "DROP TABLE a.b", "DROP TABLE IF EXISTS a.b"),
        ("DELETE FROM t USING u WHERE true", "DELETE t u", "DELETE FROM t USING u WHERE true"),
        ("UPDATE t SET a = :new", "UPDATE t", "UPDATE t SET a = :new"),
        ("SELECT 'a\\' FROM t", "SELECT", ""),
        ("SET timezone TO 'UTC'", "SET", "SET timezone TO ?"),
        ("-- SECRET\n;", "STATEMENT", ";"),
        ("SELECT $1", "SELECT", "SELECT $?"),
    ],
)
def test_what_is_shown_of_a_text(text: str, summary: str, shown: str | None) -> None:
    found = _shown(text)
    assert found.summary == summary
    if shown is None:
        assert "arn" not in str(found)
    else:
        assert (found.text or "") == shown


WITHOUT = """
import sys, streamdialect
connection = streamdialect.connect(autocommit=True)
connection.execute("CREATE TABLE t (a INTEGER)")
connection.execute("SELECT * FROM t").fetchall()
connection.close()
print(any(name.startswith("opentelemetry") for name in sys.modules))
"""


def test_nobody_else_pays() -> None:
    """Where the program has not imported OpenTelemetry it is not imported, and no span is begun."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_a_provider_there_are_no_spans(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    assert tracing.context() is None
    assert tracing.start("x", "CLIENT", lambda: pytest.fail("nobody asks for attributes")) is None
