"""What AUTHENTICATION iam and mtls, and CLUSTER_ARN, ask of AWS; imported only for schemas that have them.

Source: ``materialized-view-streaming-ingestion-getting-started-MSK``, ``...-mtls``.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import boto3

from streamdialect.errors import InterfaceError, NotSupportedError, SourceAuthError
from streamdialect.model import ExternalSchema
from streamdialect.sources.aws import CONTROL, session_for, translated

__all__ = ["iam_properties", "msk_brokers", "mtls_properties", "session_for"]

_BROKER_STRINGS = {
    "none": ("BootstrapBrokerString", "BootstrapBrokerStringTls"),
    "iam": ("BootstrapBrokerStringSaslIam", "BootstrapBrokerStringPublicSaslIam"),
    "mtls": ("BootstrapBrokerStringTls", "BootstrapBrokerStringPublicTls"),
}
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_BROKER_REGION = re.compile(r"\.kafka(?:-serverless)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")


def _arn_region(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[3] else None


def msk_brokers(schema: ExternalSchema, cluster_arn: str, session: boto3.Session) -> str:
    """Give MSK's broker list for a cluster (GetBootstrapBrokers). Blocks on AWS.

    Raise InterfaceError if the cluster offers none for the schema's AUTHENTICATION, SourceError if MSK
    cannot be asked.
    """
    with translated("asking for the cluster's brokers"):
        client: Any = session.client("kafka", region_name=_arn_region(cluster_arn), config=CONTROL)
        answer = client.get_bootstrap_brokers(ClusterArn=cluster_arn)
    authentication = schema.authentication or "none"
    for name in _BROKER_STRINGS[authentication]:
        if answer.get(name):
            return str(answer[name])
    raise InterfaceError(
        f"the cluster {cluster_arn} offers no brokers for AUTHENTICATION {authentication}",
        hint="It offers: "
        + ", ".join(sorted(name for name, value in answer.items() if name[0] == "B" and value)),
    )


def iam_properties(schema: ExternalSchema, session: boto3.Session, brokers: str) -> dict[str, Any]:
    """Give the properties that sign in to MSK with IAM; tokens are made when librdkafka asks for them.

    Raise NotSupportedError if the extra ``msk`` is not installed, InterfaceError without a region.
    """
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


def _certificates(text: str) -> str:
    # librdkafka reads the whole chain since 2.8, and since then refuses any other text between or after.
    return "".join(f"{block}\n" for block in _PEM.findall(text)) or text


def mtls_properties(schema: ExternalSchema, session: boto3.Session) -> dict[str, Any]:
    """Give the properties with the client certificate and its key, in memory only. Blocks on AWS.

    Raise InterfaceError if the schema names none or the secret is malformed, SourceError and
    SourceAuthError as AWS answers.
    """
    if schema.secret_arn:
        with translated(f"reading the secret {schema.secret_arn}"):
            client: Any = session.client(
                "secretsmanager", region_name=_arn_region(schema.secret_arn), config=CONTROL
            )
            secret = client.get_secret_value(SecretId=schema.secret_arn)
        try:
            members = json.loads(secret["SecretString"])
            material = {
                "ssl.certificate.pem": _certificates(members["certificate"]),
                "ssl.key.pem": members["privateKey"],
            }
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
        chain = exported["Certificate"] + "\n" + (exported.get("CertificateChain") or "")
        material = {
            "ssl.certificate.pem": _certificates(chain),
            "ssl.key.pem": exported["PrivateKey"],
            "ssl.key.password": passphrase,
        }
    else:
        raise InterfaceError(
            "AUTHENTICATION mtls names no certificate",
            hint="Add AUTHENTICATION_ARN '...' or SECRET_ARN '...'.",
        )
    return {"security.protocol": "SSL", **material}
