"""Seals bytes with AES-256-GCM so that they open only under the same key and in the same place."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cati.errors import Problem
from cati.text import tr

KEY_LENGTH = 32
PAGE = 4096

# The first byte of everything the vault writes names the format and its version (FORMATS.md).
SEALED = b"\x11"
CONTACT_KEY = b"\x21"
CONTACT_DETAILS = b"\x22"
ANSWERS = b"\x31"
WRAPPED = b"\x32"
GRANT = b"\x41"
CERTIFICATE = b"\x42"
RECOVERY = b"\x43"
MEMBER = b"\x51"
SERVER_PASSWORD = b"\x52"
SEAL_FILE = b"\x61"
PAPER = b"\x62"
CHECKPOINT_ONE = b"\x71"  # of the one chain that all shared before revision 0002; read, no longer written
CHECKPOINT = b"\x72"
ORDER = b"\x91"
REPORT = b"\x92"

NONCE_LENGTH = 12
TAG_LENGTH = 16


class SealBroken(Problem):
    """Something sealed does not open: altered, moved to another place, or sealed with another key."""


def seal_broken() -> SealBroken:
    """Return the one Problem for all such cases; it does not say which, because nothing can tell."""
    return SealBroken(
        tr("Sealed data"),
        tr("This entry does not open: it was altered, moved, or sealed with another key."),
        tr("Do not go on with this entry, and tell the research lead."),
    )


def new_key() -> bytes:
    """Return 32 random bytes from the operating system."""
    return secrets.token_bytes(KEY_LENGTH)


def derive(key: bytes, label: str) -> bytes:
    """Return the 32-byte key for one purpose: HKDF-SHA-256 without salt, ``info`` = "cati/1/" + label."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_LENGTH, salt=None, info=b"cati/1/" + label.encode()).derive(key)


def place(*context: str | bytes) -> bytes:
    """Return the parts of a context, each behind its length (4 bytes, big-endian), as associated data.

    A plain join would let ``("ab", "c")`` stand for ``("a", "bc")``.
    """
    parts = [part.encode() if isinstance(part, str) else part for part in context]
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def parts_of(data: bytes, count: int) -> list[bytes]:
    """Return the ``count`` parts that `place` joined; raises `SealBroken` for fewer, more, or anything behind them."""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at + 4 : end])
        at = end
    if at != len(data) or len(parts) != count:
        raise seal_broken()
    return parts


def seal(key: bytes, plain: bytes, *context: str) -> bytes:
    """Seal ``plain``: version byte, 12 random bytes, ciphertext with tag (29 bytes longer than ``plain``).

    ``context`` says where it belongs (study, table, row, column, epoch); the same parts are needed to open it.
    """
    nonce = secrets.token_bytes(NONCE_LENGTH)
    return SEALED + nonce + AESGCM(key).encrypt(nonce, plain, SEALED + place(*context))


def open_sealed(key: bytes, sealed: bytes, *context: str) -> bytes:
    """Return what `seal` was given; raises `SealBroken` when key, context or a single bit differs."""
    if sealed[:1] != SEALED or len(sealed) < 1 + NONCE_LENGTH + TAG_LENGTH:
        raise seal_broken()
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_LENGTH], sealed[1 + NONCE_LENGTH :], SEALED + place(*context))
    except InvalidTag:
        raise seal_broken() from None


def blind_index(key: bytes, text: str) -> bytes:
    """Return HMAC-SHA-256 of ``text`` (an E.164 number): equal for equal numbers, nothing else; for duplicates only."""
    return hmac.digest(key, text.encode(), hashlib.sha256)


def blind_indexer(key: bytes) -> Callable[[str], bytes]:
    """Return `blind_index` with this key for many numbers: the key is set up once. Whoever holds it holds the key."""
    begun = hmac.new(key, digestmod=hashlib.sha256)

    def index_of(text: str) -> bytes:
        one = begun.copy()
        one.update(text.encode())
        return one.digest()

    return index_of


def hashed_again(key: bytes, digest: bytes) -> bytes:
    """Return HMAC-SHA-256 of a blind index under a newer key, where the number itself is not known any more."""
    return hmac.digest(key, digest, hashlib.sha256)


def pad(plain: bytes, page: int = PAGE) -> bytes:
    """Return length (4 bytes, big-endian), ``plain`` and zeros, a multiple of ``page`` bytes long in all."""
    framed = len(plain).to_bytes(4, "big") + plain
    return framed + bytes(-len(framed) % page)


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given; raises `SealBroken` when the frame is not one of ours."""
    end = 4 + int.from_bytes(padded[:4], "big")
    if len(padded) < PAGE or end > len(padded) or any(padded[end:]):
        raise seal_broken()
    return padded[4:end]
