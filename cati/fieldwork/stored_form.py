"""The file that the study's questionnaire was made of, as the study keeps it: for its hints, rows and other formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cati.errors import Problem
from cati.fieldwork.open_study import OpenStudy
from cati.files.questionnaires import ReadForm, read_form
from cati.store import studies
from cati.survey.authoring import compile_form
from cati.survey.form_rows import Form, Row, Sheet
from cati.survey.questionnaire import Questionnaire

_FIRST_ROW = 2
_MISSING = "missing_table"


def stored_form(study: OpenStudy) -> ReadForm | None:
    """Return the study's questionnaire with its rows and findings, None where the file is not kept or reads otherwise.

    A study made of a folder keeps no file. Tables that lay beside the file come from the questionnaire itself.
    """
    with study.reading() as transaction:
        kept = studies.questionnaire_source(transaction, study.questionnaire.content_hash)
    if kept is None or not kept[1]:
        return None
    name, source = kept
    try:
        form = _with_tables(read_form(source, name), study.questionnaire)
    except Problem:
        return None
    compiled = compile_form(form)
    if compiled.questionnaire is None or compiled.questionnaire.content_hash != study.questionnaire.content_hash:
        return None  # a later version of this program reads the file in another way; the study keeps what it has
    return ReadForm(compiled.questionnaire, compiled.diagnostics, form)


def _with_tables(form: Form, questionnaire: Questionnaire) -> Form:
    """Return the form with its tables; that they do not lie beside bytes is no news."""
    tables = {**form.tables, **{name: _sheet(rows) for name, rows in questionnaire.tables.items()}}
    return replace(form, tables=tables, noted=tuple(one for one in form.noted if one.code != _MISSING))


def _sheet(rows: Sequence[Mapping[str, str]]) -> Sheet:
    headings = dict.fromkeys(heading for row in rows for heading in row)
    return Sheet(tuple(headings), tuple(Row(number, row) for number, row in enumerate(rows, _FIRST_ROW)))
