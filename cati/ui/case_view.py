"""One case as the interviewer sees it: why now, who, the number, the story so far, the introduction, the keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cati.fieldwork.calling import DeliveredCase, name_of
from cati.survey.case import PhoneKind
from cati.survey.dispositions import Outcome
from cati.telephone.lines import shown_number
from cati.text import mark, show_moment, tr
from cati.ui import theme
from cati.ui.asking_view import KeyedColumns
from cati.ui.entry import Unkeyed
from cati.ui.keyed import Flowing, KeyedFlow, Offer
from cati.ui.outcome_keys import direct_columns
from cati.ui.pages import Note, rule

_KINDS = {PhoneKind.MOBILE: mark("mobile"), PhoneKind.LANDLINE: mark("landline")}
_PARAGRAPHS = 8


class CaseView(QWidget):
    """Shows a delivered case and its keys; reports what was pressed by ``wanted`` ("dial", "go", an outcome …)."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.why = Note("")
        self.person = theme.words("", "title")
        self.office = theme.words("", "quiet")
        self.number = QLabel()
        self.number.setTextFormat(Qt.TextFormat.PlainText)
        self.number.setProperty("kind", "figure")
        self.number.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.number.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.number.setAccessibleName(tr("Telephone number"))
        self.dialling = KeyedFlow(tr("Telephone number"))
        self.others = theme.words("", "quiet")
        self.clock = theme.words("", "quiet")
        self.story = theme.words("")
        self.script = [theme.words("", "spoken") for _ in range(_PARAGRAPHS)]
        self.main = KeyedFlow(tr("The call"))
        self.outcomes = KeyedColumns(4, 0)
        for part in (self.dialling, self.main, self.outcomes):
            part.chosen.connect(self.wanted)
        self._lay_out(theme.unit())

    def _lay_out(self, unit: int) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * unit, unit, 2 * unit, unit)
        whole.setSpacing(unit // 2)
        whole.addWidget(self.why)
        head = QHBoxLayout()
        head.setSpacing(3 * unit)
        head.addWidget(self.person, 1, Qt.AlignmentFlag.AlignVCenter)
        if theme.is_large():
            head.addWidget(self.number)
            whole.addLayout(head)
            whole.addWidget(self.dialling)
        else:
            call = QHBoxLayout()
            call.setSpacing(unit)
            call.addWidget(self.number)
            call.addWidget(self.dialling, 1, Qt.AlignmentFlag.AlignVCenter)
            head.addLayout(call, 1)
            whole.addLayout(head)
        about = QGridLayout()
        about.setHorizontalSpacing(3 * unit)
        about.setVerticalSpacing(unit // 4)
        for at, part in enumerate((self.office, self.others, self.story, self.clock)):
            about.addWidget(part, at // 2, at % 2, Qt.AlignmentFlag.AlignTop)
        for column in range(2):
            about.setColumnStretch(column, 1)
        inside = Flowing()
        spoken = QVBoxLayout(inside)
        spoken.setContentsMargins(0, 0, unit, 0)
        spoken.setSpacing(unit * 3 // 4)
        if theme.is_large():  # what is read once scrolls away; what is read aloud gets the room
            spoken.addLayout(about)
        else:
            whole.addLayout(about)
            whole.addWidget(rule())
        spoken.addWidget(theme.words(tr("Introduction, please read aloud"), "instruction"))
        for paragraph in self.script:
            spoken.addWidget(paragraph)
        spoken.addStretch(1)
        self.area = Unkeyed()
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        self.area.verticalScrollBar().valueChanged.connect(lambda _value: self._show_main())
        self.area.verticalScrollBar().rangeChanged.connect(lambda _low, _high: self._show_main())
        whole.addWidget(self.area, 1)
        whole.addWidget(rule())
        whole.addWidget(self.main)
        whole.addWidget(self.outcomes)
        self._read = self._resume = self._calling = False

    def show_case(self, case: DeliveredCase, script: str, phone: int, *, calling: bool, broken_off: bool) -> None:
        """Show a case; ``phone`` is the index of the number to dial, ``broken_off``: its interview just broke off."""
        contact = case.contact
        self.why.say(case.why)
        self.person.setText(" ".join(part for part in (contact.form_of_address, name_of(contact)) if part))
        self.office.setText(
            tr(
                "{site} · {department} · last contact {contact} · consent of {given}, {channel}",
                site=case.site.name, department=case.department.name,
                contact=show_moment(contact.last_contact, "d MMM y"),
                given=show_moment(contact.consent.given_on, "d MMM y"), channel=contact.consent.channel,
            )
        )  # fmt: skip
        self.show_phone(case, phone)
        lines = " · ".join(f"{show_moment(line.at, 'EEE HH:mm')} {line.words}" for line in case.story)
        story = tr("So far: {story}", story=lines) if lines else tr("So far: never called.")
        wish = tr("Prefers to be called: {wish}", wish=case.preference) if case.preference else ""
        self.story.setText(" ".join(part for part in (story, wish) if part))
        paragraphs = script.split("\n\n", _PARAGRAPHS - 1)
        for at, label in enumerate(self.script):
            label.setText(paragraphs[at] if at < len(paragraphs) else "")
            label.setVisible(at < len(paragraphs))
        self.outcomes.offer(direct_columns(interviewed=broken_off))
        self.area.verticalScrollBar().setValue(0)
        self._calling = calling
        self.show_read(read=broken_off, resume=case.interview_open or broken_off)

    def show_phone(self, case: DeliveredCase, phone: int, *, copied: bool = False) -> None:
        """Show which number is dialled, and the others with their digits; ``copied``: it is in the clipboard."""
        phones = case.contact.phones
        self.number.setText(shown_number(phones[phone].e164))
        first = tr(_KINDS[phones[phone].kind])
        if len(phones) > 1:
            first = tr("{kind}, number {n} of {m}", kind=first, n=phone + 1, m=len(phones))
        self.others.setText(first)
        keys = [
            Offer("dial", "D", tr("Dial")),
            Offer("copy", "C", tr("Copied") if copied else tr("Copy"), checked=copied),
        ]
        for at, one in enumerate(phones):
            if at != phone:
                keys.append(Offer(f"phone{at}", str(at + 1), f"{shown_number(one.e164)} ({tr(_KINDS[one.kind])})"))
        self.dialling.offer(keys)

    def show_clock(self, local: str, until: str) -> None:
        """Show the wall time at the person's place and until when calls are allowed, "" for not now."""
        if until:
            self.clock.setText(tr("There it is {time}; calls are allowed until {end}.", time=local, end=until))
        else:
            self.clock.setText(tr("There it is {time}: outside the calling hours.", time=local))
        theme.set_kind(self.clock, "quiet" if until else "caution")

    def show_read(self, *, read: bool, resume: bool) -> None:
        """Show whether the introduction was confirmed as read out, and what Return does now."""
        self._read, self._resume = read, resume
        self._show_main()

    def show_calling(self, *, calling: bool) -> None:
        """Show whether a call was begun: then the case needs an outcome and cannot just be put back."""
        self._calling = calling
        self._show_main()

    def propose(self, outcome: Outcome | None) -> None:
        """Mark the outcome that the telephone line suggests; a person still presses its key."""
        self.outcomes.offer(direct_columns(interviewed=False, proposed=outcome))

    def _show_main(self) -> None:
        if self._read:
            label = tr("Go on with the interview") if self._resume else tr("Begin the interview")
            offers = [
                Offer("go", tr("Return"), label, "primary"),
                Offer("read", "✓", tr("Introduction read out"), "quiet"),
            ]
        elif self.more_below():
            offers = [Offer("go", tr("Return"), tr("Read on"), "primary")]
        else:
            offers = [Offer("go", tr("Return"), tr("Introduction was read out"), "primary")]
        if not self._calling:
            offers.append(Offer("back", tr("Esc"), tr("Put back")))
        if tuple(offers) != self.main.offers:
            self.main.offer(offers)

    def more_below(self) -> bool:
        """Tell whether a part of the introduction is still out of sight."""
        bar = self.area.verticalScrollBar()
        return bar.value() < bar.maximum() - theme.line() // 2

    def read_on(self, step: int = 1) -> None:
        """Move the introduction by a page, less a line for the eye to hold on to."""
        bar = self.area.verticalScrollBar()
        page = max(self.area.viewport().height() - 2 * theme.line(), 2 * theme.line())
        bar.setValue(bar.value() + step * page)

    def forget(self) -> None:
        """Take everything about the person off the page."""
        self.why.say("")
        for label in (self.person, self.office, self.number, self.others, self.clock, self.story, *self.script):
            label.clear()
        self.dialling.forget()
