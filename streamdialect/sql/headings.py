"""Names of result columns, as Redshift gives them to expressions without an alias."""

from __future__ import annotations

from sqlglot import exp

from streamdialect.sql.compiler import Compiler
from streamdialect.sql.functions import FUNCTIONS
from streamdialect.sql.nodes import Node

__all__ = ["heading"]

_UNNAMED = "?column?"
# By sqlglot's names of the types.
_TYPE_NAMES = {
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
    "TEXT": "text",
    "NVARCHAR": "varchar",
    "VARBINARY": "varbyte",
    "TIMESTAMPNTZ": "timestamp",
    "DATETIME": "timestamp",
}


def heading(compiler: Compiler, node: Node) -> str:
    """Name the column of an expression: its alias, its last attribute, its function, or ``?column?``."""
    settings = compiler.settings
    if isinstance(node, exp.Alias):
        alias = node.args["alias"]
        return settings.output_name(alias.name, bool(alias.args.get("quoted")))
    if isinstance(node, exp.Paren):
        return heading(compiler, node.this)
    if isinstance(node, exp.Column):
        name = node.name
        if name[:1] in "?:" and not node.this.args.get("quoted"):
            return _UNNAMED
        if not node.args.get("table") and not node.this.args.get("quoted"):
            entry = FUNCTIONS.get(name.upper())
            if entry is not None and entry.most == 0 and name.lower() not in _columns(compiler):
                return entry.heading
        return settings.output_name(name, bool(node.this.args.get("quoted")))
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return settings.output_name(node.expression.name, bool(node.expression.args.get("quoted")))
    if isinstance(node, exp.Bracket):
        return heading(compiler, node.this)
    return _of_expression(compiler, node)


def _columns(compiler: Compiler) -> set[str]:
    return {column.name.lower() for source in compiler.frame.sources for column in source.columns}


def _of_expression(compiler: Compiler, node: Node) -> str:
    if isinstance(node, (exp.Cast, exp.TryCast)):
        inner = heading(compiler, node.this)
        if inner != _UNNAMED:
            return inner
        # PostgreSQL, whose rule this is, has short names for the types.
        kind = node.args["to"].this
        kind = _interval(kind) if isinstance(kind, exp.Interval) else getattr(kind, "value", "")
        return _TYPE_NAMES.get(str(kind).upper(), str(kind).lower())
    if isinstance(node, (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)):
        return heading(compiler, node.this)
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name == "NULLIF" and node.expressions and isinstance(node.expressions[0], exp.Column):
            return heading(compiler, node.expressions[0])  # r_NULLIF_function
        entry = FUNCTIONS.get(name)
        return entry.heading if entry is not None else str(node.this).lower()
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        # PostgreSQL, whose rule this is, names a CASE after a column in its ELSE.
        return heading(compiler, default) if isinstance(default, exp.Column) else "case"
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select) and node.this.expressions:
        return heading(compiler, node.this.expressions[0])
    names: dict[type, str] = {
        exp.Extract: "date_part",
        exp.Substring: "substring",
        exp.StrPosition: "position",
        exp.Exists: "exists",
        exp.AtTimeZone: "timezone",
    }
    if isinstance(node, exp.Interval):
        return _interval(node)
    if isinstance(node, exp.Trim):
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or ""), "btrim")
    if isinstance(node, exp.Boolean):
        return "bool"
    return names.get(type(node), _UNNAMED)


def _interval(node: exp.Interval) -> str:
    """Name an interval type: by the fields that it is qualified with."""
    unit = node.args.get("unit")
    if unit is None:
        return "interval"
    return "intervaly2m" if unit.sql().upper().startswith(("YEAR", "MONTH")) else "intervald2s"
