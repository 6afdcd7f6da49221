"""Studies of any size for the benchmarks: real files and servers, real seals, invented people, any state of the field."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from openpyxl import Workbook

from cati.fieldwork import study as study_module
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.placing import contact_bytes, rank_of
from cati.fieldwork.study import NewMember, create_study, open_study
from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.store import studies
from cati.store.administration import AsOwner
from cati.store.database import Transaction
from cati.store.embedded import Embedded
from cati.store.roles import Roles
from cati.store.server import Link, Server
from cati.survey.case import Consent, Contact, Phone, PhoneKind
from cati.vault.contacts import seal_contact
from cati.vault.people import ArgonCost
from cati.vault.sealing import blind_index
from tests import postgres, servers
from tests.benchmarks.server_sample import Field, Sealed, lay_out
from tests.servers import copy_study

NOW = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Berlin
PASSWORDS = {"lead": "gelber Kahn unter neun Birken", "anna": "roter Kahn unter drei Linden"}
CHEAP = ArgonCost(passes=1, memory_kib=64, lanes=1)
SITES, DEPARTMENTS = 14, 6
_LETTERS = str.maketrans("0123456789", "abcdefghij")


class Worked(StrEnum):
    """How far the field is: all fresh; half of the cases called; all but one in a hundred called and closed."""

    FRESH = "fresh"
    HALF = "half-worked"
    NEARLY_ALL = "99 %-worked"


SHARES = {Worked.FRESH: (0.0, 0.3), Worked.HALF: (0.5, 0.3), Worked.NEARLY_ALL: (0.99, 0.6)}
"""So many of all cases were called, and so many of those are closed (one in 200 of these is an interview)."""


class Clock:
    """A clock that moves on by itself a little with every look."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        """Return the time, a tenth of a second later than the last."""
        self.at += timedelta(milliseconds=100)
        return self.at


def the_settings(target: int = 400) -> StudySettings:
    """Return the settings of a study like the one of 2022: 14 counties, six departments each, two languages."""
    departments = tuple(Department(code=f"d{n}", name=f"Amt {n}", target=target) for n in range(DEPARTMENTS))
    return StudySettings(
        name="Messung",
        client="Landkreise",
        institute="Institut Muster",
        callback_number="030 23125 000",
        sites=tuple(
            Site(code=f"s{n}", name=f"Landkreis {n}", land="BY", target=target, departments=departments)
            for n in range(SITES)
        ),
        field_from=date(2027, 7, 5),
        field_to=date(2027, 8, 14),
        contact_from=date(2026, 7, 1),
        contact_to=date(2027, 6, 30),
        consent=(ConsentWording(version="1", text="Ja."),),
        languages=("de", "en"),
        expected_minutes=15,
        erasure_date=date(2027, 9, 30),
        views_per_hour=0,  # here one interviewer takes thousands of cases in a minute
    )


def _form(path: Path) -> Path:
    book = Workbook()
    book.active.title = "survey"
    book.active.append(("type", "name", "label::Deutsch (de)", "label::English (en)"))
    book.active.append(("integer", "minutes", "Wie lange haben Sie gewartet?", "How long did you wait?"))
    book.create_sheet("settings").append(("form_title", "form_id", "version"))
    book["settings"].append(("Probe", "probe", "1"))
    book.save(path)
    return path


class OnServer(Server):
    """A server opened by a member; ``behind`` opens it as the owner of the tables."""

    def __init__(self, link: Link, role: str, behind: Callable[[], AsOwner]) -> None:
        super().__init__(link, role, servers.PASSWORD)
        self.behind = behind


def unbound(opened: OpenStudy) -> OpenStudy:
    """Return the study with nobody's rights in the way; on a file that is the same."""
    database = opened.database
    return replace(opened, database=database.behind()) if isinstance(database, OnServer) else opened


def staff_of(interviewers: int, supervisors: int = 0) -> tuple[NewMember, ...]:
    """Return a research lead, Anna, and so many more interviewers (m0, m1 and so on) and supervisors (s0, s1)."""
    more = [NewMember(login=f"{letter}{n}", name=f"Frau {letter}" + f"{n:03d}".translate(_LETTERS), role=role,
                      password=f"violetter Kahn am Steg {letter}{n:03d}", languages=("de", "en"))
            for letter, role, many in (("m", Role.INTERVIEWER, interviewers), ("s", Role.SUPERVISOR, supervisors))
            for n in range(many)]  # fmt: skip
    return (
        NewMember(
            login="lead", name="Lead", role=Role.RESEARCH_LEAD, password=PASSWORDS["lead"], languages=("de", "en")
        ),
        NewMember(login="anna", name="Anna", role=Role.INTERVIEWER, password=PASSWORDS["anna"], languages=("de", "en")),
        *more,
    )


@dataclass(frozen=True)
class ServerStudy:
    """A study on a server: how it is reached, and what its members sign in with."""

    link: Link
    admin: str
    study_id: str
    folder: Path
    seal_path: Path
    staff: tuple[NewMember, ...]

    def work(self, worked: Worked) -> None:
        """Put all cases where they stand when the field has come so far; they have no statistics then."""
        called, closed = SHARES[worked]
        lay_out(self.admin, self.link.database, Sealed(self.folder), Field(called, closed, int(NOW.timestamp())))

    def behind(self) -> AsOwner:
        """Open the database as the owner of its tables."""
        return AsOwner(self.admin, "", self.link.database, Roles(self.study_id).owner)

    def sign_in(self, login: str) -> OpenStudy:
        """Open it as a member, as another workstation would."""
        password = next(one.password for one in self.staff if one.login == login)
        place = study_module.open_database
        role = Roles(self.study_id).login(login)
        study_module.open_database = lambda *_words: OnServer(self.link, role, self.behind)
        try:
            return open_study(self.folder, login, password, now=Clock(), draw=random.Random(login),
                              seal_path=self.seal_path)  # fmt: skip
        finally:
            study_module.open_database = place


@contextmanager
def server_study(
    cluster: postgres.Cluster, cases: int, worked: Worked, *, interviewers: int = 0, supervisors: int = 0,
    target: int = 400, margin: int = 0,
) -> Iterator[ServerStudy]:  # fmt: skip
    """Make a study of so many cases on a server, open at every hour, and drop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cati-bench-"))
    staff = staff_of(interviewers, supervisors)
    settings = replace(the_settings(target), quota_margin=margin)
    created = create_study(
        folder / "study", settings, _form(folder / "form.xlsx"), staff, now=Clock(), draw=random.Random(1),
        seal_folder=folder / "seals", cost=CHEAP,
    )  # fmt: skip
    link = Link(hosts=("127.0.0.1",), ports=(cluster.port,), database=f"b{uuid.uuid4().hex}")
    made = ServerStudy(link, cluster.admin, created.study_id, created.folder, created.seal_path, staff)
    servers.lay_down(cluster, created.study_id, link.database)
    file, server = Embedded(created.folder), made.behind()
    try:
        copy_study(file, server)
        servers.let_in(server, created.study_id)
        with server.transaction() as transaction:
            transaction.exec_driver_sql("DELETE FROM calling_time")
            transaction.exec_driver_sql(
                "INSERT INTO calling_time (site, opens, closes, appointments) SELECT DISTINCT site, cati_now() - 60,"
                " cati_now() + 86400, appointments FROM target, (VALUES (false), (true)) AS k (appointments)"
            )
            _cells(transaction)
        with closing(made.sign_in("anna")) as opened:
            Sealed(made.folder).write(_sealed(opened, k, case_id) for k, case_id in enumerate(_ids(cases)))
        made.work(worked)
        yield made
    finally:
        file.close()
        server.close()
        cluster.drop_database(link.database)
        shutil.rmtree(folder)


@contextmanager
def study(cases: int, worked: Worked, *, login: str = "anna", analyse: bool = False) -> Iterator[OpenStudy]:
    """Make a study of so many cases in this state, signed in as ``login``, and delete it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cati-bench-"))
    staff = staff_of(0)
    clock = Clock()
    created = create_study(
        folder / "study", the_settings(), _form(folder / "form.xlsx"), staff, now=clock, draw=random.Random(1),
        seal_folder=folder / "seals", cost=CHEAP,
    )  # fmt: skip
    opened = open_study(
        created.folder, login, PASSWORDS[login], now=clock, draw=random.Random(2), seal_path=created.seal_path
    )
    try:
        fill(opened, cases, worked)
        if analyse:
            with sqlite3.connect(opened.database.file) as connection:
                connection.execute("ANALYZE")
            opened.database.engine.dispose()  # statistics are read when a connection opens
        yield opened
    finally:
        opened.close()
        shutil.rmtree(folder)


CASE = ("id", "cell", "status", "tier", "rank", "due_at", "turns_at", "final_code", "draw")
STEP = ("case", "at", "status", "tier", "rank", "due_at")
CONTACT = ("case", "sealed_key", "sealed_details")
ATTEMPT = ("id", "case", "interviewer", "started", "ended", "phone", "phone_kind", "outcome")
Rows = list[tuple[object, ...]]
Parts = tuple[tuple[str, tuple[str, ...], Rows], ...]
"""(table, columns, rows) of some thousand cases."""


def fill(opened: OpenStudy, n: int, worked: Worked) -> None:
    """Write the cases with their sealed contacts, straight into the file and without waiting for the disk."""
    with opened.transaction() as transaction:
        cells = _cells(transaction)
    _into_file(opened, _parts(opened, n, worked, cells))


def _cells(transaction: Transaction) -> list[int]:
    """Make all cells and return their numbers."""
    return [
        studies.cell_id(transaction, f"s{site}", f"d{department}", language)
        for site in range(SITES)
        for department in range(DEPARTMENTS)
        for language in ("de", "en")
    ]


def _ids(n: int) -> list[str]:
    draw = random.Random(n)
    return sorted(f"{draw.getrandbits(128):032x}" for _ in range(n))


def _sealed(opened: OpenStudy, k: int, case_id: str) -> tuple[str, bytes, bytes, bytes]:
    """Return (case, sealed key, sealed details, hash of the number) of the k-th person."""
    keys, number = opened.open_keys, f"+4930231250{k:07d}"
    key, details = seal_contact(keys.contacts, opened.study_id, case_id, contact_bytes(_person(k, number)))
    return case_id, key, details, blind_index(keys.index, number)


def _into_file(opened: OpenStudy, parts: Iterator[Parts]) -> None:
    opened.database.engine.dispose()
    connection = sqlite3.connect(opened.database.file, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-200000")
    connection.execute("BEGIN")
    for part in parts:
        for table, columns, rows in part:
            names = ", ".join(f'"{name}"' for name in columns)
            marks = ", ".join("?" for _ in columns)
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _parts(opened: OpenStudy, n: int, worked: Worked, cells: list[int]) -> Iterator[Parts]:
    draw = random.Random(n + 1)
    ids = _ids(n)
    for at in range(0, n, 20_000):
        part = ids[at : at + 20_000]
        cases: Rows = []
        steps: Rows = []
        contacts: Rows = []
        hashes: Rows = []
        attempts: Rows = []
        for k, case_id in enumerate(part, start=at):
            status, tier, rank, due, turns, final, calls = _state(draw, worked)
            cases.append((case_id, draw.choice(cells), status, tier, rank, due, turns, final, draw.getrandbits(63)))
            if turns is not None:  # due then, and nothing changes by itself after it
                steps.append((case_id, turns, 0, tier, rank, due))
            *contact, digest = _sealed(opened, k, case_id)
            contacts.append(tuple(contact))
            hashes.append((digest, case_id))
            for c in range(calls):
                started = int(NOW.timestamp()) - 86400 * (c + 1)
                attempts.append(
                    (f"{draw.getrandbits(128):032x}", case_id, "x", started, started + 30, 0, "landline", "no_answer")
                )
        yield (
            ("case", CASE, cases), ("turn", STEP, steps), ("contact", CONTACT, contacts),
            ("contact_index", ("hash", "case"), hashes), ("attempt", ATTEMPT, sorted(attempts)),
        )  # fmt: skip


def _person(k: int, number: str) -> Contact:
    return Contact(
        given_name=f"Vorname{k}",
        family_name="Familie" + f"{k:06d}".translate(_LETTERS),  # letters only, as names are
        title="",
        form_of_address="Frau",
        phones=(Phone(e164=number, kind=PhoneKind.LANDLINE),),
        consent=Consent(given_on=date(2027, 5, 1), channel="Formular", wording_version="1", recorded_by="Platz 1"),
        last_contact=date(2027, 4, 1),
    )


def _state(draw: random.Random, worked: Worked) -> tuple[int, int, int, int, int | None, str | None, int]:
    """Return (status, tier, rank, due_at, turns_at, final code, calls) of one case."""
    now = int(NOW.timestamp())
    called, closed = SHARES[worked]
    if draw.random() >= called:
        return 0, 3, rank_of(3, draw.getrandbits(32)), now, None, None, 0
    lot = draw.random()
    if lot < closed:
        return 3, 3, 0, now, None, "3.13" if draw.random() < 0.995 else "1.1", 1
    due = now + draw.randrange(3600, 6 * 86400)
    if lot > 0.99:  # an appointment to come
        return 1, 0, rank_of(0, due << 12), due, due, None, 1
    return 1, 3, rank_of(3, 1 << 51), due, due, None, 1
