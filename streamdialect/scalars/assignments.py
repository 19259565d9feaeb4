"""Values on their way into a column, where SQLite's own functions cannot decide: checks and conversions."""

from __future__ import annotations

from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar
from streamdialect.scalars.numbers import to_decimal

__all__ = ["SCALARS", "store_text"]


def store_text(value: Any, length: int, kind: str) -> str | None:
    """Give text that fits a column of ``length`` bytes: only blanks at the end may be too many."""
    if value is None:
        return None
    if isinstance(value, bytes):
        raise DataError(f"a value of type varbyte does not go into a column of type {kind}({length})")
    whole = str(value).encode("utf-8", "surrogatepass")
    if whole[length:].strip(b" "):
        raise DataError(f"value too long for type {kind}({length})")
    return whole[:length].decode("utf-8", "surrogatepass")


def store_decimal(value: Any, precision: int, scale: int) -> int | float | None:
    """Round a number or text to a DECIMAL column's scale."""
    try:
        return to_decimal(value, precision, scale)
    except DataError as error:
        if "overflow" not in str(error):
            raise
        raise DataError(
            f"numeric field overflow\nDETAIL:  The absolute value is greater than or equal to"
            f" 10^{precision - scale} for field with precision {precision}, scale {scale}."
        ) from None


def store_bytes(value: Any, length: int) -> bytes | None:
    """Give the bytes of a VARBYTE or of text, if they fit a column of ``length`` bytes."""
    if value is None:
        return None
    whole = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    if len(whole) > length:
        raise DataError(f"value too long for type varbyte({length})")
    return whole


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_store_text", 3, store_text, deterministic=False),
    Scalar("streamdialect_store_decimal", 3, store_decimal, deterministic=False),
    Scalar("streamdialect_store_bytes", 2, store_bytes, deterministic=False),
)
