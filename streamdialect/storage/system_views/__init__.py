"""Redshift's monitoring and catalogue views, and ours: name, columns, and the SELECT behind each.

The translator puts the SELECT in the view's place, so they cost nothing until they are read, and a file
written by one version is read rightly by the next. Columns and types: section 4 of the reference. CHAR values are
not blank-padded: Redshift's comparisons ignore the padding.
"""

from __future__ import annotations

from streamdialect.storage.system_views.catalogue import (
    CATALOGUE_VIEWS,
    COUNT_FUNCTION,
    INFORMATION_SCHEMA_VIEWS,
    RELATIONS_FUNCTION,
    SIZE_FUNCTION,
    TABLES_FUNCTION,
)
from streamdialect.storage.system_views.external import (
    COLUMNS_FUNCTION,
    EXTERNAL_VIEWS,
    SCHEMAS_FUNCTION,
    STREAMS_FUNCTION,
)
from streamdialect.storage.system_views.history import HISTORY_VIEWS
from streamdialect.storage.system_views.materialized import MATERIALIZED_VIEWS
from streamdialect.storage.system_views.own import (
    DEAD_LETTER_VIEWS,
    HELD_FUNCTION,
    HOLDER_FUNCTION,
    OWN_VIEWS,
)

__all__ = [
    "COLUMNS_FUNCTION",
    "COUNT_FUNCTION",
    "DEAD_LETTER_VIEWS",
    "HELD_FUNCTION",
    "HOLDER_FUNCTION",
    "INDEPENDENT_VIEWS",
    "INFORMATION_SCHEMA",
    "RELATIONS_FUNCTION",
    "SCHEMAS_FUNCTION",
    "SIZE_FUNCTION",
    "STREAMS_FUNCTION",
    "SYSTEM_VIEWS",
    "TABLES_FUNCTION",
]

SYSTEM_VIEWS = {
    view.name: view
    for view in (*HISTORY_VIEWS, *MATERIALIZED_VIEWS, *EXTERNAL_VIEWS, *CATALOGUE_VIEWS, *OWN_VIEWS)
}
INFORMATION_SCHEMA = {view.name: view for view in INFORMATION_SCHEMA_VIEWS}

# Those that have rows in a file without any of our tables too.
INDEPENDENT_VIEWS = frozenset(view.name for view in CATALOGUE_VIEWS)
