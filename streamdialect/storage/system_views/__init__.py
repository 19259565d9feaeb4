"""Redshift's monitoring and catalogue views, and ours, over our own tables: name, columns, and the SELECT behind each.

The translator puts the SELECT in the view's place, so they cost nothing until they are read, and a file
written by one version is read rightly by the next. Columns and types: section 4 of the reference. CHAR values are
not blank-padded: Redshift's comparisons ignore the padding.
"""

from __future__ import annotations

from streamdialect.storage.system_views.external import CATALOGUE_VIEWS, STREAMS_FUNCTION
from streamdialect.storage.system_views.history import HISTORY_VIEWS
from streamdialect.storage.system_views.materialized import MATERIALIZED_VIEWS
from streamdialect.storage.system_views.own import (
    DEAD_LETTER_VIEWS,
    HELD_FUNCTION,
    HOLDER_FUNCTION,
    OWN_VIEWS,
)

__all__ = ["DEAD_LETTER_VIEWS", "HELD_FUNCTION", "HOLDER_FUNCTION", "STREAMS_FUNCTION", "SYSTEM_VIEWS"]

SYSTEM_VIEWS = {
    relation.name: relation
    for relation in (*HISTORY_VIEWS, *MATERIALIZED_VIEWS, *CATALOGUE_VIEWS, *OWN_VIEWS)
}
