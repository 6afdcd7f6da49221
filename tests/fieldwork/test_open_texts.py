"""Open texts: what identifies somebody is marked, what does not is left alone; sentences as interviewers type them."""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

import pytest

from cati.fieldwork.open_texts import MarkKind, mark_texts
from cati.survey.case import Consent, Contact, Phone, PhoneKind
from cati.text import set_language

CONTACT = Contact(
    given_name="Jördis-Anna",
    family_name="von der Möwenkötter",
    title="Dr.",
    form_of_address="Frau",
    phones=(
        Phone(e164="+491713920042", kind=PhoneKind.MOBILE),
        Phone(e164="+493023125777", kind=PhoneKind.LANDLINE),
    ),
    consent=Consent(given_on=date(2026, 6, 3), channel="Formular", wording_version="1", recorded_by="Platz 1"),
    last_contact=date(2026, 5, 12),
)

# text, and the pieces that must be marked with their kind
TELLING = (
    ("Ich bin die Möwenkötter, das wissen die genau.", (("Möwenkötter", MarkKind.OWN_NAME),)),
    ("moewenkoetter steht da auf dem Bescheid", (("moewenkoetter", MarkKind.OWN_NAME),)),
    ("Die haben Mowenköter geschrieben statt richtig.", (("Mowenköter", MarkKind.OWN_NAME),)),
    ("Das ist Möwenkötters Antrag gewesen.", (("Möwenkötters", MarkKind.OWN_NAME),)),
    ("Der Sachbearbeiter hat immer Frau Jördis Möwenkötter gesagt.", (("Jördis Möwenkötter", MarkKind.OWN_NAME),)),
    ("Ich hieß früher Jördis Hansen-Beck, da lief es besser.", (("Jördis Hansen-Beck", MarkKind.OWN_NAME),)),
    ("Name M-ö-w-e-n-k-ö-t-t-e-r buchstabiert", (("M-ö-w-e-n-k-ö-t-t-e-r", MarkKind.OWN_NAME),)),
    ("Bitte unter 0171 39 200 42 zurückrufen", (("0171 39 200 42", MarkKind.OWN_NUMBER),)),
    ("Rückruf an 23125777 wäre nett gewesen.", (("23125777", MarkKind.OWN_NUMBER),)),
    ("meine nummer ist null eins sieben eins drei neun zwo null null vier zwo",
     (("null eins sieben eins drei neun zwo null null vier zwo", MarkKind.OWN_NUMBER),)),
    ("Erreichbar bin ich unter +49 (0)30/90009-123.", (("+49 (0)30/90009-123", MarkKind.NUMBER),)),
    ("Aktenzeichen 4711 0815 23 liegt seit Monaten.", (("4711 0815 23", MarkKind.NUMBER),)),
    ("Die Mail ging an jo.muster@amt-beispiel.de, ohne Antwort.", (("jo.muster@amt-beispiel.de", MarkKind.MAIL),)),
    ("schreiben sie mir an muster at beispiel punkt de", (("muster at beispiel punkt de", MarkKind.MAIL),)),
    ("Konto DE02 1203 0000 0000 2020 51 war falsch erfasst.", (("DE02 1203 0000 0000 2020 51", MarkKind.BANK),)),
    ("Mein Kennzeichen LB-XY 123 wurde vergessen.", (("LB-XY 123", MarkKind.PLATE),)),
    ("Rentennummer 65 170839 J 008 haben sie verwechselt.", (("65 170839 J 008", MarkKind.PENSION),)),
    ("Ich wohne Lindenstraße 12a, da kommt nie jemand.", (("Lindenstraße 12a", MarkKind.ADDRESS),)),
    ("Grundstück Am Anger 7 ist falsch vermessen.", (("Am Anger 7", MarkKind.ADDRESS),)),
    ("Der Bauantrag für Birkenweg 3 dauert ewig.", (("Birkenweg 3", MarkKind.ADDRESS),)),
    ("Wir sind nach 04109 Leipzig gezogen.", (("04109 Leipzig", MarkKind.ADDRESS),)),
    ("Frau Ginsterdorn am Empfang war sehr freundlich.", (("Ginsterdorn", MarkKind.NAME),)),
    ("herr finkennagel hat nie zurückgerufen", (("finkennagel", MarkKind.NAME),)),
    ("Mein Name ist Thies Eichwälder und ich habe gewartet.", (("Thies Eichwälder", MarkKind.NAME),)),
    ("Der Bürgermeister Thies Amsel ist schuld.", (("Thies Amsel", MarkKind.NAME),)),
    ("Meine Sachbearbeiterin Nele wusste alles.", (("Nele", MarkKind.NAME),)),
    ("ABC-D 99 stand im Halteverbot", (("ABC-D 99", MarkKind.PLATE),)),
    ("06151 12345 geht nie jemand ran", (("06151 12345", MarkKind.NUMBER),)),
    ("Familie Otterwälder nebenan hat es bekommen", (("Otterwälder", MarkKind.NAME),)),
    ("Die Kollegin Frau Dr. Wachtelgroß war super", (("Wachtelgroß", MarkKind.NAME),)),
    ("Steuernummer 143/815/08151", (("143/815/08151", MarkKind.NUMBER),)),
    ("Dr. Tannhöfer hat mich untersucht.", (("Tannhöfer", MarkKind.NAME),)),
)  # fmt: skip

HARMLESS = (
    "Die Wartezeit betrug 45 Minuten, obwohl ich um 8:30 Uhr da war.",
    "Am 12.05.2026 war ich dort und am 03.06.2026 noch einmal.",
    "Öffnungszeiten Mo-Fr 8-12 Uhr sind zu kurz, besser 7-18 Uhr.",
    "Das hat 1.250 Euro gekostet, insgesamt 1.250.000 Euro für die Straße.",
    "Zwischen 2019 und 2026 ist nichts passiert, Haushalt 2025/2026 auch nicht.",
    "Die Frau am Schalter 3 war sehr nett, der Herr daneben auch.",
    "die frau war freundlich und hat geholfen",
    "Der Landrat sollte sich kümmern, Herr Landrat ist nie da.",
    "Parkplatz 4 war immer besetzt, der Weg 2 mal zu weit.",
    "Antrag auf Papier DIN A 4 ausdrucken und mitbringen ist von gestern.",
    "Am Montag 14 Uhr war geschlossen.",
    "Ich habe 3 mal angerufen und 20 Minuten gewartet, 100 % unzufrieden.",
    "Rund 25000 Einwohner und nur ein Bürgerbüro.",
    "Mehr Personal, längere Öffnungszeiten, Termine online.",
    "Der Bescheid nach § 35 SGB II kam nach 6 Wochen.",
    "Es gibt 2 oder 3 gute Leute im Amt, eins zwei Fragen blieben offen.",
    "Ich würde eine glatte 1 geben, höchstens eine 2 minus.",
    "Möwen und Kötter gibt es dort nicht, nur Formulare.",
    "Das Gebäude in der Bahnhofstraße ist nicht barrierefrei.",
    "Zimmer 214 im 2. Stock findet man nicht.",
    "Frau und Herr Beamter waren nett.",
    "Zum Amt 20 Kilometer fahren ist zu weit.",
    "Auf dem Parkplatz 3 Euro bezahlt.",
    "Im Gebäude 2 gibt es keinen Aufzug.",
    "Der Sachbearbeiter war nett, der Kollege auch.",
    "Mit dem Bürgermeister Termine machen geht nicht.",
    "ab 2027 soll alles digital sein",
    "Paragraf 12 Absatz 3 versteht keiner.",
)


@pytest.mark.parametrize(("text", "expected"), TELLING)
def test_what_identifies_is_marked(text: str, expected: tuple[tuple[str, MarkKind], ...]) -> None:
    marks = mark_texts(text, CONTACT)
    assert [(text[m.start : m.end], m.kind) for m in marks] == list(expected)


def test_false_alarms_stay_rare() -> None:
    alarmed = [(text, mark_texts(text, CONTACT)) for text in HARMLESS]
    assert [text for text, marks in alarmed if marks] == []


def test_without_the_contact_the_patterns_still_work_and_the_own_name_does_not() -> None:
    assert mark_texts("Möwenkötter steht auf dem Schild.") == ()
    assert [m.kind for m in mark_texts("Bitte unter 0171 3920042 zurückrufen")] == [MarkKind.NUMBER]


def test_own_details_come_before_the_general_pattern_and_marks_never_overlap() -> None:
    text = "Frau Möwenkötter, 0171/3920042, moewenkoetter@beispiel.de, Lindenstraße 4, 04109 Leipzig"
    marks = mark_texts(text, CONTACT)
    assert marks[0].kind is MarkKind.OWN_NAME
    assert [m.kind for m in marks][1] is MarkKind.OWN_NUMBER
    assert all(a.end <= b.start for a, b in pairwise(marks))


def test_any_text_gives_marks_inside_it_quickly() -> None:
    draw = random.Random(4)
    letters = "abcXYZ 0123456789-./()@+äßé, Frau Am Str."
    for _ in range(200):
        text = "".join(draw.choice(letters) for _ in range(draw.randrange(400)))
        assert all(0 <= m.start < m.end <= len(text) for m in mark_texts(text, CONTACT))


def test_the_reason_is_said_in_the_readers_language() -> None:
    mark_ = mark_texts("Die Möwenkötter war da.", CONTACT)[0]
    set_language("de")
    try:
        german = mark_.why
    finally:
        set_language("en")
    assert mark_.why == "The respondent’s own name"
    assert german == "Der eigene Name der befragten Person"
