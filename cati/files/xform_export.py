"""A questionnaire as an XForm for ODK, KoBo and Enketo, made by pyxform, which is installed only where it is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cati.errors import Problem
from cati.files.xform_rows import PlainForm, plain_form
from cati.survey.diagnostics import Diagnostic, Severity
from cati.survey.form_rows import CHOICES, EXTERNAL, SETTINGS, SURVEY, Form
from cati.text import tr

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_FIRST_ROW = 2
"""pyxform counts the heading as row 1."""


@dataclass(frozen=True, slots=True)
class XForm:
    """An XForm, the external choices that lie beside it as ``itemsets.csv`` ("" for none), and what was lost."""

    xml: str
    itemsets: str
    notes: tuple[Diagnostic, ...]


def export_xform(form: Form) -> XForm:
    """Return the form as an XForm that pyxform has checked; a Problem when pyxform is missing or refuses the form.

    The tables beside the form are not in it: other programs take them as files, too.
    """
    try:
        from pyxform.errors import PyXFormError  # noqa: PLC0415 - an extra
        from pyxform.question_type_dictionary import QUESTION_TYPE_DICT  # noqa: PLC0415
        from pyxform.xls2xform import convert  # noqa: PLC0415
    except ImportError:
        raise Problem(
            tr("XForm"),
            tr("For this the program pyxform is needed, and it is not installed."),
            tr("Install it with: pip install cati[xform]"),
        ) from None
    plain = plain_form(form, frozenset(word.lower() for word in QUESTION_TYPE_DICT))
    warnings: list[str] = []
    try:
        made = convert(_sheets(plain, form.name), warnings=warnings, form_name="data", pretty_print=True)
    except PyXFormError as error:
        row, what = _said(str(error), plain)
        where = tr("{name}, row {n}", name=form.name, n=row) if row else form.name
        raise Problem(where, tr("pyxform does not take this form: {why}", why=what)) from error
    except Exception as error:  # its own faults are not ours: a KeyError, say, for a file's list in a grid
        kind = type(error).__name__
        raise Problem(form.name, tr("pyxform fails at this form without saying why ({kind}).", kind=kind)) from error
    notes = [*plain.notes, *(_warning(text, plain) for text in warnings)]
    return XForm(made.xform, made.itemsets or "", tuple(notes))


def _sheets(plain: PlainForm, name: str) -> dict[str, object]:
    sheets: dict[str, object] = {"fallback_form_name": name}
    named = ((SURVEY, plain.survey), (CHOICES, plain.choices), (SETTINGS, plain.settings), (EXTERNAL, plain.external))
    for sheet, rows in named:
        if rows:
            sheets[sheet] = rows
            sheets[f"{sheet}_header"] = [dict.fromkeys(column for row in rows for column in row)]
    sheets["sheet_names"] = [sheet for sheet, rows in named if rows]
    return sheets


def _said(text: str, plain: PlainForm) -> tuple[int, str]:
    """Return the form's own row and the sentence of something that pyxform said."""
    found = _ROW.search(text)
    at = int(found[1]) - _FIRST_ROW if found else -1
    row = plain.numbers[at] if 0 <= at < len(plain.numbers) else 0
    return row, " ".join(_ROW.sub("", text).split())


def _warning(text: str, plain: PlainForm) -> Diagnostic:
    row, what = _said(text, plain)
    return Diagnostic(
        severity=Severity.NOTE, sheet=SURVEY if row else "", row=row, column="", code="pyxform",
        what=tr("pyxform says: {what}", what=what), do="",
    )  # fmt: skip
