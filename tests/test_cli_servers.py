"""`cati init-server`, `join` and `move-study` on a terminal, in both languages, against a real server."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati import cli, places
from cati.fieldwork.open_study import Role
from cati.fieldwork.plan import example, members_of, read_plan, settings_of
from cati.fieldwork.study import create_study
from cati.store.access_rules import wanted_lines
from cati.vault.people import ArgonCost
from tests import postgres

QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"
PASSWORDS = {
    "lead": "gelber Kahn unter neun Birken",
    "witness": "grauer Kahn unter zehn Weiden",
    "anna": "roter Kahn unter drei Linden",
}


@pytest.fixture(scope="module")
def tls() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", authority=postgres.new_authority()) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(example(), "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    assert {member.role for member in plan.staff} == set(Role)
    create_study(
        tmp_path / "study", settings_of(plan), QUESTIONNAIRES / "county_customer_survey.yaml",
        members_of(plan, PASSWORDS), now=lambda: datetime(2027, 6, 1, tzinfo=UTC), draw=random.SystemRandom(),
        cost=ArgonCost(1, 64, 1),
    )  # fmt: skip
    return tmp_path / "study"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def act(*words: str | Path, typed: tuple[str, ...] = (), language: str = "en") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        status = cli.main(["--language", language, *map(str, words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return act


def test_a_study_goes_to_a_server_is_joined_and_comes_back(
    folder: Path, tls: postgres.Cluster, run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(tls.authority)
    link, sheet = tmp_path / "study.cati-study", tmp_path / "study-start-passwords.html"
    here = ("--administrator", tls.admin)
    tls.write_rules(*postgres.RULES)
    move = (
        "init-server",
        folder,
        *here,
        "--host",
        f"localhost:{tls.port}",
        "--authority",
        authority,
        "--login",
        "lead",
    )
    status, said = run(*move, typed=(PASSWORDS["lead"],), language="de")
    assert status == 1
    assert "Setzen Sie diese Zeilen an den Anfang von" in said
    lines = tuple(line.strip() for line in said.splitlines() if line.startswith("    host"))
    assert len(lines) == 2
    tls.write_rules(*lines, *postgres.RULES)
    status, said = run(*move, typed=(PASSWORDS["lead"],))
    assert status == 0, said
    assert "read back and compared" in said
    assert not folder.exists()
    start = re.search(r"\(anna\).*?class=\"mono\">([^<]+)<", sheet.read_text("utf-8"), re.DOTALL)
    assert start is not None
    status, said = run("join", link, "--login", "anna", typed=("wrong", PASSWORDS["anna"]))
    assert (status, said.count("\n")) == (1, 2)
    seal = next(places.seals().glob("*.seal"))
    carried = tmp_path / "carried.seal"
    seal.rename(carried)
    status, said = run("join", link, "--login", "anna")
    assert status == 1
    assert "--seal" in said
    assert "paper copy" in said
    status, said = run("join", link, "--login", "anna", "--seal", carried, typed=(start[1], PASSWORDS["anna"]))
    assert status == 0, said
    assert seal.exists()
    status, said = run("init-server", link, *here)
    assert "written here before" in said  # whoever has not handed out the sheet is reminded
    sheet.unlink()
    status, said = run("init-server", link, *here)
    assert status == 0
    assert "there already: a role for every member" in said
    assert "made" not in said
    home = tmp_path / "back"
    status, said = run("move-study", link, home, *here, "--login", "lead", typed=(PASSWORDS["lead"],))
    assert status == 0, said
    assert (home / "study.db").exists()
    status, said = run("end-field", home, "--login", "anna", typed=(PASSWORDS["anna"],))
    assert "Your role does not allow this" in said  # she came in, by her own password


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give --login, --host and --authority"),
        (("--host", "a:b"), "NAME or NAME:PORT"),
        (("--authority", "nowhere.pem"), "not a file of certificates"),
    ],
)
def test_what_is_missing_is_said(
    folder: Path, run: Callable[..., tuple[int, str]], words: tuple[str, ...], said: str
) -> None:
    status, told = run("init-server", folder, "--administrator", "postgresql:///postgres", *words)
    assert status == 1
    assert said in told


def test_an_administrator_who_cannot_come_in_is_told_why(
    folder: Path, tls: postgres.Cluster, run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(tls.authority)
    url = f"postgresql://nobody@localhost:{tls.port}/postgres"
    status, told = run(
        "init-server", folder, "--administrator", url, "--administrator-password", "--host", "localhost",
        "--authority", authority, "--login", "lead", typed=("a secret word", PASSWORDS["lead"]),
    )  # fmt: skip
    assert status == 1
    assert "Administrator’s connection" in told
    assert "a secret word" not in told
    assert folder.exists()


def test_an_administrator_who_is_no_superuser_is_enough(
    folder: Path, tls: postgres.Cluster, run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """What only a superuser may do is printed for one; the connection itself is tried instead of pg_hba.conf read."""
    authority = tmp_path / "ca.pem"
    authority.write_text(tls.authority)
    tls.write_rules(*wanted_lines("all"), *postgres.RULES)
    url = f"postgresql://{postgres.OWNER}@localhost:{tls.port}/postgres"
    words = ("init-server", folder, "--administrator", url, "--administrator-password")
    more = ("--host", f"localhost:{tls.port}", "--authority", authority, "--login", "lead")
    status, told = run(*words, *more, typed=(postgres.OWNER_PASSWORD, PASSWORDS["lead"]))
    assert status == 0, told
    assert "SET log_statement = 'none';" in told
    assert "tried: in clear nobody comes in" in told
