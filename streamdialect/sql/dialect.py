"""How a query's text becomes a tree: sqlglot's Redshift dialect with its rewriting of functions taken out.

sqlglot turns known functions into classes of its own, whose set changes from release to release. Here every
call stays a plain call by name, so that ``functions.py`` alone decides what a name means.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokens import Token, TokenType

from streamdialect.errors import NotSupportedError, ProgrammingError
from streamdialect.interruptions import interruption
from streamdialect.sql.nodes import Node
from streamdialect.sql.path_grammar import PathGrammar, object_transform
from streamdialect.sql.positions import syntax_error
from streamdialect.sql.string_literals import with_texts
from streamdialect.sql.token_passes import misplaced, prepared, unterminated
from streamdialect.types import RedshiftType, char, parse_type, varchar

__all__ = ["MAX_STATEMENT_BYTES", "offset_of", "parse_query", "read_type", "tokenize"]

# c_redshift-sql: "The maximum size for a single SQL statement is 16 MB".
MAX_STATEMENT_BYTES = 16 * 1024 * 1024
_BACKSLASH = "In Redshift's literals a backslash escapes the next character: write two for one."

_KEPT_SYNTAX = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING")
_RedshiftParser: Any = Redshift.Parser
_TIME_TYPES = frozenset(
    {TokenType.DATE, TokenType.TIME, TokenType.TIMETZ, TokenType.TIMESTAMP, TokenType.TIMESTAMPTZ}
)
_INTERVAL_FIELDS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})


def _only(table: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: entry for name, entry in table.items() if name in names}


class _Unexpected(ParseError):
    """Carry the token at which the parser gave up."""

    def __init__(self, message: str, token: Token | None) -> None:
        super().__init__(message)
        self.token = token


def _convert(parser: Any) -> Node:
    """Read the rest of ``CONVERT(type, expression)`` as a cast (``r_CONVERT_function``)."""
    kind = parser._parse_types()
    if kind is None or not isinstance(kind, exp.DataType):
        parser.raise_error("Expecting a type")
    if not parser._match(TokenType.COMMA):
        parser.raise_error("Expecting ,")
    return exp.Cast(this=_operand(parser, parser._parse_disjunction()), to=kind)


def _prior(parser: Any) -> Node:
    return exp.Prior(this=_operand(parser, parser._parse_unary()))


def _operand(parser: Any, node: Any) -> Any:
    if node is None:
        parser.raise_error("Expecting an expression")
    return node


def _absolute(parser: Any) -> Node:
    """Read the operand of the operator ``@``, the absolute value; ``$`` is the same token."""
    if parser._prev.text != "@":
        parser.raise_error("Invalid expression", parser._prev)
    return exp.Abs(this=parser._parse_unary())


class Dialect(Redshift):
    """Read Redshift's SQL without giving any function a meaning."""

    def tokenize(self, *args: Any, **options: Any) -> list[Token]:
        """Tokenize as sqlglot does, for its parser too, but let pass what a signal's handler raises meanwhile."""
        before = sys.exc_info()[1]
        try:
            return list(super().tokenize(*args, **options))
        except TokenError as error:
            if other := interruption(error, before):
                raise other from None
            raise

    class Parser(PathGrammar, _RedshiftParser):  # type: ignore[misc]
        SUPPORTS_IMPLICIT_UNNEST = False
        ARRAY_CONSTRUCTORS: ClassVar[Any] = {}  # Redshift has no ARRAY[...], but attributes of that name
        FUNCTIONS: ClassVar[Any] = {}
        FUNCTION_PARSERS: ClassVar[Any] = {
            **_only(_RedshiftParser.FUNCTION_PARSERS, _KEPT_SYNTAX),
            "OBJECT_TRANSFORM": object_transform,
            "CONVERT": _convert,
        }
        UNARY_PARSERS: ClassVar[Any] = {**_RedshiftParser.UNARY_PARSERS, TokenType.PARAMETER: _absolute}
        NO_PAREN_FUNCTION_PARSERS: ClassVar[Any] = {
            **_only(_RedshiftParser.NO_PAREN_FUNCTION_PARSERS, ("CASE", "ANY")),
            "APPROXIMATE": lambda self: self._parse_approximate(),
        }
        NO_PAREN_FUNCTIONS: ClassVar[Any] = {}
        # "UNION (SELECT" is no call.
        FUNC_TOKENS: ClassVar[Any] = frozenset(_RedshiftParser.FUNC_TOKENS) - {
            TokenType.UNION,
            TokenType.INTERSECT,
            TokenType.EXCEPT,
        }

        def raise_error(self, message: str, token: Any = None) -> None:
            raise _Unexpected(message, token or self._curr or None)

        def _parse_limit(self, this: Any = None, top: bool = False, skip_limit_token: bool = False) -> Any:
            start = self._curr
            limit = super()._parse_limit(this, top=top, skip_limit_token=skip_limit_token)
            if isinstance(limit, exp.Limit) and limit is not this:
                if limit.args.get("offset") is not None:
                    self.raise_error("Expecting LIMIT count OFFSET start", start)
                limit.meta["top"] = top
            return limit

        def _parse_join(self, *arguments: Any, **options: Any) -> Any:
            start = self._curr
            comma = bool(start) and start.token_type == TokenType.COMMA
            join = super()._parse_join(*arguments, **options)
            if isinstance(join, exp.Join):
                join.meta["comma"] = comma
                join.meta["start"] = start.start
            return join

        def _parse_connect_with_prior(self) -> Any:
            # sqlglot's own changes the class, and leaves it changed after a syntax error.
            saved = self.NO_PAREN_FUNCTION_PARSERS
            setattr(self, "NO_PAREN_FUNCTION_PARSERS", {**saved, "PRIOR": _prior})  # noqa: B010
            try:
                return self._parse_disjunction()
            finally:
                setattr(self, "NO_PAREN_FUNCTION_PARSERS", saved)  # noqa: B010

        def _parse_approximate(self) -> Any:
            """Read ``APPROXIMATE COUNT(DISTINCT x)`` and ``APPROXIMATE PERCENTILE_DISC(p)``: exact ones do."""
            start = self._index - 1
            call = self._parse_function()
            plain = call.this if isinstance(call, exp.WithinGroup) else call
            if isinstance(plain, exp.Anonymous):
                name, arguments = str(plain.this).upper(), plain.expressions
                if name == "PERCENTILE_DISC" or (
                    name == "COUNT" and arguments and isinstance(arguments[0], exp.Distinct)
                ):
                    return call
            if call is not None:
                self.raise_error("APPROXIMATE goes with COUNT(DISTINCT x) and PERCENTILE_DISC only")
            self._retreat(start)  # a column of that name
            return None

        def _parse_lambda(self, alias: bool = False) -> Any:
            # Before release 30, sqlglot does not read the ALL of SUM(ALL x).
            here, before = self._curr, self._prev
            if here and here.token_type == TokenType.ALL and before.token_type == TokenType.L_PAREN:
                self._advance()
            return super()._parse_lambda(alias=alias)

        # Before release 30, sqlglot takes the LIMIT or OFFSET that follows GROUPING SETS, CUBE or ROLLUP for a column.
        _sets_end = -1

        def _parse_grouping_sets(self) -> Any:
            found = super()._parse_grouping_sets()
            self._sets_end = self._index if found else self._sets_end
            return found

        def _parse_cube_or_rollup(self, *arguments: Any, **options: Any) -> Any:
            found = super()._parse_cube_or_rollup(*arguments, **options)
            self._sets_end = self._index if found else self._sets_end
            return found

        def _parse_csv(self, *arguments: Any, **options: Any) -> Any:
            if self._index == self._sets_end and self._match_set(self.QUERY_MODIFIER_TOKENS, advance=False):
                return []
            return super()._parse_csv(*arguments, **options)

        def _parse_interval(self, match_interval: bool = True) -> Any:
            """Read an interval literal as it is written: sqlglot takes the unit out of '1 day'."""
            index = self._index
            if (match_interval and not self._match(TokenType.INTERVAL)) or not self._match(TokenType.STRING):
                self._retreat(index)
                return super()._parse_interval(match_interval)
            literal = exp.Literal.string(self._prev.text)
            literal.update_positions(self._prev)
            fields = self._interval_fields()
            digits = None
            if fields[-1:] == ["SECOND"] and self._match(TokenType.L_PAREN):
                digits = self._parse_number()
                self._match_r_paren()
            unit = exp.Var(this=" TO ".join(fields)) if fields else None
            return exp.Interval(this=literal, unit=unit, digits=digits)

        def _parse_type(self, *args: Any, **options: Any) -> Any:
            """Read TIMESTAMP '...'::time as Redshift does: sqlglot casts the text first, then to TIMESTAMP."""
            index = self._index
            if self._curr and self._curr.token_type in _TIME_TYPES:
                kind = self._parse_types(check_func=True, allow_identifiers=False)
                if kind and self._match(TokenType.STRING):
                    literal = exp.Literal.string(self._prev.text)
                    literal.update_positions(self._prev)
                    return self._parse_column_ops(exp.Cast(this=literal, to=kind))
                self._retreat(index)
            return super()._parse_type(*args, **options)

        def _interval_fields(self) -> list[str]:
            fields: list[str] = []
            while len(fields) < 2 and (not fields or self._match_text_seq("TO")):
                if not self._curr or self._curr.text.upper() not in _INTERVAL_FIELDS:
                    if fields:
                        self.raise_error("Expected the last field of the interval")
                    break
                fields.append(self._curr.text.upper())
                self._advance()
            return fields


def tokenize(text: str) -> list[Token]:
    """Split a text into sqlglot's tokens; raise SQLSyntaxError for an unterminated quote or comment."""
    if "\0" in text:
        raise ProgrammingError("a statement must not contain the NUL character")
    if len(text) > MAX_STATEMENT_BYTES // 4 and len(text.encode("utf-8", "replace")) > MAX_STATEMENT_BYTES:
        raise ProgrammingError("statement is too large: the limit is 16 MB")
    try:
        return list(Dialect().tokenize(text))
    except (TokenError, SqlglotError):
        start, what = unterminated(text)
        raise syntax_error(
            text,
            start,
            text[start : start + 20].split("\n", 1)[0],
            detail=what,
            hint=_BACKSLASH if what.endswith("string") else None,
        ) from None


def parse_query(
    text: str,
    source: str | None = None,
    offset: int = 0,
    rewrite: Callable[[list[Token]], list[Token]] | None = None,
) -> Node:
    """Parse one query, or another statement that sqlglot reads.

    ``source`` and ``offset`` say which larger text it was taken from, for positions in errors; ``rewrite``
    spells what sqlglot does not read in other tokens. Raise SQLSyntaxError for what is no SQL,
    ProgrammingError for more than one statement.
    """
    source = text if source is None else source
    before = sys.exc_info()[1]
    tokens = with_texts(tokenize(text), text)
    if rewrite is not None:
        tokens = rewrite(tokens)
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise syntax_error(source, offset, None)
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            raise ProgrammingError("cannot execute several statements at once: pass them one by one")
    wrong = misplaced(tokens)
    if wrong is not None:
        raise _at(wrong, source, text, offset)
    parser = Dialect().parser(error_level=sqlglot.ErrorLevel.IMMEDIATE)
    try:
        trees = parser.parse(prepared(tokens), text)
    except _Unexpected as error:
        raise _at(error.token, source, text, offset, _expected(str(error))) from None
    except ParseError:
        raise _at(parser._curr or None, source, text, offset) from None
    except RecursionError:
        raise NotSupportedError("the statement is nested too deeply") from None
    except Exception as error:
        if other := interruption(error, before):
            raise other from None
        # sqlglot's parser can trip over malformed input with an error of Python's own.
        raise _at(parser._curr or parser._prev or tokens[0], source, text, offset) from None
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        raise _at(tokens[0], source, text, offset)
    return tree


def _expected(message: str) -> str:
    """Keep of a parser's message what helps a reader: which token was expected."""
    return (
        message
        if message.startswith(("Expecting ", "Expected ", "APPROXIMATE ")) and "<" not in message
        else ""
    )


def _at(token: Token | None, source: str, text: str, offset: int, detail: str = "") -> Exception:
    if token is None or not token.text:
        return syntax_error(source, offset + len(text.rstrip().rstrip(";").rstrip()), None, detail=detail)
    return syntax_error(source, offset + token.start, text[token.start : token.end + 1], detail=detail)


def offset_of(node: Node) -> int | None:
    """Find where a node begins in the text it was parsed from, if sqlglot noted it."""
    for child in node.walk(bfs=True):
        start = child.meta.get("start") if child._meta else None
        if start is not None:
            return int(start)
    return None


# sqlglot's canonical names -> Redshift's, where they differ.
_TYPE_NAMES = {
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE PRECISION",
    "INT": "INTEGER",
    "VARBINARY": "VARBYTE",
    "BINARY": "VARBYTE",
    "TIMESTAMPNTZ": "TIMESTAMP",
    "DATETIME": "TIMESTAMP",
    "JSON": "SUPER",
}
_UNSIZED_TEXT = varchar(65_535)


def read_type(node: Node) -> tuple[RedshiftType, bool]:
    """Turn a type in a cast into ours; the flag says whether a length was written.

    In an expression CHAR and VARCHAR without a length take the input's size (``r_Character_types``).
    Raise NotSupportedError for types that Redshift does not have or we do not.
    """
    if isinstance(node, exp.DataType) and isinstance(node.this, exp.Interval):
        return parse_type(f"INTERVAL {node.this.args['unit'].sql()}"), True
    if not isinstance(node, exp.DataType):
        raise NotSupportedError(f'type "{node.sql(dialect="redshift")}" is not supported')
    name = getattr(node.this, "value", str(node.this)).upper()
    for key, value in node.args.items():
        if value and key not in ("this", "expressions", "nested"):
            raise NotSupportedError(f'type "{node.sql(dialect="redshift")}" is not supported')
    parameters = [parameter.this.name for parameter in node.expressions]
    name = _TYPE_NAMES.get(name, name)
    if not parameters and name in ("VARCHAR", "TEXT", "NVARCHAR", "BPCHAR", "CHAR", "NCHAR"):
        return (char(4096) if name in ("CHAR", "NCHAR", "BPCHAR") else _UNSIZED_TEXT), False
    spelled = f"{name}({', '.join(parameters)})" if parameters else name
    return parse_type(spelled), bool(parameters)
