"""The interactive shell: typed through prompt_toolkit's own pipe, and once through a real terminal."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip(
    "prompt_toolkit"
)  # the extra cli; a core installation has the hint that is tested elsewhere

from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

import streamdialect
from streamdialect.cli import progress
from streamdialect.cli.completion import NameCompleter
from streamdialect.cli.session import Session
from streamdialect.cli.shell import converse
from tests.cli.conftest import COMMAND, CommandLine
from tests.servers import MockKafka


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "history"
    monkeypatch.setenv("STREAMDIALECT_HISTORY", str(path))
    return path


def typed(text: str) -> None:
    """Type a text, and Ctrl-D, into a shell on a private database."""
    with (
        create_pipe_input() as keys,
        create_app_session(input=keys, output=DummyOutput()),
        closing(streamdialect.connect(None, autocommit=True)) as connection,
    ):
        keys.send_text(text + "\x04")
        converse(Session(connection, "csv"), "private")


def test_a_statement_of_several_lines(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed("SELECT 1 AS a,\r'x;' AS b\r;\rSELECT 2 AS c; SELECT 3 AS d;\r")
    assert capsys.readouterr().out == "a,b\n1,x;\nc\n2\nd\n3\n"
    assert oct(history.stat().st_mode & 0o777) == "0o600"
    assert "SELECT 1 AS a," in history.read_text()


def test_errors_and_commands_leave_the_shell_open(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed("SELECT nope;\r\\nope\r\\f json\rSELECT 1 AS a;\r")
    shown = capsys.readouterr()
    assert shown.out == '[\n{"a": 1}\n]\n'
    assert 'UndefinedObjectError: column "nope" does not exist' in shown.err
    assert "there is no command" in shown.err


def test_ctrl_c_forgets_a_line_and_q_leaves(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed("SELECT 1;\x03\\q\rSELECT 2;\r")
    assert capsys.readouterr().out == ""


def test_what_was_typed_before_comes_back(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed("SELECT 5 AS a;\r")
    typed("\x1b[A\r")
    assert capsys.readouterr().out == "a\n5\n" * 2


def test_no_history_is_kept_if_none_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STREAMDIALECT_HISTORY", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    typed("SELECT 5 AS a;\r")
    assert capsys.readouterr().out == "a\n5\n"
    assert list(tmp_path.iterdir()) == []


# --- completion -----------------------------------------------------------------------------------


@pytest.fixture
def completer(database: Path, kafka_server: MockKafka) -> Iterator[NameCompleter]:
    kafka_server.topic("Topic-1", 1)
    with closing(streamdialect.connect(database, autocommit=True, ingest="off")) as connection:
        connection.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
        )
        connection.execute('CREATE MATERIALIZED VIEW clicks AS SELECT kafka_offset AS place FROM s."Topic-1"')
        connection.execute('CREATE TABLE "Odd name" (a INT, "B c" INT)')
    completer = NameCompleter(database)
    yield completer
    completer.close()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("SELECT * FROM cli", "", ["clicks"]),
        ("SELECT * FROM sys_mv_ref", "", ["sys_mv_refresh_history"]),
        ("REFRESH MATERIALIZED VIEW cl", "", ["clicks"]),
        ("SELECT * FROM s.", "", ['"Topic-1"']),
        ('SELECT * FROM s."To', "", ['"Topic-1"']),
        ("SELECT * FROM O", "", []),
        ('SELECT * FROM "O', "", ['"Odd name"']),
        ("SELECT pl", " FROM clicks", ["place"]),
        ("SELECT c.", " FROM clicks c", ["place"]),
        ("SELECT x.", ' FROM "Odd name" AS x', ["a", '"B c"']),
        ("SELECT kafka_o", ' FROM s."Topic-1"', ["kafka_offset"]),
        ("sel", "", ["select"]),
        ("SEL", "", ["SELECT"]),
        ("SELECT json_extract_path", "", ["json_extract_path_text"]),
        ("\\t", "", ["\\timing"]),
        ("\\d cl", "", ["clicks"]),
        ("\\dn ", "", ["s"]),
        ("SELECT nope.", "", []),
    ],
)
def test_names_are_completed(completer: NameCompleter, before: str, after: str, expected: list[str]) -> None:
    document = Document(before + after, len(before))
    found = [each.text for each in completer.get_completions(document, CompleteEvent())]
    if before == "\\t":
        assert "\\timing" in found
    else:
        assert found == expected


def test_a_name_with_brackets_is_no_markup(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the line that says how far a REFRESH is."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0.0)
    ended = threading.Event()
    with closing(streamdialect.connect(database, autocommit=True)) as connection:
        connection.execute("CREATE EXTERNAL SCHEMA s FROM KAFKA URI 'localhost:1' AUTHENTICATION none")
        timer = threading.Timer(0.3, ended.set)
        timer.start()
        progress._draw(connection, "a[/b]", ended)
        timer.join()
    assert "REFRESH a[/b]" in capsys.readouterr().err


# --- a real terminal ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_refresh_in_a_terminal_shows_how_far_it_is(
    database: Path, kafka_server: MockKafka, tmp_path: Path
) -> None:
    """A bar with the records that are known at the head; and Tab, Enter and Ctrl-D as a person types them."""
    import pty
    import select

    kafka_server.topic("t", 1)
    kafka_server.produce("t", [b'{"a": 1}'] * 60_000)
    with closing(streamdialect.connect(database, autocommit=True, ingest="off")) as connection:
        connection.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
        )
        # A digest for each record makes it last.
        connection.execute(
            "CREATE MATERIALIZED VIEW slow AS SELECT kafka_offset, "
            + ", ".join(f"SHA2(kafka_value, {bits}) AS a{n}" for n, bits in enumerate([512] * 8))
            + " FROM s.t"
        )
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", COLUMNS="120", STREAMDIALECT_HISTORY="")
        os.execv(COMMAND[0], [*COMMAND, "sql", str(database)])
    seen = b""

    def until(pattern: str, seconds: float = 30) -> None:
        nonlocal seen
        deadline = time.monotonic() + seconds
        while not re.search(
            pattern, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode(errors="replace")), re.S
        ):
            assert time.monotonic() < deadline, (pattern, seen)
            if select.select([terminal], [], [], 0.2)[0]:
                new = os.read(terminal, 65_536)
                if b"\x1b[6n" in new:  # where is the cursor?
                    os.write(terminal, b"\x1b[1;1R")
                seen += new

    until("events.db>")
    seen = b""
    os.write(terminal, b"REFRESH MATERIALIZED VIEW slo\t")
    until("w", 20)  # it is in the menu of completions, if there is one, and then in the line
    time.sleep(1)
    os.write(terminal, b";\r")
    until(" of 60,000 records, ")
    until("was incrementally updated successfully.*events.db>")
    os.write(terminal, b"SELECT COUNT(*) AS n FROM slow;\r")
    until("60000.*events.db>")
    os.write(terminal, b"\x04")
    assert os.waitpid(process, 0)[1] == 0
    os.close(terminal)


def test_without_prompt_toolkit_there_is_a_hint(
    streamdialect_: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "prompt_toolkit" else find(name, *rest),
    )
    done = streamdialect_("sql", terminal=True)
    assert done.code == 2
    assert "pip install 'streamdialect[cli]'" in done.err
    assert streamdialect_("sql", "-c", "SELECT 1").code == 0
