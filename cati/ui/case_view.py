"""One case as the interviewer sees it: why now, who, the number, the story so far, the introduction."""

from __future__ import annotations

import phonenumbers
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from cati.fieldwork.calling import DeliveredCase, name_of
from cati.survey.case import PhoneKind
from cati.text import show_moment, tr
from cati.ui import theme
from cati.ui.pages import Note, rule


def shown_number(e164: str) -> str:
    """Return a number as people dial it in Germany, others with their country code."""
    parsed = phonenumbers.parse(e164)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == 49  # noqa: PLR2004 - Germany
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, style)


class CaseView(QWidget):
    """Shows a delivered case and its keys; reports what was pressed by ``wanted`` ("dial", "copy", "go", …)."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        unit = theme.unit()
        self.why = Note("")
        self.person = theme.words("", "title")
        self.office = theme.words("", "quiet")
        self.number = QLabel()
        self.number.setTextFormat(Qt.TextFormat.PlainText)
        self.number.setProperty("kind", "figure")
        self.number.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.number.setAccessibleName(tr("Telephone number"))
        self.others = theme.words("", "small")
        self.clock = theme.words("", "quiet")
        self.story = theme.words("")
        self.wish = theme.words("")
        self.script = theme.words("", "spoken")
        self.read_out = theme.words("", "good")
        self._buttons: dict[str, QWidget] = {}
        self._lay_out(unit)

    def _lay_out(self, unit: int) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit, 2 * unit, unit)
        whole.setSpacing(unit)
        whole.addWidget(self.why)
        head = QGridLayout()
        head.setHorizontalSpacing(3 * unit)
        head.setVerticalSpacing(unit // 2)
        head.addWidget(self.person, 0, 0)
        head.addWidget(self.office, 1, 0)
        calls = QHBoxLayout()
        calls.setSpacing(unit)
        calls.addWidget(self.number)
        calls.addWidget(self._button("dial", tr("D  Dial")))
        calls.addWidget(self._button("copy", tr("C  Copy")))
        calls.addStretch(1)
        head.addLayout(calls, 0, 1)
        head.addWidget(self.others, 1, 1)
        head.addWidget(self.clock, 2, 1)
        head.addWidget(self.wish, 2, 0)
        head.setColumnStretch(0, 1)
        head.setColumnStretch(1, 1)
        whole.addLayout(head)
        whole.addWidget(self.story)
        whole.addWidget(rule())
        script = QWidget()
        script.setProperty("kind", "column")
        inside = QVBoxLayout(script)
        inside.setContentsMargins(0, 0, unit, 0)
        inside.addWidget(theme.words(tr("Introduction, please read aloud"), "instruction"))
        inside.addWidget(self.script)
        inside.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setProperty("kind", "scroll")
        self.scroll.setWidgetResizable(True)
        self.scroll.setWidget(script)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole.addWidget(self.scroll, 1)
        whole.addWidget(self.read_out)
        foot = QGridLayout()
        foot.setSpacing(unit)
        names = (
            ("go", tr("Return  Introduction was read out")), ("appointment", tr("A  Appointment")),
            ("nobody", tr("N  Nobody answered")), ("number", tr("M  Number no good")),
            ("person", tr("T  Somebody else, later")), ("refused", tr("R  Refusal")), ("other", tr("O  Other")),
            ("withdraw", tr("W  Withdraws consent")), ("back", tr("Esc  Put back")),
        )  # fmt: skip
        across = 3 if theme.is_large() else 5
        for at, (name, label) in enumerate(names):
            kind = "primary" if name == "go" else "danger" if name == "withdraw" else "plain"
            foot.addWidget(self._button(name, label, kind), at // across, at % across)
        whole.addLayout(foot)

    def _button(self, name: str, label: str, kind: str = "plain") -> QWidget:
        button = theme.push(label, lambda: self.wanted.emit(name), kind=kind)
        button.setAutoDefault(False)
        self._buttons[name] = button
        return button

    def show_case(self, case: DeliveredCase, script: str, phone: int) -> None:
        """Show a case; ``phone`` is the index of the number to dial."""
        contact = case.contact
        self.why.say(case.why)
        self.person.setText(" ".join(part for part in (contact.form_of_address, name_of(contact)) if part))
        consent = tr(
            "{site} · {department} · last contact {contact} · consent of {given}, {channel}",
            site=case.site.name, department=case.department.name,
            contact=show_moment(contact.last_contact, "d MMM y"),
            given=show_moment(contact.consent.given_on, "d MMM y"), channel=contact.consent.channel,
        )  # fmt: skip
        self.office.setText(consent)
        self.show_phone(case, phone)
        if case.closes_at is None:
            self.clock.setText(tr("There it is {time}.", time=case.local_now.strftime("%H:%M")))
        else:
            self.clock.setText(
                tr("There it is {time}; calls are allowed until {end}.", time=case.local_now.strftime("%H:%M"),
                   end=case.closes_at.strftime("%H:%M"))
            )  # fmt: skip
        lines = " · ".join(f"{show_moment(line.at, 'EEE HH:mm')} {line.words}" for line in case.story)
        self.story.setText(tr("So far: {story}", story=lines) if lines else tr("So far: never called."))
        self.wish.setText(tr("Prefers to be called: {wish}", wish=case.preference) if case.preference else "")
        self.script.setText(script)
        self.show_read(read=False, resume=case.interview_open)
        self.scroll.verticalScrollBar().setValue(0)

    def show_phone(self, case: DeliveredCase, phone: int) -> None:
        """Show which number is dialled, and the others with their digits."""
        kinds = {PhoneKind.MOBILE: tr("mobile"), PhoneKind.LANDLINE: tr("landline")}
        chosen = case.contact.phones[phone]
        self.number.setText(f"{shown_number(chosen.e164)}")
        others = [
            f"{at + 1}  {shown_number(one.e164)} ({kinds[one.kind]})"
            for at, one in enumerate(case.contact.phones)
            if at != phone
        ]
        first = tr("{kind}, number {n} of {m}", kind=kinds[chosen.kind], n=phone + 1, m=len(case.contact.phones))
        self.others.setText("   ".join([first, *others]))

    def show_read(self, *, read: bool, resume: bool) -> None:
        """Show whether the introduction was confirmed as read out, and what Return does now."""
        button = self._buttons["go"]
        if read:
            self.read_out.setText(tr("✓ Introduction read out"))
            label = tr("Return  Go on with the interview") if resume else tr("Return  Begin the interview")
        else:
            self.read_out.setText("")
            label = tr("Return  Introduction was read out")
        button.setProperty("text", label)
        button.setAccessibleName(label)

    def show_calling(self, *, calling: bool) -> None:
        """Show whether a call was begun: then the case needs an outcome and cannot just be put back."""
        self._buttons["back"].setEnabled(not calling)

    def forget(self) -> None:
        """Take everything about the person off the page."""
        self.why.say("")
        for label in (self.person, self.office, self.number, self.others, self.clock, self.story, self.wish, self.script,
                      self.read_out):  # fmt: skip
            label.clear()
