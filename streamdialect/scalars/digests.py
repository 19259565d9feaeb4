"""Digests and checksums: SHA, MD5, CRC-32C, FNV-1a, Murmur3.

Source: "Hash functions" of the Database Developer Guide, ``crc32-function``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import Any

from streamdialect.scalars.base import Scalar

__all__ = ["FNV_SEED", "SCALARS"]

_FNV_SEED = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK64, _MASK32 = 2**64 - 1, 2**32 - 1


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def digest(name: str) -> Callable[[Any], str | None]:
    """Make the function of a digest, written in hexadecimal."""

    def function(value: Any) -> str | None:
        return None if value is None else hashlib.new(name, _bytes(value)).hexdigest()

    return function


def sha2(value: Any, bits: Any) -> str | None:
    """Give a digest of the SHA-2 family; the empty text for a number of bits that it does not have."""
    if value is None or bits is None:
        return None
    if bits not in (0, 224, 256, 384, 512):
        return ""
    return hashlib.new(f"sha{bits or 256}", _bytes(value)).hexdigest()


def _crc_table() -> tuple[int, ...]:
    table = []
    for index in range(256):
        for _ in range(8):
            index = (index >> 1) ^ (0x82F63B78 if index & 1 else 0)
        table.append(index)
    return tuple(table)


_CRC32C = _crc_table()


def crc32(value: Any) -> str | None:
    """Give the CRC-32C checksum in hexadecimal."""
    if value is None:
        return None
    register = _MASK32
    for byte in _bytes(value):
        register = (register >> 8) ^ _CRC32C[(register ^ byte) & 0xFF]
    return format(register ^ _MASK32, "08x")


def _signed(number: int, bits: int) -> int:
    return number - 2**bits if number >= 2 ** (bits - 1) else number


def fnv_hash(value: Any, width: int, seed: Any) -> int | None:
    """Give the 64-bit FNV-1a hash of text, bytes, or an integer of ``width`` bytes."""
    if value is None or seed is None:
        return None
    data = value.to_bytes(width, "little", signed=True) if isinstance(value, int) else _bytes(value)
    state = seed & _MASK64
    for byte in data:
        state = ((state ^ byte) * _FNV_PRIME) & _MASK64
    return _signed(state, 64)


FNV_SEED = _signed(_FNV_SEED, 64)


def _rotated(number: int, count: int) -> int:
    return ((number << count) | (number >> (32 - count))) & _MASK32


def _mixed(block: int) -> int:
    return (_rotated((block * 0xCC9E2D51) & _MASK32, 15) * 0x1B873593) & _MASK32


def murmur3(value: Any, seed: Any) -> int | None:
    """Give the 32-bit Murmur3 hash; an integer of any width counts as 8 bytes."""
    if value is None or seed is None:
        return None
    data = struct.pack("<q", value) if isinstance(value, int) else _bytes(value)
    state = seed & _MASK32
    whole = len(data) // 4 * 4
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        state = (_rotated(state ^ _mixed(block), 13) * 5 + 0xE6546B64) & _MASK32
    if len(data) > whole:
        state ^= _mixed(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = ((state ^ state >> 16) * 0x85EBCA6B) & _MASK32
    state = ((state ^ state >> 13) * 0xC2B2AE35) & _MASK32
    return _signed(state ^ state >> 16, 32)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_md5", 1, digest("md5")),
    Scalar("streamdialect_sha1", 1, digest("sha1")),
    Scalar("streamdialect_sha2", 2, sha2),
    Scalar("streamdialect_crc32", 1, crc32),
    Scalar("streamdialect_fnv_hash", 3, fnv_hash),
    Scalar("streamdialect_murmur3", 2, murmur3),
)
