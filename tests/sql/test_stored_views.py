"""Every query of the corpus as a view that another SQLite reads: the same rows, or a function that it lacks."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamdialect
from streamdialect.storage.connection import open_connection
from tests.sql.cases import Case, cases, statements

# Another process, as another copy of SQLite must be; what it writes must not depend on how JSON writes values.
READ = """
import json, sqlite3, sys
for path, names in json.load(sys.stdin):
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    file.execute("SELECT count(*) FROM sqlite_master").fetchall()
    for name in names:
        try:
            found = list(map(repr, file.execute(f'SELECT * FROM "{name}"')))
        except sqlite3.Error as error:
            found = str(error)
        print(json.dumps([path, name, found]))
    file.close()
"""
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUERY = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
_OURS = re.compile(r"no such function: \w+")

Views = dict[tuple[str, str], Case]


def read(paths: dict[str, list[str]]) -> Iterator[tuple[str, str, list[str] | str]]:
    """Have Python's sqlite3 read views of files; give path, name, and rows or the error."""
    listed = json.dumps(list(paths.items()))
    done = subprocess.run([sys.executable, "-c", READ], input=listed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        yield tuple(json.loads(line))


class _Files:
    """Be the files: one for each setup of the corpus, with its tables and rows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Any, tuple[str, streamdialect.Connection]] = {}

    def of(self, case: Case, key: object = None) -> tuple[str, streamdialect.Connection]:
        compat = "default" not in case.flags
        key = case.setup, compat, case.name if "alone" in case.flags else key
        if key not in self._open:
            path = str(self._folder / f"{len(self._open)}.db")
            connection = streamdialect.connect(path, compat="redshift" if compat else None, autocommit=True)
            self._open[key] = path, connection
            for statement in statements(case.setup):
                connection.execute(statement)
        return self._open[key]

    def close(self) -> None:
        for _, connection in self._open.values():
            connection.close()


def _make(folder: Path) -> Views:
    made: Views = {}
    with contextlib.closing(_Files(folder)) as files:
        for number, case in enumerate(cases()):
            if case.error is not None or case.refused is not None:
                continue
            *before, query = statements(case.sql)
            if not _QUERY.match(_COMMENT.sub("", query)):
                continue
            path, connection = files.of(case, number // 150)  # SQLite reads all views again after each
            try:
                for statement in before:
                    connection.execute(statement)
                connection.execute(f"CREATE VIEW corpus_{number} AS {query}")
                made[path, f"corpus_{number}"] = case
            except streamdialect.Error:
                continue  # no names of their own for the columns, a table that another case has made, ...
            finally:
                if before:
                    connection.execute("RESET ALL")
    return made


def test_views_mean_the_same_to_any_sqlite(tmp_path: Path) -> None:
    made = _make(tmp_path)
    assert len(made) > 1000
    paths: dict[str, list[str]] = {}
    for path, name in made:
        paths.setdefault(path, []).append(name)
    expected: dict[tuple[str, str], list[str] | None] = {}
    for path, names in paths.items():
        with contextlib.closing(open_connection(path, mode="ro")) as own:
            for name in names:
                try:
                    expected[path, name] = list(map(repr, own.execute(f'SELECT * FROM "{name}"')))
                except streamdialect.DataError:  # decimals that only a final SELECT can give
                    expected[path, name] = None
    counts: Counter[str] = Counter()
    different = []
    for path, name, found in read(paths):
        case, wanted = made[path, name], expected[path, name]
        if isinstance(found, str):
            counts["refused"] += 1
            same = _OURS.fullmatch(found) is not None
        else:
            counts["read"] += 1
            if wanted is not None and "unordered" in case.flags:
                found, wanted = sorted(found), sorted(wanted)
            same = found == wanted
        if not same:
            different.append((case.name, found, wanted))
    assert different == []
    assert counts.total() == len(made)
    assert counts["read"] > 400


def test_tables_leave_a_file_readable(tmp_path: Path) -> None:
    paths: dict[str, list[str]] = {}
    with contextlib.closing(_Files(tmp_path)) as files:
        for case in cases():
            if case.error is None and case.refused is None and "CREATE TABLE" in case.sql.upper():
                path, connection = files.of(case, case.name)
                for statement in statements(case.sql):
                    connection.execute(statement)
                paths[path] = []
    assert len(paths) > 20
    assert list(read(paths)) == []
