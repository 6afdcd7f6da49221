"""A real study in a temporary folder, its staff, its clock, and a list of invented people."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import delete, text

from cati.demo.people import invent_list
from cati.fieldwork import before_sign_in, calling, interviewing, mixing, purge, sample, study, study_state, trustees
from cati.fieldwork.delivery import held_row
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import opened_contact
from cati.fieldwork.server_setup import ServerPlan
from cati.fieldwork.study import CreatedStudy, NewMember, create_study, open_study
from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.store import contacts
from cati.store.access_rules import wanted_lines
from cati.store.connecting import Link
from cati.store.database import Database, Transaction
from cati.store.embedded import Embedded
from cati.store.roles import Roles
from cati.store.schema import metadata
from cati.survey.answers import Answer
from cati.survey.dispositions import Outcome
from cati.survey.interview import EventKind
from cati.vault import server_password
from cati.vault.people import ArgonCost
from tests import postgres, servers
from tests.servers import copy_study

from .office import Office

CHEAP = ArgonCost(passes=1, memory_kib=64, lanes=1)
PASSWORDS = {
    "lead": "gelber Kahn unter neun Birken",
    "witness": "grauer Kahn unter zehn Weiden",
    "anna": "roter Kahn unter drei Linden",
    "bert": "blauer Kahn unter vier Eichen",
}
PASSWORD = PASSWORDS["lead"]
TUESDAY_TEN = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)  # 10:00 in Berlin


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = TUESDAY_TEN

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **step: float) -> None:
        self.at += timedelta(**step)


def settings_with(**changed: object) -> StudySettings:
    departments = (
        Department(code="bau", name="Bauamt", target=30),
        Department(code="kfz", name="Zulassung", target=30),
    )
    values: dict[str, object] = {
        "name": "Kundenbefragung 2027",
        "client": "Landkreis Beispiel",
        "institute": "Institut Muster",
        "callback_number": "030 23125 000",
        "sites": (
            Site(code="nord", name="Landkreis Nord", land="BY", target=50, departments=departments),
            Site(code="sued", name="Landkreis Süd", land="BY", target=50, departments=departments),
        ),
        "field_from": date(2027, 7, 5),
        "field_to": date(2027, 8, 14),
        "contact_from": date(2026, 7, 1),
        "contact_to": date(2027, 6, 30),
        "consent": (ConsentWording(version="2027-1", text="Ich bin einverstanden."),),
        "languages": ("de", "en"),
        "expected_minutes": 15,
        "erasure_date": date(2027, 9, 30),
    }
    return StudySettings(**{**values, **changed})  # type: ignore[arg-type]


def write_form(path: Path) -> Path:
    """Write a questionnaire of three questions as a workbook."""
    book = Workbook()
    survey = book.active
    survey.title = "survey"
    for row in (
        ("type", "name", "label::Deutsch (de)", "label::English (en)"),
        ("select_one ja", "zufrieden", "Waren Sie zufrieden?", "Were you content?"),
        ("integer", "minuten", "Wie lange warteten Sie?", "How long did you wait?"),
        ("text", "wunsch", "Was wünschen Sie sich?", "What do you wish for?"),
    ):
        survey.append(row)
    choices = book.create_sheet("choices")
    for row in (
        ("list_name", "name", "label::Deutsch (de)", "label::English (en)"),
        ("ja", "1", "Ja", "Yes"),
        ("ja", "2", "Nein", "No"),
    ):
        choices.append(row)
    about = book.create_sheet("settings")
    about.append(("form_title", "form_id", "version", "default_language"))
    about.append(("Probe", "probe", "1", "Deutsch (de)"))
    book.save(path)
    return path


STAFF = (
    NewMember(
        login="lead",
        name="Dr. Ada Leitner",
        role=Role.RESEARCH_LEAD,
        password=PASSWORDS["lead"],
        languages=("de", "en"),
    ),
    NewMember(
        login="witness", name="Ben Zeuge", role=Role.SUPERVISOR, password=PASSWORDS["witness"], languages=("de",)
    ),
    NewMember(
        login="anna", name="Anna Fragt", role=Role.INTERVIEWER, password=PASSWORDS["anna"], languages=("de", "en")
    ),
    NewMember(login="bert", name="Bert Hört", role=Role.INTERVIEWER, password=PASSWORDS["bert"], languages=("de",)),
)


@dataclass
class Made:
    """A study on disk and how to sign in to it."""

    created: CreatedStudy
    clock: Clock
    seed: int = 7
    open: list[OpenStudy] = field(default_factory=list)

    def sign_in(self, login: str) -> OpenStudy:
        self.seed += 1
        study = open_study(
            self.created.folder,
            login,
            PASSWORDS.get(login, PASSWORD),
            now=self.clock,
            draw=random.Random(self.seed),
            seal_path=self.created.seal_path,
        )
        self.open.append(study)
        return study


MakeStudy = Callable[..., Made]


ON_FILE = pytest.mark.parametrize("kind", ["file"])
"""What looks at the bytes of the file, or lets other processes open it by its folder."""


@contextmanager
def unrestricted(study: OpenStudy) -> Iterator[Transaction]:
    """Begin a transaction in which nobody's rights count, as whoever looks after the server could."""
    if isinstance(study.database, servers.AtTheTestsTime):
        owner = study.database.owner()
        try:
            with owner.transaction() as transaction:
                yield transaction
        finally:
            owner.close()
    else:
        with study.transaction() as transaction:
            yield transaction


def raw(study: OpenStudy, sql: str, **values: object) -> list[dict[str, Any]]:
    """Return what a statement finds in a study's database, () when it only changes something; nobody's rights count."""
    with unrestricted(study) as transaction:
        done = transaction.execute(text(sql), values)
        return [dict(row) for row in done.mappings()] if done.returns_rows else []


def looked_up(study: OpenStudy, case_id: str) -> str:
    """Let the person call back from their first number, which a server wants before it hands their case out."""
    if study.database.by_functions:
        with unrestricted(study) as transaction:
            sealed = contacts.sealed_contact(transaction, case_id)
        if sealed is not None:
            calling.find_caller(study, opened_contact(study, sealed).phones[0].e164)
    return case_id


def completed(study: OpenStudy, found: calling.DeliveredCase) -> calling.Noted | calling.LeaseLost:
    """Let a case have its complete interview, of which only the counting matters."""
    call = calling.begin_call(study, found.lease, 0)
    assert isinstance(call, calling.Call)
    with study.transaction() as transaction:
        assert held_row(study, transaction, found.lease) is not None
        mixing.put_into_pool(study, transaction, found.lease, {})
        return calling.keep_outcome(study, transaction, found.lease, call, Outcome.COMPLETE)


@pytest.fixture(params=["file", "server"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of database the study lies in; most tests run on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """One server for all tests of this process."""
    with postgres.running("fsync = off") as found:
        yield found


def _template(cluster: postgres.Cluster, study_id: str) -> str:
    """Return an empty database for this study, with its roles and rights; made once on a server."""
    name = f"template_{study_id[:12]}"
    if not cluster.psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        servers.lay_down(cluster, study_id, name)
        servers.let_time_stand(cluster, study_id, name)
    return name


_SPARE: dict[tuple[int, str], list[str]] = {}
"""Databases that earlier tests are done with, by server and study: to empty one is quicker than to make one."""


def _give_back(cluster: postgres.Cluster, study_id: str, name: str) -> None:
    """Empty a study's database for the next test."""
    owner = servers.as_owner(cluster, study_id, name)
    with owner.transaction() as transaction:
        for table in reversed(metadata.sorted_tables):
            transaction.execute(delete(table))
    owner.close()
    _SPARE[cluster.port, study_id].append(name)


def _on_server(created: CreatedStudy, cluster: postgres.Cluster, name: str) -> Link:
    """Move a study that was just made to the server, and return how it is reached."""
    owner = Roles(created.study_id).owner
    spare = _SPARE.setdefault((cluster.port, created.study_id), [])
    if spare:
        name = spare.pop()
    else:
        cluster.psql(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE {_template(cluster, created.study_id)}")
    file, server = Embedded(created.folder), servers.as_owner(cluster, created.study_id, name)
    copy_study(file, server)
    servers.let_in(server, created.study_id)
    file.close()
    server.close()
    return Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=name)


@pytest.fixture
def make_study(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeStudy]:
    made: list[Made] = []
    links: dict[Path, tuple[Link, str]] = {}

    def opened(folder: Path, login: str = "", *_password: str) -> Database:
        if folder not in links:
            return Embedded(folder)
        link, study_id = links[folder]
        as_owner = partial(servers.as_owner, request.getfixturevalue("cluster"), study_id, link.database)
        owner = as_owner()
        servers.let_in(owner, study_id)  # who came since
        if not login:  # who looks before anybody signs in: of a link file they would ask nothing
            return owner
        owner.close()
        return servers.AtTheTestsTime(link, study_id, login, as_owner)

    for module in (study, before_sign_in, study_state, purge, trustees):
        monkeypatch.setattr(module, "open_database", opened)

    def make(settings: StudySettings | None = None) -> Made:
        folder = tmp_path / f"study{len(made)}"
        clock = Clock()
        created = create_study(
            folder,
            settings or settings_with(),
            write_form(tmp_path / "form.xlsx"),
            STAFF,
            now=clock,
            draw=random.Random(len(made)),
            seal_folder=tmp_path / "seals",
            cost=CHEAP,
        )
        if kind == "server":
            cluster = request.getfixturevalue("cluster")
            links[folder] = _on_server(created, cluster, f"study_{uuid.uuid4().hex}"), created.study_id
        made.append(Made(created, clock))
        return made[-1]

    yield make
    for one in made:
        for open_one in one.open:
            open_one.close()
    for link, study_id in links.values():
        _give_back(request.getfixturevalue("cluster"), study_id, link.database)


@pytest.fixture
def made(make_study: MakeStudy) -> Made:
    return make_study()


def bring_people(study: OpenStudy, tmp_path: Path, n: int, *, seed: int = 1) -> sample.ImportReport:
    """Bring a plain list of ``n`` invented people in, as a research lead."""
    path = tmp_path / f"list{seed}.csv"
    path.write_bytes(invent_list(n, study.settings, random.Random(seed), today=study.now().date()))
    received = sample.receive(study, path)
    return sample.bring_in(study, received, sample.propose(study, received), rows_on_slip=n)


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., sample.ImportReport]:
    """Return `bring_people` into this test's folder: ``people(study, n, seed=1)``."""
    return lambda study, n, seed=1: bring_people(study, tmp_path, n, seed=seed)


ANSWERS = (("zufrieden", "1"), ("minuten", "25"), ("wunsch", "Längere Öffnungszeiten"))


class Desk:
    """An interviewer's desk: the acts of a call in the order in which they are done."""

    def __init__(self, study: OpenStudy) -> None:
        self.study = study

    def begin(self) -> tuple[calling.DeliveredCase, interviewing.RunningInterview]:
        """Take the next case, dial, and begin its interview (or resume it)."""
        case = calling.take_next_case(self.study)
        assert isinstance(case, calling.DeliveredCase), case
        return case, self.interview(case)

    def interview(self, case: calling.DeliveredCase) -> interviewing.RunningInterview:
        call = case.call or calling.begin_call(self.study, case.lease, case.next_phone)
        assert isinstance(call, calling.Call)
        running = interviewing.begin_interview(self.study, case.lease, call)
        assert isinstance(running, interviewing.RunningInterview)
        return running

    def answer(
        self, running: interviewing.RunningInterview, answers: tuple[tuple[str, str], ...] = ANSWERS
    ) -> interviewing.RunningInterview:
        for address, value in answers:
            running = interviewing.record(self.study, running, EventKind.ANSWERED, address, Answer(value=value))
            assert running.state.refusal is None, running.state.refusal
        return running

    def complete(self, answers: tuple[tuple[str, str], ...] = ANSWERS) -> str:
        """Do one whole interview and return its case's id."""
        case, running = self.begin()
        done = interviewing.complete(self.study, self.answer(running, answers))
        assert isinstance(done, interviewing.Completed), done
        return case.case_id


@pytest.fixture
def desk() -> type[Desk]:
    return Desk


@pytest.fixture
def settings() -> Callable[..., StudySettings]:
    """Return `settings_with`: the usual settings, with these changed."""
    return settings_with


@pytest.fixture(scope="session")
def tls() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off", "log_statement = all", authority=postgres.new_authority()) as found:
        yield found


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_password, "LEAST", CHEAP)


@pytest.fixture
def office(tmp_path: Path, tls: postgres.Cluster, cheap: None) -> Iterator[Office]:
    made = create_study(
        tmp_path / "study", settings_with(), write_form(tmp_path / "form.xlsx"), STAFF,
        now=lambda: datetime(2027, 7, 6, 8, tzinfo=UTC), draw=random.SystemRandom(), seal_folder=tmp_path / "seals", cost=CHEAP,
    )  # fmt: skip
    plan = ServerPlan(
        administrator=tls.admin, hosts=("localhost",), ports=(tls.port,), authority=tls.authority, cost=CHEAP
    )
    desk = Office(made.folder, made.seal_path, made.study_id, made.paper_seal, plan, tls, PASSWORDS)
    tls.write_rules(*wanted_lines("all"), *postgres.RULES)
    yield desk
    desk.close()
