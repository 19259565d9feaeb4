"""The rows of an INSERT: VALUES, DEFAULT, or a query, each value converted to its column's type.

Source: ``r_INSERT_30``, ``c_Examples_of_INSERT_30``.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from streamdialect.identifiers import quote_identifier
from streamdialect.model import StoredColumn
from streamdialect.sql.assignments import assigned
from streamdialect.sql.compiler import Compiler, Frame
from streamdialect.sql.nodes import Node
from streamdialect.sql.query import subquery
from streamdialect.sql.targets import Target, default_of, is_default
from streamdialect.sql.values import Value, text_literal

__all__ = ["insert_rows", "insert_selected"]

_ROWS = '"_sd_rows"'


def insert_rows(
    compiler: Compiler, target: Target, names: list[Node] | None, node: Node, followed: bool
) -> str:
    """Compile what follows the table of an INSERT: the columns and their rows.

    ``followed`` says that ON CONFLICT comes next, which SQLite would take for a join's ON.
    """
    if names is None:
        columns = [column for column in target.relation.stored if column.implicit]
    else:
        columns = [target.column(compiler, name) for name in names]
        if len({column.name for column in columns}) != len(columns):
            raise compiler.wrong("a column is listed more than once", node)
    rows = node.args.get("expression")
    if node.args.get("default"):
        identity = _identity(target, [])
        return (
            f"{_listed(identity)} VALUES ({_next(target, identity[0], '0')})"
            if identity
            else " DEFAULT VALUES"
        )
    if isinstance(rows, exp.Values):
        return _values(compiler, target, columns, rows, names is not None)
    if rows is None:
        raise compiler.wrong("INSERT needs VALUES or a query", node)
    return _query(compiler, target, columns, rows, names is not None, followed)


def insert_selected(
    compiler: Compiler,
    target: Target,
    columns: list[StoredColumn],
    cells: Sequence[tuple[Value | None, Node]],
) -> str:
    """Compile ``(columns) SELECT values`` of an insertion whose FROM follows; DEFAULT may stand for a value.

    A cell is a value and where it stands, or a node that is compiled in the current frame.
    """
    parts = []
    for column, (value, node) in zip(columns, cells, strict=True):
        if value is None and is_default(node):
            parts.append(default_of(column) if column.identity is None else _numbered(target, column))
            continue
        _check_identity(compiler, column, node)
        parts.append(assigned(compiler, value or compiler.value(node), column, node))
    identity = _identity(target, columns)
    parts += [_numbered(target, column) for column in identity]
    return f"{_listed([*columns, *identity])} SELECT {', '.join(parts)}"


def _numbered(target: Target, column: StoredColumn) -> str:
    return _next(target, column, "row_number() OVER () - 1")


def _listed(columns: list[StoredColumn]) -> str:
    return f" ({', '.join(quote_identifier(column.name) for column in columns)})"


def _identity(target: Target, given: list[StoredColumn]) -> list[StoredColumn]:
    """Find the IDENTITY column that the statement leaves to the table."""
    return [
        column for column in target.relation.stored if column.identity is not None and column not in given
    ]


def _next(target: Target, column: StoredColumn, number: str) -> str:
    """Give the value of an IDENTITY column in one row of the statement; ``number`` counts them from 0.

    The column is SQLite's AUTOINCREMENT key: what it has given out stays in sqlite_sequence.
    """
    identity = column.identity
    assert identity is not None
    database = quote_identifier(target.relation.database)
    last = f"SELECT seq FROM {database}.sqlite_sequence WHERE name = {text_literal(target.relation.name)}"
    return f"(coalesce(({last}) + {identity.step}, {identity.seed}) + {identity.step} * ({number}))"


def _count(
    compiler: Compiler, columns: list[StoredColumn], count: int, explicit: bool, node: Node
) -> list[StoredColumn]:
    """Match the columns with the number of values; values may be fewer where no column is listed."""
    if count > len(columns):
        raise compiler.wrong("INSERT has more expressions than target columns", node)
    if explicit and count < len(columns):
        raise compiler.wrong("INSERT has more target columns than expressions", node)
    return columns[:count]


def _check_identity(compiler: Compiler, column: StoredColumn, node: Node) -> None:
    if column.identity is not None:
        raise compiler.wrong(f'cannot set identity column "{column.name}" to a value', node)


# --- VALUES ---------------------------------------------------------------------------------------


def _values(
    compiler: Compiler, target: Target, columns: list[StoredColumn], node: exp.Values, explicit: bool
) -> str:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    if len({len(row) for row in rows}) != 1:
        raise compiler.wrong("VALUES lists must all be the same length", node)
    columns = _count(compiler, columns, len(rows[0]), explicit, node)
    if len(rows) > 1 and compiler.settings.compat and node.find(exp.Select):
        raise compiler.wrong("can't use subqueries in multi-row VALUES", node)
    left_out = [index for index in range(len(columns)) if all(is_default(row[index]) for row in rows)]
    if len(left_out) == len(columns):  # SQLite cannot say so for several rows
        left_out = []
    kept = [index for index in range(len(columns)) if index not in left_out]
    written = [columns[index] for index in kept]
    identity = _identity(target, written)
    compiler.frame = Frame(aggregates_allowed="VALUES")
    parts = []
    for number, row in enumerate(rows):
        cells = [_cell(compiler, target, columns[index], row[index], number) for index in kept]
        cells += [_next(target, column, str(number)) for column in identity]
        parts.append(f"({', '.join(cells)})")
    return f"{_listed([*written, *identity])} VALUES {', '.join(parts)}"


def _cell(compiler: Compiler, target: Target, column: StoredColumn, node: Node, number: int) -> str:
    if is_default(node):
        return default_of(column) if column.identity is None else _next(target, column, str(number))
    _check_identity(compiler, column, node)
    return assigned(compiler, compiler.value(node), column, node)


# --- queries --------------------------------------------------------------------------------------


def _query(
    compiler: Compiler,
    target: Target,
    columns: list[StoredColumn],
    node: Node,
    explicit: bool,
    followed: bool,
) -> str:
    compiler.frame = Frame()
    volatile = len(compiler.volatile)
    sql, found = subquery(compiler, node, correlated=False)
    columns = _count(compiler, columns, len(found), explicit, node)
    for column in columns:
        _check_identity(compiler, column, node)
    literals = _literals(node, len(found))
    names = [f'"c{index + 1}"' for index in range(len(found))]
    converted = [
        assigned(compiler, Value(name, part.type), column, node, literal=literal)
        for name, part, column, literal in zip(names, found, columns, literals, strict=True)
    ]
    identity = _identity(target, columns)
    converted += [_numbered(target, column) for column in identity]
    heading = _listed([*columns, *identity])
    if converted == names:
        return f"{heading} SELECT * FROM ({sql}) WHERE 1" if followed else f"{heading} {sql}"
    # A volatile function must not be called again for each mention of its column.
    once = "AS MATERIALIZED" if len(compiler.volatile) > volatile else "AS"
    end = " WHERE 1" if followed else ""
    return (
        f"{heading} WITH {_ROWS}({', '.join(names)}) {once} ({sql})"
        f" SELECT {', '.join(converted)} FROM {_ROWS}{end}"
    )


def _literals(node: Node, width: int) -> list[bool]:
    """Tell which columns of a query are text literals in all its parts: those have no type yet."""
    while isinstance(node, exp.Subquery):
        node = node.this
    if isinstance(node, exp.SetOperation):
        both = zip(_literals(node.this, width), _literals(node.expression, width), strict=True)
        return [left and right for left, right in both]
    items = node.expressions if isinstance(node, exp.Select) else []
    if len(items) != width:
        return [False] * width
    return [_is_text(item.this if isinstance(item, exp.Alias) else item) for item in items]


def _is_text(node: Node) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(node, exp.Literal) and bool(node.is_string)
