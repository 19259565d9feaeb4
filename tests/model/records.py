"""Records such as no producer should send, and some as they all do."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

__all__ = ["RECORDS", "SIMPLE"]

_TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["", " 7 ", "1e3", "-0", "0x1F", "NaN", "Infinity", "1.005", "99999999.995", "true", "a\0b"]
    ),
    st.sampled_from(
        ["2026-02-29", "2026-11-22 10:00:00.1234567", "1e400", "9" * 400, "\ud800", "{}", '{"a":1}', "%_"]
    ),
)
_NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([2**31 - 1, 2**31, -(2**63), 2**63 - 1, 2**63, 10**38, 1e308, 0.1, -0.0]),
)
_LEAVES = st.none() | st.booleans() | _NUMBERS | _TEXTS
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_DOCUMENTS = st.dictionaries(st.sampled_from("abkt"), _VALUES, max_size=4)


def _encoded(document: Any, ascii_only: bool) -> bytes:
    return json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


_JSON = st.builds(_encoded, st.one_of(_DOCUMENTS, _DOCUMENTS, _VALUES), st.booleans())


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    text = draw(_JSON)
    at = draw(st.integers(0, len(text)))
    kind = draw(st.sampled_from(["cut", "insert", "twice", "key twice"]))
    if kind == "cut":
        return text[:at]
    if kind == "twice":
        return text + text
    if kind == "key twice":
        return b'{"a":1,' + text[1:] if text[:1] == b"{" else b'{"a":1,"a":' + text + b"}"
    return text[:at] + draw(st.binary(min_size=1, max_size=3)) + text[at:]


_DEEP = st.sampled_from([10, 999, 1000, 1001, 5000]).map(
    lambda depth: b'{"a":' + b"[" * depth + b"]" * depth + b"}"
)
_LONG = st.sampled_from([b'{"a":"%s"}' % (b"x" * 70_000), b'{"a":%s}' % (b"9" * 30_000), b"\xc3" * 5000])

RECORDS = st.one_of(_JSON, _JSON, _broken(), st.none(), st.binary(max_size=12), st.just(b""), _DEEP, _LONG)

# Whose meaning nobody can doubt: (a, b, k) as integers or text that is no number.
SIMPLE = st.fixed_dictionaries(
    {
        "a": st.integers(-100, 100) | st.just("x"),
        "b": st.integers(-3, 3) | st.just("y"),
        "k": st.sampled_from("pq"),
    }
)
