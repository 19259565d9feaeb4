"""The demo's live board: what the views hold, asked again a few times a second through the driver."""

from __future__ import annotations

import subprocess
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from streamdialect import Connection, OperationalError

__all__ = ["show"]

_REFRESH = 0.25  # seconds
_VIEWS = ("sensor_data", "sensor_data_extract")

STATUS = """\
SELECT status, COUNT(*) AS readings, AVG(current_temperature) AS average, MAX(current_temperature) AS highest
FROM sensor_data_extract GROUP BY status ORDER BY status"""

LATEST = """\
SELECT sensor_id, current_temperature, status, event_time
FROM sensor_data_extract ORDER BY event_time DESC LIMIT 5"""


class _Rates:
    """Turn row counts into rows per second over the last few seconds."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque(maxlen=int(3 / _REFRESH))

    def add(self, count: int) -> float:
        now = time.monotonic()
        self._points.append((now, count))
        began, first = self._points[0]
        return (count - first) / (now - began) if now > began else 0.0


def _freshness(connection: Connection, arrival: str) -> float | None:
    """Average how long the last records took from the stream into the view, in milliseconds."""
    row = connection.execute(
        f"SELECT AVG(DATEDIFF(millisecond, {arrival}, refresh_time)::FLOAT) FROM sensor_data"
        f" WHERE refresh_time > DATEADD(second, -2, SYSDATE)"
    ).fetchone()
    return None if row is None else row[0]


def _views(connection: Connection, rates: dict[str, _Rates], arrival: str) -> Table:
    table = Table(title="materialized views", title_justify="left", expand=True)
    for heading in ("view", "rows", "records/s", "freshness ms", "set aside"):
        table.add_column(heading, justify="left" if heading == "view" else "right")
    aside: dict[str, int] = dict(
        connection.execute("SELECT mv_name, COUNT(*) FROM sys_stream_scan_errors GROUP BY 1").fetchall()
    )
    for name in _VIEWS:
        row = connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()
        count = row[0] if row else 0
        fresh = _freshness(connection, arrival) if name == "sensor_data" else None
        table.add_row(
            name,
            f"{count:,}",
            f"{rates[name].add(count):,.0f}",
            "" if fresh is None else f"{fresh:,.0f}",
            f"{aside.get(name, 0):,}",
        )
    return table


def _query(connection: Connection, title: str, sql: str) -> Table:
    cursor = connection.execute(sql)
    table = Table(title=title, title_justify="left", expand=True)
    for column in cursor.description or ():
        numeric = str(column[1]).startswith(("DECIMAL", "BIGINT", "INTEGER"))
        table.add_column(column[0], justify="right" if numeric else "left")
    for row in cursor:
        table.add_row(*[str(value) for value in row])
    return table


def show(
    connection: Connection,
    statements: Sequence[str],
    *,
    seconds: float | None,
    database: Path | None,
    producer: subprocess.Popen[bytes],
) -> None:
    """Show the views until ``seconds`` have passed or Ctrl-C. Raise OperationalError if the producer dies."""
    console = Console()
    console.print(Syntax("\n".join(statements), "sql", theme="ansi_dark", word_wrap=True))
    where = (
        f"sqlite3 {database}"
        if database
        else "a private file, removed at the end (keep it with --database FILE)"
    )
    arrival = "approximate_arrival_timestamp" if "kinesis_data" in statements[1] else "kafka_timestamp"
    rates = {name: _Rates() for name in _VIEWS}

    def board() -> RenderableType:
        return Group(
            _views(connection, rates, arrival),
            _query(connection, "status breakdown", STATUS),
            _query(connection, "last readings", LATEST),
            Text(f"database: {where}    Ctrl-C ends", style="dim"),
        )

    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        with Live(board(), console=console, auto_refresh=False) as live:
            while deadline is None or time.monotonic() < deadline:
                time.sleep(_REFRESH)
                live.update(board(), refresh=True)
                if producer.poll() is not None:
                    text = producer.communicate()[1].decode(errors="replace").strip().splitlines()
                    raise OperationalError(
                        f"the generator ended: {text[-1] if text else producer.returncode}"
                    )
    except KeyboardInterrupt:
        console.print("stopped")
