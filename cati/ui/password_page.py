"""One's own password: changed by everybody at any time, and at once by whoever came in by a start password."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.background import Ticket, run_in_background
from cati.ui.pages import Labelled, Note, Page, Working, clear, grid, in_words
from cati.ui.showing_passwords import ShowPasswords, cover

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


class PasswordPart(QWidget):
    """The password up to now, the new one twice, and the button; reports ``changed``.

    ``typed``: with what somebody came in who has a start password. It is not asked for once more, unless it was none of
    these, and forgotten as soon as it is changed.
    """

    changed = Signal()

    def __init__(self, study: OpenStudy, *, first: bool = False, typed: Sequence[str] = ()) -> None:
        super().__init__()
        self.study = study
        self._typed = tuple(typed)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(theme.unit())
        self.old, self.new, self.again = QLineEdit(), QLineEdit(), QLineEdit()
        self.shown = shown_by_box(self.old, self.new, self.again)
        self.old_field = Labelled(tr("Start password") if first else tr("Password up to now"), self.old)
        self.new_field = Labelled(
            tr("New password"),
            self.new,
            tr(
                "At least 12 characters. Nobody can look it up; who loses theirs gets a new start password from a "
                "research lead."
            ),
        )
        self.again_field = Labelled(tr("New password once more"), self.again)
        self._asked = QWidget()
        asked = grid([self.old_field, QWidget()], 2)
        asked.setContentsMargins(0, 0, 0, 0)
        self._asked.setLayout(asked)
        self._asked.setVisible(not self._typed)
        stack.addWidget(self._asked)
        stack.addLayout(grid([self.new_field, self.again_field], 2))
        stack.addWidget(self.shown)
        self.change = theme.push(tr("&Change my password"), self.change_it, kind="primary")
        stack.addWidget(self.change, 0, Qt.AlignmentFlag.AlignLeft)
        self.working = Working()
        stack.addWidget(self.working)
        self.note = Note("")
        self.note.hide()
        stack.addWidget(self.note)
        self.old.returnPressed.connect(self.new.setFocus)
        self.new.returnPressed.connect(self.again.setFocus)
        self.again.returnPressed.connect(self.change.click)
        self.begin_at = self.new if self._typed else self.old

    def typed(self) -> tuple[str, ...]:
        """Return with what somebody came in who has a start password, () when it must be asked for."""
        return self._typed

    def forget(self) -> None:
        """Keep no password any longer."""
        self._typed = ()
        for editor in (self.old, self.new, self.again):
            editor.clear()

    def change_it(self) -> None:
        """Change the password in the background; the fields are emptied when it is done."""
        if not self.change.isEnabled():
            return
        study, new = self.study, self.new.text()
        maybe = self._typed or (self.old.text(),)
        for field in (self.old_field, self.new_field, self.again_field):
            field.show_fault("")
        self.note.hide()
        if new != self.again.text():
            self.again_field.show_fault(
                tr("This is not the same password as before.") if self.again.text() else tr("Type it once more here.")
            )
            self.again.setFocus()
            self.again.selectAll()
            return

        def work(_ticket: Ticket) -> None:
            from cati.fieldwork.study import WrongPassword, change_password  # noqa: PLC0415 - loaded with the study

            for old in maybe[:-1]:
                with suppress(WrongPassword):
                    change_password(study, old, new)
                    return
            change_password(study, maybe[-1], new)

        self.change.setEnabled(False)
        self.working.begin(tr("Changing the password …"))
        run_in_background(self, work, lambda _nothing: self._changed(), self._unchanged)

    def _changed(self) -> None:
        self.working.end()
        self.change.setEnabled(True)
        self.forget()
        self.note.say("✓ " + tr("Your password is changed."))
        self.changed.emit()

    def _unchanged(self, problem: Problem) -> None:
        self.working.end()
        self.change.setEnabled(True)
        wrong_old = type(problem).__name__ == "WrongPassword"
        if wrong_old:
            self._typed = ()
            self._asked.show()
        (self.old_field if wrong_old else self.new_field).show_fault(in_words(problem))
        (self.old if wrong_old else self.new).setFocus()


class PasswordPage(Page):
    """The page for whoever does not lead the study."""

    def __init__(self, study: OpenStudy) -> None:
        super().__init__(tr("My password"))
        self.part = PasswordPart(study)
        self.body.addWidget(self.part)
        self.body.addStretch(1)
        self.begin_at = self.part.begin_at


class FirstPasswordPage(Page):
    """Shown after a sign-in with a start password; nothing else opens before there is one's own.

    Reports ``signed_in(OpenStudy)``, as the page before it did. ``typed``: what was typed there.
    """

    signed_in = Signal(object)

    def __init__(self, study: OpenStudy, typed: Sequence[str] = ()) -> None:
        super().__init__(tr("Choose a password of your own"))
        self.study = study
        self._build(typed)

    def _build(self, typed: Sequence[str]) -> None:
        self.title(tr("Choose a password of your own"))
        self.body.addWidget(
            Note(
                tr(
                    "You came in by a start password, which somebody else has seen. Choose one now that only "
                    "you know: four words that do not belong together are easy to keep in mind."
                )
            )
        )
        self.part = PasswordPart(self.study, first=True, typed=typed)
        self.part.changed.connect(self._go_on)
        self.body.addWidget(self.part)
        self.body.addStretch(1)
        self.begin_at = self.part.begin_at

    def _go_on(self) -> None:
        self.signed_in.emit(replace(self.study, me=replace(self.study.me, start_password=False)))

    def retranslate(self) -> None:
        """Say everything anew in the language and size in force."""
        before = self.part
        clear(self.body)
        self._build(before.typed())
        for now, then in ((self.part.old, before.old), (self.part.new, before.new), (self.part.again, before.again)):
            now.setText(then.text())
        before.forget()
        self.part.begin_at.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Forget every password once another page has taken this one's place; a locked window comes back to it."""
        if self.isHidden():
            self.part.forget()
        super().hideEvent(event)


def shown_by_box(*editors: QLineEdit) -> ShowPasswords:
    """Cover what is typed into these editors, and return the box that shows it."""

    def show(shown: bool) -> None:
        for editor in editors:
            cover(editor, shown=shown)

    show(False)
    return ShowPasswords(show)
