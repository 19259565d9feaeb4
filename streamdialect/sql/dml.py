"""INSERT, UPDATE and DELETE of local tables, with SQLite's own upsert and RETURNING.

Source: ``r_INSERT_30``, ``r_UPDATE``, ``r_DELETE``; SQLite's manual for INSERT OR, ON CONFLICT and RETURNING.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, Model, Resolver, StoredColumn
from streamdialect.sql import relations
from streamdialect.sql.assignments import assigned
from streamdialect.sql.compiler import Compiler, Frame, check_parts
from streamdialect.sql.dialect import parse_query
from streamdialect.sql.inserted import insert_rows
from streamdialect.sql.literals import Literals, positional_parameters, with_literals
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import condition
from streamdialect.sql.query import NO_PARAMETERS, refuse_intervals, with_clause
from streamdialect.sql.scan import main_verb
from streamdialect.sql.selects import select_parts
from streamdialect.sql.settings import Settings
from streamdialect.sql.targets import Target, default_of, is_default, resolve_target
from streamdialect.types import RedshiftType

__all__ = ["CompiledChange", "change_tree", "compile_change", "set_columns"]

_ALTERNATIVES = frozenset({"ROLLBACK", "ABORT", "REPLACE", "FAIL", "IGNORE"})
_INSERT_PARTS = frozenset(
    {"this", "expression", "conflict", "returning", "default", "alternative", "with", "with_"}
)
_UPDATE_PARTS = frozenset({"this", "expressions", "from", "from_", "where", "returning", "with", "with_"})
_DELETE_PARTS = frozenset({"this", "tables", "using", "where", "returning", "with", "with_"})


class CompiledChange(Model, frozen=True, kw_only=True):
    """Be a translated INSERT, UPDATE or DELETE.

    The fields are those of ``query.CompiledQuery``; ``columns`` is None without RETURNING.
    """

    sql: str
    columns: tuple[Column, ...] | None
    positional: int
    bound: int
    named: tuple[str, ...]
    relations: tuple[str, ...]


class _Spelling(Struct):
    """Take out of a statement's tokens what sqlglot does not read: REPLACE INTO, and UPDATE OR."""

    alternative: str = ""

    def rewrite(self, tokens: list[Token]) -> list[Token]:
        depth = 0
        for index, token in enumerate(tokens):
            depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
            word = token.text.upper()
            if depth or word not in ("INSERT", "REPLACE", "UPDATE", "DELETE"):
                continue
            following = [other.text.upper() for other in tokens[index + 1 : index + 3]]
            if word == "REPLACE":
                self.alternative = "REPLACE"
                insert = Token(TokenType.INSERT, "INSERT", token.line, token.col, token.start, token.end)
                return [*tokens[:index], insert, *tokens[index + 1 :]]
            if (
                word == "UPDATE"
                and following[:1] == ["OR"]
                and following[1:]
                and following[1] in _ALTERNATIVES
            ):
                self.alternative = following[1]
                return [*tokens[: index + 1], *tokens[index + 3 :]]
            break
        return tokens


def change_tree(text: str) -> Node:
    """Parse an INSERT, UPDATE or DELETE without looking into it."""
    spelling = _Spelling()
    tree = parse_query(text, rewrite=spelling.rewrite)
    tree.meta["spelling"] = spelling.alternative
    return tree


def compile_change(
    text: str,
    resolver: Resolver,
    settings: Settings,
    literals: Literals | None = None,
    *,
    parameters: Mapping[str, RedshiftType] = NO_PARAMETERS,
) -> CompiledChange:
    """Translate an INSERT, UPDATE or DELETE of a local table.

    ``literals`` and ``parameters`` are as for ``compile_query``.

    What sqlglot does not read is a syntax error, never handed to SQLite as it is.
    """
    spelling = _Spelling()
    tree = parse_query(text, rewrite=spelling.rewrite)
    compiler = Compiler(resolver, settings, text)
    compiler.parameters = parameters
    positional = 0
    if literals is not None:
        positional = positional_parameters(tree)
        tree = with_literals(tree, literals, parameters)
    build = _BUILDERS.get(type(tree))
    if build is None:
        raise compiler.unsupported(f"{main_verb(text)} of this form", tree)
    returned: list[tuple[Column, ...]] = []

    def whole(compiler: Compiler, node: Node) -> tuple[str, tuple[Column, ...]]:
        sql, found = build(compiler, node, spelling.alternative)
        if found is not None:
            returned.append(found)
        return sql, ()

    try:
        sql, _ = with_clause(compiler, tree, whole)
    except RecursionError:
        raise NotSupportedError("the statement is nested too deeply") from None
    refuse_intervals(sql)
    if compiler.positional and f"?{compiler.positional}" not in sql:
        raise NotSupportedError(f"parameter {compiler.positional} has no effect on the result")
    return CompiledChange(
        sql=sql,
        columns=returned[0] if returned else None,
        positional=max(compiler.positional, positional),
        bound=compiler.positional,
        named=tuple(compiler.named),
        relations=tuple(compiler.relations),
    )


Built = tuple[str, tuple[Column, ...] | None]


def _insert(compiler: Compiler, node: Node, alternative: str) -> Built:
    check_parts(compiler, node, _INSERT_PARTS)
    table, names = node.this, None
    if isinstance(table, exp.Schema):
        table, names = table.this, list(table.expressions)
    target = resolve_target(compiler, table, "INSERT")
    alternative = alternative or str(node.args.get("alternative") or "").upper()
    conflict = node.args.get("conflict")
    rows = insert_rows(compiler, target, names, node, conflict is not None)
    verb = f"INSERT OR {alternative}" if alternative else "INSERT"
    sql = f"{verb} INTO {target.sql}{rows}"
    if conflict is not None:
        sql += _on_conflict(compiler, target, conflict)
    returning, found = _returning(compiler, target, node)
    return sql + returning, found


def _update(compiler: Compiler, node: Node, alternative: str) -> Built:
    check_parts(compiler, node, _UPDATE_PARTS)
    target = resolve_target(compiler, node.this, "UPDATE")
    compiler.frame = Frame(sources=[target.source])
    from_sql = (
        relations.from_clause(compiler, node) if node.args.get("from_") or node.args.get("from") else ""
    )
    changes = set_columns(compiler, target, node.expressions)
    where = _where(compiler, node)
    where = _same_table(compiler, target, node, [from_sql, changes, where], where)
    verb = f"UPDATE OR {alternative}" if alternative else "UPDATE"
    sql = f"{verb} {target.sql} SET {changes}{from_sql}{f' WHERE {where}' if where else ''}"
    returning, found = _returning(compiler, target, node)
    return sql + returning, found


def _delete(compiler: Compiler, node: Node, alternative: str) -> Built:
    check_parts(compiler, node, _DELETE_PARTS)
    tables = node.args.get("tables") or [node.this]
    if len(tables) != 1 or not isinstance(tables[0], exp.Table):
        raise compiler.unsupported("DELETE of this form", node)
    target = resolve_target(compiler, tables[0], "DELETE")
    compiler.frame = Frame(sources=[target.source])
    using = ""
    if node.args.get("using"):
        listed = exp.Select()
        listed.set("from_", exp.From(this=node.args["using"][0]))
        listed.set("joins", [exp.Join(this=table) for table in node.args["using"][1:]])
        using = relations.from_clause(compiler, listed)
    where = _where(compiler, node)
    if using:
        # A row is deleted once, however many of the other tables' rows it meets.
        where = f"EXISTS (SELECT 1{using}{f' WHERE {where}' if where else ''})"
    sql = f"DELETE FROM {target.sql}{f' WHERE {where}' if where else ''}"
    returning, found = _returning(compiler, target, node)
    return sql + returning, found


_BUILDERS: dict[type, Callable[[Compiler, Node, str], Built]] = {
    exp.Insert: _insert,
    exp.Update: _update,
    exp.Delete: _delete,
}


# --- their parts ----------------------------------------------------------------------------------


def _where(compiler: Compiler, node: Node) -> str:
    where = node.args.get("where")
    if where is None:
        return ""
    compiler.frame.aggregates_allowed = "WHERE"
    try:
        with compiler.maybe():
            return condition(compiler, where.this, "WHERE")
    finally:
        compiler.frame.aggregates_allowed = None


def set_columns(compiler: Compiler, target: Target, nodes: list[Node]) -> str:
    """Compile the ``column = expression, ...`` of SET in the current frame."""
    pairs: list[tuple[Node, Node]] = []
    for node in nodes:
        if not isinstance(node, exp.EQ):
            raise compiler.wrong("SET takes column = expression", node)
        left, right = node.this, node.expression
        if isinstance(left, (exp.Tuple, exp.Paren)):
            names = left.expressions if isinstance(left, exp.Tuple) else [left.this]
            values = right.expressions if isinstance(right, exp.Tuple) else [right]
            if len(names) != len(values) or isinstance(right, exp.Subquery):
                raise compiler.unsupported("SET of several columns to the result of one query", node)
            pairs += zip(names, values, strict=True)
        else:
            pairs.append((left, right))
    compiler.frame.aggregates_allowed = "UPDATE"
    seen: set[str] = set()
    parts = []
    for name, value in pairs:
        column = _set_column(compiler, target, name)
        if column.name in seen:
            raise compiler.wrong(f'multiple assignments to same column "{column.name}"', name)
        seen.add(column.name)
        default = is_default(value)
        sql = default_of(column) if default else assigned(compiler, compiler.value(value), column, value)
        parts.append(f"{quote_identifier(column.name)} = {sql}")
    compiler.frame.aggregates_allowed = None
    return ", ".join(parts)


def _set_column(compiler: Compiler, target: Target, node: Node) -> StoredColumn:
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
        raise compiler.unsupported(
            "SET of anything but a column", node, hint="SUPER values are set as a whole."
        )
    qualifier = node.args.get("table")
    if qualifier is not None:
        raise compiler.wrong(
            f'SET takes the name of a column alone, not "{qualifier.name.lower()}.{node.name.lower()}"',
            node,
            hint="SUPER values are set as a whole.",
        )
    column = target.column(compiler, node.this)
    if column.identity is not None:
        raise compiler.wrong(f'cannot set identity column "{column.name}" to a value', node)
    return column


def _same_table(compiler: Compiler, target: Target, node: Node, parts: list[str], where: str) -> str:
    """Make a target that stands in FROM under another name the target itself, as Redshift does.

    That is so where nothing refers to the target by its own name (``c_Examples_of_UPDATE_statements``).
    """
    outer = any(join.args.get("side") for join in _joins(node))
    if outer and compiler.settings.compat:
        raise compiler.wrong("Target table must be part of an equijoin predicate", node)
    again = [
        source
        for source in compiler.frame.sources[1:]
        if source.relation is not None and source.relation.source == target.relation.source
    ]
    own = f"{quote_identifier(target.source.name)}."
    if not again or any(own in part for part in parts):
        return where
    if len(again) > 1 or outer:
        raise compiler.wrong("Target table must be part of an equijoin predicate", node)
    same = f"{own}rowid = {quote_identifier(again[0].name)}.rowid"
    return f"{same} AND ({where})" if where else same


def _joins(node: Node) -> list[Node]:
    """Give the joins of a FROM clause itself, not those of the queries in it."""
    clause = node.args.get("from_") or node.args.get("from")
    found = list(node.args.get("joins") or [])
    return found if clause is None else [*found, *(clause.this.args.get("joins") or [])]


def _on_conflict(compiler: Compiler, target: Target, node: Node) -> str:
    """Compile SQLite's ON CONFLICT; in it the row that was to be inserted is ``excluded``."""
    check_parts(
        compiler, node, frozenset({"expressions", "action", "conflict_keys", "index_predicate", "where"})
    )
    compiler.frame = Frame(sources=[target.plain()])
    sql = " ON CONFLICT"
    keys = node.args.get("conflict_keys") or []
    if keys:
        listed = [_conflict_key(compiler, key) for key in keys]
        sql += f" ({', '.join(listed)})"
    predicate = node.args.get("index_predicate")
    if predicate is not None:
        sql += f" WHERE {condition(compiler, predicate.this, 'ON CONFLICT')}"
    action = str(node.args.get("action") or "").upper()
    if action == "DO NOTHING":
        return f"{sql} DO NOTHING"
    if action != "DO UPDATE":
        raise compiler.unsupported(f"ON CONFLICT {action}", node)
    compiler.frame = Frame(sources=[target.source, target.under("excluded")])
    # A name without a qualifier means the row in the table, never the one that is excluded.
    compiler.frame.sources[1].merged.update(column.name.lower() for column in target.source.columns)
    changes = set_columns(compiler, target, node.expressions)
    sql += f" DO UPDATE SET {changes}"
    where = node.args.get("where")
    return f"{sql} WHERE {condition(compiler, where.this, 'WHERE')}" if where is not None else sql


def _conflict_key(compiler: Compiler, node: Node) -> str:
    """Compile a column or an expression that an index is on, as releases of sqlglot read it."""
    if isinstance(node, exp.Ordered):
        node = node.this
    return compiler.value(exp.Column(this=node) if isinstance(node, exp.Identifier) else node).sql


def _returning(compiler: Compiler, target: Target, node: Node) -> tuple[str, tuple[Column, ...] | None]:
    """Compile SQLite's RETURNING, which sees the changed row only, by names without a qualifier."""
    clause = node.args.get("returning")
    if clause is None:
        return "", None
    check_parts(compiler, clause, frozenset({"expressions"}))
    compiler.frame = Frame(sources=[target.plain()])
    parts = select_parts(compiler, exp.Select(expressions=clause.expressions), source="")
    if parts.grouped or any(item.find(exp.Window, exp.Select) for item in clause.expressions):
        raise compiler.unsupported("RETURNING with aggregates, window functions or subqueries", clause)
    listed = [
        f"{output.value.exact or output.value.sql} AS {quote_identifier(output.name)}"
        for output in parts.outputs
    ]
    found = tuple(Column(name=output.name, type=output.value.type) for output in parts.outputs)
    return f" RETURNING {', '.join(listed)}", found
