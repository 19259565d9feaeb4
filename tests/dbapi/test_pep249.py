"""PEP 249, line by line, where the public suite does not look."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import streamdialect
from streamdialect import Connection, errors
from tests.outsider import run_elsewhere


@pytest.fixture
def connection(database: Path) -> Iterator[Connection]:
    opened = streamdialect.connect(database)
    opened.execute("CREATE TABLE t (a INTEGER, s VARCHAR(20))")
    opened.commit()
    yield opened
    opened.close()


def classes() -> list[type[errors.Error]]:
    found: list[type[errors.Error]] = [errors.Error]
    for each in found:
        found += each.__subclasses__()
    return found


def test_the_tree_of_errors() -> None:
    parents = {
        "Warning": Exception,
        "Error": Exception,
        "InterfaceError": errors.Error,
        "DatabaseError": errors.Error,
        "DataError": errors.DatabaseError,
        "OperationalError": errors.DatabaseError,
        "IntegrityError": errors.DatabaseError,
        "InternalError": errors.DatabaseError,
        "ProgrammingError": errors.DatabaseError,
        "NotSupportedError": errors.DatabaseError,
    }
    for name, parent in parents.items():
        assert getattr(streamdialect, name).__base__ is parent
        assert getattr(Connection, name) is getattr(streamdialect, name)


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_pickle_and_copy_with_all_they_hold(
    kind: type[errors.Error], again: Callable[[errors.Error], errors.Error]
) -> None:
    error = kind("what happened", hint="what to do")
    if isinstance(error, errors.SQLSyntaxError):
        error = errors.SQLSyntaxError("what happened", line=2, column=7, hint="what to do")
    if isinstance(error, errors.OffsetOutOfRangeError):
        error = errors.OffsetOutOfRangeError(
            "what happened", partition="3", position="99", earliest="120", hint="what to do"
        )
    error.statement = "SELECT"  # type: ignore[attr-defined]
    made = again(error)
    assert type(made) is kind
    assert (str(made), made.args, vars(made), made.sqlstate) == (
        str(error),
        error.args,
        vars(error),
        error.sqlstate,
    )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT nothing FROM t", 'column "nothing" does not exist'),
        ("SELECT * FROM missing", 'relation "missing" does not exist'),
        ("INSERT INTO u VALUES (1)", "UNIQUE constraint failed: u.a"),
        ("INSERT INTO n VALUES (NULL)", "NOT NULL constraint failed: n.a"),
    ],
)
def test_messages_begin_with_what_happened(connection: Connection, statement: str, message: str) -> None:
    connection.execute("CREATE TABLE u (a INT UNIQUE)")
    connection.execute("INSERT INTO u VALUES (1)")
    connection.execute("CREATE TABLE n (a INT NOT NULL)")
    with pytest.raises(streamdialect.Error) as caught:
        connection.execute(statement)
    assert message in str(caught.value).splitlines()[0]
    assert "Error" not in str(caught.value)  # no class of the library below


def test_rowcount(connection: Connection) -> None:
    cursor = connection.cursor()
    assert cursor.rowcount == -1
    for statement, count in [
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", 2),
        ("SELECT * FROM t", -1),
        ("UPDATE t SET s = 'x'", 2),
        ("UPDATE t SET s = 'x' WHERE a = 9", 0),
        ("CREATE TABLE other (a INT)", -1),
        ("DELETE FROM t WHERE a = 1", 1),
        ("DROP TABLE other", -1),
    ]:
        assert cursor.execute(statement).rowcount == count, statement
    assert cursor.executemany("INSERT INTO t (a) VALUES (?)", ((each,) for each in range(5))).rowcount == 5
    assert cursor.executemany("INSERT INTO t (a) VALUES (:a)", iter([{"a": 1}])).rowcount == 1
    assert cursor.executemany("INSERT INTO t (a) VALUES (?)", []).rowcount == 0
    with pytest.raises(streamdialect.InterfaceError, match="no rows"):
        cursor.executemany("SELECT ?", [(1,)])


@pytest.mark.parametrize("statement", ["INSERT INTO t VALUES (1, 'a')", "CREATE TABLE other (a INT)"])
def test_fetching_after_a_statement_without_rows(connection: Connection, statement: str) -> None:
    cursor = connection.cursor()
    for ready in (False, True):
        if ready:
            cursor.execute("SELECT 1")
            cursor.execute(statement)
        fetches: list[Callable[[], Any]] = [cursor.fetchone, cursor.fetchmany, cursor.fetchall]
        fetches += [cursor.fetch_arrow_table, cursor.fetch_record_batch, lambda: list(cursor)]
        for fetch in fetches:
            with pytest.raises(streamdialect.ProgrammingError, match="no result set"):
                fetch()
        assert cursor.description is None


def test_description_and_type_objects(connection: Connection) -> None:
    cursor = connection.execute(
        "SELECT 1::SMALLINT, 1::BIGINT, 1.5::REAL, 1.5::DECIMAL(9,3), TRUE, 'a'::VARCHAR(7), 'a'::CHAR(3),"
        " JSON_PARSE('1'), DATE '2026-01-02', TIMESTAMP '2026-01-02', TIMESTAMPTZ '2026-01-02', 'ab'::VARBYTE(4),"
        " NULL"
    )
    description = cursor.description or ()
    assert all(len(entry) == 7 for entry in description)
    groups = (
        streamdialect.NUMBER,
        streamdialect.STRING,
        streamdialect.DATETIME,
        streamdialect.BINARY,
        streamdialect.ROWID,
    )
    found = [[group for group in groups if group == entry[1]] for entry in description]
    number, string, moment, binary = ([group] for group in groups[:4])
    assert found == [*[number] * 5, *[string] * 3, *[moment] * 3, binary, []]
    assert description[3][3:6] == (None, 9, 3)
    assert description[5][3] == 7
    assert description[12][1] is None  # the type is not known


def test_arraysize(connection: Connection) -> None:
    cursor = connection.execute("VALUES (1), (2), (3), (4), (5), (6)")
    assert cursor.arraysize == 1
    cursor.arraysize = 4
    assert cursor.fetchmany() == [(1,), (2,), (3,), (4,)]
    assert cursor.fetchmany(0) == []
    assert cursor.fetchmany(size=1) == [(5,)]
    with pytest.raises(streamdialect.InterfaceError, match="-1"):
        cursor.fetchmany(-1)
    for wrong in (2.5, "2"):
        with pytest.raises(streamdialect.InterfaceError, match=f"cannot be {wrong!r}"):
            cursor.fetchmany(wrong)  # type: ignore[arg-type]
    assert cursor.fetchmany(100) == [(6,)]
    assert cursor.fetchmany(100) == []


@pytest.mark.parametrize("size", [1, 7, 8, 499, 500, 501, 2000])
def test_blocks_of_every_size_are_the_same_rows(connection: Connection, size: int) -> None:
    query = "SELECT * FROM many ORDER BY at"
    connection.execute("CREATE TABLE many (at TIMESTAMP, n DECIMAL(9,2), b BOOLEAN, s VARCHAR(9), d DATE)")
    rows: list[tuple[Any, ...]] = []
    for each in range(1200):
        day = date.fromordinal(730_000 + each)
        rows.append(
            (datetime(2026, 1, 1, each % 24, 0, 0, each), None if each % 3 else each / 4, each % 2 == 0)
        )
        rows[-1] += (f"s{each}", None if each % 5 == 0 else day)
    connection.cursor().executemany("INSERT INTO many VALUES (?, ?, ?, ?, ?)", rows)
    one_by_one = list(connection.execute(query))
    cursor, fetched = connection.execute(query), []
    while block := cursor.fetchmany(size):
        fetched += block
    assert fetched == one_by_one == connection.execute(query).fetchall()
    assert [(row[0], row[3]) for row in sorted(rows)] == [(row[0], row[3]) for row in fetched]
    assert cursor.execute(query).fetchone() == one_by_one[0]
    assert cursor.fetchmany(600) == one_by_one[1:601]
    assert cursor.fetchall() == one_by_one[601:]


def test_timestamps_of_other_programs(connection: Connection, database: Path) -> None:
    texts = [
        "2026-01-02",
        "2026-01-02 03:04",
        "2026-01-02 03:04:05+02:00",
        "2026-01-02 03:04:05.000006",
        None,
    ]
    run_elsewhere(
        database,
        "CREATE TABLE stamps (n INTEGER, at TIMESTAMPTZ)",
        "INSERT INTO stamps VALUES (?, ?)",
        rows=enumerate(texts),
    )
    for number in range(len(texts)):  # one by one and many together are converted by different code
        query = f"SELECT at FROM stamps WHERE n = {number}"
        assert connection.execute(query).fetchall() == [connection.execute(query).fetchone()]
    everything = connection.execute("SELECT at FROM stamps ORDER BY n").fetchall()
    assert everything[0] == (datetime(2026, 1, 2, tzinfo=timezone.utc),)
    assert everything == list(connection.execute("SELECT at FROM stamps ORDER BY n"))


def test_constructors(connection: Connection) -> None:
    moment = time.mktime((2026, 2, 3, 4, 5, 6, 0, 0, -1))
    assert streamdialect.DateFromTicks(moment) == streamdialect.Date(2026, 2, 3)
    assert streamdialect.TimeFromTicks(moment) == streamdialect.Time(4, 5, 6)
    assert streamdialect.TimestampFromTicks(moment) == streamdialect.Timestamp(2026, 2, 3, 4, 5, 6)
    assert streamdialect.Binary(memoryview(b"ab")) == b"ab"
    connection.execute("CREATE TABLE c (d DATE, t TIME, ts TIMESTAMP, b VARBYTE)")
    values = (
        streamdialect.Date(2026, 2, 3),
        streamdialect.Time(4, 5, 6),
        streamdialect.TimestampFromTicks(moment),
        streamdialect.Binary(b"\0x"),
    )
    cursor = connection.cursor()
    cursor.setinputsizes([streamdialect.DATETIME, None, 20, streamdialect.BINARY])
    cursor.setoutputsize(10, 3)
    cursor.execute("INSERT INTO c VALUES (?, ?, ?, ?)", values)
    assert cursor.execute("SELECT * FROM c").fetchall() == [values]


def test_two_cursors_read_and_write_at_once(connection: Connection) -> None:
    first, second = connection.cursor(), connection.cursor()
    first.executemany("INSERT INTO t VALUES (?, 'first')", [(each,) for each in range(10)])
    first.execute("SELECT a FROM t WHERE s = 'first' ORDER BY a")
    seen = []
    for (number,) in first:
        second.execute("INSERT INTO t VALUES (?, 'second')", (number,))
        seen.append(number)
    assert seen == list(range(10))
    assert first.connection is second.connection is connection
    assert second.execute("SELECT COUNT(*) FROM t").fetchone() == (20,)
    second.close()
    assert first.execute("SELECT COUNT(*) FROM t").fetchone() == (20,)
    for use in (lambda: second.execute("SELECT 1"), second.fetchone, lambda: second.connection):
        with pytest.raises(streamdialect.InterfaceError, match="cursor is closed"):
            use()


def test_closing_with_open_cursors_undoes_and_frees_the_file(database: Path, connection: Connection) -> None:
    other = streamdialect.connect(database)
    cursor = other.execute("SELECT * FROM (VALUES (1), (2))")
    cursor.fetchone()
    reader = other.execute("VALUES (1), (2)").fetch_record_batch()
    other.execute("INSERT INTO t VALUES (1, 'lost')")
    other.close()
    other.close()
    for use in (cursor.fetchone, reader.read_all, other.commit, other.rollback, other.cursor):
        with pytest.raises(streamdialect.InterfaceError, match="closed"):
            use()
    connection.execute("INSERT INTO t VALUES (2, 'kept')")
    connection.commit()
    assert connection.execute("SELECT s FROM t").fetchall() == [("kept",)]


def test_a_forgotten_connection_leaves_no_lock(database: Path, connection: Connection) -> None:
    forgotten = streamdialect.connect(database)
    forgotten.execute("INSERT INTO t VALUES (1, 'lost')")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del forgotten
        gc.collect()
    assert [each.category for each in caught] == [ResourceWarning]
    streamdialect.connect(database).close()  # which is when what was forgotten is closed
    connection.execute("INSERT INTO t VALUES (2, 'kept')")
    connection.commit()
    assert connection.execute("SELECT s FROM t").fetchall() == [("kept",)]


def test_threads_share_the_module(database: Path, connection: Connection) -> None:
    assert streamdialect.threadsafety == 1
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            mine = streamdialect.connect(database, timeout=30)
            for each in range(20):
                with mine:
                    mine.execute("INSERT INTO t VALUES (?, ?)", (each, f"thread {number}"))
                mine.execute("SELECT COUNT(*) FROM t WHERE s = ?", (f"thread {number}",)).fetchall()
            mine.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert connection.execute("SELECT s, COUNT(*) FROM t GROUP BY s").fetchall() == [
        (f"thread {number}", 20) for number in range(6)
    ]


def test_what_is_optional_and_absent() -> None:
    for name in ("callproc", "nextset", "messages", "rownumber", "scroll", "next"):
        assert not hasattr(streamdialect.Cursor, name), name
    for name in ("messages", "errorhandler", "tpc_begin", "tpc_commit", "xid"):
        assert not hasattr(Connection, name), name
