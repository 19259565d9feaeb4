"""What a test puts into a stream, as bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["POISON", "encoded"]

# Neither UTF-8 nor JSON: no view that reads text or SUPER can take it.
POISON = b'\xff\xfe{"truncated": '


def encoded(records: Sequence[Any]) -> list[bytes | None]:
    """Give the payloads: bytes and None as they are, text as UTF-8, anything else as JSON.

    Raise TypeError for a single record, and for what JSON cannot hold.
    """
    if isinstance(records, str | bytes | bytearray | dict) or not isinstance(records, Sequence):
        raise TypeError(
            f"records are given as a list, not as one {type(records).__name__}: put(stream, [...])"
        )
    return [_payload(record) for record in records]


def _payload(record: Any) -> bytes | None:
    if record is None or isinstance(record, bytes):
        return record
    if isinstance(record, str):
        return record.encode()
    try:
        return json.dumps(record).encode()
    except TypeError as error:
        raise TypeError(f"{error}, in the record {record!r}: give JSON's types, text or bytes") from None
