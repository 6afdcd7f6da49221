"""Who works in the study, and what can be changed about each: skills, a lost password, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QLineEdit, QTableWidget, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, clear, grid, heading, in_words, rule, show_whole, table
from cati.ui.password_page import shown_by_box
from cati.ui.skills_part import SkillsPart
from cati.ui.staff_section import ROLES
from cati.ui.start_password_shown import StartPasswordShown

if TYPE_CHECKING:
    from cati.fieldwork.open_study import Member, OpenStudy


_WIDTH = 124
"""Characters: the table has six columns."""


class PeoplePart(Page):
    """The members in a table, and below it what can be done about the one who is chosen."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__("", width=_WIDTH)
        self.heading.hide()
        self.study = study
        self.members: tuple[Member, ...] = ()
        self._asked_of: str | None = None
        self.people = QVBoxLayout()
        self.body.addLayout(self.people)
        self.note = Note("")
        self.note.hide()
        self.working = Working()
        self.once_more = theme.push(tr("&Try again"), self.refresh)
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):  # above the column: in sight wherever it is scrolled to
            layout.insertWidget(1, self.working)
            layout.insertWidget(2, self.note)
            layout.insertWidget(3, self.once_more, 0, Qt.AlignmentFlag.AlignLeft)
            layout.addStretch(0)
        self.body.addWidget(rule())
        self.person = QComboBox()
        self.person.currentIndexChanged.connect(lambda _at: self._choose())
        self.body.addWidget(Labelled(tr("Person"), self.person))
        self.skills = SkillsPart(study.settings.languages)
        self.body.addWidget(self.skills)
        self.save = theme.push(tr("&Save what they can do"), self.save_skills)
        self.body.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self._lost())
        self.leaving = QWidget()
        stack = QVBoxLayout(self.leaving)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(rule())
        stack.addWidget(heading(tr("Leaving")))
        stack.addWidget(
            theme.words(
                tr(
                    "Their password stops working at once, an open case is free again, and their window does nothing "
                    "more. What they did stays in the log."
                ),
                "quiet",
            )
        )
        self.leave = theme.push(tr("&Take away the access"), self.let_go, kind="danger")
        stack.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.leaving)
        self.body.addStretch(1)
        self.begin_at = self.person
        self.refresh()

    def _lost(self) -> QWidget:
        part = QWidget()
        stack = QVBoxLayout(part)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(rule())
        stack.addWidget(heading(tr("Lost password")))
        self.about_reset = theme.words("", "quiet")
        stack.addWidget(self.about_reset)
        self.password = QLineEdit()
        self.password_field = Labelled(
            tr("Start password"), self.password, tr("Leave it empty, and one is drawn. Else at least 12 characters.")
        )
        self.own, self.second_login, self.second_password = QLineEdit(), QLineEdit(), QLineEdit()
        self.two = QWidget()
        two = QVBoxLayout(self.two)
        two.setContentsMargins(0, 0, 0, 0)
        self.own_field = Labelled(tr("Your own password"), self.own)
        two.addLayout(
            grid(
                [
                    self.own_field,
                    QWidget(),
                    Labelled(tr("{who}: sign-in name", who=tr("Second person")), self.second_login),
                    Labelled(tr("{who}: password", who=tr("Second person")), self.second_password),
                ],
                2,
            )
        )
        stack.addWidget(self.password_field)
        stack.addWidget(self.two)
        self.shown = shown_by_box(self.password, self.own, self.second_password)
        stack.addWidget(self.shown)
        self.reset = theme.push(tr("&Give a new start password"), self.give_password)
        stack.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.once = StartPasswordShown(self.study.settings.name)
        self.once.done.connect(self.person.setFocus)
        stack.addWidget(self.once)
        self.losing = part
        return part

    def refresh(self, said: str = "") -> None:
        """Show who works in the study, then say ``said``; whoever was chosen stays chosen."""
        from cati.fieldwork.study import staff  # noqa: PLC0415 - with the page

        study = self.study

        def show(members: tuple[Member, ...]) -> None:
            self._show(members)
            if said:
                self.note.say(said)

        self.view.setVisible(bool(self.members))  # nobody is there yet about whom anything could be done
        self.once_more.hide()
        ask(self, study, lambda: staff(study), show, self._not_done, sign=self.working)

    def _not_done(self, problem: Problem) -> None:
        self.note.say(in_words(problem), "warning")
        self.once_more.setVisible(not self.members)

    def _show(self, members: tuple[Member, ...]) -> None:
        chosen = self.person.currentData()
        self.members = members
        self.view.show()
        roles = dict(ROLES)
        rows = [
            [
                m.login,
                m.name,
                tr(roles[m.role.value]),
                _state(m),
                ", ".join(m.languages),
                tr("yes") if m.converts else "",
            ]
            for m in self.members
        ]
        headers = [
            tr("Sign-in name"), tr("Name"), tr("Role"), tr("State"), tr("Languages"), tr("Soft refusals"),
        ]  # fmt: skip
        clear(self.people)
        shown = table(tr("Staff"), headers, rows)
        shown.horizontalHeader().setStretchLastSection(True)
        shown.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        shown.currentCellChanged.connect(lambda row, *_rest: self.person.setCurrentIndex(row))
        show_whole(shown, sideways=True)
        self.people.addWidget(shown)
        self.table = shown
        self.person.blockSignals(True)
        self.person.clear()
        for member in self.members:
            left = "" if member.active else " – " + tr("has left")
            self.person.addItem(f"{member.name} ({member.login}){left}", member.id)
        at = self.person.findData(chosen)
        self.person.setCurrentIndex(max(at, 0))
        self.person.blockSignals(False)
        self._choose()

    def _chosen(self) -> Member | None:
        return next((m for m in self.members if m.id == self.person.currentData()), None)

    def _choose(self) -> None:
        """Show what can be done about the person who is chosen."""
        member = self._chosen()
        if member is None:
            return
        self.table.selectRow(self.person.currentIndex())  # else the table chooses its first row when it gets the cursor
        self._asked_of = None
        self.note.hide()
        self.skills.fill(member.languages, converts=member.converts)
        me, lead = member.id == self.study.me.id, member.role.value == "research_lead"
        for part, here in ((self.losing, not me), (self.leaving, member.active and not me)):
            if not here and part.isAncestorOf(self.focusWidget()):  # else the cursor leaves the page with the button
                self.person.setFocus()
            part.setVisible(here)
        self.two.setVisible(lead)
        for editor in (self.password, self.own, self.second_login, self.second_password):
            editor.clear()
        self.password_field.show_fault("")
        if not self.once.isHidden():  # nobody else's password is left standing
            self.once.forget()
        if not member.active:
            said = tr("With a new start password this person works in the study again.")
        elif lead:
            said = tr(
                "Nobody can look a password up. A research lead gets a new one from two people: you, and a second "
                "person who signs here, too; neither may be the one concerned."
            )
        else:
            said = tr("Nobody can look a password up. The person gets new keys and a start password for one sign-in.")
            said += " " + (
                tr("A window that they have open is refused from then on.")
                if self.study.database.shared
                else tr("A window that they have open goes on until it is closed.")
            )
        self.about_reset.setText(said)

    def save_skills(self) -> None:
        """Keep the languages and whether soft refusals are given."""
        from cati.fieldwork.study import set_skills  # noqa: PLC0415

        member = self._chosen()
        if member is None:
            return
        study, spoken, converts = self.study, self.skills.spoken(), self.skills.converts.isChecked()

        def kept(changed: Member) -> None:
            self.refresh("✓ " + tr("Kept for {name}; it holds from their next sign-in on.", name=changed.name))

        ask(
            self,
            study,
            lambda: set_skills(study, member.id, spoken, converts=converts),
            kept,
            self._not_done,
            sign=self.working,
        )

    def give_password(self) -> None:
        """Make the person new keys in the background, and show the start password once."""
        member = self._chosen()
        if member is None or not self.reset.isEnabled():
            return
        study, typed, own = self.study, self.password.text(), self.own.text()
        login, second = self.second_login.text().strip(), self.second_password.text()
        lead = member.role.value == "research_lead"

        def work(_ticket: Ticket) -> tuple[Member, str]:
            from cati.fieldwork.staffing import drawn_start_password  # noqa: PLC0415
            from cati.fieldwork.study import SecondPerson, reset_password  # noqa: PLC0415

            password = typed or drawn_start_password()
            other = SecondPerson(login, second) if lead else None
            return reset_password(study, member.id, password, own_password=own, second=other), password

        self.note.hide()
        self.password_field.show_fault("")
        self.reset.setEnabled(False)
        self.working.begin(tr("Making new keys for {name} …", name=member.name))
        run_in_background(self, work, self._given, self._refused)

    def _given(self, made: tuple[Member, str]) -> None:
        member, password = made
        self.working.end()
        self.reset.setEnabled(True)
        self.members = tuple(member if one.id == member.id else one for one in self.members)
        self._show(self.members)
        self.once.show_password(member.name, member.login, password)
        QTimer.singleShot(0, self, lambda: self.view.ensureWidgetVisible(self.once))  # when it has found its place

    def _refused(self, problem: Problem) -> None:
        self.working.end()
        self.reset.setEnabled(True)
        self.own.clear()
        self.second_password.clear()
        self.note.say(in_words(problem), "warning")

    def let_go(self) -> None:
        """Take the access away, after being asked once more."""
        from cati.fieldwork.study import deactivate  # noqa: PLC0415

        member = self._chosen()
        if member is None:
            return
        if self._asked_of != member.id:  # once more: one key on a focused button is no decision
            self._asked_of = member.id
            self.note.say(
                tr("{who} could not sign in any more. Press once more to take the access away.",
                   who=self.person.currentText()),
                "warning",
            )  # fmt: skip
            return
        self._asked_of = None
        study = self.study
        said = f"✓ {tr('The access is taken away.')} " + tr(
            "If they may have copied the keys, renew the contacts’ key under “Keys”."
        )
        ask(
            self,
            study,
            lambda: deactivate(study, member.id),
            lambda _left: self.refresh(said),
            self._not_done,
            sign=self.working,
        )


def _state(member: Member) -> str:
    if not member.active:
        return tr("has left")
    return tr("has a start password") if member.start_password else tr("works")
