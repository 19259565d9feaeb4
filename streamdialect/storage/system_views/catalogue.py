"""Redshift's catalogue of tables, views and columns (reference 4.5), and what of PostgreSQL's BI tools ask for.

Pages: ``r_SVV_ALL_TABLES``, ``r_SVV_ALL_COLUMNS``, ``r_SVV_TABLES``, ``r_SVV_COLUMNS``, ``r_SVV_TABLE_INFO``,
``r_PG_TABLE_DEF``; PostgreSQL 8.0's manual for pg_tables, pg_views and information_schema.
"""

from __future__ import annotations

from streamdialect.storage.system_views.definition import (
    BIGINT,
    BOOLEAN,
    DATABASE_NAME,
    INTEGER,
    NAME,
    TEXT,
    TIMESTAMP,
    USER_NAME,
    numeric,
    system_view,
)
from streamdialect.storage.system_views.external import (
    COLUMNS_FUNCTION,
    SCHEMAS_FUNCTION,
    STREAM_COLUMNS,
    STREAMS,
)
from streamdialect.types import RedshiftType, char, varchar

__all__ = [
    "CATALOGUE_VIEWS",
    "COUNT_FUNCTION",
    "INFORMATION_SCHEMA_VIEWS",
    "RELATIONS_FUNCTION",
    "SIZE_FUNCTION",
    "TABLES_FUNCTION",
]

# Functions of a session (storage.catalogue): the relations of users, the tables that hold rows, and of a table the
# number of rows and the size in megabytes, which are counted only where a query reads them.
RELATIONS_FUNCTION = "streamdialect_relations"
TABLES_FUNCTION = "streamdialect_tables"
COUNT_FUNCTION = "streamdialect_row_count"
SIZE_FUNCTION = "streamdialect_table_size"

_IS_TABLE = "r.kind = 'table'"


def _all_columns(names: dict[str, RedshiftType], local: str, external: str) -> str:
    """Unite the columns of the file's relations with those of the streams."""
    listed = ", ".join(names)
    return (
        f"SELECT {listed} FROM (SELECT {local} FROM {COLUMNS_FUNCTION} c"
        f" UNION ALL SELECT {external} {STREAM_COLUMNS})"
    )


_ALL_COLUMNS = {
    "database_name": varchar(128),
    "schema_name": varchar(128),
    "table_name": varchar(128),
    "column_name": varchar(128),
    "ordinal_position": INTEGER,
    "column_default": varchar(4000),
    "is_nullable": varchar(3),
    "data_type": varchar(128),
    "character_maximum_length": INTEGER,
    "numeric_precision": INTEGER,
    "numeric_scale": INTEGER,
    "remarks": varchar(256),
}
_DESCRIBED = (
    "c.column_name, c.ordinal_position, c.column_default, c.is_nullable, c.data_type,"
    " c.length AS character_maximum_length, c.precision AS numeric_precision"
)
# What PostgreSQL has for features that neither it nor this package has.
_NOTHING = (
    "interval_type",
    "interval_precision",
    "character_set_catalog",
    "character_set_schema",
    "character_set_name",
    "collation_catalog",
    "collation_schema",
    "collation_name",
)
_COLUMNS_HEAD = {
    "table_catalog": TEXT,
    "table_schema": TEXT,
    "table_name": TEXT,
    "column_name": TEXT,
    "ordinal_position": INTEGER,
    "column_default": TEXT,
    "is_nullable": TEXT,
    "data_type": TEXT,
    "character_maximum_length": INTEGER,
}
_COLUMNS_TAIL = {
    "numeric_precision": INTEGER,
    "numeric_precision_radix": INTEGER,
    "numeric_scale": INTEGER,
    "datetime_precision": INTEGER,
    **dict.fromkeys(_NOTHING, TEXT),
}
_SVV_COLUMNS = {**_COLUMNS_HEAD, **_COLUMNS_TAIL, "domain_name": TEXT, "remarks": TEXT}
_FULLY_DESCRIBED = (
    f"{_DESCRIBED}, c.radix AS numeric_precision_radix, c.scale AS numeric_scale, c.fraction AS datetime_precision,"
    f" {', '.join(f'NULL AS {name}' for name in _NOTHING)}, NULL AS domain_name, NULL AS remarks"
)


def _columns(schema: str, table: str) -> str:
    return f"'{DATABASE_NAME}' AS table_catalog, {schema} AS table_schema, {table} AS table_name, {_FULLY_DESCRIBED}"


def _some_columns(schema: str, table: str) -> str:
    return (
        f"'{DATABASE_NAME}' AS database_name, {schema} AS schema_name, {table} AS table_name, {_DESCRIBED},"
        " c.scale AS numeric_scale, NULL AS remarks"
    )


CATALOGUE_VIEWS = (
    system_view(
        "svv_all_tables",
        {
            "database_name": varchar(128),
            "schema_name": varchar(128),
            "table_name": varchar(128),
            "table_acl": varchar(128),
            "table_type": varchar(128),
            "remarks": varchar(256),
        },
        f"""
        SELECT '{DATABASE_NAME}' AS database_name, schema_name, table_name, NULL AS table_acl, table_type,
               NULL AS remarks
        FROM (SELECT r.schema_name, r.name AS table_name, CASE WHEN {_IS_TABLE} THEN 'TABLE' ELSE 'VIEW' END
                     AS table_type FROM {RELATIONS_FUNCTION} r
              UNION ALL SELECT s.name, t.stream, 'EXTERNAL TABLE' {STREAMS})
        """,
    ),
    system_view(
        "svv_tables",
        {
            "table_catalog": TEXT,
            "table_schema": TEXT,
            "table_name": TEXT,
            "table_type": TEXT,
            "remarks": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS table_catalog, table_schema, table_name, table_type, NULL AS remarks
        FROM (SELECT r.schema_name AS table_schema, r.name AS table_name,
                     CASE WHEN {_IS_TABLE} THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type FROM {RELATIONS_FUNCTION} r
              UNION ALL SELECT s.name, t.stream, 'EXTERNAL TABLE' {STREAMS})
        """,
    ),
    system_view(
        "svv_all_columns",
        _ALL_COLUMNS,
        _all_columns(
            _ALL_COLUMNS, _some_columns("c.schema_name", "c.table_name"), _some_columns("s.name", "t.stream")
        ),
    ),
    system_view(
        "svv_columns",
        _SVV_COLUMNS,
        _all_columns(_SVV_COLUMNS, _columns("c.schema_name", "c.table_name"), _columns("s.name", "t.stream")),
    ),
    system_view(
        "svv_table_info",
        {
            "database": TEXT,
            "schema": TEXT,
            "table_id": BIGINT,
            "table": TEXT,
            "encoded": TEXT,
            "diststyle": TEXT,
            "sortkey1": TEXT,
            "max_varchar": INTEGER,
            "sortkey1_enc": char(32),
            "sortkey_num": INTEGER,
            "size": BIGINT,
            "pct_used": numeric(10, 4),
            "empty": BIGINT,
            "unsorted": numeric(5, 2),
            "stats_off": numeric(5, 2),
            "tbl_rows": numeric(38, 0),
            "skew_sortkey1": numeric(19, 2),
            "skew_rows": numeric(19, 2),
            "estimated_visible_rows": numeric(38, 0),
            "risk_event": TEXT,
            "vacuum_sort_benefit": numeric(12, 2),
            "create_time": TIMESTAMP,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS "database", t.schema_name AS "schema", t.number AS table_id, t.name AS "table",
               'N' AS encoded, t.diststyle, t.sortkey1, t.max_varchar,
               CASE WHEN t.sortkey_num THEN 'none' END AS sortkey1_enc, t.sortkey_num,
               {SIZE_FUNCTION}(t.database, t.name) AS size, NULL AS pct_used, NULL AS empty,
               CASE WHEN t.sortkey_num THEN 0 END AS unsorted, NULL AS stats_off,
               {COUNT_FUNCTION}(t.database, t.name) AS tbl_rows, NULL AS skew_sortkey1, NULL AS skew_rows,
               {COUNT_FUNCTION}(t.database, t.name) AS estimated_visible_rows, NULL AS risk_event,
               NULL AS vacuum_sort_benefit, t.created_at AS create_time
        FROM {TABLES_FUNCTION} t
        """,
    ),
    system_view(
        "pg_tables",
        {
            "schemaname": NAME,
            "tablename": NAME,
            "tableowner": NAME,
            "tablespace": NAME,
            "hasindexes": BOOLEAN,
            "hasrules": BOOLEAN,
            "hastriggers": BOOLEAN,
        },
        f"""
        SELECT r.schema_name AS schemaname, r.name AS tablename, '{USER_NAME}' AS tableowner, NULL AS tablespace,
               r.has_indexes AS hasindexes, 0 AS hasrules, r.has_triggers AS hastriggers
        FROM {RELATIONS_FUNCTION} r WHERE {_IS_TABLE}
        """,
    ),
    system_view(
        "pg_views",
        {"schemaname": NAME, "viewname": NAME, "viewowner": NAME, "definition": TEXT},
        f"""
        SELECT r.schema_name AS schemaname, r.name AS viewname, '{USER_NAME}' AS viewowner, r.definition
        FROM {RELATIONS_FUNCTION} r WHERE NOT {_IS_TABLE}
        """,
    ),
    system_view(
        "pg_table_def",
        {
            "schemaname": NAME,
            "tablename": NAME,
            "column": NAME,
            "type": TEXT,
            "encoding": char(32),
            "distkey": BOOLEAN,
            "sortkey": INTEGER,
            "notnull": BOOLEAN,
        },
        f"""
        SELECT c.schema_name AS schemaname, c.table_name AS tablename, c.column_name AS "column",
               c.full_type AS type, 'none' AS encoding, 0 AS distkey, 0 AS sortkey,
               c.is_nullable = 'NO' AS "notnull"
        FROM {COLUMNS_FUNCTION} c WHERE c.kind = 'table'
        """,
    ),
)

_DOMAINS = ("domain_catalog", "domain_schema", "domain_name")
_UDT = ("udt_catalog", "udt_schema", "udt_name")
_SCOPE = ("scope_catalog", "scope_schema", "scope_name")
_LAST = ("maximum_cardinality", "dtd_identifier", "is_self_referencing")

INFORMATION_SCHEMA_VIEWS = (
    system_view(
        "schemata",
        {
            "catalog_name": NAME,
            "schema_name": NAME,
            "schema_owner": NAME,
            "default_character_set_catalog": NAME,
            "default_character_set_schema": NAME,
            "default_character_set_name": NAME,
            "sql_path": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS catalog_name, schema_name, '{USER_NAME}' AS schema_owner,
               NULL AS default_character_set_catalog, NULL AS default_character_set_schema,
               NULL AS default_character_set_name, NULL AS sql_path
        FROM (SELECT CASE name WHEN 'main' THEN 'public' ELSE name END AS schema_name FROM pragma_database_list
              WHERE name <> 'temp'
              UNION ALL SELECT name FROM {SCHEMAS_FUNCTION}
              UNION ALL VALUES ('pg_catalog'), ('information_schema'))
        """,
    ),
    system_view(
        "tables",
        {
            "table_catalog": NAME,
            "table_schema": NAME,
            "table_name": NAME,
            "table_type": TEXT,
            "self_referencing_column_name": NAME,
            "reference_generation": TEXT,
            "user_defined_type_catalog": NAME,
            "user_defined_type_schema": NAME,
            "user_defined_type_name": NAME,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS table_catalog, r.schema_name AS table_schema, r.name AS table_name,
               CASE WHEN {_IS_TABLE} THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type,
               NULL AS self_referencing_column_name, NULL AS reference_generation,
               NULL AS user_defined_type_catalog, NULL AS user_defined_type_schema,
               NULL AS user_defined_type_name
        FROM {RELATIONS_FUNCTION} r
        """,
    ),
    system_view(
        "views",
        {
            "table_catalog": NAME,
            "table_schema": NAME,
            "table_name": NAME,
            "view_definition": TEXT,
            "check_option": TEXT,
            "is_updatable": TEXT,
            "is_insertable_into": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS table_catalog, r.schema_name AS table_schema, r.name AS table_name,
               r.definition AS view_definition, NULL AS check_option, 'NO' AS is_updatable,
               'NO' AS is_insertable_into
        FROM {RELATIONS_FUNCTION} r WHERE NOT {_IS_TABLE}
        """,
    ),
    system_view(
        "columns",
        {
            **_COLUMNS_HEAD,
            "character_octet_length": INTEGER,
            **_COLUMNS_TAIL,
            **dict.fromkeys((*_DOMAINS, *_UDT, *_SCOPE), NAME),
            "maximum_cardinality": INTEGER,
            "dtd_identifier": NAME,
            "is_self_referencing": TEXT,
        },
        f"""
        SELECT '{DATABASE_NAME}' AS table_catalog, c.schema_name AS table_schema, c.table_name,
               {_DESCRIBED.replace(" c.precision AS numeric_precision", " c.length AS character_octet_length,")}
               c.precision AS numeric_precision, c.radix AS numeric_precision_radix, c.scale AS numeric_scale,
               c.fraction AS datetime_precision,
               {", ".join(f"NULL AS {name}" for name in (*_NOTHING, *_DOMAINS, *_UDT, *_SCOPE, *_LAST))}
        FROM {COLUMNS_FUNCTION} c
        """,
    ),
)
