"""The signed erasure record: canonical JSON with an Ed25519 signature, which anybody can check."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cati.text import tr

FORMAT = "cati erasure record 1"
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of an erasure record found; ``why`` is a sentence, and ``record`` is empty unless ``ok``."""

    ok: bool
    why: str
    record: dict[str, Any]
    public_key: bytes = b""


def canonical_json(value: object) -> bytes:
    """Return the one way to write a value: UTF-8, keys sorted by code point, no spaces; see FORMATS.md.

    Raises ValueError for fractions and for numbers beyond 2^53, which programs read differently.
    """
    _refuse_inexact(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sign_record(record: dict[str, Any], private: bytes) -> bytes:
    """Return the file's content: record, public key and signature as indented JSON with sorted keys."""
    key = Ed25519PrivateKey.from_private_bytes(private)
    signature = key.sign(_signed_part(record))
    return _file(record, key.public_key().public_bytes_raw(), signature)


def verify_record(content: bytes, expected_public_key: bytes | None = None) -> Verified:
    """Check a record's signature, and that it is of the key printed when the study began (when that is given).

    Never raises. Without ``expected_public_key`` a record that somebody signed with a key of their own passes, and
    ``why`` says that the key has to be compared.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    try:
        read = json.loads(content)
        record, public = read["record"], bytes.fromhex(read["public_key"])
        signature = bytes.fromhex(read["signature"])
        if not isinstance(record, dict) or content != _file(record, public, signature):
            return _not_ok(tr("This is not an erasure record as cati writes it, or it was altered."))
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed_part(record))
    except InvalidSignature:
        return _not_ok(tr("The signature does not fit: the record was altered."))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _not_ok(tr("This is not an erasure record as cati writes it, or it was altered."))
    if expected_public_key is None:
        why = tr("The signature fits. Compare the public key with the one printed when the study began.")
        return Verified(ok=True, why=why, record=record, public_key=public)
    if public != expected_public_key:
        return _not_ok(tr("The record is signed with another key than the one printed when the study began."))
    return Verified(
        ok=True, why=tr("The signature fits, and the key is the study’s."), record=record, public_key=public
    )


def _signed_part(record: dict[str, Any]) -> bytes:
    return FORMAT.encode() + b"\n" + canonical_json(record)


def _file(record: dict[str, Any], public: bytes, signature: bytes) -> bytes:
    whole = {"format": FORMAT, "public_key": public.hex(), "record": record, "signature": signature.hex()}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"


def _refuse_inexact(value: object) -> None:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _LARGEST_EXACT):
        message = (
            f"not exact in JSON: {'nan' if isinstance(value, float) and math.isnan(value) else type(value).__name__}"
        )
        raise ValueError(message)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            message = "keys are text"
            raise ValueError(message)
        for part in value.values():
            _refuse_inexact(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_inexact(part)


def _not_ok(why: str) -> Verified:
    return Verified(ok=False, why=why, record={})
