"""Asks before a test run is forgotten by an act that was meant for something else: the same act once more does it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal

from cati.text import trn
from cati.ui.pages import Note


class Asking(Note):
    """A note above the parts, hidden until something would end a test run that holds answers.

    ``answers`` tells how many there are. ``asked(bool)`` says before the note comes, and after it went, that it needs
    room.
    """

    asked = Signal(bool)

    def __init__(self, answers: Callable[[], int]) -> None:
        super().__init__("", "warning")
        self._answers = answers
        self._act = ""
        self.hide()

    def allows(self, act: str, again: str) -> bool:
        """Tell whether an act may end the test run: when nothing is lost by it, or when it is done a second time.

        ``again`` is the sentence that says how it is done all the same.
        """
        answers = self._answers()
        if not answers or self._act == act:
            self.withdraw()
            return True
        self._act = act
        held = trn("The test run has 1 answer, which would be forgotten.",
                   "The test run has {n} answers, which would be forgotten.", answers)  # fmt: skip
        self.asked.emit(True)
        self.say(f"{held} {again}", "warning")
        return False

    def withdraw(self) -> None:
        """Forget that something was asked: it is asked anew."""
        self._act = ""
        self.hide()
        self.asked.emit(False)
