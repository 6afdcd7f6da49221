"""Who works in the study: adding a person, letting one go, changing one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, clear, grid, heading, in_words, rule, show_whole, table
from cati.ui.showing_passwords import ShowPasswords, cover
from cati.ui.staff_section import ROLES

if TYPE_CHECKING:
    from cati.fieldwork.open_study import Member, OpenStudy


class StaffPage(Page):
    """The members in a table, and below it what can be done."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("Staff"))
        self.study = study
        self.members: tuple[Member, ...] = ()
        self.people = QVBoxLayout()
        self.body.addLayout(self.people)
        self.note = Note("")
        self.note.hide()
        self.working = Working()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):  # above the foot: in sight wherever the page is scrolled to
            layout.insertWidget(2, self.working)
            layout.insertWidget(3, self.note)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Add a person")))
        self.login, self.name, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.role = QComboBox()
        for value, words in ROLES:
            self.role.addItem(tr(words), value)
        self._password_field = Labelled(tr("First password"), self.password, tr("At least 12 characters."))
        self.first_shown = _shown_by_box(self.password)
        self.body.addLayout(
            grid(
                [
                    Labelled(tr("Sign-in name"), self.login),
                    Labelled(tr("Name"), self.name),
                    Labelled(tr("Role"), self.role),
                    self._password_field,
                ],
                2,
            )
        )
        self.body.addWidget(self.first_shown)
        self.add = theme.push(tr("&Add"), self.add_person, kind="primary")
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.login.returnPressed.connect(self.name.setFocus)
        self.name.returnPressed.connect(self.role.setFocus)
        self.password.returnPressed.connect(self.add.click)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Somebody leaves")))
        self.leaver = QComboBox()
        self.body.addWidget(
            Labelled(
                tr("Person"), self.leaver, tr("Their password stops working at once; what they did stays in the log.")
            )
        )
        self._asked_of: str | None = None
        self.leave = theme.push(tr("&Take away the access"), self._let_go, kind="danger")
        self.body.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("My own password")))
        self.old, self.new = QLineEdit(), QLineEdit()
        self.own_shown = _shown_by_box(self.old, self.new)
        self._new_field = Labelled(
            tr("New password"),
            self.new,
            tr("At least 12 characters. Nobody can look it up or reset it; only another research lead can let you in."),
        )
        self.body.addLayout(grid([Labelled(tr("Password up to now"), self.old), self._new_field], 2))
        self.body.addWidget(self.own_shown)
        self.change = theme.push(tr("&Change my password"), self._change)
        self.body.addWidget(self.change, 0, Qt.AlignmentFlag.AlignLeft)
        self.old.returnPressed.connect(self.new.setFocus)
        self.new.returnPressed.connect(self.change.click)
        self.body.addStretch(1)
        self.begin_at = self.login
        self.refresh()

    def refresh(self) -> None:
        """Show who works in the study."""
        from cati.fieldwork.study import staff  # noqa: PLC0415 - with the page

        self.members = staff(self.study)
        roles = dict(ROLES)
        rows = [
            [
                m.login,
                m.name,
                tr(roles[m.role.value]),
                ", ".join(m.languages),
                tr("works") if m.active else tr("has left"),
            ]
            for m in self.members
        ]
        clear(self.people)
        shown = table(tr("Staff"), [tr("Sign-in name"), tr("Name"), tr("Role"), tr("Languages"), tr("State")], rows)
        shown.horizontalHeader().setStretchLastSection(True)
        show_whole(shown)
        self.people.addWidget(shown)
        self.leaver.clear()
        for member in self.members:
            if member.active and member.id != self.study.me.id:
                self.leaver.addItem(f"{member.name} ({member.login})", member.id)
        self.leave.setEnabled(self.leaver.count() > 0)

    def add_person(self) -> None:
        """Add the person typed in; their keys are made in the background."""
        login, name, password = self.login.text().strip(), self.name.text().strip(), self.password.text()
        role, study = str(self.role.currentData()), self.study

        def work(_ticket: Ticket) -> Member:
            from cati.fieldwork.open_study import Role  # noqa: PLC0415
            from cati.fieldwork.study import NewMember, add_member  # noqa: PLC0415

            new = NewMember(
                login=login, name=name, role=Role(role), password=password, languages=study.settings.languages
            )
            return add_member(study, new)

        self._begin(tr("Making the keys of the new person …"))
        self._password_field.show_fault("")
        run_in_background(self, work, self._added, self._not_added)

    def _begin(self, what: str) -> None:
        self.note.hide()
        self.working.begin(what)
        for button in (self.add, self.change):
            button.setEnabled(False)

    def _end(self) -> None:
        self.working.end()
        for button in (self.add, self.change):
            button.setEnabled(True)

    def _added(self, member: Member) -> None:
        self._end()
        for editor in (self.login, self.name, self.password):
            editor.clear()
        self.refresh()
        self.note.say("✓ " + tr("{name} can sign in now.", name=member.name))

    def _not_added(self, problem: Problem) -> None:
        self._end()
        self._password_field.show_fault(in_words(problem))

    def _let_go(self) -> None:
        from cati.fieldwork.study import deactivate  # noqa: PLC0415

        member_id = self.leaver.currentData()
        if member_id is None:
            return
        if self._asked_of != member_id:  # once more: one key on a focused button is no decision
            self._asked_of = member_id
            self.note.say(
                tr("{who} could not sign in any more. Press once more to take the access away.",
                   who=self.leaver.currentText()),
                "warning",
            )  # fmt: skip
            return
        self._asked_of = None
        try:
            deactivate(self.study, member_id)
        except Problem as problem:
            self.note.say(in_words(problem), "warning")
            return
        self.refresh()
        self.note.say("✓ " + tr("The access is taken away."))

    def _change(self) -> None:
        study, old, new = self.study, self.old.text(), self.new.text()

        def work(_ticket: Ticket) -> None:
            from cati.fieldwork.study import change_password  # noqa: PLC0415

            change_password(study, old, new)

        self._begin(tr("Changing the password …"))
        self._new_field.show_fault("")
        run_in_background(self, work, lambda _nothing: self._changed(), self._unchanged)

    def _changed(self) -> None:
        self._end()
        self.old.clear()
        self.new.clear()
        self.note.say("✓ " + tr("Your password is changed."))

    def _unchanged(self, problem: Problem) -> None:
        self._end()
        self._new_field.show_fault(in_words(problem))


def _shown_by_box(*editors: QLineEdit) -> ShowPasswords:
    """Cover what is typed into these editors, and return the box that shows it."""

    def show(shown: bool) -> None:
        for editor in editors:
            cover(editor, shown=shown)

    show(False)
    return ShowPasswords(show)
