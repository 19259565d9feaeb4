"""What ``connect`` and a URL's query accept: one validated object, the same names in both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, SecretStr, ValidationError, field_validator

from streamdialect.errors import InterfaceError, OperationalError
from streamdialect.model import RESERVED_SCHEMAS, Model, OnError, SourceOptions

__all__ = ["ConnectOptions", "read_options"]

# How a URL spells one librdkafka property: kafka.security.protocol=SSL
KAFKA_PREFIX = "kafka."


class ConnectOptions(Model):
    """Validate the options of a connection; docs/reference/url.md describes each.

    ``timeout`` and ``refresh_timeout`` are in seconds, ``kinesis_reads`` are calls a second and shard.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["rwc", "rw", "ro"] = "rwc"
    ingest: Literal["auto", "manual", "off"] = "auto"
    compat: Literal["redshift"] | None = None
    on_error: OnError | None = None
    autocommit: bool = False
    timeout: float = Field(default=5.0, ge=0, le=86_400)
    refresh_timeout: float = Field(default=60.0, gt=0)
    credentials: Literal["role", "ambient"] = "role"
    kafka: Mapping[str, SecretStr] = Field(default_factory=dict)
    kafka_config: str | None = None
    kinesis_reads: float = Field(default=5.0, gt=0, le=10_000)
    attach: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("attach", mode="before")
    @classmethod
    def _attached(cls, value: object) -> dict[str, str]:
        """Check the names and paths of further files; names are folded to lower case, as all names of schemas."""
        if not isinstance(value, Mapping):
            raise ValueError(
                "it is a mapping of schemas to files, for streamdialect.connect; a URL cannot have it"
            )
        found: dict[str, str] = {}
        for written, path in value.items():
            name = str(written).lower()
            if name in RESERVED_SCHEMAS:
                raise ValueError(f'"{name}" is a name of a schema that every connection has')
            if name in found or not name or "\0" in name:
                raise ValueError(f'"{name}" cannot be the name of another schema')
            if not isinstance(path, str | os.PathLike) or os.fspath(path) in ("", b"", ":memory:"):
                raise ValueError(f'the file of "{name}" must be a path')
            found[name] = os.fsdecode(path)
        return found

    @property
    def consumes(self) -> bool:
        """Tell whether this connection may start consumers."""
        return self.ingest == "auto" and self.mode != "ro"

    def source_options(self) -> SourceOptions:
        """Give what sources need; reads the ``kafka_config`` file, or raises OperationalError."""
        properties = dict(_properties(self.kafka_config)) if self.kafka_config else {}
        return SourceOptions(
            credentials=self.credentials,
            kafka={**properties, **self.kafka},
            kinesis_reads=self.kinesis_reads,
        )


def read_options(values: Mapping[str, Any]) -> ConnectOptions:
    """Validate options given as keywords or as text from a URL; raise InterfaceError naming the wrong one."""
    options: dict[str, Any] = {}
    given = values.get("kafka") or {}
    if not isinstance(given, Mapping):
        raise InterfaceError(
            'option "kafka": it is a mapping of librdkafka\'s properties',
            hint="In a URL each is kafka.NAME=VALUE.",
        )
    kafka: dict[str, Any] = dict(given)
    for name, value in values.items():
        if name.startswith(KAFKA_PREFIX):
            kafka[name.removeprefix(KAFKA_PREFIX)] = value
        elif name != "kafka":
            options[name] = value
    try:
        return ConnectOptions(
            **options, kafka={str(name): SecretStr(str(value)) for name, value in kafka.items()}
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(ConnectOptions.model_fields))
            raise InterfaceError(f'unknown option "{name}"', hint=f"Options are: {known}.") from None
        reason = first["msg"].removeprefix("Value error, ")
        raise InterfaceError(f'option "{name}": {reason}') from None


def _properties(path: str) -> list[tuple[str, SecretStr]]:
    """Read a file of ``name=value`` lines, as Kafka's own tools and librdkafka's examples write them."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise OperationalError(f"cannot read kafka_config {path}: {error.strerror}") from error
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return [(name.strip(), SecretStr(value.strip())) for name, _, value in pairs]
