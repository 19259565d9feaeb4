"""Whether a file that is open still lies at its path: files may be removed or replaced while they are open."""

from __future__ import annotations

import os

__all__ = ["Place", "same_file"]


def same_file(descriptor: int, path: str) -> bool:
    """Tell whether an open file is the one at a path."""
    try:
        there = os.stat(path)
    except OSError:
        return False
    here = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


class Place:
    """Remember which file lies at a path; made right after the file was opened."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = self._look()

    def _look(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def trouble(self) -> str | None:
        """Say what happened to the file since, or None. Takes a microsecond or two."""
        found = self._look()
        if found == self._file:
            return None
        what = "removed or renamed" if found is None else "replaced by another file"
        return f"the database file {self.path} was {what} while it was open"
