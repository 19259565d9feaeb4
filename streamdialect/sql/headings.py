"""Names of result columns, as Redshift gives them to expressions without an alias."""

from __future__ import annotations

from sqlglot import exp

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import FUNCTIONS
from streamdialect.sql.nodes import Node

__all__ = ["heading"]

_UNNAMED = "?column?"
# The names that a cast gives to what has none: the types' own, as PostgreSQL 8 calls them.
_TYPES = {
    "SMALLINT": "int2",
    "INT": "int4",
    "BIGINT": "int8",
    "DECIMAL": "numeric",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "BOOLEAN": "bool",
    "CHAR": "bpchar",
    "NCHAR": "bpchar",
    "BPCHAR": "bpchar",
    "NVARCHAR": "varchar",
    "VARBINARY": "varbyte",
    "BINARY": "varbyte",
    "TIMESTAMPNTZ": "timestamp",
    "DATETIME": "timestamp",
    "JSON": "super",
}
_CONSTRUCTS: dict[type, str] = {
    exp.Extract: "date_part",
    exp.Substring: "substring",
    exp.StrPosition: "position",
    exp.AtTimeZone: "timezone",
    exp.Boolean: "bool",
}
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}
_WRAPPERS = (
    exp.Window,
    exp.Filter,
    exp.WithinGroup,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Bracket,
    exp.Paren,
)


def heading(compiler: Compiler, node: Node) -> str:
    """Name the column of an expression: its alias, its last attribute, its function, or ``?column?``."""
    if isinstance(node, exp.Alias):
        alias = node.args["alias"]
        return compiler.settings.output_name(alias.name, bool(alias.args.get("quoted")))
    return _named(compiler, node)[0] or _UNNAMED


def _named(compiler: Compiler, node: Node) -> tuple[str | None, bool]:
    """Give the name that an expression has, and whether a cast around it keeps that name.

    These are the rules of PostgreSQL, from which Redshift's derive: the name of a column or function is
    firm, that of a type or of CASE is not.
    """
    settings = compiler.settings
    if isinstance(node, _WRAPPERS):
        return _named(compiler, node.this)
    if isinstance(node, exp.Column):
        return _of_column(compiler, node), True
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return settings.output_name(node.expression.name, bool(node.expression.args.get("quoted"))), True
    if isinstance(node, (exp.Cast, exp.TryCast)):
        name, firm = _named(compiler, node.this)
        return (name, True) if firm else (_of_type(node.args["to"]), False)
    if isinstance(node, exp.Interval):
        return _of_interval(node), False
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name == "NULLIF" and node.expressions and isinstance(node.expressions[0], exp.Column):
            return _named(compiler, node.expressions[0])  # r_NULLIF_function
        entry = FUNCTIONS.get(name)
        return (entry.heading if entry is not None else str(node.this).lower()), True
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        name, firm = _named(compiler, default) if default is not None else (None, False)
        return (name, True) if firm else ("case", False)
    if isinstance(node, exp.Trim):
        return _TRIMS.get(str(node.args.get("position") or ""), "btrim"), True
    return _CONSTRUCTS.get(type(node)), not isinstance(node, exp.Boolean) and type(node) in _CONSTRUCTS


def _of_column(compiler: Compiler, node: exp.Column) -> str | None:
    name = node.name
    quoted = bool(node.this.args.get("quoted"))
    if name[:1] in "?:" and not quoted:
        return None
    if not node.args.get("table") and not quoted:
        entry = FUNCTIONS.get(name.upper())
        if entry is not None and entry.most == 0 and name.lower() not in _columns(compiler):
            return entry.heading
    return compiler.settings.output_name(name, quoted)


def _of_type(node: Node) -> str | None:
    if not isinstance(node, exp.DataType):
        return None
    if isinstance(node.this, exp.Interval):
        return _of_interval(node.this)
    name = str(getattr(node.this, "value", node.this)).upper()
    return _TYPES.get(name, name.lower())


def _of_interval(node: exp.Interval) -> str:
    """Name an interval type: by the fields that it is qualified with."""
    unit = node.args.get("unit")
    if unit is None:
        return "interval"
    return "intervaly2m" if unit.sql().upper().startswith(("YEAR", "MONTH")) else "intervald2s"


def _columns(compiler: Compiler) -> set[str]:
    return {column.name.lower() for source in compiler.frame.sources for column in source.columns}
