"""``python -m tests.crash --source mock|kafka|moto|kinesis --kills 2000``: kill, compare, print the figures."""

from __future__ import annotations

import argparse


def main() -> None:
    from tests.crash import campaign, killed_statements, several
    from tests.crash.streams import SOURCES

    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--source", choices=SOURCES, default="mock")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=200, help="at least as many as there are steps")
    parser.add_argument("--step", action="append", default=[], help="kill at this step only; may be repeated")
    parser.add_argument("--keep", help="an existing folder for the file, which is left there")
    parser.add_argument(
        "--several", type=float, metavar="SECONDS", help="six processes, three killed at a time"
    )
    parser.add_argument(
        "--stop", metavar="STEP", help="stop a holder at this step while another process goes on"
    )
    parser.add_argument(
        "--statements", action="store_true", help="kill CREATE, ALTER, DROP, REDRIVE and REFRESH"
    )
    chosen = parser.parse_args()
    if chosen.several is not None:
        several.run(chosen.source, chosen.several, chosen.seed).show()
    elif chosen.stop is not None:
        several.fence(chosen.source, chosen.stop).show()
    elif chosen.statements:
        killed_statements.run().show()
    else:
        campaign.run(chosen.source, chosen.kills, chosen.seed, only=chosen.step, keep=chosen.keep).show()


if __name__ == "__main__":
    main()
