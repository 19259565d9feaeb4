"""``check``: carry a script out in a private file, and ask its sources whether they would play along."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from streamdialect import Connection, Error, NotSupportedError, UndefinedObjectError, connect
from streamdialect.cli.script import Statement, line_of, message, name_of, relations_in, split
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.scan import words

__all__ = ["Finding", "check"]

# Statements that do something to a transaction, a session or the rows of a view: nothing of it can be wrong here
# but their syntax, and some of it must not happen.
_LEFT_OUT = frozenset(
    {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "ANALYZE", "VACUUM", "CANCEL", "TRUNCATE"}
)
_EXPLAINED = frozenset({"SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE"})


class Finding(Struct, frozen=True):
    """Say about a line of the script what is wrong, or that something is there."""

    line: int
    text: str
    wrong: bool = True


class _Sources:
    """Ask each external schema once for its streams, and each stream once for a record."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked: set[object] = set()
        self._streams: dict[str, list[str]] = {}  # of the schemas that could be reached

    def questions(self, statement: Statement) -> Iterator[Callable[[], str]]:
        """Give what there is to ask after a statement: each answers, or raises what is wrong."""
        schemas = self._connection.execute(
            "SELECT schemaname, esoptions FROM svv_external_schemas"
        ).fetchall()
        for schema, options in schemas:
            if (schema, options) not in self._asked:
                self._asked.add((schema, options))
                yield partial(self._schema, schema)
        for _, written in relations_in(statement.text):
            schema, *rest = [name_of(word) for word in words(written) if word.text != "."]
            schema = schema.lower()  # as schemas are found, quoted or not
            # Nothing is asked of a schema that could not be reached: that has been said.
            if rest and schema in self._streams and (schema, rest[0], "") not in self._asked:
                self._asked.add((schema, rest[0], ""))
                yield partial(self._stream, schema, rest[0], written)

    def _schema(self, schema: str) -> str:
        self._streams.pop(schema, None)
        rows = self._connection.execute(
            "SELECT tablename FROM svv_external_tables WHERE schemaname = ? ORDER BY 1", (schema,)
        ).fetchall()
        self._streams[schema] = [row[0] for row in rows]
        return f"schema {schema} can be reached: {len(rows)} stream{'' if len(rows) == 1 else 's'}"

    def _stream(self, schema: str, stream: str, written: str) -> str:
        try:
            self._connection.execute(f"SELECT 1 FROM {written} LIMIT 1").fetchall()
        except UndefinedObjectError as error:
            if error.hint is None:
                error.hint = _hint(stream, self._streams[schema])
            raise
        return f"stream {written} can be read"


def _hint(stream: str, known: list[str]) -> str | None:
    near = [each for each in known if each.lower() == stream.lower()] or difflib.get_close_matches(
        stream, known
    )
    if near:
        return f"Did you mean {' or '.join(quote_identifier(each) for each in near)}?"
    return f"There are: {', '.join(known[:10])}{', ...' if len(known) > 10 else ''}." if known else None


def check(script: str, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Give what is found about a script, as it is found; ``options`` are those of ``connect``.

    Statements that make something are carried out in a private file that is removed at the end; queries and
    changes of tables are translated only, and nothing is refreshed. Each external schema is asked for its streams,
    and a record of each stream is read. Blocks on the network.
    """
    connection = connect(None, **{**options, "autocommit": True, "ingest": "off"})
    try:
        sources = _Sources(connection)
        for statement in split(script):
            try:
                _carry_out(connection, statement)
            except Error as error:
                yield Finding(line_of(error, statement), message(error, statement))
                continue
            yield Finding(statement.line, f"{statement.tag}: understood", wrong=False)
            for ask in sources.questions(statement):
                try:
                    finding = Finding(statement.line, ask(), wrong=False)
                except Error as error:
                    finding = Finding(statement.line, f"{type(error).__name__}: {error}")
                yield finding
    finally:
        connection.close()


def _carry_out(connection: Connection, statement: Statement) -> None:
    from streamdialect.cli.progress import view_of

    view = view_of(statement)
    if view is not None:
        if connection.execute("SELECT 1 FROM svv_mv_info WHERE name = ?", (view,)).fetchone() is None:
            raise UndefinedObjectError(f'materialized view "{view}" does not exist')
    elif statement.verb in _EXPLAINED:
        try:
            connection.execute(f"EXPLAIN {statement.text}").fetchall()
        except NotSupportedError as error:
            if not str(error).startswith("EXPLAIN"):
                raise
            connection.execute(statement.text)  # SELECT INTO, DELETE FROM a materialized view
    elif statement.verb not in _LEFT_OUT:
        connection.execute(statement.text)
