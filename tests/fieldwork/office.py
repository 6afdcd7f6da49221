"""An administrator's desk for tests: a study in a folder, a real server with TLS, and what was printed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cati.fieldwork import calling
from cati.fieldwork.open_study import OpenStudy
from cati.fieldwork.server_setup import Clockwork, ServerPlan, move_to_folder, move_to_server
from cati.fieldwork.study import open_study
from cati.survey.dispositions import Outcome
from tests import postgres


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Office:
    """An administrator's desk: a study in a folder, a server, and what was printed."""

    folder: Path
    seal: Path
    study_id: str
    paper: tuple[str, ...]
    plan: ServerPlan
    tls: postgres.Cluster
    passwords: dict[str, str]
    said: list[str] = field(default_factory=list)
    opened: list[OpenStudy] = field(default_factory=list)

    @property
    def link(self) -> Path:
        return self.folder.with_name("s.cati-study")

    @property
    def database(self) -> str:
        """How the study's database is called."""
        return f"cati_{self.study_id[:12]}"

    @property
    def sheet(self) -> Path:
        return self.folder.with_name("start.html")

    def with_(self) -> Clockwork:
        return Clockwork(now=clock, draw=random.Random(5), seal_path=self.seal)

    def move(self, lead: tuple[str, str] | None = None) -> None:
        self.said.clear()
        lead = lead or ("lead", self.passwords["lead"])
        move_to_server(self.folder, self.plan, lead, self.link, self.sheet, self.said.append, self.with_())

    def back(self, folder: Path) -> None:
        self.said.clear()
        lead = ("lead", self.passwords["lead"])
        move_to_folder(self.link, folder, self.plan, lead, self.said.append, self.with_())

    def open(self, login: str, password: str = "", *, start: str = "", **more: Any) -> OpenStudy:
        more = {"now": clock, "draw": random.SystemRandom(), "seal_path": self.seal, **more}
        study = open_study(self.link, login, password or self.passwords[login], start_password=start, **more)
        self.opened.append(study)
        return study

    def start(self, login: str) -> str:
        """Return the start password that stands on the sheet."""
        found = re.search(rf"\({login}\).*?class=\"mono\">([^<]+)<", self.sheet.read_text("utf-8"), re.DOTALL)
        assert found is not None
        return found[1]

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()


def delivered(study: OpenStudy, wanted: frozenset[str], clock: Any) -> calling.DeliveredCase:
    """Take cases, reaching nobody, until one of these comes; the clock goes on to when the next may be called."""
    for _ in range(100):
        case = calling.take_next_case(study)
        if isinstance(case, calling.NoCase):
            assert case.next_due is not None, case
            clock.at = case.next_due + timedelta(minutes=1)
            continue
        if case.case_id in wanted:
            return case
        call = calling.begin_call(study, case.lease, case.next_phone)
        assert isinstance(call, calling.Call)
        calling.note_outcome(study, case.lease, call, Outcome.NO_ANSWER)
    raise AssertionError(wanted)
