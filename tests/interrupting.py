"""Interrupt a connection's statement from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["interrupting"]


@contextmanager
def interrupting(interrupt: Callable[[], object]) -> Iterator[None]:
    """Call a function every tenth of a second while the block runs: what comes before a statement is for nothing."""
    done = threading.Event()

    def again() -> None:
        while not done.wait(0.1):
            interrupt()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
