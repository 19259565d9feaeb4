"""Which errors the calls of ingest may raise."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Any

import apsw
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError
from confluent_kafka import KafkaError, KafkaException

from tests.faults.injection import Answer

__all__ = ["errors_of"]

_SQLITE = [
    apsw.BusyError("database is locked"),
    apsw.FullError("database or disk is full"),
    apsw.IOError("disk I/O error"),
    apsw.NoMemError("out of memory"),
    apsw.InterruptError("interrupted"),
    apsw.ReadOnlyError("attempt to write a readonly database"),
    apsw.CorruptError("database disk image is malformed"),
    apsw.LockedError("database table is locked"),
    apsw.CantOpenError("unable to open database file"),
    apsw.SchemaChangeError("database schema has changed"),
    apsw.ThreadingViolationError("connection is busy in another thread"),
    MemoryError(),
]
_SQLITE_FILE = [apsw.IOError("disk I/O error"), apsw.FullError("database or disk is full")]


def _kafka(code: int, **flags: bool) -> KafkaException:
    return KafkaException(KafkaError(code, "injected", **flags))


_KAFKA = [
    _kafka(KafkaError._TRANSPORT),
    _kafka(KafkaError._ALL_BROKERS_DOWN),
    _kafka(KafkaError._TIMED_OUT),
    _kafka(KafkaError._MAX_POLL_EXCEEDED),
    _kafka(KafkaError.UNKNOWN_TOPIC_OR_PART),
    _kafka(KafkaError._UNKNOWN_PARTITION),
    _kafka(KafkaError._FATAL, fatal=True),
    _kafka(KafkaError._STATE),
    _kafka(KafkaError._AUTHENTICATION),
    _kafka(KafkaError.TOPIC_AUTHORIZATION_FAILED),
    _kafka(KafkaError.LEADER_NOT_AVAILABLE, retriable=True),
    _kafka(KafkaError.NOT_LEADER_FOR_PARTITION, retriable=True),
    _kafka(KafkaError.REQUEST_TIMED_OUT, retriable=True),
    KafkaException("injected"),
    RuntimeError("Consumer closed"),
    MemoryError(),
]


def _client(code: str, status: int = 400) -> aws.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return aws.ClientError(response, "Operation")


_AWS: list[BaseException] = [
    _client("ProvisionedThroughputExceededException"),
    _client("KMSThrottlingException"),
    _client("LimitExceededException"),
    _client("ExpiredIteratorException"),
    _client("ResourceInUseException"),
    _client("AccessDeniedException"),
    _client("ExpiredTokenException"),
    _client("InternalFailure", 500),
    _client("ServiceUnavailable", 503),
    _client("502", 502),
    _client("KMSDisabledException"),
    aws.EndpointConnectionError(endpoint_url="injected"),
    aws.ConnectTimeoutError(endpoint_url="injected"),
    aws.ReadTimeoutError(endpoint_url="injected"),
    aws.ConnectionClosedError(endpoint_url="injected"),
    aws.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    aws.ResponseStreamingError(error="injected"),
    aws.HTTPClientError(error="injected"),
    aws.SSLError(endpoint_url="injected", error=OSError("injected")),
    aws.NoCredentialsError(),
    ResponseParserError("injected"),
    Answer({}),  # what botocore makes of JSON that is cut
    Answer({"message": "<html>"}),  # ... and of what is no JSON
    MemoryError(),
]


def _os(*codes: int) -> list[OSError]:
    return [OSError(code, os.strerror(code)) for code in codes]


_FAILURES: tuple[tuple[str, Sequence[BaseException]], ...] = (
    ("memory", [MemoryError()]),
    ("apsw.carray", [MemoryError(), apsw.NoMemError("out of memory")]),
    ("apsw.Connection.close", [apsw.IOError("disk I/O error")]),
    ("apsw.Connection.create_", [apsw.NoMemError("out of memory"), MemoryError()]),
    ("apsw.Connection.changes", [MemoryError()]),
    ("apsw.Connection.last_insert_rowid", [MemoryError()]),
    ("apsw.Connection.readonly", [MemoryError()]),
    ("apsw.", _SQLITE),
    ("file.xOpen", [apsw.CantOpenError("unable to open database file"), *_SQLITE_FILE]),
    ("file.xLock", [apsw.BusyError("database is locked"), *_SQLITE_FILE]),
    ("file.", _SQLITE_FILE),
    (
        "boto3.Session.client",
        [aws.NoRegionError(), aws.DataNotFoundError(data_path="injected"), MemoryError()],
    ),
    ("boto3.client.close", [MemoryError(), OSError(errno.EIO, "injected")]),
    ("boto3.", _AWS),
    ("confluent_kafka.Message", [MemoryError()]),
    ("confluent_kafka.", _KAFKA),
    ("os.open", _os(errno.EMFILE, errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS)),
    ("os.write", _os(errno.ENOSPC, errno.EIO, errno.EDQUOT)),
    ("os.", _os(errno.EIO)),
    ("fcntl.lockf", _os(errno.ENOLCK, errno.EIO, errno.EINTR)),
    ("Thread.start", [RuntimeError("can't start new thread"), MemoryError()]),
)


def errors_of(kind: str) -> Sequence[BaseException]:
    """List what a call may raise; the first are the most telling."""
    return next(errors for prefix, errors in _FAILURES if kind.startswith(prefix))
