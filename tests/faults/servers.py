"""A server and its stand-in, each with a small disk of its own, run as an ordinary user: crashed, promoted, filled up."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres

NAME = "localhost"
_RULES = (
    "local all postgres trust",
    "local replication postgres trust",
    "hostssl all all 127.0.0.1/32 scram-sha-256",
)


class Disk:
    """A disk of a fixed size: memory, mounted in a namespace that an ordinary user may make (no root is needed).

    Whoever works on it does so inside that namespace (`inside`); from outside it is seen under `path`.
    """

    def __init__(self, place: Path, mebibytes: int) -> None:
        self.place = place
        mount = f"mount -t tmpfs -o size={mebibytes}m,mode=0700 tmpfs {place} && echo ready && read stop"
        words = ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c", mount]
        self._holder = subprocess.Popen(
            [*postgres._as_ordinary_user(), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._holder.stdout is None or self._holder.stdout.readline() != "ready\n":
            message = "an ordinary user may not make a namespace here (sysctl kernel.unprivileged_userns_clone)"
            raise RuntimeError(message)
        self.inside = ["nsenter", "--preserve-credentials", "--user", "--mount", "-t", str(self._holder.pid)]
        self.path = Path(f"/proc/{self._holder.pid}/root{place}")

    def do(self, *words: str, text: str | None = None) -> str:
        """Run a program where the disk is seen, as its ordinary user, and return what it prints."""
        done = subprocess.run(
            [*postgres._as_ordinary_user(), *self.inside, *words],
            check=True, input=text, stdin=None if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        return done.stdout

    def free(self) -> int:
        """Return the bytes that are left."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Take all room there is."""
        most = max(self.free() - 8 * 2**20, 1)
        file = f"{self.place}/filler"
        self.do("sh", "-c", f"fallocate -l {most} {file}; cat /dev/zero >> {file}; true")

    def give_back(self) -> None:
        """Make the room free again."""
        self.do("rm", "-f", f"{self.place}/filler")

    def close(self) -> None:
        """Give the disk up with all that is on it."""
        self._holder.communicate("stop\n")


@dataclass(frozen=True)
class Node(postgres.Cluster):
    """One server on a disk of its own."""

    disk: Disk = field(kw_only=True)

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's own programs where the disk is seen, with its output thrown away."""
        # A server that is started inherits the output: a pipe would never end.
        subprocess.run(
            [*postgres._as_ordinary_user(), *self.disk.inside, str(postgres.binaries() / program), *words],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def data(self) -> str:
        """The data folder: below the disk's own, which cannot be removed."""
        return str(self.folder / "data" / "data")

    def is_running(self) -> bool:
        """Tell whether the server runs, however it fares."""
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", self.data, "status")
            return True
        return False

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        log = str(self.folder / "server.log")
        self.run("pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; "immediate" lets it finish and write nothing."""
        self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def promote(self) -> None:
        """Let a stand-in take over; returns when it takes writes."""
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "60", "promote")

    def write(self, name: str, text: str) -> None:
        """Write one of the server's own files (0600)."""
        self.disk.do("sh", "-c", f"umask 077 && cat > {self.data}/{name}", text=text)

    def read(self, name: str) -> str:
        """Return the content of one of the server's own files."""
        return self.disk.do("cat", f"{self.data}/{name}")


@dataclass
class Pair:
    """A server and its stand-in, to which every commit goes before it is acknowledged."""

    nodes: tuple[Node, Node]
    primary: int = 0

    @property
    def working(self) -> Node:
        """The one that takes writes."""
        return self.nodes[self.primary]

    @property
    def standing_in(self) -> Node:
        """The other one."""
        return self.nodes[1 - self.primary]

    def crash(self) -> None:
        """Stop the server at once, as a power cut would, and start it again."""
        with suppress(subprocess.CalledProcessError):  # a full disk may have stopped it already
            self.working.stop("immediate")
        self.working.start()

    def fail_over(self) -> None:
        """Stop the server for good and promote its stand-in."""
        with suppress(subprocess.CalledProcessError):
            self.working.stop("immediate")
        self.standing_in.promote()
        self.primary = 1 - self.primary

    def stand_by(self, *, synchronous: bool = True) -> None:
        """Make the other node a stand-in from scratch; from its first day on, if ``synchronous``, commits wait for it."""
        other, node = self.standing_in, self.working
        with suppress(subprocess.CalledProcessError):
            other.stop("immediate")
        other.disk.do("rm", "-rf", other.data)
        source = f"host={node.folder} port={node.port} user=postgres application_name=stand_in"
        other.run("pg_basebackup", "-D", other.data, "-d", source, "-R", "-c", "fast", "-X", "stream")
        other.write("postgresql.conf", _settings(other, ()))
        lines = [
            line for line in other.read("postgresql.auto.conf").splitlines() if not line.startswith("synchronous_standby_names")
        ]  # fmt: skip
        other.write("postgresql.auto.conf", "\n".join(lines) + "\n")
        other.start()
        if synchronous:
            node.psql("ALTER SYSTEM SET synchronous_standby_names = 'stand_in'")
            node.psql("SELECT pg_reload_conf()")

    def alone(self) -> None:
        """Let commits wait for nobody, as after a fail-over."""
        self.working.psql("ALTER SYSTEM RESET synchronous_standby_names")
        self.working.psql("SELECT pg_reload_conf()")


def _settings(node: Node, more: tuple[str, ...]) -> str:
    words = [
        "listen_addresses = '127.0.0.1'", f"port = {node.port}", f"unix_socket_directories = '{node.folder}'",
        "password_encryption = 'scram-sha-256'", "logging_collector = off", "ssl = on", "max_connections = 300",
        "max_wal_size = 128MB", "wal_keep_size = 64MB", "min_wal_size = 32MB", "wal_sender_timeout = 5s", "wal_receiver_timeout = 5s",
        "shared_buffers = 64MB", "wal_retrieve_retry_interval = 200ms", *more,
    ]  # fmt: skip
    return "\n".join(words) + "\n"


@contextmanager
def pair(authority: postgres.Authority, signed: tuple[str, str], mebibytes: int, *more: str) -> Iterator[Pair]:
    """Start one server on a disk of that size; the other node is made by `Pair.stand_by`.

    ``signed``: (certificate, key) of both, so that whoever goes between can show the same one.
    """
    nodes = []
    try:
        for _ in range(2):
            folder = Path(tempfile.mkdtemp(prefix="pg-of-cati-", dir="/tmp"))
            (folder / "data").mkdir()
            if os.geteuid() == 0:
                user = pwd.getpwnam("postgres")
                for path in (folder, folder / "data"):
                    os.chown(path, user.pw_uid, user.pw_gid)
            disk = Disk(folder / "data", mebibytes)
            nodes.append(Node(folder, postgres.free_port(), authority.pem(), disk=disk))
        first = nodes[0]
        first.run(
            "initdb", "-D", first.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--wal-segsize=4",
        )  # fmt: skip
        first.write("server.crt", signed[0])
        first.write("server.key", signed[1])
        first.write("postgresql.conf", _settings(first, more))
        first.write("pg_hba.conf", "\n".join(_RULES) + "\n")
        first.start()
        yield Pair((nodes[0], nodes[1]))
    finally:
        for node in nodes:
            with suppress(subprocess.CalledProcessError):
                node.stop()
            node.disk.close()
            shutil.rmtree(node.folder, ignore_errors=True)
