"""Superset itself: set up from nothing, then served by two processes that share its metadata."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.process import free_ports, running
from tests.superset.client import Client
from tests.superset.stream import eventually

__all__ = ["Site", "superset_site"]

BIN = Path(sys.executable).parent
USERNAME = "admin"

# The first has the worker class that Superset's time limit of SQL Lab works in; the second answers many at once.
WORKERS: Sequence[Sequence[str]] = (
    ("--worker-class", "sync", "--workers", "1"),
    ("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
)


@dataclass(frozen=True)
class Site:
    """Be a running Superset: two processes, one after the other in ``urls``."""

    folder: Path
    urls: Sequence[str]
    username: str
    password: str

    def client(self, process: int = 0) -> Client:
        """Log in at a process."""
        return Client(self.urls[process]).login(self.username, self.password)

    def log(self, process: int) -> str:
        """Read what a process has logged so far."""
        return (self.folder / f"web-{process}.log").read_text(errors="replace")


@contextmanager
def superset_site(folder: Path, environment: Mapping[str, str]) -> Iterator[Site]:
    """Set up Superset in an empty folder and run it; ``environment`` is added to that of its processes."""
    password = secrets.token_urlsafe(12)
    settings = {
        "SUPERSET_SECRET_KEY": secrets.token_urlsafe(42),
        "SUPERSET_CONFIG_PATH": str(Path(__file__).with_name("superset_config.py")),
        "SUPERSET_HOME": str(folder),
        # What Superset's dependencies warn of is not for this test; pytest's own filter is not inherited.
        "PYTHONWARNINGS": "ignore",
        **environment,
    }
    set_up(folder, password, settings)
    with serve(folder, password, settings) as site:
        yield site


def set_up(folder: Path, password: str, settings: Mapping[str, str]) -> None:
    """Make the metadata database with an administrator, by Superset's own commands."""
    account = ("--username", USERNAME, "--firstname", "A", "--lastname", "B", "--email", "a@example.org")
    commands = (["db", "upgrade"], ["fab", "create-admin", *account, "--password", password], ["init"])
    for number, command in enumerate(commands):
        log = folder / f"setup-{number}.log"
        with log.open("wb") as out:
            done = subprocess.run(
                [BIN / "superset", *command],
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=600,
            )
        if done.returncode:
            raise RuntimeError(f"superset {command[0]} failed:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def serve(folder: Path, password: str, settings: Mapping[str, str]) -> Iterator[Site]:
    """Run the two processes; they start at the same time."""
    ports = free_ports(len(WORKERS))
    site = Site(folder, [f"http://127.0.0.1:{port}" for port in ports], USERNAME, password)
    with ExitStack() as stack:
        for number, (port, workers) in enumerate(zip(ports, WORKERS, strict=True)):
            command = [BIN / "gunicorn", "--bind", f"127.0.0.1:{port}", "--timeout", "120", *workers]
            stack.enter_context(
                running(
                    [*map(str, command), "superset.app:create_app()"],
                    folder / f"web-{number}.log",
                    ready=lambda: True,
                    env=settings,
                )
            )
        for number in range(len(WORKERS)):
            eventually(
                lambda url=site.urls[number]: _healthy(url), f"healthy: {site.log(number)[-4000:]}", 300
            )
        yield site


def _healthy(url: str) -> bool:
    try:
        with urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, URLError, HTTPException):
        return False
