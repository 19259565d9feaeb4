"""External schemas and materialized views in the file: read, write, and the relations that hold the rows.

All functions of ``Catalog`` run on the connection it is given; those that write must run inside a write
transaction of the caller, who thereby decides what else belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
from pydantic import TypeAdapter

from streamdialect.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    OperationalError,
    UndefinedObjectError,
)
from streamdialect.identifiers import quote_identifier
from streamdialect.model import Column, ExternalSchema, MaterializedView, StreamName
from streamdialect.storage import format as file_format

__all__ = ["NOW", "Catalog"]

# SQLite's clock in the one format of all our timestamps (milliseconds, padded to microseconds).
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"

_COLUMNS = TypeAdapter(tuple[Column, ...])

RESERVED_SCHEMAS = frozenset({"public", "main", "temp", "pg_catalog", "information_schema"})


class Catalog:
    """Read and write the persisted set of external schemas and materialized views."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def exists(self) -> bool:
        """Tell whether anything of ours is in the file."""
        return file_format.exists(self._connection)

    # --- external schemas ---------------------------------------------------------------------

    def schemas(self) -> list[ExternalSchema]:
        """List the external schemas by name."""
        if not self.exists():
            return []
        rows = self._connection.execute("SELECT entry FROM main.streamdialect_schemas ORDER BY name")
        return [ExternalSchema.model_validate_json(entry) for (entry,) in rows]

    def schema(self, name: str) -> ExternalSchema | None:
        """Find an external schema, or return None."""
        if not self.exists():
            return None
        entry = self._connection.execute(
            "SELECT entry FROM main.streamdialect_schemas WHERE name = ?", (name,)
        ).get
        return None if entry is None else ExternalSchema.model_validate_json(str(entry))

    def create_schema(self, schema: ExternalSchema) -> None:
        """Store a new external schema; raise DuplicateObjectError if the name is taken."""
        file_format.migrate(self._connection)
        if schema.name in RESERVED_SCHEMAS or self.schema(schema.name) is not None:
            raise DuplicateObjectError(f'schema "{schema.name}" already exists')
        self._connection.execute(
            f"INSERT INTO streamdialect_schemas VALUES (?, ?, {NOW})", (schema.name, schema.model_dump_json())
        )

    def alter_schema(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Change fields of an external schema; its views go on from where they are."""
        schema = self._existing_schema(name)
        changed = ExternalSchema.model_validate({**schema.model_dump(), **changes})
        self._connection.execute(
            "UPDATE streamdialect_schemas SET entry = ? WHERE name = ?", (changed.model_dump_json(), name)
        )

    def drop_schema(self, name: str, *, cascade: bool) -> None:
        """Remove an external schema; with ``cascade`` also the views that read from it.

        Raise DependentObjectsError if views read from it and ``cascade`` is false.
        """
        self._existing_schema(name)
        readers = [
            view.name for view in self.views() if view.plan.stream and view.plan.stream.schema_name == name
        ]
        if readers and not cascade:
            raise DependentObjectsError(
                f"cannot drop schema {name} because other objects depend on it: "
                + ", ".join(f"materialized view {reader}" for reader in readers),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        for reader in readers:
            if self.view(reader) is not None:
                self.drop_view(reader, cascade=True)
        self._connection.execute("DELETE FROM streamdialect_schemas WHERE name = ?", (name,))

    def _existing_schema(self, name: str) -> ExternalSchema:
        schema = self.schema(name)
        if schema is None:
            raise UndefinedObjectError(f'schema "{name}" does not exist')
        return schema

    # --- materialized views -------------------------------------------------------------------

    def views(self) -> list[MaterializedView]:
        """List the materialized views in the order of their creation."""
        if not self.exists():
            return []
        rows = self._connection.execute(
            "SELECT id, entry FROM main.streamdialect_views ORDER BY id"
        ).fetchall()
        return [_view(*row) for row in rows]

    def view(self, name: str) -> MaterializedView | None:
        """Find a materialized view, or return None."""
        if not self.exists():
            return None
        row = self._connection.execute(
            "SELECT id, entry FROM main.streamdialect_views WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else _view(*row)

    def existing_view(self, name: str) -> MaterializedView:
        """Find a materialized view; raise UndefinedObjectError if there is none."""
        view = self.view(name)
        if view is None:
            raise UndefinedObjectError(f'materialized view "{name}" does not exist')
        return view

    def automatic_views(self) -> list[int]:
        """List the ids of the AUTO REFRESH views; cheap, for the consumers' registry."""
        if not self.exists():
            return []
        rows = self._connection.execute(
            "SELECT id FROM main.streamdialect_views WHERE auto_refresh AND state = 'ok' ORDER BY id"
        )
        return [int(number) for (number,) in rows]

    def view_by_id(self, number: int) -> MaterializedView | None:
        """Find a materialized view by its id, which is never used twice; or return None."""
        row = self._connection.execute(
            "SELECT id, entry FROM main.streamdialect_views WHERE id = ?", (number,)
        ).fetchone()
        return None if row is None else _view(*row)

    def create_view(self, view: MaterializedView) -> MaterializedView:
        """Store a new view with its backing table, indexes and public view; return it with its id.

        Raise DuplicateObjectError if a relation has the name already.
        """
        file_format.migrate(self._connection)
        for name in (view.name, view.backing_table):
            if self._relation_exists(name):
                raise DuplicateObjectError(f'relation "{name}" already exists')
        stream = view.plan.stream
        self._connection.execute(
            "INSERT INTO streamdialect_views (name, schema_name, stream, auto_refresh, entry, created_at)"
            f" VALUES (?, ?, ?, ?, ?, {NOW})",
            (
                view.name,
                stream and stream.schema_name,
                stream and stream.stream,
                int(view.auto_refresh),
                view.model_dump_json(exclude={"id"}),
            ),
        )
        stored = view.model_copy(update={"id": self._connection.last_insert_rowid()})
        self._create_relations(stored)
        return stored

    def _create_relations(self, view: MaterializedView) -> None:
        plan = view.plan
        table = quote_identifier(view.backing_table)
        columns = ", ".join(
            f"{quote_identifier(column.name)} {column.type.declared}"
            + (" PRIMARY KEY" if column.name == plan.group_column else "")
            for column in plan.storage
        )
        self._connection.execute(f"CREATE TABLE main.{table} ({columns})")
        self._create_sort_index(view)
        public = ", ".join(
            f"{column.expression} AS {quote_identifier(column.name)}" for column in plan.columns
        )
        condition = f" WHERE {plan.having}" if plan.having else ""
        self._connection.execute(
            f"CREATE VIEW main.{quote_identifier(view.name)} AS SELECT {public} FROM {table}{condition}"
        )

    def _create_sort_index(self, view: MaterializedView) -> None:
        if not view.sort_key:
            return
        expressions = {column.name: column.expression for column in view.plan.columns}
        keys = ", ".join(expressions[name] for name in view.sort_key)
        self._connection.execute(
            f"CREATE INDEX main.{quote_identifier(view.backing_table + '_sortkey')}"
            f" ON {quote_identifier(view.backing_table)} ({keys})"
        )

    def alter_view(self, name: str, changes: Mapping[str, object]) -> MaterializedView:
        """Change attributes of a view (never its query); a new sort key replaces the index."""
        view = self.existing_view(name)
        changed = MaterializedView.model_validate({**view.model_dump(), **changes})
        self._connection.execute(
            "UPDATE streamdialect_views SET entry = ?, auto_refresh = ?, state = 'ok' WHERE id = ?",
            (changed.model_dump_json(exclude={"id"}), int(changed.auto_refresh), view.id),
        )
        if changed.sort_key != view.sort_key:
            index = quote_identifier(view.backing_table + "_sortkey")
            self._connection.execute(f"DROP INDEX IF EXISTS main.{index}")
            self._create_sort_index(changed)
        return changed

    def drop_view(self, name: str, *, cascade: bool) -> None:
        """Remove a view, its rows, positions and set-aside records; with ``cascade`` its dependents too.

        Raise DependentObjectsError if other views read it and ``cascade`` is false.
        """
        view = self.existing_view(name)
        dependents = [other.name for other in self.views() if name in other.plan.depends_on]
        if dependents and not cascade:
            raise DependentObjectsError(
                f"cannot drop materialized view {name} because other objects depend on it: "
                + ", ".join(f"materialized view {dependent}" for dependent in dependents),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        for dependent in dependents:
            if self.view(dependent) is not None:
                self.drop_view(dependent, cascade=True)
        self._connection.execute(f"DROP VIEW main.{quote_identifier(name)}")
        self._connection.execute(f"DROP TABLE main.{quote_identifier(view.backing_table)}")
        for table in ("checkpoints", "scans", "errors", "refreshes"):
            self._connection.execute(f"DELETE FROM streamdialect_{table} WHERE view_id = ?", (view.id,))
        self._connection.execute("DELETE FROM streamdialect_views WHERE id = ?", (view.id,))

    def set_state(self, view_id: int, state: str) -> None:
        """Record that a view's consumer cannot go on, and why; 'ok' lets it try again."""
        self._connection.execute(
            "UPDATE main.streamdialect_views SET state = ? WHERE id = ? AND state <> ?",
            (state, view_id, state),
        )

    # --- bases and dependents -----------------------------------------------------------------

    def bases(self, view: MaterializedView) -> list[MaterializedView]:
        """List the materialized views under a view, bases first, the view itself excluded."""
        found: dict[str, MaterializedView] = {}

        def visit(names: Iterable[str]) -> None:
            for name in names:
                base = self.view(name)
                if base is not None and name not in found:
                    visit(base.plan.depends_on)
                    found[name] = base

        visit(view.plan.depends_on)
        return list(found.values())

    # --- late-binding views -------------------------------------------------------------------

    def create_late_view(
        self, name: str, definition: str, select: str, columns: Sequence[Column], *, replace: bool
    ) -> None:
        """Create a plain SQLite view whose SELECT was translated, and keep its columns' types.

        Raise DuplicateObjectError if the name is taken by anything, or by a view and ``replace`` is false.
        """
        file_format.migrate(self._connection)
        if replace and self.late_view(name) is not None:
            self._connection.execute(f"DROP VIEW main.{quote_identifier(name)}")
        if self._relation_exists(name):
            raise DuplicateObjectError(f'relation "{name}" already exists')
        self._connection.execute(f"CREATE VIEW main.{quote_identifier(name)} AS {select}")
        self._connection.execute(
            "INSERT OR REPLACE INTO streamdialect_late_views"
            " SELECT name, sql, ?2, ?3 FROM main.sqlite_schema WHERE type = 'view' AND name = ?1",
            (name, definition, _COLUMNS.dump_json(tuple(columns)).decode()),
        )

    def late_view(self, name: str) -> tuple[Column, ...] | None:
        """Find the columns of a late-binding view, or return None."""
        if not self.exists():
            return None
        text = self._connection.execute(
            "SELECT columns FROM main.streamdialect_late_views"
            " JOIN main.sqlite_schema USING (name, sql) WHERE type = 'view' AND name = ?",
            (name,),
        ).get
        return None if text is None else _COLUMNS.validate_json(str(text))

    # --- shared -------------------------------------------------------------------------------

    def _relation_exists(self, name: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
            (name,),
        ).fetchone()
        return row is not None

    def stream_schema(self, stream: StreamName) -> ExternalSchema:
        """Find the external schema of a view's stream; raise OperationalError if it was removed."""
        schema = self.schema(stream.schema_name)
        if schema is None:
            raise OperationalError(f'external schema "{stream.schema_name}" no longer exists')
        return schema


def _view(number: Any, entry: Any) -> MaterializedView:
    return MaterializedView.model_validate_json(entry).model_copy(update={"id": number})
