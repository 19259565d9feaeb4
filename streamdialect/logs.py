"""Lines of the log with fields, and no flood of them.

Every logger's name begins with ``streamdialect.``. Fields are attributes of the log record (``extra`` of Python's
logging), under names that stay the same: docs/how-to/observability.md lists them. What is in a record or a parameter is
never logged.
"""

from __future__ import annotations

import logging
import re
import time

__all__ = ["Log"]

# Of lines that are alike but for numbers in them, and of all lines, so many pass in so many seconds.
_ALIKE = 10
_ALL = 100
_SECONDS = 60.0

# Numbers, positions and the ids of requests, which are hexadecimal. Looked for only where such characters begin: a long
# run of them without a digit would take the square of its length.
_NUMBER = re.compile(r"(?<![0-9a-fA-F-])[0-9a-fA-F-]*\d[0-9a-fA-F-]*")


class Log:
    """Write lines about one thing, a view or a file: ``fields`` are on each of them.

    A line that comes too often is left out; the next one like it says in the field ``suppressed`` how often that
    was. From any thread.
    """

    def __init__(self, name: str, **fields: object) -> None:
        self._logger = logging.getLogger(name)
        self._fields = fields
        self._since = time.monotonic()
        self._lines = 0
        self._counts: dict[str, tuple[int, int]] = {}  # lines of this minute that were written, and left out
        self._left_out: dict[str, int] = {}  # of the minute before

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
        if now - self._since > _SECONDS:
            self._left_out = {key: dropped for key, (_, dropped) in self._counts.items() if dropped}
            self._since, self._lines, self._counts = now, 0, {}
        key = _NUMBER.sub("#", message % args)
        written, dropped = self._counts.get(key, (0, 0))
        if self._lines >= _ALL or written >= _ALIKE:
            if written:  # of others not even a count is kept: there may be any number of them
                self._counts[key] = written, dropped + 1
            return
        self._counts[key] = written + 1, dropped
        self._lines += 1
        suppressed = self._left_out.pop(key, 0)
        if suppressed:
            message, args = f"{message} (%d more such lines were left out)", (*args, suppressed)
            fields = {**fields, "suppressed": suppressed}
        self._logger.log(
            level, message, *args, exc_info=exc_info, extra={**self._fields, **fields}, stacklevel=3
        )
