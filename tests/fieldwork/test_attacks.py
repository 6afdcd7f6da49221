"""What a curious or hostile member of staff, or a stranger, gets out of a real server with `psql`: nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cati.fieldwork import calling, interviewing
from cati.fieldwork.delivered import DeliveredCase
from cati.fieldwork.open_study import OpenStudy
from cati.store import moving
from cati.store.connecting import Link
from cati.store.roles import Roles
from cati.survey.answers import Answer
from cati.survey.interview import EventKind
from tests import postgres, servers

from .conftest import Desk, Made, raw, unrestricted

pytestmark = pytest.mark.parametrize("kind", ["server"])

DENIED = (
    "permission denied",
    "not allowed",
    "must be",
    "must have",
    "row-level security",
    "cannot",
    "does not exist",
    "not a member",
)


@dataclass
class Office:
    """A study at work: Anna and Bert each have a case open, Anna a finished interview, too."""

    made: Made
    anna: OpenStudy
    bert: OpenStudy
    mine: DeliveredCase
    his: DeliveredCase
    done: str
    roles: Roles
    link: Link
    names: dict[str, str] = field(default_factory=dict)

    def psql(self, login: str, sql: str, *, user: str = "", password: str = servers.PASSWORD) -> tuple[bool, str]:
        """Run statements as this member, with the fence number of the case in hand; (went through, what was said)."""
        said = sql.format(**self.names)
        role = user or self.roles.login(login)
        address = f"host={self.link.hosts[0]} port={self.link.ports[0]} dbname={self.link.database} user={role}"
        begin = f"SET cati.fence = '{self.mine.lease.fence}'"
        words = (address, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", begin, "-c", said)
        done = subprocess.run(
            [str(postgres.binaries() / "psql"), *words], check=False, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"},
        )  # fmt: skip
        return done.returncode == 0, (done.stdout if done.returncode == 0 else done.stderr).strip()

    def gets_nothing(self, login: str, sql: str) -> None:
        """Fail unless this is denied, or finds and changes no row."""
        through, said = self.psql(login, sql)
        if through:
            assert said in ("", "0", "f"), f"{sql}\n{said[:500]}"
        else:
            assert any(words in said for words in DENIED), f"{sql}\n{said[:500]}"

    def contents(self) -> dict[str, moving.Contents]:
        """Return what is in every table but the log, which an attack may well leave an entry in."""
        with unrestricted(self.anna) as transaction:
            found = moving.contents(transaction)
        return {name: one for name, one in found.items() if name != "log"}


@pytest.fixture
def office(made: Made, people: Callable[..., object], desk: type[Desk], cluster: postgres.Cluster) -> Office:
    people(made.sign_in("lead"), 40)
    anna, bert = made.sign_in("anna"), made.sign_in("bert")
    done = desk(anna).complete()
    mine, running = desk(anna).begin()
    interviewing.record(anna, running, EventKind.ANSWERED, "zufrieden", Answer(value="1"))
    his, of_his = desk(bert).begin()
    interviewing.record(bert, of_his, EventKind.ANSWERED, "zufrieden", Answer(value="2"))
    other = raw(anna, 'SELECT id, fence FROM "case" WHERE lease_holder IS NULL AND status = 0 ORDER BY id LIMIT 1')[0]
    number = raw(anna, "SELECT encode(hash, 'hex') AS hash FROM contact_index WHERE \"case\" = :id", id=his.case_id)[0]
    call = raw(anna, 'SELECT id FROM attempt WHERE "case" = :id', id=done)[0]["id"]
    for row in (
        "trustee (id, name, record, certificate, named_at) VALUES ('t1', 'Dora', '\\x01', '\\x01', 1)",
        "trustee (id, name, record, certificate, named_at) VALUES ('t2', 'Ivo', '\\x01', '\\x01', 1)",
        "recovery (first, second, epoch, sealed) VALUES ('t1', 't2', 1, '\\x01')",
        f"former_certificate (member, n, certificate) VALUES ('{bert.me.id}', 1, '\\x01')",
        "sign_in (slot, tries, at) VALUES (1, 3, 1)",
        "backup (id, made_at, ends_at, station, path) VALUES ('b', 1, 2, 'here', '/there')",
        "never_again (hash) VALUES ('\\x01')",
    ):
        raw(anna, f"INSERT INTO {row}")
    his_call = raw(anna, 'SELECT id FROM attempt WHERE "case" = :id', id=his.case_id)[0]["id"]
    raw(anna, "UPDATE attempt SET ended = started + 1, outcome = 'no_answer' WHERE id = :id", id=his_call)
    roles = Roles(anna.study_id)
    database = anna.database
    assert isinstance(database, servers.AtTheTestsTime)
    office = Office(made, anna, bert, mine, his, done, roles, database.link)
    office.names = {
        "me": anna.me.id, "bert": bert.me.id, "mine": mine.case_id, "fence": str(mine.lease.fence), "his": his.case_id,
        "his_fence": str(his.lease.fence), "other": other["id"], "other_fence": str(other["fence"]), "done": done,
        "call": call, "his_call": his_call, "hash": number["hash"], "owner": roles.owner, "gate": roles.gate, "lead_group": roles.groups[2],
        "my_role": roles.login("anna"), "berts_role": roles.login("bert"), "leads_role": roles.login("lead"),
    }  # fmt: skip
    return office


READING = """
    SELECT * FROM contact
    SELECT count(*) FROM contact
    SELECT sealed_details FROM contact WHERE "case" = '{his}'
    SELECT * FROM contact_index
    SELECT * FROM contact_index WHERE hash = '\\x{hash}'
    SELECT * FROM never_again
    SELECT * FROM "case" WHERE id <> '{mine}'
    SELECT * FROM "case" WHERE id = '{his}' FOR UPDATE
    SELECT count(*) FROM "case" WHERE CASE WHEN id <> '{mine}' THEN 1 / (length(id) - 32) ELSE 0 END = 1
    SELECT * FROM attempt WHERE "case" <> '{mine}'
    SELECT * FROM attempt WHERE "case" = '{done}'
    SELECT * FROM appointment
    SELECT * FROM draft_event WHERE "case" <> '{mine}'
    SELECT * FROM draft_text WHERE "case" <> '{mine}'
    SELECT * FROM turn WHERE "case" <> '{mine}'
    SELECT * FROM pending
    SELECT count(*) FROM pending
    SELECT * FROM stock
    SELECT * FROM tally
    SELECT * FROM template
    SELECT * FROM received_list
    SELECT * FROM target
    SELECT * FROM log WHERE who <> '{me}'
    SELECT record FROM member WHERE id <> '{me}'
    SELECT * FROM member WHERE role = 'research_lead'
    SELECT 1 FROM cati_members() WHERE id <> '{me}' AND (record <> '' OR kept IS NOT NULL OR daily_grant IS NOT NULL)
    SELECT * FROM cati_contact('{his}')
    SELECT * FROM cati_contact('{other}')
    SELECT * FROM cati_contact('{done}')
    SELECT * FROM cati_contacts_of(ARRAY['{his}', '{other}'])
    SELECT * FROM cati_all_contacts()
    SELECT * FROM cati_hashes('{his}')
    SELECT * FROM cati_marked(250)
    SELECT * FROM cati_sizes()
    SELECT * FROM cati_begun(ARRAY['{his}'])
    SELECT * FROM cati_hold('{his}', {his_fence})
    SELECT cati_all_acts()
    SELECT cati_may_view()
    SELECT site, name FROM appointment WHERE interviewer <> '{me}'
    SELECT * FROM cati_look_up('\\x0000')
    SELECT * FROM trustee
    SELECT * FROM recovery
    SELECT * FROM former_certificate
    SELECT * FROM sign_in
    SELECT * FROM backup
    SELECT * FROM station
    SELECT * FROM cati_contacts_after('', 10)
    SET row_security = off; SELECT * FROM "case"
    COPY contact TO STDOUT
    COPY (SELECT * FROM contact) TO STDOUT
    COPY "case" TO PROGRAM 'cat > /tmp/stolen'
    SELECT rolpassword FROM pg_authid
    SELECT passwd FROM pg_shadow
    SELECT stavalues1 FROM pg_statistic
    SELECT most_common_vals FROM pg_stats WHERE schemaname = 'public' AND tablename IN ('case', 'contact', 'member', 'log')
    SELECT query FROM pg_stat_activity WHERE usename <> session_user AND query NOT LIKE '<insufficient%'
    SELECT pg_read_file('postgresql.conf')
    SELECT pg_ls_dir('.')
    SELECT lo_import('/etc/passwd')
    SELECT setting FROM pg_settings WHERE name = 'data_directory'
"""

WRITING = """
    UPDATE "case" SET lease_holder = '{me}' WHERE id = '{his}'
    UPDATE "case" SET final_code = '1.1' WHERE id = '{mine}'
    UPDATE "case" SET lease_until = 9999999999
    DELETE FROM "case"
    TRUNCATE "case" CASCADE
    BEGIN; LOCK TABLE "case" IN ACCESS EXCLUSIVE MODE
    INSERT INTO contact_index (hash, "case") VALUES ('\\x{hash}', '{mine}')
    DELETE FROM contact_index
    INSERT INTO never_again (hash) VALUES ('\\x{hash}')
    DELETE FROM never_again
    INSERT INTO contact ("case", sealed_key, sealed_details) VALUES ('{mine}', '', '')
    DELETE FROM contact WHERE "case" = '{mine}'
    INSERT INTO log (n, at, who, act, previous, hash) VALUES (99, 1, '{me}', 'dialled', '', '')
    UPDATE log SET act = 'paused'
    DELETE FROM log
    SELECT cati_write('case_looked_up', '{his}', 0, '')
    SELECT cati_note('case_looked_up', '{his}', 0, '')
    SELECT cati_note('answers_pooled', '{mine}', {fence}, '')
    SELECT cati_note('field_ended', '', 0, '')
    UPDATE attempt SET outcome = 'no_answer' WHERE id = '{call}'
    UPDATE attempt SET interviewer = '{bert}'
    DELETE FROM attempt
    INSERT INTO attempt (id, "case", interviewer, started, phone, phone_kind) VALUES ('a', '{his}', '{me}', 1, 0, 'mobile')
    INSERT INTO attempt (id, "case", interviewer, started, phone, phone_kind) VALUES ('a', '{mine}', '{bert}', 1, 0, 'mobile')
    INSERT INTO draft_event ("case", n, id, sealed) VALUES ('{his}', 9, 'a', '')
    UPDATE draft_event SET sealed = ''
    DELETE FROM draft_event WHERE "case" = '{his}'
    INSERT INTO draft_text ("case", address, sealed) VALUES ('{other}', 'a', '')
    SET cati.fence = '0'; INSERT INTO draft_event ("case", n, id, sealed) VALUES ('{mine}', 9, 'a', '')
    SET cati.fence = '{his_fence}'; INSERT INTO draft_event ("case", n, id, sealed) VALUES ('{his}', 9, 'a', '')
    RESET cati.fence; DELETE FROM draft_event WHERE "case" = '{mine}'
    SELECT * FROM cati_keep_event('{his}', {his_fence}, 0, 'a', '', '')
    SELECT * FROM cati_keep_event('{his}', {his_fence}, 1, 'a', '', '')
    SELECT * FROM cati_keep_event('{other}', {other_fence}, 0, 'a', '', '')
    SELECT * FROM cati_keep_event('{mine}', {fence} - 1, 0, 'a', '', '')
    SET cati.fence = '{fence}'; SELECT * FROM cati_keep_event('{mine}', 0, 0, 'a', '', '')
    SELECT 1 FROM cati_keep_words('{his}', {his_fence}, 'a', '') until WHERE until IS NOT NULL
    SELECT 1 FROM cati_keep_words('{other}', {other_fence}, 'a', '') until WHERE until IS NOT NULL
    SELECT 1 FROM cati_keep_words('{mine}', {fence} - 1, 'a', '') until WHERE until IS NOT NULL
    INSERT INTO appointment ("case", kind, at, wall, zone, interviewer) VALUES ('{other}', 'definite', 1, '', '', '{me}')
    INSERT INTO appointment ("case", kind, at, wall, zone, interviewer) VALUES ('{mine}', 'definite', 1, '', '', '{bert}')
    INSERT INTO turn ("case", at, status, tier, rank, due_at) VALUES ('{his}', 1, 0, 0, 0, 0)
    INSERT INTO turn ("case", at, status, tier, rank, due_at, final_code) VALUES ('{mine}', 1, 3, 0, 0, 0, '1.1')
    INSERT INTO pending (id, sealed) VALUES ('a', '')
    DELETE FROM pending
    INSERT INTO stock (id, sealed) VALUES ('a', '')
    INSERT INTO member (id, login, name, role, languages, record, certificate) VALUES ('a', 'b', 'c', 'research_lead', 'de', '', '')
    UPDATE member SET role = 'research_lead' WHERE id = '{me}'
    UPDATE member SET server_role = session_user WHERE role = 'research_lead'
    UPDATE member SET record = '' WHERE id <> '{me}'
    UPDATE study SET settings = ''
    UPDATE study SET erased_at = 1
    INSERT INTO questionnaire (hash, model, source_name, source, loaded_at) VALUES ('a', '', '', '', 1)
    INSERT INTO cell (site, department, language) VALUES ('a', 'b', 'c')
    INSERT INTO purge_step (step, at, details) VALUES ('a', 1, '')
    UPDATE alembic_version SET version_num = '9999'
    UPDATE target SET wanted = 9999
    INSERT INTO calling_time (site, opens, closes, appointments) VALUES ('nord', 0, 9999999999, false)
    SELECT * FROM cati_lease('{his}', {his_fence}, '', 15)
    SELECT * FROM cati_lease('{other}', {other_fence}, '', 15)
    SELECT * FROM cati_lease('{other}', {other_fence}, 'call_back', 15)
    SELECT * FROM cati_lease('{other}', {other_fence}, 'appointment', 15)
    SELECT * FROM cati_lease('{mine}', {fence}, 'x","y":"z', 15)
    SELECT cati_note('login_set', '', 0, '')
    SELECT * FROM cati_leased((SELECT c FROM "case" c), '{me}', 9999999999)
    SELECT cati_renew_lease('{his}', {his_fence}, 15) IS NOT NULL
    SELECT cati_put('{his}', 0, 0, 0, 0, NULL, NULL, NULL, '[]')
    SELECT cati_put('{other}', 3, 0, 0, 0, NULL, NULL, '2.1', '[]')
    SELECT cati_put('{mine}', 3, 0, 0, 0, NULL, NULL, '1.1', '[]')
    SELECT cati_erase('{his}')
    SELECT cati_erase_contact('{mine}')
    SELECT * FROM cati_withdraw('{his}', '')
    SELECT * FROM cati_withdraw('{other}', '')
    SELECT * FROM cati_undo('{done}', 1, '{call}', 15, '', '', 1, ARRAY['\\x{hash}'::bytea], 0, 0, 0, NULL)
    SELECT * FROM cati_undo('{his}', {his_fence}, '{call}', 15, NULL, NULL, 1, NULL, 0, 0, 0, NULL)
    SELECT cati_replace_contact('{his}', '', '', 1)
    SELECT cati_put_into_pool('{his}', {his_fence}, 'a', 'b', '')
    SELECT cati_mix(ARRAY[]::bytea[], false)
    SELECT cati_mix(ARRAY[]::bytea[], true)
    SELECT cati_turn(25)
    SELECT cati_give_back('{bert}')
    SELECT cati_give_back('nobody')
    SELECT cati_give_back(NULL)
    SELECT cati_move(ARRAY['{his}'], 9999999999)
    SELECT cati_announce('renew')
    SELECT cati_announce('drill')
    SELECT cati_announced('{{renew}}')
    SELECT cati_reseal(ARRAY['{his}'], ARRAY['\\x01'::bytea], ARRAY['\\x01'::bytea], 2)
    SELECT cati_forget_hashes()
    SELECT cati_rehash_never(ARRAY['\\x02'::bytea])
    SELECT cati_reseal_reason('{mine}', '\\x01', '\\x01')
    SELECT cati_reseal_drafts('{mine}', ARRAY[0], ARRAY['\\x01'::bytea])
    SELECT cati_reseal_drafts('{his}', ARRAY[0], ARRAY['\\x01'::bytea])
    SELECT * FROM cati_texts()
    SELECT cati_reseal_text('{his}', 'a', 'b', '\\x01')
    SELECT cati_reseal_pending('a', 'b', '\\x01')
    SELECT cati_room('nord', 'bau')
    UPDATE study SET settings = ''
    UPDATE member SET start_password = true WHERE id <> '{me}'
    UPDATE member SET converts = true
    UPDATE member SET active = false WHERE id <> '{me}'
    INSERT INTO trustee (id, name, record, certificate, named_at) VALUES ('t3', 'Eve', '', '', 1)
    UPDATE trustee SET record = ''
    DELETE FROM recovery
    INSERT INTO former_certificate (member, n, certificate) VALUES ('{me}', 1, '')
    DELETE FROM sign_in
    INSERT INTO sign_in (slot, tries, at) VALUES (2, 99, 1)
    DELETE FROM backup
    SELECT * FROM cati_take_up_again('{his}', {his_fence}, '', 15)
    SELECT * FROM cati_take_up_again('{other}', {other_fence}, '', 15)
    SELECT * FROM cati_take_up_again('{done}', 1, '{call}', 15)
    SELECT * FROM cati_end_of('{his_call}')
    SELECT cati_left_open('{mine}', NULL)
    SELECT * FROM cati_withdraw('{done}', '')
    SELECT cati_note('case_put_back', '{mine}', {fence}, '{{"lapsed":"{me}"}}')
    SELECT cati_note('case_put_back', '{other}', 0, '{{"lapsed":"{bert}"}}')
    SELECT cati_note('end_agreed', '', 0, '')
    SELECT cati_agree_to_end()
    SELECT cati_two()
    SELECT cati_end_step('begun', '\\x7b7d')
    SELECT cati_end_step('seal', '\\x7b7d')
    SELECT cati_end_rows('[]', '{{}}', '{{}}', '')
    SELECT * FROM cati_end_left()
    SELECT * FROM cati_end_bytes('contact')
    SELECT cati_end_signed('\\x7b7d')
    SELECT cati_chain_on('{bert}', 1, 'end_agreed', '', 0, '')
    SELECT cati_station_gone('00000000000000000000000000000000', '', '')
    SELECT cati_station('no id', 'x')
    INSERT INTO station (id, name, seen_at) VALUES ('a', 'b', 1)
    UPDATE station SET gone_at = 1
    DELETE FROM purge_step
"""

CLIMBING = """
    SET ROLE {owner}
    SET ROLE {gate}
    SET ROLE {lead_group}
    SET ROLE {leads_role}
    SET SESSION AUTHORIZATION {berts_role}
    GRANT {lead_group} TO {my_role}
    GRANT {owner} TO {my_role}
    ALTER ROLE {my_role} SUPERUSER
    ALTER ROLE {my_role} BYPASSRLS
    ALTER ROLE {my_role} CREATEROLE
    ALTER ROLE {leads_role} PASSWORD 'mine'
    ALTER ROLE {owner} LOGIN
    CREATE ROLE mine LOGIN
    DROP ROLE {berts_role}
    SELECT cati_admit('{my_role}', 'research_lead', 'SCRAM-SHA-256$4096:a$b:c')
    SELECT cati_renew('{leads_role}', 'SCRAM-SHA-256$4096:a$b:c')
    SELECT cati_dismiss('{berts_role}')
    CREATE TABLE mine (a int)
    CREATE TEMP TABLE mine (a int)
    CREATE SCHEMA mine
    CREATE VIEW mine AS SELECT * FROM contact
    CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'
    CREATE OR REPLACE FUNCTION cati_me() RETURNS text LANGUAGE sql AS 'SELECT ''x'''
    ALTER FUNCTION cati_me() SECURITY INVOKER
    DROP FUNCTION cati_note(text, text, int, text)
    ALTER TABLE contact DISABLE ROW LEVEL SECURITY
    ALTER TABLE contact NO FORCE ROW LEVEL SECURITY
    ALTER TABLE contact OWNER TO {my_role}
    DROP POLICY own ON "case"
    CREATE POLICY mine ON contact FOR SELECT USING (true)
    GRANT SELECT ON contact TO {my_role}
    CREATE TRIGGER mine BEFORE INSERT ON attempt EXECUTE FUNCTION suppress_redundant_updates_trigger()
    CREATE EXTENSION dblink
    CREATE EXTENSION postgres_fdw
    CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION cati_me()
    ALTER DATABASE {database} SET log_statement = 'all'
    ALTER SYSTEM SET log_statement = 'all'
    SET log_statement = 'all'
    SELECT pg_reload_conf()
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{leads_role}'
    DROP DATABASE {database}
"""


def _each(lines: str) -> list[str]:
    return [line.strip() for line in lines.strip().splitlines()]


def test_an_interviewer_with_psql_gets_nothing(office: Office) -> None:
    office.names["database"] = office.link.database
    before = office.contents()
    attacks = [*_each(READING), *_each(WRITING), *_each(CLIMBING)]
    assert len(attacks) > 100
    for sql in attacks:
        office.gets_nothing("anna", sql)
    for first in ("SELECT cati_look_up('\\x{hash}')", "SAVEPOINT s; SELECT cati_look_up('\\x{hash}'); RELEASE s"):
        for level in ("READ COMMITTED", "REPEATABLE READ"):  # who takes the log's entry back sees nothing
            through, said = office.psql(
                "anna", f"BEGIN ISOLATION LEVEL {level}; {first}; SELECT 'seen' FROM cati_contact('{{his}}'); ROLLBACK"
            )
            assert through, said
            assert "seen" not in said
    assert office.contents() == before
    # The control: she is signed in, holds her case, and may do what is hers to do.
    assert office.psql("anna", "SELECT cati_me()") == (True, office.anna.me.id)
    assert office.psql("anna", "SELECT \"case\" FROM cati_contact('{mine}')") == (True, office.mine.case_id)
    assert office.psql("anna", 'SELECT count(*) FROM "case"') == (True, "1")
    keep = "INSERT INTO draft_event (\"case\", n, id, sealed) VALUES ('{mine}', 9, 'a', '') RETURNING n"
    assert office.psql("anna", keep) == (True, "9")


def test_ones_own_appointment_opens_no_contact_once_the_case_is_given_back(office: Office) -> None:
    raw(office.anna, """INSERT INTO appointment ("case", kind, at, wall, zone, interviewer)
                        VALUES (:id, 'definite', 1, '', '', :me)""", id=office.names["other"], me=office.anna.me.id)  # fmt: skip
    assert office.psql("anna", "SELECT count(*) FROM appointment") == (True, "1")
    office.gets_nothing("anna", "SELECT * FROM cati_contact('{other}')")


def test_who_left_gets_nothing_at_all_from_that_moment_on(office: Office) -> None:
    raw(office.anna, "UPDATE member SET active = false WHERE id = :id", id=office.anna.me.id)
    before = office.contents()
    for sql in (
        *_each(READING), "SELECT settings FROM study", 'SELECT * FROM "case"', "SELECT * FROM cell", "SELECT * FROM log",
        "SELECT * FROM cati_contact('{mine}')", "SELECT * FROM cati_hold('{mine}', {fence})", "SELECT cati_me() IS NOT NULL",
        "SELECT * FROM cati_claim()", "SELECT * FROM cati_case('{mine}')", "SELECT * FROM cati_heads()",
        "SELECT * FROM draft_event", "SELECT * FROM attempt", "SELECT cati_note('dialled', '', 0, '')",
        "SELECT * FROM cati_keep_event('{mine}', {fence}, 0, 'a', '', '')",
        "SELECT cati_keep_words('{mine}', {fence}, 'a', '') IS NOT NULL",
        "SELECT * FROM cati_counts()", "SELECT * FROM cati_taken(ARRAY[1])", "SELECT cati_first_due(ARRAY[1]) IS NOT NULL",
        "SELECT waiting + mixed FROM cati_pool()", "SELECT * FROM cati_members()",
    ):  # fmt: skip
        office.gets_nothing("anna", sql)
    assert office.contents() == before


OVERSIGHT = """
    SELECT * FROM contact
    SELECT count(*) FROM contact
    SELECT * FROM draft_event
    SELECT * FROM draft_text
    SELECT * FROM stock
    SELECT sealed FROM stock
    SELECT record FROM member WHERE id <> (SELECT cati_me())
    SELECT 1 FROM cati_members() WHERE id <> (SELECT cati_me()) AND (record <> '' OR kept IS NOT NULL)
    SELECT * FROM cati_contact('{his}')
    SELECT * FROM cati_contact('{other}')
    SELECT * FROM cati_hold('{his}', {his_fence})
    UPDATE "case" SET lease_holder = NULL
    UPDATE log SET act = 'paused'
    DELETE FROM log
    UPDATE attempt SET outcome = 'no_answer'
    INSERT INTO draft_event ("case", n, id, sealed) VALUES ('{his}', 9, 'a', '')
    SELECT * FROM cati_keep_event('{his}', {his_fence}, 1, 'a', '', '')
    SELECT 1 FROM cati_keep_words('{his}', {his_fence}, 'a', '') until WHERE until IS NOT NULL
    UPDATE member SET role = 'research_lead'
    UPDATE study SET settings = ''
    UPDATE target SET wanted = 9999
    INSERT INTO questionnaire (hash, model, source_name, source, loaded_at) VALUES ('a', '', '', '', 1)
    DELETE FROM pending
    INSERT INTO pending (id, sealed) VALUES ('a', '')
    INSERT INTO stock (id, sealed) VALUES ('a', '')
    SELECT cati_put('{his}', 0, 0, 0, 0, NULL, NULL, NULL, '[]')
    SELECT cati_put('{other}', 3, 0, 0, 0, NULL, NULL, '1.1', '[]')
    SELECT cati_put('{done}', 0, 0, 0, 0, NULL, NULL, NULL, '[]')
    SELECT cati_mix(ARRAY['\\x00'::bytea, '\\x01'::bytea, '\\x02'::bytea], false)
    SELECT cati_mix(ARRAY['\\x00'::bytea], true)
    SELECT cati_write('case_looked_up', '{his}', 0, '')
    SELECT cati_note('field_ended', '', 0, '')
    SELECT cati_admit('{leads_role}', 'interviewer', 'SCRAM-SHA-256$4096:a$b:c')
    SELECT cati_renew('{leads_role}', 'SCRAM-SHA-256$4096:a$b:c')
    SELECT cati_dismiss('{berts_role}')
    SELECT * FROM trustee
    SELECT * FROM recovery
    SELECT * FROM sign_in
    SELECT * FROM backup
    SELECT cati_give_back('{bert}')
    SELECT cati_announce('renew')
    SELECT * FROM cati_contacts_after('', 10)
    SELECT cati_forget_hashes()
    SELECT cati_rehash_never(ARRAY['\\x02'::bytea])
    DELETE FROM former_certificate
    INSERT INTO former_certificate (member, n, certificate) VALUES ('{me}', 1, '')
    SELECT cati_agree_to_end(); SELECT cati_end_step('begun', '\\x7b7d')
    SELECT cati_agree_to_end(); SELECT cati_end_rows('[]', '{{}}', '{{}}', '')
    SELECT cati_end_signed('\\x7b7d')
    UPDATE station SET gone_at = 1
    SET ROLE {lead_group}
    SET ROLE {owner}
"""


def test_a_supervisor_sees_numbers_and_leaves_an_entry_for_every_contact(office: Office) -> None:
    supervisor = office.made.sign_in("witness")
    before = office.contents()
    for sql in _each(OVERSIGHT):
        through, said = office.psql("witness", sql)
        if through:
            assert said in ("", "0", "f"), f"{sql}\n{said[:500]}"
        else:
            assert any(words in said for words in (*DENIED, "another number")), f"{sql}\n{said[:500]}"
    assert office.contents() == before

    def read() -> int:
        return len(raw(supervisor, "SELECT n FROM log WHERE act = 'contacts_read' AND who = :me", me=supervisor.me.id))

    for hidden in ("SELECT cati_announce('search')", "SAVEPOINT s; SELECT cati_announce('search'); RELEASE s"):
        for level in ("READ COMMITTED", "REPEATABLE READ"):  # who takes the entry back sees nothing
            for contacts in ("cati_all_contacts()", "cati_contacts_of(ARRAY['{his}'])"):
                office.gets_nothing(
                    "witness", f"BEGIN ISOLATION LEVEL {level}; {hidden}; SELECT * FROM {contacts}; ROLLBACK"
                )
    assert office.psql("witness", "SELECT cati_announce('replan')")[0]  # as every supervisor's window does all day
    office.gets_nothing("witness", "SELECT * FROM cati_all_contacts()")  # which is no leave to search
    count = read()
    assert office.psql("witness", "SELECT cati_announce('search')")[0]
    assert read() == count + 1
    assert office.psql("witness", "SELECT count(*) FROM cati_all_contacts()") == (True, "40")
    assert office.psql("witness", 'SELECT count(*) FROM "case"') == (True, "40")


def test_a_research_lead_cannot_change_the_log_or_read_contacts_unseen(office: Office) -> None:
    before = office.contents()
    for sql in (
        "SELECT * FROM contact", "SELECT sealed_details FROM contact", "UPDATE log SET act = 'paused'", "DELETE FROM log",
        "INSERT INTO log (n, at, who, act, previous, hash) VALUES (99, 1, '{me}', 'dialled', '', '')",
        "SELECT cati_write('case_looked_up', '{his}', 0, '')", "UPDATE study SET erased_at = 1", "DELETE FROM member",
        'DELETE FROM "case"', "DELETE FROM stock", "INSERT INTO stock (id, sealed) VALUES ('a', '')", "SET ROLE {owner}",
        "SELECT cati_admit('postgres', 'research_lead', 'SCRAM-SHA-256$4096:a$b:c')",
        "SELECT cati_admit('{owner}', 'research_lead', 'SCRAM-SHA-256$4096:a$b:c')",
        "SELECT cati_admit('{my_role}', 'research_lead', 'plain')",
        "SELECT cati_renew('postgres', 'SCRAM-SHA-256$4096:a$b:c')", "SELECT cati_dismiss('postgres')",
        "SELECT cati_dismiss('{owner}')", "SELECT cati_dismiss('{leads_role}')",
        "INSERT INTO draft_event (\"case\", n, id, sealed) VALUES ('{his}', 9, 'a', '')",
        "UPDATE contact SET sealed_key = ''", "SELECT epoch FROM contact", "SELECT * FROM cati_contacts_after('', 10)",
        "SELECT cati_reseal(ARRAY['{his}'], ARRAY['\\x01'::bytea], ARRAY['\\x01'::bytea], 2)",
        "SELECT cati_forget_hashes()", "SELECT cati_rehash_never(ARRAY['\\x02'::bytea])", "DELETE FROM never_again",
        "SELECT cati_reseal_reason('{mine}', '\\x01', '\\x01')", "SELECT * FROM cati_texts()",
        "SELECT cati_reseal_drafts('{his}', ARRAY[0], ARRAY['\\x01'::bytea])",
        "SELECT cati_reseal_text('{his}', 'a', 'b', '\\x01')", "SELECT cati_reseal_pending('a', 'b', '\\x01')",
        "SELECT cati_move(ARRAY['{his}'], 9999999999)",
        "SELECT * FROM sign_in",
        "UPDATE backup SET gone_at = 1", "DELETE FROM backup", "UPDATE former_certificate SET certificate = ''",
        "DELETE FROM former_certificate", "UPDATE trustee SET record = ''", "UPDATE recovery SET sealed = ''",
    ):  # fmt: skip
        office.gets_nothing("lead", sql)
    for level in ("READ COMMITTED", "REPEATABLE READ"):  # who takes the log's entry back renews nothing
        office.gets_nothing(
            "lead",
            f"BEGIN ISOLATION LEVEL {level}; SELECT cati_announce('renew'); SELECT * FROM cati_contacts_after('', 9); ROLLBACK",
        )
    take_over = (
        "UPDATE member SET server_role = CASE id WHEN '{me}' THEN session_user::text END WHERE id IN ('{me}', '{lead}')"
    )
    office.names["lead"] = raw(office.anna, "SELECT id FROM member WHERE login = 'lead'")[0]["id"]
    through, said = office.psql("lead", take_over)  # or what she does would stand in Anna's chain
    assert not through
    assert "row-level security" in said
    assert office.psql("lead", "SELECT cati_announce('search')")[0]
    office.gets_nothing("lead", "SELECT cati_forget_hashes()")  # what was said was for something else
    assert office.psql("lead", "SELECT cati_announce('renew')")[0]
    assert office.psql("lead", "SELECT count(*) FROM cati_contacts_after('', 100)") == (True, "40")
    for sql in (
        "SELECT cati_reseal(ARRAY['{his}'], ARRAY['\\x01'::bytea], ARRAY['\\x01'::bytea], 1)",
        "SELECT cati_rehash_never(ARRAY[]::bytea[])",  # nobody gets off that list
    ):
        through, said = office.psql("lead", sql)
        assert not through
        assert "not allowed" in said or "another number" in said
    assert office.contents() == before


ENDING = (
    "SELECT cati_end_step('begun', '\\x7b7d')", "SELECT cati_end_step('rows', '\\x7b7d')",
    "SELECT cati_end_rows('[]', '{{}}', '{{}}', '')", "SELECT * FROM cati_end_left()",
    "SELECT * FROM cati_end_bytes('member')", "SELECT cati_end_signed('\\x7b7d')",
)  # fmt: skip


def test_a_research_lead_alone_cannot_end_the_study(office: Office) -> None:
    """Nor with somebody they made up themselves, nor both together while people are still called."""
    office.made.sign_in("witness")
    before = office.contents()
    for sql in (
        *ENDING,
        *(f"SELECT cati_agree_to_end(); {one}" for one in ENDING),
        "INSERT INTO purge_step VALUES ('seal', 1, '')",
    ):
        office.gets_nothing("lead", sql)
    renewed = "SELECT cati_renew('{witness_role}', 'SCRAM-SHA-256$4096:a$b:c')"
    office.names["witness_role"] = office.roles.login("witness")
    office.gets_nothing("lead", "BEGIN; " + renewed + "; ROLLBACK")
    assert office.psql("witness", "SELECT cati_agree_to_end()") == (True, "")
    for sql in ENDING:  # the field period is not over, and a case is open
        office.gets_nothing("lead", sql)
    raw(office.anna, 'UPDATE "case" SET lease_holder = NULL, lease_until = NULL')
    office.gets_nothing("lead", ENDING[0])
    assert office.psql("lead", "SELECT n > 0 FROM cati_note('field_ended', '', 0, '')") == (True, "t")
    office.gets_nothing("lead", ENDING[0])  # an interview is not mixed yet
    assert office.contents() == before | {name: one for name, one in office.contents().items() if name == "case"}
    raw(office.anna, "DELETE FROM pending")
    raw(office.anna, "UPDATE log SET at = at - 14401 WHERE act = 'end_agreed'")
    office.gets_nothing("lead", ENDING[0])  # who agreed did so four hours ago
    raw(office.anna, """INSERT INTO log (n, at, who, act, details, previous, hash) VALUES
        (999, extract(epoch FROM now()), :me, 'login_set', :what, '', '')""", me=office.anna.me.id,
        what='{"login":"' + office.names["witness_role"][-16:] + '","to":"password"}')  # fmt: skip
    through, said = office.psql("witness", "SELECT cati_agree_to_end()")
    assert not through
    assert "was set today" in said
    raw(office.anna, "UPDATE log SET at = at - 86401 WHERE n = 999")
    assert office.psql("witness", "SELECT cati_agree_to_end()") == (True, "")
    assert office.psql("lead", ENDING[0]) == (True, "")  # the control: the two together
    for sql in ENDING[1:]:  # and one step after the other
        office.gets_nothing("lead", sql)


def test_a_stranger_with_the_servers_address_comes_nowhere(office: Office) -> None:
    said = set()
    for user in (
        office.roles.login("anna"),
        office.roles.login("nobody"),
        office.roles.owner,
        office.roles.gate,
        "postgres",
    ):
        for password in ("", "wrong", "anna", servers.PASSWORD[::-1]):
            through, words = office.psql("", "SELECT 1", user=user, password=password)
            assert not through
            said.add(words.replace(user, "USER").partition("FATAL:")[2])
    assert len(said) <= 2, said  # whether a name is known shows nowhere: a wrong password, or none given
    assert isinstance(calling.take_next_case(office.anna), DeliveredCase)
