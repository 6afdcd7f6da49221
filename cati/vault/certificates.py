"""A certificate for a study's server, signed by an authority of the institute's own; for those who have neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cati.errors import Problem
from cati.text import tr

AUTHORITY_DAYS, SERVER_DAYS = 3650, 825
"""The authority outlives every study; the server's is made anew every two years, with the same authority."""
_LONGEST_NAME = 64  # of a common name (RFC 5280, appendix A)


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its private key, both PEM; ``ends`` is its last day (UTC)."""

    certificate: str
    key: str = field(repr=False)
    ends: datetime


def new_authority(now: datetime) -> Signed:
    """Make an authority that signs servers and nothing else. Its key is needed again only for another server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cati authority {now:%Y-%m-%d}")])
    usage = _usage(signs_certificates=True)
    made = (
        _begun(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _said(made, key)


def server_certificate(authority: Signed, names: Sequence[str], now: datetime) -> Signed:
    """Return a server's certificate for these names (as workstations write them, or addresses).

    Raises a Problem when the authority's two files do not belong together or its time is over.
    """
    by = x509.load_pem_x509_certificate(authority.certificate.encode())
    signing = load_pem_private_key(authority.key.encode(), password=None)
    if not isinstance(signing, ec.EllipticCurvePrivateKey) or signing.public_key() != by.public_key():
        raise Problem(tr("Authority"), tr("Its key belongs to another certificate."), tr("Bring the right two files."))
    if by.not_valid_after_utc <= now:
        raise Problem(
            tr("Authority"), tr("Its time is over."), tr("Make a new one, and new link files for the workstations.")
        )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_LONGEST_NAME])])
    days = min(SERVER_DAYS, (by.not_valid_after_utc - now).days)
    made = (
        _begun(by.subject, subject, key.public_key(), now, days)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )
    return _said(made, key)


def _begun(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=days)
    )  # a day back: a workstation's clock may be slow


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(word: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(word))
    except ValueError:
        pass
    try:
        return x509.DNSName(word)
    except ValueError:
        raise Problem(word, tr("This is no name of a server."), tr("Write it as workstations reach it.")) from None


def _said(made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Signed:
    return Signed(
        made.public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        made.not_valid_after_utc,
    )
