"""A Kinesis endpoint that does not behave: real HTTP in front of another server, with faults as they are told."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.servers.kinesis import AwsServer

__all__ = ["FaultyKinesis", "faulty_kinesis"]

Fault = Callable[["_Handler", bytes], None]


class FaultyKinesis:
    """Be the endpoint; faults may be set and taken back at any time, from any thread.

    ``calls`` counts the requests by operation, failed ones too. Records with a sequence number lower than
    ``oldest`` have expired: answers do not have them.
    """

    def __init__(self, url: str, behind: str) -> None:
        self.url = url
        self.behind = urlsplit(behind).netloc
        self.calls: Counter[str] = Counter()
        self.oldest = 0
        self._faults: dict[str, tuple[Fault, int]] = {}
        self._lock = threading.Lock()

    def fault(self, operation: str, fault: Fault, times: int = 1_000_000) -> None:
        """Let the next calls of an operation ("*": of all) fail so many times."""
        with self._lock:
            self._faults[operation] = (fault, times)

    def mend(self) -> None:
        """Answer rightly from now on."""
        with self._lock:
            self._faults.clear()

    def take(self, operation: str) -> Fault | None:
        """Give the fault that a call has to suffer, if any."""
        with self._lock:
            self.calls[operation] += 1
            for name in (operation, "*"):
                fault, times = self._faults.get(name, (None, 0))
                if fault is not None and times > 0:
                    self._faults[name] = (fault, times - 1)
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kinesis: FaultyKinesis

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        fault = self.kinesis.take(operation)
        if fault is not None:
            fault(self, body)
            return
        status, answer = self.forward(body)
        if operation == "GetRecords" and status == 200 and self.kinesis.oldest:
            content = json.loads(answer)
            oldest = self.kinesis.oldest
            content["Records"] = [
                record for record in content["Records"] if int(record["SequenceNumber"]) >= oldest
            ]
            answer = json.dumps(content).encode()
        self.say(status, answer)

    def forward(self, body: bytes) -> tuple[int, bytes]:
        """Ask the server behind."""
        connection = http.client.HTTPConnection(self.kinesis.behind, timeout=30)
        try:
            skipped = ("host", "connection", "content-length")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def say(self, status: int, body: bytes, length: int | None = None) -> None:
        """Answer; with ``length`` announce another length than the body has, and close."""
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def refusal(code: str, status: int = 400, message: str = "as told") -> Fault:
    """Answer with an error of the service."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return lambda handler, _: handler.say(status, body)


def truncated(handler: _Handler, body: bytes) -> None:
    """Answer with half of the body that is announced."""
    status, answer = handler.forward(body)
    handler.say(status, answer[: len(answer) // 2], len(answer))


def half_json(handler: _Handler, body: bytes) -> None:
    """Answer with JSON that ends in the middle, in good HTTP."""
    status, answer = handler.forward(body)
    handler.say(status, answer[: len(answer) // 2])


def no_json(handler: _Handler, _: bytes) -> None:
    """Answer as a proxy does that knows nothing of the service."""
    handler.say(200, b"<html>Welcome</html>")


def hung_up(handler: _Handler, _: bytes) -> None:
    """Reset the connection instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    handler.close_connection = True
    handler.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up too."""


@contextmanager
def faulty_kinesis(behind: AwsServer) -> Iterator[FaultyKinesis]:
    """Run an endpoint in front of another one; what it must do wrong is told to it."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    kinesis = FaultyKinesis(f"http://127.0.0.1:{server.server_address[1]}", behind.url)
    handler.kinesis = kinesis  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kinesis
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
