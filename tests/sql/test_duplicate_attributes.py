"""JSON_PARSE refuses an object that has a name twice, however deep it is, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streamdialect


@pytest.fixture(scope="module")
def connection() -> Iterator[streamdialect.Connection]:
    with closing(streamdialect.connect(":memory:", autocommit=True)) as opened:
        yield opened


# Objects as lists of pairs, so that a name may come twice.
PAIRS = st.recursive(
    st.none() | st.integers() | st.floats(-9, 9) | st.text("ab[{ ", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=5).map(lambda items: ("array", items))
        | st.lists(st.tuples(st.sampled_from("abcdef[{"), inner), max_size=5).map(
            lambda items: ("object", items)
        )
    ),
    max_leaves=25,
)


def written(value: Any) -> tuple[str, bool]:
    """Write JSON, and tell whether an object in it has a name twice."""
    if not isinstance(value, tuple):
        return json.dumps(value), False
    kind, items = value
    if kind == "array":
        parts = [written(item) for item in items]
        return f"[{','.join(text for text, _ in parts)}]", any(twice for _, twice in parts)
    parts = [written(item) for _, item in items]
    names = [name for name, _ in items]
    twice = len(set(names)) < len(names) or any(inner for _, inner in parts)
    members = ",".join(f"{json.dumps(name)}:{text}" for name, (text, _) in zip(names, parts, strict=True))
    return f"{{{members}}}", twice


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PAIRS, st.sampled_from([0, 600, 3_000]))
def test_duplicates_are_seen_wherever_they_are(
    connection: streamdialect.Connection, value: Any, padding: int
) -> None:
    """By whichever of the tests that a document's size and shape choose."""
    document, twice = written(("object", [("padding", "x" * padding), ("value", value)]))
    found = connection.execute("SELECT CAN_JSON_PARSE(?)", (document,)).fetchone()
    assert found == (not twice,), document
