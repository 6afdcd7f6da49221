"""The acts without a window: what they say, their exit status, and that no bug shows a person's data."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cati import cli
from cati.cli import forms, terminal
from cati.cli.terminal import Bar
from cati.errors import Cancelled, Problem

ACTS = (
    "demo", "check", "convert", "new-study", "seal", "import", "end-field", "export", "purge", "verify-log",
    "verify-erasure", "init-server", "join", "move-study",
)  # fmt: skip
QUESTIONNAIRES = Path(__file__).resolve().parent.parent / "questionnaires"


def test_help_names_every_act(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--language", "en", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for act in ACTS:
        assert act in said


def test_it_speaks_german(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--language", "de", "--help"])
    assert "Telefoninterviews mit Menschen" in capsys.readouterr().out


def test_a_missing_library_of_the_window_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    missing = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    assert cli.say_no_window(missing) == 1
    assert "libGL.so.1" in capsys.readouterr().err
    with pytest.raises(ImportError, match="no such module"):
        cli.say_no_window(ImportError("no such module"))


def test_a_password_is_asked_for_again_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(("short", "good enough", "good enuogh", "good enough", "good enough"))
    monkeypatch.setattr(terminal.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(terminal.getpass, "getpass", lambda _prompt: next(typed))
    assert terminal.ask_new_password("New", lambda one: ["too short"] if one == "short" else []) == "good enough"
    assert capsys.readouterr().err.splitlines() == ["too short", "The two are not the same. Please type it again."]


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

    found = []
    for spoken, remark in (("de", "# Abteilungen, die"), ("en", "# Departments that")):
        assert cli.main(["--language", spoken, "new-study", "--example"]) == 0
        plan = tmp_path / "plan.toml"
        text = capsys.readouterr().out
        assert remark in text
        plan.write_text(text, "utf-8")
        settings = settings_of(read_plan(plan))
        assert check_settings(settings) == []
        found.append(settings)
    assert found[0] == found[1], "remarks are in the reader's language; what people hear is in theirs"
    assert (found[0].languages[0], found[0].purpose) == ("de", "wie zufrieden Sie mit dem Landratsamt sind")


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


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (Problem("here", "that", "do this"), 1),
        (Cancelled(), 130),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "/there"), 1),
    ],
)
def test_known_endings(raised: BaseException, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_args: argparse.Namespace) -> int:
        raise raised

    monkeypatch.setattr(forms, "check", end)
    assert cli.main(["check", "x"]) == status


def test_a_bug_shows_type_and_place_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_args: argparse.Namespace) -> int:
        message = "Frau Amselbühler +493023125001"
        raise ValueError(message)

    monkeypatch.setattr(forms, "check", fail)
    assert cli.main(["check", "x"]) == 1
    said = capsys.readouterr()
    assert "ValueError" in said.err
    assert "Amselb" not in said.err + said.out + caplog.text
    assert "23125001" not in said.err + said.out + caplog.text


def test_mistakes_in_the_call_are_said_in_german(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["import", "studie", "liste", "--login", "x"], "Es fehlt: --rows."),
        (["import", "a", "b", "--login", "x", "--rows", "viele"], "'viele' ist keine ganze Zahl"),
        (["erase"], "'erase' steht nicht zur Wahl"),
        (["check", "--json"], "Es fehlt: FORM."),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(["--language", "de", *words])
        assert ended.value.code == 2
        heard = capsys.readouterr().err
        assert said in heard
        assert heard.startswith("Aufruf: cati")


def test_what_is_no_file_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)
    for path in (Path("/dev/zero"), pipe):
        assert cli.main(["--language", "en", "check", str(path)]) == 1
        assert "This is not a file." in capsys.readouterr().out
    for path in (Path("/dev/zero"), pipe, tmp_path):
        assert cli.main(["--language", "en", "seal", str(path), "--to", "age1x", "-o", str(tmp_path / "out.age")]) == 1
        assert "This is not a file." in capsys.readouterr().err
    table = tmp_path / "list.csv"
    table.write_text("a;b\n", "utf-8")
    assert cli.main(["--language", "en", "seal", str(table), "--to", "age1x", "-o", str(tmp_path / "no" / "x")]) == 1
    assert "There is no such folder." in capsys.readouterr().err


def test_a_list_is_not_sealed_with_a_word_that_anybody_guesses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "list.csv"
    table.write_text("a;b\n1;2\n", "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("kurz\n"))
    assert cli.main(["--language", "en", "seal", str(table)]) == 1
    assert "12 are needed" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.csv"]


def test_a_misspelt_field_of_a_plan_is_not_passed_over(tmp_path: Path) -> None:
    from cati.fieldwork.plan import example, read_plan

    plan = tmp_path / "plan.toml"
    for before, after, said in (
        ("# [rules]", "[rules]\nattemps_a_day = 3 #", "no field rules.attemps_a_day"),
        ('land = "BY"\n', "", "The field sites[1].land is missing"),
        ("target = 70", 'target = "70"', "departments[1].target"),
    ):
        plan.write_text(example().replace(before, after, 1), "utf-8")
        with pytest.raises(Problem, match=re.escape(said)):
            read_plan(plan)


def test_ctrl_c_ends_the_work_at_its_next_step_and_never_behind_its_end() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Bar("work") as bar:
        bar(1, 3)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Cancelled):
            bar(2, 3)
    with Bar("work") as bar:
        signal.raise_signal(signal.SIGINT)
        bar(3, 3)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_has_read_enough_is_no_bug() -> None:
    form = QUESTIONNAIRES / "county_customer_survey.yaml"
    words = [sys.executable, "-m", "cati", "--language", "en", "check", "--json", str(form)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert "should not have happened" not in child.stderr.read()
    child.stderr.close()
    child.wait()


def test_a_terminal_that_knows_no_umlauts_is_served() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cati", "--language", "de", "--help"],
        capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0
    assert b"L?schung" in done.stdout or b"l?schen" in done.stdout
