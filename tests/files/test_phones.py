"""Numbers as lists have them: every trap of the evidence page, and agreement with the general parser."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cati.demo.people import LANDLINES, MOBILES, is_reserved, reserved_numbers, written
from cati.files.phones import FAULTS, PhoneFault, read_phone, split_phones
from cati.survey.case import Phone, PhoneKind


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("493915550123", "phone_country_code_without_plus"),
        ("49 391 5550123", "phone_country_code_without_plus"),
        ("0391 555 O123", "phone_letters"),
        ("0391-5550123-45", "phone_extension"),
        ("0391 5550123/45", "phone_extension"),
        ("030-23125004-45", "phone_extension"),
        ("030 23125002-3", "phone_extension"),
        ("030 23125 023/024", "phone_extension"),
        ("03904 4711/10", "phone_extension"),
        ("030 23125-0 DW 23", "phone_letters"),
        ("49 (0)30 23125023", "phone_country_code_without_plus"),
        ("0391 5550123 #12", "phone_signs"),
        ("0391 5550123 ext 12", "phone_letters"),
        ("(Büro)", "phone_letters"),
        ("4.93916E+11", "phone_shortened"),
        ("4,93916E+11", "phone_shortened"),
        ("5550123", "phone_no_area_code"),
        ("3915550123", "phone_no_area_code"),
        ("110", "phone_not_callable"),
        ("112", "phone_not_callable"),
        ("11833", "phone_not_callable"),
        ("116117", "phone_not_callable"),
        ("0900 1234567", "phone_not_callable"),
        ("0180 1234567", "phone_not_callable"),
        ("01806 123456", "phone_not_callable"),
        ("0700 12345678", "phone_not_callable"),
        ("0800 1234567", "phone_not_callable"),
        ("", "phone_missing"),
        ("0391", "phone_length"),
        ("0391 12345678901234567", "phone_length"),
        ("0391+5550123", "phone_signs"),
        ("++49391555012", "phone_signs"),
        ("٠٣٠٢٣١٢٥١٢٣", "phone_signs"),
        ("+999 1234567", "phone_invalid"),
    ],
)
def test_a_doubtful_number_is_refused_with_its_code(text: str, code: str) -> None:
    fault = read_phone(text)
    assert isinstance(fault, PhoneFault)
    assert fault.code == code


@pytest.mark.parametrize(
    ("text", "e164", "kind"),
    [
        ("030 23125001", "+493023125001", PhoneKind.LANDLINE),
        ("+49 (0)30 23125001", "+493023125001", PhoneKind.LANDLINE),
        ("0049 30 23125001", "+493023125001", PhoneKind.LANDLINE),
        ("030/23125-023", "+493023125023", PhoneKind.LANDLINE),
        ("030 23125 023", "+493023125023", PhoneKind.LANDLINE),
        ("+49 (0)30 / 23125-023", "+493023125023", PhoneKind.LANDLINE),
        ("0049-30-23125-023", "+493023125023", PhoneKind.LANDLINE),
        ("(0 30) 23 12 50 23", "+493023125023", PhoneKind.LANDLINE),
        ("030–23125–023", "+493023125023", PhoneKind.LANDLINE),
        ("030 23125, Durchwahl -23", "+49302312523", PhoneKind.LANDLINE),
        ("030.23125 DW 023", "+493023125023", PhoneKind.LANDLINE),
        ("089 12345-0", "+4989123450", PhoneKind.LANDLINE),
        ("(030) 23125-001 0", "+4930231250010", PhoneKind.LANDLINE),
        ("030/23125001", "+493023125001", PhoneKind.LANDLINE),
        ("'+49 30 23125001", "+493023125001", PhoneKind.LANDLINE),
        ("０３０ ２３１２５００１", "+493023125001", PhoneKind.LANDLINE),
        ("030\u200b23125001\u202c", "+493023125001", PhoneKind.LANDLINE),
        ("030 \u2013 23125001", "+493023125001", PhoneKind.LANDLINE),
        ("030\u00a023125001", "+493023125001", PhoneKind.LANDLINE),
        ("0171 3920012", "+491713920012", PhoneKind.MOBILE),
        ("1713920012", "+491713920012", PhoneKind.MOBILE),
        ("+43 1 58858", "+43158858", PhoneKind.LANDLINE),
        ("+39 06 69812345", "+390669812345", PhoneKind.LANDLINE),
    ],
)
def test_a_plain_number_is_read(text: str, e164: str, kind: PhoneKind) -> None:
    assert read_phone(text) == Phone(e164=e164, kind=kind)


def test_a_number_that_excel_shortened_is_one_number_whatever_its_point() -> None:
    for text in ("4,93916E+11", "4.93916E+11", "4,9E+11"):
        assert split_phones(text) == [text]
    assert split_phones("030 23125001,030 23125002") == ["030 23125001", "030 23125002"]
    assert split_phones("030 23125, Durchwahl -23") == ["030 23125, Durchwahl -23"]


def test_the_type_of_the_column_decides_only_where_the_number_cannot() -> None:
    assert read_phone("+1 212 555 0123", PhoneKind.LANDLINE) == Phone(e164="+12125550123", kind=PhoneKind.LANDLINE)
    assert read_phone("0171 3920012", PhoneKind.LANDLINE) == Phone(e164="+491713920012", kind=PhoneKind.MOBILE)


@given(
    st.sampled_from(["0", "+49", "+49 ", "0049", "+49 (0)", "(0"]),
    st.from_regex(r"[1-9][0-9]{1,3}", fullmatch=True),
    st.sampled_from(["", " ", "/", "-", ") ", "."]),
    st.from_regex(r"[0-9]{4,9}", fullmatch=True),
)
def test_what_is_accepted_agrees_with_the_general_parser(front: str, area: str, gap: str, rest: str) -> None:
    text = front + area + gap + rest
    ours = read_phone(text)
    number = phonenumbers.parse(text, "DE")
    if isinstance(ours, Phone):
        assert phonenumbers.is_valid_number(number)
        assert ours.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(st.text(max_size=30))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    for part in [text, *split_phones(text)]:
        found = read_phone(part)
        assert isinstance(found, Phone) or found.code in FAULTS


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("03915550123 oder 0171 3920012", ["03915550123", "0171 3920012"]),
        ("03915550123 / 0171 3920012", ["03915550123", "0171 3920012"]),
        ("0391/5550123", ["0391/5550123"]),
        ("030 23125000\n0171 3920000", ["030 23125000", "0171 3920000"]),
        ("030 23125000; 0171 3920000, ", ["030 23125000", "0171 3920000"]),
        ("", []),
    ],
)
def test_two_numbers_in_a_cell_are_split_and_an_area_code_is_not(cell: str, parts: list[str]) -> None:
    assert split_phones(cell) == parts


def test_every_number_reserved_for_fiction_can_be_called_in_every_spelling_but_a_bare_group() -> None:
    draw = random.Random(5)
    printed = [*MOBILES, *((area, f"{block}{k:03}") for area, block in LANDLINES for k in range(0, 1000, 37))]
    for number in printed:
        phone = read_phone(written(number, draw))
        assert isinstance(phone, Phone), number
        assert is_reserved(phone.e164)
        assert phone.kind is (PhoneKind.MOBILE if number[0][0] == "1" else PhoneKind.LANDLINE)


def test_as_many_different_numbers_as_a_benchmark_wants_and_all_of_them_reserved() -> None:
    numbers = reserved_numbers(20_000, random.Random(1))
    phones = {f"+49{area}{rest}" for area, rest in numbers}
    assert len(phones) == 20_000
    assert all(map(is_reserved, phones))
    assert all(isinstance(read_phone(e164), Phone) for e164 in list(phones)[:500])
    with pytest.raises(ValueError, match="600000"):
        reserved_numbers(600_000, random.Random(1))


def test_a_real_looking_number_is_not_taken_for_a_reserved_one() -> None:
    assert not is_reserved("+493915550123")
    assert not is_reserved("+49302312")
    assert not is_reserved("+43158858")
