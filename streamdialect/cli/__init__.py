"""The command line: ``streamdialect --help``. What a command needs is imported when it runs."""

from __future__ import annotations

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

import streamdialect

__all__ = ["app", "main"]

FAILED = 1  # exit code; 0 is success, 2 a command line that makes no sense, 130 Ctrl-C (typer's)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="SQL over live streams: Redshift's streaming ingestion in one SQLite file.\n\n"
    "\b\nA file with views, from nothing:\n"
    "  streamdialect check views.sql            does the script work with these credentials?\n"
    "  streamdialect init events.db views.sql   make a file by it\n"
    "  streamdialect run events.db              read the streams into it, until Ctrl-C\n"
    "  streamdialect status events.db --watch   see how far it is\n"
    "  streamdialect sql events.db              ask\n\n"
    "Exit codes: 0 success, 1 an error, which is on stderr, 2 a wrong command line, 130 Ctrl-C.",
)


class Format(str, Enum):
    """Name a way to write results."""

    table = "table"
    csv = "csv"
    json = "json"


class BoardFormat(str, Enum):
    """Name a way to write the state of views."""

    table = "table"
    json = "json"


class Ingest(str, Enum):
    """Name what a connection may do about streams."""

    auto = "auto"
    manual = "manual"
    off = "off"


Options = Annotated[
    list[str],
    typer.Option(
        "--option",
        "-o",
        metavar="NAME=VALUE",
        help="An option of the connection, as in its URL: -o kafka.security.protocol=SSL, -o compat=redshift. "
        "Keep secrets in a file: -o kafka_config=client.properties.",
    ),
]
Existing = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="The file with the views.")
]
Script = Annotated[
    Path, typer.Argument(metavar="SCRIPT", dir_okay=False, help="A file of SQL; - is standard input.")
]


def _read(options: list[str], **ours: Any) -> dict[str, Any]:
    """Give the connection's options; one that a command sets itself may not be given."""
    found: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{option} is not NAME=VALUE", param_hint="--option")
        if name in ours:
            raise typer.BadParameter(f"this command decides {name} itself", param_hint="--option")
        found[name] = value
    return {**found, **ours}


def _text(script: Path) -> str:
    try:
        return sys.stdin.read() if str(script) == "-" else script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {script}: {error}") from error


@app.callback()
def _root() -> None:
    """Be the group of commands."""


@app.command()
def sql(
    database: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", dir_okay=False, help="The database; a private one if there is none."),
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--command",
            "-c",
            metavar="SQL",
            help="Run these statements, or a command such as \\d, and end; may be given again.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="SCRIPT", help="Run a script and end; - is standard input."),
    ] = None,
    style: Annotated[Format, typer.Option("--format", help="How results are written.")] = Format.table,
    timing: Annotated[bool, typer.Option("--timing", help="Say on stderr how long statements take.")] = False,
    create: Annotated[bool, typer.Option("--create", help="Make the file if it does not exist.")] = False,
    ingest: Annotated[
        Ingest | None,
        typer.Option(
            help="auto: consume AUTO REFRESH views meanwhile; manual: only REFRESH reads streams; off: nothing does. "
            "Default: manual, and auto without a FILE."
        ),
    ] = None,
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Ask and change a database: interactively, or by -c, -f or a pipe.

    \b
    The shell: a statement ends with ; and may have many lines, Tab completes names,
    the arrows walk through what was typed before, \\? lists its commands (\\d, \\x, ...).

    \b
    Examples:
      streamdialect sql events.db
      streamdialect sql events.db -c "SELECT COUNT(*) FROM clicks"
      streamdialect sql events.db -c "\\d clicks"
      streamdialect sql events.db --format csv -c "SELECT * FROM clicks" > clicks.csv
      streamdialect sql events.db --format json -f report.sql
      echo "SELECT 1" | streamdialect sql

    Each statement is a transaction of its own unless BEGIN opens one. The first statement that fails ends -c, -f and
    a pipe with exit code 1; what came before it stays. Results go to stdout, everything else to stderr.
    """
    if command and file:
        raise typer.BadParameter("-c and -f exclude each other")
    if database is not None and not create and not database.exists():
        raise typer.BadParameter(f"{database} does not exist; --create makes it", param_hint="FILE")
    interactive = not command and not file and sys.stdin.isatty()
    if interactive:
        _need("prompt_toolkit", "cli", "the interactive shell", "-c, -f and a pipe do without.")
    from streamdialect.cli.script import split
    from streamdialect.cli.session import Session

    wanted = ingest.value if ingest else "manual" if database else "auto"
    given = _read(options, autocommit=True, ingest=wanted)
    given.setdefault("mode", "rwc" if create or database is None else "rw")
    scripts = [] if interactive else command or [_text(file or Path("-"))]
    connection = streamdialect.connect(database, **given)
    try:
        session = Session(connection, style.value, timing=timing)
        if interactive:
            from streamdialect.cli.shell import converse

            converse(session, database.name if database else "private")
        elif not all(session.attempt(split(script)) for script in scripts):
            raise typer.Exit(FAILED)
    finally:
        connection.close()


@app.command()
def check(
    script: Script,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show what is wrong only.")] = False,
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Try a script of DDL with these credentials, without making anything.

    Statements are carried out in a private file, which is removed; queries and changes of tables are only translated,
    nothing is refreshed. Each external schema is asked for its streams, and each stream that a FROM names for a record.

    \b
    Examples:
      streamdialect check views.sql
      streamdialect check views.sql -o compat=redshift     as strict as Redshift
      AWS_PROFILE=production streamdialect check views.sql

    What is wrong goes to stderr as FILE:LINE: reason, all of it, not only the first. Exit code 1 if anything is.
    """
    from streamdialect.cli.check import check as findings

    wrong = 0
    for finding in findings(_text(script), _read(options, mode="rwc", autocommit=True, ingest="off")):
        wrong += finding.wrong
        if finding.wrong:
            typer.secho(f"{script}:{finding.line}: {finding.text}", fg="red", err=True)
        elif not quiet:
            typer.echo(f"{script}:{finding.line}: {finding.text}")
    if wrong:
        typer.secho(f"{wrong} problem{'' if wrong == 1 else 's'}", fg="red", err=True)
        raise typer.Exit(FAILED)
    if not quiet:
        typer.echo("no problems")


@app.command()
def init(
    database: Annotated[
        Path, typer.Argument(metavar="FILE", help="The database to make; it must not exist.")
    ],
    script: Script,
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Make a new file by a script, whole or not at all.

    The script is one transaction: after an error there is no file. REFRESH, TRUNCATE and VACUUM, which end one, are
    refused; a BEGIN and COMMIT around everything may be there. Consumers start with: streamdialect run FILE.

    \b
    Example:
      streamdialect init events.db views.sql
    """
    from streamdialect.cli import imports

    if database.exists():
        raise typer.BadParameter(
            f"{database} exists already; streamdialect import adds to it", param_hint="FILE"
        )
    text, given = _text(script), _read(options, mode="rwc", autocommit=False, ingest="manual")
    try:
        _import(database, script, text, given, skip_existing=False)
    except BaseException:
        imports.remove_database(database)
        raise


@app.command("import")
def import_(
    database: Existing,
    script: Script,
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing", help="Skip a CREATE of what exists, so that a script can run again."),
    ] = False,
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Run a script in a file, whole or not at all.

    The script is one transaction: after an error the file is as it was. Running it again is an error where something
    exists, unless it says IF NOT EXISTS, or with --skip-existing. That skips schemas and tables by name; a view must
    exist with the same definition, or the script fails.

    \b
    Examples:
      streamdialect import events.db more.sql
      streamdialect import events.db views.sql --skip-existing
    """
    given = _read(options, mode="rw", autocommit=False, ingest="manual")
    _import(database, script, _text(script), given, skip_existing=skip_existing)


def _import(database: Path, script: Path, text: str, options: dict[str, Any], *, skip_existing: bool) -> None:
    from streamdialect.cli import imports
    from streamdialect.cli.script import split

    try:
        done, skipped = imports.run_whole(database, list(split(text)), options, skip_existing=skip_existing)
    except imports.ScriptError as error:
        typer.secho(f"{script}:{error}", fg="red", err=True)
        typer.secho("nothing of the script was kept", fg="red", err=True)
        raise typer.Exit(FAILED) from error
    for statement in skipped:
        typer.secho(
            f"{script}:{statement.line}: exists already, skipped: {statement.tag}", dim=True, err=True
        )
    typer.echo(f"{database}: {done} statement{'' if done == 1 else 's'} done, {len(skipped)} skipped")


def _need(module: str, extra: str, what: str, otherwise: str = "") -> None:
    import importlib.util

    if importlib.util.find_spec(module) is None:
        text = f"{what} needs {module}: pip install 'streamdialect[{extra}]'. {otherwise}"
        raise typer.BadParameter(text.strip(), param_hint="command")


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
    database: Existing,
    metrics: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="Serve Prometheus metrics on this port; 0 is any free one."
        ),
    ] = None,
    address: Annotated[str, typer.Option(help="With --metrics: the address to listen on.")] = "127.0.0.1",
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Log progress this often, while there is any.")
    ] = 30.0,
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Consume the AUTO REFRESH views of a file until SIGTERM or Ctrl-C.

    Other processes can then open the file with ingest=off. Options of the source come from the environment
    (boto3's AWS_* variables) and from -o. A line is logged for each change of a view's state, and for progress.

    \b
    Examples:
      streamdialect run events.db
      streamdialect run events.db -o kafka_config=client.properties
      streamdialect run events.db --metrics 9400            http://127.0.0.1:9400/metrics
      streamdialect run events.db --metrics 9400 --address 0.0.0.0
    """
    if metrics is not None:
        _need("prometheus_client", "metrics", "--metrics")
    from streamdialect.cli.consume import consume

    given = _read(options, mode="rw", ingest="auto", autocommit=True)
    consume(database, given, every=every, metrics=None if metrics is None else (address, metrics))


@app.command()
def status(
    database: Existing,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it live, until Ctrl-C.")] = False,
    interval: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="With --watch: how often to look.")
    ] = 1.0,
    style: Annotated[
        BoardFormat, typer.Option("--format", help="How the state is written.")
    ] = BoardFormat.table,
    html: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, metavar="OUT", help="Write a page with lag and throughput over time instead."
        ),
    ] = None,
) -> None:
    """Show how views keep up: state, lag, rows a second, freshness, errors.

    Only reads the file: it can be run beside whoever consumes, at any time. What is shown is what the consumer has
    committed; it says when that was.

    \b
    Examples:
      streamdialect status events.db
      streamdialect status events.db --watch
      streamdialect status events.db --format json
      streamdialect status events.db --html status.html

    Exit code 1 if a view has a problem: this serves as a check of health. With --watch, JSON is one line a look.
    """
    from streamdialect.cli.board import show_status

    if html is not None and (watch or style is not BoardFormat.table):
        raise typer.BadParameter("--html goes with neither --watch nor --format")
    if html is not None and html.exists() and html.samefile(database):
        raise typer.BadParameter(f"{html} is the database itself", param_hint="--html")
    if not show_status(database, watch=interval if watch else None, style=style.value, html=html):
        raise typer.Exit(FAILED)


def main() -> None:
    """Run the command line; an error of ours becomes one message and exit code 1."""
    try:
        app(standalone_mode=True)
    except streamdialect.Error as error:
        typer.secho(f"{type(error).__name__}: {error}", fg="red", err=True)
        sys.exit(FAILED)
    except BrokenPipeError:
        # Whoever reads has seen enough. What Python would still flush at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:  # a page that cannot be written
        typer.secho(str(error), fg="red", err=True)
        sys.exit(FAILED)
