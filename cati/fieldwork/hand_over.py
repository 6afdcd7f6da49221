"""The office's side of the hand-over: a table sealed for the institute, with the slip that goes beside it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.files.people_rows import count_people, read_list
from cati.files.whole_file import read_whole
from cati.text import tr
from cati.vault import age_files
from cati.vault.containers import LARGEST, Needs, needs_password
from cati.vault.passwords import password_faults


@dataclass(frozen=True, slots=True)
class Slip:
    """What is written on the hand-over slip: the number of rows under the header, and the sealed file's SHA-256."""

    rows: int
    sha256: str


def check_passphrase(passphrase: str) -> None:
    """Raise a Problem when anybody could guess it: a sealed file may travel where everybody can try."""
    for fault in password_faults(passphrase, "", ()):
        raise Problem(tr("Passphrase"), fault, tr("Take four or five words that do not belong together."))


def seal_with_words(passphrase: str, plain: bytes) -> bytes:
    """Seal with a passphrase that passes `check_passphrase`."""
    check_passphrase(passphrase)
    return age_files.seal_with_passphrase(passphrase, plain)


def seal_list(table: Path, target: Path, *, recipient: str | None, passphrase: str | None) -> Slip:
    """Seal the table file as it is (nothing is converted) to the study's recipient or with a passphrase.

    Rows are counted as the import counts them. ``target`` is whole or absent, and never overwritten.
    """
    if (recipient is None) == (passphrase is None):
        raise Problem(target.name, tr("Either a recipient or a passphrase is needed."), tr("Give one of the two."))
    if target.exists():
        raise Problem(target.name, tr("This file exists already."), tr("Choose another name."))
    if not target.parent.is_dir():
        raise Problem(str(target.parent), tr("There is no such folder."), tr("Make it, or choose another."))
    plain = read_whole(table, LARGEST)
    if needs_password(plain) is not Needs.NOTHING:
        raise Problem(
            table.name,
            tr("This file is protected already; its rows cannot be counted."),
            tr("Save it without a password first, or send it as it is and count its rows by hand."),
        )
    rows = count_people(read_list(plain, table.name))
    if not rows:
        raise Problem(table.name, tr("There is nobody in this list."), tr("Check that it is the right file."))
    if recipient is not None:
        sealed = age_files.seal_to([recipient], plain)
    else:
        sealed = seal_with_words(passphrase or "", plain)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Problem(target.name, tr("The sealed list cannot be written."), os.strerror(error.errno or 0)) from None
    return Slip(rows=rows, sha256=hashlib.sha256(sealed).hexdigest())
