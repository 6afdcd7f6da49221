"""A study's settings and the day on which its lists come in, for all tests of lists."""

from __future__ import annotations

from datetime import date

import pytest

from cati.settings import ConsentWording, Department, Site, StudySettings


@pytest.fixture
def today() -> date:
    return date(2026, 7, 10)


@pytest.fixture
def settings() -> StudySettings:
    return make_settings()


def make_settings() -> StudySettings:
    departments = (
        Department(code="01", name="Bauamt", target=70),
        Department(code="02", name="Zulassungsstelle", target=70),
        Department(code="03", name="Bürgerbüro Süd", target=60),
    )
    return StudySettings(
        name="Kundenbefragung",
        client="Landkreise",
        institute="Institut",
        callback_number="030 23125000",
        sites=(
            Site(code="A", name="Landkreis Auental", land="BY", target=200, departments=departments),
            Site(code="B", name="Landkreis Birkenhain", land="ST", target=200, departments=departments[:2]),
        ),
        field_from=date(2026, 7, 1),
        field_to=date(2026, 8, 15),
        contact_from=date(2025, 7, 1),
        contact_to=date(2026, 6, 30),
        consent=(
            ConsentWording(version="1.0", text="Ich bin einverstanden."),
            ConsentWording(version="1.1", text="Ich bin einverstanden, angerufen zu werden."),
        ),
        languages=("de", "en"),
        expected_minutes=15,
        erasure_date=date(2026, 10, 31),
    )
