"""The keys on the research lead's page: trustees named and tried out, and the contacts' key renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.asking_study import ask
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import (
    Labelled,
    Note,
    Page,
    Working,
    clear,
    grid,
    heading,
    in_words,
    rule,
    show_day,
    show_whole,
    table,
)
from cati.ui.password_page import shown_by_box
from cati.ui.renewing_part import RenewingPart

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy
    from cati.fieldwork.trustees import Trustee, Two

THREE = 3


class TwoTrustees(QWidget):
    """Two of the three, chosen by name, each with a field for their password."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen = [QComboBox(), QComboBox()]
        self.passwords = [QLineEdit(), QLineEdit()]
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        fields: list[QWidget] = []
        for who, password, words in zip(
            self.chosen, self.passwords, (tr("First trustee"), tr("Second trustee")), strict=True
        ):
            fields += [Labelled(words, who), Labelled(tr("{who}: password", who=words), password)]
        stack.addLayout(grid(fields, 2))
        stack.addWidget(shown_by_box(*self.passwords))

    def fill(self, named: tuple[Trustee, ...]) -> None:
        """Offer these trustees."""
        for at, box in enumerate(self.chosen):
            box.clear()
            for one in named:
                box.addItem(one.name, one.id)
            box.setCurrentIndex(min(at, len(named) - 1))

    def typed(self) -> Two:
        """Return what was typed, and empty the fields."""
        from cati.fieldwork.trustees import TrusteeWord  # noqa: PLC0415 - with the store

        first, second = (
            TrusteeWord(str(who.currentData()), password.text())
            for who, password in zip(self.chosen, self.passwords, strict=True)
        )
        for password in self.passwords:
            password.clear()
        return first, second


class TrusteesPart(Page):
    """What they are for, who they are, and what can be done."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__("")
        self.heading.hide()
        self.study = study
        self._sure = False
        self.note = Note("")
        self.note.hide()
        self.working = Working()
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(1, self.working)
            layout.insertWidget(2, self.note)
        self.body.addWidget(heading(tr("Trustees")))
        self.body.addWidget(
            theme.words(
                tr(
                    "When every research lead has lost the password, nobody can open the study any more. Any two of "
                    "three trustees can then let a research lead in, at a workstation that has the seal. One of them "
                    "alone can do nothing. They need not work in the study: data protection, IT and the management "
                    "are a good choice."
                )
            )
        )
        self.named = QVBoxLayout()
        self.body.addLayout(self.named)
        self.body.addWidget(self._drill_part())
        self.body.addWidget(rule())
        self.body.addWidget(heading(tr("Name three trustees")))
        self.body.addWidget(
            theme.words(
                tr("Each of them types a password of their own here, and keeps it on paper in a place of theirs."),
                "quiet",
            )
        )
        self.names = [QLineEdit() for _ in range(THREE)]
        self.passwords = [QLineEdit() for _ in range(THREE)]
        fields: list[QWidget] = []
        for at, (name, password) in enumerate(zip(self.names, self.passwords, strict=True), 1):
            name.setMaxLength(200)
            fields += [
                Labelled(tr("Trustee {n}: name", n=at), name),
                Labelled(tr("Trustee {n}: password", n=at), password),
            ]
        self.body.addLayout(grid(fields, 2))
        self.body.addWidget(shown_by_box(*self.passwords))
        self.name_them = theme.push(tr("&Name them"), self.name_trustees, kind="primary")
        self.body.addWidget(self.name_them, 0, Qt.AlignmentFlag.AlignLeft)
        self.renewing = RenewingPart(study)
        self.body.addWidget(self.renewing)
        self.body.addStretch(1)
        self.begin_at = self.names[0]
        self.refresh()

    def _drill_part(self) -> QWidget:
        self.drilling = QWidget()
        stack = QVBoxLayout(self.drilling)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(rule())
        stack.addWidget(heading(tr("Try it out")))
        stack.addWidget(
            theme.words(
                tr("Two of them type their passwords; everything is opened, checked and forgotten. Do it once a year."),
                "quiet",
            )
        )
        self.two = TwoTrustees()
        stack.addWidget(self.two)
        self.drill = theme.push(tr("&Try these two"), self.try_out)
        stack.addWidget(self.drill, 0, Qt.AlignmentFlag.AlignLeft)
        return self.drilling

    def refresh(self) -> None:
        """Show who the trustees are."""
        from cati.fieldwork.trustees import trustees  # noqa: PLC0415 - with the page

        study = self.study
        ask(self, study, lambda: trustees(study), self._show, self._failed, sign=self.working)

    def _show(self, named: tuple[Trustee, ...]) -> None:
        clear(self.named)
        self._known = bool(named)
        self.drilling.setVisible(bool(named))
        if not named:
            self.named.addWidget(
                Note(tr("No trustees are named: when every research lead’s password is lost, the study is."), "warning")
            )
            return
        rows = [
            [
                one.name,
                show_day(one.named_at.astimezone(), "MMM y"),
                tr("never") if one.drilled_at is None else show_day(one.drilled_at.astimezone(), "MMM y"),
            ]
            for one in named
        ]
        shown = table(tr("Trustees"), [tr("Name"), tr("Named on"), tr("Tried out on")], rows)
        shown.horizontalHeader().setStretchLastSection(True)
        show_whole(shown)
        self.named.addWidget(shown)
        self.two.fill(named)

    def name_trustees(self) -> None:
        """Make the trustees' keys in the background; in place of earlier ones only after being asked once more."""
        if not self.name_them.isEnabled():
            return
        if self._known and not self._sure:
            self._sure = True
            self.note.say(
                tr("The trustees of now could let nobody in any more. Press once more to replace all three."), "warning"
            )
            return
        self._sure = False
        study = self.study
        typed = [(name.text(), password.text()) for name, password in zip(self.names, self.passwords, strict=True)]

        def work(ticket: Ticket) -> tuple[Trustee, ...]:
            from cati.fieldwork.trustees import NewTrustee, name_trustees  # noqa: PLC0415

            return name_trustees(study, [NewTrustee(*one) for one in typed], progress=ticket.progress)

        def done(named: tuple[Trustee, ...]) -> None:
            for editor in (*self.names, *self.passwords):
                editor.clear()
            self._end()
            self._show(named)
            self.note.say("✓ " + tr("They are named. Try out two of them now."))
            self.two.chosen[0].setFocus()

        self._begin(tr("Making the trustees’ keys …"))
        run_in_background(self, work, done, self._failed, self.working.advance)

    def try_out(self) -> None:
        """Let two of them show that they can do it, in the background."""
        if not self.drill.isEnabled():
            return
        study, two = self.study, self.two.typed()

        def work(_ticket: Ticket) -> tuple[Trustee, ...]:
            from cati.fieldwork.trustees import drill  # noqa: PLC0415

            return drill(study, two)

        def done(named: tuple[Trustee, ...]) -> None:
            self._end()
            self._show(named)
            self.note.say("✓ " + tr("Both passwords open everything that a research lead needs. Nothing was changed."))

        self._begin(tr("Trying it out …"))
        run_in_background(self, work, done, self._failed)

    def _begin(self, what: str) -> None:
        self.note.hide()
        self.working.begin(what)
        for button in (self.name_them, self.drill):
            button.setEnabled(False)

    def _end(self) -> None:
        self.working.end()
        for button in (self.name_them, self.drill):
            button.setEnabled(True)

    def _failed(self, problem: Problem) -> None:
        self._end()
        self.note.say(in_words(problem), "warning")
