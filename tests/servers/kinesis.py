"""Servers that speak the Kinesis API."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.process import free_ports, running

__all__ = ["AwsServer", "find_kinesis_local", "kinesis_local", "moto_kinesis", "moto_process"]

REGION = "us-east-1"


@dataclass(frozen=True)
class AwsServer:
    """Be an endpoint; ``environment`` makes boto3 use it for everything."""

    url: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Give the environment variables by which boto3 finds this server, and no one else's credentials."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, **options: Any) -> Any:
        """Make a plain boto3 client of this server."""
        import boto3

        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        return session.client(service, endpoint_url=self.url, **options)  # type: ignore[call-overload]


@contextmanager
def moto_kinesis() -> Iterator[AwsServer]:
    """Run moto's server (Kinesis, STS, Secrets Manager, ACM, MSK, ...) in this process, empty at first."""
    from moto.moto_api._internal import moto_api_backend
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto_api_backend.reset()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield AwsServer(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def moto_process() -> Iterator[AwsServer]:
    """Run moto's server in a process of its own, so that a test's load does not share its interpreter."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            with urlopen(f"{url}/moto-api/", timeout=1):
                return True
        except (OSError, URLError, HTTPException):
            return False

    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with tempfile.TemporaryDirectory(prefix="moto-") as folder, running(command, Path(folder, "log"), ready):
        yield AwsServer(url)


def find_kinesis_local() -> str | None:
    """Say where kinesis-local's script is, or None."""
    folder = os.environ.get("STREAMDIALECT_NPM")
    script = Path(folder or "", "node_modules", "kinesis-local", "main.js")
    return str(script) if folder and script.is_file() and shutil.which("node") else None


@contextmanager
def kinesis_local() -> Iterator[AwsServer]:
    """Run npm's kinesis-local (kinesis-mock) from the npm prefix in STREAMDIALECT_NPM; state starts empty."""
    script = find_kinesis_local()
    if script is None:
        raise RuntimeError("kinesis-local needs node and STREAMDIALECT_NPM (python -m tests.servers.install)")
    plain, tls = free_ports(2)
    url = f"http://127.0.0.1:{plain}"
    steps = ("CREATE_STREAM", "DELETE_STREAM", "MERGE_SHARDS", "SPLIT_SHARD", "UPDATE_SHARD_COUNT")
    env = {
        "KINESIS_MOCK_PLAIN_PORT": str(plain),
        "KINESIS_MOCK_TLS_PORT": str(tls),
        "LOG_LEVEL": "ERROR",
        "SHARD_LIMIT": "10000",
        **{f"{step}_DURATION": "10ms" for step in steps},
    }

    def ready() -> bool:
        try:
            with urlopen(f"{url}/healthcheck", timeout=1) as answer:
                return bool(answer.status == 200)
        except (OSError, URLError, HTTPException):
            return False

    with (
        tempfile.TemporaryDirectory(prefix="kinesis-local-") as folder,
        running(["node", script], Path(folder, "log"), ready, cwd=Path(script).parent, env=env),
    ):
        yield AwsServer(url)
