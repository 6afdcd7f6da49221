"""The hand on the line does what it says: a fault that does nothing would prove nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests import postgres
from tests.faults import wire
from tests.faults.call_centre import listening
from tests.faults.crew import CONTEXT
from tests.faults.servers import NAME, pair


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Callable[[], Any], postgres.Cluster]]:
    """A server, what opens a connection to it through the line, and where orders go."""
    folder = tmp_path_factory.mktemp("line")
    authority = postgres.new_authority()
    certificate, key = signed = authority.signed(NAME)
    with pair(authority, signed, 120) as servers, listening() as socket:
        server = servers.working
        server.psql("CREATE ROLE somebody LOGIN PASSWORD 'only for tests'")
        (folder / "authority.pem").write_text(authority.pem())
        pem = folder / "server.pem"
        pem.write_text(certificate + key)
        ours, theirs = CONTEXT.Pipe()
        arguments = ({socket: server.port}, pem, folder / "authority.pem", theirs, 1)
        carrier = CONTEXT.Process(target=wire.carry, args=arguments, daemon=True)
        carrier.start()
        theirs.close()
        assert ours.recv() == "ready"

        def connect() -> Any:
            return psycopg.connect(
                host=NAME, port=socket.getsockname()[1], dbname="postgres", user="somebody",
                password="only for tests", channel_binding="require", sslmode="verify-full", sslrootcert=str(folder / "authority.pem"),
            )  # fmt: skip

        yield ours, connect, server
        ours.close()
        carrier.join()
        carrier.close()


def counted(line: Any) -> dict[str, int]:
    line.send(None)
    return dict(line.recv())


@pytest.mark.parametrize(
    ("fault", "rows"), [(wire.Fault.LOSE_REPLY, 1), (wire.Fault.LOSE_REQUEST, 0), (wire.Fault.HALVE, 0)]
)
def test_a_commit_that_goes_unanswered_has_the_fate_that_was_ordered(line: Any, fault: wire.Fault, rows: int) -> None:
    orders, connect, server = line
    server.psql(f"CREATE TABLE {fault.name} (n int); GRANT ALL ON {fault.name} TO PUBLIC")
    connection = connect()
    orders.send(wire.Order(fault, 1))
    assert counted(orders).get(fault, 0) == 0  # it waits for a commit
    connection.execute(f"INSERT INTO {fault.name} VALUES (1)")
    with pytest.raises(psycopg.OperationalError):
        connection.commit()
    connection.close()
    assert server.psql(f"SELECT count(*) FROM {fault.name}") == str(rows)
    assert counted(orders)[fault] == 1
    with connect() as again:  # the next one goes through
        again.execute(f"INSERT INTO {fault.name} VALUES (2)")
    again.close()
    assert server.psql(f"SELECT count(*) FROM {fault.name}") == str(rows + 1)


def test_connections_are_cut(line: Any) -> None:
    orders, connect, _server = line
    connection = connect()
    connection.execute("SELECT 1")
    orders.send(wire.Order(wire.Fault.CUT, 9))
    counted(orders)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_a_frozen_line_goes_on(line: Any) -> None:
    orders, connect, _server = line
    connection = connect()
    orders.send(wire.Order(wire.Fault.FREEZE, 0.3))
    counted(orders)
    begun = time.monotonic()
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - begun > 0.2
    connection.close()
