"""How the records of one partition become rows of a view, and what becomes of those that it cannot take.

A batch goes through one INSERT ... SELECT. When SQLite or a scalar function refuses a value, the batch goes in
blocks whose size follows how frequent bad records are, and SQLite is watched, which tells the record at which a
block failed. A record must never stop a view whose policy
does not say so, and trouble with the file must never cost a record: every failure is one or the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from streamdialect.errors import DataError
from streamdialect.identifiers import quote_identifier
from streamdialect.ingest.suspects import storable, unreadable
from streamdialect.ingest.trapped import Records, TrapStatements, Untrapped, without
from streamdialect.model import LoneColumn, MaterializedView, OnError, Provider, value_column
from streamdialect.storage.apsw_errors import SQLiteError, depends_on_data, is_value_error
from streamdialect.storage.batch_relation import CARRAY, WATCH, BatchRelation, last_row
from streamdialect.storage.connection import Connection
from streamdialect.storage.dead_letters import Outcome
from streamdialect.storage.view_rows import insert_text, over_nothing

__all__ = ["ERROR_CODES", "WHERE", "Failure", "IncompleteRecordsError", "RowWriter"]

# Redshift documents no codes for sys_stream_scan_errors; these are ours, listed in docs/reference/errors.md.
ERROR_CODES = {"value": 1, "encoding": 2, "size": 3}

# What is at fault where no column is: no column can have this name without quotes.
WHERE = "WHERE clause"

# Records that are tried together once one has failed; a block that fails halves it, others let it grow again.
_BLOCK = 256
# Up to here each record goes by itself, and from here on a batch goes as a whole and unwatched.
_FEW = 8
_MANY = 4096
# Bad records are expected so many records after one, by a view of rows; one that aggregates pays for it.
_EXPECTING = 50_000
# Batches for which a view is not tried again whose bad records could not be caught.
_UNTRAPPED = 20


class IncompleteRecordsError(Exception):
    """Say that a bad record is in a batch that was read without what is kept of bad records."""


class Failure(Struct, frozen=True):
    """Name a record that the view could not take as it is: its number in the batch, why, and what became of it.

    ``column`` is the column at fault, several joined by commas, or WHERE; None where that is not known.
    """

    number: int
    code: int
    reason: str
    column: str | None
    outcome: Outcome


class RowWriter:
    """Know how records of a stream become rows of one view."""

    def __init__(self, view: MaterializedView, provider: Provider) -> None:
        plan = view.plan
        self._plan = plan
        # All that reads JSON has one of these; a column of such a name costs a look for a NUL.
        self._json_read = "json" in plan.select or "->" in plan.select
        self._relation = BatchRelation(provider, plan.stream_columns)
        self._value = value_column(provider)
        self._insert = insert_text(view)
        self._over_nothing = over_nothing(view)
        self._traps = TrapStatements(view, self._relation)
        names = ", ".join(quote_identifier(column.name) for column in plan.storage)
        marks = ", ".join("?" * len(plan.storage))
        self._insert_values = (
            f"INSERT INTO main.{quote_identifier(view.backing_table)} ({names}) VALUES ({marks})"
        )
        self._insert_at = (
            f"INSERT INTO main.{quote_identifier(view.backing_table)} ({names}, {self._traps.rowid})"
            f" VALUES ({marks}, ?)"
        )
        self._block = _MANY
        # So many records more go by the statement that catches bad ones, and so many batches without it.
        self._expecting = 0
        self._untrapped = 0

    @property
    def columns(self) -> frozenset[str]:
        """Name the stream columns that the view's query needs."""
        return self._relation.carried

    def insert(
        self,
        connection: Connection,
        partition: str,
        columns: Mapping[str, Sequence[Any]],
        count: int,
        size: int,
        time_text: str,
        on_error: OnError,
        *,
        incomplete: bool = False,
    ) -> list[Failure]:
        """Insert records in their order; return those that failed.

        With ``on_error`` stop the last failure may be ``stopped``: nothing from that record on is inserted.
        With ``incomplete`` raise IncompleteRecordsError instead of giving a failure. Raise apsw's errors for
        the file and the statement; then the caller's transaction must be undone.
        """
        work = _Work(self, connection, partition, dict(columns), time_text, on_error, incomplete)
        suspects = unreadable(columns, self._value, self._plan.text_columns, size, json_read=self._json_read)
        if suspects and on_error == "skip":
            for suspect in suspects:
                work.fail(suspect.number, suspect.kind, suspect.reason, suspect.column)
            left = sorted(set(range(count)).difference(suspect.number for suspect in suspects))
            taken = [suspect.number for suspect in suspects]
            others = _Work(
                self, connection, partition, without(columns, taken), time_text, on_error, incomplete
            )
            others.insert(0, len(left))
            others.failures = [replace(each, number=left[each.number]) for each in others.failures]
            return sorted(work.failures + others.failures, key=attrgetter("number"))
        begin = 0
        for suspect in suspects:
            if not work.insert(begin, suspect.number):
                return work.failures
            if not work.fail(suspect.number, suspect.kind, suspect.reason, suspect.column):
                return work.failures
            begin = suspect.number + 1
        work.insert(begin, count)
        return work.failures


class _Work:
    """Be one call of ``RowWriter.insert``."""

    def __init__(
        self,
        writer: RowWriter,
        connection: Connection,
        partition: str,
        columns: dict[str, Sequence[Any]],
        time_text: str,
        on_error: OnError,
        incomplete: bool,
    ) -> None:
        self._writer = writer
        self._plan = writer._plan
        self._relation = writer._relation
        self._connection = connection
        self._partition = partition
        self._columns = columns
        self._time = time_text
        self._on_error = on_error
        self._incomplete = incomplete
        self._next = 0
        self.failures: list[Failure] = []

    def insert(self, start: int, stop: int) -> bool:
        """Insert records; return False if one of them stops the view."""
        writer = self._writer
        if start == stop:
            return True
        if not writer._traps.usable or self._on_error == "stop":
            return self._in_blocks(start, stop)
        if writer._untrapped:
            writer._untrapped -= 1
            return self._in_blocks(start, stop)
        if not writer._expecting and self._together(start, stop) is None:
            return True
        connection = self._connection
        connection.execute("SAVEPOINT streamdialect_traps")
        failures = len(self.failures)
        try:
            if self._plan.kind == "stream":
                self._rows_trapped(start, stop)
            else:
                self._groups_trapped(start, stop)
        except Exception as error:
            if not isinstance(error, Untrapped) and not self._blames_data(error):
                raise
            connection.execute("ROLLBACK TO streamdialect_traps")
            connection.execute("RELEASE streamdialect_traps")
            del self.failures[failures:]
            writer._expecting, writer._untrapped = 0, _UNTRAPPED
            return self._in_blocks(start, stop)
        connection.execute("RELEASE streamdialect_traps")
        if len(self.failures) > failures:
            writer._expecting = _EXPECTING if self._plan.kind == "stream" else stop - start
        else:
            writer._expecting = max(writer._expecting - (stop - start), 0)
        return True

    def _rows_trapped(self, start: int, stop: int) -> None:
        traps, records = self._writer._traps, self._records(start, stop)
        bad = traps.insert_rows(records)
        if bad is None:
            self._connection.execute("ROLLBACK TO streamdialect_traps")
            bad = traps.insert_rows(records) or {}
        if bad and self._incomplete:
            raise IncompleteRecordsError
        if self._on_error == "null":
            for number, (reason, row) in bad.items():
                if not self._keep(number, ERROR_CODES["value"], reason, None, row):
                    raise Untrapped
        elif bad:
            reasons = {number: reason for number, (reason, _) in bad.items()}
            columns = traps.columns_at_fault(records, reasons, WHERE)
            for number, reason in reasons.items():
                self._record(number, "value", reason, columns[number])

    def _groups_trapped(self, start: int, stop: int) -> None:
        bad = self._writer._traps.merge_groups(self._records(start, stop))
        if bad and self._incomplete:
            raise IncompleteRecordsError
        for number, reason in bad.items():
            self._record(number, "value", reason, None)

    def _records(self, start: int, stop: int) -> Records:
        return Records(self._connection, self._partition, self._columns, start, stop, self._time)

    def _in_blocks(self, start: int, stop: int) -> bool:
        writer = self._writer
        while start < stop:
            block = writer._block
            end = stop if block >= _MANY else min(start + block, stop)
            failures = len(self.failures)
            if block <= _FEW or not CARRAY:
                if not self._one_by_one(start, end):
                    return False
                start, good = end, len(self.failures) == failures
            else:
                error = self._together(start, end, watch=WATCH if block < _MANY else None)
                good = error is None
                if error is None:
                    start = end
                elif block >= _MANY:
                    writer._block = _BLOCK
                    continue
                else:
                    fault = min(start + max(last_row(), 1), end) - 1
                    if not self._around(start, fault, end, _reason(error)):
                        return False
                    start = self._next
            writer._block = min(block * 3 // 2, _MANY) if good else max(block // 2, _FEW // 2)
        return True

    def _around(self, start: int, fault: int, stop: int, reason: str) -> bool:
        """Insert what is before the record at which a block failed, and deal with that record."""
        if fault > start and self._together(start, fault) is not None:
            # What is watched is right for a query that goes record by record, which SQLite decides.
            self._next = stop
            return self._one_by_one(start, stop)
        self._next = fault + 1
        if self._on_error != "null" and self._plan.alone:
            column, same = self._at_fault(fault, reason, None)
            if same:
                return self._record(fault, "value", reason, column)
        return self._one_by_one(fault, fault + 1)

    def _together(self, start: int, stop: int, *, watch: str | None = None) -> Exception | None:
        """Insert records by one statement; return the error if one of them makes it fail."""
        try:
            self._relation.execute(
                self._connection,
                self._writer._insert,
                self._partition,
                self._columns,
                start,
                stop,
                self._time,
                watch=watch,
            )
        except Exception as error:
            if not self._blames_data(error):
                raise
            if self._incomplete:
                raise IncompleteRecordsError from error
            return error
        return None

    def _one_by_one(self, start: int, stop: int) -> bool:
        while start < stop:
            failed = self._relation.execute_each(
                self._connection,
                self._writer._insert,
                self._partition,
                self._columns,
                start,
                stop,
                self._time,
            )
            if failed is None:
                break
            number, error = failed
            if not self._blames_data(error):
                raise error
            if not self.fail(number, "value", _reason(error), None):
                return False
            start = number + 1
        return True

    def _blames_data(self, error: Exception) -> bool:
        """Tell whether a failed statement fails because of its records."""
        if is_value_error(error):
            return True
        if not depends_on_data(error):
            return False
        # SQLite has one code for a wrong value and a wrong statement, and texts that we do not know. A
        # statement that is wrong, or a table that is missing, fails without any record as well.
        connection = self._connection
        try:
            connection.execute("SAVEPOINT streamdialect_trial")
            try:
                connection.execute(self._writer._over_nothing).fetchall()
            finally:
                connection.execute("ROLLBACK TO streamdialect_trial")
                connection.execute("RELEASE streamdialect_trial")
        except SQLiteError:
            return False
        return True

    # --- one bad record -----------------------------------------------------------------------

    def fail(self, number: int, kind: str, reason: str, text_column: str | None) -> bool:
        """Do with a bad record what the policy says; return False if it stops the view.

        A record that is too large is always skipped: so does Redshift
        (``materialized-view-streaming-ingestion``). ``text_column`` is a stream column that cannot be read
        as text.
        """
        if self._incomplete:
            raise IncompleteRecordsError
        if self._on_error == "null" and kind != "size" and self._plan.alone:
            self._keep(number, ERROR_CODES[kind], reason, text_column)
            return True
        column = None if kind == "size" else self._at_fault(number, reason, text_column)[0]
        return self._record(number, kind, reason, column)

    def _record(self, number: int, kind: str, reason: str, column: str | None) -> bool:
        code = ERROR_CODES[kind]
        stops = self._on_error == "stop" and kind != "size"
        outcome: Outcome = "stopped" if stops else "set aside"
        self.failures.append(Failure(number, code, _line(reason), column, outcome))
        return not stops

    def _alone(self, number: int, lone: LoneColumn, text_column: str | None) -> tuple[list[Any], str | None]:
        """Compute a column for one record; give the rows, and why it fails or None."""
        if text_column is not None and text_column in lone.text_columns:
            return [], "unreadable"
        try:
            found = self._relation.evaluate(
                self._connection, lone.select, self._partition, self._columns, number, self._time
            )
        except Exception as error:
            if not is_value_error(error) and not depends_on_data(error):
                raise
            return [], _reason(error)
        return found, None

    def _at_fault(self, number: int, reason: str, text_column: str | None) -> tuple[str | None, bool]:
        """Find the first column at fault, and whether it fails with the same reason."""
        plan = self._plan
        if plan.admission is not None:
            found = self._alone(number, plan.admission, text_column)[1]
            if found is not None:
                return WHERE, found == reason
        first: str | None = None
        for column, lone in zip(plan.storage, plan.alone, strict=False):
            found = None if lone.plain else self._alone(number, lone, text_column)[1]
            if found == reason or (found is not None and text_column is not None):
                return column.name, True
            if found is not None:
                first = first or column.name
        return first, False

    def _keep(
        self, number: int, code: int, reason: str, text_column: str | None, row: int | None = None
    ) -> bool:
        """Insert the row of a record with NULL for each column that fails; return whether one does.

        ``row`` is the number to give it.
        """
        plan = self._plan
        if plan.admission is not None:
            admitted, failed = self._alone(number, plan.admission, text_column)
            if failed is not None:
                # Whether the view wants the record cannot be known: it must not vanish.
                self.failures.append(Failure(number, code, _line(reason), WHERE, "set aside"))
                return True
            if not admitted:
                return False
        values: list[Any] = []
        faults: list[tuple[str, str]] = []
        for column, lone in zip(plan.storage, plan.alone, strict=True):
            found, failed = self._alone(number, lone, text_column)
            values.append(found[0][0] if found else None)
            if failed is not None:
                faults.append((column.name, reason if failed == "unreadable" else failed))
        if row is None:
            self._connection.execute(self._writer._insert_values, values)
        else:
            self._connection.execute(self._writer._insert_at, (*values, row))
        names = ",".join(name for name, _ in faults) or None
        first = faults[0][1] if faults else reason
        self.failures.append(Failure(number, code, _line(first), names, "nulled"))
        return bool(faults)


def _reason(error: Exception) -> str:
    text = str(error.args[0] if error.args else "") or type(error).__name__
    return text if isinstance(error, DataError | SQLiteError) else f"{type(error).__name__}: {text}"


def _line(reason: str) -> str:
    return storable(" ".join(reason.splitlines()))
