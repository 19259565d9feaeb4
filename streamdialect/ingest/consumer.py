"""One view's consumer: holds the lease, reads the stream, feeds the writer, tells how far it is."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping, Sequence

from streamdialect.errors import (
    DatabaseLockedError,
    Error,
    InterfaceError,
    InternalError,
    LeaseLostError,
    OffsetOutOfRangeError,
    SourceError,
    ViewStoppedError,
)
from streamdialect.ingest.data_loss import Expired, Recreated, settle
from streamdialect.ingest.materializer import Materializer, Outcome, Refresh, stopped_error
from streamdialect.ingest.progress import is_reached, worth_writing
from streamdialect.ingest.rows import IncompleteRecordsError
from streamdialect.ingest.writer import Writer
from streamdialect.logs import Log
from streamdialect.model import ExternalSchema, MaterializedView, StreamName
from streamdialect.sources.base import Batch, Head, StreamReader, StreamSource
from streamdialect.storage import checkpoints, dead_letters, error_policy
from streamdialect.storage.apsw_errors import as_error, is_busy
from streamdialect.storage.catalog import Catalog
from streamdialect.storage.connection import Connection, immediate
from streamdialect.storage.lease import LeaseFile

__all__ = ["Consumer"]

_Beginning = tuple[dict[str, checkpoints.Checkpoint], bool, error_policy.PolicyState]

_POLL = 0.25  # seconds; bounds how long a stop takes, not how fresh the view is
_STANDBY = 0.5  # between two looks at a lease that somebody else holds
_HISTORY = 10.0  # an automatic refresh becomes a new row of the history after this many seconds
_BACKOFF_MAX = 30.0
_TROUBLE = 5.0  # seconds without a record after which a REFRESH tells of the source's trouble
# Seconds between two looks whether the stream is the one that was read before. A stream that is deleted and
# created again takes longer, so what is read in between is known to be of the old one.
_SAME_FOR = 5.0
_RECORD_AGAIN = 1.0  # until a state that could not be written is written
_LOG_EVERY = 60.0  # seconds between two lines about bad records of one view
# Keys, headers and times that no column reads are fetched for so many seconds after a bad record, no longer:
# they cost time for each record.
_WHOLE = 60.0


class _AnotherStreamError(Exception):
    """Say that the stream is not the one that was read before; never leaves the consumer."""


class Consumer:
    """Consume one stream into one view, in a thread of its own (``start``) or the caller's (``run_until``).

    ``refresh`` is the manual refresh that it works for, if it does. It never raises into readers: what
    stops it is logged, shown in svv_mv_info, and raised by REFRESH.
    """

    def __init__(
        self,
        view: MaterializedView,
        stream: StreamName,
        schema: ExternalSchema,
        source: StreamSource,
        writer: Writer,
        leases: LeaseFile,
        refresh: Refresh | None = None,
    ) -> None:
        self.view = view
        self.schema = schema
        self._stream = stream
        self._source = source
        self._writer = writer
        self._leases = leases
        self._materializer = Materializer(view, schema.provider)
        self._refresh = refresh or Refresh("Auto")
        self._log = Log(
            "streamdialect.ingest",
            database=writer.path,
            view=view.name,
            schema=schema.name,
            stream=stream.stream,
        )
        self.records = 0  # committed by this consumer, in all its refreshes
        self.skipped = 0
        self._stop = threading.Event()
        self._progress = threading.Condition()
        self._committed: dict[str, tuple[str | None, float | None]] = {}
        self._rejected: Exception | None = None
        self._blocked_since: float | None = None  # another transaction holds the file
        self._lock_timeout: float | None = None
        self._holding = False
        self._whole_until: float | None = (
            None  # until when records are read with all that is kept of bad ones
        )
        self._epoch = 0  # of the checkpoints that are continued
        self._identity: str | None = None  # of the stream that they are of
        self._looked_at = 0.0  # when the stream was last known to be that one
        self._lost_at: str | None = None  # the position of the last loss, until records come
        self._bad = 0  # records that no line of the log has told of
        self._told: float | None = None
        self.error: Error | None = None
        self._state: str | None = None  # as svv_mv_info shows it
        self._record_at = 0.0
        self.finished = False
        self._thread: threading.Thread | None = None

    # --- control, from any thread -------------------------------------------------------------

    def start(self) -> None:
        """Consume in a thread until stopped."""
        thread = threading.Thread(target=self._run, name=f"streamdialect-{self.view.name}", daemon=True)
        thread.start()
        self._thread = thread

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()
        with self._progress:
            self._progress.notify_all()

    def join(self) -> None:
        """Wait until the thread has ended; at most a poll and a transaction after ``stop``."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def holding(self) -> bool:
        """Tell whether this consumer has the lease now."""
        return self._holding

    @property
    def blocked(self) -> float:
        """Give the seconds for which another transaction has kept this consumer's batches waiting."""
        since = self._blocked_since
        return 0.0 if since is None else time.monotonic() - since

    def progress(self) -> object:
        """Give a value that changes with every step; a caller that waits sees by it whether there is progress."""
        with self._progress:
            return self.records, {partition: position for partition, (position, _) in self._committed.items()}

    def reached(self, head: Head) -> bool:
        """Tell whether everything that a head covers is committed."""
        with self._progress:
            return is_reached(head, self._committed)

    def check_stream(self, epoch: int) -> bool:
        """Have the stream looked at soon; return whether the checkpoints of ``epoch`` are still continued."""
        if self._epoch == epoch:
            self._looked_at = 0.0
        return self._epoch == epoch

    def wait(self, timeout: float) -> None:
        """Wait for progress, an error or the end, at most ``timeout`` seconds."""
        with self._progress:
            self._progress.wait(timeout)

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        attempt = 0
        try:
            while not self._stop.is_set() and not self._writer.closed:
                records = self.records
                try:
                    lease = self._leases.try_acquire(self.view.id)
                    if lease is None:
                        self._stop.wait(_STANDBY)
                        continue
                    with lease:
                        self._consume(None)
                    attempt = 0
                except ViewStoppedError as error:
                    self.error = error  # somebody must resume it: there is nothing to try again
                    return
                except LeaseLostError as error:
                    # Normal after a pause of this process, or when the view was dropped.
                    self._log.info("view %s: %s", self.view.name, error)
                    self._stop.wait(_STANDBY)
                except Exception as error:
                    attempt = 1 if self.records > records else attempt + 1
                    self._report(as_error(error), attempt)
                    self._stop.wait(min(_BACKOFF_MAX, 0.2 * 2**attempt) * random.uniform(0.5, 1.0))
        except Exception as error:
            self._report(as_error(error), 1)
        finally:
            self.finished = True
            with self._progress:
                self._progress.notify_all()

    def run_until(self, head: Head, lock_timeout: float) -> None:
        """Consume in the caller's thread until everything that the head covers is committed.

        The caller holds the lease. Raise what stopped it, and DatabaseLockedError if another transaction
        holds the file for ``lock_timeout`` seconds; a source that is briefly unreachable is tried again.
        """
        attempt, began = 0, time.monotonic()
        self._lock_timeout = lock_timeout
        while True:
            records = self.records
            try:
                self._consume(head)
                return
            except SourceError as error:
                if self.records > records:
                    attempt, began = 0, time.monotonic()
                attempt += 1
                # A reader has tried for a while itself where that has a prospect.
                if attempt >= 3 or time.monotonic() - began > _TROUBLE or type(error) is not SourceError:
                    raise
                self._stop.wait(0.2 * 2**attempt)

    def _consume(self, until: Head | None) -> None:
        """Read from the checkpoints on until stopped, rejected, or at the head."""
        while True:
            try:
                self._read(until)
            except IncompleteRecordsError:
                self._whole_until = time.monotonic() + _WHOLE
                continue
            except (OffsetOutOfRangeError, _AnotherStreamError) as error:
                self._settle(error)
                continue
            if self._stop.is_set() or until is not None:
                return
            self._whole_until = None  # no bad record for a while

    def _read(self, until: Head | None) -> None:
        """Do as ``_consume`` does, until what is read of each record has to change."""

        def begin(connection: Connection) -> tuple[_Beginning, str | None]:
            view = self.view.id
            state = error_policy.read(connection, view)
            if state is None:
                raise LeaseLostError("the view was dropped")
            beginning = checkpoints.read(connection, view), dead_letters.any_of(connection, view), state
            return beginning, Catalog(connection).state(view)

        (found, had_bad, state), self._state = self._writer.call(begin)
        positions = {partition: checkpoint.position for partition, checkpoint in found.items()}
        with self._progress:
            self._committed = {}  # nobody may hold what an epoch before had reached to be this one's
        self._epoch = self._materializer.epoch = state.epoch
        self._identity = self._materializer.identity = state.identity
        self._look()
        if state.identity is None:
            self._looked_at = 0.0  # and again after the first records, so that they are known to be of it
        if had_bad and self._whole_until is None and until is not None:
            self._whole_until = time.monotonic() + _WHOLE
        whole = self._whole_until is not None
        self._rejected = None
        with self._progress:
            self._committed = {partition: (position, None) for partition, position in positions.items()}
        fetched = dict(self._committed)
        lags: dict[str, tuple[object, float]] = {}
        complete = {key: found[key].complete for key in found}
        if until is not None:
            self._check_ends(until, positions)
        reader: StreamReader | None = None
        records = self.records
        try:
            reader = self._source.open(
                self._stream.stream,
                positions,
                self._materializer.whole_columns if whole else self._materializer.columns,
                complete={key: moment for key, moment in complete.items() if moment is not None},
                identity=self._identity,
            )
            self._holding = True
            while not (self._stop.is_set() or self._writer.closed) and self._rejected is None:
                if until is not None and is_reached(until, fetched):
                    break
                if until is None and whole and time.monotonic() > (self._whole_until or 0.0):
                    break
                batches = reader.poll(_POLL)
                if time.monotonic() - self._looked_at > _SAME_FOR:
                    self._look()
                for batch in batches:
                    fetched[batch.partition] = (batch.end, batch.caught_up_at)
                if batches:
                    self._writer.submit(self, worth_writing(batches, lags))
                # To read records is not enough while they cannot be written.
                if self.records > records or (batches and not any(batch.count for batch in batches)):
                    self._recovered()
            if not self._writer.drain(self) and not self._stop.is_set():
                raise InterfaceError("the database was closed before everything was written")
        finally:
            self._holding = False
            try:
                if reader is not None:
                    reader.close()
            finally:
                # What is still queued is read again from the checkpoints; none of it may follow later.
                self._writer.settle(self)
        if self._rejected is not None:
            raise self._rejected

    # --- the stream is another, or has lost records ---------------------------------------------

    def _look(self) -> None:
        """Look whether the stream is the one that was read before; raise _AnotherStreamError if not."""
        now = time.monotonic()
        identity = self._source.identity(self._stream.stream)
        if identity is not None and self._identity is not None and identity != self._identity:
            raise _AnotherStreamError(identity)
        self._looked_at = now
        if identity is not None:
            self._identity = self._materializer.identity = identity

    def _check_ends(self, head: Head, positions: Mapping[str, str]) -> None:
        for partition, position in positions.items():
            if head.beyond(partition, position):
                raise OffsetOutOfRangeError(
                    f'stream "{self._stream.stream}" ends before position {position} of partition {partition}',
                    partition=partition,
                    position=position,
                )

    def _settle(self, error: OffsetOutOfRangeError | _AnotherStreamError) -> None:
        """Do what the policy says about a loss; raise ViewStoppedError if the view has to stop."""
        loss = self._loss(error)
        settled = self._writer.call(
            lambda connection: settle(
                connection, self.view, self.schema.provider, self._epoch, loss, self._refresh
            ),
            self._lock_timeout or 0.0,
        )
        if settled.stopped is not None:
            self._log.error("view %s is %s", self.view.name, settled.stopped, **loss.fields)
            raise stopped_error(self.view, settled.stopped) from error
        self._log.warning(
            "view %s goes on after a loss of data: %s", self.view.name, settled.statement, **loss.fields
        )
        if self._lost_at == str(loss):
            self._stop.wait(_POLL)
        self._lost_at = str(loss)

    def _loss(self, error: OffsetOutOfRangeError | _AnotherStreamError) -> Expired | Recreated:
        stream, partition = self._stream.stream, getattr(error, "partition", None)
        try:
            self._look()
        except _AnotherStreamError as other:
            before, now = str(self._identity), str(other)
            why = f'stream "{stream}" is not the one that was read: it was {before}, and is {now}'
            return Recreated(why, before, now)
        if isinstance(error, _AnotherStreamError) or partition is None or error.position is None:
            # It is the old one again, or the reader cannot say where records are missing.
            raise SourceError(f'stream "{stream}" has to be read anew: {error}') from error
        head = self._source.head(stream)
        why = _first_line(error)
        if not head.beyond(partition, error.position):
            # Kafka: records before the position were replaced by others, from there on.
            replaced = head.ends is not None and int(error.earliest or error.position) < int(error.position)
            return Expired(why, partition, error.position, error.earliest, shrunk=replaced)
        # Without an id it may be another stream, of which nothing may be left out.
        end = None if head.ends is None or self._identity is None else str(head.ends[partition])
        return Expired(why, partition, error.position, end, shrunk=end is not None)

    def _recovered(self) -> None:
        """Take back what was said of an error, now that the view moves again."""
        self.error = None
        if self._state != "ok" and time.monotonic() > self._record_at:
            self._record("ok", None)
            self._log.info("view %s is refreshed again", self.view.name)

    def _record(self, state: str, status: str | None) -> None:
        try:
            self._writer.call(lambda connection: _record(connection, self.view, state, status))
            self._state = state
        except Exception as problem:
            self._record_at = time.monotonic() + _RECORD_AGAIN
            self._log.warning(
                "view %s: its state could not be recorded: %s", self.view.name, as_error(problem)
            )

    def _report(self, error: Error, attempt: int) -> None:
        if self._stop.is_set():
            self._log.info("view %s, while it was stopped: %s", self.view.name, error)
            return
        if self.error is None or str(self.error) != str(error):
            told = {"error": type(error).__name__, "sqlstate": error.sqlstate, "attempt": attempt}
            self._log.warning(
                "view %s cannot be refreshed, will try again: %s", self.view.name, error, **told
            )
        self.error = error
        if self._state != _first_line(error):
            self._record(_first_line(error), f"Refresh failed. {_first_line(error)}")
        if isinstance(error, OffsetOutOfRangeError | InternalError):
            self._log.error("view %s: %s", self.view.name, error, exc_info=error if attempt == 1 else None)
        with self._progress:
            self._progress.notify_all()

    # --- writer.Sink, in the writer's thread --------------------------------------------------

    def check(self) -> None:
        """Raise DatabaseLockedError if a REFRESH has waited long enough for another transaction."""
        limit = self._lock_timeout
        if limit is not None and self.blocked > limit:
            raise DatabaseLockedError(
                f"another transaction has held the database for {limit:g} s",
                hint="Commit or roll it back; nothing was lost, REFRESH can be repeated.",
            )

    def write(self, connection: Connection, batches: Sequence[Batch]) -> float | None:
        """Commit batches, or remember why not; the fetching thread then starts again from the checkpoints."""
        if self._rejected is not None:
            return 0.0
        outcome = Outcome()
        if self._refresh.kind == "Auto" and time.monotonic() - self._refresh.clock > _HISTORY:
            self._refresh = Refresh("Auto")
        skipped = self._refresh.skipped
        moving = [
            batch
            for batch in batches
            if batch.count
            or batch.end != batch.start
            or batch.behind is not None
            or batch.behind_ms is not None
        ]
        try:
            if moving:
                outcome = self._materializer.commit(
                    connection, moving, self._refresh, incomplete=self._whole_until is None
                )
                if outcome.bad or outcome.stopped is not None:
                    self._tell(outcome)
        except Exception as error:
            if is_busy(error):
                if not self._stop.is_set():
                    # Somebody's transaction is long; the batches keep, and the reader waits behind them.
                    self._blocked_since = self._blocked_since or time.monotonic()
                    return None
            else:
                self._rejected = error if isinstance(error, IncompleteRecordsError) else as_error(error)
            self._writer.discard(self)
            return 0.0
        self._blocked_since = None
        with self._progress:
            if outcome.stopped is not None:  # not all of the batches is committed
                self.records += outcome.records
                batches = ()
            for batch in batches:
                self._committed[batch.partition] = (batch.end, batch.caught_up_at)
                self.records += batch.count
            self.skipped += self._refresh.skipped - skipped
            self._progress.notify_all()
        return outcome.held

    def _tell(self, outcome: Outcome) -> None:
        """Log bad records, once a minute at most; their positions, never what is in them."""
        now = time.monotonic()
        self._bad += outcome.bad
        if self._whole_until is not None:
            self._whole_until = now + _WHOLE
        if self._bad and (self._told is None or now - self._told > _LOG_EVERY or outcome.stopped is not None):
            self._log.warning(
                'view %s: %d bad records of stream "%s" since the last such line, the last at %s',
                self.view.name,
                self._bad,
                self._stream.stream,
                outcome.place,
                records=self._bad,
                partition=outcome.partition,
                position=outcome.position,
            )
            self._told, self._bad = now, 0
        if outcome.stopped is not None:
            self._log.error(
                'view %s is stopped by its error policy, stream "%s", %s: see svv_mv_info, and'
                " resume it with REFRESH or ALTER MATERIALIZED VIEW",
                self.view.name,
                self._stream.stream,
                outcome.place,
                partition=outcome.partition,
                position=outcome.position,
            )
            self._rejected = stopped_error(self.view, outcome.stopped)
            self._writer.discard(self)


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]


def _record(connection: Connection, view: MaterializedView, state: str, status: str | None) -> None:
    """Write a view's state to svv_mv_info, and a failure to the history."""
    with immediate(connection):
        catalog = Catalog(connection)
        if catalog.view_by_id(view.id) is not None:
            catalog.set_state(view.id, state)
            if status is not None:
                Refresh("Auto").save(connection, view, status)
