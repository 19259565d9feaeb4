"""Records that must not reach SQLite: too large, or text is read from them that is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["MAX_RECORD_BYTES", "Suspect", "half_character", "storable", "unreadable"]

# Redshift's limit for a record of either source (materialized-view-streaming-ingestion).
MAX_RECORD_BYTES = 16_777_216

# Escapes that may be half of a character (a surrogate without its partner), and escaped backslashes before
# the same, which hide what follows them or make JSON inside JSON. Complete pairs, which every serializer
# that writes ASCII has, are passed over: the exact check costs a parse of the record.
_SUSPECT = re.compile(
    rb"\\(?:\\u[dD]|u005[cC]|u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F]))"
)
# Each match has one of these, and looking for them is cheaper.
_SUSPECT_HINTS = (b"\\ud", b"\\uD", b"\\u005")


class Suspect(NamedTuple):
    """Name a record that must not reach SQLite: its number, the kind of error, why, and the column read as text."""

    number: int
    kind: str
    reason: str
    column: str | None = None


def unreadable(
    columns: Mapping[str, Sequence[Any]],
    value: str,
    text_columns: Sequence[str],
    size: int,
    *,
    json_read: bool,
) -> list[Suspect]:
    """Find the records of a batch that must not reach SQLite, in their order.

    ``value`` names the column of payloads, ``size`` their bytes, ``text_columns`` what is read as text, and
    ``json_read`` says whether some of it is read as JSON.
    """
    found: dict[int, Suspect] = {}
    if size > MAX_RECORD_BYTES:
        for number, payload in enumerate(columns[value]):
            if payload is not None and len(payload) > MAX_RECORD_BYTES:
                reason = f"record of {len(payload)} bytes exceeds {MAX_RECORD_BYTES}"
                found[number] = Suspect(number, "size", reason)
    for name in text_columns:
        values = columns[name]
        # A line feed ends any truncated sequence, so this is the check of each value.
        joined = b"\n".join([value for value in values if value is not None])
        try:
            joined.decode()
        except UnicodeDecodeError:
            for number, value_ in enumerate(values):
                try:
                    (value_ or b"").decode()
                except UnicodeDecodeError as error:
                    reason = f"invalid byte sequence for encoding UTF8 in {name}: byte {error.start}"
                    found.setdefault(number, Suspect(number, "encoding", reason, name))
        # One character is looked for at the speed of memory, which longer ones are not.
        if b"\\" in joined and any(hint in joined for hint in _SUSPECT_HINTS) and _SUSPECT.search(joined):
            for number, value_ in enumerate(values):
                if value_ and _SUSPECT.search(value_) and half_character(value_.decode("utf-8", "replace")):
                    reason = f"invalid text in {name}: an escaped surrogate is half a character"
                    found.setdefault(number, Suspect(number, "encoding", reason, name))
        if json_read and b"\0" in joined:
            for number, value_ in enumerate(values):
                if value_ and b"\0" in value_ and _hides(value_):
                    reason = f"invalid text in {name}: a NUL after a whole JSON document"
                    found.setdefault(number, Suspect(number, "encoding", reason, name))
    return [found[number] for number in sorted(found)]


def _hides(text: bytes) -> bool:
    """Tell whether SQLite's JSON functions take what is before a NUL for the whole: they stop there."""
    try:
        json.loads(text.partition(b"\0")[0].decode("utf-8", "replace"), strict=False, parse_int=str)
    except ValueError:
        return False  # as it is for SQLite
    except RecursionError:
        return True
    return True


def half_character(text: str) -> bool:
    """Tell whether a JSON document has a string that cannot be written as UTF-8.

    SQLite decodes such escapes to invalid UTF-8: the row would be stored, and no client could read it.
    Strings that hold JSON themselves are examined too, because the view may read them.
    """
    if "\\u" not in text:
        return False
    try:
        # Pairs instead of a dict: SQLite reads the first of equal names, a dict keeps the last.
        values = [json.loads(text, strict=False, parse_int=str, object_pairs_hook=list)]
    except ValueError:
        return False  # not JSON: nothing decodes its escapes
    except RecursionError:
        return True
    while values:
        value = values.pop()
        if isinstance(value, list | tuple):
            values.extend(value)
        elif isinstance(value, str) and (storable(value) != value or half_character(value)):
            return True
    return False


def storable(text: str) -> str:
    """Write what UTF-8 does not have as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
