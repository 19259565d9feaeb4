"""Expressions that are not functions: literals, predicates, CASE, casts, subqueries."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlglot import exp

from streamdialect import types
from streamdialect.identifiers import quote_identifier
from streamdialect.sql.casts import as_text, cast, decimal_literal
from streamdialect.sql.compiler import Compiler, check_parts, handles
from streamdialect.sql.dialect import read_type
from streamdialect.sql.nodes import Node
from streamdialect.sql.operators import comparable, compare, condition, convert, unified
from streamdialect.sql.ordering import super_key
from streamdialect.sql.values import JsonPath, Value, boolean, checked, null, text_literal

__all__ = ["case", "like"]

_INTEGER_MAX = 2**31 - 1
_BIGINT_MAX = 2**63 - 1
_DECIMAL_DIGITS = 38
_DIGITS_OF_64_BITS = 19


@handles(exp.Literal, "this", "is_string")
def _literal(compiler: Compiler, node: exp.Literal) -> Value:
    if node.is_string:
        text = str(node.this)
        return Value(text_literal(text), types.varchar(max(1, len(text.encode()))), literal=text)
    return number(compiler, str(node.this), node)


def number(compiler: Compiler, text: str, node: Node) -> Value:
    """Compile a number as it is written: 1 is INTEGER, 1.5 DECIMAL(2,1), 1e5 DOUBLE PRECISION."""
    if not text.isascii():
        raise compiler.wrong(f'syntax error at or near "{text}"', node)
    if "e" in text.lower():
        try:
            real = float(text)
        except ValueError:  # "1e" without digits
            raise compiler.wrong(f'syntax error at or near "{text}"', node) from None
        if real in (float("inf"), float("-inf")):
            raise compiler.wrong(f"{text} is out of range for type double precision", node)
        return Value(repr(real), types.DOUBLE, literal=real)
    exact = Decimal(text)
    digits = exact.as_tuple().digits
    scale = max(0, -int(exact.as_tuple().exponent))
    if not scale and exact <= _BIGINT_MAX and "." not in text:
        kind = types.INTEGER if exact <= _INTEGER_MAX else types.BIGINT
        return Value(str(int(exact)), kind, literal=int(exact))
    precision = max(len(digits), scale + 1)
    if precision == _DIGITS_OF_64_BITS and exact.scaleb(scale) > _BIGINT_MAX:
        precision += 1
    if precision > _DECIMAL_DIGITS:
        raise compiler.wrong(f"numeric literal {text} has more than {_DECIMAL_DIGITS} digits", node)
    return decimal_literal(exact, types.decimal(precision, scale))


@handles(exp.Null)
def _null(compiler: Compiler, node: exp.Null) -> Value:
    return null()


@handles(exp.RawString, "this")
def _raw_string(compiler: Compiler, node: exp.RawString) -> Value:
    text = str(node.this)
    return Value(text_literal(text), types.varchar(max(1, len(text.encode()))), literal=text)


# --- casts ----------------------------------------------------------------------------------------


@handles(exp.Cast, "this", "to", "_type")
def _cast(compiler: Compiler, node: exp.Cast) -> Value:
    return _cast_to(compiler, node, attempt=False)


@handles(exp.TryCast, "this", "to", "_type", "safe", "requires_string")
def _try_cast(compiler: Compiler, node: exp.TryCast) -> Value:
    return _cast_to(compiler, node, attempt=True)


def _cast_to(compiler: Compiler, node: exp.Cast, *, attempt: bool) -> Value:
    kind, sized = read_type(node.args["to"])
    value = checked(compiler.value(node.this))
    if kind.is_temporal and isinstance(value.literal, str):
        from streamdialect.sql.date_parts import special_time

        special = special_time(compiler, value.literal, kind.name)
        if special is not None:
            return special
    if value.type.name == "SUPER":
        path = value.json or JsonPath(value.sql, "'$'")
        strict = not compiler.settings.cast_super_null_on_error
        value = replace(value, json=replace(path, strict=strict))
    if value.type.name == "UNKNOWN" and not value.is_null:
        # A bound value may have any type: text rules for text, SQLite's conversion otherwise.
        value = replace(value, json=None)
    return cast(replace(value, share=compiler.shared_path), kind, attempt=attempt, sized=sized)


# --- comparisons ----------------------------------------------------------------------------------


@handles(exp.EQ, "this", "expression")
def _eq(compiler: Compiler, node: exp.EQ) -> Value:
    return _compared(compiler, node, "=")


@handles(exp.NEQ, "this", "expression")
def _neq(compiler: Compiler, node: exp.NEQ) -> Value:
    return _compared(compiler, node, "<>")


@handles(exp.GT, "this", "expression")
def _gt(compiler: Compiler, node: exp.GT) -> Value:
    return _compared(compiler, node, ">")


@handles(exp.GTE, "this", "expression")
def _gte(compiler: Compiler, node: exp.GTE) -> Value:
    return _compared(compiler, node, ">=")


@handles(exp.LT, "this", "expression")
def _lt(compiler: Compiler, node: exp.LT) -> Value:
    return _compared(compiler, node, "<")


@handles(exp.LTE, "this", "expression")
def _lte(compiler: Compiler, node: exp.LTE) -> Value:
    return _compared(compiler, node, "<=")


def _compared(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    left, right = node.this, node.expression
    if isinstance(left, exp.Tuple) or isinstance(right, exp.Tuple):
        return _rows_compared(compiler, node, operator)
    return compare(compiler, operator, compiler.value(left), compiler.value(right), node)


def _rows_compared(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    left, right = node.this, node.expression
    if not (isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)):
        raise compiler.unsupported("a comparison of a row with something else", node)
    if len(left.expressions) != len(right.expressions):
        raise compiler.wrong("unequal number of entries in row expressions", node)
    sides = [
        (compiler.value(a), compiler.value(b))
        for a, b in zip(left.expressions, right.expressions, strict=True)
    ]
    if any("SUPER" in (a.type.name, b.type.name) for a, b in sides):
        if operator not in ("=", "<>"):
            raise compiler.unsupported("the order of rows with SUPER values", node)
        equal = " AND ".join(compare(compiler, "=", a, b, node).sql for a, b in sides)
        return boolean(f"({equal})" if operator == "=" else f"(NOT ({equal}))")
    pairs = [comparable(compiler, a, b, node, operator) for a, b in sides]
    return boolean(f"(({', '.join(a for a, _ in pairs)}) {operator} ({', '.join(b for _, b in pairs)}))")


def _null_safe(compiler: Compiler, node: exp.Binary, operator: str) -> tuple[str, str]:
    left, right = checked(compiler.value(node.this)), checked(compiler.value(node.expression))
    if "SUPER" in (left.type.name, right.type.name):
        return super_key(convert(left, types.SUPER)), super_key(convert(right, types.SUPER))
    return comparable(compiler, left, right, node, operator)


@handles(exp.NullSafeEQ, "this", "expression")
def _null_safe_eq(compiler: Compiler, node: exp.NullSafeEQ) -> Value:
    a, b = _null_safe(compiler, node, "IS")
    return boolean(f"({a} IS {b})")


@handles(exp.NullSafeNEQ, "this", "expression")
def _null_safe_neq(compiler: Compiler, node: exp.NullSafeNEQ) -> Value:
    a, b = _null_safe(compiler, node, "IS NOT")
    return boolean(f"({a} IS NOT {b})")


@handles(exp.Is, "this", "expression")
def _is(compiler: Compiler, node: exp.Is) -> Value:
    left = checked(compiler.value(node.this))
    if isinstance(node.expression, exp.Null):
        return boolean(f"({left.sql} IS NULL)")
    if left.type.name == "SUPER" and isinstance(node.expression, exp.Boolean):
        left = cast(left, types.BOOLEAN)
    a, b = comparable(compiler, left, compiler.value(node.expression), node, "IS")
    return boolean(f"({a} IS {b})")


@handles(exp.Between, "this", "low", "high")
def _between(compiler: Compiler, node: exp.Between) -> Value:
    value = compiler.value(node.this)
    low = compare(compiler, ">=", value, compiler.value(node.args["low"]), node)
    high = compare(compiler, "<=", value, compiler.value(node.args["high"]), node)
    return boolean(f"({low.sql} AND {high.sql})")


@handles(exp.In, "this", "expressions", "query")
def _in(compiler: Compiler, node: exp.In) -> Value:
    query = node.args.get("query")
    if query is not None:
        return _in_query(compiler, node, query)
    if not node.expressions:
        raise compiler.wrong("syntax error: IN needs at least one value", node)
    if isinstance(node.this, exp.Tuple):
        parts = [
            _rows_compared(compiler, exp.EQ(this=node.this, expression=row), "=").sql
            for row in node.expressions
        ]
        return boolean("(" + " OR ".join(parts) + ")")
    value = compiler.value(node.this)
    others = [compiler.value(item) for item in node.expressions]
    if value.type.name == "SUPER" or any(other.type.name == "SUPER" for other in others):
        return boolean(
            "(" + " OR ".join(compare(compiler, "=", value, other, node).sql for other in others) + ")"
        )
    pairs = [comparable(compiler, value, other, node, "=") for other in others]
    if len({left for left, _ in pairs}) > 1:
        return boolean("(" + " OR ".join(f"{left} = {right}" for left, right in pairs) + ")")
    return boolean(f"({pairs[0][0]} IN ({', '.join(right for _, right in pairs)}))")


def _in_query(compiler: Compiler, node: exp.In, query: Node) -> Value:
    from streamdialect.sql.query import subquery

    sql, columns = subquery(compiler, query)
    nodes = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
    if len(nodes) != len(columns):
        raise compiler.wrong(f"subquery has {len(columns)} columns, {len(nodes)} expected", node)
    if len(nodes) == 1:
        value = checked(compiler.value(nodes[0]))
        if "SUPER" in (value.type.name, columns[0].type.name):
            name = quote_identifier(columns[0].name)
            other = convert(Value(name, columns[0].type), types.SUPER)
            keys = f"SELECT {super_key(other)} FROM ({sql})"
            return boolean(f"({super_key(convert(value, types.SUPER))} IN ({keys}))")
    sides = []
    for item, column in zip(nodes, columns, strict=True):
        # The query's own rows have no more digits than can be stored.
        value = replace(compiler.value(item), exact=None)
        left, right = comparable(compiler, value, Value("x", column.type), node, "=")
        if right != "x" or value.type.name == "SUPER":
            raise compiler.unsupported(f"IN with the types {value.type} and {column.type}", node)
        sides.append(left)
    left_sql = sides[0] if len(sides) == 1 else f"({', '.join(sides)})"
    return boolean(f"({left_sql} IN ({sql}))")


@handles(exp.Exists, "this")
def _exists(compiler: Compiler, node: exp.Exists) -> Value:
    from streamdialect.sql.query import subquery

    sql, _ = subquery(compiler, node.this)
    return boolean(f"(EXISTS ({sql}))")


@handles(exp.Subquery, "this", "with_", "with")
def _scalar_subquery(compiler: Compiler, node: exp.Subquery) -> Value:
    from streamdialect.sql.query import subquery

    if not isinstance(node.this, exp.Query):
        return compiler.value(node.this)
    sql, columns = subquery(compiler, node)
    if len(columns) != 1:
        raise compiler.wrong("subquery must return only one column", node)
    return Value(f"({sql})", columns[0].type)


# --- logic ----------------------------------------------------------------------------------------


@handles(exp.And, "this", "expression")
def _and(compiler: Compiler, node: exp.And) -> Value:
    return _logic(compiler, node, "AND")


@handles(exp.Or, "this", "expression")
def _or(compiler: Compiler, node: exp.Or) -> Value:
    return _logic(compiler, node, "OR")


def _logic(compiler: Compiler, node: exp.Binary, operator: str) -> Value:
    # A long chain is a deep tree on its left side: walked in a loop, so that its length has no limit.
    terms: list[Node] = []
    current: Node = node
    while type(current) is type(node):
        terms.append(current.expression)
        current = current.this
    terms.append(current)
    parts = []
    with compiler.maybe():
        for term in reversed(terms):
            parts.append(condition(compiler, term, operator))
    return boolean("(" + f" {operator} ".join(parts) + ")")


@handles(exp.Not, "this")
def _not(compiler: Compiler, node: exp.Not) -> Value:
    return boolean(f"(NOT {condition(compiler, node.this, 'NOT')})")


@handles(exp.Case, "this", "ifs", "default")
def _case(compiler: Compiler, node: exp.Case) -> Value:
    operand = node.args.get("this")
    tests: list[str] = []
    results: list[Value] = []
    with compiler.maybe():
        subject = compiler.value(operand) if operand is not None else None
        for branch in node.args["ifs"]:
            if subject is None:
                tests.append(condition(compiler, branch.this, "CASE/WHEN"))
            else:
                tests.append(compare(compiler, "=", subject, compiler.value(branch.this), node).sql)
            results.append(compiler.value(branch.args["true"]))
        default = node.args.get("default")
        results.append(compiler.value(default) if default is not None else null())
    return case(compiler, tests, results, node, "CASE")


def case(compiler: Compiler, tests: list[str], results: list[Value], node: Node, what: str) -> Value:
    """Build a CASE from conditions and one result more than there are conditions."""

    def build(sqls: list[str]) -> str:
        branches = " ".join(f"WHEN {test} THEN {sql}" for test, sql in zip(tests, sqls, strict=False))
        default = "" if results[-1].is_null else f" ELSE {sqls[-1]}"
        return f"CASE {branches}{default} END"

    return unified(compiler, results, node, what, build)


# --- text -----------------------------------------------------------------------------------------


@handles(exp.DPipe, "this", "expression", "safe")
def _concat(compiler: Compiler, node: exp.DPipe) -> Value:
    left, right = compiler.value(node.this), compiler.value(node.expression)
    if left.type.name == "VARBYTE" and right.type.name == "VARBYTE":
        return Value(f"CAST({left.sql} || {right.sql} AS BLOB)", types.VARBYTE)
    length = min(_width(left) + _width(right), types.VARCHAR_MAX)
    return Value(f"({as_text(left)} || {as_text(right)})", types.varchar(length))


def _width(value: Value) -> int:
    return value.type.length or (
        types.VARCHAR_MAX if value.type.is_text or value.type.name == "SUPER" else 64
    )


@handles(exp.Collate, "this", "expression")
def _collate(compiler: Compiler, node: exp.Collate) -> Value:
    name = node.expression.name.upper()
    if name in ("BINARY", "CASE_SENSITIVE", "CS"):
        return compiler.value(node.this)
    if name in ("NOCASE", "CASE_INSENSITIVE", "CI"):
        value = compiler.value(node.this)
        return Value(f"({as_text(value)} COLLATE NOCASE)", value.type)
    raise compiler.unsupported(f"COLLATE {node.expression.name}", node)


@handles(exp.Like, "this", "expression", "negate")
def _like(compiler: Compiler, node: exp.Like) -> Value:
    return like(compiler, node, "\\", fold=False)


@handles(exp.ILike, "this", "expression", "negate")
def _ilike(compiler: Compiler, node: exp.ILike) -> Value:
    return like(compiler, node, "\\", fold=True)


@handles(exp.Escape, "this", "expression")
def _escape(compiler: Compiler, node: exp.Escape) -> Value:
    inner, mark = node.this, node.expression
    if not (isinstance(mark, exp.Literal) and mark.is_string and len(mark.name) == 1):
        raise compiler.unsupported("ESCAPE with anything but one character", node)
    if isinstance(inner, exp.Not):  # a NOT LIKE b ESCAPE c
        return boolean(f"(NOT {_escape(compiler, exp.Escape(this=inner.this, expression=mark)).sql})")
    if isinstance(inner, (exp.Like, exp.ILike)):
        check_parts(compiler, inner, frozenset({"this", "expression", "negate"}))
        return like(compiler, inner, mark.name, fold=isinstance(inner, exp.ILike))
    if isinstance(inner, exp.SimilarTo):
        return _similar(compiler, inner, mark.name)
    raise compiler.unsupported("ESCAPE here", node)


def like(compiler: Compiler, node: exp.Binary, escape: str, *, fold: bool) -> Value:
    """Compile LIKE and ILIKE; a backslash escapes unless ESCAPE says otherwise.

    The connection must have ``PRAGMA case_sensitive_like = ON``.
    """
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    text, mask = as_text(value), as_text(pattern)
    if fold:
        text, mask = f"lower({text})", f"lower({mask})"
        escape = escape.lower()
    clause = ""
    if not (isinstance(pattern.literal, str) and escape not in pattern.literal):
        clause = f" ESCAPE {text_literal(escape)}"
    # sqlglot 30 keeps NOT LIKE in the node; 28 wraps it in a Not.
    operator = "NOT LIKE" if node.args.get("negate") else "LIKE"
    return boolean(f"({text} {operator} {mask}{clause})")


@handles(exp.SimilarTo, "this", "expression")
def _similar_to(compiler: Compiler, node: exp.SimilarTo) -> Value:
    return _similar(compiler, node, "\\")


def _similar(compiler: Compiler, node: exp.SimilarTo, escape: str) -> Value:
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    return boolean(f"streamdialect_similar({as_text(value)}, {as_text(pattern)}, {text_literal(escape)})")


@handles(exp.RegexpLike, "this", "expression")
def _matches(compiler: Compiler, node: exp.RegexpLike) -> Value:
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    return boolean(f"streamdialect_matches({as_text(value)}, {as_text(pattern)})")


@handles(exp.RegexpILike, "this", "expression")
def _matches_folded(compiler: Compiler, node: exp.RegexpILike) -> Value:
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    return boolean(f"streamdialect_matches({as_text(value)}, {as_text(pattern)}, 'i')")


@handles(exp.Glob, "this", "expression")
def _glob(compiler: Compiler, node: exp.Glob) -> Value:
    """SQLite's own operator; Redshift has none of that name."""
    value, pattern = compiler.value(node.this), compiler.value(node.expression)
    return boolean(f"({as_text(value)} GLOB {as_text(pattern)})")
