"""The part of the first page that brings a study's seal here: its file from another workstation, or its paper copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QVBoxLayout, QWidget

from cati.errors import Problem
from cati.text import tr
from cati.ui import theme
from cati.ui.pages import Labelled, heading, in_words


class SealPart(QWidget):
    """Reports ``here(words)`` once the seal lies where it must, and ``refused(words)`` why a file was not taken."""

    here = Signal(str)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._study: Path | None = None
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, theme.unit(), 0, 0)
        stack.setSpacing(theme.unit())
        stack.addWidget(heading(tr("The study’s seal is not on this workstation")))
        self.about = theme.words("", "quiet")
        stack.addWidget(self.about)
        self.bring = theme.push(tr("Take it from its file …"), self._bring)
        stack.addWidget(self.bring, 0, Qt.AlignmentFlag.AlignLeft)
        stack.addWidget(
            theme.words(
                tr(
                    "Or take the paper copy from the safe and type its groups here; line breaks and spaces do not "
                    "matter."
                ),
                "quiet",
            )
        )
        self.paper = QPlainTextEdit()
        self.paper.setTabChangesFocus(True)
        self.paper.setFixedHeight(theme.line() * 5)
        self.paper_field = Labelled(tr("Groups of the paper copy"), self.paper)
        stack.addWidget(self.paper_field)
        self.restore = theme.push(tr("Put the seal back"), self._restore)
        stack.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def ask_for(self, study: Path, place: Path, *, on_server: bool) -> None:
        """Ask for the seal of a study (its folder or link file), which belongs at ``place``."""
        self._study = study
        words = tr(
            "Whoever works with this study on another workstation has it there as a file, {name}, in the folder that "
            "is {folder} here. Copy that to a stick and take it from there; delete it on the stick afterwards.",
            name=place.name,
            folder=theme.breakable(place.parent),
        )
        if on_server:
            words += " " + tr("Never carry it together with the link file.")
        self.about.setText(words)
        self.show()

    def forget(self) -> None:
        """Ask for nothing any more; what was typed goes."""
        self.hide()
        self._study = None
        self.paper.clear()
        self.paper_field.show_fault("")

    def _bring(self) -> None:
        """Take the seal over from its file, as another workstation has it."""
        if self._study is None:
            return
        filters = tr("Seal of a study (*.seal)")
        chosen, _filter = QFileDialog.getOpenFileName(self, tr("Seal of the study"), str(Path.home()), filters)
        if not chosen:
            return
        from cati.fieldwork.study import bring_seal  # noqa: PLC0415 - with the study

        try:
            bring_seal(self._study, Path(chosen))
        except Problem as problem:
            self.refused.emit(in_words(problem))
            return
        self.forget()
        self.here.emit(tr("The seal is here. If its file came on a stick, delete it there; then sign in."))

    def _restore(self) -> None:
        if self._study is None:
            return
        from cati.fieldwork.study import restore_seal  # noqa: PLC0415 - with the study

        try:
            restore_seal(self._study, self.paper.toPlainText())
        except Problem as problem:
            self.paper_field.show_fault(in_words(problem))
            return
        self.forget()
        self.here.emit(tr("The seal is back. Sign in now."))
