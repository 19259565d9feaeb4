"""Columns and SUPER paths: from ``a``, ``t.a``, ``t.a.b[0].c`` to the relation they belong to."""

from __future__ import annotations

import json

from msgspec.structs import replace
from sqlglot import exp

from streamdialect import types
from streamdialect.sql.compiler import Compiler, Frame, Source, SourceColumn, handles
from streamdialect.sql.nodes import Node
from streamdialect.sql.values import JsonPath, Value, boolean, text_literal

__all__ = ["escaped", "extend_path", "path_key", "path_step", "super_value"]

Part = exp.Identifier | Node
# Keywords that read like columns; a column of that name must be quoted.
NILADIC = frozenset(
    {
        "current_date",
        "current_timestamp",
        "sysdate",
        "current_time",
        "localtimestamp",
        "current_user",
        "current_user_id",
        "user",
        "session_user",
    }
)


@handles(exp.Column, "this", "table", "db", "catalog")
def _column(compiler: Compiler, node: exp.Column) -> Value:
    if isinstance(node.this, exp.Star):
        raise compiler.wrong("* is only allowed as an item of a select list", node)
    place = node.meta.get("place")
    if place is not None:  # a column that "*" stands for
        source = compiler.frame.sources[place[0]]
        column = source.columns[place[1]]
        value = _column_value(compiler, source, column)
        compiler.check_grouped(column, source, value, node)
        return value
    name = node.this.name
    if name[:1] in "?:" and len(name) > 1 and not node.this.args.get("quoted") and not node.args.get("table"):
        return _parameter(compiler, name)
    return _resolve(compiler, _parts(node), node)


def _parameter(compiler: Compiler, name: str) -> Value:
    if name.startswith("?"):
        compiler.positional = max(compiler.positional, int(name[1:]))
    else:
        compiler.named[name[1:]] = None
    return Value(name, compiler.parameters.get(name, types.UNKNOWN))


@handles(exp.Dot, "this", "expression")
def _dot(compiler: Compiler, node: exp.Dot) -> Value:
    if isinstance(node.expression, (exp.Anonymous, exp.Func)):
        raise compiler.unsupported(f"the function {node.sql(dialect='redshift')}", node)
    return _resolve(compiler, _parts(node), node)


@handles(exp.Bracket, "this", "expressions")
def _bracket(compiler: Compiler, node: exp.Bracket) -> Value:
    return _resolve(compiler, _parts(node), node)


def _parts(node: Node) -> list[Part]:
    """Flatten a path; its head may be any expression."""
    if isinstance(node, exp.Column):
        return [
            part for key in ("catalog", "db", "table", "this") if (part := node.args.get(key)) is not None
        ]
    if isinstance(node, exp.Dot):
        return [*_parts(node.this), node.expression]
    if isinstance(node, exp.Bracket):
        return [*_parts(node.this), *node.expressions]
    return [node]


def _resolve(compiler: Compiler, parts: list[Part], node: Node) -> Value:
    head = parts[0]
    if not isinstance(head, exp.Identifier):
        value = compiler.value(head)
        return _navigate(compiler, value, parts[1:], node)
    found = _find_column(compiler, parts, node)
    if found is not None:
        source, column, used = found
        value = _column_value(compiler, source, column)
        if parts[used:]:
            value = _navigate(compiler, _root(value, column), parts[used:], node)
        compiler.check_grouped(column, source, value, node)
        return value
    name, quoted = head.name, bool(head.args.get("quoted"))
    if not quoted and len(parts) == 1 and name.lower() in NILADIC:
        from streamdialect.sql.functions import call

        return call(compiler, name.lower(), [], node)
    alias = _alias(compiler, name)
    if alias is not None:
        return _navigate(compiler, alias, parts[1:], node)
    raise compiler.undefined(_missing(compiler, parts), node)


def _missing(compiler: Compiler, parts: list[Part]) -> str:
    names = [part.name for part in parts if isinstance(part, exp.Identifier)]
    name = names[0].lower()
    sources = compiler.frame.sources
    if len(names) > 1:
        for source in sources:
            if source.name.lower() == name:
                return f'column "{names[1].lower()}" does not exist in {source.name}'
        return f'relation "{name}" does not exist in the FROM clause: {".".join(names).lower()}'
    if len(sources) == 1 and not sources[0].name.startswith("_sd_"):
        return f'column "{name}" does not exist in {sources[0].name}'
    return f'column "{name}" does not exist'


def _column_value(compiler: Compiler, source: Source, column: SourceColumn) -> Value:
    if column.type.name == "SUPER":
        return Value(column.sql, column.type, json=JsonPath(column.sql, "'$'"))
    return Value(column.sql, column.type)


def _root(value: Value, column: SourceColumn) -> Value:
    """Give a column as the start of a path."""
    return value if column.document is None else replace(value, json=JsonPath(column.document, "'$'"))


def _find_column(
    compiler: Compiler, parts: list[Part], node: Node
) -> tuple[Source, SourceColumn, int] | None:
    """Find the column that the first parts name, and how many parts it took."""
    names = [part for part in parts if isinstance(part, exp.Identifier)]
    frame: Frame | None = compiler.frame
    while frame is not None:
        found = _in_frame(compiler, frame, names, len(parts), node)
        if found is not None:
            if frame.collect is not None and not frame.aggregating and frame is not compiler.frame:
                raise compiler.unsupported("a correlated subquery beside an aggregation extension", node)
            return found
        frame = frame.parent
    return None


def _in_frame(
    compiler: Compiler, frame: Frame, names: list[exp.Identifier], count: int, node: Node
) -> tuple[Source, SourceColumn, int] | None:
    head = names[0]
    if len(names) > 2 and head.name.lower() in ("public", "main"):
        found = _in_frame(compiler, frame, names[1:], count - 1, node)
        if found is not None and (found[0].relation is None or not found[0].relation.is_attached):
            return found[0], found[1], found[2] + 1
    if len(names) > 1:
        for source in frame.sources:
            if source.name.lower() == head.name.lower():
                if source.variable:
                    return source, source.columns[0], 1
                column = _find(compiler, source, names[1], node)
                if column is not None:
                    return source, column, 2
        # schema."stream".column, and schema.table.column of an attached file
        for source in frame.sources:
            relation = source.relation
            if (
                relation is not None
                and len(names) > 2
                and head.name.lower() in (relation.stream and relation.stream.schema_name, relation.database)
                and source.name.lower() == names[1].name.lower()
            ):
                column = source.find(names[2].name, bool(names[2].args.get("quoted")))
                if column is not None:
                    return source, column, 3
    merged = frame.coalesced.get(head.name.lower())
    if merged is not None:
        return *merged, 1
    matches = [
        (source, column)
        for source in frame.sources
        if (column := _find(compiler, source, head, node)) is not None
        and column.name.lower() not in source.merged
    ]
    if len(matches) > 1:
        raise compiler.wrong(f'column reference "{head.name.lower()}" is ambiguous', node)
    if not matches:
        return None
    if count > 1 and frame.parent is not None and matches[0][1].type.name not in ("SUPER", "UNKNOWN"):
        return None  # nothing can be navigated to: t.a is a relation's of a query around this one
    return matches[0][0], matches[0][1], 1


def _find(compiler: Compiler, source: Source, name: exp.Identifier, node: Node) -> SourceColumn | None:
    quoted = bool(name.args.get("quoted"))
    if source.is_ambiguous(name.name, quoted) and name.name.lower() not in source.merged:
        raise compiler.wrong(f'column reference "{name.name.lower()}" is ambiguous', node)
    return source.find(name.name, quoted)


def _alias(compiler: Compiler, name: str) -> Value | None:
    """Compile the select-list expression that an alias stands for."""
    frame = compiler.frame
    folded = name.lower()
    expression = frame.aliases.get(folded)
    if expression is None or folded in frame.open_aliases:
        return None
    if folded in frame.ambiguous_aliases:
        raise compiler.wrong(f'column reference "{folded}" is ambiguous', expression)
    frame.open_aliases.add(folded)
    try:
        return compiler.value(expression)
    finally:
        frame.open_aliases.discard(folded)


def path_step(compiler: Compiler, part: Part, node: Node) -> str:
    """Write one step of a path in SQLite's notation."""
    if isinstance(part, exp.Identifier):
        return path_key(compiler.settings.attribute(part.name, bool(part.args.get("quoted"))))
    if isinstance(part, exp.Literal) and not part.is_string and part.name.isdecimal():
        return f"[{int(part.name)}]"
    if isinstance(part, exp.Literal) and part.is_string:
        return path_key(compiler.settings.attribute(part.name, True))
    raise compiler.unsupported("an index of a SUPER array that is not a number", node)


def path_key(name: str) -> str:
    """Write an object's key in SQLite's notation, which is that of a JSON string."""
    return f".{json.dumps(name, ensure_ascii=False)}"


def extend_path(path: JsonPath, steps: str) -> JsonPath:
    """Go further down a path."""
    return replace(path, path=text_literal("$" + path.path[2:-1].replace("''", "'") + steps))


def super_value(path: JsonPath) -> Value:
    """Make the SUPER value at a path; JSON null is NULL, as in navigation (``query-super``)."""
    taken = path.take("->")
    if path.unparsed:
        # An escape may stand for a character that SUPER holds as itself.
        repaired = f"streamdialect_json_repair({taken}, 1, 1)"
        taken = f"CASE WHEN {escaped(path.document)} THEN {repaired} ELSE {taken} END"
    return Value(f"nullif({taken}, 'null')", types.SUPER, json=path)


def escaped(document: str) -> str:
    """Write the test whether JSON text may have escapes that SUPER does not keep."""
    # GLOB finds a character much faster than instr does.
    return f"({document} GLOB '*\\u*' OR {document} GLOB '*\\/*')"


def _strict(path: JsonPath) -> JsonPath:
    """Have a path raise where nothing is at its end (``navigate_super_null_on_error`` off)."""
    here = f"(json_type({path.document}, {path.path}) IS NOT NULL OR {path.document} IS NULL)"
    fail = f"streamdialect_fail({path.document}, {text_literal(_MISSING + path.path[1:-1])})"
    if path.guard is None:
        return replace(path, guard=here, complaint=fail)
    # Not json_type of text that is no JSON: that would be SQLite's error, not Redshift's.
    first = f"CASE WHEN {path.guard} THEN"
    return replace(
        path, guard=f"{first} {here} ELSE 0 END", complaint=f"{first} {fail} ELSE {path.complaint} END"
    )


_MISSING = "navigation into SUPER failed: there is nothing at "


def _navigate(compiler: Compiler, value: Value, parts: list[Part], node: Node) -> Value:
    if not parts:
        return value
    if value.type.name == "UNKNOWN":
        value = replace(value, json=JsonPath(value.sql, "'$'"))
    elif value.type.name != "SUPER":
        step = parts[0].name if isinstance(parts[0], exp.Identifier) else str(parts[0])
        raise compiler.wrong(
            f'cannot navigate to "{step}": the value has type {value.type}, not SUPER',
            node,
            hint="JSON_PARSE makes a SUPER value of text.",
        )
    path = value.json or JsonPath(value.sql, "'$'")
    path = extend_path(path, "".join(path_step(compiler, part, node) for part in parts))
    return super_value(path if compiler.settings.navigate_super_null_on_error else _strict(path))


@handles(exp.Placeholder, "this")
def _placeholder(compiler: Compiler, node: exp.Placeholder) -> Value:
    raise compiler.unsupported(
        f"the parameter style {node.sql(dialect='redshift')!r}", node, hint="Write ? or :name."
    )


@handles(exp.Paren, "this")
def _paren(compiler: Compiler, node: exp.Paren) -> Value:
    return compiler.value(node.this)


@handles(exp.Boolean, "this")
def _boolean(compiler: Compiler, node: exp.Boolean) -> Value:
    return replace(boolean("1" if node.this else "0"), literal=bool(node.this))
