"""Reads a file that somebody named, when it is an ordinary one and not too large."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cati.errors import Problem
from cati.text import tr


def read_whole(path: Path, most: int) -> bytes:
    """Return all bytes of a file of at most ``most``; a Problem for a folder, a device, a pipe, or what cannot be read.

    Devices and pipes never end: they are not opened at all.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Problem(path.name or str(path), tr("This is not a file."), tr("Name the file itself."))
        if about.st_size > most:
            size = tr("It may have {n} MB at most.", n=most // 2**20)
            raise Problem(path.name, tr("This file is too large."), size)
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Problem(path.name or str(path), tr("This file cannot be read."), os.strerror(error.errno or 0)) from None
    if len(data) > most:
        raise Problem(path.name, tr("This file is too large."), tr("It may have {n} MB at most.", n=most // 2**20))
    return data
