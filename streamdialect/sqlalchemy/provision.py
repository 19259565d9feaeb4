"""What SQLAlchemy's compliance suite must know to set its databases up; it looks for this module by its place."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.testing import provision

__all__: list[str] = []

_NAME = "streamdialect"


@provision.temp_table_keyword_args.for_db(_NAME)  # type: ignore[untyped-decorator]
def _temp_table_keyword_args(cfg: Any, eng: Any) -> dict[str, Any]:
    return {"prefixes": ["TEMPORARY"]}


def _upsert(
    cfg: Any,
    table: Any,
    returning: Any,
    *,
    set_lambda: Any = None,
    sort_by_parameter_order: bool = False,
    **_: Any,
) -> Any:
    statement = insert(table)
    if set_lambda:
        statement = statement.on_conflict_do_update(set_=set_lambda(statement.excluded))
    else:
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*returning, sort_by_parameter_order=sort_by_parameter_order)


if hasattr(provision, "upsert"):  # SQLAlchemy 1.4 does not ask for it
    provision.upsert.for_db(_NAME)(_upsert)
