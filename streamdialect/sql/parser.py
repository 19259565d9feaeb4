"""Tell statements apart, and read those that are ours.

A statement is classified by its leading words. Queries and whatever belongs to SQLite keep their text;
streaming statements are read by the small grammars of ``schema_grammar`` and ``view_grammar``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import islice

from streamdialect.errors import NotSupportedError, ProgrammingError
from streamdialect.sql import schema_grammar, table_grammar, view_grammar
from streamdialect.sql.cursor import LOCAL_SCHEMAS, TokenCursor
from streamdialect.sql.positions import syntax_error
from streamdialect.sql.scan import first_words, main_verb, words
from streamdialect.sql.statements import (
    Cancel,
    Change,
    CreateTable,
    DeleteFrom,
    Explain,
    Merge,
    PassThrough,
    Query,
    ResetOption,
    SetOption,
    ShowOption,
    Statement,
    Truncate,
)

__all__ = ["parse"]

_GRAMMARS: dict[tuple[str, ...], Callable[[TokenCursor], Statement]] = {
    ("CREATE", "EXTERNAL", "SCHEMA"): schema_grammar.create,
    ("ALTER", "EXTERNAL", "SCHEMA"): schema_grammar.alter,
    ("DROP", "SCHEMA"): schema_grammar.drop,
    ("CREATE", "MATERIALIZED", "VIEW"): view_grammar.create,
    ("ALTER", "MATERIALIZED", "VIEW"): view_grammar.alter,
    ("REFRESH",): view_grammar.refresh,
    ("DROP", "MATERIALIZED", "VIEW"): view_grammar.drop,
    ("DROP", "TABLE"): table_grammar.drop,
    ("DROP", "VIEW"): table_grammar.drop,
    ("ALTER", "TABLE"): table_grammar.alter,
}
_VIEW_HEADS = (
    ("CREATE", "VIEW"),
    ("CREATE", "TEMP", "VIEW"),
    ("CREATE", "TEMPORARY", "VIEW"),
    ("CREATE", "OR", "REPLACE", "VIEW"),
)
_TABLE_HEADS = (
    ("CREATE", "TABLE"),
    ("CREATE", "TEMP", "TABLE"),
    ("CREATE", "TEMPORARY", "TABLE"),
    ("CREATE", "LOCAL", "TEMP"),
    ("CREATE", "LOCAL", "TEMPORARY"),
)


# Statements of this length are kept as they were read: a repeated one costs no scan of its text.
_KEPT_LENGTH = 20_000


def parse(text: str, attached: frozenset[str] = frozenset()) -> Statement:
    """Read one statement; a semicolon may end it. ``attached`` are the schemas of further files.

    Raise SQLSyntaxError for text that is not SQL, NotSupportedError for Redshift's SQL that is not carried
    out, ProgrammingError for several statements in one text. Queries and pass-through statements are not
    looked into here: their errors show when they are compiled or run.
    """
    return _kept(text, attached) if len(text) <= _KEPT_LENGTH else _read(text, attached)


@lru_cache(1000)
def _kept(text: str, attached: frozenset[str]) -> Statement:
    return _read(text, attached)


def _read(text: str, attached: frozenset[str]) -> Statement:
    if "\0" in text:
        raise ProgrammingError("a statement must not contain the NUL character")
    head = first_words(text, 4)
    if not head:
        return _without_words(text)
    for prefix, grammar in _GRAMMARS.items():
        if tuple(head[: len(prefix)]) == prefix:
            return grammar(TokenCursor(text, attached))
    if head[:4] == ["CREATE", "OR", "REPLACE", "MATERIALIZED"]:
        raise view_grammar.no_or_replace(TokenCursor(text))
    verb = main_verb(text) if head[0] == "WITH" else head[0]
    if verb in ("SELECT", "VALUES"):
        return (table_grammar.select_into(text, attached) if verb == "SELECT" else None) or Query(text=text)
    if verb in ("INSERT", "REPLACE", "UPDATE") or (verb == "DELETE" and head[0] == "WITH"):
        return Change(text=text, verb=verb)
    if verb == "MERGE":
        return Merge(text=text)
    table_grammar.refuse(text, head)
    _refuse_several(text, head)
    if any(tuple(head[: len(view)]) == view for view in _VIEW_HEADS):
        return view_grammar.create_view(TokenCursor(text, attached))
    if any(tuple(head[: len(table)]) == table for table in _TABLE_HEADS):
        return CreateTable(text=text)
    reader = _SMALL.get(verb)
    if reader is not None and head[0] == verb:
        return reader(text, attached)
    return PassThrough(text=text, keyword=head[0])


def _without_words(text: str) -> Statement:
    token = next(words(text), None)
    if token is None or token.kind == "end":
        return PassThrough(text=text, keyword="")
    raise syntax_error(text, token.offset, token.text)


def _refuse_several(text: str, head: list[str]) -> None:
    # The body of a trigger holds statements of its own.
    if head[0] == "CREATE" and "TRIGGER" in head:
        return
    ended = False
    for word in words(text):
        if word.kind == "end":
            ended = True
        elif ended:
            raise ProgrammingError("cannot execute several statements at once: pass them one by one")


def _truncate(text: str, attached: frozenset[str]) -> Statement:
    cursor = TokenCursor(text, attached)
    cursor.expect("TRUNCATE")
    cursor.take("TABLE")
    schema, name = cursor.local_name(attached)
    cursor.end()
    return Truncate(name=name, schema_name=schema)


def _delete(text: str, _: frozenset[str]) -> Statement:
    """Read DELETE FROM, whose table may be a materialized view."""
    found = list(islice(words(text, backslashes=False), 6))
    names = found[2:] if len(found) > 1 and found[1].upper == "FROM" else found[1:]
    if len(names) > 2 and names[1].text == "." and names[0].text.strip('"').lower() in LOCAL_SCHEMAS:
        names = names[2:]
    if not names or names[0].kind not in ("word", "quoted") or (len(names) > 1 and names[1].text == "."):
        return Change(text=text, verb="DELETE")
    name = names[0].text if names[0].kind == "word" else names[0].text[1:-1].replace('""', '"')
    return DeleteFrom(name=name.lower(), text=text)


def _cancel(text: str, _: frozenset[str]) -> Statement:
    cursor = TokenCursor(text)
    cursor.expect("CANCEL")
    number = cursor.integer()
    message = cursor.string() if cursor.token is not None and cursor.token.kind == "string" else None
    cursor.end()
    return Cancel(number=number, message=message)


def _set(text: str, _: frozenset[str]) -> Statement:
    cursor = TokenCursor(text)
    cursor.expect("SET")
    local = False
    if cursor.take("SESSION"):
        for other in ("AUTHORIZATION", "CHARACTERISTICS"):
            if cursor.take(other):
                raise NotSupportedError(f"SET SESSION {other} is not supported")
    else:
        local = cursor.take("LOCAL")
    name = _option_name(cursor)
    if not cursor.take("TO"):
        cursor.expect_symbol("=")
    values: list[str] = []
    default = cursor.take("DEFAULT")
    while not default:
        values.append(_option_value(cursor))
        if not cursor.take_symbol(","):
            break
    cursor.end()
    return SetOption(name=name, value=None if default else ", ".join(values), local=local)


def _option_value(cursor: TokenCursor) -> str:
    token = cursor.token
    if token is not None and token.kind == "string":
        return cursor.string()
    if token is not None and token.kind in ("word", "quoted"):
        text = cursor.advance().text
        return text[1:-1].replace('""', '"') if token.kind == "quoted" else text
    number = ""  # the scan of words knows only whole numbers
    while (token := cursor.token) is not None and (token.kind == "number" or token.text in ("-", "+", ".")):
        number += cursor.advance().text
    if not number:
        raise cursor.error("expected a value")
    return number


def _option_name(cursor: TokenCursor) -> str:
    name = cursor.identifier()
    while cursor.take_symbol("."):
        name = f"{name}.{cursor.identifier()}"
    return name


def _show(text: str, _: frozenset[str]) -> Statement:
    cursor = TokenCursor(text)
    cursor.expect("SHOW")
    name = _option_name(cursor)
    cursor.end()
    return ShowOption(name=name)


def _reset(text: str, _: frozenset[str]) -> Statement:
    cursor = TokenCursor(text)
    cursor.expect("RESET")
    name = _option_name(cursor)
    cursor.end()
    return ResetOption(name=name)


def _explain(text: str, _: frozenset[str]) -> Statement:
    """Read EXPLAIN; with QUERY PLAN it is SQLite's own statement, and gives SQLite's columns."""
    cursor = TokenCursor(text)
    cursor.expect("EXPLAIN")
    plan = cursor.take("QUERY", "PLAN")
    if not plan:
        cursor.take("VERBOSE")
    if cursor.token is None:
        raise cursor.error()
    return Explain(text=text[cursor.offset :], plan=plan)


_SMALL: dict[str, Callable[[str, frozenset[str]], Statement]] = {
    "TRUNCATE": _truncate,
    "CANCEL": _cancel,
    "EXPLAIN": _explain,
    "VACUUM": table_grammar.vacuum,
    "ANALYZE": table_grammar.analyze,
    "ANALYSE": table_grammar.analyze,
    "DELETE": _delete,
    "SET": _set,
    "SHOW": _show,
    "RESET": _reset,
}
