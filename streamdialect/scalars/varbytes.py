"""VARBYTE: text forms, bits, and the casts of integers. Source: ``r_VARBYTE_type``, ``r_VARBYTE_OPERATORS``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, attempt, shown

__all__ = ["SCALARS"]


def from_hex(text: str) -> bytes:
    """Read hexadecimal digits; an odd number of them gets a leading zero."""
    try:
        if not text.isascii() or any(character.isspace() for character in text):
            raise ValueError
        return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
    except ValueError:
        raise DataError(f'invalid hexadecimal text "{shown(text)}"') from None


def from_binary(text: str) -> bytes:
    """Read binary digits, eight to a byte."""
    if set(text) - {"0", "1"} or len(text) % 8:
        raise DataError(
            f'invalid binary text "{shown(text)}"', hint="It takes the digits 0 and 1, eight to each byte."
        )
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def to_binary(value: bytes) -> str:
    """Write binary digits, eight to a byte."""
    return "".join(format(byte, "08b") for byte in value)


def integer_bytes(number: int, width: int) -> bytes:
    """Write an integer in its own number of bytes, the largest first."""
    return number.to_bytes(width, "big", signed=True)


def bytes_integer(value: bytes, width: int) -> int:
    """Read an integer of exactly ``width`` bytes."""
    if len(value) != width:
        raise DataError(f"a VARBYTE value of {len(value)} bytes is no integer of {width} bytes")
    return int.from_bytes(value, "big", signed=True)


def getbit(value: bytes, index: int) -> int:
    """Give a bit, counted from the last one."""
    if not 0 <= index < 8 * len(value):
        raise DataError(f"GETBIT: index {index} is out of range 0 to {8 * len(value) - 1}")
    return value[-1 - index // 8] >> index % 8 & 1


def invert(value: bytes) -> bytes:
    """Negate every bit."""
    return bytes(byte ^ 0xFF for byte in value)


def combine(operator: str, left: bytes, right: bytes) -> bytes:
    """Combine the bits of two values of one length."""
    if len(left) != len(right):
        raise DataError(
            f"operator {operator} takes VARBYTE values of equal length, not {len(left)} and {len(right)} bytes"
        )
    if operator == "&":
        return bytes(a & b for a, b in zip(left, right, strict=True))
    if operator == "|":
        return bytes(a | b for a, b in zip(left, right, strict=True))
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def utf8(value: Any) -> str | None:
    """Decode a VARBYTE value as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"invalid byte sequence for encoding UTF8 at byte {error.start}") from None


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return wrapped


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_utf8", 1, utf8, deterministic=False),
    Scalar("streamdialect_try_utf8", 1, attempt(utf8)),
    Scalar("streamdialect_from_hex", 1, _strict(from_hex), deterministic=False),
    Scalar("streamdialect_from_binary", 1, _strict(from_binary), deterministic=False),
    Scalar("streamdialect_to_binary", 1, _strict(to_binary)),
    Scalar("streamdialect_integer_bytes", 2, _strict(integer_bytes)),
    Scalar("streamdialect_bytes_integer", 2, _strict(bytes_integer), deterministic=False),
    Scalar("streamdialect_try_bytes_integer", 2, attempt(_strict(bytes_integer))),
    Scalar("streamdialect_getbit", 2, _strict(getbit), deterministic=False),
    Scalar("streamdialect_invert", 1, _strict(invert)),
    Scalar("streamdialect_combine", 3, _strict(combine), deterministic=False),
)
