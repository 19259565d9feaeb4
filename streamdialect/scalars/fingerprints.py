"""FarmHash's 64-bit fingerprint (``r_FARMFINGERPRINT64``), a hash that is the same in every release of FarmHash.

The names are those of FarmHash's description: three multipliers, words of eight bytes, rotations, and a mixer of
two words into one.
"""

from __future__ import annotations

import struct
from typing import Any

from streamdialect.scalars.base import Scalar

__all__ = ["SCALARS", "fingerprint64"]

_MASK = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_BLOCK = 64

Pair = tuple[int, int]


def _word(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<Q", data, offset)[0])


def _half(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<I", data, offset)[0])


def _rotated(number: int, count: int) -> int:
    number &= _MASK
    return (number >> count | number << (64 - count)) & _MASK


def _shifted(number: int) -> int:
    return number ^ number >> 47


def _mixed(u: int, v: int, multiplier: int) -> int:
    """Mix two words into one."""
    u, v = u & _MASK, v & _MASK
    a = _shifted((u ^ v) * multiplier & _MASK)
    b = _shifted((v ^ a) * multiplier & _MASK)
    return b * multiplier & _MASK


def _up_to_16(data: bytes) -> int:
    length = len(data)
    multiplier = (_K2 + length * 2) & _MASK
    if length >= 8:
        a = (_word(data, 0) + _K2) & _MASK
        b = _word(data, length - 8)
        return _mixed(_rotated(b, 37) * multiplier + a, (_rotated(a, 25) + b) * multiplier, multiplier)
    if length >= 4:
        return _mixed(length + (_half(data, 0) << 3), _half(data, length - 4), multiplier)
    if length == 0:
        return _K2
    low = data[0] + (data[length >> 1] << 8)
    high = length + (data[-1] << 2)
    return _shifted((low * _K2 ^ high * _K0) & _MASK) * _K2 & _MASK


def _ends(data: bytes) -> tuple[int, int, int, int]:
    """Mix the first and the last words of a text of 17 to 64 bytes."""
    length = len(data)
    multiplier = (_K2 + length * 2) & _MASK
    a = _word(data, 0) * (_K1 if length <= 32 else _K2) & _MASK
    b = _word(data, 8)
    c = _word(data, length - 8) * multiplier & _MASK
    d = _word(data, length - 16) * _K2 & _MASK
    first = (_rotated(a + b, 43) + _rotated(c, 30) + d) & _MASK
    return multiplier, a, first, _mixed(first, a + _rotated(b + _K2, 18) + c, multiplier)


def _up_to_64(data: bytes) -> int:
    multiplier, a, y, z = _ends(data)
    length = len(data)
    if length <= 32:
        return z
    e = _word(data, 16) * multiplier & _MASK
    f = _word(data, 24)
    g = (y + _word(data, length - 32)) * multiplier & _MASK
    h = (z + _word(data, length - 24)) * multiplier & _MASK
    return _mixed(_rotated(e + f, 43) + _rotated(g, 30) + h, e + _rotated(f + a, 18) + g, multiplier)


def _folded(data: bytes, offset: int, a: int, b: int) -> Pair:
    """Fold four words into two."""
    w, x, y, z = struct.unpack_from("<4Q", data, offset)
    a = (a + w) & _MASK
    b = _rotated(b + a + z, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotated(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


def _long(data: bytes) -> int:
    length = len(data)
    x, y = 81, (81 * _K1 + 113) & _MASK
    z = _shifted((y * _K2 + 113) & _MASK) * _K2 & _MASK
    v: Pair = (0, 0)
    w: Pair = (0, 0)
    x = (x * _K2 + _word(data, 0)) & _MASK
    for offset in range(0, (length - 1) // _BLOCK * _BLOCK, _BLOCK):
        x, y, z, v, w = _round(data, offset, x, y, z, v, w, _K1, 1)
    multiplier = (_K1 + ((z & 0xFF) << 1)) & _MASK
    first = w[0] + ((length - 1) & (_BLOCK - 1))
    v = ((v[0] + first) & _MASK, v[1])
    w = ((first + v[0]) & _MASK, w[1])
    x, y, z, v, w = _round(data, length - _BLOCK, x, y, z, v, w, multiplier, 9)
    return _mixed(
        _mixed(v[0], w[0], multiplier) + _shifted(y) * _K0 + z, _mixed(v[1], w[1], multiplier) + x, multiplier
    )


def _round(
    data: bytes, offset: int, x: int, y: int, z: int, v: Pair, w: Pair, multiplier: int, weight: int
) -> tuple[int, int, int, Pair, Pair]:
    """Take a block of 64 bytes in; the last block has other multipliers."""
    x = _rotated(x + y + v[0] + _word(data, offset + 8), 37) * multiplier
    y = _rotated(y + v[1] + _word(data, offset + 48), 42) * multiplier
    x = (x ^ w[1] * weight) & _MASK
    y = (y + v[0] * weight + _word(data, offset + 40)) & _MASK
    z = _rotated(z + w[0], 33) * multiplier & _MASK
    v = _folded(data, offset, v[1] * multiplier & _MASK, (x + w[0]) & _MASK)
    w = _folded(data, offset + 32, (z + w[1]) & _MASK, (y + _word(data, offset + 16)) & _MASK)
    return z, y, x, v, w


def fingerprint64(value: Any) -> int | None:
    """Give the fingerprint of text or bytes as a signed integer."""
    if value is None:
        return None
    data = value if isinstance(value, bytes) else str(value).encode()
    number = _up_to_16(data) if len(data) <= 16 else _up_to_64(data) if len(data) <= _BLOCK else _long(data)
    return number - 2**64 if number >= 2**63 else number


SCALARS: tuple[Scalar, ...] = (Scalar("streamdialect_fingerprint64", 1, fingerprint64),)
