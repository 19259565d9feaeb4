"""SQLite's own functions, with SQLite's meaning, and those that name the session."""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import MANY, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked, text_literal
from streamdialect.types import RedshiftType

__all__: list[str] = []

# Those that read 'now' or a modifier count as volatile: a view over a stream must not hold them.


def _native(name: str, least: int, most: int, kind: RedshiftType, doc: str, volatile: bool = False) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts = [checked(compiler.value(argument)).sql for argument in arguments]
        return Value(f"{name.lower()}({', '.join(parts)})", kind)

    function(name, least, most, doc, native=True, volatile=volatile)(build)


_native("STRFTIME", 1, MANY, types.TEXT, "Format a time by SQLite's rules.", volatile=True)
_native("JULIANDAY", 0, MANY, types.DOUBLE, "Give SQLite's day number.", volatile=True)
_native("UNIXEPOCH", 0, MANY, types.BIGINT, "Give seconds since 1970.", volatile=True)
_native("DATETIME", 0, MANY, types.TEXT, "Give SQLite's date and time text.", volatile=True)
_native("TYPEOF", 1, 1, types.TEXT, "Give SQLite's storage class.")
_native("QUOTE", 1, 1, types.TEXT, "Write a value as an SQLite literal.")
_native("INSTR", 2, 2, types.INTEGER, "Find a text in a text.")
_native("HEX", 1, 1, types.TEXT, "Write bytes as hexadecimal digits.")
_native("PRINTF", 1, MANY, types.TEXT, "Format values.")
_native("SQLITE_VERSION", 0, 0, types.TEXT, "Give SQLite's version.")
_native("LAST_INSERT_ROWID", 0, 0, types.BIGINT, "Give the last rowid.", volatile=True)
_native("CHANGES", 0, 0, types.BIGINT, "Give the number of changed rows.", volatile=True)
_native("JSON_EXTRACT", 2, MANY, types.UNKNOWN, "Take values out of JSON by SQLite's paths.")
_native("JSON_QUOTE", 1, 1, types.SUPER, "Write a value as JSON.")
_native("JSON", 1, 1, types.SUPER, "Write JSON compactly.")
_native("JSON_TYPE", 1, 2, types.TEXT, "Give SQLite's name of a JSON type.")
_native("JSON_VALID", 1, 2, types.BOOLEAN, "Tell whether text is JSON.")
_native("JSON_ARRAY", 0, MANY, types.SUPER, "Make a JSON array.")
_native("JSON_OBJECT", 0, MANY, types.SUPER, "Make a JSON object.")


@function("VERSION", 0, 0, "Name the database.")
def _version(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("('streamdialect on SQLite ' || sqlite_version())", types.TEXT)


def _session_name(name: str, text: str) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        return Value(text_literal(text), types.varchar(128))

    function(name, 0, 0, f"Give {text!r}: there is one database, one schema and one user.")(build)


_session_name("CURRENT_DATABASE", "main")
_session_name("CURRENT_SCHEMA", "public")
_session_name("CURRENT_USER", "local")
_session_name("USER", "local")
_session_name("SESSION_USER", "local")
