"""What a test does with its database: run production's statements, catch up with the streams, look at views."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from streamdialect import Connection
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.scan import statement_ends
from streamdialect.testing.differences import Table, compare

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from streamdialect.testing.kafka import Kafka
    from streamdialect.testing.kinesis import Kinesis

__all__ = ["StreamTest", "statements"]


_KINESIS = 9  # svv_external_schemas.eskind


class _View(NamedTuple):
    name: str
    stream: str | None
    kind: int | None
    automatic: bool
    state: str


def statements(script: str) -> Iterator[str]:
    """Split SQL at the semicolons that end statements; comments, literals and triggers may have some, too."""
    for begin, end, _ in statement_ends(script):
        yield script[begin:end].rstrip()


class StreamTest:
    """Be the database and the streams of one test. Its methods are the fixtures of the same names.

    They raise the driver's own errors (``streamdialect.Error``), as the statements behind them do.
    """

    def __init__(self, engine: Engine, kinesis: Kinesis, kafka: Kafka) -> None:
        self._engine = engine
        self._kinesis = kinesis
        self._kafka = kafka

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with closing(self._engine.raw_connection()) as pooled:
            connection: Any = pooled.driver_connection
            yield connection

    def run_script(self, script: str | Path) -> None:
        """Run the statements of a text, or of a file, as one transaction.

        Raise what a statement raises; nothing of the script is left then but what came before a COMMIT, REFRESH or
        TRUNCATE of its own.
        """
        text = script.read_text(encoding="utf-8") if isinstance(script, Path) else script
        with self._connection() as connection:
            try:
                for statement in statements(text):
                    connection.execute(statement)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def put(
        self,
        stream: str,
        records: Sequence[Any],
        *,
        key: str | None = None,
        at: datetime | str | None = None,
    ) -> None:
        """Append records to a stream of Kinesis or a topic of Kafka, whichever has one of that name.

        One that a materialized view of ``stream_db`` reads is created by the first record. Bytes go as they are,
        text as UTF-8, anything else as JSON. ``at`` is when they arrive, by default the clock's time. Raise
        LookupError if there is no such stream and no view reads it, or if both have one.
        """
        (self._kinesis if self._provider(stream) == "kinesis" else self._kafka).put(
            stream, records, key=key, at=at
        )

    def _provider(self, stream: str) -> str:
        """Find who has a stream; create it if a view reads it."""
        exists = {
            name
            for name, server in (("kinesis", self._kinesis), ("kafka", self._kafka))
            if stream in server.streams()
        }
        if len(exists) == 1:
            return exists.pop()
        read = self._read_streams()
        wanted = {provider for provider, name in read if name == stream}
        if exists or len(wanted) > 1:
            raise LookupError(f'Kinesis and Kafka both have "{stream}": use kinesis.put or kafka.put')
        if not wanted:
            names = sorted({name for _, name in read} | {*self._kinesis.streams(), *self._kafka.streams()})
            close = difflib.get_close_matches(stream, names, 1) or difflib.get_close_matches(
                stream.lower(), names, 1
            )
            meant = f' Did you mean "{close[0]}"?' if close else ""
            raise LookupError(
                f'there is no stream "{stream}", and no materialized view reads one; they read:'
                f" {', '.join(sorted({name for _, name in read})) or 'nothing yet'}.{meant} Create it with"
                f' kinesis.create("{stream}") or kafka.create("{stream}"), or create the view first'
            )
        provider = wanted.pop()
        (self._kinesis if provider == "kinesis" else self._kafka).create(stream)
        return provider

    def _read_streams(self) -> set[tuple[str, str]]:
        """Give the provider and the name of each stream that a view reads."""
        return {
            ("kinesis" if view.kind == _KINESIS else "kafka", view.stream)
            for view in self._views()
            if view.stream is not None
        }

    def _views(self) -> list[_View]:
        """Give the materialized views in the order of their creation."""
        if not self._rows("SELECT 1 FROM svv_mv_info LIMIT 1"):
            return []
        query = (
            "SELECT v.name, v.stream, s.eskind, v.auto_refresh, v.state FROM streamdialect_views v"
            " LEFT JOIN svv_external_schemas s ON s.schemaname = v.schema_name ORDER BY v.id"
        )
        return [_View(*row) for row in self._rows(query)]

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self._connection() as connection:
            return connection.execute(query, parameters).fetchall()

    def wait_until_caught_up(self, *views: str) -> None:
        """Let the materialized views with AUTO REFRESH YES, or those named, take all that their streams hold now.

        Views are refreshed in the order of their creation. Raise what keeps a view from it: ViewStoppedError at a
        bad or lost record, SourceError when its stream cannot be reached; LookupError for a name that is no view,
        ValueError for one without AUTO REFRESH YES, which Redshift leaves alone until REFRESH.
        """
        found = {view.name: view.automatic for view in self._views()}
        for name in views:
            if name not in found:
                raise LookupError(
                    f'there is no materialized view "{name}"; there is: {", ".join(found) or "none"}'
                )
            if not found[name]:
                raise ValueError(
                    f'"{name}" has no AUTO REFRESH YES, so nothing refreshes it: execute'
                    f" REFRESH MATERIALIZED VIEW {name}, as production has to"
                )
        with self._connection() as connection:
            for name, automatic in found.items():
                if automatic and (not views or name in views):
                    connection.execute(f"REFRESH MATERIALIZED VIEW {quote_identifier(name)}")
                    connection.commit()

    def assert_view(
        self,
        view: str,
        rows: Sequence[Any],
        *,
        order_by: str | Sequence[str] | None = None,
    ) -> None:
        """Compare the rows of a view or table, and raise AssertionError with a difference that can be read.

        Rows are dicts, whose keys name the columns that count, or tuples of all columns; they are in any order
        unless ``order_by`` names columns. SUPER is compared as what json.loads gives, numbers by value, times with
        datetimes or their ISO text, and ``pytest.approx`` and ``unittest.mock.ANY`` are what they are. Raise
        LookupError for a column that is not there, the driver's error for a view that is not.
        """
        __tracebackhide__ = True
        names = [order_by] if isinstance(order_by, str) else list(order_by or ())
        query = "SELECT * FROM " + ".".join(quote_identifier(part) for part in view.split("."))
        if names:
            query += " ORDER BY " + ", ".join(map(quote_identifier, names))
        with self._connection() as connection:
            cursor = connection.execute(query)
            described = cursor.description or ()
            table = Table(
                [column[0] for column in described],
                [str(column[1]) for column in described],
                cursor.fetchall(),
            )
        difference = compare(table, rows, ordered=bool(names))
        if difference is not None:
            raise AssertionError(f'"{view}": {difference}{self._circumstances(view)}')

    def _circumstances(self, view: str) -> str:
        """Say what about the view explains its rows; nothing if it is no materialized view."""
        told = []
        name = view.rpartition(".")[2]
        for found in self._views():
            if found.name != name:
                continue
            if found.state != "ok":
                told.append(f"the view's state: {found.state}")
            if not found.automatic:
                told.append("the view has no AUTO REFRESH YES: it is as its last REFRESH left it")
            elif not self._rows("SELECT 1 FROM sys_mv_refresh_history WHERE mv_name = ? LIMIT 1", name):
                told.append("the view has taken nothing yet: wait_until_caught_up()")
        bad = (
            "SELECT outcome, COUNT(*), MAX(error_reason) FROM streamdialect_bad_records"
            " WHERE mv_name = ? AND outcome IN ('set aside', 'nulled', 'missed') GROUP BY outcome ORDER BY outcome"
        )
        for outcome, count, reason in self._rows(bad, name):
            told.append(f"records {outcome}: {count}, such as: {reason}")
        return "".join(f"\n  {line}" for line in told)
