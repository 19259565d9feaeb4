"""The nouns that all layers share, as frozen values; those read from JSON or options are validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from streamdialect import types
from streamdialect.types import RedshiftType

__all__ = [
    "BATCH_RELATION",
    "KEPT",
    "RESERVED_SCHEMAS",
    "STREAM_COLUMNS",
    "Column",
    "ErrorPolicy",
    "ExternalSchema",
    "Identity",
    "LoneColumn",
    "MaterializedView",
    "OnDataLoss",
    "OnError",
    "Relation",
    "Resolver",
    "Secret",
    "SourceOptions",
    "StoredColumn",
    "StreamName",
    "ViewColumn",
    "ViewPlan",
    "position_column",
    "value_column",
]

Provider = Literal["kinesis", "kafka", "msk"]

# The relation that a streaming view's SELECT reads while a batch is ingested: a common table
# expression that ingest puts in front of it. No other relation may have this name.
BATCH_RELATION = "streamdialect_batch"
# By which such a SELECT asks whether all that it has computed of a record until now succeeded. A function of ours
# would cost as much as parsing a small document; this one is SQLite's, and storage.trapping sets what it gives.
KEPT = "last_insert_rowid() >= 0"

# Schemas that every connection has.
RESERVED_SCHEMAS = frozenset({"public", "main", "temp", "pg_catalog", "information_schema"})


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Refuse unknown fields in JSON, and write none that has its default: an older version can read what it knows.

    A default must therefore never change: it is what lies in files.
    """


class Secret:
    """Hold a text that no repr, log or message shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)"


class Column(Model, frozen=True, kw_only=True):
    """Name a column and its Redshift type."""

    name: str
    type: RedshiftType


def _columns(*columns: tuple[str, RedshiftType]) -> tuple[Column, ...]:
    return tuple(Column(name=name, type=kind) for name, kind in columns)


_KAFKA_COLUMNS = _columns(
    ("kafka_partition", types.BIGINT),
    ("kafka_offset", types.BIGINT),
    ("kafka_timestamp_type", types.char(1)),
    ("kafka_timestamp", types.TIMESTAMP),
    ("kafka_key", types.VARBYTE),
    ("kafka_value", types.VARBYTE),
    ("kafka_headers", types.SUPER),
    ("refresh_time", types.TIMESTAMP),
)

# Redshift's metadata columns, in the order of ``SELECT *`` (materialized-view-streaming-ingestion-
# getting-started and ...-MSK). One definition serves batches, direct reads and the catalog.
STREAM_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "kinesis": _columns(
        ("approximate_arrival_timestamp", types.TIMESTAMP),
        ("partition_key", types.varchar(256)),
        ("shard_id", types.char(20)),
        ("sequence_number", types.varchar(128)),
        ("refresh_time", types.TIMESTAMP),
        ("kinesis_data", types.VARBYTE),
    ),
    "kafka": _KAFKA_COLUMNS,
    "msk": _KAFKA_COLUMNS,
}


def value_column(provider: Provider) -> str:
    """Name the column that holds a record's payload."""
    return "kinesis_data" if provider == "kinesis" else "kafka_value"


def position_column(provider: Provider) -> str:
    """Name the column that holds a record's position within its partition."""
    return "sequence_number" if provider == "kinesis" else "kafka_offset"


class ExternalSchema(Model, frozen=True, kw_only=True):
    """Describe where the streams of a schema come from (``r_CREATE_EXTERNAL_SCHEMA``); holds no secret."""

    name: str
    provider: Provider
    region: str | None = None
    iam_role: str | None = None  # None, "default", or ARNs joined by commas (a role chain)
    authentication: Literal["none", "iam", "mtls"] | None = None
    authentication_arn: str | None = None
    secret_arn: str | None = None
    uri: str | None = None  # Kafka bootstrap list, host:port,...
    cluster_arn: str | None = None


class SourceOptions(Model, frozen=True, kw_only=True):
    """Hold what a connection adds to an external schema; lives in memory only.

    ``credentials``: "role" assumes the schema's IAM_ROLE, "ambient" uses boto3's own chain instead.
    ``kafka``: librdkafka properties by their own names (values may be secrets, so they are hidden).
    ``kinesis_reads``: GetRecords calls a second and shard.
    """

    credentials: Literal["role", "ambient"] = "role"
    kafka: Mapping[str, Secret] = {}
    kinesis_reads: float = 5.0


class StreamName(Model, frozen=True, kw_only=True):
    """Name a stream (Kinesis) or topic (Kafka) of an external schema."""

    schema_name: str
    stream: str


class ViewColumn(Model, frozen=True, kw_only=True):
    """Describe a public column of a materialized view.

    ``expression`` is SQLite SQL over the backing table's columns.
    """

    name: str
    type: RedshiftType
    expression: str


class LoneColumn(Model, frozen=True, kw_only=True):
    """Compute one column of a view alone: ``select`` is SQLite SQL over ``BATCH_RELATION`` that yields one value.

    It gives no row for a record that the view's WHERE leaves out. ``text_columns`` as in ``ViewPlan``. ``plain``
    is a column of the stream as it is, which cannot fail.
    """

    select: str
    text_columns: tuple[str, ...] = ()
    plain: bool = False


class ViewPlan(Model, frozen=True, kw_only=True):
    """Say how a materialized view is kept: the output of translation, the input of ingest.

    stream            the SELECT reads one stream; each batch appends rows
    stream aggregate  the SELECT groups one stream; each batch is merged into the groups
    recompute         the SELECT reads local relations; REFRESH runs it anew

    ``select`` is SQLite SQL that yields exactly ``storage``'s columns in order. For the stream kinds it
    reads ``BATCH_RELATION``, which must have the columns ``stream_columns``. ``merge`` (aggregates only)
    gives, for each storage column that is not part of the group, the expression over the stored column
    and ``excluded.<column>`` that merges a batch into it; the group's identity is the storage column
    ``group_column``. ``select_kept`` is ``select`` in a form that computes what it needs of a record before it
    aggregates any of it, and leaves the record out if KEPT is false after that. ``having`` filters the public
    view. ``depends_on`` names local relations.
    ``text_columns`` are the stream columns of bytes that the SELECT reads as text: ingest checks that
    they are UTF-8, which SQLite does not. For rows of a stream, ``alone`` has each column of ``storage`` by
    itself, which tells those that fail on a record from the others, and ``admission`` the WHERE clause.
    """

    kind: Literal["stream", "stream aggregate", "recompute"]
    stream: StreamName | None = None
    stream_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    storage: tuple[Column, ...]
    select: str
    columns: tuple[ViewColumn, ...]
    merge: tuple[tuple[str, str], ...] = ()
    group_column: str | None = None
    select_kept: str | None = None
    having: str | None = None
    depends_on: tuple[str, ...] = ()
    alone: tuple[LoneColumn, ...] = ()
    admission: LoneColumn | None = None


OnError = Literal["skip", "null", "stop"]
OnDataLoss = Literal["fail", "resume"]


class ErrorPolicy(Model, frozen=True, kw_only=True):
    """Say what becomes of records that a view's query cannot take, and of a view whose stream lost some.

    ``on_error``: skip sets a record aside, null keeps its row with NULL for what failed, stop stops the view
    before it. More than ``max_error_ratio`` times ``error_window`` of them among ``error_window`` records stop
    the view; None: never. ``on_data_loss``: fail stops a view where its stream no longer holds what it has not
    read, resume goes on with what is there.
    """

    on_error: OnError = "skip"
    max_error_ratio: Annotated[float, Meta(ge=0, le=1)] | None = None
    error_window: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 10_000
    on_data_loss: OnDataLoss = "fail"


class MaterializedView(Model, frozen=True, kw_only=True):
    """Be a materialized view as the catalog keeps it.

    ``definition`` is the statement as the user wrote it; ``id`` is 0 until it is stored. ``sort_key`` and
    ``dist_key`` name public columns.
    """

    id: int = 0
    name: str
    definition: str
    plan: ViewPlan
    auto_refresh: bool = False
    backup: bool = True
    dist_style: Literal["even", "all", "key", "auto"] | None = None
    dist_key: str | None = None
    sort_key: tuple[str, ...] = ()

    @property
    def backing_table(self) -> str:
        """Name the table that holds the rows; the name is Redshift's own."""
        return f"mv_tbl__{self.name}__0"


class Identity(Model, frozen=True, kw_only=True):
    """Say how an IDENTITY column counts."""

    seed: int
    step: int


class StoredColumn(Model, frozen=True, kw_only=True):
    """Describe a column of a local table as SQLite has it, for statements that write.

    ``default`` is SQL. ``implicit`` columns belong to an INSERT without a list of columns; others are generated,
    or hidden ones of a virtual table.
    """

    name: str
    declared: str
    default: str | None = None
    not_null: bool = False
    generated: bool = False
    implicit: bool = True
    identity: Identity | None = None


class Relation(Model, frozen=True, kw_only=True):
    """Tell the translator about a relation of a FROM clause.

    ``source`` is SQLite SQL to put there: a quoted name, a subquery in parentheses or a table function.
    ``database`` is SQLite's name of the file that it is in, empty for what is in none.
    ``stored`` are the columns of a local table; ``has_rowid`` says that its rows have SQLite's numbers.
    ``sorted_by`` is the column of a materialized view by which an index has its rows in order.
    """

    name: str
    kind: Literal["table", "view", "materialized view", "stream", "system"]
    columns: tuple[Column, ...]
    source: str
    database: str = ""
    provider: Provider | None = None
    stream: StreamName | None = None
    stored: tuple[StoredColumn, ...] = ()
    has_rowid: bool = False
    sorted_by: str | None = None

    @property
    def is_attached(self) -> bool:
        """Tell whether it is in a further file of the connection."""
        return self.database not in ("", "main", "temp")


class Resolver(Protocol):
    """Look names up for the translator."""

    def relation(self, schema: str | None, name: str) -> Relation | None:
        """Find a relation, or return None.

        Names are as in the SQL after folding; a schema of None means a temporary relation or one of ``public``.
        """
        ...
