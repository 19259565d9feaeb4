"""``status``: how the views of a file stand, as a board, as JSON, or as a page."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from streamdialect.cli.standing import SLOT, Slot, Standing, histories, look, standings

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["duration", "quantity", "show_status", "sparkline"]

_SPARKS = " ▁▂▃▄▅▆▇█"
_SPARK_SLOTS = 30  # five minutes
_PAGE_SLOTS = 1000  # all that are kept
_BAR = 10  # characters


def show_status(database: Path, *, watch: float | None, style: str, html: Path | None) -> bool:
    """Show how the views stand; tell whether none has a problem.

    ``watch`` is how many seconds pass between two looks, None to look once; it ends with Ctrl-C, and is True then.
    """
    connection = look(database)
    try:
        if html is not None:
            from streamdialect.cli.page import page

            text = page(database.name, standings(connection), histories(connection, _PAGE_SLOTS))
            html.write_text(text, encoding="utf-8")
            print(f"{html} written")
            return True

        def now() -> list[Standing]:
            return standings(connection)

        def board(views: list[Standing]) -> RenderableType:
            return render(database, views, histories(connection, _SPARK_SLOTS))

        if watch is not None:
            try:
                while True:
                    if style == "json":
                        print(json.dumps(_document(database, now())), flush=True)
                        time.sleep(watch)
                        continue
                    from rich.live import Live

                    with Live(board(now()), auto_refresh=False, screen=sys.stdout.isatty()) as live:
                        while True:
                            time.sleep(watch)
                            live.update(board(now()), refresh=True)
            except KeyboardInterrupt:
                return True
        views = now()
        if style == "json":
            print(json.dumps(_document(database, views), indent=2))
        else:
            from streamdialect.cli.output import console_for

            console_for(sys.stdout).print(board(views))
        return all(view.problem is None for view in views)
    finally:
        connection.close()


def _document(database: Path, views: Sequence[Standing]) -> dict[str, object]:
    return {"database": str(database), "views": [view.as_json() for view in views]}


# --- the board ------------------------------------------------------------------------------------


def quantity(number: float) -> str:
    """Write a number in at most five characters: 950, 12.3k, 4.56M."""
    for limit, unit in ((1e3, ""), (1e6, "k"), (1e9, "M"), (1e12, "G"), (1e15, "T")):
        if abs(number) < limit * 0.9995:
            scaled = number / (limit / 1e3)
            if not unit:
                return f"{number:.0f}" if number == int(number) or number >= 99.95 else f"{number:.1f}"
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"
    return f"{number:.0e}"


def duration(seconds: float) -> str:
    """Write seconds as a person would: 350 ms, 4.2 s, 3 min, 5 h, 2 d."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    for limit, size, unit in ((60, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.{1 if seconds / size < 9.95 else 0}f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def sparkline(values: Sequence[float]) -> str:
    """Draw values as a line of blocks, the highest of which is the greatest value; 0 is a blank."""
    top = max(values, default=0)
    if top <= 0:
        return " " * len(values)
    # What is not 0 is seen, however little it is.
    return "".join(_SPARKS[0 if value <= 0 else max(1, round(value / top * 8))] for value in values)


def _bar(share: float) -> str:
    eighths = min(_BAR * 8, round(share * _BAR * 8))
    whole, rest = divmod(max(eighths, 1 if share > 0 else 0), 8)
    return ("█" * whole + ("" if not rest else "▏▎▍▌▋▊▉"[rest - 1])).ljust(_BAR)


def render(
    database: Path, views: Sequence[Standing], history: Mapping[str, Sequence[Slot]]
) -> RenderableType:
    """Draw the board: a line a view, and below it what is wrong with one."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    if not views:
        return Text(f"{database} has no materialized views")
    table = Table(expand=False, pad_edge=False, box=None, padding=(0, 2, 0, 0))
    table.add_column("view", overflow="fold")
    table.add_column("state")
    table.add_column("behind", justify="right")
    table.add_column("lag / peak", no_wrap=True)
    table.add_column("rows/s", justify="right")
    table.add_column(f"last {_SPARK_SLOTS * SLOT // 60} min", justify="right", no_wrap=True)
    table.add_column("fresh", justify="right")
    table.add_column("ready in", justify="right")
    table.add_column("bad", justify="right")
    table.add_column("consumer", justify="right")
    problems = Text()
    for view in views:
        _add(table, view, history.get(view.name, ()))
        if view.problem:
            problems.append(f"\n{view.name}: {view.problem}", style="red")
    return Group(table, problems) if problems else table


def _add(table: Table, view: Standing, history: Sequence[Slot]) -> None:
    from rich.text import Text

    if not view.streaming:
        table.add_row(Text(view.name), _state(view), "", "", "", "", "", "", "", "")
        return
    bad = sum(view.bad_records.values())
    table.add_row(
        Text(view.name),
        _state(view),
        _behind(view),
        Text(
            _lag_bar(view, history),
            style="yellow" if view.records_behind or view.milliseconds_behind else "green",
        ),
        "-" if view.records_per_second is None else quantity(view.records_per_second),
        Text(sparkline([slot.records_per_second for slot in history]), style="cyan"),
        "-" if view.freshness is None else "live" if view.freshness == 0 else duration(view.freshness),
        "-" if view.seconds_to_catch_up is None else duration(view.seconds_to_catch_up),
        Text(quantity(bad), style="red" if bad else "dim"),
        _consumer(view),
    )


def _state(view: Standing) -> Text:
    from rich.text import Text

    if view.problem is not None:
        return Text("stopped" if view.state != "ok" else "idle", style="bold red")
    if not view.auto_refresh:
        return Text("manual", style="dim")
    return Text("ok", style="green")


def _behind(view: Standing) -> str:
    if view.records_behind is not None:
        return quantity(view.records_behind)
    return "-" if view.milliseconds_behind is None else duration(view.milliseconds_behind / 1000)


def _lag_bar(view: Standing, history: Sequence[Slot]) -> str:
    """Draw the lag as a share of the most that it was in the time that the board shows."""
    if view.records_behind is not None:
        now, before = view.records_behind, [slot.records_behind or 0 for slot in history]
    elif view.milliseconds_behind is not None:
        now, before = view.milliseconds_behind, [slot.milliseconds_behind or 0 for slot in history]
    else:
        return "unknown".ljust(_BAR)
    return _bar(now / max(now, *before, 1))


def _consumer(view: Standing) -> str:
    if view.process is None:
        return "-"
    return f"{view.process}" if view.alive else f"({view.process})"
