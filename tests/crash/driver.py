"""The program that is killed: it opens the file, in which views with AUTO REFRESH are, and waits.

``start`` makes such a process from multiprocessing's fork server, which has imported everything and opened nothing:
no file, no socket, no thread. A child of it is what a new interpreter is after its imports, half a second of CPU
cheaper; ``fresh`` makes a new interpreter indeed, and a campaign does so for a share of its kills.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any

import boto3  # noqa: F401  # what the sources import on first use, so that the fork server has it
import confluent_kafka  # noqa: F401

import streamdialect
from streamdialect.ingest import registry  # noqa: F401
from tests.crash import steps

__all__ = ["Life", "start"]


@dataclass(frozen=True)
class Life:
    """Say how a driver lives: its file, its options, and where it dies by its own hand, if it does."""

    database: str
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    step: str | None = None
    number: int = 1
    signal: int = signal.SIGKILL
    statement: int | None = None  # die before this one of those that ``script`` executes
    script: tuple[str, ...] = ()


def drive(life: Life, pipe: Pipe | None) -> None:
    """Be the driver."""
    os.environ.update(life.environment)
    if life.log is not None:
        line = logging.Formatter(f"%(asctime)s {os.getpid()} %(message)s")
        handler = logging.FileHandler(life.log)
        handler.setFormatter(line)
        logging.getLogger("streamdialect").addHandler(handler)
        logging.getLogger("streamdialect").setLevel(logging.INFO)
    steps.checkpoint_often()
    if life.step is not None:
        steps.install(life.step, life.number, life.signal)
    begun = [] if life.statement is None else steps.statements(life.statement)
    connection = streamdialect.connect(life.database, autocommit=True, **life.options)
    for statement in life.script:
        connection.execute(statement)
    if pipe is not None:
        pipe.send(len(begun))
        pipe.close()
    if life.script:
        connection.close()
        return
    parent = os.getppid()
    while os.getppid() == parent:  # a campaign that is killed leaves no driver behind
        time.sleep(1)


_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(["tests.crash.driver"])
_spawned = multiprocessing.get_context("spawn")


def start(life: Life, *, fresh: bool = False, ready: bool = True) -> tuple[BaseProcess, Callable[[], Any]]:
    """Start a driver; give the process and a function that waits until it is open, and its script is done.

    That function raises EOFError if the driver dies before. With ``ready`` false it is None's.
    """
    context: Any = _spawned if fresh else _forked
    here, there = context.Pipe(duplex=False) if ready else (None, None)
    process = context.Process(target=drive, args=(life, there), daemon=True)
    process.start()
    if there is not None:
        there.close()
    return process, (lambda: None) if here is None else here.recv
