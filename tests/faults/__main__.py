"""Make every call of ingest fail: ``python -m tests.faults [kafka|files|kinesis] [manual|auto] [TEXT]``.

Each fault of whose description TEXT is a part happens in a run of its own, once; with ``--lasting`` until the trouble
shows in the log or in the view's state. Takes an hour for all. The exit status tells whether all runs held.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from streamdialect.ingest import registry
from tests.faults.injection import Faults
from tests.faults.stage import Mode, faults_of, kafka_stage, kinesis_stage
from tests.servers import moto_kinesis

MODES: tuple[Mode, ...] = ("manual", "auto")


def run(source: str, mode: Mode, text: str, lasting: bool, times: int) -> bool:
    """Run the faults of one source and mode; print what did not hold, and a line of figures."""
    faults, counts, slowest, began = Faults(), Counter[str](), 0.0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if source == "kinesis":
            server = stack.enter_context(moto_kinesis())
            os.environ.update(server.environment)
            stage = stack.enter_context(kinesis_stage(faults, Path(folder), server))
        else:
            stage = stack.enter_context(kafka_stage(faults, Path(folder), files=source == "files"))
        sites = stage.sites(mode)
        for fault in faults_of(sites, times):
            if text not in str(fault) or (source == "files" and not fault.site[0].startswith("file.")):
                continue
            if lasting and (fault.number > 1 or fault.after):
                continue
            counts["faults"] += 1
            try:
                for _ in range(4):  # how records fall into batches depends on the clock
                    outcome = stage.run(replace(fault, lasting=lasting), mode, patience=60)
                    if outcome.hits:
                        break
                counts["hits"] += outcome.hits > 0
                counts["raised"] += len(outcome.raised) > 0
                slowest = max(slowest, outcome.seconds)
                if not outcome.hits:
                    print(f"not reached: {fault}", flush=True)
                elif lasting and not (outcome.raised or outcome.logged):
                    counts["silent"] += 1
                    print(f"silent: {fault}", flush=True)
            except Exception:
                counts["failed"] += 1
                print(f"FAILED: {fault}", flush=True)
                traceback.print_exc(limit=-4)
                registry._stop_all()
    seconds = time.monotonic() - began
    figures = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"{source} {mode}: {len(sites)} calls, {figures}; slowest {slowest:.1f} s, {seconds:.0f} s in all")
    return not counts["failed"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("source", nargs="?", choices=["kafka", "files", "kinesis"])
    parser.add_argument("mode", nargs="?", choices=["manual", "auto"])
    parser.add_argument("text", nargs="?", default="")
    parser.add_argument("--lasting", action="store_true")
    parser.add_argument("--times", type=int, default=2, help="how many calls of each site fail in turn")
    given = parser.parse_args()
    logging.getLogger("streamdialect").addHandler(logging.NullHandler())
    held = [
        run(source, mode, given.text, given.lasting, given.times)
        for source in ([given.source] if given.source else ["kafka", "files", "kinesis"])
        for mode in MODES
        if given.mode in (None, mode)
    ]
    sys.exit(not all(held))
