"""Parse GetRecords answers without botocore's cost per record.

botocore walks each answer by its service model; for GetRecords that is 12 us a record, most of it date
parsing. ``response_parser_factory`` is a public botocore component, so that a session of ours can have
another parser. It takes JSON apart with pydantic-core's parser (which comes with pydantic: as fast as
orjson here and no further dependency) and leaves ApproximateArrivalTimestamp a number: seconds since 1970.

Whatever does not look like a plain JSON answer to GetRecords goes to botocore's own parser. That one makes
an empty answer of what is no JSON, as half an answer is, or a proxy's page: here it is an error.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError
from botocore.parsers import JSONParser, ResponseParserFactory
from pydantic_core import from_json

__all__ = ["DamagedAnswerError", "GetRecordsParser", "register_fast_parser"]

# What an answer of the service always has.
_REQUIRED = {
    "DescribeStreamSummaryOutput": "StreamDescriptionSummary",
    "GetRecordsOutput": "Records",
    "GetShardIteratorOutput": "ShardIterator",
    "ListShardsOutput": "Shards",
    "ListStreamsOutput": "StreamNames",
}


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
            except (KeyError, TypeError, ValueError):  # not JSON (CBOR), or not as AWS writes it
                pass
        answer = super().parse(response, shape)
        status = int(response["status_code"])
        if status < 300 and shape is not None and _REQUIRED.get(shape.name, "ResponseMetadata") not in answer:
            raise DamagedAnswerError(status=status, size=len(response["body"]))
        return answer


def _parse(response: Any) -> dict[str, Any]:
    answer: dict[str, Any] = from_json(response["body"], cache_strings="keys")
    for record in answer["Records"]:
        record["Data"] = a2b_base64(record["Data"])
        record["ApproximateArrivalTimestamp"] + 0.0  # a TypeError unless it is a number
    headers = {str(name).lower(): value for name, value in response["headers"].items()}
    answer["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": headers}
    if "x-amzn-requestid" in headers:
        answer["ResponseMetadata"]["RequestId"] = headers["x-amzn-requestid"]
    return answer


class _Factory(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return GetRecordsParser()
        return super().create_parser(protocol_name)


def register_fast_parser(session: botocore.session.Session) -> None:
    """Give this session's clients the fast parser; other sessions keep botocore's."""
    session.register_component("response_parser_factory", _Factory())
