"""`cati back-up`, `restore`, `update-study`, `server-certificate` and `move-study --drop` on a terminal."""

from __future__ import annotations

import io
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati import cli, places
from cati.fieldwork.plan import example, members_of, read_plan, settings_of
from cati.fieldwork.study import create_study
from cati.store.access_rules import wanted_lines
from cati.vault.people import ArgonCost
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
PASSWORDS = {
    "lead": "gelber Kahn unter neun Birken",
    "witness": "grauer Kahn unter zehn Weiden",
    "anna": "roter Kahn unter drei Linden",
}
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def tls() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", authority=postgres.new_authority()) as found:
        found.write_rules(*wanted_lines("all"), *postgres.RULES)
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.toml").write_text(example(), "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    create_study(
        tmp_path / "study", settings_of(plan), ROOT / "questionnaires" / "county_customer_survey.yaml",
        members_of(plan, PASSWORDS), now=lambda: datetime(2027, 6, 1, tzinfo=UTC), draw=random.SystemRandom(),
        cost=ArgonCost(1, 64, 1),
    )  # fmt: skip
    return tmp_path / "study"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def act(*words: str | Path, typed: tuple[str, ...] = (), language: str = "en") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        status = cli.main(["--language", language, *map(str, words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return act


def backup_in(folder: Path) -> Path:
    (found,) = folder.glob("*.backup")
    return found


def test_a_folder_is_backed_up_and_comes_back(folder: Path, run: Run, tmp_path: Path) -> None:
    status, said = run("back-up", folder, "--to", tmp_path / "b", "--keep", "7", language="de")
    assert status == 0, said
    assert "Siegel" in said
    status, said = run("restore", backup_in(tmp_path / "b"), tmp_path / "back")
    assert status == 0, said
    assert "would be called again" in said
    status, said = run("verify-log", tmp_path / "back", "--login", "lead", typed=(PASSWORDS["lead"],))
    assert status == 0, said
    status, said = run("back-up", folder, "--to", folder)
    assert (status, "own folder" in said) == (1, True)
    link = tmp_path / "x.cati-study"
    assert "Give --administrator" in run("back-up", link, "--to", tmp_path / "b")[1]
    assert "Give --administrator" in run("restore", backup_in(tmp_path / "b"), link)[1]
    assert "cati init-server" in run("update-study", link)[1]


def test_an_older_study_is_brought_up_to_date_once(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(ROOT / "tests" / "study_of_revision_0001.zip") as archive:
        archive.extractall(tmp_path)
    (tmp_path / "old").mkdir()
    shutil.move(tmp_path / "study.db", tmp_path / "old" / "study.db")
    places.seals().mkdir(parents=True)
    for path in (tmp_path / "seals").iterdir():
        shutil.move(path, places.seals() / path.name)
    sign_in = ("verify-log", tmp_path / "old", "--login", "lead")
    status, said = run(*sign_in, typed=(PASSWORDS["lead"],))
    assert (status, "cati update-study" in said) == (1, True)
    status, said = run("update-study", tmp_path / "old")
    assert status == 0, said
    assert "deleted after 7 days" in said
    assert "Nothing to do" in run("update-study", tmp_path / "old")[1]
    status, said = run(*sign_in, typed=(PASSWORDS["lead"],))
    assert status == 0, said


def test_a_server_by_its_own_certificate_is_backed_up_restored_and_left(
    folder: Path, tls: postgres.Cluster, run: Run, tmp_path: Path
) -> None:
    made = tmp_path / "certificates"
    status, said = run("server-certificate", "localhost", "127.0.0.1", "--to", made)
    assert status == 0, said
    assert (made / "authority.key").stat().st_mode & 0o777 == 0o600
    for name in ("server.crt", "server.key"):
        (tls.folder / "data" / name).write_bytes((made / name).read_bytes())
    tls.psql("SELECT pg_reload_conf()")
    link, sheet = tmp_path / "study.cati-study", tmp_path / "study-start-passwords.html"
    here = ("--administrator", tls.admin)
    status, said = run(
        "init-server", folder, *here, "--host", f"localhost:{tls.port}", "--authority", made / "authority.pem",
        "--login", "lead", typed=(PASSWORDS["lead"],),
    )  # fmt: skip
    assert status == 0, said
    (seal,) = places.seals().glob("*.seal")
    assert f"Its file: {seal}" in said
    sheet.unlink()
    status, said = run("back-up", link, *here, "--to", tmp_path / "b")
    assert "seal of this study is on this computer" in said
    seal.rename(tmp_path / "seal")
    status, said = run("back-up", link, *here, "--to", tmp_path / "b")
    assert status == 0, said
    name = re.sub(r"-.*", "", backup_in(tmp_path / "b").name)
    tls.drop_database(name)
    assert "not on the server any more" in run("back-up", link, *here, "--to", tmp_path / "b")[1]
    status, said = run("restore", backup_in(tmp_path / "b"), link, *here)
    assert status == 0, said
    assert not sheet.exists()  # the roles were still there
    first = (made / "authority.pem").read_bytes()
    status, said = run("server-certificate", "localhost", "--to", made, language="de")
    assert "schon da" in said
    assert (made / "authority.pem").read_bytes() == first
    for path in ("server.crt", "server.key"):
        (tls.folder / "data" / path).write_bytes((made / path).read_bytes())
    tls.psql("SELECT pg_reload_conf()")
    (tmp_path / "seal").rename(seal)
    home = tmp_path / "back"
    move = ("move-study", link, home, *here, "--login", "lead")
    status, said = run(*move, typed=(PASSWORDS["lead"],))  # the link holds: the same authority signed
    assert status == 0, said
    assert "--drop" in said
    for times in ("taken away", "there already"):
        status, said = run(*move, "--drop")
        assert status == 0, said
        assert times in said
    assert tls.psql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'cati\\_%' AND rolname <> 'cati_tests'") == "0"
    (made / "authority.key").unlink()
    assert "Bring the authority’s key back" in run("server-certificate", "localhost", "--to", made)[1]
    assert "no name of a server" in run("server-certificate", "a b", "--to", made)[1]


@pytest.mark.parametrize("url", ["postgresql://x:y@", "host = ="])
def test_an_address_that_is_none_is_said(folder: Path, run: Run, tmp_path: Path, url: str) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(postgres.new_authority().pem())
    words = ("--host", "localhost", "--authority", authority, "--login", "lead")
    status, said = run("init-server", folder, "--administrator", url, *words, typed=(PASSWORDS["lead"],))
    assert status == 1
    assert "Administrator’s connection" in said
