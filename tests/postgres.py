"""A real PostgreSQL server that the tests start themselves, as an ordinary user, on a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

OWNER, OWNER_PASSWORD = "cati_tests", "only for tests"


def binaries() -> Path:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    beside = shutil.which("initdb")
    if beside is None:
        message = "PostgreSQL's server is missing: apt-get install postgresql"
        raise RuntimeError(message)
    return Path(beside).resolve().parent


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    folder: Path
    port: int

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's own programs as the server's user."""
        subprocess.run([*_as_ordinary_user(), str(binaries() / program), *words], check=True, capture_output=True)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        log = str(self.folder / "server.log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; "immediate" is what a power cut is to it."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def new_database(self, name: str) -> str:
        """Make an empty database that belongs to `OWNER`."""
        self.run("createdb", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-O", OWNER, name)
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self.run("dropdb", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "--force", name)


def _as_ordinary_user() -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user its Debian package made."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(*settings: str) -> Iterator[Cluster]:
    """Start a server in a folder of its own and stop it afterwards; ``settings`` as in postgresql.conf."""
    # Not in a test's own folder: that one is its user's alone, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="cati-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    cluster = Cluster(folder, free_port())
    data = folder / "data"
    try:
        cluster.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        words = [
            "listen_addresses = '127.0.0.1'", f"port = {cluster.port}", f"unix_socket_directories = '{folder}'",
            "password_encryption = 'scram-sha-256'", "logging_collector = off", *settings,
        ]  # fmt: skip
        lines = "\n".join(words) + "\n"
        rules = "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        _write(data / "postgresql.auto.conf", lines)
        _write(data / "pg_hba.conf", rules)
        cluster.start()
        create = f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{OWNER_PASSWORD}'"
        cluster.run("psql", "-h", str(folder), "-p", str(cluster.port), "-U", "postgres", "-c", create)
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _write(file: Path, text: str) -> None:
    """Write a file of the server's as its own user would."""
    file.write_text(text)
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(file, user.pw_uid, user.pw_gid)
