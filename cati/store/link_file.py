"""The `.cati-study` file: where a study's server is and who signed for it; it opens nothing and holds no secret."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from cati import places
from cati.errors import Problem
from cati.text import tr
from cati.vault import server_password
from cati.vault.people import ArgonCost

SUFFIX = ".cati-study"
_FORMAT = "cati study link 1"
_LARGEST = 2**20
_STUDY = re.compile(r"[0-9a-f]{32}")
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")  # no blank and no comma, and no "/": a socket has no certificate
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLink:
    """What the file says. ``authority``: certificates (PEM) of who signed the server's; ``cost``: of role passwords."""

    study: str
    name: str
    database: str
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    authority: str
    cost: ArgonCost
    format: str = _FORMAT

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return msgspec.json.format(msgspec.json.encode(asdict(self)), indent=1) + b"\n"


def is_link(place: Path) -> bool:
    """Tell whether a study lies on a server: its place is a link file, not a folder."""
    return place.suffix == SUFFIX and not place.is_dir()


def read_link(path: Path) -> StudyLink:
    """Read a link file; a Problem when there is none, or when it is not one to the last field."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise Problem(path.name, tr("There is no such file."), tr("Ask for the study’s link file.")) from None
    try:
        link = msgspec.json.decode(content, type=StudyLink)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unfit(path.name) from None
    refuse_unfit(link, path.name)
    return link


def refuse_unfit(link: StudyLink, where: str) -> None:
    """Raise a Problem unless every field of a link is one that can be used safely."""
    fit = (
        link.format == _FORMAT
        and _STUDY.fullmatch(link.study)
        and _DATABASE.fullmatch(link.database)
        and link.hosts
        and len(link.hosts) == len(link.ports)
        and all(_HOST.fullmatch(host) for host in link.hosts)
        and all(0 < port <= _HIGHEST_PORT for port in link.ports)
        and "-----BEGIN CERTIFICATE-----" in link.authority
    )
    if not fit:
        raise _unfit(where)
    if not server_password.enough(link.cost):
        raise Problem(
            where,
            tr("This file would have passwords guarded less than this program does."),
            tr("Do not sign in with it; ask where it comes from."),
        )


def _unfit(where: str) -> Problem:
    return Problem(where, tr("This is no link to a study, or it is damaged."), tr("Ask for the file once more."))


def authority_file(link: StudyLink) -> Path:
    """Write the authority's certificates where libpq can read them (0600, in the program's own folder)."""
    content = link.authority.encode()
    path = places.authorities() / f"{sha256(content).hexdigest()}.pem"
    try:
        if path.read_bytes() == content:
            return path
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    beside.replace(path)  # another window may do the same at this moment: whole or not at all
    return path


def write_link(path: Path, link: StudyLink) -> None:
    """Write a link file beside its name and put it there whole, in place of an older one."""
    refuse_unfit(link, path.name)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(link.to_bytes())
    beside.replace(path)
