"""What a study leaves on a server when it is back in a folder goes: database and roles; what cannot go is said."""

from __future__ import annotations

from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.server_members import Tell
from cati.fieldwork.server_setup import ServerPlan, said
from cati.store import studies
from cati.store.embedded import FILE_NAME, Embedded
from cati.store.link_file import read_link
from cati.store.removal import drop_place
from cati.store.roles import Roles
from cati.text import tr


def is_in_folder(link_path: Path, folder: Path) -> bool:
    """Tell whether the study of a link file already stands in a folder."""
    if not (folder / FILE_NAME).exists():
        return False
    database = Embedded(folder)
    try:
        with database.reading() as transaction:
            found = studies.name_and_settings(transaction)
    finally:
        database.close()
    return found is not None and found[0] == read_link(link_path).study


def drop_from_server(link_path: Path, folder: Path, plan: ServerPlan, tell: Tell) -> None:
    """Take the study's empty database and its roles away from its server; may be repeated.

    ``folder`` is where the study stands now. A Problem, and nothing goes, while the database holds anything.
    """
    if not is_in_folder(link_path, folder):
        raise Problem(folder.name, tr("The study is not in this folder."), tr("Nothing was taken away."))
    link = read_link(link_path)
    for step in drop_place(plan.administrator, plan.password, Roles(link.study), link.database):
        tell(said(step))
    tell(
        tr(
            "What stays on the server until it is overwritten or ends: old files of its log of changes, freed blocks "
            "of its disk, archives, stand-ins and backups. They hold sealed contacts; the seal’s end is their end. "
            "A superuser’s CHECKPOINT lets the old files be overwritten sooner."
        )
    )
    tell(tr("The two lines in pg_hba.conf and the link files can go."))
