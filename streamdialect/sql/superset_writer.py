"""Redshift's SQL from a tree of ``dialect``: every node as it was read, nothing rewritten."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.generator import Generator

__all__ = ["Navigation", "Writer"]


class Navigation(exp.Expression):
    """Stand around a path into a SUPER value, in FROM, that looks like the name of a table."""

    arg_types: ClassVar[Any] = {"this": True}

    @property
    def alias_or_name(self) -> str:
        """Give the name that the elements have."""
        return str(self.this.alias_or_name)


class Writer(Generator):
    """Write a tree."""

    TRANSFORMS: ClassVar[Any] = {
        **Generator.TRANSFORMS,
        Navigation: lambda self, e: self.sql(e, "this"),
    }
