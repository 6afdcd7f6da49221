"""Checking a questionnaire before a study is made of it."""

from __future__ import annotations

from pathlib import Path

from cati.errors import Problem
from cati.files.questionnaires import ReadForm, read_questionnaire
from cati.text import tr

__all__ = ["ReadForm", "check_form"]


def check_form(path: Path) -> ReadForm:
    """Read and compile a questionnaire file or a folder of CSV sheets; what is wrong stands in its diagnostics."""
    if not path.exists():
        raise Problem(path.name, tr("There is no such questionnaire."), tr("Check the path."))
    return read_questionnaire(path, path.name)
