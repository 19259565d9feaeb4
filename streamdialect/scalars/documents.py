"""JSON documents: errors about them, what lies in them, comparison of SUPER values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, shown
from streamdialect.scalars.texts import strict_text

__all__ = ["SCALARS", "from_json"]


def json_error(text: Any, function: str) -> None:
    """Raise Redshift's error for text that is no JSON, unless it is NULL."""
    if text is None:
        return
    document = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    try:
        json.loads(document, parse_constant=_no_constant)
        reason = "not strict JSON"
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise DataError(
        f"JSON parsing error\nDETAIL:  code: 8001; context: invalid json object {shown(document)}; "
        f"query: {function}; {reason}",
        hint="Guard the expression with CAN_JSON_PARSE.",
    )


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def from_json(text: Any) -> Any:
    """Give the scalar in a JSON text; numbers keep their digits as text, JSON null is NULL."""
    if text is None:
        return None
    value = json.loads(text, parse_int=str, parse_float=str) if text[:1] == '"' else text
    return None if text == "null" else value


def _split_to_array(text: str, delimiter: str = ",") -> str:
    return json.dumps(text.split(delimiter), separators=(",", ":"), ensure_ascii=False)


def json_compare(left: Any, right: Any) -> int | None:
    """Compare two SUPER values: -1, 0 or 1; NULL if only equality could be asked of them.

    Objects and arrays are compared deeply, numbers by value; 2 means different types.
    """
    if left is None or right is None:
        return None
    try:
        a, b = (json.loads(value, parse_float=Decimal) for value in (left, right))
    except (ArithmeticError, RecursionError, ValueError):  # no JSON, or beyond what numbers hold
        return 2
    if isinstance(a, str) and isinstance(b, str):
        a, b = a.rstrip(" "), b.rstrip(" ")
    numbers = all(isinstance(value, (int, Decimal)) and not isinstance(value, bool) for value in (a, b))
    if not numbers and type(a) is not type(b):
        return 2
    if a == b:
        return 0
    if isinstance(a, (dict, list)):
        return 2
    return -1 if a < b else 1


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_json_error", 2, json_error, deterministic=False),
    Scalar("streamdialect_json_compare", 2, json_compare),
    Scalar("streamdialect_split_to_array", -1, strict_text(_split_to_array)),
)
