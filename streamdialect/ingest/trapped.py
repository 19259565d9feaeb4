"""Bad records of a batch, all found by one statement that comes to its end; see ``storage.trapping``.

What is found is tried again for itself before it is believed: whatever does not add up raises Untrapped, and
the caller undoes all and goes record by record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from msgspec import Struct

from streamdialect.identifiers import quote_identifier
from streamdialect.model import BATCH_RELATION, LoneColumn, MaterializedView
from streamdialect.storage.batch_relation import CARRAY, BatchRelation
from streamdialect.storage.connection import Connection
from streamdialect.storage.trapping import ROW, trapped, trapping
from streamdialect.storage.view_rows import insert_text

__all__ = ["Records", "TrapStatements", "Untrapped", "without"]


class Untrapped(Exception):
    """Say that bad records have to be found in another way."""


class Records(Struct, frozen=True):
    """Be consecutive records of a partition."""

    connection: Connection
    partition: str
    columns: dict[str, Sequence[Any]]
    start: int
    stop: int
    time: str

    def only(self, numbers: Sequence[int]) -> Records:
        """Give those with the given numbers."""
        columns: dict[str, Sequence[Any]] = {
            name: [values[number] for number in numbers] for name, values in self.columns.items()
        }
        return Records(self.connection, self.partition, columns, 0, len(numbers), self.time)


def without(columns: Mapping[str, Sequence[Any]], numbers: Sequence[int]) -> dict[str, Sequence[Any]]:
    """Give the columns of a batch without some of its records."""
    keep = [True] * max(map(len, columns.values()))
    for number in numbers:
        keep[number] = False
    return {name: list(compress(values, keep)) for name, values in columns.items()}


class TrapStatements:
    """Hold what one view's bad records are found with."""

    def __init__(self, view: MaterializedView, relation: BatchRelation) -> None:
        plan = view.plan
        self._relation = relation
        self._insert = trapped(insert_text(view))
        # A record that the view does not want gives no row, by which to count.
        self._watched = plan.admission is not None
        self._select = plan.select
        self._lone = [
            (name, trapped(lone.select))
            for name, lone in _lone_columns(view)
            if lone is not None and not lone.plain
        ]
        taken = {column.name.lower() for column in plan.storage}
        rowid = next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)
        self.usable = CARRAY and (plan.select_kept is not None or (rowid is not None and bool(plan.alone)))
        table = f"main.{quote_identifier(view.backing_table)}"
        self._last = f"SELECT max({rowid}) FROM {table}"
        self._delete = f"DELETE FROM {table} WHERE {rowid} = ?"
        self.rowid = rowid
        if plan.select_kept is not None:
            self._merge = insert_text(view, trapped(plan.select_kept))
            states = " + ".join(f"count({quote_identifier(column.name)})" for column in plan.storage)
            inner = (
                ", ".join(f"r.{quote_identifier(n)} AS {quote_identifier(n)}" for n in relation.names) or "1"
            )
            self._each = (
                f"SELECT (WITH {BATCH_RELATION} AS (SELECT {inner} LIMIT -1)"
                f" SELECT {states} FROM ({trapped(plan.select)})) FROM {BATCH_RELATION} AS r"
            )

    def _caught(self, records: Records, text: str, *, marking: bool = False) -> dict[int, str]:
        """Run a statement that says at which record it is; give the reason of each record that fails."""
        with trapping(records.connection, marking=marking) as caught:
            self._execute(records, text, ROW)
        found: dict[int, str] = {}
        for each in caught:
            found.setdefault(records.start + each.row - 1, _reason(each.error))
        return found

    def _execute(self, records: Records, text: str, watch: str | None = None) -> None:
        self._relation.execute(
            records.connection,
            text,
            records.partition,
            records.columns,
            records.start,
            records.stop,
            records.time,
            watch=watch,
        )

    def insert_rows(self, records: Records) -> dict[int, tuple[str, int | None]] | None:
        """Insert the rows of records that do not fail.

        Give for those that do the reason, and the number of the row that they leave free, if they had one. Give
        None where that cannot be told: what was inserted must be undone, and another call can tell.
        """
        connection = records.connection
        last = connection.execute(self._last).get or 0
        connection.set_last_insert_rowid(last)
        with trapping(connection) as caught:
            self._execute(records, self._insert, ROW if self._watched else None)
        found: dict[int, tuple[str, int | None]] = {}
        left_out = 0
        for each in caught:
            if self._watched:
                place, has_row = each.row - 1, each.after > each.before
            else:
                # So many rows were inserted before it, and so many records gave none.
                place, has_row = each.before - last + left_out, not each.left_out
                left_out += each.left_out
            found[records.start + place] = _reason(each.error), each.before + 1 if has_row else None
        inserted = connection.last_insert_rowid() - last
        count = records.stop - records.start
        strange = len(found) < len(caught) or not all(records.start <= n < records.stop for n in found)
        if strange or (not self._watched and inserted + left_out != count):
            if self._watched:
                raise Untrapped
            self._watched = True  # some that should give no row do, where a CASE asks for their text
            return None
        connection.executemany(self._delete, [(row,) for _, row in found.values() if row is not None])
        return found

    def merge_groups(self, records: Records) -> dict[int, str]:
        """Merge the records that do not fail into their groups; give the reasons of those that do."""
        found = self._caught(records, self._merge, marking=True)
        if not found:
            return {}
        # One record by itself fails with what the view's own statement would say of it.
        numbers = sorted(found)
        reasons = self._caught(records.only(numbers), self._each)
        if len(reasons) < len(numbers):
            raise Untrapped
        return {numbers[place]: reason for place, reason in reasons.items()}

    def columns_at_fault(
        self, records: Records, reasons: Mapping[int, str], where: str
    ) -> dict[int, str | None]:
        """Find for records that fail the first column that does so for the same reason, or the first that fails."""
        numbers = sorted(reasons)
        chosen = records.only(numbers)
        found: dict[int, str | None] = {}
        others: dict[int, str] = {}
        for name, text in self._lone:
            if len(found) == len(numbers):
                break
            for place, reason in self._caught(chosen, text).items():
                number = numbers[place]
                if number in found:
                    continue
                if reason == reasons[number] or name is None:
                    found[number] = where if name is None else name
                else:
                    others.setdefault(number, name)
        for number in numbers:
            if number not in found:
                self._confirm(records, number, reasons[number])
                found[number] = others.get(number)
        return found

    def _confirm(self, records: Records, number: int, reason: str) -> None:
        try:
            self._relation.evaluate(
                records.connection, self._select, records.partition, records.columns, number, records.time
            )
        except Exception as error:
            if _reason(error) == reason:
                return
        raise Untrapped


def _lone_columns(view: MaterializedView) -> list[tuple[str | None, LoneColumn | None]]:
    plan = view.plan
    return [
        (None, plan.admission),
        *((column.name, lone) for column, lone in zip(plan.storage, plan.alone, strict=False)),
    ]


def _reason(error: Exception) -> str:
    return str(error.args[0] if error.args else "") or type(error).__name__
