"""The tables of functions: what may be called, with how many arguments, what becomes of it, what the manual says.

A function that is not in the table is refused by name. The other modules of functions add to it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from sqlglot import exp

from streamdialect import types
from streamdialect.sql.casts import cast
from streamdialect.sql.compiler import Compiler, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import Value, checked

__all__ = [
    "DYNAMIC",
    "FUNCTIONS",
    "MANUAL",
    "MANY",
    "Build",
    "Example",
    "Function",
    "Manual",
    "call",
    "function",
    "manual",
    "number",
]

Build = Callable[[Compiler, list[Node], Node], Value]
MANY = 1000
Example = tuple[str, str]


class Manual(Struct, frozen=True):
    """Be the entry of a function in docs/reference/functions.md, and a test of it.

    ``group`` is the module that defines it. ``signature`` shows the call with its parameters, ``returns`` the
    type rule. ``page`` is the page of Redshift's guide that it follows, None for SQLite's own. ``example`` is
    an expression and what it gives, as the driver's value is written in the corpus of tests.
    """

    name: str
    group: str
    signature: str
    returns: str
    doc: str
    page: str | None
    example: Example


class Function(Struct, frozen=True):
    """Describe a function that queries may call.

    ``volatile`` functions give another value each time (refused in materialized views). ``native`` ones
    are SQLite's own and keep SQLite's meaning; Redshift has none of that name. ``heading`` is the name of
    an unaliased result column.
    """

    name: str
    least: int
    most: int
    build: Build
    heading: str
    volatile: bool = False
    native: bool = False


FUNCTIONS: dict[str, Function] = {}
# What becomes of a function whose first argument is SUPER, where that is something of its own.
DYNAMIC: dict[str, Build] = {}
# Scalar functions, aggregates, window functions and those with a syntax of their own.
MANUAL: dict[str, Manual] = {}


def manual(
    name: str, group: str, signature: str, returns: str, doc: str, page: str | None, example: Example
) -> None:
    """Document a function, whatever table it is in."""
    MANUAL[name] = Manual(name, group.rpartition(".")[2], signature, returns, doc, page, example)


def function(
    name: str,
    least: int,
    most: int,
    doc: str,
    *,
    heading: str | None = None,
    volatile: bool = False,
    native: bool = False,
    signature: str = "",
    returns: str = "",
    page: str | None = None,
    example: Example | None = None,
) -> Callable[[Build], Build]:
    """Add a function to the table and to the manual."""

    def register(build: Build) -> Build:
        FUNCTIONS[name] = Function(name, least, most, build, heading or name.lower(), volatile, native)
        if example is not None:
            manual(name, build.__module__, signature, returns, doc, page, example)
        return build

    return register


def call(compiler: Compiler, name: str, arguments: list[Node], node: Node) -> Value:
    """Compile a call by name; raise NotSupportedError for a function that is not in the table."""
    entry = FUNCTIONS.get(name.upper())
    if entry is None:
        raise compiler.unsupported(f"the function {name.lower()}", node)
    if not entry.least <= len(arguments) <= entry.most:
        wanted = str(entry.least) if entry.least == entry.most else f"{entry.least} to {entry.most}"
        if entry.most >= MANY:
            wanted = f"at least {entry.least}"
        raise compiler.wrong(f"function {name.lower()} takes {wanted} arguments, not {len(arguments)}", node)
    for argument in arguments:
        if isinstance(
            argument, (exp.Star, exp.Distinct, exp.Order, exp.Kwarg, exp.IgnoreNulls, exp.RespectNulls)
        ):
            raise compiler.wrong(f"{type(argument).__name__.upper()} is not allowed in {name.lower()}", node)
    if entry.volatile:
        compiler.volatile.append(name.lower())
    dynamic = DYNAMIC.get(name.upper())
    if dynamic is not None and compiler.value(arguments[0]).type.name == "SUPER":
        return dynamic(compiler, arguments, node)
    return entry.build(compiler, arguments, node)


@handles(exp.Anonymous, "this", "expressions")
def _anonymous(compiler: Compiler, node: exp.Anonymous) -> Value:
    from streamdialect.sql import aggregates

    name = str(node.this)
    if aggregates.is_aggregate(node):
        return aggregates.aggregate(compiler, node)
    return call(compiler, name, node.expressions, node)


def number(compiler: Compiler, node: Node, name: str) -> Value:
    """Compile an argument that must be a number; text literals and SUPER are read as DOUBLE PRECISION."""
    value = checked(compiler.value(node))
    if value.type.is_numeric or value.type.name == "UNKNOWN":
        return value
    if value.type.name == "SUPER" or isinstance(value.literal, str):
        return cast(value, types.DOUBLE)
    raise compiler.wrong(f"function {name.lower()}({str(value.type).lower()}) does not exist", node)
