"""Start a server process that cannot outlive this one, and wait until it answers.

Run as a script (``process.py COMMAND...``) it is the watcher: it runs the command and ends it when its
standard input closes, which happens however the starting process dies.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["free_ports", "running"]


def free_ports(count: int) -> list[int]:
    """Find TCP ports of the loopback interface that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    ready: Callable[[], bool],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server inside the block, its output in ``log``. Raise RuntimeError if it is not ready in time."""
    with log.open("wb") as out:
        watcher = subprocess.Popen(
            [sys.executable, __file__, *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # Ctrl-C and timeout(1) end a whole group; the watcher is to see the end
        )
    try:
        deadline = time.monotonic() + timeout
        while not ready():
            if watcher.poll() is not None or time.monotonic() > deadline:
                end = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{command[0]} did not start:\n{end}")
            time.sleep(0.05)
        yield watcher
    finally:
        assert watcher.stdin is not None
        watcher.stdin.close()
        try:
            watcher.wait(20)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()


def _watch(command: Sequence[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end() -> None:
        sys.stdin.buffer.read()
        # What it holds is thrown away; asking kindly takes seconds. Its children are in its process group.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    threading.Thread(target=end, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(_watch(sys.argv[1:]))
