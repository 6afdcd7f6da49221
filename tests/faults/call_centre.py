"""A call centre to be ill-treated: a study of invented people on a pair of servers, and its workstations' folders."""

from __future__ import annotations

import random
import re
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from openpyxl import Workbook

from cati.demo.people import invent_list
from cati.fieldwork import sample
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.server_setup import Clockwork, ServerPlan, move_to_server
from cati.fieldwork.study import NewMember, create_study, open_study
from cati.settings import (
    LIMIT_SATURDAYS,
    LIMIT_SUNDAYS_AND_HOLIDAYS,
    CallingRules,
    ConsentWording,
    Department,
    Site,
    StudySettings,
)
from cati.store.administration import AsOwner
from cati.store.roles import Roles
from cati.vault import server_password
from tests.faults.checker import Terms
from tests.faults.histories import Did, Journal, Stage
from tests.faults.servers import NAME, Pair
from tests.faults.workstation import CHEAP

LEAD = "lead"
_FORENOON = 11


def the_time() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)


def zone_of_forenoon(now: datetime) -> str:
    """Return a time zone where it is between eleven and twelve now: nobody may be called at night."""
    behind = now.hour - _FORENOON
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


def settings(now: datetime, target: int) -> StudySettings:
    """Return the settings of two counties with two departments each, which may be called now whatever day it is."""
    departments = (
        Department(code="bau", name="Bauamt", target=target),
        Department(code="kfz", name="Zulassung", target=target),
    )
    zone = zone_of_forenoon(now)
    today = now.date()
    return StudySettings(
        name="Kampagne", client="Landkreis Beispiel", institute="Institut Muster", callback_number="030 23125 000",
        sites=tuple(
            Site(code=code, name=name, land="BY", target=2 * target - target // 4, departments=departments, time_zone=zone)
            for code, name in (("nord", "Landkreis Nord"), ("sued", "Landkreis Süd"))
        ),
        field_from=today - timedelta(days=2), field_to=today + timedelta(days=30),
        contact_from=today - timedelta(days=300), contact_to=today,
        consent=(ConsentWording(version="2027-1", text="Ich bin einverstanden."),),
        languages=("de", "en"), expected_minutes=15, erasure_date=today + timedelta(days=60),
        rules=CallingRules(
            saturdays=LIMIT_SATURDAYS, sundays_and_holidays=LIMIT_SUNDAYS_AND_HOLIDAYS, attempts_a_day=5,
            hours_apart=0.5, busy_minutes=5,
        ),
        views_per_hour=0,  # a workstation of the campaign takes in a minute what an interviewer takes in a day
    )  # fmt: skip


def terms(found: StudySettings, margin: int) -> Terms:
    """Return what the checker holds the quotas against; a margin that is settled in the study counts."""
    margin = getattr(found, "quota_margin", margin)
    targets = {(site.code, ""): site.target for site in found.sites}
    targets |= {(site.code, one.code): one.target for site in found.sites for one in site.departments}
    return Terms(targets=targets, margin=margin)


def _form(path: Path) -> Path:
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    for row in (
        ("type", "name", "label::Deutsch (de)", "label::English (en)"),
        ("select_one ja", "zufrieden", "Waren Sie zufrieden?", "Were you content?"),
        ("integer", "minuten", "Wie lange warteten Sie?", "How long did you wait?"),
        ("text", "wunsch", "Was wünschen Sie sich?", "What do you wish for?"),
        ("text", "lob", "Was war gut?", "What was good?"),
        ("text", "tadel", "Was war schlecht?", "What was bad?"),
    ):
        survey.append(row)
    choices = book.create_sheet("choices")
    for row in (("list_name", "name", "label::Deutsch (de)", "label::English (en)"), ("ja", "1", "Ja", "Yes")):
        choices.append(row)
    book.create_sheet("settings").append(("form_title", "form_id", "version", "default_language"))
    book["settings"].append(("Kampagne", "kampagne", "1", "Deutsch (de)"))
    book.save(path)
    return path


def password_of(login: str) -> str:
    """Return a member's password."""
    return f"grauer Kahn {sha256(login.encode()).hexdigest()[:12]} Weiden"


@dataclass
class CallCentre:
    """A study and its workstations. ``place``: its folder, or its link file once it is in a ``database`` of servers."""

    folder: Path
    place: Path
    seal: Path
    settings: StudySettings
    logins: tuple[str, ...]
    opened: list[OpenStudy] = field(default_factory=list)
    servers: Pair | None = None
    database: str = ""

    def home(self, login: str) -> Path:
        """Return a workstation's own folder, with its copy of the seal."""
        home = self.folder / "workstations" / login
        if not home.exists():
            (home / "seals").mkdir(parents=True)
            shutil.copy(self.seal, home / "seals" / self.seal.name)
        return home

    def journals(self) -> list[Path]:
        """Return what the workstations wrote down."""
        return sorted((self.folder / "workstations").glob("*/journal.jsonl"))

    def checkpoints(self) -> list[Path]:
        """Return what the workstations signed of the log."""
        return sorted((self.folder / "workstations").glob("*/seals/*.checkpoints"))

    def open(self, login: str, start: str = "", now: Callable[[], datetime] = the_time) -> OpenStudy:
        """Sign somebody in; for a first time on a server with a start password."""
        server_password.LEAST = CHEAP
        seal = self.home(login) / "seals" / self.seal.name
        study = open_study(
            self.place, login, password_of(login), now=now, draw=random.SystemRandom(), seal_path=seal,
            start_password=start,
        )  # fmt: skip
        self.opened.append(study)
        return study

    def raw(self, lead: OpenStudy) -> OpenStudy:
        """Return the study with the lead's keys and with a database in which nothing is hidden."""
        if self.servers is None:
            return lead
        owner = AsOwner(self.servers.working.admin, "", self.database, Roles(lead.study_id).owner)
        self.opened.append(replace(lead, database=owner))
        return self.opened[-1]

    def end_leases(self, login: str = "") -> None:
        """Let leases (of one member) end now, as if a quarter of an hour had gone by; it stands in a journal."""
        if self.servers is None:
            return
        whose = f"lease_holder = (SELECT id FROM member WHERE login = '{login}')" if login else "status = 2"
        now = "floor(extract(epoch FROM clock_timestamp()))::bigint"
        # Somebody frozen in the middle of an act holds on to its row: that lease ends when the server ends the act.
        free = f'SELECT id FROM "case" WHERE {whose} FOR UPDATE SKIP LOCKED'
        found = self.servers.working.psql(
            f'UPDATE "case" SET lease_until = {now}, turns_at = {now} WHERE id IN ({free}) RETURNING id, fence, lease_until',
            self.database,
        )
        journal = Journal(self.home("hand") / "journal.jsonl", "hand", time.monotonic_ns())
        for case, fence, until in (line.split("|") for line in found.splitlines()):
            journal.tried(Did.LAPSED, case=case, fence=int(fence), until=float(until))
            journal.ended(Stage.KEPT)

    def close(self) -> None:
        """Close what was opened here."""
        while self.opened:
            self.opened.pop().close()


def in_folder(folder: Path, *, people: int, interviewers: int, target: int, seed: int) -> CallCentre:
    """Make a study in a folder, with its list and its staff."""
    folder.mkdir(parents=True, exist_ok=True)
    now = the_time()
    wanted = settings(now, target)
    logins = tuple(f"i{n:02}" for n in range(interviewers))
    roles = {LEAD: Role.RESEARCH_LEAD, "witness": Role.SUPERVISOR} | dict.fromkeys(logins, Role.INTERVIEWER)
    staff = tuple(
        NewMember(login=login, name=f"Person {n}", role=role, password=password_of(login), languages=("de", "en"))
        for n, (login, role) in enumerate(roles.items())
    )
    made = create_study(
        folder / "study", wanted, _form(folder / "form.xlsx"), staff, now=the_time, draw=random.Random(seed),
        seal_folder=folder / "seals", cost=CHEAP,
    )  # fmt: skip
    centre = CallCentre(folder, made.folder, made.seal_path, wanted, logins)
    lead = centre.open(LEAD)
    listed = folder / "list.csv"
    listed.write_bytes(invent_list(people, wanted, random.Random(seed), today=now.date()))
    received = sample.receive(lead, listed)
    sample.bring_in(lead, received, sample.propose(lead, received), rows_on_slip=people)
    centre.close()
    return centre


def move(centre: CallCentre, servers: Pair, ports: Sequence[int], authority: str, database: str) -> None:
    """Move a study to the servers as their administrator does, and sign everybody in for the first time there."""
    server_password.LEAST = CHEAP
    plan = ServerPlan(
        administrator=servers.working.admin, hosts=(NAME,) * len(ports), ports=tuple(ports), authority=authority,
        cost=CHEAP, database=database,
    )  # fmt: skip
    link, sheet = centre.folder / f"{database}.cati-study", centre.folder / "start.html"
    said: list[str] = []
    work = Clockwork(now=the_time, draw=random.SystemRandom(), seal_path=centre.seal)
    move_to_server(centre.place, plan, (LEAD, password_of(LEAD)), link, sheet, said.append, work)
    centre.place, centre.servers, centre.database = link, servers, database
    text = sheet.read_text("utf-8")
    for login in ("witness", *centre.logins):
        found = re.search(rf"\({login}\).*?class=\"mono\">([^<]+)<", text, re.DOTALL)
        if found is None:
            raise RuntimeError(login)
        centre.open(login, start=found[1])
        centre.close()


def listening() -> socket.socket:
    """Return a socket that listens on a port of its own."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    return found
