"""What goes back to the office, sealed, and what is deleted here once a list was brought in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cati.errors import Problem
from cati.fieldwork.hand_over import seal_with_words
from cati.fieldwork.import_report import ImportReport
from cati.fieldwork.open_study import OpenStudy, Role
from cati.files.write import refused_table
from cati.text import tr
from cati.vault.age_files import seal_to

if TYPE_CHECKING:
    from cati.fieldwork.sample import Received


def refused_list(
    study: OpenStudy,
    received: Received,
    report: ImportReport,
    *,
    passphrase: str | None = None,
    recipient: str | None = None,
) -> bytes:
    """Return the refused rows with reasons as a workbook sealed with age, for the office to mend."""
    study.require(Role.SUPERVISOR)
    plain = refused_table(received.table, report.mapping, report.refused)
    if recipient:
        return seal_to([recipient], plain)
    if not passphrase:
        raise Problem(tr("Refused rows"), tr("They hold personal data and must be sealed."), tr("Give a passphrase."))
    return seal_with_words(passphrase, plain)


def write_refused(path: Path, sealed: bytes) -> None:
    """Write the sealed rows to a new file; nothing is overwritten."""
    try:
        with path.open("xb") as out:
            out.write(sealed)
    except FileExistsError:
        raise Problem(path.name, tr("This file exists already."), tr("Choose another name.")) from None
    except OSError as error:
        raise Problem(path.name, tr("The file cannot be written."), os.strerror(error.errno or 0)) from None


def delete_received_file(path: Path) -> None:
    """Delete the file that was received; copies in mailboxes and at the office are theirs to delete."""
    try:
        path.unlink()
    except OSError as error:
        raise Problem(path.name, tr("The file could not be deleted."), error.strerror or "") from None
