"""A whole study on the terminal: plan, seal, import, the end of the field, export, erasure, and its verification."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cati import cli
from cati.cli import acts

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2027, 7, 6, 10, 0, tzinfo=UTC)
LEAD, WITNESS, ANNA = "sieben blaue Teekannen", "neun graue Regenschirme", "elf leise Kirchenglocken"
ROWS = (
    (
        "Vorname;Nachname;Telefon;Landkreis;Abteilung;Letzter Kontakt;Einwilligung am;Einwilligung Weg;Wortlaut;Erfasst von"
        ";Wunschzeit"
    ),
    (
        "Berit;Amselbühler;030 23125 001;Landkreis Musterland;bau;03.05.2027;03.05.2027;am Schalter;2027-1;Frau Zeisig"
        ";ab 18 Uhr"
    ),
    (
        "Ole;Dachsdorn;030 23125 002;Landkreis Musterland;jagd;04.05.2027;04.05.2027;am Schalter;2027-1;Frau Zeisig"
        ";wenn der Hahn kräht"
    ),
    "Ida;Fuchsloch;030 23125 003;Landkreis Musterland;jagd;04.05.2027;;;;;",
)


def run(monkeypatch: pytest.MonkeyPatch, *words: object, typed: tuple[str, ...] = ()) -> int:
    """Run one act with lines typed on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(line + "\n" for line in typed)))
    return cli.main(["--language", "en", *(str(word) for word in words)])


def test_a_study_without_a_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(acts, "_clock", lambda: NOON)
    assert run(monkeypatch, "new-study", "--example") == 0
    form = ROOT / "questionnaires" / "county_customer_survey.yaml"
    plan = tmp_path / "plan.toml"
    plan.write_text(capsys.readouterr().out.replace("county_customer_survey.yaml", form.as_posix()), "utf-8")
    study = tmp_path / "survey"

    # The research lead makes the study and hands the recipient line to the office, which seals its list.
    assert run(monkeypatch, "new-study", study, "--plan", plan, typed=(LEAD, WITNESS, ANNA)) == 0
    recipient = re.search(r"age1[a-z0-9]+", capsys.readouterr().out)
    assert recipient is not None
    table = tmp_path / "list.csv"
    table.write_text("\n".join(ROWS) + "\n", "utf-8")
    assert run(monkeypatch, "seal", table, "--to", recipient.group()) == 0
    assert "Rows: 3" in capsys.readouterr().out
    sealed = tmp_path / "list.csv.age"

    # A slip that says another number stops the import; the right one lets it in and names what was refused.
    assert run(monkeypatch, "import", study, sealed, "--login", "lead", "--rows", 4, typed=(LEAD,)) == 1
    assert "4" in capsys.readouterr().err
    refused = tmp_path / "refused.age"
    brought = ("import", study, sealed, "--login", "lead", "--rows", 3, "--refused-to", refused)
    words = "acht alte Pfähle im Watt"
    assert run(monkeypatch, *brought, "--sha256", "0" * 64, typed=(LEAD, words)) == 1
    assert run(monkeypatch, *brought, "--map", "Vorname=surname", typed=(LEAD, words)) == 1
    assert run(monkeypatch, *brought, "--map", "Rufname=given_name", typed=(LEAD, words)) == 1
    assert run(monkeypatch, *brought[:-1], table, typed=(LEAD, words)) == 1, "nothing is overwritten"
    capsys.readouterr()
    brought = (*brought, "--map", "Erfasst von=consent_by", "--constant", "language=de")
    assert run(monkeypatch, *brought, typed=(LEAD, "kurz")) == 1
    assert not refused.exists()
    assert run(monkeypatch, *brought, typed=(LEAD, words)) == 0
    said = capsys.readouterr().out
    assert "2 contacts accepted." in said
    assert "1 row refused." in said
    assert "1 row (3): " in said, "a wish that nobody understands is told"
    assert "Hahn" not in said
    assert "Fuchsloch" not in said
    assert refused.read_bytes().startswith(b"age-encryption.org/v1")

    # Nothing can be erased while the field is open; a research lead ends it, and nobody else can.
    assert run(monkeypatch, "purge", study, "--first", "lead", "--dry-run", typed=(LEAD,)) == 1
    assert "2 contacts" in capsys.readouterr().out
    assert run(monkeypatch, "end-field", study, "--login", "anna", typed=(ANNA,)) == 1
    assert run(monkeypatch, "end-field", study, "--login", "lead", typed=("not this one",)) == 1
    capsys.readouterr()
    assert run(monkeypatch, "end-field", study, "--login", "lead", typed=(LEAD,)) == 0
    assert "The field period is over" in capsys.readouterr().out

    assert run(monkeypatch, "import", study, sealed, "--login", "lead", "--rows", 3, typed=(LEAD,)) == 1
    assert "The field period is over" in capsys.readouterr().err, "nobody is called any more: no contact is taken"

    # Without an interview there is nothing to export. Two people, not one, erase, and anybody checks the record.
    assert run(monkeypatch, "export", study, "--login", "lead", "--to", tmp_path / "results", typed=(LEAD,)) == 1
    assert "There is nothing to export yet." in capsys.readouterr().err
    assert run(monkeypatch, "purge", study, "--first", "lead", "--second", "lead", typed=(LEAD, LEAD)) == 1
    assert run(monkeypatch, "purge", study, "--first", "lead", "--second", "witness", typed=(LEAD, WITNESS)) == 1
    assert "seal.html holds contacts or the seal in clear" in capsys.readouterr().err
    (tmp_path / "survey-papers" / "seal.html").unlink()
    assert run(monkeypatch, "purge", study, "--first", "lead", "--second", "witness", typed=(LEAD, WITNESS)) == 0
    assert "Erased completely." in capsys.readouterr().out
    record = study / "erasure_record.json"
    assert run(monkeypatch, "verify-erasure", record) == 0
    record.write_text(record.read_text("utf-8").replace("Ben Zeuge", "Ben Zauge", 1), "utf-8")
    assert run(monkeypatch, "verify-erasure", record) == 1
