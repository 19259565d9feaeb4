"""moto's server inside this process, with what a test asks for on top: faults, a clock, and AWS's ways.

moto is imported with the first request, so that a suite that only reads Kafka never pays for it.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

__all__ = ["ACCOUNT", "REGION", "AwsServer", "Fault"]

ACCOUNT, REGION = "123456789012", "us-east-1"
_TARGET = "Kinesis_20131202."
_CREDENTIAL = re.compile(r"(Credential=[^/]*/[^/]*/)[^/]*/")
_RESHARDING = frozenset({"MergeShards", "SplitShard", "UpdateShardCount"})

# The code, message and HTTP status of an answer; None hangs up instead of an answer.
Fault = tuple[str, str, int] | None


class _Requests(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: clients hang up, too."""


class AwsServer:
    """Be an endpoint of Kinesis, STS, Secrets Manager and whatever else moto knows, until ``close``.

    Streams are found by their names, whatever account and region the credentials are of: a test pastes roles
    and regions of production. Records expire when the stream's retention has passed on ``now``, arrive at its
    time unless it is told another, and stay in a shard that is split or merged, as AWS keeps them and moto does not.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
        self._faults: dict[str, deque[Fault]] = {}
        self._down = False
        self._lock = threading.RLock()
        self._application: Any = None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Requests)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="testing-aws", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reset(self) -> None:
        """Forget all streams, faults and counts."""
        with self._lock:
            self.mend()
            self.calls.clear()
            # What moto has is the process's: another server in it, or another test's mock, may have left something.
            if (moto := sys.modules.get("moto.moto_api._internal")) is not None:
                moto.moto_api_backend.reset()

    # --- faults -------------------------------------------------------------------------------

    def fail(self, operation: str, fault: Fault, times: int) -> None:
        """Let the next calls of an operation suffer a fault, after those it has to suffer already."""
        with self._lock:
            self._faults.setdefault(operation, deque()).extend([fault] * times)

    def hang_up(self, down: bool) -> None:
        """Hang up on every request, or answer again."""
        self._down = down

    def mend(self) -> None:
        """Answer rightly from now on."""
        with self._lock:
            self._faults.clear()
            self._down = False

    def _fault(self, operation: str) -> tuple[Fault] | None:
        with self._lock:
            waiting = self._faults.get(operation)
            if self._down:
                return (None,)
            return (waiting.popleft(),) if waiting else None

    # --- requests -----------------------------------------------------------------------------

    @cached_property
    def _moto(self) -> Any:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        return DomainDispatcherApplication(create_backend_app)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        operation = target.removeprefix(_TARGET)
        with self._lock:
            self.calls[operation] += 1
        fault = self._fault(operation)
        if fault is not None:
            # What is not read of a request would be taken for the next one of its connection.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _refuse(fault[0], environ, start_response)
        with self._lock:
            moto = self._moto
        if not target.startswith(_TARGET):
            return moto(environ, start_response)  # type: ignore[no-any-return]
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = ACCOUNT
        environ["HTTP_AUTHORIZATION"] = _CREDENTIAL.sub(
            rf"\g<1>{REGION}/", environ.get("HTTP_AUTHORIZATION", "")
        )
        # moto's own state is not safe for concurrency.
        with self._lock, self._kept_records(operation):
            if (
                self._application is None
            ):  # finding out whose request it is takes moto longer than to answer it
                self._application = moto.get_application(environ)
            return self._kinesis(operation, self._application, environ, start_response)

    def _kinesis(self, operation: str, moto: Any, environ: Any, start_response: Any) -> Iterable[bytes]:
        began: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            began[:] = [status, headers]

        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = _Body(body)
        answer = b"".join(moto(environ, begin))
        status, headers = began
        if status.startswith("200"):
            if operation in ("PutRecord", "PutRecords"):
                self._arrived(json.loads(body), json.loads(answer))
            elif operation == "GetRecords":
                answer = self._without_expired(json.loads(body)["ShardIterator"], answer)
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start_response(status, [*kept, ("Content-Length", str(len(answer)))])
        return [answer]

    # --- Kinesis as AWS has it ----------------------------------------------------------------

    def streams(self) -> dict[str, Any]:
        """Give moto's own objects of the streams, by name; use them under ``locked``."""
        models = sys.modules.get("moto.kinesis.models")
        if models is None:
            return {}
        found: dict[str, Any] = models.kinesis_backends[ACCOUNT][REGION].streams
        return found

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep requests waiting."""
        with self._lock:
            yield

    def stamp(self, stream: str, shard: str, number: str, moment: datetime) -> None:
        """Let a record have arrived at a moment."""
        record = self.streams()[stream].shards[shard].records[int(number)]
        record.created_at = moment.timestamp()
        record.created_at_datetime = moment.astimezone(timezone.utc).replace(tzinfo=None)

    def _arrived(self, request: Any, answer: Any) -> None:
        name = request.get("StreamName") or request["StreamARN"].rpartition("/")[2]
        moment = self.now()
        for record in answer.get("Records", [answer]):
            self.stamp(name, record["ShardId"], record["SequenceNumber"], moment)
            found = self.streams()[name].shards[record["ShardId"]].records[int(record["SequenceNumber"])]
            found.stored_at = moment

    def _without_expired(self, iterator: str, answer: bytes) -> bytes:
        from moto.kinesis.utils import decompose_shard_iterator

        name, shard, _ = decompose_shard_iterator(iterator)
        stream = self.streams()[name]
        oldest = self.now() - timedelta(hours=stream.retention_period_hours)
        stored = stream.shards[shard].records
        content = json.loads(answer)
        found = content["Records"]
        content["Records"] = [
            each for each in found if stored[int(each["SequenceNumber"])].stored_at >= oldest
        ]
        return answer if len(found) == len(content["Records"]) else json.dumps(content).encode()

    @contextmanager
    def _kept_records(self, operation: str) -> Iterator[None]:
        """Leave records where they are when their shard is split or merged, and send new ones to open shards."""
        if operation not in _RESHARDING:
            yield
            return
        kept = [
            (shard, shard.records) for stream in self.streams().values() for shard in stream.shards.values()
        ]
        for shard, records in kept:
            shard.records = type(records)()
        try:
            yield
        finally:
            for shard, records in kept:
                shard.records = records
            for stream in self.streams().values():
                # The first shard whose range has the key gets a record, and the list is shown sorted.
                stream.shards = dict(sorted(stream.shards.items(), key=lambda each: not each[1].is_open))


class _Body:
    """Be a request's body that has been read before."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        """Give what is left, or some of it."""
        size = len(self._content) if size < 0 else size
        found, self._content = self._content[:size], self._content[size:]
        return found


def _refuse(fault: Fault, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if fault is None:
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionError("hung up")
    code, message, status = fault
    body = json.dumps({"__type": code, "message": message}).encode()
    start_response(
        f"{status} {code}",
        [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))],
    )
    return [body]
