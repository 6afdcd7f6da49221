"""Mixing what was finished by the end of the day, in the background, while nobody has a case open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from cati.ui.background import Ticket, run_in_background

if TYPE_CHECKING:
    from cati.fieldwork.open_study import OpenStudy


def mix_when_due(owner: QWidget, study: OpenStudy) -> None:
    """Mix the finished interviews when the day is over and there are enough of them."""
    if study.keys is None:
        return

    def work(_ticket: Ticket) -> None:
        from cati.fieldwork.mixing import due_for_mixing, mix  # noqa: PLC0415 - with the store

        if due_for_mixing(study):
            mix(study)

    run_in_background(owner, work, lambda _nothing: None)
