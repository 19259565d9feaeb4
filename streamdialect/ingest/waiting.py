"""Long work that can be interrupted: it runs in a thread of its own, and whoever wants its result waits here."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Work"]

_LOOK = 0.1  # seconds between two looks whether somebody interrupts
# How long work that is interrupted may take to end. What waits for the network longer ends by itself, unheard.
_END = 1.0


class Work:
    """Run a function in a thread; the function looks at ``stopped`` between its steps."""

    def __init__(self, name: str, function: Callable[[], None]) -> None:
        self.stopped = threading.Event()
        self._function = function
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()

    def wait(self, look: Callable[[], object], stop: Callable[[], object]) -> None:
        """Start, and wait for the end; raise what the function raises.

        ``look`` is called ten times a second in the caller's thread. When it raises, or a signal's handler
        does (KeyboardInterrupt), ``stop`` is called, and the exception leaves about a second later at most.
        """
        self._thread.start()
        try:
            while not self._done.wait(_LOOK):
                look()
        except BaseException:
            self.stopped.set()
            stop()
            self._done.wait(_END)
            raise
        if self._error is not None:
            raise self._error
