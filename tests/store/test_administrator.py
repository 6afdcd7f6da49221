"""An administrator who does not come in is told why by a sentence, by a real server's own refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.store import administration, removal
from cati.store.administrator import administrator, known_failure
from cati.store.roles import Roles
from cati.text import set_language
from tests import postgres


@pytest.fixture(scope="module")
def tls() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", authority=postgres.new_authority()) as found:
        found.psql("CREATE ROLE chief LOGIN PASSWORD 'right' CREATEROLE CREATEDB")
        found.psql("CREATE ROLE clerk LOGIN PASSWORD 'right'")
        found.psql("CREATE ROLE lonely LOGIN PASSWORD 'right'")
        found.write_rules(
            "local all lonely peer", "host all banned all reject", "hostssl all chief,clerk,unknown all scram-sha-256",
            postgres.RULES[0],
        )  # fmt: skip
        yield found


def _refused(url: str, tls: postgres.Cluster, tmp_path: Path, password: str) -> Problem:
    for name, pem in (("own.pem", tls.authority), ("other.pem", postgres.new_authority().pem())):
        (tmp_path / name).write_text(pem)
    whole = url.format(port=tls.port, free=postgres.free_port(), folder=tls.folder, here=tmp_path)
    with pytest.raises(Problem) as refused, administrator(whole, password):
        pass
    return refused.value


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgresql://chief@localhost:{port}/postgres", "does not take this password for the role chief"),
        ("postgresql://unknown@localhost:{port}/postgres", "does not take this password for the role unknown"),
        ("postgresql://banned@localhost:{port}/postgres", "does not let the role banned in"),
        ("postgresql://lonely@/postgres?host={folder}&port={port}", "only from the system’s user of the same name"),
        ("postgresql://ghost@/postgres?host={folder}&port={port}", "does not let the role ghost in"),
        ("postgresql://chief@no-such-host.invalid/postgres", "The name no-such-host.invalid is not known"),
        ("postgresql://chief@localhost:{free}/postgres", "Nothing listens at localhost, port"),
        ("postgresql://chief@/postgres?host={here}", "There is no socket of a server with the port 5432 in"),
        ("postgresql://chief@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={here}/other.pem", "not signed"),
        ("postgresql://chief@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={here}/own.pem", "another name"),
        ("postgresql://chief@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={here}/no.pem", "is not there"),
        ("no address at all", "This is not an address of a server."),
    ],
)
def test_each_known_failure_has_a_sentence_of_its_own(
    tls: postgres.Cluster, tmp_path: Path, url: str, what: str
) -> None:
    found = _refused(url, tls, tmp_path, "wrong")
    assert what in found.what
    assert found.do
    for words in ("FATAL", "failed", "connection to", "wrong"):
        assert words not in found.what


def test_no_password_no_database_and_a_server_without_tls(tls: postgres.Cluster, tmp_path: Path) -> None:
    url = "postgresql://chief@localhost:{port}/postgres"
    assert _refused(url, tls, tmp_path, "").what == "The role chief must give a password."
    assert "no database nowhere" in _refused("postgresql://chief@localhost:{port}/nowhere", tls, tmp_path, "right").what
    with postgres.running("fsync = off") as plain:
        assert "no connection by TLS" in _refused(url + "?sslmode=require", plain, tmp_path, "right").what


def test_it_is_said_in_german_too(tls: postgres.Cluster, tmp_path: Path) -> None:
    set_language("de")
    try:
        found = _refused("postgresql://chief@localhost:{port}/postgres", tls, tmp_path, "wrong")
    finally:
        set_language("en")
    assert found.what.startswith("Der Server nimmt dieses Passwort für die Rolle chief nicht an")


AT, ON = 'connection to server at "h", port 1 failed: FATAL:  ', 'connection to server on socket "/s" failed: FATAL:  '
GERMAN = "Authentifizierung für Benutzer »chief« fehlgeschlagen"
NO_LINE = "kein pg_hba.conf-Eintrag für Host »h«, Benutzer »chief«, Datenbank »postgres«, keine Verschlüsselung"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"{AT}Passwort-{GERMAN}\n{AT}{NO_LINE}", "password"),
        (f"{ON}Peer-{GERMAN}", "peer"),
        (f"{AT}{NO_LINE}", "pg_hba"),
        (f"{AT}something quite new", ""),
    ],
)
def test_a_server_that_speaks_another_language_is_understood_by_the_names_it_says(said: str, kind: str) -> None:
    assert known_failure(said, "chief") == kind


def test_what_an_administrator_may_not_do_is_asked_and_leaves_no_error_in_the_servers_log(
    tls: postgres.Cluster,
) -> None:
    roles = Roles("ab" * 16)
    log = tls.folder / "server.log"
    before = len(log.read_text("utf-8"))
    url = f"postgresql://{{}}@localhost:{tls.port}/postgres?sslmode=require"
    with administrator(url.format("clerk"), "right") as connection, pytest.raises(Problem, match="may not make roles"):
        list(administration.prepare(connection, roles, "some_study"))
    with administrator(url.format("chief"), "right") as connection:
        list(administration.prepare(connection, roles, "some_study"))
    with administrator(url.format("chief"), "right", "some_study") as connection:
        administration.prepare_inside(connection, roles)
        _step, left = administration.prepare_settings(connection, "some_study")
        found = administration.transport(connection, roles, "some_study")
    assert any("log_statement" in line for line in left)
    assert not any("lock_timeout" in line for line in left)
    assert found.access is None, "these rules nobody but a superuser may read"
    tls.psql("GRANT SET ON PARAMETER log_statement TO chief")
    tls.psql("GRANT SELECT ON pg_hba_file_rules TO chief", "some_study")
    tls.psql("GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO chief", "some_study")
    tls.psql("GRANT pg_read_all_settings TO chief")
    with administrator(url.format("chief"), "right", "some_study") as connection:
        _step, left = administration.prepare_settings(connection, "some_study")
        found = administration.transport(connection, roles, "some_study")
    assert not any("log_statement" in line for line in left)
    assert found.access is not None, "those that one may read are read, though not when the file was changed"
    assert not found.reload_due
    list(removal.drop_place(url.format("chief"), "right", roles, "some_study"))
    assert "ERROR" not in log.read_text("utf-8")[before:]
