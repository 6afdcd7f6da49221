"""Telephone numbers as lists have them: read strictly, because a wrong one rings at a stranger's."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from phonenumbers import NumberParseException, PhoneNumberType, number_type
from phonenumbers import parse as parse_number

from cati.files.faults import Fault
from cati.files.german_numbers import COUNTRY_CODE, german_digits, german_type
from cati.survey.case import Phone, PhoneKind
from cati.text import mark

_PLUS_49 = f"+{COUNTRY_CODE}"
_LEAST_DIGITS = 6
_MOST_DIGITS = 15

_SPACES_AND_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−\xad", "-") | {"\u00a0": " ", "\t": " "})
_ALLOWED = re.compile(r"[0-9+()/\-. ]*", re.ASCII)
_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_EXTENSION = re.compile(r"\d[ ./()-]*[-/. ][ ()]*\d{3,}\s*([-/])\s*(\d{1,3})$")
_DIALLED_THROUGH = re.compile(r"(?<=\d\d)\s*[-,]?\s*(?:Durchwahl|Durchw\.|DW)[:.]?\s*-?\s*(?=\d{1,4}$)", re.IGNORECASE)
_LONGEST_NATIONAL = 11
"""Digits of a German number without its trunk 0 (Bundesnetzagentur: since 2010, 10 where the area code has two)."""
_COUNTRY_WITHOUT_PLUS = re.compile(r"490?[1-9]\d{6,}")
_SHORT_SPECIAL = re.compile(r"11[0-9]\d{0,4}", re.ASCII)
_LOST_ZERO_MOBILE = re.compile(r"1[567]\d{8,9}")
_WORDS_BETWEEN = re.compile(
    r"\s+(?:oder|or|und|and|bzw\.?)\s+|[\n\r;|&]+|,(?!\s*(?:Durchw|DW))(?!\d+[eE]\+?\d)", re.IGNORECASE
)
_NOTHING_BETWEEN = re.compile(r"[0-9+() .-]+")
_SLASH_BETWEEN = re.compile(r"(?<=\d)\s*/\s*(?=[+0])")

_CALLABLE = {
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
    PhoneNumberType.VOIP: PhoneKind.LANDLINE,
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
}


@dataclass(frozen=True, slots=True)
class PhoneFault(Fault):
    """Why a number is not called."""


_AS_TEXT = mark("Write the number in full, as text, with its area code: 0391 5550123 or +49 391 5550123.")

FAULTS = {
    fault.code: fault
    for fault in (
        PhoneFault("phone_missing", mark("There is no telephone number."), mark("Add one, or leave the person out.")),
        PhoneFault(
            "phone_country_code_without_plus",
            mark("The number begins with 49 but has no +; it could be somebody else’s."),
            mark("Check the number and write it with + or with a leading 0."),
        ),
        PhoneFault(
            "phone_letters",
            mark("The number holds letters, perhaps an O for a zero, or a remark."),
            mark("Write digits only, one number a cell."),
        ),
        PhoneFault("phone_shortened", mark("Excel shortened this number (4.9E+11); digits are lost."), _AS_TEXT),
        PhoneFault(
            "phone_extension",
            mark("A second group of digits follows the number; it may be an extension or a range."),
            mark("Write the one number that reaches the person, without the last hyphen or slash."),
        ),
        PhoneFault("phone_signs", mark("The number holds signs that no number has."), _AS_TEXT),
        PhoneFault(
            "phone_no_area_code", mark("The number has no leading 0 or +; the area code may be missing."), _AS_TEXT
        ),
        PhoneFault("phone_length", mark("The number is too short or too long."), _AS_TEXT),
        PhoneFault("phone_invalid", mark("No such number can exist."), _AS_TEXT),
        PhoneFault(
            "phone_not_callable",
            mark("It is an emergency, service, premium or other special number; those are never called."),
            mark("Give a landline or mobile number of the person."),
        ),
    )
}


def split_phones(text: str) -> list[str]:
    """Split a cell that holds several numbers ("0391 … oder 0171 …"); a slash splits only two whole numbers."""
    if _NOTHING_BETWEEN.fullmatch(text):
        return [text.strip()] if not text.isspace() else []
    parts = []
    for part in _WORDS_BETWEEN.split(text):
        pieces = _SLASH_BETWEEN.split(part)
        if len(pieces) > 1 and all(sum(c.isdigit() for c in piece) >= _LEAST_DIGITS for piece in pieces):
            parts.extend(pieces)
        else:
            parts.append(part)
    return [part for part in map(str.strip, parts) if part]


def plain_digits(text: str) -> str:
    """Return the text with full-width digits made plain, invisible signs dropped, every dash a hyphen."""
    text = text.removeprefix("'")  # how a spreadsheet is told that a cell is text
    if text.isascii():
        return text.strip()
    kept = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return kept.translate(_SPACES_AND_DASHES).strip()


def read_phone(text: str, typed: PhoneKind | None = None) -> Phone | PhoneFault:
    """Read one number (Germany unless it begins with + or 00); anything doubtful is a fault, never a guess.

    ``typed`` is what the column says; it decides only where the number's own shape cannot (some countries).
    The one repair made: a German mobile number whose leading zero a spreadsheet ate. No local
    number begins with 1, so it cannot be anyone else's.
    """
    written = plain_digits(text)
    if "d" in written.lower():
        written = _DIALLED_THROUGH.sub("", written)
    fault = _doubt(written)
    if fault:
        return FAULTS[fault]
    national = german_digits(written)
    try:
        kind, e164 = _of_any_country(written) if national is None else (german_type(national), _PLUS_49 + national)
    except NumberParseException:
        return FAULTS["phone_invalid"]
    called = _CALLABLE.get(kind)  # UNKNOWN for what is not valid, so validity is asked once
    if called is None and kind == PhoneNumberType.FIXED_LINE_OR_MOBILE:
        called = typed or PhoneKind.MOBILE
    if called is not None:
        return Phone(e164=e164, kind=called)
    special = kind != PhoneNumberType.UNKNOWN or re.fullmatch(
        r"(?:0?1(?:1[0-9]|80|37)|0?(?:700|900))\d*", re.sub(r"\D", "", written)
    )
    return FAULTS["phone_not_callable" if special else "phone_invalid"]


def _of_any_country(written: str) -> tuple[int, str]:
    """Return (the library's type of a number, E.164); raises NumberParseException."""
    number = parse_number(written, "DE")
    zeros = "0" * (number.number_of_leading_zeros or 1) if number.italian_leading_zero else ""
    return number_type(number), f"+{number.country_code}{zeros}{number.national_number}"


def _doubt(written: str) -> str:
    """Return the code of what speaks against reading this text as one number, "" for nothing."""
    if not written:
        return "phone_missing"
    if not _ALLOWED.fullmatch(written) or "+" in written[1:]:
        if _SHORTENED.fullmatch(written.replace(" ", "")):
            return "phone_shortened"
        return "phone_letters" if any(c.isalpha() for c in written) else "phone_signs"
    digits = "".join(filter(str.isdigit, written))
    if written[0] != "+" and digits[:1] != "0":
        doubt = _doubt_without_prefix(digits)
        if doubt:
            return doubt
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS + 2:
        return "phone_length"
    return "phone_extension" if _may_be_a_range(written, digits) else ""


def _may_be_a_range(written: str, digits: str) -> bool:
    """Tell "030 23125004-45", perhaps two numbers, from an extension as DIN 5008 writes it ("030 23125-023", "-0").

    A range counts up from the digits it replaces, in one or two digits; and no number is longer than numbers are.
    """
    found = _EXTENSION.search(written) if "-" in written or "/" in written else None
    if found is None:
        return False
    sign, tail = found.groups()
    national = digits.removeprefix("0049").removeprefix("49" if written[0] == "+" else "").removeprefix("0")
    longest = _LONGEST_NATIONAL - national.startswith(("30", "40", "69", "89"))
    counts_up = len(tail) < 3 and tail[0] != "0" and int(tail) > int(digits[: -len(tail)][-len(tail) :])  # noqa: PLR2004
    return sign == "/" or counts_up or len(national) > longest


def _doubt_without_prefix(digits: str) -> str:
    """Return what speaks against digits that begin with neither 0 nor +."""
    if _SHORT_SPECIAL.fullmatch(digits):
        return "phone_not_callable"
    if _COUNTRY_WITHOUT_PLUS.fullmatch(digits):
        return "phone_country_code_without_plus"
    if _LOST_ZERO_MOBILE.fullmatch(digits):
        return ""
    return "phone_no_area_code" if digits else "phone_length"
