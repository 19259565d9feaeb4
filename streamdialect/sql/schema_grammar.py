"""CREATE, ALTER and DROP of external schemas.

Source: ``r_CREATE_EXTERNAL_SCHEMA``, ``r_ALTER_EXTERNAL_SCHEMA``, ``r_DROP_SCHEMA``. The order of the
clauses is free: AWS's own examples differ in it.
"""

from __future__ import annotations

import re
from typing import Any

from streamdialect.errors import NotSupportedError, ProgrammingError
from streamdialect.model import ExternalSchema
from streamdialect.sql.cursor import LOCAL_SCHEMAS, TokenCursor
from streamdialect.sql.statements import AlterExternalSchema, CreateExternalSchema, DropSchema

__all__ = ["alter", "create", "drop"]

_ROLE_CHAIN_MAX = 10
_ARN = re.compile(r"arn:[\w-]+:iam::\d*:role/\S+\Z")
_STREAM_PROVIDERS = ("KINESIS", "KAFKA", "MSK")
_OTHER_PROVIDERS = (
    ("DATA", "CATALOG"),
    ("HIVE", "METASTORE"),
    ("POSTGRES",),
    ("MYSQL",),
    ("REDSHIFT",),
)
# Clauses of external schemas that do not name streams.
_OTHER_CLAUSES = (
    ("DATABASE",),
    ("SCHEMA",),
    ("CATALOG_ROLE",),
    ("CATALOG_ID",),
    ("CREATE", "EXTERNAL", "DATABASE"),
)
Clauses = dict[str, Any]


def create(cursor: TokenCursor) -> CreateExternalSchema:
    """Read CREATE EXTERNAL SCHEMA; every clause once, in any order."""
    cursor.expect("CREATE", "EXTERNAL", "SCHEMA")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    if name in LOCAL_SCHEMAS:
        raise ProgrammingError(f'schema name "{name}" is reserved for local objects')
    cursor.expect("FROM")
    for words in _OTHER_PROVIDERS:
        if cursor.at(*words):
            raise cursor.unsupported(f"CREATE EXTERNAL SCHEMA FROM {' '.join(words)}")
    provider: Any = cursor.one_of(*_STREAM_PROVIDERS).lower()
    clauses = _clauses(
        cursor,
        ("REGION", "IAM_ROLE", "AUTHENTICATION", "AUTHENTICATION_ARN", "SECRET_ARN", "URI", "CLUSTER_ARN"),
    )
    cursor.end()
    _check(provider, clauses)
    schema = ExternalSchema(name=name, provider=provider, **clauses)
    return CreateExternalSchema(external_schema=schema, if_not_exists=if_not_exists)


def alter(cursor: TokenCursor) -> AlterExternalSchema:
    """Read ALTER EXTERNAL SCHEMA; REGION is allowed as release P199 says."""
    cursor.expect("ALTER", "EXTERNAL", "SCHEMA")
    name = cursor.identifier()
    for words in (("RENAME",), ("OWNER",)):
        if cursor.at(*words):
            raise cursor.unsupported(f"ALTER EXTERNAL SCHEMA ... {words[0]}")
    if cursor.token is None:
        raise cursor.error("expected a clause to change")
    clauses = _clauses(
        cursor, ("REGION", "IAM_ROLE", "AUTHENTICATION", "AUTHENTICATION_ARN", "SECRET_ARN", "URI")
    )
    cursor.end()
    if not clauses:
        raise cursor.error("expected a clause to change")
    _exclusive(clauses)
    return AlterExternalSchema(name=name, changes=clauses)


def drop(cursor: TokenCursor) -> DropSchema:
    """Read DROP SCHEMA."""
    cursor.expect("DROP", "SCHEMA")
    if_exists = cursor.take("IF", "EXISTS")
    names = [cursor.identifier()]
    while cursor.take_symbol(","):
        names.append(cursor.identifier())
    if cursor.at("DROP", "EXTERNAL", "DATABASE"):
        raise cursor.unsupported("DROP EXTERNAL DATABASE")
    cascade = cursor.take("CASCADE")
    if not cascade:
        cursor.take("RESTRICT")
    cursor.end()
    return DropSchema(names=tuple(names), if_exists=if_exists, cascade=cascade)


def _clauses(cursor: TokenCursor, allowed: tuple[str, ...]) -> Clauses:
    found: Clauses = {}
    while (token := cursor.token) is not None and token.kind == "word":
        for words in _OTHER_CLAUSES:
            if cursor.at(*words):
                raise cursor.unsupported(f"the clause {' '.join(words)} on a schema of streams")
        if token.upper not in allowed:
            raise cursor.error(f"expected one of {', '.join(allowed)}")
        if token.upper.lower() in found:
            raise cursor.error("the clause is given twice")
        keyword = cursor.advance().upper
        found[keyword.lower()] = _READERS[keyword](cursor)
    return found


def _iam_role(cursor: TokenCursor) -> str:
    if cursor.take("DEFAULT"):
        return "default"
    at = cursor.token
    role = cursor.string()
    if role.upper() == "SESSION":
        raise NotSupportedError(
            "IAM_ROLE 'SESSION' is not supported for streams: it is for data catalogs only"
        )
    arns = role.split(",")
    if len(arns) > _ROLE_CHAIN_MAX:
        raise ProgrammingError(f"IAM_ROLE: a role chain has at most {_ROLE_CHAIN_MAX} roles, not {len(arns)}")
    if any(character.isspace() for character in role):
        raise ProgrammingError("IAM_ROLE: ARNs are joined by commas without spaces")
    if not role or not all(arns):
        raise ProgrammingError(f"IAM_ROLE: {at.text if at else ''} names no role")
    return role


def _authentication(cursor: TokenCursor) -> str:
    return cursor.one_of("NONE", "IAM", "MTLS").lower()


def _uri(cursor: TokenCursor) -> str:
    uri = cursor.string()
    if cursor.at("PORT"):
        raise cursor.unsupported(
            "PORT on a schema of streams", hint="Write the port into the URI: host:port,..."
        )
    for broker in uri.split(","):
        host, colon, port = broker.strip().rpartition(":")
        if "://" in broker or (colon and not port.isdecimal()) or not (host or port):
            raise ProgrammingError(f"URI '{uri}' must be a list host:port,host:port,... without a scheme")
    return uri


def _text(cursor: TokenCursor) -> str:
    text = cursor.string()
    if not text:
        raise ProgrammingError("a clause of an external schema must not be empty")
    return text


_READERS = {
    "REGION": _text,
    "IAM_ROLE": _iam_role,
    "AUTHENTICATION": _authentication,
    "AUTHENTICATION_ARN": _text,
    "SECRET_ARN": _text,
    "URI": _uri,
    "CLUSTER_ARN": _text,
}


def _exclusive(clauses: Clauses) -> None:
    if "authentication_arn" in clauses and "secret_arn" in clauses:
        raise ProgrammingError("AUTHENTICATION_ARN and SECRET_ARN exclude each other")


def _check(provider: str, clauses: Clauses) -> None:
    """Check which clauses a provider needs and refuses (getting-started-MSK, r_CREATE_EXTERNAL_SCHEMA)."""
    _exclusive(clauses)
    name = provider.upper()
    if provider == "kinesis":
        for clause in ("authentication", "authentication_arn", "secret_arn", "uri", "cluster_arn"):
            if clause in clauses:
                raise ProgrammingError(f"FROM KINESIS does not take {clause.upper()}")
        if "iam_role" not in clauses:
            raise ProgrammingError("FROM KINESIS requires IAM_ROLE: default, or the ARN of a role in quotes")
        return
    if "region" in clauses:
        raise ProgrammingError(f"FROM {name} does not take REGION: the URI says where the brokers are")
    if provider == "kafka" and "cluster_arn" in clauses:
        raise ProgrammingError("FROM KAFKA does not take CLUSTER_ARN: give a URI, or use FROM MSK")
    if provider == "kafka" and "uri" not in clauses:
        raise ProgrammingError("FROM KAFKA requires URI 'host:port,...'")
    if provider == "msk" and not {"uri", "cluster_arn"} & clauses.keys():
        raise ProgrammingError("FROM MSK requires URI 'host:port,...' or CLUSTER_ARN")
    if provider == "msk" and "iam_role" not in clauses:
        raise ProgrammingError("FROM MSK requires IAM_ROLE: default, or the ARN of a role in quotes")
    authentication = clauses.get("authentication")
    if authentication is None:
        raise ProgrammingError(f"FROM {name} requires AUTHENTICATION none, iam or mtls")
    certificate = {"authentication_arn", "secret_arn"} & clauses.keys()
    if authentication == "mtls" and not certificate:
        raise ProgrammingError("AUTHENTICATION mtls requires AUTHENTICATION_ARN or SECRET_ARN")
    if authentication != "mtls" and certificate:
        raise ProgrammingError(f"{next(iter(certificate)).upper()} requires AUTHENTICATION mtls")
    if authentication == "iam" and "iam_role" not in clauses:
        raise ProgrammingError("AUTHENTICATION iam requires IAM_ROLE")
