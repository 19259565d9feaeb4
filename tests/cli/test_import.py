"""``init`` and ``import``: a script is in the file whole, or not at all."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

SCRIPT = """CREATE EXTERNAL SCHEMA s FROM KAFKA URI '127.0.0.1:1' AUTHENTICATION none;
CREATE TABLE t (a INT);
INSERT INTO t VALUES (1), (2);
CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT kafka_value FROM s.t;
"""


def names(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as plain:
        found = {
            name
            for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE name IN ('t', 'v', 'late')")
        }
        return found


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "views.sql"
    path.write_text(SCRIPT)
    return path


def test_init_makes_a_file(streamdialect_: CommandLine, database: Path, script: Path) -> None:
    done = streamdialect_("init", database, script)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{database}: 4 statements done, 0 skipped\n"
    assert names(database) == {"t", "v"}
    done = streamdialect_("init", database, script)
    assert done.code == 2
    assert "exists already" in done.err


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("CREATE VIEW late AS SELECT nope FROM t;", 'column "nope" does not exist in t (line 6, column 28)'),
        (
            "REFRESH MATERIALIZED VIEW v;",
            "REFRESH ends a transaction, but a script is imported in one (line 6,",
        ),
        ("COMMIT; SELECT 1;", "COMMIT ends a transaction"),
    ],
)
def test_after_an_error_there_is_no_file(
    streamdialect_: CommandLine, database: Path, script: Path, wrong: str, expected: str
) -> None:
    script.write_text(f"{SCRIPT}\n{wrong}\n")
    done = streamdialect_("init", database, script)
    assert done.code == 1
    assert expected in done.err
    assert "nothing of the script was kept" in done.err
    assert [path.name for path in database.parent.iterdir()] == [script.name]


def test_import_is_all_or_nothing(streamdialect_: CommandLine, database: Path, script: Path) -> None:
    assert streamdialect_("init", database, "-", given="CREATE TABLE late (a INT)").code == 0
    script.write_text(f"{SCRIPT} CREATE TABLE late (a INT);")
    done = streamdialect_("import", database, script)
    assert done.code == 1
    assert re.search(rf"^{re.escape(str(script))}:\d+: .*late already exists", done.err)
    assert names(database) == {"late"}
    script.write_text(f"BEGIN; {SCRIPT} COMMIT;")
    assert streamdialect_("import", database, script).code == 0
    assert names(database) == {"late", "t", "v"}


def test_import_twice(streamdialect_: CommandLine, database: Path, script: Path) -> None:
    assert streamdialect_("init", database, script).code == 0
    done = streamdialect_("import", database, script)
    assert done.code == 1
    assert done.err.startswith(f'{script}:1: DuplicateObjectError: schema "s" already exists')
    ddl = "".join(line for line in SCRIPT.splitlines(keepends=True) if "INSERT" not in line)
    script.write_text(f"{ddl}\nCREATE TABLE late (a INT);")
    done = streamdialect_("import", database, script, "--skip-existing")
    assert done.code == 0, done.err
    assert done.out == f"{database}: 1 statement done, 3 skipped\n"
    assert f"{script}:3: exists already, skipped: CREATE MATERIALIZED VIEW" in done.err
    assert names(database) == {"late", "t", "v"}


def test_a_view_of_another_definition_is_not_skipped(
    streamdialect_: CommandLine, database: Path, script: Path
) -> None:
    assert streamdialect_("init", database, script).code == 0
    script.write_text("CREATE TABLE late (a INT);\nCREATE MATERIALIZED VIEW v AS SELECT kafka_key FROM s.t;")
    done = streamdialect_("import", database, script, "--skip-existing")
    assert done.code == 1
    assert 'view "v" exists with another definition (line 2, column 1)' in done.err
    script.write_text('CREATE MATERIALIZED VIEW "V" AS SELECT kafka_key FROM s.t;')
    done = streamdialect_("import", database, script, "--skip-existing")
    assert (done.code, "exists with another definition" in done.err) == (1, True)
    assert names(database) == {"t", "v"}
