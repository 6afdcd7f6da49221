"""What the server enforces is what was laid down, to the last policy; anything else is noticed before anybody works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.errors import InvalidGrantOperation
from sqlalchemy.exc import ProgrammingError

from cati.errors import Problem
from cati.store import administration, rights
from cati.store.administration import AsOwner
from cati.store.connecting import Link
from cati.store.database import Transaction
from cati.store.roles import Roles
from cati.store.server import Server
from tests import postgres, posture, servers

ROLES = Roles(posture.STUDY)


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off") as found:
        posture.lay_down(found)
        yield found


@pytest.fixture
def owner(cluster: postgres.Cluster) -> Iterator[AsOwner]:
    found = servers.as_owner(cluster, posture.STUDY, posture.DATABASE)
    yield found
    found.close()


def test_a_new_server_has_just_the_rights_that_the_program_asks_for(owner: AsOwner) -> None:
    with owner.reading() as transaction:
        found = rights.posture(transaction, ROLES)
    text = (Path(rights.__file__).parent / "sql" / "posture.txt").read_text("utf-8")
    assert sorted(found) == text.splitlines(), "after a change of cati/store/sql: python -m tests.posture"


def test_laying_down_once_more_changes_nothing_and_mends_what_is_otherwise(owner: AsOwner) -> None:
    assert not administration.make_rights(owner, ROLES).new
    with owner.transaction() as transaction:
        for statement in (
            "DROP POLICY own ON attempt", "ALTER TABLE contact DISABLE ROW LEVEL SECURITY",
            f"GRANT SELECT ON contact TO {ROLES.groups[0]}", f"GRANT DELETE ON log TO {ROLES.login('interviewer')}",
            f"GRANT UPDATE (role) ON member TO {ROLES.login('interviewer')}", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ):  # fmt: skip
            transaction.exec_driver_sql(statement)
    assert administration.make_rights(owner, ROLES).new
    with owner.reading() as transaction:
        rights.require_posture(transaction, ROLES)


def test_a_member_is_let_in_only_where_the_rights_are_so(cluster: postgres.Cluster, owner: AsOwner) -> None:
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=posture.DATABASE)
    window = Server(link, ROLES.login("interviewer"), servers.PASSWORD)
    window.require_posture()
    with owner.transaction() as transaction:
        transaction.exec_driver_sql(f"GRANT SELECT ON contact TO {ROLES.groups[0]}")
    with pytest.raises(rights.OtherRights, match=r"grant SELECT on public\.contact to ~interviewer.*") as told:
        window.require_posture()
    assert "cati init-server" in told.value.do
    administration.make_rights(owner, ROLES)
    window.require_posture()
    window.close()


def test_whoever_has_no_right_is_told_in_a_sentence(cluster: postgres.Cluster) -> None:
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=posture.DATABASE)
    window = Server(link, ROLES.login("interviewer"), servers.PASSWORD)
    with pytest.raises(Problem, match="does not allow"), window.transaction() as transaction:
        transaction.exec_driver_sql("SELECT * FROM contact")
    window.close()


def _all(transaction: Transaction, query: str) -> list[str]:
    return [str(row[0]) for row in transaction.exec_driver_sql(query).all()]


def _mutations(transaction: Transaction) -> list[str]:
    """Return one statement for everything that could be otherwise: each policy, table, function, grant and role."""
    interviewer, _supervisor, lead = ROLES.groups
    member = ROLES.login("interviewer")
    (by_gate,) = _since(transaction, 160000, f" GRANTED BY {ROLES.gate}") or [""]
    found = []
    for policy in _all(
        transaction,
        "SELECT format('%%I ON public.%%I', policyname, tablename) FROM pg_policies WHERE schemaname = 'public'"
        " AND policyname <> 'owner' ORDER BY 1",
    ):
        found.append(f"DROP POLICY {policy}")
    found += _all(
        transaction,
        "SELECT format('ALTER POLICY %%I ON public.%%I %%s', policyname, tablename,"
        " CASE WHEN qual IS NULL THEN 'WITH CHECK (true)' ELSE 'USING (true)' END) FROM pg_policies"
        " WHERE schemaname = 'public' AND policyname <> 'owner' ORDER BY 1",
    )
    for table in _all(transaction, "SELECT format('public.%%I', tablename) FROM pg_tables WHERE schemaname = 'public'"):
        found += [
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} OWNER TO {ROLES.gate}", f"GRANT TRIGGER ON {table} TO {interviewer}",
            f"CREATE POLICY mine ON {table} FOR SELECT USING (true)",
        ]  # fmt: skip
    for function in _all(
        transaction,
        "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' ORDER BY 1",
    ):
        found += [
            f"ALTER FUNCTION {function} SECURITY INVOKER", f"ALTER FUNCTION {function} RESET search_path",
            f"ALTER FUNCTION {function} OWNER TO postgres", f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC",
            f"DROP FUNCTION {function} CASCADE",
        ]  # fmt: skip
    found += _all(
        transaction,
        "SELECT replace(pg_get_functiondef(p.oid), 'AS $function$', 'AS $function$ ') FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' ORDER BY 1",
    )
    found += _all(
        transaction,
        "SELECT DISTINCT format('REVOKE %%s ON %%s FROM %%I', a.privilege_type, c.oid::regclass, r.rolname)"
        " FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner ORDER BY 1",
    )
    return [
        *found,
        f"GRANT SELECT (sealed_details) ON contact TO {lead}",
        f"GRANT UPDATE (role) ON member TO {interviewer}",
        f"GRANT SELECT ON log TO {interviewer} WITH GRANT OPTION",
        f"GRANT CREATE ON SCHEMA public TO {interviewer}",
        f"GRANT CREATE ON DATABASE {posture.DATABASE} TO {interviewer}",
        f"GRANT CONNECT ON DATABASE {posture.DATABASE} TO PUBLIC",
        f"ALTER DATABASE {posture.DATABASE} OWNER TO postgres",
        f"ALTER DATABASE {posture.DATABASE} SET log_statement = 'all'",
        f"ALTER DATABASE {posture.DATABASE} RESET log_min_error_statement",
        f"ALTER ROLE {interviewer} SET row_security = off",
        "CREATE TABLE mine (a int)",
        "CREATE VIEW mine AS SELECT * FROM contact",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION cati_me(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
        "CREATE TRIGGER mine BEFORE UPDATE ON attempt EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE mine AS ON DELETE TO log DO INSTEAD NOTHING",
        f"ALTER ROLE {member} BYPASSRLS",
        f"ALTER ROLE {member} SUPERUSER",
        f"ALTER ROLE {member} CREATEROLE",
        f"ALTER ROLE {member} CREATEDB",
        f"ALTER ROLE {member} REPLICATION",
        f"ALTER ROLE {ROLES.owner} LOGIN",
        f"ALTER ROLE {ROLES.gate} LOGIN",
        f"ALTER ROLE {ROLES.gate} INHERIT",
        f"ALTER ROLE {ROLES.watch} LOGIN",
        f"ALTER ROLE {ROLES.watch} NOINHERIT",
        f"ALTER ROLE {member} CONNECTION LIMIT -1",
        f"REVOKE {member} FROM {ROLES.watch}{by_gate}",
        f"GRANT {member} TO {ROLES.watch} WITH ADMIN OPTION",
        f"GRANT pg_signal_backend TO {interviewer}",
        f"ALTER ROLE {lead} CREATEROLE",
        f"GRANT {ROLES.owner} TO {member}",
        f"GRANT {ROLES.gate} TO {member}",
        f"GRANT {lead} TO {member}",
        f"GRANT {ROLES.owner} TO {interviewer}",
        f"GRANT pg_read_all_data TO {member}",
        f"GRANT {ROLES.owner} TO {postgres.OWNER}_outside",
        f"GRANT {interviewer} TO {member} WITH ADMIN OPTION",
        f"GRANT SET ON PARAMETER session_replication_role TO {interviewer}",
        "GRANT SET ON PARAMETER log_statement TO PUBLIC",
        *_since(transaction, 160000, f"GRANT {interviewer} TO {ROLES.gate} WITH INHERIT TRUE"),
        *_since(transaction, 160000, f"GRANT {member} TO {ROLES.owner} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"),
        *_since(transaction, 160000, f"GRANT {interviewer} TO {member} WITH SET FALSE"),
        *_since(transaction, 160000, f"GRANT {member} TO {ROLES.watch} WITH SET TRUE"),
        *_since(transaction, 160000, f"GRANT {member} TO {ROLES.watch} WITH INHERIT FALSE"),
        *_since(transaction, 170000, f"GRANT MAINTAIN ON contact TO {interviewer}"),
        *_since(transaction, 170000, f"GRANT pg_maintain TO {member}"),
    ]


def _since(transaction: Transaction, version: int, statement: str) -> list[str]:
    """Return a statement that only newer servers understand, for them alone."""
    there = int(transaction.exec_driver_sql("SHOW server_version_num").scalar_one())
    return [statement] if there >= version else []


def test_whatever_is_otherwise_is_noticed(cluster: postgres.Cluster, owner: AsOwner) -> None:
    cluster.psql(f"CREATE ROLE {postgres.OWNER}_outside")
    unseen, refused, tried = [], [], 0
    with owner.engine.connect() as transaction:  # given back without a commit
        transaction.exec_driver_sql("SET LOCAL ROLE NONE")
        transaction.exec_driver_sql("SAVEPOINT before")
        for statement in _mutations(transaction):
            try:
                transaction.connection.cursor().execute(statement)
                rights.require_posture(transaction, ROLES)
                unseen.append(statement)
            except rights.OtherRights:
                tried += 1
            except InvalidGrantOperation:
                refused.append(statement)
            transaction.exec_driver_sql("ROLLBACK TO before")
        rights.require_posture(transaction, ROLES)  # the control: without any of them it is as it must be
        round_about = _since(transaction, 160000, f"GRANT {ROLES.gate} TO {ROLES.login('interviewer')}")
    assert unseen == []
    assert refused == round_about  # who makes a role is a member of it there, and nobody is a member of their own
    assert tried > 500


def test_nobody_may_be_added_by_the_owner_of_the_tables(owner: AsOwner) -> None:
    with pytest.raises((Problem, ProgrammingError)), owner.transaction() as transaction:
        transaction.exec_driver_sql("CREATE ROLE mine LOGIN")
