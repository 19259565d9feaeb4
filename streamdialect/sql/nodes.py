"""The class of sqlglot's tree nodes, which newer releases split in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

__all__ = ["Node"]

if TYPE_CHECKING:
    Node: TypeAlias = exp.Expr
else:
    Node = exp.Expression
