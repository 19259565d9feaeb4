"""Sessions: role chains against moto's STS, what is refused, what is never shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    UnknownServiceError,
)

from streamdialect.errors import InterfaceError, SourceAuthError, SourceError, UndefinedObjectError
from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources import aws
from tests.servers import AwsServer
from tests.sources.reading import kinesis_source

FIRST = "arn:aws:iam::111111111111:role/first"
SECOND = "arn:aws:iam::222222222222:role/path/second"


@pytest.fixture
def assumed(kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record who asked STS for which role."""
    calls: list[dict[str, Any]] = []
    original = aws._AssumedRole._refresh

    def refresh(self: Any) -> dict[str, str]:
        answer = original(self)
        asked_by = self._parent.get_credentials().access_key
        calls.append({"role": self._arn, "by": asked_by, "key": answer["access_key"]})
        return answer

    monkeypatch.setattr(aws._AssumedRole, "_refresh", refresh)
    return calls


def session(role: str | None, credentials: Any = "role", region: str | None = None) -> Any:
    schema = ExternalSchema(name="k", provider="kinesis", iam_role=role, region=region)
    return aws.session_for(schema, SourceOptions(credentials=credentials))


@pytest.mark.parametrize("role", [None, "default", "DEFAULT", ""])
def test_without_a_role_the_credentials_are_boto3s(role: str | None, assumed: list[Any]) -> None:
    assert session(role).get_credentials().access_key == "test"
    assert assumed == []


def test_ambient_credentials_assume_no_role(assumed: list[Any]) -> None:
    assert session(FIRST, "ambient").get_credentials().access_key == "test"
    assert assumed == []


def test_one_role_is_assumed_when_first_needed(assumed: list[dict[str, Any]]) -> None:
    made = session(FIRST)
    assert assumed == []
    identity = made.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::111111111111:assumed-role/first/streamdialect"
    assert [(call["role"], call["by"]) for call in assumed] == [(FIRST, "test")]


def test_a_chain_assumes_each_role_with_the_one_before(assumed: list[dict[str, Any]]) -> None:
    identity = session(f"{FIRST},{SECOND}").client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::222222222222:assumed-role/second/streamdialect"
    first, second = assumed
    assert (first["role"], first["by"]) == (FIRST, "test")
    assert (second["role"], second["by"]) == (SECOND, first["key"])


def test_credentials_are_refreshed_before_they_expire(
    assumed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = session(FIRST)
    before = made.get_credentials().get_frozen_credentials()
    later = datetime.now(timezone.utc) + timedelta(minutes=58)
    monkeypatch.setattr(made.get_credentials(), "_time_fetcher", lambda: later)
    after = made.get_credentials().get_frozen_credentials()
    assert len(assumed) == 2
    assert before.access_key != after.access_key


def test_a_role_that_cannot_be_assumed(kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> Any:
        with aws.translated(f"assuming the role {self._arn}"):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")

    monkeypatch.setattr(aws._AssumedRole, "_refresh", refuse)
    source = kinesis_source(iam_role=FIRST)
    with pytest.raises(SourceAuthError, match=f"assuming the role {FIRST}"):
        source.streams()
    source.close()


@pytest.mark.parametrize("role", ["SESSION", "arn:aws:iam::1:role/x", f"{FIRST},", f"{FIRST} {SECOND}"])
def test_a_role_must_be_an_arn(role: str) -> None:
    with pytest.raises(InterfaceError, match="is not a role ARN") as caught:
        aws.role_chain(role)
    assert caught.value.hint


def test_at_most_ten_roles() -> None:
    assert len(aws.role_chain(",".join([FIRST] * 10))) == 10
    with pytest.raises(InterfaceError, match="at most 10"):
        aws.role_chain(",".join([FIRST] * 11))


def test_the_region_of_the_schema_is_that_of_all_clients(kinesis_server: AwsServer) -> None:
    assert session(f"{FIRST},{SECOND}", region="eu-west-1").client("sts").meta.region_name == "eu-west-1"
    assert session(FIRST).region_name == "us-east-1"


def test_a_profile_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SourceAuthError, match="nobody"):
        kinesis_source()


def test_a_source_never_shows_credentials(kinesis_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "open sesame")
    source = kinesis_source()
    source.streams()
    assert "sesame" not in repr(source)
    assert "sesame" not in repr(source.open("s", {}, ()))
    source.close()


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as told"}}, "Call")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (client_error("AccessDeniedException"), SourceAuthError, "AccessDeniedException: as told"),
        (client_error("InvalidClientTokenId"), SourceAuthError, "refused the credentials while testing"),
        (client_error("Other"), SourceError, "Other: as told"),
        (client_error("ResourceNotFoundException"), UndefinedObjectError, 'stream "s" does not exist'),
        (NoCredentialsError(), SourceAuthError, "no usable AWS credentials while testing"),
        (ProfileNotFound(profile="p"), SourceAuthError, "no usable AWS credentials"),
        (EndpointConnectionError(endpoint_url="u"), SourceError, "cannot be reached while testing"),
        (ConnectTimeoutError(endpoint_url="u"), SourceError, "cannot be reached while testing"),
        (UnknownServiceError(service_name="x", known_service_names=[]), SourceError, "AWS call failed"),
    ],
)
def test_errors_of_botocore_in_our_words(error: Exception, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as caught, aws.translated("testing", "s"):
        raise error
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error
