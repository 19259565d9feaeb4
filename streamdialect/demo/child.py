"""Run a module as a program that ends with its parent: ``child.py MODULE ARGUMENT...``.

Its standard input is a pipe of the parent's, whose side the system closes however the parent ends.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Run the module that the first argument names, with the others as its own."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    # Not sys.stdin, whose lock a thread that waits in it would keep until after the interpreter's end.
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
