"""Opens a study's database by where it lies: a folder of this computer, or a server that a link file names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cati.store.connecting import Link
from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.link_file import StudyLink, authority_file, is_link, read_link
from cati.store.logins import MemberRoles
from cati.store.roles import Roles
from cati.store.server import Server
from cati.vault.server_password import server_password


def open_database(place: Path, login: str = "", password: str = "") -> Database:
    """Return the database of the study in a folder, or of the link file ``place`` for one of its members.

    A folder asks for neither login nor password. A server is asked when the first transaction begins; the role's
    password is derived here, which takes half a second. A Problem when there is none.
    """
    if not is_link(place):
        return Embedded(place)
    return open_server(read_link(place), login, password)


def open_server(link: StudyLink, login: str, password: str) -> Server:
    """Return the database that a link names, for a member with this password."""
    derive = partial(_derived, link, login)
    members = MemberRoles(Roles(link.study).login, partial(_derived, link))
    return Server(reached(link), Roles(link.study).login(login), derive(password), derive=derive, members=members)


def reached(link: StudyLink) -> Link:
    """Return how a link's server is reached; the authority's certificates are written where libpq finds them."""
    return Link(hosts=link.hosts, ports=link.ports, database=link.database, authority=str(authority_file(link)))


def _derived(link: StudyLink, login: str, password: str) -> str:
    return server_password(password, link.study, login, link.cost)
