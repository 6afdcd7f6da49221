"""What leaves: SPSS files that PSPP reads with all labels, inert spreadsheets, small strata grouped, files whole or absent."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cati.results.dataset import DataSet, build, group_strata
from cati.results.exports import inert, write_codebook, write_csv, write_parquet, write_sav, write_xlsx
from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.survey.questionnaire import Choice, Item, Kind, Questionnaire, hashed

DEPARTMENTS = (Department(code="bau", name="Bauamt", target=50), Department(code="kfz", name="Zulassung", target=50))
SETTINGS = StudySettings(
    name="Probe", client="Kreis", institute="Institut", callback_number="030 23125 000",
    sites=(Site(code="a", name="Kreis A", land="BY", target=90, departments=DEPARTMENTS),),
    field_from=date(2026, 7, 6), field_to=date(2026, 8, 14), contact_from=date(2025, 7, 1), contact_to=date(2026, 6, 30),
    consent=(ConsentWording(version="1", text="Ja"),), languages=("de",), expected_minutes=15,
    erasure_date=date(2026, 9, 30),
)  # fmt: skip
FORM = hashed(
    Questionnaire(
        name="probe", title="Probe", version="1", languages=("de",), default_language="de", language_names={},
        groups=(),
        items=(
            Item(name="zufrieden", kind=Kind.SINGLE, label={"de": "Wie zufrieden sind Sie?"}, choices="skala"),
            Item(name="wege", kind=Kind.MULTIPLE, label={"de": "Auf welchen Wegen?"}, choices="wege"),
            Item(name="dauer", kind=Kind.NUMBER, label={"de": "Wie viele Tage?"}),
            Item(name="seit", kind=Kind.DATE, label={"de": "Seit wann?"}),
            Item(name="wunsch", kind=Kind.TEXT, label={"de": "Was wünschen Sie sich?"}),
        ),
        choice_lists={
            "skala": (Choice(name="1", label={"de": "sehr"}), Choice(name="2", label={"de": "gar nicht"})),
            "wege": (Choice(name="tel", label={"de": "Telefon"}), Choice(name="web", label={"de": "Internet"})),
        },
    )
)  # fmt: skip


def _interview(**answers: str) -> dict[str, object]:
    kept = {name: {"s": value[1:]} if value.startswith("!") else {"s": "answered", "v": value}
            for name, value in answers.items()}  # fmt: skip
    return {"q": FORM.content_hash, "l": "de", "w": "2026-W28", "site": "a", "department": "bau", "answers": kept}


@pytest.fixture
def data() -> DataSet:
    rows = [_interview(zufrieden="1", wege="tel web", dauer="3", seit="2026-05-04", wunsch="=SUM(A1) mehr Zeit")] * 6
    rows += [_interview(zufrieden="!dk", wege="!refused", dauer="!skipped", seit="!off_path", wunsch="!dk")] * 5
    rows += [_interview(zufrieden="2")]
    return build(FORM, rows, SETTINGS, draw=random.Random(1))


def test_pspp_reads_the_file_with_every_label_and_missing_value(data: DataSet, tmp_path: Path) -> None:
    write_sav(data, tmp_path / "probe.sav")
    syntax = tmp_path / "look.sps"
    syntax.write_text(
        f"GET FILE='{tmp_path / 'probe.sav'}'.\nDISPLAY DICTIONARY.\nFREQUENCIES zufrieden wege_tel dauer.\n", "utf-8"
    )
    done = subprocess.run(["pspp", "-O", "format=txt", str(syntax)], capture_output=True, text=True, check=True)
    said = " ".join(done.stdout.split())
    for words in ("Wie zufrieden sind Sie?", "sehr", "gar nicht", "Auf welchen Wegen?: Telefon", "Bauamt", "Kreis A",
                  "don’t know", "prefers not to say", "skipped", "not asked", "does not apply"):  # fmt: skip
        assert words in said, words
    assert "-99" in said
    frequencies = done.stdout[done.stdout.rindex("Statistics") :]
    assert "Missing" in frequencies


def test_codes_tell_the_reasons_for_no_answer_apart(data: DataSet) -> None:
    assert Counter(data.frame["zufrieden"]) == {1: 6, -97: 5, 2: 1}
    assert Counter(data.frame["wege_tel"]) == {1: 6, -98: 5, -96: 1}
    assert Counter(data.frame["dauer"]) == {3: 6, -99: 5, -96: 1}
    assert Counter(data.frame["seit"]) == {"2026-W19": 6, "-95": 5, "-96": 1}


def test_open_texts_do_not_leave(data: DataSet, tmp_path: Path) -> None:
    assert "wunsch" not in data.frame.columns
    for write, name in ((write_csv, "d.csv"), (write_codebook, "c.html")):
        assert "mehr Zeit" not in write(data, tmp_path / name).read_text("utf-8")


def test_the_same_rows_in_every_format(data: DataSet, tmp_path: Path) -> None:
    csv = pd.read_csv(write_csv(data, tmp_path / "d.csv"), encoding="utf-8-sig", dtype=str, keep_default_na=False)
    parquet = pd.read_parquet(write_parquet(data, tmp_path / "d.parquet")).astype(str)
    excel = pd.read_excel(write_xlsx(data, tmp_path / "d.xlsx"), dtype=str, keep_default_na=False, engine="openpyxl")
    assert csv.to_numpy().tolist() == parquet.to_numpy().tolist() == excel.to_numpy().tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "d.parquet", "d.xlsx"]


def test_a_week_with_few_interviews_takes_the_weeks_away() -> None:
    rows = [_interview(zufrieden="1") for _ in range(12)]
    assert "week" in build(FORM, rows, SETTINGS, draw=random.Random(1)).frame.columns
    rows[0]["w"] = "2026-W29"
    found = build(FORM, rows, SETTINGS, draw=random.Random(1))
    assert "week" not in found.frame.columns
    assert found.notes


def test_a_file_that_cannot_be_written_leaves_nothing(data: DataSet, tmp_path: Path) -> None:
    target = tmp_path / "taken.csv"
    target.mkdir()
    with pytest.raises(OSError, match="taken"):
        write_csv(data, target)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.csv"]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1+2", "@SUM", "\tx", "\rx", "\0x"])
def test_no_text_starts_a_formula(text: str) -> None:
    assert inert(text) == "'" + text


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=60))
def test_no_stratum_shown_is_smaller_than_five(strata: list[tuple[str, str]]) -> None:
    sites, departments = group_strata(strata, 5, [])
    shown = Counter(zip(sites, departments, strict=True))
    if len(strata) >= 5:
        assert all(n >= 5 for n in shown.values()), shown


def test_a_day_leaves_as_its_week_and_a_time_as_its_hour(data: DataSet) -> None:
    assert set(data.frame["seit"]) == {"2026-W19", "-95", "-96"}
    form = _form(
        Item(name="uhr", kind=Kind.TIME, label={"de": "Um wie viel Uhr?"}),
        Item(name="satz", kind=Kind.CALCULATE, calculation="concat('seit ', ${seit})"),
        Item(name="seit", kind=Kind.DATE, label={"de": "Seit wann?"}),
    )
    row = {**_interview(uhr="10:47", satz="seit 2026-05-04T09:12:00.000+02:00, neu", seit="2027-01-01"),
           "q": form.content_hash}  # fmt: skip
    found = build(form, [row] * 12, SETTINGS, draw=random.Random(1))
    assert set(found.frame["uhr"]) == {"10"}
    assert set(found.frame["satz"]) == {"seit 2026-W19, neu"}
    assert set(found.frame["seit"]) == {"2026-W53"}
    assert next(one.label for one in found.variables if one.name == "seit") == "Seit wann? (ISO week)"


def test_what_tells_the_moment_or_numbers_the_interview_stays_here() -> None:
    form = _form(
        Item(name="begonnen", kind=Kind.CALCULATE, calculation="now()"),
        Item(name="tage", kind=Kind.CALCULATE, calculation="int(decimal-date-time(today()) - 3)"),
        Item(name="nummer", kind=Kind.CALCULATE, calculation="once(uuid())"),
        Item(name="heute", kind=Kind.DATE, label={"de": "Heute"}, default="today()", read_only=True),
        Item(name="summe", kind=Kind.CALCULATE, calculation="${zufrieden} + 1"),
    )
    row = {**_interview(begonnen="2026-07-06T10:00:00", tage="20638", nummer="4f", summe="2"), "q": form.content_hash}
    found = build(form, [row] * 12, SETTINGS, draw=random.Random(1))
    assert {"begonnen", "tage", "nummer", "heute"}.isdisjoint(found.frame.columns)
    assert "summe" in found.frame.columns
    assert any("begonnen, tage, nummer, heute" in note for note in found.notes)


def test_labels_hold_no_place_to_fill_in() -> None:
    form = _form(
        Item(name="amt", kind=Kind.NUMBER, label={"de": "Wie oft waren Sie im ${department} von ${ site }, ${name}?"}),
    )
    found = build(form, [{**_interview(amt="1"), "q": form.content_hash}] * 12, SETTINGS, draw=random.Random(1))
    label = next(one.label for one in found.variables if one.name == "amt")
    assert label == "Wie oft waren Sie im [department] von [site], [name]?"


def _form(*items: Item) -> Questionnaire:
    return hashed(
        Questionnaire(
            name="p", title="P", version="1", languages=("de",), default_language="de", language_names={}, groups=(),
            items=items, choice_lists={},
        )
    )  # fmt: skip
