"""The fast parser of GetRecords gives what botocore's gives, and leaves everything else to it."""

from __future__ import annotations

import base64
import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import JSONParser
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streamdialect.sources.kinesis_parser import (
    DamagedAnswerError,
    GetRecordsParser,
    Record,
    records_of,
    register_fast_parser,
)


@pytest.fixture(scope="module")
def shape() -> Any:
    model = botocore.session.Session().get_service_model("kinesis")
    return model.operation_model("GetRecords").output_shape


def response(body: bytes, status: int = 200) -> dict[str, Any]:
    return {"status_code": status, "headers": {"x-amzn-requestid": "r"}, "body": body}


records = st.lists(
    st.builds(
        lambda data, key, number, milliseconds: {
            "Data": base64.b64encode(data).decode(),
            "PartitionKey": key,
            "SequenceNumber": str(number),
            "ApproximateArrivalTimestamp": milliseconds / 1000,
        },
        st.binary(),
        st.text(st.characters(codec="utf-8"), min_size=1),
        st.integers(0, 2**186),
        st.integers(0, 4_000_000_000_000),
    ),
    max_size=5,
)


@given(records=records, behind=st.integers(0, 2**40), ascii_only=st.booleans())
def test_as_botocore_does(shape: Any, records: list[Any], behind: int, ascii_only: bool) -> None:
    answer = {"Records": records, "NextShardIterator": "next", "MillisBehindLatest": behind}
    body = json.dumps(answer, ensure_ascii=ascii_only).encode()
    fast = GetRecordsParser().parse(response(body), shape)
    slow = JSONParser().parse(response(body), shape)
    for mine, theirs in zip(records_of(fast), records_of(slow), strict=True):
        times = (mine.approximate_arrival_timestamp, theirs.approximate_arrival_timestamp)
        assert len({round((seconds or 0) * 1000) for seconds in times}) == 1
        assert replace(mine, approximate_arrival_timestamp=0) == replace(
            theirs, approximate_arrival_timestamp=0
        )
    assert {**fast, "Records": None} == {**slow, "Records": None}


def test_an_answer_of_another_form_goes_to_botocore(shape: Any) -> None:
    body = (
        b'{"Records": [{"Data": "YQ==", "PartitionKey": "k", "SequenceNumber": "1",'
        b' "ApproximateArrivalTimestamp": "2022-11-20T18:44:50Z"}]}'
    )
    parsed = GetRecordsParser().parse(response(body), shape)
    assert parsed == JSONParser().parse(response(body), shape)
    assert records_of(parsed) == [Record(b"a", "1", "k", 1668969890.0)]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"NextShardIterator": "x"}', b'{"Records": [{"Da', b"<html>"])
def test_an_answer_that_is_none_of_the_service_is_an_error(shape: Any, body: bytes) -> None:
    with pytest.raises(DamagedAnswerError, match=f"HTTP status 200 and {len(body)} bytes"):
        GetRecordsParser().parse(response(body), shape)


def test_an_error_goes_to_botocore(shape: Any) -> None:
    body = b'{"__type": "ExpiredIteratorException", "message": "m"}'
    parsed = GetRecordsParser().parse(response(body, 400), shape)
    assert parsed["Error"] == {"Code": "ExpiredIteratorException", "Message": "m"}


def test_only_sessions_of_our_own_have_it() -> None:
    mine, other = botocore.session.Session(), botocore.session.Session()
    register_fast_parser(mine)
    factory = mine.get_component("response_parser_factory")
    assert isinstance(factory.create_parser("json"), GetRecordsParser)
    assert not isinstance(factory.create_parser("query"), GetRecordsParser)
    theirs = other.get_component("response_parser_factory").create_parser("json")
    assert not isinstance(theirs, GetRecordsParser)
