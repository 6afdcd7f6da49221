"""A purge under way: where it works, what its steps found so far, and where a trace could lie."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cati import places
from cati.fieldwork.log import Act, append, seconds
from cati.fieldwork.purge_persons import Authority
from cati.fieldwork.residue import Needles, temporary_files
from cati.fieldwork.sheets import papers_of
from cati.store import erasure, studies
from cati.store.database import Database, Transaction
from cati.store.embedded import BALLAST_NAME, FILE_NAME

SAMPLE_NAME = "erasure.sample"
RECORD_NAME = "erasure_record.json"
PAGE_NAME = "erasure_record.html"
OURS = frozenset({FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", BALLAST_NAME, SAMPLE_NAME, RECORD_NAME, PAGE_NAME})


@dataclass
class Purging:
    """A purge under way: what every step needs, and what the steps before have found (``done``)."""

    folder: Path
    database: Database
    seal_path: Path
    study_id: str
    authority: Authority
    now: Callable[[], datetime]
    draw: random.Random
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    needles: Needles = field(default_factory=Needles, repr=False)

    def folders(self) -> tuple[Path, ...]:
        """Return where a trace could lie."""
        return folders_of(self.folder, self.seal_path, self.study_id)

    def ordered(self, at: str) -> dict[str, Any]:
        """Return what is kept besides when it begins at this moment; of a folder nothing."""
        del at
        return {}

    def found_in_rows(self, looked_for: Needles) -> dict[str, int]:
        """Search what cannot be searched as files; of a folder nothing."""
        del looked_for
        return {}

    def for_later(self, tails: Sequence[bytes]) -> dict[str, Any]:
        """Return what a later search by somebody else has to look for; of a folder nothing."""
        del tails
        return {}

    def keep(self, transaction: Transaction, step: str, details: dict[str, Any]) -> None:
        """Keep a step's findings in the transaction of the step itself."""
        erasure.keep_step(transaction, step, seconds(self.now()), msgspec.json.encode(details))
        self.done[step] = details

    def mark_erased(self, study: studies.StudyRow, complete: bool, at: str) -> None:
        """Say in the database that the contacts are erased, and write it anew."""
        del at
        with self.database.transaction() as transaction:
            erasure.mark_erased(transaction, seconds(self.now()))
            append(transaction, study.id, self.authority.persons[0].id, Act.PURGE, self.now(), signed=1)
            self.keep(transaction, "signed", {"complete": complete})
        self.database.vacuum()

    def finish(self, step: str, details: dict[str, Any]) -> None:
        """Keep the findings of a step that was not one transaction; a kill before this repeats the step."""
        with self.database.transaction() as transaction:
            self.keep(transaction, step, details)


def folders_of(folder: Path, seal_path: Path, study_id: str) -> tuple[Path, ...]:
    """Return where a trace could lie: the study, the seal's folder, papers, spools, the program's log, temporary files.

    A spool is what was not yet on a server when the study was taken off it, or a window ended in an outage.
    """
    papers = papers_of(study_id)
    return (folder, seal_path.parent, *([papers] if papers else []), places.spools(), places.logs(), *temporary_files())


def stamp(moment: datetime) -> str:
    """Return an instant as the record writes it: UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
