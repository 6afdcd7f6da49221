"""`cati trustees`, `drill` and `recover` on a terminal, for a study in a folder."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati import cli
from cati.fieldwork import trustees
from cati.fieldwork.open_study import Role
from cati.fieldwork.plan import example, members_of, read_plan, settings_of
from cati.fieldwork.study import create_study, open_study
from cati.vault.people import ArgonCost

QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"
CHEAP = ArgonCost(1, 64, 1)
PASSWORDS = {
    "lead": "gelber Kahn unter neun Birken",
    "witness": "grauer Kahn unter zehn Weiden",
    "anna": "roter Kahn unter drei Linden",
}
THREE = {
    "Dora": "Apfelkuchen Nebel 8 Fjord",
    "Ivo": "Birnenmus Gletscher 5 Koffer",
    "Nora": "Quittengelee Sturm 3 Anker",
}
OWN = "brauner Kahn unter elf Ulmen"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for act in (trustees.name_trustees, trustees.let_lead_in):
        monkeypatch.setitem(act.__kwdefaults__, "cost", CHEAP)
    (tmp_path / "plan.toml").write_text(example(), "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    create_study(
        tmp_path / "study", settings_of(plan), QUESTIONNAIRES / "county_customer_survey.yaml",
        members_of(plan, PASSWORDS), now=lambda: datetime(2027, 6, 1, tzinfo=UTC), draw=random.SystemRandom(), cost=CHEAP,
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


def test_named_tried_out_and_used(folder: Path, run: Callable[..., tuple[int, str]]) -> None:
    lead = PASSWORDS["lead"]
    status, said = run("trustees", folder, "--login", "lead", typed=(lead,), language="de")
    assert (status, said.strip()) == (0, "Es sind keine Vertrauenspersonen benannt.")
    names = [word for name in THREE for word in ("--name", name)]
    status, said = run("trustees", folder, "--login", "lead", *names, typed=(lead, *THREE.values()))
    assert status == 0, said
    assert said.count("tried out: never") == 3
    assert not any(word in said for word in THREE.values())
    status, said = run("drill", folder, "--login", "lead", "--trustee", "Nora", "--trustee", "dora",
                       typed=(lead, THREE["Nora"], THREE["Dora"]))  # fmt: skip
    assert status == 0, said
    assert said.count("tried out: never") == 1
    assert "Nothing was changed" in said
    for pair, said_of in ((("Nora",), "Name two of them"), (("Nora", "Nemo"), "Dora, Ivo, Nora")):
        words = [word for name in pair for word in ("--trustee", name)]
        status, said = run("recover", folder, *words, "--login", "x", "--name", "X")
        assert status == 1
        assert said_of in said
    status, said = run(
        "recover", folder, "--trustee", "Ivo", "--trustee", "Dora", "--login", "retter", "--name", "Rita Etter",
        typed=(THREE["Ivo"], THREE["Nora"], OWN),
    )  # fmt: skip
    assert status == 1
    assert "Password of Dora: The password is not right" in said
    status, said = run(
        "recover", folder, "--trustee", "Ivo", "--trustee", "Dora", "--login", "retter", "--name", "Rita Etter",
        typed=(THREE["Ivo"], THREE["Dora"], OWN),
    )  # fmt: skip
    assert status == 0, said
    assert "Rita Etter can sign in now." in said
    study = open_study(folder, "retter", OWN, now=lambda: datetime.now(UTC), draw=random.SystemRandom())
    assert study.me.role is Role.RESEARCH_LEAD
    study.close()
