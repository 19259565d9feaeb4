"""What ``connect`` and a URL's query accept: one checked value, the same names in both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from streamdialect.errors import InterfaceError, OperationalError
from streamdialect.model import RESERVED_SCHEMAS, Model, OnError, Secret, SourceOptions

__all__ = ["ConnectOptions", "checked", "read_options"]

# How a URL spells one librdkafka property: kafka.security.protocol=SSL
KAFKA_PREFIX = "kafka."


class ConnectOptions(Model, frozen=True, kw_only=True):
    """Hold the options of a connection; docs/reference/url.md describes each.

    ``timeout`` and ``refresh_timeout`` are in seconds, ``kinesis_reads`` are calls a second and shard.
    """

    mode: Literal["rwc", "rw", "ro"] = "rwc"
    ingest: Literal["auto", "manual", "off"] = "auto"
    compat: Literal["redshift"] | None = None
    on_error: OnError | None = None
    autocommit: bool = False
    timeout: Annotated[float, Meta(ge=0, le=86_400)] = 5.0
    refresh_timeout: Annotated[float, Meta(gt=0)] = 60.0
    credentials: Literal["role", "ambient"] = "role"
    kafka: Mapping[str, Secret] = {}
    kafka_config: str | None = None
    kinesis_reads: Annotated[float, Meta(gt=0, le=10_000)] = 5.0
    attach: Mapping[str, str] = {}

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
    for name, value in options.items():
        if name not in ConnectOptions.__struct_fields__:
            known = ", ".join(sorted(ConnectOptions.__struct_fields__))
            raise InterfaceError(f'unknown option "{name}"', hint=f"Options are: {known}.")
        try:
            options[name] = _attached(value) if name == "attach" else checked(ConnectOptions, name, value)
        except ValueError as error:
            raise InterfaceError(f'option "{name}": {error}') from None
    return ConnectOptions(**options, kafka={str(name): Secret(str(value)) for name, value in kafka.items()})


def checked(kind: type[Model], field: str, value: object) -> Any:
    """Take a value, which may be text, as one of a class's field; raise ValueError that says what it has to be."""
    annotation = _annotations(kind)[field]
    alternatives = (annotation, *get_args(annotation))
    if value is None and type(None) in alternatives:
        return None
    words = [word for each in alternatives if get_origin(each) is Literal for word in get_args(each)]
    if words:
        if value not in words:  # nor is the word null None
            raise ValueError(f"it is one of {', '.join(words)}")
        return value
    if type(value) is not bool and isinstance(value, Real):  # such as numpy's
        value = int(value) if isinstance(value, Integral) else float(value)
    try:
        return msgspec.convert(value, annotation, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("got `str`", f"got {value!r}")) from None


@cache
def _annotations(kind: type[Model]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _attached(value: object) -> dict[str, str]:
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


def _properties(path: str) -> list[tuple[str, Secret]]:
    """Read a file of ``name=value`` lines, as Kafka's own tools and librdkafka's examples write them."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise OperationalError(f"cannot read kafka_config {path}: {error.strerror}") from error
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return [(name.strip(), Secret(value.strip())) for name, _, value in pairs]
