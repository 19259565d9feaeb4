"""Records that were set aside, once more: REDRIVE, and SKIP RECORD for the one that a view is stopped at.

Every function runs inside the caller's write transaction, so that a record is either in the view or among
those set aside, whatever happens to the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from msgspec import Struct

from streamdialect.errors import ProgrammingError
from streamdialect.ingest.rows import RowWriter
from streamdialect.model import MaterializedView, Provider, position_column, value_column
from streamdialect.sources import BEGINNING_OF_PARTITION
from streamdialect.storage import checkpoints, dead_letters, error_policy
from streamdialect.storage.connection import Connection
from streamdialect.storage.dead_letters import Letter
from streamdialect.storage.view_rows import now

__all__ = ["Redriven", "redrive", "skip_record"]

# Read into memory at a time; a record has at most 16 MB.
_CHUNK_RECORDS = 500
_CHUNK_BYTES = 16_000_000

_NOTHING_READ = (None, BEGINNING_OF_PARTITION)

_EPOCH = datetime(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)


class Redriven(Struct, frozen=True):
    """Count what a REDRIVE did: records taken out of those set aside, and records that stay."""

    done: int = 0
    stay: int = 0


def redrive(
    connection: Connection, view: MaterializedView, provider: Provider, found: Sequence[tuple[int, int]]
) -> Redriven:
    """Run records that were set aside through the view's query; ``found`` has the id and bytes of each.

    Those that it takes are removed from the records set aside, those that fail stay, with the reason of now.
    Where the policy is ``null``, what fails is NULL, as it is while the stream is read.
    """
    state = error_policy.read(connection, view.id)
    keep = state is not None and state.policy.on_error == "null"
    writer, time_text = RowWriter(view, provider), now()
    done = stay = 0
    for numbers in _chunks(found):
        for partition, run in _runs(dead_letters.letters(connection, view.id, numbers)):
            failures = writer.insert(
                connection,
                partition,
                _columns(provider, run),
                len(run),
                sum(len(letter.value or b"") for letter in run),
                time_text,
                "null" if keep else "skip",
            )
            failed = {failure.number: failure for failure in failures}
            dead_letters.failed_again(
                connection,
                [
                    (run[number].id, failure.code, failure.reason, failure.column, failure.outcome)
                    for number, failure in failed.items()
                ],
            )
            dead_letters.remove(
                connection, [letter.id for number, letter in enumerate(run) if number not in failed]
            )
            staying = sum(failure.outcome == "set aside" for failure in failures)
            stay += staying
            done += len(run) - staying
    return Redriven(done, stay)


def _chunks(found: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    chunk: list[int] = []
    size = 0
    for number, length in found:
        if chunk and (len(chunk) == _CHUNK_RECORDS or size + length > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(number)
        size += length
    if chunk:
        yield chunk


def _runs(letters: Sequence[Letter]) -> Iterator[tuple[str, list[Letter]]]:
    """Group records by partition, in rising order of their positions, as a batch has them."""
    ordered = sorted(letters, key=lambda letter: (letter.partition, int(letter.position)))
    for partition, group in groupby(ordered, key=lambda letter: letter.partition):
        run: list[Letter] = []
        for letter in group:
            if run and run[-1].position == letter.position:
                yield partition, run
                run = []
            run.append(letter)
        yield partition, run


def _columns(provider: Provider, letters: Sequence[Letter]) -> dict[str, Sequence[Any]]:
    times = [_milliseconds(letter.record_time) for letter in letters]
    columns: dict[str, Sequence[Any]] = {value_column(provider): [letter.value for letter in letters]}
    positions = [letter.position for letter in letters]
    if provider == "kinesis":
        keys = [None if letter.key is None else letter.key.decode() for letter in letters]
        return {
            **columns,
            position_column(provider): positions,
            "partition_key": keys,
            "approximate_arrival_timestamp": times,
        }
    return {
        **columns,
        position_column(provider): [int(position) for position in positions],
        "kafka_timestamp": times,
        "kafka_timestamp_type": [letter.timestamp_type for letter in letters],
        "kafka_key": [letter.key for letter in letters],
        "kafka_headers": [letter.headers for letter in letters],
    }


def _milliseconds(text: str | None) -> int | None:
    return None if text is None else (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def skip_record(connection: Connection, view: MaterializedView, provider: Provider) -> str:
    """Set the record aside that a view is stopped at, and resume the view behind it; return where it was.

    Raise ProgrammingError if the view is not stopped at a record.
    """
    record = dead_letters.stopped_record(connection, view.id)
    if record is not None:
        number, partition, position = record
        start = checkpoints.positions(connection, view.id).get(partition)
        # A REFRESH that is under way may have got past it.
        if start == position or (
            provider == "kinesis" and (start in _NOTHING_READ or int(start) < int(position))
        ):
            end = position if provider == "kinesis" else str(int(position) + 1)
            checkpoints.advance(connection, view.id, partition, start, end)
            dead_letters.set_aside(connection, number)
            error_policy.resume(connection, view.id)
            return f"partition {partition}, position {position}"
    raise ProgrammingError(
        f'materialized view "{view.name}" is not stopped at a record',
        hint="svv_mv_info shows in streamdialect_state whether a view is stopped, and why.",
    )
