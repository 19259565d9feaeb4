"""Draw the README's picture: ``tox -e pictures`` runs the demo in a terminal and writes what it shows, as SVG."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from itertools import groupby
from pathlib import Path

import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, ROWS = 112, 46
SECONDS = 25
TARGET = Path(__file__).parents[1] / "docs" / "demo.svg"


def run(command: list[str]) -> pyte.Screen:
    """Run a command in a terminal; give the screen at its end."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not data:
            break
        stream.feed(data)
    if process.wait() != 0:
        raise SystemExit("\n".join(screen.display))
    return screen


def style(char: pyte.screens.Char) -> Style:
    """Give rich's style of a character of pyte's."""

    def color(name: str) -> str | None:
        if name == "default":
            return None
        if re.fullmatch(r"[0-9a-f]{6}", name):
            return f"#{name}"
        bright = name.startswith("bright")
        plain = name.removeprefix("bright").replace("brown", "yellow")
        return f"bright_{plain}" if bright else plain

    return Style(
        color=color(char.fg),
        bgcolor=color(char.bg),
        bold=char.bold,
        italic=char.italics,
        underline=char.underscore,
        reverse=char.reverse,
    )


def draw(screen: pyte.Screen, title: str) -> str:
    """Draw a screen as SVG that fetches nothing."""
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    last = max(number for number, line in enumerate(screen.display) if line.strip())
    for row in range(last + 1):
        line = Text(no_wrap=True)
        chars = [screen.buffer[row][column] for column in range(COLUMNS)]
        for look, run_of in groupby(chars, style):
            line.append("".join(char.data for char in run_of), look)
        line.rstrip()
        console.print(line)
    # A viewer's own font: rich's format names one that would be fetched.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)
    return console.export_svg(title=title, theme=MONOKAI, code_format=form)


def main() -> None:
    """Write the picture."""
    program = "import sys; from streamdialect.cli import main; sys.argv[0] = 'streamdialect'; main()"
    screen = run([sys.executable, "-c", program, "demo", "--seconds", str(SECONDS)])
    TARGET.write_text(draw(screen, "streamdialect demo"), encoding="utf-8")
    print(TARGET)


if __name__ == "__main__":
    main()
