"""A certificate authority for tests: a root, an intermediate below it, and certificates of that one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

__all__ = ["Authority", "Certificate"]


@dataclass(frozen=True)
class Certificate:
    """Hold PEM texts: the certificate followed by its intermediate, and its PKCS #8 key."""

    chain: str
    key: str


class Authority:
    """Sign certificates; ``root`` is the PEM text of what verifies them."""

    def __init__(self) -> None:
        self._root_key, root = _signed("test root")
        self._key, intermediate = _signed("test intermediate", root, self._root_key)
        self._issuer = intermediate
        self.root = _pem(root)

    def certificate(self, name: str, passphrase: bytes | None = None) -> Certificate:
        """Make a certificate for an IP address or a client's name; ``passphrase`` encrypts the key."""
        from cryptography.hazmat.primitives import serialization as form

        key, certificate = _signed(name, self._issuer, self._key, authority=False)
        encryption = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
        text = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption).decode()
        return Certificate(_pem(certificate) + _pem(self._issuer), text)


def _pem(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    text: str = certificate.public_bytes(Encoding.PEM).decode()
    return text


def _signed(name: str, issuer: Any = None, issuer_key: Any = None, authority: bool = True) -> tuple[Any, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if name[0].isdigit():
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))])
        builder = builder.add_extension(names, critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())
