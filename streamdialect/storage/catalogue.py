"""What catalogue views list: relations and columns of the file and of those attached, as SQLite table functions.

The types of columns are Redshift's, which only Python can tell, so SQL cannot do it alone. A relation that cannot be
read (a view whose table is gone, a definition of a later version) is listed without columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import apsw

from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import STREAM_COLUMNS, Column, MaterializedView
from streamdialect.storage import table_functions
from streamdialect.storage.format import OWN_PREFIX, ROWS_PREFIX
from streamdialect.storage.relations import FileRelations
from streamdialect.storage.system_views import (
    COLUMNS_FUNCTION,
    COUNT_FUNCTION,
    RELATIONS_FUNCTION,
    SCHEMAS_FUNCTION,
    SIZE_FUNCTION,
    TABLES_FUNCTION,
)
from streamdialect.types import RedshiftType

__all__ = ["register"]

_MEGABYTE = 1 << 20

# Types as PostgreSQL's catalogue spells them, where the name is another.
_TYPES = {
    "CHAR": "character",
    "VARCHAR": "character varying",
    "DECIMAL": "numeric",
    "TIME": "time without time zone",
    "TIMETZ": "time with time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMPTZ": "timestamp with time zone",
    "VARBYTE": "binary varying",
}
# Precision of numbers that have none of their own, in binary digits.
_BITS = {"SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "REAL": 24, "DOUBLE PRECISION": 53}

_RELATION = ("schema_name", "name", "kind", "number", "definition", "has_indexes", "has_triggers")
_COLUMN = (
    *(
        "schema_name",
        "table_name",
        "kind",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
    ),
    *("data_type", "full_type", "redshift_type", "length", "precision", "radix", "scale", "fraction"),
)
_TABLE = (
    *("database", "schema_name", "name", "number", "max_varchar", "diststyle", "sortkey1", "sortkey_num"),
    "created_at",
)


def register(connection: apsw.Connection, relations: FileRelations) -> None:
    """Give a connection the functions that the catalogue views call."""
    catalogue = _Catalogue(connection, relations)
    functions: tuple[tuple[str, Sequence[str], Callable[[Any], Iterator[Sequence[Any]]]], ...] = (
        (RELATIONS_FUNCTION, _RELATION, lambda _: catalogue.relations()),
        (COLUMNS_FUNCTION, _COLUMN, catalogue.columns),
        (TABLES_FUNCTION, _TABLE, lambda _: catalogue.tables()),
        (SCHEMAS_FUNCTION, ("name", "provider"), lambda _: catalogue.schemas()),
    )
    for name, columns, rows in functions:
        table_functions.register(connection, name, columns, rows)
    connection.create_scalar_function(COUNT_FUNCTION, partial(_count, connection), 2)
    connection.create_scalar_function(SIZE_FUNCTION, partial(_size, connection), 2)


class _Catalogue:
    def __init__(self, connection: apsw.Connection, relations: FileRelations) -> None:
        self._connection = connection
        self._relations = relations

    def schemas(self) -> Iterator[tuple[Any, ...]]:
        """List the external schemas: name and provider."""
        for schema in self._relations.catalogs["main"].schemas():
            yield schema.name, schema.provider

    def _stored(self, database: str, kinds: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(
            f"SELECT name, type, rowid, sql FROM {quote_identifier(database)}.sqlite_schema"
            f" WHERE type IN ({kinds}) AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()

    def _public(self) -> Iterator[tuple[str, str, str, str, int, str]]:
        """List database, schema, name, type, number and definition of the relations of users."""
        for database, catalog in self._relations.catalogs.items():
            definitions = {view.name: view.definition for view in catalog.views()}
            definitions |= catalog.late_definitions()
            for name, kind, number, sql in self._stored(database, "'table', 'view'"):
                if name.startswith((OWN_PREFIX, ROWS_PREFIX)):
                    continue
                schema = "public" if database == "main" else database
                yield database, schema, name, kind, number, definitions.get(name, sql)

    def relations(self) -> Iterator[tuple[Any, ...]]:
        """List the relations of users, as ``_RELATION`` says."""
        for database, schema, name, kind, number, definition in self._public():
            owned = {
                kind
                for (kind,) in self._connection.execute(
                    f"SELECT DISTINCT type FROM {quote_identifier(database)}.sqlite_schema WHERE tbl_name = ?",
                    (name,),
                )
            }
            materialized = self._relations.catalogs[database].has_view(name)
            shown = "materialized view" if materialized else kind
            yield schema, name, shown, number, definition, "index" in owned, "trigger" in owned

    def columns(self, provider: Any) -> Iterator[tuple[Any, ...]]:
        """List the columns of the relations of users, or those that each stream of a provider has."""
        if provider is not None:
            for place, column in enumerate(STREAM_COLUMNS[provider], 1):
                yield None, None, "stream", *_described(column, place, None, "")
            return
        for database, schema, name, kind, *_ in self._public():
            with suppress(NotSupportedError, apsw.Error):
                relation = self._relations.local(database, name)
                if relation is None:
                    continue
                stored = {column.name: column for column in relation.stored}
                for place, column in enumerate(relation.columns, 1):
                    known = stored.get(column.name)
                    nullable = "NO" if known is not None and known.not_null else "YES"
                    default = None if known is None else known.default
                    yield schema, name, kind, *_described(column, place, default, nullable)

    def tables(self) -> Iterator[tuple[Any, ...]]:
        """List the tables that hold rows, those of materialized views too, as ``_TABLE`` says."""
        for database, catalog in self._relations.catalogs.items():
            views = {view.backing_table: view for view in catalog.views()}
            created = catalog.created()
            for name, _, number, _ in self._stored(database, "'table'"):
                if name.startswith(OWN_PREFIX) or not self._has_rows(database, name):
                    continue
                view = views.get(name)
                relation = self._relations.local(database, name)
                columns = () if relation is None else relation.columns
                lengths = [column.type.length or 0 for column in columns if column.type.name == "VARCHAR"]
                schema = "public" if database == "main" else database
                yield (
                    *(database, schema, name, number, max(lengths, default=0)),
                    *_arrangement(view),
                    None if view is None else created.get(view.name),
                )

    def _has_rows(self, database: str, name: str) -> bool:
        try:
            table = f"{quote_identifier(database)}.{quote_identifier(name)}"
            return bool(self._connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").get)
        except apsw.SQLError:  # a virtual table whose module is not here
            return False


def _arrangement(view: MaterializedView | None) -> tuple[str | None, str | None, int]:
    """Give diststyle, first sort key and number of sort keys as they were declared; tables forget theirs."""
    if view is None:
        return None, None, 0
    style = None if view.dist_style is None else view.dist_style.upper()
    if view.dist_key is not None:
        style = f"KEY({view.dist_key})"
    return style, view.sort_key[0] if view.sort_key else None, len(view.sort_key)


def _described(column: Column, place: int, default: str | None, nullable: str) -> tuple[Any, ...]:
    kind = column.type
    name = _TYPES.get(kind.name, kind.name.lower())
    bits = _BITS.get(kind.name)
    return (
        column.name,
        place,
        default,
        nullable,
        name,
        name + _digits(kind),
        str(kind).lower(),
        kind.length if kind.is_text else None,
        kind.precision if bits is None else bits,
        None if not kind.is_numeric else 10 if bits is None else 2,
        kind.scale or 0 if kind.is_exact else None,
        6 if kind.is_temporal and kind.name != "DATE" else None,
    )


def _digits(kind: RedshiftType) -> str:
    if kind.name == "DECIMAL" and kind.precision is not None:
        return f"({kind.precision},{kind.scale or 0})"
    return "" if kind.length is None else f"({kind.length})"


def _count(connection: apsw.Connection, *table: Any) -> int:
    """Count the rows of a table: reads its smallest index, or all of it."""
    name = ".".join(map(quote_identifier, table))
    return int(connection.execute(f"SELECT count(*) FROM {name}").get)


def _size(connection: apsw.Connection, *table: Any) -> int | None:
    """Give what a table takes in the file with its indexes, in megabytes, rounded up; reads all of it."""
    database, name = table
    size = connection.execute(
        "SELECT sum(pgsize) FROM dbstat WHERE schema = ?1 AND aggregate = TRUE AND name IN"
        f" (SELECT name FROM {quote_identifier(database)}.sqlite_schema WHERE tbl_name = ?2)",
        (database, name),
    ).get
    return None if size is None else -(-int(size) // _MEGABYTE)
