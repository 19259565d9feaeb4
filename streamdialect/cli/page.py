"""``status --html``: one page that needs neither files nor a network; light or dark as the reader has it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from html import escape

from streamdialect.cli.board import duration, quantity
from streamdialect.cli.standing import SLOT, Slot, Standing

__all__ = ["page"]

# A chart, in units of its own; the page scales it.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 210, 58, 12, 12, 30
_LEAST_SLOTS = 30  # shown, however young the views are

# Nothing is fetched: the policy makes the browser see to it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_STYLE = """
:root { color-scheme: light dark; --page: #fcfcfb; --card: #ffffff; --ink: #1c1c1a; --soft: #5f5e58;
  --rule: #e4e3de; --lag: #b4540a; --rate: #1f63b8; --bad: #b3261e; --good: #1b7340; }
@media (prefers-color-scheme: dark) { :root { --page: #161615; --card: #1f1f1d; --ink: #ecebe6; --soft: #a3a29a;
  --rule: #373632; --lag: #f0964a; --rate: #6ea8f0; --bad: #ff8a80; --good: #6fce95; } }
body { margin: 0 auto; padding: 24px; max-width: 1080px; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 28px 0 8px; }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 4px; color: var(--soft); }
p { margin: 0 0 16px; color: var(--soft); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-size: 13px; color: var(--soft); font-weight: 600; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
td.number, th.number { text-align: right; } td.problem { white-space: normal; }
.bad { color: var(--bad); } .good { color: var(--good); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
figure { margin: 0; padding: 12px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  position: relative; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 15px; }
.grid { stroke: var(--rule); } .cursor { stroke: var(--soft); visibility: hidden; }
.lag { --of: var(--lag); } .rate { --of: var(--rate); }
.line { fill: none; stroke: var(--of); stroke-width: 2; stroke-linejoin: round; }
.area { fill: var(--of); opacity: .14; }
output { position: absolute; top: 10px; right: 12px; font-size: 13px; font-variant-numeric: tabular-nums; }
"""

_SCRIPT = """
for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg"), told = figure.querySelector("output");
  const cursor = svg.querySelector(".cursor"), points = JSON.parse(figure.dataset.points);
  const left = +figure.dataset.left, right = +figure.dataset.right;
  const point = (place) => {
    const x = left + (right - left) * (points.length > 1 ? place / (points.length - 1) : 0);
    cursor.setAttribute("x1", x); cursor.setAttribute("x2", x); cursor.style.visibility = "visible";
    told.textContent = points[place][0] + "  " + points[place][1];
  };
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const place = Math.round((x - left) / (right - left) * (points.length - 1));
    return Math.max(0, Math.min(points.length - 1, place));
  };
  let place = points.length - 1;
  svg.addEventListener("pointermove", (event) => point(place = at(event)));
  svg.addEventListener("pointerleave", () => { cursor.style.visibility = "hidden"; told.textContent = ""; });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { event.preventDefault(); point(place = Math.max(0, Math.min(points.length - 1, place + step))); }
  });
}
"""


def page(name: str, views: Sequence[Standing], history: Mapping[str, Sequence[Slot]]) -> str:
    """Write the page: how each view stands, and charts of lag and throughput of those that read streams."""
    now = datetime.now(timezone.utc)
    history = _from_first(history)
    charts = "".join(_view(view, history[view.name]) for view in views if history.get(view.name))
    nothing = "" if views else "<p>The file has no materialized views.</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}: materialized views</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(name)}</h1><p>Materialized views at {now:%Y-%m-%d %H:%M:%S} UTC, as committed by their"
        f" consumers.</p>{nothing}{_table(views) if views else ''}{charts}<script>{_SCRIPT}</script></body></html>\n"
    )


def _from_first(history: Mapping[str, Sequence[Slot]]) -> dict[str, Sequence[Slot]]:
    """Leave out the time before the first record of any view; all charts have the same time."""
    least = min((len(slots) for slots in history.values()), default=0)
    first = least
    for slots in history.values():
        began = (
            n for n, slot in enumerate(slots) if slot.records_per_second or slot.records_behind is not None
        )
        first = min(first, next(began, least))
    first = max(0, min(first, least - _LEAST_SLOTS))
    return {name: slots[first:] for name, slots in history.items()}


# --- the table ------------------------------------------------------------------------------------

_COLUMNS = (
    "view",
    "state",
    "behind",
    "late",
    "rows/s",
    "bytes/s",
    "freshness",
    "catches up in",
    "bad records",
)


def _table(views: Sequence[Standing]) -> str:
    heads = "".join(
        f'<th scope="col"{_number(place)}>{escape(text)}</th>' for place, text in enumerate(_COLUMNS)
    )
    rows = "".join(map(_row, views))
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _number(place: int) -> str:
    return ' class="number"' if place > 1 else ""


def _row(view: Standing) -> str:
    def shown(value: float | None, write: Callable[[float], str] = quantity) -> str:
        return "-" if value is None else write(value)

    late = None if view.milliseconds_behind is None else view.milliseconds_behind / 1000
    state = "ok" if view.problem is None else view.problem
    cells = [
        escape(view.name),
        f'<span class="{"good" if view.problem is None else "bad"}">{escape(state)}</span>',
        *(
            (
                shown(view.records_behind),
                shown(late, duration),
                shown(view.records_per_second),
                shown(view.bytes_per_second),
                "live" if view.freshness == 0 else shown(view.freshness, duration),
                shown(view.seconds_to_catch_up, duration),
                f"{sum(view.bad_records.values()):,}",
            )
            if view.streaming
            else ("",) * 7
        ),
    ]
    return "<tr>" + "".join(f"<td{_number(place)}>{cell}</td>" for place, cell in enumerate(cells)) + "</tr>"


# --- the charts -----------------------------------------------------------------------------------


def _view(view: Standing, slots: Sequence[Slot]) -> str:
    rates: list[float | None] = [slot.records_per_second for slot in slots]
    lags: list[float | None] = [slot.records_behind for slot in slots]
    unit = "records behind"
    if all(value is None for value in lags):
        lags = [
            None if slot.milliseconds_behind is None else slot.milliseconds_behind / 1000 for slot in slots
        ]
        unit = "seconds behind"
    times = [slot.start for slot in slots]
    return (
        f'<section><h2>{escape(view.name)}</h2><div class="charts">'
        f"{_chart('lag', f'Lag, {unit}', unit, times, lags)}"
        f"{_chart('rate', 'Throughput, records a second', 'records/s', times, rates)}</div></section>"
    )


def _top(values: Sequence[float | None]) -> float:
    """Give a round number that no value is above, and of which a quarter is round too."""
    most = max((value for value in values if value is not None), default=0.0)
    if most <= 0:
        return 4.0
    size = 10.0 ** math.floor(math.log10(most))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= most)


def _chart(kind: str, title: str, unit: str, times: Sequence[int], values: Sequence[float | None]) -> str:
    top = _top(values)
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x(place: int) -> float:
        return round(_LEFT + (right - _LEFT) * place / max(1, len(values) - 1), 1)

    def y(value: float) -> float:
        return round(bottom - (bottom - _TOP) * value / top, 1)

    parts = []
    for quarter in range(5):
        value = top * quarter / 4
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y(value)}" y2="{y(value)}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 5}" text-anchor="end">{quantity(value)}</text>')
    for place in range(0, len(times), max(1, (len(times) - 1) // 4 or 1)):
        anchor = "start" if place == 0 else "end" if place > len(times) - 8 else "middle"
        parts.append(
            f'<text x="{x(place)}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{_clock(times[place])}</text>'
        )
    for run in _runs(values):
        points = [(x(place), y(value)) for place, value in run]
        drawn = " ".join(f"{a},{b}" for a, b in points)
        parts.append(
            f'<polygon class="area" points="{points[0][0]},{bottom} {drawn} {points[-1][0]},{bottom}"/>'
        )
        parts.append(f'<polyline class="line" points="{drawn}"/>')
    parts.append(f'<line class="cursor" y1="{_TOP}" y2="{bottom}"/>')
    told = json.dumps(
        [
            [_clock(time, seconds_too=True), "unknown" if value is None else f"{value:,.10g} {unit}"]
            for time, value in zip(times, [None if v is None else round(v, 1) for v in values], strict=True)
        ]
    )
    most = max((value for value in values if value is not None), default=None)
    summary = (
        f"{title}, {len(times) * SLOT // 60} minutes; at most {'unknown' if most is None else quantity(most)}"
    )
    return (
        f'<figure class="{kind}" data-left="{_LEFT}" data-right="{right}" data-points="{escape(told)}">'
        f'<h3>{escape(title)}</h3><output></output><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" tabindex="0"'
        f' aria-label="{escape(summary)}">{"".join(parts)}</svg></figure>'
    )


def _clock(seconds: int, *, seconds_too: bool = False) -> str:
    shape = "%H:%M:%S" if seconds_too else "%H:%M"
    return datetime.fromtimestamp(seconds, timezone.utc).strftime(shape)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Give the stretches in which a value is known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]
