"""Invents people for demonstrations and tests: names nobody bears, numbers that can never ring at anyone's.

The numbers come from the ranges that the Bundesnetzagentur keeps free for films, books and teaching
(Mitteilung 148/2021, Amtsblatt 7/2021): 5,000 landline and 210 mobile numbers. For more people, digits
are appended to a reserved landline number: a block that is assigned to nobody stays assigned to nobody
when somebody dials further digits, and the shape is still valid. That makes 500,000 more.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from cati.settings import Site, StudySettings

LANDLINES = (("30", "23125"), ("69", "90009"), ("40", "66969"), ("221", "4710"), ("89", "99998"))
"""Area code and block, each with 000 to 999 behind it: Berlin, Frankfurt, Hamburg, Cologne, Munich."""

MOBILES = (
    ("152", "28817386"), ("152", "28895456"), ("152", "54599371"),
    ("172", "9925904"), ("172", "9968532"), ("172", "9973185"), ("172", "9973186"), ("172", "9980752"),
    ("174", "9091317"), ("174", "9464308"),
    *(("171", f"39200{n:02}") for n in range(100)),
    *(("176", f"040690{n:02}") for n in range(100)),
)  # fmt: skip

MOST_NUMBERS = len(MOBILES) + len(LANDLINES) * 1000 * 101

HEADERS = (
    "Anrede", "Titel", "Vorname", "Nachname", "Telefon", "Mobil", "Sprache", "Landkreis", "Sachgebiet",
    "Letzter Kontakt", "Anrufzeit", "Einwilligung", "Einwilligung am", "Einwilligung Weg", "Einwilligung Version",
    "Erfasst von",
)  # fmt: skip

WOMEN = (
    "Adda", "Berit", "Catrin", "Dörte", "Edda", "Frauke", "Grete", "Hedda", "Ilka", "Jördis", "Käthe", "Lioba",
    "Merle", "Nele", "Ottilie", "Petra", "Rieke", "Svea", "Tilda", "Ursel", "Wiebke", "Ayşe", "Zoë",
)  # fmt: skip
MEN = (
    "Arne", "Bodo", "Carsten", "Detlef", "Eike", "Falk", "Gernot", "Hauke", "Ingo", "Jürgen", "Knut", "Lennart",
    "Malte", "Norbert", "Ole", "Piet", "Rüdiger", "Sönke", "Thies", "Uwe", "Volker", "Wim", "Emre", "René",
)  # fmt: skip
_FAMILY_HEADS = (
    "Amsel", "Birn", "Dachs", "Eich", "Fink", "Ginster", "Hasel", "Igel", "Kiebitz", "Lärch", "Möwen", "Nuss",
    "Otter", "Quitten", "Rüster", "Schleh", "Tann", "Ulmen", "Wachtel", "Zeisig", "Brombeer", "Hollunder", "Kümmel",
)  # fmt: skip
_FAMILY_TAILS = (
    "bühler", "dorn", "feldt", "grübner", "höfer", "kötter", "lauber", "mäuser", "nagel", "pfühl", "reuther",
    "schütt", "stöckl", "wälder", "zähringer", "brücker", "groß",
)  # fmt: skip
_TIMES = ("ab 18 Uhr", "vormittags", "nachmittags", "abends", "nicht freitags", "after 18:00")
_CHANNELS = ("Formular im Amt", "Online-Formular", "telefonisch")
_WOMEN_SHARE, _TITLE_SHARE, _LANGUAGE_SHARE, _PREFERENCE_SHARE = 0.5, 0.04, 0.03, 0.3
_CLERKS = ("Platz 1", "Platz 2", "Platz 3", "Platz 7")


def is_reserved(e164: str) -> bool:
    """Return whether a number lies in a range kept free for fiction, further digits included."""
    if not e164.startswith("+49"):
        return False
    digits = e164[3:]
    return any(digits == a + n for a, n in MOBILES) or any(
        digits.startswith(a + block) and len(digits) >= len(a + block) + 3 for a, block in LANDLINES
    )


def reserved_numbers(n: int, draw: random.Random) -> list[tuple[str, str]]:
    """Return ``n`` different reserved numbers as (area code, number), mobiles among them, in random order.

    The numbers printed in the notice come first, those with two more digits only when they run out.
    Raises ValueError beyond `MOST_NUMBERS`.
    """
    if n > MOST_NUMBERS:
        raise ValueError(n)
    printed = [*MOBILES, *((area, f"{block}{k:03}") for area, block in LANDLINES for k in range(1000))]
    if n <= len(printed):
        return draw.sample(printed, n)
    further = draw.sample(range(len(LANDLINES) * 100_000), n - len(printed))
    for k in further:
        area, block = LANDLINES[k // 100_000]
        printed.append((area, f"{block}{k % 100_000:05}"))
    draw.shuffle(printed)
    return printed


def written(number: tuple[str, str], draw: random.Random) -> str:
    """Return a number in one of the ways people write it."""
    area, rest = number
    pattern = draw.choice(
        ("0{a} {r}", "0{a}/{r}", "+49 {a} {r}", "0{a}{r}", "(0{a}) {r}", "0049 {a} {r}", "+49 (0){a} {r}")
    )
    return pattern.format(a=area, r=rest)


def invent_rows(n: int, settings: StudySettings, draw: random.Random, *, today: date) -> list[list[str]]:
    """Return ``n`` clean rows under `HEADERS` (not included), all eligible and consented as of ``today``.

    Sites and departments come in proportion to their targets. Needs ``contact_from`` before ``today``.
    """
    departments = [(site, d.name) for site in settings.sites for d in site.departments]
    weights = [max(d.target, 1) for site in settings.sites for d in site.departments]
    return [
        _person(number, *draw.choices(departments, weights)[0], settings=settings, draw=draw, today=today)
        for number in reserved_numbers(n, draw)
    ]


def _person(
    number: tuple[str, str], site: Site, department: str, *, settings: StudySettings, draw: random.Random, today: date
) -> list[str]:
    woman = draw.random() < _WOMEN_SHARE
    mobile = number[0][0] == "1"
    last_day = min(settings.contact_to, today)
    last_contact = settings.contact_from + timedelta(draw.randint(0, (last_day - settings.contact_from).days))
    consented = last_contact + timedelta(draw.randint(0, min(30, (today - last_contact).days)))
    return [
        "Frau" if woman else "Herr",
        draw.choice(("Dr.", "Prof. Dr.")) if draw.random() < _TITLE_SHARE else "",
        draw.choice(WOMEN if woman else MEN),
        draw.choice(_FAMILY_HEADS) + draw.choice(_FAMILY_TAILS),
        "" if mobile else written(number, draw),
        written(number, draw) if mobile else "",
        draw.choice(settings.languages[1:]) if len(settings.languages) > 1 and draw.random() < _LANGUAGE_SHARE else "",
        site.name,
        department,
        f"{last_contact:%d.%m.%Y}",
        draw.choice(_TIMES) if draw.random() < _PREFERENCE_SHARE else "",
        "ja",
        f"{consented:%d.%m.%Y}",
        draw.choice(_CHANNELS),
        settings.consent[-1].version,
        draw.choice(_CLERKS),
    ]


def as_csv(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS, *, encoding: str = "utf-8-sig") -> bytes:
    """Return rows as an office's Excel would write them: semicolons, CRLF; rows may be ragged on purpose."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def invent_list(n: int, settings: StudySettings, draw: random.Random, *, today: date) -> bytes:
    """Return a clean list of ``n`` invented people as CSV."""
    return as_csv(invent_rows(n, settings, draw, today=today))


def faulty_rows(settings: StudySettings, draw: random.Random, *, today: date) -> list[tuple[list[str], str]]:
    """Return 50 rows, each with the code of its refusal, "" where it is to be accepted all the same.

    Every fault of a row that security_evidence §7 names is among them; faults of whole files are not.
    """
    people = invent_rows(50, settings, draw, today=today)
    at = {header: index for index, header in enumerate(HEADERS)}
    rows: list[tuple[list[str], str]] = []
    for person, (changes, code) in zip(people, _faults(settings, today), strict=False):
        row = list(person)
        for header, value in changes.items():
            row[at[header]] = value
        if "Telefon" in changes:
            row[at["Mobil"]] = changes.get("Mobil", "")
        rows.append((row, code))
    rows.append(([*people[len(rows)][:5], *people[len(rows)][6:]], "ragged"))
    rows.append(([*people[len(rows)], "X"], "ragged"))
    first = people[0]
    same = list(people[len(rows)])
    same[4], same[5] = first[4], first[5]
    rows.append((same, "duplicate_in_file"))
    rows.extend((row, "") for row in people[len(rows) :])
    return rows


def _faults(settings: StudySettings, today: date) -> Iterator[tuple[dict[str, str], str]]:
    """Yield what to change in a clean row and the code that this must give."""
    tomorrow = f"{today + timedelta(1):%d.%m.%Y}"
    too_old = f"{settings.contact_from - timedelta(1):%d.%m.%Y}"
    yield {}, ""
    for phone, code in (
        ("493023125001", "phone_country_code_without_plus"),
        ("030 2312500O", "phone_letters"),
        ("030-23125002-45", "phone_extension"),
        ("030 23125003 #12", "phone_signs"),
        ("03023125004 (Büro)", "phone_letters"),
        ("4.93023E+11", "phone_shortened"),
        ("23125005", "phone_no_area_code"),
        ("112", "phone_not_callable"),
        ("0900 1234567", "phone_not_callable"),
        ("11833", "phone_not_callable"),
        ("0180 1234567", "phone_not_callable"),
        ("0700 12345678", "phone_not_callable"),
        ("030 1", "phone_length"),
        ("", "phone_missing"),
        ("03023125006 oder 0171 3920006", ""),
        ("０３０ ２３１２５００７", ""),
        ("030\u200b23125008", ""),
    ):
        yield {"Telefon": phone}, code
    for name, code in (
        ("Null", ""), ("NA", ""), ("None", ""), ("nan", ""), ("Mu\u0308ckenbühler", ""), ("Amsel\u202edorn", ""),
        ("\u0410mseldorn", "name_mixed_scripts"), ("=1+1", "name_signs"), ("Amsel 030", "name_signs"),
        ("", "name_missing"), ("x" * 600, "cell_too_long"), ("Amsel\x00dorn", "nul"),
    ):  # fmt: skip
        yield {"Nachname": name}, code
    yield {"Letzter Kontakt": "03/04/26"}, "date_ambiguous"
    yield {"Letzter Kontakt": "3.4.26"}, "date_ambiguous"
    yield {"Letzter Kontakt": "29.02.2025"}, "date_impossible"
    yield {"Letzter Kontakt": "46000"}, "date_serial"
    yield {"Letzter Kontakt": too_old}, "not_eligible"
    yield {"Einwilligung": "nein"}, "consent_refused"
    yield {"Einwilligung": ""}, "consent_missing"
    yield {"Einwilligung am": tomorrow}, "consent_in_future"
    yield {"Einwilligung Version": "0.0-unbekannt"}, "consent_version_unknown"
    yield {"Erfasst von": ""}, "consent_by_missing"
    yield {"Landkreis": "Landkreis Nirgendwo"}, "site_unknown"
    yield {"Sachgebiet": "Sachgebiet Nirgendwo"}, "department_unknown"
