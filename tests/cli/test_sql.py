"""``streamdialect sql`` with -c, -f and a pipe: what goes where, and the exit codes."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

import streamdialect
from streamdialect.cli import output
from streamdialect.cli.session import Session
from streamdialect.storage.system_views import SYSTEM_VIEWS
from tests.cli.conftest import COMMAND, CommandLine
from tests.servers import MockKafka

VALUES = """SELECT 1.50::DECIMAL(5,2) AS d, NULL AS n, 'x,"y"' AS t, JSON_PARSE('{"a": [1, 2.50]}') AS s, 1 AS d,
    'ab'::VARBYTE AS b, TRUE AS f, '2020-01-02 03:04:05'::TIMESTAMP AS w, 0.5::FLOAT AS r, INTERVAL '1 day' AS i"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Give a file with a table of three rows."""
    path = tmp_path / "filled.db"
    with closing(streamdialect.connect(path, autocommit=True)) as connection:
        connection.execute("CREATE TABLE t (a INT, b VARCHAR(20))")
        connection.execute("INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, 'drei\nzeilen')")
    return path


def test_a_table(streamdialect_: CommandLine, filled: Path) -> None:
    done = streamdialect_("sql", filled, "-c", "SELECT a, b FROM t ORDER BY a")
    assert (done.code, done.err) == (0, "")
    assert [line.rstrip() for line in done.out.splitlines()] == [
        "a   b",
        "──────────",
        "1   one",
        "2   NULL",
        "3   drei",
        "    zeilen",
        "(3 rows)",
    ]


def test_csv_and_json_read_back(streamdialect_: CommandLine) -> None:
    done = streamdialect_("sql", "--format", "csv", "-c", VALUES)
    names, row = csv.reader(io.StringIO(done.out))
    assert names == list("dntsdbfwri")
    assert row == [
        *("1.50", "", 'x,"y"', '{"a":[1,2.50]}', "1", "6162", "true", "2020-01-02 03:04:05", "0.5"),
        "1 day, 0:00:00",
    ]
    done = streamdialect_("sql", "--format", "json", "-c", VALUES)
    assert '"d": 1.50, ' in done.out  # exactly: no float in between
    assert json.loads(done.out) == [
        {
            **{"d": 1.5, "n": None, "t": 'x,"y"', "s": {"a": [1, 2.5]}, "d_2": 1, "b": "6162", "f": True},
            **{"w": "2020-01-02T03:04:05", "r": 0.5, "i": "1 day, 0:00:00"},
        }
    ]
    assert json.loads(streamdialect_("sql", "--format", "json", "-c", "SELECT 1 WHERE FALSE").out) == []


def test_the_first_error_ends_it_and_what_came_before_stays(
    streamdialect_: CommandLine, filled: Path
) -> None:
    script = "INSERT INTO t VALUES (4, 'four');\nSELECT a,\n  nope FROM t;\nINSERT INTO t VALUES (5, 'five');"
    done = streamdialect_("sql", filled, "-f", "-", given=script)
    assert done.code == 1
    assert done.out == "INSERT 1\n"
    assert done.err.splitlines() == [
        'UndefinedObjectError: column "nope" does not exist in t (line 3, column 3)',
        "LINE 3:   nope FROM t",
        "          ^",
    ]
    with closing(sqlite3.connect(filled)) as plain:
        assert plain.execute("SELECT max(a) FROM t").fetchone() == (4,)


def test_an_error_without_a_place_has_the_statements_line(streamdialect_: CommandLine) -> None:
    done = streamdialect_("sql", given="SELECT 1;\n\nREFRESH MATERIALIZED VIEW nope;")
    assert done.err == 'line 3: UndefinedObjectError: materialized view "nope" does not exist\n'


def test_several_commands_and_a_pipe(streamdialect_: CommandLine) -> None:
    done = streamdialect_(
        "sql", "-c", "CREATE TABLE t (a INT); SELECT COUNT(*) FROM t", "-c", "SELECT 7 AS b;"
    )
    assert done.code == 0
    assert done.out == "CREATE TABLE\ncount\n─────\n    0\n(1 row)\nb\n─\n7\n(1 row)\n"
    done = streamdialect_("sql", "--timing", "--format", "csv", given="SELECT 8 AS c")
    assert (done.code, done.out) == (0, "c\n8\n")
    assert done.err.startswith("Time: ")


def test_control_characters_of_a_record_do_not_reach_the_terminal(streamdialect_: CommandLine) -> None:
    done = streamdialect_("sql", "-c", "SELECT 'a' || CHR(27) || '[31m' AS a")
    assert "\x1b" not in done.out
    assert "a\N{REPLACEMENT CHARACTER}[31m" in done.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sql", "missing.db"], "missing.db does not exist; --create makes it"),
        (["sql", "-c", "SELECT 1", "-f", "x.sql"], "-c and -f exclude each other"),
        (["sql", "-f", "missing.sql"], "cannot read missing.sql"),
        (["sql", "-o", "timeout", "-c", "SELECT 1"], "timeout is not NAME=VALUE"),
        (["sql", "-o", "autocommit=false", "-c", "SELECT 1"], "this command decides autocommit itself"),
        (["sql", "--format", "xml"], "'xml' is not one of"),
        (["check", "missing.sql"], "missing.sql"),
        (["status", "missing.db"], "missing.db"),
        (["nothing"], "No such command 'nothing'"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(
    streamdialect_: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = streamdialect_(*arguments)
    assert done.code == 2
    assert expected in " ".join(done.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_exit_code_1(streamdialect_: CommandLine, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.db"
    wrong.write_text("no database, however long it is " * 100)
    done = streamdialect_("sql", wrong, "-c", "SELECT 1")
    assert done.code == 1
    assert done.err.startswith("DatabaseError: ")
    done = streamdialect_("sql", "-o", "timeuot=3", "-c", "SELECT 1")
    assert done.code == 1
    assert 'unknown option "timeuot"' in done.err


def test_create_makes_a_file_and_options_reach_the_connection(
    streamdialect_: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "new.db"
    done = streamdialect_("sql", path, "--create", "-o", "compat=redshift", "-c", 'SELECT 1 AS "Upper"')
    assert (done.code, done.out.split()[0]) == (0, "upper")
    assert path.exists()


@pytest.mark.parametrize("style", output.FORMATS)
def test_a_large_result_streams(style: str) -> None:
    """Four times as many rows need no more memory."""

    class Nowhere(io.TextIOBase):
        def write(self, text: str) -> int:
            return len(text)

    def peak(rows: int) -> int:
        sql = f"""WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            SELECT i, 'a text that is the same in all of them' AS t FROM n"""
        with closing(streamdialect.connect(None)) as connection:
            cursor = connection.execute(sql)
            output.write(connection.execute("SELECT 1"), style, out=Nowhere())  # type: ignore[arg-type]
            tracemalloc.start()
            try:
                assert output.write(cursor, style, out=Nowhere()) == rows  # type: ignore[arg-type]
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    few, many = peak(1_200), peak(4_800)
    assert many < few * 2


def test_a_reader_that_has_seen_enough_is_no_traceback(filled: Path) -> None:
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n"
    with subprocess.Popen(
        [*COMMAND, "sql", "--format", "csv", "-c", sql],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "i\n"
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(20) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_ctrl_c_is_exit_code_130() -> None:
    sql = (
        "SELECT 1 AS a; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
    )
    with subprocess.Popen(
        [*COMMAND, "sql", "--format", "csv", "-c", sql],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert [running.stdout.readline() for _ in range(2)] == ["a\n", "1\n"]
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert "Traceback" not in running.stderr.read()


def test_a_refresh_through_it(streamdialect_: CommandLine, database: Path, kafka_server: MockKafka) -> None:
    kafka_server.topic("t", 1)
    kafka_server.produce("t", [b"a", b"b"])
    script = f"""CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none;
        CREATE MATERIALIZED VIEW v AS SELECT kafka_value FROM s.t;
        REFRESH MATERIALIZED VIEW v;
        SELECT COUNT(*) FROM v;"""
    done = streamdialect_("sql", database, "--create", given=script)
    assert done.code == 0, done.err
    assert done.out.split()[-3:] == ["2", "(1", "row)"]
    assert "REFRESH MATERIALIZED VIEW\n" in done.out
    assert done.err == "INFO:  Materialized view v was incrementally updated successfully.\n"


def test_the_commands(database: Path, kafka_server: MockKafka, capsys: pytest.CaptureFixture[str]) -> None:
    kafka_server.topic("t-1", 1)
    with closing(streamdialect.connect(database, autocommit=True, ingest="off")) as connection:
        connection.execute(
            f"CREATE EXTERNAL SCHEMA s FROM KAFKA URI '{kafka_server.bootstrap}' AUTHENTICATION none"
        )
        connection.execute('CREATE MATERIALIZED VIEW v AS SELECT kafka_offset FROM s."t-1"')
        connection.execute("CREATE TABLE mine (a INT, b DECIMAL(5,2))")
        connection.execute("CREATE VIEW plain AS SELECT a FROM mine")

        session = Session(connection, "csv")
        shown: dict[str, list[list[str]]] = {}
        for command in (r"\d", r"\dt", r"\dv", r"\dn", r"\dn s", r"\d mine", r'\d s."t-1"', r"\d v;", r"\ds"):
            with io.StringIO() as out:
                original, sys.stdout = sys.stdout, out
                try:
                    assert session.command(command), command
                finally:
                    sys.stdout = original
                shown[command] = list(csv.reader(io.StringIO(out.getvalue())))[1:]
        assert shown[r"\d"] == [["mine", "table"], ["plain", "view"], ["v", "materialized view"]]
        assert shown[r"\dt"] == [["mine", "table"]]
        assert [row[:4] for row in shown[r"\dv"]] == [
            ["plain", "view", "", ""],
            ["v", "materialized view", "f", "ok"],
        ]
        assert [row[:2] for row in shown[r"\dn"]] == [["s", "kafka"]]
        assert shown[r"\dn s"] == [["t-1"]]
        assert shown[r"\d mine"] == [["1", "a", "INTEGER"], ["2", "b", "DECIMAL(5,2)"]]
        assert ["6", "kafka_value", "VARBYTE(16777216)"] in shown[r'\d s."t-1"']
        assert shown[r"\d v;"] == [["1", "kafka_offset", "BIGINT"]]
        assert [name for (name,) in shown[r"\ds"]] == sorted(SYSTEM_VIEWS)
        session.style = "table"
        for name in ("v", '"V"', '"Plain"'):
            assert session.command(rf"\d {name}")
            told = capsys.readouterr().out
            assert "Definition:\nCREATE " in told
            assert ("AUTO REFRESH NO; state: ok" in told) == (name != '"Plain"')


def test_commands_that_are_wrong_say_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "a script.sql"
    script.write_text("SELECT 1 AS a;\nSELECT a b c;")
    with closing(streamdialect.connect(None)) as connection:
        session = Session(connection)
        for command, expected in {
            r"\nope": r"there is no command \nope; \? lists them",
            r"\d nope": 'UndefinedObjectError: relation "nope" does not exist',
            r"\d a.b.c": "a.b.c is not the name of a relation",
            r"\d t; DROP": "t; DROP is not the name of a relation",
            r"\f xml": r"\f takes one of: table, csv, json",
            r"\i nope.sql": "cannot read nope.sql",
            rf"\i {script}": "(line 2, column 12)",
        }.items():
            assert not session.command(command)
            assert expected in capsys.readouterr().err
        assert session.command(r"\?")
        assert r"\timing" in capsys.readouterr().out
        assert session.command(r"\x")
        session.attempt([])
        assert session.expanded
        assert session.command(r"\q")
        assert session.ended


def test_commands_of_the_shell_in_an_option(streamdialect_: CommandLine, filled: Path) -> None:
    done = streamdialect_(
        "sql", filled, "--format", "csv", "-c", "\\d t", "-c", "\\dt", "-c", "SELECT 1 AS x"
    )
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:3] == ["number,column,type", "1,a,INTEGER", "2,b,VARCHAR(20)"]
    assert lines[-2:] == ["x", "1"]
    wrong = streamdialect_("sql", filled, "-c", "\\nonsense", "-c", "SELECT 1")
    assert (wrong.code, wrong.out) == (1, "")
    assert "there is no command \\nonsense" in wrong.err
    absent = streamdialect_("sql", filled, "-c", "\\d absent")
    assert (absent.code, absent.out) == (1, "")


def test_commands_of_the_shell_in_a_script(streamdialect_: CommandLine, filled: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text(
        """\\f csv
SELECT a FROM t
  WHERE a = 1;  \\f json
/* one; */ \\x
\\x;
SELECT 'x;
\\dt' AS b; SELECT 3 AS c;
SELECT nope;
\\dt
"""
    )
    done = streamdialect_("sql", filled, "-f", script)
    assert done.code == 1
    first, second, *rest = done.out.splitlines()
    assert (first, second) == ("a", "1")
    assert [json.loads(line) for line in rest if line not in "[]"] == [{"b": "x;\ndt"}, {"c": 3}]
    assert "line 8" in done.err
    left = streamdialect_(
        "sql", filled, "--format", "csv", "-c", "SELECT 1 AS x;\n\\q\nSELECT 2", "-c", "SELECT 3"
    )
    assert (left.code, left.out.split()) == (0, ["x", "1"])


def test_scripts_that_include_others(streamdialect_: CommandLine, filled: Path, tmp_path: Path) -> None:
    inner, outer, endless = (tmp_path / f"{name}.sql" for name in ("inner", "outer", "endless"))
    inner.write_text("SELECT 1 AS x;\n\\q\nSELECT 2 AS y;")
    outer.write_text(f"\\i {inner}\nSELECT 3 AS z;")
    endless.write_text(f"\n\\i\t{endless}")
    done = streamdialect_("sql", filled, "--format", "csv", "-f", outer)
    assert (done.code, done.out.split()) == (0, ["x", "1", "z", "3"])
    done = streamdialect_("sql", filled, "-f", endless)
    assert (done.code, done.out) == (1, "")
    assert "include one another too deeply" in done.err
