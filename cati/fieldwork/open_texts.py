"""Finds what could identify somebody in an open text: the respondent's own name and number first, then patterns.

No language model: the contact is at hand while the link exists, so its words are compared folded and with
small slips allowed; everything else has a shape (numbers, mail, IBAN, plates, addresses, “Frau …”).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from cati.survey.case import Contact
from cati.text import mark, tr


class MarkKind(StrEnum):
    """What a marked piece of text looks like, most telling first; on overlap the first wins."""

    OWN_NAME = "own_name"
    OWN_NUMBER = "own_number"
    MAIL = "mail"
    BANK = "bank"
    PENSION = "pension"
    PLATE = "plate"
    ADDRESS = "address"
    NUMBER = "number"
    NAME = "name"


_WHY = {
    MarkKind.OWN_NAME: mark("The respondent’s own name"),
    MarkKind.OWN_NUMBER: mark("The respondent’s own number"),
    MarkKind.MAIL: mark("A mail address"),
    MarkKind.BANK: mark("A bank account"),
    MarkKind.PENSION: mark("A pension number"),
    MarkKind.PLATE: mark("A number plate"),
    MarkKind.ADDRESS: mark("An address"),
    MarkKind.NUMBER: mark("A long number, perhaps of a telephone or a file"),
    MarkKind.NAME: mark("A person’s name"),
}
_ORDER = tuple(MarkKind)


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of the text, ``text[start:end]``, and what it looks like."""

    start: int
    end: int
    kind: MarkKind

    @property
    def why(self) -> str:
        """Say in the reader's language what this looks like."""
        return tr(_WHY[self.kind])


def _words(blank_separated: str) -> frozenset[str]:
    return frozenset(blank_separated.split())


_PARTICLES = _words("von van vom zu zum zur der den dem de del della di da la le el al bin ben ten ter und dr prof")
_LETTERS = re.compile(r"[^\W\d_]+")
_SPELLED_NAME = re.compile(r"\b(?:[^\W\d_][\s.,-]+){2,}[^\W\d_]\b")
_DIGIT_WORDS = {
    "null": "0", "zero": "0", "oh": "0", "eins": "1", "one": "1", "zwei": "2", "zwo": "2", "two": "2", "drei": "3",
    "three": "3", "vier": "4", "four": "4", "fünf": "5", "fuenf": "5", "five": "5", "sechs": "6", "six": "6",
    "sieben": "7", "seven": "7", "acht": "8", "eight": "8", "neun": "9", "nine": "9",
}  # fmt: skip
_SPELLED_DIGITS = re.compile(
    rf"\b(?:(?:{'|'.join(_DIGIT_WORDS)}|\d{{1,2}})[\s,;.-]+){{4,}}(?:{'|'.join(_DIGIT_WORDS)}|\d{{1,2}})\b",
    re.IGNORECASE,
)
_DIGIT_RUN = re.compile(r"(?<![\w])(?:\+|\(\+?)?\d(?:[ \t./()–-]{0,3}\d)*(?!\w)")
_DATE = re.compile(r"\(?\d{1,2}\.[ ]?\d{1,2}\.[ ]?(?:\d{4}|\d{2})?|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}")
_YEARS = re.compile(r"(?:19|20)\d\d(?:\s*[-–/]\s*(?:(?:19|20)\d\d|\d\d))?")
_AMOUNT = re.compile(r"\d{1,3}(?:\.\d{3})+")
_UNIT_BEHIND = re.compile(
    r"(?:,\d+|,-)?\s*(?:€|euro|eur\b|cent|uhr|prozent|%|einwohner|km\b|kilometer|m²|qm|stunden|minuten|tage)",
    re.IGNORECASE,
)

_MAIL = re.compile(
    r"[\w.+%-]+(?:\s*(?:@|\(at\)|\[at\]|{at})\s*|\s+(?:at|ät|klammeraffe)\s+)"
    r"[\w-]+(?:(?:\.|\s*(?:\(punkt\)|\(dot\)|\[punkt\]|\[dot\])\s*|\s+(?:punkt|dot)\s+)[\w-]+)+",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"\b(?:DE\s?\d{2}(?:\s?\d{4}){4}\s?\d{2}|[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?)\b"
)
_PENSION = re.compile(r"\b\d{2}\s?\d{6}\s?[A-Z]\s?\d{3}\b", re.IGNORECASE)
_PLATE = re.compile(
    r"\b(?!(?:DIN|ISO|EN|EU|EG|TV|PC|IT|OK|NR|SGB|BGB|GG|USB)\b)"
    r"[A-ZÄÖÜ]{1,3}(?:-[ ]?|[ ])[A-Z]{1,2}[ -]?[1-9]\d{0,3}[EH]?\b"
)

_STREET_ENDS = "straße|strasse|str\\.|str|allee|gasse|chaussee|damm|ufer|promenade|stieg|twiete"
_PLACE_ENDS = "weg|platz|ring|hof|markt|graben|steig|berg|winkel|park|wall|pfad|anger"
_NOT_A_STREET = (
    "parkplatz|stellplatz|sitzplatz|arbeitsplatz|wartepl(?:a|ä)tz|schulweg|fahrrad(?:stell)?platz|dienstweg|heimweg|umweg|"
    "rechtsweg|behindertenparkplatz|spielplatz|schulhof|bauernhof|flohmarkt|wochenmarkt|supermarkt|baumarkt|"
    "arbeitsmarkt|bahnhof|kitaplatz|krippenplatz|kindergartenplatz|studienplatz|ausbildungsplatz"
)
_NOT_A_PLACE = (
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|schalter|tag|tage|tisch|platz|raum|zimmer|fenster|"
    "ende|anfang|telefon|eingang|vormittag|nachmittag|abend|morgen|mittag|punkt|januar|februar|märz|april|mai|juni|juli|"
    "august|september|oktober|november|dezember|wochenende|tresen|stelle|stichtag|termin|note|seite|stufe|gleis|automat|"
    "amt|bürgeramt|rathaus|landratsamt|gebäude|haus|parkplatz|stock|stockwerk|flur|keller|büro|warteraum|jahr|bus|schnitt"
)
_UNITS = (
    "uhr|euro|€|%|prozent|mal\\b|minuten|stunden|tage|wochen|monate|jahre|km\\b|kilometer|meter|leute|personen|stück"
)
_NUMBER_OF_HOUSE = rf"\d{{1,4}}(?:\s?[a-h](?![\w.]))?(?![\w:,]\d|\d|[.]?\s*(?:{_UNITS}))"
_ADDRESSES = (
    # Lindenstraße 5, Lange Str. 12a, Straße 17
    re.compile(rf"\b[^\W\d_][\w-]*?(?:{_STREET_ENDS})\s*{_NUMBER_OF_HOUSE}", re.IGNORECASE),
    re.compile(rf"\b[A-ZÄÖÜ][\wäöüß-]+[ -]Str(?:aße|asse|\.)\s*{_NUMBER_OF_HOUSE}"),
    # Birkenweg 3, Rathausplatz 1: only as the end of a longer word, for “Weg 2” and “Platz 3” are said of other things
    re.compile(rf"\b(?!(?:{_NOT_A_STREET}))[^\W\d_][\w-]{{2,}}(?:{_PLACE_ENDS})\s+{_NUMBER_OF_HOUSE}", re.IGNORECASE),
    # Am Anger 7, An der Mühle 3, Unter den Linden 5
    re.compile(
        rf"\b(?:Am|An der|An den|Auf dem|Auf der|Im|In der|In den|Unter den|Zum|Zur|Hinter dem|Hinter der|Beim)\s+"
        rf"(?!(?i:{_NOT_A_PLACE})\b)[A-ZÄÖÜ][a-zäöüß-]+(?:\s[A-ZÄÖÜ][a-zäöüß-]+)?\s+{_NUMBER_OF_HOUSE}"
    ),
    # 12 High Street
    re.compile(r"\b\d{1,4}[a-z]?\s+(?:[A-Z][a-z]+\s+){1,3}(?:Street|Road|Avenue|Lane|Drive)\b"),
    # 99425 Weimar
    re.compile(
        r"\b\d{5}\s+(?!(?:Euro|Einwohner|Menschen|Leute|Bürger|Mal|Stück|Unterschriften|Kunden|Fälle|Anträge)\b)[A-ZÄÖÜ][a-zäöüß]{2,}"
    ),
)

_OFFICES = (
    "landrat|landrätin|bürgermeister|bürgermeisterin|oberbürgermeister|oberbürgermeisterin|minister|ministerin|doktor|professor|"
    "kollege|kollegin|sachbearbeiter|sachbearbeiterin|beamte|beamter|beamtin|präsident|präsidentin|dezernent|dezernentin|nachbar|nachbarin"
)
_CAPITAL = r"[A-ZÄÖÜÇŞŠŽĆČÉ][\w'’-]+"
_TITLES = r"(?:(?:Dr|Prof)\b\.?\s*|(?:Doktor|Professor)\s+)*"
_NAMES = (
    re.compile(
        rf"\b(?:[Hh]errn?|[Ff]rau|Hr\.|Fr\.|[Ff]amilie|[Ff]räulein|Mr\.?|Mrs\.?|Ms\.?)\s+{_TITLES}(?!(?i:{_OFFICES})\b)"
        rf"(?:[A-Z]\.\s*)?(?:(?:von|van|de|zu)\s+)?(?P<name>{_CAPITAL}(?:\s+{_CAPITAL}(?=\s+(?:war|ist|hat|hatte|sagte)))?)"
    ),
    re.compile(rf"\b(?:Dr|Prof)\.\s*{_TITLES}(?P<name>{_CAPITAL})"),
    # Bürgermeister Thies Amsel, Kollegin Nele: two capitals, or one before a verb
    re.compile(
        rf"\b(?i:{_OFFICES})\s+{_TITLES}(?!(?:Frau|Herrn?)\b)(?P<name>{_CAPITAL}(?:\s+{_CAPITAL}|(?=\s+(?:war|ist|hat|hatte|sagte|wusste|meinte))))"
    ),
    re.compile(
        r"\b(?:[Ii]ch hei(?:ß|ss)e|[Mm]ein [Nn]ame ist|[Nn]amens|[Nn]ame:|[Mm]y name is|I am called)\s+"
        rf"(?P<name>{_CAPITAL}(?:\s+{_CAPITAL})*)"
    ),
    # typed in a hurry, all in lower case: “herr schmidt war unfreundlich”
    re.compile(r"(?<!\w)(?:herrn?|frau)\s+(?P<name>[a-zäöüß][\w'-]{2,})"),
)
_BEFORE_A_WOMAN = _words(
    "die der eine einer meine meiner seine seiner ihre ihrer nette netten junge jungen ältere älteren freundliche "
    "unfreundliche diese dieser jede jeder"
)
_NOT_NAMES = _words(
    "am an auf aus bei beim der die das dem den des ein eine einer einem für hat hatte hätte haben im in ist und "
    "oder mit nach nicht war waren wäre wird wurde konnte kann könnte wollte will sollte soll musste muss möchte "
    "vom von vor zu zum zur über unter sehr ganz gar nur auch noch schon dort hier da die welche welcher sagte "
    "sagt meinte wusste gab gibt dass weil wenn als mir mich uns sich ihr ihm sie er es ohne so sowie sitzt saß "
    "machte macht half immer leider"
)


def mark_texts(text: str, contact: Contact | None = None) -> tuple[Mark, ...]:
    """Return what could identify somebody, in the order of the text and without overlaps; own details win.

    ``contact`` is the respondent's, as long as the link exists; without it only the patterns are looked for.
    """
    found = list(_patterns(text))
    if contact is not None:
        found.extend(_own_names(text, contact))
        found.extend(_own_numbers(text, contact))
    kept: list[Mark] = []
    for one in sorted(found, key=lambda m: (_ORDER.index(m.kind), m.start - m.end, m.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda m: m.start))


def _fold(word: str) -> str:
    """Return how a German ear hears a name: Meyer = Maier = Meier, Schmidt = Schmitt, Müller = Mueller = Muller."""
    bare = unicodedata.normalize("NFD", word.casefold().replace("ß", "ss"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    for written, heard in (
        ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ay", "ei"), ("ey", "ei"), ("ai", "ei"), ("ph", "f"), ("th", "t"),
        ("dt", "t"), ("ck", "k"), ("tz", "z"), ("c", "k"), ("v", "f"), ("y", "i"),
    ):  # fmt: skip
        bare = bare.replace(written, heard)
    return re.sub(r"(.)\1+", r"\1", bare)


def _one_slip(one: str, other: str) -> bool:
    """Tell whether two words differ by one letter left out, added, exchanged, or two swapped."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


_LEAST_FOR_A_SLIP = 5


def _is_name(word: str, folded_names: set[str]) -> bool:
    heard = _fold(word)
    genitive = heard.removesuffix("s")
    for name in folded_names:
        if name in (heard, genitive):
            return True
        # A slip counts in longer words only, the first letter right and a capital: “leider” is not Leiter.
        long_enough = min(len(name), len(heard)) >= _LEAST_FOR_A_SLIP
        if (
            long_enough
            and word[0].isupper()
            and name[0] == heard[0]
            and (_one_slip(heard, name) or _one_slip(genitive, name))
        ):
            return True
    return False


_CAPITALISED = re.compile(r"[ ](?:von |van |zu |de )*[A-ZÄÖÜ][^\W\d_]+(?:-[A-ZÄÖÜ][^\W\d_]+)*")


def _own_names(text: str, contact: Contact) -> Iterator[Mark]:
    words = _LETTERS.findall(f"{contact.given_name} {contact.family_name}")
    names = {_fold(w) for w in words if w.casefold() not in _PARTICLES and len(w) > 1}
    if not names:
        return
    for spelled in _SPELLED_NAME.finditer(text):
        heard = _fold("".join(_LETTERS.findall(spelled.group())))
        if any(len(name) > 2 and name in heard for name in names):  # noqa: PLR2004 - two letters are in everything
            yield Mark(spelled.start(), spelled.end(), MarkKind.OWN_NAME)
    found = [word.span() for word in _LETTERS.finditer(text) if _is_name(word.group(), names)]
    given = {_fold(w) for w in _LETTERS.findall(contact.given_name) if len(w) > 1}
    for start, end in _joined(text, found):
        # "Petra Hansen" of a Petra Beck: behind the given name stands a family name, today's or an old one.
        behind = _CAPITALISED.match(text, end)
        last = _LETTERS.findall(text[start:end])[-1]
        yield Mark(start, behind.end() if behind and _is_name(last, given) else end, MarkKind.OWN_NAME)


def _joined(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join neighbours that only blanks or hyphens part: given and family name are one mark."""
    if not spans:
        return
    start = spans[0][0]
    for (_, end), (following, _) in pairwise(spans):
        if text[end:following].strip(" -.,"):
            yield start, end
            start = following
    yield start, spans[-1][1]


def _digits(piece: str) -> str:
    """Return the digits of a piece, spelled ones too, without the country's or the trunk prefix."""
    found = "".join(
        part if part.isdigit() else _DIGIT_WORDS.get(part.casefold(), "")
        for part in re.findall(r"\d+|[^\W\d_]+", piece)
    )
    for prefix in ("0049", "49", "0"):
        if found.startswith(prefix) and (prefix != "49" or "+" in piece[:3]):
            return found[len(prefix) :]
    return found


_LEAST_OF_OWN = 5


def _own_numbers(text: str, contact: Contact) -> Iterator[Mark]:
    own = [phone.e164.removeprefix("+49").removeprefix("+") for phone in contact.phones]
    for pattern in (_DIGIT_RUN, _SPELLED_DIGITS):
        for piece in pattern.finditer(text):
            said = _digits(piece.group())
            if len(said) >= _LEAST_OF_OWN and any(number.endswith(said) or number in said for number in own):
                yield Mark(piece.start(), piece.end(), MarkKind.OWN_NUMBER)


def _patterns(text: str) -> Iterator[Mark]:
    for kind, pattern in (
        (MarkKind.MAIL, _MAIL),
        (MarkKind.BANK, _BANK),
        (MarkKind.PENSION, _PENSION),
        (MarkKind.PLATE, _PLATE),
        *((MarkKind.ADDRESS, address) for address in _ADDRESSES),
        (MarkKind.NUMBER, _SPELLED_DIGITS),
    ):
        yield from (Mark(hit.start(), hit.end(), kind) for hit in pattern.finditer(text))
    yield from (Mark(start, end, MarkKind.NUMBER) for start, end in _long_numbers(text))
    yield from (Mark(start, end, MarkKind.NAME) for start, end in _names(text))


_LEAST_OF_A_NUMBER = 7
_LEAST_BEHIND_A_ZERO = 6


def _long_numbers(text: str) -> Iterator[tuple[int, int]]:
    for run in _DIGIT_RUN.finditer(text):
        piece = run.group()
        digits = sum(c.isdigit() for c in piece)
        least = _LEAST_BEHIND_A_ZERO if piece.lstrip("(").startswith(("0", "+")) else _LEAST_OF_A_NUMBER
        if digits < least:
            continue
        rest = _DATE.sub("", _YEARS.sub("", _DATE.sub("", piece)))
        if sum(c.isdigit() for c in rest) < min(least, _LEAST_BEHIND_A_ZERO):
            continue  # a date, two dates, "2024-2026"
        if _AMOUNT.fullmatch(piece) or _UNIT_BEHIND.match(text, run.end()):
            continue
        yield run.span()


def _names(text: str) -> Iterator[tuple[int, int]]:
    *written, hurried = _NAMES
    for pattern in written:
        yield from (hit.span("name") for hit in pattern.finditer(text))
    for hit in hurried.finditer(text):
        before = _LETTERS.findall(text[: hit.start()])[-1:]
        if hit["name"] in _NOT_NAMES or hit["name"].casefold() in _OFFICES.split("|"):
            continue
        if hit.group().startswith("frau") and before and before[0].casefold() in _BEFORE_A_WOMAN:
            continue
        yield hit.span("name")
