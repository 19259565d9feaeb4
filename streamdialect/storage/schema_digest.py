"""What the meaning of a name in a file depends on, and its digest: the key of a translation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

__all__ = ["OWN_NAMES", "SCHEMA", "digest_of"]

# What the meaning of a name depends on: everything that FileRelations reads.
SCHEMA = (
    "SELECT 'main', type, name, sql FROM main.sqlite_schema"
    " UNION ALL SELECT 'temp', type, name, sql FROM temp.sqlite_schema"
)
OWN_NAMES = (
    "SELECT 'schema', name, entry FROM main.streamdialect_schemas"
    " UNION ALL SELECT 'view', name, entry FROM main.streamdialect_views"
    " UNION ALL SELECT 'late view', name, sql || columns FROM main.streamdialect_late_views"
)


def digest_of(rows: Sequence[tuple[object, ...]]) -> bytes:
    """Digest rows of texts and NULLs; each with its length, so that no two contents read the same."""
    values = [None if value is None else str(value) for row in rows for value in (len(row), *row)]
    text = "".join(["-" if value is None else f"{len(value)}:{value}" for value in values])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).digest()
