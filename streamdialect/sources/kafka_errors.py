"""Say in our errors what librdkafka says in codes.

librdkafka reports many things only through a callback (a refused password, a failed TLS handshake) while the
call that suffers merely times out. ``ErrorLog`` keeps those reports for the message of the error we raise.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from streamdialect.errors import SourceAuthError, SourceError, UndefinedObjectError

__all__ = ["ErrorLog", "NoRepeats", "is_missing_topic", "translation"]

_AUTH = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    }
)
_MISSING_TOPIC = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError.TOPIC_EXCEPTION,  # an impossible name
    }
)
_UNREACHABLE = frozenset(
    {
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._WAIT_COORD,
    }
)
_CAUSES = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError._SSL,
        KafkaError._RESOLVE,
        KafkaError._TRANSPORT,
        KafkaError._BAD_MSG,  # an answer larger than receive.message.max.bytes
    }
)
_FRESH = 30.0  # seconds for which a reported cause explains a failure
_QUIET = 60.0  # seconds between two equal lines of the log
# What differs between two reports of the same trouble: the client's number, and "(after 3ms in state CONNECT)".
_VARYING = re.compile(r"#(?:consumer|producer)-\d+| \(after \d+ms in state .*")


class NoRepeats(logging.Filter):
    """Let a line of the log pass once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line is not the repetition of one of the last minute."""
        text, now = _VARYING.sub("", record.getMessage()), time.monotonic()
        if now - self._passed.get(text, -_QUIET) < _QUIET:
            return False
        if len(self._passed) > 1000:
            self._passed.clear()
        self._passed[text] = now
        return True


class ErrorLog:
    """Collect what one client reports; pass it as that client's ``error_cb``. Thread-safe by the GIL."""

    def __init__(self) -> None:
        self.all_down = False
        self.refused: KafkaError | None = None  # an authentication failure nobody was told yet
        self._cause: tuple[float, KafkaError] | None = None

    def __call__(self, error: KafkaError) -> None:
        """Take a report, as librdkafka's ``error_cb``."""
        code = error.code()
        if code == KafkaError._ALL_BROKERS_DOWN:
            self.all_down = True
        elif code in _CAUSES:
            self._cause = (time.monotonic(), error)
        if code in _AUTH:
            self.refused = error

    def cause(self, since: float | None = None) -> KafkaError | None:
        """Give the latest report that can explain a connection that fails now, or has since a time.monotonic()."""
        since = time.monotonic() - _FRESH if since is None else since
        return self._cause[1] if self._cause is not None and self._cause[0] > since else None


def is_missing_topic(error: KafkaError) -> bool:
    """Tell whether an error means that the topic or partition does not exist."""
    return error.code() in _MISSING_TOPIC


def is_auth(error: KafkaError) -> bool:
    """Tell whether an error means that the brokers refuse us."""
    return error.code() in _AUTH


def translation(
    error: KafkaError, doing: str, brokers: str, *, topic: str | None = None, log: ErrorLog | None = None
) -> Exception:
    """Turn librdkafka's error into ours; ``doing`` completes "while".

    With ``topic``, an unknown topic is UndefinedObjectError.
    """
    if is_missing_topic(error) and topic is not None:
        return UndefinedObjectError(f'stream "{topic}" does not exist')
    cause = log.cause() if log is not None and error.code() in _UNREACHABLE else None
    if is_auth(error) or (cause is not None and is_auth(cause)):
        if log is not None:
            log.refused = None
        return SourceAuthError(
            f"Kafka at {brokers} refused the credentials while {doing}: {(cause or error).str()}"
        )
    if error.code() in _UNREACHABLE or error.code() == KafkaError._SSL:
        # Without the times, so that the next failure has the same text and is not told as another one.
        why = _VARYING.sub("", cause.str()) if cause is not None else f"no answer in time ({error.str()})"
        return SourceError(f"Kafka at {brokers} cannot be reached while {doing}: {why}")
    return SourceError(f"Kafka at {brokers} answered with an error while {doing}: {error.str()}")


@contextmanager
def translated(
    doing: str, brokers: str, *, topic: str | None = None, log: ErrorLog | None = None
) -> Iterator[None]:
    """Raise our errors for KafkaException inside the block."""
    try:
        yield
    except KafkaException as failure:
        error = failure.args[0]
        if not isinstance(error, KafkaError):
            raise SourceError(f"Kafka at {brokers} failed while {doing}: {error}") from failure
        raise translation(error, doing, brokers, topic=topic, log=log) from failure
