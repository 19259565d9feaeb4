"""Lines of the log with fields, and no flood of them.

Every logger's name begins with ``streamdialect.``. Fields are attributes of the log record (``extra`` of Python's
logging), under names that stay the same: docs/how-to/observability.md lists them. What is in a record or a parameter is
never logged.
"""

from __future__ import annotations

import logging
import time

__all__ = ["Log"]

# Of one message, whatever is put into it, so many lines pass in so many seconds.
_LINES = 10
_SECONDS = 60.0


class Log:
    """Write lines about one thing, a view or a file: ``fields`` are on each of them.

    A message that comes too often is left out; the next line of it says in the field ``suppressed`` how often that
    was. From any thread.
    """

    def __init__(self, name: str, **fields: object) -> None:
        self._logger = logging.getLogger(name)
        self._fields = fields
        self._counts: dict[str, tuple[float, int]] = {}  # message: since when, and how often

    def info(self, message: str, *args: object, **fields: object) -> None:
        """Tell of what is normal and rare."""
        self._write(logging.INFO, message, args, fields)

    def warning(self, message: str, *args: object, **fields: object) -> None:
        """Tell of what somebody may have to look at; it is tried again."""
        self._write(logging.WARNING, message, args, fields)

    def error(
        self, message: str, *args: object, exc_info: BaseException | None = None, **fields: object
    ) -> None:
        """Tell of what somebody has to do something about."""
        self._write(logging.ERROR, message, args, fields, exc_info)

    def _write(
        self,
        level: int,
        message: str,
        args: tuple[object, ...],
        fields: dict[str, object],
        exc_info: BaseException | None = None,
    ) -> None:
        if not self._logger.isEnabledFor(level):
            return
        now = time.monotonic()
        since, count = self._counts.get(message, (now, 0))
        suppressed = 0
        if now - since > _SECONDS:
            since, count, suppressed = now, 0, max(0, count - _LINES)
        self._counts[message] = (since, count + 1)
        if count >= _LINES:
            return
        if suppressed:
            message, args = f"{message} (%d more such lines were left out)", (*args, suppressed)
            fields = {**fields, "suppressed": suppressed}
        self._logger.log(
            level, message, *args, exc_info=exc_info, extra={**self._fields, **fields}, stacklevel=3
        )
