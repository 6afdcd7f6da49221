"""How a study's folder stands before anybody has signed in: running, without its seal, being erased, erased."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from cati import places
from cati.errors import Problem
from cati.store import erasure, studies
from cati.store.link_file import is_link, read_link
from cati.store.migrations import is_older
from cati.store.opening import open_database
from cati.text import tr


class StudyState(StrEnum):
    """What can be done with a study next."""

    RUNNING = "running"
    OLDER = "older"
    """Made by an older program: it is brought up to date first (`cati.fieldwork.updating`)."""
    SEAL_MISSING = "seal_missing"
    ERASING = "erasing"
    """An erasure was begun and interrupted: only the same two people can go on, and only with that."""
    ERASED = "erased"
    """The contacts are gone; a research lead can still open the answers."""


def state_of(folder: Path) -> StudyState:
    """Return how the study in ``folder`` (or of a link file) stands on this workstation; a Problem when there is none.

    A server says before the sign-in nothing: there only the seal is looked for, and why it went.
    """
    if is_link(folder):
        return _by_seal(read_link(folder).study)
    database = open_database(folder)
    try:
        if is_older(database):
            return StudyState.OLDER
        with database.reading() as transaction:
            row = studies.the_study(transaction)
            begun = bool(erasure.steps(transaction))
    finally:
        database.close()
    if row is None:
        raise Problem(folder.name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
    if row.erased_at is not None:
        return StudyState.ERASED
    if begun:
        return StudyState.ERASING
    return _by_seal(row.id)


def _by_seal(study_id: str) -> StudyState:
    seal = places.seals() / f"{study_id}.seal"
    end = kept_end(seal)
    if seal.exists():
        return StudyState.ERASING if end is StudyState.ERASING else StudyState.RUNNING
    return end or StudyState.SEAL_MISSING


def keep_end(seal_path: Path, state: StudyState) -> None:
    """Keep beside the place of a seal why there is none any more: ``state`` is ERASING or ERASED."""
    seal_path.with_suffix(".ended").write_text(state + "\n", "ascii")


def kept_end(seal_path: Path) -> StudyState | None:
    """Return why the seal is not here any more, None when that is not known."""
    try:
        found = seal_path.with_suffix(".ended").read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return next((state for state in (StudyState.ERASING, StudyState.ERASED) if found == state), None)
