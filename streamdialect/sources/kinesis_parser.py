"""Parse GetRecords answers without botocore's cost per record.

botocore walks each answer by its service model; for GetRecords that is 12 us a record, most of it date
parsing. ``response_parser_factory`` is a public botocore component, so that a session of ours can have
another parser: msgspec's, which knows the shape of the answer, decodes Base64 on its way, and leaves
ApproximateArrivalTimestamp a number: seconds since 1970.

Whatever does not look like a plain JSON answer to GetRecords goes to botocore's own parser. That one makes
an empty answer of what is no JSON, as half an answer is, or a proxy's page: here it is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import botocore.session
import msgspec
from botocore.exceptions import BotoCoreError
from botocore.parsers import JSONParser, ResponseParserFactory
from msgspec import Struct

__all__ = ["DamagedAnswerError", "GetRecordsParser", "Record", "records_of", "register_fast_parser"]

# What an answer of the service always has.
_REQUIRED = {
    "DescribeStreamSummaryOutput": "StreamDescriptionSummary",
    "GetRecordsOutput": "Records",
    "GetShardIteratorOutput": "ShardIterator",
    "ListShardsOutput": "Shards",
    "ListStreamsOutput": "StreamNames",
}


# Python's collector of cycles would go through all objects of the process for every 70,000 records: these have none.
class Record(Struct, gc=False, rename="pascal"):
    """Be a record of an answer; ``approximate_arrival_timestamp`` is in seconds since 1970."""

    data: bytes
    sequence_number: str
    partition_key: str | None = None
    approximate_arrival_timestamp: float | None = None


class _Records(TypedDict):
    Records: list[Record]


class _Answer(_Records, total=False):
    ChildShards: list[dict[str, Any]] | None
    MillisBehindLatest: int | None
    NextShardIterator: str | None


_ANSWER = msgspec.json.Decoder(_Answer)


class DamagedAnswerError(BotoCoreError):
    """Report an answer that is cut off, or not the service's."""

    fmt = "the answer with HTTP status {status} and {size} bytes is cut off, or not the service's"


class GetRecordsParser(JSONParser):
    """Parse GetRecords answers fast and everything else as botocore does."""

    def parse(self, response: Any, shape: Any) -> Any:
        """Give the answer as a dict of the service's member names."""
        if response["status_code"] == 200 and shape is not None and shape.name == "GetRecordsOutput":
            try:
                return _parse(response)
            except msgspec.DecodeError:  # not JSON (CBOR), or not as AWS writes it
                pass
        answer = super().parse(response, shape)
        status = int(response["status_code"])
        if status < 300 and shape is not None and _REQUIRED.get(shape.name, "ResponseMetadata") not in answer:
            raise DamagedAnswerError(status=status, size=len(response["body"]))
        return answer


def _parse(response: Any) -> dict[str, Any]:
    answer: dict[str, Any] = dict(_ANSWER.decode(response["body"]))
    headers = {str(name).lower(): value for name, value in response["headers"].items()}
    answer["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": headers}
    if "x-amzn-requestid" in headers:
        answer["ResponseMetadata"]["RequestId"] = headers["x-amzn-requestid"]
    return answer


def records_of(answer: Mapping[str, Any]) -> Sequence[Record]:
    """Give the records of an answer to GetRecords, whoever parsed it."""
    found: Sequence[Any] = answer["Records"]
    if not found or isinstance(found[0], Record):
        return found
    return [
        Record(
            data=record["Data"],
            sequence_number=record["SequenceNumber"],
            partition_key=record.get("PartitionKey"),
            approximate_arrival_timestamp=None if arrived is None else arrived.timestamp(),
        )
        for record in found
        for arrived in (record.get("ApproximateArrivalTimestamp"),)
    ]


class _Factory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return GetRecordsParser()
        return super().create_parser(protocol_name)


def register_fast_parser(session: botocore.session.Session) -> None:
    """Give this session's clients the fast parser; other sessions keep botocore's."""
    session.register_component("response_parser_factory", _Factory())
