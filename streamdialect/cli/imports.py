"""``init`` and ``import``: a script runs whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from streamdialect import (
    Connection,
    DuplicateObjectError,
    Error,
    NotSupportedError,
    connect,
)
from streamdialect.cli.script import Statement, line_of, message, name_of

__all__ = ["ScriptError", "remove_database", "run_whole"]

# They end the transaction that makes the script one.
_ENDING = frozenset({"REFRESH", "TRUNCATE", "VACUUM", "COMMIT", "END", "ROLLBACK", "ABORT", "BEGIN", "START"})


class ScriptError(Exception):
    """Say what is wrong with a statement of a script; begins with its line there."""


def run_whole(
    database: Path, statements: Sequence[Statement], options: Mapping[str, Any], *, skip_existing: bool
) -> tuple[int, list[Statement]]:
    """Run statements in one transaction; give how many were run, and those that were skipped.

    With ``skip_existing`` a CREATE of what exists is skipped; a view must exist with the same definition.
    Raise ScriptError for the first statement that fails: nothing of the script is in the file then.
    """
    statements = _without_frame(statements)
    connection = connect(database, **{**options, "autocommit": False, "ingest": "manual"})
    done, skipped = 0, []
    try:
        for statement in statements:
            try:
                if _run(connection, statement, skip_existing=skip_existing):
                    done += 1
                else:
                    skipped.append(statement)
            except Error as error:
                raise ScriptError(f"{line_of(error, statement)}: {message(error, statement)}") from error
        connection.commit()
    finally:
        connection.close()  # undoes what is not committed
    return done, skipped


def _without_frame(statements: Sequence[Statement]) -> Sequence[Statement]:
    """Leave out BEGIN and COMMIT around all statements, which say what is done anyway."""
    if (
        len(statements) > 1
        and statements[0].verb in ("BEGIN", "START")
        and statements[-1].verb in ("COMMIT", "END")
    ):
        return statements[1:-1]
    return statements


def _run(connection: Connection, statement: Statement, *, skip_existing: bool) -> bool:
    if statement.verb in _ENDING:
        raise NotSupportedError(
            f"{statement.verb} ends a transaction, but a script is imported in one (line 1, column 1)",
            hint="Run it afterwards, or the whole script by: streamdialect sql FILE -f SCRIPT.",
        )
    try:
        cursor = connection.execute(statement.text)
        if cursor.description is not None:
            cursor.fetchall()
    except DuplicateObjectError:
        if not skip_existing or statement.verb != "CREATE":
            raise
        _compare(connection, statement)
        return False
    return True


def _compare(connection: Connection, statement: Statement) -> None:
    """Raise DuplicateObjectError if a view exists with another definition."""
    found = statement.words
    place = next((number for number, word in enumerate(found) if word.upper == "VIEW"), None)
    if place is None or len(found) <= place + 1:
        return
    last = place + 3 if len(found) > place + 3 and found[place + 2].text == "." else place + 1
    name = name_of(found[last])
    # Relations are found whatever their case, quoted or not.
    query = "SELECT definition FROM pg_views WHERE LOWER(viewname) = ?"
    row = connection.execute(query, (name.lower(),)).fetchone()
    if row is not None and row[0].split() != statement.text.split():
        raise DuplicateObjectError(
            f'view "{name}" exists with another definition (line 1, column 1)',
            hint="Drop it first, which drops its rows, or give the new one another name.",
        )


def remove_database(database: Path) -> None:
    """Remove a database file that was made in vain, with what lies beside it."""
    for suffix in ("", "-wal", "-shm", "-lease", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + suffix).unlink()
