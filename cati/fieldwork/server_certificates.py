"""The files by which a study's server is known to workstations, for institutes without an authority of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from cati.errors import Problem
from cati.fieldwork.sheets import write_private
from cati.store.connecting import proven_url
from cati.store.link_file import authority_file, is_link, read_link
from cati.text import show_moment, tr
from cati.vault.certificates import Signed, new_authority, server_certificate

AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority.key"
SERVER, SERVER_KEY = "server.crt", "server.key"
_NAME = re.compile(r"[A-Za-z0-9.:_-]{1,253}")


def make_certificates(names: Sequence[str], folder: Path, now: datetime, tell: Callable[[str], None]) -> None:
    """Write a server's certificate and key for ``names`` into ``folder``, and an authority if none is there yet.

    An authority that is there signs again, so that link files keep holding; an older certificate is replaced.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise Problem(name, tr("This is no name of a server."), tr("Write it as workstations reach it."))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, key = folder / AUTHORITY, folder / AUTHORITY_KEY
    if certificate.exists():
        if not key.exists():
            raise Problem(
                str(key), tr("There is no such file."), tr("Bring the authority’s key back for this one command.")
            )
        authority = Signed(certificate.read_text("ascii"), key.read_text("ascii"), now)
        tell(tr("there already") + ": " + tr("Authority {path}", path=certificate))
    else:
        authority = new_authority(now)
        write_private(key, authority.key.encode())
        certificate.write_text(authority.certificate, "ascii")
        tell(tr("made") + ": " + tr("Authority {path}", path=certificate))
    signed = server_certificate(authority, names, now)
    write_private(folder / SERVER_KEY, signed.key.encode())
    (folder / SERVER).write_text(signed.certificate, "ascii")
    ends = show_moment(signed.ends, "d MMMM yyyy")
    tell(tr("made") + ": " + tr("Certificate {path}, until {day}", path=folder / SERVER, day=ends))
    tell(tr("Onto the server go {first} and {second}, to nobody else.", first=SERVER, second=SERVER_KEY))
    tell(tr("{name} goes to init-server; it is no secret.", name=AUTHORITY))
    tell(tr("Lock {name} away: whoever has it can pretend to be the server.", name=AUTHORITY_KEY))


def administrators_url(url: str, place: Path, authority: Path | None) -> str:
    """Return the URL with the authority by which the server is proven: of that file, or of the link file ``place``."""
    if authority is None and is_link(place) and place.exists():
        authority = authority_file(read_link(place))
    return url if authority is None else proven_url(url, authority)


def authority_of(path: Path) -> str:
    """Return the certificates in a file, PEM; a Problem when there are none, or a private key besides."""
    try:
        text = path.read_text("ascii")
    except (UnicodeDecodeError, FileNotFoundError):
        text = ""
    if "-----BEGIN CERTIFICATE-----" not in text or "PRIVATE KEY" in text:
        raise Problem(
            str(path),
            tr("This is not a file of certificates (PEM)."),
            tr("Give the certificate of the authority that signed the server’s."),
        )
    return text
