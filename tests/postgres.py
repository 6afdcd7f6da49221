"""A real PostgreSQL server that the tests start themselves, as an ordinary user, on a port of its own.

Debian's newest; or another one, by ``CATI_POSTGRES=folder of its programs make test`` (initdb, postgres, pg_ctl, psql,
pg_dump and so on, which that user may run). The program itself takes pg_dump and pg_restore from there, too.
"""

from __future__ import annotations

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OWNER, OWNER_PASSWORD = "cati_tests", "only for tests"


def binaries() -> Path:
    """Return the folder of the server's programs: `CATI_POSTGRES`, else the newest of Debian's."""
    if named := os.environ.get("CATI_POSTGRES"):
        return Path(named)
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
    authority: str = ""
    """The certificate (PEM) of who signed the server's, "" without TLS."""

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

    @property
    def admin(self) -> str:
        """The administrator's way in: through the socket, as Debian's postgres has it."""
        return f"postgresql://postgres@/postgres?host={self.folder}&port={self.port}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Return what a statement prints for the administrator, without headings."""
        words = ("-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database, "-XAtqc", sql)
        done = subprocess.run(
            [*_as_ordinary_user(), str(binaries() / "psql"), *words], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write_rules(self, *lines: str) -> None:
        """Put other lines in pg_hba.conf and let the server read them."""
        _write(self.folder / "data" / "pg_hba.conf", "\n".join(lines) + "\n")
        self.psql("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Let a stand-in take over, and wait until it takes writes."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "60", "promote")

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
    """Return a port that nobody listens on.

    From below those that the system gives to whoever connects: else one of them may have it while a server restarts.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(given.read_text().split()[0]) if given.exists() else 32768
    while True:
        port = random.SystemRandom().randrange(10_000, max(lowest, 11_000))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


RULES = ("local all,replication postgres trust", "host all all 127.0.0.1/32 scram-sha-256")
"""Lines of pg_hba.conf for tests that ask about no transport."""


@dataclass(frozen=True)
class Authority:
    """An authority of a test's own, which signs servers."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def signed(self, name: str) -> tuple[str, str]:
        """Return (certificate, key) of a server with this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = _unsigned(name, self.certificate.subject, key).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return signed.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), hidden


def new_authority() -> Authority:
    """Make an authority that nobody else knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Only for tests")])
    made = _unsigned("Only for tests", subject, key).add_extension(x509.BasicConstraints(True, 0), critical=True)
    return Authority(key, made.sign(key, hashes.SHA256()))


def _unsigned(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(),
        x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1),
    )  # fmt: skip


STANDBY = "standby"
"""What a stand-in calls itself to its primary server."""


@contextmanager
def standing_by(primary: Cluster) -> Iterator[Cluster]:
    """Start a stand-in of a running server, which follows it by streaming replication, and stop it afterwards."""
    folder = _own_folder()
    cluster = Cluster(folder, free_port(), primary.authority)
    data = folder / "data"
    try:
        reach = f"host={primary.folder} port={primary.port} user=postgres application_name={STANDBY}"
        cluster.run("pg_basebackup", "-d", reach, "-D", str(data), "-R", "-X", "stream", "-c", "fast")
        own = data / "postgresql.auto.conf"
        lines = (f"port = {cluster.port}", f"unix_socket_directories = '{folder}'", "synchronous_standby_names = ''")
        _write(own, own.read_text() + "\n".join(lines) + "\n")
        cluster.start()
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _own_folder() -> Path:
    # Not in a test's own folder: that one is its user's alone, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-of-cati-", dir="/tmp"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


@contextmanager
def running(*settings: str, authority: Authority | None = None, name: str = "localhost") -> Iterator[Cluster]:
    """Start a server in a folder of its own and stop it afterwards; ``settings`` as in postgresql.conf.

    With an ``authority`` it takes TLS, under ``name``.
    """
    folder = _own_folder()
    cluster = Cluster(folder, free_port(), authority.pem() if authority else "")
    data = folder / "data"
    try:
        cluster.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        words = [
            "listen_addresses = '127.0.0.1'", f"port = {cluster.port}", f"unix_socket_directories = '{folder}'",
            "password_encryption = 'scram-sha-256'", "logging_collector = off", *settings,
        ]  # fmt: skip
        if authority is not None:
            certificate, key = authority.signed(name)
            _write(data / "server.crt", certificate)
            _write(data / "server.key", key)
            (data / "server.key").chmod(0o600)
            words += ["ssl = on"]
        _write(data / "postgresql.auto.conf", "\n".join(words) + "\n")
        _write(data / "pg_hba.conf", "\n".join(RULES) + "\n")
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
