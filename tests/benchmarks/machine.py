"""Describe the machine that figures are of."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import apsw
import confluent_kafka

__all__ = ["describe"]


def describe() -> dict[str, str]:
    """Name processor, memory, and the versions of what the figures depend on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    processors = len(os.sched_getaffinity(0))
    return {
        "processor": f"{processors} x {_processor()}",
        "memory": f"{pages / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": f"{apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()})",
        "librdkafka": f"{confluent_kafka.libversion()[0]} (confluent-kafka {version('confluent-kafka')})",
        "boto3": version("boto3"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
