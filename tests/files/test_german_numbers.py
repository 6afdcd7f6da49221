"""A German number's type by the patterns of Germany alone is what the library says by its own way."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType, number_type

from cati.files.german_numbers import german_digits, german_type


def _library_says(national: str) -> int:
    return number_type(PhoneNumber(country_code=49, national_number=int(national)))


def test_every_beginning_and_length_has_the_type_that_the_library_gives_it() -> None:
    draw = random.Random(49)
    met = set()
    for begins in range(100, 1000):
        for length in range(3, 17):
            national = f"{begins}{draw.randrange(10**13):013}"[:length]
            kind = german_type(national)
            assert kind == _library_says(national), national
            met.add(kind)
    assert met >= {
        PhoneNumberType.UNKNOWN, PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST, PhoneNumberType.PAGER, PhoneNumberType.UAN,
    }  # fmt: skip


@pytest.mark.parametrize("begins", ["115", "137", "15", "16", "17", "18", "32", "49", "700", "800", "900"])
def test_so_has_each_of_the_special_beginnings_further_on(begins: str) -> None:
    draw = random.Random(begins)
    for n in range(1000):
        national = f"{begins}{n:03}{draw.randrange(10**9):09}"[: draw.randint(len(begins) + 3, len(begins) + 11)]
        assert german_type(national) == _library_says(national), national


def test_each_example_of_the_library_has_its_type() -> None:
    known = PhoneMetadata.metadata_for_region("DE")
    assert known is not None
    names = ("toll_free", "premium_rate", "shared_cost", "personal_number", "pager", "uan", "voicemail", "fixed_line",
             "mobile")  # fmt: skip
    for name in names:
        example = getattr(known, name).example_number
        expected = getattr(PhoneNumberType, name.upper())
        assert german_type(example) == expected == _library_says(example)


def test_what_the_short_way_takes_for_granted_of_the_library_holds() -> None:
    assert phonenumbers.COUNTRY_CODE_TO_REGION_CODE[49] == ("DE",)
    known = PhoneMetadata.metadata_for_region("DE")
    assert known is not None
    assert not known.same_mobile_and_fixed_line_pattern


@pytest.mark.parametrize(
    ("written", "national"),
    [
        ("030 23125001", "3023125001"),
        ("+49 (0)30 23125001", "3023125001"),
        ("0049 30 23125001", "3023125001"),
        ("1713920012", "1713920012"),
        ("+43 1 58858", None),
        ("0043 1 58858", None),
        ("+49 (00)30 23125001", None),
        ("0", None),
    ],
)
def test_only_plain_german_spellings_go_the_short_way(written: str, national: str | None) -> None:
    assert german_digits(written) == national
