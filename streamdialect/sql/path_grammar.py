"""What FROM clauses and calls may hold that sqlglot's Redshift parser does not read.

Source: ``query-super`` ("Unnesting queries", "Object unpivoting"), ``r_FROM_clause30`` and
``r_object_transform_function``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import TokenType

from streamdialect.sql.nodes import Node

__all__ = ["PathGrammar", "object_transform"]

# A relation's name has at most this many parts.
_RELATION_PARTS = 3


class PathGrammar:
    """Read paths in FROM clauses; mixed into sqlglot's parser.

    ``t.a[0].b AS x AT i`` becomes Alias or AtIndex of Alias, UNPIVOT a Pivot around that. A path that looks
    like the name of a relation stays one: only the names in scope tell them apart.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _parse_table(self, *arguments: Any, **options: Any) -> Node | None:
        if self._match(TokenType.UNPIVOT):
            return exp.Pivot(this=self._parse_element(), unpivot=True)
        if self._is_path():
            return self._parse_element()
        parse: Any = super()
        found: Node | None = parse._parse_table(*arguments, **options)
        return found

    def _is_path(self) -> bool:
        tokens, index, names, brackets = self._tokens, self._index, 1, False
        kinds = [token.token_type for token in tokens[index : index + 200]]
        kinds += [TokenType.SEMICOLON] * 3
        position = 1
        while kinds[position] in (TokenType.DOT, TokenType.L_BRACKET):
            if kinds[position] == TokenType.DOT:
                names += 1
                position += 2
            else:
                brackets = True
                while kinds[position] not in (TokenType.R_BRACKET, TokenType.SEMICOLON):
                    position += 1
                position += 1
            if position >= len(kinds):
                return False
        if brackets or names > _RELATION_PARTS:
            return True
        position += kinds[position] == TokenType.ALIAS
        following = tokens[index + position + 1 : index + position + 2]
        # FROM t.a AS x AT i, but not FROM t WHERE at = 1
        return (
            bool(following)
            and following[0].text.upper() == "AT"
            and kinds[position] in self.TABLE_ALIAS_TOKENS
        )

    def _parse_element(self) -> Node:
        path = self._parse_column()
        self._match(TokenType.ALIAS)
        alias = self._parse_id_var(any_token=False, tokens=self.TABLE_ALIAS_TOKENS)
        if path is None or alias is None:
            self.raise_error("expected a path and its alias")
        element: Node = exp.Alias(this=path, alias=alias)
        if self._match_text_seq("AT"):
            element = exp.AtIndex(this=element, expression=self._parse_id_var(any_token=True))
        return element

    def _parse_unnest(self, with_alias: bool = True) -> Node | None:
        if not self._match_pair(TokenType.UNNEST, TokenType.L_PAREN, advance=False):
            return None
        self._advance()
        arrays = self._parse_wrapped_csv(self._parse_equality)
        offset = bool(self._match_pair(TokenType.WITH, TokenType.OFFSET))
        alias = self._parse_table_alias() if with_alias else None
        return exp.Unnest(expressions=arrays, alias=alias, offset=offset)


def object_transform(parser: Any) -> Node:
    """Read OBJECT_TRANSFORM(input [KEEP path, ...] [SET path, value, ...])."""
    arguments = [parser._parse_disjunction()]
    keep = parser._parse_csv(parser._parse_disjunction) if parser._match_text_seq("KEEP") else []
    pairs = parser._parse_csv(parser._parse_disjunction) if parser._match(TokenType.SET) else []
    if keep or pairs:
        arguments += [exp.Tuple(expressions=keep), exp.Tuple(expressions=pairs)]
    return exp.Anonymous(this="OBJECT_TRANSFORM", expressions=arguments)
