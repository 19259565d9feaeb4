"""What makes two values equal beyond their stored form: blanks at the end of text, and the forms of SUPER."""

from __future__ import annotations

from streamdialect.sql.values import Value

__all__ = ["COLLATION", "distinguished", "super_form", "super_key", "told_apart"]

# SQLite's own collation under which blanks at the end do not count.
COLLATION = " COLLATE RTRIM"


def distinguished(value: Value) -> str:
    """Give what tells values apart in GROUP BY, DISTINCT, PARTITION BY, and orders them."""
    if not value.type.is_text:
        return value.sql
    return f"{f'lower({value.sql})' if value.folded else value.sql}{COLLATION}"


def told_apart(value: Value) -> str:
    """Give what is equal for equal values of any type: of SUPER, a text instead of the value."""
    return super_key(value.sql) if value.type.name == "SUPER" else distinguished(value)


def super_key(sql: str) -> str:
    """Write what equal SUPER values share: ``=`` and the JSON text of those that have no other form."""
    return f"CASE WHEN {_only_form(sql)} THEN '=' || {sql} ELSE streamdialect_super_group({sql}) END"


def super_form(sql: str) -> str:
    """Write a SUPER value in the one form that all its equals share, as SUPER."""
    return f"CASE WHEN {_only_form(sql)} THEN {sql} ELSE streamdialect_super_form({sql}) END"


def _only_form(sql: str) -> str:
    """Test for integers, strings without blanks at the end, and booleans: no other text means the same value."""
    string = f"({sql} GLOB '\"*' AND {sql} NOT GLOB '* \"')"
    return f"{string} OR {sql} NOT GLOB '*[^0-9]*' OR {sql} IN ('true', 'false')"
