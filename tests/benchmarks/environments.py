"""Environments for the peers, made when they are first wanted, each with pinned versions of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

__all__ = ["REQUIREMENTS", "NotInstallableError", "default_folder", "python_of", "with_bytecode"]

# Newest versions of autumn 2026. The hand-written loop has the client library that streamdialect has here.
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "hand": (f"confluent-kafka=={version('confluent-kafka')}", "orjson==3.13.0"),
    "bytewax": ("bytewax==0.21.1", "confluent-kafka==2.16.1", "orjson==3.13.0"),
    "pathway": ("pathway==0.33.0",),
    "quix": ("quixstreams==3.28.1",),
}
_INSTALL_SECONDS = 900


class NotInstallableError(Exception):
    """Say why an environment cannot be had here."""


def default_folder() -> Path:
    """Name the folder for environments that no option names."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "streamdialect-benchmarks")


def with_bytecode() -> dict[str, str]:
    """Give an environment whose processes find bytecode, as those of an installed package do."""
    environment = dict(os.environ, PYTHONPYCACHEPREFIX=str(default_folder() / "bytecode"))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def python_of(name: str, folder: Path) -> str:
    """Give the interpreter of an environment, which is made if need be. Raise NotInstallableError."""
    wanted = "\n".join((f"# Python {sys.version_info.major}.{sys.version_info.minor}", *REQUIREMENTS[name]))
    home = folder / name
    python, note = home / "bin" / "python", home / "requirements.txt"
    if note.is_file() and note.read_text() == wanted:
        return str(python)
    print(f"installing {' '.join(REQUIREMENTS[name])} into {home}", file=sys.stderr, flush=True)
    try:
        venv.create(home, clear=True, with_pip=True)
        _install(python, REQUIREMENTS[name])
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "output", None) or str(error)
        raise NotInstallableError(f"{REQUIREMENTS[name][0]}: {said.strip().splitlines()[-1]}") from error
    note.write_text(wanted)
    return str(python)


def _install(python: Path, requirements: Sequence[str]) -> None:
    # Wheels only: what must be built first is not what its users run.
    command = [str(python), "-m", "pip", "install", "--quiet", "--only-binary=:all:", *requirements]
    subprocess.run(
        command,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_INSTALL_SECONDS,
    )
