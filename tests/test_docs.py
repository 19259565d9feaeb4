"""Every example of README.md and docs/ runs, in order, page by page.

A page is run in a process of its own, in an empty folder, where boto3 finds an empty moto server. What a
fenced block does depends on its language:

``python``   runs; the blocks of a page share their names
``sql``      runs through ``streamdialect.connect("events.db")``, statement by statement, and is committed
``console``  each line that begins with ``$ `` runs in bash, but may only call streamdialect and python; lines
             below it are what it must print, where ``...`` stands for anything; ``> `` and a line after a
             backslash continue the command. Commands of NOT_RUN stand for themselves. One that ends in
             ``&`` runs until the page ends.
others       are not run, and must be one of SHOWN

A comment before a block changes what happens to it, and is not seen by readers:

``<!-- test: setup`` + lines of Python + ``-->``   run these lines first, with the page's names
``<!-- test: skip because REASON -->``             do not run the next block
``<!-- test: raises NAME -->``                     the next block must raise this exception (python, sql)
``<!-- test: output -->``                          the next block is what the block before it printed (text);
                                                   SQL prints its last rows, columns separated by `` | ``
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

TOP = Path(__file__).parent.parent
PAGES = [path for path in [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))] if path.exists()]

TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"
INSTALL_COMMAND = "python3 -m venv .venv && .venv/bin/pip install '.[demo]' && .venv/bin/streamdialect demo"
NOT_RUN = (INSTALL_COMMAND, TEST_COMMAND)  # they need a network or would run these tests again

# Needs Superset and a browser; tests/superset/test_dashboard.py runs it.
ELSEWHERE = (TOP / "docs" / "tutorial" / "superset.md",)

RUN = ("python", "sql", "console")
SHOWN = ("text", "json", "ini", "toml", "yaml", "dockerfile", "mermaid", "diff", "http")
MOST_SKIPPED = 6  # blocks; to raise it is a decision

DATABASE = "events.db"
COMMAND_SECONDS = 60


class DocumentationError(Exception):
    """Say that a page does not do what it says; the message begins with file and line."""


@dataclass(frozen=True)
class Block:
    """Be one fenced block, or hidden Python with the language ``setup``, and its instructions."""

    language: str
    text: str
    line: int  # of the first line of the text, from 1
    skip: str | None = None
    raises: str | None = None
    output: bool = False


def blocks(page: Path) -> Iterator[Block]:
    """Read a page's blocks; raise DocumentationError for instructions that cannot be followed."""
    instructions: dict[str, Any] = {}
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (
            match := re.match(r"\s*<!--\s*test:\s*(.*?)\s*-->", token.content, re.S)
        ):
            word, _, rest = match[1].partition("\n" if match[1].startswith("setup") else " ")
            if word.strip() == "setup":
                yield Block("setup", rest, line + 1)
            elif (
                word == "skip"
                and (reason := rest.strip().removeprefix("because").strip())
                and reason != rest.strip()
            ):
                instructions["skip"] = reason
            elif word == "raises" and rest.strip().isidentifier():
                instructions["raises"] = rest.strip()
            elif word == "output" and not rest:
                instructions["output"] = True
            else:
                raise DocumentationError(f"{page}:{line}: cannot follow: {match[1]}")
        elif token.type == "fence":
            language = token.info.split()[0] if token.info.split() else ""
            block = Block(language, token.content, line + 1, **instructions)
            if language not in (*RUN, *SHOWN):
                raise DocumentationError(f"{page}:{line}: a block must be one of {', '.join(RUN + SHOWN)}")
            if block.output and language != "text":
                raise DocumentationError(f"{page}:{line}: output must be a text block")
            if block.raises and language not in ("python", "sql"):
                raise DocumentationError(f"{page}:{line}: only python and sql raise")
            yield block
            instructions = {}
    if instructions:
        raise DocumentationError(f"{page}: no block follows the last instruction")


def statements(script: str) -> Iterator[str]:
    """Split SQL at the semicolons that end statements."""
    begun = ""
    for part in re.split(r"(;)", script):
        begun += part
        if part == ";" and sqlite3.complete_statement(begun):
            yield begun.strip().rstrip(";")
            begun = ""
    if re.sub(r"--.*|/\*.*?\*/", "", begun).strip():
        yield begun.strip()


def commands(script: str) -> Iterator[tuple[str, str, int]]:
    """Split a console block into commands, what each prints, and its line within the block."""
    command, printed, begin = "", "", 0
    for number, line in enumerate(script.splitlines()):
        if line.startswith("$ "):
            if command:
                yield command, printed, begin
            command, printed, begin = line[2:], "", number
        elif command and (command.endswith("\\") or line.startswith("> ")):
            command += "\n" + line.removeprefix("> ")
        elif command:
            printed += line + "\n"
        else:
            raise DocumentationError("a console block begins with '$ '")
    if command:
        yield command, printed, begin


def programs(command: str) -> list[str]:
    """List the programs that a shell command calls."""
    if re.search(r"\$\(|`|<\(|\beval\b", command):
        raise DocumentationError(f"too clever for an example: {command}")
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found, expected = [], True
    for word in lexer:
        if re.fullmatch(r"[;&|]+", word):
            expected = True
        elif expected and not re.match(r"\w+=", word):
            found.append(word)
            expected = False
    return found


class Run:
    """Run one page in this process: names, connection and background commands live until ``close``."""

    def __init__(self, page: Path) -> None:
        self.page = page
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.printed = ""
        self._connection: Any = None
        self._sessions: list[subprocess.Popen[bytes]] = []

    def block(self, block: Block) -> None:
        """Do what a block says; raise DocumentationError if it turns out otherwise."""
        if block.output:
            self._expect(block.text, self.printed, block.line)
            return
        if block.skip or block.language in SHOWN:
            return
        if block.language == "console":
            self._console(block)
            return
        try:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                try:
                    self._sql(block.text) if block.language == "sql" else self._python(block)
                finally:
                    self.printed = out.getvalue()
        except Exception as error:
            if block.raises in {kind.__name__ for kind in type(error).__mro__}:
                return
            # The traceback shows lines of the page itself for Python, so it needs no explanation.
            raise DocumentationError(f"{self.page}:{block.line}: {traceback.format_exc()}") from error
        if block.raises:
            raise DocumentationError(f"{self.page}:{block.line}: did not raise {block.raises}")

    def _python(self, block: Block) -> None:
        exec(compile("\n" * (block.line - 1) + block.text, str(self.page), "exec"), self.names)

    def _sql(self, script: str) -> None:
        import streamdialect

        if self._connection is None:
            self._connection = streamdialect.connect(DATABASE)
        cursor = self._connection.cursor()
        try:
            rows: Iterable[Any] = ()
            for statement in statements(script):
                cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else ()
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        finally:
            cursor.close()
        for row in rows:
            print(*("" if value is None else value for value in row), sep=" | ")

    def _console(self, block: Block) -> None:
        for command, expected, offset in commands(block.text):
            line = block.line + offset
            if command in NOT_RUN:
                continue
            strange = sorted(set(programs(command)) - {"streamdialect", "python"})
            if strange:
                raise DocumentationError(f"{self.page}:{line}: would not be run: {', '.join(strange)}")
            with Path(f".console-{line}").open("w+b") as out:
                shell = subprocess.Popen(
                    ["bash", "-euo", "pipefail", "-c", command],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._sessions.append(shell)
                status = shell.wait(COMMAND_SECONDS)
                out.seek(0)
                self.printed = out.read().decode()
            if status:
                raise DocumentationError(f"{self.page}:{line}: status {status}: {command}\n{self.printed}")
            if expected.strip():
                self._expect(expected, self.printed, line)

    def _expect(self, expected: str, printed: str, line: int) -> None:
        def tidy(text: str) -> str:
            return "\n".join(each.rstrip() for each in text.strip().splitlines()) + "\n"

        if not doctest.OutputChecker().check_output(tidy(expected), tidy(printed), doctest.ELLIPSIS):
            raise DocumentationError(f"{self.page}:{line}: printed instead:\n{printed}")

    def close(self) -> None:
        """End what the page began."""
        if self._connection is not None:
            self._connection.close()
        for shell in self._sessions:
            with contextlib.suppress(ProcessLookupError):  # nothing in the background
                os.killpg(shell.pid, signal.SIGTERM)


def main(page: Path) -> int:
    """Run a page, in the current folder; the status is 1 if it is wrong."""
    run = Run(page)
    try:
        for block in blocks(page):
            run.block(block)
    except DocumentationError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        run.close()
    return 0


def run_page(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page in a process of its own, with the programs of this environment first."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(TOP),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.test_docs", str(page)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page not in ELSEWHERE],
    ids=lambda page: page.relative_to(TOP).as_posix(),
)
def test_the_examples_run(page: Path, tmp_path: Path, kinesis_endpoint: str) -> None:
    result = run_page(page, tmp_path)
    assert result.returncode == 0, result.stderr


def test_few_blocks_are_skipped() -> None:
    skipped = [
        f"{page.name}:{block.line}: {block.skip}" for page in PAGES for block in blocks(page) if block.skip
    ]
    assert len(skipped) <= MOST_SKIPPED, skipped


def test_the_commands_that_are_not_run_are_readmes_own() -> None:
    shown = [
        command
        for block in blocks(TOP / "README.md")
        if block.language == "console"
        for command, _, _ in commands(block.text)
    ]
    assert [command for command in shown if command in NOT_RUN] == list(NOT_RUN)


def test_ci_runs_readmes_test_command() -> None:
    assert f"'{TEST_COMMAND}'" in (TOP / ".ci" / "run").read_text(encoding="utf-8")


# --- the test of the test ---------------------------------------------------------------------------

GOOD = """
<!-- test: setup
hidden = 40

-->
```python
print(hidden + 2)
```

<!-- test: output -->
```text
42
```

1. In a list:

   ```python
   second = hidden + 2
   ```

```console
$ python -c "print('a line'); print('more')" | python -c "print(
> input())"
a ...
$ INSTALL
$ GREETING=hi python -c 'import os; print(os.environ["GREETING"])' \\
    && python -c 'import time; time.sleep(600)' &
```

<!-- test: raises ArithmeticError -->
```python
second / 0
```

<!-- test: skip because it needs an AWS account -->
```python
assert False
```

```json
{not run}
```
"""


def test_a_right_page_passes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(GOOD.replace("INSTALL", INSTALL_COMMAND))
    result = run_page(page, tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```python\nx = 1\nx / 0\n```", 'page.md:2: .*page.md", line 3.*ZeroDivisionError'),
        (
            "```python\nprint(1)\n```\n<!-- test: output -->\n```text\n2\n```",
            "page.md:6: printed instead:\n1",
        ),
        ("<!-- test: raises KeyError -->\n```python\n1 / 0\n```", "ZeroDivisionError"),
        ("<!-- test: raises KeyError -->\n```python\n1 / 1\n```", "page.md:3: did not raise KeyError"),
        ("<!-- test: skip -->\n```python\n```", "page.md:1: cannot follow: skip"),
        ("<!-- test: skip because -->\n```python\n```", "page.md:1: cannot follow: skip because"),
        ("<!-- test: ignore -->\n```python\n```", "page.md:1: cannot follow: ignore"),
        ("<!-- test: output -->\n", "no block follows"),
        ("```bash\nls\n```", "page.md:1: a block must be one of"),
        ("```\nls\n```", "page.md:1: a block must be one of"),
        ("```console\n$ python -V\n$ python -V; rm -r .\n```", "page.md:3: would not be run: rm"),
        ("```console\n$ python $(rm -r .)\n```", "too clever"),
        ("```console\n$ python -c 'exit(3)'\n```", "page.md:2: status 3"),
        ("```console\n$ python -c 'print(1)'\n2\n```", "page.md:2: printed instead:\n1"),
        ("<!-- test: setup\nx = 1\nassert not x\n-->", 'page.md", line 3.*AssertionError'),
    ],
)
def test_a_wrong_page_fails(tmp_path: Path, text: str, expected: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    result = run_page(page, tmp_path)
    assert result.returncode == 1
    assert re.search(expected, result.stderr, re.S), result.stderr


def test_sql_runs_statement_by_statement(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sql\nCREATE TABLE t (a int, b text); -- it's; fine\nINSERT INTO t VALUES (1, ';');\n```\n"
        "```sql\nSELECT a, b FROM t\n```\n<!-- test: output -->\n```text\n1 | ;\n```\n"
        "<!-- test: raises ProgrammingError -->\n```sql\nSELECT * FROM missing\n```\n"
    )
    result = run_page(page, tmp_path)
    assert result.returncode == 0, result.stderr


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
