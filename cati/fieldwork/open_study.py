"""The open study: what every act is given, in place of any global."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cati.errors import Problem
from cati.settings import StudySettings
from cati.survey.questionnaire import Questionnaire
from cati.text import mark, tr
from cati.vault.contacts import forget_keys
from cati.vault.study_keys import StudyKeys

if TYPE_CHECKING:
    from cati.fieldwork.desk import Desk
    from cati.store.database import Database, Transaction


class Role(StrEnum):
    """What a member of staff may do; a research lead may do everything, a supervisor what an interviewer may."""

    INTERVIEWER = "interviewer"
    SUPERVISOR = "supervisor"
    RESEARCH_LEAD = "research_lead"


ROLE_NAMES = {
    Role.INTERVIEWER: mark("Interviewer"),
    Role.SUPERVISOR: mark("Supervisor"),
    Role.RESEARCH_LEAD: mark("Research lead"),
}
"""English names of the roles, for `tr`."""

_MAY = {Role.INTERVIEWER: 0, Role.SUPERVISOR: 1, Role.RESEARCH_LEAD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of staff; ``name`` is said in the introduction.

    ``converts``: is given soft refusals to call once more. ``start_password``: somebody else knows the password.
    """

    id: str
    login: str
    name: str
    role: Role
    languages: tuple[str, ...]
    active: bool = True
    converts: bool = False
    start_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStudy:
    """A study with somebody signed in. ``now`` returns aware UTC; ``draw`` is the one source of chance.

    ``keys`` is None for a study whose contacts are erased; then only the answers can be read, by research leads.
    ``record``: the member's keys as they were sealed at sign-in, to unlock the window while the server is away.
    ``desk``: through which the acts of an open case go when the study's database may be away, None for a folder.
    """

    folder: Path
    study_id: str
    settings: StudySettings
    questionnaire: Questionnaire
    me: Member
    now: Callable[[], datetime]
    draw: random.Random
    database: Database = field(repr=False)
    seal_path: Path = field(repr=False)
    keys: StudyKeys | None = field(repr=False, default=None)
    answers_private: bytes | None = field(repr=False, default=None)
    record: bytes = field(repr=False, default=b"")
    desk: Desk | None = field(repr=False, default=None)

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin with the right to write; everything inside is kept together or not at all."""
        return self.database.transaction()

    def reading(self) -> AbstractContextManager[Transaction]:
        """Begin a consistent view without the right to write."""
        return self.database.reading()

    @property
    def open_keys(self) -> StudyKeys:
        """The keys; a Problem when the study's contacts are erased."""
        if self.keys is None:
            raise self.contacts_erased()
        return self.keys

    def contacts_erased(self) -> Problem:
        """Return the Problem of whoever wants to call somebody after the erasure."""
        return Problem(
            self.settings.name,
            tr("The contacts of this study are erased."),
            tr("Only the answers are left; a research lead can export them."),
        )

    def require(self, role: Role) -> None:
        """Raise a Problem unless the member signed in is at least a ``role``."""
        if _MAY[self.me.role] < _MAY[role]:
            raise Problem(
                tr("Rights"),
                tr("Your role does not allow this."),
                tr("Ask a member of staff with the role: {role}.", role=tr(ROLE_NAMES[role])),
            )

    def close(self) -> None:
        """Forget the keys kept for speed and close the database."""
        if self.desk is not None:
            self.desk.outbox.close()
        forget_keys()
        self.database.close()


def reads_every_contact(database: Database, role: Role) -> bool:
    """Tell whether a member of this role may open any contact: on a server interviewers may not."""
    return not database.shared or role is not Role.INTERVIEWER
