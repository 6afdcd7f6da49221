"""Opens password-protected Excel files, in the one way that shows wrong passwords and altered bytes."""

from __future__ import annotations

import io
import re

import msoffcrypto
import olefile
from msoffcrypto.exceptions import InvalidKeyError

from cati.errors import Problem
from cati.text import tr

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AGILE = b"\x04\x00\x04\x00"
_LARGEST_INFO = 64 * 1024
_SPINS = range(50_000, 1_000_001)
_HASHES = frozenset({"SHA1", "SHA256", "SHA384", "SHA512"})
_KEY_BITS = frozenset({128, 192, 256})
_FILE_PASS = b"\x2f\x00"


def is_sealed(data: bytes, name: str) -> bool:
    """Tell a password-protected workbook from an old plain one (.xls); raises Problem for weak protection."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if ole.exists("EncryptionInfo"):
                info, book = ole.openstream("EncryptionInfo").read(_LARGEST_INFO + 1), None
            else:
                info, book = None, next((part for part in ("Workbook", "Book") if ole.exists(part)), None)
            start = b"" if book is None else ole.openstream(book).read(4096)
    except Exception:  # noqa: BLE001 - a stranger's file meets a foreign parser: whatever it stumbles over is damage
        raise _damaged(name) from None
    if info is not None:
        _check_agile(info, name)
        return True
    if book is None:
        raise Problem(name, tr("This is an Office file, but not a table."), tr("Ask the office for an .xlsx file."))
    if _has_file_pass(start):
        raise _weak(name)
    return False


def open_office(data: bytes, name: str, password: str) -> bytes:
    """Return the workbook; the password and every byte of the content are verified before anything is handed out."""
    out = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        _check_numbers(office.info, name)
        office.load_key(password=password, verify_password=True)
    except Problem:
        raise
    except InvalidKeyError:
        raise Problem(
            name,
            tr("The password does not open this file."),
            tr("Type it again, or ask the office for it by telephone."),
        ) from None
    except Exception:  # noqa: BLE001 - as above
        raise _damaged(name) from None
    try:
        office.decrypt(out, verify_integrity=True)
    except Exception:  # noqa: BLE001 - as above; here also: the content's own check value differs
        raise _damaged(name) from None
    return out.getvalue()


def _check_agile(info: bytes, name: str) -> None:
    """Refuse what is not agile encryption, and XML that is more than a description of it."""
    if not info.startswith(_AGILE):
        raise _weak(name)
    xml = info[8:]
    # Only plain ASCII markup without declarations reaches the XML parser: no entities, no other encodings.
    if len(info) > _LARGEST_INFO or not xml.lstrip().startswith(b"<") or b"<!" in xml or b"\0" in xml:
        raise _damaged(name)
    if re.search(rb'encoding\s*=\s*["\'](?!utf-8["\'])', xml[:200], re.IGNORECASE):
        raise _damaged(name)


def _check_numbers(info: dict[str, object], name: str) -> None:
    """Refuse weak parameters, and so many rounds that the program would seem to hang."""
    rounds, bits = info["spinValue"], info["passwordKeyBits"]
    hashes = {info["passwordHashAlgorithm"], info["keyDataHashAlgorithm"]}
    if rounds not in _SPINS or bits not in _KEY_BITS or not hashes <= _HASHES:
        raise _weak(name)


def _has_file_pass(start: bytes) -> bool:
    """Look for the FilePass record among the first records of an old workbook (id and length, 2 bytes each)."""
    at = 0
    while at + 4 <= len(start):
        if start[at : at + 2] == _FILE_PASS:
            return True
        at += 4 + int.from_bytes(start[at + 2 : at + 4], "little")
    return False


def _weak(name: str) -> Problem:
    return Problem(
        name,
        tr("The file’s encryption is too weak: it was made by an old program or in an old format."),
        tr("Ask the office to save it as .xlsx with a password in Excel 2013 or later, or to send an .age file."),
    )


def _damaged(name: str) -> Problem:
    return Problem(
        name,
        tr("The file was altered or is incomplete; nothing was read from it."),
        tr("Ask the office to send it again."),
    )
