"""An empty study's database of either kind: a file, and a real server that the tests start."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cati.store.database import Database
from cati.store.embedded import Embedded
from cati.store.migrations import create_tables
from cati.store.server import Link, Server
from tests import postgres


class Owned(Server):
    """A server opened as the owner of the tables, who brings them to a newer version, too."""

    own_steps = True
    by_functions = False


Connect = Callable[[], Owned]


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off") as found:
        yield found


@pytest.fixture
def connect(cluster: postgres.Cluster) -> Iterator[Connect]:
    """What opens one and the same empty database on the server, each time as another workstation would."""
    name = cluster.new_database(f"study_{uuid.uuid4().hex}")
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=name)
    opened: list[Owned] = []

    def one_more() -> Owned:
        opened.append(Owned(link, postgres.OWNER, postgres.OWNER_PASSWORD))
        return opened[-1]

    yield one_more
    for one in opened:
        one.close()
    cluster.drop_database(name)


@pytest.fixture
def server(connect: Connect) -> Server:
    made = connect()
    create_tables(made)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Embedded]:
    made = Embedded(tmp_path / "study", create=True)
    create_tables(made)
    yield made
    made.close()


@pytest.fixture(params=["file", "server"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of either kind without tables."""
    on_file = request.param == "file"
    made = Embedded(tmp_path / "bare", create=True) if on_file else request.getfixturevalue("connect")()
    yield made
    made.close()


@pytest.fixture
def database(bare: Database) -> Database:
    """A database of either kind with a study's tables."""
    create_tables(bare)
    return bare
