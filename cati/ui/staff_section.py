"""The first members of staff: sign-in name, name, role, and a password with what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from cati.errors import Problem
from cati.text import mark, tr
from cati.ui import theme
from cati.ui.pages import Note, in_words
from cati.ui.rows_editor import Column, RowsEditor
from cati.ui.showing_passwords import ShowPasswords
from cati.ui.study_sections import Section, Values

if TYPE_CHECKING:
    from cati.fieldwork.study import NewMember

ROLES = (
    ("interviewer", mark("Interviewer")),
    ("supervisor", mark("Supervisor")),
    ("research_lead", mark("Research lead")),
)
_PATIENCE_MS = 400


class StaffSection(Section):
    """Rows of people. Hints follow the typing after a short rest, and never block it."""

    def __init__(self) -> None:
        super().__init__()
        self.people = RowsEditor(
            tr("Staff"),
            (
                Column("login", tr("Sign-in name"), stretch=2),
                Column("name", tr("Name"), stretch=3),
                Column(
                    "role", tr("Role"), "choice", 2, tuple((value, tr(words)) for value, words in ROLES), "interviewer"
                ),
                Column("password", tr("First password"), "password", 3),
            ),
            tr("Add a person"),
        )
        self.people.fill([{"role": "research_lead"}, {"role": "supervisor"}])
        self.stack.addWidget(
            theme.words(
                tr(
                    "A research lead, and at least one more person: the erasure at the end needs "
                    "two. More can be added any day."
                ),
                "quiet",
            )
        )
        self.stack.addWidget(self.people)
        self.shown = ShowPasswords(self.people.show_passwords)
        self.stack.addWidget(self.shown)
        self.hints = Note("", "warning")
        self.hints.hide()
        self.stack.addWidget(self.hints)
        self.stack.addWidget(
            Note(
                tr(
                    "Passwords have at least 12 characters; four words that do not belong together "
                    "are easy to keep in mind. Nobody can look them up: who forgets theirs gets a new start password "
                    "from a research lead. When all research leads forget theirs, only trustees can help, whom you "
                    "name on the staff page."
                )
            )
        )
        self._judged = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_PATIENCE_MS)
        self._rest.timeout.connect(self._hint)
        self.people.changed.connect(self._rest.start)
        self.watch(self.people)
        self.begin_at = self.people.editor(0, "login")

    def members(self, languages: Sequence[str]) -> tuple[NewMember, ...]:
        """Return the people typed in; they interview in all the study's languages until that is changed."""
        from cati.fieldwork.open_study import Role  # noqa: PLC0415 - with the database, when a study is made
        from cati.fieldwork.study import NewMember  # noqa: PLC0415

        return tuple(
            NewMember(
                login=cells["login"],
                name=cells["name"],
                role=Role(cells["role"]),
                password=cells["password"],
                languages=tuple(languages),
            )
            for cells in self.people.rows()
            if any(cells[name] for name in ("login", "name", "password"))
        )

    def _hint(self) -> None:
        """Say what is wrong with the passwords so far, until the page says all that is wrong (`show_members`)."""
        if self._judged:
            return
        from cati.fieldwork.study import password_faults, shared_passwords  # noqa: PLC0415

        said = []
        for cells in self.people.rows():
            if cells["password"]:
                faults = password_faults(cells["password"], cells["login"], [cells["name"]])
                who = cells["login"] or cells["name"] or "?"
                said += [f"✗ {who}: {fault}" for fault in faults]
        said += ["✗ " + in_words(problem) for problem in shared_passwords(self.members(()))]
        if said:
            self.hints.say("\n".join(said), "warning")
        else:
            self.hints.hide()

    def values(self) -> Values:
        """Return the rows as typed, passwords too: they live in this window only, until the study is made."""
        return {"staff_rows": self.people.rows()}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show the rows again."""
        if "staff_rows" in values:
            self.people.fill(values["staff_rows"])

    def show_members(self, problems: Sequence[Problem]) -> None:
        """Show what keeps these people from starting a study."""
        self._judged = True
        if problems:
            self.hints.say("\n".join("✗ " + in_words(problem) for problem in problems), "warning")
        else:
            self.hints.hide()
