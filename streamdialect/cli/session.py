"""What ``streamdialect sql`` does with a statement or a command, whoever typed it: a terminal, a file, an option."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from streamdialect import Connection, Error
from streamdialect.cli.output import FORMATS, write
from streamdialect.cli.script import Statement, message, split

if TYPE_CHECKING:
    from streamdialect import Cursor

__all__ = ["COMMANDS", "Session"]

_PLACE = re.compile(r" \(line \d+, column \d+\)")

_DEEPEST = 16  # scripts

COMMANDS = {
    "\\d": '\\d [NAME]   list relations, or describe one: a view, a table, a stream as schema."stream"',
    "\\dn": "\\dn [NAME]  list schemas, or the streams of an external one",
    "\\dt": "\\dt         list tables",
    "\\dv": "\\dv         list views, with the state of those that are materialized",
    "\\ds": "\\ds         list system views",
    "\\f": "\\f FORMAT   write results as table, csv or json",
    "\\i": "\\i FILE     run the statements of a file",
    "\\x": "\\x          a line for each value, or a table again",
    "\\timing": "\\timing     say how long statements take, or not any more",
    "\\?": "\\?          show this",
    "\\q": "\\q          leave; so does Ctrl-D",
}


class Session:
    """Run statements and commands on a connection; results go to the output, everything else to stderr.

    ``style`` is one of output.FORMATS. Errors of SQL are raised by ``run`` and shown by ``attempt``.
    """

    def __init__(self, connection: Connection, style: str = "table", *, timing: bool = False) -> None:
        self.connection = connection
        self.style = style
        self.expanded = False
        self.timing = timing
        self.ended = False
        self._depth = 0  # of scripts that include others

    def attempt(self, statements: Iterable[Statement]) -> bool:
        """Run statements and commands up to the first that fails, which is shown; tell whether all went well."""
        for statement in statements:
            if self.ended:
                break
            if statement.is_command:
                if not self.command(statement.text, statement.line):
                    return False
                continue
            try:
                self.run(statement)
            except Error as error:
                self._say_notices()
                text = message(error, statement)
                # Where an error has no place of its own, the statement's in the script.
                placed = statement.line == 1 or _PLACE.search(text) is not None
                self.say(text if placed else f"line {statement.line}: {text}", error=True)
                return False
        return True

    def run(self, statement: Statement) -> None:
        """Run a statement and write what it gives. Blocks; a REFRESH shows how far it is on a terminal."""
        from streamdialect.cli.progress import refreshing

        began = time.monotonic()
        with refreshing(self.connection, statement), self.connection.execute(statement.text) as cursor:
            if cursor.description is not None:
                self.show(cursor)
            elif self.style == "table":
                count = f" {cursor.rowcount:,}" if cursor.rowcount >= 0 else ""
                print(f"{statement.tag}{count}", flush=True)
        self._say_notices()
        if self.timing:
            self.say(f"Time: {(time.monotonic() - began) * 1000:,.1f} ms")

    def show(self, cursor: Cursor) -> None:
        """Write the rows of a cursor."""
        write(cursor, self.style, expanded=self.expanded)
        sys.stdout.flush()

    def _say_notices(self) -> None:
        notices = self.connection.notices
        while notices:
            self.say(notices.popleft())

    def say(self, text: str, *, error: bool = False) -> None:
        """Write to stderr."""
        import typer

        sys.stdout.flush()
        typer.secho(text, fg="red" if error else None, dim=None if error else True, err=True)

    def command(self, text: str, line: int = 1) -> bool:
        """Do what a text that begins with a backslash says; tell whether it went well. ``line`` is its place."""
        name, *rest = text.rstrip().rstrip(";").split(maxsplit=1)
        place = f"line {line}: " if line > 1 else ""
        do = self._commands().get(name)
        if do is None:
            self.say(f"{place}there is no command {name}; \\? lists them", error=True)
            return False
        try:
            return do(rest[0] if rest else "") is not False
        except Error as error:
            # A position would be one in a statement that nobody typed.
            self.say(_PLACE.sub("", f"{place}{type(error).__name__}: {error}"), error=True)
            return False

    def _commands(self) -> dict[str, Callable[[str], bool | None]]:
        from streamdialect.cli import describe

        def listed(list_: Callable[[Connection, str], Cursor]) -> Callable[[str], None]:
            return lambda argument: self.show(list_(self.connection, argument))

        return {
            "\\d": self._describe,
            "\\dn": listed(describe.schemas),
            "\\dt": listed(describe.tables),
            "\\dv": listed(describe.views),
            "\\ds": listed(describe.system_views),
            "\\f": self._format,
            "\\i": self._include,
            "\\x": self._expand,
            "\\timing": self._time,
            "\\?": self._help,
            "\\h": self._help,
            "\\q": self._quit,
        }

    def _describe(self, name: str) -> None:
        from streamdialect.cli import describe

        if not name:
            self.show(describe.relations(self.connection, ""))
            return
        cursor, remarks = describe.relation(self.connection, name)
        self.show(cursor)
        if self.style == "table":
            print(remarks)

    def _format(self, style: str) -> bool:
        if style not in FORMATS:
            self.say(f"\\f takes one of: {', '.join(FORMATS)}", error=True)
            return False
        self.style = style
        return True

    def _include(self, name: str) -> bool:
        try:
            script = Path(name).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.say(f"cannot read {name}: {error}", error=True)
            return False
        if self._depth == _DEEPEST:
            self.say(f"\\i {name}: scripts include one another too deeply", error=True)
            return False
        self._depth += 1
        try:
            return self.attempt(split(script))
        finally:
            self._depth -= 1
            self.ended = False  # \q ends the script alone

    def _expand(self, _: str) -> None:
        self.expanded = not self.expanded
        self.say(f"a line for each value: {'on' if self.expanded else 'off'}")

    def _time(self, _: str) -> None:
        self.timing = not self.timing
        self.say(f"timing: {'on' if self.timing else 'off'}")

    def _help(self, _: str) -> None:
        print("A statement ends with a semicolon and may have many lines. Commands:")
        for text in COMMANDS.values():
            print(f"  {text}")

    def _quit(self, _: str) -> None:
        self.ended = True
