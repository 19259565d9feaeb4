"""Names to relations: what the translator is told about tables, views, streams and system views."""

from __future__ import annotations

import re

import apsw

from streamdialect import types
from streamdialect.errors import DataError, NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.model import STREAM_COLUMNS, Column, Identity, Relation, StoredColumn, StreamName
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.stream_table import table_function
from streamdialect.storage.system_views import SYSTEM_VIEWS
from streamdialect.types import RedshiftType

__all__ = ["FileRelations", "declared_type"]

# SQLite's older names for its own tables; table_list knows only the newer ones.
_OLD_NAMES = {"sqlite_master": "sqlite_schema", "sqlite_temp_master": "sqlite_temp_schema"}

# What tables.py of the translator writes after the key that stands for an IDENTITY column.
_IDENTITY = re.compile(r"AUTOINCREMENT /\* (\w+) IDENTITY\((\d+),(\d+)\) \*/")

_LOCAL_SCHEMAS = {None: "main", "public": "main", "main": "main", "temp": "temp"}


class FileRelations:
    """Resolve relation names against one connection. Implements ``model.Resolver``."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._catalog = Catalog(connection)
        self.compat = False  # the profile compat=redshift, which decides what types without digits mean

    def relation(self, schema: str | None, name: str) -> Relation | None:
        """Find a relation, or return None; SQLite's own names (``sqlite_schema``) included."""
        if schema not in _LOCAL_SCHEMAS:
            return self._stream(str(schema), name)
        if name in SYSTEM_VIEWS and schema in (None, "public"):
            return SYSTEM_VIEWS[name] if self._catalog.exists() else _empty(SYSTEM_VIEWS[name])
        if schema is None:
            return self._local("temp", name) or self._local("main", name)
        return self._local(_LOCAL_SCHEMAS[schema], name)

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

    def _local(self, database: str, name: str) -> Relation | None:
        name = _OLD_NAMES.get(name.lower(), name)
        found = self._connection.execute(
            "SELECT name, type, wr FROM pragma_table_list WHERE schema = ? AND name = ? COLLATE NOCASE",
            (database, name),
        ).fetchone()
        if found is None:
            return None
        stored, kind = str(found[0]), str(found[1])
        source = f"{database}.{quote_identifier(stored)}"
        view = self._catalog.view(name) if database == "main" and kind == "view" else None
        if view is not None:
            columns = tuple(Column(name=column.name, type=column.type) for column in view.plan.columns)
            return Relation(name=view.name, kind="materialized view", columns=columns, source=source)
        late = self._catalog.late_view(stored) if database == "main" and kind == "view" else None
        if late is not None:
            return Relation(
                name=stored,
                kind="view",
                columns=late,
                source=source,
                stored=self._columns(database, stored),  # for INSTEAD OF triggers
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
            stored=stored_columns,
            has_rowid=kind == "table" and not found[2],
        )

    def _columns(self, database: str, table: str) -> tuple[StoredColumn, ...]:
        """Describe the columns of a table; hidden ones of a virtual table come with the others."""
        text = self._connection.execute(
            f"SELECT sql FROM {database}.sqlite_schema WHERE name = ? AND type = 'table'", (table,)
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


def _empty(view: Relation) -> Relation:
    """Give a system view without rows, for a file that has none of our tables yet."""
    columns = ", ".join(f"NULL AS {quote_identifier(column.name)}" for column in view.columns)
    return view.model_copy(update={"source": f"(SELECT {columns} WHERE 0)"})


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
