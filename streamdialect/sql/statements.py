"""Statements as frozen values: what the parser yields and the driver carries out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from streamdialect.model import ExternalSchema, Model

__all__ = [
    "VIEW_OPTIONS",
    "AlterExternalSchema",
    "AlterMaterializedView",
    "AlterTable",
    "Cancel",
    "Change",
    "CreateExternalSchema",
    "CreateMaterializedView",
    "CreateTable",
    "CreateView",
    "DeleteFrom",
    "DistStyle",
    "DropMaterializedView",
    "DropRelations",
    "DropSchema",
    "Explain",
    "Merge",
    "PassThrough",
    "Query",
    "RedriveMaterializedView",
    "RefreshMaterializedView",
    "ResetOption",
    "SelectInto",
    "SetOption",
    "SetViewOptions",
    "ShowOption",
    "SkipRecord",
    "Statement",
    "Truncate",
]

DistStyle: TypeAlias = Literal["even", "all", "key", "auto"]

# The names that our own WITH (...) of CREATE and SET (...) of ALTER MATERIALIZED VIEW may have.
VIEW_OPTIONS = frozenset({"error_window", "max_error_ratio", "on_data_loss", "on_error"})

# Statements of SQLite that cannot change a file. PRAGMA and EXPLAIN are decided by their text.
_READERS = frozenset(
    {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "EXPLAIN", ""}
)


class Query(Model, frozen=True, kw_only=True):
    """Be a statement that yields rows: SELECT, VALUES, WITH ... SELECT; to be translated."""

    text: str


class Change(Model, frozen=True, kw_only=True):
    """Be an INSERT, UPDATE or DELETE, to be translated; ``verb`` is in upper case, behind a WITH clause too."""

    text: str
    verb: str


class PassThrough(Model, frozen=True, kw_only=True):
    """Be a statement that SQLite takes as it is; ``keyword`` is its first word in upper case."""

    text: str
    keyword: str

    @property
    def may_write(self) -> bool:
        """Tell whether it can change the file; True when in doubt."""
        if self.keyword == "PRAGMA":
            return "=" in self.text or "(" in self.text
        return self.keyword not in _READERS


class CreateExternalSchema(Model, frozen=True, kw_only=True):
    """CREATE EXTERNAL SCHEMA (``r_CREATE_EXTERNAL_SCHEMA``)."""

    external_schema: ExternalSchema
    if_not_exists: bool = False


class AlterExternalSchema(Model, frozen=True, kw_only=True):
    """ALTER EXTERNAL SCHEMA (``r_ALTER_EXTERNAL_SCHEMA``); ``changes`` are fields of ExternalSchema."""

    name: str
    changes: Mapping[str, str | None]


class DropSchema(Model, frozen=True, kw_only=True):
    """DROP SCHEMA (``r_DROP_SCHEMA``)."""

    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


class CreateMaterializedView(Model, frozen=True, kw_only=True):
    """CREATE MATERIALIZED VIEW (``materialized-view-create-sql-command``).

    ``text`` is the statement as written and ``query`` the part after AS without outer parentheses, which
    begins at ``query_offset`` of ``text``. ``dist_key`` and ``sort_key`` hold names or 1-based ordinals as
    written. ``options`` are those of our own ``WITH (...)`` clause, unchecked.
    """

    name: str
    schema_name: str | None = None
    text: str
    query: str
    query_offset: int
    backup: bool = True
    dist_style: DistStyle | None = None
    dist_key: str | int | None = None
    sort_key: tuple[str | int, ...] = ()
    auto_refresh: bool = False
    options: Mapping[str, str] = {}


class AlterMaterializedView(Model, frozen=True, kw_only=True):
    """ALTER MATERIALIZED VIEW (``r_ALTER_MATERIALIZED_VIEW``); a field of None is left as it is.

    ``sort_key`` of ``()`` is SORTKEY NONE; ``sort_key_auto`` is SORTKEY AUTO.
    """

    name: str
    auto_refresh: bool | None = None
    dist_style: DistStyle | None = None
    dist_key: str | None = None
    sort_key: tuple[str, ...] | None = None
    sort_key_auto: bool = False


class SetViewOptions(Model, frozen=True, kw_only=True):
    """ALTER MATERIALIZED VIEW ... SET (name = value, ...), ours; the options are unchecked."""

    name: str
    options: Mapping[str, str]


class RedriveMaterializedView(Model, frozen=True, kw_only=True):
    """ALTER MATERIALIZED VIEW ... REDRIVE [WHERE condition], ours; ``where`` is the condition as written."""

    name: str
    where: str | None = None


class SkipRecord(Model, frozen=True, kw_only=True):
    """ALTER MATERIALIZED VIEW ... SKIP RECORD, ours."""

    name: str


class RefreshMaterializedView(Model, frozen=True, kw_only=True):
    """REFRESH MATERIALIZED VIEW (``materialized-view-refresh-sql-command``)."""

    name: str
    cascade: bool = False


class DropMaterializedView(Model, frozen=True, kw_only=True):
    """DROP MATERIALIZED VIEW (``materialized-view-drop-sql-command``)."""

    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


class Truncate(Model, frozen=True, kw_only=True):
    """TRUNCATE (``r_TRUNCATE``); on a materialized view it keeps the position in the stream."""

    name: str
    schema_name: str | None = None


class DeleteFrom(Model, frozen=True, kw_only=True):
    """DELETE FROM a relation that may be a materialized view; ``text`` is the statement as written."""

    name: str
    text: str


class CreateView(Model, frozen=True, kw_only=True):
    """CREATE VIEW (``r_CREATE_VIEW``); ``late`` is WITH NO SCHEMA BINDING, ``quoted`` how the name is written.

    ``temporary`` and ``if_not_exists`` are SQLite's. ``query`` begins at ``query_offset`` of ``text``.
    """

    name: str
    schema_name: str | None = None
    quoted: bool = False
    columns: tuple[str, ...] = ()
    or_replace: bool = False
    temporary: bool = False
    if_not_exists: bool = False
    late: bool = False
    text: str
    query: str
    query_offset: int


class CreateTable(Model, frozen=True, kw_only=True):
    """CREATE TABLE, with or without AS (``r_CREATE_TABLE_NEW``, ``r_CREATE_TABLE_AS``)."""

    text: str


class SelectInto(Model, frozen=True, kw_only=True):
    """SELECT INTO (``r_SELECT_INTO``); ``query`` is the text with blanks in place of the INTO clause."""

    name: str
    schema_name: str | None = None
    temporary: bool = False
    query: str


class AlterTable(Model, frozen=True, kw_only=True):
    """ALTER TABLE (``r_ALTER_TABLE``) in SQLite's words; ``adds`` says that it adds a column.

    ``drops`` is the column whose readers go with it (DROP COLUMN ... CASCADE), ``renames`` the table's new name.
    ``change`` is Redshift's word for what may break the materialized views that read the table.
    """

    text: str
    table: tuple[str | None, str]
    adds: bool = False
    drops: str | None = None
    renames: str | None = None
    change: Literal["Column was dropped", "Column was renamed", "Table was renamed"] | None = None


class DropRelations(Model, frozen=True, kw_only=True):
    """DROP TABLE and DROP VIEW (``r_DROP_TABLE``, ``r_DROP_VIEW``); names have their schema, if written."""

    kind: Literal["table", "view"]
    names: tuple[tuple[str | None, str], ...]
    if_exists: bool = False
    cascade: bool = False


class Merge(Model, frozen=True, kw_only=True):
    """MERGE (``r_MERGE``)."""

    text: str


class Explain(Model, frozen=True, kw_only=True):
    """EXPLAIN of a query or a change (``r_EXPLAIN``), which ``text`` is; ``plan``: SQLite's EXPLAIN QUERY PLAN."""

    text: str
    plan: bool = False


class Cancel(Model, frozen=True, kw_only=True):
    """CANCEL process_id ['message'] (``r_CANCEL``)."""

    number: int
    message: str | None = None


class SetOption(Model, frozen=True, kw_only=True):
    """SET name TO value; a value of None is DEFAULT. ``local`` ends with the transaction."""

    name: str
    value: str | None
    local: bool = False


class ShowOption(Model, frozen=True, kw_only=True):
    """SHOW name."""

    name: str


class ResetOption(Model, frozen=True, kw_only=True):
    """RESET name; ``all`` for every setting."""

    name: str


Statement: TypeAlias = (
    Query
    | Change
    | PassThrough
    | CreateExternalSchema
    | AlterExternalSchema
    | DropSchema
    | CreateMaterializedView
    | AlterMaterializedView
    | SetViewOptions
    | RedriveMaterializedView
    | SkipRecord
    | RefreshMaterializedView
    | DropMaterializedView
    | Truncate
    | DeleteFrom
    | CreateView
    | CreateTable
    | SelectInto
    | AlterTable
    | DropRelations
    | Merge
    | Explain
    | Cancel
    | SetOption
    | ShowOption
    | ResetOption
)
