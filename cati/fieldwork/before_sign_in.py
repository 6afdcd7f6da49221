"""What is known of a study, and done with its seal, before anybody has signed in; in a folder or on a server."""

from __future__ import annotations

from pathlib import Path

from cati import places
from cati.errors import Problem
from cati.settings import settings_from_json
from cati.store import studies
from cati.store.link_file import is_link, read_link
from cati.store.migrations import refuse_newer
from cati.store.opening import open_database
from cati.text import tr
from cati.vault.paper import seal_from_paper
from cati.vault.seal_file import Seal, create_seal, read_seal


def is_on_server(place: Path) -> bool:
    """Tell whether the study at ``place`` lies on a server: then that is its link file."""
    return is_link(place)


def study_name(folder: Path) -> str:
    """Return the study's name without a password, for the sign-in page; a Problem when the folder holds none.

    ``folder`` is here and below the place of a study: its folder, or its link file.
    """
    if is_link(folder):
        return read_link(folder).name
    database = open_database(folder)
    try:
        refuse_newer(database)
        with database.reading() as transaction:
            row = studies.name_and_settings(transaction)
        if row is None:
            raise no_study(folder.name)
        return settings_from_json(row[1]).name
    finally:
        database.close()


def seal_place(folder: Path) -> Path:
    """Return where this workstation keeps, or would keep, the seal of the study in ``folder``."""
    return _seal_path(folder)


def seal_is_here(folder: Path, seal_folder: Path | None = None) -> bool:
    """Tell whether this workstation has the seal of the study in ``folder``."""
    return _seal_path(folder, seal_folder).exists()


def _seal_path(folder: Path, seal_folder: Path | None = None) -> Path:
    return (seal_folder or places.seals()) / f"{_study_id(folder)}.seal"


def _study_id(folder: Path) -> str:
    if is_link(folder):
        return read_link(folder).study
    database = open_database(folder)
    try:
        refuse_newer(database)
        with database.reading() as transaction:
            row = studies.name_and_settings(transaction)
    finally:
        database.close()
    if row is None:
        raise no_study(folder.name)
    return row[0]


def restore_seal(folder: Path, paper_text: str, *, seal_folder: Path | None = None) -> Path:
    """Put the seal back from its paper copy; a Problem names the line that is mistyped or a seal of another study."""
    return _install(folder, seal_from_paper(paper_text), seal_folder)


def bring_seal(folder: Path, seal_file: Path, *, seal_folder: Path | None = None) -> Path:
    """Put the seal on this workstation from its file, as it lies on another one; a Problem when it is another study's.

    ``seal_file`` stays where it is: whoever carried it over on a stick must delete it there.
    """
    return _install(folder, read_seal(seal_file), seal_folder)


def _install(folder: Path, seal: Seal, seal_folder: Path | None) -> Path:
    path = _seal_path(folder, seal_folder)
    if seal.study_id != path.stem:
        raise Problem(tr("Seal"), tr("This seal belongs to another study."), tr("Look for the right one."))
    create_seal(path, seal)
    return path


def no_study(name: str) -> Problem:
    """Return the Problem for a folder that holds no study."""
    return Problem(name, tr("There is no study in this folder."), tr("Choose the folder of a study."))
