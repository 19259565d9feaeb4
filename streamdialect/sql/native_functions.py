"""SQLite's own functions, with SQLite's meaning, and those that name the session.

Source: "Core functions", "JSON functions" and "Date and time functions" of the SQLite manual; "System information
functions" of the Database Developer Guide. What a local file has no honest answer to (privileges, AWS accounts,
ids of COPY and UNLOAD) is not here and therefore refused by name.
"""

from __future__ import annotations

from streamdialect import types
from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import MANY, Example, function
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked, text_literal
from streamdialect.types import RedshiftType

__all__: list[str] = []

# Those that read 'now' or a modifier count as volatile: a view over a stream must not hold them.


def _native(
    signature: str,
    least: int,
    most: int,
    kind: RedshiftType,
    doc: str,
    example: Example,
    *,
    volatile: bool = False,
) -> None:
    name = signature.partition("(")[0]

    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        parts = [checked(compiler.value(argument)).sql for argument in arguments]
        return Value(f"{name.lower()}({', '.join(parts)})", kind, is_text=kind is types.SUPER)

    returns = "any" if kind.name == "UNKNOWN" else kind.name
    function(
        name,
        least,
        most,
        doc,
        native=True,
        volatile=volatile,
        signature=signature,
        returns=returns,
        example=example,
    )(build)


_native(
    "STRFTIME(format, time [, modifier ...])",
    1,
    MANY,
    types.TEXT,
    "Format a time by SQLite's rules.",
    ("STRFTIME('%Y', '2026-11-22 14:03:05')", "2026"),
    volatile=True,
)
_native(
    "JULIANDAY(time [, modifier ...])",
    0,
    MANY,
    types.DOUBLE,
    "Give SQLite's day number.",
    ("JULIANDAY('2000-01-01 12:00:00')", "2451545"),
    volatile=True,
)
_native(
    "UNIXEPOCH(time [, modifier ...])",
    0,
    MANY,
    types.BIGINT,
    "Give seconds since 1970.",
    ("UNIXEPOCH('1970-01-02')", "86400"),
    volatile=True,
)
_native(
    "DATETIME(time [, modifier ...])",
    0,
    MANY,
    types.TEXT,
    "Give SQLite's text of a date and time.",
    ("DATETIME('2026-11-22', '+1 day')", "2026-11-23 00:00:00"),
    volatile=True,
)
_native("TYPEOF(value)", 1, 1, types.TEXT, "Name SQLite's storage class of a value.", ("TYPEOF(1.5)", "real"))
_native(
    "QUOTE(value)", 1, 1, types.TEXT, "Write a value as a literal of SQLite's.", ("QUOTE('it''s')", "'it''s'")
)
_native(
    "INSTR(string, substring)",
    2,
    2,
    types.INTEGER,
    "Find a text in another; give its place, from 1, or 0.",
    ("INSTR('dogfish', 'fish')", "4"),
)
_native(
    "HEX(value)", 1, 1, types.TEXT, "Write bytes as capital hexadecimal digits.", ("HEX('abc')", "616263")
)
_native(
    "PRINTF(format [, value ...])", 1, MANY, types.TEXT, "Format values.", ("PRINTF('%05d', 42)", "00042")
)
_native(
    "SQLITE_VERSION()", 0, 0, types.TEXT, "Give SQLite's version.", ("SQLITE_VERSION() LIKE '3.%'", "true")
)
_native(
    "LAST_INSERT_ROWID()",
    0,
    0,
    types.BIGINT,
    "Give the rowid of the row inserted last.",
    ("LAST_INSERT_ROWID() >= 0", "true"),
    volatile=True,
)
_native(
    "CHANGES()",
    0,
    0,
    types.BIGINT,
    "Count the rows that the last statement changed.",
    ("CHANGES() >= 0", "true"),
    volatile=True,
)
_native(
    "JSON_EXTRACT(json, path [, path ...])",
    2,
    MANY,
    types.UNKNOWN,
    "Take values out of JSON by SQLite's paths.",
    ("JSON_EXTRACT('{\"a\":[1,2]}', '$.a[1]')", "2"),
)
_native("JSON_QUOTE(value)", 1, 1, types.SUPER, "Write a value as JSON.", ("JSON_QUOTE('a')", '"a"'))
_native("JSON(json)", 1, 1, types.SUPER, "Write JSON compactly.", ("JSON('[ 1, 2 ]')", "[1,2]"))
_native(
    "JSON_TYPE(json [, path])",
    1,
    2,
    types.TEXT,
    "Name the type of a JSON value as SQLite does.",
    ("JSON_TYPE('[1]')", "array"),
)
_native(
    "JSON_VALID(json [, flags])",
    1,
    2,
    types.BOOLEAN,
    "Tell whether text is JSON.",
    ("JSON_VALID('{}')", "true"),
)
_native(
    "JSON_ARRAY([value, ...])", 0, MANY, types.SUPER, "Make a JSON array.", ("JSON_ARRAY(1, 'a')", '[1,"a"]')
)
_native(
    "JSON_OBJECT([key, value, ...])",
    0,
    MANY,
    types.SUPER,
    "Make a JSON object.",
    ("JSON_OBJECT('a', 1)", '{"a":1}'),
)


@function(
    "VERSION",
    0,
    0,
    "Name the database: not Redshift's, but this package on SQLite.",
    signature="VERSION()",
    returns="VARCHAR",
    page="r_VERSION",
    example=("VERSION() LIKE 'streamdialect on SQLite 3.%'", "true"),
)
def _version(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("('streamdialect on SQLite ' || sqlite_version())", types.varchar(64))


@function(
    "PG_BACKEND_PID",
    0,
    0,
    "Give the id of this connection, for CANCEL and PG_CANCEL_BACKEND.",
    volatile=True,
    signature="PG_BACKEND_PID()",
    returns="INTEGER",
    page="PG_BACKEND_PID",
    example=("PG_BACKEND_PID() > 0", "true"),
)
def _backend_pid(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value("streamdialect_backend_pid()", types.INTEGER)


@function(
    "PG_CANCEL_BACKEND",
    1,
    1,
    "Cancel what the connection of an id runs, in whatever process; give 1, or 0 if there is none.",
    volatile=True,
    signature="PG_CANCEL_BACKEND(pid)",
    returns="INTEGER",
    page="PG_CANCEL_BACKEND",
    example=("PG_CANCEL_BACKEND(0)", "0"),
)
def _cancel_backend(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    return Value(
        f"streamdialect_cancel_backend(CAST({compiler.value(arguments[0]).sql} AS INTEGER))", types.INTEGER
    )


def _session_name(signature: str, text: str, page: str, heading: str | None = None) -> None:
    def build(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
        return Value(text_literal(text), types.varchar(128))

    function(
        signature.partition("(")[0],
        0,
        0,
        f"Give {text!r}: there is one database, one schema and one user.",
        heading=heading,
        signature=signature,
        returns="VARCHAR",
        page=page,
        example=(signature, text),
    )(build)


_session_name("CURRENT_DATABASE()", "main", "r_CURRENT_DATABASE")
_session_name("CURRENT_SCHEMA()", "public", "r_CURRENT_SCHEMA")


@function(
    "CURRENT_SCHEMAS",
    1,
    1,
    "Give the schemas of the search path, with the implicit ones if the argument is true.",
    signature="CURRENT_SCHEMAS(include_implicit)",
    returns="VARCHAR",
    page="r_CURRENT_SCHEMAS",
    example=("CURRENT_SCHEMAS(true)", "{pg_catalog,public}"),
)
def _current_schemas(compiler: Compiler, arguments: list[Node], node: Node) -> Value:
    implicit = compiler.value(arguments[0]).literal
    if not isinstance(implicit, bool):
        raise compiler.unsupported("CURRENT_SCHEMAS of anything but true or false", node)
    text = "{pg_catalog,public}" if implicit else "{public}"
    return Value(text_literal(text), types.varchar(128), literal=text)


_session_name("CURRENT_USER", "local", "r_CURRENT_USER")
_session_name("USER", "local", "r_USER", "current_user")
_session_name("SESSION_USER", "local", "r_SESSION_USER")
