"""What the shell completes: keywords, functions, relations, columns, streams."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from streamdialect import Connection, Error, connect
from streamdialect.cli.script import name_of, relations_in
from streamdialect.cli.session import COMMANDS
from streamdialect.sql.scan import words

__all__ = ["NameCompleter"]

_KEYWORDS_TEXT = """
    ALL ALTER ANALYZE AND AS ASC AUTHENTICATION AUTO BEGIN BETWEEN BY CANCEL CASCADE CASE CAST COMMIT CREATE
    CROSS DATABASE DEFAULT DELETE DESC DISTINCT DROP ELSE END EXCEPT EXISTS EXPLAIN EXTERNAL FALSE FROM FULL
    GROUP HAVING IAM_ROLE IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN KAFKA KEY KINESIS LEFT LIKE LIMIT
    MATERIALIZED MERGE MSK NOT NULL OFFSET ON OR ORDER OUTER PARTITION PRIMARY QUALIFY REFRESH REGION REPLACE
    RESTRICT RIGHT ROLLBACK SCHEMA SELECT SET SHOW SORTKEY TABLE TEMP THEN TO TRUE TRUNCATE UNION UPDATE URI
    USING VACUUM VALUES VIEW WHEN WHERE WITH YES REDRIVE
"""
_KEYWORDS = _KEYWORDS_TEXT.split()
_WORD = re.compile(r"[\w$\u0080-\U0010ffff]*\Z")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_FRESH = 5.0  # seconds for which a list of names is kept
_RELATION_BEFORE = frozenset({"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "VIEW", "USING"})


class NameCompleter(Completer):
    """Complete what is before the cursor, by a connection of its own; called in other threads than the shell's."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._mutex = threading.Lock()
        self._known: dict[str, tuple[float, list[str]]] = {}

    def close(self) -> None:
        """Close the connection."""
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Give what may stand at the cursor, the likeliest first."""
        before = document.text_before_cursor
        if before.lstrip().startswith("\\"):
            yield from self._commands(before.lstrip())
            return
        typed = _typed(before)
        seen: set[str] = set()
        for text, kind in self._candidates(before[: len(before) - len(typed)], document.text):
            if text.lower().startswith(typed.lower()) and text.lower() not in seen and text != typed:
                seen.add(text.lower())
                if kind == "keyword" and typed and typed == typed.lower():
                    text = text.lower()
                yield Completion(text, start_position=-len(typed), display_meta=kind)

    def _commands(self, before: str) -> Iterator[Completion]:
        name, blank, argument = before.partition(" ")
        if not blank:
            for command in COMMANDS:
                if command.startswith(name):
                    yield Completion(command, start_position=-len(name))
        elif name == "\\d":
            for text in self._relations():
                if text.lower().startswith(argument.lower()):
                    yield Completion(text, start_position=-len(argument))
        elif name == "\\dn":
            for text in self._schemas():
                if text.startswith(argument):
                    yield Completion(text, start_position=-len(argument))

    def _candidates(self, before: str, whole: str) -> Iterator[tuple[str, str]]:
        found = list(words(before))
        last = found[-1] if found else None
        if last is not None and last.text == "." and len(found) > 1:
            owner = name_of(found[-2])
            if _quoted(owner.lower()) in self._schemas():
                yield from ((text, "stream") for text in self._streams(owner.lower()))
            else:
                aliases = dict(relations_in(whole))
                yield from ((text, "column") for text in self._columns(aliases.get(owner, owner)))
            return
        if last is not None and last.upper in _RELATION_BEFORE:
            yield from ((text, "relation") for text in self._relations())
            yield from ((text, "schema") for text in self._schemas())
            return
        for relation in dict.fromkeys(relation for _, relation in relations_in(whole)):
            yield from ((text, "column") for text in self._columns(relation))
        yield from ((text, "keyword") for text in _KEYWORDS)
        yield from ((text, "function") for text in self._functions())
        yield from ((text, "relation") for text in self._relations())

    # --- names, kept for a few seconds ------------------------------------------------------------

    def _kept(self, key: str, find: Callable[[], Iterable[str]]) -> list[str]:
        with self._mutex:
            known = self._known.get(key)
            if known is None or time.monotonic() - known[0] > _FRESH:
                try:
                    known = (time.monotonic(), list(find()))
                except Error:  # nothing is completed; the statement itself will say what is wrong
                    known = (time.monotonic(), [])
                self._known[key] = known
            return known[1]

    def _ask(self, sql: str, *values: str) -> list[str]:
        if self._connection is None:
            self._connection = connect(self._database, mode="ro", ingest="off", autocommit=True)
        return [_quoted(str(row[0])) for row in self._connection.execute(sql, values)]

    def _relations(self) -> list[str]:
        from streamdialect.cli import describe

        def find() -> list[str]:
            self._ask("SELECT 1")
            assert self._connection is not None
            local = [_quoted(str(row[0])) for row in describe.relations(self._connection, "")]
            return [*local, *describe.SYSTEM_VIEWS]

        return self._kept("relations", find)

    def _schemas(self) -> list[str]:
        return self._kept("schemas", lambda: self._ask("SELECT schemaname FROM svv_external_schemas"))

    def _streams(self, schema: str) -> list[str]:
        sql = "SELECT tablename FROM svv_external_tables WHERE schemaname = ? ORDER BY 1"
        return self._kept(f"streams {schema}", lambda: self._ask(sql, schema))

    def _columns(self, relation: str) -> list[str]:
        def find() -> list[str]:
            self._ask("SELECT 1")
            assert self._connection is not None
            cursor = self._connection.execute(f"SELECT * FROM {relation} LIMIT 0")
            return [_quoted(column[0]) for column in cursor.description or ()]

        return self._kept(f"columns {relation}", find)

    def _functions(self) -> list[str]:
        def find() -> list[str]:
            # The tables of the translator are whole once a query has been compiled.
            self._ask("SELECT 1")
            from streamdialect.sql.functions import FUNCTIONS

            return sorted(name.lower() for name in FUNCTIONS)

        return self._kept("functions", find)


def _typed(before: str) -> str:
    """Give the name that is being typed, from its quote on if that is still open."""
    if before.count('"') % 2:
        return before[before.rindex('"') :]
    return before[_WORD.search(before).start() :]  # type: ignore[union-attr]


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
