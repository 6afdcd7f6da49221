"""Two people's order to destroy a study's seal everywhere, and each workstation's signed word that it did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cati.vault.erasure import canonical_json
from cati.vault.sealing import ORDER, REPORT, place


@dataclass(frozen=True, slots=True)
class Order:
    """That a study is erased, by two people: ``at`` as in the record, and their signatures by member."""

    study_id: str
    at: str
    signatures: Mapping[str, bytes] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return what the database keeps."""
        return {"at": self.at, "signatures": {who: found.hex() for who, found in self.signatures.items()}}


def sign_order(study_id: str, at: str, signing: Mapping[str, bytes]) -> Order:
    """Return the order of these two, with their Ed25519 private keys by member."""
    part = _order_part(study_id, at, signing)
    return Order(study_id, at, {who: _sign(key, part) for who, key in signing.items()})


def check_order(found: object, study_id: str, certified: Mapping[str, bytes]) -> bool:
    """Tell whether this is an order that two certified people of this study signed; never raises.

    ``certified``: Ed25519 public keys by member, each certified under the key that the seal pins.
    """
    try:
        at, signatures = found["at"], found["signatures"]  # type: ignore[index]  # whatever it is: see below
        part = _order_part(study_id, at, signatures)
        for who, signature in signatures.items():
            Ed25519PublicKey.from_public_bytes(certified[who]).verify(bytes.fromhex(signature), part)
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError):
        return False
    return len(signatures) == 2  # noqa: PLR2004 - two people


def sign_report(study_id: str, station_id: str, said: Mapping[str, object], signing: bytes | None) -> bytes:
    """Return a workstation's word, signed by whoever is signed in there; None: nobody could unlock a key any more."""
    signature = "" if signing is None else _sign(signing, _report_part(study_id, station_id, said)).hex()
    return canonical_json({**said, "signature": signature})


def read_report(word: bytes | None, study_id: str, station_id: str, certified: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what a workstation said, with ``signed`` whether it is signed by who it says; {} when it is no word."""
    try:
        said = json.loads(word or b"")
        signature = said.pop("signature")
        part = _report_part(study_id, station_id, said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    try:
        Ed25519PublicKey.from_public_bytes(certified[said["by"]]).verify(bytes.fromhex(signature), part)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return {**said, "signed": False}
    return {**said, "signed": True}


def _sign(key: bytes, part: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(key).sign(part)


def _order_part(study_id: str, at: str, people: Mapping[str, object]) -> bytes:
    return ORDER + place("end of the study", study_id, at, *sorted(people))


def _report_part(study_id: str, station_id: str, said: Mapping[str, object]) -> bytes:
    return REPORT + place("seal destroyed", study_id, station_id, canonical_json(dict(said)))
