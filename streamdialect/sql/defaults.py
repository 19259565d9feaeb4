"""DEFAULT of a column: its expression translated, in the form of the column's type."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamdialect.model import Resolver, StoredColumn
from streamdialect.sql import query  # noqa: F401 - fills the tables of functions
from streamdialect.sql.assignments import assigned, column_type
from streamdialect.sql.compiler import Compiler, Frame
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.scan import words
from streamdialect.sql.settings import Settings
from streamdialect.sql.values import text_literal

__all__ = ["compile_default"]

_PREFIX = "SELECT "
_CONSTANT = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|X?'(?:[^']|'')*'|NULL")
# What a reflection can take for what was written, though it is spelt as the type has it.
_WRITTEN_CONSTANT = re.compile(rf"[-+]?\d*\.?\d*(?:e[-+]?\d+)?|true|false|{_CONSTANT.pattern}", re.IGNORECASE)


def compile_default(
    text: str,
    start: int,
    end: int,
    column: StoredColumn,
    resolver: Resolver,
    settings: Settings,
    evaluate: Callable[[str], object] | None = None,
) -> str:
    """Translate the expression of a DEFAULT; give a constant, or SQL in parentheses after what was written.

    ``evaluate`` computes SQL that means the same at any time, so that any program can write to the table.
    Raise NotSupportedError or ProgrammingError with the place in the whole statement.
    """
    offset = start - len(_PREFIX)
    tree = parse_query(f"{_PREFIX}{text[start:end]}", text, offset)
    compiler = Compiler(resolver, settings, text, offset)
    if len(tree.expressions) != 1 or tree.args.get("from_") or tree.args.get("from"):
        raise compiler.wrong("DEFAULT needs one expression", tree)
    node = tree.expressions[0]
    compiler.frame = Frame(aggregates_allowed="DEFAULT")
    value = compiler.value(node)
    if compiler.positional or compiler.named:
        raise compiler.wrong("DEFAULT cannot have parameters", node)
    if isinstance(value.literal, (bool, int)):
        kind = column_type(column, settings)
        if kind is not None and kind.name == "BOOLEAN":
            return str(int(bool(value.literal)))
    sql = assigned(compiler, value, column, node)
    if evaluate is not None and not compiler.volatile and not _CONSTANT.fullmatch(sql):
        sql = _constant(evaluate(sql))
    written = _bare(text[start:end])
    if _CONSTANT.fullmatch(sql) and (_WRITTEN_CONSTANT.fullmatch(written) or "*/" in written):
        return sql
    return f"({sql})" if "*/" in written else f"(/* {written} */ {sql})"


def _bare(written: str) -> str:
    """Take off the parentheses around a whole expression."""
    found = list(words(written))
    while len(found) > 2 and found[0].kind == "open" and found[-1].kind == "close":
        if any(word.kind == "close" and word.depth == found[0].depth for word in found[:-1]):
            break
        found = found[1:-1]
    return written[found[0].offset : found[-1].offset + len(found[-1].text)] if found else written


def _constant(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return text_literal(value) if isinstance(value, str) else repr(value)
