"""Which dialects understand Redshift's own constructs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc

__all__ = ["check_dialect"]

# "default" is what str(construct) is written with.
_SPEAKERS = ("streamdialect", "redshift", "default")


def check_dialect(element: Any, compiler: Any) -> None:
    """Raise CompileError unless the dialect speaks Redshift's SQL: ours, or one whose name is ``redshift``."""
    name = compiler.dialect.name
    if name not in _SPEAKERS:
        raise exc.CompileError(
            f"{type(element).__name__} is Redshift's SQL and cannot be written for the dialect {name!r}"
        )
