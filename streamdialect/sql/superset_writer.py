"""Redshift's SQL from a tree of ``dialect``: every node as it was read, nothing rewritten.

It is the plain generator of sqlglot's, without the rewriting that its Redshift generator does, and with the
spelling of what ``dialect`` reads in its own way. Who writes with it reads the result again: see
``superset_dialect``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.generator import Generator

from streamdialect.sql.token_passes import EXCLUDE

__all__ = ["Navigation", "Writer"]


class Navigation(exp.Expression):
    """Stand around a path into a SUPER value, in FROM, that looks like the name of a table."""

    arg_types: ClassVar[Any] = {"this": True}

    @property
    def alias_or_name(self) -> str:
        """Give the name that the elements have."""
        return str(self.this.alias_or_name)


def _binary(operator: str) -> Callable[[Any, Any], str]:
    return lambda self, node: f"{self.sql(node, 'this')} {operator} {self.sql(node, 'expression')}"


def _unary(operator: str) -> Callable[[Any, Any], str]:
    return lambda self, node: f"{operator} {self.sql(node, 'this')}"


def _refused_match(self: Any, node: exp.Not) -> str:
    for kind, operator in ((exp.RegexpLike, "!~"), (exp.RegexpILike, "!~*")):
        if isinstance(node.this, kind):
            return _binary(operator)(self, node.this)
    return str(self.not_sql(node))


def _interval(self: Any, node: exp.Interval) -> str:
    unit, digits = self.sql(node, "unit"), self.sql(node, "digits")
    return f"INTERVAL {self.sql(node, 'this')}{unit and f' {unit}'}{digits and f' ({digits})'}"


def _trim(self: Any, node: exp.Trim) -> str:
    place, characters = self.sql(node, "position"), self.sql(node, "expression")
    inside = " ".join(word for word in (place, characters) if word)
    return f"TRIM({inside and f'{inside} FROM '}{self.sql(node, 'this')})"


def _frame(self: Any, node: exp.WindowSpec) -> str:
    start = " ".join(word for key in ("start", "start_side") if (word := self.sql(node, key)))
    end = " ".join(word for key in ("end", "end_side") if (word := self.sql(node, key)))
    return f"{self.sql(node, 'kind')} " + (f"BETWEEN {start} AND {end}" if end else start)


def _call(self: Any, node: exp.Anonymous) -> str:
    if node.this == "OBJECT_TRANSFORM" and len(node.expressions) == 3:
        value, keep, pairs = node.expressions
        words = self.sql(value)
        for keyword, listed in (("KEEP", keep), ("SET", pairs)):
            if listed.expressions:
                words += f" {keyword} {self.expressions(listed, flat=True)}"
        return f"OBJECT_TRANSFORM({words})"
    return str(self.anonymous_sql(node))


def _unnest(self: Any, node: exp.Unnest) -> str:
    offset, alias = " WITH OFFSET" if node.args.get("offset") else "", self.sql(node, "alias")
    return f"UNNEST({self.expressions(node, flat=True)}){offset}{alias and f' AS {alias}'}"


class Writer(Generator):
    """Write a tree."""

    JOIN_HINTS = False
    TABLE_HINTS = False
    LOCKING_READS_SUPPORTED = True
    NULL_ORDERING_SUPPORTED = True
    MULTI_ARG_DISTINCT = True
    TYPE_MAPPING: ClassVar[Any] = {
        **Generator.TYPE_MAPPING,
        exp.DataType.Type.FLOAT: "REAL",
        exp.DataType.Type.DOUBLE: "DOUBLE PRECISION",
        exp.DataType.Type.VARBINARY: "VARBYTE",
    }
    TRANSFORMS: ClassVar[Any] = {
        **Generator.TRANSFORMS,
        Navigation: lambda self, node: self.sql(node, "this"),
        exp.Abs: _unary("@"),
        exp.Anonymous: _call,
        exp.BitwiseXor: _binary("#"),
        exp.Cbrt: _unary("||/"),
        exp.Interval: _interval,
        exp.Not: _refused_match,
        exp.Pow: _binary("^"),
        exp.RegexpILike: _binary("~*"),
        exp.RegexpLike: _binary("~"),
        exp.Sqrt: _unary("|/"),
        exp.StrPosition: lambda self, node: (
            f"POSITION({self.sql(node, 'substr')} IN {self.sql(node, 'this')})"
        ),
        exp.Trim: _trim,
        exp.Unnest: _unnest,
        exp.WindowSpec: _frame,
    }

    def select_sql(self, expression: exp.Select) -> str:
        """Write TOP as TOP, and EXCLUDE at the end of the list."""
        limit = expression.args.get("limit")
        self.LIMIT_IS_TOP = limit is not None and bool(limit.meta.get("top"))
        sql = super().select_sql(expression)
        self.LIMIT_IS_TOP = False
        return sql

    def expressions(
        self, expression: Any = None, key: str | None = None, *arguments: Any, **options: Any
    ) -> str:
        """Write a list; a select list ends with EXCLUDE."""
        found = (getattr(expression, "args", None) or {}).get(key or "expressions") or []
        last = found[-1] if isinstance(expression, exp.Select) and isinstance(found, list) and found else None
        if not isinstance(last, exp.Anonymous) or last.this != EXCLUDE or key not in (None, "expressions"):
            return str(super().expressions(expression, key, *arguments, **options))
        rest = expression.copy()
        rest.expressions[-1].pop()
        words = super().expressions(rest, key, *arguments, **options)
        return f"{words} EXCLUDE ({super().expressions(last, flat=True)})"

    def join_sql(self, expression: exp.Join, *arguments: Any, **options: Any) -> str:
        """Write a JOIN without a condition as such: a comma is something else."""
        sql = super().join_sql(expression, *arguments, **options)
        if sql.startswith(", ") and not expression.meta.get("comma"):
            return f"{self.seg('JOIN')} {sql[2:]}"
        return sql
