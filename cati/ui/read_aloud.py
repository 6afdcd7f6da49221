"""A screen of the interview as people and screen readers read it aloud: without the tags of forms made for a screen."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from cati.survey.markup import without_markup
from cati.survey.screens import Question, Screen

_SIGNS = frozenset("<*_#&")


def read_aloud(screen: Screen) -> Screen:
    """Return the screen with plain texts; the same one where they are plain already."""
    roster = screen.roster
    texts = [screen.heading, screen.section, roster.label if roster is not None else ""]
    for question in screen.questions:
        texts += [question.text, question.instruction, question.member, *(label for _choice, label in question.choices)]
    if not any(_SIGNS.intersection(text) for text in texts):
        return screen
    return replace(
        screen,
        heading=without_markup(screen.heading),
        section=without_markup(screen.section),
        roster=replace(roster, label=without_markup(roster.label)) if roster is not None else None,
        questions=tuple(_plain(question) for question in screen.questions),
    )


def _plain(question: Question) -> Question:
    return replace(
        question,
        text=without_markup(question.text),
        instruction=without_markup(question.instruction),
        member=without_markup(question.member),
        choices=tuple((choice, without_markup(label)) for choice, label in question.choices),
    )


def announce(page: QWidget, words: str) -> None:
    """Tell a screen reader, when one is there, that something changed."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(page, words))
