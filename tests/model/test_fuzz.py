"""Any records, in any batches: each is in the view or set aside, and how they are cut changes nothing.

``STREAMDIALECT_FUZZ=20000 pytest tests/model/test_fuzz.py`` tries that many examples of each property.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model.fuzz import SHAPES, Laboratory, without_carray
from tests.model.records import RECORDS, SIMPLE

EXAMPLES = int(os.environ.get("STREAMDIALECT_FUZZ", "0"))
BATCHES = st.lists(RECORDS, max_size=12)
CUTS = st.sets(st.integers(1, 11), max_size=4).map(sorted)
POLICIES = st.sampled_from(["skip", "null"])
fuzzing = settings(
    max_examples=EXAMPLES or 40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
pytestmark = pytest.mark.timeout(120 if not EXAMPLES else 0)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    made = Laboratory(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


@fuzzing
@given(st.sampled_from(sorted(SHAPES)), POLICIES, BATCHES, CUTS, st.sampled_from([4, 8, 16, 4096]))
def test_each_record_is_in_the_view_or_set_aside(
    laboratory: Laboratory, shape: str, policy: str, records: list[bytes | None], cuts: list[int], block: int
) -> None:
    view = f"{shape}_{policy}"
    whole = laboratory.commit(view, records)
    offsets = [row[0] for row in whole.rows]
    aside = whole.set_aside()
    if shape.endswith("_where"):
        assert len({*offsets, *aside}) == len(offsets) + len(aside)
        assert set(offsets) | set(aside) <= set(range(len(records)))
    else:
        assert sorted(offsets + aside) == list(range(len(records)))
    assert set(whole.nulled()) <= set(offsets)
    assert policy == "null" or not whole.nulled()

    assert same(laboratory.commit(view, records, cuts, block), whole)
    assert same(laboratory.commit(view, records, range(1, len(records))), whole), "one by one"
    with without_carray():
        assert same(laboratory.commit(view, records, cuts), whole), "without carray"


def same(found: Any, other: Any) -> bool:
    # repr, so that NaN is NaN, and 1 is not 1.0.
    return repr(found.rows) == repr(other.rows) and found.bad == other.bad


@fuzzing
@given(BATCHES, CUTS)
def test_a_grouped_view_is_the_grouping_of_the_row_view(
    laboratory: Laboratory, records: list[bytes | None], cuts: list[int]
) -> None:
    rows = laboratory.commit("row_skip", records)
    grouped = laboratory.commit("grouped", records, cuts)
    assert grouped.set_aside() == rows.set_aside()
    assert repr(grouped.rows) == repr(laboratory.regrouped("row_skip"))
    with without_carray():
        assert same(laboratory.commit("grouped", records, cuts), grouped), "without carray"


@fuzzing
@given(st.lists(SIMPLE, max_size=12), CUTS)
def test_a_view_has_what_its_query_says(
    laboratory: Laboratory, records: list[dict[str, Any]], cuts: list[int]
) -> None:
    payloads = [json.dumps(record).encode() for record in records]
    good = [(o, r) for o, r in enumerate(records) if isinstance(r["a"], int) and isinstance(r["b"], int)]
    assert laboratory.commit("row_skip", payloads, cuts).rows == [
        (o, r["k"], r["a"], r["b"]) for o, r in good
    ]
    found = laboratory.commit("row_where_skip", payloads, cuts)
    assert found.rows == [(o, r["k"], r["a"], r["b"]) for o, r in good if r["b"] > 0]
    undecided = [o for o, r in enumerate(records) if not isinstance(r["b"], int)]
    wrong = [o for o, r in enumerate(records) if isinstance(r["b"], int) and r["b"] > 0 and r["a"] == "x"]
    assert found.set_aside() == sorted(undecided + wrong)
    groups: dict[str, list[int]] = {}
    for _, record in good:
        groups.setdefault(record["k"], []).append(record["a"])
    expected = [(k, len(v), len(v), sum(v), min(v), max(v)) for k, v in sorted(groups.items())]
    rows = laboratory.commit("grouped", payloads, cuts).rows
    assert [(k, n, c, s, low, high) for k, n, c, s, _, low, high, _ in rows] == expected
