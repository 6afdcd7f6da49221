"""A study's place on the tests' own server, with its roles and rights, at the time that a test says it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cati.store import administration
from cati.store.administration import AsOwner
from cati.store.administrator import administrator
from cati.store.connecting import Link
from cati.store.database import Database, Transaction
from cati.store.logins import MemberRoles, ServerLogins
from cati.store.moving import Progress, copy_rows
from cati.store.roles import Roles, made_verifier
from cati.store.server import Server
from cati.store.studies import members
from tests import postgres

PASSWORD = "only for tests"  # of every role: the members' own passwords open their keys, not the database

_TESTS_TIME = """
CREATE OR REPLACE FUNCTION public.cati_now() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT floor(coalesce(nullif(current_setting('cati.now', true), '')::numeric,
                            extract(epoch FROM clock_timestamp())))::bigint $$
"""


def copy_study(source: Database, target: Database, progress: Progress = lambda _done, _of: None) -> dict[str, int]:
    """Copy a study in one transaction on each side, without the roles and the order of the real move."""
    with source.reading() as reading, target.transaction(large=True) as writing:
        return copy_rows(reading, writing, progress)


def as_owner(cluster: postgres.Cluster, study_id: str, database: str) -> AsOwner:
    """Open a study's database as the owner of its tables."""
    return AsOwner(cluster.admin, "", database, Roles(study_id).owner)


def lay_down(cluster: postgres.Cluster, study_id: str, database: str) -> None:
    """Make roles, database, tables and rights, as `cati init-server` does but for what pg_hba.conf says."""
    roles = Roles(study_id)
    with administrator(cluster.admin) as connection:
        list(administration.prepare(connection, roles, database))
    with administrator(cluster.admin, "", database) as connection:
        administration.prepare_inside(connection, roles)
        administration.prepare_settings(connection, database)
    owner = as_owner(cluster, study_id, database)
    administration.make_tables(owner)
    administration.make_rights(owner, roles)
    owner.close()


def let_time_stand(cluster: postgres.Cluster, study_id: str, database: str) -> None:
    """Let the server's functions take the time from the transaction that calls them: for `AtTheTestsTime`."""
    owner = as_owner(cluster, study_id, database)
    with owner.transaction() as transaction:
        transaction.connection.cursor().execute(_TESTS_TIME)
    owner.close()


def let_in(owner: AsOwner, study_id: str) -> None:
    """Let every member of the study sign in with `PASSWORD`."""
    roles = Roles(study_id)
    with owner.transaction() as transaction:
        for row in members(transaction):
            if row.active and row.server_role is None:
                verifier = made_verifier(transaction, roles.login(row.login), PASSWORD)
                administration.set_login(transaction, roles, row.login, row.role, verifier)


class _TestsLogins(ServerLogins):
    def change_password(self, transaction: Transaction, new: str) -> None:
        """All roles keep theirs."""


class AtTheTestsTime(Server):
    """A server opened by a member, that has its time from the test; ``owner`` opens it as the owner of the tables."""

    def __init__(self, link: Link, study_id: str, login: str, owner: Callable[[], AsOwner]) -> None:
        roles = Roles(study_id)
        super().__init__(link, roles.login(login), PASSWORD)
        members = MemberRoles(roles.login, lambda _login, _own: PASSWORD)
        self.logins = _TestsLogins(self, roles.login(login), None, members)
        self.owner = owner
        self._tests_now: Callable[[], datetime] | None = None

    def clock(self, now: Callable[[], datetime]) -> Callable[[], datetime]:
        self._tests_now = now
        return now

    def require_posture(self) -> None:
        """But for the time it is what it must be: tests/store/test_rights.py."""

    def _keep_time(self, connection: Any) -> None:
        if self._tests_now is not None:
            at = str(self._tests_now().timestamp())
            connection.autocommit = True  # no COMMIT of its own, for tests in which a wire swallows one
            connection.execute("SELECT set_config('cati.now', %s, false)", (at,))
            connection.autocommit = False
