"""A study in a folder is brought to this program's version, after a copy of its database was laid aside."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.backing_up import back_up_file, backups_in, end_old, list_backup
from cati.fieldwork.kept_rules import keep_rules
from cati.fieldwork.log import seconds
from cati.settings import settings_from_json
from cati.store import backups, studies
from cati.store.embedded import Embedded
from cati.store.migrations import is_older, require_current
from cati.text import tr

COPIES = "before-update"
COPY_DAYS = 7
"""How long the copy from before stays in the study's folder; the erasure deletes it in any case."""
Progress = Callable[[int, int], None]


def update_study(
    folder: Path,
    *,
    now: Callable[[], datetime],
    draw: random.Random,
    progress: Progress = lambda _done, _of: None,
) -> Path | None:
    """Copy the database, then bring it up to date in one transaction; return the copy's path, None if it was current.

    Nobody else may have the study open. If anything fails the study is as it was. ``progress``: of the copy first,
    then of the steps.
    """
    database = Embedded(folder)
    try:
        if not is_older(database):
            return None
        database.refuse_others()
        _refuse_full_disk(database)
        copy = back_up_file(database, folder / COPIES, now=now, draw=draw, keep=COPY_DAYS, progress=progress)
        require_current(database, progress)
        list_backup(database, copy)
        with database.transaction() as transaction:
            row = studies.name_and_settings(transaction)
            if row is not None:  # what older programs worked out each time stands in tables now
                keep_rules(transaction, settings_from_json(row[1]))
        return copy
    finally:
        database.close()


def _refuse_full_disk(database: Embedded) -> None:
    needed = 3 * database.file.stat().st_size  # the copy, the tables that are written anew, and the log of both
    if shutil.disk_usage(database.folder).free < needed:
        raise Problem(
            database.name,
            tr("There is no room for a copy: {n} MB are needed.", n=-(-needed // 2**20)),
            tr("Make room and try again. Nothing was changed."),
        )


def end_copies(folder: Path, at: datetime, *, all_: bool = False) -> None:
    """Delete the copies in a study's folder that have ended, or all; called at every sign-in, so it looks first."""
    copies = folder / COPIES
    if not copies.is_dir():
        return
    last = max((found.ends for _path, found in backups_in(copies)), default=at)
    ended = end_old(copies, max(at, last) if all_ else at)
    with suppress(OSError):
        copies.rmdir()
    if ended:
        database = Embedded(folder)
        try:
            with database.transaction() as transaction:
                backups.mark_gone(transaction, [found.id for found in ended], seconds(at))
        finally:
            database.close()
