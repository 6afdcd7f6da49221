"""Dates that can be read in two ways are refused; names are cleaned of what cannot be seen and never improved."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cati.files.dates import DateFault, read_date
from cati.files.names import (
    INVISIBLE,
    MOST_CHARACTERS,
    PLAIN,
    FullName,
    clean,
    name_fault,
    read_form_of_address,
    split_full_name,
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-03",
        "03.06.2026",
        "3.6.2026",
        "2026-06-03 00:00:00",
        "2026-06-03T10:15",
        "3.6.2026, 10:15 Uhr",
        " 3. 6. 2026 ",
    ],
)
def test_iso_and_german_dates_are_read(text: str) -> None:
    assert read_date(text) == date(2026, 6, 3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/04/26", "date_ambiguous"),
        ("03/04/2026", "date_ambiguous"),
        ("3.6.26", "date_ambiguous"),
        ("26-06-03", "date_ambiguous"),
        ("29.02.2025", "date_impossible"),
        ("2026-13-01", "date_impossible"),
        ("31.06.2026", "date_impossible"),
        ("46176", "date_serial"),
        ("gestern", "date_unreadable"),
        ("", "date_missing"),
    ],
)
def test_every_other_date_is_refused_with_its_code(text: str, code: str) -> None:
    fault = read_date(text)
    assert isinstance(fault, DateFault)
    assert fault.code == code


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_date_survives_both_spellings(day: date) -> None:
    assert read_date(day.isoformat()) == day
    assert read_date(f"{day.day}.{day.month}.{day.year:04}") == day


@pytest.mark.parametrize(
    "name",
    [
        "Null", "NA", "None", "nan", "N/A", "True", "O'Neil", "O’Brien", "O´Brien", "d'Été", "Müller-Lüdenscheidt",
        "Müller–Lüdenscheidt", "Şükrü", "Öz-Yıldız", "Nguyễn", "Иванов", "Ιωάννης", "王伟", "佐々木", "ジャン・ポール",
        "محمد", "אבי ג׳", "สมชาย", "김민준", "अनिल", "Dr. med.", "St. Clair", "y Gómez", "al-Ḥasan", "Jr.", "Gal·la",
        "Łukasz", "Đorđević", "Šimůnek", "Ångström", "Ærø", "Ÿsaÿe", "Älf", "Ãlvares", "Weiß", "Straußʼ", "McDonald",
        "DeVries", "Mª Carmen", "Žižek", "Ole Bøås", "Håkon Ås", "Åsa", "Anna (Anni)", "Jean‑Luc",
    ],
)  # fmt: skip
def test_names_that_look_like_nothing_are_names(name: str) -> None:
    assert clean(name) == name
    assert name_fault(name) is None


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Mu\u0308ller", "Müller"),
        ("Mül\u200bler", "Müller"),
        ("\u202eMüller", "Müller"),
        ("Mül\u00adler", "Müller"),
        ("  Anna \t Maria\n", "Anna Maria"),
        ("Anna\u00a0Maria", "Anna Maria"),
        ("\ufeffAnna", "Anna"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("\u0410nna", "name_mixed_scripts"),
        ("Anna \u041cüller", "name_mixed_scripts"),
        ("=1+1", "name_signs"),
        ("Müller 0391", "name_signs"),
        ("a@b", "name_signs"),
        ("x" * 101, "name_too_long"),
        ("M³ller", "name_encoding"),
        ("MÃ¼ller", "name_encoding"),
        ("M¸ller", "name_encoding"),
        ("GroÃŸ", "name_encoding"),
        ("Ã–zdemir", "name_encoding"),
        ("KÃ¶hler", "name_encoding"),
        ("Å‚ukasz", "name_encoding"),
        ("GarcÃa", "name_encoding"),
        ("MŸller", "name_encoding"),
        ("KŠfer", "name_encoding"),
        ("Bˆhm", "name_encoding"),
        ("B÷hm", "name_encoding"),
        ("Gro▀", "name_encoding"),
        ("M\ufffdller", "name_encoding"),
        ("M?ller", "name_encoding"),
        ("😀", "name_encoding"),
        ("Anna ♥", "name_encoding"),
    ],
)
def test_a_name_that_is_none_is_refused(name: str, code: str) -> None:
    fault = name_fault(name)
    assert fault is not None
    assert fault.code == code


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Müller, Anna", FullName("Anna", "Müller")),
        ("Anna Müller", FullName("Anna", "Müller")),
        ("Hans Peter Müller", FullName("Hans Peter", "Müller")),
        ("Frau Dr. Anna von der Au", FullName("Anna", "von der Au", "Dr.", "Frau")),
        ("Prof. Dr. med. dent. Uwe Groß", FullName("Uwe", "Groß", "Prof. Dr. med. dent.")),
        ("Groß, Dr. Eva", FullName("Eva", "Groß", "Dr.")),
        ("Dipl.-Ing. Eva Groß", FullName("Eva", "Groß", "Dipl.-Ing.")),
        ("Drahomira Novak", FullName("Drahomira", "Novak")),
        ("H. C. Novak", FullName("H. C.", "Novak")),
        ("Null", FullName("", "Null")),
        ("von Stetten", FullName("", "von Stetten")),
        ("", FullName("", "")),
    ],
)
def test_a_full_name_is_split(text: str, parts: FullName) -> None:
    assert split_full_name(text) == parts


def test_forms_of_address_are_recognised_and_others_stay() -> None:
    assert [read_form_of_address(t) for t in ("FRAU", "Hr.", "w", "Mrs", "Liebe Leute")] == [
        "Frau", "Herr", "Frau", "Mrs", "Liebe Leute",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing_and_no_text_breaks_it(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    name_fault(once)
    split_full_name(once)


@given(st.from_regex(PLAIN, fullmatch=True))
def test_nothing_is_to_be_done_to_a_plain_name(name: str) -> None:
    assert clean(name) == name
    assert name_fault(name) is None
    assert not INVISIBLE.search(name)
    assert len(name) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    "name", ["", " Nele", "Nele ", "Nele  Birn", "N\u0308ele", "Ne\u200ble", "MÃ¼ller", "M?ller", "Amsel 030", "von der Au",
             "\u0410msel", "x" * 81]
)  # fmt: skip
def test_what_a_plain_name_is_not_goes_through_every_check(name: str) -> None:
    assert not PLAIN.fullmatch(name)
