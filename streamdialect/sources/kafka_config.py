"""Turn the clauses of CREATE EXTERNAL SCHEMA ... FROM KAFKA | MSK into librdkafka's properties.

Source: ``r_CREATE_EXTERNAL_SCHEMA``, ``materialized-view-streaming-ingestion-getting-started-MSK`` and
``...-mtls`` for the clauses; librdkafka's CONFIGURATION.md for the properties.

    AUTHENTICATION   security.protocol                          material
    none             PLAINTEXT; SSL if the URI names port 9094  -
    iam              SASL_SSL, OAUTHBEARER                      tokens signed by aws-msk-iam-sasl-signer
    mtls             SSL                                        Secrets Manager or ACM, held in memory only
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from streamdialect.errors import InterfaceError
from streamdialect.model import ExternalSchema, SourceOptions

if TYPE_CHECKING:
    import boto3

logger = logging.getLogger("streamdialect.sources.kafka")

__all__ = ["FIXED", "bootstrap_servers", "connection_properties"]

# What exactly-once reading rests on. These are ours; everything else may be overridden.
FIXED: Mapping[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "allow.auto.create.topics": False,  # asking for a topic must not make it, nor hide that it was deleted
    "fetch.error.backoff.ms": 1000,  # kafka_reader.CONFIRMED rests on it
}
# Options by which librdkafka trusts anybody who answers: allowed for a test of one's own, and never silent.
_UNVERIFIED = {
    "enable.ssl.certificate.verification": frozenset({"false", "f", "0"}),
    "ssl.endpoint.identification.algorithm": frozenset({"none"}),
}
TLS_PORT = "9094"  # MSK's; getting-started-MSK


def _aws() -> Any:
    """Import what needs boto3, which costs more than all of Kafka's client."""
    from streamdialect.sources import kafka_aws

    return kafka_aws


def _all_tls(brokers: str) -> bool:
    return all(broker.rpartition(":")[2] == TLS_PORT for broker in brokers.split(","))


def bootstrap_servers(schema: ExternalSchema, session: Callable[[], boto3.Session]) -> str:
    """Give the broker list: the URI clause, or MSK's answer for CLUSTER_ARN, which blocks on AWS.

    Raise InterfaceError if the schema has neither, and as ``kafka_aws.msk_brokers`` does.
    """
    if schema.uri:
        return schema.uri
    if not schema.cluster_arn:
        raise InterfaceError(
            f'external schema "{schema.name}" names no brokers', hint="Add URI 'host:port[,...]'."
        )
    return str(_aws().msk_brokers(schema, schema.cluster_arn, session()))


def connection_properties(schema: ExternalSchema, options: SourceOptions) -> dict[str, Any]:
    """Give the properties that reach and authenticate to the brokers; the result holds secrets.

    May block on AWS (CLUSTER_ARN, mtls). ``options.kafka`` comes last and wins, except over ``FIXED``.
    Raise InterfaceError for what makes no sense, NotSupportedError if the extra ``msk`` is needed and not
    installed, SourceError and SourceAuthError as AWS answers.
    """
    clashes = sorted(set(options.kafka) & set(FIXED))
    if clashes:
        raise InterfaceError(f"the Kafka option {clashes[0]} is set by streamdialect and cannot be changed")
    for name, values in _UNVERIFIED.items():
        given = options.kafka.get(name)
        if given is not None and given.reveal().lower() in values:
            logger.warning(
                'schema "%s": the Kafka option %s leaves open who answers; give ssl.ca.location instead',
                schema.name,
                name,
                extra={"schema": schema.name, "option": name},
            )
    sessions: list[boto3.Session] = []

    def session() -> boto3.Session:  # made once, and only if some clause needs AWS
        if not sessions:
            sessions.append(_aws().session_for(schema, options))
        return sessions[0]

    given = options.kafka.get("bootstrap.servers")
    brokers = given.reveal() if given else bootstrap_servers(schema, session)
    properties: dict[str, Any] = {"bootstrap.servers": brokers}
    authentication = schema.authentication or "none"
    protocol = options.kafka.get("security.protocol")
    if protocol is not None and protocol.reveal().lower() == "plaintext":
        authentication = "none"  # nobody asks for tokens or certificates there, so they are not fetched
    if authentication == "none":
        # The by-name rule is MSK's (9092 and 9094); for other brokers set security.protocol in the options.
        properties["security.protocol"] = "SSL" if _all_tls(brokers) else "PLAINTEXT"
    elif authentication == "iam":
        properties.update(_aws().iam_properties(schema, session(), brokers))
    else:
        properties.update(_aws().mtls_properties(schema, session()))
    properties.update((name, value.reveal()) for name, value in options.kafka.items())
    return properties
