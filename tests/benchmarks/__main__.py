"""Measure streamdialect beside its goals and its peers: ``python -m tests.benchmarks [options]``.

The peers get environments of their own, which are installed when they are first wanted. Writes what was
measured as JSON, and prints it as tables; with ``--docs`` both go into docs/explanation. ``--from`` measures
nothing: it makes the tables of a JSON file anew.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import kafka, kinesis, local
from tests.benchmarks.environments import default_folder
from tests.benchmarks.machine import describe
from tests.benchmarks.report import Results, markdown, write_docs, written
from tests.benchmarks.runs import TOP, Bench, Experiment

DOCS = TOP / "docs" / "explanation"

# What is measured, given the number of small records.
PARTS: dict[str, Callable[[Bench, int], dict[str, Experiment]]] = {
    "ingest": kafka.ingest,
    "apache": kafka.apache,
    "sizes": kafka.sizes,
    "views": lambda bench, records: kafka.views(bench, records // 4),
    "kinesis": lambda bench, records: kinesis.kinesis(bench, min(records // 4, 200_000)),
    "freshness": lambda bench, records: kafka.freshness(bench, 10_000, 5),
    "queries": local.queries,
    "start": local.start,
}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="measure this; the rest of --json stays"
    )
    parser.add_argument("--records", type=int, default=500_000, help="small records (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each case (%(default)s)")
    parser.add_argument(
        "--environments", type=Path, default=default_folder(), help="of the peers (%(default)s)"
    )
    parser.add_argument(
        "--json", type=Path, default=Path("benchmarks.json"), help="what to write (%(default)s)"
    )
    parser.add_argument("--docs", action="store_true", help="write the figures into docs/explanation")
    parser.add_argument("--from", type=Path, dest="source", help="show the figures of this file")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> Results:
    """Measure what is wanted."""
    results: Results = {"experiments": {}}
    if options.only and options.json.exists():
        results = json.loads(options.json.read_text())
    results["machine"] = describe()
    results["measured"] = datetime.date.today().isoformat()
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(Path(work), options.environments, options.rounds)
        for name, part in PARTS.items():
            if not options.only or name in options.only:
                load = os.getloadavg()[0]
                for title, experiment in part(bench, options.records).items():
                    results["experiments"][title] = {**experiment, "load_before": load}
    options.json.write_text(written(results))
    return results


def main() -> None:
    """Measure, or read, and show."""
    options = arguments()
    if options.docs and not options.source:
        options.json = DOCS / "performance.json"
    results = json.loads(options.source.read_text()) if options.source else measure(options)
    if options.docs:
        write_docs(results, DOCS)
    sys.stdout.write(markdown(results))


if __name__ == "__main__":
    main()
