"""Opens a zip file with AES-256 encryption and one member, within limits checked before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

import pyzipper

from cati.errors import Problem
from cati.text import tr

_END = b"PK\x05\x06"
_LARGE_END = b"PK\x06\x07"
_END_LENGTH = 22
_LONGEST_COMMENT = 65535
_LARGEST_DIRECTORY = 1024 * 1024
_ENCRYPTED = 0x1
_AES_256 = 3
# Zip says nothing about passwords with umlauts: packers use UTF-8 or the code page of their Windows.
_ENCODINGS = ("utf-8", "cp1252", "cp850")
_DOCUMENT_MARKS = frozenset({"[Content_Types].xml", "mimetype"})


def is_document(data: bytes, name: str) -> bool:
    """Tell an .xlsx or .ods file, which is a zip inside, from a zip file; raises Problem for a sealed .ods."""
    with _directory(data, name) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if not _DOCUMENT_MARKS & members.keys():
            return False
        manifest = members.get("META-INF/manifest.xml")
        sealed = "encrypted-package" in members
        if manifest is not None and manifest.file_size <= _LARGEST_DIRECTORY and not sealed:
            try:
                with archive.open(manifest) as stream:
                    sealed = b"encryption-data" in stream.read(_LARGEST_DIRECTORY)
            except Exception:  # noqa: BLE001 - a stranger's file: whatever the parser stumbles over is damage
                raise _damaged(name) from None
        if sealed:
            raise Problem(
                name,
                tr("OpenDocument files with a password are not read."),
                tr("Ask the office to save it as .xlsx with a password, or to send an .age file."),
            )
        return True


def open_zip(data: bytes, name: str, password: str, largest: int) -> tuple[bytes, str]:
    """Return (content, file name) of the only member; raises Problem for weak encryption and all that is not right."""
    _directory(data, name).close()
    try:
        archive = pyzipper.AESZipFile(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - a stranger's file: whatever the parser stumbles over is damage
        raise _damaged(name) from None
    with archive:
        member = _only_member(archive, name)
        stated = member.file_size
        if stated > largest:
            raise _too_large(name)
        # Nothing authenticates the stated size, and the library would cut the content there without a word.
        member.file_size = largest + 1
        content = _unpack(archive, member, name, password)
    if len(content) > largest:
        raise _too_large(name)
    if len(content) != stated:
        raise _damaged(name)
    return content, PurePosixPath(member.filename.replace("\\", "/")).name


def _unpack(archive: pyzipper.AESZipFile, member: pyzipper.zipfile_aes.AESZipInfo, name: str, password: str) -> bytes:
    """Return at most ``member.file_size`` bytes; the HMAC over all of the ciphertext is checked at the end."""
    for encoding in _ENCODINGS:
        try:
            with archive.open(member, pwd=password.encode(encoding)) as stream:
                return bytes(stream.read(member.file_size))
        except UnicodeEncodeError:
            continue
        except Exception as error:  # noqa: BLE001 - a stranger's file: whatever the parser stumbles over is damage
            if "Bad password" not in str(error):
                raise _damaged(name) from None
    raise _wrong_password(name)


def _only_member(archive: pyzipper.AESZipFile, name: str) -> pyzipper.zipfile_aes.AESZipInfo:
    """Return the one entry, when it is a file under AES-256."""
    members = archive.infolist()
    if len(members) != 1 or members[0].is_dir():
        raise Problem(
            name,
            tr("The zip file holds {n} entries; one table is expected.", n=len(members)),
            tr("Ask the office to put only the table into it."),
        )
    member = members[0]
    if not member.flag_bits & _ENCRYPTED:
        raise Problem(
            name,
            tr("The zip file is not encrypted."),
            tr("Ask the office to seal it; if the table may be read as it is, take it out of the zip file first."),
        )
    if member.wz_aes_strength != _AES_256:
        raise Problem(
            name,
            tr("The zip file is encrypted with a weak method (ZipCrypto or a short key)."),
            tr("Ask the office to choose AES-256 in 7-Zip, or to send an .age file."),
        )
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Problem(
            name,
            tr("The zip file is compressed in an unusual way."),
            tr("Ask the office to choose “Deflate” in 7-Zip."),
        )
    return member


def _directory(data: bytes, name: str) -> zipfile.ZipFile:
    """Return the archive with its directory read, after a look at how large that directory is."""
    end = data.rfind(_END, max(0, len(data) - _END_LENGTH - _LONGEST_COMMENT))
    if end < 0:
        raise _damaged(name)
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if size > _LARGEST_DIRECTORY or data[max(end - 20, 0) : end].startswith(_LARGE_END):
        raise _too_large(name)
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - a stranger's file: whatever the parser stumbles over is damage
        raise _damaged(name) from None


def _too_large(name: str) -> Problem:
    return Problem(
        name,
        tr("What is packed in this file is larger than 64 MB."),
        tr("Ask the office to split the list, or to send the table without pictures."),
    )


def _damaged(name: str) -> Problem:
    return Problem(
        name,
        tr("The file was altered or is incomplete; nothing was read from it."),
        tr("Ask the office to send it again."),
    )


def _wrong_password(name: str) -> Problem:
    return Problem(
        name, tr("The password does not open this file."), tr("Type it again, or ask the office for it by telephone.")
    )
