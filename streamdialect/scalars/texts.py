"""Text, patterns and digests: functions of ``scalars`` that SQLite lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, attempt, shown

# What a function may make of a short text: Redshift's values end at 16 MB.
_LONGEST = 16_000_000


# --- text -----------------------------------------------------------------------------------------


@lru_cache(256)
def _pattern(pattern: str, flags: str = "") -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.I if "i" in flags else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise DataError(f'invalid regular expression "{shown(pattern)}": {error}') from None


def matches(text: Any, pattern: Any, flags: str = "") -> int | None:
    """Search text for a POSIX pattern (the operator ``~``)."""
    if text is None or pattern is None:
        return None
    return int(_pattern(pattern, flags).search(text) is not None)


@lru_cache(256)
def _similar(pattern: str, escape: str) -> re.Pattern[str]:
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped:
            parts.append(re.escape(character))
            escaped = False
        elif character == escape:
            escaped = True
        else:
            parts.append({"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}.get(character, character))
    return re.compile("(?s:" + "".join(parts) + r")\Z")


def similar(text: Any, pattern: Any, escape: str = "\\") -> int | None:
    """Match the whole text against an SQL pattern (SIMILAR TO)."""
    if text is None or pattern is None:
        return None
    try:
        return int(_similar(pattern, escape).match(text) is not None)
    except (re.error, OverflowError, RecursionError) as error:
        raise DataError(f'invalid pattern "{shown(pattern)}": {error}') from None


def strict_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that gives NULL when any argument is NULL."""

    def wrapped(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (TypeError, ValueError) as error:
            raise DataError(f"invalid argument: {error}") from None

    return wrapped


def split_part(text: str, delimiter: str, part: int) -> str:
    """Give one part of a list; negative positions count from its end."""
    if part == 0:
        raise DataError("field position must be greater than zero")
    parts = text.split(delimiter) if delimiter else [text]
    index = part - 1 if part > 0 else len(parts) + part
    return parts[index] if 0 <= index < len(parts) else ""


def pad(text: str, length: int, fill: str, left: bool) -> str:
    """Fill a text up to a length, or cut it."""
    if length <= len(text):
        return text[: max(length, 0)]
    if not fill:
        return text
    if length > _LONGEST:
        raise DataError("LPAD or RPAD: the result is too long")
    padding = (fill * (length // len(fill) + 1))[: length - len(text)]
    return padding + text if left else text + padding


def character(code: Any) -> str | None:
    """Give the character of a code point; SQLite's own function writes surrogates as invalid UTF-8."""
    if code is None:
        return None
    if not 0 <= code <= 0x10FFFF:
        raise DataError(f"requested character too large for encoding: {code}")
    if 0xD800 <= code <= 0xDFFF:
        raise DataError(f"requested character not valid for encoding: {code}")
    return chr(code)


def initcap(text: str) -> str:
    """Write each word with a capital."""
    return re.sub(r"[^\W_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


def translate(text: str, source: str, target: str) -> str:
    """Replace characters one by one; those without a partner are dropped."""
    table = {ord(c): target[i] if i < len(target) else None for i, c in reversed(list(enumerate(source)))}
    return text.translate(table)


def repeat(text: str, count: int) -> str:
    """Repeat a text."""
    if count > 0 and len(text) * count > _LONGEST:
        raise DataError("REPEAT: the result is too long")
    return text * max(count, 0)


_GROUP = re.compile(r"\\(\d)|\$(\d)")


def regexp_replace(text: str, pattern: str, replacement: str = "", position: int = 1) -> str:
    """Replace the matches of a pattern from a position on."""
    template = _GROUP.sub(lambda found: rf"\g<{found[1] or found[2]}>", replacement.replace("\\\\", "\\"))
    try:
        return text[: position - 1] + _pattern(pattern).sub(template, text[position - 1 :])
    except (re.error, IndexError) as error:
        raise DataError(f'invalid replacement "{shown(replacement)}": {error}') from None


def regexp_substr(text: str, pattern: str, position: int = 1, occurrence: int = 1) -> str:
    """Give an occurrence of a pattern, or the empty text."""
    for number, found in enumerate(_pattern(pattern).finditer(text, position - 1), 1):
        if number == occurrence:
            return found[0]
    return ""


def regexp_count(text: str, pattern: str, position: int = 1) -> int:
    """Count the matches of a pattern."""
    return sum(1 for _ in _pattern(pattern).finditer(text, position - 1))


def regexp_instr(text: str, pattern: str, position: int = 1, occurrence: int = 1) -> int:
    """Give the position of an occurrence of a pattern, or 0."""
    for number, found in enumerate(_pattern(pattern).finditer(text, position - 1), 1):
        if number == occurrence:
            return found.start() + 1
    return 0


def hash(name: str) -> Callable[..., str]:
    """Make the function of a digest, written in hexadecimal."""

    def function(value: Any, bits: int = 256) -> str:
        import hashlib

        algorithm = f"sha{bits or 256}" if name == "sha2" else name
        if name == "sha2" and algorithm not in ("sha224", "sha256", "sha384", "sha512"):
            raise DataError(f"SHA2: {bits} bits is not one of 224, 256, 384, 512")
        data = value if isinstance(value, bytes) else str(value).encode()
        return hashlib.new(algorithm, data).hexdigest()

    return function


def from_hex(text: str) -> bytes:
    """Read hexadecimal digits; an odd number of them gets a leading zero."""
    try:
        return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
    except ValueError:
        raise DataError(f'invalid hexadecimal text "{shown(text)}"') from None


def strtol(text: str, base: int) -> int:
    """Read a number of any base."""
    try:
        number = int(text.strip(), base)
    except ValueError:
        raise DataError(f"The input {shown(text)} is not valid to be converted to base {base}") from None
    if not -(2**63) <= number < 2**63:
        raise DataError(f"The input {shown(text)} is out of range for bigint in base {base}")
    return number


def unequal_text(function: Callable[[str], str]) -> Callable[[Any], Any]:
    """Make a function of one text from a method of str."""
    return strict_text(lambda text: function(str(text)))


# --- casts -----------------------------------------------------------------------------------------


def cut(value: Any, length: int) -> str | None:
    """Cut text to a number of bytes, never inside a character."""
    if value is None:
        return None
    return str(value).encode("utf-8", "surrogatepass")[:length].decode("utf-8", "ignore")


def utf8(value: Any) -> str | None:
    """Decode a VARBYTE value as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"invalid byte sequence for encoding UTF8 at byte {error.start}") from None


def _text(name: str, arguments: int, function: Callable[..., Any], raises: bool = False) -> Scalar:
    return Scalar(f"streamdialect_{name}", arguments, strict_text(function), deterministic=not raises)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_cut", 2, cut),
    Scalar("streamdialect_utf8", 1, utf8, deterministic=False),
    Scalar("streamdialect_try_utf8", 1, attempt(utf8)),
    Scalar("streamdialect_matches", -1, matches, deterministic=False),
    Scalar("streamdialect_similar", -1, similar, deterministic=False),
    Scalar("streamdialect_lower", 1, unequal_text(str.lower)),
    Scalar("streamdialect_upper", 1, unequal_text(str.upper)),
    Scalar("streamdialect_initcap", 1, unequal_text(initcap)),
    Scalar("streamdialect_reverse", 1, unequal_text(lambda text: text[::-1])),
    Scalar("streamdialect_chr", 1, character, deterministic=False),
    _text("split_part", 3, split_part, raises=True),
    _text("lpad", 3, lambda text, length, fill: pad(text, length, fill, left=True)),
    _text("rpad", 3, lambda text, length, fill: pad(text, length, fill, left=False)),
    _text("translate", 3, translate),
    _text("repeat", 2, repeat, raises=True),
    _text("regexp_replace", -1, regexp_replace, raises=True),
    _text("regexp_substr", -1, regexp_substr, raises=True),
    _text("regexp_count", -1, regexp_count, raises=True),
    _text("regexp_instr", -1, regexp_instr, raises=True),
    _text("md5", 1, hash("md5")),
    _text("sha1", 1, hash("sha1")),
    _text("sha2", 2, hash("sha2"), raises=True),
    _text("from_hex", 1, from_hex, raises=True),
    _text("strtol", 2, strtol, raises=True),
)
