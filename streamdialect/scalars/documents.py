"""JSON documents: errors about them, what JSON_PARSE refuses or repairs, what lies in them."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, shown
from streamdialect.scalars.texts import strict_text
from streamdialect.types import VARCHAR_MAX

__all__ = ["REMEMBERED_LENGTH", "SCALARS", "Number", "from_json", "json_fits", "read_json", "write_json"]


# Longer texts are not kept for the next call.
REMEMBERED_LENGTH = 4096


class Number(str):
    """Be a number of a document, its digits as they are written there."""

    __slots__ = ()

    @property
    def is_float(self) -> bool:
        """Tell whether it is floating point: SUPER writes such numbers with an exponent (``r_is_float``)."""
        return "e" in self or "E" in self


class _Duplicate(ValueError):
    pass


def read_json(text: str) -> Any:
    """Read a document; numbers become ``Number``."""
    return json.loads(text, parse_int=Number, parse_float=Number)


def write_json(value: Any) -> str:
    """Write a document as SUPER is stored: compact, with no escape that JSON does not demand."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ",".join(map(write_json, value)) + "]"
    return "{" + ",".join(f"{encode_basestring(k)}:{write_json(v)}" for k, v in value.items()) + "}"


# --- JSON_PARSE -----------------------------------------------------------------------------------


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Duplicate(f'duplicate attribute "{shown(name)}"')
            seen.add(name)
    return found


# As it is written: a number is text too.
_TEXTS = json.JSONDecoder(parse_int=str, parse_float=str)
_STRICT = json.JSONDecoder(object_pairs_hook=_distinct)


def _is_unique(text: str) -> bool:
    if "\\" not in text:
        parts = text.split('"')
        strings = parts[1::2]
        # If no two strings are equal, no two attributes of an object are.
        if len(set(strings)) == len(strings):
            return True
        if "[" not in text:
            names = [s for s, after in zip(strings, parts[2::2], strict=False) if after.lstrip()[:1] == ":"]
            if len(set(names)) == len(names):
                return True
    try:
        _STRICT.decode(text)
    except _Duplicate:
        return False
    return True


def _strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _is_short(text: str) -> bool:
    """Tell whether no string value is longer than a VARCHAR may be (``super-configurations``)."""
    if len(text) <= VARCHAR_MAX // 4 or len(text.encode("utf-8", "replace")) <= VARCHAR_MAX:
        return True
    return all(len(s.encode("utf-8", "replace")) <= VARCHAR_MAX for s in _strings(json.loads(text)))


def _fits(text: str) -> int:
    return int(_is_unique(text) and _is_short(text))


_remembered = lru_cache(256)(_fits)


def json_fits(text: Any) -> int | None:
    """Tell whether strict JSON has neither a duplicate attribute in an object nor a string that is too long."""
    if text is None:
        return None
    return _remembered(text) if len(text) <= REMEMBERED_LENGTH else _fits(text)


def json_able(text: Any, dedup: int, truncate: int) -> int | None:
    """Tell whether ``json_repair`` would read strict JSON."""
    if text is None:
        return None
    return int((dedup or _is_unique(text)) and (truncate or _is_short(text)))


def json_repair(text: Any, dedup: int, truncate: int) -> str | None:
    """Read strict JSON as SUPER: keep the last of duplicate attributes, cut strings, where that is allowed."""
    if text is None:
        return None
    if not dedup and not _is_unique(text):
        json_error(text, "json_parse")
    value = read_json(text)
    if not _is_short(text):
        if not truncate:
            json_error(text, "json_parse")
        value = _cut(value)
    written = write_json(value)
    try:
        written.encode()
    except UnicodeEncodeError:
        raise DataError("JSON parsing error: half of a surrogate pair is no character") from None
    return written


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, str) and not isinstance(value, Number):
        return value.encode()[:VARCHAR_MAX].decode("utf-8", "ignore")
    return value


def json_error(text: Any, function: str) -> None:
    """Raise Redshift's error for text that is not the JSON it should be, unless it is NULL."""
    if text is None:
        return
    document = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    hint: str | None = "Guard the expression with CAN_JSON_PARSE."
    try:
        value = _LENIENT.decode(document)
        reason = "not strict JSON, or nested deeper than 1,000 levels"
        if function == "json_parse":
            _STRICT.decode(document)
            longest = max((len(s.encode("utf-8", "replace")) for s in _strings(value)), default=0)
            if longest > VARCHAR_MAX:
                reason = f"a string of {longest} bytes; the limit is {VARCHAR_MAX}"
                hint = "SET json_parse_truncate_strings TO on cuts such strings."
        elif function in ("json_array_length", "json_extract_array_element_text"):
            reason = "not an array"
    except _Duplicate as error:
        reason, hint = str(error), "SET json_parse_dedup_attributes TO on keeps the last one."
    except RecursionError:
        reason = "nested deeper than 1,000 levels"
    except ValueError as error:
        reason = str(error)
    kind = "json array object" if "array" in function else "json object"
    raise DataError(
        f"JSON parsing error\nDETAIL:  code: 8001; context: invalid {kind} {shown(document)}; "
        f"query: {function}; {reason}",
        hint=hint,
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_LENIENT = json.JSONDecoder(parse_constant=_no_constant)


# --- what lies in a document ----------------------------------------------------------------------


def from_json(text: Any) -> Any:
    """Give the scalar in a JSON text; numbers keep their digits as text, JSON null is NULL."""
    if text is None:
        return None
    value = _TEXTS.decode(text) if text[:1] == '"' else text
    return None if text == "null" else value


_INDEX = re.compile(r"(0|[1-9]\d{0,17})\Z", re.A)


def json_path(document: Any, *keys: Any) -> str | None:
    """Write the path that JSON_EXTRACT_PATH_TEXT's keys take through strict JSON; NULL for a NULL key.

    A key that is a number means an element where it meets an array.
    """
    if document is None or None in keys:
        return None
    path, value = "$", json.loads(document)
    for key in map(str, keys):
        if isinstance(value, list) and _INDEX.match(key):
            path += f"[{key}]"
            value = value[int(key)] if int(key) < len(value) else None
        else:
            path += "." + json.dumps(key, ensure_ascii=False)
            value = value.get(key) if isinstance(value, dict) else None
    return path


def _split_to_array(text: str, delimiter: str = ",") -> str:
    return write_json(text.split(delimiter))


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_json_error", 2, json_error, deterministic=False),
    Scalar("streamdialect_json_fits", 1, json_fits, deterministic=False),
    Scalar("streamdialect_json_able", 3, json_able, deterministic=False),
    Scalar("streamdialect_json_repair", 3, json_repair, deterministic=False),
    Scalar("streamdialect_json_path", -1, json_path, deterministic=False),
    Scalar("streamdialect_split_to_array", -1, strict_text(_split_to_array)),
)
