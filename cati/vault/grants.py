"""Hands a study's keys to a member of staff: signed by a research lead, readable by that member under the seal only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cati.errors import Problem
from cati.text import tr
from cati.vault.answers import hpke_open, hpke_seal
from cati.vault.people import MemberKeys, MemberRecord
from cati.vault.seal_file import Seal, key_fingerprint
from cati.vault.sealing import CERTIFICATE, GRANT, open_sealed, parts_of, place, seal, seal_broken

_SIGNATURE_LENGTH = 64


class GrantRefused(Problem):
    """A key, grant or certificate was exchanged, replayed, or signed by somebody who may not."""


class Signs(Protocol):
    """What signs a certificate: a member's own keys, or the key that is pinned in the seal."""

    @property
    def signing(self) -> bytes:
        """The Ed25519 private key."""

    def signing_public(self) -> bytes:
        """Return its public half."""


@dataclass(frozen=True, slots=True)
class CertifyingKey:
    """The Ed25519 private key whose public half is pinned in the seal; every research lead holds it."""

    signing: bytes = field(repr=False)

    def signing_public(self) -> bytes:
        """Return the public half."""
        return Ed25519PrivateKey.from_private_bytes(self.signing).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A research lead's word that these public keys are this member's; ``may_grant`` for research leads."""

    study_id: str
    member_id: str
    may_grant: bool
    encryption_public: bytes
    signing_public: bytes
    answers_public: bytes
    signer_public: bytes
    signature: bytes

    def signed_part(self) -> bytes:
        """Return the bytes that the signature covers."""
        return CERTIFICATE + place(
            "certificate",
            self.study_id,
            self.member_id,
            "grants" if self.may_grant else "",
            self.encryption_public,
            self.signing_public,
            self.answers_public,
        )

    def to_bytes(self) -> bytes:
        """Return version byte and length-prefixed parts, for one column."""
        return CERTIFICATE + place(
            self.study_id,
            self.member_id,
            "grants" if self.may_grant else "",
            self.encryption_public,
            self.signing_public,
            self.answers_public,
            self.signer_public,
            self.signature,
        )


@dataclass(frozen=True, slots=True)
class SignedGrant:
    """Keys for one member: who, which (``purpose``), which epoch, sealed; the signer's certificate travels along."""

    study_id: str
    member_id: str
    purpose: str
    epoch: int
    sealed: bytes
    signer: Certificate
    signature: bytes

    def signed_part(self) -> bytes:
        """Return the bytes that the signature covers."""
        return GRANT + place(
            "grant", self.study_id, self.member_id, self.purpose, str(self.epoch), self.signer.member_id, self.sealed
        )

    def to_bytes(self) -> bytes:
        """Return version byte and length-prefixed parts, for one column."""
        return GRANT + place(
            self.study_id,
            self.member_id,
            self.purpose,
            str(self.epoch),
            self.sealed,
            self.signer.to_bytes(),
            self.signature,
        )


def certify(record: MemberRecord, signer: Signs, *, may_grant: bool = False) -> Certificate:
    """Return a certificate for a member's public keys; it counts when ``signer`` is the key pinned in the seal.

    That is the first research lead's own at the start, and is handed on to every other (`StudyKeys.certifier`).
    """
    bare = Certificate(
        record.study_id,
        record.member_id,
        may_grant,
        record.encryption_public,
        record.signing_public,
        record.answers_public or b"",
        signer.signing_public(),
        b"",
    )
    return _signed_certificate(bare, signer)


def check_certificate(certificate: Certificate, record: MemberRecord, seal_: Seal) -> None:
    """Raise `GrantRefused` unless the pinned research lead signed just these keys for just this member."""
    names = (certificate.study_id, certificate.member_id)
    keys = (certificate.encryption_public, certificate.signing_public, certificate.answers_public)
    if names != (seal_.study_id, record.member_id) or record.study_id != seal_.study_id:
        raise _refused()
    if keys != (record.encryption_public, record.signing_public, record.answers_public or b""):
        raise _refused()
    _check_root(certificate, seal_)


def certified_signing_key(certificate: Certificate, member_id: str, seal_: Seal) -> bytes:
    """Return the public signing key that a member has, or had before theirs were made anew; raises `GrantRefused`.

    The pinned research lead must have certified it for this member.
    """
    if (certificate.study_id, certificate.member_id) != (seal_.study_id, member_id):
        raise _refused()
    _check_root(certificate, seal_)
    return certificate.signing_public


def grant(
    key: bytes,
    purpose: str,
    record: MemberRecord,
    certificate: Certificate,
    *,
    signer: MemberKeys,
    signer_certificate: Certificate,
    seal_: Seal,
    epoch: int,
) -> SignedGrant:
    """Seal ``key`` first under the seal, then to the member's key, and sign it.

    The member's certificate is checked before: a key that somebody put into the database gets no grant.
    """
    check_certificate(certificate, record, seal_)
    where = _where(record.study_id, record.member_id, purpose, epoch)
    inner = seal(seal_.key("grants"), key, *where)
    bare = SignedGrant(
        record.study_id,
        record.member_id,
        purpose,
        epoch,
        hpke_seal(record.encryption_public, inner, GRANT, *where),
        signer_certificate,
        b"",
    )
    signature = Ed25519PrivateKey.from_private_bytes(signer.signing).sign(bare.signed_part())
    return SignedGrant(bare.study_id, bare.member_id, purpose, epoch, bare.sealed, signer_certificate, signature)


def open_grant(granted: SignedGrant, purpose: str, keys: MemberKeys, seal_: Seal, *, epoch: int) -> bytes:
    """Return the granted key; raises `GrantRefused` when the pinned research lead does not stand behind the grant.

    ``purpose`` and ``epoch`` are what the caller expects, so an old grant put back in place of a new one is refused.
    """
    expected = (seal_.study_id, keys.member_id, purpose, epoch)
    if (granted.study_id, granted.member_id, granted.purpose, granted.epoch) != expected:
        raise _refused()
    if not granted.signer.may_grant or granted.signer.study_id != seal_.study_id:
        raise _refused()
    _check_root(granted.signer, seal_)
    _check(granted.signer.signing_public, granted.signature, granted.signed_part())
    where = _where(*expected)
    return open_sealed(seal_.key("grants"), hpke_open(keys.encryption, granted.sealed, GRANT, *where), *where)


def certificate_from_bytes(data: bytes) -> Certificate:
    """Return the certificate from its column; raises `SealBroken` when it is not one."""
    study, member, grants, encryption, signing, answers, signer, signature = _parts(data, CERTIFICATE, 8)
    return Certificate(_text(study), _text(member), _flag(grants), encryption, signing, answers, signer, signature)


def grant_from_bytes(data: bytes) -> SignedGrant:
    """Return the grant from its column; raises `SealBroken` when it is not one."""
    study, member, purpose, epoch, sealed, signer, signature = _parts(data, GRANT, 7)
    number = _text(epoch)
    if not number.isascii() or not number.isdigit() or str(int(number)) != number:
        raise seal_broken()
    return SignedGrant(
        _text(study), _text(member), _text(purpose), int(number), sealed, certificate_from_bytes(signer), signature
    )


def _signed_certificate(bare: Certificate, signer: Signs) -> Certificate:
    signature = Ed25519PrivateKey.from_private_bytes(signer.signing).sign(bare.signed_part())
    return Certificate(
        bare.study_id,
        bare.member_id,
        bare.may_grant,
        bare.encryption_public,
        bare.signing_public,
        bare.answers_public,
        bare.signer_public,
        signature,
    )


def _check_root(certificate: Certificate, seal_: Seal) -> None:
    """Check that the key pinned in the seal signed the certificate (others' grants carry such a certificate)."""
    if not seal_.signer_fingerprint or key_fingerprint(certificate.signer_public) != seal_.signer_fingerprint:
        raise _refused()
    _check(certificate.signer_public, certificate.signature, certificate.signed_part())


def _check(public: bytes, signature: bytes, signed: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise _refused() from None


def _where(study: str, member: str, purpose: str, epoch: int) -> tuple[str, ...]:
    return study, "grant", member, purpose, str(epoch)


def _parts(data: bytes, version: bytes, count: int) -> list[bytes]:
    if data[:1] != version:
        raise seal_broken()
    return parts_of(data[1:], count)


def _text(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeDecodeError:
        raise seal_broken() from None


def _flag(part: bytes) -> bool:
    if part not in {b"", b"grants"}:
        raise seal_broken()
    return part == b"grants"


def _refused() -> GrantRefused:
    return GrantRefused(
        tr("Keys"),
        tr("The keys in the database were not granted by this study’s research lead."),
        tr("Somebody changed the database. Stop work and tell the research lead and data protection."),
    )
