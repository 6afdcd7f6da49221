"""What a curious or hostile member of staff, or a stranger, gets out of a real server with `psql`: nothing."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cati.fieldwork import calling, interviewing, members
from cati.fieldwork.delivered import DeliveredCase
from cati.fieldwork.log import verify
from cati.fieldwork.open_study import OpenStudy
from cati.store import moving, rights
from cati.store.connecting import Link, Unreachable
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

    def connected(self, login: str) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as this member, each statement a transaction of its own unless it begins one."""
        return psycopg.connect(
            host=self.link.hosts[0], port=self.link.ports[0], dbname=self.link.database, user=self.roles.login(login),
            password=servers.PASSWORD, autocommit=True,
        )  # fmt: skip

    def gets_nothing(self, login: str, sql: str) -> None:
        """Fail unless this is denied, or finds and changes no row."""
        through, said = self.psql(login, sql)
        if through:
            assert said in ("", "0", "f"), f"{sql}\n{said[:500]}"
        else:
            assert any(words in said for words in DENIED), f"{sql}\n{said[:500]}"
            # An attack on what there is not, or is called otherwise by now, would prove nothing.
            assert not said.startswith(("ERROR:  function", "ERROR:  column")), f"{sql}\n{said[:500]}"

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
    SELECT * FROM cati_look_up('\\x{hash}')
    SELECT 1 / (count(*) - 1) FROM cati_look_up('\\x{hash}')
    SELECT 1 FROM cati_appointment('{his}') WHERE reason IS NOT NULL OR name IS NOT NULL
    SELECT * FROM cati_case_file('{his}') WHERE contact IS NOT NULL OR appointment IS NOT NULL OR attempt IS NOT NULL
    EXPLAIN ANALYZE SELECT * FROM contact_index WHERE hash = '\\x{hash}'
    EXPLAIN SELECT * FROM contact
    DO $$ BEGIN PERFORM FROM contact; END $$
    DECLARE c CURSOR WITH HOLD FOR SELECT * FROM contact
    PREPARE p AS SELECT * FROM contact; EXECUTE p
    SELECT * FROM draft_event WHERE "case" = '{his}' FOR KEY SHARE
    SELECT * FROM pg_stats_ext
    SELECT * FROM pg_stats WHERE tablename IN ('appointment', 'attempt', 'draft_event', 'pending', 'stock', 'turn')
    SELECT subconninfo FROM pg_subscription
    SELECT * FROM pg_user_mappings
    SELECT * FROM pg_hba_file_rules
    SELECT * FROM pg_show_all_file_settings()
    SELECT * FROM pg_backend_memory_contexts
    SELECT pg_read_binary_file('global/pg_control')
    SELECT pg_stat_file('base')
    SELECT pg_ls_logdir()
    SELECT pg_ls_waldir()
    SELECT pg_current_logfile()
    SELECT lo_export(1, '/tmp/stolen')
    SELECT pg_logical_emit_message(true, 'a', 'b') FROM pg_create_logical_replication_slot('a', 'test_decoding')
    SELECT * FROM pg_create_physical_replication_slot('a')
    SELECT pg_export_snapshot() FROM contact
    SELECT query_to_xml('SELECT * FROM contact', true, true, '')
    SELECT table_to_xml('contact', true, true, '')
    SELECT database_to_xml(true, true, '') IS NULL
    SELECT ts_stat('SELECT to_tsvector(epoch::text) FROM contact')
    SELECT has_table_privilege('contact', 'SELECT')
    SELECT row_security_active('contact') IS NOT TRUE
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
    SELECT * FROM cati_undo('{done}', 1, '{call}', 15, '', '', 1, ARRAY['\\x{hash}'::bytea], 0, 0, 0, NULL, NULL)
    SELECT * FROM cati_undo('{his}', {his_fence}, '{call}', 15, NULL, NULL, 1, NULL, 0, 0, 0, NULL, NULL)
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
    SELECT cati_announced('{{renew}}', 14400)
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
    SELECT cati_note('number_tried', '', 0, '{{"of":"0000"}}')
    SELECT cati_put('{mine}', 2, 0, 0, 0, NULL, NULL, NULL, '[]')
    SELECT cati_put_into_pool('{mine}', {fence}, 'a', 'b', ''); SELECT cati_note('paused', '', 0, '') FROM generate_series(1, 30); SELECT cati_put_into_pool('{mine}', {fence}, 'c', 'd', '')
    SELECT cati_put('{mine}', NULL, 0, 0, 0, NULL, NULL, NULL, '[]')
    SELECT cati_put('{mine}', 1, 0, 0, 0, 0, NULL, NULL, '[[0,3,0,0,0,null,null,"1.1"]]')
    UPDATE attempt SET ended = 99999999999 WHERE "case" = '{mine}'
    UPDATE attempt SET "case" = '{his}'
    SELECT * FROM cati_lease('{other}', {other_fence}, NULL, 15)
    SELECT * FROM cati_lease('{other}', NULL, '', NULL)
    SELECT * FROM cati_lease('{mine}', {fence} - 1, '', 2147483647)
    SELECT * FROM cati_lease('{done}', 1, '', 15)
    SELECT cati_renew_lease('{mine}', {fence} + 1, 2147483647) IS NOT NULL
    SELECT cati_renew_lease(NULL, NULL, NULL) IS NOT NULL
    SELECT * FROM cati_hold('{mine}', NULL)
    SELECT * FROM cati_hold('{mine}', {fence} - 1)
    SELECT * FROM cati_keep_event('{mine}', NULL, 0, 'a', '', '')
    SELECT cati_put_into_pool('{mine}', {fence} - 1, 'a', 'b', '')
    SELECT cati_put_into_pool('{mine}', NULL, 'a', 'b', '')
    BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT cati_erase('{mine}')
    BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT cati_put_into_pool('{mine}', {fence}, 'a', 'b', '')
    BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM draft_event; COMMIT
    BEGIN; DECLARE c CURSOR FOR SELECT * FROM "case" FOR UPDATE
    MERGE INTO "case" c USING (SELECT 1) x ON c.id = '{his}' WHEN MATCHED THEN DELETE
    INSERT INTO member (id, login, name, role, languages, record, certificate) VALUES ('a', 'anna', '', '', '', '', '') ON CONFLICT DO NOTHING
    COPY draft_event FROM PROGRAM 'cat /etc/passwd'
    CREATE TEMP VIEW "case" AS SELECT 1
    CREATE FUNCTION pg_temp.cati_me() RETURNS text LANGUAGE sql AS $f$ SELECT 'x' $f$
    CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)
    CREATE CAST (text AS int) WITH INOUT AS IMPLICIT
    CREATE DOMAIN public.text AS int
    CREATE RULE r AS ON SELECT TO draft_event DO INSTEAD NOTHING
    SELECT setval('cell_id_seq', 1)
    SELECT nextval('cell_id_seq')
    ANALYZE contact; SELECT 'analysed' FROM pg_stats WHERE tablename = 'contact'
    CLUSTER contact USING pk_contact
    REINDEX TABLE contact
    REFRESH MATERIALIZED VIEW contact
    COMMENT ON TABLE contact IS 'mine'
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
    ALTER ROLE {my_role} IN DATABASE {database} SET session_replication_role = 'replica'
    SET session_replication_role = 'replica'
    SET lo_compat_privileges = on
    SET log_min_messages = 'debug5'
    SET log_min_error_statement = 'debug5'
    SET log_error_verbosity = 'verbose'
    SET log_parameter_max_length = -1
    SET allow_system_table_mods = on
    SET ROLE pg_read_all_data
    SET ROLE pg_signal_backend
    SET ROLE pg_execute_server_program
    GRANT pg_read_all_data TO {my_role}
    REASSIGN OWNED BY {owner} TO {my_role}
    DROP OWNED BY {owner}
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {my_role}
    LOAD '/tmp/mine.so'
    CREATE EXTENSION lo
    CREATE EXTENSION pgcrypto
    CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw
    CREATE PUBLICATION mine FOR ALL TABLES
    CREATE SUBSCRIPTION mine CONNECTION 'dbname=postgres' PUBLICATION mine
    CREATE TABLESPACE mine LOCATION '/tmp'
    CREATE DATABASE mine TEMPLATE {database}
    ALTER TABLE "case" DISABLE TRIGGER ALL
    SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = '{leads_role}'
    SELECT pg_rotate_logfile()
    SELECT pg_switch_wal()
    SELECT pg_promote()
    SELECT pg_stat_reset()
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
    for level in ("READ COMMITTED", "REPEATABLE READ"):  # who takes the log's entry back learns nothing
        for asked in ("SELECT cati_try('\\x{hash}')", "SAVEPOINT s; SELECT cati_try('\\x{hash}'); RELEASE s"):
            begin = f"BEGIN ISOLATION LEVEL {level}; {asked}"
            office.gets_nothing("anna", f"{begin}; SELECT cati_look_up('\\x{{hash}}'); ROLLBACK")
            assert office.contents() == before
    for looked in ("SELECT cati_look_up('\\x{hash}')", "SAVEPOINT s; SELECT cati_look_up('\\x{hash}'); RELEASE s"):
        assert office.psql("anna", "SELECT cati_try('\\x{hash}')")[0]
        office.gets_nothing("anna", "SELECT cati_look_up('\\x00')")  # what was said was of another number
        sees = "SELECT 'seen' FROM cati_contact('{his}')"
        through, said = office.psql("anna", f"BEGIN; {looked}; {sees}; ROLLBACK")
        assert through, said
        assert said == office.names["his"]  # the case, of which the number tried tells in the log, and nobody in it
    assert office.contents() == before
    # The control: she is signed in, holds her case, and may do what is hers to do.
    assert office.psql("anna", "SELECT cati_me()") == (True, office.anna.me.id)
    assert office.psql("anna", "SELECT \"case\" FROM cati_contact('{mine}')") == (True, office.mine.case_id)
    assert office.psql("anna", 'SELECT count(*) FROM "case"') == (True, "1")
    keep = "INSERT INTO draft_event (\"case\", n, id, sealed) VALUES ('{mine}', 9, 'a', '') RETURNING n"
    assert office.psql("anna", keep) == (True, "9")


def test_what_was_ones_own_is_not_written_by_an_old_look_at_it(office: Office) -> None:
    with office.connected("anna") as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute(f"SET cati.fence = '{office.mine.lease.fence}'")
        assert old.execute('SELECT count(*) FROM "case"').fetchone() == (1,)
        raw(office.anna, 'UPDATE "case" SET lease_holder = :bert, fence = fence + 1 WHERE id = :id',
            bert=office.bert.me.id, id=office.mine.case_id)  # fmt: skip
        before = office.contents()
        for sql in (
            "INSERT INTO draft_event (\"case\", n, id, sealed) VALUES ('{mine}', 99, 'a', '')",
            "DELETE FROM draft_event WHERE \"case\" = '{mine}'",
            "SELECT cati_erase('{mine}')",
            "SELECT cati_replace_contact('{mine}', '', '', 1)",
            "SELECT cati_put_into_pool('{mine}', {fence}, 'a', 'b', '')",
            "SELECT cati_note('dialled', '{mine}', {fence}, '')",
        ):
            old.execute("SAVEPOINT s")
            with suppress(psycopg.errors.InsufficientPrivilege):
                old.execute(sql.format(**office.names))
                assert "DELETE" in sql  # which finds nothing
            old.execute("ROLLBACK TO s")
        old.execute("COMMIT")
    assert office.contents() == before


def test_a_statement_that_lasts_writes_by_what_is_true_when_it_writes(office: Office) -> None:
    slow = """INSERT INTO draft_event ("case", n, id, sealed)
              SELECT '{mine}', 99, 'a', ''::bytea FROM pg_advisory_lock(7)"""
    with office.connected("anna") as anna, office.connected("bert") as bert, ThreadPoolExecutor(1) as beside:
        bert.execute("SELECT pg_advisory_lock(7)")
        anna.execute(f"SET cati.fence = '{office.mine.lease.fence}'")
        writing = beside.submit(anna.execute, slow.format(**office.names))
        while not raw(office.anna, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not writing.done()
        raw(office.anna, 'UPDATE "case" SET fence = fence + 1 WHERE id = :id', id=office.mine.case_id)
        bert.execute("SELECT pg_advisory_unlock(7)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writing.result()


def test_nobody_looks_twice_where_one_look_is_left(office: Office) -> None:
    """Many windows of one member would each find the last of the contacts that they may see this hour."""
    with office.connected("anna") as first, office.connected("anna") as second:
        first.execute("BEGIN")
        first.execute("SELECT cati_try('a')")
        second.execute("SET lock_timeout = 50")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("SELECT cati_try('b')")
        first.execute("COMMIT")
        second.execute("SELECT cati_try('b')")


def test_nobody_keeps_a_colleague_from_their_case(office: Office) -> None:
    """What finds that a case is not one's own leaves no lock on it."""
    with office.connected("anna") as anna, office.connected("bert") as bert:
        anna.execute("BEGIN")
        for sql in (
            "SELECT * FROM cati_lease('{his}', {his_fence}, '', 15)", "SELECT * FROM cati_lease('{his}', 0, '', 15)",
            "SELECT * FROM cati_take_up_again('{his}', {his_fence}, '{his_call}', 15)",
            "SELECT * FROM cati_undo('{his}', {his_fence}, '{his_call}', 15, NULL, NULL, 1, NULL, 0, 0, 0, NULL, NULL)",
            "SELECT * FROM cati_hold('{his}', {his_fence})", "SELECT * FROM cati_keep_event('{his}', {his_fence}, 1, 'a', '', '')",
            "SELECT cati_renew_lease('{his}', {his_fence}, 60)",
        ):  # fmt: skip
            anna.execute(sql.format(**office.names))
        bert.execute("SET lock_timeout = 50")
        held = bert.execute("SELECT id FROM cati_hold(%s, %s)", (office.his.case_id, office.his.lease.fence)).fetchall()
        assert held == [(office.his.case_id,)]


def test_a_call_that_ended_is_not_opened_again_beside_another_case(office: Office) -> None:
    with office.connected("anna") as anna:
        anna.execute("SELECT set_config('cati.now', %s, false)", (str(office.made.clock().timestamp()),))
        anna.execute(f"SET cati.fence = '{office.mine.lease.fence}'")
        call = anna.execute(
            "UPDATE attempt SET ended = cati_now(), outcome = 'no_answer' WHERE ended IS NULL RETURNING id"
        ).fetchone()
        assert call is not None
        put = "SELECT cati_put(%s, 1, 3, 0, cati_now() + 3600, cati_now() + 3600, NULL, NULL, '[]')"
        anna.execute(put, (office.mine.case_id,))
        assert len(anna.execute("SELECT * FROM cati_claim()").fetchall()) == 1
        undo = "SELECT * FROM cati_undo(%s, %s, %s, 15, NULL, NULL, 1, NULL, 0, 0, 0, NULL, NULL)"
        assert anna.execute(undo, (office.mine.case_id, office.mine.lease.fence, call[0])).fetchall() == []
    assert raw(office.anna, "SELECT ended IS NULL AS open FROM attempt WHERE id = :id", id=call[0]) == [{"open": False}]


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


def _hold_settings(study: OpenStudy, milliseconds: int) -> None:
    with study.database.transaction() as transaction:
        transaction.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        study.database.hold_settings(transaction)


def test_whoever_keeps_the_others_waiting_is_cut_off_by_the_one_who_waits(
    office: Office, cluster: postgres.Cluster
) -> None:
    """A transaction left open, a lock that belongs to the program, a table: whatever an interviewer can hold."""
    watch = (Path(rights.__file__).parent / "sql" / "watch.sql").read_text("utf-8")
    ending = watch[watch.index("FUNCTION public.cati_end_stuck") : watch.index("-- End all sessions")]
    for name, role in (("@prefix", office.roles.prefix), ("@lead", office.roles.groups[2]),
                       ("@supervisor", office.roles.groups[1])):  # fmt: skip
        ending = ending.replace(name, role)
    for holds in (
        "SELECT cati_room_for('{mine}', false)", "LOCK TABLE draft_event IN ACCESS EXCLUSIVE MODE",
        "SELECT pg_advisory_xact_lock(1667331946)",
    ):  # fmt: skip
        with office.connected("anna") as anna, office.connected("bert") as bert:
            anna.execute("SET idle_in_transaction_session_timeout = 0")
            anna.execute("BEGIN")
            anna.execute(holds.format(**office.names))
            for longest, ended in (
                ("90 seconds", 0),
                ("1 microsecond", 1),
            ):  # the first: any statement may take so long
                laid_down = "CREATE OR REPLACE " + ending.replace("90 seconds", longest)
                with psycopg.connect(cluster.admin, dbname=office.link.database) as administrator:
                    administrator.execute(laid_down)
                assert bert.execute("SELECT cati_end_stuck()").fetchone() == (ended,)
            with pytest.raises(psycopg.OperationalError):
                anna.execute("SELECT 1")
    with office.connected("anna") as anna:  # held without any transaction, which the program never does
        anna.execute("SELECT pg_advisory_lock(1667331946)")
        with pytest.raises(Unreachable):
            _hold_settings(office.bert, 50)
        _hold_settings(office.bert, 5000)  # the window has seen to it
    ended = raw(office.anna, "SELECT who, details FROM log WHERE act = 'session_ended'")
    assert ended == [{"who": office.bert.me.id, "details": f'{{"login":"{office.names["my_role"][-16:]}"}}'}] * 4


def test_nobody_takes_all_connections_of_the_server(office: Office) -> None:
    with ExitStack() as open_ones:
        there = raw(office.anna, "SELECT 1 FROM pg_stat_activity WHERE usename = :name", name=office.names["my_role"])
        for _ in range(20 - len(there)):
            open_ones.enter_context(office.connected("anna"))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            office.connected("anna")


def test_who_made_something_of_their_own_can_be_let_go_all_the_same(office: Office) -> None:
    """Large objects are what anybody may make in a database; a role that owns one cannot be dropped."""
    with office.connected("anna") as anna:
        anna.execute("SELECT lo_from_bytea(0, 'mine')")
        members.deactivate(office.made.sign_in("lead"), office.anna.me.id)
        with pytest.raises(psycopg.OperationalError):
            anna.execute("SELECT 1")
    assert raw(office.bert, "SELECT oid FROM pg_largeobject_metadata") == []
    assert raw(office.bert, "SELECT 1 FROM pg_roles WHERE rolname = :name", name=office.names["my_role"]) == []


def test_with_a_withdrawal_goes_no_other_persons_interview(office: Office) -> None:
    """Which finished interview is whose the server cannot know; an interviewer can work out the tags of her own cases."""
    tag = raw(office.anna, "SELECT tag FROM pending")[0]["tag"]
    assert office.psql("anna", f"SELECT count(*) FROM cati_withdraw('{{mine}}', '{tag}')") == (True, "1")
    assert office.psql("bert", f"SELECT count(*) FROM cati_withdraw('{{mine}}', '{tag}')") == (True, "1")
    assert raw(office.anna, "SELECT tag FROM pending") == [{"tag": tag}]
    office.made.sign_in("witness")
    assert office.psql("witness", f"SELECT count(*) FROM cati_withdraw('{{done}}', '{tag}')") == (True, "1")  # hers
    assert raw(office.anna, "SELECT tag FROM pending") == []


def test_the_settings_change_only_with_an_entry_that_says_what(office: Office) -> None:
    settings = raw(office.anna, "SELECT convert_from(settings, 'UTF8') AS said FROM study")[0]["said"]
    more = json.dumps(json.loads(settings) | {"views_per_hour": 9999})
    with office.connected("lead") as lead:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            lead.execute("UPDATE study SET settings = %s", (more.encode(),))
        lead.execute("SELECT cati_change_settings(%s)", (more.encode(),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            lead.execute("SELECT cati_change_settings(%s)", (b'{"Erika Muster": 1}',))
    entries = raw(office.anna, "SELECT details FROM log WHERE act = 'settings_changed'")
    assert entries == [{"details": '{"changed":["views_per_hour"]}'}]
    raw(office.anna, "DELETE FROM former_certificate")  # which is none
    assert verify(office.made.sign_in("lead")).ok


def test_a_research_lead_reads_open_interviews_only_once_it_is_said(office: Office) -> None:
    reading = "SELECT count(*) FROM cati_events('{his}')"
    for sql in ("SELECT * FROM draft_event", reading, "BEGIN; SELECT cati_announce('questionnaire'); " + reading):
        office.gets_nothing("lead", sql)
    office.gets_nothing("anna", reading)
    office.gets_nothing("anna", "SELECT cati_announce('questionnaire')")
    assert office.psql("lead", "SELECT cati_announce('questionnaire')")[0]
    assert office.psql("lead", reading)[1] not in ("", "0")
    assert raw(office.anna, "SELECT details FROM log WHERE details LIKE '%questionnaire%'") == [
        {"details": '{"for":"questionnaire"}'}
    ]


OVERSIGHT = """
    SELECT * FROM contact
    SELECT count(*) FROM contact
    SELECT * FROM draft_event
    SELECT * FROM draft_text
    SELECT * FROM stock
    SELECT sealed FROM stock
    SELECT * FROM contact_index
    SELECT * FROM never_again
    SELECT * FROM cati_known(ARRAY['\\x{hash}'::bytea])
    BEGIN; SELECT cati_announce('import'); SELECT * FROM cati_known(ARRAY['\\x{hash}'::bytea])
    INSERT INTO contact_index (hash, "case") VALUES ('\\x{hash}', '{his}')
    INSERT INTO contact_index (hash, "case") VALUES ('\\x{hash}', '{other}') ON CONFLICT DO NOTHING
    INSERT INTO contact ("case", sealed_key, sealed_details) VALUES ('{other}', '', '')
    INSERT INTO turn ("case", at, status, tier, rank, due_at, final_code) VALUES ('{other}', 1, 3, 0, 0, 0, '1.1')
    INSERT INTO "case" (id, cell, status, tier, rank, due_at, draw, final_code) SELECT 'x', id, 3, 0, 0, 0, 1, '1.1' FROM cell LIMIT 1
    INSERT INTO "case" (id, cell, status, tier, rank, due_at, draw, lease_holder) SELECT 'x', id, 2, 0, 0, 0, 1, '{bert}' FROM cell LIMIT 1
    SELECT * FROM cati_never()
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
    SELECT cati_end_sessions('{leads_role}')
    SELECT cati_drop_owned('{berts_role}')
    SELECT cati_tie('{berts_role}')
    SELECT cati_change_settings('\\x7b7d')
    SELECT * FROM cati_open_drafts()
    SELECT * FROM cati_events('{his}')
    SELECT cati_note('session_ended', '', 0, '')
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
    office.gets_nothing("witness", "SELECT * FROM cati_contacts_of(ARRAY['{his}', '{other}'])")  # nothing waits for it
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
        "SELECT cati_dismiss('{owner}')", "SELECT cati_dismiss('{leads_role}')", "SELECT cati_drop_owned('{berts_role}')",
        "SELECT cati_end_sessions('postgres')", "SELECT cati_end_sessions('{owner}')", "SELECT cati_tie('{berts_role}')",
        "UPDATE study SET settings = ''", "SELECT cati_note('settings_changed', '', 0, '')",
        "INSERT INTO draft_event (\"case\", n, id, sealed) VALUES ('{his}', 9, 'a', repeat('x', 1048577)::bytea)",
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
