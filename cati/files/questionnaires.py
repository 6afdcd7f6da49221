"""A questionnaire from a file: workbook, folder of CSV sheets or YAML, told apart by content and compiled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cati.errors import Problem
from cati.files.form_tables import MOST_BYTES, with_tables
from cati.files.form_yaml import read_yaml
from cati.files.whole_file import read_whole
from cati.files.xlsform import read_folder, read_single_csv, read_workbook
from cati.survey.authoring import compile_form
from cati.survey.diagnostics import Diagnostic, Severity
from cati.survey.form_rows import Form
from cati.survey.questionnaire import Questionnaire
from cati.text import tr

_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A questionnaire, None when it cannot run, and what was found; ``form`` holds its rows, None when unreadable."""

    questionnaire: Questionnaire | None
    diagnostics: tuple[Diagnostic, ...]
    form: Form | None = None


def read_questionnaire(source: Path | bytes, name: str) -> ReadForm:
    """Read and compile a questionnaire. What is wrong with it stands in the diagnostics; OSError passes through."""
    try:
        form = read_form(source, name)
    except Problem as problem:
        found = Diagnostic(
            severity=Severity.ERROR, sheet="", row=0, column="", what=f"{problem.where}: {problem.what}",
            do=problem.do, code="unreadable",
        )  # fmt: skip
        return ReadForm(None, (found,))
    compiled = compile_form(form)
    return ReadForm(compiled.questionnaire, compiled.diagnostics, form)


def read_form(source: Path | bytes, name: str) -> Form:
    """Read the rows of a form, and the tables that it names, without compiling; a Problem when they cannot be read.

    Tables lie beside a form that is named by its path; bytes have nothing beside them.
    """
    if isinstance(source, bytes):
        return with_tables(_read_bytes(source, name), None)
    if source.is_dir():
        return with_tables(read_folder(source), source)
    return with_tables(_read_bytes(read_whole(source, MOST_BYTES), name), source.parent)


def _read_bytes(source: bytes, name: str) -> Form:
    if len(source) > MOST_BYTES:
        raise Problem(name, tr("This file is too large for a questionnaire."), tr("Remove what is not a question."))
    if source[:2] == b"PK" or source[:8] == _OLE:
        return read_workbook(source, name)
    kind = Path(name).suffix.lower()
    if kind not in _WORKBOOKS and source.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Problem(
            name,
            tr("This is XML, such as an XForm; questionnaires are not read from it."),
            tr("Open the workbook that it was made from."),
        )
    if kind == ".csv":
        return read_single_csv(source, name)
    try:
        return read_yaml(source, name)
    except Problem:
        if kind in _WORKBOOKS:
            raise Problem(
                name, tr("This is no workbook, whatever its name says."), tr("Save it again as .xlsx.")
            ) from None
        raise
