"""A stand-in takes over: work goes on by itself, and what was acknowledged is there, if commits wait for the stand-in."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cati.store import studies
from cati.store.migrations import create_tables
from cati.store.server import Link, Unreachable
from tests import postgres

from .conftest import Owned

MANUAL = Path(__file__).parents[2] / "packaging" / "postgresql" / "STANDBY.md"


@contextmanager
def pair(*settings: str) -> Iterator[tuple[postgres.Cluster, postgres.Cluster, Owned]]:
    """A server, its stand-in, and a window that knows both."""
    with postgres.running("fsync = off", *settings) as primary:
        name = primary.new_database("study")
        with postgres.standing_by(primary) as standby:
            link = Link(hosts=("127.0.0.1", "127.0.0.1"), ports=(primary.port, standby.port), database=name)
            server = Owned(link, postgres.OWNER, postgres.OWNER_PASSWORD)
            create_tables(server)
            yield primary, standby, server
            server.close()


def write(server: Owned, site: str) -> None:
    with server.transaction() as transaction:
        studies.cell_id(transaction, site, "d", "de")


def sites(server: Owned) -> set[str]:
    with server.reading() as transaction:
        return {site for site, _department, _language in studies.cells(transaction).values()}


def wait_for(cluster: postgres.Cluster, sql: str, wanted: str) -> None:
    for _ in range(2000):
        if cluster.psql(sql) == wanted:
            return
    pytest.fail(f"never {wanted}: {sql}")


def wait_for_sync(primary: postgres.Cluster) -> None:
    primary.psql(f"ALTER SYSTEM SET synchronous_standby_names = '{postgres.STANDBY}'")
    primary.psql("SELECT pg_reload_conf()")
    wait_for(primary, "SELECT sync_state FROM pg_stat_replication", "sync")


def until(true: Callable[[], bool]) -> None:
    """Try again as the program does, until it works."""
    for _ in range(200):
        try:
            if true():
                return
        except Unreachable:
            continue
    pytest.fail("it never came back")


def test_work_goes_on_at_the_stand_in_and_nothing_acknowledged_is_missing() -> None:
    with pair() as (primary, standby, server):
        wait_for_sync(primary)
        acknowledged = set()
        for n in range(20):
            write(server, f"s{n}")
            acknowledged.add(f"s{n}")
        primary.stop("immediate")
        with pytest.raises(Unreachable):  # the stand-in takes no writes yet
            write(server, "nobody")
        standby.promote()

        def works() -> bool:
            write(server, "afterwards")
            return True

        until(works)
        assert sites(server) == acknowledged | {"afterwards"}
        primary.start()  # the old one comes back and thinks that it still is the one
        standby.stop("immediate")
        with pytest.raises(Unreachable):
            write(server, "lost")
        assert primary.psql("SELECT count(*) FROM cell WHERE site = 'lost'", "study") == "0"


def test_the_old_server_follows_the_new_one_without_being_copied_anew() -> None:
    """By pg_rewind, as the manual says: with `wal_log_hints`, whatever it wrote by itself is taken back."""
    with pair("wal_log_hints = on", "wal_keep_size = '256MB'") as (primary, standby, server):
        wait_for_sync(primary)
        write(server, "both")
        standby.stop()
        primary.psql("ALTER SYSTEM RESET synchronous_standby_names")
        primary.psql("SELECT pg_reload_conf()")
        primary.psql("INSERT INTO cell (site, department, language) VALUES ('alone', 'd', 'de')", "study")
        primary.stop("immediate")
        standby.start()
        standby.promote()

        def works() -> bool:
            write(server, "at the new one")
            return True

        until(works)
        data = str(primary.folder / "data")
        settings = [
            (primary.folder / "data" / name).read_text() for name in ("postgresql.conf", "postgresql.auto.conf")
        ]
        standby.psql("CHECKPOINT")  # else pg_rewind may still see the old timeline there, and does nothing
        standby.psql("CREATE ROLE copying LOGIN REPLICATION PASSWORD 'only for tests'")
        standby.psql(re.findall(r"GRANT EXECUTE.*?;", MANUAL.read_text("utf-8"))[0])
        source = f"host=127.0.0.1 port={standby.port} user=copying password='only for tests' dbname=postgres"
        primary.run("pg_rewind", "-D", data, "--source-server", source)
        follow = f"primary_conninfo = 'host={standby.folder} port={standby.port} user=postgres'\n"
        for name, text in zip(("postgresql.conf", "postgresql.auto.conf"), settings, strict=True):
            (primary.folder / "data" / name).write_text(text + (follow if "auto" in name else ""))
        (primary.folder / "data" / "standby.signal").touch()
        primary.start()
        wait_for(primary, "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'", "1")
        assert primary.psql("SELECT pg_is_in_recovery()") == "t"
        write(server, "later")
        there = standby.psql("SELECT pg_current_wal_lsn()")
        wait_for(primary, f"SELECT pg_last_wal_replay_lsn() >= '{there}'", "t")
        found = primary.psql("SELECT string_agg(site, ', ' ORDER BY site) FROM cell", "study")
        assert found == "at the new one, both, later"


def test_without_waiting_for_the_stand_in_acknowledged_work_is_lost() -> None:
    """Negative control, and the reason for `synchronous_standby_names` in the manual."""
    with pair() as (primary, standby, server):
        write(server, "both")
        wait_for(standby, "SELECT pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()", "t")
        wait_for(primary, "SELECT sent_lsn = replay_lsn FROM pg_stat_replication", "t")
        standby.stop()
        write(server, "acknowledged")
        primary.stop("immediate")
        standby.start()
        standby.promote()
        until(lambda: bool(sites(server)))
        assert sites(server) == {"both"}


def test_a_commit_that_gave_up_waiting_is_not_acknowledged() -> None:
    with pair() as (primary, standby, server):
        wait_for_sync(primary)
        standby.stop()
        told: list[BaseException] = []

        def commit() -> None:
            try:
                write(server, "alone")
            except Unreachable as problem:
                told.append(problem)

        thread = threading.Thread(target=commit)
        thread.start()
        wait_for(primary, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", "1")
        primary.psql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        thread.join(30)
        assert len(told) == 1, "it is kept here alone, and PostgreSQL calls that a success with a warning"
        asked = threading.Thread(target=ask, args=(server,))
        asked.start()
        wait_for(primary, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'", "1")
        standby.start()  # whoever asks for its fate waits until it is safe
        asked.join(30)
        assert not asked.is_alive()
        primary.stop("immediate")
        standby.promote()
        until(lambda: bool(sites(server)))
        assert sites(server) == {"alone"}


def ask(server: Owned) -> None:
    with server.transaction() as transaction:
        assert studies.cells(transaction)
        server.wait_until_safe(transaction)
