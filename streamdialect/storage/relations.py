"""Names to relations: what the translator is told about tables, views, streams and system views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

import apsw
from msgspec.structs import replace

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import STREAM_COLUMNS, Column, Identity, Relation, StoredColumn, StreamName
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.stream_table import table_function
from streamdialect.storage.system_views import INDEPENDENT_VIEWS, INFORMATION_SCHEMA, SYSTEM_VIEWS
from streamdialect.types import RedshiftType

__all__ = ["FileRelations", "ViewRelations", "declared_type"]

# SQLite's older names for its own tables; table_list knows only the newer ones.
_OLD_NAMES = {"sqlite_master": "sqlite_schema", "sqlite_temp_master": "sqlite_temp_schema"}

# What tables.py of the translator writes after the key that stands for an IDENTITY column.
_IDENTITY = re.compile(r"AUTOINCREMENT /\* (\w+) IDENTITY\((\d+),(\d+)\) \*/")

_LOCAL_SCHEMAS = {None: "main", "public": "main", "main": "main", "temp": "temp"}


class FileRelations:
    """Resolve relation names against one connection. Implements ``model.Resolver``.

    ``attached`` are the names of further files; each is a schema.
    """

    def __init__(self, connection: apsw.Connection, attached: Iterable[str] = ()) -> None:
        self._connection = connection
        self._catalog = Catalog(connection)
        self.catalogs = {"main": self._catalog, **{name: Catalog(connection, name) for name in attached}}
        self._schemas: dict[str | None, str] = {**_LOCAL_SCHEMAS, **{name: name for name in attached}}
        self.compat = False  # the profile compat=redshift, which decides what types without digits mean

    def relation(self, schema: str | None, name: str) -> Relation | None:
        """Find a relation, or return None; SQLite's own names (``sqlite_schema``) included."""
        if schema == "information_schema":
            return INFORMATION_SCHEMA.get(name)
        if name in SYSTEM_VIEWS and schema in (None, "public", "pg_catalog"):
            view = SYSTEM_VIEWS[name]
            return view if name in INDEPENDENT_VIEWS or self._catalog.exists() else _empty(view)
        if schema not in self._schemas:
            return self._stream(str(schema), name)
        if schema is None:
            return self.local("temp", name) or self.local("main", name)
        return self.local(self._schemas[schema], name)

    def _stream(self, schema: str, name: str) -> Relation | None:
        external = self._catalog.schema(schema)
        if external is None:
            return None
        arguments = ", ".join("'" + part.replace("'", "''") + "'" for part in (schema, name))
        return Relation(
            name=name,
            kind="stream",
            columns=STREAM_COLUMNS[external.provider],
            source=f"{table_function(external.provider)}({arguments})",
            provider=external.provider,
            stream=StreamName(schema_name=schema, stream=name),
        )

    def local(self, database: str, name: str) -> Relation | None:
        """Find a table or view in one of the connection's files, by SQLite's name of the file."""
        name = _OLD_NAMES.get(name.lower(), name)
        found = self._connection.execute(
            "SELECT name, type, wr FROM pragma_table_list WHERE schema = ? AND name = ? COLLATE NOCASE",
            (database, name),
        ).fetchone()
        if found is None:
            return None
        stored, kind = str(found[0]), str(found[1])
        prefix = database if database in ("main", "temp") else quote_identifier(database)
        source = f"{prefix}.{quote_identifier(stored)}"
        catalog = self.catalogs.get(database) if kind == "view" else None
        view = catalog.view(name) if catalog is not None else None
        if view is not None:
            columns = tuple(Column(name=column.name, type=column.type) for column in view.plan.columns)
            return Relation(
                name=view.name,
                kind="materialized view",
                columns=columns,
                source=source,
                database=database,
                sorted_by=view.sort_key[0] if view.sort_key else None,
            )
        late = catalog.late_view(stored) if catalog is not None else None
        if late is not None:
            stored_columns: tuple[StoredColumn, ...] = ()
            with suppress(apsw.SQLError):  # what it reads may be gone, and it can be dropped all the same
                stored_columns = self._columns(database, stored)
            return Relation(
                name=stored,
                kind="view",
                columns=late,
                source=source,
                database=database,
                stored=stored_columns,  # for INSTEAD OF triggers
            )
        stored_columns = self._columns(database, stored)
        columns = tuple(
            Column(name=column.name, type=declared_type(column.declared, self.compat))
            for column in stored_columns
            if column.implicit or column.generated
        )
        return Relation(
            name=stored,
            kind="view" if kind == "view" else "table",
            columns=columns,
            source=source,
            database=database,
            stored=stored_columns,
            has_rowid=kind == "table" and not found[2],
        )

    def _columns(self, database: str, table: str) -> tuple[StoredColumn, ...]:
        """Describe the columns of a table; hidden ones of a virtual table come with the others."""
        text = self._connection.execute(
            f"SELECT sql FROM {quote_identifier(database)}.sqlite_schema WHERE name = ? AND type = 'table'",
            (table,),
        ).get
        counter = _IDENTITY.search(str(text)) if text is not None and "IDENTITY" in str(text) else None
        rows = self._connection.execute(
            'SELECT name, type, dflt_value, pk, hidden, "notnull" FROM pragma_table_xinfo(?, ?)',
            (table, database),
        )
        found = []
        for name, declared, default, key, hidden, not_null in rows:
            identity = None
            if counter is not None and key:
                declared = counter[1]
                identity = Identity(seed=int(counter[2]), step=int(counter[3]))
            found.append(
                StoredColumn(
                    name=str(name),
                    declared=str(declared),
                    default=None if default is None else str(default),
                    not_null=bool(not_null),
                    generated=hidden in (2, 3),
                    implicit=not hidden,
                    identity=identity,
                )
            )
        return tuple(found)


class ViewRelations:
    """Resolve the names in a view's query: what is in the view's own file; refuse the rest.

    ``bare`` names it without the file: a definition with SQLite's name of a file in it would make the file
    unreadable under any other name.
    """

    def __init__(self, relations: FileRelations, database: str, *, bare: bool) -> None:
        self._relations = relations
        self._database = database
        self._bare = bare

    def relation(self, schema: str | None, name: str) -> Relation | None:
        """Find a relation of the view's file; raise NotSupportedError for one of another file."""
        found = self._relations.relation(schema, name)
        if schema is None and self._database != "main":
            found = self._unqualified(found, name)
        if found is None:
            return None
        if not found.database and self._database == "main":
            bare = found.source.replace(" main.", " ") if self._bare else found.source
            return replace(found, source=bare)
        if found.database != self._database:
            return self._refuse(found)
        return replace(found, source=quote_identifier(found.name)) if self._bare else found

    def _unqualified(self, found: Relation | None, name: str) -> Relation | None:
        """Take a bare name for one of the view's own file, as SQLite does, where it can mean nothing else."""
        own = self._relations.relation(self._database, name)
        if own is not None and found is not None:
            raise NotSupportedError(
                f'"{name}" is a relation of "{found.database or "public"}" and of "{self._database}"',
                hint=f"Write {self._database}.{name}.",
            )
        return own or found

    def _refuse(self, found: Relation) -> Relation:
        shown = {"main": "public", "temp": "temporary tables"}
        raise NotSupportedError(
            f'a view in "{shown.get(self._database, self._database)}" cannot read "{found.name}" of'
            f' "{shown.get(found.database, found.database) or "the system"}": it is in another file',
            hint="CREATE TEMP VIEW can read all of a connection.",
        )


def _empty(view: Relation) -> Relation:
    """Give a system view without rows, for a file that has none of our tables yet."""
    columns = ", ".join(f"NULL AS {quote_identifier(column.name)}" for column in view.columns)
    return replace(view, source=f"(SELECT {columns} WHERE 0)")


def declared_type(declared: str, compat: bool = True) -> RedshiftType:
    """Give the Redshift type of a column that SQLite DDL declared.

    Without ``compat`` a text type without a length holds any text, and NUMERIC without digits keeps ten of them
    after the point, as users of SQLite mean them.

    A name that Redshift does not have is taken by SQLite's rules of affinity ("Datatypes In SQLite", 3.1);
    none at all, as for an expression of a view, is UNKNOWN: its values keep the type they have.
    """
    if not declared:
        return types.UNKNOWN
    try:
        kind = types.parse_type(declared)
    except (NotSupportedError, DataError):
        pass
    else:
        if compat or "(" in declared or kind.name not in ("VARCHAR", "DECIMAL"):
            return kind
        return types.TEXT if kind.is_text else types.UNSCALED
    name = declared.upper()
    if "INT" in name:
        return types.BIGINT
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return types.TEXT
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return types.DOUBLE
    return types.VARBYTE if "BLOB" in name else types.UNKNOWN
