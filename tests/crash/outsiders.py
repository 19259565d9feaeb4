"""A program that is none of ours and uses the same file: Python's sqlite3, in a process of its own.

It reads in long transactions, in which the file must not change; it writes a table of the user's in transactions that
it holds open; it copies the log to the database.
"""

from __future__ import annotations

import fcntl
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

__all__ = ["in_use", "outsiders"]

_LOOK = """
    SELECT (SELECT group_concat(view_id || ' ' || partition || ' ' || position, ';')
            FROM streamdialect_checkpoints),
           (SELECT count(*) FROM rows_), (SELECT coalesce(sum(n), 0) FROM totals_), (SELECT count(*) FROM kept_),
           (SELECT count(*) FROM streamdialect_errors)
"""


def in_use(database: Path) -> Path:
    """Name the file that is locked (flock) while an outsider has the database open."""
    return database.with_suffix(".in-use")


@contextmanager
def outsiders(database: Path) -> Iterator[Counter[str]]:
    """Run the program beside the block; what it did is in the counter after ``update`` of it at the end."""
    done: Counter[str] = Counter()
    process = subprocess.Popen(
        [sys.executable, __file__, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield done
    finally:
        said, _ = process.communicate("", timeout=60)
        assert process.returncode == 0, said
        done.update({name: int(number) for name, number in (line.split("=") for line in said.split())})


def _use(database: str) -> Counter[str]:
    done: Counter[str] = Counter(reads=0, writes=0, busy=0, copies=0)
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    chance = random.Random(1)
    while not ended.wait(chance.uniform(0.0, 4.0)):
        # While anybody has the file open, who dies leaves SQLite's index of the log to the others; if nobody has,
        # the next one makes it anew from the log. Both must be met.
        with in_use(Path(database)).open("ab") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
                for _ in range(chance.randrange(1, 20)):
                    _act(connection, chance, done)
                    if ended.wait(chance.uniform(0.0, 0.3)):
                        break
    return done


def _act(connection: sqlite3.Connection, chance: random.Random, done: Counter[str]) -> None:
    what = chance.random()
    if what < 0.6:
        connection.execute("BEGIN")
        seen = connection.execute(_LOOK).fetchone()
        time.sleep(chance.choice((0.0, 0.05, 0.8)))
        assert connection.execute(_LOOK).fetchone() == seen, "a snapshot has changed"
        connection.execute("COMMIT")
        done["reads"] += 1
    elif what < 0.9:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO notes VALUES ('from outside')")
            time.sleep(chance.choice((0.0, 0.05, 0.4)))
            connection.execute(chance.choice(("COMMIT", "ROLLBACK")))
            done["writes"] += 1
        except sqlite3.OperationalError:
            with suppress(sqlite3.OperationalError):
                connection.execute("ROLLBACK")
            done["busy"] += 1
    else:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        done["copies"] += 1


if __name__ == "__main__":
    print(" ".join(f"{name}={number}" for name, number in _use(sys.argv[1]).items()))
