"""What a study's roles on a server are called, and their passwords' verifiers: everybody there sees the names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cati.store.database import Transaction
from cati.vault.sealing import place
from cati.vault.server_password import folded

GROUP_NAMES = {"interviewer": "interviewer", "supervisor": "supervisor", "research_lead": "lead"}
"""Which group of roles a member's role (`member.role`) belongs to."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one study. They are known in the whole server, so every name begins with the study's own letters."""

    study: str

    @property
    def prefix(self) -> str:
        """What all names begin with, and how the database is called where nobody chose a name."""
        return f"cati_{self.study[:12]}"

    @property
    def owner(self) -> str:
        """The role that owns every table; nobody signs in as it."""
        return f"{self.prefix}_owner"

    @property
    def gate(self) -> str:
        """The role that alone makes the roles of members, by its three functions; nobody signs in as it."""
        return f"{self.prefix}_gate"

    @property
    def watch(self) -> str:
        """The role that alone ends sessions of members, by its functions; nobody signs in as it."""
        return f"{self.prefix}_watch"

    @property
    def groups(self) -> tuple[str, ...]:
        """The three groups, from which a member's role has its rights."""
        return tuple(f"{self.prefix}_{name}" for name in GROUP_NAMES.values())

    def group(self, role: str) -> str:
        """Return the group of members with this role."""
        return f"{self.prefix}_{GROUP_NAMES[role]}"

    def login(self, login: str) -> str:
        """Return the role by which a member signs in; their login cannot be read from it."""
        return f"{self.prefix}_{sha256(place('role', self.study, folded(login))).hexdigest()[:16]}"


def made_verifier(transaction: Transaction, role: str, password: str) -> str:
    """Return what a server keeps of a password (SCRAM-SHA-256, RFC 5803), made here so that no log there sees it."""
    driver: Any = transaction.connection.dbapi_connection
    return str(driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode("ascii"))
