"""Our own views, beyond Redshift's: lag and its history, who consumes what, and bad records."""

from __future__ import annotations

from streamdialect import types
from streamdialect.storage.samples import SLOT_SECONDS
from streamdialect.storage.system_views.definition import BIGINT, CHAR128, TEXT, TIMESTAMP, system_view
from streamdialect.types import RedshiftType, char

__all__ = ["DEAD_LETTER_VIEWS", "HELD_FUNCTION", "HOLDER_FUNCTION", "OWN_VIEWS"]

# Functions of a session (storage.session): the process that last took a view's lease, and whether it has it now.
HOLDER_FUNCTION = "streamdialect_lease_holder"
HELD_FUNCTION = "streamdialect_lease_held"

# The system views of which DELETE removes rows.
DEAD_LETTER_VIEWS = frozenset({"streamdialect_dead_letters", "streamdialect_bad_records"})

_BAD_RECORD: dict[str, RedshiftType] = {
    "id": BIGINT,
    "mv_name": CHAR128,
    "partition_id": CHAR128,
    "position": CHAR128,
    "record_time": TIMESTAMP,
    "record_key": types.VARBYTE,
    "record_value": types.VARBYTE,
    "record_headers": types.SUPER,
    "error_code": types.INTEGER,
    "error_reason": TEXT,
    "logged_at": TIMESTAMP,
    "error_column": TEXT,
    "redrives": types.INTEGER,
}
_BAD_RECORD_VALUES = (
    "id, view_name AS mv_name, partition AS partition_id, position, record_time, record_key, record_value,"
    " record_headers, error_code, error_reason, logged_at, error_column, redrives"
)

# Rates are over the slots of the last half minute, the one that is not over included: 20 to 30 seconds; over less for
# a view that is younger.
_FIRST_SLOT = f"(unixepoch() / {SLOT_SECONDS} - 2)"
_SECONDS = (
    f"max(1.0, unixepoch('subsec') - max({_FIRST_SLOT} * {SLOT_SECONDS}, unixepoch(v.created_at, 'subsec')))"
)


def _catch_up(lag: str) -> str:
    """Write for how long a lag will last at the pace at which it shrank in that time; NULL if it did not."""
    return f"""
        WHEN c.{lag} < f.first_{lag} AND r.updated_ms > f.began_ms
        THEN c.{lag} * (r.updated_ms - f.began_ms) / 1000.0 / (f.first_{lag} - c.{lag})
    """


OWN_VIEWS = (
    system_view(
        "streamdialect_lag",
        {
            "mv_name": CHAR128,
            "partition_id": CHAR128,
            "position": CHAR128,
            "records_behind": BIGINT,
            "milliseconds_behind": BIGINT,
            "record_time": TIMESTAMP,
            "updated_at": TIMESTAMP,
            "records_per_second": types.DOUBLE,
            "bytes_per_second": types.DOUBLE,
            "seconds_to_catch_up": types.DOUBLE,
        },
        f"""
        SELECT v.name AS mv_name, c.partition AS partition_id, c.position, c.behind AS records_behind,
               c.behind_ms AS milliseconds_behind, c.record_time, c.updated_at,
               coalesce(r.records, 0) / {_SECONDS} AS records_per_second,
               coalesce(r.bytes, 0) / {_SECONDS} AS bytes_per_second,
               CASE WHEN coalesce(c.behind, c.behind_ms) = 0 THEN 0.0
                    {_catch_up("behind")} WHEN c.behind IS NOT NULL THEN NULL {_catch_up("behind_ms")}
                    END AS seconds_to_catch_up
        FROM main.streamdialect_checkpoints c JOIN main.streamdialect_views v ON v.id = c.view_id
        LEFT JOIN (SELECT s.view_id, s.partition, min(s.slot) AS slot, max(s.updated_ms) AS updated_ms,
                          sum(s.records) AS records, sum(s.bytes) AS bytes
                   FROM main.streamdialect_views w CROSS JOIN main.streamdialect_samples s
                        ON s.view_id = w.id AND s.slot >= {_FIRST_SLOT}
                   GROUP BY s.view_id, s.partition) r ON r.view_id = c.view_id AND r.partition = c.partition
        LEFT JOIN main.streamdialect_samples f
               ON f.view_id = r.view_id AND f.slot = r.slot AND f.partition = r.partition
        """,
    ),
    system_view(
        "streamdialect_lag_history",
        {
            "mv_name": CHAR128,
            "partition_id": CHAR128,
            "start_time": TIMESTAMP,
            "end_time": TIMESTAMP,
            "records": BIGINT,
            "skipped_records": BIGINT,
            "bytes": BIGINT,
            "records_per_second": types.DOUBLE,
            "bytes_per_second": types.DOUBLE,
            "records_behind": BIGINT,
            "milliseconds_behind": BIGINT,
        },
        f"""
        SELECT mv_name, partition_id, start_time,
               strftime('%Y-%m-%d %H:%M:%f000', start + seconds, 'unixepoch') AS end_time,
               records, skipped_records, bytes, records / seconds AS records_per_second,
               bytes / seconds AS bytes_per_second, records_behind, milliseconds_behind
        FROM (SELECT v.name AS mv_name, s.partition AS partition_id, s.slot * {SLOT_SECONDS} AS start,
                     strftime('%Y-%m-%d %H:%M:%f000', s.slot * {SLOT_SECONDS}, 'unixepoch') AS start_time,
                     max(1.0, min({SLOT_SECONDS}.0, unixepoch('subsec') - s.slot * {SLOT_SECONDS})) AS seconds,
                     s.records, s.skipped AS skipped_records, s.bytes, s.behind AS records_behind,
                     s.behind_ms AS milliseconds_behind
              FROM main.streamdialect_samples s JOIN main.streamdialect_views v ON v.id = s.view_id)
        """,
    ),
    system_view(
        "streamdialect_consumers",
        {
            "mv_name": CHAR128,
            "process_id": types.INTEGER,
            "is_alive": types.BOOLEAN,
            "state": TEXT,
            "refreshed_at": TIMESTAMP,
        },
        f"""
        SELECT v.name AS mv_name, {HOLDER_FUNCTION}(v.id) AS process_id, {HELD_FUNCTION}(v.id) AS is_alive,
               v.state, c.updated_at AS refreshed_at
        FROM main.streamdialect_views v
        LEFT JOIN (SELECT view_id, max(updated_at) AS updated_at FROM main.streamdialect_checkpoints
                   GROUP BY view_id) c ON c.view_id = v.id
        WHERE v.schema_name IS NOT NULL
        """,
    ),
    system_view(
        "streamdialect_dead_letters",
        _BAD_RECORD,
        f"SELECT {_BAD_RECORD_VALUES} FROM main.streamdialect_errors WHERE outcome = 'set aside'",
    ),
    system_view(
        "streamdialect_bad_records",
        {**_BAD_RECORD, "outcome": char(16)},
        f"SELECT {_BAD_RECORD_VALUES}, outcome FROM main.streamdialect_errors",
    ),
)
