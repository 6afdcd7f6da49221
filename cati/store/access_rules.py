"""What a server's pg_hba.conf lets in to a study's database: only sign-ins with SCRAM, inside TLS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TLS, _PLAIN, _KERBEROS = "tls", "plain", "kerberos"
_COVERS = {
    "host": {_TLS, _PLAIN, _KERBEROS},
    "hostssl": {_TLS},
    "hostnossl": {_PLAIN, _KERBEROS},
    "hostgssenc": {_KERBEROS},
    "hostnogssenc": {_TLS, _PLAIN},
}
_PROVES, _REFUSES = "scram-sha-256", "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """One line of pg_hba.conf as the server reads it (its view pg_hba_file_rules)."""

    file: str
    number: int
    kind: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str
    mask: str
    method: str

    def everywhere(self) -> bool:
        """Tell whether it holds for every address."""
        return self.address == "all"


@dataclass(frozen=True, slots=True)
class Access:
    """How members reach the database: ``opened`` in TLS with SCRAM, and ``open_lines`` by which anything else goes."""

    opened: bool
    open_lines: tuple[AccessLine, ...]

    @property
    def safe(self) -> bool:
        """Members come in by TLS and SCRAM, and by nothing else."""
        return self.opened and not self.open_lines


def access(lines: Sequence[AccessLine], database: str, prefix: str) -> Access:
    """Return what these lines, in their order, allow to the roles whose names begin with ``prefix``.

    The first line that fits a connection decides. A line for some addresses leaves the others to those below it, so
    every line is looked at until one for all addresses and all users has decided.
    """
    undecided = {_TLS, _PLAIN, _KERBEROS}
    opened = False
    wrong = []
    for line in lines:
        reached = _COVERS.get(line.kind, set()) & undecided
        if not reached or not _names(line.databases, database) or not _ours(line.users, prefix):
            continue
        if line.method != _REFUSES:
            proven = line.method == _PROVES
            opened = opened or (_TLS in reached and proven)
            if not proven or reached - {_TLS}:
                wrong.append(line)
        if line.everywhere() and "all" in line.users:
            undecided -= reached
    return Access(opened, tuple(wrong))


def wanted_lines(database: str) -> tuple[str, str]:
    """Return the two lines that do it. They ask everybody for a password, so that nobody learns which roles exist."""
    return (
        f"hostssl  {database}  all  all  scram-sha-256",
        f"host     {database}  all  all  reject",
    )


def _names(words: Sequence[str], database: str) -> bool:
    return any(word in {"all", database} or _fits(word, database) for word in words)


def _ours(words: Sequence[str], prefix: str) -> bool:
    """Tell whether a line may hold for one of our roles: their names are not looked at one by one."""
    return any(
        word == "all" or word.removeprefix("+").startswith(prefix) or (word.startswith("/") and _may_fit(word, prefix))
        for word in words
    )


def _fits(word: str, name: str) -> bool:
    if not word.startswith("/"):
        return False
    try:
        return re.search(word[1:], name) is not None
    except re.error:
        return True  # the server's own kind of pattern: better asked about once too often


def _may_fit(word: str, prefix: str) -> bool:
    return any(_fits(word, prefix + end) for end in ("_owner", "_lead", "_0123456789abcdef"))
