"""External schemas and materialized views in the file: read, write, and the relations that hold the rows.

All functions of ``Catalog`` run on the connection it is given; those that write must run inside a write
transaction of the caller, who thereby decides what else belongs to it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apsw
import msgspec
from msgspec.structs import asdict, replace

from streamdialect.errors import (
    DependentObjectsError,
    DuplicateObjectError,
    NotSupportedError,
    OperationalError,
    UndefinedObjectError,
)
from streamdialect.identifiers import quote_identifier
from streamdialect.model import (
    RESERVED_SCHEMAS,
    Column,
    ErrorPolicy,
    ExternalSchema,
    MaterializedView,
    StreamName,
)
from streamdialect.storage import error_policy
from streamdialect.storage import format as file_format

__all__ = ["NOW", "Catalog"]

# SQLite's clock in the one format of all our timestamps (milliseconds, padded to microseconds).
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


# Made here, where one thread imports the module: what msgspec knows of a class it works out with the first decoder for
# it, and a second thread that takes the half of that crashes the process (msgspec 0.22).
_DECODE_VIEW = msgspec.json.Decoder(MaterializedView).decode
_DECODE_SCHEMA = msgspec.json.Decoder(ExternalSchema).decode
_DECODE_COLUMNS = msgspec.json.Decoder(tuple[Column, ...]).decode


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


class Catalog:
    """Read and write the persisted set of external schemas and materialized views.

    ``database`` is SQLite's name of the file: ``main``, or an attached one, of which only views are used.
    """

    def __init__(self, connection: apsw.Connection, database: str = "main") -> None:
        self._connection = connection
        self._name = database
        self._db = quote_identifier(database)

    def exists(self) -> bool:
        """Tell whether anything of ours is in the file."""
        return file_format.exists(self._connection, self._name)

    # --- external schemas ---------------------------------------------------------------------

    def schemas(self) -> list[ExternalSchema]:
        """List the external schemas by name."""
        if not self.exists():
            return []
        rows = self._connection.execute(
            f"SELECT name, entry FROM {self._db}.streamdialect_schemas ORDER BY name"
        )
        return [_schema(*row) for row in rows]

    def schema(self, name: str) -> ExternalSchema | None:
        """Find an external schema, or return None."""
        if not self.exists():
            return None
        entry = self._connection.execute(
            f"SELECT entry FROM {self._db}.streamdialect_schemas WHERE name = ?", (name,)
        ).get
        return None if entry is None else _schema(name, entry)

    def has_schema(self, name: str) -> bool:
        """Tell whether there is an external schema of the name, readable or not."""
        return self.exists() and bool(
            self._connection.execute(
                f"SELECT count(*) FROM {self._db}.streamdialect_schemas WHERE name = ?", (name,)
            ).get
        )

    def create_schema(self, schema: ExternalSchema) -> None:
        """Store a new external schema; raise DuplicateObjectError if the name is taken."""
        file_format.migrate(self._connection, self._name)
        if schema.name in RESERVED_SCHEMAS or self.has_schema(schema.name):
            raise DuplicateObjectError(f'schema "{schema.name}" already exists')
        self._connection.execute(
            f"INSERT INTO {self._db}.streamdialect_schemas VALUES (?, ?, {NOW})",
            (schema.name, _json(schema)),
        )
        self._touch()

    def alter_schema(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Change fields of an external schema; its views go on from where they are."""
        schema = self._existing_schema(name)
        changed = replace(schema, **changes)
        self._connection.execute(
            f"UPDATE {self._db}.streamdialect_schemas SET entry = ? WHERE name = ?",
            (_json(changed), name),
        )
        self._touch()

    def schema_readers(self, name: str) -> list[str]:
        """Name the materialized views that read from an external schema."""
        if not self.exists():
            return []
        rows = self._connection.execute(
            f"SELECT name FROM {self._db}.streamdialect_views WHERE schema_name = ? ORDER BY id", (name,)
        )
        return [str(reader) for (reader,) in rows]

    def drop_schema(self, name: str, *, cascade: bool) -> None:
        """Remove an external schema; with ``cascade`` also the views that read from it.

        Raise DependentObjectsError if views read from it and ``cascade`` is false.
        """
        if not self.has_schema(name):
            raise UndefinedObjectError(f'schema "{name}" does not exist')
        readers = self.schema_readers(name)
        if readers and not cascade:
            raise DependentObjectsError(
                f"cannot drop schema {name} because other objects depend on it: "
                + ", ".join(f"materialized view {reader}" for reader in readers),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        for reader in readers:
            if self.has_view(reader):
                self.drop_view(reader, cascade=True)
        self._connection.execute(f"DELETE FROM {self._db}.streamdialect_schemas WHERE name = ?", (name,))
        self._touch()

    def _touch(self) -> None:
        """Move SQLite's schema version, which tells every connection that names may mean something else.

        SQLite moves it for tables and views only, and external schemas are rows to it.
        """
        self._connection.execute(f"CREATE VIEW {self._db}.streamdialect_touched AS SELECT 1")
        self._connection.execute(f"DROP VIEW {self._db}.streamdialect_touched")

    def _existing_schema(self, name: str) -> ExternalSchema:
        schema = self.schema(name)
        if schema is None:
            raise UndefinedObjectError(f'schema "{name}" does not exist')
        return schema

    # --- materialized views -------------------------------------------------------------------

    def views(self) -> list[MaterializedView]:
        """List the materialized views in the order of their creation.

        One whose entry cannot be read is left out: it must not keep anybody from the others.
        """
        if not self.exists():
            return []
        rows = self._connection.execute(
            f"SELECT id, name, entry FROM {self._db}.streamdialect_views ORDER BY id"
        ).fetchall()
        found = []
        for row in rows:
            with contextlib.suppress(NotSupportedError):
                found.append(_view(*row))
        return found

    def view_names(self) -> frozenset[str]:
        """Give the names of all materialized views, readable or not."""
        if not self.exists():
            return frozenset()
        rows = self._connection.execute(f"SELECT name FROM {self._db}.streamdialect_views")
        return frozenset(str(name) for (name,) in rows)

    def created(self) -> dict[str, str]:
        """Say when each materialized view was created, by name."""
        if not self.exists():
            return {}
        rows = self._connection.execute(f"SELECT name, created_at FROM {self._db}.streamdialect_views")
        return {str(name): str(moment) for name, moment in rows}

    def has_view(self, name: str) -> bool:
        """Tell whether there is a materialized view of the name, readable or not."""
        return name in self.view_names()

    def view(self, name: str) -> MaterializedView | None:
        """Find a materialized view, or return None."""
        if not self.exists():
            return None
        row = self._connection.execute(
            f"SELECT id, name, entry FROM {self._db}.streamdialect_views WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else _view(*row)

    def existing_view(self, name: str) -> MaterializedView:
        """Find a materialized view; raise UndefinedObjectError if there is none."""
        view = self.view(name)
        if view is None:
            raise UndefinedObjectError(f'materialized view "{name}" does not exist')
        return view

    def automatic_views(self) -> list[int]:
        """List the ids of the AUTO REFRESH views that nothing has stopped; cheap, for the consumers' registry."""
        if not self.exists():
            return []
        rows = self._connection.execute(
            f"SELECT id FROM {self._db}.streamdialect_views WHERE auto_refresh AND stopped IS NULL ORDER BY id"
        )
        return [int(number) for (number,) in rows]

    def view_by_id(self, number: int) -> MaterializedView | None:
        """Find a materialized view by its id, which is never used twice; or return None."""
        row = self._connection.execute(
            f"SELECT id, name, entry FROM {self._db}.streamdialect_views WHERE id = ?", (number,)
        ).fetchone()
        return None if row is None else _view(*row)

    def create_view(self, view: MaterializedView, policy: ErrorPolicy | None = None) -> MaterializedView:
        """Store a new view with its backing table, indexes and public view; return it with its id.

        Raise DuplicateObjectError if a relation has the name already.
        """
        file_format.migrate(self._connection, self._name)
        for name in (view.name, view.backing_table):
            if self._relation_exists(name):
                raise DuplicateObjectError(f'relation "{name}" already exists')
        stream = view.plan.stream
        self._connection.execute(
            f"INSERT INTO {self._db}.streamdialect_views"
            " (name, schema_name, stream, auto_refresh, entry, created_at)"
            f" VALUES (?, ?, ?, ?, ?, {NOW})",
            (
                view.name,
                stream and stream.schema_name,
                stream and stream.stream,
                int(view.auto_refresh),
                _json(replace(view, id=0)),
            ),
        )
        stored = replace(view, id=self._connection.last_insert_rowid())
        if policy is not None:
            error_policy.change(self._connection, stored.id, asdict(policy))
        self._create_relations(stored)
        return stored

    def _create_relations(self, view: MaterializedView) -> None:
        plan = view.plan
        table = quote_identifier(view.backing_table)
        # Under this collation blanks at the end of a text do not count, so indexes serve Redshift's comparisons.
        columns = ", ".join(
            f"{quote_identifier(column.name)} {column.type.declared}"
            + (
                " PRIMARY KEY"
                if column.name == plan.group_column
                else " COLLATE RTRIM"
                if column.type.is_text
                else ""
            )
            for column in plan.storage
        )
        self._connection.execute(f"CREATE TABLE {self._db}.{table} ({columns})")
        self._create_sort_index(view)
        public = ", ".join(
            f"{column.expression} AS {quote_identifier(column.name)}" for column in plan.columns
        )
        condition = f" WHERE {plan.having}" if plan.having else ""
        self._connection.execute(
            f"CREATE VIEW {self._db}.{quote_identifier(view.name)} AS SELECT {public} FROM {table}{condition}"
        )

    def _create_sort_index(self, view: MaterializedView) -> None:
        if not view.sort_key:
            return
        expressions = {column.name: column.expression for column in view.plan.columns}
        keys = ", ".join(expressions[name] for name in view.sort_key)
        self._connection.execute(
            f"CREATE INDEX {self._db}.{quote_identifier(view.backing_table + '_sortkey')}"
            f" ON {quote_identifier(view.backing_table)} ({keys})"
        )

    def alter_view(self, name: str, changes: Mapping[str, Any]) -> MaterializedView:
        """Change attributes of a view (never its query), and resume it; a new sort key replaces the index."""
        view = self.existing_view(name)
        changed = replace(view, **changes)
        self._connection.execute(
            f"UPDATE {self._db}.streamdialect_views SET entry = ?, auto_refresh = ? WHERE id = ?",
            (_json(replace(changed, id=0)), int(changed.auto_refresh), view.id),
        )
        error_policy.resume(self._connection, view.id)
        if changed.sort_key != view.sort_key:
            index = quote_identifier(view.backing_table + "_sortkey")
            self._connection.execute(f"DROP INDEX IF EXISTS {self._db}.{index}")
            self._create_sort_index(changed)
        return changed

    def drop_view(self, name: str, *, cascade: bool) -> None:
        """Remove a view, its rows, positions and set-aside records; with ``cascade`` its dependents too.

        Raise DependentObjectsError if other views read it and ``cascade`` is false.
        """
        row = self._connection.execute(
            f"SELECT id FROM {self._db}.streamdialect_views WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            raise UndefinedObjectError(f'materialized view "{name}" does not exist')
        dependents = [other.name for other in self.views() if name in other.plan.depends_on]
        if dependents and not cascade:
            raise DependentObjectsError(
                f"cannot drop materialized view {name} because other objects depend on it: "
                + ", ".join(f"materialized view {dependent}" for dependent in dependents),
                hint="Use DROP ... CASCADE to drop the dependent objects too.",
            )
        for dependent in dependents:
            if self.has_view(dependent):
                self.drop_view(dependent, cascade=True)
        # IF EXISTS: what another program removed must not keep the rest from being removed.
        self._connection.execute(f"DROP VIEW IF EXISTS {self._db}.{quote_identifier(name)}")
        self._connection.execute(
            f"DROP TABLE IF EXISTS {self._db}." + quote_identifier(f"{file_format.ROWS_PREFIX}{name}__0")
        )
        for table in ("checkpoints", "scans", "errors", "refreshes", "samples", "events"):
            self._connection.execute(
                f"DELETE FROM {self._db}.streamdialect_{table} WHERE view_id = ?", (row[0],)
            )
        self._connection.execute(f"DELETE FROM {self._db}.streamdialect_views WHERE id = ?", (row[0],))

    def state(self, view_id: int) -> str | None:
        """Read a view's state; None if the view was dropped."""
        text = f"SELECT state FROM {self._db}.streamdialect_views WHERE id = ?"
        state: Any = self._connection.execute(text, (view_id,)).get
        return None if state is None else str(state)

    def set_state(self, view_id: int, state: str) -> None:
        """Record what keeps a view's consumer, which tries again, or 'ok'; what stopped a view stays."""
        self._connection.execute(
            f"UPDATE {self._db}.streamdialect_views SET state = ? WHERE id = ? AND state <> ? AND stopped IS NULL",
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

    # --- views --------------------------------------------------------------------------------

    def create_late_view(
        self, name: str, definition: str, select: str, columns: Sequence[Column], *, replace: bool
    ) -> None:
        """Create a plain SQLite view whose SELECT was translated, and keep its columns' types.

        Raise DuplicateObjectError if the name is taken by anything, or by a view and ``replace`` is false.
        """
        file_format.migrate(self._connection, self._name)
        if replace and name not in self.view_names():
            found = self._connection.execute(
                f"SELECT name FROM {self._db}.sqlite_schema WHERE type = 'view' AND name = ? COLLATE NOCASE",
                (name,),
            ).get
            if found is not None:
                self._connection.execute(f"DROP VIEW {self._db}.{quote_identifier(str(found))}")
        if self._relation_exists(name):
            raise DuplicateObjectError(f'relation "{name}" already exists')
        listed = ", ".join(quote_identifier(column.name) for column in columns)
        self._connection.execute(f"CREATE VIEW {self._db}.{quote_identifier(name)} ({listed}) AS {select}")
        self._connection.execute(
            f"INSERT OR REPLACE INTO {self._db}.streamdialect_late_views"
            f" SELECT name, sql, ?2, ?3 FROM {self._db}.sqlite_schema WHERE type = 'view' AND name = ?1",
            (name, definition, _json(tuple(columns))),
        )

    def readers(self, name: str, mentioning: str = "") -> list[tuple[str, str]]:
        """List the views that read a relation of the file, each with its definition as it was written.

        Their SQL, as it was translated, has ``mentioning`` in it.
        """
        if not self.exists():
            return []
        quoted = re.escape(quote_identifier(name))
        # As the translator writes a relation; a WITH query never has the name of one that was there before it.
        read = re.compile(rf'(?:main\.|[ (]){quoted} AS "')
        common = re.compile(rf"(?:WITH|RECURSIVE|,) {quoted}\(")
        rows = self._connection.execute(
            f"SELECT l.name, l.definition, s.sql FROM {self._db}.streamdialect_late_views l"
            f" JOIN {self._db}.sqlite_schema s ON s.name = l.name AND s.sql = l.sql AND s.type = 'view'"
            " WHERE instr(s.sql, ?) ORDER BY l.name",
            (mentioning,),
        )
        return [
            (str(view), str(definition))
            for view, definition, sql in rows
            if read.search(sql) and not common.search(sql)
        ]

    def late_view(self, name: str) -> tuple[Column, ...] | None:
        """Find the columns of a view that create_late_view made, or return None."""
        if not self.exists():
            return None
        text = self._connection.execute(
            f"SELECT columns FROM {self._db}.streamdialect_late_views"
            f" JOIN {self._db}.sqlite_schema USING (name, sql) WHERE type = 'view' AND name = ?",
            (name,),
        ).get
        try:
            return None if text is None else _DECODE_COLUMNS(str(text))
        except msgspec.DecodeError:  # of a later version: a view like any other, then
            return None

    def late_definitions(self) -> dict[str, str]:
        """Give the definitions of the views that create_late_view made, by name, as they were written."""
        if not self.exists():
            return {}
        rows = self._connection.execute(
            f"SELECT name, definition FROM {self._db}.streamdialect_late_views"
            f" JOIN {self._db}.sqlite_schema USING (name, sql) WHERE type = 'view'"
        )
        return {str(name): str(definition) for name, definition in rows}

    # --- shared -------------------------------------------------------------------------------

    def _relation_exists(self, name: str) -> bool:
        row = self._connection.execute(
            f"SELECT 1 FROM {self._db}.sqlite_schema"
            " WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
            (name,),
        ).fetchone()
        return row is not None

    def stream_schema(self, stream: StreamName) -> ExternalSchema:
        """Find the external schema of a view's stream; raise OperationalError if it was removed."""
        schema = self.schema(stream.schema_name)
        if schema is None:
            raise OperationalError(f'external schema "{stream.schema_name}" no longer exists')
        return schema


def _view(number: Any, name: Any, entry: Any) -> MaterializedView:
    try:
        return replace(_DECODE_VIEW(entry), id=number)
    except msgspec.DecodeError as error:
        raise NotSupportedError(
            f'the definition of materialized view "{name}" in the file cannot be read by this version',
            hint="DROP MATERIALIZED VIEW removes it; or upgrade streamdialect.",
        ) from error


def _schema(name: str, entry: Any) -> ExternalSchema:
    try:
        return _DECODE_SCHEMA(entry)
    except msgspec.DecodeError as error:
        raise NotSupportedError(
            f'the definition of external schema "{name}" in the file cannot be read by this version',
            hint="DROP SCHEMA removes it; or upgrade streamdialect.",
        ) from error
