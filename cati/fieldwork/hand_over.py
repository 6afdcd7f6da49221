"""The office's side of the hand-over: a table sealed for the institute, with the slip that goes beside it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.files.tables import read_table
from cati.text import tr
from cati.vault import age_files


@dataclass(frozen=True, slots=True)
class Slip:
    """What is written on the hand-over slip: the number of rows under the header, and the sealed file's SHA-256."""

    rows: int
    sha256: str


def seal_list(table: Path, target: Path, *, recipient: str | None, passphrase: str | None) -> Slip:
    """Seal the table file as it is (nothing is converted) to the study's recipient or with a passphrase.

    Rows are counted below the first filled row, empty ones left out. ``target`` is whole or absent, and never
    overwritten.
    """
    if (recipient is None) == (passphrase is None):
        raise Problem(target.name, tr("Either a recipient or a passphrase is needed."), tr("Give one of the two."))
    if target.exists():
        raise Problem(target.name, tr("This file exists already."), tr("Choose another name."))
    try:
        plain = table.read_bytes()
    except OSError as error:
        raise Problem(table.name, tr("The table cannot be read."), error.strerror or "") from error
    filled = sum(any(cell.strip() for cell in row) for row in read_table(plain, table.name).rows)
    if recipient is not None:
        sealed = age_files.seal_to([recipient], plain)
    else:
        sealed = age_files.seal_with_passphrase(passphrase or "", plain)
    part = target.with_name(target.name + ".part")
    with part.open("xb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    part.replace(target)
    return Slip(rows=max(filled - 1, 0), sha256=hashlib.sha256(sealed).hexdigest())
