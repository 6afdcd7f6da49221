"""Checking a questionnaire, and the languages it is asked in, before a study is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cati.errors import Problem
from cati.files.questionnaires import ReadForm, read_questionnaire
from cati.survey.questionnaire import Questionnaire
from cati.text import tr

__all__ = ["UNNAMED", "ReadForm", "check_form", "unspoken"]

UNNAMED = ("",)
"""The languages of a questionnaire that names none: it is written in one, and the study says which."""


def check_form(path: Path) -> ReadForm:
    """Read and compile a questionnaire file or a folder of CSV sheets; what is wrong stands in its diagnostics."""
    if not path.exists():
        raise Problem(path.name, tr("There is no such questionnaire."), tr("Check the path."))
    return read_questionnaire(path, path.name)


def unspoken(questionnaire: Questionnaire, languages: Sequence[str]) -> list[Problem]:
    """Return what speaks against asking this questionnaire in these languages of a study."""
    if questionnaire.languages == UNNAMED:
        if len(languages) <= 1:
            return []
        return [
            Problem(
                tr("Languages"),
                tr("The questionnaire names no language, so it is written in one only."),
                tr("Choose the one it is written in, or name each in its headings, such as label::Deutsch (de)."),
            )
        ]
    missing = [code for code in languages if code not in questionnaire.languages]
    if not missing or (len(missing) == 1 and "" in questionnaire.languages):  # that is what names no language
        return []
    return [
        Problem(
            tr("Languages"),
            tr("The questionnaire is not written in: {codes}.", codes=", ".join(missing)),
            tr("Choose among {codes}.", codes=", ".join(filter(None, questionnaire.languages))),
        )
    ]
