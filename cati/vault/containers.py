"""Opens the sealed file in which an office hands over its list, whatever it was sealed with, in memory only."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum

from cati.errors import Problem
from cati.text import tr
from cati.vault import age_files, office_files, zip_files

LARGEST = 64 * 1024 * 1024

_CMS_OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_PEM = re.compile(rb"-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----")
_MIME = re.compile(rb"(?im)^content-type:\s*application/(x-)?pkcs7-mime")
_CONTROLS = bytes(range(32)).translate(None, b"\t\r\n")
_OPENPGP_FIRST = frozenset({0x84, 0x85, 0x86, 0x8C, 0x8D, 0x8E, 0xC1, 0xC3})
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


class Needs(StrEnum):
    """Which secret a file asks for."""

    NOTHING = "nothing"
    IDENTITY = "identity"
    PASSWORD = "password"  # noqa: S105 - the name of a sort of secret, not one


class NeedsSecret(Problem):
    """The file is sealed, and the secret that opens it was not given."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A list's bytes out of its container: ``name`` and ``data`` of the table, the container's sort and its SHA-256.

    ``sha256`` is of the file as received, to compare with the hand-over slip. ``container`` is "age", "excel", "zip"
    or "plain"; for a sealed file inside a sealed file, the outer one.
    """

    data: bytes = field(repr=False)
    name: str
    container: str
    sha256: str


def needs_password(data: bytes) -> Needs:
    """Tell which secret the file asks for, from its first bytes and tables; raises Problem for what is refused."""
    sort = _sort(data, "")
    if sort == "age":
        return Needs.PASSWORD if age_files.needs_passphrase(data) else Needs.IDENTITY
    return Needs.NOTHING if sort == "plain" else Needs.PASSWORD


def open_container(data: bytes, name: str, *, identity: str | None, password: str | None) -> Opened:
    """Return the table's bytes; a sealed Excel file inside a zip or age file is opened with the same password.

    Raises `NeedsSecret` when the secret is missing, and Problem for a wrong one, for altered or too large files, and
    for containers that do not protect (ZipCrypto, old Excel encryption, S/MIME, OpenPGP, 7z, rar).
    """
    digest = hashlib.sha256(data).hexdigest()
    sort = _sort(data, name)
    if sort == "plain" and name.lower().endswith((".age", ".zip")):
        raise age_files.damaged()
    plain, inner = _open(sort, data, name, identity, password)
    if sort != "plain":
        again = _sort(plain, inner)
        if again in {"age", "excel", "zip"}:
            plain, inner = _open(again, plain, inner, identity, password)
            if _sort(plain, inner) != "plain":
                raise Problem(
                    name,
                    tr("There are more than two sealed files inside each other."),
                    tr("Ask the office to send the table sealed once."),
                )
    return Opened(data=plain, name=inner, container=sort, sha256=digest)


def _open(sort: str, data: bytes, name: str, identity: str | None, password: str | None) -> tuple[bytes, str]:
    """Return the bytes and the name inside one container."""
    if sort == "plain":
        return data, name
    if sort == "age":
        inner = name[:-4] if name.lower().endswith(".age") else name
        if not age_files.needs_passphrase(data):
            if identity is None:
                raise NeedsSecret(
                    name,
                    tr("This file is sealed to a key."),
                    tr("Sign in as a research lead of the study it was sealed for."),
                )
            return age_files.open_with_identity(identity, data), inner
        return age_files.open_with_passphrase(_given(name, password), data), inner
    if sort == "excel":
        return office_files.open_office(data, name, _given(name, password)), name
    return zip_files.open_zip(data, name, _given(name, password), LARGEST)


def _given(name: str, password: str | None) -> str:
    if not password:
        raise NeedsSecret(
            name, tr("This file is protected by a password."), tr("Type the password that the office gave you.")
        )
    return password


def _sort(data: bytes, name: str) -> str:
    """Return "age", "excel", "zip" or "plain" from the content; raises Problem for what is refused."""
    if len(data) > LARGEST:
        raise Problem(
            name,
            tr("The file is larger than 64 MB."),
            tr("Ask the office to split the list, or to send the table without pictures."),
        )
    if data.startswith((age_files.HEADER, age_files.ARMOUR)):
        return "age"
    if data.startswith(office_files.MAGIC):
        return "excel" if office_files.is_sealed(data, name) else "plain"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "plain" if zip_files.is_document(data, name) else "zip"
    _refuse_unsafe(data, name)
    return "plain"


def _refuse_unsafe(data: bytes, name: str) -> None:
    head = data[:4096]
    if _PEM.search(head) or _MIME.search(head) or (head[:1] == b"\x30" and _CMS_OID in head[:64]):
        raise Problem(
            name,
            tr("S/MIME and CMS files are not read: alterations in them cannot be noticed."),
            _advice(),
        )
    if b"-----BEGIN PGP MESSAGE-----" in head or (head[:1] and head[0] in _OPENPGP_FIRST and not _is_text(head)):
        raise Problem(name, tr("OpenPGP files (.gpg, .asc) are not read yet."), _advice())
    if head.startswith(_OTHER_ARCHIVES):
        raise Problem(name, tr("This kind of archive is not read."), _advice())


def _is_text(head: bytes) -> bool:
    """Tell a table in an old encoding from packets: it has separators and hardly any control characters."""
    return not any(byte in _CONTROLS for byte in head)


def _advice() -> str:
    return tr(
        "Ask the office for an .age file, a password-protected .xlsx file, or a .zip file with AES-256 encryption."
    )
