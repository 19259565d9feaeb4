"""Text: functions of ``scalars`` that SQLite lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from streamdialect.errors import DataError
from streamdialect.scalars.base import Scalar, shown

__all__ = ["SCALARS"]

# What a function may make of a short text: Redshift's values end at 16 MB.
_LONGEST = 16_000_000


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
    """Give one part of a list."""
    if part < 1:
        raise DataError("field position must be greater than zero")
    parts = text.split(delimiter) if delimiter else [text]
    return parts[part - 1] if part <= len(parts) else ""


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


_WORD = re.compile(r"[^\W_]+")


def initcap(text: str) -> str:
    """Write each word with a capital."""
    return _WORD.sub(lambda word: _upper(word[0][:1]) + _lower(word[0][1:]), text)


def _upper(text: str) -> str:
    """Write in upper case, character by character: none becomes two."""
    return "".join(capital if len(capital := letter.upper()) == 1 else letter for letter in text)


def _lower(text: str) -> str:
    """Write in lower case, character by character: none becomes two, and none depends on its neighbours."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def translate(text: str, source: str, target: str) -> str:
    """Replace characters one by one; those without a partner are dropped."""
    table = {ord(c): target[i] if i < len(target) else None for i, c in reversed(list(enumerate(source)))}
    return text.translate(table)


def repeat(text: str, count: int) -> str:
    """Repeat a text."""
    if count > 0 and len(text) * count > _LONGEST:
        raise DataError("REPEAT: the result is too long")
    return text * max(count, 0)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def strtol(text: str, base: int) -> int:
    """Read a number of any base from 2 to 36; no text, or a NUL at its start, is 0."""
    if not 2 <= base <= 36:
        raise DataError(f"STRTOL: the base {base} is not within 2 and 36")
    if not text or text[0] == "\0":
        return 0
    digits = text.lstrip(" \t\n\r\f\v")
    negative = digits.startswith("-")
    digits = digits[1:] if digits[:1] in ("+", "-") else digits
    if base == 16 and digits[:2].lower() == "0x":
        digits = digits[2:]
    if not digits or set(digits.lower()) - set(_DIGITS[:base]):
        raise DataError(f"The input {shown(text)} is not valid to be converted to base {base}")
    number = -int(digits, base) if negative else int(digits, base)
    if not -(2**63) <= number < 2**63:
        raise DataError(f"The input {shown(text)} is out of range for bigint in base {base}")
    return number


_SOUNDS = {
    letter: code
    for code, group in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1)
    for letter in group
}


def soundex(text: str) -> str:
    """Give the American Soundex code of the letters of a text; nothing if it has none."""
    letters = [letter for letter in text.upper() if "A" <= letter <= "Z"]
    if not letters:
        return ""
    code = letters[0]
    last = _SOUNDS.get(letters[0])
    for letter in letters[1:]:
        sound = _SOUNDS.get(letter)
        if sound is not None and sound != last:
            code += str(sound)
        if letter not in "HW":  # they do not part letters of one sound, vowels do
            last = sound
    return (code + "000")[:4]


def difference(left: str, right: str) -> int:
    """Count the places in which two Soundex codes agree."""
    first, second = soundex(left), soundex(right)
    if not first or not second:
        return int(first == second)
    return sum(a == b for a, b in zip(first, second, strict=True))


_RESERVED_START = re.compile(r"[a-z_][a-z0-9_$]*\Z")


def quote_ident(text: str) -> str:
    """Write a name in double quotes where it needs them."""
    return text if _RESERVED_START.match(text) else '"' + text.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Write a text as a literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def octetindex(part: str, text: str) -> int:
    """Find a text; give its position in bytes, from 1, or 0."""
    return text.encode().find(part.encode()) + 1


def of_text(function: Callable[[str], str]) -> Callable[[Any], Any]:
    """Make a function of one text."""
    return strict_text(lambda text: function(str(text)))


# --- casts -----------------------------------------------------------------------------------------


def cut(value: Any, length: int) -> str | None:
    """Cut text to a number of bytes, never inside a character."""
    if value is None:
        return None
    return str(value).encode("utf-8", "surrogatepass")[:length].decode("utf-8", "ignore")


def _text(name: str, arguments: int, function: Callable[..., Any], raises: bool = False) -> Scalar:
    return Scalar(f"streamdialect_{name}", arguments, strict_text(function), deterministic=not raises)


SCALARS: tuple[Scalar, ...] = (
    Scalar("streamdialect_cut", 2, cut),
    Scalar("streamdialect_lower", 1, of_text(_lower)),
    Scalar("streamdialect_upper", 1, of_text(_upper)),
    Scalar("streamdialect_initcap", 1, of_text(initcap)),
    Scalar("streamdialect_reverse", 1, of_text(lambda text: text[::-1])),
    Scalar("streamdialect_soundex", 1, of_text(soundex)),
    Scalar("streamdialect_quote_ident", 1, of_text(quote_ident)),
    Scalar("streamdialect_quote_literal", 1, of_text(quote_literal)),
    _text("split_part", 3, split_part, raises=True),
    _text("lpad", 3, lambda text, length, fill: pad(text, length, fill, left=True)),
    _text("rpad", 3, lambda text, length, fill: pad(text, length, fill, left=False)),
    _text("translate", 3, translate),
    _text("repeat", 2, repeat, raises=True),
    _text("difference", 2, difference),
    _text("octetindex", 2, octetindex),
    _text("strtol", 2, strtol, raises=True),
)
