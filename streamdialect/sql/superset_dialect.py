"""What Apache Superset's parser sees of our SQL: statements that keep their text, over trees it can question.

Superset parses every statement with sqlglot and sends what the tree generates. Here a statement that it did
not change is generated as the text it was; one that only got another LIMIT, as its text with that. What
it changed otherwise (row-level security, CREATE TABLE AS) is written by ``superset_writer`` and read again:
what would not be read as the same tree is refused, never sent with another meaning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.errors import ParseError, UnsupportedError
from sqlglot.tokens import Token, TokenType

from streamdialect.errors import Error, SQLSyntaxError
from streamdialect.sql import statements as st
from streamdialect.sql.dialect import Dialect, parse_query, tokenize
from streamdialect.sql.dml import change_tree
from streamdialect.sql.merge import merge_tree
from streamdialect.sql.nodes import Node
from streamdialect.sql.parser import parse
from streamdialect.sql.positions import line_and_column, syntax_error
from streamdialect.sql.scan import first_words, words
from streamdialect.sql.superset_writer import Navigation, Writer

__all__ = ["SupersetDialect"]

_PREFIX = "SELECT "
_QUERY_HEADS = frozenset({"SELECT", "WITH", "VALUES"})
_VERBS = frozenset(
    {"CREATE", "ALTER", "DROP", "REFRESH", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE"}
    | {"EXPLAIN", "SET", "SHOW", "RESET", "PRAGMA", "ATTACH", "DETACH", "REINDEX", "VACUUM", "ANALYZE"}
    | {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "CANCEL", "COPY"}
    | {"UNLOAD", "GRANT", "REVOKE", "CALL", "LOCK", "PREPARE", "EXECUTE", "DEALLOCATE", "DECLARE", "FETCH"}
    | {"CLOSE", "COMMENT", "USE", "ANALYSE"}
)
_SESSION = (st.SetOption, st.ShowOption, st.ResetOption)
_COMMENT = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|\$\$.*?\$\$|(?P<line>--[^\n]*)|(?P<block>/\*)""", re.DOTALL
)
_MARK = re.compile(r"/\*|\*/")
# Facts about a node that the driver reads outside of its arguments.
_MARKS = ("comma", "top", "spelling")

# Where a root keeps what it was: its text, and the digest of its tree.
_TEXT, _TREE, _FIXED = "streamdialect text", "streamdialect tree", "streamdialect fixed"
_LIMIT = "streamdialect limit"  # that its LIMIT is no number
_EXPLAIN = "streamdialect explain"


# --- reading --------------------------------------------------------------------------------------


def _read(text: str) -> Node:
    """Read one statement, or an expression, as a tree for Superset to question."""
    head = first_words(text, 1)
    if head and head[0] in _QUERY_HEADS:
        return _query(text)
    try:
        statement: Any = parse(text)
    except Error as error:
        statement = error
    if not isinstance(statement, st.PassThrough | Error):
        return _statement(text, statement)
    # SHOW, COMMENT, END ... may as well be names of columns.
    try:
        tree = _expression(text)
    except Error:
        if not head or head[0] not in _VERBS:
            raise
        return _kept(_opaque(statement, head[0]), text, fixed=True)
    if head and head[0] in _VERBS and (isinstance(tree, exp.Column) or not isinstance(tree, exp.Condition)):
        return _kept(_opaque(statement, head[0]), text, fixed=True)
    return _kept(tree, text)


def _expression(text: str) -> Node:
    """Parse an expression, as in a filter; raise SQLSyntaxError for anything else."""
    tree = parse_query(f"{_PREFIX}{text}", text, -len(_PREFIX))
    parts = {key for key, part in tree.args.items() if part}
    if not isinstance(tree, exp.Select) or parts != {"expressions"} or len(tree.expressions) != 1:
        raise syntax_error(
            text, len(text) - len(text.lstrip()), next((word.text for word in words(text)), None)
        )
    found: Node = tree.expressions[0].pop()
    return found


def _query(text: str) -> Node:
    try:
        statement = parse(text)
    except SQLSyntaxError:
        raise
    except Error:
        statement = st.Query(text=text)
    if not isinstance(statement, st.Query):
        return _statement(text, statement)
    return _kept(_tree(text), text)


def _tree(text: str) -> Node:
    if first_words(text, 1) == ["VALUES"]:
        return parse_query(f"SELECT * FROM ({text.rstrip().rstrip(';')}\n)")
    return parse_query(text)


def _statement(text: str, statement: Any) -> Node:
    """Give a statement of the driver's its kind of tree: what it reads, and whether it changes something."""
    if isinstance(statement, st.Query):
        return _kept(_tree(text), text)
    if isinstance(statement, st.Change | st.DeleteFrom):
        return _kept(change_tree(text), text, fixed=True)
    if isinstance(statement, st.Merge):
        return _kept(merge_tree(text), text, fixed=True)
    if isinstance(statement, st.Explain):
        tree = _kept(_read(statement.text), text, fixed=True)
        tree.meta[_EXPLAIN] = "EXPLAIN QUERY PLAN " if statement.plan else "EXPLAIN "
        return tree
    if isinstance(statement, _SESSION):
        return _kept(exp.Command(this=first_words(text, 1)[0]), text, fixed=True)
    query = None
    if isinstance(statement, st.CreateMaterializedView | st.CreateView | st.SelectInto):
        query = _tree(statement.query)
    elif isinstance(statement, st.CreateTable):
        query = _as_query(text)
    return _kept(_change(text, query), text, fixed=True)


def _change(text: str, query: Node | None = None) -> Node:
    """Make a node of the class that stands for a change, whatever it is, with the query that it reads."""
    return exp.Create(
        this=exp.Table(this=exp.to_identifier("")), kind=" ".join(first_words(text, 3)), expression=query
    )


def _opaque(statement: Any, keyword: str) -> Node:
    if isinstance(statement, st.PassThrough) and not statement.may_write:
        return exp.Command(this=keyword)
    return _change(keyword)


def _as_query(text: str) -> Node | None:
    """Parse the query of CREATE TABLE ... AS."""
    found = [word for word in words(text) if word.depth <= 1]
    for word, following in pairwise(found):
        if (
            word.depth == 0
            and word.upper == "AS"
            and (following.upper in _QUERY_HEADS or following.text == "(")
        ):
            return _tree(text[word.offset + 2 :])
    return None


def _kept(tree: Node, text: str, *, fixed: bool = False) -> Node:
    """Note in a tree which text it is; ``fixed`` says that a LIMIT is nothing to it."""
    for select in tree.find_all(exp.Select):
        _mark_navigation(select)
    for table in tree.find_all(exp.Table):
        path = table.args.get("catalog") or isinstance(table.parent, Navigation)
        if table.db.lower() == "main" and not path:
            table.set("db", exp.to_identifier("public"))  # one name for one table: permissions go by names
    _plain_limit(tree)
    tree.meta.update({_TEXT: _embeddable(text), _FIXED: fixed})
    tree.meta[_TREE] = _digest(tree)
    return tree


def _plain_limit(tree: Node) -> None:
    """Let Superset see the number in ``LIMIT (5)``; note a limit that is none, which it would overwrite."""
    limit = tree.args.get("limit")
    if limit is None:
        return
    value = limit.expression if isinstance(limit, exp.Limit) else None
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, exp.Literal):
        limit.set("expression", value)
    elif not (isinstance(value, exp.Null) or (isinstance(value, exp.Column) and value.name.upper() == "ALL")):
        tree.meta[_LIMIT] = True


def _mark_navigation(select: exp.Select) -> None:
    """Tell ``FROM t, t.a AS x``, which goes into a value, from a table ``a`` of a schema ``t``."""
    clause = select.args.get("from_") or select.args.get("from")
    names: set[str] = set()
    outer = _correlated(select)
    while outer is not None:
        names |= {
            source.alias_or_name.lower()
            for join in [outer.args.get("from_") or outer.args.get("from"), *(outer.args.get("joins") or [])]
            if join is not None and isinstance(source := join.this, exp.Table | exp.Subquery)
        }
        outer = _correlated(outer)
    for item in [clause, *(select.args.get("joins") or [])]:
        source = None if item is None else item.this
        if isinstance(source, exp.Table) and not source.args.get("catalog") and source.db.lower() in names:
            navigation = Navigation(this=source.copy())
            source.replace(navigation)
            names.add(source.alias_or_name.lower())
        elif source is not None and source.alias_or_name:
            names.add(source.alias_or_name.lower())


def _correlated(select: exp.Select) -> exp.Select | None:
    """Give the SELECT whose rows a subquery sees; None in FROM and WITH, which see none: a table is a table there."""
    node = select.parent
    while node is not None and not isinstance(node, exp.Select):
        if isinstance(node, exp.From | exp.Join | exp.CTE):
            return None
        node = node.parent
    return node


def _embeddable(text: str) -> str:
    """Strip a text, and close a ``--`` comment at its end: Superset puts texts between parentheses."""
    text = text.strip()
    position = 0
    while (match := _COMMENT.search(text, position)) is not None:
        position = match.end()
        if match["line"] and position == len(text):
            comment = match["line"][2:].strip().replace("*/", "* /").replace("/*", "/ *")
            return f"{text[: match.start()]}/* {comment} */"
        if match["block"]:
            depth = 1
            while depth:
                mark = _MARK.search(text, position)
                if mark is None:
                    raise SQLSyntaxError("unterminated /* comment")
                depth += 1 if mark[0] == "/*" else -1
                position = mark.end()
    return text


# --- comparing ------------------------------------------------------------------------------------


def _digest(tree: Node) -> bytes:
    """Give a digest of all in a tree that has a meaning: no comments, no positions."""
    found: list[object] = []
    stack: list[Any] = [tree]
    fixed = tree.meta.get(_FIXED)
    while stack:
        value = stack.pop()
        if isinstance(value, Node):
            parts = sorted(
                key
                for key, part in value.args.items()
                if part is not None and part is not False and not (isinstance(part, list) and not part)
                if not (fixed and value is tree and key == "limit")
            )
            marks = [(name, mark) for name in _MARKS if (mark := value.meta.get(name))] if value._meta else []
            found.append((type(value).__name__, parts, marks))
            stack += [value.args[key] for key in parts]
        elif isinstance(value, list):
            found.append(len(value))
            stack += value
        else:
            found.append(repr(value))
    return hashlib.blake2b(repr(found).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@lru_cache(200)
def _digest_of(text: str) -> bytes | None:
    try:
        return _digest(_read(text))
    except Error:
        return None


def _candidates(tree: Node) -> Iterator[str]:
    """Give the texts that a statement may be now, if all that Superset changed is its LIMIT."""
    text = str(tree.meta[_TEXT])
    limit = tree.args.get("limit")
    value = limit.expression if isinstance(limit, exp.Limit) else None
    if not isinstance(value, exp.Literal) or value.is_string:
        return
    yield f"{text}\nLIMIT {value.name}"
    found = list(words(text))
    for word, number in zip(found[-2::-1], found[:0:-1], strict=False):
        if word.depth == 0 and word.upper == "LIMIT" and (number.kind == "number" or number.upper == "ALL"):
            yield f"{text[: number.offset]}{value.name}{text[number.offset + len(number.text) :]}"
            return


# --- the dialect ----------------------------------------------------------------------------------


class SupersetDialect(Dialect):
    """Be the dialect that Superset looks up for the engine ``streamdialect``."""

    NORMALIZE_FUNCTIONS = False

    def tokenize(self, sql: str, *arguments: Any, **options: Any) -> list[Token]:
        """Split a text into tokens; say where an error is."""
        try:
            return tokenize(sql)
        except Error as error:
            raise _parse_error(error, sql, 0) from None

    class Parser(Dialect.Parser):
        """Read scripts."""

        def parse(self, raw_tokens: list[Token], sql: str | None = None) -> list[Any]:
            """Parse a script: a tree for each statement."""
            text = sql or ""
            found: list[Any] = []
            for start, end, empty in _pieces(raw_tokens, text):
                piece = text[start:end]
                try:
                    if not empty:
                        found.append(_read(piece))
                    elif found and piece.strip():
                        found[-1].meta[_TEXT] += "\n" + _embeddable(piece)
                except Error as error:
                    raise _parse_error(error, text, start) from None
            return found or [None]

    class Generator(Writer):
        """Give statements their text."""

        TRANSFORMS: ClassVar[Any] = {**Writer.TRANSFORMS}

        def generate(self, expression: Any, copy: bool = True) -> str:
            """Write a statement: as it was, if nothing but its LIMIT was changed."""
            changed: list[str] = []
            self._changed = changed
            sql = str(super().generate(expression, copy=copy))
            if changed:
                _check(sql, changed)
            return sql

        def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
            """Write a node; a root that was not changed is written as its text."""
            if key is None and isinstance(expression, Node) and expression._meta and _TEXT in expression.meta:
                kept = _text_of(expression)
                if kept is not None:
                    return kept.replace("\n", self.SENTINEL_LINE_BREAK) if self.pretty else kept
                self._changed.append(str(expression.meta[_TEXT]))
                return f"{expression.meta.get(_EXPLAIN, '')}{super().sql(expression, key, comment)}"
            return str(super().sql(expression, key, comment))


def _text_of(tree: Node) -> str | None:
    """Give the text that a root still is, or None."""
    now = _digest(tree)
    if now == tree.meta[_TREE]:
        return str(tree.meta[_TEXT])
    if tree.meta.get(_LIMIT) and isinstance(tree.args["limit"].expression, exp.Literal):
        raise UnsupportedError(
            "Superset puts its row limit in the place of the query's, which must be a number:"
            f" write LIMIT 10, for instance. The query is: {tree.meta[_TEXT]}"
        )
    return next((text for text in _candidates(tree) if _digest_of(text) == now), None)


def _check(sql: str, changed: list[str]) -> None:
    """Raise UnsupportedError unless the writer's words for changed statements, and their new ones, hold."""
    for text in changed:
        tree = _read(text)
        if _digest_of(_written(tree)) != tree.meta[_TREE]:
            raise UnsupportedError(
                f"Superset cannot change this statement without changing its meaning: {text}"
            )
    try:
        again = _written(_read(sql))
        same = _digest_of(again) == _digest_of(sql)
    except Error as error:
        raise UnsupportedError(f"Superset made SQL that cannot be read: {error}") from None
    if not same:
        raise UnsupportedError(f"Superset made SQL that can be read in two ways: {sql}")


def _written(tree: Node) -> str:
    return str(Writer(dialect=SupersetDialect()).generate(tree))


def _pieces(tokens: list[Token], text: str) -> Iterator[tuple[int, int, bool]]:
    """Split a script at its semicolons; the body of a trigger has semicolons of its own."""
    start, empty, trigger, last = 0, True, False, ""
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON and not (trigger and last != "END"):
            yield start, token.start, empty
            start, empty = token.end + 1, True
            continue
        if empty:
            head = first_words(text[token.start : token.start + 200], 4)
            trigger = head[:1] == ["CREATE"] and "TRIGGER" in head
        empty, last = False, token.text.upper()
    yield start, len(text), empty


def _parse_error(error: Error, text: str, start: int) -> ParseError:
    line, column = line_and_column(text, start + len(text[start:]) - len(text[start:].lstrip()))
    if isinstance(error, SQLSyntaxError) and error.line is not None:
        first, offset = line_and_column(text, start)
        line = first + error.line - 1
        column = (error.column or 1) + (offset - 1 if error.line == 1 else 0)
    token = re.search(r'at or near "([^"]*)"', str(error))
    return ParseError.new(
        str(error), description=str(error), line=line, col=column, highlight=token[1] if token else ""
    )
