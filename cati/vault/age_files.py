"""Seals and opens age files (age-encryption.org/v1), the recommended way for an office to hand over its list."""

from __future__ import annotations

import base64
import hashlib

import pyrage

from cati.errors import Problem
from cati.text import tr

HEADER = b"age-encryption.org/v1\n"
ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"


def new_identity() -> tuple[str, str]:
    """Return (identity, recipient): ``AGE-SECRET-KEY-1…``, to be kept under the seal, and ``age1…``, for the office."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(identity: str) -> str:
    """Return the recipient line that belongs to an identity."""
    return str(pyrage.x25519.Identity.from_str(identity).to_public())


def fingerprint(recipient: str) -> str:
    """Return eight groups of four characters to compare by telephone: the first 128 bits of SHA-256 of the line."""
    digest = hashlib.sha256(recipient.strip().encode()).hexdigest()[:32]
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def seal_to(recipients: list[str], plain: bytes) -> bytes:
    """Return an age file that each of the recipients can open; raises Problem when a line is not a recipient."""
    keys = []
    for line in recipients:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(line.strip()))
        except pyrage.RecipientError:
            raise Problem(
                tr("Recipient"),
                tr("This is not an age recipient: it begins with “age1” and has 62 characters."),
                tr("Copy the whole line from the sheet that came with the study."),
            ) from None
    return bytes(pyrage.encrypt(plain, keys))


def seal_with_passphrase(passphrase: str, plain: bytes) -> bytes:
    """Return an age file that the passphrase opens (scrypt, about a second of work)."""
    return bytes(pyrage.passphrase.encrypt(plain, passphrase))


def needs_passphrase(sealed: bytes) -> bool:
    """Tell from the header whether a passphrase opens the file (else an identity does); raises Problem for damage."""
    if sealed.startswith(ARMOUR):
        body = b"".join(sealed[len(ARMOUR) :].split(b"-----END", 1)[0].split())[:200]
        try:
            sealed = base64.b64decode(body[: len(body) // 4 * 4], validate=True)
        except ValueError:
            raise damaged() from None
    return sealed[len(HEADER) :].startswith(b"-> scrypt ")


def open_with_identity(identity: str, sealed: bytes) -> bytes:
    """Return the plain bytes; raises Problem when sealed to somebody else, or altered."""
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)]))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise Problem(
                tr("Sealed file"),
                tr("This file was not sealed for this study."),
                tr("Ask the office to seal it with the recipient line of this study’s sheet."),
            ) from None
        raise damaged() from None


def open_with_passphrase(passphrase: str, sealed: bytes) -> bytes:
    """Return the plain bytes; raises Problem when the passphrase is wrong or the file altered."""
    try:
        return bytes(pyrage.passphrase.decrypt(sealed, passphrase))
    except pyrage.DecryptError as error:
        if "Decryption failed" in str(error):
            raise Problem(
                tr("Sealed file"),
                tr("The passphrase does not open this file."),
                tr("Type it again, or ask the office for it by telephone."),
            ) from None
        raise damaged() from None


def damaged() -> Problem:
    """Return the Problem for a file that was altered or cut short on its way."""
    return Problem(
        tr("Sealed file"),
        tr("The file was altered or is incomplete; nothing was read from it."),
        tr("Ask the office to send it again."),
    )
