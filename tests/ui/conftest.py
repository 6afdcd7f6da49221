"""A real study, made once and copied for each test, and the real window, offscreen."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cati.demo.people import invent_list
from cati.fieldwork import sample
from cati.fieldwork import study as study_module
from cati.fieldwork.open_study import OpenStudy, Role
from cati.fieldwork.study import NewMember, create_study, open_study
from cati.places import shipped_questionnaires
from cati.settings import ConsentWording, Department, Site, StudySettings
from cati.store import counts, drafts, studies
from cati.store.embedded import Embedded
from cati.store.server import Link
from cati.ui import theme
from cati.ui.main_window import MainWindow
from cati.ui.preferences import Preferences
from cati.vault.people import ArgonCost
from tests import postgres, servers
from tests.servers import copy_study
from tests.tcp_proxy import Proxy, between

CHEAP = ArgonCost(passes=1, memory_kib=64, lanes=1)
PASSWORDS = {
    "lead": "gelber Kahn unter neun Birken",
    "witness": "grauer Kahn unter zehn Weiden",
    "anna": "roter Kahn unter drei Linden",
}
PASSWORD = PASSWORDS["lead"]
TUESDAY_TEN = datetime(2027, 7, 6, 8, 0, tzinfo=UTC)  # 10:00 in Berlin
PEOPLE = 60


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = TUESDAY_TEN

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **step: float) -> None:
        self.at += timedelta(**step)


def make_settings() -> StudySettings:
    departments = (
        Department(code="bau", name="Bauamt", target=30),
        Department(code="kfz", name="Zulassungsstelle", target=30),
    )
    return StudySettings(
        name="Kundenbefragung der Landkreise 2027",
        client="Landkreis Beispiel",
        institute="Institut Muster",
        callback_number="030 23125 000",
        sites=(
            Site(code="nord", name="Landkreis Nord", land="BY", target=50, departments=departments),
            Site(code="sued", name="Landkreis Süd", land="BY", target=50, departments=departments),
        ),
        field_from=date(2027, 7, 5),
        field_to=date(2027, 8, 14),
        contact_from=date(2026, 7, 1),
        contact_to=date(2027, 6, 30),
        consent=(ConsentWording(version="2027-1", text="Ich bin einverstanden."),),
        languages=("de", "en"),
        expected_minutes=15,
        erasure_date=date(2027, 9, 30),
        purpose="wie zufrieden Sie mit dem Landratsamt sind",
    )


STAFF = (
    NewMember(
        login="lead",
        name="Dr. Ada Leitner",
        role=Role.RESEARCH_LEAD,
        password=PASSWORDS["lead"],
        languages=("de", "en"),
    ),
    NewMember(
        login="witness", name="Ben Zeuge", role=Role.SUPERVISOR, password=PASSWORDS["witness"], languages=("de", "en")
    ),
    NewMember(
        login="anna", name="Anna Fragt", role=Role.INTERVIEWER, password=PASSWORDS["anna"], languages=("de", "en")
    ),
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `study` and `home/seals`, made once; sixty invented people are in it."""
    place = tmp_path_factory.mktemp("template")
    created = create_study(
        place / "study",
        make_settings(),
        shipped_questionnaires() / "county_customer_survey.xlsx",
        STAFF,
        now=Clock(),
        draw=random.Random(1),
        seal_folder=place / "home" / "seals",
        cost=CHEAP,
    )
    study = open_study(
        created.folder, "lead", PASSWORD, now=Clock(), draw=random.Random(2), seal_path=created.seal_path
    )
    path = place / "list.csv"
    path.write_bytes(invent_list(PEOPLE, study.settings, random.Random(3), today=TUESDAY_TEN.date()))
    received = sample.receive(study, path)
    sample.bring_in(study, received, sample.propose(study, received), rows_on_slip=PEOPLE)
    study.close()
    return place


@dataclass
class Ready:
    """A study of one's own on disk, its clock, and how to sign in."""

    folder: Path
    clock: Clock
    password: str = PASSWORD
    passwords: dict[str, str] = field(default_factory=PASSWORDS.copy)
    cost: ArgonCost = CHEAP
    opened: list[OpenStudy] = field(default_factory=list)

    def sign_in(self, login: str, password: str = "") -> OpenStudy:
        study = open_study(
            self.folder, login, password or PASSWORDS[login], now=self.clock, draw=random.Random(len(self.opened))
        )
        self.opened.append(study)
        return study


@pytest.fixture
def ready(template: Path, tmp_path: Path) -> Iterator[Ready]:
    shutil.copytree(template / "study", tmp_path / "study")
    shutil.copytree(template / "home", tmp_path / "home", dirs_exist_ok=True)
    one = Ready(tmp_path / "study", Clock())
    yield one
    for study in one.opened:
        study.database.close()


MakeWindow = Callable[..., MainWindow]


@pytest.fixture(scope="session", autouse=True)
def _worn(qapp: QApplication) -> None:
    """The program never shows a page without its look; whichever test comes first, pages have theirs, too."""
    theme.wear(qapp, dark=False, scale=1.0)


@pytest.fixture
def make_window(qtbot: QtBot, qapp: QApplication) -> Iterator[MakeWindow]:
    """Return how to make the window, of 1280 × 800, in a look and at a text size."""

    def make(clock: Clock, *, dark: bool = False, scale: float = 1.0) -> MainWindow:
        theme.wear(qapp, dark=dark, scale=scale)
        window = MainWindow(now=clock, draw=random.Random(5), preferences=Preferences(dark=dark, scale=scale))
        qtbot.addWidget(window)
        for timer in window.lock.findChildren(QTimer):  # tests move the clock by hours, and say when the lock looks
            timer.stop()
        window.resize(1280, 800)
        window.show()
        return window

    yield make
    theme.wear(qapp, dark=False, scale=1.0)


@pytest.fixture
def window(make_window: MakeWindow, ready: Ready) -> MainWindow:
    return make_window(ready.clock)


@pytest.fixture
def settings() -> StudySettings:
    return make_settings()


@pytest.fixture
def staff() -> tuple[NewMember, ...]:
    return STAFF


@dataclass
class Remote:
    """The study of these tests on a server, behind a wire that can be cut."""

    ready: Ready
    cluster: postgres.Cluster
    wire: Proxy
    link: Link
    study_id: str

    def sign_in(self, login: str) -> OpenStudy:
        found = open_study(
            self.ready.folder, login, self.ready.passwords[login], now=self.ready.clock,
            draw=random.Random(uuid.uuid4().int),
        )  # fmt: skip
        self.ready.opened.append(found)
        return found

    def cut(self) -> None:
        self.wire.cut = True
        self.wire.cut_all()

    def mend(self) -> None:
        self.wire.cut = False

    def kept(self) -> dict[str, Any]:
        """What is on the server, asked without the wire."""
        server = servers.as_owner(self.cluster, self.study_id, self.link.database)
        with server.reading() as transaction:
            found = {
                "pending": counts.sizes(transaction)["pending"],
                "outcomes": counts.outcomes(transaction),
                "held": transaction.exec_driver_sql(
                    'SELECT count(*) FROM "case" WHERE lease_holder IS NOT NULL'
                ).scalar_one(),
                "events": {case: len(drafts.events(transaction, case)) for case in drafts.open_cases(transaction)},
            }
        server.close()
        return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running("fsync = off") as found:
        yield found


@pytest.fixture
def remote(ready: Ready, cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    with between(cluster.port) as wire:
        name = f"window_{uuid.uuid4().hex}"
        link = Link(hosts=("127.0.0.1",), ports=(wire.port,), database=name)
        file = Embedded(ready.folder)
        with file.reading() as transaction:
            row = studies.the_study(transaction)
        assert row is not None
        servers.lay_down(cluster, row.id, name)
        servers.let_time_stand(cluster, row.id, name)
        owner = servers.as_owner(cluster, row.id, name)
        copy_study(file, owner)
        servers.let_in(owner, row.id)
        file.close()
        owner.close()
        as_owner = partial(servers.as_owner, cluster, row.id, name)

        def opened(_folder: Path, login: str, *_password: str) -> servers.AtTheTestsTime:
            return servers.AtTheTestsTime(link, row.id, login, as_owner)

        monkeypatch.setattr(study_module, "open_database", opened)
        yield Remote(ready, cluster, wire, link, row.id)
        for each in ready.opened:
            each.close()
        ready.opened.clear()
    cluster.drop_database(name)
