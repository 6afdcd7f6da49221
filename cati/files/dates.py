"""Dates as lists have them: ISO or day.month.year with four digits, anything else is refused as ambiguous."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from cati.files.faults import Fault
from cati.text import mark

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_GERMAN = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_TIME = re.compile(r"(?:T|\s+|,\s*)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*Uhr|Z)?$", re.ASCII)
_LIKE_A_DATE = re.compile(r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}", re.ASCII)
_SERIAL = re.compile(r"[34]\d{4}(?:\.\d+)?|5\d{4}(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class DateFault(Fault):
    """Why a date is not taken."""


_WRITE = mark("Write the date as 24.07.2026 or 2026-07-24.")

FAULTS = {
    fault.code: fault
    for fault in (
        DateFault("date_missing", mark("The date is missing."), _WRITE),
        DateFault("date_ambiguous", mark("The date can be read in more than one way."), _WRITE),
        DateFault("date_impossible", mark("There is no such day."), _WRITE),
        DateFault("date_serial", mark("The date is a bare number, as Excel counts days."), _WRITE),
        DateFault("date_unreadable", mark("This is no date."), _WRITE),
    )
}


@lru_cache(maxsize=4096)
def read_date(text: str) -> date | DateFault:
    """Read a day, with or without a time of day behind it; two-digit years and 03/04/2026 are faults."""
    written = text.strip()
    if not written:
        return FAULTS["date_missing"]
    day = _TIME.sub("", written)
    if found := _ISO.fullmatch(day):
        year, month, number = (int(part) for part in found.groups())
    elif found := _GERMAN.fullmatch(day):
        number, month, year = (int(part) for part in found.groups())
    elif _LIKE_A_DATE.fullmatch(day):
        return FAULTS["date_ambiguous"]
    else:
        return FAULTS["date_serial" if _SERIAL.fullmatch(day) else "date_unreadable"]
    try:
        return date(year, month, number)
    except ValueError:
        return FAULTS["date_impossible"]
