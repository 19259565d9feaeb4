"""Turn the clauses of CREATE EXTERNAL SCHEMA ... FROM KAFKA | MSK into librdkafka's properties.

Source: ``r_CREATE_EXTERNAL_SCHEMA``, ``materialized-view-streaming-ingestion-getting-started-MSK`` and
``...-mtls`` for the clauses; librdkafka's CONFIGURATION.md for the properties.

    AUTHENTICATION   security.protocol                          material
    none             PLAINTEXT; SSL if the URI names port 9094  -
    iam              SASL_SSL, OAUTHBEARER                      tokens signed by aws-msk-iam-sasl-signer
    mtls             SSL                                        Secrets Manager or ACM, held in memory only
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from streamdialect.errors import InterfaceError, NotSupportedError, SourceAuthError
from streamdialect.model import ExternalSchema, SourceOptions
from streamdialect.sources.aws import CONTROL, session_for, translated

__all__ = ["FIXED", "bootstrap_servers", "connection_properties"]

# What exactly-once reading rests on. These are ours; everything else may be overridden.
FIXED: Mapping[str, Any] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
}
TLS_PORT = "9094"  # MSK's; getting-started-MSK

_BROKER_STRINGS = {
    "none": ("BootstrapBrokerString", "BootstrapBrokerStringTls"),
    "iam": ("BootstrapBrokerStringSaslIam", "BootstrapBrokerStringPublicSaslIam"),
    "mtls": ("BootstrapBrokerStringTls", "BootstrapBrokerStringPublicTls"),
}
_BROKER_REGION = re.compile(r"\.kafka(?:-serverless)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")


def _arn_region(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[3] else None


def _all_tls(brokers: str) -> bool:
    return all(broker.rpartition(":")[2] == TLS_PORT for broker in brokers.split(","))


def bootstrap_servers(schema: ExternalSchema, session: Callable[[], boto3.Session]) -> str:
    """Give the broker list: the URI clause, or MSK's answer for CLUSTER_ARN (GetBootstrapBrokers).

    Raise InterfaceError if the schema has neither, SourceError if MSK cannot be asked.
    """
    if schema.uri:
        return schema.uri
    if not schema.cluster_arn:
        raise InterfaceError(
            f'external schema "{schema.name}" names no brokers', hint="Add URI 'host:port[,...]'."
        )
    with translated("asking for the cluster's brokers"):
        client: Any = session().client("kafka", region_name=_arn_region(schema.cluster_arn), config=CONTROL)
        answer = client.get_bootstrap_brokers(ClusterArn=schema.cluster_arn)
    authentication = schema.authentication or "none"
    for name in _BROKER_STRINGS[authentication]:
        if answer.get(name):
            return str(answer[name])
    raise InterfaceError(
        f"the cluster {schema.cluster_arn} offers no brokers for AUTHENTICATION {authentication}",
        hint="It offers: "
        + ", ".join(sorted(name for name, value in answer.items() if name[0] == "B" and value)),
    )


def connection_properties(schema: ExternalSchema, options: SourceOptions) -> dict[str, Any]:
    """Give the properties that reach and authenticate to the brokers; the result holds secrets.

    May block on AWS (CLUSTER_ARN, mtls). ``options.kafka`` comes last and wins, except over ``FIXED``.
    Raise InterfaceError for what makes no sense, NotSupportedError if the extra ``msk`` is needed and not
    installed, SourceError and SourceAuthError as AWS answers.
    """
    clashes = sorted(set(options.kafka) & set(FIXED))
    if clashes:
        raise InterfaceError(f"the Kafka option {clashes[0]} is set by streamdialect and cannot be changed")
    sessions: list[boto3.Session] = []

    def session() -> boto3.Session:  # made once, and only if some clause needs AWS
        if not sessions:
            sessions.append(session_for(schema, options))
        return sessions[0]

    given = options.kafka.get("bootstrap.servers")
    brokers = given.get_secret_value() if given else bootstrap_servers(schema, session)
    properties: dict[str, Any] = {"bootstrap.servers": brokers}
    authentication = schema.authentication or "none"
    if authentication == "none":
        # The by-name rule is MSK's (9092 and 9094); for other brokers set security.protocol in the options.
        properties["security.protocol"] = "SSL" if _all_tls(brokers) else "PLAINTEXT"
    elif authentication == "iam":
        properties.update(_iam(schema, session(), brokers))
    else:
        properties.update(_mtls(schema, session()))
    properties.update((name, value.get_secret_value()) for name, value in options.kafka.items())
    return properties


def _iam(schema: ExternalSchema, session: boto3.Session, brokers: str) -> dict[str, Any]:
    try:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
    except ImportError as error:
        raise NotSupportedError(
            "AUTHENTICATION iam needs the package aws-msk-iam-sasl-signer-python",
            hint="pip install 'streamdialect[msk]'",
        ) from error
    from botocore.credentials import CredentialProvider

    named = _BROKER_REGION.search(brokers)
    region = schema.region or (named.group(1) if named else None) or session.region_name
    if not region:
        raise InterfaceError(
            "AUTHENTICATION iam needs an AWS region",
            hint="Add REGION '<region>' to the external schema, or set AWS_DEFAULT_REGION.",
        )

    class Credentials(CredentialProvider):
        """Hand the signer our session's credentials, which refresh themselves."""

        def load(self) -> Any:
            credentials = session.get_credentials()
            if credentials is None:
                raise SourceAuthError("no usable AWS credentials while signing in to MSK")
            return credentials

    provider = Credentials()

    def token(config: str) -> tuple[str, float]:
        text, expires_ms = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            region, provider
        )
        return text, expires_ms / 1000

    return {"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "oauth_cb": token}


def _mtls(schema: ExternalSchema, session: boto3.Session) -> dict[str, Any]:
    if schema.secret_arn:
        with translated(f"reading the secret {schema.secret_arn}"):
            client: Any = session.client(
                "secretsmanager", region_name=_arn_region(schema.secret_arn), config=CONTROL
            )
            secret = client.get_secret_value(SecretId=schema.secret_arn)
        try:
            members = json.loads(secret["SecretString"])
            material = {"ssl.certificate.pem": members["certificate"], "ssl.key.pem": members["privateKey"]}
        except (KeyError, TypeError, ValueError):
            # "from None": the original would carry the secret's text.
            raise InterfaceError(
                f"the secret {schema.secret_arn} is not as AUTHENTICATION mtls needs it",
                hint='It must be JSON text with the members "certificate" and "privateKey", both PEM.',
            ) from None
    elif schema.authentication_arn:
        passphrase = secrets.token_hex(32)  # of the copy in memory; ACM hands out no plain key
        with translated(f"exporting the certificate {schema.authentication_arn}"):
            client = session.client("acm", region_name=_arn_region(schema.authentication_arn), config=CONTROL)
            exported = client.export_certificate(
                CertificateArn=schema.authentication_arn, Passphrase=passphrase.encode()
            )
        certificates = [exported["Certificate"], exported.get("CertificateChain") or ""]
        material = {
            "ssl.certificate.pem": "\n".join(part.strip() for part in certificates if part) + "\n",
            "ssl.key.pem": exported["PrivateKey"],
            "ssl.key.password": passphrase,
        }
    else:
        raise InterfaceError(
            "AUTHENTICATION mtls names no certificate",
            hint="Add AUTHENTICATION_ARN '...' or SECRET_ARN '...'.",
        )
    return {"security.protocol": "SSL", **material}
