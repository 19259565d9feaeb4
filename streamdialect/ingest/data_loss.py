"""Records that a stream no longer holds and a view has not read: stop the view, or go on, and say what is missing.

Either is one transaction: positions, the statement in sys_stream_scan_errors, the history and the view's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from streamdialect.errors import LeaseLostError
from streamdialect.ingest.materializer import LOST, Refresh
from streamdialect.model import MaterializedView, Provider
from streamdialect.sources.base import BEGINNING_OF_PARTITION, END_OF_PARTITION
from streamdialect.storage import checkpoints, dead_letters, error_policy
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.dead_letters import BadRecord
from streamdialect.storage.view_rows import now

__all__ = ["Expired", "Recreated", "Settled", "settle"]

# error_code of sys_stream_scan_errors, beside those of suspects.
_EXPIRED, _RECREATED = 4, 5
_NAMED = 10  # partitions named in one text; each has its row


class Expired(Struct, frozen=True):
    """Be records of one partition behind a view's position that are not there any more.

    ``first`` is the first position that is there (None: not known), END_OF_PARTITION for a partition that is
    gone. ``shrunk``: the partition ends before the view's position, at ``first``.
    """

    why: str
    partition: str
    position: str
    first: str | None
    shrunk: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """Give the fields of a line of the log."""
        return {"partition": self.partition, "position": self.position}


class Recreated(Struct, frozen=True):
    """Be a stream that is not the one which the view has read; ``before`` and ``now`` are their identities."""

    why: str
    before: str
    now: str

    @property
    def fields(self) -> dict[str, Any]:
        """Give the fields of a line of the log."""
        return {"identity": self.now}


class Settled(Struct, frozen=True):
    """Tell what was done about a loss: ``stopped`` is the view's new state, or None if it goes on."""

    stopped: str | None
    statement: str


def settle(
    connection: Connection,
    view: MaterializedView,
    provider: Provider,
    epoch: int,
    loss: Expired | Recreated,
    refresh: Refresh,
) -> Settled:
    """Do what the view's policy says about a loss that was met in ``epoch``, in one transaction.

    Raise LeaseLostError if another process has done so already, or has gone on.
    """
    with immediate(connection):
        state = error_policy.read(connection, view.id)
        if state is None or state.epoch != epoch:
            raise LeaseLostError(
                "the view's positions have been set anew by another process, or it was dropped"
            )
        positions = checkpoints.positions(connection, view.id)
        if isinstance(loss, Expired) and positions.get(loss.partition, loss.position) != loss.position:
            raise LeaseLostError(f"another process has read on in partition {loss.partition}")
        missing = _missing(loss, positions, provider)
        statement = f"{loss.why}; {_in_words(loss, missing)}"
        goes_on = state.policy.on_data_loss == "resume"
        dead_letters.forget_stop(connection, view.id)
        if goes_on:
            _move(connection, view, provider, epoch, loss, positions, state.identity)
            error_policy.resume(connection, view.id)
            number = Refresh(refresh.kind).save(
                connection, view, f"Refresh goes on after a loss. {statement}"
            )
            stopped = None
        else:
            stopped = f"{LOST}: {statement}"
            error_policy.stop(connection, view.id, stopped)
            # That of a REFRESH is written with its end.
            failed = f"Refresh failed. {stopped}"
            number = Refresh("Auto").save(connection, view, failed) if refresh.kind == "Auto" else 0
        stream = view.plan.stream
        assert stream is not None
        dead_letters.add(
            connection,
            (view.id, view.name, stream.schema_name, stream.stream),
            number,
            now(),
            [
                BadRecord(
                    partition=partition,
                    position=position,
                    record_time=None,
                    timestamp_type=None,
                    key=None,
                    value=None,
                    headers=None,
                    code=_EXPIRED if isinstance(loss, Expired) else _RECREATED,
                    reason=reason,
                    column=None,
                    outcome="missed" if goes_on else "lost",
                )
                for partition, position, reason in missing
            ],
        )
    return Settled(stopped, statement)


def _missing(
    loss: Expired | Recreated, positions: Mapping[str, str], provider: Provider
) -> list[tuple[str, str, str]]:
    """List what is missing: partition, the position before it (exclusive), and how far it goes (exclusive)."""
    if isinstance(loss, Expired):
        after = _last_read(loss.position, provider)
        if loss.shrunk:
            return [
                (loss.partition, after, f"the partition now ends before {loss.first}: records were removed")
            ]
        if loss.first is None:
            until = "and before the first that comes"
        elif loss.first == END_OF_PARTITION:
            until = "to the end of the partition"
        else:
            until = f"and before {loss.first}"
        return [(loss.partition, after, f"records after {after} {until} may be missing")]
    return [
        (
            partition,
            _last_read(position, provider),
            "the stream was created anew; what came after this is lost",
        )
        for partition, position in sorted(positions.items())
    ] or [("", "", "the stream was created anew")]


def _last_read(position: str, provider: Provider) -> str:
    return position if provider == "kinesis" else str(int(position) - 1)


def _in_words(loss: Expired | Recreated, missing: list[tuple[str, str, str]]) -> str:
    if isinstance(loss, Expired):
        return f"partition {loss.partition}: {missing[0][2]}"
    places = [f"{partition} after {position}" for partition, position, _ in missing if partition]
    more = f" and {len(places) - _NAMED} more partitions" if len(places) > _NAMED else ""
    return (
        f"what was not read of the stream before is lost: {', '.join(places[:_NAMED]) or 'all of it'}{more}"
    )


def _move(
    connection: Connection,
    view: MaterializedView,
    provider: Provider,
    epoch: int,
    loss: Expired | Recreated,
    positions: Mapping[str, str],
    identity: str | None,
) -> None:
    if isinstance(loss, Recreated):
        everything: dict[str, str | None] = dict.fromkeys(positions)
        checkpoints.replace(connection, view.id, epoch, everything, loss.now)
        return
    place = loss.first
    if provider == "kinesis" and place != END_OF_PARTITION:
        place = BEGINNING_OF_PARTITION
    checkpoints.replace(connection, view.id, epoch, {loss.partition: place}, identity)
