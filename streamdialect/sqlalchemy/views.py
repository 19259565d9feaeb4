"""Materialized views that are declared with the metadata: created by ``create_all``, dropped by ``drop_all``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, MetaData, Table, event, exc, inspect

from streamdialect.sqlalchemy.constructs import CreateMaterializedView, DropMaterializedView

__all__ = ["materialized_view"]


def materialized_view(
    name: str,
    metadata: MetaData,
    select: Any,
    *,
    schema: str | None = None,
    primary_key: Sequence[str] = (),
    **options: Any,
) -> Table:
    """Declare a materialized view; give a Table with the columns of ``select``, for queries and for the ORM.

    ``metadata.create_all`` creates the view after the tables and after the views declared before it;
    ``drop_all`` drops it before them. Both look first whether it is there, unless they are called with
    ``checkfirst=False``, and leave all views alone if they are called for some ``tables`` only. ``select`` is a
    query, or ``text(...).columns(...)``; ``primary_key`` names the columns that the ORM identifies rows by
    (nothing is enforced); ``options`` are those of ``CreateMaterializedView``.

    The Table belongs to a MetaData of its own, so that nothing takes the view for a table: not ``create_all``,
    and not Alembic. Raises ArgumentError for a name that is taken, a select without names or an unknown key.
    """
    create = CreateMaterializedView(name, select, schema=schema, **options)
    drop = DropMaterializedView(name, schema=schema, if_exists=True)
    key = f"{schema}.{name}" if schema else name
    declared: set[str] = metadata.info.setdefault("streamdialect.materialized_views", set())
    if key in metadata.tables or key in declared:
        raise exc.ArgumentError(f"{key!r} is already declared in this MetaData")
    view = Table(name, MetaData(), *_columns(name, select, primary_key), schema=schema)
    declared.add(key)

    def exists(connection: Any) -> bool:
        return bool(inspect(connection).has_table(name, schema=schema))

    def after_create(target: Any, connection: Any, checkfirst: Any = False, **event: Any) -> None:
        if _for_all(event) and not (checkfirst and exists(connection)):
            connection.execute(create)

    def before_drop(target: Any, connection: Any, checkfirst: Any = False, **event: Any) -> None:
        if _for_all(event) and (not checkfirst or exists(connection)):
            connection.execute(drop)

    def refuse(target: Any, connection: Any, **_: Any) -> None:
        raise exc.InvalidRequestError(
            f"{key!r} is a materialized view: metadata.create_all and drop_all make and remove it,"
            " or CreateMaterializedView and DropMaterializedView"
        )

    event.listen(metadata, "after_create", after_create)
    event.listen(metadata, "before_drop", before_drop, insert=True)  # the last one first
    event.listen(view, "before_create", refuse)
    event.listen(view, "before_drop", refuse)
    return view


def _for_all(event: dict[str, Any]) -> bool:
    # The event's own list of tables is also that of a call for all of them, less what is there already.
    return getattr(event.get("_ddl_runner"), "tables", None) is None


def _columns(name: str, select: Any, primary_key: Sequence[str]) -> list[Column[Any]]:
    selected = getattr(select, "selected_columns", None)
    if selected is None:
        raise exc.ArgumentError(
            f"the columns of {name!r} are not known: pass a select, or text(...).columns(...)"
        )
    found: dict[str, Any] = {}
    for column in selected:
        label = getattr(column, "name", None)
        if not isinstance(label, str) or hasattr(label, "apply_map"):  # a name that SQLAlchemy makes up
            raise exc.ArgumentError(f"a column of {name!r} has no name: label it")
        if label in found:
            raise exc.ArgumentError(f"{name!r} has two columns {label!r}: label them apart")
        found[label] = column.type
    if unknown := sorted(set(primary_key) - found.keys()):
        raise exc.ArgumentError(f"primary_key of {name!r}: no column {', '.join(unknown)}")
    return [Column(label, kind, primary_key=label in primary_key) for label, kind in found.items()]
