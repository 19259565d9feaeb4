"""Our own tables in the file: their format, and the one way to change it.

Every change to the tables is a new entry of ``_MIGRATIONS``; entries are never edited once released.
The file records how many have been applied.
"""

from __future__ import annotations

import apsw

from streamdialect.errors import NotSupportedError
from streamdialect.identifiers import quote_identifier
from streamdialect.storage.connection import immediate

__all__ = ["FORMAT_VERSION", "OWN_PREFIX", "ROWS_PREFIX", "exists", "migrate", "upgrade"]

# Tables with these prefixes are ours; user statements may not write them.
OWN_PREFIX = "streamdialect_"
ROWS_PREFIX = "mv_tbl__"

_MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE main.streamdialect_schemas (
        name TEXT PRIMARY KEY,
        entry TEXT NOT NULL,          -- model.ExternalSchema as JSON; never holds a secret
        created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE main.streamdialect_views (
        id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never reused: it fences consumers of a dropped view
        name TEXT NOT NULL UNIQUE,
        schema_name TEXT,             -- of the stream; NULL for views over local relations
        stream TEXT,
        auto_refresh INTEGER NOT NULL,
        entry TEXT NOT NULL,          -- model.MaterializedView as JSON
        state TEXT NOT NULL DEFAULT 'ok',       -- 'ok', or why the consumer cannot go on
        refreshed_at TEXT,
        created_at TEXT NOT NULL
    );
    CREATE TABLE main.streamdialect_checkpoints (
        view_id INTEGER NOT NULL REFERENCES streamdialect_views(id),
        partition TEXT NOT NULL,
        position TEXT NOT NULL,
        behind INTEGER,               -- records between the position and the head, when last known
        behind_ms INTEGER,
        record_time TEXT,             -- of the newest record read
        updated_at TEXT NOT NULL,
        PRIMARY KEY (view_id, partition)
    ) WITHOUT ROWID;
    CREATE TABLE main.streamdialect_refreshes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        view_id INTEGER NOT NULL,
        view_name TEXT NOT NULL,
        refresh_type TEXT NOT NULL,   -- 'Manual' or 'Auto'
        status TEXT NOT NULL,
        session_id INTEGER NOT NULL,  -- process id
        start_time TEXT NOT NULL,
        end_time TEXT NOT NULL,
        duration INTEGER NOT NULL     -- microseconds
    );
    CREATE INDEX main.streamdialect_refreshes_view ON streamdialect_refreshes (view_id, id);
    CREATE TABLE main.streamdialect_scans (
        refresh_id INTEGER NOT NULL,
        view_id INTEGER NOT NULL,
        partition TEXT NOT NULL,
        position TEXT NOT NULL,
        scanned_rows INTEGER NOT NULL,
        skipped_rows INTEGER NOT NULL,
        scanned_bytes INTEGER NOT NULL,
        record_time_min TEXT,
        record_time_max TEXT,
        updated_at TEXT NOT NULL,
        PRIMARY KEY (refresh_id, partition)
    ) WITHOUT ROWID;
    CREATE TABLE main.streamdialect_late_views (     -- CREATE VIEW ... WITH NO SCHEMA BINDING
        name TEXT PRIMARY KEY,
        sql TEXT NOT NULL,            -- as in sqlite_schema; another text there means: not ours any more
        definition TEXT NOT NULL,     -- as the user wrote it
        columns TEXT NOT NULL         -- JSON list of model.Column
    ) WITHOUT ROWID;
    CREATE TABLE main.streamdialect_errors (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        view_id INTEGER NOT NULL,
        view_name TEXT NOT NULL,
        schema_name TEXT NOT NULL,
        stream TEXT NOT NULL,
        refresh_id INTEGER NOT NULL,
        partition TEXT NOT NULL,
        position TEXT NOT NULL,
        record_time TEXT,
        timestamp_type TEXT,
        record_key BLOB,
        record_value BLOB,
        record_headers TEXT,
        error_code INTEGER NOT NULL,
        error_reason TEXT NOT NULL,
        logged_at TEXT NOT NULL
    );
    CREATE INDEX main.streamdialect_errors_view ON streamdialect_errors (view_id, id);
    """,
    """
    ALTER TABLE main.streamdialect_views ADD COLUMN on_error TEXT NOT NULL DEFAULT 'skip';
    ALTER TABLE main.streamdialect_views ADD COLUMN max_error_ratio REAL;       -- NULL: no error budget
    ALTER TABLE main.streamdialect_views ADD COLUMN error_window INTEGER NOT NULL DEFAULT 10000;  -- records
    ALTER TABLE main.streamdialect_views ADD COLUMN window_records INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE main.streamdialect_views ADD COLUMN window_errors INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE main.streamdialect_views ADD COLUMN stopped TEXT;   -- why somebody must resume it, or NULL
    -- 'set aside', 'nulled' (its row is in the view), or 'stopped' (the view waits before it)
    ALTER TABLE main.streamdialect_errors ADD COLUMN outcome TEXT NOT NULL DEFAULT 'set aside';
    ALTER TABLE main.streamdialect_errors ADD COLUMN error_column TEXT;
    ALTER TABLE main.streamdialect_errors ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX main.streamdialect_errors_stopped ON streamdialect_errors (view_id) WHERE outcome = 'stopped';
    """,
    """
    ALTER TABLE main.streamdialect_views ADD COLUMN on_data_loss TEXT NOT NULL DEFAULT 'fail';
    ALTER TABLE main.streamdialect_views ADD COLUMN identity TEXT;  -- of the stream that the checkpoints are of
    -- Moves whenever checkpoints change otherwise than by reading: fences consumers of before.
    ALTER TABLE main.streamdialect_views ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
    -- When the position was last known to be the partition's end: milliseconds since 1970.
    ALTER TABLE main.streamdialect_checkpoints ADD COLUMN complete_ms INTEGER;
    """,
    """
    -- What was read of each partition in each ten seconds, for the history of lag.
    CREATE TABLE main.streamdialect_samples (
        view_id INTEGER NOT NULL,
        slot INTEGER NOT NULL,        -- seconds since 1970, divided by ten
        partition TEXT NOT NULL,
        began_ms INTEGER NOT NULL,    -- the first transaction of the slot, and the last: milliseconds since 1970
        updated_ms INTEGER NOT NULL,
        records INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        first_behind INTEGER,         -- what was left to read after the first of them
        first_behind_ms INTEGER,
        behind INTEGER,               -- and after the last
        behind_ms INTEGER,
        PRIMARY KEY (view_id, slot, partition)
    ) WITHOUT ROWID;
    -- What has kept a view from being refreshed until somebody does something about it.
    CREATE TABLE main.streamdialect_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        view_id INTEGER NOT NULL,
        view_name TEXT NOT NULL,
        event TEXT NOT NULL,
        state TEXT NOT NULL,          -- 'Unrefreshable'
        base_schema TEXT NOT NULL,
        base_name TEXT NOT NULL,
        logged_at TEXT NOT NULL
    );
    CREATE INDEX main.streamdialect_events_view ON streamdialect_events (view_id, id);
    -- Redshift's number for what a change of its base tables did to the view (101 to 105), or NULL.
    ALTER TABLE main.streamdialect_views ADD COLUMN broken INTEGER;
    """,
)

FORMAT_VERSION = len(_MIGRATIONS)


def _applied(connection: apsw.Connection, database: str) -> int:
    if not connection.table_exists(database, "streamdialect_format"):
        return 0
    version = connection.execute(
        f"SELECT max(version) FROM {quote_identifier(database)}.streamdialect_format"
    ).get
    return int(version or 0)


def exists(connection: apsw.Connection, database: str = "main") -> bool:
    """Tell whether the file has our tables; raise NotSupportedError if a newer version made them."""
    applied = _applied(connection, database)
    if applied > FORMAT_VERSION:
        raise NotSupportedError(
            f"the file has streamdialect format {applied}, this version knows format {FORMAT_VERSION}",
            hint="Upgrade streamdialect to open this file.",
        )
    return applied > 0


def migrate(connection: apsw.Connection, database: str = "main") -> None:
    """Bring our tables to the current format, inside the caller's write transaction."""
    applied = _applied(connection, database) if exists(connection, database) else 0
    if applied == FORMAT_VERSION:
        return
    prefix = f"{quote_identifier(database)}.streamdialect_"
    if applied == 0:
        connection.execute(
            f"CREATE TABLE {prefix}format (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
        )
    for version in range(applied + 1, FORMAT_VERSION + 1):
        connection.execute(_MIGRATIONS[version - 1].replace("main.streamdialect_", prefix)).fetchall()
        connection.execute(
            f"INSERT INTO {prefix}format VALUES (?, strftime('%Y-%m-%d %H:%M:%f000', 'now'))",
            (version,),
        )


def upgrade(connection: apsw.Connection) -> None:
    """Bring the tables of an older version to the current format, in one transaction, when a file is opened.

    Do nothing to a file without our tables. Raise NotSupportedError where the connection may only read.
    """
    applied = _applied(connection, "main")
    if not 0 < applied < FORMAT_VERSION:
        return
    if connection.readonly("main"):
        raise NotSupportedError(
            f"the file has streamdialect format {applied}, this version reads format {FORMAT_VERSION}",
            hint="Open it once with a connection that may write, which brings it up to date.",
        )
    with immediate(connection):
        migrate(connection)  # looks again: another process may have been faster
