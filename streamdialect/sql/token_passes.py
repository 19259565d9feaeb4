"""What is done to a query's tokens before sqlglot's parser sees them.

The parser forgives much that is not Redshift's, and reads some of Redshift's SQL in another way. Both are
settled here, where every token still has its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot.tokens import Token, TokenType

__all__ = ["EXCLUDE", "misplaced", "prepared", "unterminated"]

# Stands for EXCLUDE at the end of a select list, as a call that nobody can write.
EXCLUDE = "exclude column list"
_LIST_ENDS = frozenset(
    {"FROM", "INTO", "WHERE", "GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "START", "CONNECT"}
    | {"UNION", "INTERSECT", "EXCEPT", "MINUS", ")"}
)
# What cannot follow a comma, or stand after a parenthesis that opens.
_NOT_AN_ITEM = _LIST_ENDS - {"START", "CONNECT", "MINUS", "OFFSET", "QUALIFY", "INTO"} | {","}
_QUERY_OPENERS = frozenset({"(", "UNION", "INTERSECT", "EXCEPT", "MINUS", "ALL"})
_NOT_A_QUERY = frozenset({"FROM", "TABLE", "DESCRIBE", "SUMMARIZE"})


# A literal, a quoted name or a comment that is complete; or the beginning of one that is not.
_QUOTED = re.compile(
    r"""'(?:[^'\\]|\\.|'')*(?P<text>'?)|"(?:[^"]|"")*(?P<name>"?)|\$\$.*?(?P<dollar>\$\$|\Z)|--[^\n]*|/\*""",
    re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")


def unterminated(text: str) -> tuple[int, str]:
    """Find what a text that has no tokens leaves open: its offset, and what it is."""
    position = 0
    while (match := _QUOTED.search(text, position)) is not None:
        opener, position = match[0][:1], match.end()
        if opener == "'" and not match["text"]:
            return match.start(), "unterminated quoted string"
        if opener == '"' and not match["name"]:
            return match.start(), "unterminated quoted identifier"
        if opener == "$" and not match["dollar"]:
            return match.start(), "unterminated dollar-quoted string"
        if opener == "/":
            depth = 1
            while depth and (mark := _COMMENT.search(text, position)) is not None:
                depth += 1 if mark[0] == "/*" else -1
                position = mark.end()
            if depth:
                return match.start(), "unterminated /* comment"
    return 0, "this text has no tokens"


def prepared(tokens: list[Token]) -> list[Token]:
    """Rewrite what the parser would misread: parameters, EXCLUDE at the end of a select list, bare VALUES."""
    return _with_values(_with_exclusions(_with_parameters(tokens)))


def misplaced(tokens: list[Token]) -> Token | None:
    """Find a token that Redshift's grammar does not allow where it stands, though the parser would."""
    previous = before = ""
    for index, token in enumerate(tokens):
        words = ["'"] if _is_quoted(token) else token.text.upper().split() or [""]
        text = words[0]  # "GROUP BY" is one token
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        bang = text == "!" and (following is None or not following.text.startswith("~"))
        # An empty list: nothing between BY, or a comma, and the end of the list.
        empty = previous in (",", "BY") and text in _NOT_AN_ITEM
        no_query = text in _NOT_A_QUERY and previous in ("", *_QUERY_OPENERS) and before != "TRIM"
        string_alias = previous == "AS" and token.token_type == TokenType.STRING
        number = token.token_type == TokenType.NUMBER and text.endswith("E")
        frame = previous == "UNBOUNDED" and before in ("ROWS", "BETWEEN", "AND")
        half = frame and text not in ("PRECEDING", "FOLLOWING")
        if empty or no_query or string_alias or bang or number or half or text == "|>":
            return token
        if following is None and words[-1] in (",", "BY"):
            return _made(token, TokenType.COMMA, "", start=token.end + 1)
        before, previous = previous, words[-1]
    return None


def _is_quoted(token: Token) -> bool:
    return token.token_type in (TokenType.STRING, TokenType.IDENTIFIER, TokenType.RAW_STRING)


def _is_name(token: Token) -> bool:
    return token.token_type in (TokenType.VAR, TokenType.IDENTIFIER) or token.text.isidentifier()


# --- parameters -----------------------------------------------------------------------------------


def _with_parameters(tokens: list[Token]) -> list[Token]:
    """Turn ``?`` and ``:name`` into names, numbered in reading order.

    sqlglot reads ``a ? b`` as an operator and does not let ``::`` follow a placeholder.
    """
    found: list[Token] = []
    number = 0
    skip = False
    for index, token in enumerate(tokens):
        if skip:
            skip = False
            continue
        if token.token_type == TokenType.PLACEHOLDER and token.text == "?":
            number += 1
            found.append(_renamed(token, f"?{number}"))
            continue
        if token.text == "?::":  # one token to sqlglot, whatever its type is called
            number += 1
            found.append(_renamed(token, f"?{number}"))
            found.append(Token(TokenType.DCOLON, "::", token.line, token.col, token.start + 1, token.end))
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text in (
            "?|",
            "?&",
        ):  # operators of PostgreSQL's JSON; here a parameter before || or a bit operator
            number += 1
            found.append(_renamed(token, f"?{number}"))
            if token.text == "?|" and following is not None and following.text == "|":
                found.append(_made(following, TokenType.DPIPE, "||", start=token.start + 1))
                skip = True
            else:
                kind = TokenType.PIPE if token.text == "?|" else TokenType.AMP
                found.append(_made(token, kind, token.text[1], start=token.start + 1))
            continue
        if (
            token.token_type == TokenType.COLON
            and following is not None
            and following.start == token.end + 1
            and following.text.isidentifier()
        ):
            found.append(_renamed(following, f":{following.text}", start=token.start))
            skip = True
            continue
        found.append(token)
    return found


def _renamed(token: Token, text: str, start: int | None = None) -> Token:
    return _made(token, TokenType.VAR, text, start)


def _made(token: Token, kind: TokenType, text: str, start: int | None = None) -> Token:
    return Token(
        kind,
        text,
        line=token.line,
        col=token.col,
        start=token.start if start is None else start,
        end=token.end,
    )


# --- VALUES -----------------------------------------------------------------------------------------


def _with_values(tokens: list[Token]) -> list[Token]:
    """Write ``AS (VALUES ...)`` and ``IN (VALUES ...)``, where SQLAlchemy has it for SQLite, as a SELECT from it."""
    ends: set[int] = set()
    found: list[Token] = []
    for index, token in enumerate(tokens):
        if index in ends:
            found.append(_made(token, TokenType.R_PAREN, ")"))
        found.append(token)
        opens = token.text == "(" and index and tokens[index - 1].text.upper() in ("AS", "MATERIALIZED", "IN")
        if opens and index + 1 < len(tokens) and tokens[index + 1].text.upper() == "VALUES":
            end = _closing(tokens, index)
            if end is not None:
                ends.add(end)
                found += [
                    _made(token, TokenType.SELECT, "SELECT"),
                    _made(token, TokenType.STAR, "*"),
                    _made(token, TokenType.FROM, "FROM"),
                    _made(token, TokenType.L_PAREN, "("),
                ]
    return found


# --- EXCLUDE --------------------------------------------------------------------------------------


def _with_exclusions(tokens: list[Token]) -> list[Token]:
    """Write ``SELECT * EXCLUDE a, b`` as ``SELECT *, <EXCLUDE>(a, b)``.

    EXCLUDE belongs to the whole select list and stands at its end (``r_EXCLUDE_list``); the parser takes it
    for a part of the star, and a name after a comma for another item.
    """
    if not any(token.text.upper() == "EXCLUDE" for token in tokens):
        return tokens
    found: list[Token] = []
    lists = [False]  # for each open parenthesis: is the select list of a SELECT being read
    index = 0
    while index < len(tokens):
        token = tokens[index]
        text = "" if _is_quoted(token) else token.text.upper().partition(" ")[0]
        if text == "(":
            lists.append(False)
        elif text == ")" and len(lists) > 1:
            lists.pop()
        elif text == "SELECT":
            lists[-1] = True
        elif text in _LIST_ENDS:
            lists[-1] = False
        elif text == "EXCLUDE" and lists[-1] and (names := _excluded(tokens, index)) is not None:
            found += [
                _made(token, TokenType.COMMA, ","),
                _renamed(token, EXCLUDE),
                _made(token, TokenType.L_PAREN, "("),
                *names[0],
                _made(token, TokenType.R_PAREN, ")"),
            ]
            index = names[1]
            continue
        found.append(token)
        index += 1
    return found


def _excluded(tokens: list[Token], index: int) -> tuple[list[Token], int] | None:
    """Read the names after EXCLUDE; give them with their commas and the index after them."""
    if (
        index == 0
        or tokens[index - 1].text in (",", ".")
        or tokens[index - 1].text.upper() in ("SELECT", "AS")
    ):
        return None
    found: list[Token] = []
    place = index + 1
    wrapped = place < len(tokens) and tokens[place].text == "("
    if wrapped:
        end = _closing(tokens, place)
        return None if end is None else (tokens[place + 1 : end], end + 1)
    wanted: Callable[[Token], bool] = _is_name
    while place < len(tokens) and wanted(tokens[place]):
        if wanted is _is_name and tokens[place].text.upper() in _LIST_ENDS and not _is_quoted(tokens[place]):
            break
        found.append(tokens[place])
        wanted = _is_comma if wanted is _is_name else _is_name
        place += 1
    return (found, place) if found and wanted is not _is_name else None


def _closing(tokens: list[Token], index: int) -> int | None:
    """Find the parenthesis that closes the one at ``index``."""
    depth = 0
    for place in range(index, len(tokens)):
        if tokens[place].token_type == TokenType.L_PAREN:
            depth += 1
        elif tokens[place].token_type == TokenType.R_PAREN:
            depth -= 1
            if not depth:
                return place
    return None


def _is_comma(token: Token) -> bool:
    return token.token_type == TokenType.COMMA
