"""Seals finished interviews to a key pair of their own, which needs no seal and survives the purge."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from cati.vault.sealing import ANSWERS, WRAPPED, pad, place, seal_broken, unpad

# RFC 9180, base mode, one message: X25519, HKDF-SHA-256, AES-256-GCM.
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def new_answers_pair() -> tuple[bytes, bytes]:
    """Return (private, public), 32 bytes each; interviewers get the public one only."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def hpke_seal(public: bytes, plain: bytes, version: bytes, *context: str) -> bytes:
    """Return ``version``, encapsulated key (32 bytes) and ciphertext (16 bytes longer); ``info`` is the context."""
    return version + _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info=version + place(*context))


def hpke_open(private: bytes, sealed: bytes, version: bytes, *context: str) -> bytes:
    """Return what `hpke_seal` was given; raises `SealBroken`. It does not say who sealed: anybody can."""
    if sealed[:1] != version:
        raise seal_broken()
    try:
        return _SUITE.decrypt(sealed[1:], X25519PrivateKey.from_private_bytes(private), info=version + place(*context))
    except (InvalidTag, ValueError):  # ValueError: not a point, or cut short
        raise seal_broken() from None


def seal_answers(public: bytes, plain: bytes) -> bytes:
    """Seal one interview so that only the research lead can read it; length hidden in steps of 4 KiB."""
    return hpke_seal(public, pad(plain), ANSWERS, "answers")


def open_answers(private: bytes, sealed: bytes) -> bytes:
    """Return one interview's bytes; raises `SealBroken`."""
    return unpad(hpke_open(private, sealed, ANSWERS, "answers"))


def wrap_answers_key(secret: bytes, member_answers_public: bytes, *context: str) -> bytes:
    """Seal a key that outlives the purge to a research lead's answers key; ``context``: study, member, purpose."""
    return hpke_seal(member_answers_public, secret, WRAPPED, *context)


def unwrap_answers_key(wrapped: bytes, member_answers_private: bytes, *context: str) -> bytes:
    """Return what `wrap_answers_key` was given; raises `SealBroken`."""
    return hpke_open(member_answers_private, wrapped, WRAPPED, *context)
