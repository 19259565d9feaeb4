"""The command line in this process: what ``main`` prints and the code that it ends with."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from streamdialect.cli import main

COMMAND = (sys.executable, "-c", "from streamdialect.cli import main; main()")


@dataclass(frozen=True)
class Done:
    """Be a command that has ended."""

    code: int
    out: str
    err: str


CommandLine = Callable[..., Done]


@pytest.fixture
def streamdialect_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Run ``streamdialect`` with some arguments, and with a text as its standard input."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def run(*arguments: object, given: str = "", terminal: bool = False) -> Done:
        monkeypatch.setattr(sys, "argv", ["streamdialect", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", Terminal() if terminal else io.StringIO(given))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run
