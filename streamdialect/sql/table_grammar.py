"""The small statements around tables: DROP, ALTER TABLE, SELECT INTO, VACUUM, ANALYZE, and what is refused.

Source: ``r_DROP_TABLE``, ``r_DROP_VIEW``, ``r_ALTER_TABLE``, ``r_SELECT_INTO``, ``r_VACUUM_command``, ``r_ANALYZE``.
"""

from __future__ import annotations

from typing import Any

from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.cursor import TokenCursor
from streamdialect.sql.positions import where
from streamdialect.sql.scan import words
from streamdialect.sql.statements import AlterTable, DropRelations, PassThrough, SelectInto, Statement

__all__ = ["alter", "analyze", "drop", "refuse", "select_into", "vacuum"]

_REFUSED = frozenset(
    {"COPY", "UNLOAD", "GRANT", "REVOKE", "CALL", "LOCK", "PREPARE", "EXECUTE", "DEALLOCATE", "DECLARE"}
    | {"FETCH", "CLOSE", "COMMENT", "USE"}
)
# What CREATE, ALTER and DROP are refused for.
_OBJECTS = (
    *(
        ("USER",),
        ("GROUP",),
        ("ROLE",),
        ("FUNCTION",),
        ("PROCEDURE",),
        ("DATABASE",),
        ("LIBRARY",),
        ("MODEL",),
    ),
    *(("DATASHARE",), ("EXTERNAL", "TABLE"), ("EXTERNAL", "VIEW"), ("EXTERNAL", "FUNCTION")),
    *(("EXTERNAL", "MODEL"), ("RLS", "POLICY"), ("MASKING", "POLICY"), ("IDENTITY", "PROVIDER"), ("SYSTEM",)),
    *(("DEFAULT", "PRIVILEGES"), ("SCHEMA",)),
)


def refuse(text: str, head: list[str]) -> None:
    """Raise NotSupportedError for a statement of Redshift's that has no place in one file."""
    if head[0] in _REFUSED:
        raise NotSupportedError(f"{head[0]} is not supported{where(text, 0)}")
    if head[0] in ("CREATE", "ALTER", "DROP"):
        rest = head[3:] if head[1:3] == ["OR", "REPLACE"] else head[1:]
        for name in _OBJECTS:
            if tuple(rest[: len(name)]) == name and head[:2] != ["DROP", "SCHEMA"]:
                raise NotSupportedError(f"{head[0]} {' '.join(name)} is not supported{where(text, 0)}")


def drop(cursor: TokenCursor) -> DropRelations:
    """Read DROP TABLE and DROP VIEW."""
    cursor.expect("DROP")
    kind: Any = cursor.one_of("TABLE", "VIEW").lower()
    if_exists = cursor.take("IF", "EXISTS")
    names = [cursor.table_name()]
    while cursor.take_symbol(","):
        names.append(cursor.table_name())
    cascade = cursor.take("CASCADE")
    if not cascade:
        cursor.take("RESTRICT")
    cursor.end()
    return DropRelations(kind=kind, names=tuple(names), if_exists=if_exists, cascade=cascade)


def alter(cursor: TokenCursor) -> AlterTable:
    """Read ALTER TABLE: RENAME, ADD COLUMN and DROP COLUMN; refuse the other forms by name."""
    cursor.expect("ALTER", "TABLE")
    start = cursor.offset
    schema, name = cursor.table_name()
    end = cursor.offset
    table = f"{quote_identifier(schema or 'main')}.{quote_identifier(name)}"
    if schema is None and name.startswith("#"):
        table = quote_identifier(name)
    text = cursor.text
    head, rest = text[:start], text[end:]
    if cursor.take("RENAME"):
        renames = None
        if cursor.take("TO"):
            renames = cursor.identifier()
        else:
            cursor.take("COLUMN")
            cursor.identifier()
            cursor.expect("TO")
            cursor.identifier()
        cursor.end()
        return AlterTable(
            text=f"{head}{table} {rest}",
            table=(schema, name),
            renames=renames,
            change="Column was renamed" if renames is None else "Table was renamed",
        )
    if cursor.take("DROP"):
        if cursor.at("CONSTRAINT"):
            raise cursor.unsupported("ALTER TABLE ... DROP CONSTRAINT")
        cursor.take("COLUMN")
        column = cursor.identifier()
        cascade = cursor.take("CASCADE")
        if not cascade:
            cursor.take("RESTRICT")
        cursor.end()
        changed = f"{head}{table} DROP COLUMN {quote_identifier(column)}"
        drops = column if cascade else None
        return AlterTable(text=changed, table=(schema, name), drops=drops, change="Column was dropped")
    if cursor.take("ADD"):
        token = cursor.token
        if token is not None and token.upper in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            raise cursor.unsupported(f"ALTER TABLE ... ADD {token.upper}", hint="Write it in CREATE TABLE.")
        return AlterTable(text=text, table=(schema, name), adds=True)
    token = cursor.token
    if token is None or token.kind != "word":
        raise cursor.error()
    following = text[cursor.offset :].split()[:2]
    raise cursor.unsupported(f"ALTER TABLE ... {' '.join(following).upper().rstrip(';')}")


def select_into(text: str, attached: frozenset[str] = frozenset()) -> SelectInto | None:
    """Read SELECT ... INTO [TEMP] [TABLE] name FROM ...; give None for any other query."""
    if "into" not in text.lower():
        return None
    for word in words(text):
        if word.depth == 0 and word.upper == "FROM":
            return None
        if word.depth == 0 and word.upper == "INTO":
            break
    else:
        return None
    cursor = TokenCursor(text, attached)
    while cursor.offset < word.offset:
        cursor.advance()
    cursor.expect("INTO")
    temporary = cursor.take("TEMP") or cursor.take("TEMPORARY")
    cursor.take("TABLE")
    schema, name = cursor.table_name()
    blank = " " * (cursor.offset - word.offset)
    return SelectInto(
        name=name,
        schema_name=schema,
        temporary=temporary or schema == "temp" or name.startswith("#"),
        query=text[: word.offset] + blank + text[cursor.offset :],
    )


def vacuum(text: str, attached: frozenset[str]) -> Statement:
    """Read VACUUM; SQLite knows one kind only, of the whole file, and VACUUM INTO."""
    cursor = TokenCursor(text, attached)
    cursor.expect("VACUUM")
    if cursor.at("INTO"):
        return PassThrough(text=text, keyword="VACUUM")
    _ = cursor.take("FULL") or cursor.take("SORT", "ONLY") or cursor.take("DELETE", "ONLY")
    _ = cursor.take("REINDEX") or cursor.take("RECLUSTER")
    if cursor.token is not None and cursor.token.kind in ("word", "quoted"):
        cursor.table_name()
        if cursor.take("INTO"):
            return PassThrough(text=text, keyword="VACUUM")
    if cursor.take("TO"):
        cursor.integer()
        cursor.expect("PERCENT")
    cursor.take("BOOST")
    cursor.end()
    return PassThrough(text="VACUUM", keyword="VACUUM")


def analyze(text: str, attached: frozenset[str]) -> Statement:
    """Read ANALYZE; columns and their choice have no meaning for SQLite."""
    cursor = TokenCursor(text, attached)
    cursor.one_of("ANALYZE", "ANALYSE")
    if cursor.at("COMPRESSION"):
        raise cursor.unsupported("ANALYZE COMPRESSION")
    cursor.take("VERBOSE")
    sql = "ANALYZE"
    if cursor.token is not None and cursor.token.kind in ("word", "quoted"):
        schema, name = cursor.table_name()
        sql = f"ANALYZE {quote_identifier(schema or 'main')}.{quote_identifier(name)}"
        if schema is None and name in cursor.attached | {"main", "temp"}:
            sql = f"ANALYZE {quote_identifier(name)}"
        if cursor.take_symbol("("):
            cursor.identifier()
            while cursor.take_symbol(","):
                cursor.identifier()
            cursor.expect_symbol(")")
        if cursor.take("PREDICATE") or cursor.take("ALL"):
            cursor.expect("COLUMNS")
    cursor.end()
    return PassThrough(text=sql, keyword="ANALYZE")
