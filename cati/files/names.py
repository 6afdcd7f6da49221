"""Names as lists have them: cleaned of what cannot be seen, split when one cell holds all, never "corrected"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from cati.files.faults import Fault
from cati.text import mark

MOST_CHARACTERS = 100
INVISIBLE = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Signs that direct or join others and are never seen themselves (Unicode category Cf, as far as lists hold it)."""
_SEEN = re.compile("(?:[!-~\u00a1-\u00ac\u00ae-\u02af]+(?: (?! )(?=.))?)*")
"""Text of signs that are seen and composed, with single spaces inside: nothing to clean."""
_WORD = "[A-Za-z\u00c4\u00d6\u00dc\u00e4\u00f6\u00fc\u00df]{1,40}"
PLAIN = re.compile(f"{_WORD}(?:[ -]{_WORD})?")
"""One or two words of German letters: `clean` leaves them as they are, and `name_fault` has nothing against them."""
_LATIN = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff .,'\u2019()/&-]*")
_MISREAD = re.compile(
    # UTF-8 taken for cp1252: "Ã¼", "ÃŸ", "Å‚"; what followed can have been lost as an invisible sign: "GarcÃa"
    "[ÂÃÄÅ][\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122\u00a1-\u00bf]"
    "|(?<=[a-zß-ÿ])[ÂÃ]"
    # Mac Roman taken for cp1252: "MŸller", "KŠfer", "Bšhm" cannot be told from a name
    "|(?<=[A-Za-zß-ÿ])[ŸŠŽ](?=[a-zß-ÿ])"
    # letters that an encoding lacked: "M?ller"
    "|[^\\W\\d_]\\?|\\?[^\\W\\d_]"
)
"""What a table of text shows when it was read in another encoding than it was written in."""
_ALSO_IN_NAMES = frozenset(" -‐‑–'’‘ʼ`´.,·・׳״()/&")
_NEVER_LETTERS = frozenset("ˆˇ˜˙")
"""Accents that stand alone, which Unicode counts among the letters."""
_NOT_IN_NAMES = re.compile(r"[\d=<>@{}\[\]|\\*;:_#%$\"+?!~^]")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "ARMENIAN", "GEORGIAN", "CJK", "HANGUL", "THAI")
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "vom",
        "zu",
        "zum",
        "zur",
        "de",
        "del",
        "della",
        "der",
        "den",
        "di",
        "du",
        "da",
        "dos",
        "das",
        "la",
        "le",
        "el",
        "al",
        "ibn",
        "bin",
        "ben",
        "ter",
        "ten",
        "te",
        "und",
    ]
)
_FIRST_TITLES = frozenset(["prof", "professor", "professorin", "dr", "doktor", "pd", "mag", "dipl", "hon"])
_FURTHER_TITLES = _FIRST_TITLES | frozenset(
    [
        "med",
        "dent",
        "vet",
        "phil",
        "jur",
        "rer",
        "nat",
        "ing",
        "habil",
        "theol",
        "pol",
        "oec",
        "oecon",
        "agr",
        "mult",
        "h",
        "c",
        "e",
        "univ",
    ]
)
_FORMS = {
    "frau": "Frau", "fr": "Frau", "w": "Frau", "weiblich": "Frau", "f": "Frau", "female": "Frau",
    "herr": "Herr", "herrn": "Herr", "hr": "Herr", "m": "Herr", "männlich": "Herr", "male": "Herr",
    "mr": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Ms", "mx": "Mx",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameFault(Fault):
    """Why a name is not taken."""


@dataclass(frozen=True, slots=True)
class FullName:
    """The parts of a name that stood in one cell."""

    given: str
    family: str
    title: str = ""
    form_of_address: str = ""


FAULTS = {
    fault.code: fault
    for fault in (
        NameFault("name_missing", mark("There is no name to ask for."), mark("Add the family name.")),
        NameFault(
            "name_mixed_scripts",
            mark("The name mixes letters of different alphabets that look alike."),
            mark("Type the name anew."),
        ),
        NameFault(
            "name_signs",
            mark("The name holds digits or signs that no name has; perhaps the row has shifted."),
            mark("Compare the row with its headers and correct it."),
        ),
        NameFault(
            "name_encoding",
            mark("The name holds signs that no name has; the list was probably saved in a wrong encoding."),
            mark("Ask the office to save the list as UTF-8 or as an Excel file, and look at all its umlauts."),
        ),
        NameFault("name_too_long", mark("The name is longer than names are."), mark("Write the name alone.")),
    )
}


def clean(text: str) -> str:
    """Return the text composed (NFC), without direction marks, zero-width and control signs, spaces single."""
    if _SEEN.fullmatch(text):
        return text
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        category = unicodedata.category(sign)
        if category == "Cf" or INVISIBLE.match(sign):
            continue
        kept.append(" " if category in ("Cc", "Zs", "Zl", "Zp") else sign)
    return " ".join("".join(kept).split())


def name_fault(name: str) -> NameFault | None:
    """Return what speaks against a cleaned name; words such as "Null" or "NA" are names and stay."""
    if len(name) > MOST_CHARACTERS:
        return FAULTS["name_too_long"]
    misread = (not name.isascii() or "?" in name) and _MISREAD.search(name)
    if not misread and _LATIN.fullmatch(name):
        return None
    if not misread and _NOT_IN_NAMES.search(name):
        return FAULTS["name_signs"]
    if misread or not all(map(_can_be_in_a_name, name)):
        return FAULTS["name_encoding"]
    return FAULTS["name_mixed_scripts"] if any(map(_mixes_scripts, re.split(r"[\s-]+", name))) else None


def _mixes_scripts(word: str) -> bool:
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in word if sign.isalpha()}
    return len(scripts & set(_SCRIPTS)) > 1


def _can_be_in_a_name(sign: str) -> bool:
    """Tell letters and marks of all scripts, and what stands between them, from a fraction or a smiley."""
    return sign in _ALSO_IN_NAMES or (unicodedata.category(sign)[0] in "LM" and sign not in _NEVER_LETTERS)


@lru_cache(maxsize=1024)
def read_form_of_address(text: str) -> str:
    """Return "Frau", "Herr", "Ms" … for the many ways to write them; other words stay as they are."""
    return _FORMS.get(text.casefold().rstrip("."), text)


def split_full_name(text: str) -> FullName:
    """Split "Müller, Anna", "Anna Müller", "Frau Dr. Anna von der Au"; particles stay with the family name."""
    rest = text.strip()
    form = ""
    head, _, tail = rest.partition(" ")
    if tail and head.casefold().rstrip(".") in ("frau", "herr", "herrn", "mr", "mrs", "ms", "mx"):
        form, rest = read_form_of_address(head), tail.strip()
    family, comma, given = rest.partition(",")
    if comma:
        title, given = _split_title(given.strip())
        title_before, family = _split_title(family.strip())
        return FullName(given, family, title or title_before, form)
    title, rest = _split_title(rest)
    words = rest.split()
    if len(words) <= 1:
        return FullName("", rest, title, form)
    first = len(words) - 1
    while first > 1 and words[first - 1].casefold() in _PARTICLES:
        first -= 1
    if first == 1 and words[0].casefold() in _PARTICLES:
        first = 0
    return FullName(" ".join(words[:first]), " ".join(words[first:]), title, form)


def _split_title(text: str) -> tuple[str, str]:
    """Take "Prof. Dr. med." off the front; what is not surely a title is part of the name."""
    words = text.split()
    n = 0
    while n < len(words) - 1:
        parts = [part for part in re.split(r"[.-]", words[n].casefold()) if part]
        if not parts or parts[0] not in (_FURTHER_TITLES if n else _FIRST_TITLES):
            break
        if "." not in words[n] and parts[0] in ("h", "c", "e"):
            break
        n += 1
    return " ".join(words[:n]), " ".join(words[n:])
