"""The acts without a window: what they say, their exit status, and that no bug shows a person's data."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import pytest

from cati import cli
from cati.errors import Cancelled, Problem

QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"


def test_help_names_every_act(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--language", "en", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for act in ("demo", "check", "new-study", "seal", "import", "end-field", "export", "purge", "verify-erasure"):
        assert act in said


def test_it_speaks_german(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--language", "de", "--help"])
    assert "Telefoninterviews mit Menschen" in capsys.readouterr().out


def test_check_of_a_good_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--language", "en", "check", str(QUESTIONNAIRES / "county_customer_survey.xlsx")]) == 0
    assert "0 errors, 0 warnings" in capsys.readouterr().out


def test_check_of_a_bad_form_says_the_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = tmp_path / "bad.yaml"
    form.write_text("survey:\n- type: select_one nowhere\n  name: q\n  label: Q?\n", "utf-8")
    assert cli.main(["--language", "en", "check", str(form)]) == 1
    assert cli.main(["--language", "en", "check", "--json", str(form)]) == 1
    said = capsys.readouterr().out
    found = json.loads(said[said.index("[") :])
    assert found[0]["sheet"] == "survey"
    assert found[0]["what"]


def test_a_problem_is_one_line_and_status_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--language", "en", "check", "nowhere.xlsx"]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "nowhere.xlsx" in said.err


def test_the_example_of_a_plan_is_a_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cati.fieldwork.plan import read_plan, settings_of
    from cati.settings import check_settings

    assert cli.main(["new-study", "--example"]) == 0
    plan = tmp_path / "plan.toml"
    plan.write_text(capsys.readouterr().out, "utf-8")
    assert check_settings(settings_of(read_plan(plan))) == []


def test_debians_age_opens_what_the_office_sealed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    identity = tmp_path / "identity.txt"
    identity.write_text(made, "utf-8")
    recipient = next(line for line in made.splitlines() if "public key" in line).split(": ")[1]
    table = tmp_path / "list.csv"
    table.write_text("Vorname;Nachname\nBerit;Amselbühler\nOle;Dachsdorn\n", "utf-8")
    assert cli.main(["--language", "en", "seal", str(table), "--to", recipient]) == 0
    assert "Rows: 2" in capsys.readouterr().out
    opened = subprocess.run(
        ["age", "-d", "-i", str(identity), str(table) + ".age"], capture_output=True, check=True
    ).stdout
    assert opened == table.read_bytes()
    assert cli.main(["--language", "en", "seal", str(table), "--to", recipient]) == 1, "nothing is overwritten"


@pytest.mark.parametrize(("raised", "status"), [(Problem("here", "that", "do this"), 1), (Cancelled(), 130)])
def test_known_endings(raised: Exception, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_args: argparse.Namespace) -> int:
        raise raised

    monkeypatch.setattr(cli, "check", end)
    assert cli.main(["check", "x"]) == status


def test_a_bug_shows_type_and_place_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_args: argparse.Namespace) -> int:
        message = "Frau Amselbühler +493023125001"
        raise ValueError(message)

    monkeypatch.setattr(cli, "check", fail)
    assert cli.main(["check", "x"]) == 1
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert "Amselb" not in said.err + said.out + caplog.text
    assert "23125001" not in said.err + said.out + caplog.text
