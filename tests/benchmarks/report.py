"""What was measured, as tables of Markdown and a plot, from the JSON alone."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tests.benchmarks.runs import Experiment, Run

__all__ = ["BEGIN", "END", "Results", "markdown", "page", "plot", "write_docs", "written"]

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
US = "streamdialect"

Results = dict[str, Any]  # "machine", "measured", "experiments"
Figure = Callable[[dict[str, Experiment]], float]


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _written(figure: float) -> str:
    """Write a figure with about three digits."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def _figure(experiment: Experiment, case: str, key: str) -> float:
    return _median(run[key] for run in experiment["runs"][case])


def _paired(experiment: Experiment, one: str, other: str, figure: Callable[[Run, Run], float]) -> float:
    """Give the median of what is said of runs in the same round."""
    runs = experiment["runs"]
    return _median(figure(mine, theirs) for mine, theirs in zip(runs[one], runs[other], strict=True))


def faster(name: str, other: str, key: str = "seconds") -> Figure:
    """Say how many times as long the other takes."""
    return lambda found: _paired(found[name], US, other, lambda mine, theirs: theirs[key] / mine[key])


def added(name: str, case: str, key: str) -> Figure:
    """Say what a case costs more than one view, in costs of one view."""
    return lambda found: _paired(found[name], case, "one view", lambda more, one: more[key] / one[key] - 1)


def one(name: str, key: str, case: str = US) -> Figure:
    """Give a figure as it was measured."""
    return lambda found: _figure(found[name], case, key)


def cpu(name: str) -> Figure:
    """Give the microseconds of CPU for a record."""
    return lambda found: _figure(found[name], US, "cpu") / found[name]["records"] * 1e6


def share(name: str) -> Figure:
    """Give the percentage of a core that was used."""
    return lambda found: _median(run["cpu"] / run["seconds"] * 100 for run in found[name]["runs"][US])


@dataclass(frozen=True)
class Goal:
    """Be a figure that was to be reached; ``most`` says that it is to be no larger, not no smaller."""

    what: str
    figure: Figure
    bound: float
    moonshot: float | None = None
    most: bool = False
    unit: str = ""

    def row(self, experiments: dict[str, Experiment]) -> list[str]:
        """Give what, goal, figure, and whether it is met."""
        wanted = f"{'≤' if self.most else '≥'} {self.bound:g}{self.unit}"
        if self.moonshot is not None:
            wanted += f" ({self.moonshot:g}{self.unit})"
        try:
            found = self.figure(experiments)
        except KeyError:
            return [self.what, wanted, "not measured", ""]
        met = found <= self.bound if self.most else found >= self.bound
        return [self.what, wanted, f"{_written(found)}{self.unit}", "yes" if met else "**no**"]


GOALS = (
    Goal("110 B to four columns: rate, x yardstick", faster("ingest", "yardstick"), 0.85, 1.0),
    Goal("the same by CPU time, x yardstick", faster("ingest", "yardstick", "cpu"), 0.85, 1.0),
    Goal("rate, x naive script", faster("ingest", "naive script"), 4, 5),
    Goal("rate, x skilled loop", faster("ingest", "skilled loop"), 1.25, 1.5),
    Goal("rate, x Bytewax", faster("ingest", "Bytewax"), 3.5),
    Goal("rate, x Pathway", faster("ingest", "Pathway"), 2.5),
    Goal("rate, x Quix Streams", faster("ingest", "Quix Streams"), 4.5),
    Goal("CPU for a record", cpu("ingest"), 2.4, 1.9, most=True, unit=" us"),
    Goal("from Apache Kafka: rate, x yardstick", faster("ingest from Apache Kafka", "yardstick"), 0.85, 1.0),
    Goal(
        "from Apache Kafka: rate, x skilled loop",
        faster("ingest from Apache Kafka", "skilled loop"),
        1.25,
        1.5,
    ),
    Goal("peak memory at full ingest", one("ingest", "rss_mb"), 200, most=True, unit=" MB"),
    Goal("the same from Apache Kafka", one("ingest from Apache Kafka", "rss_mb"), 200, most=True, unit=" MB"),
    Goal("1 kB to four columns: rate, x yardstick", faster("1 kB, extract", "yardstick"), 0.85),
    Goal("1 kB as SUPER: rate, x yardstick", faster("1 kB, super", "yardstick"), 0.85),
    Goal("10 kB to four columns: rate, x yardstick", faster("10 kB, extract", "yardstick"), 0.85),
    Goal("10 kB as SUPER: rate, x yardstick", faster("10 kB, super", "yardstick"), 0.85),
    Goal("a second view of a stream: CPU, x the first", added("views", "two views", "cpu"), 0.5, most=True),
    Goal("Kinesis: rate, x plain boto3 + ingest", faster("kinesis", "plain boto3"), 8, 11),
    Goal("produced to readable at 10,000/s: median", one("freshness", "p50_ms"), 15, 5, True, " ms"),
    Goal("the same: 99 of 100", one("freshness", "p99_ms"), 100, 25, True, " ms"),
    Goal(
        "aggregate of numbers in a view, x apsw on a plain table", one("queries", "numbers"), 1.05, most=True
    ),
    Goal("the same, grouped by a number", one("queries", "by_number"), 1.05, most=True),
    Goal("the same of text, grouped by text", one("queries", "by_text"), 1.05, most=True),
    Goal("a query beside ingest in its process, x idle", one("reading", "same_process"), 1.25, most=True),
    Goal(
        "a query beside ingest in another process, x idle", one("reading", "other_process"), 1.25, most=True
    ),
    Goal("what a cached translation adds", one("queries", "translation_us"), 50, most=True, unit=" us"),
    Goal("fetchall, x apsw's: nothing to convert", one("queries", "fetchall_plain"), 1.0, most=True),
    Goal("the same with a timestamp and a boolean", one("queries", "fetchall_timestamp"), 1.3, most=True),
    Goal("the same with a timestamp and a decimal", one("queries", "fetchall_decimal"), 1.3, most=True),
    Goal(
        "fetch_arrow_table, x apsw's fetchall: nothing to convert",
        one("queries", "arrow_plain"),
        0.5,
        most=True,
    ),
    Goal("the same with a timestamp and a boolean", one("queries", "arrow_timestamp"), 0.5, most=True),
    Goal("the same with a timestamp and a decimal", one("queries", "arrow_decimal"), 0.5, most=True),
    Goal("import, connect, first query; ten views", one("start", "first_ms"), 200, most=True, unit=" ms"),
    Goal("a further connection", one("start", "again_ms"), 5, most=True, unit=" ms"),
    Goal("an AUTO REFRESH view without news: of a core", share("quiet"), 1, most=True, unit=" %"),
)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    marks = ["---"] + ["---:"] * (len(heads) - 1)
    return ["| " + " | ".join(row) + " |" for row in (heads, marks, *rows)]


def _rates(experiment: Experiment) -> list[str]:
    """Write a table of the cases of an experiment in which records are stored."""
    records, size = experiment["records"], experiment.get("size", 0)
    rows = []
    for case, runs in experiment["runs"].items():
        rate = records / _median(run["seconds"] for run in runs)
        ratio = ""
        if "yardstick" in experiment["runs"]:
            ratio = f"{_paired(experiment, case, 'yardstick', lambda a, b: b['seconds'] / a['seconds']):.2f}"
        rows.append(
            [
                case,
                f"{rate:,.0f}",
                f"{rate * size / 1e6:.0f}",
                f"{_figure(experiment, case, 'cpu') / records * 1e6:.2f}",
                f"{_figure(experiment, case, 'rss_mb'):.0f}",
                ratio,
            ]
        )
    rows += [[case, why.replace("|", "/"), "", "", "", ""] for case, why in experiment["missing"].items()]
    return _table(["", "records/s", "MB/s", "CPU s a million", "peak memory, MB", "rate, x yardstick"], rows)


def markdown(results: Results) -> str:
    """Write all tables."""
    experiments: dict[str, Experiment] = results["experiments"]
    lines = [
        f"Measured {results['measured']}: " + ", ".join(f"{k} {v}" for k, v in results["machine"].items())
    ]
    lines[0] += ". The broker, or the canned Kinesis, shares the processors with what is measured."
    if "freshness" in experiments:
        lines[0] += f" Freshness is with {experiments['freshness']['broker']}."
    lines += [
        "",
        *_table(["goal (moonshot)", "wanted", "measured", "met"], (g.row(experiments) for g in GOALS)),
    ]
    for name, experiment in experiments.items():
        if "records" in experiment and "size" in experiment:
            title = f"{name}: {experiment['records']:,} records of {experiment['size']:.0f} B"
            lines += ["", f"### {title[0].upper()}{title[1:]}", "", *_rates(experiment)]
            lines += [
                "",
                f"The load of the machine was {experiment['load_before']:.1f} when this part began.",
            ]
            if "copy_mb_s" in experiment:
                lines[-1] += f" A file of the same bytes was copied at {experiment['copy_mb_s']:.0f} MB/s."
    return "\n".join(lines) + "\n"


def page(text: str, results: Results) -> str:
    """Give the text of a page with its figures anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{markdown(results)}\n{END}{tail}"


def plot(results: Results) -> str:
    """Draw how many records a second each case stored, as SVG."""
    experiment = results["experiments"]["ingest"]
    rates = {
        case: experiment["records"] / _figure(experiment, case, "seconds") for case in experiment["runs"]
    }
    left, width, step, top = 110, 420, 26, 34
    height = top + step * len(rates) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="640" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-weight="bold">Records of {experiment["size"]:.0f} B stored in a second</text>',
    ]
    for number, (case, rate) in enumerate(sorted(rates.items(), key=lambda item: -item[1])):
        y, long = top + number * step, width * rate / max(rates.values())
        color = "#1f6feb" if case == US else "#9aa4b2"
        parts += [
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(case)}</text>',
            f'<rect x="{left}" y="{y}" width="{long:.1f}" height="20" fill="{color}"/>',
            f'<text x="{left + long + 6:.1f}" y="{y + 15}">{rate:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def written(results: Results) -> str:
    """Give the text of the JSON file."""
    return json.dumps(results, indent=1) + "\n"


def write_docs(results: Results, folder: Path) -> None:
    """Write the figures into a folder's performance.md, performance.svg and performance.json."""
    target = folder / "performance.md"
    target.write_text(page(target.read_text(), results))
    (folder / "performance.svg").write_text(plot(results))
    (folder / "performance.json").write_text(written(results))
