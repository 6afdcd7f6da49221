"""What is shipped for administrators: the very commands of compose file and units run, and let in only what they must."""

from __future__ import annotations

import configparser
import importlib.util
import io
import os
import pwd
import random
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from ruamel.yaml import YAML

from cati.cli import _parser, main
from cati.fieldwork.plan import example, members_of, read_plan, settings_of
from cati.fieldwork.server_setup import ServerPlan
from cati.fieldwork.study import create_study
from cati.store.access_rules import AccessLine, access
from cati.vault import server_password
from cati.vault.people import ArgonCost
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "packaging" / "postgresql"
NAME = "localhost"


def compose() -> dict[str, object]:
    return YAML(typ="safe").load(SHIPPED / "compose.yaml")["services"]["postgresql"]  # type: ignore[no-any-return]


def unit(name: str) -> configparser.SectionProxy:
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(SHIPPED / name)
    return read["Service"]


def started(words: list[str], etc: Path, data: Path, port: int) -> list[str]:
    """Return a shipped command with the folders of a test in place of /etc/cati and of the data."""
    moved = [word.replace("/etc/cati/", f"{etc}/").replace("/run/postgresql", str(etc)) for word in words]
    return [*moved, "-D", str(data), "-p", str(port), "-c", f"unix_socket_directories={etc}"]


@pytest.fixture(params=["compose", "unit"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Path, int, str]]:
    """A server as compose file or unit starts it; gives its folder, its port, and its authority."""
    etc = Path(tempfile.mkdtemp(prefix="pg-of-cati-", dir="/tmp"))
    authority = postgres.new_authority()
    certificate, key = authority.signed(NAME)
    (etc / "server.crt").write_text(certificate)
    (etc / "server.key").write_text(key)
    (etc / "server.key").chmod(0o600)
    (etc / "authority.pem").write_text(authority.pem())
    (etc / "cati.conf").write_text((SHIPPED / "cati.conf").read_text().replace("/etc/cati/", f"{etc}/"))
    # The superuser of the socket is called postgres on a server; in a test that is whoever runs it.
    own = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    (etc / "pg_hba.conf").write_text((SHIPPED / "pg_hba.conf").read_text().replace("postgres", own))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        for path in (etc, *etc.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    data, port = etc / "data", postgres.free_port()
    as_user = postgres._as_ordinary_user()
    if request.param == "compose":
        said = compose()
        words = [*shlex.split(str(said["environment"]["POSTGRES_INITDB_ARGS"]))]  # type: ignore[index]
        command = [str(word) for word in said["command"]]  # type: ignore[attr-defined]
        command[0] = str(postgres.binaries() / "postgres")
    else:
        service = unit("cati-postgresql.service")
        first = re.search(r'exec "\$BIN/initdb" (.*)\'$', service["ExecStartPre"])
        assert first is not None
        words = shlex.split(first[1])
        second = re.search(r'exec "\$BIN/postgres" (.*)\'$', service["ExecStart"])
        assert second is not None
        command = [str(postgres.binaries() / "postgres"), *shlex.split(second[1])]
    subprocess.run(
        [*as_user, postgres.binaries() / "initdb", "-D", data, "-U", own, *words], check=True, capture_output=True
    )
    with (etc / "log").open("wb") as log:
        running = subprocess.Popen([*as_user, *started(command, etc, data, port)], stderr=log, stdout=log)
        try:
            ready = [*as_user, postgres.binaries() / "pg_isready", "-q", "-h", etc, "-p", str(port), "-U", own]
            for _ in range(200):
                if running.poll() is not None or subprocess.run([*ready, "-t", "1"], check=False).returncode == 0:
                    break
            assert running.poll() is None, (etc / "log").read_text()
            yield etc, port, own
        finally:
            running.terminate()
            running.wait(30)
            shutil.rmtree(etc, ignore_errors=True)


def as_superuser(server: tuple[Path, int, str], sql: str) -> str:
    etc, port, own = server
    words = [postgres.binaries() / "psql", "-h", etc, "-p", str(port), "-U", own, "-d", "postgres", "-XAtq"]
    done = subprocess.run(
        [*postgres._as_ordinary_user(), *words], check=True, capture_output=True, text=True, input=sql
    )
    return done.stdout.strip()


def test_it_starts_as_shipped_and_lets_in_members_by_tls_alone(server: tuple[Path, int, str]) -> None:
    etc, port, own = server
    psql = partial(as_superuser, server)

    assert psql("SHOW ssl") == "on"
    assert psql("SHOW fsync") == psql("SHOW synchronous_commit") == "on"
    assert psql("SHOW data_checksums") == "on"
    assert psql("SHOW log_statement") == "none"
    for _ in range(2):  # it may be run again
        psql((SHIPPED / "administrator.sql").read_text())
    psql("ALTER ROLE cati_admin PASSWORD 'a password'; ALTER ROLE " + own + " PASSWORD 'another'")
    psql("CREATE DATABASE of_a_study")
    rows = psql(
        "SELECT line_number, type, database::text, user_name::text, coalesce(address, ''), auth_method"
        " FROM pg_hba_file_rules ORDER BY 1"
    ).splitlines()
    lines = [
        AccessLine(
            file="x", number=int(number), kind=kind, databases=tuple(databases[1:-1].split(",")),
            users=tuple(users[1:-1].split(",")), address=address, mask="", method=method,
        )
        for number, kind, databases, users, address, method in (row.split("|") for row in rows)
    ]  # fmt: skip
    assert access(lines, "of_a_study", "cati_0123456789ab").safe
    proven = {"sslmode": "verify-full", "sslrootcert": str(etc / "authority.pem")}
    where = {"host": NAME, "port": port, "dbname": "postgres", "connect_timeout": 10}
    with psycopg.connect(**where, user="cati_admin", password="a password", **proven, autocommit=True) as admin:
        admin.execute("CREATE ROLE x NOLOGIN")
        admin.execute("GRANT x TO cati_admin")
        admin.execute("CREATE DATABASE y OWNER x")
        for name in ("log_statement", "log_min_error_statement", "log_parameter_max_length"):
            admin.execute(f"ALTER DATABASE y SET {name} TO DEFAULT")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("SELECT * FROM pg_authid")
    for refused in (
        {"user": "cati_admin", "password": "a password", "sslmode": "disable"},
        {"user": own, "password": "another", **proven},
        {"user": "cati_admin", "password": "wrong", **proven},
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**where, **refused)


@pytest.mark.parametrize("server", ["compose"], indirect=True)
def test_a_study_comes_there_by_the_role_that_is_shipped_and_nothing_is_left_to_a_superuser(
    server: tuple[Path, int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    etc, port, _own = server
    as_superuser(server, (SHIPPED / "administrator.sql").read_text())
    as_superuser(server, "ALTER ROLE cati_admin PASSWORD 'a password'")
    (tmp_path / "plan.toml").write_text(example(), "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    words = ("gelber Kahn unter neun Birken", "grauer Kahn unter zehn Weiden", "roter Kahn unter drei Linden")
    passwords = {member.login: word for member, word in zip(plan.staff, words, strict=True)}
    cheap = ArgonCost(1, 64, 1)  # this is not about guessing
    monkeypatch.setattr(server_password, "LEAST", cheap)
    monkeypatch.setitem(ServerPlan.__init__.__kwdefaults__, "cost", cheap)  # type: ignore[arg-type]
    form = ROOT / "questionnaires" / "county_customer_survey.yaml"
    create_study(
        tmp_path / "study", settings_of(plan), form, members_of(plan, passwords), now=lambda: datetime.now(UTC),
        draw=random.SystemRandom(), cost=cheap,
    )  # fmt: skip
    administrator = ("--administrator", f"postgresql://cati_admin@{NAME}:{port}/postgres", "--administrator-password")

    def cati(*words: object, typed: tuple[str, ...]) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        status = main(["--language", "en", *map(str, words)])
        said = capsys.readouterr()
        assert status == 0, said.out + said.err
        return said.out

    reached = ("--host", f"{NAME}:{port}", "--authority", etc / "authority.pem", "--login", "lead")
    told = cati("init-server", tmp_path / "study", *administrator, *reached, typed=("a password", passwords["lead"]))
    assert "tried: in clear nobody comes in" in told
    assert "superuser" not in told
    (tmp_path / "study-start-passwords.html").unlink()
    told = cati("init-server", tmp_path / "study.cati-study", *administrator, typed=("a password",))
    assert "made" not in told


def test_the_nightly_backup_says_what_the_program_understands() -> None:
    words = shlex.split(unit("cati-back-up@.service")["ExecStart"].replace("%i", "survey"))
    assert words[0] == "/opt/cati/bin/cati"
    args = _parser().parse_args(words[1:])
    assert (args.act, args.study, args.to) == (
        "back-up", Path("/etc/cati/survey.cati-study"), Path("/var/backups/cati/survey"),
    )  # fmt: skip
    assert args.administrator == "postgresql:///postgres?host=/run/postgresql"


@pytest.mark.parametrize("name", ["cati-postgresql.service", "cati-back-up@.service", "cati-back-up@.timer"])
def test_systemd_takes_the_units(name: str, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        assert configparser.RawConfigParser(strict=False).read(SHIPPED / name)
        return
    program = tmp_path / "cati"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in SHIPPED.glob("cati-*"):
        text = path.read_text().replace("/opt/cati/bin/cati", str(program))
        (tmp_path / path.name.replace("@.", "@x.")).write_text(text)
    done = subprocess.run(
        [verify, "verify", str(tmp_path / name.replace("@.", "@x."))], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_everything_the_compose_file_brings_is_there() -> None:
    said = compose()
    for volume in said["volumes"]:  # type: ignore[attr-defined]
        here = str(volume).split(":")[0]
        made_there = here.startswith(("./data", "./run", "./certificates"))
        assert made_there or (SHIPPED / here).is_file(), here


def test_everything_the_server_reads_is_brought_by_the_compose_file_and_nobody_can_write_it() -> None:
    said = compose()
    brought = {str(volume).split(":")[1]: str(volume) for volume in said["volumes"]}  # type: ignore[attr-defined]
    read = re.findall(r"/etc/cati/[\w.]+", (SHIPPED / "cati.conf").read_text() + str(said["command"]))
    assert set(read) == {path for path in brought if path.startswith("/etc/cati/")}
    assert all(brought[path].endswith(":ro") for path in read)
    assert said["healthcheck"]["test"][0] == "CMD"  # type: ignore[index]  # no shell
    assert "PASSWORD" not in str({**said, "environment": {}})


def test_the_readme_names_what_a_window_needs_of_the_system() -> None:
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "packaging" / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)
    needed = {*prepare.QT_LIBRARIES.values(), *prepare.SCREEN_LIBRARIES.values(), prepare.FONTS[1]}
    command = re.search(r"apt-get install -y libegl1(.*?[^\\])\n", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert command is not None
    assert needed == {"libegl1", *command[1].replace("\\", " ").split()}
