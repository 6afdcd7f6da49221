"""What columns of a contact list are called, in German and English, and what their cells look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from cati.files.dates import DateFault, read_date
from cati.files.phones import PhoneFault, read_phone, split_phones
from cati.text import mark


class Field(StrEnum):
    """What a column of a list means to us."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    TITLE = "title"
    FORM_OF_ADDRESS = "form_of_address"
    PHONE = "phone"
    MOBILE = "mobile"
    LANDLINE = "landline"
    LANGUAGE = "language"
    SITE = "site"
    DEPARTMENT = "department"
    LAST_CONTACT = "last_contact"
    PREFERRED_TIME = "preferred_time"
    CONSENT = "consent"
    CONSENT_DATE = "consent_date"
    CONSENT_CHANNEL = "consent_channel"
    CONSENT_VERSION = "consent_version"
    CONSENT_BY = "consent_by"
    REMARKS = "remarks"
    """Free words about a person: never taken over, because they leak."""
    IGNORED = "ignored"


PHONES = (Field.PHONE, Field.MOBILE, Field.LANDLINE)

LABELS = {
    Field.GIVEN_NAME: mark("Given name"),
    Field.FAMILY_NAME: mark("Family name"),
    Field.FULL_NAME: mark("Full name"),
    Field.TITLE: mark("Title"),
    Field.FORM_OF_ADDRESS: mark("Form of address"),
    Field.PHONE: mark("Telephone"),
    Field.MOBILE: mark("Mobile"),
    Field.LANDLINE: mark("Landline"),
    Field.LANGUAGE: mark("Language"),
    Field.SITE: mark("Site"),
    Field.DEPARTMENT: mark("Department"),
    Field.LAST_CONTACT: mark("Last contact with the office"),
    Field.PREFERRED_TIME: mark("Preferred calling time"),
    Field.CONSENT: mark("Consent: yes or no"),
    Field.CONSENT_DATE: mark("Consent: date"),
    Field.CONSENT_CHANNEL: mark("Consent: channel"),
    Field.CONSENT_VERSION: mark("Consent: wording version"),
    Field.CONSENT_BY: mark("Consent: recorded by"),
    Field.REMARKS: mark("Remarks (never taken over)"),
    Field.IGNORED: mark("Not taken over"),
}

_NAMES = {
    Field.GIVEN_NAME: "vorname vornamen rufname givenname firstname forename",
    Field.FAMILY_NAME: "nachname familienname zuname name familyname lastname surname",
    Field.FULL_NAME: "vollständigername namevorname vornamename vornamenachname nachnamevorname fullname person "
    "kunde kundin kundenname bürger ansprechpartner kontakt kontaktperson contact respondent",
    Field.TITLE: "titel akademischertitel akadtitel title akadgrad akademischergrad",
    Field.FORM_OF_ADDRESS: "anrede geschlecht formofaddress salutation gender sex",
    Field.PHONE: "telefon telefonnummer telefonnr telnr tel rufnummer telefon1 telefon2 telefon3 tel1 tel2 phone "
    "phonenumber telephone telephonenumber telephone1 telephone2 phone1 phone2 nummer fon",
    Field.MOBILE: "mobil handy mobiltelefon mobilnummer handynummer mobilnr handynr mobile mobilephone mobilenumber "
    "cell cellphone telefonmobil telmobil",
    Field.LANDLINE: "festnetz festnetznummer telefonfestnetz telefonprivat telprivat landline fixedline home homephone "
    "telefondienstlich",
    Field.LANGUAGE: "sprache gesprächssprache korrespondenzsprache language lang",
    Field.SITE: "standort landkreis kreis gemeinde behörde amt dienststelle kommune site county office centre center",
    Field.DEPARTMENT: "sachgebiet fachbereich abteilung amtsbereich bereich referat dienstleistung anliegen department "
    "division section sg abt",
    Field.LAST_CONTACT: "letzterkontakt letzterkontaktam datumletzterkontakt kontaktdatum kontaktam letztervorgang "
    "letztervorgangam datumkontakt letztebearbeitung besuchsdatum besuchtam letzterbesuch lastcontact "
    "dateoflastcontact lastcontactdate contactdate lastvisit",
    Field.PREFERRED_TIME: "wunschzeit anrufzeit bevorzugteanrufzeit bevorzugtezeit erreichbarkeit erreichbar uhrzeit "
    "besteanrufzeit gewünschteanrufzeit preferredtime preferredcallingtime besttime besttimetocall calltime "
    "preferredcalltime",
    Field.CONSENT: "einwilligung einwilligungerteilt zustimmung einverständnis einverstanden consent consentgiven "
    "agreed dsgvo consentyesno einwilligungjanein",
    Field.CONSENT_DATE: "einwilligungsdatum einwilligungam einwilligungvom datumeinwilligung datumdereinwilligung "
    "zustimmungam zustimmungsdatum einwilligungdatum einverständnisam consentdate dateofconsent consentedon consenton",
    Field.CONSENT_CHANNEL: "einwilligungweg einwilligungsweg wegdereinwilligung einwilligungkanal kanal weg form "
    "artdereinwilligung einwilligungart einwilligungsform consentchannel channel consentvia consentby consentmethod",
    Field.CONSENT_VERSION: "einwilligungversion version fassung wortlaut textversion versioneinwilligung "
    "einwilligungsfassung versiondereinwilligung consentversion wordingversion wording einwilligungstext "
    "consentwordingversion consentwording",
    Field.CONSENT_BY: "erfasstvon aufgenommenvon erhobenvon einwilligungdurch erfasstdurch sachbearbeiter "
    "sachbearbeiterin einwilligungerfasstvon dokumentiertvon recordedby consentrecordedby takenby collectedby clerk",
    Field.REMARKS: "bemerkung bemerkungen anmerkung anmerkungen notiz notizen hinweis hinweise kommentar kommentare "
    "sonstiges info zusatz remarks remark note notes comment comments memo",
    Field.IGNORED: "nr lfdnr lfd laufendenummer id aktenzeichen az kundennummer plz ort straße strasse hausnummer "
    "adresse anschrift email emailadresse geburtsdatum grund wasistzutun zeile row reason whattodo address street city "
    "zip birthdate dateofbirth no",
}  # fmt: skip

_STARTS = (
    ("bemerk", Field.REMARKS), ("anmerk", Field.REMARKS), ("notiz", Field.REMARKS), ("kommentar", Field.REMARKS),
    ("remark", Field.REMARKS), ("comment", Field.REMARKS),
    ("email", Field.IGNORED), ("mobil", Field.MOBILE), ("handy", Field.MOBILE), ("festnetz", Field.LANDLINE),
    ("telefon", Field.PHONE), ("phone", Field.PHONE), ("rufnummer", Field.PHONE),
    ("einwilligungsdat", Field.CONSENT_DATE), ("letzterkontakt", Field.LAST_CONTACT),
    ("wunschzeit", Field.PREFERRED_TIME),
    ("sachgebiet", Field.DEPARTMENT), ("landkreis", Field.SITE),
)  # fmt: skip


def plain_header(text: str) -> str:
    """Return a header as letters and digits only, case folded: "Letzter Kontakt (am)" → "letzterkontaktam"."""
    composed = unicodedata.normalize("NFKC", text).casefold().replace("ss", "ß")
    return "".join(sign for sign in composed if sign.isalnum())


_BY_NAME = {plain_header(name): field for field, names in _NAMES.items() for name in names.split()}
_BY_START = tuple((plain_header(start), field) for start, field in _STARTS)


def field_by_name(header: str) -> tuple[Field, bool] | None:
    """Return the field a header names, and whether it is surely that; None when the name says nothing."""
    plain = plain_header(header)
    found = _BY_NAME.get(plain)
    if found is not None:
        return found, True
    for start, field in _BY_START:
        if plain.startswith(start):
            return field, field is Field.REMARKS
    return None


_REMARK_CHARACTERS = 30
_FORMS = frozenset(["frau", "herr", "herrn", "mr", "mrs", "ms", "mx", "divers"])
_YES_NO = frozenset(["ja", "nein", "yes", "no", "j", "n", "y", "x", "wahr", "falsch", "true", "false"])
LANGUAGE_NAMES: Mapping[str, str] = {
    "deutsch": "de", "german": "de", "ger": "de", "deu": "de", "d": "de",
    "englisch": "en", "english": "en", "eng": "en",
    "türkisch": "tr", "turkish": "tr", "türkçe": "tr", "russisch": "ru", "russian": "ru", "русский": "ru",
    "arabisch": "ar", "arabic": "ar", "ukrainisch": "uk", "ukrainian": "uk", "polnisch": "pl", "polish": "pl",
    "polski": "pl", "rumänisch": "ro", "romanian": "ro", "französisch": "fr", "french": "fr", "français": "fr",
    "italienisch": "it", "italian": "it", "spanisch": "es", "spanish": "es", "farsi": "fa", "persisch": "fa",
    "kroatisch": "hr", "serbisch": "sr", "bulgarisch": "bg", "griechisch": "el", "vietnamesisch": "vi",
    "kurdisch": "ku", "sorbisch": "hsb", "dänisch": "da", "niederländisch": "nl",
}  # fmt: skip
"""Names of languages as offices write them, to ISO 639 codes."""


def _is_phone(cell: str) -> bool:
    return any(not isinstance(read_phone(part), PhoneFault) for part in split_phones(cell))


def field_by_content(
    cells: Sequence[str], sites: frozenset[str], departments: frozenset[str], versions: frozenset[str]
) -> Field | None:
    """Return the field that most of these cells look like; ``sites`` … hold case-folded codes and names.

    Only what its content betrays: a date may be the last contact or the consent, so dates stay unnamed.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return None

    def mostly(judge: Callable[[str], bool]) -> bool:
        return sum(map(judge, filled)) >= 0.8 * len(filled)

    folded: tuple[tuple[Field, frozenset[str]], ...] = (
        (Field.SITE, sites),
        (Field.DEPARTMENT, departments),
        (Field.FORM_OF_ADDRESS, _FORMS),
        (Field.CONSENT_VERSION, versions),
        (Field.LANGUAGE, frozenset(LANGUAGE_NAMES) | frozenset(LANGUAGE_NAMES.values())),
        (Field.CONSENT, _YES_NO),
    )
    for field, known in folded:
        if known and mostly(lambda cell, known=known: cell.casefold() in known):  # type: ignore[misc] # a bound default
            return field
    if mostly(_is_phone):
        return Field.PHONE
    if mostly(lambda cell: bool(re.fullmatch(r"[^\W\d_][^\d,;]+,\s*[^\W\d_][^\d,;]+", cell))):
        return Field.FULL_NAME
    if mostly(lambda cell: len(cell) > _REMARK_CHARACTERS and " " in cell):
        return Field.REMARKS
    return None


def is_date_column(cells: Sequence[str]) -> bool:
    """Return whether most of these cells are dates."""
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(not isinstance(read_date(c), DateFault) for c in filled) >= 0.8 * len(filled)
