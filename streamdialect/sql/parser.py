"""Tell statements apart, and read those that are ours.

A statement is classified by its leading words. Queries and whatever belongs to SQLite keep their text;
streaming statements are read by the small grammars of ``schema_grammar`` and ``view_grammar``.
"""

from __future__ import annotations

from collections.abc import Callable

from streamdialect.errors import ProgrammingError
from streamdialect.sql import schema_grammar, view_grammar
from streamdialect.sql.cursor import TokenCursor
from streamdialect.sql.positions import syntax_error
from streamdialect.sql.scan import first_words, main_verb, words
from streamdialect.sql.statements import (
    DeleteFrom,
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
}
_VIEW_HEADS = (("CREATE", "VIEW"), ("CREATE", "OR", "REPLACE", "VIEW"))


def parse(text: str) -> Statement:
    """Read one statement; a semicolon may end it.

    Raise SQLSyntaxError for text that is not SQL, NotSupportedError for Redshift's SQL that is not carried
    out, ProgrammingError for several statements in one text. Queries and pass-through statements are not
    looked into here: their errors show when they are compiled or run.
    """
    if "\0" in text:
        raise ProgrammingError("a statement must not contain the NUL character")
    head = first_words(text, 4)
    if not head:
        return _without_words(text)
    for prefix, grammar in _GRAMMARS.items():
        if tuple(head[: len(prefix)]) == prefix:
            return grammar(TokenCursor(text))
    if head[:4] == ["CREATE", "OR", "REPLACE", "MATERIALIZED"]:
        raise view_grammar.no_or_replace(TokenCursor(text))
    verb = main_verb(text) if head[0] == "WITH" else head[0]
    if verb in ("SELECT", "VALUES"):
        return Query(text=text)
    _refuse_several(text, head)
    if any(tuple(head[: len(view)]) == view for view in _VIEW_HEADS):
        return view_grammar.create_view(TokenCursor(text))
    reader = _SMALL.get(verb)
    if reader is not None and head[0] == verb:
        statement = reader(TokenCursor(text))
        if statement is not None:
            return statement
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


def _truncate(cursor: TokenCursor) -> Statement:
    cursor.expect("TRUNCATE")
    cursor.take("TABLE")
    _, name = cursor.local_name()
    cursor.end()
    return Truncate(name=name)


def _delete(cursor: TokenCursor) -> Statement | None:
    """Read DELETE FROM; None for forms that only SQLite has."""
    cursor.expect("DELETE")
    cursor.take("FROM")
    _, name = cursor.local_name()
    return DeleteFrom(name=name, text=cursor.text)


def _set(cursor: TokenCursor) -> Statement:
    cursor.expect("SET")
    if not cursor.take("SESSION"):
        cursor.take("LOCAL")
    name = _option_name(cursor)
    if not cursor.take("TO"):
        cursor.expect_symbol("=")
    values: list[str] = []
    default = cursor.take("DEFAULT")
    while not default:
        token = cursor.token
        if token is None:
            raise cursor.error("expected a value")
        if token.kind == "string":
            values.append(cursor.string())
        elif token.kind in ("word", "quoted", "number"):
            values.append(cursor.advance().text)
        else:
            raise cursor.error("expected a value")
        if not cursor.take_symbol(","):
            break
    cursor.end()
    return SetOption(name=name, value=None if default else ", ".join(values))


def _option_name(cursor: TokenCursor) -> str:
    name = cursor.identifier()
    while cursor.take_symbol("."):
        name = f"{name}.{cursor.identifier()}"
    return name


def _show(cursor: TokenCursor) -> Statement:
    cursor.expect("SHOW")
    name = _option_name(cursor)
    cursor.end()
    return ShowOption(name=name)


def _reset(cursor: TokenCursor) -> Statement:
    cursor.expect("RESET")
    name = _option_name(cursor)
    cursor.end()
    return ResetOption(name=name)


_SMALL: dict[str, Callable[[TokenCursor], Statement | None]] = {
    "TRUNCATE": _truncate,
    "DELETE": _delete,
    "SET": _set,
    "SHOW": _show,
    "RESET": _reset,
}
