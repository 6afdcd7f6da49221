"""What sort of German number it is, by the library's own metadata, without its way through those of all countries."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from phonenumbers import PhoneMetadata, PhoneNumberType
from phonenumbers.phonemetadata import PhoneNumberDesc

COUNTRY_CODE = "49"  # nobody else's: the library knows one region for it

_Matches = Callable[[str], object]

# In the order in which the library asks: a number that several of them describe is of the first type.
_BEFORE_LINES = (
    ("premium_rate", PhoneNumberType.PREMIUM_RATE),
    ("toll_free", PhoneNumberType.TOLL_FREE),
    ("shared_cost", PhoneNumberType.SHARED_COST),
    ("voip", PhoneNumberType.VOIP),
    ("personal_number", PhoneNumberType.PERSONAL_NUMBER),
    ("pager", PhoneNumberType.PAGER),
    ("uan", PhoneNumberType.UAN),
    ("voicemail", PhoneNumberType.VOICEMAIL),
)


def german_digits(written: str) -> str | None:
    """Return the national digits of a plain German spelling without the general parser, which costs half of the import.

    ``written`` holds ASCII digits and separators only. +49, 0049 or a trunk 0 in front, one further trunk zero as in
    "+49 (0)" dropped, as the parser does; None leaves the rest to it.
    """
    digits = "".join(filter(str.isdigit, written))
    if written[0] == "+":
        if not digits.startswith(COUNTRY_CODE):
            return None
        digits = digits[2:]
    elif digits.startswith("00"):
        if not digits.startswith("0049"):
            return None
        digits = digits[4:]
    national = digits.removeprefix("0")
    return None if not national or national[0] == "0" else national


def german_type(national: str) -> int:
    """Return the `PhoneNumberType` of German national digits: what `phonenumbers.number_type` says of that number.

    UNKNOWN for what is not valid. A fifth of the library's price, which looks its patterns up again for each number.
    """
    general, before, fixed_line, mobile = _patterns(len(national))
    if not general(national):
        return PhoneNumberType.UNKNOWN
    for kind, matches in before:
        if matches(national):
            return kind
    if fixed_line(national):
        return PhoneNumberType.FIXED_LINE_OR_MOBILE if mobile(national) else PhoneNumberType.FIXED_LINE
    return PhoneNumberType.MOBILE if mobile(national) else PhoneNumberType.UNKNOWN


@cache  # of one small number
def _patterns(length: int) -> tuple[_Matches, tuple[tuple[int, _Matches], ...], _Matches, _Matches]:
    """Return what so many digits are held against: (any number, types before the lines, landline, mobile)."""
    known = PhoneMetadata.metadata_for_region("DE")
    if known is None:
        raise AssertionError
    before = [(kind, _pattern(getattr(known, name), length)) for name, kind in _BEFORE_LINES]
    return (
        _pattern(known.general_desc, length),
        tuple((kind, matches) for kind, matches in before if matches is not _nothing),
        _pattern(known.fixed_line, length),
        _pattern(known.mobile, length),
    )


def _pattern(described: PhoneNumberDesc | None, length: int) -> _Matches:
    if described is None or not described.national_number_pattern:
        return _nothing
    if described.possible_length and length not in described.possible_length:
        return _nothing
    return re.compile(described.national_number_pattern).fullmatch


def _nothing(_national: str) -> None:
    return None
