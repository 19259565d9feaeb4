"""Give AWS sessions: boto3's own configuration, role chains with fresh credentials, and one error language.

Nothing here invents configuration. The credential chain, profiles, regions and endpoints
(``AWS_ENDPOINT_URL_KINESIS``, ``AWS_ENDPOINT_URL_STS``, ...) are boto3's; the only additions are the
clauses REGION and IAM_ROLE of CREATE EXTERNAL SCHEMA (``r_CREATE_EXTERNAL_SCHEMA``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoAuthTokenError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.hooks import HierarchicalEmitter

from streamdialect.errors import InterfaceError, SourceAuthError, SourceError, UndefinedObjectError
from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.kinesis_parser import register_fast_parser

__all__ = ["CONTROL", "error_code", "role_chain", "session_for", "translated", "translation"]

ROLE_SESSION_NAME = "streamdialect"
MAX_ROLES = 10  # "up to 10 roles", management guide, authorizing-redshift-service
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")

# For calls that are not repeated by our own code. An unreachable endpoint must show within seconds.
CONTROL = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"total_max_attempts": 3, "mode": "standard"},
    user_agent_extra="streamdialect",
    tcp_keepalive=True,
)

_AUTH_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "ForbiddenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "KMSOptInRequired",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedException",
        "UnrecognizedClientException",
    }
)
_AUTH_ERRORS = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
_CHAIN_HINT = "Credentials come from boto3's own chain: environment variables, ~/.aws, or the machine's role."


class _AssumedRole(CredentialProvider):
    """Be the only credential provider of a session whose credentials another session's STS call gives."""

    METHOD = "streamdialect-assume-role"
    CANONICAL_NAME = "StreamdialectAssumeRole"

    def __init__(self, parent: boto3.Session, arn: str) -> None:
        super().__init__()
        self._parent = parent
        self._arn = arn

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._refresh, method=self.METHOD)

    def _refresh(self) -> dict[str, str]:
        sts = self._parent.client("sts", config=CONTROL)
        try:
            with translated(f"assuming the role {self._arn}"):
                answer = sts.assume_role(RoleArn=self._arn, RoleSessionName=ROLE_SESSION_NAME)
        finally:
            sts.close()
        credentials = answer["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }


def role_chain(iam_role: str | None) -> list[str]:
    """Split an IAM_ROLE clause into the roles to assume, in order; [] for ``default`` and for no clause.

    Raise InterfaceError for text that is no list of role ARNs, or has more than ten.
    """
    if iam_role is None or iam_role.strip().lower() in ("", "default"):
        return []
    chain = [part.strip() for part in iam_role.split(",")]
    for arn in chain:
        if not _ROLE.fullmatch(arn):
            raise InterfaceError(
                f'IAM_ROLE "{arn}" is not a role ARN',
                hint="Write IAM_ROLE default, or 'arn:aws:iam::<account>:role/<name>[,arn...]'.",
            )
    if len(chain) > MAX_ROLES:
        raise InterfaceError(f"IAM_ROLE chains {len(chain)} roles; at most {MAX_ROLES} can be chained")
    return chain


@cache
def _loader(data_path: str | None) -> botocore.loaders.Loader:
    """Give the reader of botocore's own files, which keeps what it has read: 30 ms for each session."""
    return botocore.loaders.create_loader(data_path)


@cache
def _hooks() -> HierarchicalEmitter:
    """Give botocore's own hooks, to be copied: registering them takes 12 ms."""
    hooks = HierarchicalEmitter()
    botocore.session.Session(event_hooks=hooks)
    return hooks


def _new_session(region: str | None) -> botocore.session.Session:
    # Never boto3's default session: its components would be shared with the rest of the program.
    session = botocore.session.Session(event_hooks=copy(_hooks()), include_builtin_handlers=False)
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    register_fast_parser(session)
    if region:
        session.set_config_variable("region", region)
    return session


def session_for(schema: ExternalSchema, options: SourceOptions) -> boto3.Session:
    """Make the session that an external schema's clauses ask for; touches no network.

    Without IAM_ROLE, with ``IAM_ROLE default`` and with ``credentials="ambient"`` it is boto3's own chain.
    Otherwise each role is assumed with the credentials of the one before; all are refreshed before they
    expire. A role that cannot be assumed shows as SourceAuthError at the first call.
    """
    chain = role_chain(schema.iam_role)
    if options.credentials == "ambient":
        chain = []
    with translated("reading the AWS configuration"):
        session = boto3.Session(botocore_session=_new_session(schema.region))
        for arn in chain:
            assumed = _new_session(session.region_name)
            assumed.register_component(
                "credential_provider", CredentialResolver([_AssumedRole(session, arn)])
            )
            session = boto3.Session(botocore_session=assumed)
    return session


def error_code(error: BaseException) -> str:
    """Give the service's code of a ClientError, "" for anything else."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def translation(error: BaseException, doing: str, stream: str | None = None) -> Exception:
    """Turn botocore's error into ours; ``doing`` completes "while"."""
    if isinstance(error, _AUTH_ERRORS):
        return SourceAuthError(f"no usable AWS credentials while {doing}: {error}", hint=_CHAIN_HINT)
    if isinstance(error, NoRegionError):
        return SourceError(
            f"no AWS region is set while {doing}",
            hint="Add REGION '<region>' to the external schema, or set AWS_DEFAULT_REGION.",
        )
    if isinstance(error, (ConnectTimeoutError, EndpointConnectionError, HTTPClientError)):
        return SourceError(f"AWS cannot be reached while {doing}: {error}")
    if isinstance(error, ClientError):
        code = error_code(error)
        text = f"{code}: {error.response.get('Error', {}).get('Message') or error}"
        if code in _AUTH_CODES:
            return SourceAuthError(f"AWS refused the credentials while {doing}: {text}")
        if code == "ResourceNotFoundException" and stream is not None:
            return UndefinedObjectError(f'stream "{stream}" does not exist')
        return SourceError(f"AWS answered with an error while {doing}: {text}")
    return SourceError(f"AWS call failed while {doing}: {error}")


@contextmanager
def translated(doing: str, stream: str | None = None) -> Iterator[None]:
    """Raise our errors for botocore's inside the block.

    With ``stream``, ResourceNotFoundException means that this stream does not exist.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translation(error, doing, stream) from error


def public(session: boto3.Session) -> dict[str, Any]:
    """Describe a session for ``repr``: nothing that is secret."""
    return {"region": session.region_name, "profile": session.profile_name}
