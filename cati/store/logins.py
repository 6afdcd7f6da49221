"""Who may open a study's database: a file asks nobody, a server knows each member by a role with a password."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cati.store.roles import made_verifier
from cati.store.studies import set_server_role

if TYPE_CHECKING:
    from cati.store.database import Transaction
    from cati.store.server import Server


class Logins:
    """Those of a file: whoever has its keys opens it, and each transaction asks who is still there."""

    def change_password(self, transaction: Transaction, new: str) -> None:
        """Let the member signed in open the database with ``new`` from the end of this transaction on."""

    def admit(self, transaction: Transaction, login: str, role: str, password: str) -> None:
        """Let a new member open the database with ``password`` once this is kept; ``role``: `member.role`."""

    def renew(self, transaction: Transaction, login: str, password: str) -> None:
        """Let a member open the database with ``password``, and no more with what they had."""

    def dismiss(self, transaction: Transaction, login: str) -> None:
        """Let a member open the database no more, and end what they have open, once this transaction is kept."""

    def end_sessions(self, login: str) -> None:
        """End what a member has open, after their password was set anew; outside a transaction."""


@dataclass(frozen=True, slots=True)
class MemberRoles:
    """How members are known to their server: the role's name by login, its password by (login, own password)."""

    name: Callable[[str], str]
    password: Callable[[str, str], str]


class ServerLogins(Logins):
    """Those of a server, for the member signed in as ``role``.

    ``derive`` makes a role's password of a member's own, and ``members`` those of others; without them nobody can
    change a password here, nor let anybody in. No password is seen by the server.
    """

    def __init__(
        self, server: Server, role: str, derive: Callable[[str], str] | None, members: MemberRoles | None
    ) -> None:
        self._server = server
        self._role = role
        self._derive = derive
        self._members = members

    def change_password(self, transaction: Transaction, new: str) -> None:
        """Give the role what is derived of ``new``; a commit of unknown fate leaves both passwords to be tried."""
        if self._derive is None:
            raise _not_by_a_member()
        derived = self._derive(new)
        verifier = made_verifier(transaction, self._role, derived)
        transaction.exec_driver_sql(f"ALTER ROLE \"{self._role}\" PASSWORD '{verifier}'")
        self._server.next_password = derived

    def admit(self, transaction: Transaction, login: str, role: str, password: str) -> None:
        """Make the member's role (`cati_admit`) and write down that it is theirs."""
        name, verifier = self._verifier_of(transaction, login, password)
        transaction.exec_driver_sql("SELECT public.cati_admit(%s::text, %s::text, %s::text)", (name, role, verifier))
        set_server_role(transaction, login, name)

    def renew(self, transaction: Transaction, login: str, password: str) -> None:
        """Give the role another password (`cati_renew`)."""
        transaction.exec_driver_sql(
            "SELECT public.cati_renew(%s::text, %s::text)", self._verifier_of(transaction, login, password)
        )

    def dismiss(self, transaction: Transaction, login: str) -> None:
        """Take the role away (`cati_dismiss`), which ends its sessions."""
        transaction.exec_driver_sql("SELECT public.cati_dismiss(%s::text)", (self._known().name(login),))
        set_server_role(transaction, login, None)

    def end_sessions(self, login: str) -> None:
        """Let the server end what the role has open (`cati_end_sessions`), by a transaction of its own."""
        with self._server.transaction() as transaction:
            transaction.exec_driver_sql("SELECT public.cati_end_sessions(%s::text)", (self._known().name(login),))

    def _verifier_of(self, transaction: Transaction, login: str, password: str) -> tuple[str, str]:
        members = self._known()
        name = members.name(login)
        return name, made_verifier(transaction, name, members.password(login, password))

    def _known(self) -> MemberRoles:
        if self._members is None:
            raise _not_by_a_member()
        return self._members


def _not_by_a_member() -> TypeError:
    return TypeError("this database was not opened by a member")
