"""Only the study's own server is talked to, a wrong password and a lost server are told apart, and time is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati.errors import Problem
from cati.store import connecting, server_clock
from cati.store.connecting import Link, NotThisServer, Refused, Secret, Unreachable, connect
from cati.store.server import Server
from tests import postgres

ROLE = "cati_0123456789ab_0123456789abcdef"
GOOD = Secret(ROLE, ("the right one",))


@pytest.fixture(scope="module")
def authority() -> postgres.Authority:
    return postgres.new_authority()


@pytest.fixture(scope="module")
def cluster(authority: postgres.Authority) -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", authority=authority) as found:
        found.psql(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'the right one'")
        yield found


@pytest.fixture
def rules(cluster: postgres.Cluster) -> Iterator[None]:
    yield
    cluster.write_rules(*postgres.RULES, "hostssl all all ::1/128 scram-sha-256")


@pytest.fixture
def link(cluster: postgres.Cluster, tmp_path: Path) -> Link:
    return Link(
        hosts=("localhost",), ports=(cluster.port,), database="postgres", authority=written(tmp_path, cluster.authority)
    )


def written(folder: Path, pem: str) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.pem"
    path.write_text(pem)
    return str(path)


def test_the_right_server_is_talked_to_in_tls(link: Link) -> None:
    with connect(link, GOOD) as connection:
        row = connection.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        assert row == (True, "TLSv1.3")
    connection.close()


def test_another_authority_another_name_and_no_tls_are_refused(
    link: Link, tmp_path: Path, cluster: postgres.Cluster, authority: postgres.Authority
) -> None:
    stranger = replace(link, authority=written(tmp_path, postgres.new_authority().pem()))
    with pytest.raises(NotThisServer, match="cannot prove"):
        connect(stranger, GOOD)
    with pytest.raises(NotThisServer, match="cannot prove"):  # the certificate says localhost
        connect(replace(link, hosts=("127.0.0.1",)), GOOD)
    with (
        postgres.running("fsync = off") as bare,  # takes no TLS at all
        pytest.raises(NotThisServer, match="cannot prove"),
    ):
        connect(replace(link, ports=(bare.port,)), GOOD)


@pytest.mark.usefixtures("rules")
def test_a_server_that_asks_for_the_password_itself_or_for_none_gets_nothing(
    link: Link, cluster: postgres.Cluster
) -> None:
    for method in ("password", "trust"):
        cluster.write_rules(postgres.RULES[0], f"hostssl all all all {method}")
        with pytest.raises(NotThisServer, match="cannot prove"):
            connect(link, GOOD)


@pytest.mark.usefixtures("rules")
def test_in_clear_nobody_comes_in(link: Link, cluster: postgres.Cluster) -> None:
    cluster.write_rules(postgres.RULES[0], "hostssl all all all scram-sha-256", "host all all all reject")
    connect(link, GOOD).close()
    with pytest.raises(NotThisServer, match="takes no connection from this workstation"):
        connect(replace(link, authority=""), GOOD)


def test_a_wrong_password_and_a_login_that_does_not_exist_are_told_alike(link: Link) -> None:
    with pytest.raises(Refused) as wrong:
        connect(link, Secret(ROLE, ("a wrong one",)))
    with pytest.raises(Refused) as nobody:
        connect(link, Secret(ROLE[:-1] + "0", ("a wrong one",)))
    assert str(wrong.value) == str(nobody.value)
    assert "wrong one" not in repr(wrong.value) + repr(Secret(ROLE, ("a wrong one",)))
    assert wrong.value.__cause__ is None
    assert wrong.value.__context__ is None


class Attempt:
    def __init__(self, *, asked: bool) -> None:
        self.used_password = asked


class Told(Exception):  # noqa: N818 - stands for the driver's error
    def __init__(self, said: str, *, asked: bool) -> None:
        super().__init__(said)
        self.pgconn = Attempt(asked=asked)


@pytest.mark.parametrize(
    ("said", "asked", "kind"),
    [
        (f"FATAL:  Passwort-Authentifizierung für Benutzer »{ROLE}« fehlgeschlagen", True, Refused),
        (f"FATAL:  kein pg_hba.conf-Eintrag für Host »10.0.0.7«, Benutzer »{ROLE}«", False, NotThisServer),
        ("FATAL:  Datenbank »x« existiert nicht", True, Unreachable),
        ("FATAL:  das Datenbanksystem startet", False, Unreachable),
        ("SSL error: unexpected eof while reading", False, Unreachable),
    ],
)
def test_the_servers_language_does_not_matter(said: str, asked: bool, kind: type[Problem]) -> None:
    assert type(connecting._reason(Told(said, asked=asked), ROLE)) is kind


def test_who_has_too_many_connections_is_not_told_of_a_wrong_password(link: Link, cluster: postgres.Cluster) -> None:
    cluster.psql(f"ALTER ROLE {ROLE} CONNECTION LIMIT 1")
    with connect(link, GOOD) as first:
        with pytest.raises(Unreachable, match="too many connections"):
            connect(link, GOOD)
        with pytest.raises(Refused):
            connect(link, Secret(ROLE, ("wrong",)))
    first.close()
    cluster.psql(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")


def test_nor_where_the_server_speaks_another_language() -> None:
    wrong, full = f"FATAL: Passwort falsch für »{ROLE}«", f"FATAL: zu viele Verbindungen für Rolle »{ROLE}«"
    assert not connecting._is_full(wrong, lambda: wrong)
    assert connecting._is_full(full, lambda: wrong)


def test_a_database_that_is_missing_is_no_wrong_password(link: Link) -> None:
    with pytest.raises(Unreachable):
        connect(replace(link, database="not_there"), GOOD)
    with pytest.raises(Refused):
        connect(replace(link, database="not_there"), Secret(ROLE, ("wrong",)))


def test_nobody_there_is_told_as_that_and_a_stand_in_helps(link: Link) -> None:
    empty = postgres.free_port()
    with pytest.raises(Unreachable, match="does not answer"):
        connect(replace(link, ports=(empty,)), GOOD)
    both = replace(link, hosts=("localhost", "localhost"), ports=(empty, link.ports[0]))
    connect(both, GOOD).close()
    with pytest.raises(Refused):  # a server that answers is believed before one that does not
        connect(replace(both, ports=both.ports[::-1]), Secret(ROLE, ("wrong",)))


def test_after_a_change_of_unknown_fate_both_passwords_are_tried(link: Link) -> None:
    connect(link, Secret(ROLE, ("a new one", "the right one"))).close()


def test_time_is_the_servers_even_where_our_clock_is_wrong(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(link, ROLE, "the right one")
    wrong = datetime(2001, 1, 1, tzinfo=UTC)
    now = server.clock(lambda: wrong)
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 1  # the test's server runs on this computer
    asked = 0
    real = server._clock.read

    def counted(connection: object) -> None:
        nonlocal asked
        asked += 1
        real(connection)

    monkeypatch.setattr(server._clock, "read", counted)
    at = server_clock.ticks()
    monkeypatch.setattr(server_clock, "ticks", lambda: at + 300)
    before = now()
    assert asked == 0
    assert 299 < (before - datetime.now(UTC)).total_seconds() < 301
    monkeypatch.setattr(server_clock, "ticks", lambda: at + 1000)
    assert now() > before  # too long ago, but nobody waits for it: the next transaction asks
    assert asked == 0
    with server.transaction():
        pass
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 1
    assert asked == 1
    server.engine.dispose()  # a connection that is made anew brings the time along
    with server.reading():
        pass
    assert asked == 2
    server.close()


@pytest.mark.parametrize("at", ["statement", "raw statement", "commit"])
def test_a_connection_that_is_cut_is_told_wherever_it_happens(link: Link, cluster: postgres.Cluster, at: str) -> None:
    server = Server(link, ROLE, "the right one")

    def be_cut_off() -> None:
        with server.transaction() as transaction:
            pid = transaction.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            cluster.psql(f"SELECT pg_terminate_backend({pid}, 5000)")
            if at == "statement":
                transaction.exec_driver_sql("SELECT 1")
            elif at == "raw statement":
                transaction.connection.cursor().execute("SELECT 1")

    with pytest.raises(Unreachable):
        be_cut_off()
    with server.reading() as transaction:
        assert transaction.exec_driver_sql("SELECT 1").scalar_one() == 1
    server.close()


def _process(server: Server) -> int:
    with server.reading() as transaction:
        return int(transaction.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_connection_that_broke_while_it_rested_is_replaced_unseen(link: Link, cluster: postgres.Cluster) -> None:
    server = Server(link, ROLE, "the right one")
    first = _process(server)
    assert _process(server) == first
    cluster.psql(f"SELECT pg_terminate_backend({first}, 5000)")
    second = _process(server)
    assert second != first
    cluster.stop()
    cluster.start()
    assert _process(server) != second
    server.close()


def test_the_server_lets_go_of_a_workstation_that_is_gone(link: Link) -> None:
    """Within a minute, not after the two hours of its operating system."""
    with connect(link, GOOD) as connection:
        said = [
            connection.execute(f"SHOW tcp_keepalives_{name}").fetchone()[0] for name in ("idle", "interval", "count")
        ]
    connection.close()
    assert said == ["20", "5", "4"]


def test_a_connection_is_asked_only_after_a_long_rest(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(link, ROLE, "the right one")
    first = _process(server)
    asked = []
    monkeypatch.setattr(connecting, "_answers", lambda driver: asked.append(driver) or False)
    assert _process(server) == first
    assert not asked
    monkeypatch.setattr(connecting, "_ASKED_AFTER", 0.0)
    assert _process(server) != first  # it did not answer
    assert len(asked) == 1
    server.close()


def test_statements_stay_prepared_when_a_look_ends(link: Link) -> None:
    server = Server(link, ROLE, "the right one")
    for _ in range(8):
        with server.reading() as transaction:
            transaction.connection.cursor().execute("SELECT 1 AS often")
    with server.reading() as transaction:
        kept = transaction.exec_driver_sql(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%% often'"
        )
        assert kept.scalar_one() == 1
    server.close()


def test_a_problem_of_the_link_is_a_problem(link: Link) -> None:
    with pytest.raises(Problem):
        connect(replace(link, hosts=("no-such-host.invalid",)), GOOD)
