r"""The ``\d`` commands: what is in a file, asked through SQL like everything else."""

from __future__ import annotations

from streamdialect import Connection, Cursor, ProgrammingError
from streamdialect.sql.scan import words

__all__ = ["SYSTEM_VIEWS", "relation", "relations", "schemas", "system_views", "tables", "views"]

_SYSTEM_VIEWS_TEXT = """
    pg_table_def pg_tables pg_views stl_mv_state streamdialect_bad_records streamdialect_consumers
    streamdialect_dead_letters streamdialect_lag streamdialect_lag_history stv_mv_deps stv_mv_info
    svl_mv_refresh_status svv_all_columns svv_all_tables svv_columns svv_external_columns
    svv_external_schemas svv_external_tables svv_mv_dependency svv_mv_info svv_table_info svv_tables
    sys_mv_refresh_history sys_mv_state sys_stream_scan_errors sys_stream_scan_states
"""
SYSTEM_VIEWS = _SYSTEM_VIEWS_TEXT.split()  # all, as a test sees

# The tables of ours begin with these; an index of SQLite's with sqlite_.
_OURS = (
    r"name NOT LIKE 'streamdialect\\_%' AND name NOT LIKE 'mv\\_tbl\\_\\_%' AND name NOT LIKE 'sqlite\\_%'"
)

_RELATIONS = f"""
    SELECT s.name, CASE WHEN m.name IS NOT NULL THEN 'materialized view' ELSE s.type END AS kind
    FROM sqlite_schema s LEFT JOIN svv_mv_info m ON m.name = s.name
    WHERE s.type IN ('table', 'view') AND s.{_OURS.replace(" AND name", " AND s.name")}"""


def relations(connection: Connection, _: str) -> Cursor:
    """List tables, views and materialized views."""
    return connection.execute(f"{_RELATIONS} ORDER BY 1")


def tables(connection: Connection, _: str) -> Cursor:
    """List tables."""
    return connection.execute(f"{_RELATIONS} AND s.type = 'table' ORDER BY 1")


def views(connection: Connection, _: str) -> Cursor:
    """List views; of those that are materialized also what svv_mv_info knows."""
    return connection.execute(
        "SELECT v.viewname AS name, CASE WHEN m.name IS NULL THEN 'view' ELSE 'materialized view' END AS kind,"
        " m.autorefresh, m.streamdialect_state AS state, m.lag_records, m.lag_milliseconds"
        " FROM pg_views v LEFT JOIN svv_mv_info m ON m.name = v.viewname ORDER BY 1"
    )


def system_views(connection: Connection, _: str) -> Cursor:
    """List the views that tell of the state of everything."""
    return connection.execute(" UNION ALL ".join(["SELECT ? AS name"] * len(SYSTEM_VIEWS)), SYSTEM_VIEWS)


def schemas(connection: Connection, name: str) -> Cursor:
    """List external schemas; with a name the streams of one, which asks its source."""
    if name:
        return connection.execute(
            "SELECT tablename AS stream FROM svv_external_tables WHERE schemaname = ? ORDER BY 1",
            (_folded(name),),
        )
    return connection.execute(
        "SELECT schemaname AS name, CASE eskind WHEN 9 THEN 'kinesis' ELSE 'kafka' END AS kind,"
        " esoptions AS options FROM svv_external_schemas ORDER BY 1"
    )


def relation(connection: Connection, name: str) -> tuple[Cursor, str]:
    """Describe a relation: its columns with their types, and how it was made; or raise ProgrammingError."""
    target = list(words(name))
    kinds = "".join("n" if word.kind in ("word", "quoted") else word.text for word in target)
    if kinds not in ("n", "n.n"):
        raise ProgrammingError(f"{name} is not the name of a relation")
    described = connection.execute(f"SELECT * FROM {name} LIMIT 0").description or ()
    columns = [(column[0], str(column[1] or "")) for column in described]
    rows = " UNION ALL ".join(["SELECT ? AS number, ? AS column, ? AS type"] * len(columns))
    values = [value for number, column in enumerate(columns, 1) for value in (number, *column)]
    remarks = []
    found = connection.execute(
        "SELECT definition FROM pg_views WHERE LOWER(viewname) = ?", (_folded(target[-1].text),)
    ).fetchone()
    if found is not None:
        remarks.append(f"Definition:\n{found[0].strip()}")
    state = connection.execute(
        "SELECT autorefresh, streamdialect_state FROM svv_mv_info WHERE name = ?", (_folded(target[-1].text),)
    ).fetchone()
    if state is not None:
        remarks.append(f"AUTO REFRESH {'YES' if state[0] == 't' else 'NO'}; state: {state[1]}")
    return connection.execute(
        f"SELECT number, column, type FROM ({rows}) ORDER BY number", values
    ), "\n".join(remarks)


def _folded(name: str) -> str:
    """Give the name of a relation or schema in lower case, by which they are found even if it is quoted."""
    return (name[1:-1].replace('""', '"') if name.startswith('"') else name).lower()
