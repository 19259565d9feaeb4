"""Parameters as literals, where a query needs them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from sqlglot import exp

from streamdialect.sql.nodes import Node
from streamdialect.types import BOOLEAN, RedshiftType

__all__ = ["Literals", "positional_parameters", "with_literals"]

Literals: TypeAlias = Sequence[Any] | Mapping[str, Any]


def _parameter(node: Node) -> str | None:
    """Give the name of a parameter, with its ``?`` or ``:``; None for any other node."""
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
        return None
    name = node.this.name
    if name[:1] not in ("?", ":") or len(name) < 2 or node.this.args.get("quoted") or node.args.get("table"):
        return None
    return name


def positional_parameters(tree: Node) -> int:
    """Count the ``?`` of a query."""
    names = [_parameter(node) or "" for node in tree.find_all(exp.Column)]
    return max((int(name[1:]) for name in names if name.startswith("?")), default=0)


def with_literals(tree: Node, values: Literals, kinds: Mapping[str, RedshiftType]) -> Node:
    """Replace parameters by their values; those that no literal can be written for stay parameters.

    ``values`` are as SQLite has them, ``kinds`` tells which of the numbers are truth values or intervals.
    """

    def replaced(node: Node) -> Node:
        name = _parameter(node)
        if name is None:
            return node
        try:
            value = values[name[1:]] if isinstance(values, Mapping) else values[int(name[1:]) - 1]
        except (KeyError, IndexError):
            return node
        literal = _literal(value, kinds.get(name))
        if literal is not None:
            literal.meta["parameter"] = True
        return literal or node

    return tree.transform(replaced)


def _literal(value: Any, kind: RedshiftType | None) -> Node | None:
    if value is None:
        return exp.Null()
    if kind is not None and kind.is_interval:
        return None
    if isinstance(value, bool) or kind == BOOLEAN:
        return exp.Boolean(this=bool(value))
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, (int, Decimal)) and -(10**18) < value < 10**18:
        number: Node = exp.Literal.number(
            format(abs(value), "f") if isinstance(value, Decimal) else str(abs(value))
        )
        return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
    if isinstance(value, float) and 1e-4 <= abs(value) < 1e15:  # those that repr writes without exponent
        number = exp.Literal.number(repr(abs(value)))
        return exp.Paren(this=exp.Neg(this=number)) if value < 0 else number
    return None
