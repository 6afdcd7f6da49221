"""A study's plan as a TOML file: what `cati new-study` reads where no window is at hand. It holds no password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from cati.errors import Problem
from cati.fieldwork.introduction import PURPOSES
from cati.fieldwork.open_study import Role
from cati.fieldwork.study import NewMember
from cati.files.whole_file import read_whole
from cati.settings import CallingRules, ConsentWording, Department, Site, StudySettings
from cati.text import tr

_LARGEST = 2**20
_PLACE = re.compile(r" - at `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")

# What people hear or have agreed to is in the first of the languages, whatever the reader of the plan speaks.
_EXAMPLE = """\
# {title}
name = "Kundenbefragung Landratsamt 2027"
client = "Landkreis Musterland"
institute = "Institut Beispiel"
callback_number = "030 23125 000"
# {purpose}
# {purpose_elsewhere}
purpose = "wie zufrieden Sie mit dem Landratsamt sind"
questionnaire = "county_customer_survey.yaml"   # {beside}
languages = ["de", "en"]
expected_minutes = 15
field_from = 2027-07-05
field_to = 2027-08-14
# quota_margin = 0             # {margin}
contact_from = 2026-07-01      # {contact_from}
contact_to = 2027-06-30        # {contact_to}
erasure_date = 2027-09-30

# {consent}
[[consent]]
version = "2027-1"
text = "Ich bin damit einverstanden, dass meine Kontaktdaten allein für diese Befragung an das Institut Beispiel gehen."

# {departments}
[[departments]]
code = "bau"
name = "Bauamt"
target = 70

[[sites]]
code = "musterland"
name = "Landkreis Musterland"
land = "BY"
target = 400

[[sites.departments]]
code = "jagd"
name = "Jagdbehörde"
target = 60

[[staff]]
login = "lead"
name = "Dr. Ada Beispiel"
role = "research_lead"

[[staff]]
login = "witness"
name = "Ben Zeuge"
role = "supervisor"

[[staff]]
login = "anna"
name = "Anna Fragt"
role = "interviewer"

# [rules]                       # {rules}
# attempts_a_day = 2
"""


def example() -> str:
    """Return a plan to begin with; its remarks are in the reader's language, what people hear is in theirs."""
    return _EXAMPLE.format(
        title=tr("A plan for: cati new-study FOLDER --plan plan.toml"),
        purpose=tr("Completes “We would like to know …”, in the first of the languages."),
        purpose_elsewhere=tr("In another language people hear: “{purpose}”.", purpose=PURPOSES["en"]),
        beside=tr("beside this plan"),
        margin=tr("by how many interviews a target may be exceeded, see the manual"),
        contact_from=tr("contact with the office from …"),
        contact_to=tr("… to"),
        consent=tr("Word for word as it is printed on the form or said at the counter."),
        departments=tr("Departments that are the same at every site; a site may add its own."),
        rules=tr("only what differs from the defaults"),
    )


@dataclass(frozen=True, kw_only=True)
class PlannedSite:
    """A site of the plan, with the departments it has beside the common ones."""

    code: str
    name: str
    land: str
    target: int
    departments: tuple[Department, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlannedMember:
    """A member of staff to be; the password is asked for, never written down."""

    login: str
    name: str
    role: Role
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the TOML file says, field for field as in `StudySettings`."""

    name: str
    client: str
    institute: str
    callback_number: str
    questionnaire: str
    languages: tuple[str, ...]
    expected_minutes: int
    field_from: date
    field_to: date
    contact_from: date
    contact_to: date
    erasure_date: date
    consent: tuple[ConsentWording, ...]
    sites: tuple[PlannedSite, ...]
    staff: tuple[PlannedMember, ...]
    departments: tuple[Department, ...] = ()
    purpose: str = ""
    quota_margin: int = 0
    rules: CallingRules = field(default_factory=CallingRules)


def read_plan(path: Path) -> Plan:
    """Read a plan; a Problem names the field that is missing, wrong, or not known."""
    data = read_whole(path, _LARGEST)
    try:
        plan = msgspec.toml.decode(data, type=Plan)
    except msgspec.DecodeError as error:
        raise Problem(path.name, _what(str(error)), tr("See: cati new-study --example")) from error
    for place in _unknown(msgspec.toml.decode(data), msgspec.to_builtins(plan)):
        raise Problem(
            path.name, tr("There is no field {name}.", name=place), tr("Check its spelling: cati new-study --example")
        )
    return plan


def _what(said: str) -> str:
    """Say in the reader's language what the decoder found, with the place where it found it."""
    found = _PLACE.search(said)
    place = found[1].strip("$.") if found is not None else ""
    place = re.sub(r"\[(\d+)\]", lambda at: f"[{int(at[1]) + 1}]", place)  # people count from one
    missing = _MISSING.search(said)
    if missing is not None:
        name = ".".join(part for part in (place, missing[1]) if part)
        return tr("The field {name} is missing.", name=name)
    what = said.partition(" - at ")[0]
    return tr("It cannot be understood: {what}", what=f"{place}: {what}" if place else what)


def _unknown(written: object, known: object, place: str = "") -> Iterator[str]:
    """Yield where something is written that no field takes: a misspelt rule must not be passed over."""
    if isinstance(written, dict) and isinstance(known, dict):
        for name, value in written.items():
            inner = f"{place}.{name}" if place else str(name)
            if name not in known:
                yield inner
            else:
                yield from _unknown(value, known[name], inner)
    elif isinstance(written, list) and isinstance(known, list | tuple):
        for at, (one, other) in enumerate(zip(written, known, strict=False), 1):
            yield from _unknown(one, other, f"{place}[{at}]")


def settings_of(plan: Plan) -> StudySettings:
    """Return the settings that the plan describes; `create_study` checks them against the limits."""
    sites = tuple(
        Site(code=s.code, name=s.name, land=s.land, target=s.target, departments=(*plan.departments, *s.departments))
        for s in plan.sites
    )
    return StudySettings(
        name=plan.name,
        client=plan.client,
        institute=plan.institute,
        callback_number=plan.callback_number,
        sites=sites,
        field_from=plan.field_from,
        field_to=plan.field_to,
        contact_from=plan.contact_from,
        contact_to=plan.contact_to,
        consent=plan.consent,
        languages=plan.languages,
        expected_minutes=plan.expected_minutes,
        erasure_date=plan.erasure_date,
        rules=plan.rules,
        purpose=plan.purpose,
        quota_margin=plan.quota_margin,
    )


def members_of(plan: Plan, passwords: dict[str, str]) -> tuple[NewMember, ...]:
    """Return the staff with the passwords that were typed in, by login."""
    return tuple(
        NewMember(
            login=member.login,
            name=member.name,
            role=member.role,
            password=passwords[member.login],
            languages=member.languages or plan.languages,
        )
        for member in plan.staff
    )
