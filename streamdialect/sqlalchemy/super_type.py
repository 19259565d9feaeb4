"""The type SUPER and paths into its documents: ``v.c.payload["status"].as_string()``.

A path is part of the SQL text, as Redshift has it (``payload.status``, ``payload."Mixed Case"``, ``payload.a[0]``),
so its keys belong to the key of SQLAlchemy's statement cache. Source: ``query-super``, ``r_SUPER_type``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Boolean, Float, Numeric, String, cast, exc, func, type_coerce
from sqlalchemy import types as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BindParameter, ColumnClause, ColumnElement, Grouping, Label, TypeCoerce
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal

from streamdialect.sqlalchemy.redshift_only import check_dialect

__all__ = ["SUPER", "SuperPath"]

_LONGEST = 65535  # bytes of a VARCHAR


class SuperPath(ColumnElement):  # type: ignore[type-arg]
    """Be one step into a SUPER value: ``base.key``, or ``base[key]`` for the element of an array.

    Made by ``column["key"]``; what is not there is NULL.
    """

    __visit_name__ = "super_path"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012  SQLAlchemy's own shape
        ("base", InternalTraversal.dp_clauseelement),
        ("key_text", InternalTraversal.dp_string),
        ("index", InternalTraversal.dp_plain_obj),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, base: Any, key: str | int, type_: SUPER) -> None:
        self.base = base
        self.key_text = key if isinstance(key, str) else None
        self.index = None if isinstance(key, str) else key
        self.type = type_

    @property
    def _from_objects(self) -> Any:
        return self.base._from_objects

    def self_group(self, against: Any = None) -> Any:
        """Stand without parentheses: a path binds closest of all."""
        return self


@compiles(SuperPath)
def _write_path(element: SuperPath, compiler: Any, **options: Any) -> str:
    check_dialect(element, compiler)
    base = compiler.process(element.base, **options)
    if element.key_text is None:
        return f"{base}[{element.index}]"
    # Here: the package imports the dialects of all of PostgreSQL's drivers.
    from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

    # The preparer knows SQLite's reserved words; Redshift's are PostgreSQL's. It cannot take "".
    preparer, key = compiler.preparer, element.key_text
    quote = preparer.quote if key and key.lower() not in RESERVED_WORDS else preparer.quote_identifier
    return f"{base}.{quote(key)}"


class SUPER(sa.UserDefinedType):  # type: ignore[type-arg]
    """Be Redshift's SUPER (``r_SUPER_type``).

    Results are JSON text (str), as Redshift's drivers give them; with ``as_json=True`` they are what
    ``json.loads`` makes of that. A str that is stored is JSON text; with ``as_json=True`` it is a string.
    Dictionaries, lists, numbers and booleans are written as JSON, by the engine's ``json_serializer`` if it has
    one. None is NULL.

    In a comparison a str, a number or a boolean stands for itself, as in Redshift's SQL; a dictionary or a list
    is compared as a document.
    """

    cache_ok = True

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    @property
    def hashable(self) -> bool:  # type: ignore[override]
        """Tell whether values can be hashed: dictionaries cannot."""
        return not self.as_json

    def get_col_spec(self, **_: Any) -> str:
        """Give the name in DDL; TEXT makes SQLite keep the JSON as it is."""
        return "SUPER TEXT"

    def bind_expression(self, bindvalue: Any) -> Any:
        """Have a bound text read as JSON; by itself it would be a string in a SUPER column."""
        return func.json_parse(bindvalue, type_=self)

    def bind_processor(self, dialect: Any) -> Callable[[Any], str | None]:
        """Write values as JSON text."""
        serialize = getattr(dialect, "_json_serializer", None) or json.dumps
        as_json = self.as_json

        def process(value: Any) -> str | None:
            if value is None:
                return None
            return value if isinstance(value, str) and not as_json else str(serialize(value))

        return process

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        """Write values as literals of JSON text."""
        process = self.bind_processor(dialect)
        text: Any = String()
        quote = text.literal_processor(dialect)
        return lambda value: quote(process(value))

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any] | None:
        """Read JSON text if ``as_json`` asks for it."""
        if not self.as_json:
            return None
        deserialize = getattr(dialect, "_json_deserializer", None) or json.loads
        return lambda value: None if value is None else deserialize(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Compare scalars as they are, dictionaries and lists as documents."""
        if isinstance(value, (dict, list)) and value:
            return self
        kind = self if value is None else sa.TypeEngine.coerce_compared_value(self, op, value)
        if kind is self and op in (operators.in_op, operators.not_in_op):
            return String()  # of no values SQLAlchemy makes a subquery, which cannot be read as JSON
        return kind

    class Comparator(sa.UserDefinedType.Comparator):  # type: ignore[type-arg]
        """Navigate into documents, and cast what is found."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """Compare; a parameter without a type stands for itself, as a value does."""
            return super().operate(op, *map(_as_it_is, other), **options)

        def __getitem__(self, key: str | int | Sequence[str | int]) -> Any:
            steps = tuple(key) if isinstance(key, (tuple, list)) else (key,)
            found: Any = _base(self.expr)
            for step in steps:
                found = SuperPath(found, _checked(step), self.type)  # type: ignore[arg-type]
            return found

        def as_string(self, length: int = _LONGEST) -> Any:
            """Cast to VARCHAR(length); a string without its quotes. ``length`` is in bytes."""
            return cast(self.expr, String(length))

        def as_integer(self) -> Any:
            """Cast to BIGINT."""
            return cast(self.expr, sa.BigInteger)

        def as_float(self) -> Any:
            """Cast to DOUBLE PRECISION."""
            return cast(self.expr, Float)

        def as_numeric(self, precision: int, scale: int) -> Any:
            """Cast to DECIMAL(precision, scale); values are ``decimal.Decimal``."""
            return cast(self.expr, Numeric(precision, scale))

        def as_boolean(self) -> Any:
            """Cast to BOOLEAN."""
            return cast(self.expr, Boolean)

        def as_json(self) -> Any:
            """Give values as ``json.loads`` reads them; the SQL is the same."""
            return type_coerce(self.expr, SUPER(as_json=True))

    comparator_factory = Comparator


def _as_it_is(operand: Any) -> Any:
    # Its type would be that of the other side, and its text be read as JSON.
    if isinstance(operand, BindParameter) and operand.type._isnull:
        return operand._with_binary_element_type(String())
    return operand


def _checked(step: Any) -> str | int:
    if isinstance(step, bool) or not isinstance(step, (str, int)):
        raise exc.ArgumentError(f"a path into SUPER is made of str and int, not {step!r}")
    if isinstance(step, int) and step < 0:
        raise exc.ArgumentError(f"an index of a SUPER array counts from 0, it cannot be {step}")
    return step


def _base(expression: Any) -> Any:
    """Give what a path may begin with as it is, the rest in parentheses."""
    while isinstance(expression, (TypeCoerce, Label)):
        expression = expression.typed_expression if isinstance(expression, TypeCoerce) else expression.element
    if isinstance(expression, (ColumnClause, SuperPath, FunctionElement, Grouping)):
        return expression
    return Grouping(expression)
