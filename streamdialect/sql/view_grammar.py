"""CREATE, ALTER, REFRESH and DROP of materialized views, and views without schema binding.

Source: ``materialized-view-create-sql-command``, ``r_ALTER_MATERIALIZED_VIEW``,
``materialized-view-refresh-sql-command``, ``materialized-view-drop-sql-command``, ``r_CREATE_VIEW``.
"""

from __future__ import annotations

from typing import Any

from streamdialect.errors import Error, NotSupportedError, ProgrammingError
from streamdialect.sql.cursor import TokenCursor
from streamdialect.sql.positions import syntax_error
from streamdialect.sql.scan import first_words, words
from streamdialect.sql.statements import (
    AlterMaterializedView,
    CreateMaterializedView,
    CreateView,
    DropMaterializedView,
    RedriveMaterializedView,
    RefreshMaterializedView,
    SetViewOptions,
    SkipRecord,
    Statement,
)

__all__ = ["alter", "create", "create_view", "drop", "no_or_replace", "refresh"]

_ORDER_HINT = "The order is: BACKUP, DISTSTYLE, DISTKEY, SORTKEY, AUTO REFRESH, AS."
_NO_BINDING = ("WITH", "NO", "SCHEMA", "BINDING")


def no_or_replace(cursor: TokenCursor) -> Error:
    """Make the error for CREATE OR REPLACE MATERIALIZED VIEW, which Redshift does not have."""
    cursor.expect("CREATE")
    return cursor.error(hint="Materialized views cannot be replaced: DROP the view, then CREATE it anew.")


def create(cursor: TokenCursor) -> CreateMaterializedView:
    """Read CREATE MATERIALIZED VIEW; the order of its clauses is fixed, as on Redshift."""
    cursor.expect("CREATE", "MATERIALIZED", "VIEW")
    if cursor.at("IF", "NOT", "EXISTS"):
        raise cursor.error(hint="CREATE MATERIALIZED VIEW has no IF NOT EXISTS: DROP ... IF EXISTS first.")
    schema_name, name = cursor.local_name()
    if cursor.take_symbol("("):
        raise NotSupportedError(
            "a list of columns after the name of a materialized view is not in Redshift's grammar",
            hint="Name the columns in the query: SELECT expression AS name.",
        )
    backup = True
    if cursor.take("BACKUP"):
        backup = cursor.one_of("YES", "NO") == "YES"
    attributes = _table_attributes(cursor)
    auto_refresh = False
    if cursor.take("AUTO", "REFRESH"):
        auto_refresh = cursor.one_of("YES", "NO") == "YES"
    options = _options(cursor) if cursor.take("WITH") else {}
    if cursor.at("USING"):
        raise cursor.unsupported("CREATE MATERIALIZED VIEW ... USING")
    if not cursor.take("AS"):
        raise cursor.error(hint=_ORDER_HINT)
    query, offset = _query(cursor)
    fields = {
        "name": name,
        "schema_name": schema_name,
        "text": cursor.text,
        "query": query,
        "query_offset": offset,
        "backup": backup,
        "auto_refresh": auto_refresh,
        "options": options,
        **attributes,
    }
    return CreateMaterializedView(**fields)


def _table_attributes(cursor: TokenCursor) -> dict[str, Any]:
    """Read DISTSTYLE, DISTKEY and SORTKEY, each at most once."""
    found: dict[str, Any] = {}
    while True:
        if cursor.at("DISTSTYLE") and "dist_style" not in found:
            cursor.advance()
            found["dist_style"] = cursor.one_of("EVEN", "ALL", "KEY", "AUTO").lower()
        elif cursor.at("DISTKEY") and "dist_key" not in found:
            cursor.advance()
            cursor.expect_symbol("(")
            found["dist_key"] = _key(cursor)
            cursor.expect_symbol(")")
        elif _at_sort_key(cursor) and "sort_key" not in found:
            if cursor.one_of("COMPOUND", "INTERLEAVED", "SORTKEY") != "SORTKEY":
                cursor.expect("SORTKEY")
            found["sort_key"] = _keys(cursor)
        else:
            break
    if found.get("dist_style") == "key" and "dist_key" not in found:
        raise cursor.error("DISTSTYLE KEY requires DISTKEY (column)")
    if "dist_key" in found and found.get("dist_style", "key") != "key":
        raise cursor.error("DISTKEY requires DISTSTYLE KEY")
    return found


def _at_sort_key(cursor: TokenCursor) -> bool:
    return cursor.at("SORTKEY") or cursor.at("COMPOUND", "SORTKEY") or cursor.at("INTERLEAVED", "SORTKEY")


def _key(cursor: TokenCursor) -> str | int:
    token = cursor.token
    return cursor.integer() if token is not None and token.kind == "number" else cursor.identifier()


def _keys(cursor: TokenCursor) -> tuple[str | int, ...]:
    cursor.expect_symbol("(")
    keys = [_key(cursor)]
    while cursor.take_symbol(","):
        keys.append(_key(cursor))
    cursor.expect_symbol(")")
    return tuple(keys)


def _options(cursor: TokenCursor) -> dict[str, str]:
    """Read our own ``(name = value, ...)``; what the names mean is decided later."""
    found: dict[str, str] = {}
    cursor.expect_symbol("(")
    while True:
        at = cursor.error("the option is given twice")
        name = cursor.identifier()
        if name in found:
            raise at
        cursor.expect_symbol("=")
        found[name] = _option_value(cursor)
        if not cursor.take_symbol(","):
            break
    cursor.expect_symbol(")")
    return found


def _option_value(cursor: TokenCursor) -> str:
    token = cursor.token
    if token is not None and token.kind == "string":
        return cursor.string()
    if token is not None and token.kind == "word":
        return cursor.advance().text
    number = ""  # the scan of words knows only whole numbers
    while (part := cursor.token) is not None and (part.kind == "number" or part.text in ("-", ".")):
        number += cursor.advance().text
    if not number:
        raise cursor.error("expected a value")
    return number


def _query(cursor: TokenCursor) -> tuple[str, int]:
    """Give the rest of the text as a query, without outer parentheses and semicolon, and its offset."""
    start, text = cursor.offset, cursor.text
    if cursor.token is None:
        raise cursor.error("expected a query")
    rest = list(words(text[start:]))
    ends = [index for index, word in enumerate(rest) if word.kind == "end"]
    if (ends and ends[-1] != ends[0] + len(ends) - 1) or (ends and ends[-1] != len(rest) - 1):
        raise ProgrammingError("cannot execute several statements at once: pass them one by one")
    if ends:
        rest = rest[: ends[0]]
    if not rest:
        raise cursor.error("expected a query")
    stop = rest[-1].offset + len(rest[-1].text)
    # Parentheses are taken off only where the first one's partner is the last token.
    while len(rest) > 2 and rest[0].kind == "open" and rest[-1].kind == "close":
        if any(word.kind == "close" and word.depth == rest[0].depth for word in rest[1:-1]):
            break
        rest = rest[1:-1]
        stop = rest[-1].offset + len(rest[-1].text)
    begin = rest[0].offset
    query = text[start + begin : start + stop]
    head = first_words(query, 1)
    if head not in (["SELECT"], ["WITH"], ["VALUES"]):
        token = rest[0]
        raise syntax_error(text, start + token.offset, token.text, detail="expected a query")
    return query, start + begin


def alter(cursor: TokenCursor) -> Statement:
    """Read ALTER MATERIALIZED VIEW; SET (...), REDRIVE and SKIP RECORD are ours."""
    cursor.expect("ALTER", "MATERIALIZED", "VIEW")
    _, name = cursor.local_name()
    if cursor.take("SET"):
        options = _options(cursor)
        cursor.end()
        return SetViewOptions(name=name, options=options)
    if cursor.take("REDRIVE"):
        where = _condition(cursor) if cursor.take("WHERE") else None
        if where is None:
            cursor.end()
        return RedriveMaterializedView(name=name, where=where)
    if cursor.take("SKIP", "RECORD"):
        cursor.end()
        return SkipRecord(name=name)
    changes: dict[str, Any] = {}
    if cursor.take("AUTO", "REFRESH"):
        changes["auto_refresh"] = cursor.one_of("YES", "NO") == "YES"
    elif cursor.at("ROW", "LEVEL", "SECURITY"):
        raise cursor.unsupported("ROW LEVEL SECURITY")
    elif cursor.at("RENAME") or cursor.at("OWNER"):
        raise cursor.error(
            hint="A materialized view cannot be renamed or given away: DROP it and CREATE it anew."
        )
    else:
        cursor.expect("ALTER")
        changes = _altered_attributes(cursor)
    cursor.end()
    return AlterMaterializedView(name=name, **changes)


def _condition(cursor: TokenCursor) -> str:
    """Give the rest of the text as one expression, whose parentheses match."""
    start, depth = cursor.offset, 0
    while (token := cursor.token) is not None and token.kind != "end":
        depth += (token.kind == "open") - (token.kind == "close")
        if depth < 0:
            raise cursor.error()
        cursor.advance()
    stop = cursor.last.offset + len(cursor.last.text)
    if stop <= start:
        raise cursor.error("expected a condition")
    if depth:
        raise cursor.error('expected ")"')
    cursor.end()
    return cursor.text[start:stop]


def _altered_attributes(cursor: TokenCursor) -> dict[str, Any]:
    if cursor.take("DISTKEY"):
        return {"dist_style": "key", "dist_key": cursor.identifier()}
    if cursor.take("DISTSTYLE"):
        style = cursor.one_of("ALL", "EVEN", "KEY", "AUTO").lower()
        if style != "key":
            return {"dist_style": style}
        cursor.expect("DISTKEY")
        return {"dist_style": style, "dist_key": cursor.identifier()}
    compound = cursor.take("COMPOUND")
    cursor.expect("SORTKEY")
    if not compound and cursor.take("AUTO"):
        return {"sort_key_auto": True}
    if not compound and cursor.take("NONE"):
        return {"sort_key": ()}
    cursor.expect_symbol("(")
    names = [cursor.identifier()]
    while cursor.take_symbol(","):
        names.append(cursor.identifier())
    cursor.expect_symbol(")")
    return {"sort_key": tuple(names)}


def refresh(cursor: TokenCursor) -> RefreshMaterializedView:
    """Read REFRESH MATERIALIZED VIEW."""
    cursor.expect("REFRESH", "MATERIALIZED", "VIEW")
    _, name = cursor.local_name()
    cascade = cursor.take("CASCADE")
    if not cascade:
        cursor.take("RESTRICT")
    cursor.end()
    return RefreshMaterializedView(name=name, cascade=cascade)


def drop(cursor: TokenCursor) -> DropMaterializedView:
    """Read DROP MATERIALIZED VIEW."""
    cursor.expect("DROP", "MATERIALIZED", "VIEW")
    if_exists = cursor.take("IF", "EXISTS")
    names = [cursor.local_name()[1]]
    while cursor.take_symbol(","):
        names.append(cursor.local_name()[1])
    cascade = cursor.take("CASCADE")
    if not cascade:
        cursor.take("RESTRICT")
    cursor.end()
    return DropMaterializedView(names=tuple(names), if_exists=if_exists, cascade=cascade)


def create_view(cursor: TokenCursor) -> Statement:
    """Read CREATE VIEW, with or without WITH NO SCHEMA BINDING; TEMP and IF NOT EXISTS are SQLite's."""
    tail = [word for word in words(cursor.text) if word.kind != "end"][-4:]
    late = tuple(word.upper for word in tail) == _NO_BINDING
    cursor.expect("CREATE")
    or_replace = cursor.take("OR", "REPLACE")
    temporary = cursor.take("TEMP") or cursor.take("TEMPORARY")
    cursor.expect("VIEW")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    schema, name = cursor.table_name()
    written = cursor.last
    columns: list[str] = []
    if cursor.take_symbol("("):
        columns.append(cursor.identifier())
        while cursor.take_symbol(","):
            columns.append(cursor.identifier())
        cursor.expect_symbol(")")
    cursor.expect("AS")
    whole = cursor.text
    query, offset = _query(cursor)
    if late:
        body = TokenCursor(whole[: tail[0].offset].rstrip(), cursor.attached)
        while body.offset < offset and body.token is not None:
            body.advance()
        query, offset = _query(body)
    quoted = written.kind == "quoted"
    return CreateView(
        name=written.text[1:-1].replace('""', '"') if quoted else name,
        quoted=quoted,
        columns=tuple(columns),
        or_replace=or_replace,
        schema_name=schema,
        temporary=temporary or schema == "temp",
        if_not_exists=if_not_exists,
        late=late,
        text=whole,
        query=query,
        query_offset=offset,
    )
