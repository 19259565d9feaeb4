"""Make any call fail that ingest makes of boto3, confluent-kafka, apsw, the file system or threads.

``installed`` puts a wrapper around each of them. A clean run names the calls there are, by library function, calling
line and count; then a ``Fault`` makes one of them fail, before it is made or after (the call has taken effect, and its
answer is lost).
"""

from __future__ import annotations

import fcntl
import inspect
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import apsw
import boto3
import confluent_kafka
import pytest
from botocore.client import BaseClient
from confluent_kafka.admin import AdminClient

__all__ = ["Answer", "Fault", "Faults", "Site", "installed"]

# (function of a library, who calls it)
Site = tuple[str, str]


class Answer(Exception):
    """Be an answer that a call gives instead of its own, rather than an error."""

    def __init__(self, value: Any) -> None:
        super().__init__(repr(value))
        self.value = value


@dataclass(frozen=True)
class Fault:
    """Say which call fails: the n-th at a site, or with ``lasting`` all of them until disarmed."""

    site: Site
    number: int
    error: BaseException
    after: bool = False
    lasting: bool = False

    def __str__(self) -> str:
        how = "always" if self.lasting else f"number {self.number}"
        when = "after" if self.after else "at"
        return f"{type(self.error).__name__}({self.error}) {when} {self.site[0]}, {self.site[1]}, {how}"


class Faults:
    """Count calls, and make the armed fault happen. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._active = False
        self.calls: Counter[Site] = Counter()
        self.hits = 0

    def arm(self, fault: Fault | None) -> None:
        """Begin to count calls, and let one of them fail if a fault is given."""
        with self._lock:
            self.calls, self.hits, self._fault, self._active = Counter(), 0, fault, True

    def disarm(self) -> None:
        """Let all calls pass uncounted."""
        with self._lock:
            self._fault, self._active = None, False

    def wrap(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function that calls another one, unless it is the one that must fail."""

        def call(*args: Any, **kwargs: Any) -> Any:
            fault = self.met(kind)
            if fault is None:
                return function(*args, **kwargs)
            if fault.after:
                function(*args, **kwargs)
            if isinstance(fault.error, Answer):
                return fault.error.value
            raise fault.error.with_traceback(None)

        return call

    def met(self, kind: str) -> Fault | None:
        """Count a call; give the fault if it is the one to fail."""
        if not self._active:
            return None
        caller = _caller(sys._getframe(2))
        if caller is None:
            return None
        site = (kind, caller)
        with self._lock:
            self.calls[site] += 1
            fault = self._fault  # disarm() may have come between
            if fault is None or fault.site != site:
                return None
            if not fault.lasting and fault.number != self.calls[site]:
                return None
            self.hits += 1
            return fault


def _caller(frame: FrameType | None) -> str | None:
    """Name the line of this package from which a call comes, and that of ``ingest`` if it is another; or None."""
    nearest = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("streamdialect."):
            line = f"{module.removeprefix('streamdialect.')}.{frame.f_code.co_name}:{frame.f_lineno}"
            nearest = nearest or line
            if module.startswith("streamdialect.ingest"):
                return nearest if nearest == line else f"{nearest} for {line}"
        frame = frame.f_back
    return None


# --- what is wrapped ----------------------------------------------------------------------------------


def _wrapping_class(faults: Faults, base: type, library: str, names: list[str], more: dict[str, Any]) -> Any:
    members = {name: _method(faults, f"{library}.{base.__name__}.{name}", base, name) for name in names}

    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)

    init = faults.wrap(f"{library}.{base.__name__}", base.__init__)  # type: ignore[misc]
    return type(base.__name__, (base,), {"__init__": made, **members, **more})


def _method(faults: Faults, kind: str, base: type, name: str) -> Any:
    wrapped = faults.wrap(kind, getattr(base, name))

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return wrapped(self, *args, **kwargs)

    return method


def _public(base: type) -> list[str]:
    return [name for name, value in inspect.getmembers(base) if name[0] != "_" and callable(value)]


class _Module:
    """Stand for a module in which some functions are others."""

    def __init__(self, module: Any, **functions: Any) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class _Future:
    """Be a future whose result may be lost."""

    def __init__(self, faults: Faults, future: Any) -> None:
        self.result = faults.wrap("confluent_kafka.AdminClient future", future.result)


def _vfs(faults: Faults) -> apsw.VFS:
    """Make a file system for SQLite that is the platform's, except for what must fail."""
    names = ("xRead", "xWrite", "xSync", "xTruncate", "xFileSize", "xLock")

    def method(name: str) -> Any:
        function = getattr(apsw.VFSFile, name)

        def call(self: Any, *args: Any) -> Any:
            fault = faults.met(f"file.{name} of {self.what}")
            if fault is not None:
                raise fault.error.with_traceback(None)
            return function(self, *args)

        return call

    class File(apsw.VFSFile):
        def __init__(self, name: Any, flags: list[int]) -> None:
            path = name if isinstance(name, str | None) else name.filename()
            self.what = (path or "").rpartition(".")[2] or "temporary"
            super().__init__("", name, flags)

    for name in names:
        setattr(File, name, method(name))

    class System(apsw.VFS):
        def __init__(self) -> None:
            super().__init__("faults", "")

        def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
            fault = faults.met("file.xOpen")
            if fault is not None:
                raise fault.error.with_traceback(None)
            return File(name, flags)

    return System()


@contextmanager
def installed(faults: Faults, *, files: bool = False) -> Iterator[None]:
    """Wrap all calls while the block runs; with ``files`` those too that SQLite makes of the file system."""
    from streamdialect.ingest import consumer, writer
    from streamdialect.sources import kafka, kafka_reader, kinesis, kinesis_quota, kinesis_reader
    from streamdialect.sources.kinesis_parser import register_fast_parser
    from streamdialect.storage import lease

    with pytest.MonkeyPatch.context() as patch:
        cursor = _wrapping_class(
            faults,
            apsw.Cursor,
            "apsw",
            ["fetchall", "fetchone", "__next__"],
            {"__init__": apsw.Cursor.__init__},
        )
        calls = [name for name in _public(apsw.Connection) if name != "cursor"]
        vfs = _vfs(faults) if files else None
        plain = apsw.Connection

        def made(self: Any, path: str, **options: Any) -> None:
            opened(self, path, **({**options, "vfs": "faults"} if files else options))
            self.cursor_factory = cursor

        opened = faults.wrap("apsw.Connection", plain.__init__)
        connection = _wrapping_class(faults, plain, "apsw", calls, {"__init__": made})
        patch.setattr(apsw, "Connection", connection)
        patch.setattr(apsw, "carray", faults.wrap("apsw.carray", apsw.carray))

        patch.setattr(BaseClient, "_make_api_call", _operation(faults, vars(BaseClient)["_make_api_call"]))
        patch.setattr(BaseClient, "close", _method(faults, "boto3.client.close", BaseClient, "close"))
        patch.setattr(
            boto3.Session, "client", _method(faults, "boto3.Session.client", boto3.Session, "client")
        )

        names = _public(confluent_kafka.Consumer)
        reader = _wrapping_class(faults, confluent_kafka.Consumer, "confluent_kafka", names, {})
        patch.setattr(kafka_reader, "Consumer", reader)
        listing = faults.wrap("confluent_kafka.AdminClient.list_offsets", AdminClient.list_offsets)

        def list_offsets(self: Any, *args: Any, **kwargs: Any) -> Any:
            return {key: _Future(faults, future) for key, future in listing(self, *args, **kwargs).items()}

        names = ["list_topics", "poll"]
        admin = _wrapping_class(faults, AdminClient, "confluent_kafka", names, {"list_offsets": list_offsets})
        patch.setattr(kafka, "AdminClient", admin)
        for name in ("_value", "_offset", "_partition", "_error", "_key", "_headers"):
            kind = f"confluent_kafka.Message.{name[1:]}"
            patch.setattr(kafka_reader, name, faults.wrap(kind, getattr(kafka_reader, name)))

        os_calls = ("open", "lseek", "read", "write", "close", "pread", "pwrite", "fsync", "stat")
        wrapped = {name: faults.wrap(f"os.{name}", getattr(os, name)) for name in os_calls}
        patch.setattr(lease, "os", _Module(os, **wrapped))
        locking = faults.wrap("fcntl.lockf", fcntl.lockf)
        patch.setattr(lease, "fcntl", _Module(fcntl, lockf=locking))
        start = _method(faults, "Thread.start", threading.Thread, "start")
        patch.setattr(threading.Thread, "start", start)

        session = boto3.Session()  # one, because each reads the models of the service
        register_fast_parser(session._session)
        patch.setattr(kinesis, "session_for", lambda *_: session)
        patch.setattr(writer.Writer, "_take", _method(faults, "memory of a batch", writer.Writer, "_take"))

        # As often as it can be, for the same decisions.
        patch.setattr(consumer, "_POLL", 0.05)
        patch.setattr(consumer, "_STANDBY", 0.05)
        patch.setattr(writer, "_TICK", 0.1)
        patch.setattr(writer, "TRANSACTION_RECORDS", 12)
        patch.setattr(kafka_reader, "CHUNK", 5)
        patch.setattr(kafka_reader, "MAX_RECORDS", 10)
        patch.setattr(kinesis_reader, "TIP_INTERVAL", 0.02)
        patch.setattr(kinesis_reader, "LIMIT", 12)
        patch.setattr(kinesis_reader, "BACKOFF_FIRST", 0.01)
        patch.setattr(kinesis_quota.PROCESS_QUOTA, "_spacing", 0.0)
        try:
            yield
        finally:
            if vfs is not None:
                vfs.unregister()


def _operation(faults: Faults, original: Any) -> Any:
    def call(self: Any, operation: str, parameters: Any) -> Any:
        return faults.wrap(f"boto3.{operation}", original)(self, operation, parameters)

    return call
