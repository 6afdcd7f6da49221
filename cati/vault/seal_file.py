"""The seal: 32 random bytes in a small file outside the study and its backups; with it goes every contact."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from cati.errors import Problem
from cati.text import tr
from cati.vault.sealing import KEY_LENGTH, PAGE, SEAL_FILE, derive, place

_MAGIC = b"cati seal"
_ID_LENGTH = 16
_BODY_LENGTH = 1 + len(_MAGIC) + KEY_LENGTH + _ID_LENGTH + _ID_LENGTH
_PASSES_IN_PLACE = frozenset({"ext2", "ext3", "ext4", "xfs", "jfs", "vfat", "exfat", "ntfs", "ntfs3", "fuseblk"})


@dataclass(frozen=True, slots=True)
class Seal:
    """A study's seal: ``secret`` (32 bytes), the study's id and the fingerprint of the key that signs its grants.

    Id and fingerprint are 32 lower-case hexadecimal characters; the fingerprint is empty until `pin`.
    """

    secret: bytes = field(repr=False)
    study_id: str
    signer_fingerprint: str = ""

    def key(self, label: str) -> bytes:
        """Return the key that the seal gives for one purpose (HKDF)."""
        return derive(self.secret, "seal/" + label)


@dataclass(frozen=True, slots=True)
class SealDestruction:
    """What was done to a seal file, and what that is worth on this sort of storage.

    ``found`` is false when there was no file (destroyed before). ``storage`` is the name of the file
    system ("" when unknown), ``in_place`` whether it writes over the old bytes; a solid-state disk may keep them.
    """

    found: bool
    overwritten: bool
    synced: bool
    unlinked: bool
    storage: str
    in_place: bool

    def note(self) -> str:
        """Return one sentence for the erasure record."""
        if not self.found:
            return tr("No seal file was found at this place.")
        if not self.unlinked:
            return tr("The seal file could not be destroyed.")
        if self.in_place:
            return tr(
                "Overwritten in place, synchronised and deleted ({storage}); solid-state disks may keep old cells, "
                "for which disk encryption is required.",
                storage=self.storage,
            )
        return tr(
            "Overwritten, synchronised and deleted, but this storage ({storage}) may keep earlier bytes; "
            "disk encryption is required.",
            storage=self.storage or tr("unknown"),
        )


def new_seal(study_id: str) -> Seal:
    """Return a fresh seal that is nowhere on disk yet and pins no signer yet."""
    if len(study_id) != 2 * _ID_LENGTH or bytes.fromhex(study_id).hex() != study_id:
        message = "a study's id is 32 lower-case hexadecimal characters"
        raise ValueError(message)
    return Seal(secrets.token_bytes(KEY_LENGTH), study_id)


def key_fingerprint(public: bytes) -> str:
    """Return the first 128 bits of SHA-256 of a public key, as 32 hexadecimal characters."""
    return hashlib.sha256(place("fingerprint", public)).hexdigest()[: 2 * _ID_LENGTH]


def pin(seal: Seal, signing_public: bytes) -> Seal:
    """Return the seal with the research lead's Ed25519 key pinned: only grants traced to it are opened."""
    return replace(seal, signer_fingerprint=key_fingerprint(signing_public))


def seal_body(seal: Seal) -> bytes:
    """Return secret, study id and fingerprint as the 64 bytes that file and paper have in common."""
    return seal.secret + bytes.fromhex(seal.study_id) + bytes.fromhex(seal.signer_fingerprint)


def seal_of_body(body: bytes) -> Seal:
    """Return the seal from its 64 bytes."""
    study, signer = body[KEY_LENGTH : KEY_LENGTH + _ID_LENGTH], body[KEY_LENGTH + _ID_LENGTH :]
    return Seal(body[:KEY_LENGTH], study.hex(), signer.hex())


def create_seal(path: Path, seal: Seal) -> None:
    """Write the seal file (4 KiB, mode 0600), synced with its folder; raises Problem when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    body = SEAL_FILE + _MAGIC + seal_body(seal)
    if len(body) != _BODY_LENGTH:
        message = "a seal is written once its signer is pinned"
        raise ValueError(message)
    page = (body + hashlib.sha256(body).digest()).ljust(PAGE, b"\0")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise Problem(tr("Seal"), tr("There is a seal file at this place already."), tr("Keep it.")) from None
    with os.fdopen(handle, "wb") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def read_seal(path: Path) -> Seal:
    """Read a seal file; raises Problem when it is missing or damaged."""
    try:
        page = path.read_bytes()
    except FileNotFoundError:
        raise Problem(
            tr("Seal"),
            tr("The seal of this study is not on this workstation."),
            tr(
                "Bring its file from another workstation, or type its paper copy; after the erasure there is none, and "
                "contacts are gone for good."
            ),
        ) from None
    body, check = page[:_BODY_LENGTH], page[_BODY_LENGTH : _BODY_LENGTH + KEY_LENGTH]
    whole = len(page) == PAGE and body.startswith(SEAL_FILE + _MAGIC) and hashlib.sha256(body).digest() == check
    if not whole or any(page[_BODY_LENGTH + KEY_LENGTH :]):
        raise Problem(
            tr("Seal"),
            tr("The seal file is damaged."),
            tr("Take it anew from another workstation or from its paper copy."),
        )
    return seal_of_body(body[1 + len(_MAGIC) :])


def destroy_seal(path: Path) -> SealDestruction:
    """Overwrite the seal file in place, sync, unlink, sync its folder; may be repeated after a kill at any moment.

    A link is followed, and file and link both go. Raises nothing: what failed is said in the value.
    """
    overwritten = synced = False
    target = path.resolve()
    if not target.exists():
        path.unlink(missing_ok=True)
        return SealDestruction(found=False, overwritten=False, synced=False, unlinked=False, storage="", in_place=False)
    storage = _file_system(target)
    try:
        with target.open("r+b", buffering=0) as file:
            length = max(target.stat().st_size, PAGE)
            file.write(secrets.token_bytes(length))
            overwritten = True
            os.fsync(file.fileno())
            synced = True
        target.unlink()
        path.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except OSError:
        return SealDestruction(
            found=True, overwritten=overwritten, synced=synced, unlinked=False, storage=storage, in_place=False
        )
    return SealDestruction(
        found=True,
        overwritten=True,
        synced=True,
        unlinked=True,
        storage=storage,
        in_place=storage in _PASSES_IN_PLACE,
    )


def _sync_folder(folder: Path) -> None:
    """Make a created or deleted name durable; on Windows folders cannot be opened, and NTFS keeps a journal."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file_system(path: Path) -> str:
    """Return the name of the file system that holds ``path`` ("" where the system does not tell)."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    best, name = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = before.split(" ")[4].replace("\\040", " ")
        if path.is_relative_to(mounted) and len(mounted) >= best:
            best, name = len(mounted), after.split(" ")[0]
    return name
