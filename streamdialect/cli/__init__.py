"""The command line: ``streamdialect demo`` and ``streamdialect run``."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

import streamdialect

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="SQL over live streams: Redshift's streaming ingestion in one SQLite file.",
)


@app.callback()
def _root() -> None:
    """Be the group of commands."""


@app.command()
def demo(
    database: Annotated[
        Path | None, typer.Option(help="Keep the data in this new file; any SQLite tool can open it.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after this many seconds instead of at Ctrl-C.")
    ] = None,
    rate: Annotated[
        int, typer.Option(min=1, max=100_000, help="Records that are produced per second.")
    ] = 200,
    kafka: Annotated[bool, typer.Option("--kafka", help="Use Kafka instead of Kinesis.")] = False,
    bootstrap: Annotated[
        str | None,
        typer.Option(help="With --kafka: a real cluster, host:port,... instead of the embedded one."),
    ] = None,
) -> None:
    """Run AWS's streaming-ingestion tutorial on this machine, live.

    Starts an embedded stream (Kinesis by moto's server, or Kafka by librdkafka's mock cluster), sends it
    readings of IoT sensors, creates the tutorial's external schema and both of its materialized views as AWS
    prints them, and shows the views filling up.
    """
    from streamdialect.demo import run_demo

    if bootstrap is not None and not kafka:
        raise typer.BadParameter("--bootstrap needs --kafka")
    if database is not None and database.exists():
        raise streamdialect.OperationalError(
            f"{database} exists already", hint="The demo needs a new file: name another, or remove this one."
        )
    run_demo(database=database, seconds=seconds, rate=rate, kafka=kafka, bootstrap=bootstrap)


@app.command()
def run(
    database: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file with the views.")],
) -> None:
    """Consume the AUTO REFRESH views of a file until SIGTERM or Ctrl-C.

    Other processes can then open the file with ingest=off. Options of the source come from the environment:
    boto3's AWS_* variables.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with_views = streamdialect.connect(database, mode="rw")
    try:
        views = with_views.execute("SELECT COUNT(*) FROM svv_mv_info WHERE autorefresh = 't'").fetchone()
        typer.echo(f"consuming {views[0] if views else 0} views of {database}; Ctrl-C or SIGTERM ends")
        stop.wait()
    finally:
        with_views.close()
    typer.echo("stopped")


def main() -> None:
    """Run the command line; an error of ours becomes one message and exit code 1."""
    try:
        app()
    except streamdialect.Error as error:
        typer.secho(f"{type(error).__name__}: {error}", fg="red", err=True)
        sys.exit(1)
