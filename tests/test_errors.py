"""Every failure is one of PEP 249's classes with an SQLSTATE: the table in the docs, the source, and odd input."""

from __future__ import annotations

import ast
import builtins
import datetime
import decimal
import pickle
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import errors

ROOT = Path(__file__).parent.parent


def tree(base: type[errors.Error] = errors.Error) -> Iterator[type[errors.Error]]:
    for kind in base.__subclasses__():
        if kind.__module__ == "streamdialect.errors":
            yield kind
            yield from tree(kind)


def test_the_table_in_the_docs_is_the_tree_of_classes() -> None:
    text = (ROOT / "docs/reference/errors.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w{5}) \| (.+) \|$", text, re.MULTILINE)
    documented = {name: state for name, state, _ in rows}
    assert documented == {kind.__name__: kind.sqlstate for kind in tree()}
    assert len(rows) == len(documented)
    assert all(getattr(streamdialect, name) for name in documented)
    assert set(re.findall(r"`(\w+Error)`", text)) <= {*documented, "TypeError"}


def test_every_class_is_raised_somewhere() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "streamdialect").rglob("*.py"))
    for kind in tree():
        used = re.findall(rf"\b{kind.__name__}\b", source)
        assert len(used) >= 3, f"{kind.__name__} is defined and never raised"


# Exceptions of Python's own that the source raises, by module: each is caught, and translated, or asked for by
# somebody else's interface.
FOREIGN = {
    "__init__.py": {"AttributeError"},  # of a module
    "conversions.py": {"ValueError"},  # caught by the converters
    "dbapi/options.py": {"ValueError"},  # caught where they get a name
    "dbapi/arrow.py": {"OverflowError", "TypeError", "ValueError"},  # to pyarrow
    "scalars": {"ValueError"},  # scalars.base makes DataError of it
    "sqlalchemy": {"NotImplementedError"},  # as its interface says
    "testing": {  # Python's own, for a test that is written wrongly, and for servers that do not work
        "AssertionError",
        "ConnectionError",
        "LookupError",
        "NotImplementedError",
        "RuntimeError",
        "TypeError",
        "ValueError",
    },
}


def test_no_other_exceptions_are_raised() -> None:
    found: dict[str, set[str]] = {}
    for path in (ROOT / "streamdialect").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call | ast.Name):
                called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
                name = called.id if isinstance(called, ast.Name) else ""
                if isinstance(getattr(builtins, name, None), type):
                    found.setdefault(path.relative_to(ROOT / "streamdialect").as_posix(), set()).add(name)
    for module, names in found.items():
        allowed = FOREIGN.get(module) or FOREIGN.get(module.split("/")[0], set())
        assert names <= allowed, f"{module} raises {names - allowed}"


@pytest.mark.parametrize("kind", [errors.Error, *tree()])
def test_errors_travel(kind: type[errors.Error]) -> None:
    error = kind("what", hint="do")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), copy.sqlstate, copy.hint) == (str(error), kind.sqlstate, "do")
    assert re.fullmatch(r"[0-9A-Z]{5}", kind.sqlstate)


STATEMENTS = [
    *(
        "",
        " ",
        ";",
        ";;",
        "--",
        "/*",
        "'",
        '"',
        "$$",
        "\0",
        "SELECT",
        "SELECT 1; SELECT 2",
        "\ud800",
        "SELECT '\ud800'",
    ),
    *(
        "SELECT 1/0",
        "SELECT 'x'::INT",
        "SELECT * FROM nowhere",
        "SELECT nothing",
        "SELECT f(1)",
        "SELECT ?",
        "SELECT :a",
    ),
    *(
        "SELECT ? + ?",
        "SELECT :a || :b",
        "SELECT $1",
        "SELECT %s",
        "INSERT INTO t VALUES (?)",
        "UPDATE t SET a = ?",
    ),
    *("CREATE TABLE t (a INT)", "CREATE MATERIALIZED VIEW v AS", "REFRESH MATERIALIZED VIEW v", "REFRESH"),
    *(
        "DROP MATERIALIZED VIEW t",
        "ALTER MATERIALIZED VIEW t REDRIVE",
        "CREATE EXTERNAL SCHEMA s FROM NOWHERE",
    ),
    *(
        "SHOW",
        "SET a TO b",
        "CANCEL x",
        "COPY t FROM 'x'",
        "GRANT ALL ON t TO u",
        "BEGIN; BEGIN",
        "COMMIT",
        "ROLLBACK",
    ),
    *(
        "SELECT " + "(" * 3000,
        "SELECT " + "1+" * 5000 + "1",
        "SELECT " + ",".join("1" * 3000),
        "WITH x AS (SELECT * FROM x) SELECT * FROM x",
    ),
    *(
        "SELECT LISTAGG(a) FROM t",
        "EXPLAIN x",
        "PRAGMA x(1",
        "VACUUM t u",
        "SELECT 99999999999999999999::BIGINT",
        "SELECT 1e999",
    ),
]
PARAMETERS: list[Any] = [
    *((), (1,), (1, 2), [1], {"a": 1}, {"a": 1, "b": object()}, {1: 2}, "x", b"x", 5, None, object(), {"b"}),
    *(
        (object(),),
        (2**70,),
        (-(2**70),),
        (float("nan"),),
        (float("inf"),),
        ("\ud800",),
        ("\0",),
        (b"\xff",),
        (1j,),
    ),
    *(
        (decimal.Decimal("NaN"),),
        (decimal.Decimal(10) ** 60,),
        (datetime.timedelta(9**9),),
        (datetime.timezone.utc,),
        ([1],),
    ),
    *(({},), (range(3),), (type,), (iter(()),), (memoryview(b"abc")[::2],), (bytearray(b"x"), 1)),
]


def check(call: Any) -> None:
    """Call; what it raises must be ours."""
    error: streamdialect.Error | None = None
    try:
        call()
    except streamdialect.Error as raised:
        error = raised
    if error is not None:
        assert re.fullmatch(r"[0-9A-Z]{5}", error.sqlstate)
        assert str(error), "an error without a message"


def test_odd_statements_and_parameters(tmp_path: Path) -> None:
    choice = random.Random(5)
    connection = streamdialect.connect(tmp_path / "odd.db", autocommit=True, ingest="off")
    connection.execute("CREATE TABLE t (a INT)")
    for statement in STATEMENTS:
        for parameters in [(), *choice.sample(PARAMETERS, 4)]:
            cursor = connection.cursor()
            check(lambda cursor=cursor, s=statement, p=parameters: cursor.execute(s, p).fetchall())
            check(lambda cursor=cursor, s=statement, p=parameters: cursor.executemany(s, [p, p]))
            check(lambda cursor=cursor, s=statement, p=parameters: cursor.executemany(s, p))
    for parameters in PARAMETERS:
        check(lambda p=parameters: connection.execute("SELECT ?", p).fetchall())
        check(lambda p=parameters: connection.execute("INSERT INTO t VALUES (:a)", p))
    wrong: list[Any] = [None, 5, b"SELECT 1", object(), ["SELECT 1"]]
    for text in wrong:
        check(lambda s=text: connection.execute(s))
    cursor = connection.cursor()
    for method in (
        cursor.fetchone,
        cursor.fetchall,
        cursor.fetchmany,
        cursor.close,
        cursor.fetchone,
    ):
        check(method)
    assert connection.execute("SELECT 1").fetchall() == [(1,)]
    connection.close()
    for closed in (connection.cursor, connection.commit, connection.rollback, connection.close):
        check(closed)


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "rx"},
        {"mode": None},
        {"ingest": 5},
        {"timeout": "soon"},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"refresh_timeout": 0},
        {"kafka": 5},
        {"kafka": "a=b"},
        {"kafka": {"a": object()}},
        {"kafka_config": "/nowhere/at/all"},
        {"kafka_config": 5},
        {"attach": 5},
        {"attach": {"x": 5}},
        {"attach": {5: "x"}},
        {"attach": {"main": "x.db"}},
        {"attach": {'a"; DETACH main; --': "/nowhere/at/all.db"}},
        {"on_error": "ignore"},
        {"credentials": "mine"},
        {"nonsense": 1},
        {"autocommit": "perhaps"},
    ],
)
def test_odd_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]) -> None:
    monkeypatch.chdir(tmp_path)  # where a file that one of them names is made

    def connect() -> None:
        streamdialect.connect(tmp_path / "odd.db", **options).close()

    check(connect)


@pytest.mark.parametrize(
    "path", ["", "/", "/nowhere/at/all.db", "a\0b", "\ud800", 5, None, b"\xff", object()]
)
def test_odd_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    check(lambda: streamdialect.connect(path).close())
    other = tmp_path / "other.db"
    other.write_bytes(b"this is no database, but it is long enough to look like one" * 100)
    with pytest.raises(streamdialect.DatabaseError):
        streamdialect.connect(other)
    assert other.read_bytes().startswith(b"this is no database")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a INT)",
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE TABLE v (a INT)",
        "CREATE VIEW v AS SELECT 2 AS b",
        "ALTER TABLE t RENAME TO v",
    ],
)
def test_a_name_that_is_taken(statement: str) -> None:
    with streamdialect.connect(autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a INT)")
        connection.execute("CREATE VIEW v AS SELECT 1 AS a")
        with pytest.raises(streamdialect.DuplicateObjectError):
            connection.execute(statement)
    connection.close()
