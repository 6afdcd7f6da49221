"""The demonstration's study: two invented counties, their staff, and the passwords that everybody may know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from cati.fieldwork.open_study import Role
from cati.fieldwork.study import NewMember
from cati.places import shipped_questionnaires
from cati.settings import ConsentWording, Department, Site, StudySettings

FIRST_DAY = date(2026, 7, 6)
"""A Monday: the first day of the field period."""

PASSWORDS = {
    "lead": "Seerose-Tandem-Kompass-41",
    "zeuge": "Laterne-Hafer-Segel-28",
    "anna": "Kiesel-Drachen-Mohn-73",
    "boris": "Flieder-Anker-Nebel-56",
}
"""For the demonstration only: nothing real is ever behind them."""

STAFF = (
    NewMember(login="lead", name="Dr. Ada Beispiel", role=Role.RESEARCH_LEAD, password=PASSWORDS["lead"],
              languages=("de", "en")),
    NewMember(login="zeuge", name="Ben Zeuge", role=Role.SUPERVISOR, password=PASSWORDS["zeuge"],
              languages=("de", "en")),
    NewMember(login="anna", name="Anna Fragt", role=Role.INTERVIEWER, password=PASSWORDS["anna"],
              languages=("de", "en")),
    NewMember(login="boris", name="Boris Hört", role=Role.INTERVIEWER, password=PASSWORDS["boris"],
              languages=("de", "en")),
)  # fmt: skip


def _department(code: str, name: str, target: int) -> Department:
    return Department(code=code, name=name, target=target)


SETTINGS = StudySettings(
    name="Kundenbefragung der Landratsämter (Vorführung)",
    client="die Landkreise Musterland und Beispielau",
    institute="Institut Beispiel",
    callback_number="030 23125 000",
    purpose="wie zufrieden Sie mit dem Landratsamt sind",
    sites=(
        Site(
            code="musterland", name="Landkreis Musterland", land="BY", target=50,
            departments=(_department("bau", "Bauamt", 18), _department("kfz", "Zulassungsstelle", 18),
                         _department("jugend", "Jugendamt", 18)),
        ),
        Site(
            code="beispielau", name="Landkreis Beispielau", land="BY", target=50,
            departments=(_department("bau", "Bauamt", 18), _department("kfz", "Zulassungsstelle", 18),
                         _department("umwelt", "Umweltamt", 18)),
        ),
    ),
    field_from=FIRST_DAY, field_to=date(2026, 8, 14), contact_from=date(2025, 7, 1), contact_to=date(2026, 6, 30),
    consent=(
        ConsentWording(
            version="2026-1",
            text="Ich bin einverstanden, dass meine Kontaktdaten nur für diese Befragung an das Institut Beispiel "
            "weitergegeben und danach gelöscht werden.",
        ),
    ),
    languages=("de", "en"), expected_minutes=15, erasure_date=date(2026, 9, 30),
)  # fmt: skip

CONTACTS = 400
MEASURED_DAYS = 14


def form() -> Path:
    """Return the county customer survey that comes with the program."""
    return shipped_questionnaires() / "county_customer_survey.yaml"


def shifted_clock(begin: datetime) -> Callable[[], datetime]:
    """Return a clock that shows ``begin`` now and goes on as real time does: for the window of the demonstration."""
    started = datetime.now(UTC)
    return lambda: begin + (datetime.now(UTC) - started)
